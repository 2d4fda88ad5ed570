package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/people"
	"portcullis/web/api"
)

func TestProblems(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer, auditor := h.token(t, people.SecurityOfficer, "treasury"), h.token(t, people.Auditor, "treasury")
		ada := h.person(t, "Ada", "treasury")
		tests := []struct {
			name                string
			token, method, path string
			body                string
			headers             []string
			status              int
			fields              []api.FieldError
			detail              string
		}{
			{name: "no token", method: "GET", path: "/persons", status: 401},
			{name: "an unknown token", token: "portcullis_x", method: "GET", path: "/persons", status: 401, detail: "not known"},
			{name: "not allowed", token: auditor, method: "POST", path: "/persons", body: `{}`, status: 403},
			{name: "nobody, for who may not see all", token: officer, method: "GET", path: "/persons/nobody", status: 403},
			{name: "nobody", token: h.token(t, people.Operator, "*"), method: "GET", path: "/persons/nobody", status: 404},
			{name: "no such path", method: "GET", path: "/person", status: 404, detail: "/api/v1/openapi.json"},
			{name: "taken", token: officer, method: "POST", path: "/persons", body: `{"name": "Ada", "userName": "ADA@treasury.example", "organisation": "treasury"}`, status: 409,
				fields: []api.FieldError{{Field: "userName", Message: "There is somebody with the user name ADA@treasury.example already"}}},
			{name: "the room's faults together", token: officer, method: "POST", path: "/persons", body: `{"organisation": "treasury", "mail": "ada@"}`, status: 422, fields: []api.FieldError{
				{Field: "name", Message: "Enter the person's name"}, {Field: "mail", Message: "Enter a mail address, such as name@example.org"}}},
			{name: "missing and of the wrong type", token: officer, method: "POST", path: "/groups", body: `{"name": 7, "members": {}}`, status: 422, fields: []api.FieldError{
				{Field: "members", Message: "This is a list, in square brackets"}, {Field: "name", Message: "This is text, in quotation marks"}, {Field: "organisation", Message: "This must be given"}}},
			{name: "an item of a list", token: officer, method: "POST", path: "/groups", body: `{"name": "x", "organisation": "treasury", "members": ["a", 3]}`, status: 422,
				fields: []api.FieldError{{Field: "members[1]", Message: "This is text, in quotation marks"}}},
			{name: "an unknown member", token: officer, method: "PATCH", path: "/persons/" + ada.ID, body: `{"fone": "1"}`, status: 422,
				fields: []api.FieldError{{Field: "fone", Message: "There is no such member here: did you mean phone?"}}},
			{name: "a member in other letters", token: officer, method: "PATCH", path: "/persons/" + ada.ID, body: `{"PHONE": "1"}`, status: 422,
				fields: []api.FieldError{{Field: "PHONE", Message: "There is no such member here: did you mean phone?"}}},
			{name: "a member of ours", token: officer, method: "PATCH", path: "/persons/" + ada.ID, body: `{"version": 1}`, status: 422},
			{name: "an unknown parameter", token: officer, method: "GET", path: "/persons?organization=treasury", status: 422,
				fields: []api.FieldError{{Field: "organization", Message: "There is no such parameter here: did you mean organisation?"}}},
			{name: "a limit that is too large", token: officer, method: "GET", path: "/persons?limit=201", status: 422, fields: []api.FieldError{{Field: "limit", Message: "This is 200 at most"}}},
			{name: "a limit of none", token: officer, method: "GET", path: "/persons?limit=0", status: 422, fields: []api.FieldError{{Field: "limit", Message: "This is 1 at least"}}},
			{name: "a limit that is no number", token: officer, method: "GET", path: "/persons?limit=ten", status: 422, fields: []api.FieldError{{Field: "limit", Message: "This is a whole number"}}},
			{name: "a parameter twice", token: officer, method: "GET", path: "/persons?organisation=treasury&organisation=health", status: 422, fields: []api.FieldError{{Field: "organisation", Message: "This is given 2 times: give it once"}}},
			{name: "a query that is not understood", token: officer, method: "GET", path: "/persons?organisation=treasury;q=x", status: 422, detail: "semicolon"},
			{name: "no cursor", token: officer, method: "GET", path: "/persons?after=x", status: 422},
			{name: "no role", token: officer, method: "GET", path: "/persons?role=king", status: 422},
			{name: "no time", token: officer, method: "POST", path: "/persons/" + ada.ID + "/roles", body: `{"role": "reviewer", "organisation": "treasury", "until": "tomorrow"}`, status: 422,
				fields: []api.FieldError{{Field: "until", Message: "Write the time as RFC 3339 has it, such as 2026-03-01T12:00:00Z"}}},
			{name: "no body", token: officer, method: "POST", path: "/persons", status: 422, detail: "Send a body"},
			{name: "no object", token: officer, method: "POST", path: "/persons", body: `[]`, status: 422, detail: "curly brackets"},
			{name: "no JSON", token: officer, method: "POST", path: "/persons", body: `{"name": }`, status: 400},
			{name: "JSON that breaks off", token: officer, method: "POST", path: "/persons", body: `{"name": "x"`, status: 400, detail: "breaks off"},
			{name: "something after the JSON", token: officer, method: "POST", path: "/persons", body: `{} {}`, status: 400, detail: "after its end"},
			{name: "a member twice", token: officer, method: "POST", path: "/persons", body: `{"name": "x", "name": "y"}`, status: 400, fields: []api.FieldError{{Field: "name", Message: "This is given twice"}}},
			{name: "no UTF-8", token: officer, method: "POST", path: "/persons", body: "{\"name\": \"\xff\"}", status: 400},
			{name: "nested deep", token: officer, method: "POST", path: "/persons", body: strings.Repeat("[", 100_000), status: 400, detail: "nested"},
			{name: "too large", token: officer, method: "POST", path: "/persons", body: `{"name": "` + strings.Repeat("x", 1<<20) + `"}`, status: 413},
			{name: "a form", token: officer, method: "POST", path: "/persons", body: "name=x", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415},
			{name: "another charset", token: officer, method: "POST", path: "/persons", body: "{}", headers: []string{"Content-Type", "application/json; charset=latin1"}, status: 415},
			{name: "a precondition that nobody looks at", token: officer, method: "POST", path: "/persons/" + ada.ID + "/roles", body: "{}", headers: []string{"If-Match", "*"}, status: 422},
		}
		for _, test := range tests {
			got := h.call(t, test.token, test.method, "/api/v1"+test.path, test.body, test.headers...)
			p := decode[api.Problem](t, got, test.status)
			if got.header.Get("Content-Type") != "application/problem+json" || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: the headers are %v", test.name, got.header)
			}
			if bearer := got.header.Get("WWW-Authenticate"); (test.status == 401) != strings.HasPrefix(bearer, "Bearer") {
				t.Errorf("%s: WWW-Authenticate is %q", test.name, bearer)
			}
			if p.Status != test.status || p.Title == "" || !strings.HasPrefix(p.Type, "/api/v1/problems#") || !strings.Contains(p.Detail, test.detail) || p.Detail == "" {
				t.Errorf("%s: %+v", test.name, p)
			}
			if diff := cmp.Diff(test.fields, p.Errors); test.fields != nil && diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	})
}

