package enforce

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform"
	"portcullis/policy"
)

// DryRun is what would change on a platform if something were signed.
type DryRun struct {
	Proposal approvals.Proposal
	// Before and After are the artefact without what is proposed and with it, both as they would be From.
	Before, After *Artefact
	// From is when it would change: now, or when what is proposed begins.
	From time.Time
	// Changes are the entries that would differ, in the order of their identifiers.
	Changes []Change
	// Domains are the names on the network that would be denied and are not, or are and would not be; in their order.
	Domains []DomainChange
	// Diff is the lines of the artefact that would differ, as diff -u has them; empty where none would.
	Diff string
}

// Change is one identifier that a list would treat otherwise; Was or Is is nil where the list does not name it.
type Change struct {
	Was, Is *platform.Entry
}

// DomainChange is one name on the network that a list would treat otherwise; Is tells whether it would be denied.
type DomainChange struct {
	platform.Domain
	Is bool
}

// DryRun says what would change in an artefact if a proposal were signed now. It needs what Artefact needs, and to be
// one who may see the proposal.
func (r *Room) DryRun(ctx context.Context, actor people.Actor, rooms *approvals.Room, proposal string, q Query) (*DryRun, error) {
	host, err := r.whose(ctx, actor, q.Organisation, q.Host)
	if err != nil {
		return nil, err
	}
	lists, world := r.now()
	supposed, err := rooms.Suppose(ctx, actor, proposal, world)
	if err != nil {
		return nil, err
	}
	if supposed.Proposal.State != approvals.Waiting {
		return nil, fault.New(fault.Conflict, "This is no longer proposed: what has come of it stands in the lists themselves")
	}
	d := &DryRun{Proposal: supposed.Proposal, From: supposed.From}
	if until := lists.policy.ValidUntil(); !until.IsZero() && !supposed.From.Before(until) { // what else changes until then is not the proposal's doing
		if lists, err = lists.supposing(world, supposed.From); err != nil {
			return nil, err
		}
	}
	if d.Before, err = lists.Artefact(q, host); err != nil {
		return nil, err
	}
	if lists, err = lists.supposing(supposed.World, supposed.From); err != nil {
		return nil, err
	}
	if d.After, err = lists.Artefact(q, host); err != nil {
		return nil, err
	}
	d.Changes, d.Domains = changes(d.Before.List, d.After.List), domainChanges(d.Before.List, d.After.List)
	d.Diff = string(diff.Diff(d.Before.Form.Name+" without it", d.Before.Data, d.Before.Form.Name+" with it", d.After.Data))
	return d, nil
}

// supposing are the lists of another world, decided at another time, that say they are of the same time and generation:
// so that what differs is what the world changes.
func (l *Lists) supposing(w *policy.World, at time.Time) (*Lists, error) {
	p, err := l.policy.Recompile(w, at)
	if err != nil {
		return nil, err
	}
	next := l.Next(w, p, l.generation, l.at)
	next.since = l.since
	return next, nil
}

// changes are the entries in which two lists differ.
func changes(before, after *platform.List) (changes []Change) {
	was := map[string]*platform.Entry{}
	for e := range before.All() {
		was[e.Identifier] = e
	}
	for e := range after.All() {
		if b := was[e.Identifier]; b == nil || !b.Same(e) {
			changes = append(changes, Change{b, e})
		}
		delete(was, e.Identifier)
	}
	for _, e := range was {
		changes = append(changes, Change{Was: e})
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.identifier(), b.identifier()) })
	return changes
}

func (c Change) identifier() string { return cmp.Or(c.Is, c.Was).Identifier }

// domainChanges are the names on the network that one of two lists has.
func domainChanges(before, after *platform.List) (changes []DomainChange) {
	was := map[string]platform.Domain{}
	for _, d := range before.Domains {
		was[d.Name] = d
	}
	is := map[string]bool{}
	for _, d := range after.Domains {
		if _, there := was[d.Name]; !there && !is[d.Name] {
			changes = append(changes, DomainChange{d, true})
		}
		is[d.Name] = true
	}
	for name, d := range was {
		if !is[name] {
			changes = append(changes, DomainChange{d, false})
		}
	}
	slices.SortFunc(changes, func(a, b DomainChange) int { return cmp.Compare(a.Name, b.Name) })
	return changes
}
