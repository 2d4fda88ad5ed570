package approvals

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	room "portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	find "portcullis/register/search"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// appAsked is what an address says of the app that is asked for: a product, or what somebody has found.
type appAsked struct {
	product   string
	found     *register.Found
	platforms []policy.Platform
	body      string
	former    *room.View
	held      []devices.Host // of who asks
}

// draftApp asks for an app: which one it is, unless the address says so, and then on what and for what work.
func (a *area) draftApp(w http.ResponseWriter, r *http.Request) error {
	asked, err := a.appIn(r)
	switch {
	case err != nil:
		return err
	case asked.product == "" && asked.found == nil:
		return a.chooseApp(w, r)
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
		if !ok {
			return asked, fault.In("platform", "There is no platform “%s”", text)
		}
		asked.platforms = append(asked.platforms, p)
	}
	if asked.product == "" && (q.Get("identifier") != "" || q.Has("other")) {
		found := register.Found{Identifier: q.Get("identifier"), Name: q.Get("name"), Publisher: q.Get("publisher"), Shop: q.Get("shop")}
		if len(asked.platforms) > 0 {
			found.Platform = asked.platforms[0]
		}
		asked.find(a.things.Names().World(), found)
	}
	if f := asked.former; f != nil && asked.product == "" && asked.found == nil {
		asked.product, asked.platforms = f.Rule.Target.Product, f.Rule.Platforms
		if f.Found != nil {
			asked.find(a.things.Names().World(), *f.Found)
		}
		asked.body = f.Organisation
	}
	if asked.product != "" && a.Devices.Fleet.View().Product(asked.product) == nil {
		return asked, fault.New(fault.NotFound, "There is no app %s", asked.product)
	}
	if asked.body, err = a.bodyIn(r, asked.body); err != nil || gate.Who(r.Context()).Person == "" {
		return asked, err
	}
	asked.held, err = a.Devices.Held(r.Context(), actor(r))
	return asked, err
}

