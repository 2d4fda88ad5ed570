package approvals_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
)

const banMaps = "/proposals/new/ban?product=maps&scope=gov"

func TestDraftBan(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		page := officer.get(banMaps).shows(http.StatusOK, "Bans Maps", "In 2 bodies"[3:], "What a narrower rule would do", "For the thing itself", "this is an emergency")
		if to := page.hrefs("/proposals/new/ban?"); len(to) < 2 {
			t.Errorf("narrower rules lead to %q", to)
		}
		officer.post(banMaps).faults("narrower", "reason", "clearance")
		v := officer.proposed(officer.post(banMaps, "narrower", "It does so everywhere", "reason", "It tells where one is", "clearance", "minister", "mitigations", "dedicated-device\n\n no-contacts ", "longestDays", "90"))
		want := policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "maps"}, Components: true, Scope: "gov", Clearance: "minister", Mitigations: []string{"dedicated-device", "no-contacts"}}
		if got := *v.Rule; got.Effect != want.Effect || got.Target != want.Target || !got.Components || got.Scope != "gov" || got.Clearance != "minister" || strings.Join(got.Mitigations, "|") != "dedicated-device|no-contacts" || !got.From.IsZero() {
			t.Errorf("proposed: %+v", got)
		}
		if v.LongestDays != 90 || v.Reason != "It tells where one is" || v.Narrower != "It does so everywhere" || v.Emergency || v.Restricted != nil {
			t.Errorf("proposed: %+v", v.Draft)
		}
		// Who proposed it does not sign it, and another does.
		officer.get("/proposals/" + v.ID + "/sign").lacks("Sign it</button>")
		second := b.drafter(people.CentreOfficer, "gov", "otto")
		second.get("/proposals/"+v.ID).shows(http.StatusOK, "Sign it")
	})
}

func TestDraftBanBadly(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		good := []string{"narrower", "It does so everywhere", "reason", "It tells where one is", "clearance", "none"}
		for name, bad := range map[string]struct {
			more   []string
			faults []string
		}{
			"another office that is not said": {[]string{"clearance", "\u0001other"}, []string{"office"}},
			"days that are no number":         {[]string{"longestDays", "a while"}, []string{"longestDays"}},
			"too many days":                   {[]string{"longestDays", "99999"}, []string{"longestDays"}},
			"a day that is not there":         {[]string{"when", "on-day", "from-day", "31", "from-month", "2", "from-year", "2026"}, []string{"from"}},
			"a day that has passed":           {[]string{"when", "on-day", "from-day", "1", "from-month", "3", "from-year", "2026"}, []string{"from"}},
			"no day":                          {[]string{"when", "on-day"}, []string{"from"}},
			"a time that is none":             {[]string{"when", "on-day", "from-day", "9", "from-month", "3", "from-year", "2026", "at", "noon"}, []string{"at"}},
			"a restricted reason by the way":  {[]string{"restricted.reason", "a source says so"}, []string{"restricted"}},
			"a restricted reason for nobody":  {[]string{"restricted", "yes", "restricted.reason", "a source says so"}, []string{"audience"}},
			"an audience that nobody knows":   {[]string{"restricted", "yes", "restricted.reason", "a source says so", "audience", "nemo"}, []string{"audience"}},
			"an empty restricted reason":      {[]string{"restricted", "yes", "audience", "olga"}, []string{"restricted.reason"}},
			"an emergency in a week":          {[]string{"emergency", "yes", "when", "on-day", "from-day", "9", "from-month", "3", "from-year", "2026"}, []string{"when"}},
		} {
			t.Run(name, func(t *testing.T) {
				page := officer.post(banMaps, append(append([]string(nil), good[:4]...), bad.more...)...)
				if len(bad.more) == 0 || bad.more[0] != "clearance" {
					page = officer.post(banMaps, append(append([]string(nil), good...), bad.more...)...)
				}
				page.faults(bad.faults...).shows(http.StatusUnprocessableEntity, "It does so everywhere", "It tells where one is")
			})
		}
		officer.get("/proposals/new/ban?product=nothing&scope=gov").shows(http.StatusUnprocessableEntity)
		if p := officer.get("/proposals/new/ban"); p.location != "/what-if" {
			t.Errorf("a ban of nothing: %d to %q", p.status, p.location)
		}
		officer.get(banMaps + "&platfrom=ios").shows(http.StatusUnprocessableEntity)
	})
}

