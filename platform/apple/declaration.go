package apple

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"portcullis/platform"
	"portcullis/policy"
)

// declaration is one of declarative device management; it has these keys and no others.
type declaration struct {
	Type, Identifier string
	// ServerToken changes when the payload does: it is the list's digest.
	ServerToken string
	Payload     payload
}

// payload is of com.apple.configuration.app.settings or com.apple.activation.simple.
type payload struct {
	Allowed                *allowed `json:",omitzero"`
	StandardConfigurations []string `json:",omitzero"`
}

// allowed is which apps or, on a Mac, which binaries may run. What is denied is denied though it is allowed too.
type allowed struct {
	AllowedApps, DeniedApps         *[]string  `json:",omitzero"`
	AllowedBinaries, DeniedBinaries *[]program `json:",omitzero"`
	// AlwaysAllowManagedApps is only for Macs.
	AlwaysAllowManagedApps *bool `json:",omitzero"`
}

// WriteDeclaration writes a list for supervised devices with version 27 of their system as a JSON list of
// two declarations: the configuration, and the activation that puts it into force. They cannot tell
// versions; a Mac tells a signer by the team in the identifier.
//
// A device must hold one such configuration and no second, because it would meet what both allow and
// unite what both deny. So the exemptions of a device are part of its list, and the identifiers follow
// from the organisation and the device: what is written again stands in the place of the last.
func WriteDeclaration(w io.Writer, l *platform.List) ([]platform.Left, error) {
	var settings allowed
	var left []platform.Left
	switch l.Platform {
	case policy.IOS:
		settings, left = appSettings(l)
	case policy.MacOS:
		settings, left = binarySettings(l)
	default:
		return nil, fmt.Errorf("a declaration of app settings is for ios or macos, and not for %s", l.Platform)
	}
	id := "portcullis.apps." + uuid("declaration", l.Platform.String(), l.Organisation, l.Host)
	token := l.Digest()
	data, err := json.Marshal([]declaration{
		{"com.apple.configuration.app.settings", id, token, payload{Allowed: &settings}},
		{"com.apple.activation.simple", id + ".activation", token, payload{StandardConfigurations: []string{id}}},
	}, jsontext.WithIndent("\t"))
	if err != nil {
		return nil, fmt.Errorf("write declarations: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return left, err
}

func appSettings(l *platform.List) (allowed, []platform.Left) {
	apps, left := apps(l)
	if l.Shut() {
		return allowed{AllowedApps: &apps}, left
	}
	return allowed{DeniedApps: &apps}, left
}

// binarySettings names what is denied on shut lists too: a program that its team's signature lets in may
// be denied by its hash. Only a team that is merely not listed is not denied as such, because of what may be
// listed of it; what is listed of one that is banned cannot be let in.
func binarySettings(l *platform.List) (s allowed, left []platform.Left) {
	admitted, denied, managed := []program{}, []program{}, false
	for e := range l.All() {
		p, ok := parseProgram(e.Identifier)
		if !ok {
			left = append(left, l.Misfit(e, "a team's id, TEAMID:signing.id, platform:signing.id or cdhash:hash"))
			continue
		}
		team := l.Find(p.TeamID)
		switch {
		case e.Bans(), l.Denies(e) && p != program{TeamID: p.TeamID}:
			denied = append(denied, p)
		case l.Shut() && !l.Denies(e):
			admitted = append(admitted, p)
		}
		if team != nil && team.Bans() && !l.Denies(e) {
			left = append(left, platform.Left{Identifier: e.Identifier, Product: e.Product, Reason: "its whole team is banned, which wins here: it is kept out"})
		}
		left = append(left, l.Unsaid(e, platform.CannotTell{Versions: true, Signers: true})...)
	}
	s = allowed{DeniedBinaries: &denied, AlwaysAllowManagedApps: &managed}
	if l.Shut() {
		if len(admitted) == 0 {
			admitted = append(admitted, noProgram)
		}
		s.AllowedBinaries = &admitted
	}
	return s, left
}
