package approvals

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"portcullis/alerts"
	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// Room is this room's operations. There is one for each process; it is safe for concurrent use.
type Room struct {
	People  *people.Room
	Devices *devices.Room
	Outbox  *alerts.Room
}

// reviewed is for how long an emergency's ban holds unless it is reviewed.
const reviewed = 24 * time.Hour

// Propose opens a proposal. It needs people.Ask for an app or an exemption, which people have in their own body
// besides; people.LinkIdentifiers Everywhere for suppliers and products; people.ChangeOrganisations, for where a body
// belongs, in the body that decides that and where it is to belong; people.Propose for all else. In an emergency it
// needs one of the roles that sign bans. What could not be made as things stand is a fault of its field.
func (r *Room) Propose(ctx context.Context, actor people.Actor, d Draft) (Proposal, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (Proposal, error) { return r.propose(tx, d) })
}

// propose is Propose in a transaction.
func (r *Room) propose(tx *people.Tx, d Draft) (none Proposal, err error) {
	if err := mayPropose(tx, &d); err != nil {
		return none, err
	}
	if err := errors.Join(d.check(tx), checkFormer(tx, &d), checkContent(tx, &d)); err != nil {
		return none, err
	}
	if d.For, err = d.whom(tx); err != nil {
		return none, err
	}
	if d.was, err = d.standing(tx); err != nil {
		return none, err
	}
	if said, err := saidBefore(tx, &d); err != nil {
		return none, err
	} else if said != nil {
		tx.NoEntry("it is open already")
		return *said, nil
	}
	p := Proposal{Draft: d, Asked: tx.Who().ID, Principal: tx.Who().Principal(), At: tx.Now(), State: Waiting}
	if p.ID, err = tx.NewID(); err != nil {
		return none, err
	}
	if p.Marked {
		if err := finishable(tx, &p); err != nil {
			return none, err
		}
		for _, person := range append(slices.Clip(p.Audience), p.Principal) {
			if err := tx.Assign(thing(p.ID), person); err != nil {
				return none, err
			}
		}
	}
	if err := insertProposal(tx.Tx, &p); err != nil {
		return none, err
	}
	return p, r.take(tx, &p, Step{Act: Open, Said: Said{Reason: p.Reason}})
}

// whom is the person for whom a draft is: of an exemption, the person or the holder of the device that it is for, where
// that names one person, and else the one that it says. They do not decide about it, and so it cannot say another. Of
// another body's device, which it would not reach, nobody is told who has it.
func (d *Draft) whom(tx *people.Tx) (string, error) {
	if d.Exemption == nil {
		return d.For, nil
	}
	name := d.Exemption.Subject.Person
	if d.Exemption.Subject.Host != "" {
		var err error
		if name, err = devices.Holder(tx.Tx, d.Organisation, d.Exemption.Subject.Host); err != nil {
			return "", err
		}
	}
	person, err := people.Called(tx.Tx, name)
	if err == nil && person != "" && d.For != "" && person != d.For {
		err = fault.In("for", "It is for somebody else: for whom it names, or who has the device. Leave this out, or name them")
	}
	return cmp.Or(person, d.For), err
}

// saidBefore returns the proposal that is just like a draft, which the actor has opened and in which nobody has taken a
// step: a form that was sent twice asks once. It is nil where there is none.
func saidBefore(tx *people.Tx, d *Draft) (*Proposal, error) {
	open, err := selectProposals(tx.Tx, where{asked: tx.Who().Principal(), kind: d.Kind, body: d.Organisation, states: []State{Waiting}, limit: 20})
	if err != nil {
		return nil, err
	}
	text, err := d.encode()
	if err != nil {
		return nil, err
	}
	for i := range open {
		p := &open[i]
		if p.Principal != tx.Who().Principal() || p.Version != 1 || p.For != d.For || p.Adopts != d.Adopts || p.Emergency != d.Emergency || p.Marked != d.Marked {
			continue
		}
		if other, err := p.encode(); err != nil || other == text {
			return p, err
		}
	}
	return nil, nil
}

// finishable returns a fault unless those who are assigned to a marked proposal can take all its steps: nobody else sees
// it, and it would wait for ever.
func finishable(tx *people.Tx, p *Proposal) error {
	c, err := caseOf(read(tx), p)
	if err != nil {
		return err
	}
	able := map[string]bool{}
	missing := c.Missing()
	for _, n := range missing {
		holders, err := people.Holders(tx.Tx, n.Permission, n.Organisation, n.Roles)
		if err != nil {
			return err
		}
		found := false
		for _, person := range p.Audience {
			if slices.Contains(holders, person) && c.decides(person) == "" {
				able[person], found = true, true
			}
		}
		if !found {
			return fault.In("audience", "It waits for %s, and none of those whom you have named can give that: name somebody who can", n.Act.Waits())
		}
	}
	if len(able) < len(missing) {
		return fault.In("audience", "Each of its %d steps is taken by another person: name more who can take one", len(missing))
	}
	return nil
}

