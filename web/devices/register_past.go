package devices

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// A thing of the register as it was on a day, as that is known now or was known on another: beside it what it is
// now, and everything that was ever recorded of it.

// pastPages are where the past of the things of a section is shown. A site has no page of its own.
var pastPages = map[register.Section]string{register.Rules: "rules", register.Suppliers: "suppliers", register.Products: "apps", register.Exemptions: "exemptions"}

// PastPath is where a thing of the register is shown as it was on another day.
func PastPath(section register.Section, id string) string {
	return gate.Path("register", "past", pastPages[section], pathID(id))
}

// recordPast leads there from the page of the thing.
func recordPast(section register.Section, id string) ui.Component {
	return ui.Paragraph{ui.Link{Text: "As it was on another day", Href: PastPath(section, id)}}
}

// told is one thing that is to be said of something, as text: so that it can be laid beside what it was.
type told struct{ key, text string }

// recalled is a thing of the register, in the version that counted at one time and as that was at another.
type recalled struct {
	record    []register.Recorded
	at, known time.Time
	then, now *register.Recorded // nil where none counted, or counts
	asked     bool               // about another time than this moment
}

// recall finds the versions that counted then and count now. What counts now goes by no clock.
func recall(record []register.Recorded, at, known, now time.Time) recalled {
	r := recalled{record: record, at: at, known: known, asked: at.Before(now) || known.Before(now)}
	for i := range record {
		v := &record[i]
		if v.Replaced.IsZero() {
			r.now = v
		}
		if counts(v, known) {
			r.then = v
		}
	}
	if !known.Before(now) {
		r.then = r.now
	}
	return r
}

// counts tells whether a version counted at a time.
func counts(v *register.Recorded, t time.Time) bool {
	return !t.Before(v.At.Time()) && (v.Replaced.IsZero() || t.Before(v.Replaced.Time()))
}

// registerPast shows a thing of a section as it was on another day.
func (a *area) registerPast(section register.Section) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		filter := pastFilter(r)
		if err := checkAddress(r.URL.Query(), filter.Fields); err != nil {
			return err
		}
		record, err := a.Register.Record(r.Context(), actor(r), section, idIn(r))
		if err != nil {
			return err
		}
		at, known, err := pastTimes(r, filter)
		status := http.StatusOK
		for _, e := range fault.Fields(err) {
			for _, f := range filter.Fields {
				if f.Name == e.Field {
					f.Error, status = e.Message, http.StatusUnprocessableEntity
				}
			}
		}
		if err != nil && status == http.StatusOK {
			return err
		}
		t := teller{names: a.names(), r: r}
		if t.persons, err = a.subjects(r.Context(), r, record); err != nil {
			return err
		}
		past := recall(record, at, known, ui.Now(r))
		page := t.pastPage(section, idIn(r), &past)
		page.Content = []ui.Component{filter}
		if status == http.StatusOK {
			page.Content = append(page.Content, t.pastContent(&past)...)
		}
		versions, err := a.versionsRecorded(&t, &past)
		if err != nil {
			return err
		}
		page.Content = append(page.Content, ui.Heading("Everything that was recorded of it"), versions)
		return ui.Render(w, r, status, page)
	}
}

// pastTimes are the times that a page's address names; this moment where it names none.
func pastTimes(r *http.Request, filter *ui.Filter) (at, known time.Time, err error) {
	now := ui.Now(r)
	read := func(name string) (time.Time, error) {
		t, err := endOf(r, filter, name)
		switch {
		case err != nil:
			return now, err
		case t.IsZero():
			return now, nil
		case t.Time().After(now):
			return now, fault.In(name, "What will be then nobody can say yet: give a day that has come")
		}
		return t.Time(), nil
	}
	at, errAt := read("at")
	known, errKnown := read("known")
	return at, known, errors.Join(errAt, errKnown)
}

