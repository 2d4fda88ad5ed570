package people

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/store"
)

// linkLife is how long a one-time link may be used.
const linkLife = 24 * time.Hour

// Passkey is what somebody signs in with. Credential is what package passkey keeps of it.
type Passkey struct {
	ID         string     `json:"id"` // the credential's own, base64url
	Person     string     `json:"person"`
	Name       string     `json:"name"`
	Credential string     `json:"-"`
	Added      store.Time `json:"added"`
	Used       store.Time `json:"used,omitzero"`
}

// The kinds of entries about how people sign in. The subjects are the organisation and the person.
var (
	invited        = ledger.Kind{Name: "people.invited", Version: 1}
	passkeyAdded   = ledger.Kind{Name: "people.passkey-added", Version: 1}
	passkeyRemoved = ledger.Kind{Name: "people.passkey-removed", Version: 1}
	identityLinked = ledger.Kind{Name: "people.identity-linked", Version: 1}
	firstAdmin     = ledger.Kind{Name: "people.first-administrator", Version: 1}
)

// A passkey's name is not in them: people name their devices after themselves.
type signInEntry struct {
	Issuer string `json:"issuer,omitempty"` // of the identity
}

// Invite makes a one-time link by which a person adds a passkey and signs in, and ends any earlier
// one, in the transaction in which the person is told of it (alerts.Desk). Whoever invites may give every role that the
// person has, for the link lets its bearer act as that person. It ends with the inviter's account.
func (tx *Tx) Invite(person string) (link string, err error) {
	p, err := tx.person(ChangePeople, person)
	if err != nil {
		return "", err
	}
	if !p.Active {
		return "", fault.New(fault.Conflict, "%s is not active: reactivate them first", p.Name)
	}
	if err := tx.overpowers(person); err != nil {
		return "", err
	}
	if link, err = secret(tx.room.Chance); err != nil {
		return "", err
	}
	if err := replaceLink(tx.Tx, digestOf(link), person, cmp.Or(tx.who.Person, tx.who.Maker), tx.Now().Add(linkLife)); err != nil {
		return "", err
	}
	return link, tx.Record(invited, p.Organisation, []string{person}, signInEntry{})
}

// firstLink stands for the person who is not there yet.
const firstLink = "first"

// FirstLink makes the one-time link for the first administrator, as long as nobody is there; "" where
// somebody is. An earlier one ends.
func (r *Room) FirstLink(ctx context.Context) (link string, err error) {
	err = r.DB.Write(ctx, func(tx *store.Tx) error {
		link = ""
		if there, err := anybody(tx); err != nil || there {
			return err
		}
		if link, err = secret(r.Chance); err != nil {
			return err
		}
		return replaceLink(tx, digestOf(link), firstLink, "", tx.Now().Add(linkLife))
	})
	return link, err
}

// Anybody tells whether somebody is there. Until then the first link is the only way in.
func (r *Room) Anybody(ctx context.Context) (there bool, err error) {
	err = r.DB.Read(ctx, func(tx *store.Tx) error {
		there, err = anybody(tx)
		return err
	})
	return there, err
}

// Invited tells whom a link is for: a person, or nobody yet, where it is the first administrator's.
func (r *Room) Invited(ctx context.Context, link string) (person Person, first bool, err error) {
	err = r.DB.Read(ctx, func(tx *store.Tx) error {
		person, first, err = invitedBy(tx, link)
		return err
	})
	return person, first, err
}

func invitedBy(tx *store.Tx, link string) (person Person, first bool, err error) {
	id, err := selectLink(tx, digestOf(link))
	if err == nil && id == firstLink {
		there, err := anybody(tx)
		if err == nil && there {
			err = errLink
		}
		return Person{}, true, err
	}
	if err == nil {
		person, err = personAt(tx, id, tx.Now())
	}
	if errors.Is(err, store.ErrNotFound) || err == nil && !person.Active {
		err = errLink
	}
	return person, false, err
}

var errLink = &fault.Error{Kind: fault.NotFound, Message: "This link has been used, or is too old. Ask whoever sent it for a new one"}

// Newcomer is what the first administrator says of themselves and of the body they work for.
type Newcomer struct {
	Particulars
	OrganisationName string
}

