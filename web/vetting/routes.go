package vetting

import (
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Routes are the routes of this package.
func Routes(r Rooms) []gate.Route {
	a, routes := newArea(r), gate.Routes{}
	routes.See("/vetting", people.SeeVetting, a.list)
	routes.See("/vetting/new", people.AssessApps, a.look)
	routes.Upload("/vetting/new", people.AssessApps, maxUpload, a.look)
	routes.See("/vetting/{id}", people.SeeVetting, a.assessment)
	routes.See("/vetting/{id}/report/{as}", people.SeeVetting, a.download)
	routes.Ask("/vetting/{id}/review", people.AssessApps, a.reviewPage)
	routes.Ask("/vetting/{id}/kits", people.AssessApps, a.kitsPage)
	routes.Take("/vetting/{id}/again", people.AssessApps, gate.MaxForm, a.again)
	routes.See("/criteria", people.SeeVetting, a.criteriaOf)
	routes.See("/criteria/{organisation}", people.SeeVetting, a.asked)
	routes.See("/criteria/{organisation}/file", people.SeeVetting, a.criteriaFile)
	routes.Ask("/criteria/{organisation}/replace", people.DecideProcess, a.replace)
	routes.See("/criteria/{organisation}/trackers", people.DecideProcess, a.trackers)
	routes.Take("/criteria/{organisation}/trackers", people.DecideProcess, maxList, a.trackers)
	return routes
}

// Place is the way in, for the navigation.
func Place() gate.Place {
	return gate.Place{Link: ui.Link{Text: "Apps looked at", Href: "/vetting"}, Permission: people.SeeVetting}
}
