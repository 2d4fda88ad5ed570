package archive

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"
)

// Inflating is most of what reading an app costs. What fits into memory is inflated here, some two
// times as fast as compress/flate streams it: from one slice to another, with eight bytes of input at
// a time and tables that give a symbol with its extra bits at once. It is a shortcut and decides
// nothing: whatever is odd about the bytes goes through compress/flate instead.

// errOdd is anything but a stream of exactly as many bytes as were expected.
var errOdd = errors.New("left to compress/flate")

// Codes of DEFLATE (RFC 1951).
const (
	literals  = 288
	distances = 32
	lengths   = 19 // codes that the lengths of other codes are written in
	maxCode   = 15 // bits
	endBlock  = 256

	literalRoot  = 10 // bits that the first table is asked with
	distanceRoot = 8
	// The largest tables that complete codes can need with these roots, as zlib's enough.c counts them.
	literalTable  = 1334
	distanceTable = 402
)

// symbol is an entry of a table. Zero is no code at all.
//
//	bits 0–7    bits of the code, or of the root where the entry leads on
//	bits 8–11   extra bits that follow, or bits to ask the second table with
//	bits 12–14  what it is, below
//	bits 16–31  the byte, the smallest length or distance, or where the second table begins
type symbol uint32

const (
	isLiteral symbol = 1 << 12
	isLink    symbol = 1 << 13
	isEnd     symbol = 1 << 14
)

func (s symbol) bits() uint  { return uint(s & 0xff) }
func (s symbol) extra() uint { return uint(s>>8) & 0xf }
func (s symbol) value() int  { return int(s >> 16) }

// kinds are the symbols of both codes but for the bits of their codes.
var literalKinds, distanceKinds = makeKinds()

func makeKinds() (lit [literals]symbol, dist [distances]symbol) {
	for i := range endBlock {
		lit[i] = isLiteral | symbol(i)<<16
	}
	lit[endBlock] = isEnd
	at := 3
	for i := range 28 {
		extra := max(0, i/4-1)
		lit[257+i] = symbol(at)<<16 | symbol(extra)<<8
		at += 1 << extra
	}
	lit[285] = 258 << 16
	at = 1
	for i := range 30 {
		extra := max(0, i/2-1)
		dist[i] = symbol(at)<<16 | symbol(extra)<<8
		at += 1 << extra
	}
	return lit, dist
}

// table fills t for a code whose symbols have the given lengths. kinds are what they stand for; 0 for
// those that must not occur, whose codes stay empty.
func table(t []symbol, root uint, lens []uint8, kinds []symbol) error {
	m := maker{t: t, root: root, free: 1 << root}
	for _, n := range lens {
		m.count[n]++
	}
	used := len(lens) - m.count[0]
	m.count[0] = 0
	var next [maxCode + 1]int // the next code of each length (RFC 1951, 3.2.2)
	room := 1
	for n := 1; n <= maxCode; n++ {
		room = room<<1 - m.count[n]
		next[n] = (next[n-1] + m.count[n-1]) << 1
		if room < 0 {
			return errOdd
		}
	}
	if room > 0 && used > 1 { // one code alone, or none, does not fill its table
		return errOdd
	}
	clear(t)
	// Shortest first, so that a second table is begun by the shortest of its codes.
	var order [literals]uint16
	var at [maxCode + 1]int
	for n := 1; n < maxCode; n++ {
		at[n+1] = at[n] + m.count[n]
	}
	for sym, n := range lens {
		if n > 0 {
			order[at[n]] = uint16(sym)
			at[n]++
		}
	}
	for _, sym := range order[:used] {
		n := lens[sym]
		if !m.put(next[n], uint(n), kinds[sym]) {
			return errOdd
		}
		next[n]++
		m.count[n]--
	}
	return nil
}

// maker fills a table.
type maker struct {
	t     []symbol
	root  uint
	count [maxCode + 1]int // of codes of each length that are still to come
	free  int              // where the next second table begins

	prefix, begin int  // of the second table that is being filled
	width         uint // 0 before the first
}

// put enters a code of n bits wherever bits that begin with it lead. They come lowest first, the other
// way round than codes are counted.
func (m *maker) put(code int, n uint, entry symbol) bool {
	code = int(bits.Reverse16(uint16(code)) >> (16 - n))
	begin, width := 0, m.root
	if n > m.root {
		prefix := code & (1<<m.root - 1)
		if m.width == 0 || prefix != m.prefix {
			m.width, m.prefix, m.begin = m.widthFor(n), prefix, m.free
			m.free += 1 << m.width
			if m.free > len(m.t) {
				return false
			}
			m.t[prefix] = isLink | symbol(m.begin)<<16 | symbol(m.width)<<8 | symbol(m.root)
		}
		code, n, begin, width = code>>m.root, n-m.root, m.begin, m.width
	}
	if n > width {
		return false
	}
	if entry != 0 {
		entry |= symbol(n)
	}
	for i := code; i < 1<<width; i += 1 << n {
		m.t[begin+i] = entry
	}
	return true
}

