package world

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"portcullis/policy"
)

// decoder turns nodes into types, strictly. What is wrong it reports and goes on, so that one run
// names everything. It is made to be reused, and not safe for concurrent use.
type decoder struct {
	tree *tree
	path []place
	// report is told of each mistake; codes holds the version codes of the host being read.
	report func(line int32, key, message string)
	codes  []int64
}

// place is one step of the way to a value: a key, or an index where the key is empty.
type place struct {
	key   string
	index int
}

// failAt reports a mistake at a line, in what the path leads to.
func (d *decoder) failAt(line int32, format string, args ...any) {
	if d.report != nil {
		d.report(line, joinPath(d.path), fmt.Sprintf(format, args...))
	}
}

func (d *decoder) fail(i int, format string, args ...any) {
	d.failAt(d.line(i), format, args...)
}

// failKey reports a mistake in what stands, or should stand, under key in what the path leads to.
func (d *decoder) failKey(line int32, key, format string, args ...any) {
	d.push(key)
	d.failAt(line, format, args...)
	d.pop()
}

func (d *decoder) line(i int) int32 { return d.tree.nodes[i].line }
func (d *decoder) kind(i int) kind  { return d.tree.nodes[i].kind }

func (d *decoder) push(key string)     { d.path = append(d.path, place{key: key}) }
func (d *decoder) pushIndex(index int) { d.path = append(d.path, place{index: index}) }
func (d *decoder) pop()                { d.path = d.path[:len(d.path)-1] }

var plainKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL\pN_-]+$`) })

func joinPath(path []place) string {
	var b strings.Builder
	for _, p := range path {
		switch {
		case p.key == "":
			b.WriteString("[" + strconv.Itoa(p.index) + "]")
			continue
		case b.Len() > 0:
			b.WriteByte('.')
		}
		b.WriteString(p.key)
	}
	return b.String()
}

// shownKey is how a key from a file that is on no list stands in a path.
func shownKey(key string) string {
	if len(key) <= 60 && plainKey().MatchString(key) {
		return key
	}
	return quote(key)
}

// field is one key that a mapping may have, and how its value is read into a T.
type field[T any] struct {
	key  string
	read func(*decoder, int, *T)
	// need says what is missing where the key is not there; it is empty for a key that is optional.
	need string
	// filled is set where a value that is null or empty is a mistake, and not the same as no key.
	filled string
}

// readMapping reads the mapping at i into v, and returns which of the fields it has as a set of
// their positions, whatever their values; ok is false where it is no mapping.
func readMapping[T any](d *decoder, i int, v *T, fields []field[T]) (seen uint32, ok bool) {
	if d.kind(i) != mapping {
		d.fail(i, "%s where keys and values are expected, such as %s", d.describe(i), example(fields))
		return 0, false
	}
	var given uint32
	for k, val := range d.tree.pairs(i) {
		f := fieldOf(d.tree.text(k), fields)
		switch {
		case f < 0 || d.kind(k) != scalar:
			d.unknownKey(k, fieldKeys(fields))
		case seen&(1<<f) != 0:
			d.doubledKey(i, k)
		default:
			seen |= 1 << f
			if readField(d, k, val, v, &fields[f]) {
				given |= 1 << f
			}
		}
	}
	for f := range fields {
		if fields[f].need != "" && given&(1<<f) == 0 {
			at, name := d.line(i), fields[f].key
			if _, k := d.tree.find(i, name); k >= 0 {
				at = d.line(k)
			}
			d.failKey(at, name, "missing: give %s", fields[f].need)
		}
	}
	return seen, true
}

// readField reads one value; it is false where there is none.
func readField[T any](d *decoder, k, val int, v *T, f *field[T]) bool {
	if f.filled != "" && d.empty(val) {
		d.failKey(d.line(k), f.key, "%s", f.filled)
		return false
	}
	if d.nothing(val) {
		return false
	}
	d.path = append(d.path, place{key: f.key})
	f.read(d, val, v)
	d.path = d.path[:len(d.path)-1]
	return true
}

// nothing tells whether a value is as good as not given: null, or an empty text.
func (d *decoder) nothing(i int) bool {
	n := &d.tree.nodes[i]
	return n.kind == scalar && (n.len == 0 || d.tree.null(i))
}

// empty tells whether a value holds nothing, as an empty list does.
func (d *decoder) empty(i int) bool {
	n := &d.tree.nodes[i]
	return d.nothing(i) || n.size == 1 && (n.kind == mapping || n.kind == sequence)
}

func fieldOf[T any](key []byte, fields []field[T]) int {
	for f := range fields {
		if string(key) == fields[f].key {
			return f
		}
	}
	return -1
}

func fieldKeys[T any](fields []field[T]) []string {
	keys := make([]string, len(fields))
	for f := range fields {
		keys[f] = fields[f].key
	}
	return keys
}

// example shows what a mapping looks like in a message: its first two keys.
func example[T any](fields []field[T]) string {
	keys := fieldKeys(fields)
	return "{" + strings.Join(keys[:min(2, len(keys))], ": …, ") + ": …}"
}

func (d *decoder) unknownKey(k int, known []string) {
	if d.kind(k) != scalar {
		d.fail(k, "%s as a key: keys are words", d.describe(k))
		return
	}
	key := string(d.tree.text(k))
	way := suggestion(key, known)
	if way == "" {
		way = "; the keys here are " + choices(known)
	}
	d.failKey(d.line(k), shownKey(key), "unknown key %s%s", quote(key), way)
}

func (d *decoder) doubledKey(i, k int) {
	key := string(d.tree.text(k))
	_, first := d.tree.find(i, key)
	d.failKey(d.line(k), key, "given twice, first on line %d: take one of them out", d.line(first))
}

// describe says what a node is.
func (d *decoder) describe(i int) string {
	switch {
	case d.kind(i) == tagged:
		return fmt.Sprintf("the tag %s, which world files do not use,", quote(string(d.tree.text(i))))
	case d.kind(i) == mapping:
		return "keys and values"
	case d.kind(i) == sequence:
		return "a list"
	case d.tree.null(i):
		return "nothing"
	}
	return quote(string(d.tree.text(i)))
}

// readList reads a list into dst, whose elements stand at the indices of the list even where they
// are mistaken.
func readList[T any](d *decoder, i int, dst *[]T, read func(*decoder, int, *T)) {
	if d.nothing(i) {
		return
	}
	if d.kind(i) != sequence {
		d.fail(i, "%s where a list is expected: put it in [ ]", d.describe(i))
		return
	}
	for n, e := range d.tree.elements(i) {
		var zero T
		*dst = append(*dst, zero)
		d.pushIndex(n)
		read(d, e, &(*dst)[len(*dst)-1])
		d.pop()
	}
}

// readText reads a text as it is written. It must not be empty: a field that is empty is not read
// at all, so this one stands in a list.
func readText(d *decoder, i int, v *string) {
	if d.isText(i) {
		*v = d.tree.word(i)
	}
}

// readName is readText for what is hardly ever said twice.
func readName(d *decoder, i int, v *string) {
	if d.isText(i) {
		*v = string(d.tree.text(i))
	}
}

func (d *decoder) isText(i int) bool {
	switch {
	case d.kind(i) != scalar:
		d.fail(i, "%s where a text is expected", d.describe(i))
	case d.nothing(i):
		d.fail(i, "an empty text: write what is meant, or take it out")
	default:
		return true
	}
	return false
}

func readTexts(d *decoder, i int, v *[]string) { readList(d, i, v, readText) }

// readBool reads true or false, and no other word for them.
func readBool(d *decoder, i int, v *bool) {
	*v = d.tree.is(i, "true")
	if d.tree.nodes[i].quoted || !*v && !d.tree.is(i, "false") {
		d.fail(i, "%s where true or false is expected, without quotes", d.describe(i))
	}
}

// readTrue reads a key that can only be said, not denied.
func readTrue(d *decoder, i int, v *bool) {
	*v = d.tree.is(i, "true")
	if d.tree.nodes[i].quoted || !*v {
		d.fail(i, "%s where only true is possible: otherwise leave the key out", d.describe(i))
	}
}

// readInt reads a whole number in decimal digits, and no other way of writing one.
func readInt(d *decoder, i int, v *int64) {
	text := d.tree.text(i)
	code, err := strconv.ParseInt(string(text), 10, 64)
	if n := &d.tree.nodes[i]; n.kind != scalar || n.quoted || err != nil || !canonical(text) {
		d.fail(i, "%s where a whole number is expected, in plain digits and without quotes", d.describe(i))
		return
	}
	*v = code
}

// canonical tells whether a number that can be parsed is written as it would be again.
func canonical(number []byte) bool {
	switch number[0] {
	case '+':
		return false
	case '-':
		return number[1] != '0'
	}
	return number[0] != '0' || len(number) == 1
}

// word reads one word of a closed list of package policy.
func word[T ~uint8](words []string) func(*decoder, int, *T) {
	return func(d *decoder, i int, v *T) {
		for at, w := range words {
			if w != "" && d.tree.is(i, w) {
				*v = T(at)
				return
			}
		}
		near := ""
		if d.kind(i) == scalar {
			near = suggestion(string(d.tree.text(i)), words)
		}
		d.fail(i, "%s is not possible here: choose %s%s", d.describe(i), choices(words), near)
	}
}

var (
	readPlatform  = word[policy.Platform](policy.PlatformWords[:])
	readKind      = word[policy.Kind](policy.KindWords[:])
	readHostKind  = word[policy.HostKind](policy.HostKindWords[:])
	readOwnership = word[policy.Ownership](policy.OwnershipWords[:])
	readEffect    = word[policy.Effect](policy.EffectWords[:])
)

// readByPlatform reads a mapping from platforms to values.
func readByPlatform[T any](d *decoder, i int, read func(*decoder, int, *T)) map[policy.Platform]T {
	if d.kind(i) != mapping {
		d.fail(i, "%s where platforms and their values are expected, such as {android: …}", d.describe(i))
		return nil
	}
	out := make(map[policy.Platform]T)
	for k, val := range d.tree.pairs(i) {
		p, known := policy.ParsePlatform(string(d.tree.text(k)))
		_, doubled := out[p]
		switch {
		case !known || d.kind(k) != scalar:
			d.unknownKey(k, policy.PlatformWords[1:])
		case doubled:
			d.doubledKey(i, k)
		default:
			var v T
			d.push(p.String())
			read(d, val, &v)
			d.pop()
			out[p] = v
		}
	}
	return out
}
