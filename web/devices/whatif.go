package devices

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/explain"
	"portcullis/web/ui"
)

// targetQuery is what a rule is about as an address has it.
func targetQuery(t policy.Target) string { return targetValues(t).Encode() }

func targetValues(t policy.Target) url.Values {
	switch {
	case t.Product != "":
		return url.Values{"product": {t.Product}}
	case t.Supplier != "":
		return url.Values{"supplier": {t.Supplier}}
	case t.Any:
		return url.Values{"any": {"yes"}}
	}
	return url.Values{}
}

// draftQuery is a rule that is not yet made as an address has it.
func draftQuery(r *policy.Rule) string {
	q := targetValues(r.Target)
	q.Set("effect", r.Effect.String())
	q.Set("components", map[bool]string{true: "yes", false: "no"}[r.Components])
	q.Set("scope", r.Scope)
	for _, p := range r.Platforms {
		q.Add("platform", p.String())
	}
	for _, k := range r.Kinds {
		q.Add("kind", k.String())
	}
	return q.Encode()
}

// draftIn is the rule of an address. What is not said is a ban that reaches what contains the target too. What
// is no platform, and the like, is for checkDraftAddress to refuse.
func draftIn(q url.Values) policy.Rule {
	rule := policy.Rule{
		Effect: policy.Ban, Target: policy.Target{Product: q.Get("product"), Supplier: q.Get("supplier"), Any: q.Get("any") == "yes"},
		Components: q.Get("components") != "no", Scope: q.Get("scope"),
	}
	if effect, ok := policy.ParseEffect(q.Get("effect")); ok && effect != policy.Allow {
		rule.Effect = effect
	}
	for _, text := range q["platform"] {
		if p, ok := policy.ParsePlatform(text); ok {
			rule.Platforms = append(rule.Platforms, p)
		}
	}
	for _, text := range q["kind"] {
		if k, ok := policy.ParseKind(text); ok {
			rule.Kinds = append(rule.Kinds, k)
		}
	}
	return rule
}

// DraftQuery is a rule that is not yet made as an address has it: that of /what-if, and of the page that proposes it.
func DraftQuery(r *policy.Rule) string { return draftQuery(r) }

// DraftIn is the rule of an address such as DraftQuery makes, for the first body that one may see where it names none.
// An address that says more is refused, apart from what fills in the fields of the page.
func (r Rooms) DraftIn(request *http.Request, fields ...string) (policy.Rule, error) {
	a, rule := &area{r}, draftIn(request.URL.Query())
	scopes, err := a.scopes(request, &rule)
	if err != nil {
		return rule, err
	}
	return rule, checkDraftAddress(request, &rule, scopes, fields...)
}

// whatIf shows whom a rule would reach that is not yet made.
func (a *area) whatIf(w http.ResponseWriter, r *http.Request) error {
	rule := draftIn(r.URL.Query())
	scopes, err := a.scopes(r, &rule)
	if err != nil {
		return err
	}
	if err := checkDraftAddress(r, &rule, scopes); err != nil {
		return err
	}
	if rule.Target == (policy.Target{}) {
		return a.chooseTarget(w, r)
	}
	found, err := a.Devices.WhatIf(r.Context(), actor(r), rule)
	if err != nil {
		return err
	}
	n := a.names()
	page := ui.Page{Title: "What if this were banned?", Caption: n.target(rule.Target).Text, Wide: true, Crumbs: []ui.Link{{Text: "What if", Href: "/what-if"}}}
	if rule.Effect == policy.PhaseOut {
		page.Title = "What if this were phased out?"
	}
	page.Content = []ui.Component{draftForm(&rule, scopes), ui.Inset{ui.Paragraph{ui.Text(n.sentence(&rule) + ", for " + n.organisation(rule.Scope) + " and all below.")}}}
	page.Content = append(page.Content, n.numbers(&found))
	can, err := a.allowed(r, rule.Scope, people.Propose)
	if err != nil {
		return err
	}
	if can[people.Propose] {
		page.Content = append(page.Content, ui.ButtonGroup{proposeBan(&rule)})
	}
	page.Content = append(page.Content, n.reachedBars(&found),
		ui.Heading("What a narrower rule would do"), n.narrowerTable(&found),
		ui.Heading("Exemptions that it would touch"))
	if len(found.Exemptions)+found.Others > 0 {
		page.Content = append(page.Content, ui.Para("They are in force for what the rule reaches. An exemption lifts a rule only where it names it."))
	}
	page.Content = append(page.Content, n.exemptionsTable(r, found.Exemptions, found.Others))
	return ui.Render(w, r, http.StatusOK, page)
}

