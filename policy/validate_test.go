package policy

import (
	"strings"
	"testing"
	"time"
)

var (
	day1 = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	day2 = time.Date(2023, 2, 1, 0, 0, 0, 0, time.UTC)
	day3 = time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC)
)

// sound is a world in which everything is in order and every section has something.
func sound() *World {
	return &World{
		Organisations: []Organisation{
			{ID: "gov"},
			{ID: "dept", Parent: "gov", Monitor: &Monitor{Period: Period{day1, day2}}},
		},
		Sites:     []Site{{ID: "hall", Organisation: "dept"}},
		Suppliers: []Supplier{{ID: "maker"}, {ID: "daughter", OwnedBy: []Edge{{Supplier: "maker"}}}},
		Products: []Product{
			{ID: "app", Kind: App, Supplier: "daughter", MadeBy: []Edge{{Supplier: "maker", Period: Period{day1, day2}}},
				Identifiers: map[Platform][]Identifier{Android: {{ID: "com.app"}}}, Contains: []Component{{"kit", Window{"1", "2"}}}},
			{ID: "kit", Kind: App},
		},
		Rules: []Rule{
			{ID: "allow", Effect: Allow, Target: Target{Product: "app"}, Scope: "gov", Period: Period{From: day1}, MinVersion: "1", MinVersionCode: map[Platform]int64{Android: 1}},
			{ID: "ban", Effect: Ban, Target: Target{Supplier: "maker"}, Scope: "gov", Period: Period{From: day1}, Clearance: "minister"},
			{ID: "phase", Effect: PhaseOut, Target: Target{Any: true}, Scope: "gov", Period: Period{From: day1}, Clearance: ClearanceNone, Deadline: day1},
		},
		Exemptions: []Exemption{
			{ID: "x1", Lifts: []string{"ban"}, Product: "app", Scope: "gov", Subject: ExemptionSubject{Host: "d1"}, Period: Period{day1, day2}, Clearance: &Clearance{Office: "minister", At: day1}},
			{ID: "x2", Lifts: []string{"phase"}, AnyProduct: true, Scope: "gov", Subject: ExemptionSubject{Site: "hall"}, Period: Period{day1, day2}},
		},
	}
}

