package handbook

import (
	"embed"
	"net/http"
	"strings"

	room "portcullis/handbook"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

//go:embed *.html
var files embed.FS

var templates = ui.Parse(files)

// Rooms are the rooms that these pages show.
type Rooms struct {
	Handbook *room.Room
	People   *people.Room
}

// area is the handlers of this package.
type area struct{ Rooms }

// perPage is how many rows a page has.
const perPage = 50

// Routes are the routes of this package.
func Routes(rooms Rooms) []gate.Route {
	a := &area{rooms}
	var routes gate.Routes
	routes.See("/advice", people.Own, a.list)
	routes.See("/advice/earlier", people.Own, a.earlier)
	routes.Ask("/advice/add", people.KeepAdvice, a.add)
	routes.See("/advice/{id}", people.Own, a.one)
	routes.See("/advice/{id}/versions", people.Own, a.versions)
	routes.Ask("/advice/{id}/change", people.KeepAdvice, a.change)
	routes.Ask("/advice/{id}/take-back", people.KeepAdvice, a.takeBack)

	routes.See("/channels", people.Own, a.channels)
	routes.See("/channels/decide", people.Own, a.decide)
	routes.Ask("/channels/pass", people.Own, a.pass)
	routes.See("/channels/passed", people.Own, a.mine)
	routes.See("/channels/passed/{id}", people.Own, a.note)
	routes.Ask("/channels/passed/{id}/correct", people.Own, a.correct)
	routes.See("/channels/notes", people.SeePassed, a.notes)
	return routes
}

// Places are the ways in, for the navigation.
func Places() []gate.Place {
	return []gate.Place{{Link: ui.Link{Text: "Advice", Href: "/advice"}, Permission: people.Own}}
}

// actor is who asks.
func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }

// keeps tells whether somebody may change what is advised, which is asked for everywhere.
func keeps(r *http.Request) bool {
	return gate.Place{Permission: people.KeepAdvice, Everywhere: true}.Shown(gate.Who(r.Context()))
}

// may tells whether to show the way to something.
func may(r *http.Request, p people.Permission) bool { return gate.Who(r.Context()).May(p) }

// when is a time as it is shown.
func when(r *http.Request, t people.Time) ui.Time { return ui.Time{At: t.Time(), Now: ui.Now(r)} }

// names are the names of persons whom the actor may see, by their ids.
func (a *area) names(r *http.Request, ids ...string) (map[string]string, error) {
	return a.People.Names(r.Context(), actor(r), ids...)
}

// somebody is a person by name, where it may be told.
func somebody(known map[string]string, id string) string {
	switch {
	case known[id] != "":
		return known[id]
	case strings.HasPrefix(id, "token:"):
		return "a program"
	}
	return "somebody"
}
