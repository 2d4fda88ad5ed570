package domains

import (
	"maps"
	"slices"
)

// Set gathers hosts, each once, up to a limit. It belongs to one worker; Merge puts several together.
type Set struct {
	limit int
	hosts map[string]bool
	more  bool
	scan  scanner
}

// NewSet returns a set of at most limit hosts.
func NewSet(limit int) *Set {
	s := &Set{limit: max(limit, 1), hosts: map[string]bool{}}
	s.scan = scanner{host: s.Add, known: s.hosts}
	return s
}

// Scan adds every host that text names.
func (s *Set) Scan(text []byte) {
	s.scan.text = text
	s.scan.each()
	s.scan.text = nil
}

// Add adds a host, as Each gives it.
func (s *Set) Add(host []byte) {
	if !s.hosts[string(host)] {
		s.hosts[string(host)] = true
		s.prune()
	}
}

// Merge adds what another set of the same limit has.
func (s *Set) Merge(other *Set) {
	s.more = s.more || other.more
	for host := range other.hosts {
		s.hosts[host] = true
		s.prune()
	}
}

// prune lets go of the hosts that sort last when there are twice as many as the limit.
func (s *Set) prune() {
	if len(s.hosts) < 2*s.limit {
		return
	}
	for _, host := range slices.Sorted(maps.Keys(s.hosts))[s.limit:] {
		delete(s.hosts, host)
	}
	s.more = true
}

// Hosts returns the hosts in the order of their letters, at most as many as the limit, and whether there were more.
func (s *Set) Hosts() (hosts []string, more bool) {
	hosts = slices.Sorted(maps.Keys(s.hosts))
	if len(hosts) > s.limit {
		return hosts[:s.limit], true
	}
	return hosts, s.more
}
