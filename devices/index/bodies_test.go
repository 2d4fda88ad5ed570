package index_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices/index"
	"portcullis/policy"
)

func TestBodies(t *testing.T) {
	d := index.NewDictionary()
	x := index.New(d)
	add := func(n index.Thing) uint32 { return d.Add(n) }
	one, two := add(index.Thing{Name: "com.one", Version: "1"}), add(index.Thing{Name: "com.one", Version: "2"})
	addon, other := add(index.Thing{Name: "com.one", Platform: policy.Chrome}), add(index.Thing{Name: "com.other"})
	for id, row := range map[string]index.Row{
		"a1": {Kind: policy.Device, Organisation: "a", Platform: policy.Android, Things: []uint32{one}},
		"a2": {Kind: policy.Device, Organisation: "a", Platform: policy.Android, Things: []uint32{one, two, other}},
		"b1": {Kind: policy.Device, Organisation: "b", Platform: policy.Android, Things: []uint32{two}},
		"b2": {Kind: policy.Device, Organisation: "b", Platform: policy.IOS, Things: []uint32{one}},
		"c1": {Kind: policy.Device, Organisation: "c", Platform: policy.Android, Things: []uint32{addon, other}},
	} {
		if _, err := x.Put(id, row); err != nil {
			t.Fatal(err)
		}
	}
	b, err := index.NewBasis(&policy.World{
		Organisations: []policy.Organisation{{ID: "a"}, {ID: "b"}, {ID: "c"}},
		Products: []policy.Product{
			{ID: "one", Kind: policy.App, Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.one"}}, policy.Chrome: {{ID: "com.one"}}}},
			{ID: "other", Kind: policy.App, Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.other"}, {ID: "com.one.other"}}}},
		},
	}, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Installed([]string{"one"}, nil); err == nil {
		t.Error("without a basis it knows products")
	}
	x.SetBasis(b)
	for of, want := range map[string][][2]int{"": {{4, 3}, {2, 2}, {}}, "a": {{2, 1}, {1, 1}, {}}, "b": {{1, 1}, {}, {}}, "c": {{1, 1}, {1, 1}, {}}} {
		var organisations []string
		if of != "" {
			organisations = []string{of}
		}
		counts, err := x.Installed([]string{"one", "other", "none"}, organisations)
		var got [][2]int
		for _, c := range counts {
			got = append(got, [2]int{c.Hosts, c.Bodies})
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("installed, of %q: %s %v", of, diff, err)
		}
	}
	for _, c := range []struct {
		platform      policy.Platform
		organisations []string
		want          []index.OrganisationHosts
	}{
		{policy.Android, nil, []index.OrganisationHosts{{Organisation: "a", Hosts: 2}, {Organisation: "b", Hosts: 1}}},
		{policy.Android, []string{"b", "c"}, []index.OrganisationHosts{{Organisation: "b", Hosts: 1}}},
		{policy.IOS, nil, []index.OrganisationHosts{{Organisation: "b", Hosts: 1}}},
		{policy.Chrome, nil, []index.OrganisationHosts{{Organisation: "c", Hosts: 1}}},
		{policy.Linux, nil, nil},
	} {
		if diff := cmp.Diff(c.want, x.Bodies("com.one", c.platform, c.organisations)); diff != "" {
			t.Errorf("%s of %v: %s", c.platform, c.organisations, diff)
		}
	}
	if got := x.Bodies("com.never", policy.Android, nil); got != nil {
		t.Errorf("of what is nowhere: %v", got)
	}
}
