package ask

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	room "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/policy"
	"portcullis/register/search"
	devicepages "portcullis/web/devices"
	handbookpages "portcullis/web/handbook"
	"portcullis/web/ui"
)

// answered is the page of an answer: what the register says, why, and what to do next.
func (p *page) answered() (ui.Page, error) {
	first := &p.asked.Replies[0]
	shown := ui.Page{Title: p.title(first), Caption: "On a work device of " + p.organisation(p.asked.Organisation), Back: Path}
	if h := p.held(first); h != nil {
		shown.Caption = "On your work device " + cmp.Or(h.Name, h.ID)
	}
	if p.q.Own {
		shown.Caption = "On your own device"
	}
	if p.asked.By.By == search.OldName {
		shown.Content = append(shown.Content, ui.Para(p.name()+" was once called "+p.asked.By.Text+"."))
	}
	if p.q.Own {
		advice, err := p.advised(first)
		if err != nil {
			return shown, err
		}
		shown.Content = append(shown.Content, advice...)
	} else {
		shown.Content = append(shown.Content, p.why(first)...)
		shown.Content = append(shown.Content, ui.Heading("What to do"), ui.Para(p.next(first)))
		if first.Saying == room.No {
			shown.Content = append(shown.Content, exemptible(first.Rules))
		}
		shown.Content = append(shown.Content, p.request(first)...)
	}
	shown.Content = append(shown.Content, p.elsewhere()...)
	shown.Content = append(shown.Content, p.onward()...)
	return shown, nil
}

// held is the device of work of whoever asks that an answer is for; nil where there is none, or several.
func (p *page) held(reply *room.Reply) (held *room.Host) {
	for i := range p.asked.Held {
		if h := &p.asked.Held[i]; slices.Contains(reply.Platforms, h.Row.Platform) {
			if held != nil {
				return nil
			}
			held = h
		}
	}
	return held
}

// name is what people call the product.
func (p *page) name() string { return cmp.Or(p.asked.Product.Name, p.asked.Product.ID) }

func (p *page) organisation(id string) string {
	if o := p.view.Organisation(id); o != nil {
		return cmp.Or(o.Name, id)
	}
	return id
}

// where is "on Android or Windows", and nothing where there is one answer for all that is known.
func (p *page) where(reply *room.Reply) string {
	if len(reply.Platforms) == 0 || len(p.asked.Replies) == 1 && p.q.Platform == 0 {
		return ""
	}
	return " on " + platforms(reply.Platforms)
}

// title is the answer in one line.
func (p *page) title(reply *room.Reply) string {
	if p.q.Own {
		return p.advisedTitle(reply)
	}
	name, where := p.name(), p.where(reply)
	switch reply.Saying {
	case room.Yes:
		return "Yes, you may install " + name + where + span(reply)
	case room.Leaving:
		return "Better not: " + name + " is on its way out" + where
	case room.Unlisted:
		return "Not yet: " + name + " is not on your list" + where
	case room.No:
		return "No, do not install " + name + where
	case room.Unseen:
		return "Not known: the register has no " + name + " for " + platforms(reply.Platforms)
	}
	return name + " is equipment, not an app"
}

// span is from which version on something holds, and up to which.
func span(reply *room.Reply) string {
	switch {
	case reply.Code != 0:
		return ", from version code " + ui.Number(reply.Code).String()
	case reply.From != "" && reply.Before != "":
		return ", from version " + reply.From + " up to but not " + reply.Before
	case reply.From != "":
		return ", from version " + reply.From
	case reply.Before != "":
		return ", in versions before " + reply.Before
	}
	return ""
}

// why is what the answer rests on.
func (p *page) why(reply *room.Reply) (parts []ui.Component) {
	switch reply.Saying {
	case room.Yes:
		parts = p.whyYes(reply)
	case room.Leaving:
		for i := range reply.Rules {
			parts = append(parts, p.restriction(&reply.Rules[i]))
		}
	case room.No:
		for i := range reply.Rules {
			parts = append(parts, p.restriction(&reply.Rules[i]))
		}
	case room.Unlisted:
		parts = append(parts, ui.Para("Nobody has put it on the list of "+p.organisation(p.asked.Organisation)+". That says nothing bad of it, and nothing good."))
		if reply.Watched != nil {
			parts = append(parts, ui.Para("Until "+p.day(reply.Watched.Until)+" such apps are only watched, not enforced. After that it must be on the list or go."))
		}
	case room.Unseen:
		parts = append(parts, ui.Para("What is offered there by this name may be another app altogether. The register knows it "+p.known()+"."))
	case room.NotApp:
		parts = append(parts, ui.Para("It is not installed on a device. Whoever looks after your buildings knows whether it may be used."))
	}
	return parts
}

// known is where a product is known.
func (p *page) known() string {
	var known []policy.Platform
	for _, reply := range p.asked.Replies {
		if reply.Saying != room.Unseen {
			known = append(known, reply.Platforms...)
		}
	}
	if len(known) == 0 {
		return "by its name alone, on no platform"
	}
	return "on " + strings.ReplaceAll(platforms(known), " or ", " and ")
}

