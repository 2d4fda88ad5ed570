package devices

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	room "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/register"
	"portcullis/web/ui"
)

// triages lists the bodies whose devices may have what is not on their list.
func (a *area) triages(w http.ResponseWriter, r *http.Request) error {
	options, err := a.organisations(r)
	if err != nil {
		return err
	}
	table := ui.Table{Caption: "Bodies", Unseen: true, Columns: []ui.Column{{Title: "Body"}}, Empty: ui.Empty{Text: "There is no body that you may see."}}
	for _, o := range options {
		table.Rows = append(table.Rows, ui.Row{ui.Branch{Link: ui.Link{Text: o.Label, Href: TriagePath(o.Value)}, Depth: o.Depth}})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "What is not on a list yet", Content: []ui.Component{
		ui.Para("Choose a body. You see what its devices have and its list has not, by installs and by maker, and decide about much of it at once."), table,
	}})
}

// perTriage is how many apps, or makers, a page of a triage has.
const perTriage = 100

// triageView is a page of a triage: one form, in which what was ticked on other pages goes along.
type triageView struct {
	*ui.Form
	Decides  bool
	Makers   bool // it lists makers, and not apps
	Rows     []triageRow
	Kept     []ui.Hidden // what is ticked on other pages
	KeptText string
	Trail    []string // the pages before this one, by what they began after
	After    string
	Next     string
}

// triageRow is an app or a maker.
type triageRow struct {
	ID, Key, Label string
	Ticked         bool
	Cannot         string       // why it cannot be ticked; empty where it can
	More           ui.Component // below the name; it may be nil
	Maker          ui.Component
	Look           ui.Component // leads to where more is said of it
	Platforms      string
	Apps, Installs ui.Number
}

// triage shows what is on a body's devices and not on its list, and takes decisions about it.
func (a *area) triage(w http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query()
	for _, name := range triageSays {
		asked.Del(name)
	}
	if err := checkAddress(asked, triageFields); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxTicks)
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "This is larger than what is taken here: decide about fewer apps at once")
	}
	t := triaging{area: a, r: r, organisation: idIn(r), makers: r.URL.Query().Get("by") == "maker", left: r.URL.Query().Get("show") == "left", form: triageForm(ui.Now(r))}
	t.after = cmp.Or(r.PostFormValue("after"), r.URL.Query().Get("after"))
	t.trail = r.PostForm["trail"]
	if r.Method != http.MethodPost {
		return t.show(w, http.StatusOK)
	}
	if err := t.form.Fill(r); err != nil {
		return err
	}
	t.apps, t.chosenMakers = r.PostForm["app"], r.PostForm["maker"]
	if r.PostFormValue("all") != "" {
		t.apps, t.chosenMakers = append(t.apps, r.PostForm["shown-app"]...), append(t.chosenMakers, r.PostForm["shown-maker"]...)
	}
	if t.turn(r.PostFormValue("go")) {
		return t.show(w, http.StatusOK)
	}
	to, err := t.decide()
	switch {
	case t.form.Fail(err):
		return t.show(w, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return ui.See(w, r, to)
}

// triageFields are by what a triage can be narrowed down, and triageSays what its address tells of what was decided.
var (
	triageFields = []*ui.Field{
		{Name: "q", As: ui.Input{}}, {Name: "maker", As: ui.Input{}},
		{Name: "by", As: ui.Select{Options: ui.Options("maker", "")}}, {Name: "show", As: ui.Select{Options: ui.Options("left", "")}},
	}
	triageSays = []string{"allowed", "until", "left", "same", "gone"}
)

// triaging is a triage that somebody is at.
type triaging struct {
	*area
	r                  *http.Request
	organisation       string
	makers, left       bool
	apps, chosenMakers []string // that are ticked
	after              string
	trail              []string
	form               *ui.Form
}

func triageForm(now time.Time) *ui.Form {
	review := ui.Day{At: reviewDay(now), Now: now}.Absolute()
	return &ui.Form{Fields: []*ui.Field{
		{Name: "decision", Label: "Decide about everything that is ticked", As: ui.Radios{Small: true, Options: []ui.Option{
			{Value: string(register.AllowApp), Label: "Allow", Hint: "It goes on the list, in every version"},
			{Value: string(register.AllowAppUntil), Label: "Allow for 90 days", Hint: "Review date: " + review + ". From then on it is off the list, and stands here again"},
			{Value: string(register.LeaveUnlisted), Label: "Leave unlisted", Hint: "It stays in breach where the list is enforced, and is not asked about again"},
		}}},
		{Name: "reason", Label: "Why?", Optional: true, Hint: "It is recorded with each of the decisions"},
	}}
}

// reviewDay is when what is allowed for 90 days is to be looked at again: a midnight in UTC, as periods are.
func reviewDay(now time.Time) time.Time { return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 90) }

