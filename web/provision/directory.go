package provision

import (
	"context"
	"errors"
	"strconv"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/people/scim"
	"portcullis/web/gate"
)

// directory is room people as package scim asks it.
type directory struct{ people *people.Room }

var _ scim.Directory = directory{}

// stretch is how many are read from the room at once.
const stretch = 1000

// organisation is the one to which what is created belongs where it names none.
func organisation(ctx context.Context) (string, error) {
	for _, g := range gate.Who(ctx).Grants {
		if g.Organisation != people.Everywhere {
			return g.Organisation, nil
		}
	}
	return "", fault.In("organization", "This token is for all organisations: use one of the organisation to which this belongs, or, for a person, name it as organization of the enterprise extension")
}

// unseen says of what the token may not see that it is not there.
func unseen(err error, what, id string) error {
	if fault.Is(err, fault.Refused) {
		return fault.New(fault.NotFound, "there is no %s with the id %.64q", what, id)
	}
	return err
}

func absent(err error) bool { return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Refused) }

// versionOf reads a version that the directory gave; an empty one is any.
func versionOf(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil || version < 1 {
		return 0, fault.New(fault.Changed, "there never was a version %.20q: read it again, and then change it", text)
	}
	return version, nil
}

// spelled gives faults the names that their fields have in SCIM.
func spelled(err error) error {
	names := map[string]string{"mail": "emails.value", "organisation": "organization", "name": "displayName", "givenName": "name.givenName", "familyName": "name.familyName"}
	var faults []error
	for _, f := range fault.Fields(err) {
		if name := names[f.Field]; name != "" {
			f = &fault.Error{Kind: f.Kind, Field: name, Message: f.Message}
		}
		faults = append(faults, f)
	}
	if len(faults) == 0 {
		return err
	}
	return errors.Join(faults...)
}

// window hands on what a query wants of a list that is gone through from its beginning.
type window[T any] struct {
	offset, limit int
	passed        int
	each          func(T) error
}

func windowOf[T any](q scim.Query, each func(T) error) *window[T] {
	return &window[T]{offset: q.Offset, limit: q.Limit, each: each}
}

func (w *window[T]) take(make func() (T, error)) error {
	w.passed++
	if w.passed <= w.offset || w.full(w.passed-1) {
		return nil
	}
	item, err := make()
	if err != nil {
		return err
	}
	return w.each(item)
}

// stretch is how many are worth reading at once.
func (w *window[T]) stretch() int {
	if w.limit == scim.Unlimited {
		return stretch
	}
	return max(1, min(w.offset+w.limit, stretch))
}

// full tells whether nothing more is wanted after so many have passed.
func (w *window[T]) full(passed int) bool {
	return w.limit != scim.Unlimited && passed >= w.offset+w.limit
}
