package devices_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/devices/index"
	"portcullis/internal/agreed"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// harbour is a world in which a company stands behind apps, behind code in apps of others, and behind cameras.
const harbour = `
organisations:
  - {id: gov, name: Government}
  - {id: dept-a, name: Department A, parent: gov}
  - {id: unit, name: Unit of A, parent: dept-a}
  - {id: unit-own, name: Own unit of A, parent: dept-a, list: own}
  - {id: dept-b, name: Department B, parent: gov, list: own}
sites: [{id: s1, organisation: dept-b, class: sensitive}]
suppliers:
  - {id: group, name: Umber Group}
  - {id: maker, name: Umber Apps Ltd, aliases: [Wren Soft], owned_by: [{supplier: group, from: 2020-01-01}]}
  - {id: sold, name: Sold Ltd, owned_by: [{supplier: group, from: 2019-01-01, until: 2021-01-01}]}
  - {id: other, name: Other Ltd}
products:
  - {id: parrot, kind: app, name: Parrot Chat, aliases: [Canary], supplier: maker, identifiers: {android: [com.parrot], ios: [com.parrot.ios]}}
  - {id: kit, kind: app, name: Wing Kit, supplier: maker}
  - {id: notes, kind: app, name: Notes, supplier: other, identifiers: {android: [com.notes]}, contains: [{product: kit, until: "3"}]}
  - {id: suite, kind: app, name: Suite, supplier: other, identifiers: {android: [com.suite]}, contains: [notes]}
  - {id: maps, kind: app, name: Maps, supplier: sold, identifiers: {android: [com.maps]}}
  - {id: cam, kind: equipment, name: Cam 2, supplier: other, made_by: [{supplier: group}]}
rules:
  - {id: ban-group, effect: ban, target: {supplier: group}, components: true, clearance: minister, scope: dept-b, from: 2026-01-01, reason: "a reason"}
  - {id: old-ban, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2024-01-01, until: 2025-01-01, reason: "over"}
  - {id: coming, effect: phase-out, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2026-06-01, deadline: 2026-09-01, platforms: [ios], reason: "to come"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "2", reason: "for work"}
  - {id: allow-other, effect: allow, target: {supplier: other}, scope: dept-b, from: 2026-01-01, reason: "for work"}
exemptions:
  - {id: ex-b, lifts: [ban-group], product: parrot, scope: dept-b, subject: {everyone: true}, from: 2026-01-01, until: 2026-07-01, purpose: "press office", clearance: {office: minister, by: "Minister", at: 2026-01-01}}
hosts:
  - {id: a1, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.parrot, version: "1"}, {identifier: com.notes, version: "2"}]}
  - {id: a2, kind: device, organisation: unit, platform: android, installed: [{identifier: com.parrot, version: "2"}, {identifier: com.never, version: "1"}, {identifier: com.parrot.ios}]}
  - {id: a3, kind: device, organisation: unit-own, platform: ios, installed: [{identifier: com.parrot.ios, version: "2"}]}
  - {id: b1, kind: device, organisation: dept-b, platform: android, installed: [{identifier: com.parrot, version: "2"}, {identifier: com.notes, version: "2"}]}
  - {id: b2, kind: device, organisation: dept-b, platform: android, installed: [{identifier: com.suite, version: "9"}, {identifier: com.maps, version: "9"}]}
  - {id: b3, kind: equipment, organisation: dept-b, site: s1, installed: [{product: cam}]}
`

