package devices

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/explain"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

var deviceCrumbs = []ui.Link{{Text: "Devices", Href: "/devices"}}

// crumbsOf lead to a device.
func crumbsOf(h *room.Host) []ui.Link {
	return append(slices.Clone(deviceCrumbs), ui.Link{Text: called(h), Href: DevicePath(h.ID)})
}

// deviceDone is what the page of a device says after a change.
var deviceDone = ui.Done{
	"added":     "The device has been added. What is on it will be known from its first report",
	"changed":   "The device has been changed",
	"moved":     "The device belongs to the other organisation, from the day that you gave or else from now on",
	"there":     "It is there already: nothing was changed",
	"in-use":    "The device is in use again",
	"lost":      "The device counts as lost. It is still judged, for it may report from wherever it is",
	"retired":   "The device has been retired. Reports of it are refused from now on",
	"replaced":  "The device has been replaced. Reports of it are refused from now on",
	"forgotten": "The inventory has been forgotten",
	"asked":     "This has been proposed. Nothing changes until somebody else agrees",
	"agreed":    "You have agreed. What may no longer be stored of the device has been taken off it",
	"refused":   "You have refused. The device stays what it is",
	"back":      "The proposal has been taken back",
}

// devicePath is the page of a device, which says what has been done.
func devicePath(id, done string) string { return DevicePath(id) + "?done=" + done }

func lower(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// device shows one device.
func (a *area) device(w http.ResponseWriter, r *http.Request) error {
	one, err := a.Devices.One(r.Context(), actor(r), idIn(r))
	if err != nil {
		return err
	}
	can, err := a.allowed(r, one.Row.Organisation, people.ChangeDevices, people.ReleaseDevices, people.Ask, people.FetchLists)
	if err != nil {
		return err
	}
	known, err := a.people(r, &one)
	if err != nil {
		return err
	}
	page := ui.Page{Title: called(&one.Host), Caption: a.names().organisation(one.Row.Organisation), Wide: true, Crumbs: deviceCrumbs, Banner: deviceDone.Banner(r)}
	page.Content = append(page.Content, openRelease(r, &one, can, known)...)
	page.Content = append(page.Content, onDevice(r, &one, can)...)
	page.Content = append(page.Content, a.deviceParticulars(r, &one))
	page.Content = append(page.Content, itsLists(&one, can)...)
	page.Content = append(page.Content, deviceActions(&one, can)...)
	page.Content = append(page.Content, everythingOn(&one)...)
	page.Content = append(page.Content, inventories(r, &one, can)...)
	page.Content = append(page.Content, a.deviceHistory(r, &one, known)...)
	return ui.Render(w, r, http.StatusOK, page)
}

// people are the names of those who have had a part in a device's history, by their ids.
func (a *area) people(r *http.Request, one *room.One) (map[string]string, error) {
	var ids []string
	for _, c := range one.Changes {
		ids = append(ids, c.Reporter)
	}
	for _, rel := range one.Releases {
		ids = append(ids, rel.AskedBy, rel.AnsweredBy)
	}
	slices.Sort(ids)
	return a.People.Names(r.Context(), actor(r), slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })...)
}

// whoAsks is the person who has signed in.
func whoAsks(r *http.Request) string { return gate.Who(r.Context()).Person }

// somebody is an actor in words.
func somebody(known map[string]string, id string) string {
	switch {
	case known[id] != "":
		return known[id]
	case strings.HasPrefix(id, "token:"):
		return "a program"
	case id == "command":
		return "the command line"
	case id == "import":
		return imported
	}
	return "somebody"
}

// imported is who an import is from.
const imported = "an import"

