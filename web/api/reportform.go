package api

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/policy"
)

// Report is what one tool says of one device.
type Report struct {
	Host         string         `json:"host" example:"C02XK1ZZJGH5" doc:"A serial number, or an id that stays"`
	Name         string         `json:"name,omitempty" doc:"What people call the device"`
	Organisation string         `json:"organisation,omitempty" example:"dept-a" doc:"Whose it is, for a device that is not known yet; left out, it is the token's organisation. Of a known one it must be as it is"`
	Ownership    string         `json:"ownership,omitempty" enum:"corporate,personal,managed-personal" doc:"For a device that is not known yet"`
	Platform     string         `json:"platform,omitempty" enum:"android,ios,macos,windows,linux,chromeos" doc:"For a device that is not known yet; of a known one it must be as it is"`
	Source       string         `json:"source,omitempty" example:"osquery" doc:"Tells tools apart that report the same device: each has its own inventory of it"`
	Taken        time.Time      `json:"taken,omitzero" doc:"When the inventory was taken; left out, it is now, and a report that says the same as the last is answered fastest"`
	Partial      bool           `json:"partial,omitempty" doc:"What is not named may still be installed"`
	Installed    []Installation `json:"installed" doc:"What is installed, and an empty list where nothing is; of a personal device nothing is stored, of a managed-personal one what is managed"`
}

// Installation is one thing that is installed.
type Installation struct {
	Identifier  string `json:"identifier,omitempty" example:"com.example.notes" doc:"The platform's own; either it or product"`
	Product     string `json:"product,omitempty" doc:"The id of a product of the register"`
	Platform    string `json:"platform,omitempty" enum:"android,ios,macos,windows,linux,chromeos,chrome,edge,firefox" doc:"Where it is not the device's own, as for an add-on of a browser"`
	Version     string `json:"version,omitempty" example:"4.2.1"`
	VersionCode *int64 `json:"versionCode,omitempty"`
	Signer      string `json:"signer,omitempty" doc:"The SHA-256 of the signing certificate, in hexadecimal"`
	Managed     *bool  `json:"managed,omitempty"`
	Name        string `json:"name,omitempty" doc:"What people call it; matches nothing by itself"`
	Publisher   string `json:"publisher,omitempty"`
}

// BatchOfReports is several reports, which stand each for itself.
type BatchOfReports struct {
	Reports []Report `json:"reports" maxItems:"500"`
}

// ReportOutcome is what became of one report of several: an outcome or, where there is a problem, nothing.
type ReportOutcome struct {
	devices.Outcome
	Problem *Problem `json:"problem,omitempty" doc:"Why nothing of the report was taken; the result is empty then"`
}

// BatchOutcome is what became of each report, in their order.
type BatchOutcome struct {
	Items []ReportOutcome `json:"items"`
}

// hostIn finds the device of a report without reading the rest; empty where it does not stand at its
// beginning. A report is what its digest says, so that nothing is taken from the bytes but where to look for
// that.
func hostIn(body []byte) string {
	if host, ok := hostFirst(body); ok {
		return host
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(body)) // which it does not copy
	if open, err := d.ReadToken(); err != nil || open.Kind() != '{' {
		return ""
	}
	for {
		key, err := d.ReadToken()
		if err != nil || key.Kind() != '"' {
			return ""
		}
		if key.String() != "host" {
			if d.SkipValue() != nil || d.InputOffset() > 2048 {
				return ""
			}
			continue
		}
		value, err := d.ReadToken()
		if err != nil || value.Kind() != '"' {
			return ""
		}
		return value.String()
	}
}

// hostFirst is hostIn of a report as nearly all programs write it: the device stands first, without escapes.
func hostFirst(body []byte) (string, bool) {
	if len(body) > maxFirst {
		body = body[:maxFirst]
	}
	text, begun := bytes.CutPrefix(body, []byte(`{"host":"`))
	end := bytes.IndexAny(text, "\"\\")
	if !begun || end < 0 || text[end] == '\\' {
		return "", false
	}
	return string(text[:end]), true
}

// maxFirst is how far hostFirst looks, in bytes.
const maxFirst = 256

// parseReport reads one report. Where it does not say when it was taken it is known by the digest of its bytes:
// another of the same bytes says the same.
func parseReport(body []byte, digest uint64) (devices.Report, error) {
	var report devices.Report
	var err error
	if !quickReport(body, func(r *Report) { report, err = r.report() }) {
		var r Report
		if err = unmarshal(body, &r); err == nil {
			report, err = r.report()
		}
	}
	if err == nil && report.Taken.IsZero() {
		report.Digest = digest
	}
	return report, err
}

