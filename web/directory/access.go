package directory

import (
	"net/http"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
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
		Columns: []ui.Column{{Title: "When"}, {Title: "What"}, {Title: "Who"}, {Title: "From the address"}, {Title: "More"}},
		Empty:   ui.Empty{Text: "Nobody has signed in, and nothing has been refused. What is older than 400 days has been removed."},
	}
	if r.URL.Query().Get("after") != "" {
		table.Empty = ui.Empty{Text: "There is nothing earlier.", Do: ui.Link{Text: "Show the latest", Href: "/access"}}
	}
	known := callers{}
	for _, e := range events {
		who, err := a.caller(r, known, e.Actor)
		if err != nil {
			return err
		}
		more, err := a.about(r, known, e, t)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, ui.Row{ui.Time{At: e.At.Time(), Now: ui.Now(r), Short: true}, outcome(e), who, orNone(e.Address), more})
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
func (a *area) about(r *http.Request, known callers, e people.Access, t tree) (ui.Component, error) {
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
		parts = append(parts, "With "+signedInWith(e.Detail))
	case e.Outcome == "signed-out": // somebody's, by somebody: the detail begins with whose
		whose, _, _ := strings.Cut(e.Detail, " ")
		name, err := a.caller(r, known, whose)
		return ui.Line{ui.Text("A session of"), name}, err
	default:
		parts = append(parts, capital(e.Detail))
	}
	return ui.Text(strings.Join(parts, ". ")), nil
}

// callers are the actors of a page whose names are known already.
type callers map[string]ui.Link

// caller is who did something, by name where there still is one.
func (a *area) caller(r *http.Request, known callers, id string) (ui.Component, error) {
	if link, found := known[id]; found {
		return link, nil
	}
	link, err := a.named(r, id)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Refused) {
		link, err = ui.Link{Text: id}, nil
	}
	known[id] = link
	return link, err
}

func (a *area) named(r *http.Request, id string) (ui.Link, error) {
	token, isToken := strings.CutPrefix(id, "token:")
	switch {
	case id == "":
		return ui.Link{Text: "Nobody who is known"}, nil
	case id == "command":
		return ui.Link{Text: "The command line"}, nil
	case isToken:
		k, err := a.room.Token(r.Context(), actor(r), token)
		return ui.Link{Text: k.Name, Hidden: "(a program)", Href: "/tokens"}, err
	}
	p, err := a.room.Person(r.Context(), actor(r), id)
	return ui.Link{Text: p.Name, Href: at("people", p.ID)}, err
}
