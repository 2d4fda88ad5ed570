package devices

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	room "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/ui"
)

// devicePast shows a device as it was on another day, as that is known now or was known then.
func (a *area) devicePast(w http.ResponseWriter, r *http.Request) error {
	filter := pastFilter(r)
	if err := checkAddress(r.URL.Query(), filter.Fields); err != nil {
		return err
	}
	q := room.PastQuery{Host: idIn(r)}
	err := pastOf(r, filter, &q)
	var past room.Past
	if err == nil {
		past, err = a.Devices.DecisionsAt(r.Context(), actor(r), q)
	}
	status := http.StatusOK
	if faults := fault.Fields(err); len(faults) > 0 && faults[0].Field != "" {
		for _, e := range faults {
			for _, f := range filter.Fields {
				if f.Name == e.Field {
					f.Error = e.Message
				}
			}
		}
		status = http.StatusUnprocessableEntity
		if past, err = a.Devices.DecisionsAt(r.Context(), actor(r), room.PastQuery{Host: q.Host}); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	page := ui.Page{Title: "As it was on another day", Caption: called(&past.Host), Wide: true, Crumbs: crumbsOf(&past.Host)}
	page.Content = append(page.Content, filter)
	if status == http.StatusOK {
		page.Content = append(page.Content, a.pastContent(r, &past)...)
	}
	return ui.Render(w, r, status, page)
}

func pastFilter(r *http.Request) *ui.Filter {
	return ui.NewFilter(r.URL,
		&ui.Field{Name: "at", Label: "As it was at the end of", Hint: "Today, where you leave it empty", As: ui.Date{}},
		&ui.Field{Name: "known", Label: "As it was known at the end of", Hint: "As it is known now, where you leave it empty", As: ui.Date{}},
	)
}

// pastOf is the past that a page's address names.
func pastOf(r *http.Request, filter *ui.Filter, q *room.PastQuery) (err error) {
	if q.At, err = endOf(r, filter, "at"); err != nil {
		return err
	}
	q.Known, err = endOf(r, filter, "known")
	return err
}

// endOf is the end of the day that a field names, and this moment where that is today; zero where it
// names none.
func endOf(r *http.Request, filter *ui.Filter, name string) (people.Time, error) {
	for _, f := range filter.Fields {
		if f.Name != name {
			continue
		}
		day, err := f.Day(ui.Now(r).Location())
		if err != nil || day.IsZero() {
			return people.Time{}, err
		}
		end := day.AddDate(0, 0, 1).Add(-time.Microsecond)
		if now := ui.Now(r); !day.After(now) && end.After(now) {
			return people.Time{}, nil
		}
		return people.TimeOf(end), nil
	}
	return people.Time{}, nil
}

// pastContent says what a device was, and shows what was on it.
func (a *area) pastContent(r *http.Request, past *room.Past) []ui.Component {
	now := ui.Now(r)
	on := weekday(past.At.Time().In(now.Location()), now)
	as := "as we know it now"
	if past.Known.Time().Before(now.Add(-time.Minute)) {
		as = "as it was known on " + weekday(past.Known.Time().In(now.Location()), now)
	}
	shown := []ui.Component{ui.Heading("On " + on + ", " + as)}
	if !past.Here {
		return append(shown, ui.Para("It was not known to be here then, or was not in use: nothing was judged."))
	}
	ownership, _ := policy.ParseOwnership(past.Was.Ownership)
	shown = append(shown, ui.Para("It belonged to "+a.names().organisation(past.Was.Organisation)+": "+particularsOf(past.Was)+"."))
	if note := notStored(ownership); note != "" {
		shown = append(shown, ui.Inset{ui.Para(note)})
	}
	if past.Unjudged {
		shown = append(shown, ui.Warning("Its organisation was not known to the rules: nothing on it was judged."))
	}
	query := whyQuery(r)
	shown = append(shown, breachesOn(r, past.Installed, func(*room.Installed) ui.ButtonGroup { return nil })...)
	return append(shown, installedTable("Everything on it", past.Host.ID, past.Installed, query, "Nothing was known to be installed on it."))
}

// whyQuery is the part of an address that says which day is looked at.
func whyQuery(r *http.Request) string {
	kept := url.Values{}
	for _, field := range []string{"at", "known"} {
		for _, part := range []string{"-day", "-month", "-year"} {
			if v := r.URL.Query().Get(field + part); v != "" {
				kept.Set(field+part, v)
			}
		}
	}
	return kept.Encode()
}

// deviceWhy shows why one thing on a device has its verdict, now or on another day.
func (a *area) deviceWhy(w http.ResponseWriter, r *http.Request) error {
	number, err := strconv.ParseUint(r.URL.Query().Get("thing"), 10, 32)
	if err != nil {
		return fault.New(fault.NotFound, "This address names nothing that is installed: go to the device, and choose there")
	}
	thing := uint32(number)
	q, filter := room.PastQuery{Host: idIn(r), Thing: &thing}, pastFilter(r)
	if err := checkAddress(r.URL.Query(), filter.Fields, "thing"); err != nil {
		return err
	}
	if err := pastOf(r, filter, &q); err != nil {
		return err
	}
	past, err := a.Devices.DecisionsAt(r.Context(), actor(r), q)
	if err != nil {
		return err
	}
	if len(past.Installed) == 0 {
		return fault.New(fault.NotFound, "That is not on %s, or was not on that day: go to the device, and look at what is", called(&past.Host))
	}
	in := &past.Installed[0]
	page := ui.Page{Title: "Why this is said of it", Caption: called(&past.Host), Wide: true, Crumbs: crumbsOf(&past.Host)}
	page.Content = []ui.Component{ui.Para(in.Why.Summary), explained(r, in)}
	if back := whyQuery(r); back != "" {
		page.Content = append(page.Content, ui.Paragraph{ui.Link{Text: "Everything on it on that day", Href: DevicePath(past.Host.ID, "past") + "?" + back}})
	}
	return ui.Render(w, r, http.StatusOK, page)
}
