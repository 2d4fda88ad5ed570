package sdk

import (
	"bytes"
	"strings"
)

// Matcher finds SDKs. It is built once (New) and then only read: any number of Collectors may use it at once.
type Matcher struct {
	entries    []Entry
	classes    prefixes         // the table's Prefixes
	names      map[string][]int // its Classes
	components prefixes         // its Components
	java       patterns         // signatures of lists over class names with slashes
	dotted     patterns         // and over dotted ones in lower case
	domains    map[string][]int
	endings    map[string]bool // the last labels of domains
	libraries  map[string][]int
	keys       map[string][]int
	optOut     map[string][]optOut
}

// Entry is one SDK of a list, with how the list finds it.
type Entry struct {
	SDK
	java, dotted []pattern
	byCodeOnly   bool // hosts and libraries alone do not make it a hit
}

type optOut struct {
	entry int
	OptOut
}

// New makes a matcher of the table of facts and of the lists that a user has brought. Of several lists in one form it renames all
// but the first.
func New(facts []SDK, lists ...*List) *Matcher {
	m := &Matcher{names: map[string][]int{}, domains: map[string][]int{}, endings: map[string]bool{}, libraries: map[string][]int{},
		keys: map[string][]int{}, optOut: map[string][]optOut{}}
	for _, s := range facts {
		m.add(Entry{SDK: s})
	}
	apart(lists)
	for _, l := range lists {
		for _, e := range l.Entries {
			m.add(e)
		}
	}
	m.java.build()
	m.dotted.build()
	return m
}

func (m *Matcher) add(e Entry) {
	i := len(m.entries)
	m.entries = append(m.entries, e)
	for _, p := range e.Prefixes {
		m.classes.add(p, i)
	}
	for _, n := range e.Classes {
		m.names[n] = append(m.names[n], i)
	}
	for _, p := range e.Components {
		m.components.add(p, i)
	}
	m.java.add(i, e.java)
	m.dotted.add(i, e.dotted)
	for _, d := range e.Domains {
		d = strings.ToLower(d)
		m.domains[d] = append(m.domains[d], i)
		m.endings[d[strings.LastIndexByte(d, '.')+1:]] = true
	}
	for _, l := range e.Libraries {
		l = strings.ToLower(l)
		m.libraries[l] = append(m.libraries[l], i)
	}
	for _, k := range e.Keys {
		m.keys[k] = append(m.keys[k], i)
	}
	for _, o := range e.OptOut {
		m.optOut[o.Key] = append(m.optOut[o.Key], optOut{i, o})
	}
}

// Collector takes what is seen in one place of an app: one DEX file, one library, one manifest. It belongs to one worker;
// Matcher.Hits puts several together. What it is given it does not keep.
type Collector struct {
	m     *Matcher
	where string
	found []*found
	once  []uint32 // by entry: the sighting that was counted last
	now   uint32   // the sighting at hand
	buf   []byte
}

// Collector returns a collector for a place, written as paths with "!" between archives ("base.apk!classes2.dex").
func (m *Matcher) Collector(where string) *Collector {
	return &Collector{m: m, where: where}
}

// begin begins a sighting: each SDK counts it once, by whatever number of its signs.
func (c *Collector) begin() { c.now++ }

func (c *Collector) see(entry int, g Grade, what []byte) {
	if c.once == nil { // most places show nothing
		c.found, c.once = make([]*found, len(c.m.entries)), make([]uint32, len(c.m.entries))
	}
	if c.once[entry] == c.now {
		return
	}
	c.once[entry] = c.now
	c.at(entry).add(g, what)
}

func (c *Collector) at(entry int) *found {
	if c.found[entry] == nil {
		c.found[entry] = &found{}
	}
	return c.found[entry]
}

// Class takes a class by its type descriptor ("Lcom/example/A;"), and whether it is defined there or only referred to.
// Lists in the Exodus form are asked about defined classes only; see Declared.
func (c *Collector) Class(descriptor []byte, defined bool) {
	if len(descriptor) < 3 || descriptor[0] != 'L' {
		return
	}
	c.begin()
	grade, name := ClassReferenced, bytes.TrimSuffix(descriptor[1:], []byte(";"))
	if defined {
		grade = ClassDefined
	}
	c.m.classes.walk(name, func(entry int) { c.see(entry, grade, name) })
	if bytes.IndexByte(name, '/') < 0 { // those of Java have packages
		for _, entry := range c.m.names[string(name)] {
			c.see(entry, grade, name)
		}
	}
	if !c.m.dotted.empty() {
		c.buf = appendDotted(c.buf[:0], name)
		c.m.dotted.match(c.buf, func(entry int) { c.see(entry, grade, name) })
	}
	if defined {
		c.declared(descriptor, ClassDefined)
	}
}

// Declared takes what a declaration of a defined class names: a type, as a descriptor or a generic signature, or a string that a
// static field begins with. Exodus Privacy asks its list about these and about defined classes, not about what only
// instructions refer to; so is a list in its form here.
func (c *Collector) Declared(text []byte) {
	c.begin()
	grade := Literal
	if bytes.HasSuffix(text, []byte(";")) && (text[0] == 'L' || text[0] == '[') {
		grade = ClassReferenced
	}
	c.declared(text, grade)
}

