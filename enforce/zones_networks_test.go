package enforce_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/alerts"
	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// somebody is a person of the harbour with a role there, who signs in whenever they do something.
func (o *office) somebody(t testing.TB, name string, role people.Role) (signedIn func() people.Actor) {
	t.Helper()
	p, err := o.people.AddPerson(t.Context(), command, "harbour", people.Particulars{Name: name, UserName: name + rand.Text()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.people.GiveRole(t.Context(), command, p.ID, people.Grant{Role: role, Organisation: "harbour"}, people.Period{}); err != nil {
		t.Fatal(err)
	}
	return func() people.Actor { return o.signedIn(t, p.ID) }
}

func (o *office) signedIn(t testing.TB, person string) people.Actor {
	t.Helper()
	session, err := o.people.OpenSession(t.Context(), person, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Session: session}
}

// pass has two people agree that a zone of the harbour pass networks for a while, and returns all that pass then.
func (n *names) pass(t testing.TB, zone string, during time.Duration, texts ...string) []netip.Prefix {
	t.Helper()
	one, other := n.somebody(t, "one", people.DeviceAdministrator)(), n.somebody(t, "other", people.Approver)()
	for _, network := range networks(texts...) {
		asked, err := n.room.AskNetwork(t.Context(), one, zone, 0, enforce.NewNetwork{Network: network, Until: store.TimeOf(n.clock.Now().Add(during)), Reason: "a reason"})
		if err == nil {
			_, err = n.room.AnswerNetwork(t.Context(), other, zone, asked.ID, 0, true, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	z, err := n.room.Zone(t.Context(), command, zone)
	if err != nil {
		t.Fatal(err)
	}
	return z.Passed
}

// asked is a network that somebody has proposed for a zone, for a day.
func (n *names) asked(t testing.TB, by people.Actor, zone, network string) enforce.ZoneNetwork {
	t.Helper()
	asked, err := n.room.AskNetwork(t.Context(), by, zone, 0, enforce.NewNetwork{Network: netip.MustParsePrefix(network), Until: n.inDays(1), Reason: "a reason"})
	if err != nil {
		t.Fatal(err)
	}
	return asked
}

func (o *office) inDays(days int) store.Time { return store.TimeOf(o.clock.Now().AddDate(0, 0, days)) }

// TestNetworks: a network passes when a second person has agreed, until its end; each step is in the ledger.
func TestNetworks(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, another func() *office) {
		n, ctx := o.resolving(t), t.Context()
		z, secrets := n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		n.look(t)
		administrator, approver, officer := n.somebody(t, "ada", people.DeviceAdministrator), n.somebody(t, "abe", people.Approver), n.somebody(t, "olive", people.SecurityOfficer)
		passes := func(network string, want bool) {
			t.Helper()
			n.look(t)
			other := another().resolving(t)
			serial, text := n.served(t, secrets)
			if again, same := other.served(t, secrets); again != serial || same != text {
				t.Errorf("another server hands out %d, not %d", again, serial)
			}
			if got := strings.Contains(text, network+".rpz-client-ip"); got != want {
				t.Errorf("%s passes: %v\n%s", network, got, text)
			}
		}
		asked := n.asked(t, administrator(), z.ID, "192.0.2.77/24")
		if asked.Network.String() != "192.0.2.0/24" || !asked.Waits() || asked.Passes() {
			t.Errorf("proposed: %+v", asked)
		}
		passes("24.0.2.0.192", false)
		if got, err := n.room.AnswerNetwork(ctx, approver(), z.ID, asked.ID, 0, true, ""); err != nil || !got.Passes() {
			t.Fatalf("agreed: %+v, %v", got, err)
		}
		passes("24.0.2.0.192", true)
		refused, back := n.asked(t, administrator(), z.ID, "198.51.100.0/24"), n.asked(t, administrator(), z.ID, "203.0.113.0/24")
		if _, err := n.room.AnswerNetwork(ctx, officer(), z.ID, refused.ID, 0, false, ""); len(fault.Fields(err)) != 1 || fault.Fields(err)[0].Field != "why" {
			t.Errorf("refused without a reason: %v", err)
		}
		if got, err := n.room.AnswerNetwork(ctx, officer(), z.ID, refused.ID, 0, false, "too many"); err != nil || got.Answer != enforce.Refused {
			t.Errorf("refused: %+v, %v", got, err)
		}
		if got, err := n.room.AnswerNetwork(ctx, administrator(), z.ID, back.ID, 0, false, ""); err != nil || got.Answer != enforce.TakenBack {
			t.Errorf("taken back: %+v, %v", got, err)
		}
		for _, over := range []string{asked.ID, refused.ID, back.ID} {
			if _, err := n.room.AnswerNetwork(ctx, officer(), z.ID, over, 0, true, ""); !fault.Is(err, fault.Conflict) {
				t.Errorf("answered twice: %v", err)
			}
		}
		seen, err := n.room.SeeZone(ctx, approver(), z.ID)
		if err != nil || seen.MayKeep || !seen.MayAgree || len(seen.Networks) != 3 || !seen.Latest.Time().Equal(noon.AddDate(0, 0, 366)) {
			t.Errorf("seen: %+v of %+v, %v", seen, seen.Zone, err)
		}
		o.clock.Advance(24*time.Hour - time.Second)
		passes("24.0.2.0.192", true)
		o.clock.Advance(time.Second)
		passes("24.0.2.0.192", false)
		if seen, err = n.room.SeeZone(ctx, officer(), z.ID); err != nil || !seen.MayKeep || len(seen.Passed) != 0 || slices.ContainsFunc(seen.Networks, func(n enforce.ZoneNetwork) bool { return n.Over.IsZero() == (n.ID == asked.ID) || n.OverBy != "" }) {
			t.Errorf("after its end: %+v of %+v, %v", seen, seen.Zone, err)
		}
		want := []string{`enforce.zone-network-asked`, `enforce.zone-network-agreed`, `enforce.zone-network-asked`, `enforce.zone-network-asked`, `enforce.zone-network-refused`, `enforce.zone-network-refused`}
		var got []string
		for _, e := range o.entries(t) {
			kind, payload, _ := strings.Cut(e, " ")
			if kind != "enforce.zone-added" {
				got = append(got, kind)
			}
			if strings.Contains(payload, "a reason") || strings.Contains(payload, "too many") || strings.Contains(payload, `"takenBack":true`) != (len(got) == 6) {
				t.Errorf("entry %d: %s", len(got), e)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the ledger (-want +got):\n%s", diff)
		}
	})
}

// TestNetworkTakesTwo: whoever proposes a network does not agree to it, by whatever means.
func TestNetworkTakesTwo(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, _ func() *office) {
		n, ctx := o.resolving(t), t.Context()
		z, _ := n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		officer, colleague := n.somebody(t, "olive", people.SecurityOfficer), n.somebody(t, "carl", people.SecurityOfficer)
		program := func(of people.Actor) people.Actor {
			t.Helper()
			made, err := o.people.MakeToken(ctx, of, "a program", people.Grant{Role: people.SecurityOfficer, Organisation: "harbour"}, store.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return people.Actor{Token: made.Secret}
		}
		own, theirs := program(officer()), program(colleague())
		agree := func(by people.Actor, asked enforce.ZoneNetwork) error {
			_, err := n.room.AnswerNetwork(ctx, by, z.ID, asked.ID, 0, true, "")
			return err
		}
		asked := n.asked(t, officer(), z.ID, "192.0.2.0/24")
		byProgram := n.asked(t, own, z.ID, "198.51.100.0/24")
		for name, by := range map[string]people.Actor{"themselves": officer(), "their program": own, "a program of nobody's": n.by(t, people.SecurityOfficer), "the command line": command,
			"who keeps zones": n.somebody(t, "ada", people.DeviceAdministrator)(), "an auditor": n.somebody(t, "aude", people.Auditor)(), "nobody": {}} {
			for _, a := range []enforce.ZoneNetwork{asked, byProgram} {
				if err := agree(by, a); !fault.Is(err, fault.Refused) && !fault.Is(err, fault.SignedOut) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		for name, by := range map[string]people.Actor{"a program of nobody's": n.by(t, people.DeviceAdministrator), "the command line": command, "an approver": n.somebody(t, "abe", people.Approver)()} {
			if _, err := n.room.AskNetwork(ctx, by, z.ID, 0, enforce.NewNetwork{Network: asked.Network, Until: n.inDays(1), Reason: "r"}); !fault.Is(err, fault.Refused) {
				t.Errorf("proposed by %s: %v", name, err)
			}
		}
		// Whoever was let in by who proposes it is no second person either.
		puppet, err := o.people.AddPerson(ctx, officer(), "harbour", people.Particulars{Name: "Puppet", UserName: "puppet"})
		if err == nil {
			_, err = o.people.GiveRole(ctx, officer(), puppet.ID, people.Grant{Role: people.Approver, Organisation: "harbour"}, people.Period{})
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := agree(o.signedIn(t, puppet.ID), asked); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "olive") {
			t.Errorf("a puppet: %v", err)
		}
		if z, err := n.room.Zone(ctx, officer(), z.ID); err != nil || len(z.Passed) > 0 {
			t.Fatalf("%v passes: %v", z.Passed, err)
		}
		if err := agree(theirs, asked); err != nil {
			t.Error(err)
		}
		if err := agree(colleague(), byProgram); err != nil {
			t.Error(err)
		}
	})
}

// TestNetworkMeanwhile: what is agreed to is what was proposed, of the zone as it was seen, and not too late.
func TestNetworkMeanwhile(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, _ func() *office) {
		n, ctx := o.resolving(t), t.Context()
		z, _ := n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		other, _ := n.add(t, enforce.Zone{Name: "rpz.other.example"})
		administrator, approver := n.somebody(t, "ada", people.DeviceAdministrator), n.somebody(t, "abe", people.Approver)
		agree := func(zone, id string, version int64) error {
			_, err := n.room.AnswerNetwork(ctx, approver(), zone, id, version, true, "")
			return err
		}
		narrow := n.asked(t, administrator(), z.ID, "192.0.2.128/25")
		seen, err := n.room.SeeZone(ctx, approver(), z.ID)
		if err != nil {
			t.Fatal(err)
		}
		wide := n.asked(t, administrator(), z.ID, "192.0.2.0/24")
		if err := agree(z.ID, narrow.ID, seen.Version); !fault.Is(err, fault.Changed) {
			t.Errorf("from a page that is stale: %v", err)
		}
		if err := agree(other.ID, narrow.ID, 0); !fault.Is(err, fault.NotFound) {
			t.Errorf("in another zone: %v", err)
		}
		if err := agree(z.ID, narrow.ID, 0); err != nil {
			t.Fatal(err)
		}
		if z, err := n.room.Zone(ctx, approver(), z.ID); err != nil || !slices.Equal(z.Passed, networks("192.0.2.128/25")) {
			t.Errorf("%v passes, for the wider waits: %v", z.Passed, err)
		}
		for _, network := range []string{"192.0.2.0/24", "192.0.2.128/25", "192.0.2.129/32", "0.0.0.0/0", "0.0.0.0/1", "::/1", "::ffff:0:0/104"} {
			if _, err := n.room.AskNetwork(ctx, administrator(), z.ID, 0, enforce.NewNetwork{Network: netip.MustParsePrefix(network), Until: n.inDays(1), Reason: "r"}); len(fault.Fields(err)) != 1 || fault.Fields(err)[0].Field != "network" {
				t.Errorf("%s is proposed: %v", network, err)
			}
		}
		for until, why := range map[store.Time]string{{}: "always ends", n.inDays(0): "later than now", n.inDays(367): "366 days at most"} {
			_, err := n.room.AskNetwork(ctx, administrator(), z.ID, 0, enforce.NewNetwork{Network: netip.MustParsePrefix("203.0.113.0/24"), Until: until, Reason: "r"})
			if found := fault.Fields(err); len(found) != 1 || found[0].Field != "until" || !strings.Contains(err.Error(), why) {
				t.Errorf("until %s: %v", until, err)
			}
		}
		if _, err := n.room.AskNetwork(ctx, administrator(), z.ID, seen.Version, enforce.NewNetwork{Network: netip.MustParsePrefix("203.0.113.0/24"), Until: n.inDays(1), Reason: "r"}); !fault.Is(err, fault.Changed) {
			t.Errorf("proposed from a page that is stale: %v", err)
		}
		late := n.asked(t, administrator(), z.ID, "203.0.113.0/24")
		o.clock.Advance(24 * time.Hour)
		if err := agree(z.ID, late.ID, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("after its end: %v", err)
		}
		if err := agree(z.ID, wide.ID, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("after its end: %v", err)
		}
		wider := n.asked(t, administrator(), z.ID, "198.51.100.0/24")
		if err := n.room.EndZone(ctx, administrator(), z.ID, 0); err != nil {
			t.Fatal(err)
		}
		if err := agree(z.ID, wider.ID, 0); !fault.Is(err, fault.Refused) && !fault.Is(err, fault.NotFound) {
			t.Errorf("of a zone that has ended: %v", err)
		}
		again, _ := n.add(t, enforce.Zone{Name: z.Name})
		if z, err := n.room.Zone(ctx, approver(), again.ID); err != nil || len(z.Passed)+len(z.Networks) > 0 {
			t.Errorf("the zone anew: %+v, %v", z, err)
		}
	})
}

// TestNetworksFewer: who keeps a zone has fewer networks pass, alone, and no more.
func TestNetworksFewer(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, _ func() *office) {
		n, ctx := o.resolving(t), t.Context()
		z, _ := n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		n.pass(t, z.ID, time.Hour, "192.0.2.0/24", "198.51.100.0/24")
		administrator := n.somebody(t, "ada", people.DeviceAdministrator)
		for _, c := range []struct {
			passed []netip.Prefix
			may    bool
		}{{networks("192.0.2.0/23"), false}, {networks("192.0.2.0/24", "10.0.0.0/8"), false}, {networks("198.51.100.0/24", "192.0.2.128/25"), true}, {networks("192.0.2.0/24"), false}, {networks("192.0.2.128/25"), true}, {nil, true}, {networks("192.0.2.128/25"), false}} {
			changed, err := n.room.ChangeZone(ctx, administrator(), z.ID, enforce.ZoneChange{Passed: &c.passed})
			if (err == nil) != c.may || err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("%v: %v", c.passed, err)
			}
			if err == nil {
				if again, err := n.room.Zone(ctx, administrator(), z.ID); err != nil || !slices.Equal(again.Passed, changed.Passed) || len(again.Passed) != len(c.passed) {
					t.Errorf("%v: %v, %v, %v", c.passed, changed.Passed, again.Passed, err)
				}
			}
		}
		// What is narrower ends when what it is part of would have; a longer one takes a shorter one's place.
		n.pass(t, z.ID, time.Hour, "192.0.2.0/24")
		if _, err := n.room.ChangeZone(ctx, administrator(), z.ID, enforce.ZoneChange{Passed: new(networks("192.0.2.0/25"))}); err != nil {
			t.Fatal(err)
		}
		n.pass(t, z.ID, 2*time.Hour, "192.0.2.128/25")
		o.clock.Advance(time.Hour)
		n.look(t)
		if z, err := n.room.Zone(ctx, administrator(), z.ID); err != nil || !slices.Equal(z.Passed, networks("192.0.2.128/25")) {
			t.Errorf("after an hour %v: %v", z.Passed, err)
		}
		n.pass(t, z.ID, 3*time.Hour, "192.0.2.128/25")
		o.clock.Advance(2 * time.Hour)
		n.look(t)
		if z, err := n.room.Zone(ctx, administrator(), z.ID); err != nil || len(z.Passed) != 1 {
			t.Errorf("renewed: %v, %v", z.Passed, err)
		}
		o.clock.Advance(time.Hour)
		n.look(t)
		if z, err := n.room.Zone(ctx, administrator(), z.ID); err != nil || len(z.Passed) != 0 {
			t.Errorf("at the end: %v, %v", z.Passed, err)
		}
	})
}

