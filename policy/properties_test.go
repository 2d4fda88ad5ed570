package policy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/policy"
)

// answer is a decision with the paths of its rules, in memory of its own: what the compiled form
// gives is written over by the next decision. No rules and an empty list of rules are the same.
type answer struct {
	Identifier string
	Platform   policy.Platform
	Product    string
	Version    string
	Verdict    policy.Result
	Breach     bool
	Findings   []policy.Finding
	Paths      map[string][]string
}

func answerOf(d *policy.Decision, path func(rule string) []string) answer {
	a := answer{d.Identifier, d.Platform, d.Product, d.Version, d.Verdict, d.Breach, nil, map[string][]string{}}
	for _, f := range d.Findings {
		f.Rules, f.Exemptions = append([]string{}, f.Rules...), append([]string{}, f.Exemptions...)
		a.Findings = append(a.Findings, f)
		for _, rule := range f.Rules {
			a.Paths[rule] = append([]string{}, path(rule)...)
		}
	}
	return a
}

// finding is the answer's to that question, or one without result.
func (a answer) finding(q policy.Question) policy.Finding {
	for _, f := range a.Findings {
		if f.Question == q {
			return f
		}
	}
	return policy.Finding{}
}

// answers judges all that is installed on h through the compiled form, one after the other.
func answers(t *rapid.T, w *policy.World, h *policy.Host, at time.Time) []answer {
	p, s := subject(t, w, h, at)
	var all []answer
	var d policy.Decision
	for i := range h.Installed {
		in := &h.Installed[i]
		s.Decide(in, &d)
		all = append(all, answerOf(&d, func(rule string) []string { return p.Path(&d, rule) }))
	}
	return all
}

func subject(t *rapid.T, w *policy.World, h *policy.Host, at time.Time) (*policy.Policy, policy.Subject) {
	p, err := policy.Compile(w, at)
	if err != nil {
		t.Fatalf("compile at %s: %v\n%s", at, err, show(w, h))
	}
	s, err := p.Subject(h)
	if err != nil {
		t.Fatalf("subject %s: %v\n%s", h.ID, err, show(w, h))
	}
	return p, s
}

func referenceAnswers(w *policy.World, h *policy.Host, at time.Time) []answer {
	var all []answer
	for i := range h.Installed {
		d, paths := referenceDecide(w, h, &h.Installed[i], at)
		all = append(all, answerOf(&d, func(rule string) []string { return paths[rule] }))
	}
	return all
}

// Agreement.

// TestCompiledAgreesWithReference asks both about the same installations: first one at a time, with
// the memory of the decision used again, then all of a host at once.
func TestCompiledAgreesWithReference(t *testing.T) {
	const batches = 5 // of as many worlds as rapid is told to draw
	for range batches {
		rapid.Check(t, func(t *rapid.T) {
			c := drawCase(t)
			hosts := []*policy.Host{c.h, c.host(), c.host()}
			var memory []policy.Decision
			for _, at := range instants {
				for _, h := range hosts {
					memory = agree(t, c.w, h, at, memory)
				}
			}
		})
	}
}

func agree(t *rapid.T, w *policy.World, h *policy.Host, at time.Time, memory []policy.Decision) []policy.Decision {
	want := referenceAnswers(w, h, at)
	if diff := cmp.Diff(want, answers(t, w, h, at)); diff != "" {
		t.Fatalf("at %s the compiled form (+) differs from the contract (-):\n%s\n%s", at, diff, show(w, h))
	}
	p, s := subject(t, w, h, at)
	memory = s.DecideAll(h.Installed, memory)
	if diff := cmp.Diff(want, answersOf(p, memory)); diff != "" {
		t.Fatalf("at %s all at once (+) differ from the contract (-):\n%s\n%s", at, diff, show(w, h))
	}
	return memory
}

func answersOf(p *policy.Policy, decisions []policy.Decision) []answer {
	var all []answer
	for i := range decisions {
		all = append(all, answerOf(&decisions[i], func(rule string) []string { return p.Path(&decisions[i], rule) }))
	}
	return all
}

// TestDecideAgreesWithReference is the same for the call that compiles for one decision.
func TestDecideAgreesWithReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		at := pick(t, "at", instants)
		got, err := policy.Decide(c.w, c.h, &c.h.Installed[0], at)
		if err != nil {
			t.Fatalf("%v\n%s", err, show(c.w, c.h))
		}
		want, paths := referenceDecide(c.w, c.h, &c.h.Installed[0], at)
		path := func(rule string) []string { return paths[rule] } // Decide gives none
		if diff := cmp.Diff(answerOf(&want, path), answerOf(&got, path)); diff != "" {
			t.Fatalf("at %s Decide (+) differs from the contract (-):\n%s\n%s", at, diff, show(c.w, c.h))
		}
	})
}

