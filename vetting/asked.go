package vetting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
	"portcullis/vetting/criteria"
)

// Asked is what is asked of apps in a body.
type Asked struct {
	// Of is the body whose file it is: the one that was asked about, or one above it; empty where it is what comes with
	// the program.
	Of     string
	Set    *criteria.Set
	Text   string // the file
	Digest string // SHA-256 of the file, in hex
	// By, At and Reason are who set it, when and why; empty of what comes with the program.
	By     string
	At     store.Time
	Reason string
	// Number is how many times the body asked about has set its own, those taken back among them.
	Number int64
}

// fileEntry is the payload of criteriaSet and of trackersSet.
type fileEntry struct {
	// SHA256 is of the file; empty where that of the body above counts again.
	SHA256  string `json:"sha256,omitempty"`
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	Reason  string `json:"reason"`
}

const maxReason = 2000 // characters

// Criteria returns what is asked of apps in a body. It needs people.SeeVetting there.
func (r *Room) Criteria(ctx context.Context, actor people.Actor, organisation string) (Asked, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (Asked, error) {
		if err := tx.Require(people.SeeVetting, organisation); err != nil {
			return Asked{}, err
		}
		if err := tx.Exists("organisation", organisation); err != nil {
			return Asked{}, err
		}
		return askedIn(tx.Tx, organisation)
	})
}

// SetCriteria has a body ask by a file of its own from now on; with an empty text it goes by that of the body above
// again. It needs people.DecideProcess there. What is wrong with the file is a fault of the field criteria that names
// the line. Reports that were made before keep what they were held to.
func (r *Room) SetCriteria(ctx context.Context, actor people.Actor, organisation, text, reason string) (Asked, error) {
	err := r.setFile(ctx, actor, criteriaFiles, organisation, text, reason, func(text string) (name, version string, err error) {
		set, err := readCriteria(text)
		if err != nil {
			return "", "", err
		}
		return set.Name, set.Version, nil
	})
	if err != nil {
		return Asked{}, err
	}
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (Asked, error) {
		tx.Asked("whoever has set it may see it")
		return askedIn(tx.Tx, organisation)
	})
}

// setFile has a body go by a file of its own from now on; with an empty text it goes by that of the body above again. What
// is wrong with it is told by read.
func (r *Room) setFile(ctx context.Context, actor people.Actor, of table, organisation, text, reason string, read func(text string) (name, version string, err error)) error {
	_, err := people.Act(ctx, r.People, actor, func(tx *people.Tx) (none string, err error) {
		if err := tx.Require(people.DecideProcess, organisation); err != nil {
			return none, err
		}
		if err := tx.Exists("organisation", organisation); err != nil {
			return none, err
		}
		if err := checkText("reason", reason, maxReason, "Say why: others read it beside the file"); err != nil {
			return none, err
		}
		entry := fileEntry{Reason: reason}
		if text != "" {
			if entry.Name, entry.Version, err = read(text); err != nil {
				return none, err
			}
			entry.SHA256 = digestOf(text)
		}
		own, err := selectFile(tx.Tx, of, organisation)
		if err != nil {
			return none, err
		}
		if own.text == text {
			tx.NoEntry("it is so already")
			return none, nil
		}
		own = fileRow{organisation, own.number + 1, text, reason, tx.Who().ID, tx.Now()}
		if err := insertFile(tx.Tx, of, &own); err != nil {
			return none, err
		}
		return none, tx.Record(fileSet[of], organisation, nil, entry)
	})
	return err
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

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// askedIn is what is asked in a body now: the nearest file counts.
func askedIn(tx *store.Tx, organisation string) (a Asked, err error) {
	row, number, err := nearestFile(tx, criteriaFiles, organisation)
	if err != nil {
		return a, err
	}
	a.Number = number
	if row.text != "" {
		// It was read as it was set. A program that comes after may ask for more.
		if a.Set, err = readCriteria(row.text); err != nil {
			return a, fault.New(fault.Conflict, "The criteria of %s cannot be read by this version of the program; whoever keeps them has to replace them: %s", row.organisation, err)
		}
		a.Of, a.Text, a.Digest, a.By, a.At, a.Reason = row.organisation, row.text, digestOf(row.text), row.by, row.at, row.reason
		return a, nil
	}
	a.Set, a.Text = criteria.Default(), criteria.DefaultText()
	a.Digest = digestOf(a.Text)
	return a, nil
}

// nearestFile is the file by which a body goes, that of the nearest body above it where it has none; its text is empty where
// there is none. The number is how many times the body itself has set one.
func nearestFile(tx *store.Tx, of table, organisation string) (row fileRow, number int64, err error) {
	chain, err := people.Ancestors(tx, organisation, tx.Now())
	if err != nil {
		return row, 0, err
	}
	for i, at := range chain {
		if row, err = selectFile(tx, of, at); err != nil {
			return row, 0, err
		}
		if i == 0 {
			number = row.number
		}
		if row.text != "" {
			return row, number, nil
		}
	}
	return fileRow{}, number, nil
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
