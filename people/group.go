package people

import (
	"context"
	"errors"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/store"
)

// Group is a named set of people, such as those who are travelling. It gives no permission.
type Group struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	ExternalID   string     `json:"externalId,omitempty"`
	Organisation string     `json:"organisation"`
	Version      int64      `json:"version"`
	Created      store.Time `json:"created"`
	Changed      store.Time `json:"changed"`
}

// groupMembers is who is in which group: the subject is a person, the object a group.
var groupMembers = store.History{Table: "people_group_members"}

// The kinds of entries about groups. The subjects are the organisation and the group; the payload is
// a groupEntry.
var (
	groupAdded   = ledger.Kind{Name: "people.group-added", Version: 1}
	groupChanged = ledger.Kind{Name: "people.group-changed", Version: 1}
	groupRemoved = ledger.Kind{Name: "people.group-removed", Version: 1}
)

type groupEntry struct {
	Name    string   `json:"name,omitempty"`
	Joined  []string `json:"joined,omitempty"` // ids of persons
	Left    []string `json:"left,omitempty"`
	Renamed bool     `json:"renamed,omitempty"`
}

// GroupChange is what is to change; nil is as it was.
type GroupChange struct {
	Name, ExternalID *string
	// Join and Leave are ids of persons. Members, where it is not nil, is all that there then are.
	Join, Leave []string
	Members     *[]string
	Version     int64 // the one that the change was made from; 0 is any
}

// AddGroup adds a group to an organisation.
func (r *Room) AddGroup(ctx context.Context, actor Actor, organisation, name, externalID string, members []string) (Group, error) {
	return Act(ctx, r, actor, func(tx *Tx) (none Group, err error) {
		if err := tx.Exists("organisation", organisation); err != nil {
			return none, err
		}
		if err := tx.Require(ChangePeople, organisation); err != nil {
			return none, err
		}
		name, err = checkName("name", name)
		if err := errors.Join(err, checkLine("externalId", externalID)); err != nil {
			return none, err
		}
		id, err := tx.NewID()
		if err != nil {
			return none, err
		}
		g := Group{ID: id, Name: name, ExternalID: externalID, Organisation: organisation, Version: 1, Created: tx.Now(), Changed: tx.Now()}
		if err := insertGroup(tx.Tx, g); err != nil {
			return none, err
		}
		joined, err := tx.join(id, members)
		if err != nil {
			return none, err
		}
		return g, tx.Record(groupAdded, organisation, []string{id}, groupEntry{Name: name, Joined: joined})
	})
}

// ChangeGroup changes a group.
func (r *Room) ChangeGroup(ctx context.Context, actor Actor, id string, c GroupChange) (Group, error) {
	return Act(ctx, r, actor, func(tx *Tx) (none Group, err error) {
		g, err := tx.group(ChangePeople, id)
		if err != nil {
			return none, err
		}
		if err := unchanged(c.Version, g.Version); err != nil {
			return none, err
		}
		before, entry := g, groupEntry{}
		if c.Name != nil {
			if g.Name, err = checkName("name", *c.Name); err != nil {
				return none, err
			}
		}
		if c.ExternalID != nil {
			if err := checkLine("externalId", *c.ExternalID); err != nil {
				return none, err
			}
			g.ExternalID = *c.ExternalID
		}
		if c.Members != nil {
			present, err := selectMembers(tx.Tx, id)
			if err != nil {
				return none, err
			}
			c.Join = append(c.Join, missing(*c.Members, present)...)
			c.Leave = append(c.Leave, missing(present, *c.Members)...)
		}
		if entry.Left, err = tx.leave(id, c.Leave); err != nil {
			return none, err
		}
		if entry.Joined, err = tx.join(id, c.Join); err != nil {
			return none, err
		}
		entry.Name, entry.Renamed = g.Name, g.Name != before.Name
		if g == before && len(entry.Joined)+len(entry.Left) == 0 {
			tx.NoEntry("everything is as it was")
			return g, nil
		}
		if err := updateGroup(tx.Tx, g); err != nil {
			return none, err
		}
		g.Version, g.Changed = g.Version+1, tx.Now()
		return g, tx.Record(groupChanged, g.Organisation, []string{id}, entry)
	})
}

