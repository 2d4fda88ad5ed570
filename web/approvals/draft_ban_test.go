package approvals_test

import (
	"net/http"
	"slices"
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
		officer.Get(banMaps).Shows(http.StatusOK, "Bans Maps", "In 2 bodies"[3:], "This one, or another?", "In Department A and all below: 1", "For the thing itself", "this is an emergency")
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

// TestDraftBanNarrower holds that whoever chooses something narrower loses nothing of what they have typed, sees its
// numbers, and has a way back to what they came with.
func TestDraftBanNarrower(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		const only, wide = "components=yes&effect=ban&product=maps&scope=dept-a", "components=yes&effect=ban&product=maps&scope=gov"
		typed := []string{"reason", "It tells where one is", "narrower", "Only they have it", "clearance", "minister", "mitigations", "dedicated-device", "restricted", "yes", "restricted.reason", "A source says so", "audience", "olga", "emergency", "yes"}
		first := officer.Get(banMaps).Shows(http.StatusOK, "2 devices and pieces of equipment of 4").Has(`value="components=yes&amp;effect=ban&amp;product=maps&amp;scope=gov" checked`)
		seen := officer.Send(banMaps, first.Filled(append(typed, "instead", only, "look", "yes")...))
		seen.Shows(http.StatusOK, "1 device or piece of equipment of 3", "The first one again", "Department A and all below", "It tells where one is", "Only they have it", "dedicated-device", "A source says so").
			Has(`value="components=yes&amp;effect=ban&amp;product=maps&amp;scope=dept-a" checked`).Lacks("There is a problem")
		for i := 0; i < len(typed); i += 2 {
			if got := strings.TrimSpace(seen.Fields().Get(typed[i])); got != typed[i+1] {
				t.Errorf("%s is now %q", typed[i], got)
			}
		}
		back := officer.Send(banMaps, seen.Filled("instead", wide, "look", "yes")).Shows(http.StatusOK, "2 devices and pieces of equipment of 4", "It tells where one is").Lacks("The first one again")
		if all, err := b.room.Proposals(t.Context(), officer.Actor(), rooms.Query{}); err != nil || len(all.Proposals) > 0 {
			t.Errorf("looking has proposed %d, %v", len(all.Proposals), err)
		}
		v := officer.proposed(officer.Send(banMaps, back.Filled("instead", only)))
		if v.Rule.Scope != "dept-a" || v.Rule.Clearance != "minister" || v.Restricted == nil || !v.Emergency || v.Narrower != "Only they have it" {
			t.Errorf("proposed: %+v %+v", v.Draft, v.Rule)
		}
		for _, bad := range []string{"product=parrot&scope=gov", "product=maps&scope=nowhere", "%zz", "product=maps&platfrom=ios"} {
			if p := officer.Send(banMaps, first.Filled(append(typed, "instead", bad)...)); p.Status != http.StatusUnprocessableEntity && p.Status != http.StatusForbidden && p.Status != http.StatusNotFound {
				t.Errorf("%s: %d to %q", bad, p.Status, p.Location)
			}
		}
		// What another body has is not reached by what is typed into an address.
		b.drafter(people.Reviewer, "dept-a", "rhea").Answer("/proposals/new/ban?product=maps&scope=dept-a", append(typed[:6:6], "instead", wide)...).Shows(http.StatusForbidden)
	})
}

