package enforce

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/internal/drawn"
	"portcullis/platform"
	"portcullis/policy"
)

// denied is what a platform does that can tell versions, codes and signers.
func denied(l *platform.List, in *policy.Installation) bool {
	e := l.Find(in.Identifier)
	if e == nil {
		e = &platform.Entry{Banned: l.Banned}
	}
	if slices.ContainsFunc(e.Banned, func(w policy.Window) bool { return within(w, in.Version) }) {
		return true
	}
	if len(e.Signers) > 0 && in.Signer != "" && e.Signers[0] != in.Signer {
		return true
	}
	if !l.Closed {
		return false
	}
	if !e.Listed {
		return true
	}
	for _, f := range e.Floors {
		switch {
		case f.Code != nil && in.VersionCode != nil:
			if *in.VersionCode >= *f.Code {
				return false
			}
		case f.Version != "" && !policy.VersionMissing(in.Version) && policy.CompareVersions(in.Version, f.Version) >= 0:
			return false
		}
	}
	return len(e.Floors) > 0
}

func within(w policy.Window, v string) bool {
	return (w.Since == "" || policy.CompareVersions(v, w.Since) >= 0) && (w.Until == "" || policy.CompareVersions(v, w.Until) < 0)
}

// TestAgreement holds a list to the single decision: what it denies on a device is what would be a
// breach there.
func TestAgreement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn.Drawing{T: t}
		w, at := d.World(), drawn.Day(d.UpTo(7))
		p, err := policy.Compile(w, at)
		if err != nil {
			t.Fatal(err)
		}
		lists := New(w, p, 7, at)
		for range 4 {
			h := d.Host()
			on := drawn.From(d, drawn.Platforms)
			list, err := lists.For(&h, on)
			if h.Kind != policy.Device || h.Ownership == policy.Personal || h.Ownership == policy.ManagedPersonal && on != policy.Android {
				if err == nil || h.Kind == policy.Device && !errors.Is(err, ErrPersonal) {
					t.Fatalf("%v has a list", h)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			again, err := New(w, p, 7, at).For(&h, on)
			if diff := cmp.Diff(list, again); err != nil || diff != "" {
				t.Fatalf("another list of the same: %v %s", err, diff)
			}
			subject, err := p.Subject(&h)
			if err != nil {
				t.Fatal(err)
			}
			for _, identifier := range drawn.Identifiers {
				for _, version := range []string{"1", "2", "2.1", "3", "4"} {
					in := policy.Installation{Identifier: identifier, Platform: on, Version: version, Signer: drawn.From(d, []string{"", "k0", "k1"})}
					if on == policy.Android || d.OneIn(2) {
						code := int64(d.UpTo(3))
						in.VersionCode = &code
					}
					var judged policy.Decision
					subject.Decide(&in, &judged)
					if got := denied(list, &in); got != judged.Breach {
						t.Fatalf("%+v on %+v: denied %t, but it is %s\nentry %+v\nworld %+v", in, h, got, judged.Verdict, list.Find(identifier), w)
					}
				}
			}
		}
	})
}

