package browser

import (
	"fmt"
	"io"
	"strings"

	"portcullis/platform"
	"portcullis/policy"
)

// policies is Firefox's policies.json.
type policies struct {
	Policies struct {
		Extensions settings  `json:"ExtensionSettings"`
		Sites      *websites `json:"WebsiteFilter,omitempty"`
	} `json:"policies"`
}

type websites struct {
	Block []string `json:"Block"`
}

// Firefox writes a list for Firefox's add-ons. It cannot tell versions: what is banned in some version is
// blocked in all.
func Firefox(w io.Writer, l *platform.List) ([]platform.Left, error) {
	if l.Platform != policy.Firefox {
		return nil, fmt.Errorf("firefox's policy is for add-ons of firefox, and not of %s", l.Platform)
	}
	var p policies
	if l.Shut() {
		p.Policies.Extensions = append(p.Policies.Extensions, setting{ID: everything, Mode: blocked})
	}
	var left []platform.Left
	for e := range l.All() {
		if !isAddOn(e.Identifier) {
			left = append(left, platform.Left{Identifier: e.Identifier, Product: e.Product,
				Reason: "it is not the id of an add-on, which is like name@maker.example or a number in braces: " + unnamed(l)})
			continue
		}
		switch {
		case l.Denies(e):
			p.Policies.Extensions = append(p.Policies.Extensions, setting{ID: e.Identifier, Mode: blocked})
		case l.Shut():
			p.Policies.Extensions = append(p.Policies.Extensions, setting{ID: e.Identifier, Mode: allowed})
		}
		left = append(left, l.Unsaid(e, platform.CannotTell{Versions: true, Signers: true})...)
	}
	hosts, unblocked := names(l)
	if len(hosts) > 0 {
		p.Policies.Sites = &websites{}
	}
	for _, host := range hosts {
		p.Policies.Sites.Block = append(p.Policies.Sites.Block, "*://*."+host+"/*") // itself as well
	}
	return append(left, unblocked...), write(w, p)
}

// isAddOn tells whether an identifier is the id of an add-on of Firefox's, of at most 80 characters: like
// name@maker.example, or a UUID in braces.
func isAddOn(id string) bool {
	if len(id) > 80 {
		return false
	}
	if name, maker, ok := strings.Cut(id, "@"); ok {
		return maker != "" && strings.Trim(name, idLetters) == "" && strings.Trim(maker, idLetters) == ""
	}
	if len(id) != 38 || id[0] != '{' || id[37] != '}' {
		return false
	}
	for i, c := range []byte(id[1:37]) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && !strings.Contains("0123456789abcdefABCDEF", string(c)) {
			return false
		}
	}
	return true
}

const idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
