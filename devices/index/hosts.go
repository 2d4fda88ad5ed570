package index

import (
	"iter"
	"math"
	"slices"
	"strings"

	"portcullis/policy"
)

// class is what many hosts are alike in, and a decision depends on unless an exemption names a host,
// its holder or one of its groups.
type class struct {
	organisation string
	kind         policy.HostKind
	ownership    policy.Ownership
	platform     policy.Platform
	site         string
}

// host is one of a class, whom no exemption names.
func (c *class) host() policy.Host {
	return policy.Host{Kind: c.kind, Organisation: c.organisation, Ownership: c.ownership, Platform: c.platform, Site: c.site}
}

// gone is the class of a host that was removed.
const gone = math.MaxUint32

// hosts are the rows, a column for each part. A host keeps its number for as long as it is there,
// and nobody gets it afterwards.
type hosts struct {
	ids    texts // those of hosts that are gone too
	known  int   // how many are not gone
	class  []uint32
	holder []uint32 // a number of persons
	groups []uint32 // a number of sets
	packed shelves  // things, as packThings has them
	digest []uint64 // read and written atomically, under the read lock
	heard  []uint32 // as digest

	classes       numbering[class]
	organisation  []uint32 // by class: a number of organisations
	organisations numbering[string]
	inOrder       []uint32 // the organisations by their ids
	persons       texts
	sets          texts // of groups, as their texts with their lengths
}

func newHosts() hosts { return hosts{ids: newTexts(), persons: newTexts(), sets: newTexts()} }

// number returns that of a host, or false.
func (h *hosts) number(id string) (n uint32, known bool) {
	n, known = h.ids.find(id)
	return n, known && h.class[n] != gone
}

// numbering gives items numbers from 0 on.
type numbering[T comparable] struct {
	items   []T
	numbers map[T]uint32
}

func (n *numbering[T]) number(item T) uint32 {
	i, ok := n.numbers[item]
	if !ok {
		if n.numbers == nil {
			n.numbers = map[T]uint32{}
		}
		i = uint32(len(n.items))
		n.numbers[item], n.items = i, append(n.items, item)
	}
	return i
}

// attributes are a row without its things, in numbers.
type attributes struct{ class, holder, groups uint32 }

func (h *hosts) attributes(r *Row) attributes {
	var set []byte
	for _, g := range r.Groups {
		set = appendText(set, g)
	}
	a := attributes{class: h.classOf(class{r.Organisation, r.Kind, r.Ownership, r.Platform, r.Site})}
	a.holder, _ = h.persons.number(r.Holder)
	a.groups, _ = h.sets.number(string(set))
	return a
}

func (h *hosts) classOf(c class) uint32 {
	if n, ok := h.classes.numbers[c]; ok {
		return n
	}
	o := h.organisations.number(c.organisation)
	if int(o) == len(h.inOrder) {
		at, _ := slices.BinarySearchFunc(h.inOrder, c.organisation, func(o uint32, id string) int {
			return strings.Compare(h.organisations.items[o], id)
		})
		h.inOrder = slices.Insert(h.inOrder, at, o)
	}
	h.organisation = append(h.organisation, o)
	c.organisation = h.organisations.items[o] // one text for all of its classes
	return h.classes.number(c)
}

// add returns the number of a host, and whether it is a new one; its columns follow by set.
func (h *hosts) add(id string) (n uint32, fresh bool) {
	if n, fresh = h.ids.number(id); !fresh {
		if h.class[n] != gone {
			return n, false
		}
		n = h.ids.renumber(id)
	}
	h.known++
	h.grow()
	return n, true
}

// take adds hosts behind those that are there, whose shelves are full; false where one is there already.
func (h *hosts) take(s *storedHosts) bool {
	for i, id := range s.ids {
		if s.class[i] == gone {
			h.ids.skip()
			continue
		}
		if !h.ids.take(id) {
			return false
		}
		h.known++
	}
	h.class, h.holder, h.groups = append(h.class, s.class...), append(h.holder, s.holder...), append(h.groups, s.groups...)
	h.digest, h.heard = append(h.digest, s.digest...), append(h.heard, s.heard...)
	h.packed = append(h.packed, s.shelves...)
	return true
}

// reserve makes room for as many hosts.
func (h *hosts) reserve(n int) {
	h.class, h.holder, h.groups = slices.Grow(h.class, n), slices.Grow(h.holder, n), slices.Grow(h.groups, n)
	h.digest, h.heard = slices.Grow(h.digest, n), slices.Grow(h.heard, n)
	h.packed = slices.Grow(h.packed, (n+shelf-1)/shelf)
	h.ids.reserve(n)
}

