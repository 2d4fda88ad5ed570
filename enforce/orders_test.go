package enforce_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/enforce/mdm"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// lost is people around a Mac of dept-a that is enrolled with its manager.
type lost struct {
	*office
	*enforce.Room
	t       testing.TB
	beside  *beside
	managed *enforce.Managed
	manager *mdm.Manager
	officer people.Actor
}

func eachLost(t *testing.T, test func(t *testing.T, l *lost)) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		b, client := o.beside(t)
		managed := o.managed(o.token(t, "dept-a").Secret)
		l := &lost{office: o, Room: &enforce.Room{People: o.people, Fleet: o.things.Fleet}, t: t, beside: b, managed: managed,
			manager: mdm.NewManager(client, managed, "secret", 24*time.Hour, o.clock.Now, slog.New(slog.DiscardHandler))}
		for host, on := range map[string]policy.Platform{"mac-1": policy.MacOS, "tablet": policy.IOS} {
			if err := managed.Enrolled(t.Context(), host, "", on); err != nil {
				t.Fatal(err)
			}
		}
		l.officer = l.person("Olive", people.Grant{Role: people.SecurityOfficer, Organisation: "gov"})
		test(t, l)
	})
}

// person is somebody of dept-a who has signed in.
func (l *lost) person(name string, grants ...people.Grant) people.Actor {
	l.t.Helper()
	return l.personOf("dept-a", strings.ToLower(name), name, grants...)
}

func (l *lost) personOf(organisation, user, name string, grants ...people.Grant) people.Actor {
	l.t.Helper()
	p, err := l.people.AddPerson(l.t.Context(), command, organisation, people.Particulars{Name: name, UserName: user})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, g := range grants {
		if _, err := l.people.GiveRole(l.t.Context(), command, p.ID, g, people.Period{}); err != nil {
			l.t.Fatal(err)
		}
	}
	session, err := l.people.OpenSession(l.t.Context(), p.ID, "passkey", "", "")
	if err != nil {
		l.t.Fatal(err)
	}
	return people.Actor{Session: session}
}

// ask has somebody ask for something, and tells of what kind the fault is.
func (l *lost) ask(who people.Actor, host, action string) (enforce.Order, error) {
	return l.Ask(l.t.Context(), who, host, action, "left on a train")
}

// sends has the manager send what is due, and returns what devices were told.
func (l *lost) sends() []string {
	l.t.Helper()
	if err := l.manager.Order(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.beside.mu.Lock()
	defer l.beside.mu.Unlock()
	told := l.beside.orders
	l.beside.orders = nil
	return told
}

// TestLock: one person's word locks a device, once; the device says what became of it.
func TestLock(t *testing.T) {
	eachLost(t, func(t *testing.T, l *lost) {
		o, err := l.ask(l.officer, "mac-1", enforce.Lock)
		if err != nil || !regexp.MustCompile(`^\d{6}$`).MatchString(o.PIN) || o.Answer != enforce.Agreed {
			t.Fatal(o, err)
		}
		if _, err := l.ask(l.officer, "mac-1", enforce.Lock); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked twice: %v", err)
		}
		if told := l.sends(); len(told) != 1 || !strings.HasPrefix(told[0], "mac-1|"+o.ID+"|DeviceLock|") || !strings.HasSuffix(told[0], "|"+o.PIN) {
			t.Errorf("told %q", told)
		}
		if told := l.sends(); len(told) > 0 {
			t.Errorf("told again %q", told)
		}
		for _, did := range []struct{ host, failed string }{{"tablet", ""}, {"mac-1", "the device answered Error"}, {"mac-1", ""}} {
			if err := l.managed.Did(t.Context(), did.host, o.ID, did.failed); err != nil {
				t.Fatal(err)
			}
		}
		all, err := l.Orders(t.Context(), l.officer, "mac-1")
		if err != nil || len(all.Orders) != 1 || all.Orders[0].Failed != "the device answered Error" || all.Orders[0].Done.IsZero() || all.Orders[0].Sent.IsZero() || !all.MayAsk || !all.MayAgree {
			t.Errorf("%+v, %v", all, err)
		}
		again, err := l.ask(l.officer, "mac-1", enforce.Lock) // the first is over
		if err != nil || again.PIN == o.PIN {
			t.Errorf("%+v, %v", again, err)
		}
		if o, err := l.ask(l.officer, "tablet", enforce.Lock); err != nil || o.PIN != "" {
			t.Errorf("a tablet takes no PIN: %+v, %v", o, err)
		}
		if entries := l.entries(t); len(entries) != 3 || strings.Contains(strings.Join(entries, ""), "train") {
			t.Errorf("the ledger has %q", entries)
		}
	})
}

