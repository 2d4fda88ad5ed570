package devices

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	room "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/ui"
)

// linkPath is where it is asked which product an identifier is.
func linkPath(p policy.Platform, identifier string) string {
	return "/unlinked/link?" + url.Values{"platform": {p.String()}, "identifier": {identifier}}.Encode()
}

// unlinkedOf is where identifiers of some words are, on the devices of a body; either may be empty.
func unlinkedOf(words, organisation string) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": words, "organisation": organisation} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/unlinked" + ifAny("?", q.Encode())
}

// perQueue is how many identifiers a page of the queue has.
const perQueue = 25

// unlinked is the queue of identifiers that are no product's.
func (a *area) unlinked(w http.ResponseWriter, r *http.Request) error {
	filter, err := a.narrowedToBody(r,
		&ui.Field{Name: "q", Label: "Name, publisher or identifier", As: ui.Input{Type: "search"}},
		&ui.Field{Name: "platform", Label: "Platform", As: ui.Select{Options: platformOptions(ui.Option{Label: "All"})}})
	if err != nil {
		return err
	}
	platform, _ := policy.ParsePlatform(filter.Value("platform"))
	found, err := a.Devices.Unlinked(r.Context(), actor(r), room.UnlinkedQuery{
		Words: filter.Value("q"), Platform: platform, Organisation: filter.Value("organisation"), After: r.URL.Query().Get("after"), Limit: perQueue,
	})
	if err != nil {
		return err
	}
	can, err := a.allowed(r, people.Everywhere, people.LinkIdentifiers)
	if err != nil {
		return err
	}
	table := ui.Table{
		Caption: "Identifiers", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Name and identifier"}, {Title: "Platform"}, {Title: "Devices", Number: true}, {Title: "Bodies", Number: true}, {Title: "It may be"}},
		Empty:   ui.Empty{Text: "Every identifier on the devices that you may see is a product’s."},
		Pages:   ui.PagesAt(r.URL, "identifiers", "", found.Next),
	}
	if filter.Active() {
		table.Empty = ui.Empty{Text: "No identifier fits.", Do: ui.Link{Text: "Show all", Href: "/unlinked"}}
	}
	if can[people.LinkIdentifiers] {
		table.Columns = append(table.Columns, ui.Column{Title: "What you can do", Unseen: true})
	}
	n := a.names()
	for i := range found.Found {
		table.Rows = append(table.Rows, n.unknownRow(&found.Found[i], can[people.LinkIdentifiers]))
	}
	intro := "What is on devices by a name that no product has. Say once which product it is, and it holds for every body. Nothing is linked by itself."
	if !can[people.LinkIdentifiers] {
		intro = "What is on devices by a name that no product has. Reviewers and the centre say which product it is, once for every body."
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{
		Title: "Identifiers that are no product’s yet", Wide: true, Crumbs: []ui.Link{{Text: "Apps", Href: "/apps"}},
		Banner:  ui.Done{"linked": "It has been linked. From now on it counts as the product, for every body"}.Banner(r),
		Content: []ui.Component{ui.Para(intro), ui.Para(ui.Capital(ui.Count(found.Total, "identifier", "identifiers")) + "."), filter, table},
	})
}

// unknownRow is an identifier in the queue, with a button for each suggestion.
func (n names) unknownRow(u *room.Unknown, links bool) ui.Row {
	name := ui.Named{Link: ui.Link{Text: cmp.Or(u.Named.Name, "Nobody has said its name")}, More: ui.Muted(u.Unlinked.Name)}
	if u.Publisher != "" {
		name.More = stacked([]ui.Component{ui.Muted("By its own word from " + u.Publisher), name.More})
	}
	var may []ui.Component
	for _, s := range u.Suggestions {
		line := ui.Line{ui.Link{Text: n.product(s.Product), Href: AppPath(s.Product)}, ui.Muted(ui.Capital(s.Why))}
		if links {
			line = append(line, ui.Post{Action: "/unlinked/link", Hidden: linkHidden(u, s.Product), Button: ui.Button{Text: "Link", Hidden: u.Unlinked.Name + " to " + n.product(s.Product), Kind: ui.Quiet}})
		}
		may = append(may, line)
	}
	if len(may) == 0 {
		may = append(may, ui.Muted("Nothing here is called alike"))
	}
	return ui.Row{
		name, ui.Text(platformName(u.Unlinked.Platform)), ui.Number(u.Hosts), ui.Number(len(u.Bodies)), stacked(may),
		ui.Link{Text: sayWhat, Hidden: ": " + u.Unlinked.Name, Href: linkPath(u.Unlinked.Platform, u.Unlinked.Name)},
	}
}