func deviceActions(one *room.One, can allowed) []ui.Component {
	if !can[people.ChangeDevices] {
		return nil
	}
	if one.State != room.InUse && one.State != room.Lost {
		return []ui.Component{ui.ButtonGroup{{Text: "Return it to use", Href: DevicePath(one.ID, "state")}}}
	}
	buttons := ui.ButtonGroup{{Text: "Change", Href: DevicePath(one.ID, "change"), Kind: ui.Secondary}}
	if one.Row.Site == "" {
		buttons = append(buttons, ui.Button{Text: "Move", Href: DevicePath(one.ID, "move"), Kind: ui.Secondary})
	}
	buttons = append(buttons, ui.Button{Text: "Lost, retired or replaced", Href: DevicePath(one.ID, "state"), Kind: ui.Secondary})
	if one.Row.Platform == policy.IOS || one.Row.Platform == policy.MacOS {
		buttons = append(buttons, ui.Button{Text: "Lock or erase", Href: DevicePath(one.ID, "lost"), Kind: ui.Secondary})
	}
	if one.Row.Kind == policy.Device && one.Row.Ownership != policy.Personal && openOf(one) == nil {
		buttons = append(buttons, ui.Button{Text: "It becomes personal", Href: DevicePath(one.ID, "release"), Kind: ui.Secondary})
	}
	return []ui.Component{buttons}
}

// itsLists leads to what a device is to have, or why that is nothing.
func itsLists(one *room.One, can allowed) []ui.Component {
	if !can[people.FetchLists] || one.Row.Kind != policy.Device || one.State != room.InUse && one.State != room.Lost {
		return nil
	}
	return []ui.Component{ui.Paragraph{ui.Link{Text: "What this device is to have", Href: "/device-lists?" + url.Values{"host": {one.ID}}.Encode()}}}
}

// openOf is the proposal that waits for an answer, if there is one.
func openOf(one *room.One) *room.Release {
	for i := range one.Releases {
		if one.Releases[i].Open() {
			return &one.Releases[i]
		}
	}
	return nil
}

// openRelease shows the proposal that waits, with what this person can do about it.
func openRelease(r *http.Request, one *room.One, can allowed, known map[string]string) []ui.Component {
	rel := openOf(one)
	if rel == nil {
		return nil
	}
	mine := rel.AskedBy == whoAsks(r)
	shown := ui.Inset{
		ui.Para(ui.Capital(somebody(known, rel.AskedBy)) + " has proposed that it become " + lower(ownershipNames[rel.To]) + ": “" + rel.Reason + "”"),
		ui.Paragraph{ui.Text("Proposed on"), when(r, rel.Asked)},
	}
	switch {
	case mine && can[people.ChangeDevices]:
		shown = append(shown, ui.Paragraph{ui.Text("Somebody else has to agree."), ui.Link{Text: "Take it back", Href: DevicePath(one.ID, "take-back")}})
	case can[people.ReleaseDevices] && !mine:
		shown = append(shown, ui.Paragraph{ui.Link{Text: "Agree or refuse", Href: DevicePath(one.ID, "answer")}})
	default:
		shown = append(shown, ui.Para("Somebody who may agree has to answer."))
	}
	return []ui.Component{shown}
}

func (a *area) deviceParticulars(r *http.Request, one *room.One) ui.Summary {
	h := &one.Host
	rows := []ui.SummaryRow{
		{Key: "Id", Value: ui.ID{Value: h.ID, Of: "device"}},
		{Key: "What it is", Value: ui.Text(whatItIs(h))},
		{Key: "State", Value: stateOf(h)},
	}
	add := func(key string, value ui.Component) { rows = append(rows, ui.SummaryRow{Key: key, Value: value}) }
	if h.Row.Kind == policy.EquipmentHost {
		add("Site", orNone(h.Row.Site))
	} else {
		add("Holder", orNone(h.Row.Holder))
		add("Groups", orNone(strings.Join(h.Row.Groups, ", ")))
		add("Last heard from", heardCell(r, &one.ListedHost))
	}
	if h.Row.Ownership != policy.Personal && (h.State == room.InUse || h.State == room.Lost) {
		add("In breach", ui.Text(ui.Capital(ui.Count(one.Breaches, "installation", "installations"))))
	}
	add("Known here since", when(r, h.Enrolled))
	return ui.Summary{Rows: rows}
}

func stateOf(h *room.Host) ui.Component {
	if h.State == room.Replaced {
		return ui.Line{ui.Text("Replaced by"), ui.Link{Text: h.ReplacedBy, Href: DevicePath(h.ReplacedBy)}}
	}
	return ui.Text(stateNames[h.State])
}

func orNone(text string) ui.Component {
	if text == "" {
		return ui.Muted("Not given")
	}
	return ui.Text(text)
}

