package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portcullis/internal/fault"
)

const (
	mediaType = "application/scim+json"
	maxBody   = 1 << 20 // bytes
)

type handler struct {
	d    Directory
	base string // the address, without a slash at its end
	log  *slog.Logger
}

// answer is what a request leads to.
type answer struct {
	status   int
	body     any    // nil for none
	location string // of what was made
	version  string // of the one resource that the answer is about
}

// endpoint answers one method at one path.
type endpoint func(*http.Request) (answer, error)

// New makes the service that stands at base, such as https://gate.example/scim/v2, from which it
// takes its paths as well: mount it at the base's path, nothing stripped. Requests must come with an
// actor in their context that d understands. What goes wrong here rather than with the client goes
// to log.
func New(d Directory, base *url.URL, log *slog.Logger) http.Handler {
	h := &handler{d, strings.TrimSuffix(base.String(), "/"), log}
	mux := http.NewServeMux()
	at := strings.TrimSuffix(base.Path, "/")
	for path, methods := range h.endpoints() {
		mux.Handle(at+path, h.serve(methods))
	}
	mux.Handle("/", h.serve(map[string]endpoint{anyMethod: func(*http.Request) (answer, error) {
		return answer{}, &problem{http.StatusNotFound, "", "there is nothing at this address: /ResourceTypes says what there is"}
	}}))
	return mux
}

// anyMethod stands for every method that has no endpoint of its own.
const anyMethod = "*"

func (h *handler) endpoints() map[string]map[string]endpoint {
	endpoints := map[string]map[string]endpoint{
		"/Users":       {"GET": h.list(users), "POST": h.createUser},
		"/Users/{id}":  {"GET": h.getUser, "PUT": h.putUser, "PATCH": h.patchUser, "DELETE": h.deleteUser},
		"/Groups":      {"GET": h.list(groups), "POST": h.createGroup},
		"/Groups/{id}": {"GET": h.getGroup, "PUT": h.putGroup, "PATCH": h.patchGroup, "DELETE": h.deleteGroup},

		"/.search":        {"POST": h.search(users, groups)},
		"/Users/.search":  {"POST": h.search(users)},
		"/Groups/.search": {"POST": h.search(groups)},

		"/ServiceProviderConfig": {"GET": h.discovery(h.config)},
		"/ResourceTypes":         {"GET": h.discovery(h.typeList)},
		"/ResourceTypes/{name}":  {"GET": h.discovery(h.oneType)},
		"/Schemas":               {"GET": h.discovery(h.schemaList)},
		"/Schemas/{id}":          {"GET": h.discovery(h.oneSchema)},
	}
	for _, path := range []string{"/Bulk", "/Me"} {
		endpoints[path] = map[string]endpoint{anyMethod: func(*http.Request) (answer, error) {
			return answer{}, &problem{http.StatusNotImplemented, "", path + " is not supported: use /Users and /Groups"}
		}}
	}
	return endpoints
}

func (h *handler) serve(methods map[string]endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		do := methods[method]
		if do == nil {
			do = methods[anyMethod]
		}
		if do == nil {
			allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
			w.Header().Set("Allow", allowed)
			h.fail(w, r, &problem{http.StatusMethodNotAllowed, "", "here one can " + allowed})
			return
		}
		// Without its filter, which would be lost, a request would mean everybody.
		if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
			h.fail(w, r, refuse(invalidSyntax, "the part of the address after ? is not understood: write %%3B for a semicolon and %%25 for a per cent sign"))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		a, err := do(r)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		h.send(w, r, a)
	})
}

func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	p, known := problemOf(err)
	if !known {
		h.log.ErrorContext(r.Context(), "SCIM request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="SCIM"`)
	}
	h.send(w, r, answer{status: p.status, body: p.message()})
}

func (h *handler) send(w http.ResponseWriter, r *http.Request, a answer) {
	header := w.Header()
	header.Set("Cache-Control", "private, no-cache") // people's data; kept by a client for its ETag alone
	if a.version != "" {
		header.Set("ETag", etag(a.version))
	}
	if a.location != "" {
		header.Set("Location", a.location)
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if reads && a.version != "" && tagged(r.Header.Values("If-None-Match"), a.version) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(a.body); err != nil {
		h.log.ErrorContext(r.Context(), "SCIM answer cannot be written", "path", r.URL.Path, "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", mediaType)
	w.WriteHeader(a.status)
	// What the other side no longer takes cannot be told to anybody.
	_, _ = w.Write(body.Bytes())
}

// body reads what a request carries.
func body(r *http.Request) ([]byte, error) {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		if name, _, err := mime.ParseMediaType(kind); err != nil || name != mediaType && name != "application/json" {
			return nil, &problem{http.StatusUnsupportedMediaType, "", "send " + mediaType + " or application/json, not " + brief(kind)}
		}
	}
	data, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	if err != nil && !errors.As(err, &large) {
		return nil, refuse(invalidSyntax, "the request broke off: %v", err)
	}
	return data, err
}

// tagged tells whether one of the entity tags of a header, or *, stands for the version. Weak and
// strong ones are not told apart: a version stands for what is kept, whichever of it is shown.
func tagged(header []string, version string) bool {
	for tag := range strings.SplitSeq(strings.Join(header, ","), ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == `"`+version+`"` {
			return true
		}
	}
	return false
}

// precondition is an error where the request is meant for another version.
func precondition(r *http.Request, version string) error {
	if wanted := r.Header.Values("If-Match"); len(wanted) > 0 && !tagged(wanted, version) {
		return fault.New(fault.Changed, "it was changed meanwhile: read it again, and then change it")
	}
	return nil
}

// unlessChanged runs do with the version that If-Match allows, empty for any. current reads the
// version that there is.
func unlessChanged(r *http.Request, current func(context.Context) (Meta, error), do func(version string) error) error {
	if len(r.Header.Values("If-Match")) == 0 {
		return do("")
	}
	meta, err := current(r.Context())
	if err != nil {
		return err
	}
	if err := precondition(r, meta.Version); err != nil {
		return err
	}
	return do(meta.Version)
}
