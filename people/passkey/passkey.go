package passkey

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"portcullis/internal/fault"
)

// Config is what passkeys are bound to.
type Config struct {
	// URL is the server's public address, such as https://portcullis.example. Its host is the relying
	// party's id and its scheme, host and port the one origin that is accepted; a path does not matter.
	// Passkeys made for one host work on no other, ever.
	URL string
	// Name is what the browser calls the server as it asks, such as "Portcullis of the Harbour Office".
	Name string
}

// Passkeys runs ceremonies for one address. It is safe for concurrent use.
type Passkeys struct {
	relyingParty *webauthn.WebAuthn
	origin       string
}

// New checks the configuration. What it refuses is a mistake in it, which the error says how to mend.
func New(c Config) (*Passkeys, error) {
	host, origin, err := address(c.URL)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.Name) == "" {
		return nil, fault.In("name", "the server has no name: browsers show one when they ask for a passkey")
	}
	relyingParty, err := webauthn.New(&webauthn.Config{
		RPID:                  host,
		RPDisplayName:         c.Name,
		RPOrigins:             []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: Lifetime},
			Registration: webauthn.TimeoutConfig{Timeout: Lifetime},
		},
		// No extension is asked for and no output of one is read. Some password managers add outputs all
		// the same, and their users should not be locked out for it.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", c.URL, err)
	}
	return &Passkeys{relyingParty: relyingParty, origin: origin}, nil
}

// address takes the public address apart into the id of the relying party and the origin (HTML, "tuple
// origin"), and refuses those for which browsers make no passkeys.
func address(text string) (host, origin string, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return "", "", fault.In("url", "the server's address %q is not a web address: write it as https://portcullis.example", text)
	}
	host = strings.ToLower(u.Hostname())
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	switch _, ip := netip.ParseAddr(host); {
	case ip == nil:
		return "", "", fault.In("url", "the server's address %s is an IP address, for which browsers make no passkeys: "+
			"give the server a name, or use http://localhost for a trial on this machine", text)
	case strings.ContainsFunc(host, func(r rune) bool { return r > 0x7e }):
		return "", "", fault.In("url", "the server's address %s has letters beyond ASCII: write the name in its form that begins with xn--", text)
	case u.Scheme == "http" && !local:
		return "", "", fault.In("url", "the server's address %s is not encrypted, and browsers make passkeys over https alone: "+
			"use https, or http://localhost for a trial on this machine", text)
	case u.Scheme != "https" && u.Scheme != "http":
		return "", "", fault.In("url", "the server's address %s begins with neither https:// nor http://localhost", text)
	case protocol.ValidateRPID(host) != nil:
		return "", "", fault.In("url", "the server's address %s has a name for which browsers make no passkeys: "+
			"use a full one, with a dot in it", text)
	}
	origin = u.Scheme + "://" + host
	if u.Port() != "" {
		origin += ":" + u.Port()
	}
	return host, origin, nil
}

// Person is whose passkey it is.
type Person struct {
	// ID is stored in the authenticator and comes back as the user handle: 1 to 64 bytes that never
	// change and tell nothing about the person.
	ID string
	// Name tells two accounts of one person apart, such as a mail address; DisplayName is how people
	// call them. Both are shown when a passkey is chosen.
	Name, DisplayName string
}

func (p Person) check() error {
	if len(p.ID) < protocol.MinimumUserHandleLength || len(p.ID) > protocol.MaximumUserHandleLength {
		return fmt.Errorf("a person's id of %d bytes: passkeys carry 1 to %d", len(p.ID), protocol.MaximumUserHandleLength)
	}
	return nil
}

// owner is a person as the library asks about one.
type owner struct {
	Person
	credentials []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.ID) }
func (o owner) WebAuthnName() string                       { return o.Name }
func (o owner) WebAuthnDisplayName() string                { return o.DisplayName }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.credentials }

// signatures are the algorithms that authenticators may sign with: those that WebAuthn Level 3
// recommends to offer, the most widespread first.
var signatures = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}