func TestValidateSoundWorld(t *testing.T) {
	if problems := Validate(sound()); len(problems) > 0 {
		t.Errorf("a sound world has problems: %v", problems)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		key, message string
		spoil        func(w *World)
	}{
		{"organisations[0].id", "an id is needed", func(w *World) { w.Organisations[0].ID = ""; w.Organisations[1].Parent = "dept" }},
		{"organisations[1].id", `"gov" is declared twice`, func(w *World) { w.Organisations[1].ID = "gov" }},
		{"organisations[1].parent", `no organisation "gow" is declared; did you mean "gov"?`, func(w *World) { w.Organisations[1].Parent = "gow" }},
		{"organisations[0].parent", "circle", func(w *World) { w.Organisations[0].Parent = "dept" }},
		{"organisations[1].parent", "circle", func(w *World) { w.Organisations[1].Parent = "dept" }},
		{"organisations[1].monitor.until", "ends before it begins", func(w *World) { w.Organisations[1].Monitor.Until = day1 }},
		{"organisations[1].monitor", "must end", func(w *World) { w.Organisations[1].Monitor.Until = time.Time{} }},
		{"sites[0].organisation", "an organisation is needed", func(w *World) { w.Sites[0].Organisation = "" }},
		{"suppliers[1].owned_by[0].supplier", "no supplier", func(w *World) { w.Suppliers[1].OwnedBy[0].Supplier = "nobody" }},
		{"suppliers[1].owned_by[0].supplier", "a supplier is needed", func(w *World) { w.Suppliers[1].OwnedBy[0].Supplier = "" }},
		{"products[0].kind", "a kind is needed", func(w *World) { w.Products[0].Kind = 0 }},
		{"products[0].supplier", `did you mean "daughter"?`, func(w *World) { w.Products[0].Supplier = "Daughter" }},
		{"products[0].made_by[0].until", "ends before", func(w *World) { w.Products[0].MadeBy[0].Until = day1 }},
		{"products[0].identifiers.android[0]", "an identifier is needed", func(w *World) { w.Products[0].Identifiers[Android][0].ID = "" }},
		{"products[1].identifiers.android[0]", `already an identifier of product "app"`, func(w *World) {
			w.Products[1].Identifiers = map[Platform][]Identifier{Android: {{ID: "com.app"}}}
		}},
		{"products[0].contains[0].product", `did you mean "kit"?`, func(w *World) { w.Products[0].Contains[0].Product = "kti" }},
		{"products[0].contains[0].product", `did you mean "kit"?`, func(w *World) { w.Products[0].Contains[0].Product = "kitt" }},
		{"products[0].contains[0].until", "no version lies in", func(w *World) { w.Products[0].Contains[0].Versions = Window{"2", "2.0-rc1"} }},
		{"products[0].contains[0].since", "not a version", func(w *World) { w.Products[0].Contains[0].Versions = Window{"v2", "3"} }},
		{"products[0].contains[0].until", "not a version", func(w *World) { w.Products[0].Contains[0].Versions = Window{"2", "v3"} }},
		{"rules[0].effect", "an effect is needed", func(w *World) { w.Rules[0].Effect = 0 }},
		{"rules[0].scope", "no organisation", func(w *World) { w.Rules[0].Scope = "elsewhere" }},
		{"rules[0].from", "must say from when", func(w *World) { w.Rules[0].From = time.Time{} }},
		{"rules[0].until", "ends before", func(w *World) { w.Rules[0].Until = day1 }},
		{"rules[0].target", "exactly one", func(w *World) { w.Rules[0].Target = Target{} }},
		{"rules[0].target", "exactly one", func(w *World) { w.Rules[0].Target.Any = true }},
		{"rules[0].target", "exactly one", func(w *World) { w.Rules[0].Target.Supplier = "maker" }},
		{"rules[0].target.product", "no product", func(w *World) { w.Rules[0].Target.Product = "nothing" }},
		{"rules[1].target.supplier", "no supplier", func(w *World) { w.Rules[1].Target.Supplier = "nobody" }},
		{"rules[0]", "not for an allow rule", func(w *World) { w.Rules[0].Components = true }},
		{"rules[0]", "not for an allow rule", func(w *World) { w.Rules[0].Clearance = ClearanceNone }},
		{"rules[0].min_version", "not a version", func(w *World) { w.Rules[0].MinVersion = "v5" }},
		{"rules[0].min_version_code.android", "not negative", func(w *World) { w.Rules[0].MinVersionCode[Android] = -1 }},
		{"rules[1].clearance", "say which office", func(w *World) { w.Rules[1].Clearance = "" }},
		{"rules[1]", "for allow rules", func(w *World) { w.Rules[1].MinVersion = "1" }},
		{"rules[1].deadline", "for phase-outs", func(w *World) { w.Rules[1].Deadline = day2 }},
		{"rules[2].deadline", "a deadline is needed", func(w *World) { w.Rules[2].Deadline = time.Time{} }},
		{"rules[2].deadline", "before the phase-out's from", func(w *World) { w.Rules[2].From = day2 }},
		{"exemptions[0]", "exactly one of product and any_product", func(w *World) { w.Exemptions[0].AnyProduct = true }},
		{"exemptions[0]", "exactly one of product and any_product", func(w *World) { w.Exemptions[0].Product = "" }},
		{"exemptions[1].lifts", "must name the rules", func(w *World) { w.Exemptions[1].Lifts = nil }},
		{"exemptions[0].product", "no product", func(w *World) { w.Exemptions[0].Product = "nothing" }},
		{"exemptions[0].lifts[0]", "no rule", func(w *World) { w.Exemptions[0].Lifts[0] = "nothing" }},
		{"exemptions[0].lifts[0]", "an allow rule", func(w *World) { w.Exemptions[0].Lifts[0] = "allow" }},
		{"exemptions[0].scope", "no organisation", func(w *World) { w.Exemptions[0].Scope = "elsewhere" }},
		{"exemptions[0].subject", "exactly one", func(w *World) { w.Exemptions[0].Subject = ExemptionSubject{} }},
		{"exemptions[0].subject", "exactly one", func(w *World) { w.Exemptions[0].Subject.Everyone = true }},
		{"exemptions[1].subject.site", "no site", func(w *World) { w.Exemptions[1].Subject.Site = "tower" }},
		{"exemptions[0].from", "must say from when", func(w *World) { w.Exemptions[0].From = time.Time{} }},
		{"exemptions[0].until", "must end", func(w *World) { w.Exemptions[0].Until = time.Time{} }},
		{"exemptions[0].until", "ends before", func(w *World) { w.Exemptions[0].Until = day1 }},
		{"exemptions[0].clearance", "names its office", func(w *World) { w.Exemptions[0].Clearance.Office = "" }},
		{"exemptions[0].clearance", "says when", func(w *World) { w.Exemptions[0].Clearance.At = time.Time{} }},
		{"exemptions[1].id", `"x1" is declared twice`, func(w *World) { w.Exemptions[1].ID = "x1" }},
	}
	for _, test := range tests {
		w := sound()
		test.spoil(w)
		wantProblem(t, Validate(w), test.key, test.message)
		if _, err := Compile(w, day1); err == nil {
			t.Errorf("%s: a world with this problem compiles: %s", test.key, test.message)
		}
	}
}

