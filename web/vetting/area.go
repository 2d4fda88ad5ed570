package vetting

import (
	"net/http"
	"net/url"

	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/people"
	"portcullis/register"
	room "portcullis/vetting"
	"portcullis/vetting/report"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Rooms are the rooms that these pages show.
type Rooms struct {
	Vetting   *room.Room
	Approvals *approvals.Room
	Devices   *devices.Room
	People    *people.Room
	Register  *register.Room
	// Tool is what the downloads say that they were made with.
	Tool report.Tool
	// Folder is where a file lies while it is looked at: the system's own for such files where it is empty.
	Folder string
}

// area is the handlers of this package. What other pages know of things is asked of things.
type area struct {
	Rooms
	things devicepages.Rooms
}

func newArea(r Rooms) *area {
	return &area{r, devicepages.Rooms{Devices: r.Devices, Register: r.Register, People: r.People, Approvals: r.Approvals}}
}

// perPage is how many rows a page has.
const perPage = 50

// actor is who asks.
func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }

// may tells whether to show the way to something on a list of many.
func may(r *http.Request, p people.Permission) bool { return gate.Who(r.Context()).May(p) }

// Path is where it is shown what was found in an app, or what is asked about that: Path(id, "review").
func Path(id string, more ...string) string {
	return gate.Path(append([]string{"vetting", id}, more...)...)
}

// LookPath is where an app is handed in, for a proposal or for none.
func LookPath(proposal string) string {
	if proposal == "" {
		return "/vetting/new"
	}
	return "/vetting/new?" + url.Values{"proposal": {proposal}}.Encode()
}

// againPath is where a later version of an app is handed in that was reviewed for a body.
func againPath(body, assessment string) string {
	return "/vetting/new?" + url.Values{"organisation": {body}, "after": {assessment}}.Encode()
}

// when is a moment as tables show it.
func when(r *http.Request, t people.Time) ui.Time {
	return ui.Time{At: t.Time(), Now: ui.Now(r), Short: true}
}
