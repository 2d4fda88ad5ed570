package approvals

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// content is what is proposed, in plain words.
func (a *area) content(r *http.Request, n words, v *room.View) (ui.Component, error) {
	facts := ui.Summary{}
	add := func(key string, value ui.Component) {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: key, Value: value})
	}
	switch {
	case v.Rule != nil:
		n.ruleFacts(r, &v.Draft, add)
	case v.Ends != nil:
		add("What ends", ui.Link{Text: n.ruleByID(v.Ends.Rule), Href: devicepages.RulePath(v.Ends.Rule)})
		add("For", ui.Text(n.body(v.Organisation)))
		add("When", ui.Text(endsWhen(r, v.Ends)))
	case v.Exemption != nil:
		n.exemptionFacts(r, v.Exemption, add)
		for _, condition := range v.Conditions() {
			add("And, as its clearance demands", ui.Text(condition))
		}
	case v.Monitor != nil:
		add("Where", ui.Text(n.Organisation(v.Organisation)))
		add("When", ui.Text(holds(r, policy.Period{From: v.Monitor.From.Time(), Until: v.Monitor.Until.Time()})))
		add("What it means", ui.Text("What is on no list there is watched, and is no breach. Bans hold all the same"))
	case v.Supplier != nil:
		return changing(v, n.supplierFacts(n.SupplierNow(v.Supplier.ID)), n.supplierFacts(v.Supplier)), nil
	case v.Product != nil:
		return changing(v, n.productFacts(n.ProductNow(v.Product.ID)), n.productFacts(v.Product)), nil
	case v.Process != nil:
		return a.processChange(r, n, v)
	}
	if v.For != "" {
		add("Asked for", ui.Text(n.person(v.For)))
	}
	return facts, nil
}

// ruleFacts are what a proposed rule says: what, for whom, when, and what lifts it.
func (w words) ruleFacts(r *http.Request, d *room.Draft, add func(string, ui.Component)) {
	rule := d.Rule
	what := ui.Component(w.Target(rule.Target))
	if d.Found != nil {
		what = w.found(d)
	}
	add("What", what)
	add("For", ui.Text(w.body(rule.Scope)))
	when := holds(r, rule.Period)
	if d.Emergency {
		when = "At once, for a day. It lapses then, unless a third person reviews it and has it stay"
	}
	add("When", ui.Text(when))
	if !rule.Deadline.IsZero() {
		add("Gone by", onDay(r, rule.Deadline, ""))
	}
	if rule.Effect == policy.Allow {
		for platform, code := range rule.MinVersionCode {
			add("From version code, on "+devicepages.PlatformName(platform), ui.Text(ui.Number(code).String()))
		}
		return
	}
	lifted := "Nobody’s clearance: a body may exempt its own by itself"
	if rule.Clearance != policy.ClearanceNone && rule.Clearance != "" {
		lifted = "An exemption that is cleared by this office: " + devicepages.OfficeName(rule.Clearance)
	}
	add("What lifts it", ui.Text(lifted))
	if len(rule.Mitigations) > 0 {
		add("An exemption needs", ui.Text(ui.Capital(devicepages.Mitigations(rule.Mitigations))))
	}
	if d.LongestDays > 0 {
		add("An exemption holds", ui.Text("For "+ui.Count(d.LongestDays, "day", "days")+" at most"))
	}
	if d.Adopts != "" {
		add("Like the rule", ui.Link{Text: w.ruleByID(d.Adopts), Href: devicepages.RulePath(d.Adopts)})
	}
}

// found is an app that is no product yet, as it was found.
func (w words) found(d *room.Draft) ui.Component {
	text := cmp.Or(d.Found.Name, d.Found.Identifier) + ", on " + devicepages.PlatformName(d.Found.Platform)
	if d.Found.Publisher != "" {
		text += ", which names " + d.Found.Publisher + " as its publisher"
	}
	return ui.Stack{ui.Text(text + ". It is no known app yet. "), ui.ID{Value: d.Found.Identifier, Of: "app"}}
}

// exemptionFacts are what an exemption says.
func (w words) exemptionFacts(r *http.Request, e *policy.Exemption, add func(string, ui.Component)) {
	what := ui.Component(ui.Text("Any app"))
	if e.Product != "" {
		what = ui.Link{Text: w.Product(e.Product), Href: devicepages.AppPath(e.Product)}
	}
	add("What", what)
	add("For whom", w.subject(e))
	add("In", ui.Text(w.body(e.Scope)))
	add("What for", ui.Text(ui.Capital(e.Purpose)))
	if !e.From.IsZero() {
		add("From", onDay(r, e.From, ""))
	}
	add("Until", onDay(r, e.Until, "without an end"))
	add("What it lifts", w.lifts(e))
	if all := w.demanded(e); len(all) > 0 {
		add("What must be in place", ui.Text(ui.Capital(devicepages.Mitigations(all))))
	}
	if c := e.Clearance; c != nil {
		text := "By this office: " + devicepages.OfficeName(c.Office)
		if c.By != "" {
			text += ", in the name of " + c.By
		}
		if c.Ref != "" {
			text += ", file " + c.Ref
		}
		add("Cleared", ui.Text(text))
	}
}

