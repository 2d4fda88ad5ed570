package devices_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// two are the two people of a release, in dept-a, and a device of theirs with what is private on it.
func two(t *testing.T, s *server) (admin, approver people.Actor) {
	t.Helper()
	yes, no := true, false
	r := corporate("d1", "com.parrot=1")
	r.Installed = append(r.Installed,
		policy.Installation{Identifier: "com.managed", Version: "2", Managed: &yes}, policy.Installation{Identifier: "com.private.diary", Version: "3", Managed: &no})
	r.Names = []devices.Named{{Identifier: "com.private.diary", Name: "My secret diary", Publisher: "Diaries"}, {Identifier: "com.managed", Name: "Managed thing"}, {Identifier: "com.parrot", Name: "Parrot"}}
	r.Digest = 4711
	s.must(t, r)
	also := corporate("d2", "com.parrot=1")
	s.must(t, also)
	return s.person(t, "Admin", "dept-a", people.DeviceAdministrator), s.person(t, "Approver", "dept-a", people.Approver)
}

func TestRelease(t *testing.T) {
	for _, to := range []policy.Ownership{policy.Personal, policy.ManagedPersonal} {
		t.Run(to.String(), func(t *testing.T) {
			each(t, deep, func(t *testing.T, s *server, _ func() *server) { release(t, s, to) })
		})
	}
}

func release(t *testing.T, s *server, to policy.Ownership) {
	ctx := t.Context()
	admin, approver := two(t, s)
	from := s.size(t)
	asked, err := s.AskRelease(ctx, admin, "d1", 1, to, "it was sold to its holder")
	if err != nil {
		t.Fatal(err)
	}
	if got := on(s.one(t, "d1").Installed); len(got) != 3 {
		t.Errorf("on it while it waits: %v", got)
	}
	if open, err := s.Releases(ctx, approver, devices.ReleaseQuery{Open: true, Limit: 10}); err != nil || len(open) != 1 || open[0].Reason != "it was sold to its holder" || open[0].To != to {
		t.Errorf("what waits: %+v, %v", open, err)
	}
	s.clock.Advance(time.Hour)
	got, err := s.AnswerRelease(ctx, approver, asked.ID, true, "")
	if err != nil || !got.Agreed {
		t.Fatalf("agreed: %+v, %v", got, err)
	}
	s.follow(t)
	want := []string{}
	if to == policy.ManagedPersonal {
		want = []string{"com.managed unknown"}
	}
	one := s.one(t, "d1")
	if found := on(one.Installed); !slices.Equal(found, want) && len(want)+len(found) > 0 {
		t.Errorf("on it afterwards: %v", found)
	}
	if one.Row.Ownership != to || len(one.Releases) != 1 || one.Releases[0].Open() {
		t.Errorf("afterwards: %+v", one)
	}
	wantEntries := []string{"devices.release-asked dept-a d1", "devices.release-agreed dept-a d1"}
	if got := s.entries(t, from); !slices.Equal(got, wantEntries) {
		t.Errorf("the ledger has %q", got)
	}
	s.gone(t, to)
	// What it reports from now on leaves no trace.
	r := report("d1", "com.private.novel=1", "com.private.diary=4")
	r.Names = []devices.Named{{Identifier: "com.private.novel", Name: "A novel of mine"}}
	if out := s.must(t, r); out.Left != 2 {
		t.Errorf("the next report: %+v", out)
	}
	s.gone(t, to)
	s.never(t, "novel")
	past, err := s.DecisionsAt(ctx, admin, devices.PastQuery{Host: "d1", At: store.TimeOf(noon.Add(time.Minute))})
	if err != nil || len(past.Installed) != 3 {
		t.Errorf("while it was corporate: %v, %v", on(past.Installed), err)
	}
}

