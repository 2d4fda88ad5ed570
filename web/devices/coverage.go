package devices

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	room "portcullis/devices"
	"portcullis/people"
	"portcullis/web/ui"
)

// chartBars is how many bars a chart has at most: more are read better in a table.
const chartBars = 12

// bodiesPerPage is how many bodies a page has: what a browser loads of it stays small.
const bodiesPerPage = 40

// coverage shows how much of what bodies have is judged, and who reports nothing.
func (a *area) coverage(w http.ResponseWriter, r *http.Request) error {
	options, err := a.organisations(r, ui.Option{Value: "", Label: "All"})
	if err != nil {
		return err
	}
	filter, err := narrowed(r, &ui.Field{Name: "organisation", Label: "Body, and all below it", As: ui.Select{Options: options}})
	if err != nil {
		return err
	}
	found, err := a.Devices.Coverage(r.Context(), actor(r), filter.Value("organisation"))
	if err != nil {
		return err
	}
	page := ui.Page{Title: "Coverage", Wide: true, Content: []ui.Component{filter}}
	v := coverageView{found, a.names(), filter.Active()}
	if found.Total.Devices+found.Total.Equipment == 0 {
		page.Content = append(page.Content, v.nothing(r))
		return ui.Render(w, r, http.StatusOK, page)
	}
	page.Content = append(page.Content, v.summary())
	page.Content = append(page.Content, v.mute()...)
	page.Content = append(page.Content, v.chart(), v.table(r), meanings())
	return ui.Render(w, r, http.StatusOK, page)
}

// coverageView is coverage as the page shows it.
type coverageView struct {
	room.Coverage
	names    names
	narrowed bool
}

func (v coverageView) nothing(r *http.Request) ui.Component {
	if v.narrowed {
		return ui.Empty{Text: "Nothing is known of any device here: not that all is well, but nothing at all.", Do: ui.Link{Text: "Show all bodies", Href: "/coverage"}}
	}
	e := ui.Empty{Text: "There are no devices yet. They come with the first inventory, or are added one by one."}
	if may(r, people.ChangeDevices) {
		e.Do = ui.Link{Text: "Add a device", Href: "/devices/add"}
	}
	return e
}

// summary says it in a sentence.
func (v coverageView) summary() ui.Component {
	t := v.Total
	text := fmt.Sprintf("%s of %s were heard from in the last 7 days.", ui.Number(t.Reporting), ui.Count(t.Devices, "device", "devices"))
	if gone := t.Silent + t.Never; gone > 0 {
		text += fmt.Sprintf(" Of %s nobody knows what is on them today.", ui.Number(gone))
	}
	if t.Equipment > 0 {
		text += fmt.Sprintf(" Equipment, %s, does not report: it is judged by what was entered.", ui.Count(t.Equipment, "piece", "pieces"))
	}
	return ui.Para(text)
}

// mute names the bodies that report nothing, and those of which nothing is known.
func (v coverageView) mute() (content []ui.Component) {
	var silent, unknown []ui.Component
	for i := range v.Bodies {
		b := &v.Bodies[i]
		link := ui.Link{Text: v.names.organisation(b.Organisation), Href: devicesOf(b.Organisation, "")}
		switch {
		case b.Mute():
			silent = append(silent, ui.Line{link, ui.Text("– " + ui.Count(b.Devices, "device", "devices"))})
		case b.Nothing():
			unknown = append(unknown, ui.Text(link.Text))
		}
	}
	if len(silent) > 0 {
		content = append(content, ui.Heading("Bodies that report nothing at all"), ui.List{Items: silent})
	}
	if len(unknown) > 0 {
		content = append(content, ui.Details{Summary: ui.Count(len(unknown), "body has", "bodies have") + " no devices here", Content: []ui.Component{ui.List{Items: unknown}}})
	}
	return content
}

// chart compares the bodies by how many devices are not heard from.
func (v coverageView) chart() ui.Component {
	bars := ui.Bars{Caption: "Devices not heard from for 7 days, or never", Label: "Body", Unit: "Devices", Empty: ui.Empty{Text: "Every device was heard from in the last 7 days."}}
	bodies := slices.DeleteFunc(slices.Clone(v.Bodies), func(b room.BodyCoverage) bool { return b.Silent+b.Never == 0 })
	slices.SortStableFunc(bodies, func(a, b room.BodyCoverage) int { return cmp.Compare(b.Silent+b.Never, a.Silent+a.Never) })
	if len(bodies) > chartBars {
		bars.Caption += fmt.Sprintf(": the %d bodies with the most", chartBars)
		bodies = bodies[:chartBars]
	}
	for i := range bodies {
		b := &bodies[i]
		bars.Items = append(bars.Items, ui.Bar{Label: v.names.organisation(b.Organisation), Value: int64(b.Silent + b.Never), Href: devicesOf(b.Organisation, "silent")})
	}
	return bars
}

// devicesOf is the list of a body's devices: only the silent ones, or all.
func devicesOf(organisation, only string) string {
	query := url.Values{"organisation": {organisation}}
	if only != "" {
		query.Set("only", only)
	}
	return "/devices?" + query.Encode()
}

// coverageColumn is a column of numbers.
type coverageColumn struct {
	title, sort string
	of          func(b *room.BodyCoverage) int
}

