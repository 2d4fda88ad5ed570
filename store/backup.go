package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// A backup is a gzip file of JSON lines: a header; then for each table its name and columns, and a
// list for each row; then a trailer with the number of lines before it and their SHA-256. It is the
// same for both engines, so that what one wrote the other can take in.

type backupHeader struct {
	Form   string     `json:"portcullis_backup"`
	Taken  string     `json:"taken"`
	Engine Engine     `json:"engine"`
	Steps  []stepDone `json:"steps"`
}

// stepDone is a step of a schema that a database has.
type stepDone struct {
	Room   string `json:"room"`
	Step   int64  `json:"step"`
	Digest string `json:"digest"`
}

type backupTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

type backupTrailer struct {
	Lines  int64  `json:"lines"`
	SHA256 string `json:"sha256"`
}

// cell is a value of a row: text, a whole number, bytes or nothing, and told apart in JSON.
type cell struct{ value any }

type bytesCell struct {
	Bytes []byte `json:"bytes"`
}

// MarshalJSON writes bytes as {"bytes": base64}, and the others as themselves.
func (c cell) MarshalJSON() ([]byte, error) {
	switch v := c.value.(type) {
	case []byte:
		return json.Marshal(bytesCell{append([]byte{}, v...)}) // SQLite's driver has nil for no bytes, which are not nothing
	case nil, string, int64:
		return json.Marshal(v)
	}
	return nil, fmt.Errorf("a value of the type %T cannot be backed up: the schemas may have BIGINT, TEXT and BYTEA", c.value)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *cell) UnmarshalJSON(text []byte) error {
	switch {
	case string(text) == "null":
		c.value = nil
		return nil
	case text[0] == '"':
		var s string
		err := json.Unmarshal(text, &s)
		c.value = s
		return err
	case text[0] == '{':
		var b bytesCell
		err := json.Unmarshal(text, &b)
		c.value = append([]byte{}, b.Bytes...) // earlier backups have null for no bytes
		return err
	}
	var n int64
	err := json.Unmarshal(text, &n)
	c.value = n
	return err
}

const (
	backupForm  = "1"
	longestLine = 64 << 20
)

// Backup writes everything in the tables of the schemas, and this room's, as it is at one moment,
// while the database goes on. It refuses a database that a newer version has brought further: it would
// leave out what it does not know.
func (db *DB) Backup(ctx context.Context, w io.Writer, schemas ...Schema) error {
	return db.Read(ctx, func(tx *Tx) error {
		zipped := gzip.NewWriter(w)
		b := &backup{out: bufio.NewWriterSize(zipped, 1<<16), digest: sha256.New()}
		steps, err := selectSteps(tx)
		if err != nil {
			return err
		}
		if unknown := unknownSteps(steps, schemas); len(unknown) > 0 {
			return fmt.Errorf("the database has step %d of the schema of %s, which this version does not know: a newer version has been here; take the backup with that", unknown[0].Step, unknown[0].Room)
		}
		if err := b.line(backupHeader{backupForm, tx.Now().String(), db.engine, steps}); err != nil {
			return err
		}
		for _, table := range backedUp(schemas) {
			if err := b.table(tx, table); err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
		}
		if err := b.line(backupTrailer{b.lines, hex.EncodeToString(b.digest.Sum(nil))}); err != nil {
			return err
		}
		return errors.Join(b.out.Flush(), zipped.Close())
	})
}

// backedUp are the tables of a backup, each after those that it refers to. Leases are left out: a
// restored database has no servers.
func backedUp(schemas []Schema) (tables []string) {
	for _, schema := range append([]Schema{own}, schemas...) {
		for _, table := range schema.Tables() {
			if table != "store_lease" {
				tables = append(tables, table)
			}
		}
	}
	return tables
}

type backup struct {
	out    *bufio.Writer
	digest hash.Hash
	lines  int64
}

func (b *backup) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	b.digest.Write(text) // a hash takes everything
	b.lines++
	_, err = b.out.Write(text)
	return err
}

func (b *backup) table(tx *Tx, table string) error {
	return selectAll(tx, table,
		func(columns []string) error { return b.line(backupTable{table, columns}) },
		func(cells []cell) error { return b.line(cells) })
}

