package index

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portcullis/internal/drawn"
	"portcullis/policy"
)

// nextDay lets a day pass, or some, after which what is long ago may be forgotten.
func (m *model) nextDay() {
	m.today += 1 + int32(m.UpTo(2))
	if m.OneIn(3) {
		since := m.today - int32(m.UpTo(4))
		m.ages.Forget(since)
		maps.DeleteFunc(m.days, func(_ open, day int32) bool { return day < since })
	}
}

// recall makes the ages anew from what is known, as a server does that starts.
func (m *model) recall() {
	m.ages = NewAges(m.x)
	for o, day := range m.days {
		m.ages.Recall(o.host, Open{m.x.dictionary.Add(o.thing), o.cause}, day)
	}
}

func (m *model) filter() (f Filter) {
	if m.OneIn(2) {
		f.Organisations = drawn.Organisations[:1+m.UpTo(2)]
	}
	if m.OneIn(3) {
		f.Result = drawn.From(m.Drawing, []policy.Result{policy.Banned, policy.Unlisted, policy.Outdated})
	}
	if m.OneIn(4) {
		f.Rule = "r1"
	}
	if m.OneIn(4) {
		f.Product = drawn.From(m.Drawing, drawn.Products)
	}
	return f
}

func (m *model) span() Span {
	return drawn.From(m.Drawing, []Span{{}, {Since: m.today}, {Since: m.today - 3, Before: m.today}, {Before: m.today - 3}, {Before: m.today}})
}

// checkBreaches compares the answers, narrowed at random, with a count of what policy says of each installation.
func (m *model) checkBreaches() {
	rows, anew := m.x.inBreach(), m.x.findBreaching()
	for n := range uint32(m.x.hosts.len()) {
		if !slices.Equal(rows.row(n), anew.row(n)) {
			m.Fatalf("host %d: %v, and found anew %v", n, rows.row(n), anew.row(n))
		}
	}
	f := m.filter()
	got, err := m.x.Breaches(f)
	if err != nil {
		m.Fatal(err)
	}
	m.sameBreaches("at any time", m.breaches(f, Span{}, nil), got)
	m.checkAges(f, m.span())
	// These are kept from one time to the next.
	m.checkAges(Filter{}, Span{})
	m.checkAges(Filter{Organisations: drawn.Organisations[:2]}, Span{})
	m.checkAges(Filter{Result: policy.Unlisted}, Span{Before: m.today - 3})
}

// checkAges compares what opened in a span, and how much of all opened when.
func (m *model) checkAges(f Filter, within Span) {
	spans := []Span{m.span(), m.span()}
	counts := make([]int, len(spans))
	want := m.breaches(f, within, func(day int32) {
		for i, s := range spans {
			if s.has(day) {
				counts[i]++
			}
		}
	})
	got, ages, err := m.ages.Breaches(f, within, spans...)
	if err != nil {
		m.Fatal(err)
	}
	m.sameBreaches("within a span", want, got)
	if !slices.Equal(counts, ages) {
		m.Fatalf("%+v %+v: by age %v, want %v", f, spans, ages, counts)
	}
}

func (m *model) sameBreaches(what string, want *reckoned, got Breaches) {
	if diff := gocmp.Diff(slices.Sorted(maps.Keys(want.hosts)), got.Hosts.IDs(), cmpopts.EquateEmpty()); diff != "" {
		m.Fatalf("hosts in breach %s (-want +got):\n%s", what, diff)
	}
	got.Hosts = Set{}
	if diff := gocmp.Diff(want.breaches(), got, gocmp.AllowUnexported(Set{})); diff != "" {
		m.Fatalf("breaches %s (-want +got):\n%s", what, diff)
	}
}

// reckoned is what is in breach, one after another.
type reckoned struct {
	hosts         group
	causes        map[Cause]group
	products      map[[2]string]group
	organisations map[string]group
}

// group is how many installations are in breach on each host.
type group map[string]int

func (g group) counts() (hosts, installations int) {
	for _, n := range g {
		installations += n
	}
	return len(g), installations
}

func into[K comparable](groups map[K]group, k K, host string) {
	if groups[k] == nil {
		groups[k] = group{}
	}
	groups[k][host]++
}

