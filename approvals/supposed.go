package approvals

import (
	"cmp"
	"context"
	"slices"
	"time"

	"portcullis/people"
	"portcullis/policy"
)

// Supposed is the world as it would be if a proposal were signed now, and from when on that would hold: now, or when
// what is proposed begins. The world of a decision about who decides is the same as before. Who may see the proposal
// may ask.
type Supposed struct {
	Proposal Proposal
	World    *policy.World
	From     time.Time
}

// Suppose asks what w would be if a proposal were signed.
func (r *Room) Suppose(ctx context.Context, actor people.Actor, id string, w *policy.World) (Supposed, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (s Supposed, err error) {
		if s.Proposal, err = r.seen(tx, id); err != nil {
			return s, err
		}
		s.World, s.From = s.Proposal.supposed(w, tx.Now().Time())
		return s, nil
	})
}

// supposed is w with what is proposed in it. What w shares with the result is the same memory.
func (d *Draft) supposed(w *policy.World, now time.Time) (*policy.World, time.Time) {
	next, from := *w, now
	begin := func(p *policy.Period) {
		if p.From.Before(now) {
			p.From = now
		}
		from = p.From
	}
	switch {
	case d.Rule != nil:
		rule := *d.Rule
		begin(&rule.Period)
		rule.ID = cmp.Or(rule.ID, "proposed")
		if f := d.Found; f != nil && f.Identifier != "" {
			next.Products = append(slices.Clip(w.Products), policy.Product{ID: "proposed", Kind: policy.App, Name: f.Name, Identifiers: map[policy.Platform][]policy.Identifier{f.Platform: {{ID: f.Identifier}}}})
			rule.Target = policy.Target{Product: "proposed"}
		} else if f != nil {
			return w, now // which app it is is not known yet
		}
		next.Rules = append(slices.Clip(w.Rules), rule)
	case d.Ends != nil:
		if until := d.Ends.Until.Time(); until.After(now) {
			from = until
		}
		next.Rules = altered(w.Rules, d.Ends.Rule, func(r *policy.Rule) string { return r.ID }, func(r *policy.Rule) { r.Until = from })
	case d.Exemption != nil:
		e := *d.Exemption
		begin(&e.Period)
		e.ID, e.Marked = cmp.Or(e.ID, "proposed"), d.Marked
		for i := range w.Rules { // what they demand is there when it is signed
			r := &w.Rules[i]
			if !slices.Contains(e.Lifts, r.ID) {
				continue
			}
			e.Mitigations = union(e.Mitigations, r.Mitigations)
			if e.Clearance == nil && r.Clearance != policy.ClearanceNone {
				e.Clearance = &policy.Clearance{Office: r.Clearance, At: now}
			}
		}
		next.Exemptions = append(slices.Clip(w.Exemptions), e)
	case d.Monitor != nil:
		m := policy.Monitor{Period: policy.Period{From: d.Monitor.From.Time(), Until: d.Monitor.Until.Time()}, Reason: d.Monitor.Reason}
		begin(&m.Period)
		next.Organisations = altered(w.Organisations, d.Organisation, func(o *policy.Organisation) string { return o.ID }, func(o *policy.Organisation) { o.Monitor = &m })
	case d.Move != nil:
		if at := d.Move.From.Time(); at.After(now) {
			from = at
		}
		next.Organisations = altered(w.Organisations, d.Move.Body, func(o *policy.Organisation) string { return o.ID }, func(o *policy.Organisation) {
			o.Parent, o.OwnList = d.Move.Parent, d.Move.OwnList
		})
	case d.Supplier != nil:
		next.Suppliers = replaced(w.Suppliers, *d.Supplier, func(s *policy.Supplier) string { return s.ID })
	case d.Product != nil:
		next.Products = replaced(w.Products, *d.Product, func(p *policy.Product) string { return p.ID })
	}
	return &next, from
}

// altered is items with the one of an id changed.
func altered[T any](items []T, id string, of func(*T) string, change func(*T)) []T {
	items = slices.Clone(items)
	for i := range items {
		if of(&items[i]) == id {
			change(&items[i])
		}
	}
	return items
}

// replaced is items with one in the place of that which has its id, or behind the others.
func replaced[T any](items []T, one T, of func(*T) string) []T {
	if slices.ContainsFunc(items, func(t T) bool { return of(&t) == of(&one) }) {
		return altered(items, of(&one), of, func(t *T) { *t = one })
	}
	return append(slices.Clip(items), one)
}
