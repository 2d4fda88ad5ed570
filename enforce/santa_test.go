package enforce_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/agreed"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform/santa"
	"portcullis/policy"
	"portcullis/register"
)

// syncs is a server with the sync server of Santa.
type syncs struct {
	*office
	*enforce.Santa
	room   *enforce.Room
	counts map[string]int
}

func (o *office) santa() *syncs {
	room := &enforce.Room{People: o.people, Fleet: o.things.Fleet}
	s := &syncs{office: o, Santa: enforce.NewSanta(room, o.Agents, o.intake, o.clock.Now), room: room, counts: map[string]int{}}
	s.Count = func(what string) { s.counts[what]++ }
	s.Page = 2
	return s
}

func (s *syncs) Preflight(ctx context.Context, actor people.Actor, machine string, p santa.Preflight) (none santa.Answer, err error) {
	v, err := s.Enter(ctx, actor, true)
	if err != nil {
		return none, err
	}
	return s.Santa.Preflight(ctx, v, machine, p)
}

func (s *syncs) Download(ctx context.Context, actor people.Actor, machine string, d santa.Download, e santa.Encoding) ([]byte, error) {
	v, err := s.Enter(ctx, actor, false)
	if err != nil {
		return nil, err
	}
	return s.Santa.Download(ctx, v, machine, d, e)
}

func (s *syncs) Postflight(ctx context.Context, actor people.Actor, machine string, p santa.Postflight) error {
	v, err := s.Enter(ctx, actor, false)
	if err != nil {
		return err
	}
	return s.Santa.Postflight(ctx, v, machine, p)
}

func (s *syncs) Upload(ctx context.Context, actor people.Actor, machine string, body []byte, e santa.Encoding) error {
	v, err := s.Enter(ctx, actor, false)
	if err != nil {
		return err
	}
	return s.Santa.Upload(ctx, v, machine, body, e)
}

// mac is a Mac with Santa: it does what Santa's sync service does, which downloads all pages before it applies any
// rule, and changes its mode at the end.
type mac struct {
	actor    people.Actor
	machine  string
	rules    map[string]santa.Rule // by type and identifier
	mode     santa.Mode
	pinned   bool // its mode is set by a profile
	wiped    bool // it asks for all anew
	hashes   bool
	encoding santa.Encoding
}

func newMac(actor people.Actor) *mac {
	return &mac{actor: actor, machine: "M-" + actor.Agent.Host, rules: map[string]santa.Rule{}, mode: santa.Monitor, hashes: true}
}

func key(r santa.Rule) string { return fmt.Sprint(r.Type, " ", r.Identifier) }

func (m *mac) sorted() []santa.Rule { return slices.SortedFunc(maps.Values(m.rules), santa.Compare) }