// Restore fills a migrated database that has nothing in it from a backup, of either engine, all or
// nothing. The backup must be whole, and its schemas those of this version: one that was made by an
// older version is restored with that version, which is then upgraded.
func (db *DB) Restore(ctx context.Context, r io.Reader, schemas ...Schema) error {
	return db.Write(ctx, func(tx *Tx) error {
		if err := rewind(r); err != nil {
			return err
		}
		zipped, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("this is no backup: %w", err)
		}
		in := &restoring{lines: bufio.NewScanner(zipped), digest: sha256.New()}
		in.lines.Buffer(nil, longestLine)
		if err := in.header(tx); err != nil {
			return err
		}
		if err := in.empty(tx, backedUp(schemas)); err != nil {
			return err
		}
		return in.rows(tx, backedUp(schemas))
	})
}

// rewind begins a file again, because a transaction may be run again.
func rewind(r io.Reader) error {
	if s, ok := r.(io.Seeker); ok {
		_, err := s.Seek(0, io.SeekStart)
		return err
	}
	return nil
}

type restoring struct {
	lines  *bufio.Scanner
	digest hash.Hash
	read   int64
}

// next returns the next line. A backup that ends before its trailer is an error.
func (in *restoring) next() ([]byte, error) {
	if !in.lines.Scan() {
		if err := in.lines.Err(); err != nil {
			return nil, fmt.Errorf("line %d of the backup: %w", in.read+1, err)
		}
		return nil, fmt.Errorf("the backup ends after line %d, without its trailer: it is not whole", in.read)
	}
	return in.lines.Bytes(), nil
}

func (in *restoring) count(line []byte) {
	in.digest.Write(line)
	in.digest.Write([]byte{'\n'})
	in.read++
}

func (in *restoring) header(tx *Tx) error {
	line, err := in.next()
	if err != nil {
		return err
	}
	var h backupHeader
	if err := json.Unmarshal(line, &h); err != nil || h.Form != backupForm {
		return errors.New("this is no backup of a form that this version reads")
	}
	in.count(line)
	have, err := selectSteps(tx)
	if err != nil {
		return err
	}
	if fmt.Sprint(h.Steps) != fmt.Sprint(have) {
		return errors.New("the backup has the schemas of another version: restore it with the version that made it, and upgrade that")
	}
	return nil
}

// empty checks that nothing would be mixed with what is restored.
func (in *restoring) empty(tx *Tx, tables []string) error {
	for _, table := range tables {
		n, err := countRows(tx, table)
		if err != nil {
			return err
		}
		if n > 0 && table != "store_generation" {
			return fmt.Errorf("the database is not empty: there is something in %s; restore into an empty one", table)
		}
	}
	return deleteGeneration(tx)
}

func (in *restoring) rows(tx *Tx, known []string) error {
	var insert string
	for {
		line, err := in.next()
		if err != nil {
			return err
		}
		switch {
		case line[0] == '[':
			err = in.row(tx, insert, line)
		case strings.HasPrefix(string(line), `{"table"`):
			insert, err = in.table(line, known)
		default:
			return in.trailer(line)
		}
		if err != nil {
			return fmt.Errorf("line %d of the backup: %w", in.read+1, err)
		}
		in.count(line)
	}
}

func (in *restoring) table(line []byte, known []string) (insert string, err error) {
	var t backupTable
	if err := json.Unmarshal(line, &t); err != nil {
		return "", err
	}
	for _, table := range known {
		if table == t.Table {
			marks := make([]string, len(t.Columns))
			for i := range marks {
				marks[i] = fmt.Sprintf("$%d", i+1)
			}
			return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(t.Columns, ", "), strings.Join(marks, ", ")), nil
		}
	}
	return "", fmt.Errorf("there is no table %q", t.Table)
}

func (in *restoring) row(tx *Tx, insert string, line []byte) error {
	var cells []cell
	if err := json.Unmarshal(line, &cells); err != nil {
		return err
	}
	values := make([]any, len(cells))
	for i := range cells {
		values[i] = cells[i].value
	}
	_, err := tx.Exec(insert, values...)
	return err
}

func (in *restoring) trailer(line []byte) error {
	var t backupTrailer
	if err := json.Unmarshal(line, &t); err != nil {
		return err
	}
	if t.Lines != in.read || t.SHA256 != hex.EncodeToString(in.digest.Sum(nil)) {
		return errors.New("the backup has been changed since it was made: its lines do not match its trailer")
	}
	return nil
}
