package approvals

import (
	"net/http"
	"time"

	room "portcullis/approvals"
	"portcullis/devices"
	"portcullis/people"
	"portcullis/register"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Rooms are the rooms that these pages show.
type Rooms struct {
	Approvals *room.Room
	Devices   *devices.Room
	People    *people.Room
	Register  *register.Room
	// PlayOn is how a demonstration goes on from a proposal; nil on a server that is none.
	PlayOn func(*http.Request, *room.View) ui.Component
	// Looked is what was found in the app that a proposal is about, by whoever looked at it, and the way to look; nil
	// where there is no such thing.
	Looked func(*http.Request, *room.View) (ui.Component, error)
}

// area is the handlers of this package. What other pages know of things is asked of things.
type area struct {
	Rooms
	things devicepages.Rooms
	// revised is the proposal that a page of a draft changes; nil where it opens one.
	revised *room.View
}

func newArea(r Rooms) *area {
	return &area{Rooms: r, things: devicepages.Rooms{Devices: r.Devices, Register: r.Register, People: r.People, Approvals: r.Approvals}}
}

// perPage is how many rows a page has.
const perPage = 50

// actor is who asks.
func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }

// may tells whether to show the way to something on a list of many.
func may(r *http.Request, p people.Permission) bool { return gate.Who(r.Context()).May(p) }

// reached is the way to a page about things, for those who may see such pages: a clearing office and whoever asked read
// here what it is called, and would be turned away there.
func reached(r *http.Request, way ui.Link) ui.Link {
	if !may(r, people.SeeDevices) {
		way.Href = ""
	}
	return way
}

// ProposalPath is where a proposal is shown, or what is asked of it: ProposalPath(id, "sign").
func ProposalPath(id string, more ...string) string {
	return gate.Path(append([]string{"proposals", id}, more...)...)
}

// ExemptionPath is where an exemption is shown, or what is asked of it.
func ExemptionPath(id string, more ...string) string {
	return gate.Path(append([]string{"exemptions", devicepages.PathID(id)}, more...)...)
}

// ProcessPath is where it is shown who decides in a body.
func ProcessPath(organisation string) string {
	return gate.Path("process", devicepages.PathID(organisation))
}

// when is a moment and onDay a day as they are shown.
func when(r *http.Request, t people.Time) ui.Time { return ui.Time{At: t.Time(), Now: ui.Now(r)} }

func onDay(r *http.Request, t time.Time, none string) ui.Day {
	return ui.Day{At: t, Now: ui.Now(r), Else: none}
}

// day is the answer to a question for a day: its beginning, in the zone in which times are shown; zero where
// nothing is answered.
func day(r *http.Request, f *ui.Form, name string) (time.Time, error) {
	return f.Field(name).Day(ui.Now(r).Location())
}
