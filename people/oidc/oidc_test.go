package oidc_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people/oidc"
)

// refused checks the kind of an error, that its message says a word of the way out, and that it says
// nothing of what only operators should read.
func refused(t *testing.T, err error, kind fault.Kind, word, reason string) {
	t.Helper()
	var f *fault.Error
	switch {
	case !errors.As(err, &f):
		t.Fatalf("the error %v is no fault", err)
	case f.Kind != kind || !strings.Contains(f.Message, word):
		t.Errorf("the fault is %s, %q; want %s, with %q", f.Kind, f.Message, kind, word)
	case !strings.Contains(err.Error(), reason):
		t.Errorf("the error %q does not say %q", err, reason)
	case reason != "" && strings.Contains(f.Message, reason):
		t.Errorf("the person is told %q", f.Message)
	case len(err.Error()) > 1000:
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
}

func TestSignIn(t *testing.T) {
	for _, k := range []key{rsaKey(t, "1"), ecKey(t, "1")} {
		t.Run(k.algorithm, func(t *testing.T) {
			p := newProvider(t, k)
			c := open(t, p.config())
			state, query := away(t, c)
			got, err := c.Finish(t.Context(), state, query, start.Add(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			want := oidc.Identity{Provider: "harbour", Issuer: p.URL, Subject: "ada-7",
				Email: "ada@harbour.example", EmailVerified: true, Name: "Ada Merrow"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the identity differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWaysToAuthenticate(t *testing.T) {
	for name, prepare := range map[string]func(*provider, *oidc.Provider){
		"in the form": func(p *provider, _ *oidc.Provider) {
			p.document = func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"} }
		},
		"in the header": func(p *provider, _ *oidc.Provider) {
			p.document = func(d map[string]any) {
				d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post", "client_secret_basic"}
			}
		},
		"a public client": func(p *provider, config *oidc.Provider) { p.public, config.ClientSecret = true, "" },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, ecKey(t, "1"))
			config := p.config()
			prepare(p, &config)
			c := open(t, config)
			state, query := away(t, c)
			if _, err := c.Finish(t.Context(), state, query, start); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWhatIsSaidOfAPerson: what providers leave out or spell in their own way.
func TestWhatIsSaidOfAPerson(t *testing.T) {
	for _, test := range []struct {
		claim    string
		value    any
		email    string
		verified bool
	}{
		{"email_verified", "true", "ada@harbour.example", true},
		{"email_verified", "false", "ada@harbour.example", false},
		{"email_verified", false, "ada@harbour.example", false},
		{"email_verified", nil, "ada@harbour.example", false},
		{"email_verified", 1, "ada@harbour.example", false},
		{"email_verified", []string{"true"}, "ada@harbour.example", false},
		{"email", nil, "", false},
		{"aud", []string{clientID}, "ada@harbour.example", true},
		{"azp", clientID, "ada@harbour.example", true},
	} {
		t.Run(fmt.Sprintf("%s is %v", test.claim, test.value), func(t *testing.T) {
			p := newProvider(t, ecKey(t, "1"))
			p.claims = func(c map[string]any) { c[test.claim] = test.value }
			c := open(t, p.config())
			state, query := away(t, c)
			got, err := c.Finish(t.Context(), state, query, start)
			if err != nil {
				t.Fatal(err)
			}
			if got.Email != test.email || got.EmailVerified != test.verified {
				t.Errorf("the address is %q, verified: %t; want %q, %t", got.Email, got.EmailVerified, test.email, test.verified)
			}
		})
	}
}

// TestUserinfo: providers that keep to the letter tell the address there.
func TestUserinfo(t *testing.T) {
	for name, test := range map[string]struct {
		says string
		want oidc.Identity
		word string // of the fault, where it is one
	}{
		"all of it":      {`{"sub":"ada-7","email":"ada@harbour.example","email_verified":"true","name":"Ada"}`, oidc.Identity{Email: "ada@harbour.example", EmailVerified: true, Name: "Ada Merrow"}, ""},
		"no address":     {`{"sub":"ada-7","email_verified":true}`, oidc.Identity{Name: "Ada Merrow"}, ""},
		"somebody else":  {`{"sub":"bo-8","email":"bo@harbour.example"}`, oidc.Identity{}, "not signed in"},
		"nobody":         {`{"email":"bo@harbour.example"}`, oidc.Identity{}, "not signed in"},
		"odd claims":     {`{"sub":"ada-7","azp":7}`, oidc.Identity{}, "not signed in"},
		"something else": {`<html>`, oidc.Identity{}, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, ecKey(t, "1"))
			p.userinfo, p.claims = test.says, func(c map[string]any) { delete(c, "email") }
			c := open(t, p.config())
			state, query := away(t, c)
			got, err := c.Finish(t.Context(), state, query, start)
			if test.word != "" {
				var f *fault.Error
				if !errors.As(err, &f) || !strings.Contains(f.Message, test.word) {
					t.Errorf("the error is %v, want a fault that says %q", err, test.word)
				}
			} else {
				if err != nil {
					t.Fatal(err)
				}
				test.want.Provider, test.want.Issuer, test.want.Subject = "harbour", p.URL, "ada-7"
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the identity differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForgedTokens(t *testing.T) {
	signer, stranger := rsaKey(t, "1"), rsaKey(t, "1")
	claim := func(name string, value any) func(*provider) {
		return func(p *provider) { p.claims = func(c map[string]any) { c[name] = value } }
	}
	replaced := func(f func(signed string) string) func(*provider) {
		return func(p *provider) { p.token = f }
	}
	header := func(text string) func(string) string {
		return func(signed string) string {
			_, rest, _ := strings.Cut(signed, ".")
			return encode([]byte(text)) + "." + rest
		}
	}
	for _, test := range []struct {
		name    string
		prepare func(*provider)
		reason  string
	}{
		{"another nonce", claim("nonce", "another"), "nonce"},
		{"no nonce", claim("nonce", nil), "nonce"},
		{"for another client", claim("aud", "another"), "audience"},
		{"for nobody", claim("aud", nil), "audience"},
		{"for several", claim("aud", []string{clientID, "another"}), "several clients"},
		{"made for another", claim("azp", "another"), `made for "another"`},
		{"of another issuer", claim("iss", "https://evil.example"), "different provider"},
		{"expired", claim("exp", start.Add(-61*time.Second).Unix()), "expired"},
		{"without an end", claim("exp", nil), "expired"},
		{"of the future", claim("iat", start.Add(61*time.Second).Unix()), "yet to come"},
		{"not valid yet", claim("nbf", start.Add(61*time.Second).Unix()), "not valid yet"},
		{"of nobody", claim("sub", nil), "subject"},
		{"of a long subject", claim("sub", strings.Repeat("x", 256)), "subject"},
		{"alg none", replaced(func(signed string) string {
			return header(`{"alg":"none"}`)(signed[:strings.LastIndex(signed, ".")+1])
		}), "malformed jwt"},
		{"HMAC with the public key", replaced(header(`{"alg":"HS256","kid":"1"}`)), "malformed jwt"},
		{"another algorithm of the key", replaced(header(`{"alg":"RS512","kid":"1"}`)), "malformed jwt"},
		{"no signature", replaced(func(signed string) string { return signed[:strings.LastIndex(signed, ".")+1] }), "signature"},
		{"a stranger's signature", func(p *provider) {
			p.claims = func(c map[string]any) {
				forged := stranger.sign(t, c)
				p.token = func(string) string { return forged }
			}
		}, "signature"},
		{"no token", replaced(func(string) string { return "" }), "malformed jwt"},
		{"garbage", replaced(func(string) string { return "a.b.c" }), "malformed jwt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newProvider(t, signer)
			p.set(test.prepare)
			c := open(t, p.config())
			state, query := away(t, c)
			got, err := c.Finish(t.Context(), state, query, start)
			refused(t, err, fault.Refused, "not signed in", test.reason)
			if got != (oidc.Identity{}) {
				t.Errorf("a refusal returns %+v", got)
			}
		})
	}
}

// TestClocksMayDiffer: by a minute, either way.
func TestClocksMayDiffer(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	c := open(t, p.config())
	for _, claims := range []func(map[string]any){
		func(c map[string]any) { c["exp"] = start.Add(-59 * time.Second).Unix() },
		func(c map[string]any) {
			c["iat"], c["nbf"] = start.Add(time.Minute).Unix(), start.Add(time.Minute).Unix()
		},
	} {
		p.set(func(p *provider) { p.claims = claims })
		state, query := away(t, c)
		if _, err := c.Finish(t.Context(), state, query, start); err != nil {
			t.Error(err)
		}
	}
}

func TestAnswersThatWereNotAskedFor(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	c := open(t, p.config())
	for _, test := range []struct {
		name   string
		change func(url.Values)
		kind   fault.Kind
		word   string
	}{
		{"another state", func(q url.Values) { q.Set("state", "another") }, fault.Invalid, "not begun in this browser"},
		{"no state", func(q url.Values) { q.Del("state") }, fault.Invalid, "not begun in this browser"},
		{"two states", func(q url.Values) { q.Add("state", "another") }, fault.Invalid, "not begun in this browser"},
		{"no code", func(q url.Values) { q.Del("code") }, fault.Invalid, "start again"},
		{"two codes", func(q url.Values) { q.Add("code", "another") }, fault.Invalid, "start again"},
		{"a large code", func(q url.Values) { q.Set("code", strings.Repeat("x", 5000)) }, fault.Invalid, "start again"},
		{"an unknown code", func(q url.Values) { q.Set("code", "another") }, fault.Invalid, "used already"},
		{"a mix-up of issuers", func(q url.Values) { q.Set("iss", "https://evil.example") }, fault.Refused, "could not be verified"},
		{"no issuer though one is promised", func(q url.Values) { q.Del("iss") }, fault.Refused, "could not be verified"},
		{"a refusal with another state", func(q url.Values) { q.Set("state", "x"); q.Set("error", "access_denied") }, fault.Invalid, "not begun in this browser"},
	} {
		t.Run(test.name, func(t *testing.T) {
			state, query := away(t, c)
			test.change(query)
			_, err := c.Finish(t.Context(), state, query, start)
			refused(t, err, test.kind, test.word, "")
		})
	}
}

// TestIssuerThatIsNotPromised: many providers leave it out, and one that is there counts all the same.
func TestIssuerThatIsNotPromised(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	p.document = func(d map[string]any) { delete(d, "authorization_response_iss_parameter_supported") }
	c := open(t, p.config())
	state, query := away(t, c)
	query.Set("iss", "https://evil.example")
	_, err := c.Finish(t.Context(), state, query, start)
	refused(t, err, fault.Refused, "could not be verified", "evil.example")
	query.Del("iss")
	if _, err := c.Finish(t.Context(), state, query, start); err != nil {
		t.Error(err)
	}
}

// TestCodeOfAnotherBrowser: whoever steals a code has not the verifier.
func TestCodeOfAnotherBrowser(t *testing.T) {
	c := open(t, newProvider(t, ecKey(t, "1")).config())
	_, stolen := away(t, c)
	state, query := away(t, c)
	query.Set("code", stolen.Get("code"))
	_, err := c.Finish(t.Context(), state, query, start)
	refused(t, err, fault.Invalid, "start again", "invalid_grant")
}

func TestReplayedCode(t *testing.T) {
	c := open(t, newProvider(t, ecKey(t, "1")).config())
	state, query := away(t, c)
	if _, err := c.Finish(t.Context(), state, query, start); err != nil {
		t.Fatal(err)
	}
	_, err := c.Finish(t.Context(), state, query, start)
	refused(t, err, fault.Invalid, "used already", "invalid_grant")
}

func TestStates(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	c := open(t, p.config())
	state, query := away(t, c)
	_, err := c.Finish(t.Context(), state, query, start.Add(oidc.Lifetime))
	refused(t, err, fault.Invalid, "ten minutes", "")

	other := p.config()
	other.ID = "another"
	_, err = open(t, other).Finish(t.Context(), state, query, start)
	refused(t, err, fault.Invalid, "start again", "")

	_, err = c.Finish(t.Context(), []byte(`{"provider":"harbour","until":"2027-01-01T00:00:00Z"}`), url.Values{"state": {""}}, start)
	refused(t, err, fault.Invalid, "start again", "")

	if _, err = c.Finish(t.Context(), []byte("garbage"), query, start); err == nil || len(fault.Fields(err)) > 0 {
		t.Errorf("a state that the server has spoilt gives %v, want the server's own trouble", err)
	}
	if _, err = c.Finish(t.Context(), state, query, start); err != nil {
		t.Errorf("after all that, the sign-in itself: %v", err)
	}
}

func TestBeginNeedsChanceAndAWayBack(t *testing.T) {
	c := open(t, newProvider(t, ecKey(t, "1")).config())
	if _, _, err := c.Begin(t.Context(), bytes.NewReader(make([]byte, 95)), start, backURL); err == nil {
		t.Error("secrets were made of too little randomness")
	}
	for _, back := range []string{"", "/sign-in/back", "http://portcullis.example/back"} {
		if _, _, err := c.Begin(t.Context(), rand.Reader, start, back); err == nil {
			t.Errorf("the way back %q was taken", back)
		}
	}
}

// TestSecretsDiffer: of one sign-in and of two.
func TestSecretsDiffer(t *testing.T) {
	c := open(t, newProvider(t, ecKey(t, "1")).config())
	seen := map[string]bool{}
	for range 2 {
		location, _, err := c.Begin(t.Context(), rand.Reader, start, backURL)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if value := u.Query().Get(name); len(value) != 43 || seen[value] {
				t.Errorf("%s is %q, which is short or was there before", name, value)
			}
			seen[u.Query().Get(name)] = true
		}
	}
}

func TestProviderDeclines(t *testing.T) {
	c := open(t, newProvider(t, ecKey(t, "1")).config())
	for code, want := range map[string]struct {
		kind fault.Kind
		word string
	}{
		"access_denied":           {fault.Refused, "did not let you in"},
		"login_required":          {fault.Refused, "sign in there first"},
		"temporarily_unavailable": {fault.Conflict, "a few minutes"},
		"server_error":            {fault.Conflict, "a few minutes"},
		"invalid_scope":           {fault.Conflict, "registration"},
		"<b>nonsense</b>":         {fault.Conflict, "registration"},
		"":                        {fault.Conflict, "registration"},
	} {
		t.Run(code, func(t *testing.T) {
			state, query := away(t, c)
			query.Del("code")
			query.Set("error", code)
			query.Set("error_description", "call 555-0100 to be let in")
			_, err := c.Finish(t.Context(), state, query, start)
			refused(t, err, want.kind, want.word, "")
			if strings.Contains(err.Error(), "555") || strings.Contains(err.Error(), "<b>") {
				t.Errorf("the error repeats what anybody may have written: %v", err)
			}
		})
	}
}

func TestTokenEndpointFails(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		kind   fault.Kind
		word   string
	}{
		"nothing":                  {func(http.ResponseWriter) {}, fault.Conflict, "a few minutes"},
		"an error page":            {func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }, fault.Conflict, "a few minutes"},
		"a refusal":                {func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }, fault.Conflict, "registration"},
		"a redirect":               {func(w http.ResponseWriter) { w.Header().Set("Location", "/token"); w.WriteHeader(307) }, fault.Conflict, "a few minutes"},
		"no ID token":              {func(w http.ResponseWriter) { reply(w, `{"access_token":"x","token_type":"Bearer"}`) }, fault.Refused, "not signed in"},
		"an ID token that is none": {func(w http.ResponseWriter) { reply(w, `{"access_token":"x","token_type":"Bearer","id_token":7}`) }, fault.Refused, "not signed in"},
		"a mebibyte and more":      {func(w http.ResponseWriter) { reply(w, `{"access_token":"`+strings.Repeat("x", 2<<20)+`"}`) }, fault.Conflict, "a few minutes"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, ecKey(t, "1"))
			p.answer = test.answer
			c := open(t, p.config())
			state, query := away(t, c)
			_, err := c.Finish(t.Context(), state, query, start)
			refused(t, err, test.kind, test.word, "")
			if n := p.times("/token"); n != 1 {
				t.Errorf("the token endpoint was asked %d times", n)
			}
		})
	}
}

func TestWrongSecret(t *testing.T) {
	p := newProvider(t, ecKey(t, "1"))
	config := p.config()
	config.ClientSecret = "of last year"
	c := open(t, config)
	state, query := away(t, c)
	_, err := c.Finish(t.Context(), state, query, start)
	refused(t, err, fault.Conflict, "registration", "invalid_client")
	if strings.Contains(err.Error(), config.ClientSecret) {
		t.Errorf("the error tells the secret: %v", err)
	}
}
