package axml

import (
	"fmt"
	"slices"
	"strings"
)

// Table is the resources of one package file, to look up what references stand for.
type Table struct {
	Form     Form
	Problems []string
	packages []*resources
	strings  *pool
	best     map[uint32]Value // of resources that were asked for, so that they are not looked up again
	steps    int              // values that were looked at
}

// maxSteps bounds the work of looking up, which a table with very many configurations and a document with
// very many references could make long. The largest real apps take about a tenth.
const maxSteps = 3_000_000

// resources are those of one package id: 0x7f for an app, 0 for a shared library.
type resources struct {
	id    uint32
	name  string
	types *pool
	keys  *pool
	// blocks are the binary table's, by type; values those of a protobuf table, by whole id.
	blocks map[uint32][]block
	values map[uint32][]Configured
	names  map[uint32]string // of a protobuf table: type/name
}

// Config is what a value is meant for, as far as choosing among values asks for it.
type Config struct {
	Locale string // such as "en-GB"; empty for every language
	SDK    uint32 // the level from which on; 0 for all
	Other  bool   // anything else: a size, a density, the night
}

// Configured is one of the values of a resource.
type Configured struct {
	Config Config
	Value  Value
	Parent uint32 // of a style
	Bag    []Item // of an array, a style, a plural
}

// Item is an entry of a bag: its name is a resource, or an index of an array.
type Item struct {
	Name  uint32
	Value Value
}

// maxHops is how far references are followed, as far as Android does.
const maxHops = 20

// Resolve follows references to a value. It is not ok where they lead nowhere, in a circle, or to
// the system's own resources, which no app carries; the value is then the last that was reached.
func (t *Table) Resolve(v Value) (Value, bool) {
	for range maxHops {
		if !v.IsReference() {
			return v, true
		}
		next, ok := t.first(v.Data)
		if !ok {
			return v, false
		}
		v = next
	}
	return v, false
}

// first is the best value of a resource.
func (t *Table) first(id uint32) (Value, bool) {
	if t == nil {
		return Value{}, false
	}
	if v, ok := t.best[id]; ok {
		return v, true
	}
	values := t.Values(id)
	if len(values) == 0 {
		return Value{}, false
	}
	if t.best == nil {
		t.best = map[uint32]Value{}
	}
	t.best[id] = values[0].Value
	return values[0].Value, true
}

// step counts work, and tells whether more may be done.
func (t *Table) step(n int) bool {
	if t.steps += n; t.steps > maxSteps {
		t.problem("the resources are looked up so often, or have so many values, that not all were read")
		return false
	}
	return true
}

// Texts are all that v may stand for in some language, best first and each once.
func (t *Table) Texts(v Value) []string {
	var texts []string
	if !v.IsReference() {
		if s := v.String(); s != "" {
			texts = append(texts, s)
		}
		return texts
	}
	for _, c := range t.Values(v.Data) {
		if s, ok := t.Resolve(c.Value); ok && !slices.Contains(texts, s.String()) && len(texts) < 200 {
			texts = append(texts, s.String())
		}
	}
	return texts
}

// Values are those of the resource with the id, the best first: one for all languages before
// English and that before others, one without special needs before others, and of those the one for
// the newest system.
func (t *Table) Values(id uint32) []Configured {
	if t == nil || id == 0 {
		return nil
	}
	var values []Configured
	for _, p := range t.packages {
		if p.id == id>>24 && t.step(1+len(p.values[id])) {
			values = append(values, p.values[id]...)
			values = append(values, t.read(p, id)...)
		}
	}
	slices.SortStableFunc(values, func(a, b Configured) int { return rank(a.Config).compare(rank(b.Config)) })
	return values
}

// order is what a configuration is worth; less is better.
type order [3]int

func rank(c Config) order {
	o := order{0, 0, -int(min(c.SDK, 1<<16))}
	switch {
	case c.Locale == "":
	case c.Locale == "en" || strings.HasPrefix(c.Locale, "en-"):
		o[0] = 1
	default:
		o[0] = 2
	}
	if c.Other {
		o[1] = 1
	}
	return o
}

func (o order) compare(p order) int { return slices.Compare(o[:], p[:]) }

// Name is the name of a resource, such as "string/app_name"; empty where the table has none.
func (t *Table) Name(id uint32) string {
	if t == nil {
		return ""
	}
	for _, p := range t.packages {
		if p.id != id>>24 {
			continue
		}
		if name := p.names[id]; name != "" {
			return name
		}
		kind, _ := p.types.get(id>>16&0xff - 1)
		for _, b := range p.blocks[id>>16&0xff] {
			if !t.step(1) {
				return ""
			}
			if e, ok := b.entry(id & 0xffff); ok {
				key, _ := p.keys.get(e.key)
				return kind + "/" + key
			}
		}
	}
	return ""
}

// Package is the name of the first package of the table.
func (t *Table) Package() string {
	if t == nil || len(t.packages) == 0 {
		return ""
	}
	return t.packages[0].name
}

// ParseTable reads resources.arsc, or resources.pb of a bundle.
func ParseTable(data []byte) (*Table, error) {
	t := &Table{}
	if c, ok := chunkAt(data); ok && c.kind == chunkTable {
		t.Form = Binary
		t.arsc(c)
	} else {
		t.Form = Protobuf
		t.protobuf(data)
	}
	if len(t.packages) == 0 {
		return nil, fmt.Errorf("no resources are in it%s", firstOf(t.Problems))
	}
	return t, nil
}

func firstOf(problems []string) string {
	if len(problems) == 0 {
		return ""
	}
	return ": " + problems[0]
}

func (t *Table) problem(format string, args ...any) {
	t.Problems = note(t.Problems, fmt.Sprintf(format, args...))
}
