package api_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/handbook"
	"portcullis/internal/agreed"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/api"
	"portcullis/web/gate"
)

// operationRoutes are the routes that need a token.
func operationRoutes() []gate.Route {
	return slices.DeleteFunc(api.Routes(api.Rooms{}), func(r gate.Route) bool { return r.Permission == gate.Open })
}

// attempt is a request that concerns an organisation, and what becomes of it where the role may.
type attempt struct {
	path, body string // path is that of the route with its names filled in, where it is not empty
	status     int
	// everywhere tells that only a role held everywhere is enough.
	everywhere bool
	// shows is, for lists, what is shown where it belongs to the organisation; elsewhere the list is
	// there and does not show it.
	shows string
	// permission is that of the operation itself, where everybody gets as far as it; open tells that it refuses
	// nobody then, and shows things to those who have it.
	permission people.Permission
	open       bool
	// nobodys tells that it is for people and their own programs, and so refuses those of these tests.
	nobodys bool
	// also is one that is needed besides.
	also people.Permission
}

// attempts are how each operation is tried on something that belongs to an organisation. Who may
// follows from the permission table, and from who may give which role.
var attempts = map[string]func(t *testing.T, h *house, organisation string) attempt{
	"GET /organisations": func(_ *testing.T, _ *house, o string) attempt {
		return attempt{status: 200, shows: `"id":"` + o + `"`}
	},
	"POST /organisations": func(_ *testing.T, h *house, o string) attempt {
		return attempt{status: 201, body: fmt.Sprintf(`{"name": "Office %s", "parent": %q}`, h.unique(), o)}
	},
	"GET /organisations/{id}": func(_ *testing.T, _ *house, o string) attempt {
		return attempt{path: "/organisations/" + o, status: 200}
	},
	"PATCH /organisations/{id}": func(_ *testing.T, h *house, o string) attempt {
		return attempt{path: "/organisations/" + o, status: 200, body: fmt.Sprintf(`{"name": "Name %s"}`, h.unique())}
	},
	"DELETE /organisations/{id}/monitor": func(_ *testing.T, _ *house, o string) attempt {
		return attempt{path: "/organisations/" + o + "/monitor", status: 204}
	},
	"GET /organisations/{id}/history": func(_ *testing.T, _ *house, o string) attempt {
		return attempt{path: "/organisations/" + o + "/history", status: 200}
	},
	"GET /persons": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons?q=target", status: 200, shows: h.target(t, o).ID}
	},
	"POST /persons": func(_ *testing.T, h *house, o string) attempt {
		return attempt{status: 201, body: fmt.Sprintf(`{"name": "New", "userName": "new%s", "organisation": %q}`, h.unique(), o)}
	},
	"GET /persons/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID, status: 200}
	},
	"PATCH /persons/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID, status: 200, body: fmt.Sprintf(`{"phone": %q}`, h.unique())}
	},
	"POST /persons/{id}/invitation": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID + "/invitation", status: 201}
	},
	"POST /persons/{id}/roles": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID + "/roles", status: 200, body: fmt.Sprintf(`{"role": "reviewer", "organisation": %q}`, o)}
	},
	"DELETE /persons/{id}/roles/{role}/{organisation}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID + "/roles/desk/" + o, status: 204}
	},
	"GET /persons/{id}/sessions": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID + "/sessions", status: 200}
	},
	"DELETE /persons/{id}/sessions": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID + "/sessions", status: 204}
	},
	"DELETE /persons/{id}/sessions/{session}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID + "/sessions/s1", status: 204}
	},
	"GET /persons/{id}/passkeys": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID + "/passkeys", status: 200}
	},
	"DELETE /persons/{id}/passkeys/{passkey}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/persons/" + h.target(t, o).ID + "/passkeys/" + h.passkey(t, o), status: 204}
	},
	"GET /groups": func(t *testing.T, h *house, o string) attempt {
		return attempt{status: 200, shows: h.group(t, o).ID}
	},
	"POST /groups": func(t *testing.T, h *house, o string) attempt {
		return attempt{status: 201, body: fmt.Sprintf(`{"name": "A group", "organisation": %q, "members": [%q]}`, o, h.target(t, o).ID)}
	},
	"GET /groups/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/groups/" + h.group(t, o).ID, status: 200}
	},
	"PATCH /groups/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/groups/" + h.group(t, o).ID, status: 200, body: `{"name": "Another"}`}
	},
	"DELETE /groups/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/groups/" + h.group(t, o).ID, status: 204}
	},
	"GET /groups/{id}/members": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/groups/" + h.group(t, o, h.target(t, o).ID).ID + "/members", status: 200}
	},
	"GET /tokens": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/tokens?limit=200", status: 200, shows: h.spare(t, o)}
	},
	"GET /tokens/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/tokens/" + h.spare(t, o), status: 200}
	},
	"DELETE /tokens/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/tokens/" + h.spare(t, o), status: 204}
	},
	"GET /zones": func(t *testing.T, h *house, o string) attempt {
		return attempt{status: 200, shows: h.zone(t, o)}
	},
	"POST /zones": func(_ *testing.T, h *house, o string) attempt {
		return attempt{status: 201, body: fmt.Sprintf(`{"name": "rpz%s.example", "organisation": %q}`, h.unique(), o)}
	},
	"GET /zones/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/zones/" + h.zone(t, o), status: 200}
	},
	"PATCH /zones/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/zones/" + h.zone(t, o), status: 200, body: `{"notify": [{"address": "192.0.2.53"}]}`}
	},
	// These programs are nobody's: TestZoneNetworks has those of persons.
	"POST /zones/{id}/networks": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/zones/" + h.zone(t, o) + "/networks", nobodys: true, body: `{"network": "192.0.2.0/24", "until": "2026-06-01T00:00:00Z", "reason": "a test"}`}
	},
	"POST /zones/{id}/networks/{network}/answer": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/zones/" + h.zone(t, o) + "/networks/none/answer", nobodys: true, body: `{"agree": true}`}
	},
	"POST /zones/{id}/networks/{network}/take-back": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/zones/" + h.zone(t, o) + "/networks/none/take-back", nobodys: true}
	},
	"POST /zones/{id}/rotation": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/zones/" + h.zone(t, o) + "/rotation", status: 200, body: `{"key": true}`}
	},
	"DELETE /zones/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/zones/" + h.zone(t, o), status: 204}
	},
	"GET /endpoints": func(t *testing.T, h *house, o string) attempt {
		return attempt{status: 200, shows: h.endpoint(t, o)}
	},
	"POST /endpoints": func(_ *testing.T, _ *house, o string) attempt {
		return attempt{status: 201, body: fmt.Sprintf(`{"organisation": %q, "url": "https://hooks.example/"}`, o)}
	},
	"PATCH /endpoints/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/endpoints/" + h.endpoint(t, o), status: 200, body: `{"disabled": true}`}
	},
	"DELETE /endpoints/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/endpoints/" + h.endpoint(t, o), status: 204}
	},
	"POST /endpoints/{id}/trial": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/endpoints/" + h.endpoint(t, o) + "/trial", status: 200}
	},
	"GET /hosts": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts?limit=200", status: 200, shows: h.host(t, o)}
	},
	"POST /hosts": func(_ *testing.T, h *house, o string) attempt {
		return attempt{status: 201, body: fmt.Sprintf(`{"id": "new-%s", "platform": "android", "organisation": %q}`, h.unique(), o)}
	},
	"GET /hosts/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts/" + h.host(t, o), status: 200}
	},
	"PATCH /hosts/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts/" + h.host(t, o), status: 200, body: fmt.Sprintf(`{"name": "name %s"}`, h.unique())}
	},
	"POST /hosts/{id}/move": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts/" + h.host(t, o) + "/move", status: 200, body: `{"organisation": "audit"}`}
	},
	"POST /hosts/{id}/retire": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts/" + h.host(t, o) + "/retire", status: 200, body: `{"state": "lost"}`}
	},
	"POST /hosts/{id}/return": func(t *testing.T, h *house, o string) attempt {
		id := h.host(t, o)
		h.lose(t, id)
		return attempt{path: "/hosts/" + id + "/return", status: 200}
	},
	"GET /hosts/{id}/installations": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts/" + h.host(t, o) + "/installations", status: 200}
	},
	"GET /hosts/{id}/decisions": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts/" + h.host(t, o) + "/decisions", status: 200}
	},
	"DELETE /hosts/{id}/sources/{source}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts/" + h.host(t, o) + "/sources/api", status: 204}
	},
	"GET /breaches": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/breaches?limit=200", status: 200, shows: h.breaching(t, o)}
	},
	"GET /coverage": func(t *testing.T, h *house, o string) attempt {
		h.follow(t)
		return attempt{status: 200, shows: `"organisation":"` + o + `"`}
	},
	"GET /changes": func(t *testing.T, h *house, o string) attempt {
		beginning := decode[api.HostChanges](t, h.call(t, h.token(t, people.Operator, "*"), "GET", "/api/v1/changes", ""), 200).Next
		return attempt{path: "/changes?limit=200&after=" + beginning, status: 200, shows: h.host(t, o)}
	},
	"POST /affected": func(t *testing.T, h *house, o string) attempt {
		h.follow(t)
		return attempt{status: 200, body: fmt.Sprintf(`{"effect": "ban", "target": {"any": true}, "scope": %q}`, o)}
	},
	"GET /proposals": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/proposals?limit=200", status: 200, shows: h.proposal(t, o), permission: people.SeeProposals, open: true}
	},
	"GET /waiting": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/waiting?limit=200&organisation=" + o, status: 200, shows: h.proposal(t, o), permission: people.DecideMonitor, open: true}
	},
	"POST /proposals": func(_ *testing.T, h *house, o string) attempt {
		return attempt{status: 201, permission: people.Propose, body: fmt.Sprintf(`{"kind": "monitor", "organisation": %q, "monitor": {"until": "2026-06-01T00:00:00Z"}, "reason": "a reason"}`, o)}
	},
	"GET /proposals/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/proposals/" + h.proposal(t, o), status: 200, permission: people.SeeProposals}
	},
	"POST /proposals/{id}/steps": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/proposals/" + h.proposal(t, o) + "/steps", status: 200, permission: people.DecideMonitor, body: `{"act": "sign", "version": 1}`}
	},
	"GET /proposals/{id}/dry-run": func(t *testing.T, h *house, o string) attempt {
		id := h.proposal(t, o)
		h.follow(t)
		return attempt{path: "/proposals/" + id + "/dry-run?form=android&organisation=" + o, status: 200, also: people.SeeProposals}
	},
	"GET /artefacts/{form}": func(t *testing.T, h *house, o string) attempt {
		h.follow(t)
		return attempt{path: "/artefacts/android?organisation=" + o, status: 200}
	},
	"GET /artefacts/{form}/manifest": func(_ *testing.T, _ *house, o string) attempt {
		return attempt{path: "/artefacts/android/manifest?organisation=" + o, status: 200}
	},
	"GET /organisations/{id}/process": func(_ *testing.T, _ *house, o string) attempt {
		return attempt{path: "/organisations/" + o + "/process", status: 200}
	},
	"POST /exemptions/{id}/end": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/exemptions/" + h.exemption(t, o) + "/end", status: 200, body: `{"reason": "no longer"}`}
	},
	"GET /advice":      func(*testing.T, *house, string) attempt { return attempt{status: 200} },
	"GET /advice/{id}": func(*testing.T, *house, string) attempt { return attempt{path: "/advice/own-devices", status: 200} },
	"GET /advice/{id}/versions": func(*testing.T, *house, string) attempt {
		return attempt{path: "/advice/own-devices/versions", status: 200}
	},
	"POST /advice": func(*testing.T, *house, string) attempt {
		return attempt{status: 201, everywhere: true, body: `{"subject": "personal", "title": "A title", "text": "A text"}`}
	},
	"PATCH /advice/{id}": func(*testing.T, *house, string) attempt {
		return attempt{path: "/advice/own-devices", status: 200, everywhere: true, body: `{"title": "Another"}`}
	},
	"DELETE /advice/{id}": func(*testing.T, *house, string) attempt {
		return attempt{path: "/advice/own-devices", status: 204, everywhere: true}
	},
	"GET /record/aid": func(*testing.T, *house, string) attempt { return attempt{status: 200} },
	"GET /record/notes": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/record/notes?limit=200", status: 200, shows: h.note(t, o)}
	},
	"GET /record/notes/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/record/notes/" + h.note(t, o), status: 200}
	},
	"GET /search": func(*testing.T, *house, string) attempt {
		return attempt{path: "/search?q=parrot", status: 200}
	},
	"GET /ask": func(t *testing.T, h *house, o string) attempt {
		h.follow(t)
		return attempt{path: "/ask?q=parrot&organisation=" + o, status: 200}
	},
	"GET /lists/difference": func(t *testing.T, h *house, o string) attempt {
		h.follow(t)
		return attempt{path: "/lists/difference?a=" + o + "&b=" + o, status: 200}
	},
	"GET /rules/{id}/uptake": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/rules/" + h.rule(t, o) + "/uptake", status: 200}
	},
	"GET /exemptions/{id}/uptake": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/exemptions/" + h.exemption(t, o) + "/uptake", status: 200}
	},
	"GET /rules/{id}/history": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/rules/" + h.rule(t, o) + "/history", status: 200}
	},
	"GET /exemptions/{id}/history": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/exemptions/" + h.exemption(t, o) + "/history", status: 200}
	},
	"GET /suppliers/{id}/history": func(t *testing.T, h *house, _ string) attempt {
		made, err := h.rooms.Register.AddSupplier(t.Context(), h.chief(t), policy.Supplier{Name: "Maker " + h.unique()})
		if err != nil {
			t.Fatal(err)
		}
		return attempt{path: "/suppliers/" + made.ID + "/history", status: 200, shows: made.Name}
	},
	"GET /products/{id}/history": func(t *testing.T, h *house, _ string) attempt {
		made, err := h.rooms.Register.AddProduct(t.Context(), h.chief(t), policy.Product{Kind: policy.App, Name: "Parrot " + h.unique()})
		if err != nil {
			t.Fatal(err)
		}
		return attempt{path: "/products/" + made.ID + "/history", status: 200, shows: made.Name}
	},
	"GET /rules/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/rules/" + h.rule(t, o), status: 200}
	},
	"GET /organisations/{id}/triage": func(t *testing.T, h *house, o string) attempt {
		h.follow(t)
		return attempt{path: "/organisations/" + o + "/triage", status: 200}
	},
	"GET /organisations/{id}/triage/makers": func(t *testing.T, h *house, o string) attempt {
		h.follow(t)
		return attempt{path: "/organisations/" + o + "/triage/makers", status: 200}
	},
	// Before any rule allows everything that is known: operations are tried in their order.
	"POST /organisations/{id}/triage": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/organisations/" + o + "/triage", status: 200, body: fmt.Sprintf(`{"apps": [%q], "decision": "leave-unlisted"}`, h.unlisted(t, o))}
	},
	"GET /releases/{id}": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/releases/" + h.release(t, o).ID, status: 200}
	},
	// What one has proposed oneself cannot be answered: these programs are nobody's, and TestReleases has those of persons.
	"POST /hosts/{id}/releases": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/hosts/" + h.host(t, o) + "/releases", nobodys: true, body: `{"ownership": "personal", "reason": "it was sold"}`}
	},
	"POST /releases/{id}/answer": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/releases/" + h.release(t, o).ID + "/answer", nobodys: true, body: `{"agree": true}`}
	},
	"POST /releases/{id}/take-back": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/releases/" + h.release(t, o).ID + "/take-back", nobodys: true}
	},
	"GET /releases": func(t *testing.T, h *house, o string) attempt {
		return attempt{path: "/releases?limit=200", status: 200, shows: h.release(t, o).ID}
	},
	"GET /unlinked": func(t *testing.T, h *house, o string) attempt {
		h.host(t, o, "com.unknown."+o)
		return attempt{path: "/unlinked?limit=200", status: 200, shows: "com.unknown." + o}
	},
	"POST /unlinked": func(t *testing.T, h *house, o string) attempt {
		return attempt{status: 200, everywhere: true, body: `{"platform": "android", "identifier": "com.x", "product": "p"}`}
	},
	"POST /reports": func(_ *testing.T, h *house, o string) attempt {
		return attempt{status: 200, body: fmt.Sprintf(`{"host": "reported-%s", "organisation": %q, "platform": "android", "installed": []}`, h.unique(), o)}
	},
	"POST /reports/batch": func(_ *testing.T, h *house, o string) attempt {
		return attempt{status: 200, body: fmt.Sprintf(`{"reports": [{"host": "reported-%s", "organisation": %q, "platform": "android", "installed": []}]}`, h.unique(), o), shows: `"result":"enrolled"`}
	},
	"POST /inventories/{kind}": func(_ *testing.T, h *house, o string) attempt {
		return attempt{path: "/inventories/dpkg?platform=linux&device=reported-" + h.unique() + "&organisation=" + o, status: 200, body: "less\tinstall\n", shows: `"enrolled":1`}
	},
	"GET /access":      func(*testing.T, *house, string) attempt { return attempt{status: 200, everywhere: true} },
	"GET /notices":     func(*testing.T, *house, string) attempt { return attempt{status: 200, everywhere: true} },
	"GET /ledger":      func(*testing.T, *house, string) attempt { return attempt{status: 200} },
	"GET /permissions": func(*testing.T, *house, string) attempt { return attempt{status: 200} },
	"GET /roles":       func(*testing.T, *house, string) attempt { return attempt{status: 200} },
}

