package approvals

import (
	"net/http"

	room "portcullis/approvals"
	"portcullis/people"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// What a list can show besides everything.
const (
	forMe = "waiting"
	mine  = "mine"
)

// proposals lists what was proposed, the newest first; what waits for the viewer, the oldest first.
func (a *area) proposals(w http.ResponseWriter, r *http.Request) error {
	fields := []*ui.Field{
		{Name: "show", Label: "Show", As: ui.Select{Options: ui.Options("", "Everything", forMe, "What waits for me", mine, "What I asked for")}},
		{Name: "kind", Label: "Kind", As: ui.Select{Options: kindOptions(ui.Option{Label: "Any"})}},
		{Name: "state", Label: "State", As: ui.Select{Options: stateOptions(ui.Option{Label: "Any"})}},
	}
	if may(r, people.SeeOrganisations) {
		bodies, err := a.things.Organisations(r, ui.Option{Label: "All that you may see"})
		if err != nil {
			return err
		}
		fields = append(fields, &ui.Field{Name: "organisation", Label: "Body", As: ui.Select{Options: bodies}})
	}
	filter, err := devicepages.Narrowed(r, fields...)
	if err != nil {
		return err
	}
	page := ui.Page{Title: "Proposals", Wide: true, Content: []ui.Component{a.waysIn(r), filter}}
	var shown ui.Component
	if filter.Value("show") == forMe {
		shown, err = a.waitingTable(r, filter)
	} else {
		shown, err = a.listedTable(r, filter)
	}
	if err != nil {
		return err
	}
	page.Content = append(page.Content, shown)
	return ui.Render(w, r, http.StatusOK, page)
}

// waysIn leads to what can be asked and proposed, and to the exemptions that there are.
func (a *area) waysIn(r *http.Request) ui.Component {
	line := ui.Paragraph{ui.Link{Text: "Ask for an app", Href: DraftPath("app", nil)}, ui.Text(" · "), ui.Link{Text: "Ask for an exemption", Href: DraftPath("exemption", nil)}}
	if may(r, people.Propose) {
		line = append(line, ui.Text(" · "), ui.Link{Text: "Propose a ban", Href: "/what-if"})
	}
	if may(r, people.SeeRegister) {
		line = append(line, ui.Text(" · "), ui.Link{Text: "Exemptions that there are", Href: "/exemptions"})
	}
	return line
}

// listedTable is a page of what the filter leaves, and a sentence on what is for some alone.
func (a *area) listedTable(r *http.Request, filter *ui.Filter) (ui.Component, error) {
	found, err := a.Approvals.Proposals(r.Context(), actor(r), room.Query{
		Organisation: filter.Value("organisation"), Kind: room.Kind(filter.Value("kind")), State: room.State(filter.Value("state")),
		Mine: filter.Value("show") == mine, Before: r.URL.Query().Get("after"), Limit: perPage,
	})
	if err != nil {
		return nil, err
	}
	n := a.words(nil)
	t := proposalTable("State")
	t.Pages = ui.PagesAt(r.URL, "proposals", "", found.Next)
	t.Empty = ui.Empty{Text: "Nothing has been proposed yet that you may see."}
	if filter.Active() {
		t.Empty = ui.Empty{Text: "Nothing that was proposed is so.", Do: ui.Link{Text: "Show everything", Href: filter.Clear()}}
	}
	for i := range found.Proposals {
		p := &found.Proposals[i]
		t.Rows = append(t.Rows, n.row(r, p, stateTag(p)))
	}
	shown := ui.Stack{t}
	if found.Marked > 0 {
		shown = append(shown, ui.Para("And "+ui.Count(found.Marked, "more that is for those assigned to it.", "more that are for those assigned to them.")))
	}
	return shown, nil
}

// waitingTable is a page of what waits for the viewer, as far as the filter leaves it.
func (a *area) waitingTable(r *http.Request, filter *ui.Filter) (ui.Component, error) {
	found, err := a.Approvals.WaitingPage(r.Context(), actor(r), room.WaitingQuery{
		Organisation: filter.Value("organisation"), Kind: room.Kind(filter.Value("kind")), State: room.State(filter.Value("state")),
		After: r.URL.Query().Get("after"), Limit: perPage,
	})
	if err != nil {
		return nil, err
	}
	n := a.words(nil)
	t := proposalTable("Waits for your")
	t.Pages = ui.PagesAt(r.URL, "proposals", "", found.Next)
	t.Empty = ui.Empty{Text: "Nothing waits for you.", Do: ui.Link{Text: "Show everything", Href: filter.Clear()}}
	for i := range found.Waits {
		w := &found.Waits[i]
		t.Rows = append(t.Rows, n.row(r, &w.Proposal, ui.Tag{Text: acts[w.For].noun, Tone: ui.Active}))
	}
	return t, nil
}

func proposalTable(state string) ui.Table {
	return ui.Table{Caption: "Proposals", Unseen: true, Columns: []ui.Column{{Title: "What"}, {Title: "Kind"}, {Title: "For"}, {Title: "Proposed"}, {Title: state}}}
}

// row is a proposal in a list.
func (w words) row(r *http.Request, p *room.Proposal, state ui.Tag) ui.Row {
	name := ui.Named{Link: ui.Link{Text: w.title(p), Href: ProposalPath(p.ID)}}
	if p.Marked {
		name.More = ui.Muted("For those assigned to it alone")
	}
	return ui.Row{name, ui.Text(kindName(&p.Draft)), ui.Text(w.bodyName(p.Organisation)), ui.Time{At: p.At.Time(), Now: ui.Now(r), Short: true}, state}
}
