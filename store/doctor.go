package store

import (
	"context"
	"fmt"
	"time"
)

// Ailment is something that a person should know of a database.
type Ailment struct {
	// What is wrong, and the way out of it, each a sentence.
	What, WayOut string
}

// overdueAfter is how long due work may wait before nobody seems to do it.
const overdueAfter = 10 * time.Minute

// Doctor looks a database over. Nothing found is not a promise that nothing is wrong.
func (db *DB) Doctor(ctx context.Context, schemas ...Schema) (ailments []Ailment, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		ailments = nil
		steps, err := selectSteps(tx)
		if err != nil {
			return fmt.Errorf("the table of schemas, which every database of this program has: %w", err)
		}
		ailments = append(ailments, schemaAilments(steps, schemas)...)
		late, err := lateWork(tx)
		ailments = append(ailments, late...)
		return err
	})
	if err == nil && db.engine == SQLite {
		var damage []Ailment
		damage, err = db.damage(ctx)
		ailments = append(ailments, damage...)
	}
	return ailments, err
}

// schemaAilments compares the steps that a database has with those that this version knows.
func schemaAilments(have []stepDone, schemas []Schema) (ailments []Ailment) {
	for _, step := range unknownSteps(have, schemas) {
		ailments = append(ailments, Ailment{
			fmt.Sprintf("The database has step %d of the schema of %s, which this version does not know: a newer version has been here.", step.Step, step.Room),
			"Upgrade this server too. Until then both versions may run side by side.",
		})
	}
	done := map[string]int{}
	for _, step := range have {
		done[step.Room]++
	}
	for room, steps := range known(schemas) {
		if done[room] < steps {
			ailments = append(ailments, Ailment{
				fmt.Sprintf("The schema of %s has %d steps, of which the database has %d.", room, steps, done[room]),
				"Start the server once: it brings the database up to date.",
			})
		}
	}
	return ailments
}

// known is how many steps each room has in this version, by the room.
func known(schemas []Schema) map[string]int {
	steps := map[string]int{}
	for _, schema := range append([]Schema{own}, schemas...) {
		steps[schema.Room] = len(schema.Steps)
	}
	return steps
}

// unknownSteps are the steps that a database has and this version does not.
func unknownSteps(have []stepDone, schemas []Schema) (unknown []stepDone) {
	steps := known(schemas)
	for _, step := range have {
		if int(step.Step) > steps[step.Room] {
			unknown = append(unknown, step)
		}
	}
	return unknown
}

// lateWork finds kinds of due work that nobody seems to do.
func lateWork(tx *Tx) (ailments []Ailment, err error) {
	late, err := selectLate(tx, TimeOf(tx.Now().Time().Add(-overdueAfter)))
	for _, l := range late {
		ailments = append(ailments, Ailment{
			fmt.Sprintf("%d pieces of work of the kind %s have been due for more than %s, the oldest since %s.", l.pieces, l.kind, overdueAfter, l.oldest),
			"See that a server is running, and what its log says of this kind of work.",
		})
	}
	return ailments, err
}

// damage asks SQLite to read all of its file.
func (db *DB) damage(ctx context.Context) (ailments []Ailment, err error) {
	rows, err := db.read.QueryContext(ctx, "PRAGMA integrity_check(10)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if text != "ok" {
			ailments = append(ailments, Ailment{"The database file is damaged: " + text + ".", "Stop the server, keep the file, and restore the last backup."})
		}
	}
	return ailments, rows.Err()
}