// ownless are the operations that concern no organisation in particular.
var ownless = []string{"GET /search", "GET /ledger", "GET /permissions", "GET /roles", "GET /rules/{id}", "GET /rules/{id}/uptake", "GET /rules/{id}/history", "GET /suppliers/{id}/history", "GET /products/{id}/history", "GET /advice", "GET /advice/{id}", "GET /advice/{id}/versions", "GET /record/aid"}

// TestWhoMay tries every operation with a token of every role in treasury, on what belongs to
// treasury, to audit below it, and to health.
func TestWhoMay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		tried := map[string]bool{}
		for _, r := range operationRoutes() {
			name := strings.Replace(r.Pattern, "/api/v1", "", 1)
			try := attempts[name]
			if try == nil {
				t.Errorf("%s has no attempt: add one to attempts", name)
				continue
			}
			tried[name] = true
			if got := h.attempt(t, "", name, try(t, h, "treasury")); got.status != 401 {
				t.Errorf("%s without a token: %d", name, got.status)
			}
			for _, line := range people.Roles {
				h.tryRole(t, name, r.Permission, line.Role, try)
			}
		}
		for name := range attempts {
			if !tried[name] {
				t.Errorf("%s is tried, and there is no such operation", name)
			}
		}
	})
}

func (h *house) tryRole(t *testing.T, name string, p people.Permission, role people.Role, try func(*testing.T, *house, string) attempt) {
	t.Helper()
	token := h.token(t, role, "treasury")
	for _, organisation := range []string{"treasury", "audit", "health"} {
		a := try(t, h, organisation)
		got := h.attempt(t, token, name, a)
		holds := holds(role, cmp.Or(a.permission, p)) && (a.also == "" || holds(role, a.also))
		own := organisation != "health" || slices.Contains(ownless, name)
		want := 403
		if a.open || holds && !a.everywhere && (own || a.shows != "") {
			want = a.status
		}
		if a.nobodys {
			want = 403
		} else if holds && !own && (strings.Contains(name, "/hosts/{id}") || strings.Contains(name, "/releases/{id}") || strings.Contains(name, "/vetting/reports/{id}")) {
			want = 404 // as of one that does not exist
		}
		if got.status != want {
			t.Errorf("%s in treasury, %s on %s: %d, not %d: %s", role, name, organisation, got.status, want, got.body)
		}
		if shown := strings.Contains(got.body, a.shows); a.shows != "" && shown != (holds && own) {
			t.Errorf("%s in treasury, %s: what is of %s is shown: %v", role, name, organisation, shown)
		}
		if !holds && a.permission == "" {
			return // refused at the gate: where it would be, it does not ask
		}
	}
}

