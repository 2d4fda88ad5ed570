package enforce_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform/santa"
	"portcullis/policy"
)

// model is what happens to a Mac and its servers in the model.
type model struct {
	t       testing.TB
	chance  *rand.Rand
	servers []*syncs
	mac     *mac
	had     map[string]bool // every rule that some list had
	drifted bool
	banned  int
	story   []string
}

func (w *model) say(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf(format, args...))
}

// note enters what lists have now.
func (w *model) note() {
	for _, s := range w.servers {
		s.follow(w.t)
		rules, _ := s.wants(w.t, w.mac.actor.Agent.Host)
		for k, p := range rules {
			w.had[k+" "+p] = true
		}
	}
}

// line loses some of what goes over it.
func (w *model) line() (server *syncs, lostBefore, lostBehind bool) {
	server = w.servers[w.chance.IntN(len(w.servers))]
	return server, w.chance.IntN(8) == 0, w.chance.IntN(8) == 0
}

// check holds the servers to what the Mac really has.
func (w *model) check() {
	w.t.Helper()
	for k, p := range w.mac.has() {
		if !w.had[k+" "+p] && !w.drifted {
			w.t.Fatalf("it has a rule that no list had: %s %s", k, p)
		}
	}
	s := w.servers[0]
	s.clock.Advance(time.Second)
	a, _, err := s.Open(w.t.Context(), w.mac.actor, "santa")
	if fault.Is(err, fault.NotFound) {
		return
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if !a.Settled() || w.drifted {
		return
	}
	rules, err := s.RulesOf(w.t.Context(), &a.Confirmed)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(rules, w.mac.sorted()); diff != "" {
		w.t.Fatalf("it is said to have (-), and has (+):\n%s\n%s", diff, strings.Join(w.story, "\n"))
	}
}

// happens does one thing at random.
func (w *model) happens() {
	s, host := w.servers[0], w.mac.actor.Agent.Host
	switch w.chance.IntN(12) {
	case 0:
		w.banned++
		w.say("a decision")
		s.rule(w.t, policy.Rule{ID: fmt.Sprint("rule-", w.banned), Effect: []policy.Effect{policy.Ban, policy.Allow}[w.chance.IntN(2)], Target: policy.Target{Product: fmt.Sprint("p", w.chance.IntN(6))}})
	case 1:
		w.say("an exemption")
		s.exempt(w.t, host, time.Duration(1+w.chance.IntN(3))*time.Minute)
	case 2:
		w.say("time passes")
		s.clock.Advance(time.Duration(w.chance.IntN(90)) * time.Second)
	case 3:
		if w.chance.IntN(3) == 0 && len(w.mac.rules) > 0 {
			w.say("drift")
			delete(w.mac.rules, slices.Sorted(maps.Keys(w.mac.rules))[w.chance.IntN(len(w.mac.rules))])
			w.drifted = true
		}
	case 4:
		w.say("a server forgets")
		w.servers[w.chance.IntN(len(w.servers))].ForgetLists()
	case 5:
		w.mac.encoding = santa.Encoding(w.chance.IntN(2))
	default:
		w.note()
		w.say("a sync")
		err := w.mac.sync(w.t, w.line)
		if err != nil && !errors.Is(err, errLost) && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
			w.t.Fatalf("a sync: %v\n%s", err, strings.Join(w.story, "\n"))
		}
		w.say("  %v", err)
	}
	w.note()
	w.check()
}

const many = `
organisations:
  - {id: gov}
  - {id: dept-a, parent: gov}
products:
  - {id: parrot, kind: app, name: Parrot, identifiers: {macos: ["ABCDE12345:com.parrot"]}}
  - {id: p0, kind: app, name: P0, identifiers: {macos: ["ABCDE12345:com.p0", "ABCDE12345:com.p0.too"]}}
  - {id: p1, kind: app, name: P1, identifiers: {macos: ["ABCDE12345:com.p1"]}}
  - {id: p2, kind: app, name: P2, identifiers: {macos: ["ABCDE12346"]}}
  - {id: p3, kind: app, name: P3, identifiers: {macos: ["sha256:0000000000000000000000000000000000000000000000000000000000000001"]}}
  - {id: p4, kind: app, name: P4, identifiers: {macos: ["ABCDE12345:com.p4"]}}
  - {id: p5, kind: app, name: P5, identifiers: {macos: ["platform:com.p5"]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: "a reason"}
  - {id: allow-p0, effect: allow, target: {product: p0}, scope: gov, from: 2026-01-01, reason: "for work"}
`

// TestSantaModel has a Mac sync with two servers over one database, over lines that break at any stage, while decisions
// are made and end. What a server believes that it has, it has; it never has what no list had; and after the next
// syncs over a quiet line it has its list.
func TestSantaModel(t *testing.T) {
	inModel(t, func(t *testing.T, servers []*syncs, made people.Made) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		w := &model{t: t, chance: rand.New(rand.NewPCG(seed, 1)), servers: servers, had: map[string]bool{}}
		for n := range 6 {
			w.mac, w.drifted, w.story = newMac(keyed(made, fmt.Sprint("mac-", n))), false, nil
			w.mac.hashes = n%3 != 2
			servers[0].enrol(t, w.mac.actor)
			for range 30 {
				w.happens()
			}
			w.note()
			for range 3 {
				if err := w.mac.sync(t, servers[1].quiet); err != nil {
					t.Fatalf("a quiet sync: %v\n%s", err, strings.Join(w.story, "\n"))
				}
			}
			w.drifted = false
			w.check()
			servers[1].matches(t, w.mac)
			servers[1].clock.Advance(time.Second)
			if a := servers[1].open(t, w.mac.actor); a.Confirmed.At.IsZero() {
				t.Errorf("it is not confirmed: %+v\n%s", a, strings.Join(w.story, "\n"))
			}
			if t.Failed() {
				t.Fatal(strings.Join(w.story, "\n"))
			}
		}
	})
}

// inModel runs test on both engines with two servers.
func inModel(t *testing.T, test func(t *testing.T, servers []*syncs, made people.Made)) {
	eachOf(t, many, func(t *testing.T, o *office, another func() *office) {
		second := another()
		second.follow(t)
		test(t, []*syncs{o.santa(), second.santa()}, o.token(t, "dept-a"))
	})
}
