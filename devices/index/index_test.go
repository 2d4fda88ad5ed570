package index

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/drawn"
	"portcullis/policy"
)

// plain is a world in which something happens on nearly every day from 1 to 9.
func plain() *policy.World {
	return &policy.World{
		Organisations: []policy.Organisation{{ID: "gov"}, {ID: "dept", Parent: "gov", Monitor: &policy.Monitor{Period: policy.Period{From: drawn.Day(7), Until: drawn.Day(8)}, Reason: "rolling out"}}},
		Suppliers:     []policy.Supplier{{ID: "maker", OwnedBy: []policy.Edge{{Supplier: "owner", Period: policy.Period{From: drawn.Day(6)}}}}, {ID: "owner"}},
		Products: []policy.Product{
			{ID: "app", Kind: policy.App, Supplier: "maker", Identifiers: map[policy.Platform][]policy.Identifier{policy.IOS: {{ID: "com.app"}}}},
			{ID: "kit", Kind: policy.App},
		},
		Rules: []policy.Rule{
			{ID: "allow", Effect: policy.Allow, Target: policy.Target{Product: "app"}, Scope: "gov", Period: policy.Period{From: drawn.Day(0)}},
			{ID: "ban", Effect: policy.Ban, Target: policy.Target{Product: "app"}, Scope: "gov", Period: policy.Period{From: drawn.Day(1), Until: drawn.Day(5)}, Clearance: "minister"},
			{ID: "phase", Effect: policy.PhaseOut, Target: policy.Target{Product: "app"}, Scope: "gov", Period: policy.Period{From: drawn.Day(0), Until: drawn.Day(9)}, Deadline: drawn.Day(2), Clearance: policy.ClearanceNone},
			{ID: "owned", Effect: policy.Ban, Target: policy.Target{Supplier: "owner"}, Scope: "gov", Period: policy.Period{From: drawn.Day(0)}, Clearance: policy.ClearanceNone},
			{ID: "inside", Effect: policy.Ban, Target: policy.Target{Product: "kit"}, Components: true, Scope: "gov", Period: policy.Period{From: drawn.Day(0)}, Clearance: policy.ClearanceNone},
		},
		Exemptions: []policy.Exemption{{ID: "exempt", Lifts: []string{"ban"}, Product: "app", Scope: "gov", Subject: policy.ExemptionSubject{Person: "pat"},
			Period: policy.Period{From: drawn.Day(0), Until: drawn.Day(4)}, Clearance: &policy.Clearance{Office: "minister", At: drawn.Day(3)}}},
	}
}

func phone(id, holder string, installed ...policy.Installation) policy.Host {
	return policy.Host{ID: id, Kind: policy.Device, Organisation: "dept", Platform: policy.IOS, Holder: holder, Installed: installed}
}

