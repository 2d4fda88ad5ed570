package devices

import (
	"context"
	"slices"
	"time"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// SilentAfter is how long a device may send nothing before it counts as silent.
const SilentAfter = 7 * 24 * time.Hour

// ListQuery is which hosts a list has. What is empty or false narrows nothing, but the state: without one,
// hosts are those that are in use or lost.
type ListQuery struct {
	Organisation string // and all below
	Kind         policy.HostKind
	Platform     policy.Platform
	Ownership    policy.Ownership
	State        State
	Silent       bool // devices not heard from for SilentAfter
	InBreach     bool
	Words        string // what the id or the name begins with
	After        string // the id of a host: those after it
	Limit        int
}

// List is a page of hosts, in the order of the bytes of their ids.
type List struct {
	Hosts []ListedHost
	// Total is how many there are in all; -1 where nobody has counted.
	Total int
	Next  string // after which the next page begins; empty where this is the last
}

// ListedHost is a host of a list.
type ListedHost struct {
	Host
	Heard    uint32 // in minutes since the Unix epoch; 0 for never
	Silent   bool
	Breaches int // installations in breach
}

// List returns a page of hosts. The actor needs people.SeeDevices.
func (r *Room) List(ctx context.Context, actor people.Actor, q ListQuery) (List, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (List, error) {
		scope, err := r.scope(tx, q.Organisation)
		if err != nil {
			return List{}, err
		}
		if q.State == "" && q.Words == "" {
			return r.listJudged(tx.Tx, q, scope)
		}
		return r.listStored(tx.Tx, q, scope)
	})
}

// silentBefore is the minute before which a device must have been last heard from to be silent.
func silentBefore(now store.Time) uint32 { return Minute(now.Time().Add(-SilentAfter)) }

// listJudged asks the index, which knows all hosts that are judged but for their names and states.
func (r *Room) listJudged(tx *store.Tx, q ListQuery, scope []string) (l List, err error) {
	page, total, err := r.Fleet.index.Find(index.Query{
		Organisations: scope, Kind: q.Kind, Platform: q.Platform, Ownership: q.Ownership, Silent: q.Silent, SilentBefore: silentBefore(tx.Now()), InBreach: q.InBreach,
		After: q.After, Limit: q.Limit + 1,
	})
	if err != nil {
		return l, err
	}
	if l.Total = total; len(page) > q.Limit {
		page = page[:q.Limit]
		l.Next = page[q.Limit-1].ID
	}
	ids := make([]string, len(page))
	for i := range page {
		ids[i] = page[i].ID
	}
	stored, err := selectHosts(tx, ids)
	if err != nil {
		return l, err
	}
	for _, f := range page {
		h, ok := stored[f.ID]
		if !ok || !seen(scope, h.Row.Organisation) {
			continue // the index has not followed yet
		}
		l.Hosts = append(l.Hosts, ListedHost{h, f.Heard, f.Kind == policy.Device && f.Heard < silentBefore(tx.Now()), f.Breaches})
	}
	return l, nil
}

// storedPage is how many hosts are read at once from the table.
const storedPage = 200

// listStored asks the table, for what the index does not know: names, states, and hosts that are not judged.
func (r *Room) listStored(tx *store.Tx, q ListQuery, scope []string) (l List, err error) {
	l.Total = -1
	s := sought{organisations: scope, states: []State{InUse, Lost}, begins: q.Words}
	if q.State != "" {
		s.states = []State{q.State}
	}
	for after := q.After; ; {
		page, err := selectSought(tx, s, after, storedPage)
		if err != nil {
			return l, err
		}
		for i := range page {
			listed, ok, err := r.listed(tx, q, &page[i])
			if err != nil {
				return l, err
			}
			if !ok {
				continue
			}
			if len(l.Hosts) == q.Limit {
				l.Next = l.Hosts[q.Limit-1].ID
				return l, nil
			}
			l.Hosts = append(l.Hosts, listed)
		}
		if len(page) < storedPage {
			return l, nil
		}
		after = page[len(page)-1].ID
	}
}

// listed is a host as a list has it, and whether the query wants it.
func (r *Room) listed(tx *store.Tx, q ListQuery, h *Host) (l ListedHost, wanted bool, err error) {
	row := &h.Row
	if q.Kind != 0 && q.Kind != row.Kind || q.Platform != 0 && q.Platform != row.Platform || q.Ownership != 0 && (row.Kind != policy.Device || q.Ownership != owned(h)) {
		return l, false, nil
	}
	if l, err = r.contacted(tx, h); err != nil {
		return l, false, err
	}
	if q.Silent && !l.Silent {
		return l, false, nil
	}
	if h.State.judged() {
		if _, decisions, err := r.Fleet.index.Verdicts(h.ID); err == nil { // else it is not judged, as yet
			for i := range decisions {
				if decisions[i].Breach {
					l.Breaches++
				}
			}
		}
	}
	return l, !q.InBreach || l.Breaches > 0, nil
}

// contacted is a host with when it was last heard from: what this server knows, or what is written down.
func (r *Room) contacted(tx *store.Tx, h *Host) (l ListedHost, err error) {
	l.Host = *h
	if _, c, known := r.Fleet.contact(h.ID); known {
		l.Heard = c.Heard
	}
	if l.Heard == 0 && h.Row.Kind == policy.Device {
		if l.Heard, err = selectHeard(tx, h.ID); err != nil {
			return l, err
		}
	}
	l.Silent = h.State.judged() && h.Row.Kind == policy.Device && l.Heard < silentBefore(tx.Now())
	return l, nil
}

// Spellings are the names by which exemptions know people and groups in an organisation: whoever enters
// the holder of a device spells it so, or the exemption does not reach them. The actor needs
// people.ChangeDevices there.
func (r *Room) Spellings(ctx context.Context, actor people.Actor, organisation string) (persons, groups []string, err error) {
	all, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (found [2][]string, err error) {
		if err := tx.Require(people.ChangeDevices, organisation); err != nil {
			return found, err
		}
		above, err := people.Ancestors(tx.Tx, organisation, tx.Now())
		if err != nil {
			return found, err
		}
		w := r.Fleet.View().World
		for i := range w.Exemptions {
			if x := &w.Exemptions[i]; slices.Contains(above, x.Scope) {
				found[0], found[1] = append(found[0], x.Subject.Person), append(found[1], x.Subject.Group)
			}
		}
		return found, nil
	})
	return tidy(all[0]), tidy(all[1]), err
}

// tidy are names in their order, each once; those that are empty are left out.
func tidy(names []string) []string {
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "" })
}
