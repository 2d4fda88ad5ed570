package devices

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// Judged is a host at a time, as it was known at another, with all that the rules said of it.
type Judged struct {
	At, Known store.Time
	// Here is false where it was not known to be here, or was not in use.
	Here bool
	// Unjudged is that the world of that time does not know the host's organisation.
	Unjudged  bool
	Decisions []JudgedThing // in the order of identifier and platform
}

// JudgedThing is a decision, and the path to each rule in its findings.
type JudgedThing struct {
	policy.Decision
	Paths map[string][]string
}

// Decisions returns what the rules said of everything on a host, as a program judges by. The actor needs
// people.SeeDevices where the host belongs now.
func (r *Room) Decisions(ctx context.Context, actor people.Actor, q PastQuery) (Judged, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (judged Judged, err error) {
		if _, err = visible(tx, q.Host, noDevice(q.Host)); err != nil {
			return judged, err
		}
		judged.At, judged.Known = cmp.Or(q.At, tx.Now()), cmp.Or(q.Known, tx.Now())
		if err := errors.Join(notAhead("at", judged.At, tx.Now()), notAhead("known", judged.Known, tx.Now())); err != nil {
			return judged, err
		}
		row, err := rowAt(tx.Tx, q.Host, judged.At, judged.Known)
		if errors.Is(err, store.ErrNotFound) {
			return judged, nil
		} else if err != nil {
			return judged, err
		}
		judged.Here = true
		w, err := register.World(tx.Tx, judged.At, judged.Known)
		if err != nil {
			return judged, err
		}
		thing, err := r.things(tx.Tx)
		if err != nil {
			return judged, err
		}
		host := policyHost(q.Host, &row)
		if judged.Unjudged = !slices.ContainsFunc(w.Organisations, func(o policy.Organisation) bool { return o.ID == row.Organisation }); judged.Unjudged {
			return judged, nil
		}
		for _, n := range row.Things {
			host.Installed = append(host.Installed, thing(n).Installation())
		}
		judged.Decisions, err = decide(concerning(&w, &host), &host, judged.At)
		return judged, err
	})
}

// decide judges everything on a host.
func decide(w *policy.World, host *policy.Host, at store.Time) ([]JudgedThing, error) {
	compiled, err := policy.Compile(w, at.Time())
	if err != nil {
		return nil, err
	}
	subject, err := compiled.Subject(host)
	if err != nil {
		return nil, err
	}
	all := make([]JudgedThing, len(host.Installed))
	for i := range all {
		d := &all[i]
		subject.Decide(&host.Installed[i], &d.Decision)
		d.Paths = map[string][]string{}
		for _, f := range d.Findings {
			for _, rule := range f.Rules {
				d.Paths[rule] = compiled.Path(&d.Decision, rule)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b JudgedThing) int {
		return cmp.Or(strings.Compare(a.Identifier, b.Identifier), strings.Compare(a.Platform.String(), b.Platform.String()))
	})
	return all, nil
}
