package osquery

import (
	"encoding/json"
	"slices"
	"sync"

	"portcullis/policy"
)

// prefix is what the names of the queries that a server asks begin with; the name of the table follows.
const prefix = "portcullis/"

// question is a query about one table. The columns are those that the reader reads, and no path of a file, no user
// and no text that somebody wrote. They come in one order, so that the same software gives the same bytes.
type question struct {
	table, sql string
	// optional tables are not in every osquery, or not on every device of the platform. Whether this one has
	// it is asked first: a query of a table that is not there fails, as one that could not be answered does.
	optional string
}

// inRegistry asks whether osquery has a table.
func inRegistry(table string) string {
	return "SELECT 1 FROM osquery_registry WHERE registry = 'table' AND active = 1 AND name = '" + table + "'"
}

// Browsers' tables have one row for each person's add-on, and none where no person is named.
var (
	chromeQuestion  = question{table: "chrome_extensions", sql: "SELECT DISTINCT e.identifier, e.name, e.version, e.browser_type FROM users u CROSS JOIN chrome_extensions e USING (uid) ORDER BY 4, 1, 3, 2"}
	firefoxQuestion = question{table: "firefox_addons", sql: "SELECT DISTINCT e.identifier, e.name, e.version, e.creator FROM users u CROSS JOIN firefox_addons e USING (uid) ORDER BY 1, 3, 2", optional: inRegistry("firefox_addons")}
	safariQuestion  = question{table: "safari_extensions", sql: "SELECT DISTINCT e.identifier, e.name, e.version, e.author FROM users u CROSS JOIN safari_extensions e USING (uid) ORDER BY 1, 3, 2", optional: inRegistry("safari_extensions")}
)

// questions are what is asked about the software of each platform.
var questions = map[policy.Platform][]question{
	policy.MacOS: {
		{table: "apps", sql: "SELECT DISTINCT bundle_identifier, bundle_name, name, bundle_short_version FROM apps ORDER BY 1, 4, 2, 3"},
		{table: "homebrew_packages", sql: "SELECT DISTINCT name, version FROM homebrew_packages ORDER BY 1, 2", optional: inRegistry("homebrew_packages")},
		chromeQuestion, firefoxQuestion, safariQuestion,
	},
	policy.Windows: {
		{table: "programs", sql: "SELECT DISTINCT name, version, publisher FROM programs ORDER BY 1, 2, 3"},
		chromeQuestion, firefoxQuestion,
	},
	// A Linux has packages of the one kind or the other; the table of the other is there, and is empty.
	policy.Linux: {
		{table: "deb_packages", sql: "SELECT DISTINCT name, version, status FROM deb_packages ORDER BY 1, 2, 3", optional: "SELECT 1 FROM deb_packages LIMIT 1"},
		{table: "rpm_packages", sql: "SELECT DISTINCT name, version, release, vendor FROM rpm_packages ORDER BY 1, 2, 3, 4", optional: "SELECT 1 FROM rpm_packages LIMIT 1"},
		chromeQuestion, firefoxQuestion,
	},
}

// whole tells whether answers are all that is asked about a platform: those that every device has, and one at least
// that lists the software of the system itself.
func whole(p policy.Platform, answered []string) bool {
	system := false
	for _, q := range questions[p] {
		has := slices.Contains(answered, prefix+q.table)
		if !has && q.optional == "" {
			return false
		}
		system = system || has && tables[q.table].primary()
	}
	return system
}

// asked is the answer to distributed/read.
type asked struct {
	Queries   map[string]string `json:"queries"`
	Discovery map[string]string `json:"discovery,omitempty"`
}

// Quiet is the answer to distributed/read where nothing is asked. It is shared, and not to be changed.
var Quiet = encode(asked{Queries: map[string]string{}})

var encoded = sync.OnceValue(func() map[policy.Platform][]byte {
	all := map[policy.Platform][]byte{}
	for p, of := range questions {
		a := asked{Queries: map[string]string{}, Discovery: map[string]string{}}
		for _, q := range of {
			a.Queries[prefix+q.table] = q.sql
			if q.optional != "" {
				a.Discovery[prefix+q.table] = q.optional
			}
		}
		all[p] = encode(a)
	}
	return all
})

// Questions is the answer to distributed/read that asks what is installed on a device of the platform; Quiet where
// osquery cannot tell. It is shared, and not to be changed.
func Questions(p policy.Platform) []byte {
	if all, ok := encoded()[p]; ok {
		return all
	}
	return Quiet
}

// encode writes an answer. None of them has anything that cannot be written.
func encode(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return out
}
