package index

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"portcullis/policy"
)

// A snapshot is the line snapshotHead, then frames: the length of what follows and its check, four
// bytes each, low byte first, and as many bytes of whole records. The check is the CRC-32C of all
// frames so far, so that none can be missing or in another place. The last frame is empty.
//
// A record is a letter and its fields: t a thing, c a class, p a person, s a set of groups, h a host,
// g the place of one that was removed, o an outcome, b the hosts of the next thing, r a thing's hosts in
// breach with one outcome, m what the breaches rest on, e the end with the number of hosts. They come in
// this order, and are numbered in it.
const snapshotHead = "portcullis index 1\n"

const (
	fullFrame    = 1 << 20 // a frame ends with the record that reaches this size
	longestFrame = 1 << 26
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged is a snapshot that is not whole, not one at all, or of another version: build the index
// from the rows instead.
var ErrDamaged = errors.New("the index's snapshot cannot be used")

// Snapshot writes the index. The mark is what the caller knows the basis by, such as the generation of
// its world: Resume asks for it. Readers go on meanwhile; rows and bases wait.
func (x *Index) Snapshot(w io.Writer, mark string) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	out := &frames{w: w}
	if _, err := io.WriteString(w, snapshotHead); err != nil {
		return fmt.Errorf("writing the index's snapshot: %w", err)
	}
	for n := range x.things {
		out.record(x.dictionary.At(uint32(n)).append(append(out.buffer, 't')))
	}
	x.writeHosts(out)
	for _, o := range x.outcomes.all()[1:] {
		out.record(o.append(append(out.buffer, 'o')))
	}
	for t := range x.things {
		out.record(appendBits(append(out.buffer, 'b'), x.things[t].hosts))
	}
	for t := range x.things {
		for _, b := range x.things[t].breaches {
			head := binary.AppendUvarint(append(out.buffer, 'r'), uint64(t))
			out.record(appendBits(binary.AppendUvarint(head, uint64(b.outcome)), b.hosts))
		}
	}
	if x.basis != nil {
		out.record(appendText(append(out.buffer, 'm'), x.basis.marked(mark)))
	}
	out.record(binary.AppendUvarint(append(out.buffer, 'e'), uint64(len(x.hosts.numbers))))
	out.flush()
	out.flush()
	if out.err != nil {
		return fmt.Errorf("writing the index's snapshot: %w", out.err)
	}
	return nil
}

// marked is the mark with the time from which the basis has answered alike.
func (b *Basis) marked(mark string) string {
	return mark + "\n" + b.Since().UTC().Format(time.RFC3339Nano)
}

func (x *Index) writeHosts(out *frames) {
	h := &x.hosts
	for _, c := range h.classes.items {
		b := append(out.buffer, 'c', byte(c.kind), byte(c.ownership), byte(c.platform))
		out.record(appendText(appendText(b, c.organisation), c.site))
	}
	for _, p := range h.persons.items {
		out.record(appendText(append(out.buffer, 'p'), p))
	}
	for _, s := range h.sets.items {
		out.record(appendText(append(out.buffer, 's'), s))
	}
	for n, c := range h.class {
		if c == gone {
			out.record(append(out.buffer, 'g'))
			continue
		}
		b := appendText(append(out.buffer, 'h'), h.ids[n])
		b = binary.AppendUvarint(b, uint64(c))
		b = binary.AppendUvarint(b, uint64(h.holder[n]))
		b = binary.AppendUvarint(b, uint64(h.groups[n]))
		out.record(appendText(b, h.packed[n]))
	}
}

// append appends the fields of an outcome.
func (o *outcome) append(b []byte) []byte {
	b = append(appendText(b, o.product), byte(o.verdict))
	b = binary.AppendUvarint(b, uint64(len(o.causes)))
	for _, c := range o.causes {
		b = appendText(append(b, byte(c.Result)), c.Rule)
	}
	return b
}

// appendBits appends a bitmap in roaring's portable form, with its length.
func appendBits(b []byte, hosts *roaring.Bitmap) []byte {
	b = binary.AppendUvarint(b, hosts.GetSerializedSizeInBytes())
	w := bytes.NewBuffer(b)
	_, _ = hosts.WriteTo(w) // a buffer takes all
	return w.Bytes()
}