// hash is of what Santa's is: messages are not in it.
func (m *mac) hash() string {
	if !m.hashes {
		return ""
	}
	h := sha256.New()
	for _, r := range m.sorted() {
		fmt.Fprintln(h, r.Type, r.Identifier, r.Policy)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func (m *mac) counts() santa.Counts { return santa.Count(m.sorted()) }

// page reads an answer to a rule download.
func (m *mac) page(t testing.TB, body []byte) (rules []santa.Rule, cursor string) {
	t.Helper()
	if m.encoding == santa.JSON {
		var got struct {
			Rules []struct {
				Identifier, Policy string
				Type               string `json:"rule_type"`
				Message            string `json:"custom_msg"`
			}
			Cursor string
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		for _, r := range got.Rules {
			p := map[string]santa.Policy{"ALLOWLIST": santa.Allowlist, "BLOCKLIST": santa.Blocklist, "REMOVE": santa.Remove}[r.Policy]
			is := map[string]santa.RuleType{"BINARY": santa.Binary, "SIGNINGID": santa.SigningID, "TEAMID": santa.TeamID}[r.Type]
			rules = append(rules, santa.Rule{Identifier: r.Identifier, Policy: p, Type: is, Message: r.Message})
		}
		return rules, got.Cursor
	}
	var page []byte
	for len(body) > 0 {
		number, kind, n := protowire.ConsumeTag(body)
		size := protowire.ConsumeFieldValue(number, kind, body[n:])
		if n < 0 || size < 0 {
			t.Fatalf("no protobuf: %x", body)
		}
		if number == 2 {
			text, _ := protowire.ConsumeString(body[n:])
			cursor = text
		} else {
			page = append(page, body[:n+size]...)
		}
		body = body[n+size:]
	}
	rules, err := santa.ReadRules(page)
	if err != nil {
		t.Fatal(err)
	}
	return rules, cursor
}

// apply does what the rules of a sync say.
func (m *mac) apply(rules []santa.Rule, clean bool) {
	if clean && len(rules) > 0 {
		clear(m.rules)
	}
	for _, r := range rules {
		if r.Policy == santa.Remove {
			delete(m.rules, key(r))
		} else {
			m.rules[key(r)] = r
		}
	}
}

// line is what becomes of a request on its way to a server: lost before, lost behind, or nothing.
type line func() (server *syncs, lostBefore, lostBehind bool)

var errLost = errors.New("the line broke")

// over does a request over a line.
func over[T any](l line, do func(*syncs) (T, error)) (none T, err error) {
	server, before, behind := l()
	if before {
		return none, errLost
	}
	answer, err := do(server)
	if behind {
		return none, errLost
	}
	return answer, err
}

// again does a request as often as Santa does where the line breaks.
func again[T any](l line, do func(*syncs) (T, error)) (answer T, err error) {
	for range 2 {
		if answer, err = over(l, do); !errors.Is(err, errLost) {
			return answer, err
		}
		server, _, _ := l()
		server.clock.Advance(4 * time.Second) // for which Santa waits
	}
	return answer, err
}

// sync is one whole sync.
func (m *mac) sync(t testing.TB, l line) error {
	t.Helper()
	ctx := t.Context()
	answer, err := again(l, func(s *syncs) (santa.Answer, error) {
		return s.Preflight(ctx, m.actor, m.machine, santa.Preflight{Machine: m.machine, Mode: m.mode, Clean: m.wiped, Counts: m.counts(), Hash: m.hash()})
	})
	if err != nil {
		return err
	}
	var all []santa.Rule
	for cursor := ""; ; {
		body, err := again(l, func(s *syncs) ([]byte, error) {
			return s.Download(ctx, m.actor, m.machine, santa.Download{Machine: m.machine, Cursor: cursor}, m.encoding)
		})
		if err != nil {
			return err
		}
		rules, next := m.page(t, body)
		if all = append(all, rules...); next == "" {
			break
		}
		cursor = next
	}
	if answer.Type == santa.Clean && len(all) == 0 {
		t.Error("a clean sync without rules deletes nothing")
	}
	m.apply(all, answer.Type == santa.Clean)
	m.wiped = false
	_, err = again(l, func(s *syncs) (struct{}, error) {
		n := uint32(len(all))
		return struct{}{}, s.Postflight(ctx, m.actor, m.machine, santa.Postflight{Machine: m.machine, Received: n, Processed: n, Type: answer.Type, Hash: m.hash()})
	})
	if !m.pinned {
		m.mode = answer.Mode // whatever became of the postflight
	}
	return err
}

// quiet is a line to a server on which nothing is lost.
func (s *syncs) quiet() (server *syncs, lostBefore, lostBehind bool) { return s, false, false }

// wants are the rules and the mode of a Mac by the list's artefact, which is made in another way.
func (s *syncs) wants(t testing.TB, host string) (rules map[string]string, mode string) {
	t.Helper()
	made, err := s.room.Artefact(t.Context(), command, enforce.Query{Form: "santa", Host: host})
	if fault.Is(err, fault.Conflict) {
		return map[string]string{"1 " + santa.Nothing.Identifier: "3"}, "MONITOR" // a personal device
	}
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Mode  string `json:"client_mode"`
		Rules []struct {
			Identifier, Policy string
			Type               string `json:"rule_type"`
		}
	}
	if err := json.Unmarshal(made.Data, &got); err != nil {
		t.Fatal(err)
	}
	rules = map[string]string{"1 " + santa.Nothing.Identifier: "3"}
	for _, r := range got.Rules {
		is := map[string]string{"BINARY": "1", "TEAMID": "3", "SIGNINGID": "4"}[r.Type]
		rules[is+" "+r.Identifier] = map[string]string{"ALLOWLIST": "1", "BLOCKLIST": "3"}[r.Policy]
	}
	return rules, got.Mode
}

func (m *mac) has() map[string]string {
	has := map[string]string{}
	for k, r := range m.rules {
		has[k] = fmt.Sprint(int(r.Policy))
	}
	return has
}

// matches holds a Mac to its list.
func (s *syncs) matches(t testing.TB, m *mac) {
	t.Helper()
	rules, mode := s.wants(t, m.actor.Agent.Host)
	if diff := cmp.Diff(rules, m.has()); diff != "" {
		t.Errorf("what it is to have (-), and has (+):\n%s", diff)
	}
	if word, _ := m.mode.MarshalText(); string(word) != mode && !m.pinned {
		t.Errorf("it is in mode %s, and should be in %s", word, mode)
	}
}

// exempt exempts a Mac from the ban for a time.
func (o *office) exempt(t testing.TB, host string, d time.Duration) {
	t.Helper()
	_, err := agreed.Act(t.Context(), o.people, command, func(tx *people.Tx) (policy.Exemption, error) {
		return register.AddExemption(tx, policy.Exemption{Product: "parrot", Lifts: []string{"ban-parrot"}, Scope: "dept-a", Subject: policy.ExemptionSubject{Host: host}, Purpose: "a purpose",
			Period: policy.Period{From: o.clock.Now(), Until: o.clock.Now().Add(d)}})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.follow(t)
}

// rule decides something about a product.
func (o *office) rule(t testing.TB, r policy.Rule) {
	t.Helper()
	r.Scope, r.Period, r.Reason = "gov", policy.Period{From: o.clock.Now()}, "a reason"
	if r.Effect == policy.Ban {
		r.Clearance = policy.ClearanceNone
	}
	if _, err := (agreed.Register{Room: &register.Room{People: o.people}}).AddRule(t.Context(), command, r); err != nil {
		t.Fatal(err)
	}
	o.follow(t)
}

func TestSantaSync(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		s, made := o.santa(), o.token(t, "dept-a")
		m := newMac(keyed(made, "mac-1"))
		must := func() {
			t.Helper()
			if err := m.sync(t, s.quiet); err != nil {
				t.Fatal(err)
			}
			s.matches(t, m)
		}
		agent := func() enforce.Agent {
			o.clock.Advance(time.Second)
			return o.open(t, m.actor)
		}
		must()
		if a := agent(); !a.Confirmed.At.IsZero() || a.Confirmed.Digest == "" {
			t.Errorf("it is confirmed before it has said that it is in its mode: %+v", a.Confirmed)
		}
		must()
		a := agent()
		if a.Confirmed.At.IsZero() || !a.Settled() || len(o.rows(t, `SELECT host FROM enforce_taken`, 1)) != 1 {
			t.Errorf("it is not confirmed: %+v", a)
		}
		s.counts = map[string]int{}
		must()
		if s.counts["unchanged"] != 1 || len(s.counts) != 1 {
			t.Errorf("nothing has changed: %v", s.counts)
		}

		// An exemption: one rule goes to the Mac, and at its end comes back.
		o.exempt(t, "mac-1", time.Hour)
		before := m.has()
		must()
		if diff := cmp.Diff(before, m.has()); diff == "" {
			t.Error("the exemption changed nothing")
		}
		other := newMac(keyed(made, "mac-2"))
		other.encoding = santa.Protobuf
		for range 2 {
			if err := other.sync(t, s.quiet); err != nil {
				t.Fatal(err)
			}
		}
		s.matches(t, other)
		o.clock.Advance(time.Hour)
		o.follow(t)
		s.counts = map[string]int{}
		must()
		if diff := cmp.Diff(before, m.has()); diff != "" || s.counts["changed"] != 1 {
			t.Errorf("the exemption has ended (-before +after):\n%s%v", diff, s.counts)
		}

		// A ban, of which another server has not remembered what the Mac has.
		second := another().santa()
		second.follow(t)
		o.rule(t, policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}})
		second.follow(t)
		second.ForgetLists()
		if err := m.sync(t, second.quiet); err != nil || second.counts["changed"] != 1 {
			t.Fatal(err, second.counts)
		}
		s.matches(t, m)
	})
}

