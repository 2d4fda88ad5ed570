package web

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/ledger"
)

func parts(ready error) Parts {
	return Parts{
		Ready: func(context.Context) error { return ready },
		Ledger: func(_ context.Context, path string) (*ledger.Resource, error) {
			switch path {
			case "/checkpoint":
				return &ledger.Resource{Body: []byte("head"), Type: "text/plain"}, nil
			case "/tile/0/000":
				return &ledger.Resource{Body: []byte{1, 2}, Type: "application/octet-stream", Immutable: true}, nil
			case "/broken":
				return nil, errors.New("secret detail")
			}
			return nil, nil
		},
		Metrics: prometheus.NewRegistry(),
	}
}

// TestEveryRouteHasAPermission fails for a route that says none.
func TestEveryRouteHasAPermission(t *testing.T) {
	for _, r := range Routes(parts(nil)) {
		if r.Permission == "" {
			t.Errorf("%s names no permission", r.Pattern)
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
		{"GET", "/", nil, 200, "Portcullis is running", ""},
		{"GET", "/healthz", errors.New("down"), 200, "ok", ""},
		{"GET", "/readyz", nil, 200, "ready", ""},
		{"GET", "/readyz", errors.New("secret detail"), 503, "not ready", ""},
		{"GET", "/metrics", nil, 200, "portcullis_http_requests_total", ""},
		{"GET", "/ledger/checkpoint", nil, 200, "head", "no-cache"},
		{"GET", "/ledger/tile/0/000", nil, 200, "\x01\x02", "public, max-age=31536000, immutable"},
		{"GET", "/ledger/tile/0/999", nil, 404, "nothing there", ""},
		{"GET", "/ledger/broken", nil, 503, "cannot be read", ""},
		{"GET", "/nothing", nil, 404, "not found", ""},
		{"POST", "/healthz", nil, 405, "", ""},
		{"POST", "/", nil, 403, "", ""},
	}
	for _, test := range tests {
		handler := Handler(parts(test.ready))
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
}
