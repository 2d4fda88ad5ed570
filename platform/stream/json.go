package stream

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	maxDepth = 500       // of nested JSON
	maxValue = 256 << 20 // bytes of one value that is decoded
	maxWord  = 400       // bytes of a number
)

// JSON walks JSON (RFC 8259) in the order in which it comes: one document, or several after one
// another. Object and Array call back for what they hold; a value that the callback does not take,
// with Object, Array, Decode or Skip, is passed over.
type JSON struct {
	in     *bufio.Reader
	line   int
	pinned bool
	depth  int
	taken  bool

	recording bool
	record    []byte
	limit     int // of record
	keys      map[string]string
}

// NewJSON walks in, whose first line is line 1.
func NewJSON(in *bufio.Reader) *JSON {
	return &JSON{in: in, line: 1, limit: maxValue, keys: map[string]string{}}
}

// NewJSONAt walks JSON that stands inside a value at one line of another input.
func NewJSONAt(data []byte, line int) *JSON {
	j := NewJSON(bufio.NewReader(bytes.NewReader(data)))
	j.line, j.pinned = line, true
	return j
}

// ShapeError tells that a value, which has been taken, is not of the kind that was asked for. Whoever
// asked can go on after it; a callback that returns it ends the walk.
type ShapeError struct {
	Line   int
	Reason string
}

func (e *ShapeError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Misshapen returns err as a ShapeError; nil where it is none.
func Misshapen(err error) *ShapeError {
	var shape *ShapeError
	errors.As(err, &shape)
	return shape
}

// Line is where the walk stands: in a callback, the line where its value begins.
func (j *JSON) Line() int { return j.line }

// Next returns the first byte of the next value ('{', '[', '"', 'n' and so on) and leaves it to be
// taken; io.EOF at the end of the input.
func (j *JSON) Next() (byte, error) {
	for {
		b, err := j.in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch b {
		case '\n':
			j.newline()
		case ' ', '\t', '\r':
		default:
			return b, j.in.UnreadByte()
		}
	}
}

// Object calls member for each member of the next value, an object; for none where it is null.
func (j *JSON) Object(member func(key string) error) error {
	return j.walk('{', '}', func() error {
		key, err := j.key(member != nil)
		if err != nil || member == nil {
			return err
		}
		return member(key)
	})
}

// Array calls element for each element of the next value, an array; for none where it is null.
func (j *JSON) Array(element func() error) error {
	return j.walk('[', ']', func() error {
		if element == nil {
			return nil
		}
		return element()
	})
}

// Decode takes the next value into v, as encoding/json does.
func (j *JSON) Decode(v any) error {
	if _, err := j.next(); err != nil {
		return err
	}
	line := j.line
	raw, err := j.keep(j.Skip)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return &ShapeError{line, unfit(err)}
	}
	return nil
}

// unfit says what encoding/json found, without the names of Go's types.
func unfit(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &kind):
		return strings.TrimPrefix(err.Error(), "json: ")
	case kind.Field == "":
		return "it is of the wrong kind: " + kind.Value
	}
	return kind.Field + " is of the wrong kind: " + kind.Value
}

// Skip passes over the next value.
func (j *JSON) Skip() error {
	b, err := j.next()
	if err != nil {
		return err
	}
	switch b {
	case '{':
		return j.Object(nil)
	case '[':
		return j.Array(nil)
	case '"':
		err = j.text()
	default:
		err = j.word()
	}
	j.taken = true
	return err
}

// walk calls each where a member or an element begins.
func (j *JSON) walk(open, closing byte, each func() error) error {
	b, err := j.next()
	if err != nil {
		return err
	}
	if b != open {
		return j.another(b, open)
	}
	if _, err := j.read(); err != nil {
		return err
	}
	if j.depth++; j.depth > maxDepth {
		return j.fault("it is nested deeper than %d", maxDepth)
	}
	for first := true; ; first = false {
		more, err := j.more(first, closing)
		if err != nil {
			return err
		}
		if !more {
			j.depth--
			j.taken = true
			return nil
		}
		j.taken = false
		if err := each(); err != nil {
			return final(err)
		}
		if !j.taken {
			if err := j.Skip(); err != nil {
				return err
			}
		}
	}
}

// final makes of a ShapeError that a callback did not deal with an error of the whole walk: once a
// callback has failed, the rest of its object or array has not been taken.
func final(err error) error {
	if shape := Misshapen(err); shape != nil {
		return errors.New(shape.Error())
	}
	return err
}

// another takes a value of another kind than was asked for, and tells; null is let through.
func (j *JSON) another(b, want byte) error {
	line := j.line
	if err := j.Skip(); err != nil {
		return err
	}
	if b == 'n' {
		return nil
	}
	kinds := map[byte]string{'{': "an object", '[': "a list", '"': "text"}
	found, ok := kinds[b]
	if !ok {
		found = "a number or a truth value"
	}
	return &ShapeError{line, fmt.Sprintf("%s stands where %s was expected", found, kinds[want])}
}

// more goes to the next member or element, or over the end.
func (j *JSON) more(first bool, closing byte) (bool, error) {
	b, err := j.next()
	switch {
	case err != nil:
		return false, err
	case b == closing:
		_, err = j.read()
		return false, err
	case !first && b != ',':
		return false, j.fault("a comma or %q was expected, not %q", closing, b)
	case !first:
		if _, err = j.read(); err == nil {
			_, err = j.next()
		}
	}
	return true, err
}

