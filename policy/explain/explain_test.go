package explain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/policy"
)

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

func code(n int64) *int64 { return &n }

// country is a small world in which every finding can be had.
func country() *policy.World {
	from := policy.Period{From: day(2023, 1, 1)}
	return &policy.World{
		Organisations: []policy.Organisation{
			{ID: "gov", Name: "The Government"},
			{ID: "works", Name: "Ministry of Works", Parent: "gov", OwnList: true},
			{ID: "parks", Name: "Parks Agency", Parent: "gov", Monitor: &policy.Monitor{Period: policy.Period{From: day(2023, 1, 1), Until: day(2023, 6, 1)}, Reason: "rolling out"}},
		},
		Sites:     []policy.Site{{ID: "hall", Organisation: "works", Class: "sensitive"}},
		Suppliers: []policy.Supplier{{ID: "owner", Name: "Owner Holdings"}, {ID: "maker", Name: "Maker Ltd", OwnedBy: []policy.Edge{{Supplier: "owner"}}}},
		Products: []policy.Product{
			{ID: "clips", Kind: policy.App, Name: "Clips", Supplier: "maker", Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.clips"}}, policy.IOS: {{ID: "org.clips"}}}},
			{ID: "game", Kind: policy.App, Name: "Game", Contains: []policy.Component{{Product: "clips"}}, Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.game"}}}},
			{ID: "notes", Kind: policy.App, Name: "Notes", Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.notes", Signers: []string{"aa"}}}}},
			{ID: "clock", Kind: policy.App, Name: "Clock", BuiltinOn: []policy.Platform{policy.Android}, Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.clock"}}}},
			{ID: "diary", Kind: policy.App, Name: "Diary"},
			{ID: "camera", Kind: policy.Equipment, Supplier: "maker"},
			{ID: "box", Kind: policy.Equipment},
		},
		Rules: []policy.Rule{
			{ID: "no-owner", Effect: policy.Ban, Target: policy.Target{Supplier: "owner"}, Components: true, Clearance: "minister", Mitigations: []string{"own phone"}, Scope: "gov", Period: from, Kinds: []policy.Kind{policy.App}, Reason: "A risk"},
			{ID: "cameras-out", Effect: policy.PhaseOut, Target: policy.Target{Supplier: "maker"}, Clearance: policy.ClearanceNone, Scope: "gov", Period: from, Kinds: []policy.Kind{policy.Equipment}, Deadline: day(2024, 1, 1)},
			{ID: "notes-ok", Effect: policy.Allow, Target: policy.Target{Product: "notes"}, Scope: "works", Period: from, MinVersion: "2", MinVersionCode: map[policy.Platform]int64{policy.Android: 20}},
			{ID: "diary-ok", Effect: policy.Allow, Target: policy.Target{Product: "diary"}, Scope: "gov", Period: from},
			{ID: "diary-parks", Effect: policy.Allow, Target: policy.Target{Product: "diary"}, Scope: "works", Period: from, Platforms: []policy.Platform{policy.IOS}},
		},
		Exemptions: []policy.Exemption{
			{ID: "press", Lifts: []string{"no-owner"}, Product: "clips", Scope: "gov", Subject: policy.ExemptionSubject{Group: "press"}, Period: policy.Period{From: day(2023, 2, 1), Until: day(2023, 4, 1)},
				Mitigations: []string{"own phone"}, Clearance: &policy.Clearance{Office: "minister", By: "A. Minister", Ref: "X/1", At: day(2023, 1, 15)}},
			{ID: "police", Lifts: []string{"no-owner"}, Product: "clips", Scope: "gov", Subject: policy.ExemptionSubject{Person: "p1"}, Period: policy.Period{From: day(2023, 2, 1), Until: day(2023, 4, 1)}},
			{ID: "early", Product: "diary", Scope: "parks", Subject: policy.ExemptionSubject{Everyone: true}, Period: policy.Period{From: day(2023, 2, 1), Until: day(2023, 4, 1)}},
		},
	}
}

func phone(edit func(h *policy.Host)) *policy.Host {
	h := &policy.Host{ID: "phone-1", Kind: policy.Device, Organisation: "works", Platform: policy.Android}
	if edit != nil {
		edit(h)
	}
	return h
}

func TestExplain(t *testing.T) {
	march := day(2023, 3, 1)
	tests := []struct {
		name string
		host *policy.Host
		in   policy.Installation
		at   time.Time
		want []string // each is found in the summary, a reason, a way or a change
	}{
		{"banned through a component and its owner", phone(nil), policy.Installation{Identifier: "com.game", Version: "1"}, march, []string{
			"Game 1 on android, on host phone-1 of Ministry of Works, is banned, and in breach on 1 March 2023.",
			"Rule no-owner of The Government bans it (Game → Clips → Maker Ltd → Owner Holdings), since 1 January 2023. The reason given: A risk.",
			"Remove it. To keep it, both of these are needed: an exemption from no-owner, which the minister must clear (it needs in place: own phone); and a place on the list, which Ministry of Works has to give it unless an exemption is for Game itself rather than for any product.",
			"No allow rule that reaches Ministry of Works covers it.",
		}},
		{"exempt, and what ends it", phone(func(h *policy.Host) { h.Groups = []string{"press"} }), policy.Installation{Identifier: "com.clips"}, march, []string{
			"Clips on android, on host phone-1 of Ministry of Works, is exempt on 1 March 2023.",
			"Exemption press lifts that until 1 April 2023, for group press. It was cleared by the minister (A. Minister) on 15 January 2023, reference X/1.",
			"The exemption ends on 1 April 2023",
			"1 April 2023: banned, and in breach.",
		}},
		{"an exemption that falls short", phone(func(h *policy.Host) { h.Holder = "p1" }), policy.Installation{Identifier: "com.clips"}, march, []string{
			`Exemption police names this rule but does not lift it: no-owner demands clearance by the minister and there is none; no-owner demands the mitigation "own phone" and it is not in place.`,
		}},
		{"an exemption that has not begun", phone(func(h *policy.Host) { h.Holder = "p1" }), policy.Installation{Identifier: "com.clips"}, day(2023, 1, 20), []string{"it begins only on 1 February 2023"}},
		{"an exemption that has ended", phone(func(h *policy.Host) { h.Holder = "p1" }), policy.Installation{Identifier: "com.clips"}, day(2023, 5, 1), []string{"it ended on 1 April 2023"}},
		{"allowed from above", phone(func(h *policy.Host) { h.Organisation = "parks" }), policy.Installation{Product: "diary"}, march, []string{"Rule diary-ok of The Government allows it."}},
		{"too old", phone(nil), policy.Installation{Identifier: "com.notes", Version: "1.9", VersionCode: code(19)}, march, []string{
			"Rule notes-ok of Ministry of Works allows it from version 2 (version code 20); the version here is 1.9 (version code 19).", "Update it to version 2 (version code 20).",
		}},
		{"too old, the version not known", phone(nil), policy.Installation{Identifier: "com.notes"}, march, []string{"the version here is not known."}},
		{"allowed with a floor", phone(nil), policy.Installation{Identifier: "com.notes", Version: "2", VersionCode: code(20), Signer: "aa"}, march, []string{"is allowed on", "Rule notes-ok of Ministry of Works allows it from version 2 (version code 20)."}},
		{"an impostor", phone(nil), policy.Installation{Identifier: "com.notes", Version: "2", Signer: "bb"}, march, []string{"signed by somebody else, and in breach", "It is signed by bb, who is not among the signers of Notes"}},
		{"built in", phone(nil), policy.Installation{Identifier: "com.clock"}, march, []string{"It comes with android, and no allow rule says otherwise."}},
		{"its own list, and a filter", phone(nil), policy.Installation{Product: "diary"}, march, []string{
			"The Government allows it by rule diary-ok, but Ministry of Works keeps its own list.", "its filters, such as the platform, do not match", "Remove it, or ask Ministry of Works to allow it.",
		}},
		{"allowed elsewhere", phone(func(h *policy.Host) { h.Organisation = "parks" }), policy.Installation{Identifier: "com.notes"}, march, []string{
			"Ministry of Works allows it by rule notes-ok, which does not reach Parks Agency.",
			"which is only watched for now", "Parks Agency watches what is not listed rather than enforcing it, until 1 June 2023. The reason given: rolling out.",
			"1 June 2023: not on the list, and in breach.",
		}},
		{"unknown with a candidate", phone(nil), policy.Installation{Identifier: "org.clips"}, march, []string{
			"No product has the identifier org.clips on android.", "Clips has it on ios: bans and phase-outs on that product hold here too, allow rules do not.", "(Clips → Maker Ltd → Owner Holdings)",
		}},
		{"unknown", phone(nil), policy.Installation{Identifier: "bell\a one"}, march, []string{`"bell\a one" on android`, "add the identifier to its product"}},
		{"personal", phone(func(h *policy.Host) { h.Ownership = policy.Personal }), policy.Installation{Identifier: "com.clips"}, march, []string{
			"is a matter of advice on", "This is the holder's own device: they are advised to remove it", "It is judged as personal",
		}},
		{"equipment to be phased out", &policy.Host{ID: "cam", Kind: policy.EquipmentHost, Organisation: "works", Site: "hall"}, policy.Installation{Product: "camera"}, march, []string{
			"camera, on host cam of Ministry of Works, is to be phased out on", "phases it out by 1 January 2024 (camera → Maker Ltd)", "Remove it, or ask for an exemption from cameras-out.",
			"Equipment needs no place on a list", "1 January 2024: overdue for removal, and in breach.",
		}},
		{"equipment not identified", &policy.Host{ID: "cam", Kind: policy.EquipmentHost, Organisation: "works"}, policy.Installation{Product: "box"}, march, []string{"that is not the same as clean", "name its product, and the product's supplier"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Explain(country(), test.host, &test.in, test.at)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if text := sentences(got); !slices.ContainsFunc(text, func(s string) bool { return strings.Contains(s, want) }) {
					t.Errorf("nothing says %q:\n%s", want, strings.Join(text, "\n"))
				}
			}
		})
	}
}

func sentences(x *Explanation) []string {
	all := append([]string{x.Summary}, x.Reasons...)
	all = append(all, x.Ways...)
	for _, c := range x.Changes {
		all = append(all, Date(c.At)+": "+Verdict(c.Verdict, c.Breach)+".")
	}
	return all
}

func TestExplainListedByExemption(t *testing.T) {
	w := country()
	w.Rules = slices.DeleteFunc(w.Rules, func(r policy.Rule) bool { return r.Effect == policy.Allow })
	h := phone(func(h *policy.Host) { h.Organisation = "parks" })
	got, err := Explain(w, h, &policy.Installation{Product: "diary"}, day(2023, 3, 1))
	if err != nil {
		t.Fatal(err)
	}
	if got.Decision.Verdict != policy.Exempt || !strings.Contains(strings.Join(got.Reasons, "\n"), "exemption early admits it until 1 April 2023, for everyone in Parks Agency.") {
		t.Errorf("%s\n%s", got.Summary, strings.Join(got.Reasons, "\n"))
	}
}

// TestChangesAreDecisions holds that each change told is what a decision at that time says, and
// that just before it the answer was another.
func TestChangesAreDecisions(t *testing.T) {
	w, in := country(), policy.Installation{Identifier: "com.clips"}
	h := phone(func(h *policy.Host) { h.Groups = []string{"press"}; h.Organisation = "parks" })
	got, err := Explain(w, h, &in, day(2022, 12, 1))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Changes) < 3 {
		t.Fatalf("only %d changes are told", len(got.Changes))
	}
	for _, c := range got.Changes {
		at, err := policy.Decide(w, h, &in, c.At)
		if err != nil {
			t.Fatal(err)
		}
		before, err := policy.Decide(w, h, &in, c.At.Add(-time.Microsecond))
		if err != nil {
			t.Fatal(err)
		}
		if at.Verdict != c.Verdict || at.Breach != c.Breach {
			t.Errorf("at %s the change says %s, the decision %s", c.At, c.Verdict, at.Verdict)
		}
		if before.Verdict == at.Verdict && before.Breach == at.Breach {
			t.Errorf("nothing changes at %s", c.At)
		}
	}
}

func TestExplainBadInput(t *testing.T) {
	if _, err := Explain(country(), phone(func(h *policy.Host) { h.Organisation = "nowhere" }), &policy.Installation{Product: "diary"}, day(2023, 3, 1)); err == nil {
		t.Error("a host of no declared organisation is explained")
	}
	w := country()
	w.Rules[0].Scope = "nowhere"
	if _, err := Explain(w, phone(nil), &policy.Installation{Product: "diary"}, day(2023, 3, 1)); err == nil {
		t.Error("a world that does not compile is explained")
	}
}

// TestMarked holds that nothing is said of a marked exemption but that there is one, and until when it lifts.
func TestMarked(t *testing.T) {
	w := country()
	for i := range w.Exemptions {
		w.Exemptions[i].Marked = true
	}
	for _, test := range []struct {
		host *policy.Host
		in   policy.Installation
		at   time.Time
		want string
	}{
		{phone(func(h *policy.Host) { h.Groups = []string{"press"} }), policy.Installation{Identifier: "com.clips"}, day(2023, 3, 1), "An exemption lifts that until 1 April 2023. It is marked"},
		{phone(func(h *policy.Host) { h.Organisation = "parks" }), policy.Installation{Identifier: "com.clock"}, day(2023, 3, 1), ""},
		{phone(func(h *policy.Host) { h.Holder = "p1" }), policy.Installation{Identifier: "com.clips"}, day(2023, 3, 1), ""},
	} {
		got, err := Explain(w, test.host, &test.in, test.at)
		if err != nil {
			t.Fatal(err)
		}
		said := got.Summary
		for _, texts := range [][]string{got.Reasons, got.Ways} {
			said += "\n" + strings.Join(texts, "\n")
		}
		if !strings.Contains(said, test.want) || strings.Contains(said, "X/1") || strings.Contains(said, "group press") || strings.Contains(said, "police") || strings.Contains(said, "xemption press") {
			t.Errorf("%+v: %s", test.in, said)
		}
	}
}