// turn goes to another page of the same form.
func (t *triaging) turn(to string) bool {
	switch way, after, _ := strings.Cut(to, " "); way {
	case "next":
		t.trail, t.after = append(t.trail, t.after), after
	case "previous":
		if last := len(t.trail) - 1; last >= 0 {
			t.after, t.trail = t.trail[last], t.trail[:last]
		}
	default:
		return false
	}
	return true
}

// decide makes the decisions, and returns where they can be seen.
func (t *triaging) decide() (to string, err error) {
	decision := register.Decision(t.form.Value("decision"))
	if decision == "" {
		return "", fault.In("decision", "Say what you decide about what is ticked")
	}
	ctx, by := t.r.Context(), actor(t.r)
	choices, gone, err := t.Devices.Choices(ctx, by, room.Chosen{
		Organisation: t.organisation, Apps: t.apps, Makers: t.chosenMakers, Left: t.left, Decision: decision, Reason: t.form.Value("reason"),
	})
	if err != nil {
		return "", err
	}
	if decision == register.AllowAppUntil {
		for i := range choices {
			choices[i].Until = timeOf(reviewDay(ui.Now(t.r)))
		}
	}
	made, err := t.Approvals.Triage(ctx, by, t.organisation, choices)
	if err != nil {
		return "", err
	}
	t.settle(t.r)
	q := t.r.URL.Query()
	q.Del("after")
	for name, n := range map[string]int{"allowed": made.Allowed, "until": made.AllowedUntil, "left": made.LeftUnlisted, "same": made.Unchanged, "gone": gone} {
		if q.Del(name); n > 0 {
			q.Set(name, strconv.Itoa(n))
		}
	}
	q.Set("done", "decided")
	return TriagePath(t.organisation) + "?" + q.Encode(), nil
}

// decided says what was decided just now, by the numbers in the address.
func (t *triaging) decided() *ui.Banner {
	q := t.r.URL.Query()
	if q.Get("done") != "decided" || t.r.Method == http.MethodPost {
		return nil
	}
	var parts []string
	for _, line := range []struct{ name, text string }{
		{"allowed", "allowed"}, {"until", "allowed for 90 days"}, {"left", "left unlisted"}, {"same", "had been decided so already"}, {"gone", "ticked and gone meanwhile"},
	} {
		if n, err := strconv.Atoi(q.Get(line.name)); err == nil && n > 0 {
			parts = append(parts, ui.Number(n).String()+" "+line.text)
		}
	}
	return &ui.Banner{Done: true, Text: cmp.Or(strings.Join(parts, ", "), "Nothing has changed")}
}

// show answers with the page.
func (t *triaging) show(w http.ResponseWriter, status int) error {
	q := t.r.URL.Query()
	query := room.TriageQuery{Organisation: t.organisation, Words: q.Get("q"), Maker: q.Get("maker"), Left: t.left, After: t.after, Limit: perTriage}
	if t.makers {
		query.After, query.Limit = "", 0
	}
	found, err := t.Devices.Triage(t.r.Context(), actor(t.r), query)
	if err != nil {
		return err
	}
	can, err := t.allowed(t.r, t.organisation, people.DecideList)
	if err != nil {
		return err
	}
	links, err := t.allowed(t.r, people.Everywhere, people.LinkIdentifiers)
	if err != nil {
		return err
	}
	n := t.names()
	view := triageView{Decides: can[people.DecideList], Makers: t.makers, Trail: t.trail, After: t.after, Next: found.Next, Form: t.form}
	if t.makers {
		t.makerRows(n, &view, found.Makers)
	} else {
		t.appRows(n, &view, found.Apps, links[people.LinkIdentifiers])
	}
	t.keep(&view)
	page := ui.Page{Title: "What is not on the list yet", Caption: n.organisation(t.organisation), Wide: true, Crumbs: []ui.Link{{Text: "Bodies", Href: "/triage"}}, Banner: t.decided()}
	page.Content = t.head(n, &found)
	if len(view.Rows) > 0 {
		page.Content = append(page.Content, appTemplates.View("triage", view))
		if !view.Decides {
			page.Content = append(page.Content, ui.PagesAt(t.r.URL, "apps", "", view.Next))
		}
	} else {
		page.Content = append(page.Content, t.empty(&found))
	}
	return ui.Render(w, t.r, status, page)
}