// key takes a member's key and the colon, up to its value.
func (j *JSON) key(wanted bool) (string, error) {
	if b, err := j.next(); err != nil {
		return "", err
	} else if b != '"' {
		return "", j.fault("a key in quotes was expected, not %q", b)
	}
	var key string
	if wanted {
		raw, err := j.keep(j.text)
		if err != nil {
			return "", err
		}
		key = j.intern(raw)
	} else if err := j.text(); err != nil {
		return "", err
	}
	if b, err := j.next(); err != nil {
		return "", err
	} else if b != ':' {
		return "", j.fault("a colon was expected after a key, not %q", b)
	}
	if _, err := j.read(); err != nil {
		return "", err
	}
	_, err := j.next()
	return key, err
}

// maxKeys bounds the keys that are kept to be used again.
const maxKeys = 1000

// intern returns the text of a key in quotes.
func (j *JSON) intern(raw []byte) string {
	if key, ok := j.keys[string(raw)]; ok {
		return key
	}
	key := string(raw) // matches nothing where it cannot be decoded
	_ = json.Unmarshal(raw, &key)
	if len(j.keys) < maxKeys {
		j.keys[string(raw)] = key
	}
	return key
}

// text takes a value in quotes, by whole stretches up to each quote.
func (j *JSON) text() error {
	if _, err := j.read(); err != nil {
		return err
	}
	slashes := 0 // how many backslashes in a row stand before what comes next
	for {
		part, err := j.in.ReadSlice('"')
		if err != nil && err != bufio.ErrBufferFull {
			return j.cut(err)
		}
		if err := j.took(part); err != nil {
			return err
		}
		body := part
		if err == nil {
			body = part[:len(part)-1]
		}
		rest := bytes.TrimRight(body, `\`)
		if len(rest) > 0 {
			slashes = 0
		}
		slashes += len(body) - len(rest)
		if err == nil && slashes%2 == 0 {
			return nil
		}
		if err == nil {
			slashes = 0
		}
	}
}

// took counts and keeps what has been read.
func (j *JSON) took(part []byte) error {
	if !j.pinned {
		j.line += bytes.Count(part, []byte("\n"))
	}
	if !j.recording {
		return nil
	}
	if j.record = append(j.record, part...); len(j.record) > j.limit {
		return fmt.Errorf("line %d: a value is longer than %d bytes", j.line, j.limit)
	}
	return nil
}

// word takes a number, true, false or null.
func (j *JSON) word() error {
	var word []byte
	for len(word) < maxWord {
		b, err := j.in.ReadByte()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if strings.IndexByte(",]}: \t\r\n\"[{", b) >= 0 {
			if err := j.in.UnreadByte(); err != nil {
				return err
			}
			break
		}
		word = append(word, b)
	}
	if len(word) == maxWord {
		return j.fault("a number is longer than %d digits", maxWord-1)
	}
	if !json.Valid(word) {
		return j.fault("a value was expected, not %q", word)
	}
	return j.took(word)
}

// keep returns the bytes that take reads; they stand until the next call.
func (j *JSON) keep(take func() error) ([]byte, error) {
	j.recording, j.record = true, j.record[:0]
	err := take()
	j.recording = false
	return j.record, err
}

// next is Next inside a document, where the input must not end.
func (j *JSON) next() (byte, error) {
	b, err := j.Next()
	return b, j.cut(err)
}

func (j *JSON) read() (byte, error) {
	b, err := j.in.ReadByte()
	if err != nil {
		return 0, j.cut(err)
	}
	return b, j.took([]byte{b})
}

func (j *JSON) newline() {
	if !j.pinned {
		j.line++
	}
}

func (j *JSON) cut(err error) error {
	if err == io.EOF {
		return fmt.Errorf("line %d: the input ends in the middle of a JSON document: %w", j.line, io.ErrUnexpectedEOF)
	}
	return err
}

func (j *JSON) fault(format string, args ...any) error {
	return fmt.Errorf("line %d: not JSON: %s", j.line, fmt.Sprintf(format, args...))
}

// Value is a JSON text, or a number or truth value as its text; anything else is empty. Tools are
// not of one mind about whether ids and versions have quotes.
type Value string

// UnmarshalJSON fails on text alone that is not JSON.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = ""
	switch {
	case data[0] == '"' && plain(data[1:len(data)-1]):
		*v = Value(data[1 : len(data)-1])
	case data[0] == '"':
		return json.Unmarshal(data, (*string)(v))
	case data[0] != 'n' && data[0] != '{' && data[0] != '[':
		*v = Value(data)
	}
	return nil
}

// Text is the value, clean.
func (v Value) Text() string { return Clean(string(v)) }

// Value takes the next value as a Value.
func (j *JSON) Value() (v Value, err error) {
	if _, err := j.next(); err != nil {
		return "", err
	}
	line := j.line
	raw, err := j.keep(j.Skip)
	if err != nil {
		return "", err
	}
	if err := v.UnmarshalJSON(raw); err != nil {
		return "", &ShapeError{line, unfit(err)}
	}
	return v, nil
}
