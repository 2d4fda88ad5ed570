package vetting

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	room "portcullis/vetting"
	"portcullis/vetting/report"
	approvalpages "portcullis/web/approvals"
	"portcullis/web/ui"
)

// answerTo is the name of the field in which a criterion is answered.
func answerTo(criterion string) string { return "answer." + criterion }

// openOf are the criteria that need an answer: those not met first, and then those not known.
func openOf(r *report.Report) (open []report.Criterion) {
	for _, result := range []report.Result{report.NotMet, report.Unknown} {
		for _, c := range r.Criteria {
			if c.Result == result {
				open = append(open, c)
			}
		}
	}
	return open
}

// answerFields ask about each criterion that is not met or not known, beside what was found.
func answerFields(seen *room.Assessment) (fields []*ui.Field) {
	before := kept(seen)
	for _, c := range openOf(seen.Report) {
		beside := ui.Stack{ui.Subheading(c.Title), criterionFound(&c), ui.Paragraph{resultTags[c.Result], ui.Text(" "), ui.Muted(c.Standard)}}
		if seen.Former != nil {
			if said := answered(seen.Former, c.ID); said != "" {
				beside = append(beside, ui.Paragraph{ui.Muted("Of version " + cmp.Or(seen.Former.Version, "not known") + " it was said: " + said)})
			}
		}
		fields = append(fields, &ui.Field{Name: answerTo(c.ID), Label: "Your answer", Hidden: "to: " + c.Title, As: ui.Textarea{Rows: 3}, Beside: beside, Values: given(answered(before, c.ID))})
	}
	return fields
}

