package account

import (
	"testing"

	"portcullis/web/gate"
)

// TestProviderCookie holds the form by which browsers let no other host of the domain set it: RFC 6265bis,
// section 4.1.3.2.
func TestProviderCookie(t *testing.T) {
	a := &Area{Gate: &gate.Gate{Secure: true}}
	if got, want := a.providerCookie("x", 60).String(), "__Host-portcullis-sign-in=x; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