func (c *Collector) declared(signature []byte, g Grade) {
	if c.m.java.empty() {
		return
	}
	eachJavaName(signature, func(name []byte) {
		c.buf = appendNarrow(c.buf[:0], name)
		c.m.java.match(c.buf, func(entry int) { c.see(entry, g, name) })
	})
}

// Component takes the dotted name of a class that the manifest names.
func (c *Collector) Component(name string) {
	c.begin()
	b := []byte(name)
	see := func(entry int) { c.see(entry, Component, b) }
	c.m.components.walk(b, see)
	c.m.classes.walk(b, see)
	if !c.m.dotted.empty() {
		c.buf = appendDotted(c.buf[:0], b)
		c.m.dotted.match(c.buf, see)
	}
}

// Library takes a file name of a native library, or the name of a framework.
func (c *Collector) Library(name string) {
	c.begin()
	for _, entry := range c.m.libraries[strings.ToLower(name)] {
		c.see(entry, Library, []byte(name))
	}
}

// Key takes an entry of the manifest's meta-data or of Info.plist. What its value is counts for opt-out settings only.
func (c *Collector) Key(name, value string) {
	c.begin()
	for _, entry := range c.m.keys[name] {
		c.see(entry, Component, []byte(name))
	}
	for _, o := range c.m.optOut[name] {
		c.see(o.entry, Component, []byte(name))
		if o.Value == "" || strings.EqualFold(o.Value, value) {
			f := c.at(o.entry)
			f.flags = append(f.flags, Flag{name, value, o.Means})
		}
	}
}

// Domain takes a host name.
func (c *Collector) Domain(host []byte) {
	c.begin()
	c.domain(bytes.TrimSuffix(host, []byte(".")))
}

// domain looks up the host and every domain that it is below.
func (c *Collector) domain(host []byte) {
	host = host[max(0, len(host)-maxHost):]
	dot := bytes.LastIndexByte(host, '.')
	if dot < 0 {
		return
	}
	host = c.lower(host)
	if !c.m.endings[string(host[dot+1:])] {
		return
	}
	for rest := host; ; {
		for _, entry := range c.m.domains[string(rest)] {
			c.see(entry, Domain, host)
		}
		i := bytes.IndexByte(rest, '.')
		if i < 0 {
			return
		}
		rest = rest[i+1:]
	}
}

// lower returns b in lower case (ASCII), which is b itself where it is so already.
func (c *Collector) lower(b []byte) []byte {
	for _, x := range b {
		if 'A' <= x && x <= 'Z' {
			c.buf = append(c.buf[:0], b...)
			for i, x := range c.buf {
				if 'A' <= x && x <= 'Z' {
					c.buf[i] = x + 'a' - 'A'
				}
			}
			return c.buf
		}
	}
	return b
}

// Bytes that names of hosts, packages and classes are made of; a word is a longest run of them.
var inWord = func() (t [256]bool) {
	for _, r := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._$-" {
		t[r] = true
	}
	return t
}()

// String takes a string of the code, or any other bytes with text in them (a script, a library's data), and looks for
// hosts and for names of classes and packages of the table, dotted or with slashes, wherever a word begins. Each word is
// one sighting.
func (c *Collector) String(s []byte) {
	dot, slash := -1, -1 // the next ones; in most bytes they are far between
	for at := 0; at < len(s); {
		dot, slash = next(s, dot, at, '.'), next(s, slash, at, '/')
		start := min(dot, slash)
		end := start
		for start > at && inWord[s[start-1]] {
			start--
		}
		for end < len(s) && inWord[s[end]] {
			end++
		}
		c.word(s, start, end, dot < end)
		if at = end; at == slash {
			at++
		}
	}
}

// next returns where b is next in s, at or after at, if it was known to be at known; len(s) where it is no more.
func next(s []byte, known, at int, b byte) int {
	if known >= at {
		return known
	}
	if i := bytes.IndexByte(s[at:], b); i >= 0 {
		return at + i
	}
	return len(s)
}

// word looks at the word from start to end, and at what a name that begins with it goes on with.
func (c *Collector) word(s []byte, start, end int, dotted bool) {
	for start < end && !identifier(s[start]) {
		start++
	}
	if start == end {
		return
	}
	c.begin()
	c.names(s[start:])
	if dotted {
		c.domain(bytes.TrimRight(s[start:end], ".$-_"))
	}
}

// names looks for a name of the table at the beginning of s, also behind the L of a descriptor.
func (c *Collector) names(s []byte) {
	c.m.classes.walk(s, func(entry int) { c.see(entry, Literal, nameAt(s)) })
	if s[0] == 'L' {
		c.m.classes.walk(s[1:], func(entry int) { c.see(entry, Literal, nameAt(s[1:])) })
	}
}

// nameAt is the longest dotted or slashed name at the beginning of s, as far as it is kept.
func nameAt(s []byte) []byte {
	i := 0
	for i < min(len(s), maxWhat) && (inWord[s[i]] && s[i] != '-' || s[i] == '/') {
		i++
	}
	return s[:i]
}
