package windows

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"portcullis/platform"
	"portcullis/policy"
)

// Write writes a list for Windows as AppLocker's XML, with one collection each for programs, installers,
// scripts and packaged apps. All are enforced, in an open list too: what only audits denies nothing, so that
// there everything is allowed but for what is denied. A closed one allows what is listed and what is part of
// Windows. In AppLocker every denial wins; what is listed is an exception of the denial of all that its
// publisher makes. Of a list for an audit all collections only audit.
func Write(w io.Writer, l *platform.List) ([]platform.Left, error) {
	asItIs := func(b, text []byte) []byte { return append(b, text...) }
	behind := "<AppLockerPolicy Version=\"1\">\n"
	left, err := Collections(w, l, l.Stamp(), asItIs, func(string) error {
		_, err := io.WriteString(w, behind)
		behind = "\n"
		return err
	})
	if err == nil {
		_, err = io.WriteString(w, "\n</AppLockerPolicy>\n")
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

// chunk is how much of a collection is kept before it is written.
const chunk = 32 << 10

// Collections writes every collection of a list's policy: its element, without a line's end behind it. stamp is the
// list's. quote appends a text to b as it stands where the policy is written to; it is called for parts of a collection.
// before is called with the type of each collection before it is written.
func Collections(w io.Writer, l *platform.List, stamp string, quote func(b, text []byte) []byte, before func(name string) error) ([]platform.Left, error) {
	if l.Platform != policy.Windows {
		return nil, fmt.Errorf("an AppLocker policy is for programs of windows, and not of %s", l.Platform)
	}
	rules, left := rulesOf(l, stamp)
	text := elementText{b: make([]byte, 0, 350*len(rules)), quote: quote, mark: string(quote(nil, []byte("\"")))} // of each rule, which may be in several collections
	for i := range rules {
		r := &rules[i]
		from := len(text.b)
		text.rule(r)
		r.text, r.id = extent{from, len(text.b)}, r.identity()
	}
	quoted := func(text string) []byte { return quote(nil, []byte(text)) }
	var heads, ends [len(elements)][]byte
	for kind, element := range elements {
		heads[kind], ends[kind] = quoted("<"+element+"Rule Id=\""), quoted("</"+element+"Rule>\n")
	}
	mode := "Enabled"
	if l.Audit {
		mode = "AuditOnly"
		left = append([]platform.Left{{Reason: "nothing is denied by it: what the list denies starts, and the device only notes it in its log (events 8003, 8006 and 8021); beside a policy that is enforced the mode of one of the two holds for both, so that it must stand alone"}}, left...)
	}
	b := make([]byte, 0, 2*chunk)
	for t, word := range typeWords {
		if err := before(word); err != nil {
			return nil, err
		}
		b = append(b[:0], quoted("<RuleCollection Type=\""+word+"\" EnforcementMode=\""+mode+"\">\n")...)
		for i := range rules {
			r := &rules[i]
			if !slices.Contains(r.is.Types, Type(t)) {
				continue
			}
			id := r.id
			id[len(id)-1] ^= byte(t)
			b = append(appendUUID(append(b, heads[r.is.Kind]...), id), text.mark...)
			b = append(append(b, text.b[r.text.from:r.text.to]...), ends[r.is.Kind]...)
			if len(b) < chunk {
				continue
			}
			if _, err := w.Write(b); err != nil {
				return nil, err
			}
			b = b[:0]
		}
		if _, err := w.Write(append(b, quoted("</RuleCollection>")...)); err != nil {
			return nil, err
		}
	}
	return left, nil
}

var elements = [...]string{Publisher: "FilePublisher", Package: "FilePublisher", Path: "FilePath", Hash: "FileHash"}

// elementText is text of elements, as it stands where the policy is written to.
type elementText struct {
	b     []byte
	quote func(b, text []byte) []byte
	mark  string   // a quotation mark there
	parts []string // of a description
}

// longest is how much of a name or a description is kept: AppLocker takes 1,024 units of UTF-16.
const longest = 500

// rule appends a rule from behind its id to its end.
func (t *elementText) rule(r *rule) {
	t.told("Name", r.name[:]...)
	t.parts = append(t.parts[:0], r.why)
	for i, id := range r.decisions {
		before := ", "
		if i == 0 {
			before = "Rests on: "
		}
		t.parts = append(t.parts, before, id)
	}
	t.told("Description", t.parts...)
	t.attribute("UserOrGroupSid", "S-1-1-0") // everyone
	t.attribute("Action", r.action())
	t.add("><Conditions>")
	t.condition(&r.is, r.name[:]...)
	t.add("</Conditions>")
	if len(r.exceptions) > 0 {
		t.add("<Exceptions>")
		for i := range r.exceptions {
			t.condition(&r.exceptions[i])
		}
		t.add("</Exceptions>")
	}
}

// condition appends a condition; name is the file's, of a hash.
func (t *elementText) condition(c *condition, name ...string) {
	element := elements[c.Kind]
	t.add("<", element, "Condition")
	switch c.Kind {
	case Publisher, Package:
		t.attribute("PublisherName", c.Publisher)
		t.attribute("ProductName", c.Product)
		t.attribute("BinaryName", c.Binary)
		t.add("><BinaryVersionRange LowSection=", t.mark)
		t.b = c.low.append(t.b)
		t.add(t.mark, " HighSection=", t.mark)
		t.b = c.high.append(t.b)
		t.add(t.mark, "/>")
	case Path:
		t.attribute("Path", c.Value)
		t.add(">")
	case Hash:
		t.add("><FileHash")
		t.attribute("Type", "SHA256")
		t.attribute("Data", "0x", c.Value)
		t.told("SourceFileName", name...)
		t.attribute("SourceFileLength", "0")
		t.add("/>")
	}
	t.add("</", element, "Condition>")
}

// add appends what stands for itself everywhere.
func (t *elementText) add(parts ...string) {
	b := t.b // which the collector is told of once
	for _, part := range parts {
		b = append(b, part...)
	}
	t.b = b
}

// attribute appends an attribute whose value is the parts, behind each other.
func (t *elementText) attribute(name string, parts ...string) {
	t.add(" ", name, "=", t.mark)
	if slices.ContainsFunc(parts, isStrange) {
		var escaped bytes.Buffer
		_ = xml.EscapeText(&escaped, []byte(strings.Join(parts, ""))) // a buffer takes everything
		t.b = t.quote(t.b, escaped.Bytes())
	} else {
		t.add(parts...)
	}
	t.add(t.mark)
}

// told appends an attribute that is for people, and cut where it is too long for AppLocker.
func (t *elementText) told(name string, parts ...string) {
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	if n > longest {
		parts = []string{cut(strings.Join(parts, ""))}
	}
	t.attribute(name, parts...)
}

// isStrange tells whether a value does not stand for itself in XML, or in what XML may stand in: most do.
func isStrange(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '<', c == '>', c == '&', c == '"', c == '\'', c == '\\':
			return true
		}
	}
	return false
}

// cut is what AppLocker takes of a text.
func cut(s string) string {
	n := 0
	for i := range s {
		if n++; n > longest {
			return s[:i]
		}
	}
	return s
}

func (r *rule) action() string {
	if r.deny {
		return "Deny"
	}
	return "Allow"
}

// identity is a UUID (RFC 9562, version 8) of what the rule says, so that it stays while that does; it is the
// rule's in the first collection, and differs in its end in the others.
func (r *rule) identity() (id [16]byte) {
	said := make([]byte, 0, 256)
	said = binary.BigEndian.AppendUint64(said, uint64(r.is.low))
	said = binary.BigEndian.AppendUint64(said, uint64(r.is.high))
	for _, s := range [...]string{"portcullis", r.action(), r.key, r.is.Publisher, r.is.Value} {
		said = append(append(said, s...), 0)
	}
	h := sha256.Sum256(said)
	copy(id[:], h[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}

// appendUUID appends an id as text.
func appendUUID(b []byte, id [16]byte) []byte {
	for i := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[i:i+1])
	}
	return b
}
