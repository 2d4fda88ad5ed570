package devices

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	room "portcullis/devices"
	"portcullis/devices/index"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/ui"
)

// maker leads to a supplier; one that is not known is said to be so.
func (n names) maker(supplier string) ui.Component {
	if supplier == "" {
		return ui.Muted("Not known")
	}
	return ui.Link{Text: n.supplier(supplier), Href: SupplierPath(supplier)}
}

// makerOf is who makes a product: where another is known to make it than who sells it, that one, and below it who sells
// it; else the given seller.
func (n names) makerOf(r *http.Request, p *policy.Product, seller ui.Component) ui.Component {
	var makers []ui.Component
	for _, e := range p.MadeBy {
		if e.Contains(ui.Now(r)) {
			makers = append(makers, n.maker(e.Supplier))
		}
	}
	if len(makers) == 0 || p.Supplier == "" {
		return seller
	}
	return stacked(append(makers, ui.Line{ui.Muted("sold by"), n.maker(p.Supplier)}))
}

// app shows one product.
func (a *area) app(w http.ResponseWriter, r *http.Request) error {
	filter, err := a.narrowedToBody(r)
	if err != nil {
		return err
	}
	app, err := a.Devices.App(r.Context(), actor(r), idIn(r), filter.Value("organisation"))
	if err != nil {
		return err
	}
	n := a.names()
	record, err := a.recordTable(r, register.Products, app.Product.ID, n.productChange)
	if err != nil {
		return err
	}
	page := ui.Page{Title: cmp.Or(app.Product.Name, app.Product.ID), Caption: kindName(app.Product.Kind), Wide: true, Crumbs: []ui.Link{{Text: "Apps", Href: "/apps"}}}
	asks, err := a.askForApp(r, &app)
	if err != nil {
		return err
	}
	ways, err := a.waysBesides(r, app.Rules, app.Makers, policy.Target{Product: app.Product.ID}, "Ban this…", "What if this were banned?")
	if err != nil {
		return err
	}
	page.Content = []ui.Component{n.appFacts(r, &app), append(ways, asks...)}
	if app.Where.Itself.Hosts > 0 {
		page.Content = append(page.Content, n.verdictsTable(&app.Where))
	}
	page.Content = append(page.Content,
		ui.Heading("Rules that reach it"), n.rulesTable(r, app.Rules, "No rule reaches it: where a list is enforced, it is not on it."),
		ui.Heading("Where it is"), filter)
	page.Content = append(page.Content, n.whereParts(&app)...)
	exemptions, err := a.withNames(r, app.Exemptions)
	if err != nil {
		return err
	}
	var looked ui.Component
	if a.Looked != nil {
		if looked, err = a.Looked(r, &app.Product); err != nil {
			return err
		}
	}
	page.Content = append(page.Content,
		ui.Heading("Exemptions"), n.exemptionsTable(r, exemptions, app.Others),
		ui.Heading("Who makes it"), n.makersTable(r, "Who makes it", app.Makers, "Nobody has said who makes it.", func(m room.Maker) ui.Link {
			return ui.Link{Text: n.supplier(m.Supplier), Href: SupplierPath(m.Supplier)}
		}),
		ui.Heading("What it contains"), n.partsTable(app.Contains), looked,
		ui.Heading("What contains it"), n.carriersTable(app.Where.Carriers, app.Where.Inside),
		ui.Details{Summary: "Identifiers", Content: []ui.Component{identifiersTable(&app.Product)}},
		ui.Details{Summary: "What is recorded", Content: []ui.Component{record, recordPast(register.Products, app.Product.ID)}},
	)
	return ui.Render(w, r, http.StatusOK, page)
}

// hosts is a count in words: "12 devices", "3 devices and 2 pieces of equipment".
func hosts(c index.Count) string {
	switch devices, equipment := ui.Count(c.Devices, "device", "devices"), ui.Count(c.Equipment, "piece of equipment", "pieces of equipment"); {
	case c.Equipment == 0:
		return devices
	case c.Devices == 0:
		return equipment
	default:
		return devices + " and " + equipment
	}
}

// perhapsWhy explains what is counted as perhaps being something.
func perhapsWhy(whose string) string {
	return "something there has " + whose + " on a platform on which it is no product’s. A ban covers that too"
}