// sayWhat leads to where one says which product an identifier is.
const sayWhat = "Say\u00a0what\u00a0it\u00a0is"

func linkHidden(u *room.Unknown, product string) []ui.Hidden {
	return []ui.Hidden{{Name: "platform", Value: u.Unlinked.Platform.String()}, {Name: "identifier", Value: u.Unlinked.Name}, {Name: "product", Value: product}}
}

// aNew is the answer that an identifier is of a product that is not there yet.
const aNew = "\u0001new"

// link asks which product an identifier is, and links it.
func (a *area) link(w http.ResponseWriter, r *http.Request) error {
	can, err := a.allowed(r, people.Everywhere, people.LinkIdentifiers)
	switch {
	case err != nil:
		return err
	case !can[people.LinkIdentifiers] && r.Method != http.MethodPost: // what is sent is refused by the room, which notes it
		return fault.New(fault.Refused, "You may look at these identifiers, and not say which product one is: that holds for every body, and is for the centre and its reviewers")
	}
	platform, ok := policy.ParsePlatform(r.FormValue("platform"))
	if !ok {
		return fault.New(fault.NotFound, "There is no platform %q", r.FormValue("platform"))
	}
	u, err := a.Devices.UnlinkedOne(r.Context(), actor(r), platform, r.FormValue("identifier"))
	if err != nil {
		return err
	}
	form, err := a.linkForm(r, &u)
	if err != nil {
		return err
	}
	n := a.names()
	facts := ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Name", Value: ui.Text(cmp.Or(u.Named.Name, "Nobody has said it"))}, {Key: "Publisher, by its own word", Value: ui.Text(cmp.Or(u.Publisher, "Nobody has said it"))},
		{Key: "Identifier", Value: ui.ID{Value: u.Unlinked.Name, Of: "app"}}, {Key: "Platform", Value: ui.Text(platformName(platform))},
		{Key: "On", Value: ui.Text(ui.Count(u.Hosts, "device", "devices") + " of " + n.bodies(&u))},
	}}
	if len(u.Versions) > 0 {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Versions", Value: ui.Text(strings.Join(u.Versions, ", "))})
	}
	page := ui.Page{Title: "Which product is it?", Caption: cmp.Or(u.Named.Name, u.Unlinked.Name), Crumbs: []ui.Link{{Text: "Apps", Href: "/apps"}, {Text: "Identifiers that are no product’s yet", Href: "/unlinked"}}}
	search := seek{
		At: "/unlinked/link", Label: "Look for another product", Button: "Look for it", Hidden: linkHidden(&u, "")[:2],
		Fields: []*ui.Field{{Name: "q", Label: "Another product, by its name", Values: r.URL.Query()["q"], As: ui.Input{Type: "search"}}},
	}
	page.Content = []ui.Component{facts, search.shown()}
	return ui.Question{Page: page, Form: form}.Ask(w, r, func() (string, error) {
		if err := a.linkTo(r, form, &u); err != nil {
			return "", err
		}
		a.settle(r)
		return "/unlinked?done=linked", nil
	})
}

// bodies are the names of where it is, and how many more there are.
func (n names) bodies(u *room.Unknown) string {
	const some = 5
	var found []string
	for _, b := range u.Bodies[:min(some, len(u.Bodies))] {
		found = append(found, n.organisation(b.Organisation))
	}
	if more := len(u.Bodies) - some; more > 0 {
		found = append(found, ui.Count(more, "other body", "other bodies"))
	}
	return strings.Join(found, ", ")
}