// onDevice shows what comes first of a device: what is in breach, with the reasons and what to do.
func onDevice(r *http.Request, one *room.One, can allowed) (shown []ui.Component) {
	switch {
	case one.State != room.InUse && one.State != room.Lost:
		return append(shown, ui.Para("It is not in use, so nothing is judged. What was on it can be seen as it was on another day."), pastLink(one.ID))
	case one.Unjudged:
		shown = append(shown, ui.Warning("Its organisation is not known to the rules as yet: nothing on it is judged."))
	}
	if note := notStored(one.Row.Ownership); note != "" {
		shown = append(shown, ui.Inset{ui.Para(note)})
	}
	if one.Row.Ownership == policy.Personal {
		return shown
	}
	breaches := breachesOn(r, one.Installed, func(in *room.Installed) ui.ButtonGroup { return askAbout(one, in, can) })
	if len(breaches) == 0 {
		return append(append(shown, ui.Para("Nothing on it is in breach, as far as is known.")), exemptOn(one)...)
	}
	shown = append(shown, ui.Heading("Why it is in breach"))
	at := DevicePath(one.ID, "breaches")
	shown = append(append(shown, breaches...), ui.Paragraph{
		ui.Text("For whoever manages it:"), ui.Link{Text: "all of this as CSV", Href: at}, ui.Text("or"), ui.Link{Text: "as JSON", Hidden: "all of this", Href: at + "?as=json"},
	})
	return append(shown, exemptOn(one)...)
}

// exemptOn shows what would be in breach on a device but for an exemption, which is not to be sought among all else.
func exemptOn(one *room.One) []ui.Component {
	exempt := slices.DeleteFunc(slices.Clone(one.Installed), func(in room.Installed) bool { return in.Decision.Verdict != policy.Exempt })
	if len(exempt) == 0 {
		return nil
	}
	return []ui.Component{installedTable("Exempt on it", one.ID, exempt, "", "")}
}

// everythingOn is everything that is on a device, folded.
func everythingOn(one *room.One) []ui.Component {
	if one.Row.Ownership == policy.Personal || one.State != room.InUse && one.State != room.Lost {
		return nil
	}
	table := installedTable("Everything on it", one.ID, one.Installed, "", "Nothing is known to be installed on it. It will be known from the next report.")
	return []ui.Component{ui.Details{Summary: "Everything on it: " + ui.Count(len(one.Installed), "app", "apps"), Content: []ui.Component{table}}, pastLink(one.ID)}
}

// notStored says what is not stored of a device that is somebody's own, and why.
func notStored(o policy.Ownership) string {
	switch o {
	case policy.Personal:
		return "It is somebody’s own. Nothing that is installed on it is stored, and nothing is judged: a body decides what is on its own devices, and what people have on theirs is their business. Whoever holds it can ask whether an app is advisable, and nothing is kept of that."
	case policy.ManagedPersonal:
		return "It is somebody’s own, with a part that is managed for work. Only what is said to be managed is stored and judged; the rest is its holder’s business, and is left out before anything is stored."
	}
	return ""
}

func pastLink(id string) ui.Component {
	return ui.Paragraph{ui.Link{Text: "See it as it was on another day", Href: DevicePath(id, "past")}}
}

// breachesOn shows each breach that is explained, with what may be asked for.
func breachesOn(r *http.Request, installed []room.Installed, ask func(*room.Installed) ui.ButtonGroup) (shown []ui.Component) {
	breaches := 0
	told := 0
	for i := range installed {
		in := &installed[i]
		if !in.Decision.Breach {
			break
		}
		if breaches++; in.Why != nil {
			told++
			shown = append(shown, explained(r, in))
			if ways := ask(in); len(ways) > 0 {
				shown = append(shown, ways)
			}
		}
	}
	if more := breaches - told; more > 0 {
		shown = append(shown, ui.Para(ui.Capital(ui.Count(more, "more is", "more are"))+" in breach: the table below has them, each with its reasons."))
	}
	return shown
}

