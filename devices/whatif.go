package devices

import (
	"context"
	"errors"
	"slices"
	"time"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// WhatIf is whom a rule that is not yet made would reach.
type WhatIf struct {
	Rule policy.Rule
	Reached
	Either int // hosts that it would reach in one way or in both
	// Perhaps are those of them on which it would reach no known product, but only what has an identifier that leads to
	// one on another platform.
	Perhaps int
	Hosts   int // that the rule's scope has in all
	// Bodies are in order of their ids.
	Bodies []index.OrganisationAffected
	// Exemptions are those in force for what the rule may reach, as far as the actor may see them; Others is
	// how many more there are. They do not lift it unless they come to name it.
	Exemptions []policy.Exemption
	Others     int
	Narrower   []Narrower
	// Twins are the ids of rules that hold now or later and say the very same.
	Twins []string
}

// Reached counts hosts: those that a rule reaches for what is installed itself, and those that it reaches for
// what that contains. One may be in both.
type Reached struct{ Direct, Component int }

// Narrower is a rule that reaches less.
type Narrower struct {
	Rule policy.Rule
	By   Narrowing
	Reached
}

// Narrowing is in what a rule is narrower.
type Narrowing string

// What a rule may be narrower in.
const (
	WithoutComponents Narrowing = "components"
	BelowOneBody      Narrowing = "scope"
	OnOnePlatform     Narrowing = "platforms"
)

// WhatIf tells whom a ban or a phase-out would reach, and whom narrower ones would. It needs people.SeeDevices in
// the rule's scope. The rule's id, period and reason do not matter.
func (r *Room) WhatIf(ctx context.Context, actor people.Actor, rule policy.Rule) (WhatIf, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found WhatIf, err error) {
		bodies, err := r.scope(tx, rule.Scope)
		if err != nil {
			return found, err
		}
		if err := r.checkDraft(&rule); err != nil {
			return found, err
		}
		affected, err := r.Fleet.Index().Affected(rule)
		if err != nil {
			return found, err
		}
		found = WhatIf{Rule: rule, Reached: reached(affected.Organisations, bodies), Either: affected.Either, Perhaps: perhaps(affected.Organisations, bodies), Bodies: affected.Organisations}
		if _, found.Hosts, err = r.Fleet.Index().Find(index.Query{Organisations: bodies}); err != nil {
			return found, err
		}
		found.Exemptions, found.Others, err = r.exemptions(tx, func(e *policy.Exemption) bool {
			_, is := slices.BinarySearch(affected.Exemptions, e.ID)
			return is
		})
		if err != nil {
			return found, err
		}
		found.Twins = twins(r.Fleet.View().World, &rule, tx.Now().Time())
		found.Narrower, err = r.narrower(&found)
		return found, err
	})
}

