package devices

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	room "portcullis/devices"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// platformNames are platforms as people call them.
var platformNames = [len(policy.PlatformWords)]string{"", "Android", "iOS", "macOS", "Windows", "Linux", "ChromeOS", "Chrome", "Edge", "Firefox"}

// platformName is a platform in words; what has none is equipment.
func platformName(p policy.Platform) string {
	if p == 0 || int(p) >= len(platformNames) {
		return "Equipment"
	}
	return platformNames[p]
}

func platformList(platforms []policy.Platform) string {
	var names []string
	for _, p := range platforms {
		names = append(names, platformName(p))
	}
	return strings.Join(names, ", ")
}

// platformOptions are the platforms to choose from.
func platformOptions(first ...ui.Option) []ui.Option {
	for p := policy.Android; int(p) < len(policy.PlatformWords); p++ {
		first = append(first, ui.Option{Value: p.String(), Label: platformName(p)})
	}
	return first
}

// kindName is a kind of product in words.
func kindName(k policy.Kind) string {
	if k == policy.Equipment {
		return "Equipment"
	}
	return "App"
}

// causeWords are what a breach is in words.
var causeWords = map[policy.Result]string{
	policy.Banned: "Banned", policy.Overdue: "Phased out, and past its deadline", policy.Impostor: "Not signed by its maker",
	policy.Outdated: "Older than the list allows", policy.Unlisted: "Not on the list", policy.Unknown: "Not known",
}

// effectTag is what a rule does.
func effectTag(e policy.Effect) ui.Tag {
	switch e {
	case policy.Ban:
		return ui.Tag{Text: "Ban", Tone: ui.Bad}
	case policy.PhaseOut:
		return ui.Tag{Text: "Phase-out", Tone: ui.Waiting}
	}
	return ui.Tag{Text: "Allowed", Tone: ui.Good}
}

// target is what a rule is about, with the way to it.
func (n names) target(t policy.Target) ui.Link {
	switch {
	case t.Product != "":
		return ui.Link{Text: n.product(t.Product), Href: AppPath(t.Product)}
	case t.Supplier != "":
		return ui.Link{Text: n.supplier(t.Supplier), Href: SupplierPath(t.Supplier)}
	}
	return ui.Link{Text: "anything"}
}

// sentence is what a rule says, in one.
func (n names) sentence(r *policy.Rule) string {
	what := n.target(r.Target).Text
	if r.Target.Supplier != "" {
		what = "everything of " + what
	}
	return sentenceOn(what, r)
}

// sentenceOn is what a rule says of what is called so.
func sentenceOn(what string, r *policy.Rule) string {
	text := map[policy.Effect]string{policy.Allow: "Allows ", policy.Ban: "Bans ", policy.PhaseOut: "Phases out "}[r.Effect] + what
	if r.Components {
		text += ", and whatever contains it"
	}
	if len(r.Kinds) == 1 {
		text += map[policy.Kind]string{policy.App: ", of apps alone", policy.Equipment: ", of equipment alone"}[r.Kinds[0]]
	}
	if len(r.Platforms) > 0 {
		text += ", on " + platformList(r.Platforms)
	}
	if r.MinVersion != "" {
		text += ", from version " + r.MinVersion
	}
	if len(r.SiteClass) > 0 {
		text += ", at sites that are " + strings.Join(r.SiteClass, " or ")
	}
	return text + versionsText(r.Versions)
}

func versionsText(w policy.Window) string {
	switch {
	case w.Since != "" && w.Until != "":
		return ", in versions from " + w.Since + " to before " + w.Until
	case w.Since != "":
		return ", in versions from " + w.Since
	case w.Until != "":
		return ", in versions before " + w.Until
	}
	return ""
}

