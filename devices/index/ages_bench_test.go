package index

import "testing"

// BenchmarkAges asks for what is in breach by age, where all of it opened within the month.
func BenchmarkAges(b *testing.B) {
	f := theFleet()
	a := NewAges(f.index)
	before := inUse()
	for id, open := range f.index.Standing().Hosts() {
		for _, o := range open {
			a.Recall(id, o, 20_000-int32(len(id)+int(o.Thing))%30)
		}
	}
	bytes := inUse() - before
	spans := []Span{{Since: 20_000}, {19_994, 20_000}, {19_971, 19_994}}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := a.Breaches(Filter{}, Span{}, spans...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(bytes)/(1<<20), "MiB")
	})
	b.Run("opened", func(b *testing.B) {
		n := 0
		for b.Loop() {
			found, _, err := a.Breaches(Filter{}, spans[2], spans...)
			if err != nil {
				b.Fatal(err)
			}
			n = found.Installations
		}
		b.ReportMetric(float64(n), "installations")
	})
	b.Run("older", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := a.Breaches(Filter{}, Span{Before: 19_971}, spans...); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("standing", func(b *testing.B) {
		for b.Loop() {
			f.index.Standing()
		}
	})
	b.Run("after", func(b *testing.B) {
		found, err := f.index.Breaches(Filter{})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			found.Hosts.After("", 51)
		}
	})
}
