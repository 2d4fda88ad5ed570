package directory_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"portcullis/internal/agreed"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

// bodies are a government and a parliament: id, name, parent.
var bodies = [][3]string{
	{"gov", "Government of Merrow", ""},
	{"cabinet", "Cabinet Office", "gov"},
	{"gsg", "Government Security Group", "cabinet"},
	{"light", "Department of Light, Fog and Signals", "gov"},
	{"pilots", "Board of Pilots, Tugs and Harbour Approaches (formerly the Commissioners for the Northern and Western Approaches)", "light"},
	{"harbour", "Harbour Office", "light"},
	{"hbr-north", "Northern Station", "harbour"},
	{"justice", "Department of Justice", "gov"},
	{"archive", "National Archive", "gov"},
	{"house", "House of Merrow", ""},
	{"clerks", "Clerk’s Department", "house"},
	{"tide", "Tide Party", "house"},
}

var (
	givenNames  = []string{"Ada", "Bjørn", "Chidinma", "Dagný", "Eoghan", "Farida", "Grzegorz", "Hana", "Ísak", "Jun"}
	familyNames = []string{"Holm", "Featherstonehaugh-Cholmondeley", "Ó Súilleabháin", "Lund", "Adeyemi-Okonkwo", "Marchetti"}
)

// furnish fills the house as a real one is.
func furnish(h *house) (officer pagetest.Visitor, subject people.Person) {
	for _, b := range bodies {
		h.Organisation(b[0], b[1], b[2])
	}
	var all []people.Person
	for i, family := range familyNames {
		for j, given := range givenNames {
			n := 10*i + j
			p, err := h.People.AddPerson(h.T.Context(), pagetest.Command, bodies[n%len(bodies)][0], people.Particulars{
				Name: given + " " + family, Mail: fmt.Sprintf("%s.%s%d@%s.merrow.example", strings.ToLower(given), strings.ToLower(strings.Fields(family)[0]), n, bodies[n%len(bodies)][0]),
				Phone: "+999 55 0199", Department: "Approaches, Moorings and Licensing", EmployeeNumber: fmt.Sprintf("HBR-%05d", n),
			})
			if err != nil {
				h.T.Fatal(err)
			}
			h.give(p.ID, people.Roles[n%11].Role, p.Organisation)
			all = append(all, p)
		}
	}
	subject = all[16]
	h.give(subject.ID, people.Approver, "gov")
	h.passkey(subject, "key-1")
	h.Do(h.People.GiveRole(h.T.Context(), pagetest.Command, subject.ID, people.Grant{Role: people.Reviewer, Organisation: "pilots"}, people.Period{From: people.TimeOf(noon.AddDate(0, 1, 0)), Until: people.TimeOf(noon.AddDate(1, 0, 0))}))
	no := false
	h.Do(h.People.ChangePerson(h.T.Context(), pagetest.Command, all[3].ID, people.PersonChange{Active: &no}))
	for _, name := range []string{"Travelling in May", "Everybody who looks after the buoys, the beacons and the fog signals of the northern and western approaches"} {
		var members []string
		for _, p := range all[:40] {
			members = append(members, p.ID)
		}
		h.Do(h.People.AddGroup(h.T.Context(), pagetest.Command, "light", name, "", members))
	}
	h.settle("pilots", people.Position{Parent: "justice"}, people.Time{})
	h.Clock.Advance(26 * hour)
	h.settle("pilots", people.Position{Parent: "light", OwnList: true}, people.TimeOf(noon.AddDate(0, 0, -10)))
	h.watch("pilots", "The tugs get their tablets in June; until then we look at what is there.", noon.AddDate(0, 2, 0))
	head := all[0]
	h.give(head.ID, people.Operator, people.Everywhere)
	officer = h.SignIn(head)
	made, err := h.People.MakeToken(h.T.Context(), people.Actor{Session: officer.Session}, "Inventory export of the harbour’s device management on hbr-srv-2", people.Grant{Role: people.DeviceAdministrator, Organisation: "harbour"}, people.Time{})
	h.Do(made, err)
	old, err := h.People.MakeToken(h.T.Context(), pagetest.Command, "Payroll", people.Grant{Role: people.Staff, Organisation: "gov"}, people.Time{})
	h.Do(old, err)
	h.Do(h.People.EndToken(h.T.Context(), pagetest.Command, old.ID))
	h.SignIn(all[1]).Get("/access")
	h.SignIn(all[1]).Get("/people")
	h.Do(nil, h.People.NoteFailure(h.T.Context(), "passkey", "2001:db8:85a3::8a2e:370:7334", errors.New("this passkey is not registered here")))
	return officer, subject
}

