package ui

import (
	"html/template"
	"strconv"
)

// Progress is how far something has come that takes its time. The page can be left and looked at
// again.
type Progress struct {
	// Of is what goes on, such as "Devices that have confirmed".
	Of          string
	Done, Total int64
	// Again leads to this page once more; empty where it is finished or moves by itself.
	Again string
}

// Finished tells whether nothing remains.
func (p Progress) Finished() bool { return p.Done >= p.Total }

// DoneText and TotalText are the numbers as they are shown.
func (p Progress) DoneText() string  { return Number(p.Done).String() }
func (p Progress) TotalText() string { return Number(p.Total).String() }

// Share is how much is done, in whole percent, rounded down: 100 means all.
func (p Progress) Share() int64 {
	if p.Total <= 0 {
		return 100
	}
	return min(100, max(0, 100*p.Done/p.Total))
}

// HTML shows the progress.
func (p Progress) HTML() (template.HTML, error) { return render("progress", p) }

// Bar is one amount.
type Bar struct {
	Label string
	Value int64
	Href  string // where the label leads; it may be empty
}

// Bars compares amounts: a table in which each number has a bar beside it, so that it is read by eye
// and by ear, prints, and needs no script.
type Bars struct {
	Caption string
	// Label and Unit head the columns, such as "Body" and "Devices".
	Label, Unit string
	Items       []Bar
	Empty       Empty
}

// barRow is what the template is given of a bar.
type barRow struct {
	Label Link
	Value Number
	Width string // of the bar, in percent
}

// Rows are the bars with their widths: the longest takes the whole width.
func (b Bars) Rows() []barRow {
	var longest int64 = 1
	for _, item := range b.Items {
		longest = max(longest, item.Value)
	}
	rows := make([]barRow, 0, len(b.Items))
	for _, item := range b.Items {
		width := 100 * float64(max(0, item.Value)) / float64(longest)
		rows = append(rows, barRow{Link{Text: item.Label, Href: item.Href}, Number(item.Value), strconv.FormatFloat(width, 'f', 1, 64) + "%"})
	}
	return rows
}

// HTML shows the bars.
func (b Bars) HTML() (template.HTML, error) { return render("bars", b) }
