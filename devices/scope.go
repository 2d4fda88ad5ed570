package devices

import (
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// scope is the organisations whose hosts the actor may see: all where it is nil, and never none, which the
// index would take for all. A narrower one is that of an organisation and all below it; one that the actor
// may not see is refused.
func (r *Room) scope(tx *people.Tx, narrower string) ([]string, error) {
	w := r.Fleet.View().World
	if narrower != "" {
		if err := tx.Require(people.SeeDevices, narrower); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(w.Organisations, func(o policy.Organisation) bool { return o.ID == narrower }) {
			return nil, fault.New(fault.NotFound, "There is no organisation %s", narrower)
		}
		return below(w, []string{narrower}), nil
	}
	roots, err := tx.Reach(people.SeeDevices)
	if err != nil || slices.Contains(roots, people.Everywhere) {
		return nil, err
	}
	return below(w, roots), nil
}

// below are the organisations that are among the roots or below one of them, in the order of their ids.
func below(w *policy.World, roots []string) []string {
	parents := make(map[string]string, len(w.Organisations))
	for i := range w.Organisations {
		parents[w.Organisations[i].ID] = w.Organisations[i].Parent
	}
	found := []string{}
	for id := range parents {
		for at := id; at != ""; at = parents[at] {
			if slices.Contains(roots, at) {
				found = append(found, id)
				break
			}
		}
	}
	if len(found) == 0 {
		return []string{nowhere} // the fleet does not know the actor's body yet
	}
	slices.Sort(found)
	return found
}

// nowhere is the id of no organisation.
const nowhere = ""

// seen tells whether an organisation is in a scope.
func seen(scope []string, organisation string) bool {
	return scope == nil || slices.Contains(scope, organisation)
}
