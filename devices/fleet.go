package devices

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"portcullis/devices/index"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// Fleet is all hosts that are judged, in this server's memory, kept current: it follows the batches of
// every server, the register's decisions, and the time.
type Fleet struct {
	db     *store.DB
	now    func() time.Time
	log    *slog.Logger
	keeper *Keeper // writes down what opens and closes; it may be nil

	dictionary *index.Dictionary
	index      *index.Index
	ages       *index.Ages // since which day what is in breach is so
	wake       chan struct{}

	following sync.Mutex       // held by whoever has the index follow, or writes down where it stands
	cursors   map[string]int64 // by server: the last batch that was followed
	looked    store.Time       // when it was last looked for what is new
	noted     uint32           // the minute since which what others heard is to be read

	mu      sync.RWMutex
	view    View
	changed chan struct{}     // closed when the view changes
	names   map[nameKey]Named // how people know identifiers
	early   map[string]uint32 // heard from before the index knew them
	heard   map[string]uint32 // heard from, and not written down yet
	ahead   map[string]int64  // by host: the version that this server has written, and not followed yet
	handed  handed            // what this server has written, and not followed yet
}

type nameKey struct {
	identifier string
	platform   policy.Platform
}

// View is what the answers of the fleet rest on.
type View struct {
	World      *policy.World
	Generation store.Generation
	Basis      *index.Basis
	finding    *finding
	planned    store.Time // when an organisation is next to be another; zero where that is not planned
}

// until is when an answer may next change without a decision; zero where nothing is planned.
func (v *View) until() time.Time {
	until, planned := v.Basis.Until(), v.planned.Time()
	if until.IsZero() || !planned.IsZero() && planned.Before(until) {
		return planned
	}
	return until
}

// Happening is breaches that opened and closed at once, and why.
type Happening struct {
	At         store.Time
	Generation store.Generation
	By         Trigger
	Changes    []index.Change
}

// Trigger is why a breach opened or closed.
type Trigger string

// The triggers.
const (
	ByReport   Trigger = "report"   // a report came, or what a host is was changed
	ByDecision Trigger = "decision" // a decision was made or taken back
	ByTime     Trigger = "time"     // a from, an until or a deadline came
)

const (
	// followEvery is how often it is looked for what other servers have done.
	followEvery = 250 * time.Millisecond
	// seenEvery is how often it is written down, and read from others, when hosts were heard from.
	seenEvery = 30 * time.Second
)

// OpenFleet reads all hosts and the present decisions.
func OpenFleet(ctx context.Context, db *store.DB, now func() time.Time, log *slog.Logger) (*Fleet, error) {
	f := newFleet(db, now, log)
	decided := beginView(ctx, db)
	err := db.Read(ctx, f.load)
	view, failed := decided()
	if err = errors.Join(err, failed); err == nil {
		f.index.SetBasis(view.Basis)
		f.view = view
		err = f.Follow(ctx) // what came between the two
	}
	if err != nil {
		return nil, fmt.Errorf("reading the devices: %w", err)
	}
	return f, nil
}

