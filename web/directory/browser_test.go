package directory_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/ui"
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
func furnish(h *house) (officer visitor, subject people.Person) {
	for _, b := range bodies {
		h.organisation(b[0], b[1], b[2])
	}
	var all []people.Person
	for i, family := range familyNames {
		for j, given := range givenNames {
			n := 10*i + j
			p, err := h.room.AddPerson(h.t.Context(), command, bodies[n%len(bodies)][0], people.Particulars{
				Name: given + " " + family, Mail: fmt.Sprintf("%s.%s%d@%s.merrow.example", strings.ToLower(given), strings.ToLower(strings.Fields(family)[0]), n, bodies[n%len(bodies)][0]),
				Phone: "+999 55 0199", Department: "Approaches, Moorings and Licensing", EmployeeNumber: fmt.Sprintf("HBR-%05d", n),
			})
			if err != nil {
				h.t.Fatal(err)
			}
			h.give(p.ID, people.Roles[n%11].Role, p.Organisation)
			all = append(all, p)
		}
	}
	subject = all[16]
	h.give(subject.ID, people.Approver, "gov")
	h.passkey(subject, "key-1")
	h.act(h.room.GiveRole(h.t.Context(), command, subject.ID, people.Grant{Role: people.Reviewer, Organisation: "pilots"}, people.Period{From: people.TimeOf(noon.AddDate(0, 1, 0)), Until: people.TimeOf(noon.AddDate(1, 0, 0))}))
	no := false
	h.act(h.room.ChangePerson(h.t.Context(), command, all[3].ID, people.PersonChange{Active: &no}))
	for _, name := range []string{"Travelling in May", "Everybody who looks after the buoys, the beacons and the fog signals of the northern and western approaches"} {
		var members []string
		for _, p := range all[:40] {
			members = append(members, p.ID)
		}
		h.act(h.room.AddGroup(h.t.Context(), command, "light", name, "", members))
	}
	own, yes, light := "justice", true, "light"
	h.act(h.room.ChangeOrganisation(h.t.Context(), command, "pilots", people.OrganisationChange{Parent: &own}))
	h.clock.Advance(26 * hour)
	h.act(h.room.ChangeOrganisation(h.t.Context(), command, "pilots", people.OrganisationChange{Parent: &light, OwnList: &yes, From: people.TimeOf(noon.AddDate(0, 0, -10))}))
	h.watch("pilots", "The tugs get their tablets in June; until then we look at what is there.", noon.AddDate(0, 2, 0))
	head := all[0]
	h.give(head.ID, people.Operator, people.Everywhere)
	officer = h.signIn(head)
	made, err := h.room.MakeToken(h.t.Context(), people.Actor{Session: officer.cookie}, "Inventory export of the harbour’s device management on hbr-srv-2", people.Grant{Role: people.DeviceAdministrator, Organisation: "harbour"}, people.Time{})
	h.act(made, err)
	old, err := h.room.MakeToken(h.t.Context(), command, "Payroll", people.Grant{Role: people.Staff, Organisation: "gov"}, people.Time{})
	h.act(old, err)
	h.act(h.room.EndToken(h.t.Context(), command, old.ID))
	h.signIn(all[1]).get("/access")
	h.signIn(all[1]).get("/people")
	h.act(nil, h.room.NoteFailure(h.t.Context(), "passkey", "2001:db8:85a3::8a2e:370:7334", errors.New("this passkey is not registered here")))
	return officer, subject
}

// act fails the test where something could not be done.
func (h *house) watch(organisation, reason string, until time.Time) {
	h.t.Helper()
	h.act(people.Act(h.t.Context(), h.room, command, func(tx *people.Tx) (people.Organisation, error) {
		tx.Asked("it is what a test begins with")
		return tx.Watch(organisation, people.Monitor{Period: people.Period{Until: people.TimeOf(until)}, Reason: reason})
	}))
}

