package vetting

import (
	"cmp"
	"net/http"

	"portcullis/people"
	room "portcullis/vetting"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// kitsWait is what the list shows where it shows apps with code alone that waits to be confirmed for all bodies.
const kitsWait = "code"

// list shows the apps that were looked at, the newest first, and those that have changed since.
func (a *area) list(w http.ResponseWriter, r *http.Request) error {
	bodies, err := a.things.Organisations(r, ui.Option{Label: "All that you may see"})
	if err != nil {
		return err
	}
	filter, err := devicepages.Narrowed(r, &ui.Field{Name: "package", Label: "Identifier", Hint: "Such as com.example.notes", As: ui.Input{Type: "search"}},
		&ui.Field{Name: "organisation", Label: "Body, and all below", As: ui.Select{Options: bodies}},
		&ui.Field{Name: "show", Label: "Show", As: ui.Select{Options: ui.Options("", "Everything", kitsWait, "Those with code that waits to be confirmed")}})
	if err != nil {
		return err
	}
	found, err := a.Vetting.Assessments(r.Context(), actor(r), room.Query{Organisation: filter.Value("organisation"), Package: filter.Value("package"), Waiting: filter.Value("show") == kitsWait, After: r.URL.Query().Get("after"), Limit: perPage})
	if err != nil {
		return err
	}
	page := ui.Page{Title: "Apps looked at", Wide: true, Content: []ui.Component{
		ui.Para("What an app can reach, who signed it and whose code is in it, read from its file: what reviewers decide by."),
	}}
	if may(r, people.AssessApps) {
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Look at an app", Href: LookPath("")}, {Text: "What is asked of apps", Href: "/criteria", Kind: ui.Secondary}})
	} else {
		page.Content = append(page.Content, ui.Paragraph{ui.Link{Text: "What is asked of apps", Href: "/criteria"}})
	}
	due, err := a.due(r, mostDue)
	if err != nil {
		return err
	}
	t := a.table(r, found.Assessments)
	t.Pages = ui.PagesAt(r.URL, "apps looked at", "", found.Next)
	t.Empty = ui.Empty{Text: "Nobody has looked at an app yet. Who reviews one hands in its file."}
	if filter.Active() {
		t.Empty = ui.Empty{Text: "No app that was looked at is so.", Do: ui.Link{Text: "Show everything", Href: filter.Clear()}}
	}
	page.Content = append(page.Content, due, filter, t)
	return ui.Render(w, r, http.StatusOK, page)
}

// table lists what was looked at.
func (a *area) table(r *http.Request, all []room.Summary) ui.Table {
	n := a.things.Names()
	t := ui.Table{Caption: "Apps looked at", Unseen: true, Columns: []ui.Column{{Title: "App"}, {Title: "Version"}, {Title: "Not met", Number: true}, {Title: "Not known", Number: true}, {Title: "For"}, {Title: "Looked at"}, {Title: "Concluded"}}}
	for i := range all {
		s := &all[i]
		name := ui.Named{Link: ui.Link{Text: cmp.Or(s.Name, s.Package, s.File), Href: Path(s.ID)}}
		if s.Package != "" {
			name.More = ui.Muted(s.Package)
		}
		row := ui.Row{name, ui.Text(cmp.Or(s.Version(), "Not known")), ui.Number(s.NotMet), ui.Number(s.NotKnown), a.forWhom(n, s), when(r, s.At), concluded(s)}
		if s.Error != "" {
			row[2], row[3] = ui.Text(""), ui.Text("Everything")
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// forWhom is the body for which an app was looked at, and the request.
func (a *area) forWhom(n devicepages.Names, s *room.Summary) ui.Component {
	body := ui.Text(n.Organisation(s.Organisation))
	if s.Proposal == "" {
		return body
	}
	return devicepages.Stacked([]ui.Component{body, ui.Link{Text: "The request", Hidden: "for " + cmp.Or(s.Name, s.Package, s.File), Href: approvalpages.ProposalPath(s.Proposal)}})
}

// concluded is what its last reviewer concluded.
func concluded(s *room.Summary) ui.Component {
	switch {
	case s.Waits:
		waits := ui.Muted("The code in it waits to be confirmed")
		if s.Outcome == "" {
			return waits
		}
		return devicepages.Stacked([]ui.Component{outcomeTags[s.Outcome], waits})
	case s.Error != "":
		return ui.Tag{Text: "Could not be read", Tone: ui.Bad}
	case s.Outcome == "":
		return ui.Muted("Nobody yet")
	}
	return outcomeTags[s.Outcome]
}
