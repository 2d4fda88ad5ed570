package web_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/handbook"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting"
	"portcullis/web"
	"portcullis/web/gate"
)

// served is a ledger with a head and one tile.
func served(_ context.Context, path string) (*ledger.Resource, error) {
	switch path {
	case "/checkpoint":
		return &ledger.Resource{Body: []byte("head"), Type: "text/plain"}, nil
	case "/tile/0/000":
		return &ledger.Resource{Body: []byte{1, 2}, Type: "application/octet-stream", Immutable: true}, nil
	case "/broken":
		return nil, errors.New("secret detail")
	}
	return nil, nil
}

// TestPlaces: whoever has a role finds the places of its work at the beginning, and all others behind them.
func TestPlaces(t *testing.T) {
	g := &gate.Gate{Navigation: web.Navigation, First: web.First}
	for _, own := range web.First {
		who := people.Who{Person: "p"}
		if own.Role != "" {
			who.Grants = []people.Grant{{Role: own.Role, Organisation: people.Everywhere}}
		}
		first, more := g.Places(who)
		if len(first) > 7 || first[0].Href != "/" {
			t.Errorf("%s begins with %v", own.Role, first)
		}
		for i, path := range own.Paths {
			if i+1 >= len(first) || first[i+1].Href != path {
				t.Errorf("%s: %s is not in its place in %v", own.Role, path, first)
			}
		}
		all := 0
		for _, place := range web.Navigation {
			if place.Shown(who) {
				all++
			}
		}
		if len(first)+len(more) != all {
			t.Errorf("%s: %d and %d places, of %d", own.Role, len(first), len(more), all)
		}
	}
}

func TestRoutes(t *testing.T) {
	tests := []struct {
		method, path string
		ready        error
		status       int
		body, cache  string
	}{
		{"GET", "/", nil, 200, "One register of decisions", "no-store"},
		{"HEAD", "/", nil, 200, "", "no-store"},
		{"GET", "/components", nil, 200, "Components", "no-store"},
		{"GET", "/ledger", nil, 303, "", ""},
		{"GET", "/healthz", errors.New("down"), 200, "ok", ""},
		{"GET", "/readyz", nil, 200, "ready", ""},
		{"GET", "/readyz", errors.New("secret detail"), 503, "not ready", ""},
		{"GET", "/metrics", nil, 200, "portcullis_http_requests_total", ""},
		{"GET", "/ledger/checkpoint", nil, 200, "head", "no-cache"},
		{"GET", "/ledger/tile/0/000", nil, 200, "\x01\x02", "public, max-age=31536000, immutable"},
		{"GET", "/ledger/tile/0/999", nil, 404, "nothing there", ""},
		{"GET", "/ledger/broken", nil, 503, "cannot be read", ""},
		{"GET", "/nothing", nil, 404, "There is no page at this address", "no-store"},
		{"GET", "/api/v1/nothing", nil, 404, `"status":404`, ""},
		{"GET", "/api/v1/persons", nil, 401, `"status":401`, ""},
		{"GET", "/sign-in?to=//evil.example", nil, 200, `value="/"`, "no-store"},
		{"POST", "/healthz", nil, 404, "", ""},
		{"POST", "/sign-out", nil, 403, "", ""},
	}
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		e := newEstate(t, open(testClock.Now))
		for _, test := range tests {
			parts := e.parts
			parts.Metrics = prometheus.NewRegistry()
			parts.Ready, parts.Ledger = func(context.Context) error { return test.ready }, served
			handler := web.Handler(parts)
			if test.path == "/metrics" {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/healthz", nil))
			}
			r := httptest.NewRequest(test.method, test.path, nil)
			if test.status == 403 {
				r.Header.Set("Sec-Fetch-Site", "cross-site")
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			body, err := io.ReadAll(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if w.Code != test.status || !strings.Contains(string(body), test.body) || strings.Contains(string(body), "secret") {
				t.Errorf("%s %s: %d %s", test.method, test.path, w.Code, body)
			}
			if test.cache != "" && w.Header().Get("Cache-Control") != test.cache {
				t.Errorf("%s: Cache-Control %q", test.path, w.Header().Get("Cache-Control"))
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: Content-Security-Policy %q", test.path, csp)
			}
		}
	})
}

// schemas are the tables that the pages read.
var schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, handbook.Schema, register.Schema, devices.Schema, enforce.Schema, approvals.Schema, vetting.Schema}