func (p *page) whyYes(reply *room.Reply) (parts []ui.Component) {
	switch {
	case len(reply.Exemptions) > 0:
		x := reply.Exemptions[0]
		text := "There is an exemption that reaches you, until " + p.day(x.Until) + "."
		if x.Purpose != "" && !x.Marked {
			text = "There is an exemption that reaches you, for " + x.Purpose + ", until " + p.day(x.Until) + "."
		}
		parts = append(parts, ui.Para(text))
		if len(x.Mitigations) > 0 && !x.Marked {
			parts = append(parts, ui.Para("It holds with this in place: "+devicepages.Mitigations(x.Mitigations)+"."))
		}
	case len(reply.Rules) == 0:
		parts = append(parts, ui.Para("It comes with the device, and no rule says otherwise."))
	default:
		parts = append(parts, ui.Para("It is on the list that "+p.organisation(p.asked.Organisation)+" follows, by a decision of "+p.organisation(reply.Rules[0].Scope)+"."))
	}
	if len(reply.Changes) > 0 && len(reply.Exemptions) == 0 {
		parts = append(parts, ui.Para("That holds until "+p.day(reply.Changes[0].At)+", unless it is decided anew."))
	}
	return parts
}

// restriction is a ban or a phase-out: why, who decided what, since when and until when.
func (p *page) restriction(rule *policy.Rule) ui.Component {
	text := p.organisation(rule.Scope) + " has banned " + p.target(rule)
	if rule.Effect == policy.PhaseOut {
		text = p.organisation(rule.Scope) + " is phasing " + p.target(rule) + " out"
	}
	if !rule.From.IsZero() {
		text += ", since " + p.day(rule.From)
	}
	if !rule.Deadline.IsZero() {
		text += "; it must be gone by " + p.day(rule.Deadline)
	}
	if !rule.Until.IsZero() {
		text += ", until " + p.day(rule.Until)
	} else if rule.Effect == policy.Ban {
		text += ", until further notice"
	}
	reason := cmp.Or(strings.TrimSpace(rule.Reason), "No reason is given")
	return ui.Stack{ui.Para("Why? " + strings.TrimSuffix(reason, ".") + "."), ui.Para(text + ".")}
}

// target is what a rule names: the product itself, or that by which it reaches it.
func (p *page) target(rule *policy.Rule) string {
	switch t := rule.Target; {
	case t.Supplier != "":
		name := t.Supplier
		if s := p.view.Supplier(name); s != nil {
			name = cmp.Or(s.Name, name)
		}
		return "everything that comes from " + name
	case t.Any:
		return "everything of this sort"
	case t.Product != p.asked.Product.ID:
		name := t.Product
		if inner := p.view.Product(name); inner != nil {
			name = cmp.Or(inner.Name, name)
		}
		return name + ", which it contains"
	}
	return "it"
}

// exemptible is whether rules can be lifted, and through whom.
func exemptible(rules []policy.Rule) ui.Component {
	var offices, needs []string
	for i := range rules {
		if c := rules[i].Clearance; c != policy.ClearanceNone && !slices.Contains(offices, devicepages.OfficeName(c)) {
			offices = append(offices, devicepages.OfficeName(c))
		}
		for _, m := range rules[i].Mitigations {
			if !slices.Contains(needs, m) {
				needs = append(needs, m)
			}
		}
	}
	text := "An exemption is possible: your own security team can grant it"
	if len(offices) > 0 {
		text = "An exemption is possible, through your security team. It must be cleared by the office: " + strings.Join(offices, ", ")
	}
	if len(needs) > 0 {
		text += ". It needs in place: " + devicepages.Mitigations(needs)
	}
	return ui.Para(text + ".")
}

// next is what to do.
func (p *page) next(reply *room.Reply) string {
	switch reply.Saying {
	case room.Yes:
		if reply.From != "" || reply.Code != 0 {
			return "Install it as you install anything on your work device, and keep it up to date: an older version is not allowed."
		}
		return "Install it as you install anything on your work device, and keep it up to date."
	case room.Leaving:
		return "If you have it, plan to do without it. Do not begin to use it now."
	case room.Unlisted:
		return "Do not install it yet. If you need it for your work, ask for it: somebody looks at it first."
	case room.No:
		return "If you have it on a work device, take it off. If your work cannot do without it, an exemption must come first."
	case room.Unseen:
		return "Do not install it there. If you need it, tell your security team where it is offered."
	}
	return "Ask whoever looks after the equipment of your building."
}