// TestErase: it takes two people, of whom the second may agree; and nothing is sent before.
func TestErase(t *testing.T) {
	eachLost(t, func(t *testing.T, l *lost) {
		second := l.person("Sam", people.Grant{Role: people.Approver, Organisation: "dept-a"})
		o, err := l.ask(l.officer, "tablet", enforce.Erase)
		if err != nil || o.Answer != "" {
			t.Fatal(o, err)
		}
		if told := l.sends(); len(told) > 0 {
			t.Fatalf("told %q", told)
		}
		if _, err := l.Answer(t.Context(), l.officer, o.ID, true, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("by the same person: %v", err)
		}
		if _, err := l.Answer(t.Context(), second, o.ID, false, ""); len(fault.Fields(err)) == 0 {
			t.Errorf("refused without a reason: %v", err)
		}
		if o, err = l.Answer(t.Context(), second, o.ID, true, ""); err != nil || o.Answer != enforce.Agreed {
			t.Fatal(o, err)
		}
		if _, err := l.Answer(t.Context(), second, o.ID, false, "no"); !fault.Is(err, fault.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
		if told := l.sends(); len(told) != 1 || told[0] != "tablet|"+o.ID+"|EraseDevice" {
			t.Errorf("told %q", told)
		}
		other, err := l.ask(l.officer, "mac-1", enforce.Erase)
		if err == nil {
			other, err = l.Answer(t.Context(), l.officer, other.ID, false, "")
		}
		if err != nil || other.Answer != enforce.TakenBack || len(l.sends()) > 0 {
			t.Errorf("taken back: %+v, %v", other, err)
		}
		third, err := l.ask(l.officer, "mac-1", enforce.Erase)
		if err == nil {
			third, err = l.Answer(t.Context(), second, third.ID, false, "it was found")
		}
		if err != nil || third.Answer != enforce.Refused || len(l.sends()) > 0 {
			t.Errorf("refused: %+v, %v", third, err)
		}
	})
}

// TestWhoMayOrder: whoever holds a device, and those who may change it where it belongs; of others' devices nobody is told.
func TestWhoMayOrder(t *testing.T) {
	eachLost(t, func(t *testing.T, l *lost) {
		holder, other := l.person("Hilda"), l.person("Otto", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-b"})
		auditor := l.person("Aude", people.Grant{Role: people.Auditor, Organisation: "gov"})
		name := "hilda"
		if _, err := l.things.Change(t.Context(), l.officer, "mac-1", devices.HostChange{Holder: &name}); err != nil {
			t.Fatal(err)
		}
		l.follow(t)
		o, err := l.ask(holder, "mac-1", enforce.Lock)
		if err != nil || o.PIN != "" {
			t.Errorf("by its holder, who need not know the PIN: %+v, %v", o, err)
		}
		if all, err := l.Orders(t.Context(), holder, "mac-1"); err != nil || len(all.Orders) != 1 || all.Orders[0].PIN != "" || !all.MayAsk || all.MayAgree {
			t.Errorf("%+v, %v", all, err)
		}
		namesake := l.personOf("dept-b", "other", "hilda") // whose devices are others
		if _, err := l.ask(namesake, "mac-1", enforce.Lock); !fault.Is(err, fault.NotFound) {
			t.Errorf("by a namesake elsewhere: %v", err)
		}
		erase, err := l.ask(holder, "mac-1", enforce.Erase)
		if err != nil {
			t.Fatal(err)
		}
		for who, kind := range map[people.Actor]fault.Kind{holder: fault.Conflict, other: fault.NotFound, auditor: fault.Refused, {Token: "none"}: fault.SignedOut} {
			if _, err := l.Answer(t.Context(), who, erase.ID, true, ""); !fault.Is(err, kind) {
				t.Errorf("%+v agrees: %v", who, err)
			}
		}
		if _, err := l.Answer(t.Context(), l.officer, erase.ID, true, ""); err != nil {
			t.Error(err)
		}
		for who, kind := range map[people.Actor]fault.Kind{holder: fault.NotFound, other: fault.NotFound, auditor: fault.Refused, command: fault.Refused} {
			if _, err := l.ask(who, "tablet", enforce.Lock); !fault.Is(err, kind) {
				t.Errorf("%+v asks: %v", who, err)
			}
		}
		if _, err := l.Orders(t.Context(), other, "mac-1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another body's: %v", err)
		}
	})
}

// TestNotToBeOrdered: what is somebody's own, what no manager reaches, and what is not asked for rightly.
func TestNotToBeOrdered(t *testing.T) {
	eachLost(t, func(t *testing.T, l *lost) {
		l.enrol(t, keyed(l.token(t, "dept-a"), "bare"))
		l.follow(t)
		for host, action := range map[string]string{"bare": enforce.Lock, "mac-1": "explode"} {
			if _, err := l.ask(l.officer, host, action); !fault.Is(err, fault.Conflict) && len(fault.Fields(err)) == 0 {
				t.Errorf("%s %s: %v", action, host, err)
			}
		}
		if _, err := l.Ask(t.Context(), l.officer, "mac-1", enforce.Lock, " "); len(fault.Fields(err)) != 1 {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := l.ask(l.officer, "nothing", enforce.Lock); !fault.Is(err, fault.NotFound) {
			t.Errorf("no device: %v", err)
		}
		if _, err := l.things.Enrol(t.Context(), l.officer, devices.Enrolment{ID: "own", Organisation: "dept-a", Ownership: policy.ManagedPersonal, Platform: policy.IOS}); err != nil {
			t.Fatal(err)
		}
		l.follow(t)
		if err := l.managed.Enrolled(t.Context(), "own", "", policy.IOS); err != nil {
			t.Fatal(err)
		}
		if _, err := l.ask(l.officer, "own", enforce.Erase); !fault.Is(err, fault.Conflict) {
			t.Errorf("somebody's own: %v", err)
		}
	})
}

// TestOrderAgain: what the manager does not take is sent once it does; and a server that has not the lease sends nothing.
func TestOrderAgain(t *testing.T) {
	eachLost(t, func(t *testing.T, l *lost) {
		o, err := l.ask(l.officer, "tablet", enforce.Lock)
		if err != nil {
			t.Fatal(err)
		}
		l.beside.fails = true
		if err := l.manager.Order(t.Context()); err == nil {
			t.Error("the manager is away, and nothing is said")
		}
		l.beside.fails = false
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		l.manager.Run(ctx, func(ctx context.Context, do func(context.Context) error) (bool, error) {
			err := do(ctx)
			l.beside.mu.Lock()
			defer l.beside.mu.Unlock()
			if len(l.beside.orders) > 0 {
				cancel()
			}
			return true, err
		})
		if told := l.beside.orders; len(told) != 1 || !strings.HasPrefix(told[0], "tablet|"+o.ID) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("told %q", told)
		}
	})
}
