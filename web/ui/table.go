package ui

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// Column is a column of a table.
type Column struct {
	Title string
	// Sort is the name of the column in the address, where the table can be sorted by it.
	Sort string
	// Number aligns the column to the right.
	Number bool
	// Unseen is for a column whose title is read out only, such as that of buttons.
	Unseen bool
	// Main marks what stays beside the name where a phone folds the rows of a long table, unless the table is sorted
	// by another number. Where no column is marked, it is the first that is a number.
	Main bool
}

// Row is a row of a table. Its first cell is its heading.
type Row []Component

// Table is things in rows. On a phone each row becomes a block of its own, so that nobody scrolls
// sideways. Of a long table, a phone shows the first rows, and the others where they are asked for; where it has
// numbers, each row is its name and the number that matters, until it is opened. All of that is done without script.
type Table struct {
	// Caption says what the table shows.
	Caption string
	// Unseen is for a caption that repeats the heading just above: it is read out only.
	Unseen  bool
	Columns []Column
	Rows    []Row
	// Empty is shown where there are no rows.
	Empty Empty
	// At is the address of the page, with everything in its query; links for sorting keep it.
	At *url.URL
	// Sorted is how the rows are sorted now, as SortOf reads it.
	Sorted Sort
	// Total sums the columns up; it may be empty.
	Total Row
	Pages Pages
}

// Sort is the order of a table: "name" upwards, "-name" downwards.
type Sort string

// SortOf reads the order from the query's "sort". Only the columns given are taken; any other, or
// none, is the first of them.
func SortOf(r *http.Request, columns ...string) Sort {
	s := Sort(r.URL.Query().Get("sort"))
	for _, c := range columns {
		if s.By() == c {
			return s
		}
	}
	if len(columns) == 0 {
		return ""
	}
	return Sort(columns[0])
}

// By is the column.
func (s Sort) By() string { return strings.TrimPrefix(string(s), "-") }

// Down tells whether the last comes first.
func (s Sort) Down() bool { return strings.HasPrefix(string(s), "-") }

// With is the address at with the query's key set to value, or taken out where value is empty.
func With(at *url.URL, key, value string) string {
	if at == nil {
		at = &url.URL{}
	}
	query := at.Query()
	query.Del(key)
	if value != "" {
		query.Set(key, value)
	}
	return (&url.URL{Path: at.Path, RawQuery: query.Encode()}).String()
}

// How long a table is of which a phone shows less: from how many rows on they are folded, and from how many on only
// the first are shown, which are as many as the style sheet says.
const (
	foldedFrom  = 8
	partlyFrom  = 26
	partlyShown = 20
)

// Folds tells whether of each row a phone shows the name and the number that matters alone.
func (t Table) Folds() bool { return len(t.Rows) >= foldedFrom && t.main() > 0 }

// Opens tells whether there is more in a folded row.
func (t Table) Opens() bool { return t.Folds() && len(t.Columns) > 2 }

// Rest is how many rows a phone shows only where they are asked for.
func (t Table) Rest() Number { return RestOf(len(t.Rows)) }

// RestOf is how many of so many rows of a table a phone shows only where they are asked for: for a table that a page writes
// itself, with the element app-table__rest after it.
func RestOf(rows int) Number {
	if rows < partlyFrom {
		return 0
	}
	return Number(rows - partlyShown)
}

// main is the column of the number that matters, by its place; 0 where there is none.
func (t Table) main() (at int) {
	best := 0
	for i, c := range t.Columns {
		fit := 0
		switch {
		case i == 0 || !c.Number && !c.Main:
		case c.Sort != "" && c.Sort == t.Sorted.By():
			fit = 3
		case c.Main:
			fit = 2
		default:
			fit = 1
		}
		if fit > best {
			best, at = fit, i
		}
	}
	return at
}

// heading is what the template is given of a column.
type heading struct {
	Column
	Order string // as aria-sort has it; empty where the column cannot be sorted
	Href  string
}

