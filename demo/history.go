package demo

import (
	"hash/fnv"
	"time"

	"portcullis/policy"
)

// Opening is why something in breach came into it when it did.
type Opening int

// The openings.
const (
	Found    Opening = iota // a report had it
	Decided                 // the rule began
	Deadline                // the deadline of the phase-out passed
)

// Opened is when a server that had been there for months would have found that something on a host is in breach: when
// it was reported, but not before the rule held, where it is in breach by one. Heard is when the host was last heard
// from, zero for equipment; what tells the thing from others on the host.
func (d *Demo) Opened(host string, heard time.Time, what uint32, rule string) (at time.Time, why Opening) {
	sum := fnv.New64a()
	sum.Write([]byte(host)) // which never fails
	dr := draw(sum.Sum64() + uint64(what)*2)
	if heard.IsZero() {
		heard = d.Now
	}
	at = heard.Add(-d.ago(&dr)).Truncate(time.Second)
	for i := range d.World.Rules {
		r := &d.World.Rules[i]
		if r.ID != rule {
			continue
		}
		began, why := r.From, Decided
		if r.Effect == policy.PhaseOut {
			began, why = r.Deadline, Deadline
		}
		if at.Before(began) {
			return began, why
		}
	}
	return at, Found
}

// ago is how long before a host was last heard from something came onto it: mostly weeks.
func (d *Demo) ago(dr *draw) time.Duration {
	days := 30 + dr.below(60)
	switch at := dr.below(100); {
	case at < 3:
		days = 0
	case at < 18:
		days = 1 + dr.below(6)
	case at < 60:
		days = 7 + dr.below(23)
	}
	return time.Duration(days)*24*time.Hour + time.Duration(dr.below(600))*time.Minute
}