// append appends the fields of a thing.
func (t *Thing) append(b []byte) []byte {
	flags := byte(t.Managed) << 2
	if t.Product {
		flags |= 1
	}
	if t.Coded {
		flags |= 2
	}
	b = append(b, flags, byte(t.Platform))
	b = appendText(appendText(appendText(b, t.Name), t.Version), t.Signer)
	return binary.AppendVarint(b, t.Code)
}

// frames gathers records into frames.
type frames struct {
	w      io.Writer
	buffer []byte // records of the frame at hand
	check  uint32
	err    error
}

// record takes the buffer back, with a record more.
func (f *frames) record(buffer []byte) {
	if f.buffer = buffer; len(buffer) >= fullFrame {
		f.flush()
	}
}

func (f *frames) flush() {
	f.check = crc32.Update(f.check, castagnoli, f.buffer)
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(f.buffer)))
	head = binary.LittleEndian.AppendUint32(head, f.check)
	for _, b := range [...][]byte{head, f.buffer} {
		if f.err == nil {
			_, f.err = f.w.Write(b)
		}
	}
	f.buffer = f.buffer[:0]
}

// Read makes an index from a snapshot. Anything but a whole one is ErrDamaged. It has no basis as yet:
// Resume takes the breaches as they are, and SetBasis returns what has changed in them since.
func Read(r io.Reader) (*Index, error) {
	in := bufio.NewReader(r)
	head := make([]byte, len(snapshotHead))
	if _, err := io.ReadFull(in, head); err != nil || string(head) != snapshotHead {
		return nil, fmt.Errorf("%w: it does not begin as one of this version does", ErrDamaged)
	}
	l := &loader{x: New(NewDictionary())}
	check := uint32(0)
	var frame []byte
	for {
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return nil, fmt.Errorf("%w: it ends too early", ErrDamaged)
		}
		size := binary.LittleEndian.Uint32(head[:])
		if size > longestFrame {
			return nil, fmt.Errorf("%w: it says that a part of it has %d bytes", ErrDamaged, size)
		}
		frame = slices.Grow(frame[:0], int(size))[:size]
		if _, err := io.ReadFull(in, frame); err != nil {
			return nil, fmt.Errorf("%w: it ends too early", ErrDamaged)
		}
		if check = crc32.Update(check, castagnoli, frame); check != binary.LittleEndian.Uint32(head[4:]) {
			return nil, fmt.Errorf("%w: a part of it is not as it was written", ErrDamaged)
		}
		if size == 0 {
			break
		}
		if err := l.frame(frame); err != nil {
			return nil, err
		}
	}
	if _, err := in.ReadByte(); err != io.EOF || !l.ended {
		return nil, fmt.Errorf("%w: it does not end where it should", ErrDamaged)
	}
	return l.x, nil
}

// loader takes records into an index.
type loader struct {
	x         *Index
	filled    uint32 // things whose hosts are known
	installed uint64 // in rows, less those in bitmaps
	ended     bool
}

func (l *loader) frame(b []byte) error {
	c := cursor{rest: b}
	for len(c.rest) > 0 {
		letter := c.rest[0]
		c.rest = c.rest[1:]
		if !l.record(letter, &c) || c.bad {
			return fmt.Errorf("%w: it holds something that makes no sense", ErrDamaged)
		}
	}
	return nil
}

// record takes one in, and tells whether it makes sense; the cursor knows whether it is whole.
func (l *loader) record(letter byte, c *cursor) bool {
	h := &l.x.hosts
	if l.ended {
		return false
	}
	switch letter {
	case 't':
		t, ok := parseThing(c)
		fresh := ok && int(l.x.dictionary.Add(t)) == len(l.x.things) && len(h.ids) == 0
		l.x.growThings()
		return fresh
	case 'c':
		return l.class(c)
	case 'p':
		return int(h.persons.number(c.text())) == len(h.persons.items)-1
	case 's':
		set := c.text()
		groups := cursor{rest: []byte(set)}
		for len(groups.rest) > 0 {
			groups.text()
		}
		return !groups.bad && int(h.sets.number(set)) == len(h.sets.items)-1
	case 'h':
		return l.host(c)
	case 'g':
		h.remove(h.add(""))
		return true
	case 'o':
		return l.outcome(c)
	case 'b':
		return l.thing(c)
	case 'r':
		return l.breach(c)
	case 'm':
		l.x.mark = c.text()
		return l.x.mark != ""
	case 'e':
		l.ended = true
		return c.number() == uint64(len(h.numbers)) && l.installed == 0 && int(l.filled) == len(l.x.things)
	}
	return false
}

