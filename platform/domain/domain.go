// Package domain makes names on the network fit for browsers and name servers: host names as RFC 1123
// has them, in lower case and ASCII, with those of other scripts as A-labels (RFC 5890).
package domain

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"portcullis/platform"
)

// The limits of RFC 1035: octets of a label, and characters of a name without its final dot.
const (
	maxLabel = 63
	maxName  = 253
)

// profile maps names as browsers do (UTS 46, not transitional). What may stand in a label is for
// ASCII to say.
var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

// Names returns the names of a list, ascending, each once. A name stands for all that end in it, so
// that none is below another. Those that are no names of hosts are left.
func Names(l *platform.List) (names []string, left []platform.Left) {
	all := make(map[string]bool, len(l.Domains))
	for _, d := range l.Domains {
		name, ok := ASCII(d.Name)
		if !ok {
			left = append(left, platform.Left{Identifier: d.Name, Product: d.Product,
				Reason: "it is not the name of a host below another, such as app.example: it is not denied"})
			continue
		}
		all[name] = true
	}
	for name := range all {
		if !below(name, all) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, left
}

// below tells whether a name is below one of all.
func below(name string, all map[string]bool) bool {
	for {
		_, above, ok := strings.Cut(name, ".")
		if !ok {
			return false
		}
		if all[above] {
			return true
		}
		name = above
	}
}

// ASCII returns a host name in lower case, in A-labels and without a final dot, and whether it is one.
// Names of a single label are not, since all of the network may be below them; nor are addresses.
func ASCII(name string) (string, bool) {
	ascii := strings.TrimSuffix(name, ".")
	if !plain(ascii) {
		mapped, err := profile.ToASCII(ascii)
		if err != nil || !utf8.ValidString(name) {
			return "", false
		}
		ascii = mapped
	}
	if len(ascii) > maxName {
		return "", false
	}
	last, labels := "", 0
	for label := range strings.SplitSeq(ascii, ".") {
		if !isLabel(label) {
			return "", false
		}
		last = label
		labels++
	}
	// What ends in a number is an address to a browser: 10.0.0.1, and 0x7f.1 as well.
	return ascii, labels > 1 && (last[0] < '0' || last[0] > '9')
}

// plain tells whether there is nothing to map in a name: most are.
func plain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return !strings.Contains(name, "xn--")
}

// isLabel allows the underscore, which names of services have and hosts do not.
func isLabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		c := label[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
