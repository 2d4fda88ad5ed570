package platformtest

import (
	"encoding/json"
	"fmt"
	"slices"

	"portcullis/policy"
)

// Device does with an artefact what a device that holds it does, as its platform's documentation has
// it: it is written from that, and not from the writer.
type Device interface {
	// Denies tells whether the device keeps an app from being there or from running.
	Denies(in policy.Installation) bool
}

// Holding makes the device that holds an artefact; an error where a real one would refuse it.
type Holding func(artefact []byte) (Device, error)

// Chromium is a browser under a managed policy: its blocklist, of which * is everything, and its
// allowlist, which wins.
func Chromium(artefact []byte) (Device, error) {
	var d chromium
	if err := json.Unmarshal(artefact, &d); err != nil {
		return nil, fmt.Errorf("a browser ignores what is no JSON: %w", err)
	}
	return &d, nil
}

type chromium struct {
	ExtensionInstallBlocklist, ExtensionInstallAllowlist []string
}

func (d *chromium) Denies(in policy.Installation) bool {
	if slices.Contains(d.ExtensionInstallAllowlist, in.Identifier) {
		return false
	}
	return slices.Contains(d.ExtensionInstallBlocklist, "*") || slices.Contains(d.ExtensionInstallBlocklist, in.Identifier)
}
