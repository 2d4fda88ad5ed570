package devices_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// person adds somebody with roles in an organisation, and signs them in.
func (s *server) person(t testing.TB, name, organisation string, roles ...people.Role) people.Actor {
	t.Helper()
	p, err := s.People.AddPerson(t.Context(), command, organisation, people.Particulars{Name: name, Mail: fmt.Sprintf("%s@%s.example", strings.ToLower(name), organisation)})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		if _, err := s.People.GiveRole(t.Context(), command, p.ID, people.Grant{Role: role, Organisation: organisation}, people.Period{}); err != nil {
			t.Fatal(err)
		}
	}
	session, err := s.People.OpenSession(t.Context(), p.ID, "test", "192.0.2.1", "a browser")
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Session: session}
}

// program makes a token with a role in an organisation.
func (s *server) program(t testing.TB, organisation string, role people.Role) people.Actor {
	t.Helper()
	made, err := s.People.MakeToken(t.Context(), command, "a program", people.Grant{Role: role, Organisation: organisation}, people.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Token: made.Secret}
}

// entries are the kinds of the ledger's entries from one on, with their subjects.
func (s *server) entries(t testing.TB, from int64) (all []string) {
	t.Helper()
	s.sequence(t)
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		recorded, err := ledger.Entries(tx, from, 1000)
		for _, e := range recorded {
			all = append(all, e.Kind.Name+" "+strings.Join(e.Subjects, " "))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// ledgerKey signs the ledgers of these tests.
var ledgerKey = sync.OnceValues(func() (ledger.Key, error) {
	secret, _, err := note.GenerateKey(rand.Reader, "ledger.example/test")
	if err != nil {
		return ledger.Key{}, err
	}
	return ledger.ParseKey(secret)
})

// sequence gives the ledger's entries their places.
func (s *server) sequence(t testing.TB) {
	t.Helper()
	key, err := ledgerKey()
	if err != nil {
		t.Fatal(err)
	}
	sequencer, err := ledger.NewSequencer(s.People.DB, s.book, key, "test", s.People.Log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sequencer.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *server) size(t testing.TB) (n int64) {
	t.Helper()
	s.sequence(t)
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		n, err = ledger.Size(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// refusals is how many the access log has.
func (s *server) refusals(t testing.TB) (n int) {
	t.Helper()
	all, err := s.People.AccessLog(t.Context(), command, "", 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Outcome == "refused" {
			n++
		}
	}
	return n
}

func wants(t testing.TB, what string, err error, kind fault.Kind, says string) {
	t.Helper()
	if !fault.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v", what, err)
	}
}

// one reads a host as the command line sees it.
func (s *server) one(t testing.TB, id string) devices.One {
	t.Helper()
	one, err := s.One(t.Context(), command, id)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// corporate is a report that says whose the device is.
func corporate(host string, identifiers ...string) devices.Report {
	r := report(host, identifiers...)
	r.Ownership = policy.Corporate
	return r
}

// on are what is on a host, with the verdicts.
func on(all []devices.Installed) (names []string) {
	for _, in := range all {
		names = append(names, in.Installation.Identifier+" "+in.Decision.Verdict.String())
	}
	return names
}

// deep is the house with a body below dept-a.
const deep = `
organisations:
  - {id: gov}
  - {id: dept-a, parent: gov}
  - {id: office, parent: dept-a}
  - {id: dept-b, parent: gov}
suppliers: [{id: maker}]
products:
  - {id: parrot, kind: app, name: Parrot, supplier: maker, identifiers: {android: [com.parrot]}}
  - {id: notes, kind: app, name: Notes, identifiers: {android: [com.notes]}}
rules:
  - {id: ban-maker, effect: ban, target: {supplier: maker}, components: true, clearance: none, scope: gov, from: 2026-01-01, reason: "a reason"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: dept-a, from: 2026-01-01, reason: "for work"}
`

func TestWhoMayChangeDevices(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		admin := s.person(t, "Admin", "dept-a", people.DeviceAdministrator)
		auditor, staff := s.person(t, "Auditor", "dept-a", people.Auditor), s.person(t, "Staff", "gov", people.Staff)
		for id, organisation := range map[string]string{"own": "dept-a", "below": "office", "above": "gov", "other": "dept-b"} {
			r := corporate(id, "com.notes=1")
			r.Organisation = organisation
			s.must(t, r)
		}
		name := "Called"
		do := map[string]func(who people.Actor, id string) error{
			"change": func(who people.Actor, id string) error {
				_, err := s.Change(ctx, who, id, devices.HostChange{Name: &name})
				return err
			},
			"state": func(who people.Actor, id string) error {
				_, err := s.ChangeState(ctx, who, id, devices.StateChange{State: devices.Lost})
				return err
			},
			"ask": func(who people.Actor, id string) error {
				_, err := s.AskRelease(ctx, who, id, 0, policy.Personal, "sold")
				return err
			},
			"forget": func(who people.Actor, id string) error {
				_, err := s.ForgetSource(ctx, who, id, "api", 0)
				return err
			},
		}
		for what, op := range do {
			for _, id := range []string{"own", "below"} {
				if err := op(admin, id); err != nil {
					t.Errorf("%s %s: %v", what, id, err)
				}
			}
			wants(t, what+" as who may only look", op(auditor, "own"), fault.Refused, "You may not")
		}
		do["see"] = func(who people.Actor, id string) error {
			_, err := s.One(ctx, who, id)
			return err
		}
		do["see what was of"] = func(who people.Actor, id string) error {
			_, err := s.DecisionsAt(ctx, who, devices.PastQuery{Host: id})
			return err
		}
		do["decide"] = func(who people.Actor, id string) error {
			_, err := s.Decisions(ctx, who, devices.PastQuery{Host: id})
			return err
		}
		do["take"] = func(who people.Actor, id string) error {
			_, err := s.Move(ctx, who, id, devices.HostMove{Organisation: "dept-a"})
			return err
		}
		for what, op := range do {
			for _, id := range []string{"above", "other", "none"} {
				before := s.refusals(t)
				err := op(admin, id)
				var told *fault.Error
				if !errors.As(err, &told) || *told != (fault.Error{Kind: fault.NotFound, Message: "There is no device " + id + " here"}) {
					t.Errorf("%s %s: %v", what, id, err)
				}
				if noted := s.refusals(t) - before; noted != 1 && id != "none" {
					t.Errorf("%s %s: the access log has %d more", what, id, noted)
				}
				wants(t, what+" "+id+" as who may nowhere", op(staff, id), fault.Refused, "You may not")
			}
		}
		_, err := s.Move(ctx, admin, "own", devices.HostMove{Organisation: "dept-b"})
		wants(t, "give away", err, fault.Refused, "You may not")
		_, err = s.Enrol(ctx, admin, devices.Enrolment{ID: "new", Organisation: "dept-b", Platform: policy.IOS})
		wants(t, "enrol elsewhere", err, fault.Refused, "You may not")
	})
}

func TestEnrolAndChange(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		admin := s.person(t, "Admin", "dept-a", people.DeviceAdministrator)
		from := s.size(t)
		made, err := s.Enrol(ctx, admin, devices.Enrolment{ID: "d1", Name: "Telephone", Organisation: "dept-a", Platform: policy.Android, Holder: "p1", Groups: []string{"press", "field", "press"}})
		if err != nil {
			t.Fatal(err)
		}
		if made.Version != 1 || made.Row.Ownership != policy.Corporate || !slices.Equal(made.Row.Groups, []string{"field", "press"}) {
			t.Errorf("enrolled: %+v", made)
		}
		_, err = s.Enrol(ctx, admin, devices.Enrolment{ID: "d1", Organisation: "office", Platform: policy.Android})
		wants(t, "again", err, fault.Invalid, "this id already")
		_, err = s.Enrol(ctx, admin, devices.Enrolment{ID: "d\x01", Organisation: "office", Holder: " x", Groups: []string{""}})
		if got := len(fault.Fields(err)); got != 4 {
			t.Errorf("%d faults in what is wrong throughout: %v", got, err)
		}
		s.must(t, corporate("d1", "com.notes=1"))
		name, holder, groups := "Telephone 1", "p2", []string{}
		_, err = s.Change(ctx, admin, "d1", devices.HostChange{Version: 1, Name: &name})
		wants(t, "a stale form", err, fault.Changed, "since you opened it")
		s.clock.Advance(time.Hour)
		got, err := s.Change(ctx, admin, "d1", devices.HostChange{Version: 2, Name: &name, Holder: &holder, Groups: &groups})
		if err != nil || got.Version != 3 || got.Name != name || got.Row.Holder != "p2" || got.Row.Groups != nil {
			t.Fatalf("changed: %+v, %v", got, err)
		}
		if again, err := s.Change(ctx, admin, "d1", devices.HostChange{Version: 3, Name: &name}); err != nil || again.Version != 3 {
			t.Errorf("changed to what it is: %+v, %v", again, err)
		}
		_, err = s.Change(ctx, admin, "d1", devices.HostChange{Ownership: policy.Personal})
		wants(t, "less of it is judged", err, fault.Invalid, "takes two people")
		if got, want := s.entries(t, from), []string{"devices.host-enrolled dept-a d1", "devices.host-changed dept-a d1"}; !slices.Equal(got, want) {
			t.Errorf("the ledger has %q", got)
		}
		one := s.one(t, "d1")
		if len(one.Standings) != 3 || one.Standings[0].Holder == one.Standings[2].Holder || len(one.Changes) != 1 || one.Changes[0].Came[0].Name != "Notes" {
			t.Errorf("what it was: %+v, what came and went: %+v", one.Standings, one.Changes)
		}
		past, err := s.DecisionsAt(ctx, admin, devices.PastQuery{Host: "d1", At: store.TimeOf(noon.Add(time.Minute))})
		if err != nil || past.Was.Holder != "p1" {
			t.Errorf("an hour ago: %+v, %v", past.Was, err)
		}
	})
}

// TestMoreIsJudged: a personal device that becomes corporate is judged by the very next report, even if
// that is the same as the last.
func TestMoreIsJudged(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		r := corporate("d1", "com.parrot=1")
		r.Ownership, r.Digest = policy.Personal, 77
		s.must(t, r)
		if got := on(s.one(t, "d1").Installed); len(got) != 0 {
			t.Errorf("on a personal device: %v", got)
		}
		admin := s.person(t, "Admin", "dept-a", people.DeviceAdministrator)
		if _, err := s.Change(t.Context(), admin, "d1", devices.HostChange{Ownership: policy.Corporate}); err != nil {
			t.Fatal(err)
		}
		s.follow(t)
		r.Ownership = 0
		if same, err := s.intake.Unchanged(t.Context(), s.program(t, "dept-a", people.DeviceAdministrator), "d1", 77, noon); err != nil || same {
			t.Errorf("the last report is taken for what is stored: %v, %v", same, err)
		}
		s.must(t, r)
		if got := on(s.one(t, "d1").Installed); !slices.Equal(got, []string{"com.parrot banned"}) {
			t.Errorf("on the corporate device: %v", got)
		}
	})
}

