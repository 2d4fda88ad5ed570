package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/store"
)

// Imported is what became of the rows of an import.
type Imported struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// maxFaults is how many faults of an import are told at once.
const maxFaults = 100

// ImportPeople adds and changes people, all of them or none. Who is there already, by their user name
// or else by their mail address, is changed in what the row says; their roles are added to and never
// taken. The faults come together, each with its line.
func (r *Room) ImportPeople(ctx context.Context, actor Actor, rows []Row) (Imported, error) {
	return Act(ctx, r, actor, func(tx *Tx) (done Imported, err error) {
		if len(rows) == 0 {
			return done, fault.New(fault.Invalid, "The file has nobody in it")
		}
		var faults []error
		for _, row := range rows {
			err := tx.importRow(row, &done)
			var refused *refusal
			switch {
			case err == nil:
			case errors.As(err, &refused):
				refused.fault.Message = atLine(row.Line, refused.fault.Message)
				return done, refused // it is for the access log, and no list is worked through for it
			case len(fault.Fields(err)) == 0:
				return done, err
			}
			for _, f := range fault.Fields(err) {
				faults = append(faults, &fault.Error{Kind: f.Kind, Field: f.Field, Message: atLine(row.Line, f.Message)})
			}
			if len(faults) >= maxFaults {
				break
			}
		}
		return done, errors.Join(faults...)
	})
}

func atLine(line int, message string) string { return fmt.Sprintf("Line %d: %s", line, message) }

func (tx *Tx) importRow(row Row, done *Imported) error {
	id, err := tx.meant(row.Particulars)
	if err != nil {
		return err
	}
	if id == "" {
		if err := tx.importNew(row); err != nil {
			return err
		}
		done.Added++
		return nil
	}
	changed, err := tx.importKnown(id, row)
	switch {
	case err != nil:
		return err
	case changed:
		done.Changed++
	default:
		done.Unchanged++
	}
	return nil
}

// meant is who has the user name, or else the mail address; "" where nobody has.
func (tx *Tx) meant(p Particulars) (id string, err error) {
	if name := cmp.Or(p.UserName, p.Mail); name != "" {
		id, err = selectPersonByUserName(tx.Tx, strings.ToLower(name))
		if !errors.Is(err, store.ErrNotFound) {
			return id, err
		}
	}
	if p.Mail == "" {
		return "", nil
	}
	found, err := selectPersonsByMail(tx.Tx, lowerMail(p.Mail))
	switch {
	case err != nil || len(found) == 0:
		return "", err
	case len(found) > 1:
		return "", fault.In("mail", "Several people have the mail address %s: say who is meant by user_name", p.Mail)
	}
	return found[0].ID, nil
}

func (tx *Tx) importNew(row Row) error {
	if row.Organisation == "" {
		return fault.In("organisation", "Say in which organisation %s is", cmp.Or(row.Name, row.UserName, row.Mail, "this person"))
	}
	person, err := tx.AddPerson(row.Organisation, row.Particulars)
	if err != nil {
		return err
	}
	for _, role := range row.Roles {
		if _, err := tx.GiveRole(person.ID, Grant{role, row.Organisation}, store.Period{}); err != nil {
			return err
		}
	}
	if row.Active != nil && !*row.Active {
		_, err = tx.ChangePerson(person.ID, PersonChange{Active: row.Active})
	}
	return err
}

func (tx *Tx) importKnown(id string, row Row) (changed bool, err error) {
	before, err := tx.person(ChangePeople, id)
	if err != nil {
		return false, err
	}
	change := PersonChange{Particulars: new(before.Particulars), Active: row.Active}
	said := row.Particulars.fields()
	for i, f := range change.Particulars.fields() {
		*f.text = cmp.Or(*said[i].text, *f.text)
	}
	if row.Organisation != "" {
		change.Organisation = &row.Organisation
	}
	after, err := tx.ChangePerson(id, change)
	if err != nil {
		return false, err
	}
	changed = after.Version != before.Version
	held, err := grantsAt(tx.Tx, id, tx.Now())
	if err != nil {
		return false, err
	}
	for _, role := range row.Roles {
		if g := (Grant{role, after.Organisation}); !slices.Contains(held, g) {
			if _, err := tx.GiveRole(id, g, store.Period{}); err != nil {
				return false, err
			}
			changed = true
		}
	}
	return changed, nil
}