func (l *loader) outcome(c *cursor) bool {
	o := outcome{product: c.text(), verdict: policy.Result(c.letter())}
	for range c.count() {
		o.causes = append(o.causes, Cause{policy.Result(c.letter()), c.text()})
	}
	return !c.bad && l.x.outcomes.add(o)
}

// bits reads a bitmap of hosts that there are.
func (l *loader) bits(c *cursor) (*roaring.Bitmap, bool) {
	n := c.count()
	b := c.rest[:n]
	c.rest = c.rest[n:]
	hosts := roaring.New()
	if c.bad || hosts.UnmarshalBinary(b) != nil || hosts.Validate() != nil {
		return nil, false
	}
	return hosts, hosts.IsEmpty() || int64(hosts.Maximum()) < int64(len(l.x.hosts.ids))
}

func (l *loader) thing(c *cursor) bool {
	hosts, ok := l.bits(c)
	if !ok || int(l.filled) >= len(l.x.things) {
		return false
	}
	l.x.things[l.filled].hosts = hosts
	l.filled++
	l.installed -= hosts.GetCardinality()
	return true
}

func (l *loader) breach(c *cursor) bool {
	t, o := c.number(), c.number()
	hosts, ok := l.bits(c)
	if !ok || t >= uint64(l.filled) || o == 0 || o >= uint64(len(l.x.outcomes.items)) {
		return false
	}
	thing := &l.x.things[t]
	thing.breaches = append(thing.breaches, breach{uint32(o), hosts})
	return hosts.AndCardinality(thing.hosts) == hosts.GetCardinality()
}

// parseThing reads the fields of a thing.
func parseThing(c *cursor) (t Thing, ok bool) {
	if len(c.rest) < 2 {
		return t, false
	}
	flags, platform := c.rest[0], c.rest[1]
	c.rest = c.rest[2:]
	t = Thing{Product: flags&1 != 0, Coded: flags&2 != 0, Managed: Managed(flags >> 2), Platform: policy.Platform(platform)}
	t.Name, t.Version, t.Signer = c.text(), c.text(), c.text()
	code := c.number()
	t.Code = int64(code>>1) ^ -int64(code&1)
	return t, t.Managed <= ManagedYes && int(platform) < len(policy.PlatformWords)
}

func (l *loader) class(c *cursor) bool {
	if len(c.rest) < 3 {
		return false
	}
	made := class{kind: policy.HostKind(c.rest[0]), ownership: policy.Ownership(c.rest[1]), platform: policy.Platform(c.rest[2])}
	c.rest = c.rest[3:]
	made.organisation, made.site = c.text(), c.text()
	return int(made.kind) < len(policy.HostKindWords) && int(made.ownership) < len(policy.OwnershipWords) &&
		int(made.platform) < len(policy.PlatformWords) && int(l.x.hosts.classOf(made)) == len(l.x.hosts.classes.items)-1
}

func (l *loader) host(c *cursor) bool {
	h := &l.x.hosts
	id := c.text()
	kind, holder, groups := c.number(), c.number(), c.number()
	packed := c.text()
	if c.bad || kind >= uint64(len(h.classes.items)) || holder >= uint64(len(h.persons.items)) || groups >= uint64(len(h.sets.items)) {
		return false
	}
	last, count, ok := lastOf(packed)
	if !ok || last >= int64(len(l.x.things)) || l.filled > 0 {
		return false
	}
	l.installed += count
	if _, double := h.numbers[id]; double {
		return false
	}
	n := h.add(id)
	h.set(n, attributes{uint32(kind), uint32(holder), uint32(groups)}, packed)
	return true
}
