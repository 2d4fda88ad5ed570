package devices_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register/search"
	"portcullis/store"
)

// market is a world in which one may ask for many things.
const market = `
organisations:
  - {id: gov, name: Government}
  - {id: dept-a, parent: gov, name: Department A}
  - {id: dept-b, parent: gov, name: Department B, list: own, monitor: {from: 2026-01-01, until: 2026-06-01, reason: "rolling out"}}
suppliers:
  - {id: maker, name: Maker Ltd, aliases: [Old Maker]}
  - {id: shady, name: Shady Ltd}
products:
  - {id: parrot, kind: app, name: Parrot, aliases: [Chirper], supplier: shady, identifiers: {android: [com.parrot], ios: [com.parrot.ios]}}
  - {id: notes, kind: app, name: Notes, supplier: maker, identifiers: {android: [com.notes], ios: [com.notes.ios], windows: [notes.exe]}}
  - {id: notes-pro, kind: app, name: Notes Pro, supplier: maker, identifiers: {android: [com.notes.pro]}}
  - {id: maps, kind: app, name: Maps, supplier: maker, identifiers: {android: [com.maps]}}
  - {id: coded, kind: app, name: Coded, supplier: maker, identifiers: {android: [com.coded]}}
  - {id: bird, kind: app, name: Early Bird, supplier: maker, identifiers: {ios: [com.bird]}}
  - {id: fixed, kind: app, name: Fixed, supplier: maker, identifiers: {android: [com.fixed]}, contains: [{product: kit, until: "3"}]}
  - {id: kit, kind: app, name: Kit, supplier: shady}
  - {id: old, kind: app, name: Oldster, supplier: maker, identifiers: {windows: [old.exe]}}
  - {id: clock, kind: app, name: Clock, identifiers: {ios: [clock]}, builtin_on: [ios]}
  - {id: addon, kind: app, name: Blocker, supplier: maker, identifiers: {chrome: [blocker]}}
  - {id: camera, kind: equipment, name: Parrot camera}
rules:
  - {id: ban-shady, effect: ban, target: {supplier: shady}, components: true, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, until: 2027-01-01, reason: "It sends what it hears abroad"}
  - {id: allow-parrot, effect: allow, target: {product: parrot}, scope: gov, from: 2025-01-01, reason: "was fine"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "2.5", platforms: [android, ios], reason: "for work"}
  - {id: allow-coded, effect: allow, target: {product: coded}, scope: gov, from: 2026-01-01, min_version_code: {android: 4200}, reason: "for work"}
  - {id: allow-fixed, effect: allow, target: {product: fixed}, scope: gov, from: 2026-01-01, until: 2026-09-01, min_version: "1", reason: "for work"}
  - {id: allow-addon, effect: allow, target: {product: addon}, scope: gov, from: 2026-01-01, reason: "for work"}
  - {id: allow-old, effect: allow, target: {product: old}, scope: gov, from: 2026-01-01, reason: "for work"}
  - {id: out-old, effect: phase-out, target: {product: old}, components: false, clearance: none, scope: gov, from: 2026-01-01, deadline: 2026-05-01, reason: "no longer mended"}
exemptions:
  - {id: lifted, lifts: [ban-shady], product: parrot, scope: dept-a, subject: {person: reporter@dept-a.example}, from: 2026-01-01, until: 2026-04-01, purpose: "press work", mitigations: [dedicated-device], clearance: {office: minister, by: "M", ref: "1", at: 2026-01-01}}
  - {id: listed, product: maps, scope: dept-a, subject: {host: d-other}, from: 2026-01-01, until: 2026-04-01, purpose: "one device"}
hosts:
  - {id: d-other, kind: device, organisation: dept-a, platform: android}
`

// reads is an answer in words: what it is about, the choices there are, and each reply.
func reads(a devices.Asked) string {
	var b strings.Builder
	if a.Product != nil {
		b.WriteString(a.Product.ID)
	}
	for _, c := range a.Choices {
		fmt.Fprintf(&b, " ?%s", c.Product)
		if c.Near {
			b.WriteString("~")
		}
	}
	for _, r := range a.Replies {
		var on []string
		for _, p := range r.Platforms {
			on = append(on, p.String())
		}
		fmt.Fprintf(&b, " [%s %s", strings.Join(on, ","), r.Saying)
		if r.From != "" {
			b.WriteString(" from " + r.From)
		}
		if r.Before != "" {
			b.WriteString(" before " + r.Before)
		}
		if r.Code != 0 {
			fmt.Fprintf(&b, " code %d", r.Code)
		}
		for _, rule := range r.Rules {
			b.WriteString(" by " + rule.ID)
		}
		for _, x := range r.Exemptions {
			b.WriteString(" thanks to " + x.ID)
		}
		if len(r.Changes) > 0 {
			fmt.Fprintf(&b, " until %s", r.Changes[0].At.Format("2006-01-02"))
		}
		if r.Watched != nil {
			b.WriteString(" watched")
		}
		b.WriteString("]")
	}
	return strings.TrimSpace(b.String())
}

