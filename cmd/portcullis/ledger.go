package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"portcullis/ledger"
	"portcullis/store"
)

// keyFile is the ledger's signing key in a data directory.
const keyFile = "ledger.key"

// origin is the name of the ledger where nobody has given it one.
const origin = "portcullis.invalid/ledger"

// signing are the flags for the ledger's key.
type signing struct {
	LedgerKey string `placeholder:"FILE" help:"The ledger's signing key. With --data it is DIR/ledger.key, unless said, and made where there is none."`
}

// key reads the signing key with which the database's ledger is signed, and makes it at the first start.
func (s *signing) key(ctx context.Context, db *store.DB, data string) (ledger.Key, error) {
	path := s.LedgerKey
	if path == "" {
		if data == "" {
			return ledger.Key{}, errors.New("say where the ledger's signing key is: --ledger-key FILE; all servers of one database have the same")
		}
		path = filepath.Join(data, keyFile)
	}
	secret, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		head, err := resource(ctx, db, "/checkpoint")
		if err != nil {
			return ledger.Key{}, err
		}
		if head != nil {
			return ledger.Key{}, fmt.Errorf("the ledger's signing key %s is not there, and this database has a ledger that was signed with it: put the key back from where it is kept, or say --ledger-key", path)
		}
		if secret, err = newKey(path); err != nil {
			return ledger.Key{}, err
		}
	} else if err != nil {
		return ledger.Key{}, fmt.Errorf("the ledger's signing key cannot be read: %w; it must be a file that the account of the server may read", err)
	}
	key, err := ledger.ParseKey(strings.TrimSpace(string(secret)))
	if err != nil {
		return ledger.Key{}, fmt.Errorf("%s holds no key: %w; put the key back from where it is kept", path, err)
	}
	err = db.Read(ctx, func(tx *store.Tx) error {
		_, err := ledger.Latest(tx, key.Public)
		return err
	})
	switch {
	case errors.Is(err, ledger.ErrKey):
		return ledger.Key{}, fmt.Errorf("%s is another key than the one with which the ledger of this database is signed: put that one there, or say --ledger-key", path)
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return ledger.Key{}, err
	}
	return key, nil
}

func newKey(path string) ([]byte, error) {
	secret, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	err = writeNew(path, func(file *os.File) error {
		_, err := file.WriteString(secret + "\n")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the ledger's new key: %w", err)
	}
	return []byte(secret), nil
}

type ledgerCommand struct {
	Export ledgerExportCommand `cmd:"" help:"Write the ledger to a file that can be verified offline."`
	Verify ledgerVerifyCommand `cmd:"" help:"Check an export, and compare it with a checkpoint or an export that was saved."`
}

type ledgerExportCommand struct {
	database
	signing
	Out    string `required:"" placeholder:"FILE" help:"The export's file; it must not be there yet."`
	Public bool   `help:"Only what is public; what is not is there as a sealed hash, and the export verifies all the same."`
}

func (c *ledgerExportCommand) Run(env *environment) error {
	db, err := c.open(env, true)
	if err != nil {
		return err
	}
	defer db.Close()
	key, err := c.key(env, db, c.Data)
	if err != nil {
		return err
	}
	options := ledger.ExportOptions{Key: key.Public}
	if c.Public {
		options.View = ledger.Public
	}
	var finish func()
	options.Progress, finish = env.bar("Exporting")
	var end ledger.Checkpoint
	err = writeNew(c.Out, func(file *os.File) error {
		end, err = ledger.Export(env, db, file, options)
		return err
	})
	finish()
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	_, err = fmt.Fprintf(env.out, "%s in %s. The verifier key, to be kept apart from the server:\n%s\n", count(int(end.Size), "entry", "entries"), c.Out, key.Public)
	return err
}

type ledgerVerifyCommand struct {
	File       string `arg:"" help:"The export."`
	Checkpoint string `placeholder:"FILE" help:"A checkpoint, or a whole export, that was saved earlier: the ledger must have grown from it."`
	Key        string `placeholder:"KEY" help:"The verifier key that was kept apart from the server. Without it, the one in the export is believed."`
}

func (ledgerVerifyCommand) Help() string {
	return "It asks no server. The exit status is 0 where everything holds, 1 where something was changed, dropped, added or moved, and 2 where a file cannot be read."
}

func (c *ledgerVerifyCommand) Run(env *environment) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	options := ledger.VerifyOptions{Key: c.Key}
	if c.Checkpoint != "" {
		saved, err := os.Open(c.Checkpoint)
		if err != nil {
			return err
		}
		defer saved.Close()
		options.Saved = saved
	}
	report, err := ledger.Verify(file, options)
	var fault *ledger.Fault
	switch {
	case errors.As(err, &fault):
		return failure{exitBreach, fmt.Errorf("%s does not hold: %w", c.File, err)}
	case err != nil:
		return fmt.Errorf("%s: %w", c.File, err)
	}
	compared := ""
	if c.Checkpoint != "" {
		compared = " It grew from what was saved."
	}
	_, err = fmt.Fprintf(env.out, "Everything holds: %s, in their order and as they were signed.%s\n", count(int(report.Size), "entry", "entries"), compared)
	return err
}
