package approvals

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// duty are the roles of which two together ban something for a day: see the room.
var duty = []people.Role{people.CentreOfficer, people.SecurityOfficer}

// banAnswers are the fields of a ban that an address may fill in.
var banAnswers = []string{"narrower", "reason", "clearance", "office", "mitigations", "longestDays", "when", "from-day", "from-month", "from-year", "at", "deadline-day", "deadline-month", "deadline-year", "emergency"}

// draftBan goes on from the page that shows whom a rule would reach, at the same address.
func (a *area) draftBan(w http.ResponseWriter, r *http.Request) error {
	wide, err := a.banAsked(r)
	if err != nil {
		return err
	}
	if wide.Target == (policy.Target{}) {
		return ui.See(w, r, "/what-if")
	}
	if err := a.mayPropose(r, people.Propose, wide.Scope); err != nil {
		return err
	}
	rule, unseen, err := a.chosen(r, wide)
	if err != nil {
		return err
	}
	form := &ui.Form{Fields: a.banFields(r, &rule)}
	filled(r, form, "when", atOnce)
	form.Hidden = unasked(r, form)
	found, err := a.Devices.WhatIf(r.Context(), actor(r), rule)
	if err != nil {
		return err
	}
	there, changed := len(found.Twins) > 0 && a.revised == nil, devicepages.DraftQuery(&rule) != devicepages.DraftQuery(&wide)
	if there && !changed {
		return ui.See(w, r, devicepages.RulePath(found.Twins[0])+"?done=there")
	}
	numbers, err := a.reach(r, &rule)
	if err != nil {
		return err
	}
	already, err := a.already(r, &rule)
	if err != nil {
		return err
	}
	choice, err := a.which(r, &wide, &found)
	if err != nil {
		return err
	}
	n := a.things.Names()
	back := n.Target(rule.Target).Href
	page := ui.Page{Title: "Propose this " + banOr(rule.Effect), Caption: n.Target(rule.Target).Text, Back: back, Content: append(already,
		numbers, ui.Details{Summary: "By body, and the exemptions that it would touch", Content: n.Reached(r, &found)},
		ui.Para("Nothing is "+map[policy.Effect]string{policy.Ban: "banned", policy.PhaseOut: "phased out"}[rule.Effect]+" by this page. Somebody else has to sign first, and sees the same numbers."),
	)}
	form.Fields = slices.Insert(form.Fields, 0, choice)
	form.Buttons = ui.ButtonGroup{{Text: "Propose it"}, {Text: "Show the numbers of the one that is chosen", Name: look, Value: yes, Kind: ui.Secondary}, ui.Cancel(back)}
	if len(already) > 0 {
		form.Buttons[0].Text = "Propose it all the same"
	}
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		switch {
		case unseen:
			return room.Draft{}, fault.In(instead, "You have changed what is proposed: above it says whom that reaches. If it is what you mean, propose it")
		case there:
			return room.Draft{}, fault.In(instead, "A rule says this already: see above. Choose another, or leave this page")
		}
		return a.banIn(r, form, rule)
	})
}

// banOr is what a restriction is called.
func banOr(e policy.Effect) string {
	if e == policy.PhaseOut {
		return "phase-out"
	}
	return "ban"
}

// reach is whom a ban or a phase-out would reach, in the numbers that stand on the page that is signed.
func (a *area) reach(r *http.Request, rule *policy.Rule) (ui.Component, error) {
	counted := *rule
	counted.Clearance = policy.ClearanceNone // who clears does not matter to whom it reaches
	count, err := a.Devices.Preview(counted, ui.Now(r))
	if err != nil {
		return nil, err
	}
	n := a.things.Names()
	text := "Nothing now"
	if count.Either > 0 {
		text = ui.Capital(ui.Count(count.Either, "device or piece of equipment", "devices and pieces of equipment")) + " of " + ui.Number(count.Hosts).String() + ", in " + ui.Count(count.Bodies, "body", "bodies")
	}
	facts := ui.Summary{Title: "Whom it would reach", Rows: slices.Concat([]ui.SummaryRow{
		{Key: "What", Value: ui.Text(n.Sentence(rule))},
		{Key: "For", Value: ui.Text(n.Organisation(rule.Scope) + " and all below")},
		{Key: "In all", Value: ui.Text(text)},
	}, ways(&count), besides(&count))}
	if count.Either > 0 && count.Wide() {
		return ui.Stack{facts, ui.Warning("This is more than half of all there are. Whoever signs has to write the number down.")}, nil
	}
	return facts, nil
}

