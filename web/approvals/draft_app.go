package approvals

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// appAsked is what an address says of the app that is asked for: a product, or what somebody has found.
type appAsked struct {
	product   string
	found     *register.Found
	platforms []policy.Platform
	all       bool // platforms that there are, now and later
	body      string
	former    *room.View
}

// anyPlatform is the answer that an app is asked for on all platforms.
const anyPlatform = "all"

// draftApp asks for an app, one question a page: which, on what, and for what work. What is answered stands in the
// address, so that a link may have answered it already.
func (a *area) draftApp(w http.ResponseWriter, r *http.Request) error {
	asked, err := a.appIn(r)
	switch {
	case err != nil:
		return err
	case asked.product == "" && asked.found == nil && r.URL.Query().Has("other"):
		return a.otherApp(w, r)
	case asked.product == "" && asked.found == nil:
		return a.chooseApp(w, r)
	case len(asked.platforms) == 0 && !asked.all:
		return a.choosePlatform(w, r, &asked)
	}
	return a.askApp(w, r, &asked)
}

// appIn reads the address. Where it follows another proposal, that one says what the address does not.
func (a *area) appIn(r *http.Request) (asked appAsked, err error) {
	q := r.URL.Query()
	if asked.former, err = a.formerIn(r, room.Allow); err != nil {
		return asked, err
	}
	asked.product = q.Get("product")
	for _, text := range q["platform"] {
		p, ok := policy.ParsePlatform(text)
		if !ok && text != anyPlatform {
			return asked, fault.In("platform", "There is no platform “%s”", text)
		}
		if ok {
			asked.platforms = append(asked.platforms, p)
		} else {
			asked.all = true
		}
	}
	if id := q.Get("identifier"); id != "" && asked.product == "" && len(asked.platforms) == 1 {
		asked.find(a.things.Names().World(), register.Found{Platform: asked.platforms[0], Identifier: id, Name: q.Get("name"), Publisher: q.Get("publisher")})
	}
	if f := asked.former; f != nil && asked.product == "" && asked.found == nil {
		asked.product, asked.found, asked.platforms, asked.all = f.Rule.Target.Product, f.Found, f.Rule.Platforms, len(f.Rule.Platforms) == 0
		if f.Found != nil {
			asked.find(a.things.Names().World(), *f.Found)
		}
		asked.body = f.Organisation
	}
	if asked.product != "" {
		known := a.Devices.Fleet.View().Product(asked.product)
		if known == nil {
			return asked, fault.New(fault.NotFound, "There is no app %s", asked.product)
		}
		asked.all = asked.all || len(known.Identifiers) == 0
	}
	asked.body, err = a.bodyIn(r, asked.body)
	return asked, err
}

// find is what was found, or the product that it is.
func (asked *appAsked) find(w *policy.World, f register.Found) {
	for i := range w.Products {
		if slices.ContainsFunc(w.Products[i].Identifiers[f.Platform], func(id policy.Identifier) bool { return id.ID == f.Identifier }) {
			asked.product, asked.found = w.Products[i].ID, nil
			return
		}
	}
	asked.found = &f
}

// formerIn is the proposal that an address names as the one that is followed; nil where it names none.
func (a *area) formerIn(r *http.Request, kind room.Kind) (*room.View, error) {
	id := r.URL.Query().Get("after")
	if id == "" {
		return nil, nil
	}
	v, err := a.Approvals.Proposal(r.Context(), actor(r), id)
	if err == nil && v.Kind != kind {
		err = fault.In("after", "What this is to follow was about something else")
	}
	return &v, err
}

// bodyIn is the body that an address names, else the one given, else that to which who asks belongs.
func (a *area) bodyIn(r *http.Request, otherwise string) (string, error) {
	if body := cmp.Or(r.URL.Query().Get("scope"), otherwise); body != "" {
		if a.Devices.Fleet.View().Organisation(body) == nil {
			return "", fault.New(fault.NotFound, "There is no organisation %s", body)
		}
		return body, nil
	}
	me, err := a.me(r)
	if err == nil && me.Organisation == "" {
		err = fault.New(fault.Conflict, "You belong to no body, so it cannot be told for which this would be")
	}
	return me.Organisation, err
}

// mostFound is how many apps a search shows.
const mostFound = 20

