package enforce

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries. There are none: what devices fetch and confirm stays out of the
// ledger, and that their keys end is people's to record.
var Kinds = []ledger.Kind{}

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
`}}
