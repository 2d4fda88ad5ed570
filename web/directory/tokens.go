package directory

import (
	"net/http"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

var tokenCrumbs = []ui.Link{{Text: "Tokens", Href: "/tokens"}}

// tokens lists what programs act with.
func (a *area) tokens(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	found, err := a.room.Tokens(r.Context(), actor(r), r.URL.Query().Get("after"), perPage+1)
	if err != nil {
		return err
	}
	found, last := more(found)
	table := ui.Table{
		Caption: "Tokens", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Program"}, {Title: "Acts as"}, {Title: "In"}, {Title: "Last used"}, {Title: "Until"}, {Title: "State"}},
		Empty:   ui.Empty{Text: "No program has a token."},
	}
	page := ui.Page{Title: "Tokens", Wide: true, Banner: ui.Done{"ended": "The token has ended: its program is refused from now on"}.Banner(r)}
	page.Content = append(page.Content, ui.Para("A token lets a program act, in one role in one organisation, until a day. It ends with the account of the person who made it, and rests while they may not make such a token."),
		ui.Paragraph{ui.Link{Text: "What a program can do with it", Href: "/api"}})
	changes := may(r, people.ChangeTokens)
	if changes {
		table.Columns = append(table.Columns, ui.Column{Title: "What you can do", Unseen: true})
		table.Empty.Do = ui.Link{Text: "Make the first token", Href: "/tokens/make"}
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Make a token", Href: "/tokens/make"}})
	}
	for _, k := range found {
		row := ui.Row{ui.Text(k.Name), ui.Text(k.Role.Name()), t.link(k.Organisation), when(r, k.Used), onDay(r, k.Expires, ""), tokenState(r, k)}
		if changes && live(r, k) {
			row = append(row, ui.Link{Text: "End", Hidden: "the token of " + k.Name, Href: gate.Path("tokens", k.ID, "end")})
		} else if changes {
			row = append(row, ui.Text(""))
		}
		table.Rows = append(table.Rows, row)
	}
	if last != nil {
		table.Pages = ui.PagesAt(r.URL, "tokens", "", last.ID)
	}
	page.Content = append(page.Content, table)
	return ui.Render(w, r, http.StatusOK, page)
}

func live(r *http.Request, k people.Token) bool {
	return k.Ended.IsZero() && people.TimeOf(ui.Now(r)).Before(k.Expires)
}

func tokenState(r *http.Request, k people.Token) ui.Component {
	switch {
	case !k.Ended.IsZero():
		return ui.Line{ui.Tag{Text: "Ended"}, onDay(r, k.Ended, "")}
	case !live(r, k):
		return ui.Tag{Text: "Run out"}
	}
	return ui.Tag{Text: "Works", Tone: ui.Good}
}

// makeToken makes a token and shows its secret, once.
func (a *area) makeToken(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	form := &ui.Form{
		Fields: append(append([]*ui.Field{{Name: "name", Label: "Which program is it for?", Hint: "What it is and where it runs, such as Inventory export on hbr-srv-2"}}, grantFields(r, t)...),
			&ui.Field{Name: "expires", Label: "Until which day?", Optional: true, Hint: "The first day on which it no longer works, a year from now at most. It is 90 days from now if you leave it empty", As: ui.Date{}}),
		Buttons: ui.ButtonGroup{{Text: "Make the token"}, ui.Cancel("/tokens")},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Make a token", Crumbs: tokenCrumbs, Content: []ui.Component{
		ui.Para("Give the program the smallest role that is enough, in the smallest organisation, for the shortest time."),
	}}}
	if r.Method != http.MethodPost {
		return q.Show(w, r, http.StatusOK)
	}
	if err := form.Fill(r); err != nil {
		return err
	}
	made, err := a.made(r, form)
	switch {
	case form.Fail(err):
		return q.Show(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return ui.Render(w, r, http.StatusOK, shownOnce(r, made, t))
}

func (a *area) made(r *http.Request, form *ui.Form) (none people.Made, err error) {
	grant, err := grantIn(form)
	if err != nil {
		return none, err
	}
	expires, err := day(r, form, "expires")
	if err != nil {
		return none, err
	}
	return a.room.MakeToken(r.Context(), actor(r), form.Value("name"), grant, expires)
}

func shownOnce(r *http.Request, made people.Made, t tree) ui.Page {
	return ui.Page{Title: "Token for " + made.Name, Crumbs: tokenCrumbs, Content: []ui.Component{
		ui.Warning("The token is shown this once, and kept nowhere. If you lose it, end it and make another."),
		ui.Summary{Rows: []ui.SummaryRow{
			{Key: "Token", Value: ui.ID{Value: made.Secret, Of: "token"}},
			{Key: "For", Value: ui.Text(made.Name)},
			{Key: "Acts as", Value: ui.Text(made.Role.Name())},
			{Key: "In", Value: ui.Text(t.name(made.Organisation))},
			{Key: "Works until", Value: when(r, made.Expires)},
		}},
		ui.Para("Put it where the program keeps its secrets, readable by the program alone. Do not send it by mail or chat, and do not write it into source code."),
		ui.Paragraph{ui.Text("The program sends it in the header Authorization, after the word Bearer."), ui.Link{Text: "What it can do then", Href: "/api"}},
		ui.ButtonGroup{{Text: "Back to all tokens", Href: "/tokens", Kind: ui.Secondary}},
	}}
}

// endToken asks whether a program should no longer act, and ends its token.
func (a *area) endToken(w http.ResponseWriter, r *http.Request) error {
	k, err := a.room.Token(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	says := ui.Confirm{
		Says: []string{"The program is refused at once, in the middle of what it does if need be."},
		Facts: ui.Summary{Rows: []ui.SummaryRow{
			{Key: "Program", Value: ui.Text(k.Name)}, {Key: "Acts as", Value: ui.Text(k.Role.Name())}, {Key: "In", Value: t.link(k.Organisation)},
			{Key: "Made", Value: when(r, k.Made)}, {Key: "Last used", Value: when(r, k.Used)}, {Key: "Until", Value: onDay(r, k.Expires, "")},
		}},
		Warning: "An ended token does not come back.",
	}
	form := &ui.Form{Buttons: ui.ButtonGroup{{Text: "End the token", Kind: ui.Danger}, ui.Cancel("/tokens")}}
	q := ui.Question{Form: form, Confirms: &says, Page: ui.Page{Title: "End this token?", Crumbs: tokenCrumbs}}
	return q.Ask(w, r, func() (string, error) {
		_, err := a.room.EndToken(r.Context(), actor(r), k.ID)
		return "/tokens?done=ended", err
	})
}
