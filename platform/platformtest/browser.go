package platformtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portcullis/policy"
)

// Chromium is a browser under a managed policy, as "ExtensionSettings" and "URL blocklist filter format"
// of Chrome Enterprise have it.
func Chromium(artefact []byte) (Device, error) {
	var d chromium
	if err := strictly(artefact, &d); err != nil {
		return nil, fmt.Errorf("chrome://policy shows an error: %w", err)
	}
	for id, s := range d.ExtensionSettings {
		if id != "*" && (len(id) != 32 || strings.Trim(id, "abcdefghijklmnop") != "") {
			return nil, fmt.Errorf("%q is no add-on", id)
		}
		if !slices.Contains([]string{"allowed", "blocked", "removed"}, s.Mode) {
			return nil, fmt.Errorf("%q is no installation_mode", s.Mode)
		}
		if s.Least != "" && s.parts() == nil {
			return nil, fmt.Errorf("%q is no version", s.Least)
		}
	}
	if len(d.URLBlocklist) > 1000 {
		return nil, fmt.Errorf("%d sites, of which a browser reads 1,000", len(d.URLBlocklist))
	}
	return &d, nil
}

type chromium struct {
	ExtensionSettings map[string]chromiumSetting
	URLBlocklist      []string
}

type chromiumSetting struct {
	Mode  string `json:"installation_mode"`
	Least string `json:"minimum_version_required"`
}

// parts are the numbers of a version; nil where it is none.
func (s *chromiumSetting) parts() (numbers []uint64) {
	for p := range strings.SplitSeq(s.Least, ".") {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil
		}
		numbers = append(numbers, n)
	}
	return numbers
}

func (d *chromium) Denies(in policy.Installation) bool {
	s, ok := d.ExtensionSettings[in.Identifier]
	if !ok {
		s, ok = d.ExtensionSettings["*"]
	}
	if !ok || s.Mode != "allowed" {
		return ok
	}
	if s.Least == "" {
		return false
	}
	installed := chromiumSetting{Least: in.Version}
	return slices.Compare(installed.parts(), s.parts()) < 0
}

// Blocks: a host stands for all below it as well, unless a dot is in front.
func (d *chromium) Blocks(host string) bool {
	return slices.ContainsFunc(d.URLBlocklist, func(filter string) bool {
		return host == filter || strings.HasSuffix(host, "."+filter)
	})
}

// Firefox is a browser under a policies.json, as "policy-templates" of Mozilla has it.
func Firefox(artefact []byte) (Device, error) {
	var file struct {
		Policies firefox `json:"policies"`
	}
	if err := strictly(artefact, &file); err != nil {
		return nil, fmt.Errorf("about:policies shows an error: %w", err)
	}
	d := &file.Policies
	for id, s := range d.ExtensionSettings {
		if id != "*" && !firefoxID.MatchString(id) {
			return nil, fmt.Errorf("%q is no add-on", id)
		}
		if s.Mode != "allowed" && s.Mode != "blocked" {
			return nil, fmt.Errorf("%q is no installation_mode", s.Mode)
		}
	}
	for _, pattern := range d.WebsiteFilter.Block {
		if !firefoxPattern.MatchString(pattern) {
			return nil, fmt.Errorf("%q is no match pattern", pattern)
		}
	}
	if len(d.WebsiteFilter.Block) > 1000 {
		return nil, fmt.Errorf("%d sites, of which a browser reads 1,000", len(d.WebsiteFilter.Block))
	}
	return d, nil
}

var (
	firefoxID      = regexp.MustCompile(`(?i)^(\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|[-a-z0-9._]*@[-a-z0-9._]+)$`)
	firefoxPattern = regexp.MustCompile(`^\*://\*\.([^*/:]+)/\*$`)
)

type firefox struct {
	ExtensionSettings map[string]struct {
		Mode string `json:"installation_mode"`
	}
	WebsiteFilter struct{ Block []string }
}

func (d *firefox) Denies(in policy.Installation) bool {
	s, ok := d.ExtensionSettings[in.Identifier]
	if !ok {
		s, ok = d.ExtensionSettings["*"]
	}
	return ok && s.Mode == "blocked"
}

// Blocks: the pattern *.host stands for the host as well.
func (d *firefox) Blocks(host string) bool {
	return slices.ContainsFunc(d.WebsiteFilter.Block, func(pattern string) bool {
		below := firefoxPattern.FindStringSubmatch(pattern)[1]
		return host == below || strings.HasSuffix(host, "."+below)
	})
}

// strictly reads JSON whose members are all known.
func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("there is more after the end")
	}
	return nil
}
