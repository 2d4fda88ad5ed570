package devices

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"portcullis/approvals"
	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/ui"
)

var ruleDone = ui.Done{"there": "This rule is there already: nothing was proposed twice"}

// rule shows one rule and what it does now.
func (a *area) rule(w http.ResponseWriter, r *http.Request) error {
	found, err := a.Devices.Rule(r.Context(), actor(r), idIn(r))
	if err != nil {
		return err
	}
	n, rule := a.names(), &found.Rule
	record, err := a.recordTable(r, register.Rules, rule.ID, func(was, is *policy.World) string {
		if len(was.Rules) > 0 && len(is.Rules) > 0 && !is.Rules[0].Until.Equal(was.Rules[0].Until) {
			return "It ends on " + ui.Time{At: is.Rules[0].Until, Now: ui.Now(r)}.Absolute()
		}
		return "Changed"
	})
	if err != nil {
		return err
	}
	can, err := a.allowed(r, rule.Scope, people.Propose)
	if err != nil {
		return err
	}
	page := ui.Page{Title: n.sentence(rule), Caption: "Rule", Wide: true, Banner: ruleDone.Banner(r), Crumbs: []ui.Link{{Text: "Apps", Href: "/apps"}, n.target(rule.Target)}}
	if rule.Target.Any {
		page.Crumbs = page.Crumbs[:1]
	}
	facts := n.ruleFacts(r, &found)
	made, err := a.Approvals.Proposals(r.Context(), actor(r), approvals.Query{Made: rule.ID, Limit: 1})
	if err != nil {
		return err
	}
	for _, p := range made.Proposals {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "How it came about", Value: ui.Link{Text: "What was proposed, and who signed it", Href: approvals.Link(p.ID)}})
	}
	page.Content = []ui.Component{facts, n.ruleEffect(&found)}
	if buttons := proposeAbout(r, &found, can); len(buttons) > 0 {
		page.Content = append(page.Content, buttons)
	}
	if found.Ended {
		page.Content = append(page.Content, ui.Heading("Rules that still hold"), n.rulesTable(r, found.Remaining, "No other rule holds now for what this one was about."))
	}
	page.Content = append(page.Content, ui.Heading("Exemptions that lift it"), n.exemptionsTable(r, found.Exemptions, found.Others), ui.Heading("What is recorded"), record, recordPast(register.Rules, rule.ID))
	return ui.Render(w, r, http.StatusOK, page)
}

func (n names) ruleFacts(r *http.Request, found *room.RuleEffect) ui.Summary {
	rule := &found.Rule
	state := ui.Tag{Text: "In force", Tone: ui.Active}
	switch {
	case found.Ended:
		state = ui.Tag{Text: "Ended"}
	case !found.Holds:
		state = ui.Tag{Text: "To come", Tone: ui.Waiting}
	}
	facts := ui.Summary{Rows: []ui.SummaryRow{
		{Key: "What", Value: ui.Line{effectTag(rule.Effect), n.target(rule.Target)}},
		{Key: "For", Value: ui.Text(n.organisation(rule.Scope) + " and all below")},
		{Key: "When", Value: ui.Line{ui.Text(ui.Capital(period(r, rule.Period))), state}},
		{Key: "Why", Value: ui.Text(cmp.Or(rule.Reason, "No reason is given"))},
		{Key: "Id", Value: ui.ID{Value: rule.ID, Of: "rule"}},
	}}
	add := func(key string, value ui.Component) {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: key, Value: value})
	}
	if !rule.Deadline.IsZero() {
		add("Gone by", ui.Day{At: rule.Deadline, Now: ui.Now(r)})
	}
	switch rule.Clearance {
	case "":
	case policy.ClearanceNone:
		add("Exemptions are cleared by", ui.Text("Nobody: a body may exempt its own by itself"))
	default:
		add("Exemptions are cleared by", ui.Text(officeName(rule.Clearance)))
	}
	if len(rule.Mitigations) > 0 {
		add("An exemption needs", ui.Text(mitigations(rule.Mitigations)))
	}
	return facts
}

// ruleEffect is what a rule does now.
func (n names) ruleEffect(found *room.RuleEffect) ui.Component {
	if found.Rule.Effect == policy.Allow && !found.Ended {
		return ui.Para("It allows something on " + ui.Count(found.Reaches.Direct, "device", "devices") + " where nothing else does not already.")
	}
	bars := ui.Bars{Caption: "In breach by it now, by body", Label: "Body", Unit: "Devices and equipment", Empty: ui.Empty{Text: "Nothing is in breach by it now."}}
	for _, o := range found.InBreach.Organisations {
		to := breachesOf(o.Organisation, url.Values{"rule": {found.Rule.ID}})
		bars.Items = append(bars.Items, ui.Bar{Label: n.organisation(o.Organisation), Value: int64(o.Hosts), Href: to})
	}
	breach := ui.Line{ui.Text(affected(found.InBreach.Hosts.Len()))}
	if found.InBreach.Hosts.Len() > 0 {
		breach = append(breach, ui.Link{Text: "See them", Href: "/breaches?" + url.Values{"rule": {found.Rule.ID}}.Encode()})
	}
	facts := ui.Summary{Title: "What it does now", Rows: []ui.SummaryRow{{Key: "In breach by it", Value: breach}}}
	if !found.Ended {
		facts.Rows = append(facts.Rows,
			ui.SummaryRow{Key: "It reaches, for the thing itself", Value: ui.Number(found.Reaches.Direct)},
			ui.SummaryRow{Key: "For what contains it", Value: ui.Number(found.Reaches.Component)})
		if found.Perhaps > 0 {
			facts.Rows = append(facts.Rows, perhapsAmong(found.Perhaps))
		}
	}
	return ui.Stack{facts, byBody(bars)}
}

// affected is how many hosts something has to do with, in words.
func affected(n int) string {
	if n == 0 {
		return "Nothing is affected"
	}
	return ui.Capital(affectedCount(n))
}

func affectedCount(n int) string {
	return ui.Count(n, "device or piece of equipment", "devices and pieces of equipment")
}

// timeOf is a time as rooms have it; zero stays zero.
func timeOf(t time.Time) (none people.Time) {
	if t.IsZero() {
		return none
	}
	return people.TimeOf(t)
}