// Headings are the columns with the links that sort by them: once more turns the order round. A
// change of order begins at the first page.
func (t Table) Headings() []heading {
	headings := make([]heading, 0, len(t.Columns))
	for _, c := range t.Columns {
		h := heading{Column: c}
		if c.Sort != "" && t.At != nil {
			h.Order = "none"
			next := c.Sort
			if t.Sorted.By() == c.Sort {
				h.Order = "ascending"
				if t.Sorted.Down() {
					h.Order = "descending"
				} else {
					next = "-" + c.Sort
				}
			}
			first, _ := url.Parse(With(t.At, "after", ""))
			first, _ = url.Parse(With(first, "before", ""))
			h.Href = With(first, "sort", next)
		}
		headings = append(headings, h)
	}
	return headings
}

// cell is what the template is given of a cell.
type cell struct {
	Column
	Content Component
	Stays   bool // in a folded row
}

// Cells are the cells of a row with their columns; what has no column is not shown.
func (t Table) Cells(row Row) []cell {
	cells, main := make([]cell, 0, len(row)), 0
	if t.Folds() {
		main = t.main()
	}
	for i := range min(len(row), len(t.Columns)) {
		cells = append(cells, cell{t.Columns[i], row[i], i > 0 && i == main})
	}
	return cells
}

// longWord is from how many letters on a word may be broken anywhere in a table, so that no column is wider than the page
// for it. No shorter word is broken, however narrow its column.
const longWord = 24

// breaks tells whether there is such a word in what can be read of a text or of some HTML.
func breaks(in any) bool {
	n, tag := 0, false
	for _, c := range fmt.Sprint(in) {
		switch {
		case c == '<' || c == '>':
			n, tag = 0, c == '<'
		case tag:
		case unicode.IsSpace(c):
			n = 0
		default:
			if n++; n > longWord {
				return true
			}
		}
	}
	return false
}

// HTML shows the table, or that it is empty, and the links to its other pages.
func (t Table) HTML() (template.HTML, error) { return render("table", t) }

// Pages are the links to the rows before and after those shown. They go by cursor: what is added
// meanwhile moves nothing.
type Pages struct {
	// Previous and Next are addresses; empty where there is nothing more.
	Previous, Next string
	// Of is what there is more of, such as "people".
	Of string
}

// Any tells whether there is more than this page.
func (p Pages) Any() bool { return p.Previous != "" || p.Next != "" }

// HTML shows the links.
func (p Pages) HTML() (template.HTML, error) { return render("pages", p) }

// PagesAt makes the links of a page at an address from its cursors: those of the first row, where
// something stands before it, and of the last, where something follows. They are sent as "before" and
// "after".
func PagesAt(at *url.URL, of, before, after string) Pages {
	p := Pages{Of: of}
	if before != "" {
		u, _ := url.Parse(With(at, "after", ""))
		p.Previous = With(u, "before", before)
	}
	if after != "" {
		u, _ := url.Parse(With(at, "before", ""))
		p.Next = With(u, "after", after)
	}
	return p
}

// Filter narrows down what a table shows. It is sent with the address, so that the result can be
// kept, sent on and gone back to.
type Filter struct {
	// At is the address of the page: the order of the table is kept.
	At     *url.URL
	Fields []*Field
}

// NewFilter makes a filter whose fields show what the address says.
func NewFilter(at *url.URL, fields ...*Field) *Filter {
	f := &Filter{at, fields}
	(&Form{Fields: fields}).FillFrom(at.Query())
	for _, field := range fields {
		field.prefix = "filter-"
	}
	return f
}

// Value is what the field of the name narrows down to.
func (f *Filter) Value(name string) string { return (&Form{Fields: f.Fields}).Value(name) }

// Sort is the order that is kept.
func (f *Filter) Sort() string { return f.At.Query().Get("sort") }

// Active tells whether anything is narrowed down.
func (f *Filter) Active() bool {
	for _, field := range f.Fields {
		if field.Value() != "" {
			return true
		}
	}
	return false
}

// Clear is the address without the filter.
func (f *Filter) Clear() string {
	return With(&url.URL{Path: f.At.Path}, "sort", f.Sort())
}

// HTML shows the filter.
func (f *Filter) HTML() (template.HTML, error) { return render("filter", f) }
