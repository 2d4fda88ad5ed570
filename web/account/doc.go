// Package account is the pages on which people sign in, by passkey or through their provider, and
// find what is their own: passkeys, sessions, messages. It holds no rule: the room people decides.
//
// A passkey needs script, because browsers have no other way to it; static/passkey.js is all of it.
// Everything else here works without.
package account
