package register

import (
	"cmp"
	"slices"

	"portcullis/store"
)

// item is a row of register_items that counts.
type item struct {
	section          Section
	id               string
	position         int64
	document, reason string
}

func insertItems(tx *store.Tx, by string, g store.Generation, items []item) error {
	var args []any
	for _, i := range items {
		args = append(args, string(i.section), i.id, i.position, i.document, i.reason, by, tx.Now(), int64(g))
	}
	return tx.Insert(`INSERT INTO register_items (section, id, position, document, reason, recorded_by, recorded_at, generation)`, 8, "", args)
}

// arguments are the arguments before a list of ids, and these.
func arguments(ids []string, before ...any) []any {
	for _, id := range ids {
		before = append(before, id)
	}
	return before
}

// many is how many values are looked for in one statement.
const many = 200

// retireItems says that what is known of the ids is known no longer.
func retireItems(tx *store.Tx, g store.Generation, section Section, ids []string) error {
	for ids := range slices.Chunk(ids, many) {
		_, err := tx.Exec(`UPDATE register_items SET replaced_at = $1, replaced_generation = $2 WHERE section = $3 AND replaced_at IS NULL AND id IN `+store.In(4, len(ids)),
			arguments(ids, tx.Now(), int64(g), string(section))...)
		if err != nil {
			return err
		}
	}
	return nil
}

const itemColumns = `section, id, position, document, reason`

func (i *item) scanned() []any { return []any{&i.section, &i.id, &i.position, &i.document, &i.reason} }

