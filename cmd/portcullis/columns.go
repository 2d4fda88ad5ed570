package main

import (
	"bufio"
	"slices"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"
)

// narrowest is the least width to which a column is cut to fit a terminal; widest the most where
// there is none.
const (
	narrowest = 8
	widest    = 60
)

// writeColumns writes rows, the first of which is a header, in aligned columns. numeric is the
// column that is set to the right. Columns with nothing in them are left out. On a terminal, columns
// are cut to fit, the widest first.
func writeColumns(out *bufio.Writer, t terminal, rows [][]string, indent string, numeric int) {
	for i := len(rows[0]) - 1; i >= 0; i-- {
		if !slices.ContainsFunc(rows[1:], func(row []string) bool { return row[i] != "" }) {
			for n := range rows {
				rows[n] = slices.Delete(rows[n], i, i+1)
			}
			if i < numeric {
				numeric--
			}
		}
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range row {
			row[i] = escape(row[i])
			widths[i] = min(max(widths[i], runewidth.StringWidth(row[i])), widest)
		}
	}
	fit(widths, t.width-len(indent)-2*(len(widths)-1))
	for n, row := range rows {
		var line strings.Builder
		line.WriteString(indent)
		for i, text := range row {
			if t.width > 0 {
				text = runewidth.Truncate(text, widths[i], "…")
			}
			pad := strings.Repeat(" ", max(0, widths[i]-runewidth.StringWidth(text)))
			switch {
			case i == numeric:
				line.WriteString(pad + text)
			case i == len(row)-1:
				line.WriteString(text)
			default:
				line.WriteString(text + pad)
			}
			if i < len(row)-1 {
				line.WriteString("  ")
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 {
			text = t.paint(dim, text)
		}
		out.WriteString(text + "\n")
	}
}

// fit narrows the widest columns until all fit into the room there is, or none can be narrowed.
func fit(widths []int, room int) {
	if room <= 0 {
		return
	}
	for {
		sum, at := 0, 0
		for i, w := range widths {
			sum += w
			if w > widths[at] {
				at = i
			}
		}
		if sum <= room || widths[at] <= narrowest {
			return
		}
		widths[at]--
	}
}

// number is a count with its thousands set apart.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count is a number and the noun for it.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}
