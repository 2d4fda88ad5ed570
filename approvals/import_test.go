package approvals_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/internal/roomtest"
	"portcullis/people"
	"portcullis/world"
)

// bring brings a world file.
func (s *server) bring(t testing.TB, who people.Actor, text string, dry bool) (approvals.Bringing, error) {
	t.Helper()
	return s.Bring(t.Context(), who, approvals.Brought{World: &roomtest.Load(t, text, world.Options{Elsewhere: true}).World, Reason: "as in the file", Narrower: "it is everywhere", Dry: dry})
}

func (s *server) brought(t testing.TB, who people.Actor, text string, dry bool) (lines []string, same int) {
	t.Helper()
	b, err := s.bring(t, who, text, dry)
	if err != nil {
		t.Fatal(err)
	}
	for _, th := range b.Things {
		if (th.Proposal == "") == (th.Fate == approvals.FateOpen || th.Fate == approvals.FateProposed && !dry) {
			t.Errorf("%+v: is there a proposal?", th)
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", th.Key, th.ID, th.Fate, th.Kind)))
	}
	return lines, b.Same
}

// changed is the house with something new of everything.
var changed = strings.NewReplacer(
	`  - {id: dept-b, name: Department B, parent: gov, list: own}`, `  - {id: dept-b, name: Department B, parent: gov, list: own, monitor: {from: 2026-01-01, until: 2026-05-01, reason: rolling out}}
  - {id: under, name: Under the new one, parent: dept-c}
  - {id: dept-c, name: Department C, parent: gov}`,
	`{id: office, name: Private Office, parent: gov}`, `{id: office, name: Private Office, parent: dept-c, list: own}`,
	`  - {id: maker, name: Umber Apps Ltd}`, `  - {id: maker, name: Umber Apps Ltd, owned_by: [{supplier: holding}]}
  - {id: holding, name: Holding, owned_by: [{supplier: group}]}`,
	`{android: [com.maps]}}`, `{android: [com.maps, com.maps.lite]}}
  - {id: kite, kind: app, name: Kite, supplier: holding, contains: [maps], identifiers: {android: [com.kite]}}`,
	`identifiers: {android: [com.notes]}`, `domains: [notes.example], identifiers: {android: [com.notes]}`,
	`from: 2026-01-01, reason: "for work"}`, `from: 2026-01-01, until: 2026-04-01, reason: "for work"}
  - {id: ban-kite, effect: ban, target: {product: kite}, components: false, clearance: none, scope: dept-c, from: 2026-01-01, reason: "it flies"}
  - {id: allow-maps, effect: allow, target: {product: maps}, scope: dept-a, from: 2026-01-01}
  - {id: long-gone, effect: allow, target: {product: maps}, scope: gov, from: 2025-01-01, until: 2026-01-01}
exemptions:
  - {id: ex1, lifts: [ban-parrot], product: parrot, scope: dept-a, subject: {host: a1}, from: 2026-01-01, until: 2026-04-01, purpose: research, mitigations: [dedicated-device], clearance: {office: minister, by: M, at: 2026-01-01}}
  - {id: ex2, lifts: [ban-kite], product: kite, scope: dept-c, subject: {everyone: true}, from: 2026-01-01, until: 2026-04-01, purpose: research}
  - {id: ex3, lifts: [ban-parrot], product: parrot, scope: dept-a, subject: {host: a1}, from: 2026-01-01, until: 2026-02-01, purpose: research}`,
).Replace(house)

var becomes = []string{
	"organisations[5] dept-c added", "organisations[4] under added", "organisations[6] office proposed organisation",
	"suppliers[2] holding added", "products[2].identifiers.android[1] maps added", "products[3] kite added",
	"organisations[3].monitor dept-b proposed monitor",
	"suppliers[1] maker proposed supplier", "products[1] notes proposed product",
	"rules[1] allow-notes proposed withdrawal", "rules[2] ban-kite proposed ban", "rules[3] allow-maps proposed allow", "rules[4] long-gone over",
	"exemptions[0] ex1 proposed exemption", "exemptions[1] ex2 later", "exemptions[2] ex3 over",
}

// TestBring brings a file with something new of everything: first dry, then in earnest, then again while all is open, and
// again when all is decided.
func TestBring(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		first, second := s.somebody(t, people.CentreOfficer, people.Everywhere, "Ann"), s.somebody(t, people.CentreOfficer, people.Everywhere, "Bob")
		for range 2 {
			if got, _ := s.brought(t, first.Actor, changed, true); cmp.Diff(becomes, got) != "" {
				t.Fatalf("a dry run (-want +got):\n%s", cmp.Diff(becomes, got))
			}
		}
		got, same := s.brought(t, first.Actor, changed, false)
		if diff := cmp.Diff(becomes, got); diff != "" {
			t.Fatalf("in earnest (-want +got):\n%s", diff)
		}
		again := strings.Split(strings.ReplaceAll(strings.Join(append([]string{becomes[2]}, becomes[6:]...), "\n"), "proposed", "open"), "\n")
		for _, who := range []one{first, second} {
			// What was added counts as the same: two organisations, a supplier, a product; and of the product with another
			// identifier nothing is otherwise any more.
			if got, more := s.brought(t, who.Actor, changed, false); cmp.Diff(again, got) != "" || more != same+4 {
				t.Fatalf("again, %d the same and %d before (-want +got):\n%s", more, same, cmp.Diff(again, got))
			}
		}
		s.decideAll(t, second)
		// The exemption from what is banned by now can be asked for; the other is cleared by an office.
		want := []string{"rules[4] long-gone over", "exemptions[0] ex1 open exemption", "exemptions[1] ex2 proposed exemption", "exemptions[2] ex3 over"}
		if got, _ := s.brought(t, first.Actor, changed, false); cmp.Diff(want, got) != "" {
			t.Fatalf("decided (-want +got):\n%s", cmp.Diff(want, got))
		}
		s.decideAll(t, second)
		want[2] = "exemptions[0] ex1 open exemption"
		if got, _ := s.brought(t, first.Actor, changed, false); cmp.Diff([]string{want[0], want[1], want[3]}, got) != "" {
			t.Fatalf("at the end: %v", got)
		}
	})
}

