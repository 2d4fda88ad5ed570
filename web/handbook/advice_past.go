package handbook

import (
	"net/http"
	"time"

	room "portcullis/handbook"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// versions shows a piece of advice in all its versions.
func (a *area) versions(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Handbook.AdviceVersions(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	var ids []string
	for _, v := range all {
		ids = append(ids, v.By)
	}
	known, err := a.names(r, ids...)
	if err != nil {
		return err
	}
	page := ui.Page{Title: "Versions", Caption: all[0].Title, Crumbs: crumbsOf(all[0]), Content: []ui.Component{
		ui.Para("The newest comes first. What the centre has kept is in the ledger as well."),
	}}
	for _, v := range all {
		page.Content = append(page.Content, ui.Heading(versionTitle(r, v)), kept(r, v, known))
		if v.TakenBack {
			page.Content = append(page.Content, ui.Para("Nothing was advised."))
			continue
		}
		page.Content = append(page.Content, ui.Details{Summary: v.Title, Content: Text(v.Text)})
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// versionTitle says when a version stood.
func versionTitle(r *http.Request, a room.Advice) string {
	day := func(t people.Time) string { return ui.Time{At: t.Time(), Now: ui.Now(r)}.Absolute() }
	switch {
	case a.Replaced.IsZero() && a.Recorded.IsZero():
		return "Now"
	case a.Replaced.IsZero():
		return "Since " + day(a.Recorded)
	case a.Recorded.IsZero():
		return "Until " + day(a.Replaced)
	}
	return day(a.Recorded) + " to " + day(a.Replaced)
}

// earlier shows what was advised at the end of a day.
func (a *area) earlier(w http.ResponseWriter, r *http.Request) error {
	form := &ui.Form{Action: r.URL.Path, Buttons: ui.ButtonGroup{{Text: "Show", Kind: ui.Secondary}}, Fields: []*ui.Field{{Name: "day", Label: "On which day?", Hint: "For example, 27 3 2026", As: ui.Date{}}}}
	form.FillFrom(r.URL.Query())
	page := ui.Page{Title: "What was advised on an earlier day", Crumbs: adviceCrumbs, Content: []ui.Component{templates.View("get", getView{form})}}
	day, err := form.Field("day").Day(ui.Now(r).Location())
	if form.Fail(err) {
		return ui.Render(w, r, http.StatusUnprocessableEntity, page)
	}
	if day.IsZero() {
		return ui.Render(w, r, http.StatusOK, page)
	}
	found, err := a.Handbook.AdviceAt(r.Context(), actor(r), room.About{}, people.TimeOf(day.AddDate(0, 0, 1).Add(-time.Microsecond)))
	if err != nil {
		return err
	}
	page.Content = append(page.Content, ui.Heading("At the end of "+ui.Day{At: day, Now: ui.Now(r)}.Absolute()))
	if len(found) == 0 {
		page.Content = append(page.Content, ui.Para("Nothing was advised then."))
	}
	known, subject := map[string]string{}, room.Subject("")
	for _, v := range found {
		if v.Subject != subject {
			subject = v.Subject
			page.Content = append(page.Content, ui.Subheading(subjectNames[subject]))
		}
		content := Text(v.Text)
		if v.Starter && v.Replaced.IsZero() {
			content = append(content, ui.Paragraph{ui.Muted("From the starter set as it is in the program that runs today; an earlier one may have had another text.")})
		} else {
			content = append(content, kept(r, v, known))
		}
		page.Content = append(page.Content, ui.Details{Summary: v.Title, Content: append(content, ui.Paragraph{ui.Link{Text: "All versions", Hidden: "of " + v.Title, Href: gate.Path("advice", v.ID, "versions")}})})
	}
	return ui.Render(w, r, http.StatusOK, page)
}