// government is a small world with something of everything that a list can say.
func government() *policy.World {
	always := policy.Period{From: drawn.Day(0)}
	on := func(id string, signers ...string) map[policy.Platform][]policy.Identifier {
		return map[policy.Platform][]policy.Identifier{policy.Android: {{ID: id, Signers: signers}}}
	}
	rule := func(id string, effect policy.Effect, product string) policy.Rule {
		r := policy.Rule{ID: id, Effect: effect, Target: policy.Target{Product: product}, Scope: "gov", Period: always, Reason: "because"}
		if effect != policy.Allow {
			r.Clearance = policy.ClearanceNone
		}
		return r
	}
	floor := rule("allow-floor", policy.Allow, "floor")
	floor.MinVersion, floor.MinVersionCode = "4.2", map[policy.Platform]int64{policy.Android: 42}
	window := rule("ban-window", policy.Ban, "window")
	window.Versions = policy.Window{Since: "2", Until: "3"}
	later := rule("later", policy.PhaseOut, "later")
	later.Deadline = drawn.Day(9)
	return &policy.World{
		Organisations: []policy.Organisation{{ID: "gov"}, {ID: "watching", Parent: "gov", Monitor: &policy.Monitor{Period: policy.Period{From: drawn.Day(0), Until: drawn.Day(5)}, Reason: "rolling out"}}},
		Products: []policy.Product{
			{ID: "banned", Kind: policy.App, Name: "Banned", Identifiers: on("banned")},
			{ID: "builtin", Kind: policy.App, Name: "Built in", Identifiers: on("builtin"), BuiltinOn: []policy.Platform{policy.Android}},
			{ID: "elsewhere", Kind: policy.App, Name: "Elsewhere", Identifiers: map[policy.Platform][]policy.Identifier{policy.Windows: {{ID: "elsewhere"}}}},
			{ID: "floor", Kind: policy.App, Name: "Floor", Identifiers: on("floor")},
			{ID: "later", Kind: policy.App, Name: "Later", Identifiers: on("later")},
			{ID: "signed", Kind: policy.App, Name: "Signed", Identifiers: on("signed", "k0")},
			{ID: "unlisted", Kind: policy.App, Name: "Unlisted", Identifiers: on("unlisted")},
			{ID: "window", Kind: policy.App, Name: "Window", Identifiers: on("window")},
		},
		Rules: []policy.Rule{rule("allow-banned", policy.Allow, "banned"), floor, rule("allow-later", policy.Allow, "later"), rule("allow-signed", policy.Allow, "signed"),
			rule("allow-window", policy.Allow, "window"), rule("ban", policy.Ban, "banned"), rule("ban-elsewhere", policy.Ban, "elsewhere"), later, window},
		Exemptions: []policy.Exemption{
			{ID: "lifted", Lifts: []string{"ban"}, Product: "banned", Scope: "gov", Subject: policy.ExemptionSubject{Host: "press"}, Period: policy.Period{From: drawn.Day(0), Until: drawn.Day(3)}},
			{ID: "listed", Product: "unlisted", Scope: "gov", Subject: policy.ExemptionSubject{Host: "undercover"}, Period: policy.Period{From: drawn.Day(0), Until: drawn.Day(3)}, Marked: true},
			{ID: "many", Lifts: []string{"ban-window"}, AnyProduct: true, Scope: "gov", Subject: policy.ExemptionSubject{Group: "testers"}, Period: policy.Period{From: drawn.Day(0), Until: drawn.Day(3)}},
		},
	}
}

