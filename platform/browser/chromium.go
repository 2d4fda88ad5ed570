package browser

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"portcullis/platform"
	"portcullis/policy"
)

// managed is Chromium's policies, as its documentation names them.
type managed struct {
	Extensions settings `json:"ExtensionSettings"`
	URLs       []string `json:"URLBlocklist,omitempty"`
}

// Chromium writes a list for Chrome's or Edge's add-ons. It carries the least version of an add-on, and
// cannot tell others apart: what is banned in some version is taken away in all.
func Chromium(w io.Writer, l *platform.List) ([]platform.Left, error) {
	if l.Platform != policy.Chrome && l.Platform != policy.MSEdge {
		return nil, fmt.Errorf("chromium's policy is for add-ons of chrome or edge, and not of %s", l.Platform)
	}
	var m managed
	if l.Shut() {
		m.Extensions = append(m.Extensions, setting{ID: everything, Mode: blocked})
	}
	var left []platform.Left
	for e := range l.All() {
		if !isExtension(e.Identifier) {
			left = append(left, platform.Left{Identifier: e.Identifier, Product: e.Product,
				Reason: "it is not the id of an add-on, which is 32 letters from a to p: " + unnamed(l)})
			continue
		}
		told := *e
		switch {
		case e.Bans():
			m.Extensions = append(m.Extensions, setting{ID: e.Identifier, Mode: removed})
		case l.Denies(e):
			m.Extensions = append(m.Extensions, setting{ID: e.Identifier, Mode: blocked})
		case l.Shut():
			s := setting{ID: e.Identifier, Mode: allowed}
			if s.Least = least(l, e); s.Least != "" {
				told.Floors = nil
			}
			m.Extensions = append(m.Extensions, s)
		}
		left = append(left, l.Unsaid(&told, platform.CannotTell{Versions: true, Signers: true})...)
	}
	urls, unblocked := names(l)
	m.URLs = urls
	return append(left, unblocked...), write(w, m)
}

// least is the lowest of the versions from which on an add-on is listed; empty where there is none that
// Chromium can take. Add-ons have no code, so that a floor which is one alone lets nothing in.
func least(l *platform.List, e *platform.Entry) (version string) {
	if !l.Closed {
		return ""
	}
	for _, f := range e.Floors {
		switch {
		case f.Version == "":
		case !isVersion(f.Version):
			return ""
		case version == "" || policy.CompareVersions(f.Version, version) < 0:
			version = f.Version
		}
	}
	return version
}

// isVersion tells whether a version is one that an add-on's manifest can have: one to four numbers of 16
// bits, without zeros in front.
func isVersion(v string) bool {
	parts := strings.Split(v, ".")
	for _, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || strconv.FormatUint(n, 10) != p {
			return false
		}
	}
	return len(parts) <= 4
}

// isExtension tells whether an identifier is the id of an add-on of Chromium's.
func isExtension(id string) bool {
	if len(id) != 32 {
		return false
	}
	for _, c := range []byte(id) {
		if c < 'a' || c > 'p' {
			return false
		}
	}
	return true
}
