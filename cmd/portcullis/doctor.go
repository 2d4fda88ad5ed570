package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"portcullis/alerts"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

type doctorCommand struct{ database }

func (doctorCommand) Help() string {
	return "The exit status is 0 where nothing is found, and 1 where something is."
}

func (c *doctorCommand) Run(env *environment) error {
	db, err := c.connect(env, true)
	if err != nil {
		return err
	}
	defer db.Close()
	ailments, err := db.Doctor(context.WithoutCancel(env), schemas...)
	if err == nil && len(ailments) == 0 {
		ailments, err = roomAilments(env, db) // the rooms' tables are there, and as they should be
	}
	if err != nil {
		return err
	}
	for _, a := range ailments {
		fmt.Fprintf(env.out, "%s\n  → %s\n", printable(a.What), printable(a.WayOut))
	}
	if len(ailments) > 0 {
		return failure{exitBreach, errors.New("")}
	}
	_, err = fmt.Fprintln(env.out, "Nothing is found to be wrong.")
	return err
}

// stuckAfter is how long a message may wait before something seems to keep it.
const stuckAfter = time.Hour

// roomAilments are what the rooms have to say of their own tables.
func roomAilments(ctx context.Context, db *store.DB) (ailments []store.Ailment, err error) {
	book, err := ledger.New(rand.Reader, allKinds...)
	if err != nil {
		return nil, err
	}
	room := &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: slog.New(slog.DiscardHandler)}
	faults, err := room.VerifyAccess(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range faults {
		ailments = append(ailments, store.Ailment{
			What:   fmt.Sprintf("The access log of the hour from %s has %d events, and is not what the ledger has a digest of (%d events).", f.Hour, f.Found, f.Events),
			WayOut: "Somebody has changed it behind the server's back. Compare it with a backup, and find out who can write to the database.",
		})
	}
	var waiting alerts.Stats
	err = db.Read(ctx, func(tx *store.Tx) (err error) {
		waiting, err = alerts.StatsOf(tx)
		return err
	})
	if err == nil && waiting.Oldest > stuckAfter {
		ailments = append(ailments, store.Ailment{
			What:   fmt.Sprintf("%s wait to be sent, the oldest for %s.", count(int(waiting.Queued), "message", "messages"), waiting.Oldest.Round(time.Minute)),
			WayOut: "Look at /notices for what the other side said, and whether the configuration names a mail server.",
		})
	}
	return ailments, err
}