// decideAll takes all steps that one person may take, in the order in which things were proposed; a third confirms.
func (s *server) decideAll(t *testing.T, who one) {
	t.Helper()
	third := s.somebody(t, people.CentreOfficer, people.Everywhere, "Cleo")
	for _, actor := range []one{who, third} {
		waiting, err := s.Waiting(t.Context(), actor.Actor)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range waiting {
			many := 1000
			do := approvals.Doing{Act: w.For, Said: approvals.Said{Reason: "yes", Risk: "small", Criteria: "ours"}, Affirmed: &many}
			s.follow(t)
			v, err := s.Proposal(t.Context(), actor.Actor, w.ID)
			if err != nil {
				t.Fatal(err)
			}
			if v.Reach != nil {
				do.Affirmed = &v.Reach.Either
			} else {
				do.Affirmed = nil
			}
			if _, err := s.take(t, actor, w.ID, do); err != nil {
				t.Fatalf("%s of %s %s: %v", w.For, w.Kind, w.ID, err)
			}
		}
	}
}

// TestBringSame: what was exported and is brought back proposes nothing, and nothing that is missing in a file ends.
func TestBringSame(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		who := s.somebody(t, people.CentreOfficer, people.Everywhere, "Ann")
		var out strings.Builder
		if err := s.Devices.Export(t.Context(), command, &out, people.Time{}, people.Time{}); err != nil {
			t.Fatal(err)
		}
		for text, same := range map[string]int{out.String(): 13, "organisations: [{id: gov, name: Government}]": 1} {
			if got, n := s.brought(t, who.Actor, text, false); len(got) != 0 || n != same {
				t.Errorf("%d the same, not %d; and %v", n, same, got)
			}
		}
	})
}

