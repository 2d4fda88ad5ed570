package enforce_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"howett.net/plist"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/enforce/mdm"
	"portcullis/people"
	"portcullis/policy"
)

const tablets = `
organisations:
  - {id: gov}
  - {id: dept-a, parent: gov}
products:
  - {id: parrot, kind: app, name: Parrot, identifiers: {ios: ["com.parrot"]}}
  - {id: notes, kind: app, name: Notes, identifiers: {ios: ["com.notes"]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: dept-a, from: 2026-01-01, reason: "a reason"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: dept-a, from: 2026-01-01, reason: "for work"}
`

// phone stands for a device that its manager hands commands, and whose answers come back as events.
type phone struct {
	*fleet
	id         string
	system     string // empty is not said
	supervised *bool
	profile    map[string]any    // that it has of ours
	says       map[string]string // what it answers to commands instead of doing them, once
	asked      []string
	mute       bool // its answers get lost
	late       bool // its answers come when they are let go
	held       []string
}

// fleet is phones with a manager.
type fleet struct {
	*office
	t       *testing.T
	beside  *beside
	managed *enforce.Managed
	manager *mdm.Manager
	hook    *mdm.Webhook
}

func (o *office) fleet(t *testing.T, declares bool) *fleet {
	b, client := o.beside(t)
	if !declares {
		client = mdm.NewClient(mdm.Config{URL: b.url, Key: "key"})
	}
	f := &fleet{office: o, t: t, beside: b, managed: o.managed(o.token(t, "dept-a").Secret)}
	f.manager = mdm.NewManager(client, f.managed, "secret", 24*time.Hour, o.clock.Now, slog.New(slog.DiscardHandler))
	f.hook = mdm.NewWebhook("secret", f.managed, o.clock.Now, slog.New(slog.DiscardHandler))
	return f
}

// event has NanoMDM hand on what a device says.
func (f *fleet) event(topic, body string) {
	f.t.Helper()
	text := fmt.Sprintf(`{"topic":%q,"created_at":%q,%s}`, topic, f.clock.Now().Format(time.RFC3339Nano), body)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(text))
	if what, err := f.hook.Take(f.t.Context(), []byte(text), base64.StdEncoding.EncodeToString(mac.Sum(nil))); err != nil {
		f.t.Fatal(what, err)
	}
	f.clock.Advance(time.Millisecond)
}

