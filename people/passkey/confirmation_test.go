package passkey_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people/passkey"
)

var exemption = []byte(`{"kind":"register.exemption-granted","exemption":"01hx","until":"2026-06-01"}`)

// confirmed has ada confirm the exemption.
func confirmed(t *testing.T, p *passkey.Passkeys) (*authenticator, passkey.Credential, passkey.Evidence) {
	t.Helper()
	a, c := registered(t, p, ada)
	options, state, err := p.BeginConfirmation(rand.Reader, start, ada, []passkey.Credential{c}, exemption)
	must(t, err)
	used, evidence, err := p.FinishConfirmation(start, ada, []passkey.Credential{c}, exemption, state, a.get(options))
	must(t, err)
	want := c
	want.SignCount = 1
	if diff := cmp.Diff(want, used); diff != "" {
		t.Errorf("the credential used differs (-want +got):\n%s", diff)
	}
	return a, c, evidence
}

func TestConfirmation(t *testing.T) {
	p := newPasskeys(t)
	_, c, evidence := confirmed(t, p)
	must(t, p.VerifyEvidence(c, exemption, evidence))

	// Elsewhere, later, by somebody who knows the address alone.
	auditor, err := passkey.New(passkey.Config{URL: "https://portcullis.example/", Name: "The auditor"})
	must(t, err)
	must(t, auditor.VerifyEvidence(c, exemption, evidence))
}

func TestConfirmationOptions(t *testing.T) {
	p := newPasskeys(t)
	_, c := registered(t, p, ada)
	text, _, err := p.BeginConfirmation(rand.Reader, start, ada, []passkey.Credential{c}, exemption)
	must(t, err)
	o := read(t, text).PublicKey
	if len(o.Allow) != 1 || !bytes.Equal(o.Allow[0].ID, c.ID) || o.UserVerification != "required" || o.RPID != "portcullis.example" {
		t.Errorf("the options are %+v: want the person's credential alone, and user verification", o)
	}
}

func TestEvidenceThatDoesNotHold(t *testing.T) {
	p := newPasskeys(t)
	a, c, evidence := confirmed(t, p)
	_, bos := registered(t, p, bo)
	elsewhere, err := passkey.New(passkey.Config{URL: "https://elsewhere.example", Name: "Elsewhere"})
	must(t, err)

	// A sign-in with the same passkey is no confirmation, whatever it is said to be of.
	options, _, err := p.BeginSignIn(rand.Reader, start)
	must(t, err)
	signIn := evidenceOf(t, a.get(options))

	unverified := *a
	unverified.flags &^= userVerified
	confirm, _, err := p.BeginConfirmation(rand.Reader, start, ada, []passkey.Credential{c}, exemption)
	must(t, err)

	changed := func(f func(e *passkey.Evidence)) passkey.Evidence {
		e := passkey.Evidence{CredentialID: bytes.Clone(evidence.CredentialID), AuthenticatorData: bytes.Clone(evidence.AuthenticatorData),
			ClientData: bytes.Clone(evidence.ClientData), Signature: bytes.Clone(evidence.Signature)}
		f(&e)
		return e
	}
	for _, test := range []struct {
		name       string
		p          *passkey.Passkeys
		credential passkey.Credential
		what       string
		evidence   passkey.Evidence
		word       string
	}{
		{"of something else", p, c, string(exemption) + " ", evidence, "something else"},
		{"of nothing", p, c, "", evidence, "something else"},
		{"of another's passkey", p, bos, string(exemption), evidence, "another passkey"},
		{"with another's key", p, passkey.Credential{ID: c.ID, PublicKey: bos.PublicKey}, string(exemption), evidence, "does not hold"},
		{"at another address", elsewhere, c, string(exemption), evidence, "does not hold"},
		{"a sign-in", p, c, string(exemption), signIn, "something else"},
		{"without the person verified", p, c, string(exemption), evidenceOf(t, unverified.get(confirm)), "does not hold"},
		{"a changed signature", p, c, string(exemption), changed(func(e *passkey.Evidence) { e.Signature[10] ^= 1 }), "does not hold"},
		{"a changed counter", p, c, string(exemption), changed(func(e *passkey.Evidence) { e.AuthenticatorData[36] ^= 1 }), "does not hold"},
		{"changed client data", p, c, string(exemption), changed(func(e *passkey.Evidence) { e.ClientData = append(e.ClientData, ' ') }), "does not hold"},
		{"no client data", p, c, string(exemption), changed(func(e *passkey.Evidence) { e.ClientData = nil }), "cannot be read"},
		{"nothing at all", p, passkey.Credential{}, string(exemption), passkey.Evidence{}, "cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.p.VerifyEvidence(test.credential, []byte(test.what), test.evidence)
			if err == nil || !strings.Contains(err.Error(), test.word) {
				t.Errorf("the error is %v, want one that says %q", err, test.word)
			}
		})
	}
}

func TestConfirmationRefuses(t *testing.T) {
	p := newPasskeys(t)
	a, c := registered(t, p, ada)
	bos, bosCredential := registered(t, p, bo)
	credentials := []passkey.Credential{c}
	options, state, err := p.BeginConfirmation(rand.Reader, start, ada, credentials, exemption)
	must(t, err)

	_, _, err = p.BeginConfirmation(rand.Reader, start, ada, nil, exemption)
	refused(t, err, fault.Conflict, "add one")
	_, _, err = p.FinishConfirmation(start, bo, []passkey.Credential{bosCredential}, exemption, state, bos.get(options))
	refused(t, err, fault.Refused, "somebody else")
	_, _, err = p.FinishConfirmation(start, ada, credentials, exemption, state, bos.get(options))
	refused(t, err, fault.Refused, "not accepted")
	_, _, err = p.FinishConfirmation(start, ada, credentials, []byte("another"), state, a.get(options))
	refused(t, err, fault.Changed, "look at it again")

	a.counter, c.SignCount = 5, 9
	_, evidence, err := p.FinishConfirmation(start, ada, []passkey.Credential{c}, exemption, state, a.get(options))
	refused(t, err, fault.Refused, "security officer")
	if evidence.Signature != nil {
		t.Error("a refused confirmation returns evidence")
	}
}
