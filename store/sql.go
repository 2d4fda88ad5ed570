package store

import "errors"

// own is this room's schema. store_schema itself is made before any step is.
var own = Schema{Room: "store", Steps: []string{`
CREATE TABLE store_generation (
	id BIGINT PRIMARY KEY,
	number BIGINT NOT NULL
);
INSERT INTO store_generation (id, number) VALUES (1, 0);
CREATE TABLE store_lease (
	name TEXT PRIMARY KEY,
	holder TEXT NOT NULL,
	fence BIGINT NOT NULL,
	until TEXT NOT NULL
);
CREATE TABLE store_due (
	id TEXT PRIMARY KEY,
	kind TEXT NOT NULL,
	at TEXT NOT NULL,
	payload TEXT NOT NULL,
	attempts BIGINT NOT NULL,
	claimed_until TEXT
);
CREATE INDEX store_due_at ON store_due (kind, at);
`}}

func createSchemaTable(tx *Tx) error {
	_, err := tx.Exec(`CREATE TABLE IF NOT EXISTS store_schema (
	room TEXT NOT NULL,
	step BIGINT NOT NULL,
	digest TEXT NOT NULL,
	applied TEXT NOT NULL,
	PRIMARY KEY (room, step)
)`)
	return err
}

func selectStep(tx *Tx, room string, step int) (digest string, err error) {
	err = tx.Row(`SELECT digest FROM store_schema WHERE room = $1 AND step = $2`, []any{room, step}, &digest)
	return digest, err
}

func insertStep(tx *Tx, room string, step int, digest string) error {
	_, err := tx.Exec(`INSERT INTO store_schema (room, step, digest, applied) VALUES ($1, $2, $3, $4)`, room, step, digest, tx.Now())
	return err
}

func selectSteps(tx *Tx) (steps []stepDone, err error) {
	err = tx.Rows(`SELECT room, step, digest FROM store_schema ORDER BY room, step`, nil, func(scan func(...any) error) error {
		var s stepDone
		err := scan(&s.Room, &s.Step, &s.Digest)
		steps = append(steps, s)
		return err
	})
	return steps, err
}

func raiseGeneration(tx *Tx) (g Generation, err error) {
	err = tx.Row(`UPDATE store_generation SET number = number + 1 WHERE id = 1 RETURNING number`, nil, &g)
	return g, err
}

func selectGeneration(tx *Tx) (g Generation, err error) {
	err = tx.Row(`SELECT number FROM store_generation WHERE id = 1`, nil, &g)
	return g, err
}

func deleteGeneration(tx *Tx) error {
	_, err := tx.Exec(`DELETE FROM store_generation`)
	return err
}

func selectLease(tx *Tx, name string) (l Lease, err error) {
	l.Name = name
	err = tx.Row(`SELECT holder, fence, until FROM store_lease WHERE name = $1`, []any{name}, &l.Holder, &l.Fence, &l.Until)
	return l, err
}

func insertLease(tx *Tx, l Lease) error {
	_, err := tx.Exec(`INSERT INTO store_lease (name, holder, fence, until) VALUES ($1, $2, $3, $4)`, l.Name, l.Holder, l.Fence, l.Until)
	return err
}

func updateLease(tx *Tx, l Lease) error {
	_, err := tx.Exec(`UPDATE store_lease SET holder = $1, fence = $2, until = $3 WHERE name = $4`, l.Holder, l.Fence, l.Until, l.Name)
	return err
}

func endLease(tx *Tx, l Lease) error {
	_, err := tx.Exec(`UPDATE store_lease SET until = $1 WHERE name = $2 AND holder = $3 AND fence = $4`, tx.Now(), l.Name, l.Holder, l.Fence)
	return err
}

func insertDue(tx *Tx, due Due) error {
	_, err := tx.Exec(`INSERT INTO store_due (id, kind, at, payload, attempts, claimed_until) VALUES ($1, $2, $3, $4, 0, NULL) ON CONFLICT (id) DO NOTHING`,
		due.ID, due.Kind, due.At, due.Payload)
	return err
}

