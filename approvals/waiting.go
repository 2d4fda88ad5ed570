package approvals

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
)

// WaitingQuery is which page of what waits for somebody is sought.
type WaitingQuery struct {
	Organisation string // that body's own; empty is all
	Kind         Kind
	State        State
	After        string // what Next of the page before was
	Limit        int
}

// WaitingPage is a page of what waits for somebody.
type WaitingPage struct {
	Waits []Waits
	// Next is what After of the next page is; empty where there is none.
	Next string
}

// WaitingPage is Waiting in pages, and of some alone: what lapses by itself, and then the oldest. No more is looked at
// one by one than the page needs.
func (r *Room) WaitingPage(ctx context.Context, actor people.Actor, q WaitingQuery) (WaitingPage, error) {
	if q.Limit <= 0 {
		q.Limit = page
	}
	after, err := parseStanding(q.After)
	if err != nil {
		return WaitingPage{}, err
	}
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (p WaitingPage, err error) {
		tx.Asked("what waits for somebody is their own")
		rd, err := readFor(tx)
		if err != nil {
			return p, err
		}
		heads, err := rd.headsOf(q.Organisation)
		if err != nil {
			return p, err
		}
		heads = slices.DeleteFunc(heads, func(h Proposal) bool { return !q.fits(&h) || standingOf(&h).compare(after) <= 0 })
		slices.SortFunc(heads, func(a, b Proposal) int { return standingOf(&a).compare(standingOf(&b)) })
		for len(heads) > 0 && len(p.Waits) <= q.Limit {
			var ids []string
			if ids, heads, err = rd.concerned(heads, min(many, q.Limit+1)); err != nil {
				return p, err
			}
			waits, err := rd.waits(ids)
			if err != nil {
				return p, err
			}
			p.Waits = append(p.Waits, waits...)
		}
		if len(p.Waits) > q.Limit {
			p.Waits = p.Waits[:q.Limit]
			p.Next = standingOf(&p.Waits[q.Limit-1].Proposal).String()
		}
		return p, nil
	})
}

// headsOf are the heads of one body, or all where none is named, and those in which the actor is asked about their own.
// Whether a step may be the actor's is asked of each.
func (rd *reading) headsOf(organisation string) (heads []Proposal, err error) {
	if organisation == "" {
		heads, err = rd.heads()
	} else {
		heads, err = selectHeads(rd.tx.Tx, []string{organisation}, false)
	}
	if err != nil {
		return nil, err
	}
	own, err := selectQuestioned(rd.tx.Tx, rd.tx.Who().Principal())
	for _, p := range own {
		rd.asked[p.ID] = true
		if !slices.ContainsFunc(heads, func(h Proposal) bool { return h.ID == p.ID }) {
			heads = append(heads, p)
		}
	}
	return heads, err
}

// fits tells whether a head is one of those that are sought.
func (q *WaitingQuery) fits(p *Proposal) bool {
	return (q.Organisation == "" || q.Organisation == p.Organisation) && (q.Kind == "" || q.Kind == p.Kind) && (q.State == "" || q.State == p.State)
}

// concerned are the first of some heads in which a step may be the actor's, most of them at most, and the heads behind.
func (rd *reading) concerned(heads []Proposal, most int) (ids []string, rest []Proposal, err error) {
	for i := range heads {
		if len(ids) == most {
			return ids, heads[i:], nil
		}
		is, err := rd.concerns(&heads[i])
		if err != nil {
			return nil, nil, err
		}
		if is {
			ids = append(ids, heads[i].ID)
		}
	}
	return ids, nil, nil
}

// standing is where a proposal stands in the list of what waits. One that is decided meanwhile leaves its place as it was.
type standing struct {
	rank int
	id   string
}

func standingOf(p *Proposal) standing { return standing{p.rank(), p.ID} }

func (p standing) compare(q standing) int {
	return cmp.Or(cmp.Compare(p.rank, q.rank), cmp.Compare(p.id, q.id))
}

func (p standing) String() string { return strconv.Itoa(p.rank) + " " + p.id }

// parseStanding reads a place; an empty one is before all.
func parseStanding(text string) (standing, error) {
	if text == "" {
		return standing{}, nil
	}
	rank, id, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(rank)
	if err != nil || id == "" || (standing{n, id}).String() != text {
		return standing{}, fault.In("after", "This is not where a page of this list ends: begin again without it")
	}
	return standing{n, id}, nil
}
