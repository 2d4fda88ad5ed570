package world

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"portcullis/policy"
)

// Write writes a world file: the sections of the world, then the hosts, each on a line of its own.
// The same world gives the same bytes, and Load reads it as it was, as long as it is valid. It fails
// where something cannot be written: a text that is not UTF-8, or a time that ParseTime would not
// read. Hosts may be nil.
func Write(w io.Writer, world *policy.World, hosts iter.Seq[*policy.Host]) error {
	out := NewWriter(w)
	out.World(world)
	if hosts != nil {
		for h := range hosts {
			out.Host(h)
		}
	}
	return out.Flush()
}

// Writer writes a world file piece by piece: at most one World, and then any number of hosts. What
// goes wrong Flush tells, which must be called at the end.
type Writer struct {
	out   *bufio.Writer
	line  []byte
	hosts bool // the key was written
	err   error
}

// NewWriter returns a Writer to w. Without World, what it writes is a hosts file.
func NewWriter(w io.Writer) *Writer { return &Writer{out: bufio.NewWriterSize(w, 1<<16)} }

// Flush writes what is still held back, and returns the first error there was.
func (w *Writer) Flush() error { return errors.Join(w.err, w.out.Flush()) }

// fail notes the first thing that cannot be written.
func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// World writes all sections but the hosts. Empty ones are left out.
func (w *Writer) World(world *policy.World) {
	writeSection(w, "organisations", world.Organisations, organisationPairs)
	writeSection(w, "sites", world.Sites, sitePairs)
	writeSection(w, "suppliers", world.Suppliers, supplierPairs)
	writeSection(w, "products", world.Products, productPairs)
	writeSection(w, "rules", world.Rules, rulePairs)
	writeSection(w, "exemptions", world.Exemptions, exemptionPairs)
}

// Host writes a host, as a line of JSON in a list of YAML.
func (w *Writer) Host(h *policy.Host) {
	if !w.hosts {
		w.hosts = true
		w.text("hosts:\n")
	}
	p := pairs{json: true}
	hostPairs(&p, h)
	w.put("  - ", &p)
}

// put writes a finished line.
func (w *Writer) put(indent string, p *pairs) {
	if p.err != nil {
		w.fail(p.err)
		return
	}
	w.line = append(append(append(append(w.line[:0], indent...), '{'), p.out...), '}', '\n')
	if _, err := w.out.Write(w.line); err != nil {
		w.fail(err)
	}
}

func (w *Writer) text(s string) {
	if _, err := w.out.WriteString(s); err != nil {
		w.fail(err)
	}
}

// writeSection writes a section: short items on one line, long ones with a line for each key.
func writeSection[T any](w *Writer, name string, items []T, write func(*pairs, *T)) {
	if len(items) == 0 {
		return
	}
	const short = 110
	w.text(name + ":\n")
	for i := range items {
		var p pairs
		write(&p, &items[i])
		if len(p.out) <= short || p.err != nil {
			w.put("  - ", &p)
			continue
		}
		p = pairs{block: true}
		write(&p, &items[i])
		w.text("  - ")
		w.text(string(p.out))
		w.text("\n")
	}
}

// pairs is the inside of a mapping being written: flow, or at the top of an item in block form, or
// JSON.
type pairs struct {
	out         []byte
	json, block bool
	err         error
}

// key begins a pair.
func (p *pairs) key(key string) {
	switch {
	case len(p.out) == 0:
	case p.block:
		p.out = append(p.out, "\n    "...)
	case p.json:
		p.out = append(p.out, ',')
	default:
		p.out = append(p.out, ", "...)
	}
	if p.json {
		p.out = append(append(append(p.out, '"'), key...), '"', ':')
		return
	}
	p.out = append(append(p.out, key...), ':', ' ')
}

// text writes a text, unless it is empty.
func (p *pairs) text(key, text string) {
	if text != "" {
		p.key(key)
		p.scalar(text)
	}
}

func (p *pairs) scalar(text string) {
	var err error
	if !p.json && plainWord(text) {
		p.out = append(p.out, text...)
		return
	}
	if p.out, err = appendQuoted(p.out, text); err != nil && p.err == nil {
		p.err = err
	}
}

// flag writes true; said writes either.
func (p *pairs) flag(key string, v bool) {
	if v {
		p.said(key, v)
	}
}

func (p *pairs) said(key string, v bool) {
	p.key(key)
	p.out = strconv.AppendBool(p.out, v)
}

// word writes a word of a closed list, unless it is the one for nothing.
func (p *pairs) word(key string, word fmt.Stringer) { p.text(key, word.String()) }

// time writes a time, unless it is not given.
func (p *pairs) time(key string, t time.Time) {
	if t.IsZero() {
		return
	}
	p.key(key)
	text := formatTime(t)
	if _, err := ParseTime(text); err != nil {
		if p.err == nil {
			p.err = fmt.Errorf("the time %s cannot be written: it is outside the years 1 to 9999, or finer than a microsecond", text)
		}
		return
	}
	p.out = append(p.out, text...)
}

// list writes a list of what element writes, unless it is empty.
func (p *pairs) list(key string, n int, element func(int)) {
	if n == 0 {
		return
	}
	p.key(key)
	p.out = append(p.out, '[')
	for i := range n {
		if i > 0 {
			p.out = append(p.out, ',')
			if !p.json {
				p.out = append(p.out, ' ')
			}
		}
		element(i)
	}
	p.out = append(p.out, ']')
}

func (p *pairs) texts(key string, texts []string) {
	p.list(key, len(texts), func(i int) { p.scalar(texts[i]) })
}

func writeWords[T fmt.Stringer](p *pairs, key string, words []T) {
	p.list(key, len(words), func(i int) { p.scalar(words[i].String()) })
}

// inner writes a mapping inside this one.
func (p *pairs) inner(write func(*pairs)) {
	in := pairs{json: p.json}
	write(&in)
	p.out = append(append(append(p.out, '{'), in.out...), '}')
	if p.err == nil {
		p.err = in.err
	}
}

// mapping writes a mapping under a key.
func (p *pairs) mapping(key string, write func(*pairs)) {
	p.key(key)
	p.inner(write)
}