// FirstAdministrator uses the first link: it adds the person, the organisation, the role of operator
// everywhere, and returns another link by which the person adds a passkey.
func (r *Room) FirstAdministrator(ctx context.Context, link string, n Newcomer) (next string, err error) {
	err = r.DB.Write(ctx, func(inner *store.Tx) error {
		tx := &Tx{Tx: inner, room: r, who: Who{ID: "first-link", Grants: []Grant{{Operator, Everywhere}}}}
		if _, first, err := invitedBy(inner, link); err != nil {
			return err
		} else if !first {
			return errLink
		}
		if _, err := checkName("organisationName", n.OrganisationName); err != nil {
			return errors.Join(err, n.check())
		}
		organisation, err := tx.AddOrganisation(NewOrganisation{Name: n.OrganisationName})
		if err != nil {
			return underField(err, "id", "organisationName")
		}
		person, err := tx.AddPerson(organisation.ID, n.Particulars)
		if err != nil {
			return err
		}
		if _, err := tx.GiveRole(person.ID, Grant{Operator, Everywhere}, store.Period{}); err != nil {
			return err
		}
		if err := deleteLinks(inner, firstLink); err != nil {
			return err
		}
		if next, err = secret(r.Chance); err != nil {
			return err
		}
		if err := replaceLink(inner, digestOf(next), person.ID, person.ID, tx.Now().Add(linkLife)); err != nil {
			return err
		}
		return tx.Record(firstAdmin, Everywhere, []string{person.ID}, signInEntry{})
	})
	return next, err
}

// underField says that a fault about one field is, to the caller, about another.
func underField(err error, from, to string) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Field == from {
		return &fault.Error{Kind: f.Kind, Field: to, Message: f.Message}
	}
	return err
}

// EnrolByLink uses a link: it adds a passkey to the person whom the link is for and signs them in.
func (r *Room) EnrolByLink(ctx context.Context, link string, key Passkey, address, agent string) (session string, err error) {
	err = r.DB.Write(ctx, func(inner *store.Tx) error {
		person, first, err := invitedBy(inner, link)
		if err == nil && (first || person.ID != key.Person) {
			err = errLink
		}
		if err != nil {
			return err
		}
		tx := &Tx{Tx: inner, room: r, who: Who{ID: person.ID, Person: person.ID}}
		if err := deleteLinks(inner, person.ID); err != nil {
			return err
		}
		if err := tx.addPasskey(person, key); err != nil {
			return err
		}
		session, err = r.openSession(inner, person.ID, "passkey", address, agent)
		return err
	})
	return session, err
}

// AddPasskey adds a passkey to the actor's own.
func (r *Room) AddPasskey(ctx context.Context, actor Actor, key Passkey) error {
	_, err := Act(ctx, r, actor, func(tx *Tx) (none struct{}, err error) {
		id, err := tx.RequireOwn()
		if err != nil {
			return none, err
		}
		if key.Person != id {
			return none, tx.refuse(Own, "", "A passkey is added by the person who signs in with it")
		}
		person, err := personAt(tx.Tx, id, tx.Now())
		if err != nil {
			return none, err
		}
		return none, tx.addPasskey(person, key)
	})
	return err
}

