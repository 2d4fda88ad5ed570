package devices

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
	"portcullis/policy/explain"
	"portcullis/policy/policytest"
)

// TestConcerning: the part of a world that concerns a host says of it what the whole world says.
func TestConcerning(t *testing.T) {
	w := policytest.World(4)
	whole, err := policy.Compile(w, policytest.At)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[policy.Result]int{}
	for _, q := range policytest.Questions(w, 4, 750) {
		h := q.Host
		h.Installed = []policy.Installation{q.Installation}
		s, err := whole.Subject(&h)
		if err != nil {
			t.Fatal(err)
		}
		var want policy.Decision
		s.Decide(&q.Installation, &want)
		part := concerning(w, &h)
		got, err := policy.Decide(part, &h, &q.Installation, policytest.At)
		if err != nil {
			t.Fatal(err)
		}
		if verdicts[want.Verdict]++; verdicts[want.Verdict] > 20 {
			continue // enough of these
		}
		if len(part.Products) > len(w.Products)/10 {
			t.Errorf("%s: %d products concern it", q.Installation.Identifier, len(part.Products))
		}
		if diff := cmp.Diff(want, got, cmp.FilterPath(unexported, cmp.Ignore())); diff != "" {
			t.Errorf("%s on %s: the whole (-), the part (+):\n%s", q.Installation.Identifier, h.ID, diff)
		}
	}
	if len(verdicts) < 9 {
		t.Errorf("only these verdicts were met: %v", verdicts)
	}
}

// unexported are the parts of a decision that number things of one world.
func unexported(p cmp.Path) bool {
	f, ok := p.Last().(cmp.StructField)
	return ok && f.Name()[0] >= 'a' && f.Name()[0] <= 'z'
}

func BenchmarkConcerning(b *testing.B) {
	w := policytest.World(1)
	for h := range policytest.Hosts(w, 1, 1, 60) {
		for b.Loop() {
			part := concerning(w, h)
			if _, err := explain.Explain(part, h, &h.Installed[0], policytest.At); err != nil {
				b.Fatal(err)
			}
		}
		break
	}
}
