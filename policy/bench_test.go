package policy_test

import (
	"maps"
	"slices"
	"testing"

	"portcullis/policy"
	"portcullis/policy/policytest"
)

// questions is how many the benchmarks go through in turn: enough that no answer stays in the
// processor's caches by itself.
const questions = 10_000

// BenchmarkDecide is one decision from scratch: the host, all findings, all their reasons.
func BenchmarkDecide(b *testing.B) {
	w := policytest.World(1)
	p := compile(b, w)
	qs := policytest.Questions(w, 1, questions)
	var d policy.Decision
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		q := &qs[i%questions]
		i++
		s, err := p.Subject(&q.Host)
		if err != nil {
			b.Fatal(err)
		}
		s.Decide(&q.Installation, &d)
	}
}

// BenchmarkDecideHost is a host with 60 installations.
func BenchmarkDecideHost(b *testing.B) {
	const hosts, installations = 500, 60
	w := policytest.World(1)
	p := compile(b, w)
	var hs []policy.Host
	for h := range policytest.Hosts(w, 1, hosts, installations) {
		kept := *h
		kept.Installed = append([]policy.Installation(nil), h.Installed...)
		hs = append(hs, kept)
	}
	var ds []policy.Decision
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		h := &hs[i%hosts]
		i++
		s, err := p.Subject(h)
		if err != nil {
			b.Fatal(err)
		}
		ds = s.DecideAll(h.Installed, ds)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/installations, "ns/installation")
}

// BenchmarkCompile is what a decision taken by anyone costs before the next answer.
func BenchmarkCompile(b *testing.B) {
	w := policytest.World(1)
	b.ReportAllocs()
	for b.Loop() {
		compile(b, w)
	}
}

// BenchmarkRecompileRule enters a ban and takes it back, by turns.
func BenchmarkRecompileRule(b *testing.B) {
	recompile(b, func(w *policy.World) {
		ban := w.Rules[len(w.Rules)-150]
		ban.ID = "ban-100a"
		w.Rules = slices.Insert(slices.Clone(w.Rules), len(w.Rules)-150, ban)
	})
}

// BenchmarkRecompileExemption adds an exemption and takes it back, by turns.
func BenchmarkRecompileExemption(b *testing.B) {
	recompile(b, func(w *policy.World) {
		e := w.Exemptions[100]
		e.ID, e.Subject = "exemption-00100a", policy.ExemptionSubject{Person: "somebody"}
		w.Exemptions = slices.Insert(slices.Clone(w.Exemptions), 101, e)
	})
}

// BenchmarkRecompileProduct adds an identifier to a product and takes it back, by turns.
func BenchmarkRecompileProduct(b *testing.B) {
	recompile(b, func(w *policy.World) {
		w.Products = slices.Clone(w.Products)
		p := &w.Products[len(w.Products)/2]
		p.Identifiers = maps.Clone(p.Identifiers)
		p.Identifiers[policy.Android] = append(slices.Clone(p.Identifiers[policy.Android]), policy.Identifier{ID: "com.another"})
	})
}

// BenchmarkRecompileContains has a product contain another and no longer, by turns: what every ban
// reaches is found anew.
func BenchmarkRecompileContains(b *testing.B) {
	recompile(b, func(w *policy.World) {
		w.Products = slices.Clone(w.Products)
		p := &w.Products[len(w.Products)/2]
		p.Contains = append(slices.Clone(p.Contains), policy.Component{Product: w.Products[0].ID})
	})
}

// recompile goes from the world to a changed one and back.
func recompile(b *testing.B, change func(*policy.World)) {
	w := policytest.World(1)
	changed := *w
	change(&changed)
	p := compile(b, w)
	worlds := [...]*policy.World{&changed, w}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var err error
		if p, err = p.Recompile(worlds[i%2], policytest.At); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecompileTime goes over the next date of the world, and the next.
func BenchmarkRecompileTime(b *testing.B) {
	w := policytest.World(1)
	first := compile(b, w)
	p := first
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if p, err = p.Recompile(w, p.ValidUntil()); err != nil {
			b.Fatal(err)
		}
		if p.ValidUntil().IsZero() {
			p = first
		}
	}
}

// BenchmarkMapFloor is what no decision can be faster than: the product of an identifier, and a
// mark at that product and organisation, in Go's own maps.
func BenchmarkMapFloor(b *testing.B) {
	type identified struct {
		platform   policy.Platform
		identifier string
	}
	type placed struct{ product, organisation string }
	w := policytest.World(1)
	products, marks := map[identified]string{}, map[placed]bool{}
	for _, p := range w.Products {
		for platform, ids := range p.Identifiers {
			products[identified{platform, ids[0].ID}] = p.ID
		}
	}
	for _, r := range w.Rules {
		marks[placed{r.Target.Product, r.Scope}] = r.Effect == policy.Allow
	}
	qs := policytest.Questions(w, 1, questions)
	b.ReportAllocs()
	i, marked := 0, 0
	for b.Loop() {
		q := &qs[i%questions]
		i++
		product := products[identified{q.Host.Platform, q.Installation.Identifier}]
		if marks[placed{product, q.Host.Organisation}] {
			marked++
		}
	}
	if marked == 0 {
		b.Fatal("nothing was found")
	}
}

func compile(b *testing.B, w *policy.World) *policy.Policy {
	p, err := policy.Compile(w, policytest.At)
	if err != nil {
		b.Fatal(err)
	}
	return p
}
