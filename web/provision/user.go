package provision

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/people/scim"
	"portcullis/web/gate"
)

// removedID is the external id of whom a directory has removed.
const removedID = "removed by the directory"

func removed(p people.Person) bool { return p.ExternalID == removedID }

// userOf shows a person.
func userOf(p people.Person) scim.User {
	u := scim.User{
		ID: p.ID, ExternalID: p.ExternalID, UserName: p.UserName, DisplayName: p.Name, Active: p.Active,
		Name:       scim.Name{Formatted: together(p.GivenName, p.FamilyName), GivenName: p.GivenName, FamilyName: p.FamilyName},
		Enterprise: scim.Enterprise{EmployeeNumber: p.EmployeeNumber, Department: p.Department, Organization: p.Organisation},
		Meta:       scim.Meta{Created: p.Created.Time(), LastModified: p.Changed.Time(), Version: strconv.FormatInt(p.Version, 10)},
	}
	u.Emails, u.PhoneNumbers = contacts(p.Mail), contacts(p.Phone)
	return u
}

func contacts(value string) []scim.Contact {
	if value == "" {
		return nil
	}
	return []scim.Contact{{Value: value, Type: "work", Primary: true}}
}

func together(given, family string) string { return strings.TrimSpace(given + " " + family) }

// particularsOf are those of a person who was before, or of a new one, as the client now says.
func particularsOf(u scim.User, before people.Person) (people.Particulars, error) {
	if u.ExternalID == removedID {
		return people.Particulars{}, fault.In("externalId", "This external id stands for whoever was removed: use another")
	}
	p := before.Particulars
	p.Name, p.UserName, p.ExternalID = nameOf(u, before), u.UserName, u.ExternalID
	p.GivenName, p.FamilyName = u.Name.GivenName, u.Name.FamilyName
	p.EmployeeNumber, p.Department = u.Enterprise.EmployeeNumber, u.Enterprise.Department
	p.Mail, p.Phone = kept(u.Emails), kept(u.PhoneNumbers)
	return p, nil
}

// nameOf is the one name that is kept.
func nameOf(u scim.User, before people.Person) string {
	made := together(before.GivenName, before.FamilyName)
	said, formatted := u.DisplayName, u.Name.Formatted
	if said == before.Name && said == made {
		said = "" // it was made of its parts, and follows them
	}
	if formatted == made {
		formatted = ""
	}
	return cmp.Or(said, formatted, together(u.Name.GivenName, u.Name.FamilyName), u.UserName)
}

// kept is the one of several that is kept.
func kept(contacts []scim.Contact) (value string) {
	best := 0
	for _, c := range contacts {
		rank := 1
		switch {
		case c.Primary:
			rank = 3
		case strings.EqualFold(c.Type, "work"):
			rank = 2
		}
		if rank > best {
			value, best = c.Value, rank
		}
	}
	return value
}

func (d directory) person(ctx context.Context, id string) (people.Person, error) {
	p, err := d.people.Person(ctx, gate.Actor(ctx), id)
	if err == nil && removed(p) {
		err = fault.New(fault.Refused, "removed")
	}
	return p, unseen(err, "user", id)
}

// shown is the person with the groups that the token may see.
func (d directory) shown(ctx context.Context, p people.Person) (scim.User, error) {
	u := userOf(p)
	err := d.eachGroup(ctx, people.GroupQuery{Member: p.ID, Limit: stretch}, func(g people.Group) (bool, error) {
		u.Groups = append(u.Groups, scim.Reference{ID: g.ID, Display: g.Name})
		return true, nil
	})
	return u, err
}

// User implements scim.Directory.
func (d directory) User(ctx context.Context, id string) (scim.User, error) {
	p, err := d.person(ctx, id)
	if err != nil {
		return scim.User{}, err
	}
	return d.shown(ctx, p)
}

