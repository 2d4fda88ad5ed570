package approvals

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// Query is which proposals are sought.
type Query struct {
	Organisation string // that body's own; empty is all that may be seen
	Kind         Kind
	State        State
	Mine         bool // those that the actor opened, or that are for them
	Made         string
	Before       string // the id of a proposal: those that were opened before it
	Limit        int
}

// Listed is a page of proposals.
type Listed struct {
	Proposals []Proposal
	// Marked is how many more there are of which only those know who are assigned to them.
	Marked int
	// Next is what Before of the next page is; empty where there is none.
	Next string
}

// see is who may see a proposal: who asked, for whom it is and whoever took part; who may take the next step;
// and those who have people.SeeProposals in its body. One that is marked is seen by those alone who are
// assigned to it.
func (r *Room) sees(tx *people.Tx, p *Proposal, known map[string]bool) (bool, error) {
	me := tx.Who().Principal()
	if p.Marked {
		return tx.Assigned(thing(p.ID))
	}
	if me == p.Principal || me == p.For || slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Principal == me }) {
		return true, nil
	}
	may, asked := known[p.Organisation]
	if !asked {
		var err error
		if may, err = tx.May(people.SeeProposals, p.Organisation); err != nil {
			return false, err
		}
		known[p.Organisation] = may
	}
	if may || p.State != Waiting && p.State != Interim {
		return may, nil
	}
	c, err := r.caseOf(tx, p)
	if err != nil {
		return false, err
	}
	_, can, err := mayNow(tx, &c)
	return can, err
}

// mayNow returns the first of the next steps that the actor's roles allow, and tells whether there is one. What
// bars them besides is not asked.
func mayNow(tx *people.Tx, c *Case) (Need, bool, error) {
	for _, n := range c.Next() {
		if may, err := tx.HasRole(n.Permission, n.Organisation, n.Roles); err != nil || may {
			return n, may, err
		}
	}
	return Need{}, false, nil
}

// seen returns a proposal that the actor may see.
func (r *Room) seen(tx *people.Tx, id string) (Proposal, error) {
	tx.Asked("who takes part may see it: see sees")
	p, err := selectProposal(tx.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return p, fault.New(fault.NotFound, "There is no such proposal")
	}
	if err != nil {
		return p, err
	}
	may, err := r.sees(tx, &p, map[string]bool{})
	if err == nil && !may {
		if p.Marked {
			return Proposal{}, tx.Hide(people.SeeProposals, p.Organisation, "There is no such proposal")
		}
		err = tx.Refuse(people.SeeProposals, p.Organisation, "You may not see this: it is for those who take part in it")
	}
	return p, err
}

// View is a proposal as one actor sees it.
type View struct {
	Proposal
	// Missing are the steps that are missing; Next those that can be taken now.
	Missing, Next []Need
	// Can is what the actor may do now. Where their roles allow the next step and something bars them from it,
	// Bar says what.
	Can []Act
	Bar string
	// Reach is whom it reaches now: nil where it takes nothing from anybody.
	Reach *Numbers
	// Names are those of people, by the ids that stand in the proposal.
	Names map[string]string
	// Former is what it follows: the proposal that it asks again, or that made what it renews.
	Former []Proposal
}

// Proposal returns one proposal. Who may see it: those who take part, those for whom it waits, and those who have
// people.SeeProposals in its body.
func (r *Room) Proposal(ctx context.Context, actor people.Actor, id string) (View, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (v View, err error) {
		if v.Proposal, err = r.seen(tx, id); err != nil {
			return v, err
		}
		c, err := r.caseOf(tx, &v.Proposal)
		if err != nil {
			return v, err
		}
		v.State, v.Missing, v.Next = c.State, c.Missing(), c.Next()
		if v.Can, v.Bar, err = can(tx, &v.Proposal, &c); err != nil {
			return v, err
		}
		if v.Reach, err = r.numbers(tx, &v.Draft); err != nil {
			return v, err
		}
		if v.Restricted != nil && !v.restrictedFor(tx) {
			v.Restricted = nil
		}
		if v.Former, err = r.former(tx, &v.Proposal); err != nil {
			return v, err
		}
		v.Names, err = names(tx, &v)
		return v, err
	})
}

// restrictedFor tells whether the actor may read the restricted reason: those whom it names, who wrote it, and
// who takes or took a step.
func (v *View) restrictedFor(tx *people.Tx) bool {
	me := tx.Who().Principal()
	return me == v.Principal || slices.Contains(v.Audience, me) || v.Bar == "" && slices.ContainsFunc(v.Can, Act.advances) ||
		slices.ContainsFunc(v.Steps, func(s Step) bool { return s.Principal == me && s.Act.advances() })
}

// can is what the actor may do in a proposal now.
func can(tx *people.Tx, p *Proposal, c *Case) (acts []Act, bar string, err error) {
	me := tx.Who().Principal()
	need, may, err := mayNow(tx, c)
	if err != nil {
		return nil, "", err
	}
	if may {
		if bar = c.decides(me); bar == "" {
			acts = append(acts, need.Act)
		}
		if me != p.Principal {
			acts = append(acts, Refuse)
			if c.State == Waiting {
				acts = append(acts, Consult, Revise)
			}
		}
	}
	if me == p.Principal && c.State == Waiting {
		acts = append(acts, TakeBack, Revise)
	}
	if p.consulting() && c.State == Waiting && me != p.Principal {
		advises, err := tx.HasRole(people.Advise, p.Organisation, people.Advise.Roles())
		if err != nil {
			return nil, "", err
		}
		if advises {
			acts = append(acts, Answer)
		}
	}
	return acts, bar, nil
}

