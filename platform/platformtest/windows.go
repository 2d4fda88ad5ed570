package platformtest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"portcullis/policy"
)

// AppLocker is a Windows device under an AppLocker policy. The policy is read as the schema that Microsoft
// publishes for its configuration service provider has it. A collection without rules lets everything run;
// in one that has any, what no rule allows does not run, and what a rule denies never.
func AppLocker(artefact []byte) (Device, error) {
	var p appLocker
	dec := xml.NewDecoder(bytes.NewReader(artefact))
	if err := dec.Decode(&p); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) && err != nil {
		return nil, err
	}
	if p.Version != "1" {
		return nil, fmt.Errorf("version %q", p.Version)
	}
	types, ids := map[string]bool{}, map[string]bool{}
	for i := range p.Collections {
		c := &p.Collections[i]
		if types[c.Type] || !slices.Contains([]string{"Exe", "Msi", "Script", "Dll", "Appx"}, c.Type) || c.Mode != "Enabled" && c.Mode != "AuditOnly" {
			return nil, fmt.Errorf("collection %q in mode %q", c.Type, c.Mode)
		}
		types[c.Type] = true
		for j := range c.Rules {
			r := &c.Rules[j]
			if err := r.check(c.Type); err != nil {
				return nil, fmt.Errorf("%s: rule %q: %w", c.Type, r.Name, err)
			}
			if ids[r.ID] {
				return nil, fmt.Errorf("there are two rules with id %s", r.ID)
			}
			ids[r.ID] = true
		}
	}
	return &p, foreign(artefact)
}

type appLocker struct {
	XMLName     xml.Name              `xml:"AppLockerPolicy"`
	Version     string                `xml:"Version,attr"`
	Collections []appLockerCollection `xml:"RuleCollection"`
}

type appLockerCollection struct {
	Type  string          `xml:"Type,attr"`
	Mode  string          `xml:"EnforcementMode,attr"`
	Rules []appLockerRule `xml:",any"`
}

type appLockerRule struct {
	XMLName    xml.Name
	ID         string               `xml:"Id,attr"`
	Name       string               `xml:"Name,attr"`
	Said       string               `xml:"Description,attr"`
	Group      string               `xml:"UserOrGroupSid,attr"`
	Action     string               `xml:"Action,attr"`
	Conditions appLockerConditions  `xml:"Conditions"`
	Exceptions *appLockerConditions `xml:"Exceptions"`
}

type appLockerConditions struct {
	All []appLockerCondition `xml:",any"`
}

type appLockerCondition struct {
	XMLName   xml.Name
	Publisher string `xml:"PublisherName,attr"`
	Product   string `xml:"ProductName,attr"`
	Binary    string `xml:"BinaryName,attr"`
	Range     *struct {
		Low  string `xml:"LowSection,attr"`
		High string `xml:"HighSection,attr"`
	} `xml:"BinaryVersionRange"`
	Path   string `xml:"Path,attr"`
	Hashes []struct {
		Type string `xml:"Type,attr"`
		Data string `xml:"Data,attr"`
	} `xml:"FileHash"`
}

// appLockerNames are all elements and attributes that the schema has, but for extensions.
var appLockerNames = strings.Fields(`AppLockerPolicy Version RuleCollection Type EnforcementMode FilePublisherRule FilePathRule FileHashRule
	Id Name Description UserOrGroupSid Action Conditions Exceptions FilePublisherCondition PublisherName ProductName BinaryName
	BinaryVersionRange LowSection HighSection FilePathCondition Path FileHashCondition FileHash Data SourceFileName SourceFileLength`)

// foreign finds what the schema does not have.
func foreign(artefact []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(artefact))
	for {
		token, err := dec.Token()
		if err != nil {
			return nil // the end: all of it was read before
		}
		switch e := token.(type) {
		case xml.StartElement:
			for _, name := range append([]xml.Attr{{Name: e.Name}}, e.Attr...) {
				if !slices.Contains(appLockerNames, name.Name.Local) || name.Name.Space != "" {
					return fmt.Errorf("the schema has no %q", name.Name.Local)
				}
			}
		case xml.CharData:
			if len(bytes.TrimSpace(e)) > 0 {
				return fmt.Errorf("the schema has no text, as %q", e)
			}
		}
	}
}

var (
	guid     = regexp.MustCompile(`^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$`)
	sid      = regexp.MustCompile(`^S-1(-[0-9a-fA-F]+)+$`)
	fileHash = regexp.MustCompile(`^0x[0-9A-Fa-f]{64}$`)
)