// What follows from the contract.

// compare draws a case and changes of its world, and judges at every instant before and after.
func compare(t *testing.T, change func(drawnCase) (after *policy.World, ok bool), check func(before, after answer) string) {
	const changes = 12 // of each world, since most do not touch what is installed
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		for range changes {
			if changed, ok := change(c); ok {
				c.compare(t, changed, check)
			}
		}
	})
}

func (c drawnCase) compare(t *rapid.T, changed *policy.World, check func(before, after answer) string) {
	for _, at := range instants {
		before, after := answers(t, c.w, c.h, at), answers(t, changed, c.h, at)
		for i := range before {
			if fault := check(before[i], after[i]); fault != "" {
				t.Fatalf("at %s, installed[%d]: %s\nbefore %+v\nafter  %+v\n%s", at, i, fault, before[i], after[i], show(changed, c.h))
			}
		}
	}
}

// withRule is w and one more rule. Its id comes first, last or in between.
func (c drawnCase) withRule(effects ...policy.Effect) *policy.World {
	w := *c.w
	rule := c.rule(pick(c.t, "added id", []string{"A", "r100", "zz"}), pick(c.t, "added effect", effects))
	w.Rules = append(slices.Clone(w.Rules), rule)
	return &w
}

func TestAddingAnExemptionNeverMakesABreach(t *testing.T) {
	compare(t, func(c drawnCase) (*policy.World, bool) {
		e, ok := c.exemption("added")
		w := *c.w
		w.Exemptions = append(slices.Clone(w.Exemptions), e)
		return &w, ok
	}, func(before, after answer) string {
		if after.Breach && !before.Breach {
			return "an exemption made a breach"
		}
		return ""
	})
}

func TestAddingABanOrPhaseOutNeverEndsABreach(t *testing.T) {
	compare(t, func(c drawnCase) (*policy.World, bool) {
		return c.withRule(policy.Ban, policy.PhaseOut), true
	}, func(before, after answer) string {
		if before.Breach && !after.Breach {
			return "a ban or phase-out ended a breach"
		}
		return ""
	})
}

func TestAddingAnAllowRuleNeverHidesABan(t *testing.T) {
	compare(t, func(c drawnCase) (*policy.World, bool) {
		return c.withRule(policy.Allow), true
	}, hidesBan)
}

func TestAddingAComponentNeverHidesABan(t *testing.T) {
	compare(t, func(c drawnCase) (*policy.World, bool) {
		w := *c.w
		w.Products = slices.Clone(w.Products)
		p := &w.Products[rapid.IntRange(0, len(w.Products)-1).Draw(c.t, "changed product")]
		added := c.component([]string{pick(c.t, "added component", c.w.Products).ID})
		p.Contains = append(slices.Clone(p.Contains), added)
		return &w, true
	}, hidesBan)
}

// hidesBan: what was banned stays so, by the same rules or more; what was lifted stays a finding.
func hidesBan(before, after answer) string {
	was, is := before.finding(policy.BanQuestion), after.finding(policy.BanQuestion)
	if was.Result != 0 && is.Result == 0 || was.Result == policy.Banned && is.Result != policy.Banned {
		return "the ban is hidden"
	}
	for _, rule := range was.Rules {
		if was.Result == is.Result && !slices.Contains(is.Rules, rule) {
			return fmt.Sprintf("rule %s is gone from the ban finding", rule)
		}
	}
	return ""
}

// TestTimeAloneChangesNothing: between two of the dates in the world every answer is the same, and
// those dates are where the compiled form says that it begins and ends to be right.
func TestTimeAloneChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		for _, at := range instants {
			p, err := policy.Compile(c.w, at)
			if err != nil {
				t.Fatal(err)
			}
			last, next := datesAround(c.w, at)
			if !p.ValidFrom().Equal(last) || !p.ValidUntil().Equal(next) {
				t.Fatalf("at %s: valid from %s until %s, want %s until %s\n%s", at, p.ValidFrom(), p.ValidUntil(), last, next, show(c.w, c.h))
			}
			now := answers(t, c.w, c.h, at)
			for _, later := range instants {
				if later.Before(at) || !next.IsZero() && !later.Before(next) {
					continue
				}
				if diff := cmp.Diff(now, answers(t, c.w, c.h, later)); diff != "" {
					t.Fatalf("from %s to %s, between two dates:\n%s\n%s", at, later, diff, show(c.w, c.h))
				}
			}
		}
	})
}

