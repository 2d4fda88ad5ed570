package enforce_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"portcullis/enforce"
	"portcullis/internal/agreed"
	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// waters has apps with names on the network; one ban ends by itself.
const waters = `
organisations:
  - {id: gov}
  - {id: harbour, parent: gov}
  - {id: tower, parent: gov}
products:
  - {id: parrot, kind: app, name: Parrot, domains: [parrot.example]}
  - {id: gull, kind: app, name: Gull, domains: [gull.example, cdn.gull.example]}
  - {id: notes, kind: app, name: Notes}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2026-01-01, until: 2026-03-05, reason: "a reason"}
`

// names are the zones of one server.
type names struct {
	*office
	room  *enforce.Room
	zones *enforce.Zones
}

// resolving is a server's zones as they are after it has looked.
func (o *office) resolving(t testing.TB) *names {
	t.Helper()
	room := &enforce.Room{People: o.people, Fleet: o.things.Fleet}
	n := &names{o, room, enforce.NewZones(room, o.clock.Now)}
	n.look(t)
	return n
}

func (n *names) look(t testing.TB) {
	t.Helper()
	n.follow(t)
	n.lookAgain(t)
}

// lookAgain has the zones follow, and not the decisions.
func (n *names) lookAgain(t testing.TB) {
	t.Helper()
	if err := n.zones.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// by is somebody with a role in the harbour.
func (o *office) by(t testing.TB, role people.Role) people.Actor {
	t.Helper()
	made, err := o.people.MakeToken(t.Context(), command, string(role), people.Grant{Role: role, Organisation: "harbour"}, store.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Token: made.Secret}
}

// add adds a zone of the harbour.
func (n *names) add(t testing.TB, z enforce.Zone) (enforce.Zone, enforce.ZoneSecrets) {
	t.Helper()
	z.Organisation = "harbour"
	made, secrets, err := n.room.AddZone(t.Context(), n.by(t, people.SecurityOfficer), z)
	if err != nil {
		t.Fatal(err)
	}
	return made, secrets
}

func (n *names) decide(t testing.TB, rule policy.Rule) {
	t.Helper()
	rule.Clearance, rule.Reason, rule.Scope = policy.ClearanceNone, "a reason", "gov"
	if _, err := (agreed.Register{Room: &register.Room{People: n.people}}).AddRule(t.Context(), command, rule); err != nil {
		t.Fatal(err)
	}
}

func ban(id, product string) policy.Rule {
	return policy.Rule{ID: id, Effect: policy.Ban, Target: policy.Target{Product: product}}
}

// served is what is handed out of a zone, with its serial.
func (n *names) served(t testing.TB, s enforce.ZoneSecrets) (uint32, string) {
	t.Helper()
	_, secret, _ := strings.Cut(s.Path, "/zones/")
	secret, name, _ := strings.Cut(secret, "/")
	text, err := n.zones.Text(secret, name)
	if err != nil {
		t.Fatal(err)
	}
	zone := n.zones.Zone(name + ".")
	if zone == nil || zone.Serial != zone.Records[0].(*dns.SOA).Serial || !strings.HasPrefix(text.ETag, fmt.Sprintf(`"%d-`, zone.Serial)) {
		t.Fatalf("%v, and the text is %s", zone, text.ETag)
	}
	parser := dns.NewZoneParser(strings.NewReader(string(text.Data)), "", "")
	for _, want := range zone.Records {
		if rr, ok := parser.Next(); !ok || rr.String() != want.String() {
			t.Errorf("the text has %v and the transfer %s: %v", rr, want, parser.Err())
		}
	}
	return zone.Serial, string(text.Data)
}

func networks(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// TestZoneEditions: the serial of a zone rises when what it says changes, and at no other time; a server that starts
// anew goes on with it.
func TestZoneEditions(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, another func() *office) {
		n := o.resolving(t)
		z, secrets := n.add(t, enforce.Zone{Name: "RPZ.harbour.example."})
		if _, err := n.zones.Text("none", z.Name); !fault.Is(err, fault.NotFound) {
			t.Errorf("before the server has looked: %v", err)
		}
		n.look(t)
		serial, text := n.served(t, secrets)
		if serial != uint32(noon.Unix()) || !strings.Contains(text, "\nparrot.example\tIN\tCNAME\t.\n") || strings.Contains(text, "gull") {
			t.Fatalf("%d: %s", serial, text)
		}
		rises := func(why string, by bool) {
			t.Helper()
			n.look(t)
			n.lookAgain(t)
			was, before := serial, text
			serial, text = n.served(t, secrets)
			if (serial > was) != by || (text != before) != by || serial-was > 1 && serial != uint32(o.clock.Now().Unix()) {
				t.Errorf("%s: from %d to %d\n%s", why, was, serial, text)
			}
			restarted := another().resolving(t)
			if s, again := restarted.served(t, secrets); s != serial || again != text {
				t.Errorf("%s, on a server that has just started: %d, want %d\n%s", why, s, serial, again)
			}
		}
		rises("nothing", false)
		n.decide(t, ban("ban-notes", "notes"))
		rises("a ban of what has no name", false)
		n.decide(t, ban("ban-parrot-again", "parrot"))
		rises("a second ban", false)
		n.decide(t, ban("ban-gull", "gull"))
		rises("a ban", true)
		if !strings.Contains(text, "\ngull.example\tIN") || strings.Contains(text, "cdn.gull.example") {
			t.Errorf("after the ban: %s", text)
		}
		passed := n.pass(t, z.ID, 30*24*time.Hour, "2001:db8::/32", "192.0.2.77/24")
		rises("networks pass", true)
		if !strings.Contains(text, "24.0.2.0.192.rpz-client-ip\tIN\tCNAME\trpz-passthru.\n32.zz.db8.2001.rpz-client-ip") {
			t.Errorf("who passes: %s", text)
		}
		told := []enforce.NameServer{{Address: netip.MustParseAddrPort("192.0.2.53:53")}}
		if _, err := n.room.ChangeZone(t.Context(), n.by(t, people.DeviceAdministrator), z.ID, enforce.ZoneChange{Notify: &told}); err != nil {
			t.Fatal(err)
		}
		rises("another name server is told", false)
		o.clock.Advance(10 * 24 * time.Hour) // the first ban of the parrot has ended; the second has not
		rises("a ban ends of two", false)
		passed = passed[:1]
		if _, err := n.room.ChangeZone(t.Context(), n.by(t, people.DeviceAdministrator), z.ID, enforce.ZoneChange{Passed: &passed}); err != nil {
			t.Fatal(err)
		}
		rises("fewer networks pass", true)
		if err := n.room.EndZone(t.Context(), n.by(t, people.DeviceAdministrator), z.ID, 0); err != nil {
			t.Fatal(err)
		}
		n.look(t)
		if n.zones.Zone("rpz.harbour.example.") != nil {
			t.Error("a zone that has ended is handed out")
		}
		again, secrets := n.add(t, enforce.Zone{Name: z.Name})
		n.look(t)
		if s, _ := n.served(t, secrets); s <= serial || again.ID == z.ID {
			t.Errorf("the zone anew has the serial %d, and had %d", s, serial)
		}
	})
}