// Users implements scim.Directory.
func (d directory) Users(ctx context.Context, q scim.Query, each func(scim.User) error) (total int, err error) {
	w := windowOf(q, each)
	take := func(p people.Person) error {
		return w.take(func() (scim.User, error) { return d.shown(ctx, p) })
	}
	if q.By == scim.ByID {
		p, err := d.person(ctx, q.Value)
		if absent(err) {
			return 0, nil
		}
		if err == nil {
			err = take(p)
		}
		return w.passed, err
	}
	wanted := people.PersonQuery{Limit: w.stretch()}
	means := func(p people.Person) bool { return !removed(p) }
	switch q.By {
	case scim.ByExternalID:
		wanted.ExternalID = q.Value
	case scim.ByUserName:
		wanted.UserName = q.Value
	case scim.ByEmail:
		wanted.Mail = q.Value
	case scim.ByDisplayName:
		wanted.Words = q.Value
		means = func(p people.Person) bool { return !removed(p) && strings.EqualFold(p.Name, q.Value) }
	}
	if q.By != "" && q.Value == "" {
		return 0, nil // to the room, empty is anything
	}
	counted := q.By == "" // the room counts faster than we go through
	err = d.eachPerson(ctx, wanted, func(p people.Person) (bool, error) {
		if !means(p) {
			return true, nil
		}
		err := take(p)
		return !counted || !w.full(w.passed), err
	})
	if err != nil || !counted || !w.full(w.passed) {
		return w.passed, err
	}
	return d.count(ctx)
}

// count is how many people there are for the directory.
func (d directory) count(ctx context.Context) (int, error) {
	all, err := d.people.CountPersons(ctx, gate.Actor(ctx), people.PersonQuery{})
	if err != nil {
		return 0, err
	}
	gone, err := d.people.CountPersons(ctx, gate.Actor(ctx), people.PersonQuery{ExternalID: removedID})
	return int(all - gone), err
}

// eachPerson hands on the persons of a query, until one is the last that is wanted. The query's limit
// is how many are read at once.
func (d directory) eachPerson(ctx context.Context, q people.PersonQuery, each func(people.Person) (more bool, err error)) error {
	for {
		found, err := d.people.Persons(ctx, gate.Actor(ctx), q)
		if err != nil {
			return err
		}
		for _, p := range found {
			if more, err := each(p); err != nil || !more {
				return err
			}
		}
		if len(found) < q.Limit {
			return nil
		}
		last := found[len(found)-1]
		q.After = people.Place{Name: last.Name, ID: last.ID}
	}
}

// CreateUser implements scim.Directory.
func (d directory) CreateUser(ctx context.Context, u scim.User) (none scim.User, err error) {
	p, err := particularsOf(u, people.Person{})
	if err != nil {
		return none, err
	}
	to := u.Enterprise.Organization
	if to == "" {
		if to, err = organisation(ctx); err != nil {
			return none, err
		}
	}
	add := d.people.AddPerson
	if !u.Active {
		add = d.people.AddInactivePerson
	}
	person, err := add(ctx, gate.Actor(ctx), to, p)
	if err != nil {
		return none, spelled(err)
	}
	return userOf(person), nil
}

// ReplaceUser implements scim.Directory.
func (d directory) ReplaceUser(ctx context.Context, u scim.User, version string) (none scim.User, err error) {
	before, err := d.person(ctx, u.ID)
	if err != nil {
		return none, err
	}
	c := people.PersonChange{Active: &u.Active}
	if c.Version, err = versionOf(version); err != nil {
		return none, err
	}
	p, err := particularsOf(u, before)
	if err != nil {
		return none, err
	}
	c.Particulars = &p
	if to := u.Enterprise.Organization; to != "" {
		c.Organisation = &to
	}
	after, err := d.people.ChangePerson(ctx, gate.Actor(ctx), u.ID, c)
	if err != nil {
		return none, spelled(err)
	}
	return d.shown(ctx, after)
}

// DeleteUser implements scim.Directory. Where the token may not change what the person is found by,
// because they have a role that it could not give, they are deactivated and stay in sight: nobody
// keeps their access because of a name.
func (d directory) DeleteUser(ctx context.Context, id, version string) error {
	before, err := d.person(ctx, id)
	if err != nil {
		return err
	}
	inactive, p := false, before.Particulars
	p.UserName, p.ExternalID = "removed:"+id, removedID
	c := people.PersonChange{Active: &inactive, Particulars: &p}
	if c.Version, err = versionOf(version); err != nil {
		return err
	}
	_, err = d.people.ChangePerson(ctx, gate.Actor(ctx), id, c)
	if fault.Is(err, fault.Refused) {
		c.Particulars = nil
		_, failed := d.people.ChangePerson(ctx, gate.Actor(ctx), id, c)
		err = errors.Join(err, failed)
	}
	return err
}
