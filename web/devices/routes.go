package devices

import (
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Routes are the routes of this package.
func Routes(r Rooms) []gate.Route {
	a, routes := &area{r}, gate.Routes{}
	a.deviceRoutes(&routes)
	a.overviewRoutes(&routes)
	a.appRoutes(&routes)
	return routes
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
