package scim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Limits of a filter. Real ones have a few comparisons.
const (
	maxFilter  = 8 << 10 // bytes
	maxNesting = 20      // parentheses, brackets and nots in each other
)

// parser reads filters and paths, RFC 7644, figures 1 and 7.
type parser struct {
	rest     string
	scimType string // of what is wrong: invalidFilter or invalidPath
	nesting  int
	inValue  bool // inside brackets, where no further ones may stand
}

// parseFilter reads a filter. Its errors are problems with the scimType invalidFilter.
func parseFilter(s string) (filter, error) {
	p := parser{rest: s, scimType: invalidFilter}
	if err := p.check(s); err != nil {
		return nil, err
	}
	f, err := p.either()
	if err == nil && p.space() != "" {
		err = p.stray()
	}
	return f, err
}

// parsePath reads the path of a change, and, where it has no filter, the name of an attribute as
// lists of attributes and keys have it. Its errors are problems with the scimType invalidPath.
func parsePath(s string) (path, error) {
	p := parser{rest: s, scimType: invalidPath}
	if err := p.check(s); err != nil {
		return path{}, err
	}
	found, err := p.path()
	if err == nil && p.space() != "" {
		err = p.stray()
	}
	return found, err
}

func (p *parser) check(s string) error {
	switch {
	case len(s) > maxFilter:
		return refuse(p.scimType, "there are %d bytes: at most %d are read", len(s), maxFilter)
	case !utf8.ValidString(s):
		return refuse(p.scimType, "this is not UTF-8: %q", s)
	}
	return nil
}

// space passes over blanks and returns what is left.
func (p *parser) space() string {
	p.rest = strings.TrimLeft(p.rest, " \t")
	return p.rest
}

func (p *parser) stray() error {
	return refuse(p.scimType, "%q is not understood: put an attribute, an operator and a value, with blanks between them", brief(p.rest))
}

// brief is the beginning of s, for messages.
func brief(s string) string {
	const enough = 40
	if len(s) <= enough {
		return s
	}
	return strings.ToValidUTF8(s[:enough], "") + "…"
}

func wordEnd(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("$-_.:+", r))
}

// word takes the next word; it is empty where none stands.
func (p *parser) word() string {
	p.space()
	end := strings.IndexFunc(p.rest, wordEnd)
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return word
}

// skip takes word if it stands next, in whatever case.
func (p *parser) skip(word string) bool {
	before := p.rest
	if strings.EqualFold(p.word(), word) {
		return true
	}
	p.rest = before
	return false
}

// symbol takes the symbol if it stands next.
func (p *parser) symbol(s string) bool {
	rest, ok := strings.CutPrefix(p.space(), s)
	p.rest = rest
	return ok
}

func (p *parser) either() (filter, error) {
	parts, err := p.joined(or, func() (filter, error) {
		parts, err := p.joined(and, p.term)
		return one(parts, func() filter { return all(parts) }), err
	})
	return one(parts, func() filter { return either(parts) }), err
}

func (p *parser) joined(word string, part func() (filter, error)) (parts []filter, err error) {
	for {
		f, err := part()
		if err != nil {
			return nil, err
		}
		if parts = append(parts, f); !p.skip(word) {
			return parts, nil
		}
	}
}

func one(parts []filter, otherwise func() filter) filter {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return otherwise()
}

func (p *parser) term() (filter, error) {
	if p.symbol("(") {
		return p.enclosed(")")
	}
	if before := p.rest; p.skip("not") {
		if p.symbol("(") {
			f, err := p.enclosed(")")
			return not{f}, err
		}
		p.rest = before
	}
	return p.test()
}

// enclosed reads a filter up to the closing symbol.
func (p *parser) enclosed(closing string) (filter, error) {
	if p.nesting++; p.nesting > maxNesting {
		return nil, refuse(p.scimType, "parentheses are more than %d deep in each other", maxNesting)
	}
	defer func() { p.nesting-- }()
	f, err := p.either()
	switch {
	case err != nil:
		return nil, err
	case !p.symbol(closing):
		if p.rest != "" {
			return nil, p.stray()
		}
		return nil, refuse(p.scimType, "%q is missing at the end", closing)
	}
	return f, nil
}

func (p *parser) test() (filter, error) {
	at, err := p.path()
	if err != nil {
		return nil, err
	}
	before := p.rest
	op := operator(strings.ToLower(p.word()))
	switch {
	case op == present:
		return test{path: at, op: op}, nil
	case slices.Contains(operators, op):
		v, err := p.literal()
		return test{path: at, op: op, value: v}, err
	case at.filter != nil && at.sub == "":
		p.rest = before // it may be and, or
		return test{path: at}, nil
	}
	return nil, refuse(p.scimType, "%s: after the attribute comes one of eq, ne, co, sw, ew, gt, ge, lt, le and pr, not %q", at, brief(before))
}

var attributeName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z$][A-Za-z0-9_-]*$`) })

func (p *parser) path() (path, error) {
	word := p.word()
	var at path
	name := word
	if i := strings.LastIndexByte(word, ':'); i >= 0 {
		at.schema, name = word[:i], word[i+1:]
	}
	var dotted bool
	at.attribute, at.sub, dotted = strings.Cut(name, ".")
	if !attributeName().MatchString(at.attribute) || dotted && !attributeName().MatchString(at.sub) ||
		strings.Contains(word, ":") && !strings.HasPrefix(strings.ToLower(word), "urn:") {
		if word == "" {
			word = p.rest
		}
		return path{}, refuse(p.scimType, "%q is not the name of an attribute", brief(word))
	}
	if dotted || p.inValue || !strings.HasPrefix(p.rest, "[") {
		return at, nil
	}
	return p.valuePath(at)
}

// valuePath reads what follows an attribute whose values are selected: [filter] and .sub.
func (p *parser) valuePath(at path) (_ path, err error) {
	p.inValue = true
	p.symbol("[")
	at.filter, err = p.enclosed("]")
	p.inValue = false
	if err != nil {
		return path{}, err
	}
	if strings.HasPrefix(p.rest, ".") {
		word := p.word()
		at.sub = word[1:]
		if !attributeName().MatchString(at.sub) {
			return path{}, refuse(p.scimType, "%q is not the name of a part of %s", brief(at.sub), at.attribute)
		}
	}
	return at, nil
}

var jsonString = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^"(?:[^"\\]|\\.)*"`) })

// literal reads what an attribute is compared with: text, number, true, false or null, as in JSON.
func (p *parser) literal() (value, error) {
	p.space()
	if quoted := jsonString().FindString(p.rest); quoted != "" {
		var s string
		if err := json.Unmarshal([]byte(quoted), &s); err != nil {
			return nil, refuse(p.scimType, "%s is not text as JSON has it", brief(quoted))
		}
		p.rest = p.rest[len(quoted):]
		return text(s), nil
	}
	before := p.rest
	word := p.word()
	switch strings.ToLower(word) {
	case "true":
		return boolean(true), nil
	case "false":
		return boolean(false), nil
	case "null":
		return null{}, nil
	}
	var n json.Number
	if word == "" || json.Unmarshal([]byte(word), &n) != nil {
		return nil, refuse(p.scimType, "%q is not a value: put text into double quotes", brief(before))
	}
	return number(n), nil
}
