package vetting

import (
	"cmp"
	"embed"
	"io"
	"net/http"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
	room "portcullis/vetting"
	"portcullis/vetting/report"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

//go:embed choose.html
var markup embed.FS

var templates = ui.Parse(markup)

// criteriaPath is where it is shown what a body asks of apps.
func criteriaPath(body string, more ...string) string {
	return gate.Path(append([]string{"criteria", devicepages.PathID(body)}, more...)...)
}

// criteriaOf leads to the criteria of the body that the address names, else to those of the one to which who asks belongs.
func (a *area) criteriaOf(w http.ResponseWriter, r *http.Request) error {
	bodies, err := a.things.Organisations(r)
	if err != nil {
		return err
	}
	body, err := a.bodyIn(r, bodies)
	if err != nil {
		return err
	}
	return ui.See(w, r, criteriaPath(body))
}

// organisationIn is the body in the path of a request.
func organisationIn(r *http.Request) string {
	return strings.TrimPrefix(r.PathValue("organisation"), "~")
}

// criteriaDone is what the page says after a change.
var criteriaDone = ui.Done{"replaced": "The criteria have been replaced. Apps are held to them from now on", "above": "The criteria of the body above count again",
	"trackers": "The list has been replaced. It is looked for in apps from now on", "no-trackers": "The list of the body above counts again, where there is one"}

// bodyIn is the body that the address names, else that of who asks, else the first that they may see.
func (a *area) bodyIn(r *http.Request, bodies []ui.Option) (string, error) {
	if body := r.URL.Query().Get("organisation"); body != "" {
		return body, nil
	}
	if who := gate.Who(r.Context()); who.Person != "" {
		me, err := a.People.Person(r.Context(), actor(r), who.Person)
		if err == nil && me.Organisation != "" {
			return me.Organisation, nil
		}
	}
	if len(bodies) == 0 {
		return "", fault.New(fault.NotFound, "There is no organisation yet")
	}
	return bodies[0].Value, nil
}

// asked shows what a body asks of apps, and whose words these are.
func (a *area) asked(w http.ResponseWriter, r *http.Request) error {
	bodies, err := a.things.Organisations(r)
	if err != nil {
		return err
	}
	body := organisationIn(r)
	asked, err := a.Vetting.Criteria(r.Context(), actor(r), body)
	if err != nil {
		return err
	}
	choice := templates.View("choose", &ui.Field{Name: "organisation", Label: "In which body?", Values: []string{body}, As: ui.Select{Options: bodies}})
	page := ui.Page{Title: "What is asked of apps", Wide: true, Crumbs: crumbs, Banner: criteriaDone.Banner(r), Content: []ui.Component{choice, a.askedFacts(r, body, &asked)}}
	can, err := a.People.Allowed(r.Context(), actor(r), body, people.DecideProcess)
	if err != nil {
		return err
	}
	buttons := ui.ButtonGroup{{Text: "Download the file", Href: criteriaPath(body, "file"), Kind: ui.Secondary}}
	if can[people.DecideProcess] {
		buttons = append(buttons, ui.Button{Text: "Replace these criteria", Href: criteriaPath(body, "replace"), Kind: ui.Secondary})
	}
	page.Content = append(page.Content, buttons, askedTable(&asked))
	list, err := a.Vetting.Trackers(r.Context(), actor(r), body)
	if err != nil {
		return err
	}
	page.Content = append(page.Content, ui.Heading("A list of trackers besides"), a.trackersFacts(r, &list))
	if can[people.DecideProcess] {
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Replace the list", Href: criteriaPath(body, "trackers"), Kind: ui.Secondary}})
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// askedFacts are whose criteria count, and since when.
func (a *area) askedFacts(r *http.Request, body string, asked *room.Asked) ui.Component {
	n := a.things.Names()
	s := ui.Summary{Rows: []ui.SummaryRow{{Key: "What counts in " + n.Organisation(body), Value: ui.Text(asked.Set.Name + ", version " + asked.Set.Version)}}}
	switch asked.Of {
	case "":
		s.Rows = append(s.Rows, ui.SummaryRow{Key: "Whose they are", Value: ui.Text("They come with the program, and count where no body has set its own")})
		return s
	case body:
		s.Rows = append(s.Rows, ui.SummaryRow{Key: "Whose they are", Value: ui.Text("Its own")})
	default:
		s.Rows = append(s.Rows, ui.SummaryRow{Key: "Whose they are", Value: ui.Text("Those of " + n.Organisation(asked.Of) + ", above it")})
	}
	by := asked.By
	if names, err := a.People.Names(r.Context(), actor(r), asked.By); err == nil {
		by = cmp.Or(names[asked.By], "somebody")
	}
	s.Rows = append(s.Rows, ui.SummaryRow{Key: "Set", Value: ui.Line{ui.Time{At: asked.At.Time(), Now: ui.Now(r)}, ui.Text("by " + by)}}, ui.SummaryRow{Key: "Why", Value: ui.Text(asked.Reason)})
	return s
}

// askedTable is what is asked, in the order of the file.
func askedTable(asked *room.Asked) ui.Table {
	t := ui.Table{Caption: "Criteria", Unseen: true, Columns: []ui.Column{{Title: "What is asked"}, {Title: "Where it comes from"}, {Title: "Of"}}}
	for i := range asked.Set.All {
		c := &asked.Set.All[i]
		t.Rows = append(t.Rows, ui.Row{ui.Named{Link: ui.Link{Text: c.Title}, More: ui.Muted(c.ID)}, ui.Text(c.Standard), ui.Text(askedOf(c.Formats))})
	}
	return t
}

// askedOf is of which apps something is asked.
func askedOf(formats []report.Format) string {
	apple := func(f report.Format) bool { return f == report.IPA || f == report.Mac }
	switch n := slices.IndexFunc(formats, func(f report.Format) bool { return !apple(f) }); {
	case len(formats) == 0:
		return "All apps"
	case n < 0:
		return "Apps for Apple’s systems"
	case !slices.ContainsFunc(formats, apple):
		return "Android apps"
	}
	return "Some apps for Android and for Apple’s systems"
}

// criteriaFile is the file of what a body asks.
func (a *area) criteriaFile(w http.ResponseWriter, r *http.Request) error {
	asked, err := a.Vetting.Criteria(r.Context(), actor(r), organisationIn(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="criteria.yaml"`)
	_, _ = io.WriteString(w, asked.Text) // who has gone away is not told
	return nil
}

// replace asks for the file by which a body asks from now on.
func (a *area) replace(w http.ResponseWriter, r *http.Request) error {
	body := organisationIn(r)
	asked, err := a.Vetting.Criteria(r.Context(), actor(r), body)
	if err != nil {
		return err
	}
	form := &ui.Form{Version: ui.Versioned(asked.Number + 1), Fields: []*ui.Field{
		{Name: "criteria", Label: "The criteria", Hint: "YAML. What counts now is filled in: change it, or paste another file over it", Values: []string{asked.Text}, As: ui.Textarea{Rows: 24}},
		{Name: "reason", Label: "Why?", Hint: "It stands beside the criteria, and others read it", As: ui.Textarea{Rows: 3, Long: 2000}},
	}, Buttons: ui.ButtonGroup{{Text: "Replace the criteria"}, ui.Cancel(criteriaPath(body))}}
	if asked.Of == body {
		form.Buttons = ui.ButtonGroup{form.Buttons[0], {Text: "Go by those above again", Name: "above", Value: "yes", Kind: ui.Secondary}, form.Buttons[1]}
	}
	page := ui.Page{Title: "Replace the criteria", Caption: a.things.Names().Organisation(body), Back: criteriaPath(body), Wide: true, Content: []ui.Component{
		ui.Para("Reports that were made before keep what they were held to. They can be held to the new criteria with one button each."),
	}}
	q := ui.Question{Page: page, Form: form, Current: a.askedFacts(r, body, &asked)}
	return q.Ask(w, r, func() (string, error) { return a.replaced(r, form, body, asked.Number+1) })
}

// replaced sets what was typed, and says which page shows it.
func (a *area) replaced(r *http.Request, form *ui.Form, body string, now int64) (string, error) {
	version, err := form.MadeFrom()
	if err != nil {
		return "", err
	}
	if version != now {
		return "", fault.New(fault.Changed, "Somebody has replaced the criteria since you opened them: look at them again")
	}
	text, word := strings.ReplaceAll(form.Value("criteria"), "\r\n", "\n"), "replaced"
	switch {
	case r.PostForm.Get("above") != "":
		text, word = "", "above"
	case strings.TrimSpace(text) == "":
		return "", fault.In("criteria", "Write what is asked, or go back")
	}
	if _, err := a.Vetting.SetCriteria(r.Context(), actor(r), body, text, strings.TrimSpace(form.Value("reason"))); err != nil {
		return "", err
	}
	return criteriaPath(body) + "?done=" + word, nil
}