func TestAsk(t *testing.T) {
	each(t, market, func(t *testing.T, s *server, _ func() *server) {
		e := devices.NewEnquiries(s.Room)
		a, reporter, b := s.person(t, "a", "dept-a"), s.person(t, "reporter", "dept-a"), s.person(t, "b", "dept-b")
		for _, c := range []struct {
			who  people.Actor
			q    devices.Question
			want string
		}{
			{a, devices.Question{Words: "parrot"}, "parrot [android,ios no by ban-shady until 2027-01-01]"},
			{a, devices.Question{Words: "Chirper"}, "parrot [android,ios no by ban-shady until 2027-01-01]"},
			{a, devices.Question{Words: "com.parrot.ios"}, "parrot [android,ios no by ban-shady until 2027-01-01]"},
			{a, devices.Question{Words: "parot"}, "?parrot~"},
			{a, devices.Question{Words: "notes"}, "notes ?notes-pro [android,ios yes from 2.5 by allow-notes] [windows unlisted]"},
			{a, devices.Question{Words: "no"}, "?notes ?notes-pro"},
			{a, devices.Question{Words: "maker"}, "?addon ?coded ?bird ?fixed ?maps ?notes ?notes-pro ?old"},
			{a, devices.Question{Product: "notes", Platform: policy.Windows}, "notes [windows unlisted] [android,ios yes from 2.5 by allow-notes]"},
			{a, devices.Question{Product: "notes", Platform: policy.Linux}, "notes [linux unseen] [android,ios yes from 2.5 by allow-notes] [windows unlisted]"},
			{a, devices.Question{Product: "coded"}, "coded [android yes code 4200 by allow-coded]"},
			{a, devices.Question{Product: "fixed"}, "fixed [android yes from 3 by allow-fixed until 2026-09-01]"},
			{a, devices.Question{Product: "old"}, "old [windows leaving by out-old until 2026-05-01]"},
			{a, devices.Question{Product: "clock"}, "clock [ios yes]"},
			{a, devices.Question{Product: "addon"}, "addon [chrome yes by allow-addon]"},
			{a, devices.Question{Product: "maps"}, "maps [android unlisted]"},
			{a, devices.Question{Product: "kit"}, "kit [android,ios,macos,windows,linux,chromeos no by ban-shady until 2027-01-01]"},
			{a, devices.Question{Product: "camera"}, "camera [ not-an-app]"},
			{a, devices.Question{Words: "camera"}, ""},
			{a, devices.Question{Words: "zzzzzzz"}, ""},
			{a, devices.Question{}, ""},
			{reporter, devices.Question{Product: "parrot"}, "parrot [android,ios yes by allow-parrot thanks to lifted until 2026-04-01]"},
			{b, devices.Question{Product: "parrot"}, "parrot [android,ios no by ban-shady until 2027-01-01]"},
			{b, devices.Question{Product: "notes"}, "notes [android,ios,windows unlisted until 2026-06-01 watched]"},
			{a, devices.Question{Product: "parrot", Own: true}, "parrot [android,ios no by ban-shady]"},
			{a, devices.Question{Product: "notes", Own: true}, "notes [android,ios yes from 2.5 by allow-notes] [windows unlisted]"},
		} {
			got, err := e.Ask(t.Context(), c.who, c.q)
			if err != nil || reads(got) != c.want || got.Own != c.q.Own {
				t.Errorf("%+v: %q, %v; not %q", c.q, reads(got), err, c.want)
			}
		}
	})
}

