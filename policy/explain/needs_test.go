package explain

import (
	"slices"
	"strings"
	"testing"

	"portcullis/policy"
)

// TestNeeds holds that where several things are needed, they are told as needed together, and that the decision
// agrees: neither alone is enough, and together they are.
func TestNeeds(t *testing.T) {
	march, game := day(2023, 3, 1), policy.Installation{Identifier: "com.game"}
	allow := policy.Rule{ID: "game-ok", Effect: policy.Allow, Target: policy.Target{Product: "game"}, Scope: "works", Period: policy.Period{From: day(2023, 1, 1)}}
	exemption := policy.Exemption{
		ID: "x", Lifts: []string{"no-owner"}, AnyProduct: true, Scope: "gov", Subject: policy.ExemptionSubject{Everyone: true}, Period: policy.Period{From: day(2023, 2, 1), Until: day(2023, 4, 1)},
		Mitigations: []string{"own phone"}, Clearance: &policy.Clearance{Office: "minister", At: day(2023, 1, 15)},
	}
	ofGame := exemption
	ofGame.AnyProduct, ofGame.Product = false, "game"
	tests := []struct {
		name   string
		edit   func(w *policy.World)
		breach bool
		want   string // of the ways; empty where one thing alone is told
	}{
		{"neither", func(*policy.World) {}, true, "both of these are needed"},
		{"allowed", func(w *policy.World) { w.Rules = append(w.Rules, allow) }, true, "Remove it, or ask for an exemption from no-owner, which the minister must clear; it needs in place: own phone."},
		{"exempt for any product", func(w *policy.World) { w.Exemptions = append(w.Exemptions, exemption) }, true, "Remove it, or ask Ministry of Works to allow it."},
		{"exempt for itself, which lists it", func(w *policy.World) { w.Exemptions = append(w.Exemptions, ofGame) }, false, "The exemption ends on"},
		{"allowed and exempt", func(w *policy.World) { w.Rules, w.Exemptions = append(w.Rules, allow), append(w.Exemptions, exemption) }, false, "The exemption ends on"},
		{"banned twice", func(w *policy.World) {
			second := w.Rules[0]
			second.ID, second.Clearance, second.Mitigations = "no-owner-here", policy.ClearanceNone, nil
			w.Rules = append(w.Rules, second)
		}, true, "all of these are needed: an exemption from no-owner, which the minister must clear (it needs in place: own phone); an exemption from no-owner-here; and a place on the list"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := country()
			test.edit(w)
			got, err := Explain(w, phone(nil), &game, march)
			if err != nil {
				t.Fatal(err)
			}
			if got.Decision.Breach != test.breach {
				t.Errorf("in breach: %t", got.Decision.Breach)
			}
			if ways := strings.Join(got.Ways, "\n"); !strings.Contains(ways, test.want) || strings.Contains(ways, "needed") != strings.Contains(test.want, "needed") {
				t.Errorf("nothing says %q:\n%s", test.want, ways)
			}
		})
	}
}

func TestNeedsOfOthers(t *testing.T) {
	march := day(2023, 3, 1)
	watched := phone(func(h *policy.Host) { h.Organisation = "parks" })
	own := phone(func(h *policy.Host) { h.Ownership = policy.Personal })
	for _, test := range []struct {
		name string
		host *policy.Host
		in   policy.Installation
		want string
	}{
		{"only watched as yet", watched, policy.Installation{Identifier: "com.game"}, "and from 1 June 2023 on, a place on the list, which Parks Agency has to give it"},
		{"by an identifier of another platform", phone(nil), policy.Installation{Identifier: "org.clips"}, "; and to find out what it is, and to add the identifier to its product."},
		{"one's own", own, policy.Installation{Identifier: "com.game"}, "they are advised to remove it. To keep it, both of these are needed"},
	} {
		got, err := Explain(country(), test.host, &test.in, march)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(got.Ways, func(way string) bool { return strings.Contains(way, test.want) }) {
			t.Errorf("%s: nothing says %q:\n%s", test.name, test.want, strings.Join(got.Ways, "\n"))
		}
	}
}

func TestWords(t *testing.T) {
	for id, want := range map[string][2]string{
		"minister": {"minister", "the minister"}, "chief-constable": {"chief constable", "the chief constable"}, "own_network": {"own network", "the own network"},
		"A. Minister": {"A. Minister", "A. Minister"}, "the centre": {"the centre", "the centre"}, "vice-prime minister": {"vice-prime minister", "the vice-prime minister"}, "": {"", ""},
	} {
		if got := [2]string{Words(id), office(id)}; got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}
