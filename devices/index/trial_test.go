package index

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
)

// TestCovered adds hosts to two, some of them twice and some to both, and merges them.
func TestCovered(t *testing.T) {
	x := New(NewDictionary())
	for n := range 300 {
		id := strconv.Itoa(n)
		if _, err := x.Put(id, Row{Kind: policy.Device, Organisation: "o" + strconv.Itoa(n%3), Site: strconv.Itoa(n % 7)}); err != nil {
			t.Fatal(err)
		}
	}
	one, other := x.newCovered(), x.newCovered()
	want, of := map[uint32]bool{}, make([]int, 3)
	add := func(to *covered, n uint32) {
		to.add(n, x.hosts.class[n])
		if !want[n] {
			want[n] = true
			of[n%3]++
		}
	}
	for n := uint32(0); n < 300; n += 4 {
		add(one, n)
		add(one, n)
		add(other, n/2)
		add(other, 299-n/8)
	}
	one.merge(other)
	hosts, counts := one.take()
	if len(hosts.numbers) != len(want) || !slices.IsSorted(hosts.numbers) || slices.ContainsFunc(hosts.numbers, func(n uint32) bool { return !want[n] }) {
		t.Errorf("%v, want %d of %v", hosts.numbers, len(want), want)
	}
	if diff := cmp.Diff(of, counts); diff != "" {
		t.Errorf("by organisation (-want +got):\n%s", diff)
	}
	for range 2 {
		if left := x.borrow().take(); len(left) > 0 {
			t.Errorf("a union was given back with %v", left)
		}
	}
}
