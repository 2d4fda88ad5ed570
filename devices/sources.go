package devices

import (
	"encoding/json"
	"strconv"
	"strings"

	"portcullis/store"
)

// The sources of a host are stored as JSON. Nearly every host has one, which names all and has a name of letters: that
// one is read and written here, in the same form.

const (
	beforeName   = `[{"name":"`
	beforeTaken  = `","taken":"`
	beforeDigest = `","digest":`
	behindDigest = `}]`
)

// encodeSources is the sources as they are stored.
func encodeSources(sources []Source) (string, error) {
	if len(sources) == 1 && usualSource(&sources[0]) {
		s := &sources[0]
		return beforeName + s.Name + beforeTaken + s.Taken.String() + beforeDigest + strconv.FormatUint(s.Digest, 10) + behindDigest, nil
	}
	encoded, err := json.Marshal(sources)
	return string(encoded), err
}

// decodeSources reads sources as they are stored.
func decodeSources(text string) (sources []Source, err error) {
	if s, ok := decodeUsual(text); ok {
		return []Source{s}, nil
	}
	err = json.Unmarshal([]byte(text), &sources)
	return sources, err
}

// usualSource tells whether a source is as nearly all are.
func usualSource(s *Source) bool {
	return s.Digest != 0 && !s.Taken.IsZero() && !s.Partial && len(s.Packed) == 0 && unescaped(s.Name)
}

// unescaped tells whether text is all of letters, digits and what JSON has as it is.
func unescaped(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == ' ':
		default:
			return false
		}
	}
	return true
}

// decodeUsual reads what encodeSources wrote of a source as nearly all are; false of all else.
func decodeUsual(text string) (s Source, ok bool) {
	rest, begun := strings.CutPrefix(text, beforeName)
	name, rest, named := strings.Cut(rest, beforeTaken)
	taken, rest, dated := strings.Cut(rest, beforeDigest)
	digest, ended := strings.CutSuffix(rest, behindDigest)
	if !begun || !named || !dated || !ended || !unescaped(name) || strings.HasPrefix(digest, "0") {
		return s, false
	}
	s.Name = name
	var err error
	if s.Taken, err = store.ParseTime(taken); err != nil {
		return s, false
	}
	s.Digest, err = strconv.ParseUint(digest, 10, 64)
	return s, err == nil && usualSource(&s)
}
