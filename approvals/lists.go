package approvals

import (
	"cmp"
	"context"
	"math"
	"slices"

	"portcullis/people"
	"portcullis/policy"
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

// page is how many proposals are listed where nobody says how many.
const page = 50

// Proposals returns proposals that the actor may see, the newest first. What is restricted is left out of them: it
// is on the page of each alone.
func (r *Room) Proposals(ctx context.Context, actor people.Actor, q Query) (Listed, error) {
	if q.Limit <= 0 {
		q.Limit = page
	}
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (l Listed, err error) {
		tx.Asked("what is shown is asked about one by one")
		rd, err := readAll(tx)
		if err != nil {
			return l, err
		}
		w := where{kind: q.Kind, body: q.Organisation, made: q.Made, before: q.Before, limit: min(q.Limit+1, 200), visible: visibleTo(rd)}
		if w.visible != nil {
			w.limit = 200 // some of them will be left out
		}
		switch q.State {
		case "":
		case Lapsed: // by itself: nobody has written that down
			w.states = []State{Interim}
		default:
			w.states = []State{q.State}
		}
		if q.Mine {
			w.asked = tx.Who().Principal()
		}
		return l, l.fill(rd, q, w)
	})
}

// fill lists up to q.Limit of the proposals that are found by w and may be seen, and says where the next page begins.
func (l *Listed) fill(rd *reading, q Query, w where) error {
	for more := true; more && len(l.Proposals) <= q.Limit; {
		some, err := selectProposals(rd.tx.Tx, w)
		if err != nil {
			return err
		}
		if more = len(some) == w.limit; more {
			w.before = some[len(some)-1].ID
		}
		if err := l.add(rd, q, some); err != nil {
			return err
		}
	}
	if len(l.Proposals) > q.Limit {
		l.Proposals = l.Proposals[:q.Limit]
		l.Next = l.Proposals[q.Limit-1].ID
	}
	return nil
}

// OpenBans returns the bans and phase-outs of a target that are proposed and still to be decided, as far as the actor may
// see them, the newest first. What is restricted is left out of them.
func (r *Room) OpenBans(ctx context.Context, actor people.Actor, target policy.Target) ([]Proposal, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found []Proposal, err error) {
		tx.Asked("what is shown is asked about one by one")
		rd, err := readAll(tx)
		if err != nil {
			return nil, err
		}
		open, err := selectProposals(tx.Tx, where{kind: Ban, states: []State{Waiting}, visible: visibleTo(rd)})
		if err != nil {
			return nil, err
		}
		for i := range open {
			p := &open[i]
			if p.Rule.Target != target {
				continue
			}
			may, err := sees(rd, p)
			if err != nil {
				return nil, err
			}
			if may {
				p.Restricted = nil
				found = append(found, *p)
			}
		}
		return found, nil
	})
}

// all tells whether a query asks for all of a body's proposals, or of all bodies': what is marked is counted then
// alone, for a count of some of them would say which.
func (q *Query) all() bool { return q.Kind == "" && q.State == "" && q.Made == "" && !q.Mine }

// add adds those of some proposals that the actor may see, until there is one more than a page has.
func (l *Listed) add(rd *reading, q Query, some []Proposal) error {
	for i := range some {
		p := &some[i]
		if p.State = p.state(rd.tx.Now()); q.State != "" && p.State != q.State {
			continue
		}
		may, err := sees(rd, p)
		switch {
		case err != nil:
			return err
		case may:
			p.Restricted = nil
			if l.Proposals = append(l.Proposals, *p); len(l.Proposals) > q.Limit {
				return nil
			}
		case p.Marked && q.all():
			counts, err := rd.holds(people.SeeProposals, p.Organisation, people.SeeProposals.Roles())
			if err != nil {
				return err
			}
			if counts {
				l.Marked++
			}
		}
	}
	return nil
}

