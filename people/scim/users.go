package scim

import (
	"context"
	"net/http"
	"reflect"

	"portcullis/internal/fault"
)

func (h *handler) createUser(r *http.Request) (answer, error) {
	data, err := body(r)
	if err != nil {
		return answer{}, err
	}
	u, err := newUser(data)
	if err != nil {
		return answer{}, err
	}
	if u, err = h.d.CreateUser(r.Context(), u); err != nil {
		return answer{}, err
	}
	a := h.showUser(r, u)
	a.status, a.location = http.StatusCreated, location(h.base, users, u.ID)
	return a, nil
}

func (h *handler) getUser(r *http.Request) (answer, error) {
	u, err := h.d.User(r.Context(), r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	return h.showUser(r, u), nil
}

func (h *handler) showUser(r *http.Request, u User) answer {
	return answer{status: http.StatusOK, body: shownTo(r, users).of(u.object(h.base)), version: u.Meta.Version}
}

func (h *handler) putUser(r *http.Request) (answer, error) {
	data, err := body(r)
	if err != nil {
		return answer{}, err
	}
	return h.changeUser(r, func(u User) (User, error) { return u.replaced(data) })
}

func (h *handler) patchUser(r *http.Request) (answer, error) {
	data, err := body(r)
	if err != nil {
		return answer{}, err
	}
	ops, err := operations(data)
	if err != nil {
		return answer{}, err
	}
	return h.changeUser(r, func(u User) (User, error) { return u.patched(ops, h.base) })
}

// changeUser reads, changes and writes a person. One who was changed in between is read again, once;
// a client that gave If-Match is then told.
func (h *handler) changeUser(r *http.Request, change func(User) (User, error)) (answer, error) {
	for again := true; ; again = false {
		before, err := h.d.User(r.Context(), r.PathValue("id"))
		if err != nil {
			return answer{}, err
		}
		if err := precondition(r, before.Meta.Version); err != nil {
			return answer{}, err
		}
		after, err := change(before)
		if err != nil {
			return answer{}, err
		}
		if reflect.DeepEqual(before.object(h.base), after.object(h.base)) {
			return h.showUser(r, before), nil
		}
		kept, err := h.d.ReplaceUser(r.Context(), after, before.Meta.Version)
		if again && fault.Is(err, fault.Changed) {
			continue
		}
		if err != nil {
			return answer{}, err
		}
		return h.showUser(r, kept), nil
	}
}

func (h *handler) deleteUser(r *http.Request) (answer, error) {
	id := r.PathValue("id")
	current := func(ctx context.Context) (Meta, error) {
		u, err := h.d.User(ctx, id)
		return u.Meta, err
	}
	return answer{status: http.StatusNoContent}, unlessChanged(r, current, func(version string) error {
		return h.d.DeleteUser(r.Context(), id, version)
	})
}
