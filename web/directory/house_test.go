package directory_test

import (
	"context"
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/directory"
	"portcullis/web/gate"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

var schemas = []store.Schema{ledger.Schema, people.Schema}

// house is the pages over a room with people in it.
type house struct {
	*pagetest.House
	delivered []string // ids of persons to whom a link was sent
	broken    error    // what delivering answers
}

// each runs test on both engines.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(newHouse(t, open)) })
}

func newHouse(t *testing.T, open storetest.Open) *house {
	h := &house{House: pagetest.New(t, open, noon, people.Kinds)}
	h.Serve(directory.Places(), h.routes()...)
	return h
}

func (h *house) routes() []gate.Route {
	return directory.Routes(h.People, directory.Options{
		Join: func(link string) string { return "https://portcullis.merrow.example/join/" + link },
		Link: func(ctx context.Context, actor people.Actor, person string) (string, error) {
			return people.Act(ctx, h.People, actor, func(tx *people.Tx) (string, error) { return tx.Invite(person) })
		},
		Deliver: func(_ context.Context, _ people.Actor, person string) error {
			h.delivered = append(h.delivered, person)
			return h.broken
		},
	})
}

// person adds somebody and gives them roles in their organisation.
func (h *house) person(name, organisation string, roles ...people.Role) people.Person {
	h.T.Helper()
	var grants []people.Grant
	for _, role := range roles {
		grants = append(grants, people.Grant{Role: role, Organisation: organisation})
	}
	return h.Person(organisation, people.Particulars{Name: name, Mail: strings.ToLower(strings.Fields(name)[0]) + "@merrow.example"}, grants...)
}

func (h *house) give(person string, role people.Role, organisation string) {
	h.T.Helper()
	h.Do(h.People.GiveRole(h.T.Context(), pagetest.Command, person, people.Grant{Role: role, Organisation: organisation}, people.Period{}))
}

// merrow is a small government: two trees, and somebody in each of the roles that matter.
type merrow struct {
	*house
	operator, officer, staff             pagetest.Visitor
	operatorPerson, officerPerson, grace people.Person
}

func newMerrow(h *house) merrow {
	h.T.Helper()
	h.Organisation("gov", "Government of Merrow", "")
	h.Organisation("harbour", "Harbour Office", "gov")
	h.Organisation("light", "Department of Light", "gov")
	h.Organisation("house", "House of Merrow", "")
	m := merrow{house: h}
	m.operatorPerson = h.person("Olive Operator", "gov")
	h.give(m.operatorPerson.ID, people.Operator, people.Everywhere)
	m.officerPerson = h.person("Sam Officer", "harbour", people.SecurityOfficer)
	m.grace = h.person("Grace Holm", "harbour", people.Staff)
	m.operator, m.officer, m.staff = h.SignIn(m.operatorPerson), h.SignIn(m.officerPerson), h.SignIn(m.grace)
	return m
}

func eachMerrow(t *testing.T, test func(m merrow)) {
	each(t, func(h *house) { test(newMerrow(h)) })
}

// many adds n people to an organisation.
func (h *house) many(n int, organisation string) {
	h.T.Helper()
	for i := range n {
		h.person(fmt.Sprintf("Person%03d Of-Many", i), organisation)
	}
}

// linkTo is where the first link with the text leads.
func (h *house) linkTo(a pagetest.Page, text string) string {
	h.T.Helper()
	i := strings.Index(a.Body, ">"+html.EscapeString(text)+"<")
	if i < 0 {
		h.T.Fatalf("%s: no link %q", a.Request, text)
	}
	_, href, _ := strings.Cut(a.Body[strings.LastIndex(a.Body[:i], "<a "):i], `href="`)
	href, _, _ = strings.Cut(href, `"`)
	return html.UnescapeString(href)
}

// passkey gives a person one, as if they had enrolled.
func (h *house) passkey(p people.Person, id string) {
	h.T.Helper()
	link, err := people.Act(h.T.Context(), h.People, pagetest.Command, func(tx *people.Tx) (string, error) { return tx.Invite(p.ID) })
	if err != nil {
		h.T.Fatal(err)
	}
	key := people.Passkey{ID: id, Person: p.ID, Name: "Telephone " + id, Credential: "{}", Added: people.TimeOf(h.Clock.Now())}
	if _, err := h.People.EnrolByLink(h.T.Context(), link, key, "192.0.2.7", "another browser"); err != nil {
		h.T.Fatal(err)
	}
}

// nextPage is where the link to the next page leads; empty where there is none.
func nextPage(a pagetest.Page) string {
	before, _, there := strings.Cut(a.Body, `" rel="next"`)
	if !there {
		return ""
	}
	return html.UnescapeString(before[strings.LastIndex(before, `href="`)+len(`href="`):])
}
