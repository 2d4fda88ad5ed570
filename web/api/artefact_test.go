package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/api"
)

// parrot is an app that the treasury's list has.
func (h *house) parrot(t *testing.T) {
	t.Helper()
	p := policy.Product{ID: "parrot", Kind: policy.App, Name: "Parrot", Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.parrot"}}}}
	if _, err := h.rooms.Register.AddProduct(t.Context(), h.chief(t), p); err != nil {
		t.Fatal(err)
	}
	decided(t, h, func(tx *people.Tx) (policy.Rule, error) {
		return register.AddRule(tx, policy.Rule{ID: "allow-parrot", Effect: policy.Allow, Target: policy.Target{Product: "parrot"}, Scope: "treasury", Reason: "for work"})
	})
}

// TestArtefact holds that an artefact comes as its platform takes it, is told to be the same while it is, and is another
// from the decision on.
func TestArtefact(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.parrot(t)
		token := h.token(t, people.DeviceAdministrator, "treasury")
		const path = "/api/v1/artefacts/android?organisation=treasury"
		got := h.call(t, token, "GET", path, "")
		sum := sha256.Sum256([]byte(got.body))
		tag := `"` + hex.EncodeToString(sum[:]) + `"`
		if got.status != 200 || got.header.Get("ETag") != tag || got.header.Get("Content-Type") != "application/json" || !strings.Contains(got.body, "com.parrot") {
			t.Fatalf("%d %v %s", got.status, got.header, got.body)
		}
		if got.header.Get("Portcullis-Generation") == "" || len(got.header.Get("Portcullis-List")) != 64 || got.header.Get("Portcullis-Until") != "" || got.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("headers %v", got.header)
		}
		same := h.call(t, token, "GET", path, "", "If-None-Match", tag)
		if same.status != 304 || same.body != "" || same.header.Get("ETag") != tag {
			t.Errorf("the same again: %d %q %v", same.status, same.body, same.header)
		}
		said := decode[enforce.Manifest](t, h.call(t, token, "GET", "/api/v1/artefacts/android/manifest?organisation=treasury", ""), 200)
		if `"`+said.File+`"` != tag || said.List != got.header.Get("Portcullis-List") || len(said.Decisions) != 1 || !said.Closed {
			t.Errorf("the manifest %+v", said)
		}
		host := h.host(t, "treasury")
		if of := h.call(t, token, "GET", "/api/v1/artefacts/android?host="+host, ""); of.status != 200 || of.header.Get("ETag") != tag {
			t.Errorf("of a device that nothing singles out: %d %v", of.status, of.header)
		}
		decided(t, h, func(tx *people.Tx) (policy.Rule, error) {
			return register.AddRule(tx, policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "treasury", Clearance: policy.ClearanceNone, Reason: "a reason"})
		})
		if after := h.call(t, token, "GET", path, "", "If-None-Match", tag); after.status != 200 || after.header.Get("ETag") == tag {
			t.Errorf("after a decision: %d %s", after.status, after.body)
		}
	})
}

// TestAudit: what denies nothing is asked for expressly, and is told apart by all that it is known by.
func TestAudit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		const path, audit = "/api/v1/artefacts/applocker?organisation=treasury", "&audit=true"
		for _, same := range []string{"", "&audit=false"} {
			if got := h.call(t, token, "GET", path+same, ""); got.status != 200 || strings.Contains(got.body, "AuditOnly") {
				t.Errorf("%s: %d %s", same, got.status, got.body)
			}
		}
		enforced, tried := h.call(t, token, "GET", path, ""), h.call(t, token, "GET", path+audit, "")
		if tried.status != 200 || strings.Contains(tried.body, "Enabled") || strings.Count(tried.body, "AuditOnly") != 4 {
			t.Errorf("%d %s", tried.status, tried.body)
		}
		for _, name := range []string{"ETag", "Portcullis-List"} {
			if a, b := enforced.header.Get(name), tried.header.Get(name); a == "" || b == "" || a == b {
				t.Errorf("%s: %q, and of the audit %q", name, a, b)
			}
		}
		if again := h.call(t, token, "GET", path+audit, "", "If-None-Match", tried.header.Get("ETag")); again.status != 304 {
			t.Errorf("the same again: %d", again.status)
		}
		if other := h.call(t, token, "GET", path, "", "If-None-Match", tried.header.Get("ETag")); other.status != 200 {
			t.Errorf("the enforced one, asked for with the audit's tag: %d", other.status)
		}
		said := decode[enforce.Manifest](t, h.call(t, token, "GET", "/api/v1/artefacts/applocker/manifest?organisation=treasury"+audit, ""), 200)
		if !said.Audit || `"`+said.File+`"` != tried.header.Get("ETag") || !strings.Contains(said.NotCarried[0].Reason, "nothing is denied") {
			t.Errorf("the manifest says %+v", said)
		}
	})
}

