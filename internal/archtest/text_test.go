package archtest

import "testing"

func sqlFile(statement string) string { return "package x\nconst s = `" + statement + "`\n" }

func TestSQLStandsApart(t *testing.T) {
	run(t, sqlStandsApart, []check{
		{name: "where it belongs", files: map[string]string{
			"duties/sql.go":              sqlFile("INSERT INTO duties_course VALUES ($1)"),
			"duties/migrations/first.go": sqlFile("CREATE TABLE duties_course (id TEXT)"),
			"duties/a_test.go":           sqlFile("DELETE FROM duties_course"),
			"internal/storetest/a.go":    sqlFile("DELETE FROM duties_course")}},
		{name: "prose and questions", files: map[string]string{
			"duties/a.go":           sqlFile("update the set of courses; delete from disk what is old"),
			"platform/osquery/a.go": sqlFile("SELECT name FROM apps")}},
		{name: "elsewhere", files: map[string]string{"duties/course.go": sqlFile("\nupdate duties_course\nset a = 1")},
			want: []string{"duties/course.go:3: holds SQL that writes duties_course"}},
		{name: "each statement", files: map[string]string{
			"duties/a.go": sqlFile("create table if not exists a (b TEXT); insert or ignore into c values (1); UPDATE d AS e SET f = 1; DELETE FROM g;")},
			want: []string{"duties/a.go:2: holds SQL that writes a", "duties/a.go:2: holds SQL that writes c",
				"duties/a.go:2: holds SQL that writes d", "duties/a.go:2: holds SQL that writes g"}},
	})
}

func TestTablesBelongToRooms(t *testing.T) {
	run(t, tablesBelongToRooms, []check{
		{name: "its own", files: map[string]string{
			"duties/sql.go":             sqlFile("DELETE FROM duties_course WHERE id = $1"),
			"ledger/migrations/one.sql": "CREATE TABLE ledger (id TEXT);\nCREATE TABLE ledger_entry (id TEXT);\n"}},
		{name: "another's", files: map[string]string{"duties/sql.go": sqlFile("UPDATE people_person SET name = $1")},
			want: []string{"duties/sql.go:2: duties writes the table people_person"}},
		{name: "a name without its room", files: map[string]string{
			"duties/migrations/one.sql": "-- courses\nCREATE TABLE course (id TEXT);\n", "duties/testdata/other.sql": "CREATE TABLE course (id TEXT);"},
			want: []string{"duties/migrations/one.sql:2: duties writes the table course"}},
	})
}

func TestTestsRun(t *testing.T) {
	test := func(statement string) string {
		return "package x\nfunc TestX(t *testing.T) {\n" + statement + "\n}\n"
	}
	run(t, testsRun, []check{
		{name: "runs", files: map[string]string{
			"duties/a_test.go": test("decoder.Skip()"),
			"duties/a.go":      test("time.Sleep(1)")}},
		{name: "skips", files: map[string]string{"duties/a_test.go": test("t.Skip()"), "duties/b_test.go": test("t.Skipf(``)")},
			want: []string{"duties/a_test.go:3: uses t.Skip", "duties/b_test.go:3: uses t.Skipf"}},
		{name: "skips for others", files: map[string]string{"internal/storetest/a.go": test("tb.SkipNow()")},
			want: []string{"internal/storetest/a.go:3: uses tb.SkipNow"}},
		{name: "sleeps", files: map[string]string{"duties/a_test.go": test("time.Sleep(1)"), "platform/platformtest/a.go": test("time.Sleep(1)")},
			want: []string{"duties/a_test.go:3: uses time.Sleep", "platform/platformtest/a.go:3: uses time.Sleep"}},
	})
}

func TestNothingLeftForLater(t *testing.T) {
	run(t, nothingLeftForLater, []check{
		{name: "other words and other people's", files: map[string]string{
			"duties/a.go":            "package x\n// A to-do list, of TODOS.\nconst s = `TODO`\n",
			"duties/testdata/in.csv": "TODO\n"}},
		{name: "in a comment", files: map[string]string{"duties/a.go": "package x\n\n/* later:\nTODO */\n"},
			want: []string{"duties/a.go:4: says TODO"}},
		{name: "in a document", files: map[string]string{"docs/a.md": "# A\nFIXME: more\n"},
			want: []string{"docs/a.md:2: says FIXME"}},
	})
}

func TestNoMachinePaths(t *testing.T) {
	const root, tmp = "/" + "root/", "/" + "tmp/"
	run(t, noMachinePaths, []check{
		{name: "addresses and devices' own", files: map[string]string{
			"docs/a.md": "https://a.example/work/a, /Applications/A.app, /usr/bin/a, lists" + root + "a\n"}},
		{name: "in a document", files: map[string]string{"docs/a.md": "# A\nsee `" + root + "a`\n"},
			want: []string{"docs/a.md:2: says " + root}},
		{name: "in code", files: map[string]string{"duties/a.go": "package x\nconst s = \"" + tmp + "a\"\n"},
			want: []string{"duties/a.go:2: says " + tmp}},
		{name: "at the beginning of a line", files: map[string]string{"Makefile": "/" + "home/me/go test\n"},
			want: []string{"Makefile:1: says /" + "home/me/"}},
		{name: "not in samples", files: map[string]string{"platform/santa/testdata/a.json": "\"" + root + "a\"", "demo/a.json": "\"" + tmp + "a\""}},
		{name: "not in what is no text", files: map[string]string{"docs/a.png": "\x00 " + root}},
	})
}
