package approvals

import (
	"context"
	"encoding/json"
	"slices"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Move is that an organisation comes to belong elsewhere, or to follow another list.
type Move struct {
	Body string `json:"body"`
	people.Position
	From store.Time `json:"from,omitzero"` // from when it is decided where it is zero
}

// decidedIn is the organisation that decides about a move: the nearest above both places, for what it decides goes on to
// hold. Where there is none, it is the topmost above the body, all of whose bans are left behind; and of a root, which
// leaves none behind, the body itself.
func (m *Move) decidedIn(tx *people.Tx) (string, error) {
	is, err := people.Ancestors(tx.Tx, m.Body, tx.Now())
	if err != nil || len(is) == 1 {
		return m.Body, err
	}
	above := is[1:]
	if m.Parent != "" {
		then, err := people.Ancestors(tx.Tx, m.Parent, tx.Now())
		if err != nil {
			return "", err
		}
		for _, id := range above {
			if slices.Contains(then, id) {
				return id, nil
			}
		}
	}
	return above[len(above)-1], nil
}

// about is the body that a draft would have belong elsewhere.
func (d *Draft) about() string {
	if d.Move == nil {
		return ""
	}
	return d.Move.Body
}

// mayMove returns a fault unless the actor may say where organisations belong, both where that is decided and where the
// body is to be: nothing is put under somebody from outside, and nothing set free but by who may everywhere.
func mayMove(tx *people.Tx, d *Draft) error {
	if err := tx.Require(people.ChangeOrganisations, d.Organisation); err != nil {
		return err
	}
	is, err := people.PositionOf(tx.Tx, d.Move.Body)
	switch {
	case err != nil || d.Move.Parent == is.Parent:
		return err
	case d.Move.Parent == "":
		return tx.Require(people.ChangeOrganisations, people.Everywhere)
	}
	return tx.Require(people.ChangeOrganisations, d.Move.Parent)
}

func (d *Draft) checkMove(tx *people.Tx) error {
	if err := notPast("from", d.Move.From.Time(), tx.Now(), ""); err != nil {
		return err
	}
	return people.CheckPosition(tx, d.Move.Body, d.Move.Position, d.Move.From)
}

// position is where an organisation belongs, as a draft keeps it.
func position(tx *people.Tx, body string) (string, error) {
	is, err := people.PositionOf(tx.Tx, body)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(is)
	return string(text), err
}

// Stood is where the body of a move stood when it was proposed; nil where a proposal is about none. What has moved since
// is not moved, so of one that is decided it is where the body stood before.
func (p *Proposal) Stood() *people.Position {
	if p.Move == nil || p.was == "" {
		return nil
	}
	var was people.Position
	if json.Unmarshal([]byte(p.was), &was) != nil {
		return nil
	}
	return &was
}

// enactMove has a body belong elsewhere, unless it or what is above it has moved since that was proposed: others would
// have to decide then.
func (p *Proposal) enactMove(tx *people.Tx) error {
	p.Made = p.Move.Body
	if err := p.unchanged(tx); err != nil {
		return err
	}
	in, err := p.Move.decidedIn(tx)
	if err != nil {
		return err
	}
	if in != p.Organisation {
		return fault.New(fault.Conflict, "Organisations have moved since this was proposed, and now it is for another body to decide: propose it anew")
	}
	from := p.Move.From
	if from.Before(tx.Now()) {
		from = store.Time{} // what was meant for a day that has passed holds now
	}
	_, err = tx.Settle(p.Move.Body, p.Move.Position, from)
	return err
}

// Moving is whom a move is about, and what stops and begins to hold in the body by it.
type Moving struct {
	Hosts       int `json:"hosts"`  // devices and pieces of equipment in the body and below
	Bodies      int `json:"bodies"` // the body, and those below it
	BansEnd     int `json:"bansEnd"`
	BansBegin   int `json:"bansBegin"` // phase-outs among them
	AllowsEnd   int `json:"allowsEnd"`
	AllowsBegin int `json:"allowsBegin"`
}

// Shift is what a move does as things stand.
type Shift struct {
	Moving
	// End and Begin are the ids of the rules that cease and that begin to hold in the body: bans and phase-outs before what
	// lists allow.
	End, Begin []string
	// Is and Then are who decides in the body now, and would after the move. Where the body has set that itself, nothing
	// changes. Above and AboveThen are the organisations above it, the nearest first: who has a role there has it in the
	// body too.
	Is, Then         Decides
	Above, AboveThen []string
}

// PreviewMove tells what a move would do before anybody has proposed it. Who may propose it may ask.
func (r *Room) PreviewMove(ctx context.Context, actor people.Actor, m Move) (Shift, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (Shift, error) {
		d := Draft{Kind: Belonging, Content: Content{Move: &m}}
		if err := mayPropose(tx, &d); err != nil {
			return Shift{}, err
		}
		if err := d.checkMove(tx); err != nil {
			return Shift{}, err
		}
		return r.shift(tx, &m)
	})
}

