package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portcullis/internal/fault"
)

const (
	// Lifetime is how long a person may take at the provider: passwords are looked up, phones fetched.
	Lifetime = 10 * time.Minute

	secretSize = 32      // bytes of a state, nonce or verifier
	maxParam   = 4 << 10 // bytes of a parameter of the provider's answer
)

// state is what the two halves of a sign-in share.
type state struct {
	Provider string    `json:"provider"`
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"` // of PKCE
	Redirect string    `json:"redirect"`
	Until    time.Time `json:"until"`
}

// Begin starts a sign-in: location is where to send the browser, and redirectURL where the provider
// sends it back to, an absolute address of this server that is registered with the provider. chance is a
// source of secret randomness. A provider that cannot be reached is a fault of kind Conflict.
func (c *Client) Begin(ctx context.Context, chance io.Reader, now time.Time, redirectURL string) (location string, text []byte, err error) {
	if _, err := secureURL(redirectURL, true); err != nil {
		return "", nil, fmt.Errorf("the address %q for the way back from %s: %w", redirectURL, c.provider.ID, err)
	}
	d, err := c.discover(ctx, now)
	if err != nil {
		return "", nil, err
	}
	s := state{Provider: c.provider.ID, Redirect: redirectURL, Until: now.Add(Lifetime).UTC()}
	for _, secret := range []*string{&s.State, &s.Nonce, &s.Verifier} {
		random := make([]byte, secretSize)
		if _, err := io.ReadFull(chance, random); err != nil {
			return "", nil, fmt.Errorf("secrets for a sign-in with %s: %w", c.provider.ID, err)
		}
		*secret = base64.RawURLEncoding.EncodeToString(random)
	}
	if text, err = json.Marshal(s); err != nil {
		return "", nil, fmt.Errorf("the state of a sign-in with %s: %w", c.provider.ID, err)
	}
	location = c.oauth(d, redirectURL).AuthCodeURL(s.State, oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier))
	return location, text, nil
}

// Finish ends a sign-in with the query that the browser came back with, and returns who the provider
// says it is.
func (c *Client) Finish(ctx context.Context, text []byte, query url.Values, now time.Time) (Identity, error) {
	s, err := c.resume(text, query, now)
	if err != nil {
		return Identity{}, err
	}
	d, err := c.discover(ctx, now)
	if err != nil {
		return Identity{}, err
	}
	if err := c.answered(d, query); err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, c.http)
	token, err := c.oauth(d, s.Redirect).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return Identity{}, c.notExchanged(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Identity{}, c.unverified("the token endpoint's answer has no ID token")
	}
	identity, err := c.identify(ctx, d, raw, s.Nonce, now)
	if err != nil || identity.Email != "" || d.UserInfoEndpoint() == "" {
		return identity, err
	}
	return c.complete(ctx, d, token, identity)
}

// resume reads a state for the second half, and holds the query's state against it: only the browser
// that began may finish (RFC 6749 §10.12).
func (c *Client) resume(text []byte, query url.Values, now time.Time) (state, error) {
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return state{}, fmt.Errorf("the state of a sign-in with %s: %w", c.provider.ID, err)
	}
	for _, name := range []string{"state", "code", "iss", "error"} {
		if values := query[name]; len(values) > 1 || len(values) == 1 && len(values[0]) > maxParam {
			return state{}, c.stray()
		}
	}
	switch {
	case s.Provider != c.provider.ID || s.State == "" || s.Nonce == "" || s.Verifier == "":
		return state{}, c.stray()
	case subtle.ConstantTimeCompare([]byte(s.State), []byte(query.Get("state"))) != 1:
		return state{}, c.stray()
	case !now.Before(s.Until):
		return state{}, fault.New(fault.Invalid, "signing in with %s took longer than ten minutes, so it was called off: start again", c.provider.Name)
	}
	return s, nil
}

// answered checks who answers (RFC 9207), and that it is with a code.
func (c *Client) answered(d *discovered, query url.Values) error {
	if query.Has("iss") || d.TellsIssuer {
		if iss := query.Get("iss"); iss != c.provider.Issuer {
			return c.unverified(fmt.Sprintf("the answer is of the issuer %q, not of %q", iss, c.provider.Issuer))
		}
	}
	if query.Has("error") {
		return c.declined(query.Get("error"))
	}
	if query.Get("code") == "" {
		return c.stray()
	}
	return nil
}
