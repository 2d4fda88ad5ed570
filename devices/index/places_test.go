package index

import (
	"slices"
	"testing"

	"portcullis/policy"
)

// TestPlaces: every host stands where its row says, by a number that it keeps, and one that is gone stands nowhere.
func TestPlaces(t *testing.T) {
	x := New(NewDictionary())
	put := func(id string, row Row) {
		t.Helper()
		if _, err := x.Put(id, row); err != nil {
			t.Fatal(err)
		}
	}
	device := func(organisation string, p policy.Platform, holder string, groups ...string) Row {
		return Row{Kind: policy.Device, Organisation: organisation, Ownership: policy.Corporate, Platform: p, Holder: holder, Groups: groups}
	}
	put("a", device("light", policy.MacOS, "anna", "press"))
	put("b", device("light", policy.MacOS, "bert"))
	put("c", device("fog", policy.IOS, "anna", "press", "night"))
	put("d", device("fog", policy.IOS, ""))
	gone, _ := x.Number("d")
	x.Remove("d")
	put("b", device("fog", policy.MacOS, "bert")) // it moved
	number := func(id string) uint32 {
		t.Helper()
		n, known := x.Number(id)
		if !known {
			t.Fatalf("%s is not known", id)
		}
		return n
	}
	p := x.Places()
	for id, want := range map[string]Place{
		"a": {"light", policy.Device, policy.Corporate, policy.MacOS}, "b": {"fog", policy.Device, policy.Corporate, policy.MacOS}, "c": {"fog", policy.Device, policy.Corporate, policy.IOS},
	} {
		if place, known := p.Of(number(id)); !known || p.All[place] != want || int(number(id)) >= p.Len() {
			t.Errorf("%s stands at %v %v, not %v", id, place, known, want)
		}
	}
	if _, known := p.Of(gone); known {
		t.Error("a host that is gone stands somewhere")
	}
	if _, known := p.Of(uint32(p.Len())); known {
		t.Error("a host that came later stands somewhere")
	}
	for subject, want := range map[policy.ExemptionSubject][]string{
		{Host: "b"}: {"b"}, {Person: "anna"}: {"a", "c"}, {Group: "press"}: {"a", "c"}, {Group: "night"}: {"c"}, {Group: "none"}: nil, {Everyone: true}: nil, {Host: "d"}: nil,
	} {
		var numbers []uint32
		for _, id := range want {
			numbers = append(numbers, number(id))
		}
		if got := x.Named(subject); !slices.Equal(got, numbers) {
			t.Errorf("%+v names %v, not %v", subject, got, numbers)
		}
	}
}
