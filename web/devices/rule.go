package devices

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"portcullis/approvals"
	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/ui"
)

// ruleThere is what whoever would have proposed a rule once more is told: nothing has been done.
var ruleThere = ui.Done{"there": "This is decided already: nothing has been proposed"}

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
	page := ui.Page{Title: n.sentence(rule), Caption: "Rule", Wide: true, Crumbs: []ui.Link{{Text: "Apps", Href: "/apps"}, n.target(rule.Target)}}
	if page.Banner = ruleThere.Banner(r); page.Banner != nil {
		page.Banner.Done = false
	}
	if rule.Target.Any {
		page.Crumbs = page.Crumbs[:1]
	}
	facts := n.ruleFacts(r, &found)
	made, err := a.Approvals.Proposals(r.Context(), actor(r), approvals.Query{Made: rule.ID, Limit: 1})
	if err != nil {
		return err
	}
	longest, err := a.Approvals.LongestFrom(r.Context(), actor(r), rule.ID)
	if err != nil {
		return err
	}
	if longest > 0 {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "An exemption holds", Value: ui.Text("For " + ui.Count(longest, "day", "days") + " at most")})
	}
	for _, p := range made.Proposals {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "How it came about", Value: ui.Link{Text: "What was proposed, and who signed it", Href: approvals.Link(p.ID)}})
	}
	facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Taking hold", Value: ui.Link{Text: "Which devices have it, and which do not", Href: RulePath(rule.ID, "uptake")}})
	page.Content = []ui.Component{facts, n.ruleEffect(&found)}
	if buttons := proposeAbout(r, &found, can); len(buttons) > 0 {
		page.Content = append(page.Content, buttons)
	}
	if found.Ended {
		page.Content = append(page.Content, ui.Heading("Rules that still hold"), n.rulesTable(r, found.Remaining, "No other rule holds now for what this one was about."))
	}
	lifted, err := a.lifted(r, n, &found)
	if err != nil {
		return err
	}
	page.Content = append(page.Content, lifted, ui.Heading("What is recorded"), record, recordPast(register.Rules, rule.ID))
	return ui.Render(w, r, http.StatusOK, page)
}

// lifted is what lifts a ban or a phase-out, beside all exemptions in force for what it reaches: the number that stands on
// the page on which it is signed. An allow rule is lifted by nothing.
func (a *area) lifted(r *http.Request, n names, found *room.RuleEffect) (ui.Component, error) {
	if found.Rule.Effect == policy.Allow {
		return nil, nil
	}
	shown := ui.Stack{ui.Heading("Exemptions that lift it")}
	if !found.Ended {
		affected, err := a.Devices.Fleet.Index().Affected(found.Rule)
		if err != nil {
			return nil, err
		}
		names := 0
		for i := range n.view.World.Exemptions {
			e := &n.view.World.Exemptions[i]
			if _, is := slices.BinarySearch(affected.Exemptions, e.ID); is && slices.Contains(e.Lifts, found.Rule.ID) {
				names++
			}
		}
		shown = append(shown, ui.Para(inForce(len(affected.Exemptions), names)))
	}
	if len(found.Exemptions)+found.Others == 0 {
		return append(shown, ui.Para("None, now or later.")), nil
	}
	exemptions, err := a.withNames(r, found.Exemptions)
	return append(shown, n.exemptionsTable(r, exemptions, found.Others)), err
}

// inForce is how many exemptions are in force for what a rule reaches, and how many of them lift it.
func inForce(all, names int) string {
	text := ui.Capital(ui.Count(all, "exemption is", "exemptions are")) + " in force for what this rule reaches"
	switch {
	case all == 0:
		return "No exemption is in force for what this rule reaches."
	case names == 0 && all == 1:
		return text + ". It does not name this rule, and so it does not lift it."
	case names == 0:
		return text + ". None of them names this rule, and so none lifts it."
	case names == all:
		return text + ", and " + map[bool]string{true: "names it: that lifts it.", false: "all name it: that lifts it."}[all == 1]
	}
	return text + ". An exemption lifts a rule only where it names it: " + ui.Count(names, "of these does", "of these do") + "."
}

// withNames are exemptions in which the person for whom one is stands by name, as far as the viewer may see that.
func (a *area) withNames(r *http.Request, exemptions []policy.Exemption) ([]policy.Exemption, error) {
	var ids []string
	for i := range exemptions {
		if id := exemptions[i].Subject.Person; id != "" {
			ids = append(ids, id)
		}
	}
	persons, err := a.People.Names(r.Context(), actor(r), ids...)
	named := slices.Clone(exemptions)
	for i := range named {
		of := &named[i].Subject.Person
		*of = cmp.Or(persons[*of], *of)
	}
	return named, err
}

// exempted is what an exemption is about, and for whom it is.
func (n names) exempted(e *policy.Exemption) string {
	what := "Any app"
	if !e.AnyProduct {
		what = n.product(e.Product)
	}
	switch s := &e.Subject; {
	case s.Host != "":
		return what + ", on " + s.Host
	case s.Site != "":
		return what + ", at the site " + s.Site
	case s.Person != "":
		return what + ", for " + s.Person
	case s.Group != "":
		return what + ", for the group " + s.Group
	}
	return what + ", for everyone"
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
		add("An exemption needs", ui.Text(ui.Capital(mitigations(rule.Mitigations))))
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
