package demo

import "math/bits"

// draw is a stream of numbers that look drawn and are the same each time: SplitMix64, as Steele, Lea
// and Flood give it in "Fast splittable pseudorandom number generators" (2014). Every host has a
// stream of its own, so that one more app on one of them changes no other.
type draw uint64

// drawFor begins the stream of the nth of something.
func drawFor(what, n int) draw {
	d := draw(uint64(what)<<32 | uint64(n))
	return draw(d.next())
}

func (d *draw) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (d *draw) below(n int) int {
	high, _ := bits.Mul64(d.next(), uint64(n))
	return int(high)
}

// in1000 is true so many times in a thousand.
func (d *draw) in1000(times int) bool { return d.below(1000) < times }
