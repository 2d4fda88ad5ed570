package approvals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// Doing is a step that somebody takes.
type Doing struct {
	Act Act
	// Version is that of the proposal as they saw it.
	Version int64
	Said
	// Affirmed is the number of devices and pieces of equipment that a decision reaches, written down by who
	// signs it, where it would reach more than half of all there are.
	Affirmed *int
	// Terms are how an app is allowed, where whoever grants it says so; nil leaves them as they were asked for.
	Terms *Terms
	// Draft is what is proposed from now on: of Revise alone.
	Draft *Draft
}

// Terms are how an app is allowed.
type Terms struct {
	Product        string // where it was asked for by what was found
	Identifier     string // of what was found, where whoever asked did not know it
	MinVersion     string
	MinVersionCode map[policy.Platform]int64
	Platforms      []policy.Platform
	Until          store.Time
}

// Take takes a step in a proposal, and makes it once nothing is missing. Who may is told by the process of its
// body: Case.Check, and the permission table. A version that is no longer the proposal's is a fault of the kind
// Changed: somebody has taken a step since.
func (r *Room) Take(ctx context.Context, actor people.Actor, id string, do Doing) (Proposal, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (Proposal, error) { return r.TakeIn(tx, id, do) })
}

// TakeIn is Take in a transaction of a room above, whose work the step is part of.
func (r *Room) TakeIn(tx *people.Tx, id string, do Doing) (none Proposal, err error) {
	p, err := r.seen(tx, id)
	if err != nil {
		return none, err
	}
	if do.Version != p.Version {
		return none, fault.New(fault.Changed, "Somebody has taken a step in this since you opened it: look again, and decide then")
	}
	c, err := caseOf(read(tx), &p)
	if err != nil {
		return none, err
	}
	s := Step{Act: do.Act, Said: do.Said}
	if err := do.Said.check(); err != nil {
		return none, err
	}
	switch do.Act {
	case Refuse:
		err = r.refuse(tx, &p, &c, &s)
	case TakeBack:
		err = takeBack(tx, &p, &c)
	case Consult:
		err = consult(tx, &c, &s)
	case Answer:
		err = answer(tx, &p, &s)
	case Question:
		err = question(tx, &p, &c, &s)
	case Reply:
		err = reply(tx, &p, &c, &s)
	case Revise:
		err = revise(tx, &p, &c, do.Draft, &s)
	default:
		err = r.advance(tx, &p, &c, &do, &s)
	}
	if err != nil {
		return none, err
	}
	if err := r.take(tx, &p, s); err != nil {
		return none, err
	}
	if !p.restrictedFor(tx) {
		p.Restricted = nil
	}
	return p, nil
}

// Opened is a proposal as far as a room above needs it that takes steps in it: none of its restricted words.
type Opened struct {
	ID           string
	Organisation string
	Version      int64
	Kind         Kind
	State        State
	Marked       bool
	Restricted   bool // it has a restricted reason
	Rule         *policy.Rule
	Found        *register.Found
	// Next are the steps that can be taken now.
	Next []Need
}

// Advances is the act that brings the proposal further now: Grant where nothing does, which Take then refuses.
func (o *Opened) Advances() Act {
	for _, n := range o.Next {
		if n.Act.advances() {
			return n.Act
		}
	}
	return Grant
}

// OpenIn returns a proposal that the actor may see.
func (r *Room) OpenIn(tx *people.Tx, id string) (o Opened, err error) {
	p, err := r.seen(tx, id)
	if err != nil {
		return o, err
	}
	c, err := caseOf(read(tx), &p)
	if err != nil {
		return o, err
	}
	return Opened{p.ID, p.Organisation, p.Version, p.Kind, c.State, p.Marked, p.Restricted != nil, p.Rule, p.Found, c.Next()}, nil
}