// TestNoArtefact goes through what has none.
func TestNoArtefact(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		personal := devices.Report{Host: "own", Organisation: "treasury", Platform: policy.Android, Ownership: policy.Personal}
		if got, err := h.rooms.Intake.Report(t.Context(), command, []devices.Report{personal}); err != nil || got.Errors[0] != nil {
			t.Fatal(err, got.Errors)
		}
		h.follow(t)
		for path, status := range map[string]int{
			"/artefacts/paper?organisation=treasury":                                       404,
			"/artefacts/android":                                                           422,
			"/artefacts/android?organisation=health":                                       403,
			"/artefacts/android?organisation=treasury&platform=ios":                        422,
			"/artefacts/android?organisation=treasury&platform=tree":                       422,
			"/artefacts/android?organisation=audit&host=own":                               422,
			"/artefacts/android?host=nobody":                                               404,
			"/artefacts/android?host=own":                                                  409,
			"/artefacts/android?organisation=treasury&site=x":                              422,
			"/artefacts/android?organisation=treasury&audit=true":                          422,
			"/artefacts/intune/manifest?organisation=treasury&platform=windows&audit=true": 422,
			"/artefacts/applocker?organisation=treasury&audit=perhaps":                     422,
		} {
			if got := h.call(t, token, "GET", "/api/v1"+path, ""); got.status != status {
				t.Errorf("%s: %d, not %d: %s", path, got.status, status, got.body)
			}
		}
		health := h.host(t, "health")
		if got := h.call(t, token, "GET", "/api/v1/artefacts/android?host="+health, ""); got.status != 404 {
			t.Errorf("another body's device: %d %s", got.status, got.body)
		}
	})
}

// TestDryRunByAPI asks what a ban would change, on its body's devices and elsewhere.
func TestDryRunByAPI(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.parrot(t)
		p, err := h.rooms.Approvals.Propose(t.Context(), h.chief(t), approvals.Draft{Kind: approvals.Ban, Reason: "a reason", Narrower: "nothing", Content: approvals.Content{
			Rule: &policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "audit", Clearance: policy.ClearanceNone}}})
		if err != nil {
			t.Fatal(err)
		}
		h.follow(t)
		token := h.token(t, people.SecurityOfficer, "treasury")
		path := "/api/v1/proposals/" + p.ID + "/dry-run?form=android&organisation="
		got := decode[api.DryRun](t, h.call(t, token, "GET", path+"audit", ""), 200)
		if len(got.Changes) != 1 || got.Changes[0].Identifier != "com.parrot" || !got.Changes[0].Was.Listed || len(got.Changes[0].Is.Banned) != 1 || got.Before == got.After || !strings.Contains(got.Diff, "com.parrot") {
			t.Errorf("%+v", got)
		}
		same := h.call(t, token, "GET", path+"treasury", "")
		if above := decode[api.DryRun](t, same, 200); len(above.Changes) > 0 || above.Diff != "" || above.Before != above.After || !json.Valid([]byte(same.body)) {
			t.Errorf("above the ban: %s", same.body)
		}
	})
}