// TestZoneBehind: a server that does not know the latest decision hands out what it knew before, with the serial that this
// had, and publishes nothing.
func TestZoneBehind(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, another func() *office) {
		n := o.resolving(t)
		_, secrets := n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		n.look(t)
		slow := another().resolving(t)
		first, before := slow.served(t, secrets)
		n.decide(t, ban("ban-gull", "gull"))
		n.look(t)
		second, after := n.served(t, secrets)
		slow.lookAgain(t)
		if serial, text := slow.served(t, secrets); serial != first || text != before {
			t.Errorf("behind by a decision: %d, want %d\n%s", serial, first, text)
		}
		n.lookAgain(t)
		if serial, text := n.served(t, secrets); serial != second || text != after || second <= first {
			t.Errorf("the server ahead: %d, want %d", serial, second)
		}
		slow.look(t)
		if serial, text := slow.served(t, secrets); serial != second || text != after {
			t.Errorf("no longer behind: %d, want %d", serial, second)
		}
		o.clock.Advance(10 * 24 * time.Hour)
		n.look(t)
		third, _ := n.served(t, secrets)
		slow.lookAgain(t)
		n.lookAgain(t)
		if serial, _ := slow.served(t, secrets); serial != second || third <= second {
			t.Errorf("behind by a date: %d, want %d before %d", serial, second, third)
		}
		if serial, _ := n.served(t, secrets); serial != third {
			t.Errorf("the server ahead: %d, want %d", serial, third)
		}
	})
}

