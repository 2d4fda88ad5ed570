package devices

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"portcullis/policy"
	"portcullis/web/ui"
)

// tell says what the one thing of a world is at a time, line by line. What is not given is left out.
func (t *teller) tell(w *policy.World, at time.Time) (all []told) {
	switch {
	case len(w.Rules) > 0:
		all = t.rule(&w.Rules[0], at)
	case len(w.Suppliers) > 0:
		all = t.company(&w.Suppliers[0], at)
	case len(w.Products) > 0:
		all = t.thing(&w.Products[0], at)
	case len(w.Exemptions) > 0:
		all = t.exempted(&w.Exemptions[0], at)
	}
	given := all[:0]
	for _, one := range all {
		if one.text != "" {
			given = append(given, one)
		}
	}
	return given
}

// day is a date; nothing where there is none.
func (t *teller) day(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ui.Day{At: at, Now: ui.Now(t.r)}.Absolute()
}

// when is a period in words that are the same on each day.
func (t *teller) when(p policy.Period) string {
	switch from, until := !p.From.IsZero() && p.From.Year() > 1, !p.Until.IsZero(); {
	case from && until:
		return "From " + t.day(p.From) + " to " + t.day(p.Until)
	case from:
		return "From " + t.day(p.From) + " on"
	case until:
		return "Until " + t.day(p.Until)
	}
	return "Always"
}

// state tells whether something holds on a day.
func state(p policy.Period, at time.Time) string {
	switch {
	case p.Contains(at):
		return "In force"
	case at.Before(p.From):
		return "To come"
	}
	return "Ended"
}

func (t *teller) rule(rule *policy.Rule, at time.Time) []told {
	cleared := ""
	switch rule.Clearance {
	case "":
	case policy.ClearanceNone:
		cleared = "Nobody: a body may exempt its own by itself"
	default:
		cleared = officeName(rule.Clearance)
	}
	all := []told{
		{"State", state(rule.Period, at)}, {"What it says", t.sentence(rule)}, {"For", t.organisation(rule.Scope) + " and all below"}, {"When", t.when(rule.Period)},
		{"Why", rule.Reason}, {"Gone by", t.day(rule.Deadline)}, {"Exemptions are cleared by", cleared}, {"An exemption needs", mitigations(rule.Mitigations)},
	}
	for platform := policy.Android; int(platform) < len(policy.PlatformWords); platform++ {
		if code, is := rule.MinVersionCode[platform]; is {
			all = append(all, told{"Version code on " + platformName(platform), fmt.Sprintf("At least %d", code)})
		}
	}
	return all
}

// edges are the companies that edges lead to: those that hold on a day, and the others.
func (t *teller) edges(edges []policy.Edge, at time.Time) (holding, others string) {
	var yes, no []string
	for _, e := range edges {
		text := t.supplier(e.Supplier)
		if when := t.when(e.Period); when != "Always" {
			text += " (" + strings.ToLower(when[:1]) + when[1:] + ")"
		}
		if e.Contains(at) {
			yes = append(yes, text)
		} else {
			no = append(no, text)
		}
	}
	return strings.Join(yes, "; "), strings.Join(no, "; ")
}

func (t *teller) company(s *policy.Supplier, at time.Time) []told {
	owners, others := t.edges(s.OwnedBy, at)
	return []told{{"Name", cmp.Or(s.Name, s.ID)}, {"Owned by", cmp.Or(owners, "Nobody that is known")}, {"Owned by others before or after", others}, {"Also called", strings.Join(s.Aliases, ", ")}}
}

func (t *teller) thing(p *policy.Product, at time.Time) []told {
	maker := "Not known"
	if p.Supplier != "" {
		maker = t.supplier(p.Supplier)
	}
	makers, others := t.edges(p.MadeBy, at)
	var parts []string
	for _, c := range p.Contains {
		parts = append(parts, t.product(c.Product)+versionsText(c.Versions))
	}
	all := []told{{"Name", cmp.Or(p.Name, p.ID)}, {"Kind", kindName(p.Kind)}, {"Maker", maker}, {"Made in truth by", makers}, {"Made by others before or after", others},
		{"Contains", strings.Join(parts, "; ")}, {"Comes with", platformList(p.BuiltinOn)}, {"Domains", strings.Join(p.Domains, ", ")}, {"Also called", strings.Join(p.Aliases, ", ")}}
	for platform := policy.Android; int(platform) < len(policy.PlatformWords); platform++ {
		var ids []string
		for _, id := range p.Identifiers[platform] {
			text := id.ID
			if len(id.Signers) > 0 {
				text += ", signed by " + strings.Join(id.Signers, " or ")
			}
			ids = append(ids, text)
		}
		all = append(all, told{"On " + platformName(platform), strings.Join(ids, "; ")})
	}
	return all
}

func (t *teller) exempted(e *policy.Exemption, at time.Time) []told {
	what := "Any app"
	if e.Product != "" {
		what = t.product(e.Product)
	}
	if e.AnyVersion {
		what += ", in any version"
	}
	var lifts []string
	for _, id := range e.Lifts {
		lifts = append(lifts, t.ruleText(id))
	}
	cleared := ""
	if c := e.Clearance; c != nil {
		cleared = strings.Join(present(officeName(c.Office), c.By, c.Ref, t.day(c.At)), ", ")
	}
	marked := ""
	if e.Marked {
		marked = "Only those know of it who are assigned to it"
	}
	return []told{{"State", state(e.Period, at)}, {"What", what}, {"It lifts", strings.Join(lifts, "; ")}, {"In", t.organisation(e.Scope)}, {"For whom", t.subject(&e.Subject)}, {"When", t.when(e.Period)},
		{"Purpose", e.Purpose}, {"In place", mitigations(e.Mitigations)}, {"Cleared by", cleared}, {"Marked", marked}}
}

// subject is whom an exemption is for.
func (t *teller) subject(s *policy.ExemptionSubject) string {
	switch {
	case s.Host != "":
		return "The device or equipment " + s.Host
	case s.Site != "":
		return "The site " + s.Site
	case s.Person != "":
		return cmp.Or(t.persons[s.Person], "A person who is not here any more")
	case s.Group != "":
		return "The group " + s.Group
	}
	return "Everyone there"
}

// present are the texts that are not empty.
func present(texts ...string) (given []string) {
	for _, text := range texts {
		if text != "" {
			given = append(given, text)
		}
	}
	return given
}
