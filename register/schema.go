package register

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries.
var Kinds = []ledger.Kind{worldImported, ruleAdded, exemptionAdded}

// The kinds. The first subject is the organisation: the scope of a rule or an exemption, Everywhere for
// an import. The second is the id of the rule or exemption, and the payload its document.
var (
	worldImported  = ledger.Kind{Name: "register.world-imported", Version: 1, Public: true} // the payload is an Imported
	ruleAdded      = ledger.Kind{Name: "register.rule-added", Version: 1, Public: true}
	exemptionAdded = ledger.Kind{Name: "register.exemption-added", Version: 1}
)

// Schema is the tables of this room.
var Schema = store.Schema{Room: "register", Steps: []string{`
CREATE TABLE register_items (
	section TEXT NOT NULL,
	id TEXT NOT NULL,
	position BIGINT NOT NULL,
	document TEXT NOT NULL,
	recorded_at TEXT NOT NULL,
	replaced_at TEXT,
	recorded_by TEXT NOT NULL,
	PRIMARY KEY (section, id, recorded_at)
);
CREATE TABLE register_organisations (
	id TEXT PRIMARY KEY,
	position BIGINT NOT NULL
);
CREATE TABLE register_hosts (
	id BYTEA PRIMARY KEY,
	organisation TEXT NOT NULL,
	document TEXT NOT NULL,
	recorded_at TEXT NOT NULL
);
`}}
