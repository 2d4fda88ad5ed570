package enforce

import (
	"cmp"
	"net/http"
	"net/url"

	"portcullis/approvals"
	"portcullis/devices"
	room "portcullis/enforce"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Rooms are the rooms that these pages show.
type Rooms struct {
	Enforce   *room.Room
	Approvals *approvals.Room
	Devices   *devices.Room
}

// Path is where the lists are.
const Path = "/device-lists"

// area is the handlers of this package.
type area struct{ Rooms }

// Routes are the routes of this package.
func Routes(r Rooms) []gate.Route {
	a, routes := &area{r}, gate.Routes{}
	routes.See(Path, people.FetchLists, a.sheet)
	routes.See(Path+"/{form}", people.FetchLists, a.artefact)
	routes.See(Path+"/{form}/file", people.FetchLists, a.file)
	routes.See(Path+"/{form}/manifest", people.FetchLists, a.manifest)
	routes.See("/proposals/{id}/dry-run", people.FetchLists, a.dryRun)
	routes.See("/rules/{id}/uptake", people.SeeDevices, a.ruleUptake)
	routes.See("/exemptions/{id}/uptake", people.SeeDevices, a.exemptionUptake)
	return routes
}

// Place is the way in, for the navigation.
func Place() gate.Place {
	return gate.Place{Link: ui.Link{Text: "Lists for devices", Href: Path}, Permission: people.FetchLists}
}

// actor is who asks.
func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }

func (a *area) names() devicepages.Names { return devicepages.Rooms{Devices: a.Devices}.Names() }

// bodies are those whose lists somebody may have, to choose from: each as far to the right as it stands deep.
func (a *area) bodies(r *http.Request, first ...ui.Option) ([]ui.Option, error) {
	all, err := a.Enforce.Bodies(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	for depth, o := range ui.Below(all, func(o policy.Organisation) (string, string) { return o.ID, o.Parent }) {
		first = append(first, ui.Option{Value: o.ID, Label: cmp.Or(o.Name, o.ID), Depth: depth})
	}
	return first, nil
}

// at is the address of a page about the lists of a body, or of one of its devices, on a platform.
func at(path, organisation, host string, on policy.Platform) string {
	q := url.Values{}
	if host != "" {
		q.Set("host", host)
	} else {
		q.Set("organisation", organisation)
	}
	if on != 0 {
		q.Set("platform", on.String())
	}
	return path + "?" + q.Encode()
}

// platformOf is a platform in words; name servers have none.
func platformOf(p policy.Platform) string {
	if p == 0 {
		return "Name servers"
	}
	return devicepages.PlatformName(p)
}
