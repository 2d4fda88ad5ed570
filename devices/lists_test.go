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
)

// lists is a world of bodies with lists of their own and without.
const lists = `
organisations:
  - {id: gov, name: Government}
  - {id: inherits, parent: gov, name: Inherits}
  - {id: owns, parent: gov, name: Owns, list: own}
  - {id: below, parent: owns, name: Below}
  - {id: abbey, name: Abbey}
suppliers: [{id: maker, name: Maker}]
products:
  - {id: all, kind: app, name: Everywhere, identifiers: {android: [all], ios: [all]}}
  - {id: central, kind: app, name: Central, identifiers: {android: [central]}}
  - {id: own, kind: app, name: Own, identifiers: {android: [own]}}
  - {id: floor, kind: app, name: Floor, identifiers: {android: [floor]}}
  - {id: platform, kind: app, name: Platforms, identifiers: {android: [platform], ios: [platform]}}
  - {id: ends, kind: app, name: Ends, identifiers: {android: [ends]}}
  - {id: coded, kind: app, name: Coded, identifiers: {android: [coded]}}
  - {id: made, kind: app, name: Made, supplier: maker, identifiers: {windows: [made]}}
  - {id: nearer, kind: app, name: Nearer, identifiers: {android: [nearer]}}
  - {id: clock, kind: app, name: Clock, identifiers: {ios: [clock]}, builtin_on: [ios]}
  - {id: camera, kind: equipment, name: Camera, supplier: maker}
rules:
  - {id: all-gov, effect: allow, target: {product: all}, scope: gov, from: 2026-01-01, min_version: "1.0", reason: r}
  - {id: all-owns, effect: allow, target: {product: all}, scope: owns, from: 2026-01-01, min_version: "1", reason: r}
  - {id: central-gov, effect: allow, target: {product: central}, scope: gov, from: 2026-01-01, reason: r}
  - {id: own-owns, effect: allow, target: {product: own}, scope: owns, from: 2026-01-01, reason: r}
  - {id: floor-gov, effect: allow, target: {product: floor}, scope: gov, from: 2026-01-01, min_version: "2", reason: r}
  - {id: floor-gov-2, effect: allow, target: {product: floor}, scope: gov, from: 2026-01-01, min_version: "1.5", reason: r}
  - {id: floor-owns, effect: allow, target: {product: floor}, scope: owns, from: 2026-01-01, reason: r}
  - {id: platform-gov, effect: allow, target: {product: platform}, scope: gov, from: 2026-01-01, reason: r}
  - {id: platform-owns, effect: allow, target: {product: platform}, scope: owns, from: 2026-01-01, platforms: [ios], reason: r}
  - {id: ends-gov, effect: allow, target: {product: ends}, scope: gov, from: 2026-01-01, until: 2026-12-01, reason: r}
  - {id: ends-owns, effect: allow, target: {product: ends}, scope: owns, from: 2026-01-01, reason: r}
  - {id: ended, effect: allow, target: {product: ends}, scope: abbey, from: 2026-01-01, until: 2026-02-01, reason: r}
  - {id: comes, effect: allow, target: {product: ends}, scope: abbey, from: 2026-12-01, reason: r}
  - {id: coded-gov, effect: allow, target: {product: coded}, scope: gov, from: 2026-01-01, min_version: "3", min_version_code: {android: 30}, reason: r}
  - {id: coded-owns, effect: allow, target: {product: coded}, scope: owns, from: 2026-01-01, min_version: "3", min_version_code: {android: 31}, reason: r}
  - {id: maker-gov, effect: allow, target: {supplier: maker}, scope: gov, from: 2026-01-01, reason: r}
  - {id: nearer-gov, effect: allow, target: {product: nearer}, scope: gov, from: 2026-01-01, reason: r}
  - {id: nearer-inherits, effect: allow, target: {product: nearer}, scope: inherits, from: 2026-01-01, min_version: "9", reason: r}
  - {id: ban, effect: ban, target: {any: true}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: r}
exemptions:
  - {id: everyone, product: own, scope: inherits, subject: {everyone: true}, from: 2026-01-01, until: 2027-01-01, purpose: p}
`

// admitted are admissions in words.
func admitted(all []devices.Admission) string {
	var words []string
	for _, a := range all {
		text := a.Platform.String() + " by " + strings.Join(a.Rules, "+")
		if a.From != "" {
			text += " from " + a.From
		}
		if a.Code != 0 {
			text += fmt.Sprintf(" code %d", a.Code)
		}
		if !a.Until.IsZero() {
			text += " until " + a.Until.Format("2006-01-02")
		}
		words = append(words, text)
	}
	return strings.Join(words, ", ")
}

