package approvals_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	rooms "portcullis/approvals"
	"portcullis/internal/pagetest"
	"portcullis/people"
	"portcullis/policy"
)

const banMaps = "/proposals/new/ban?product=maps&scope=gov"

func TestDraftBan(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		page := officer.Get(banMaps).Shows(http.StatusOK, "Bans Maps", "In 2 bodies"[3:], "What a narrower rule would do", "For the thing itself", "this is an emergency")
		if to := page.Hrefs("/proposals/new/ban?"); len(to) < 2 {
			t.Errorf("narrower rules lead to %q", to)
		}
		officer.Answer(banMaps).FaultsAt("narrower", "reason", "clearance")
		v := officer.proposed(officer.Answer(banMaps, "narrower", "It does so everywhere", "reason", "It tells where one is", "clearance", "minister", "mitigations", "dedicated-device\n\n no-contacts ", "longestDays", "90"))
		want := policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "maps"}, Components: true, Scope: "gov", Clearance: "minister", Mitigations: []string{"dedicated-device", "no-contacts"}}
		if got := *v.Rule; got.Effect != want.Effect || got.Target != want.Target || !got.Components || got.Scope != "gov" || got.Clearance != "minister" || strings.Join(got.Mitigations, "|") != "dedicated-device|no-contacts" || !got.From.IsZero() {
			t.Errorf("proposed: %+v", got)
		}
		if v.LongestDays != 90 || v.Reason != "It tells where one is" || v.Narrower != "It does so everywhere" || v.Emergency || v.Restricted != nil {
			t.Errorf("proposed: %+v", v.Draft)
		}
		// Who proposed it does not sign it, and another does.
		officer.Get("/proposals/" + v.ID + "/sign").Lacks("Sign it</button>")
		second := b.drafter(people.CentreOfficer, "gov", "otto")
		second.Get("/proposals/"+v.ID).Shows(http.StatusOK, "Sign it")
	})
}

func TestDraftBanBadly(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
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
				page := officer.Answer(banMaps, append(append([]string(nil), good[:4]...), bad.more...)...)
				if len(bad.more) == 0 || bad.more[0] != "clearance" {
					page = officer.Answer(banMaps, append(append([]string(nil), good...), bad.more...)...)
				}
				page.FaultsAt(bad.faults...).Shows(http.StatusUnprocessableEntity, "It does so everywhere", "It tells where one is")
			})
		}
		officer.Get("/proposals/new/ban?product=nothing&scope=gov").Shows(http.StatusUnprocessableEntity)
		if p := officer.Get("/proposals/new/ban"); p.Location != "/what-if" {
			t.Errorf("a ban of nothing: %d to %q", p.Status, p.Location)
		}
		officer.Get(banMaps + "&platfrom=ios").Shows(http.StatusUnprocessableEntity)
	})
}

func TestDraftBanThatIsThere(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		for _, p := range []pagetest.Page{officer.Get("/proposals/new/ban?product=parrot&components=no&scope=gov"), officer.Answer("/proposals/new/ban?product=parrot&components=no&scope=gov", "reason", "x")} {
			if p.Location != "/rules/ban-parrot?done=there" {
				t.Errorf("%s: %d to %q", p.Request, p.Status, p.Location)
			}
		}
	})
}

func TestDraftBanWithAll(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		reader := b.drafter(people.Reviewer, "dept-a", "rhea")
		phase := "/proposals/new/ban?product=maps&scope=dept-a&effect=phase-out&platform=android&reason=Because+of+that"
		officer.Get(phase).Shows(http.StatusOK, "Propose this phase-out", "Because of that", "By which day must it be gone?")
		officer.Answer(phase, "narrower", "x", "clearance", "none").FaultsAt("deadline")
		v := officer.proposed(officer.Answer(phase, "narrower", "x", "clearance", "\u0001other", "office", "chief constable", "deadline-day", "1", "deadline-month", "9", "deadline-year", "2026",
			"when", "on-day", "from-day", "9", "from-month", "3", "from-year", "2026", "at", "18:30",
			"restricted", "yes", "restricted.reason", "A source says so", "restricted.assessment", "Likely", "audience", "RHEA\nolga@merrow.example"))
		if r := v.Rule; r.Effect != policy.PhaseOut || !r.From.Equal(time.Date(2026, 3, 9, 18, 30, 0, 0, time.UTC)) || r.Clearance != "chief constable" || !r.Deadline.Equal(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("proposed: %+v", r)
		}
		if v.Restricted == nil || *v.Restricted != (rooms.Restricted{Reason: "A source says so", Assessment: "Likely"}) || len(v.Audience) != 2 || v.Audience[0] != reader.ID || v.Audience[1] != officer.ID {
			t.Errorf("restricted: %+v for %q", v.Restricted, v.Audience)
		}
		v = officer.proposed(officer.Answer(banMaps, "narrower", "x", "reason", "It is being used", "clearance", "none", "emergency", "yes"))
		if !v.Emergency {
			t.Error("it is no emergency")
		}
	})
}

func TestDraftBanForWhoMayNot(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		reviewer := b.drafter(people.Reviewer, "dept-a", "rhea")
		reviewer.Get(banMaps).Shows(http.StatusForbidden)
		own := "/proposals/new/ban?product=maps&scope=dept-a"
		reviewer.Get(own).Shows(http.StatusOK).Lacks("this is an emergency")
		// Who may not look people up is told so, and nothing typed is lost.
		reviewer.Answer(own, "narrower", "x", "reason", "y", "clearance", "none", "restricted", "yes", "restricted.reason", "Secret enough", "audience", "olga").
			FaultsAt("audience").Shows(http.StatusUnprocessableEntity, "Secret enough", "You may not look up who there is")
		b.drafter(people.Auditor, "gov", "audrey").Get(banMaps).Shows(http.StatusForbidden)
		b.drafter("", "dept-a", "anna").Get(own).Shows(http.StatusForbidden)

		// A right that is lost between reading and pressing.
		page := reviewer.Get(own).Shows(http.StatusOK)
		if _, err := b.People.TakeRole(t.Context(), pagetest.Command, reviewer.ID, people.Grant{Role: people.Reviewer, Organisation: "dept-a"}, people.Time{}); err != nil {
			t.Fatal(err)
		}
		_ = page
		reviewer.Answer(own, "narrower", "x", "reason", "y", "clearance", "none").Shows(http.StatusForbidden)
		all, err := b.room.Proposals(t.Context(), b.drafter(people.CentreOfficer, "gov", "olga").Actor(), rooms.Query{Limit: 10})
		if err != nil || len(all.Proposals) != 0 {
			t.Errorf("proposed: %+v %v", all, err)
		}
	})
}
