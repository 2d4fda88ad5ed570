package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
)

// atCommand is the actor of every command: whoever holds the database itself in hands.
var atCommand = people.Actor{Command: true}

// rooms are the rooms of one database, for commands that work beside a server or without one.
type rooms struct {
	db       *store.DB
	people   *people.Room
	register *register.Room
}

// rooms opens the database and returns its rooms.
func (d *database) rooms(env *environment, existing bool) (*rooms, error) {
	db, err := d.open(env, existing)
	if err != nil {
		return nil, err
	}
	book, err := ledger.New(rand.Reader, allKinds...)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	persons := &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: slog.New(slog.NewTextHandler(env.err, nil))}
	return &rooms{db, persons, &register.Room{People: persons}}, nil
}

// in opens the rooms, does something there and closes them.
func (d *database) in(env *environment, existing bool, do func(*rooms) error) error {
	r, err := d.rooms(env, existing)
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.db.Close())
}

// flagged names the flag that each fault is about, where it is about one of them.
func flagged(err error, flags ...string) error {
	faults := fault.Fields(err)
	if len(faults) == 0 {
		return err
	}
	var named []error
	for _, f := range faults {
		if slices.Contains(flags, f.Field) {
			named = append(named, fmt.Errorf("--%s: %s", f.Field, f.Message))
		} else {
			named = append(named, errors.New(f.Message))
		}
	}
	return errors.Join(named...)
}

// jsonLine prints one object on a line of its own.
func (e *environment) jsonLine(v any) error { return json.NewEncoder(e.out).Encode(v) }
