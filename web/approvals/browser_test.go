package approvals_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/approvals"
	"portcullis/web/ui"
)

// served is a house whose pages a browser asks for.
type served struct {
	*house
	b  *browsertest.Browser
	at string
}

func serve(t *testing.T) *served {
	t.Helper()
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	b := browsertest.Open(t)
	clock := storetest.NewClock(noon)
	db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: clock.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, db, clock)
	h.load(government)
	mux := http.NewServeMux()
	mux.Handle("/", h.handler)
	mux.HandleFunc("GET /enter/{session}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "portcullis", Value: r.PathValue("session"), Path: "/", HttpOnly: true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &served{h, b, browsertest.Local(server)}
}

// enters signs somebody in.
func (s *served) enters(v visitor) { s.b.Go(s.at + "/enter/" + v.Session) }

// looks checks a page on a desk and on a phone.
func (s *served) looks(path, name string) {
	s.b.Wide()
	s.b.Go(s.at + path)
	s.b.Accessible()
	s.b.Shot(name + "-wide")
	s.b.Phone()
	s.b.Accessible()
	s.b.Shot(name + "-phone")
	s.b.Wide()
}

// furnish has one of everything be proposed, and some of it decided.
func (s *served) furnish() (cleared, banned, asked rooms.Proposal) {
	anna, grants, signs := s.somebody("Anna Lind", "", "light"), s.somebody("Farida Marchetti", people.SecurityOfficer, "light"), s.somebody("Eoghan Lund", people.Approver, "light")
	first, reviewer := s.somebody("Ada Holm", people.CentreOfficer, "gov"), s.somebody("Grzegorz Lund", people.Reviewer, "light")
	cleared = anna.proposes(exemption("light", "l1", anna.id))
	grants.takes(cleared.ID, rooms.Doing{Act: rooms.Grant, Said: rooms.Said{Reason: "It is her work, and nobody else can do it", Risk: "Small: the phone is used for nothing else and stays in the press office", Criteria: "Purpose, person, device"}})
	signs.takes(cleared.ID, rooms.Doing{Act: rooms.Sign})
	d := ban("gov", "notes")
	d.Restricted, d.Audience, d.LongestDays = &rooms.Restricted{Reason: "A partner told us in confidence.\nIt is not to be named.", Assessment: "Likely, and soon"}, []string{s.somebody("Bjørn Lund", people.CentreOfficer, "gov").id}, 90
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
	if _, err := s.room.People.GiveRole(t.Context(), command, officer.id, people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere}, people.Period{}); err != nil {
		t.Fatal(err)
	}
	owner := officer.proposes(rooms.Draft{Kind: rooms.Supplier, Reason: "The sale is in the company register", Content: rooms.Content{Supplier: &policy.Supplier{ID: "maker", Name: "Umberfell Apps", OwnedBy: []policy.Edge{{Supplier: "group", Period: policy.Period{From: noon.AddDate(-6, 0, 0), Until: noon}}}}}})
	s.clock.Advance(5 * 3600e9)
	s.enters(second)
	s.looks("/", "today")
	s.looks("/proposals", "list")
	s.looks("/proposals?show=waiting", "list-waiting")
	s.looks("/proposals?state=lapsed", "list-none")
	s.looks(approvals.ProposalPath(banned.ID), "ban")
	s.looks(approvals.ProposalPath(banned.ID, "sign"), "sign")
	s.looks(approvals.ProposalPath(cleared.ID), "exemption-proposed")
	s.looks(approvals.ProposalPath(change.ID), "process-change")
	s.looks(approvals.ProposalPath(banned.ID, "refuse"), "refuse")
	s.looks(approvals.ProposalPath(asked.ID, "answer"), "answer")
	s.looks("/process/light", "process")
	s.looks("/exemptions", "exemptions")
	s.looks("/exemptions/old-press", "exemption")
	s.looks("/exemptions/old-press/end", "exemption-end")
	s.enters(officer)
	s.looks(approvals.ProposalPath(owner.ID), "owner")
	s.enters(reviewer)
	s.looks(approvals.ProposalPath(asked.ID), "request")
	s.looks(approvals.ProposalPath(asked.ID, "grant"), "grant")
	s.enters(s.somebody("Anna Lind", "", "light"))
	s.looks("/proposals?show=mine", "list-mine")
}

// TestClearanceInABrowser clears an exemption on a phone, with a condition.
func TestClearanceInABrowser(t *testing.T) {
	s := serve(t)
	p, _, _ := s.furnish()
	s.enters(s.somebody("Hana Office", people.ClearingOffice, "gov"))
	s.looks(approvals.ProposalPath(p.ID, "clear"), "clear")
	s.looks(approvals.ProposalPath(p.ID, "brief"), "brief")
	b := s.b
	b.Phone()
	b.Go(s.at + "/")
	b.Submit("main .govuk-task-list a")
	if !strings.HasSuffix(b.Address(), "/clear") {
		t.Fatalf("from Today one is at %s", b.Address())
	}
	b.Submit("main form[method=post] button")
	b.Accessible()
	b.Shot("clear-error-phone")
	if title := b.Title(); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	b.Click("input[value=if]")
	b.Type("#conditions", "Not on journeys abroad")
	b.Type("#minister", "The Minister of State")
	b.Shot("clear-filled-phone")
	b.Submit("main form[method=post] button")
	b.Accessible()
	b.Shot("cleared-phone")
	if text := b.Text(".govuk-notification-banner__content"); !strings.Contains(text, "Your clearance is recorded") {
		t.Errorf("the banner says %q", text)
	}
}

// TestBanInABrowser signs a ban on a desk, with the number that it reaches.
func TestBanInABrowser(t *testing.T) {
	s := serve(t)
	_, p, _ := s.furnish()
	s.enters(s.somebody("Bjørn Lund", people.CentreOfficer, "gov"))
	b := s.b
	b.Go(s.at + approvals.ProposalPath(p.ID))
	b.Submit("main .govuk-button-group a.govuk-button")
	b.Submit("main form[method=post] button")
	b.Accessible()
	b.Shot("sign-error-wide")
	b.Type("#affirmed", "2")
	b.Submit("main form[method=post] button")
	b.Accessible()
	b.Shot("signed-wide")
	if text := b.Text(".govuk-notification-banner__content"); !strings.Contains(text, "You have signed it") {
		t.Errorf("the banner says %q", text)
	}
	if got := s.verdict("l2", "com.notes"); got != "banned" {
		t.Errorf("signed: %s", got)
	}
}
