//go:build peers

package account_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"

	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/people/oidc"
)

// provider starts the certified provider in peers/oidc, which sends browsers back to the given address.
func provider(t *testing.T, back string) (issuer string) {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", "provider.mjs", back)
	node.Dir = "../../peers/oidc"
	input, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := node.StdoutPipe()
	if err == nil {
		err = node.Start()
	}
	if err != nil {
		t.Fatalf("node, which Debian's package nodejs has: %v", err)
	}
	t.Cleanup(func() {
		input.Close()
		_ = node.Wait() // it ends as its input does
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var said struct{ Issuer string }
		if json.Unmarshal(lines.Bytes(), &said) == nil && said.Issuer != "" {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return said.Issuer
		}
	}
	t.Fatal("the provider did not start: make peers installs it")
	return ""
}

// TestSigningInWithProvider goes all the way in a browser: to the provider, through its forms, and back; for
// somebody who is known here, and for somebody who is not.
func TestSigningInWithProvider(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open, func(url string) *oidc.Client {
			client, err := oidc.Open(oidc.Provider{
				ID: "harbour", Name: "Harbour Office account", ClientID: "ES256", ClientSecret: "a secret: with / and %",
				Issuer: provider(t, url+"/sign-in/back/harbour"),
			})
			if err != nil {
				t.Fatal(err)
			}
			return client
		})
		command := people.Actor{Command: true}
		if _, err := s.people.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: "harbour", Name: "Harbour Office"}); err != nil {
			t.Fatal(err)
		}
		ada, err := s.people.AddPerson(t.Context(), command, "harbour", people.Particulars{Name: "Ada Quay", Mail: "Ada-7@harbour.example"})
		if err != nil {
			t.Fatal(err)
		}
		b := browsertest.Open(t)
		as := func(login string) {
			t.Helper()
			b.Go(s.url + "/sign-in?to=/account")
			b.Submit(`main a[role="button"]`)
			b.Type(`input[name="login"]`, login)
			b.Type(`input[name="password"]`, "anything")
			b.Submit(`button[type="submit"]`) // who it is
			b.Submit(`button[type="submit"]`) // and that this server may know
		}
		as("ada-7")
		if got := b.Address(); got != "/account" {
			t.Fatalf("signing in leads to %s: %s", got, b.Text("body"))
		}
		if got := b.Text("main"); !strings.Contains(got, "Ada Quay") {
			t.Errorf("who has signed in sees %s", got)
		}
		// The address passes to somebody else; the account does not.
		changed := people.Particulars{Name: "Ada Quay", UserName: ada.UserName, Mail: "quay@harbour.example"}
		if _, err := s.people.ChangePerson(t.Context(), command, ada.ID, people.PersonChange{Particulars: &changed}); err != nil {
			t.Fatal(err)
		}
		b.Submit("header form button")
		b.Go(s.url + "/sign-in?to=/account")
		b.Submit(`main a[role="button"]`) // the provider remembers
		if got := b.Address(); got != "/account" {
			t.Errorf("signing in again leads to %s", got)
		}

		stranger := browsertest.Open(t)
		b = stranger
		as("grace-9")
		if got := b.Text("main"); !strings.Contains(got, "nobody here has that mail address") {
			t.Errorf("who is not known sees %s", got)
		}
		b.Accessible()
	})
}
