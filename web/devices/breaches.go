package devices

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	room "portcullis/devices"
	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/policy"
	"portcullis/web/ui"
)

// breaches shows what is in breach: why, which apps, whose, since when, and on which hosts.
func (a *area) breaches(w http.ResponseWriter, r *http.Request) error {
	q, filter, err := a.breachQuery(r)
	if err != nil {
		return err
	}
	found, err := a.Devices.Breaches(r.Context(), actor(r), q)
	if err != nil {
		return err
	}
	v := breachView{found, a.names(), r}
	page := ui.Page{Title: "Breaches", Wide: true, Content: []ui.Component{filter}}
	if found.Hosts.Len() == 0 {
		page.Content = append(page.Content, v.nothing(filter.Active()))
		return ui.Render(w, r, http.StatusOK, page)
	}
	page.Content = append(page.Content, v.summary(), v.ages(), v.causes(), v.products(), v.bodies(), v.hosts(), download(r.URL, "/breaches.csv"))
	return ui.Render(w, r, http.StatusOK, page)
}

// breachQuery is what an address asks of what is in breach, and the filter that shows it.
func (a *area) breachQuery(r *http.Request) (q room.BreachQuery, filter *ui.Filter, err error) {
	q.Limit, q.After = perPage, r.URL.Query().Get("after")
	if filter, err = a.breachFilter(r); err != nil {
		return q, nil, err
	}
	q.Organisation, q.Product, q.Rule, q.Age = filter.Value("organisation"), filter.Value("product"), filter.Value("rule"), room.Age(filter.Value("age"))
	q.Itself = filter.Value("below") == itself
	if word := filter.Value("result"); word != "" {
		i := slices.Index(policy.ResultWords[:], word)
		if i <= 0 {
			return q, nil, fault.In("result", "There is no result %q", word)
		}
		q.Result = policy.Result(i)
	}
	return q, filter, nil
}

// breachFilter narrows down. A product or a rule is chosen in the tables; chosen, it stands here to be taken out.
// itself is the word in addresses for a body without those below it.
const itself = "no"

// breachesOf is the address of what is in breach on a body's own devices and equipment.
func breachesOf(organisation string, more url.Values) string {
	q := url.Values{"organisation": {organisation}, "below": {itself}}
	for key, values := range more {
		q[key] = values
	}
	return "/breaches?" + q.Encode()
}

func (a *area) breachFilter(r *http.Request) (*ui.Filter, error) {
	organisations, err := a.organisations(r, ui.Option{Value: "", Label: "All"})
	if err != nil {
		return nil, err
	}
	results := []ui.Option{{Value: "", Label: "Any"}}
	for _, result := range []policy.Result{policy.Banned, policy.Overdue, policy.Impostor, policy.Outdated, policy.Unlisted, policy.Unknown} {
		results = append(results, ui.Option{Value: result.String(), Label: causeWords[result]})
	}
	ages := []ui.Option{{Value: "", Label: "Any"}}
	for _, age := range room.Ages {
		ages = append(ages, ui.Option{Value: string(age), Label: ageWords[age]})
	}
	fields := []*ui.Field{
		{Name: "organisation", Label: "Body", As: ui.Select{Options: organisations}},
		{Name: "below", Label: "And below it", As: ui.Select{Options: ui.Options("", "All bodies", itself, "None: itself alone")}},
		{Name: "result", Label: "Why", As: ui.Select{Options: results}},
		{Name: "age", Label: "Opened", As: ui.Select{Options: ages}},
	}
	n := a.names()
	if id := r.URL.Query().Get("product"); id != "" {
		fields = append(fields, chosen("product", "App or equipment", id, n.product(id)))
	}
	if id := r.URL.Query().Get("rule"); id != "" {
		fields = append(fields, chosen("rule", "Rule", id, n.rule(id)))
	}
	return narrowed(r, fields...)
}

// chosen is a field for what was chosen in a table: that, or any.
func chosen(name, label, id, text string) *ui.Field {
	return &ui.Field{Name: name, Label: label, As: ui.Select{Options: []ui.Option{{Value: "", Label: "Any"}, {Value: id, Label: text}}}}
}

