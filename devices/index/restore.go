package index

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"

	"portcullis/policy"
)

// Read makes an index from a snapshot. Anything but a whole one is ErrDamaged. It has no basis as yet:
// Resume takes the breaches as they are, and SetBasis returns what has changed in them since.
//
// Frames are parsed on all processors, as they are read, and what was parsed is taken in one after another.
func Read(r io.Reader) (*Index, error) {
	queue, stop := make(chan chan *part, 2*runtime.GOMAXPROCS(0)), make(chan struct{})
	used := make(chan []byte, cap(queue)+2) // frames to be filled again: memory that is at hand is faster
	go readFrames(r, queue, used, stop)
	l := &loader{x: New(NewDictionary())}
	var err error
	for parsed := range queue {
		if p := <-parsed; err == nil {
			if err = l.take(p); err != nil {
				close(stop)
			}
			select {
			case used <- p.frame:
			default:
			}
		}
	}
	switch {
	case err != nil:
		return nil, err
	case !l.ended:
		return nil, fmt.Errorf("%w: it does not end where it should", ErrDamaged)
	case !l.x.agrees():
		return nil, errNonsense
	}
	return l.x, nil
}

var errNonsense = fmt.Errorf("%w: it holds something that makes no sense", ErrDamaged)

// readFrames has every frame parsed, and puts into the queue where it will come from, until the frames end,
// one is not right, or it is told to stop.
func readFrames(r io.Reader, queue chan<- chan *part, used <-chan []byte, stop <-chan struct{}) {
	defer close(queue)
	in := frameReader{in: bufio.NewReader(r)}
	for more := in.head(); ; more = in.next() {
		parsed := make(chan *part, 1)
		select {
		case queue <- parsed:
		case <-stop:
			return
		}
		if !more {
			parsed <- &part{err: in.err, first: -1}
			return
		}
		frame := in.frame
		go func() { parsed <- parse(frame) }()
		select {
		case in.frame = <-used:
		default:
			in.frame = nil
		}
	}
}

// frameReader reads frames, and checks them.
type frameReader struct {
	in    *bufio.Reader
	frame []byte
	check uint32
	err   error
}

// head reads the first line; the frame is empty.
func (f *frameReader) head() bool {
	head := make([]byte, len(snapshotHead))
	if _, err := io.ReadFull(f.in, head); err != nil || string(head) != snapshotHead {
		return f.fail("it does not begin as one of this version does")
	}
	return true
}

