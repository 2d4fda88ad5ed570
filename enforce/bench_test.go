package enforce

import (
	"fmt"
	"runtime"
	"testing"

	"portcullis/platform"
	"portcullis/policy"
	"portcullis/policy/policytest"
)

func compiled(b testing.TB) (*policy.World, *policy.Policy) {
	w := policytest.World(1)
	p, err := policy.Compile(w, policytest.At)
	if err != nil {
		b.Fatal(err)
	}
	return w, p
}

// BenchmarkShared compiles the list that an organisation's devices share, of each organisation in turn,
// after a decision that is not about products.
func BenchmarkShared(b *testing.B) {
	w, p := compiled(b)
	b.ReportAllocs()
	entries := 0
	l := New(w, p, 1, policytest.At)
	if _, err := l.Of(w.Organisations[0].ID, policy.Android); err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if i%len(w.Organisations) == 0 {
			b.StopTimer()
			l = l.Next(w, p, 2, policytest.At)
			b.StartTimer()
		}
		list, err := l.Of(w.Organisations[i%len(w.Organisations)].ID, policy.Android)
		if err != nil {
			b.Fatal(err)
		}
		entries = len(list.Shared)
	}
	b.ReportMetric(float64(entries), "entries")
}

// BenchmarkNext takes up a decision that is not about products.
func BenchmarkNext(b *testing.B) {
	w, p := compiled(b)
	l := New(w, p, 1, policytest.At)
	for b.Loop() {
		l = l.Next(w, p, 2, policytest.At)
	}
}

// BenchmarkSingled compiles the lists of 20,000 devices that exemptions single out,
// beside those that are shared.
func BenchmarkSingled(b *testing.B) {
	w, p := compiled(b)
	l := New(w, p, 1, policytest.At)
	for i := range w.Organisations {
		if _, err := l.Of(w.Organisations[i].ID, policy.Android); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		var before, after runtime.MemStats
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&before)
		b.StartTimer()
		lists, own := make([]*platform.List, 0, len(w.Exemptions)), 0
		for i := range w.Exemptions {
			e := &w.Exemptions[i]
			h := policy.Host{ID: fmt.Sprint("d", i), Kind: policy.Device, Organisation: e.Scope, Platform: policy.Android, Holder: e.Subject.Person}
			if e.Subject.Host != "" {
				h.ID = e.Subject.Host
			}
			if e.Subject.Group != "" {
				h.Groups = []string{e.Subject.Group}
			}
			list, err := l.For(&h, policy.Android)
			if err != nil {
				b.Fatal(err)
			}
			lists, own = append(lists, list), own+len(list.Own)
		}
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		b.ReportMetric(float64(own)/float64(len(lists)), "own")
		b.StartTimer()
		runtime.KeepAlive(lists)
	}
}