// former are the proposals that one follows, as far as the actor may see them.
func (r *Room) former(tx *people.Tx, p *Proposal) (found []Proposal, err error) {
	if p.After != "" {
		one, err := selectProposal(tx.Tx, p.After)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			found = append(found, one)
		}
	}
	for _, made := range []string{p.Renews, p.Adopts} {
		if made == "" {
			continue
		}
		some, err := selectProposals(tx.Tx, where{made: made, limit: 1})
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	known := map[string]bool{}
	return slices.DeleteFunc(found, func(f Proposal) bool {
		may, failed := r.sees(tx, &f, known)
		err = cmp.Or(err, failed)
		return !may
	}), err
}

// names are those of the people who stand in a proposal.
func names(tx *people.Tx, v *View) (map[string]string, error) {
	found := map[string]string{}
	ids := append([]string{v.Principal, v.Asked, v.For}, v.Audience...)
	for _, p := range append([]Proposal{v.Proposal}, v.Former...) {
		ids = append(ids, p.Principal)
		for _, s := range p.Steps {
			ids = append(ids, s.By, s.Principal)
		}
	}
	for _, id := range ids {
		if id == "" || found[id] != "" {
			continue
		}
		name, err := people.NameOf(tx.Tx, id)
		if err != nil {
			return nil, err
		}
		found[id] = name
	}
	return found, nil
}

// most is how many open proposals are looked through for what waits for one person.
const most = 5000

// Proposals returns proposals that the actor may see, the newest first.
func (r *Room) Proposals(ctx context.Context, actor people.Actor, q Query) (Listed, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (l Listed, err error) {
		tx.Asked("what is shown is asked about one by one")
		w := where{kind: q.Kind, body: q.Organisation, made: q.Made, before: q.Before}
		if q.State != "" {
			w.states = []State{q.State}
		}
		if q.Mine {
			w.asked = tx.Who().Principal()
		}
		known := map[string]bool{}
		for len(l.Proposals) <= q.Limit {
			w.limit = 200
			some, err := selectProposals(tx.Tx, w)
			if err != nil {
				return l, err
			}
			for i := range some {
				p := &some[i]
				w.before = p.ID
				may, err := r.sees(tx, p, known)
				if err != nil {
					return l, err
				}
				switch {
				case may:
					p.State = p.state(tx.Now())
					l.Proposals = append(l.Proposals, *p)
				case p.Marked:
					l.Marked++
				}
				if len(l.Proposals) > q.Limit {
					break
				}
			}
			if len(some) < w.limit {
				break
			}
		}
		if len(l.Proposals) > q.Limit {
			l.Proposals = l.Proposals[:q.Limit]
			l.Next = l.Proposals[q.Limit-1].ID
		}
		return l, nil
	})
}

// Waits is a proposal that waits for the actor.
type Waits struct {
	Proposal
	For Act
}

// Waiting returns what waits for the actor: the next step of what they may take, and what the centre is asked,
// the oldest first.
func (r *Room) Waiting(ctx context.Context, actor people.Actor) ([]Waits, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found []Waits, err error) {
		tx.Asked("what waits for somebody is their own")
		open, err := selectProposals(tx.Tx, where{states: []State{Waiting, Interim}, limit: most})
		if err != nil {
			return nil, err
		}
		known := map[string]bool{}
		for i := len(open) - 1; i >= 0; i-- {
			p := &open[i]
			if may, err := r.sees(tx, p, known); err != nil {
				return nil, err
			} else if !may {
				continue
			}
			c, err := r.caseOf(tx, p)
			if err != nil {
				return nil, err
			}
			acts, _, err := can(tx, p, &c)
			if err != nil {
				return nil, err
			}
			if at := slices.IndexFunc(acts, func(a Act) bool { return a.advances() || a == Answer }); at >= 0 {
				found = append(found, Waits{*p, acts[at]})
			}
		}
		return found, nil
	})
}

// Decides is who decides in a body.
type Decides struct {
	Process
	// Of is the organisation that has set it: the body itself or one above it; empty where none has, and it is
	// the one that everybody begins with.
	Of string
}

// Process returns who decides in a body, at t and as it was known then; zero times are the present. It needs
// people.SeeOrganisations there.
func (r *Room) Process(ctx context.Context, actor people.Actor, organisation string, t, known store.Time) (Decides, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (d Decides, err error) {
		if err := tx.Require(people.SeeOrganisations, organisation); err != nil {
			return d, err
		}
		if err := tx.Exists("organisation", organisation); err != nil {
			return d, err
		}
		d.Process, d.Of, err = processAt(tx.Tx, organisation, cmp.Or(t, tx.Now()), cmp.Or(known, tx.Now()))
		return d, err
	})
}
