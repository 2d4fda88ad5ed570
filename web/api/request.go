package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
)

const (
	maxBody   = 1 << 20 // bytes
	maxKey    = 255     // bytes
	keyHeader = "Idempotency-Key"
)

// intake is what an operation takes besides what it describes by its input.
type intake struct {
	conditional bool // If-Match
	once        bool // an idempotency key
}

type requestKey struct{}

// read reads a request before huma does: its body as a whole, and what makes it happen once. It
// writes all errors, those that huma finds among them.
func (i intake) read(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		actor := gate.Actor(r.Context())
		body, err := readBody(w, r)
		if err == nil {
			err = checkQuery(r.URL.RawQuery)
		}
		if err == nil {
			err = i.precondition(r)
		}
		if err == nil {
			err = i.key(r, body, &actor)
		}
		if err != nil {
			Fail(w, r, err)
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, actor))
		r.Body = io.NopCloser(bytes.NewReader(body))
		a := &answer{ResponseWriter: w, request: r}
		if next.ServeHTTP(a, r); a.failure != nil {
			Fail(w, r, a.failure)
		}
	})
}

// actorOf is who asks, with the idempotency key of the request.
func actorOf(ctx context.Context) people.Actor {
	actor, _ := ctx.Value(requestKey{}).(people.Actor)
	return actor
}

// checkQuery refuses a query of which a part would be lost: without it the request would mean more.
func checkQuery(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return refuse(fault.Invalid, "", "The part of the address after ? is not understood: write %%3B for a semicolon and %%25 for a per cent sign")
	}
	for name, given := range values {
		if len(given) > 1 {
			return refuse(fault.Invalid, name, "This is given %d times: give it once", len(given))
		}
	}
	return nil
}

// precondition refuses one that would not be looked at: whoever sends it relies on it.
func (i intake) precondition(r *http.Request) error {
	if !i.conditional && r.Header.Get("If-Match") != "" {
		return refuse(fault.Invalid, "If-Match", "This takes no If-Match, because it has no ETag")
	}
	return nil
}

// key reads the header of draft-ietf-httpapi-idempotency-key-header: a text in quotation marks, or
// without them, as many clients send it.
func (i intake) key(r *http.Request, body []byte, actor *people.Actor) error {
	values := r.Header.Values(keyHeader)
	if len(values) == 0 || r.Method != http.MethodPost && r.Method != http.MethodPatch {
		return nil
	}
	key := strings.TrimSpace(values[0])
	if n := len(key); n > 1 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1]
	}
	unfit := func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }
	switch {
	case !i.once:
		return refuse(fault.Invalid, keyHeader, "This takes no idempotency key, because its answer is a secret, which is not kept to be told again")
	case len(values) > 1 || key == "" || len(key) > maxKey || strings.ContainsFunc(key, unfit):
		return refuse(fault.Invalid, keyHeader, "The key is one word of 1 to %d letters, digits and signs, such as a UUID, in quotation marks", maxKey)
	}
	actor.Key, actor.Digest = key, digestOf(r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("If-Match"), string(body))
	return nil
}

// digestOf tells requests apart. Each part is hashed after its length, so that none runs into the next.
func digestOf(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		sum.Write([]byte(part))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, refuse(tooLarge, "", "This is more than %d bytes: send less at once", large.Limit)
	case err != nil:
		return nil, refuse(malformed, "", "The request broke off")
	case len(body) == 0:
		return nil, nil
	}
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := parameters["charset"]; err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, refuse(wrongType, "", "Send application/json in UTF-8, and say so in Content-Type")
	}
	if !utf8.Valid(body) {
		return nil, refuse(malformed, "", "This is not text in UTF-8")
	}
	return body, distinct(json.NewDecoder(bytes.NewReader(body)))
}

// distinct refuses an object that has a member twice: which of the two counts, readers disagree on.
// It also finds what is no JSON.
func distinct(d *json.Decoder) error {
	token, err := d.Token()
	if err == nil {
		err = distinctIn(d, token, maxDepth)
	}
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return nil
		}
		err = errors.New("there is something after its end")
	}
	var told *fault.Error
	if errors.As(err, &told) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it breaks off")
	}
	return refuse(malformed, "", "This is not JSON: at byte %d, %v", d.InputOffset(), err)
}

func distinctIn(d *json.Decoder, opened json.Token, depth int) error {
	if opened != json.Delim('{') && opened != json.Delim('[') {
		return nil
	}
	if depth == 0 {
		return refuse(malformed, "", "This is nested deeper than anything here")
	}
	var names []string
	for d.More() {
		token, err := d.Token()
		if name, ok := token.(string); ok && opened == json.Delim('{') && err == nil {
			if slices.Contains(names, name) {
				return refuse(malformed, name, "This is given twice")
			}
			if len(names) == maxMembers {
				return refuse(malformed, "", "An object has more than %d members", maxMembers)
			}
			names = append(names, name)
			token, err = d.Token()
		}
		if err == nil {
			err = distinctIn(d, token, depth-1)
		}
		if err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// Far more than any object here has: few enough members to be compared one by one, and not too deep
// to go down.
const (
	maxMembers = 200
	maxDepth   = 32
)

// answer stands between huma and the client: it holds back what is to be answered otherwise.
type answer struct {
	http.ResponseWriter
	request *http.Request
	failure error // found by huma or an operation: Fail writes it
	silent  bool  // nothing more is to be written
}

// Unwrap is not there on purpose: huma would set deadlines, which are the server's to set.

func (a *answer) WriteHeader(status int) {
	tag := a.Header().Get("ETag")
	reads := a.request.Method == http.MethodGet || a.request.Method == http.MethodHead
	switch {
	case a.failure != nil:
		a.silent = true
		return
	case reads && status == http.StatusOK && tag != "" && namesTag(a.request.Header.Values("If-None-Match"), tag):
		a.silent, status = true, http.StatusNotModified
		a.Header().Del("Content-Type")
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(data []byte) (int, error) {
	if a.silent || a.failure != nil {
		return len(data), nil
	}
	return a.ResponseWriter.Write(data)
}