// linkForm offers what is suggested, what was looked for, and a new product.
func (a *area) linkForm(r *http.Request, u *room.Unknown) (*ui.Form, error) {
	n := a.names()
	var options []ui.Option
	offer := func(id, why string) {
		for _, o := range options {
			if o.Value == id {
				return
			}
		}
		options = append(options, ui.Option{Value: id, Label: n.product(id), Hint: why})
	}
	for _, s := range u.Suggestions {
		offer(s.Product, ui.Capital(s.Why))
	}
	if q := r.URL.Query().Get("q"); q != "" {
		found, err := a.Devices.Apps(r.Context(), actor(r), room.AppsQuery{Words: q, Kind: policy.App, Limit: 20})
		if err != nil {
			return nil, err
		}
		for _, f := range found.Apps {
			offer(f.Product.ID, strings.TrimSpace("By "+cmp.Or(n.supplier(f.Product.Supplier), "a maker who is not known")))
		}
	}
	if typed := r.PostFormValue("product"); typed != "" && typed != aNew { // what a button of the queue sends, or was looked for
		if _, err := a.Devices.ProductName(typed); err == nil {
			offer(typed, "")
		}
	}
	options = append(options, ui.Option{Value: aNew, Label: "A product that is not there yet", Reveals: []*ui.Field{
		{Name: "name", Label: "What is it called?", Values: []string{u.Named.Name}},
		{Name: "maker", Label: "Who makes it?", Optional: true, Hint: "The company’s name. What a publisher says of itself proves nothing: leave it empty if you do not know"},
		{Name: "add-maker", Label: "If no company is called so", As: ui.Checkboxes{Small: true, Options: ui.Options("yes", "Add it")}},
	}})
	return &ui.Form{
		Hidden:  linkHidden(u, "")[:2],
		Fields:  []*ui.Field{{Name: "product", Label: "It is", As: ui.Radios{Options: options}}},
		Buttons: ui.ButtonGroup{{Text: "Link it, for every body"}, ui.Cancel("/unlinked")},
	}, nil
}

// linkTo links an identifier to the product that was answered, and makes that where it is a new one.
func (a *area) linkTo(r *http.Request, form *ui.Form, u *room.Unknown) error {
	product := form.Value("product")
	switch product {
	case "":
		return fault.In("product", "Say which product it is")
	case aNew:
		maker, err := a.maker(r, strings.TrimSpace(form.Value("maker")), form.Value("add-maker") == "yes")
		if err != nil {
			return err
		}
		name := strings.TrimSpace(form.Value("name"))
		if name == "" {
			return fault.In("name", "Say what people call it")
		}
		_, err = a.Register.AddProduct(r.Context(), actor(r), policy.Product{
			Kind: policy.App, Name: name, Supplier: maker, Identifiers: map[policy.Platform][]policy.Identifier{u.Unlinked.Platform: {{ID: u.Unlinked.Name}}},
		})
		return err
	}
	if _, err := a.Devices.ProductName(product); err != nil {
		return err
	}
	_, err := a.Register.LinkIdentifier(r.Context(), actor(r), product, u.Unlinked.Platform, u.Unlinked.Name, nil)
	return err
}

// maker is the id of the supplier of a name. Where none has it, one is added if that was asked for.
func (a *area) maker(r *http.Request, name string, add bool) (string, error) {
	if name == "" {
		return "", nil
	}
	found, err := a.Devices.Suppliers(r.Context(), actor(r), room.SuppliersQuery{Words: name, Limit: 5})
	if err != nil {
		return "", err
	}
	var alike []string
	for _, f := range found.Suppliers {
		if strings.EqualFold(f.Supplier.Name, name) || f.Supplier.ID == name {
			return f.Supplier.ID, nil
		}
		alike = append(alike, f.Supplier.Name)
	}
	if !add {
		if len(alike) > 0 {
			return "", fault.In("maker", "No company is called exactly so. There are %s. Tick below to add it", strings.Join(alike, ", "))
		}
		return "", fault.In("maker", "No company is called so. Tick below to add it")
	}
	made, err := a.Register.AddSupplier(r.Context(), actor(r), policy.Supplier{Name: name})
	return made.ID, err
}
