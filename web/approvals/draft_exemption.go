package approvals

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	room "portcullis/approvals"
	things "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// exemptionAsked is what an address says of the exemption that is asked for.
type exemptionAsked struct {
	product string
	rules   []*policy.Rule // what it is to lift; none where something is not on the list
	listed  bool           // the list allows it already
	body    string
	host    *things.One       // nil where it is asked for on no single device
	old     *policy.Exemption // what it is to follow; nil where it follows none
	like    *policy.Exemption // what the form begins with: the old one, or what is revised; nil where it begins with nothing
	former  *room.Proposal    // what that came of, where it may be seen
}

// draftExemption asks for an exemption, from whatever the address says already.
func (a *area) draftExemption(w http.ResponseWriter, r *http.Request) error {
	asked, err := a.exemptionIn(r)
	if err != nil {
		return err
	}
	if asked.product == "" && a.revised == nil {
		return a.chooseExempted(w, r)
	}
	if err := a.mayAsk(r, asked.body); err != nil {
		return err
	}
	me, err := a.me(r)
	if err != nil {
		return err
	}
	process, err := a.Approvals.Process(r.Context(), actor(r), asked.body, people.Time{}, people.Time{})
	if err != nil && !fault.Is(err, fault.Refused) {
		return err
	}
	longest, whose, err := a.longest(r, asked.rules, &process)
	if err != nil {
		return err
	}
	n := a.things.Names()
	page := ui.Page{Title: "Ask for an exemption for " + n.Product(asked.product), Caption: n.Organisation(asked.body), Content: a.demands(r, &asked, process.Exemption.Mitigations)}
	if asked.old != nil {
		page.Title = "Ask for the exemption for " + n.Product(asked.product) + " again"
	}
	holder, err := a.heldAs(r, &me)
	if err != nil {
		return err
	}
	form := a.exemptionForm(r, &asked, holder, longestUntil(r, asked.begins(r), longest)+whose)
	return a.propose(w, r, page, form, func() (room.Draft, error) { return a.exemptionOf(r, form, &asked) })
}

// heldAs is how the devices of whoever asks spell their holder, for one for a person reaches only those that spell them
// so; their user name, where they hold none.
func (a *area) heldAs(r *http.Request, me *people.Person) (string, error) {
	if me.ID == "" {
		return "", nil
	}
	held, err := a.Devices.Held(r.Context(), actor(r))
	if err != nil || len(held) == 0 {
		return me.UserName, err
	}
	return held[0].Row.Holder, nil
}

// exemptionIn reads the address.
func (a *area) exemptionIn(r *http.Request) (asked exemptionAsked, err error) {
	if a.revised != nil {
		return a.exemptionRevised(r)
	}
	q, view := r.URL.Query(), a.Devices.Fleet.View()
	asked.product = q.Get("product")
	rules, body := q["rule"], ""
	if id := q.Get("renews"); id != "" {
		if asked.old, asked.former, err = a.oldExemption(r, id); err != nil {
			return asked, err
		}
		asked.like = asked.old
		asked.product, body = cmp.Or(asked.product, asked.old.Product), asked.old.Scope
		if rules == nil {
			rules = asked.old.Lifts
		}
	}
	if id := q.Get("host"); id != "" {
		one, err := a.Devices.One(r.Context(), actor(r), id)
		if err != nil {
			return asked, err
		}
		asked.host, body = &one, one.Row.Organisation
	}
	for _, id := range rules {
		rule := view.Rule(id)
		if rule == nil {
			return asked, fault.New(fault.NotFound, "There is no rule %s", id)
		}
		asked.rules, asked.product = append(asked.rules, rule), cmp.Or(asked.product, rule.Target.Product)
	}
	if asked.product != "" && view.Product(asked.product) == nil {
		return asked, fault.New(fault.NotFound, "There is no app or equipment %s", asked.product)
	}
	if asked.body, err = a.bodyIn(r, body); err != nil || asked.product == "" {
		return asked, err
	}
	return asked, a.reaching(r, &asked)
}

// exemptionRevised is what was asked for. The exemption that it follows is not needed for that.
func (a *area) exemptionRevised(*http.Request) (asked exemptionAsked, err error) {
	e := a.revised.Exemption
	asked.product, asked.body, asked.like = e.Product, e.Scope, e
	for _, id := range e.Lifts {
		if rule := a.things.Names().Rule(id); rule != nil {
			asked.rules = append(asked.rules, rule)
		}
	}
	return asked, nil
}