func (h *house) act(_ any, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// furnished serves a furnished house, in which the browser is signed in.
func furnished(t *testing.T, b *browsertest.Browser) (h *house, at string, subject people.Person) {
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	dir := t.TempDir()
	clock := storetest.NewClock(noon)
	db, err := store.Open(t.Context(), store.Options{Data: dir, Now: clock.Now, Chance: chance})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), ledger.Schema, people.Schema); err != nil {
		t.Fatal(err)
	}
	h = houseOver(t, db, clock)
	officer, subject := furnish(h)
	mux := http.NewServeMux()
	mux.Handle("/", h.handler)
	mux.HandleFunc("GET /enter", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "portcullis", Value: officer.cookie, Path: "/", HttpOnly: true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	at = browsertest.Local(server)
	b.Go(at + "/enter")
	return h, at, subject
}

// look checks a page on a desk and on a phone.
func look(b *browsertest.Browser, address, name string) {
	b.Wide()
	b.Go(address)
	b.Accessible()
	b.Shot(name + "-wide")
	b.Phone()
	b.Accessible()
	b.Shot(name + "-phone")
}

func TestPeopleInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	_, at, subject := furnished(t, b)
	person := at + "/people/" + subject.ID
	for name, address := range map[string]string{
		"people": at + "/people", "people-none": at + "/people?q=nobody&role=trainer", "people-add": at + "/people/add", "people-import": at + "/people/import",
		"person": person, "person-change": person + "/change", "person-move": person + "/move", "person-deactivate": person + "/deactivate", "person-invite": person + "/invite",
		"person-give-role": person + "/give-role", "person-take-role": person + "/take-role?" + url.Values{"role": {"approver"}, "organisation": {"gov"}}.Encode(),
		"person-sign-out": person + "/sign-out", "person-remove-passkey": person + "/remove-passkey?passkey=key-1",
	} {
		look(b, address, name)
	}
}

func TestBodiesInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	h, at, _ := furnished(t, b)
	groups, err := h.room.Groups(t.Context(), command, people.GroupQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := h.room.Tokens(t.Context(), command, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	group := at + "/groups/" + groups[0].ID
	for name, address := range map[string]string{
		"organisations": at + "/organisations", "organisation": at + "/organisations/pilots", "organisation-top": at + "/organisations/gov", "organisation-add": at + "/organisations/add",
		"organisation-change": at + "/organisations/pilots/change", "organisation-enforce": at + "/organisations/pilots/enforce",
		"roles": at + "/roles", "role": at + "/roles/security-officer", "groups": at + "/groups", "group": group, "group-join": group + "/join?q=ad",
		"group-rename": group + "/rename", "group-remove": group + "/remove", "groups-add": at + "/groups/add",
		"tokens": at + "/tokens", "tokens-make": at + "/tokens/make", "tokens-end": at + "/tokens/" + tokens[1].ID + "/end", "access": at + "/access",
	} {
		look(b, address, name)
	}
}

// TestAnsweringInABrowser fills in forms as a person does: wrongly first.
func TestAnsweringInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	_, at, subject := furnished(t, b)
	b.Go(at + "/people/add")
	b.Type("#name", "Åsa Nyström")
	b.Type("#mail", "nobody")
	b.Submit("main form[method=post] button")
	if title := b.Title(); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	b.Accessible()
	b.Shot("people-add-error-wide")
	b.Phone()
	b.Accessible()
	b.Shot("people-add-error-phone")

	b.Wide()
	b.Go(at + "/people/" + subject.ID + "/invite")
	b.Submit("button[value=show]")
	b.Accessible()
	b.Shot("invited-wide")
	b.Phone()
	b.Accessible()
	b.Shot("invited-phone")

	b.Wide()
	b.Go(at + "/tokens/make")
	b.Type("#name", "Exporter")
	b.Click("input[value=staff]")
	b.Type("#organisation", "Government of Merrow")
	b.Submit("main form[method=post] button")
	b.Accessible()
	b.Shot("token-made-wide")
	b.Phone()
	b.Accessible()
	b.Shot("token-made-phone")
}
