package vetting

import (
	"context"
	"strings"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
	"portcullis/vetting/criteria"
)

// Asked is what is asked of apps in a body: by a file of its own or of one above it, or by what comes with the program.
type Asked struct {
	File
	Set *criteria.Set
}

const maxReason = 2000 // characters

// Criteria returns what is asked of apps in a body. It needs people.SeeVetting there.
func (r *Room) Criteria(ctx context.Context, actor people.Actor, organisation string) (Asked, error) {
	return goesBy(ctx, r, actor, organisation, askedIn)
}

// SetCriteria has a body ask by a file of its own from now on; with an empty text it goes by that of the body above
// again. It needs people.DecideProcess there. What is wrong with the file is a fault of the field criteria that names
// the line. Reports that were made before keep what they were held to.
func (r *Room) SetCriteria(ctx context.Context, actor people.Actor, organisation, text, reason string) (Asked, error) {
	return setFile(ctx, r, actor, criteriaFiles, organisation, text, reason, askedIn, func(text string) (name, version string, err error) {
		set, err := readCriteria(text)
		if err != nil {
			return "", "", err
		}
		return set.Name, set.Version, nil
	})
}

func readCriteria(text string) (*criteria.Set, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, fault.In("criteria", "This is no text: a file of criteria is YAML in UTF-8")
	}
	set, err := criteria.Read([]byte(text))
	if err != nil {
		return nil, fault.In("criteria", "This is no file of criteria: %s", err)
	}
	return set, nil
}

// askedIn is what is asked in a body now: the nearest file counts.
func askedIn(tx *store.Tx, organisation string) (a Asked, err error) {
	if a.File, err = nearestFile(tx, criteriaFiles, organisation); err != nil {
		return a, err
	}
	if a.Text == "" {
		a.Set, a.Text = criteria.Default(), criteria.DefaultText()
		a.Digest = digestOf(a.Text)
		return a, nil
	}
	// It was read as it was set. A program that comes after may ask for more.
	if a.Set, err = readCriteria(a.Text); err != nil {
		return a, fault.New(fault.Conflict, "The criteria of %s cannot be read by this version of the program; whoever keeps them has to replace them: %s", a.Of, err)
	}
	return a, nil
}

// checkText returns a fault unless a text says something, in not too many words.
func checkText(field, text string, most int, empty string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fault.In(field, "%s", empty)
	case utf8.RuneCountInString(text) > most:
		return fault.In(field, "This must have %d characters or fewer", most)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return fault.In(field, "This must be text")
	}
	return nil
}
