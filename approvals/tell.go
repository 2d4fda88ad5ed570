package approvals

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portcullis/alerts"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
)

// The kinds of the messages that this room puts.
const (
	waits      = "approvals.waits"      // something waits for you
	outcome    = "approvals.outcome"    // what you asked for is decided
	asked      = "approvals.asked"      // the centre is consulted
	answered   = "approvals.answered"   // and has answered
	questioned = "approvals.questioned" // who asked for something is asked something
	replied    = "approvals.replied"    // and has answered
	changed    = "approvals.changed"    // a decision that you adopted is another now
	ending     = "approvals.ending"     // an exemption ends soon
)

// Link is where a proposal is to be seen.
func Link(id string) string { return "/proposals/" + id }

// send puts a message to people, each once and none of those left out.
func (r *Room) send(tx *people.Tx, m alerts.Message, to []string, but ...string) error {
	for _, person := range to {
		if person != "" && !slices.Contains(but, person) && !slices.ContainsFunc(m.To, func(t alerts.Recipient) bool { return t.Person == person }) {
			is, err := mailbox(tx.Tx, person) // a program has none
			if err != nil {
				return err
			}
			if is {
				m.To = append(m.To, alerts.Recipient{Person: person})
			}
		}
	}
	if len(m.To) == 0 {
		return nil
	}
	if len(m.To) > alerts.MaxRecipients {
		m.To = m.To[:alerts.MaxRecipients]
	}
	_, err := r.Outbox.Put(tx.Tx, m)
	return err
}

// tell tells those for whom a proposal waits after a step, and those who asked what became of it.
func (r *Room) tell(tx *people.Tx, p *Proposal, c *Case, s *Step) error {
	c.Steps = p.Steps
	link, reference := Link(p.ID), p.ID
	switch {
	case s.Act == Consult:
		to, err := centreOf(tx, p.Organisation)
		if err != nil {
			return err
		}
		return r.send(tx, alerts.Message{Kind: asked, Subject: r.subject(p) + " waits for your advice", Link: link, Reference: reference,
			Text: p.title() + " is to be decided, and the body that decides asks for your advice. Your answer is recorded beside the decision."}, only(p, to), s.Principal)
	case s.Act == Question:
		return r.send(tx, alerts.Message{Kind: questioned, Subject: r.subject(p) + " waits for your answer", Link: link, Reference: reference,
			Text: "Before " + lower(p.title()) + " is decided, you are asked something: the page says what. All that was said until now stays."}, only(p, []string{p.Principal, p.For}), s.Principal)
	case s.Act == Reply:
		return r.send(tx, alerts.Message{Kind: replied, Subject: r.subject(p) + " has an answer to your question", Link: link, Reference: reference,
			Text: "What you asked about this is answered, and it waits for you again: " + lower(p.title()) + "."}, takers(p, Question), s.Principal)
	case s.Act == Answer:
		return r.send(tx, alerts.Message{Kind: answered, Subject: r.subject(p) + " has an answer from the centre", Link: link, Reference: reference,
			Text: "The centre has answered what was asked about this: " + lower(p.title()) + "."}, takers(p, Consult), s.Principal)
	case p.State != Waiting:
		if err := r.tellOutcome(tx, p, s); err != nil || p.State != Interim {
			return err
		}
	}
	if s.Act == TakeBack {
		return nil
	}
	return r.tellWaiting(tx, p, c)
}

// only is who of the people may know of a proposal: of one that is marked, those who are assigned to it.
func only(p *Proposal, to []string) []string {
	if !p.Marked {
		return to
	}
	return slices.DeleteFunc(to, func(person string) bool { return person != p.Principal && !slices.Contains(p.Audience, person) })
}

// tellWaiting tells whoever may take the next step.
func (r *Room) tellWaiting(tx *people.Tx, p *Proposal, c *Case) error {
	for _, need := range c.Next() {
		to, err := people.Holders(tx.Tx, need.Permission, need.Organisation, need.Roles)
		if err != nil {
			return err
		}
		to = slices.DeleteFunc(only(p, to), func(person string) bool { return c.decides(person) != "" })
		m := alerts.Message{Kind: waits, Subject: r.subject(p) + " waits for you", Link: Link(p.ID), Reference: p.ID,
			Text: p.title() + " waits for " + need.Act.Waits() + ". Open it to see what is asked, why and by whom, and to say yes or no."}
		switch need.Act {
		case Clear:
			m.Subject, m.Link = r.subject(p)+" waits for your clearance", Link(p.ID)+"/clear"
			m.Text = "A security team asks for your office’s clearance of an exemption. Open it on your phone or computer: it says on one page what is asked, why, for whom, what the risk is and until when. You can say yes, no, or yes with conditions."
		case Review:
			m.Subject = r.subject(p) + " waits for your review"
			m.Text = fmt.Sprintf("Two duty officers have banned something. It lapses on %s unless a third person reviews it and has it stay.", p.Lapses.Time().Format("2 January 2006 at 15:04 UTC"))
		}
		if err := r.send(tx, m, to); err != nil {
			return err
		}
	}
	return nil
}

// takers are those who took a step of a kind, such as those who asked the centre.
func takers(p *Proposal, act Act) (to []string) {
	for _, s := range p.Steps {
		if s.Act == act {
			to = append(to, s.Principal)
		}
	}
	return to
}

