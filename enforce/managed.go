package enforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Managed is devices that a device manager beside the server speaks for: it acts by a program's token, and a
// device that it enrolled is one with an agent of the form. It is safe for concurrent use.
type Managed struct {
	room   *Room
	agents *Agents
	intake *devices.Intake
	actor  people.Actor
	form   string
}

// NewManaged makes the devices of a manager with the secret of a token, that have their lists in a form.
func NewManaged(room *Room, agents *Agents, intake *devices.Intake, token, form string) *Managed {
	return &Managed{room: room, agents: agents, intake: intake, actor: people.Actor{Token: token}, form: form}
}

// Said is what a device last said through its manager, kept in Agent.Told.
type Said struct {
	// CheckedIn is when it last enrolled or left, by its manager's clock.
	CheckedIn time.Time `json:"checked_in,omitzero"`
	// Listed is when it last answered with all its apps.
	Listed time.Time `json:"listed,omitzero"`
	// Refused is why what it was given is not in force, in the device's words; empty where nothing is known of that.
	Refused string `json:"refused,omitempty"`
	// System is what it said of its system.
	System System `json:"system,omitzero"`
	// Undeclared is that it does not know declarations of apps.
	Undeclared bool `json:"undeclared,omitempty"`
	// Profiles is when it last listed the profiles that it has.
	Profiles time.Time `json:"profiles,omitzero"`
}

// System is what a device said of its system.
type System struct {
	// Version is such as 26.1; empty where it was not said.
	Version string `json:"version,omitempty"`
	// Supervised is nil where it was not said.
	Supervised *bool `json:"supervised,omitempty"`
	// At is when it was last asked and answered.
	At time.Time `json:"at,omitzero"`
}

// ManagedDevice is a device that its manager enrolled: what it has, and what it is to have.
type ManagedDevice struct {
	Agent
	Said Said
	// Want is nil where the device is to have nothing: it is personal or retired, or not to be reached by the token.
	Want *Artefact
}

// ErrEarlier is that a device has enrolled, left or said what it has since: what is told now comes from before that, late or once more.
var ErrEarlier = fault.New(fault.Conflict, "The device has enrolled, left or said what it has since")

// Enrolled notes that a device enrolled at a time of its manager's clock, and makes it known where it is not. A platform
// of 0 is one that was not told: a device that is known needs none. runs is the version of its system, empty where that was not told;
// it is noted at once with that, for what it is given depends on it. It is ErrEarlier where the device left after that.
func (m *Managed) Enrolled(ctx context.Context, host, called string, on policy.Platform, at time.Time, runs string) error {
	r := devices.Report{Host: host, Name: called, Platform: on, Source: m.form, NoInventory: true}
	if err := m.report(ctx, &r); err != nil {
		return err
	}
	if err := m.room.Fleet.Follow(ctx); err != nil {
		return err
	}
	return m.put(ctx, host, func(a *Agent, now store.Time) error {
		if at.Before(said(a).CheckedIn) {
			return ErrEarlier
		}
		if a.Enrolled.IsZero() {
			a.Enrolled = now
		}
		return tell(a, func(s *Said) {
			s.CheckedIn = at
			if runs != "" {
				s.System.Version = runs
			}
		})
	})
}

// Left notes that a device is managed no longer, or anew from the beginning, since a time of its manager's clock: what it
// had is gone. It is ErrEarlier where the device has enrolled since, or has been noted as enrolled anew by that.
func (m *Managed) Left(ctx context.Context, host string, at time.Time) error {
	if err := m.may(ctx, host); err != nil {
		return err
	}
	return m.put(ctx, host, func(a *Agent, _ store.Time) error {
		last := said(a).CheckedIn
		if at.Before(last) || at.Equal(last) && !a.Enrolled.IsZero() {
			return ErrEarlier
		}
		*a = Agent{Host: a.Host, Form: a.Form}
		return tell(a, func(s *Said) { s.CheckedIn = at })
	})
}

