package handbook

import (
	"fmt"

	"portcullis/store"
)

// Advice.

const adviceColumns = `id, version, subject, subject_of, title, body, starter, taken_back, recorded_by, recorded_at, replaced_at`

func insertAdvice(tx *store.Tx, a Advice) error {
	_, err := tx.Exec(`INSERT INTO handbook_advice (`+adviceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.ID, a.Version, string(a.Subject), a.Of, a.Title, a.Text, number(a.Starter), number(a.TakenBack), a.By, a.Recorded, a.Replaced)
	return err
}

func number(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// replaceAdvice says that a version stands no longer.
func replaceAdvice(tx *store.Tx, id string, version int64) error {
	_, err := tx.Exec(`UPDATE handbook_advice SET replaced_at = $1 WHERE id = $2 AND version = $3`, tx.Now(), id, version)
	return err
}

// selectAdvice returns the versions that stand, or stood at the time known where that is not zero, with those taken
// back, in the order of their ids: all, or what is about one thing.
func selectAdvice(tx *store.Tx, about About, known store.Time) ([]Advice, error) {
	query, args := `SELECT `+adviceColumns+` FROM handbook_advice WHERE replaced_at IS NULL`, []any(nil)
	if !known.IsZero() {
		query = `SELECT ` + adviceColumns + ` FROM handbook_advice WHERE (recorded_at IS NULL OR recorded_at <= $1) AND (replaced_at IS NULL OR replaced_at > $1)`
		args = append(args, known)
	}
	if about != (About{}) {
		query += fmt.Sprintf(` AND subject = $%d AND subject_of = $%d`, len(args)+1, len(args)+2)
		args = append(args, string(about.Subject), about.Of)
	}
	return adviceRows(tx, query+` ORDER BY id`, args)
}

// selectVersions returns all versions of a piece of advice, the newest first.
func selectVersions(tx *store.Tx, id string) ([]Advice, error) {
	return adviceRows(tx, `SELECT `+adviceColumns+` FROM handbook_advice WHERE id = $1 ORDER BY version DESC`, []any{id})
}

func adviceRows(tx *store.Tx, query string, args []any) (found []Advice, err error) {
	err = tx.Rows(query, args, func(scan func(...any) error) error {
		var a Advice
		var starter, takenBack int64
		err := scan(&a.ID, &a.Version, &a.Subject, &a.Of, &a.Title, &a.Text, &starter, &takenBack, &a.By, &a.Recorded, &a.Replaced)
		a.Starter, a.TakenBack = starter == 1, takenBack == 1
		found = append(found, a)
		return err
	})
	return found, err
}

// Notes.

const passedColumns = `id, version, person, organisation, day, channel, with_whom, subject, record, written_at, recorded_at, replaced_at`

func insertPassed(tx *store.Tx, p Passed) error {
	_, err := tx.Exec(`INSERT INTO handbook_passed (`+passedColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.ID, p.Version, p.Person, p.Organisation, p.Day, string(p.Channel), p.With, p.Subject, p.Where, p.Written, p.Recorded, p.Replaced)
	return err
}

func replacePassed(tx *store.Tx, id string, version int64) error {
	_, err := tx.Exec(`UPDATE handbook_passed SET replaced_at = $1 WHERE id = $2 AND version = $3`, tx.Now(), id, version)
	return err
}

// deletePassed erases a note with all its versions.
func deletePassed(tx *store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM handbook_passed WHERE id = $1`, id)
	return err
}

// selectPassed returns a note in all its versions, the newest first.
func selectPassed(tx *store.Tx, id string) ([]Passed, error) {
	return passedRows(tx, `SELECT `+passedColumns+` FROM handbook_passed WHERE id = $1 ORDER BY version DESC`, []any{id})
}

// selectMine returns a person's notes, the newest first, from the one after the note with the id before.
func selectMine(tx *store.Tx, person, before string, limit int) ([]Passed, error) {
	return passedRows(tx, `SELECT `+passedColumns+` FROM handbook_passed WHERE replaced_at IS NULL AND person = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`,
		[]any{person, before, limit})
}

// selectPassedIn is selectMine for the notes of organisations; all where there are none.
func selectPassedIn(tx *store.Tx, organisations []string, before string, limit int) ([]Passed, error) {
	query, args := `SELECT `+passedColumns+` FROM handbook_passed WHERE replaced_at IS NULL AND ($1 = '' OR id < $1)`, []any{before}
	if len(organisations) > 0 {
		query += ` AND organisation IN ` + store.In(2, len(organisations))
		for _, o := range organisations {
			args = append(args, o)
		}
	}
	args = append(args, limit)
	return passedRows(tx, query+fmt.Sprintf(` ORDER BY id DESC LIMIT $%d`, len(args)), args)
}

func passedRows(tx *store.Tx, query string, args []any) (found []Passed, err error) {
	err = tx.Rows(query, args, func(scan func(...any) error) error {
		var p Passed
		err := scan(&p.ID, &p.Version, &p.Person, &p.Organisation, &p.Day, &p.Channel, &p.With, &p.Subject, &p.Where, &p.Written, &p.Recorded, &p.Replaced)
		found = append(found, p)
		return err
	})
	return found, err
}
