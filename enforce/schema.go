package enforce

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries. What devices fetch and confirm stays out of the ledger, and that
// their keys end is people's to record.
var Kinds = []ledger.Kind{orderAsked, orderAgreed, orderRefused, zoneAdded, zoneChanged, zoneRotated, zoneEnded, networkAsked, networkAgreed, networkRefused}

// The kinds. The first subject is the organisation, the second the device. None is public: which device is lost is
// nobody else's business.
var (
	orderAsked   = ledger.Kind{Name: "enforce.order-asked", Version: 1}   // that a device be locked, which one person's word does, or erased
	orderAgreed  = ledger.Kind{Name: "enforce.order-agreed", Version: 1}  // by a second person
	orderRefused = ledger.Kind{Name: "enforce.order-refused", Version: 1} // or taken back
)

// Schema is the tables of this room.
var Schema = store.Schema{Room: "enforce", Steps: []string{`
CREATE TABLE enforce_agents (
	host TEXT NOT NULL,
	form TEXT NOT NULL,
	credential TEXT NOT NULL DEFAULT '',
	enrolled_at TEXT,
	told TEXT NOT NULL DEFAULT '',
	offered_digest TEXT NOT NULL DEFAULT '',
	offered_generation BIGINT NOT NULL DEFAULT 0,
	offered_at TEXT,
	offered_base TEXT NOT NULL DEFAULT '',
	offered_own BYTEA,
	fetched_digest TEXT NOT NULL DEFAULT '',
	fetched_generation BIGINT NOT NULL DEFAULT 0,
	fetched_at TEXT,
	confirmed_digest TEXT NOT NULL DEFAULT '',
	confirmed_generation BIGINT NOT NULL DEFAULT 0,
	confirmed_at TEXT,
	confirmed_base TEXT NOT NULL DEFAULT '',
	confirmed_own BYTEA,
	PRIMARY KEY (host, form)
);
CREATE INDEX enforce_agents_offered ON enforce_agents (offered_base);
CREATE INDEX enforce_agents_confirmed ON enforce_agents (confirmed_base);
CREATE TABLE enforce_taken (
	host TEXT NOT NULL,
	form TEXT NOT NULL,
	generation BIGINT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (host, form, generation)
);
CREATE INDEX enforce_taken_at ON enforce_taken (at);
CREATE TABLE enforce_lists (
	digest TEXT PRIMARY KEY,
	form TEXT NOT NULL,
	data BYTEA NOT NULL,
	made_at TEXT NOT NULL
);
CREATE INDEX enforce_lists_made ON enforce_lists (made_at);
CREATE TABLE enforce_published (
	form TEXT NOT NULL,
	organisation TEXT NOT NULL,
	platform TEXT NOT NULL,
	generation BIGINT NOT NULL,
	digest TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (form, organisation, platform, generation, digest)
);
`, `
CREATE TABLE enforce_orders (
	id TEXT PRIMARY KEY,
	host TEXT NOT NULL,
	organisation TEXT NOT NULL,
	action TEXT NOT NULL,
	reason TEXT NOT NULL,
	pin TEXT NOT NULL,
	asked_by TEXT NOT NULL,
	asked_at TEXT NOT NULL,
	answer TEXT NOT NULL,
	answered_by TEXT NOT NULL,
	answered_at TEXT,
	why TEXT NOT NULL,
	sent_at TEXT,
	done_at TEXT,
	failed TEXT NOT NULL
);
CREATE INDEX enforce_orders_host ON enforce_orders (host, id);
CREATE INDEX enforce_orders_due ON enforce_orders (id) WHERE answer = 'agreed' AND sent_at IS NULL;
`, `
CREATE TABLE enforce_zones (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	organisation TEXT NOT NULL,
	passed TEXT NOT NULL,
	notify TEXT NOT NULL,
	keys BIGINT NOT NULL,
	added_at TEXT NOT NULL,
	ended_at TEXT,
	version BIGINT NOT NULL,
	editions BIGINT NOT NULL DEFAULT 0,
	serial BIGINT NOT NULL,
	digest TEXT NOT NULL DEFAULT '',
	generation BIGINT NOT NULL DEFAULT 0,
	listed_at TEXT,
	published_at TEXT
);
CREATE UNIQUE INDEX enforce_zones_name ON enforce_zones (name) WHERE ended_at IS NULL;
CREATE TABLE enforce_zone_secrets (
	zone TEXT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	secret TEXT NOT NULL,
	made_at TEXT NOT NULL,
	until TEXT,
	PRIMARY KEY (zone, kind, name)
);
`, `
CREATE INDEX enforce_orders_open ON enforce_orders (id) WHERE answer = '';
`, `
CREATE TABLE enforce_zone_networks (
	id TEXT PRIMARY KEY,
	zone TEXT NOT NULL,
	network TEXT NOT NULL,
	reason TEXT NOT NULL,
	until TEXT NOT NULL,
	asked_by TEXT NOT NULL,
	asked_at TEXT NOT NULL,
	answer TEXT NOT NULL,
	answered_by TEXT NOT NULL,
	answered_at TEXT,
	why TEXT NOT NULL,
	over_at TEXT,
	over_by TEXT NOT NULL
);
CREATE INDEX enforce_zone_networks_zone ON enforce_zone_networks (zone, id);
CREATE INDEX enforce_zone_networks_until ON enforce_zone_networks (until) WHERE answer = 'agreed' AND over_at IS NULL;
CREATE INDEX enforce_zone_secrets_until ON enforce_zone_secrets (until) WHERE until IS NOT NULL;
UPDATE enforce_zones SET passed = '', version = version + 1 WHERE passed <> '' AND ended_at IS NULL;
`, `
ALTER TABLE enforce_zone_secrets ADD COLUMN fetched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enforce_zone_secrets ADD COLUMN fetched_at TEXT;
`}}
