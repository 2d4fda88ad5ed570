package handbook

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries.
var Kinds = []ledger.Kind{adviceKept, adviceTakenBack, notePassed, noteCorrected}

// Schema is the tables of this room.
var Schema = store.Schema{Room: "handbook", Steps: []string{`
CREATE TABLE handbook_advice (
	id TEXT NOT NULL,
	version BIGINT NOT NULL,
	subject TEXT NOT NULL,
	subject_of TEXT NOT NULL,
	title TEXT NOT NULL,
	body TEXT NOT NULL,
	starter BIGINT NOT NULL,
	taken_back BIGINT NOT NULL,
	recorded_by TEXT NOT NULL,
	recorded_at TEXT,
	replaced_at TEXT,
	PRIMARY KEY (id, version)
);
CREATE INDEX handbook_advice_now ON handbook_advice (subject, subject_of) WHERE replaced_at IS NULL;
CREATE TABLE handbook_passed (
	id TEXT NOT NULL,
	version BIGINT NOT NULL,
	person TEXT NOT NULL,
	organisation TEXT NOT NULL,
	day TEXT NOT NULL,
	channel TEXT NOT NULL,
	with_whom TEXT NOT NULL,
	subject TEXT NOT NULL,
	record TEXT NOT NULL,
	written_at TEXT NOT NULL,
	recorded_at TEXT NOT NULL,
	replaced_at TEXT,
	PRIMARY KEY (id, version)
);
CREATE INDEX handbook_passed_person ON handbook_passed (person, id) WHERE replaced_at IS NULL;
CREATE INDEX handbook_passed_organisation ON handbook_passed (organisation, id) WHERE replaced_at IS NULL;
`}}
