package sign

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// attributeNames are how people know the parts of a name (RFC 4519).
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
	"1.2.840.113549.1.9.1": "E", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}

// part is one attribute of a name.
type part struct {
	oid, value string
	text       bool // value is text, and not bytes in hexadecimal
}

// nameParts are the attributes of a Name (RFC 5280, 4.1.2.4) in their order, those of one set together.
func nameParts(raw []byte) (sets [][]part) {
	c := (&berCursor{b: raw}).into(tagSequence)
	for c.more() {
		set := c.into(tagSet)
		var parts []part
		for set.more() {
			attr := set.into(tagSequence)
			p := part{oid: attr.oid()}
			e := attr.next()
			if attr.err != nil {
				return sets
			}
			p.value, p.text = stringOf(e)
			parts = append(parts, p)
		}
		sets = append(sets, parts)
	}
	return sets
}

// stringOf is the text of a value of one of the string types.
func stringOf(e element) (string, bool) {
	switch e.tag {
	case 12, 18, 19, 22: // UTF8String, NumericString, PrintableString, IA5String
		if utf8.Valid(e.content) {
			return string(e.content), true
		}
	case 20: // TeletexString, which everybody fills with Latin-1
		runes := make([]rune, len(e.content))
		for i, b := range e.content {
			runes[i] = rune(b)
		}
		return string(runes), true
	case 30: // BMPString
		if len(e.content)%2 == 0 {
			units := make([]uint16, len(e.content)/2)
			for i := range units {
				units[i] = uint16(e.content[2*i])<<8 | uint16(e.content[2*i+1])
			}
			return string(utf16.Decode(units)), true
		}
	}
	return hex.EncodeToString(e.raw), false
}

// nameText is a name for people, in the order in which it stands, without control characters.
func nameText(raw []byte) string {
	var list []string
	for _, set := range nameParts(raw) {
		for _, p := range set {
			key := attributeNames[p.oid]
			if key == "" {
				key = p.oid
			}
			value := strings.Map(func(r rune) rune {
				if unicode.IsControl(r) || r == utf8.RuneError {
					return '�'
				}
				return r
			}, p.value)
			list = append(list, key+"="+value)
		}
	}
	return strings.Join(list, ", ")
}

// nameKey is the same for names that Java takes as equal: letters' case, runs of spaces and the type of
// string make no difference (RFC 2253, and X500Principal's canonical form).
func nameKey(raw []byte) string {
	var list []string
	for _, set := range nameParts(raw) {
		var parts []string
		for _, p := range set {
			value := "#" + p.value
			if p.text { // in quotes, so that no text looks like bytes or like two attributes
				value = strconv.Quote(strings.ToLower(strings.Join(strings.Fields(p.value), " ")))
			}
			parts = append(parts, p.oid+"="+value)
		}
		slices.Sort(parts)
		list = append(list, strings.Join(parts, "+"))
	}
	return strings.Join(list, ",")
}