// widthFor is how many bits a second table is asked with that begins with a code of n bits: as many as
// the codes that are still to come need to fill it.
func (m *maker) widthFor(n uint) uint {
	width := n - m.root
	for room := 1 << width; n < maxCode; n, width = n+1, width+1 {
		if room -= m.count[n]; room <= 0 {
			break
		}
		room <<= 1
	}
	return width
}

// inflation is the state of one run.
type inflation struct {
	src  []byte
	at   int
	hold uint64 // bits that were read and not used, the next one lowest
	have uint   // how many
	dst  []byte
	n    int // bytes that were written

	lens [literals + distances]uint8
	lit  [literalTable]symbol
	dist [distanceTable]symbol
}

var inflations = sync.Pool{New: func() any { return new(inflation) }}

// inflate fills dst with what src inflates to. The error is errOdd unless it is filled exactly.
func inflate(dst, src []byte) error {
	f := inflations.Get().(*inflation)
	defer func() {
		f.src, f.dst = nil, nil
		inflations.Put(f)
	}()
	f.src, f.at, f.hold, f.have, f.dst, f.n = src, 0, 0, 0, dst, 0
	for {
		head, ok := f.take(3)
		if !ok {
			return errOdd
		}
		var err error
		switch head >> 1 {
		case 0:
			err = f.stored()
		case 1:
			err = f.fixed()
		case 2:
			err = f.dynamic()
		default:
			err = errOdd
		}
		if err != nil {
			return err
		}
		if head&1 != 0 {
			break
		}
	}
	if f.n != len(dst) {
		return errOdd
	}
	return nil
}

// fill reads bits until there are 56 or no more.
func (f *inflation) fill() {
	if len(f.src)-f.at >= 8 {
		f.hold |= binary.LittleEndian.Uint64(f.src[f.at:]) << f.have
		f.at += int(63-f.have) >> 3
		f.have |= 56
		return
	}
	for f.have < 56 && f.at < len(f.src) {
		f.hold |= uint64(f.src[f.at]) << f.have
		f.at++
		f.have += 8
	}
}

// take reads n bits, of which there may be too few.
func (f *inflation) take(n uint) (int, bool) {
	if f.have < n {
		f.fill()
	}
	if f.have < n {
		return 0, false
	}
	v := f.hold & (1<<n - 1)
	f.hold >>= n
	f.have -= n
	return int(v), true
}

// stored copies a block that is not compressed.
func (f *inflation) stored() error {
	// Whole bytes that were read ahead go back.
	f.at -= int(f.have / 8)
	f.hold, f.have = 0, 0
	if len(f.src)-f.at < 4 {
		return errOdd
	}
	size, check := binary.LittleEndian.Uint16(f.src[f.at:]), binary.LittleEndian.Uint16(f.src[f.at+2:])
	f.at += 4
	if size != ^check || int(size) > len(f.src)-f.at || int(size) > len(f.dst)-f.n {
		return errOdd
	}
	f.n += copy(f.dst[f.n:], f.src[f.at:f.at+int(size)])
	f.at += int(size)
	return nil
}

// fixed is a block with the codes of RFC 1951, 3.2.6.
func (f *inflation) fixed() error {
	for i := range literals {
		switch {
		case i < 144, i >= 280:
			f.lens[i] = 8
		case i < 256:
			f.lens[i] = 9
		default:
			f.lens[i] = 7
		}
	}
	for i := range distances {
		f.lens[literals+i] = 5
	}
	return f.block(literals, distances)
}

