package vetting

import (
	"cmp"
	"net/http"

	"portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
	room "portcullis/vetting"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// How many stand on the pages of others.
const (
	mostBeside = 5
	mostDue    = 10
)

// Looked is what was found in the app that a request is about, for the request's page, and the way to look; nil for who
// may not see it, and for what is no request for an app.
func (rooms Rooms) Looked(r *http.Request, v *approvals.View) (ui.Component, error) {
	if v.Kind != approvals.Allow || !gate.Who(r.Context()).May(people.SeeVetting) {
		return nil, nil
	}
	a := newArea(rooms)
	can, err := a.People.Allowed(r.Context(), actor(r), v.Organisation, people.SeeVetting, people.AssessApps)
	if err != nil || !can[people.SeeVetting] {
		return nil, err
	}
	found, err := a.Vetting.Assessments(r.Context(), actor(r), room.Query{Proposal: v.ID, Limit: mostBeside})
	if err != nil {
		return nil, err
	}
	shown := ui.Stack{ui.Heading("What was found in it")}
	if len(found.Assessments) == 0 {
		shown = append(shown, ui.Para("Nobody has looked into the app for this request."))
	} else {
		shown = append(shown, a.short(r, found.Assessments))
	}
	if can[people.AssessApps] && v.State == approvals.Waiting {
		shown = append(shown, ui.ButtonGroup{{Text: "Look at the app", Href: LookPath(v.ID), Kind: ui.Secondary}})
	}
	return shown, nil
}

// short lists a few of what was looked at, where it is known which app it is.
func (a *area) short(r *http.Request, all []room.Summary) ui.Table {
	t := ui.Table{Caption: "What was found", Unseen: true, Columns: []ui.Column{{Title: "Version"}, {Title: "Not met", Number: true}, {Title: "Not known", Number: true}, {Title: "Looked at"}, {Title: "Concluded"}}}
	for i := range all {
		s := &all[i]
		link := ui.Link{Text: cmp.Or(s.Version(), s.File), Hidden: "of " + cmp.Or(s.Name, s.Package, s.File), Href: Path(s.ID)}
		row := ui.Row{link, ui.Number(s.NotMet), ui.Number(s.NotKnown), when(r, s.At), concluded(s)}
		if s.Error != "" {
			row[1], row[2] = ui.Text(""), ui.Text("Everything")
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// OfProduct is what was found in an app and what reviewers concluded, for the app's page; nil where there is nothing, and
// for who may not see it.
func (rooms Rooms) OfProduct(r *http.Request, p *policy.Product) (ui.Component, error) {
	if p.Kind != policy.App || !gate.Who(r.Context()).May(people.SeeVetting) {
		return nil, nil
	}
	a := newArea(rooms)
	found, err := a.Vetting.Reviews(r.Context(), actor(r), p.ID, "", mostBeside)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	t := ui.Table{Caption: "What reviewers found", Unseen: true, Columns: []ui.Column{{Title: "Version"}, {Title: "Why"}, {Title: "Conclusion"}, {Title: "For"}, {Title: "When"}}}
	n := a.things.Names()
	for i := range found {
		v := &found[i]
		t.Rows = append(t.Rows, ui.Row{ui.Link{Text: cmp.Or(v.Version, "Not known"), Hidden: "what was found in it", Href: Path(v.Assessment)}, ui.Text(v.Rationale), outcomeTags[v.Outcome], ui.Text(n.Organisation(v.Organisation)), when(r, v.At)})
	}
	return ui.Stack{ui.Heading("What reviewers found"), t}, nil
}

// due are the apps that are to be looked at again; nil where there are none.
func (a *area) due(r *http.Request, limit int) (ui.Component, error) {
	all, err := a.Vetting.Due(r.Context(), actor(r), limit)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	tasks, n := ui.Tasks{ID: "vetting-due"}, a.things.Names()
	for _, d := range all {
		tasks.Items = append(tasks.Items, ui.Task{
			Text: d.Name + " " + d.Installed + " on " + devicepages.PlatformName(d.Platform), Href: againPath(d.Organisation, d.Assessment),
			Hint: n.Organisation(d.Organisation) + ". On " + ui.Count(d.Hosts, "device there is", "devices there is") + " a later version than " + d.Reviewed + ", the last that was reviewed",
		})
	}
	return ui.Stack{ui.Heading("To be looked at again"), tasks}, nil
}

// waiting are the apps with code of others that a reviewer has seen and the viewer can confirm for all bodies; nil where
// there are none.
func (a *area) waiting(r *http.Request) (ui.Component, error) {
	if links, err := a.links(r); err != nil || !links {
		return nil, err
	}
	found, err := a.Vetting.Assessments(r.Context(), actor(r), room.Query{Waiting: true, Limit: mostBeside})
	if err != nil || len(found.Assessments) == 0 {
		return nil, err
	}
	tasks, n := ui.Tasks{ID: "vetting-kits"}, a.things.Names()
	for i := range found.Assessments {
		s := &found.Assessments[i]
		tasks.Items = append(tasks.Items, ui.Task{Text: cmp.Or(s.Name, s.Package, s.File) + " " + s.Version(), Href: Path(s.ID, "kits"), Hint: "A reviewer has seen code of others in it. " + n.Organisation(s.Organisation)})
	}
	shown := ui.Stack{ui.Heading("Confirm the code in apps"), tasks}
	if found.Next != "" {
		shown = append(shown, ui.Paragraph{ui.Link{Text: "See all whose code waits to be confirmed", Href: "/vetting?show=" + kitsWait}})
	}
	return shown, nil
}

// Today is what is to be looked at again, and what other reviewers have seen that the viewer can confirm, for those who look
// at apps; nil where there is nothing.
func (rooms Rooms) Today(r *http.Request) (ui.Component, error) {
	if !gate.Who(r.Context()).May(people.AssessApps) {
		return nil, nil
	}
	a := newArea(rooms)
	waiting, err := a.waiting(r)
	if err != nil {
		return nil, err
	}
	due, err := a.due(r, mostBeside)
	if err != nil || waiting == nil {
		return due, err
	}
	return ui.Stack{waiting, due}, nil
}
