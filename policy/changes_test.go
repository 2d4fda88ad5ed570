package policy

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// again is a world of its own memory that says the same.
func again(w *World) *World {
	c := &World{slices.Clone(w.Organisations), slices.Clone(w.Sites), slices.Clone(w.Suppliers), slices.Clone(w.Products), slices.Clone(w.Rules), slices.Clone(w.Exemptions)}
	for i := range c.Products {
		c.Products[i].Identifiers = maps.Clone(c.Products[i].Identifiers)
	}
	for i := range c.Exemptions {
		if e := &c.Exemptions[i]; e.Clearance != nil {
			clearance := *e.Clearance
			e.Clearance = &clearance
		}
	}
	return c
}

// TestShortWay says which changes are compiled without compiling the world from nothing. That both
// come to the same is another test.
func TestShortWay(t *testing.T) {
	tests := []struct {
		what   string
		short  bool
		change func(w *World)
	}{
		{"nothing", true, func(*World) {}},
		{"a name", true, func(w *World) { w.Products[0].Name = "another" }},
		{"rules in another order", true, func(w *World) { slices.Reverse(w.Rules) }},
		{"another rule", true, func(w *World) {
			w.Rules = append(w.Rules, Rule{ID: "b", Effect: Ban, Target: Target{Product: "app"}, Scope: "gov", Period: Period{From: day1}, Clearance: ClearanceNone})
		}},
		{"a rule changed", true, func(w *World) { w.Rules[1].Mitigations = []string{"offline"} }},
		{"a rule taken away", true, func(w *World) { w.Rules = w.Rules[1:] }},
		{"a ban that no exemption names taken away", true, func(w *World) { w.Rules = w.Rules[:3] }},
		{"a rule that an exemption names taken away", false, func(w *World) { w.Rules = w.Rules[:2] }},
		{"a ban that an exemption names allows", false, func(w *World) {
			w.Rules[1] = w.Rules[0]
			w.Rules[1].ID = "ban"
		}},
		{"a rule twice", false, func(w *World) { w.Rules = append(w.Rules, w.Rules[0]) }},
		{"a rule twice in the middle", false, func(w *World) { w.Rules = slices.Insert(w.Rules, 1, w.Rules[2]) }},
		{"two rules of one id", false, func(w *World) {
			r := w.Rules[1]
			r.ID = "b"
			w.Rules = append(w.Rules, r, r)
		}},
		{"a rule without id", false, func(w *World) {
			r := w.Rules[1]
			r.ID = ""
			w.Rules = append(w.Rules, r)
		}},
		{"a rule of nobody's scope", false, func(w *World) { w.Rules[0].Scope = "nobody" }},
		{"another exemption", true, func(w *World) {
			e := w.Exemptions[0]
			e.ID = "x0"
			w.Exemptions = append(w.Exemptions, e)
		}},
		{"exemptions taken away", true, func(w *World) { w.Exemptions = nil }},
		{"an exemption of nothing", false, func(w *World) { w.Exemptions[0].Product = "nothing" }},
		{"an exemption twice", false, func(w *World) { w.Exemptions = append(w.Exemptions, w.Exemptions[0]) }},
		{"another product", true, func(w *World) {
			w.Products = slices.Insert(w.Products, 0, Product{ID: "new", Kind: App, Supplier: "maker", Contains: []Component{{Product: "new"}}})
		}},
		{"an identifier", true, func(w *World) {
			w.Products[1].Identifiers = map[Platform][]Identifier{Android: {{ID: "com.kit", Signers: []string{"k"}}}}
		}},
		{"an identifier changes hands", true, func(w *World) {
			w.Products[0].Identifiers, w.Products[1].Identifiers = nil, w.Products[0].Identifiers
		}},
		{"an identifier of two products", false, func(w *World) { w.Products[1].Identifiers = w.Products[0].Identifiers }},
		{"a product of nobody", false, func(w *World) { w.Products[1].Supplier = "nobody" }},
		{"a product taken away", false, func(w *World) { w.Products = w.Products[:1]; w.Products[0].Contains = nil }},
		{"a product twice", false, func(w *World) { w.Products = append(w.Products, w.Products[0]) }},
		{"another supplier", true, func(w *World) {
			w.Suppliers = append(w.Suppliers, Supplier{ID: "new", OwnedBy: []Edge{{Supplier: "maker"}}})
		}},
		{"a supplier of nobody", false, func(w *World) { w.Suppliers[1].OwnedBy = []Edge{{Supplier: "nobody"}} }},
		{"a supplier taken away", false, func(w *World) {
			w.Suppliers = append(w.Suppliers[:1], Supplier{ID: "new"})
			w.Products[0].Supplier = ""
		}},
		{"a supplier twice", false, func(w *World) { w.Suppliers = append(w.Suppliers, w.Suppliers[0]) }},
		{"monitor ends", true, func(w *World) { w.Organisations[1].Monitor = nil }},
		{"another organisation", true, func(w *World) { w.Organisations = append(w.Organisations, Organisation{ID: "new"}) }},
		{"organisations in another order", false, func(w *World) { slices.Reverse(w.Organisations) }},
		{"an organisation without id", false, func(w *World) { w.Organisations = append(w.Organisations, Organisation{}) }},
		{"another site", true, func(w *World) { w.Sites = append(w.Sites, Site{ID: "new", Organisation: "gov"}) }},
		{"another site takes the place of one", false, func(w *World) { w.Sites = []Site{{ID: "new", Organisation: "gov"}}; w.Exemptions = nil }},
	}
	for _, test := range tests {
		w := sound()
		w.Rules = append(w.Rules, Rule{ID: "unused", Effect: Ban, Target: Target{Product: "kit"}, Components: true, Scope: "gov", Period: Period{From: day1}, Clearance: ClearanceNone})
		before, err := Compile(w, day1)
		if err != nil {
			t.Fatal(err)
		}
		after := again(w)
		test.change(after)
		for _, at := range []time.Time{day1, day2} {
			c := newCompiler(before, after, at)
			if short := c.declare() && c.valid() && c.compile(); short != test.short {
				t.Errorf("%s: compiled from what was: %v, want %v", test.what, short, test.short)
			}
			_, want := Compile(after, at)
			if p, err := before.Recompile(after, at); fmt.Sprint(err) != fmt.Sprint(want) || (p == nil) != (want != nil) {
				t.Errorf("%s: recompiled %v, %v; compiled: %v", test.what, p, err, want)
			}
		}
	}
}

