package report

import (
	"cmp"
	"encoding/xml"
	"io"
	"strings"
	"unicode/utf8"
)

// The elements of the NIAP's output for app vetting (namespace https://niap-ccevs.org/cc/app-vetting/1.0, RELAX NG
// vetting-output.rng), as far as they are written.
type (
	niapReport struct {
		XMLName xml.Name `xml:"https://niap-ccevs.org/cc/app-vetting/1.0 report"`
		App     niapApp  `xml:"app-info"`
		Run     niapRun  `xml:"evaluation"`
	}
	niapApp struct {
		Name     string       `xml:"name"`
		Package  string       `xml:"package-identification,omitempty"`
		Version  string       `xml:"version"`
		Platform niapPlatform `xml:"platform"`
		Hash     *niapTyped   `xml:"hash,omitempty"`
		Sign     *niapTyped   `xml:"signature,omitempty"`
		File     string       `xml:"filename,omitempty"`
		Info     []niapInfo   `xml:"info"`
	}
	niapPlatform struct {
		Type string `xml:"type"`
		Min  string `xml:"min-version,omitempty"`
	}
	niapTyped struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
	niapInfo struct {
		Type string     `xml:"type,attr"`
		Text string     `xml:",chardata"`
		Info []niapInfo `xml:"info"`
	}
	niapRun struct {
		Environment struct {
			Tester struct {
				Name string `xml:"name"`
			} `xml:"tester"`
			Started   string `xml:"date-started"`
			Completed string `xml:"date-completed"`
			Devices   struct {
				Device struct {
					Version string `xml:"version,attr"`
					Text    string `xml:",chardata"`
				} `xml:"test-device"`
			} `xml:"test-devices"`
			Info []niapInfo `xml:"info"`
		} `xml:"environment"`
		Other struct {
			Scheme  string `xml:"scheme,attr"`
			Section struct {
				ID           string            `xml:"id,attr"`
				Requirements []niapRequirement `xml:"requirement"`
			} `xml:"section"`
		} `xml:"other-requirements"`
	}
	niapRequirement struct {
		ID         string    `xml:"id,attr"`
		Passed     *struct{} `xml:"passed"`
		Failed     *struct{} `xml:"failed"`
		Incomplete *string   `xml:"incomplete-results"`
		Activity   struct {
			Summary string `xml:"summary"`
		} `xml:"activity"`
		Info []niapInfo `xml:"info"`
	}
)

// WriteNIAP writes a report of one app. An analysis has no date: the same file makes the same report.
func WriteNIAP(w io.Writer, tool Tool, r *Report) error {
	n := &niapReport{App: niapApp{
		Name: text(cmp.Or(r.Name, r.Package, r.File)), Package: text(r.Package), Version: text(cmp.Or(r.VersionName, r.VersionCode)), File: text(r.File),
		Platform: niapPlatform{Type: platformOf(r.Format)},
	}}
	if r.MinSDK != nil {
		n.App.Platform.Min = text(*r.MinSDK)
	}
	if r.SHA256 != "" {
		n.App.Hash = &niapTyped{"SHA-256", r.SHA256}
	}
	if len(r.Signing.Certificates) > 0 {
		n.App.Sign = &niapTyped{"SHA-256 of the signer's certificate", r.Signing.Certificates[0]}
	}
	n.App.Info = r.niapInfos()
	e := &n.Run.Environment
	e.Tester.Name = tool.Name + " " + tool.Version
	e.Devices.Device.Text = "none: the app was read, and not run"
	for _, name := range sortedKeys(r.Tables) {
		e.Info = append(e.Info, niapInfo{Type: "table", Text: text(name + ", " + r.Tables[name])})
	}
	n.Run.Other.Scheme = text(cmp.Or(r.Tables["criteria"], tool.Name))
	n.Run.Other.Section.ID = "criteria"
	for i := range r.Criteria {
		n.Run.Other.Section.Requirements = append(n.Run.Other.Section.Requirements, niapOf(&r.Criteria[i]))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	x := xml.NewEncoder(w)
	x.Indent("", "  ")
	if err := x.Encode(n); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// niapInfos is what the schema has no element for.
func (r *Report) niapInfos() (all []niapInfo) {
	if r.Error != "" {
		return []niapInfo{{Type: "error", Text: text(r.Error)}}
	}
	for _, s := range r.SDKs {
		all = append(all, niapInfo{Type: "sdk", Text: text(strings.Join([]string{s.ID, s.Name, s.Owner, s.Country}, "; "))})
	}
	for _, p := range r.Permissions.Declared {
		all = append(all, niapInfo{Type: "permission", Text: text(p)})
	}
	for _, d := range r.Domains {
		all = append(all, niapInfo{Type: "domain", Text: text(d)})
	}
	for _, c := range r.Coverage.NotAnalysed {
		all = append(all, niapInfo{Type: "not-analysed", Text: text(c.Path + ": " + c.Why)})
	}
	return all
}

func niapOf(c *Criterion) niapRequirement {
	q := niapRequirement{ID: text(c.ID), Info: []niapInfo{{Type: "standard", Text: text(c.Standard)}}}
	q.Activity.Summary = text(c.Title + ": " + ResultWords[c.Result])
	switch c.Result {
	case Met:
		q.Passed = &struct{}{}
	case NotMet:
		q.Failed = &struct{}{}
	default:
		why := text(c.Why)
		q.Incomplete = &why
	}
	for _, e := range c.Evidence {
		q.Info = append(q.Info, niapInfo{Type: e.Grade, Text: text(e.Where + ": " + e.What)})
	}
	return q
}

func platformOf(f Format) string {
	switch f {
	case IPA:
		return "iOS"
	case Mac:
		return "macOS"
	}
	return "Android"
}

// text is what XML 1.0 can hold of a text.
func text(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c >= 0x20 && c <= 0xD7FF || c >= 0xE000 && c < 0xFFFE || c > 0xFFFF && c <= utf8.MaxRune {
			return c
		}
		return utf8.RuneError
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}
