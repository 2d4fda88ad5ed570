package api

import (
	"context"
	"time"

	"portcullis/people"
)

type newRole struct {
	ID
	Body struct {
		Role         string    `json:"role" example:"reviewer"`
		Organisation string    `json:"organisation" example:"dept-a" doc:"* is everywhere"`
		From         time.Time `json:"from,omitzero" example:"2026-03-01T00:00:00Z" doc:"Now where it is left out"`
		Until        time.Time `json:"until,omitzero" example:"2027-03-01T00:00:00Z" doc:"Not included; left out where there is no end"`
	} `nameHint:"NewRole"`
}

// giveRole answers with the periods for which the person has that very role. What other roles they
// have is for those who may see the person.
func (a *api) giveRole(ctx context.Context, in *newRole) (*list[Held], error) {
	g := people.Grant{Role: people.Role(in.Body.Role), Organisation: in.Body.Organisation}
	person, err := a.People.GiveRole(ctx, actorOf(ctx), in.ID.ID, g, people.Period{From: people.TimeOf(in.Body.From), Until: people.TimeOf(in.Body.Until)})
	if err != nil {
		return nil, err
	}
	var held []people.Held
	for _, h := range person.Roles {
		if h.Role == g.Role && h.Organisation == g.Organisation {
			held = append(held, h)
		}
	}
	return whole(held, showHeld), nil
}

type roleTaken struct {
	ID
	Role         string    `path:"role" example:"reviewer"`
	Organisation string    `path:"organisation" example:"dept-a" doc:"* is everywhere"`
	From         time.Time `query:"from" example:"2026-03-01T00:00:00Z" doc:"Since when they no longer have it; now where it is left out"`
}

func (a *api) takeRole(ctx context.Context, in *roleTaken) (*nothing, error) {
	_, err := a.People.TakeRole(ctx, actorOf(ctx), in.ID.ID, people.Grant{Role: people.Role(in.Role), Organisation: in.Organisation}, people.TimeOf(in.From))
	return &nothing{}, err
}

// PermissionLine is a line of the permission table.
type PermissionLine struct {
	Permission string   `json:"permission" example:"people.see"`
	What       string   `json:"what" example:"see people, their groups and their roles" doc:"In words, as the end of: may …"`
	Roles      []string `json:"roles" doc:"The roles that have it"`
}

func (a *api) listPermissions(_ context.Context, _ *struct{}) (*list[PermissionLine], error) {
	return whole(people.Table, func(l people.Line) PermissionLine {
		return PermissionLine{string(l.Permission), l.What, roleNames(l.Roles)}
	}), nil
}

// RoleLine is a role in words.
type RoleLine struct {
	Role  string   `json:"role" example:"security-officer"`
	Name  string   `json:"name" example:"Security officer"`
	What  string   `json:"what" example:"Keeps a body's own list, its people, devices and incidents."`
	Gives []string `json:"gives" doc:"The roles that it may give to others, and take from them, where it is held"`
}

func (a *api) listRoles(_ context.Context, _ *struct{}) (*list[RoleLine], error) {
	return whole(people.Roles, func(l people.RoleLine) RoleLine {
		return RoleLine{string(l.Role), l.Name, l.What, roleNames(l.Gives)}
	}), nil
}

func roleNames(roles []people.Role) []string {
	names := []string{}
	for _, role := range roles {
		names = append(names, string(role))
	}
	return names
}