func lined(found devices.Lists) (all []string) {
	for _, l := range found.Lines {
		all = append(all, fmt.Sprintf("%s %s: %s | %s", l.Product, l.Side, admitted(l.First), admitted(l.Second)))
	}
	return all
}

func TestLists(t *testing.T) {
	each(t, lists, func(t *testing.T, s *server, _ func() *server) {
		e, officer := devices.NewEnquiries(s.Room), s.person(t, "officer", "gov", people.CentreOfficer)
		ask := func(q devices.ListsQuery) devices.Lists {
			t.Helper()
			q.Limit = cmp.Or(q.Limit, 100)
			found, err := e.Lists(t.Context(), officer, q)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		found := ask(devices.ListsQuery{First: "inherits", Second: "owns"})
		want := []string{
			"central first: android by central-gov | ",
			"coded different: android by coded-gov from 3 code 30 | android by coded-owns from 3 code 31",
			"ends different: android by ends-gov until 2026-12-01 | android by ends-owns",
			"floor different: android by floor-gov+floor-gov-2 from 1.5 | android by floor-owns",
			"made first: windows by maker-gov | ",
			"nearer first: android by nearer-inherits from 9 | ",
			"own second:  | android by own-owns",
			"platform different: android by platform-gov, ios by platform-gov | ios by platform-owns",
		}
		if got := lined(found); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if found.OnlyFirst != 3 || found.OnlySecond != 1 || found.Differently != 4 || found.Alike != 1 || found.Total != 8 {
			t.Errorf("numbers: %+v", found)
		}
		if got := ask(devices.ListsQuery{First: "owns", Second: "below"}); got.Total != 0 || got.Alike != 6 {
			t.Errorf("a body below one with its own list follows that: %+v", got)
		}
		if got := lined(ask(devices.ListsQuery{First: "gov", Second: "inherits"})); !slices.Equal(got, []string{"nearer different: android by nearer-gov | android by nearer-inherits from 9"}) {
			t.Errorf("a body against the one above it: %q", got)
		}
		if got := lined(ask(devices.ListsQuery{First: "inherits", Second: "owns", Side: devices.OnlyFirst, Words: "centrl"})); got != nil {
			t.Errorf("what is nearly called so is not wanted: %q", got)
		}
		if got := lined(ask(devices.ListsQuery{First: "inherits", Second: "owns", Side: devices.OnlyFirst, Words: "maker"})); !slices.Equal(got, want[4:5]) {
			t.Errorf("by a maker: %q", got)
		}
		var paged []string
		q := devices.ListsQuery{First: "inherits", Second: "owns", Limit: 3}
		for range 4 {
			page := ask(q)
			paged = append(paged, lined(page)...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if !slices.Equal(paged, want) {
			t.Errorf("page by page: %q", paged)
		}
	})
}

// TestListsThatMayBeSeen: a list may be seen by whoever sees the register of a body that may follow it.
func TestListsThatMayBeSeen(t *testing.T) {
	each(t, lists, func(t *testing.T, s *server, _ func() *server) {
		e := devices.NewEnquiries(s.Room)
		bodies := func(who people.Actor) (ids []string) {
			t.Helper()
			found, err := e.Bodies(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range found {
				ids = append(ids, o.ID)
			}
			return ids
		}
		officer, staff := s.person(t, "officer", "owns", people.SecurityOfficer), s.person(t, "staff", "owns", people.Staff)
		if got := bodies(officer); !slices.Equal(got, []string{"gov", "owns", "below"}) {
			t.Errorf("an officer's: %q", got)
		}
		if got := bodies(command); !slices.Equal(got, []string{"gov", "inherits", "owns", "below", "abbey"}) {
			t.Errorf("all: %q", got)
		}
		for _, c := range []struct {
			who    people.Actor
			a, b   string
			kind   fault.Kind
			wanted bool
		}{
			{officer, "gov", "owns", "", true}, {officer, "below", "gov", "", true}, {officer, "owns", "inherits", fault.Refused, false}, {officer, "abbey", "owns", fault.Refused, false},
			{officer, "owns", "", fault.Invalid, false}, {command, "owns", "nobody", fault.NotFound, false}, {command, "abbey", "gov", "", true}, {staff, "gov", "owns", fault.Refused, false},
		} {
			_, err := e.Lists(t.Context(), c.who, devices.ListsQuery{First: c.a, Second: c.b})
			if c.wanted != (err == nil) || !c.wanted && !fault.Is(err, c.kind) {
				t.Errorf("%s and %s: %v", c.a, c.b, err)
			}
		}
	})
}
