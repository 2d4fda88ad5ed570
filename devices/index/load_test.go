package index

import (
	"bytes"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestManyHosts loads more hosts than are sorted at a time, writes and reads them: each thing is on the
// hosts whose rows have it.
func TestManyHosts(t *testing.T) {
	const hosts = 3*block + 100
	d := NewDictionary(Thing{Name: "seldom"}, Thing{Name: "never"}, Thing{Name: "often"}, Thing{Name: "late"})
	want := make([][]uint32, d.Len())
	x := New(d)
	err := x.Load(func(yield func(string, Row) bool) {
		for n := range uint32(hosts) {
			var row Row
			for thing, is := range []bool{n%(block/2) == 1, false, n%3 == 0, n > 2*block+5} {
				if is {
					row.Things = append(row.Things, uint32(thing))
					want[thing] = append(want[thing], n)
				}
			}
			if !yield(strconv.Itoa(int(n)), row) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := Read(bytes.NewReader(snapshot(t, x)))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []*Index{x, read} {
		for thing := range want {
			if got := x.things[thing].hosts.list(); !slices.Equal(got, want[thing]) {
				t.Errorf("%s is on %d hosts, want %d", x.dictionary.At(uint32(thing)).Name, len(got), len(want[thing]))
			}
		}
		n, known := x.hosts.number("70000")
		if diff := cmp.Diff([]uint32(nil), x.hosts.things(n)); !known || diff != "" {
			t.Errorf("host 70000: known is %t (-want +got):\n%s", known, diff)
		}
	}
}
