package ui

import (
	"html/template"
	"iter"
	"unicode"
	"unicode/utf8"
)

// Text is a run of plain text, for a cell or a line.
type Text string

// HTML shows the text.
func (t Text) HTML() (template.HTML, error) {
	return template.HTML(template.HTMLEscapeString(string(t))), nil
}

// Para is a paragraph of plain text.
type Para string

// HTML shows the paragraph.
func (p Para) HTML() (template.HTML, error) { return render("para", Paragraph{Text(p)}) }

// Paragraph is a paragraph of text, links and the like.
type Paragraph []Component

// HTML shows the paragraph.
func (p Paragraph) HTML() (template.HTML, error) { return render("para", p) }

// Muted is text of less weight, such as a remark below a number.
type Muted string

// HTML shows the text.
func (m Muted) HTML() (template.HTML, error) { return render("muted", m) }

// Heading is the heading of a section: an h2.
type Heading string

// HTML shows the heading.
func (h Heading) HTML() (template.HTML, error) { return render("heading", h) }

// Subheading is a heading below a Heading: an h3.
type Subheading string

// HTML shows the heading.
func (h Subheading) HTML() (template.HTML, error) { return render("subheading", h) }

// Link is a link to another page or place. One with no Href is shown as text.
type Link struct {
	Text string
	// Hidden is read out after Text and not seen: what tells ten links named "Change" apart.
	Hidden string
	Href   string
}

// HTML shows the link.
func (l Link) HTML() (template.HTML, error) { return render("link", l) }

// List is a list of short things: bullets, or numbers where the order matters.
type List struct {
	Items    []Component
	Numbered bool
}

// HTML shows the list.
func (l List) HTML() (template.HTML, error) { return render("list", l) }

// ID is an identifier, a fingerprint or anything else that is copied letter by letter. It is
// selected by one click; with script it has a button that copies it.
type ID struct {
	Value string
	// Of is what it is the identifier of, such as "request"; the copy button is named by it.
	Of string
}

// HTML shows the identifier.
func (i ID) HTML() (template.HTML, error) { return render("id", i) }

// Tone is the colour of a tag. The words carry the meaning; the colour only helps to find them.
type Tone string

// The tones.
const (
	Neutral Tone = "grey"
	Good    Tone = "green"
	Bad     Tone = "red"
	Waiting Tone = "yellow"
	Active  Tone = "blue"
	Special Tone = "purple"
)

// Tag is the state of something in one or two words.
type Tag struct {
	Text string
	Tone Tone // Neutral where empty
}

// HTML shows the tag.
func (t Tag) HTML() (template.HTML, error) {
	switch t.Tone {
	case Neutral, Good, Bad, Waiting, Active, Special:
	default:
		t.Tone = Neutral
	}
	return render("tag", t)
}

// Named is something by its name, with what else is said of it below: the first cell of a row.
type Named struct {
	Link Link
	More Component // it may be nil
}

// HTML shows the name and what is said of it.
func (n Named) HTML() (template.HTML, error) { return render("named", n) }

// Branch is something in its place in a tree: the first cell of a row. Below is the name of what stands
// right above it, for those who do not see how far to the right it stands.
type Branch struct {
	Link  Link
	Below string
	Depth int       // 0 at a root
	More  Component // below it; it may be nil
}

// Step is how far to the right it stands, as the classes count it.
func (b Branch) Step() int { return []int{0, 4, 7, 9}[min(max(b.Depth, 0), 3)] }

// HTML shows the branch.
func (b Branch) HTML() (template.HTML, error) { return render("branch", b) }

// Below are things each with how deep it stands, and followed by what stands below it. place is a thing's id and that of
// what it stands below; what stands below nothing that is there is a root.
func Below[T any](things []T, place func(T) (id, above string)) iter.Seq2[int, T] {
	known, below := map[string]bool{}, map[string][]T{}
	for _, thing := range things {
		id, _ := place(thing)
		known[id] = true
	}
	for _, thing := range things {
		_, above := place(thing)
		if !known[above] {
			above = ""
		}
		below[above] = append(below[above], thing)
	}
	return func(yield func(int, T) bool) {
		var grow func(above string, depth int) bool
		grow = func(above string, depth int) bool {
			for _, thing := range below[above] {
				if id, _ := place(thing); !yield(depth, thing) || !grow(id, depth+1) {
					return false
				}
			}
			return true
		}
		grow("", 0)
	}
}

// Capital begins a sentence, or a cell, with text.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