// ageWords are when something came into breach.
var ageWords = map[room.Age]string{
	room.OpenedToday: "Today", room.OpenedWeek: "In the last 7 days, before today", room.OpenedMonth: "In the last 30 days, before that", room.OpenedOlder: "Longer ago",
}

// rule is what a rule is about, and its id.
func (n names) rule(id string) string {
	rule := n.view.Rule(id)
	if rule == nil {
		return id
	}
	switch t := rule.Target; {
	case t.Product != "":
		return n.product(t.Product) + " (" + id + ")"
	case t.Supplier != "":
		return "all of " + n.supplier(t.Supplier) + " (" + id + ")"
	}
	return id
}

// breachView is breaches as the page shows them.
type breachView struct {
	room.Breaches
	names names
	r     *http.Request
}

// with is the address of the page narrowed down further, from its first page of hosts on.
func (v breachView) with(pairs ...string) string {
	at, _ := url.Parse(ui.With(v.r.URL, "after", ""))
	for i := 0; i+1 < len(pairs); i += 2 {
		at, _ = url.Parse(ui.With(at, pairs[i], pairs[i+1]))
	}
	return at.String()
}

func (v breachView) nothing(narrowed bool) ui.Component {
	if narrowed {
		return ui.Empty{Text: "Nothing that is known is in breach in this way.", Do: ui.Link{Text: "Show all breaches", Href: "/breaches"}}
	}
	return ui.Empty{Text: "Nothing that is known is in breach. What is not heard from, nobody knows.", Do: ui.Link{Text: "See what is known", Href: "/coverage"}}
}

func (v breachView) summary() ui.Component {
	return ui.Paragraph{
		ui.Text(fmt.Sprintf("%s in breach, with %s. Devices that are not heard from are judged by what was last known:",
			ui.Count(v.Hosts.Len(), "device or piece of equipment is", "devices and pieces of equipment are"), ui.Count(v.Installations, "installation", "installations"))),
		ui.Link{Text: "see coverage", Href: "/coverage"},
	}
}

func (v breachView) ages() ui.Component {
	bars := ui.Bars{Caption: "Since when", Label: "Opened", Unit: "Installations"}
	for _, a := range v.Ages {
		bars.Items = append(bars.Items, ui.Bar{Label: ageWords[a.Age], Value: int64(a.Installations), Href: v.with("age", string(a.Age))})
	}
	return bars
}

// most draws those with the most hosts, and says in the caption where that is not all. A bar is made for no other:
// there may be tens of thousands.
func most[T any](bars ui.Bars, all []T, several string, hosts func(*T) int, bar func(*T) ui.Bar) ui.Component {
	shown := make([]*T, len(all))
	for i := range all {
		shown[i] = &all[i]
	}
	slices.SortStableFunc(shown, func(a, b *T) int { return cmp.Compare(hosts(b), hosts(a)) })
	if len(all) > chartBars {
		bars.Caption += fmt.Sprintf(": the %d with the most, of %s %s", chartBars, ui.Number(len(all)), several)
		shown = shown[:chartBars]
	}
	for _, is := range shown {
		b := bar(is)
		b.Value = int64(hosts(is))
		bars.Items = append(bars.Items, b)
	}
	return bars
}

func (v breachView) causes() ui.Component {
	bars := ui.Bars{Caption: "Why", Label: "Cause", Unit: "Devices and equipment"}
	return most(bars, v.Causes, "causes", func(c *index.CauseBreaches) int { return c.Hosts }, func(c *index.CauseBreaches) ui.Bar {
		label := causeWords[c.Result]
		if c.Rule != "" {
			label += ": " + v.names.rule(c.Rule)
		}
		return ui.Bar{Label: label, Href: v.with("result", c.Result.String(), "rule", c.Rule)}
	})
}

func (v breachView) products() ui.Component {
	bars := ui.Bars{Caption: "Which apps and equipment", Label: "App or equipment", Unit: "Devices and equipment"}
	return most(bars, v.Products, "apps and models", func(p *index.ProductBreaches) int { return p.Hosts }, func(p *index.ProductBreaches) ui.Bar {
		if p.Product != "" {
			return ui.Bar{Label: v.names.product(p.Product), Href: v.with("product", p.Product)}
		}
		name := plainly(p.Identifier)
		return ui.Bar{Label: strings.ReplaceAll(name, ".", ".\u200b"), Href: unlinkedOf(name, "")} // it may be long, and breaks at its dots
	})
}