// breaches counts what passes and opened within a span, and tells the day of each that passes.
func (m *model) breaches(f Filter, within Span, tell func(day int32)) *reckoned {
	c := &reckoned{group{}, map[Cause]group{}, map[[2]string]group{}, map[string]group{}}
	m.each(f.Organisations, func(h *policy.Host, in *policy.Installation, d *policy.Decision) {
		if f.Product != "" && d.Product != f.Product {
			return
		}
		causes := slices.DeleteFunc(m.causes(h, d), func(c Cause) bool {
			return f.Result != 0 && c.Result != f.Result || f.Rule != "" && c.Rule != f.Rule
		})
		if len(causes) == 0 {
			return
		}
		day := m.today
		for _, cause := range causes {
			day = min(day, m.days[open{h.ID, ThingOf(in), cause}])
		}
		if tell != nil {
			tell(day)
		}
		if !within.has(day) {
			return
		}
		c.hosts[h.ID]++
		for _, cause := range causes {
			into(c.causes, cause, h.ID)
		}
		stranger := ""
		if d.Product == "" {
			stranger = cmp.Or(in.Identifier, in.Product)
		}
		into(c.products, [2]string{d.Product, stranger}, h.ID)
		into(c.organisations, h.Organisation, h.ID)
	})
	return c
}

// breaches are the groups in their orders.
func (c *reckoned) breaches() (b Breaches) {
	_, b.Installations = c.hosts.counts()
	for _, cause := range slices.SortedFunc(maps.Keys(c.causes), compareCauses) {
		hosts, installations := c.causes[cause].counts()
		b.Causes = append(b.Causes, CauseBreaches{cause, hosts, installations})
	}
	products := slices.SortedFunc(maps.Keys(c.products), func(a, b [2]string) int {
		if (a[0] == "") != (b[0] == "") {
			return cmp.Compare(b[0], a[0]) // what is not known comes last
		}
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	for _, p := range products {
		hosts, installations := c.products[p].counts()
		b.Products = append(b.Products, ProductBreaches{p[0], p[1], hosts, installations})
	}
	for _, o := range slices.Sorted(maps.Keys(c.organisations)) {
		hosts, installations := c.organisations[o].counts()
		b.Organisations = append(b.Organisations, OrganisationBreaches{o, hosts, installations})
	}
	return b
}

// TestWholeFollows: what is kept of the question about everything, and of a narrowed one, follows when a host moves to another body with what
// is in breach on it, and when a name that two unknown things share becomes known as another's.
func TestWholeFollows(t *testing.T) {
	listFew(t)
	w := plain()
	w.Organisations = append(w.Organisations, policy.Organisation{ID: "other", Parent: "gov"})
	x := New(NewDictionary())
	x.SetBasis(basisOf(t, w, drawn.Day(1)))
	a := NewAges(x)
	same := func(when string) {
		t.Helper()
		for i, f := range []Filter{{}, {Organisations: []string{"other"}}} {
			want, err := x.Breaches(f)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := a.Breaches(f, Span{})
			if err != nil {
				t.Fatal(err)
			}
			got.Hosts, want.Hosts = Set{}, Set{}
			if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(Set{})); diff != "" || want.Installations == 0 && (i == 0 || when == "moved") {
				t.Errorf("%s, %+v (-walked +kept):\n%s", when, f, diff)
			}
		}
	}
	moving := phone("d1", "pat", policy.Installation{Product: "ghost"})
	putHost(t, x, moving)
	for i := range 9 {
		putHost(t, x, phone(fmt.Sprintf("e%d", i), "pat"))
	}
	same("at first")
	moving.Organisation = "other"
	putHost(t, x, moving)
	same("moved")
	putHost(t, x, phone("e8", "pat", policy.Installation{Identifier: "ghost"}))
	same("a name that is known otherwise")
}

// TestNarrowedAreKept: of the questions that are narrowed, those asked last are kept, each unless it has too much.
func TestNarrowedAreKept(t *testing.T) {
	listFew(t)
	w := plain()
	x := New(NewDictionary())
	x.SetBasis(basisOf(t, w, drawn.Day(1)))
	a := NewAges(x)
	for i := range 20 {
		putHost(t, x, phone(fmt.Sprintf("e%d", i), "pat", policy.Installation{Product: "ghost"}))
	}
	asks := func(f Filter, within Span) *districts {
		t.Helper()
		if _, _, err := a.Breaches(f, within); err != nil {
			t.Fatal(err)
		}
		return a.questions.narrowed[len(a.questions.narrowed)-1]
	}
	first, second := asks(Filter{Organisations: []string{"gov"}}, Span{Since: 3}), asks(Filter{Product: "ghost"}, Span{Since: 3})
	if first.of == nil || first == second || asks(Filter{Organisations: []string{"gov"}}, Span{Since: 3}) != first {
		t.Error("a question is not kept")
	}
	if asks(Filter{Organisations: []string{"gov"}}, Span{Since: 4}) == first || asks(Filter{Product: "ghost"}, Span{Since: 3}) == second {
		t.Error("another question is taken for it, or one that was asked longer ago is kept")
	}
	if n := len(a.questions.narrowed); n != mostNarrowed {
		t.Errorf("%d are kept", n)
	}
	if all := asks(Filter{Organisations: []string{"dept"}}, Span{}); all.of != nil {
		t.Error("one that has too much is kept")
	}
}
