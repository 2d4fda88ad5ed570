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
		added := h.call(t, officer, "POST", "/api/v1/zones", `{"name": "RPZ.treasury.example", "organisation": "treasury", "passed": ["192.0.2.7"], "notify": [{"address": "192.0.2.53"}, {"address": "[2001:db8::53]:5353", "unsigned": true}]}`)
		z := decode[api.NewZone](t, added, 201)
		want := api.Zone{ID: z.ID, Name: "rpz.treasury.example", Organisation: "treasury", Passed: []string{"192.0.2.7/32"}, Added: noon,
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
		changed := decode[api.Zone](t, h.call(t, administrator, "PATCH", address, `{"passed": []}`, "If-Match", tag), 200)
		if len(changed.Passed) != 0 || len(changed.Notify) != 2 {
			t.Errorf("changed: %+v", changed)
		}
		if r := h.call(t, administrator, "PATCH", address, `{"notify": []}`, "If-Match", tag); r.status != 412 {
			t.Errorf("from what was before: %d %s", r.status, r.body)
		}
		if r := h.call(t, administrator, "PATCH", address, `{"passed": ["192.0.2.0/24"]}`); r.status != 403 {
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
			`{"name": "a.example", "organisation": "treasury", "passed": ["::/0"]}`:                    "passed",
			`{"name": "a.example", "organisation": "treasury", "passed": ["x"]}`:                       "passed",
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
