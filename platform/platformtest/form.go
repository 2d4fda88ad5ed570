package platformtest

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"portcullis/platform"
)

// malformed lists what no reader may report or tell, whatever the input.
func malformed(o outcome, data []byte) (faults []string) {
	lines := bytes.Count(data, []byte("\n")) + 1
	for _, r := range o.Reports {
		for _, fault := range reportFaults(r, lines) {
			faults = append(faults, fmt.Sprintf("the report of device %q: %s", r.Device, fault))
		}
	}
	for _, p := range o.Problems {
		if p.Reason == "" {
			faults = append(faults, fmt.Sprintf("the problem at line %d has no reason", p.Line))
		}
		if p.Line < 0 || p.Line > lines {
			faults = append(faults, fmt.Sprintf("the problem %q is at line %d of %d", p.Reason, p.Line, lines))
		}
	}
	return faults
}

// reportFaults lists what is wrong with a report of an input of so many lines.
func reportFaults(r platform.Report, lines int) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if r.NoInventory && len(r.Apps) > 0 {
		fault("it says that it has no inventory, and has %d apps", len(r.Apps))
	}
	if r.Line < 0 || r.Line > lines {
		fault("it is at line %d of %d", r.Line, lines)
	}
	if !clean(r.Device) || !clean(r.Name) {
		fault("its device or name %q is not trimmed UTF-8", r.Name)
	}
	type key struct{ identifier, platform string }
	seen := map[key]bool{}
	for _, a := range r.Apps {
		k := key{a.Identifier, a.Platform.String()}
		if a.Identifier != "" && seen[k] {
			fault("app %q is in it twice", a.Identifier)
		}
		seen[k] = true
		faults = append(faults, appFaults(a, lines)...)
	}
	return faults
}

func appFaults(a platform.App, lines int) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if a.Identifier == "" && a.Name == "" {
		fault("the app at line %d has neither identifier nor name", a.Line)
	}
	if a.Line < 0 || a.Line > lines {
		fault("app %q is at line %d of %d", a.Identifier, a.Line, lines)
	}
	if strings.Trim(a.Signer, "0123456789abcdef") != "" {
		fault("app %q has signer %q, which is not lower-case hex", a.Identifier, a.Signer)
	}
	for _, s := range []string{a.Identifier, a.Name, a.Publisher, a.Version} {
		if !clean(s) {
			fault("the app at line %d has %q, which is not trimmed UTF-8", a.Line, s)
		}
	}
	return faults
}

// clean tells whether s is fit to be matched and shown: UTF-8 without NUL bytes or space around it.
func clean(s string) bool {
	return utf8.ValidString(s) && !strings.Contains(s, "\x00") && strings.TrimSpace(s) == s
}