func TestAskIsForPersons(t *testing.T) {
	each(t, market, func(t *testing.T, s *server, _ func() *server) {
		e, ctx := devices.NewEnquiries(s.Room), t.Context()
		officer, err := s.People.MakeToken(ctx, command, "a program", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		program, person := people.Actor{Token: officer.Secret}, s.person(t, "a", "dept-a")
		q := devices.Question{Product: "notes"}
		if _, err := e.Ask(ctx, program, q); !fault.Is(err, fault.Refused) {
			t.Errorf("a program asks for itself: %v", err)
		}
		if _, err := e.Ask(ctx, people.Actor{}, q); !fault.Is(err, fault.SignedOut) {
			t.Errorf("nobody asks: %v", err)
		}
		if got, err := e.AskFor(ctx, program, "dept-a", q); err != nil || reads(got) != "notes [android,ios yes from 2.5 by allow-notes] [windows unlisted]" {
			t.Errorf("a program asks for its body: %s, %v", reads(got), err)
		}
		staff, err := s.People.MakeToken(ctx, command, "a program of staff", people.Grant{Role: people.Staff, Organisation: "dept-a"}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.AskFor(ctx, people.Actor{Token: staff.Secret}, "dept-a", q); err != nil || got.Product == nil {
			t.Errorf("a program with the least of roles asks for its body: %v", err)
		}
		if _, err := e.AskFor(ctx, program, "dept-b", q); !fault.Is(err, fault.Refused) {
			t.Errorf("a program asks for another body: %v", err)
		}
		if _, err := e.AskFor(ctx, person, "dept-a", q); !fault.Is(err, fault.Refused) {
			t.Errorf("somebody without the role asks for a body: %v", err)
		}
		if _, err := e.Search(ctx, person, "notes", 10); !fault.Is(err, fault.Refused) {
			t.Errorf("somebody without the role searches: %v", err)
		}
		if _, err := e.Ask(ctx, person, devices.Question{Product: "no-such"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a product that is not there: %v", err)
		}
		if _, err := e.Ask(ctx, person, devices.Question{Words: strings.Repeat("a", 300)}); !fault.Is(err, fault.Invalid) {
			t.Errorf("too many words: %v", err)
		}
		far := s.person(t, "far", "dept-a")
		if _, err := s.People.AddOrganisation(ctx, command, people.NewOrganisation{ID: "new", Name: "New"}); err != nil {
			t.Fatal(err)
		}
		newcomer := s.person(t, "new", "new")
		if _, err := e.Ask(ctx, newcomer, q); !fault.Is(err, fault.Conflict) {
			t.Errorf("of a body that the fleet does not know: %v", err)
		}
		if _, err := e.Ask(ctx, far, q); err != nil {
			t.Error(err)
		}
	})
}

// TestAskLeavesNothing: whatever is asked, of work or of one's own, no table has more rows than before, and
// the ledger no entry.
func TestAskLeavesNothing(t *testing.T) {
	each(t, market, func(t *testing.T, s *server, _ func() *server) {
		e, who := devices.NewEnquiries(s.Room), s.person(t, "a", "dept-a")
		before := stored(t, s)
		for _, q := range []devices.Question{{Words: "parrot", Own: true}, {Words: "no such thing", Own: true}, {Product: "parrot", Own: true}, {Product: "parrot"}, {Product: "gone", Own: true}, {Words: "https://play.google.com/store/apps/details?id=com.parrot", Own: true}} {
			if _, err := e.Ask(t.Context(), who, q); err != nil && !fault.Is(err, fault.NotFound) {
				t.Fatal(err)
			}
		}
		if after := stored(t, s); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
	})
}

// stored is how many rows there are, by table.
func stored(t *testing.T, s *server) string {
	t.Helper()
	var b strings.Builder
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		for _, schema := range schemas {
			for _, table := range schema.Tables() {
				n := 0
				if err := tx.Row(`SELECT COUNT(*) FROM `+table, nil, &n); err != nil {
					return fmt.Errorf("%s: %w", table, err)
				}
				fmt.Fprintf(&b, "%s %d\n", table, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "people_access ") || !strings.Contains(b.String(), "ledger_") {
		t.Fatalf("the tables that matter are not among these:\n%s", b.String())
	}
	return b.String()
}

// TestSearch: the index follows what is decided.
func TestSearch(t *testing.T) {
	each(t, market, func(t *testing.T, s *server, _ func() *server) {
		e, ctx := devices.NewEnquiries(s.Room), t.Context()
		officer, err := s.People.MakeToken(ctx, command, "a program", people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		who := people.Actor{Token: officer.Secret}
		ids := func(query string) (all []string) {
			t.Helper()
			found, err := e.Search(ctx, who, query, 20)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				all = append(all, cmp.Or(f.Product, f.Supplier)+" "+f.Name+" "+string(f.By))
			}
			return all
		}
		if got := ids("shady"); !slices.Equal(got, []string{"shady Shady Ltd identifier", "kit Kit maker", "parrot Parrot maker"}) {
			t.Errorf("by a maker: %q", got)
		}
		if got := ids("old maker"); len(got) == 0 || got[0] != "maker Maker Ltd "+string(search.OldName) {
			t.Errorf("by an old name: %q", got)
		}
		if got := ids("gull"); got != nil {
			t.Errorf("of nothing: %q", got)
		}
		if _, err := s.decisions().AddProduct(ctx, who, policy.Product{ID: "gull", Kind: policy.App, Name: "Gull"}); err != nil {
			t.Fatal(err)
		}
		s.follow(t)
		if got := ids("gull"); !slices.Equal(got, []string{"gull Gull name"}) {
			t.Errorf("what is new: %q", got)
		}
	})
}
