package policytest_test

import (
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
	"portcullis/policy/policytest"
)

// world is the one that most tests look at; nobody changes it.
var world = sync.OnceValue(func() *policy.World { return policytest.World(1) })

func TestWorldIsValid(t *testing.T) {
	w := world()
	for _, p := range policy.Validate(w) {
		t.Errorf("%s: %s", p.Key, p.Message)
	}
	kinds := map[policy.Effect]int{}
	for _, r := range w.Rules {
		kinds[r.Effect]++
	}
	got := []int{len(w.Products), len(w.Organisations), kinds[policy.Allow], kinds[policy.Ban], kinds[policy.PhaseOut], len(w.Exemptions)}
	if diff := cmp.Diff([]int{20_000, 400, 5_000, 200, 100, 20_000}, got); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
}

func TestSameSeedSameWorld(t *testing.T) {
	a, b := world(), policytest.World(1)
	if !reflect.DeepEqual(a, b) {
		t.Error("two worlds of one seed differ")
	}
	if diff := cmp.Diff(policytest.Questions(a, 7, 500), policytest.Questions(b, 7, 500)); diff != "" {
		t.Errorf("their questions differ:\n%s", diff)
	}
	if reflect.DeepEqual(a, policytest.World(2)) {
		t.Error("another seed gives the same world")
	}
}

// TestQuestionsReachEverything asks the decision itself what the questions come to.
func TestQuestionsReachEverything(t *testing.T) {
	const n = 20_000
	w := world()
	p, err := policy.Compile(w, policytest.At)
	if err != nil {
		t.Fatal(err)
	}
	verdicts, results := map[policy.Result]int{}, map[policy.Result]int{}
	var d policy.Decision
	for _, q := range policytest.Questions(w, 1, n) {
		s, err := p.Subject(&q.Host)
		if err != nil {
			t.Fatal(err)
		}
		s.Decide(&q.Installation, &d)
		verdicts[d.Verdict]++
		for _, f := range d.Findings {
			results[f.Result]++
		}
	}
	for r := policy.Banned; r <= policy.Advised; r++ {
		if r != policy.Lifted && verdicts[r] == 0 {
			t.Errorf("no question comes to the verdict %s", r)
		}
		if r != policy.Advised && results[r] == 0 {
			t.Errorf("no question has the result %s", r)
		}
	}
	if verdicts[policy.Allowed] < n*usual/100-n/500 || verdicts[policy.Allowed] > n*usual/100+n/500 {
		t.Errorf("%d of %d questions are about what is allowed: %v", verdicts[policy.Allowed], n, verdicts)
	}
	t.Log(verdicts, results)
}

// usual is the share of allowed installations that Questions promises.
const usual = 97

func TestHosts(t *testing.T) {
	w := world()
	p, err := policy.Compile(w, policytest.At)
	if err != nil {
		t.Fatal(err)
	}
	validator := policy.NewHostValidator(w)
	verdicts, ids := map[policy.Result]int{}, map[string]bool{}
	var ds []policy.Decision
	for h := range policytest.Hosts(w, 1, 200, 60) {
		if len(h.Installed) != 60 || ids[h.ID] {
			t.Fatalf("host %s has %d installations", h.ID, len(h.Installed))
		}
		ids[h.ID] = true
		for _, problem := range validator.Validate(h) {
			t.Errorf("%s: %s: %s", h.ID, problem.Key, problem.Message)
		}
		s, err := p.Subject(h)
		if err != nil {
			t.Fatal(err)
		}
		ds = s.DecideAll(h.Installed, ds)
		for _, d := range ds {
			verdicts[d.Verdict]++
		}
	}
	if len(ids) != 200 || verdicts[policy.Allowed] < 200*60*95/100 || verdicts[policy.Banned] == 0 {
		t.Errorf("%d hosts with the verdicts %v", len(ids), verdicts)
	}
	t.Log(verdicts)
}
