package zones

import (
	"cmp"
	"embed"
	"net/http"
	"net/url"
	"slices"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Pages are what people see of zones.
type Pages struct {
	Enforce *enforce.Room
	Devices *devices.Room
	// URL is the server's public address, and Names where name servers take zones by transfer, as host:port; empty where
	// they do not.
	URL   *url.URL
	Names string
}

// Path is where the pages are.
const Path = "/name-servers"

// Routes are the routes of the pages.
func (p Pages) Routes() []gate.Route {
	var routes gate.Routes
	routes.See(Path, people.SeeZones, p.zones)
	routes.Ask(Path+"/add", people.KeepZones, p.add)
	routes.See(Path+"/{id}", people.SeeZones, p.zone)
	routes.Ask(Path+"/{id}/change", people.KeepZones, p.change)
	routes.Ask(Path+"/{id}/rotate", people.KeepZones, p.rotate)
	routes.Ask(Path+"/{id}/end", people.KeepZones, p.end)
	routes.Ask(Path+"/{id}/networks/add", people.KeepZones, p.ask)
	routes.Ask(Path+"/{id}/networks/{network}/answer", people.DecideExemptions, p.answer)
	routes.Ask(Path+"/{id}/networks/{network}/take-back", people.KeepZones, p.takeBack)
	routes.Ask(Path+"/{id}/networks/{network}/stop", people.KeepZones, p.stop)
	return routes
}

// Place is the way in, for the navigation.
func Place() gate.Place {
	return gate.Place{Link: ui.Link{Text: "Name servers", Href: Path}, Permission: people.SeeZones}
}

//go:embed *.html
var files embed.FS

var templates = ui.Parse(files)

// lines are lines of a configuration, as they are copied.
func lines(text string) ui.Component { return templates.View("lines", text) }

var crumbs = []ui.Link{{Text: "Name servers", Href: Path}}

// crumbsOf are those of the pages about a zone.
func crumbsOf(z *enforce.Zone) []ui.Link {
	return append(slices.Clip(crumbs), ui.Link{Text: z.Name, Href: pathOf(z.ID)})
}

func pathOf(id string, more ...string) string {
	path := enforce.ZonePath(id)
	for _, m := range more {
		path += "/" + url.PathEscape(m)
	}
	return path
}

// done is what a page says after a change.
var done = ui.Done{
	"ended":    "The zone has ended. Name servers that have it go on with it for four weeks, unless their own configuration drops it",
	"changed":  "The zone has been changed",
	"proposed": "You have proposed the network. It passes when somebody else has agreed",
	"agreed":   "You have agreed. The network passes with the next serial, within a second",
	"refused":  "You have refused. The network does not pass",
	"back":     "You have taken it back. The network does not pass",
	"stopped":  "The network passes no longer, with the next serial",
}

func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }

func may(r *http.Request, p people.Permission) bool { return gate.Who(r.Context()).May(p) }

func when(r *http.Request, t people.Time) ui.Time { return ui.Time{At: t.Time(), Now: ui.Now(r)} }

func short(r *http.Request, t people.Time) ui.Time {
	return ui.Time{At: t.Time(), Now: ui.Now(r), Short: true}
}

// body is the name of an organisation.
func (p Pages) body(id string) string {
	return devicepages.Rooms{Devices: p.Devices}.Names().Organisation(id)
}

// bodies are those whose zones somebody may keep, to choose from.
func (p Pages) bodies(r *http.Request) ([]ui.Option, error) {
	all, err := p.Enforce.Bodies(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	options := []ui.Option{{Label: "Choose"}}
	for depth, o := range ui.Below(all, func(o policy.Organisation) (string, string) { return o.ID, o.Parent }) {
		options = append(options, ui.Option{Value: o.ID, Label: cmp.Or(o.Name, o.ID), Depth: depth})
	}
	return options, nil
}

// zones lists them.
func (p Pages) zones(w http.ResponseWriter, r *http.Request) error {
	found, err := p.Enforce.Zones(r.Context(), actor(r))
	if err != nil {
		return err
	}
	table := ui.Table{
		Caption: "Zones", Unseen: true,
		Columns: []ui.Column{{Title: "Zone"}, {Title: "Of"}, {Title: "Serial"}, {Title: "Last changed"}, {Title: "By the decisions up to"}, {Title: "Tells"}, {Title: "Passes"}},
		Empty:   ui.Empty{Text: "There is no zone. Name servers of no body answer by what is decided."},
	}
	page := ui.Page{Title: "Name servers", Wide: true, Banner: done.Banner(r), Content: []ui.Component{
		ui.Para("A zone has a body’s own name servers answer that there is no such name, for every name of what is banned. Whoever asks another name server is not reached."),
	}}
	if may(r, people.KeepZones) {
		table.Empty.Do = ui.Link{Text: "Add the first zone", Href: Path + "/add"}
		if len(found) > 0 {
			page.Content = append(page.Content, ui.ButtonGroup{{Text: "Add a zone", Href: Path + "/add"}})
		}
	}
	for _, z := range found {
		waits := 0
		for i := range z.Networks {
			if z.Networks[i].Waits() {
				waits++
			}
		}
		passes := ui.Line{ui.Text(counted(len(z.Passed), "network", "networks"))}
		if waits > 0 {
			passes = append(passes, ui.Tag{Text: ui.Count(waits, "waits", "wait"), Tone: ui.Waiting})
		}
		table.Rows = append(table.Rows, ui.Row{
			ui.Link{Text: z.Name, Href: pathOf(z.ID)}, ui.Text(p.body(z.Organisation)), serial(z), short(r, z.Edition.Published), generation(z),
			ui.Text(counted(len(z.Notify), "name server", "name servers")), passes,
		})
	}
	page.Content = append(page.Content, table)
	return ui.Render(w, r, http.StatusOK, page)
}

// counted is how many there are, or that there is none.
func counted(n int, one, many string) string {
	if n == 0 {
		return "none"
	}
	return ui.Count(n, one, many)
}

func serial(z *enforce.Zone) ui.Component {
	if z.Edition.Number == 0 {
		return ui.Muted("none yet")
	}
	return ui.ID{Value: itoa(int64(z.Edition.Serial)), Of: "serial"}
}

func generation(z *enforce.Zone) ui.Component {
	if z.Edition.Number == 0 {
		return ui.Text("")
	}
	return ui.Number(z.Edition.Generation)
}

// Today is what waits for whoever agrees to networks; nil where nothing does.
func (p Pages) Today(r *http.Request) (ui.Component, error) {
	if !may(r, people.SeeZones) || !may(r, people.DecideExemptions) {
		return nil, nil
	}
	found, err := p.Enforce.Zones(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	tasks := ui.Tasks{ID: "networks"}
	for _, z := range found {
		waits := 0
		for i := range z.Networks {
			if n := &z.Networks[i]; n.Waits() && n.AskedBy != gate.Who(r.Context()).Person {
				waits++
			}
		}
		if waits == 0 {
			continue
		}
		seen, err := p.Enforce.SeeZone(r.Context(), actor(r), z.ID)
		if err != nil {
			return nil, err
		}
		if seen.MayAgree {
			tasks.Items = append(tasks.Items, ui.Task{Text: "Answer who asks that a network pass " + z.Name, Hint: "It takes a second person", Href: pathOf(z.ID),
				State: ui.Tag{Text: ui.Count(waits, "waits", "wait"), Tone: ui.Waiting}})
		}
	}
	if len(tasks.Items) == 0 {
		return nil, nil
	}
	return tasks, nil
}
