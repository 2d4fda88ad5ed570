package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
)

const (
	newAda  = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}`
	newDesk = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Desk"}`
)

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		err              error
		status           int
		scimType, detail string
	}{
		{fault.In("userName", "this is too long"), 400, invalidValue, "userName: this is too long"},
		{errors.Join(fault.In("a", "one"), fault.New(fault.Invalid, "two")), 400, invalidValue, "a: one; two"},
		{fault.New(fault.SignedOut, "the token has ended"), 401, "", "the token has ended"},
		{fault.New(fault.Refused, "this is not yours"), 403, "", "this is not yours"},
		{fmt.Errorf("reading: %w", missing("person")), 404, "", "there is no such person"},
		{fault.New(fault.Conflict, "the name is taken"), 409, uniqueness, "the name is taken"},
		{fault.New(fault.Changed, "it was changed"), 412, "", "it was changed"},
		{fault.New(fault.TooMany, "try later"), 429, "", "try later"},
		{fault.New("unheard of", "secret"), 500, "", "the server could not do this: try again later; its log says why"},
		{errors.New("secret"), 500, "", "the server could not do this: try again later; its log says why"},
		{context.Canceled, 503, "", "the request was given up before it was done"},
	} {
		m := newMemory()
		m.fails = c.err
		var log bytes.Buffer
		h := serviceWith(m, slog.New(slog.NewTextHandler(&log, nil)))
		for _, request := range []string{
			"GET /Users/1", "GET /Users", `GET /Users?filter=userName sw "a"`, "POST /Users " + newAda, "PUT /Users/1 " + newAda,
			"PATCH /Users/1 " + string(patchOf("")), "DELETE /Users/1", "GET /Groups/1", "GET /Groups", `GET /Groups?filter=members.value sw "a"`,
			"POST /Groups " + newDesk, "PUT /Groups/1 " + newDesk, "PATCH /Groups/1 " + string(patchOf("")), "DELETE /Groups/1",
		} {
			request, content, _ := strings.Cut(request, " {")
			if content != "" {
				content = "{" + content
			}
			w := ask(h, request, content)
			var got struct {
				Schemas                  []string
				Status, ScimType, Detail string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if w.Code != c.status || got.Status != fmt.Sprint(c.status) || got.ScimType != c.scimType || got.Detail != c.detail || len(got.Schemas) != 1 {
				t.Errorf("%v: %s: %d %+v", c.err, request, w.Code, got)
			}
			if challenged := w.Header().Get("WWW-Authenticate") != ""; challenged != (c.status == 401) {
				t.Errorf("%v: %s: asked for a token: %v", c.err, request, challenged)
			}
		}
		if logged := strings.Contains(log.String(), "secret"); logged != (c.status == 500) {
			t.Errorf("%v: the log says: %s", c.err, log.String())
		}
	}
}

