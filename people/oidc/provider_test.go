package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/people/oidc"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const (
	clientID     = "portcullis"
	clientSecret = "a secret: with / and %"
	accessToken  = "an access token"
	backURL      = "https://portcullis.example/sign-in/harbour/back"
)

// key signs ID tokens.
type key struct {
	id, algorithm string
	private       crypto.Signer
}

func rsaKey(t testing.TB, id string) key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key{id, "RS256", private}
}

func ecKey(t testing.TB, id string) key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key{id, "ES256", private}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwk is the public key as RFC 7517 has it.
func (k key) jwk(t testing.TB) map[string]string {
	m := map[string]string{"kid": k.id, "alg": k.algorithm, "use": "sig"}
	switch public := k.private.Public().(type) {
	case *rsa.PublicKey:
		m["kty"], m["n"], m["e"] = "RSA", encode(public.N.Bytes()), encode(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		m["kty"], m["crv"], m["x"], m["y"] = "EC", "P-256", encode(point[1:33]), encode(point[33:])
	}
	return m
}

// sign makes a JWT in the compact form of RFC 7515.
func (k key) sign(t testing.TB, claims map[string]any) string {
	header, err := json.Marshal(map[string]string{"alg": k.algorithm, "kid": k.id, "typ": "JWT"})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	text := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	switch private := k.private.(type) {
	case *rsa.PrivateKey:
		signature, err = rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	case *ecdsa.PrivateKey:
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, private, sum[:])
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + encode(signature)
}

// grant is what a code stands for.
type grant struct{ nonce, challenge, redirect string }

// provider is a small OpenID provider that lets everybody in as Ada at once. A test changes its fields,
// between requests, to have it misbehave.
type provider struct {
	*httptest.Server
	t testing.TB

	mu     sync.Mutex
	codes  map[string]grant
	keys   []key // published; the first signs
	asked  map[string]int
	public bool // the client has no secret
	down   bool
	// document changes what is published, claims the claims, token the whole ID token, and answer the
	// whole answer of the token endpoint.
	document func(map[string]any)
	claims   func(map[string]any)
	token    func(signed string) string
	answer   func(w http.ResponseWriter)
	userinfo string // what the userinfo endpoint answers; "" where there is none
}

func newProvider(t testing.TB, k key) *provider {
	p := &provider{t: t, codes: map[string]grant{}, asked: map[string]int{}, keys: []key{k}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.exchange)
	mux.HandleFunc("GET /keys", p.published)
	mux.HandleFunc("GET /userinfo", p.info)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked[r.URL.Path]++
		if p.down {
			http.Error(w, "out for lunch", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// times is how often a path was asked for.
func (p *provider) times(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// set changes the provider between requests.
func (p *provider) set(change func(*provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *provider) write(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		p.t.Error(err)
	}
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	algorithms := []string{"none", "HS256"}
	for _, k := range p.keys {
		algorithms = append(algorithms, k.algorithm)
	}
	document := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": algorithms,
		"authorization_response_iss_parameter_supported": true,
		"end_session_endpoint":                           p.URL + "/end?tenant=harbour",
	}
	if p.userinfo != "" {
		document["userinfo_endpoint"] = p.URL + "/userinfo"
	}
	if p.document != nil {
		p.document(document)
	}
	p.write(w, document)
}

func (p *provider) published(w http.ResponseWriter, _ *http.Request) {
	var keys []map[string]string
	for _, k := range p.keys {
		keys = append(keys, k.jwk(p.t))
	}
	p.write(w, map[string]any{"keys": keys})
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != clientID || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid email profile" {
		p.t.Errorf("asked to authorise with %v", q)
	}
	code := rand.Text()
	p.codes[code] = grant{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
	back := url.Values{"state": {q.Get("state")}, "code": {code}, "iss": {p.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *provider) exchange(w http.ResponseWriter, r *http.Request) {
	if p.answer != nil {
		p.answer(w)
		return
	}
	id, secret, basic := r.BasicAuth()
	if basic {
		secret, _ = url.QueryUnescape(secret) // RFC 6749 §2.3.1
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if want := map[bool]string{false: clientSecret}[p.public]; id != clientID || secret != want {
		p.fail(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	g, found := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !found || g.challenge != encode(challenge[:]) || g.redirect != r.PostFormValue("redirect_uri") {
		p.fail(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	claims := map[string]any{
		"iss": p.URL, "aud": clientID, "sub": "ada-7", "nonce": g.nonce,
		"iat": start.Unix(), "exp": start.Add(time.Hour).Unix(),
		"email": "ada@harbour.example", "email_verified": true, "name": "Ada Merrow",
	}
	if p.claims != nil {
		p.claims(claims)
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	token := p.keys[0].sign(p.t, claims)
	if p.token != nil {
		token = p.token(token)
	}
	p.write(w, map[string]any{"access_token": accessToken, "token_type": "Bearer", "id_token": token})
}

func (p *provider) info(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+accessToken {
		p.t.Errorf("userinfo was asked for with %q", r.Header.Get("Authorization"))
	}
	reply(w, p.userinfo)
}

func reply(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, body)
}

func (p *provider) fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":%q,"error_description":"<b>anything</b>"}`, code)
}

// config is what an operator would say of the provider.
func (p *provider) config() oidc.Provider {
	return oidc.Provider{ID: "harbour", Name: "Harbour Office account", Issuer: p.URL, ClientID: clientID, ClientSecret: clientSecret}
}

func open(t testing.TB, p oidc.Provider) *oidc.Client {
	t.Helper()
	c, err := oidc.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// visit goes to location as a browser does, and returns the query that comes back with it.
func visit(t testing.TB, location string) url.Values {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.Get(location)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	back, found := strings.CutPrefix(response.Header.Get("Location"), backURL+"?")
	if !found {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("the browser is sent to %q, not back: %s", response.Header.Get("Location"), body)
	}
	query, err := url.ParseQuery(back)
	if err != nil {
		t.Fatal(err)
	}
	return query
}

// away begins a sign-in and visits the provider.
func away(t testing.TB, c *oidc.Client) (state []byte, query url.Values) {
	t.Helper()
	location, state, err := c.Begin(t.Context(), rand.Reader, start, backURL)
	if err != nil {
		t.Fatal(err)
	}
	return state, visit(t, location)
}
