package enforce

import (
	"cmp"
	"context"
	"slices"
	"time"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// Uptake is how far a decision has come to the devices that must have it, as far as somebody may see them: when it was
// decided, when a server first had a list with it, and which devices have fetched and confirmed it. It is made by
// comparing a decision's generation with those that devices fetched and confirmed last.
type Uptake struct {
	// Rule or Exemption is what was decided, as it is recorded now.
	Rule      *policy.Rule
	Exemption *policy.Exemption
	// Ends is that it has ended, and that this is about its end.
	Ends bool
	// Decided is when it was recorded, and Generation the register's since which it counts. It takes effect at From,
	// which is not before it was decided; where From is to come, no device has it yet.
	Decided    time.Time
	Generation int64
	From       time.Time
	// Published is when a server first had a list with it for a device that says what it has; zero where none has.
	Published time.Time
	// At is when it was counted.
	At time.Time

	Total     Tally
	Platforms []PlatformUptake // those that can be told it, in their order
	Bodies    []BodyUptake     // where most is missing first, and then by their ids
	// Browsers and Network are that it is about add-ons of browsers, and about names on the network: nothing there
	// tells whether it is so.
	Browsers, Network bool
	// Curve is how many devices had confirmed it by when: 50 points at most, from From on, the last with all that have.
	Curve []UptakePoint
}

// Tally counts devices that must have a decision: each is one of confirmed, fetched, silent and untold.
type Tally struct {
	Devices int
	// Confirmed have said that they have it in force, and Fetched were given it and have not said so.
	Confirmed, Fetched int
	// Silent have not been heard from since, by what would tell. Never is how many of them never were.
	Silent, Never int
	// Untold are on platforms where nothing tells by itself.
	Untold int
}

// PlatformUptake is the devices of one platform.
type PlatformUptake struct {
	Platform policy.Platform
	Tally
}

// BodyUptake is the devices of one organisation, without those below it.
type BodyUptake struct {
	Organisation string
	Tally
}

// UptakePoint is how many devices had confirmed something at a time.
type UptakePoint struct {
	At        time.Time
	Confirmed int
}

// moment is since when a decision counts.
type moment struct {
	generation int64
	from       time.Time
	// timed is that it takes effect later than it was decided: what was compiled in between does not have it.
	timed bool
}

// RuleUptake returns how far a rule has come, or its end where it has ended. It needs people.SeeDevices, and counts the
// devices for which the actor has it.
func (r *Room) RuleUptake(ctx context.Context, actor people.Actor, id string) (*Uptake, error) {
	record, err := r.recorded(ctx, actor, register.Rules, id)
	if err != nil {
		return nil, err
	}
	rule := record[len(record)-1].World.Rules[0]
	u := &Uptake{Rule: &rule}
	_, w := r.now()
	p := reachOf(w, rule.Target.Product, rule.Target.Product != "" && rule.Components, rule.Platforms)
	return r.count(ctx, actor, u, record, rule.Period, counting{reach: p, scope: rule.Scope, own: rule.Effect == policy.Allow})
}

// ExemptionUptake is RuleUptake of an exemption: for the devices that it names, or for all of its scope. It needs to be
// one who may know of it, too.
func (r *Room) ExemptionUptake(ctx context.Context, actor people.Actor, id string) (*Uptake, error) {
	record, err := r.recorded(ctx, actor, register.Exemptions, id)
	if err != nil {
		return nil, err
	}
	e := record[len(record)-1].World.Exemptions[0]
	u := &Uptake{Exemption: &e}
	_, w := r.now()
	return r.count(ctx, actor, u, record, e.Period, counting{reach: reachOf(w, e.Product, false, nil), scope: e.Scope, subject: e.Subject})
}

// recorded is all that was recorded of a decision that counts.
func (r *Room) recorded(ctx context.Context, actor people.Actor, section register.Section, id string) ([]register.Recorded, error) {
	record, err := (&register.Room{People: r.People}).Record(ctx, actor, section, id)
	if err != nil {
		return nil, err
	}
	if !record[len(record)-1].Replaced.IsZero() {
		return nil, fault.New(fault.NotFound, "%s was taken back before it began", id)
	}
	return record, nil
}

// momentOf is since when a decision counts, or its end where it has ended.
func (u *Uptake) momentOf(record []register.Recorded, held policy.Period, now time.Time) moment {
	first, from := record[0], held.From
	if u.Ends = !held.Until.IsZero() && !now.Before(held.Until); u.Ends {
		first, from = record[len(record)-1], held.Until
	}
	u.Decided, u.Generation, u.From = first.At.Time(), int64(first.Generation), from
	if u.From.Before(u.Decided) {
		u.From = u.Decided
	}
	return moment{u.Generation, u.From, u.From.After(u.Decided)}
}

// counting is whose devices are counted.
type counting struct {
	reach
	scope   string
	own     bool // bodies that keep a list of their own are left out, with all below them
	subject policy.ExemptionSubject
}

// count fills in everything.
func (r *Room) count(ctx context.Context, actor people.Actor, u *Uptake, record []register.Recorded, held policy.Period, c counting) (*Uptake, error) {
	_, w := r.now()
	var m moment
	type found struct {
		bodies map[string]bool
		now    store.Time
	}
	seen, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (found, error) {
		roots, err := tx.Reach(people.SeeDevices)
		if err != nil {
			return found{}, err
		}
		m = u.momentOf(record, held, tx.Now().Time())
		f := found{c.bodies(w, roots), tx.Now()}
		var ids []string
		for id := range f.bodies {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		published, err := selectFirstPublished(tx.Tx, ids, m.generation, store.TimeOf(m.from))
		u.Published = published.Time()
		return f, err
	})
	if err != nil {
		return nil, err
	}
	clocks, err := r.readClocks(ctx, seen.now)
	if err != nil {
		return nil, err
	}
	taken, err := r.readTakings(ctx, seen.now, m, clocks)
	if err != nil {
		return nil, err
	}
	u.Browsers, u.Network, u.At = c.browsers, c.network, clocks.at.Time()
	t := teller{moment: m, clocks: clocks, taken: taken}
	t.count(u, &c, seen.bodies, r.Fleet.Index())
	return u, nil
}

// bodies are the organisations whose devices are counted.
func (c *counting) bodies(w *policy.World, roots []string) map[string]bool {
	all := make(map[string]*policy.Organisation, len(w.Organisations))
	for i := range w.Organisations {
		all[w.Organisations[i].ID] = &w.Organisations[i]
	}
	everywhere, counted := slices.Contains(roots, people.Everywhere), map[string]bool{}
	for id := range all {
		within, seen, own := false, everywhere, false
		for at := all[id]; at != nil; at = all[at.Parent] {
			seen = seen || slices.Contains(roots, at.ID)
			within = within || at.ID == c.scope && !(c.own && own)
			own = own || at.OwnList
		}
		if within && seen {
			counted[id] = true
		}
	}
	return counted
}

// reach is which devices can be told something, and where else it goes.
type reach struct {
	on                [len(policy.PlatformWords)]bool // the devices of these platforms
	told              [len(policy.PlatformWords)]bool // by the list of the device itself
	browsers, network bool
}

// reachOf is where a product is known, and with components all that contain it; all platforms where the product is
// empty. Some platforms narrow it.
func reachOf(w *policy.World, product string, components bool, platforms []policy.Platform) (r reach) {
	for p := range r.told {
		if product == "" && p > 0 {
			r.tell(policy.Platform(p), platforms)
		}
	}
	among := map[string]bool{product: product != ""}
	for grown := components; grown; {
		grown = false
		for i := range w.Products {
			p := &w.Products[i]
			if !among[p.ID] && slices.ContainsFunc(p.Contains, func(c policy.Component) bool { return among[c.Product] }) {
				among[p.ID], grown = true, true
			}
		}
	}
	for i := range w.Products {
		if !among[w.Products[i].ID] {
			continue
		}
		for p := range w.Products[i].Identifiers {
			r.tell(p, platforms)
		}
		r.network = r.network || len(w.Products[i].Domains) > 0 && len(platforms) == 0
	}
	r.network = r.network || product == "" && len(platforms) == 0
	return r
}

func (r *reach) tell(p policy.Platform, platforms []policy.Platform) {
	if len(platforms) > 0 && !slices.Contains(platforms, p) {
		return
	}
	if !isBrowser(p) {
		r.on[p], r.told[p] = true, true
		return
	}
	r.browsers = true
	for _, host := range browserHosts {
		r.on[host] = true
	}
}

// teller tells of each device how far it has come.
type teller struct {
	moment
	clocks *clocks
	taken  *takings
}

// heard tells whether what a device did last, of a generation and at a time, was about a list with the decision.
func (t *teller) heard(c *clock, generation int64, at uint32) bool {
	if at == 0 || generation < t.generation {
		return false
	}
	if !t.timed {
		return true
	}
	// It was compiled after the time came, if it was offered after it; and else if the whole sync came after it.
	from := uint32(t.from.Add(time.Second - 1).Unix())
	return at >= from && (c.offered >= from || at-from >= 2*syncEvery)
}

// device counts one device, and returns when it confirmed, in seconds; 0 where it has not.
func (t *teller) device(n uint32, told bool) (one Tally, confirmed uint32) {
	one.Devices = 1
	if !told {
		one.Untold = 1
		return one, 0
	}
	c := t.clocks.device(n)
	switch {
	case t.heard(&c, c.confirmedOf, c.confirmed):
		one.Confirmed = 1
		return one, max(cmp.Or(t.taken.device(n), c.confirmed), uint32(t.from.Unix()))
	case t.heard(&c, c.fetchedOf, c.fetched):
		one.Fetched = 1
	case !c.known:
		one.Never = 1
		fallthrough
	default:
		one.Silent = 1
	}
	return one, 0
}

func (t *Tally) add(o *Tally) {
	t.Devices += o.Devices
	t.Confirmed += o.Confirmed
	t.Fetched += o.Fetched
	t.Silent += o.Silent
	t.Never += o.Never
	t.Untold += o.Untold
}

// count counts the devices of some bodies.
func (t *teller) count(u *Uptake, c *counting, bodies map[string]bool, x *index.Index) {
	places := x.Places()
	tallies, times := make([]Tally, len(places.All)), []uint32{}
	wanted := make([]bool, len(places.All))
	for i, p := range places.All {
		wanted[i] = p.Kind == policy.Device && reaches(p.Ownership, p.Platform) && bodies[p.Organisation] && c.on[p.Platform]
	}
	one := func(n uint32) {
		place, known := places.Of(n)
		if !known || !wanted[place] {
			return
		}
		on := places.All[place].Platform
		tally, at := t.device(n, c.told[on] && hasClock(on))
		tallies[place].add(&tally)
		if at != 0 {
			times = append(times, at)
		}
	}
	if s := c.subject; s == (policy.ExemptionSubject{}) || s.Everyone {
		for n := range uint32(places.Len()) {
			one(n)
		}
	} else {
		for _, n := range x.Named(s) {
			one(n)
		}
	}
	u.sum(places.All, tallies)
	if len(times) > 0 {
		u.offered(time.Unix(int64(slices.Min(times)), 0))
	}
	u.Curve = curve(t.from, u.At, times)
}

// offered notes that a device had a list with it at a time. Where a decision leaves a body's list as it was, no other is
// published, and this is the first that is known.
func (u *Uptake) offered(at time.Time) {
	if u.Published.IsZero() || at.Before(u.Published) {
		u.Published = at.UTC()
	}
}

// sum puts what was counted in each place together.
func (u *Uptake) sum(places []index.Place, tallies []Tally) {
	platforms, bodies := map[policy.Platform]*Tally{}, map[string]*Tally{}
	for i := range tallies {
		one, p := &tallies[i], places[i]
		if one.Devices == 0 {
			continue
		}
		if platforms[p.Platform] == nil {
			platforms[p.Platform] = &Tally{}
		}
		if bodies[p.Organisation] == nil {
			bodies[p.Organisation] = &Tally{}
		}
		platforms[p.Platform].add(one)
		bodies[p.Organisation].add(one)
		u.Total.add(one)
	}
	for p, t := range platforms {
		u.Platforms = append(u.Platforms, PlatformUptake{p, *t})
	}
	for id, t := range bodies {
		u.Bodies = append(u.Bodies, BodyUptake{id, *t})
	}
	slices.SortFunc(u.Platforms, func(a, b PlatformUptake) int { return cmp.Compare(a.Platform, b.Platform) })
	slices.SortFunc(u.Bodies, func(a, b BodyUptake) int {
		return cmp.Or(cmp.Compare(b.Devices-b.Confirmed, a.Devices-a.Confirmed), cmp.Compare(a.Organisation, b.Organisation))
	})
}

const (
	// mostPoints is how many points a curve has at most.
	mostPoints = 50
)

// spans are how long curves are. All that was confirmed lies in the first half of one, unless now comes before its end;
// where nothing was, a curve goes until now.
var spans = []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 400 * 24 * time.Hour}

// curve is how many of some times had passed by when, in equal steps from a time on. It has no points before that.
func curve(from, now time.Time, times []uint32) []UptakePoint {
	if now.Before(from) {
		return nil
	}
	start := from.Unix()
	last := time.Duration(0)
	for _, at := range times {
		last = max(last, time.Duration(int64(at)-start)*time.Second)
	}
	span := max(now.Sub(from), last)
	for _, s := range spans {
		if len(times) > 0 && 2*last <= s {
			span = min(span, s)
			break
		}
	}
	if span < time.Second {
		return []UptakePoint{{from, len(times)}}
	}
	points := make([]UptakePoint, mostPoints)
	for i := range points {
		points[i].At = from.Add(span * time.Duration(i) / (mostPoints - 1))
	}
	for _, at := range times {
		after := time.Duration(int64(at)-start) * time.Second
		step := int((after*(mostPoints-1) + span - 1) / span)
		points[min(step, mostPoints-1)].Confirmed++
	}
	for i := 1; i < mostPoints; i++ {
		points[i].Confirmed += points[i-1].Confirmed
	}
	return points
}
