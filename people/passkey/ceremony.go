package passkey

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"portcullis/internal/fault"
)

const (
	// Lifetime is how long a ceremony may take.
	Lifetime = 5 * time.Minute
	// MaxResponse is how many bytes a browser's answer may have.
	MaxResponse = 64 << 10

	challengeSize = 32
)

// ceremony is a kind of ceremony.
type ceremony string

const (
	registration ceremony = "registration"
	signIn       ceremony = "sign-in"
	confirmation ceremony = "confirmation"
)

// state is what the two halves of a ceremony share. Person is empty as somebody signs in.
type state struct {
	Ceremony  ceremony  `json:"ceremony"`
	Challenge []byte    `json:"challenge"`
	Person    string    `json:"person,omitempty"`
	Until     time.Time `json:"until"`
}

// begin draws the challenge of a state and writes both halves of a beginning; suffix follows the random
// part of the challenge.
func (s state) begin(chance io.Reader, now time.Time, suffix []byte, options func(challenge []byte) (any, error)) (opts, text []byte, err error) {
	s.Challenge = make([]byte, challengeSize, challengeSize+len(suffix))
	if _, err := io.ReadFull(chance, s.Challenge); err != nil {
		return nil, nil, fmt.Errorf("a challenge for a passkey: %w", err)
	}
	s.Challenge = append(s.Challenge, suffix...)
	s.Until = now.Add(Lifetime).UTC()
	made, err := options(s.Challenge)
	if err != nil {
		return nil, nil, fmt.Errorf("options for a passkey's %s: %w", s.Ceremony, err)
	}
	if opts, err = json.Marshal(made); err != nil {
		return nil, nil, fmt.Errorf("options for a passkey's %s: %w", s.Ceremony, err)
	}
	if text, err = json.Marshal(s); err != nil {
		return nil, nil, fmt.Errorf("the state of a passkey's %s: %w", s.Ceremony, err)
	}
	return opts, text, nil
}

// resume reads a state for its second half.
func resume(text []byte, want ceremony, now time.Time) (state, error) {
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return state{}, fmt.Errorf("the state of a passkey's %s: %w", want, err)
	}
	switch {
	case s.Ceremony != want || len(s.Challenge) < challengeSize:
		return state{}, fault.New(fault.Invalid, "this answer belongs to something else that was begun: go back and start again")
	case !now.Before(s.Until):
		return state{}, fault.New(fault.Invalid, "this took longer than five minutes, so it was called off: start again")
	}
	return s, nil
}

// session is the state as the library wants it. It judges no time: resume has.
func (s state) session() webauthn.SessionData {
	return webauthn.SessionData{
		Challenge:        base64.RawURLEncoding.EncodeToString(s.Challenge),
		UserID:           []byte(s.Person),
		UserVerification: protocol.VerificationRequired,
		CredParams:       signatures,
	}
}

// BeginRegistration begins to add a passkey for a person. The options are JSON for
// navigator.credentials.create: their member publicKey is what
// PublicKeyCredential.parseCreationOptionsFromJSON takes. An authenticator that holds one of the
// existing credentials will not make another. chance is a source of secret randomness.
func (p *Passkeys) BeginRegistration(chance io.Reader, now time.Time, person Person, existing []Credential) (options, text []byte, err error) {
	if err := person.check(); err != nil {
		return nil, nil, err
	}
	s := state{Ceremony: registration, Person: person.ID}
	return s.begin(chance, now, nil, func(challenge []byte) (any, error) {
		creation, _, err := p.relyingParty.BeginRegistration(owned(person, existing),
			webauthn.WithExclusions(descriptors(existing)),
			webauthn.WithCredentialParameters(signatures),
			func(o *protocol.PublicKeyCredentialCreationOptions) error { o.Challenge = challenge; return nil })
		return creation, err
	})
}

// FinishRegistration takes the browser's answer, a RegistrationResponseJSON, and returns the credential
// to store. That no other person has a credential of this ID is for the caller's table to hold.
func (p *Passkeys) FinishRegistration(now time.Time, person Person, text, response []byte) (Credential, error) {
	s, err := resume(text, registration, now)
	if err != nil {
		return Credential{}, err
	}
	if s.Person != person.ID {
		return Credential{}, refuse(nil, "this passkey was begun for somebody else: sign in and start again")
	}
	if err := bounded(response); err != nil {
		return Credential{}, err
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Credential{}, unreadable(err)
	}
	made := answer.Response
	if err := p.foresee(made.CollectedClientData, made.AttestationObject.AuthData.Flags); err != nil {
		return Credential{}, err
	}
	credential, err := p.relyingParty.CreateCredential(owned(person, nil), s.session(), answer)
	if err != nil {
		return Credential{}, refuse(err, "this passkey could not be added: start again, and if that does not help, try another device or security key")
	}
	return kept(credential), nil
}

// BeginSignIn begins to sign in whoever is there. The options are JSON for navigator.credentials.get:
// their member publicKey is what PublicKeyCredential.parseRequestOptionsFromJSON takes.
func (p *Passkeys) BeginSignIn(chance io.Reader, now time.Time) (options, text []byte, err error) {
	s := state{Ceremony: signIn}
	return s.begin(chance, now, nil, func(challenge []byte) (any, error) {
		assertion, _, err := p.relyingParty.BeginDiscoverableLogin(webauthn.WithChallenge(challenge))
		return assertion, err
	})
}

// Find returns the person with an id, and their passkeys; an error of it goes to the caller of
// FinishSignIn as it is. The id comes from an authenticator: it may be any bytes, and must not be
// believed until FinishSignIn has returned.
type Find func(userHandle, credentialID []byte) (Person, []Credential, error)

// FinishSignIn takes the browser's answer, an AuthenticationResponseJSON, and returns the id of who has
// signed in and the credential they used, to be stored in place of the one that find returned.
func (p *Passkeys) FinishSignIn(now time.Time, text, response []byte, find Find) (personID string, used Credential, err error) {
	s, err := resume(text, signIn, now)
	if err != nil {
		return "", Credential{}, err
	}
	answer, err := p.assertion(response)
	if err != nil {
		return "", Credential{}, err
	}
	if len(answer.Response.UserHandle) == 0 {
		return "", Credential{}, refuse(nil, "this security key does not say whose it is: use a passkey that was added here")
	}
	person, credentials, err := find(answer.Response.UserHandle, answer.RawID)
	if err != nil {
		return "", Credential{}, err
	}
	_, credential, err := p.relyingParty.ValidatePasskeyLogin(
		func([]byte, []byte) (webauthn.User, error) { return owned(person, credentials), nil }, s.session(), answer)
	if used, err = accept(credential, err); err != nil {
		return "", Credential{}, err
	}
	return person.ID, used, nil
}

// assertion reads the answer of navigator.credentials.get.
func (p *Passkeys) assertion(response []byte) (*protocol.ParsedCredentialAssertionData, error) {
	if err := bounded(response); err != nil {
		return nil, err
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, unreadable(err)
	}
	return answer, p.foresee(answer.Response.CollectedClientData, answer.Response.AuthenticatorData.Flags)
}