// moving counts what a move does as things stand; nil where a draft is about none.
func (r *Room) moving(tx *people.Tx, d *Draft) (*Moving, error) {
	if d.Move == nil {
		return nil, nil
	}
	s, err := r.shift(tx, d.Move)
	return &s.Moving, err
}

// shift finds out what a move does.
func (r *Room) shift(tx *people.Tx, m *Move) (s Shift, err error) {
	rd, err := readAll(tx)
	if err != nil {
		return s, err
	}
	bodies := rd.below([]string{m.Body})
	_, hosts, err := r.Devices.Fleet.Index().Find(index.Query{Organisations: bodies})
	if err != nil {
		return s, err
	}
	s.Hosts, s.Bodies = hosts, len(bodies)
	is, err := people.PositionOf(tx.Tx, m.Body)
	if err != nil {
		return s, err
	}
	if s.Is, s.Above, err = rd.decides(m.Body, is.Parent); err != nil {
		return s, err
	}
	if s.Then, s.AboveThen, err = rd.decides(m.Body, m.Parent); err != nil {
		return s, err
	}
	return s, r.rulesMoved(tx, rd, &s, is, m.Position)
}

// decides is who decides in a body if it stands below a parent, and all above it then.
func (rd *reading) decides(body, parent string) (d Decides, above []string, err error) {
	if parent != "" {
		if above, err = rd.chain(parent); err != nil {
			return d, nil, err
		}
	}
	d.Process = Default()
	for _, id := range append([]string{body}, above...) {
		if p, set := rd.set[id]; set {
			return Decides{p, id}, above, nil
		}
	}
	return d, above, nil
}

// rulesMoved are the rules that cease and begin to hold in what comes from one place to another.
func (r *Room) rulesMoved(tx *people.Tx, rd *reading, s *Shift, is, then people.Position) error {
	bans, allows, err := r.above(rd, is)
	if err != nil {
		return err
	}
	bansThen, allowsThen, err := r.above(rd, then)
	if err != nil {
		return err
	}
	now, rules := tx.Now().Time(), r.Devices.Fleet.View().World.Rules
	each := func(allow bool, was, will []string, end, begin *int) {
		for i := range rules {
			rule := &rules[i]
			if !rule.Contains(now) || (rule.Effect == policy.Allow) != allow {
				continue
			}
			switch before, after := slices.Contains(was, rule.Scope), slices.Contains(will, rule.Scope); {
			case before && !after:
				*end++
				s.End = append(s.End, rule.ID)
			case after && !before:
				*begin++
				s.Begin = append(s.Begin, rule.ID)
			}
		}
	}
	each(false, bans, bansThen, &s.BansEnd, &s.BansBegin)
	each(true, allows, allowsThen, &s.AllowsEnd, &s.AllowsBegin)
	return nil
}

// above are the organisations whose bans, and those whose allow rules, reach what has a position: all above it; and of
// these those up to the first that has its own list.
func (r *Room) above(rd *reading, p people.Position) (bans, allows []string, err error) {
	if p.Parent == "" {
		return nil, nil, nil
	}
	if bans, err = rd.chain(p.Parent); err != nil || p.OwnList {
		return bans, nil, err
	}
	view := r.Devices.Fleet.View()
	for i, id := range bans {
		if o := view.Organisation(id); o != nil && o.OwnList {
			return bans, bans[:i+1], nil
		}
	}
	return bans, bans, nil
}
