package pagetest

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/world"
)

// Command is whoever sits at the server, who may do what a test begins with.
var Command = roomtest.Command

// House is the pages of an area over rooms with a database.
type House struct {
	T       testing.TB
	Clock   *storetest.Clock
	People  *people.Room
	Log     *slog.Logger // of the rooms and the gate: warnings, with the test's other output
	Handler http.Handler // after Serve
}

// New is a house with nobody in it. Its ledger takes the kinds of all rooms; its clock stands still.
func New(t testing.TB, open storetest.Open, at time.Time, kinds ...[]ledger.Kind) *House {
	t.Helper()
	h := &House{T: t, Clock: storetest.NewClock(at), Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}
	h.People = roomtest.People(t, open, h.Clock, h.Log, kinds...)
	return h
}

// Serve sets the house's handler: the routes behind the gate and the assets, with the server's content security
// policy. Places are what stands in the navigation.
func (h *House) Serve(places []gate.Place, routes ...gate.Route) {
	g := &gate.Gate{People: h.People, Now: h.Clock.Now, Log: h.Log, Navigation: places, Frame: ui.Frame{Body: "Republic of Merrow", Now: h.Clock.Now()}}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	for _, route := range routes {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	h.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", ui.ContentPolicy)
		mux.ServeHTTP(w, r)
	})
}

// Do fails the test where something could not be done.
func (h *House) Do(_ any, err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// Organisation adds one, below its parent if it has one.
func (h *House) Organisation(id, name, parent string) {
	h.T.Helper()
	h.Do(h.People.AddOrganisation(h.T.Context(), Command, people.NewOrganisation{ID: id, Name: name, Parent: parent}))
}

// Person adds somebody to an organisation and gives them roles.
func (h *House) Person(organisation string, who people.Particulars, grants ...people.Grant) people.Person {
	h.T.Helper()
	p, err := h.People.AddPerson(h.T.Context(), Command, organisation, who)
	h.Do(p, err)
	for _, grant := range grants {
		h.Do(h.People.GiveRole(h.T.Context(), Command, p.ID, grant, people.Period{}))
	}
	return p
}

// SignIn is a browser in which somebody has signed in, since now.
func (h *House) SignIn(p people.Person) Visitor {
	h.T.Helper()
	session, err := h.People.OpenSession(h.T.Context(), p.ID, "passkey", "192.0.2.1", "a browser")
	h.Do(session, err)
	return Visitor{house: h, ID: p.ID, Session: session}
}

// Somebody signs in a new person who has one role in a body, or none where that is empty, and is of that body; of the body
// "gov" where the role is everywhere.
func (h *House) Somebody(who people.Particulars, role people.Role, body string) Visitor {
	h.T.Helper()
	home := body
	if home == people.Everywhere {
		home = "gov"
	}
	var grants []people.Grant
	if role != "" {
		grants = []people.Grant{{Role: role, Organisation: body}}
	}
	return h.SignIn(h.Person(home, who, grants...))
}

// Nobody is a browser in which nobody has signed in.
func (h *House) Nobody() Visitor { return Visitor{house: h} }

// Devices is the room of devices beside that of people. Its fleet follows when it is told to.
func (h *House) Devices() *devices.Room {
	h.T.Helper()
	return roomtest.Devices(h.T, h.People, h.Clock)
}

// Import imports a world, as the text of its file.
func (h *House) Import(things *devices.Room, text string) {
	h.T.Helper()
	h.Do(things.Import(h.T.Context(), Command, roomtest.Load(h.T, text, world.Options{}), nil))
}
