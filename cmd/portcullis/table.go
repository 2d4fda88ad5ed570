package main

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"portcullis/platform"
	"portcullis/policy"
	"portcullis/policy/explain"
)

// table prints decisions for people: what is in breach first, what is the same on many hosts once.
type table struct {
	estate   *estate
	terminal terminal
	products map[string]string // names by id
	groups   map[groupKey]*group
	verdicts map[verdict]int // installations by verdict
}

type verdict struct {
	result policy.Result
	breach bool
}

// groupKey is what makes decisions one row.
type groupKey struct {
	verdict
	product, identifier string
	platform            policy.Platform
	by                  string
}

type group struct {
	hosts int
	where []string // the first few
}

// How much is shown before the rest is only counted.
const (
	shownHosts  = 3
	shownGroups = 40
	// mostLookedUp is how many unknown names are compared with all products.
	mostLookedUp = 500
)

// sections are the verdicts in the order in which they are shown, the worst first, with what is
// said of them. What is allowed or permitted is only counted.
var sections = []struct {
	verdict
	title, colour string
}{
	{verdict{policy.Banned, true}, "Banned", red},
	{verdict{policy.Overdue, true}, "Overdue for removal", red},
	{verdict{policy.Impostor, true}, "Signed by somebody else", red},
	{verdict{policy.Outdated, true}, "Too old a version", red},
	{verdict{policy.Unlisted, true}, "Not on the list", red},
	{verdict{policy.Unknown, true}, "Not known", red},
	{verdict{policy.Outdated, false}, "Too old a version, watched for now", yellow},
	{verdict{policy.Unlisted, false}, "Not on the list, watched for now", yellow},
	{verdict{policy.Unknown, false}, "Not known, watched for now", yellow},
	{verdict{policy.PhasingOut, false}, "To be phased out", yellow},
	{verdict{policy.Exempt, false}, "Exempt", yellow},
	{verdict{policy.Unidentified, false}, "Equipment that is not identified", yellow},
	{verdict{policy.Advised, false}, "On personal devices: advice only", dim},
}

func newTable(e *estate, t terminal) *table {
	products := make(map[string]string, len(e.world.World.Products))
	for i := range e.world.World.Products {
		p := &e.world.World.Products[i]
		products[p.ID] = cmp.Or(p.Name, p.ID)
	}
	return &table{estate: e, terminal: t, products: products, groups: map[groupKey]*group{}, verdicts: map[verdict]int{}}
}

type tableStretch struct {
	groups   map[groupKey]*group
	verdicts map[verdict]int
}

func (t *table) stretch() stretch {
	return &tableStretch{map[groupKey]*group{}, map[verdict]int{}}
}

func (s *tableStretch) host(h *policy.Host, judged []*policy.Decision) {
	for _, d := range judged {
		v := verdict{d.Verdict, d.Breach}
		s.verdicts[v]++
		if d.Verdict == policy.Allowed || d.Verdict == policy.Permitted {
			continue
		}
		key := groupKey{v, d.Product, d.Identifier, d.Platform, by(d)}
		g := s.groups[key]
		if g == nil {
			g = &group{}
			key.identifier = strings.Clone(key.identifier) // the host's other texts need not be kept with it
			s.groups[key] = g
		}
		g.hosts++
		if len(g.where) < shownHosts {
			g.where = append(g.where, strings.TrimSuffix(h.ID+" "+d.Version, " "))
		}
	}
}

// by names the rules and exemptions that made the verdict.
func by(d *policy.Decision) string {
	var ids []string
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Result == d.Verdict || d.Verdict == policy.Exempt && f.Result == policy.Lifted || d.Verdict == policy.Advised && f.Question != policy.ListingQuestion {
			ids = append(ids, f.Rules...)
			ids = append(ids, f.Exemptions...)
		}
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), ", ")
}

func (t *table) take(_ *bufio.Writer, s stretch) error {
	from := s.(*tableStretch)
	for v, n := range from.verdicts {
		t.verdicts[v] += n
	}
	for key, g := range from.groups {
		into := t.groups[key]
		if into == nil {
			t.groups[key] = g
			continue
		}
		into.hosts += g.hosts
		into.where = append(into.where, g.where...)
		into.where = into.where[:min(len(into.where), shownHosts)]
	}
	return nil
}

func (t *table) end(out *bufio.Writer, total *tally) error {
	bySection := map[verdict][]groupKey{}
	for key := range t.groups {
		bySection[key.verdict] = append(bySection[key.verdict], key)
	}
	for _, s := range sections {
		keys := bySection[s.verdict]
		if len(keys) == 0 {
			continue
		}
		slices.SortFunc(keys, func(a, b groupKey) int {
			return cmp.Or(cmp.Compare(t.groups[b].hosts, t.groups[a].hosts), strings.Compare(t.name(a), t.name(b)), strings.Compare(a.identifier, b.identifier), cmp.Compare(a.platform, b.platform), strings.Compare(a.by, b.by))
		})
		heading := fmt.Sprintf("%s (%s)", s.title, count(t.verdicts[s.verdict], "installation", "installations"))
		if s.breach {
			heading = "IN BREACH  " + heading
		}
		fmt.Fprintln(out, t.terminal.paint(bold+s.colour, heading))
		t.rows(out, keys)
		fmt.Fprintln(out)
	}
	t.suggestions(out)
	return t.sentence(out, total)
}

