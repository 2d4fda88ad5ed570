package enforce_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/enforce"
	"portcullis/internal/agreed"
	"portcullis/internal/fault"
	"portcullis/internal/roomtest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

const offices = `
organisations:
  - {id: gov}
  - {id: dept-a, parent: gov}
  - {id: dept-b, parent: gov, list: own}
products:
  - {id: parrot, kind: app, name: Parrot, identifiers: {macos: ["ABCDE12345:com.parrot"], ios: [com.parrot], android: [com.parrot]}}
  - {id: notes, kind: app, name: Notes, domains: [notes.example], identifiers: {macos: ["ABCDE12345:com.notes"], chrome: [cjpalhdlnbpafiamejdnhcphjbkeiagm]}}
  - {id: suite, kind: app, name: Suite, identifiers: {windows: ["suite.exe"]}, contains: [{product: notes}]}
rules:
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, reason: "for work"}
hosts:
  - {id: phone, kind: device, organisation: dept-a, platform: android}
  - {id: tablet, kind: device, organisation: dept-b, platform: ios}
  - {id: desk, kind: device, organisation: dept-a, platform: windows}
  - {id: chrome, kind: device, organisation: dept-b, platform: chromeos}
  - {id: own, kind: device, organisation: dept-a, platform: macos, ownership: personal}
  - {id: own-tablet, kind: device, organisation: dept-a, platform: ios, ownership: managed-personal}
  - {id: mac-0, kind: device, organisation: dept-a, platform: macos, holder: anna}
`

