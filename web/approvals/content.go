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
	switch {
	case v.Supplier != nil:
		return changing(v, n.supplierFacts(n.SupplierNow(v.Supplier.ID)), n.supplierFacts(v.Supplier)), nil
	case v.Product != nil:
		return changing(v, n.productFacts(n.ProductNow(v.Product.ID)), n.productFacts(v.Product)), nil
	case v.Move != nil:
		return a.move(r, n, v), nil
	case v.Process != nil:
		return a.processChange(r, n, v)
	}
	rows := n.facts(r, &v.Proposal)
	if v.Exemption != nil {
		for _, condition := range v.Conditions() {
			rows = append(rows, ui.SummaryRow{Key: "And, as its clearance demands", Value: ui.Text(condition)})
		}
	}
	return ui.Summary{Rows: rows}, nil
}

// facts are what a proposal says.
func (w words) facts(r *http.Request, p *room.Proposal) (rows []ui.SummaryRow) {
	add := func(key string, value ui.Component) { rows = append(rows, ui.SummaryRow{Key: key, Value: value}) }
	switch d := &p.Draft; {
	case d.Rule != nil:
		w.ruleFacts(r, p, add)
	case d.Ends != nil:
		add("What ends", w.ruleLink(r, d.Ends.Rule))
		add("For", ui.Text(w.body(d.Organisation)))
		add("When", ui.Text(endsWhen(r, p)))
	case d.Exemption != nil:
		w.exemptionFacts(r, d.Exemption, add)
	case d.Monitor != nil:
		add("Where", ui.Text(w.Organisation(d.Organisation)))
		add("When", ui.Text(holds(r, p, policy.Period{From: d.Monitor.From.Time(), Until: d.Monitor.Until.Time()})))
		add("What it means", ui.Text("What is on no list there is watched, and is no breach. Bans hold all the same"))
	case d.Supplier != nil:
		rows = w.supplierFacts(d.Supplier)
	case d.Product != nil:
		rows = w.productFacts(d.Product)
	case d.Move != nil:
		rows = append(w.moveFacts(r, p), w.positionFacts(d.Move.Position)...)
	case d.Process != nil:
		rows = w.processFacts(d.Process)
	}
	if p.For != "" {
		add("Asked for", ui.Text(w.person(p.For)))
	}
	return rows
}

// ruleFacts are what a proposed rule says: what, for whom, when, and what lifts it.
func (w words) ruleFacts(r *http.Request, p *room.Proposal, add func(string, ui.Component)) {
	d, rule := &p.Draft, p.Rule
	what := ui.Component(reached(r, w.Target(rule.Target)))
	if d.Found != nil {
		what = w.found(d)
	}
	add("What", what)
	add("For", ui.Text(w.body(rule.Scope)))
	add("When", ui.Text(ruleWhen(r, p)))
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
		add("Like the rule", w.ruleLink(r, d.Adopts))
	}
}

// found is an app that is no product yet, as it was found.
func (w words) found(d *room.Draft) ui.Component {
	f := d.Found
	text := cmp.Or(f.Name, f.Identifier) + ", on " + devicepages.PlatformName(f.Platform)
	if f.Publisher != "" {
		text += ", which names " + f.Publisher + " as its publisher"
	}
	shown := ui.Stack{ui.Text(text + ". It is no known app yet. ")}
	if f.Identifier != "" {
		shown = append(shown, ui.ID{Value: f.Identifier, Of: "app"})
	} else {
		shown = append(shown, ui.Text("Whoever allows it says what devices call it. "))
	}
	if f.Shop != "" {
		shown = append(shown, ui.Paragraph{ui.Link{Text: "Its page in the shop", Href: f.Shop}})
	}
	return shown
}

