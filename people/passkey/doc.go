// Package passkey speaks WebAuthn Level 3 (W3C) with browsers: it adds passkeys, signs people in with
// them, and has a signed-in person confirm something weighty in a way that can be verified later.
//
// A ceremony has two halves. Begin makes the options, which the page hands to the browser, and a state,
// which the caller keeps on the server; Finish takes the state and what the browser answered. The
// package itself keeps nothing: who calls it stores credentials and states.
//
// What holds:
//
//   - Every passkey is discoverable and every ceremony verifies the user (PIN, finger, face), so that a
//     passkey alone is two factors and nobody types a name.
//   - A state is good for one ceremony of one kind, for five minutes. The caller deletes it when it is
//     taken, whatever Finish says: that is what keeps an answer from being used twice.
//   - States must not be changeable by browsers: they name the challenge and the person.
//   - A counter that goes backwards, the mark of a copied passkey, refuses the sign-in (ErrCopied).
//   - No attestation is asked for: which make of authenticator people use is not ours to collect.
//   - Refusals are faults (internal/fault) in words for the person in front of the browser. Where the
//     reason is one for operators it follows in brackets in the error's own text, not in the message.
package passkey
