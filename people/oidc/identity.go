package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// skew is how far the provider's clock and ours may differ.
	skew = time.Minute
	// maxSubject is OpenID Connect Core 1.0 §2's.
	maxSubject = 255
)

// Identity is who a provider says has signed in. Issuer and Subject together never mean anybody else;
// the rest is what the provider knows about them, and any of it may be empty.
type Identity struct {
	// Provider is the id of the provider's configuration.
	Provider        string
	Issuer, Subject string
	Email           string
	// EmailVerified says that the provider has checked that the address is theirs.
	EmailVerified bool
	Name          string
}

// claims are those of an ID token (OpenID Connect Core 1.0 §2 and §5.1) that the library does not judge.
type claims struct {
	AuthorizedParty string  `json:"azp"`
	NotBefore       float64 `json:"nbf"` // seconds since 1970
	Email           string  `json:"email"`
	EmailVerified   flag    `json:"email_verified"`
	Name            string  `json:"name"`
}

// identify verifies an ID token: signature, algorithm, issuer, audience and expiry by the library, the
// rest here.
func (c *Client) identify(ctx context.Context, d *discovered, raw, nonce string, now time.Time) (Identity, error) {
	token, err := d.Verifier(&oidc.Config{
		ClientID: c.provider.ClientID,
		// The library allows for no difference between the clocks at a token's end.
		Now: func() time.Time { return now.Add(-skew) },
	}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, c.unverified(err.Error())
	}
	var said claims
	if err := token.Claims(&said); err != nil {
		return Identity{}, c.unverified(err.Error())
	}
	if reason := c.misfit(token, said, nonce, now); reason != "" {
		return Identity{}, c.unverified(reason)
	}
	return Identity{
		Provider: c.provider.ID, Issuer: c.provider.Issuer, Subject: token.Subject,
		Email: said.Email, EmailVerified: bool(said.EmailVerified) && said.Email != "", Name: said.Name,
	}, nil
}

// complete asks the provider for the address and the name where the ID token has no address: those that
// keep to the letter (OpenID Connect Core 1.0 §5.4) tell them to the bearer of the access token alone.
func (c *Client) complete(ctx context.Context, d *discovered, token *oauth2.Token, identity Identity) (Identity, error) {
	info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return Identity{}, c.unreachable(fmt.Errorf("userinfo: %w", err))
	}
	var said claims
	if err := info.Claims(&said); err != nil {
		return Identity{}, c.unverified("userinfo: " + err.Error())
	}
	// §5.3.2: without this, a token put in place of another's would lend its owner's address.
	if info.Subject != identity.Subject {
		return Identity{}, c.unverified("userinfo is of another subject")
	}
	identity.Email, identity.EmailVerified = said.Email, bool(said.EmailVerified) && said.Email != ""
	if identity.Name == "" {
		identity.Name = said.Name
	}
	return identity, nil
}

// misfit tells why a token with a good signature is not the one that was asked for; "" if it is.
func (c *Client) misfit(token *oidc.IDToken, said claims, nonce string, now time.Time) string {
	latest := now.Add(skew)
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return "the ID token has another nonce"
	case token.IssuedAt.After(latest):
		return fmt.Sprintf("the ID token is of %s, which is yet to come", token.IssuedAt.UTC().Format(time.RFC3339))
	case said.NotBefore > float64(latest.Unix()):
		return "the ID token is not valid yet"
	case said.AuthorizedParty != "" && said.AuthorizedParty != c.provider.ClientID:
		return fmt.Sprintf("the ID token was made for %q", said.AuthorizedParty)
	case said.AuthorizedParty == "" && len(token.Audience) > 1:
		return "the ID token is for several clients, and does not say for which it was made"
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return fmt.Sprintf("the ID token has a subject of %d bytes", len(token.Subject))
	}
	return ""
}

// flag is a boolean that some providers write as text. What is neither is not true.
type flag bool

func (f *flag) UnmarshalJSON(text []byte) error {
	var said any
	if err := json.Unmarshal(text, &said); err != nil {
		return err
	}
	*f = said == true || said == "true"
	return nil
}