// Report takes in what a device answered with, and notes when it did where that was all that it has.
func (m *Managed) Report(ctx context.Context, r devices.Report) error {
	r.Source = m.form
	if err := m.report(ctx, &r); err != nil || r.Partial {
		return err
	}
	return m.said(ctx, r.Host, func(s *Said) {
		if r.Taken.After(s.Listed) {
			s.Listed = r.Taken
		}
	})
}

func (m *Managed) report(ctx context.Context, r *devices.Report) error {
	got, err := m.intake.Report(ctx, m.actor, []devices.Report{*r})
	if err != nil {
		return err
	}
	if got.Outcomes[0].Result == devices.Older {
		return ErrEarlier
	}
	return got.Errors[0]
}

// Offer notes what a device is about to be given, and returns it: own is how it is given, and what is the device's own,
// in the form's terms.
func (m *Managed) Offer(ctx context.Context, d *ManagedDevice, own string) (Content, error) {
	published := Published{Form: m.form, Organisation: d.Want.Organisation, Platform: d.Want.Platform, Digest: d.Want.Digest(), Generation: d.Want.Generation}
	step := Step{Do: func(a *Agent, now store.Time) error {
		if a.Enrolled.IsZero() {
			return errLeft
		}
		switch {
		case a.Offered.Digest != a.Confirmed.Digest:
			a.Confirmed = Content{} // it has what it had, or what it was offered, or this: nobody knows
		case a.Confirmed.Digest == d.Want.Digest() && string(a.Confirmed.Own) != own:
			a.Confirmed = Content{} // it has the same in another way, which ends
		}
		a.Offered = Content{Clock: Clock{d.Want.Digest(), d.Want.Generation, now}, Own: []byte(own)}
		return nil
	}}
	if d.Want.Host == "" {
		step.Published = &published
	}
	a, err := m.agents.Put(ctx, m.named(d.Host), m.form, step)
	return a.Offered, err
}

// errLeft is that a device is managed no longer.
var errLeft = fault.New(fault.Conflict, "The device is managed no longer")

// Confirm notes that a device has in force what it was offered, of a digest.
func (m *Managed) Confirm(ctx context.Context, d *ManagedDevice) error {
	if d.Confirmed.Digest == d.Want.Digest() && d.Said.Refused == "" {
		m.agents.StillFetched(&d.Agent, d.Want.Generation)
		m.agents.StillConfirmed(&d.Agent, d.Want.Generation)
		return nil
	}
	return m.put(ctx, d.Host, func(a *Agent, now store.Time) error {
		if a.Offered.Digest != d.Want.Digest() {
			return nil // it was offered another meanwhile
		}
		a.Confirmed = a.Offered
		a.Confirmed.Generation, a.Confirmed.At = d.Want.Generation, now
		a.Fetched = a.Confirmed.Clock
		return tell(a, func(s *Said) { s.Refused = "" })
	})
}

// Refused notes that a device has what it was offered, and why it is not in force.
func (m *Managed) Refused(ctx context.Context, d *ManagedDevice, why string) error {
	if d.Said.Refused == why && d.Fetched.Digest == d.Offered.Digest && d.Confirmed.Digest == "" {
		return nil
	}
	return m.put(ctx, d.Host, func(a *Agent, now store.Time) error {
		if a.Offered.Digest != d.Want.Digest() {
			return nil
		}
		a.Fetched, a.Confirmed = Clock{a.Offered.Digest, a.Offered.Generation, now}, Content{}
		return tell(a, func(s *Said) { s.Refused = why })
	})
}

func (m *Managed) said(ctx context.Context, host string, change func(*Said)) error {
	return m.put(ctx, host, func(a *Agent, _ store.Time) error { return tell(a, change) })
}

