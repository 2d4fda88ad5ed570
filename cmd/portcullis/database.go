package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
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

// databaseFile is the database in its directory.
const databaseFile = "portcullis.db"

// there tells what is wrong where a database must be there already: whoever misspells its directory must not get an empty
// one, and a backup of it.
func (d *database) there() error {
	if d.Data == "" {
		return nil // a PostgreSQL that is not there says so itself
	}
	_, err := os.Stat(filepath.Join(d.Data, databaseFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database in %s", d.Data)
	}
	return err
}

// open opens the database, makes it where there is none, and brings it up to date.
func (d *database) open(env *environment) (*store.DB, error) {
	if d.Data == "" && d.Database == "" {
		return nil, errors.New("say where the data is: --data DIR (SQLite) or --database URL (PostgreSQL)")
	}
	db, err := store.Open(env, store.Options{Data: d.Data, Database: d.Database, Now: env.now, Chance: rand.Reader})
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
	if err := c.there(); err != nil {
		return err
	}
	db, err := c.open(env)
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
	db, err := c.open(env)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Restore(env, file, schemas...); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return nil
}