// selectItems returns the rows of the ids that count, in no order. An id without one is not there.
func selectItems(tx *store.Tx, section Section, ids []string) (found map[string]item, err error) {
	found = map[string]item{}
	for ids := range slices.Chunk(ids, many) {
		err := tx.Rows(`SELECT `+itemColumns+` FROM register_items WHERE section = $1 AND replaced_at IS NULL AND id IN `+store.In(2, len(ids)),
			arguments(ids, string(section)), func(scan func(...any) error) error {
				var i item
				err := scan(i.scanned()...)
				found[i.id] = i
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// selectUsed returns which of the ids anything was ever recorded of.
func selectUsed(tx *store.Tx, section Section, ids []string) (used map[string]bool, err error) {
	used = map[string]bool{}
	for ids := range slices.Chunk(ids, many) {
		err := tx.Rows(`SELECT DISTINCT id FROM register_items WHERE section = $1 AND id IN `+store.In(2, len(ids)),
			arguments(ids, string(section)), func(scan func(...any) error) error {
				var id string
				err := scan(&id)
				used[id] = true
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return used, nil
}

// selectNextPosition returns the position after the last of a section.
func selectNextPosition(tx *store.Tx, section Section) (position int64, err error) {
	err = tx.Row(`SELECT COALESCE(MAX(position), -1) + 1 FROM register_items WHERE section = $1`, []any{string(section)}, &position)
	return position, err
}

// selectSince returns the items that were recorded after a generation and count, section by section and
// in the order of the positions. They are sorted here: an engine that was asked to would walk an index
// that is in order already, through everything that has not changed.
func selectSince(tx *store.Tx, since store.Generation) (found []item, err error) {
	err = tx.Rows(`SELECT `+itemColumns+` FROM register_items WHERE generation > $1 AND replaced_at IS NULL`,
		[]any{int64(since)}, func(scan func(...any) error) error {
			var i item
			err := scan(i.scanned()...)
			found = append(found, i)
			return err
		})
	slices.SortFunc(found, item.compare)
	return found, err
}

func (i item) compare(other item) int {
	return cmp.Or(cmp.Compare(i.section, other.section), cmp.Compare(i.position, other.position), cmp.Compare(i.id, other.id))
}

// eachOf calls each for every item of a section that counts.
func eachOf(tx *store.Tx, section Section, each func(item) error) error {
	return tx.Rows(`SELECT `+itemColumns+` FROM register_items WHERE section = $1 AND replaced_at IS NULL ORDER BY position, id`,
		[]any{string(section)}, func(scan func(...any) error) error {
			var i item
			if err := scan(i.scanned()...); err != nil {
				return err
			}
			return each(i)
		})
}

// selectReplaced returns the sections and ids of the rows that were replaced after a generation, each once.
func selectReplaced(tx *store.Tx, since store.Generation) (replaced []item, err error) {
	err = tx.Rows(`SELECT section, id FROM register_items WHERE replaced_generation > $1`, []any{int64(since)},
		func(scan func(...any) error) error {
			var i item
			err := scan(&i.section, &i.id)
			replaced = append(replaced, i)
			return err
		})
	slices.SortFunc(replaced, item.compare)
	return slices.Compact(replaced), err
}

// version is a row of register_items, whether it counts or not.
type version struct {
	item
	by                 string
	recorded, replaced store.Time
	generation         store.Generation
}

func selectVersions(tx *store.Tx, section Section, id string) (versions []version, err error) {
	err = tx.Rows(`SELECT `+itemColumns+`, recorded_by, recorded_at, replaced_at, generation FROM register_items WHERE section = $1 AND id = $2 ORDER BY generation`,
		[]any{string(section), id}, func(scan func(...any) error) error {
			var v version
			err := scan(append(v.scanned(), &v.by, &v.recorded, &v.replaced, &v.generation)...)
			versions = append(versions, v)
			return err
		})
	return versions, err
}

// eachItem calls each for every item that was known at the time, section by section and in the order of
// the positions.
func eachItem(tx *store.Tx, known store.Time, each func(item) error) error {
	return tx.Rows(`SELECT `+itemColumns+` FROM register_items WHERE recorded_at <= $1 AND (replaced_at IS NULL OR replaced_at > $1) ORDER BY section, position, id`,
		[]any{known}, func(scan func(...any) error) error {
			var i item
			if err := scan(i.scanned()...); err != nil {
				return err
			}
			return each(i)
		})
}

// anything tells whether the register has ever had anything.
func anything(tx *store.Tx) (there bool, err error) {
	var items int64
	err = tx.Row(`SELECT COUNT(*) FROM register_items`, nil, &items)
	return items > 0, err
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

// linked is a row of register_identifiers.
type linked struct{ digest, product string }

func insertLinked(tx *store.Tx, links []linked) error {
	var args []any
	for _, l := range links {
		args = append(args, l.digest, l.product)
	}
	return tx.Insert(`INSERT INTO register_identifiers (digest, product)`, 2, "", args)
}

// selectLinked returns the products of identifiers that have one, by their digests.
func selectLinked(tx *store.Tx, digests []string) (products map[string]string, err error) {
	products = map[string]string{}
	for digests := range slices.Chunk(digests, many) {
		err := tx.Rows(`SELECT digest, product FROM register_identifiers WHERE digest IN `+store.In(1, len(digests)), arguments(digests),
			func(scan func(...any) error) error {
				var l linked
				err := scan(&l.digest, &l.product)
				products[l.digest] = l.product
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return products, nil
}

// chosen is a row of register_triage that counts.
type chosen struct {
	product  string
	decision Decision
	rule     string // empty where nothing is allowed
	reason   string
	by       string
	at       store.Time
}

func insertChosen(tx *store.Tx, by, organisation string, g store.Generation, choices []chosen) error {
	var args []any
	for _, c := range choices {
		args = append(args, organisation, c.product, string(c.decision), c.rule, c.reason, by, tx.Now(), int64(g))
	}
	return tx.Insert(`INSERT INTO register_triage (organisation, product, decision, rule, reason, recorded_by, recorded_at, generation)`, 8, "", args)
}

func retireChosen(tx *store.Tx, organisation string, g store.Generation, products []string) error {
	for products := range slices.Chunk(products, many) {
		_, err := tx.Exec(`UPDATE register_triage SET replaced_at = $1, replaced_generation = $2 WHERE organisation = $3 AND replaced_at IS NULL AND product IN `+store.In(4, len(products)),
			arguments(products, tx.Now(), int64(g), organisation)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// selectChosen returns what counts of an organisation's triage, by product; one decision alone where it
// is given.
func selectChosen(tx *store.Tx, organisation string, decision Decision) (found []chosen, err error) {
	err = tx.Rows(`SELECT product, decision, rule, reason, recorded_by, recorded_at FROM register_triage WHERE organisation = $1 AND replaced_at IS NULL AND (decision = $2 OR $2 = '') ORDER BY product`,
		[]any{organisation, string(decision)}, func(scan func(...any) error) error {
			var c chosen
			err := scan(&c.product, &c.decision, &c.rule, &c.reason, &c.by, &c.at)
			found = append(found, c)
			return err
		})
	return found, err
}
