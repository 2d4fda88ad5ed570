package policy

import (
	"fmt"
	"slices"
	"testing"
)

func TestDecideErrors(t *testing.T) {
	in := &Installation{Identifier: "com.app"}
	w := sound()
	if _, err := Decide(w, &Host{ID: "d", Organisation: "elsewhere"}, in, day1); err == nil {
		t.Error("a host of an organisation that is not declared is judged")
	}
	w.Rules[0].Scope = "elsewhere"
	if _, err := Decide(w, device(), in, day1); err == nil {
		t.Error("a world that is not valid is judged")
	}
}

func TestProductNotDeclared(t *testing.T) {
	d, err := Decide(sound(), device(), &Installation{Product: "nothing"}, day3)
	if err != nil {
		t.Fatal(err)
	}
	if listing := d.Findings[len(d.Findings)-1].Result; listing != Unknown || !d.Breach || d.Product != "" || d.Identifier != "nothing" {
		t.Errorf("a product that is not declared: %+v", d)
	}
}

// TestManyScopes has more allow rules for one product than are looked through one by one.
func TestManyScopes(t *testing.T) {
	const bodies = 3 * few
	w := &World{Products: []Product{{ID: "app", Kind: App}}}
	for i := range bodies {
		id := fmt.Sprintf("body-%02d", i)
		w.Organisations = append(w.Organisations, Organisation{ID: id})
		if i%3 != 0 {
			w.Rules = append(w.Rules, Rule{ID: "allow-" + id, Effect: Allow, Target: Target{Product: "app"}, Scope: id, Period: Period{From: day1}})
		}
	}
	p, err := Compile(w, day1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range bodies {
		h := &Host{ID: "h", Kind: Device, Platform: Android, Organisation: w.Organisations[i].ID}
		s, err := p.Subject(h)
		if err != nil {
			t.Fatal(err)
		}
		var d Decision
		s.Decide(&Installation{Product: "app"}, &d)
		var want []string
		if i%3 != 0 {
			want = []string{"allow-" + h.Organisation}
		}
		if got := d.Findings[0].Rules; !slices.Equal(got, want) {
			t.Errorf("%s is allowed the app by %v, want %v", h.Organisation, got, want)
		}
	}
}

func TestPathOfNothing(t *testing.T) {
	p, err := Compile(sound(), day3)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Subject(device())
	if err != nil {
		t.Fatal(err)
	}
	for rule, in := range map[string]Installation{
		"no-such-rule": {Identifier: "com.app"},
		"allow":        {Identifier: "com.other"}, // an allow rule reaches no unknown thing
		"ban":          {Product: "kit"},          // nothing leads from the kit to the maker
	} {
		var d Decision
		s.Decide(&in, &d)
		if path := p.Path(&d, rule); path != nil {
			t.Errorf("a path leads from %+v to %s: %v", in, rule, path)
		}
	}
}

func TestValidFrom(t *testing.T) {
	for at, want := range map[string]struct{ from, until string }{
		"before": {"", "2023-01-01"}, "on the first": {"2023-01-01", "2023-02-01"}, "after": {"2023-02-01", ""},
	} {
		time := map[string]int{"before": -1, "on the first": 0, "after": 40}[at]
		p, err := Compile(sound(), day1.AddDate(0, 0, time))
		if err != nil {
			t.Fatal(err)
		}
		from, until := "", ""
		if !p.ValidFrom().IsZero() {
			from = p.ValidFrom().Format("2006-01-02")
		}
		if !p.ValidUntil().IsZero() {
			until = p.ValidUntil().Format("2006-01-02")
		}
		if from != want.from || until != want.until {
			t.Errorf("%s: valid from %q until %q, want %q and %q", at, from, until, want.from, want.until)
		}
	}
}