// RemoveGroup removes a group; that people were in it is still known.
func (r *Room) RemoveGroup(ctx context.Context, actor Actor, id string, version int64) error {
	_, err := Act(ctx, r, actor, func(tx *Tx) (none struct{}, err error) {
		g, err := tx.group(ChangePeople, id)
		if err != nil {
			return none, err
		}
		if err := unchanged(version, g.Version); err != nil {
			return none, err
		}
		present, err := selectMembers(tx.Tx, id)
		if err != nil {
			return none, err
		}
		if _, err := tx.leave(id, present); err != nil {
			return none, err
		}
		if err := deleteGroup(tx.Tx, id); err != nil {
			return none, err
		}
		return none, tx.Record(groupRemoved, g.Organisation, []string{id}, groupEntry{Name: g.Name})
	})
	return err
}

// missing are those of some that are not among the others.
func missing(some, others []string) (left []string) {
	there := map[string]bool{}
	for _, o := range others {
		there[o] = true
	}
	for _, s := range some {
		if !there[s] {
			left = append(left, s)
		}
	}
	return left
}

// join adds persons to a group: those whom the actor may see, for who sees a group sees its members.
func (tx *Tx) join(group string, persons []string) (joined []string, err error) {
	for _, person := range persons {
		p, err := personAt(tx.Tx, person, tx.Now())
		if fault.Is(err, fault.NotFound) {
			return nil, fault.In("members", "There is nobody with the id %s", person)
		}
		if err != nil {
			return nil, err
		}
		if err := tx.Require(SeePeople, p.Organisation); err != nil {
			return nil, err
		}
		news, err := groupMembers.Add(tx.Tx, person, group, store.Always(tx.Now()))
		if err != nil {
			return nil, err
		}
		if news {
			joined = append(joined, person)
		}
	}
	return joined, nil
}

func (tx *Tx) leave(group string, persons []string) (left []string, err error) {
	for _, person := range persons {
		news, err := groupMembers.Remove(tx.Tx, person, group, store.Always(tx.Now()))
		if err != nil {
			return nil, err
		}
		if news {
			left = append(left, person)
		}
	}
	return left, nil
}

func (tx *Tx) group(p Permission, id string) (none Group, err error) {
	g, err := selectGroup(tx.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		if err := tx.Require(p, Everywhere); err != nil {
			return none, err
		}
		return none, fault.New(fault.NotFound, "There is no group with the id %s", id)
	}
	if err != nil {
		return none, err
	}
	return g, tx.Require(p, g.Organisation)
}

// Group returns one group.
func (r *Room) Group(ctx context.Context, actor Actor, id string) (Group, error) {
	return See(ctx, r, actor, func(tx *Tx) (Group, error) { return tx.group(SeePeople, id) })
}

// Members returns the members of a group, in the order of their ids, after a given one.
func (r *Room) Members(ctx context.Context, actor Actor, id, after string, limit int) ([]Person, error) {
	return See(ctx, r, actor, func(tx *Tx) ([]Person, error) {
		if _, err := tx.group(SeePeople, id); err != nil {
			return nil, err
		}
		return selectMembersPage(tx.Tx, id, after, limit)
	})
}

// GroupQuery says which groups; what is empty does not matter.
type GroupQuery struct {
	Name, ExternalID, Member string
	After                    Place
	Limit                    int
}

// Groups returns the groups that the actor may see, in the order of their names.
func (r *Room) Groups(ctx context.Context, actor Actor, q GroupQuery) ([]Group, error) {
	return See(ctx, r, actor, func(tx *Tx) ([]Group, error) {
		roots, err := tx.Reach(SeePeople)
		if err != nil {
			return nil, err
		}
		return selectGroups(tx.Tx, roots, q)
	})
}

// CountGroups returns how many groups Groups would find on all its pages.
func (r *Room) CountGroups(ctx context.Context, actor Actor, q GroupQuery) (int64, error) {
	return See(ctx, r, actor, func(tx *Tx) (int64, error) {
		roots, err := tx.Reach(SeePeople)
		if err != nil {
			return 0, err
		}
		return countGroups(tx.Tx, roots, q)
	})
}
