package approvals

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// question is how an act is asked for.
type question struct {
	title  string
	button ui.Button
	says   string // what will happen; it may be empty
	fields []*ui.Field
	// numbers shows whom it reaches, and asks for the number where that is wide.
	numbers bool
}

// act is the page on which somebody takes a step. It is shown to whom the step waits for; the answer of anybody else
// is for the room to refuse.
func (a *area) act(act room.Act) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, n, err := a.proposalIn(r)
		if err != nil {
			return err
		}
		if r.Method != http.MethodPost && !can(&v, act) {
			return barred(&v, act)
		}
		content, err := a.content(r, n, &v)
		if err != nil {
			return err
		}
		asks := a.question(n, act, &v)
		back := ProposalPath(v.ID)
		form := &ui.Form{Version: ui.Versioned(v.Version), Fields: asks.fields, Buttons: ui.ButtonGroup{asks.button, ui.Cancel(back)}}
		page := ui.Page{Title: asks.title, Caption: n.title(&v.Proposal), Back: back, Content: []ui.Component{content}}
		if asks.numbers && v.Reach != nil {
			page.Content = append(page.Content, n.reach(r, &v))
		}
		page.Content = append(page.Content, n.heard(&v))
		if asks.says != "" {
			page.Content = append(page.Content, ui.Para(asks.says))
		}
		q := ui.Question{Page: page, Form: form, Current: ui.Stack{n.standing(r, &v), n.taken(r, &v)}}
		return q.Ask(w, r, func() (string, error) { return a.take(r, form, &v, act) })
	}
}

// barred is why somebody is not shown the page of an act.
func barred(v *room.View, act room.Act) error {
	if v.Bar != "" {
		return fault.New(fault.Conflict, "%s", v.Bar)
	}
	if len(v.Next) > 0 {
		return fault.New(fault.Conflict, "This does not wait for you: it waits for %s", v.Next[0].Act.Waits())
	}
	return fault.New(fault.Conflict, "Nothing waits here any more: see what became of it")
}

// take takes a step with what was answered, and says which page shows what became of it.
func (a *area) take(r *http.Request, form *ui.Form, v *room.View, act room.Act) (string, error) {
	version, err := form.MadeFrom()
	if err != nil {
		return "", err
	}
	do := room.Doing{Act: act, Version: version, Said: room.Said{
		Reason: strings.TrimSpace(form.Value("reason")), Risk: strings.TrimSpace(form.Value("risk")), Criteria: strings.TrimSpace(form.Value("criteria")),
	}}
	if do.Affirmed, err = affirmed(form); err != nil {
		return "", err
	}
	if act == room.Grant && v.Kind == room.Allow {
		if do.Terms, err = a.terms(r, form, v); err != nil {
			return "", err
		}
	}
	if _, err := a.Approvals.Take(r.Context(), actor(r), v.ID, do); err != nil {
		return "", placed(form, err)
	}
	a.things.Settle(r)
	return ProposalPath(v.ID) + "?done=" + string(act), nil
}

// affirmed is the number that was written down; nil where none was asked for or given.
func affirmed(form *ui.Form) (*int, error) {
	text := strings.NewReplacer(" ", "", "\u202f", "", "\u00a0", "", ",", "").Replace(form.Value("affirmed"))
	if text == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil, fault.In("affirmed", "Write the number in digits, such as 1204")
	}
	return &n, nil
}

func reasonOf(label, hint string) *ui.Field {
	return &ui.Field{Name: "reason", Label: label, Hint: hint, As: ui.Textarea{Rows: 4}}
}

func optional(f *ui.Field) *ui.Field {
	f.Optional = true
	return f
}

