package approvals

import (
	"encoding/json"
	"errors"
	"strconv"

	"portcullis/store"
)

const proposalColumns = `id, kind, organisation, state, asked, principal, person, at, version, made, adopts, emergency, marked, lapses, document`

// row is a proposal as a row has it.
type row struct {
	Proposal
	emergency, marked int64
	document          string
}

func (r *row) into() []any {
	return []any{&r.ID, &r.Kind, &r.Organisation, &r.State, &r.Asked, &r.Principal, &r.For, &r.At, &r.Version, &r.Made, &r.Adopts, &r.emergency, &r.marked, &r.Lapses, &r.document}
}

func (r *row) proposal() (Proposal, error) {
	r.Emergency, r.Marked = r.emergency != 0, r.marked != 0
	return r.Proposal, r.Proposal.decode(r.document)
}

func flag(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func insertProposal(tx *store.Tx, p *Proposal) error {
	text, err := p.encode()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO approvals_proposals (`+proposalColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		p.ID, string(p.Kind), p.Organisation, string(p.State), p.Asked, p.Principal, p.For, p.At, p.Version, p.Made, p.Adopts, flag(p.Emergency), flag(p.Marked), p.Lapses, text)
	return err
}

func updateProposal(tx *store.Tx, p *Proposal) error {
	text, err := p.encode()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE approvals_proposals SET state = $1, version = $2, made = $3, lapses = $4, document = $5 WHERE id = $6`,
		string(p.State), p.Version, p.Made, p.Lapses, text, p.ID)
	return err
}

// selectProposal returns a proposal with its steps, or store.ErrNotFound.
func selectProposal(tx *store.Tx, id string) (Proposal, error) {
	var r row
	if err := tx.Row(`SELECT `+proposalColumns+` FROM approvals_proposals WHERE id = $1`, []any{id}, r.into()...); err != nil {
		return Proposal{}, err
	}
	p, err := r.proposal()
	if err != nil {
		return Proposal{}, err
	}
	p.Steps, err = selectSteps(tx, id)
	return p, err
}

func parameter(n int) string { return "$" + strconv.Itoa(n) }

// where is which proposals are sought: those that fit all that is given.
type where struct {
	states  []State
	kind    Kind
	body    string
	asked   string // the principal who opened it, or the person for whom it is
	made    string
	adopts  string
	before  string
	limit   int
	noSteps bool
}

// selectProposals returns proposals, the newest first.
func selectProposals(tx *store.Tx, w where) (found []Proposal, err error) {
	text, args := `SELECT `+proposalColumns+` FROM approvals_proposals WHERE 1 = 1`, []any{}
	and := func(condition string, value any) {
		args = append(args, value)
		text += ` AND ` + condition + parameter(len(args))
	}
	if len(w.states) > 0 {
		text += ` AND state IN ` + store.In(len(args)+1, len(w.states))
		for _, s := range w.states {
			args = append(args, string(s))
		}
	}
	for _, c := range []struct{ condition, value string }{{`kind = `, string(w.kind)}, {`organisation = `, w.body}, {`made = `, w.made}, {`adopts = `, w.adopts}, {`id < `, w.before}} {
		if c.value != "" {
			and(c.condition, c.value)
		}
	}
	if w.asked != "" {
		n := parameter(len(args) + 1)
		text += ` AND (principal = ` + n + ` OR person = ` + n + `)`
		args = append(args, w.asked)
	}
	text += ` ORDER BY id DESC`
	if w.limit > 0 {
		args = append(args, w.limit)
		text += ` LIMIT ` + parameter(len(args))
	}
	err = tx.Rows(text, args, func(scan func(...any) error) error {
		var r row
		if err := scan(r.into()...); err != nil {
			return err
		}
		p, err := r.proposal()
		found = append(found, p)
		return err
	})
	if err != nil || w.noSteps {
		return found, err
	}
	for i := range found {
		if found[i].Steps, err = selectSteps(tx, found[i].ID); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func insertStep(tx *store.Tx, proposal string, s *Step) error {
	text, err := json.Marshal(stepDocument{s.Said, s.Counted})
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO approvals_steps (proposal, number, act, taken_by, principal, at, document) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		proposal, s.Number, string(s.Act), s.By, s.Principal, s.At, string(text))
	return err
}

// stepDocument is the parts of a step that stand in no column of their own.
type stepDocument struct {
	Said
	Counted *Numbers `json:"counted,omitempty"`
}

func selectSteps(tx *store.Tx, proposal string) (steps []Step, err error) {
	err = tx.Rows(`SELECT number, act, taken_by, principal, at, document FROM approvals_steps WHERE proposal = $1 ORDER BY number`, []any{proposal},
		func(scan func(...any) error) error {
			var s Step
			var text string
			if err := scan(&s.Number, &s.Act, &s.By, &s.Principal, &s.At, &text); err != nil {
				return err
			}
			var d stepDocument
			err := json.Unmarshal([]byte(text), &d)
			s.Said, s.Counted = d.Said, d.Counted
			steps = append(steps, s)
			return err
		})
	return steps, err
}

// selectProcess returns the process that an organisation had set for the time t, as it was known then, and
// tells whether there is one.
func selectProcess(tx *store.Tx, organisation string, t, known store.Time) (p Process, there bool, err error) {
	var text string
	err = tx.Row(`SELECT document FROM approvals_processes WHERE organisation = $1 AND held_from <= $2 AND recorded_at <= $3 AND (replaced_at IS NULL OR replaced_at > $3) ORDER BY held_from DESC LIMIT 1`,
		[]any{organisation, t, known}, &text)
	if errors.Is(err, store.ErrNotFound) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	return p, true, json.Unmarshal([]byte(text), &p)
}

// insertProcess sets an organisation's process from the time of the transaction on.
func insertProcess(tx *store.Tx, organisation string, p *Process) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE approvals_processes SET replaced_at = $1 WHERE organisation = $2 AND held_from = $1 AND replaced_at IS NULL`, tx.Now(), organisation); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO approvals_processes (organisation, held_from, document, recorded_at) VALUES ($1, $2, $3, $2)`, organisation, tx.Now(), string(text))
	return err
}