// reaching finds out what an exemption has to lift, where the address does not say.
func (a *area) reaching(r *http.Request, asked *exemptionAsked) error {
	if len(asked.rules) > 0 {
		return nil
	}
	var on []policy.Platform
	if h := asked.host; h != nil && h.Row.Platform != 0 {
		on = []policy.Platform{h.Row.Platform}
	}
	rules, listed, err := a.restricting(r, asked.body, asked.product, on)
	if err != nil {
		return err
	}
	for _, id := range rules {
		asked.rules = append(asked.rules, a.things.Names().Rule(id))
	}
	asked.listed = listed && len(rules) == 0
	return nil
}

// oldExemption is one that is to be followed by another, for who may see it: who may see the register where it holds,
// or what it came of.
func (a *area) oldExemption(r *http.Request, id string) (*policy.Exemption, *room.Proposal, error) {
	former, err := a.evidence(r, id, room.Exemption)
	if err != nil {
		return nil, nil, err
	}
	world := a.things.Names().World()
	at := slices.IndexFunc(world.Exemptions, func(e policy.Exemption) bool { return e.ID == id })
	if at >= 0 && former == nil {
		can, err := a.People.Allowed(r.Context(), actor(r), world.Exemptions[at].Scope, people.SeeRegister)
		if err != nil {
			return nil, nil, err
		}
		if !can[people.SeeRegister] {
			at = -1
		}
	}
	if at < 0 {
		return nil, nil, fault.New(fault.NotFound, "There is no exemption %s that you may see", id)
	}
	return &world.Exemptions[at], former, nil
}

