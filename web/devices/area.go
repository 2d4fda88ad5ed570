package devices

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"portcullis/approvals"
	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Rooms are the rooms that these pages show.
type Rooms struct {
	Devices  *room.Room
	Register *register.Room
	People   *people.Room
	// Approvals takes what a body decides in a triage.
	Approvals *approvals.Room
	// Looked is what was found in an app by whoever looked at it; nil where there is no such thing.
	Looked func(*http.Request, *policy.Product) (ui.Component, error)
}

// area is the handlers of this package.
type area struct{ Rooms }

// perPage is how many rows a page has.
const perPage = 50

// actor is who asks.
func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }

// may tells whether to show the way to something on a list of many.
func may(r *http.Request, p people.Permission) bool { return gate.Who(r.Context()).May(p) }

// allowed are the permissions that somebody has in one organisation.
type allowed map[people.Permission]bool

// allowed tells what one may do in an organisation: a page about one thing shows no button that is
// refused there.
func (a *area) allowed(r *http.Request, organisation string, permissions ...people.Permission) (allowed, error) {
	return a.People.Allowed(r.Context(), actor(r), organisation, permissions...)
}

// names are what people call things, in the world that the answers of a page rest on.
type names struct{ view room.View }

func (a *area) names() names { return names{a.Devices.Fleet.View()} }

// organisation is an organisation's name, and its id where it has none.
func (n names) organisation(id string) string {
	if o := n.view.Organisation(id); o != nil {
		return cmp.Or(o.Name, id)
	}
	return id
}

// product is a product's name, and its id where it has none.
func (n names) product(id string) string {
	if p := n.view.Product(id); p != nil {
		return cmp.Or(p.Name, id)
	}
	return id
}

// supplier is a supplier's name, and its id where it has none.
func (n names) supplier(id string) string {
	if s := n.view.Supplier(id); s != nil {
		return cmp.Or(s.Name, id)
	}
	return id
}

// organisations are those that somebody may see, to choose from: each as far to the right as it stands
// deep, after those given first.
func (a *area) organisations(r *http.Request, first ...ui.Option) ([]ui.Option, error) {
	all, err := a.People.Organisations(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	for depth, o := range ui.Below(all, func(o people.Organisation) (string, string) { return o.ID, o.Parent }) {
		first = append(first, ui.Option{Value: o.ID, Label: o.Name, Depth: depth})
	}
	return first, nil
}

// settle lets the next page show what was just decided: it waits until the fleet answers on it, for two
// seconds at most.
func (a *area) settle(r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if now, err := a.People.Enter(ctx, actor(r), ""); err == nil {
		_ = a.Devices.Fleet.Await(ctx, now.Generation) // later, the page shows it a moment later
	}
}

// idIn is the id in the path of a request, as pathID wrote it.
func idIn(r *http.Request) string { return strings.TrimPrefix(r.PathValue("id"), "~") }

// pathID is an id as paths have it. An id may be anything: what would be taken for a step in the path,
// or for one of the pages beside it, gets a tilde before it.
func pathID(id string, pages ...string) string {
	if slices.Contains(pages, id) || strings.Trim(id, ".") == "" || strings.HasPrefix(id, "~") {
		return "~" + id
	}
	return id
}

// devicePages are the pages that stand beside those of single devices.
var devicePages = []string{"add", "releases", "unlinked"}

// DevicePath is where a device is shown, or what is asked of it.
func DevicePath(id string, more ...string) string {
	return gate.Path(append([]string{"devices", pathID(id, devicePages...)}, more...)...)
}

// when is a time as it is shown.
func when(r *http.Request, t people.Time) ui.Time { return ui.Time{At: t.Time(), Now: ui.Now(r)} }

// minute is the time of a minute since the Unix epoch, as the index has it; zero where it is 0.
func minute(m uint32) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(60*int64(m), 0)
}

// heard is when a device was last heard from, in words: "Heard from 3 hours ago", "Not heard from since
// Tuesday 3 March", "Never heard from".
func heard(r *http.Request, last uint32, silent bool) string {
	t, now := minute(last), ui.Now(r)
	switch {
	case t.IsZero():
		return "Never heard from"
	case !silent:
		return "Heard from " + ui.Ago(t, now)
	}
	return "Not heard from since " + weekday(t.In(now.Location()), now)
}

// weekday is a day as people say it: with its year where that is another.
func weekday(t, now time.Time) string {
	if t.Year() != now.Year() {
		return t.Format("Monday 2\u00a0January\u00a02006")
	}
	return t.Format("Monday 2\u00a0January")
}
