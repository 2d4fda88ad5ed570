package devices

import (
	"portcullis/devices/index"
	"portcullis/policy"
	"portcullis/store"
)

// Opening is when something came into breach, why it did then, and for what.
type Opening struct {
	At  store.Time // zero where it is not noted, or is not in breach
	By  Trigger
	For policy.Result
}

// openings are the breaches of one host that are open, in the order in which they opened.
type openings []Breach

// first is the first that is of one of a thing's causes that pass.
func (all openings) first(thing uint32, passes func(index.Cause) bool) (o Opening) {
	for _, b := range all {
		if b.Thing == thing && passes(b.Cause) {
			return Opening{b.Opened.At, b.Opened.By, b.Cause.Result}
		}
	}
	return o
}

// verdict is the first for what a thing's verdict says: something may have been in breach for less before.
func (all openings) verdict(thing uint32, d *policy.Decision) Opening {
	return all.first(thing, func(c index.Cause) bool { return c.Result == d.Verdict })
}

// anything lets every cause pass.
func anything(index.Cause) bool { return true }

// lets tells which causes pass a filter.
func lets(f *index.Filter) func(index.Cause) bool {
	return func(c index.Cause) bool {
		return (f.Result == 0 || c.Result == f.Result) && (f.Rule == "" || c.Rule == f.Rule)
	}
}

// selectOpenings returns the openings of hosts.
func selectOpenings(tx *store.Tx, hosts []string) (map[string]openings, error) {
	of := map[string]openings{}
	return of, eachOpen(tx, hosts, func(b Breach) { of[b.Host] = append(of[b.Host], b) })
}
