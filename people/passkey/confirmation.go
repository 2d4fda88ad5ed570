package passkey

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"portcullis/internal/fault"
)

// Evidence is a person's passkey's signature under something: what anybody can verify who has the
// credential, what was confirmed, and the server's address of the time. Its JSON form is for storage.
type Evidence struct {
	// CredentialID is of the credential that signed.
	CredentialID []byte `json:"credentialId"`
	// AuthenticatorData (WebAuthn Level 3 §6.1), ClientData (§5.8.1, JSON) and Signature (§6.3.3) are as
	// the browser sent them.
	AuthenticatorData []byte `json:"authenticatorData"`
	ClientData        []byte `json:"clientData"`
	Signature         []byte `json:"signature"`
}

// digest is what the challenge of a confirmation ends with, after 32 random bytes. No other ceremony's
// challenge is as long, so that no sign-in can be passed off as a confirmation.
func digest(what []byte) []byte {
	sum := sha256.Sum256(what)
	return sum[:]
}

// BeginConfirmation has a signed-in person confirm what, with one of their credentials. what is any
// bytes that say everything about the act, its kind included: the same bytes, exactly, are needed to
// finish and to verify. A browser does not show them: the page that asks must.
func (p *Passkeys) BeginConfirmation(chance io.Reader, now time.Time, person Person, credentials []Credential, what []byte) (options, text []byte, err error) {
	if len(credentials) == 0 {
		return nil, nil, fault.New(fault.Conflict, "this has to be confirmed with a passkey, and you have none yet: add one, then come back")
	}
	if err := person.check(); err != nil {
		return nil, nil, err
	}
	s := state{Ceremony: confirmation, Person: person.ID}
	return s.begin(chance, now, digest(what), func(challenge []byte) (any, error) {
		assertion, _, err := p.relyingParty.BeginLogin(owned(person, credentials), webauthn.WithChallenge(challenge))
		return assertion, err
	})
}

// FinishConfirmation takes the browser's answer, an AuthenticationResponseJSON. what is what is to be
// confirmed as things stand now; where that has become something else, the fault is of kind Changed. The
// credential used is to be stored in place of the person's former one.
func (p *Passkeys) FinishConfirmation(now time.Time, person Person, credentials []Credential, what, text, response []byte) (used Credential, evidence Evidence, err error) {
	s, err := resume(text, confirmation, now)
	if err != nil {
		return Credential{}, Evidence{}, err
	}
	if s.Person != person.ID {
		return Credential{}, Evidence{}, refuse(nil, "somebody else began this: sign in and start again")
	}
	if !confirms(s.Challenge, what) {
		return Credential{}, Evidence{}, fault.New(fault.Changed, "what you are about to confirm has changed since you saw it: look at it again")
	}
	answer, err := p.assertion(response)
	if err != nil {
		return Credential{}, Evidence{}, err
	}
	credential, err := p.relyingParty.ValidateLogin(owned(person, credentials), s.session(), answer)
	if used, err = accept(credential, err); err != nil {
		return Credential{}, Evidence{}, err
	}
	raw := answer.Raw.AssertionResponse
	return used, Evidence{used.ID, raw.AuthenticatorData, raw.ClientDataJSON, raw.Signature}, nil
}

// confirms tells whether a challenge is one of a confirmation of what.
func confirms(challenge, what []byte) bool {
	return len(challenge) == challengeSize+sha256.Size && bytes.Equal(challenge[challengeSize:], digest(what))
}

// VerifyEvidence checks, with no server at hand, that the credential confirmed exactly what, on a page
// of this address, with the person verified. Who the credential belonged to and when it was made is for
// the ledger to say. p must have been made for the address of the time.
func (p *Passkeys) VerifyEvidence(credential Credential, what []byte, evidence Evidence) error {
	if !bytes.Equal(credential.ID, evidence.CredentialID) {
		return errors.New("the evidence is of another passkey")
	}
	answer, err := evidence.answer()
	if err != nil {
		return fmt.Errorf("the evidence cannot be read: %w", err)
	}
	said := answer.Response.CollectedClientData.Challenge
	challenge, err := base64.RawURLEncoding.Strict().DecodeString(said)
	if err != nil || !confirms(challenge, what) {
		return errors.New("the evidence is of a confirmation of something else")
	}
	c := p.relyingParty.Config
	err = answer.Verify(said, c.RPID, "", c.RPOrigins, nil, nil, c.RPTopOriginVerificationMode, false, true, true, credential.PublicKey, c.Signature)
	if err != nil {
		return fmt.Errorf("the evidence does not hold: %w", err)
	}
	return nil
}

func (e Evidence) answer() (*protocol.ParsedCredentialAssertionData, error) {
	return protocol.CredentialAssertionResponse{
		PublicKeyCredential: protocol.PublicKeyCredential{
			Credential: protocol.Credential{
				ID:   base64.RawURLEncoding.EncodeToString(e.CredentialID),
				Type: string(protocol.PublicKeyCredentialType),
			},
			RawID: e.CredentialID,
		},
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: e.ClientData},
			AuthenticatorData:     e.AuthenticatorData,
			Signature:             e.Signature,
		},
	}.Parse()
}