// TestMove: a move that is entered late counts from when it was, and what was known before stays known.
func TestMove(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		officer := s.person(t, "Officer", "gov", people.SecurityOfficer)
		s.must(t, corporate("d1", "com.notes=1"))
		holder := "p1"
		s.clock.Advance(3 * time.Hour)
		if _, err := s.Change(ctx, officer, "d1", devices.HostChange{Holder: &holder}); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(2 * time.Hour)
		before := s.clock.Now()
		s.clock.Advance(time.Hour)
		from := s.size(t)
		moved, err := s.Move(ctx, officer, "d1", devices.HostMove{Organisation: "dept-b", From: store.TimeOf(noon.Add(2 * time.Hour))})
		if err != nil || moved.Row.Organisation != "dept-b" {
			t.Fatalf("moved: %+v, %v", moved, err)
		}
		if got, want := s.entries(t, from), []string{"devices.host-moved dept-b d1 dept-a"}; !slices.Equal(got, want) {
			t.Errorf("the ledger has %q", got)
		}
		for _, c := range []struct {
			at, known            time.Time
			organisation, holder string
		}{
			{noon.Add(time.Hour), s.clock.Now(), "dept-a", ""},
			{noon.Add(150 * time.Minute), s.clock.Now(), "dept-b", ""},
			{noon.Add(150 * time.Minute), before, "dept-a", ""},
			{noon.Add(4 * time.Hour), s.clock.Now(), "dept-b", "p1"},
			{noon.Add(4 * time.Hour), before, "dept-a", "p1"},
		} {
			past, err := s.DecisionsAt(ctx, officer, devices.PastQuery{Host: "d1", At: store.TimeOf(c.at), Known: store.TimeOf(c.known)})
			if err != nil || past.Was.Organisation != c.organisation || past.Was.Holder != c.holder {
				t.Errorf("at %s, as known at %s: %+v, %v", c.at, c.known, past.Was, err)
				continue
			}
			want := "com.notes allowed"
			if c.organisation == "dept-b" {
				want = "com.notes unlisted"
			}
			if got := on(past.Installed); !slices.Equal(got, []string{want}) {
				t.Errorf("at %s, as known at %s: %v, not %s", c.at, c.known, got, want)
			}
		}
		for says, m := range map[string]devices.HostMove{
			"has come":         {Organisation: "dept-a", From: store.TimeOf(s.clock.Now().Add(time.Hour))},
			"Choose":           {},
			"You may not":      {Organisation: "nowhere"},
			"since you opened": {Organisation: "dept-a", Version: 1},
		} {
			_, err := s.Move(ctx, officer, "d1", m)
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%+v: %v", m, err)
			}
		}
		if again, err := s.Move(ctx, officer, "d1", devices.HostMove{Organisation: "dept-b"}); err != nil || again.Version != moved.Version {
			t.Errorf("moved to where it is: %+v, %v", again, err)
		}
		_, err = s.DecisionsAt(ctx, officer, devices.PastQuery{Host: "d1", At: store.TimeOf(s.clock.Now().Add(time.Hour))})
		wants(t, "what will be", err, fault.Invalid, "nobody can say yet")
	})
}