// SeesIn tells whether the actor may see a proposal; not where there is none.
func (r *Room) SeesIn(tx *people.Tx, id string) (bool, error) {
	p, err := selectProposal(tx.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return sees(read(tx), &p)
}

// check returns what is wrong with the words of a step.
func (s *Said) check() error {
	faults := []error{checkLong("reason", s.Reason), checkLong("risk", s.Risk), checkLong("criteria", s.Criteria), checkLong("conditions", s.Conditions)}
	for field, line := range map[string]string{"office": s.Office, "minister": s.Minister, "reference": s.Reference} {
		if line != "" {
			faults = append(faults, checkLine(field, line))
		}
	}
	return errors.Join(faults...)
}

// advance holds a step that brings a proposal further to who may take it, and to what it must say.
func (r *Room) advance(tx *people.Tx, p *Proposal, c *Case, do *Doing, s *Step) error {
	if !do.Act.advances() {
		return fault.In("act", "Choose what to do")
	}
	need, err := c.Check(do.Act, do.Office, tx.Who().Principal())
	if fault.Is(err, fault.Refused) {
		return tx.Refuse(need.Permission, need.Organisation, "%s", err.Error())
	}
	if err != nil {
		return err
	}
	if err := tx.RequireRole(need.Permission, need.Organisation, need.Roles); err != nil {
		return err
	}
	if bar, err := tied(tx, c); err != nil {
		return err
	} else if bar != "" {
		return tx.Refuse(need.Permission, need.Organisation, "%s", bar)
	}
	switch do.Act {
	case Recommend, Grant:
		err = checkText("reason", do.Reason, "Say why: others decide by it, and read it later")
		if p.Kind == Allow || p.Kind == Exemption {
			err = errors.Join(err, checkText("risk", do.Risk, "Say what the risk is, also where it is small"))
		}
	case Clear:
		err = checkText("minister", do.Minister, "Say in whose name it is cleared")
	case Confirm:
		err = checkText("reason", do.Reason, "Say what is in place, and how you know")
	case Review:
		return r.review(tx, p, s)
	}
	if err == nil && do.Terms != nil {
		err = p.terms(tx, do)
	}
	if err == nil && do.Act == Grant {
		err = p.known()
	}
	if err != nil {
		return err
	}
	if p.Rule != nil || p.Ends != nil {
		return r.count(tx, p, do, s)
	}
	s.Moving, err = r.moving(tx, &p.Draft)
	return err
}

// trial is for how long two of whom one has given the other a way in, or a role, are not two people here.
const trial = 14 * 24 * time.Hour

// tied is what bars the actor because of who they are to those who asked or took a step: whoever makes somebody's way
// in could come in by it.
func tied(tx *people.Tx, c *Case) (bar string, err error) {
	others := []string{c.Asked}
	for _, s := range c.since() {
		if s.Act.advances() {
			others = append(others, s.Principal)
		}
	}
	close, err := people.Sponsored(tx.Tx, tx.Who().Principal(), others, tx.Now().Add(-trial))
	if err != nil || len(close) == 0 {
		return "", err
	}
	name, err := people.NameOf(tx.Tx, close[0])
	return fmt.Sprintf("Between you and %s, one has given the other a way in or a role within the last fortnight: somebody else has to decide", name), err
}

// terms has an app be allowed as whoever grants it says.
func (p *Proposal) terms(tx *people.Tx, do *Doing) error {
	if do.Act != Grant || p.Kind != Allow {
		return fault.In("terms", "Only who grants an app says on what terms")
	}
	rule, t := *p.Rule, do.Terms
	if t.Product != "" && p.Found == nil && t.Product != rule.Target.Product {
		return fault.In("terms.product", "Something else was asked for: refuse this, or change what is proposed")
	}
	if t.Product != "" {
		rule.Target, p.Found = policy.Target{Product: t.Product}, nil
	}
	if t.Identifier != "" {
		if p.Found == nil {
			return fault.In("terms.identifier", "It is a known app that is allowed: leave the identifier out")
		}
		found := *p.Found
		found.Identifier, p.Found = t.Identifier, &found
	}
	rule.MinVersion, rule.MinVersionCode, rule.Until = t.MinVersion, t.MinVersionCode, t.Until.Time()
	if len(t.Platforms) > 0 { // none would be all, and was not asked for
		rule.Platforms = t.Platforms
	}
	p.Rule = &rule
	return checkContent(tx, &p.Draft)
}

// count writes down whom a rule would reach as it is signed, and has who signs it say the number where that is
// more than half of all there are.
func (r *Room) count(tx *people.Tx, p *Proposal, do *Doing, s *Step) error {
	if do.Act != Sign && (do.Act != Grant || p.Kind != Withdrawal && p.Kind != Ban) {
		return nil
	}
	n, err := r.numbers(tx, &p.Draft)
	if err != nil || n == nil {
		return err
	}
	s.Counted = n
	if n.Wide() && (do.Affirmed == nil || *do.Affirmed != n.Either) {
		return &fault.Error{Kind: fault.Conflict, Field: "affirmed", Message: reachWarning(n)}
	}
	return nil
}

// review has an emergency's ban stay, as a third person says.
func (r *Room) review(tx *people.Tx, p *Proposal, s *Step) error {
	if err := checkText("reason", s.Reason, "Say why it is to stay"); err != nil {
		return err
	}
	n, err := r.numbers(tx, &p.Draft)
	if err != nil {
		return err
	}
	s.Counted = n
	p.State = Made
	_, err = register.KeepRule(tx, p.Made, store.TimeOf(p.Rule.Until), s.Reason)
	return err
}

// refuse says no. Whoever may take the next step may do that, and those who asked may not: they take it back.
func (r *Room) refuse(tx *people.Tx, p *Proposal, c *Case, s *Step) error {
	next := c.Next()
	if len(next) == 0 {
		return fault.New(fault.Conflict, "Nothing waits here any more: %s", c.State.words())
	}
	if tx.Who().Principal() == p.Principal {
		return tx.Refuse(next[0].Permission, next[0].Organisation, "You have %s this yourself: take it back instead", p.Kind.opened())
	}
	if err := mayOne(tx, next); err != nil {
		return err
	}
	if bar := c.decides(tx.Who().Principal()); bar != "" && c.State == Interim {
		return tx.Refuse(next[0].Permission, next[0].Organisation, "%s", bar) // what two have made is not ended by one of them
	}
	if err := checkText("reason", s.Reason, "Say why: whoever asked hears it, and may ask again with new facts"); err != nil {
		return err
	}
	if c.State == Interim {
		// Who refuses to let an emergency's ban stay ends it at once.
		if _, err := register.EndRule(tx, p.Made, store.Time{}, s.Reason); err != nil {
			return err
		}
	}
	p.State = Refused
	return nil
}

// mayOne returns a fault unless the actor may take one of the steps, whatever else bars them.
func mayOne(tx *people.Tx, needs []Need) (err error) {
	for _, n := range needs {
		if err = tx.RequireRole(n.Permission, n.Organisation, n.Roles); err == nil {
			return nil
		}
	}
	return err
}

// takeBack is for who asked, and for them alone.
func takeBack(tx *people.Tx, p *Proposal, c *Case) error {
	if tx.Who().Principal() != p.Principal {
		return tx.Refuse(people.Ask, p.Organisation, "Only who asked for this takes it back")
	}
	if c.State != Waiting {
		return fault.New(fault.Conflict, "Nothing waits here any more: %s", c.State.words())
	}
	p.State = Back
	return nil
}

// consult asks the centre. Whoever may take the next step may do that.
func consult(tx *people.Tx, c *Case, s *Step) error {
	next := c.Next()
	if len(next) == 0 {
		return fault.New(fault.Conflict, "Nothing waits here any more: %s", c.State.words())
	}
	if err := mayOne(tx, next); err != nil {
		return err
	}
	if err := checkText("reason", s.Reason, "Say what you would like to know"); err != nil {
		return err
	}
	centre, err := centreOf(tx, c.Organisation)
	if err == nil && len(centre) == 0 {
		err = fault.New(fault.Conflict, "Nobody above this body is there to be consulted: it decides for itself")
	}
	return err
}

// centreOf are those who answer a body that consults the centre.
func centreOf(tx *people.Tx, organisation string) ([]string, error) {
	return people.Holders(tx.Tx, people.Advise, organisation, people.Advise.Roles())
}

// consulting tells whether the centre was asked something that it has not answered.
func (p *Proposal) consulting() bool {
	asked := false
	for _, s := range p.Steps {
		switch s.Act {
		case Consult:
			asked = true
		case Answer:
			asked = false
		}
	}
	return asked
}

func answer(tx *people.Tx, p *Proposal, s *Step) error {
	if err := tx.RequireRole(people.Advise, p.Organisation, people.Advise.Roles()); err != nil {
		return err
	}
	switch {
	case tx.Who().Principal() == p.Principal:
		return tx.Refuse(people.Advise, p.Organisation, "You have %s this yourself: a colleague has to answer", p.Kind.opened())
	case p.State != Waiting || !p.consulting():
		return fault.New(fault.Conflict, "Nobody waits for an answer here")
	}
	return checkText("reason", s.Reason, "Write the answer")
}

// question asks who opened it, and for whom it is. Whoever may take the next step may do that; nothing that was said or
// done is lost by it, and who may decide still can.
func question(tx *people.Tx, p *Proposal, c *Case, s *Step) error {
	next := c.Next()
	if c.State != Waiting || len(next) == 0 {
		return fault.New(fault.Conflict, "Nothing waits here any more: %s", c.State.words())
	}
	if p.mine(tx.Who().Principal()) {
		return tx.Refuse(next[0].Permission, next[0].Organisation, "You would ask yourself: change what you have %s, or say it there", p.Kind.opened())
	}
	if err := mayOne(tx, next); err != nil {
		return err
	}
	return checkText("reason", s.Reason, "Say what you would like to know")
}

// reply answers what was asked of who opened it, and for whom it is: either of them is enough.
func reply(tx *people.Tx, p *Proposal, c *Case, s *Step) error {
	switch {
	case !p.mine(tx.Who().Principal()):
		return tx.Refuse(people.Ask, p.Organisation, "Only who has %s this, or for whom it is, was asked", p.Kind.opened())
	case !p.Questioned():
		return fault.New(fault.Conflict, "Nobody waits for an answer here")
	}
	return checkText("reason", s.Reason, "Write the answer")
}

// mine tells whether a proposal is somebody's: they opened it, or it is for them.
func (p *Proposal) mine(principal string) bool {
	return principal != "" && (principal == p.Principal || principal == p.For)
}

// Questioned tells whether who opened it was asked something that nobody has answered: it waits for that. Who changes what
// is proposed has answered by it. selectQuestioned asks the same of all.
func (p *Proposal) Questioned() bool {
	asked := false
	for _, s := range p.Steps {
		switch s.Act {
		case Question:
			asked = true
		case Reply, Revise:
			asked = false
		}
	}
	return asked && p.State == Waiting
}

// revise puts something else in the place of what was proposed; all that was said to it until now counts no
// more. Who asked may do that, and whoever may take the next step; they then do not decide.
func revise(tx *people.Tx, p *Proposal, c *Case, d *Draft, s *Step) error {
	switch {
	case c.State != Waiting:
		return fault.New(fault.Conflict, "Nothing waits here any more: %s", c.State.words())
	case d == nil:
		return fault.In("draft", "Say what is proposed instead")
	}
	revised := *d // what is filled in here is not there when this runs again
	d = &revised
	if tx.Who().Principal() != p.Principal {
		if err := errors.Join(mayOne(tx, c.Next()), d.place(tx)); err != nil {
			return err
		}
	}
	if tx.Who().Principal() == p.Principal || p.Kind == Belonging { // who says where a body is to be has a say there
		if err := mayPropose(tx, d); err != nil {
			return err
		}
	}
	if err := checkText("reason", s.Reason, "Say what you change, and why: it is recorded"); err != nil {
		return err
	}
	if err := p.restricted(tx, c, d); err != nil {
		return err
	}
	var err error
	if d.For, err = d.whom(tx); err != nil {
		return err
	}
	if d.Kind != p.Kind || d.Organisation != p.Organisation || d.Emergency != p.Emergency || d.Marked != p.Marked || d.For != p.For || d.about() != p.about() {
		return fault.In("kind", "What it is about, for which body and for whom stays: propose something else anew")
	}
	if err := errors.Join(d.check(tx), checkFormer(tx, d), checkContent(tx, d)); err != nil {
		return err
	}
	if d.was, err = d.standing(tx); err != nil {
		return err
	}
	d.Adopts = p.Adopts
	if p.Marked {
		if err := stillFinishable(tx, p, d); err != nil {
			return err
		}
	}
	p.Draft = revised
	return nil
}

// restricted has the restricted reason of a proposal stay in what it is revised to, with those who may read it, where the
// actor may not.
func (p *Proposal) restricted(tx *people.Tx, c *Case, d *Draft) error {
	if p.Restricted == nil || p.restrictedFor(tx) {
		return nil
	}
	acts, _, err := canNow(read(tx), p, c)
	if err == nil && !slices.ContainsFunc(acts, Act.advances) {
		d.Restricted, d.Audience = p.Restricted, p.Audience
	}
	return err
}

// stillFinishable is finishable of a marked proposal as it is to be, and lets those see it who now stand in it.
func stillFinishable(tx *people.Tx, p *Proposal, d *Draft) error {
	then := *p
	then.Draft, then.Steps = *d, append(slices.Clip(p.Steps), Step{Act: Revise, Principal: tx.Who().Principal()})
	if err := finishable(tx, &then); err != nil {
		return err
	}
	for _, person := range d.Audience {
		if !slices.Contains(p.Audience, person) {
			if err := tx.Assign(thing(p.ID), person); err != nil {
				return err
			}
		}
	}
	return nil
}

// Revoke ends an exemption early, at once. One person who decides about exemptions where it holds is enough, for
// nothing is allowed by it.
func (r *Room) Revoke(ctx context.Context, actor people.Actor, exemption, reason string) (policy.Exemption, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none policy.Exemption, err error) {
		e, err := register.FindExemption(tx.Tx, exemption)
		if err != nil {
			if _, refused := tx.Reach(people.DecideExemptions); refused != nil {
				return none, refused // who may end none is not told which there are
			}
			return none, err
		}
		if named, err := register.Named(tx, &e); err != nil {
			return none, err
		} else if !named {
			return none, tx.Hide(people.DecideExemptions, e.Scope, fmt.Sprintf("There is no exemption %s", exemption))
		}
		if err := tx.Require(people.DecideExemptions, e.Scope); err != nil {
			return none, err
		}
		ended, err := register.EndExemption(tx, exemption, reason)
		if err != nil {
			return none, err
		}
		return ended, r.tellRevoked(tx, exemption, reason)
	})
}
