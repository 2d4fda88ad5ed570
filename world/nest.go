package world

// This file is the scanner's collections. A block method is called at content, that is with pos and
// col where content left them, and leaves them at the next content.

// document reads a whole text, and returns its root.
func (s *scanner) document() (int, bool) {
	root := len(s.tree.nodes)
	if !s.content() && !s.begin() {
		return 0, false
	}
	if s.col < 0 {
		s.tree.scalar(piece{}, false, 1)
		return root, true
	}
	return root, s.block() && s.col < 0
}

// begin moves over the --- that may stand before a document.
func (s *scanner) begin() bool {
	if !s.marker() || s.src[s.pos] != '-' || !s.ends(s.pos+3) {
		return false
	}
	s.pos += 3
	return s.endLine()
}

// content moves to the next content from the beginning of a line.
func (s *scanner) content() bool {
	for {
		for s.pos < len(s.src) && s.src[s.pos] == ' ' {
			s.pos++
		}
		if s.pos == len(s.src) {
			s.short, s.col = true, -1
			return true
		}
		switch s.src[s.pos] {
		case '#':
			if !s.comment() {
				return false
			}
			if s.pos == len(s.src) {
				continue
			}
			fallthrough
		case '\n', '\r':
			if !s.newline() {
				return false
			}
		case '\t':
			return false
		default:
			s.col = s.pos - s.bol
			return !s.marker()
		}
	}
}

// endLine moves to the next content from behind a value, after which only a comment may stand.
func (s *scanner) endLine() bool {
	for s.pos < len(s.src) && s.src[s.pos] == ' ' {
		s.pos++
	}
	if s.peek() == '#' && (!s.afterBlank() || !s.comment()) {
		return false
	}
	if s.pos == len(s.src) {
		s.short, s.col = true, -1
		return true
	}
	return classes[s.src[s.pos]] == lineBreak && s.newline() && s.content()
}

// dash tells whether an item of a block sequence begins at the content.
func (s *scanner) dash() bool { return s.col >= 0 && s.peek() == '-' && s.ends(s.pos+1) }

// block reads the node at the content. Whoever calls it looks at what column the next content is.
func (s *scanner) block() bool {
	if s.depth++; s.depth > deepest {
		return false
	}
	defer func() { s.depth-- }()
	if s.dash() {
		return s.blockSequence(s.col)
	}
	if c := s.peek(); c == '{' || c == '[' {
		return s.flow() && s.endLine()
	}
	start, line := s.pos, s.line
	text, quoted, ok := s.token(false)
	if !ok {
		return false
	}
	if s.keyEnds(start, quoted) {
		return s.blockMapping(s.col, text, quoted, line)
	}
	s.tree.scalar(text, quoted, line)
	return s.endLine()
}

// keyEnds moves to the colon of a block mapping's key, and tells whether there is one.
func (s *scanner) keyEnds(start int, quoted bool) bool {
	i := s.pos
	for quoted && s.at(i) == ' ' {
		i++
	}
	if s.at(i) != ':' || !s.ends(i+1) || i-start > longestKey {
		return false
	}
	s.pos = i
	return true
}

// blockMapping reads a mapping at column col, from the colon of its first key on.
func (s *scanner) blockMapping(col int, text piece, quoted bool, line int32) bool {
	m := s.tree.open(mapping, line)
	for {
		s.tree.scalar(text, quoted, s.line)
		s.pos++
		if !s.blockValue(col) || s.col > col {
			return false
		}
		if s.col < col {
			s.tree.close(m)
			return true
		}
		if s.dash() {
			return false
		}
		start := s.pos
		var ok bool
		if text, quoted, ok = s.token(false); !ok || !s.keyEnds(start, quoted) {
			return false
		}
	}
}

