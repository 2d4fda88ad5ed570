package demo_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/demo"
	"portcullis/people"
	"portcullis/platform"
	"portcullis/policy"
)

var thursday = time.Date(2027, 3, 4, 9, 12, 0, 0, time.UTC)

func government(t testing.TB, now time.Time) *demo.Demo {
	t.Helper()
	starter, err := demo.Starter()
	if err != nil {
		t.Fatal(err)
	}
	d, err := demo.Government(starter, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCounts(t *testing.T) {
	d := government(t, thursday)
	devices, equipment, silent, never, own := 0, 0, 0, 0, map[policy.Ownership]int{}
	seen, atSea := make(map[string]bool), 0
	for h := range d.Hosts() {
		if seen[h.ID] {
			t.Errorf("%s is there twice", h.ID)
		}
		seen[h.ID] = true
		if h.Kind == policy.EquipmentHost {
			equipment++
			continue
		}
		devices++
		own[h.Ownership]++
		switch {
		case h.LastHeard.IsZero():
			never++
		case h.LastHeard.Before(d.Now.AddDate(0, 0, -14)):
			silent++
			if h.Organisation == "coast-patrol" {
				atSea++
			}
		case h.LastHeard.After(d.Now):
			t.Errorf("%s was heard from in the future", h.ID)
		}
		if n := len(h.Installed); n != 0 && (n < 15 || n > 60) {
			t.Errorf("%s has %d apps", h.ID, n)
		}
		if n := len(h.Installed); (n == 0) != (h.LastHeard.IsZero() || h.Ownership == policy.Personal) {
			t.Errorf("%s (%s, last heard from %s) has %d apps", h.ID, h.Ownership, h.LastHeard, n)
		}
	}
	if len(d.World.Organisations) != 40 || devices != 20_000 || equipment != 300 {
		t.Errorf("%d bodies, %d devices, %d pieces of equipment", len(d.World.Organisations), devices, equipment)
	}
	if silent < 200 || silent > 600 || never < 30 || never > 150 || atSea < 60 {
		t.Errorf("%d silent, %d of them at sea, %d never heard from", silent, atSea, never)
	}
	if own[policy.Personal] < 100 || own[policy.ManagedPersonal] < 400 || own[policy.Corporate] < 18_500 {
		t.Errorf("ownership: %v", own)
	}
}

// TestShape is what the first page promises of the bodies and of their decisions.
func TestShape(t *testing.T) {
	d := government(t, thursday)
	roots, own, watching := 0, 0, 0
	for _, o := range d.World.Organisations {
		if o.Parent == "" {
			roots++
		}
		if o.OwnList && o.Parent != "" {
			own++
		}
		if o.Monitor != nil && o.Monitor.Contains(d.Now) {
			watching++
		}
	}
	if roots != 4 || own < 4 || watching != 1 {
		t.Errorf("%d roots, %d with a list of their own, %d watching", roots, own, watching)
	}
	central := make(map[policy.Effect]int)
	for _, r := range d.World.Rules {
		if !r.Contains(d.Now) {
			t.Errorf("%s is not in force", r.ID)
		}
		if r.Scope == "merrow" {
			central[r.Effect]++
		}
	}
	if central[policy.Ban] != 2 || central[policy.PhaseOut] != 1 || central[policy.Allow] < 40 {
		t.Errorf("central rules: %v", central)
	}
	var subjects struct{ host, site, person, group, everyone int }
	for _, e := range d.World.Exemptions {
		if !e.Contains(d.Now) {
			t.Errorf("%s is not in force", e.ID)
		}
		switch s := e.Subject; {
		case s.Host != "":
			subjects.host++
		case s.Site != "":
			subjects.site++
		case s.Person != "":
			subjects.person++
		case s.Group != "":
			subjects.group++
		case s.Everyone:
			subjects.everyone++
		}
	}
	if subjects.host*subjects.site*subjects.person*subjects.group*subjects.everyone == 0 {
		t.Errorf("subjects of exemptions: %+v", subjects)
	}
}

func TestPeople(t *testing.T) {
	d := government(t, thursday)
	if len(d.People) < 115 || len(d.People) > 130 {
		t.Errorf("%d people", len(d.People))
	}
	plain := regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)
	byID := make(map[string]demo.Person)
	for _, p := range d.People {
		if _, twice := byID[p.ID]; twice || !plain.MatchString(p.ID) {
			t.Errorf("%q is twice, or no plain id", p.ID)
		}
		if p.Mail != p.ID+"@"+p.Organisation+".merrow.example" {
			t.Errorf("%s has the mail address %s", p.ID, p.Mail)
		}
		byID[p.ID] = p
		for _, g := range p.Roles {
			if _, err := people.ParseRole(string(g.Role)); err != nil || g.Organisation != people.Everywhere && !isBody(d, g.Organisation) {
				t.Errorf("%s is %v", p.ID, g)
			}
		}
		if !isBody(d, p.Organisation) || len(p.Roles) == 0 {
			t.Errorf("%s is of %q, with %d roles", p.ID, p.Organisation, len(p.Roles))
		}
	}
	for i, line := range people.Roles {
		face := d.Faces[i]
		has := slices.ContainsFunc(byID[face.Person].Roles, func(g people.Grant) bool { return g.Role == line.Role })
		if face.Role != line.Role || !has || face.Look == "" {
			t.Errorf("the face of %s is %+v", line.Role, face)
		}
	}
	for _, g := range d.Groups {
		for _, m := range g.Members {
			if byID[m].Organisation != g.Organisation {
				t.Errorf("%s is in the group %s", m, g.ID)
			}
		}
		if len(g.Members) == 0 {
			t.Errorf("nobody is in the group %s", g.ID)
		}
	}
}

func isBody(d *demo.Demo, id string) bool {
	return slices.ContainsFunc(d.World.Organisations, func(o policy.Organisation) bool { return o.ID == id })
}

// TestNamesHold follows what hosts and exemptions name by id alone.
func TestNamesHold(t *testing.T) {
	d := government(t, thursday)
	known := make(map[string]bool)
	for _, p := range d.People {
		known[p.ID] = true
	}
	for _, g := range d.Groups {
		known[g.ID] = true
	}
	held := make(map[string]int)
	for h := range d.Hosts() {
		known[h.ID] = true
		held[h.Holder]++
		for _, id := range h.Groups {
			if !known[id] {
				t.Errorf("%s is in the group %s", h.ID, id)
			}
		}
	}
	for _, p := range d.People {
		if held[p.ID] != 2 {
			t.Errorf("%s holds %d devices", p.ID, held[p.ID])
		}
	}
	for _, e := range d.World.Exemptions {
		for _, id := range []string{e.Subject.Host, e.Subject.Person, e.Subject.Group} {
			if id != "" && !known[id] {
				t.Errorf("%s is for %s", e.ID, id)
			}
		}
	}
	if !known["HEA-PHONE-0014"] {
		t.Error("the telephone of which the front page speaks is not there")
	}
}

// TestAccusesNobody: what is banned or phased out is an invented maker's, and so is whatever leads
// there.
func TestAccusesNobody(t *testing.T) {
	starter, err := demo.Starter()
	if err != nil {
		t.Fatal(err)
	}
	d := government(t, thursday)
	real := make(map[string]bool)
	for _, s := range starter.Suppliers {
		real[s.ID] = true
	}
	for _, p := range starter.Products {
		real[p.ID] = true
	}
	p := compile(t, &d.World, d.Now)
	for _, r := range append(d.World.Rules, d.Draft) {
		if r.Effect != policy.Allow && (real[r.Target.Product] || real[r.Target.Supplier] || r.Target.Any) {
			t.Errorf("%s is against %+v", r.ID, r.Target)
		}
	}
	for h, decisions := range judged(t, d, p) {
		for _, dec := range decisions {
			for _, f := range dec.Findings {
				if f.Question != policy.ListingQuestion && real[dec.Product] {
					t.Errorf("%s on %s: %s", dec.Product, h.ID, f.Result)
				}
			}
		}
	}
}

func TestSuggestionsForUnlinked(t *testing.T) {
	d := government(t, thursday)
	suggester, obvious, named := platform.NewSuggester(&d.World), 0, 0
	for id, name := range d.Names {
		if strings.HasPrefix(id.ID, platform.NamePrefix) {
			named++
		}
		found := suggester.For(name.Name, name.Publisher)
		if len(found) > 0 && found[0].Confidence > 0.65 {
			obvious++
		}
	}
	if named < 15 || obvious < 15 || obvious == len(d.Names) {
		t.Errorf("of %d unlinked identifiers %d are names, and %d obvious", len(d.Names), named, obvious)
	}
}

func TestIsTheSameEachTime(t *testing.T) {
	a, b := government(t, thursday), government(t, thursday)
	if diff := cmp.Diff(a.World, b.World); diff != "" {
		t.Error(diff)
	}
	others := slices.Collect(b.Hosts())
	i := 0
	for h := range a.Hosts() {
		if i%50 == 0 {
			if diff := cmp.Diff(h, others[i]); diff != "" {
				t.Fatal(diff)
			}
		}
		i++
	}
}
