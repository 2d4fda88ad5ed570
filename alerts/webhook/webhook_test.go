package webhook_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"portcullis/alerts"
	"portcullis/alerts/webhook"
)

var here = webhook.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Plain: true}

func outgoing(t *testing.T, url string, ids ...string) (batch []alerts.Outgoing) {
	t.Helper()
	secret, err := alerts.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		batch = append(batch, alerts.Outgoing{
			ID: id, Kind: "register.decided", Subject: "Cleared", Text: "Signal may be used.", Link: "https://apps.example.gov/requests/4",
			Reference: "PC-4", Put: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), Attempted: time.Now(), URL: url, Secret: secret,
		})
	}
	return batch
}

// send sends a batch and returns the replies.
func send(t *testing.T, ctx context.Context, c webhook.Config, batch []alerts.Outgoing) map[string]alerts.Reply {
	t.Helper()
	got := map[string]alerts.Reply{}
	var mu sync.Mutex
	webhook.New(c).Send(ctx, batch, func(r alerts.Reply) {
		mu.Lock()
		defer mu.Unlock()
		if _, twice := got[r.ID]; twice {
			t.Errorf("%s was replied to twice", r.ID)
		}
		got[r.ID] = r
	})
	return got
}

func TestRequest(t *testing.T) {
	var body []byte
	var headers http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer s.Close()
	batch := outgoing(t, s.URL+"/hooks?x=1", "d1")
	if got := send(t, t.Context(), here, batch)["d1"]; got.Outcome != alerts.Accepted || got.Text != "202 " {
		t.Fatalf("%+v", got)
	}
	w, err := standard.NewWebhook(batch[0].Secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Verify(body, headers); err != nil {
		t.Error(err)
	}
	if err := w.Verify(append(body, ' '), headers); err == nil {
		t.Error("the body can be changed")
	}
	if headers.Get("webhook-id") != "d1" || headers.Get("Content-Type") != "application/json" {
		t.Errorf("the headers are %v", headers)
	}
	var got webhook.Body
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	want := webhook.Body{Type: "register.decided", Timestamp: "2026-11-22T09:30:00Z",
		Data: webhook.Data{Subject: "Cleared", Text: "Signal may be used.", Link: "https://apps.example.gov/requests/4", Reference: "PC-4"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReplies(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/busy":
			http.Error(w, "try\nlater", http.StatusServiceUnavailable)
		case "/wrong":
			http.Error(w, "no", http.StatusBadRequest)
		case "/cut":
			panic(http.ErrAbortHandler)
		}
	}))
	defer s.Close()
	for path, want := range map[string]alerts.Reply{
		"/":      {Outcome: alerts.Accepted, Text: "200 "},
		"/moved": {Outcome: alerts.Later, Text: "302 "},
		"/gone":  {Outcome: alerts.Gone, Text: "410 "},
		"/busy":  {Outcome: alerts.Later, Text: "503 try"},
		"/wrong": {Outcome: alerts.Later, Text: "400 no"},
		"/cut":   {Outcome: alerts.Unknown, Text: "EOF"},
	} {
		want.ID = "d"
		if diff := cmp.Diff(want, send(t, t.Context(), here, outgoing(t, s.URL+path, "d"))["d"]); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if reached {
		t.Error("a redirect was followed")
	}
	if got := send(t, t.Context(), here, outgoing(t, "", "d"))["d"]; got.Outcome != alerts.Gone {
		t.Errorf("an endpoint that is switched off: %+v", got)
	}
}

func TestPlainHTTPOnlyWhereAllowed(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was reached") }))
	defer s.Close()
	c := here
	c.Plain = false
	if got := send(t, t.Context(), c, outgoing(t, s.URL, "d"))["d"]; got.Outcome != alerts.Later || !strings.Contains(got.Text, "https") {
		t.Errorf("%+v", got)
	}
}

// The name localhost stands for a name that was harmless when somebody looked and is not when it is
// dialled.
func TestInnerAddressesAreNotDialled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan struct{}, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- struct{}{}
			_ = c.Close()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "127.1.2.3", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]", "10.0.0.1", "172.16.9.9",
		"192.168.1.1", "169.254.169.254", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[fec0::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::7f00:1]", "224.0.0.1",
		"255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.0.8"} {
		got := send(t, t.Context(), webhook.Config{Plain: true}, outgoing(t, "http://"+host+":"+port+"/", "d"))["d"]
		if got.Outcome != alerts.Later || !strings.Contains(got.Text, "is not of the open internet") {
			t.Errorf("%s: %+v", host, got)
		}
	}
	if len(accepted) > 0 {
		t.Error("a connection was made")
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was reached") }))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = nil
	s.StartTLS()
	defer s.Close()
	if got := send(t, t.Context(), here, outgoing(t, s.URL, "d"))["d"]; got.Outcome != alerts.Later || !strings.Contains(got.Text, "certificate") {
		t.Errorf("%+v", got)
	}
}

func TestStopping(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stop() }))
	defer s.Close()
	var ids []string
	for i := range 20 {
		ids = append(ids, string(rune('a'+i)))
	}
	got := send(t, ctx, here, outgoing(t, s.URL, ids...))
	count := map[alerts.Outcome]int{}
	for _, r := range got {
		count[r.Outcome]++
	}
	if len(got) != 20 || count[alerts.Accepted] == 0 || count[alerts.Untried] == 0 || count[alerts.Accepted]+count[alerts.Untried] != 20 {
		t.Errorf("the outcomes are %v", count)
	}
}
