package approvals

import (
	"errors"
	"net/http"
	"slices"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// draftAdopted proposes for a body of one's own what another has decided, with why it did beside it.
func (a *area) draftAdopted(w http.ResponseWriter, r *http.Request) error {
	rule, err := a.ruleIn(r)
	if err != nil {
		return err
	}
	bodies, err := a.bodies(r, people.Propose)
	if err != nil {
		return err
	}
	bodies = slices.DeleteFunc(bodies, func(o ui.Option) bool { return o.Value == rule.Scope })
	if len(bodies) == 0 {
		return fault.New(fault.Refused, "There is no other body for which you may propose this")
	}
	kind := room.Ban
	if rule.Effect == policy.Allow {
		kind = room.Allow
	}
	made, err := a.evidence(r, rule.ID, kind)
	if err != nil {
		return err
	}
	me, err := a.me(r)
	if err != nil {
		return err
	}
	back := devicepages.RulePath(rule.ID)
	form := a.adoptForm(r, rule, bodies, made)
	if where := form.Field("scope"); where.Value() == "" && slices.ContainsFunc(bodies, func(o ui.Option) bool { return o.Value == me.Organisation }) {
		where.Values = given(me.Organisation)
	}
	form.Buttons = ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(back)}
	page := ui.Page{Title: "Propose the same for your own body", Caption: a.things.Names().Sentence(rule), Back: back, Content: a.adopted(r, rule, made)}
	return a.propose(w, r, page, form, func() (room.Draft, error) { return a.adoptIn(r, form, *rule, kind) })
}

// adopted is another body's rule, and how it came about as far as that may be seen.
func (a *area) adopted(r *http.Request, rule *policy.Rule, made *room.Proposal) []ui.Component {
	n := a.things.Names()
	facts := ui.Summary{Title: "What was decided", Rows: []ui.SummaryRow{
		{Key: "By", Value: ui.Text(n.Organisation(rule.Scope))},
		{Key: "What", Value: ui.Text(n.Sentence(rule))},
		{Key: "Holds", Value: ui.Text(ui.Capital(devicepages.Period(r, rule.Period)))},
		{Key: "Why", Value: ui.Text(rule.Reason)},
	}}
	if made == nil {
		return []ui.Component{facts, ui.Para("How it came about cannot be shown to you here. That body can tell you.")}
	}
	return []ui.Component{facts, a.beside(r, made, "How it came about")}
}

func (a *area) adoptForm(r *http.Request, rule *policy.Rule, bodies []ui.Option, made *room.Proposal) *ui.Form {
	bodies = append([]ui.Option{{Label: "Choose a body"}}, bodies...)
	form := &ui.Form{Fields: []*ui.Field{{Name: "scope", Label: "For which body?", As: ui.Select{Options: bodies}}}}
	longest := ""
	if rule.Effect == policy.Allow {
		form.Fields = append(form.Fields, reasonField("Why should your body have it too?", "Everybody may read this once it is decided"))
		filled(r, form, "reason", rule.Reason)
		return form
	}
	form.Fields = append(form.Fields, a.banFields(r, rule)...)
	why := ""
	if made != nil {
		if why = made.Narrower; made.LongestDays > 0 {
			longest = ui.Number(made.LongestDays).String()
		}
	}
	filled(r, form, "when", atOnce, "reason", rule.Reason, "narrower", why, "clearance", rule.Clearance, "mitigations", joined(rule.Mitigations), "longestDays", longest)
	filledOn(form, "deadline", rule.Deadline)
	return form
}

// adoptIn is the draft: the same rule for another body, from when it is decided.
func (a *area) adoptIn(r *http.Request, form *ui.Form, rule policy.Rule, kind room.Kind) (d room.Draft, err error) {
	if err := needed(form, "scope", "Say for which body"); err != nil {
		return d, err
	}
	adopts := rule.ID
	rule.ID, rule.Scope, rule.Period, rule.Reason = "", form.Value("scope"), policy.Period{}, ""
	if kind == room.Allow {
		return room.Draft{Kind: kind, Reason: answer(form, "reason"), Adopts: adopts, Content: room.Content{Rule: &rule}}, nil
	}
	d, err = a.banIn(r, form, rule)
	d.Adopts = adopts
	if d.Emergency && !a.holds(r, rule.Scope, duty) {
		err = errors.Join(err, fault.In("emergency", "You are no duty officer of this body: leave the emergency out"))
	}
	return d, err
}
