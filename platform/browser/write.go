package browser

import (
	"bytes"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"portcullis/platform"
	"portcullis/platform/domain"
)

// maxNames is how many entries browsers read of a list of sites; they pass over those that follow.
const maxNames = 1000

// names are the hosts that are blocked with all below them.
func names(l *platform.List) (hosts []string, left []platform.Left) {
	hosts, left = domain.Names(l)
	if len(hosts) > maxNames {
		for _, host := range hosts[maxNames:] {
			left = append(left, platform.Left{Identifier: host,
				Reason: fmt.Sprintf("browsers read %d names of sites and no more: the site is denied by name servers alone", maxNames)})
		}
		hosts = hosts[:maxNames]
	}
	return hosts, left
}

// unnamed says what becomes of what the file does not name.
func unnamed(l *platform.List) string {
	if l.Shut() {
		return "it is blocked with all that is not named"
	}
	return "it is not blocked"
}

// settings are what is said of add-ons, in the order of the list.
type settings []setting

// setting is what is said of one add-on, or of all others.
type setting struct {
	ID    string `json:"-"`
	Mode  string `json:"installation_mode"`
	Least string `json:"minimum_version_required,omitempty"`
}

// everything stands for all add-ons that have no setting of their own.
const everything = "*"

// The words of both browsers for whether an add-on may be there. A blocked one stays where it is, turned
// off; Chromium has a word for one that is taken away, which Firefox does with what it blocks by name.
const (
	allowed = "allowed"
	blocked = "blocked"
	removed = "removed"
)

// MarshalJSONTo writes an object of the settings by id.
func (s settings) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i := range s {
		if err := enc.WriteToken(jsontext.String(s[i].ID)); err != nil {
			return err
		}
		if err := json.MarshalEncode(enc, &s[i]); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

// write writes a file of policies.
func write(w io.Writer, file any) error {
	var b bytes.Buffer
	if err := json.MarshalWrite(&b, file, jsontext.WithIndent("\t")); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}
