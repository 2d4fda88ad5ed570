package web

import (
	"context"
	"net/http"
	"time"

	"portcullis/ledger"
	"portcullis/web/ui"
)

// answer writes text. What the other side no longer takes cannot be told to anybody.
func answer(w http.ResponseWriter, status int, kind, text string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

const plainText = "text/plain; charset=utf-8"

func healthy(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, plainText, "ok\n") }

// ready answers 200 where the server can work and 503 where it cannot. The reason is for the log: it
// may name what outsiders need not know.
func ready(check func(ctx context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := check(r.Context()); err != nil {
			w.Header().Set("Retry-After", ui.RetryAfter)
			answer(w, http.StatusServiceUnavailable, plainText, "not ready: the server's log says why\n")
			return
		}
		answer(w, http.StatusOK, plainText, "ready\n")
	})
}

// tileTime is how long a tile may take: it is read by its key.
const tileTime = 5 * time.Second

// tiles serves the ledger. What is immutable may be kept by whoever got it.
func tiles(get func(ctx context.Context, path string) (*ledger.Resource, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), tileTime)
		defer cancel()
		resource, err := get(ctx, "/"+r.PathValue("path"))
		switch {
		case err != nil:
			w.Header().Set("Retry-After", ui.RetryAfter)
			answer(w, http.StatusServiceUnavailable, plainText, "the ledger cannot be read just now\n")
			return
		case resource == nil:
			answer(w, http.StatusNotFound, plainText, "the ledger has nothing there\n")
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		if resource.Immutable {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		answer(w, http.StatusOK, resource.Type, string(resource.Body))
	})
}