func holds(role people.Role, p people.Permission) bool {
	return slices.ContainsFunc(people.Table, func(l people.Line) bool { return l.Permission == p && slices.Contains(l.Roles, role) })
}

func (h *house) attempt(t *testing.T, token, name string, a attempt) reply {
	t.Helper()
	method, path, _ := strings.Cut(name, " ")
	if a.path != "" {
		path = a.path
	}
	return h.call(t, token, method, "/api/v1"+path, a.body)
}

// unique is a word that was not there before.
func (h *house) unique() string {
	h.made++
	return fmt.Sprint(h.made)
}

// target is a person of the organisation who is tried on.
func (h *house) target(t *testing.T, organisation string) people.Person {
	t.Helper()
	if _, found := h.targets[organisation]; !found {
		h.targets[organisation] = h.person(t, "target", organisation)
	}
	return h.targets[organisation]
}

// passkey is a further one of the target of an organisation.
func (h *house) passkey(t *testing.T, organisation string) string {
	t.Helper()
	key := people.Passkey{ID: "key-" + h.unique(), Person: h.target(t, organisation).ID, Name: "Telephone", Credential: "{}", Added: people.TimeOf(h.clock.Now())}
	link, err := people.Act(t.Context(), h.Room, command, func(tx *people.Tx) (string, error) { return tx.Invite(key.Person) })
	if err == nil {
		_, err = h.EnrolByLink(t.Context(), link, key, "192.0.2.7", "a browser")
	}
	if err != nil {
		t.Fatal(err)
	}
	return key.ID
}

