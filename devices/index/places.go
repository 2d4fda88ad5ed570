package index

import (
	"slices"

	"portcullis/policy"
)

// Place is what the devices share that are to have one list, but for exemptions.
type Place struct {
	Organisation string
	Kind         policy.HostKind
	Ownership    policy.Ownership
	Platform     policy.Platform
}

// Places is where all hosts stood when the index was asked. A host has a number, which nobody else gets as long as
// the process runs, so that what others know of hosts can be kept by their numbers.
type Places struct {
	All []Place
	of  []uint32 // by class: a place
	// class is by host
	class []uint32
}

// Places returns where all hosts stand.
func (x *Index) Places() Places {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var numbers numbering[Place]
	p := Places{class: slices.Clone(x.hosts.class)}
	for i := range x.hosts.classes.items {
		c := &x.hosts.classes.items[i]
		p.of = append(p.of, numbers.number(Place{c.organisation, c.kind, c.ownership, c.platform}))
	}
	p.All = numbers.items
	return p
}

// Len is how many numbers hosts have, those that are gone among them: they are all below it.
func (p *Places) Len() int { return len(p.class) }

// Of is the place of a host, by its number, among All; false where it is gone.
func (p *Places) Of(host uint32) (place uint32, known bool) {
	if int(host) >= len(p.class) || p.class[host] == gone {
		return 0, false
	}
	return p.of[p.class[host]], true
}

// Number is a host's; false where it is not known.
func (x *Index) Number(id string) (host uint32, known bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.hosts.number(id)
}

// Named are the numbers of the hosts that an exemption names by itself, by its holder or by a group, ascending;
// none for one that is for a site or for everyone.
func (x *Index) Named(s policy.ExemptionSubject) []uint32 {
	if s.Host == "" && s.Person == "" && s.Group == "" {
		return nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	is := subject{host: s.Host, person: s.Person, group: s.Group}
	return x.hosts.naming([]subject{is})[is].list()
}
