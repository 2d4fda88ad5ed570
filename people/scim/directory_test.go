package scim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"portcullis/internal/fault"
)

// memory is a Directory that keeps everything in memory. meddle, where it is set, runs before a
// person is replaced, for changes that come in between.
type memory struct {
	mu      sync.Mutex
	users   map[string]User
	groups  map[string]Group
	made    int
	changes int
	meddle  func(*memory)
	fails   error
	loaded  int // groups that were read with members
	queries []Query
	change  GroupChange // the last one
}

func newMemory() *memory { return &memory{users: map[string]User{}, groups: map[string]Group{}} }

var noon = time.Date(2024, 5, 15, 12, 0, 0, 0, time.UTC)

// touch gives a resource its next version.
func (m *memory) touch(meta *Meta) {
	m.changes++
	now := noon.Add(time.Duration(m.changes) * time.Minute)
	if meta.Created.IsZero() {
		meta.Created = now
	}
	meta.LastModified, meta.Version = now, strconv.Itoa(m.changes)
}

func (m *memory) id(prefix string) string {
	m.made++
	return fmt.Sprintf("%s%03d", prefix, m.made)
}

func missing(what string) error { return fault.New(fault.NotFound, "there is no such %s", what) }

func (m *memory) locked(f func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails != nil {
		return m.fails
	}
	return f()
}

func (m *memory) User(_ context.Context, id string) (u User, err error) {
	return u, m.locked(func() error { u, err = m.user(id, ""); return err })
}

func (m *memory) user(id, version string) (User, error) {
	u, ok := m.users[id]
	switch {
	case !ok:
		return User{}, missing("person")
	case version != "" && version != u.Meta.Version:
		return User{}, fault.New(fault.Changed, "the person was changed meanwhile")
	}
	u.Groups = nil
	for _, g := range m.groups {
		if slices.ContainsFunc(g.Members, func(r Reference) bool { return r.ID == id }) {
			u.Groups = append(u.Groups, Reference{g.ID, g.DisplayName})
		}
	}
	slices.SortFunc(u.Groups, func(a, b Reference) int { return cmp.Compare(a.ID, b.ID) })
	return u, nil
}

func (m *memory) Users(_ context.Context, q Query, each func(User) error) (total int, err error) {
	return total, m.locked(func() error {
		m.queries = append(m.queries, q)
		var found []User
		for _, id := range slices.Sorted(maps.Keys(m.users)) {
			u, _ := m.user(id, "")
			matches := map[Attribute]bool{"": true, ByID: u.ID == q.Value, ByExternalID: u.ExternalID == q.Value,
				ByUserName: strings.EqualFold(u.UserName, q.Value), ByDisplayName: strings.EqualFold(u.DisplayName, q.Value),
				ByEmail: slices.ContainsFunc(u.Emails, func(e Contact) bool { return strings.EqualFold(e.Value, q.Value) })}
			if matches[q.By] {
				found = append(found, u)
			}
		}
		total = len(found)
		return pageOf(found, q, each)
	})
}

func pageOf[T any](found []T, q Query, each func(T) error) error {
	found = found[min(q.Offset, len(found)):]
	if q.Limit != Unlimited {
		found = found[:min(q.Limit, len(found))]
	}
	for _, r := range found {
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) CreateUser(_ context.Context, u User) (User, error) {
	return u, m.locked(func() error {
		for _, other := range m.users {
			if strings.EqualFold(other.UserName, u.UserName) {
				return &fault.Error{Kind: fault.Conflict, Field: "userName", Message: "there is a person with this name already"}
			}
		}
		u.ID = m.id("u")
		m.touch(&u.Meta)
		m.users[u.ID] = u
		return nil
	})
}

func (m *memory) ReplaceUser(_ context.Context, u User, version string) (User, error) {
	return u, m.locked(func() error {
		if m.meddle != nil {
			m.meddle(m)
		}
		if _, err := m.user(u.ID, version); err != nil {
			return err
		}
		m.touch(&u.Meta)
		m.users[u.ID] = u
		return nil
	})
}

func (m *memory) DeleteUser(_ context.Context, id, version string) error {
	return m.locked(func() error {
		_, err := m.user(id, version)
		delete(m.users, id)
		return err
	})
}

func (m *memory) Group(_ context.Context, id string, members bool) (g Group, err error) {
	return g, m.locked(func() error { g, err = m.group(id, "", members); return err })
}

func (m *memory) group(id, version string, members bool) (Group, error) {
	g, ok := m.groups[id]
	switch {
	case !ok:
		return Group{}, missing("group")
	case version != "" && version != g.Meta.Version:
		return Group{}, fault.New(fault.Changed, "the group was changed meanwhile")
	}
	if members {
		m.loaded++
		g.Members = slices.Clone(g.Members)
		for i := range g.Members {
			g.Members[i].Display = m.users[g.Members[i].ID].DisplayName
		}
	} else {
		g.Members = nil
	}
	return g, nil
}

func (m *memory) Groups(_ context.Context, q Query, each func(Group) error) (total int, err error) {
	return total, m.locked(func() error {
		m.queries = append(m.queries, q)
		var found []Group
		for _, id := range slices.Sorted(maps.Keys(m.groups)) {
			g := m.groups[id]
			matches := map[Attribute]bool{"": true, ByID: g.ID == q.Value, ByExternalID: g.ExternalID == q.Value,
				ByDisplayName: strings.EqualFold(g.DisplayName, q.Value),
				ByMember:      slices.ContainsFunc(g.Members, func(r Reference) bool { return r.ID == q.Value })}
			if matches[q.By] {
				g.Members = nil
				found = append(found, g)
			}
		}
		total = len(found)
		return pageOf(found, q, each)
	})
}

func (m *memory) CreateGroup(_ context.Context, g Group) (Group, error) {
	return g, m.locked(func() error {
		if err := m.people(g.Members); err != nil {
			return err
		}
		g.ID = m.id("g")
		m.touch(&g.Meta)
		m.groups[g.ID] = g
		return nil
	})
}

func (m *memory) people(members []Reference) error {
	for _, r := range members {
		if _, ok := m.users[r.ID]; !ok {
			return fault.In("members", "there is no person with the id %s", r.ID)
		}
	}
	return nil
}

func (m *memory) ChangeGroup(_ context.Context, id string, c GroupChange, version string) (g Group, err error) {
	return g, m.locked(func() error {
		m.change = c
		if _, err = m.group(id, version, false); err != nil {
			return err
		}
		g = m.groups[id]
		if c.DisplayName != nil {
			g.DisplayName = *c.DisplayName
		}
		if c.ExternalID != nil {
			g.ExternalID = *c.ExternalID
		}
		var members []Reference
		for _, r := range g.Members {
			if c.Members == nil && !slices.Contains(c.Remove, r.ID) && !slices.Contains(c.Add, r.ID) {
				members = append(members, r)
			}
		}
		joining := c.Add
		if c.Members != nil {
			joining = *c.Members
		}
		for _, id := range joining {
			members = append(members, Reference{ID: id})
		}
		if err := m.people(members); err != nil {
			return err
		}
		g.Members = members
		m.touch(&g.Meta)
		m.groups[id] = g
		return nil
	})
}

func (m *memory) DeleteGroup(_ context.Context, id, version string) error {
	return m.locked(func() error {
		_, err := m.group(id, version, false)
		delete(m.groups, id)
		return err
	})
}
