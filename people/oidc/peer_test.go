//go:build peers

package oidc_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people/oidc"
)

// peer starts the certified provider in peers/oidc and returns its issuer.
func peer(t *testing.T) string {
	t.Helper()
	var complaints bytes.Buffer
	node := exec.CommandContext(t.Context(), "node", "provider.mjs", backURL)
	node.Dir, node.Stderr = "../../peers/oidc", &complaints
	input, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatalf("node, which Debian's package nodejs has: %v", err)
	}
	t.Cleanup(func() {
		input.Close()
		node.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var said struct{ Issuer string }
		if json.Unmarshal(lines.Bytes(), &said) == nil && said.Issuer != "" {
			go io.Copy(io.Discard, output)
			return said.Issuer
		}
	}
	node.Wait()
	t.Fatalf("the provider did not start (make peers installs it):\n%s", complaints.String())
	return ""
}

// person is a browser with somebody before it.
type person struct {
	t    *testing.T
	http *http.Client
}

func newPerson(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t, &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), backURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

var (
	form   = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"/>`)
	abort  = regexp.MustCompile(`<a href="([^"]+/abort)">`)
)

// walk goes through the provider's forms from location on, and returns the query that leads back. With
// stop, the person calls it off at the first form.
func (p *person) walk(location string, stop bool) url.Values {
	p.t.Helper()
	response, err := p.http.Get(location)
	for range 5 {
		if err != nil {
			p.t.Fatal(err)
		}
		page, err2 := io.ReadAll(response.Body)
		response.Body.Close()
		if err2 != nil {
			p.t.Fatal(err2)
		}
		if back := response.Header.Get("Location"); back != "" {
			u, err := url.Parse(back)
			if err != nil {
				p.t.Fatal(err)
			}
			return u.Query()
		}
		action := form.FindSubmatch(page)
		way := abort.FindSubmatch(page)
		switch {
		case action == nil, stop && way == nil:
			p.t.Fatalf("%s answers %s with no form that is understood:\n%s", response.Request.URL, response.Status, page)
		case stop:
			response, err = p.http.Get(p.absolute(response, way[1]))
		default:
			fields := url.Values{"login": {"ada-7"}, "password": {"anything"}}
			for _, field := range hidden.FindAllSubmatch(page, -1) {
				fields.Set(string(field[1]), string(field[2]))
			}
			response, err = p.http.PostForm(p.absolute(response, action[1]), fields)
		}
	}
	p.t.Fatal("the provider asks and asks")
	return nil
}

func (p *person) absolute(response *http.Response, link []byte) string {
	u, err := response.Request.URL.Parse(html.UnescapeString(string(link)))
	if err != nil {
		p.t.Fatal(err)
	}
	return u.String()
}

func TestCertifiedProvider(t *testing.T) {
	issuer := peer(t)
	begin := func(t *testing.T, clientID, secret string) (*oidc.Client, string, []byte) {
		t.Helper()
		c := open(t, oidc.Provider{ID: "harbour", Name: "Harbour Office account", Issuer: issuer, ClientID: clientID, ClientSecret: secret})
		location, state, err := c.Begin(t.Context(), rand.Reader, time.Now(), backURL)
		if err != nil {
			t.Fatal(err)
		}
		return c, location, state
	}
	for client, secret := range map[string]string{"RS256": clientSecret, "PS256": clientSecret, "ES256": clientSecret, "EdDSA": clientSecret, "public": ""} {
		t.Run(client, func(t *testing.T) {
			c, location, state := begin(t, client, secret)
			query := newPerson(t).walk(location, false)
			got, err := c.Finish(t.Context(), state, query, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			want := oidc.Identity{Provider: "harbour", Issuer: issuer, Subject: "ada-7", Email: "ada-7@harbour.example", EmailVerified: true, Name: "Ada Merrow"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the identity differs (-want +got):\n%s", diff)
			}
			if query.Get("iss") != issuer {
				t.Errorf("the answer came with the issuer %q", query.Get("iss"))
			}
			_, err = c.Finish(t.Context(), state, query, time.Now())
			refused(t, err, fault.Invalid, "used already", "invalid_grant")
		})
	}
	t.Run("called off", func(t *testing.T) {
		c, location, state := begin(t, "RS256", clientSecret)
		_, err := c.Finish(t.Context(), state, newPerson(t).walk(location, true), time.Now())
		refused(t, err, fault.Refused, "called it off", "access_denied")
	})
	t.Run("wrong secret", func(t *testing.T) {
		c, location, state := begin(t, "RS256", "of last year")
		_, err := c.Finish(t.Context(), state, newPerson(t).walk(location, false), time.Now())
		refused(t, err, fault.Conflict, "registration", "invalid_client")
	})
	t.Run("another browser's code", func(t *testing.T) {
		_, location, _ := begin(t, "RS256", clientSecret)
		stolen := newPerson(t).walk(location, false)
		c, location, state := begin(t, "RS256", clientSecret)
		query := newPerson(t).walk(location, false)
		query.Set("code", stolen.Get("code"))
		_, err := c.Finish(t.Context(), state, query, time.Now())
		refused(t, err, fault.Invalid, "start again", "invalid_grant")
	})
	t.Run("signing out there", func(t *testing.T) {
		c, location, _ := begin(t, "RS256", clientSecret)
		someone := newPerson(t)
		someone.walk(location, false)
		if query := someone.walk(c.SignOutURL(backURL), false); len(query) > 0 {
			t.Errorf("the way back says %v", query)
		}
	})
}
