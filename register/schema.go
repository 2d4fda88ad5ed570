package register

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries.
var Kinds = []ledger.Kind{worldImported, supplierAdded, productAdded, identifierLinked, ruleAdded, ruleEnded, ruleKept, exemptionAdded, exemptionEnded,
	leftUnlisted, supplierChanged, productChanged}

// The kinds. The first subject is the organisation: the scope of a rule or an exemption, the body that
// leaves an app unlisted, Everywhere for what holds for all. The second is the id of the thing.
var (
	worldImported    = ledger.Kind{Name: "register.world-imported", Version: 1, Public: true}    // the payload is an Imported
	supplierAdded    = ledger.Kind{Name: "register.supplier-added", Version: 1, Public: true}    // its document
	productAdded     = ledger.Kind{Name: "register.product-added", Version: 1, Public: true}     // a productEntry
	identifierLinked = ledger.Kind{Name: "register.identifier-linked", Version: 1, Public: true} // an identifierEntry
	ruleAdded        = ledger.Kind{Name: "register.rule-added", Version: 1, Public: true}        // its document
	ruleEnded        = ledger.Kind{Name: "register.rule-ended", Version: 1, Public: true}        // an endEntry
	ruleKept         = ledger.Kind{Name: "register.rule-kept", Version: 1, Public: true}         // an endEntry: it was to end, and goes on
	supplierChanged  = ledger.Kind{Name: "register.supplier-changed", Version: 1, Public: true}  // its document
	productChanged   = ledger.Kind{Name: "register.product-changed", Version: 1, Public: true}   // its document
	exemptionEnded   = ledger.Kind{Name: "register.exemption-ended", Version: 1}                 // an endEntry
	exemptionAdded   = ledger.Kind{Name: "register.exemption-added", Version: 1}                 // its document
	leftUnlisted     = ledger.Kind{Name: "register.left-unlisted", Version: 1}                   // an unlistedEntry
)

// Schema is the tables of this room. A row of register_items or register_triage counts from the
// generation in which it was recorded, and until the one in which it was replaced.
var Schema = store.Schema{Room: "register", Steps: []string{`
CREATE TABLE register_items (
	section TEXT NOT NULL,
	id TEXT NOT NULL,
	position BIGINT NOT NULL,
	document TEXT NOT NULL,
	reason TEXT NOT NULL,
	recorded_by TEXT NOT NULL,
	recorded_at TEXT NOT NULL,
	generation BIGINT NOT NULL,
	replaced_at TEXT,
	replaced_generation BIGINT,
	PRIMARY KEY (section, id, generation)
);
CREATE INDEX register_items_place ON register_items (section, position);
CREATE INDEX register_items_recorded ON register_items (generation);
CREATE INDEX register_items_replaced ON register_items (replaced_generation);
CREATE TABLE register_identifiers (
	digest TEXT PRIMARY KEY,
	product TEXT NOT NULL
);
CREATE TABLE register_triage (
	organisation TEXT NOT NULL,
	product TEXT NOT NULL,
	decision TEXT NOT NULL,
	rule TEXT NOT NULL,
	reason TEXT NOT NULL,
	recorded_by TEXT NOT NULL,
	recorded_at TEXT NOT NULL,
	generation BIGINT NOT NULL,
	replaced_at TEXT,
	replaced_generation BIGINT,
	PRIMARY KEY (organisation, product, generation)
);
CREATE TABLE register_organisations (
	id TEXT PRIMARY KEY,
	position BIGINT NOT NULL
);
`}}
