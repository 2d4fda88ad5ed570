package scim

import (
	"maps"
	"slices"
	"strings"
)

// object is the group as an answer shows one; base is where the service is.
func (g Group) object(base string) object {
	o := object{"schemas": list{text(groupSchema)}}
	o.putText("id", g.ID)
	o.putText("externalId", g.ExternalID)
	o.putText("displayName", g.DisplayName)
	members := make(list, len(g.Members))
	for i, m := range g.Members {
		members[i] = m.object(base, users, "User")
	}
	o.put("members", members)
	o.put("meta", g.Meta.object(base, groups, g.ID))
	return o
}

// groupOf reads the group of a POST or PUT request. What it does not say is empty.
func groupOf(data []byte) (Group, error) {
	o := object{}
	if err := groups.readInto(o, data); err != nil {
		return Group{}, err
	}
	g := Group{ExternalID: o.text("externalId"), DisplayName: o.text("displayName")}
	if g.DisplayName == "" {
		return Group{}, refuse(invalidValue, "displayName is missing: it is the name of the group")
	}
	ids, err := memberIDs(o["members"])
	if err != nil {
		return Group{}, err
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			g.Members = append(g.Members, Reference{ID: id})
		}
		seen[id] = true
	}
	return g, nil
}

// memberIDs are the ids of members that a client sent.
func memberIDs(v value) (ids []string, err error) {
	items, _ := v.(list)
	for _, item := range items {
		member, _ := item.(object)
		kind, id := member.text("type"), member.text("value")
		switch {
		case id == "":
			return nil, refuse(invalidValue, "members: one has no value: it is the id of a person")
		case kind != "" && !strings.EqualFold(kind, "User"):
			return nil, refuse(invalidValue, "members: %s is a %s: a group here holds people alone", brief(id), brief(kind))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// change makes all of g.
func (g Group) change() GroupChange {
	members := make([]string, len(g.Members))
	for i, m := range g.Members {
		members[i] = m.ID
	}
	return GroupChange{DisplayName: &g.DisplayName, ExternalID: &g.ExternalID, Members: &members}
}

// roll is what becomes of the members of a group.
type roll struct {
	replaced bool            // those who are not on it leave
	joins    map[string]bool // by id: joins or leaves
}

func (r *roll) join(ids []string) {
	for _, id := range ids {
		r.joins[id] = true
	}
}

func (r *roll) leave(ids []string) {
	for _, id := range ids {
		if r.replaced {
			delete(r.joins, id)
		} else {
			r.joins[id] = false
		}
	}
}

func (r *roll) replace(ids []string) {
	r.replaced, r.joins = true, map[string]bool{}
	r.join(ids)
}

// groupPatch makes one change of the operations of a PATCH request. members gives those that the
// group has; it is called only for a filter that says more than who is meant.
type groupPatch struct {
	id      string
	members func() ([]Reference, error)
	base    string
}

func (p groupPatch) change(ops []operation) (c GroupChange, err error) {
	r := roll{joins: map[string]bool{}}
	for _, op := range ops {
		steps, err := groups.steps(op)
		if err != nil {
			return GroupChange{}, err
		}
		for _, s := range steps {
			switch s.to.attribute.Name {
			case "members":
				err = p.enrol(s, &r)
			case "displayName":
				err = p.rename(s, &c.DisplayName)
			case "externalId":
				err = p.rename(s, &c.ExternalID)
			default:
				err = s.apply(object{"id": text(p.id)})
			}
			if err != nil {
				return GroupChange{}, err
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.joins)) {
		if r.joins[id] {
			c.Add = append(c.Add, id)
		} else {
			c.Remove = append(c.Remove, id)
		}
	}
	if r.replaced {
		all := append([]string{}, c.Add...)
		c.Members, c.Add = &all, nil
	}
	return c, nil
}

// rename takes the text of a step.
func (p groupPatch) rename(s step, into **string) error {
	o := object{}
	if *into != nil {
		o.putText(s.to.attribute.Name, **into)
	}
	if err := s.apply(o); err != nil {
		return err
	}
	if v := o.text(s.to.attribute.Name); v != "" || s.op != add {
		*into = &v
	}
	return nil
}

// enrol takes who joins and who leaves by a step.
func (p groupPatch) enrol(s step, r *roll) error {
	switch {
	case s.to.sub != nil || s.at.filter != nil && s.op != remove:
		return refuse(mutability, "%s: a member is added or removed as a whole", s.at)
	case s.at.filter != nil:
		ids, err := p.meant(s, r)
		r.leave(ids)
		return err
	}
	taken, err := s.to.attribute.take(s.value)
	if err != nil {
		return err
	}
	ids, err := memberIDs(taken)
	switch {
	case err != nil:
		return err
	case s.op == add:
		r.join(ids)
	case s.op == remove && s.value != nil && s.value != value(null{}):
		r.leave(ids)
	default:
		r.replace(ids)
	}
	return nil
}

// meant are the ids of the members that the filter of a step means.
func (p groupPatch) meant(s step, r *roll) (ids []string, err error) {
	means, err := s.to.attribute.compile(s.at)
	if err != nil {
		return nil, err
	}
	if ids, ok := listed(s.at.filter); ok {
		return ids, nil
	}
	var members []Reference
	if !r.replaced {
		before, err := p.members()
		if err != nil {
			return nil, err
		}
		members = slices.Clone(before)
	}
	for id, joins := range r.joins {
		if joins {
			members = append(members, Reference{ID: id})
		}
	}
	for _, m := range members {
		if means(m.object(p.base, users, "User")) {
			ids = append(ids, m.ID)
		}
	}
	return ids, nil
}

// listed are the ids in a filter that says nothing but value eq "…", perhaps several times with or.
func listed(f filter) (ids []string, ok bool) {
	switch f := f.(type) {
	case either:
		for _, part := range f {
			some, ok := listed(part)
			if !ok {
				return nil, false
			}
			ids = append(ids, some...)
		}
		return ids, true
	case test:
		id, ok := f.value.(text)
		return []string{string(id)}, ok && f.op == equal && strings.EqualFold(f.path.attribute, "value")
	}
	return nil, false
}
