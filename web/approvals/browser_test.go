package approvals_test

import (
	"strings"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/approvals"
)

// served is a house whose pages a browser asks for.
type served struct {
	*house
	*pagetest.Walk
}

func serve(t *testing.T) *served {
	t.Helper()
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas), government)
	return &served{h, h.Walk()}
}

// furnish has one of everything be proposed, and some of it decided.
func (s *served) furnish() (cleared, banned, asked rooms.Proposal) {
	anna, grants, signs := s.somebody("Anna Lind", "", "light"), s.somebody("Farida Marchetti", people.SecurityOfficer, "light"), s.somebody("Eoghan Lund", people.Approver, "light")
	first, reviewer := s.somebody("Ada Holm", people.CentreOfficer, "gov"), s.somebody("Grzegorz Lund", people.Reviewer, "light")
	cleared = anna.proposes(exemption("light", "l1", anna.ID))
	grants.takes(cleared.ID, rooms.Doing{Act: rooms.Grant, Said: rooms.Said{Reason: "It is her work, and nobody else can do it", Risk: "Small: the phone is used for nothing else and stays in the press office", Criteria: "Purpose, person, device"}})
	signs.takes(cleared.ID, rooms.Doing{Act: rooms.Sign})
	d := ban("gov", "notes")
	d.Restricted, d.Audience, d.LongestDays = &rooms.Restricted{Reason: "A partner told us in confidence.\nIt is not to be named.", Assessment: "Likely, and soon"}, []string{s.somebody("Bjørn Lund", people.CentreOfficer, "gov").ID}, 90
	banned = first.proposes(d)
	asked = anna.proposes(rooms.Draft{Kind: rooms.Allow, Reason: "The pilots plan by it", Content: rooms.Content{
		Rule: &policy.Rule{Effect: policy.Allow, Scope: "light"}, Found: &register.Found{Platform: policy.Android, Identifier: "com.tidetables", Name: "Tide Tables", Publisher: "Harbour Press"},
	}})
	reviewer.takes(asked.ID, rooms.Doing{Act: rooms.Consult, Said: rooms.Said{Reason: "Do other bodies allow it, and from which version?"}})
	refused := anna.proposes(request("light", "maps"))
	reviewer.takes(refused.ID, rooms.Doing{Act: rooms.Refuse, Said: rooms.Said{Reason: "It asks for contacts and gives no reason"}})
	again := request("light", "maps")
	again.After, again.Reason = refused.ID, "The new version no longer asks for contacts"
	anna.proposes(again)
	return cleared, banned, asked
}

func TestProposalsInABrowser(t *testing.T) {
	s := serve(t)
	cleared, banned, asked := s.furnish()
	officer, second, reviewer := s.somebody("Ada Holm", people.CentreOfficer, "gov"), s.somebody("Bjørn Lund", people.CentreOfficer, "gov"), s.somebody("Grzegorz Lund", people.Reviewer, "light")
	process := rooms.Default()
	process.Exemption.LongestDays, process.Allow.Recommend = 90, []people.Role{people.Reviewer}
	change := officer.proposes(rooms.Draft{Kind: rooms.Change, Organisation: "light", Reason: "Shorter is safer", Content: rooms.Content{Process: &process}})
	if _, err := s.People.GiveRole(t.Context(), pagetest.Command, officer.ID, people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere}, people.Period{}); err != nil {
		t.Fatal(err)
	}
	owner := officer.proposes(rooms.Draft{Kind: rooms.Supplier, Reason: "The sale is in the company register", Content: rooms.Content{Supplier: &policy.Supplier{ID: "maker", Name: "Umberfell Apps", OwnedBy: []policy.Edge{{Supplier: "group", Period: policy.Period{From: noon.AddDate(-6, 0, 0), Until: noon}}}}}})
	s.Clock.Advance(5 * 3600e9)
	s.Enter(second.Visitor)
	s.Look("/", "today")
	s.Look("/proposals", "list")
	s.Look("/proposals?show=waiting", "list-waiting")
	s.Look("/proposals?state=lapsed", "list-none")
	s.Look(approvals.ProposalPath(banned.ID), "ban")
	s.Look(approvals.ProposalPath(banned.ID, "sign"), "sign")
	s.Look(approvals.ProposalPath(cleared.ID), "exemption-proposed")
	s.Look(approvals.ProposalPath(change.ID), "process-change")
	s.Look(approvals.ProposalPath(banned.ID, "refuse"), "refuse")
	s.Look(approvals.ProposalPath(asked.ID, "answer"), "answer")
	s.Look("/process/light", "process")
	s.Look("/exemptions", "exemptions")
	s.Look("/exemptions/old-press", "exemption")
	s.Look("/exemptions/old-press/end", "exemption-end")
	s.Look(approvals.ProposalPath(banned.ID, "revise"), "revise")
	s.Enter(officer.Visitor)
	s.Look(approvals.ProposalPath(owner.ID), "owner")
	s.Look(approvals.ProposalPath(owner.ID, "revise"), "revise-owner")
	s.Enter(reviewer.Visitor)
	s.Look(approvals.ProposalPath(asked.ID), "request")
	s.Look(approvals.ProposalPath(asked.ID, "grant"), "grant")
	s.Enter(s.somebody("Anna Lind", "", "light").Visitor)
	s.Look("/proposals?show=mine", "list-mine")
}