// given is what is filled into a field; nothing where it is empty.
func given(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// kept is the last review of a report, where it only asked something: what was written in it need not be written again.
func kept(seen *room.Assessment) *room.Review {
	for i := len(seen.Reviews) - 1; i >= 0; i-- {
		switch v := &seen.Reviews[i]; v.Outcome {
		case room.Confirm:
		case room.Ask, room.Consult:
			return v
		default:
			return &room.Review{}
		}
	}
	return &room.Review{}
}

// answered is what a review says to a criterion.
func answered(v *room.Review, criterion string) string {
	for _, a := range v.Answers {
		if a.Criterion == criterion {
			return a.Text
		}
	}
	return ""
}

// kitField asks which of the code that was found is truly in the app; nil where there is none to ask about. What links
// tells is whether the answer counts for all bodies at once.
func kitField(seen *room.Assessment, links bool) *ui.Field {
	var options []ui.Option
	var sure []string
	reviewed := proposed(seen)
	for i := range seen.Kits {
		k := &seen.Kits[i]
		if k.Contained || !k.Addable {
			continue
		}
		s := &k.SDK
		hint := strengths[strongest(s)] + ". Owned by " + cmp.Or(s.Owner, s.Company, "nobody known") + ", " + country(s.Country)
		if s.Unverified {
			hint += ", as one source alone says"
		}
		options = append(options, ui.Option{Value: s.ID, Label: cmp.Or(s.Name, s.ID), Hint: hint})
		if len(reviewed) == 0 && inside(s) || slices.Contains(reviewed, s.ID) {
			sure = append(sure, s.ID)
		}
	}
	if len(options) == 0 {
		return nil
	}
	hint := "What you confirm is recorded for all bodies as a part of the app: a rule on whoever owns it then reaches the app. A host or a text alone is no proof"
	if !links {
		hint = "That code is a part of the app holds for all bodies. What you choose waits for somebody to confirm it who may for all of them: a rule on whoever owns it then reaches the app. Your own decision does not wait"
	}
	return &ui.Field{Name: "contains", Label: "Which of this code is in it, by what you see?", Optional: true, Values: sure, As: ui.Checkboxes{Options: options, Small: true}, Hint: hint}
}

// publishField asks what everybody may read of the review.
func publishField(seen *room.Assessment) *ui.Field {
	options := []ui.Option{{Value: room.Rationale, Label: "Why you conclude so"}}
	for _, c := range openOf(seen.Report) {
		options = append(options, ui.Option{Value: c.ID, Label: "Your answer to: " + c.Title})
	}
	return &ui.Field{Name: "publish", Label: "What of this may be published?", Optional: true, Values: kept(seen).Publish, Hint: "What you do not choose stays with those who decide. Nothing is published by this: it is marked", As: ui.Checkboxes{Options: options, Small: true}}
}

// advances are the steps that bring a request further, in the order of its path, and what its reviewer is offered.
var advances = []struct {
	act         approvals.Act
	label, hint string
}{
	{approvals.Recommend, "Recommend that it be allowed", "Who decides reads what you say here"},
	{approvals.Grant, "Allow it", "This is your decision in the request"},
	{approvals.Sign, "Sign that it is allowed", "This is your signature in the request, as the second person"},
}

// advance is the step that the viewer can take to bring a request further; empty where there is none.
func advance(v *approvals.View) approvals.Act {
	for _, a := range advances {
		if slices.Contains(v.Can, a.act) {
			return a.act
		}
	}
	return ""
}

// outcomeField asks for the conclusion: what the viewer can do in the request, or that what stands may stay.
func (a *area) outcomeField(v *approvals.View) *ui.Field {
	if v == nil {
		return &ui.Field{Name: "outcome", Label: "What do you conclude?", Values: []string{string(room.Keep)}, As: ui.Radios{Options: []ui.Option{
			{Value: string(room.Keep), Label: "What is decided may stay as it is", Hint: "If it may not, go back and propose a ban, or that the rule ends"},
		}}}
	}
	var options []ui.Option
	for _, step := range advances {
		if step.act == advance(v) {
			o := ui.Option{Value: string(room.Allow), Label: step.label, Hint: step.hint}
			if step.act == approvals.Grant {
				o.Reveals = a.decisions().TermFields(v)
			}
			options = append(options, o)
		}
	}
	if slices.Contains(v.Can, approvals.Refuse) {
		options = append(options, ui.Option{Value: string(room.Refuse), Label: "Refuse it", Hint: "Whoever asked reads why, and may ask again with new facts"})
	}
	if slices.Contains(v.Can, approvals.Question) {
		options = append(options, ui.Option{Value: string(room.Ask), Label: "Ask who asked for it", Hint: "What you write as the reason is your question. What you have answered here is kept for you until they have answered that"})
	}
	if slices.Contains(v.Can, approvals.Consult) {
		options = append(options, ui.Option{Value: string(room.Consult), Label: "Ask the centre first", Hint: "What you write as the reason is your question. The request waits for you as before"})
	}
	if len(options) == 0 {
		return nil
	}
	return &ui.Field{Name: "outcome", Label: "What do you conclude?", As: ui.Radios{Options: options}}
}

// decisions are the pages of requests, as far as a review asks what they ask.
func (a *area) decisions() approvalpages.Rooms {
	return approvalpages.Rooms{Approvals: a.Approvals, Devices: a.Devices, People: a.People, Register: a.Register}
}

// reviewPage asks for a conclusion: what was found stands beside what is asked, and the verdict comes last.
func (a *area) reviewPage(w http.ResponseWriter, r *http.Request) error {
	seen, err := a.Vetting.Assessment(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	var v *approvals.View
	back := Path(seen.ID)
	if seen.Proposal != "" {
		view, err := a.Approvals.Proposal(r.Context(), actor(r), seen.Proposal)
		if err != nil {
			return err
		}
		v = &view
	}
	outcome := a.outcomeField(v)
	if outcome == nil && r.Method != http.MethodPost {
		return approvalpages.Barred(v)
	}
	links, err := a.links(r)
	if err != nil {
		return err
	}
	form := reviewForm(&seen, v, outcome, links)
	page := ui.Page{Title: "What do you conclude?", Caption: called(seen.Report) + ", " + lower(version(seen.Report)), Back: back, Wide: true, Content: a.before(&seen, v)}
	q := ui.Question{Page: page, Form: form}
	if v != nil {
		q.Current = a.decisions().Standing(r, v)
	}
	return q.Ask(w, r, func() (string, error) { return a.conclude(r, form, &seen, v) })
}

// links tells whether what the viewer says of the code in apps holds for all bodies.
func (a *area) links(r *http.Request) (bool, error) {
	can, err := a.People.Allowed(r.Context(), actor(r), people.Everywhere, people.LinkIdentifiers)
	return can[people.LinkIdentifiers], err
}

// before is what a reviewer should have before their eyes as they conclude, besides what each question shows.
func (a *area) before(seen *room.Assessment, v *approvals.View) []ui.Component {
	var shown []ui.Component
	if v != nil {
		shown = append(shown, ui.Summary{Rows: []ui.SummaryRow{{Key: "What is asked for", Value: ui.Link{Text: a.decisions().Title(&v.Proposal), Href: approvalpages.ProposalPath(v.ID)}}, {Key: "Why", Value: ui.Text(v.Reason)}}})
	}
	shown = append(shown, misfit(seen), coverage(seen.Report))
	var met []report.Criterion
	for _, c := range seen.Report.Criteria {
		if c.Result == report.Met {
			met = append(met, c)
		}
	}
	if len(met) > 0 {
		shown = append(shown, ui.Details{Summary: ui.Capital(ui.Count(len(met), "criterion is met", "criteria are met")), Content: []ui.Component{criteriaTable("Met", met)}})
	}
	return shown
}

// reviewForm asks about each criterion that needs an answer, then about the code in the app, and then for the verdict.
func reviewForm(seen *room.Assessment, v *approvals.View, outcome *ui.Field, links bool) *ui.Form {
	form := &ui.Form{Fields: answerFields(seen), Buttons: ui.ButtonGroup{{Text: "Record the review"}, ui.Cancel(Path(seen.ID))}}
	if v != nil {
		form.Version = ui.Versioned(v.Version)
	}
	if kits := kitField(seen, links); kits != nil && (v == nil || !v.Marked) {
		form.Fields = append(form.Fields, kits)
	}
	form.Fields = append(form.Fields,
		&ui.Field{Name: "rationale", Label: "Why?", Hint: "Two sentences will do: what you saw, and what follows from it. Others decide by it, and read it later. Of a question, the question", As: ui.Textarea{Rows: 4, Long: 2000}},
		&ui.Field{Name: "risk", Label: "What is the risk?", Hint: "Say it also where it is small. To ask, it may be left out", Values: given(kept(seen).Risk), As: ui.Textarea{Rows: 3, Long: 4000}},
	)
	if outcome != nil {
		form.Fields = append(form.Fields, outcome)
	}
	form.Fields = append(form.Fields, publishField(seen))
	return form
}

// conclude records a review, and says which page shows what became of it.
func (a *area) conclude(r *http.Request, form *ui.Form, seen *room.Assessment, v *approvals.View) (string, error) {
	c := room.Conclusion{Assessment: seen.ID, Outcome: room.Outcome(form.Value("outcome")), Rationale: answer(form, "rationale"), Risk: answer(form, "risk"), Publish: form.Values("publish"), Contains: form.Values("contains")}
	for _, open := range openOf(seen.Report) {
		if text := answer(form, answerTo(open.ID)); text != "" {
			c.Answers = append(c.Answers, room.Answer{Criterion: open.ID, Text: text})
		}
	}
	if v != nil {
		var err error
		if c.Version, err = form.MadeFrom(); err != nil {
			return "", err
		}
		c.Proposal = v.ID
		if c.Outcome == room.Allow && advance(v) == approvals.Grant {
			if c.Terms, err = a.decisions().Terms(r, form, v); err != nil {
				return "", err
			}
		}
	}
	review, err := a.Vetting.Conclude(r.Context(), actor(r), c)
	if err != nil {
		return "", placed(form, seen.Report, c.Answers, err)
	}
	a.things.Settle(r)
	if v == nil {
		return Path(seen.ID) + "?done=" + string(review.Outcome), nil
	}
	return approvalpages.ProposalPath(v.ID) + "?done=" + string(review.Act), nil
}

// answer is what is answered to a field, without the blanks around it.
func answer(form *ui.Form, name string) string { return strings.TrimSpace(form.Value(name)) }

// placed puts faults to the fields that they are about: the room numbers answers in their order, and names the criteria
// that have none.
func placed(form *ui.Form, r *report.Report, given []room.Answer, err error) error {
	var moved []error
	for _, f := range fault.Fields(err) {
		at := f.Field
		switch name, number, listed := strings.Cut(at, "["); {
		case at == "answers":
			for _, c := range openOf(r) {
				if strings.HasPrefix(f.Message, c.Title+":") {
					at = answerTo(c.ID)
				}
			}
		case listed && name == "answers":
			digits, _, _ := strings.Cut(number, "]")
			if i, err := strconv.Atoi(digits); err == nil && i < len(given) {
				at = answerTo(given[i].Criterion)
			}
		case listed:
			at = name
		case at == "reason":
			at = "rationale"
		}
		message := f.Message
		if at == "outcome" {
			message = "Choose what you conclude"
		}
		moved = append(moved, &fault.Error{Kind: f.Kind, Field: at, Message: message})
	}
	if len(moved) == 0 {
		return err
	}
	return approvalpages.Placed(form, errors.Join(moved...))
}

// again holds a report to the criteria as they are now, for the same request or for another.
func (a *area) again(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "The form arrived damaged: go back and send it again")
	}
	seen, err := a.Vetting.Again(r.Context(), actor(r), r.PathValue("id"), "", r.PostForm.Get("proposal"))
	if err != nil {
		return err
	}
	return ui.See(w, r, Path(seen.ID)+"?done=again")
}
