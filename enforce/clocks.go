package enforce

import (
	"context"
	"slices"
	"sync"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// declarationForm is the form under which agents are known that a manager beside the server speaks for.
const declarationForm = "apple-declaration"

// hasClock tells whether there is a form in which devices of a platform tell by themselves what they fetched and have.
func hasClock(p policy.Platform) bool { return p == policy.MacOS || p == policy.IOS }

const (
	// readEvery is how old what was read becomes before it is read again.
	readEvery = 30 * time.Second
	// restEvery is how often they are read where nobody asks.
	restEvery = 5 * time.Minute
	// soonTaken is for how long after a decision it is looked when devices first confirmed it: who did so later
	// counts from when they last confirmed it.
	soonTaken = 30 * 24 * time.Hour
	// behindHand is how late another server's row may come to be there, by its time.
	behindHand = 10 * time.Minute
	// mostTaken is of how many decisions it is kept when devices first confirmed them.
	mostTaken = 16
)

// fewAgents is how many agents are read anew each time that somebody asks. Of more, what was read a moment ago is
// answered from, and read again beside.
var fewAgents = 20_000

// readClock is what an agent's row says of its clocks.
type readClock struct {
	offered, fetched, confirmed store.Time
	fetchedOf, confirmedOf      int64
}

// clock is what is kept of it: times are seconds since the Unix epoch, rounded down; 0 is none.
type clock struct {
	offered, fetched, confirmed uint32
	known                       bool // some agent of the device is enrolled
	fetchedOf, confirmedOf      int64
}

func seconds(t store.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return uint32(max(1, t.Time().Unix()))
}

func (c *readClock) kept() clock {
	return clock{seconds(c.offered), seconds(c.fetched), seconds(c.confirmed), true, c.fetchedOf, c.confirmedOf}
}

// and is what is true of both agents of a device: what one of them has not done, the device has not.
func (c clock) and(o clock) clock {
	if !c.known || !o.known {
		if o.known {
			return o
		}
		return c
	}
	return clock{min(c.offered, o.offered), min(c.fetched, o.fetched), min(c.confirmed, o.confirmed), true, min(c.fetchedOf, o.fetchedOf), min(c.confirmedOf, o.confirmedOf)}
}

// clocks are those of all devices, by their numbers in the index, as they were at a time.
type clocks struct {
	at     store.Time
	agents int
	of     []clock
}

func (c *clocks) device(n uint32) (none clock) {
	if int(n) >= len(c.of) {
		return none
	}
	return c.of[n]
}

// takings are when devices first confirmed a decision, in seconds by their numbers; 0 where that is not known.
type takings struct {
	until store.Time
	first []uint32
}

func (t *takings) device(n uint32) uint32 {
	if int(n) >= len(t.first) {
		return 0
	}
	return t.first[n]
}

// keptUptake is what was read for answers on how decisions take hold.
type keptUptake struct {
	clocks kept[clocks]

	mu    sync.Mutex
	taken map[moment]*kept[takings]
	order []moment // of use, the last one last
}

func (u *keptUptake) takings(m moment) *kept[takings] {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.taken == nil {
		u.taken = map[moment]*kept[takings]{}
	}
	if u.taken[m] == nil {
		if len(u.order) == mostTaken {
			delete(u.taken, u.order[0])
			u.order = u.order[1:]
		}
		u.taken[m] = &kept[takings]{}
	} else {
		u.order = slices.DeleteFunc(u.order, func(o moment) bool { return o == m })
	}
	u.order = append(u.order, m)
	return u.taken[m]
}

// kept is something that takes its time to read.
type kept[T any] struct {
	one sync.Mutex // held by whoever reads while others wait

	mu      sync.Mutex
	has     *T
	at      store.Time
	reading bool
}

// get reads it anew, where there is little of it or none was read yet. Else it is what was read last; where that is
// older than readEvery, it is read again for who asks next.
func (k *kept[T]) get(now store.Time, little func(*T) bool, read func(was *T) (*T, error)) (*T, error) {
	k.mu.Lock()
	has, old := k.has, now.Time().Sub(k.at.Time()).Abs() >= readEvery
	if has != nil && !little(has) {
		if old && !k.reading {
			k.reading = true
			go func() { _, _ = k.renew(now, has, read) }() // what cannot be read now is read when somebody asks again
		}
		k.mu.Unlock()
		return has, nil
	}
	k.mu.Unlock()
	k.one.Lock()
	defer k.one.Unlock()
	k.mu.Lock()
	has = k.has
	k.mu.Unlock()
	if has != nil && !little(has) { // somebody else has read it meanwhile
		return has, nil
	}
	return k.renew(now, has, read)
}

// last is what was read last; nil where nothing was.
func (k *kept[T]) last() *T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.has
}

// anew reads it anew; who asks and has nothing to be answered from waits for that.
func (k *kept[T]) anew(now store.Time, read func(was *T) (*T, error)) error {
	k.one.Lock()
	defer k.one.Unlock()
	k.mu.Lock()
	was := k.has
	k.reading = true
	k.mu.Unlock()
	_, err := k.renew(now, was, read)
	return err
}

