package ask

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	room "portcullis/devices"
	"portcullis/enforce"
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
	if len(first.Held) > 0 {
		shown.Caption = onHeld(first)
	}
	if p.q.Own {
		shown.Caption = "On your own device"
	}
	if p.asked.By.By == search.OldName {
		shown.Content = append(shown.Content, ui.Para(p.name()+" is also known as "+p.asked.By.Text+"."))
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

// onHeld names the devices of work that an answer is for.
func onHeld(reply *room.Reply) string {
	if len(reply.Held) == 1 {
		return "On your work device " + called(reply)
	}
	return "On your work devices " + called(reply)
}

// called are the devices of an answer as a list in a sentence.
func called(reply *room.Reply) string {
	var names []string
	for i := range reply.Held {
		names = append(names, cmp.Or(reply.Held[i].Name, reply.Held[i].ID))
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
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
		if len(reply.Barred) > 0 {
			return "Only some versions: " + name + where + " may be installed" + span(reply)
		}
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
		return ", but only in versions before " + reply.Before
	}
	return ""
}

// why is what the answer rests on.
func (p *page) why(reply *room.Reply) (parts []ui.Component) {
	switch reply.Saying {
	case room.Yes:
		parts = append(p.whyYes(reply), p.barred(reply)...)
	case room.Leaving:
		for i := range reply.Rules {
			parts = append(parts, p.restriction(reply, &reply.Rules[i]))
		}
		parts = append(parts, p.barred(reply)...)
	case room.No:
		for i := range reply.Rules {
			parts = append(parts, p.restriction(reply, &reply.Rules[i]))
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

// barred is what stands against other versions, and which devices refuse all of them for it.
func (p *page) barred(reply *room.Reply) (parts []ui.Component) {
	if len(reply.Barred) == 0 {
		return nil
	}
	parts = append(parts, ui.Para(ui.Capital(others(reply))+" must not be there:"))
	for i := range reply.Barred {
		parts = append(parts, p.restriction(reply, &reply.Barred[i]))
	}
	if p.q.Own {
		return parts
	}
	var none, some []policy.Platform
	for _, on := range reply.Platforms {
		if enforce.TellsVersions(on) {
			some = append(some, on)
		} else {
			none = append(none, on)
		}
	}
	if len(none) > 0 {
		parts = append(parts, ui.Para("What manages devices cannot tell versions apart on "+platforms(none)+": a managed device refuses "+p.name()+" in every version."))
	}
	if len(some) > 0 {
		parts = append(parts, ui.Para("On "+platforms(some)+", a device whose manager cannot tell versions apart refuses it in every version."))
	}
	return parts
}

// others are the versions for which an answer does not hold.
func others(reply *room.Reply) string {
	switch {
	case reply.From != "" && reply.Before != "":
		return "versions before " + reply.From + ", and from " + reply.Before + " on,"
	case reply.From != "":
		return "versions before " + reply.From
	case reply.Before != "":
		return "versions from " + reply.Before + " on"
	}
	return "other versions"
}

// restriction is a ban or a phase-out: who decided what, since when and until when, how it reaches the product, and why.
func (p *page) restriction(reply *room.Reply, rule *policy.Rule) ui.Component {
	text := p.organisation(rule.Scope) + " has banned " + p.target(rule)
	if rule.Effect == policy.PhaseOut {
		text = p.organisation(rule.Scope) + " is phasing " + p.target(rule) + " out"
	}
	text += inVersions(rule.Versions)
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
	said := ui.Stack{ui.Para(text + ".")}
	if route := p.route(reply.Paths[rule.ID]); route != "" {
		said = append(said, ui.Para(route))
	}
	return append(said, ui.Para("Why? "+strings.TrimSuffix(reason, ".")+"."))
}

// inVersions are the versions that a rule is about; nothing where it is about all.
func inVersions(w policy.Window) string {
	switch {
	case w.Since != "" && w.Until != "":
		return " in versions from " + w.Since + " up to but not " + w.Until
	case w.Since != "":
		return " in versions from " + w.Since + " on"
	case w.Until != "":
		return " in versions before " + w.Until
	}
	return ""
}

// target is what a rule names: the product itself, or that by which it reaches it.
func (p *page) target(rule *policy.Rule) string {
	switch t := rule.Target; {
	case t.Supplier != "":
		return "everything that comes from " + p.supplier(t.Supplier)
	case t.Any:
		return "everything of this sort"
	case t.Product != p.asked.Product.ID:
		return p.product(t.Product)
	}
	return "it"
}

func (p *page) supplier(id string) string {
	if s := p.view.Supplier(id); s != nil {
		return cmp.Or(s.Name, id)
	}
	return id
}

func (p *page) product(id string) string {
	if inner := p.view.Product(id); inner != nil {
		return cmp.Or(inner.Name, id)
	}
	return id
}

// route says how a rule on something else reaches the product, from one thing to the next: "Ferries contains Kit, which
// comes from Maker, which belongs to Owner."
func (p *page) route(path []string) string {
	if len(path) < 2 {
		return ""
	}
	text, made := p.name(), false
	for i, id := range path[1:] {
		if i > 0 {
			text += ", which"
		}
		switch {
		case p.view.Product(id) != nil && !made:
			text += " contains " + p.product(id)
		case !made:
			text, made = text+" comes from "+p.supplier(id), true
		default:
			text += " belongs to " + p.supplier(id)
		}
	}
	return text + "."
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
		if reply.Before != "" {
			return "Install it only if you can choose the version, and do not let it update to " + reply.Before + " or newer: a shop offers the newest as a rule. If what you have is newer, take it off. Where you cannot choose, do without it, and ask your security team what else there is."
		}
		if len(reply.Barred) > 0 {
			return "If your device lets you, install the newest version and keep it up to date: an older version is not allowed. If it refuses it, ask your security team."
		}
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
	switch {
	case reply.Saying == room.No:
		to.Set("subject", "person")
		if len(reply.Held) > 0 { // one for a person reaches the devices whose holder is spelt just so
			to.Set("person", reply.Held[0].Row.Holder)
		}
	case reply.Saying == room.Unseen: // on that platform it may be another app altogether
		to = url.Values{"other": {"yes"}, "name": {p.name()}, "platform": {reply.Platforms[0].String()}}
	case len(reply.Held) == 1:
		to.Set("platform", reply.Held[0].Row.Platform.String())
		to.Set("device", reply.Held[0].ID)
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
	facts, heading := ui.Summary{}, "On other platforms"
	for i := range p.asked.Replies[1:] {
		reply := &p.asked.Replies[i+1]
		key, value := ui.Capital(platforms(reply.Platforms)), short[reply.Saying]+span(reply)
		if len(reply.Held) > 0 {
			key, heading = key+": "+called(reply), "On other devices"
		}
		if reply.Saying == room.Yes && len(reply.Barred) > 0 {
			value = "Only some versions" + span(reply)
		}
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: key, Value: ui.Text(value)})
	}
	return []ui.Component{ui.Heading(heading), facts}
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
		if len(reply.Barred) > 0 {
			return "We advise you to have only some versions of " + name
		}
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
			parts = append(parts, p.restriction(reply, &reply.Rules[i]))
		}
	case room.Yes:
		if len(reply.Barred) > 0 {
			parts = append(parts, ui.Para("It may be used on work devices"+span(reply)+". On your own it is your choice: we advise you against the other versions, and to give it no more access than it needs."))
			parts = append(parts, p.barred(reply)...)
			break
		}
		parts = append(parts, ui.Para("It may be used on work devices"+span(reply)+". On your own it is your choice: keep it up to date, and give it no more access than it needs."))
	case room.NotApp:
		parts = append(parts, ui.Para("It is not installed on a device."))
	default:
		parts = append(parts, ui.Para("That says neither good nor bad of it: nobody has looked at it for work. Give it no more access than it needs, and keep work off it."))
	}
	texts, err := p.texts(reply)
	return append(append(parts, p.written(texts)...), unwritten()), err
}

// written shows what has been written for people's own devices.
func (p *page) written(texts []Text) (parts []ui.Component) {
	for _, t := range texts {
		parts = append(parts, ui.Heading(t.Title))
		parts = append(parts, handbookpages.Text(t.Body)...)
		if t.By != "" || !t.At.IsZero() {
			parts = append(parts, ui.Paragraph{ui.Muted(p.signed(t))})
		}
	}
	return parts
}

// texts are what has been written for people's own devices.
func (p *page) texts(reply *room.Reply) ([]Text, error) {
	if reply.Saying == room.NotApp {
		return nil, nil
	}
	platform := ""
	switch {
	case p.q.Platform != 0:
		platform = p.q.Platform.String()
	case len(reply.Platforms) == 1 && len(p.asked.Replies) == 1:
		platform = reply.Platforms[0].String()
	}
	return p.textsOn(p.asked.Product.ID, platform)
}

// textsOn are those about a product on a platform; "" is any, and no product at all.
func (p *page) textsOn(product, platform string) ([]Text, error) {
	if p.Advice == nil {
		return nil, nil
	}
	texts, err := p.Advice(p.r.Context(), actor(p.r), product, platform)
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
