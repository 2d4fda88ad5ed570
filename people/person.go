package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/store"
)

// Person is somebody, as they stand at the time of the transaction.
type Person struct {
	ID string `json:"id"`
	Particulars
	Organisation string `json:"organisation"`
	// OrganisationName, Roles and Groups are filled in where one person is asked for.
	OrganisationName string     `json:"organisationName,omitempty"`
	Active           bool       `json:"active"`
	Version          int64      `json:"version"`
	Created          store.Time `json:"created"`
	Changed          store.Time `json:"changed"`
	Roles            []Held     `json:"roles,omitempty"`
	Groups           []string   `json:"groups,omitempty"`
}

// Particulars are what is said of a person.
type Particulars struct {
	// UserName is unique, whatever its case: by custom the mail address.
	UserName string `json:"userName"`
	Name     string `json:"name"`
	Mail     string `json:"mail,omitempty"`
	Phone    string `json:"phone,omitempty"`
	// The rest is for whoever provisions people.
	ExternalID     string `json:"externalId,omitempty"`
	GivenName      string `json:"givenName,omitempty"`
	FamilyName     string `json:"familyName,omitempty"`
	EmployeeNumber string `json:"employeeNumber,omitempty"`
	Department     string `json:"department,omitempty"`
}

// memberships is where people belong: the subject is a person, the object an organisation.
var memberships = store.History{Table: "people_memberships"}

// The kinds of entries about persons. The subjects are the organisation and the person; the payload
// is a personEntry, which says what changed and not how: particulars are nobody else's business.
var (
	personAdded       = ledger.Kind{Name: "people.person-added", Version: 1}
	personChanged     = ledger.Kind{Name: "people.person-changed", Version: 1}
	personDeactivated = ledger.Kind{Name: "people.person-deactivated", Version: 1}
	personReactivated = ledger.Kind{Name: "people.person-reactivated", Version: 1}
)

type personEntry struct {
	Changed []string   `json:"changed,omitempty"`
	Moved   string     `json:"moved,omitempty"` // to another organisation
	From    store.Time `json:"from,omitzero"`
}

// PersonChange is what is to change; nil is as it was.
type PersonChange struct {
	Particulars  *Particulars
	Organisation *string // from From on
	Active       *bool
	From         store.Time // the time of the transaction where it is zero
	Version      int64      // the one that the change was made from; 0 is any
}

func (p *Particulars) fields() []struct {
	name string
	text *string
} {
	return []struct {
		name string
		text *string
	}{
		{"userName", &p.UserName}, {"name", &p.Name}, {"mail", &p.Mail}, {"phone", &p.Phone}, {"externalId", &p.ExternalID},
		{"givenName", &p.GivenName}, {"familyName", &p.FamilyName}, {"employeeNumber", &p.EmployeeNumber}, {"department", &p.Department},
	}
}

// check trims all fields and returns the faults of all of them together.
func (p *Particulars) check() error {
	var faults []error
	for _, f := range p.fields() {
		*f.text = strings.TrimSpace(*f.text)
	}
	p.Name = cmp.Or(p.Name, strings.TrimSpace(p.GivenName+" "+p.FamilyName))
	p.UserName = cmp.Or(p.UserName, p.Mail)
	for _, f := range p.fields() {
		if utf8.RuneCountInString(*f.text) > maxName {
			faults = append(faults, fault.In(f.name, "This is too long: %d characters are the most", maxName))
		} else if err := checkLine(f.name, *f.text); err != nil {
			faults = append(faults, err)
		}
	}
	if p.Name == "" {
		faults = append(faults, fault.In("name", "Enter the person's name"))
	}
	if p.UserName == "" {
		faults = append(faults, fault.In("userName", "Enter a user name or a mail address"))
	}
	if p.Mail != "" {
		if parsed, err := mail.ParseAddress(p.Mail); err != nil || parsed.Address != p.Mail {
			faults = append(faults, fault.In("mail", "Enter a mail address, such as name@example.org"))
		}
	}
	return errors.Join(faults...)
}

