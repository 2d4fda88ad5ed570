package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// requestTime is how long one request to a provider may take, and maxBody how many bytes it may answer.
	requestTime = 10 * time.Second
	maxBody     = 1 << 20
	// lookupAge is when what a provider publishes of itself is fetched again: its addresses may change,
	// and a server runs for months. Its keys are fetched whenever one is unknown.
	lookupAge = time.Hour
)

// Client signs people in with one provider. It is safe for concurrent use.
type Client struct {
	provider Provider
	http     *http.Client
	found    atomic.Pointer[discovered]
}

// discovered is what a provider publishes of itself.
type discovered struct {
	*oidc.Provider
	metadata
	at time.Time
}

// metadata are members of the provider's document (OpenID Connect Discovery 1.0 §3, RFC 9207 §3,
// RP-Initiated Logout 1.0 §2.1) beside those that the library reads.
type metadata struct {
	Keys            string   `json:"jwks_uri"`
	EndSession      string   `json:"end_session_endpoint"`
	TellsIssuer     bool     `json:"authorization_response_iss_parameter_supported"`
	Authentications []string `json:"token_endpoint_auth_methods_supported"`
}

// Open checks what is said of a provider. It does not ask the provider anything yet.
func Open(p Provider) (*Client, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p.Scopes = slices.Clone(p.Scopes)
	return &Client{provider: p, http: &http.Client{
		Transport:     bounded{http.DefaultTransport},
		Timeout:       requestTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Provider is what the client was opened with, without the secret.
func (c *Client) Provider() Provider {
	p := c.provider
	p.ClientSecret = ""
	return p
}

// discover returns what the provider says of itself, asking it where that is not known or old. A
// provider that was known and does not answer now is taken to be as it was.
func (c *Client) discover(ctx context.Context, now time.Time) (*discovered, error) {
	last := c.found.Load()
	if last != nil && now.Sub(last.at) < lookupAge {
		return last, nil
	}
	d, err := c.lookup(ctx)
	switch {
	case err == nil:
		d.at = now
		c.found.Store(d)
		return d, nil
	case last != nil:
		return last, nil
	default:
		return nil, c.unreachable(err)
	}
}

func (c *Client) lookup(ctx context.Context) (*discovered, error) {
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, c.http), c.provider.Issuer)
	if err != nil {
		return nil, err
	}
	d := &discovered{Provider: p}
	if err := p.Claims(&d.metadata); err != nil {
		return nil, fmt.Errorf("the provider's document: %w", err)
	}
	local := strings.HasPrefix(c.provider.Issuer, "http://")
	endpoints := []string{p.Endpoint().AuthURL, p.Endpoint().TokenURL, d.Keys}
	for _, optional := range []string{d.EndSession, p.UserInfoEndpoint()} {
		if optional != "" {
			endpoints = append(endpoints, optional)
		}
	}
	for _, endpoint := range endpoints {
		if _, err := secureURL(endpoint, local); err != nil {
			return nil, fmt.Errorf("the provider's document names the address %q: %w", endpoint, err)
		}
	}
	return d, nil
}

// oauth is the OAuth 2.0 side of the client. The way to authenticate is taken from the provider's
// document rather than tried out, because a try uses up the code.
func (c *Client) oauth(d *discovered, redirectURL string) *oauth2.Config {
	endpoint := d.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	basic := len(d.Authentications) == 0 || slices.Contains(d.Authentications, "client_secret_basic")
	if c.provider.ClientSecret == "" || !basic {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: c.provider.ClientID, ClientSecret: c.provider.ClientSecret,
		Endpoint: endpoint, RedirectURL: redirectURL, Scopes: c.provider.scopes(),
	}
}

// SignOutURL is where to send the browser so that the provider signs the person out as well
// (RP-Initiated Logout 1.0); it sends them on to returnTo, if it knows that address as one of this
// server's. It is empty where the provider has no such thing, or has not been reached since the start.
func (c *Client) SignOutURL(returnTo string) string {
	d := c.found.Load()
	if d == nil || d.EndSession == "" {
		return ""
	}
	u, err := url.Parse(d.EndSession)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set("client_id", c.provider.ClientID)
	query.Set("post_logout_redirect_uri", returnTo)
	u.RawQuery = query.Encode()
	return u.String()
}

// bounded lets a response have no more than maxBody bytes: the libraries read all of it into memory.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = &boundedBody{ReadCloser: response.Body, left: maxBody}
	}
	return response, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

var errLarge = errors.New("the provider's answer is too large")

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errLarge
	}
	return n, err
}
