package directory

import (
	"net/http"
	"net/url"
	"slices"

	"portcullis/people"
	"portcullis/web/ui"
)

var organisationDone = ui.Done{
	"added":    "The organisation has been added",
	"changed":  "The name has been changed",
	"enforced": "What is not listed is enforced here again",
	"same":     "Nothing has changed: this was recorded already",
}

func crumbsOf(o people.Organisation) []ui.Link {
	return append([]ui.Link{{Text: "Organisations", Href: "/organisations"}}, ui.Link{Text: o.Name, Href: OrganisationPath(o.ID)})
}

// organisation shows one organisation.
func (a *area) organisation(w http.ResponseWriter, r *http.Request) error {
	id := organisationIn(r)
	o, err := a.room.Organisation(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	history, err := a.room.OrganisationHistory(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	can, err := a.allowed(r, id, people.ChangeOrganisations, people.SeePeople, people.ChangePeople, people.FetchLists, people.Propose)
	if err != nil {
		return err
	}
	summary := place(r, o, t, can)
	if can[people.SeePeople] {
		count, err := a.room.CountPersons(r.Context(), actor(r), people.PersonQuery{Organisation: id})
		if err != nil {
			return err
		}
		href := "/people?" + url.Values{"organisation": {id}}.Encode()
		summary.Rows = append(summary.Rows, ui.SummaryRow{Key: "People", Value: ui.Link{Text: ui.Capital(ui.Count(int(count), "person", "people")) + " here and below", Href: href}})
	}
	if can[people.FetchLists] {
		href := "/device-lists?" + url.Values{"organisation": {id}}.Encode()
		summary.Rows = append(summary.Rows, ui.SummaryRow{Key: "Lists for devices", Value: ui.Link{Text: "What the devices here are to have", Href: href}})
	}
	children := ui.Table{
		Caption: "Directly below", Unseen: true, Columns: []ui.Column{{Title: "Organisation"}, {Title: "Allow rules"}, {Title: "What is not listed"}},
		Empty: ui.Empty{Text: "No organisation stands below this one."},
	}
	for _, c := range t.all {
		if c.Parent == id {
			children.Rows = append(children.Rows, ui.Row{t.link(c.ID), list(c), enforced(r, c)})
		}
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{
		Title: o.Name, Wide: true, Crumbs: organisationCrumbs, Banner: organisationDone.Banner(r),
		Content: []ui.Component{summary, additions(id, can), ui.Heading("Directly below"), children, ui.Heading("History"), historyTable(r, history, t), historyExplained},
	})
}

// additions are the ways to add something here.
func additions(id string, can allowed) ui.Component {
	var buttons ui.ButtonGroup
	if can[people.ChangePeople] {
		buttons = append(buttons, ui.Button{Text: "Add a person here", Href: "/people/add?" + url.Values{"organisation": {id}}.Encode(), Kind: ui.Secondary})
	}
	if can[people.ChangeOrganisations] {
		buttons = append(buttons, ui.Button{Text: "Add an organisation below", Href: "/organisations/add?" + url.Values{"parent": {id}}.Encode(), Kind: ui.Secondary})
	}
	if len(buttons) == 0 {
		return nil
	}
	return buttons
}

// place is where an organisation stands and what holds there, with the ways to change it.
func place(r *http.Request, o people.Organisation, t tree, can allowed) ui.Summary {
	above := ui.Component(ui.Text("Nothing: it stands at the top"))
	if o.Parent != "" {
		above = t.link(o.Parent)
	}
	enforcement := enforced(r, o)
	if o.Monitor != nil {
		enforcement = ui.Stack{enforcement, ui.Para(o.Monitor.Reason)}
	}
	rows := []ui.SummaryRow{
		{Key: "Name", Value: ui.Text(o.Name)},
		{Key: "Id", Value: ui.ID{Value: o.ID, Of: "id"}},
		{Key: "Stands below", Value: above},
		{Key: "Allow rules", Value: list(o)},
		{Key: "What is not listed", Value: enforcement},
		{Key: "Who decides", Value: ui.Link{Text: "Who asks, grants, signs and clears here", Href: "/process/" + url.PathEscape(o.ID)}},
	}
	if can[people.ChangeOrganisations] {
		rows[0].Actions = []ui.Link{{Text: "Change", Hidden: "the name", Href: OrganisationPath(o.ID, "change")}}
		move := "/proposals/new/organisation?" + url.Values{"organisation": {o.ID}}.Encode()
		rows[2].Actions = []ui.Link{{Text: "Propose another place", Hidden: "in the tree of organisations", Href: move}}
		rows[3].Actions = []ui.Link{{Text: "Propose another list", Hidden: "to follow", Href: move}}
	}
	watch := ui.Link{Text: "Propose to watch", Hidden: "instead of enforcing", Href: "/proposals/new/monitor?" + url.Values{"organisation": {o.ID}}.Encode()}
	if o.Monitor != nil {
		watch.Text, watch.Hidden = "Propose another period", "of watching"
	}
	if can[people.Propose] {
		rows[4].Actions = append(rows[4].Actions, watch)
	}
	if o.Monitor != nil && can[people.ChangeOrganisations] {
		rows[4].Actions = append(rows[4].Actions, ui.Link{Text: "Enforce now", Hidden: "what is not listed", Href: OrganisationPath(o.ID, "enforce")})
	}
	return ui.Summary{Rows: rows}
}

var historyExplained = ui.Details{Summary: "Why are there two times?", Content: []ui.Component{
	ui.Para("A fact holds for some days, and is recorded on one: a move that was decided in May may count from March. “Held” is when it counted. “Recorded” is when it was entered here, so that one can tell what was known on any day."),
	ui.Para("What was entered wrongly is never erased. It is marked as replaced, with the day, and the correction stands beside it."),
}}

// event is a line of the history.
type event struct {
	what  string
	known people.Known
}

func historyTable(r *http.Request, h people.OrganisationHistory, t tree) ui.Component {
	var events []event
	for _, k := range h.Parents {
		events = append(events, event{"Stands below " + t.name(k.Object), k})
	}
	for _, k := range h.Lists {
		events = append(events, event{"Only its own allow rules count", k})
	}
	for _, k := range h.Monitors {
		what := "Watched: " + k.Object
		if k.Object == "" {
			what = "Enforced"
		}
		events = append(events, event{what, k})
	}
	slices.SortStableFunc(events, func(a, b event) int { return b.known.Recorded.Time().Compare(a.known.Recorded.Time()) })
	table := ui.Table{
		Caption: "What was recorded, the latest first", Unseen: true,
		Columns: []ui.Column{{Title: "What"}, {Title: "Held from"}, {Title: "Held until"}, {Title: "Recorded"}, {Title: "State"}},
		Empty:   ui.Empty{Text: "Nothing has been recorded but its name: it stands at the top, and enforces what is not listed."},
	}
	for _, e := range events {
		table.Rows = append(table.Rows, ui.Row{
			ui.Text(e.what), fromDay(r, e.known.From), onDay(r, e.known.Until, "no end"), ui.Time{At: e.known.Recorded.Time(), Now: ui.Now(r), Short: true}, counts(r, e.known),
		})
	}
	return table
}

// counts says whether a fact counts, and whether it holds now.
func counts(r *http.Request, k people.Known) ui.Component {
	now := people.TimeOf(ui.Now(r))
	switch {
	case !k.Replaced.IsZero():
		return ui.Line{ui.Tag{Text: "Replaced"}, ui.Time{At: k.Replaced.Time(), Now: ui.Now(r), Short: true}}
	case k.Contains(now):
		return ui.Tag{Text: "Holds now", Tone: ui.Good}
	case now.Before(k.From):
		return ui.Tag{Text: "Planned", Tone: ui.Active}
	}
	return ui.Tag{Text: "Past"}
}