// demanded is what must be in place, by the exemption itself and by the rules that it lifts.
func (w words) demanded(e *policy.Exemption) []string {
	all := slices.Clone(e.Mitigations)
	for _, id := range e.Lifts {
		if rule := w.Rule(id); rule != nil {
			all = append(all, rule.Mitigations...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// endsWhen is when a rule ends.
func endsWhen(r *http.Request, e *room.Ends) string {
	if e.Until.IsZero() {
		return "At once, when it is decided"
	}
	return "On " + when(r, e.Until).Absolute()
}

// fact is something that is said of a company or a product; two that differ are a change.
type fact struct{ key, text string }

// changing is what would change, and once it is decided all that was.
func changing(v *room.View, was, is []fact) ui.Component {
	if v.State == room.Made {
		return summed(is)
	}
	return changes(was, is)
}

// summed are facts one below the other.
func summed(facts []fact) ui.Component {
	s := ui.Summary{}
	for _, f := range facts {
		s.Rows = append(s.Rows, ui.SummaryRow{Key: f.key, Value: ui.Text(f.text)})
	}
	return s
}

// changes are what is said now and no more, beside what is said from then on.
func changes(was, is []fact) ui.Component {
	t := ui.Table{Caption: "What changes", Columns: []ui.Column{{Title: "What"}, {Title: "Now"}, {Title: "Then"}}, Empty: ui.Empty{Text: "As things stand now, it changes nothing: all of it is recorded so already."}}
	fresh := slices.DeleteFunc(slices.Clone(is), func(f fact) bool { return slices.Contains(was, f) })
	for _, f := range was {
		if slices.Contains(is, f) {
			continue
		}
		then := "No longer so"
		if i := slices.IndexFunc(fresh, func(g fact) bool { return g.key == f.key }); i >= 0 {
			then = fresh[i].text
			fresh = slices.Delete(fresh, i, i+1)
		}
		t.Rows = append(t.Rows, ui.Row{ui.Text(f.key), ui.Text(f.text), ui.Text(then)})
	}
	for _, f := range fresh {
		t.Rows = append(t.Rows, ui.Row{ui.Text(f.key), ui.Text("Not so"), ui.Text(f.text)})
	}
	return t
}

func (w words) supplierFacts(s *policy.Supplier) (all []fact) {
	if s == nil {
		return nil
	}
	all = append(all, fact{"Name", s.Name})
	if len(s.Aliases) > 0 {
		all = append(all, fact{"Other names", strings.Join(s.Aliases, ", ")})
	}
	for _, e := range s.OwnedBy {
		all = append(all, fact{"Owned by", w.edge(e)})
	}
	return all
}

// edge is a company and for how long it is one's owner or maker.
func (w words) edge(e policy.Edge) string {
	text := w.Supplier(e.Supplier)
	if !e.From.IsZero() {
		text += ", from " + e.From.Format("2 January 2006")
	}
	if !e.Until.IsZero() {
		text += ", until " + e.Until.Format("2 January 2006")
	}
	return text
}

func (w words) productFacts(p *policy.Product) (all []fact) {
	if p == nil {
		return nil
	}
	all = append(all, fact{"Name", p.Name})
	if p.Supplier != "" {
		all = append(all, fact{"Sold by", w.Supplier(p.Supplier)})
	}
	if len(p.Aliases) > 0 {
		all = append(all, fact{"Other names", strings.Join(p.Aliases, ", ")})
	}
	for _, e := range p.MadeBy {
		all = append(all, fact{"Made by", w.edge(e)})
	}
	for platform := policy.Platform(0); int(platform) < len(policy.PlatformWords); platform++ {
		for _, id := range p.Identifiers[platform] {
			text := id.ID
			if len(id.Signers) > 0 {
				text += ", signed by " + strings.Join(id.Signers, " or ")
			}
			all = append(all, fact{"On " + devicepages.PlatformName(platform), text})
		}
	}
	if len(p.Domains) > 0 {
		all = append(all, fact{"Domains", strings.Join(p.Domains, ", ")})
	}
	for _, c := range p.Contains {
		text := w.Product(c.Product)
		if c.Versions.Since != "" {
			text += ", from version " + c.Versions.Since
		}
		if c.Versions.Until != "" {
			text += ", before version " + c.Versions.Until
		}
		all = append(all, fact{"Contains", text})
	}
	if len(p.BuiltinOn) > 0 {
		all = append(all, fact{"Built in on", devicepages.PlatformList(p.BuiltinOn)})
	}
	return all
}

// processChange is what a body's process would be, beside what it is, as far as the viewer may see that.
func (a *area) processChange(r *http.Request, n words, v *room.View) (ui.Component, error) {
	is := n.processFacts(v.Process)
	now, err := a.Approvals.Process(r.Context(), actor(r), v.Organisation, people.Time{}, people.Time{})
	switch {
	case err == nil:
		return changing(v, n.processFacts(&now.Process), is), nil
	case fault.Is(err, fault.Refused):
		return summed(is), nil
	}
	return nil, err
}