// TestRecompileSharesWhatIsTheSame: what does not change is neither copied nor made again.
func TestRecompileSharesWhatIsTheSame(t *testing.T) {
	before, err := Compile(sound(), day1)
	if err != nil {
		t.Fatal(err)
	}
	after := *before.world
	after.Exemptions = after.Exemptions[:1]
	p, err := before.Recompile(&after, day1)
	if err != nil {
		t.Fatal(err)
	}
	if &p.rules[0] != &before.rules[0] || &p.product[0] != &before.product[0] || &p.organisation[0] != &before.organisation[0] {
		t.Error("for an exemption, what does not rest on exemptions is made again")
	}
}

// TestSlotsAreUsedAgain: however often exemptions come and go, the policy does not grow with them.
func TestSlotsAreUsedAgain(t *testing.T) {
	p, err := Compile(sound(), day1)
	if err != nil {
		t.Fatal(err)
	}
	full := *p.world
	fewer := full
	fewer.Exemptions = full.Exemptions[:1]
	for i := range 10 * few {
		if p, err = p.Recompile([]*World{&fewer, &full}[i%2], day1); err != nil {
			t.Fatal(err)
		}
		if len(p.place) > 2*len(full.Exemptions)+few {
			t.Fatalf("after %d changes there are %d slots for %d exemptions", i, len(p.place), len(p.exemptions))
		}
	}
}

