package enforce

import (
	"cmp"
	"embed"
	"net/http"
	"slices"
	"strings"

	"portcullis/approvals"
	room "portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

//go:embed *.html
var files embed.FS

var templates = ui.Parse(files)

// DryRunPath is where it is shown what would change on devices if a proposal were signed.
func DryRunPath(proposal string) string { return approvals.Link(proposal) + "/dry-run" }

// mostLines is how many lines of a difference a page has; the interface for programs has all.
const mostLines = 400

// choose asks which list is meant.
type choose struct {
	At, Label, Button string
	Fields            []*ui.Field
}

func (c choose) shown() ui.Component { return templates.View("choose", c) }

// dryRun shows what would change in one list if a proposal were signed now.
func (a *area) dryRun(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	view, err := a.Approvals.Proposal(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	bodies, err := a.bodies(r)
	if err != nil {
		return err
	}
	fields := []*ui.Field{
		{Name: "form", Label: "The list", As: ui.Select{Options: forms()}},
		{Name: "organisation", Label: "For the devices of", As: ui.Select{Options: bodies}},
		{Name: "host", Label: "Or one device, by its id", As: ui.Input{}},
	}
	if _, err := devicepages.Narrowed(r, fields...); err != nil {
		return err
	}
	if asked := r.URL.Query(); asked.Get("form") == "" {
		first := a.first(&view.Draft, bodies)
		fields[0].Values, fields[1].Values, fields[2].Values = []string{first.Form}, []string{first.Organisation}, []string{first.Host}
	} else if asked.Get("host") != "" { // it is where it is
		fields[1].Values = nil
	}
	page := ui.Page{Title: "What would change on devices", Caption: "If this is signed", Wide: true,
		Crumbs:  []ui.Link{{Text: "Proposals", Href: "/proposals"}, {Text: "What is proposed", Href: approvals.Link(id)}},
		Content: []ui.Component{choose{r.URL.Path, "Choose another list", "Show what would change", fields}.shown()}}
	q := queryOf(fields)
	d, err := a.Enforce.DryRun(r.Context(), actor(r), a.Approvals, id, q)
	if faults := fault.Fields(err); len(faults) > 0 && !fault.Is(err, fault.Refused) && !fault.Is(err, fault.SignedOut) {
		page.Content = append(page.Content, ui.Inset{ui.Para(faults[0].Message + ".")})
		return ui.Render(w, r, http.StatusOK, page)
	}
	if err != nil {
		return err
	}
	page.Content = append(page.Content, a.outcome(r, d)...)
	return ui.Render(w, r, http.StatusOK, page)
}

// forms are the lists to choose from: of a form for several platforms, one for each.
func forms() (options []ui.Option) {
	for i := range room.Forms {
		f := &room.Forms[i]
		if len(f.Platforms) < 2 {
			options = append(options, ui.Option{Value: f.Name, Label: f.Title})
			continue
		}
		for _, p := range f.Platforms {
			options = append(options, ui.Option{Value: f.Name + "." + p.String(), Label: f.Title + ": " + platformOf(p)})
		}
	}
	return options
}

// queryOf is what the fields ask for.
func queryOf(fields []*ui.Field) room.Query {
	form, on, _ := strings.Cut(fields[0].Value(), ".")
	q := room.Query{Form: form, Organisation: fields[1].Value(), Host: fields[2].Value()}
	q.Platform, _ = policy.ParsePlatform(on)
	return q
}

// usual is the list that is shown first, by platform.
var usual = map[policy.Platform]string{
	policy.Android: "android", policy.IOS: "apple-profile", policy.MacOS: "santa", policy.Windows: "applocker", policy.Linux: "fapolicyd",
	policy.ChromeOS: "chromium.chrome", policy.Chrome: "chromium.chrome", policy.MSEdge: "chromium.edge", policy.Firefox: "firefox",
}

// first is the list that is shown before anybody chooses: of the body and of a platform that a draft is about.
func (a *area) first(d *approvals.Draft, bodies []ui.Option) (q room.Query) {
	n := a.names()
	q.Organisation = d.Organisation
	on, products := policy.Platform(0), []string{}
	rule := d.Rule
	if d.Ends != nil {
		rule = n.Rule(d.Ends.Rule)
	}
	switch {
	case rule != nil:
		q.Organisation, products = rule.Scope, about(n.World(), rule)
		if len(rule.Platforms) > 0 {
			on = rule.Platforms[0]
		}
	case d.Exemption != nil:
		q.Organisation, q.Host, products = d.Exemption.Scope, d.Exemption.Subject.Host, []string{d.Exemption.Product}
	case d.Move != nil:
		q.Organisation = d.Move.Body
	case d.Product != nil:
		products = []string{d.Product.ID}
	}
	if d.Found != nil {
		on = d.Found.Platform
	}
	if h, known := a.Devices.Fleet.Index().Host(q.Host); known {
		on, q.Organisation = h.Platform, ""
	} else if q.Host = ""; !slices.ContainsFunc(bodies, func(o ui.Option) bool { return o.Value == q.Organisation }) && len(bodies) > 0 {
		q.Organisation = bodies[0].Value
	}
	if on == 0 {
		on = platformIn(n.World(), products)
	}
	q.Form = cmp.Or(usual[on], usual[policy.Android])
	return q
}

// about are the products that a rule is about itself.
func about(w *policy.World, rule *policy.Rule) (products []string) {
	if rule.Target.Product != "" {
		return []string{rule.Target.Product}
	}
	for i := range w.Products {
		if rule.Target.Supplier != "" && w.Products[i].Supplier == rule.Target.Supplier {
			products = append(products, w.Products[i].ID)
		}
	}
	return products
}

// platformIn is the first platform on which one of the products is known.
func platformIn(w *policy.World, products []string) (first policy.Platform) {
	for i := range w.Products {
		if !slices.Contains(products, w.Products[i].ID) {
			continue
		}
		for on := range w.Products[i].Identifiers {
			if first == 0 || on < first {
				first = on
			}
		}
	}
	return first
}

// outcome is what would change.
func (a *area) outcome(r *http.Request, d *room.DryRun) []ui.Component {
	when := "If it is signed now, the list changes at once."
	if d.From.After(ui.Now(r)) {
		when = "It begins on " + ui.Time{At: d.From, Now: ui.Now(r)}.Absolute() + ". This is what changes then."
	}
	before, after := d.Before.List, d.After.List
	number := len(d.Changes) + len(d.Domains)
	if number == 0 && denies(before) == denies(after) {
		text := "Nothing would change in this list. It may in that of another platform or another body."
		if d.Diff != "" {
			text = "Nothing that this list says of an app would change. What the file says of itself would: it is below."
		}
		return []ui.Component{ui.Empty{Text: text}, lines(d)}
	}
	shown := []ui.Component{ui.Para(when)}
	if denies(before) != denies(after) {
		shown = append(shown, ui.Summary{Rows: []ui.SummaryRow{{Key: "What it does not name", Value: ui.Line{shut(before), ui.Text("now;"), shut(after), ui.Text("then")}}}})
	}
	if len(d.Changes) > 0 {
		shown = append(shown, entriesTable(d))
	}
	if len(d.Domains) > 0 {
		shown = append(shown, domainsTable(d))
	}
	if d.Diff == "" {
		shown = append(shown, ui.Inset{ui.Para("The file stays the same: this form has no way to say what changes. It is found by reports, and not stopped.")})
	}
	return append(shown, lines(d))
}

func entriesTable(d *room.DryRun) ui.Component {
	t := ui.Table{Caption: ui.Capital(ui.Count(len(d.Changes), "app", "apps")) + " would be treated otherwise", Columns: []ui.Column{{Title: "App"}, {Title: "Now"}, {Title: "Then"}}}
	for _, c := range d.Changes[:min(len(d.Changes), mostNamed)] {
		e := cmp.Or(c.Is, c.Was)
		name := ui.Named{Link: ui.Link{Text: cmp.Or(e.Name, e.Identifier)}}
		if e.Name != "" {
			name.More = ui.Muted(e.Identifier)
		}
		was, is := said(d.Before.List, c.Was), said(d.After.List, c.Is)
		if was == is {
			was, is = was+signed(c.Was), is+signed(c.Is)
		}
		t.Rows = append(t.Rows, ui.Row{name, ui.Text(was), ui.Text(is)})
	}
	return ui.Stack{t, rest(len(d.Changes))}
}

// signed is by whom something may be signed, where nothing else tells entries apart.
func signed(e *platform.Entry) string {
	if e == nil || len(e.Signers) == 0 {
		return ""
	}
	return ": " + strings.Join(e.Signers, ", ")
}

func domainsTable(d *room.DryRun) ui.Component {
	t := ui.Table{Caption: ui.Capital(ui.Count(len(d.Domains), "name", "names")) + " on the network would be treated otherwise", Columns: []ui.Column{{Title: "Name"}, {Title: "Now"}, {Title: "Then"}}}
	for _, c := range d.Domains[:min(len(d.Domains), mostNamed)] {
		was, is := "Answered", "Denied, with all below it"
		if !c.Is {
			was, is = is, was
		}
		t.Rows = append(t.Rows, ui.Row{ui.Text(c.Name), ui.Text(was), ui.Text(is)})
	}
	return ui.Stack{t, rest(len(d.Domains))}
}

// rest says how many there are besides those that a page names.
func rest(of int) ui.Component {
	if of <= mostNamed {
		return nil
	}
	return ui.Para("And " + ui.Number(of-mostNamed).String() + " more, which a program gets from " + programs + ".")
}

// programs is where programs ask for what would change.
const programs = "/api/v1/proposals/{id}/dry-run"

// lines are the lines of the file that would differ, folded.
func lines(d *room.DryRun) ui.Component {
	if d.Diff == "" {
		return nil
	}
	all := strings.SplitAfter(strings.TrimSuffix(d.Diff, "\n"), "\n")
	number := 0
	for i, line := range all {
		if i > 2 && (strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-")) {
			number++
		}
	}
	shown := ui.Details{Summary: "The file, line by line: " + ui.Count(number, "line differs", "lines differ"),
		Content: []ui.Component{templates.View("diff", strings.Join(all[:min(len(all), mostLines)], ""))}}
	if len(all) > mostLines {
		shown.Content = append(shown.Content, ui.Para("The rest is not shown here. A program gets all of it from "+programs+"."))
	}
	return shown
}
