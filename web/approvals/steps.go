package approvals

import (
	"net/http"

	room "portcullis/approvals"
	"portcullis/people"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// taken are the steps that were taken: who, when, what they said and what stood on the page that they signed.
func (w words) taken(r *http.Request, v *room.View) ui.Component {
	t := ui.Table{Caption: "What was done", Unseen: true, Columns: []ui.Column{{Title: "Who"}, {Title: "When"}, {Title: "What they said"}}}
	revised := -1
	for i := range v.Steps {
		if v.Steps[i].Act == room.Revise {
			revised = i
		}
	}
	for i := range v.Steps {
		s := &v.Steps[i]
		did := ui.Named{Link: ui.Link{Text: w.person(s.By) + " " + acts[s.Act].did}}
		if i < revised && s.Act != room.Open {
			did.More = ui.Muted("Counts no more: what is proposed was changed since")
		}
		t.Rows = append(t.Rows, ui.Row{did, ui.Time{At: s.At.Time(), Now: ui.Now(r), Short: true}, saidIn(s)})
	}
	return t
}

// saidIn is what somebody said with a step.
func saidIn(s *room.Step) ui.Component {
	var shown []ui.Component
	add := func(before, text string) {
		if text != "" {
			shown = append(shown, ui.Text(before+text))
		}
	}
	if s.Act != room.Open { // which stands above, as the reason
		add("", s.Reason)
	}
	add("By these criteria: ", s.Criteria)
	add("The risk: ", s.Risk)
	if s.Office != "" {
		add("Office: ", devicepages.OfficeName(s.Office))
	}
	add("In the name of ", s.Minister)
	add("On condition: ", s.Conditions)
	add("File: ", s.Reference)
	if s.Counted != nil {
		add("", countedLine(s.Counted))
	}
	if s.Moving != nil {
		add("", movedLine(s.Moving))
	}
	switch len(shown) {
	case 0:
		return ui.Text("")
	case 1:
		return shown[0]
	}
	return devicepages.Stacked(shown)
}

// needs are the steps that are still needed. Where the process has changed so that none is missing, somebody says that
// it is decided.
func needs(v *room.View) []room.Need {
	if len(v.Missing) == 0 {
		return v.Next
	}
	return v.Missing
}

// missing are the steps that are still needed: what each is, and who may take it where.
func (w words) missing(v *room.View) ui.Component {
	var items []ui.Component
	for i := range v.Missing {
		need := &v.Missing[i]
		text := ui.Capital(need.Act.Waits()) + ", by " + roleNames(need.Roles)
		if need.Office != "" {
			text = "A clearance by the clearing office called “" + devicepages.OfficeName(need.Office) + "”"
		}
		where := " of " + w.bodyName(need.Organisation) + " or above"
		if need.Organisation == people.Everywhere {
			where = " for all bodies"
		}
		items = append(items, ui.Text(text+where))
	}
	if len(items) == 1 {
		return ui.Paragraph{items[0]}
	}
	return ui.List{Items: items, Numbered: true}
}
