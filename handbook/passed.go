package handbook

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// Channel is a way of talking that is not the organisation's own.
type Channel string

// The channels.
const (
	Messaging    Channel = "messaging" // private messaging, text messages among it
	Mail         Channel = "mail"      // personal mail
	Calls        Channel = "calls"     // video and other calls
	OtherChannel Channel = "other"     // for notes; advice is about the others
)

// AdvisedChannels are those that advice may be about, and Channels all that a note may name.
var (
	AdvisedChannels = []Channel{Messaging, Mail, Calls}
	Channels        = append(slices.Clone(AdvisedChannels), OtherChannel)
)

// Note says that a conversation went to the official record. It holds nothing of what was said.
type Note struct {
	Day     string // ISO 8601, such as 2026-03-27
	Channel Channel
	With    string // whom it was with, in words
	Subject string // what it was about, in one line
	Where   string // where the record went: a reference of a file, a mailbox
}

// Limits of a note, in characters. They leave no room for what was said.
const (
	MaxWith    = 200
	MaxSubject = 120
	MaxWhere   = 200
)

// KeepPassed is how long a note is kept: as long as people usually come to be asked what they did.
const KeepPassed = 6 * 365 * 24 * time.Hour

// Passed is one version of a note.
type Passed struct {
	ID           string
	Person       string // who wrote it
	Organisation string // to which they belonged then
	Note
	Version  int64
	Written  store.Time // when the first version was
	Recorded store.Time // when this one was
	Replaced store.Time // zero while it stands
}

// The kinds of entries about notes. The subjects are the organisation and the note; the payload is a passedEntry.
var (
	notePassed    = ledger.Kind{Name: "handbook.note-passed", Version: 1}
	noteCorrected = ledger.Kind{Name: "handbook.note-corrected", Version: 1}
)

type passedEntry struct {
	Version int64 `json:"version"`
}

// Check tidies a note and returns the faults of all its fields together: day, channel, with, subject and where. A day
// is in the future where it is so everywhere on earth.
func (n *Note) Check(now time.Time) error {
	var faults []error
	for _, text := range []*string{&n.Day, &n.With, &n.Subject, &n.Where} {
		*text = strings.TrimSpace(*text)
	}
	if day, err := time.Parse(time.DateOnly, n.Day); err != nil || day.Year() < 1900 {
		faults = append(faults, fault.In("day", "Enter the day on which you talked"))
	} else if n.Day > now.UTC().Add(14*time.Hour).Format(time.DateOnly) {
		faults = append(faults, fault.In("day", "This day is in the future: enter the day on which you talked"))
	}
	if !slices.Contains(Channels, n.Channel) {
		faults = append(faults, fault.In("channel", "Choose how you talked"))
	}
	return errors.Join(append(faults,
		line("with", n.With, "Say whom you talked with", MaxWith),
		line("subject", n.Subject, "Say in one line what it was about", MaxSubject),
		line("where", n.Where, "Say where the record went", MaxWhere),
	)...)
}

// Pass writes a note for the actor, who is a person, and returns it.
func (r *Room) Pass(ctx context.Context, actor people.Actor, n Note) (Passed, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Passed, err error) {
		person, err := tx.RequireOwn()
		if err != nil {
			return none, err
		}
		home, err := people.BodyOf(tx.Tx, person)
		if err != nil {
			return none, err
		}
		if err := n.Check(tx.Now().Time()); err != nil {
			return none, err
		}
		p := Passed{Person: person, Organisation: home, Note: n, Version: 1, Written: tx.Now(), Recorded: tx.Now()}
		if p.ID, err = tx.NewID(); err != nil {
			return none, err
		}
		if err := errors.Join(insertPassed(tx.Tx, p), tx.Schedule(forgetting(p))); err != nil {
			return none, err
		}
		return p, tx.Record(notePassed, p.Organisation, []string{p.ID}, passedEntry{p.Version})
	})
}

// CorrectPassed puts another version in the place of one of the actor's own notes. version is the one that the correction
// was made from.
func (r *Room) CorrectPassed(ctx context.Context, actor people.Actor, id string, n Note, version int64) (Passed, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Passed, err error) {
		all, err := passed(tx, id, false)
		if err != nil {
			return none, err
		}
		p := all[0]
		if err := errors.Join(unchanged(version, p.Version), n.Check(tx.Now().Time())); err != nil {
			return none, err
		}
		if n == p.Note {
			tx.NoEntry("everything is as it was")
			return p, nil
		}
		if err := replacePassed(tx.Tx, id, p.Version); err != nil {
			return none, err
		}
		p.Note, p.Version, p.Recorded = n, p.Version+1, tx.Now()
		if err := insertPassed(tx.Tx, p); err != nil {
			return none, err
		}
		return p, tx.Record(noteCorrected, p.Organisation, []string{id}, passedEntry{p.Version})
	})
}

// Passed returns a note in all its versions, the newest first: to who wrote it, and to who has people.SeePassed where it
// belongs.
func (r *Room) Passed(ctx context.Context, actor people.Actor, id string) ([]Passed, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) ([]Passed, error) { return passed(tx, id, true) })
}

// passed are the versions of a note, for its writer; others may see it, where the permission says so.
func passed(tx *people.Tx, id string, others bool) ([]Passed, error) {
	person, err := tx.RequireOwn()
	if err != nil && !others {
		return nil, err
	}
	found, err := selectPassed(tx.Tx, id)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fault.New(fault.NotFound, "There is no such note; notes are kept for six years")
	case person != "" && found[0].Person == person:
		return found, nil
	case others:
		return found, tx.Require(people.SeePassed, found[0].Organisation)
	}
	return nil, tx.Refuse(people.Own, found[0].Organisation, "A note is corrected by who wrote it. If something in it is wrong, tell them")
}

// MyPassed returns the actor's own notes, the newest first, from the one after the note with the id before; "" is the
// newest.
func (r *Room) MyPassed(ctx context.Context, actor people.Actor, before string, limit int) ([]Passed, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) ([]Passed, error) {
		person, err := tx.RequireOwn()
		if err != nil {
			return nil, err
		}
		return selectMine(tx.Tx, person, before, limit)
	})
}

// PassedIn returns the notes that the actor may see by people.SeePassed, those of an organisation and all below it where
// one is named, in the order of MyPassed.
func (r *Room) PassedIn(ctx context.Context, actor people.Actor, organisation, before string, limit int) ([]Passed, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) ([]Passed, error) {
		roots, err := []string{organisation}, error(nil)
		if organisation == "" {
			roots, err = tx.Reach(people.SeePassed)
		} else {
			err = tx.Require(people.SeePassed, organisation)
		}
		if err != nil {
			return nil, err
		}
		within, err := below(tx.Tx, roots)
		if err != nil {
			return nil, err
		}
		return selectPassedIn(tx.Tx, within, before, limit)
	})
}

// below are the roots and all organisations below them now; none for people.Everywhere.
func below(tx *store.Tx, roots []string) (within []string, err error) {
	if slices.Contains(roots, people.Everywhere) {
		return nil, nil
	}
	all, err := people.OrganisationsAt(tx, tx.Now(), tx.Now())
	if err != nil {
		return nil, err
	}
	parents := make(map[string]string, len(all))
	for _, o := range all {
		parents[o.ID] = o.Parent
	}
	within = slices.Clone(roots)
	for _, o := range all {
		for at := parents[o.ID]; at != ""; at = parents[at] {
			if slices.Contains(roots, at) {
				within = append(within, o.ID)
				break
			}
		}
	}
	return within, nil
}
