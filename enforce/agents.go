package enforce

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Agent is what is known of a device that fetches its list in one form.
type Agent struct {
	Host, Form string
	// Credential is the digest of what it signs in with, where its key alone does not do.
	Credential string
	Enrolled   store.Time
	// Told is what it said of its own state when it last confirmed, in its own words.
	Told string
	// Offered is what it was last told of, and Fetched that of it which it was given, or begun to be given.
	Offered Content
	Fetched Clock
	// Confirmed is what it last said it has. Where it was given something else since, it has one of the two; where
	// it is empty, nobody knows what it has. Without a time it has that, but it does not do all of it, such as
	// while it is in another mode.
	Confirmed Content
}

// Clock is a state of a list that something was true of: since when is in the table of what was taken, and At is
// when it was last so.
type Clock struct {
	// Digest is of what the device gets; empty is nothing yet.
	Digest string
	// Generation is the latest whose list has that digest, as far as is known.
	Generation int64
	At         store.Time
}

// Content is a Clock of which it is also known what the device gets: a shared list that is kept under the digest
// Base, changed by what is the device's own, in its form's terms.
type Content struct {
	Clock
	Base string
	Own  []byte
}

// Settled tells whether what the device has is known: it has confirmed what it was last given.
func (a *Agent) Settled() bool {
	return a.Confirmed.Digest != "" && a.Fetched.Digest == a.Confirmed.Digest
}

// Kept is a shared list that is kept, because devices have it: for the difference to a later one.
type Kept struct {
	Digest, Form string
	Data         []byte
}

// Published is that a server has a list for an organisation's devices on a platform.
type Published struct {
	Form, Organisation string
	Platform           policy.Platform
	Digest             string
	Generation         int64
}

// Step changes an agent. What it says is committed before Put returns.
type Step struct {
	// Do makes the change; it may run more than once, on what is then stored. An error keeps that change alone
	// from being made.
	Do func(a *Agent, now store.Time) error
	// Keep is a list to be kept, and Published one to be noted, in the same transaction; nil is none.
	Keep      *Kept
	Published *Published
}

// Agents is a server's one writer of what agents do: those that wait while it commits are committed together
// next. It is safe for concurrent use.
type Agents struct {
	people *people.Room
	fleet  *devices.Fleet
	now    func() time.Time
	log    *slog.Logger
	queue  chan *change
	ended  chan struct{} // closed when Run has ended

	mu        sync.Mutex
	recent    map[people.Agent]remembered
	may       map[leave]time.Time // until when
	fetched   map[name]Clock
	confirmed map[name]Clock
	used      map[string]bool // ids of tokens
	published map[Published]bool
	swept     time.Time
}

// name is which agent is meant.
type name struct{ host, form string }

// seen is that an agent still had what it had.
type seen struct {
	name
	clock Clock
}

// remembered is who was found to have a key.
type remembered struct {
	host  policy.Host
	until time.Time
	// agent is what it has, where a sync has begun that changes nothing.
	agent *Agent
}

// change is a Step that waits.
type change struct {
	name
	Step
	agent Agent // afterwards
	err   error
	done  chan struct{}
}

const (
	// mostTogether is how many changes are committed together.
	mostTogether = 500
	// remember is for how long it is remembered who an agent is: as long as a sync takes. What it has is read anew,
	// because another server may have given it something else meanwhile; but not within a sync that changes
	// nothing. Whoever begins two syncs at once with two servers may be told too early that nothing is new, and is
	// told rightly the next time: what is noted by what is remembered is noted only where it is still so.
	remember = time.Second
	// mostRemembered is how many agents are remembered at most.
	mostRemembered = 10_000
	// flushEvery is how often it is written down who still has what they had.
	flushEvery = 30 * time.Second
)

// NewAgents makes the agents of a server. Nothing is written before Run.
func NewAgents(room *people.Room, fleet *devices.Fleet, now func() time.Time) *Agents {
	return &Agents{people: room, fleet: fleet, now: now, log: room.Log, queue: make(chan *change, mostTogether), ended: make(chan struct{}),
		recent: map[people.Agent]remembered{}, may: map[leave]time.Time{}, fetched: map[name]Clock{}, confirmed: map[name]Clock{}, used: map[string]bool{}, published: map[Published]bool{}}
}

