package approvals

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// draftProduct proposes who makes a product, and what it contains.
func (a *area) draftProduct(w http.ResponseWriter, r *http.Request) error {
	if err := a.mayPropose(r, people.LinkIdentifiers, people.Everywhere); err != nil {
		return err
	}
	id := a.about(r, func(v *room.View) string { return v.Product.ID })
	known := a.Devices.Fleet.View().Product(id)
	if known == nil {
		return fault.New(fault.NotFound, "There is no app or equipment %s", id)
	}
	begins := known
	if a.revised != nil {
		begins = a.revised.Product
	}
	n, back := a.things.Names(), devicepages.AppPath(id)
	makers, inside := edges{key: "made_by", legend: "Maker", was: begins.MadeBy}, contained(begins.Contains)
	form := &ui.Form{Version: fingerprint(known), Buttons: ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(back)}, Fields: []*ui.Field{
		reasonField("How do you know?", "A register, a report, with its date. Everybody may read this once it is decided"),
		{Name: "supplier", Label: "Which company stands behind it?", Optional: true, Hint: companyHint, Values: given(companyOrNone(n, begins.Supplier))},
	}}
	form.Fields = append(form.Fields, makers.fields(n, ui.Now(r).Location())...)
	form.Fields = append(form.Fields, inside.fields(n)...)
	form.Field("reason").Values = given(r.URL.Query().Get("reason"))
	page := ui.Page{Title: "Propose who makes " + cmp.Or(known.Name, id), Back: back, Content: []ui.Component{
		ui.Para("This holds for all bodies, and from when a second person has signed. To take something out, leave its line empty."),
	}}
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		if err := a.unchanged(form, fingerprint(known), "Somebody has changed this since you opened it: open it again"); err != nil {
			return room.Draft{}, err
		}
		changed, err := productIn(r, n.World(), form, begins, makers, inside)
		if err == nil && fingerprint(changed) == fingerprint(known) {
			err = fault.In("supplier", "This is how it is known already: change what is another way")
		}
		return room.Draft{Kind: room.Product, Reason: answer(form, "reason"), Content: room.Content{Product: &changed}}, errors.Join(why(form), err)
	})
}

func companyOrNone(n devicepages.Names, id string) string {
	if id == "" {
		return ""
	}
	return companyText(n, id)
}

func productIn(r *http.Request, w *policy.World, form *ui.Form, known *policy.Product, makers edges, inside contained) (policy.Product, error) {
	changed := *known
	var wrong [3]error
	changed.Supplier = answer(form, "supplier")
	if changed.Supplier != "" {
		changed.Supplier, wrong[0] = company(w, "supplier", changed.Supplier)
	}
	changed.MadeBy, wrong[1] = makers.in(r, w, form)
	changed.Contains, wrong[2] = inside.in(w, form)
	return changed, errors.Join(wrong[:]...)
}

// contained are the rows of a form for what a product contains. Their fields have the names of the register's faults,
// without brackets.
type contained []policy.Component

func (c contained) name(i int, part string) string { return fmt.Sprintf("contains.%d.%s", i, part) }

func (c contained) fields(n devicepages.Names) (fields []*ui.Field) {
	for i := range len(c) + spare {
		under := fmt.Sprintf("What it contains, %d", i+1)
		product := &ui.Field{Name: c.name(i, "product"), Under: under, Label: "Product", Optional: true, Hint: "A name or an id, as its page has it"}
		since := &ui.Field{Name: c.name(i, "since"), Under: under, Label: "From which version?", Optional: true, As: ui.Input{Width: 10}}
		until := &ui.Field{Name: c.name(i, "until"), Under: under, Label: "Before which version?", Optional: true, As: ui.Input{Width: 10}}
		if i < len(c) {
			product.Values, since.Values, until.Values = []string{productText(n, c[i].Product)}, given(c[i].Versions.Since), given(c[i].Versions.Until)
		}
		fields = append(fields, product, since, until)
	}
	return fields
}

func productText(n devicepages.Names, id string) string {
	if found, err := productCalled(n.World(), "", n.Product(id)); err != nil || found != id {
		return id
	}
	return n.Product(id)
}

func (c contained) in(w *policy.World, form *ui.Form) (all []policy.Component, err error) {
	var faults []error
	for i := range len(c) + spare {
		text := answer(form, c.name(i, "product"))
		versions := policy.Window{Since: answer(form, c.name(i, "since")), Until: answer(form, c.name(i, "until"))}
		if text == "" {
			if versions != (policy.Window{}) && i >= len(c) {
				faults = append(faults, fault.In(c.name(i, "product"), "Say which product, or take its versions out"))
			}
			continue
		}
		id, err := productCalled(w, c.name(i, "product"), text)
		faults = append(faults, err)
		all = append(all, policy.Component{Product: id, Versions: versions})
	}
	return all, errors.Join(faults...)
}

// productCalled is the id of a product by its id or its name, whatever its case.
func productCalled(w *policy.World, field, text string) (string, error) {
	return theOne(field, text, "product", w.Products, func(p *policy.Product) (string, string) { return p.ID, p.Name })
}
