package world

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portcullis/internal/nearest"
)

// Error is one thing in a world file that cannot be relied on.
type Error struct {
	File string // as it was given, or "standard input"
	Line int    // counted from 1; 0 where there is none
	// Key is the place as keys, such as `rules[3].target.product`; empty where the text is not YAML.
	Key     string
	Message string
}

func (e Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			b.WriteString(":" + strconv.Itoa(e.Line))
		}
		b.WriteString(": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Errors are what is wrong with the files of one Load, in order of file (the world file first) and
// line. At most 100 are listed; where there are more, one more entry, without a file, counts the rest.
type Errors []Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// listed is how many errors Errors names.
const listed = 100

// collector holds the first errors by file and line and counts the others, so that a file of a
// million mistakes takes no more memory than one of a hundred.
type collector struct {
	errs  []placed
	total int
}

// placed is an error with what orders it.
type placed struct {
	Error
	file, order int
}

func (c *collector) add(src *source, line int32, key, message string) {
	c.total++
	c.errs = append(c.errs, placed{Error{src.name, int(line), key, message}, src.order, c.total})
	if len(c.errs) >= 4*listed {
		c.trim()
	}
}

// merge takes in what another collector found in a file that this one knows nothing of yet.
func (c *collector) merge(later *collector) {
	c.errs = append(c.errs, later.errs...)
	c.total += later.total
	c.trim()
}

func (c *collector) trim() {
	slices.SortFunc(c.errs, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.Line, b.Line), cmp.Compare(a.order, b.order))
	})
	c.errs = c.errs[:min(len(c.errs), listed)]
}

// touches tells whether an error stands at key, above it or below it: what is said of such a key
// later only follows from the first.
func (c *collector) touches(src *source, key string) bool {
	return slices.ContainsFunc(c.errs, func(e placed) bool {
		return e.file == src.order && (within(e.Key, key) || within(key, e.Key))
	})
}

// within tells whether key is outer or something in it.
func within(key, outer string) bool {
	rest, ok := strings.CutPrefix(key, outer)
	return ok && outer != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// err returns the errors, or nil where there are none.
func (c *collector) err() error {
	if c.total == 0 {
		return nil
	}
	c.trim()
	out := make(Errors, 0, len(c.errs)+1)
	for _, e := range c.errs {
		out = append(out, e.Error)
	}
	if rest := c.total - len(out); rest > 0 {
		out = append(out, Error{Message: fmt.Sprintf("and %d more that are not listed", rest)})
	}
	return out
}

// quote shows a value from a file in a message: escaped, and cut where it is long.
func quote(text string) string {
	const most = 60
	if len(text) <= most {
		return strconv.Quote(text)
	}
	return strconv.Quote(strings.ToValidUTF8(text[:most], "")) + "…"
}

// choices names the words of a list, without the empty one.
func choices(words []string) string {
	var named []string
	for _, w := range words {
		if w != "" {
			named = append(named, w)
		}
	}
	if len(named) < 2 {
		return strings.Join(named, "")
	}
	last := len(named) - 1
	return strings.Join(named[:last], ", ") + " or " + named[last]
}

// suggestion is `; did you mean "x"?` for the word nearest to a mistyped one, or nothing.
func suggestion(word string, words []string) string {
	best := nearest.Of(word, words)
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