// TestZoneServers: whatever happens on two servers in whichever order, one serial stands for one text, and what each hands
// out never goes back.
func TestZoneServers(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, another func() *office) {
		first := o.resolving(t)
		officer := first.by(t, people.SecurityOfficer)
		servers := []*names{first, another().resolving(t)}
		made := 0
		rapid.Check(t, func(rt *rapid.T) {
			made++
			z, secrets, err := first.room.AddZone(t.Context(), officer, enforce.Zone{Name: fmt.Sprintf("rpz%d.example", made), Organisation: "harbour"})
			if err != nil {
				rt.Fatal(err)
			}
			texts, last := map[uint32]string{}, map[int]uint32{}
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				who := rapid.IntRange(0, 1).Draw(rt, "server")
				switch rapid.IntRange(0, 4).Draw(rt, "what") {
				case 0:
					made++
					first.decide(t, policy.Rule{ID: fmt.Sprint("rule-", made), Effect: policy.Ban, Target: policy.Target{Product: rapid.SampledFrom([]string{"gull", "parrot", "notes"}).Draw(rt, "of")},
						Period: policy.Period{From: o.clock.Now(), Until: o.clock.Now().Add(time.Duration(rapid.IntRange(1, 5).Draw(rt, "hours")) * time.Hour)}})
				case 1:
					if !rapid.Bool().Draw(rt, "passes") {
						if _, err := first.room.ChangeZone(t.Context(), officer, z.ID, enforce.ZoneChange{Passed: &[]netip.Prefix{}}); err != nil {
							rt.Fatal(err)
						}
					} else if now, err := first.room.Zone(t.Context(), officer, z.ID); err != nil || len(now.Passed) == 0 {
						first.pass(t, z.ID, time.Duration(rapid.IntRange(1, 90).Draw(rt, "for"))*time.Minute, "192.0.2.0/24")
					}
				case 2:
					o.clock.Advance(time.Duration(rapid.IntRange(1, 120).Draw(rt, "minutes")) * time.Minute)
				case 3:
					servers[who].lookAgain(t)
				default:
					servers[who].look(t)
				}
				for i, s := range servers {
					if s.zones.Zone(z.Name+".") == nil {
						continue
					}
					serial, text := s.served(t, secrets)
					if was, known := texts[serial]; known && was != text {
						rt.Fatalf("two texts with the serial %d:\n%s\n%s", serial, was, text)
					}
					if texts[serial] = text; serial < last[i] {
						rt.Fatalf("the server %d goes back from %d to %d", i, last[i], serial)
					}
					last[i] = serial
				}
			}
			for _, s := range servers { // who looks last may publish what the other has not seen
				s.look(t)
			}
			servers[0].look(t)
			one, text := servers[0].served(t, secrets)
			other, same := servers[1].served(t, secrets)
			if one != other || text != same {
				rt.Fatalf("the servers differ in the end: %d and %d", one, other)
			}
			if err := first.room.EndZone(t.Context(), officer, z.ID, 0); err != nil {
				rt.Fatal(err)
			}
		})
	})
}

// TestZoneTogether: two servers that learn of a change at the same moment make one edition of it.
func TestZoneTogether(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, another func() *office) {
		first := o.resolving(t)
		servers := []*names{first, another().resolving(t)}
		z, secrets := first.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		first.look(t)
		serial, _ := first.served(t, secrets)
		for round := range 20 {
			first.pass(t, z.ID, time.Hour, fmt.Sprintf("192.0.2.%d/32", round))
			var all sync.WaitGroup
			errs := make([]error, len(servers))
			for i, s := range servers {
				all.Go(func() { errs[i] = s.zones.Follow(t.Context()) })
			}
			all.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			for _, s := range servers {
				s.lookAgain(t)
				if got, _ := s.served(t, secrets); got != serial+1 {
					t.Fatalf("round %d: the serial is %d, want %d", round, got, serial+1)
				}
			}
			serial++
		}
	})
}

