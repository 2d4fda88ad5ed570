package policy_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/policy"
)

// TestRecompileIsCompile changes random worlds again and again, now and then so that they are no
// longer valid. After each change the policy made from the one before is the one made from nothing:
// in every answer, every date and every error; and the one before answers what it did.
func TestRecompileIsCompile(t *testing.T) {
	const batches = 5 // of as many worlds as rapid is told to draw
	for range batches {
		rapid.Check(t, func(t *rapid.T) {
			d := changing{drawCase(t), []*policy.Host{}}
			d.hosts = []*policy.Host{d.h, d.host(), d.host()}
			at := pick(t, "at", instants)
			before, err := policy.Compile(d.w, at)
			if err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(1, 12).Draw(t, "changes") {
				world, said := d.w, d.said(before)
				after, now := d.next(at)
				fresh, freshErr := policy.Compile(after, now)
				got, err := before.Recompile(after, now)
				if fmt.Sprint(err) != fmt.Sprint(freshErr) {
					t.Fatalf("recompiled: %v; compiled: %v\n%s", err, freshErr, show(after, nil))
				}
				if diff := cmp.Diff(said, d.said(before)); diff != "" {
					t.Fatalf("what was compiled before changed:\n%s", diff)
				}
				if err != nil {
					continue // and the world before goes on
				}
				if diff := cmp.Diff(d.said(fresh), d.said(got)); diff != "" {
					t.Fatalf("at %s recompiled (+) differs from compiled (-):\n%s\n%s\nbefore, at %s\n%s", now, diff, show(after, nil), at, show(world, nil))
				}
				before, d.w, at = got, after, now
			}
		})
	}
}

// said is everything that a policy says of some hosts.
type said struct {
	From, Until time.Time
	Answers     [][]answer
	Errors      []string
}

// changing is a world in the course of changes.
type changing struct {
	drawnCase
	hosts []*policy.Host
}

func (d changing) said(p *policy.Policy) said {
	all := said{From: p.ValidFrom(), Until: p.ValidUntil()}
	for _, h := range d.hosts {
		s, err := p.Subject(h)
		if err != nil {
			all.Errors = append(all.Errors, err.Error())
			continue
		}
		all.Answers = append(all.Answers, answersOf(p, s.DecideAll(h.Installed, nil)))
	}
	return all
}

// next is the world after one or two changes, and perhaps another time. What does not change is
// the same memory, or now and then a copy.
func (d changing) next(at time.Time) (*policy.World, time.Time) {
	w := *d.w
	for range pick(d.t, "changes at once", []int{1, 1, 1, 2, 0}) {
		d := worldOf{d.t, &w}
		kinds := []func(){d.changeRules, d.changeExemptions, d.changeProducts, d.changeSuppliers, d.changeOrganisations, d.changeSites}
		pick(d.t, "section", append(kinds, d.changeRules, d.changeExemptions, d.changeProducts))()
	}
	if oneIn(d.t, "spoilt", 8) {
		worldOf{d.t, &w}.spoil()
	}
	if oneIn(d.t, "copied", 4) {
		w = copied(&w)
	}
	if oneIn(d.t, "time moves", 3) {
		at = pick(d.t, "next time", instants)
	}
	return &w, at
}

// edit adds, takes away, replaces or moves an item of a section in a copy of it; so many are left at least.
func edit[T any](t *rapid.T, section *[]T, least int, made func(replaced *T) (T, bool)) {
	items := slices.Clone(*section)
	i := rapid.IntRange(0, len(items)).Draw(t, "place")
	switch {
	case i == len(items) || oneIn(t, "add", 3):
		if item, ok := made(nil); ok {
			items = slices.Insert(items, i, item)
		}
	case len(items) > least && oneIn(t, "take away", 3):
		items = slices.Delete(items, i, i+1)
	case oneIn(t, "move", 4):
		items = append(slices.Delete(items, i, i+1), (*section)[i])
	default:
		if item, ok := made(&items[i]); ok {
			items[i] = item
		}
	}
	*section = items
}

// free is an id that the section may not have as yet.
func free(t *rapid.T, from []string, replaced string) string {
	if replaced != "" {
		return replaced
	}
	return pick(t, "free id", from)
}

func (d worldOf) changeRules() {
	edit(d.t, &d.w.Rules, 0, func(replaced *policy.Rule) (policy.Rule, bool) {
		effect := pick(d.t, "effect", []policy.Effect{policy.Ban, policy.Allow, policy.PhaseOut})
		if replaced == nil {
			return d.rule(free(d.t, append([]string{"A", "r100", "zz"}, ruleIDs...), ""), effect), true
		}
		return d.rule(replaced.ID, pick(d.t, "replaced effect", []policy.Effect{replaced.Effect, replaced.Effect, effect})), true
	})
}

func (d worldOf) changeExemptions() {
	edit(d.t, &d.w.Exemptions, 0, func(replaced *policy.Exemption) (policy.Exemption, bool) {
		if replaced == nil {
			return d.exemption(free(d.t, append([]string{"A", "x100", "zz"}, exemptionIDs...), ""))
		}
		return d.exemption(replaced.ID)
	})
}