// holder is somebody who has a role in an organisation.
func (s *server) holder(t testing.TB, role people.Role, organisation string) people.Actor {
	t.Helper()
	home := organisation
	if home == people.Everywhere {
		home = "gov"
	}
	p, err := s.People.AddPerson(t.Context(), command, home, people.Particulars{Name: "Holder of " + string(role), Mail: fmt.Sprintf("%s@%s.example", role, home)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.People.GiveRole(t.Context(), command, p.ID, people.Grant{Role: role, Organisation: organisation}, people.Period{}); err != nil {
		t.Fatal(err)
	}
	session, err := s.People.OpenSession(t.Context(), p.ID, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Session: session}
}

// decisions is what was decided over the same database: room approvals asks who.
func (s *server) decisions() agreed.Register {
	return agreed.Register{Room: &register.Room{People: s.People}}
}

func TestApps(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		find := func(words string) (found []string) {
			t.Helper()
			apps, err := s.Apps(t.Context(), command, devices.AppsQuery{Words: words, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range apps.Apps {
				found = append(found, a.Product.ID)
			}
			return found
		}
		for words, want := range map[string][]string{
			"": {"cam", "maps", "notes", "parrot", "suite", "kit"}, "parrot": {"parrot"}, "canary": {"parrot"}, "CHAT": {"parrot"}, "com.parrot.ios": {"parrot"},
			"par cha": {"parrot"}, "wren": {"parrot", "kit"}, "umber apps": {"parrot", "kit"}, "ki": {"kit"}, "arrot": {"parrot"}, "cat": nil, "–": nil,
		} {
			if got := find(words); !slices.Equal(got, want) {
				t.Errorf("%q finds %v, not %v", words, got, want)
			}
		}
		first, err := s.Apps(t.Context(), command, devices.AppsQuery{Limit: 4})
		if err != nil || first.Total != 6 || first.Next != "parrot" || first.Apps[3].Hosts != 4 {
			t.Errorf("the first page: %+v %v", first, err)
		}
		rest, err := s.Apps(t.Context(), command, devices.AppsQuery{Limit: 4, After: first.Next})
		if err != nil || len(rest.Apps) != 2 || rest.Next != "" {
			t.Errorf("the second page: %+v %v", rest, err)
		}
		officer := s.holder(t, people.SecurityOfficer, "dept-b")
		own, err := s.Apps(t.Context(), officer, devices.AppsQuery{Words: "parrot", Limit: 4})
		if err != nil || own.Apps[0].Hosts != 1 {
			t.Errorf("an officer of B: %+v %v", own, err)
		}
		if _, err := s.Apps(t.Context(), officer, devices.AppsQuery{Organisation: "dept-a", Limit: 4}); !fault.Is(err, fault.Refused) {
			t.Errorf("an officer of B about A: %v", err)
		}
		// The fleet has not heard of the body yet: that is not to be asked about all.
		if _, err := s.People.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: "fresh", Name: "Fresh", Parent: "gov"}); err != nil {
			t.Fatal(err)
		}
		fresh, err := s.Apps(t.Context(), s.holder(t, people.SecurityOfficer, "fresh"), devices.AppsQuery{Words: "parrot", Limit: 4})
		if err != nil || fresh.Apps[0].Hosts != 0 {
			t.Errorf("an officer of a body that is new: %+v %v", fresh, err)
		}
		if _, err := s.Apps(t.Context(), s.holder(t, people.Desk, "dept-b"), devices.AppsQuery{}); !fault.Is(err, fault.Refused) {
			t.Errorf("the desk: %v", err)
		}
	})
}

// reach is what reaches something, in words: the rule, whether it holds, and the way there.
func reach(rules []devices.Reaching) (all []string) {
	for _, r := range rules {
		word := r.Rule.ID
		if !r.Holds {
			word += " (to come)"
		}
		for _, id := range r.Path {
			word += " " + id
		}
		all = append(all, word)
	}
	return all
}

func TestApp(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		app, err := s.App(t.Context(), command, "parrot", "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]index.OrganisationPresence{{Organisation: "dept-a", Itself: 1}, {Organisation: "dept-b", Itself: 1}, {Organisation: "unit", Itself: 1}, {Organisation: "unit-own", Itself: 1}}, app.Where.Organisations); diff != "" {
			t.Error("where it is:", diff)
		}
		if got := reach(app.Rules); !slices.Equal(got, []string{"ban-group parrot maker group", "coming (to come) parrot"}) {
			t.Errorf("what reaches it: %q", got)
		}
		if len(app.Makers) != 2 || app.Makers[1].Relation != devices.OwnedBy || app.Makers[1].Supplier != "group" || app.Makers[1].Depth != 1 || !app.Makers[1].Holds {
			t.Errorf("who makes it: %+v", app.Makers)
		}
		if len(app.Exemptions) != 1 || app.Exemptions[0].ID != "ex-b" || app.Others != 0 {
			t.Errorf("exempt: %+v %d", app.Exemptions, app.Others)
		}
		own, err := s.App(t.Context(), s.holder(t, people.SecurityOfficer, "dept-a"), "parrot", "unit")
		if err != nil || own.Where.Itself.Hosts != 1 || len(own.Exemptions) != 0 || own.Others != 1 {
			t.Errorf("an officer of A about a unit: %+v %v", own, err)
		}
		if _, err := s.App(t.Context(), command, "none", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("what is not there: %v", err)
		}
	})
}