// datesAround are the last date of the world that is not after at, and the first that is; zero
// where there is none.
func datesAround(w *policy.World, at time.Time) (last, next time.Time) {
	for _, date := range slices.SortedFunc(slices.Values(datesOf(w)), time.Time.Compare) {
		if !date.After(at) {
			last = date
		} else if next.IsZero() {
			next = date
		}
	}
	return last, next
}

// datesOf is every date in w, zeros and doubles among them.
func datesOf(w *policy.World) []time.Time {
	var all []time.Time
	add := func(p policy.Period) { all = append(all, p.From, p.Until) }
	for _, o := range w.Organisations {
		if o.Monitor != nil {
			add(o.Monitor.Period)
		}
	}
	for _, s := range w.Suppliers {
		for _, e := range s.OwnedBy {
			add(e.Period)
		}
	}
	for _, p := range w.Products {
		for _, e := range p.MadeBy {
			add(e.Period)
		}
	}
	for _, rule := range w.Rules {
		add(rule.Period)
		all = append(all, rule.Deadline)
	}
	for _, e := range w.Exemptions {
		add(e.Period)
		if e.Clearance != nil {
			all = append(all, e.Clearance.At)
		}
	}
	return all
}

// TestEveryRuleHasAPath: the path of every rule in a finding begins at what was tested, ends at the
// rule's target, and each of its steps stands in the world at that time.
func TestEveryRuleHasAPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		for _, at := range instants {
			for i, a := range answers(t, c.w, c.h, at) {
				r := reference{c.w, c.h, &c.h.Installed[i], at}
				for id, path := range a.Paths {
					if !r.stands(r.rule(id), path) {
						t.Fatalf("at %s, installed[%d]: the path of %s does not stand: %q\n%s", at, i, id, path, show(c.w, c.h))
					}
				}
			}
		}
	})
}

// stands reads a path forwards. An id may be a product's and a supplier's at once: any reading of it
// that leads to the target will do.
func (r reference) stands(rule *policy.Rule, path []string) bool {
	starts := r.candidates()
	if p := r.found(); p != nil {
		starts = append(starts, p)
	}
	if len(path) == 0 {
		return rule.Target.Any && len(starts) == 0
	}
	tested := slices.ContainsFunc(starts, func(p *policy.Product) bool { return p.ID == path[0] })
	return tested && r.leads(rule, node{id: path[0]}, path[1:])
}

func (r reference) leads(rule *policy.Rule, at node, rest []string) bool {
	if len(rest) == 0 {
		return rule.Target == policy.Target{Any: true} && !at.supplier ||
			rule.Target == policy.Target{Product: at.id} && !at.supplier ||
			rule.Target == policy.Target{Supplier: at.id} && at.supplier
	}
	return r.owned(rule, at, rest[0]) && r.leads(rule, node{id: rest[0], supplier: true}, rest[1:]) ||
		r.contained(rule, at, rest[0]) && r.leads(rule, node{id: rest[0], component: true}, rest[1:])
}

// owned tells whether one edge that holds leads to that supplier; an allow rule knows one kind only.
func (r reference) owned(rule *policy.Rule, at node, supplier string) bool {
	var edges []policy.Edge
	switch {
	case at.supplier:
		edges = r.supplier(at.id).OwnedBy
	case r.product(at.id).Supplier == supplier:
		return true
	default:
		edges = r.product(at.id).MadeBy
	}
	return rule.Effect != policy.Allow && slices.ContainsFunc(edges, func(e policy.Edge) bool {
		return e.Supplier == supplier && e.Contains(r.t)
	})
}

// contained tells whether the product that is stood on holds that one, in this version.
func (r reference) contained(rule *policy.Rule, at node, product string) bool {
	return rule.Components && !at.supplier && slices.ContainsFunc(r.product(at.id).Contains, func(c policy.Component) bool {
		return c.Product == product && (at.component || inside(r.in.Version, c.Versions))
	})
}

// TestOrderOfTheWorldDoesNotMatter: the same world in another order gives the same answers.
func TestOrderOfTheWorldDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		w, h := shuffled(t, c.w), *c.h
		h.Groups = shuffle(t, h.Groups)
		for _, at := range instants {
			if diff := cmp.Diff(answers(t, c.w, c.h, at), answers(t, w, &h, at)); diff != "" {
				t.Fatalf("at %s another order gives:\n%s\n%s", at, diff, show(w, &h))
			}
		}
	})
}

func shuffle[T any](t *rapid.T, all []T) []T { return rapid.Permutation(all).Draw(t, "order") }

