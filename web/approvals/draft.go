package approvals

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// DraftPath is where a proposal of a kind is drafted, filled in with what an address says: DraftPath("app",
// url.Values{"product": {id}}).
func DraftPath(kind string, filled url.Values) string {
	path := "/proposals/new/" + kind
	if len(filled) > 0 {
		path += "?" + filled.Encode()
	}
	return path
}

// propose shows a form, or opens the proposal that draft makes of its answers, and leads to it; where a proposal is
// revised, it is that which changes.
func (a *area) propose(w http.ResponseWriter, r *http.Request, page ui.Page, form *ui.Form, draft func() (room.Draft, error)) error {
	if a.revised != nil {
		return a.reviseBy(w, r, page, form, draft)
	}
	return asking(w, r, ui.Question{Page: page, Form: form}, func() (string, error) {
		d, err := draft()
		if err != nil {
			return "", placed(form, err)
		}
		p, err := a.Approvals.Propose(r.Context(), actor(r), d)
		if err != nil {
			return "", placed(form, err)
		}
		done := "proposed"
		if d.Kind == room.Allow || d.Kind == room.Exemption {
			done = "asked"
		}
		return ProposalPath(p.ID) + "?done=" + done, nil
	})
}

// look is the button of a form that only shows what its answers would do.
const look = "look"

// looks tells whether somebody wants no more of a form, which has been read, than to see what its answers would do.
func looks(r *http.Request) bool { return r.Method == http.MethodPost && r.PostForm.Has(look) }

// asking is Question.Ask; whoever only looks is shown the page again, with all that they have typed.
func asking(w http.ResponseWriter, r *http.Request, q ui.Question, do func() (to string, err error)) error {
	if !looks(r) {
		return q.Ask(w, r, do)
	}
	if err := q.Form.Fill(r); err != nil {
		return err
	}
	return q.Show(w, r, http.StatusOK)
}

// plainName has places in lists as names of fields have them, for names with brackets cannot be led to in an address.
var plainName = strings.NewReplacer("[", ".", "]", "")

// placed puts each fault of a field that the form does not have to the nearest one that it has: "mitigations[2]" is a
// fault of the field of all mitigations, and "owned_by[0].until" one of "owned_by.0.until".
func placed(form *ui.Form, err error) error {
	faults := fault.Fields(err)
	if len(faults) == 0 {
		return err
	}
	var moved []error
	for _, f := range faults {
		at := plainName.Replace(f.Field)
		for at != "" && !there(form, at) {
			at = at[:max(strings.LastIndex(at, "."), 0)]
		}
		if at == "" {
			at = f.Field
		}
		moved = append(moved, &fault.Error{Kind: f.Kind, Field: at, Message: f.Message})
	}
	return errors.Join(moved...)
}

func there(form *ui.Form, name string) bool { return form.Field(name).Label != "" }

// filled takes over what the address of a page says, and then, where nothing is answered, what is given: pairs of a
// field's name and its value.
func filled(r *http.Request, form *ui.Form, pairs ...string) {
	form.FillFrom(r.URL.Query())
	for i := 0; i+1 < len(pairs); i += 2 {
		if f := form.Field(pairs[i]); f.Value() == "" && pairs[i+1] != "" {
			f.Values = []string{pairs[i+1]}
		}
	}
}

// filledOn is filled for the day of a Date.
func filledOn(form *ui.Form, name string, t time.Time) {
	if f := form.Field(name); f.Value() == "" {
		f.Values = ui.On(t)
	}
}

// lines are the lines of an answer, without blanks and empty ones.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// holds tells whether who asks has one of the roles in an organisation: whether to show the way to something. The
// rooms ask themselves.
func (a *area) holds(r *http.Request, organisation string, roles []people.Role) bool {
	grants := slices.DeleteFunc(slices.Clone(gate.Who(r.Context()).Grants), func(g people.Grant) bool { return !slices.Contains(roles, g.Role) })
	view := a.Devices.Fleet.View()
	for at := organisation; ; {
		if slices.ContainsFunc(grants, func(g people.Grant) bool { return g.Organisation == people.Everywhere || g.Organisation == at }) {
			return true
		}
		o := view.Organisation(at)
		if o == nil || o.Parent == "" {
			return false
		}
		at = o.Parent
	}
}

// bodies are the organisations where who asks has a permission, to choose from.
func (a *area) bodies(r *http.Request, p people.Permission) ([]ui.Option, error) {
	all, err := a.things.Organisations(r)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(o ui.Option) bool { return !a.holds(r, o.Value, p.Roles()) }), nil
}

