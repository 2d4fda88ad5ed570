package vetting

import (
	"context"
	"strings"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
	"portcullis/vetting/criteria"
	"portcullis/vetting/inspect"
	"portcullis/vetting/sdk"
)

// MaxTrackers is how long a list of trackers may be, in bytes.
const MaxTrackers = 1 << 20

// Trackers is the list of trackers, in the form of Exodus Privacy or of blocker-general-rules, that is looked for in apps
// besides what the program knows.
type Trackers struct {
	File
	List *sdk.List // nil where there is none
}

// Trackers returns the list of trackers by which a body goes. It needs people.SeeVetting there.
func (r *Room) Trackers(ctx context.Context, actor people.Actor, organisation string) (Trackers, error) {
	return goesBy(ctx, r, actor, organisation, trackersIn)
}

// SetTrackers has a body look for what a list of its own names from now on; with an empty text it goes by that of the body
// above again. It needs people.DecideProcess there. A list that cannot be read is a fault of the field trackers; what of it
// cannot be used its Problems say. Reports that were made before keep what was looked for.
func (r *Room) SetTrackers(ctx context.Context, actor people.Actor, organisation, text, reason string) (Trackers, error) {
	return setFile(ctx, r, actor, trackerFiles, organisation, text, reason, trackersIn, func(text string) (name, version string, err error) {
		list, err := readTrackers(text)
		if err != nil {
			return "", "", err
		}
		return list.Name, "", nil
	})
}

func readTrackers(text string) (*sdk.List, error) {
	if len(text) > MaxTrackers {
		return nil, fault.In("trackers", "A list may have %d MiB at most", MaxTrackers>>20)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, fault.In("trackers", "This is no text: a list of trackers is JSON in UTF-8")
	}
	list, err := sdk.ReadList([]byte(text))
	if err != nil {
		return nil, fault.In("trackers", "This list cannot be read: %s", err)
	}
	return list, nil
}

// trackersIn is the list by which a body goes now: the nearest counts.
func trackersIn(tx *store.Tx, organisation string) (t Trackers, err error) {
	if t.File, err = nearestFile(tx, trackerFiles, organisation); err != nil || t.Text == "" {
		return t, err
	}
	t.List, err = t.trackers()
	return t, err
}

// trackers reads a list again: it was read as it was set, and a program that comes after may ask for more.
func (f *File) trackers() (*sdk.List, error) {
	list, err := readTrackers(f.Text)
	if err != nil {
		return nil, fault.New(fault.Conflict, "The list of trackers of %s cannot be read by this version of the program; whoever keeps it has to replace it: %s", f.Of, err)
	}
	return list, nil
}

// mostInspectors is how many are kept that look for the lists of bodies: to make one takes its time.
const mostInspectors = 4

// inspector looks for what a list names besides; for what the program knows alone where that is empty.
func (r *Room) inspector(trackers *File) (*inspect.Inspector, error) {
	if trackers.Text == "" {
		return inspector(), nil
	}
	r.inspectors.Lock()
	defer r.inspectors.Unlock()
	if in := r.inspectors.by[trackers.Digest]; in != nil {
		return in, nil
	}
	list, err := trackers.trackers()
	if err != nil {
		return nil, err
	}
	in := inspect.New(criteria.Default(), list)
	if r.inspectors.by == nil || len(r.inspectors.by) >= mostInspectors {
		r.inspectors.by = map[string]*inspect.Inspector{}
	}
	r.inspectors.by[trackers.Digest] = in
	return in, nil
}