// OpenThings makes a fleet that knows what can be installed, and no host: for who reads hosts from the tables or
// fills them, and asks nothing about many.
func OpenThings(ctx context.Context, db *store.DB, now func() time.Time, log *slog.Logger) (*Fleet, error) {
	f := newFleet(db, now, log)
	err := db.Read(ctx, func(tx *store.Tx) error {
		_, err := f.learnThings(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what can be installed: %w", err)
	}
	return f, nil
}

func newFleet(db *store.DB, now func() time.Time, log *slog.Logger) *Fleet {
	d := index.NewDictionary()
	return &Fleet{db: db, now: now, log: log, dictionary: d, index: index.New(d), wake: make(chan struct{}, 1), changed: make(chan struct{}),
		names: map[nameKey]Named{}, early: map[string]uint32{}, heard: map[string]uint32{}, ahead: map[string]int64{}, cursors: map[string]int64{}, handed: handed{batches: map[batchKey][]Host{}}}
}

// load fills an empty fleet.
func (f *Fleet) load(tx *store.Tx) error {
	f.dictionary = index.NewDictionary()
	f.index = index.New(f.dictionary)
	f.ages = index.NewAges(f.index)
	f.names, f.cursors = map[nameKey]Named{}, map[string]int64{}
	if _, err := f.learnThings(tx); err != nil {
		return err
	}
	digests := map[string]uint64{}
	var failed error
	err := f.index.Load(func(yield func(string, index.Row) bool) {
		failed = eachRow(tx, func(id string, state State, row index.Row, digest uint64) error {
			if !state.judged() {
				return nil
			}
			if digest != 0 {
				digests[id] = digest
			}
			if !yield(id, row) {
				return errors.New("the index takes no more rows")
			}
			return nil
		})
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	for id, digest := range digests {
		f.index.SetDigest(id, digest)
	}
	if err := f.followSeen(tx, 0); err != nil {
		return err
	}
	if f.cursors, err = selectServers(tx); err != nil {
		return err
	}
	f.noted, f.looked = Minute(tx.Now().Time()), tx.Now()
	return f.recall(tx)
}

// beginView reads what is decided while something else goes on, and returns what waits for it.
func beginView(ctx context.Context, db *store.DB) func() (View, error) {
	var view View
	done := make(chan error, 1)
	go func() {
		done <- db.Read(ctx, func(tx *store.Tx) (err error) {
			view, err = firstView(tx)
			return err
		})
	}()
	return func() (View, error) {
		err := <-done
		return view, err
	}
}

// firstView reads what is decided, all of it.
func firstView(tx *store.Tx) (View, error) {
	delta, err := register.Changes(tx, 0)
	if err != nil {
		return View{}, err
	}
	w := delta.Apply(&policy.World{})
	b, err := index.NewBasis(w, tx.Now().Time())
	return View{World: w, Generation: delta.Generation, Basis: b, finding: new(finding), planned: delta.Until}, err
}

// Index answers for all hosts at once.
func (f *Fleet) Index() *index.Index { return f.index }

// View is what the index answers on.
func (f *Fleet) View() View {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.view
}

// Name is how people know an identifier; false where nobody has said.
func (f *Fleet) Name(identifier string, platform policy.Platform) (Named, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	n, ok := f.names[nameKey{identifier, platform}]
	return n, ok
}

// learnNames notes how people know identifiers.
func (f *Fleet) learnNames(names []Named) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range names {
		f.names[nameKey{n.Identifier, n.Platform}] = n
	}
}

// Wake has the fleet look at once for what is new.
func (f *Fleet) Wake() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Await waits until the index answers on a generation, or a later one.
func (f *Fleet) Await(ctx context.Context, generation store.Generation) error {
	for {
		f.mu.RLock()
		at, changed := f.view.Generation, f.changed
		f.mu.RUnlock()
		if at >= generation {
			return nil
		}
		f.Wake()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// Run follows until the context ends, and writes down then when hosts were last heard from.
func (f *Fleet) Run(ctx context.Context) {
	seen, recall := time.NewTicker(seenEvery), time.NewTicker(recallEvery)
	defer seen.Stop()
	defer recall.Stop()
	go f.Index().Prepare()
	for {
		err := f.Follow(ctx)
		if err != nil && ctx.Err() == nil {
			f.log.Warn("what is new on devices waits", "error", err)
		}
		select {
		case <-ctx.Done():
			if err := f.Flush(context.WithoutCancel(ctx)); err != nil {
				f.log.Warn("when devices were last heard from could not be written", "error", err)
			}
			return
		case <-f.wake:
		case <-time.After(followEvery):
		case <-seen.C:
			if err := errors.Join(f.Flush(ctx), f.hearOthers(ctx)); err != nil && ctx.Err() == nil {
				f.log.Warn("when devices were last heard from waits", "error", err)
			}
		case <-recall.C:
			if err := f.db.Read(ctx, f.recall); err != nil && ctx.Err() == nil {
				f.log.Warn("since when devices are in breach waits", "error", err)
			}
		}
	}
}

// news is what one look at the database found.
type news struct {
	hosts      map[string]Host
	cursors    map[string]int64
	generation store.Generation
	delta      *register.Delta // nil where no decision is new, and no date has come
	at         store.Time
}

// Follow looks once for what is new, and has the index answer on it.
func (f *Fleet) Follow(ctx context.Context) error {
	f.following.Lock()
	defer f.following.Unlock()
	var n news
	wanted := f.keeper.wanted()
	if err := f.db.Read(ctx, func(tx *store.Tx) (err error) {
		n, err = f.look(tx)
		return err
	}); err != nil {
		return err
	}
	if err := f.apply(&n); err != nil {
		return err
	}
	f.looked = n.at
	if wanted {
		f.keeper.begin(f.index.Standing(), n.at, n.generation)
	}
	return nil
}

// look reads what is new, all at one moment.
func (f *Fleet) look(tx *store.Tx) (n news, err error) {
	n.at = tx.Now()
	if n.generation, err = tx.Generation(); err != nil {
		return n, err
	}
	if n.cursors, err = selectServers(tx); err != nil {
		return n, err
	}
	ids, whole, err := f.touched(tx, &n)
	if err != nil {
		return n, err
	}
	if whole {
		err = f.lookAtAll(tx, &n)
		return n, err
	}
	if len(ids)+len(n.hosts) > 0 {
		if err := f.followThings(tx); err != nil {
			return n, err
		}
		found, err := selectHosts(tx, slices.Sorted(maps.Keys(ids)))
		if err != nil {
			return n, err
		}
		maps.Copy(n.hosts, found) // another server may have written later what this one has still
	}
	err = f.lookAtRegister(tx, &n)
	return n, err
}

// lookAtRegister reads what was decided.
func (f *Fleet) lookAtRegister(tx *store.Tx, n *news) error {
	view := f.View()
	if until := view.until(); n.generation != view.Generation || !until.IsZero() && !n.at.Time().Before(until) {
		d, err := register.Changes(tx, view.Generation)
		if err != nil {
			return err
		}
		n.delta = &d
	}
	return nil
}

// learnThings enters what has been numbered since in the dictionary, and returns it. It may be run again.
func (f *Fleet) learnThings(tx *store.Tx) ([]index.Thing, error) {
	things, err := selectThings(tx, f.dictionary.Len())
	for _, t := range things {
		f.dictionary.Add(t)
	}
	return things, err
}

// followThings is learnThings, and learns how people know what is new.
func (f *Fleet) followThings(tx *store.Tx) error {
	things, err := f.learnThings(tx)
	if err != nil {
		return err
	}
	var identifiers []string
	for i := range things {
		if t := &things[i]; !t.Product {
			identifiers = append(identifiers, t.Name)
		}
	}
	if len(identifiers) == 0 {
		return nil
	}
	var names []Named
	err = eachName(tx, identifiers, func(n Named) { names = append(names, n) })
	f.learnNames(names)
	return err
}

// hearOthers notes which hosts other servers heard from.
func (f *Fleet) hearOthers(ctx context.Context) error {
	return f.db.Read(ctx, func(tx *store.Tx) error {
		at := Minute(tx.Now().Time())
		if err := f.followSeen(tx, f.noted); err != nil {
			return err
		}
		f.noted = at - 2 // what is being committed in this minute is read once more
		return nil
	})
}

// followSeen notes in the index what was written down since a minute.
func (f *Fleet) followSeen(tx *store.Tx, since uint32) error {
	return eachSeen(tx, since, f.note)
}

// apply has the index answer on what is new.
func (f *Fleet) apply(n *news) error {
	view, err := f.reach(n.at)
	if err != nil {
		return err
	}
	for id, h := range n.hosts {
		var changes []index.Change
		if h.State.judged() {
			if changes, err = f.index.Put(id, h.Row); err != nil {
				return err
			}
			f.index.SetDigest(id, h.digest())
		} else {
			changes = f.index.Remove(id)
		}
		f.happened(n.at, view.Generation, ByReport, changes)
	}
	f.settleEarly()
	next := view
	if n.delta == nil {
		f.move(next, n)
		return nil
	}
	at, trigger := n.at, ByDecision
	if n.generation == view.Generation {
		at, trigger = cmp.Or(view.planned, n.at), ByTime
	}
	next.World, next.Generation, next.planned, next.finding = n.delta.Apply(view.World), n.generation, n.delta.Until, new(finding)
	b, err := view.Basis.Next(next.World, n.at.Time())
	if err != nil {
		return err
	}
	next.Basis = b
	changes := f.index.SetBasis(b)
	f.move(next, n)
	f.happened(at, next.Generation, trigger, changes)
	return nil
}

// reach has the index answer on the dates that have come, one after another, so that what each opens and
// closes is known to be its own; and returns the view with the last of them.
func (f *Fleet) reach(at store.Time) (View, error) {
	view := f.View()
	for {
		until, planned := view.Basis.Until(), view.planned.Time()
		if until.IsZero() || at.Time().Before(until) || !planned.IsZero() && !until.Before(planned) {
			return view, nil
		}
		b, err := index.NewBasis(view.World, until)
		if err != nil {
			return view, err
		}
		view.Basis = b
		f.happened(store.TimeOf(until), view.Generation, ByTime, f.index.SetBasis(b))
	}
}

// move lets readers see that the index answers on a view, and on what is new.
func (f *Fleet) move(next View, n *news) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := range n.hosts {
		if f.ahead[id] <= n.hosts[id].Version {
			delete(f.ahead, id)
		}
	}
	f.cursors = n.cursors
	f.handed.forget(n.cursors)
	if next != f.view {
		f.view = next
		close(f.changed)
		f.changed = make(chan struct{})
	}
}

// happened notes what opened and closed.
func (f *Fleet) happened(at store.Time, g store.Generation, by Trigger, changes []index.Change) {
	if len(changes) > 0 {
		f.ages.Note(changes, day(at))
		f.keeper.happened(Happening{at, g, by, changes})
	}
}

// followed tells whether the index knows what this server has written of a host.
func (f *Fleet) followed(host string) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	_, ahead := f.ahead[host]
	return !ahead
}

// contact is what is known of a host's last report.
func (f *Fleet) contact(host string) (organisation string, c index.Contact, known bool) {
	return f.index.Contact(host)
}

// hear notes that this server heard from a host.
func (f *Fleet) hear(host string, minute uint32) {
	f.note(host, minute)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard[host] = max(f.heard[host], minute)
}

// note tells the index that a host was heard from, as soon as it knows the host.
func (f *Fleet) note(host string, minute uint32) {
	if _, _, known := f.index.Contact(host); known {
		f.index.Hear(host, minute)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.early[host] = max(f.early[host], minute)
}

// settleEarly tells the index which of the hosts that it did not know were heard from.
func (f *Fleet) settleEarly() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for host, minute := range f.early {
		if _, _, known := f.index.Contact(host); known {
			f.index.Hear(host, minute)
			delete(f.early, host)
		}
	}
}

// Flush writes down when hosts were heard from, so that it survives this server and others know.
func (f *Fleet) Flush(ctx context.Context) error {
	f.mu.Lock()
	heard := f.heard
	f.heard = make(map[string]uint32, len(heard))
	f.mu.Unlock()
	if len(heard) == 0 {
		return nil
	}
	err := f.db.Write(ctx, func(tx *store.Tx) error { return upsertSeen(tx, heard, Minute(tx.Now().Time())) })
	if err != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		for host, minute := range heard { // once more, next time
			f.heard[host] = max(f.heard[host], minute)
		}
	}
	return err
}