// lowerMail is an address as it is compared. Only the letters of ASCII have a case here: the Kelvin sign
// is not a k, lest somebody's address become another's.
func lowerMail(address string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, address)
}

// identifiers are the particulars by which a provider, a directory or an import finds a person. Whoever
// changes them may thereby come to be that person.
var identifiers = []string{"userName", "mail", "externalId"}

// changedFrom are the names of the fields that differ.
func (p Particulars) changedFrom(q Particulars) (names []string) {
	before := q.fields()
	for i, f := range p.fields() {
		if *f.text != *before[i].text {
			names = append(names, f.name)
		}
	}
	return names
}

// AddPerson adds a person to an organisation and returns them.
func (r *Room) AddPerson(ctx context.Context, actor Actor, organisation string, p Particulars) (Person, error) {
	return Act(ctx, r, actor, func(tx *Tx) (Person, error) { return tx.AddPerson(organisation, p) })
}

// AddInactivePerson adds a person who cannot sign in until they are activated.
func (r *Room) AddInactivePerson(ctx context.Context, actor Actor, organisation string, p Particulars) (Person, error) {
	return Act(ctx, r, actor, func(tx *Tx) (none Person, err error) {
		person, err := tx.AddPerson(organisation, p)
		if err != nil {
			return none, err
		}
		inactive := false
		return tx.ChangePerson(person.ID, PersonChange{Active: &inactive})
	})
}

// AddPerson is the same within a transaction, for an import.
func (tx *Tx) AddPerson(organisation string, p Particulars) (none Person, err error) {
	if err := tx.Exists("organisation", organisation); err != nil {
		return none, err
	}
	if err := tx.Require(ChangePeople, organisation); err != nil {
		return none, err
	}
	return tx.insertPerson(organisation, p)
}

func (tx *Tx) insertPerson(organisation string, p Particulars) (none Person, err error) {
	if err := p.check(); err != nil {
		return none, err
	}
	if err := tx.free(p, ""); err != nil {
		return none, err
	}
	id, err := tx.NewID()
	if err != nil {
		return none, err
	}
	person := Person{ID: id, Particulars: p, Organisation: organisation, Active: true, Version: 1, Created: tx.Now(), Changed: tx.Now()}
	if err := insertPerson(tx.Tx, person); err != nil {
		return none, err
	}
	if err := insertWords(tx.Tx, person); err != nil {
		return none, err
	}
	if _, err := memberships.Set(tx.Tx, id, organisation, store.Always(tx.Now())); err != nil {
		return none, err
	}
	return person, tx.Record(personAdded, organisation, []string{id}, personEntry{})
}

