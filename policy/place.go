package policy

import (
	"fmt"
	"strings"
)

// place is where something stands in a world or on a host. It is put into words only when there is
// something to say about it.
type place struct {
	steps [4]step // no place in a world lies deeper
	depth int
}

// step is a key, or an item of the list under it.
type step struct {
	key  string
	item int // -1 for the key itself
}

// section is the place of an item of a section.
func section(name string, i int) place { return place{}.key(name).at(i) }

// key is the place of a key under p.
func (p place) key(name string) place {
	p.steps[p.depth] = step{name, -1}
	p.depth++
	return p
}

// at is the place of an item of the list at p.
func (p place) at(i int) place {
	p.steps[p.depth-1].item = i
	return p
}

func (p place) String() string {
	var b strings.Builder
	for i, s := range p.steps[:p.depth] {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.key)
		if s.item >= 0 {
			fmt.Fprintf(&b, "[%d]", s.item)
		}
	}
	return b.String()
}
