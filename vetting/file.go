package vetting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"portcullis/people"
	"portcullis/store"
)

// File is a file by which a body goes: criteria, or a list of trackers.
type File struct {
	// Of is the body whose file it is: the one that was asked about, or one above it; empty where none has one.
	Of     string
	Text   string // the file, or what comes with the program
	Digest string // SHA-256 of the text, in hex
	// By, At and Reason are who set it, when and why; empty where none has one.
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

// goesBy is what a body goes by, as now tells it. It needs people.SeeVetting there.
func goesBy[T any](ctx context.Context, r *Room, actor people.Actor, organisation string, now func(*store.Tx, string) (T, error)) (T, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (none T, err error) {
		if err := tx.Require(people.SeeVetting, organisation); err != nil {
			return none, err
		}
		if err := tx.Exists("organisation", organisation); err != nil {
			return none, err
		}
		return now(tx.Tx, organisation)
	})
}

// setFile has a body go by a file of its own from now on; with an empty text it goes by that of the body above again. What
// is wrong with it is told by read. It returns what the body goes by then.
func setFile[T any](ctx context.Context, r *Room, actor people.Actor, of table, organisation, text, reason string, now func(*store.Tx, string) (T, error), read func(text string) (name, version string, err error)) (set T, err error) {
	_, err = people.Act(ctx, r.People, actor, func(tx *people.Tx) (none string, err error) {
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
		if own.Text == text {
			tx.NoEntry("it is so already")
			return none, nil
		}
		own = File{Of: organisation, Number: own.Number + 1, Text: text, Reason: reason, By: tx.Who().ID, At: tx.Now()}
		if err := insertFile(tx.Tx, of, &own); err != nil {
			return none, err
		}
		return none, tx.Record(fileSet[of], organisation, nil, entry)
	})
	if err != nil {
		return set, err
	}
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (T, error) {
		tx.Asked("whoever has set it may see it")
		return now(tx.Tx, organisation)
	})
}

// nearestFile is the file by which a body goes, that of the nearest body above it where it has none; its text is empty where
// there is none.
func nearestFile(tx *store.Tx, of table, organisation string) (f File, err error) {
	chain, err := people.Ancestors(tx, organisation, tx.Now())
	if err != nil {
		return f, err
	}
	number := int64(0)
	for i, at := range chain {
		if f, err = selectFile(tx, of, at); err != nil {
			return f, err
		}
		if i == 0 {
			number = f.Number
		}
		if f.Text != "" {
			f.Digest, f.Number = digestOf(f.Text), number
			return f, nil
		}
	}
	return File{Number: number}, nil
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
