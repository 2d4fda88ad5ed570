package devices

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries.
var Kinds = []ledger.Kind{
	hostEnrolled, hostChanged, hostMoved, hostRetired, hostReturned,
	releaseAsked, releaseAgreed, releaseRefused, sourceForgotten, batchesDigest,
}

// The kinds. The first subject is the organisation; of a host the second is its id. None is public: who
// has which device is nobody else's business.
var (
	hostEnrolled    = ledger.Kind{Name: "devices.host-enrolled", Version: 1}    // by a person; those by report are in the digest
	hostChanged     = ledger.Kind{Name: "devices.host-changed", Version: 1}     // holder, groups, name, ownership
	hostMoved       = ledger.Kind{Name: "devices.host-moved", Version: 1}       // to another organisation
	hostRetired     = ledger.Kind{Name: "devices.host-retired", Version: 1}     // lost, retired or replaced; the payload says which
	hostReturned    = ledger.Kind{Name: "devices.host-returned", Version: 1}    // in use again
	releaseAsked    = ledger.Kind{Name: "devices.release-asked", Version: 1}    // that a corporate device become personal
	releaseAgreed   = ledger.Kind{Name: "devices.release-agreed", Version: 1}   // by a second person
	releaseRefused  = ledger.Kind{Name: "devices.release-refused", Version: 1}  // or taken back
	sourceForgotten = ledger.Kind{Name: "devices.source-forgotten", Version: 1} // an inventory that nobody renews
	batchesDigest   = ledger.Kind{Name: "devices.batches-digest", Version: 1, Public: true}
)

// attributes are what hosts are, as Attributes in JSON, with the two times.
var attributes = store.History{Table: "devices_attributes"}

// Schema is the tables of this room. That of the attributes has the columns of a store.History, and
// not its index by object: nobody asks for hosts by all of their attributes.
var Schema = store.Schema{Room: "devices", Steps: []string{`
CREATE TABLE devices_hosts (
	id BYTEA PRIMARY KEY,
	organisation TEXT NOT NULL,
	name TEXT NOT NULL,
	state TEXT NOT NULL,
	version BIGINT NOT NULL,
	packed BYTEA NOT NULL,
	sources TEXT NOT NULL,
	digest BIGINT NOT NULL,
	enrolled_at TEXT NOT NULL,
	changed_at TEXT NOT NULL,
	replaced_by TEXT NOT NULL
);
CREATE INDEX devices_hosts_organisation ON devices_hosts (organisation, id);
CREATE INDEX devices_hosts_name ON devices_hosts (name, id);
CREATE INDEX devices_hosts_state ON devices_hosts (state, id) WHERE state <> 'in-use';
CREATE TABLE devices_attributes (
	subject TEXT NOT NULL,
	object TEXT NOT NULL,
	held_from TEXT NOT NULL,
	held_until TEXT,
	recorded_at TEXT NOT NULL,
	replaced_at TEXT,
	PRIMARY KEY (subject, object, held_from, recorded_at)
);
CREATE TABLE devices_changes (
	host BYTEA NOT NULL,
	version BIGINT NOT NULL,
	recorded_at TEXT NOT NULL,
	taken_at TEXT NOT NULL,
	source TEXT NOT NULL,
	reporter TEXT NOT NULL,
	added BYTEA NOT NULL,
	removed BYTEA NOT NULL,
	PRIMARY KEY (host, version)
);
CREATE TABLE devices_seen (
	host BYTEA PRIMARY KEY,
	heard BIGINT NOT NULL,
	noted BIGINT NOT NULL
);
CREATE INDEX devices_seen_noted ON devices_seen (noted);
CREATE TABLE devices_things (
	number BIGINT PRIMARY KEY,
	name TEXT NOT NULL,
	product BIGINT NOT NULL,
	platform TEXT NOT NULL,
	version TEXT NOT NULL,
	code BIGINT,
	signer TEXT NOT NULL,
	managed BIGINT NOT NULL
);
CREATE TABLE devices_names (
	identifier TEXT NOT NULL,
	platform TEXT NOT NULL,
	name TEXT NOT NULL,
	publisher TEXT NOT NULL,
	PRIMARY KEY (identifier, platform)
);
CREATE TABLE devices_counters (
	name TEXT PRIMARY KEY,
	value BIGINT NOT NULL
);
CREATE TABLE devices_servers (
	server TEXT PRIMARY KEY,
	last BIGINT NOT NULL,
	active_at TEXT NOT NULL
);
CREATE TABLE devices_batches (
	server TEXT NOT NULL,
	number BIGINT NOT NULL,
	recorded_at TEXT NOT NULL,
	hosts BYTEA NOT NULL,
	PRIMARY KEY (server, number)
);
CREATE INDEX devices_batches_recorded ON devices_batches (recorded_at);
CREATE TABLE devices_releases (
	id TEXT PRIMARY KEY,
	host BYTEA NOT NULL,
	organisation TEXT NOT NULL,
	ownership TEXT NOT NULL,
	becomes TEXT NOT NULL,
	reason TEXT NOT NULL,
	asked_by TEXT NOT NULL,
	asked_at TEXT NOT NULL,
	answer TEXT NOT NULL,
	why TEXT NOT NULL,
	answered_by TEXT NOT NULL,
	answered_at TEXT
);
CREATE INDEX devices_releases_host ON devices_releases (host, id);
CREATE INDEX devices_releases_open ON devices_releases (id) WHERE answered_at IS NULL;
CREATE TABLE devices_breaches (
	host BYTEA NOT NULL,
	thing BIGINT NOT NULL,
	result TEXT NOT NULL,
	rule TEXT NOT NULL,
	opened_at TEXT NOT NULL,
	opened_generation BIGINT NOT NULL,
	opened_by TEXT NOT NULL,
	closed_at TEXT,
	closed_generation BIGINT,
	closed_by TEXT NOT NULL,
	PRIMARY KEY (host, thing, result, rule, opened_at)
);
CREATE INDEX devices_breaches_open ON devices_breaches (opened_at, host) WHERE closed_at IS NULL;
`}}
