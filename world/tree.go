package world

import (
	"iter"
	"strconv"
)

// kind is what a node is.
type kind uint8

const (
	scalar kind = iota
	mapping
	sequence
	tagged // something with a YAML tag that world files do not use; its text is the tag
)

// node is one value of a document. It holds no pointer, so that millions of them cost nothing to
// keep in one place.
type node struct {
	piece
	line   int32 // where it begins; for a value that is not there, where its key or dash stands
	size   int32 // how many nodes it takes, with itself: the next one at its level is size further
	kind   kind
	quoted bool // a scalar that is text whatever it looks like
}

// piece is where a text is: in what was read, or in the tree's scratch.
type piece struct {
	off, len int32
	scratch  bool
}

// tree is a document, or many in one place; a root is an index into nodes. The nodes are in the
// order of the text: those of a collection follow it, and in a mapping keys and values alternate. A
// tree is made to be reused.
type tree struct {
	nodes   []node
	src     []byte // what was read
	scratch []byte // texts that are not in it as such, those with escapes
	lasting string // src again, once a text was asked for that lasts
}

func (t *tree) reset(src []byte) {
	t.nodes, t.src, t.scratch, t.lasting = t.nodes[:0], src, t.scratch[:0], ""
}

// open begins a collection; close ends it.
func (t *tree) open(k kind, line int32) int {
	t.nodes = append(t.nodes, node{kind: k, line: line})
	return len(t.nodes) - 1
}

func (t *tree) close(i int) { t.nodes[i].size = int32(len(t.nodes) - i) }

func (t *tree) scalar(text piece, quoted bool, line int32) {
	t.nodes = append(t.nodes, node{piece: text, quoted: quoted, line: line, size: 1})
}

// keep puts a text that was not read as such into the tree.
func (t *tree) keep(text string) piece {
	t.scratch = append(t.scratch, text...)
	return piece{int32(len(t.scratch) - len(text)), int32(len(text)), true}
}

// text returns the text of a scalar. It lasts until the tree is reset.
func (t *tree) text(i int) []byte {
	n := &t.nodes[i]
	if n.scratch {
		return t.scratch[n.off : n.off+n.len]
	}
	return t.src[n.off : n.off+n.len]
}

// word returns the text of a scalar to keep. All words of a tree are parts of one string, so that a
// host with many costs one allocation; who keeps one for long keeps all, or clones it.
func (t *tree) word(i int) string {
	n := &t.nodes[i]
	if n.scratch {
		return string(t.scratch[n.off : n.off+n.len])
	}
	if t.lasting == "" {
		t.lasting = string(t.src)
	}
	return t.lasting[n.off : n.off+n.len]
}

// is tells whether the node is a scalar, plain or quoted, of this text.
func (t *tree) is(i int, text string) bool {
	return t.nodes[i].kind == scalar && string(t.text(i)) == text
}

// null tells whether the node is YAML's null: nothing, ~ or the word.
func (t *tree) null(i int) bool {
	n := &t.nodes[i]
	if n.kind != scalar || n.quoted || n.len > 4 {
		return false
	}
	switch string(t.text(i)) {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// pairs goes over the keys and values of a mapping.
func (t *tree) pairs(i int) iter.Seq2[int, int] {
	return func(yield func(key, value int) bool) {
		for k, end := i+1, i+int(t.nodes[i].size); k < end; {
			v := k + int(t.nodes[k].size)
			if !yield(k, v) {
				return
			}
			k = v + int(t.nodes[v].size)
		}
	}
}

// elements goes over the values of a sequence, with their indices in it.
func (t *tree) elements(i int) iter.Seq2[int, int] {
	return func(yield func(n, element int) bool) {
		for n, e, end := 0, i+1, i+int(t.nodes[i].size); e < end; n, e = n+1, e+int(t.nodes[e].size) {
			if !yield(n, e) {
				return
			}
		}
	}
}

// find returns the value of a key in the mapping at i, and the key itself: the first where it is
// doubled, -1 where there is none.
func (t *tree) find(i int, key string) (value, at int) {
	if t.nodes[i].kind == mapping {
		for k, v := range t.pairs(i) {
			if t.is(k, key) {
				return v, k
			}
		}
	}
	return -1, -1
}

// line returns the line of a place such as `rules[3].target.product` below the node at i; of a
// place that is not there, the line of what it would be in.
func (t *tree) line(i int, key string) int32 {
	line := t.nodes[i].line
	for key != "" && i >= 0 {
		var name string
		var at int
		name, key = step(key)
		if index, err := strconv.Atoi(name); err == nil && t.nodes[i].kind == sequence {
			i = t.element(i, index)
			at = i
		} else {
			i, at = t.find(i, name)
		}
		if at >= 0 {
			line = t.nodes[at].line
		}
	}
	return line
}

// element returns the value at an index of a sequence, or -1.
func (t *tree) element(i, index int) int {
	for n, e := range t.elements(i) {
		if n == index {
			return e
		}
	}
	return -1
}

// step cuts the first key or index off a place.
func step(key string) (name, rest string) {
	for i := range len(key) {
		switch key[i] {
		case '.', ']':
			return key[:i], trimDot(key[i+1:])
		case '[':
			if i > 0 {
				return key[:i], key[i+1:]
			}
			return step(key[1:])
		}
	}
	return key, ""
}

func trimDot(key string) string {
	if key != "" && key[0] == '.' {
		return key[1:]
	}
	return key
}