func TestDraftBanThatIsThere(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		for _, p := range []drafted{officer.get("/proposals/new/ban?product=parrot&components=no&scope=gov"), officer.post("/proposals/new/ban?product=parrot&components=no&scope=gov", "reason", "x")} {
			if p.location != "/rules/ban-parrot?done=there" {
				t.Errorf("%s: %d to %q", p.request, p.status, p.location)
			}
		}
	})
}

func TestDraftBanWithAll(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		reader := b.drafter(people.Reviewer, "dept-a", "rhea")
		phase := "/proposals/new/ban?product=maps&scope=dept-a&effect=phase-out&platform=android&reason=Because+of+that"
		officer.get(phase).shows(http.StatusOK, "Propose this phase-out", "Because of that", "By which day must it be gone?")
		officer.post(phase, "narrower", "x", "clearance", "none").faults("deadline")
		v := officer.proposed(officer.post(phase, "narrower", "x", "clearance", "\u0001other", "office", "chief constable", "deadline-day", "1", "deadline-month", "9", "deadline-year", "2026",
			"when", "on-day", "from-day", "9", "from-month", "3", "from-year", "2026", "at", "18:30",
			"restricted", "yes", "restricted.reason", "A source says so", "restricted.assessment", "Likely", "audience", "RHEA\nolga@merrow.example"))
		if r := v.Rule; r.Effect != policy.PhaseOut || !r.From.Equal(time.Date(2026, 3, 9, 18, 30, 0, 0, time.UTC)) || r.Clearance != "chief constable" || !r.Deadline.Equal(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("proposed: %+v", r)
		}
		if v.Restricted == nil || *v.Restricted != (rooms.Restricted{Reason: "A source says so", Assessment: "Likely"}) || len(v.Audience) != 2 || v.Audience[0] != reader.id || v.Audience[1] != officer.id {
			t.Errorf("restricted: %+v for %q", v.Restricted, v.Audience)
		}
		v = officer.proposed(officer.post(banMaps, "narrower", "x", "reason", "It is being used", "clearance", "none", "emergency", "yes"))
		if !v.Emergency {
			t.Error("it is no emergency")
		}
	})
}

func TestDraftBanForWhoMayNot(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		reviewer := b.drafter(people.Reviewer, "dept-a", "rhea")
		reviewer.get(banMaps).shows(http.StatusForbidden)
		own := "/proposals/new/ban?product=maps&scope=dept-a"
		reviewer.get(own).shows(http.StatusOK).lacks("this is an emergency")
		// Who may not look people up is told so, and nothing typed is lost.
		reviewer.post(own, "narrower", "x", "reason", "y", "clearance", "none", "restricted", "yes", "restricted.reason", "Secret enough", "audience", "olga").
			faults("audience").shows(http.StatusUnprocessableEntity, "Secret enough", "You may not look up who there is")
		b.drafter(people.Auditor, "gov", "audrey").get(banMaps).shows(http.StatusForbidden)
		b.drafter("", "dept-a", "anna").get(own).shows(http.StatusForbidden)

		// A right that is lost between reading and pressing.
		page := reviewer.get(own).shows(http.StatusOK)
		if _, err := b.people.TakeRole(t.Context(), people.Actor{Command: true}, reviewer.id, people.Grant{Role: people.Reviewer, Organisation: "dept-a"}, people.Time{}); err != nil {
			t.Fatal(err)
		}
		_ = page
		reviewer.post(own, "narrower", "x", "reason", "y", "clearance", "none").shows(http.StatusForbidden)
		all, err := b.room.Proposals(t.Context(), b.drafter(people.CentreOfficer, "gov", "olga").actor(), rooms.Query{Limit: 10})
		if err != nil || len(all.Proposals) != 0 {
			t.Errorf("proposed: %+v %v", all, err)
		}
	})
}
