package passkey

import (
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"portcullis/internal/fault"
)

// ErrCopied is in the error of a ceremony whose counter is not above the one stored: there may be a
// copy of the passkey (WebAuthn Level 3 §6.1.1). It is a matter for a security officer.
var ErrCopied = errors.New("the passkey's counter went backwards")

// refuse says no in words for the person; the cause, if there is one, is for the log alone.
func refuse(cause error, message string) error {
	refusal := fault.New(fault.Refused, "%s", message)
	if cause == nil {
		return refusal
	}
	return fmt.Errorf("%w (%w)", refusal, cause)
}

func bounded(response []byte) error {
	if len(response) > MaxResponse {
		return fault.New(fault.Invalid, "the browser's answer has %d bytes, where a passkey's has at most %d: start again", len(response), MaxResponse)
	}
	return nil
}

func unreadable(cause error) error {
	return fmt.Errorf("%w (%w)",
		fault.New(fault.Invalid, "the browser's answer cannot be read: reload the page and start again, in another browser if need be"), cause)
}

// foresee finds, ahead of the library, the mistakes that people can do something about.
func (p *Passkeys) foresee(data protocol.CollectedClientData, flags protocol.AuthenticatorFlags) error {
	switch {
	case !protocol.IsOriginInHaystack(data.Origin, []string{p.origin}):
		return refuse(nil, "this answer was made on a page of another address: open "+p.origin+" and start again there")
	case !flags.HasUserVerified():
		return refuse(nil, "the device did not check that it is you: set a PIN, a fingerprint or face recognition on it and start again")
	}
	return nil
}

// accept judges what the library says of an assertion.
func accept(credential *webauthn.Credential, err error) (Credential, error) {
	switch {
	case err != nil:
		return Credential{}, refuse(err, "this passkey was not accepted: start again with a passkey that was added here and not removed since")
	case credential.Authenticator.CloneWarning:
		return Credential{}, refuse(ErrCopied, "this passkey has been used elsewhere in a way that suggests a copy of it: "+
			"use another passkey, and tell your security officer")
	}
	return kept(credential), nil
}
