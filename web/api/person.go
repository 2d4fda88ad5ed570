package api

import (
	"context"
	"net/url"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
)

// segment is a text as one segment of a path.
func segment(text string) string { return url.PathEscape(text) }

// Person is somebody.
type Person struct {
	ID string `json:"id" example:"01kq3t8w9v0000000000000000"`
	Particulars
	Organisation string    `json:"organisation,omitempty" example:"dept-a" doc:"Where they belong"`
	Active       bool      `json:"active" doc:"Whether they can sign in"`
	Version      int64     `json:"version" doc:"Raised by every change of the person; not by one of roles or groups"`
	Created      time.Time `json:"created" example:"2026-03-01T12:00:00Z"`
	Changed      time.Time `json:"changed" example:"2026-03-01T12:00:00Z"`
	Roles        []Held    `json:"roles,omitempty" doc:"The roles that they have, or will have; not in lists"`
	Groups       []string  `json:"groups,omitempty" doc:"The ids of their groups; not in lists"`
}

// Particulars are what is said of a person.
type Particulars struct {
	UserName       string `json:"userName,omitempty" example:"ada@dept-a.example" doc:"Unique, whatever its case; the mail address where it is left out"`
	Name           string `json:"name,omitempty" example:"Ada Lovelace" doc:"Given name and family name where it is left out"`
	Mail           string `json:"mail,omitempty" example:"ada@dept-a.example"`
	Phone          string `json:"phone,omitempty" example:"+44 20 7946 0000"`
	ExternalID     string `json:"externalId,omitempty" doc:"The id that another directory has for them"`
	GivenName      string `json:"givenName,omitempty" example:"Ada"`
	FamilyName     string `json:"familyName,omitempty" example:"Lovelace"`
	EmployeeNumber string `json:"employeeNumber,omitempty"`
	Department     string `json:"department,omitempty"`
}

// Held is a role that somebody has, in an organisation and all below it.
type Held struct {
	Role         string    `json:"role" example:"security-officer"`
	Organisation string    `json:"organisation" example:"dept-a" doc:"* is everywhere"`
	From         time.Time `json:"from" example:"2026-03-01T12:00:00Z"`
	Until        time.Time `json:"until,omitzero" example:"2027-03-01T12:00:00Z" doc:"Not included; left out where there is no end"`
}

func showHeld(h people.Held) Held {
	return Held{string(h.Role), h.Organisation, h.From.Time(), h.Until.Time()}
}

func showPerson(p people.Person) Person {
	return Person{ID: p.ID, Particulars: Particulars(p.Particulars), Organisation: p.Organisation, Active: p.Active, Version: p.Version,
		Created: p.Created.Time(), Changed: p.Changed.Time(), Roles: whole(p.Roles, showHeld).Body.Items, Groups: p.Groups}
}

func onePerson(p people.Person, err error) (*single[Person], error) {
	if err != nil {
		return nil, err
	}
	return one(p.Version, showPerson(p))
}

type personQuery struct {
	Paging
	Words        string `query:"q" maxLength:"200" doc:"The beginnings of words of name, user name and mail: all of them" example:"ada lov"`
	Organisation string `query:"organisation" doc:"Who belongs to that one or one below it"`
	Active       string `query:"active" enum:"true,false" doc:"Who can sign in, or cannot"`
	UserName     string `query:"userName" doc:"Whatever its case"`
	ExternalID   string `query:"externalId"`
	Mail         string `query:"mail" doc:"Whatever its case"`
	Group        string `query:"group" doc:"The id of a group"`
	Role         string `query:"role" doc:"Who has the role anywhere"`
}

func (a *api) listPersons(ctx context.Context, in *personQuery) (*list[Person], error) {
	q := people.PersonQuery{Organisation: in.Organisation, Words: in.Words, UserName: in.UserName, ExternalID: in.ExternalID, Mail: in.Mail, Group: in.Group}
	if in.Active != "" {
		active := in.Active == "true"
		q.Active = &active
	}
	if in.Role != "" {
		role, err := people.ParseRole(in.Role)
		if err != nil {
			return nil, err
		}
		q.Role = role
	}
	query := given("q", in.Words, "organisation", in.Organisation, "active", in.Active, "userName", in.UserName, "externalId", in.ExternalID, "mail", in.Mail, "group", in.Group, "role", in.Role)
	return paged(in.Paging, "/persons", query, func(after cursor, limit int) ([]people.Person, error) {
		q.After, q.Limit = people.Place{Name: after.Name, ID: after.ID}, limit
		return a.People.Persons(ctx, actorOf(ctx), q)
	}, func(p people.Person) cursor { return cursor{Name: p.Name, ID: p.ID} }, showPerson)
}

