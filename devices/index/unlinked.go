package index

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"

	"portcullis/policy"
)

// Unlinked is a name that is installed on a platform and leads to no product there: what the decision
// calls unknown.
type Unlinked struct {
	Name     string
	Product  bool            // the name was given as a product's id, and the world has no such product
	Platform policy.Platform // on which it is installed; empty on equipment
	// Candidates are the ids of the products to which the name leads on other platforms, ascending.
	Candidates    []string
	Hosts         int
	Installations int
	Versions      []string // the newest, at most five, newest first; those that are not known are left out
}

// versionsUnlinked is how many versions of an unlinked name are listed.
const versionsUnlinked = 5

// Unlinked returns the unlinked names on the hosts of some organisations, these themselves, or on all
// where none is named. Most hosts first, then by name and platform.
func (x *Index) Unlinked(organisations []string) ([]Unlinked, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return nil, errNoBasis
	}
	all, ever := x.byPlatform(organisations), x.everOn()
	found := byNames(x, func() func(n uint32) []Unlinked {
		q := unlinkedQuery{counter: x.newCounter(x.newSorter(organisations)), all: &all, ever: ever, outside: map[[len(policy.PlatformWords)]bool]*roaring.Bitmap{}}
		return q.name
	})
	slices.SortFunc(found, func(a, b Unlinked) int {
		return cmp.Or(cmp.Compare(b.Hosts, a.Hosts), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Platform, b.Platform), compareBool(a.Product, b.Product))
	})
	return found, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// byNames asks about all names on all processors, with a function for each of these.
func byNames[T any](x *Index, ask func() func(n uint32) []T) []T {
	workers := min(runtime.GOMAXPROCS(0), len(x.names.items)/64+1)
	results := make([][]T, workers)
	var next atomic.Int64
	var done sync.WaitGroup
	for w := range workers {
		done.Go(func() {
			name := ask()
			for i := int(next.Add(1)) - 1; i < len(x.names.items); i = int(next.Add(1)) - 1 {
				results[w] = append(results[w], name(uint32(i))...)
			}
		})
	}
	done.Wait()
	return slices.Concat(results...)
}

// unlinkedQuery asks about one name after another. It is for one goroutine.
type unlinkedQuery struct {
	*counter
	all       *[len(policy.PlatformWords)]*roaring.Bitmap         // the wanted hosts, by platform
	ever      []uint16                                            // by thing: the platforms on which it has ever been
	outside   map[[len(policy.PlatformWords)]bool]*roaring.Bitmap // by the platforms skipped: the wanted hosts of all others
	platforms [len(policy.PlatformWords)]struct {
		hosts    tally
		versions []string
	}
}

// name returns the platforms on which a name leads to no product.
func (q *unlinkedQuery) name(i uint32) (found []Unlinked) {
	x := q.index
	n, g := x.names.items[i], x.basis.graph
	candidates := g.of(n)
	if len(candidates) > 0 && n.product {
		return nil
	}
	q.skipped = g.linked(n)
	for _, t := range x.named[i] {
		if len(candidates) > 0 && !q.mayBe(t) {
			continue
		}
		version := x.dictionary.At(t).Version
		q.thing(t, func(p policy.Platform, hosts []uint32) {
			if len(candidates) == 0 {
				hosts = q.devices(hosts)
			}
			if len(hosts) > 0 {
				at := &q.platforms[p]
				at.hosts, at.versions = append(at.hosts, slices.Clone(hosts)), append(at.versions, version)
			}
		})
	}
	for p := range q.platforms {
		at := &q.platforms[p]
		if len(at.hosts) == 0 {
			continue
		}
		found = append(found, Unlinked{Name: n.text, Product: n.product, Platform: policy.Platform(p), Candidates: x.ids(candidates),
			Hosts: q.of(at.hosts).Hosts, Installations: at.hosts.installations(), Versions: newest(at.versions, versionsUnlinked)})
		at.hosts, at.versions = at.hosts[:0], at.versions[:0]
	}
	return found
}

// mayBe tells whether a thing is on a wanted host on a platform that is not skipped.
func (q *unlinkedQuery) mayBe(t uint32) bool {
	skipped := q.skipped
	if own := q.index.dictionary.At(t).Platform; own != 0 {
		if q.skipped[own] {
			return false
		}
		clear(skipped[:])
	} else if !q.beyond(t) {
		return false
	}
	hosts := q.outside[skipped]
	if hosts == nil {
		var rest []*roaring.Bitmap
		for p, hosts := range q.all {
			if !skipped[p] {
				rest = append(rest, hosts)
			}
		}
		hosts = roaring.FastOr(rest...)
		q.outside[skipped] = hosts
	}
	return q.index.onAny(t, hosts)
}

// beyond tells whether a thing has ever been on a platform that is not skipped.
func (q *unlinkedQuery) beyond(t uint32) bool {
	for p, skipped := range q.skipped {
		if !skipped && int(t) < len(q.ever) && q.ever[t]&(1<<p) != 0 {
			return true
		}
	}
	return false
}

// byPlatform returns the hosts of some organisations by their platforms.
func (x *Index) byPlatform(organisations []string) (on [len(policy.PlatformWords)]*roaring.Bitmap) {
	s := x.newSorter(organisations)
	var parts [len(policy.PlatformWords)][]uint32
	for n, c := range x.hosts.class {
		if c != gone && (s.wanted == nil || s.wanted[c]) {
			parts[s.platform[c]] = append(parts[s.platform[c]], uint32(n))
		}
	}
	for p := range on {
		on[p] = roaring.BitmapOf(parts[p]...)
	}
	return on
}

// devices leaves out equipment, on which what leads to no product at all is not unknown but unidentified.
func (q *unlinkedQuery) devices(hosts []uint32) []uint32 {
	return slices.DeleteFunc(hosts, func(n uint32) bool { return q.equipment[q.index.hosts.class[n]] })
}

// ids are the ids of products, ascending.
func (x *Index) ids(products []int32) (ids []string) {
	for _, i := range products {
		ids = append(ids, x.basis.world.Products[i].ID)
	}
	slices.Sort(ids)
	return ids
}

// newest returns the newest of some versions, each once, newest first, those left out that say nothing.
func newest(versions []string, most int) []string {
	versions = slices.DeleteFunc(slices.Clone(versions), policy.VersionMissing)
	slices.SortFunc(versions, compareVersions)
	versions = slices.Compact(versions)
	return versions[:min(len(versions), most)]
}
