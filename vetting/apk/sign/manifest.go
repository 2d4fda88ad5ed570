package sign

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"fmt"
	"strings"
)

// section is one section of a JAR manifest or signature file ("JAR File Specification"), as Android
// reads them.
type section struct {
	name       string // of the first attribute, if that is Name
	named      bool
	attributes []attribute
	from, to   int // where it stands, with the empty line after it
}

type attribute struct{ name, value string }

// value is that of an attribute, whose name is taken in any case; ok is false where it is not there.
func (s *section) value(name string) (value string, ok bool) {
	for _, a := range s.attributes {
		if strings.EqualFold(a.name, name) {
			return a.value, true
		}
	}
	return "", false
}

// maxAttributes is how many attributes of one file are read. Each entry of an archive has two or three.
const maxAttributes = 1_000_000

var errAttributes = fmt.Errorf("it has more than %d lines, and is not read", maxAttributes)

// sections reads all sections; the first is the main one. Lines end with LF, CR LF or CR, and go on
// where the next begins with a space.
func sections(b []byte) ([]section, error) {
	var list []section
	for at, count := 0, 0; at < len(b); {
		s := section{from: at}
		at = s.read(b, at)
		if count += len(s.attributes); count > maxAttributes {
			return nil, errAttributes
		}
		if len(s.attributes) > 0 {
			s.to = at
			s.named = strings.EqualFold(s.attributes[0].name, "Name")
			if s.named {
				s.name = s.attributes[0].value
			}
			list = append(list, s)
		}
	}
	return list, nil
}

// read reads the lines of one section from at, or one empty line, and returns where it ends.
func (s *section) read(b []byte, at int) int {
	var whole []byte // an attribute whose lines are not all read
	copied := false  // whether it is no longer part of b
	for at < len(b) && len(s.attributes) <= maxAttributes {
		text, next := line(b, at)
		at = next
		if len(text) == 0 {
			break
		}
		if text[0] == ' ' && whole != nil {
			if !copied { // the first line is part of b, which is not to be written to
				whole, copied = whole[:len(whole):len(whole)], true
			}
			whole = append(whole, text[1:]...)
			continue
		}
		s.add(whole)
		whole, copied = text, false
	}
	s.add(whole)
	return at
}

// add adds an attribute. Between name and value are a colon and one space; further ones belong to the
// name or the value.
func (s *section) add(whole []byte) {
	if whole != nil {
		name, value, _ := bytes.Cut(whole, []byte(": "))
		s.attributes = append(s.attributes, attribute{string(name), string(value)})
	}
}

// line is the line that begins at at, without its end, and where the next one begins.
func line(b []byte, at int) (text []byte, next int) {
	i := bytes.IndexAny(b[at:], "\r\n")
	if i < 0 {
		return b[at:], len(b)
	}
	next = at + i + 1
	if b[at+i] == '\r' && next < len(b) && b[next] == '\n' {
		next++
	}
	return b[at : at+i], next
}

// expected is a digest that a section gives.
type expected struct {
	hash   crypto.Hash
	digest []byte
}

// jarHashes are the digests of JAR signatures by the names that are used for them, and from which
// version Android knows them there.
var jarHashes = map[string]struct {
	hash   crypto.Hash
	minSDK int
}{
	"MD5": {crypto.MD5, 0}, "SHA": {crypto.SHA1, 0}, "SHA1": {crypto.SHA1, 0}, "SHA-1": {crypto.SHA1, 0},
	"SHA-256": {crypto.SHA256, 0}, "SHA-384": {crypto.SHA384, sdkGingerbread}, "SHA-512": {crypto.SHA512, sdkGingerbread},
}

// newerDigests are what Android takes the first of since 4.3.
var newerDigests = []struct {
	name string
	hash crypto.Hash
}{{"SHA-512", crypto.SHA512}, {"SHA-384", crypto.SHA384}, {"SHA-256", crypto.SHA256}, {"SHA1", crypto.SHA1}}

// digests are those that the versions of Android from minSDK on would compare: before 4.3 the first of
// the list that the section itself gives, since then the strongest. They may be two.
func (s *section) digests(suffix string, minSDK int) ([]expected, error) {
	var list []expected
	if minSDK < sdkJellyBeanM2 {
		names, ok := s.value("Digest-Algorithms")
		if !ok {
			names = "SHA SHA1"
		}
		for name := range strings.FieldsSeq(names) {
			alg, known := jarHashes[strings.ToUpper(name)]
			value, ok := s.value(name + suffix)
			if !ok || !known || alg.minSDK > minSDK {
				continue
			}
			digest, err := fromBase64(value)
			if err != nil {
				return nil, err
			}
			list = append(list, expected{alg.hash, digest})
			break
		}
		if len(list) == 0 {
			return nil, nil
		}
	}
	for _, alg := range newerDigests {
		value, ok := s.value(alg.name + suffix)
		if !ok {
			continue
		}
		digest, err := fromBase64(value)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 || list[0].hash != alg.hash || !bytes.Equal(list[0].digest, digest) {
			list = append(list, expected{alg.hash, digest})
		}
		break
	}
	return list, nil
}

// fromBase64 decodes as Java does, which does not need the padding.
func fromBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		b, err = base64.RawStdEncoding.DecodeString(s)
	}
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("%.40q is no digest in base64", s)
	}
	return b, nil
}

// of tells whether b has the digest.
func (e expected) of(b []byte) bool {
	h := e.hash.New()
	h.Write(b)
	return bytes.Equal(h.Sum(nil), e.digest)
}