// TestChangesSeesEveryField holds the comparisons to the types: a field that they do not know would
// be a change that is not seen.
func TestChangesSeesEveryField(t *testing.T) {
	const restsOnNothing = "Name Aliases Domains Reason Purpose By Ref Marked"
	everyField(t, restsOnNothing, Supplier{}, sameSupplier)
	everyField(t, restsOnNothing, Product{}, sameProduct)
	everyField(t, restsOnNothing, Rule{}, sameRule)
	everyField(t, restsOnNothing, Exemption{}, sameExemption)
	everyField(t, restsOnNothing, Clearance{}, func(a, b *Clearance) bool { return sameClearance(a, b) })
	set := &Exemption{Clearance: &Clearance{}}
	if sameExemption(set, &Exemption{}) || sameExemption(&Exemption{}, set) || !sameExemption(set, &Exemption{Clearance: &Clearance{}}) {
		t.Error("a clearance given and none are the same, or two equal ones are not")
	}
	signed := func(by string) *Product {
		return &Product{Identifiers: map[Platform][]Identifier{Android: {{ID: "a", Signers: []string{by}}}}}
	}
	if sameProduct(signed("k1"), signed("k2")) || !sameProduct(signed("k1"), signed("k1")) {
		t.Error("an identifier's signers are not compared")
	}
}

func everyField[T any](t *testing.T, left string, zero T, same func(a, b *T) bool) {
	for i := range reflect.TypeFor[T]().NumField() {
		changed := zero
		field := reflect.ValueOf(&changed).Elem().Field(i)
		name := reflect.TypeFor[T]().Field(i).Name
		switch field.Kind() {
		case reflect.String:
			field.SetString("changed")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Uint8:
			field.SetUint(1)
		case reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		case reflect.Map:
			field.Set(reflect.MakeMap(field.Type()))
			field.SetMapIndex(reflect.New(field.Type().Key()).Elem(), reflect.New(field.Type().Elem()).Elem())
		case reflect.Pointer:
			field.Set(reflect.New(field.Type().Elem()))
		default:
			switch given := field.Addr().Interface().(type) {
			case *time.Time:
				*given = day1
			case *Period:
				given.Until = day1
			case *Window:
				given.Since = "1"
			case *Target:
				given.Any = true
			case *ExemptionSubject:
				given.Group = "g"
			default:
				t.Fatalf("%T: no value for the field %s", zero, name)
			}
		}
		if unseen := same(&zero, &changed); unseen != slices.Contains(strings.Fields(left), name) {
			t.Errorf("%T: a change of %s goes unseen: %v", zero, name, unseen)
		}
	}
}

// TestTwoFromOne makes two policies from one: neither writes what the other reads.
func TestTwoFromOne(t *testing.T) {
	w := sound()
	for _, id := range []string{"x3", "x4"} { // so that the list of the host has room for one more
		e := w.Exemptions[0]
		e.ID = id
		w.Exemptions = append(w.Exemptions, e)
	}
	p, err := Compile(w, day1)
	if err != nil {
		t.Fatal(err)
	}
	with := func(hosts ...string) *World {
		more := *w
		more.Exemptions = slices.Clone(w.Exemptions)
		for i, host := range hosts {
			e := w.Exemptions[0]
			e.ID, e.Subject.Host = fmt.Sprint("y", i), host
			more.Exemptions = append(more.Exemptions, e)
		}
		return &more
	}
	one, err := p.Recompile(with("d1"), day1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Recompile(with("d2", "d1"), day1); err != nil {
		t.Fatal(err)
	}
	if slots := one.exempt.named[forHost]["d1"]; !slices.Equal(slots, []int32{0, 2, 3, 4}) {
		t.Errorf("the exemptions of the one are in the slots %v", slots)
	}
}
