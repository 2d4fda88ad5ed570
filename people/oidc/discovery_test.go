package oidc_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"portcullis/internal/fault"
	"portcullis/people/oidc"
)

func TestValidate(t *testing.T) {
	good := oidc.Provider{ID: "harbour", Name: "Harbour", Issuer: "https://login.harbour.example/tenant", ClientID: "portcullis"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		field, word string
		change      func(*oidc.Provider)
	}{
		{"id", "lower-case", func(p *oidc.Provider) { p.ID = "Harbour Office" }},
		{"id", "lower-case", func(p *oidc.Provider) { p.ID = "" }},
		{"id", "64", func(p *oidc.Provider) { p.ID = strings.Repeat("x", 65) }},
		{"name", "button", func(p *oidc.Provider) { p.Name = " " }},
		{"client_id", "client id", func(p *oidc.Provider) { p.ClientID = "" }},
		{"issuer", "https://", func(p *oidc.Provider) { p.Issuer = "" }},
		{"issuer", "https://", func(p *oidc.Provider) { p.Issuer = "login.harbour.example" }},
		{"issuer", "https://", func(p *oidc.Provider) { p.Issuer = "http://login.harbour.example" }},
		{"issuer", "https://", func(p *oidc.Provider) { p.Issuer = "https://user@login.harbour.example" }},
		{"issuer", "no query", func(p *oidc.Provider) { p.Issuer = "https://login.harbour.example?tenant=1" }},
		{"issuer", "no query", func(p *oidc.Provider) { p.Issuer = "https://login.harbour.example#x" }},
		{"scopes", "openid", func(p *oidc.Provider) { p.Scopes = []string{"email"} }},
	} {
		p := good
		test.change(&p)
		_, err := oidc.Open(p)
		var f *fault.Error
		if !errors.As(err, &f) || f.Field != test.field || !strings.Contains(f.Message, test.word) {
			t.Errorf("%+v gives %v, want a fault of %s that says %q", p, err, test.field, test.word)
		}
	}
	if n := len(fault.Fields(oidc.Provider{}.Validate())); n != 4 {
		t.Errorf("an empty provider has %d faults, want 4", n)
	}
}

// TestDownThenBack: a provider that is down stops nobody else, and is found once it is back.
func TestDownThenBack(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	p.down = true
	c := open(t, p.config())
	_, _, err := c.Begin(t.Context(), rand.Reader, start, backURL)
	refused(t, err, fault.Conflict, "Harbour Office account cannot be reached", "503")
	p.set(func(p *provider) { p.down = false })
	state, query := away(t, c)

	p.set(func(p *provider) { p.down = true })
	_, err = c.Finish(t.Context(), state, query, start)
	refused(t, err, fault.Conflict, "cannot be reached", "503")
	p.set(func(p *provider) { p.down = false })
	if _, err = c.Finish(t.Context(), state, query, start); err != nil {
		t.Error(err)
	}
	if n := p.times("/.well-known/openid-configuration"); n != 2 {
		t.Errorf("the provider's document was fetched %d times, want once in vain and once for good", n)
	}
}

func TestNobodyThere(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	p.Close()
	_, _, err := open(t, p.config()).Begin(t.Context(), rand.Reader, start, backURL)
	refused(t, err, fault.Conflict, "cannot be reached", "refused")
}

// TestGivingUp: who goes away does not wait for the provider.
func TestGivingUp(t *testing.T) {
	c := open(t, newProvider(t, ecKey(t, "1")).config())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := c.Begin(ctx, rand.Reader, start, backURL)
	refused(t, err, fault.Conflict, "cannot be reached", "canceled")
}