// TestDraftBanAnother holds that nobody need leave the draft to say for whom it is, on what, or that it is to be a
// phase-out: nothing typed is lost on the way there and back, and nothing is proposed whose numbers nobody has seen.
func TestDraftBanAnother(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		officer := b.drafter(people.CentreOfficer, "gov", "olga")
		typed := []string{"reason", "It tells where one is", "narrower", "Only they have it", "clearance", "minister", "mitigations", "dedicated-device", "longestDays", "30", "restricted", "yes", "restricted.reason", "A source says so", "restricted.assessment", "Likely",
			"audience", "olga", "when", "on-day", "from-day", "9", "from-month", "3", "from-year", "2026", "at", "18:30", "emergency", "yes"}
		keeps := func(page pagetest.Page) pagetest.Page {
			t.Helper()
			for i := 0; i < len(typed); i += 2 {
				if got := strings.TrimSpace(page.Fields().Get(typed[i])); got != typed[i+1] {
					t.Errorf("%s is now %q", typed[i], got)
				}
			}
			return page
		}
		first := officer.Get(banMaps).Shows(http.StatusOK, "By body, and the exemptions that it would touch").HasNo(`href="/what-if`)
		other := []string{"instead", "another", "instead.effect", "phase-out", "instead.components", "no", "instead.scope", "dept-a", "instead.kind", "app", "instead.platform", "android"}
		const asAsked = `value="components=no&amp;effect=phase-out&amp;kind=app&amp;platform=android&amp;product=maps&amp;scope=dept-a" checked`
		seen := keeps(officer.Send(banMaps, first.Filled(append(append([]string{"look", "yes"}, typed...), other...)...))).Shows(http.StatusOK, "Propose this phase-out", "By which day must it be gone?", "The first one again", "Phases out Maps, of apps alone, on Android", "Department A and all below").
			Has(asAsked).Lacks("There is a problem")
		// Pressed at once, it shows the numbers first.
		unseen := keeps(officer.Send(banMaps, first.Filled(append(typed, other...)...))).FaultsAt("instead").Shows(http.StatusUnprocessableEntity, "You have changed what is proposed").Has(asAsked)
		deadline := []string{"deadline-day", "1", "deadline-month", "9", "deadline-year", "2026"}
		// Back to the ban, which asks for no deadline, and to the phase-out again.
		typed = append(typed, deadline...)
		back := keeps(officer.Send(banMaps, seen.Filled(append([]string{"look", "yes", "instead", "components=yes&effect=ban&product=maps&scope=gov"}, deadline...)...))).Shows(http.StatusOK, "Propose this ban").Lacks("By which day must it be gone?")
		again := keeps(officer.Send(banMaps, back.Filled(append([]string{"look", "yes"}, other...)...))).Shows(http.StatusOK, "Propose this phase-out")
		if got := again.Fields()["instead.platform"]; !slices.Equal(got, []string{"android"}) {
			t.Errorf("the platforms are now %q", got)
		}
		for _, page := range []pagetest.Page{again, unseen} {
			v := officer.proposed(officer.Send(banMaps, page.Filled(append(deadline, "emergency", "")...)))
			if r := v.Rule; r.Effect != policy.PhaseOut || r.Components || r.Scope != "dept-a" || !slices.Equal(r.Platforms, []policy.Platform{policy.Android}) || !slices.Equal(r.Kinds, []policy.Kind{policy.App}) || r.Deadline.IsZero() || v.Restricted == nil || v.LongestDays != 30 {
				t.Errorf("proposed: %+v %+v", v.Draft, r)
			}
		}
		// What one may not propose cannot be chosen, nor sent.
		reader := b.drafter(people.Reviewer, "dept-a", "rhea")
		own := "/proposals/new/ban?product=maps&scope=dept-a"
		reader.Get(own).Shows(http.StatusOK).HasNo(`<option value="dept-b"`).Has(`<option value="dept-a"`)
		reader.Answer(own, "reason", "x", "narrower", "x", "clearance", "none", "instead", "another", "instead.scope", "gov").Shows(http.StatusForbidden)
	})
}

// TestDraftBanAlready holds that whoever drafts a ban is told, calmly, what is decided and proposed already about the same,
// as far as they may see it; and may go on.
func TestDraftBanAlready(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		olga, otto := b.drafter(people.CentreOfficer, "gov", "olga"), b.drafter(people.CentreOfficer, "gov", "otto")
		olga.Get(banMaps).Shows(http.StatusOK).Lacks("already", "all the same")
		first := olga.proposes(ban("dept-a", "maps"))
		olga.proposes(ban("dept-b", "notes"))
		page := otto.Get(banMaps).Shows(http.StatusOK, "Proposed already on", "Bans Maps", "for Department A and all below", "Propose it all the same").Has(`href="/proposals/` + first.ID + `"`)
		otto.Get("/proposals/new/ban?product=maps&scope=dept-b").Shows(http.StatusOK).Lacks("already")
		v := otto.proposed(otto.Send(banMaps, page.Filled("reason", "It tells where one is", "narrower", "x", "clearance", "none")))
		otto.Get("/proposals/"+v.ID+"/revise").Shows(http.StatusOK, "Proposed already on", "Department A and all below").HasNo(`href="/proposals/` + v.ID + `">Bans`)
		// One that is marked is not told of.
		marked := ban("gov", "tiles")
		marked.Marked, marked.Audience = true, []string{otto.ID}
		olga.proposes(marked)
		b.drafter(people.CentreOfficer, "gov", "odd").Get("/proposals/new/ban?product=tiles&scope=gov").Shows(http.StatusOK, "Decided already, for Department B and all below", "Bans Tiles").Lacks("Proposed already")
		otto.Get("/proposals/new/ban?product=tiles&scope=gov").Shows(http.StatusOK, "Proposed already on")
		// What is decided is said, and not as something that was done.
		otto.Get("/rules/ban-parrot?done=there").Shows(http.StatusOK, "This is decided already: nothing has been proposed").HasNo("notification-banner--success")
		otto.Get("/proposals/new/ban?product=parrot&scope=dept-a").Shows(http.StatusOK, "Decided already, for Government and all below, since 1\u00a0January\u00a02026", "Bans Parrot Chat")
		narrowed := otto.Answer("/proposals/new/ban?product=tiles&scope=gov", "reason", "x", "narrower", "x", "clearance", "none", "instead", "components=no&effect=ban&product=tiles&scope=dept-b")
		narrowed.FaultsAt("instead").Shows(http.StatusUnprocessableEntity, "A rule says this already")
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
