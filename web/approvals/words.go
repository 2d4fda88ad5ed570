package approvals

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	room "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// words are what people call things, and one another.
type words struct {
	devicepages.Names
	persons map[string]string // names of people, by their ids
}

func (a *area) words(persons map[string]string) words { return words{a.things.Names(), persons} }

// person is who did something, by an id as the ledger has it.
func (w words) person(id string) string {
	switch name := w.persons[id]; {
	case name != "":
		return name
	case id == "command":
		return "The command line"
	case strings.HasPrefix(id, "token:"):
		return "A program"
	}
	return "Somebody whose name you may not see"
}

// kinds are the kinds of proposals in the order in which they are shown, and what they are called.
var kinds = []room.Kind{room.Ban, room.Allow, room.Withdrawal, room.Exemption, room.Monitor, room.Supplier, room.Product, room.Change, room.Belonging}

var kindNames = map[room.Kind]string{
	room.Ban: "Ban", room.Allow: "App", room.Withdrawal: "End of a rule", room.Exemption: "Exemption", room.Monitor: "Watching for a while",
	room.Supplier: "Who owns a company", room.Product: "Who makes something", room.Change: "Who decides", room.Belonging: "Where a body belongs",
}

// kindName is what a proposal is, in a word or two.
func kindName(d *room.Draft) string {
	name := kindNames[d.Kind]
	if d.Rule != nil && d.Rule.Effect == policy.PhaseOut {
		name = "Phase-out"
	}
	if d.Emergency {
		name += ", in an emergency"
	}
	return name
}

// states are the states of proposals in the order in which they are shown.
var states = []room.State{room.Waiting, room.Interim, room.Made, room.Refused, room.Back, room.Lapsed}

var stateTags = map[room.State]ui.Tag{
	room.Waiting: {Text: "Open", Tone: ui.Waiting}, room.Interim: {Text: "In force until reviewed", Tone: ui.Waiting}, room.Made: {Text: "Decided", Tone: ui.Good},
	room.Refused: {Text: "Refused", Tone: ui.Bad}, room.Back: {Text: "Taken back"}, room.Lapsed: {Text: "Lapsed"},
}

// actWords are an act in the words that pages have for it.
type actWords struct {
	did    string // what somebody did, after their name
	button string // what leads to it
	noun   string // what is still to be done
	task   string // what is asked of whom it waits for, on the first page
}

var acts = map[room.Act]actWords{
	room.Open:      {did: "proposed it"},
	room.Recommend: {"recommended it", "Recommend it", "recommendation", "Say whether you recommend it"},
	room.Grant:     {"granted it", "Grant it", "decision", "Decide what people ask for"},
	room.Sign:      {"signed it as the second person", "Sign it", "second signature", "Sign as the second person"},
	room.Clear:     {"cleared it", "Clear it, or say no", "clearance", "Clear an exemption, or say no"},
	room.Confirm:   {"confirmed that what it demands is in place", "Confirm what is in place", "word that all is in place", "Confirm that what an exemption demands is in place"},
	room.Review:    {"reviewed it, and had it stay", "Review it", "review", "Review a ban made in an emergency"},
	room.Revise:    {did: "changed what is proposed", button: "Change it"},
	room.Refuse:    {did: "refused it", button: "Refuse it"},
	room.TakeBack:  {did: "took it back", button: "Take it back"},
	room.Consult:   {did: "asked the centre for advice", button: "Ask the centre"},
	room.Answer:    {"answered for the centre", "Answer what is asked", "answer", "Answer what a body asks you"},
	room.Question:  {did: "asked a question", button: "Ask a question"},
	room.Reply:     {"answered", "Answer what you are asked", "answer", "Answer what you are asked"},
}

// title is what is proposed, in one line. What people ask for does not read as if it had been granted.
func (w words) title(p *room.Proposal) string {
	asks := p.State != room.Made
	switch d := &p.Draft; {
	case d.Rule != nil && d.Rule.Effect == policy.Allow && asks:
		return "Asks for " + strings.TrimPrefix(w.rule(d.Rule, d), "Allows ")
	case d.Rule != nil:
		return w.rule(d.Rule, d)
	case d.Ends != nil:
		return "Ends a rule: " + w.ruleByID(d.Ends.Rule)
	case d.Exemption != nil && asks:
		return "Asks to exempt " + w.exempted(d.Exemption)
	case d.Exemption != nil:
		return "Exempts " + w.exempted(d.Exemption)
	case d.Monitor != nil:
		return w.Organisation(d.Organisation) + " watches for a while instead of enforcing"
	case d.Supplier != nil:
		return "Says who owns " + cmp.Or(d.Supplier.Name, d.Supplier.ID)
	case d.Product != nil:
		return "Says who makes " + cmp.Or(d.Product.Name, d.Product.ID) + ", and what is inside"
	case d.Move != nil && d.Move.Parent == "":
		return "Says that " + w.Organisation(d.Move.Body) + " is independent"
	case d.Move != nil:
		return "Says that " + w.Organisation(d.Move.Body) + " belongs to " + w.Organisation(d.Move.Parent) + map[bool]string{true: ", with a list of its own"}[d.Move.OwnList]
	}
	return "Says who decides in " + w.Organisation(p.Organisation)
}

