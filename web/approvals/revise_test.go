package approvals_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/approvals"
)

// view is a proposal as somebody sees it.
func (v visitor) view(id string) rooms.View {
	v.T.Helper()
	seen, err := v.room.Proposal(v.T.Context(), v.Actor(), id)
	if err != nil {
		v.T.Fatal(err)
	}
	return seen
}

// sameDraft compares what is proposed by what it says.
var sameDraft = []cmp.Option{cmpopts.IgnoreUnexported(rooms.Content{}, policy.World{}), cmpopts.EquateEmpty(), cmp.Comparer(func(a, b people.Time) bool { return a.Time().Equal(b.Time()) })}

// drafts are proposals of all kinds, with all that their forms ask, and more that only programs say.
func drafts(audience string) map[string]rooms.Draft {
	soon := noon.AddDate(0, 0, 9).Add(6*time.Hour + 30*time.Minute + 5*time.Second)
	late := noon.AddDate(0, 2, 0).Add(time.Hour)
	full := ban("light", "maps")
	full.Rule.Effect, full.Rule.From, full.Rule.Until, full.Rule.Deadline, full.Rule.Components = policy.PhaseOut, soon, late.AddDate(1, 0, 0), late, true
	full.Rule.Clearance, full.Rule.Platforms = "chief constable", []policy.Platform{policy.Android}
	full.LongestDays, full.Restricted, full.Audience = 90, &rooms.Restricted{Reason: "A partner told us", Assessment: "Likely"}, []string{audience}
	urgent := ban("gov", "maps")
	urgent.Emergency = true
	found := rooms.Draft{Kind: rooms.Allow, Reason: "The pilots plan by it", Content: rooms.Content{
		Rule: &policy.Rule{Effect: policy.Allow, Scope: "light"}, Found: &register.Found{Platform: policy.Android, Identifier: "com.tidetables", Name: "Tide Tables", Publisher: "Harbour Press"},
	}}
	allowed := request("light", "maps")
	allowed.Rule.Platforms, allowed.Rule.MinVersion = []policy.Platform{policy.Android}, "4.2"
	lasting := exemption("light", "l2", "")
	lasting.Exemption.Mitigations, lasting.Exemption.Until, lasting.Restricted, lasting.Audience = []string{"no-contacts"}, late, &rooms.Restricted{Reason: "A case"}, []string{audience}
	group := exemption("light", "", "")
	group.Exemption.Subject = policy.ExemptionSubject{Group: "press"}
	process := rooms.Default()
	process.Exemption.LongestDays, process.Offices = 90, map[string]string{"minister": "light"}
	return map[string]rooms.Draft{
		"ban": full, "emergency": urgent, "found": found, "app": allowed, "exemption": lasting, "group": group,
		"end":      {Kind: rooms.Withdrawal, Reason: "It is over", Content: rooms.Content{Ends: &rooms.Ends{Rule: "ban-parrot", Until: people.TimeOf(late)}}},
		"watching": {Kind: rooms.Monitor, Organisation: "light", Reason: "To see", Content: rooms.Content{Monitor: &people.Monitor{Period: people.Period{From: people.TimeOf(soon), Until: people.TimeOf(late)}}}},
		"owner":    {Kind: rooms.Supplier, Reason: "The sale", Content: rooms.Content{Supplier: &policy.Supplier{ID: "maker", Name: "Umberfell Apps", Aliases: []string{"Umber"}, OwnedBy: []policy.Edge{{Supplier: "group", Period: policy.Period{From: noon.AddDate(-6, 0, 0), Until: noon}}}}}},
		"maker":    {Kind: rooms.Product, Reason: "The label", Content: rooms.Content{Product: &policy.Product{ID: "maps", Kind: policy.App, Name: "Tide Maps", Supplier: "maker", Contains: []policy.Component{{Product: "notes", Versions: policy.Window{Since: "2"}}}, Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.maps"}}}}}},
		"process":  {Kind: rooms.Change, Organisation: "light", Reason: "Shorter", Content: rooms.Content{Process: &process}},
	}
}

// TestReviseLosesNothing sends the page that changes a proposal back as it is, but for why, and another reason.
func TestReviseLosesNothing(t *testing.T) {
	each(t, func(h *house) {
		officer := h.somebody("Ada Holm", people.CentreOfficer, people.Everywhere)
		reader := h.somebody("Bjørn Lund", people.CentreOfficer, "gov")
		for name, d := range drafts(reader.ID) {
			before := officer.proposes(d)
			at := approvals.ProposalPath(before.ID)
			officer.Get(at).Has(`href="` + at + `/revise"`)
			done := officer.Leads(officer.Answer(at+"/revise", "revision", "The words", "reason", "Said better"), at+"?done=revise")
			done.Shows(http.StatusOK, "What is proposed has been changed", "changed what is proposed", "The words", "What was proposed before", "Said better")
			after := officer.view(before.ID)
			want := before.Draft
			want.Reason = "Said better"
			if diff := cmp.Diff(want, after.Draft, sameDraft...); diff != "" || len(after.Earlier) != 1 {
				t.Errorf("%s: %s %d", name, diff, len(after.Earlier))
			}
		}
	})
}

// TestRevise has somebody who decides change a ban to something narrower, which then somebody else decides.
func TestRevise(t *testing.T) {
	each(t, func(h *house) {
		first, second, third := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov"), h.somebody("Cato Holm", people.CentreOfficer, "gov")
		d := ban("gov", "notes")
		d.Restricted, d.Audience = &rooms.Restricted{Reason: "A source says so"}, []string{third.ID}
		p := first.proposes(d)
		at := approvals.ProposalPath(p.ID)
		first.Get(at).Lacks("What was proposed before")
		page := second.Get(at+"/revise").Shows(http.StatusOK, "Change what is proposed", "Bans Fog Notes", "It sends contacts abroad", "A source says so", "Cato Holm", "You then have a part in it")
		page.Lacks("an emergency", "Propose it")
		second.Answer(at+"/revise", "reason", "It tells where one is").FaultsAt("revision").Shows(http.StatusUnprocessableEntity, "It tells where one is", "A source says so")
		second.Answer(at+"/revise", "reason", "", "revision", "Too wide", "longestDays", "a while").FaultsAt("reason", "longestDays").Shows(http.StatusUnprocessableEntity, "Too wide")
		stale := page.Filled("reason", "It tells where one is", "revision", "Too wide", "longestDays", "30")
		h.Clock.Advance(time.Hour)
		second.Leads(second.Send(at+"/revise", stale), at+"?done=revise").Shows(http.StatusOK, "Bjørn Lund changed what is proposed", "Too wide", "Ada Holm proposed this", "Bjørn Lund changed it",
			"An exemption holds", "Not so", "For 30 days at most", "It sends contacts abroad", "It tells where one is").Lacks("Sign it")
		got := third.view(p.ID)
		if got.Restricted == nil || !slices.Equal(got.Audience, d.Audience) || got.LongestDays != 30 || got.Rule.Scope != "gov" || got.Rule.Clearance != "minister" {
			t.Errorf("what is proposed now: %+v %+v", got.Draft, got.Rule)
		}
		third.Send(at+"/revise", stale).Shows(http.StatusUnprocessableEntity, "Somebody has taken a step in this", "This is how it is now", "Too wide")
		third.Leads(third.answers(p.ID, rooms.Sign, "affirmed", "2"), at).Shows(http.StatusOK, "Decided", "What was proposed before")
		first.Get(at+"/revise").Shows(http.StatusConflict, "Nothing waits here any more")
		first.Send(at+"/revise", stale).Shows(http.StatusUnprocessableEntity)
		h.somebody("Pål Lund", people.SecurityOfficer, "police").Get(at + "/revise").Shows(http.StatusForbidden).Lacks("Fog Notes")
	})
}

// TestReviseNarrower changes a ban to one that reaches less, by what its page offers to choose from.
func TestReviseNarrower(t *testing.T) {
	eachDrafting(t, func(t *testing.T, h *house) {
		officer := h.drafter(people.CentreOfficer, "gov", "olga")
		d := ban("gov", "tiles")
		d.Rule.Components, d.Rule.Until = true, noon.AddDate(1, 0, 0)
		p := officer.proposes(d)
		at := approvals.ProposalPath(p.ID)
		const itself = "components=no&effect=ban&product=tiles&scope=gov"
		page := officer.Get(at+"/revise").Shows(http.StatusOK, "Without what contains it").Has(`value="components=yes&amp;effect=ban&amp;product=tiles&amp;scope=gov" checked`).Lacks("In Department A and all below")
		looked := officer.Send(at+"/revise", page.Filled("revision", "Only the thing itself", "instead", itself, "look", "yes")).Shows(http.StatusOK, "The first one again", "Only the thing itself")
		officer.Leads(officer.Send(at+"/revise", looked.Filled()), at).Shows(http.StatusOK, "Only the thing itself", "What was proposed before")
		want := *d.Rule
		want.Components = false
		if diff := cmp.Diff(&want, officer.view(p.ID).Rule, sameDraft...); diff != "" {
			t.Error(diff)
		}
		officer.Get(at + "/revise?product=nothing").Shows(http.StatusUnprocessableEntity)
	})
}

// TestReviseForWhom holds that a marked proposal keeps who decides, and one who may not read why changes nothing.
func TestReviseForWhom(t *testing.T) {
	each(t, func(h *house) {
		asks, grants, signs := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Farida Marchetti", people.SecurityOfficer, "light"), h.somebody("Eoghan Lund", people.Approver, "light")
		d := exemption("light", "l2", "")
		d.Exemption.Lifts, d.Exemption.Product, d.Marked, d.Audience = nil, "maps", true, []string{grants.ID, signs.ID}
		p := asks.proposes(d)
		at := approvals.ProposalPath(p.ID)
		asks.Get(at+"/revise").Shows(http.StatusOK, "Farida Marchetti", "Who is to decide about it?")
		asks.Leads(asks.Answer(at+"/revise", "revision", "Why", "reason", "Said better"), at)
		if got := asks.view(p.ID); !got.Marked || !slices.Equal(got.Audience, d.Audience) {
			t.Errorf("it is now for %q", got.Audience)
		}
		asks.Answer(at+"/revise", "revision", "Why", "subject", "person", "person", "nobody at all", "audience", "nemo").FaultsAt("audience")

		hidden := exemption("light", "l1", "")
		anna := h.somebody("Anna Lind", people.SecurityOfficer, "light")
		hidden.Exemption.Subject, hidden.For = policy.ExemptionSubject{Group: "press"}, anna.ID
		hidden.Restricted, hidden.Audience = &rooms.Restricted{Reason: "A case"}, []string{grants.ID}
		p = asks.proposes(hidden)
		anna.Get(approvals.ProposalPath(p.ID, "revise")).Shows(http.StatusConflict, "that you may not read").Lacks("A case")

		// Who may look up nobody changes what they have proposed for some alone.
		reviewer := h.somebody("Grzegorz Lund", people.Reviewer, "light")
		d = ban("light", "maps")
		d.Restricted, d.Audience = &rooms.Restricted{Reason: "A source says so"}, []string{grants.ID}
		p = reviewer.proposes(d)
		reviewer.Leads(reviewer.Answer(approvals.ProposalPath(p.ID, "revise"), "revision", "Why", "reason", "Said better"), approvals.ProposalPath(p.ID))
		if got := reviewer.view(p.ID); !slices.Equal(got.Audience, d.Audience) {
			t.Errorf("it is now for %q", got.Audience)
		}
	})
}