// shuffled is w with every slice in another order; w itself is left as it is.
func shuffled(t *rapid.T, w *policy.World) *policy.World {
	s := &policy.World{
		Organisations: shuffle(t, w.Organisations), Sites: shuffle(t, w.Sites), Suppliers: shuffle(t, w.Suppliers),
		Products: shuffle(t, w.Products), Rules: shuffle(t, w.Rules), Exemptions: shuffle(t, w.Exemptions),
	}
	for i := range s.Suppliers {
		s.Suppliers[i].OwnedBy = shuffle(t, s.Suppliers[i].OwnedBy)
	}
	for i := range s.Products {
		p := &s.Products[i]
		p.MadeBy, p.Contains, p.BuiltinOn = shuffle(t, p.MadeBy), shuffle(t, p.Contains), shuffle(t, p.BuiltinOn)
		p.Identifiers = maps.Clone(p.Identifiers)
		for platform, ids := range p.Identifiers {
			p.Identifiers[platform] = shuffle(t, ids)
		}
	}
	for i := range s.Rules {
		rule := &s.Rules[i]
		rule.Platforms, rule.Kinds, rule.SiteClass = shuffle(t, rule.Platforms), shuffle(t, rule.Kinds), shuffle(t, rule.SiteClass)
		rule.Mitigations = shuffle(t, rule.Mitigations)
	}
	for i := range s.Exemptions {
		e := &s.Exemptions[i]
		e.Lifts, e.Mitigations = shuffle(t, e.Lifts), shuffle(t, e.Mitigations)
	}
	return s
}

// TestShortfallAgreesWithReference: an exemption that lacks nothing is one that meets the rule.
func TestShortfallAgreesWithReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		for i := range c.w.Exemptions {
			for _, id := range c.w.Exemptions[i].Lifts {
				for _, at := range instants {
					r := reference{w: c.w, t: at}
					lacks := policy.Shortfall(&c.w.Exemptions[i], r.rule(id), at)
					if r.meets(&c.w.Exemptions[i], r.rule(id)) != (len(lacks) == 0) {
						t.Fatalf("at %s exemption %s lacks %q of rule %s\n%s", at, c.w.Exemptions[i].ID, lacks, id, show(c.w, c.h))
					}
				}
			}
		}
	})
}

// Versions.

func sign(n int) int { return min(max(n, -1), 1) }

// TestVersionsInOrder is the contract's own sentences: each version comes before the next line's.
func TestVersionsInOrder(t *testing.T) {
	order := [][]string{
		{"0", "0.0", "00"},
		{"1..5"},
		{"1.x"},
		{"1.0~1"},
		{"1.0~~"},
		{"1", "1.0", "1.0.0"},
		{"2-rc1.9"},
		{"2", "2.0.0"},
		{"2.9"},
		{"2.10"},
		{"4.2+Beta2"},
		{"4.2-rc1"},
		{"4.2alpha"},
		{"4.2"},
		{"4.2-1"},
		{"4.2b"},
		{"115.0"},
		{"115.0esr"},
		{"18446744073709551615"},
		{"18446744073709551616", "0018446744073709551616"},
	}
	place := map[string]int{}
	for i, equal := range order {
		for _, version := range equal {
			place[version] = i
		}
	}
	for a, i := range place {
		for b, j := range place {
			slow, fast, want := sign(versionOrder(a, b, true)), sign(policy.CompareVersions(a, b)), sign(i-j)
			if slow != want || fast != want {
				t.Errorf("%q against %q: reference %d, CompareVersions %d, want %d", a, b, slow, fast, want)
			}
		}
	}
}

// TestVersionsAgreeWithReference compares any two versions made of few letters.
func TestVersionsAgreeWithReference(t *testing.T) {
	version := rapid.Custom(func(t *rapid.T) string {
		pieces := []string{"0", "1", "2", "10", "007", "", "-", "~", "+", "_", " ", "rc", "RC1", "alpha", "Dev", "b", "pre", "beta", "٣", "\xff", ":"}
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(pieces, ".", ".")), 0, 6).Draw(t, "version"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		for range 50 {
			a, b := version.Draw(t, "a"), version.Draw(t, "b")
			if policy.VersionMissing(a) != missing(a) {
				t.Fatalf("VersionMissing(%q) = %t", a, policy.VersionMissing(a))
			}
			if missing(a) || missing(b) {
				continue
			}
			if got, want := sign(policy.CompareVersions(a, b)), sign(versionOrder(a, b, true)); got != want {
				t.Fatalf("CompareVersions(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	})
}