// chooseApp asks which app.
func (a *area) chooseApp(w http.ResponseWriter, r *http.Request) error {
	form, words := searched(r, "What is the app called?", "As its icon or the shop calls it", "scope")
	page := ui.Page{Title: "Ask for an app", Content: []ui.Component{form}}
	if words != "" {
		leads := func(name, value string) string {
			to := kept(r.URL.Query(), []string{"scope"})
			to.Set(name, value)
			return DraftPath("app", to)
		}
		page.Content = append(page.Content, a.choices(words, func(product string) string { return leads("product", product) })...)
		page.Content = append(page.Content, ui.Paragraph{ui.Link{Text: "It is none of these", Href: leads("name", words) + "&other=" + yes}})
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// choices are the products that words find, each with where it leads.
func (a *area) choices(words string, leads func(product string) string) []ui.Component {
	n := a.things.Names()
	found := appsCalled(n.World(), words)
	if len(found) == 0 {
		return []ui.Component{ui.Para("Nothing that is known here is called so.")}
	}
	tasks := ui.Tasks{ID: "apps"}
	for _, p := range found[:min(len(found), mostFound)] {
		tasks.Items = append(tasks.Items, ui.Task{Text: cmp.Or(p.Name, p.ID), Hint: madeBy(n, p), Href: leads(p.ID), State: ui.Text("")})
	}
	if len(found) > mostFound {
		return []ui.Component{ui.Para("These are the first " + ui.Number(mostFound).String() + ". If yours is missing, type more of its name."), tasks}
	}
	return []ui.Component{tasks}
}

// madeBy is who makes a product, in words.
func madeBy(n devicepages.Names, p *policy.Product) string {
	if p.Supplier == "" {
		return "Its maker is not known"
	}
	return "By " + n.Supplier(p.Supplier)
}

// appsCalled are the products with words that begin as all of those given do, in the order of their names. Names of
// products are everybody's.
func appsCalled(w *policy.World, text string) (found []*policy.Product) {
	sought := wordsOf(text)
	if len(sought) == 0 {
		return nil
	}
	for i := range w.Products {
		p := &w.Products[i]
		names := append([]string{p.Name, p.ID}, p.Aliases...)
		for _, ids := range p.Identifiers {
			for _, id := range ids {
				names = append(names, id.ID)
			}
		}
		words := wordsOf(strings.Join(names, " "))
		if !slices.ContainsFunc(sought, func(s string) bool {
			return !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, s) })
		}) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *policy.Product) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return found
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}

// otherApp asks what an app is that is no product yet.
func (a *area) otherApp(w http.ResponseWriter, r *http.Request) error {
	form := &ui.Form{
		Fields: []*ui.Field{
			{Name: "name", Label: "What is it called?"},
			{Name: "platform", Label: "What is it for?", As: ui.Radios{Options: devicepages.PlatformOptions()}},
			{Name: "identifier", Label: "What does the shop call it?", Hint: "The part of its address that tells it from others, such as com.example.notes after “id=”", As: ui.Input{Complete: "off"}},
		},
		Buttons: ui.ButtonGroup{{Text: "Continue"}, ui.Cancel(DraftPath("app", nil))},
	}
	filled(r, form)
	page := ui.Page{Title: "Which app is it?", Back: DraftPath("app", url.Values{"q": {r.URL.Query().Get("name")}})}
	return ui.Question{Page: page, Form: form}.Ask(w, r, func() (string, error) {
		on := kept(r.URL.Query(), []string{"scope"})
		maps.Copy(on, url.Values{"platform": {form.Value("platform")}, "identifier": {answer(form, "identifier")}, "name": {answer(form, "name")}})
		p, ok := policy.ParsePlatform(on.Get("platform"))
		switch {
		case on.Get("name") == "":
			return "", fault.In("name", "Say what it is called")
		case !ok:
			return "", fault.In("platform", "Say on what it is to run")
		case on.Get("identifier") == "":
			return "", fault.In("identifier", "Write what the shop calls it: without that nobody can tell which app is meant")
		}
		if err := register.CheckFound(register.Found{Platform: p, Identifier: on.Get("identifier")}); err != nil {
			return "", fault.In("identifier", "%s", err.Error())
		}
		return DraftPath("app", on), nil
	})
}

// choosePlatform asks on what an app is to run.
func (a *area) choosePlatform(w http.ResponseWriter, r *http.Request, asked *appAsked) error {
	product := a.Devices.Fleet.View().Product(asked.product)
	leads := func(platform string) string {
		q := r.URL.Query()
		q.Del("q")
		q.Set("platform", platform)
		return DraftPath("app", q)
	}
	tasks := ui.Tasks{ID: "platforms"}
	for p := policy.Android; int(p) < len(policy.PlatformWords); p++ {
		if len(product.Identifiers[p]) > 0 {
			tasks.Items = append(tasks.Items, ui.Task{Text: devicepages.PlatformName(p), Href: leads(p.String()), State: ui.Text("")})
		}
	}
	if len(tasks.Items) == 1 {
		return ui.See(w, r, tasks.Items[0].Href)
	}
	tasks.Items = append(tasks.Items, ui.Task{Text: "All of them", Href: leads(anyPlatform), State: ui.Text("")})
	page := ui.Page{Title: "What do you need it on?", Caption: cmp.Or(product.Name, product.ID), Back: DraftPath("app", nil), Content: []ui.Component{tasks}}
	return ui.Render(w, r, http.StatusOK, page)
}