func (tx *Tx) addPasskey(person Person, key Passkey) (err error) {
	if key.Name = strings.TrimSpace(key.Name); key.Name == "" {
		key.Name = "Passkey"
	}
	if key.Name, err = checkName("name", key.Name); err != nil {
		return err
	}
	if _, err := selectPasskey(tx.Tx, key.ID); err == nil {
		return fault.New(fault.Conflict, "This passkey is registered already")
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := insertPasskey(tx.Tx, key); err != nil {
		return err
	}
	return tx.Record(passkeyAdded, person.Organisation, []string{person.ID}, signInEntry{})
}

// Passkeys returns a person's passkeys: one's own, or those of a person whom one may change.
func (r *Room) Passkeys(ctx context.Context, actor Actor, person string) ([]Passkey, error) {
	return See(ctx, r, actor, func(tx *Tx) ([]Passkey, error) {
		if err := tx.own(person, ChangePeople); err != nil {
			return nil, err
		}
		return selectPasskeys(tx.Tx, person)
	})
}

// RemovePasskey removes a passkey: one's own, as long as another way to sign in is left, or that of a
// person whom one may change and invite again.
func (r *Room) RemovePasskey(ctx context.Context, actor Actor, person, id string) error {
	_, err := Act(ctx, r, actor, func(tx *Tx) (none struct{}, err error) {
		if err := tx.own(person, ChangePeople); err != nil {
			return none, err
		}
		key, err := selectPasskey(tx.Tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && key.Person != person {
			return none, fault.New(fault.NotFound, "There is no such passkey")
		}
		if err != nil {
			return none, err
		}
		if person == tx.who.Person {
			left, err := countWaysIn(tx.Tx, person)
			if err != nil {
				return none, err
			}
			if left < 2 {
				return none, fault.New(fault.Conflict, "This is your only way to sign in: add another passkey first, then remove this one")
			}
		} else if err := tx.overpowers(person); err != nil {
			return none, err
		}
		p, err := personAt(tx.Tx, person, tx.Now())
		if err != nil {
			return none, err
		}
		if err := deletePasskey(tx.Tx, id); err != nil {
			return none, err
		}
		return none, tx.Record(passkeyRemoved, p.Organisation, []string{person}, signInEntry{})
	})
	return err
}

// PasskeysForSignIn returns the passkeys of a person who is about to sign in. Whoever calls it shows
// them to nobody.
func (r *Room) PasskeysForSignIn(ctx context.Context, person string) (p Person, keys []Passkey, err error) {
	err = r.DB.Read(ctx, func(tx *store.Tx) error {
		p, err = personAt(tx, person, tx.Now())
		if err == nil && !p.Active {
			err = errDeactivated
		}
		if err != nil {
			return err
		}
		keys, err = selectPasskeys(tx, person)
		return err
	})
	return p, keys, err
}

// SignInByPasskey notes what a passkey now knows of its use, and signs its person in.
func (r *Room) SignInByPasskey(ctx context.Context, key Passkey, address, agent string) (session string, err error) {
	err = r.DB.Write(ctx, func(tx *store.Tx) error {
		stored, err := selectPasskey(tx, key.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && stored.Person != key.Person {
			return errPasskey
		}
		if err != nil {
			return err
		}
		if err := usePasskey(tx, key.ID, key.Credential); err != nil {
			return err
		}
		session, err = r.openSession(tx, key.Person, "passkey", address, agent)
		return err
	})
	return session, err
}

var errPasskey = &fault.Error{Kind: fault.Refused, Message: "This passkey is not registered here, or has been removed. Ask your security team for a new link"}

// Identity is who somebody is to a provider.
type Identity struct {
	Issuer, Subject string
	// Mail counts where the provider says that it is verified: it then finds the person at their first
	// sign-in.
	Mail     string
	Verified bool
	// Provider is its name, for the list of sessions.
	Provider string
}

// SignInByIdentity signs in the person whom a provider vouches for.
func (r *Room) SignInByIdentity(ctx context.Context, i Identity, address, agent string) (session string, err error) {
	err = r.DB.Write(ctx, func(inner *store.Tx) error {
		person, err := selectIdentity(inner, i.Issuer, i.Subject)
		if errors.Is(err, store.ErrNotFound) {
			person, err = r.linkIdentity(inner, i)
		}
		if err != nil {
			return err
		}
		session, err = r.openSession(inner, person, i.Provider, address, agent)
		return err
	})
	return session, err
}

// linkIdentity finds the one active person with the verified address and remembers who they are to
// the provider.
func (r *Room) linkIdentity(inner *store.Tx, i Identity) (string, error) {
	unknown := fault.New(fault.Refused, "%s says who you are, but nobody here has that mail address. Ask your security team to add you", i.Provider)
	if !i.Verified || i.Mail == "" {
		return "", unknown
	}
	found, err := selectPersonsByMail(inner, lowerMail(i.Mail))
	if err != nil {
		return "", err
	}
	found = slices.DeleteFunc(found, func(p Person) bool { return !p.Active })
	if len(found) != 1 {
		return "", unknown
	}
	person, err := personAt(inner, found[0].ID, inner.Now())
	if err != nil {
		return "", err
	}
	// An address that passes to another must not bring the account with it.
	if taken, err := hasIdentity(inner, person.ID, i.Issuer); err != nil {
		return "", err
	} else if taken {
		return "", fault.New(fault.Refused, "%s knows the person with this mail address under another account. Ask your security team", i.Provider)
	}
	if err := insertIdentity(inner, person.ID, i); err != nil {
		return "", err
	}
	tx := &Tx{Tx: inner, room: r, who: Who{ID: person.ID, Person: person.ID}}
	return person.ID, tx.Record(identityLinked, person.Organisation, []string{person.ID}, signInEntry{Issuer: i.Issuer})
}
