package scim

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// patchOf is a PATCH request of operations as JSON.
func patchOf(operations string) []byte {
	return []byte(`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [` + operations + `]}`)
}

func patchUser(u User, operations_ string) (User, error) {
	ops, err := operations(patchOf(operations_))
	if err != nil {
		return User{}, err
	}
	return u.patched(ops, here)
}

func TestPatchUser(t *testing.T) {
	for _, c := range []struct {
		name, operations string
		want             func(*User)
	}{
		{"nothing", ``, func(u *User) {}},
		{"replace", `{"op": "replace", "path": "userName", "value": "barbara"}`, func(u *User) { u.UserName = "barbara" }},
		{"the whole name leaves parts alone", `{"op": "replace", "path": "name", "value": {"givenName": "Babs", "familyName": null, "x": 1}}`,
			func(u *User) { u.Name = Name{GivenName: "Babs"} }},
		{"a name's part", `{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:name.formatted", "value": "B. Jensen"}`,
			func(u *User) { u.Name.Formatted = "B. Jensen" }},
		{"remove", `{"op": "remove", "path": "name"}, {"op": "REMOVE", "path": "externalId"}`, func(u *User) { u.Name, u.ExternalID = Name{}, "" }},
		{"empty is none", `{"op": "replace", "value": {"displayName": "", "externalId": null}}`, func(u *User) { u.DisplayName, u.ExternalID = "", "" }},
		{"adding nothing", `{"op": "add", "value": {"displayName": null, "emails": []}}`, func(u *User) {}},
		{"deactivate", `{"op": "replace", "path": "active", "value": "fAlse"}`, func(u *User) { u.Active = false }},
		{"replace addresses", `{"op": "replace", "path": "emails", "value": {"value": "b@example.com"}}`, func(u *User) { u.Emails = []Contact{{Value: "b@example.com"}} }},
		{"an address as text", `{"op": "replace", "path": "emails", "value": "b@example.com"}`, func(u *User) { u.Emails = []Contact{{Value: "b@example.com"}} }},
		{"add an address that is there", `{"op": "add", "path": "emails", "value": [{"value": "BABS@jensen.org"}]}`, func(u *User) { u.Emails[1].Value = "BABS@jensen.org" }},
		{"a new primary takes the mark", `{"op": "add", "path": "emails", "value": [{"value": "b@example.com", "primary": true}]}`,
			func(u *User) {
				u.Emails[0].Primary = false
				u.Emails = append(u.Emails, Contact{"b@example.com", "", true})
			}},
		{"a selected one becomes primary", `{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}`,
			func(u *User) { u.Emails[0].Primary, u.Emails[1].Primary = false, true }},
		{"replace a selected one", `{"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "new@jensen.org"}}`,
			func(u *User) { u.Emails[1] = Contact{Value: "new@jensen.org"} }},
		{"add to a selected one", `{"op": "add", "path": "emails[type eq \"home\"]", "value": [{"value": "new@jensen.org"}]}`,
			func(u *User) { u.Emails[1].Value = "new@jensen.org" }},
		{"add one that the filter describes", `{"op": "add", "path": "emails[type eq \"other\" and primary eq true].value", "value": "new@jensen.org"}`,
			func(u *User) {
				u.Emails[0].Primary = false
				u.Emails = append(u.Emails, Contact{"new@jensen.org", "other", true})
			}},
		{"remove a selected one", `{"op": "remove", "path": "emails[value ew \"org\"]"}`, func(u *User) { u.Emails = u.Emails[:1] }},
		{"remove none", `{"op": "remove", "path": "emails[type eq \"other\"]"}`, func(u *User) {}},
		{"an address without its value is none", `{"op": "remove", "path": "emails[type eq \"home\"].value"}`, func(u *User) { u.Emails = u.Emails[:1] }},
		{"remove by value", `{"op": "remove", "path": "emails", "value": [{"value": "Babs@jensen.org"}]}`, func(u *User) { u.Emails = u.Emails[:1] }},
		{"not by another type", `{"op": "remove", "path": "emails", "value": [{"value": "babs@jensen.org", "type": "work"}]}`, func(u *User) {}},
		{"remove all", `{"op": "remove", "path": "emails"}`, func(u *User) { u.Emails = nil }},
		{"the extension as an object", `{"op": "replace", "value": {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Shows", "manager": "1"}}}`,
			func(u *User) { u.Enterprise.Department = "Shows" }},
		{"the extension by its path", `{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "value": {"organization": "gov"}}`,
			func(u *User) { u.Enterprise.Organization = "gov" }},
		{"remove the extension", `{"op": "remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}`, func(u *User) { u.Enterprise = Enterprise{} }},
		{"remove from the extension", `{"op": "remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"}`,
			func(u *User) { u.Enterprise.Department = "" }},
		{"read-only without path", `{"op": "replace", "value": {"id": "2819c223", "groups": [], "meta": {"version": "x"}, "schemas": ["x"], "displayName": "B"}}`,
			func(u *User) { u.DisplayName = "B" }},
		{"not kept", `{"op": "add", "path": "ims[type eq \"work\"].value", "value": "1"}, {"op": "remove", "path": "name.middleName"}, {"op": "replace", "value": {"roles": 1, "password": "x"}}`,
			func(u *User) {}},
		{"one after the other", `{"op": "remove", "path": "emails"}, {"op": "add", "path": "emails", "value": [{"value": "a@example.com"}]}, {"op": "add", "path": "emails[value eq \"a@example.com\"].type", "value": "work"}`,
			func(u *User) { u.Emails = []Contact{{Value: "a@example.com", Type: "work"}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := barbara
			want.Emails = slices.Clone(barbara.Emails)
			c.want(&want)
			got, err := patchUser(barbara, c.operations)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the person (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPatchErrors(t *testing.T) {
	many := make([]string, maxValues+1)
	for i := range many {
		many[i] = `{"value": "` + strings.Repeat("a", i+1) + `@example.com"}`
	}
	for _, c := range []struct{ operations, scimType string }{
		{`1`, invalidSyntax},
		{`{"op": "move", "path": "userName"}`, invalidSyntax},
		{`{"path": "userName"}`, invalidSyntax},
		{`{"op": "add", "op": "add", "path": "userName", "value": "x"}`, invalidSyntax},
		{`{"op": "add", "Op": "remove", "path": "userName", "value": "x"}`, invalidSyntax},
		{`{"op": "add", "path": 1, "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "cat", "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "name.cat", "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "members", "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "urn:cat:userName", "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:cat", "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "emails.value", "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "name[givenName pr]", "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "emails[type", "value": "x"}`, invalidPath},
		{`{"op": "add", "path": "emails[cat pr].value", "value": "x"}`, invalidFilter},
		{`{"op": "add", "value": {"cat": 1}}`, invalidPath},
		{`{"op": "add", "value": {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"cat": 1}}}`, invalidPath},
		{`{"op": "add", "value": "x"}`, invalidValue},
		{`{"op": "add"}`, invalidValue},
		{`{"op": "remove"}`, noTarget},
		{`{"op": "remove", "value": {"displayName": "x"}}`, noTarget},
		{`{"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x"}`, noTarget},
		{`{"op": "add", "path": "emails[type sw \"other\"].value", "value": "x"}`, noTarget},
		{`{"op": "add", "path": "emails[type eq \"other\" or type eq \"x\"].value", "value": "x"}`, noTarget},
		{`{"op": "replace", "path": "id", "value": "x"}`, mutability},
		{`{"op": "replace", "value": {"id": "x"}}`, mutability},
		{`{"op": "add", "path": "groups", "value": [{"value": "g2"}]}`, mutability},
		{`{"op": "remove", "path": "groups[value eq \"g1\"]"}`, mutability},
		{`{"op": "replace", "path": "meta.created", "value": "2010-01-01T00:00:00Z"}`, mutability},
		{`{"op": "remove", "path": "userName"}`, mutability},
		{`{"op": "replace", "path": "userName", "value": ""}`, invalidValue},
		{`{"op": "replace", "path": "userName", "value": true}`, invalidValue},
		{`{"op": "replace", "path": "userName", "value": ["a", "b"]}`, invalidValue},
		{`{"op": "replace", "path": "userName", "value": {"a": "b"}}`, invalidValue},
		{`{"op": "replace", "path": "active", "value": "perhaps"}`, invalidValue},
		{`{"op": "replace", "path": "active", "value": 0}`, invalidValue},
		{`{"op": "replace", "path": "active", "value": null}`, invalidValue},
		{`{"op": "remove", "path": "active"}`, invalidValue},
		{`{"op": "replace", "path": "name", "value": "Barbara"}`, invalidValue},
		{`{"op": "replace", "path": "emails", "value": [1]}`, invalidValue},
		{`{"op": "replace", "path": "emails[type eq \"work\"]", "value": [{"value": "a"}, {"value": "b"}]}`, invalidValue},
		{`{"op": "replace", "path": "emails", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}`, invalidValue},
		{`{"op": "add", "path": "emails", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}`, invalidValue},
		{`{"op": "add", "path": "emails", "value": [` + strings.Join(many, ",") + `]}`, invalidValue},
		{`{"op": "replace", "path": "emails", "value": [` + strings.Join(many, ",") + `]}`, invalidValue},
		{`{"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "value": "x"}`, invalidValue},
	} {
		_, err := patchUser(barbara, c.operations)
		if err == nil {
			t.Errorf("%.120s: is taken", c.operations)
			continue
		}
		if wants(t, err, c.scimType); t.Failed() {
			t.Fatalf("%.120s", c.operations)
		}
	}
}

func TestPatchGroup(t *testing.T) {
	s := func(v string) *string { return &v }
	ids := func(v ...string) *[]string { v = append([]string{}, v...); return &v }
	for _, c := range []struct {
		name, operations string
		want             GroupChange
		loads            bool
	}{
		{name: "nothing", operations: `{"op": "add", "path": "members", "value": []}`},
		{name: "join and leave", operations: `{"op": "add", "path": "members", "value": [{"value": "d", "type": "user"}, "e"]}, {"op": "remove", "path": "members[value eq \"a\"]"}`,
			want: GroupChange{Add: []string{"d", "e"}, Remove: []string{"a"}}},
		{name: "the last word counts", operations: `{"op": "add", "path": "members", "value": [{"value": "d"}]}, {"op": "remove", "path": "members[value eq \"d\" or value eq \"b\"]"}, {"op": "add", "value": {"members": [{"value": "b"}]}}`,
			want: GroupChange{Add: []string{"b"}, Remove: []string{"d"}}},
		{name: "leave by value", operations: `{"op": "remove", "path": "members", "value": [{"value": "b", "$ref": null}, {"value": "a"}]}`, want: GroupChange{Remove: []string{"a", "b"}}},
		{name: "all leave", operations: `{"op": "add", "path": "members", "value": [{"value": "d"}]}, {"op": "remove", "path": "members"}`, want: GroupChange{Members: ids()}},
		{name: "replaced, and then changed", operations: `{"op": "remove", "path": "members[value eq \"a\"]"}, {"op": "replace", "path": "members", "value": [{"value": "d"}, {"value": "e"}]}, {"op": "add", "path": "members", "value": {"value": "f"}}, {"op": "remove", "path": "members[value eq \"d\"]"}`,
			want: GroupChange{Members: ids("e", "f")}},
		{name: "names", operations: `{"op": "replace", "value": {"id": "g1", "displayName": "New", "externalId": "x"}}`, want: GroupChange{DisplayName: s("New"), ExternalID: s("x")}},
		{name: "no external id", operations: `{"op": "remove", "path": "externalId"}, {"op": "add", "path": "displayName", "value": "New"}, {"op": "add", "path": "displayName", "value": null}`,
			want: GroupChange{DisplayName: s("New"), ExternalID: s("")}},
		{name: "by name", operations: `{"op": "remove", "path": "members[display sw \"x\"]"}`, want: GroupChange{Remove: []string{"b", "c"}}, loads: true},
		{name: "by id and type", operations: `{"op": "add", "path": "members", "value": [{"value": "d"}]}, {"op": "remove", "path": "members[type eq \"User\" and value ge \"c\"]"}`,
			want: GroupChange{Remove: []string{"c", "d"}}, loads: true},
		{name: "by type, of those who replace", operations: `{"op": "replace", "path": "members", "value": [{"value": "d"}]}, {"op": "remove", "path": "members[type eq \"User\"]"}`,
			want: GroupChange{Members: ids()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			loads := false
			p := groupPatch{id: "g1", base: here, members: func() ([]Reference, error) {
				loads = true
				return []Reference{{"a", "A"}, {"b", "X"}, {"c", "xy"}}, nil
			}}
			ops, err := operations(patchOf(c.operations))
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.change(ops)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the change (-want +got):\n%s", diff)
			}
			if loads != c.loads {
				t.Errorf("the members were read: %v", loads)
			}
		})
	}
}

func TestPatchGroupErrors(t *testing.T) {
	broken := errors.New("broken")
	p := groupPatch{id: "g1", base: here, members: func() ([]Reference, error) { return nil, broken }}
	for _, c := range []struct{ operations, scimType string }{
		{`{"op": "add", "path": "members", "value": [{"display": "x"}]}`, invalidValue},
		{`{"op": "add", "path": "members", "value": [{"value": "g2", "type": "Group"}]}`, invalidValue},
		{`{"op": "add", "path": "members", "value": 1.5}`, invalidValue},
		{`{"op": "replace", "path": "members[value eq \"a\"].value", "value": "b"}`, mutability},
		{`{"op": "add", "path": "members[value eq \"a\"]", "value": {"value": "b"}}`, mutability},
		{`{"op": "remove", "path": "members[value eq \"a\"].value"}`, mutability},
		{`{"op": "add", "path": "members.value", "value": "b"}`, mutability},
		{`{"op": "remove", "path": "members[cat pr]"}`, invalidFilter},
		{`{"op": "remove", "path": "members[display eq true]"}`, invalidFilter},
		{`{"op": "remove", "path": "displayName"}`, mutability},
		{`{"op": "replace", "path": "displayName", "value": ""}`, invalidValue},
		{`{"op": "replace", "value": {"id": "g2"}}`, mutability},
		{`{"op": "replace", "path": "userName", "value": "x"}`, invalidPath},
		{`{"op": "remove", "path": "members[cat eq \"a\"]"}`, invalidFilter},
	} {
		ops, err := operations(patchOf(c.operations))
		if err != nil {
			t.Fatalf("%s: %v", c.operations, err)
		}
		_, err = p.change(ops)
		if wants(t, err, c.scimType); t.Failed() {
			t.Fatal(c.operations)
		}
	}
	ops, err := operations(patchOf(`{"op": "remove", "path": "members[display pr]"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.change(ops); !errors.Is(err, broken) {
		t.Errorf("members that cannot be read: %v", err)
	}
}

// FuzzPatch: no request brings the codec down; what it makes of a person can be written and read, and
// the same request leaves the original alone.
func FuzzPatch(f *testing.F) {
	for _, s := range []string{
		`{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "x"}`,
		`{"op": "add", "value": {"name.givenName": "x", "emails": [{"value": "b", "primary": "True"}], "active": "False"}}`,
		`{"op": "remove", "path": "members[display sw \"x\"]"}, {"op": "replace", "path": "members", "value": [{"value": "a"}]}`,
		`{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "value": {"department": 1, "manager": {}}}`,
		`{"op": "add", "path": "emails[type eq \"other\"].value", "value": null}`,
	} {
		f.Add(string(patchOf(s)))
	}
	before, err := json.Marshal(barbara.object(here))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ops, err := operations([]byte(s))
		if err != nil {
			return
		}
		if u, err := barbara.patched(ops, here); err == nil {
			again, err := u.with(u.object(here))
			if err != nil || !reflect.DeepEqual(u, again) {
				t.Fatalf("%s makes %+v, which is read as %+v: %v", s, u, again, err)
			}
			if u.UserName == "" || u.ID != barbara.ID {
				t.Fatalf("%s makes %+v", s, u)
			}
		}
		if after, _ := json.Marshal(barbara.object(here)); string(after) != string(before) {
			t.Fatalf("%s changed the original", s)
		}
		p := groupPatch{id: "g1", base: here, members: func() ([]Reference, error) { return []Reference{{"a", "A"}}, nil }}
		if c, err := p.change(ops); err == nil && c.Members != nil && (c.Add != nil || c.Remove != nil) {
			t.Fatalf("%s makes %+v", s, c)
		}
	})
}
