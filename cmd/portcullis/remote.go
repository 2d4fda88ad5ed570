package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf16"

	"portcullis/web/api"
)

// remote are the flags of a command that asks a running server, by its interface for programs.
type remote struct {
	Server    string `placeholder:"URL" env:"PORTCULLIS_SERVER" help:"The server's address, such as https://portcullis.example."`
	TokenFile string `placeholder:"FILE" env:"PORTCULLIS_TOKEN_FILE" help:"A file with a token, as token create prints it. A token has one role, and can do what that role can."`
}

// asksServer is what the help of every command says that does so.
const asksServer = "These ask a running server, and can do what the token's role can, and no more"

const (
	answerTime = 20 * time.Second // for one answer
	maxAnswer  = 16 << 20         // bytes
	maxToken   = 4 << 10          // bytes
)

// pauses are how long it waits before it asks again where no answer came.
var pauses = []time.Duration{250 * time.Millisecond, time.Second}

// client asks one server with one token.
type client struct {
	server, token string
	http          *http.Client
}

// client reads the flags. The token is never on the command line: others on the machine can read those.
func (r *remote) client() (*client, error) {
	if r.Server == "" {
		return nil, errors.New("say which server: --server URL, or PORTCULLIS_SERVER")
	}
	server, err := serverURL(r.Server)
	if err != nil {
		return nil, fmt.Errorf("--server: %w", err)
	}
	if r.TokenFile == "" {
		return nil, errors.New("say in which file the token is: --token-file FILE, or PORTCULLIS_TOKEN_FILE; portcullis token create makes one")
	}
	token, err := readToken(r.TokenFile)
	if err != nil {
		return nil, err
	}
	here := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the token goes nowhere else
	return &client{server, token, &http.Client{Timeout: answerTime, CheckRedirect: here}}, nil
}

// serverURL is a server's address for programs, which may have an IP address for its name.
func serverURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is not a server's address, such as https://portcullis.example", text)
	}
	address := net.ParseIP(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && (address == nil || !address.IsLoopback()) {
		return "", fmt.Errorf("over http:// everybody on the way to %s can read the token or key: say https://", u.Hostname())
	}
	return strings.TrimSuffix(strings.TrimRight(u.String(), "/"), api.Base), nil
}

func readToken(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxToken))
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	token := string(bytes.TrimSpace(text))
	if token == "" || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", fmt.Errorf("--token-file: %s holds no token: it is one word, as portcullis token create prints it, and nothing else", path)
	}
	return token, nil
}

// request is one thing that is asked of the server.
type request struct {
	method string
	path   string // after api.Base
	query  url.Values
	body   any     // nil, or what is sent as JSON
	key    string  // of a POST or PATCH: with the same one it is done once, however often it is sent
	match  string  // the ETag of what is to be changed; empty is whatever there is
	tag    *string // where the ETag of the answer is put; nil is nowhere
}

// get asks for something, and decodes it. What came is returned as it is too.
func (c *client) get(ctx context.Context, path string, query url.Values, into any) (json.RawMessage, error) {
	return c.ask(ctx, request{method: http.MethodGet, path: path, query: query}, into)
}

// post has something be done, once for one key.
func (c *client) post(ctx context.Context, path, key string, body, into any) (json.RawMessage, error) {
	return c.ask(ctx, request{method: http.MethodPost, path: path, body: body, key: key}, into)
}

// ask sends a request until an answer comes, a few times at most: what has no key, and may have been done, once. A
// refusal is a *refusal; where something may have been done and nobody knows, the error is a *lost.
func (c *client) ask(ctx context.Context, r request, into any) (json.RawMessage, error) {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return nil, err
		}
	}
	unknown := false // whether an earlier try was carried out
	for try := 0; ; try++ {
		text, err := c.send(ctx, r, body)
		var away *unanswered
		if !errors.As(err, &away) {
			if err == nil {
				err = c.decode(text, into)
			}
			return text, err
		}
		unknown = unknown || away.sent
		doing := r.method != http.MethodGet && unknown
		if try == len(pauses) || ctx.Err() != nil || doing && r.key == "" {
			if doing {
				return nil, &lost{cause: away, key: r.key}
			}
			return nil, away
		}
		select {
		case <-time.After(pauses[try]):
		case <-ctx.Done():
		}
	}
}

// decode reads an answer; into is nil where it has no content.
func (c *client) decode(text []byte, into any) error {
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("what %s answers is not understood: %w; is this program as new as the server? portcullis version says", c.server, err)
	}
	return nil
}

// send sends a request once.
func (c *client) send(ctx context.Context, r request, body []byte) (json.RawMessage, error) {
	address := c.server + api.Base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var sent atomic.Bool // the transport's own business goes on beside this
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	q, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	c.introduce(q)
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		q.Header.Set("Idempotency-Key", `"`+r.key+`"`)
	}
	if r.match != "" {
		q.Header.Set("If-Match", r.match)
	}
	response, err := c.http.Do(q)
	if err != nil {
		return nil, &unanswered{c.server, sent.Load(), err}
	}
	defer response.Body.Close()
	if r.tag != nil {
		*r.tag = response.Header.Get("ETag")
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, &unanswered{c.server, true, err}
	}
	return c.answered(response, text)
}