// head is what stands above the list: how much there is, and the ways to look at it.
func (t *triaging) head(n names, found *room.Triage) []ui.Component {
	about := ui.Capital(ui.Count(found.ToDecide, "app", "apps")) + " to decide about"
	if below := len(found.Bodies) - 1; below > 0 {
		about += ", on devices of " + n.organisation(t.organisation) + " and of " + ui.Count(below, "body", "bodies") + " below that follow its list"
	}
	content := []ui.Component{ui.Para(about + ".")}
	if m := found.Watching; m != nil {
		content = append(content, ui.Inset{ui.Para("Its list is not enforced until " + ui.Day{At: m.Until, Now: ui.Now(t.r)}.Absolute() + ". What is still undecided then is in breach.")})
	}
	way := func(text string, by, show string, here bool) ui.Component {
		if here {
			return ui.Text(text)
		}
		q := url.Values{}
		if by != "" {
			q.Set("by", by)
		}
		if show != "" {
			q.Set("show", show)
		}
		return ui.Link{Text: text, Href: TriagePath(t.organisation) + ifAny("?", q.Encode())}
	}
	maker := t.r.URL.Query().Get("maker")
	content = append(content, ui.Paragraph{
		way("By installs", "", "", !t.makers && !t.left && maker == ""), ui.Text("·"), way("By maker", "maker", "", t.makers && !t.left), ui.Text("·"),
		way("Left unlisted ("+ui.Number(found.Left).String()+")", "", "left", t.left && !t.makers),
	})
	fields := []*ui.Field{{Name: "q", Label: "Name, maker or identifier", Values: t.r.URL.Query()["q"], As: ui.Input{Type: "search"}}}
	s := seek{At: TriagePath(t.organisation), Label: "Narrow the list down", Fields: fields, Button: "Show"}
	for _, name := range []string{"by", "show", "maker"} {
		if v := t.r.URL.Query().Get(name); v != "" {
			s.Hidden = append(s.Hidden, ui.Hidden{Name: name, Value: v})
		}
	}
	content = append(content, s.shown())
	if maker != "" && !t.makers && len(found.Makers) > 0 {
		content = append(content, ui.Paragraph{ui.Text("Of " + n.strayMaker(found.Makers[0]) + " alone."), ui.Link{Text: "Of all makers", Href: TriagePath(t.organisation)}})
	}
	return content
}

