package handbook

import (
	"errors"
	"net/http"

	room "portcullis/handbook"
	"portcullis/internal/fault"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// draftFields ask for a title and a text.
func draftFields(d room.Draft) []*ui.Field {
	return []*ui.Field{
		{Name: "title", Label: "Title", Values: []string{d.Title}, As: ui.Input{Long: room.MaxTitle}},
		{Name: "text", Label: "Advice", Values: []string{d.Text}, As: ui.Textarea{Rows: 16, Long: room.MaxText},
			Hint: "Short sentences, kindly. Leave a line empty between paragraphs; begin the items of a list with a hyphen and a blank"},
	}
}

// add adds a piece of advice.
func (a *area) add(w http.ResponseWriter, r *http.Request) error {
	form := &ui.Form{
		Fields: append([]*ui.Field{{Name: "subject", Label: "What is it about?", As: ui.Radios{Options: []ui.Option{
			{Value: string(room.OnPersonal), Label: "Personal devices in general"},
			{Value: string(room.OnPlatform), Label: "One platform", Reveals: []*ui.Field{{Name: "platform", Label: "Platform", As: ui.Select{Options: platformOptions()}}}},
			{Value: string(room.OnChannel), Label: "One private channel", Reveals: []*ui.Field{{Name: "channel", Label: "Channel", As: ui.Select{Options: append([]ui.Option{{Label: "Choose one"}}, channelOptions(room.AdvisedChannels)...)}}}},
			{Value: string(room.OnProduct), Label: "One app", Hint: "It is shown to who asks about that app", Reveals: []*ui.Field{{Name: "product", Label: "The app’s id in the register", Hint: "Such as tiktok. It stands at the end of the address of the app’s page"}}},
		}}}}, draftFields(room.Draft{})...),
		Buttons: ui.ButtonGroup{{Text: "Add this advice"}, ui.Cancel("/advice")},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Add advice", Crumbs: adviceCrumbs, Content: []ui.Component{ui.Para("Everybody who signs in can read it, in every organisation, as soon as you add it. It stays in the ledger, also where you change it later.")}}}
	return q.Ask(w, r, func() (string, error) {
		about := room.About{Subject: room.Subject(form.Value("subject"))}
		if about.Subject != room.OnPersonal {
			about.Of = form.Value(string(about.Subject)) // the field that it reveals has its name
		}
		made, err := a.Handbook.AddAdvice(r.Context(), actor(r), about, room.Draft{Title: form.Value("title"), Text: form.Value("text")})
		return advicePath(made.ID, "added"), atField(err, string(about.Subject))
	})
}

// atField names the field in which what advice is about was asked for.
func atField(err error, name string) error {
	faults := fault.Fields(err)
	if len(faults) == 0 {
		return err
	}
	var named []error
	for _, f := range faults {
		if f.Field == "of" {
			f = &fault.Error{Kind: f.Kind, Field: name, Message: f.Message}
		}
		named = append(named, f)
	}
	return errors.Join(named...)
}

func crumbsOf(a room.Advice) []ui.Link {
	return append(adviceCrumbs[:1:1], ui.Link{Text: a.Title, Href: gate.Path("advice", a.ID)})
}

// adviceNow is a piece of advice as it is, for who is told that somebody else was faster.
func adviceNow(a room.Advice) ui.Component {
	state := ui.Stack(Text(a.Text))
	if a.TakenBack {
		state = ui.Stack{ui.Text("Taken back")}
	}
	return ui.Summary{Rows: []ui.SummaryRow{{Key: "Title", Value: ui.Text(a.Title)}, {Key: "Advice", Value: state}}}
}

// change puts another title and text in the place of what is advised.
func (a *area) change(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Handbook.AdviceVersions(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	advice := all[0]
	form := &ui.Form{
		Version: ui.Versioned(advice.Version), Fields: draftFields(advice.Draft),
		Buttons: ui.ButtonGroup{{Text: "Save this advice"}, ui.Cancel(gate.Path("advice", advice.ID))},
	}
	page := ui.Page{Title: "Change this advice", Caption: about(advice.About), Crumbs: crumbsOf(advice)}
	if advice.Starter {
		page.Content = []ui.Component{ui.Para("This is of the starter set that comes with Portcullis. What you save is the centre’s own and stands in its place.")}
	}
	q := ui.Question{Form: form, Current: adviceNow(advice), Page: page}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		after, err := a.Handbook.ChangeAdvice(r.Context(), actor(r), advice.ID, room.Draft{Title: form.Value("title"), Text: form.Value("text")}, v)
		if err == nil && after.Version == v {
			return advicePath(advice.ID, "same"), nil
		}
		return advicePath(advice.ID, "changed"), err
	})
}

// takeBack asks whether nothing should be advised any more, and does it.
func (a *area) takeBack(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Handbook.AdviceVersions(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	advice := all[0]
	form := &ui.Form{Version: ui.Versioned(advice.Version), Buttons: ui.ButtonGroup{{Text: "Take it back", Kind: ui.Danger}, ui.Cancel(gate.Path("advice", advice.ID))}}
	says := ui.Confirm{Says: []string{
		"Nobody is shown this advice any more, here or where people ask about an app or a device.",
		"What was advised, and until when, can still be found out. You can put it back.",
	}}
	q := ui.Question{Form: form, Confirms: &says, Current: adviceNow(advice), Page: ui.Page{Title: "Take back this advice?", Caption: advice.Title, Crumbs: crumbsOf(advice)}}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		_, err = a.Handbook.TakeBackAdvice(r.Context(), actor(r), advice.ID, v)
		return "/advice?done=taken-back", err
	})
}
