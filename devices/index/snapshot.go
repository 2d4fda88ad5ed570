package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// A snapshot is the line snapshotHead, then frames: the length of what follows and a check, four bytes
// each, low byte first, and as many bytes of whole records. The check is the CRC-32C of all so far but the
// checks: the line, and of each frame its length and its records. So no byte can be another, and no frame missing
// or in another place. The last frame is empty.
//
// A record is a letter and its fields: n how many things, persons, sets of groups and hosts follow; t a
// thing, c a class, p a person, s a set of groups, h a shelf of hosts, o an outcome, b the hosts of the next
// thing, r a thing's hosts with one outcome, m what the outcomes rest on, e the end with the number of hosts that
// are not gone. They come in this order, and are numbered in it. Every shelf but the last is full.
const snapshotHead = "portcullis index 4\n"

const (
	fullFrame    = 1 << 20 // a frame ends with the record that reaches this size
	longestFrame = 1 << 26
)

// ErrDamaged is a snapshot that is not whole, not one at all, or of another version: build the index
// from the rows instead.
var ErrDamaged = errors.New("the index's snapshot cannot be used")

// Snapshot writes the index. The mark is what the caller knows the basis by, such as the generation of
// its world: Resume asks for it. Readers go on meanwhile; rows and bases wait.
func (x *Index) Snapshot(w io.Writer, mark string) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	out := newFrames(w)
	out.buffer = append(out.buffer, 'n')
	for _, n := range x.sizes() {
		out.buffer = binary.AppendUvarint(out.buffer, uint64(n))
	}
	for n := range x.things {
		out.record(x.dictionary.At(uint32(n)).append(append(out.buffer, 't')))
	}
	x.writeHosts(out)
	for _, o := range x.outcomes.all()[1:] {
		out.record(o.append(append(out.buffer, 'o')))
	}
	for t := range x.things {
		out.record(x.things[t].hosts.append(append(out.buffer, 'b')))
	}
	for t := range x.things {
		for _, b := range x.things[t].breaches {
			head := binary.AppendUvarint(append(out.buffer, 'r'), uint64(t))
			out.record(b.hosts.append(binary.AppendUvarint(head, uint64(b.outcome))))
		}
	}
	if x.basis != nil {
		out.record(appendText(append(out.buffer, 'm'), x.basis.marked(mark)))
	}
	out.record(binary.AppendUvarint(append(out.buffer, 'e'), uint64(x.hosts.known)))
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
	for first := 0; first < h.len(); first += shelf {
		out.record(h.appendShelf(append(out.buffer, 'h'), first))
	}
}

// appendShelf appends the hosts of a shelf: how many they are; of each the number of its class and 1, or 0 of
// one that is gone and nothing more, those of its holder and its set of groups, its contact, and the lengths of its
// id and its row; then all ids, and all rows.
func (h *hosts) appendShelf(b []byte, first int) []byte {
	end := min(first+shelf, h.len())
	b = binary.AppendUvarint(b, uint64(end-first))
	var ids []byte
	for n := first; n < end; n++ {
		if h.class[n] == gone {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(h.class[n])+1)
		b = binary.AppendUvarint(b, uint64(h.holder[n]))
		b = binary.AppendUvarint(b, uint64(h.groups[n]))
		b = h.contact(uint32(n)).append(b)
		b = binary.AppendUvarint(b, uint64(len(h.ids.items[n])))
		b = binary.AppendUvarint(b, uint64(len(h.packed.at(uint32(n)))))
		ids = append(ids, h.ids.items[n]...)
	}
	return append(append(b, ids...), h.packed[first/shelf].bytes...)
}

// sizes are how many things, persons, sets of groups and hosts there are.
func (x *Index) sizes() [4]int {
	h := &x.hosts
	return [...]int{len(x.things), len(h.persons.items), len(h.sets.items), h.len()}
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

// append appends the hosts of a set: the length of what follows, doubled, and 1 more for a bitmap; then
// this in roaring's portable form, or the numbers as packThings has them.
func (s *hostSet) append(b []byte) []byte {
	if s.many == nil {
		packed := packThings(nil, s.few)
		return append(binary.AppendUvarint(b, uint64(len(packed))<<1), packed...)
	}
	b = binary.AppendUvarint(b, s.many.GetSerializedSizeInBytes()<<1|1)
	w := bytes.NewBuffer(b)
	_, _ = s.many.WriteTo(w) // a buffer takes all
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

// newFrames writes the first line.
func newFrames(w io.Writer) *frames {
	_, err := io.WriteString(w, snapshotHead)
	return &frames{w: w, check: checkOf(0, []byte(snapshotHead)), err: err}
}

// checkOf is the check of some bytes after others.
func checkOf(check uint32, b []byte) uint32 {
	return crc32.Update(check, crc32.MakeTable(crc32.Castagnoli), b)
}

// record takes the buffer back, with a record more.
func (f *frames) record(buffer []byte) {
	if f.buffer = buffer; len(buffer) >= fullFrame {
		f.flush()
	}
}

func (f *frames) flush() {
	length := binary.LittleEndian.AppendUint32(nil, uint32(len(f.buffer)))
	f.check = checkOf(checkOf(f.check, length), f.buffer)
	for _, b := range [...][]byte{length, binary.LittleEndian.AppendUint32(nil, f.check), f.buffer} {
		if f.err == nil {
			_, f.err = f.w.Write(b)
		}
	}
	f.buffer = f.buffer[:0]
}
