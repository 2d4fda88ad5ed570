package apple

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"portcullis/platform/santa"
)

// Nobody is a bundle identifier that no app has: the domain "invalid" belongs to nobody (RFC 6761). It
// stands where a list would be empty, so that no device can take an empty list for none.
const Nobody = "invalid.nobody"

// webClips stands for all web clips in Apple's lists of bundle identifiers.
const webClips = "com.apple.webapp"

// maxIdentifier bounds an identifier; real ones have some 30 characters.
const maxIdentifier = 255

// IsBundleID tells whether an identifier is an app's bundle identifier (CFBundleIdentifier).
func IsBundleID(id string) bool {
	if id == "" || len(id) > maxIdentifier {
		return false
	}
	for _, c := range []byte(id) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// appleTeam stands for the team of binaries of Apple's own, which have none.
const appleTeam = "*APPLE*"

// program is what a Mac tells one by (a BinaryIdentifier); what is given of it must all match. As Apple's schema of
// com.apple.configuration.app.settings has it.
type program struct {
	TeamID    string `json:",omitzero"`
	SigningID string `json:",omitzero"`
	CDHash    string `json:",omitzero"`
}

// noProgram is what none is.
var noProgram = program{CDHash: strings.Repeat("0", 40)}

// parseProgram reads an identifier of macOS, in the forms that package santa knows, but for those that
// Apple has no key for: hashes of files and of certificates.
func parseProgram(id string) (program, bool) {
	target, err := santa.Identify(id)
	if err != nil || strings.Contains(id, "*") { // which Apple might take for more than itself
		return program{}, false
	}
	switch target.Type {
	case santa.CDHash:
		return program{CDHash: target.Identifier}, true
	case santa.TeamID:
		return program{TeamID: target.Identifier}, true
	case santa.SigningID:
		team, signingID, _ := strings.Cut(target.Identifier, ":")
		if team == "platform" {
			team = appleTeam
		}
		return program{TeamID: team, SigningID: signingID}, true
	}
	return program{}, false
}

// uuid is an identifier that is always the same for the same words: version 8 of RFC 9562, its bits from
// their SHA-256.
func uuid(words ...string) string {
	h := sha256.New()
	for _, w := range words {
		fmt.Fprintf(h, "%q ", w)
	}
	u := h.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
