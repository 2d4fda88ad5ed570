package linux

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"portcullis/platform"
	"portcullis/policy"
)

// besideRules is what a file of trust says of itself. What it means is the same in every list.
const besideRules = "this only has fapolicyd trust what is listed as one content in one place (trust:), and denies nothing: what is banned, and what is listed otherwise, is in the rules, beside which it belongs"

// longestComment is how long a comment is at most: behind 4,177 bytes fapolicyd takes a line for the next one.
const longestComment = 2000

// WriteTrust writes what fapolicyd is to trust of a list for Linux: a line of path, size and SHA-256 for each file that is
// listed by all three. It is for a file in trust.d, beside the rules, and has no effect on what they deny.
func WriteTrust(w io.Writer, l *platform.List) ([]platform.Left, error) {
	if l.Platform != policy.Linux {
		return nil, fmt.Errorf("trust for fapolicyd is for programs of linux, and not of %s", l.Platform)
	}
	left := []platform.Left{{Reason: besideRules}}
	b := bytes.NewBufferString("# " + comment(l.Stamp()) + "\n")
	places := map[string]bool{}
	for e := range l.All() {
		t, err := Identify(e.Identifier)
		if err != nil || !t.whole() {
			continue // the rules say what becomes of it
		}
		left = append(left, l.Unsaid(e, platform.CannotTell{Versions: true, Signers: true})...)
		switch {
		case !e.Admits():
		case places[t.Path]:
			left = append(left, platform.Left{Identifier: e.Identifier, Product: e.Product, Reason: "fapolicyd trusts one content in a place, and another is listed in this one before it: the rules let this run, and it is not trusted"})
		default:
			places[t.Path] = true
			fmt.Fprintf(b, "%s %d %s\n", t.Path, t.Size, t.Hash)
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return nil, err
	}
	return left, nil
}

// comment is a text as it may stand in a line of its own.
func comment(text string) string {
	text = strings.Map(printable, text)
	if len(text) <= longestComment {
		return text
	}
	text = text[:longestComment]
	for !utf8.ValidString(text) { // strings.Map has made it valid, but for where it is cut
		text = text[:len(text)-1]
	}
	return text
}