// subjects are the names of the persons that exemptions of a record are for.
func (a *area) subjects(ctx context.Context, r *http.Request, record []register.Recorded) (map[string]string, error) {
	var ids []string
	for i := range record {
		for k := range record[i].World.Exemptions {
			if id := record[i].World.Exemptions[k].Subject.Person; id != "" {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	return a.People.Names(ctx, actor(r), slices.Compact(ids)...)
}

// teller says what things of the register are, in text.
type teller struct {
	names
	r       *http.Request
	persons map[string]string
}

// pastPage is the frame of the page, which is called as the thing was last.
func (t *teller) pastPage(section register.Section, id string, past *recalled) ui.Page {
	page := ui.Page{Title: "As it was on another day", Wide: true}
	last := &past.record[len(past.record)-1].World
	var back ui.Link
	switch {
	case len(last.Rules) > 0:
		back = ui.Link{Text: t.sentence(&last.Rules[0]), Href: RulePath(id)}
	case len(last.Suppliers) > 0:
		back = ui.Link{Text: cmp.Or(last.Suppliers[0].Name, id), Href: SupplierPath(id)}
	case len(last.Products) > 0:
		back = ui.Link{Text: cmp.Or(last.Products[0].Name, id), Href: AppPath(id)}
	default:
		back = ui.Link{Text: "Exemption " + id, Href: gate.Path("exemptions", pathID(id))}
	}
	page.Caption, page.Crumbs = back.Text, []ui.Link{{Text: "Apps", Href: "/apps"}}
	if section == register.Exemptions {
		page.Crumbs = []ui.Link{{Text: "Exemptions", Href: "/exemptions"}}
	}
	if past.now != nil {
		page.Crumbs = append(page.Crumbs, back)
	}
	return page
}

// pastContent lays what a thing was beside what it is.
func (t *teller) pastContent(past *recalled) []ui.Component {
	now := ui.Now(t.r)
	day := func(at time.Time) string { return weekday(at.In(now.Location()), now) }
	as := "as we know it now"
	if past.known.Before(now) {
		as = "as it was known on " + day(past.known)
	}
	on := "on " + day(past.at)
	if !past.at.Before(now) {
		on = "today"
	}
	if !past.asked {
		return t.today(past)
	}
	shown := []ui.Component{ui.Heading(ui.Capital(on + ", " + as))}
	first, last := &past.record[0], &past.record[len(past.record)-1]
	written := func(at people.Time) string { return ui.Time{At: at.Time(), Now: now}.Absolute() }
	switch {
	case past.then == nil && past.known.Before(first.At.Time()):
		return append(shown, ui.Inset{ui.Para("The register did not have it yet on " + day(past.known) + ": it was first recorded on " + written(first.At) + ". No decision could rest on it.")})
	case past.then == nil && !last.Replaced.IsZero() && !past.known.Before(last.Replaced.Time()):
		return append(shown, ui.Inset{ui.Para("It had been taken back by then, on " + written(last.Replaced) + ": no decision rests on it any more. Its last version stands below.")})
	case past.then == nil:
		return append(shown, ui.Inset{ui.Para("It did not count then: it had been taken back for a while. Its versions stand below.")})
	}
	if past.at.Before(first.At.Time()) && past.at.Before(past.known) {
		shown = append(shown, ui.Inset{ui.Para(ui.Capital(on) + " nothing of this had been recorded: it was first recorded on " + written(first.At) + ". What stands here for that day was put down later.")})
	}
	return append(shown, t.besideNow(past))
}

// today is what a thing is, where no day was given.
func (t *teller) today(past *recalled) []ui.Component {
	shown := []ui.Component{ui.Heading("Today"), ui.Para("Give a day above: what it was then is laid beside what it is today.")}
	if past.now == nil {
		return append(shown, ui.Inset{ui.Para("It has been taken back: it counts no longer. Its versions stand below.")})
	}
	facts := ui.Summary{}
	for _, one := range t.tell(&past.now.World, past.at) {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: one.key, Value: ui.Text(one.text)})
	}
	return append(shown, facts)
}

// besideNow is the table of what a thing was then and is now.
func (t *teller) besideNow(past *recalled) ui.Component {
	then, now := t.tell(&past.then.World, past.at), []told(nil)
	if past.now != nil {
		now = t.tell(&past.now.World, ui.Now(t.r))
	}
	table := ui.Table{Caption: "Then and now", Unseen: true, Columns: []ui.Column{{Title: "What"}, {Title: "Then"}, {Title: "Now"}, {Title: "Changed?"}}}
	changed := 0
	for _, key := range keysOf(then, now) {
		was, is := textOf(then, key), textOf(now, key)
		mark := ui.Component(ui.Muted("The same"))
		if was != is {
			mark, changed = ui.Tag{Text: "Changed", Tone: ui.Waiting}, changed+1
		}
		if past.now == nil {
			is = "Taken back"
		}
		table.Rows = append(table.Rows, ui.Row{ui.Text(key), ui.Text(cmp.Or(was, "–")), ui.Text(cmp.Or(is, "–")), mark})
	}
	sentence := "It is the same today."
	switch {
	case past.now == nil:
		sentence = "It has been taken back since: it counts no longer."
	case changed > 0:
		sentence = ui.Capital(ui.Count(changed, "thing is", "things are")) + " another today."
	}
	return ui.Stack{ui.Para(sentence + " People, bodies, companies and apps are called here as they are called today."), table}
}

// keysOf are the keys of two tellings, in their order.
func keysOf(all ...[]told) (keys []string) {
	for _, list := range all {
		for _, one := range list {
			if !slices.Contains(keys, one.key) {
				keys = append(keys, one.key)
			}
		}
	}
	return keys
}

func textOf(list []told, key string) string {
	for _, one := range list {
		if one.key == key {
			return one.text
		}
	}
	return ""
}

// versionsRecorded are all versions, the latest first: when each was recorded, by whom and why, what it changed, and
// which one counted then.
func (a *area) versionsRecorded(t *teller, past *recalled) (ui.Component, error) {
	name, err := a.recorders(t.r, past.record)
	if err != nil {
		return nil, err
	}
	now := ui.Now(t.r)
	table := ui.Table{Caption: "Everything that was recorded of it", Unseen: true, Columns: []ui.Column{{Title: "Recorded"}, {Title: "What"}, {Title: "By"}, {Title: "Why"}, {Title: "Counted until"}}}
	for i := len(past.record) - 1; i >= 0; i-- {
		v := &past.record[i]
		what := "Added"
		if i > 0 {
			what = t.difference(&past.record[i-1].World, &v.World, v.At.Time())
		}
		until := ui.Line{ui.Text("It counts now")}
		if !v.Replaced.IsZero() {
			until = ui.Line{ui.Text(ui.Time{At: v.Replaced.Time(), Now: now}.Absolute())}
			if i == len(past.record)-1 || past.record[i+1].At != v.Replaced {
				until = append(until, ui.Text("It was taken back"))
			}
		}
		if past.asked && v == past.then {
			until = append(until, ui.Tag{Text: "Counted then", Tone: ui.Active})
		}
		table.Rows = append(table.Rows, ui.Row{ui.Time{At: v.At.Time(), Now: now}, ui.Text(what), ui.Text(name(v.By)), ui.Text(v.Reason), until})
	}
	return folded(table, "version", "versions"), nil
}

// difference is what one version changed of another, in words.
func (t *teller) difference(was, is *policy.World, at time.Time) string {
	before, after := t.tell(was, at), t.tell(is, at)
	var parts []string
	for _, key := range keysOf(before, after) {
		if x, y := textOf(before, key), textOf(after, key); x != y {
			parts = append(parts, key+": "+cmp.Or(y, "nothing")+" (it was: "+cmp.Or(x, "nothing")+")")
		}
	}
	return cmp.Or(strings.Join(parts, ". "), "Recorded anew, with nothing changed")
}