func basisOf(t interface{ Fatal(...any) }, w *policy.World, at time.Time) *Basis {
	b, err := NewBasis(w, at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func putHost(t interface{ Fatal(...any) }, x *Index, h policy.Host) []Change {
	changes, err := x.Put(h.ID, x.Dictionary().Row(&h))
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// words says what changed, a line for each host, sorted.
func words(changes []Change) (lines []string) {
	for _, c := range changes {
		word := "closed"
		if c.Opened {
			word = "opened"
		}
		for id := range c.Hosts.All() {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s on %s: %s %s", word, c.Thing.Name, id, c.Cause.Result, c.Cause.Rule)))
		}
	}
	slices.Sort(lines)
	return lines
}

// TestTimeAlone goes from date to date and says what opens and closes at each: a from, an until, a
// deadline, a clearance, the end of an exemption, an acquisition, a period of monitoring.
func TestTimeAlone(t *testing.T) {
	w := plain()
	x := New(NewDictionary())
	b := basisOf(t, w, drawn.Day(0))
	x.SetBasis(b)
	app, stranger := policy.Installation{Identifier: "com.app"}, policy.Installation{Identifier: "com.stranger"}
	putHost(t, x, phone("d1", "pat", app))
	putHost(t, x, phone("d2", "kim", app, stranger))
	got := map[string][]string{}
	for until := b.Until(); !until.IsZero(); until = b.Until() {
		next := basisOf(t, w, until)
		if early := words(x.SetBasis(basisOf(t, w, until.Add(-1)))); len(early) > 0 {
			t.Errorf("before %s something changed: %v", until, early)
		}
		b = next
		if lines := words(x.SetBasis(b)); len(lines) > 0 {
			got[until.Format(time.DateOnly)] = lines
		}
	}
	want := map[string][]string{
		"2025-01-02": {"opened com.app on d1: banned ban", "opened com.app on d2: banned ban"},
		"2025-01-03": {"opened com.app on d1: overdue phase", "opened com.app on d2: overdue phase"},
		"2025-01-04": {"closed com.app on d1: banned ban"},
		"2025-01-05": {"opened com.app on d1: banned ban"},
		"2025-01-06": {"closed com.app on d1: banned ban", "closed com.app on d2: banned ban"},
		"2025-01-07": {"opened com.app on d1: banned owned", "opened com.app on d2: banned owned"},
		"2025-01-08": {"closed com.stranger on d2: unknown"},
		"2025-01-09": {"opened com.stranger on d2: unknown"},
		"2025-01-10": {"closed com.app on d1: overdue phase", "closed com.app on d2: overdue phase"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what time alone changed (-want +got):\n%s", diff)
	}
}

// TestFarOff changes what is not about the installed product itself.
func TestFarOff(t *testing.T) {
	outer := func(holds string) *policy.World {
		w := plain()
		w.Products = append(w.Products, policy.Product{ID: "middle", Kind: policy.App, Contains: []policy.Component{{Product: holds}}}, policy.Product{ID: "rest", Kind: policy.App})
		w.Products[0].Contains = []policy.Component{{Product: "middle"}}
		return w
	}
	future := func(clearance string) *policy.World {
		w := plain()
		w.Rules[4].Period.From, w.Rules[4].Clearance = drawn.Day(50), clearance
		w.Rules = append(w.Rules[1:], policy.Rule{ID: "ban-later", Effect: policy.Ban, Target: policy.Target{Product: "kit"}, Scope: "gov",
			Period: policy.Period{From: drawn.Day(60)}, Clearance: clearance})
		w.Exemptions[0].Lifts, w.Exemptions[0].Clearance = []string{"inside", "ban-later"}, nil
		return w
	}
	for _, c := range []struct {
		name          string
		before, after *policy.World
		want          []string
	}{
		{"two products further inside", outer("rest"), outer("kit"), []string{"opened com.app on d1: banned inside"}},
		{"a rule on something else, not yet in force, that an exemption names", future("minister"), future(policy.ClearanceNone), []string{"closed com.app on d1: unlisted"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := New(NewDictionary())
			x.SetBasis(basisOf(t, c.before, drawn.Day(0)))
			putHost(t, x, phone("d1", "pat", policy.Installation{Identifier: "com.app"}))
			if diff := cmp.Diff(c.want, words(x.SetBasis(basisOf(t, c.after, drawn.Day(0))))); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLikeness tells things apart that a limit tells apart, and no others.
func TestLikeness(t *testing.T) {
	l := bounds{floors: []string{"2", "3"}, codes: []int64{5}}
	for _, c := range []struct {
		a, b  Thing
		alike bool
	}{
		{Thing{Version: "2"}, Thing{Version: "2.9"}, true},
		{Thing{Version: "3"}, Thing{Version: "4"}, true},
		{Thing{Version: "1"}, Thing{Version: "2"}, false},
		{Thing{Version: "1"}, Thing{Version: ""}, false},
		{Thing{Version: "x"}, Thing{Version: ""}, true},
		{Thing{Version: "2-rc1"}, Thing{Version: "2"}, false},
		{Thing{}, Thing{Code: 1, Coded: true}, false},
		{Thing{Code: 1, Coded: true}, Thing{Code: 4, Coded: true}, true},
		{Thing{Code: 4, Coded: true}, Thing{Code: 5, Coded: true}, false},
		{Thing{Signer: "k"}, Thing{}, false},
		{Thing{Platform: policy.Chrome}, Thing{}, false},
		{Thing{Managed: ManagedNo}, Thing{}, false},
		{Thing{Managed: ManagedYes}, Thing{}, true},
	} {
		if alike := l.likeness(&c.a) == l.likeness(&c.b); alike != c.alike {
			t.Errorf("%+v and %+v: alike is %t", c.a, c.b, alike)
		}
	}
	l = bounds{windows: true}
	if l.likeness(&Thing{Version: "2"}) == l.likeness(&Thing{Version: "2.9"}) {
		t.Error("with windows two versions are alike")
	}
}

// TestDecisionsChange changes one thing in the world at a time.
func TestDecisionsChange(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*policy.World)
		want   []string
	}{
		{"nothing", func(w *policy.World) {}, nil},
		{"a product comes to contain another", func(w *policy.World) { w.Products[0].Contains = []policy.Component{{Product: "kit"}} },
			[]string{"opened com.app on d1: banned inside", "opened com.app on d2: banned inside"}},
		{"a product gets an identifier", func(w *policy.World) {
			w.Products[1].Identifiers = map[policy.Platform][]policy.Identifier{policy.IOS: {{ID: "com.stranger"}}}
		}, []string{"closed com.stranger on d2: unknown", "opened com.stranger on d2: banned inside", "opened com.stranger on d2: unlisted"}},
		{"a rule demands less", func(w *policy.World) { w.Rules[1].Clearance = policy.ClearanceNone }, []string{"closed com.app on d1: banned ban"}},
		{"a rule is narrowed to another platform", func(w *policy.World) { w.Rules[1].Platforms = []policy.Platform{policy.Android} },
			[]string{"closed com.app on d1: banned ban", "closed com.app on d2: banned ban"}},
		{"an exemption is for somebody else", func(w *policy.World) {
			w.Rules[1].Clearance = policy.ClearanceNone
			w.Exemptions[0].Subject.Person = "kim"
		}, []string{"closed com.app on d2: banned ban"}},
		{"an organisation has a list of its own", func(w *policy.World) { w.Organisations[1].OwnList = true },
			[]string{"opened com.app on d1: unlisted", "opened com.app on d2: unlisted"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := New(NewDictionary())
			x.SetBasis(basisOf(t, plain(), drawn.Day(1)))
			app := policy.Installation{Identifier: "com.app"}
			putHost(t, x, phone("d1", "pat", app))
			putHost(t, x, phone("d2", "kim", app, policy.Installation{Identifier: "com.stranger"}))
			w := plain()
			c.change(w)
			if diff := cmp.Diff(c.want, words(x.SetBasis(basisOf(t, w, drawn.Day(1))))); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoverage(t *testing.T) {
	x := New(NewDictionary())
	if _, err := x.Coverage(0); err == nil {
		t.Error("an index without a basis tells its coverage")
	}
	x.SetBasis(basisOf(t, plain(), drawn.Day(1)))
	app := policy.Installation{Identifier: "com.app"}
	putHost(t, x, phone("d1", "pat", app, policy.Installation{Identifier: "com.stranger"}))
	putHost(t, x, phone("d2", "pat"))
	gone := phone("d3", "pat", app)
	putHost(t, x, gone)
	x.Remove("d3")
	lost := phone("d4", "pat", app)
	lost.Organisation = "nowhere"
	putHost(t, x, lost)
	got, err := x.Coverage(0)
	if err != nil {
		t.Fatal(err)
	}
	want := []Coverage{
		{Organisation: "dept", Hosts: 2, Devices: 2, Silent: 2, Never: 2, Empty: 1, InBreach: 1, Breaches: 2},
		{Organisation: "nowhere", Hosts: 1, Devices: 1, Silent: 1, Never: 1, Unjudged: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
	if _, _, err := x.Verdicts("d4"); err == nil {
		t.Error("a host of an organisation that nobody knows is judged")
	}
	if _, _, err := x.Verdicts("d3"); err == nil {
		t.Error("a host that was removed is judged")
	}
}

func TestAffectedExemptions(t *testing.T) {
	x := New(NewDictionary())
	x.SetBasis(basisOf(t, plain(), drawn.Day(1)))
	draft := policy.Rule{Effect: policy.Ban, Target: policy.Target{Supplier: "maker"}, Scope: "dept", Clearance: policy.ClearanceNone}
	got, err := x.Affected(draft)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"exempt"}, got.Exemptions); diff != "" {
		t.Errorf("exemptions (-want +got):\n%s", diff)
	}
	draft.Target = policy.Target{Product: "nothing of the kind"}
	if _, err := x.Affected(draft); err == nil {
		t.Error("a rule on a product that is not declared is tried")
	}
}

// TestRefusals: what would break the index is not taken.
func TestRefusals(t *testing.T) {
	x := New(NewDictionary())
	if _, err := x.Put("d1", Row{Things: []uint32{0}}); err == nil {
		t.Error("a row with a thing that is not in the dictionary is put")
	}
	rows := func(yield func(string, Row) bool) {
		for range 2 {
			if !yield("d1", Row{}) {
				return
			}
		}
	}
	if err := x.Load(rows); err == nil {
		t.Error("a host is loaded twice")
	}
	if err := x.Load(rows); err == nil {
		t.Error("an index is filled twice")
	}
}

// TestTogether has readers, a writer and changes of the basis at once; with -race it says whether they
// keep apart. Every answer is of one moment: both apps are on a host, or neither is.
func TestTogether(t *testing.T) {
	x := New(NewDictionary())
	w := plain()
	bases := []*Basis{basisOf(t, w, drawn.Day(1)), basisOf(t, w, drawn.Day(5))}
	x.SetBasis(bases[0])
	var done sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		done.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				found, err := x.Breaches(Filter{Result: policy.Unknown})
				if err != nil || found.Installations != 2*found.Hosts.Len() || len(found.Hosts.IDs()) != found.Hosts.Len() {
					t.Errorf("%d installations on %d hosts: %v", found.Installations, found.Hosts.Len(), err)
				}
				if _, err := x.Affected(policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "app"}, Scope: "gov", Clearance: policy.ClearanceNone}); err != nil {
					t.Error(err)
				}
				if _, err := x.Coverage(0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both := []policy.Installation{{Identifier: "com.app"}, {Identifier: "com.one"}, {Identifier: "com.two"}}
	for i := range 300 {
		h := phone(fmt.Sprintf("d%d", i%20), "pat", both[:1+2*(i/20%2)]...)
		putHost(t, x, h)
		if i%10 == 0 {
			x.SetBasis(bases[i/10%2])
			x.Remove(fmt.Sprintf("d%d", i%7))
		}
	}
	close(stop)
	done.Wait()
}
