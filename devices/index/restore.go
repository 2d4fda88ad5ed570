package index

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
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
// Frames are parsed on all processors, as they are read, into what the index will hold; that is taken in, one
// frame after another.
func Read(r io.Reader) (*Index, error) {
	queue, stop := make(chan chan *part, 2*runtime.GOMAXPROCS(0)), make(chan struct{})
	used := make(chan *part, cap(queue)+2) // to be filled again: memory that is at hand is faster
	go readFrames(r, queue, used, stop)
	l := &loader{x: New(NewDictionary())}
	var err error
	for parsed := range queue {
		if p := <-parsed; err == nil {
			if err = l.take(p); err != nil {
				close(stop)
			}
			select {
			case used <- p:
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
func readFrames(r io.Reader, queue chan<- chan *part, used <-chan *part, stop <-chan struct{}) {
	defer close(queue)
	in := frameReader{in: bufio.NewReader(r)}
	for more := in.head(); ; {
		p := &part{}
		select {
		case p = <-used:
		default:
		}
		p.reset()
		if more = more && in.next(&p.frame); !more {
			p.err = in.err
		}
		parsed := make(chan *part, 1)
		select {
		case queue <- parsed:
		case <-stop:
			return
		}
		if !more {
			parsed <- p
			return
		}
		go func() {
			p.parse()
			parsed <- p
		}()
	}
}

// frameReader reads frames, and checks them.
type frameReader struct {
	in    *bufio.Reader
	check uint32
	err   error
}

// head reads the first line.
func (f *frameReader) head() bool {
	head := make([]byte, len(snapshotHead))
	if _, err := io.ReadFull(f.in, head); err != nil || string(head) != snapshotHead {
		return f.fail("it does not begin as one of this version does")
	}
	f.check = checkOf(0, head)
	return true
}

// next reads a frame into memory to be used again, and returns false at the last one or where there is an error.
func (f *frameReader) next(frame *[]byte) bool {
	var head [8]byte
	if _, err := io.ReadFull(f.in, head[:]); err != nil {
		return f.fail("it ends too early")
	}
	length, check := head[:4], binary.LittleEndian.Uint32(head[4:])
	size := binary.LittleEndian.Uint32(length)
	if size > longestFrame {
		return f.fail(fmt.Sprintf("it says that a part of it has %d bytes", size))
	}
	*frame = slices.Grow((*frame)[:0], int(size))[:size]
	if _, err := io.ReadFull(f.in, *frame); err != nil {
		return f.fail("it ends too early")
	}
	if f.check = checkOf(checkOf(f.check, length), *frame); f.check != check {
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

// recordOrder is the letters of records in the order in which they come.
const recordOrder = "ntcpshobrme"

// part is the records of a frame, as far as they can be understood without those before.
type part struct {
	frame         []byte
	err           error
	first, last   int    // kinds of records, by recordOrder; the first is -1 where there are none
	sizes         [4]int // as Index.sizes has them, at least; of the first record
	things        []Thing
	classes       []class
	persons, sets []string
	hosts         storedHosts
	outcomes      []outcome
	hostSets      []hostSet
	breaches      []storedBreach
	mark          string
	end           uint64
}

// storedHosts are hosts as their columns are.
type storedHosts struct {
	ids                   []string // empty where one is gone
	class, holder, groups []uint32
	digest                []uint64
	heard                 []uint32
	shelves               shelves
	refer                 attributes // above all classes, holders and groups of the hosts
	installed             int        // things on the hosts
	highest               int64      // of these; -1 where there are none
}

type storedBreach struct {
	thing uint64
	breach
}

// reset makes a part one of no records, with the memory that it has.
func (p *part) reset() {
	h := &p.hosts
	*p = part{frame: p.frame[:0], first: -1, things: p.things[:0], classes: p.classes[:0], persons: p.persons[:0], sets: p.sets[:0],
		outcomes: p.outcomes[:0], hostSets: p.hostSets[:0], breaches: p.breaches[:0],
		hosts: storedHosts{ids: h.ids[:0], class: h.class[:0], holder: h.holder[:0], groups: h.groups[:0], digest: h.digest[:0],
			heard: h.heard[:0], shelves: h.shelves[:0], highest: -1}}
}

// parse reads the records of the frame.
func (p *part) parse() {
	for c := (cursor{rest: p.frame}); len(c.rest) > 0; {
		letter := c.letter()
		kind := strings.IndexByte(recordOrder, letter)
		if p.first < 0 {
			p.first, p.last = kind, kind
		}
		if kind < p.last || !p.record(letter, &c) || c.bad {
			p.err = errNonsense
			return
		}
		p.last = kind
	}
}

// record reads one, and tells whether it makes sense; the cursor knows whether it is whole.
func (p *part) record(letter byte, c *cursor) (ok bool) {
	switch letter {
	case 'n':
		for i := range p.sizes {
			p.sizes[i] = int(min(c.number(), math.MaxInt32))
		}
		ok = true
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
		ok = p.hosts.shelf(c)
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

// shelf reads what appendShelf appended.
func (s *storedHosts) shelf(c *cursor) bool {
	count := c.count()
	if count == 0 || count > shelf || len(s.class)%shelf != 0 {
		return false
	}
	var idLengths, rowLengths [shelf]uint64
	ids, rows := uint64(0), uint64(0) // the lengths of all
	for i := range count {
		is, contact, idLength, rowLength, ok := parseHost(c)
		if !ok {
			return false
		}
		if is.class != gone {
			s.refer = attributes{max(s.refer.class, is.class+1), max(s.refer.holder, is.holder+1), max(s.refer.groups, is.groups+1)}
		}
		s.class, s.holder, s.groups = append(s.class, is.class), append(s.holder, is.holder), append(s.groups, is.groups)
		s.digest, s.heard = append(s.digest, contact.Digest), append(s.heard, contact.Heard)
		idLengths[i], rowLengths[i] = idLength, rowLength
		ids += idLength
		rows += rowLength
	}
	if ids+rows > uint64(len(c.rest)) {
		return false
	}
	for text, i := string(c.next(int(ids))), 0; i < count; i++ {
		s.ids, text = append(s.ids, text[:idLengths[i]]), text[idLengths[i]:]
	}
	return s.rows(c.next(int(rows)), rowLengths[:count])
}

// parseHost reads what there is of a host besides its id and its row, and the lengths of these.
func parseHost(c *cursor) (is attributes, contact Contact, idLength, rowLength uint64, ok bool) {
	class := c.number()
	if class == 0 {
		return attributes{class: gone}, contact, 0, 0, !c.bad
	}
	holder, groups := c.number(), c.number()
	contact, ok = parseContact(c)
	idLength, rowLength = c.number(), c.number()
	is = attributes{uint32(class - 1), uint32(holder), uint32(groups)}
	return is, contact, idLength, rowLength, ok && !c.bad && max(class, holder, groups) < math.MaxUint32 && max(idLength, rowLength) <= longestFrame
}

// rows puts rows on a new shelf.
func (s *storedHosts) rows(all []byte, lengths []uint64) bool {
	s.shelves = append(s.shelves, shelfOfRows{bytes: append([]byte(nil), all...)})
	ends := &s.shelves[len(s.shelves)-1].ends
	at := uint64(0)
	for i, length := range lengths {
		last, count, ok := lastOf(all[at : at+length])
		if !ok {
			return false
		}
		s.installed, s.highest = s.installed+count, max(s.highest, last)
		at += length
		ends[i] = uint32(at)
	}
	for i := len(lengths); i < shelf; i++ {
		ends[i] = uint32(at)
	}
	return true
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
	last      int // kind of record
	sizes     [4]int
	filled    uint32 // things whose hosts are known
	installed int    // in rows, less those in sets
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
	ok := p.first >= l.last && !l.ended && l.takeSizes(p) && l.takeThings(p) && l.takeColumns(p) && l.takeHosts(&p.hosts) && l.takeBreaches(p)
	l.last = p.last
	if p.mark != "" {
		l.x.mark = p.mark
	}
	if p.last == len(recordOrder)-1 {
		l.ended = true
		ok = ok && p.end == uint64(l.x.hosts.known) && l.installed == 0 && int(l.filled) == len(l.x.things) && l.sizes == l.x.sizes()
	}
	if !ok {
		return errNonsense
	}
	return nil
}

// mostRoom is for how many of a kind room is made before they are there.
const mostRoom = 1 << 20

// takeSizes makes room for all that follows: to grow little by little takes longer, and leaves more behind.
func (l *loader) takeSizes(p *part) bool {
	if p.first > 0 {
		return true
	}
	l.sizes = p.sizes
	room := p.sizes
	for i := range room {
		room[i] = min(room[i], mostRoom)
	}
	h := &l.x.hosts
	l.x.dictionary.reserve(room[0])
	l.x.things = slices.Grow(l.x.things, room[0])
	h.persons.reserve(room[1])
	h.sets.reserve(room[2])
	h.reserve(room[3])
	return true
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

func (l *loader) takeHosts(s *storedHosts) bool {
	h := &l.x.hosts
	switch {
	case len(s.class) == 0:
		return true
	case h.len()%shelf != 0 || s.highest >= int64(len(l.x.things)):
		return false
	case int(s.refer.class) > len(h.classes.items) || int(s.refer.holder) > len(h.persons.items) || int(s.refer.groups) > len(h.sets.items):
		return false
	}
	l.installed += s.installed
	return h.take(s)
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
		l.installed -= s.len()
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