// TestNetworksModel: whatever is proposed, answered and ended in whichever order, what passes is what two different people
// have said, and has not ended.
func TestNetworksModel(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, _ func() *office) {
		n, ctx, made := o.resolving(t), t.Context(), 0
		actors := []func() people.Actor{n.somebody(t, "a", people.SecurityOfficer), n.somebody(t, "b", people.SecurityOfficer), n.somebody(t, "c", people.SecurityOfficer)}
		rapid.Check(t, func(rt *rapid.T) {
			made++
			z, secrets, err := n.room.AddZone(ctx, actors[0](), enforce.Zone{Name: fmt.Sprintf("rpz%d.example", made), Organisation: "harbour"})
			if err != nil {
				rt.Fatal(err)
			}
			type said struct {
				by      int
				network netip.Prefix
				until   time.Time
				waits   bool
			}
			all, passing := map[string]*said{}, map[netip.Prefix]time.Time{}
			var ids []string
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				who := rapid.IntRange(0, 2).Draw(rt, "who")
				network := rapid.SampledFrom(networks("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")).Draw(rt, "network")
				switch what := rapid.IntRange(0, 3).Draw(rt, "what"); {
				case what == 0:
					until := o.clock.Now().Add(time.Duration(rapid.IntRange(1, 48).Draw(rt, "hours")) * time.Hour)
					asked, err := n.room.AskNetwork(ctx, actors[who](), z.ID, 0, enforce.NewNetwork{Network: network, Until: store.TimeOf(until), Reason: "r"})
					if err == nil {
						all[asked.ID], ids = &said{who, network, until, true}, append(ids, asked.ID)
					}
				case what == 1 && len(ids) > 0:
					id, agree := rapid.SampledFrom(ids).Draw(rt, "which"), rapid.Bool().Draw(rt, "agrees")
					s := all[id]
					_, err := n.room.AnswerNetwork(ctx, actors[who](), z.ID, id, 0, agree, "no")
					if err == nil && (!s.waits || agree && (who == s.by || !o.clock.Now().Before(s.until))) {
						rt.Fatalf("%d agrees to what %+v has proposed", who, s)
					}
					if err == nil {
						s.waits = false
						if agree {
							passing[s.network] = s.until
						}
					}
				case what == 2:
					o.clock.Advance(time.Duration(rapid.IntRange(1, 30).Draw(rt, "later")) * time.Hour)
				case what == 3 && !passing[network].IsZero():
					var left []netip.Prefix
					for p := range passing {
						if p != network {
							left = append(left, p)
						}
					}
					if _, err := n.room.ChangeZone(ctx, actors[who](), z.ID, enforce.ZoneChange{Passed: &left}); err != nil {
						rt.Fatal(err)
					}
					delete(passing, network)
				}
				n.lookAgain(t)
				for p, until := range passing {
					if !o.clock.Now().Before(until) {
						delete(passing, p)
					}
				}
				_, text := n.served(t, secrets)
				if got := strings.Count(text, "rpz-passthru."); got != len(passing) {
					rt.Fatalf("%d pass, want %v:\n%s", got, passing, text)
				}
			}
			if err := n.room.EndZone(ctx, actors[0](), z.ID, 0); err != nil {
				rt.Fatal(err)
			}
		})
	})
}

