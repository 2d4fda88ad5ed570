package platformtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portcullis/policy"
)

// Santa is a Mac with Santa's client, as the comments of its sync protocol and its documentation have it:
// the rule of the most specific type decides, and where there is none the mode. The client ignores members
// that it does not know, and rules that it cannot make sense of; here such a rule is an error.
func Santa(artefact []byte) (Device, error) {
	var answer struct {
		Mode  string `json:"client_mode"`
		Rules []struct {
			Identifier, Policy string
			Type               string `json:"rule_type"`
		}
	}
	if err := json.Unmarshal(artefact, &answer); err != nil {
		return nil, fmt.Errorf("no such answer is taken by Santa's client: %w", err)
	}
	if len(answer.Rules) == 0 {
		return nil, errors.New("a clean sync without rules deletes nothing: the Mac keeps those that it had")
	}
	d := &santa{rules: map[string]bool{}}
	switch answer.Mode {
	case "LOCKDOWN":
		d.lockdown = true
	case "MONITOR":
	default:
		return nil, fmt.Errorf("there is no mode %q", answer.Mode)
	}
	for _, r := range answer.Rules {
		if err := santaIdentifier(r.Type, r.Identifier); err != nil {
			return nil, err
		}
		if !slices.Contains([]string{"ALLOWLIST", "BLOCKLIST", "SILENT_BLOCKLIST"}, r.Policy) {
			return nil, fmt.Errorf("on a clean sync there is no policy %q", r.Policy)
		}
		d.rules[r.Type+" "+r.Identifier] = r.Policy != "ALLOWLIST"
	}
	return d, nil
}

func santaIdentifier(is, identifier string) error {
	length, ok := map[string]int{"CDHASH": 40, "BINARY": 64, "SIGNINGID": 0, "CERTIFICATE": 64, "TEAMID": 10}[is]
	team, id, signed := strings.Cut(identifier, ":")
	switch {
	case !ok:
		return fmt.Errorf("there is no type of rule %q", is)
	case length > 0 && len(identifier) != length,
		is == "SIGNINGID" && (!signed || id == "" || team != "platform" && len(team) != 10):
		return fmt.Errorf("%q is no identifier of a rule of type %s", identifier, is)
	}
	return nil
}

type santa struct {
	lockdown bool
	rules    map[string]bool // by type and identifier: does it block?
}

func (d *santa) Denies(in policy.Installation) bool {
	form, value, _ := strings.Cut(in.Identifier, ":")
	var of []string // what is known of the program, the most specific first
	switch form {
	case "cdhash":
		of = []string{"CDHASH " + value}
	case "sha256":
		of = []string{"BINARY " + value}
	case "cert":
		of = []string{"CERTIFICATE " + value}
	default:
		of = []string{"SIGNINGID " + in.Identifier, "TEAMID " + form}
	}
	for _, what := range of {
		if blocks, ok := d.rules[what]; ok {
			return blocks
		}
	}
	return d.lockdown
}
