package approvals

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries.
var Kinds = []ledger.Kind{stepTaken, processSet}

// The kinds. The first subject is the body, the second the proposal. What a step says may be restricted: the
// entry says who did what, when, and by which words only where everybody may read them.
var (
	stepTaken  = ledger.Kind{Name: "approvals.step-taken", Version: 1}                // a stepEntry
	processSet = ledger.Kind{Name: "approvals.process-set", Version: 1, Public: true} // a Process
)

// Schema is the tables of this room.
var Schema = store.Schema{Room: "approvals", Steps: []string{`
CREATE TABLE approvals_proposals (
	id TEXT PRIMARY KEY,
	kind TEXT NOT NULL,
	organisation TEXT NOT NULL,
	state TEXT NOT NULL,
	asked TEXT NOT NULL,
	principal TEXT NOT NULL,
	person TEXT NOT NULL,
	at TEXT NOT NULL,
	version BIGINT NOT NULL,
	made TEXT NOT NULL,
	adopts TEXT NOT NULL,
	emergency BIGINT NOT NULL,
	marked BIGINT NOT NULL,
	lapses TEXT,
	document TEXT NOT NULL
);
CREATE INDEX approvals_proposals_state ON approvals_proposals (state, id);
CREATE INDEX approvals_proposals_organisation ON approvals_proposals (organisation, id);
CREATE INDEX approvals_proposals_principal ON approvals_proposals (principal, id);
CREATE INDEX approvals_proposals_person ON approvals_proposals (person, id);
CREATE INDEX approvals_proposals_made ON approvals_proposals (made);
CREATE INDEX approvals_proposals_adopts ON approvals_proposals (adopts);
CREATE TABLE approvals_steps (
	proposal TEXT NOT NULL,
	number BIGINT NOT NULL,
	act TEXT NOT NULL,
	taken_by TEXT NOT NULL,
	principal TEXT NOT NULL,
	at TEXT NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (proposal, number)
);
CREATE TABLE approvals_processes (
	organisation TEXT NOT NULL,
	held_from TEXT NOT NULL,
	document TEXT NOT NULL,
	recorded_at TEXT NOT NULL,
	replaced_at TEXT,
	PRIMARY KEY (organisation, held_from, recorded_at)
);
`, `
CREATE INDEX approvals_steps_principal ON approvals_steps (principal, proposal);
CREATE INDEX approvals_proposals_marked ON approvals_proposals (marked, id);
`}}
