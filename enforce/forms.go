package enforce

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"portcullis/platform"
	"portcullis/platform/android"
	"portcullis/platform/apple"
	"portcullis/platform/browser"
	"portcullis/platform/dns"
	"portcullis/platform/intune"
	"portcullis/platform/linux"
	"portcullis/platform/santa"
	"portcullis/platform/windows"
	"portcullis/policy"
)

// Form is a form in which lists leave for a platform.
type Form struct {
	// Name is what commands and addresses call it, and Title what people do.
	Name, Title string
	// Platforms are those whose lists it carries; the first is meant where none is said. None at all are
	// name servers.
	Platforms []policy.Platform
	// Media is the artefact's media type, and Extension the end of a file's name.
	Media, Extension string
	Write            platform.Artefact
	// Audits tells whether it can carry a list for an audit, too.
	Audits bool
}

// Forms are all forms, in the order of their names.
var Forms = []Form{
	{Name: "android", Title: "Policy for the Android Management API", Platforms: []policy.Platform{policy.Android},
		Media: "application/json", Extension: "json", Write: android.Write},
	{Name: "apple-declaration", Title: "Declaration for supervised iPhones, iPads and Macs, from version 27", Platforms: []policy.Platform{policy.IOS, policy.MacOS},
		Media: "application/json", Extension: "json", Write: apple.WriteDeclaration},
	{Name: "apple-profile", Title: "Restrictions profile for supervised iPhones and iPads", Platforms: []policy.Platform{policy.IOS},
		Media: "application/x-apple-aspen-config", Extension: "mobileconfig", Write: apple.WriteProfile},
	{Name: "applocker", Title: "AppLocker policy for Windows", Platforms: []policy.Platform{policy.Windows},
		Media: "application/xml", Extension: "xml", Write: windows.Write, Audits: true},
	{Name: "chromium", Title: "Policy for Chrome, Chromium and Edge", Platforms: []policy.Platform{policy.Chrome, policy.MSEdge},
		Media: "application/json", Extension: "json", Write: browser.Chromium},
	{Name: "fapolicyd", Title: "Rules for Linux with fapolicyd", Platforms: []policy.Platform{policy.Linux},
		Media: "text/plain; charset=utf-8", Extension: "rules", Write: linux.Write},
	{Name: "fapolicyd-trust", Title: "Trust for Linux with fapolicyd, beside its rules", Platforms: []policy.Platform{policy.Linux},
		Media: "text/plain; charset=utf-8", Extension: "trust", Write: linux.WriteTrust},
	{Name: "firefox", Title: "Policy for Firefox", Platforms: []policy.Platform{policy.Firefox},
		Media: "application/json", Extension: "json", Write: browser.Firefox},
	{Name: "intune", Title: "Configuration for Intune", Platforms: []policy.Platform{policy.Android, policy.IOS, policy.MacOS, policy.Windows},
		Media: "application/json", Extension: "json", Write: intune.Write},
	{Name: "rpz", Title: "Response policy zone for name servers", Media: "text/dns", Extension: "zone", Write: dns.Write},
	{Name: "santa", Title: "Rules for Macs with Santa", Platforms: []policy.Platform{policy.MacOS},
		Media: "application/json", Extension: "json", Write: santa.Write},
}

// Named returns the form of a name; nil where there is none.
func Named(name string) *Form {
	for i := range Forms {
		if Forms[i].Name == name {
			return &Forms[i]
		}
	}
	return nil
}

// Names are the names of all forms, in their order.
func Names() (names []string) {
	for i := range Forms {
		names = append(names, Forms[i].Name)
	}
	return names
}

// Artefact is a list in a platform's own form, and what it is.
type Artefact struct {
	*platform.List
	Form *Form
	// Data is what goes to the platform, and SHA256 its digest in lower-case hex.
	Data   []byte
	SHA256 string
	// Left is what of the list the form cannot carry.
	Left []platform.Left

	digest func() string
}

// Digest is the list's, found out once.
func (a *Artefact) Digest() string { return a.digest() }

// Make writes a list in the form. It is an error where the list is for an audit and the form has none, for it would deny.
func (f *Form) Make(l *platform.List) (*Artefact, error) {
	if l.Audit && !f.Audits {
		return nil, fmt.Errorf("%s for %s: the form has no audit", f.Name, l.Organisation)
	}
	var b bytes.Buffer
	left, err := f.Write(&b, l)
	if err != nil {
		return nil, fmt.Errorf("%s for %s: %w", f.Name, l.Organisation, err)
	}
	sum := sha256.Sum256(b.Bytes())
	return &Artefact{List: l, Form: f, Data: b.Bytes(), SHA256: hex.EncodeToString(sum[:]), Left: left, digest: sync.OnceValue(l.Digest)}, nil
}

// Platform is the one whose list is meant where none is said: that of the device, if the form is for it,
// else the form's first.
func (f *Form) Platform(device policy.Platform) policy.Platform {
	if len(f.Platforms) == 0 {
		return 0
	}
	for _, p := range f.Platforms {
		if p == device {
			return p
		}
	}
	return f.Platforms[0]
}

// Manifest is what an artefact is, beside it.
type Manifest struct {
	Form         string       `json:"form" example:"android"`
	Platform     string       `json:"platform,omitempty" doc:"Whose list it is; left out of one for name servers"`
	Organisation string       `json:"organisation"`
	Host         string       `json:"host,omitempty" doc:"The device, where decisions single it out: the list is then for it alone"`
	Generation   int64        `json:"generation,omitempty" doc:"The register's, when the list was compiled"`
	At           time.Time    `json:"at" doc:"The time that the list answers for"`
	Until        time.Time    `json:"until,omitzero" doc:"When time alone makes another list of it; left out where that is never"`
	List         string       `json:"list_sha256" doc:"Of what the list says, whatever its form: in lower-case hexadecimal"`
	File         string       `json:"file_sha256" doc:"Of the artefact's bytes: its ETag"`
	Closed       bool         `json:"closed" doc:"What it does not name is denied"`
	Audit        bool         `json:"audit,omitempty" doc:"It denies nothing and notes what the list denies; a device that has it does not have the list. Left out of what is enforced"`
	Decisions    []string     `json:"decisions" doc:"The rules and exemptions that it rests on, but for exemptions that are named nowhere"`
	NotCarried   []NotCarried `json:"not_carried" doc:"What the form has no way to say: it is found by reports, and not stopped"`
}

// NotCarried is a part of a list that an artefact does not carry.
type NotCarried struct {
	Identifier string `json:"identifier" doc:"Empty where it is about the whole list"`
	Product    string `json:"product,omitempty"`
	Reason     string `json:"reason"`
}

// Manifest says what the artefact is: of which generation, its digests, the decisions it came from, and what it does
// not carry.
func (a *Artefact) Manifest() Manifest {
	m := Manifest{Form: a.Form.Name, Organisation: a.Organisation, Host: a.Host, Generation: a.Generation, At: a.At.UTC(), Until: a.Until.UTC(),
		List: a.Digest(), File: a.SHA256, Closed: a.Closed, Audit: a.Audit, Decisions: append([]string{}, a.Decisions()...), NotCarried: []NotCarried{}}
	if a.Platform != 0 {
		m.Platform = a.Platform.String()
	}
	for _, l := range a.Left {
		m.NotCarried = append(m.NotCarried, NotCarried(l))
	}
	return m
}

// WriteManifest writes the manifest as JSON.
func (a *Artefact) WriteManifest(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(a.Manifest())
}
