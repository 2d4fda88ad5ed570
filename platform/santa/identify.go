package santa

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Target is what Santa knows programs by: a type of rule, and the identifier as that type has it.
type Target struct {
	Type       RuleType
	Identifier string
}

// forms are those of the identifiers that begin with a word of their own, each with the digits of its hash.
var forms = []struct {
	word   string
	digits int
	is     RuleType
}{{"sha256:", 64, Binary}, {"cdhash:", 40, CDHash}, {"cert:", 64, Certificate}}

// Identify reads an identifier of macOS as Santa can tell programs by it; the error says, for people, why it
// cannot. The forms are
//
//	EQHXZ8M8AV:com.google.Chrome, platform:com.apple.curl    SIGNINGID
//	EQHXZ8M8AV                                               TEAMID
//	sha256:c4bc09fd…, of the file, 64 digits                 BINARY
//	cdhash:dbe8c39801…, 40 digits                            CDHASH
//	cert:345a8e098b…, of the leaf certificate, 64 digits     CERTIFICATE
//
// with hashes in lower-case hex and a team in upper case. A bundle's id alone is none of them.
func Identify(identifier string) (Target, error) {
	for _, f := range forms {
		hash, ok := strings.CutPrefix(identifier, f.word)
		if !ok {
			continue
		}
		if !isHash(hash, f.digits) {
			return Target{}, errors.New("its hash is not in lower-case hex, or not of the length that its kind has")
		}
		return Target{f.is, hash}, nil
	}
	if isTeam(identifier) {
		return Target{TeamID, identifier}, nil
	}
	team, id, ok := strings.Cut(identifier, ":")
	switch {
	case !ok:
		return Target{}, errors.New("a bundle's id can be put on any program, and Santa needs the signing id behind its team's id, as in EQHXZ8M8AV:com.google.Chrome")
	case team != "platform" && !isTeam(team):
		return Target{}, errors.New("what stands before the signing id is not a team's id, which is 10 capitals and digits, nor platform")
	case !isSigningID(id):
		return Target{}, errors.New("its signing id is empty, or holds characters that none has")
	}
	return Target{SigningID, identifier}, nil
}

func isHash(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789abcdef") == ""
}

// isTeam tells whether s is an id that Apple gives to a developer's team.
func isTeam(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isUpper(c) && (c < '0' || c > '9') {
			return false
		}
	}
	return len(s) == 10
}

// isSigningID tells whether s can be an identifier that is sealed into a signature: any text but for
// characters that cannot be seen.
func isSigningID(s string) bool {
	return s != "" && utf8.ValidString(s) && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
