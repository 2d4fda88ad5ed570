package index

import (
	"hash/maphash"
	"sync"

	"portcullis/policy"
)

// Thing is what can be installed, as exactly as a report tells it: every installation on every host
// is one of them, and two that differ in nothing are the same.
type Thing struct {
	// Name is an identifier as its platform gives it or, where Product is set, a product's id.
	Name     string
	Product  bool
	Platform policy.Platform // zero where it is the host's own
	Version  string          // empty where not known
	Code     int64           // the version code, where Coded is set
	Coded    bool
	Signer   string // empty where not known
	Managed  Managed
}

// Managed is whether a report calls an installation managed.
type Managed uint8

// What a report may say of it.
const (
	ManagedNotSaid Managed = iota
	ManagedNo
	ManagedYes
)

// ThingOf returns the thing that an installation is.
func ThingOf(in *policy.Installation) Thing {
	t := Thing{Name: in.Identifier, Platform: in.Platform, Version: in.Version, Signer: in.Signer}
	if in.Product != "" {
		t.Name, t.Product = in.Product, true
	}
	if in.VersionCode != nil {
		t.Code, t.Coded = *in.VersionCode, true
	}
	if in.Managed != nil {
		t.Managed = ManagedNo
		if *in.Managed {
			t.Managed = ManagedYes
		}
	}
	return t
}

// Installation returns the thing as the decision asks about it. It refers to t, which must not change.
func (t *Thing) Installation() policy.Installation {
	in := policy.Installation{Platform: t.Platform, Version: t.Version, Signer: t.Signer}
	if t.Product {
		in.Product = t.Name
	} else {
		in.Identifier = t.Name
	}
	if t.Coded {
		in.VersionCode = &t.Code
	}
	if t.Managed != ManagedNotSaid {
		in.Managed = &managed[t.Managed]
	}
	return in
}

var managed = [...]bool{ManagedNo: false, ManagedYes: true}

// Dictionary numbers things from 0 on, in the order in which they are first seen. A number never
// comes to stand for another thing, so rows that are kept elsewhere stay readable. It is safe for
// concurrent use.
type Dictionary struct {
	mu     sync.RWMutex
	seed   maphash.Seed
	things []*Thing
	// numbers finds a thing by its hash, or the first after it that is its own. To keep the things
	// themselves as keys would take more memory than all else about them.
	numbers map[uint64]uint32
}

// NewDictionary makes one in which the things have the numbers of their places.
func NewDictionary(things ...Thing) *Dictionary {
	d := &Dictionary{seed: maphash.MakeSeed(), numbers: make(map[uint64]uint32, len(things))}
	for _, t := range things {
		d.Add(t)
	}
	return d
}

// Add returns the number of a thing, which is a new one where it was not known.
func (d *Dictionary) Add(t Thing) uint32 {
	key := maphash.Comparable(d.seed, t)
	d.mu.RLock()
	n, _, known := d.find(&t, key)
	d.mu.RUnlock()
	if known {
		return n
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n, key, known = d.find(&t, key)
	if !known {
		n = uint32(len(d.things))
		made := t
		d.things, d.numbers[key] = append(d.things, &made), n
	}
	return n
}

// find returns the number of a thing or, where it is not known, the key under which it may be put.
func (d *Dictionary) find(t *Thing, key uint64) (n uint32, free uint64, known bool) {
	for ; ; key++ {
		n, taken := d.numbers[key]
		if !taken || *d.things[n] == *t {
			return n, key, taken
		}
	}
}

// reserve makes room for as many things, where there are none as yet.
func (d *Dictionary) reserve(n int) {
	d.things, d.numbers = make([]*Thing, 0, n), make(map[uint64]uint32, n)
}

// Len is how many things have a number.
func (d *Dictionary) Len() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.things)
}

// At returns the thing of a number below Len; the caller must not change it.
func (d *Dictionary) At(n uint32) *Thing {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.things[n]
}
