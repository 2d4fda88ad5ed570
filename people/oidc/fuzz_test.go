package oidc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portcullis/internal/fault"
)

// fixedKey is the same in all processes of a fuzz run.
func fixedKey(t testing.TB) key {
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key{"1", "ES256", private}
}

// FuzzFinish: whatever the browser comes back with and the token endpoint answers, nobody signs in but
// with the provider's own signature, and every refusal is a fault.
func FuzzFinish(f *testing.F) {
	p := newProvider(f, fixedKey(f))
	var body []byte
	p.answer = func(w http.ResponseWriter) { reply(w, string(body)) }
	c := open(f, p.config())
	_, state, err := c.Begin(f.Context(), bytes.NewReader(make([]byte, 96)), start, backURL)
	if err != nil {
		f.Fatal(err)
	}
	zeros := encode(make([]byte, 32))
	token := p.keys[0].sign(f, map[string]any{"iss": p.URL, "aud": clientID, "sub": "ada-7", "nonce": zeros,
		"iat": start.Unix(), "exp": start.Unix(), "email": "ada@harbour.example", "email_verified": "true"})
	good := url.Values{"state": {zeros}, "code": {"x"}, "iss": {p.URL}}.Encode()
	f.Add(good, []byte(`{"access_token":"x","token_type":"Bearer","id_token":"`+token+`"}`))
	f.Add(good, []byte(`{"error":"invalid_grant"}`))
	f.Add("state="+zeros+"&error=access_denied&iss="+p.URL, []byte(`{}`))
	f.Add("code=%zz&;", []byte(`[]`))
	f.Fuzz(func(t *testing.T, raw string, answer []byte) {
		query, _ := url.ParseQuery(raw)
		// The issuer's port differs from process to process.
		if query.Has("iss") {
			query.Set("iss", p.URL)
		}
		p.set(func(*provider) { body = answer })
		identity, err := c.Finish(t.Context(), state, query, start)
		switch {
		case err == nil && (identity.Subject != "ada-7" || identity.Email != "ada@harbour.example" || !bytes.Contains(answer, []byte(token[:40]))):
			t.Errorf("%+v signed in", identity)
		case err != nil && len(fault.Fields(err)) == 0:
			t.Errorf("the refusal is no fault: %v", err)
		}
	})
}

// FuzzDiscovery: whatever a provider publishes, browsers are sent to web addresses alone.
func FuzzDiscovery(f *testing.F) {
	p := newProvider(f, fixedKey(f))
	var document []byte
	mirror := p.Server.Config.Handler
	p.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/.well-known/") {
			mirror.ServeHTTP(w, r)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		// The issuer's port differs from process to process.
		reply(w, strings.ReplaceAll(string(document), "ISSUER", p.URL))
	})
	const good = `{"issuer":"ISSUER","authorization_endpoint":"ISSUER/authorize?x","token_endpoint":"ISSUER/token","jwks_uri":"ISSUER/keys"`
	f.Add([]byte(good + `}`))
	f.Add([]byte(good + `,"end_session_endpoint":"ISSUER/end","token_endpoint_auth_methods_supported":["none"]}`))
	f.Add([]byte(`{"issuer":"ISSUER","authorization_endpoint":"javascript:x","token_endpoint":"//x","jwks_uri":"/"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p.set(func(*provider) { document = text })
		c := open(t, p.config())
		location, _, err := c.Begin(t.Context(), bytes.NewReader(make([]byte, 96)), start, backURL)
		switch {
		case err != nil && len(fault.Fields(err)) == 0:
			t.Errorf("the refusal is no fault: %v", err)
		case err == nil:
			for _, address := range []string{location, c.SignOutURL("https://portcullis.example/")} {
				u, err := url.Parse(address)
				if err != nil || address != "" && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
					t.Errorf("people are sent to %q (%v)", address, err)
				}
			}
		}
	})
}
