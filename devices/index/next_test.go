package index

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/internal/drawn"
	"portcullis/policy"
)

// prepared is what a basis knows besides its policy, by names.
type prepared struct {
	Enforced     map[string]bool
	Since, Until time.Time
	Limits       map[string]string
	Subjects     map[string]string
	Exemptions   map[string]string // those that name a product
	Reached      map[string]string // by a supplier
}

func preparedOf(b *Basis) prepared {
	b.prepare(nil)
	p := prepared{b.enforced, b.Since(), b.Until(), map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
	ids := func(products []int32) (ids []string) {
		for _, i := range products {
			ids = append(ids, b.world.Products[i].ID)
		}
		slices.Sort(ids)
		return ids
	}
	for i := range b.world.Products {
		for _, n := range b.graph.names(int32(i)) {
			key := fmt.Sprint(n)
			p.Limits[key], p.Subjects[key] = fmt.Sprintf("%+v", b.limits(n)), fmt.Sprintf("%+v %v", b.subjects(n), ids(b.graph.of(n)))
		}
		var named []string
		for _, e := range b.named[int32(i)] {
			named = append(named, b.world.Exemptions[e].ID)
		}
		p.Exemptions[b.world.Products[i].ID] = fmt.Sprint(named)
	}
	for i := range b.world.Suppliers {
		to := map[int32]bool{}
		b.graph.addSupplier(to, b.world.Suppliers[i].ID, true)
		p.Reached[b.world.Suppliers[i].ID] = fmt.Sprint(ids(slices.Collect(maps.Keys(to))))
	}
	return p
}

// TestNextIsNew: a basis made from the one before knows what one made from nothing does, whatever
// changed and however time moves.
func TestNextIsNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn.Drawing{T: t}
		w, at := d.World(), drawn.Day(d.UpTo(7))
		b, err := NewBasis(w, at)
		if err != nil {
			t.Fatal(err)
		}
		for range 6 {
			switch d.UpTo(2) {
			case 0:
				at = drawn.Day(d.UpTo(7))
			case 1:
				w, at = d.Changed(w), drawn.Day(d.UpTo(7))
			default:
				w = d.Changed(w)
			}
			fresh, err := NewBasis(w, at)
			if err != nil {
				t.Fatal(err)
			}
			if b, err = b.Next(w, at); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(preparedOf(fresh), preparedOf(b)); diff != "" {
				t.Fatalf("at %s, -new +next:\n%s", at, diff)
			}
		}
	})
}

// TestNextRefuses: a world that cannot be relied on makes no basis, and the one before goes on.
func TestNextRefuses(t *testing.T) {
	w := plain()
	b := basisOf(t, w, drawn.Day(3))
	spoilt := *w
	spoilt.Rules = append(slices.Clone(w.Rules), policy.Rule{})
	_, err := b.Next(&spoilt, drawn.Day(3))
	if _, want := NewBasis(&spoilt, drawn.Day(3)); err == nil || want == nil {
		t.Fatalf("a rule without anything: next %v, new %v", err, want)
	}
	if _, err := b.Next(w, drawn.Day(4)); err != nil {
		t.Error(err)
	}
}

// TestNextShares: what nothing changed is the same memory, and the world before is not kept.
func TestNextShares(t *testing.T) {
	w := plain()
	b := basisOf(t, w, drawn.Day(3))
	more := *w
	more.Rules = slices.Clone(w.Rules)
	next, err := b.Next(&more, drawn.Day(3))
	if err != nil {
		t.Fatal(err)
	}
	if &next.graph.holders[0] != &b.graph.holders[0] {
		t.Error("the graph is made again for a rule")
	}
	if next.graph.world != &more {
		t.Error("the graph keeps the world before")
	}
}

// TestNextFollowsLiftedRules: an exemption for any product touches what the rules reach that it
// lifts, so that another rule changes whom things touch though no exemption did.
func TestNextFollowsLiftedRules(t *testing.T) {
	w := plain()
	e := w.Exemptions[0]
	e.ID, e.Product, e.AnyProduct = "anything", "", true
	w.Exemptions = append(w.Exemptions, e)
	b := basisOf(t, w, drawn.Day(3))
	b.prepare(nil)
	other := *w
	other.Rules = slices.Clone(w.Rules)
	other.Rules[1].Target.Product = "kit"
	next, err := b.Next(&other, drawn.Day(3))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(preparedOf(basisOf(t, &other, drawn.Day(3))), preparedOf(next)); diff != "" {
		t.Errorf("-new +next:\n%s", diff)
	}
}