// TestZonesQuiet: where nothing is to end, looking writes nothing; what is to end is written once.
func TestZonesQuiet(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, another func() *office) {
		n := o.resolving(t)
		z, _ := n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		n.pass(t, z.ID, time.Hour, "192.0.2.0/24")
		if _, _, err := n.room.RotateZone(t.Context(), command, z.ID, enforce.Rotation{Key: true, Overlap: time.Minute}); err != nil {
			t.Fatal(err)
		}
		n.look(t)
		quiet := func() {
			t.Helper()
			err := o.people.DB.Write(t.Context(), func(*store.Tx) error { // on SQLite nobody else can write meanwhile
				ctx, stop := context.WithTimeout(t.Context(), time.Second)
				defer stop()
				return n.zones.Follow(ctx)
			})
			if err != nil {
				t.Errorf("looking for nothing writes: %v", err)
			}
		}
		left := func(want string) {
			t.Helper()
			quiet()
			if got := o.rows(t, `SELECT (SELECT COUNT(*) FROM enforce_zone_secrets), COUNT(*), MAX(version) FROM enforce_zones WHERE passed <> ''`, 3); got[0] != want {
				t.Errorf("there are %q, want %q", got[0], want)
			}
		}
		left("3 1 4")
		o.clock.Advance(time.Minute)
		n.lookAgain(t)
		left("2 1 4")
		o.clock.Advance(time.Hour)
		n.lookAgain(t)
		left("2 0 <nil>")
	})
}

