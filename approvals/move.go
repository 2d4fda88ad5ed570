package approvals

import (
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

// moving counts what a move does as things stand; nil where a draft is about none.
func (r *Room) moving(tx *people.Tx, d *Draft) (*Moving, error) {
	if d.Move == nil {
		return nil, nil
	}
	rd, err := readAll(tx)
	if err != nil {
		return nil, err
	}
	bodies := rd.below([]string{d.Move.Body})
	_, hosts, err := r.Devices.Fleet.Index().Find(index.Query{Organisations: bodies})
	if err != nil {
		return nil, err
	}
	is, err := people.PositionOf(tx.Tx, d.Move.Body)
	if err != nil {
		return nil, err
	}
	n := &Moving{Hosts: hosts, Bodies: len(bodies)}
	bans, allows, err := r.above(rd, is)
	if err != nil {
		return nil, err
	}
	bansThen, allowsThen, err := r.above(rd, d.Move.Position)
	if err != nil {
		return nil, err
	}
	rules := r.Devices.Fleet.View().World.Rules
	for i := range rules {
		rule := &rules[i]
		switch {
		case !rule.Contains(tx.Now().Time()):
		case rule.Effect == policy.Allow:
			tally(rule.Scope, allows, allowsThen, &n.AllowsEnd, &n.AllowsBegin)
		default:
			tally(rule.Scope, bans, bansThen, &n.BansEnd, &n.BansBegin)
		}
	}
	return n, nil
}

// tally counts a rule whose scope is above one place and not above another.
func tally(scope string, is, then []string, end, begin *int) {
	switch was, will := slices.Contains(is, scope), slices.Contains(then, scope); {
	case was && !will:
		*end++
	case will && !was:
		*begin++
	}
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