// Run writes until the context ends.
func (s *Agents) Run(ctx context.Context) {
	defer close(s.ended)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.flush(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			s.flush(ctx)
		case first := <-s.queue:
			s.commit(context.WithoutCancel(ctx), s.together(first)) // what was begun is finished
		}
	}
}

// together takes up what waits besides the first, as far as one transaction goes.
func (s *Agents) together(first *change) []*change {
	all := []*change{first}
	for len(all) < mostTogether {
		select {
		case c := <-s.queue:
			all = append(all, c)
		default:
			return all
		}
	}
	return all
}

func (s *Agents) commit(ctx context.Context, all []*change) {
	err := s.people.DB.Write(ctx, func(tx *store.Tx) error { return write(tx, all) })
	s.mu.Lock()
	for _, c := range all {
		if err == nil && c.err == nil && c.Published != nil {
			s.published[*c.Published] = true
		}
	}
	s.mu.Unlock()
	for _, c := range all {
		if err != nil {
			c.err = err
		}
		close(c.done)
	}
}

// write makes changes. It fails as a whole only where none of them is to blame.
func write(tx *store.Tx, all []*change) error {
	known := map[name]*Agent{}
	var changed []*Agent
	var taken []any
	for _, c := range all {
		c.err = nil
		a := known[c.name]
		if a == nil {
			stored, err := selectAgent(tx, c.host, c.form)
			if err != nil {
				return err
			}
			a = &stored
			known[c.name], changed = a, append(changed, a)
		}
		next := *a
		if c.err = c.Do(&next, tx.Now()); c.err != nil {
			continue
		}
		if was, is := a.Confirmed, next.Confirmed; is.Digest != "" && !is.At.IsZero() && (is.Digest != was.Digest || was.At.IsZero()) {
			taken = append(taken, c.host, c.form, next.Confirmed.Generation, next.Confirmed.At)
		}
		*a, c.agent = next, next
		if err := c.beside(tx); err != nil {
			return err
		}
	}
	if err := upsertAgents(tx, changed); err != nil {
		return err
	}
	return insertTaken(tx, taken)
}

// beside writes what goes with a change.
func (c *change) beside(tx *store.Tx) error {
	if c.Keep != nil {
		if err := insertList(tx, *c.Keep); err != nil {
			return err
		}
	}
	if c.Published == nil {
		return nil
	}
	digest, err := selectPublished(tx, *c.Published)
	if err != nil || digest == c.Published.Digest {
		return err
	}
	return insertPublished(tx, *c.Published)
}

// errStopping is that the server stops, and has not noted what it was told.
var errStopping = fmt.Errorf("the server is stopping: %w", fault.ErrUnavailable)

// Put makes a change of an agent and returns it as it then is. It returns when that is committed.
func (s *Agents) Put(ctx context.Context, actor people.Actor, form string, c Step) (Agent, error) {
	w := &change{name: name{actor.Agent.Host, form}, Step: c, done: make(chan struct{})}
	if c.Published != nil && s.isPublished(*c.Published) {
		w.Published = nil
	}
	select {
	case s.queue <- w:
	case <-s.ended:
		return Agent{}, errStopping
	case <-ctx.Done():
		return Agent{}, ctx.Err()
	}
	select {
	case <-w.done:
	case <-s.ended:
		select {
		case <-w.done: // it was the last
		default:
			return Agent{}, errStopping
		}
	case <-ctx.Done():
		s.Unmoved(actor.Agent, nil)
		return Agent{}, ctx.Err() // whether it was made, nobody knows
	}
	s.Unmoved(actor.Agent, nil)
	return w.agent, w.err
}

func (s *Agents) isPublished(p Published) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.published[p]
}

// Open finds out who a device is that speaks for itself, which is asked anew each second, and what its agent has.
// It is a fault of the kind NotFound where the device is not known as yet.
func (s *Agents) Open(ctx context.Context, actor people.Actor, form string) (a Agent, host policy.Host, err error) {
	return s.open(ctx, actor, form, opening{anew: true})
}

