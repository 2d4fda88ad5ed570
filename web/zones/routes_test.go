package zones_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/web/gate"
	"portcullis/web/zones"
)

// server knows one zone behind one secret, fails as it is told to, and counts who fetched it.
type server struct {
	err     error
	fetched int
}

func (s *server) Text(secret, name string) (enforce.ZoneText, error) {
	if secret != "secret" || name != "rpz.harbour.example" {
		return enforce.ZoneText{}, fault.New(fault.NotFound, "There is no such zone")
	}
	return enforce.ZoneText{ETag: `"7-abc"`, Data: []byte("; a zone\n"), Fetched: func() { s.fetched++ }}, s.err
}

func TestZones(t *testing.T) {
	s, metrics, mux := &server{}, prometheus.NewRegistry(), http.NewServeMux()
	g := &gate.Gate{Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	for _, r := range zones.New(s, metrics, g.Log).Routes() {
		mux.Handle(r.Pattern, g.Guard(r))
	}
	get := func(method, path, has string, more ...string) *http.Response {
		t.Helper()
		r := httptest.NewRequest(method, path, nil)
		if has != "" {
			r.Header.Set("If-None-Match", has)
		}
		for _, part := range more {
			r.Header.Set("Range", part)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Result()
	}
	const path = "/zones/secret/rpz.harbour.example"
	for _, c := range []struct {
		method, path, has string
		err               error
		status, length    int
	}{
		{"GET", path, "", nil, 200, 9},
		{"HEAD", path, "", nil, 200, 9},
		{"GET", path, `"6-abc"`, nil, 200, 9},
		{"GET", path, `W/"7-abc", "x"`, nil, 304, 0},
		{"GET", "/zones/Secret/rpz.harbour.example", `"7-abc"`, nil, 404, 22},
		{"GET", "/zones/secret/rpz.tower.example", "", nil, 404, 22},
		{"GET", path, "", fault.ErrUnavailable, 503, 45},
		{"GET", path, "", errors.New("private"), 500, 39},
		{"POST", path, "", nil, 405, 19},
	} {
		s.err = c.err
		got := get(c.method, c.path, c.has)
		if got.StatusCode != c.status || c.method == "GET" && int(max(got.ContentLength, 0)) != c.length && c.status < 400 {
			t.Errorf("%+v: %d, %d bytes", c, got.StatusCode, got.ContentLength)
		}
		switch h := got.Header; {
		case got.StatusCode < 400 && (h.Get("ETag") != `"7-abc"` || h.Get("Last-Modified") != "" || h.Get("Cache-Control") != "private, no-cache"):
			t.Errorf("%+v: %v", c, h)
		case got.StatusCode == 200 && h.Get("Content-Type") != "text/dns":
			t.Errorf("%+v: %v", c, h)
		case got.StatusCode == 503 && h.Get("Retry-After") == "", got.StatusCode >= 400 && h.Get("ETag") != "":
			t.Errorf("%+v: %v", c, h)
		}
	}
	s.err = nil
	if s.fetched != 3 { // twice whole, and once it was there already
		t.Errorf("noted that it was fetched: %d times", s.fetched)
	}
	if got := get("GET", path, "", "bytes=0-3"); got.StatusCode != 206 || s.fetched != 3 {
		t.Errorf("a part: %d, fetched %d times", got.StatusCode, s.fetched)
	}
	counted, err := metrics.Gather()
	if err != nil || len(counted) != 1 || len(counted[0].Metric) != 6 || !strings.Contains(counted[0].Metric[2].String(), `"304"`) {
		t.Errorf("%v: %v", err, counted)
	}
}
