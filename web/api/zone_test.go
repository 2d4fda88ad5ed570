package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/people"
	"portcullis/web/api"
)

// TestZones adds a zone, changes it, draws its secrets anew and ends it; each secret is shown once.
func TestZones(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer, administrator := h.token(t, people.SecurityOfficer, "treasury"), h.token(t, people.DeviceAdministrator, "treasury")
		added := h.call(t, officer, "POST", "/api/v1/zones", `{"name": "RPZ.treasury.example", "organisation": "treasury", "notify": [{"address": "192.0.2.53"}, {"address": "[2001:db8::53]:5353", "unsigned": true}]}`)
		z := decode[api.NewZone](t, added, 201)
		want := api.Zone{ID: z.ID, Name: "rpz.treasury.example", Organisation: "treasury", Passed: []string{}, Networks: []api.ZoneNetwork{}, Added: noon,
			Notify: []api.NameServer{{Address: "192.0.2.53:53"}, {Address: "[2001:db8::53]:5353", Unsigned: true}},
			Keys:   []api.ZoneKey{{Name: "key1.rpz.treasury.example", Algorithm: "hmac-sha256", Made: noon}}, Addresses: []api.ZoneAddress{{Made: noon}}}
		if diff := cmp.Diff(want, z.Zone); diff != "" || z.Secrets.Key == nil || z.Secrets.Key.Name != z.Keys[0].Name || len(z.Secrets.Key.Secret) != 44 || !strings.HasPrefix(z.Secrets.Path, "/zones/") || !strings.HasSuffix(z.Secrets.Path, "/rpz.treasury.example") {
			t.Fatalf("%+v %s", z.Secrets, diff)
		}
		if got := added.header.Get("Location"); got != "/api/v1/zones/"+z.ID {
			t.Errorf("it is at %s", got)
		}
		address := "/api/v1/zones/" + z.ID
		shown := h.call(t, administrator, "GET", address, "")
		for _, answer := range []reply{shown, h.call(t, administrator, "GET", "/api/v1/zones", "")} {
			if strings.Contains(answer.body, z.Secrets.Key.Secret) || strings.Contains(answer.body, strings.Split(z.Secrets.Path, "/")[2]) || !strings.Contains(answer.body, z.ID) {
				t.Errorf("shown: %s", answer.body)
			}
		}
		if diff := cmp.Diff(want, decode[api.Zone](t, shown, 200)); diff != "" {
			t.Error(diff)
		}
		tag := shown.header.Get("ETag")
		changed := decode[api.Zone](t, h.call(t, administrator, "PATCH", address, `{"notify": [{"address": "192.0.2.54"}]}`, "If-Match", tag), 200)
		if len(changed.Notify) != 1 || changed.Notify[0].Address != "192.0.2.54:53" {
			t.Errorf("changed: %+v", changed)
		}
		if r := h.call(t, administrator, "PATCH", address, `{"notify": []}`, "If-Match", tag); r.status != 412 {
			t.Errorf("from what was before: %d %s", r.status, r.body)
		}
		if r := h.call(t, administrator, "PATCH", address, `{"passed": ["192.0.2.0/24"]}`); r.status != 422 || !strings.Contains(r.body, "propose it") {
			t.Errorf("exempting: %d %s", r.status, r.body)
		}
		rotated := decode[api.NewZone](t, h.call(t, administrator, "POST", address+"/rotation", `{"key": true}`), 200)
		if len(rotated.Keys) != 2 || rotated.Keys[0].Name != "key2.rpz.treasury.example" || !rotated.Keys[0].Until.IsZero() || !rotated.Keys[1].Until.Equal(noon.Add(24*time.Hour)) || rotated.Secrets.Path != "" || rotated.Secrets.Key.Secret == z.Secrets.Key.Secret {
			t.Errorf("drawn anew: %+v", rotated)
		}
		rotated = decode[api.NewZone](t, h.call(t, administrator, "POST", address+"/rotation", `{"address": true, "hours": 0}`), 200)
		if len(rotated.Keys) != 2 || len(rotated.Addresses) != 1 || rotated.Secrets.Key != nil || rotated.Secrets.Path == z.Secrets.Path {
			t.Errorf("drawn anew: %+v", rotated)
		}
		for body, field := range map[string]string{
			`{"name": "rpz", "organisation": "treasury"}`:                                              "name",
			`{"name": "a.example", "organisation": "nowhere"}`:                                         "organisation",
			`{"name": "a.example", "organisation": "treasury", "notify": [{"address": "ns.example"}]}`: "notify",
		} {
			if r := h.call(t, officer, "POST", "/api/v1/zones", body); r.status != 422 || !strings.Contains(r.body, `"field":"`+field) {
				t.Errorf("%s: %d %s", body, r.status, r.body)
			}
		}
		if r := h.call(t, officer, "POST", "/api/v1/zones", `{"name": "rpz.Treasury.example", "organisation": "treasury"}`); r.status != 409 {
			t.Errorf("of the same name: %d %s", r.status, r.body)
		}
		for _, body := range []string{`{}`, `{"key": true, "hours": -1}`, `{"key": true, "hours": 721}`} {
			if r := h.call(t, officer, "POST", address+"/rotation", body); r.status != 422 {
				t.Errorf("%s: %d %s", body, r.status, r.body)
			}
		}
		if r := h.call(t, officer, "DELETE", address, ""); r.status != 204 {
			t.Errorf("ending: %d %s", r.status, r.body)
		}
		var left struct{ Items []json.RawMessage }
		if err := json.Unmarshal([]byte(h.call(t, officer, "GET", "/api/v1/zones", "").body), &left); err != nil || len(left.Items) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	})
}