func TestRequestsRefused(t *testing.T) {
	const type_ = "Content-Type: "
	for _, c := range []struct {
		request, content string
		status           int
		scimType         string
	}{
		{"POST /Users", type_ + "application/json; charset=utf-8\n\n" + newAda, 201, ""},
		{"POST /Users", type_ + "text/plain\n\n" + newAda, 415, ""},
		{"POST /Users", type_ + ";\n\n" + newAda, 415, ""},
		{"POST /Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "` + strings.Repeat("a", maxBody) + `"}`, 413, ""},
		{"POST /Users", ``, 400, invalidSyntax},
		{"POST /Users", `{`, 400, invalidSyntax},
		{"POST /Users", `[]`, 400, invalidSyntax},
		{"POST /Users", newAda + newAda, 400, invalidSyntax},
		{"POST /Users", `{"schemas": "` + "\xff" + `"}`, 400, invalidSyntax},
		{"POST /Users", `{"x": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, 400, invalidSyntax},
		{"POST /Users", `{"userName": "ada"}`, 400, invalidSyntax},
		{"POST /Users", `{"schemas": [], "userName": "ada"}`, 400, invalidSyntax},
		{"POST /Users", `{"schemas": [1], "userName": "ada"}`, 400, invalidSyntax},
		{"POST /Users", `{"schemas": ["urn:cat", "urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}`, 400, invalidSyntax},
		{"POST /Users", `{"schemas": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"], "userName": "ada"}`, 400, invalidSyntax},
		{"POST /Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}`, 400, invalidValue},
		{"POST /Users", strings.Replace(newAda, `"ada"`, `"ada", "USERNAME": "eve"`, 1), 400, invalidSyntax},
		{"POST /Users", strings.Replace(newAda, `"ada"`, `"ada", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": 1`, 1), 400, invalidValue},
		{"POST /Users", strings.Replace(newAda, `"ada"`, `"eve", "cat": 1, "name": {"cat": 1}, "active": null, "a b": 1`, 1), 201, ""},
		{"POST /Groups", newAda, 400, invalidSyntax},
		{"POST /Groups", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}`, 400, invalidValue},
		{"POST /Groups", strings.Replace(newDesk, `"Desk"`, `"Desk", "members": [{"value": "nobody"}]`, 1), 400, invalidValue},
		{"POST /Groups", strings.Replace(newDesk, `"Desk"`, `"Desk", "members": [{"type": "User"}]`, 1), 400, invalidValue},
		{"PATCH /Users/u001", `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`, 400, invalidSyntax},
		{"PATCH /Users/u001", `{"Operations": []}`, 400, invalidSyntax},
		{"GET /Users?filter=userName eq", "", 400, invalidFilter},
		{"GET /Users?filter=cat pr", "", 400, invalidFilter},
		{`GET /Users?filter=userName eq "a;b"`, "", 400, invalidSyntax},
		{"GET /Users?filter=%zz", "", 400, invalidSyntax},
		{"GET /Users?startIndex=one", "", 400, invalidValue},
		{"GET /Users?count=99999999999999999999", "", 400, invalidValue},
		{"POST /Users/.search", newAda, 400, invalidSyntax},
		{"POST /.search", `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "cat pr"}`, 400, invalidFilter},
		{"POST /.search", `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": true}`, 400, invalidSyntax},
		{"POST /.search", `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": "x"}`, 400, invalidValue},
	} {
		h := service(newMemory())
		w := ask(h, c.request, c.content)
		var got struct{ ScimType string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s %.80s: %v", c.request, c.content, err)
		}
		if w.Code != c.status || got.ScimType != c.scimType {
			t.Errorf("%s %.120s: %d %s", c.request, c.content, w.Code, w.Body)
		}
	}
}

// TestMeanwhile: a change in between is not lost, and with If-Match it is told.
func TestMeanwhile(t *testing.T) {
	m := newMemory()
	h := service(m)
	ask(h, "POST /Users", newAda)
	meddling := 1
	m.meddle = func(m *memory) {
		if meddling--; meddling >= 0 {
			u := m.users["u001"]
			u.Active = false
			m.touch(&u.Meta)
			m.users["u001"] = u
		}
	}
	rename := string(patchOf(`{"op": "replace", "path": "displayName", "value": "Ada"}`))
	if w := ask(h, "PATCH /Users/u001", rename); w.Code != http.StatusOK || m.users["u001"].Active || m.users["u001"].DisplayName != "Ada" {
		t.Errorf("both changes: %d, %+v", w.Code, m.users["u001"])
	}
	meddling = 1
	renamed := strings.Replace(rename, "Ada", "Countess", 1)
	match := "If-Match: " + etag(m.users["u001"].Meta.Version) + "\n\n"
	if w := ask(h, "PATCH /Users/u001", match+renamed); w.Code != http.StatusPreconditionFailed || m.users["u001"].DisplayName != "Ada" {
		t.Errorf("with If-Match: %d, %+v", w.Code, m.users["u001"])
	}
	meddling = 2
	if w := ask(h, "PATCH /Users/u001", renamed); w.Code != http.StatusPreconditionFailed {
		t.Errorf("changed again and again: %d", w.Code)
	}
	version := m.users["u001"].Meta.Version
	if w := ask(h, "PATCH /Users/u001", "If-Match: \"x\", W/\""+version+"\"\n\n"+rename); w.Code != http.StatusOK || m.users["u001"].Meta.Version != version {
		t.Errorf("nothing to change: %d, %+v", w.Code, m.users["u001"])
	}
}

func TestGroupPreconditions(t *testing.T) {
	m := newMemory()
	h := service(m)
	ask(h, "POST /Groups", newDesk)
	rename := string(patchOf(`{"op": "replace", "path": "displayName", "value": "Help desk"}`))
	for _, c := range []struct {
		request, content string
		want             int
	}{
		{"GET /Groups/g001", "If-None-Match: W/\"1\"\n\n", 304},
		{"HEAD /Groups/g001", "If-None-Match: \"2\", *\n\n", 304},
		{"GET /Groups/g001", "If-None-Match: W/\"11\"\n\n", 200},
		{"PATCH /Groups/g001", "If-Match: W/\"2\"\n\n" + rename, 412},
		{"PATCH /Groups/g404", "If-Match: *\n\n" + rename, 404},
		{"PATCH /Groups/g001", "If-Match: W/\"1\"\n\n" + rename, 204},
		{"PUT /Groups/g001", "If-Match: W/\"1\"\n\n" + newDesk, 412},
		{"PUT /Groups/g001", "If-Match: *\n\n" + newDesk, 200},
		{"DELETE /Groups/g001", "If-Match: W/\"1\"\n\n", 412},
		{"DELETE /Groups/g001", "If-Match: W/\"3\"\n\n", 204},
	} {
		if w := ask(h, c.request, c.content); w.Code != c.want {
			t.Errorf("%s %s: %d %s", c.request, c.content, w.Code, w.Body)
		}
	}
}

// TestLargeGroups: members are read only where they are shown or looked at, and a page has not too
// many of them.
func TestLargeGroups(t *testing.T) {
	m := newMemory()
	h := service(m)
	members := make([]Reference, maxMembers/2)
	for i := range members {
		members[i].ID = fmt.Sprint("p", i)
		m.users[members[i].ID] = User{ID: members[i].ID}
	}
	for i := range 3 {
		id := fmt.Sprint("g", i)
		m.groups[id] = Group{ID: id, DisplayName: "Group " + id, Members: members, Meta: Meta{Version: "1"}}
	}
	list := func(address string) (ids []string, total int) {
		t.Helper()
		var l struct {
			TotalResults int
			ItemsPerPage int
			Resources    []struct {
				ID      string
				Members []struct{ Value string }
			}
		}
		w := ask(h, "GET "+address, "")
		if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil || w.Code != http.StatusOK || l.ItemsPerPage != len(l.Resources) {
			t.Fatalf("%s: %d, %v", address, w.Code, err)
		}
		for _, r := range l.Resources {
			ids = append(ids, fmt.Sprint(r.ID, ":", len(r.Members)))
		}
		return ids, l.TotalResults
	}
	for _, c := range []struct {
		address string
		want    []string
		total   int
		loaded  int
		query   Query
	}{
		{"/Groups?excludedAttributes=members", []string{"g0:0", "g1:0", "g2:0"}, 3, 0, Query{Limit: maxResults}},
		{"/Groups?attributes=displayName&count=1&startIndex=2", []string{"g1:0"}, 3, 0, Query{Offset: 1, Limit: 1}},
		{"/Groups?count=1000", []string{"g0:10000", "g1:10000"}, 3, 3, Query{Limit: maxResults}},
		{"/Groups?startIndex=3", []string{"g2:10000"}, 3, 1, Query{Offset: 2, Limit: maxResults}},
		{`/Groups?filter=members.value eq "p7"&excludedAttributes=members&count=2`, []string{"g0:0", "g1:0"}, 3, 0, Query{By: ByMember, Value: "p7", Limit: 2}},
		{`/Groups?filter=id eq "g1" and members.value eq "p7"&attributes=displayName`, []string{"g1:0"}, 1, 1, Query{By: ByID, Value: "g1", Limit: Unlimited}},
		{`/Groups?filter=displayName ew "g2" or not (members pr)&attributes=displayName`, []string{"g2:0"}, 1, 3, Query{Limit: Unlimited}},
	} {
		m.loaded, m.queries = 0, nil
		got, total := list(c.address)
		if diff := cmp.Diff(c.want, got); diff != "" || total != c.total || m.loaded != c.loaded {
			t.Errorf("%s: of %d, having read %d (-want +got):\n%s", c.address, total, m.loaded, diff)
		}
		if diff := cmp.Diff([]Query{c.query}, m.queries); diff != "" {
			t.Errorf("%s: asked (-want +got):\n%s", c.address, diff)
		}
	}
	m.loaded = 0
	w := ask(h, "PATCH /Groups/g0", string(patchOf(`{"op": "Remove", "path": "members", "value": [{"value": "p7"}]}, {"op": "add", "path": "members", "value": [{"value": "p8"}]}`)))
	if diff := cmp.Diff(GroupChange{Add: []string{"p8"}, Remove: []string{"p7"}}, m.change); diff != "" || w.Code != http.StatusNoContent || m.loaded > 0 {
		t.Errorf("a change: %d, having read %d (-want +got):\n%s", w.Code, m.loaded, diff)
	}
}

// TestRootSearch: the types stand one after the other, as if in one list.
func TestRootSearch(t *testing.T) {
	m := newMemory()
	h := service(m)
	for _, name := range []string{"ada", "eve", "uma"} {
		ask(h, "POST /Users", strings.Replace(newAda, "ada", name, 1))
	}
	for _, name := range []string{"Desk", "Gate"} {
		ask(h, "POST /Groups", strings.Replace(newDesk, "Desk", name, 1))
	}
	for _, c := range []struct {
		filter       string
		start, count int
		want         string
	}{
		{"", 1, 2, "u001 u002 of 5"},
		{"", 3, 2, "u003 g004 of 5"},
		{"", 5, 2, "g005 of 5"},
		{"", 6, 2, "of 5"},
		{`meta.resourceType eq \"Group\"`, 1, 1, "g004 of 2"},
		{`userName sw \"e\" or displayName eq \"gate\"`, 2, 9, "g005 of 2"},
	} {
		w := ask(h, "POST /.search", fmt.Sprintf(`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "%s", "startIndex": %d, "count": %d}`, c.filter, c.start, c.count))
		var l struct {
			TotalResults int
			Resources    []struct{ ID string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range l.Resources {
			got = append(got, r.ID)
		}
		if got := strings.Join(append(got, fmt.Sprintf("of %d", l.TotalResults)), " "); got != c.want {
			t.Errorf("%s from %d: %s, not %s", c.filter, c.start, got, c.want)
		}
	}
}

func TestSelection(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"attributes=userName", "id schemas userName"},
		{"attributes=cat", "id schemas"},
		{"attributes=[", "id schemas"},
		{"attributes=title,addresses.locality", "id schemas"},
		{"excludedAttributes=id,schemas,meta,name,emails,phoneNumbers,groups,cat,title", "active displayName externalId id schemas urn:ietf:params:scim:schemas:extension:enterprise:2.0:User userName"},
		{"attributes=name.givenName, NAME.familyName&excludedAttributes=name.familyName", "id name(givenName) schemas"},
		{"attributes=emails,active&excludedAttributes=emails.primary", "active emails([type value] [type value]) id schemas"},
		{"attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "id schemas urn:ietf:params:scim:schemas:extension:enterprise:2.0:User(department)"},
		{"attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "id schemas"},
		{"attributes=userName&excludedAttributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "id schemas userName"},
	} {
		m := newMemory()
		m.users["u1"] = barbara
		w := ask(service(m), "GET /Users/u1?"+c.query, "")
		sent, err := parse(w.Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got := shape(sent); got != c.want {
			t.Errorf("%s: %s, not %s", c.query, got, c.want)
		}
	}
}

// shape is the names in an object, and those in complex values behind theirs but for some.
func shape(v value) string {
	var names []string
	o, _ := v.(object)
	for _, name := range o.keys() {
		switch inner := o[name].(type) {
		case object:
			if full := name == enterpriseSchema && len(inner) == 2 || name == "meta"; !full {
				name += "(" + shape(inner) + ")"
			}
		case list:
			var items []string
			for _, item := range inner {
				if _, ok := item.(object); ok {
					items = append(items, "["+shape(item)+"]")
				}
			}
			if len(items) > 0 {
				name += "(" + strings.Join(items, " ") + ")"
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// TestSchemas: the list has those that resources name, and each stands alone at its location.
func TestSchemas(t *testing.T) {
	h := service(newMemory())
	var l struct {
		TotalResults int
		Resources    []struct {
			ID         string
			Attributes []struct{ Name string }
			Meta       struct{ Location string }
		}
	}
	if err := json.Unmarshal(ask(h, "GET /Schemas", "").Body.Bytes(), &l); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range l.Resources {
		ids = append(ids, s.ID)
		address, ok := strings.CutPrefix(s.Meta.Location, here)
		if w := ask(h, "GET "+address, ""); !ok || w.Code != http.StatusOK || len(s.Attributes) == 0 {
			t.Errorf("%s at %s: %d", s.ID, s.Meta.Location, w.Code)
		}
	}
	if diff := cmp.Diff([]string{userSchema, enterpriseSchema, groupSchema}, ids); diff != "" || l.TotalResults != 3 {
		t.Errorf("the schemas (-want +got):\n%s", diff)
	}
}

// FuzzUser: no body brings the service down, and what is created can be put back as it is shown.
func FuzzUser(f *testing.F) {
	f.Add(newAda)
	f.Add(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "b", "active": "False", "name.givenName": "B", "emails": ["b@example.com", {"value": "c", "type": 1, "primary": "true"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": null, "employeeNumber": 1e3}}`)
	f.Add(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": ["x"], "emails": {"value": {"value": "x"}}}`)
	f.Fuzz(func(t *testing.T, s string) {
		u, err := newUser([]byte(s))
		if err != nil {
			if p, known := problemOf(err); !known || p.status != http.StatusBadRequest {
				t.Fatalf("%s: %v", s, err)
			}
			return
		}
		shown, err := json.Marshal(u.object(here))
		if err != nil {
			t.Fatal(err)
		}
		again, err := u.replaced(shown)
		if diff := cmp.Diff(u, again); err != nil || diff != "" {
			t.Fatalf("%s is shown as %s, which is read differently: %v\n%s", s, shown, err, diff)
		}
	})
}

func FuzzGroup(f *testing.F) {
	f.Add(newDesk)
	f.Add(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "D", "externalId": 1, "members": ["a", {"value": "b", "type": "User"}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		g, err := groupOf([]byte(s))
		if err != nil {
			return
		}
		shown, err := json.Marshal(g.object(here))
		if err != nil {
			t.Fatal(err)
		}
		again, err := groupOf(shown)
		if diff := cmp.Diff(g, again); err != nil || diff != "" {
			t.Fatalf("%s is shown as %s, which is read differently: %v\n%s", s, shown, err, diff)
		}
	})
}
