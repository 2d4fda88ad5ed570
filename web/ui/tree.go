package ui

import "html/template"

// Tree is things that stand below each other, each with a line: where a table of all that is said of each would be too
// long. A branch with many below it can be folded.
type Tree struct {
	// Of names the tree to those who do not see it.
	Of   string
	Tops []Twig
}

// Twig is something in a tree, and what stands below it.
type Twig struct {
	Link Link
	More Component // in the same line; it may be nil
	// Below is what stands below it. It is folded behind Line where that is not empty.
	Below []Twig
	Line  string
}

// HTML shows the tree.
func (t Tree) HTML() (template.HTML, error) { return render("tree", t) }
