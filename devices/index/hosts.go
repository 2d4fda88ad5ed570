package index

import (
	"iter"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

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
	ids     []string
	numbers map[string]uint32
	class   []uint32
	holder  []uint32 // a number of persons
	groups  []uint32 // a number of sets
	packed  []string // things, as packThings has them

	classes       numbering[class]
	organisation  []uint32 // by class: a number of organisations
	organisations numbering[string]
	persons       numbering[string]
	sets          numbering[string] // of groups, as their texts with their lengths
}

func newHosts() hosts { return hosts{numbers: map[string]uint32{}} }

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
	c := h.classOf(class{r.Organisation, r.Kind, r.Ownership, r.Platform, r.Site})
	var set []byte
	for _, g := range r.Groups {
		set = appendText(set, g)
	}
	return attributes{c, h.persons.number(r.Holder), h.sets.number(string(set))}
}

func (h *hosts) classOf(c class) uint32 {
	n := h.classes.number(c)
	if int(n) == len(h.organisation) {
		h.organisation = append(h.organisation, h.organisations.number(c.organisation))
	}
	return n
}

// add gives a host a number; its columns follow by set.
func (h *hosts) add(id string) uint32 {
	n := uint32(len(h.ids))
	h.numbers[id] = n
	h.ids = append(h.ids, id)
	h.class, h.holder, h.groups = append(h.class, gone), append(h.holder, 0), append(h.groups, 0)
	h.packed = append(h.packed, "")
	return n
}

func (h *hosts) set(n uint32, a attributes, packed string) {
	h.class[n], h.holder[n], h.groups[n], h.packed[n] = a.class, a.holder, a.groups, packed
}

func (h *hosts) at(n uint32) attributes { return attributes{h.class[n], h.holder[n], h.groups[n]} }

func (h *hosts) remove(n uint32) {
	delete(h.numbers, h.ids[n])
	h.set(n, attributes{class: gone}, "")
}

// row puts a row together again.
func (h *hosts) row(n uint32) Row {
	c := &h.classes.items[h.class[n]]
	return Row{Kind: c.kind, Organisation: c.organisation, Ownership: c.ownership, Platform: c.platform, Site: c.site,
		Holder: h.persons.items[h.holder[n]], Groups: groupsOf(h.sets.items[h.groups[n]]), Things: h.things(n)}
}

func groupsOf(set string) (groups []string) {
	for c := (cursor{rest: []byte(set)}); len(c.rest) > 0; {
		groups = append(groups, c.text())
	}
	return groups
}

func (h *hosts) things(n uint32) (things []uint32) {
	eachThing(h.packed[n], func(t uint32) { things = append(things, t) })
	return things
}

// naming finds the hosts that each of the subjects is or belongs to.
func (h *hosts) naming(subjects []subject) map[subject]*roaring.Bitmap {
	named := make(map[subject]*roaring.Bitmap, len(subjects))
	holders, groups := map[uint32]*roaring.Bitmap{}, map[string]*roaring.Bitmap{}
	for _, s := range subjects {
		bits := roaring.New()
		named[s] = bits
		switch {
		case s.host != "":
			if n, ok := h.numbers[s.host]; ok {
				bits.Add(n)
			}
		case s.person != "":
			if n, ok := h.persons.numbers[s.person]; ok {
				holders[n] = bits
			}
		default:
			groups[s.group] = bits
		}
	}
	if len(holders)+len(groups) == 0 {
		return named
	}
	byHolder, bySet := make([]*roaring.Bitmap, len(h.persons.items)), make([][]*roaring.Bitmap, len(h.sets.items))
	for n, bits := range holders {
		byHolder[n] = bits
	}
	for i, set := range h.sets.items {
		for _, g := range groupsOf(set) {
			if bits := groups[g]; bits != nil {
				bySet[i] = append(bySet[i], bits)
			}
		}
	}
	for n, c := range h.class {
		if c == gone {
			continue
		}
		if bits := byHolder[h.holder[n]]; bits != nil {
			bits.Add(uint32(n))
		}
		for _, bits := range bySet[h.groups[n]] {
			bits.Add(uint32(n))
		}
	}
	return named
}

// subjectsOf are all that an exemption may name a host by.
func (h *hosts) subjectsOf(n uint32) []subject {
	s := []subject{{host: h.ids[n]}, {person: h.persons.items[h.holder[n]]}}
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
