package index

import (
	"testing"

	"portcullis/policy"
)

// BenchmarkFind asks for a page in the middle of all hosts, and for narrower ones.
func BenchmarkFind(b *testing.B) {
	f := theFleet()
	middle := f.ids[len(f.ids)/2]
	for _, c := range []struct {
		name string
		q    Query
	}{
		{"all", Query{}},
		{"organisation", Query{Organisations: []string{"org-003", "org-017"}}},
		{"breach", Query{InBreach: true}},
		{"product", Query{Product: f.popular}},
		{"rule", Query{Result: policy.Outdated, Platform: policy.Android}},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.q.After, c.q.Limit = middle, 100
			total := 0
			for b.Loop() {
				var err error
				if _, total, err = f.index.Find(c.q); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(total), "hosts")
		})
	}
}

// BenchmarkWhere asks where the popular app is.
func BenchmarkWhere(b *testing.B) {
	f := theFleet()
	var found Where
	for b.Loop() {
		var err error
		if found, err = f.index.Where(f.popular, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(found.Itself.Hosts), "hosts")
}

// BenchmarkSupplier asks where the things of the supplier are that has most of them.
func BenchmarkSupplier(b *testing.B) {
	f := theFleet()
	largest := ""
	for id, made := range f.basis.graph.made {
		if n := len(f.basis.graph.made[largest]); len(made) > n || len(made) == n && id < largest {
			largest = id
		}
	}
	var found SupplierWhere
	for b.Loop() {
		var err error
		if found, err = f.index.Supplier(largest, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(found.Either.Hosts), "hosts")
	b.ReportMetric(float64(len(found.Products)), "products")
}

// BenchmarkUnlinked asks for all names that lead to nothing.
func BenchmarkUnlinked(b *testing.B) {
	f := theFleet()
	var found []Unlinked
	for b.Loop() {
		var err error
		if found, err = f.index.Unlinked(nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(found)), "names")
}

// BenchmarkUnlisted asks for everything that is on no list.
func BenchmarkUnlisted(b *testing.B) {
	f := theFleet()
	var found []Unlisted
	for b.Loop() {
		var err error
		if found, err = f.index.Unlisted(nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(found)), "products")
}

// BenchmarkCoverage counts all hosts.
func BenchmarkCoverage(b *testing.B) {
	f := theFleet()
	for b.Loop() {
		if _, err := f.index.Coverage(1); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHear notes that a host reported, on all processors.
func BenchmarkHear(b *testing.B) {
	f := theFleet()
	b.RunParallel(func(pb *testing.PB) {
		for i := uint32(1); pb.Next(); i++ {
			f.index.Hear(f.ids[int(i*7919)%len(f.ids)], i)
		}
	})
}

// BenchmarkContact asks for a host's contact.
func BenchmarkContact(b *testing.B) {
	f := theFleet()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, _, known := f.index.Contact(f.ids[i*7919%len(f.ids)]); !known {
			b.Fatal("a host of the fleet is not known")
		}
	}
}
