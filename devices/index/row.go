package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"portcullis/policy"
)

// Row is all that is known of one host, its id apart: what it is, and which things are on it.
type Row struct {
	Kind         policy.HostKind
	Organisation string
	Ownership    policy.Ownership
	Platform     policy.Platform
	Holder       string
	Groups       []string // ascending, each once
	Site         string
	Things       []uint32 // numbers in a dictionary, ascending, each once
}

// Row makes the row of a host. What is installed enters the dictionary.
func (d *Dictionary) Row(h *policy.Host) Row {
	r := Row{Kind: h.Kind, Organisation: h.Organisation, Ownership: h.Ownership, Platform: h.Platform, Holder: h.Holder, Site: h.Site}
	if len(h.Groups) > 0 {
		r.Groups = slices.Clone(h.Groups)
		slices.Sort(r.Groups)
		r.Groups = slices.Compact(r.Groups)
	}
	if len(h.Installed) > 0 {
		r.Things = make([]uint32, 0, len(h.Installed))
	}
	for i := range h.Installed {
		r.Things = append(r.Things, d.Add(ThingOf(&h.Installed[i])))
	}
	slices.Sort(r.Things)
	r.Things = slices.Compact(r.Things)
	return r
}

// Host is the reverse of Row, but for the order of what is installed and of the groups.
func (d *Dictionary) Host(id string, r *Row) policy.Host {
	h := policy.Host{ID: id, Kind: r.Kind, Organisation: r.Organisation, Ownership: r.Ownership, Platform: r.Platform,
		Holder: r.Holder, Groups: r.Groups, Site: r.Site, Installed: make([]policy.Installation, 0, len(r.Things))}
	for _, n := range r.Things {
		h.Installed = append(h.Installed, d.At(n).Installation())
	}
	return h
}

// rowForm is the first byte of a row's bytes. Rows of another form are refused.
const rowForm = 1

// errRow is the reason for which bytes are refused as a row.
var errRow = errors.New("not the bytes of a host's row")

// Append appends the bytes of the row to b: its form, kind, ownership and platform a byte each;
// organisation, holder and site each as its length and text; the number of groups, and each so; then
// the things as packThings has them. Numbers are unsigned varints. A row has one form in bytes.
func (r *Row) Append(b []byte) []byte {
	b = append(b, rowForm, byte(r.Kind), byte(r.Ownership), byte(r.Platform))
	b = appendText(b, r.Organisation)
	b = appendText(b, r.Holder)
	b = appendText(b, r.Site)
	b = binary.AppendUvarint(b, uint64(len(r.Groups)))
	for _, g := range r.Groups {
		b = appendText(b, g)
	}
	return packThings(b, r.Things)
}

// ParseRow reads what Append wrote, and nothing else.
func ParseRow(b []byte) (Row, error) {
	if len(b) < 4 || b[0] != rowForm {
		return Row{}, errRow
	}
	r := Row{Kind: policy.HostKind(b[1]), Ownership: policy.Ownership(b[2]), Platform: policy.Platform(b[3])}
	if int(r.Kind) >= len(policy.HostKindWords) || int(r.Ownership) >= len(policy.OwnershipWords) || int(r.Platform) >= len(policy.PlatformWords) {
		return Row{}, errRow
	}
	c := cursor{rest: b[4:]}
	r.Organisation, r.Holder, r.Site = c.text(), c.text(), c.text()
	for range c.count() {
		g := c.text()
		if n := len(r.Groups); n > 0 && r.Groups[n-1] >= g {
			return Row{}, fmt.Errorf("%w: its groups are not in order", errRow)
		}
		r.Groups = append(r.Groups, g)
	}
	if c.bad {
		return Row{}, errRow
	}
	var err error
	r.Things, err = unpackThings(c.rest)
	return r, err
}

// packThings appends ascending numbers: the first as it is, each other as what lies between it and
// the one before. They reach to the end of the bytes.
func packThings(b []byte, things []uint32) []byte {
	next := uint32(0)
	for _, n := range things {
		b = binary.AppendUvarint(b, uint64(n-next))
		next = n + 1
	}
	return b
}

func unpackThings(b []byte) ([]uint32, error) {
	_, count, ok := lastOf(b)
	if !ok {
		return nil, fmt.Errorf("%w: a thing's number is not one", errRow)
	}
	if count == 0 {
		return nil, nil
	}
	things := make([]uint32, 0, count)
	eachThing(b, func(t uint32) { things = append(things, t) })
	return things, nil
}

// lastThing is the highest number that a thing may have.
const lastThing = 1<<31 - 1

// eachThing calls f with the numbers that packThings packed; the index packed them itself.
func eachThing(packed []byte, f func(uint32)) {
	next := uint32(0)
	for i := 0; i < len(packed); {
		n := uint32(packed[i])
		i++
		if n >= 0x80 {
			n &= 0x7f
			for shift := 7; ; shift += 7 {
				c := packed[i]
				i++
				n |= uint32(c&0x7f) << shift
				if c < 0x80 {
					break
				}
			}
		}
		f(next + n)
		next += n + 1
	}
}

// countThings is how many numbers packThings packed: each has one byte that is its last.
func countThings(packed []byte) (n int) {
	for _, b := range packed {
		n += int(b>>7 ^ 1)
	}
	return n
}

// lastOf returns the last of packed numbers, -1 where there are none, and how many they are; false where
// the bytes are not such numbers.
func lastOf(packed []byte) (last int64, count int, ok bool) {
	last = -1
	for i := 0; i < len(packed); count++ {
		n := int64(packed[i])
		i++
		switch {
		case n < 0x80:
		case i < len(packed) && packed[i]-1 < 0x7f: // as nearly all are
			n += int64(packed[i]-1) << 7
			i++
		default:
			long, size := binary.Uvarint(packed[i-1:])
			if size <= 1 || packed[i-2+size] == 0 || long > lastThing {
				return 0, 0, false // not one, or not in the shortest form
			}
			n = int64(long)
			i += size - 1
		}
		last += n + 1
	}
	return last, count, last <= lastThing
}

func appendText[T []byte | string](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// cursor reads bytes from their beginning. Once something is bad all that follows is empty.
type cursor struct {
	rest []byte
	bad  bool
}

// number reads a varint in its shortest form.
func (c *cursor) number() uint64 {
	n, size := binary.Uvarint(c.rest)
	if size <= 0 || size > 1 && c.rest[size-1] == 0 {
		c.bad, c.rest = true, nil
		return 0
	}
	c.rest = c.rest[size:]
	return n
}

// count reads how many items follow, each of which takes a byte at least.
func (c *cursor) count() int {
	n := c.number()
	if n > uint64(len(c.rest)) {
		c.bad, c.rest = true, nil
		return 0
	}
	return int(n)
}

func (c *cursor) letter() byte {
	if len(c.rest) == 0 {
		c.bad = true
		return 0
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return b
}

func (c *cursor) text() string { return string(c.bytes()) }

// bytes are part of what is read.
func (c *cursor) bytes() []byte { return c.next(c.count()) }

// next are the next n bytes, which there are.
func (c *cursor) next(n int) []byte {
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}
