package directory

import (
	"context"
	"net/http"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Options are what these pages are given besides the room.
type Options struct {
	// Join is the address at which a one-time link is used, by the link's secret.
	Join func(link string) string
	// Link makes a one-time link to be handed over, and tells the person that there is one.
	Link func(ctx context.Context, actor people.Actor, person string) (link string, err error)
	// Deliver makes a one-time link and sends it to the person by mail. It is nil where this server
	// sends no mail; links are then only shown.
	Deliver func(ctx context.Context, actor people.Actor, person string) error
}

type area struct {
	Options
	room *people.Room
}

// Routes are the routes of this package.
func Routes(room *people.Room, o Options) []gate.Route {
	a := &area{o, room}
	var routes gate.Routes
	routes.See("/people", people.SeePeople, a.people)
	routes.Ask("/people/add", people.ChangePeople, a.addPerson)
	routes.See("/people/import", people.ChangePeople, a.importPeople)
	routes.Take("/people/import", people.ChangePeople, maxUpload, a.importPeople)
	routes.See("/people/import/template.csv", people.ChangePeople, template)
	routes.See("/people/{id}", people.SeePeople, a.person)
	routes.Ask("/people/{id}/change", people.ChangePeople, a.changePerson)
	routes.Ask("/people/{id}/move", people.ChangePeople, a.movePerson)
	routes.Ask("/people/{id}/deactivate", people.ChangePeople, a.deactivate)
	routes.Ask("/people/{id}/reactivate", people.ChangePeople, a.reactivate)
	routes.Ask("/people/{id}/invite", people.ChangePeople, a.invite)
	routes.Ask("/people/{id}/remove-passkey", people.ChangePeople, a.removePasskey)
	routes.Ask("/people/{id}/give-role", people.GiveRoles, a.giveRole)
	routes.Ask("/people/{id}/take-role", people.GiveRoles, a.takeRole)
	routes.Ask("/people/{id}/sign-out", people.EndSessions, a.signOut)

	routes.See("/organisations", people.SeeOrganisations, a.organisations)
	routes.Ask("/organisations/add", people.ChangeOrganisations, a.addOrganisation)
	routes.See("/organisations/{id}", people.SeeOrganisations, a.organisation)
	routes.Ask("/organisations/{id}/change", people.ChangeOrganisations, a.changeOrganisation)
	routes.Ask("/organisations/{id}/enforce", people.ChangeOrganisations, a.enforce)

	routes.See("/roles", people.Own, a.roles)
	routes.See("/roles/{role}", people.Own, a.role)

	routes.See("/groups", people.SeePeople, a.groups)
	routes.Ask("/groups/add", people.ChangePeople, a.addGroup)
	routes.See("/groups/{id}", people.SeePeople, a.group)
	routes.Ask("/groups/{id}/rename", people.ChangePeople, a.renameGroup)
	routes.Ask("/groups/{id}/remove", people.ChangePeople, a.removeGroup)
	routes.Ask("/groups/{id}/join", people.ChangePeople, a.joinGroup)
	routes.Take("/groups/{id}/leave", people.ChangePeople, gate.MaxForm, a.leaveGroup)

	routes.See("/tokens", people.SeeTokens, a.tokens)
	routes.Ask("/tokens/make", people.ChangeTokens, a.makeToken)
	routes.Ask("/tokens/{id}/end", people.ChangeTokens, a.endToken)

	routes.See("/access", people.SeeAccess, a.access)
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