// coverageColumns are those with numbers. Those with a name can be sorted by; of the others, those are shown in which
// there is anything.
var coverageColumns = []coverageColumn{
	{"Devices", "devices", func(b *room.BodyCoverage) int { return b.Devices }},
	{"Heard", "heard", func(b *room.BodyCoverage) int { return b.Reporting }},
	{"Silent", "silent", func(b *room.BodyCoverage) int { return b.Silent }},
	{"Never", "never", func(b *room.BodyCoverage) int { return b.Never }},
	{"Personal", "", func(b *room.BodyCoverage) int { return b.Personal }},
	{"Unknown", "", func(b *room.BodyCoverage) int { return b.Empty }},
	{"Equipment", "", func(b *room.BodyCoverage) int { return b.Equipment }},
	{"In breach", "breach", func(b *room.BodyCoverage) int { return b.InBreach }},
}

func (v coverageView) columns() []coverageColumn {
	return slices.DeleteFunc(slices.Clone(coverageColumns), func(c coverageColumn) bool { return c.sort == "" && c.of(&v.Total) == 0 })
}

func (v coverageView) table(r *http.Request) ui.Component {
	sorts := []string{"body"}
	table := ui.Table{
		Caption: "Each body by what is its own, without the bodies below it", At: r.URL,
		Columns: []ui.Column{{Title: "Body", Sort: "body"}, {Title: "State"}},
		Empty:   ui.Empty{Text: "There is no body here."},
		Total:   ui.Row{ui.Text("Together"), ui.Text("")},
	}
	columns := v.columns()
	for _, c := range columns {
		if c.sort != "" {
			sorts = append(sorts, c.sort)
		}
		table.Columns = append(table.Columns, ui.Column{Title: c.title, Sort: c.sort, Number: true, Main: c.sort == "breach"})
		table.Total = append(table.Total, ui.Number(c.of(&v.Total)))
	}
	table.Sorted = ui.SortOf(r, sorts...)
	bodies, inTree := v.sorted(table.Sorted)
	bodies = slices.DeleteFunc(bodies, func(b room.BodyCoverage) bool { return b.Nothing() }) // they are named above
	after := r.URL.Query().Get("after")
	bodies = bodies[slices.IndexFunc(bodies, func(b room.BodyCoverage) bool { return b.Organisation == after })+1:]
	if len(bodies) > bodiesPerPage {
		bodies = bodies[:bodiesPerPage]
		table.Pages = ui.PagesAt(r.URL, "bodies", "", bodies[bodiesPerPage-1].Organisation)
	}
	for i := range bodies {
		b := &bodies[i]
		branch := ui.Branch{Link: ui.Link{Text: v.names.organisation(b.Organisation), Href: devicesOf(b.Organisation, "")}}
		if inTree {
			branch.Depth = b.Depth
		}
		row := ui.Row{branch, coverageState(b)}
		for _, c := range columns {
			row = append(row, ui.Number(c.of(b)))
		}
		row[len(row)-1] = inBreach(b)
		table.Rows = append(table.Rows, row)
	}
	return table
}

// sorted are the bodies in an order; inTree is that each is followed by those below it.
func (v coverageView) sorted(by ui.Sort) (bodies []room.BodyCoverage, inTree bool) {
	bodies = slices.Clone(v.Bodies)
	for _, c := range coverageColumns {
		if c.sort != "" && c.sort == by.By() {
			slices.SortStableFunc(bodies, func(a, b room.BodyCoverage) int { return cmp.Compare(c.of(&a), c.of(&b)) })
			if by.Down() {
				slices.Reverse(bodies)
			}
			return bodies, false
		}
	}
	if by.Down() {
		slices.Reverse(bodies)
	}
	return bodies, !by.Down()
}

// coverageState says in words how much a body lets be known.
func coverageState(b *room.BodyCoverage) ui.Component {
	state := ui.Tag{Text: "Reports", Tone: ui.Good}
	switch {
	case b.Unjudged > 0:
		state = ui.Tag{Text: "Not judged", Tone: ui.Bad}
	case b.Mute():
		state = ui.Tag{Text: "Reports nothing", Tone: ui.Bad}
	case b.Devices == 0:
		state = ui.Tag{Text: "Equipment only"}
	case b.Silent+b.Never > 0:
		state = ui.Tag{Text: "Silent in part", Tone: ui.Waiting}
	}
	if b.Watched {
		return ui.Line{state, ui.Tag{Text: "Watched", Tone: ui.Active}}
	}
	return state
}

// inBreach is how many hosts are in breach. That none is known is not that there is none.
func inBreach(b *room.BodyCoverage) ui.Component {
	known := b.Reporting + b.Equipment - b.Empty - b.Unjudged
	switch {
	case b.InBreach > 0:
		return ui.Link{Text: ui.Number(b.InBreach).String(), Hidden: "hosts in breach", Href: breachesOf(b.Organisation, nil)}
	case known <= 0:
		return ui.Muted("Not known")
	case b.Silent+b.Never+b.Empty+b.Unjudged > 0:
		return ui.Muted("None known")
	}
	return ui.Number(0)
}

// meanings explains the columns.
func meanings() ui.Component {
	entry := func(key, text string) ui.SummaryRow { return ui.SummaryRow{Key: key, Value: ui.Text(text)} }
	return ui.Details{Summary: "What the columns mean", Content: []ui.Component{ui.Summary{Rows: []ui.SummaryRow{
		entry("Heard", "Devices that sent a report in the last 7 days."),
		entry("Silent", "Devices that have sent reports, but none for 7 days. They are judged by what was last known of them."),
		entry("Never", "Devices that were never heard from: they are known by name alone."),
		entry("Personal", "Devices that belong to the person. What is on them is neither stored nor judged."),
		entry("Unknown", "Devices and equipment, personal ones apart, of which nothing is known to be installed. That is not the same as nothing being in breach."),
		entry("In breach", "Devices and equipment with something in breach, by what is known of them."),
		entry("Watched", "What is on no list, or too old, does not count as a breach here yet."),
	}}}}
}
