package ui

import "html/template"

// Banner says at the head of a page what has just happened, or what must be known before all else.
type Banner struct {
	// Done marks a success, and is read out at once.
	Done bool
	Text string
	// More stands below, such as a paragraph with a link.
	More []Component
}

// HTML shows the banner.
func (b Banner) HTML() (template.HTML, error) { return render("banner", b) }

// Inset sets text apart from what surrounds it.
type Inset []Component

// HTML shows the text.
func (i Inset) HTML() (template.HTML, error) { return render("inset", i) }

// Warning is what has consequences if it is overlooked.
type Warning string

// HTML shows the warning.
func (w Warning) HTML() (template.HTML, error) { return render("warning", w) }

// Details is what some need and most do not: shown when it is asked for.
type Details struct {
	Summary string
	Content []Component
	Open    bool
}

// HTML shows the details.
func (d Details) HTML() (template.HTML, error) { return render("details", d) }

// Panel is the end of a journey: it says that the thing is done. It is the heading of its page.
type Panel struct {
	Title string
	// Text is what to keep, such as a reference.
	Text string
}

// HTML shows the panel.
func (p Panel) HTML() (template.HTML, error) { return render("panel", p) }
func (p Panel) headed() bool                 { return true }

// Empty stands where there is nothing to show. It says why, and what to do.
type Empty struct {
	Text string
	// Do leads to what to do; a Do without Href is not shown.
	Do Link
}

// HTML shows the state.
func (e Empty) HTML() (template.HTML, error) { return render("empty", e) }

// Task is one thing to do.
type Task struct {
	Text, Hint string
	Href       string // none where it cannot be done yet
	// State is such as "Done", which is shown plainly, or a Tag for what still asks for something.
	State Component
}

// Tasks is a list of things to do. ID tells the lists of a page apart.
type Tasks struct {
	ID    string
	Items []Task
}

// HTML shows the list.
func (t Tasks) HTML() (template.HTML, error) {
	if t.ID == "" {
		t.ID = "tasks"
	}
	return render("tasks", t)
}

// SummaryRow is one fact, and what can be done about it.
type SummaryRow struct {
	Key     string
	Value   Component
	Actions []Link // each with Hidden, so that they can be told apart by ear
}

// Summary is the facts about one thing.
type Summary struct {
	// Title makes it a card with a heading; it may be empty.
	Title string
	Rows  []SummaryRow
}

// HTML shows the facts.
func (s Summary) HTML() (template.HTML, error) { return render("summary", s) }

// Actionable tells whether any row has an action.
func (s Summary) Actionable() bool {
	for _, row := range s.Rows {
		if len(row.Actions) > 0 {
			return true
		}
	}
	return false
}
