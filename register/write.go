package register

import (
	"encoding/json"
	"fmt"

	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// writing is what one transaction writes into the register. The generation is raised once, with the
// first thing that is written; every row carries it.
type writing struct {
	tx         *people.Tx
	generation store.Generation
	next       map[Section]int64 // the positions of what comes next, of the sections that were asked about
}

func write(tx *people.Tx) *writing { return &writing{tx: tx, next: map[Section]int64{}} }

func (w *writing) raise() (err error) {
	if w.generation == 0 {
		w.generation, err = w.tx.Raise()
	}
	return err
}

// part is one thing of a section: its document, why it is so and, where an entry of the ledger is due,
// its kind, the organisation that it is about and its payload, which is the document where there is none.
type part struct {
	id           string
	document     any
	reason       string
	kind         *ledger.Kind
	organisation string
	payload      any
}

// add writes new things at the end of a section, and their entries. place names the nth for faults.
func (w *writing) add(section Section, parts []part, place func(n int) string) error {
	if len(parts) == 0 {
		return nil
	}
	if err := w.raise(); err != nil {
		return err
	}
	if _, asked := w.next[section]; !asked {
		next, err := selectNextPosition(w.tx.Tx, section)
		if err != nil {
			return err
		}
		w.next[section] = next
	}
	rows := make([]item, 0, len(parts))
	for n, p := range parts {
		document, err := json.Marshal(p.document)
		if err == nil {
			err = check(p.id, document)
		}
		if err != nil {
			return under(place(n), err)
		}
		if err := w.record(p, document); err != nil {
			return err
		}
		rows = append(rows, item{section, p.id, w.next[section], string(document), p.reason})
		w.next[section]++
	}
	return insertItems(w.tx.Tx, w.tx.Who().ID, w.generation, rows)
}

func (w *writing) record(p part, document json.RawMessage) error {
	if p.kind == nil {
		return nil
	}
	payload := p.payload
	if payload == nil {
		payload = document
	}
	return w.tx.Record(*p.kind, p.organisation, []string{p.id}, payload)
}

// replace writes further documents of things that are there: each keeps its place.
func (w *writing) replace(section Section, things []item) error {
	if err := w.takeBack(section, each(things, func(i item) string { return i.id })); err != nil {
		return err
	}
	for _, i := range things {
		if err := check(i.id, []byte(i.document)); err != nil {
			return err
		}
	}
	return insertItems(w.tx.Tx, w.tx.Who().ID, w.generation, things)
}

// change writes a further document of a thing that is there, and its entry.
func (w *writing) change(section Section, row item, document any, kind ledger.Kind) error {
	row, err := row.with(document, "")
	if err != nil {
		return err
	}
	if err := w.replace(section, []item{row}); err != nil {
		return err
	}
	return w.tx.Record(kind, people.Everywhere, []string{row.id}, document)
}

// takeBack has things be there no longer; what was recorded of them stays, as replaced. It is not for what
// the same transaction wrote.
func (w *writing) takeBack(section Section, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := w.raise(); err != nil {
		return err
	}
	return retireItems(w.tx.Tx, w.generation, section, ids)
}

// link notes which product the identifiers are, for looking them up.
func (w *writing) link(products []policy.Product) error {
	var links []linked
	for i := range products {
		for platform, identifiers := range products[i].Identifiers {
			for _, id := range identifiers {
				links = append(links, linked{digestOf(platform, id.ID), products[i].ID})
			}
		}
	}
	return insertLinked(w.tx.Tx, links)
}

func (i item) key() [2]string { return [2]string{string(i.section), i.id} }

// into appends the thing of a row to its section of a world.
func (i item) into(w *policy.World) error {
	if err := add(w, i.section, i.document); err != nil {
		return fmt.Errorf("the %s %s in the register: %w", i.section, i.id, err)
	}
	return nil
}

// read returns the thing of a row as a world that has nothing else.
func (i item) read() (w policy.World, err error) {
	err = i.into(&w)
	return w, err
}

// with returns the row with another document, and why it is so.
func (i item) with(document any, reason string) (item, error) {
	text, err := json.Marshal(document)
	i.document, i.reason = string(text), reason
	return i, err
}

// rule returns the rule of a row.
func (i item) rule() (policy.Rule, error) {
	w, err := i.read()
	if err != nil {
		return policy.Rule{}, err
	}
	return w.Rules[0], nil
}

// product returns the product of a row.
func (i item) product() (policy.Product, error) {
	w, err := i.read()
	if err != nil {
		return policy.Product{}, err
	}
	return w.Products[0], nil
}

// Encode returns the first thing of a section of a world as text, and Decode a world of that thing alone:
// for rooms that keep what may come to be one.
func Encode(section Section, w *policy.World) (string, error) {
	var document any
	switch section {
	case Suppliers:
		document = supplierOf(&w.Suppliers[0])
	case Products:
		document = productOf(&w.Products[0])
	case Rules:
		document = ruleOf(&w.Rules[0])
	case Exemptions:
		document = exemptionOf(&w.Exemptions[0])
	}
	text, err := json.Marshal(document)
	return string(text), err
}

// Standing is a thing that counts as Encode has it; empty where there is none.
func Standing(tx *store.Tx, section Section, id string) (string, error) {
	rows, err := selectItems(tx, section, []string{id})
	return rows[id].document, err
}

// Decode is the other way of Encode.
func Decode(section Section, text string) (policy.World, error) {
	return item{section: section, document: text}.read()
}

// stored returns a document as it is read again: what is cut off in storing, such as parts of a
// microsecond, is checked and returned as it will be.
func stored(section Section, document any) (policy.World, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return policy.World{}, err
	}
	return item{section: section, document: string(text)}.read()
}
