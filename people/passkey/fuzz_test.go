package passkey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people/passkey"
)

// evidenceOf takes an answer apart as a forger would.
func evidenceOf(t *testing.T, text []byte) passkey.Evidence {
	t.Helper()
	var a answer
	must(t, json.Unmarshal(text, &a))
	return passkey.Evidence{CredentialID: a.ID, AuthenticatorData: a.Response.AuthenticatorData, ClientData: a.Response.ClientData, Signature: a.Response.Signature}
}

// fixed gives an authenticator a key and an id that are the same in all processes of a fuzz run.
func fixed(a *authenticator) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		a.t.Fatal(err)
	}
	a.key, a.id = key, []byte("the fixed passkey")
}

// FuzzResponses: no answer but the authenticator's own is taken, and every refusal is a fault.
func FuzzResponses(f *testing.F) {
	p, err := passkey.New(passkey.Config{URL: "https://portcullis.example", Name: "Portcullis"})
	if err != nil {
		f.Fatal(err)
	}
	zeros := bytes.NewReader(make([]byte, 1<<10))
	creation, register, err := p.BeginRegistration(zeros, start, ada, nil)
	if err != nil {
		f.Fatal(err)
	}
	request, signIn, err := p.BeginSignIn(zeros, start)
	if err != nil {
		f.Fatal(err)
	}
	a := newAuthenticator(new(testing.T))
	fixed(a)
	created := a.create(creation)
	credential, err := p.FinishRegistration(start, ada, register, created)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{created, a.get(request), []byte("{}"), []byte("null"), {}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		c, err := p.FinishRegistration(start, ada, register, response)
		switch {
		case err == nil && (len(c.ID) == 0 || len(c.PublicKey) == 0):
			t.Errorf("the credential %+v was made", c)
		case err != nil && len(fault.Fields(err)) == 0:
			t.Errorf("the refusal of a registration is no fault: %v", err)
		}
		who, used, err := p.FinishSignIn(start, signIn, response, finding(ada, credential))
		switch {
		case err == nil && (who != ada.ID || !bytes.Equal(used.ID, credential.ID)):
			t.Errorf("%q signed in with %x", who, used.ID)
		case err != nil && len(fault.Fields(err)) == 0:
			t.Errorf("the refusal of a sign-in is no fault: %v", err)
		}
	})
}

// FuzzEvidence: evidence verifies of what was signed alone, and only as it was signed.
func FuzzEvidence(f *testing.F) {
	p, err := passkey.New(passkey.Config{URL: "https://portcullis.example", Name: "Portcullis"})
	if err != nil {
		f.Fatal(err)
	}
	t := new(testing.T)
	a, c := registered(t, p, ada, fixed)
	options, state, err := p.BeginConfirmation(bytes.NewReader(make([]byte, 32)), start, ada, []passkey.Credential{c}, exemption)
	if err != nil {
		f.Fatal(err)
	}
	_, signed, err := p.FinishConfirmation(start, ada, []passkey.Credential{c}, exemption, state, a.get(options))
	if err != nil {
		f.Fatal(err)
	}
	seed, err := json.Marshal(signed)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, exemption)
	f.Add(seed, []byte("something else"))
	f.Add([]byte(`{"credentialId":"AQ==","authenticatorData":"","clientData":"e30=","signature":""}`), []byte{})
	f.Fuzz(func(t *testing.T, text, what []byte) {
		var e passkey.Evidence
		if json.Unmarshal(text, &e) != nil || p.VerifyEvidence(c, what, e) != nil {
			return
		}
		if !bytes.Equal(what, exemption) || !bytes.Equal(e.AuthenticatorData, signed.AuthenticatorData) || !bytes.Equal(e.ClientData, signed.ClientData) {
			t.Errorf("evidence that nobody signed was verified of %q: %s", what, text)
		}
	})
}
