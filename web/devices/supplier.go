package devices

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portcullis/approvals"
	room "portcullis/devices"
	"portcullis/devices/index"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/ui"
)

// suppliers finds makers by name.
func (a *area) suppliers(w http.ResponseWriter, r *http.Request) error {
	filter, err := narrowed(r, &ui.Field{Name: "q", Label: "Name", As: ui.Input{Type: "search"}})
	if err != nil {
		return err
	}
	found, err := a.Devices.Suppliers(r.Context(), actor(r), room.SuppliersQuery{Words: filter.Value("q"), After: r.URL.Query().Get("after"), Limit: perPage})
	if err != nil {
		return err
	}
	n := a.names()
	table := ui.Table{
		Caption: "Makers", Unseen: true, At: r.URL, Columns: []ui.Column{{Title: "Company"}, {Title: "Owned by"}, {Title: "Products", Number: true}},
		Empty: ui.Empty{Text: "No company is called so.", Do: ui.Link{Text: "Look among apps and equipment", Href: "/apps?" + url.Values{"q": {filter.Value("q")}}.Encode()}},
		Pages: ui.PagesAt(r.URL, "makers", "", found.Next),
	}
	for _, f := range found.Suppliers {
		var owners []string
		for _, o := range f.Owners {
			owners = append(owners, n.supplier(o.Supplier))
		}
		table.Rows = append(table.Rows, ui.Row{
			ui.Link{Text: cmp.Or(f.Supplier.Name, f.Supplier.ID), Href: SupplierPath(f.Supplier.ID)}, ui.Text(strings.Join(owners, ", ")), ui.Number(f.Products),
		})
	}
	page := ui.Page{Title: "Makers", Wide: true, Crumbs: []ui.Link{{Text: "Apps", Href: "/apps"}}, Content: []ui.Component{
		ui.Para(ui.Capital(ui.Count(found.Total, "company", "companies")) + "."), filter, table,
	}}
	drawing, err := a.suppliersDrawing(r, found.Suppliers)
	if err != nil {
		return err
	}
	if drawing != nil {
		page.Content = append(page.Content, ui.Heading("How they hang together"), drawing)
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// supplier shows everything of one maker.
func (a *area) supplier(w http.ResponseWriter, r *http.Request) error {
	filter, err := a.narrowedToBody(r)
	if err != nil {
		return err
	}
	found, err := a.Devices.Supplier(r.Context(), actor(r), idIn(r), filter.Value("organisation"))
	if err != nil {
		return err
	}
	n := a.names()
	record, err := a.recordTable(r, register.Suppliers, found.Supplier.ID, func(_, _ *policy.World) string { return "Changed" })
	if err != nil {
		return err
	}
	owners, err := a.proposeOwner(r, found.Supplier.ID)
	if err != nil {
		return err
	}
	ways, err := a.waysBesides(r, found.Rules, found.Owners, policy.Target{Supplier: found.Supplier.ID}, "Ban all of theirs…", "What if everything of theirs were banned?")
	if err != nil {
		return err
	}
	drawing, err := a.supplierDrawing(r, found.Supplier.ID)
	if err != nil {
		return err
	}
	page := ui.Page{Title: cmp.Or(found.Supplier.Name, found.Supplier.ID), Caption: "Maker", Wide: true, Crumbs: []ui.Link{{Text: "Apps", Href: "/apps"}, {Text: "Makers", Href: "/suppliers"}}}
	page.Content = []ui.Component{
		supplierFacts(&found),
		append(ways, owners...),
		ui.Heading("Where it is"), filter, n.supplierBars(&found),
		ui.Heading("How it hangs together"), drawing,
		place{"theirs", ui.Heading("Apps of theirs")}.shown(), n.productsTable(found.Where.Products, found.Kinds, policy.App, "No app of theirs is known."),
		ui.Heading("Equipment of theirs"), n.productsTable(found.Where.Products, found.Kinds, policy.Equipment, "No equipment of theirs is known."),
		ui.Heading("Products of others that carry their code"), n.carriersTable(found.Where.Carriers, found.Where.Inside),
		ui.Heading("Owned by"), n.makersTable(r, "Owned by", found.Owners, "Nobody has said who owns them.", func(m room.Maker) ui.Link {
			return ui.Link{Text: n.supplier(m.Supplier), Href: SupplierPath(m.Supplier)}
		}),
		place{"owns", ui.Heading("Owns")}.shown(), n.makersTable(r, "Owns", found.Owned, "No company is known that they own.", func(m room.Maker) ui.Link { return ui.Link{Text: n.supplier(m.Of), Href: SupplierPath(m.Of)} }),
		ui.Heading("Rules that name them"), n.rulesTable(r, found.Rules, "No rule names them, or a company that owns them."),
		ui.Details{Summary: "What is recorded", Content: []ui.Component{record, recordPast(register.Suppliers, found.Supplier.ID)}},
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// waysBesides are waysToBan beside what is decided and proposed already: where something is banned, or a ban of it waits
// to be signed, another one is not the first thing to do, and the way to what waits comes before it. A ban of a company
// that stands behind it now is one of it.
func (a *area) waysBesides(r *http.Request, rules []room.Reaching, behind []room.Maker, t policy.Target, ban, see string) (ui.ButtonGroup, error) {
	ways := waysToBan(r, t, ban, see)
	if len(ways) < 2 {
		return ways, nil // who may propose nothing
	}
	targets := []policy.Target{t}
	for _, m := range behind {
		if company := (policy.Target{Supplier: m.Supplier}); m.Holds && !slices.Contains(targets, company) {
			targets = append(targets, company)
		}
	}
	var open []approvals.Proposal
	for i := 0; i < len(targets) && len(open) == 0; i++ {
		var err error
		if open, err = a.Approvals.OpenBans(r.Context(), actor(r), targets[i]); err != nil {
			return nil, err
		}
	}
	banned := slices.ContainsFunc(rules, func(one room.Reaching) bool { return one.Holds && one.Rule.Effect != policy.Allow })
	if banned || len(open) > 0 {
		ways[0].Kind = ui.Secondary
	}
	if len(open) > 0 {
		ways = slices.Insert(ways, 0, ui.Button{Text: "See the ban that is proposed", Href: approvals.Link(open[0].ID), Kind: ui.Secondary})
	}
	return ways, nil
}

func supplierFacts(found *room.Supplier) ui.Summary {
	w := &found.Where
	facts := ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Theirs is on", Value: ui.Text(ui.Capital(hosts(w.Itself)))},
		{Key: "Their code is inside something else on", Value: ui.Text(ui.Capital(hosts(w.Inside)))},
		{Key: "One or the other", Value: ui.Text(ui.Capital(hosts(w.Either)))},
	}}
	if w.Perhaps.Hosts > 0 {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Perhaps on", Value: ui.Text(hosts(w.Perhaps) + " more: " + perhapsWhy("an identifier of theirs, or of what carries their code,"))})
	}
	if len(found.Supplier.Aliases) > 0 {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Also called", Value: ui.Text(strings.Join(found.Supplier.Aliases, ", "))})
	}
	return facts
}

func (n names) supplierBars(found *room.Supplier) ui.Component {
	bars := ui.Bars{Caption: "Theirs, by body", Label: "Body", Unit: "Devices and equipment"}
	inside := ui.Bars{Caption: "Their code inside something else, by body", Label: "Body", Unit: "Devices and equipment"}
	for _, o := range found.Where.Organisations {
		if o.Itself > 0 {
			bars.Items = append(bars.Items, ui.Bar{Label: n.organisation(o.Organisation), Value: int64(o.Itself)})
		}
		if o.Inside > 0 {
			inside.Items = append(inside.Items, ui.Bar{Label: n.organisation(o.Organisation), Value: int64(o.Inside)})
		}
	}
	var shown ui.Stack
	for _, b := range []ui.Bars{bars, inside} {
		if len(b.Items) > 0 {
			shown = append(shown, byBody(b))
		}
	}
	if len(shown) == 0 {
		return ui.Empty{Text: "Nothing of theirs is on any device or site that you may see."}
	}
	return shown
}

// productsTable is products of one kind.
func (n names) productsTable(all []index.ProductCount, kinds map[string]policy.Kind, kind policy.Kind, empty string) ui.Component {
	t := ui.Table{Caption: kindName(kind), Unseen: true, Columns: []ui.Column{{Title: "Product"}, {Title: "Devices", Number: true}}, Empty: ui.Empty{Text: empty}}
	if kind == policy.Equipment {
		t.Columns[1].Title = "Pieces"
	}
	for _, p := range all {
		if kinds[p.Product] == kind {
			t.Rows = append(t.Rows, ui.Row{ui.Link{Text: n.product(p.Product), Href: AppPath(p.Product)}, ui.Number(p.Hosts)})
		}
	}
	if kind == policy.Equipment {
		return folded(t, "product", "products")
	}
	return folded(t, "app", "apps")
}
