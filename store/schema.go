package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Schema is the tables of one room, as the steps that make them. A step that has been released is
// never changed; what changes is a further step. Two versions of the server may run side by side,
// so a step only adds: a column that the older version does not fill has a default, and what is no
// longer used goes a release later.
type Schema struct {
	Room  string
	Steps []string // statements of SQL, each ending in a semicolon at the end of a line
}

var created = regexp.MustCompile(`(?i)\bCREATE TABLE (\w+)`)

// Tables are the names of the tables that the steps create, in that order: a table comes after
// those that it refers to.
func (s Schema) Tables() (names []string) {
	for _, step := range s.Steps {
		for _, match := range created.FindAllStringSubmatch(step, -1) {
			names = append(names, match[1])
		}
	}
	return names
}

// Migrate brings the database to the given schemas, and this room's own first. It is safe to run by
// several servers at once, and by one that is older than the database: steps that it does not know
// are left alone. A step that was applied with another text is an error.
func (db *DB) Migrate(ctx context.Context, schemas ...Schema) error {
	if err := db.together(ctx, createSchemaTable); err != nil {
		return fmt.Errorf("the table of schemas: %w", err)
	}
	for _, schema := range append([]Schema{own}, schemas...) {
		for i, step := range schema.Steps {
			if err := db.together(ctx, func(tx *Tx) error { return apply(tx, schema.Room, i+1, step) }); err != nil {
				return fmt.Errorf("step %d of the schema of %s: %w", i+1, schema.Room, err)
			}
		}
	}
	return nil
}

// together runs a change of the schema until it succeeds or another server has made it.
func (db *DB) together(ctx context.Context, f func(tx *Tx) error) error {
	var err error
	for range attempts {
		var pg *pgconn.PgError
		// What two servers create at once the second finds there already.
		if err = db.Write(ctx, f); !errors.As(err, &pg) || pg.Code != "23505" && pg.Code != "42P07" {
			return err
		}
	}
	return err
}

func apply(tx *Tx, room string, number int, step string) error {
	sum := sha256.Sum256([]byte(step))
	digest := hex.EncodeToString(sum[:])
	applied, err := selectStep(tx, room, number)
	switch {
	case err == nil && applied == digest:
		return nil
	case err == nil:
		return errors.New("it was applied with another text; a released step must not change: add a further one")
	case !errors.Is(err, ErrNotFound):
		return err
	}
	for statement := range strings.SplitSeq(step, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.Exec(statement); err != nil {
			return err
		}
	}
	return insertStep(tx, room, number, digest)
}
