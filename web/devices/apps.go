package devices

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/ui"
)

// apps finds products by what people call them.
func (a *area) apps(w http.ResponseWriter, r *http.Request) error {
	filter, err := a.narrowedToBody(r,
		&ui.Field{Name: "q", Label: "Name, maker or identifier", As: ui.Input{Type: "search"}},
		&ui.Field{Name: "kind", Label: "Kind", As: ui.Select{Options: ui.Options("", "Apps and equipment", "app", "Apps", "equipment", "Equipment")}})
	if err != nil {
		return err
	}
	kind, _ := policy.ParseKind(filter.Value("kind"))
	found, err := a.Devices.Apps(r.Context(), actor(r), room.AppsQuery{
		Words: filter.Value("q"), Kind: kind, Organisation: filter.Value("organisation"), After: r.URL.Query().Get("after"), Limit: perPage,
	})
	if err != nil {
		return err
	}
	makers, err := a.otherMakers(r, filter.Value("q"), &found)
	if err != nil {
		return err
	}
	table := a.appsTable(r, &found)
	table.Empty = ui.Empty{Text: "No product is called so. It may be on devices all the same, by an identifier that is no product’s yet.", Do: ui.Link{Text: "Look among those", Href: unlinkedOf(filter.Value("q"), filter.Value("organisation"))}}
	page := ui.Page{Title: "Apps", Wide: true, Content: []ui.Component{
		ui.Paragraph{ui.Text(ui.Capital(ui.Count(found.Total, "product", "products")) + "."), ui.Link{Text: "Makers", Href: "/suppliers"}, ui.Text("·"), ui.Link{Text: "Identifiers that are no product’s yet", Href: "/unlinked"}},
		filter,
	}}
	switch {
	case makers == nil:
		page.Content = append(page.Content, table)
	case len(found.Apps) == 0:
		page.Content = append(page.Content, makers, table)
	default:
		page.Content = append(page.Content, table, makers)
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// appsTable shows products that were found: who makes each, where it is, what has been decided, and for whoever may
// propose it the way to a ban. Above those of a maker who is called so stands the maker.
func (a *area) appsTable(r *http.Request, found *room.Apps) ui.Table {
	n, proposes := a.names(), may(r, people.Propose)
	table := ui.Table{
		Caption: "Apps and equipment", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Name"}, {Title: "Maker"}, {Title: "Devices and equipment", Number: true}, {Title: "Bodies", Number: true}, {Title: "Decided"}},
		Pages:   ui.PagesAt(r.URL, "apps", "", found.Next),
	}
	if proposes {
		table.Columns = append(table.Columns, ui.Column{Title: "What you can do", Unseen: true})
	}
	carriers := n.carriers()
	for i := range found.Apps {
		f := &found.Apps[i]
		if f.Of != nil && (i == 0 || found.Apps[i-1].Of != f.Of) {
			table.Rows = append(table.Rows, makerRow(f.Of, found.Makers[f.Of.ID], proposes))
		}
		called := cmp.Or(f.Product.Name, f.Product.ID)
		kind := kindName(f.Product.Kind)
		if inside := carriers[f.Product.ID]; inside > 0 {
			kind += ", inside " + ui.Count(inside, "other product", "other products")
		}
		more := ui.Line{ui.Muted(kind)}
		if f.By != "" {
			more = append(more, ui.Muted(f.By))
		}
		row := ui.Row{
			foundCell(f, ui.Link{Text: called, Href: AppPath(f.Product.ID)}, more), n.makerOf(r, f.Product, n.makerOwned(f)), ui.Number(f.Hosts), ui.Number(f.Bodies), n.bansCell(f.Bans),
		}
		if proposes {
			row = append(row, ui.Link{Text: "Ban this…", Hidden: "that is " + called, Href: banAt(policy.Target{Product: f.Product.ID})})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// carriers counts the products that contain each of the others: one that is installed nowhere may be inside what is.
func (n names) carriers() map[string]int {
	count, products := map[string]int{}, n.view.World.Products
	for i := range products {
		seen := map[string]bool{}
		for _, c := range products[i].Contains {
			if !seen[c.Product] {
				seen[c.Product] = true
				count[c.Product]++
			}
		}
	}
	return count
}

// makerRow is a maker above their products.
func makerRow(s *policy.Supplier, products int, proposes bool) ui.Row {
	nothing := ui.Text("")
	row := ui.Row{ui.Named{Link: ui.Link{Text: supplierName(s), Href: SupplierPath(s.ID)}, More: ui.Muted("Maker, " + ui.Count(products, "product", "products"))}, nothing, nothing, nothing, nothing}
	if proposes {
		row = append(row, banTheirs(s))
	}
	return row
}

// foundCell is a product that was found, below its maker where that is who was found.
func foundCell(f *room.AppFound, link ui.Link, more ui.Component) ui.Component {
	if f.Of == nil {
		return ui.Named{Link: link, More: more}
	}
	return ui.Branch{Link: link, Below: supplierName(f.Of), Depth: 1, More: more}
}

// makerOwned is who makes something, and who owns them.
func (n names) makerOwned(f *room.AppFound) ui.Component {
	if f.Product.Supplier == "" || len(f.Owners) == 0 {
		return n.maker(f.Product.Supplier)
	}
	var owners []string
	for _, o := range f.Owners {
		owners = append(owners, n.supplier(o))
	}
	return ui.Named{Link: ui.Link{Text: n.supplier(f.Product.Supplier), Href: SupplierPath(f.Product.Supplier)}, More: ui.Muted("of " + strings.Join(owners, " and "))}
}

// bansCell is the first of the bans that reach something, for whom it is, and how many more there are.
func (n names) bansCell(bans []policy.Rule) ui.Component {
	if len(bans) == 0 {
		return ui.Muted("No ban")
	}
	tag := ui.Tag{Text: "Banned", Tone: ui.Bad}
	if bans[0].Effect == policy.PhaseOut {
		tag = ui.Tag{Text: "Phasing\u00a0out", Tone: ui.Waiting}
	}
	cell := ui.Line{tag, ui.Link{Text: n.organisation(bans[0].Scope), Href: RulePath(bans[0].ID)}}
	if more := len(bans) - 1; more > 0 {
		cell = append(cell, ui.Muted("and "+ui.Count(more, "other rule", "other rules")))
	}
	return cell
}

// mostMakers is how many makers a search for apps offers beside those whose products it finds.
const mostMakers = 5

// otherMakers leads to the makers that are called by some words and under which no product stands: of whom none is known,
// or who belong to one that is called so too; nil where there is none.
func (a *area) otherMakers(r *http.Request, words string, found *room.Apps) (ui.Component, error) {
	if words == "" || r.URL.Query().Get("after") != "" {
		return nil, nil
	}
	called, err := a.Devices.Suppliers(r.Context(), actor(r), room.SuppliersQuery{Words: words, Limit: mostMakers + len(found.Makers)})
	if err != nil {
		return nil, err
	}
	list := ui.List{}
	for _, f := range called.Suppliers {
		if found.Makers[f.Supplier.ID] > 0 || len(list.Items) == mostMakers {
			continue
		}
		line := ui.Line{ui.Link{Text: supplierName(f.Supplier), Href: SupplierPath(f.Supplier.ID)}, ui.Muted(ui.Count(f.Products, "product", "products"))}
		if may(r, people.Propose) {
			line = append(line, banTheirs(f.Supplier))
		}
		list.Items = append(list.Items, line)
	}
	if more := called.Total - len(found.Makers) - len(list.Items); more > 0 {
		list.Items = append(list.Items, ui.Link{Text: ui.Capital(ui.Count(more, "more maker is", "more makers are")) + " called so", Href: "/suppliers?" + url.Values{"q": {words}}.Encode()})
	}
	if len(list.Items) == 0 {
		return nil, nil
	}
	text := map[bool]string{true: "A maker is called so:", false: "Makers that are called so:"}[len(list.Items) == 1]
	if len(found.Makers) > 0 {
		text = map[bool]string{true: "Another maker is called so:", false: "Other makers that are called so:"}[len(list.Items) == 1]
	}
	return ui.Inset{ui.Para(text), list}, nil
}

func supplierName(s *policy.Supplier) string { return cmp.Or(s.Name, s.ID) }

// banTheirs is the way to a ban of everything of a maker.
func banTheirs(s *policy.Supplier) ui.Link {
	return ui.Link{Text: "Ban all of theirs…", Hidden: "that is of " + supplierName(s), Href: banAt(policy.Target{Supplier: s.ID})}
}
