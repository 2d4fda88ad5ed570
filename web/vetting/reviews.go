package vetting

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
	room "portcullis/vetting"
	"portcullis/vetting/report"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

var outcomeTags = map[room.Outcome]ui.Tag{
	room.Allow: {Text: "May be allowed", Tone: ui.Good}, room.Refuse: {Text: "Refused", Tone: ui.Bad}, room.Ask: {Text: "A question was asked", Tone: ui.Waiting},
	room.Consult: {Text: "The centre was asked", Tone: ui.Waiting}, room.Confirm: {Text: "The code in it"}, room.Keep: {Text: "May stay", Tone: ui.Good},
}

// reviews are what reviewers concluded from a report; nothing where nobody has.
func reviews(r *http.Request, seen *room.Assessment) ui.Component {
	if len(seen.Reviews) == 0 {
		return nil
	}
	shown := ui.Stack{ui.Heading("What was concluded")}
	for i := range seen.Reviews {
		shown = append(shown, review(r, seen, &seen.Reviews[i]))
	}
	return shown
}

// review is one conclusion, with what was said to each criterion.
func review(r *http.Request, seen *room.Assessment, v *room.Review) ui.Component {
	s := ui.Summary{Title: cmp.Or(seen.Names[v.By], "Somebody") + ", " + when(r, v.At).Absolute()}
	add := func(key string, value ui.Component) { s.Rows = append(s.Rows, ui.SummaryRow{Key: key, Value: value}) }
	publish := func(what string) ui.Component {
		if slices.Contains(v.Publish, what) {
			return ui.Muted("(may be published)")
		}
		return nil
	}
	why := "Why"
	if v.Outcome == room.Ask || v.Outcome == room.Consult {
		why = "What was asked"
	}
	add(why, ui.Line{ui.Text(v.Rationale), publish(room.Rationale)})
	if v.Risk != "" {
		add("The risk", ui.Text(v.Risk))
	}
	for _, answer := range v.Answers {
		add(criterionTitle(seen.Report, answer.Criterion), ui.Line{ui.Text(answer.Text), publish(answer.Criterion)})
	}
	var confirmed []ui.Component
	for _, c := range v.Contains {
		confirmed = append(confirmed, ui.Link{Text: kitName(seen.Report, c.SDK), Href: devicepages.AppPath(c.Product)})
	}
	if len(confirmed) > 0 {
		add("Confirmed to be in it", ui.List{Items: confirmed})
	}
	if len(v.Proposed) > 0 {
		var seenIn []string
		for _, id := range v.Proposed {
			seenIn = append(seenIn, kitName(seen.Report, id))
		}
		state := ui.Muted("(somebody has answered who may for all bodies)")
		if v.Waits {
			state = ui.Muted("(waits for somebody who may confirm it for all bodies)")
		}
		add("Seen in it", ui.Line{ui.Text(strings.Join(seenIn, ", ")), state})
	}
	add("Conclusion", outcomeTags[v.Outcome])
	if v.Proposal != "" {
		add("In", ui.Link{Text: "The request", Href: approvalpages.ProposalPath(v.Proposal)})
	}
	return s
}

func criterionTitle(r *report.Report, id string) string {
	for _, c := range r.Criteria {
		if c.ID == id {
			return c.Title
		}
	}
	return id
}

func kitName(r *report.Report, id string) string {
	for _, s := range r.SDKs {
		if s.ID == id {
			return cmp.Or(s.Name, id)
		}
	}
	return id
}

// next is what whoever sees a report can do with it.
func (a *area) next(r *http.Request, seen *room.Assessment) (ui.Component, error) {
	can, err := a.People.Allowed(r.Context(), actor(r), seen.Organisation, people.AssessApps)
	if err != nil || !can[people.AssessApps] {
		return nil, err
	}
	links, err := a.links(r)
	if err != nil {
		return nil, err
	}
	var buttons ui.ButtonGroup
	if links && kitField(seen, links) != nil {
		buttons = ui.ButtonGroup{{Text: "Confirm the code in it", Href: Path(seen.ID, "kits"), Kind: ui.Secondary}}
	}
	switch {
	case seen.Misfit != "":
		return append(ui.ButtonGroup{{Text: "Hand in that app’s file", Href: LookPath(seen.Proposal)}}, buttons...), nil
	case !seen.Criteria:
		return ui.Stack{
			buttons,
			ui.Inset{ui.Para("The criteria have been replaced since, or more is known of who makes the app. Nothing can be concluded before it is held to what is asked now.")},
			ui.Post{Action: Path(seen.ID, "again"), Hidden: []ui.Hidden{{Name: "proposal", Value: seen.Proposal}}, Button: ui.Button{Text: "Hold it to the criteria as they are now"}},
		}, nil
	}
	open, err := a.open(r, seen)
	if err != nil {
		return nil, err
	}
	if open {
		buttons = append(ui.ButtonGroup{{Text: "Review it", Href: Path(seen.ID, "review")}}, buttons...)
	}
	if len(buttons) == 0 {
		return nil, nil
	}
	return buttons, nil
}

// open tells whether the viewer can conclude something from a report: in its request, or that what stands may stay.
func (a *area) open(r *http.Request, seen *room.Assessment) (bool, error) {
	if seen.Proposal == "" {
		return seen.Product != "", nil
	}
	v, err := a.Approvals.Proposal(r.Context(), actor(r), seen.Proposal)
	if fault.Is(err, fault.Refused) || fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && a.outcomeField(&v) != nil, err
}
