package approvals

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// spare is how many rows a list has besides what is there.
const spare = 2

const companyHint = "A name or an id, as the page of makers has them"

// draftSupplier proposes who owns a company, and since when.
func (a *area) draftSupplier(w http.ResponseWriter, r *http.Request) error {
	if err := a.mayPropose(r, people.LinkIdentifiers, people.Everywhere); err != nil {
		return err
	}
	id := a.about(r, func(v *room.View) string { return v.Supplier.ID })
	known := a.Devices.Fleet.View().Supplier(id)
	if known == nil {
		return fault.New(fault.NotFound, "There is no company %s", id)
	}
	begins := known
	if a.revised != nil {
		begins = a.revised.Supplier
	}
	back := devicepages.SupplierPath(id)
	owners := edges{key: "owned_by", legend: "Owner", was: begins.OwnedBy}
	form := &ui.Form{Version: fingerprint(known), Fields: []*ui.Field{reasonField("How do you know?", "A register, a report, with its date. Everybody may read this once it is decided")}, Buttons: ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(back)}}
	form.Fields = append(form.Fields, owners.fields(a.things.Names(), ui.Now(r).Location())...)
	form.Field("reason").Values = given(r.URL.Query().Get("reason"))
	page := ui.Page{Title: "Propose who owns " + cmp.Or(known.Name, id), Back: back, Content: []ui.Component{
		ui.Para("Bans of a company reach those that it owns. This holds for all bodies, and from when a second person has signed. To take an owner out, leave the company empty."),
	}}
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		if err := a.unchanged(form, fingerprint(known), "Somebody has changed this company since you opened this: open it again"); err != nil {
			return room.Draft{}, err
		}
		changed := *begins
		var err error
		changed.OwnedBy, err = owners.in(r, a.things.Names().World(), form)
		if err == nil && slices.Equal(changed.OwnedBy, known.OwnedBy) {
			err = fault.In(owners.name(0, "supplier"), "This is how it is known already: change what is another way")
		}
		return room.Draft{Kind: room.Supplier, Reason: answer(form, "reason"), Content: room.Content{Supplier: &changed}}, errors.Join(why(form), err)
	})
}

// edges are the rows of a form for companies that own or make something for a time. Their fields have the names of
// the register's faults, without brackets.
type edges struct {
	key, legend string
	was         []policy.Edge
}

func (e edges) rows() int { return len(e.was) + spare }

func (e edges) name(i int, part string) string { return fmt.Sprintf("%s.%d.%s", e.key, i, part) }

func (e edges) fields(n devicepages.Names, zone *time.Location) (fields []*ui.Field) {
	for i := range e.rows() {
		under := e.legend + " " + fmt.Sprint(i+1)
		company := &ui.Field{Name: e.name(i, "supplier"), Under: under, Label: "Company", Optional: true, Hint: companyHint}
		from := &ui.Field{Name: e.name(i, "from"), Under: under, Label: "Since which day?", Optional: true, As: ui.Date{}}
		until := &ui.Field{Name: e.name(i, "until"), Under: under, Label: "Until which day?", Optional: true, As: ui.Date{}}
		if i < len(e.was) {
			company.Values, from.Values, until.Values = []string{companyText(n, e.was[i].Supplier)}, shownDay(e.was[i].From, zone), shownDay(e.was[i].Until, zone)
		}
		fields = append(fields, company, from, until)
	}
	return fields
}

// shownDay are the values of a Date for a time that may not be given.
func shownDay(t time.Time, zone *time.Location) []string {
	if t.IsZero() {
		return nil
	}
	return ui.On(t.In(zone))
}

// companyText is a company as a field has it: by its name, and by its id where others are called the same.
func companyText(n devicepages.Names, id string) string {
	if found, err := company(n.World(), "", n.Supplier(id)); err != nil || found != id {
		return id
	}
	return n.Supplier(id)
}

// in are the companies that were answered, those that are empty left out. What lies at the days that were shown keeps
// its time.
func (e edges) in(r *http.Request, w *policy.World, form *ui.Form) (all []policy.Edge, err error) {
	var faults []error
	for i := range e.rows() {
		text := answer(form, e.name(i, "supplier"))
		from, wrongFrom := day(r, form, e.name(i, "from"))
		until, wrongUntil := day(r, form, e.name(i, "until"))
		if text == "" {
			if form.Value(e.name(i, "from"))+form.Value(e.name(i, "until")) != "" && i >= len(e.was) {
				faults = append(faults, fault.In(e.name(i, "supplier"), "Say which company, or take its days out"))
			}
			continue
		}
		id, wrong := company(w, e.name(i, "supplier"), text)
		faults = append(faults, wrong, wrongFrom, wrongUntil)
		edge := policy.Edge{Supplier: id, Period: policy.Period{From: from, Until: until}}
		if i < len(e.was) {
			edge.From, edge.Until = sameDay(e.was[i].From, from), sameDay(e.was[i].Until, until)
		}
		if !edge.Until.IsZero() && !edge.From.Before(edge.Until) {
			faults = append(faults, fault.In(e.name(i, "until"), "The end must be later than the beginning"))
		}
		all = append(all, edge)
	}
	return all, errors.Join(faults...)
}

// sameDay is the time that was, where the day that was answered is its own.
func sameDay(was, answered time.Time) time.Time {
	if !was.IsZero() && !answered.IsZero() && was.In(answered.Location()).Format(time.DateOnly) == answered.Format(time.DateOnly) {
		return was
	}
	return answered
}

// company is the id of a company by its id or its name, whatever its case.
func company(w *policy.World, field, text string) (string, error) {
	return theOne(field, text, "company", w.Suppliers, func(s *policy.Supplier) (string, string) { return s.ID, s.Name })
}

// theOne is the id of the one thing of a kind that has the text as its id, or as its name.
func theOne[T any](field, text, kind string, all []T, called func(*T) (id, name string)) (string, error) {
	var named []string
	for i := range all {
		id, name := called(&all[i])
		if id == text {
			return id, nil
		}
		if strings.EqualFold(name, text) {
			named = append(named, id)
		}
	}
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		return "", fault.In(field, "No %s is called “%s”: write its name or its id as its page has it", kind, text)
	}
	return "", fault.In(field, "Several are called “%s”: write the id, one of %s", text, strings.Join(named, ", "))
}