// TestSantaServers: the first sync of a Mac goes to two servers in turn, of which one has not followed the other yet.
func TestSantaServers(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		first, second, made := o.santa(), another().santa(), o.token(t, "dept-a")
		m, turn := newMac(keyed(made, "mac-9")), 0
		err := m.sync(t, func() (*syncs, bool, bool) {
			turn++
			return []*syncs{second, first}[turn%2], false, false
		})
		if err != nil || turn < 3 {
			t.Fatalf("%v at its request %d", err, turn)
		}
		first.matches(t, m)
		if err := newMac(keyed(made, "mac-10")).sync(t, func() (*syncs, bool, bool) { return second, true, false }); !errors.Is(err, errLost) {
			t.Fatal(err)
		}
		if _, err := second.Download(t.Context(), keyed(made, "mac-10"), "M", santa.Download{}, santa.JSON); !fault.Is(err, fault.NotFound) {
			t.Errorf("one that no server knows: %v", err)
		}
	})
}

// TestSantaDrift holds that a Mac whose rules have changed by themselves gets all of them anew, and that one whose mode
// is not what it should be does not count as confirmed.
func TestSantaDrift(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		s, made := o.santa(), o.token(t, "dept-a")
		m := newMac(keyed(made, "mac-1"))
		sync := func(what string) {
			t.Helper()
			s.counts = map[string]int{}
			if err := m.sync(t, s.quiet); err != nil {
				t.Fatal(err)
			}
			s.matches(t, m)
			if what != "" && s.counts[what] != 1 {
				t.Errorf("the sync was %v, not %s", s.counts, what)
			}
		}
		confirmed := func() bool {
			o.clock.Advance(time.Second)
			return !o.open(t, m.actor).Confirmed.At.IsZero()
		}
		sync("clean")
		sync("")
		sync("unchanged")
		for name, drift := range map[string]func(){
			"one is gone": func() { delete(m.rules, "1 "+santa.Nothing.Identifier) },
			"one too many": func() {
				m.rules["x"] = santa.Rule{Type: santa.TeamID, Identifier: "ABCDE12345", Policy: santa.Allowlist}
			},
			"one is other": func() {
				k := slices.Sorted(maps.Keys(m.rules))[1]
				r := m.rules[k]
				r.Policy = 4 - r.Policy
				m.rules[k] = r
			},
			"it asks":       func() { m.wiped = true },
			"all are gone":  func() { clear(m.rules); m.wiped = true },
			"it was silent": func() { m.hashes = false; clear(m.rules) },
		} {
			drift()
			t.Log(name)
			sync("clean")
			m.hashes = true
			sync("")
			sync("unchanged")
			if !confirmed() {
				t.Errorf("%s: not confirmed in the end", name)
			}
		}
		m.mode, m.pinned = santa.Monitor, true
		sync("changed")
		for range 2 {
			if confirmed() {
				t.Error("it counts as confirmed in another mode")
			}
			sync("unchanged")
		}
		m.mode, m.pinned = santa.Lockdown, false
		sync("changed")
		if !confirmed() {
			t.Error("it is in its mode again, and does not count as confirmed")
		}
		// One that says that it took less than it was given has not confirmed.
		o.rule(t, policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}})
		ctx := t.Context()
		if _, err := s.Preflight(ctx, m.actor, m.machine, santa.Preflight{Mode: m.mode, Counts: m.counts(), Hash: m.hash()}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Download(ctx, m.actor, m.machine, santa.Download{}, santa.JSON); err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]santa.Postflight{
			"fewer processed": {Received: 1, Processed: 0, Type: santa.Normal, Hash: "new"}, "fewer received": {Type: santa.Normal, Hash: "new"},
			"of a clean sync": {Received: 1, Processed: 1, Type: santa.Clean, Hash: "new"}, "of an unknown one": {Received: 1, Processed: 1, Type: 6, Hash: "new"},
			"with the same rules": {Received: 1, Processed: 1, Type: santa.Normal, Hash: m.hash()},
		} {
			if err := s.Postflight(ctx, m.actor, m.machine, p); err != nil {
				t.Fatal(err)
			}
			o.clock.Advance(time.Second)
			if a := o.open(t, m.actor); a.Settled() {
				t.Errorf("%s: it counts as known what it has", name)
			}
		}
		sync("clean")
	})
}