// mayPropose returns a fault where who asks may not open such a proposal in a body: nobody is to fill in a form for
// nothing. The room asks again, and asks another question of who revises something.
func (a *area) mayPropose(r *http.Request, p people.Permission, organisation string) error {
	if a.revised != nil {
		return nil
	}
	can, err := a.People.Allowed(r.Context(), actor(r), organisation, p)
	if err != nil || can[p] {
		return err
	}
	return fault.New(fault.Refused, "You may not %s for this body. If it is needed, ask its security team", p.What())
}

// me is who asks; a program is nobody.
func (a *area) me(r *http.Request) (people.Person, error) {
	id := gate.Who(r.Context()).Person
	if id == "" {
		return people.Person{}, nil
	}
	return a.People.Person(r.Context(), actor(r), id)
}

// answer is what is answered to a field, without the blanks around it.
func answer(form *ui.Form, name string) string { return strings.TrimSpace(form.Value(name)) }

// needed returns a fault where nothing was answered: all that is missing is told at once.
func needed(form *ui.Form, name, empty string) error {
	if answer(form, name) == "" {
		return fault.In(name, "%s", empty)
	}
	return nil
}

// why returns a fault where no reason was given.
func why(form *ui.Form) error {
	return needed(form, "reason", "Say why: others decide by it, and read it later")
}

// joined are lines as a field has them.
func joined(all []string) string { return strings.Join(all, "\n") }

// anybody are the ids of the people whom an answer names, one on a line: by user name, mail address or full name.
func (a *area) anybody(r *http.Request, field, text string) (ids []string, err error) {
	var faults []error
	for _, called := range lines(strings.NewReplacer(",", "\n", ";", "\n").Replace(text)) {
		if id := a.named(called); id != "" {
			ids = append(ids, id)
			continue
		}
		found, err := a.called(r, called)
		switch {
		case fault.Is(err, fault.Refused):
			return nil, fault.In(field, "You may not look up who there is, so you cannot name anybody here. Somebody of your security team can propose this")
		case err != nil:
			return nil, err
		case len(found) == 0:
			faults = append(faults, fault.In(field, "Nobody whom you may see is called “%s”: give a user name, a mail address or a full name", called))
		case len(found) > 1:
			faults = append(faults, fault.In(field, "Several people are called “%s”: give the user name or the mail address", called))
		case !found[0].Active:
			faults = append(faults, fault.In(field, "%s can no longer sign in: name somebody else", found[0].Name))
		case !slices.Contains(ids, found[0].ID):
			ids = append(ids, found[0].ID)
		}
	}
	return ids, errors.Join(faults...)
}

// called are the people of a user name; else of a mail address; else of a name.
func (a *area) called(r *http.Request, text string) ([]people.Person, error) {
	for _, q := range []people.PersonQuery{{UserName: text, Limit: 2}, {Mail: text, Limit: 2}} {
		if found, err := a.People.Persons(r.Context(), actor(r), q); err != nil || len(found) > 0 {
			return found, err
		}
	}
	found, err := a.People.Persons(r.Context(), actor(r), people.PersonQuery{Words: text, Limit: perPage})
	return slices.DeleteFunc(found, func(p people.Person) bool { return !strings.EqualFold(p.Name, text) }), err
}

// audienceField asks who sees something that not everybody is to see.
func audienceField(label string) *ui.Field {
	return &ui.Field{Name: "audience", Label: label, Hint: "User names, mail addresses or full names, one on a line", As: ui.Textarea{Rows: 3}}
}

// reasonField asks for the reason that everybody may read.
func reasonField(label, hint string) *ui.Field {
	return &ui.Field{Name: "reason", Label: label, Hint: hint, As: ui.Textarea{Rows: 4, Long: 2000}}
}

// moment is when something is to begin: the day of the field from, at the time of the field at, which may be empty.
func moment(r *http.Request, form *ui.Form) (time.Time, error) {
	from, err := day(r, form, "from")
	at := answer(form, "at")
	if err != nil || at == "" {
		return from, err
	}
	clock, err := time.Parse("15:04", at)
	switch {
	case err != nil:
		return from, fault.In("at", "Give a time of the day, such as 18:30")
	case from.IsZero():
		return from, fault.In("from", "Say on which day")
	}
	return time.Date(from.Year(), from.Month(), from.Day(), clock.Hour(), clock.Minute(), 0, 0, from.Location()), nil
}

// timeOf is a time as rooms have it; zero stays zero.
func timeOf(t time.Time) (none people.Time) {
	if t.IsZero() {
		return none
	}
	return people.TimeOf(t)
}
