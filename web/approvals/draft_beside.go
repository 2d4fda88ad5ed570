package approvals

import (
	"net/http"

	room "portcullis/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// beside shows what was proposed before, as far as it helps to propose again: why, what was said of it, and how it
// ended.
func (a *area) beside(r *http.Request, p *room.Proposal, title string) ui.Component {
	facts := ui.Summary{Title: title}
	add := func(key, text string) {
		if text != "" {
			facts.Rows = append(facts.Rows, ui.SummaryRow{Key: key, Value: ui.Text(text)})
		}
	}
	facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Proposed", Value: ui.Line{when(r, p.At), ui.Link{Text: "See it", Hidden: "as it was proposed", Href: ProposalPath(p.ID)}}})
	add("Why it was asked for", p.Reason)
	add("Why nothing narrower", p.Narrower)
	add("What could go wrong", p.Risk)
	if e := p.Exemption; e != nil {
		add("Purpose", e.Purpose)
		add("In place", devicepages.Mitigations(e.Mitigations))
	}
	for _, s := range p.Steps {
		switch s.Act {
		case room.Refuse:
			add("Refused, because", s.Reason)
		case room.Open, room.Revise:
		default:
			add(stepKeys[s.Act], s.Reason)
			add("Conditions", s.Conditions)
		}
		add("The risk", s.Risk)
		add("The criteria", s.Criteria)
	}
	if until := p.Until(); !until.IsZero() {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Until", Value: onDay(r, until.Time(), "")})
	}
	return facts
}

// stepKeys are what stands before the reason of a step.
var stepKeys = map[room.Act]string{
	room.Recommend: "Recommended, because", room.Grant: "Granted, because", room.Sign: "Signed, because", room.Clear: "Cleared, because", room.Confirm: "In place, as was said",
	room.Review: "Reviewed, and kept because", room.TakeBack: "Taken back, because", room.Consult: "The centre was asked", room.Answer: "The centre answered",
	room.Question: "A question was asked", room.Reply: "It was answered",
}

// evidence is the proposal that made a rule or an exemption, where there is one that the actor may see.
func (a *area) evidence(r *http.Request, made string, kinds ...room.Kind) (*room.Proposal, error) {
	for _, kind := range kinds {
		found, err := a.Approvals.Proposals(r.Context(), actor(r), room.Query{Made: made, Kind: kind, Limit: 1})
		if err != nil || len(found.Proposals) > 0 {
			if err != nil {
				return nil, err
			}
			return &found.Proposals[0], nil
		}
	}
	return nil, nil
}