// visible narrows what is read for a list: nobody sees anything that it leaves out. It is nil for who may see all.
type visible struct {
	principal string
	bodies    []string // all of whose proposals the actor may see
	open      []string // bodies in which a step may wait for them
	anywhere  bool     // whether a step may wait for them in any body
	clears    bool     // whether they are a clearing office, and exemptions may wait for them anywhere
}

func visibleTo(rd *reading) *visible {
	v := &visible{principal: rd.tx.Who().Principal()}
	var sees, others []string
	for _, g := range rd.tx.Who().Grants {
		switch {
		case people.SeeProposals.For(g.Role) && g.Organisation == people.Everywhere:
			return nil
		case people.SeeProposals.For(g.Role):
			sees = append(sees, g.Organisation)
		case people.Clear.For(g.Role):
			v.clears = true
		case !takesSteps(g.Role):
		case g.Organisation == people.Everywhere:
			v.anywhere = true
		default:
			others = append(others, g.Organisation)
		}
	}
	v.bodies, v.open = rd.below(sees), rd.below(others)
	return v
}

// below are the organisations given and all below them.
func (rd *reading) below(roots []string) (found []string) {
	if len(roots) == 0 {
		return nil
	}
	all := map[string]bool{}
	for below, above := range rd.parents {
		all[below], all[above] = true, true
	}
	for _, root := range roots {
		all[root] = true // it may have nothing above and nothing below
	}
	for organisation := range all {
		chain, _ := rd.chain(organisation) // which asks nothing once all have been read
		if slices.ContainsFunc(chain, func(o string) bool { return slices.Contains(roots, o) }) {
			found = append(found, organisation)
		}
	}
	slices.Sort(found)
	return found
}

// Waits is a proposal that waits for the actor.
type Waits struct {
	Proposal
	For Act
}

// WaitingList is what waits for somebody.
type WaitingList struct {
	Waits []Waits
	// More is how many others there are at most: they have not been looked at one by one.
	More int
}

// Waiting returns what waits for the actor: the next step of what they may take, what the centre is asked, and what they
// are asked about their own, the oldest first. What waits for an answer of who opened it waits for nobody else
// meanwhile. What is restricted is left out.
func (r *Room) Waiting(ctx context.Context, actor people.Actor) ([]Waits, error) {
	all, err := r.WaitingFirst(ctx, actor, math.MaxInt)
	slices.SortFunc(all.Waits, func(a, b Waits) int { return cmp.Compare(a.ID, b.ID) })
	return all.Waits, err
}

// WaitingFirst is Waiting for a page that shows the first alone: what lapses by itself, and then the oldest; as many as
// are said, at most.
func (r *Room) WaitingFirst(ctx context.Context, actor people.Actor, most int) (WaitingList, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (l WaitingList, err error) {
		tx.Asked("what waits for somebody is their own")
		rd, err := readFor(tx)
		if err != nil {
			return l, err
		}
		ids, err := rd.possible()
		if err != nil {
			return l, err
		}
		for len(ids) > 0 && len(l.Waits) < most {
			some := ids[:min(many, most, len(ids))]
			ids = ids[len(some):]
			waits, err := rd.waits(some)
			if err != nil {
				return l, err
			}
			l.Waits = append(l.Waits, waits...)
		}
		if most < len(l.Waits) {
			l.Waits, l.More = l.Waits[:most], len(l.Waits)-most
		}
		l.More += len(ids)
		return l, nil
	})
}

// waits are those of some proposals that wait for the actor.
func (rd *reading) waits(ids []string) (found []Waits, err error) {
	open, err := selectProposalsByID(rd.tx.Tx, ids)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(open, func(a, b Proposal) int { return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.ID, b.ID)) })
	if err := rd.fetchFor(open); err != nil {
		return nil, err
	}
	for i := range open {
		p := &open[i]
		c, err := caseOf(rd, p)
		if err != nil {
			return nil, err
		}
		acts, _, err := can(rd, p, &c)
		if err != nil {
			return nil, err
		}
		questioned := p.Questioned()
		at := slices.IndexFunc(acts, func(a Act) bool { return a.advances() && !questioned || a == Answer || a == Reply })
		if at < 0 {
			continue
		}
		if may, err := sees(rd, p); err != nil {
			return nil, err
		} else if may {
			p.Restricted = nil
			found = append(found, Waits{*p, acts[at]})
		}
	}
	return found, nil
}