// twins are the rules that have not ended and differ from a draft in nothing but when, why and who clears.
func twins(w *policy.World, draft *policy.Rule, now time.Time) (ids []string) {
	for i := range w.Rules {
		r := &w.Rules[i]
		same := r.Effect == draft.Effect && r.Target == draft.Target && r.Components == draft.Components && r.Scope == draft.Scope && r.Versions == draft.Versions &&
			slices.Equal(r.Platforms, draft.Platforms) && slices.Equal(r.Kinds, draft.Kinds) && slices.Equal(r.SiteClass, draft.SiteClass)
		if same && (r.Until.IsZero() || now.Before(r.Until)) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// checkDraft returns faults for what would be no rule, and fills in what does not matter to whom it reaches.
func (r *Room) checkDraft(rule *policy.Rule) error {
	b := newBook(r.Fleet.View().World)
	var faults []error
	if rule.Effect != policy.Ban && rule.Effect != policy.PhaseOut {
		faults = append(faults, fault.In("effect", "Choose a ban or a phase-out"))
	}
	switch t := rule.Target; {
	case t.Product != "" && b.products[t.Product] == nil:
		faults = append(faults, fault.In("target", "There is no product %s", t.Product))
	case t.Supplier != "" && b.suppliers[t.Supplier] == nil:
		faults = append(faults, fault.In("target", "There is no supplier %s", t.Supplier))
	case t == policy.Target{}:
		faults = append(faults, fault.In("target", "Say what the rule is about: a product, a supplier or anything"))
	}
	if rule.Scope == "" {
		faults = append(faults, fault.In("scope", "Say for which body the rule is: it holds for all below as well"))
	}
	rule.Clearance = policy.ClearanceNone
	return errors.Join(faults...)
}

// reached sums up what stands for some bodies; for all where these are nil.
func reached(all []index.OrganisationAffected, bodies []string) (sum Reached) {
	for _, o := range all {
		if bodies == nil || slices.Contains(bodies, o.Organisation) {
			sum.Direct += o.Direct
			sum.Component += o.Component
		}
	}
	return sum
}

// perhaps sums up what stands for some bodies of what is perhaps reached.
func perhaps(all []index.OrganisationAffected, bodies []string) (sum int) {
	for _, o := range all {
		if bodies == nil || slices.Contains(bodies, o.Organisation) {
			sum += o.Perhaps
		}
	}
	return sum
}

// most is how many bodies are offered, the ones that are reached most, to narrow a rule down to.
const most = 5

// narrower are the rules that reach some of what the rule does. Without components, and below one body, the
// numbers are known already.
func (r *Room) narrower(of *WhatIf) (all []Narrower, err error) {
	if of.Direct+of.Component == 0 {
		return nil, nil
	}
	if of.Component > 0 {
		without := of.Rule
		without.Components = false
		all = append(all, Narrower{without, WithoutComponents, Reached{Direct: of.Direct}})
	}
	all = append(all, r.narrowerByBody(of)...)
	byPlatform, err := r.narrowerByPlatform(of)
	return append(all, byPlatform...), err
}

func (r *Room) narrowerByBody(of *WhatIf) (all []Narrower) {
	w := r.Fleet.View().World
	for i := range w.Organisations {
		o := &w.Organisations[i]
		if o.Parent != of.Rule.Scope {
			continue
		}
		if n := reached(of.Bodies, below(w, []string{o.ID})); n.Direct+n.Component > 0 {
			rule := of.Rule
			rule.Scope = o.ID
			all = append(all, Narrower{rule, BelowOneBody, n})
		}
	}
	slices.SortStableFunc(all, func(a, b Narrower) int { return b.Direct + b.Component - a.Direct - a.Component })
	return all[:min(len(all), most)]
}

func (r *Room) narrowerByPlatform(of *WhatIf) (all []Narrower, err error) {
	if of.Rule.Target.Any {
		return nil, nil // it is everything of the platform: no narrower ban at all
	}
	for p := policy.Android; int(p) < len(policy.PlatformWords); p++ {
		if len(of.Rule.Platforms) > 0 && !slices.Contains(of.Rule.Platforms, p) {
			continue
		}
		rule := of.Rule
		rule.Platforms = []policy.Platform{p}
		affected, err := r.Fleet.Index().Affected(rule)
		if err != nil {
			return nil, err
		}
		if n := reached(affected.Organisations, nil); n.Direct+n.Component > 0 && n != of.Reached {
			all = append(all, Narrower{rule, OnOnePlatform, n})
		}
	}
	return all, nil
}

// RuleEffect is a rule, and what it does now.
type RuleEffect struct {
	Rule  policy.Rule
	Holds bool // now
	Ended bool
	// Reaches counts the hosts that it reaches, or would if it held; of a rule that has ended, none.
	Reaches Reached
	// Perhaps counts those of them that it reaches only for an identifier that leads to a product on another platform.
	Perhaps int
	// InBreach are the hosts in breach by it, by body, in order of the bodies' ids.
	InBreach index.Breaches
	// Exemptions are those that lift it, as far as the actor may see them; Others is how many more there are.
	Exemptions []policy.Exemption
	Others     int
	// Remaining are the rules that hold now and reach the target of one that has ended: what was in breach by it may
	// be in breach by these.
	Remaining []Reaching
}

// Rule returns a rule and what it does now. It needs people.SeeDevices; hosts of organisations where the actor
// does not have it are not counted.
func (r *Room) Rule(ctx context.Context, actor people.Actor, id string) (RuleEffect, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found RuleEffect, err error) {
		scope, err := r.scope(tx, "")
		if err != nil {
			return found, err
		}
		view, now := r.Fleet.View(), tx.Now().Time()
		known := view.Rule(id)
		if known == nil {
			return found, fault.New(fault.NotFound, "There is no rule %s, or it was taken back before it began", id)
		}
		rule := *known
		found = RuleEffect{Rule: rule, Holds: rule.Contains(now), Ended: !rule.Until.IsZero() && !now.Before(rule.Until)}
		if !found.Ended {
			affected, err := r.Fleet.Index().Affected(rule)
			if err != nil {
				return found, err
			}
			found.Reaches, found.Perhaps = reached(affected.Organisations, scope), perhaps(affected.Organisations, scope)
		} else if found.Remaining, err = newBook(view.World).remaining(rule.Target, now); err != nil {
			return found, err
		}
		if found.InBreach, err = r.Fleet.Index().Breaches(index.Filter{Organisations: scope, Rule: id}); err != nil {
			return found, err
		}
		found.Exemptions, found.Others, err = r.exemptions(tx, func(e *policy.Exemption) bool { return slices.Contains(e.Lifts, id) })
		return found, err
	})
}

// remaining are the rules that hold now and reach what a rule was about.
func (b *book) remaining(t policy.Target, now time.Time) (all []Reaching, err error) {
	switch {
	case t.Product != "" && b.products[t.Product] != nil:
		all, err = b.reaching(b.products[t.Product], now)
	case t.Supplier != "":
		all, err = b.naming(t.Supplier, now)
	case t.Any:
		for _, r := range b.leadingInto(&policy.World{}, now) {
			all = append(all, Reaching{Rule: *r, Holds: r.Contains(now)})
		}
		sortReaching(all)
	}
	return slices.DeleteFunc(all, func(r Reaching) bool { return !r.Holds }), err
}