// next reads a frame, and returns false at the last one or where there is an error.
func (f *frameReader) next() bool {
	var head [8]byte
	if _, err := io.ReadFull(f.in, head[:]); err != nil {
		return f.fail("it ends too early")
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size > longestFrame {
		return f.fail(fmt.Sprintf("it says that a part of it has %d bytes", size))
	}
	f.frame = slices.Grow(f.frame[:0], int(size))[:size]
	if _, err := io.ReadFull(f.in, f.frame); err != nil {
		return f.fail("it ends too early")
	}
	if f.check = crc32.Update(f.check, castagnoli, f.frame); f.check != binary.LittleEndian.Uint32(head[4:]) {
		return f.fail("a part of it is not as it was written")
	}
	if size > 0 {
		return true
	}
	if _, err := f.in.ReadByte(); err != io.EOF {
		return f.fail("it does not end where it should")
	}
	return false
}

func (f *frameReader) fail(why string) bool {
	f.err = fmt.Errorf("%w: %s", ErrDamaged, why)
	return false
}

// recordOrder is the letters of records in the order in which they come; h and g are of one kind.
const recordOrder = "tcpshobrme"

// part is the records of a frame, as far as they can be understood without those before.
type part struct {
	frame         []byte // hosts and breaches refer to it until they are taken in
	err           error
	first, last   int // kinds of records, by recordOrder
	things        []Thing
	classes       []class
	persons, sets []string
	hosts         []storedHost
	installed     uint64 // on the hosts
	highest       int64  // the last of the things on them; -1 where there are none
	outcomes      []outcome
	hostSets      []hostSet
	breaches      []storedBreach
	mark          string
	end           uint64
}

// storedHost is a host, or one that is gone.
type storedHost struct {
	id      string
	packed  []byte
	is      attributes
	contact Contact
	gone    bool
}

type storedBreach struct {
	thing uint64
	breach
}

// parse reads the records of a frame.
func parse(frame []byte) *part {
	p, c := &part{frame: frame, highest: -1, first: -1}, cursor{rest: frame}
	for len(c.rest) > 0 {
		letter := c.letter()
		kind := strings.IndexByte(recordOrder, letter)
		if letter == 'g' {
			kind = strings.IndexByte(recordOrder, 'h')
		}
		if p.first < 0 {
			p.first, p.last = kind, kind
		}
		if kind < p.last || !p.record(letter, &c) || c.bad {
			return &part{err: errNonsense}
		}
		p.last = kind
	}
	return p
}

// record reads one, and tells whether it makes sense; the cursor knows whether it is whole.
func (p *part) record(letter byte, c *cursor) (ok bool) {
	switch letter {
	case 't':
		var t Thing
		t, ok = parseThing(c)
		p.things = append(p.things, t)
	case 'c':
		ok = p.class(c)
	case 'p':
		p.persons, ok = append(p.persons, c.text()), true
	case 's':
		set := c.text()
		groups := cursor{rest: []byte(set)}
		for len(groups.rest) > 0 {
			groups.text()
		}
		p.sets, ok = append(p.sets, set), !groups.bad
	case 'h':
		ok = p.host(c)
	case 'g':
		p.hosts, ok = append(p.hosts, storedHost{gone: true}), true
	case 'o':
		o := outcome{product: c.text(), verdict: policy.Result(c.letter())}
		for range c.count() {
			o.causes = append(o.causes, Cause{policy.Result(c.letter()), c.text()})
		}
		p.outcomes, ok = append(p.outcomes, o), true
	case 'b':
		var s hostSet
		s, ok = parseSet(c)
		p.hostSets = append(p.hostSets, s)
	case 'r':
		b := storedBreach{thing: c.number()}
		o := c.number()
		b.outcome = uint32(o)
		b.hosts, ok = parseSet(c)
		p.breaches, ok = append(p.breaches, b), ok && o == uint64(b.outcome)
	case 'm':
		p.mark = c.text()
		ok = p.mark != ""
	case 'e':
		p.end, ok = c.number(), len(c.rest) == 0
	}
	return ok
}

// parseThing reads the fields of a thing.
func parseThing(c *cursor) (t Thing, ok bool) {
	flags, platform := c.letter(), c.letter()
	t = Thing{Product: flags&1 != 0, Coded: flags&2 != 0, Managed: Managed(flags >> 2), Platform: policy.Platform(platform)}
	t.Name, t.Version, t.Signer = c.text(), c.text(), c.text()
	code := c.number()
	t.Code = int64(code>>1) ^ -int64(code&1)
	return t, !c.bad && t.Managed <= ManagedYes && int(platform) < len(policy.PlatformWords)
}

func (p *part) class(c *cursor) bool {
	made := class{kind: policy.HostKind(c.letter()), ownership: policy.Ownership(c.letter()), platform: policy.Platform(c.letter())}
	made.organisation, made.site = c.text(), c.text()
	p.classes = append(p.classes, made)
	return int(made.kind) < len(policy.HostKindWords) && int(made.ownership) < len(policy.OwnershipWords) &&
		int(made.platform) < len(policy.PlatformWords)
}

func (p *part) host(c *cursor) bool {
	h := storedHost{id: c.text()}
	class, holder, groups := c.number(), c.number(), c.number()
	contact, whole := parseContact(c)
	h.is, h.contact, h.packed = attributes{uint32(class), uint32(holder), uint32(groups)}, contact, c.bytes()
	last, count, ok := lastOf(h.packed)
	p.hosts, p.installed, p.highest = append(p.hosts, h), p.installed+uint64(count), max(p.highest, last)
	return whole && ok && max(class, holder, groups) < 1<<32
}

// parseSet reads what append appended of a set.
func parseSet(c *cursor) (hostSet, bool) {
	head := c.number()
	if head>>1 > uint64(len(c.rest)) {
		return hostSet{}, false
	}
	packed := c.next(int(head >> 1))
	if head&1 == 0 {
		hosts, err := unpackThings(packed)
		if len(hosts) > mostFew {
			return setOf(hosts), err == nil
		}
		return hostSet{few: hosts}, err == nil
	}
	bits := roaring.New()
	if bits.UnmarshalBinary(packed) != nil || bits.Validate() != nil {
		return hostSet{}, false
	}
	if bits.GetCardinality() <= uint64(mostFew) {
		return hostSet{few: bits.ToArray()}, true
	}
	return hostSet{many: bits}, true
}

// loader takes parts into an index, in their order.
type loader struct {
	x         *Index
	last      int    // kind of record
	filled    uint32 // things whose hosts are known
	installed uint64 // in rows, less those in sets
	ended     bool
}

// take takes a part in, and tells whether it makes sense after those before.
func (l *loader) take(p *part) error {
	if p.err != nil {
		return p.err
	}
	if p.first < 0 {
		return nil
	}
	ok := p.first >= l.last && !l.ended && l.takeThings(p) && l.takeColumns(p) && l.takeHosts(p) && l.takeBreaches(p)
	l.last = p.last
	if p.mark != "" {
		l.x.mark = p.mark
	}
	if p.last == len(recordOrder)-1 {
		l.ended = true
		ok = ok && p.end == uint64(l.x.hosts.known) && l.installed == 0 && int(l.filled) == len(l.x.things)
	}
	if !ok {
		return errNonsense
	}
	return nil
}

func (l *loader) takeThings(p *part) bool {
	for i, t := range p.things {
		if int(l.x.dictionary.Add(t)) != len(l.x.things)+i {
			return false
		}
	}
	l.x.growThings()
	return true
}

// takeColumns takes what the columns of hosts refer to.
func (l *loader) takeColumns(p *part) bool {
	h := &l.x.hosts
	for _, c := range p.classes {
		if n := len(h.classes.items); int(h.classOf(c)) != n {
			return false
		}
	}
	for _, text := range p.persons {
		if _, fresh := h.persons.number(text); !fresh {
			return false
		}
	}
	for _, text := range p.sets {
		if _, fresh := h.sets.number(text); !fresh {
			return false
		}
	}
	return true
}

func (l *loader) takeHosts(p *part) bool {
	if p.highest >= int64(len(l.x.things)) {
		return false
	}
	l.installed += p.installed
	h := &l.x.hosts
	for i := range p.hosts {
		s := &p.hosts[i]
		if s.gone {
			h.skip()
			continue
		}
		if int(s.is.class) >= len(h.classes.items) || int(s.is.holder) >= len(h.persons.items) || int(s.is.groups) >= len(h.sets.items) {
			return false
		}
		n, fresh := h.add(s.id)
		if !fresh {
			return false
		}
		h.set(n, s.is, s.packed)
		h.digest[n], h.heard[n] = s.contact.Digest, s.contact.Heard
	}
	return true
}

func (l *loader) takeBreaches(p *part) bool {
	for _, o := range p.outcomes {
		if !l.x.outcomes.add(o) {
			return false
		}
	}
	hosts := int64(l.x.hosts.len())
	for _, s := range p.hostSets {
		if int(l.filled) >= len(l.x.things) || s.last() >= hosts {
			return false
		}
		l.x.things[l.filled].hosts = s
		l.filled++
		l.installed -= uint64(s.len())
	}
	for _, b := range p.breaches {
		if b.thing >= uint64(l.filled) || b.outcome == 0 || int(b.outcome) >= len(l.x.outcomes.items) {
			return false
		}
		thing := &l.x.things[b.thing]
		thing.breaches = append(thing.breaches, b.breach)
	}
	return true
}

// agrees tells whether all things are in breach on hosts alone that have them.
func (x *Index) agrees() bool {
	var wrong atomic.Bool
	workers := runtime.GOMAXPROCS(0)
	parallel(workers, func(w int) {
		for from, to := share(len(x.things), w, workers); from < to; from++ {
			t := &x.things[from]
			if slices.ContainsFunc(t.breaches, func(b breach) bool { return !b.hosts.within(&t.hosts) }) {
				wrong.Store(true)
			}
		}
	})
	return !wrong.Load()
}