// explained shows one installation with the reasons for its verdict and what would change it.
func explained(r *http.Request, in *room.Installed) ui.Component {
	rows := []ui.SummaryRow{{Key: "Verdict", Value: ui.Text(ui.Capital(explain.Verdict(in.Decision.Verdict, in.Decision.Breach)))}}
	add := func(key string, value ui.Component) { rows = append(rows, ui.SummaryRow{Key: key, Value: value}) }
	if row, noted := since(r, in); noted {
		add("In breach since", row)
	}
	add("Why", paragraphs(in.Why.Reasons))
	if len(in.Why.Ways) > 0 {
		add("What would change it", paragraphs(in.Why.Ways))
	}
	if len(in.Why.Changes) > 0 {
		var all []string
		for _, c := range in.Why.Changes {
			all = append(all, "From "+explain.Date(c.At)+" on it is "+explain.Verdict(c.Verdict, c.Breach)+".")
		}
		add("What time will do", paragraphs(all))
	}
	if len(in.Sources) > 0 {
		add("Who says it is there", ui.Text(tools(in.Sources)))
	}
	if ways := readOn(r, in); len(ways) > 0 {
		add("To read on", stacked(ways))
	}
	return ui.Summary{Title: cmp.Or(in.Called.Name, in.Called.Identifier) + version0(in.Called.Version), Rows: rows}
}

// readOn leads from a verdict to the app and to the rules and exemptions that it rests on; from what is not known, to
// where one says what it is.
func readOn(r *http.Request, in *room.Installed) (ways []ui.Component) {
	if in.Called.Product != "" {
		ways = append(ways, ui.Link{Text: in.Called.Name, Href: AppPath(in.Called.Product)})
	}
	var rules, exemptions []string
	for _, f := range in.Decision.Findings {
		rules, exemptions = append(rules, f.Rules...), append(exemptions, f.Exemptions...)
	}
	for _, id := range sorted(rules) {
		ways = append(ways, ui.Link{Text: "Rule " + id, Href: RulePath(id)})
	}
	for _, id := range sorted(exemptions) {
		if !named(in.Why.Reasons, id) {
			continue // it is marked, and not for everybody to know of
		}
		ways = append(ways, ui.Link{Text: "Exemption " + id, Href: gate.Path("exemptions", pathID(id))})
	}
	if d := &in.Decision; d.Verdict == policy.Unknown && d.Platform != 0 {
		say := gate.Place{Link: ui.Link{Text: sayWhat, Hidden: ": " + d.Identifier, Href: linkPath(d.Platform, d.Identifier)}, Permission: people.LinkIdentifiers, Everywhere: true}
		if say.Shown(gate.Who(r.Context())) {
			ways = append(ways, say.Link)
		}
	}
	return ways
}

// named tells whether reasons name an exemption.
func named(reasons []string, exemption string) bool {
	return slices.ContainsFunc(reasons, func(reason string) bool { return strings.Contains(reason, "xemption "+exemption+" ") })
}