// request leads to asking for the app, or for an exemption, where there is a page for that.
func (p *page) request(reply *room.Reply) []ui.Component {
	text, at := "", ""
	switch reply.Saying {
	case room.Unlisted, room.Unseen:
		text, at = "Ask for "+p.name(), p.Requests
	case room.No:
		text, at = "Ask for an exemption", p.Exemptions
	}
	if at == "" {
		return nil
	}
	to := url.Values{"product": {p.asked.Product.ID}}
	switch h := p.held(reply); {
	case reply.Saying == room.No:
		to.Set("subject", "person")
	case reply.Saying == room.Unseen: // on that platform it may be another app altogether
		to = url.Values{"other": {"yes"}, "name": {p.name()}, "platform": {reply.Platforms[0].String()}}
	case h != nil:
		to.Set("platform", h.Row.Platform.String())
		to.Set("device", h.ID)
	case p.q.Platform != 0 || len(reply.Platforms) == 1:
		to.Set("platform", reply.Platforms[0].String())
	}
	return []ui.Component{ui.ButtonGroup{{Text: text, Href: at + "?" + to.Encode()}}}
}

// elsewhere are the answers for other platforms.
func (p *page) elsewhere() []ui.Component {
	if len(p.asked.Replies) < 2 {
		return nil
	}
	short := map[room.Saying]string{room.Yes: "Yes", room.Leaving: "Better not: it is on its way out", room.Unlisted: "Not on your list yet", room.No: "No", room.Unseen: "Not known"}
	if p.q.Own {
		short[room.Yes], short[room.No], short[room.Unlisted], short[room.Leaving] = "Allowed at work", "Banned at work", "Nothing has been decided", "On its way out at work"
	}
	facts := ui.Summary{}
	for i := range p.asked.Replies[1:] {
		reply := &p.asked.Replies[i+1]
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: ui.Capital(platforms(reply.Platforms)), Value: ui.Text(short[reply.Saying] + span(reply))})
	}
	return []ui.Component{ui.Heading("On other platforms"), facts}
}

// onward leads to the same question for the other sort of device, to what else may be meant, and to the next
// question.
func (p *page) onward() (parts []ui.Component) {
	if p.q.Own {
		to := url.Values{"product": {p.asked.Product.ID}}
		parts = append(parts, ui.Paragraph{ui.Link{Text: "And on a work device?", Href: Path + "?" + to.Encode()}})
	} else {
		parts = append(parts, ui.Post{Action: Path, Hidden: []ui.Hidden{{Name: "product", Value: p.asked.Product.ID}}, Button: ui.Button{Text: "And on my own device?", Kind: ui.Quiet}})
	}
	if len(p.asked.Choices) > 0 {
		parts = append(parts, ui.Details{Summary: "Did you mean another app?", Content: []ui.Component{p.choices()}})
	}
	return append(parts, again())
}

func (p *page) day(t time.Time) string { return ui.Day{At: t, Now: ui.Now(p.r)}.Absolute() }

// advisedTitle is the advice in one line.
func (p *page) advisedTitle(reply *room.Reply) string {
	name := p.name()
	switch reply.Saying {
	case room.No:
		return "We advise you not to have " + name
	case room.Leaving:
		return "We advise you to look for something else than " + name
	case room.Yes:
		return "Nothing that was decided speaks against " + name
	case room.NotApp:
		return name + " is equipment, not an app"
	}
	return "Nothing has been decided about " + name
}

// advised is the advice: what is decided for work, and what has been written for people's own devices.
func (p *page) advised(reply *room.Reply) (parts []ui.Component, err error) {
	switch reply.Saying {
	case room.No, room.Leaving:
		parts = append(parts, ui.Para("This is what is decided for work devices."))
		for i := range reply.Rules {
			parts = append(parts, p.restriction(&reply.Rules[i]))
		}
	case room.Yes:
		parts = append(parts, ui.Para("It may be used on work devices"+span(reply)+". On your own it is your choice: keep it up to date, and give it no more access than it needs."))
	case room.NotApp:
		parts = append(parts, ui.Para("It is not installed on a device."))
	default:
		parts = append(parts, ui.Para("That says neither good nor bad of it: nobody has looked at it for work. Give it no more access than it needs, and keep work off it."))
	}
	texts, err := p.texts(reply)
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		parts = append(parts, ui.Heading(t.Title))
		parts = append(parts, handbookpages.Text(t.Body)...)
		if t.By != "" || !t.At.IsZero() {
			parts = append(parts, ui.Paragraph{ui.Muted(p.signed(t))})
		}
	}
	return append(parts, unwritten()), nil
}

// texts are what has been written for people's own devices.
func (p *page) texts(reply *room.Reply) ([]Text, error) {
	if p.Advice == nil || reply.Saying == room.NotApp {
		return nil, nil
	}
	platform := ""
	switch {
	case p.q.Platform != 0:
		platform = p.q.Platform.String()
	case len(reply.Platforms) == 1 && len(p.asked.Replies) == 1:
		platform = reply.Platforms[0].String()
	}
	texts, err := p.Advice(p.r.Context(), actor(p.r), p.asked.Product.ID, platform)
	if fault.Is(err, fault.NotFound) {
		return nil, nil // nothing has been written about it
	}
	return texts, err
}

// signed is by whom a text is, and of when.
func (p *page) signed(t Text) string {
	switch {
	case t.At.IsZero():
		return "By " + t.By
	case t.By == "":
		return "Of " + p.day(t.At)
	}
	return "By " + t.By + ", " + p.day(t.At)
}
