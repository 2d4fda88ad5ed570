package devices

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/world"
)

// worldSource is the source of what a world file says is installed.
const worldSource = "world"

// begin is since when hosts of a world file are what it says: it does not say since when.
var begin = store.TimeOf(time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC))

// importPage is how many hosts are written at once.
const importPage = 400

// Import fills an empty register with a world, and this room with its hosts, in one transaction: all or
// nothing. It asks for what register.ImportIn asks for. Of what a world file says is installed, the
// order is not kept; nothing is stored of what is personal. Memory is bounded by the world without its
// hosts and the distinct things on them. Progress, where it is not nil, is told how many hosts are written.
func (r *Room) Import(ctx context.Context, actor people.Actor, loaded *world.Loaded, progress func(done, total int64)) (register.Imported, error) {
	return r.Fill(ctx, actor, Government{World: &loaded.World, Count: loaded.Hosts.Len(), Hosts: func(yield func(Known, error) bool) {
		var read policy.Host
		for i := range loaded.Hosts.Len() {
			if err := loaded.Hosts.Read(i, &read); !yield(Known{Host: &read}, err) {
				return
			}
		}
	}}, progress)
}

// Government is a world with its hosts, as many as Count says, and what is known of them besides.
type Government struct {
	World *policy.World
	Hosts iter.Seq2[Known, error]
	Count int
	Names []Named
}

// Known is a host of a government, with what people call it and when it was last heard from; the zero
// time is never. It is the reader's own only until the next one.
type Known struct {
	Host  *policy.Host
	Name  string
	Heard time.Time
}

// Fill is Import of a government that stands in no file.
func (r *Room) Fill(ctx context.Context, actor people.Actor, g Government, progress func(done, total int64)) (register.Imported, error) {
	var heard map[string]uint32
	imported, err := people.Act(ctx, r.People, actor, func(tx *people.Tx) (none register.Imported, err error) {
		imported, err := register.ImportIn(tx, g.World)
		if err != nil {
			return none, err
		}
		if n, err := countHosts(tx.Tx); err != nil || n > 0 {
			return none, cmp.Or(err, fault.New(fault.Conflict, "A world can be imported only where there are no devices yet, and there are %d here. Import into a new, empty database", n))
		}
		if heard, err = r.importHosts(tx, &g, progress); err != nil {
			return none, err
		}
		if err := errors.Join(upsertNames(tx.Tx, g.Names), upsertSeen(tx.Tx, heard, Minute(tx.Now().Time()))); err != nil {
			return none, err
		}
		imported.Hosts = g.Count
		if imported.SHA256, err = r.sum(tx.Tx); err != nil {
			return none, err
		}
		return imported, imported.Record(tx)
	})
	if err == nil {
		for id, minute := range heard {
			r.Fleet.note(id, minute)
		}
	}
	return imported, err
}

// InUse tells whether there are decisions or devices, so that a world file fills nothing but brings proposals. The
// actor needs people.SeeRegister, Everywhere.
func (r *Room) InUse(ctx context.Context, actor people.Actor) (bool, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (bool, error) {
		if err := tx.Require(people.SeeRegister, people.Everywhere); err != nil {
			return false, err
		}
		n, err := countHosts(tx.Tx)
		if err != nil || n > 0 {
			return n > 0, err
		}
		return register.InUse(tx.Tx)
	})
}

// importHosts writes the hosts, and returns when they were last heard from.
func (r *Room) importHosts(tx *people.Tx, g *Government, progress func(done, total int64)) (heard map[string]uint32, err error) {
	b, done := r.batch(tx.Tx), 0
	heard = map[string]uint32{}
	for known, err := range g.Hosts {
		if err != nil {
			return nil, err
		}
		h, err := b.imported(known.Host)
		if err != nil {
			return nil, err
		}
		h.Name = line(known.Name)
		if minute := Minute(known.Heard); minute > 0 {
			heard[h.ID] = minute
		}
		if done++; len(b.made) < importPage && done < g.Count {
			continue
		}
		if err := b.write(); err != nil {
			return nil, err
		}
		b = b.next()
		if progress != nil {
			progress(int64(done), int64(g.Count))
		}
	}
	return heard, nil
}