// TestSantaPersonal holds that nothing is enforced on a personal Mac, nor stored of it, and that a Mac which was replaced
// gets in with a key of the next epoch.
func TestSantaPersonal(t *testing.T) {
	for _, whose := range []policy.Ownership{policy.Personal, policy.ManagedPersonal} {
		t.Run(whose.String(), func(t *testing.T) { santaPersonal(t, whose) })
	}
}

func santaPersonal(t *testing.T, whose policy.Ownership) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		s, made := o.santa(), o.token(t, "dept-a")
		got, err := o.intake.Report(t.Context(), command, []devices.Report{{Host: "mac-1", Platform: policy.MacOS, Organisation: "dept-a", Ownership: whose, NoInventory: true}})
		if err != nil || got.Errors[0] != nil {
			t.Fatal(err, got.Errors)
		}
		o.follow(t)
		m := newMac(keyed(made, "mac-1"))
		m.mode, m.rules["x"] = santa.Lockdown, santa.Rule{Type: santa.TeamID, Identifier: "ABCDE12345", Policy: santa.Blocklist}
		for range 2 {
			if err := m.sync(t, s.quiet); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]santa.Rule{santa.Nothing}, m.sorted()); diff != "" || m.mode != santa.Monitor {
			t.Errorf("it has (+), in mode %d:\n%s", m.mode, diff)
		}
		if rows := o.rows(t, `SELECT organisation FROM enforce_published`, 1); len(rows) != 0 {
			t.Errorf("what it has was published as a list of %v", rows)
		}
		if err := s.Upload(t.Context(), m.actor, m.machine, []byte(`{"events":[{"file_bundle_id":"com.secret","execution_time":1}]}`), santa.JSON); err != nil {
			t.Fatal(err)
		}
		if one, err := o.things.One(t.Context(), command, "mac-1"); err != nil || len(one.Installed) != 0 {
			t.Errorf("stored: %+v, %v", one.Installed, err)
		}

		next := newMac(keyed(made, "mac-1"))
		next.machine = "M-new"
		if err := next.sync(t, s.quiet); !fault.Is(err, fault.Refused) {
			t.Errorf("another machine: %v", err)
		}
		epoch, err := o.EndAgent(t.Context(), command, "mac-1")
		if err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(time.Second)
		next.actor.Agent.Key = people.DeviceKey(made.Secret, "mac-1", epoch)
		if err := next.sync(t, s.quiet); err != nil || len(next.rules) != 1 {
			t.Errorf("the machine in its place: %v, %v", next.rules, err)
		}
		if err := m.sync(t, s.quiet); !fault.Is(err, fault.SignedOut) {
			t.Errorf("the machine that was replaced: %v", err)
		}
	})
}