// thing is what a marked proposal is among assignments.
func thing(id string) string { return "proposal:" + id }

func mayPropose(tx *people.Tx, d *Draft) error {
	if !slices.Contains(kinds, d.Kind) {
		return fault.In("kind", "Choose what is to be decided")
	}
	if err := d.place(tx); err != nil {
		return err
	}
	if d.Emergency {
		if d.Kind != Ban {
			return fault.In("emergency", "Only a ban or a phase-out can be made in an emergency")
		}
		return tx.RequireRole(people.DecideBans, d.Organisation, centreAndSecurity)
	}
	if d.Kind == Belonging {
		return mayMove(tx, d)
	}
	p := d.Kind.opening()
	if p == people.Ask && tx.Who().Person != "" {
		if own, err := people.BodyOf(tx.Tx, tx.Who().Person); err != nil {
			return err
		} else if own == d.Organisation {
			_, err := tx.RequireOwn()
			return err
		}
	}
	return tx.Require(p, d.Organisation)
}

// place finds out which body a draft is for.
func (d *Draft) place(tx *people.Tx) error {
	switch d.Kind {
	case Supplier, Product:
		d.Organisation = people.Everywhere
		return nil
	case Ban, Allow:
		if d.Rule != nil {
			d.Organisation = d.Rule.Scope
		}
	case Exemption:
		if d.Exemption != nil {
			e := *d.Exemption
			e.ID, e.Clearance = "", nil // these come of the decision
			d.Exemption, d.Organisation = &e, e.Scope
		}
	case Withdrawal:
		if d.Ends == nil {
			return fault.In("rule", "Say which rule is to end")
		}
		ends := *d.Ends
		rule, there, err := register.FindRule(tx.Tx, ends.Rule)
		if err != nil {
			return err
		}
		if !there {
			if _, refused := tx.Reach(people.Propose); refused != nil {
				return refused // who may propose nothing is not told which rules there are
			}
			return fault.In("rule", "There is no rule %s", shown(ends.Rule))
		}
		ends.Allow = rule.Effect == policy.Allow
		d.Ends, d.Organisation = &ends, rule.Scope
	case Belonging:
		if d.Move == nil || d.Move.Body == "" {
			return fault.In("move.body", "Say which body is to belong elsewhere")
		}
		if err := tx.Exists("move.body", d.Move.Body); err != nil {
			return err
		}
		in, err := d.Move.decidedIn(tx)
		if err != nil {
			return err
		}
		d.Organisation = in
	}
	if d.Organisation == "" {
		return fault.In("organisation", "Say for which body this is")
	}
	return tx.Exists("organisation", d.Organisation)
}

// check returns what is wrong with the words of a draft.
func (d *Draft) check(tx *people.Tx) error {
	faults := []error{
		checkText("reason", d.Reason, "Say why: others decide by it, and read it later"),
		checkLong("narrower", d.Narrower),
		checkLong("risk", d.Risk),
	}
	if d.Restricted != nil {
		faults = append(faults, checkText("restricted.reason", d.Restricted.Reason, "Write the restricted reason, or leave all of it out"), checkLong("restricted.assessment", d.Restricted.Assessment))
		if len(d.Audience) == 0 {
			faults = append(faults, fault.In("audience", "Say who may read the restricted reason, besides those who decide"))
		}
	}
	if d.Marked && len(d.Audience) == 0 {
		faults = append(faults, fault.In("audience", "Say who is to decide: nobody else sees a marked decision"))
	}
	if d.Kind == Ban && strings.TrimSpace(d.Narrower) == "" {
		faults = append(faults, fault.In("narrower", "Say why nothing narrower would do: one app rather than a maker, one body, one platform"))
	}
	if d.LongestDays < 0 || d.LongestDays > longest {
		faults = append(faults, fault.In("longestDays", "An exemption may hold for 1 to %d days at most", longest))
	}
	named := d.Audience
	if d.For != "" {
		named = append(slices.Clip(named), d.For)
	}
	for i, id := range named {
		field := "audience"
		if i == len(d.Audience) {
			field = "for"
		}
		if _, err := people.MailboxOf(tx.Tx, id); fault.Is(err, fault.NotFound) {
			faults = append(faults, fault.In(field, "There is nobody with the id %s", shown(id)))
		} else if err != nil {
			return err
		}
	}
	return errors.Join(faults...)
}

// checkFormer returns a fault unless the proposal that a draft follows is one that the actor may see, and what
// it renews or adopts is there.
func checkFormer(tx *people.Tx, d *Draft) error {
	var faults []error
	if d.After != "" {
		former, err := selectProposal(tx.Tx, d.After)
		may := false
		if err == nil {
			may, err = sees(read(tx), &former)
		}
		switch {
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		case !may:
			faults = append(faults, fault.In("after", "There is no such proposal"))
		}
	}
	if d.Renews != "" {
		switch renewed, err := register.FindExemption(tx.Tx, d.Renews); {
		case d.Kind != Exemption:
			faults = append(faults, fault.In("renews", "Only an exemption renews another"))
		case fault.Is(err, fault.NotFound):
			faults = append(faults, fault.In("renews", "There is no exemption %s", shown(d.Renews)))
		case err != nil:
			return err
		default:
			if named, err := register.Named(tx, &renewed); err != nil {
				return err
			} else if !named {
				faults = append(faults, fault.In("renews", "There is no exemption %s", shown(d.Renews)))
			}
		}
	}
	if d.Adopts != "" && d.Rule == nil {
		faults = append(faults, fault.In("adopts", "Only a rule is made like another"))
	}
	return errors.Join(faults...)
}