// TestZoneSecrets: a zone is opened by its own secrets, for as long as they are good; others learn nothing.
func TestZoneSecrets(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, another func() *office) {
		n := o.resolving(t)
		z, first := n.add(t, enforce.Zone{Name: "rpz.harbour.example", Notify: []enforce.NameServer{
			{Address: netip.MustParseAddrPort("192.0.2.53:5353")}, {Address: netip.MustParseAddrPort("[2001:db8::53]:53"), Unsigned: true}}})
		_, other := n.add(t, enforce.Zone{Name: "rpz.other.example"})
		n.look(t)
		secret, err := base64.StdEncoding.DecodeString(first.KeySecret)
		if err != nil || len(secret) != 32 || !slices.Equal(n.zones.Secret(first.Key+"."), secret) || first.Key != "key1.rpz.harbour.example" {
			t.Errorf("the key %s: %v", first.Key, err)
		}
		for _, c := range []struct {
			key, zone string
			want      bool
		}{{first.Key, z.Name, true}, {other.Key, z.Name, false}, {first.Key, "rpz.other.example", false}, {"", z.Name, false}} {
			if got := n.zones.May(c.key+".", c.zone+"."); got != c.want {
				t.Errorf("%+v: %v", c, got)
			}
		}
		mine, yours := strings.Split(first.Path, "/")[2], strings.Split(other.Path, "/")[2]
		opens := func(secret, zone string) bool {
			t.Helper()
			text, err := n.zones.Text(secret, zone)
			if err != nil && (!fault.Is(err, fault.NotFound) || err.Error() != "There is no such zone" || len(text.Data) > 0 || text.ETag != "") {
				t.Errorf("%s, %s: %v", secret, zone, err)
			}
			return err == nil
		}
		if !opens(mine, z.Name) || opens(yours, z.Name) || opens(mine, "rpz.other.example") || opens("", z.Name) || opens(mine, "rpz.nobody.example") || opens("", "") || opens(first.KeySecret, z.Name) {
			t.Error("the wrong secrets open it")
		}
		if got := secondaries(n); got != "192.0.2.53:5353 key1.rpz.harbour.example. , [2001:db8::53]:53  " {
			t.Errorf("told: %q", got)
		}
		_, second, err := n.room.RotateZone(t.Context(), n.by(t, people.DeviceAdministrator), z.ID, enforce.Rotation{Key: true, Address: true, Overlap: time.Hour})
		if err != nil || second.Key != "key2.rpz.harbour.example" || second.KeySecret == first.KeySecret {
			t.Fatal(second.Key, err)
		}
		n.look(t)
		newer := strings.Split(second.Path, "/")[2]
		good := func(want ...bool) {
			t.Helper()
			got := []bool{n.zones.Secret(first.Key+".") != nil, n.zones.May(first.Key+".", z.Name+"."), opens(mine, z.Name),
				n.zones.Secret(second.Key+".") != nil, n.zones.May(second.Key+".", z.Name+"."), opens(newer, z.Name)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what is good (-want +got):\n%s", diff)
			}
		}
		good(true, true, true, true, true, true)
		if got := secondaries(n); !strings.HasPrefix(got, "192.0.2.53:5353 key2.rpz.harbour.example. key1.rpz.harbour.example.,") {
			t.Errorf("told: %q", got)
		}
		o.clock.Advance(time.Hour) // nobody need look
		good(false, false, false, true, true, true)
		kept := func(want string) {
			t.Helper()
			if got := o.rows(t, `SELECT COUNT(*) FROM enforce_zone_secrets WHERE zone = '`+z.ID+`'`, 1); got[0] != want {
				t.Errorf("%s secrets are kept, want %s", got, want)
			}
		}
		kept("4")
		n.lookAgain(t)
		kept("2")
		if _, _, err = n.room.RotateZone(t.Context(), n.by(t, people.DeviceAdministrator), z.ID, enforce.Rotation{Address: true}); err != nil {
			t.Fatal(err)
		}
		n.look(t)
		good(false, false, false, true, true, false)
		if got := o.rows(t, `SELECT COUNT(*) FROM enforce_zone_secrets WHERE zone = '`+z.ID+`'`, 1); got[0] != "2" {
			t.Errorf("%s secrets are kept, of which two are good", got)
		}
		for _, of := range []enforce.Rotation{{}, {Key: true, Overlap: -1}, {Key: true, Overlap: 31 * 24 * time.Hour}} {
			if _, _, err := n.room.RotateZone(t.Context(), n.by(t, people.DeviceAdministrator), z.ID, of); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", of, err)
			}
		}
		if err := n.room.EndZone(t.Context(), n.by(t, people.DeviceAdministrator), z.ID, 0); err != nil {
			t.Fatal(err)
		}
		n.look(t)
		if n.zones.Secret(second.Key+".") != nil || opens(newer, z.Name) || len(o.rows(t, `SELECT zone FROM enforce_zone_secrets WHERE zone = '`+z.ID+`'`, 1)) > 0 {
			t.Error("a zone that has ended has secrets")
		}
	})
}

