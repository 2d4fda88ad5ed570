package lists

import (
	"cmp"
	"embed"
	"net/http"
	"net/url"
	"slices"

	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Area is the page and what it shows.
type Area struct{ Enquiries *room.Enquiries }

// Path is where lists are compared.
const Path = "/lists"

// perPage is how many apps a page has.
const perPage = 50

// Routes are the routes of this package.
func Routes(a Area) []gate.Route {
	return []gate.Route{{Pattern: "GET " + Path, Permission: people.SeeRegister, Handler: ui.Handler(a.lists)}}
}

// Place is the way in, for the navigation.
func Place() gate.Place {
	return gate.Place{Link: ui.Link{Text: "Compare lists", Href: Path}, Permission: people.SeeRegister}
}

// lists compares two lists.
func (a Area) lists(w http.ResponseWriter, r *http.Request) error {
	bodies, err := a.Enquiries.Bodies(r.Context(), gate.Actor(r.Context()))
	if err != nil {
		return err
	}
	options := tree(bodies)
	filter, err := devicepages.Narrowed(r,
		&ui.Field{Name: "a", Label: "The list of", As: ui.Select{Options: options}},
		&ui.Field{Name: "b", Label: "Against that of", As: ui.Select{Options: options}},
		&ui.Field{Name: "side", Label: "What differs", As: ui.Select{Options: ui.Options("", "Everything", string(room.OnlyFirst), "Only on the first", string(room.OnlySecond), "Only on the second", string(room.Differently), "On both, but differently")}},
		&ui.Field{Name: "q", Label: "App or maker", As: ui.Input{Type: "search"}})
	if err != nil {
		return err
	}
	shown := ui.Page{Title: "How two lists differ", Wide: true, Content: []ui.Component{filter}}
	q := room.ListsQuery{First: filter.Value("a"), Second: filter.Value("b"), Side: room.Side(filter.Value("side")), Words: filter.Value("q"), After: r.URL.Query().Get("after"), Limit: perPage}
	if q.First == "" || q.Second == "" {
		shown.Content = append(shown.Content, ui.Empty{Text: "Choose two bodies. You see here which apps only one of their lists allows, and which both do, but from other versions, on other platforms or until another day."})
		return ui.Render(w, r, http.StatusOK, shown)
	}
	found, err := a.Enquiries.Lists(r.Context(), gate.Actor(r.Context()), q)
	if err != nil {
		return err
	}
	p := page{r: r, q: &q, found: &found, view: a.Enquiries.Fleet.View(), links: gate.Who(r.Context()).May(people.SeeDevices)}
	shown.Content = append(shown.Content, p.numbers(), p.table())
	return ui.Render(w, r, http.StatusOK, shown)
}

// tree are bodies to choose from, each as far to the right as it stands deep.
func tree(bodies []policy.Organisation) []ui.Option {
	options := ui.Options("", "Choose")
	for depth, o := range ui.Below(bodies, func(o policy.Organisation) (string, string) { return o.ID, o.Parent }) {
		label := cmp.Or(o.Name, o.ID)
		if o.OwnList {
			label += " (own list)"
		}
		options = append(options, ui.Option{Value: o.ID, Label: label, Depth: depth})
	}
	return options
}

// page is a difference that is put into words.
type page struct {
	r     *http.Request
	q     *room.ListsQuery
	found *room.Lists
	view  room.View
	links bool // whether the pages of apps and rules are for whoever looks
}

func (p *page) organisation(id string) string {
	if o := p.view.Organisation(id); o != nil {
		return cmp.Or(o.Name, id)
	}
	return id
}

// numbers are how many apps are on which list.
func (p *page) numbers() ui.Component {
	first, second := p.organisation(p.q.First), p.organisation(p.q.Second)
	at := p.r.URL.Query()
	at.Del("after")
	row := func(key string, n int, side room.Side) ui.SummaryRow {
		value := ui.Line{ui.Number(n)}
		if n > 0 && side != "" && p.q.Side != side {
			value = append(value, ui.Link{Text: "See them", Hidden: key, Href: ui.With(&url.URL{Path: p.r.URL.Path, RawQuery: at.Encode()}, "side", string(side))})
		}
		return ui.SummaryRow{Key: key, Value: value}
	}
	return ui.Summary{Rows: []ui.SummaryRow{
		row("Only "+first+" allows", p.found.OnlyFirst, room.OnlyFirst),
		row("Only "+second+" allows", p.found.OnlySecond, room.OnlySecond),
		row("Both allow, but differently", p.found.Differently, room.Differently),
		row("Both allow alike", p.found.Alike, ""),
		{Key: "Whose lists these are", Value: ui.Text(p.follows(p.q.First) + " " + p.follows(p.q.Second))},
	}}
}

// follows says whether a body keeps its own list.
func (p *page) follows(id string) string {
	o, name := p.view.Organisation(id), p.organisation(id)
	switch {
	case o != nil && o.OwnList:
		return name + " keeps its own list."
	case o != nil && o.Parent == "":
		return name + " stands below nobody."
	}
	return name + " adds to the lists above it."
}

// table is the apps that the lists do not have alike.
func (p *page) table() ui.Table {
	t := ui.Table{
		Caption: "Apps that the two lists do not have alike", Unseen: true, At: p.r.URL,
		Columns: []ui.Column{{Title: "App"}, {Title: p.organisation(p.q.First)}, {Title: p.organisation(p.q.Second)}},
		Empty:   ui.Empty{Text: p.empty()},
		Pages:   ui.PagesAt(p.r.URL, "apps", "", p.found.Next),
	}
	for i := range p.found.Lines {
		line := &p.found.Lines[i]
		name := line.Product
		if product := p.view.Product(line.Product); product != nil {
			name = cmp.Or(product.Name, product.ID)
		}
		app := ui.Link{Text: name}
		if p.links {
			app.Href = devicepages.AppPath(line.Product)
		}
		t.Rows = append(t.Rows, ui.Row{app, p.admissions(line.First), p.admissions(line.Second)})
	}
	return t
}

func (p *page) empty() string {
	switch {
	case p.q.First == p.q.Second:
		return "This is one and the same list: choose another body on one of the sides."
	case p.q.Words != "" || p.q.Side != "":
		return "Nothing of this kind differs."
	case p.found.Alike == 0:
		return "Neither list allows anything."
	}
	return "The two lists allow the same."
}

//go:embed lines.html
var files embed.FS

var templates = ui.Parse(files)

// admissions are what a list says of an app, the platforms together of which it says the same.
func (p *page) admissions(all []room.Admission) ui.Component {
	if len(all) == 0 {
		return ui.Muted("Not on the list")
	}
	var cell []ui.Component
	for len(all) > 0 {
		first, names := all[0], ""
		var others []room.Admission
		for _, a := range all {
			if alike(first, a) {
				names += ", " + devicepages.PlatformName(a.Platform)
			} else {
				others = append(others, a)
			}
		}
		line := ui.Line{ui.Text(names[2:] + p.terms(&first) + ":")}
		for _, id := range first.Rules {
			line = append(line, p.rule(id))
		}
		cell, all = append(cell, line), others
	}
	return templates.View("lines", cell)
}

// alike tells whether a list says the same of two platforms.
func alike(a, b room.Admission) bool {
	return a.From == b.From && a.Code == b.Code && a.Until.Equal(b.Until) && slices.Equal(a.Rules, b.Rules)
}

// terms are from which version on, and until when, something is allowed.
func (p *page) terms(a *room.Admission) (text string) {
	switch {
	case a.From != "":
		text = ", from version " + a.From
	case a.Code != 0:
		text = ", from version code " + ui.Number(a.Code).String()
	default:
		text = ", any version"
	}
	if a.From != "" && a.Code != 0 {
		text += " (version code " + ui.Number(a.Code).String() + ")"
	}
	if !a.Until.IsZero() {
		text += ", until " + ui.Day{At: a.Until, Now: ui.Now(p.r)}.Absolute()
	}
	return text
}

// rule leads to a rule by the body whose decision it is.
func (p *page) rule(id string) ui.Component {
	text := id
	if rule := p.view.Rule(id); rule != nil {
		text = "decided by " + p.organisation(rule.Scope)
	}
	link := ui.Link{Text: text, Hidden: "by the rule " + id}
	if p.links {
		link.Href = devicepages.RulePath(id)
	}
	return link
}
