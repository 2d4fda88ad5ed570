package directory

import (
	"net/http"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// access shows who signed in and out, and what was refused.
func (a *area) access(w http.ResponseWriter, r *http.Request) error {
	events, err := a.room.AccessLog(r.Context(), actor(r), r.URL.Query().Get("after"), perPage+1)
	if err != nil {
		return err
	}
	events, last := more(events)
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	table := ui.Table{
		Caption: "The access log, the latest first", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "When"}, {Title: "What", Main: true}, {Title: "Who"}, {Title: "From the address"}, {Title: "More"}},
		Empty:   ui.Empty{Text: "Nobody has signed in, and nothing has been refused. What is older than 400 days has been removed."},
	}
	if r.URL.Query().Get("after") != "" {
		table.Empty = ui.Empty{Text: "There is nothing earlier.", Do: ui.Link{Text: "Show the latest", Href: "/access"}}
	}
	known, err := a.callers(r, events)
	if err != nil {
		return err
	}
	for _, e := range events {
		table.Rows = append(table.Rows, ui.Row{ui.Time{At: e.At.Time(), Now: ui.Now(r), Short: true}, outcome(e), known.link(e.Actor), orNone(e.Address), about(e, known, t)})
	}
	if last != nil {
		table.Pages = ui.PagesAt(r.URL, "of the access log", "", last.ID)
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Access log", Wide: true, Content: []ui.Component{
		ui.Para("Who signed in and out, and what was refused. Each hour a digest of it enters the ledger, so that a line that was taken out later is noticed."), table,
	}})
}

// outcome is what happened, in words.
func outcome(e people.Access) ui.Component {
	switch e.Outcome {
	case "signed-in":
		return ui.Tag{Text: "Signed in", Tone: ui.Good}
	case "signed-out":
		return ui.Tag{Text: "Signed out"}
	case "refused":
		return ui.Tag{Text: "Refused", Tone: ui.Bad}
	case "sign-in-failed":
		return ui.Tag{Text: "Could not sign in", Tone: ui.Waiting}
	}
	return ui.Tag{Text: e.Outcome}
}

// about is what was refused, and whatever else is known.
func about(e people.Access, known callers, t tree) ui.Component {
	var parts []string
	if e.Permission != "" {
		parts = append(parts, "Wanted to "+e.Permission.What())
	}
	if e.Organisation != "" {
		parts = append(parts, "In: "+t.name(e.Organisation))
	}
	switch {
	case e.Detail == "":
	case e.Outcome == "signed-in":
		parts = append(parts, "With "+ui.SignInMethod(e.Detail))
	case whose(e) != "":
		return ui.Line{ui.Text("A session of"), known.link(whose(e))}
	default:
		parts = append(parts, ui.Capital(e.Detail))
	}
	return ui.Text(strings.Join(parts, ". "))
}

// whose is the person whose session another has ended: the detail begins with them.
func whose(e people.Access) string {
	if e.Outcome != "signed-out" {
		return ""
	}
	person, _, _ := strings.Cut(e.Detail, " ")
	return person
}

// callers are the actors of a page, by name where there still is one.
type callers map[string]ui.Link

func (c callers) link(id string) ui.Component {
	if link, known := c[id]; known {
		return link
	}
	return ui.Text(id)
}

// callers finds the names of all who stand in events.
func (a *area) callers(r *http.Request, events []people.Access) (callers, error) {
	known := callers{"": {Text: "Nobody who is known"}, "command": {Text: "The command line"}}
	var persons []string
	for _, e := range events {
		token, isToken := strings.CutPrefix(e.Actor, "token:")
		if _, found := known[e.Actor]; !isToken || found {
			persons = append(persons, e.Actor, whose(e))
			continue
		}
		k, err := a.room.Token(r.Context(), actor(r), token)
		switch {
		case err == nil:
			known[e.Actor] = ui.Link{Text: k.Name, Hidden: "(a program)", Href: "/tokens"}
		case !fault.Is(err, fault.NotFound):
			return nil, err
		}
	}
	slices.Sort(persons)
	names, err := a.room.Names(r.Context(), actor(r), slices.Compact(persons)...)
	for id, name := range names {
		known[id] = ui.Link{Text: name, Href: gate.Path("people", id)}
	}
	return known, err
}
