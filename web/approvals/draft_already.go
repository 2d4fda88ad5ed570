package approvals

import (
	"net/http"

	room "portcullis/approvals"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// already is what was decided, and what is proposed, about the target of a ban in its body, above it or below it: whoever
// proposes another should know. Of a proposal nobody is told who may not see it.
func (a *area) already(r *http.Request, rule *policy.Rule) ([]ui.Component, error) {
	open, err := a.Approvals.OpenBans(r.Context(), actor(r), rule.Target)
	if err != nil {
		return nil, err
	}
	n := a.words(nil)
	var told []ui.Component
	for i := range open {
		if p := &open[i]; a.related(p.Organisation, rule.Scope) && (a.revised == nil || p.ID != a.revised.ID) {
			told = append(told, n.openBan(r, p))
		}
	}
	rules := n.World().Rules
	for i := range rules {
		one := &rules[i]
		if one.Effect == policy.Allow || one.Target != rule.Target || !one.Until.IsZero() && !ui.Now(r).Before(one.Until) || !a.related(one.Scope, rule.Scope) {
			continue
		}
		told = append(told, ui.Paragraph{
			ui.Text("Decided already, for " + n.Organisation(one.Scope) + " and all below, " + devicepages.Period(r, one.Period) + ": "), ui.Link{Text: n.Sentence(one), Href: devicepages.RulePath(one.ID)},
		})
	}
	if len(told) == 0 {
		return nil, nil
	}
	return []ui.Component{ui.Inset(append(told, ui.Para("If it is not enough, you may propose yours all the same.")))}, nil
}

// openRequests are those for the same app in the same body that nobody has answered yet, as far as who asks may see them:
// who asks twice waits no shorter.
func (a *area) openRequests(r *http.Request, asked *appAsked) ([]ui.Component, error) {
	open, err := a.Approvals.Proposals(r.Context(), actor(r), room.Query{Kind: room.Allow, State: room.Waiting, Organisation: asked.body})
	if err != nil {
		return nil, err
	}
	n := a.words(nil)
	var told []ui.Component
	for i := range open.Proposals {
		p := &open.Proposals[i]
		same := asked.product != "" && p.Rule.Target.Product == asked.product
		if f := asked.found; f != nil && f.Identifier != "" && p.Found != nil {
			same = p.Found.Platform == f.Platform && p.Found.Identifier == f.Identifier
		}
		if same && (a.revised == nil || p.ID != a.revised.ID) {
			told = append(told, ui.Paragraph{ui.Text("Asked for already on " + when(r, p.At).Absolute() + ", and still to be decided: "), ui.Link{Text: n.title(p), Href: ProposalPath(p.ID)}})
		}
	}
	if len(told) == 0 {
		return nil, nil
	}
	return []ui.Component{ui.Inset(append(told, ui.Para("To say more, change that one. What differs, such as another platform, you may ask for all the same.")))}, nil
}

// openBan is a ban that is proposed, and how far that has come.
func (w words) openBan(r *http.Request, p *room.Proposal) ui.Component {
	return ui.Paragraph{
		ui.Text("Proposed already on " + when(r, p.At).Absolute() + ", for " + w.bodyName(p.Organisation) + " and all below, and still to be decided: "), ui.Link{Text: w.title(p), Href: ProposalPath(p.ID)},
	}
}

// related tells whether one body is the other, or stands above or below it.
func (a *area) related(one, other string) bool {
	view := a.Devices.Fleet.View()
	below := func(id, above string) bool {
		for range len(view.World.Organisations) {
			if id == above {
				return true
			}
			o := view.Organisation(id)
			if o == nil || o.Parent == "" {
				return false
			}
			id = o.Parent
		}
		return false
	}
	return below(one, other) || below(other, one)
}