func (r *appLockerRule) check(collection string) error {
	kind, ok := strings.CutSuffix(r.XMLName.Local, "Rule")
	long := func(s string) bool { return len(utf16.Encode([]rune(s))) > 1024 }
	switch {
	case !ok, collection == "Appx" && kind != "FilePublisher":
		return fmt.Errorf("it is a %s", r.XMLName.Local)
	case !guid.MatchString(r.ID), !sid.MatchString(r.Group):
		return fmt.Errorf("id %q for %q", r.ID, r.Group)
	case r.Name == "", long(r.Name), long(r.Said):
		return errors.New("a name of 1 to 1,024 characters, and a description of as many at most")
	case r.Action != "Allow" && r.Action != "Deny":
		return fmt.Errorf("action %q", r.Action)
	case len(r.Conditions.All) != 1, r.Conditions.All[0].XMLName.Local != kind+"Condition", kind == "FileHash" && r.Exceptions != nil:
		return errors.New("one condition of its kind, and exceptions where it has any")
	}
	all := r.Conditions.All
	if r.Exceptions != nil {
		all = append(slices.Clone(all), r.Exceptions.All...)
	}
	for i := range all {
		if err := all[i].check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *appLockerCondition) check() error {
	switch c.XMLName.Local {
	case "FilePublisherCondition":
		if c.Publisher == "" || c.Range == nil || fileVersion(c.Range.Low) == nil || fileVersion(c.Range.High) == nil {
			return fmt.Errorf("publisher %q without a name or with a range that is none: %+v", c.Publisher, c.Range)
		}
	case "FilePathCondition":
		if c.Path == "" {
			return errors.New("a path without a path")
		}
	case "FileHashCondition":
		if len(c.Hashes) == 0 {
			return errors.New("no hash")
		}
		for _, h := range c.Hashes {
			if h.Type != "SHA256" || !fileHash.MatchString(h.Data) {
				return fmt.Errorf("hash %+v", h)
			}
		}
	default:
		return fmt.Errorf("there is no %s", c.XMLName.Local)
	}
	return nil
}

// fileVersion reads a version; * is empty, and what is none is nil.
func fileVersion(s string) []int {
	if s == "*" {
		return []int{}
	}
	parts := strings.Split(s, ".")
	v := make([]int, len(parts))
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || len(parts) != 4 {
			return nil
		}
		v[i] = int(n)
	}
	return v
}

// windowsFile is a file as AppLocker sees it.
type windowsFile struct {
	collection, publisher, product, binary, path, hash string
	version                                            []int
}

// fileOf is a file that an inventory would report in this way.
func fileOf(in policy.Installation) windowsFile {
	version := in.Version
	for strings.Count(version, ".") < 3 {
		version = strings.TrimPrefix(version+".0", ".")
	}
	f := windowsFile{collection: "Exe", path: `C:\Users\somebody\some.exe`, version: fileVersion(version)}
	form, value, _ := strings.Cut(in.Identifier, ":")
	parts := strings.Split(value, "|")
	switch form {
	case "publisher": // of which AppLocker has capitals
		f.publisher, f.product, f.binary = strings.ToUpper(parts[0]), strings.ToUpper(parts[1]), strings.ToUpper(parts[2])
	case "appx":
		f.collection, f.publisher, f.product, f.binary = "Appx", parts[0], parts[1], "some.exe"
	case "path":
		f.path = value
		if in, ok := map[string]string{".msi": "Msi", ".ps1": "Script"}[strings.ToLower(value[max(0, len(value)-4):])]; ok {
			f.collection = in
		}
	case "sha256":
		f.hash = "0x" + value
	}
	return f
}

// appLockerEvents are what a device logs: of what is let run, of what is let run and would have been prevented, and of what is.
var appLockerEvents = map[string][3]int{"Exe": {8002, 8003, 8004}, "Msi": {8005, 8006, 8007}, "Script": {8005, 8006, 8007}, "Appx": {8020, 8021, 8022}}

// Event is what the device logs when a file is started; 0 where no collection has rules for it.
func (p *appLocker) Event(in policy.Installation) int {
	f := fileOf(in)
	for _, c := range p.Collections {
		if c.Type != f.collection || len(c.Rules) == 0 {
			continue
		}
		events := appLockerEvents[c.Type]
		switch {
		case c.allows(f):
			return events[0]
		case c.Mode == "AuditOnly":
			return events[1]
		}
		return events[2]
	}
	return 0
}

// Denies: what is prevented does not run.
func (p *appLocker) Denies(in policy.Installation) bool {
	event := p.Event(in)
	return event == 8004 || event == 8007 || event == 8022
}

func (c *appLockerCollection) allows(f windowsFile) (allowed bool) {
	for _, r := range c.Rules {
		if !r.matches(f) {
			continue
		}
		if r.Action == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

func (r *appLockerRule) matches(f windowsFile) bool {
	matches := func(c appLockerCondition) bool { return c.matches(f) }
	return slices.ContainsFunc(r.Conditions.All, matches) && (r.Exceptions == nil || !slices.ContainsFunc(r.Exceptions.All, matches))
}

func (c *appLockerCondition) matches(f windowsFile) bool {
	is := func(pattern, s string) bool { return pattern == "*" || pattern == s }
	switch c.XMLName.Local {
	case "FilePublisherCondition":
		low, high := fileVersion(c.Range.Low), fileVersion(c.Range.High)
		return f.publisher != "" && is(c.Publisher, f.publisher) && is(c.Product, f.product) && is(c.Binary, f.binary) &&
			slices.Compare(low, f.version) <= 0 && (len(high) == 0 || slices.Compare(f.version, high) <= 0)
	case "FilePathCondition":
		folder, all := strings.CutSuffix(strings.ToLower(c.Path), "*")
		return folder == strings.ToLower(f.path) || all && strings.HasPrefix(strings.ToLower(f.path), folder)
	}
	return f.hash != "" && c.Hashes[0].Data == f.hash
}