// TestSantaRefuses attacks.
func TestSantaRefuses(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		s, made := o.santa(), o.token(t, "dept-a")
		ctx := t.Context()
		one, two := newMac(keyed(made, "mac-1")), newMac(keyed(made, "mac-2"))
		begin := func(m *mac) (cursor string) {
			t.Helper()
			if _, err := s.Preflight(ctx, m.actor, m.machine, santa.Preflight{Mode: m.mode}); err != nil {
				t.Fatal(err)
			}
			body, err := s.Download(ctx, m.actor, m.machine, santa.Download{}, santa.JSON)
			if err != nil {
				t.Fatal(err)
			}
			_, cursor = m.page(t, body)
			return cursor
		}
		if _, err := s.Download(ctx, one.actor, one.machine, santa.Download{}, santa.JSON); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody knows it: %v", err)
		}
		own, foreign := begin(one), begin(two)
		if own == "" || own == foreign {
			t.Fatal("the test needs pages")
		}
		next := func(cursor string) error {
			_, err := s.Download(ctx, one.actor, one.machine, santa.Download{Cursor: cursor}, santa.JSON)
			return err
		}
		if err := next(own); err != nil {
			t.Error(err)
		}
		for name, cursor := range map[string]string{"another device's": foreign, "cut": own[1:], "turned": "AAAC" + own[4:], "none": "x"} {
			if err := next(cursor); !fault.Is(err, fault.Invalid) {
				t.Errorf("a cursor that is %s: %v", name, err)
			}
		}
		if err := next(own + "A"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a cursor that is longer: %v", err)
		}
		// The list moves on: a page of the one before is refused from the next preflight on.
		o.rule(t, policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}})
		if err := next(own); err != nil {
			t.Errorf("a sync that has begun ends with the list that it began with: %v", err)
		}
		later := begin(one)
		if err := next(own); !fault.Is(err, fault.Invalid) {
			t.Errorf("an older list's cursor: %v", err)
		}
		if err := next(later); err != nil {
			t.Error(err)
		}
		before := o.rows(t, `SELECT host, credential, offered_digest, fetched_digest, confirmed_digest FROM enforce_agents ORDER BY host`, 5)
		stolen := people.Actor{Agent: people.Agent{Token: made.ID, Host: "mac-1", Key: two.actor.Agent.Key}}
		for name, c := range map[string]struct {
			actor   people.Actor
			machine string
			want    fault.Kind
		}{"another's key": {stolen, one.machine, fault.SignedOut}, "another machine": {one.actor, two.machine, fault.Refused}, "a program": {people.Actor{Token: made.Secret}, one.machine, fault.Refused}, "nobody": {people.Actor{}, "", fault.SignedOut}} {
			_, err := s.Preflight(ctx, c.actor, c.machine, santa.Preflight{})
			if c.machine != "" && !fault.Is(err, c.want) {
				t.Errorf("%s, preflight: %v", name, err)
			}
			if err := s.Upload(ctx, c.actor, c.machine, []byte(`{"events":[{"file_bundle_id":"x","file_sha256":""}]}`), santa.JSON); !fault.Is(err, c.want) {
				t.Errorf("%s, upload: %v", name, err)
			}
			if _, err := s.Download(ctx, c.actor, c.machine, santa.Download{}, santa.JSON); !fault.Is(err, c.want) {
				t.Errorf("%s, download: %v", name, err)
			}
			if err := s.Postflight(ctx, c.actor, c.machine, santa.Postflight{}); !fault.Is(err, c.want) {
				t.Errorf("%s, postflight: %v", name, err)
			}
		}
		for _, err := range []error{
			func() error {
				_, err := s.Preflight(ctx, one.actor, one.machine, santa.Preflight{Machine: two.machine})
				return err
			}(),
			s.Postflight(ctx, one.actor, one.machine, santa.Postflight{Machine: two.machine}),
			func() error {
				_, err := s.Download(ctx, one.actor, one.machine, santa.Download{Machine: two.machine}, santa.JSON)
				return err
			}(),
		} {
			if !fault.Is(err, fault.Refused) {
				t.Errorf("the body names another machine than the address: %v", err)
			}
		}
		if diff := cmp.Diff(before, o.rows(t, `SELECT host, credential, offered_digest, fetched_digest, confirmed_digest FROM enforce_agents ORDER BY host`, 5)); diff != "" {
			t.Errorf("what was refused has changed something:\n%s", diff)
		}
	})
}

