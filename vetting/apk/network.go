package apk

import (
	"fmt"
	"slices"
	"strings"

	"portcullis/vetting/apk/axml"
)

// NetworkSecurity is a network security configuration: to whom an app speaks without encryption, and
// whose certificates it believes. An app with one has the manifest's usesCleartextTraffic ignored
// since Android 7.
type NetworkSecurity struct {
	Base    NetworkRule   `json:"base"`
	Domains []NetworkRule `json:"domains,omitempty"` // each with what it does not set itself filled in
	// Debug tells that the app has further certificates for when it is debuggable.
	Debug    bool     `json:"debug,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

// NetworkRule is what holds for some domains, or for all without a rule of their own.
type NetworkRule struct {
	Domains   []NetworkDomain `json:"domains,omitempty"`
	Cleartext Setting         `json:"cleartext"`
	// TrustsSystem and TrustsUser tell whose certificates are believed: those that Android brings, and
	// those that the person or an administrator has added.
	TrustsSystem bool `json:"trusts_system"`
	TrustsUser   bool `json:"trusts_user"`
	// Own are the names of the app's own certificates, such as raw/my_ca.
	Own       []string `json:"own,omitempty"`
	Pins      []string `json:"pins,omitempty"` // digests of keys, as they are written
	PinsUntil string   `json:"pins_until,omitempty"`
}

// NetworkDomain is a domain, and whether all below it are meant as well.
type NetworkDomain struct {
	Name       string `json:"name"`
	Subdomains bool   `json:"subdomains,omitempty"`
}

// maxRules bounds what a configuration may list.
const (
	maxRules = 5000
	maxPins  = 100 // and certificates, of one rule: rules inside it have them too
)

type networkReader struct {
	resources *axml.Table
	n         NetworkSecurity
	left      int
}

// ReadNetworkSecurity reads a network security configuration of an app that targets the level.
func ReadNetworkSecurity(xml *axml.Document, resources *axml.Table, target int) NetworkSecurity {
	r := &networkReader{resources: resources, left: maxRules}
	r.n.Base = NetworkRule{Cleartext: Setting{On: target < 28}, TrustsSystem: true, TrustsUser: target < 24}
	if xml == nil || xml.Root == nil {
		r.n.Problems = append(r.n.Problems, "there is no configuration")
		return r.n
	}
	r.n.Problems = append(r.n.Problems, xml.Problems...)
	if xml.Root.Name != "network-security-config" {
		r.n.Problems = append(r.n.Problems, fmt.Sprintf("the outermost element is %s instead of network-security-config", xml.Root.Name))
	}
	for _, e := range xml.Root.Named("base-config") {
		r.rule(e, &r.n.Base)
	}
	for _, e := range xml.Root.Named("domain-config") {
		r.domains(e, r.n.Base)
	}
	r.n.Debug = len(xml.Root.Named("debug-overrides")) > 0
	if r.left <= 0 {
		r.n.Problems = append(r.n.Problems, fmt.Sprintf("there are more than %d rules: the rest was not read", maxRules))
	}
	return r.n
}

// domains reads a rule for domains and those inside it, which take over what they do not set.
func (r *networkReader) domains(e *axml.Element, parent NetworkRule) {
	if r.left--; r.left < 0 {
		return
	}
	rule := parent
	rule.Domains, rule.Pins, rule.Own = nil, slices.Clone(parent.Pins), slices.Clone(parent.Own)
	r.rule(e, &rule)
	r.n.Domains = append(r.n.Domains, rule)
	for _, inner := range e.Named("domain-config") {
		r.domains(inner, rule)
	}
}

func (r *networkReader) rule(e *axml.Element, rule *NetworkRule) {
	if v, ok := r.attribute(e, "cleartextTrafficPermitted"); ok {
		on, _ := v.Bool()
		rule.Cleartext = Setting{On: on, Declared: true}
	}
	for _, d := range e.Named("domain") {
		if r.left--; r.left < 0 {
			return
		}
		below, _ := r.attribute(d, "includeSubdomains")
		all, _ := below.Bool()
		name := strings.ToLower(cut(strings.TrimSpace(d.Text)))
		rule.Domains = append(rule.Domains, NetworkDomain{Name: name, Subdomains: all})
	}
	for _, a := range e.Named("trust-anchors") {
		r.anchors(a, rule)
	}
	for _, set := range e.Named("pin-set") {
		rule.Pins = nil
		until, _ := r.attribute(set, "expiration")
		rule.PinsUntil = until.String()
		for _, pin := range set.Named("pin") {
			digest, _ := r.attribute(pin, "digest")
			if r.left--; r.left < 0 || len(rule.Pins) == maxPins {
				break
			}
			rule.Pins = append(rule.Pins, cut(digest.String())+" "+cut(strings.TrimSpace(pin.Text)))
		}
	}
}

// anchors reads whose certificates are believed. Where a rule names any, it names all.
func (r *networkReader) anchors(e *axml.Element, rule *NetworkRule) {
	rule.TrustsSystem, rule.TrustsUser, rule.Own = false, false, nil
	for _, c := range e.Named("certificates") {
		a, _ := c.Attr("src")
		switch {
		case len(rule.Own) == maxPins:
		case a.Value.IsReference():
			name := r.resources.Name(a.Value.Data)
			if name == "" {
				name = a.Value.String()
			}
			rule.Own = append(rule.Own, name)
		case a.Value.String() == "system":
			rule.TrustsSystem = true
		case a.Value.String() == "user":
			rule.TrustsUser = true
		}
	}
}

// attribute is one of the configuration's, which have no namespace.
func (r *networkReader) attribute(e *axml.Element, name string) (axml.Value, bool) {
	a, ok := e.Attr(name)
	if !ok {
		return axml.Value{}, false
	}
	v, _ := r.resources.Resolve(a.Value)
	return v, true
}
