package people

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/internal/nearest"
)

// Row is one person of a file that is imported. What is empty is not said, and stays as it is.
type Row struct {
	Line int // where it begins, counted from 1
	Particulars
	Organisation string // an id
	Roles        []Role // to be held in the organisation
	Active       *bool
}

// Problem is what cannot be taken of a file, and where.
type Problem struct {
	Line    int    `json:"line"`
	Column  string `json:"column,omitempty"` // as the header has it
	Message string `json:"message"`
}

func (p Problem) Error() string {
	if p.Column != "" {
		return fmt.Sprintf("line %d, %s: %s", p.Line, p.Column, p.Message)
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.Message)
}

// maxCSV is how large a file may be: several times what 100,000 people need.
const maxCSV = 64 << 20

// column is a column that a file may have.
type column struct {
	name    string
	aliases []string
	field   string // of the faults of Particulars
	set     func(row *Row, text string) error
}

func particular(of func(p *Particulars) *string) func(*Row, string) error {
	return func(row *Row, text string) error {
		*of(&row.Particulars) = text
		return nil
	}
}

var columns = []column{
	{"name", nil, "name", particular(func(p *Particulars) *string { return &p.Name })},
	{"mail", []string{"email"}, "mail", particular(func(p *Particulars) *string { return &p.Mail })},
	{"organisation", []string{"organization"}, "", func(row *Row, text string) error { row.Organisation = text; return nil }},
	{"role", []string{"roles"}, "", setRoles},
	{"user_name", nil, "userName", particular(func(p *Particulars) *string { return &p.UserName })},
	{"phone", nil, "phone", particular(func(p *Particulars) *string { return &p.Phone })},
	{"employee_number", nil, "employeeNumber", particular(func(p *Particulars) *string { return &p.EmployeeNumber })},
	{"department", nil, "department", particular(func(p *Particulars) *string { return &p.Department })},
	{"external_id", nil, "externalId", particular(func(p *Particulars) *string { return &p.ExternalID })},
	{"active", nil, "", setActiveCell},
}

// setRoles reads one role or several, with spaces, commas, semicolons or bars between them.
func setRoles(row *Row, text string) error {
	var faults []error
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;|", r) }) {
		role, err := ParseRole(strings.ToLower(name))
		if err != nil {
			faults = append(faults, err)
		} else if !slices.Contains(row.Roles, role) {
			row.Roles = append(row.Roles, role)
		}
	}
	return errors.Join(faults...)
}

func setActiveCell(row *Row, text string) error {
	var active bool
	switch strings.ToLower(text) {
	case "yes", "true", "1", "active":
		active = true
	case "no", "false", "0", "inactive":
	default:
		return fault.In("active", "%q is neither yes nor no", text)
	}
	row.Active = &active
	return nil
}

// ReadCSV reads a file of people: a header, in which the columns stand in any order and case, and one
// person a line, with commas, semicolons or tabs between the cells, quoted as in RFC 4180. It must be
// UTF-8, with or without a byte order mark. It returns all problems that it finds; where there is one
// nothing should be imported.
func ReadCSV(r io.Reader) (rows []Row, problems []Problem) {
	data, err := io.ReadAll(io.LimitReader(r, maxCSV+1))
	switch {
	case err != nil:
		return nil, []Problem{{Line: 1, Message: fmt.Sprintf("the file cannot be read: %v", err)}}
	case len(data) > maxCSV:
		return nil, []Problem{{Line: 1, Message: fmt.Sprintf("the file is larger than %d MiB: import it in parts", maxCSV>>20)}}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if line := notUTF8(data); line > 0 {
		return nil, []Problem{{Line: line, Message: "the file is not UTF-8, but perhaps Windows-1252 or UTF-16: save it as “CSV UTF-8”, so that no letter of a name is lost"}}
	}
	table := csv.NewReader(bytes.NewReader(data))
	table.Comma, table.FieldsPerRecord = separator(data), -1
	f := &fileOfPeople{table: table, seen: map[string]int{}}
	f.read()
	return f.rows, f.problems
}

// notUTF8 is the line of the first byte that is not UTF-8 or is a NUL; 0 where all is well.
func notUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			return 1 + bytes.Count(data[:i], []byte("\n"))
		}
		i += size
	}
	return 0
}

