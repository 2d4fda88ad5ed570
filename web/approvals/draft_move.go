package approvals

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/ui"
)

// The two lists that a body can follow.
const (
	ownList  = "own"
	allLists = "inherit"
)

// draftMove proposes that a body belong elsewhere, or follow another list.
func (a *area) draftMove(w http.ResponseWriter, r *http.Request) error {
	id := r.URL.Query().Get("organisation")
	if id == "" {
		return fault.In("organisation", "Say which organisation: go to it, and come here from its page")
	}
	o, err := a.People.Organisation(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	if err := a.mayPropose(r, people.ChangeOrganisations, cmp.Or(o.Parent, id)); err != nil {
		return err
	}
	parents, err := a.things.Organisations(r, ui.Option{Label: "None: it is independent"})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(parents, func(p ui.Option) bool { return p.Value == o.Parent }) {
		parents = append(parents, ui.Option{Value: o.Parent, Label: o.Parent})
	}
	list := allLists
	if o.OwnList {
		list = ownList
	}
	back := at("organisations", o.ID)
	form := &ui.Form{
		Fields: []*ui.Field{
			{Name: "parent", Label: "Which organisation does it stand below?", As: ui.Select{Options: parents}},
			{Name: "ownList", Label: "Whose allow rules count there?", As: ui.Radios{Options: []ui.Option{
				{Value: allLists, Label: "Its own, and those of the organisations above it"},
				{Value: ownList, Label: "Only its own", Hint: "Bans from above count all the same"},
			}}},
			whenField("From when?", "As soon as it is decided"),
			reasonField("Why does it belong there?", "Everybody may read this once it is decided"),
		},
		Buttons: ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(back)},
	}
	filled(r, form, "when", atOnce, "parent", o.Parent, "ownList", list)
	page := ui.Page{Title: "Propose where it belongs", Caption: o.Name, Back: back, Content: []ui.Component{
		ui.Para("What is banned above an organisation is banned in it. Where it comes to belong elsewhere, the bans that it leaves cease to hold there, and those above its new place begin to. So somebody else has to sign this."),
	}}
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		from, err := begins(r, form)
		if err := errors.Join(why(form), err); err != nil {
			return room.Draft{}, err
		}
		m := room.Move{Body: o.ID, Position: people.Position{Parent: form.Value("parent"), OwnList: form.Value("ownList") == ownList}, From: timeOf(from)}
		return room.Draft{Kind: room.Belonging, Reason: answer(form, "reason"), Content: room.Content{Move: &m}}, nil
	})
}

// positionFacts are where a body belongs, and whose list it follows.
func (w words) positionFacts(p people.Position) []ui.SummaryRow {
	above, list := "Nothing: it is independent", "Its own, and those of the organisations above it"
	if p.Parent != "" {
		above = w.Organisation(p.Parent)
	}
	if p.OwnList {
		list = "Only its own"
	}
	return []ui.SummaryRow{fact("Stands below", above), fact("Allow rules that count there", list)}
}

// moveFacts are which body is to belong elsewhere, and from when.
func (w words) moveFacts(r *http.Request, p *room.Proposal) []ui.SummaryRow {
	return []ui.SummaryRow{
		{Key: "Organisation", Value: ui.Link{Text: w.Organisation(p.Move.Body), Href: at("organisations", p.Move.Body)}},
		fact("When", moveWhen(r, p)),
	}
}

// move is where a body is to belong, beside where it does, and what that does.
func (a *area) move(r *http.Request, n words, v *room.View) ui.Component {
	is := people.Position{}
	if o := a.Devices.Fleet.View().Organisation(v.Move.Body); o != nil {
		is = people.Position{Parent: o.Parent, OwnList: o.OwnList}
	}
	shown := ui.Stack{ui.Summary{Rows: n.moveFacts(r, &v.Proposal)}, changing(v, n.positionFacts(is), n.positionFacts(v.Move.Position))}
	if v.Moving != nil {
		shown = append(shown, ui.Summary{Title: "What it does, as things stand", Rows: []ui.SummaryRow{
			{Key: "Devices and equipment in it", Value: ui.Number(v.Moving.Hosts)},
			{Key: "Bodies", Value: ui.Number(v.Moving.Bodies)},
			{Key: "Bans and phase-outs that cease to hold", Value: ui.Number(v.Moving.BansEnd)},
			{Key: "That begin to hold", Value: ui.Number(v.Moving.BansBegin)},
			{Key: "Allow rules that cease to hold", Value: ui.Number(v.Moving.AllowsEnd)},
			{Key: "That begin to hold", Value: ui.Number(v.Moving.AllowsBegin)},
		}})
	}
	return shown
}

// moveWhen is from when a body belongs elsewhere.
func moveWhen(r *http.Request, p *room.Proposal) string {
	from := p.Move.From
	if decided := p.Decided(); from.Before(decided) {
		from = decided
	}
	if from.IsZero() {
		return "From when it is decided"
	}
	return "From " + when(r, from).Absolute()
}

// movedLine is what stood on the page that was signed.
func movedLine(m *room.Moving) string {
	bans := func(n int) string { return ui.Count(n, "ban", "bans") }
	allows := func(n int) string { return ui.Count(n, "allow rule", "allow rules") }
	return "It was about " + ui.Count(m.Hosts, "device or piece of equipment", "devices and pieces of equipment") + " in " + ui.Count(m.Bodies, "body", "bodies") + ". " +
		"Ceasing to hold there: " + bans(m.BansEnd) + " and " + allows(m.AllowsEnd) + ". Beginning to: " + bans(m.BansBegin) + " and " + allows(m.AllowsBegin)
}