func TestStates(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		s.must(t, corporate("d1", "com.parrot=1"))
		s.must(t, corporate("d2", "com.notes=1"))
		other := corporate("d3", "com.notes=1")
		other.Organisation = "dept-b"
		s.must(t, other)
		admin := s.person(t, "Admin", "dept-a", people.DeviceAdministrator)
		from := s.size(t)
		change := func(c devices.StateChange) error {
			t.Helper()
			s.clock.Advance(time.Hour)
			_, err := s.ChangeState(ctx, admin, "d1", c)
			s.follow(t)
			return err
		}
		if err := change(devices.StateChange{State: devices.Lost}); err != nil {
			t.Fatal(err)
		}
		if got := s.breaches(t); !slices.Contains(got, "d1 com.parrot banned") {
			t.Errorf("in breach while it is lost: %v", got)
		}
		wants(t, "by itself", change(devices.StateChange{State: devices.Replaced, ReplacedBy: "d1"}), fault.Invalid, "itself")
		wants(t, "by nothing", change(devices.StateChange{State: devices.Replaced}), fault.Invalid, "used instead")
		wants(t, "by what is another's", change(devices.StateChange{State: devices.Replaced, ReplacedBy: "d3"}), fault.Invalid, "no device d3")
		wants(t, "to no state", change(devices.StateChange{State: "eaten"}), fault.Invalid, "Choose")
		wants(t, "stale", change(devices.StateChange{State: devices.Retired, Version: 1}), fault.Changed, "since you opened")
		if err := change(devices.StateChange{State: devices.Replaced, ReplacedBy: "d2"}); err != nil {
			t.Fatal(err)
		}
		wants(t, "again", change(devices.StateChange{State: devices.Replaced, ReplacedBy: "d2"}), fault.Conflict, "already")
		wants(t, "lost after that", change(devices.StateChange{State: devices.Lost}), fault.Conflict, "return it")
		if got := s.breaches(t); slices.Contains(got, "d1 com.parrot banned") {
			t.Errorf("in breach when it is replaced: %v", got)
		}
		if one := s.one(t, "d1"); one.ReplacedBy != "d2" || len(one.Installed) != 0 {
			t.Errorf("replaced: %+v", one)
		}
		if _, err := s.send(t, command, corporate("d1", "com.parrot=1")); err == nil || !strings.Contains(err.Error(), "was replaced by d2") {
			t.Errorf("a report of it: %v", err)
		}
		while := s.clock.Now()
		if err := change(devices.StateChange{State: devices.InUse}); err != nil {
			t.Fatal(err)
		}
		if got := s.breaches(t); !slices.Contains(got, "d1 com.parrot banned") {
			t.Errorf("in breach when it is in use again: %v", got)
		}
		past, err := s.DecisionsAt(ctx, admin, devices.PastQuery{Host: "d1", At: store.TimeOf(while)})
		if err != nil || past.Here {
			t.Errorf("while it was replaced: %+v, %v", past, err)
		}
		if past, err = s.DecisionsAt(ctx, admin, devices.PastQuery{Host: "d1", At: store.TimeOf(noon)}); err != nil || !past.Here || len(past.Installed) != 1 || past.Installed[0].Why == nil {
			t.Errorf("before: %+v, %v", past, err)
		}
		want := []string{"devices.host-retired dept-a d1", "devices.host-retired dept-a d1", "devices.host-returned dept-a d1"}
		if got := s.entries(t, from); !slices.Equal(got, want) {
			t.Errorf("the ledger has %q", got)
		}
	})
}