// TestEntries goes through what a list says, of an organisation's devices and of those singled out.
func TestEntries(t *testing.T) {
	code := int64(42)
	all := map[string]platform.Entry{
		"banned":   {Listed: true, Banned: []policy.Window{{}}, Decisions: []string{"allow-banned", "ban"}},
		"builtin":  {Listed: true},
		"floor":    {Listed: true, Floors: []platform.Floor{{Version: "4.2", Code: &code}}, Decisions: []string{"allow-floor"}},
		"later":    {Listed: true, Decisions: []string{"allow-later"}},
		"signed":   {Listed: true, Signers: []string{"k0"}, Decisions: []string{"allow-signed"}},
		"unlisted": {},
		"window":   {Listed: true, Banned: []policy.Window{{Since: "2", Until: "3"}}, Decisions: []string{"allow-window", "ban-window"}},
	}
	with := func(id string, e platform.Entry) map[string]platform.Entry {
		changed := maps.Clone(all)
		changed[id] = e
		return changed
	}
	for _, c := range []struct {
		name   string
		host   policy.Host
		day    int
		want   map[string]platform.Entry
		closed bool
	}{
		{"any other", policy.Host{ID: "any"}, 1, all, true},
		{"a device whose ban is lifted", policy.Host{ID: "press"}, 1, with("banned", platform.Entry{Listed: true, Decisions: []string{"allow-banned", "ban", "lifted"}}), true},
		{"the same when that has ended", policy.Host{ID: "press"}, 3, all, true},
		{"an exemption that is named nowhere", policy.Host{ID: "undercover"}, 1, with("unlisted", platform.Entry{Listed: true}), true},
		{"a group for which a window is lifted", policy.Host{ID: "t1", Groups: []string{"testers"}}, 1, with("window", platform.Entry{Listed: true, Decisions: []string{"allow-window", "ban-window", "many"}}), true},
		{"a body that watches", policy.Host{ID: "any", Organisation: "watching"}, 1, with("elsewhere", platform.Entry{Banned: []policy.Window{{}}, Decisions: []string{"ban-elsewhere"}}), false},
		{"the same when that has ended", policy.Host{ID: "any", Organisation: "watching"}, 5, all, true},
		{"after the deadline", policy.Host{ID: "any"}, 9, with("later", platform.Entry{Listed: true, Banned: []policy.Window{{}}, Decisions: []string{"allow-later", "later"}}), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := government()
			p, err := policy.Compile(w, drawn.Day(c.day))
			if err != nil {
				t.Fatal(err)
			}
			c.host.Kind, c.host.Platform = policy.Device, policy.Android
			if c.host.Organisation == "" {
				c.host.Organisation = "gov"
			}
			list, err := New(w, p, 1, drawn.Day(c.day)).For(&c.host, policy.Android)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]platform.Entry{}
			for e := range list.All() {
				got[e.Identifier] = *e
			}
			want := map[string]platform.Entry{}
			for id, e := range c.want {
				if e.Identifier = id; list.Names(&e) {
					if id != "elsewhere" {
						e.Product, e.Name = id, map[string]string{"banned": "Banned", "builtin": "Built in", "floor": "Floor", "later": "Later", "signed": "Signed", "unlisted": "Unlisted", "window": "Window"}[id]
					}
					want[id] = e
				}
			}
			if diff := cmp.Diff(want, got); diff != "" || list.Closed != c.closed {
				t.Errorf("closed %t (-want +got)\n%s", list.Closed, diff)
			}
		})
	}
}

// TestSameAtAnyTime: between two dates of the world every form makes the same bytes whenever it is asked. The serial of a zone that is
// written by itself rises with a decision, and with a date.
func TestSameAtAnyTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn.Drawing{T: t}
		w, at := d.World(), drawn.Day(d.UpTo(7))
		for _, form := range Forms {
			now, later := bytesOf(t, w, &form, 7, at), bytesOf(t, w, &form, 7, at.Add(time.Hour))
			if !bytes.Equal(now, later) {
				t.Errorf("%s an hour later\n%s", form.Name, cmp.Diff(string(now), string(later)))
			}
		}
		zone := Named("rpz")
		before, decided, dated := serialIn(t, bytesOf(t, w, zone, 7, at)), serialIn(t, bytesOf(t, w, zone, 8, at)), serialIn(t, bytesOf(t, w, zone, 7, drawn.Day(8)))
		if decided <= before || dated < before {
			t.Errorf("the serial is %d, after a decision %d, and after all dates %d", before, decided, dated)
		}
	})
}

// bytesOf are the artefact of the first organisation's devices.
func bytesOf(t *rapid.T, w *policy.World, form *Form, generation int64, at time.Time) []byte {
	p, err := policy.Compile(w, at)
	if err != nil {
		t.Fatal(err)
	}
	made, err := New(w, p, generation, at).Artefact(Query{Form: form.Name, Organisation: w.Organisations[0].ID}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made.Data
}

// serialIn is the serial of a zone's text.
func serialIn(t *rapid.T, text []byte) (serial uint32) {
	_, after, _ := strings.Cut(string(text), " nobody.localhost. ")
	if _, err := fmt.Sscan(after, &serial); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return serial
}
