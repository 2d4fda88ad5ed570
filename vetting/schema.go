package vetting

import (
	"portcullis/ledger"
	"portcullis/store"
)

// Kinds are the kinds of this room's ledger entries.
var Kinds = []ledger.Kind{reportMade, reviewed, criteriaSet, trackersSet}

// The kinds. The first subject is the body, the second the report, the review or nothing, the third the proposal where
// there is one.
var (
	reportMade  = ledger.Kind{Name: "vetting.report-made", Version: 1}  // a reportEntry
	reviewed    = ledger.Kind{Name: "vetting.reviewed", Version: 1}     // a reviewEntry
	criteriaSet = ledger.Kind{Name: "vetting.criteria-set", Version: 1} // a fileEntry
	trackersSet = ledger.Kind{Name: "vetting.trackers-set", Version: 1} // a fileEntry
)

// fileSet are the kinds of the entries of the files by which bodies go.
var fileSet = map[table]ledger.Kind{criteriaFiles: criteriaSet, trackerFiles: trackersSet}

// Schema is the tables of this room.
var Schema = store.Schema{Room: "vetting", Steps: []string{`
CREATE TABLE vetting_reports (
	id TEXT PRIMARY KEY,
	organisation TEXT NOT NULL,
	proposal TEXT NOT NULL,
	marked BIGINT NOT NULL,
	digest TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	platform TEXT NOT NULL,
	package TEXT NOT NULL,
	name TEXT NOT NULL,
	file TEXT NOT NULL,
	format TEXT NOT NULL,
	version_name TEXT NOT NULL,
	version_code TEXT NOT NULL,
	error TEXT NOT NULL,
	not_met BIGINT NOT NULL,
	not_known BIGINT NOT NULL,
	criteria TEXT NOT NULL,
	made_by TEXT NOT NULL,
	principal TEXT NOT NULL,
	at TEXT NOT NULL,
	report TEXT NOT NULL
);
CREATE UNIQUE INDEX vetting_reports_same ON vetting_reports (organisation, proposal, digest);
CREATE INDEX vetting_reports_organisation ON vetting_reports (organisation, id);
CREATE INDEX vetting_reports_package ON vetting_reports (package, id);
CREATE INDEX vetting_reports_proposal ON vetting_reports (proposal, id);
CREATE TABLE vetting_reviews (
	id TEXT PRIMARY KEY,
	report TEXT NOT NULL,
	organisation TEXT NOT NULL,
	proposal TEXT NOT NULL,
	marked BIGINT NOT NULL,
	product TEXT NOT NULL,
	outcome TEXT NOT NULL,
	made_by TEXT NOT NULL,
	principal TEXT NOT NULL,
	at TEXT NOT NULL,
	document TEXT NOT NULL
);
CREATE INDEX vetting_reviews_report ON vetting_reviews (report, id);
CREATE INDEX vetting_reviews_proposal ON vetting_reviews (proposal, id);
CREATE INDEX vetting_reviews_product ON vetting_reviews (product, id);
CREATE TABLE vetting_criteria (
	organisation TEXT NOT NULL,
	number BIGINT NOT NULL,
	text TEXT NOT NULL,
	reason TEXT NOT NULL,
	set_by TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (organisation, number)
);
`, `
ALTER TABLE vetting_reviews ADD COLUMN waits BIGINT NOT NULL DEFAULT 0;
CREATE INDEX vetting_reviews_waits ON vetting_reviews (waits, report);
`, `
CREATE TABLE vetting_trackers (
	organisation TEXT NOT NULL,
	number BIGINT NOT NULL,
	text TEXT NOT NULL,
	reason TEXT NOT NULL,
	set_by TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (organisation, number)
);
`}}
