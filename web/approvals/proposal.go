package approvals

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	room "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

var proposalDone = ui.Done{
	"proposed":  "It has been proposed. Those for whom it waits have been told",
	"asked":     "You have asked for it. Those for whom it waits have been told",
	"recommend": "Your recommendation is recorded", "grant": "You have granted it", "sign": "You have signed it", "clear": "Your clearance is recorded",
	"confirm": "Recorded: what it demands is in place", "review": "Reviewed: it stays", "refuse": "Refused. Those who asked have been told why", "take-back": "You have taken it back",
	"consult": "The centre has been asked. Nobody need wait for its answer", "answer": "Your answer is recorded, and who asked has been told",
	"question": "Your question has been sent. You are told when it is answered", "reply": "Your answer is recorded, and who asked has been told. Nothing else has changed", "revise": "What is proposed has been changed. Those for whom it waits have been told",
}

// proposal shows one proposal: what is proposed, why, whom it reaches, what was said to it and what is missing.
func (a *area) proposal(w http.ResponseWriter, r *http.Request) error {
	v, n, err := a.proposalIn(r)
	if err != nil {
		return err
	}
	content, err := a.content(r, n, &v)
	if err != nil {
		return err
	}
	page := ui.Page{Title: n.title(&v.Proposal), Caption: kindName(&v.Draft), Banner: proposalDone.Banner(r), Crumbs: []ui.Link{{Text: "Proposals", Href: "/proposals"}}}
	page.Content = append(page.Content, n.standing(r, &v), n.doing(&v), askAgain(&v, gate.Who(r.Context()).Person))
	if a.PlayOn != nil {
		page.Content = append(page.Content, a.PlayOn(r, &v))
	}
	page.Content = append(page.Content, content, n.why(&v))
	if a.Looked != nil {
		looked, err := a.Looked(r, &v)
		if err != nil {
			return err
		}
		page.Content = append(page.Content, looked)
	}
	if v.Reach != nil {
		page.Content = append(page.Content, n.reach(r, &v))
	}
	if v.State == room.Waiting && v.Kind != room.Change && may(r, people.FetchLists) {
		page.Content = append(page.Content, ui.Paragraph{ui.Link{Text: "What would change on devices", Href: ProposalPath(v.ID, "dry-run")}})
	}
	page.Content = append(page.Content, ui.Heading("What was done"), n.taken(r, &v))
	if len(v.Earlier) > 0 {
		page.Content = append(page.Content, n.earlier(r, &v))
	}
	if v.Missing = needs(&v); len(v.Missing) > 0 {
		page.Content = append(page.Content, ui.Heading("What is still needed"), n.missing(&v))
	}
	if len(v.Former) > 0 {
		page.Content = append(page.Content, ui.Heading("What came before"), n.former(r, &v))
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// proposalIn is the proposal of a path, and the words for it.
func (a *area) proposalIn(r *http.Request) (v room.View, n words, err error) {
	if v, err = a.Approvals.Proposal(r.Context(), actor(r), r.PathValue("id")); err == nil {
		n, err = a.wordsFor(r, &v)
	}
	return v, n, err
}

// wordsFor are the words for one proposal, the name of whom an exemption is for among them.
func (a *area) wordsFor(r *http.Request, v *room.View) (words, error) {
	if v.Exemption != nil && v.Exemption.Subject.Person != "" {
		names, err := a.People.Names(r.Context(), actor(r), v.Exemption.Subject.Person)
		if err != nil {
			return words{}, err
		}
		for id, name := range names {
			v.Names[id] = name
		}
	}
	return a.words(v.Names), nil
}

// standing is how far a proposal has come, and where what came of it is shown.
func (w words) standing(r *http.Request, v *room.View) ui.Component {
	tag := stateTags[v.State]
	if v.State == room.Waiting && len(v.Next) > 0 {
		tag.Text = "Waits for " + v.Next[0].Act.Waits()
	}
	if v.Questioned() {
		tag = stateTag(&v.Proposal)
	}
	line := ui.Paragraph{tag}
	add := func(parts ...ui.Component) {
		for _, part := range parts {
			line = append(line, ui.Text(" "), part)
		}
	}
	if v.Questioned() {
		add(ui.Text("from " + whoOpened(&v.Draft) + "."))
	}
	if v.Marked {
		add(ui.Tag{Text: "For those assigned to it", Tone: ui.Special})
	}
	if v.State == room.Interim {
		add(ui.Text("It lapses on"), when(r, v.Lapses), ui.Text("unless a third person has it stay."))
	}
	if made := w.made(r, &v.Proposal); made.Href != "" {
		add(made)
	}
	return line
}

// made is the way to what came of a proposal, where the viewer may see it.
func (w words) made(r *http.Request, p *room.Proposal) ui.Link {
	if p.Made == "" {
		return ui.Link{}
	}
	switch p.Kind {
	case room.Exemption:
		if !may(r, people.SeeRegister) {
			return ui.Link{}
		}
		return ui.Link{Text: "See the exemption", Href: ExemptionPath(p.Made)}
	case room.Monitor, room.Belonging:
		return ui.Link{Text: "See the body", Href: gate.Path("organisations", p.Made)}
	case room.Change:
		return ui.Link{Text: "See who decides now", Href: ProcessPath(p.Made)}
	case room.Supplier:
		return reached(r, ui.Link{Text: "See the company", Href: devicepages.SupplierPath(p.Made)})
	case room.Product:
		return reached(r, ui.Link{Text: "See the app", Href: devicepages.AppPath(p.Made)})
	}
	return reached(r, ui.Link{Text: "See the rule and what it does", Href: devicepages.RulePath(p.Made)})
}

// buttonOrder is the order in which what the viewer can do stands on the page.
var buttonOrder = []room.Act{room.Review, room.Recommend, room.Grant, room.Sign, room.Clear, room.Confirm, room.Answer, room.Reply, room.Refuse, room.Question, room.Consult, room.Revise, room.TakeBack}

// doing is what the viewer can do, and what bars them from the next step.
func (w words) doing(v *room.View) ui.Component {
	var shown ui.Stack
	if v.Bar != "" {
		shown = append(shown, ui.Inset{ui.Para(v.Bar + ".")})
	}
	var buttons ui.ButtonGroup
	for _, act := range buttonOrder {
		if !can(v, act) || act == room.Refuse && can(v, room.Clear) { // a clearance is a page on which one also says no
			continue
		}
		b := ui.Button{Text: actButton(act, &v.Draft), Href: ProposalPath(v.ID, string(act))}
		if len(buttons) > 0 || act == room.Refuse || act == room.TakeBack || act == room.Consult || act == room.Question || act == room.Revise {
			b.Kind = ui.Secondary
		}
		buttons = append(buttons, b)
	}
	if len(buttons) > 0 {
		shown = append(shown, buttons)
	}
	return shown
}

// actButton is what the button says that leads to an act.
func actButton(act room.Act, d *room.Draft) string {
	if act == room.Grant && d.Kind == room.Allow {
		return "Allow it"
	}
	return acts[act].button
}

// why is why it is proposed, as far as the viewer may read it.
func (w words) why(v *room.View) ui.Component {
	shown := ui.Stack{ui.Heading("Why"), prose(v.Reason)}
	if v.Risk != "" {
		shown = append(shown, ui.Subheading("What could go wrong"), prose(v.Risk))
	}
	if v.Narrower != "" {
		shown = append(shown, ui.Subheading("Why nothing narrower would do"), prose(v.Narrower))
	}
	if v.Restricted == nil {
		return shown
	}
	var audience []string
	for _, id := range v.Audience {
		audience = append(audience, w.person(id))
	}
	inside := ui.Inset{ui.Para("Only these may read this: " + strings.Join(audience, ", ") + ", whoever opened it, and those who decide."), prose(v.Restricted.Reason)}
	if v.Restricted.Assessment != "" {
		inside = append(inside, ui.Subheading("The assessment"), prose(v.Restricted.Assessment))
	}
	return append(shown, ui.Subheading("The restricted reason"), inside)
}

// prose is a text as it was written, each of its paragraphs one.
func prose(text string) ui.Component {
	var shown ui.Stack
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if part = strings.TrimSpace(part); part != "" {
			shown = append(shown, ui.Para(part))
		}
	}
	return shown
}

// reach is whom a proposal reaches now, with the way to the same numbers by body.
func (w words) reach(r *http.Request, v *room.View) ui.Component {
	n, more := v.Reach, ui.Paragraph{}
	if rule := w.reaching(v); rule != nil && rule.Effect != policy.Allow && may(r, people.SeeDevices) {
		more = append(more, ui.Link{Text: "See the numbers by body, and what something narrower would do", Href: devicepages.WhatIfPath(rule)})
	}
	title := "Whom it reaches now"
	switch {
	case v.Kind == room.Withdrawal:
		title = "Whom the rule reaches now"
	case v.State == room.Back || v.State == room.Refused || v.State == room.Lapsed:
		title = "Whom it would reach now"
	}
	shown := ui.Stack{ui.Summary{Title: title, Rows: counted(n)}}
	if len(more) > 0 {
		shown = append(shown, more)
	}
	return shown
}

// reaching is the rule that a proposal is about; nil where it is about none.
func (w words) reaching(v *room.View) *policy.Rule {
	if v.Ends != nil {
		return w.Rule(v.Ends.Rule)
	}
	return v.Rule
}

// counted are the numbers of whom something reaches, direct hits and those by what is inside apart.
func counted(n *room.Numbers) []ui.SummaryRow {
	of := func(count int) ui.Component {
		return ui.Text(ui.Number(count).String() + " of " + ui.Number(n.Hosts).String())
	}
	return slices.Concat([]ui.SummaryRow{{Key: "Devices and equipment", Value: of(n.Either)}}, ways(n), []ui.SummaryRow{
		{Key: "Bodies", Value: ui.Number(n.Bodies)},
	}, besides(n))
}

// besides are the exemptions and the allow rules that something has to do with. An exemption names a product, and lifts
// only the rules that it names.
func besides(n *room.Numbers) []ui.SummaryRow {
	exemptions := ui.Number(n.Exemptions).String()
	switch {
	case n.Exemptions == 1:
		exemptions += ": it lifts a rule only where it names it"
	case n.Exemptions > 1:
		exemptions += ": each lifts a rule only where it names it"
	}
	return []ui.SummaryRow{{Key: "Exemptions in force for what it reaches", Value: ui.Text(exemptions)}, {Key: "Allow rules for what it reaches", Value: ui.Number(n.AllowRules)}}
}

// ways are direct hits and those by what is inside apart; what is hit in both ways stands in both numbers.
func ways(n *room.Numbers) []ui.SummaryRow {
	rows := []ui.SummaryRow{{Key: "For the thing itself", Value: ui.Number(n.Direct)}, {Key: "For what contains it", Value: ui.Number(n.Component)}}
	if both := inBoth(n); both > 0 {
		rows = append(rows, ui.SummaryRow{Key: "For both, and in both numbers", Value: ui.Number(both)})
	}
	return rows
}

// countedNow is the same in a line, and countedLine for what stood on the page that was signed.
func countedNow(n *room.Numbers) string {
	text := ui.Number(n.Either).String() + " of " + ui.Count(n.Hosts, "device or piece of equipment", "devices and pieces of equipment") + " in " + ui.Count(n.Bodies, "body", "bodies") + ": " +
		ui.Number(n.Direct).String() + " for the thing itself, " + ui.Number(n.Component).String() + " for what contains it"
	if both := inBoth(n); both > 0 {
		text += ", " + ui.Number(both).String() + " of them for both"
	}
	return text
}

// inBoth counts what is hit in both ways.
func inBoth(n *room.Numbers) int { return n.Direct + n.Component - n.Either }

func countedLine(n *room.Numbers) string { return "It reached " + countedNow(n) }

// former are the proposals that one follows.
func (w words) former(r *http.Request, v *room.View) ui.Component {
	t := ui.Table{Caption: "What came before", Unseen: true, Columns: []ui.Column{{Title: "What"}, {Title: "When"}, {Title: "State"}, {Title: "What was said"}}}
	for i := range v.Former {
		p := &v.Former[i]
		said := ""
		if len(p.Steps) > 0 {
			said = p.Steps[len(p.Steps)-1].Reason
		}
		t.Rows = append(t.Rows, ui.Row{ui.Link{Text: w.title(p), Href: ProposalPath(p.ID)}, ui.Time{At: p.At.Time(), Now: ui.Now(r), Short: true}, stateTags[p.State], ui.Text(said)})
	}
	return t
}

// askAgain leads who heard no to asking again, with new facts.
func askAgain(v *room.View, me string) ui.Component {
	if v.State != room.Refused || me == "" || v.Principal != me {
		return nil
	}
	filled := url.Values{"after": {v.ID}}
	switch v.Kind {
	case room.Allow:
		return again("app", filled)
	case room.Exemption:
		filled["rule"], filled["product"] = v.Exemption.Lifts, []string{v.Exemption.Product}
		return again("exemption", filled)
	}
	return nil
}

func again(kind string, filled url.Values) ui.Component {
	return ui.ButtonGroup{{Text: "Ask again, with new facts", Href: DraftPath(kind, filled), Kind: ui.Secondary}}
}

// allowedIn tells whether the viewer has a permission in a body.
func (a *area) allowedIn(r *http.Request, organisation string, p people.Permission) (bool, error) {
	can, err := a.People.Allowed(r.Context(), actor(r), organisation, p)
	return can[p], err
}