// blockValue reads the value behind a colon, of a mapping at column col.
func (s *scanner) blockValue(col int) bool {
	line := s.line
	for s.peek() == ' ' {
		s.pos++
	}
	switch c := s.peek(); {
	case c == '#', classes[c] == lineBreak, s.pos == len(s.src):
		if !s.endLine() {
			return false
		}
		if s.col > col || s.col == col && s.dash() {
			return s.below(col, true)
		}
		s.tree.scalar(piece{}, false, line)
		return true
	case c == '{' || c == '[':
		return s.flow() && s.endLine()
	case c == '&':
		return s.anchored(col, true)
	case c == '*':
		return s.alias(false) && s.endLine()
	}
	text, quoted, ok := s.token(false)
	if !ok {
		return false
	}
	s.tree.scalar(text, quoted, line)
	return s.endLine()
}

// blockSequence reads a sequence whose dashes are at column col.
func (s *scanner) blockSequence(col int) bool {
	q := s.tree.open(sequence, s.line)
	for s.col == col && s.dash() {
		if !s.entry(col) {
			return false
		}
	}
	s.tree.close(q)
	return s.col <= col
}

// entry reads one item of a block sequence, from its dash on.
func (s *scanner) entry(col int) bool {
	line := s.line
	s.pos++
	for s.peek() == ' ' {
		s.pos++
	}
	switch c := s.peek(); {
	case c == '&':
		return s.anchored(col, false) && s.col <= col
	case c == '*':
		return s.alias(false) && s.endLine() && s.col <= col
	case c != '#' && classes[c] != lineBreak && s.pos < len(s.src):
		s.col = s.pos - s.bol
		return s.block() && s.col <= col
	}
	if !s.endLine() {
		return false
	}
	if s.col > col {
		return s.block()
	}
	s.tree.scalar(piece{}, false, line)
	return true
}

// flow reads a node inside a flow collection, or such a collection.
func (s *scanner) flow() bool {
	switch s.peek() {
	case '{':
		return s.flowMapping()
	case '[':
		return s.flowSequence()
	case '&':
		return s.flowAnchored()
	case '*':
		return s.alias(true)
	}
	line := s.line
	text, quoted, ok := s.token(true)
	if ok {
		s.tree.scalar(text, quoted, line)
	}
	return ok
}

func (s *scanner) flowMapping() bool {
	if s.depth++; s.depth > deepest {
		return false
	}
	m := s.tree.open(mapping, s.line)
	s.pos++
	for {
		if !s.blank() {
			return false
		}
		if s.peek() == '}' {
			s.pos++
			s.depth--
			s.tree.close(m)
			return true
		}
		if !s.flowKey() || !s.flowValue() {
			return false
		}
		if s.peek() == ',' {
			s.pos++
		} else if s.peek() != '}' {
			return false
		}
	}
}

// flowKey reads a key and its colon, which must be on its line.
func (s *scanner) flowKey() bool {
	start, line := s.pos, s.line
	text, quoted, ok := s.token(true)
	if !ok {
		return false
	}
	for s.peek() == ' ' {
		s.pos++
	}
	if s.peek() != ':' || s.pos-start > longestKey {
		return false
	}
	s.pos++
	s.tree.scalar(text, quoted, line)
	return true
}

// flowValue reads the value behind a colon, which may be missing, and the blank behind it.
func (s *scanner) flowValue() bool {
	line := s.line
	if !s.blank() {
		return false
	}
	if c := s.peek(); c == ',' || c == '}' {
		s.tree.scalar(piece{}, false, line)
		return true
	}
	return s.flow() && s.blank()
}

func (s *scanner) flowSequence() bool {
	if s.depth++; s.depth > deepest {
		return false
	}
	q := s.tree.open(sequence, s.line)
	s.pos++
	for {
		if !s.blank() {
			return false
		}
		if s.peek() == ']' {
			s.pos++
			s.depth--
			s.tree.close(q)
			return true
		}
		if !s.flow() || !s.blank() {
			return false
		}
		if s.peek() == ',' {
			s.pos++
		} else if s.peek() != ']' {
			return false
		}
	}
}