// TestSantaEvents takes in what ran, as the device that sent it, whatever its clock says.
func TestSantaEvents(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		s, made := o.santa(), o.token(t, "dept-a")
		m := newMac(keyed(made, "mac-1"))
		if err := m.sync(t, s.quiet); err != nil {
			t.Fatal(err)
		}
		event := func(id string, at time.Time) string {
			return fmt.Sprintf(`{"file_bundle_id":%q,"file_bundle_version_string":"2","execution_time":%d}`, id, at.Unix())
		}
		for _, at := range []time.Time{noon.Add(1000 * time.Hour), noon, noon.Add(-time.Hour)} { // ahead, right, and backwards
			body := fmt.Sprintf(`{"machine_id":%q,"events":[%s]}`, m.machine, event("com.app.of."+fmt.Sprint(at.Unix()), at))
			if err := s.Upload(t.Context(), m.actor, m.machine, []byte(body), santa.JSON); err != nil {
				t.Errorf("%s: %v", at, err)
			}
		}
		one, err := o.things.One(t.Context(), command, "mac-1")
		if err != nil || len(one.Installed) < 2 {
			t.Errorf("%d programs: %v", len(one.Installed), err)
		}
		for name, body := range map[string]string{
			"another machine's":         `{"machine_id":"M-mac-2","events":[` + event("x", noon) + `]}`,
			"another machine's by part": `{"events":[{"machine_id":"M-mac-2","file_bundle_id":"x"}]}`,
			"no JSON":                   `{"events":[`,
			"a list":                    `[]`,
		} {
			if err := s.Upload(t.Context(), m.actor, m.machine, []byte(body), santa.JSON); !errors.Is(err, santa.ErrMessage) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, body := range map[string]string{"none": `{}`, "an empty list": `{"events":[]}`, "other kinds": `{"file_access_events":[{}]}`} {
			if err := s.Upload(t.Context(), m.actor, m.machine, []byte(body), santa.JSON); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