func (k *kept[T]) renew(now store.Time, was *T, read func(*T) (*T, error)) (*T, error) {
	is, err := read(was)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reading = false
	if err != nil {
		return nil, err
	}
	k.has, k.at = is, now
	return is, nil
}

// Run reads the clocks of all agents, and when devices first confirmed the bans that began last, as the server starts and every restEvery,
// until the context ends: else whoever asks first how one takes hold would wait for that, or be told what was true when somebody last asked.
func (r *Room) Run(ctx context.Context) {
	next := time.NewTicker(restEvery)
	defer next.Stop()
	for {
		if err := r.warm(ctx); err != nil && ctx.Err() == nil {
			r.People.Log.Warn("what devices have could not be read; it is when somebody asks how a decision takes hold", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
	}
}

// warm reads the clocks anew, where they are many.
func (r *Room) warm(ctx context.Context) error {
	if has := r.uptake.clocks.last(); has != nil && has.few() {
		return nil // they are read when somebody asks
	}
	var now store.Time
	if err := r.People.DB.Read(ctx, func(tx *store.Tx) error { now = tx.Now(); return nil }); err != nil {
		return err
	}
	if err := r.uptake.clocks.anew(now, func(*clocks) (*clocks, error) { return r.clocksNow(ctx) }); err != nil {
		return err
	}
	return r.warmTakings(ctx, now, r.uptake.clocks.last())
}

// warmed is of how many bans and phase-outs it is read when devices first confirmed them, before anybody asks: of those that began last.
const warmed = 4

func (r *Room) warmTakings(ctx context.Context, now store.Time, c *clocks) error {
	if c.few() {
		return nil
	}
	_, w := r.now()
	for _, rule := range begunLast(w.Rules, now.Time()) {
		record, err := r.recorded(ctx, people.Actor{Command: true}, register.Rules, rule.ID)
		if fault.Is(err, fault.NotFound) {
			continue // it was taken back meanwhile
		}
		if err == nil {
			held := record[len(record)-1].World.Rules[0].Period
			_, err = r.readTakings(ctx, now, new(Uptake).momentOf(record, held, now.Time()), c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// begunLast are the bans and phase-outs that began last, the latest first.
func begunLast(rules []policy.Rule, now time.Time) []*policy.Rule {
	var begun []*policy.Rule
	for i := range rules {
		if r := &rules[i]; r.Effect != policy.Allow && !now.Before(r.From) {
			begun = append(begun, r)
		}
	}
	slices.SortStableFunc(begun, func(a, b *policy.Rule) int { return b.From.Compare(a.From) })
	return begun[:min(warmed, len(begun))]
}

// few tells whether the clocks are so few that they are read each time that somebody asks.
func (c *clocks) few() bool { return c.agents <= fewAgents }

// readClocks returns the clocks of all agents, read now or lately.
func (r *Room) readClocks(ctx context.Context, now store.Time) (*clocks, error) {
	return r.uptake.clocks.get(now, (*clocks).few, func(*clocks) (*clocks, error) { return r.clocksNow(context.WithoutCancel(ctx)) })
}

// clocksNow reads the clocks of all agents.
func (r *Room) clocksNow(ctx context.Context) (*clocks, error) {
	x, c := r.Fleet.Index(), &clocks{}
	err := r.People.DB.Read(ctx, func(tx *store.Tx) error {
		c.at = tx.Now()
		return eachClock(tx, func(host string, read *readClock) error {
			c.agents++
			n, known := x.Number(host)
			if !known {
				return nil
			}
			if int(n) >= len(c.of) {
				c.of = append(c.of, make([]clock, int(n)+1-len(c.of))...)
			}
			c.of[n] = c.of[n].and(read.kept())
			return nil
		})
	})
	return c, err
}

// readTakings reads when devices first confirmed what was decided at a moment.
func (r *Room) readTakings(ctx context.Context, now store.Time, m moment, c *clocks) (*takings, error) {
	return r.uptake.takings(m).get(now, func(*takings) bool { return c.agents <= fewAgents }, func(was *takings) (*takings, error) {
		x, t := r.Fleet.Index(), &takings{}
		from := store.TimeOf(m.from)
		if was != nil {
			t.first = slices.Clone(was.first)
			if again := was.until.Add(-behindHand); from.Before(again) {
				from = again
			}
		}
		err := r.People.DB.Read(context.WithoutCancel(ctx), func(tx *store.Tx) error {
			t.until = tx.Now()
			return eachTaken(tx, from, store.TimeOf(m.from.Add(soonTaken)), m.generation, func(host string, at store.Time) error {
				n, known := x.Number(host)
				if !known {
					return nil
				}
				if int(n) >= len(t.first) {
					t.first = append(t.first, make([]uint32, int(n)+1-len(t.first))...)
				}
				if s := seconds(at); t.first[n] == 0 || s < t.first[n] {
					t.first[n] = s
				}
				return nil
			})
		})
		return t, err
	})
}