func TestForgetSource(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		s.must(t, corporate("d1", "com.notes=1"))
		other := corporate("d1", "com.parrot=1", "com.notes=1")
		other.Source = "old tool"
		s.must(t, other)
		if got := on(s.one(t, "d1").Installed); len(got) != 2 {
			t.Fatalf("on it: %v", got)
		}
		if in := s.one(t, "d1").Installed[1]; len(in.Sources) != 2 {
			t.Errorf("both tools name notes, and shown are %v", in.Sources)
		}
		admin := s.person(t, "Admin", "dept-a", people.DeviceAdministrator)
		_, err := s.ForgetSource(t.Context(), admin, "d1", "another", 0)
		wants(t, "what never reported", err, fault.NotFound, "another")
		from := s.size(t)
		if _, err := s.ForgetSource(t.Context(), admin, "d1", "old tool", 0); err != nil {
			t.Fatal(err)
		}
		s.follow(t)
		if got := on(s.one(t, "d1").Installed); !slices.Equal(got, []string{"com.notes allowed"}) {
			t.Errorf("on it without the old tool: %v", got)
		}
		if got := s.breaches(t); len(got) != 0 {
			t.Errorf("in breach: %v", got)
		}
		if got := s.entries(t, from); !slices.Equal(got, []string{"devices.source-forgotten dept-a d1"}) {
			t.Errorf("the ledger has %q", got)
		}
	})
}
