package platformtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"howett.net/plist"

	"portcullis/policy"
)

// AppleProfile is a supervised iPhone with a restrictions profile, as Apple's Profile-Specific Payload Keys
// (TopLevel, Restrictions) have it: every key that is there must be one of theirs.
func AppleProfile(artefact []byte) (Device, error) {
	var top map[string]any
	if _, err := plist.Unmarshal(artefact, &top); err != nil {
		return nil, fmt.Errorf("no property list: %w", err)
	}
	payloads, ok := top["PayloadContent"].([]any)
	if !ok || len(payloads) != 1 {
		return nil, fmt.Errorf("the payloads are %v", top["PayloadContent"])
	}
	payload, ok := payloads[0].(map[string]any)
	if !ok {
		return nil, errors.New("the payload is no dictionary")
	}
	delete(top, "PayloadContent")
	err := errors.Join(
		payloadKeys(top, "Configuration", "PayloadDescription", "PayloadDisplayName", "PayloadOrganization", "PayloadRemovalDisallowed"),
		payloadKeys(payload, "com.apple.applicationaccess", "allowListedAppBundleIDs", "blockedAppBundleIDs"))
	if top["PayloadUUID"] == payload["PayloadUUID"] {
		err = errors.Join(err, errors.New("the profile and its payload have the same UUID"))
	}
	if err != nil {
		return nil, err
	}
	var d apple
	if d.allowed, err = words(payload, "allowListedAppBundleIDs"); err != nil {
		return nil, err
	}
	d.denied, err = words(payload, "blockedAppBundleIDs")
	return d, err
}

var uuids = regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`)

// payloadKeys checks the keys that each payload has, and that it has no others but optional ones.
func payloadKeys(p map[string]any, kind string, optional ...string) error {
	for _, key := range slices.Sorted(maps.Keys(p)) {
		if !strings.HasPrefix(key, "Payload") && !slices.Contains(optional, key) {
			return fmt.Errorf("there is no key %s in %s", key, kind)
		}
	}
	id, _ := p["PayloadIdentifier"].(string)
	if uuid, _ := p["PayloadUUID"].(string); !uuids.MatchString(uuid) || id == "" || p["PayloadType"] != kind || p["PayloadVersion"] != uint64(1) {
		return fmt.Errorf("it is not a payload of type %s: %v", kind, p)
	}
	return nil
}

// words are the strings of a list; nil where there is none.
func words(p map[string]any, key string) ([]string, error) {
	value, ok := p[key]
	if !ok {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok || len(list) == 0 && strings.HasPrefix(key, "allow") {
		return nil, fmt.Errorf("%s is no list, or one that a device may take for none", key)
	}
	all := []string{}
	for _, v := range list {
		s, ok := v.(string)
		if !ok || s == "" {
			return nil, fmt.Errorf("%s has %v", key, v)
		}
		all = append(all, s)
	}
	return all, nil
}

// apple is an iPhone: what is denied stays out, and where there is a list of what is allowed, all else does.
type apple struct{ allowed, denied []string }

func (d apple) Denies(in policy.Installation) bool {
	return slices.Contains(d.denied, in.Identifier) || d.allowed != nil && !slices.Contains(d.allowed, in.Identifier)
}

// appSettings is the configuration com.apple.configuration.app.settings, as Apple's schema has it.
type appSettings struct {
	Allowed struct {
		AllowedApps, DeniedApps         []string
		AllowedBinaries, DeniedBinaries []binary
		AlwaysAllowManagedApps          *bool
	}
}

// binary is one BinaryIdentifier of the schema, or what codesign says of a program.
type binary struct{ CDHash, SigningID, TeamID, PathPrefix, SigningState string }

// AppleDeclaration is a supervised iPhone or Mac with version 27 that was given the two declarations.
func AppleDeclaration(artefact []byte) (Device, error) {
	var all []struct {
		Type, Identifier, ServerToken string
		Payload                       json.RawMessage
	}
	if err := strictly(artefact, &all); err != nil {
		return nil, err
	}
	if len(all) != 2 || all[0].Type != "com.apple.configuration.app.settings" || all[1].Type != "com.apple.activation.simple" {
		return nil, fmt.Errorf("these are not a configuration and its activation: %+v", all)
	}
	for _, d := range all {
		if d.Identifier == "" || d.ServerToken == "" {
			return nil, fmt.Errorf("%s has no identifier or no token", d.Type)
		}
	}
	var activation struct{ StandardConfigurations []string }
	if err := strictly(all[1].Payload, &activation); err != nil {
		return nil, err
	}
	if !slices.Equal(activation.StandardConfigurations, []string{all[0].Identifier}) || all[0].Identifier == all[1].Identifier {
		return nil, fmt.Errorf("what is activated is %q, and not %s", activation.StandardConfigurations, all[0].Identifier)
	}
	var s appSettings
	if err := strictly(all[0].Payload, &s); err != nil {
		return nil, err
	}
	if s.Allowed.DeniedBinaries == nil && s.Allowed.AllowedBinaries == nil {
		return apple{s.Allowed.AllowedApps, s.Allowed.DeniedApps}, s.phone()
	}
	return &mac{s}, s.mac()
}

func (s *appSettings) phone() error {
	a := s.Allowed
	if a.AlwaysAllowManagedApps != nil {
		return errors.New("an iPhone does not know AlwaysAllowManagedApps")
	}
	if a.AllowedApps != nil && len(a.AllowedApps) == 0 {
		return errors.New("what is allowed is an empty list, which a device may take for none")
	}
	return nil
}

func (s *appSettings) mac() error {
	a := s.Allowed
	if a.AllowedApps != nil || a.DeniedApps != nil {
		return errors.New("a Mac does not know apps, but binaries")
	}
	if a.AllowedBinaries != nil && len(a.AllowedBinaries) == 0 {
		return errors.New("what is allowed is an empty list, which a device may take for none")
	}
	for _, b := range a.AllowedBinaries {
		if b.CDHash == "" && b.TeamID == "" {
			return fmt.Errorf("to allow, a hash or a team is needed: %+v", b)
		}
	}
	for _, b := range a.DeniedBinaries {
		if b.CDHash == "" && b.TeamID == "" && b.SigningID == "" {
			return fmt.Errorf("to deny, a hash, a team or a signing id is needed: %+v", b)
		}
	}
	return nil
}

type mac struct{ appSettings }

func (d *mac) Denies(in policy.Installation) bool {
	b := codesign(in.Identifier)
	if slices.ContainsFunc(d.Allowed.DeniedBinaries, b.matches) {
		return true
	}
	return d.Allowed.AllowedBinaries != nil && !slices.ContainsFunc(d.Allowed.AllowedBinaries, b.matches)
}

// codesign is what codesign says of a program that has an identifier.
func codesign(identifier string) binary {
	if hash, ok := strings.CutPrefix(identifier, "cdhash:"); ok {
		return binary{CDHash: hash}
	}
	team, id, _ := strings.Cut(identifier, ":")
	if team == "platform" {
		team = ""
	}
	return binary{TeamID: team, SigningID: id}
}

// matches tells whether the program has everything that a rule asks for.
func (b binary) matches(rule binary) bool {
	if rule.TeamID == "*APPLE*" {
		if b.TeamID != "" {
			return false
		}
		rule.TeamID = ""
	}
	has := func(got, want string) bool { return want == "" || got == want }
	return has(b.CDHash, rule.CDHash) && has(b.SigningID, rule.SigningID) && has(b.TeamID, rule.TeamID) && rule.PathPrefix == "" && has("All", rule.SigningState)
}