// ifAny is a text behind what stands before it, and nothing where there is none.
func ifAny(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// empty is what stands where nothing is left.
func (t *triaging) empty(found *room.Triage) ui.Component {
	switch {
	case t.r.URL.Query().Get("q") != "":
		return ui.Empty{Text: "Nothing that is still to be decided is called so.", Do: ui.Link{Text: "Show all", Href: TriagePath(t.organisation)}}
	case t.left:
		return ui.Empty{Text: "Nothing has been left unlisted.", Do: ui.Link{Text: "Show what is to be decided", Href: TriagePath(t.organisation)}}
	case found.Left > 0:
		return ui.Empty{Text: "Everything is decided. What was left unlisted can be decided anew.", Do: ui.Link{Text: "Show what was left unlisted", Href: TriagePath(t.organisation) + "?show=left"}}
	}
	return ui.Empty{Text: "Everything on the devices here is on the list.", Do: ui.Link{Text: "Look at the apps", Href: "/apps?" + url.Values{"organisation": {t.organisation}}.Encode()}}
}

// appRows are the apps of the page.
func (t *triaging) appRows(n names, view *triageView, apps []room.Stray, links bool) {
	for i := range apps {
		s := &apps[i]
		row := triageRow{ID: "app-" + strconv.Itoa(i), Key: s.Key(), Label: s.Name, Ticked: slices.Contains(t.apps, s.Key()), Installs: ui.Number(s.Installs), Platforms: platformList(s.Platforms)}
		switch {
		case s.Product != "":
			row.Look, row.Maker = ui.Link{Text: "Look closer", Hidden: "at " + s.Name, Href: AppPath(s.Product)}, n.maker(s.Supplier)
		case links:
			row.More, row.Look = ui.Muted(s.Found.Identifier), ui.Link{Text: sayWhat, Hidden: ": " + s.Found.Identifier, Href: linkPath(s.Found.Platform, s.Found.Identifier)}
		default:
			row.More, row.Cannot = ui.Muted(s.Found.Identifier), "It is no product’s yet: a reviewer of the centre must say first which it is"
		}
		if row.Maker == nil {
			row.Maker = ui.Muted(ifAny("By its own word ", s.Publisher))
		}
		if s.Found != nil && s.Found.Identifier == s.Name {
			row.More = nil // it has no other name
		}
		if s.Left != nil && s.Left.Reason != "" {
			row.More = ui.Muted("Left unlisted: " + s.Left.Reason)
		}
		view.Rows = append(view.Rows, row)
	}
}

// strayMaker is who made something, in words.
func (n names) strayMaker(m room.StrayMaker) string {
	switch {
	case m.Supplier != "":
		return n.supplier(m.Supplier)
	case m.Publisher != "":
		return m.Publisher + " (by its own word)"
	}
	return "Nobody known"
}

// makerRows are the makers of the page.
func (t *triaging) makerRows(n names, view *triageView, makers []room.StrayMaker) {
	from := slices.IndexFunc(makers, func(m room.StrayMaker) bool { return m.Key == t.after }) + 1
	makers = makers[from:]
	view.Next = ""
	if len(makers) > perTriage {
		makers = makers[:perTriage]
		view.Next = makers[perTriage-1].Key
	}
	for i, m := range makers {
		q := t.r.URL.Query()
		q.Del("by")
		q.Del("done")
		q.Set("maker", m.Key)
		row := triageRow{ID: "maker-" + strconv.Itoa(i), Key: m.Key, Label: n.strayMaker(m), Ticked: slices.Contains(t.chosenMakers, m.Key), Apps: ui.Number(m.Apps), Installs: ui.Number(m.Installs)}
		row.Look = ui.Link{Text: "Look at each", Hidden: "of " + row.Label, Href: TriagePath(t.organisation) + "?" + q.Encode()}
		if m.Unknown > 0 {
			row.More = ui.Muted(ui.Count(m.Unknown, "is", "are") + " no product’s yet")
		}
		view.Rows = append(view.Rows, row)
	}
}

// keep takes along what is ticked on other pages.
func (t *triaging) keep(view *triageView) {
	shown := map[string]bool{}
	for _, row := range view.Rows {
		shown[row.Key] = true
	}
	kept := func(name string, keys []string, here bool) {
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			if !here || !shown[key] {
				view.Kept = append(view.Kept, ui.Hidden{Name: name, Value: key})
			}
		}
	}
	kept("app", slices.Clone(t.apps), !view.Makers)
	kept("maker", slices.Clone(t.chosenMakers), view.Makers)
	if n := len(view.Kept); n > 0 {
		view.KeptText = ui.Capital(ui.Count(n, "more is", "more are")) + " ticked on other pages, and decided about as well."
	}
}

// Folds tells whether a phone shows of each row the name and the installs alone, as ui.Table has it.
func (v triageView) Folds() bool { return len(v.Rows) > mostRows }

// Rest is how many rows a phone shows only where they are asked for.
func (v triageView) Rest() ui.Number { return ui.RestOf(len(v.Rows)) }

// All is how many rows the page has: whoever decides about all of them on a phone may not have seen each.
func (v triageView) All() ui.Number { return ui.Number(len(v.Rows)) }

// Names are the names of the inputs: apps are ticked, or makers.
func (v triageView) Names() string {
	if v.Makers {
		return "maker"
	}
	return "app"
}
