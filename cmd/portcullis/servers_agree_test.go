package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/web/api"
)

const (
	// agreed is within which two servers say the same of what was acknowledged, and agreedLate is what a
	// machine that does much else may need once in a while.
	agreed, agreedLate = time.Second, 20 * time.Second
	// rounds is how often it is measured, where a long run is not asked for.
	rounds = 3
)

// TestTwoServersAgree has two servers on one PostgreSQL database take reports of the same devices at once, and
// one of them bans an app: within a second both say the same.
func TestTwoServersAgree(t *testing.T) {
	where, program := place(t, "", storetest.Database(t)), itself(t)
	servers := [2]*reporting{newReporting(t, where)}
	other := &load{stop: make(chan struct{}), token: servers[0].token}
	servers[1] = &reporting{load: other, where: where, index: filepath.Join(t.TempDir(), "snapshot"), answers: map[string]int{}, db: servers[0].db}
	for _, s := range servers {
		server := s.start(t, program)
		defer func(server *exec.Cmd) { kill(t, server) }(server)
	}
	signer := &load{token: second(t, where)}
	var banned, reported []time.Duration
	for round := range min(kills(t, rounds), 7) {
		stop := make(chan struct{})
		var wait sync.WaitGroup
		for w := range writers {
			wait.Go(func() { crowd(t, servers[w%2], w, stop) })
		}
		banned = append(banned, ban(t, servers, signer, round)...)
		close(stop)
		wait.Wait()
		reported = append(reported, agreement(t, servers))
	}
	for what, took := range map[string][]time.Duration{"a ban, on either server": banned, "reports to both": reported} {
		slices.Sort(took)
		t.Logf("%s: median %v, most %v of %v", what, took[len(took)/2], took[len(took)-1], took)
		if took[len(took)/2] > agreed || took[len(took)-1] > agreedLate {
			t.Errorf("%s: the servers agree only after %v", what, took)
		}
	}
	for i, s := range servers {
		t.Logf("the server %d took %v, and asked %d times to send a report again", i+1, s.answers, s.doubts)
	}
	servers[0].audit(t)
}

// crowd reports devices that others report at the same time, to one server.
func crowd(t *testing.T, s *reporting, w int, stop chan struct{}) {
	chance := rand.New(rand.NewPCG(uint64(w), uint64(time.Now().UnixNano())))
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		d := &device{id: fmt.Sprint("crowded-", chance.IntN(20))}
		r := d.draw(chance, n)
		if err := s.insist(r.body); err != nil {
			t.Error(err)
			return
		}
	}
}

// insist sends a report until it is taken: where servers are in each other's way, one may ask for it again.
func (s *reporting) insist(body []byte) error {
	for range 100 {
		results, err := s.post(s.address.Load().(string), "/reports", body)
		s.tally.Lock()
		if len(results) == 0 {
			s.doubts++
		} else {
			s.answers[results[0]]++
		}
		s.tally.Unlock()
		if err != nil || len(results) > 0 {
			return err
		}
	}
	return fmt.Errorf("a report is never taken: %s", body)
}

// ban bans, on one server, an app that some devices have, and returns how long it takes until each says so.
func ban(t *testing.T, servers [2]*reporting, signer *load, round int) (took []time.Duration) {
	t.Helper()
	app, want := fmt.Sprint("app", round%4), map[string][]string{}
	version := 100 + round // so that nobody else reports it
	for n := range 10 {
		d := &device{id: fmt.Sprintf("banned-%d-%d", round, n)}
		r := inventory{device: d, source: "one", apps: []string{fmt.Sprint(app, "=", version)}}
		if err := servers[n%2].insist(r.encode()); err != nil {
			t.Fatal(err)
		}
		want[d.id] = []string{fmt.Sprint(app, "=", version, " banned")}
	}
	proposed := servers[round%2].ask(t, "POST", "/proposals", fmt.Sprint("ban-", round), map[string]any{"kind": "ban", "reason": "x", "narrower": "y", "rule": map[string]any{
		"effect": "ban", "target": map[string]string{"product": app}, "scope": "body", "components": false, "clearance": "none",
		"versions": map[string]string{"since": fmt.Sprint(version), "until": fmt.Sprint(version + 1)}}})
	signer.address.Store(servers[round%2].address.Load())
	open := signer.proposal(t, proposed)
	began := time.Now()
	signer.ask(t, "POST", "/proposals/"+proposed+"/steps", fmt.Sprint("sign-", round), map[string]any{"act": "sign", "version": open.Version, "affirmed": open.Reach.Either})
	rule := signer.proposal(t, proposed).Made
	times := make([]time.Duration, len(servers))
	var wait sync.WaitGroup
	for i, s := range servers {
		wait.Go(func() {
			for !reflect.DeepEqual(breaches(t, s.load, "&rule="+rule), want) && time.Since(began) < agreedLate {
				<-time.After(5 * time.Millisecond)
			}
			times[i] = time.Since(began)
		})
	}
	wait.Wait()
	return times
}

// second makes a program that signs what another has proposed.
func second(t testing.TB, where []string) (token string) {
	t.Helper()
	env := &environment{Context: t.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: time.Now}
	err := (&database{Database: where[1]}).in(env, false, func(r *rooms) error {
		made, err := r.people.MakeToken(env, atCommand, "second", people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere}, people.Time{})
		token = made.Secret
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// proposal is what a server says of a proposal.
func (l *load) proposal(t testing.TB, id string) (p api.Proposal) {
	t.Helper()
	r, err := http.NewRequest("GET", l.address.Load().(string)+"/api/v1/proposals/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil || answer.StatusCode != http.StatusOK || p.Reach == nil {
		t.Fatalf("the proposal %s: %d %v", id, answer.StatusCode, err)
	}
	return p
}

// agreement returns how long it takes until servers say the same of everything, which is what is stored.
func agreement(t *testing.T, servers [2]*reporting) (took time.Duration) {
	t.Helper()
	began := time.Now()
	for {
		one, two := breaches(t, servers[0].load, ""), breaches(t, servers[1].load, "")
		took = time.Since(began)
		if same := reflect.DeepEqual(one, two); same && reflect.DeepEqual(one, stored(t, servers[0], one)) {
			return took
		} else if took > agreedLate {
			t.Fatalf("one server says %v, the other %v", one, two)
		}
	}
}

// stored is what is in breach by a plain computation on what is stored on devices; the bans of the rounds, which
// are on devices of their own, are as they are said to be.
func stored(t *testing.T, s *reporting, said map[string][]string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for id := range maps.Keys(said) {
		if strings.HasPrefix(id, "banned-") {
			found[id] = said[id]
		}
	}
	for n := range 20 {
		id := fmt.Sprint("crowded-", n)
		for _, app := range on(t, s.load, id, "installations") {
			if b := judged(app); b != "" {
				found[id] = append(found[id], b)
			}
		}
	}
	return found
}
