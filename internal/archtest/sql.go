package archtest

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// statement finds the SQL that makes or writes a table; its name is in one of the groups. What
// only reads is left alone, because other programs are asked in SQL too.
var statement = regexp.MustCompile(`(?i)\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?"?(\w+)` +
	`|\binsert\s+(?:or\s+\w+\s+)?into\s+"?(\w+)` +
	`|\bupdate\s+"?(\w+)"?\s+(?:as\s+\w+\s+)?set\s+\w+\s*=` +
	`|\bdelete\s+from\s+"?(\w+)"?\s*(?:where\b|;|$)`)

// write is one statement that makes or writes a table.
type write struct {
	place string
	table string
}

// sqlStandsApart: all of a room's SQL in one file can be read against the schema in one sitting.
func sqlStandsApart(m *Module) []Breach {
	const why = "a room's SQL stands in its sql.go and its schema.go, so that it can be read together"
	var breaches []Breach
	for _, p := range m.Packages {
		for _, f := range p.Files {
			if f.Test || p.forTests() || mayHoldSQL(f.Path) {
				continue
			}
			for _, w := range goWrites(f) {
				breaches = append(breaches, Breach{w.place, "holds SQL that writes " + w.table, why})
			}
		}
	}
	return breaches
}

// tablesBelongToRooms: whoever asks how a row came to be has one room to read.
func tablesBelongToRooms(m *Module) []Breach {
	var breaches []Breach
	hold := func(room string, writes []write) {
		for _, w := range writes {
			if w.table != room && !strings.HasPrefix(w.table, room+"_") {
				breaches = append(breaches, Breach{w.place, fmt.Sprintf("%s writes the table %s", room, w.table),
					fmt.Sprintf("a table's name starts with its room's (%s_…), and that room alone writes it", room)})
			}
		}
	}
	for _, p := range m.Packages {
		for _, f := range p.Files {
			if !f.Test && !p.forTests() {
				hold(p.Room(), goWrites(f))
			}
		}
	}
	for _, t := range m.Texts {
		if path.Ext(t.Path) == ".sql" && !strings.Contains(t.Path, "testdata/") {
			room, _, _ := strings.Cut(t.Path, "/")
			hold(room, writes(t.Path, Piece{1, t.Content}))
		}
	}
	return breaches
}

func mayHoldSQL(file string) bool {
	return path.Base(file) == "sql.go" || path.Base(file) == "schema.go" || path.Base(path.Dir(file)) == "migrations"
}

func goWrites(f File) []write {
	var found []write
	for _, s := range f.Strings {
		found = append(found, writes(f.Path, s)...)
	}
	return found
}

func writes(file string, p Piece) []write {
	var found []write
	for _, m := range statement.FindAllStringSubmatchIndex(p.Text, -1) {
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				line := p.Line + strings.Count(p.Text[:m[0]], "\n")
				found = append(found, write{at(file, line), strings.ToLower(p.Text[m[g]:m[g+1]])})
			}
		}
	}
	return found
}
