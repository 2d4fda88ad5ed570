package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
)

// open is what is in breach, in words, by a host's own verdicts.
func verdictsOf(t testing.TB, x *Index, ids []string) (all []string) {
	t.Helper()
	for _, id := range ids {
		h, decisions, err := x.Verdicts(id)
		if err != nil {
			continue
		}
		for i := range decisions {
			if decisions[i].Breach {
				n := x.dictionary.Add(ThingOf(&h.Installed[i]))
				eachCause(&decisions[i], x.basis.enforced[h.Organisation], func(c Cause) { all = append(all, fmt.Sprintf("%s %d %v", id, n, c)) })
			}
		}
	}
	slices.Sort(all)
	return all
}

// TestStanding compares with the single decision, for all hosts.
func TestStanding(t *testing.T) {
	f := theFleet()
	var got []string
	last := ""
	for id, open := range f.index.Standing().Hosts() {
		if id <= last {
			t.Fatalf("%q comes after %q", id, last)
		}
		last = id
		if !slices.IsSortedFunc(open, func(a, b Open) int { return int(a.Thing) - int(b.Thing) }) {
			t.Fatalf("%s: %v", id, open)
		}
		for _, o := range open {
			got = append(got, fmt.Sprintf("%s %d %v", id, o.Thing, o.Cause))
		}
	}
	slices.Sort(got)
	want := verdictsOf(t, f.index, f.ids)
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("%d in breach: %s", len(want), diff)
	}
	if ids := f.index.IDs(); len(ids) != len(f.ids) || !slices.IsSorted(ids) {
		t.Errorf("%d ids, not %d", len(ids), len(f.ids))
	}
}

// TestAges compares with a plain model of when what opened.
func TestAges(t *testing.T) {
	f := theFleet()
	x, a, r := f.index, NewAges(f.index), rand.New(rand.NewPCG(5, 6))
	type key struct {
		host string
		Open
	}
	days := map[key]int32{}
	const today = 20_000
	for id, open := range x.Standing().Hosts() {
		for _, o := range open {
			if r.IntN(3) == 0 {
				continue // longer ago
			}
			day := int32(today - r.IntN(20))
			days[key{id, o}] = day
			if r.IntN(2) == 0 {
				a.Recall(id, o, day-1) // and is known better then
			}
			if r.IntN(2) == 0 {
				a.Recall(id, o, day)
			} else {
				n, _ := x.hosts.number(id)
				a.Note([]Change{{Opened: true, Thing: x.dictionary.At(o.Thing), Cause: o.Cause, Hosts: Set{[]uint32{n}, x.hosts.ids.items}}}, day)
			}
			if r.IntN(20) == 0 {
				n, _ := x.hosts.number(id)
				a.Note([]Change{{Thing: x.dictionary.At(o.Thing), Cause: o.Cause, Hosts: Set{[]uint32{n}, x.hosts.ids.items}}}, day)
				delete(days, key{id, o})
			}
		}
	}
	a.Forget(today - 15)
	for k, day := range days {
		if day < today-15 {
			delete(days, k)
		}
	}
	all, err := x.Breaches(Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for name, filter := range map[string]Filter{
		"all": {}, "a result": {Result: all.Causes[0].Result}, "a rule": {Result: all.Causes[1].Result, Rule: all.Causes[1].Rule}, "unlisted": {Result: policy.Unlisted},
		"organisations": {Organisations: []string{all.Organisations[0].Organisation, all.Organisations[1].Organisation}}, "a product": {Product: all.Products[0].Product},
	} {
		spans := []Span{{Since: today}, {Since: today - 6, Before: today}, {Since: 1, Before: today - 6}, {Before: today - 6}}
		within, err := x.Breaches(filter)
		if err != nil {
			t.Fatal(err)
		}
		among, counts, err := a.Breaches(filter, Span{}, spans...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(within, among, cmp.Comparer(func(a, b Set) bool { return slices.Equal(a.IDs(), b.IDs()) })); diff != "" {
			t.Errorf("%s: all that is in breach, by ages: %s", name, diff)
		}
		whole := 0
		for i, s := range spans {
			got, again, err := a.Breaches(filter, s, spans...)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(again, counts) {
				t.Errorf("%s, %+v: %v are counted by age, and %v among all", name, s, again, counts)
			}
			if got.Installations != counts[i] {
				t.Errorf("%s, %+v: %d installations, and counted %d", name, s, got.Installations, counts[i])
			}
			want := plainly(x, filter, s, func(host string, o Open) int32 { return days[key{host, o}] })
			if diff := cmp.Diff(want, got.Hosts.IDs()); diff != "" {
				t.Errorf("%s, %+v: hosts %s", name, s, diff)
			}
			if page := got.Hosts.After("", 3); !slices.Equal(page, want[:min(3, len(want))]) {
				t.Errorf("%s: the first page is %v", name, page)
			}
			if i != 2 {
				whole += got.Installations
			}
		}
		if whole != within.Installations {
			t.Errorf("%s: %d installations by age, %d in all", name, whole, within.Installations)
		}
	}
}

// plainly finds the hosts with something in breach that passes a filter and opened in a span.
func plainly(x *Index, f Filter, s Span, day func(host string, o Open) int32) []string {
	var found []string
	for id, open := range x.Standing().Hosts() {
		organisation, _, _ := x.Contact(id)
		if len(f.Organisations) > 0 && !slices.Contains(f.Organisations, organisation) {
			continue
		}
		first := map[uint32]int32{}
		for _, o := range open {
			if !f.letsCause(o.Cause) || f.Product != "" && productOf(x, id, o.Thing) != f.Product {
				continue
			}
			d := day(id, o)
			if was, ok := first[o.Thing]; !ok || d < was {
				first[o.Thing] = d
			}
		}
		for _, d := range first {
			if s.has(d) {
				found = append(found, id)
				break
			}
		}
	}
	return found
}

func productOf(x *Index, id string, thing uint32) (product string) {
	h, decisions, err := x.Verdicts(id)
	if err != nil {
		return ""
	}
	for i := range decisions {
		if x.dictionary.Add(ThingOf(&h.Installed[i])) == thing {
			product = decisions[i].Product
		}
	}
	return product
}