// TestBringRefuses: what cannot be proposed is said with its place in the file, all of it at once, and nothing is kept.
func TestBringRefuses(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		who := s.somebody(t, people.CentreOfficer, people.Everywhere, "Ann")
		replaced := func(old, new string) string { return strings.Replace(house, old, new, 1) }
		for _, c := range []struct{ text, field, want string }{
			{house + "sites: [{id: s1, organisation: gov}]\n", "sites[0]", "sites come in with a first import"},
			{replaced("{id: maps, kind: app,", "{id: maps, kind: equipment,"), "products[2].kind", "stays"},
			{replaced("clearance: minister", "clearance: none"), "rules[0]", "otherwise here (clearance)"},
			{replaced("scope: gov, from: 2026-01-01, reason: \"for work\"", "scope: gov, from: 2026-06-01, reason: \"for work\""), "rules[1]", "otherwise here (from)"},
			{house + "exemptions: [{id: e, lifts: [ban-parrot], product: parrot, scope: dept-a, subject: {host: a1}, purpose: p, from: 2026-01-01, until: 2036-01-01}]\n", "exemptions[0].until", "holds for too long"},
		} {
			_, err := s.bring(t, who.Actor, c.text, false)
			faults := fault.Fields(err)
			if len(faults) != 1 || faults[0].Field != c.field || !strings.Contains(faults[0].Message, c.want) {
				t.Errorf("%s with %q: %v", c.field, c.want, err)
			}
		}
		_, err := s.bring(t, who.Actor, replaced("clearance: minister", "clearance: none")+"sites: [{id: s1, organisation: gov}]\n", false)
		if faults := fault.Fields(err); len(faults) != 2 {
			t.Errorf("two things are wrong: %v", err)
		}
		for name, actor := range map[string]people.Actor{
			"auditor": s.somebody(t, people.Auditor, people.Everywhere, "Aud").Actor, "operator": s.somebody(t, people.Operator, people.Everywhere, "Op").Actor,
			"a department's officer": s.somebody(t, people.SecurityOfficer, "dept-a", "Sec").Actor, "nobody": {},
		} {
			if _, err := s.bring(t, actor, changed, true); !fault.Is(err, fault.Refused) && !fault.Is(err, fault.SignedOut) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if l, err := s.Proposals(t.Context(), who.Actor, approvals.Query{}); err != nil || len(l.Proposals) != 0 {
			t.Errorf("nothing is kept: %v %v", l, err)
		}
	})
}

// TestBringTooMany: a file that would be more proposals than anybody reads makes none.
func TestBringTooMany(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		who := s.somebody(t, people.CentreOfficer, people.Everywhere, "Ann")
		many := func(n int) string {
			var b strings.Builder
			b.WriteString(house + "exemptions:\n")
			for i := range n {
				fmt.Fprintf(&b, "  - {id: e%d, lifts: [ban-parrot], product: parrot, scope: dept-a, subject: {person: p%d}, purpose: p, from: 2026-01-01, until: 2026-05-01}\n", i, i)
			}
			return b.String()
		}
		if _, err := s.bring(t, who.Actor, many(approvals.MostProposed+1), false); err == nil || !strings.Contains(err.Error(), "This would be 201 proposals") {
			t.Errorf("one too many: %v", err)
		}
		if b, err := s.bring(t, who.Actor, many(approvals.MostProposed), true); err != nil || len(b.Things) != approvals.MostProposed {
			t.Errorf("as many as there may be: %v", err)
		}
	})
}

// TestBringTellsWhatIsMissing: a reason and why nothing narrower would do are asked for once, by their own names.
func TestBringTellsWhatIsMissing(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		_, err := s.Bring(t.Context(), s.somebody(t, people.CentreOfficer, people.Everywhere, "Ann").Actor, approvals.Brought{World: &roomtest.Load(t, changed, world.Options{Elsewhere: true}).World})
		var fields []string
		for _, f := range fault.Fields(err) {
			fields = append(fields, f.Field)
		}
		if diff := cmp.Diff([]string{"reason", "narrower"}, fields); diff != "" {
			t.Errorf("missing (-want +got):\n%s", diff)
		}
	})
}