func (v breachView) bodies() ui.Component {
	bars := ui.Bars{Caption: "Whose, each body by itself", Label: "Body", Unit: "Devices and equipment"}
	return most(bars, v.Organisations, "bodies", func(o *index.OrganisationBreaches) int { return o.Hosts }, func(o *index.OrganisationBreaches) ui.Bar {
		return ui.Bar{Label: v.names.organisation(o.Organisation), Href: v.with("organisation", o.Organisation, "below", itself)}
	})
}

func (v breachView) hosts() ui.Component {
	table := ui.Table{
		Caption: "Devices and equipment", At: v.r.URL,
		Columns: []ui.Column{{Title: "Device"}, {Title: "Body"}, {Title: "In breach", Main: true}, {Title: "Since"}, {Title: "Last report"}},
		Empty:   ui.Empty{Text: "No more of them come after this.", Do: ui.Link{Text: "Show the first of them", Href: v.with()}},
		Pages:   ui.PagesAt(v.r.URL, "devices", "", v.Next),
	}
	for i := range v.Page {
		h := &v.Page[i]
		table.Rows = append(table.Rows, ui.Row{
			hostName(h), ui.Text(v.names.organisation(h.Organisation)), v.things(h), v.since(h), v.heard(h),
		})
	}
	return table
}

// hostName is a host by its name, with its id below.
func hostName(h *room.BreachedHost) ui.Component {
	link := ui.Link{Text: h.ID, Href: DevicePath(h.ID)}
	if h.Name == "" {
		return ui.Named{Link: link}
	}
	link.Text = h.Name
	return ui.Named{Link: link, More: ui.Muted(h.ID)}
}

// thingsShown is how many things of one host are named.
const thingsShown = 3

func (v breachView) things(h *room.BreachedHost) ui.Component {
	if len(h.Breaches) == 1 {
		return v.thing(h, h.Breaches[0])
	}
	list := ui.List{}
	for i, b := range h.Breaches {
		if i == thingsShown && len(h.Breaches) > thingsShown+1 {
			list.Items = append(list.Items, ui.Muted(fmt.Sprintf("and %d more", len(h.Breaches)-i)))
			break
		}
		list.Items = append(list.Items, v.thing(h, b))
	}
	return list
}

// plainly is an identifier as people read it: what is known by its name alone is called so.
func plainly(identifier string) string { return strings.TrimPrefix(identifier, platform.NamePrefix) }

// thing is something in breach; and since when it is what its verdict says, where the host was in breach before.
func (v breachView) thing(h *room.BreachedHost, b room.BreachedThing) ui.Component {
	text := plainly(b.Identifier)
	if b.Product != "" {
		text = v.names.product(b.Product)
	}
	if b.Version != "" {
		text += " " + b.Version
	}
	text += " – " + cmp.Or(causeWords[b.Verdict], b.Verdict.String())
	if h.Since.Before(b.Since) {
		text += " since " + ui.Day{At: b.Since.Time(), Now: ui.Now(v.r)}.Absolute()
	}
	return ui.Text(text)
}

func (v breachView) since(h *room.BreachedHost) ui.Component {
	if h.Since.IsZero() {
		return ui.Muted("Just now")
	}
	return ui.Time{At: h.Since.Time(), Now: ui.Now(v.r), Short: true}
}

func (v breachView) heard(h *room.BreachedHost) ui.Component {
	switch {
	case h.Kind == policy.EquipmentHost:
		return ui.Muted("Does not report")
	case h.Heard == 0:
		return ui.Muted("Never")
	}
	at := ui.Time{At: minute(h.Heard), Now: ui.Now(v.r), Short: true}
	if at.At.Before(ui.Now(v.r).Add(-room.SilentAfter)) {
		return ui.Line{at, ui.Tag{Text: "Silent", Tone: ui.Waiting}}
	}
	return at
}
