package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// authenticator is a passkey in software and the browser before it, as far as a whole sign-in needs them:
// ES256, no attestation (WebAuthn Level 3).
type authenticator struct {
	key     *ecdsa.PrivateKey
	id      []byte
	user    []byte // the handle of whom the passkey is for
	origin  string // scheme, host and port, as the browser has them
	counter uint32
}

func newAuthenticator(t *testing.T, origin string) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &authenticator{key: key, id: []byte(rand.Text()), origin: origin}
}

// ceremony is what the pages' script is given.
type ceremony struct {
	Ceremony string `json:"ceremony"`
	Options  struct {
		PublicKey struct {
			Challenge string `json:"challenge"`
			User      struct {
				ID string `json:"id"`
			} `json:"user"`
		} `json:"publicKey"`
	} `json:"options"`
}

// client is the client data of a ceremony.
func (a *authenticator) client(t *testing.T, kind, challenge string) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// data is authenticator data for the relying party localhost: present and verified.
func (a *authenticator) data(flags byte) []byte {
	party := sha256.Sum256([]byte("localhost"))
	return binary.BigEndian.AppendUint32(append(party[:], flags|0x05), a.counter)
}

func (a *authenticator) credential(t *testing.T, response map[string]any) string {
	t.Helper()
	for name, value := range response {
		if raw, is := value.([]byte); is {
			response[name] = base64.RawURLEncoding.EncodeToString(raw)
		}
	}
	id := base64.RawURLEncoding.EncodeToString(a.id)
	text, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// create answers navigator.credentials.create.
func (a *authenticator) create(t *testing.T, c ceremony) string {
	t.Helper()
	var err error
	if a.user, err = base64.RawURLEncoding.DecodeString(c.Options.PublicKey.User.ID); err != nil {
		t.Fatal(err)
	}
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	key, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}) // COSE_Key
	if err != nil {
		t.Fatal(err)
	}
	made := append(a.data(0x40), make([]byte, 16)...)
	made = slices.Concat(binary.BigEndian.AppendUint16(made, uint16(len(a.id))), a.id, key)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": made})
	if err != nil {
		t.Fatal(err)
	}
	return a.credential(t, map[string]any{"clientDataJSON": a.client(t, "webauthn.create", c.Options.PublicKey.Challenge), "attestationObject": object})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(t *testing.T, c ceremony) string {
	t.Helper()
	a.counter++
	data, client := a.data(0), a.client(t, "webauthn.get", c.Options.PublicKey.Challenge)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return a.credential(t, map[string]any{"clientDataJSON": client, "authenticatorData": data, "signature": signature, "userHandle": a.user})
}