// TestZoneFetched: which serial was last taken by a key or an address is kept, of the latest that any server knows of; and a server that
// cannot write it down just now does so later.
func TestZoneFetched(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, another func() *office) {
		n := o.resolving(t)
		z, secrets := n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		n.look(t)
		second := another().resolving(t)
		path := strings.Split(secrets.Path, "/")
		fetches := func(of *names) {
			t.Helper()
			text, err := of.zones.Text(path[2], path[3])
			if err != nil {
				t.Fatal(err)
			}
			text.Fetched()
		}
		kept := func(key, address enforce.Fetched) {
			t.Helper()
			for _, of := range []*names{n, second} {
				if err := of.zones.WriteFetched(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			got, err := n.room.Zone(t.Context(), n.by(t, people.DeviceAdministrator), z.ID)
			if err != nil {
				t.Fatal(err)
			}
			if is, was := got.Keys[0].Fetched, got.Addresses[0].Fetched; is != key || was != address {
				t.Errorf("by the key %v was taken and by the address %v, want %v and %v", is, was, key, address)
			}
		}
		at := func(serial uint32) enforce.Fetched {
			return enforce.Fetched{Serial: serial, At: store.TimeOf(o.clock.Now())}
		}
		kept(enforce.Fetched{}, enforce.Fetched{})
		serial, _ := n.served(t, secrets)
		fetches(n)
		first := at(serial)
		o.clock.Advance(time.Second)
		n.zones.Took(secrets.Key+".", z.Name+".", serial)
		byKey := at(serial)
		n.zones.Took("nobody.", z.Name+".", serial)
		fetches(n) // a moment later is not written anew
		kept(byKey, first)
		o.clock.Advance(time.Minute)
		fetches(second)
		again := at(serial)
		kept(byKey, again)
		n.decide(t, ban("ban-gull", "gull"))
		o.clock.Advance(time.Second)
		n.look(t)
		changed, _ := n.served(t, secrets)
		stopped, stop := context.WithCancel(t.Context())
		stop()
		fetches(n)
		if err := n.zones.WriteFetched(stopped); err == nil || changed == serial {
			t.Fatalf("serial %d after %d: %v", changed, serial, err)
		}
		kept(byKey, at(changed))
		second.zones.Took(secrets.Key+".", z.Name+".", serial)
		o.clock.Advance(time.Second)
		n.zones.Took(secrets.Key+".", z.Name+".", changed)
		kept(at(changed), enforce.Fetched{Serial: changed, At: at(0).At.Add(-time.Second)}) // what the second server writes later is earlier
	})
}

