package oidc

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"portcullis/internal/fault"
)

// Provider is what an operator says of an OpenID provider.
type Provider struct {
	// ID names it in addresses and in the store: lower-case letters, digits and hyphens, at most 64 bytes.
	ID string
	// Name is on the button, such as "Harbour Office account".
	Name string
	// Issuer is exactly as the provider spells it; its document is at Issuer + /.well-known/openid-configuration.
	Issuer string
	// ClientID and ClientSecret are what the provider gave to this server. A provider that knows it as a
	// public client gives no secret.
	ClientID, ClientSecret string
	// Scopes are what is asked for; nothing stands for openid, email and profile.
	Scopes []string
}

var providerID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// Validate finds everything that cannot work, as faults about the fields.
func (p Provider) Validate() error {
	var faults []error
	if !providerID.MatchString(p.ID) {
		faults = append(faults, fault.In("id", "the provider's id %q: use lower-case letters, digits and hyphens, at most 64", p.ID))
	}
	if strings.TrimSpace(p.Name) == "" {
		faults = append(faults, fault.In("name", "the provider has no name: people see it on a button"))
	}
	if p.ClientID == "" {
		faults = append(faults, fault.In("client_id", "the provider has no client id: it gives one to each server that is registered with it"))
	}
	u, err := secureURL(p.Issuer, true)
	switch {
	case err != nil:
		faults = append(faults, fault.In("issuer", "the issuer %q: %s", p.Issuer, err))
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(p.Issuer, "#"):
		faults = append(faults, fault.In("issuer", "the issuer %q: an issuer has no query and no fragment", p.Issuer))
	}
	if len(p.Scopes) > 0 && !slices.Contains(p.Scopes, oidc.ScopeOpenID) {
		faults = append(faults, fault.In("scopes", "the scopes do not have openid, without which a provider says nothing of who signs in"))
	}
	return errors.Join(faults...)
}

func (p Provider) scopes() []string {
	if len(p.Scopes) == 0 {
		return []string{oidc.ScopeOpenID, oidc.ScopeEmail, oidc.ScopeProfile}
	}
	return p.Scopes
}

// secureURL reads an absolute address over https; or over http where local says so, for this machine.
func secureURL(text string, local bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil:
		return nil, errors.New("this is no web address of the form https://login.example")
	case u.Scheme == "https", u.Scheme == "http" && local && loopback(u.Hostname()):
		return u, nil
	default:
		return nil, errors.New("use an address that begins with https://")
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost"
}
