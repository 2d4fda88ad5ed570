package provision

import (
	"context"
	"strconv"

	"portcullis/people"
	"portcullis/people/scim"
	"portcullis/web/gate"
)

func groupOf(g people.Group) scim.Group {
	return scim.Group{ID: g.ID, ExternalID: g.ExternalID, DisplayName: g.Name,
		Meta: scim.Meta{Created: g.Created.Time(), LastModified: g.Changed.Time(), Version: strconv.FormatInt(g.Version, 10)}}
}

// Group implements scim.Directory.
func (d directory) Group(ctx context.Context, id string, members bool) (scim.Group, error) {
	found, err := d.people.Group(ctx, gate.Actor(ctx), id)
	if err != nil {
		return scim.Group{}, unseen(err, "group", id)
	}
	g := groupOf(found)
	if members {
		g.Members, err = d.members(ctx, id)
	}
	return g, err
}

func (d directory) members(ctx context.Context, id string) ([]scim.Reference, error) {
	members := []scim.Reference{}
	for after := ""; ; {
		found, err := d.people.Members(ctx, gate.Actor(ctx), id, after, stretch)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			if !removed(p) {
				members = append(members, scim.Reference{ID: p.ID, Display: p.Name})
			}
		}
		if len(found) < stretch {
			return members, nil
		}
		after = found[len(found)-1].ID
	}
}

// Groups implements scim.Directory.
func (d directory) Groups(ctx context.Context, q scim.Query, each func(scim.Group) error) (total int, err error) {
	w := windowOf(q, each)
	take := func(g people.Group) error {
		return w.take(func() (scim.Group, error) { return groupOf(g), nil })
	}
	if q.By == scim.ByID {
		g, err := d.people.Group(ctx, gate.Actor(ctx), q.Value)
		if absent(err) {
			return 0, nil
		}
		if err == nil {
			err = take(g)
		}
		return w.passed, err
	}
	wanted := people.GroupQuery{Limit: w.stretch()}
	switch q.By {
	case scim.ByExternalID:
		wanted.ExternalID = q.Value
	case scim.ByDisplayName:
		wanted.Name = q.Value
	case scim.ByMember:
		wanted.Member = q.Value
	}
	if q.By != "" && q.Value == "" {
		return 0, nil // to the room, empty is anything
	}
	err = d.eachGroup(ctx, wanted, func(g people.Group) (bool, error) {
		err := take(g)
		return !w.full(w.passed), err
	})
	if err != nil || !w.full(w.passed) {
		return w.passed, err
	}
	all, err := d.people.CountGroups(ctx, gate.Actor(ctx), wanted)
	return int(all), err
}

// eachGroup hands on the groups of a query, until one is the last that is wanted. The query's limit is
// how many are read at once.
func (d directory) eachGroup(ctx context.Context, q people.GroupQuery, each func(people.Group) (more bool, err error)) error {
	for {
		found, err := d.people.Groups(ctx, gate.Actor(ctx), q)
		if err != nil {
			return err
		}
		for _, g := range found {
			if more, err := each(g); err != nil || !more {
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

// CreateGroup implements scim.Directory.
func (d directory) CreateGroup(ctx context.Context, g scim.Group) (scim.Group, error) {
	to, err := organisation(ctx)
	if err != nil {
		return scim.Group{}, err
	}
	var members []string
	for _, m := range g.Members {
		members = append(members, m.ID)
	}
	made, err := d.people.AddGroup(ctx, gate.Actor(ctx), to, g.DisplayName, g.ExternalID, members)
	return groupOf(made), spelled(err)
}

// ChangeGroup implements scim.Directory.
func (d directory) ChangeGroup(ctx context.Context, id string, c scim.GroupChange, version string) (none scim.Group, err error) {
	if _, err := d.Group(ctx, id, false); err != nil {
		return none, err
	}
	change := people.GroupChange{Name: c.DisplayName, ExternalID: c.ExternalID, Join: c.Add, Leave: c.Remove, Members: c.Members}
	if change.Version, err = versionOf(version); err != nil {
		return none, err
	}
	g, err := d.people.ChangeGroup(ctx, gate.Actor(ctx), id, change)
	return groupOf(g), spelled(err)
}

// DeleteGroup implements scim.Directory.
func (d directory) DeleteGroup(ctx context.Context, id, version string) error {
	if _, err := d.Group(ctx, id, false); err != nil {
		return err
	}
	from, err := versionOf(version)
	if err != nil {
		return err
	}
	return d.people.RemoveGroup(ctx, gate.Actor(ctx), id, from)
}