// secondaries are the name servers that are told, in their order: address, key and earlier key.
func secondaries(n *names) string {
	var all []string
	for _, s := range n.zones.Secondaries() {
		all = append(all, s.Address+" "+s.Key+" "+s.Earlier)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// TestZonesMay: who may do what, and what the ledger has of it.
func TestZonesMay(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, _ func() *office) {
		n, ctx := o.resolving(t), t.Context()
		officer, administrator, approver := n.by(t, people.SecurityOfficer), n.by(t, people.DeviceAdministrator), n.by(t, people.Approver)
		z := enforce.Zone{Name: "rpz.harbour.example", Organisation: "harbour"}
		elsewhere := z
		elsewhere.Organisation = "tower"
		for name, c := range map[string]struct {
			by people.Actor
			z  enforce.Zone
		}{"somebody who exempts brings lists": {approver, z}, "another body's": {officer, elsewhere}, "nobody": {people.Actor{}, z}} {
			if _, _, err := n.room.AddZone(ctx, c.by, c.z); !fault.Is(err, fault.Refused) && !fault.Is(err, fault.SignedOut) {
				t.Errorf("%s: %v", name, err)
			}
		}
		made, _, err := n.room.AddZone(ctx, administrator, z)
		if err != nil {
			t.Fatal(err)
		}
		auditor, staff := n.by(t, people.Auditor), n.by(t, people.Staff)
		attempts := map[string]func(people.Actor, string) error{
			"see": func(a people.Actor, id string) error { _, err := n.room.Zone(ctx, a, id); return err },
			"change": func(a people.Actor, id string) error {
				_, err := n.room.ChangeZone(ctx, a, id, enforce.ZoneChange{Notify: &[]enforce.NameServer{}})
				return err
			},
			"rotate": func(a people.Actor, id string) error {
				_, _, err := n.room.RotateZone(ctx, a, id, enforce.Rotation{Key: true})
				return err
			},
			"end": func(a people.Actor, id string) error { return n.room.EndZone(ctx, a, id, 0) },
		}
		for name, try := range attempts {
			if err := try(staff, made.ID); !fault.Is(err, fault.Refused) {
				t.Errorf("%s, by somebody who may not: %v", name, err)
			}
			if err := try(auditor, made.ID); fault.Is(err, fault.Refused) == (name == "see") {
				t.Errorf("%s, by somebody who may see it: %v", name, err)
			}
			if err := try(officer, "none"); !fault.Is(err, fault.Refused) {
				t.Errorf("%s what is not there: %v", name, err)
			}
			if err := try(command, "none"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s what is not there, by who may see all: %v", name, err)
			}
		}
		if _, err := n.room.Zones(ctx, staff); !fault.Is(err, fault.Refused) {
			t.Errorf("listed: %v", err)
		}
		_, _, err = n.room.AddZone(ctx, command, enforce.Zone{Name: "rpz.tower.example", Organisation: "tower"})
		if err != nil {
			t.Fatal(err)
		}
		if mine, err := n.room.Zones(ctx, officer); err != nil || len(mine) != 1 || mine[0].ID != made.ID {
			t.Errorf("%v: %v", mine, err)
		}
		if all, err := n.room.Zones(ctx, command); err != nil || len(all) != 2 || all[1].Name != "rpz.tower.example" {
			t.Errorf("%v: %v", all, err)
		}
		if err := errors.Join(attempts["rotate"](administrator, made.ID), attempts["end"](administrator, made.ID)); err != nil {
			t.Fatal(err)
		}
		want := []string{
			`enforce.zone-added {"name":"rpz.harbour.example","key":"key1.rpz.harbour.example","address":true}`,
			`enforce.zone-added {"name":"rpz.tower.example","key":"key1.rpz.tower.example","address":true}`,
			`enforce.zone-rotated {"name":"rpz.harbour.example","key":"key2.rpz.harbour.example"}`,
			`enforce.zone-ended {"name":"rpz.harbour.example"}`,
		}
		if diff := cmp.Diff(want, o.entries(t)); diff != "" {
			t.Errorf("the ledger (-want +got):\n%s", diff)
		}
	})
}

// entries are what the ledger has of this room.
func (o *office) entries(t testing.TB) (entries []string) {
	t.Helper()
	secret, _, err := note.GenerateKey(rand.Reader, "test.example")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	sequencer, err := ledger.NewSequencer(o.people.DB, o.people.Ledger, key, "test", o.people.Log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sequencer.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	var found []ledger.Recorded
	if err := o.people.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		found, err = ledger.Entries(tx, 0, 1000)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		if strings.HasPrefix(e.Kind.Name, "enforce.") {
			entries = append(entries, e.Kind.Name+" "+string(e.Payload))
		}
	}
	return entries
}