// TestReviseInABrowser changes a ban on a phone, and looks at what it was, on a desk too.
func TestReviseInABrowser(t *testing.T) {
	s := serve(t)
	_, p, asked := s.furnish()
	s.Enter(s.somebody("Ada Holm", people.CentreOfficer, "gov").Visitor)
	s.Phone()
	s.Go(approvals.ProposalPath(p.ID))
	s.Submit(`main a[href$="/revise"]`)
	s.Submit("main form[method=post] button")
	s.Accessible()
	s.Shot("revise-error-phone")
	if title := s.Title(); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	s.Click("input[name=clearance][value=none]")
	s.Type("#revision", "A body can judge by itself.")
	s.Submit("main form[method=post] button")
	if text := s.Text(".govuk-notification-banner__content"); !strings.Contains(text, "What is proposed has been changed") {
		t.Errorf("the banner says %q", text)
	}
	s.Click("main details summary")
	s.Seen("revised")
	if text := s.Text("main details"); !strings.Contains(text, "cleared by this office: Minister") || !strings.Contains(text, "Nobody’s clearance") {
		t.Errorf("what was before reads %q", text)
	}
	s.Enter(s.somebody("Anna Lind", "", "light").Visitor)
	s.Look(approvals.ProposalPath(asked.ID, "revise"), "revise-app")
}

// TestClearanceInABrowser clears an exemption on a phone, with a condition.
func TestClearanceInABrowser(t *testing.T) {
	s := serve(t)
	p, _, _ := s.furnish()
	s.Enter(s.somebody("Hana Office", people.ClearingOffice, "gov").Visitor)
	s.Look(approvals.ProposalPath(p.ID, "clear"), "clear")
	s.Look(approvals.ProposalPath(p.ID, "brief"), "brief")
	s.Phone()
	s.Go("/")
	s.Submit("main .govuk-task-list a")
	if !strings.HasSuffix(s.Address(), "/clear") {
		t.Fatalf("from Today one is at %s", s.Address())
	}
	s.Submit("main form[method=post] button")
	s.Accessible()
	s.Shot("clear-error-phone")
	if title := s.Title(); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	s.Click("input[value=if]")
	s.Type("#conditions", "Not on journeys abroad")
	s.Type("#minister", "The Minister of State")
	s.Shot("clear-filled-phone")
	s.Submit("main form[method=post] button")
	s.Accessible()
	s.Shot("cleared-phone")
	if text := s.Text(".govuk-notification-banner__content"); !strings.Contains(text, "Your clearance is recorded") {
		t.Errorf("the banner says %q", text)
	}
}

// TestBanInABrowser signs a ban on a desk, with the number that it reaches.
func TestBanInABrowser(t *testing.T) {
	s := serve(t)
	_, p, _ := s.furnish()
	s.Enter(s.somebody("Bjørn Lund", people.CentreOfficer, "gov").Visitor)
	s.Go(approvals.ProposalPath(p.ID))
	s.Submit("main .govuk-button-group a.govuk-button")
	s.Submit("main form[method=post] button")
	s.Accessible()
	s.Shot("sign-error-wide")
	s.Type("#affirmed", "2")
	s.Submit("main form[method=post] button")
	s.Accessible()
	s.Shot("signed-wide")
	if text := s.Text(".govuk-notification-banner__content"); !strings.Contains(text, "You have signed it") {
		t.Errorf("the banner says %q", text)
	}
	if got := s.verdict("l2", "com.notes"); got != "banned" {
		t.Errorf("signed: %s", got)
	}
}
