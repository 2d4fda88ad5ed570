package approvals

import (
	"net/http"
	"net/url"

	things "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// Which of several rules a form proposes: instead is the input that has it as an address does, or that it is another,
// which the inputs describe whose names begin so.
const (
	instead    = "instead"
	another    = "another"
	ofAnother  = instead + "."
	effectName = "effect"
	scopeName  = "scope"
)

// which asks which rule is proposed: the one whose numbers are shown, one that reaches less, again the one that one came
// with, or any other about the same. Whatever else was typed stays.
func (a *area) which(r *http.Request, wide *policy.Rule, found *things.WhatIf) (*ui.Field, error) {
	n := a.things.Names()
	with := func(text string, reached things.Reached) string {
		text += ": " + ui.Number(reached.Direct).String()
		if reached.Component > 0 {
			text += ", and " + ui.Number(reached.Component).String() + " for what contains it"
		}
		return text
	}
	shown := devicepages.DraftQuery(&found.Rule)
	options := []ui.Option{{Value: shown, Label: with("This one", found.Reached)}}
	if at := devicepages.DraftQuery(wide); at != shown {
		options = append(options, ui.Option{Value: at, Label: "The first one again", Hint: n.Sentence(wide) + ", in " + n.Organisation(wide.Scope) + " and all below"})
	}
	for i := range found.Narrower {
		narrow := &found.Narrower[i]
		if a.revised != nil && narrow.By == things.BelowOneBody {
			continue // for which body it is stays
		}
		text := map[things.Narrowing]string{
			things.WithoutComponents: "Without what contains it", things.BelowOneBody: "In " + n.Organisation(narrow.Rule.Scope) + " and all below",
			things.OnOnePlatform: "On " + devicepages.PlatformList(narrow.Rule.Platforms),
		}[narrow.By]
		options = append(options, ui.Option{Value: devicepages.DraftQuery(&narrow.Rule), Label: with(text, narrow.Reached)})
	}
	fields, err := a.anotherFields(r, &found.Rule)
	if err != nil {
		return nil, err
	}
	text := "Something else: for whom, on what, or a phase-out"
	switch {
	case a.revised != nil:
		text = "Something else: on what"
	case found.Rule.Effect == policy.PhaseOut:
		text = "Something else: for whom, on what, or a ban"
	}
	options = append(options, ui.Option{Value: another, Label: text, Reveals: fields})
	return &ui.Field{Name: instead, Label: "This one, or another?", Hint: "Each with how many devices and pieces of equipment it reaches. Nothing that you have typed is lost by choosing another", Values: []string{shown}, As: ui.Radios{Options: options, Small: true}}, nil
}

// anotherFields describe another rule about the same, beginning with what one says. What is revised stays for the body
// that it was for, and what it was.
func (a *area) anotherFields(r *http.Request, rule *policy.Rule) (fields []*ui.Field, err error) {
	var scopes []ui.Option
	if a.revised == nil {
		if scopes, err = a.bodies(r, people.Propose); err != nil {
			return nil, err
		}
	}
	for _, f := range devicepages.DraftFields(rule, scopes) {
		if a.revised != nil && (f.Name == effectName || f.Name == scopeName) {
			continue
		}
		f.Name = ofAnother + f.Name
		fields = append(fields, f)
	}
	return fields, nil
}

// chosen is the rule that is proposed: that of the address, or the one that was chosen on the page. The form that is then
// shown says that it is this one. Unseen is that nobody has seen its numbers yet.
func (a *area) chosen(r *http.Request, wide policy.Rule) (rule policy.Rule, unseen bool, err error) {
	if r.Method != http.MethodPost {
		return wide, false, nil
	}
	if err := new(ui.Form).Fill(r); err != nil {
		return wide, false, err
	}
	asked := r.PostForm.Get(instead)
	if asked == "" {
		return wide, false, nil
	}
	if asked == another {
		asked, unseen = anotherQuery(r.PostForm, &wide), !looks(r)
	}
	to := r.Clone(r.Context())
	to.URL.RawQuery = asked
	if rule, err = a.banAsked(to); err == nil && rule.Target != wide.Target {
		err = fault.New(fault.Invalid, "The form arrived damaged: go back and send it again")
	}
	if err == nil {
		err = a.mayPropose(r, people.Propose, rule.Scope)
	}
	if err != nil {
		return wide, false, err
	}
	r.PostForm.Set(instead, devicepages.DraftQuery(&rule))
	for _, f := range devicepages.DraftFields(&rule, nil) {
		r.PostForm[ofAnother+f.Name] = f.Values
	}
	return rule, unseen, nil
}

// anotherQuery is the address of the rule that a form describes; what it does not ask is as in the rule that one came with.
func anotherQuery(form url.Values, wide *policy.Rule) string {
	query, _ := url.ParseQuery(devicepages.DraftQuery(wide)) // which was made here
	for _, f := range devicepages.DraftFields(wide, nil) {
		switch values, asked := form[ofAnother+f.Name]; {
		case asked:
			query[f.Name] = values
		case f.Name != effectName && f.Name != scopeName:
			query.Del(f.Name) // boxes of which none is ticked are not sent
		}
	}
	return query.Encode()
}

// keepWhich has answers to a form say which rule is proposed as the form does.
func keepWhich(form *ui.Form, answers url.Values) {
	names := []string{instead}
	for _, f := range devicepages.DraftFields(&policy.Rule{}, nil) {
		names = append(names, ofAnother+f.Name)
	}
	for _, name := range names {
		answers[name] = form.Values(name)
	}
}

// unasked keeps what was answered to a question that the rule at hand does not pose, for the one that is chosen after it.
func unasked(r *http.Request, form *ui.Form) (kept []ui.Hidden) {
	for _, of := range [][]string{{"emergency", "emergency"}, {"deadline", "deadline-day", "deadline-month", "deadline-year"}} {
		if there(form, of[0]) {
			continue
		}
		for _, name := range of[1:] {
			if text := r.PostForm.Get(name); text != "" {
				kept = append(kept, ui.Hidden{Name: name, Value: text})
			}
		}
	}
	return kept
}
