package index

import (
	"fmt"
	"slices"

	"portcullis/policy"
)

// Later tells on which hosts of some organisations, or of all where none is named, a product has a later version than one on
// a platform, and which is the newest of these; it is empty where there is none. Versions that say nothing are not counted.
// A product that the world does not have is ErrNotDeclared.
func (x *Index) Later(product string, on policy.Platform, than string, organisations []string) (newest string, hosts Count, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s, err := x.searchProduct(product, organisations)
	if err != nil {
		return "", Count{}, err
	}
	var later tally
	s.run(func(t uint32, p policy.Platform, hosts []uint32) {
		version := x.dictionary.At(t).Version
		if p != on || policy.VersionMissing(version) || policy.CompareVersions(version, than) <= 0 {
			return
		}
		later = append(later, slices.Clone(hosts))
		if newest == "" || policy.CompareVersions(version, newest) > 0 {
			newest = version
		}
	})
	return newest, s.of(later), nil
}

// searchProduct is the search for a product, which the world must have.
func (x *Index) searchProduct(product string, organisations []string) (*search, error) {
	if x.basis == nil {
		return nil, errNoBasis
	}
	if _, ok := x.basis.graph.products[product]; !ok {
		return nil, fmt.Errorf("product %q: %w", product, ErrNotDeclared)
	}
	return x.newSearch(policy.Target{Product: product}, organisations)
}
