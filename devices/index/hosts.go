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

// skip gives a number to a host that is gone.
func (h *hosts) skip() {
	h.grow()
	h.ids.skip()
	h.packed.set(uint32(h.len()-1), nil)
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
	for c := (cursor{rest: []byte(set)}); len(c.rest) > 0; {
		groups = append(groups, c.text())
	}
	return groups
}

func (h *hosts) things(n uint32) (things []uint32) {
	eachThing(h.packed.at(n), func(t uint32) { things = append(things, t) })
	return things
}

// naming finds the hosts that each of the subjects is or belongs to.
func (h *hosts) naming(subjects []subject) map[subject]*hostSet {
	named := make(map[subject]*hostSet, len(subjects))
	byHolder, groups := map[uint32]*hostSet{}, map[string]*hostSet{}
	for _, s := range subjects {
		set := &hostSet{}
		named[s] = set
		switch {
		case s.host != "":
			if n, ok := h.number(s.host); ok {
				set.add(n)
			}
		case s.person != "":
			if n, ok := h.persons.find(s.person); ok {
				byHolder[n] = set
			}
		default:
			groups[s.group] = set
		}
	}
	if len(byHolder)+len(groups) == 0 {
		return named
	}
	holders, members := make([]*hostSet, len(h.persons.items)), make([][]*hostSet, len(h.sets.items))
	for n, set := range byHolder {
		holders[n] = set
	}
	for i, texts := range h.sets.items {
		for _, g := range groupsOf(texts) {
			if set := groups[g]; set != nil {
				members[i] = append(members[i], set)
			}
		}
	}
	for n, c := range h.class {
		if c == gone {
			continue
		}
		if set := holders[h.holder[n]]; set != nil {
			set.add(uint32(n))
		}
		for _, set := range members[h.groups[n]] {
			set.add(uint32(n))
		}
	}
	return named
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