// find is what was found, or the product that it is.
func (asked *appAsked) find(w *policy.World, f register.Found) {
	asked.found = &f
	if f.Identifier == "" {
		return
	}
	for i := range w.Products {
		if slices.ContainsFunc(w.Products[i].Identifiers[f.Platform], func(id policy.Identifier) bool { return id.ID == f.Identifier }) {
			asked.product, asked.found = w.Products[i].ID, nil
			return
		}
	}
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

// chooseApp asks which app. Whoever pastes the address of its page in a shop has answered.
func (a *area) chooseApp(w http.ResponseWriter, r *http.Request) error {
	form, words := searched(r, "What is the app called?", "As its icon or the shop calls it. The address of its page in the shop will do", "scope")
	page := ui.Page{Title: "Ask for an app", Content: []ui.Component{form}}
	leads := func(pairs ...string) string {
		to := kept(r.URL.Query(), []string{"scope"})
		for i := 0; i < len(pairs); i += 2 {
			to.Set(pairs[i], pairs[i+1])
		}
		return DraftPath("app", to)
	}
	if shop, ok := find.FromShop(words); ok {
		return ui.See(w, r, leads("other", yes, "name", shop.Name, "platform", shop.Platform.String(), "identifier", shop.Identifier, "shop", shop.Link))
	}
	if words != "" {
		page.Content = append(page.Content, a.choices(words, func(product string) string { return leads("product", product) })...)
		page.Content = append(page.Content, ui.Paragraph{ui.Link{Text: "It is none of these", Href: leads("name", words, "other", yes)}})
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

// askApp asks on what and for what work, and opens the proposal.
func (a *area) askApp(w http.ResponseWriter, r *http.Request, asked *appAsked) error {
	if err := a.mayAsk(r, asked.body); err != nil {
		return err
	}
	n := a.things.Names()
	facts := ui.Summary{Rows: []ui.SummaryRow{{Key: "For", Value: ui.Text(n.Organisation(asked.body))}}}
	called := "an app that is not known here"
	if p := a.Devices.Fleet.View().Product(asked.product); p != nil {
		called = n.Product(asked.product)
		facts.Rows = slices.Insert(facts.Rows, 0, ui.SummaryRow{Key: "App", Value: ui.Line{ui.Text(called), ui.Muted(madeBy(n, p))}})
	} else if name := cmp.Or(asked.found.Name, asked.found.Identifier); name != "" {
		called = name
	}
	page := ui.Page{Title: "Ask for " + called, Back: DraftPath("app", nil), Content: []ui.Component{facts}}
	form := &ui.Form{Fields: a.appFields(r, asked), Buttons: ui.ButtonGroup{{Text: "Ask for it"}, ui.Cancel("/")}}
	if asked.former != nil {
		page.Title = "Ask again for " + called
		page.Content = append(page.Content, a.beside(r, &asked.former.Proposal, "What was asked before"))
	}
	already, err := a.standing(r, asked)
	if err != nil {
		return err
	}
	open, err := a.openRequests(r, asked)
	if err != nil {
		return err
	}
	page.Content = append(append(page.Content, already...), open...)
	asked.fill(r, form)
	return a.propose(w, r, page, form, func() (room.Draft, error) { return a.appOf(form, asked) })
}

// fill has the form say what is known already.
func (asked *appAsked) fill(r *http.Request, form *ui.Form) {
	pairs := []string{"device", asked.device()}
	if f := asked.found; f != nil {
		pairs = append(pairs, "name", f.Name, "shop", f.Shop)
	}
	filled(r, form, pairs...)
	if f := form.Field("platform"); f.Value() == "" {
		f.Values = asked.on()
	}
}

// appFields are what is asked of who asks for an app.
func (a *area) appFields(r *http.Request, asked *appAsked) (fields []*ui.Field) {
	if f := asked.found; f != nil {
		fields = append(fields, &ui.Field{Name: "name", Label: "What is it called?"})
		if f.Identifier == "" {
			fields = append(fields, &ui.Field{Name: "shop", Label: "Where is it offered?", Optional: true, Hint: "The address of its page in the shop, if you have it", As: ui.Input{Complete: "off"}})
		}
		fields = append(fields, &ui.Field{Name: "platform", Label: "What do you need it on?", As: ui.Radios{Small: true, Options: devicepages.PlatformOptions()}})
	} else if options := a.platformsOf(asked.product); len(options) > 1 {
		fields = append(fields, &ui.Field{Name: "platform", Label: "What do you need it on?", As: ui.Checkboxes{Small: true, Options: options}})
	}
	if len(asked.held) > 0 {
		options := []ui.Option{{Label: "None of these"}}
		for i := range asked.held {
			options = append(options, ui.Option{Value: asked.held[i].ID, Label: deviceText(&asked.held[i])})
		}
		fields = append(fields, &ui.Field{Name: "device", Label: "On which of your devices?", Optional: true, Hint: "It is written beside what you need it for", As: ui.Select{Options: options}})
	}
	work := reasonField("What work do you need it for?", "Two sentences are enough. Whoever decides reads them, and everybody may once it is decided")
	if asked.former != nil {
		work.Label = "What is new, and what work do you need it for?"
	}
	return append(fields, work)
}

// platformsOf are the platforms on which a product is known, to choose from.
func (a *area) platformsOf(product string) (options []ui.Option) {
	p := a.Devices.Fleet.View().Product(product)
	for platform := policy.Android; int(platform) < len(policy.PlatformWords); platform++ {
		if len(p.Identifiers[platform]) > 0 {
			options = append(options, ui.Option{Value: platform.String(), Label: devicepages.PlatformName(platform)})
		}
	}
	return options
}

// on are the platforms that the address says; else that of the devices of who asks, where they are all of one.
func (asked *appAsked) on() (words []string) {
	if asked.former != nil && len(asked.platforms) == 0 {
		return nil
	}
	for _, p := range asked.platforms {
		words = append(words, p.String())
	}
	for i := range asked.held {
		if word := asked.held[i].Row.Platform.String(); len(asked.platforms) == 0 && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if len(asked.platforms) == 0 && len(words) > 1 {
		return nil
	}
	return words
}

// device is the one device of who asks on which it can run; empty where there are several, or none.
func (asked *appAsked) device() (id string) {
	for i := range asked.held {
		if on := asked.on(); slices.Contains(on, asked.held[i].Row.Platform.String()) {
			if id != "" {
				return ""
			}
			id = asked.held[i].ID
		}
	}
	return id
}

func deviceText(h *devices.Host) string {
	text := h.ID
	if h.Name != "" {
		text = h.Name + " (" + h.ID + ")"
	}
	return text + ", " + devicepages.PlatformName(h.Row.Platform)
}

// appOf is the draft of what was answered.
func (a *area) appOf(form *ui.Form, asked *appAsked) (room.Draft, error) {
	rule := policy.Rule{Effect: policy.Allow, Scope: asked.body, Target: policy.Target{Product: asked.product}}
	d := room.Draft{Kind: room.Allow, Reason: answer(form, "reason"), Content: room.Content{Rule: &rule}}
	wrong := []error{why(form)}
	if asked.former != nil {
		d.After = asked.former.ID
	}
	if at := slices.IndexFunc(asked.held, func(h devices.Host) bool { return h.ID == form.Value("device") }); at >= 0 && d.Reason != "" {
		d.Reason += "\n\nFor the device " + deviceText(&asked.held[at]) + "."
	}
	for _, word := range form.Values("platform") {
		if p, ok := policy.ParsePlatform(word); ok {
			rule.Platforms = append(rule.Platforms, p)
		}
	}
	if asked.found != nil {
		found, err := foundOf(form, asked.found, rule.Platforms)
		also := appAsked{product: asked.product}
		if also.find(a.things.Names().World(), found); also.found != nil {
			d.Found = also.found
		}
		rule.Target.Product, rule.Platforms = also.product, []policy.Platform{found.Platform}
		return d, errors.Join(append(wrong, err)...)
	}
	switch options := a.platformsOf(asked.product); {
	case len(options) == 1:
		only, _ := policy.ParsePlatform(options[0].Value)
		rule.Platforms = []policy.Platform{only}
	case len(options) > 1 && len(rule.Platforms) == 0:
		wrong = append(wrong, fault.In("platform", "Say on what it is to run"))
	}
	return d, errors.Join(wrong...)
}

// foundOf is an app that is no product yet, as was answered: what the address of its page in a shop says need not be
// said again.
func foundOf(form *ui.Form, was *register.Found, on []policy.Platform) (f register.Found, err error) {
	f = register.Found{Identifier: was.Identifier, Name: answer(form, "name"), Publisher: was.Publisher}
	if was.Identifier != "" {
		f.Shop = was.Shop
	}
	if len(on) > 0 {
		f.Platform = on[0]
	}
	shop, known := find.FromShop(answer(form, "shop"))
	switch {
	case known:
		f.Identifier, f.Shop, f.Name = shop.Identifier, shop.Link, cmp.Or(f.Name, shop.Name)
		if f.Platform = cmp.Or(f.Platform, shop.Platform); f.Platform != shop.Platform && !(ofApple(f.Platform) && ofApple(shop.Platform)) {
			err = fault.In("platform", "Its page in the shop is for %s: choose that, or leave the address of the page out", devicepages.PlatformName(shop.Platform))
		}
	case answer(form, "shop") != "":
		err = fault.In("shop", "This is not the address of an app in a shop that is known here: leave it out, and write below where it is offered")
	}
	if f.Platform == 0 {
		err = errors.Join(err, fault.In("platform", "Say on what it is to run"))
	}
	if f.Name == "" && f.Identifier == "" {
		err = errors.Join(err, fault.In("name", "Say what it is called"))
	}
	return f, err
}

// ofApple tells the platforms whose shop has one address for both.
func ofApple(p policy.Platform) bool { return p == policy.IOS || p == policy.MacOS }

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