// tell changes what a device said.
func tell(a *Agent, change func(*Said)) error {
	s := said(a)
	change(&s)
	text, err := json.Marshal(s)
	a.Told = string(text)
	return err
}

// said is what a device said; nothing where it is not readable.
func said(a *Agent) (s Said) {
	if json.Unmarshal([]byte(a.Told), &s) != nil {
		return Said{}
	}
	return s
}

// named is the actor as which the agents know a device. Whether it may be changed is asked before.
func (m *Managed) named(host string) people.Actor {
	return people.Actor{Agent: people.Agent{Host: host}}
}

func (m *Managed) put(ctx context.Context, host string, do func(a *Agent, now store.Time) error) error {
	_, err := m.agents.Put(ctx, m.named(host), m.form, Step{Do: do})
	return err
}

// may asks whether the token reaches a device that is known.
func (m *Managed) may(ctx context.Context, host string) error {
	_, err := people.See(ctx, m.room.People, m.actor, func(tx *people.Tx) (struct{}, error) {
		h, known := m.room.Fleet.Index().Host(host)
		if !known {
			_, err := tx.Reach(people.FetchLists)
			return struct{}{}, errors.Join(err, fault.New(fault.NotFound, "There is no device %s here", host))
		}
		return struct{}{}, tx.RequireFor(people.FetchLists, h.Organisation, host)
	})
	return err
}

// managedPage is how many agents are read at once.
const managedPage = 1000

// Lists are those that devices are to have now: others as soon as decisions, or what time makes of them, change.
func (m *Managed) Lists() *Lists { return m.room.current() }

// Devices calls each for all devices that are enrolled, with what they are to have, and returns when it has
// returned for all: several at once, as many as workers.
func (m *Managed) Devices(ctx context.Context, workers int, each func(*ManagedDevice)) error {
	may := map[string]bool{}
	for after, more := "", true; more; {
		page, err := people.See(ctx, m.room.People, m.actor, func(tx *people.Tx) (page []*ManagedDevice, err error) {
			if _, err := tx.Reach(people.FetchLists); err != nil {
				return nil, err
			}
			agents, err := selectAgents(tx.Tx, m.form, after, managedPage)
			if err != nil {
				return nil, err
			}
			for i := range agents {
				d := &ManagedDevice{Agent: agents[i], Said: said(&agents[i])}
				if page = append(page, d); !d.Enrolled.IsZero() {
					if err := m.want(tx, may, d); err != nil {
						return nil, err
					}
				}
			}
			return page, nil
		})
		if err != nil {
			return fmt.Errorf("devices of the manager: %w", err)
		}
		if more = len(page) == managedPage; more {
			after = page[len(page)-1].Host
		}
		together(page, workers, each)
	}
	return ctx.Err()
}

func together(page []*ManagedDevice, workers int, each func(*ManagedDevice)) {
	var all sync.WaitGroup
	free := make(chan struct{}, workers)
	for _, d := range page {
		if d.Enrolled.IsZero() {
			continue
		}
		free <- struct{}{}
		all.Go(func() { defer func() { <-free }(); each(d) })
	}
	all.Wait()
}

// want finds out what a device is to have.
func (m *Managed) want(tx *people.Tx, may map[string]bool, d *ManagedDevice) error {
	host, known := m.room.Fleet.Index().Host(d.Host)
	if !known {
		return nil
	}
	allowed, asked := may[host.Organisation]
	if !asked {
		var err error
		if allowed, err = tx.May(people.FetchLists, host.Organisation); err != nil {
			return err
		}
		may[host.Organisation] = allowed
	}
	if !allowed || none(&host) != nil { // a user's own device is no other's to restrict, whatever its manager says
		return nil
	}
	on := host.Platform
	if on != policy.IOS && on != policy.MacOS {
		return nil
	}
	want, err := m.room.make(Query{Form: m.form, Organisation: host.Organisation, Platform: on}, &host)
	if err != nil {
		return err
	}
	d.Want = want
	return nil
}
