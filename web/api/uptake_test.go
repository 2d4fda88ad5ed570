package api_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/api"
)

// TestUptakeByAPI: what has come of a rule is told as it is, of what the token may see.
func TestUptakeByAPI(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.parrot(t)
		h.host(t, "treasury") // with Android, which tells nothing
		got, err := h.rooms.Intake.Report(t.Context(), command, []devices.Report{{Host: "mac", Organisation: "treasury", Platform: policy.MacOS, Ownership: policy.Corporate}})
		if err != nil || got.Errors[0] != nil {
			t.Fatal(err, got.Errors)
		}
		decided := h.clock.Now().UTC().Truncate(time.Microsecond)
		rule := decidedRule(t, h, policy.Rule{Effect: policy.Ban, Target: policy.Target{Any: true}, Scope: "treasury", Clearance: policy.ClearanceNone, Reason: "a reason"})
		h.follow(t)
		h.clock.Advance(time.Hour)
		token := h.token(t, people.SecurityOfficer, "treasury")
		u := decode[api.Uptake](t, h.call(t, token, "GET", "/api/v1/rules/"+rule+"/uptake", ""), 200)
		want := api.Tally{MustHave: 2, Silent: 1, Never: 1, Untold: 1}
		if u.Devices != want || !u.Decided.Equal(decided) || !u.From.Equal(decided) || !u.Published.IsZero() || u.Ends || !u.Browsers || !u.Network || len(u.Curve) == 0 || len(u.Curve) > 50 || u.Generation == 0 {
			t.Errorf("%+v", u)
		}
		if diff := cmp.Diff([]api.BodyUptake{{Organisation: "treasury", Tally: want}}, u.Bodies) +
			cmp.Diff([]api.PlatformUptake{{Platform: "android", Tally: api.Tally{MustHave: 1, Untold: 1}}, {Platform: "macos", Tally: api.Tally{MustHave: 1, Silent: 1, Never: 1}}}, u.Platforms); diff != "" {
			t.Error(diff)
		}
		elsewhere := decode[api.Uptake](t, h.call(t, h.token(t, people.SecurityOfficer, "health"), "GET", "/api/v1/rules/"+rule+"/uptake", ""), 200)
		if elsewhere.Devices != (api.Tally{}) || len(elsewhere.Bodies) != 0 {
			t.Errorf("elsewhere: %+v", elsewhere)
		}
		exemption := h.exemption(t, "treasury")
		h.follow(t)
		if e := decode[api.Uptake](t, h.call(t, token, "GET", "/api/v1/exemptions/"+exemption+"/uptake", ""), 200); e.Devices != want {
			t.Errorf("an exemption: %+v", e)
		}
		for _, path := range []string{"/rules/none/uptake", "/exemptions/none/uptake"} {
			if got := h.call(t, token, "GET", "/api/v1"+path, ""); got.status != 404 {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
	})
}

func decidedRule(t *testing.T, h *house, r policy.Rule) string {
	t.Helper()
	return decided(t, h, func(tx *people.Tx) (policy.Rule, error) { return register.AddRule(tx, r) }).ID
}
