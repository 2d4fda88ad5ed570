package provision_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/provision"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	command = people.Actor{Command: true}
)

// house is a server with a real room behind the gate.
type house struct {
	*people.Room
	clock *storetest.Clock
	url   string
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	storetest.Run(t, []store.Schema{ledger.Schema, people.Schema}, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		test(t, serve(t, open(clock.Now), clock))
	})
}

func serve(t testing.TB, db *store.DB, clock *storetest.Clock) *house {
	t.Helper()
	book, err := ledger.New(rand.Reader, people.Kinds...)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	h := &house{Room: &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}, clock: clock}
	for _, o := range []people.NewOrganisation{{ID: "treasury", Name: "Treasury"}, {ID: "audit", Name: "Audit", Parent: "treasury"}, {ID: "health", Name: "Health"}} {
		if _, err := h.AddOrganisation(t.Context(), command, o); err != nil {
			t.Fatal(err)
		}
	}
	g := &gate.Gate{People: h.Room, Now: clock.Now, Log: log}
	g.Frame.Now = noon
	mux := http.NewServeMux()
	for _, r := range provision.Routes(h.Room, &url.URL{Scheme: "https", Host: "gate.example"}, log) {
		mux.Handle(r.Pattern, g.Guard(r))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// directory is a body's own directory: a program with a token.
type directory struct {
	t     testing.TB
	h     *house
	token string
}

func (h *house) directory(t testing.TB, role people.Role, organisation string) directory {
	t.Helper()
	m, err := h.MakeToken(t.Context(), command, "directory", people.Grant{Role: role, Organisation: organisation}, store.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return directory{t, h, m.Secret}
}

// resource is what comes back: a person, a group, a list or an error.
type resource struct {
	ID, ExternalID, UserName, DisplayName string
	Active                                bool
	Name                                  struct{ Formatted, GivenName, FamilyName string }
	Emails, PhoneNumbers                  []contact
	Enterprise                            struct{ EmployeeNumber, Department, Organization string } `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	Groups                                []reference
	Members                               []reference
	Meta                                  struct{ Version, Location, ResourceType string }

	TotalResults, ItemsPerPage, StartIndex int
	Resources                              []resource

	Schemas          []string
	Status, ScimType string
	Detail           string
}

type reference struct{ Value, Display string }

type contact struct {
	Value, Type string
	Primary     bool
}

// call makes a request and wants a status.
func (d directory) call(status int, method, path, body string, headers ...string) (r resource) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), method, d.h.url+"/scim/v2"+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/scim+json")
	if d.token != "" {
		request.Header.Set("Authorization", "Bearer "+d.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if answer.StatusCode != status {
		d.t.Fatalf("%s %s: %d, not %d: %.400s", method, path, answer.StatusCode, status, read)
	}
	if len(bytes.TrimSpace(read)) > 0 {
		if kind := answer.Header.Get("Content-Type"); kind != "application/scim+json" {
			d.t.Errorf("%s %s comes as %s", method, path, kind)
		}
		if err := json.Unmarshal(read, &r); err != nil {
			d.t.Fatalf("%v in %s", err, read)
		}
	}
	return r
}

// find is the list that a filter finds.
func (d directory) find(kind, filter string) resource {
	d.t.Helper()
	return d.call(200, "GET", "/"+kind+"?filter="+url.QueryEscape(filter), "")
}

// patch wraps operations, which are JSON.
func patch(operations ...string) string {
	return `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [` + strings.Join(operations, ",") + `]}`
}

func user(name string) string {
	return fmt.Sprintf(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": %q, "active": true}`, name)
}

func group(name string, members ...string) string {
	var list []string
	for _, id := range members {
		list = append(list, fmt.Sprintf(`{"value": %q}`, id))
	}
	return fmt.Sprintf(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": %q, "members": [%s]}`, name, strings.Join(list, ","))
}