// sorted are words in their order, each once.
func sorted(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// since is since when something is in breach for what its verdict says, and where it was for something else before, since
// when for that as well.
func since(r *http.Request, in *room.Installed) (row ui.Stack, noted bool) {
	for _, o := range []room.Opening{in.Since, in.Before} {
		if o.At.IsZero() {
			continue
		}
		line := ui.Line{when(r, o.At), ui.Text(triggers[o.By])}
		if !in.Before.At.IsZero() {
			line = append(ui.Line{ui.Text(causeWords[o.For] + ":")}, line...)
		}
		row = append(row, ui.Paragraph{line})
	}
	return row, len(row) > 0
}

// tool is who an inventory is from, in words: a tool by its name.
func tool(source string) string {
	if source == room.WorldSource {
		return "a file that was imported"
	}
	return source
}

// toolTitle is the same at the beginning of a text: a tool's name stays as it is spelt.
func toolTitle(source string) string {
	if source == room.WorldSource {
		return "A file that was imported"
	}
	return source
}

// sentBy is a tool, and who sent what it says.
func sentBy(source, sender string) string {
	if source == room.WorldSource && sender == imported {
		return toolTitle(source)
	}
	return toolTitle(source) + ", " + sender
}

func tools(sources []string) string {
	var names []string
	for _, s := range sources {
		names = append(names, tool(s))
	}
	return strings.Join(names, ", ")
}

// triggers say why a breach opened.
var triggers = map[room.Trigger]string{
	room.ByReport: "when a report came or the device changed", room.ByDecision: "when something was decided", room.ByTime: "when a date came",
	room.ByReconciling: "or earlier: it was found so then",
}

func version0(v string) string {
	if v == "" {
		return ""
	}
	return " " + v
}

// paragraphs are texts one below the other.
func paragraphs(texts []string) ui.Component {
	var all ui.Stack
	for _, text := range texts {
		all = append(all, ui.Para(text))
	}
	return all
}

// installedTable shows everything on a device. query says which day is looked at.
func installedTable(caption, id string, installed []room.Installed, query, empty string) ui.Component {
	table := ui.Table{
		Caption: caption, Columns: []ui.Column{{Title: "App"}, {Title: "Version"}, {Title: "Verdict"}, {Title: "Reasons", Unseen: true}},
		Empty: ui.Empty{Text: empty},
	}
	for i := range installed {
		in := &installed[i]
		values, _ := url.ParseQuery(query)
		values.Set("thing", strconv.FormatUint(uint64(in.Thing), 10))
		table.Rows = append(table.Rows, ui.Row{
			calledCell(in.Called), orNone(in.Called.Version), verdictCell(&in.Decision),
			ui.Link{Text: "Why", Hidden: "this is said of " + cmp.Or(in.Called.Name, in.Called.Identifier), Href: DevicePath(id, "why") + "?" + values.Encode()},
		})
	}
	return table
}

// calledCell is something that is installed, by its name, with the identifier below.
func calledCell(c room.Called) ui.Component {
	if c.Name == "" {
		return ui.Text(c.Identifier)
	}
	link := ui.Link{Text: c.Name}
	if c.Product != "" {
		link.Href = AppPath(c.Product)
	}
	return ui.Named{Link: link, More: ui.Muted(c.Identifier)}
}

// verdictCell is a verdict in words; the colour repeats them.
func verdictCell(d *policy.Decision) ui.Component {
	words, rest, _ := strings.Cut(ui.Capital(explain.Verdict(d.Verdict, d.Breach)), ", ")
	tone := ui.Neutral
	switch {
	case d.Breach:
		return ui.Line{ui.Tag{Text: "In\u00a0breach", Tone: ui.Bad}, ui.Text(lower(words))}
	case d.Verdict == policy.Allowed || d.Verdict == policy.Permitted:
		tone = ui.Good
	case d.Verdict == policy.Exempt:
		tone = ui.Special
	case d.Verdict == policy.PhasingOut || rest != "":
		tone = ui.Waiting
	}
	line := ui.Line{ui.Tag{Text: words, Tone: tone}}
	if rest != "" {
		line = append(line, ui.Muted(rest))
	}
	return line
}

// inventories shows who says what is on a device.
func inventories(r *http.Request, one *room.One, can allowed) []ui.Component {
	if one.Row.Kind != policy.Device || one.Row.Ownership == policy.Personal {
		return nil
	}
	table := ui.Table{
		Caption: "Inventories", Unseen: true, Columns: []ui.Column{{Title: "Tool"}, {Title: "Taken"}, {Title: "What it names"}},
		Empty: ui.Empty{Text: "No tool has sent an inventory of it yet."},
	}
	forgets := can[people.ChangeDevices] && (one.State == room.InUse || one.State == room.Lost)
	if forgets {
		table.Columns = append(table.Columns, ui.Column{Title: "What you can do", Unseen: true})
	}
	for i := range one.Sources {
		s := &one.Sources[i]
		names := "All that it finds"
		if s.Partial {
			names = "A part: what it does not name may be there all the same"
		}
		row := ui.Row{ui.Text(toolTitle(s.Name)), ui.Time{At: taken(s.Taken).Time(), Now: ui.Now(r), Else: "not said"}, ui.Text(names)}
		if forgets {
			row = append(row, ui.Link{Text: "Forget", Hidden: "the inventory from " + tool(s.Name), Href: DevicePath(one.ID, "forget") + "?" + url.Values{"source": {s.Name}}.Encode()})
		}
		table.Rows = append(table.Rows, row)
	}
	return []ui.Component{ui.Details{Summary: "Who says so", Content: []ui.Component{table}}}
}

// taken is a time of an inventory; zero where a world file did not say one.
func taken(t people.Time) people.Time {
	if t.Time().Year() <= 1 {
		return people.Time{}
	}
	return t
}

// deviceHistory shows what was known of a device when.
func (a *area) deviceHistory(r *http.Request, one *room.One, known map[string]string) []ui.Component {
	changes := ui.Table{
		Caption: "What came and went", Columns: []ui.Column{{Title: "Recorded"}, {Title: "Taken"}, {Title: "Tool and sender"}, {Title: "Came"}, {Title: "Went"}},
		Empty: ui.Empty{Text: "Nothing has come or gone as yet."},
	}
	for _, c := range one.Changes {
		changes.Rows = append(changes.Rows, ui.Row{
			ui.Time{At: c.Recorded.Time(), Now: ui.Now(r), Short: true}, ui.Time{At: taken(c.Taken).Time(), Now: ui.Now(r), Short: true, Else: "not said"},
			ui.Text(sentBy(c.Source, somebody(known, c.Reporter))), things(c.Came), things(c.Went),
		})
	}
	names := a.names()
	standings := ui.Table{
		Caption: "What it was, and when that was known", Columns: []ui.Column{{Title: "What it was"}, {Title: "From"}, {Title: "Until"}, {Title: "Recorded"}, {Title: "Known until"}},
		Empty: ui.Empty{Text: "Nothing has been recorded."},
	}
	for _, s := range one.Standings {
		standings.Rows = append(standings.Rows, ui.Row{
			standing(names, s.Attributes), ui.Time{At: taken(s.From).Time(), Now: ui.Now(r), Short: true, Else: "always"}, ui.Time{At: s.Until.Time(), Now: ui.Now(r), Short: true, Else: "no end"},
			ui.Time{At: s.Recorded.Time(), Now: ui.Now(r), Short: true}, ui.Time{At: s.Replaced.Time(), Now: ui.Now(r), Short: true, Else: "now"},
		})
	}
	shown := []ui.Component{standings}
	if one.Row.Ownership == policy.Personal {
		shown = append(shown, ui.Para("What was on it while it belonged to an organisation, if it ever did, is shown for a day that is asked about, and not here."), pastLink(one.ID))
	} else {
		shown = append(shown, changes)
	}
	if one.More > 0 && one.Row.Ownership != policy.Personal {
		shown = append(shown, ui.Para(ui.Capital(ui.Count(one.More, "older change is", "older changes are"))+" not shown here."))
	}
	if answered := releasesTable(r, one.Releases, known, false); len(answered.Rows) > 0 {
		shown = append(shown, answered)
	}
	return []ui.Component{ui.Details{Summary: "What was known when", Content: shown}}
}

// standing is what a device was, in a table.
func standing(n names, s room.Attributes) ui.Component {
	return ui.Named{Link: ui.Link{Text: n.organisation(s.Organisation)}, More: ui.Muted(ui.Capital(particularsOf(s)))}
}

// particularsOf is what a device was, its organisation apart.
func particularsOf(s room.Attributes) string {
	var parts []string
	if o, ok := policy.ParseOwnership(s.Ownership); ok {
		parts = append(parts, lower(ownershipNames[o]))
	}
	if p, ok := policy.ParsePlatform(s.Platform); ok {
		parts = append(parts, systemNames[p])
	}
	if s.Kind == policy.EquipmentHost.String() {
		parts = append(parts, "equipment")
	}
	if s.Site != "" {
		parts = append(parts, "at "+s.Site)
	}
	if s.Holder != "" {
		parts = append(parts, "held by "+s.Holder)
	}
	if len(s.Groups) > 0 {
		parts = append(parts, "in "+strings.Join(s.Groups, ", "))
	}
	return strings.Join(parts, ", ")
}

// maxThings is how many things a cell names.
const maxThings = 5

// things are what came or went, in words: the first of them by name, the rest by number.
func things(all []room.Called) ui.Component {
	var names []string
	for i, c := range all {
		if i == maxThings {
			names = append(names, "and "+ui.Count(len(all)-i, "other", "others"))
			break
		}
		names = append(names, cmp.Or(c.Name, c.Identifier)+version0(c.Version))
	}
	if len(names) == 0 {
		return ui.Muted("Nothing")
	}
	return ui.Text(strings.Join(names, ", "))
}