// rank puts what lapses by itself before the rest.
func (p *Proposal) rank() int {
	if p.State == Interim {
		return 0
	}
	return 1
}

// possible are the open proposals in which a step may be the actor's, by where they are: what lapses by itself, and then
// the oldest first.
func (rd *reading) possible() (ids []string, err error) {
	heads, err := rd.headsOf("")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(heads, func(a, b Proposal) int { return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.ID, b.ID)) })
	for i := range heads {
		is, err := rd.concerns(&heads[i])
		if err != nil {
			return nil, err
		}
		if is {
			ids = append(ids, heads[i].ID)
		}
	}
	return ids, nil
}

// stepping are the permissions of which each step needs one.
var stepping = []people.Permission{people.Propose, people.DecideList, people.DecideBans, people.DecideExemptions, people.DecideMonitor, people.DecideProcess,
	people.LinkIdentifiers, people.Clear, people.Confirm, people.Advise}

func takesSteps(r people.Role) bool {
	return slices.ContainsFunc(stepping, func(p people.Permission) bool { return p.For(r) })
}

// heads are the open proposals of the bodies in which the actor has a role by which steps are taken, without
// what they are about; and, for a clearing office, all exemptions, for a body may have it elsewhere.
func (rd *reading) heads() ([]Proposal, error) {
	var roots []string
	clears := false
	for _, g := range rd.tx.Who().Grants {
		if takesSteps(g.Role) {
			roots, clears = append(roots, g.Organisation), clears || people.Clear.For(g.Role)
		}
	}
	if len(roots) == 0 {
		return nil, nil
	}
	bodies := rd.below(roots)
	if slices.Contains(roots, people.Everywhere) || len(bodies) > many/2 {
		bodies = nil // reading all is quicker, or all is meant
	}
	return selectHeads(rd.tx.Tx, bodies, clears)
}

// fetchFor reads the rules that exemptions name, all at once.
func (rd *reading) fetchFor(proposals []Proposal) error {
	var ids []string
	for i := range proposals {
		if e := proposals[i].Exemption; e != nil {
			ids = append(ids, e.Lifts...)
		}
	}
	slices.Sort(ids)
	return rd.fetch(slices.Compact(ids))
}

// concerns tells whether any step that a proposal of the kind may need is one that the actor's roles allow there.
func (rd *reading) concerns(p *Proposal) (bool, error) {
	if rd.asked[p.ID] {
		return true, nil
	}
	if rd.tx.Who().Principal() == p.Principal {
		return false, nil // they do not decide about it
	}
	places, untouched := []string{p.Organisation}, p.Version == 1 // it has only been opened: there is a decision before all else
	if p.Kind == Exemption && !untouched {
		process, err := rd.process(p.Organisation)
		if err != nil {
			return false, err
		}
		for _, at := range process.Offices {
			places = append(places, at)
		}
	}
	for i, at := range places {
		steps := []people.Permission{people.Clear}
		if i == 0 {
			deciding := people.DecideList // of a withdrawal, as far as its head tells: who decides about bans does about lists
			if p.Kind != Withdrawal {
				deciding = p.deciding()
			}
			if steps = []people.Permission{people.Propose, deciding}; !untouched {
				steps = append(steps, people.Clear, people.Confirm, people.Advise)
			}
		}
		for _, permission := range steps {
			if may, err := rd.holds(permission, at, permission.Roles()); err != nil || may {
				return may, err
			}
		}
	}
	return false, nil
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
