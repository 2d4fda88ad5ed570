package vetting

import (
	"cmp"
	"net/http"

	"portcullis/people"
	room "portcullis/vetting"
	"portcullis/vetting/report"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

var outcomeTags = map[room.Outcome]ui.Tag{
	room.Allow: {Text: "May be allowed", Tone: ui.Good}, room.Refuse: {Text: "Refused", Tone: ui.Bad}, room.Ask: {Text: "The centre was asked", Tone: ui.Waiting}, room.Keep: {Text: "May stay", Tone: ui.Good},
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
	add("Why", ui.Text(v.Rationale))
	if v.Risk != "" {
		add("The risk", ui.Text(v.Risk))
	}
	for _, answer := range v.Answers {
		add(criterionTitle(seen.Report, answer.Criterion), ui.Text(answer.Text))
	}
	var confirmed []ui.Component
	for _, c := range v.Contains {
		confirmed = append(confirmed, ui.Link{Text: kitName(seen.Report, c.SDK), Href: devicepages.AppPath(c.Product)})
	}
	if len(confirmed) > 0 {
		add("Confirmed to be in it", ui.List{Items: confirmed})
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
	if !seen.Criteria {
		return ui.Stack{
			ui.Inset{ui.Para("The criteria have been replaced since, or more is known of who makes the app. Nothing can be concluded before it is held to what is asked now.")},
			ui.Post{Action: Path(seen.ID, "again"), Hidden: []ui.Hidden{{Name: "proposal", Value: seen.Proposal}}, Button: ui.Button{Text: "Hold it to the criteria as they are now"}},
		}, nil
	}
	if seen.Proposal != "" || seen.Product != "" {
		return ui.ButtonGroup{{Text: "Review it", Href: Path(seen.ID, "review")}}, nil
	}
	return nil, nil
}
