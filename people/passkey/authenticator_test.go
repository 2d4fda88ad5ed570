package passkey_test

import (
	"bytes"
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

// Flags of authenticator data (WebAuthn Level 3 §6.1).
const (
	userPresent    = 0x01
	userVerified   = 0x04
	backupEligible = 0x08
	backedUp       = 0x10
	attested       = 0x40
)

// authenticator is one in software, and the browser before it: ES256, attestation none. A test changes
// its fields to have it misbehave.
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte // of the person whom its passkey was made for
	counter uint32
	flags   byte
	origin  string
	// rpID overrides the relying party that it signs for; challenge the challenge.
	rpID      string
	challenge []byte
	kind      string // overrides the type of client data
	crossSite bool
}

func newAuthenticator(t *testing.T) *authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	rand.Read(id)
	return &authenticator{t: t, key: key, id: id, flags: userPresent | userVerified, origin: "https://portcullis.example"}
}

// bytesText are bytes in base64url, as WebAuthn's JSON forms have them.
type bytesText []byte

func (b bytesText) MarshalText() ([]byte, error) {
	return []byte(base64.RawURLEncoding.EncodeToString(b)), nil
}

func (b *bytesText) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.DecodeString(string(text))
	return err
}

type descriptor struct {
	ID   bytesText `json:"id"`
	Type string    `json:"type"`
}

// options are those of both kinds, as far as they matter to an authenticator.
type options struct {
	PublicKey struct {
		Challenge        bytesText `json:"challenge"`
		RPID             string    `json:"rpId"`
		UserVerification string    `json:"userVerification"`
		RP               struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"rp"`
		User struct {
			ID          bytesText `json:"id"`
			Name        string    `json:"name"`
			DisplayName string    `json:"displayName"`
		} `json:"user"`
		Exclude     []descriptor `json:"excludeCredentials"`
		Allow       []descriptor `json:"allowCredentials"`
		Attestation string       `json:"attestation"`
		Selection   struct {
			ResidentKey        string `json:"residentKey"`
			RequireResidentKey bool   `json:"requireResidentKey"`
			UserVerification   string `json:"userVerification"`
		} `json:"authenticatorSelection"`
		Timeout int `json:"timeout"`
	} `json:"publicKey"`
}

func read(t *testing.T, text []byte) (o options) {
	t.Helper()
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatalf("the options are no JSON: %v\n%s", err, text)
	}
	return o
}

type answer struct {
	ID       bytesText     `json:"id"`
	RawID    bytesText     `json:"rawId"`
	Type     string        `json:"type"`
	Outputs  struct{}      `json:"clientExtensionResults"`
	Response answerPayload `json:"response"`
}

type answerPayload struct {
	ClientData        bytesText `json:"clientDataJSON"`
	AttestationObject bytesText `json:"attestationObject,omitempty"`
	Transports        []string  `json:"transports,omitempty"`
	AuthenticatorData bytesText `json:"authenticatorData,omitempty"`
	Signature         bytesText `json:"signature,omitempty"`
	UserHandle        bytesText `json:"userHandle,omitempty"`
}

// create answers navigator.credentials.create.
func (a *authenticator) create(text []byte) []byte {
	o := read(a.t, text)
	if slices.ContainsFunc(o.PublicKey.Exclude, func(d descriptor) bool { return bytes.Equal(d.ID, a.id) }) {
		a.t.Fatal("asked to make a credential beside one that is excluded")
	}
	a.handle = o.PublicKey.User.ID
	object, err := webauthncbor.Marshal(map[string]any{
		"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(o.PublicKey.RP.ID, true),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(answerPayload{
		ClientData:        a.clientData("webauthn.create", o),
		AttestationObject: object,
		Transports:        []string{"internal", "hybrid", "carrier-pigeon"},
	})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(text []byte) []byte {
	o := read(a.t, text)
	a.counter++
	data, client := a.data(o.PublicKey.RPID, false), a.clientData("webauthn.get", o)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(answerPayload{ClientData: client, AuthenticatorData: data, Signature: signature, UserHandle: a.handle})
}

func (a *authenticator) write(p answerPayload) []byte {
	text, err := json.Marshal(answer{ID: a.id, RawID: a.id, Type: "public-key", Response: p})
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

func (a *authenticator) clientData(kind string, o options) []byte {
	challenge := []byte(o.PublicKey.Challenge)
	if a.challenge != nil {
		challenge = a.challenge
	}
	if a.kind != "" {
		kind = a.kind
	}
	text, err := json.Marshal(struct {
		Type        string    `json:"type"`
		Challenge   bytesText `json:"challenge"`
		Origin      string    `json:"origin"`
		CrossOrigin bool      `json:"crossOrigin"`
	}{kind, challenge, a.origin, a.crossSite})
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

// data is authenticator data, with the credential where one is made.
func (a *authenticator) data(rpID string, made bool) []byte {
	if a.rpID != "" {
		rpID = a.rpID
	}
	hash := sha256.Sum256([]byte(rpID))
	flags := a.flags
	if made {
		flags |= attested
	}
	data := binary.BigEndian.AppendUint32(append(hash[:], flags), a.counter)
	if !made {
		return data
	}
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	// COSE_Key: kty EC2, alg ES256, crv P-256, x and y.
	key, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	data = append(data, bytes.Repeat([]byte{0xaa}, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	return slices.Concat(data, a.id, key)
}