// banAsked is the rule of an address; where it changes what is proposed, that is as it was in all that an address cannot
// say.
func (a *area) banAsked(r *http.Request) (policy.Rule, error) {
	if a.revised == nil {
		return a.things.DraftIn(r, banAnswers...)
	}
	rule := *a.revised.Rule
	if r.URL.RawQuery == "" {
		return rule, nil
	}
	said, err := a.things.DraftIn(r)
	rule.Target, rule.Components, rule.Platforms, rule.Kinds = said.Target, said.Components, said.Platforms, said.Kinds
	return rule, err
}

// Answers that are no texts.
const (
	atOnce      = "at-once"
	onDayChosen = "on-day"
	yes         = "yes"
	otherOffice = "\u0001other" // another office than those known
)

// banFields ask for what the address does not say of a ban.
func (a *area) banFields(r *http.Request, rule *policy.Rule) []*ui.Field {
	fields := []*ui.Field{
		reasonField("Why?", "Everybody whom it reaches reads this"),
		{Name: "narrower", Label: "Why would nothing narrower do?", Hint: "One app rather than a maker, one body, one platform", As: ui.Textarea{Rows: 3, Long: 4000}},
	}
	fields = append(fields, a.demandFields(rule)...)
	fields = append(fields, whenField("From when?", "As soon as it is signed"))
	if rule.Effect == policy.PhaseOut {
		fields = append(fields, &ui.Field{Name: "deadline", Label: "By which day must it be gone?", Hint: "For example, 27 3 2027", As: ui.Date{}})
	}
	fields = append(fields, &ui.Field{Name: "restricted", Label: "Is there a reason that not everybody may read?", Optional: true, As: ui.Checkboxes{Options: []ui.Option{{Value: yes, Label: "Yes, only some may read it", Reveals: []*ui.Field{
		{Name: "restricted.reason", Label: "The restricted reason", As: ui.Textarea{Rows: 4, Long: 4000}},
		{Name: "restricted.assessment", Label: "The assessment behind it", Optional: true, As: ui.Textarea{Rows: 4, Long: 4000}},
		audienceField("Who may read it, besides those who decide?"),
	}}}}})
	if a.revised == nil && a.holds(r, rule.Scope, duty) {
		fields = append(fields, &ui.Field{Name: "emergency", Label: "Can it wait for the usual way?", Optional: true, As: ui.Checkboxes{Options: []ui.Option{{
			Value: yes, Label: "No, this is an emergency", Hint: "It holds as soon as a second duty officer has signed. After a day it lapses, unless a third person has reviewed it",
		}}}})
	}
	return fields
}

// demandFields ask what a ban demands of exemptions.
func (a *area) demandFields(rule *policy.Rule) []*ui.Field {
	clearance := []ui.Option{{Value: policy.ClearanceNone, Label: "Nobody", Hint: "A body may exempt its own by itself"}}
	for _, office := range a.things.Names().Offices() {
		clearance = append(clearance, ui.Option{Value: office, Label: devicepages.OfficeName(office)})
	}
	clearance = append(clearance, ui.Option{Value: otherOffice, Label: "Another office", Reveals: []*ui.Field{{Name: "office", Label: "Which office?", As: ui.Input{Width: 30}}}})
	return []*ui.Field{
		{Name: "clearance", Label: "Who must clear an exemption?", Values: given(rule.Clearance), As: ui.Radios{Options: clearance}},
		{Name: "mitigations", Label: "What must an exemption have in place?", Optional: true, Hint: "One on a line, such as dedicated-device", As: ui.Textarea{Rows: 2}},
		{Name: "longestDays", Label: "For how long may an exemption hold at most?", Optional: true, Hint: "The bodies say for themselves if you leave it empty", As: ui.Input{Numeric: true, Width: 5, Suffix: "days"}},
	}
}

