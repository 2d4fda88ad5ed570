package devices

import (
	"testing"
	"time"

	"portcullis/policy/policytest"
)

// BenchmarkReplies answers one question in the world of 20,000 products; BenchmarkDiffer compares two lists.
func BenchmarkReplies(b *testing.B) {
	w := policytest.World(1)
	e := &Enquiries{Room: &Room{Fleet: &Fleet{now: func() time.Time { return policytest.At }}}}
	product := &w.Products[400]
	who := asker{organisation: w.Organisations[40].ID, id: "somebody", spelt: []string{"somebody"}}
	for b.Loop() {
		if _, err := e.replies(w, product, Question{Product: product.ID}, who); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiffer(b *testing.B) {
	w := policytest.World(1)
	for b.Loop() {
		if _, _, err := differ(w, w.Organisations[40].ID, w.Organisations[90].ID, policytest.At); err != nil {
			b.Fatal(err)
		}
	}
}
