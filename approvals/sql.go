package approvals

import (
	"encoding/json"
	"errors"
	"slices"
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
	one := []Proposal{p}
	err = withSteps(tx, one)
	return one[0], err
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
	visible *visible // nil is all
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
	if w.visible != nil {
		text, args = w.visible.narrow(text, args)
	}
	text += ` ORDER BY id DESC`
	if w.limit > 0 {
		args = append(args, w.limit)
		text += ` LIMIT ` + parameter(len(args))
	}
	if found, err = scanProposals(tx, text, args); err != nil || w.noSteps {
		return found, err
	}
	return found, withSteps(tx, found)
}

// narrow adds to a query what an actor may see at most, and what is marked, which is counted.
func (v *visible) narrow(text string, args []any) (string, []any) {
	next := func(value any) string {
		args = append(args, value)
		return parameter(len(args))
	}
	in := func(bodies []string) string {
		first := len(args) + 1
		for _, b := range bodies {
			args = append(args, b)
		}
		return store.In(first, len(bodies))
	}
	const of = ` UNION SELECT id FROM approvals_proposals WHERE `
	open := func() string { return `state IN (` + next(string(Waiting)) + `, ` + next(string(Interim)) + `)` }
	text += ` AND id IN (SELECT proposal FROM approvals_steps WHERE principal = ` + next(v.principal) + of + `principal = ` + next(v.principal) + of + `person = ` + next(v.principal) + of + `marked = 1`
	if len(v.bodies) > 0 {
		text += of + `organisation IN ` + in(v.bodies)
	}
	switch {
	case v.anywhere:
		text += of + open()
	case v.clears:
		text += of + open() + ` AND version > 1 AND kind = ` + next(string(Exemption)) // what nobody has granted is not cleared
	}
	if len(v.open) > 0 && !v.anywhere {
		text += of + open() + ` AND organisation IN ` + in(v.open)
	}
	return text + `)`, args
}

func scanProposals(tx *store.Tx, text string, args []any) (found []Proposal, err error) {
	err = tx.Rows(text, args, func(scan func(...any) error) error {
		var r row
		if err := scan(r.into()...); err != nil {
			return err
		}
		p, err := r.proposal()
		found = append(found, p)
		return err
	})
	return found, err
}

// selectHeads returns open proposals without their documents and steps, in no order: those of the bodies, where
// some are given, and, where it is for a clearing office, exemptions of all.
func selectHeads(tx *store.Tx, bodies []string, clears bool) (found []Proposal, err error) {
	text, args := `SELECT id, kind, organisation, state, principal, version FROM approvals_proposals WHERE state IN ($1, $2)`, []any{string(Waiting), string(Interim)}
	if len(bodies) > 0 {
		args = append(args, anys(bodies)...)
		text += ` AND (organisation IN ` + store.In(3, len(bodies))
		if clears {
			args = append(args, string(Exemption))
			text += ` OR kind = ` + parameter(len(args)) + ` AND version > 1`
		}
		text += `)`
	}
	err = tx.Rows(text, args, func(scan func(...any) error) error {
		var p Proposal
		err := scan(&p.ID, &p.Kind, &p.Organisation, &p.State, &p.Principal, &p.Version)
		found = append(found, p)
		return err
	})
	return found, err
}

// selectQuestioned returns the heads of the open proposals of somebody, or for them, in which they were asked something that
// nobody has answered: what Proposal.Questioned says of each. It is quick however many are open that are others'.
func selectQuestioned(tx *store.Tx, principal string) (found []Proposal, err error) {
	err = tx.Rows(`SELECT id, kind, organisation, state, principal, version FROM approvals_proposals WHERE id IN (SELECT id FROM approvals_proposals WHERE principal = $1 UNION SELECT id FROM approvals_proposals WHERE person = $1)
AND state = $2 AND (SELECT act FROM approvals_steps WHERE proposal = id AND act IN ($3, $4, $5) ORDER BY number DESC LIMIT 1) = $3`,
		[]any{principal, string(Waiting), string(Question), string(Reply), string(Revise)}, func(scan func(...any) error) error {
			var p Proposal
			err := scan(&p.ID, &p.Kind, &p.Organisation, &p.State, &p.Principal, &p.Version)
			found = append(found, p)
			return err
		})
	return found, err
}

// many is how many ids stand in one query.
const many = 500

