package approvals

import (
	"cmp"
	"strings"
	"unicode"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
)

// title is what a proposal is about, in a few words without anything that is for some alone.
func (p *Proposal) title() string {
	text := map[Kind]string{
		Ban: "A ban", Allow: "A request for an app", Withdrawal: "The end of a rule", Exemption: "An exemption", Monitor: "A time of watching",
		Supplier: "A change of who owns a company", Product: "A change of who makes a product", Change: "A change of who decides", Belonging: "A move of a body",
	}[p.Kind]
	if p.Rule != nil && p.Rule.Effect == policy.PhaseOut {
		text = "A phase-out"
	}
	if p.Emergency {
		text += " in an emergency"
	}
	return text
}

// subject is what the titles of messages about a proposal begin with: its title, and the name of the thing that it is
// about. What is marked, or has a reason that is for some alone, is named in none: mail is read by others on its way.
func (r *Room) subject(p *Proposal) string {
	name := ""
	if !p.Marked && p.Restricted == nil {
		name = oneLine(r.thing(p))
	}
	if name == "" {
		return p.title()
	}
	text := p.title()
	for _, article := range []string{"A ", "An ", "The "} {
		if after, is := strings.CutPrefix(text, article); is {
			text = strings.ToUpper(after[:1]) + after[1:]
		}
	}
	return text + ": " + name
}

// thing is the name of what a proposal is about: "Parrot Chat for one device".
func (r *Room) thing(p *Proposal) string {
	n := namesIn{r.Devices.Fleet.View()}
	switch {
	case p.Found != nil:
		return cmp.Or(p.Found.Name, p.Found.Identifier)
	case p.Rule != nil:
		return n.target(p.Rule.Target)
	case p.Ends != nil:
		if rule := n.view.Rule(p.Ends.Rule); rule != nil {
			return n.target(rule.Target)
		}
	case p.Exemption != nil:
		return n.exempted(p.Exemption)
	case p.Supplier != nil:
		return cmp.Or(p.Supplier.Name, p.Supplier.ID)
	case p.Product != nil:
		return cmp.Or(p.Product.Name, p.Product.ID)
	case p.Move != nil:
		return n.organisation(p.Move.Body)
	case p.Organisation != people.Everywhere:
		return n.organisation(p.Organisation)
	}
	return ""
}

// namesIn are the names of things in the world that answers rest on, and their ids where they have none there.
type namesIn struct{ view devices.View }

func (n namesIn) product(id string) string {
	if p := n.view.Product(id); p != nil {
		return cmp.Or(p.Name, id)
	}
	return id
}

func (n namesIn) organisation(id string) string {
	if o := n.view.Organisation(id); o != nil {
		return cmp.Or(o.Name, id)
	}
	return id
}

func (n namesIn) target(t policy.Target) string {
	switch {
	case t.Product != "":
		return n.product(t.Product)
	case t.Supplier != "":
		if s := n.view.Supplier(t.Supplier); s != nil {
			return "everything of " + cmp.Or(s.Name, s.ID)
		}
		return "everything of " + t.Supplier
	}
	return "anything"
}

func (n namesIn) exempted(e *policy.Exemption) string {
	what := "any app"
	if !e.AnyProduct {
		what = n.product(e.Product)
	}
	switch s := &e.Subject; {
	case s.Host != "":
		return what + " for one device"
	case s.Site != "":
		return what + " for one site"
	case s.Person != "":
		return what + " for one person"
	case s.Group != "":
		return what + " for a group"
	}
	return what + " for everyone in " + n.organisation(e.Scope)
}

// maxName is how many characters of a name stand in a title.
const maxName = 48

// oneLine is a name as a title has it: one line, and not too long.
func oneLine(name string) string {
	name = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(name, ""), func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
	if text := []rune(name); len(text) > maxName {
		return string(text[:maxName]) + "…"
	}
	return name
}
