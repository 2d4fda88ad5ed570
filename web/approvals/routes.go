package approvals

import (
	"slices"

	room "portcullis/approvals"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Routes are the routes of this package.
func Routes(r Rooms) []gate.Route {
	a := newArea(r)
	return slices.Concat(a.proposalRoutes(), a.decisionRoutes(), draftRoutes(a))
}

// see is the route of a page that is looked at.
func see(path string, p people.Permission, h ui.Handler) gate.Route {
	return gate.Route{Pattern: "GET " + path, Permission: p, Handler: h}
}

// ask is the routes of a question, which is shown and answered at the same address.
func ask(path string, p people.Permission, h ui.Handler) []gate.Route {
	return []gate.Route{see(path, p, h), {Pattern: "POST " + path, Permission: p, Handler: gate.Limit(maxForm, h)}}
}

// Places are the ways in, for the navigation: everything else is reached from these.
func Places() []gate.Place {
	return []gate.Place{{Link: ui.Link{Text: "Proposals", Href: "/proposals"}, Permission: people.Own}}
}

// proposalRoutes are those of what was proposed. Everybody has proposals of their own, or may have a part in one:
// the room tells of each whether one may see it.
func (a *area) proposalRoutes() []gate.Route {
	routes := []gate.Route{
		see("/proposals", people.Own, a.proposals),
		see("/proposals/{id}", people.Own, a.proposal),
		see("/proposals/{id}/brief", people.Own, a.brief),
	}
	routes = append(routes, ask("/proposals/{id}/"+string(room.Clear), people.Own, a.clear)...)
	for _, act := range []room.Act{room.Recommend, room.Grant, room.Sign, room.Confirm, room.Review, room.Refuse, room.TakeBack, room.Consult, room.Answer} {
		routes = append(routes, ask("/proposals/{id}/"+string(act), people.Own, a.act(act))...)
	}
	return routes
}

// decisionRoutes are those of who decides, and of exemptions.
func (a *area) decisionRoutes() []gate.Route {
	return slices.Concat(
		[]gate.Route{
			see("/process/{organisation}", people.SeeOrganisations, a.process),
			see("/exemptions", people.SeeRegister, a.exemptions),
			see("/exemptions/{id}", people.SeeRegister, a.exemption),
		},
		ask("/exemptions/{id}/end", people.DecideExemptions, a.endExemption),
	)
}