// selectProposalsByID returns proposals with their steps, in the order of the ids, which begin with the newest.
func selectProposalsByID(tx *store.Tx, ids []string) (found []Proposal, err error) {
	for ids := range slices.Chunk(ids, many) {
		some, err := scanProposals(tx, `SELECT `+proposalColumns+` FROM approvals_proposals WHERE id IN `+store.In(1, len(ids))+` ORDER BY id DESC`, anys(ids))
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, withSteps(tx, found)
}

func anys(ids []string) []any {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return args
}

// insertStep writes a step down, with what is proposed from then on where it says so.
func insertStep(tx *store.Tx, proposal string, s *Step, draft string) error {
	d := stepDocument{Said: s.Said, Counted: s.Counted, Moving: s.Moving}
	if s.Act == Open || s.Act == Revise {
		d.Draft = json.RawMessage(draft)
	}
	text, err := json.Marshal(d)
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
	Counted *Numbers        `json:"counted,omitempty"`
	Moving  *Moving         `json:"moving,omitempty"`
	Draft   json.RawMessage `json:"draft,omitempty"`
}

// withSteps reads the steps of proposals.
func withSteps(tx *store.Tx, proposals []Proposal) error {
	at, ids := make(map[string]*Proposal, len(proposals)), make([]string, len(proposals))
	for i := range proposals {
		ids[i] = proposals[i].ID
		at[ids[i]] = &proposals[i]
	}
	for ids := range slices.Chunk(ids, many) {
		err := tx.Rows(`SELECT proposal, number, act, taken_by, principal, at, document FROM approvals_steps WHERE proposal IN `+store.In(1, len(ids))+` ORDER BY proposal, number`, anys(ids),
			func(scan func(...any) error) error {
				var s Step
				var of, text string
				if err := scan(&of, &s.Number, &s.Act, &s.By, &s.Principal, &s.At, &text); err != nil {
					return err
				}
				var d stepDocument
				err := json.Unmarshal([]byte(text), &d)
				s.Said, s.Counted, s.Moving = d.Said, d.Counted, d.Moving
				at[of].Steps = append(at[of].Steps, s)
				return err
			})
		if err != nil {
			return err
		}
	}
	return nil
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

// selectProcesses returns the processes of all organisations that have set one, as they are now.
func selectProcesses(tx *store.Tx) (set map[string]Process, err error) {
	set = map[string]Process{}
	err = tx.Rows(`SELECT organisation, document FROM approvals_processes WHERE held_from <= $1 AND replaced_at IS NULL ORDER BY held_from`, []any{tx.Now()},
		func(scan func(...any) error) error {
			var organisation, text string
			if err := scan(&organisation, &text); err != nil {
				return err
			}
			var p Process
			err := json.Unmarshal([]byte(text), &p)
			set[organisation] = p
			return err
		})
	return set, err
}

// insertProcess sets an organisation's process from the time of the transaction on.
func insertProcess(tx *store.Tx, organisation string, p *Process) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	// Of two that are set at one instant the last counts; the ledger has both.
	again, err := tx.Exec(`UPDATE approvals_processes SET document = $1 WHERE organisation = $2 AND held_from = $3 AND recorded_at = $3`, string(text), organisation, tx.Now())
	if err != nil || again > 0 {
		return err
	}
	_, err = tx.Exec(`INSERT INTO approvals_processes (organisation, held_from, document, recorded_at) VALUES ($1, $2, $3, $2)`, organisation, tx.Now(), string(text))
	return err
}

// selectDrafts returns all that was ever proposed in a proposal, in its order: the last is what is proposed now.
func selectDrafts(tx *store.Tx, p *Proposal) (drafts []Draft, err error) {
	err = tx.Rows(`SELECT document FROM approvals_steps WHERE proposal = $1 AND act IN ($2, $3) ORDER BY number`, []any{p.ID, string(Open), string(Revise)},
		func(scan func(...any) error) error {
			var text string
			if err := scan(&text); err != nil {
				return err
			}
			var d stepDocument
			if err := json.Unmarshal([]byte(text), &d); err != nil || d.Draft == nil {
				return err
			}
			draft := Draft{Kind: p.Kind, Organisation: p.Organisation, For: p.For, Adopts: p.Adopts, Emergency: p.Emergency, Marked: p.Marked}
			err := draft.decode(string(d.Draft))
			drafts = append(drafts, draft)
			return err
		})
	return drafts, err
}