// introduce says who asks.
func (c *client) introduce(q *http.Request) {
	q.Header.Set("Authorization", "Bearer "+c.token)
	q.Header.Set("Accept", "application/json")
	q.Header.Set("User-Agent", "portcullis/"+versionText())
}

// uploadTime is for a whole file, on a slow line.
const uploadTime = 30 * time.Minute

// upload sends a file, once, and decodes the answer.
func (c *client) upload(ctx context.Context, path string, query url.Values, file io.Reader, size int64, into any) (json.RawMessage, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server+api.Base+path+"?"+query.Encode(), file)
	if err != nil {
		return nil, err
	}
	c.introduce(q)
	q.ContentLength = size
	q.Header.Set("Content-Type", "application/octet-stream")
	patient := *c.http
	patient.Timeout = uploadTime
	response, err := patient.Do(q)
	if err != nil {
		return nil, &unanswered{c.server, false, err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, &unanswered{c.server, true, err}
	}
	if text, err = c.answered(response, text); err != nil {
		return nil, err
	}
	return text, c.decode(text, into)
}

// answered tells an answer from a refusal.
func (c *client) answered(r *http.Response, text []byte) (json.RawMessage, error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch status := r.StatusCode; {
	case len(text) > maxAnswer:
		return nil, fmt.Errorf("%s answers more than can be taken in", c.server)
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return nil, &unanswered{c.server, true, fmt.Errorf("it says %s", r.Status)}
	case status >= 300 && status < 400:
		return nil, fmt.Errorf("%s sends elsewhere, to %s: say that server's address with --server", c.server, r.Header.Get("Location"))
	case status < 300 && kind == "application/json", status == http.StatusNoContent:
		return text, nil
	}
	told := &refusal{}
	if kind != (&told.Problem).ContentType("") || json.Unmarshal(text, &told.Problem) != nil {
		return nil, fmt.Errorf("what answers at %s is no Portcullis server of this kind (it says %s): look at --server", c.server, r.Status)
	}
	told.Status = r.StatusCode
	return nil, told
}

// unanswered is that no answer came.
type unanswered struct {
	server string
	sent   bool // the request may have reached the server
	cause  error
}

func (e *unanswered) Error() string {
	cause := e.cause
	var u *url.Error
	if errors.As(cause, &u) {
		cause = u.Err
	}
	return fmt.Sprintf("%s does not answer: %v; look at --server, and whether the server runs", e.server, cause)
}

func (e *unanswered) Unwrap() error { return e.cause }

// lost is that the answer to something that is to be done was lost: nobody knows whether it was done.
type lost struct {
	cause *unanswered
	key   string
	with  string // what the command line must say besides, to be the same again
}

func (e *lost) Error() string {
	if e.key == "" {
		return fmt.Sprintf("%v.\nWhether it was done is not known: look how it is now", e.cause)
	}
	return fmt.Sprintf("%v.\nWhether it was done is not known. Say the same again with%s --key %s: it is then not done twice", e.cause, e.with, e.key)
}

func (e *lost) Unwrap() error { return e.cause }

// refusal is a problem that the server tells of.
type refusal struct{ api.Problem }

func (e *refusal) Error() string { return e.Detail }

// told makes an error of the client into one with the exit status, and names each field by what the person at the
// command line calls it. after is said below what somebody else has changed.
func told(err error, name func(field string) string, after string) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	var lines, messages []string
	for _, f := range r.Errors {
		messages = append(messages, f.Message)
		lines = append(lines, strings.TrimPrefix(name(f.Field)+": ", ": ")+f.Message)
	}
	if strings.Join(messages, "; ") != r.Detail {
		lines = slices.Insert(lines, 0, r.Detail)
	}
	status := exitBadInput
	switch r.Status {
	case http.StatusUnauthorized:
		lines = append(lines, "The token has ended or was never one: make another, and put it into the file that --token-file names.")
	case http.StatusForbidden, http.StatusConflict:
		status = exitBreach
	case http.StatusPreconditionFailed:
		status = exitBreach
		lines = append(lines, after)
	case http.StatusInternalServerError:
		lines = append(lines, "The reference is "+r.Reference+".")
	}
	return failure{status, errors.New(strings.TrimSpace(strings.Join(lines, "\n")))}
}

// plainly names a field as the server does.
func plainly(field string) string { return field }

// safeJSON is JSON on one line, with everything escaped that could make a terminal do something.
func safeJSON(text []byte) string {
	var line bytes.Buffer
	if json.Compact(&line, text) != nil {
		return "null" // it was decoded before
	}
	var b strings.Builder
	for _, c := range strings.ToValidUTF8(line.String(), "\ufffd") {
		switch first, second := utf16.EncodeRune(c); {
		case unicode.IsGraphic(c) && c != '\u00ad' && c != unicode.ReplacementChar:
			b.WriteRune(c)
		case c <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\u%04x\u%04x`, first, second)
		}
	}
	return b.String()
}

// every is all of a list that the server sends whole: each as it came, and as it reads. flag is the flag that is about
// a field.
func every[T any](env *environment, asks *client, path string, query url.Values, flag func(field string) string) (items []json.RawMessage, read []T, err error) {
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if _, err := asks.get(env, path, query, &list); err != nil {
		return nil, nil, told(err, flag, "")
	}
	read = make([]T, len(list.Items))
	for i, raw := range list.Items {
		if err := asks.decode(raw, &read[i]); err != nil {
			return nil, nil, err
		}
	}
	return list.Items, read, nil
}