// TestZonesWrong: what cannot be said of a zone is refused, each with its field.
func TestZonesWrong(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, _ func() *office) {
		n := o.resolving(t)
		officer := n.by(t, people.SecurityOfficer)
		n.add(t, enforce.Zone{Name: "rpz.harbour.example"})
		at := enforce.NameServer{Address: netip.MustParseAddrPort("192.0.2.53:53")}
		servers := []enforce.NameServer{}
		for i := range 17 {
			servers = append(servers, enforce.NameServer{Address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 53}), uint16(i+1))})
		}
		for name, c := range map[string]struct {
			z     enforce.Zone
			field string
			kind  fault.Kind
		}{
			"no name":                 {enforce.Zone{}, "name", fault.Invalid},
			"one label":               {enforce.Zone{Name: "rpz"}, "name", fault.Invalid},
			"a line in the name":      {enforce.Zone{Name: "rpz.example\n$INCLUDE x"}, "name", fault.Invalid},
			"too long":                {enforce.Zone{Name: strings.Repeat("a.", 60) + "example"}, "name", fault.Invalid},
			"a name that is taken":    {enforce.Zone{Name: "RPZ.Harbour.example."}, "name", fault.Conflict},
			"a name server twice":     {enforce.Zone{Name: "a.example", Notify: []enforce.NameServer{at, {Address: at.Address, Unsigned: true}}}, "notify", fault.Invalid},
			"too many are told":       {enforce.Zone{Name: "a.example", Notify: servers}, "notify", fault.Invalid},
			"a body that there isn't": {enforce.Zone{Name: "a.example", Organisation: "nobody"}, "organisation", fault.Invalid},
		} {
			if c.z.Organisation == "" {
				c.z.Organisation = "harbour"
			}
			_, _, err := n.room.AddZone(t.Context(), officer, c.z)
			if found := fault.Fields(err); len(found) != 1 || found[0].Field != c.field || found[0].Kind != c.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
		z, _ := n.add(t, enforce.Zone{Name: "b.example"})
		if _, err := n.room.ChangeZone(t.Context(), officer, z.ID, enforce.ZoneChange{Version: z.Version + 1, Notify: &[]enforce.NameServer{at}}); !fault.Is(err, fault.Changed) {
			t.Errorf("changed from another version: %v", err)
		}
		n.look(t)
		if _, err := n.room.ChangeZone(t.Context(), officer, z.ID, enforce.ZoneChange{Version: z.Version, Notify: &[]enforce.NameServer{at}}); err != nil {
			t.Errorf("a new edition is no change of the zone: %v", err)
		}
	})
}

func TestReadNetworks(t *testing.T) {
	got, err := enforce.ReadNetworks([]string{"192.0.2.7/24", "192.0.2.7", "2001:db8::1"})
	if diff := cmp.Diff([]string{"192.0.2.7/24", "192.0.2.7/32", "2001:db8::1/128"}, texts(got)); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := enforce.ReadNetworks([]string{"192.0.2.7", "harbour", "192.0.2.0/33", "fe80::1%eth0", ""}); len(fault.Fields(err)) != 4 {
		t.Error(err)
	}
	for text, want := range map[string]string{"192.0.2.53": "192.0.2.53:53", "192.0.2.53:5353": "192.0.2.53:5353", "2001:db8::53": "[2001:db8::53]:53", "[2001:db8::53]": "[2001:db8::53]:53", "[2001:db8::53]:5353": "[2001:db8::53]:5353",
		"::ffff:192.0.2.53": "192.0.2.53:53", "": "", "ns.example": "", "0.0.0.0": "", "192.0.2.53:0": "", "224.0.0.1": "", "255.255.255.255": "", "fe80::1%eth0": "", "192.0.2.53:x": ""} {
		at, err := enforce.ReadNameServer(text)
		if (err == nil) != (want != "") || err == nil && at.String() != want || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %s, %v", text, at, err)
		}
	}
}

func texts(networks []netip.Prefix) (all []string) {
	for _, n := range networks {
		all = append(all, n.String())
	}
	return all
}

// TestZonesBefore: before it was looked what there is, nobody is told that there is nothing.
func TestZonesBefore(t *testing.T) {
	eachOf(t, waters, func(t *testing.T, o *office, _ func() *office) {
		z := enforce.NewZones(&enforce.Room{People: o.people, Fleet: o.things.Fleet}, o.clock.Now)
		if _, err := z.Text("none", "rpz.harbour.example"); !errors.Is(err, fault.ErrUnavailable) {
			t.Error(err)
		}
		select {
		case <-z.Ready():
			t.Error("it is ready")
		default:
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { z.Run(ctx); close(ended) }()
		<-z.Ready()
		<-z.Changed()
		stop()
		<-ended
	})
}
