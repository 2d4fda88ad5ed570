package devices

import (
	"testing"

	"portcullis/platform"
	"portcullis/policy"
	"portcullis/policy/policytest"
)

// BenchmarkSuggest likens a page of identifiers to the products of a large world, whose words are known.
func BenchmarkSuggest(b *testing.B) {
	w := policytest.World(1)
	page := someUnknown(w)
	view := View{World: w, finding: new(finding)}
	view.suggester()
	b.ReportMetric(float64(len(w.Products)), "products")
	for b.Loop() {
		for i := range page {
			view.suggester().For(page[i].Named.Name, page[i].Publisher)
		}
	}
}

// BenchmarkSuggester is what has to be done once for a world.
func BenchmarkSuggester(b *testing.B) {
	w := policytest.World(1)
	for b.Loop() {
		platform.NewSuggester(w)
	}
}

// someUnknown are the names of a page of identifiers, each like a product's.
func someUnknown(w *policy.World) (page []Unknown) {
	for i := range 25 {
		p := &w.Products[(i*7919)%len(w.Products)]
		page = append(page, Unknown{Named: Named{Name: p.Name + " Media Player", Publisher: p.Supplier}})
	}
	return page
}
