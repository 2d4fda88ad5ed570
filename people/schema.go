package people

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries.
var Kinds = []ledger.Kind{
	organisationAdded, organisationChanged,
	personAdded, personChanged, personDeactivated, personReactivated,
	roleGiven, roleTaken,
	groupAdded, groupChanged, groupRemoved,
	tokenMade, tokenEnded, keysEnded,
	invited, passkeyAdded, passkeyRemoved, identityLinked, firstAdmin,
	accessDigest,
}

// Schema is the tables of this room.
var Schema = store.Schema{Room: "people", Steps: []string{`
CREATE TABLE people_organisations (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	added TEXT NOT NULL,
	version BIGINT NOT NULL
);
` + parents.Steps() + lists.Steps() + monitors.Steps() + `
CREATE TABLE people_persons (
	id TEXT PRIMARY KEY,
	user_name TEXT NOT NULL,
	user_name_lower TEXT NOT NULL,
	name TEXT NOT NULL,
	name_lower TEXT NOT NULL,
	mail TEXT NOT NULL,
	mail_lower TEXT NOT NULL,
	phone TEXT NOT NULL,
	external_id TEXT NOT NULL,
	given_name TEXT NOT NULL,
	family_name TEXT NOT NULL,
	employee_number TEXT NOT NULL,
	department TEXT NOT NULL,
	active BIGINT NOT NULL,
	version BIGINT NOT NULL,
	created TEXT NOT NULL,
	changed TEXT NOT NULL
);
CREATE UNIQUE INDEX people_persons_user_name ON people_persons (user_name_lower);
CREATE INDEX people_persons_name ON people_persons (name_lower, id);
CREATE INDEX people_persons_mail ON people_persons (mail_lower);
CREATE INDEX people_persons_external_id ON people_persons (external_id);
CREATE TABLE people_words (
	word BYTEA NOT NULL,
	name_lower TEXT NOT NULL,
	person TEXT NOT NULL,
	PRIMARY KEY (word, name_lower, person)
);
CREATE INDEX people_words_person ON people_words (person, word);
` + memberships.Steps() + `
CREATE INDEX people_memberships_now ON people_memberships (object, subject, held_from, held_until) WHERE replaced_at IS NULL;
CREATE TABLE people_groups (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	name_lower TEXT NOT NULL,
	external_id TEXT NOT NULL,
	organisation TEXT NOT NULL,
	version BIGINT NOT NULL,
	created TEXT NOT NULL,
	changed TEXT NOT NULL
);
CREATE INDEX people_groups_name ON people_groups (name_lower, id);
` + groupMembers.Steps() + roles.Steps() + `
CREATE TABLE people_assignments (
	thing TEXT NOT NULL,
	person TEXT NOT NULL,
	PRIMARY KEY (thing, person)
);
CREATE INDEX people_assignments_person ON people_assignments (person);
CREATE TABLE people_passkeys (
	id TEXT PRIMARY KEY,
	person TEXT NOT NULL,
	name TEXT NOT NULL,
	credential TEXT NOT NULL,
	added TEXT NOT NULL,
	used TEXT
);
CREATE INDEX people_passkeys_person ON people_passkeys (person);
CREATE TABLE people_identities (
	issuer TEXT NOT NULL,
	subject TEXT NOT NULL,
	person TEXT NOT NULL,
	added TEXT NOT NULL,
	PRIMARY KEY (issuer, subject)
);
CREATE INDEX people_identities_person ON people_identities (person);
CREATE TABLE people_sessions (
	id TEXT PRIMARY KEY,
	digest TEXT NOT NULL,
	person TEXT NOT NULL,
	method TEXT NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL,
	begun TEXT NOT NULL,
	seen TEXT NOT NULL,
	expires TEXT NOT NULL
);
CREATE UNIQUE INDEX people_sessions_digest ON people_sessions (digest);
CREATE INDEX people_sessions_person ON people_sessions (person);
CREATE TABLE people_ceremonies (
	digest TEXT PRIMARY KEY,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	expires TEXT NOT NULL
);
CREATE TABLE people_links (
	digest TEXT PRIMARY KEY,
	person TEXT NOT NULL,
	maker TEXT NOT NULL,
	expires TEXT NOT NULL
);
CREATE INDEX people_links_person ON people_links (person);
CREATE INDEX people_links_maker ON people_links (maker);
CREATE TABLE people_tokens (
	id TEXT PRIMARY KEY,
	digest TEXT NOT NULL,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	organisation TEXT NOT NULL,
	maker TEXT NOT NULL,
	made TEXT NOT NULL,
	expires TEXT NOT NULL,
	ended TEXT,
	used TEXT
);
CREATE UNIQUE INDEX people_tokens_digest ON people_tokens (digest);
CREATE INDEX people_tokens_maker ON people_tokens (maker);
CREATE TABLE people_requests (
	actor TEXT NOT NULL,
	key TEXT NOT NULL,
	digest TEXT NOT NULL,
	result TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (actor, key)
);
CREATE TABLE people_access (
	id TEXT PRIMARY KEY,
	at TEXT NOT NULL,
	actor TEXT NOT NULL,
	address TEXT NOT NULL,
	outcome TEXT NOT NULL,
	permission TEXT NOT NULL,
	organisation TEXT NOT NULL,
	detail TEXT NOT NULL
);
CREATE INDEX people_access_at ON people_access (at, id);
CREATE TABLE people_hours (
	hour TEXT PRIMARY KEY,
	events BIGINT NOT NULL,
	digest TEXT NOT NULL
);
`, `
CREATE TABLE people_sponsors (
	person TEXT NOT NULL,
	sponsor TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (person, sponsor)
);
`, `
CREATE TABLE people_device_keys (
	host TEXT PRIMARY KEY,
	epoch BIGINT NOT NULL
);
`}}