// parseBatch takes the reports of a batch apart.
func parseBatch(body []byte) ([]jsontext.Value, error) {
	var batch struct {
		Reports []jsontext.Value `json:"reports"`
	}
	if err := unmarshal(body, &batch); err != nil {
		return nil, err
	}
	switch n := len(batch.Reports); {
	case n > maxBatch:
		return nil, refuse(fault.Invalid, "reports", "These are %d reports: send %d at most at once", n, maxBatch)
	case batch.Reports == nil:
		return nil, refuse(fault.Invalid, "reports", "This must be given: a list of reports")
	}
	return batch.Reports, nil
}

// unmarshal reads JSON strictly: what is not known, or given twice, is refused with its place.
func unmarshal(body []byte, into any) error {
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return refuse(fault.Invalid, field(semantic.JSONPointer), "This is not known here: take it out, or see %s/openapi.json for what there is", Base)
	case errors.As(err, &syntactic) && errors.Is(err, jsontext.ErrDuplicateName):
		return refuse(malformed, field(syntactic.JSONPointer), "This is given twice")
	case errors.As(err, &syntactic):
		return refuse(malformed, field(syntactic.JSONPointer), "This is not JSON in UTF-8: at byte %d, %v", syntactic.ByteOffset, syntactic.Err)
	case errors.As(err, &semantic):
		return refuse(fault.Invalid, field(semantic.JSONPointer), "This cannot be %s: see %s/openapi.json for what it is", kindOf(semantic.JSONKind), Base)
	}
	return refuse(malformed, "", "This is not JSON: %v", err)
}

// kindOf is a kind of JSON value in words.
func kindOf(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "this text"
	case '0':
		return "this number"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "this"
}

// field is a JSON pointer as fields are written here: installed[3].version.
func field(pointer jsontext.Pointer) string {
	var b strings.Builder
	for part := range pointer.Tokens() {
		switch {
		case b.Len() > 0 && part != "" && strings.Trim(part, "0123456789") == "":
			b.WriteString("[" + part + "]")
			continue
		case b.Len() > 0:
			b.WriteByte('.')
		}
		b.WriteString(part)
	}
	return b.String()
}

// report is the report as the room takes it.
func (r *Report) report() (devices.Report, error) {
	ownership, on, err := words(r.Ownership, r.Platform)
	if err != nil {
		return devices.Report{}, err
	}
	if r.Installed == nil { // a list that was forgotten would take everything off the device
		return devices.Report{}, refuse(fault.Invalid, "installed", "Say what is installed: an empty list is that nothing is")
	}
	report := devices.Report{Host: r.Host, Name: r.Name, Organisation: r.Organisation, Ownership: ownership, Platform: on, Source: r.Source, Taken: r.Taken, Partial: r.Partial,
		Installed: make([]policy.Installation, len(r.Installed))}
	for n := range r.Installed {
		in := &r.Installed[n]
		into := &report.Installed[n]
		*into = policy.Installation{Identifier: in.Identifier, Product: in.Product, Version: in.Version, VersionCode: in.VersionCode, Signer: in.Signer, Managed: in.Managed}
		if in.Platform != "" {
			var ok bool
			if into.Platform, ok = policy.ParsePlatform(in.Platform); !ok {
				return report, refuse(fault.Invalid, fmt.Sprintf("installed[%d].platform", n), "There is no platform %q", in.Platform)
			}
		}
		if in.Name != "" && in.Identifier != "" {
			report.Names = append(report.Names, devices.Named{Identifier: in.Identifier, Platform: into.Platform, Name: in.Name, Publisher: in.Publisher})
		}
	}
	return report, nil
}

// words reads the words for whose a device is and what it runs; what is empty is not said.
func words(ownership, on string) (o policy.Ownership, p policy.Platform, err error) {
	ok := true
	if ownership != "" {
		if o, ok = policy.ParseOwnership(ownership); !ok {
			return o, p, refuse(fault.Invalid, "ownership", "There is no ownership %q: corporate, personal and managed-personal are", ownership)
		}
	}
	if on != "" {
		if p, ok = policy.ParsePlatform(on); !ok || p > policy.ChromeOS {
			return o, p, refuse(fault.Invalid, "platform", "There is no platform %q of a device: android, ios, macos, windows, linux and chromeos are", on)
		}
	}
	return o, p, nil
}