// question is what is asked of who takes a step.
func (a *area) question(n words, act room.Act, v *room.View) question {
	numbers := v.Reach != nil
	switch act {
	case room.Recommend:
		return question{title: "Do you recommend it?", button: ui.Button{Text: "Recommend it"}, fields: judged(v, "Why do you recommend it?"), says: "If you do not, go back and refuse it: who asked hears why."}
	case room.Grant:
		q := question{title: "Grant this?", button: ui.Button{Text: "Grant it"}, fields: judged(v, "Why?"), numbers: numbers}
		if v.Kind == room.Allow {
			q.title, q.button.Text = "Allow this?", "Allow it"
			q.fields = append(a.termFields(n, v), q.fields...)
		}
		q.fields = append(q.fields, wideField(v)...)
		return q
	case room.Sign:
		q := question{title: "Sign this, as the second person?", button: ui.Button{Text: "Sign it"}, fields: append(wideField(v), optional(reasonOf("What would you like to add?", "It is recorded beside your signature"))), numbers: numbers, says: signing(v)}
		if v.Kind == room.Ban {
			q.button.Kind = ui.Danger
		}
		return q
	case room.Confirm:
		return question{title: "Is all of this in place?", button: ui.Button{Text: "It is in place"}, fields: []*ui.Field{reasonOf("What is in place, and how do you know?", "For instance, that you have set the device up and looked at it")}, says: signing(v)}
	case room.Review:
		return question{title: "Should this ban stay?", button: ui.Button{Text: "Have it stay"}, fields: []*ui.Field{reasonOf("Why is it to stay?", "Others read it later")}, numbers: true, says: "Two duty officers made it in an emergency. It lapses by itself unless you have it stay. If it should not, go back and refuse it: it then ends at once."}
	case room.Refuse:
		return question{title: "Refuse this?", button: ui.Button{Text: "Refuse it", Kind: ui.Danger}, fields: []*ui.Field{reasonOf("Why not?", "Whoever asked reads this, and may ask again with new facts")}}
	case room.TakeBack:
		return question{title: "Take this back?", button: ui.Button{Text: "Take it back"}, fields: []*ui.Field{optional(reasonOf("Why?", "It is recorded"))}, says: "Nobody need decide about it any more. You can propose it again."}
	case room.Question:
		return question{title: "Ask " + whoOpened(&v.Draft), button: ui.Button{Text: "Ask them"}, fields: []*ui.Field{reasonOf("What would you like to know?", "They read this, and answer on the same page. Nothing that was said is lost")}, says: "It leaves your list until they have answered. You and others can decide all the same."}
	case room.Reply:
		return question{title: "Answer what you are asked", button: ui.Button{Text: "Answer"}, fields: []*ui.Field{reasonOf("Your answer", "Whoever asked reads it, and decides. If you would rather ask for something else, go back and change it")}}
	case room.Consult:
		return question{title: "Ask the centre for advice", button: ui.Button{Text: "Ask the centre"}, fields: []*ui.Field{reasonOf("What would you like to know?", "The centre sees the proposal, and what was said to it")}, says: "You need not wait for the answer: it is recorded beside the decision."}
	}
	return question{title: "What does the centre advise?", button: ui.Button{Text: "Answer"}, fields: []*ui.Field{reasonOf("Your answer", "It is advice: the body decides. It is recorded beside the decision")}}
}

// judged are the fields of who says what they think of it: for apps and exemptions by what criteria and at what risk.
func judged(v *room.View, why string) []*ui.Field {
	fields := []*ui.Field{reasonOf(why, "Others decide by it, and read it later")}
	if v.Kind == room.Allow || v.Kind == room.Exemption {
		fields = append(fields, &ui.Field{Name: "risk", Label: "What is the risk?", Hint: "Say it also where it is small", As: ui.Textarea{Rows: 3}},
			&ui.Field{Name: "criteria", Label: "By which criteria?", Optional: true, Hint: "What you looked at, and what you found", As: ui.Textarea{Rows: 3}})
	}
	return fields
}

// wideField asks for the number where a decision reaches more than half of all there are.
func wideField(v *room.View) []*ui.Field {
	if v.Reach == nil || !v.Reach.Wide() {
		return nil
	}
	return []*ui.Field{{Name: "affirmed", Label: "How many devices and pieces of equipment does it reach?", Hint: "It is more than half of all there are. Write the number, so that nobody signs this by mistake", As: ui.Input{Numeric: true, Width: 10}}}
}

// signing is what happens with this step.
func signing(v *room.View) string {
	if len(v.Missing) > 1 {
		var besides []string
		for _, need := range v.Missing[1:] {
			besides = append(besides, need.Act.Waits())
		}
		return "It holds once what is missing besides is there: " + strings.Join(besides, ", and ") + "."
	}
	if v.Rule != nil && !v.Rule.From.IsZero() {
		return "It is then decided, and holds from the time that it names."
	}
	return "It is then decided, and holds at once."
}

// heard is what was said until now: why it is proposed, and what others have said to it.
func (w words) heard(v *room.View) ui.Component {
	shown := ui.Stack{w.why(v)}
	for i := range v.Steps {
		s := &v.Steps[i]
		if s.Act == room.Open || s.Act == room.Revise || s.Reason+s.Risk+s.Conditions == "" {
			continue
		}
		shown = append(shown, ui.Subheading(w.person(s.By)+" "+acts[s.Act].did), ui.Paragraph{saidIn(s)})
	}
	return shown
}

