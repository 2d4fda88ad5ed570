package approvals

import (
	"embed"
	"errors"
	"net/http"
	"slices"
	"strings"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/policy"
	"portcullis/policy/explain"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

//go:embed brief.html clear.html
var files embed.FS

var templates = ui.Parse(files)

// The answers of a clearing office.
const (
	clearYes = "yes"
	clearIf  = "if"
	clearNo  = "no"
)

// clear is the page of a clearing office: what is asked, why, for whom, at what risk and until when, and yes, no, or
// yes with conditions.
func (a *area) clear(w http.ResponseWriter, r *http.Request) error {
	v, n, err := a.proposalIn(r)
	if err != nil {
		return err
	}
	if v.Exemption == nil || r.Method != http.MethodPost && !can(&v, room.Clear) {
		return barred(&v, room.Clear)
	}
	form := &ui.Form{Version: ui.Versioned(v.Version), Buttons: ui.ButtonGroup{{Text: "Send the answer"}}}
	form.Fields = []*ui.Field{
		{Name: "answer", Label: "Your answer", As: ui.Radios{Small: true, Options: []ui.Option{
			{Value: clearYes, Label: "Yes"},
			{Value: clearIf, Label: "Yes, with conditions", Reveals: []*ui.Field{{Name: "conditions", Label: "On which conditions?", Hint: "They must be in place before it holds", As: ui.Textarea{Rows: 2}}}},
			{Value: clearNo, Label: "No", Reveals: []*ui.Field{{Name: "reason", Label: "Why not?", Hint: "Whoever asked reads this", As: ui.Textarea{Rows: 2}}}},
		}}},
		{Name: "minister", Label: "In whose name?", Hint: "Such as the Minister of State", As: ui.Input{}},
		{Name: "reference", Label: "File reference", Optional: true, As: ui.Input{Width: 20}},
	}
	plea := plea{n.plea(&v), n.points(r, &v), ProposalPath(v.ID), ProposalPath(v.ID, "brief")}
	page := ui.Page{Title: plea.Plea, OwnHeading: true, Content: []ui.Component{templates.View("clear", plea)}}
	q := ui.Question{Page: page, Form: form, Current: ui.Stack{n.standing(r, &v), n.taken(r, &v)}}
	return q.Ask(w, r, func() (string, error) {
		do, err := cleared(form, &v)
		if err != nil {
			return "", err
		}
		if _, err := a.Approvals.Take(r.Context(), actor(r), v.ID, do); err != nil {
			return "", placed(form, err)
		}
		a.things.Settle(r)
		return ProposalPath(v.ID) + "?done=" + string(do.Act), nil
	})
}

// cleared is the step that an office's answer is.
func cleared(form *ui.Form, v *room.View) (do room.Doing, err error) {
	if do.Version, err = form.MadeFrom(); err != nil {
		return do, err
	}
	var missing error
	switch form.Value("answer") {
	case clearNo:
		do.Act, do.Reason = room.Refuse, strings.TrimSpace(form.Value("reason"))
		return do, nil
	case clearIf:
		if do.Conditions = strings.TrimSpace(form.Value("conditions")); do.Conditions == "" {
			missing = fault.In("conditions", "Write the conditions, or choose a plain yes")
		}
	case clearYes:
	default:
		missing = fault.In("answer", "Choose one of the three")
	}
	if err := errors.Join(missing, needed(form, "minister", "Say in whose name the clearance is given")); err != nil {
		return do, err
	}
	do.Act, do.Minister, do.Reference, do.Office = room.Clear, strings.TrimSpace(form.Value("minister")), strings.TrimSpace(form.Value("reference")), officeOf(v)
	return do, nil
}

// officeOf is the office whose clearance is missing.
func officeOf(v *room.View) string {
	for _, need := range v.Next {
		if need.Act == room.Clear {
			return need.Office
		}
	}
	return ""
}

// plea is what an office is asked, as a question.
func (w words) plea(v *room.View) string {
	what := w.Product(v.Exemption.Product)
	if v.Exemption.AnyProduct {
		what = "any app"
	}
	return "May " + what + " be used " + subjectKind(&v.Exemption.Subject) + " in " + w.Organisation(v.Exemption.Scope) + "?"
}

// plea is what the template of a clearance is given.
type plea struct {
	Plea       string
	Points     []point
	All, Paper string // addresses
}

// point is one thing that an office needs to know.
type point struct{ Key, Text string }

// points are what an office needs to know for its answer, and no more.
func (w words) points(r *http.Request, v *room.View) (all []point) {
	e := v.Exemption
	add := func(key, text string) {
		if text != "" {
			all = append(all, point{key, text})
		}
	}
	add("Why not now", w.banned(e))
	add("Why it is asked", sentences(e.Purpose, v.Reason))
	add("For whom", w.whom(v))
	add("Risk", w.risk(v))
	add("Agreed to by", w.agreed(v))
	var inPlace []string
	for _, id := range w.demanded(e) {
		inPlace = append(inPlace, explain.Words(id))
	}
	add("Kept safe by", ui.Capital(strings.Join(inPlace, ", ")))
	until := onDay(r, e.Until, "")
	add("Until", until.Absolute()+" ("+until.Relative()+")")
	return all
}

// banned is why what is asked is not allowed as it is.
func (w words) banned(e *policy.Exemption) string {
	var all []string
	for _, id := range e.Lifts {
		rule := w.Rule(id)
		if rule == nil {
			continue
		}
		text := "It is banned"
		if rule.Effect == policy.PhaseOut {
			text = "It is being phased out"
		}
		all = append(all, text, rule.Reason)
	}
	if len(all) == 0 {
		return "It is not on the list there."
	}
	return sentences(all...)
}

// whom is for whom an exemption is, by the name of who asked for it, where it is for one person.
func (w words) whom(v *room.View) string {
	s, name := &v.Exemption.Subject, w.persons[v.For]
	switch {
	case s.Person != "" && w.persons[s.Person] != "":
		return w.persons[s.Person]
	case name != "" && s.Host != "":
		return name + ", on one device"
	case s.Host != "":
		return "One device (" + s.Host + ")"
	case s.Site != "":
		return "What stands at " + s.Site
	case s.Group != "":
		return "The group " + s.Group
	}
	return "Everyone in " + w.Organisation(v.Exemption.Scope)
}

// risk is what was said of the risk last, and by whom: by whoever looked at it, or else by whoever asks.
func (w words) risk(v *room.View) string {
	for i := len(v.Steps) - 1; i >= 0 && v.Steps[i].Act != room.Revise; i-- {
		if s := &v.Steps[i]; s.Risk != "" {
			return sentences(s.Risk) + " (" + w.person(s.By) + ")"
		}
	}
	if v.Risk != "" {
		return sentences(v.Risk) + " (" + w.person(v.Asked) + ")"
	}
	return "Nobody has said what it is."
}

// agreed are those who have said yes until now, and answer for it.
func (w words) agreed(v *room.View) string {
	var all []string
	for i := range v.Steps {
		switch s := &v.Steps[i]; s.Act {
		case room.Grant, room.Sign:
			all = append(all, w.person(s.By))
		case room.Revise:
			all = nil // what was said before counts no more
		}
	}
	return strings.Join(all, ", ")
}

// sentences are texts one after the other, each with a capital and a full stop; what says the same twice is said once.
func sentences(all ...string) string {
	var said []string
	for _, text := range all {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		text = ui.Capital(text)
		if !strings.ContainsAny(text[len(text)-1:], ".!?") {
			text += "."
		}
		if !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	return strings.Join(said, " ")
}

// briefing is what the template of a brief is given.
type briefing struct {
	Plea, Office, Asked, By string
	Points                  []point // of an exemption
	Facts                   ui.Component
	Steps                   []string
	Back                    string
	Open                    bool
}

// told is what was done until now, each step in a line.
func (w words) told(r *http.Request, v *room.View) (all []string) {
	for i := range v.Steps {
		s := &v.Steps[i]
		text := w.person(s.By) + " " + acts[s.Act].did + " on " + onDay(r, s.At.Time(), "").Absolute()
		if s.Act != room.Open && s.Reason != "" {
			text += ": " + s.Reason
		}
		all = append(all, sentences(text))
	}
	return all
}

// brief is a proposal on one page of paper, with room for the answer.
func (a *area) brief(w http.ResponseWriter, r *http.Request) error {
	v, n, err := a.proposalIn(r)
	if err != nil {
		return err
	}
	b := briefing{Plea: n.title(&v.Proposal), Asked: when(r, v.At).Absolute(), By: n.person(v.Asked), Back: ProposalPath(v.ID), Open: v.State == room.Waiting, Steps: n.told(r, &v)}
	if v.Exemption != nil {
		b.Plea, b.Points, b.Office = n.plea(&v), n.points(r, &v), officeOf(&v)
		if b.Office != "" {
			b.Office = devicepages.OfficeName(b.Office)
		}
	} else {
		content, err := a.content(r, n, &v)
		if err != nil {
			return err
		}
		shown := ui.Stack{content, prose(v.Reason)}
		if v.Reach != nil {
			b.Points = []point{{"Whom it reaches", countedNow(v.Reach)}}
		}
		b.Facts = shown
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: b.Plea, OwnHeading: true, Wide: true, Content: []ui.Component{templates.View("brief", b)}})
}
