package index

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"portcullis/internal/drawn"
	"portcullis/policy"
)

// open is one breach: a thing on a host for one cause.
type open struct {
	host  string
	thing Thing
	cause Cause
}

// model is what the index ought to know: the hosts, what holds, and the breaches that its changes have
// opened and not closed.
type model struct {
	drawn.Drawing
	x     *Index
	world *policy.World
	at    time.Time
	hosts map[string]policy.Host
	open  map[open]bool
	heard map[string]uint32

	ages  *Ages
	today int32
	days  map[open]int32 // on which the open ones opened, as far as that is not forgotten
}

func newModel(t *rapid.T) *model {
	m := &model{Drawing: drawn.Drawing{T: t}, x: New(NewDictionary()), hosts: map[string]policy.Host{}, open: map[open]bool{}, today: 20_000, days: map[open]int32{}}
	m.ages = NewAges(m.x)
	return m
}

// TestAgreement holds the index to the single decision: after any sequence of rows, removals, worlds
// and times, every installation of every host is in breach exactly where policy says so of it by
// itself, and the changes that were told add up to the same.
func TestAgreement(t *testing.T) {
	listFew(t)
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		if m.OneIn(2) {
			m.setBasis(m.Drawing.World(), drawn.Day(m.UpTo(7)))
		} else {
			m.load()
		}
		for range 3 + m.UpTo(8) {
			m.step()
			m.check()
		}
	})
}

func (m *model) load() {
	for range m.UpTo(6) {
		h := m.Host()
		m.hosts[h.ID] = h
	}
	err := m.x.Load(func(yield func(string, Row) bool) {
		for id, h := range m.hosts {
			if !yield(id, m.x.dictionary.Row(&h)) {
				return
			}
		}
	})
	if err != nil {
		m.Fatal(err)
	}
	m.setBasis(m.Drawing.World(), drawn.Day(m.UpTo(7)))
}

func (m *model) step() {
	if m.OneIn(3) {
		m.nextDay()
	}
	switch m.UpTo(6) {
	case 0, 1, 2:
		h := m.Host()
		changes, err := m.x.Put(h.ID, m.x.dictionary.Row(&h))
		if err != nil {
			m.Fatal(err)
		}
		m.hosts[h.ID] = h
		m.apply(changes)
	case 3:
		id := drawn.From(m.Drawing, drawn.Hosts)
		delete(m.hosts, id)
		m.apply(m.x.Remove(id))
	case 4:
		m.setBasis(m.world, drawn.Day(m.UpTo(7)))
	default:
		m.setBasis(m.Changed(m.world), m.at)
	}
}

func (m *model) setBasis(w *policy.World, at time.Time) {
	b, err := NewBasis(w, at)
	if err != nil {
		m.Fatal(err)
	}
	if before := m.x.basis; before != nil {
		told := m.x.Diff(before, b)
		m.world, m.at = w, at
		changes := m.x.SetBasis(b)
		if diff := cmp.Diff(spread(changes), spread(told), cmpopts.EquateComparable(open{})); diff != "" {
			m.Fatalf("what was foretold of a basis is not what came (-came +foretold):\n%s", diff)
		}
		m.apply(changes)
		return
	}
	m.world, m.at = w, at
	m.apply(m.x.SetBasis(b))
}

// spread lists every breach of the changes, and whether it opened.
func spread(changes []Change) map[open]bool {
	all := map[open]bool{}
	for _, c := range changes {
		for id := range c.Hosts.All() {
			all[open{id, *c.Thing, c.Cause}] = c.Opened
		}
	}
	return all
}

func (m *model) apply(changes []Change) {
	for _, c := range changes {
		for id := range c.Hosts.All() {
			o := open{id, *c.Thing, c.Cause}
			if m.open[o] == c.Opened {
				m.Fatalf("%+v: told twice that it opened (%t)", o, c.Opened)
			}
			if m.open[o], m.days[o] = c.Opened, m.today; !c.Opened {
				delete(m.open, o)
				delete(m.days, o)
			}
		}
	}
	m.ages.Note(changes, m.today)
}

// expected asks policy itself about every installation.
func (m *model) expected() map[open]bool {
	all := map[open]bool{}
	for id, h := range m.hosts {
		for i := range h.Installed {
			d, err := policy.Decide(m.world, &h, &h.Installed[i], m.at)
			if err != nil {
				m.Fatal(err)
			}
			for _, c := range m.causes(&h, &d) {
				all[open{id, ThingOf(&h.Installed[i]), c}] = true
			}
		}
	}
	return all
}

// causes says which of a decision's findings are breaches, from the contract and not from the index.
func (m *model) causes(h *policy.Host, d *policy.Decision) (causes []Cause) {
	if !d.Breach {
		return nil
	}
	watched := slices.ContainsFunc(m.world.Organisations, func(o policy.Organisation) bool {
		return o.ID == h.Organisation && o.Monitor != nil && o.Monitor.Contains(m.at)
	})
	for _, f := range d.Findings {
		breach := slices.Contains([]policy.Result{policy.Banned, policy.Overdue, policy.Impostor}, f.Result) ||
			!watched && slices.Contains([]policy.Result{policy.Outdated, policy.Unlisted, policy.Unknown}, f.Result)
		switch {
		case breach && len(f.Rules) == 0:
			causes = append(causes, Cause{Result: f.Result})
		case breach:
			for _, r := range f.Rules {
				causes = append(causes, Cause{f.Result, r})
			}
		}
	}
	return causes
}