func (h *hosts) grow() {
	h.class, h.holder, h.groups = append(h.class, gone), append(h.holder, 0), append(h.groups, 0)
	h.digest, h.heard = append(h.digest, 0), append(h.heard, 0)
}

// len is how many hosts have a number.
func (h *hosts) len() int { return len(h.class) }

func (h *hosts) set(n uint32, a attributes, packed []byte) {
	h.class[n], h.holder[n], h.groups[n] = a.class, a.holder, a.groups
	h.packed.set(n, packed)
}

func (h *hosts) at(n uint32) attributes { return attributes{h.class[n], h.holder[n], h.groups[n]} }

func (h *hosts) remove(n uint32) {
	h.known--
	h.set(n, attributes{class: gone}, nil)
}

// row puts a row together again.
func (h *hosts) row(n uint32) Row {
	row := h.bare(n)
	row.Things = h.things(n)
	return row
}

// bare is a row without its things.
func (h *hosts) bare(n uint32) Row {
	c := &h.classes.items[h.class[n]]
	return Row{Kind: c.kind, Organisation: c.organisation, Ownership: c.ownership, Platform: c.platform, Site: c.site,
		Holder: h.persons.items[h.holder[n]], Groups: groupsOf(h.sets.items[h.groups[n]])}
}

func groupsOf(set string) (groups []string) {
	eachGroup(set, func(group []byte) { groups = append(groups, string(group)) })
	return groups
}

// eachGroup calls f with the groups of a set, in memory that is not to be kept.
func eachGroup(set string, f func(group []byte)) {
	for c := (cursor{rest: []byte(set)}); len(c.rest) > 0; {
		f(c.bytes())
	}
}

func (h *hosts) things(n uint32) (things []uint32) {
	eachThing(h.packed.at(n), func(t uint32) { things = append(things, t) })
	return things
}

// naming finds the hosts that each of the subjects is or belongs to.
func (h *hosts) naming(subjects []subject) map[subject]*hostSet {
	found := make([][]uint32, len(subjects)) // by subject: its hosts, ascending
	persons, groups := map[uint32]int{}, map[string]int{}
	for i, s := range subjects {
		switch {
		case s.host != "":
			if n, ok := h.number(s.host); ok {
				found[i] = append(found[i], n)
			}
		case s.person != "":
			if n, ok := h.persons.find(s.person); ok {
				persons[n] = i
			}
		default:
			groups[s.group] = i
		}
	}
	if len(persons)+len(groups) > 0 { // or no host need be looked at
		h.gather(persons, groups, found)
	}
	named := make(map[subject]*hostSet, len(subjects))
	for i, s := range subjects {
		set := setOf(found[i])
		named[s] = &set
	}
	return named
}

// gather finds the hosts of persons and groups, each of which is for one place in found.
func (h *hosts) gather(persons map[uint32]int, groups map[string]int, found [][]uint32) {
	byHolder, bySet := make([]int, len(h.persons.items)), make([][]int, len(h.sets.items))
	for n, i := range persons {
		byHolder[n] = i + 1
	}
	for n, set := range h.sets.items {
		eachGroup(set, func(group []byte) {
			if i, ok := groups[string(group)]; ok {
				bySet[n] = append(bySet[n], i)
			}
		})
	}
	for n, c := range h.class {
		if c == gone {
			continue
		}
		if i := byHolder[h.holder[n]]; i > 0 {
			found[i-1] = append(found[i-1], uint32(n))
		}
		for _, i := range bySet[h.groups[n]] {
			found[i] = append(found[i], uint32(n))
		}
	}
}

// subjectsOf are all that an exemption may name a host by.
func (h *hosts) subjectsOf(n uint32) []subject {
	s := []subject{{host: h.ids.items[n]}, {person: h.persons.items[h.holder[n]]}}
	for _, g := range groupsOf(h.sets.items[h.groups[n]]) {
		s = append(s, subject{group: g})
	}
	return s
}

// Set is hosts, as they were when the index was asked. It does not change.
type Set struct {
	numbers []uint32 // ascending
	ids     []string
}

// Len is how many they are.
func (s Set) Len() int { return len(s.numbers) }

// All yields their ids, in the order in which the index came to know them.
func (s Set) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, n := range s.numbers {
			if !yield(s.ids[n]) {
				return
			}
		}
	}
}

// IDs are their ids, ascending.
func (s Set) IDs() []string { return slices.Sorted(s.All()) }