// scopes are the bodies that a rule may be for; where it names none, it is for the first of them.
func (a *area) scopes(r *http.Request, rule *policy.Rule) ([]ui.Option, error) {
	scopes, err := a.organisations(r)
	if err == nil && rule.Scope == "" && len(scopes) > 0 {
		rule.Scope = scopes[0].Value
	}
	return scopes, err
}

// chooseTarget asks what the rule is to be about.
func (a *area) chooseTarget(w http.ResponseWriter, r *http.Request) error {
	q := &ui.Field{Name: "q", Label: "App, equipment or company", Values: r.URL.Query()["q"], As: ui.Input{Type: "search"}}
	page := ui.Page{Title: "What if this were banned?", Wide: true, Content: []ui.Component{
		ui.Para("See whom a ban or a phase-out would reach before anybody makes it. Nothing is changed by looking."),
		seek{At: r.URL.Path, Label: "Look for what the rule is to be about", Fields: []*ui.Field{q}, Button: "Look for it"}.shown(),
	}}
	if q.Value() == "" {
		return ui.Render(w, r, http.StatusOK, page)
	}
	companies, err := a.Devices.Suppliers(r.Context(), actor(r), room.SuppliersQuery{Words: q.Value(), Limit: 10})
	if err != nil {
		return err
	}
	products, err := a.Devices.Apps(r.Context(), actor(r), room.AppsQuery{Words: q.Value(), Limit: 20})
	if err != nil {
		return err
	}
	n := a.names()
	table := ui.Table{
		Caption: "What is called so", Columns: []ui.Column{{Title: "What"}, {Title: "Kind"}, {Title: "Maker"}, {Title: "Installed on", Number: true}},
		Empty: ui.Empty{Text: "Nothing here is called so. A rule is about what is known here by name: an identifier that is no product’s yet must be linked first.", Do: ui.Link{Text: "Look among those", Href: unlinkedOf(q.Value(), "")}},
	}
	for _, f := range companies.Suppliers {
		table.Rows = append(table.Rows, ui.Row{ui.Link{Text: "Everything of " + cmp.Or(f.Supplier.Name, f.Supplier.ID), Href: "/what-if?" + targetQuery(policy.Target{Supplier: f.Supplier.ID})}, ui.Text("Company"), ui.Text(""), ui.Text("")})
	}
	for _, f := range products.Apps {
		table.Rows = append(table.Rows, ui.Row{
			ui.Link{Text: cmp.Or(f.Product.Name, f.Product.ID), Href: "/what-if?" + targetQuery(policy.Target{Product: f.Product.ID})}, ui.Text(kindName(f.Product.Kind)), n.maker(f.Product.Supplier), ui.Number(f.Hosts),
		})
	}
	page.Content = append(page.Content, table)
	return ui.Render(w, r, http.StatusOK, page)
}

// checkDraftAddress refuses an address that says what is no part of a draft.
func checkDraftAddress(r *http.Request, rule *policy.Rule, scopes []ui.Option, besides ...string) error {
	fields, more := draftFields(rule, scopes)
	return checkAddress(r.URL.Query(), append(fields, more...), append(besides, "product", "supplier", "any", "q")...)
}

// draftForm changes what is asked about.
func draftForm(rule *policy.Rule, scopes []ui.Option) ui.Component {
	s := seek{At: "/what-if", Label: "Change what is asked", Button: "Show the numbers", Line: "Only some platforms", Opened: len(rule.Platforms) > 0}
	for name, values := range targetValues(rule.Target) {
		s.Hidden = append(s.Hidden, ui.Hidden{Name: name, Value: values[0]})
	}
	s.Fields, s.More = draftFields(rule, scopes)
	return s.shown()
}

