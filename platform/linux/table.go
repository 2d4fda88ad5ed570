package linux

import (
	"fmt"
	"io"
	"strings"

	"portcullis/platform"
	"portcullis/platform/export"
)

// maxHead is how many lines may stand before the end of the table's head: dpkg writes five, and
// messages of the shell may come first.
const maxHead = 12

// columns are the widths of the table, as the last line of its head gives them.
type columns struct {
	name, version int
	// cut is set where the widths are those that dpkg cuts entries to.
	cut bool
}

// parseColumns reads the line +++-====-====-====-====, where each run of = is a column. Older tables
// have no column for the architecture.
func parseColumns(line string) (columns, bool) {
	runs, ok := strings.CutPrefix(strings.TrimRight(line, " "), "+++-")
	if !ok || strings.Trim(runs, "=-") != "" {
		return columns{}, false
	}
	var w []int
	for _, run := range strings.Split(runs, "-") {
		if run != "" {
			w = append(w, len(run))
		}
	}
	switch len(w) {
	case 3:
		return columns{w[0], w[1], isTerminal3(w)}, true
	case 4:
		return columns{w[0], w[1], isTerminal4(w)}, true
	}
	return columns{}, false
}

// isTerminal3 tells whether widths are those of a terminal of 80 columns or more, of which dpkg before
// 1.16.2 gave a quarter of the space beyond 80 to the name, a quarter to the version and half to the
// description.
func isTerminal3(w []int) bool {
	spare := (w[2] - 44) / 2
	return spare >= 0 && w[0] == 14+spare && w[1] == 14+spare && w[2] == 44+2*spare
}

// isTerminal4 is the same of dpkg since 1.16.2: of half the space beyond 80 all goes to the
// description, half to the name, and a quarter each to version and architecture.
func isTerminal4(w []int) bool {
	spare := w[3] - 33
	return spare >= 0 && w[0] == 14+spare/2 && w[1] == 12+spare/4 && w[2] == 12+spare/4
}

// readTable reads one table of `dpkg -l`, or several after one another, each of a device of its own.
func readTable(lines *export.Lines, sink platform.Sink) error {
	t := table{lines: lines, first: lines.Line + 1, sink: sink}
	for {
		text, ended, err := lines.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := t.line(strings.Trim(string(text), "\x00"), ended); err != nil {
			return err
		}
	}
	if t.listing == nil {
		return t.headless()
	}
	return t.listing.Send(sink)
}

// table is the table that is being read.
type table struct {
	lines   *export.Lines
	first   int
	sink    platform.Sink
	columns columns
	listing *listing // nil before the end of the head
	rows    bool     // a line before the head looks like a row
}

func (t *table) headless() error {
	if t.rows {
		return fmt.Errorf("line %d: these are rows of `dpkg -l` without the table's head, which tells whether names were cut: %s", t.first, expected)
	}
	return fmt.Errorf("line %d: %s", t.first, expected)
}

func (t *table) line(row string, ended bool) error {
	if c, ok := parseColumns(row); ok {
		if t.listing != nil {
			if err := t.listing.Send(t.sink); err != nil {
				return err
			}
		}
		t.columns, t.listing = c, newListing(t.lines.Line)
		return nil
	}
	switch {
	case strings.TrimSpace(row) == "" || isHead(row):
	case t.listing == nil:
		t.rows = t.rows || isRow(row)
		if t.lines.Line >= t.first+maxHead {
			return t.headless()
		}
	default:
		t.row(row, ended)
	}
	return nil
}

// isHead tells whether a line is one of those above the columns, in any language: the letters'
// meanings with = and slashes, and the lines that lead to the letters.
func isHead(row string) bool {
	word, meanings, ok := strings.Cut(row, "=")
	return strings.HasPrefix(row, "|") || ok && !strings.Contains(word, " ") && strings.Count(meanings, "/") >= 3
}

func isRow(row string) bool { return len(row) > 4 && isCode(row[:3]) && row[3] == ' ' }

// row takes a row of the table.
func (t *table) row(row string, ended bool) {
	l, line := t.listing, t.lines.Line
	nameEnd := 4 + t.columns.name
	versionEnd := nameEnd + 1 + t.columns.version
	if !ended && len(row) <= versionEnd {
		l.Skip(line, "the file ends in the middle of this line: it was cut off")
		return
	}
	if !isRow(row) {
		l.Skip(line, "this is not a row of the table: it begins with no state of a package")
		return
	}
	if len(row) <= versionEnd || row[nameEnd] != ' ' || row[versionEnd] != ' ' {
		l.Skip(line, "this row does not fit the columns of the table's head")
		return
	}
	full := strings.TrimRight(row[4:nameEnd], " ")
	name, qualified := bare(full)
	version := strings.TrimSpace(row[nameEnd+1 : versionEnd])
	if !isPackage(name) {
		l.Skip(line, "%.60q is not the name of a package", full)
		return
	}
	is := stateOf(row[1])
	a := platform.App{Identifier: name, Name: name, Version: version, Line: line}
	if is == installed && t.columns.cut {
		t.doubt(&a, len(full) == t.columns.name && !qualified, len(version) == t.columns.version)
	}
	l.add(a, is, strings.TrimSpace(row[:3]))
}

// doubt takes from an app what may have been cut.
func (t *table) doubt(a *platform.App, name, version bool) {
	const wayOut = "list into a file (dpkg -l > packages.txt) or with dpkg-query -W"
	l := t.listing
	switch {
	case name && version:
		l.Skip(a.Line, "name %q and version %q fill their columns and may be cut: the name stands for no identifier, and the version is left out; %s", a.Name, a.Version, wayOut)
	case name:
		l.Skip(a.Line, "name %q fills its column and may be cut: it stands for no identifier; %s", a.Name, wayOut)
	case version:
		l.Note(a.Line, "version %q of %s fills its column and may be cut: it is left out; %s", a.Version, a.Name, wayOut)
	}
	if name {
		a.Identifier = ""
	}
	if version {
		a.Version = ""
	}
}