func deleteDue(tx *Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM store_due WHERE id = $1`, id)
	return err
}

// selectDue returns what is due at the time of the transaction and not claimed, the oldest first.
func selectDue(tx *Tx, kind string, limit int) (found []Due, err error) {
	err = tx.Rows(`SELECT id, at, payload, attempts FROM store_due WHERE kind = $1 AND at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2) ORDER BY at, id LIMIT $3`,
		[]any{kind, tx.Now(), limit}, func(scan func(...any) error) error {
			due := Due{Kind: kind}
			err := scan(&due.ID, &due.At, &due.Payload, &due.Attempts)
			found = append(found, due)
			return err
		})
	return found, err
}

func claimDue(tx *Tx, due Due, until Time) error {
	_, err := tx.Exec(`UPDATE store_due SET attempts = $1, claimed_until = $2 WHERE id = $3`, due.Attempts, until, due.ID)
	return err
}

// endDue deletes work that is still claimed as due says, and returns ErrNotHolder where it is not.
func endDue(tx *Tx, due Due) error {
	return touched(tx.Exec(`DELETE FROM store_due WHERE id = $1 AND attempts = $2`, due.ID, due.Attempts))
}

// deferDue puts off work that is still claimed as due says, and returns ErrNotHolder where it is not.
func deferDue(tx *Tx, due Due, at Time) error {
	return touched(tx.Exec(`UPDATE store_due SET at = $1, claimed_until = NULL WHERE id = $2 AND attempts = $3`, at, due.ID, due.Attempts))
}

func touched(rows int64, err error) error {
	if err == nil && rows == 0 {
		return ErrNotHolder
	}
	return err
}

// lateKind is a kind of work of which some is long due.
type lateKind struct {
	kind   string
	pieces int64
	oldest Time
}

func selectLate(tx *Tx, before Time) (late []lateKind, err error) {
	err = tx.Rows(`SELECT kind, COUNT(*), MIN(at) FROM store_due WHERE at < $1 GROUP BY kind ORDER BY kind`, []any{before}, func(scan func(...any) error) error {
		var l lateKind
		err := scan(&l.kind, &l.pieces, &l.oldest)
		late = append(late, l)
		return err
	})
	return late, err
}

// The tables' names below are this program's own, from its schemas.

func countRows(tx *Tx, table string) (n int64, err error) {
	err = tx.Row(`SELECT COUNT(*) FROM `+table, nil, &n)
	return n, err
}

// selectAll hands every row of a table to each, which must not keep the cells.
func selectAll(tx *Tx, table string, head func(columns []string) error, each func(cells []cell) error) error {
	rows, err := tx.tx.QueryContext(tx.ctx, `SELECT * FROM `+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err == nil {
		err = head(columns)
	}
	cells, into := make([]cell, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i].value
	}
	for err == nil && rows.Next() {
		if err = rows.Scan(into...); err == nil {
			err = each(cells)
		}
	}
	return errors.Join(err, rows.Err())
}

// The tables of histories.

func historySteps(table string) string {
	return `
CREATE TABLE ` + table + ` (
	subject TEXT NOT NULL,
	object TEXT NOT NULL,
	held_from TEXT NOT NULL,
	held_until TEXT,
	recorded_at TEXT NOT NULL,
	replaced_at TEXT,
	PRIMARY KEY (subject, object, held_from, recorded_at)
);
CREATE INDEX ` + table + `_object ON ` + table + ` (object, subject);
`
}

func insertFact(tx *Tx, table string, f Fact) error {
	_, err := tx.Exec(`INSERT INTO `+table+` (subject, object, held_from, held_until, recorded_at, replaced_at) VALUES ($1, $2, $3, $4, $5, NULL)`,
		f.Subject, f.Object, f.From, f.Until, tx.Now())
	return err
}

func deleteFact(tx *Tx, table string, f Fact) error {
	_, err := tx.Exec(`DELETE FROM `+table+` WHERE subject = $1 AND object = $2 AND held_from = $3 AND recorded_at = $4`,
		f.Subject, f.Object, f.From, tx.Now())
	return err
}

func retireFact(tx *Tx, table string, f Fact) error {
	_, err := tx.Exec(`UPDATE `+table+` SET replaced_at = $1 WHERE subject = $2 AND object = $3 AND held_from = $4 AND replaced_at IS NULL`,
		tx.Now(), f.Subject, f.Object, f.From)
	return err
}

func selectFacts(tx *Tx, table, subject string) (facts []Fact, err error) {
	err = tx.Rows(`SELECT object, held_from, held_until FROM `+table+` WHERE subject = $1 AND replaced_at IS NULL ORDER BY held_from, object`,
		[]any{subject}, func(scan func(...any) error) error {
			f := Fact{Subject: subject}
			err := scan(&f.Object, &f.From, &f.Until)
			facts = append(facts, f)
			return err
		})
	return facts, err
}

func selectRecord(tx *Tx, table, subject string) (all []Known, err error) {
	err = tx.Rows(`SELECT object, held_from, held_until, recorded_at, replaced_at FROM `+table+` WHERE subject = $1 ORDER BY recorded_at, held_from, object`,
		[]any{subject}, func(scan func(...any) error) error {
			k := Known{Fact: Fact{Subject: subject}}
			err := scan(&k.Object, &k.From, &k.Until, &k.Recorded, &k.Replaced)
			all = append(all, k)
			return err
		})
	return all, err
}
