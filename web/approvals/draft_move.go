package approvals

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
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
	back := gate.Path("organisations", o.ID)
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
		Buttons: ui.ButtonGroup{{Text: "Propose it"}, {Text: "Show what it would do", Name: look, Value: yes, Kind: ui.Secondary}, ui.Cancel(back)},
	}
	filled(r, form, "when", atOnce, "parent", o.Parent, "ownList", list)
	page := ui.Page{Title: "Propose where it belongs", Caption: o.Name, Back: back, Content: []ui.Component{
		ui.Para("What is banned above an organisation is banned in it. Where it comes to belong elsewhere, the bans that it leaves cease to hold there, and those above its new place begin to. So somebody else has to sign this."),
	}}
	moved := func() room.Move {
		return room.Move{Body: o.ID, Position: people.Position{Parent: form.Value("parent"), OwnList: form.Value("ownList") == ownList}}
	}
	if r.Method == http.MethodPost {
		if err := form.Fill(r); err != nil {
			return err
		}
	}
	if looks(r) {
		return a.previewMove(w, r, ui.Question{Page: page, Form: form}, moved())
	}
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		from, err := begins(r, form)
		if err := errors.Join(why(form), err); err != nil {
			return room.Draft{}, err
		}
		m := moved()
		m.From = timeOf(from)
		return room.Draft{Kind: room.Belonging, Reason: answer(form, "reason"), Content: room.Content{Move: &m}}, nil
	})
}

// previewMove shows what a move would do, and the form again with all that was typed.
func (a *area) previewMove(w http.ResponseWriter, r *http.Request, q ui.Question, m room.Move) error {
	shift, err := a.Approvals.PreviewMove(r.Context(), actor(r), m)
	switch {
	case err == nil:
		q.Page.Content = append(q.Page.Content, a.words(nil).shift(&shift)...)
		return q.Show(w, r, http.StatusOK)
	case q.Form.Fail(placed(q.Form, err)):
		return q.Show(w, r, http.StatusUnprocessableEntity)
	}
	return err
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
		{Key: "Organisation", Value: ui.Link{Text: w.Organisation(p.Move.Body), Href: gate.Path("organisations", p.Move.Body)}},
		fact("When", moveWhen(r, p)),
	}
}

// move is where a body is to belong, beside where it does, and what that does; once it is decided, where it stood before.
func (a *area) move(r *http.Request, n words, v *room.View) ui.Component {
	is := people.Position{}
	if o := a.Devices.Fleet.View().Organisation(v.Move.Body); o != nil {
		is = people.Position{Parent: o.Parent, OwnList: o.OwnList}
	}
	shown := ui.Stack{ui.Summary{Rows: n.moveFacts(r, &v.Proposal)}}
	if stood := v.Stood(); v.State == room.Made && stood != nil {
		shown = append(shown, ui.Table{
			Caption: "What changed", Columns: []ui.Column{{Title: "What"}, {Title: "Before"}, {Title: "Since"}}, Rows: changes(n.positionFacts(*stood), n.positionFacts(v.Move.Position)),
		})
	} else {
		shown = append(shown, changing(v, n.positionFacts(is), n.positionFacts(v.Move.Position)))
	}
	if v.Shift != nil {
		shown = append(shown, n.shift(v.Shift)...)
	}
	return shown
}

// shift is what a move does, as things stand: whom it is about, which rules, and who decides.
func (w words) shift(s *room.Shift) []ui.Component {
	return []ui.Component{
		ui.Summary{Title: "What it does, as things stand", Rows: []ui.SummaryRow{
			{Key: "Devices and equipment in it", Value: ui.Number(s.Hosts)},
			{Key: "Bodies", Value: ui.Number(s.Bodies)},
			{Key: "Bans and phase-outs that cease to hold", Value: ui.Number(s.BansEnd)},
			{Key: "That begin to hold", Value: ui.Number(s.BansBegin)},
			{Key: "Allow rules that cease to hold", Value: ui.Number(s.AllowsEnd)},
			{Key: "That begin to hold", Value: ui.Number(s.AllowsBegin)},
		}},
		w.movedRules("What ceases to hold there", s.End), w.movedRules("What begins to hold there", s.Begin), w.decidesThen(s),
	}
}

// mostMoved is how many rules are named that cease or begin to hold.
const mostMoved = 10

// movedRules are rules by name; nothing where there are none.
func (w words) movedRules(title string, ids []string) ui.Component {
	if len(ids) == 0 {
		return nil
	}
	var list ui.List
	for _, id := range ids[:min(len(ids), mostMoved)] {
		line := ui.Line{ui.Link{Text: w.ruleByID(id), Href: devicepages.RulePath(id)}}
		if rule := w.Rule(id); rule != nil {
			line = append(line, ui.Muted("for "+w.Organisation(rule.Scope)+" and all below"))
		}
		list.Items = append(list.Items, line)
	}
	if more := len(ids) - mostMoved; more > 0 {
		list.Items = append(list.Items, ui.Text("And "+ui.Number(more).String()+" more"))
	}
	return ui.Stack{ui.Subheading(title), list}
}

// decidesThen is whether who decides in a body changes by a move, and from what to what.
func (w words) decidesThen(s *room.Shift) ui.Component {
	rows := changes(w.decidesFacts(&s.Is, s.Above), w.decidesFacts(&s.Then, s.AboveThen))
	text := "It changes:"
	if len(rows) == 0 {
		text = "It does not change."
	}
	shown := ui.Stack{ui.Subheading("Who decides there"), ui.Para(text)}
	if len(rows) > 0 {
		shown = append(shown, ui.Table{Caption: "Who decides there", Unseen: true, Columns: []ui.Column{{Title: "What"}, {Title: "Now"}, {Title: "Then"}}, Rows: rows})
	}
	return shown
}

// decidesFacts are who decides in a body, who has set that, and where else a role counts in it.
func (w words) decidesFacts(d *room.Decides, above []string) []ui.SummaryRow {
	names := make([]string, len(above))
	for i, id := range above {
		names[i] = w.Organisation(id)
	}
	facts := []ui.SummaryRow{
		fact("Set by", w.setBy(d)), fact("Roles in these count there too", cmp.Or(strings.Join(names, ", "), "None: it is independent")),
		fact("An exemption holds at most", ui.Count(d.Exemption.LongestDays, "day", "days")),
	}
	return append(facts, w.processFacts(&d.Process)...)
}

// setBy is who has set who decides.
func (w words) setBy(d *room.Decides) string {
	if d.Of == "" {
		return "Nobody: it is what every body begins with"
	}
	return w.Organisation(d.Of)
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