// sum is the SHA-256 of what Export writes, in hexadecimal, of the world as this transaction has it: read
// again, so that it is that of what is stored.
func (r *Room) sum(tx *store.Tx) (string, error) {
	stored, err := register.World(tx, tx.Now(), tx.Now())
	if err != nil {
		return "", err
	}
	thing, err := r.things(tx)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	out := world.NewWriter(sum)
	out.World(&stored)
	for first, after := true, ""; first || after != ""; first = false {
		var hosts []policy.Host
		if hosts, after, err = hostsAt(tx, after, thing, tx.Now(), tx.Now()); err != nil {
			return "", err
		}
		for i := range hosts {
			out.Host(&hosts[i])
		}
	}
	err = out.Flush()
	return hex.EncodeToString(sum.Sum(nil)), err
}

// imported enrols a host of a world file.
func (b *batch) imported(read *policy.Host) (*Host, error) {
	id := strings.Clone(read.ID)
	if badLine(id, maxHostID) {
		return nil, fault.In("host", "The host %s: its id must be one line of text of %d bytes or fewer, without blanks at its ends", id, maxHostID)
	}
	h := &Host{ID: id, State: InUse, Enrolled: b.tx.Now(), Row: index.Row{
		Kind: read.Kind, Organisation: strings.Clone(read.Organisation), Ownership: read.Ownership, Platform: read.Platform,
		Holder: strings.Clone(read.Holder), Site: strings.Clone(read.Site), Groups: groups(read.Groups),
	}}
	if h.Row.Kind == policy.Device && h.Row.Ownership == 0 {
		h.Row.Ownership = policy.Corporate
	}
	var things []uint32
	for i := range read.Installed {
		in := &read.Installed[i]
		if storable(h.Row.Ownership, in) {
			t := index.ThingOf(in)
			t.Name, t.Version, t.Signer = strings.Clone(t.Name), strings.Clone(t.Version), strings.Clone(t.Signer)
			things = append(things, b.number(t))
		}
	}
	slices.Sort(things)
	things = slices.Compact(things)
	b.enrol(h)
	b.since[id] = begin
	if len(things) == 0 {
		return h, nil
	}
	if err := h.put(Source{Name: worldSource, Taken: begin}, things); err != nil {
		return nil, err
	}
	b.add(h, Change{Host: id, Taken: begin, Source: worldSource, Reporter: "import", Added: things})
	return h, nil
}

// groups are the groups of a host, ascending, each once.
func groups(read []string) []string {
	var all []string
	for _, g := range read {
		all = append(all, strings.Clone(g))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// hostOf is a row as a host, with what is installed in one order. Nobody's word on whose a device is means that it
// is corporate, and is written so: a file that is imported says the same of it then.
func hostOf(id string, row *index.Row, thing func(uint32) *index.Thing) policy.Host {
	h := policy.Host{ID: id, Kind: row.Kind, Organisation: row.Organisation, Ownership: row.Ownership, Platform: row.Platform, Holder: row.Holder, Groups: row.Groups, Site: row.Site}
	if h.Kind == policy.Device {
		h.Ownership = cmp.Or(h.Ownership, policy.Corporate)
	}
	for _, n := range row.Things {
		h.Installed = append(h.Installed, thing(n).Installation())
	}
	slices.SortFunc(h.Installed, compareInstalled)
	return h
}

// compareInstalled puts what is not said before what is: 0 is equality in everything.
// once is a host as a world file can have it, which names a thing once on a host: where two tools report two
// versions of one, the lowest stands there, because it is the one that is allowed least.
func once(h policy.Host) policy.Host {
	same := func(a, b policy.Installation) bool {
		return a.Identifier == b.Identifier && a.Product == b.Product && cmp.Or(a.Platform, h.Platform) == cmp.Or(b.Platform, h.Platform)
	}
	slices.SortStableFunc(h.Installed, func(a, b policy.Installation) int {
		return cmp.Or(cmp.Compare(a.Identifier, b.Identifier), cmp.Compare(a.Product, b.Product),
			cmp.Compare(cmp.Or(a.Platform, h.Platform), cmp.Or(b.Platform, h.Platform)), policy.CompareVersions(a.Version, b.Version))
	})
	h.Installed = slices.CompactFunc(h.Installed, same)
	return h
}

func compareInstalled(a, b policy.Installation) int {
	return cmp.Or(
		cmp.Compare(a.Identifier, b.Identifier), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Version, b.Version),
		compareSaid(a.VersionCode, b.VersionCode, cmp.Compare[int64]), cmp.Compare(a.Signer, b.Signer),
		compareSaid(a.Managed, b.Managed, func(a, b bool) int {
			switch {
			case a == b:
				return 0
			case b:
				return -1
			}
			return 1
		}))
}

func compareSaid[T any](a, b *T, compare func(a, b T) int) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return compare(*a, *b)
}