// draftFields are what is asked, apart from what the rule is about; more are what few ask.
func draftFields(rule *policy.Rule, scopes []ui.Option) (fields, more []*ui.Field) {
	components := map[bool]string{true: "yes", false: "no"}[rule.Components]
	var kinds, platforms []string
	for _, k := range rule.Kinds {
		kinds = append(kinds, k.String())
	}
	for _, p := range rule.Platforms {
		platforms = append(platforms, p.String())
	}
	fields = []*ui.Field{
		{Name: "effect", Label: "What it does", Values: []string{rule.Effect.String()}, As: ui.Select{Options: ui.Options("ban", "Bans", "phase-out", "Phases out")}},
		{Name: "components", Label: "What contains it", Values: []string{components}, As: ui.Select{Options: ui.Options("yes", "Is reached too", "no", "Is not reached")}},
		{Name: "scope", Label: "For", Values: []string{rule.Scope}, As: ui.Select{Options: scopes}},
		{Name: "kind", Label: "Kinds", Values: kinds, As: ui.Select{Options: ui.Options("", "Apps and equipment", "app", "Apps", "equipment", "Equipment")}},
	}
	more = []*ui.Field{{Name: "platform", Label: "Platforms", Hint: "None is all. On equipment a rule for some platforms does not hold", Values: platforms, As: ui.Checkboxes{Small: true, Options: platformOptions()}}}
	return fields, more
}

// numbers are how many it would reach.
func (n names) numbers(found *room.WhatIf) ui.Component {
	of := func(count int) ui.Component {
		return ui.Text(ui.Number(count).String() + " of " + ui.Number(found.Hosts).String())
	}
	bodies := 0
	for _, o := range found.Bodies {
		if o.Direct+o.Component > 0 {
			bodies++
		}
	}
	all := affected(found.Either)
	if found.Either > 0 {
		all += " of " + ui.Number(found.Hosts).String() + ", in " + ui.Count(bodies, "body", "bodies")
	}
	facts := ui.Summary{Title: "Whom it would reach", Rows: []ui.SummaryRow{
		{Key: "In all", Value: ui.Text(all)},
		{Key: "For the thing itself", Value: of(found.Direct)},
		{Key: "For what contains it", Value: of(found.Component)},
	}}
	if found.Perhaps > 0 {
		facts.Rows = append(facts.Rows, perhapsAmong(found.Perhaps))
	}
	return facts
}

// reachedBars are the numbers by body, one kind beside the other.
func (n names) reachedBars(found *room.WhatIf) ui.Component {
	bars := ui.Bars{Caption: "By body, for the thing itself", Label: "Body", Unit: "Devices and equipment", Empty: ui.Empty{Text: "Nothing of it is on any device here."}}
	inside := ui.Bars{Caption: "By body, for what contains it", Label: "Body", Unit: "Devices and equipment", Empty: ui.Empty{Text: "Nothing that contains it is on any device here."}}
	for _, o := range found.Bodies {
		if o.Direct > 0 {
			bars.Items = append(bars.Items, ui.Bar{Label: n.organisation(o.Organisation), Value: int64(o.Direct)})
		}
		if o.Component > 0 {
			inside.Items = append(inside.Items, ui.Bar{Label: n.organisation(o.Organisation), Value: int64(o.Component)})
		}
	}
	return ui.Stack{byBody(bars), byBody(inside)}
}

// narrowerTable is what narrower rules would reach, each with the way to ask about it.
func (n names) narrowerTable(found *room.WhatIf) ui.Table {
	t := ui.Table{
		Caption: "Narrower rules", Unseen: true, Columns: []ui.Column{{Title: "Only"}, {Title: "For the thing itself", Number: true}, {Title: "For what contains it", Number: true}},
		Empty: ui.Empty{Text: "There is nothing to narrow down."},
	}
	for i := range found.Narrower {
		narrow := &found.Narrower[i]
		text := map[room.Narrowing]string{
			room.WithoutComponents: "Without what contains it", room.BelowOneBody: "In " + n.organisation(narrow.Rule.Scope) + " and all below", room.OnOnePlatform: "On " + platformList(narrow.Rule.Platforms),
		}[narrow.By]
		t.Rows = append(t.Rows, ui.Row{ui.Link{Text: text, Href: "/what-if?" + draftQuery(&narrow.Rule)}, ui.Number(narrow.Direct), ui.Number(narrow.Component)})
	}
	return t
}

// officeName is an office in words.
func officeName(office string) string { return ui.Capital(explain.Words(office)) }

// mitigations are what an exemption must have in place, in words.
func mitigations(ids []string) string {
	var all []string
	for _, id := range ids {
		all = append(all, explain.Words(id))
	}
	return strings.Join(all, ", ")
}

// offices are those that clear exemptions of the rules that there are.
func (n names) offices() (offices []string) {
	for i := range n.view.World.Rules {
		if c := n.view.World.Rules[i].Clearance; c != "" && c != policy.ClearanceNone {
			offices = append(offices, c)
		}
	}
	slices.Sort(offices)
	return slices.Compact(offices)
}
