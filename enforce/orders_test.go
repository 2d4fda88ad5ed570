package enforce_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/alerts"
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
		outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: o.people.Ledger, Chance: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		room := &enforce.Room{People: o.people, Fleet: o.things.Fleet, Outbox: outbox}
		managed := enforce.NewManaged(room, o.Agents, o.intake, o.token(t, "dept-a").Secret, formOfManaged)
		l := &lost{office: o, Room: room, t: t, beside: b, managed: managed,
			manager: mdm.NewManager(client, managed, "secret", 24*time.Hour, o.clock.Now, slog.New(slog.DiscardHandler))}
		for host, on := range map[string]policy.Platform{"mac-1": policy.MacOS, "tablet": policy.IOS} {
			if err := managed.Enrolled(t.Context(), host, "", on, o.clock.Now(), ""); err != nil {
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
		if err := l.managed.Enrolled(t.Context(), "own", "", policy.IOS, l.clock.Now(), ""); err != nil {
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

// becomes has two others make a device something else, and the fleet hear of it where it follows.
func (l *lost) becomes(host string, ownership policy.Ownership) {
	l.t.Helper()
	release, err := l.things.AskRelease(l.t.Context(), l.person("Rita", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"}), host, 0, ownership, "she bought it")
	if err == nil {
		release, err = l.things.AnswerRelease(l.t.Context(), l.person("Ray", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"}), release.ID, true, "")
	}
	if err != nil || !release.Agreed {
		l.t.Fatal(release, err)
	}
}

// one is the only order of a device.
func (l *lost) one(host string) enforce.Order {
	l.t.Helper()
	all, err := l.Orders(l.t.Context(), l.officer, host)
	if err != nil || len(all.Orders) != 1 {
		l.t.Fatal(all, err)
	}
	return all.Orders[0]
}

// TestBecomesPersonal: what was asked for while a device was the organisation's is not done once it is somebody's own,
// whether it was agreed by then or not; and not when it is the organisation's again.
func TestBecomesPersonal(t *testing.T) {
	for _, to := range []policy.Ownership{policy.Personal, policy.ManagedPersonal} {
		eachLost(t, func(t *testing.T, l *lost) {
			second := l.person("Sam", people.Grant{Role: people.Approver, Organisation: "dept-a"})
			o, err := l.ask(l.officer, "tablet", enforce.Erase)
			if err != nil {
				t.Fatal(err)
			}
			l.becomes("tablet", to)
			if _, err := l.Answer(t.Context(), second, o.ID, true, ""); !fault.Is(err, fault.Conflict) {
				t.Errorf("it is somebody's own, and is to be erased: %v", err)
			}
			if told := l.sends(); len(told) > 0 || l.one("tablet").Answer != "" {
				t.Errorf("told %q, and the order is %+v", told, l.one("tablet"))
			}
			if o, err = l.Answer(t.Context(), second, o.ID, false, "it is hers"); err != nil || o.Answer != enforce.Refused {
				t.Errorf("it can be refused still: %+v, %v", o, err)
			}
		})
		eachLost(t, func(t *testing.T, l *lost) {
			second := l.person("Sam", people.Grant{Role: people.Approver, Organisation: "dept-a"})
			o, err := l.ask(l.officer, "tablet", enforce.Erase)
			if err == nil {
				_, err = l.Answer(t.Context(), second, o.ID, true, "")
			}
			if err == nil {
				_, err = l.ask(l.officer, "mac-1", enforce.Lock)
			}
			if err != nil {
				t.Fatal(err)
			}
			l.becomes("tablet", to)
			if told := l.sends(); len(told) != 1 || !strings.HasPrefix(told[0], "mac-1|") {
				t.Errorf("told %q", told)
			}
			if o := l.one("tablet"); !o.Over() || o.Failed == "" || !o.Sent.IsZero() {
				t.Errorf("the order is not over: %+v", o)
			}
			corporate := policy.Corporate
			if _, err := l.things.Change(t.Context(), l.officer, "tablet", devices.HostChange{Ownership: corporate}); err != nil {
				t.Fatal(err)
			}
			if told := l.sends(); len(told) > 0 {
				t.Errorf("it is the organisation's again, and an old word holds: %q", told)
			}
		})
	}
}

// TestGone: what is retired or replaced is not erased, and not when it returns to use either.
func TestGone(t *testing.T) {
	eachLost(t, func(t *testing.T, l *lost) {
		second := l.person("Sam", people.Grant{Role: people.Approver, Organisation: "dept-a"})
		o, err := l.ask(l.officer, "tablet", enforce.Erase)
		if err == nil {
			_, err = l.ask(l.officer, "mac-1", enforce.Lock)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []devices.StateChange{{State: devices.Replaced, ReplacedBy: "mac-1"}, {State: devices.InUse}, {State: devices.Retired}} {
			if _, err := l.things.ChangeState(t.Context(), l.officer, "tablet", c); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.Answer(t.Context(), second, o.ID, true, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("retired, and is to be erased: %v", err)
		}
		if _, err := l.Answer(t.Context(), l.person("Otto", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-b"}), o.ID, true, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("another body's: %v", err)
		}
		if _, err := l.things.ChangeState(t.Context(), l.officer, "mac-1", devices.StateChange{State: devices.Retired}); err != nil {
			t.Fatal(err)
		}
		if told := l.sends(); len(told) > 0 {
			t.Errorf("retired, and told %q", told)
		}
		if _, err := l.things.ChangeState(t.Context(), l.officer, "mac-1", devices.StateChange{State: devices.InUse}); err != nil {
			t.Fatal(err)
		}
		l.follow(t)
		if told := l.sends(); len(told) > 0 || l.one("mac-1").Failed == "" {
			t.Errorf("in use again, and told %q; the order is %+v", told, l.one("mac-1"))
		}
	})
}

// inbox is what somebody was told, the oldest first, without where and why.
func (l *lost) inbox(who people.Actor) (told []string) {
	l.t.Helper()
	_, err := people.See(l.t.Context(), l.people, who, func(tx *people.Tx) (struct{}, error) {
		person, err := tx.RequireOwn()
		if err != nil {
			return struct{}{}, err
		}
		items, err := alerts.InboxOf(tx.Tx, person, "", 100)
		for _, i := range items {
			if told = append(told, i.Subject); strings.Contains(i.Subject+i.Text, "train") || !strings.HasPrefix(i.Link, "/devices/") {
				l.t.Errorf("the message is %+v", i)
			}
		}
		return struct{}{}, err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	slices.Reverse(told)
	return told
}

// TestTold: who may agree is told that something waits, and who asked what became of it, each once; why is in no message.
func TestTold(t *testing.T) {
	eachLost(t, func(t *testing.T, l *lost) {
		second := l.person("Sam", people.Grant{Role: people.Approver, Organisation: "dept-a"})
		other := l.personOf("dept-b", "otto", "Otto", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-b"})
		follows := func(o enforce.Order, err error) enforce.Order {
			t.Helper()
			l.clock.Advance(time.Second) // so that one comes after the other
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		waits := func(who people.Actor) (hosts []string) {
			t.Helper()
			all, err := l.WaitingOrders(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range all {
				hosts = append(hosts, o.Host)
			}
			return hosts
		}
		did := func(o enforce.Order, failed string) {
			t.Helper()
			l.clock.Advance(time.Second)
			for range 2 { // it may be told twice
				if err := l.managed.Did(t.Context(), o.Host, o.ID, failed); err != nil {
					t.Fatal(err)
				}
			}
		}
		tablet, mac := follows(l.ask(l.officer, "tablet", enforce.Erase)), follows(l.ask(l.officer, "mac-1", enforce.Erase))
		if hosts := waits(second); !slices.Equal(hosts, []string{"tablet", "mac-1"}) || len(waits(l.officer))+len(waits(other))+len(waits(l.person("Nora"))) > 0 {
			t.Errorf("it waits for the second: %q", hosts)
		}
		follows(l.Answer(t.Context(), second, mac.ID, false, "it was found"))
		follows(l.Answer(t.Context(), second, tablet.ID, true, ""))
		if hosts := waits(second); len(hosts) > 0 {
			t.Errorf("it waits still: %q", hosts)
		}
		l.sends()
		did(tablet, "")
		did(follows(l.ask(l.officer, "mac-1", enforce.Lock)), "the device answered Error")
		follows(l.Answer(t.Context(), l.officer, follows(l.ask(l.officer, "mac-1", enforce.Erase)).ID, false, "")) // taken back
		if told, want := l.inbox(l.officer), []string{"mac-1 is not erased: it was refused", "tablet is to be erased: it was agreed", "tablet has taken the command to be erased", "mac-1 was not locked"}; !slices.Equal(told, want) {
			t.Errorf("who asked was told %q", told)
		}
		if told, want := l.inbox(second), []string{"tablet is to be erased, and waits for you", "mac-1 is to be erased, and waits for you", "mac-1 is to be erased, and waits for you"}; !slices.Equal(told, want) {
			t.Errorf("the second was told %q", told)
		}
		if told := l.inbox(other); len(told) > 0 {
			t.Errorf("another body's was told %q", told)
		}
	})
}
