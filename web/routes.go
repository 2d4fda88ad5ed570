package web

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"portcullis/ledger"
)

// Permission is what one must have to use a route.
type Permission string

// Public routes are for everybody, signed in or not.
const Public Permission = "public"

// Route is one path of the server.
type Route struct {
	Pattern    string // as http.ServeMux takes it, with its method
	Permission Permission
	Handler    http.Handler
}

// Parts are the rooms' operations that routes show.
type Parts struct {
	// Ready tells whether the server can do its work, and if not why.
	Ready func(ctx context.Context) error
	// Ledger returns what the ledger serves at a path, as C2SP tlog-tiles has it: /checkpoint and
	// /tile/…. It is nil where there is nothing.
	Ledger func(ctx context.Context, path string) (*ledger.Resource, error)
	// Metrics are shown to Prometheus.
	Metrics *prometheus.Registry
}

// Routes are all routes of the server.
func Routes(p Parts) []Route {
	return []Route{
		{"GET /{$}", Public, http.HandlerFunc(front)},
		{"GET /healthz", Public, http.HandlerFunc(healthy)},
		{"GET /readyz", Public, ready(p.Ready)},
		{"GET /metrics", Public, promhttp.HandlerFor(p.Metrics, promhttp.HandlerOpts{})},
		{"GET /ledger/{path...}", Public, tiles(p.Ledger)},
	}
}

// Handler serves the routes. Posts from other sites are refused, and every answer forbids what a
// page of this server never does.
func Handler(p Parts) http.Handler {
	mux := http.NewServeMux()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_http_requests_total", Help: "Requests by route and status."}, []string{"route", "code"})
	p.Metrics.MustRegister(requests)
	for _, r := range Routes(p) {
		mux.Handle(r.Pattern, promhttp.InstrumentHandlerCounter(requests.MustCurryWith(prometheus.Labels{"route": r.Pattern}), r.Handler))
	}
	return headers(http.NewCrossOriginProtection().Handler(mux))
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
