package handbook

import "strings"

// Block is a paragraph or a list.
type Block struct {
	// Lines is one text for a paragraph, and one for each item of a list; none is empty.
	Lines []string
	List  bool
}

// Blocks reads the text of advice: paragraphs stand apart by an empty line, and a line that begins with "- " is an
// item of a list. What else a line is goes on with the one before it. That is all: whatever else stands there is shown
// as it stands, and nothing of it is HTML.
func Blocks(text string) (blocks []Block) {
	open := false // whether the next line may go on with the last block
	for raw := range strings.Lines(text) {
		words := strings.Join(strings.Fields(raw), " ")
		item, list := strings.CutPrefix(words, "- ")
		last := len(blocks) - 1
		switch {
		case words == "" || words == "-": // an item of nothing
			open = false
		case list && last >= 0 && blocks[last].List:
			blocks[last].Lines, open = append(blocks[last].Lines, item), true // also after an empty line
		case list:
			blocks, open = append(blocks, Block{[]string{item}, true}), true
		case open:
			lines := blocks[last].Lines
			lines[len(lines)-1] += " " + words
		default:
			blocks, open = append(blocks, Block{Lines: []string{words}}), true
		}
	}
	return blocks
}