// askApp asks for what work, and opens the proposal.
func (a *area) askApp(w http.ResponseWriter, r *http.Request, asked *appAsked) error {
	if err := a.mayAsk(r, asked.body); err != nil {
		return err
	}
	n := a.things.Names()
	rule := policy.Rule{Effect: policy.Allow, Scope: asked.body, Platforms: asked.platforms, Target: policy.Target{Product: asked.product}}
	called := n.Product(asked.product)
	if asked.found != nil {
		called = cmp.Or(asked.found.Name, asked.found.Identifier)
	}
	on := "All platforms that there are"
	if len(asked.platforms) > 0 {
		on = devicepages.PlatformList(asked.platforms)
	} else if p := a.Devices.Fleet.View().Product(asked.product); p != nil && p.Kind == policy.Equipment {
		on = "Equipment"
	}
	facts := ui.Summary{Rows: []ui.SummaryRow{{Key: "App", Value: ui.Text(called)}, {Key: "On", Value: ui.Text(on)}, {Key: "For", Value: ui.Text(n.Organisation(asked.body))}}}
	page := ui.Page{Title: "Ask for " + called, Back: DraftPath("app", nil), Content: []ui.Component{facts}}
	form := &ui.Form{Fields: []*ui.Field{reasonField("What work do you need it for?", "Two sentences are enough. Whoever decides reads them, and everybody may once it is decided")}, Buttons: ui.ButtonGroup{{Text: "Ask for it"}, ui.Cancel("/")}}
	if asked.former != nil {
		page.Title = "Ask again for " + called
		page.Content = append(page.Content, a.beside(r, &asked.former.Proposal, "What was asked before"))
		form.Fields[0].Label = "What is new, and what work do you need it for?"
	}
	already, err := a.standing(r, asked)
	if err != nil {
		return err
	}
	page.Content = append(page.Content, already...)
	filled(r, form)
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		d := room.Draft{Kind: room.Allow, Reason: answer(form, "reason"), Content: room.Content{Rule: &rule, Found: asked.found}}
		if asked.former != nil {
			d.After = asked.former.ID
		}
		return d, nil
	})
}

// mayAsk returns a fault where who asks may ask for nothing in a body. In their own everybody may.
func (a *area) mayAsk(r *http.Request, body string) error {
	me, err := a.me(r)
	if err != nil || me.Organisation == body && body != "" {
		return err
	}
	return a.mayPropose(r, people.Ask, body)
}

// standing says what the rules say already: who asks for what is banned asks in vain.
func (a *area) standing(r *http.Request, asked *appAsked) ([]ui.Component, error) {
	if asked.product == "" {
		return nil, nil
	}
	rules, listed, err := a.restricting(r, asked.body, asked.product, asked.platforms)
	switch n := a.things.Names(); {
	case err != nil:
		return nil, err
	case len(rules) > 0:
		instead := url.Values{"product": {asked.product}, "rule": rules, "scope": {asked.body}}
		return []ui.Component{ui.Inset{
			ui.Para("It is banned or phased out here: " + cmp.Or(n.Rule(rules[0]).Reason, n.Sentence(n.Rule(rules[0])))),
			ui.Paragraph{ui.Text("To allow it would change nothing."), ui.Link{Text: "Ask for an exemption instead", Href: DraftPath("exemption", instead)}},
		}}, nil
	case listed:
		return []ui.Component{ui.Inset{ui.Para("It is allowed here already: you need not ask.")}}, nil
	}
	return nil, nil
}

// restricting are the bans and phase-outs that reach a product in a body on some of the platforms, on all that it has where
// none is given; and whether the list allows it on all of these. It is what they say of a device that nothing else
// is known of.
func (a *area) restricting(r *http.Request, body, product string, platforms []policy.Platform) (rules []string, listed bool, err error) {
	compiled, err := policy.Compile(a.things.Names().World(), ui.Now(r))
	if err != nil {
		return nil, false, err
	}
	hosts := []policy.Host{{ID: "drafted", Kind: policy.EquipmentHost, Organisation: body}}
	if p := a.Devices.Fleet.View().Product(product); p.Kind == policy.App {
		if hosts = nil; len(platforms) == 0 {
			platforms = slices.Sorted(maps.Keys(p.Identifiers))
		}
	}
	for _, p := range platforms {
		hosts = append(hosts, policy.Host{ID: "drafted", Kind: policy.Device, Ownership: policy.Corporate, Platform: p, Organisation: body})
	}
	listed = len(hosts) > 0
	for i := range hosts {
		host, err := compiled.Subject(&hosts[i])
		if err != nil {
			return nil, false, err
		}
		var d policy.Decision
		host.Decide(&policy.Installation{Product: product}, &d)
		for _, f := range d.Findings {
			switch {
			case f.Question == policy.ListingQuestion:
				listed = listed && f.Result == policy.Allowed
			case f.Result != policy.Lifted:
				rules = append(rules, f.Rules...)
			}
		}
	}
	slices.Sort(rules)
	return slices.Compact(rules), listed, nil
}
