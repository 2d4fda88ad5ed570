package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"portcullis/platform"
	"portcullis/policy"
)

// managed is the policies, as Chromium's documentation names them.
type managed struct {
	Blocklist []string `json:"ExtensionInstallBlocklist"`
	Allowlist []string `json:"ExtensionInstallAllowlist,omitempty"`
	URLs      []string `json:"URLBlocklist,omitempty"`
}

// Write writes a list for Chrome's or Edge's add-ons. A browser cannot tell an add-on's versions in
// these policies: what is banned in some version is blocked in all.
func Write(w io.Writer, l *platform.List) (left []platform.Left, err error) {
	if l.Platform != policy.Chrome && l.Platform != policy.MSEdge {
		return nil, fmt.Errorf("a browser's policy is for add-ons of chrome or edge, and not of %s", l.Platform)
	}
	m := managed{Blocklist: []string{}}
	if l.Shut() {
		m.Blocklist = append(m.Blocklist, "*")
	}
	for e := range l.All() {
		if !isExtension(e.Identifier) {
			left = append(left, platform.Left{Identifier: e.Identifier, Product: e.Product, Reason: "it is not the id of an add-on, which is 32 letters from a to p"})
			continue
		}
		switch {
		case l.Denies(e):
			m.Blocklist = append(m.Blocklist, e.Identifier)
		case l.Shut():
			m.Allowlist = append(m.Allowlist, e.Identifier)
		}
		left = append(left, e.Unsaid(platform.CannotTell{Versions: true, Signers: true})...)
	}
	for _, d := range l.Domains {
		m.URLs = append(m.URLs, d.Name)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	if err := enc.Encode(m); err != nil {
		return nil, err
	}
	_, err = w.Write(b.Bytes())
	return left, err
}

// isExtension tells whether an identifier is an add-on's id.
func isExtension(id string) bool {
	if len(id) != 32 {
		return false
	}
	for _, c := range id {
		if c < 'a' || c > 'p' {
			return false
		}
	}
	return true
}
