package enforce

import (
	"context"
	"slices"

	"portcullis/people"
	"portcullis/policy"
)

// Sheet is every artefact that there is for an organisation's devices, or for one of them.
type Sheet struct {
	Organisation string
	// Host is the device; nil where it is for all of them that have no other.
	Host  *policy.Host
	Lines []Line
}

// Line is one artefact of a sheet, or why it cannot be made.
type Line struct {
	Form     *Form
	Platform policy.Platform
	*Artefact
	Err error
}

// Sheet returns every artefact for an organisation's devices or for one of them: of a device, those for its platform
// and for the browsers on it. Where there is none, for the device is personal, say, the fault says why. It needs what
// Artefact needs.
func (r *Room) Sheet(ctx context.Context, actor people.Actor, organisation, host string) (*Sheet, error) {
	h, err := r.whose(ctx, actor, organisation, host)
	if err != nil {
		return nil, err
	}
	s := &Sheet{Organisation: organisation, Host: h}
	if h != nil {
		s.Organisation = h.Organisation
		if err := none(h); err != nil {
			return s, err
		}
	}
	if !r.current().has(s.Organisation) {
		return nil, noOrganisation(s.Organisation)
	}
	for i := range Forms {
		form := &Forms[i]
		for _, on := range form.on(h) {
			line := Line{Form: form, Platform: on}
			line.Artefact, line.Err = r.make(Query{Form: form.Name, Organisation: organisation, Host: host, Platform: on}, h)
			s.Lines = append(s.Lines, line)
		}
	}
	return s, nil
}

// on are the platforms of which a form carries a list for a device, or for all where there is none.
func (f *Form) on(h *policy.Host) (platforms []policy.Platform) {
	if h == nil && len(f.Platforms) == 0 {
		return []policy.Platform{0}
	}
	for _, p := range f.Platforms {
		if h == nil || reaches(h.Ownership, p) && (p == h.Platform || isBrowser(p) && slices.Contains(browserHosts, h.Platform)) {
			platforms = append(platforms, p)
		}
	}
	return platforms
}

// Bodies are the organisations of whose devices the actor may have the lists, in the order of the world.
func (r *Room) Bodies(ctx context.Context, actor people.Actor) ([]policy.Organisation, error) {
	_, w := r.now()
	roots, err := people.See(ctx, r.People, actor, func(tx *people.Tx) ([]string, error) { return tx.Reach(people.FetchLists) })
	if err != nil {
		return nil, err
	}
	parents := make(map[string]string, len(w.Organisations))
	for i := range w.Organisations {
		parents[w.Organisations[i].ID] = w.Organisations[i].Parent
	}
	var bodies []policy.Organisation
	for i := range w.Organisations {
		for at := w.Organisations[i].ID; at != ""; at = parents[at] {
			if slices.Contains(roots, people.Everywhere) || slices.Contains(roots, at) {
				bodies = append(bodies, w.Organisations[i])
				break
			}
		}
	}
	return bodies, nil
}