// opening is how an agent is opened.
type opening struct {
	// anew is to read what the agent has, even where that was Unmoved a moment ago.
	anew bool
	// also is asked in the same transaction, where who the agent is is not known from a moment ago; nil asks nothing.
	also func(tx *people.Tx, actor people.Actor, host *policy.Host) error
}

func (s *Agents) open(ctx context.Context, actor people.Actor, form string, how opening) (a Agent, host policy.Host, err error) {
	a, host, err = s.find(ctx, actor, form, how)
	if fault.Is(err, fault.NotFound) && s.fleet.Follow(ctx) == nil { // another server may have made it known a moment ago
		a, host, err = s.find(ctx, actor, form, how)
	}
	return a, host, err
}

func (s *Agents) find(ctx context.Context, actor people.Actor, form string, how opening) (a Agent, host policy.Host, err error) {
	if found, ok := s.whoIs(actor.Agent); ok {
		if found.agent != nil && !how.anew {
			return *found.agent, found.host, nil
		}
		err = s.people.DB.Read(ctx, func(tx *store.Tx) (err error) {
			a, err = selectAgent(tx, found.host.ID, form)
			return err
		})
		return a, found.host, err
	}
	now := s.now()
	found, err := people.See(ctx, s.people, actor, func(tx *people.Tx) (found remembered, err error) {
		id, err := tx.RequireDevice()
		if err != nil {
			return found, err
		}
		host, known := s.fleet.Index().Host(id)
		if !known {
			return found, fault.New(fault.NotFound, "There is no device %s here", id)
		}
		if !s.mayFetch(actor.Agent.Token, host.Organisation) {
			if err := tx.RequireFor(people.FetchLists, host.Organisation, host.ID); err != nil {
				return found, err
			}
		}
		found.host = host
		if how.also != nil {
			if err := how.also(tx, actor, &host); err != nil {
				return found, err
			}
		}
		a, err = selectAgent(tx.Tx, host.ID, form)
		return found, err
	})
	if err != nil {
		return Agent{}, policy.Host{}, err
	}
	found.until = now.Add(remember)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.recent)+len(s.may) >= mostRemembered {
		clear(s.recent)
		clear(s.may)
	}
	if of := (leave{actor.Agent.Token, found.host.Organisation}); !now.Before(s.may[of]) {
		s.may[of] = found.until
	}
	s.recent[actor.Agent], s.used[actor.Agent.Token] = found, true
	return a, found.host, nil
}

// leave is a token that devices' keys are made from, and an organisation.
type leave struct{ token, organisation string }

// mayFetch tells whether it was found a moment ago that those with keys from a token may fetch lists in an organisation.
func (s *Agents) mayFetch(token, organisation string) bool {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	until := s.may[leave{token, organisation}]
	return now.Before(until) && !now.Before(until.Add(-remember))
}

// whoIs is the device of a key that was found to be its own a moment ago.
func (s *Agents) whoIs(agent people.Agent) (remembered, bool) {
	now := s.now()
	s.mu.Lock()
	found, ok := s.recent[agent]
	s.mu.Unlock()
	return found, ok && now.Before(found.until) && !now.Before(found.until.Add(-remember))
}

// Unmoved remembers for a moment what an agent has that begins a sync in which it will be given nothing, or is asked a
// question.
func (s *Agents) Unmoved(agent people.Agent, a *Agent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.recent[agent]; ok {
		found.agent = a
		s.recent[agent] = found
	}
}

// StillFetched notes, in memory for half a minute at most, that an agent has asked and still has all that there is.
func (s *Agents) StillFetched(a *Agent, generation int64) {
	s.still(s.fetched, a, Clock{a.Fetched.Digest, generation, store.TimeOf(s.now())})
}

// StillConfirmed notes so that an agent has confirmed once more what it had confirmed.
func (s *Agents) StillConfirmed(a *Agent, generation int64) {
	s.still(s.confirmed, a, Clock{a.Confirmed.Digest, generation, store.TimeOf(s.now())})
}

func (s *Agents) still(where map[name]Clock, a *Agent, c Clock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	where[name{a.Host, a.Form}] = c
}
