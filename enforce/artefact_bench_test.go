package enforce

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"portcullis/platform"
	"portcullis/policy"
	"portcullis/policy/policytest"
)

// BenchmarkSigned has a ban be signed and each body in turn ask for its artefact for the first time: with the list that
// it is made from, and looked through for the ban. Beside the mean is what it takes at most in 99 bodies of 100: of each
// body the least of its rounds, for others use the machine too (-benchtime 1200x has three).
func BenchmarkSigned(b *testing.B) {
	w, p := compiled(b)
	before := New(w, p, 1, policytest.At)
	for i := range Forms {
		form := &Forms[i]
		on := form.Platform(0)
		product := slices.IndexFunc(w.Products, func(p policy.Product) bool { return len(p.Identifiers[on]) > 0 })
		if product < 0 {
			continue // the world has nothing on it: its artefact is next to nothing
		}
		banned := &w.Products[product]
		with := *w
		with.Rules = append(slices.Clip(w.Rules), policy.Rule{ID: "signed", Effect: policy.Ban, Target: policy.Target{Product: banned.ID}, Scope: w.Organisations[0].ID, Clearance: policy.ClearanceNone, Period: policy.Period{From: policytest.At}, Reason: "a reason"})
		b.Run(form.Name, func(b *testing.B) {
			after, err := p.Recompile(&with, policytest.At)
			if err != nil {
				b.Fatal(err)
			}
			lists := before.Next(&with, after, 2, policytest.At)
			if _, err := lists.Of(w.Organisations[0].ID, on); err != nil { // no decision but one about products has those looked up again
				b.Fatal(err)
			}
			lists = lists.Next(&with, after, 2, policytest.At)
			took := make([]time.Duration, len(w.Organisations))
			for n := 0; b.Loop(); n++ {
				if n%len(w.Organisations) == 0 {
					b.StopTimer()
					lists = lists.Next(&with, after, 2, policytest.At)
					b.StartTimer()
				}
				begun := time.Now()
				made, err := lists.Artefact(Query{Form: form.Name, Organisation: w.Organisations[n%len(w.Organisations)].ID}, nil)
				if err != nil {
					b.Fatal(err)
				}
				if body, t := n%len(took), time.Since(begun); took[body] == 0 || t < took[body] {
					took[body] = t
				}
				if e := made.Find(banned.Identifiers[on][0].ID); n == 0 && (e == nil || !e.Bans()) {
					b.Fatalf("what is banned is %+v", e)
				}
			}
			took = slices.DeleteFunc(took, func(t time.Duration) bool { return t == 0 })
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkArtefact writes an artefact of 3,000 apps in each form.
func BenchmarkArtefact(b *testing.B) {
	for i := range suite {
		h := &suite[i]
		on := h.platforms()
		list := &platform.List{Organisation: "gov", Generation: 7, At: policytest.At, Closed: true}
		if len(on) > 0 {
			list.Platform = on[0]
		}
		for n := range 3000 {
			word := fmt.Sprintf("app%04d", n)
			if list.Platform == 0 {
				list.Domains = append(list.Domains, platform.Domain{Name: word + ".example", Product: word, Decisions: []string{"ban-" + word}})
				continue
			}
			e := platform.Entry{Identifier: h.identifier(word), Product: word, Name: word, Listed: true, Decisions: []string{"allow-" + word}}
			if n%10 == 0 {
				e.Banned = []policy.Window{{}}
			}
			list.Shared = append(list.Shared, e)
		}
		slices.SortFunc(list.Shared, func(a, b platform.Entry) int { return cmp.Compare(a.Identifier, b.Identifier) })
		b.Run(fmt.Sprintf("%s-%s", h.form, list.Platform), func(b *testing.B) {
			for b.Loop() {
				if _, err := Named(h.form).Write(io.Discard, list); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