// TestDocumentIsFetchedAgain: after an hour, because addresses change; what was known serves on where
// there is no answer.
func TestDocumentIsFetchedAgain(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	c := open(t, p.config())
	begin := func(at time.Time) string {
		t.Helper()
		location, _, err := c.Begin(t.Context(), rand.Reader, at, backURL)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		return u.Path
	}
	begin(start)
	p.set(func(p *provider) {
		p.document = func(d map[string]any) { d["authorization_endpoint"] = p.URL + "/moved" }
	})
	if path := begin(start.Add(time.Hour - time.Second)); path != "/authorize" {
		t.Errorf("within the hour, people are sent to %s", path)
	}
	p.set(func(p *provider) { p.down = true })
	if path := begin(start.Add(time.Hour)); path != "/authorize" {
		t.Errorf("while the provider is down, people are sent to %s", path)
	}
	p.set(func(p *provider) { p.down = false })
	if path := begin(start.Add(time.Hour)); path != "/moved" {
		t.Errorf("after an hour, people are sent to %s", path)
	}
}

func TestKeysRotate(t *testing.T) {
	p := newProvider(t, rsaKey(t, "1"))
	c := open(t, p.config())
	for _, next := range []key{p.keys[0], rsaKey(t, "2"), rsaKey(t, "3")} {
		p.set(func(p *provider) { p.keys = []key{next} })
		var err error
		for range 20 { // go-oidc lets whoever comes right after a fetch have what it found
			state, query := away(t, c)
			if _, err = c.Finish(t.Context(), state, query, start); err == nil {
				break
			}
		}
		if err != nil {
			t.Errorf("with the key %s: %v", next.id, err)
		}
	}
	if n := p.times("/keys"); n != 3 {
		t.Errorf("the keys were fetched %d times, want once for each", n)
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change func(map[string]any)
		reason string
	}{
		"another issuer":        {func(d map[string]any) { d["issuer"] = "https://evil.example" }, "did not match"},
		"tokens over http":      {func(d map[string]any) { d["token_endpoint"] = "http://login.example/token" }, "https://"},
		"keys over http":        {func(d map[string]any) { d["jwks_uri"] = "http://login.example/keys" }, "https://"},
		"no keys":               {func(d map[string]any) { delete(d, "jwks_uri") }, "web address"},
		"no place to go":        {func(d map[string]any) { delete(d, "authorization_endpoint") }, "web address"},
		"a script to go to":     {func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" }, "web address"},
		"an end that is none":   {func(d map[string]any) { d["end_session_endpoint"] = "//end" }, "https://"},
		"userinfo over http":    {func(d map[string]any) { d["userinfo_endpoint"] = "http://login.example/me" }, "https://"},
		"numbers for addresses": {func(d map[string]any) { d["end_session_endpoint"] = 7 }, "document"},
		"more than a mebibyte":  {func(d map[string]any) { d["padding"] = strings.Repeat("x", 1<<20) }, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, ecKey(t, "1"))
			p.document = test.change
			_, _, err := open(t, p.config()).Begin(t.Context(), rand.Reader, start, backURL)
			refused(t, err, fault.Conflict, "cannot be reached", test.reason)
		})
	}
}

func TestSignOut(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	c := open(t, p.config())
	if got := c.SignOutURL("https://portcullis.example/"); got != "" {
		t.Errorf("before the provider is known, people are sent to %q", got)
	}
	away(t, c)
	want := p.URL + "/end?client_id=portcullis&post_logout_redirect_uri=https%3A%2F%2Fportcullis.example%2F&tenant=harbour"
	if got := c.SignOutURL("https://portcullis.example/"); got != want {
		t.Errorf("people are sent to %q, want %q", got, want)
	}
	p.document = func(d map[string]any) { delete(d, "end_session_endpoint") }
	c = open(t, p.config())
	away(t, c)
	if got := c.SignOutURL("https://portcullis.example/"); got != "" {
		t.Errorf("with no such thing at the provider, people are sent to %q", got)
	}
}

func TestSecretStaysInside(t *testing.T) {
	p := newProvider(t, ecKey(t, "1")).config()
	if got := open(t, p).Provider(); got.ClientSecret != "" || got.ID != p.ID {
		t.Errorf("the provider is told as %+v", got)
	}
}