// gone fails where the tables say what is on the device as it is now, or how it is called.
func (s *server) gone(t *testing.T, to policy.Ownership) {
	t.Helper()
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		var sources string
		var packed []byte
		if err := tx.Row(`SELECT packed, sources FROM devices_hosts WHERE id = $1`, []any{[]byte("d1")}, &packed, &sources); err != nil {
			return err
		}
		if bytes.Contains([]byte(sources), []byte("4711")) {
			t.Errorf("the sources still have what the whole report is known by: %s", sources)
		}
		var names []string
		err := tx.Rows(`SELECT identifier FROM devices_names ORDER BY identifier`, nil, func(scan func(...any) error) error {
			names = append(names, "")
			return scan(&names[len(names)-1])
		})
		want := []string{"com.parrot"} // which is on another device as well
		if to == policy.ManagedPersonal {
			want = []string{"com.managed", "com.parrot"}
		}
		if !slices.Equal(names, want) {
			t.Errorf("the names that are known are of %v, not of %v", names, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if named, known := s.Fleet.Name("com.private.diary", policy.Android); known {
		t.Errorf("the fleet still knows %+v", named)
	}
}

// never fails where any table of the room has the text.
func (s *server) never(t *testing.T, text string) {
	t.Helper()
	for table, columns := range map[string]string{
		"devices_things": "name", "devices_names": "identifier || name || publisher", "devices_attributes": "object", "devices_hosts": "name || sources", "devices_changes": "source",
	} {
		err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
			var n int
			err := tx.Row(fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE %s LIKE $1`, table, columns), []any{"%" + text + "%"}, &n)
			if n > 0 {
				t.Errorf("%s has %q", table, text)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestReleasesThatAreRefused(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		admin, approver := two(t, s)
		officer := s.person(t, "Officer", "gov", people.SecurityOfficer) // who may do both
		machine := s.program(t, "dept-a", people.SecurityOfficer)
		ask := func(who people.Actor, host string, to policy.Ownership, reason string) error {
			_, err := s.AskRelease(ctx, who, host, 0, to, reason)
			return err
		}
		wants(t, "no reason", ask(admin, "d1", policy.Personal, " "), fault.Invalid, "Say why")
		wants(t, "to what it is", ask(admin, "d1", policy.Corporate, "so"), fault.Invalid, "choose what it is to be")
		wants(t, "to nothing", ask(admin, "d1", 0, "so"), fault.Invalid, "choose what it is to be")
		wants(t, "by a program", ask(machine, "d1", policy.Personal, "so"), fault.Refused, "you are a program")
		wants(t, "at the command line", ask(command, "d1", policy.Personal, "so"), fault.Refused, "")
		wants(t, "by who may only agree", ask(approver, "d1", policy.Personal, "so"), fault.Refused, "You may not")
		_, err := s.AskRelease(ctx, admin, "d1", 9, policy.Personal, "so")
		wants(t, "of what it was", err, fault.Changed, "since you opened")
		asked, err := s.AskRelease(ctx, officer, "d1", 0, policy.Personal, "so")
		if err != nil {
			t.Fatal(err)
		}
		wants(t, "twice", ask(admin, "d1", policy.Personal, "so"), fault.Conflict, "proposed already")
		answer := func(who people.Actor, id string, agree bool, why string) error {
			_, err := s.AnswerRelease(ctx, who, id, agree, why)
			return err
		}
		wants(t, "by who asked", answer(officer, asked.ID, true, ""), fault.Refused, "proposed this yourself")
		wants(t, "by a program", answer(machine, asked.ID, true, ""), fault.Refused, "you are a program")
		wants(t, "at the command line", answer(command, asked.ID, true, ""), fault.Refused, "")
		wants(t, "by who may only propose", answer(admin, asked.ID, true, ""), fault.Refused, "You may not")
		wants(t, "of none", answer(approver, "none", true, ""), fault.NotFound, "no such proposal")
		wants(t, "refused without a reason", answer(approver, asked.ID, false, ""), fault.Invalid, "Say why")
		if got := len(s.one(t, "d1").Installed); got != 3 {
			t.Errorf("%d are on it after all that", got)
		}

		if err := answer(approver, asked.ID, false, "it is needed"); err != nil {
			t.Error(err)
		}
		wants(t, "after it was refused", answer(approver, asked.ID, true, ""), fault.Conflict, "answered already")
		s.clock.Advance(time.Second)
		again, err := s.AskRelease(ctx, officer, "d1", 0, policy.Personal, "so")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Move(ctx, officer, "d1", devices.HostMove{Organisation: "office"}); err != nil {
			t.Fatal(err)
		}
		wants(t, "when it has moved", answer(approver, again.ID, true, ""), fault.Conflict, "not what it was")
		if err := answer(officer, again.ID, false, ""); err != nil {
			t.Errorf("taken back: %v", err)
		}
		all, err := s.Releases(ctx, officer, devices.ReleaseQuery{Limit: 10})
		if err != nil || len(all) != 2 || !all[0].TakenBack || all[1].TakenBack || all[1].Why != "it is needed" {
			t.Errorf("all of them: %+v, %v", all, err)
		}
		if open, err := s.Releases(ctx, officer, devices.ReleaseQuery{Open: true, Limit: 10}); err != nil || len(open) != 0 {
			t.Errorf("what waits: %+v, %v", open, err)
		}
		elsewhere := s.person(t, "Elsewhere", "dept-b", people.SecurityOfficer)
		if other, err := s.Releases(ctx, elsewhere, devices.ReleaseQuery{Limit: 10}); err != nil || len(other) != 0 {
			t.Errorf("another body sees %+v, %v", other, err)
		}
		for _, id := range []string{again.ID, "none"} {
			_, err = s.Release(ctx, elsewhere, id)
			wants(t, "one of another body", err, fault.NotFound, "There is no such proposal")
			_, err = s.AnswerRelease(ctx, elsewhere, id, true, "")
			wants(t, "to answer one of another body", err, fault.NotFound, "There is no such proposal")
		}
	})
}

// TestReleasesByPrograms: a program stands for the person who made its token: with them it is one, and with another two.
func TestReleasesByPrograms(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		_, approver := two(t, s)
		officer := s.person(t, "Officer", "gov", people.SecurityOfficer)
		other := s.person(t, "Other", "gov", people.SecurityOfficer)
		of := func(person people.Actor) people.Actor {
			t.Helper()
			made, err := s.People.MakeToken(ctx, person, "a program", people.Grant{Role: people.SecurityOfficer, Organisation: "gov"}, people.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return people.Actor{Token: made.Secret}
		}
		asked, err := s.AskRelease(ctx, of(officer), "d1", 0, policy.Personal, "so")
		if err != nil {
			t.Fatal(err)
		}
		for name, same := range map[string]people.Actor{"the person": officer, "another program of theirs": of(officer)} {
			_, err := s.AnswerRelease(ctx, same, asked.ID, true, "")
			wants(t, name, err, fault.Refused, "proposed this yourself")
		}
		_, err = s.AnswerRelease(ctx, s.program(t, "gov", people.SecurityOfficer), asked.ID, true, "")
		wants(t, "a program of nobody's", err, fault.Refused, "you are a program")
		agreed, err := s.AnswerRelease(ctx, of(other), asked.ID, true, "")
		if err != nil || !agreed.Agreed || agreed.AnsweredBy == asked.AskedBy || agreed.AskedBy == "" {
			t.Errorf("agreed by another's: %+v, %v", agreed, err)
		}
		if asked, err = s.AskRelease(ctx, officer, "d2", 0, policy.Personal, "so"); err != nil {
			t.Fatal(err)
		}
		if back, err := s.AnswerRelease(ctx, of(officer), asked.ID, false, ""); err != nil || !back.TakenBack {
			t.Errorf("taken back by a program of theirs: %+v, %v", back, err)
		}
		if asked, err = s.AskRelease(ctx, of(officer), "d2", 0, policy.Personal, "so"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AnswerRelease(ctx, approver, asked.ID, true, ""); err != nil {
			t.Errorf("agreed by a person: %v", err)
		}
	})
}