// chooseExempted asks what the exemption is to be for.
func (a *area) chooseExempted(w http.ResponseWriter, r *http.Request) error {
	keep := []string{"rule", "host", "scope"}
	form, words := searched(r, "What is it called?", "The app or the equipment", keep...)
	page := ui.Page{Title: "Ask for an exemption", Content: []ui.Component{form}}
	if words != "" {
		page.Content = append(page.Content, a.choices(words, func(product string) string {
			to := kept(r.URL.Query(), keep)
			to.Set("product", product)
			return DraftPath("exemption", to)
		})...)
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// longest is for how many days an exemption may hold here at most, and who has set that, as the end of a sentence; 0 where
// that may not be seen.
func (a *area) longest(r *http.Request, rules []*policy.Rule, process *room.Decides) (days int, whose string, err error) {
	switch days = process.Exemption.LongestDays; {
	case process.Of != "":
		whose = ", as " + a.things.Names().Organisation(process.Of) + " has set"
	case days > 0:
		whose = ", as everywhere where nobody has set less"
	}
	for _, rule := range rules {
		made, err := a.evidence(r, rule.ID, room.Ban)
		if err != nil {
			return 0, "", err
		}
		if made != nil && made.LongestDays > 0 && (days == 0 || made.LongestDays < days) {
			days, whose = made.LongestDays, ", as the ban demands"
		}
	}
	return days, whose, nil
}

// demands shows what the exemption is from, and what will be demanded of it.
func (a *area) demands(r *http.Request, asked *exemptionAsked, always []string) (shown []ui.Component) {
	n := a.things.Names()
	var rows []ui.SummaryRow
	add := func(key, text string) { rows = append(rows, ui.SummaryRow{Key: key, Value: ui.Text(text)}) }
	mitigations, offices := slices.Clone(always), []string{}
	for _, rule := range asked.rules {
		add("Exempt from", n.Sentence(rule))
		add("Which is so because", cmp.Or(rule.Reason, "no reason is given"))
		mitigations = append(mitigations, rule.Mitigations...)
		if rule.Clearance != policy.ClearanceNone && rule.Clearance != "" && !slices.Contains(offices, devicepages.OfficeName(rule.Clearance)) {
			offices = append(offices, devicepages.OfficeName(rule.Clearance))
		}
	}
	switch {
	case asked.listed:
		shown = append(shown, ui.Inset{ui.Para("It is allowed here already: no exemption is needed.")})
	case len(asked.rules) == 0:
		add("Exempt from", "The list: it is not on it")
	}
	slices.Sort(mitigations)
	if mitigations = slices.Compact(mitigations); len(mitigations) > 0 {
		add("What will have to be in place", ui.Capital(devicepages.Mitigations(mitigations)))
	}
	if len(offices) > 0 {
		add("Who clears it besides", strings.Join(offices, ", "))
	}
	shown = append(shown, ui.Summary{Rows: rows})
	switch {
	case asked.former != nil:
		shown = append(shown, a.beside(r, asked.former, "The exemption that it follows"))
	case asked.old != nil:
		shown = append(shown, ui.Summary{Title: "The exemption that it follows", Rows: []ui.SummaryRow{{Key: "Purpose", Value: ui.Text(asked.old.Purpose)}, {Key: "Until", Value: onDay(r, asked.old.Until, "")}}})
	}
	return shown
}

// Whom an exemption may be for, as the form has it.
const (
	forHost     = "host"
	forSite     = "site"
	forPerson   = "person"
	forGroup    = "group"
	forEveryone = "everyone"
)

// exemptionForm asks for an exemption; until is how late it may end, in words.
func (a *area) exemptionForm(r *http.Request, asked *exemptionAsked, holder, until string) *ui.Form {
	back := "/"
	if asked.host != nil {
		back = devicepages.DevicePath(asked.host.ID)
	}
	form := &ui.Form{Buttons: ui.ButtonGroup{{Text: "Ask for it"}, ui.Cancel(back)}, Fields: []*ui.Field{
		{Name: "subject", Label: "For whom is it?", As: ui.Radios{Options: a.subjects(asked)}},
		{Name: "purpose", Label: "What is it needed for?", Hint: "In a few words, such as answering the press on Parrot Chat", As: ui.Input{Long: 200}},
		reasonField("Why can it not be done another way?", "Whoever decides reads this, and everybody may once it is decided"),
		{Name: "risk", Label: "What could go wrong, and what keeps it small?", Hint: "Whoever decides, and the office that clears it, read this", As: ui.Textarea{Rows: 3, Long: 2000}},
		{Name: "until", Label: "Until which day?", Hint: until, As: ui.Date{}},
		{Name: "mitigations", Label: "What else will be in place?", Optional: true, Hint: "One on a line, such as no-contacts-on-the-device", As: ui.Textarea{Rows: 2}},
	}}
	if a.revised != nil && a.revised.Marked {
		form.Fields = append(form.Fields, audienceField("Who is to decide about it?"))
	} else if a.revised == nil && a.holds(r, asked.body, people.Propose.Roles()) {
		form.Fields = append(form.Fields, &ui.Field{Name: "marked", Label: "May everybody know of it who decides here?", Optional: true, As: ui.Checkboxes{Options: []ui.Option{{
			Value: yes, Label: "No, only those whom I name", Hint: "They decide about it, and nobody else sees it. How many such there are is counted", Reveals: []*ui.Field{audienceField("Who is to decide about it?")},
		}}}})
	}
	pairs := []string{"person", holder}
	if h := asked.host; h != nil {
		pairs = []string{"subject", forHost, "person", h.Row.Holder, "group", slices.Concat(h.Row.Groups, []string{""})[0]}
	}
	if asked.former != nil {
		pairs = append(pairs, "risk", asked.former.Risk)
	}
	if e := asked.old; e != nil {
		subject, called := subjectIn(&e.Subject)
		pairs = append([]string{"subject", subject, subject, called, "purpose", e.Purpose, "mitigations", joined(asked.own())}, pairs...)
	}
	filled(r, form, pairs...)
	return form
}

// own are the mitigations of the old exemption that no rule demands.
func (asked *exemptionAsked) own() []string {
	return slices.DeleteFunc(slices.Clone(asked.old.Mitigations), func(m string) bool {
		return slices.ContainsFunc(asked.rules, func(rule *policy.Rule) bool { return slices.Contains(rule.Mitigations, m) })
	})
}

// subjects are whom it may be for.
func (a *area) subjects(asked *exemptionAsked) (options []ui.Option) {
	if h := asked.host; h != nil {
		options = append(options, ui.Option{Value: forHost, Label: "This device alone", Hint: cmp.Or(h.Name, h.ID)})
		if h.Row.Site != "" {
			options[0].Label = "This piece of equipment alone"
			options = append(options, ui.Option{Value: forSite, Label: "All of it at the same site", Hint: h.Row.Site})
		}
	} else if e := asked.like; e != nil && e.Subject.Host != "" {
		options = append(options, ui.Option{Value: forHost, Label: "The same device", Hint: e.Subject.Host})
	} else if e != nil && e.Subject.Site != "" {
		options = append(options, ui.Option{Value: forSite, Label: "The same site", Hint: e.Subject.Site})
	} else {
		options = append(options, ui.Option{Value: forHost, Label: "One device", Reveals: []*ui.Field{{Name: "device", Label: "Which device?", Hint: "Its id, as its page and its manager have it", As: ui.Input{Complete: "off"}}}})
	}
	return append(options,
		ui.Option{Value: forPerson, Label: "One person, on every device that they hold", Reveals: []*ui.Field{{Name: "person", Label: "Who?", Hint: "As the devices have their holder, which is a user name as a rule", As: ui.Input{Complete: "off"}}}},
		ui.Option{Value: forGroup, Label: "A group", Reveals: []*ui.Field{{Name: "group", Label: "Which group?", Hint: "As the devices have it", As: ui.Input{Complete: "off"}}}},
		ui.Option{Value: forEveryone, Label: "Everyone in " + a.things.Names().Organisation(asked.body)})
}

// subjectIn is a subject as the form has it, and the name in it.
func subjectIn(s *policy.ExemptionSubject) (subject, called string) {
	switch {
	case s.Host != "":
		return forHost, ""
	case s.Site != "":
		return forSite, ""
	case s.Person != "":
		return forPerson, s.Person
	case s.Group != "":
		return forGroup, s.Group
	}
	return forEveryone, ""
}

// exemptionOf is the draft of what was answered.
func (a *area) exemptionOf(r *http.Request, form *ui.Form, asked *exemptionAsked) (room.Draft, error) {
	e := policy.Exemption{Product: asked.product, Scope: asked.body}
	for _, rule := range asked.rules {
		e.Lifts = append(e.Lifts, rule.ID)
	}
	marked := form.Value("marked") == yes
	if a.revised != nil {
		e, marked = *a.revised.Exemption, a.revised.Marked
	}
	e.Purpose, e.Mitigations = answer(form, "purpose"), lines(form.Value("mitigations"))
	d := room.Draft{Kind: room.Exemption, Reason: answer(form, "reason"), Risk: answer(form, "risk"), Content: room.Content{Exemption: &e}, Marked: marked}
	var wrong [6]error
	e.Subject, wrong[0] = subjectOf(form, asked)
	if id := answer(form, "device"); id != "" && e.Subject.Host == id {
		wrong[0] = a.mayName(r, id)
	}
	e.Until, wrong[1] = day(r, form, "until")
	if asked.old != nil {
		d.Renews, e.From = asked.old.ID, asked.begins(r)
	}
	if d.Marked {
		d.Audience, wrong[2] = a.anybody(r, "audience", answer(form, "audience"))
	} else if answer(form, "audience") != "" {
		wrong[2] = fault.In("marked", "You have named who is to decide: say here that only these may know of it, or take the names out")
	}
	wrong[3] = why(form)
	if e.Until.IsZero() && wrong[1] == nil {
		wrong[1] = fault.In("until", "Say until when: an exemption always ends")
	}
	if e.Purpose == "" {
		wrong[4] = fault.In("purpose", "Say what it is needed for")
	}
	if a.revised == nil || a.revised.Risk != "" {
		wrong[5] = needed(form, "risk", "Say what could go wrong, also where that is little")
	}
	return d, errors.Join(wrong[:]...)
}

// mayName returns a fault where who asks neither holds a device of that id nor may see one.
func (a *area) mayName(r *http.Request, id string) error {
	held, err := a.Devices.Held(r.Context(), actor(r))
	if err == nil && slices.ContainsFunc(held, func(h things.Host) bool { return h.ID == id }) {
		return nil
	}
	if _, err = a.Devices.One(r.Context(), actor(r), id); fault.Is(err, fault.NotFound) || fault.Is(err, fault.Refused) {
		return fault.In("device", "There is no device %s that you may see", id)
	}
	return err
}

// begins is from when it is to hold: from the end of what it follows; zero is at once.
func (asked *exemptionAsked) begins(r *http.Request) (none time.Time) {
	if asked.old != nil && asked.old.Until.After(ui.Now(r)) {
		return asked.old.Until
	}
	return none
}

// subjectOf is whom it is for, as was answered.
func subjectOf(form *ui.Form, asked *exemptionAsked) (s policy.ExemptionSubject, err error) {
	name := func(field, empty string) (text string) {
		if text = answer(form, field); text == "" {
			err = fault.In(field, "%s", empty)
		}
		return text
	}
	switch form.Value("subject") {
	case forHost:
		if asked.host != nil {
			s.Host = asked.host.ID
		} else if asked.like != nil {
			s.Host = asked.like.Subject.Host
		}
		if s.Host == "" {
			s.Host = name("device", "Say which device")
		}
	case forSite:
		if asked.host != nil {
			s.Site = asked.host.Row.Site
		} else if asked.like != nil {
			s.Site = asked.like.Subject.Site
		}
	case forPerson:
		s.Person = name("person", "Say who")
	case forGroup:
		s.Group = name("group", "Say which group")
	case forEveryone:
		s.Everyone = true
	}
	if s == (policy.ExemptionSubject{}) && err == nil {
		err = fault.In("subject", "Say for whom it is")
	}
	return s, err
}
