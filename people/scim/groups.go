package scim

import (
	"context"
	"net/http"
	"sync"
)

func (h *handler) createGroup(r *http.Request) (answer, error) {
	data, err := body(r)
	if err != nil {
		return answer{}, err
	}
	g, err := groupOf(data)
	if err != nil {
		return answer{}, err
	}
	if g, err = h.d.CreateGroup(r.Context(), g); err != nil {
		return answer{}, err
	}
	a, err := h.showGroup(r, g.ID)
	a.status, a.location = http.StatusCreated, location(h.base, groups, g.ID)
	return a, err
}

func (h *handler) getGroup(r *http.Request) (answer, error) {
	return h.showGroup(r, r.PathValue("id"))
}

// showGroup reads the group: the members only where they are shown.
func (h *handler) showGroup(r *http.Request, id string) (answer, error) {
	shown := shownTo(r, groups)
	g, err := h.d.Group(r.Context(), id, shown.shows("members"))
	return answer{status: http.StatusOK, body: shown.of(g.object(h.base)), version: g.Meta.Version}, err
}

func (h *handler) putGroup(r *http.Request) (answer, error) {
	data, err := body(r)
	if err != nil {
		return answer{}, err
	}
	g, err := groupOf(data)
	if err != nil {
		return answer{}, err
	}
	if _, err := h.changeGroup(r, g.change()); err != nil {
		return answer{}, err
	}
	return h.showGroup(r, r.PathValue("id"))
}

// patchGroup answers without the group, which may be large, unless attributes are asked for.
func (h *handler) patchGroup(r *http.Request) (answer, error) {
	data, err := body(r)
	if err != nil {
		return answer{}, err
	}
	ops, err := operations(data)
	if err != nil {
		return answer{}, err
	}
	id := r.PathValue("id")
	patch := groupPatch{id: id, base: h.base, members: sync.OnceValues(func() ([]Reference, error) {
		g, err := h.d.Group(r.Context(), id, true)
		return g.Members, err
	})}
	change, err := patch.change(ops)
	if err != nil {
		return answer{}, err
	}
	g, err := h.changeGroup(r, change)
	q := r.URL.Query()
	if err != nil || !q.Has("attributes") && !q.Has("excludedAttributes") {
		return answer{status: http.StatusNoContent, version: g.Meta.Version}, err
	}
	return h.showGroup(r, id)
}

func (h *handler) changeGroup(r *http.Request, c GroupChange) (g Group, err error) {
	err = unlessChanged(r, h.groupMeta(r), func(version string) (err error) {
		g, err = h.d.ChangeGroup(r.Context(), r.PathValue("id"), c, version)
		return err
	})
	return g, err
}

func (h *handler) groupMeta(r *http.Request) func(context.Context) (Meta, error) {
	return func(ctx context.Context) (Meta, error) {
		g, err := h.d.Group(ctx, r.PathValue("id"), false)
		return g.Meta, err
	}
}

func (h *handler) deleteGroup(r *http.Request) (answer, error) {
	return answer{status: http.StatusNoContent}, unlessChanged(r, h.groupMeta(r), func(version string) error {
		return h.d.DeleteGroup(r.Context(), r.PathValue("id"), version)
	})
}
