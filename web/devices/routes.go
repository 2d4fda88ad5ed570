package devices

import (
	"slices"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Routes are the routes of this package.
func Routes(r Rooms) []gate.Route {
	a := &area{r}
	return slices.Concat(a.deviceRoutes(), a.overviewRoutes(), a.appRoutes())
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
	place := func(text, href string, p people.Permission) gate.Place {
		return gate.Place{Link: ui.Link{Text: text, Href: href}, Permission: p}
	}
	return []gate.Place{
		place("Coverage", "/coverage", people.SeeDevices),
		place("Breaches", "/breaches", people.SeeDevices),
		place("Devices", "/devices", people.SeeDevices),
		place("Apps", "/apps", people.SeeDevices),
		place("What if", "/what-if", people.SeeDevices),
	}
}
