package approvals

import (
	"errors"
	"net/http"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// ruleIn is the rule that an address names.
func (a *area) ruleIn(r *http.Request) (*policy.Rule, error) {
	id := r.URL.Query().Get("rule")
	if a.revised != nil {
		id = a.revised.Ends.Rule
	}
	if id == "" {
		return nil, fault.In("rule", "Say which rule: go to it, and come here from its page")
	}
	if rule := a.things.Names().Rule(id); rule != nil {
		return rule, nil
	}
	return nil, fault.New(fault.NotFound, "There is no rule %s, or it was taken back before it began", id)
}

// draftWithdrawal asks why and when a rule is to end.
func (a *area) draftWithdrawal(w http.ResponseWriter, r *http.Request) error {
	rule, err := a.ruleIn(r)
	if err != nil {
		return err
	}
	if err := a.mayPropose(r, people.Propose, rule.Scope); err != nil {
		return err
	}
	found, err := a.Devices.Rule(r.Context(), actor(r), rule.ID)
	if err != nil {
		return err
	}
	if found.Ended {
		return fault.New(fault.Conflict, "This rule has ended already, on %s", rule.Until.In(ui.Now(r).Location()).Format("2 January 2006"))
	}
	n, back := a.things.Names(), devicepages.RulePath(rule.ID)
	facts := ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Rule", Value: ui.Text(n.Sentence(rule))},
		{Key: "For", Value: ui.Text(n.Organisation(rule.Scope) + " and all below")},
		{Key: "Holds", Value: ui.Text(ui.Capital(devicepages.Period(r, rule.Period)))},
		{Key: "Why", Value: ui.Text(rule.Reason)},
		{Key: "Reaches, for the thing itself", Value: ui.Number(found.Reaches.Direct)},
		{Key: "For what contains it", Value: ui.Number(found.Reaches.Component)},
		{Key: "In breach by it now", Value: ui.Number(found.InBreach.Hosts.Len())},
	}}
	form := &ui.Form{
		Fields: []*ui.Field{
			reasonField("Why should it end?", "Everybody may read this once it is decided"),
			{Name: "until", Label: "On which day?", Optional: true, Hint: "It ends as soon as this is decided if you leave it empty", As: ui.Date{}},
		},
		Buttons: ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(back)},
	}
	filled(r, form)
	page := ui.Page{Title: "Propose that this rule end", Back: back, Content: []ui.Component{facts, ui.Para("The rule holds until somebody else has signed.")}}
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		until, err := day(r, form, "until")
		if err := errors.Join(why(form), err); err != nil {
			return room.Draft{}, err
		}
		return room.Draft{Kind: room.Withdrawal, Reason: answer(form, "reason"), Content: room.Content{Ends: &room.Ends{Rule: rule.ID, Until: timeOf(until)}}}, nil
	})
}
