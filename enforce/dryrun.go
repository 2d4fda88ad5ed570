package enforce

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"portcullis/approvals"
	"portcullis/people"
	"portcullis/platform"
	"portcullis/policy"
)

// DryRun is what would change on a platform if something were signed.
type DryRun struct {
	// Before and After are the artefact as it is and as it would be.
	Before, After *Artefact
	// From is when it would change.
	From time.Time
	// Changes are the entries that would differ, in the order of their identifiers.
	Changes []Change
	// Diff is the lines of the artefact that would differ, as diff -u has them; empty where none would.
	Diff string
}

// Change is one identifier that a list would treat otherwise; Was or Is is nil where the list does not name it.
type Change struct {
	Was, Is *platform.Entry
}

// DryRun says what would change in an artefact if a proposal were signed now. It needs what Artefact needs, and to be
// one who may see the proposal.
func (r *Room) DryRun(ctx context.Context, actor people.Actor, rooms *approvals.Room, proposal string, q Query) (*DryRun, error) {
	before, err := r.Artefact(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	view := r.Fleet.View()
	supposed, err := rooms.Suppose(ctx, actor, proposal, view.World)
	if err != nil {
		return nil, err
	}
	p, err := view.Basis.Policy().Recompile(supposed.World, supposed.From)
	if err != nil {
		return nil, err
	}
	var host *policy.Host
	if q.Host != "" {
		if h, known := r.Fleet.Index().Host(q.Host); known {
			host = &h
		}
	}
	after, err := r.current().Next(supposed.World, p, before.Generation, supposed.From).Artefact(q, host)
	if err != nil {
		return nil, err
	}
	d := &DryRun{Before: before, After: after, From: supposed.From, Changes: Changes(before.List, after.List)}
	d.Diff = string(diff.Diff(before.Form.Name+" now", before.Data, before.Form.Name+" then", after.Data))
	return d, nil
}

// Changes are the entries in which two lists differ.
func Changes(before, after *platform.List) (changes []Change) {
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
