package passkey_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people/passkey"
)

var (
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ada   = passkey.Person{ID: "01hx-ada", Name: "ada@harbour.example", DisplayName: "Ada Merrow"}
	bo    = passkey.Person{ID: "01hx-bo", Name: "bo@harbour.example", DisplayName: "Bo Quay"}
)

func newPasskeys(t *testing.T) *passkey.Passkeys {
	t.Helper()
	p, err := passkey.New(passkey.Config{URL: "https://portcullis.example", Name: "Portcullis"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// must is for calls whose failure is not what a test is about.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// registered makes an authenticator with a passkey of the person.
func registered(t *testing.T, p *passkey.Passkeys, person passkey.Person, prepare ...func(*authenticator)) (*authenticator, passkey.Credential) {
	t.Helper()
	a := newAuthenticator(t)
	for _, f := range prepare {
		f(a)
	}
	options, state, err := p.BeginRegistration(rand.Reader, start, person, nil)
	must(t, err)
	c, err := p.FinishRegistration(start, person, state, a.create(options))
	must(t, err)
	return a, c
}

func finding(person passkey.Person, credentials ...passkey.Credential) passkey.Find {
	return func([]byte, []byte) (passkey.Person, []passkey.Credential, error) { return person, credentials, nil }
}

// refused checks the kind of an error and that its message says a word of the way out.
func refused(t *testing.T, err error, kind fault.Kind, word string) {
	t.Helper()
	var f *fault.Error
	switch {
	case !errors.As(err, &f):
		t.Fatalf("the error %v is no fault", err)
	case f.Kind != kind:
		t.Errorf("the fault %q is %s, want %s", f.Message, f.Kind, kind)
	case !strings.Contains(f.Message, word):
		t.Errorf("the fault says %q, and nothing of %q", f.Message, word)
	}
}

func TestNewRefusesAddresses(t *testing.T) {
	for url, word := range map[string]string{
		"https://192.0.2.7":          "IP address",
		"https://[2001:db8::1]:443":  "IP address",
		"http://127.0.0.1:8080":      "localhost",
		"http://portcullis.example":  "use https",
		"ftp://portcullis.example":   "https://",
		"portcullis.example":         "https://",
		"https://":                   "https://",
		"https://pörtcullis.example": "xn--",
		"https://intranet":           "with a dot",
		"https://a..example":         "with a dot",
		"ftp://localhost":            "https://",
		"":                           "https://",
	} {
		_, err := passkey.New(passkey.Config{URL: url, Name: "Portcullis"})
		refused(t, err, fault.Invalid, word)
	}
	_, err := passkey.New(passkey.Config{URL: "https://portcullis.example", Name: " "})
	refused(t, err, fault.Invalid, "name")
}

func TestNewTakesAddresses(t *testing.T) {
	for url, host := range map[string]string{
		"https://portcullis.example":            "portcullis.example",
		"https://Portcullis.Example:8443/start": "portcullis.example",
		"http://localhost:8080":                 "localhost",
		"http://trial.localhost":                "trial.localhost",
	} {
		p, err := passkey.New(passkey.Config{URL: url, Name: "Portcullis"})
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		options, _, err := p.BeginSignIn(rand.Reader, start)
		must(t, err)
		if got := read(t, options).PublicKey.RPID; got != host {
			t.Errorf("%s: the relying party is %q, want %q", url, got, host)
		}
	}
}

func TestRegistrationOptions(t *testing.T) {
	p := newPasskeys(t)
	_, existing := registered(t, p, ada)
	text, _, err := p.BeginRegistration(bytes.NewReader(bytes.Repeat([]byte{7}, 32)), start, ada, []passkey.Credential{existing})
	must(t, err)
	var want options
	o := &want.PublicKey
	o.Challenge = bytes.Repeat([]byte{7}, 32)
	o.RP.ID, o.RP.Name = "portcullis.example", "Portcullis"
	o.User.ID, o.User.Name, o.User.DisplayName = bytesText(ada.ID), ada.Name, ada.DisplayName
	o.Exclude = []descriptor{{existing.ID, "public-key"}}
	o.Attestation = "none"
	o.Selection.ResidentKey, o.Selection.RequireResidentKey, o.Selection.UserVerification = "required", true, "required"
	o.Timeout = 300_000
	if diff := cmp.Diff(want, read(t, text)); diff != "" {
		t.Errorf("the options differ (-want +got):\n%s", diff)
	}
}

func TestRegistrationMakesACredential(t *testing.T) {
	a, c := registered(t, newPasskeys(t), ada, func(a *authenticator) { a.counter = 5; a.flags |= backupEligible | backedUp })
	want := passkey.Credential{
		ID: a.id, PublicKey: c.PublicKey, SignCount: 5, AAGUID: bytes.Repeat([]byte{0xaa}, 16),
		BackupEligible: true, BackedUp: true, Transports: []string{"internal", "hybrid"},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("the credential differs (-want +got):\n%s", diff)
	}
	if len(c.PublicKey) == 0 {
		t.Error("the credential has no public key")
	}
}

// TestStoredForm holds the form that databases have: a credential stored years ago must be read.
func TestStoredForm(t *testing.T) {
	c := passkey.Credential{ID: []byte{1}, PublicKey: []byte{2}, SignCount: 3, AAGUID: []byte{4}, BackupEligible: true, Transports: []string{"usb"}}
	const want = `{"id":"AQ==","publicKey":"Ag==","signCount":3,"aaguid":"BA==","backupEligible":true,"backedUp":false,"transports":["usb"]}`
	text, err := json.Marshal(c)
	must(t, err)
	if string(text) != want {
		t.Errorf("stored as %s, want %s", text, want)
	}
	evidence, err := json.Marshal(passkey.Evidence{CredentialID: []byte{1}, AuthenticatorData: []byte{2}, ClientData: []byte{3}, Signature: []byte{4}})
	must(t, err)
	if want := `{"credentialId":"AQ==","authenticatorData":"Ag==","clientData":"Aw==","signature":"BA=="}`; string(evidence) != want {
		t.Errorf("evidence is stored as %s, want %s", evidence, want)
	}
}

func TestRegistrationRefuses(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(*authenticator)
		kind    fault.Kind
		word    string
	}{
		{"a page elsewhere", func(a *authenticator) { a.origin = "https://portcullis.example.evil" }, fault.Refused, "https://portcullis.example"},
		{"another port", func(a *authenticator) { a.origin = "https://portcullis.example:8443" }, fault.Refused, "https://portcullis.example"},
		{"another relying party", func(a *authenticator) { a.rpID = "evil.example" }, fault.Refused, "could not be added"},
		{"another challenge", func(a *authenticator) { a.challenge = make([]byte, 32) }, fault.Refused, "could not be added"},
		{"no user verification", func(a *authenticator) { a.flags &^= userVerified }, fault.Refused, "PIN"},
		{"nobody there", func(a *authenticator) { a.flags &^= userPresent }, fault.Refused, "could not be added"},
		{"a sign-in's client data", func(a *authenticator) { a.kind = "webauthn.get" }, fault.Refused, "could not be added"},
		{"inside another site's frame", func(a *authenticator) { a.crossSite = true }, fault.Refused, "could not be added"},
		{"backed up though it cannot be", func(a *authenticator) { a.flags |= backedUp }, fault.Refused, "could not be added"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, a := newPasskeys(t), newAuthenticator(t)
			test.prepare(a)
			options, state, err := p.BeginRegistration(rand.Reader, start, ada, nil)
			must(t, err)
			c, err := p.FinishRegistration(start, ada, state, a.create(options))
			refused(t, err, test.kind, test.word)
			if c.ID != nil {
				t.Error("a refused registration returns a credential")
			}
		})
	}
}

func TestRegistrationForSomebodyElse(t *testing.T) {
	p, a := newPasskeys(t), newAuthenticator(t)
	options, state, err := p.BeginRegistration(rand.Reader, start, ada, nil)
	must(t, err)
	_, err = p.FinishRegistration(start, bo, state, a.create(options))
	refused(t, err, fault.Refused, "somebody else")
}

func TestPersonIDMustFit(t *testing.T) {
	for _, id := range []string{"", strings.Repeat("x", 65)} {
		if _, _, err := newPasskeys(t).BeginRegistration(rand.Reader, start, passkey.Person{ID: id, Name: "n", DisplayName: "d"}, nil); err == nil {
			t.Errorf("an id of %d bytes was taken", len(id))
		}
	}
}

func TestChanceRunsOut(t *testing.T) {
	if _, _, err := newPasskeys(t).BeginSignIn(bytes.NewReader(make([]byte, 31)), start); err == nil {
		t.Error("a challenge was made of too little randomness")
	}
}

func TestSignIn(t *testing.T) {
	p := newPasskeys(t)
	a, c := registered(t, p, ada, func(a *authenticator) { a.flags |= backupEligible })
	options, state, err := p.BeginSignIn(rand.Reader, start)
	must(t, err)
	o := read(t, options).PublicKey
	if len(o.Allow) != 0 || o.UserVerification != "required" || len(o.Challenge) != 32 {
		t.Errorf("the options are %+v: want no list of credentials, user verification, and 32 bytes of challenge", o)
	}
	a.counter, a.flags = 41, a.flags|backedUp
	who, used, err := p.FinishSignIn(start.Add(passkey.Lifetime-time.Second), state, a.get(options), func(handle, id []byte) (passkey.Person, []passkey.Credential, error) {
		if string(handle) != ada.ID || !bytes.Equal(id, c.ID) {
			t.Errorf("asked for the person %q with the credential %x", handle, id)
		}
		return ada, []passkey.Credential{{ID: []byte("another")}, c}, nil
	})
	must(t, err)
	want := c
	want.SignCount, want.BackedUp = 42, true
	if diff := cmp.Diff(want, used); who != ada.ID || diff != "" {
		t.Errorf("%q signed in, and the credential differs (-want +got):\n%s", who, diff)
	}
}

// TestSignInWithoutCounter: passkeys that synchronise count nothing.
func TestSignInWithoutCounter(t *testing.T) {
	p := newPasskeys(t)
	a, c := registered(t, p, ada)
	for range 2 {
		options, state, err := p.BeginSignIn(rand.Reader, start)
		must(t, err)
		a.counter = ^uint32(0) // get makes it 0
		_, c, err = p.FinishSignIn(start, state, a.get(options), finding(ada, c))
		must(t, err)
	}
}

func TestSignInRefuses(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(a *authenticator, c *passkey.Credential)
		word    string
	}{
		{"a page elsewhere", func(a *authenticator, _ *passkey.Credential) { a.origin = "https://evil.example" }, "https://portcullis.example"},
		{"another relying party", func(a *authenticator, _ *passkey.Credential) { a.rpID = "evil.example" }, "not accepted"},
		{"another challenge", func(a *authenticator, _ *passkey.Credential) { a.challenge = make([]byte, 32) }, "not accepted"},
		{"no user verification", func(a *authenticator, _ *passkey.Credential) { a.flags &^= userVerified }, "PIN"},
		{"nobody there", func(a *authenticator, _ *passkey.Credential) { a.flags &^= userPresent }, "not accepted"},
		{"a registration's client data", func(a *authenticator, _ *passkey.Credential) { a.kind = "webauthn.create" }, "not accepted"},
		{"inside another site's frame", func(a *authenticator, _ *passkey.Credential) { a.crossSite = true }, "not accepted"},
		{"a key that says no person", func(a *authenticator, _ *passkey.Credential) { a.handle = nil }, "whose it is"},
		{"another person's user handle", func(a *authenticator, _ *passkey.Credential) { a.handle = []byte(bo.ID) }, "not accepted"},
		{"a passkey that was removed", func(_ *authenticator, c *passkey.Credential) { c.ID = []byte("another") }, "not accepted"},
		{"another key", func(a *authenticator, _ *passkey.Credential) { a.key = newAuthenticator(a.t).key }, "not accepted"},
		{"copyable all of a sudden", func(a *authenticator, _ *passkey.Credential) { a.flags |= backupEligible }, "not accepted"},
		{"a stored key that is broken", func(_ *authenticator, c *passkey.Credential) { c.PublicKey = []byte{0xff} }, "not accepted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPasskeys(t)
			a, c := registered(t, p, ada)
			test.prepare(a, &c)
			options, state, err := p.BeginSignIn(rand.Reader, start)
			must(t, err)
			who, used, err := p.FinishSignIn(start, state, a.get(options), finding(ada, c))
			refused(t, err, fault.Refused, test.word)
			if errors.Is(err, passkey.ErrCopied) || who != "" || used.ID != nil {
				t.Errorf("the refusal %v returns %q and %+v", err, who, used)
			}
		})
	}
}