// perhapsAmong is how many of those that a rule reaches it reaches for nothing else.
func perhapsAmong(n int) ui.SummaryRow {
	return ui.SummaryRow{Key: "Perhaps, of these", Value: ui.Text(ui.Capital(affectedCount(n)) + ": nothing there is known to be it, but " + perhapsWhy("an identifier of it"))}
}

func (n names) appFacts(r *http.Request, app *room.App) ui.Summary {
	w := &app.Where
	facts := ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Maker", Value: n.makerOf(r, &app.Product, n.maker(app.Product.Supplier))},
		{Key: "Installed on", Value: ui.Text(ui.Capital(hosts(w.Itself)))},
	}}
	add := func(key string, value ui.Component) {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: key, Value: value})
	}
	if w.InBreach.Hosts > 0 {
		add("In breach on", ui.Line{ui.Text(hosts(w.InBreach)), ui.Tag{Text: "In\u00a0breach", Tone: ui.Bad}})
	} else {
		add("In breach on", ui.Text("None"))
	}
	if w.Inside.Hosts > 0 {
		add("Inside something else on", ui.Text(hosts(w.Inside)+"; in one way or the other on "+hosts(w.Either)))
	}
	if w.Perhaps.Hosts > 0 {
		add("Perhaps on", ui.Text(hosts(w.Perhaps)+" more: "+perhapsWhy("its identifier")))
	}
	if len(app.Product.Aliases) > 0 {
		add("Also called", ui.Text(strings.Join(app.Product.Aliases, ", ")))
	}
	if len(app.Product.BuiltinOn) > 0 {
		add("Comes with", ui.Text(platformList(app.Product.BuiltinOn)))
	}
	if len(app.Product.Domains) > 0 {
		add("Domains", ui.Text(strings.Join(app.Product.Domains, ", ")))
	}
	return facts
}

// whereParts are the numbers of a product: by body, by platform and by version.
func (n names) whereParts(app *room.App) []ui.Component {
	w := &app.Where
	itself := ui.Bars{Caption: "Installed, by body", Label: "Body", Unit: "Devices", Empty: ui.Empty{Text: "It is installed nowhere."}}
	inside := ui.Bars{Caption: "Inside something else, by body", Label: "Body", Unit: "Devices"}
	for _, o := range w.Organisations {
		if o.Itself > 0 {
			itself.Items = append(itself.Items, ui.Bar{Label: n.organisation(o.Organisation), Value: int64(o.Itself)})
		}
		if o.Inside > 0 {
			inside.Items = append(inside.Items, ui.Bar{Label: n.organisation(o.Organisation), Value: int64(o.Inside)})
		}
	}
	if app.Product.Kind == policy.Equipment {
		itself.Unit, inside.Unit = "Pieces", "Pieces"
	}
	parts := []ui.Component{byBody(itself)}
	if len(inside.Items) > 0 {
		parts = append(parts, byBody(inside))
	}
	if w.Itself.Hosts == 0 {
		return parts
	}
	return append(parts, platformsTable(w.Platforms), versionsTable(w))
}

func (n names) verdictsTable(w *index.Where) ui.Table {
	t := ui.Table{Caption: "What the rules say", Columns: []ui.Column{{Title: "Verdict"}, {Title: "By"}, {Title: "Devices", Number: true}}}
	for _, c := range w.Causes {
		by := ui.Component(ui.Muted("No rule allows it"))
		if c.Rule != "" {
			by = ui.Link{Text: n.ruleText(c.Rule), Href: RulePath(c.Rule)}
		}
		t.Rows = append(t.Rows, ui.Row{ui.Line{ui.Text(causeWords[c.Result]), ui.Tag{Text: "In\u00a0breach", Tone: ui.Bad}}, by, ui.Number(c.Hosts)})
	}
	t.Rows = append(t.Rows, ui.Row{ui.Text("Not in breach"), ui.Muted("Allowed, exempt, personal, or only watched"), ui.Number(w.Itself.Hosts - w.InBreach.Hosts)})
	return t
}

// ruleText is what a rule says, and its id where it is not there any more.
func (n names) ruleText(id string) string {
	if rule := n.view.Rule(id); rule != nil {
		return n.sentence(rule)
	}
	return id
}

func platformsTable(platforms []index.PlatformCount) ui.Table {
	t := ui.Table{Caption: "Platforms", Columns: []ui.Column{{Title: "Platform"}, {Title: "Devices", Number: true}}}
	for _, p := range platforms {
		t.Rows = append(t.Rows, ui.Row{ui.Text(platformName(p.Platform)), ui.Number(p.Hosts)})
	}
	return t
}

