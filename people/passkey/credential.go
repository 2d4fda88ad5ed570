package passkey

import (
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Credential is a passkey as the server keeps it: the credential record of WebAuthn Level 3 §4, as far
// as it is used. Its JSON form is for storage and stays as it is, whatever library reads it. Nothing in
// it is secret.
type Credential struct {
	// ID is what the authenticator calls it: at most 1,023 bytes, unique.
	ID []byte `json:"id"`
	// PublicKey is a COSE_Key (RFC 9052 §7).
	PublicKey []byte `json:"publicKey"`
	// SignCount is the authenticator's counter as it was last used; most of those that synchronise leave
	// it at 0.
	SignCount uint32 `json:"signCount"`
	// AAGUID is the authenticator's model, 16 bytes; all zero where it is not told.
	AAGUID []byte `json:"aaguid,omitempty"`
	// BackupEligible says that it may be copied to the person's other devices, which never changes, and
	// BackedUp that it has been.
	BackupEligible bool `json:"backupEligible"`
	BackedUp       bool `json:"backedUp"`
	// Transports are the ways to reach the authenticator, of those that WebAuthn names: a hint for the
	// browser.
	Transports []string `json:"transports,omitempty"`
}

// transports are AuthenticatorTransport's values (WebAuthn Level 3 §5.8.4).
var transports = []protocol.AuthenticatorTransport{
	protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal,
}

// kept is what is kept of a credential. The bytes are copied, because those given may be parts of a
// whole answer.
func kept(c *webauthn.Credential) Credential {
	k := Credential{
		ID:             slices.Clone(c.ID),
		PublicKey:      slices.Clone(c.PublicKey),
		SignCount:      c.Authenticator.SignCount,
		AAGUID:         slices.Clone(c.Authenticator.AAGUID),
		BackupEligible: c.Flags.BackupEligible,
		BackedUp:       c.Flags.BackupState,
	}
	for _, t := range c.Transport {
		if slices.Contains(transports, t) && !slices.Contains(k.Transports, string(t)) {
			k.Transports = append(k.Transports, string(t))
		}
	}
	return k
}

// record is the credential as the library wants it.
func (c Credential) record() webauthn.Credential {
	r := webauthn.Credential{
		ID:            c.ID,
		PublicKey:     c.PublicKey,
		Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: c.BackupEligible, BackupState: c.BackedUp},
		Authenticator: webauthn.Authenticator{AAGUID: c.AAGUID, SignCount: c.SignCount},
	}
	for _, t := range c.Transports {
		r.Transport = append(r.Transport, protocol.AuthenticatorTransport(t))
	}
	return r
}

func owned(p Person, credentials []Credential) owner {
	o := owner{Person: p}
	for _, c := range credentials {
		o.credentials = append(o.credentials, c.record())
	}
	return o
}

func descriptors(credentials []Credential) (list []protocol.CredentialDescriptor) {
	for _, c := range credentials {
		r := c.record()
		list = append(list, r.Descriptor())
	}
	return list
}
