package ask

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	room "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/policy"
	"portcullis/register/search"
	"portcullis/web/ui"
)

// work answers about devices of work, by the address.
func (a Area) work(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	if !values.Has("q") && !values.Has("product") {
		return show(w, r, http.StatusOK, box(""))
	}
	return a.answer(w, r, values, false)
}

// own answers about somebody's own device. The question is posted, so that it stands in no address.
func (a Area) own(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "The question arrived damaged: go back and ask again")
	}
	return a.answer(w, r, r.PostForm, true)
}

// box is the form of one question.
func box(words string) *ui.Form {
	return &ui.Form{Fields: []*ui.Field{{
		Name: "q", Label: "May I install this?", Asks: true, Values: []string{words},
		Hint: "The name of the app as you know it. An old name, its maker, or the address of its page in the shop will do.",
		As:   ui.Input{Type: "search", Complete: "off"},
	}}}
}

// boxView is the form as the template has it.
type boxView struct{ *ui.Form }

func show(w http.ResponseWriter, r *http.Request, status int, form *ui.Form) error {
	return ui.Render(w, r, status, ui.Page{Title: "May I install this?", OwnHeading: true, Content: []ui.Component{
		templates.View("box", boxView{form}),
		ui.Para("This server writes nothing down of what you ask. What you ask about your own device does not even stand in the address."),
	}})
}

func (a Area) answer(w http.ResponseWriter, r *http.Request, values url.Values, own bool) error {
	q := room.Question{Product: values.Get("product"), Words: strings.TrimSpace(values.Get("q")), Own: own}
	q.Platform, _ = policy.ParsePlatform(values.Get("platform"))
	form := box(q.Words)
	if q.Product == "" && q.Words == "" {
		form.Fail(fault.In("q", "Type the name of the app"))
		return show(w, r, http.StatusUnprocessableEntity, form)
	}
	asked, err := a.Enquiries.Ask(r.Context(), actor(r), q)
	switch {
	case fault.Is(err, fault.Invalid) && form.Fail(err):
		return show(w, r, http.StatusUnprocessableEntity, form)
	case err != nil:
		return err
	}
	p := page{Area: a, r: r, asked: &asked, q: q, view: a.Enquiries.Fleet.View()}
	if asked.Product == nil {
		shown, err := p.choose()
		if err != nil {
			return err
		}
		return ui.Render(w, r, http.StatusOK, shown)
	}
	shown, err := p.answered()
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, shown)
}

// page is an answer that is put into words.
type page struct {
	Area
	r     *http.Request
	asked *room.Asked
	q     room.Question
	view  room.View
}

// choiceView is one of several things that may be meant.
type choiceView struct{ Product, Name, More string }

// choicesView is a choice of them, for devices of work or somebody's own.
type choicesView struct {
	Own   bool
	Items []choiceView
}

func (p *page) choices() ui.Component {
	v := choicesView{Own: p.q.Own}
	for _, c := range p.asked.Choices {
		var more []string
		switch {
		case c.By == search.OldName:
			more = append(more, "also known as "+c.Text)
		case c.By == search.Identifier && c.Text != c.Product:
			more = append(more, c.Text)
		}
		if maker := p.view.Supplier(c.Maker); maker != nil {
			more = append(more, "made by "+cmp.Or(maker.Name, maker.ID))
		}
		text := ui.Capital(strings.Join(more, ", "))
		if c.By == search.Identifier {
			text = strings.Join(more, ", ") // which is spelt as it is spelt
		}
		v.Items = append(v.Items, choiceView{c.Product, c.Name, text})
	}
	return templates.View("choices", v)
}

// choose asks which app is meant, or says that there is none of that name.
func (p *page) choose() (ui.Page, error) {
	shown := ui.Page{Title: "Which one do you mean?", Caption: p.q.Words, Back: Path}
	nothing := true
	for _, c := range p.asked.Choices {
		nothing = nothing && c.Near
	}
	if !nothing {
		if p.asked.Shop != nil {
			shown.Content = append(shown.Content, ui.Para("The address of that page does not tell which app it is, only how somebody has called it."))
		}
		shown.Content = append(shown.Content, p.choices())
		if !p.q.Own {
			shown.Content = append(shown.Content, p.askFor("It is none of these: ask for it")...)
		}
		shown.Content = append(shown.Content, again())
		return shown, nil
	}
	shown.Title, shown.Caption = "The register knows nothing by this name", p.called()
	shown.Content = []ui.Component{ui.Para("That does not say that it is harmless: nobody has looked at it under this name.")}
	if p.q.Own {
		platform := ""
		if p.q.Platform != 0 {
			platform = p.q.Platform.String()
		}
		texts, err := p.textsOn("", platform)
		if err != nil {
			return shown, err
		}
		shown.Content = append([]ui.Component{ui.Para("That says neither good nor bad of it: nobody has looked at it under this name. Give it no more access than it needs, and keep work off it.")}, p.written(texts)...)
		shown.Content = append(shown.Content, unwritten())
	}
	if len(p.asked.Choices) > 0 {
		shown.Content = append(shown.Content, ui.Heading("Did you mean one of these?"), p.choices())
	}
	if !p.q.Own {
		shown.Content = append(shown.Content, ui.Heading("What to do"), ui.Para("Do not install it on a work device yet. If you need it for your work, ask for it: somebody looks at it first. Its name is enough."))
		shown.Content = append(shown.Content, p.askFor("Ask for "+p.called())...)
	}
	shown.Content = append(shown.Content, again())
	return shown, nil
}

// called is what was asked about, as people call it.
func (p *page) called() string {
	if s := p.asked.Shop; s != nil {
		return cmp.Or(s.Name, s.Identifier, "this app")
	}
	return p.q.Words
}

// askFor leads to asking for something that is not known, filled in with what was asked about.
func (p *page) askFor(text string) []ui.Component {
	if p.Requests == "" {
		return nil
	}
	to := url.Values{"other": {"yes"}, "name": {p.q.Words}}
	if s := p.asked.Shop; s != nil {
		to = url.Values{"other": {"yes"}, "name": {s.Name}, "identifier": {s.Identifier}, "shop": {s.Link}, "platform": {s.Platform.String()}}
	}
	return []ui.Component{ui.ButtonGroup{{Text: text, Href: p.Requests + "?" + to.Encode(), Kind: ui.Secondary}}}
}

// again leads to the next question.
func again() ui.Component {
	return ui.Paragraph{ui.Link{Text: "Ask about another app", Href: Path}}
}

// unwritten says that a question about somebody's own device leaves no trace.
func unwritten() ui.Component {
	return ui.Inset{ui.Para("It is your own device: this is advice, and you decide. What you asked is written down nowhere: not in the ledger, not in a log, and not under your name.")}
}
