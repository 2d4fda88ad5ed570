package handbook

import (
	"net/http"
	"net/url"

	room "portcullis/handbook"
	"portcullis/internal/fault"
	"portcullis/web/ui"
)

// getView is a form that is sent with GET to its Action.
type getView struct{ *ui.Form }

// decidePath is the page of the aid after some answers.
func decidePath(answers string) string {
	if answers == "" {
		return "/channels/decide"
	}
	return "/channels/decide?" + url.Values{"answers": {answers}}.Encode()
}

// decide asks one question of the aid after the other and says what came of them.
func (a *area) decide(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	answers, answer := query.Get("answers"), query.Get("answer")
	aid := room.DecisionAid()
	steps, next, end, err := aid.Walk(answers)
	switch {
	case err != nil:
		return err
	case next == nil:
		return ui.Render(w, r, http.StatusOK, ended(aid, answers, steps, end))
	case answer == "y" || answer == "n":
		return ui.See(w, r, decidePath(answers+answer))
	}
	form := &ui.Form{Action: "/channels/decide", Hidden: []ui.Hidden{{Name: "answers", Value: answers}}, Buttons: ui.ButtonGroup{{Text: "Continue", Name: "go", Value: "on"}}, Fields: []*ui.Field{{Name: "answer", Label: next.Ask, Hint: next.Hint, Asks: true, As: ui.Radios{Options: ui.Options("y", "Yes", "n", "No")}}}}
	page := ui.Page{Title: next.Ask, Back: "/channels", OwnHeading: true}
	if answers == "" {
		page.Content = []ui.Component{ui.Inset{ui.Para("A few questions, a minute at most. What you answer is stored nowhere.")}}
	} else {
		page.Back = decidePath(answers[:len(answers)-1])
	}
	status := http.StatusOK
	if query.Has("go") {
		status = http.StatusUnprocessableEntity
		form.Fail(fault.In("answer", "Choose yes or no"))
	}
	page.Content = append([]ui.Component{templates.View("get", getView{form})}, page.Content...)
	return ui.Render(w, r, status, page)
}

// ended is the page that says what to do, and why.
func ended(aid room.Aid, answers string, steps []room.Step, end room.Outcome) ui.Page {
	outcome := aid.Outcomes[end]
	page := ui.Page{Title: outcome.Title, Crumbs: channelCrumbs, Content: []ui.Component{ui.Inset{ui.Para(steps[len(steps)-1].Answer.Because)}}}
	page.Content = append(page.Content, Text(outcome.Text)...)
	if end == room.PassOn {
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Say where it went", Href: "/channels/pass"}})
	}
	given := ui.Summary{}
	for i, s := range steps {
		word := "No. "
		if s.Yes {
			word = "Yes. "
		}
		given.Rows = append(given.Rows, ui.SummaryRow{Key: s.Ask, Value: ui.Text(word + s.Answer.Because), Actions: []ui.Link{{Text: "Change", Hidden: "the answer to: " + s.Ask, Href: decidePath(answers[:i])}}})
	}
	page.Content = append(page.Content, ui.Heading("What you answered"), given, ui.Paragraph{ui.Link{Text: "Begin again", Href: "/channels/decide"}})
	return page
}
