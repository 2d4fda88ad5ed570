package directory

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Options are what these pages are given besides the room.
type Options struct {
	// Join is the address at which a one-time link is used, by the link's secret.
	Join func(link string) string
	// Deliver makes a one-time link and sends it to the person by mail. It is nil where this server
	// sends no mail; links are then only shown.
	Deliver func(ctx context.Context, actor people.Actor, person string) error
}

// maxForm is how many bytes a form without a file may have.
const maxForm = 1 << 20

type area struct {
	Options
	room *people.Room
}

// Routes are the routes of this package.
func Routes(room *people.Room, o Options) []gate.Route {
	a := &area{o, room}
	var routes []gate.Route
	see := func(path string, p people.Permission, h ui.Handler) {
		routes = append(routes, gate.Route{Pattern: "GET " + path, Permission: p, Handler: h})
	}
	// A question is shown and answered at the same address.
	ask := func(path string, p people.Permission, h ui.Handler) {
		see(path, p, h)
		routes = append(routes, gate.Route{Pattern: "POST " + path, Permission: p, Handler: gate.Limit(maxForm, h)})
	}

	see("/people", people.SeePeople, a.people)
	ask("/people/add", people.ChangePeople, a.addPerson)
	see("/people/import", people.ChangePeople, a.importPeople)
	routes = append(routes, gate.Route{Pattern: "POST /people/import", Permission: people.ChangePeople, Handler: limited(a.importPeople)})
	see("/people/import/template.csv", people.ChangePeople, template)
	see("/people/{id}", people.SeePeople, a.person)
	ask("/people/{id}/change", people.ChangePeople, a.changePerson)
	ask("/people/{id}/move", people.ChangePeople, a.movePerson)
	ask("/people/{id}/deactivate", people.ChangePeople, a.deactivate)
	ask("/people/{id}/reactivate", people.ChangePeople, a.reactivate)
	ask("/people/{id}/invite", people.ChangePeople, a.invite)
	ask("/people/{id}/remove-passkey", people.ChangePeople, a.removePasskey)
	ask("/people/{id}/give-role", people.GiveRoles, a.giveRole)
	ask("/people/{id}/take-role", people.GiveRoles, a.takeRole)
	ask("/people/{id}/sign-out", people.EndSessions, a.signOut)

	see("/organisations", people.SeeOrganisations, a.organisations)
	ask("/organisations/add", people.ChangeOrganisations, a.addOrganisation)
	see("/organisations/{id}", people.SeeOrganisations, a.organisation)
	ask("/organisations/{id}/change", people.ChangeOrganisations, a.changeOrganisation)
	ask("/organisations/{id}/enforce", people.ChangeOrganisations, a.enforce)

	see("/roles", people.Own, a.roles)
	see("/roles/{role}", people.Own, a.role)

	see("/groups", people.SeePeople, a.groups)
	ask("/groups/add", people.ChangePeople, a.addGroup)
	see("/groups/{id}", people.SeePeople, a.group)
	ask("/groups/{id}/rename", people.ChangePeople, a.renameGroup)
	ask("/groups/{id}/remove", people.ChangePeople, a.removeGroup)
	ask("/groups/{id}/join", people.ChangePeople, a.joinGroup)
	routes = append(routes, gate.Route{Pattern: "POST /groups/{id}/leave", Permission: people.ChangePeople, Handler: gate.Limit(maxForm, ui.Handler(a.leaveGroup))})

	see("/tokens", people.SeeTokens, a.tokens)
	ask("/tokens/make", people.ChangeTokens, a.makeToken)
	ask("/tokens/{id}/end", people.ChangeTokens, a.endToken)

	see("/access", people.SeeAccess, a.access)
	return routes
}

// Places are the ways in, for the navigation: everything else is reached from People.
func Places() []gate.Place {
	return []gate.Place{
		way("People", "/people", people.SeePeople),
		way("Organisations", "/organisations", people.SeeOrganisations),
	}
}

func way(text, href string, p people.Permission) gate.Place {
	return gate.Place{Link: ui.Link{Text: text, Href: href}, Permission: p}
}

// beside are the places that stand beside the list of people.
var beside = []gate.Place{
	way("Groups", "/groups", people.SeePeople),
	way("Roles", "/roles", people.Own),
	way("Tokens", "/tokens", people.SeeTokens),
	{Link: ui.Link{Text: "Access log", Href: "/access"}, Permission: people.SeeAccess, Everywhere: true},
}

// may tells whether to show the way to something on a list of many.
func may(r *http.Request, p people.Permission) bool { return gate.Who(r.Context()).May(p) }

// allowed are the permissions that somebody has in one organisation.
type allowed map[people.Permission]bool

// allowed tells what one may do in an organisation: a page about one thing shows no button that is
// refused there.
func (a *area) allowed(r *http.Request, organisation string, permissions ...people.Permission) (allowed, error) {
	return a.room.Allowed(r.Context(), actor(r), organisation, permissions...)
}

// actor is who asks.
func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }

// at is the path made of parts, whatever they contain: "people", id, "move".
func at(parts ...string) string {
	var path strings.Builder
	for _, part := range parts {
		path.WriteString("/" + url.PathEscape(part))
	}
	return path.String()
}
