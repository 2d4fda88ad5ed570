package api_test

import (
	"strings"
	"testing"

	"portcullis/people"
	"portcullis/web/api"
)

// TestAdvice: the centre's program adds advice, changes it from what it has seen, takes it back and puts it back; any
// program reads it, in all its versions.
func TestAdvice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		centre, auditor := h.token(t, people.CentreOfficer, people.Everywhere), h.token(t, people.Auditor, "treasury")
		reply := h.call(t, centre, "POST", "/api/v1/advice", `{"subject": "platform", "of": "android", "title": "What it sends", "text": "It sends\n\n- this\n- that"}`)
		added := decode[api.Advice](t, reply, 201)
		path := "/api/v1/advice/" + added.ID
		if added.Version != 1 || reply.header.Get("Location") != path || reply.header.Get("ETag") == "" {
			t.Errorf("added: %+v %v", added, reply.header)
		}
		if r := h.call(t, centre, "POST", "/api/v1/advice", `{"subject": "platform", "of": "amiga", "title": "", "text": "x"}`); r.status != 422 || !strings.Contains(r.body, `"field":"of"`) || !strings.Contains(r.body, `"field":"title"`) {
			t.Errorf("what cannot be: %s", r.body)
		}
		list := func(token, query string) string { return h.call(t, token, "GET", "/api/v1/advice"+query, "").body }
		if got := list(auditor, "?subject=platform&of=android"); !strings.Contains(got, added.ID) || !strings.Contains(got, `"title":"What it sends"`) {
			t.Errorf("listed: %s", got)
		}
		if got := list(auditor, "?subject=platform&of=ios"); strings.Contains(got, added.ID) {
			t.Errorf("of another platform: %s", got)
		}
		if got := list(auditor, "?at=2020-01-01T00:00:00Z"); strings.Contains(got, added.ID) {
			t.Errorf("years before: %s", got)
		}
		changed := decode[api.Advice](t, h.call(t, centre, "PATCH", path, `{"title": "What it sends now"}`, "If-Match", reply.header.Get("ETag")), 200)
		if changed.Version != 2 || changed.Text != added.Text {
			t.Errorf("changed: %+v", changed)
		}
		for _, method := range []string{"PATCH", "DELETE"} {
			body := ""
			if method == "PATCH" {
				body = `{"title": "Late"}`
			}
			if r := h.call(t, centre, method, path, body, "If-Match", reply.header.Get("ETag")); r.status != 412 {
				t.Errorf("%s from the former version: %d", method, r.status)
			}
		}
		if r := h.call(t, centre, "DELETE", path, ""); r.status != 204 {
			t.Errorf("taken back: %s", r.body)
		}
		if got := list(auditor, ""); strings.Contains(got, added.ID) {
			t.Errorf("listed, and taken back: %s", got)
		}
		if last := decode[api.Advice](t, h.call(t, auditor, "GET", path, ""), 200); !last.TakenBack || last.Version != 3 {
			t.Errorf("taken back: %+v", last)
		}
		decode[api.Advice](t, h.call(t, centre, "PATCH", path, `{}`), 200)
		if got := h.call(t, auditor, "GET", path+"/versions", ""); strings.Count(got.body, `"version":`) != 4 || !strings.Contains(list(auditor, ""), added.ID) {
			t.Errorf("put back: %s", got.body)
		}
		if r := h.call(t, auditor, "GET", "/api/v1/advice/none", ""); r.status != 404 {
			t.Errorf("none: %d", r.status)
		}
		aid := decode[api.RecordAid](t, h.call(t, auditor, "GET", "/api/v1/record/aid", ""), 200)
		if len(aid.Questions) == 0 || aid.Outcomes["pass-on"].Title == "" {
			t.Errorf("the aid: %+v", aid)
		}
	})
}