// TestAnotherPersonsCredential: an authenticator that claims to hold somebody else's passkey.
func TestAnotherPersonsCredential(t *testing.T) {
	p := newPasskeys(t)
	_, adas := registered(t, p, ada)
	bos, c := registered(t, p, bo)
	bos.handle, bos.id = []byte(ada.ID), adas.ID
	options, state, err := p.BeginSignIn(rand.Reader, start)
	must(t, err)
	_, _, err = p.FinishSignIn(start, state, bos.get(options), finding(ada, adas))
	refused(t, err, fault.Refused, "not accepted")

	// With a passkey of their own, but naming somebody else as its owner.
	bos.id = c.ID
	_, _, err = p.FinishSignIn(start, state, bos.get(options), finding(ada, adas))
	refused(t, err, fault.Refused, "not accepted")
}

func TestCounterGoesBackwards(t *testing.T) {
	p := newPasskeys(t)
	a, c := registered(t, p, ada)
	c.SignCount = 10
	for _, counter := range []uint32{10, 9, 0} {
		options, state, err := p.BeginSignIn(rand.Reader, start)
		must(t, err)
		a.counter = counter - 1
		_, used, err := p.FinishSignIn(start, state, a.get(options), finding(ada, c))
		refused(t, err, fault.Refused, "security officer")
		if !errors.Is(err, passkey.ErrCopied) || used.ID != nil {
			t.Errorf("a counter of %d after 10 returns %+v and %v", counter, used, err)
		}
	}
}