// TestBrokenServerTellsNothing has the database go away.
func TestBrokenServerTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.SecurityOfficer, "treasury")
		if err := h.DB.Close(); err != nil {
			t.Fatal(err)
		}
		p := decode[api.Problem](t, h.call(t, officer, "GET", "/api/v1/persons", ""), 500)
		if strings.Contains(p.Detail, "database") || strings.Contains(p.Detail, "sql") || p.Reference == "" {
			t.Errorf("%+v", p)
		}
		if !strings.Contains(h.log.String(), p.Reference) || !strings.Contains(h.log.String(), "closed") {
			t.Errorf("the log has not why under %s: %s", p.Reference, h.log)
		}
	})
}

func TestMethodsAndDocuments(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.SecurityOfficer, "treasury")
		got := h.call(t, officer, "PUT", "/api/v1/organisations/treasury", "{}")
		if allow := got.header.Get("Allow"); got.status != 405 || allow != "GET, HEAD, PATCH" {
			t.Errorf("%d, Allow %q", got.status, allow)
		}
		if got = h.call(t, officer, "HEAD", "/api/v1/organisations/treasury", ""); got.status != 200 || got.body != "" || got.header.Get("ETag") == "" {
			t.Errorf("HEAD: %+v", got)
		}
		for path, word := range map[string]string{"openapi.json": `"openapi": "3.1.0"`, "openapi.yaml": "openapi: 3.1.0", "problems": `"signed-out"`} {
			if got = h.call(t, "", "GET", "/api/v1/"+path, ""); got.status != 200 || !strings.Contains(got.body, word) {
				t.Errorf("%s: %d %.200s", path, got.status, got.body)
			}
		}
	})
}