// settle has an organisation belong elsewhere, as if all had agreed to it.
func (h *house) settle(organisation string, p people.Position, from people.Time) {
	h.T.Helper()
	h.Do(people.Act(h.T.Context(), h.People, pagetest.Command, func(tx *people.Tx) (people.Organisation, error) {
		tx.Asked("it is what a test begins with")
		return tx.Settle(organisation, p, from)
	}))
}

// watch has an organisation look at what is there, and stop nothing, for a time.
func (h *house) watch(organisation, reason string, until time.Time) {
	h.T.Helper()
	h.Do(agreed.Act(h.T.Context(), h.People, pagetest.Command, func(tx *people.Tx) (people.Organisation, error) {
		return tx.Watch(organisation, people.Monitor{Period: people.Period{Until: people.TimeOf(until)}, Reason: reason})
	}))
}

// furnished is a walk through a furnished house, with somebody signed in.
func furnished(t *testing.T) (h *house, w *pagetest.Walk, subject people.Person) {
	h = newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas))
	officer, subject := furnish(h)
	w = h.Walk()
	w.Enter(officer)
	return h, w, subject
}

func TestPeopleInABrowser(t *testing.T) {
	_, w, subject := furnished(t)
	person := "/people/" + subject.ID
	for name, address := range map[string]string{
		"people": "/people", "people-none": "/people?q=nobody&role=trainer", "people-add": "/people/add", "people-import": "/people/import",
		"person": person, "person-change": person + "/change", "person-move": person + "/move", "person-deactivate": person + "/deactivate", "person-invite": person + "/invite",
		"person-give-role": person + "/give-role", "person-take-role": person + "/take-role?" + url.Values{"role": {"approver"}, "organisation": {"gov"}}.Encode(),
		"person-sign-out": person + "/sign-out", "person-remove-passkey": person + "/remove-passkey?passkey=key-1",
	} {
		w.Look(address, name)
	}
}

func TestBodiesInABrowser(t *testing.T) {
	h, w, _ := furnished(t)
	groups, err := h.People.Groups(t.Context(), pagetest.Command, people.GroupQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := h.People.Tokens(t.Context(), pagetest.Command, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	group := "/groups/" + groups[0].ID
	for name, address := range map[string]string{
		"organisations": "/organisations", "organisation": "/organisations/pilots", "organisation-top": "/organisations/gov", "organisation-add": "/organisations/add",
		"organisation-change": "/organisations/pilots/change", "organisation-enforce": "/organisations/pilots/enforce",
		"roles": "/roles", "role": "/roles/security-officer", "groups": "/groups", "group": group, "group-join": group + "/join?q=ad",
		"group-rename": group + "/rename", "group-remove": group + "/remove", "groups-add": "/groups/add",
		"tokens": "/tokens", "tokens-make": "/tokens/make", "tokens-end": "/tokens/" + tokens[1].ID + "/end", "access": "/access",
	} {
		w.Look(address, name)
	}
}

// TestAnsweringInABrowser fills in forms as a person does: wrongly first.
func TestAnsweringInABrowser(t *testing.T) {
	_, w, subject := furnished(t)
	w.Go("/people/add")
	w.Type("#name", "Åsa Nyström")
	w.Type("#mail", "nobody")
	w.Submit("main form[method=post] button")
	if title := w.Title(); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	w.Seen("people-add-error")

	w.Go("/people/" + subject.ID + "/invite")
	w.Submit("button[value=show]")
	w.Seen("invited")

	w.Go("/tokens/make")
	w.Type("#name", "Exporter")
	w.Click("input[value=staff]")
	w.Type("#organisation", "Government of Merrow")
	w.Submit("main form[method=post] button")
	w.Seen("token-made")
}