// TestZoneNetworks: the programs of two people have a zone pass a network; one alone has it pass no longer.
func TestZoneNetworks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		person, second := h.person(t, "admin", "treasury").ID, h.person(t, "officer", "treasury").ID
		admin, same, officer := h.of(t, person, people.DeviceAdministrator), h.of(t, person, people.SecurityOfficer), h.of(t, second, people.SecurityOfficer)
		path := "/api/v1/zones/" + h.zone(t, "treasury")
		until := noon.AddDate(0, 1, 0)
		ask := func() api.ZoneNetwork {
			t.Helper()
			got := h.call(t, admin, "POST", path+"/networks", `{"network": "192.0.2.7/24", "until": "`+until.Format(time.RFC3339)+`", "reason": "the press office"}`)
			return decode[api.ZoneNetwork](t, got, 201)
		}
		answer := func(token, id, body string) reply { return h.call(t, token, "POST", path+"/networks/"+id, body) }
		shown := func() api.Zone { t.Helper(); return decode[api.Zone](t, h.call(t, admin, "GET", path, ""), 200) }
		first := ask()
		want := api.ZoneNetwork{ID: first.ID, Network: "192.0.2.0/24", Reason: "the press office", Until: until, State: "open", AskedBy: person, Asked: noon}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Error(diff)
		}
		if back := decode[api.ZoneNetwork](t, answer(admin, first.ID+"/take-back", ""), 200); back.State != "taken-back" {
			t.Errorf("taken back: %+v", back)
		}
		h.clock.Advance(time.Second)
		asked := ask()
		if got := answer(same, asked.ID+"/answer", `{"agree": true}`); got.status != 403 {
			t.Errorf("another program of who proposed it agrees: %d %s", got.status, got.body)
		}
		if got := answer(officer, asked.ID+"/take-back", ""); got.status != 422 {
			t.Errorf("taken back by somebody else, who gives no reason for a refusal: %d %s", got.status, got.body)
		}
		stale := h.call(t, officer, "GET", path, "").header.Get("ETag")
		decode[api.Zone](t, h.call(t, admin, "PATCH", path, `{"notify": [{"address": "192.0.2.53"}]}`), 200)
		if got := h.call(t, officer, "POST", path+"/networks/"+asked.ID+"/answer", `{"agree": true}`, "If-Match", stale); got.status != 412 {
			t.Errorf("agreed from what was before: %d %s", got.status, got.body)
		}
		if agreed := decode[api.ZoneNetwork](t, answer(officer, asked.ID+"/answer", `{"agree": true}`), 200); agreed.State != "passes" || agreed.AnsweredBy != second {
			t.Errorf("agreed: %+v", agreed)
		}
		if z := shown(); len(z.Passed) != 1 || len(z.Networks) != 2 || z.Networks[0].State != "passes" {
			t.Errorf("shown: %+v", z)
		}
		decode[api.Zone](t, h.call(t, admin, "PATCH", path, `{"passed": []}`), 200)
		if z := shown(); len(z.Passed) != 0 || z.Networks[0].State != "over" || z.Networks[0].OverBy != person {
			t.Errorf("shown: %+v", z)
		}
		for body, field := range map[string]string{
			`{"network": "x", "until": "2026-06-01T00:00:00Z", "reason": "r"}`:            "network",
			`{"network": "0.0.0.0/0", "until": "2026-06-01T00:00:00Z", "reason": "r"}`:    "network",
			`{"network": "192.0.2.0/24", "until": "2036-06-01T00:00:00Z", "reason": "r"}`: "until",
			`{"network": "192.0.2.0/24", "until": "2026-06-01T00:00:00Z", "reason": ""}`:  "reason",
		} {
			if r := h.call(t, admin, "POST", path+"/networks", body); r.status != 422 || !strings.Contains(r.body, `"field":"`+field) {
				t.Errorf("%s: %d %s", body, r.status, r.body)
			}
		}
	})
}