// exemptionFacts are what an exemption says.
func (w words) exemptionFacts(r *http.Request, e *policy.Exemption, add func(string, ui.Component)) {
	what := ui.Component(ui.Text("Any app"))
	if e.Product != "" {
		what = reached(r, ui.Link{Text: w.Product(e.Product), Href: devicepages.AppPath(e.Product)})
	}
	add("What", what)
	add("For whom", w.subject(r, e))
	add("In", ui.Text(w.body(e.Scope)))
	add("What for", ui.Text(ui.Capital(e.Purpose)))
	if !e.From.IsZero() {
		add("From", onDay(r, e.From, ""))
	}
	add("Until", onDay(r, e.Until, "without an end"))
	add("What it lifts", w.lifts(r, e))
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

// ruleWhen is from when to when a rule holds, or is to hold: one that was made in an emergency, until it is reviewed or
// no longer.
func ruleWhen(r *http.Request, p *room.Proposal) string {
	period := p.Rule.Period
	if p.Emergency {
		switch {
		case p.Made == "":
			return "At once, for a day. It lapses then, unless a third person reviews it and has it stay"
		case p.State == room.Interim, p.State == room.Lapsed:
			period.Until = p.Lapses.Time()
		case p.State == room.Refused:
			period.Until = p.Steps[len(p.Steps)-1].At.Time()
		}
	}
	return holds(r, p, period)
}

// endsWhen is when a rule ends, or has ended: at once where that is not said, or where it had passed.
func endsWhen(r *http.Request, p *room.Proposal) string {
	until, decided := p.Ends.Until, p.Decided()
	switch {
	case until.IsZero() && decided.IsZero():
		return "At once, when it is decided"
	case until.Before(decided):
		until = decided
	}
	return "On " + when(r, until).Absolute()
}

// fact is something that is said of a company, a product or who decides.
func fact(key, text string) ui.SummaryRow { return ui.SummaryRow{Key: key, Value: ui.Text(text)} }

// changing is what would change, and once it is decided all that was.
func changing(v *room.View, was, is []ui.SummaryRow) ui.Component {
	if v.State == room.Made {
		return ui.Summary{Rows: is}
	}
	return ui.Table{
		Caption: "What changes", Columns: []ui.Column{{Title: "What"}, {Title: "Now"}, {Title: "Then"}}, Rows: changes(was, is),
		Empty: ui.Empty{Text: "As things stand now, it changes nothing: all of it is recorded so already."},
	}
}

// changes are what was said and is no more, beside what is said instead.
func changes(was, is []ui.SummaryRow) (rows []ui.Row) {
	besides := func(all, others []ui.SummaryRow) []ui.SummaryRow {
		return slices.DeleteFunc(slices.Clone(all), func(row ui.SummaryRow) bool {
			return slices.ContainsFunc(others, func(other ui.SummaryRow) bool { return alike(row, other) })
		})
	}
	fresh := besides(is, was)
	for _, row := range besides(was, is) {
		then := ui.Component(ui.Text("No longer so"))
		if i := slices.IndexFunc(fresh, func(other ui.SummaryRow) bool { return other.Key == row.Key }); i >= 0 {
			then = fresh[i].Value
			fresh = slices.Delete(fresh, i, i+1)
		}
		rows = append(rows, ui.Row{ui.Text(row.Key), row.Value, then})
	}
	for _, row := range fresh {
		rows = append(rows, ui.Row{ui.Text(row.Key), ui.Text("Not so"), row.Value})
	}
	return rows
}

// alike tells whether two facts read the same. What cannot be shown says so where it is shown.
func alike(a, b ui.SummaryRow) bool {
	one, _ := a.Value.HTML()
	other, _ := b.Value.HTML()
	return a.Key == b.Key && one == other
}

func (w words) supplierFacts(s *policy.Supplier) (all []ui.SummaryRow) {
	if s == nil {
		return nil
	}
	all = append(all, fact("Name", s.Name))
	if len(s.Aliases) > 0 {
		all = append(all, fact("Other names", strings.Join(s.Aliases, ", ")))
	}
	for _, e := range s.OwnedBy {
		all = append(all, fact("Owned by", w.edge(e)))
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

func (w words) productFacts(p *policy.Product) (all []ui.SummaryRow) {
	if p == nil {
		return nil
	}
	all = append(all, fact("Name", p.Name))
	if p.Supplier != "" {
		all = append(all, fact("Sold by", w.Supplier(p.Supplier)))
	}
	if len(p.Aliases) > 0 {
		all = append(all, fact("Other names", strings.Join(p.Aliases, ", ")))
	}
	for _, e := range p.MadeBy {
		all = append(all, fact("Made by", w.edge(e)))
	}
	for platform := policy.Platform(0); int(platform) < len(policy.PlatformWords); platform++ {
		for _, id := range p.Identifiers[platform] {
			text := id.ID
			if len(id.Signers) > 0 {
				text += ", signed by " + strings.Join(id.Signers, " or ")
			}
			all = append(all, fact("On "+devicepages.PlatformName(platform), text))
		}
	}
	if len(p.Domains) > 0 {
		all = append(all, fact("Domains", strings.Join(p.Domains, ", ")))
	}
	for _, c := range p.Contains {
		text := w.Product(c.Product)
		if c.Versions.Since != "" {
			text += ", from version " + c.Versions.Since
		}
		if c.Versions.Until != "" {
			text += ", before version " + c.Versions.Until
		}
		all = append(all, fact("Contains", text))
	}
	if len(p.BuiltinOn) > 0 {
		all = append(all, fact("Built in on", devicepages.PlatformList(p.BuiltinOn)))
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
		return ui.Summary{Rows: is}, nil
	}
	return nil, err
}
