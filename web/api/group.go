package api

import (
	"context"
	"time"

	"portcullis/people"
)

// Group is a named set of people. It gives no permission.
type Group struct {
	ID           string    `json:"id" example:"01kq3t8w9v0000000000000000"`
	Name         string    `json:"name" example:"Travelling this summer"`
	ExternalID   string    `json:"externalId,omitempty" doc:"The id that another directory has for it"`
	Organisation string    `json:"organisation" example:"dept-a"`
	Version      int64     `json:"version" doc:"Raised by every change, of its members too"`
	Created      time.Time `json:"created"`
	Changed      time.Time `json:"changed"`
}

func showGroup(g people.Group) Group {
	return Group{g.ID, g.Name, g.ExternalID, g.Organisation, g.Version, g.Created.Time(), g.Changed.Time()}
}

func oneGroup(g people.Group, err error) (*single[Group], error) {
	if err != nil {
		return nil, err
	}
	return one(g.Version, showGroup(g))
}

type groupQuery struct {
	Paging
	Name       string `query:"name" doc:"Whatever its case"`
	ExternalID string `query:"externalId"`
	Member     string `query:"member" doc:"The id of a person who is in it"`
}

func (a *api) listGroups(ctx context.Context, in *groupQuery) (*list[Group], error) {
	query := given("name", in.Name, "externalId", in.ExternalID, "member", in.Member)
	return paged(in.Paging, "/groups", query, func(after cursor, limit int) ([]people.Group, error) {
		return a.People.Groups(ctx, actorOf(ctx), people.GroupQuery{Name: in.Name, ExternalID: in.ExternalID, Member: in.Member,
			After: people.Place{Name: after.Name, ID: after.ID}, Limit: limit})
	}, func(g people.Group) cursor { return cursor{Name: g.Name, ID: g.ID} }, showGroup)
}

type newGroup struct {
	Body struct {
		Name         string   `json:"name" example:"Travelling this summer"`
		Organisation string   `json:"organisation" example:"dept-a"`
		ExternalID   string   `json:"externalId,omitempty"`
		Members      []string `json:"members,omitempty" doc:"The ids of persons"`
	} `nameHint:"NewGroup"`
}

func (a *api) addGroup(ctx context.Context, in *newGroup) (*single[Group], error) {
	b := in.Body
	g, err := a.People.AddGroup(ctx, actorOf(ctx), b.Organisation, b.Name, b.ExternalID, b.Members)
	if err != nil {
		return nil, err
	}
	return made(g.Version, "/groups/"+segment(g.ID), showGroup(g))
}

func (a *api) getGroup(ctx context.Context, in *ID) (*single[Group], error) {
	return oneGroup(a.People.Group(ctx, actorOf(ctx), in.ID))
}

type groupChange struct {
	ID
	IfMatch
	Body struct {
		Name       *string   `json:"name,omitempty" example:"Travelling this summer"`
		ExternalID *string   `json:"externalId,omitempty"`
		Join       []string  `json:"join,omitempty" doc:"The ids of persons who join"`
		Leave      []string  `json:"leave,omitempty" doc:"The ids of persons who leave"`
		Members    *[]string `json:"members,omitempty" doc:"The ids of all who are in it from then on; not together with join or leave"`
	} `nameHint:"GroupChange"`
}

func (a *api) changeGroup(ctx context.Context, in *groupChange) (*single[Group], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	b := in.Body
	if b.Members != nil && len(b.Join)+len(b.Leave) > 0 {
		return nil, refuse("invalid", "members", "Say either who joins and leaves, or who the members are")
	}
	return oneGroup(a.People.ChangeGroup(ctx, actorOf(ctx), in.ID.ID, people.GroupChange{
		Name: b.Name, ExternalID: b.ExternalID, Join: b.Join, Leave: b.Leave, Members: b.Members, Version: version}))
}

type conditional struct {
	ID
	IfMatch
}

func (a *api) removeGroup(ctx context.Context, in *conditional) (*nothing, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return &nothing{}, a.People.RemoveGroup(ctx, actorOf(ctx), in.ID.ID, version)
}

// Membership is a person as a member: their particulars are for those who may see the person.
type Membership struct {
	ID     string `json:"id" example:"01kq3t8w9v0000000000000000"`
	Name   string `json:"name" example:"Ada Lovelace"`
	Active bool   `json:"active"`
}

type memberQuery struct {
	ID
	Paging
}

func (a *api) listMembers(ctx context.Context, in *memberQuery) (*list[Membership], error) {
	return paged(in.Paging, "/groups/"+segment(in.ID.ID)+"/members", nil, func(after cursor, limit int) ([]people.Person, error) {
		return a.People.Members(ctx, actorOf(ctx), in.ID.ID, after.ID, limit)
	}, func(p people.Person) cursor { return cursor{ID: p.ID} }, func(p people.Person) Membership { return Membership{p.ID, p.Name, p.Active} })
}
