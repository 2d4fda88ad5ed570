// Package oidc signs people in with the OpenID provider that their organisation already has: OpenID
// Connect Core 1.0, the authorization code flow with PKCE (RFC 7636), and issuers in responses
// (RFC 9207).
//
// Begin makes the address to send the browser to, and a state, which the caller keeps on the server for
// this browser; Finish takes the state and the query that the provider sent the browser back with. The
// package keeps nothing but what the provider publishes of itself.
//
// What holds:
//
//   - An identity is the pair of issuer and subject. The mail address and the name are what the provider
//     says of it; they may change hands, so nobody is signed in by them.
//   - Finish fetches the ID token itself, from the provider, with the code, and takes it only with the
//     provider's signature, this client's id, the nonce of the state, and times within a minute.
//   - The caller deletes a state when it is taken, whatever Finish says. States must not be changeable
//     by browsers: they hold the nonce and the PKCE verifier.
//   - A provider that cannot be reached stops nobody but those who sign in with it, and only while that
//     lasts: it is looked up as it is needed, each request ends after ten seconds and reads a mebibyte.
//   - Everything is over https, and no redirect is followed, so that the client's secret goes where the
//     provider's own document says; http is taken on this machine alone, for trials.
//
// Refusals are faults (internal/fault) in words for the person in front of the browser; what operators
// need to know follows in brackets in the error's own text, not in the message.
package oidc