func (d worldOf) changeSuppliers() {
	var ids []string
	for _, s := range d.w.Suppliers {
		ids = append(ids, s.ID)
	}
	edit(d.t, &d.w.Suppliers, 1, func(replaced *policy.Supplier) (policy.Supplier, bool) {
		s := policy.Supplier{ID: pick(d.t, "supplier id", supplierIDs)}
		if replaced != nil {
			s.ID = replaced.ID
		}
		s.OwnedBy = d.edges("owned by", append(ids, s.ID))
		return s, true
	})
}

// changeProducts gives identifiers that may be another's: then the world is not valid.
func (d worldOf) changeProducts() {
	var ids, makers []string
	for _, p := range d.w.Products {
		ids = append(ids, p.ID)
	}
	for _, s := range d.w.Suppliers {
		makers = append(makers, s.ID)
	}
	edit(d.t, &d.w.Products, 1, func(replaced *policy.Product) (policy.Product, bool) {
		if replaced == nil {
			p := policy.Product{ID: pick(d.t, "product id", productIDs), Kind: policy.App, Supplier: maybe(d.t, "supplier", makers)}
			p.Contains = []policy.Component{d.component(append(ids, p.ID))}
			return p, true
		}
		p := *replaced
		switch pick(d.t, "what of a product", []string{"identifiers", "contains", "makers", "supplier", "built in", "kind", "name"}) {
		case "identifiers":
			p.Identifiers = maps.Clone(p.Identifiers)
			if p.Identifiers == nil {
				p.Identifiers = map[policy.Platform][]policy.Identifier{}
			}
			p.Identifiers[pick(d.t, "platform", platforms)] = []policy.Identifier{{ID: pick(d.t, "identifier", identifiers), Signers: some(d.t, "signers", signers)}}
		case "contains":
			p.Contains = append(slices.Clone(p.Contains), d.component(ids))
		case "makers":
			p.MadeBy = d.edges("made by", makers)
		case "supplier":
			p.Supplier = maybe(d.t, "supplier", makers)
		case "built in":
			p.BuiltinOn = some(d.t, "built in on", platforms)
		case "kind":
			p.Kind = pick(d.t, "kind", kinds)
		case "name":
			p.Name = pick(d.t, "name", []string{"old", "new"})
		}
		return p, true
	})
}

func (d worldOf) changeOrganisations() {
	edit(d.t, &d.w.Organisations, 1, func(replaced *policy.Organisation) (policy.Organisation, bool) {
		o := policy.Organisation{ID: pick(d.t, "organisation id", organisationIDs), OwnList: coin(d.t, "own list")}
		if replaced != nil {
			o.ID = replaced.ID
		}
		o.Parent = maybe(d.t, "parent", organisationIDs)
		if coin(d.t, "monitor") {
			o.Monitor = &policy.Monitor{Period: period(d.t, "monitor period", false, true)}
		}
		return o, true
	})
}

func (d worldOf) changeSites() {
	edit(d.t, &d.w.Sites, 1, func(replaced *policy.Site) (policy.Site, bool) {
		s := policy.Site{ID: pick(d.t, "site id", siteIDs), Organisation: d.organisation("site of"), Class: maybe(d.t, "class", classes)}
		if replaced != nil {
			s.ID = replaced.ID
		}
		return s, true
	})
}

// spoil makes the last item of a section one that no world may have.
func (d worldOf) spoil() {
	switch pick(d.t, "spoilt section", []string{"supplier", "product", "rule", "exemption"}) {
	case "supplier":
		d.w.Suppliers = append(slices.Clone(d.w.Suppliers), policy.Supplier{})
	case "product":
		d.w.Products = append(slices.Clone(d.w.Products), policy.Product{ID: "spoilt", Kind: policy.App, Supplier: "nobody"})
	case "rule":
		d.w.Rules = append(slices.Clone(d.w.Rules), policy.Rule{ID: "spoilt"})
	case "exemption":
		d.w.Exemptions = append(slices.Clone(d.w.Exemptions), policy.Exemption{ID: "spoilt", Lifts: []string{"nothing"}})
	}
}

// copied is the same world in other memory, as if it had been read anew.
func copied(w *policy.World) policy.World {
	c := policy.World{Organisations: slices.Clone(w.Organisations), Sites: slices.Clone(w.Sites), Suppliers: slices.Clone(w.Suppliers),
		Products: slices.Clone(w.Products), Rules: slices.Clone(w.Rules), Exemptions: slices.Clone(w.Exemptions)}
	for i := range c.Products {
		c.Products[i].Identifiers = maps.Clone(c.Products[i].Identifiers)
	}
	for i := range c.Exemptions {
		if e := &c.Exemptions[i]; e.Clearance != nil {
			clearance := *e.Clearance
			e.Clearance = &clearance
		}
	}
	return c
}

// TestValidBetweenDates: a policy is valid between those two dates of its world that are next to its time.
func TestValidBetweenDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for _, at := range instants {
			p, err := policy.Compile(w, at)
			if err != nil {
				t.Fatal(err)
			}
			var from, until time.Time
			for _, date := range slices.Backward(policy.Dates(w)) {
				if !date.After(at) {
					from = date
					break
				}
				until = date
			}
			if !p.ValidFrom().Equal(from) || !p.ValidUntil().Equal(until) {
				t.Fatalf("at %s valid from %s until %s, want %s and %s\n%s", at, p.ValidFrom(), p.ValidUntil(), from, until, show(w, nil))
			}
		}
	})
}
