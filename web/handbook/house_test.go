package handbook_test

import (
	"strings"
	"testing"
	"time"

	room "portcullis/handbook"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/handbook"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

var schemas = []store.Schema{ledger.Schema, people.Schema, room.Schema}

// house is the pages over a government of two bodies, with somebody in each of the roles that matter.
type house struct {
	*pagetest.House
	rooms                           handbook.Rooms
	keeper, officer, grace, foreign visitor
}

// each runs test on both engines.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(newHouse(t, open)) })
}

func newHouse(t *testing.T, open storetest.Open) *house {
	h := &house{House: pagetest.New(t, open, noon, people.Kinds, room.Kinds)}
	h.rooms = handbook.Rooms{Handbook: &room.Room{People: h.People}, People: h.People}
	h.Serve(handbook.Places(), handbook.Routes(h.rooms)...)
	for _, o := range [][3]string{{"gov", "Government of Merrow", ""}, {"harbour", "Harbour Office", "gov"}, {"house", "House of Merrow", ""}} {
		h.Organisation(o[0], o[1], o[2])
	}
	h.keeper = h.person("Kay Keeper", "gov", people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere})
	h.officer = h.person("Sam Officer", "harbour", people.Grant{Role: people.SecurityOfficer, Organisation: "harbour"})
	h.grace = h.person("Grace Holm", "harbour")
	h.foreign = h.person("Nils Neighbour", "house", people.Grant{Role: people.SecurityOfficer, Organisation: "house"})
	return h
}

// visitor is a browser in which somebody has signed in, or nobody.
type visitor struct{ pagetest.Visitor }

func (h *house) person(name, organisation string, grants ...people.Grant) visitor {
	h.T.Helper()
	who := people.Particulars{Name: name, Mail: strings.ToLower(strings.Fields(name)[0]) + "@merrow.example"}
	return visitor{h.SignIn(h.Person(organisation, who, grants...))}
}

// goesOn sends back what a page's form holds, with what was typed.
func (v visitor) goesOn(p pagetest.Page, path string, pairs ...string) pagetest.Page {
	return v.Send(path, p.Filled(pairs...))
}