// separator is what most often stands between cells in the first line that is not blank.
func separator(data []byte) rune {
	header, _, _ := bytes.Cut(bytes.TrimLeft(data, "\r\n"), []byte("\n"))
	best := ','
	for _, r := range ";\t" {
		if bytes.Count(header, []byte(string(r))) > bytes.Count(header, []byte(string(best))) {
			best = r
		}
	}
	return best
}

type fileOfPeople struct {
	table    *csv.Reader
	columns  []*column // nil where the header has none that is known
	header   []string
	seen     map[string]int // the line of a user name
	rows     []Row
	problems []Problem
}

func (f *fileOfPeople) problem(line int, column, format string, args ...any) {
	f.problems = append(f.problems, Problem{line, column, fmt.Sprintf(format, args...)})
}

func (f *fileOfPeople) read() {
	for first := true; ; first = false {
		cells, err := f.table.Read()
		var parse *csv.ParseError
		switch {
		case err == io.EOF:
			if len(f.rows) == 0 && len(f.problems) == 0 {
				f.problem(1, "", "the file has nobody in it: the first line names the columns, and each further line is a person")
			}
			return
		case errors.As(err, &parse):
			f.problem(parse.StartLine, "", "a quotation mark is out of place or missing: what follows was not read")
			return
		case err != nil:
			f.problem(1, "", "%v", err)
			return
		case first:
			if f.readHeader(cells); len(f.problems) > 0 {
				return // every line would have the same problem
			}
		default:
			f.readRow(cells)
		}
	}
}

// plain is the name of a column without what people write differently.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func columnOf(name string) *column {
	i := slices.IndexFunc(columns, func(c column) bool {
		return plain(c.name) == plain(name) || slices.Contains(c.aliases, plain(name))
	})
	if i < 0 {
		return nil
	}
	return &columns[i]
}

func (f *fileOfPeople) readHeader(cells []string) {
	f.header = cells
	line, _ := f.table.FieldPos(0)
	for i, name := range cells {
		c := columnOf(name)
		switch {
		case c == nil:
			f.problem(line, name, "there is no such column: %s", suggestion(name))
		case slices.Contains(f.columns[:i], c):
			f.problem(line, name, "this column is there twice")
		}
		f.columns = append(f.columns, c)
	}
	if !slices.Contains(f.columns, columnOf("mail")) && !slices.Contains(f.columns, columnOf("user_name")) {
		f.problem(line, "", "a column mail or user_name is needed: it tells who is meant")
	}
}

// suggestion names the column that was probably meant, or all.
func suggestion(name string) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	best := nearest.Of(strings.ReplaceAll(name, " ", "_"), names)
	if best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "the columns are " + strings.Join(names, ", ") + ". Remove it, or rename it"
}

func (f *fileOfPeople) readRow(cells []string) {
	line, _ := f.table.FieldPos(0)
	if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		return // spreadsheets leave such lines at the end
	}
	if len(cells) != len(f.columns) {
		f.problem(line, "", "there are %d cells, and the header has %d", len(cells), len(f.columns))
		return
	}
	row := Row{Line: line}
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		for _, wrong := range fault.Fields(f.columns[i].set(&row, cell)) {
			f.problem(line, f.header[i], "%s", wrong.Message)
		}
	}
	f.checkRow(&row)
	f.rows = append(f.rows, row)
}

func (f *fileOfPeople) checkRow(row *Row) {
	p := row.Particulars
	if p.Name == "" {
		p.Name = "-" // of somebody who is there already it need not be said
	}
	for _, wrong := range fault.Fields(p.check()) {
		f.problem(row.Line, f.headerOf(wrong.Field), "%s", wrong.Message)
	}
	if p.UserName == "" {
		return
	}
	key := strings.ToLower(p.UserName)
	if earlier, twice := f.seen[key]; twice {
		f.problem(row.Line, "", "%s is in line %d already", p.UserName, earlier)
		return
	}
	f.seen[key] = row.Line
}

// headerOf is what the header calls a field of Particulars.
func (f *fileOfPeople) headerOf(field string) string {
	for i, c := range f.columns {
		if c.field == field {
			return f.header[i]
		}
	}
	return ""
}
