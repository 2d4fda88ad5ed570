package index

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"portcullis/policy"
)

// What the questions about hosts read of the index's columns. The caller holds the read lock.

// eachHosts calls f with the hosts of a thing, ascending, a stretch at a time, in memory that is used again.
func (x *Index) eachHosts(t uint32, buffer []uint32, f func(hosts []uint32)) {
	x.things[t].hosts.each(buffer, f)
}

// outcomesWhere tells of each outcome whether it is wanted.
func (x *Index) outcomesWhere(wanted func(o *outcome) bool) []bool {
	all := x.outcomes.all()
	of := make([]bool, len(all))
	for i := range all[1:] {
		of[i+1] = wanted(&all[i+1])
	}
	return of
}

// eachOutcome calls f with what a thing came to, of the outcomes that are wanted, and the hosts on which it
// did, ascending, a stretch at a time, in memory that is used again.
func (x *Index) eachOutcome(t uint32, wanted []bool, buffer []uint32, f func(o *outcome, hosts []uint32)) {
	for _, b := range x.things[t].breaches {
		if wanted[b.outcome] {
			o := x.outcomes.at(b.outcome)
			b.hosts.each(buffer, func(hosts []uint32) { f(o, hosts) })
		}
	}
}

// onAny tells whether a thing is on any of some hosts.
func (x *Index) onAny(t uint32, hosts *roaring.Bitmap) bool {
	has := &x.things[t].hosts
	if has.many != nil {
		return has.many.Intersects(hosts)
	}
	return slices.ContainsFunc(has.few, hosts.Contains)
}

// classesOf tells of each class whether it is of some organisations; nil where all are wanted.
func (x *Index) classesOf(organisations []string) []bool {
	if len(organisations) == 0 {
		return nil
	}
	wanted, among := make([]bool, len(x.hosts.classes.items)), make([]bool, len(x.hosts.organisations.items))
	for _, id := range organisations {
		if o, known := x.hosts.organisations.numbers[id]; known {
			among[o] = true
		}
	}
	for c, o := range x.hosts.organisation {
		wanted[c] = among[o]
	}
	return wanted
}

// sorter parts the hosts of things by the platform on which they have them. It is for one goroutine.
type sorter struct {
	index     *Index
	platform  []policy.Platform // by class
	equipment []bool            // by class
	wanted    []bool            // by class; nil for all
	skipped   [len(policy.PlatformWords)]bool
	buffer    [1024]uint32
	parts     [len(policy.PlatformWords)][]uint32
}

func (x *Index) newSorter(organisations []string) *sorter {
	s := &sorter{index: x, wanted: x.classesOf(organisations)}
	for _, c := range x.hosts.classes.items {
		s.platform, s.equipment = append(s.platform, c.platform), append(s.equipment, c.kind == policy.EquipmentHost)
	}
	return s
}

// on is the platform of a thing on a host of a class: its own, or the host's.
func (s *sorter) on(t *Thing, class uint32) policy.Platform {
	return cmp.Or(t.Platform, s.platform[class])
}

// thing calls f with the wanted hosts of a thing, by platform, but for platforms that are skipped; they are in memory that is used again.
func (s *sorter) thing(t uint32, f func(p policy.Platform, hosts []uint32)) {
	thing := s.index.dictionary.At(t)
	s.index.eachHosts(t, s.buffer[:], func(hosts []uint32) { s.part(thing, hosts) })
	s.each(f)
}

// part puts those of a thing's hosts that are wanted with the others of their platforms.
func (s *sorter) part(thing *Thing, hosts []uint32) {
	class := s.index.hosts.class
	for _, n := range hosts {
		if c := class[n]; s.wanted == nil || s.wanted[c] {
			if p := s.on(thing, c); !s.skipped[p] {
				s.parts[p] = append(s.parts[p], n)
			}
		}
	}
}

// each calls f with the hosts that were parted, and begins anew.
func (s *sorter) each(f func(p policy.Platform, hosts []uint32)) {
	for p := range s.parts {
		if hosts := s.parts[p]; len(hosts) > 0 {
			f(policy.Platform(p), hosts)
			s.parts[p] = s.parts[p][:0]
		}
	}
}

// Count is how many hosts there are, each counted once, of both kinds and of each.
type Count struct{ Hosts, Devices, Equipment int }

// counter counts hosts.
type counter struct {
	*sorter
	union *union
}

func (x *Index) newCounter(s *sorter) *counter { return &counter{s, newUnion(x.hosts.len())} }

// of counts the hosts of a tally, each once.
func (c *counter) of(t tally) Count { return c.once(c.union.of(t)) }

// once counts hosts that are there once.
func (c *counter) once(hosts []uint32) Count {
	n := Count{Hosts: len(hosts)}
	for _, h := range hosts {
		if c.equipment[c.index.hosts.class[h]] {
			n.Equipment++
		}
	}
	n.Devices = n.Hosts - n.Equipment
	return n
}

// on returns the product that a name stands for on a platform.
func (g *graph) on(n name, p policy.Platform) (product int32, found bool) {
	for _, i := range g.of(n) {
		if n.product || slices.ContainsFunc(g.world.Products[i].Identifiers[p], func(id policy.Identifier) bool { return id.ID == n.text }) {
			return i, true
		}
	}
	return 0, false
}

// linked tells of each platform whether an identifier stands for a product there.
func (g *graph) linked(n name) (on [len(policy.PlatformWords)]bool) {
	for _, i := range g.of(n) {
		for p, ids := range g.world.Products[i].Identifiers {
			on[p] = on[p] || slices.ContainsFunc(ids, func(id policy.Identifier) bool { return id.ID == n.text })
		}
	}
	return on
}

// compareVersions orders the newest first, and those that say nothing about a version last.
func compareVersions(a, b string) int {
	missing := policy.VersionMissing(a)
	switch {
	case missing != policy.VersionMissing(b):
		return reached(!missing)
	case missing:
		return cmp.Compare(a, b)
	}
	return cmp.Or(policy.CompareVersions(b, a), cmp.Compare(a, b))
}
