package ui

import "html/template"

// Button sends the form that it stands in, or posts to a path of its own, or leads somewhere.
type Button struct {
	Text string
	// Hidden is read out after Text and not seen.
	Hidden string
	// Name and Value are sent along where this button was pressed.
	Name, Value string
	// Href makes it a link that looks like a button: for what changes nothing.
	Href string
	Kind ButtonKind
}

// ButtonKind is how a button looks.
type ButtonKind string

// The kinds of buttons: one Primary on a page, Secondary for the rest, Danger for what cannot be taken back,
// and Quiet for leaving, which looks like a link.
const (
	Primary   ButtonKind = ""
	Secondary ButtonKind = "secondary"
	Danger    ButtonKind = "warning"
	Quiet     ButtonKind = "quiet"
)

// HTML shows the button.
func (b Button) HTML() (template.HTML, error) {
	if b.Kind == Quiet && b.Href != "" {
		return Link{Text: b.Text, Hidden: b.Hidden, Href: b.Href}.HTML()
	}
	return render("button", b)
}

// ButtonGroup is buttons beside each other, the first the one that most people press.
type ButtonGroup []Button

// HTML shows the buttons.
func (g ButtonGroup) HTML() (template.HTML, error) { return render("buttons", g) }

// Cancel is a button that leads away without doing anything.
func Cancel(href string) Button { return Button{Text: "Cancel", Href: href, Kind: Quiet} }

// Post is a form of one button: an action that needs no answer. It may not stand inside a Form.
type Post struct {
	Action string
	Hidden []Hidden
	Button Button
}

// HTML shows the button in its form.
func (p Post) HTML() (template.HTML, error) { return render("post", p) }

// Confirm asks whether to do what cannot be undone, and says what will happen.
type Confirm struct {
	// Says is what will happen, each sentence a paragraph.
	Says []string
	// Facts are what it will happen to; it may be empty.
	Facts Summary
	// Warning is the one thing to know before; it may be empty.
	Warning string
	Form    *Form
}

// HTML shows the question. Its title is the page's.
func (c Confirm) HTML() (template.HTML, error) { return render("confirm", c) }

func (c Confirm) problems() []Problem {
	if c.Form == nil {
		return nil
	}
	return c.Form.problems()
}
