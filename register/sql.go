package register

import (
	"fmt"
	"strings"

	"portcullis/store"
)

// item is a row of register_items that is new.
type item struct {
	section, id string
	position    int
	document    string
}

// insertMany inserts rows of so many columns in one statement.
func insertMany(tx *store.Tx, into string, columns int, args []any) error {
	if len(args) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(into + " VALUES ")
	for i := range args {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	_, err := tx.Exec(b.String()+")", args...)
	return err
}

func insertItems(tx *store.Tx, by string, items []item) error {
	var args []any
	for _, i := range items {
		args = append(args, i.section, i.id, i.position, i.document, tx.Now(), by)
	}
	return insertMany(tx, `INSERT INTO register_items (section, id, position, document, recorded_at, recorded_by)`, 6, args)
}

// eachItem calls each for every item that was known at the time, section by section and in the order of
// the positions.
func eachItem(tx *store.Tx, known store.Time, each func(section, id, document string) error) error {
	return tx.Rows(`SELECT section, id, document FROM register_items WHERE recorded_at <= $1 AND (replaced_at IS NULL OR replaced_at > $1) ORDER BY section, position, id`,
		[]any{known}, func(scan func(...any) error) error {
			var section, id, document string
			if err := scan(&section, &id, &document); err != nil {
				return err
			}
			return each(section, id, document)
		})
}

// anything tells whether the register has ever had anything.
func anything(tx *store.Tx) (there bool, err error) {
	var items, hosts int64
	err = tx.Row(`SELECT (SELECT COUNT(*) FROM register_items), (SELECT COUNT(*) FROM register_hosts)`, nil, &items, &hosts)
	return items+hosts > 0, err
}

func insertPlace(tx *store.Tx, organisation string, position int) error {
	_, err := tx.Exec(`INSERT INTO register_organisations (id, position) VALUES ($1, $2)`, organisation, position)
	return err
}

func selectPlaces(tx *store.Tx) (places map[string]int, err error) {
	places = map[string]int{}
	err = tx.Rows(`SELECT id, position FROM register_organisations`, nil, func(scan func(...any) error) error {
		var id string
		var position int
		err := scan(&id, &position)
		places[id] = position
		return err
	})
	return places, err
}

// hostRow is a row of register_hosts.
type hostRow struct {
	id, organisation string
	document         []byte
}

func insertHosts(tx *store.Tx, hosts []hostRow) error {
	var args []any
	for _, h := range hosts {
		args = append(args, []byte(h.id), h.organisation, string(h.document), tx.Now())
	}
	return insertMany(tx, `INSERT INTO register_hosts (id, organisation, document, recorded_at)`, 4, args)
}

// selectHosts returns the hosts after one, in the order of the bytes of their ids.
func selectHosts(tx *store.Tx, known store.Time, after string, limit int) (found []hostRow, err error) {
	err = tx.Rows(`SELECT id, document FROM register_hosts WHERE id > $1 AND recorded_at <= $2 ORDER BY id LIMIT $3`, []any{[]byte(after), known, limit},
		func(scan func(...any) error) error {
			var id []byte
			var h hostRow
			err := scan(&id, &h.document)
			h.id = string(id)
			found = append(found, h)
			return err
		})
	return found, err
}