func versionsTable(w *index.Where) ui.Component {
	t := ui.Table{Caption: "Versions, the newest first", Columns: []ui.Column{{Title: "Version"}, {Title: "Devices", Number: true}}}
	for _, v := range w.Versions {
		t.Rows = append(t.Rows, ui.Row{ui.Text(cmp.Or(v.Version, "Not known")), ui.Number(v.Hosts)})
	}
	if w.Older.Versions > 0 {
		t.Rows = append(t.Rows, ui.Row{ui.Text(ui.Count(w.Older.Versions, "older version", "older versions")), ui.Number(w.Older.Hosts)})
	}
	return folded(t, "version", "versions")
}

func (n names) partsTable(parts []room.Part) ui.Component {
	t := ui.Table{
		Caption: "What it contains", Unseen: true, Columns: []ui.Column{{Title: "Component"}, {Title: "In"}, {Title: "Versions that contain it"}},
		Empty: ui.Empty{Text: "Nothing is known of what it contains. That is not to say that it contains nothing."},
	}
	for _, p := range parts {
		versions := "All"
		if text := versionsText(p.Versions); text != "" {
			versions = ui.Capital(strings.TrimPrefix(text, ", in versions "))
		}
		t.Rows = append(t.Rows, ui.Row{ui.Branch{Link: ui.Link{Text: n.product(p.Product), Href: AppPath(p.Product)}, Below: n.product(p.In), Depth: p.Depth}, ui.Text(n.product(p.In)), ui.Text(versions)})
	}
	return folded(t, "component", "components")
}

func (n names) carriersTable(carriers []index.ProductCount, all index.Count) ui.Component {
	t := ui.Table{
		Caption: "What contains it", Unseen: true, Columns: []ui.Column{{Title: "Product"}, {Title: "Devices", Number: true}},
		Empty: ui.Empty{Text: "Nothing that is known contains it."},
	}
	for _, c := range carriers {
		t.Rows = append(t.Rows, ui.Row{ui.Link{Text: n.product(c.Product), Href: AppPath(c.Product)}, ui.Number(c.Hosts)})
	}
	if len(carriers) > 1 {
		t.Total = ui.Row{ui.Text("Together, each device once"), ui.Number(all.Hosts)}
	}
	return folded(t, "product", "products")
}

func identifiersTable(p *policy.Product) ui.Component {
	t := ui.Table{
		Caption: "Identifiers", Unseen: true, Columns: []ui.Column{{Title: "Identifier"}, {Title: "Platform"}, {Title: "Signed by"}},
		Empty: ui.Empty{Text: "It has no identifier: reports find an app by one, and equipment is entered by its product."},
	}
	for platform := policy.Android; int(platform) < len(policy.PlatformWords); platform++ {
		for _, id := range p.Identifiers[platform] {
			signers := ui.Stack{}
			for _, s := range id.Signers {
				signers = append(signers, ui.ID{Value: s, Of: "signer"})
			}
			if len(signers) == 0 {
				signers = append(signers, ui.Muted("Anybody"))
			}
			t.Rows = append(t.Rows, ui.Row{ui.ID{Value: id.ID, Of: "app"}, ui.Text(platformName(platform)), signers})
		}
	}
	return folded(t, "identifier", "identifiers")
}

// productChange is what is another in a product than it was.
func (n names) productChange(was, is *policy.World) string {
	if len(was.Products) == 0 || len(is.Products) == 0 {
		return "Changed"
	}
	before, after := &was.Products[0], &is.Products[0]
	var changes []string
	for platform, ids := range after.Identifiers {
		for _, id := range ids {
			if !slices.ContainsFunc(before.Identifiers[platform], func(b policy.Identifier) bool { return b.ID == id.ID }) {
				changes = append(changes, "linked "+id.ID+" on "+platformName(platform))
			}
		}
	}
	slices.Sort(changes)
	if before.Name != after.Name {
		changes = append(changes, "renamed from "+before.Name)
	}
	if before.Supplier != after.Supplier {
		changes = append(changes, "the maker is "+cmp.Or(n.supplier(after.Supplier), "not known"))
	}
	return ui.Capital(cmp.Or(strings.Join(changes, "; "), "changed"))
}