// tellOutcome tells who asked, and for whom it is, what became of it; and those who adopted a rule that ends.
func (r *Room) tellOutcome(tx *people.Tx, p *Proposal, s *Step) error {
	m := alerts.Message{Kind: outcome, Link: Link(p.ID), Reference: p.ID}
	switch p.State {
	case Made:
		m.Subject, m.Text = r.subject(p)+" is decided", "What you asked for is decided, and holds as the page says."
	case Interim:
		m.Subject, m.Text = r.subject(p)+" is in force until it is reviewed", "It is in force, and lapses within a day unless a third person reviews it."
	case Refused:
		m.Subject, m.Text = r.subject(p)+" was refused", "What you asked for was refused. The page says why. You may ask again where you have new facts."
		m.Text = given(m.Text, p.open(s.Reason))
	default:
		return nil
	}
	if err := r.send(tx, m, only(p, []string{p.Principal, p.For}), s.Principal); err != nil {
		return err
	}
	if err := r.tellPrograms(tx, p); err != nil {
		return err
	}
	switch {
	case p.State == Refused && p.Made != "": // an emergency's ban, which does not stay
		return r.tellAdopters(tx, p.Made, p.open(s.Reason))
	case p.State == Made && p.Kind == Withdrawal:
		return r.tellAdopters(tx, p.Made, p.open(p.Reason))
	}
	return nil
}

// decided is the kind of the event that programs are told of.
const decided = "approvals.decided"

// tellPrograms tells the endpoints of webhooks in the body, above it and below it what was decided there; of what is
// marked nobody.
func (r *Room) tellPrograms(tx *people.Tx, p *Proposal) error {
	if p.Marked || p.State == Refused && p.Made == "" {
		return nil
	}
	bodies, err := concerned(tx, p.Organisation)
	if err != nil {
		return err
	}
	to, err := alerts.Subscribers(tx.Tx, decided, bodies...)
	if err != nil || len(to) == 0 {
		return err
	}
	_, err = r.Outbox.Put(tx.Tx, alerts.Message{Kind: decided, Subject: r.subject(p) + " is decided", Link: Link(p.ID), Reference: p.Made, To: to,
		Text: given(p.title()+" is decided, and what it does holds as the register says.", p.open(p.Reason))})
	return err
}

// concerned are a body, those above it and all below it; all there are of what holds everywhere.
func concerned(tx *people.Tx, organisation string) ([]string, error) {
	above := []string{people.Everywhere}
	if organisation != people.Everywhere {
		var err error
		if above, err = people.Ancestors(tx.Tx, organisation, tx.Now()); err != nil {
			return nil, err
		}
	}
	parents, err := people.Parents(tx.Tx)
	if err != nil {
		return nil, err
	}
	found := above
	for body, parent := range parents {
		if organisation == people.Everywhere {
			found = append(found, body, parent)
		}
		for at := body; at != ""; at = parents[at] {
			if at == organisation {
				found = append(found, body)
				break
			}
		}
	}
	return found, nil
}

// open is a reason as far as everybody may read it.
func (p *Proposal) open(reason string) string {
	if p.Marked || p.Restricted != nil && reason != p.Reason {
		return ""
	}
	return reason
}

// given is a text with the reason behind it, where there is one that may be told.
func given(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + "\n\nThe reason given: " + reason
}

// tellAdopters tells bodies that made a rule like another that this one ends.
func (r *Room) tellAdopters(tx *people.Tx, rule, reason string) error {
	adopted, err := selectProposals(tx.Tx, where{adopts: rule, states: []State{Made, Interim}, noSteps: true})
	if err != nil {
		return err
	}
	for _, p := range adopted {
		if own, there, err := register.FindRule(tx.Tx, p.Made); err != nil {
			return err
		} else if !there || !own.Until.IsZero() && !tx.Now().Time().Before(own.Until) {
			continue
		}
		to, err := people.Holders(tx.Tx, p.deciding(), p.Organisation, p.deciding().Roles())
		if err != nil {
			return err
		}
		err = r.send(tx, alerts.Message{Kind: changed, Subject: r.subject(&p) + ", which you adopted, has ended where it was made", Link: "/rules/" + p.Made, Reference: p.Made,
			Text: given("Your own decision goes on: what another body decides does not change yours.", reason)}, only(&p, to))
		if err != nil {
			return err
		}
	}
	return nil
}

// tellRevoked tells who asked for an exemption that it has ended.
func (r *Room) tellRevoked(tx *people.Tx, exemption, reason string) error {
	made, err := selectProposals(tx.Tx, where{made: exemption, kind: Exemption, noSteps: true})
	if err != nil || len(made) == 0 {
		return err
	}
	p := made[0]
	return r.send(tx, alerts.Message{Kind: ending, Subject: r.subject(&p) + " has ended early", Link: Link(p.ID), Reference: p.ID,
		Text: given("It was revoked, and holds no longer.", reason)}, only(&p, []string{p.Principal, p.For}))
}

// lower is a sentence's beginning in the middle of one.
func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// endWork is due before an exemption ends. Its payload is its id.
const endWork = "approvals.ending"

// before is how many days before its end an exemption is told of.
var before = []int{14, 3}

// remind schedules the reminders of an exemption.
func remind(tx *people.Tx, exemption string, until time.Time) error {
	for _, days := range before {
		at := store.TimeOf(until.AddDate(0, 0, -days))
		if at.Before(tx.Now()) {
			continue
		}
		if err := tx.Schedule(store.Due{ID: fmt.Sprintf("%s %s %d", endWork, exemption, days), Kind: endWork, At: at, Payload: exemption}); err != nil {
			return err
		}
	}
	return nil
}
