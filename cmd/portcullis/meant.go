package main

import (
	"fmt"
	"slices"

	"portcullis/devices/index"
	"portcullis/internal/nearest"
	"portcullis/people"
	"portcullis/policy"
)

// meant ends the sentence that a word is not known: it asks whether the most similar of those that are was meant. It is
// empty where none is similar, or the word is one of them.
func meant(word string, known []string) string {
	best := nearest.Of(word, known)
	if best == "" || slices.Contains(known, word) {
		return ""
	}
	return "; did you mean " + best + "?"
}

// orMeant asks behind an error whether another word was meant than one that is not known.
func orMeant(err error, word string, known []string) error {
	if ask := meant(word, known); err != nil && word != "" && ask != "" {
		return fmt.Errorf("%w%s", err, ask)
	}
	return err
}

// idsOf are the ids of organisations.
func idsOf(organisations []policy.Organisation) []string {
	ids := make([]string, len(organisations))
	for i := range organisations {
		ids[i] = organisations[i].ID
	}
	return ids
}

// organisationMeant asks behind an error whether another organisation of the database was meant.
func (r *rooms) organisationMeant(env *environment, err error, id string) error {
	if err == nil {
		return nil
	}
	all, failed := r.people.Organisations(env, atCommand)
	if failed != nil {
		return err // which says what was wrong before
	}
	return orMeant(err, id, namesOf(all))
}

func namesOf(all []people.Organisation) (ids []string) {
	for _, o := range all {
		ids = append(ids, o.ID)
	}
	return ids
}

// hostMeant asks behind an error whether another device of the index was meant.
func hostMeant(err error, id string, x *index.Index) error {
	if err == nil {
		return nil
	}
	return orMeant(err, id, x.IDs())
}