// lengthOrder is the order in which the lengths of the lengths' codes stand (RFC 1951, 3.2.7).
var lengthOrder = [lengths]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic is a block that begins with its own codes.
func (f *inflation) dynamic() error {
	head, ok := f.take(14)
	if !ok {
		return errOdd
	}
	nlit, ndist, nlen := head&31+257, head>>5&31+1, head>>10+4
	if nlit > 286 {
		return errOdd
	}
	var lens [lengths]uint8
	for _, i := range lengthOrder[:nlen] {
		n, ok := f.take(3)
		if !ok {
			return errOdd
		}
		lens[i] = uint8(n)
	}
	var codes [1 << 7]symbol
	if err := table(codes[:], 7, lens[:], literalKinds[:lengths]); err != nil {
		return err
	}
	for i := 0; i < nlit+ndist; {
		f.fill()
		s := codes[f.hold&127]
		if _, ok := f.take(s.bits()); !ok || s == 0 {
			return errOdd
		}
		value, times := uint8(0), 1
		switch v := s.value(); v {
		case 16, 17, 18:
			rule := [3]struct {
				bits  uint
				least int
			}{{2, 3}, {3, 3}, {7, 11}}[v-16]
			more, ok := f.take(rule.bits)
			if times = rule.least + more; !ok || i+times > nlit+ndist || v == 16 && i == 0 {
				return errOdd
			}
			if v == 16 {
				value = f.lens[i-1]
			}
		default:
			value = uint8(v)
		}
		for ; times > 0; times-- {
			f.lens[i] = value
			i++
		}
	}
	return f.block(nlit, ndist)
}

// block makes the tables of the codes whose lengths stand in lens, and inflates by them.
func (f *inflation) block(nlit, ndist int) error {
	if f.lens[endBlock] == 0 {
		return errOdd
	}
	if err := table(f.lit[:], literalRoot, f.lens[:nlit], literalKinds[:]); err != nil {
		return err
	}
	if err := table(f.dist[:], distanceRoot, f.lens[nlit:nlit+ndist], distanceKinds[:]); err != nil {
		return err
	}
	return f.symbols()
}

// symbols inflates until the end of the block. In each round there are 56 bits at first, unless the
// input ends: a length and its distance take at most 48.
func (f *inflation) symbols() error {
	const litMask, distMask = 1<<literalRoot - 1, 1<<distanceRoot - 1
	src, dst, at, n, hold, have := f.src, f.dst, f.at, f.n, f.hold, f.have
	for {
		if len(src)-at >= 8 {
			hold |= binary.LittleEndian.Uint64(src[at:]) << have
			at += int(63-have) >> 3
			have |= 56
		} else {
			for have < 56 && at < len(src) {
				hold |= uint64(src[at]) << have
				at++
				have += 8
			}
		}
		s := f.lit[hold&litMask]
		if s&isLiteral != 0 && have >= 56 && len(dst)-n >= 2 {
			// Two at a time: they take 20 bits at most, which leaves too few for a length.
			dst[n] = byte(s >> 16)
			hold >>= s.bits()
			have -= s.bits()
			n++
			if s = f.lit[hold&litMask]; s&isLiteral == 0 {
				continue
			}
			dst[n] = byte(s >> 16)
			hold >>= s.bits()
			have -= s.bits()
			n++
			continue
		}
		if s&isLink != 0 {
			s2 := f.lit[s.value()+int(hold>>literalRoot&(1<<s.extra()-1))]
			hold >>= literalRoot
			have -= literalRoot
			s = s2
		}
		hold >>= s.bits()
		have -= s.bits()
		if s&(isLiteral|isEnd) != 0 || s == 0 {
			switch {
			case int(have) < 0 || s == 0:
				return errOdd
			case s&isEnd != 0:
				f.at, f.n, f.hold, f.have = at, n, hold, have
				return nil
			case n == len(dst):
				return errOdd
			}
			dst[n] = byte(s >> 16)
			n++
			continue
		}
		length := s.value() + int(hold&(1<<s.extra()-1))
		hold >>= s.extra()
		have -= s.extra()

		s = f.dist[hold&distMask]
		if s&isLink != 0 {
			s2 := f.dist[s.value()+int(hold>>distanceRoot&(1<<s.extra()-1))]
			hold >>= distanceRoot
			have -= distanceRoot
			s = s2
		}
		hold >>= s.bits()
		have -= s.bits()
		distance := s.value() + int(hold&(1<<s.extra()-1))
		hold >>= s.extra()
		have -= s.extra()
		if s == 0 || int(have) < 0 || distance > n || length > len(dst)-n {
			return errOdd
		}
		n = repeat(dst, n, distance, length)
	}
}

// repeat appends length bytes that stand distance bytes before n, which may overlap, and returns where
// they end.
func repeat(dst []byte, n, distance, length int) int {
	end := n + length
	if distance >= 8 && end+8 <= len(dst) {
		// Eight at a time, up to seven too many, which are overwritten later.
		for from := n - distance; n < end; from, n = from+8, n+8 {
			binary.LittleEndian.PutUint64(dst[n:], binary.LittleEndian.Uint64(dst[from:]))
		}
		return end
	}
	for ; n < end; n++ {
		dst[n] = dst[n-distance]
	}
	return end
}
