package register

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

const (
	maxID     = 200  // bytes
	maxReason = 2000 // characters
)

// check refuses an id that could not stand in an index, in the ledger or on a line, and a document that
// the ledger would not take.
func check(id string, document []byte) error {
	switch {
	case len(id) > maxID:
		return fault.In("id", "The id must have %d bytes or fewer", maxID)
	case id != strings.TrimSpace(id):
		return fault.In("id", "The id must not begin or end with a blank")
	case strings.ContainsFunc(id, unicode.IsControl):
		return fault.In("id", "The id must be one line of text, without control characters")
	case len(document) > ledger.MaxPayload:
		return fault.New(fault.Invalid, "This takes %d bytes, and at most %d are kept: shorten its texts or lists", len(document), ledger.MaxPayload)
	}
	return nil
}

// under puts faults in their place among the keys of the world file; a thing that comes alone has none.
func under(key string, err error) error {
	faults := fault.Fields(err)
	switch {
	case key == "":
		return err
	case len(faults) == 0:
		return fmt.Errorf("%s: %w", key, err)
	}
	var placed []error
	for _, f := range faults {
		at := key
		if f.Field != "" {
			at += "." + f.Field
		}
		placed = append(placed, &fault.Error{Kind: f.Kind, Field: at, Message: f.Message})
	}
	return errors.Join(placed...)
}

// checkReason returns a reason without the blanks around it.
func checkReason(field, reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case utf8.RuneCountInString(reason) > maxReason:
		return "", fault.In(field, "The reason must have %d characters or fewer", maxReason)
	case !utf8.ValidString(reason) || strings.ContainsRune(reason, 0):
		return "", fault.In(field, "The reason must be text")
	}
	return reason, nil
}

// valid returns what package policy finds wrong in a world of one thing and those that it names, as
// faults of its fields. The thing stands first in its section, whose key is given.
func valid(w *policy.World, key string) error {
	var faults []error
	for _, p := range policy.Validate(w) {
		field, _ := strings.CutPrefix(p.Key, key+"[0]")
		faults = append(faults, fault.In(strings.TrimPrefix(field, "."), "%s", sentence(p.Message)))
	}
	return errors.Join(faults...)
}

// sentence is a message of package policy, which goes on after a place, as a sentence of its own.
func sentence(message string) string {
	first, size := utf8.DecodeRuneInString(message)
	return string(unicode.ToUpper(first)) + message[size:]
}

// noBlanks refuses texts of a list that say nothing: a world file could not have them.
func noBlanks(field string, texts []string) error {
	for i, text := range texts {
		if text == "" {
			return fault.In(fmt.Sprintf("%s[%d]", field, i), "An empty text: write what is meant, or take it out")
		}
	}
	return nil
}

// listed refuses values that stand for no word of a closed list of package policy.
func listed[T ~uint8](field string, words []string, values ...T) error {
	for _, v := range values {
		if v == 0 || int(v) >= len(words) {
			return fault.In(field, "Choose %s", strings.Join(words[1:], ", "))
		}
	}
	return nil
}

// known adds to a world those of the suppliers and products that the register has, by their ids alone, for
// package policy to find there. What the world has already is not added again.
func known(tx *store.Tx, w *policy.World, suppliers, products []string) error {
	for _, s := range w.Suppliers {
		suppliers = without(suppliers, s.ID)
	}
	for _, p := range w.Products {
		products = without(products, p.ID)
	}
	there, err := selectItems(tx, Suppliers, suppliers)
	if err != nil {
		return err
	}
	for id := range there {
		w.Suppliers = append(w.Suppliers, policy.Supplier{ID: id})
	}
	if there, err = selectItems(tx, Products, products); err != nil {
		return err
	}
	for id := range there {
		w.Products = append(w.Products, policy.Product{ID: id, Kind: policy.App})
	}
	return nil
}

// without is a list without an id and without nothing.
func without(ids []string, id string) (left []string) {
	for _, other := range ids {
		if other != id && other != "" {
			left = append(left, other)
		}
	}
	return left
}

// scoped adds the organisation of a scope to a world, where there is one.
func scoped(tx *people.Tx, w *policy.World, organisation string) error {
	if organisation == "" {
		return nil
	}
	err := tx.Exists("scope", organisation)
	switch {
	case err == nil:
		w.Organisations = append(w.Organisations, policy.Organisation{ID: organisation})
	case len(fault.Fields(err)) == 0:
		return err
	}
	return nil
}

// digestOf is what an identifier of a platform is looked up by: identifiers may be longer than an index
// takes, and have characters that are no text to a database.
func digestOf(platform policy.Platform, identifier string) string {
	sum := sha256.Sum256([]byte(platform.String() + "\n" + identifier))
	return hex.EncodeToString(sum[:])
}