func TestReplayedAnswer(t *testing.T) {
	p := newPasskeys(t)
	a, c := registered(t, p, ada)
	options, state, err := p.BeginSignIn(rand.Reader, start)
	must(t, err)
	answer := a.get(options)
	_, _, err = p.FinishSignIn(start, state, answer, finding(ada, c))
	must(t, err)
	_, state, err = p.BeginSignIn(rand.Reader, start)
	must(t, err)
	_, _, err = p.FinishSignIn(start, state, answer, finding(ada, c))
	refused(t, err, fault.Refused, "not accepted")
}

func TestFindFails(t *testing.T) {
	p := newPasskeys(t)
	a, _ := registered(t, p, ada)
	options, state, err := p.BeginSignIn(rand.Reader, start)
	must(t, err)
	broken := errors.New("the disk is full")
	_, _, err = p.FinishSignIn(start, state, a.get(options), func([]byte, []byte) (passkey.Person, []passkey.Credential, error) {
		return passkey.Person{}, nil, broken
	})
	if err != broken {
		t.Errorf("the error is %v, want find's own", err)
	}
}

func TestStatesEnd(t *testing.T) {
	p := newPasskeys(t)
	a, c := registered(t, p, ada)
	late := start.Add(passkey.Lifetime)
	what := []byte("grant the exemption")

	options, state, err := p.BeginRegistration(rand.Reader, start, bo, nil)
	must(t, err)
	_, err = p.FinishRegistration(late, bo, state, newAuthenticator(t).create(options))
	refused(t, err, fault.Invalid, "five minutes")

	options, state, err = p.BeginSignIn(rand.Reader, start)
	must(t, err)
	_, _, err = p.FinishSignIn(late, state, a.get(options), finding(ada, c))
	refused(t, err, fault.Invalid, "five minutes")

	options, state, err = p.BeginConfirmation(rand.Reader, start, ada, []passkey.Credential{c}, what)
	must(t, err)
	_, _, err = p.FinishConfirmation(late, ada, []passkey.Credential{c}, what, state, a.get(options))
	refused(t, err, fault.Invalid, "five minutes")
}