// TestNetworksTold: who may agree is told that a network waits, and who proposed it what became of it; nobody of what they did themselves.
func TestNetworksTold(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, _ func() *office) {
		n, ctx := o.resolving(t), t.Context()
		outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: o.people.Ledger, Chance: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		n.room.Outbox = outbox
		z, _ := n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		officer, approver, administrator := n.somebody(t, "olive", people.SecurityOfficer)(), n.somebody(t, "abe", people.Approver)(), n.somebody(t, "ada", people.DeviceAdministrator)()
		inbox := func(of people.Actor) (subjects []string) {
			t.Helper()
			_, err := people.See(ctx, o.people, of, func(tx *people.Tx) (none struct{}, err error) {
				person, err := tx.RequireOwn()
				if err != nil {
					return none, err
				}
				items, err := alerts.InboxOf(tx.Tx, person, "", 100)
				for _, item := range items {
					subjects = append(subjects, item.Subject)
				}
				return none, err
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(subjects)
			return subjects
		}
		first, second := n.asked(t, officer, z.ID, "192.0.2.0/24"), n.asked(t, officer, z.ID, "198.51.100.0/24")
		if _, err := n.room.AnswerNetwork(ctx, approver, z.ID, first.ID, 0, true, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := n.room.AnswerNetwork(ctx, approver, z.ID, second.ID, 0, false, "too many"); err != nil {
			t.Fatal(err)
		}
		back := n.asked(t, administrator, z.ID, "203.0.113.0/24")
		if _, err := n.room.AnswerNetwork(ctx, administrator, z.ID, back.ID, 0, false, ""); err != nil {
			t.Fatal(err)
		}
		waits := []string{"192.0.2.0/24 is to pass rpz.harbour.example, and waits for you", "198.51.100.0/24 is to pass rpz.harbour.example, and waits for you", "203.0.113.0/24 is to pass rpz.harbour.example, and waits for you"}
		for name, c := range map[string]struct {
			of   people.Actor
			want []string
		}{
			"the approver":      {approver, waits},
			"who proposed two":  {officer, []string{"192.0.2.0/24 passes rpz.harbour.example: it was agreed", "198.51.100.0/24 does not pass rpz.harbour.example: it was refused", waits[2]}},
			"who took one back": {administrator, nil},
		} {
			if diff := cmp.Diff(c.want, inbox(c.of)); diff != "" {
				t.Errorf("%s is told (-want +got):\n%s", name, diff)
			}
		}
	})
}