// period is since when and until when something holds, in words.
func period(r *http.Request, p policy.Period) string {
	day := func(t time.Time) string { return ui.Day{At: t, Now: ui.Now(r)}.Absolute() }
	switch from, until := !p.From.IsZero() && p.From.Year() > 1, !p.Until.IsZero(); {
	case from && until:
		return day(p.From) + " to " + day(p.Until)
	case from && p.From.After(ui.Now(r)):
		return "from " + day(p.From)
	case from:
		return "since " + day(p.From)
	case until:
		return "until " + day(p.Until)
	}
	return "always"
}

// path is how a thing leads to what a rule names, by the names on the way.
func (n names) path(ids []string, target policy.Target) string {
	var words []string
	for i, id := range ids {
		last := i == len(ids)-1
		switch {
		case n.view.Supplier(id) != nil && (target.Product == "" || !last):
			words = append(words, n.supplier(id))
		default:
			words = append(words, n.product(id))
		}
	}
	return strings.Join(words, " → ")
}

// rulesTable is the rules that reach something, and how.
func (n names) rulesTable(r *http.Request, rules []room.Reaching, empty string) ui.Component {
	t := ui.Table{
		Caption: "Rules", Unseen: true, Columns: []ui.Column{{Title: "Rule"}, {Title: "For"}, {Title: "How it gets there"}, {Title: "When"}},
		Empty: ui.Empty{Text: empty},
	}
	for i := range rules {
		rule := &rules[i].Rule
		how := ui.Component(ui.Text(n.path(rules[i].Path, rule.Target)))
		if len(rules[i].Path) < 2 {
			how = ui.Text("By its name")
			if rule.Target.Any {
				how = ui.Text("It is about anything")
			}
		}
		t.Rows = append(t.Rows, ui.Row{
			ui.Named{Link: ui.Link{Text: n.sentence(rule), Href: RulePath(rule.ID)}, More: ui.Muted(rule.Reason)},
			ui.Text(n.organisation(rule.Scope)), how, ui.Text(ui.Capital(period(r, rule.Period))),
		})
	}
	return folded(t, "rule", "rules")
}

// exemptionsTable is exemptions, and a sentence on those that are not shown.
func (n names) exemptionsTable(r *http.Request, exemptions []policy.Exemption, others int) ui.Stack {
	t := ui.Table{
		Caption: "Exemptions", Unseen: true, Columns: []ui.Column{{Title: "Exemption"}, {Title: "For"}, {Title: "Purpose"}, {Title: "Until"}},
		Empty: ui.Empty{Text: "No exemption that you may see concerns it."},
	}
	for i := range exemptions {
		e := &exemptions[i]
		t.Rows = append(t.Rows, ui.Row{ui.Link{Text: n.exempted(e), Href: gate.Path("exemptions", e.ID)}, ui.Text(n.organisation(e.Scope)), ui.Text(e.Purpose), ui.Day{At: e.Until, Now: ui.Now(r)}})
	}
	shown := ui.Stack{folded(t, "exemption", "exemptions")}
	if others > 0 {
		shown = append(shown, ui.Para(ui.Capital(ui.Count(others, "exemption more is", "exemptions more are"))+" not shown to you: of other bodies, or marked."))
	}
	return shown
}

// makersTable is the companies behind something, with the dates.
func (n names) makersTable(r *http.Request, caption string, makers []room.Maker, empty string, far func(room.Maker) ui.Link) ui.Component {
	t := ui.Table{Caption: caption, Unseen: true, Columns: []ui.Column{{Title: "Company"}, {Title: "How"}, {Title: "When"}}, Empty: ui.Empty{Text: empty}}
	for _, m := range makers {
		of := n.supplier(m.Of)
		if m.Relation != room.OwnedBy {
			of = n.product(m.Of)
		}
		how := ui.Line{ui.Text(ui.Capital(of) + " is " + string(m.Relation) + " " + n.supplier(m.Supplier))}
		if !m.Holds {
			how = append(how, ui.Tag{Text: "Not now"})
		}
		t.Rows = append(t.Rows, ui.Row{ui.Branch{Link: far(m), Depth: m.Depth}, how, ui.Text(ui.Capital(period(r, m.Period)))})
	}
	return folded(t, "company", "companies")
}