func TestWhatReaches(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		for product, want := range map[string][]string{
			"notes": {"ban-group notes kit maker group", "allow-notes notes", "allow-other notes other"},
			"suite": {"ban-group suite notes kit maker group", "allow-other suite other"},
			"maps":  nil,
			"cam":   {"ban-group cam group"},
		} {
			app, err := s.App(t.Context(), command, product, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := reach(app.Rules); !slices.Equal(got, want) {
				t.Errorf("what reaches %s: %q", product, got)
			}
		}
		suite, err := s.App(t.Context(), command, "suite", "")
		if diff := cmp.Diff([]devices.Part{{In: "suite", Product: "notes"}, {In: "notes", Product: "kit", Versions: policy.Window{Until: "3"}, Depth: 1}}, suite.Contains); diff != "" || err != nil {
			t.Error("what it contains:", diff, err)
		}
		for supplier, want := range map[string][]string{"maker": {"ban-group maker group"}, "group": {"ban-group group"}, "sold": nil, "other": {"allow-other other"}} {
			found, err := s.Supplier(t.Context(), command, supplier, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := reach(found.Rules); !slices.Equal(got, want) {
				t.Errorf("what names %s: %q", supplier, got)
			}
		}
	})
}

// TestReachingIsWhatIsDecided: a rule that decides about an installation is among those that are said to reach its
// product.
func TestReachingIsWhatIsDecided(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		decided := 0
		for _, id := range []string{"a1", "a2", "a3", "b1", "b2", "b3"} {
			_, decisions, err := s.Fleet.Index().Verdicts(id)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range decisions {
				if d.Product == "" {
					continue
				}
				app, err := s.App(t.Context(), command, d.Product, "")
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range d.Findings {
					for _, rule := range f.Rules {
						decided++
						if !slices.ContainsFunc(app.Rules, func(r devices.Reaching) bool { return r.Rule.ID == rule }) {
							t.Errorf("%s decides about %s on %s, and is not said to reach it", rule, d.Product, id)
						}
					}
				}
			}
		}
		if decided < 5 {
			t.Errorf("only %d rules decided about anything", decided)
		}
	})
}

func TestSupplier(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		found, err := s.Supplier(t.Context(), command, "group", "")
		if err != nil {
			t.Fatal(err)
		}
		if w := found.Where; w.Itself != (index.Count{Hosts: 5, Devices: 4, Equipment: 1}) || w.Inside.Hosts != 3 || found.Kinds["cam"] != policy.Equipment || found.Kinds["suite"] != policy.App {
			t.Errorf("where it is: %+v %v", w, found.Kinds)
		}
		if len(found.Owned) != 2 || found.Owned[0].Of != "maker" || found.Owned[1].Holds {
			t.Errorf("what it owns: %+v", found.Owned)
		}
		list, err := s.Suppliers(t.Context(), command, devices.SuppliersQuery{Words: "umb", Limit: 1})
		if err != nil || list.Total != 2 || list.Suppliers[0].Supplier.ID != "maker" || list.Suppliers[0].Products != 2 || list.Next != "maker" {
			t.Errorf("called so: %+v %v", list, err)
		}
		if _, err := s.Supplier(t.Context(), command, "none", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("what is not there: %v", err)
		}
		if _, err := s.Suppliers(t.Context(), s.holder(t, people.Desk, "gov"), devices.SuppliersQuery{}); !fault.Is(err, fault.Refused) {
			t.Errorf("the desk: %v", err)
		}
	})
}