func given(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// whenField asks from when something holds; moment reads it.
func whenField(label, once string) *ui.Field {
	return &ui.Field{Name: "when", Label: label, As: ui.Radios{Options: []ui.Option{{Value: atOnce, Label: once}, {Value: onDayChosen, Label: "On a day", Reveals: []*ui.Field{
		{Name: "from", Label: "On which day?", Hint: "For example, 27 3 2027", As: ui.Date{}},
		{Name: "at", Label: "At what time?", Optional: true, Hint: "For example, 18:30. At its beginning if you leave it empty", As: ui.Input{Width: 5}},
	}}}}}
}

// begins is from when something is to hold; zero is at once.
func begins(r *http.Request, form *ui.Form) (time.Time, error) {
	from, err := moment(r, form)
	switch form.Value("when") {
	case atOnce:
		return time.Time{}, nil
	case onDayChosen:
		if err == nil && from.IsZero() {
			err = fault.In("from", "Say on which day")
		}
		return from, err
	}
	return from, fault.In("when", "Say from when it is to hold")
}

// banIn is a draft with what was answered about a rule, and all that is wrong with that.
func (a *area) banIn(r *http.Request, form *ui.Form, rule policy.Rule) (room.Draft, error) {
	d := room.Draft{Kind: room.Ban, Reason: answer(form, "reason"), Narrower: answer(form, "narrower"), Emergency: form.Value("emergency") == yes || a.revised != nil && a.revised.Emergency}
	rule.Mitigations = lines(form.Value("mitigations"))
	var faults [8]error
	rule.Clearance, faults[0] = clearanceIn(form)
	d.LongestDays, faults[1] = number(form, "longestDays")
	rule.From, faults[2] = begins(r, form)
	rule.Deadline, faults[3] = day(r, form, "deadline")
	switch {
	case faults[3] == nil && rule.Effect == policy.PhaseOut && rule.Deadline.IsZero():
		faults[3] = fault.In("deadline", "Say by which day it must be gone")
	case rule.Effect != policy.PhaseOut:
		rule.Deadline = time.Time{}
	}
	if d.Emergency && !rule.From.IsZero() {
		faults[4] = fault.In("when", "In an emergency it holds at once: choose that, or leave the emergency out")
	}
	faults[5] = a.restrictedIn(r, form, &d)
	faults[6] = needed(form, "narrower", "Say why nothing narrower would do: one app rather than a maker, one body, one platform")
	faults[7] = why(form)
	d.Rule = &rule
	return d, errors.Join(faults[:]...)
}

// clearanceIn is the office that clears exemptions.
func clearanceIn(form *ui.Form) (string, error) {
	switch office := form.Value("clearance"); office {
	case "":
		return "", fault.In("clearance", "Say who must clear an exemption, or that nobody must")
	case otherOffice:
		if office = answer(form, "office"); office != "" {
			return office, nil
		}
		return "", fault.In("office", "Say which office")
	default:
		return office, nil
	}
}

// number is a whole number, and 0 where nothing was answered.
func number(form *ui.Form, name string) (int, error) {
	text := answer(form, name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fault.In(name, "Give a whole number of days, such as 90")
	}
	return n, nil
}

// restrictedIn reads the restricted reason. What is typed and not said to be restricted is asked about, for it is
// neither to be lost nor to be read by more people than was meant.
func (a *area) restrictedIn(r *http.Request, form *ui.Form, d *room.Draft) (err error) {
	typed := answer(form, "restricted.reason") + answer(form, "restricted.assessment") + answer(form, "audience")
	if form.Value("restricted") != yes {
		if strings.TrimSpace(typed) != "" {
			return fault.In("restricted", "There is something below that not everybody may read: say yes here, or take it out")
		}
		return nil
	}
	d.Restricted = &room.Restricted{Reason: answer(form, "restricted.reason"), Assessment: answer(form, "restricted.assessment")}
	d.Audience, err = a.anybody(r, "audience", answer(form, "audience"))
	return err
}