// terms are how an app is allowed, as whoever grants it says.
func (a *area) terms(r *http.Request, form *ui.Form, v *room.View) (*room.Terms, error) {
	until, err := day(r, form, "until")
	if err != nil {
		return nil, err
	}
	t := &room.Terms{MinVersion: strings.TrimSpace(form.Value("min_version")), MinVersionCode: map[policy.Platform]int64{}}
	if !until.IsZero() {
		t.Until = timeOf(until)
	}
	if form.Value("terms.product") != newProduct {
		t.Product = form.Value("terms.product")
	} else if t.Identifier = strings.TrimSpace(form.Value("terms.identifier")); v.Found != nil && v.Found.Identifier != "" {
		t.Identifier = ""
	}
	for platform, code := range v.Rule.MinVersionCode {
		t.MinVersionCode[platform] = code
	}
	if text := strings.TrimSpace(form.Value("min_version_code")); text != "" {
		code, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fault.In("min_version_code", "Write the version code in digits, such as 40201")
		}
		t.MinVersionCode[policy.Android] = code
	} else {
		delete(t.MinVersionCode, policy.Android)
	}
	for _, text := range form.Values("platforms") {
		platform, ok := policy.ParsePlatform(text)
		if !ok {
			return nil, fault.In("platforms", "Choose platforms from the list")
		}
		t.Platforms = append(t.Platforms, platform)
	}
	return t, nil
}

// newProduct is the answer that an app which was found is none of those known.
const newProduct = "\u0001new"

// termFields ask how an app is allowed: as it was asked for, unless somebody changes that.
func (a *area) termFields(n words, v *room.View) []*ui.Field {
	rule := v.Rule
	var fields []*ui.Field
	if v.Found != nil {
		options := []ui.Option{{Value: newProduct, Label: "One that is not known yet", Hint: cmp.Or(v.Found.Name, v.Found.Identifier) + " becomes known when it is allowed"}}
		if v.Found.Identifier == "" {
			options[0].Reveals = []*ui.Field{{Name: "terms.identifier", Label: "What do devices call it?", Hint: "Such as com.example.notes: inventories have it, and the shop’s page as a rule", As: ui.Input{Complete: "off"}}}
		}
		for _, p := range n.alike(v.Found.Name) {
			options = append(options, ui.Option{Value: p.ID, Label: cmp.Or(p.Name, p.ID), Hint: n.Supplier(p.Supplier)})
		}
		fields = append(fields, &ui.Field{Name: "terms.product", Label: "Which app is it?", Values: []string{newProduct}, As: ui.Radios{Options: options, Small: true}})
	}
	var platforms []string
	for _, p := range rule.Platforms {
		platforms = append(platforms, p.String())
	}
	code := ""
	if c, is := rule.MinVersionCode[policy.Android]; is {
		code = strconv.FormatInt(c, 10)
	}
	some := func(text string) []string {
		if text == "" {
			return nil
		}
		return []string{text}
	}
	const under = "On what terms?"
	return append(fields,
		&ui.Field{Name: "min_version", Under: under, Label: "From which version?", Optional: true, Hint: "Such as 4.2. Any, if you leave it empty", Values: some(rule.MinVersion), As: ui.Input{Width: 10}},
		&ui.Field{Name: "min_version_code", Under: under, Label: "From which version code on Android?", Optional: true, Values: some(code), As: ui.Input{Width: 10, Numeric: true}},
		&ui.Field{Name: "platforms", Under: under, Label: "On which platforms?", Optional: true, Hint: "None is all", Values: platforms, As: ui.Checkboxes{Options: devicepages.PlatformOptions(), Small: true}},
		&ui.Field{Name: "until", Under: under, Label: "Until which day?", Optional: true, Hint: "Without an end, if you leave it empty", Values: ui.On(rule.Until), As: ui.Date{}},
	)
}

// mostAlike is how many apps are offered for one that was found.
const mostAlike = 5

// alike are apps whose name shares its first word with one that was found.
func (w words) alike(name string) (found []policy.Product) {
	first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(name)), " ")
	if len(first) < 3 {
		return nil
	}
	products := w.World().Products
	for i := range products {
		if p := &products[i]; p.Kind == policy.App && strings.Contains(strings.ToLower(p.Name), first) && len(found) < mostAlike {
			found = append(found, *p)
		}
	}
	return found
}
