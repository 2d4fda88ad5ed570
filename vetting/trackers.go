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
	// Of is the body whose list it is: the one that was asked about, or one above it; empty where there is none.
	Of     string
	List   *sdk.List // nil where there is none
	Text   string    // the file
	Digest string    // SHA-256 of the file, in hex
	By     string
	At     store.Time
	Reason string
	// Number is how many times the body asked about has set its own, those taken back among them.
	Number int64
}

// Trackers returns the list of trackers by which a body goes. It needs people.SeeVetting there.
func (r *Room) Trackers(ctx context.Context, actor people.Actor, organisation string) (Trackers, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (Trackers, error) {
		if err := tx.Require(people.SeeVetting, organisation); err != nil {
			return Trackers{}, err
		}
		if err := tx.Exists("organisation", organisation); err != nil {
			return Trackers{}, err
		}
		return trackersIn(tx.Tx, organisation)
	})
}

// SetTrackers has a body look for what a list of its own names from now on; with an empty text it goes by that of the body
// above again. It needs people.DecideProcess there. A list that cannot be read is a fault of the field trackers; what of it
// cannot be used its Problems say. Reports that were made before keep what was looked for.
func (r *Room) SetTrackers(ctx context.Context, actor people.Actor, organisation, text, reason string) (Trackers, error) {
	err := r.setFile(ctx, actor, trackerFiles, organisation, text, reason, func(text string) (name, version string, err error) {
		list, err := readTrackers(text)
		if err != nil {
			return "", "", err
		}
		return list.Name, "", nil
	})
	if err != nil {
		return Trackers{}, err
	}
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (Trackers, error) {
		tx.Asked("whoever has set it may see it")
		return trackersIn(tx.Tx, organisation)
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
	row, number, err := nearestFile(tx, trackerFiles, organisation)
	if t.Number = number; err != nil || row.text == "" {
		return t, err
	}
	t.Of, t.Text, t.Digest, t.By, t.At, t.Reason = row.organisation, row.text, digestOf(row.text), row.by, row.at, row.reason
	if t.List, err = readTrackers(row.text); err != nil { // it was read as it was set; a program that comes after may ask for more
		return t, fault.New(fault.Conflict, "The list of trackers of %s cannot be read by this version of the program; whoever keeps it has to replace it: %s", t.Of, err)
	}
	return t, nil
}

// mostInspectors is how many are kept that look for the lists of bodies: to make one takes its time.
const mostInspectors = 4

// inspector looks for what a list names besides; for what the program knows alone where that is empty.
func (r *Room) inspector(trackers *fileRow) (*inspect.Inspector, error) {
	if trackers.text == "" {
		return inspector()
	}
	digest := digestOf(trackers.text)
	r.inspectors.Lock()
	defer r.inspectors.Unlock()
	if in := r.inspectors.by[digest]; in != nil {
		return in, nil
	}
	list, err := readTrackers(trackers.text)
	if err != nil {
		return nil, fault.New(fault.Conflict, "The list of trackers of %s cannot be read by this version of the program; whoever keeps it has to replace it: %s", trackers.organisation, err)
	}
	in, err := inspect.New(criteria.Default(), list)
	if err != nil {
		return nil, err
	}
	if r.inspectors.by == nil || len(r.inspectors.by) >= mostInspectors {
		r.inspectors.by = map[string]*inspect.Inspector{}
	}
	r.inspectors.by[digest] = in
	return in, nil
}