type newPerson struct {
	Body struct {
		Particulars
		Organisation string `json:"organisation" example:"dept-a" doc:"Where they belong"`
	} `nameHint:"NewPerson"`
}

func (a *api) addPerson(ctx context.Context, in *newPerson) (*single[Person], error) {
	p, err := a.People.AddPerson(ctx, actorOf(ctx), in.Body.Organisation, people.Particulars(in.Body.Particulars))
	if err != nil {
		return nil, err
	}
	return made(p.Version, "/persons/"+segment(p.ID), showPerson(p))
}

func (a *api) getPerson(ctx context.Context, in *ID) (*single[Person], error) {
	return onePerson(a.People.Person(ctx, actorOf(ctx), in.ID))
}

type personChange struct {
	ID
	IfMatch
	Body struct {
		UserName       *string   `json:"userName,omitempty" example:"ada@dept-a.example"`
		Name           *string   `json:"name,omitempty" example:"Ada Lovelace"`
		Mail           *string   `json:"mail,omitempty" example:"ada@dept-a.example"`
		Phone          *string   `json:"phone,omitempty"`
		ExternalID     *string   `json:"externalId,omitempty"`
		GivenName      *string   `json:"givenName,omitempty"`
		FamilyName     *string   `json:"familyName,omitempty"`
		EmployeeNumber *string   `json:"employeeNumber,omitempty"`
		Department     *string   `json:"department,omitempty"`
		Organisation   *string   `json:"organisation,omitempty" example:"dept-b" doc:"Where they belong from then on"`
		From           time.Time `json:"from,omitzero" example:"2026-03-01T00:00:00Z" doc:"When they move; now where it is left out"`
		Active         *bool     `json:"active,omitempty" doc:"false signs them out everywhere at once, ends the tokens that they made and removes their passkeys"`
	} `nameHint:"PersonChange"`
}

// particulars are those of p with what the change says.
func (c *personChange) particulars(p people.Particulars) *people.Particulars {
	b := &c.Body
	for _, f := range []struct{ said, into *string }{
		{b.UserName, &p.UserName}, {b.Name, &p.Name}, {b.Mail, &p.Mail}, {b.Phone, &p.Phone}, {b.ExternalID, &p.ExternalID},
		{b.GivenName, &p.GivenName}, {b.FamilyName, &p.FamilyName}, {b.EmployeeNumber, &p.EmployeeNumber}, {b.Department, &p.Department},
	} {
		if f.said != nil {
			*f.into = *f.said
		}
	}
	return &p
}

// changePerson reads a person and changes what is said. Whoever named no version and meets another
// change is served on top of it.
func (a *api) changePerson(ctx context.Context, in *personChange) (*single[Person], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	for tries := 1; ; tries++ {
		before, err := a.People.Person(ctx, actorOf(ctx), in.ID.ID)
		if err != nil {
			return nil, err
		}
		c := people.PersonChange{Particulars: in.particulars(before.Particulars), Organisation: in.Body.Organisation, Active: in.Body.Active, From: people.TimeOf(in.Body.From), Version: version}
		if version == 0 {
			c.Version = before.Version
		}
		after, err := a.People.ChangePerson(ctx, actorOf(ctx), in.ID.ID, c)
		if version == 0 && tries < 5 && fault.Is(err, fault.Changed) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return a.shownAgain(ctx, after)
	}
}

// shownAgain is the answer to a change of a person: the person with what the change did not touch, so
// that the answer has the ETag that a later one has.
func (a *api) shownAgain(ctx context.Context, p people.Person) (*single[Person], error) {
	now, err := a.People.Person(ctx, actorOf(ctx), p.ID)
	if err != nil {
		// Who moved a person away may not see them any more.
		return onePerson(p, nil)
	}
	p.Roles, p.Groups = now.Roles, now.Groups
	return onePerson(p, nil)
}

// Invitation is a link that lets whoever has it act as the person.
type Invitation struct {
	Link string `json:"link" example:"https://apps.example.gov/join/kq3…" doc:"Give it to the person and to nobody else. It is good once, for a day"`
}

func (a *api) invitePerson(ctx context.Context, in *ID) (*single[Invitation], error) {
	invitation, err := a.Alerts.Link(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[Invitation]{Body: Invitation{a.InvitationLink(invitation)}}, nil
}
