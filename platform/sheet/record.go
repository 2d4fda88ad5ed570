package sheet

import (
	"io"
	"strings"

	"portcullis/platform/export"
)

// record is one row: its cells, and where they stand.
type record struct {
	line  int
	cells []string
	// ended is set where the row has a line end.
	ended bool
	// fault says what keeps the row from being read; open is set where that is a quote that is not
	// closed, so that nothing after it can be read either.
	fault string
	open  bool
}

// blank tells whether there is nothing in the row.
func (r *record) blank() bool {
	for _, c := range r.cells {
		if strings.Trim(c, " \t\x00") != "" {
			return false
		}
	}
	return r.fault == ""
}

// maxRecord bounds a row that a quote holds open, in bytes: no cell is that long.
const maxRecord = 1 << 20

// records reads rows.
type records struct {
	lines     *export.Lines
	separator byte
	cell      []byte
}

// next returns the next row, which holds until the one after it is read; io.EOF after the last.
func (r *records) next(into *record) error {
	*into = record{cells: into.cells[:0]}
	r.cell = r.cell[:0]
	s := splitter{separator: r.separator, into: into, cell: r.cell}
	for {
		text, ended, err := r.lines.Next()
		if err == io.EOF && into.line > 0 {
			into.open, into.fault = true, "a quote that opens in this row is never closed"
			return nil
		}
		if err != nil {
			return err
		}
		if into.line == 0 {
			into.line = r.lines.Line
		}
		into.ended = ended
		s.feed(text)
		if s.state != inQuotes {
			s.endCell()
			r.cell = s.cell
			return nil
		}
		if len(s.cell) > maxRecord {
			into.open, into.fault = true, "a quote that opens in this row is not closed within 1 MiB"
			return nil
		}
		s.cell = append(s.cell, '\n')
	}
}

// splitter cuts lines into cells.
type splitter struct {
	separator byte
	into      *record
	cell      []byte
	state     cellState
}

type cellState uint8

const (
	cellStart cellState = iota
	inText
	inQuotes
	afterQuote
)

// feed takes a line. Quotes mean something at the beginning of a cell alone, as spreadsheets have it.
func (s *splitter) feed(line []byte) {
	for _, c := range line {
		switch {
		case s.state == inQuotes && c == '"':
			s.state = afterQuote
		case s.state == inQuotes:
			s.cell = append(s.cell, c)
		case c == s.separator:
			s.endCell()
			s.state = cellStart
		case s.state == afterQuote && c == '"':
			s.cell = append(s.cell, c)
			s.state = inQuotes
		case s.state == afterQuote:
			if c != ' ' {
				s.into.fault = "text stands after a closing quote: a quote inside quotes is written twice"
			}
		case s.state == cellStart && c == '"':
			s.state = inQuotes
		default:
			s.cell = append(s.cell, c)
			s.state = inText
		}
	}
}

// endCell ends the cell.
func (s *splitter) endCell() {
	s.into.cells = append(s.into.cells, string(s.cell))
	s.cell = s.cell[:0]
}
