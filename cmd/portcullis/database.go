package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/handbook"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting"
)

// schemas are the tables of all rooms, each after those that it refers to.
var schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, handbook.Schema, register.Schema, devices.Schema, enforce.Schema, approvals.Schema, vetting.Schema}

// allKinds are the kinds of ledger entries of all rooms, and of the server itself.
var allKinds = slices.Concat([]ledger.Kind{serverStarted}, people.Kinds, alerts.Kinds, handbook.Kinds, register.Kinds, devices.Kinds, enforce.Kinds, approvals.Kinds, vetting.Kinds)

// database says where the data of a server is.
type database struct {
	Data     string `placeholder:"DIR" xor:"database" help:"The directory of an SQLite database."`
	Database string `placeholder:"URL" xor:"database" help:"The URL of a PostgreSQL database, postgres://…."`
}

// connect opens the database as it is.
func (d *database) connect(env *environment, existing bool) (*store.DB, error) {
	if d.Data == "" && d.Database == "" {
		return nil, errors.New("say where the data is: --data DIR (SQLite) or --database URL (PostgreSQL)")
	}
	return store.Open(env, store.Options{Data: d.Data, Existing: existing, Database: d.Database, Now: env.now, Chance: rand.Reader})
}

// open opens the database and brings it up to date. Where there is none it makes one, unless it must exist.
func (d *database) open(env *environment, existing bool) (*store.DB, error) {
	db, err := d.connect(env, existing)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(env, schemas...); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

type backupCommand struct {
	database
	Out string `required:"" placeholder:"FILE" help:"The backup's file; it must not be there yet."`
}

func (backupCommand) Help() string {
	return "The server may run meanwhile. The file is the same for SQLite and PostgreSQL: either takes in what the other wrote. The ledger's key is not in it: keep that by itself."
}

func (c *backupCommand) Run(env *environment) error {
	db, err := c.open(env, true)
	if err != nil {
		return err
	}
	defer db.Close()
	err = writeNew(c.Out, func(file *os.File) error { return db.Backup(env, file, schemas...) })
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// writeNew writes a file that appears whole or not at all, and is on the disk once it has appeared.
func writeNew(path string, write func(file *os.File) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already: name another file", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".portcullis-*")
	if err != nil {
		return err
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Link(file.Name(), path) // unlike a rename, it never replaces a file
	}
	return errors.Join(err, os.Remove(file.Name()))
}

type restoreCommand struct {
	database
	File string `arg:"" help:"The backup."`
}

func (restoreCommand) Help() string {
	return "The database must be empty, or not be there yet. Either the whole backup is taken in or nothing."
}

func (c *restoreCommand) Run(env *environment) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	db, err := c.open(env, false)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Restore(env, file, schemas...); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return nil
}