// exported is a page of an export; the first has the world.
type exported struct {
	world policy.World
	hosts []policy.Host
	after string // the host after which to go on; empty where this is the last page
}

// Export writes the world as a world file: as it was known at the time known, with organisations and hosts
// as they were at t. A time that is zero is the present. The actor needs people.SeeRegister and
// people.SeeDevices, Everywhere. What is recorded meanwhile is not in it. Memory is bounded by the world
// without its hosts.
func (r *Room) Export(ctx context.Context, actor people.Actor, w io.Writer, t, known store.Time) error {
	out := world.NewWriter(w)
	for first, after := true, ""; first || after != ""; first = false {
		page, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (p exported, err error) {
			for _, needed := range []people.Permission{people.SeeRegister, people.SeeDevices} {
				if err := tx.Require(needed, people.Everywhere); err != nil {
					return p, err
				}
			}
			if first {
				t, known = cmp.Or(t, tx.Now()), cmp.Or(known, tx.Now()) // for all pages
				if p.world, err = register.WorldIn(tx, t, known); err != nil {
					return p, err
				}
			}
			thing, err := r.things(tx.Tx)
			if err != nil {
				return p, err
			}
			p.hosts, p.after, err = hostsAt(tx.Tx, after, thing, t, known)
			return p, err
		})
		if err != nil {
			return err
		}
		out.World(&page.world)
		for i := range page.hosts {
			out.Host(&page.hosts[i])
		}
		if err := out.Flush(); err != nil {
			return err
		}
		after = page.after
	}
	return nil
}

// hostsAt returns the hosts after an id, in the order of their ids, as they were at t and were known at the
// time known, and the id after which to go on; empty where these are the last.
func hostsAt(tx *store.Tx, after string, thing func(uint32) *index.Thing, t, known store.Time) (hosts []policy.Host, next string, err error) {
	page, err := selectPage(tx, nil, after, importPage)
	if err != nil {
		return nil, "", err
	}
	for i := range page {
		h := &page[i]
		row, here := h.Row, h.State.judged()
		if t.Before(h.Changed) || known.Before(h.Changed) {
			row, err = rowAt(tx, h.ID, t, known)
			here = err == nil
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return nil, "", err
			}
		}
		if here {
			hosts = append(hosts, once(hostOf(h.ID, &row, thing)))
		}
	}
	if len(page) == importPage {
		next = page[len(page)-1].ID
	}
	return hosts, next, nil
}

// things returns what finds a thing by its number, those among them that the dictionary has not seen yet.
func (r *Room) things(tx *store.Tx) (func(uint32) *index.Thing, error) {
	d := r.Fleet.dictionary
	n := d.Len()
	tail, err := selectThings(tx, n)
	return func(number uint32) *index.Thing {
		if int(number) < n {
			return d.At(number)
		}
		return &tail[int(number)-n]
	}, err
}

// rowAt is what a host was at t, as it was known at the time known; store.ErrNotFound where it was not
// known to be here, or not in use.
func rowAt(tx *store.Tx, host string, t, known store.Time) (index.Row, error) {
	found, err := attributes.AsKnown(tx, host, t, known)
	if err != nil {
		return index.Row{}, err
	}
	if len(found) == 0 {
		return index.Row{}, store.ErrNotFound
	}
	a, err := decodeAttributes(found[0])
	if err != nil {
		return index.Row{}, fmt.Errorf("what the host %s was: %w", host, err)
	}
	a.Ownership = cmp.Or(a.Ownership, policy.Corporate.String()) // which a device is of which nobody said
	row, err := a.row()
	if err != nil {
		return index.Row{}, err
	}
	changes, err := selectChanges(tx, host)
	if err != nil {
		return index.Row{}, err
	}
	for i := range changes {
		if c := &changes[i]; !known.Before(c.Recorded) && !t.Before(c.Taken) {
			row.Things = index.Without(union(row.Things, c.Added), c.Removed)
		}
	}
	return row, nil
}
