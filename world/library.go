package world

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// syntaxError is a text that is not YAML, or YAML that no world file is made of.
type syntaxError struct {
	line    int32
	message string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.message) }

// parse reads a text that begins on the given line into the tree, and returns its root: with the
// scanner, or where that declines with the library.
func parse(text []byte, line int32, t *tree) (int, error) {
	t.reset(text)
	s := scanner{src: text, line: line, tree: t}
	if root, ok := s.document(); ok {
		return root, nil
	}
	t.reset(text)
	if len(text) > mostLibrary {
		return 0, &syntaxError{s.line, fmt.Sprintf("not YAML, or not as plain as a text of more than %d MiB must be: "+
			"without tags, and without texts over several lines", mostLibrary>>20)}
	}
	return parseYAML(text, line, t)
}

// parseYAML is parse with the library alone.
func parseYAML(text []byte, line int32, t *tree) (int, error) {
	document, syntax := decodeYAML(text)
	if syntax != nil {
		syntax.line += line - 1
		return 0, syntax
	}
	root := len(t.nodes)
	if document == nil {
		t.scalar(piece{}, false, line)
		return root, nil
	}
	c := conversion{tree: t, shift: line - 1}
	return root, c.convert(document, 1, 0)
}

// mostLibrary is how large a text the library is given: it takes forty times the room.
const mostLibrary = 16 << 20

// decodeYAML returns the one document of a text, nil where it holds none.
func decodeYAML(text []byte) (root *yaml.Node, err *syntaxError) {
	defer func() {
		// The library panics on some texts that it cannot attach a comment in.
		if r := recover(); r != nil {
			root, err = nil, &syntaxError{1, fmt.Sprintf("cannot be read as YAML: %v", r)}
		}
	}()
	var document, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, explain(text, err)
	}
	if err := d.Decode(&second); err == nil {
		return nil, &syntaxError{int32(second.Line), "several documents: a world file is one, so take out the --- between them"}
	} else if !errors.Is(err, io.EOF) {
		return nil, explain(text, err)
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	return document.Content[0], nil
}

var (
	libraryLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line (\d+): )?`) })
	// The library counts lines from 0 in the errors of its parser, as opposed to its scanner.
	parserError = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^did not find expected (?:<|key|node|')`) })
	// This error has no line at all.
	unknownAnchor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^unknown anchor '(.*)' referenced`) })
)

// explain turns an error of the library into a place and a message.
func explain(text []byte, err error) *syntaxError {
	if e := unreadable(text); e != nil {
		return e
	}
	found := libraryLine().FindStringSubmatch(err.Error())
	message := strings.TrimPrefix(err.Error(), found[0])
	line, _ := strconv.Atoi(found[1])
	if parserError().MatchString(message) && line > 0 {
		line++
	}
	if name := unknownAnchor().FindStringSubmatch(message); name != nil {
		line = 1 + bytes.Count(text[:max(0, bytes.Index(text, []byte("*"+name[1])))], []byte("\n"))
	}
	// What is not closed is missed at the end, behind the last line.
	last := 1 + bytes.Count(bytes.TrimRight(text, " \r\n"), []byte("\n"))
	return &syntaxError{int32(min(max(line, 1), last)), "not YAML: " + message}
}

// unreadable finds the first character that may not stand in YAML at all.
func unreadable(text []byte) *syntaxError {
	line := int32(1)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r == '\n':
			line++
		case r == 0:
			return &syntaxError{line, "a NUL byte: the file is damaged, or not text"}
		case r == utf8.RuneError && n == 1:
			return &syntaxError{line, "not UTF-8: save the file in that encoding"}
		case r < 0x20 && r != '\t' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff:
			return &syntaxError{line, fmt.Sprintf("a control character: write it as an escape in double quotes, %q", fmt.Sprintf(`\u%04x`, r))}
		}
		i += n
	}
	return nil
}

// conversion writes the library's nodes into a tree, and follows aliases.
type conversion struct {
	tree      *tree
	shift     int32 // from the library's lines to the file's
	following []*yaml.Node
	alias     int32 // the line of the first of following
	followed  int   // nodes that aliases stand for
}

// mostNested is how deep a text may nest, whatever it is.
const mostNested = 1000

// convert appends n; line is where it stands if n itself is nothing.
func (c *conversion) convert(n *yaml.Node, line int32, depth int) error {
	if n.Line == 0 {
		n.Line = int(line)
	}
	at := int32(n.Line) + c.shift
	if depth > mostNested {
		return &syntaxError{at, "nested too deeply"}
	}
	if len(c.following) > 0 {
		if c.followed++; c.followed > mostFollowed {
			return &syntaxError{c.alias, fmt.Sprintf("aliases stand for more than %d values: write them out", mostFollowed)}
		}
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return c.follow(n, at, depth)
	case !plainTag(n):
		c.tree.nodes = append(c.tree.nodes, node{kind: tagged, piece: c.tree.keep(n.Tag), line: at, size: 1})
		return nil
	case n.Kind == yaml.ScalarNode:
		quoted := n.Style != 0
		if n.Style&yaml.TaggedStyle != 0 {
			quoted = n.Tag == "!!str"
		}
		if !quoted && n.Value == "" {
			at = line + c.shift
		}
		c.tree.scalar(c.tree.keep(n.Value), quoted, at)
		return nil
	case n.Kind == yaml.MappingNode:
		return c.collection(n, mapping, at, depth)
	}
	return c.collection(n, sequence, at, depth)
}

func (c *conversion) collection(n *yaml.Node, k kind, at int32, depth int) error {
	i := c.tree.open(k, at)
	line := int32(n.Line)
	for j, child := range n.Content {
		switch {
		case k == mapping && j%2 == 1:
			line = int32(n.Content[j-1].Line)
		case k == sequence && child.Line > 0:
			line = int32(child.Line)
		}
		if err := c.convert(child, line, depth+1); err != nil {
			return err
		}
	}
	c.tree.close(i)
	return nil
}

func (c *conversion) follow(n *yaml.Node, at int32, depth int) error {
	for _, f := range c.following {
		if f == n.Alias {
			return &syntaxError{at, fmt.Sprintf("the alias *%s stands inside of what it stands for", n.Value)}
		}
	}
	if len(c.following) == 0 {
		c.alias = at
	}
	c.following = append(c.following, n.Alias)
	err := c.convert(n.Alias, int32(n.Alias.Line), depth+1)
	c.following = c.following[:len(c.following)-1]
	return err
}

// plainTag tells whether a node has no tag of its own, or one of those that YAML itself knows and
// that libraries write where they think a reader might guess wrong: `!!timestamp '…'`.
func plainTag(n *yaml.Node) bool {
	if n.Style&yaml.TaggedStyle == 0 {
		return true
	}
	if _, known := tags[n.Tag]; known {
		return n.Kind == yaml.ScalarNode
	}
	switch n.Tag {
	case "!!null":
		return n.Kind == yaml.ScalarNode && n.Value == ""
	case "!!map":
		return n.Kind == yaml.MappingNode
	case "!!seq":
		return n.Kind == yaml.SequenceNode
	}
	return false
}
