package approvals

import (
	room "portcullis/approvals"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Routes are the routes of this package.
func Routes(r Rooms) []gate.Route {
	a, routes := newArea(r), gate.Routes{}
	a.proposalRoutes(&routes)
	a.decisionRoutes(&routes)
	a.draftRoutes(&routes)
	return routes
}

// Places are the ways in, for the navigation: everything else is reached from these.
func Places() []gate.Place {
	return []gate.Place{{Link: ui.Link{Text: "Proposals", Href: "/proposals"}, Permission: people.Own}}
}

// proposalRoutes are those of what was proposed. Everybody has proposals of their own, or may have a part in one:
// the room tells of each whether one may see it.
func (a *area) proposalRoutes(routes *gate.Routes) {
	routes.See("/proposals", people.Own, a.proposals)
	routes.See("/proposals/{id}", people.Own, a.proposal)
	routes.See("/proposals/{id}/brief", people.Own, a.brief)
	routes.Ask("/proposals/{id}/"+string(room.Clear), people.Own, a.clear)
	routes.Ask("/proposals/{id}/"+string(room.Revise), people.Own, a.revise)
	for _, act := range []room.Act{room.Recommend, room.Grant, room.Sign, room.Confirm, room.Review, room.Refuse, room.TakeBack, room.Consult, room.Answer, room.Question, room.Reply} {
		routes.Ask("/proposals/{id}/"+string(act), people.Own, a.act(act))
	}
}

// decisionRoutes are those of who decides, and of exemptions.
func (a *area) decisionRoutes(routes *gate.Routes) {
	routes.See("/process/{organisation}", people.SeeOrganisations, a.process)
	routes.See("/exemptions", people.SeeRegister, a.exemptions)
	routes.See("/exemptions/{id}", people.SeeRegister, a.exemption)
	routes.Ask("/exemptions/{id}/end", people.DecideExemptions, a.endExemption)
}
