package bench

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"portcullis/policy"
	"portcullis/policy/policytest"
)

// count is how many questions are asked in turn.
const count = 10_000

// engines are all four, ready to be asked; they are made once for all benchmarks.
type engines struct {
	policy *policy.Policy
	maps   *maps
	cedar  *cedarEngine
	opa    *opa

	questions []policytest.Question
	asked     []asked
	requests  []cedarQuestion
	inputs    []ast.Value
}

var prepared = sync.OnceValues(func() (*engines, error) {
	w := policytest.World(1)
	e := &engines{questions: policytest.Questions(w, 1, count)}
	p := newPlain(w, policytest.At)
	e.maps = newMaps(p, e.questions)
	for i := range e.questions {
		e.asked = append(e.asked, p.asked(&e.questions[i]))
	}
	var err error
	if e.policy, err = policy.Compile(w, policytest.At); err != nil {
		return nil, err
	}
	if e.cedar, e.requests, err = newCedar(p, e.questions); err != nil {
		return nil, err
	}
	if e.opa, e.inputs, err = newOPA(p, e.questions); err != nil {
		return nil, err
	}
	return e, e.agree()
})

func prepare(tb testing.TB) *engines {
	e, err := prepared()
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func (e *engines) decide(i int, d *policy.Decision) error {
	q := &e.questions[i]
	s, err := e.policy.Subject(&q.Host)
	if err != nil {
		return err
	}
	s.Decide(&q.Installation, d)
	return nil
}

// outcomeOf is what the findings come to.
func outcomeOf(d *policy.Decision) outcome {
	result := neither
	for _, f := range d.Findings {
		switch f.Result {
		case policy.Banned, policy.Overdue:
			return stopped
		case policy.Allowed, policy.Exempt, policy.Permitted:
			result = listed
		}
	}
	return result
}

func TestAnswersAgree(t *testing.T) {
	e := prepare(t)
	outcomes := map[outcome]int{}
	for i := range e.asked {
		outcomes[e.maps.answer(&e.asked[i])]++
	}
	for word, o := range outcomeWords {
		if outcomes[o] == 0 {
			t.Errorf("no question is answered %s", word)
		}
	}
	t.Logf("answers: %d listed, %d stopped, %d neither", outcomes[listed], outcomes[stopped], outcomes[neither])
}

func BenchmarkPortcullis(b *testing.B) {
	e := prepare(b)
	var d policy.Decision
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := e.decide(i, &d); err != nil {
			b.Fatal(err)
		}
		i = (i + 1) % count
	}
}

func BenchmarkMaps(b *testing.B) {
	e := prepare(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.maps.answer(&e.asked[i])
		i = (i + 1) % count
	}
}

func BenchmarkCedar(b *testing.B) {
	e := prepare(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.cedar.answer(&e.requests[i])
		i = (i + 1) % count
	}
}

func BenchmarkOPA(b *testing.B) {
	e := prepare(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := e.opa.answer(e.inputs[i]); err != nil {
			b.Fatal(err)
		}
		i = (i + 1) % count
	}
}

// agree asks everybody everything. A comparison of engines that do not answer alike is void.
func (e *engines) agree() error {
	var d policy.Decision
	var disagreements []error
	for i := range e.questions {
		if err := e.decide(i, &d); err != nil {
			return err
		}
		want := outcomeOf(&d)
		byOPA, err := e.opa.answer(e.inputs[i])
		if err != nil {
			return err
		}
		byMaps, byCedar := e.maps.answer(&e.asked[i]), e.cedar.answer(&e.requests[i])
		if (byMaps != want || byCedar != want || byOPA != want) && len(disagreements) < 5 {
			disagreements = append(disagreements, fmt.Errorf("question %d: portcullis %d, maps %d, cedar %d, OPA %d: %+v: %+v",
				i, want, byMaps, byCedar, byOPA, e.questions[i], d))
		}
	}
	return errors.Join(disagreements...)
}