func wantProblem(t *testing.T, problems []Problem, key, message string) {
	t.Helper()
	for _, p := range problems {
		if p.Key == key && strings.Contains(p.Message, message) {
			return
		}
	}
	t.Errorf("no problem at %s says %q; got %q", key, message, problems)
}

func TestSlip(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"gov", "GOV", true}, {"gov", "gvo", true}, {"gov", "go", true}, {"go", "gov", true}, {"gov", "gow", true}, {"ov", "gov", true},
		{"gov", "got1", false}, {"gov", "g", false}, {"abcd", "badc", false}, {"abc", "xyz", false},
	}
	for _, test := range tests {
		if got := slip(test.a, test.b); got != test.want {
			t.Errorf("slip(%q, %q) = %v, want %v", test.a, test.b, got, test.want)
		}
	}
	if got := suggest("a1", ids{"a3": 0, "a2": 1, "a0": 2}); got != `; did you mean "a0"?` {
		t.Errorf("of several ids that are near, the suggestion is %q", got)
	}
}

func device() *Host {
	return &Host{ID: "d1", Kind: Device, Organisation: "dept", Platform: Android, Installed: []Installation{{Identifier: "com.app"}, {Product: "kit"}}}
}

func TestValidateHost(t *testing.T) {
	many := func(h *Host) {
		h.Installed = nil
		for _, r := range "abcdefghijklmnopq" {
			h.Installed = append(h.Installed, Installation{Identifier: string(r)})
		}
		h.Installed = append(h.Installed, Installation{Identifier: "q"})
	}
	tests := []struct {
		key, message string
		spoil        func(h *Host)
	}{
		{"id", "an id is needed", func(h *Host) { h.ID = "" }},
		{"organisation", "no organisation", func(h *Host) { h.Organisation = "elsewhere" }},
		{"kind", "a kind is needed", func(h *Host) { h.Kind = 0 }},
		{"platform", "a device has a platform", func(h *Host) { h.Platform = 0 }},
		{"site", "a site is for equipment", func(h *Host) { h.Site = "hall" }},
		{"kind", "for devices, not for equipment", func(h *Host) { h.Kind = EquipmentHost }},
		{"site", "no site", func(h *Host) { *h = Host{ID: "c1", Kind: EquipmentHost, Organisation: "dept", Site: "tower"} }},
		{"organisation", `belongs to "dept"`, func(h *Host) { *h = Host{ID: "c1", Kind: EquipmentHost, Organisation: "gov", Site: "hall"} }},
		{"installed[0].platform", "has no platform", func(h *Host) {
			*h = Host{ID: "c1", Kind: EquipmentHost, Organisation: "dept", Installed: []Installation{{Product: "kit", Platform: Chrome}}}
		}},
		{"installed[0]", "exactly one", func(h *Host) { h.Installed[0].Product = "app" }},
		{"installed[1]", "exactly one", func(h *Host) { h.Installed[1].Product = "" }},
		{"installed[1].product", "no product", func(h *Host) { h.Installed[1].Product = "nothing" }},
		{"installed[1]", `"kit" is on this host twice on android: it is installed[0] too`, func(h *Host) { h.Installed[0].Identifier = "kit" }},
		{"installed[1]", `twice`, func(h *Host) { h.Installed[1] = Installation{Identifier: "com.app", Platform: Android} }},
		{"installed[17]", `"q" is on this host twice on android: it is installed[16] too`, many},
		{"installed[1]", `"kit" is on this host twice: it is installed[0] too`, func(h *Host) {
			*h = Host{ID: "c1", Kind: EquipmentHost, Organisation: "dept", Installed: []Installation{{Product: "kit"}, {Product: "kit"}}}
		}},
	}
	validator := NewHostValidator(sound())
	for _, sound := range []*Host{device(), {ID: "c1", Kind: EquipmentHost, Organisation: "dept", Site: "hall"}, {ID: "c2", Kind: EquipmentHost, Organisation: "gov"}} {
		if problems := validator.Validate(sound); len(problems) > 0 {
			t.Errorf("a sound host has problems: %v", problems)
		}
	}
	for _, test := range tests {
		h := device()
		test.spoil(h)
		wantProblem(t, validator.Validate(h), test.key, test.message)
	}
}