func (p *phone) payload(members map[string]any) string {
	p.t.Helper()
	members["UDID"] = p.id
	text, err := plist.Marshal(members, plist.XMLFormat)
	if err != nil {
		p.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(text)
}

func (p *phone) enrol() *phone {
	p.t.Helper()
	members := map[string]any{"ProductName": "iPhone16,2"}
	if p.system != "" {
		members["OSVersion"] = p.system
	}
	p.event("mdm.Authenticate", fmt.Sprintf(`"checkin_event":{"ids":{"id":%q,"type":"Device"},"raw_payload":%q}`, p.id, p.payload(members)))
	p.profile = nil
	return p
}

// pass has the manager see to all devices. No device ever has both a profile and a declaration.
func (f *fleet) pass(phones ...*phone) {
	f.t.Helper()
	f.clock.Advance(time.Second)
	f.follow(f.t)
	if err := f.manager.Reconcile(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	f.clock.Advance(time.Second)
	for _, p := range phones {
		if p.profile != nil && len(f.beside.placed[p.id]) > 0 {
			f.t.Errorf("%s has a profile and declarations", p.id)
		}
	}
}

// connect has a phone fetch its commands and do them.
func (p *phone) connect() {
	p.t.Helper()
	p.asked = nil
	all := p.beside.queued[p.id]
	p.beside.queued[p.id] = nil
	for _, c := range all {
		p.asked = append(p.asked, c.request)
		status, members := "Acknowledged", map[string]any{}
		if instead := p.says[c.request]; instead != "" {
			status = instead
			delete(p.says, c.request)
			if status == "NotNow" {
				p.beside.queued[p.id] = append(p.beside.queued[p.id], c)
			}
		} else {
			p.do(c, members)
		}
		members["Status"], members["CommandUUID"] = status, c.id
		if !p.mute {
			p.answers(fmt.Sprintf(`"acknowledge_event":{"ids":{"id":%q,"type":"Device"},"status":%q,"command_uuid":%q,"raw_payload":%q}`, p.id, status, c.id, p.payload(members)))
		}
	}
}

func (p *phone) answers(body string) {
	p.t.Helper()
	if p.late {
		p.held = append(p.held, body)
		return
	}
	p.event("mdm.Connect", body)
}

// do does what a command says, and fills in the answer.
func (p *phone) do(c sent, members map[string]any) {
	p.t.Helper()
	switch c.request {
	case "InstallProfile":
		text, err := base64.StdEncoding.DecodeString(c.payload)
		p.profile = nil
		if _, parse := plist.Unmarshal(text, &p.profile); err != nil || parse != nil {
			p.t.Fatal(err, parse)
		}
	case "RemoveProfile":
		p.profile = nil
	case "ProfileList":
		list := []map[string]any{{"PayloadIdentifier": "uk.gov.example.wifi", "PayloadUUID": "1"}}
		if p.profile != nil {
			list = append(list, map[string]any{"PayloadIdentifier": p.profile["PayloadIdentifier"], "PayloadUUID": p.profile["PayloadUUID"]})
		}
		members["ProfileList"] = list
	case "DeviceInformation":
		responses := map[string]any{}
		if p.system != "" {
			responses["OSVersion"] = p.system
		}
		if p.supervised != nil {
			responses["IsSupervised"] = *p.supervised
		}
		members["QueryResponses"] = responses
	}
}

// apps are those that its profile lets in, in one line.
func (p *phone) apps() string { return fmt.Sprint(p.profile["PayloadContent"]) }

func (p *phone) agent() (found enforce.ManagedDevice) {
	p.t.Helper()
	if err := p.managed.Devices(p.t.Context(), 1, func(d *enforce.ManagedDevice) {
		if d.Host == p.id {
			found = *d
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	return found
}

// has tells whether a phone has confirmed what it is to have.
func (p *phone) has() bool {
	p.t.Helper()
	d := p.agent()
	return d.Want != nil && d.Confirmed.Digest == d.Want.Digest()
}

func eachFleet(t *testing.T, declares bool, test func(f *fleet)) {
	eachOf(t, tablets, func(t *testing.T, o *office, _ func() *office) { test(o.fleet(t, declares)) })
}

// TestProfile plays a ban and an exemption through with two iPhones whose system is too old for declarations.
func TestProfile(t *testing.T) {
	eachFleet(t, true, func(f *fleet) {
		t := f.t
		p, other := (&phone{fleet: f, id: "P-1", system: "26.1"}).enrol(), (&phone{fleet: f, id: "P-2", system: "18.7.1"}).enrol()
		f.pass(p, other)
		if d := p.agent(); p.has() || d.Offered.Digest != d.Want.Digest() || len(f.beside.placed[p.id])+len(f.beside.nudged) > 0 {
			t.Errorf("it was offered a profile alone, and has said nothing: %+v", d.Agent)
		}
		p.connect()
		if want := []string{"InstallProfile", "ProfileList", "InstalledApplicationList", "DeviceInformation"}; !slices.Equal(p.asked, want) {
			t.Errorf("asked for %v", p.asked)
		}
		if !strings.Contains(p.apps(), "com.notes") || strings.Contains(p.apps(), "com.parrot") || !p.has() || other.has() {
			t.Errorf("it lists the profile, and its neighbour has said nothing: %s", p.apps())
		}
		if d := p.agent(); d.Fetched.Digest != d.Want.Digest() || d.Fetched.At.IsZero() {
			t.Errorf("what is confirmed was fetched: %+v", d.Agent)
		}
		u, err := (&enforce.Room{People: f.people, Fleet: f.things.Fleet}).RuleUptake(t.Context(), command, "ban-parrot")
		if err != nil || u.Total.Devices != 2 || u.Total.Confirmed != 1 || u.Total.Silent != 1 {
			t.Errorf("one of two has confirmed the ban: %+v, %v", u, err)
		}
		other.connect()
		f.beside.took()
		if f.pass(p, other); slices.ContainsFunc(f.beside.took(), func(a string) bool { return strings.HasPrefix(a, "PUT") }) {
			t.Error("a pass without changes sends nothing")
		}

		f.exempt(t, "P-1", time.Hour)
		if f.pass(p, other); p.has() || !other.has() || len(f.beside.queued["P-2"]) > 0 {
			t.Error("it has what it had, and its neighbour is not concerned")
		}
		if p.connect(); !p.has() || !strings.Contains(p.apps(), "com.parrot") || strings.Contains(other.apps(), "com.parrot") {
			t.Errorf("exempt: %s", p.apps())
		}
		f.clock.Advance(2 * time.Hour) // the exemption ends
		if f.pass(p, other); p.has() {
			t.Error("it was not said yet that the exemption has ended there")
		}
		if p.connect(); !p.has() || strings.Contains(p.apps(), "com.parrot") {
			t.Errorf("the exemption has ended: %s", p.apps())
		}
		if taken := f.rows(t, `SELECT host FROM enforce_taken WHERE host = 'P-1'`, 1); len(taken) < 2 {
			t.Errorf("when it took what is kept: %v", taken)
		}

		f.rule(t, policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}})
		f.pass(p, other)
		p.mute = true
		if p.connect(); strings.Contains(p.apps(), "com.notes") || p.has() {
			t.Errorf("its answers were lost: %s", p.apps())
		}
		p.mute = false
		f.pass(p, other)
		if p.connect(); len(p.asked) > 0 {
			t.Errorf("asked again at once: %v", p.asked)
		}
		f.clock.Advance(24 * time.Hour)
		f.pass(p, other)
		if p.connect(); !p.has() {
			t.Error("it was asked again, and has said so")
		}
	})
}

// TestProfileIsLost has an iPhone lose its profile, or say that it cannot take it.
func TestProfileIsLost(t *testing.T) {
	eachFleet(t, true, func(f *fleet) {
		t := f.t
		p := (&phone{fleet: f, id: "P-1", system: "26.1", says: map[string]string{"InstallProfile": "NotNow"}}).enrol()
		f.pass(p)
		if p.connect(); p.has() || p.agent().Fetched.Digest != "" {
			t.Error("it could not take it just now")
		}
		if p.connect(); p.has() || p.agent().Fetched.Digest != p.agent().Want.Digest() {
			t.Errorf("it took it, and has not listed it since: %+v", p.agent().Agent)
		}
		f.pass(p)
		if p.connect(); !slices.Equal(p.asked, []string{"ProfileList"}) || !p.has() {
			t.Errorf("asked for %v", p.asked)
		}
		p.profile = nil // somebody removes it
		f.clock.Advance(24 * time.Hour)
		f.pass(p)
		if p.connect(); p.has() || slices.Contains(p.asked, "InstallProfile") {
			t.Errorf("it does not list the profile: %v", p.asked)
		}
		f.pass(p)
		if p.connect(); !slices.Contains(p.asked, "InstallProfile") || !p.has() {
			t.Errorf("it is given it again: %v", p.asked)
		}

		p.says["InstallProfile"] = "Error"
		f.exempt(t, "P-1", 100*time.Hour)
		f.pass(p)
		p.connect()
		if d := p.agent(); p.has() || d.Fetched.Digest != d.Want.Digest() || d.Said.Refused != "the device answered Error" {
			t.Errorf("it cannot take it: %+v", d)
		}
		f.clock.Advance(24 * time.Hour)
		f.pass(p)
		if p.connect(); !p.has() || p.agent().Said.Refused != "" {
			t.Errorf("it took it in the end: %+v", p.agent().Said)
		}

		no := false
		p.supervised = &no
		f.clock.Advance(24 * time.Hour)
		f.pass(p)
		p.connect()
		f.exempt(t, "P-1", 50*time.Hour)
		f.clock.Advance(60 * time.Hour)
		f.pass(p)
		p.connect()
		f.clock.Advance(24 * time.Hour)
		f.pass(p)
		p.connect()
		if d := p.agent(); p.profile == nil || p.has() || !strings.Contains(d.Said.Refused, "not supervised") {
			t.Errorf("it lists the profile, which it passes over: %+v", d)
		}
	})
}

// TestProfileAnswersLate has an iPhone's answers come when it has been offered something else, and the same again.
func TestProfileAnswersLate(t *testing.T) {
	eachFleet(t, true, func(f *fleet) {
		p := (&phone{fleet: f, id: "P-1", system: "26.1", late: true}).enrol()
		f.pass(p)
		p.connect()
		f.exempt(f.t, "P-1", time.Hour)
		f.pass(p)
		f.clock.Advance(time.Hour)
		f.pass(p)
		p.late = false
		for _, body := range p.held {
			p.answers(body)
		}
		if d := p.agent(); p.has() || d.Fetched.Digest != "" {
			f.t.Errorf("what it was offered in between may be what it has next: %+v", d.Agent)
		}
		if p.connect(); !p.has() {
			f.t.Error("it lists what it was offered last")
		}
	})
}

// TestProfileComesLate has an iPhone install a profile after it was taken back, and is in its declaration's way.
func TestProfileComesLate(t *testing.T) {
	eachFleet(t, true, func(f *fleet) {
		p := (&phone{fleet: f, id: "P-1", system: "26.1", says: map[string]string{"InstallProfile": "NotNow"}}).enrol()
		f.pass(p)
		p.connect()
		put := f.beside.queued[p.id] // what it could not do
		f.beside.queued[p.id], p.system = nil, "27.0"
		f.clock.Advance(24 * time.Hour)
		for range 3 {
			f.pass()
			p.connect()
		}
		f.beside.tells(p.id, true, "valid")
		if f.pass(p); !p.has() || len(f.beside.placed[p.id]) != 1 {
			f.t.Fatalf("it has a declaration: %+v", p.agent())
		}
		f.beside.queued[p.id] = put
		if p.connect(); p.profile == nil || p.has() {
			f.t.Error("it has a profile, too")
		}
		for range 3 {
			f.pass()
			p.connect()
		}
		f.beside.tells(p.id, true, "valid")
		if f.pass(p); p.profile != nil || !p.has() || len(f.beside.placed[p.id]) != 1 {
			f.t.Errorf("it has its declaration alone: %+v", p.agent())
		}
	})
}

// TestDeclarationGivesWay has an iPhone take a declaration, and say afterwards that its system is too old for any.
func TestDeclarationGivesWay(t *testing.T) {
	eachFleet(t, true, func(f *fleet) {
		p := (&phone{fleet: f, id: "P-1"}).enrol()
		f.pass(p)
		p.connect()
		f.beside.tells(p.id, true, "valid")
		if f.pass(p); !p.has() {
			f.t.Error("it told that it has its declaration")
		}
		p.system = "26.4"
		f.clock.Advance(24 * time.Hour)
		f.pass(p)
		p.connect()
		if f.pass(p); p.has() || len(f.beside.placed[p.id]) > 0 {
			f.t.Error("what it had in another way ends")
		}
		if p.connect(); !p.has() || p.profile == nil {
			f.t.Errorf("asked for %v", p.asked)
		}
	})
}

// TestProfileGivesWay has an iPhone be updated to a system that takes a declaration, and then leave the department's use.
func TestProfileGivesWay(t *testing.T) {
	eachFleet(t, true, func(f *fleet) {
		t := f.t
		p := (&phone{fleet: f, id: "P-1", says: map[string]string{"DeclarativeManagement": "Error"}}).enrol()
		f.pass(p)
		if len(f.beside.placed[p.id]) != 1 {
			t.Error("a system that is not known is offered a declaration")
		}
		if p.connect(); !p.agent().Said.Undeclared || p.has() {
			t.Error("it said that it does not know declarations")
		}
		f.pass(p)
		if p.connect(); !p.has() || p.profile == nil {
			t.Errorf("it is given a profile: %v", p.asked)
		}

		p.system = "27.0"
		f.clock.Advance(24 * time.Hour)
		f.pass(p)
		if p.connect(); p.profile == nil || p.agent().Said.System.Version != "27.0" {
			t.Errorf("its system was updated: %+v", p.agent().Said)
		}
		f.pass(p)
		if d := p.agent(); d.Confirmed.Digest != "" || len(f.beside.placed[p.id]) > 0 {
			t.Errorf("its profile goes first: %+v", d.Agent)
		}
		p.says["RemoveProfile"] = "Error"
		p.connect()
		if f.pass(p); p.profile == nil || len(f.beside.placed[p.id]) > 0 {
			t.Error("it still has it")
		}
		f.clock.Advance(24 * time.Hour)
		f.pass(p)
		if p.connect(); p.profile != nil || len(p.agent().Offered.Own) > 0 {
			t.Errorf("it has none: %+v", p.agent().Agent)
		}
		f.pass(p)
		if len(f.beside.placed[p.id]) != 1 || p.has() {
			t.Error("now it is given a declaration")
		}
		f.beside.tells(p.id, true, "valid")
		if f.pass(p); !p.has() || slices.ContainsFunc(f.beside.queued[p.id], func(c sent) bool { return c.request == "InstallProfile" }) {
			t.Error("it has it")
		}
	})
}

// TestProfileIsTakenBack retires an iPhone that has a profile, and enrols it anew; a Mac gets none.
func TestProfileIsTakenBack(t *testing.T) {
	eachFleet(t, false, func(f *fleet) {
		t := f.t
		p := (&phone{fleet: f, id: "P-1", system: "27.0"}).enrol()
		if err := f.managed.Enrolled(t.Context(), "mac-1", "", policy.MacOS, f.clock.Now(), ""); err != nil {
			t.Fatal(err)
		}
		f.pass(p)
		if p.connect(); !p.has() || len(f.beside.queued["mac-1"]) != 1 {
			t.Errorf("without declarations a profile is all that it can have: %v, and the Mac has %v", p.asked, f.beside.queued["mac-1"])
		}
		officer := func(name string) people.Actor {
			return (&lost{office: f.office, t: t}).person(name, people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"})
		}
		if _, err := f.things.ChangeState(t.Context(), officer("Olive"), "P-1", devices.StateChange{State: devices.Retired}); err != nil {
			t.Fatal(err)
		}
		f.pass(p)
		if d := p.agent(); d.Want != nil || d.Confirmed.Digest != "" {
			t.Errorf("nothing is wanted of it: %+v", d)
		}
		if p.connect(); !slices.Equal(p.asked, []string{"RemoveProfile", "ProfileList"}) || p.profile != nil {
			t.Errorf("asked for %v", p.asked)
		}
		f.pass(p)
		f.clock.Advance(25 * time.Hour)
		f.pass(p)
		if p.connect(); len(p.asked) > 0 || len(p.agent().Offered.Own) > 0 {
			t.Errorf("nothing is left of it: %v, %+v", p.asked, p.agent().Agent)
		}
		if _, err := f.things.ChangeState(t.Context(), officer("Otto"), "P-1", devices.StateChange{State: devices.InUse}); err != nil {
			t.Fatal(err)
		}
		f.pass(p)
		if p.connect(); !p.has() {
			t.Errorf("it is in use again: %v", p.asked)
		}
		p.enrol()
		if p.has() {
			t.Error("it begins anew, and has nothing")
		}
		f.pass(p)
		if p.connect(); !p.has() {
			t.Errorf("it is enrolled again: %v", p.asked)
		}
	})
}

// TestSystemOvertaken: the version that a device enrols with is there as soon as it is enrolled, and also where the event that tells it comes
// after the one that ends the enrolment; said once more, later, it changes nothing.
func TestSystemOvertaken(t *testing.T) {
	eachFleet(t, true, func(f *fleet) {
		t, at := f.t, f.clock.Now()
		runs := func(host, want string) {
			t.Helper()
			if is := (&phone{fleet: f, id: host}).agent().Said.System.Version; is != want {
				t.Errorf("%s runs %q, want %s", host, is, want)
			}
		}
		enrolled := func(host string, seconds int, version string) error {
			return f.managed.Enrolled(t.Context(), host, "", policy.IOS, at.Add(time.Duration(seconds)*time.Second), version)
		}
		if err := enrolled("one", 1, "26.1"); err != nil {
			t.Fatal(err)
		}
		runs("one", "26.1")
		if err := enrolled("two", 2, ""); err != nil {
			t.Fatal(err)
		}
		if err := f.managed.Left(t.Context(), "two", at.Add(time.Second)); !errors.Is(err, enforce.ErrEarlier) {
			t.Fatal(err)
		}
		for _, version := range []string{"26.1", "25.0"} {
			if err := f.managed.Runs(t.Context(), "two", enforce.System{Version: version}); err != nil {
				t.Fatal(err)
			}
			runs("two", "26.1")
		}
	})
}

// TestSystemToldLate: what a device said of its system before it last said so changes nothing.
func TestSystemToldLate(t *testing.T) {
	eachFleet(t, true, func(f *fleet) {
		t := f.t
		p := (&phone{fleet: f, id: "P-1"}).enrol()
		yes, no, at := true, false, f.clock.Now()
		for _, is := range []enforce.System{
			{Version: "27.0", Supervised: &yes, At: at.Add(time.Minute)},
			{Version: "26.1", Supervised: &no, At: at},
		} {
			if err := f.managed.Runs(t.Context(), p.id, is); err != nil {
				t.Fatal(err)
			}
		}
		if s := p.agent().Said.System; s.Version != "27.0" || !*s.Supervised || !s.At.Equal(at.Add(time.Minute)) {
			t.Errorf("it runs %+v", s)
		}
	})
}
