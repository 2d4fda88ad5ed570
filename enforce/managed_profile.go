package enforce

import (
	"context"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/store"
)

// What follows is of devices that answer to commands, one after the other, and whose answers come late, twice or never:
// each answer says to which offer it is, by the offer's time, and is passed over where that is not the last one.

// Withdraw notes that what a device was given is about to be taken back, and returns that as an offer of nothing: own
// is what a device has that has nothing. When it lists that, all is forgotten that it was given.
func (m *Managed) Withdraw(ctx context.Context, d *ManagedDevice, own string) (Content, error) {
	a, err := m.agents.Put(ctx, m.named(d.Host), m.form, Step{Do: func(a *Agent, now store.Time) error {
		if a.Enrolled.IsZero() {
			return errLeft
		}
		a.Offered, a.Fetched, a.Confirmed = Content{Clock: Clock{At: now}, Own: []byte(own)}, Clock{}, Content{}
		return nil
	}})
	return a.Offered, err
}

// Took notes that a device took what it was offered, which does not say that it has it.
func (m *Managed) Took(ctx context.Context, host string, offered time.Time) error {
	return m.answered(ctx, host, offered, func(a *Agent, _ *Said, now store.Time) {
		if known := a.Fetched.Digest == a.Offered.Digest && !a.Fetched.At.Time().Before(offered); !known {
			a.Fetched = Clock{a.Offered.Digest, a.Offered.Generation, now}
		}
	})
}

// Late notes that a device took what it was offered before: way is how that is given. Where it is offered nothing now,
// or its list in another way, what it took is to be taken back; else it is found out when the device lists what it has.
func (m *Managed) Late(ctx context.Context, host, way string) error {
	return m.put(ctx, host, func(a *Agent, now store.Time) error {
		if a.Enrolled.IsZero() || strings.HasPrefix(string(a.Offered.Own), way) {
			return errOther
		}
		a.Offered, a.Confirmed = Content{Clock: Clock{At: now}, Own: []byte(way)}, Content{}
		return nil
	})
}

// Denied notes that a device did not take what it was offered, and why.
func (m *Managed) Denied(ctx context.Context, host string, offered time.Time, why string) error {
	return m.answered(ctx, host, offered, func(a *Agent, s *Said, now store.Time) {
		if a.Offered.Digest != "" {
			a.deny(s, why, now)
		}
	})
}

// deny is that an agent was given what it was offered, which is not in force.
func (a *Agent) deny(s *Said, why string, now store.Time) {
	a.Fetched, a.Confirmed, s.Refused = Clock{a.Offered.Digest, a.Offered.Generation, now}, Content{}, why
}

// unsupervised is why a device that is not supervised has no list though it took one.
const unsupervised = "the device is not supervised, and passes over the list"

// Has notes what a device lists at a time, asked for it after an offer. Where that is what it was offered, it has
// confirmed it.
func (m *Managed) Has(ctx context.Context, host string, offered time.Time, own string, at time.Time) error {
	return m.answered(ctx, host, offered, func(a *Agent, s *Said, now store.Time) {
		if at.Before(s.Profiles) {
			return // it has listed again since
		}
		s.Profiles = at
		switch is := string(a.Offered.Own) == own; {
		case is && a.Offered.Digest == "":
			a.Offered = Content{}
			s.Refused = ""
		case is && s.System.Supervised != nil && !*s.System.Supervised:
			a.deny(s, unsupervised, now)
		case is:
			a.Confirmed = a.Offered
			a.Confirmed.At, s.Refused = now, ""
			a.Fetched = a.Confirmed.Clock
		case string(a.Confirmed.Own) != own:
			a.Confirmed = Content{} // else it still has what it had
		}
	})
}

// errOther is that an answer is to what a device was offered before.
var errOther = fault.New(fault.Conflict, "The device was offered something else since")

// answered changes an agent that answers to what it was offered last.
func (m *Managed) answered(ctx context.Context, host string, offered time.Time, change func(a *Agent, s *Said, now store.Time)) error {
	return m.put(ctx, host, func(a *Agent, now store.Time) error {
		if a.Enrolled.IsZero() || offered.IsZero() || !a.Offered.At.Time().Equal(offered) {
			return errOther
		}
		s := said(a)
		change(a, &s, now)
		return tell(a, func(is *Said) { *is = s })
	})
}

// Runs notes what a device says of its system. What it does not say stays as it was said before; and so does all, where nobody knows
// when it said this.
func (m *Managed) Runs(ctx context.Context, host string, is System) error {
	return m.saying(ctx, host, func(s *Said) {
		if is.At.Before(s.System.At) || is.At.IsZero() && s.System.Version != "" {
			return // it has said so again since
		}
		if is.Version != "" {
			s.System.Version = is.Version
		}
		if is.Supervised != nil {
			s.System.Supervised = is.Supervised
		}
		if is.At.After(s.System.At) {
			s.System.At = is.At
		}
	})
}

// Undeclared notes that a device does not know declarations of apps.
func (m *Managed) Undeclared(ctx context.Context, host string) error {
	return m.saying(ctx, host, func(s *Said) { s.Undeclared = true })
}

// saying notes what an enrolled device says of itself.
func (m *Managed) saying(ctx context.Context, host string, change func(*Said)) error {
	return m.put(ctx, host, func(a *Agent, _ store.Time) error {
		if a.Enrolled.IsZero() {
			return errLeft
		}
		return tell(a, change)
	})
}
