package sdk

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// List is a list of SDKs that a user brought.
type List struct {
	// Name is in front of the ids of its entries: "exodus", "blocker".
	Name string
	// Digest is the SHA-256 of the file, in hex: which version of the list was used.
	Digest string
	// Credit is who made lists of this form, and their licence, for a report to say.
	Credit string
	// Entries are what can be matched.
	Entries []Entry
	// Problems say which entries, or which signs of an entry, are not used, and why.
	Problems []string
}

// ReadList reads a list in either form, which it tells apart by how the file begins.
func ReadList(data []byte) (*List, error) {
	switch start := bytes.TrimLeft(data, "\ufeff \t\r\n"); {
	case bytes.HasPrefix(start, []byte("{")):
		return ReadExodus(data)
	case bytes.HasPrefix(start, []byte("[")):
		return ReadRules(data)
	}
	return nil, errors.New(`this is no list of trackers: one in the form of Exodus Privacy begins with {"trackers": …}, one of blocker-general-rules with [`)
}

// decode reads the JSON of a list; form names the list's form. An error says where in the file it stands.
func decode(data []byte, form string, into any) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	err := json.Unmarshal(data, into)
	if err == nil {
		return nil
	}
	at, what := int64(len(data)), err.Error()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		value, _, _ := strings.Cut(kind.Value, " ") // "number 1.5"
		at, what = kind.Offset, fmt.Sprintf("%s is %s, and should be %s", cmp.Or(strings.Trim(kind.Field, "."), "an entry"), jsonWords[value], jsonWords[kind.Type.Kind().String()])
	}
	before := data[:max(0, min(int(at)-1, len(data)))]
	line := bytes.LastIndexByte(before, '\n') + 1
	return fmt.Errorf("reading a list in the form of %s: line %d, column %d: %s", form, 1+bytes.Count(before, []byte("\n")), 1+utf8.RuneCount(before[line:]), what)
}

// What the values of JSON are called.
var jsonWords = map[string]string{"string": "a text", "number": "a number", "bool": "true or false", "array": "a list", "object": "an object",
	"int": "a whole number", "slice": "a list", "map": "an object", "struct": "an object"}

func newList(name, credit string, data []byte) *List {
	sum := sha256.Sum256(data)
	return &List{Name: name, Credit: credit, Digest: hex.EncodeToString(sum[:])}
}

func (l *List) problem(id, format string, args ...any) {
	l.Problems = append(l.Problems, l.Name+":"+id+": "+fmt.Sprintf(format, args...))
}

// apart gives lists of one form names of their own, in front of their entries' ids too: the second in the form of Exodus is
// "exodus-2".
func apart(lists []*List) {
	seen := map[string]int{}
	for _, l := range lists {
		form := l.Name
		if seen[form]++; seen[form] == 1 {
			continue
		}
		l.Name = fmt.Sprintf("%s-%d", form, seen[form])
		for i := range l.Entries {
			l.Entries[i].ID = l.Name + strings.TrimPrefix(l.Entries[i].ID, form)
		}
	}
}

// ids makes the ids of a list's entries, each once: one that is there already gets "-2" at its end, and so on.
type ids map[string]int

func (u ids) unique(l *List, id string) string {
	u[id]++
	if n := u[id]; n > 1 {
		l.problem(id, "the list has this id more than once; this one is %s:%s-%d", l.Name, id, n)
		return u.unique(l, fmt.Sprintf("%s-%d", id, n))
	}
	return id
}

// maxSignature is the length of the longest regular expression that is used, in bytes.
const maxSignature = 16 << 10

// expression compiles a regular expression of a list.
func expression(text string) (*regexp.Regexp, error) {
	if len(text) > maxSignature {
		return nil, fmt.Errorf("it is longer than %d bytes", maxSignature)
	}
	return regexp.Compile(text)
}

// hosts turns network signatures, which are regular expressions, into the domains that they stand for. What is more than a
// host name is counted, not used.
func hosts(signatures []string) (domains []string, unused int) {
	for _, s := range signatures {
		if s == "" {
			continue
		}
		host := strings.NewReplacer(`\.`, ".", `\-`, "-").Replace(strings.TrimPrefix(s, ".*"))
		host = strings.ToLower(strings.TrimPrefix(host, "."))
		if !plainHost(host) {
			unused++
			continue
		}
		domains = append(domains, host)
	}
	return domains, unused
}

func plainHost(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" {
			return false
		}
		for _, b := range []byte(label) {
			if b == '-' || b < 0x80 && identifier(b) {
				continue
			}
			return false
		}
	}
	return strings.Contains(host, ".")
}
