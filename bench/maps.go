package bench

import (
	"slices"

	"portcullis/policy"
	"portcullis/policy/policytest"
)

// maps answers with two look-ups in Go's maps and what stands there.
type maps struct {
	*plain
	shelves map[place]*numbered
}

// numbered is a shelf with its versions as numbers.
type numbered struct {
	shelf
	ranges []ranges // of the stops
	floors []floor  // of the permits
}

// ranges are a stop's own versions, and those of what contains its target, if it is stopped by that.
type ranges struct {
	own        span
	containing []span
}

type span struct{ since, until int64 }

// floor is what an allow rule demands; unknown where it demands none.
type floor struct{ version, code int64 }

// newMaps prepares the shelves that the questions will need.
func newMaps(p *plain, questions []policytest.Question) *maps {
	m := &maps{plain: p, shelves: map[place]*numbered{}}
	for i := range questions {
		at, _ := p.place(&questions[i])
		if m.shelves[at] == nil {
			m.shelves[at] = newNumbered(p.shelf(at), at.platform)
		}
	}
	return m
}

func newNumbered(s shelf, platform policy.Platform) *numbered {
	n := &numbered{shelf: s}
	for i := range s.stops {
		r := ranges{own: newSpan(s.stops[i].Versions)}
		for _, w := range s.stops[i].windows {
			r.containing = append(r.containing, newSpan(w))
		}
		n.ranges = append(n.ranges, r)
	}
	for _, r := range s.permits {
		f := floor{number(r.MinVersion), unknown}
		if code, coded := r.MinVersionCode[platform]; coded {
			f.code = code
		}
		n.floors = append(n.floors, f)
	}
	return n
}

func newSpan(w policy.Window) span {
	since, until := ends(w)
	return span{since, until}
}

// place finds out which shelf a question is about, and who may sign the product.
func (p *plain) place(q *policytest.Question) (place, []string) {
	at := place{organisation: q.Host.Organisation, platform: platformOf(q)}
	if at.product = q.Installation.Product; at.product != "" {
		at.known = true
		return at, nil
	}
	f, known := p.identified[identified{at.platform, q.Installation.Identifier}]
	if at.product, at.known = f.product, known; !known {
		at.product = p.elsewhere[q.Installation.Identifier]
	}
	return at, f.signers
}

// asked is a question with its version as a number, which the other engines are given.
type asked struct {
	*policytest.Question
	version int64
	class   string // of the host's site
	onSite  bool
}

func (p *plain) asked(q *policytest.Question) asked {
	class, onSite := p.siteClass[q.Host.Site]
	return asked{q, number(q.Installation.Version), class, onSite}
}

func (m *maps) answer(q *asked) outcome {
	at, signers := m.place(q.Question)
	s := m.shelves[at]
	for i := range s.stops {
		stop := &s.stops[i]
		if q.within(&s.ranges[i]) && m.covers(&stop.stop, at, q) && !slices.ContainsFunc(stop.subjects, q.is) {
			return stopped
		}
	}
	if !at.known {
		return neither
	}
	if len(signers) > 0 && q.Installation.Signer != "" && !slices.Contains(signers, q.Installation.Signer) {
		return neither
	}
	if s.equipment || slices.ContainsFunc(s.floors, q.reaches) || slices.ContainsFunc(s.listed, q.is) {
		return listed
	}
	return neither
}

// covers tests what a stop asks beyond its scope, target and versions.
func (m *maps) covers(s *stop, at place, q *asked) bool {
	if len(s.Platforms) > 0 && !slices.Contains(s.Platforms, at.platform) && !slices.Contains(s.Platforms, q.Host.Platform) {
		return false
	}
	if len(s.Kinds) > 0 && !slices.Contains(s.Kinds, m.product[at.product].Kind) {
		return false
	}
	if len(s.SiteClass) > 0 && (q.Host.Kind != policy.EquipmentHost || q.class != "" && !slices.Contains(s.SiteClass, q.class)) {
		return false
	}
	return true
}

// within tells whether the version is one that a stop is for.
func (q *asked) within(r *ranges) bool {
	inside := func(s span) bool { return q.version == unknown || s.since <= q.version && q.version < s.until }
	return inside(r.own) && (r.containing == nil || slices.ContainsFunc(r.containing, inside))
}

// is tells whether the host is one of those whom an exemption is for.
func (q *asked) is(s policy.ExemptionSubject) bool {
	return s.Everyone || s.Host != "" && s.Host == q.Host.ID || s.Site != "" && s.Site == q.Host.Site ||
		s.Person != "" && s.Person == q.Host.Holder || s.Group != "" && slices.Contains(q.Host.Groups, s.Group)
}

// reaches tells whether an allow rule's floor is reached.
func (q *asked) reaches(f floor) bool {
	switch {
	case f.code != unknown && q.Installation.VersionCode != nil:
		return *q.Installation.VersionCode >= f.code
	case f.version != unknown:
		return q.version >= f.version
	}
	return f.code == unknown
}