func (m *model) check() {
	want := m.expected()
	if diff := cmp.Diff(want, m.open, cmpopts.EquateComparable(open{})); diff != "" {
		m.Fatalf("breaches opened and not closed (-policy +index):\n%s", diff)
	}
	got := map[open]bool{}
	for t := range m.x.things {
		for _, b := range m.x.things[t].breaches {
			for id := range m.x.set(b.hosts.appendTo(nil)).All() {
				for _, c := range m.x.outcomes.at(b.outcome).causes {
					got[open{id, *m.x.dictionary.At(uint32(t)), c}] = true
				}
			}
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(open{})); diff != "" {
		m.Fatalf("breaches that the index holds (-policy +index):\n%s", diff)
	}
	m.checkVerdicts()
	m.checkAffected()
	m.hear()
	if m.OneIn(2) { // else what turned is left to be brought up to date another time
		m.checkBreaches()
		m.checkCoverage(want)
		m.checkFind(want)
	}
	m.checkWhere()
	m.checkUnlinked()
	m.checkUnlisted()
}

func (m *model) checkVerdicts() {
	for id, h := range m.hosts {
		host, ds, err := m.x.Verdicts(id)
		if err != nil {
			m.Fatal(err)
		}
		answers := map[Thing]policy.Decision{}
		for i := range ds {
			answers[ThingOf(&host.Installed[i])] = ds[i]
		}
		for i := range h.Installed {
			want, err := policy.Decide(m.world, &h, &h.Installed[i], m.at)
			if err != nil {
				m.Fatal(err)
			}
			if diff := cmp.Diff(want, answers[ThingOf(&h.Installed[i])], cmpopts.IgnoreUnexported(policy.Decision{})); diff != "" {
				m.Fatalf("%s: %s: the decision (-policy +index):\n%s", id, want.Identifier, diff)
			}
		}
	}
}

// checkAffected compares the answer on a draft with a world in which it stands.
func (m *model) checkAffected() {
	draft := m.Rule("draft")
	direct, component, certain, either := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for id, h := range m.hosts {
		for i := range h.Installed {
			switch {
			case m.covered(draft, false, &h, &h.Installed[i]):
				direct[id] = true
			case draft.Components && m.covered(draft, true, &h, &h.Installed[i]):
				component[id] = true
			default:
				continue
			}
			d, err := policy.Decide(m.world, &h, &h.Installed[i], m.at)
			if err != nil {
				m.Fatal(err)
			}
			if either[id] = true; d.Product != "" || draft.Target.Any {
				certain[id] = true
			}
		}
	}
	got, err := m.x.Affected(draft)
	if err != nil {
		m.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(direct)), got.Direct.IDs(), cmpopts.EquateEmpty()); diff != "" {
		m.Fatalf("%+v: hosts covered directly (-want +got):\n%s", draft, diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(component)), got.Component.IDs(), cmpopts.EquateEmpty()); diff != "" {
		m.Fatalf("%+v: hosts covered by components (-want +got):\n%s", draft, diff)
	}
	n, perhaps := 0, map[string]int{}
	for _, o := range got.Organisations {
		n += o.Direct + o.Component
		if o.Perhaps > 0 {
			perhaps[o.Organisation] = o.Perhaps
		}
	}
	for id := range either {
		if o := m.hosts[id].Organisation; !certain[id] {
			if perhaps[o]--; perhaps[o] == 0 {
				delete(perhaps, o)
			}
		}
	}
	if len(perhaps) > 0 || got.Either != len(either) {
		m.Fatalf("%+v: of %d, not %d, more are perhaps covered than there are: %v", draft, len(either), got.Either, perhaps)
	}
	if n != len(direct)+len(component) {
		m.Fatalf("%+v: want %d and %d hosts", got.Organisations, len(direct), len(component))
	}
}

// covered asks policy about the draft in the whole world, with no other rule and no exemption.
func (m *model) covered(draft policy.Rule, components bool, h *policy.Host, in *policy.Installation) bool {
	w := *m.world
	draft.Period, draft.Deadline, draft.Components = policy.Period{From: m.at}, time.Time{}, components
	if draft.Effect == policy.PhaseOut {
		draft.Deadline = m.at
	}
	w.Rules, w.Exemptions = []policy.Rule{draft}, nil
	d, err := policy.Decide(&w, h, in, m.at)
	if err != nil {
		m.Fatal(err)
	}
	for _, f := range d.Findings {
		if slices.Contains(f.Rules, "draft") && (draft.Effect != policy.Allow || f.Result == policy.Allowed) {
			return true
		}
	}
	return false
}
