package santa

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"unicode"

	"portcullis/platform"
	"portcullis/policy"
)

// Rule is a rule of the sync protocol (santa.sync.v1.Rule). Of its fields these are the ones that lists
// need; their numbers in protobuf are 1 to 5, in this order.
type Rule struct {
	Identifier string   `json:"identifier"`
	Policy     Policy   `json:"policy"`
	Type       RuleType `json:"rule_type"`
	// Message stands in place of Santa's own where the rule keeps a program from running. Santa shows it
	// as HTML.
	Message string `json:"custom_msg,omitempty"`
	// URL is where the button beside the message leads; empty leaves that to the device's configuration.
	URL string `json:"custom_url,omitempty"`
}

// Policy is what a rule does (santa.sync.v1.Policy); the numbers are protobuf's. The zero Policy has no form.
type Policy int32

const (
	Allowlist       Policy = 1
	Blocklist       Policy = 3
	SilentBlocklist Policy = 4
	Remove          Policy = 5
)

// RuleType is what an identifier is of (santa.sync.v1.RuleType); the numbers are protobuf's. The zero
// RuleType has no form.
type RuleType int32

const (
	Binary      RuleType = 1
	Certificate RuleType = 2
	TeamID      RuleType = 3
	SigningID   RuleType = 4
	CDHash      RuleType = 5
)

// Mode is what Santa does with what no rule is about (santa.sync.v1.ClientMode); the numbers are
// protobuf's. The zero Mode has no form.
type Mode int32

const (
	Monitor  Mode = 1
	Lockdown Mode = 2
)

var (
	policyWords = [...]string{Allowlist: "ALLOWLIST", Blocklist: "BLOCKLIST", SilentBlocklist: "SILENT_BLOCKLIST", Remove: "REMOVE"}
	typeWords   = [...]string{Binary: "BINARY", Certificate: "CERTIFICATE", TeamID: "TEAMID", SigningID: "SIGNINGID", CDHash: "CDHASH"}
	modeWords   = [...]string{Monitor: "MONITOR", Lockdown: "LOCKDOWN"}
)

// MarshalText is the name that protobuf's JSON has.
func (p Policy) MarshalText() ([]byte, error) { return word(policyWords[:], int32(p)) }

// MarshalText is the name that protobuf's JSON has.
func (t RuleType) MarshalText() ([]byte, error) { return word(typeWords[:], int32(t)) }

// MarshalText is the name that protobuf's JSON has.
func (m Mode) MarshalText() ([]byte, error) { return word(modeWords[:], int32(m)) }

func word(words []string, n int32) ([]byte, error) {
	if n < 0 || int(n) >= len(words) || words[n] == "" {
		return nil, fmt.Errorf("santa's protocol has no name for number %d here", n)
	}
	return []byte(words[n]), nil
}

// ModeOf is the mode that a list needs: in lockdown what no rule is about does not run.
func ModeOf(l *platform.List) Mode {
	if l.Shut() {
		return Lockdown
	}
	return Monitor
}

// Rules are a list's rules, ascending by type and identifier, and what of it Santa cannot carry. What is
// listed has its rule in an open list too, so that nothing stops when the list is closed; in both it wins
// over a rule for its maker, because in Santa the narrower rule does.
func Rules(l *platform.List) (rules []Rule, left []platform.Left) {
	rules = make([]Rule, 0, len(l.Shared))
	for e := range l.All() {
		r, err := RuleOf(l, e)
		if err != nil {
			left = append(left, l.Omit(e, err.Error()))
			continue
		}
		if r.Policy != 0 {
			rules = append(rules, r)
		}
		left = append(left, l.Unsaid(e, platform.CannotTell{Versions: true, Signers: true})...)
	}
	slices.SortFunc(rules, Compare)
	return rules, left
}

// RuleOf is the rule of one entry of a list; one without a policy where there is none. The error is that of Identify.
func RuleOf(l *platform.List, e *platform.Entry) (Rule, error) {
	target, err := Identify(e.Identifier)
	r := Rule{Identifier: target.Identifier, Type: target.Type}
	switch {
	case err != nil:
	case l.Denies(e):
		r.Policy, r.Message = Blocklist, message(e)
	case e.Listed || l.Shut():
		r.Policy = Allowlist
	}
	return r, err
}

// Compare orders rules by what they are about.
func Compare(a, b Rule) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Identifier, b.Identifier))
}

// message tells the person in front of the device why a program does not start.
func message(e *platform.Entry) string {
	name := strings.Join(strings.FieldsFunc(e.Name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if name = html.EscapeString(name); name == "" {
		name = "This program"
	}
	if e.Bans() {
		return name + " is banned on this device."
	}
	return name + " is not on your organisation's list of what may run on this device."
}

// Difference is what a device that has the rules of before needs in order to have those of after: both
// are ascending, as Rules returns them, and so is the difference.
func Difference(before, after []Rule) (difference []Rule) {
	for len(before) > 0 || len(after) > 0 {
		var order int
		switch {
		case len(before) == 0:
			order = 1
		case len(after) == 0:
			order = -1
		default:
			order = Compare(before[0], after[0])
		}
		switch {
		case order < 0:
			difference = append(difference, Rule{Identifier: before[0].Identifier, Type: before[0].Type, Policy: Remove})
		case order > 0 || before[0] != after[0]:
			difference = append(difference, after[0])
		}
		if order <= 0 {
			before = before[1:]
		}
		if order >= 0 {
			after = after[1:]
		}
	}
	return difference
}

// Apply makes of the rules of before those that a device has which then gets a difference; both are ascending, and so
// are they.
func Apply(before, difference []Rule) []Rule {
	if len(difference) == 0 {
		return before
	}
	after := make([]Rule, 0, len(before)+len(difference))
	for _, d := range difference {
		for len(before) > 0 && Compare(before[0], d) < 0 {
			after, before = append(after, before[0]), before[1:]
		}
		if len(before) > 0 && Compare(before[0], d) == 0 {
			before = before[1:]
		}
		if d.Policy != Remove {
			after = append(after, d)
		}
	}
	return append(after, before...)
}

// Find returns the rule about the same as another; false where there is none. The rules are ascending.
func Find(rules []Rule, as Rule) (Rule, bool) {
	at, found := slices.BinarySearchFunc(rules, as, Compare)
	if !found {
		return Rule{}, false
	}
	return rules[at], true
}

// Write writes a list for Macs with Santa as one JSON object, {"client_mode": …, "rules": […]}, with a rule a
// line. These are members of two of the protocol's answers, to the preflight and to the rule download, and
// what `santactl rule --import` reads, which passes over the mode. Santa tells neither versions nor, beside
// another identifier, certificates: what is banned in some version is denied in all.
func Write(w io.Writer, l *platform.List) ([]platform.Left, error) {
	if l.Platform != policy.MacOS {
		return nil, fmt.Errorf("rules for Santa are for programs of macos, and not of %s", l.Platform)
	}
	rules, left := Rules(l)
	if len(rules) == 0 { // which would delete nothing of what a Mac had before
		rules = []Rule{Nothing}
	}
	mode, err := ModeOf(l).MarshalText()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"client_mode\":%q,\"rules\":[\n", mode)
	enc := json.NewEncoder(&b) // which ends each line
	enc.SetEscapeHTML(false)
	for i := range rules {
		if i > 0 {
			b.Truncate(b.Len() - 1)
			b.WriteString(",\n")
		}
		if err := enc.Encode(&rules[i]); err != nil {
			return nil, err
		}
	}
	b.WriteString("]}\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return nil, err
	}
	return left, nil
}