// free returns a fault where another person has the user name.
func (tx *Tx) free(p Particulars, self string) error {
	if id, err := selectPersonByUserName(tx.Tx, strings.ToLower(p.UserName)); err == nil && id != self {
		return &fault.Error{Kind: fault.Conflict, Field: "userName", Message: fmt.Sprintf("There is somebody with the user name %s already", p.UserName)}
	} else if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// ChangePerson changes a person and returns them as they then are. Deactivation ends their sessions
// and tokens at once, and removes their passkeys. To change what a person is found by at their sign-in,
// or to bring them back, one must be able to give every role that they have.
func (r *Room) ChangePerson(ctx context.Context, actor Actor, id string, c PersonChange) (Person, error) {
	return Act(ctx, r, actor, func(tx *Tx) (Person, error) { return tx.ChangePerson(id, c) })
}

// ChangePerson is the same within a transaction.
func (tx *Tx) ChangePerson(id string, c PersonChange) (none Person, err error) {
	person, err := tx.person(ChangePeople, id)
	if err != nil {
		return none, err
	}
	if err := unchanged(c.Version, person.Version); err != nil {
		return none, err
	}
	entry := personEntry{}
	if c.Particulars != nil {
		if entry.Changed, err = tx.setParticulars(&person, *c.Particulars); err != nil {
			return none, err
		}
	}
	// To where they are they go only with a date: that takes back a move which was planned.
	if c.Organisation != nil && (*c.Organisation != person.Organisation || !c.From.IsZero()) {
		from := c.From
		if from.IsZero() {
			from = tx.Now()
		}
		moved, err := tx.movePerson(id, *c.Organisation, from)
		if err != nil {
			return none, err
		}
		if moved {
			entry.Moved, entry.From = *c.Organisation, from
		}
	}
	news := len(entry.Changed) > 0 || entry.Moved != ""
	if news {
		if err := tx.Record(personChanged, person.Organisation, []string{id}, entry); err != nil {
			return none, err
		}
	}
	if c.Active != nil && *c.Active != person.Active {
		news = true
		if err := tx.setActive(&person, *c.Active); err != nil {
			return none, err
		}
	}
	if !news {
		tx.NoEntry("everything is as it was")
		return person, nil
	}
	if err := updatePerson(tx.Tx, person); err != nil {
		return none, err
	}
	if err := setWords(tx.Tx, person); err != nil {
		return none, err
	}
	return personAt(tx.Tx, id, tx.Now())
}

// setParticulars gives a person other particulars and returns the names of those that differ.
func (tx *Tx) setParticulars(person *Person, p Particulars) (changed []string, err error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	changed = p.changedFrom(person.Particulars)
	if slices.ContainsFunc(changed, func(name string) bool { return slices.Contains(identifiers, name) }) {
		if err := tx.overpowers(person.ID); err != nil {
			return nil, err
		}
		if err := tx.free(p, person.ID); err != nil {
			return nil, err
		}
	}
	person.Particulars = p
	return changed, nil
}

// movePerson has a person belong to another organisation from a time on.
func (tx *Tx) movePerson(id, organisation string, from store.Time) (moved bool, err error) {
	if err := tx.Exists("organisation", organisation); err != nil {
		return false, err
	}
	return tx.relocate(ChangePeople, memberships, id, organisation, from)
}

// relocate has something belong elsewhere from a time on; "" is nowhere. That asks for the permission
// there, and wherever it would have belonged from then on instead: nobody takes away what is, or will
// be, another's.
func (tx *Tx) relocate(p Permission, h store.History, id, to string, from store.Time) (moved bool, err error) {
	known, err := h.Of(tx.Tx, id)
	if err != nil {
		return false, err
	}
	if moved, err = h.Set(tx.Tx, id, to, store.Always(from)); err != nil || !moved {
		return false, err
	}
	places := []string{to}
	for _, f := range known {
		if f.Until.IsZero() || from.Before(f.Until) {
			places = append(places, f.Object)
		}
	}
	for _, place := range places {
		if err := tx.Require(p, cmp.Or(place, Everywhere)); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (tx *Tx) setActive(person *Person, active bool) error {
	person.Active = active
	kind := personReactivated
	if !active {
		kind = personDeactivated
		if err := endAll(tx.Tx, person.ID); err != nil {
			return err
		}
	} else if err := tx.overpowers(person.ID); err != nil {
		return err // whoever comes back has their roles back
	}
	return tx.Record(kind, person.Organisation, []string{person.ID}, personEntry{})
}

// person reads a person and asks for the permission where they belong.
func (tx *Tx) person(p Permission, id string) (none Person, err error) {
	person, err := personAt(tx.Tx, id, tx.Now())
	if fault.Is(err, fault.NotFound) {
		// Only who may see all learns that somebody is not there.
		if err := tx.Require(p, Everywhere); err != nil {
			return none, err
		}
	}
	if err != nil {
		return none, err
	}
	return person, tx.Require(p, person.Organisation)
}

func personAt(tx *store.Tx, id string, t store.Time) (p Person, err error) {
	p, err = selectPerson(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return p, fault.New(fault.NotFound, "There is nobody with the id %s", id)
	}
	if err != nil {
		return p, err
	}
	belongs, err := memberships.At(tx, id, t)
	if err == nil && len(belongs) > 0 {
		p.Organisation = belongs[0]
	}
	return p, err
}

// Person returns one person with their groups and roles. Everybody may see themselves.
func (r *Room) Person(ctx context.Context, actor Actor, id string) (Person, error) {
	return See(ctx, r, actor, func(tx *Tx) (person Person, err error) {
		if id == tx.who.Person {
			tx.asked = true
			person, err = personAt(tx.Tx, id, tx.Now())
		} else {
			person, err = tx.person(SeePeople, id)
		}
		if err != nil {
			return person, err
		}
		if person.Groups, err = groupMembers.At(tx.Tx, id, tx.Now()); err != nil {
			return person, err
		}
		if person.OrganisationName, err = nameOf(tx.Tx, person.Organisation); err != nil {
			return person, err
		}
		person.Roles, err = heldBy(tx.Tx, id, tx.Now())
		for i := range person.Roles {
			if err == nil {
				person.Roles[i].OrganisationName, err = nameOf(tx.Tx, person.Roles[i].Organisation)
			}
		}
		return person, err
	})
}

// nameOf is an organisation in words.
func nameOf(tx *store.Tx, organisation string) (string, error) {
	if organisation == Everywhere {
		return "every organisation", nil
	}
	o, err := selectOrganisation(tx, organisation)
	return o.Name, err
}

// Names returns the names of those persons whom the actor may see, or is, by their ids. Others are left
// out, those that are not there among them.
func (r *Room) Names(ctx context.Context, actor Actor, ids ...string) (map[string]string, error) {
	return See(ctx, r, actor, func(tx *Tx) (map[string]string, error) {
		tx.asked = true // about each person by itself
		names := map[string]string{}
		for _, id := range ids {
			person, err := personAt(tx.Tx, id, tx.Now())
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			may, err := tx.May(SeePeople, person.Organisation)
			if err != nil {
				return nil, err
			}
			if may || id == tx.who.Person {
				names[id] = person.Name
			}
		}
		return names, nil
	})
}

// PersonQuery says which persons; what is empty does not matter.
type PersonQuery struct {
	Organisation string // that one and all below it
	// Words are the beginnings of words of name, mail and user name: all of them.
	Words      string
	Active     *bool
	UserName   string // whatever its case
	ExternalID string
	Mail       string
	Group      string
	Role       Role
	// After is the last person of the page before: its Name and ID.
	After Place
	Limit int
}

// Place is a person's place in the order of names.
type Place struct{ Name, ID string }

// Persons returns the persons that the actor may see, in the order of their names.
func (r *Room) Persons(ctx context.Context, actor Actor, q PersonQuery) ([]Person, error) {
	return See(ctx, r, actor, func(tx *Tx) ([]Person, error) {
		roots, err := tx.rootsOf(SeePeople, q.Organisation)
		if err != nil {
			return nil, err
		}
		return selectPersons(tx.Tx, roots, q, words(q.Words))
	})
}

// CountPersons returns how many persons Persons would find on all its pages.
func (r *Room) CountPersons(ctx context.Context, actor Actor, q PersonQuery) (n int64, err error) {
	return See(ctx, r, actor, func(tx *Tx) (int64, error) {
		roots, err := tx.rootsOf(SeePeople, q.Organisation)
		if err != nil {
			return 0, err
		}
		return countPersons(tx.Tx, roots, q, words(q.Words))
	})
}

// rootsOf is Reach, or the one organisation that is asked about.
func (tx *Tx) rootsOf(p Permission, organisation string) ([]string, error) {
	if organisation == "" {
		return tx.Reach(p)
	}
	return []string{organisation}, tx.Require(p, organisation)
}

// words are the words of a text, as they are searched for.
func words(text string) []string {
	found := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	slices.Sort(found)
	return slices.Compact(found)
}

// words of a person are those that a search finds them by.
func (p Person) words() []string {
	return words(p.Name + " " + p.UserName + " " + p.Mail)
}

// Mailbox is where a person is written to. Address is empty where it is not known.
type Mailbox struct {
	Person, Name, Address string
	Active                bool
}

// MailboxOf returns where a person is written to.
func MailboxOf(tx *store.Tx, person string) (Mailbox, error) {
	p, err := selectPerson(tx, person)
	if errors.Is(err, store.ErrNotFound) {
		return Mailbox{}, fault.New(fault.NotFound, "There is nobody with the id %s", person)
	}
	return Mailbox{p.ID, p.Name, p.Mail, p.Active}, err
}