// ruleUptake is how far a rule has come, as somebody sees it.
func (s *syncs) ruleUptake(t testing.TB, actor people.Actor, id string) *enforce.Uptake {
	t.Helper()
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	u, err := s.room.RuleUptake(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	// What is counted must add up, whatever it is.
	var platforms, bodies enforce.Tally
	for _, p := range u.Platforms {
		platforms = sum(platforms, p.Tally)
	}
	for _, b := range u.Bodies {
		bodies = sum(bodies, b.Tally)
	}
	if total := u.Total; platforms != total || bodies != total || total.Devices != total.Confirmed+total.Fetched+total.Silent+total.Untold || total.Never > total.Silent {
		t.Errorf("it does not add up: %+v, by platform %+v, by body %+v", total, platforms, bodies)
	}
	if len(u.Curve) > 50 || len(u.Curve) > 0 && (u.Curve[len(u.Curve)-1].Confirmed != u.Total.Confirmed || !u.Curve[0].At.Equal(u.From)) {
		t.Errorf("the curve of %d points ends at %+v, with %d confirmed", len(u.Curve), u.Curve[len(u.Curve)-1], u.Total.Confirmed)
	}
	return u
}

func sum(a, b enforce.Tally) enforce.Tally {
	return enforce.Tally{Devices: a.Devices + b.Devices, Confirmed: a.Confirmed + b.Confirmed, Fetched: a.Fetched + b.Fetched, Silent: a.Silent + b.Silent, Never: a.Never + b.Never, Untold: a.Untold + b.Untold}
}

// syncsOn has Macs sync twice, so that they confirm a change of mode as well.
func (s *syncs) both(t testing.TB, macs ...*mac) {
	t.Helper()
	for range 2 {
		for _, m := range macs {
			if err := m.sync(t, s.quiet); err != nil {
				t.Fatal(err)
			}
		}
		s.clock.Advance(2 * time.Second)
	}
}

// decided makes a ban that has an id, and returns that.
func (o *office) ban(t testing.TB, r policy.Rule) string {
	t.Helper()
	r.Effect, r.Clearance, r.Reason = policy.Ban, policy.ClearanceNone, "a reason"
	if r.From.IsZero() {
		r.From = o.clock.Now()
	}
	made, err := (agreed.Register{Room: &register.Room{People: o.people}}).AddRule(t.Context(), command, r)
	if err != nil {
		t.Fatal(err)
	}
	o.follow(t)
	return made.ID
}

// TestUptake follows a ban from when it is decided until all that can tell have confirmed it, and then its end.
func TestUptake(t *testing.T) {
	eachOf(t, offices, func(t *testing.T, o *office, another func() *office) {
		s, a, b := o.santa(), o.token(t, "dept-a"), o.token(t, "dept-b")
		one, two := newMac(keyed(a, "mac-1")), newMac(keyed(b, "mac-2"))
		s.both(t, one, two)
		o.clock.Advance(time.Hour)
		decided := o.clock.Now()
		id := o.ban(t, policy.Rule{Target: policy.Target{Product: "parrot"}, Scope: "gov"})

		u := s.ruleUptake(t, command, id)
		want := enforce.Tally{Devices: 5, Silent: 4, Never: 2, Untold: 1}
		if u.Total != want || !u.Decided.Equal(decided) || !u.From.Equal(decided) || !u.Published.IsZero() || u.Browsers || u.Network || u.Ends {
			t.Errorf("nobody has heard of it: %+v", u)
		}
		o.clock.Advance(5 * time.Minute)
		s.both(t, one)
		u = s.ruleUptake(t, command, id)
		if want = (enforce.Tally{Devices: 5, Confirmed: 1, Silent: 3, Never: 2, Untold: 1}); u.Total != want || u.Published.Sub(decided) != 5*time.Minute {
			t.Errorf("one Mac has confirmed: %+v, published %v", u.Total, u.Published)
		}
		if first := u.Curve[0]; first.Confirmed != 0 || len(u.Curve) != 50 {
			t.Errorf("the curve begins with %+v, of %d", first, len(u.Curve))
		}
		two.pinned = true // its mode is set by a profile
		two.mode = 1
		s.both(t, two)
		u = s.ruleUptake(t, command, id)
		if want = (enforce.Tally{Devices: 5, Confirmed: 1, Fetched: 1, Silent: 2, Never: 2, Untold: 1}); u.Total != want {
			t.Errorf("the other has the rules and is in another mode: %+v", u.Total)
		}
		bodies := []enforce.BodyUptake{{Organisation: "dept-a", Tally: enforce.Tally{Devices: 3, Confirmed: 1, Silent: 1, Never: 1, Untold: 1}}, {Organisation: "dept-b", Tally: enforce.Tally{Devices: 2, Fetched: 1, Silent: 1, Never: 1}}}
		platforms := []enforce.PlatformUptake{{Platform: policy.Android, Tally: enforce.Tally{Devices: 1, Untold: 1}}, {Platform: policy.IOS, Tally: enforce.Tally{Devices: 1, Silent: 1, Never: 1}}, {Platform: policy.MacOS, Tally: enforce.Tally{Devices: 3, Confirmed: 1, Fetched: 1, Silent: 1, Never: 1}}}
		if diff := cmp.Diff(bodies, u.Bodies) + cmp.Diff(platforms, u.Platforms); diff != "" {
			t.Error(diff)
		}
		if first := u.Curve[0].Confirmed; first != 0 {
			t.Errorf("%d had it at once", first)
		}
		two.pinned = false
		s.both(t, two)
		if u = s.ruleUptake(t, command, id); u.Total.Confirmed != 2 || u.Total.Fetched != 0 {
			t.Errorf("both have confirmed: %+v", u.Total)
		}
		// A Mac that has a manager's declaration as well has what both have.
		declares := func(generation int64) enforce.Tally {
			t.Helper()
			do := func(a *enforce.Agent, now store.Time) error {
				a.Enrolled = now
				return confirms("declared", generation)(a, now)
			}
			if _, err := o.Put(t.Context(), one.actor, "apple-declaration", enforce.Step{Do: do}); err != nil {
				t.Fatal(err)
			}
			return s.ruleUptake(t, command, id).Total
		}
		if total := declares(1); total.Confirmed != 1 || total.Silent != 3 || total.Never != 2 {
			t.Errorf("its declaration is older: %+v", total)
		}
		if total := declares(1 << 40); total.Confirmed != 2 {
			t.Errorf("it has both: %+v", total)
		}
		// What changes no list is confirmed as well, by whoever still has theirs.
		o.clock.Advance(time.Minute)
		still := o.ban(t, policy.Rule{Target: policy.Target{Product: "parrot"}, Scope: "gov", Platforms: []policy.Platform{policy.MacOS}, Versions: policy.Window{Until: "2"}})
		s.both(t, one)
		if u = s.ruleUptake(t, command, still); u.Total != (enforce.Tally{Devices: 3, Confirmed: 1, Silent: 2, Never: 1}) || u.Published.Before(u.Decided) || u.Published.After(u.At) {
			t.Errorf("a ban that is banned already: %+v, published %v", u.Total, u.Published)
		}
		// Another server says the same.
		other := another().santa()
		if same := other.ruleUptake(t, command, still); same.Total != u.Total {
			t.Errorf("another server counts %+v", same.Total)
		}
	})
}

// TestUptakeByTime: what begins or ends by time has come to whoever was given a list since that time, and to nobody else.
func TestUptakeByTime(t *testing.T) {
	eachOf(t, offices, func(t *testing.T, o *office, _ func() *office) {
		s := o.santa()
		made := o.token(t, "dept-a")
		m := newMac(keyed(made, "mac-1"))
		from := o.clock.Now().Add(24 * time.Hour)
		id := o.ban(t, policy.Rule{Target: policy.Target{Product: "parrot"}, Scope: "dept-a", Platforms: []policy.Platform{policy.MacOS}, Period: policy.Period{From: from, Until: from.Add(48 * time.Hour)}})
		count := func(confirmed, silent int, what string) *enforce.Uptake {
			t.Helper()
			u := s.ruleUptake(t, command, id)
			if u.Total.Confirmed != confirmed || u.Total.Silent != silent || u.Total.Devices != 2 {
				t.Errorf("%s: %+v", what, u.Total)
			}
			return u
		}
		s.both(t, m)
		if u := count(0, 2, "before it begins"); len(u.Curve) > 0 || !u.From.Equal(from) {
			t.Errorf("it has begun: %+v", u)
		}
		o.clock.Advance(from.Add(time.Minute).Sub(o.clock.Now()))
		o.follow(t)
		count(0, 2, "since it has begun nobody has synced")
		s.both(t, m)
		if u := count(1, 1, "it has begun"); u.Ends || u.Curve[len(u.Curve)-1].Confirmed != 1 {
			t.Errorf("the curve %+v", u.Curve)
		}
		o.clock.Advance(from.Add(49 * time.Hour).Sub(o.clock.Now()))
		o.follow(t)
		if u := count(0, 2, "its end has come"); !u.Ends || !u.From.Equal(from.Add(48*time.Hour)) {
			t.Errorf("the end: %+v", u)
		}
		s.both(t, m)
		count(1, 1, "its end is confirmed")
	})
}

// TestUptakeOfExemptions: an exemption is counted on the devices that it names, and its end is unconfirmed until they
// have synced.
func TestUptakeOfExemptions(t *testing.T) {
	eachOf(t, offices, func(t *testing.T, o *office, _ func() *office) {
		s := o.santa()
		m := newMac(keyed(o.token(t, "dept-a"), "mac-1"))
		ban := o.ban(t, policy.Rule{Target: policy.Target{Product: "parrot"}, Scope: "gov"})
		s.both(t, m)
		exempt := func(subject policy.ExemptionSubject) string {
			t.Helper()
			e, err := agreed.Act(t.Context(), o.people, command, func(tx *people.Tx) (policy.Exemption, error) {
				return register.AddExemption(tx, policy.Exemption{Product: "parrot", Lifts: []string{ban}, Scope: "dept-a", Subject: subject, Purpose: "a purpose", Period: policy.Period{From: o.clock.Now(), Until: o.clock.Now().Add(time.Hour)}})
			})
			if err != nil {
				t.Fatal(err)
			}
			o.follow(t)
			return e.ID
		}
		host, holder, everyone := exempt(policy.ExemptionSubject{Host: "mac-1"}), exempt(policy.ExemptionSubject{Person: "anna"}), exempt(policy.ExemptionSubject{Everyone: true})
		count := func(id string, want enforce.Tally) *enforce.Uptake {
			t.Helper()
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			u, err := s.room.ExemptionUptake(t.Context(), command, id)
			if err != nil {
				t.Fatal(err)
			}
			if u.Total != want {
				t.Errorf("%+v, not %+v", u.Total, want)
			}
			return u
		}
		count(host, enforce.Tally{Devices: 1, Silent: 1})
		count(holder, enforce.Tally{Devices: 1, Silent: 1, Never: 1})
		count(everyone, enforce.Tally{Devices: 3, Silent: 2, Never: 1, Untold: 1})
		s.both(t, m)
		count(host, enforce.Tally{Devices: 1, Confirmed: 1})
		count(everyone, enforce.Tally{Devices: 3, Confirmed: 1, Silent: 1, Never: 1, Untold: 1})
		o.clock.Advance(2 * time.Hour)
		o.follow(t)
		if u := count(host, enforce.Tally{Devices: 1, Silent: 1}); !u.Ends {
			t.Error("it has not ended")
		}
		s.both(t, m)
		count(host, enforce.Tally{Devices: 1, Confirmed: 1})
	})
}

// TestUptakeReach: a decision is for the devices on which it can be told, and for those alone that somebody may see.
func TestUptakeReach(t *testing.T) {
	eachOf(t, offices, func(t *testing.T, o *office, _ func() *office) {
		s := o.santa()
		if u := s.ruleUptake(t, command, "allow-notes"); u.Total != (enforce.Tally{Devices: 2, Silent: 1, Never: 1, Untold: 1}) || !u.Browsers || !u.Network {
			t.Errorf("an app that is an add-on as well, for bodies without lists of their own: %+v", u)
		}
		contained := o.ban(t, policy.Rule{Target: policy.Target{Product: "notes"}, Components: true, Scope: "gov", Platforms: []policy.Platform{policy.Windows}})
		if u := s.ruleUptake(t, command, contained); u.Total != (enforce.Tally{Devices: 1, Untold: 1}) || u.Browsers || u.Network {
			t.Errorf("in what contains it: %+v", u)
		}
		maker := o.ban(t, policy.Rule{Target: policy.Target{Any: true}, Scope: "gov"})
		if u := s.ruleUptake(t, command, maker); u.Total.Devices != 5 || !u.Browsers || !u.Network {
			t.Errorf("all apps: %+v", u)
		}
		auditor := func(organisation string) people.Actor {
			t.Helper()
			made, err := o.people.MakeToken(t.Context(), command, "auditor of "+organisation, people.Grant{Role: people.Auditor, Organisation: organisation}, people.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return people.Actor{Token: made.Secret}
		}
		if u := s.ruleUptake(t, auditor("dept-b"), maker); u.Total.Devices != 2 || len(u.Bodies) != 1 || u.Bodies[0].Organisation != "dept-b" {
			t.Errorf("what dept-b sees: %+v", u)
		}
		if _, err := s.room.RuleUptake(t.Context(), people.Actor{}, maker); !fault.Is(err, fault.SignedOut) {
			t.Errorf("nobody: %v", err)
		}
		for _, id := range []string{"none", ""} {
			if _, err := s.room.RuleUptake(t.Context(), command, id); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
	})
}

// TestManyClocks: of many agents, what was read a moment ago is answered from, and read again beside.
func TestManyClocks(t *testing.T) {
	eachOf(t, offices, func(t *testing.T, o *office, _ func() *office) {
		defer enforce.FewAgents(0)()
		s := o.santa()
		m := newMac(keyed(o.token(t, "dept-a"), "mac-1"))
		s.both(t, m)
		id := o.ban(t, policy.Rule{Target: policy.Target{Product: "parrot"}, Scope: "gov"})
		if u := s.ruleUptake(t, command, id); u.Total.Confirmed != 0 {
			t.Fatalf("%+v", u)
		}
		s.both(t, m)
		if u := s.ruleUptake(t, command, id); u.Total.Confirmed != 0 {
			t.Errorf("it was read again within a moment: %+v", u)
		}
		o.clock.Advance(time.Minute)
		for deadline := time.Now().Add(10 * time.Second); ; {
			if u := s.ruleUptake(t, command, id); u.Total.Confirmed == 1 {
				break
			} else if time.Now().After(deadline) {
				t.Fatalf("it is never read again: %+v", u)
			}
		}
	})
}

// TestWarm: what many agents have is read as the server starts, before anybody asks, and once the server stops no more.
func TestWarm(t *testing.T) {
	eachOf(t, offices, func(t *testing.T, o *office, _ func() *office) {
		defer enforce.FewAgents(0)()
		s := o.santa()
		m := newMac(keyed(o.token(t, "dept-a"), "mac-1"))
		id := o.ban(t, policy.Rule{Target: policy.Target{Product: "parrot"}, Scope: "gov"})
		s.both(t, m)
		room := &enforce.Room{People: o.people, Fleet: o.things.Fleet}
		stop := roomtest.Run(t, room.Run)
		for deadline := time.Now().Add(10 * time.Second); !room.Warm(); {
			if time.Now().After(deadline) {
				t.Fatal("nothing was read")
			}
			runtime.Gosched()
		}
		stop()
		at, read := o.clock.Now(), room.Moments()
		o.clock.Advance(time.Second)
		u, err := room.RuleUptake(t.Context(), command, id)
		if room.Moments() != read {
			t.Error("when devices first had the latest ban was not read before somebody asked")
		}
		if err != nil || !u.At.Equal(at) || u.Total.Confirmed != 1 {
			t.Errorf("it is of %s, and not of %s: %+v, %v", u.At, at, u.Total, err)
		}
	})
}