// rule is what a proposed rule says. What it is about may be no product yet.
func (w words) rule(rule *policy.Rule, d *room.Draft) string {
	if d.Found != nil {
		return devicepages.SentenceOn(cmp.Or(d.Found.Name, d.Found.Identifier), rule)
	}
	return w.Sentence(rule)
}

// ruleByID is what a rule says; its id where it is known no longer.
func (w words) ruleByID(id string) string {
	if rule := w.Rule(id); rule != nil {
		return w.Sentence(rule)
	}
	return id
}

// ruleLink is what a rule says, with the way to it.
func (w words) ruleLink(r *http.Request, id string) ui.Link {
	return reached(r, ui.Link{Text: w.ruleByID(id), Href: devicepages.RulePath(id)})
}

// exempted is what an exemption is about and for whom: "Parrot Chat on one device, in Department A".
func (w words) exempted(e *policy.Exemption) string {
	what := w.Product(e.Product)
	if e.AnyProduct {
		what = "any app"
	}
	return what + " " + subjectKind(&e.Subject) + " in " + w.Organisation(e.Scope)
}

// subjectKind is whom an exemption is for, as far as no name is needed.
func subjectKind(s *policy.ExemptionSubject) string {
	switch {
	case s.Host != "":
		return "on one device"
	case s.Site != "":
		return "at one site"
	case s.Person != "":
		return "for one person"
	case s.Group != "":
		return "for a group"
	}
	return "for everyone"
}

// subject is whom an exemption is for, by name and with the way there.
func (w words) subject(r *http.Request, e *policy.Exemption) ui.Component {
	switch s := &e.Subject; {
	case s.Host != "":
		return ui.Line{ui.Text("The device"), reached(r, ui.Link{Text: s.Host, Href: devicepages.DevicePath(s.Host)})}
	case s.Site != "":
		return ui.Text("What stands at " + s.Site)
	case s.Person != "":
		return ui.Text(cmp.Or(w.persons[s.Person], s.Person) + ", on every device that they hold")
	case s.Group != "":
		return ui.Text("The group " + s.Group)
	}
	return ui.Text("Everyone in " + w.Organisation(e.Scope))
}

// lifts are the rules that an exemption lifts, one below the other.
func (w words) lifts(r *http.Request, e *policy.Exemption) ui.Component {
	if len(e.Lifts) == 0 {
		return ui.Text("No ban: what it names counts as if it were on the list")
	}
	var all []ui.Component
	for _, id := range e.Lifts {
		all = append(all, w.ruleLink(r, id))
	}
	if len(all) == 1 {
		return all[0]
	}
	return ui.List{Items: all}
}

// bodyName is an organisation's name, and body that with all below it.
func (w words) bodyName(id string) string {
	if id == people.Everywhere {
		return "All bodies"
	}
	return w.Organisation(id)
}

func (w words) body(id string) string {
	if id == people.Everywhere {
		return "All bodies"
	}
	return w.Organisation(id) + " and all below"
}

// waited is for how long something has waited, in words.
func waited(r *http.Request, since time.Time) string {
	return "Waiting for " + ui.Span(ui.Now(r).Sub(since))
}

// holds is from when to when something holds that is proposed: from when it is decided, where that is later than what
// was asked for.
func holds(r *http.Request, of *room.Proposal, p policy.Period) string {
	if decided := of.Decided().Time(); p.From.Before(decided) {
		p.From = decided
	}
	switch {
	case !p.From.IsZero():
		return ui.Capital(devicepages.Period(r, p))
	case p.Until.IsZero():
		return "From when it is decided, without an end"
	}
	return "From when it is decided until " + onDay(r, p.Until, "").Absolute()
}

// roleNames are roles as people call them, one of which is enough: "a reviewer or an approver".
func roleNames(roles []people.Role) string {
	var names []string
	for _, role := range roles {
		names = append(names, article(strings.ToLower(role.Name())))
	}
	return either(names)
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

// either joins words of which one is enough.
func either(all []string) string {
	switch n := len(all); n {
	case 0:
		return "nobody"
	case 1:
		return all[0]
	default:
		return strings.Join(all[:n-1], ", ") + " or " + all[n-1]
	}
}

// kindOptions and stateOptions are what a list can be narrowed down to.
func kindOptions(first ui.Option) []ui.Option {
	options := []ui.Option{first}
	for _, k := range kinds {
		options = append(options, ui.Option{Value: string(k), Label: kindNames[k]})
	}
	return options
}

func stateOptions(first ui.Option) []ui.Option {
	options := []ui.Option{first}
	for _, s := range states {
		options = append(options, ui.Option{Value: string(s), Label: stateTags[s].Text})
	}
	return options
}

// stateTag is how far a proposal in a list has come.
func stateTag(p *room.Proposal) ui.Tag {
	if p.Questioned() {
		return ui.Tag{Text: "Waits for an answer", Tone: ui.Waiting}
	}
	return stateTags[p.State]
}

// whoOpened is who has proposed something, or asked for it.
func whoOpened(d *room.Draft) string {
	if d.Kind == room.Allow || d.Kind == room.Exemption {
		return "who asked for it"
	}
	return "who proposed it"
}

// can tells whether the viewer of a proposal may do something now.
func can(v *room.View, act room.Act) bool { return slices.Contains(v.Can, act) }
