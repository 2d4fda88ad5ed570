package index

import (
	"encoding/binary"
	"iter"
	"math"
	"sync/atomic"

	"portcullis/policy"
)

// Contact is what the index keeps of a host's reports besides its row. It stays when a new row is put,
// and goes with the host when that is removed. It is no part of any answer's moment: it may change
// while a question is answered.
type Contact struct {
	Digest uint64 // what the last stored report is known by; 0 for none
	Heard  uint32 // when the host last reported, in minutes since the Unix epoch; 0 for never
}

// Contact returns a host's organisation and contact; known is false of a host that the index does not know.
func (x *Index) Contact(id string) (organisation string, c Contact, known bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, known := x.hosts.number(id)
	if !known {
		return "", Contact{}, false
	}
	return x.hosts.classes.items[x.hosts.class[n]].organisation, x.hosts.contact(n), true
}

// Hear notes that a host reported in a minute since the Unix epoch; an earlier one than is noted
// changes nothing, and neither does a host that the index does not know. Many may call it at once: it waits
// only while a change is put in place, or itself waits to be.
func (x *Index) Hear(id string, heard uint32) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, known := x.hosts.number(id)
	if !known {
		return
	}
	for at := &x.hosts.heard[n]; ; {
		was := atomic.LoadUint32(at)
		if heard <= was || atomic.CompareAndSwapUint32(at, was, heard) {
			return
		}
	}
}

// SetDigest notes what a host's last stored report is known by, 0 for none. A host that the index does
// not know changes nothing.
func (x *Index) SetDigest(id string, digest uint64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if n, known := x.hosts.number(id); known {
		atomic.StoreUint64(&x.hosts.digest[n], digest)
	}
}

// HeardSince yields the hosts that reported in the given minute or later, with the minute of their last
// report; minutes are since the Unix epoch. The index is not locked while the caller has its turn: hosts
// that come or go meanwhile are there or not.
func (x *Index) HeardSince(minute uint32) iter.Seq2[string, uint32] {
	const block = 1 << 14
	return func(yield func(string, uint32) bool) {
		ids, heard := make([]string, 0, 256), make([]uint32, 0, 256)
		for first, more := 0, true; more; first += block {
			ids, heard = ids[:0], heard[:0]
			more = x.eachHeard(first, first+block, max(minute, 1), func(id string, at uint32) { ids, heard = append(ids, id), append(heard, at) })
			for i, id := range ids {
				if !yield(id, heard[i]) {
					return
				}
			}
		}
	}
}

// eachHeard calls f with those of a block of hosts that reported since a minute, and tells whether there
// are hosts behind the block.
func (x *Index) eachHeard(first, end int, minute uint32, f func(string, uint32)) (more bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	h := &x.hosts
	for n := first; n < min(end, h.len()); n++ {
		if at := h.contact(uint32(n)).Heard; at >= minute && h.class[n] != gone {
			f(h.ids.items[n], at)
		}
	}
	return end < h.len()
}

func (h *hosts) contact(n uint32) Contact {
	return Contact{atomic.LoadUint64(&h.digest[n]), atomic.LoadUint32(&h.heard[n])}
}

// silent tells whether a host counts as silent: equipment never does.
func silent(kind policy.HostKind, heard, before uint32) bool {
	return kind != policy.EquipmentHost && (heard == 0 || heard < before)
}

// hear counts a host by its kind and by when it was last heard from.
func (c *Coverage) hear(kind policy.HostKind, heard, silentBefore uint32) {
	if kind == policy.EquipmentHost {
		c.Equipment++
		return
	}
	c.Devices++
	if silent(kind, heard, silentBefore) {
		c.Silent++
	}
	if heard == 0 {
		c.Never++
	}
}

// append appends the contact for a snapshot.
func (c Contact) append(b []byte) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(c.Heard)), c.Digest)
}

func parseContact(c *cursor) (Contact, bool) {
	heard, digest := c.number(), c.number()
	return Contact{digest, uint32(heard)}, heard <= math.MaxUint32
}