// note is written by somebody of the organisation, and its id is returned.
func (h *house) note(t *testing.T, organisation string) string {
	t.Helper()
	session, err := h.OpenSession(t.Context(), h.target(t, organisation).ID, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	written, err := h.rooms.Handbook.Pass(t.Context(), people.Actor{Session: session}, handbook.Note{Day: "2026-01-02", Channel: handbook.Calls, With: "a colleague", Subject: "the budget", Where: "file 7"})
	if err != nil {
		t.Fatal(err)
	}
	return written.ID
}

// host enrols a device of the organisation with some apps on it, and returns its id.
func (h *house) host(t *testing.T, organisation string, identifiers ...string) string {
	t.Helper()
	r := devices.Report{Host: "host-" + h.unique() + "-" + organisation, Organisation: organisation, Platform: policy.Android}
	for _, id := range identifiers {
		r.Installed = append(r.Installed, policy.Installation{Identifier: id})
	}
	got, err := h.rooms.Intake.Report(t.Context(), command, []devices.Report{r})
	if err = cmp.Or(err, got.Errors[0]); err != nil {
		t.Fatal(err)
	}
	h.follow(t)
	return r.Host
}

// chief is a program that may decide everywhere.
func (h *house) chief(t *testing.T) people.Actor {
	t.Helper()
	return people.Actor{Token: h.token(t, people.CentreOfficer, people.Everywhere)}
}

func (h *house) lose(t *testing.T, id string) {
	t.Helper()
	if _, err := h.devices.ChangeState(t.Context(), h.chief(t), id, devices.StateChange{State: devices.Lost}); err != nil {
		t.Fatal(err)
	}
}

// breaching enrols a device of the organisation with an app that is on no list.
func (h *house) breaching(t *testing.T, organisation string) string {
	t.Helper()
	return h.host(t, organisation, "com.unlisted")
}

// decided has something be in the register, as if all had agreed to it.
func decided[T any](t *testing.T, h *house, do func(tx *people.Tx) (T, error)) T {
	t.Helper()
	made, err := agreed.Act(t.Context(), h.Room, command, func(tx *people.Tx) (T, error) {
		return do(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.follow(t)
	return made
}

// rule adds a rule of the organisation.
func (h *house) rule(t *testing.T, organisation string) string {
	t.Helper()
	return decided(t, h, func(tx *people.Tx) (policy.Rule, error) {
		return register.AddRule(tx, policy.Rule{ID: "rule-" + h.unique(), Effect: policy.Allow, Target: policy.Target{Any: true}, Scope: organisation, Reason: "a reason"})
	}).ID
}

// exemption adds an exemption of the organisation.
func (h *house) exemption(t *testing.T, organisation string) string {
	t.Helper()
	h.clock.Advance(time.Second) // one that ends as it begins was never there
	return decided(t, h, func(tx *people.Tx) (policy.Exemption, error) {
		ban, err := register.AddRule(tx, policy.Rule{ID: "ban-" + h.unique(), Effect: policy.Ban, Target: policy.Target{Any: true}, Versions: policy.Window{Until: "0.1"}, Scope: organisation, Clearance: policy.ClearanceNone, Reason: "a reason"})
		if err != nil {
			return policy.Exemption{}, err
		}
		return register.AddExemption(tx, policy.Exemption{Lifts: []string{ban.ID}, AnyProduct: true, Scope: organisation, Subject: policy.ExemptionSubject{Everyone: true}, Purpose: "work",
			Period: policy.Period{From: tx.Now().Time(), Until: tx.Now().Time().AddDate(0, 1, 0)}})
	}).ID
}

// proposal opens a proposal for the organisation.
func (h *house) proposal(t *testing.T, organisation string) string {
	t.Helper()
	p, err := h.rooms.Approvals.Propose(t.Context(), h.chief(t), approvals.Draft{Kind: approvals.Monitor, Organisation: organisation, Reason: "a reason",
		Content: approvals.Content{Monitor: &people.Monitor{Period: people.Period{Until: people.TimeOf(noon.AddDate(0, 1, 0))}}}})
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// endpoint adds a server that is told of an organisation's events, and returns its id.
func (h *house) endpoint(t *testing.T, organisation string) string {
	t.Helper()
	e, err := h.desk.AddEndpoint(t.Context(), command, alerts.Endpoint{Organisation: organisation, URL: "https://hooks.example/"})
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// zone adds a zone of the organisation, and returns its id.
func (h *house) zone(t *testing.T, organisation string) string {
	t.Helper()
	z, _, err := h.rooms.Enforce.AddZone(t.Context(), command, enforce.Zone{Name: "rpz" + h.unique() + ".example", Organisation: organisation})
	if err != nil {
		t.Fatal(err)
	}
	return z.ID
}

// spare is the id of a new token in the organisation.
func (h *house) spare(t *testing.T, organisation string) string {
	t.Helper()
	m, err := h.MakeToken(t.Context(), command, "spare", people.Grant{Role: people.Staff, Organisation: organisation}, people.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}