// shown is the beginning of an id that somebody has given, for a fault that names it.
func shown(id string) string {
	if text := []rune(id); len(text) > maxLine {
		return string(text[:maxLine]) + "…"
	}
	return id
}

// caseOf is a proposal as far as it matters to who may take the next step, by the process of its body as it is
// now.
func caseOf(rd *reading, p *Proposal) (Case, error) {
	process, err := rd.process(p.Organisation)
	if err != nil {
		return Case{}, err
	}
	c := Case{
		Kind: p.Kind, Organisation: p.Organisation, Deciding: p.deciding(), Path: process.path(p.Kind, p.Ends != nil && p.Ends.Allow),
		Emergency: p.Emergency, Asked: p.Principal, For: p.For, Steps: p.Steps, State: p.state(rd.tx.Now()),
	}
	switch chain, err := rd.chain(p.Organisation); {
	case err != nil:
		return c, err
	case len(chain) > 1:
		c.Above = chain[1]
	}
	if p.Kind == Allow && p.Rule.Target.Product == "" && p.Found == nil && len(c.Path.Sign) == 0 {
		c.Path.Sign = signatories // what lets in more than one thing is never one person's word
	}
	if p.Exemption != nil {
		demanded, err := rd.demands(p.Exemption)
		if err != nil {
			return c, err
		}
		c.Offices, c.Where, c.InPlace = demanded.offices, demanded.where, len(demanded.mitigations)+len(c.Path.Mitigations)+len(p.Exemption.Mitigations) > 0
	}
	return c, nil
}

// state is how far a proposal has come at a time: an emergency's ban lapses by itself.
func (p *Proposal) state(now store.Time) State {
	if p.State == Interim && !now.Before(p.Lapses) {
		return Lapsed
	}
	return p.State
}

// processAt is an organisation's process: its own, that of the nearest above it which has set one, or Default;
// and whose it is, nobody's where it is Default.
func processAt(tx *store.Tx, organisation string, t, known store.Time) (p Process, of string, err error) {
	chain, err := people.Ancestors(tx, organisation, t)
	if err != nil {
		return p, "", err
	}
	return nearestProcess(tx, chain, t, known)
}

// nearestProcess is processAt where it is known already what is above the organisation.
func nearestProcess(tx *store.Tx, chain []string, t, known store.Time) (p Process, of string, err error) {
	for _, id := range chain {
		p, there, err := selectProcess(tx, id, t, known)
		if err != nil || there {
			return p, id, err
		}
	}
	return Default(), "", nil
}

// stepEntry is the payload of stepTaken. Words stand in it only where everybody may read them.
type stepEntry struct {
	// Draft is the SHA-256 of what is proposed, as it is stored: what the step was taken in.
	Draft   string   `json:"draft"`
	Kind    Kind     `json:"kind"`
	Act     Act      `json:"act"`
	Number  int64    `json:"number"`
	Reason  string   `json:"reason,omitempty"`
	Office  string   `json:"office,omitempty"`
	Counted *Numbers `json:"counted,omitempty"`
	Moving  *Moving  `json:"moving,omitempty"`
	Made    string   `json:"made,omitempty"`
}

// take writes down a step of a proposal, makes what is then complete, and tells those for whom it waits.
func (r *Room) take(tx *people.Tx, p *Proposal, s Step) error {
	p.Version++
	s.Number, s.By, s.Principal, s.At = p.Version, tx.Who().ID, tx.Who().Principal(), tx.Now()
	p.Steps = append(p.Steps, s)
	draft, err := p.encode()
	if err != nil {
		return err
	}
	if err := insertStep(tx.Tx, p.ID, &s, draft); err != nil {
		return err
	}
	c, err := caseOf(read(tx), p)
	if err != nil {
		return err
	}
	if s.Act.advances() && c.Complete() {
		if err := r.enact(tx, p); err != nil {
			return err
		}
		c.State = p.State
	}
	if err := updateProposal(tx.Tx, p); err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(draft))
	entry := stepEntry{Draft: hex.EncodeToString(digest[:]), Kind: p.Kind, Act: s.Act, Number: s.Number, Office: s.Office, Counted: s.Counted, Moving: s.Moving, Made: p.Made}
	if !p.Marked && (p.Restricted == nil || s.Act == Open) {
		entry.Reason = s.Reason
	}
	if err := tx.Record(stepTaken, p.Organisation, []string{p.ID}, entry); err != nil {
		return err
	}
	return r.tell(tx, p, &c, &s)
}
