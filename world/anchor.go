package world

// This file is the scanner's anchors and aliases, as YAML libraries write them where one object was
// in two places: an alias is the nodes of its anchor once more. An anchor on nothing, on a key, or
// of a name that was used before is left to the library.

// mostFollowed is how many nodes the aliases of a text may stand for; it keeps an alias of aliases,
// and so on, from becoming a bomb.
const mostFollowed = 4_000_000

// name reads the name behind & or *.
func (s *scanner) name() string {
	s.pos++
	start := s.pos
	for {
		if c := s.peek(); !letter(c) && (c < '0' || c > '9') && c != '_' && c != '-' {
			return string(s.src[start:s.pos])
		}
		s.pos++
	}
}

// anchored reads a value with an anchor, of something at column col; dashes tells whether items of
// a list at that column are its value.
func (s *scanner) anchored(col int, dashes bool) bool {
	line, start, name := s.line, len(s.tree.nodes), s.name()
	if !s.ends(s.pos) {
		return false
	}
	for s.peek() == ' ' {
		s.pos++
	}
	switch c := s.peek(); {
	case c == '#', classes[c] == lineBreak:
		if !s.endLine() || !s.below(col, dashes) {
			return false
		}
	case c == '{' || c == '[':
		if !s.flow() || !s.endLine() {
			return false
		}
	default:
		text, quoted, ok := s.token(false)
		s.tree.scalar(text, quoted, line)
		if !ok || !s.endLine() {
			return false
		}
	}
	return s.anchor(name, start, line)
}

// below reads a value on the lines below its key or dash, which is at column col.
func (s *scanner) below(col int, dashes bool) bool {
	if s.col > col {
		return s.block()
	}
	return dashes && s.col == col && s.dash() && s.blockSequence(col)
}

// flowAnchored is anchored inside a flow collection.
func (s *scanner) flowAnchored() bool {
	line, start, name := s.line, len(s.tree.nodes), s.name()
	if s.peek() != ' ' {
		return false
	}
	for s.peek() == ' ' {
		s.pos++
	}
	if c := s.peek(); c == '&' || c == '*' {
		return false
	}
	return s.flow() && s.anchor(name, start, line)
}

// anchor notes where the nodes of an anchor begin.
func (s *scanner) anchor(name string, start int, line int32) bool {
	if _, known := s.anchors[name]; known || name == "" {
		return false
	}
	if s.anchors == nil {
		s.anchors = make(map[string]int)
	}
	s.anchors[name] = start
	s.tree.nodes[start].line = line
	return true
}

// alias reads an alias.
func (s *scanner) alias(flow bool) bool {
	start, known := s.anchors[s.name()]
	if c := s.peek(); !known || !s.ends(s.pos) && !(flow && (c == ',' || c == ']' || c == '}')) {
		return false
	}
	size := int(s.tree.nodes[start].size)
	if s.followed += size; s.followed > mostFollowed {
		return false
	}
	s.tree.nodes = append(s.tree.nodes, s.tree.nodes[start:start+size]...)
	return true
}

// forget begins a text that must stand alone.
func (s *scanner) forget() { s.depth, s.anchors = 0, nil }
