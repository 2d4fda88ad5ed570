package approvals

import (
	"context"
	"errors"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// sees is who may see a proposal: who asked, for whom it is and whoever took part; who may take the next step;
// and those who have people.SeeProposals in its body. One that is marked is seen by those alone who are
// assigned to it.
func sees(rd *reading, p *Proposal) (bool, error) {
	me := rd.tx.Who().Principal()
	if p.Marked {
		if person := rd.tx.Who().Person; person == "" || person != p.Principal && !slices.Contains(p.Audience, person) {
			return false, nil
		}
		return rd.tx.Assigned(thing(p.ID))
	}
	if me == p.Principal || me == p.For || slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Principal == me }) {
		return true, nil
	}
	may, err := rd.holds(people.SeeProposals, p.Organisation, people.SeeProposals.Roles())
	if err != nil || may || p.State != Waiting && p.State != Interim {
		return may, err
	}
	c, err := caseOf(rd, p)
	if err != nil {
		return false, err
	}
	_, can, err := mayNow(rd, &c)
	return can, err
}

// mayNow returns the first of the next steps that the actor's roles allow, and tells whether there is one. What
// bars them besides is not asked.
func mayNow(rd *reading, c *Case) (Need, bool, error) {
	for _, n := range c.Next() {
		if may, err := rd.holds(n.Permission, n.Organisation, n.Roles); err != nil || may {
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
	may, err := sees(read(tx), &p)
	switch {
	case err != nil:
		return Proposal{}, err
	case may:
		return p, nil
	case p.Marked:
		return Proposal{}, tx.Hide(people.SeeProposals, p.Organisation, "There is no such proposal")
	}
	return Proposal{}, tx.Refuse(people.SeeProposals, p.Organisation, "You may not see this: it is for those who take part in it")
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
	// Moving is what it does where it is about where a body belongs, as long as it is open; Shift says the same, and which
	// rules and who decides.
	Moving *Moving
	Shift  *Shift
	// Names are those of people, by the ids that stand in the proposal.
	Names map[string]string
	// Earlier is what was proposed before it was revised, the first version first.
	Earlier []Draft
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
		rd := read(tx)
		c, err := caseOf(rd, &v.Proposal)
		if err != nil {
			return v, err
		}
		v.State, v.Missing, v.Next = c.State, c.Missing(), c.Next()
		if v.Can, v.Bar, err = canNow(rd, &v.Proposal, &c); err != nil {
			return v, err
		}
		if v.Reach, err = r.numbers(tx, &v.Draft); err != nil {
			return v, err
		}
		if v.State == Waiting && v.Move != nil {
			shift, err := r.shift(tx, v.Move)
			if err != nil {
				return v, err
			}
			v.Moving, v.Shift = &shift.Moving, &shift
		}
		if v.Restricted != nil && !v.restrictedFor(tx) && !slices.ContainsFunc(v.Can, Act.advances) {
			v.Restricted = nil
		}
		if v.Earlier, err = selectDrafts(tx.Tx, &v.Proposal); err != nil {
			return v, err
		}
		v.Earlier = v.Earlier[:max(0, len(v.Earlier)-1)]
		for i := range v.Earlier {
			v.Earlier[i].Restricted = nil // who may read it now could not then
		}
		if v.Former, err = former(rd, &v.Proposal); err != nil {
			return v, err
		}
		v.Names, err = names(tx, &v)
		return v, err
	})
}

// restrictedFor tells whether the actor may read the restricted reason, whether or not they may take the next
// step: those whom it names, who wrote it, and who took a step.
func (p *Proposal) restrictedFor(tx *people.Tx) bool {
	me := tx.Who().Principal()
	return me == p.Principal || slices.Contains(p.Audience, me) ||
		slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Principal == me && s.Act.advances() })
}

// canNow is what the actor may do in a proposal now, whoever they are to those who have a part in it.
func canNow(rd *reading, p *Proposal, c *Case) (acts []Act, bar string, err error) {
	acts, bar, err = can(rd, p, c)
	if err == nil && slices.Contains(acts, Consult) {
		var centre []string
		if centre, err = centreOf(rd.tx, p.Organisation); len(centre) == 0 {
			acts = slices.DeleteFunc(acts, func(a Act) bool { return a == Consult })
		}
	}
	if err != nil || bar != "" || !slices.ContainsFunc(acts, Act.advances) {
		return acts, bar, err
	}
	if bar, err = tied(rd.tx, c); bar != "" {
		acts = slices.DeleteFunc(acts, Act.advances)
	}
	return acts, bar, err
}

// can is canNow for lists: who has brought in whom, and whether there is a centre to ask, is not asked there.
func can(rd *reading, p *Proposal, c *Case) (acts []Act, bar string, err error) {
	me := rd.tx.Who().Principal()
	need, may, err := mayNow(rd, c)
	if err != nil {
		return nil, "", err
	}
	if may {
		if bar = c.decides(me); bar == "" {
			acts = append(acts, need.Act)
		}
		if me != p.Principal {
			if c.State != Interim || bar == "" {
				acts = append(acts, Refuse)
			}
			if c.State == Waiting {
				advises, err := rd.holds(people.Advise, p.Organisation, people.Advise.Roles())
				if err != nil {
					return nil, "", err
				}
				if !advises { // who is the centre does not ask it
					acts = append(acts, Consult)
				}
				if !p.mine(me) {
					acts = append(acts, Question)
				}
				acts = append(acts, Revise)
			}
		}
	}
	if p.mine(me) && p.Questioned() {
		acts = append(acts, Reply)
	}
	if me == p.Principal && c.State == Waiting {
		acts = append(acts, TakeBack, Revise)
	}
	if p.consulting() && c.State == Waiting && me != p.Principal {
		advises, err := rd.holds(people.Advise, p.Organisation, people.Advise.Roles())
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
func former(rd *reading, p *Proposal) (found []Proposal, err error) {
	tx := rd.tx
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
	kept := found[:0]
	for i := range found {
		f := &found[i]
		may, err := sees(rd, f)
		if err != nil {
			return nil, err
		}
		if !may {
			continue
		}
		if !f.restrictedFor(tx) {
			f.Restricted = nil
		}
		f.State = f.state(tx.Now())
		kept = append(kept, *f)
	}
	return kept, nil
}

// names are those of the people who stand in a proposal.
func names(tx *people.Tx, v *View) (map[string]string, error) {
	ids := append([]string{v.Principal, v.Asked, v.For}, v.Audience...)
	for _, p := range append([]Proposal{v.Proposal}, v.Former...) {
		ids = append(ids, p.Principal)
		for _, s := range p.Steps {
			ids = append(ids, s.By, s.Principal)
		}
	}
	return people.NamesOf(tx.Tx, ids...)
}