// name is what a row is called: the product's name or, where none was found, what an inventory
// calls it, with a question mark.
func (t *table) name(k groupKey) string {
	if k.product != "" {
		return t.products[k.product]
	}
	if f := t.estate.fleet; f != nil && f.names[k.identifier].name != "" {
		return "? " + f.names[k.identifier].name
	}
	return "?"
}

func (t *table) rows(out *bufio.Writer, keys []groupKey) {
	shown := keys[:min(len(keys), shownGroups)]
	rows := make([][]string, 0, len(shown)+1)
	rows = append(rows, []string{"WHAT", "IDENTIFIER", "ON", "HOSTS", "WHERE", "BECAUSE OF"})
	for _, key := range shown {
		g := t.groups[key]
		where := strings.Join(g.where, ", ")
		if more := g.hosts - len(g.where); more > 0 {
			where += fmt.Sprintf(" and %d more", more)
		}
		rows = append(rows, []string{t.name(key), key.identifier, key.platform.String(), strconv.Itoa(g.hosts), where, key.by})
	}
	writeColumns(out, t.terminal, rows, "  ", 3)
	if more := len(keys) - len(shown); more > 0 {
		fmt.Fprintf(out, "  … and %d more rows; --format json or csv gives them all.\n", more)
	}
}

// suggestions lists what went by a name alone and matched nothing, with what it may be.
func (t *table) suggestions(out *bufio.Writer) {
	if t.estate.fleet == nil {
		return
	}
	unmatched := map[string]policy.Platform{}
	for key := range t.groups {
		if _, named := t.estate.fleet.names[key.identifier]; named && key.product == "" {
			unmatched[key.identifier] = key.platform
		}
	}
	if len(unmatched) == 0 {
		return
	}
	suggester := platform.NewSuggester(&t.estate.world.World)
	identities := slices.Sorted(maps.Keys(unmatched))
	rows := [][]string{{"LISTED AS", "PUBLISHER", "MAY BE", "CONFIDENCE", "BECAUSE"}}
	nothing, unseen := 0, 0
	for i, id := range identities {
		if len(rows) > shownGroups || i == mostLookedUp {
			unseen = len(identities) - i
			break
		}
		app := t.estate.fleet.names[id]
		suggestions := suggester.For(app.name, app.publisher)
		if len(suggestions) == 0 {
			nothing++
		}
		for n, s := range suggestions {
			first := []string{"", ""}
			if n == 0 {
				first = []string{app.name, app.publisher}
			}
			rows = append(rows, append(first, s.Product, fmt.Sprintf("%.0f%%", 100*s.Confidence), s.Why))
		}
	}
	fmt.Fprintln(out, t.terminal.paint(bold, "What the unknown ones may be"))
	if len(rows) > 1 {
		writeColumns(out, t.terminal, rows[:min(len(rows), 1+shownGroups)], "  ", 3)
		fmt.Fprintln(out, "  These are suggestions: nothing is matched until a person adds the identifier, as it stands in the")
		fmt.Fprintf(out, "  table above, to the product's identifiers (an app known by its name alone goes by %q and the name).\n", platform.NamePrefix)
	}
	if nothing > 0 {
		fmt.Fprintf(out, "  No product of the world resembles %s.\n", count(nothing, "of them", "of them"))
	}
	if unseen > 0 {
		fmt.Fprintf(out, "  %s more were not looked up: link these first.\n", number(unseen))
	}
	fmt.Fprintln(out)
}

// sentence ends the table with what it comes to, and what that does not cover.
func (t *table) sentence(out *bufio.Writer, total *tally) error {
	on := explain.Date(t.estate.at)
	switch {
	case total.hosts == 0:
		return t.estate.unknowns(out, total)
	case total.breaches == 0:
		fmt.Fprintf(out, "%s Of %s on %s, none is in breach", t.terminal.paint(bold+green, "Nothing is in breach."), count(total.installations, "installation", "installations"), count(total.hosts, "host", "hosts"))
	default:
		fmt.Fprintf(out, "%s %s of %s, on %s of %s", t.terminal.paint(bold+red, "In breach:"), number(total.breaches), count(total.installations, "installation", "installations"), number(total.breachingHosts), count(total.hosts, "host", "hosts"))
	}
	if allowed := t.verdicts[verdict{policy.Allowed, false}] + t.verdicts[verdict{policy.Permitted, false}]; allowed > 0 {
		fmt.Fprintf(out, "; %s allowed or permitted", number(allowed))
	}
	fmt.Fprintf(out, ". Judged as at %s.\n", on)
	return t.estate.unknowns(out, total)
}