// TestStatesAreOfOneKind: the answer to a sign-in must not pass for one to a registration, and so on.
func TestStatesAreOfOneKind(t *testing.T) {
	p := newPasskeys(t)
	a, c := registered(t, p, ada)
	options, state, err := p.BeginSignIn(rand.Reader, start)
	must(t, err)
	answer := a.get(options)
	_, err = p.FinishRegistration(start, ada, state, answer)
	refused(t, err, fault.Invalid, "start again")
	_, _, err = p.FinishConfirmation(start, ada, []passkey.Credential{c}, []byte("what"), state, answer)
	refused(t, err, fault.Invalid, "start again")
	_, state, err = p.BeginConfirmation(rand.Reader, start, ada, []passkey.Credential{c}, []byte("what"))
	must(t, err)
	_, _, err = p.FinishSignIn(start, state, answer, finding(ada, c))
	refused(t, err, fault.Invalid, "start again")
	_, _, err = p.FinishSignIn(start, []byte(`{"ceremony":"sign-in","until":"2027-01-01T00:00:00Z"}`), answer, finding(ada, c))
	refused(t, err, fault.Invalid, "start again")
	if _, _, err = p.FinishSignIn(start, []byte("garbage"), answer, finding(ada, c)); err == nil || fault.Is(err, fault.Invalid) {
		t.Errorf("a state that the server has spoilt gives %v, want the server's own trouble", err)
	}
}

func TestHostileAnswers(t *testing.T) {
	p := newPasskeys(t)
	_, register, err := p.BeginRegistration(rand.Reader, start, ada, nil)
	must(t, err)
	_, signIn, err := p.BeginSignIn(rand.Reader, start)
	must(t, err)
	for name, answer := range map[string]string{
		"nothing":       "",
		"null":          "null",
		"an empty one":  "{}",
		"no JSON":       "<html>",
		"two answers":   "{}{}",
		"a deep nest":   strings.Repeat("[", 30_000),
		"a large one":   `{"id":"` + strings.Repeat("A", passkey.MaxResponse) + `"}`,
		"wrong types":   `{"id":1,"rawId":[],"type":{},"response":"x"}`,
		"empty members": `{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"","authenticatorData":"","attestationObject":""}}`,
		"null client":   `{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"bnVsbA","authenticatorData":"","attestationObject":"9g"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.FinishRegistration(start, ada, register, []byte(answer))
			refused(t, err, fault.Invalid, "start again")
			_, _, err = p.FinishSignIn(start, signIn, []byte(answer), finding(ada))
			refused(t, err, fault.Invalid, "start again")
		})
	}
}