// recorder are the names of who recorded something, by the ids that the ledger has.
func (a *area) recorders(r *http.Request, record []register.Recorded) (func(id string) string, error) {
	var ids []string
	for _, one := range record {
		ids = append(ids, one.By)
	}
	slices.Sort(ids)
	persons, err := a.People.Names(r.Context(), actor(r), slices.Compact(ids)...)
	return func(id string) string {
		switch name := persons[id]; {
		case name != "":
			return name
		case id == "command":
			return "The command line"
		case strings.HasPrefix(id, "token:"):
			return "A program"
		}
		return "Somebody whose name you may not see"
	}, err
}

// recordTable is what was recorded of something, the latest first; what tells what each was.
func (a *area) recordTable(r *http.Request, section register.Section, id string, what func(was, is *policy.World) string) (ui.Component, error) {
	record, err := a.Register.Record(r.Context(), actor(r), section, id)
	if err != nil {
		return nil, err
	}
	name, err := a.recorders(r, record)
	if err != nil {
		return nil, err
	}
	t := ui.Table{Caption: "What is recorded", Unseen: true, Columns: []ui.Column{{Title: "When"}, {Title: "What"}, {Title: "By"}, {Title: "Why"}}}
	for i := len(record) - 1; i >= 0; i-- {
		one := &record[i]
		text := "Added"
		if i > 0 {
			text = what(&record[i-1].World, &one.World)
		}
		if !one.Replaced.IsZero() && i == len(record)-1 {
			text += "; taken back on " + ui.Time{At: one.Replaced.Time(), Now: ui.Now(r)}.Absolute()
		}
		t.Rows = append(t.Rows, ui.Row{ui.Time{At: one.At.Time(), Now: ui.Now(r), Short: true}, ui.Text(text), ui.Text(name(one.By)), ui.Text(one.Reason)})
	}
	return folded(t, "record", "records"), nil
}

// mostRows is how many rows of one table among many are shown before the rest is asked for: what comes after it
// should not have to be looked for on a phone.
const mostRows = 5

// folded is a table, and the rest of it where it is long and that is asked for. What it is of are the words for one
// row and for several.
func folded(t ui.Table, one, several string) ui.Component {
	if len(t.Rows) <= mostRows+2 {
		return t
	}
	rest := t
	t.Rows, rest.Rows, rest.Total = t.Rows[:mostRows], t.Rows[mostRows:], nil
	rest.Caption += ", the rest"
	return ui.Stack{t, ui.Details{Summary: ui.Capital(ui.Count(len(rest.Rows), "more "+one, "more "+several)), Content: []ui.Component{rest}}}
}

// mostBars is how many bars are shown before the rest is asked for.
const mostBars = 6

// byBody is bars, the longest first, and in words the rest of them, where it is asked for: there may be hundreds.
func byBody(bars ui.Bars) ui.Component {
	longestFirst(bars.Items)
	if len(bars.Items) <= mostBars+2 {
		return bars
	}
	var rest ui.List
	for _, b := range bars.Items[mostBars:] {
		rest.Items = append(rest.Items, ui.Stack{ui.Link{Text: b.Label, Href: b.Href}, ui.Text(": " + ui.Number(b.Value).String())})
	}
	bars.Items = bars.Items[:mostBars]
	return ui.Stack{bars, ui.Details{Summary: ui.Capital(ui.Count(len(rest.Items), "more body", "more bodies")), Content: []ui.Component{rest}}}
}

func longestFirst(bars []ui.Bar) {
	slices.SortStableFunc(bars, func(a, b ui.Bar) int { return cmp.Compare(b.Value, a.Value) })
}

// day is the answer to a question for a day: its beginning, in the zone in which times are shown; zero
// where nothing was answered.
func day(r *http.Request, f *ui.Form, name string) (time.Time, error) {
	return f.Field(name).Day(ui.Now(r).Location())
}
