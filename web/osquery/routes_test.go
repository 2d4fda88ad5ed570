package osquery_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/enforce"
	"portcullis/internal/fault"
	protocol "portcullis/platform/osquery"
	"portcullis/policy"
	"portcullis/web/gate"
	"portcullis/web/osquery"
)

// server knows one secret and one node key, and fails as it is told to.
type server struct {
	err   error
	asks  bool
	took  enforce.Took
	calls []string
}

func (s *server) known(what, key string) error {
	s.calls = append(s.calls, what)
	if key != "key" {
		return fault.New(fault.SignedOut, "no")
	}
	return s.err
}

func (s *server) Enrol(_ context.Context, e protocol.Enrolment, _ string) (string, error) {
	s.calls = append(s.calls, "enrol")
	if e.Secret != "secret" {
		return "", fault.New(fault.SignedOut, "no")
	}
	return "key", s.err
}

func (s *server) Known(_ context.Context, key, _ string) error { return s.known("known", key) }

func (s *server) Ask(_ context.Context, key, _ string) ([]byte, bool, error) {
	if s.asks {
		return protocol.Questions(policy.MacOS), true, s.known("ask", key)
	}
	return protocol.Quiet, false, s.known("ask", key)
}

func (s *server) Take(_ context.Context, m *protocol.Message, _ string) (enforce.Took, error) {
	return s.took, s.known("take", m.NodeKey)
}

// face is the protocol over a server.
type face struct {
	*server
	http.Handler
	metrics *prometheus.Registry
}

func newFace(s *server) face {
	metrics, mux := prometheus.NewRegistry(), http.NewServeMux()
	g := &gate.Gate{Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	for _, r := range osquery.New(s, metrics).Routes() {
		mux.Handle(r.Pattern, g.Guard(r))
	}
	return face{s, mux, metrics}
}

func (f face) post(path, encoding string, body io.Reader) (int, string) {
	r := httptest.NewRequest("POST", "/osquery/"+path, body)
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// counts expects that an event was counted so often.
func (f face) counts(t *testing.T, event string, want int) {
	t.Helper()
	all, err := f.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		for _, m := range family.Metric {
			if m.Label[0].GetValue() == event && int(m.Counter.GetValue()) == want {
				return
			}
		}
	}
	t.Errorf("%s was not counted %d times", event, want)
}

func packed(text []byte) *bytes.Buffer {
	out := &bytes.Buffer{}
	w := gzip.NewWriter(out)
	_, _ = w.Write(text)
	_ = w.Close()
	return out
}

func TestProtocol(t *testing.T) {
	const invalid = `{"node_invalid":true}`
	const nowhere = `{"node_invalid":false,"error":"There is no such endpoint: enroll, config, log, distributed/read and distributed/write are"}`
	good, bad := `{"node_key":"key","data":[{},{}]}`, `{"node_key":"stolen"}`
	for _, c := range []struct {
		path, body string
		server     server
		status     int
		answer     string
		event      string
		times      int
	}{
		{"enroll", `{"enroll_secret":"secret"}`, server{}, 200, `{"node_key":"key","node_invalid":false}`, "enrolled", 1},
		{"enroll", `{"enroll_secret":"guess"}`, server{}, 401, `{"node_invalid":true,"error":"no"}`, "bad_secret", 1},
		{"enroll", `{"enroll_secret":"secret"}`, server{err: fault.New(fault.Conflict, "two devices")}, 409, `{"node_invalid":false,"error":"two devices"}`, "enrolment_refused", 1},
		{"config", good, server{}, 200, `{"options":{"disable_distributed":false,"distributed_plugin":"tls","distributed_interval":60},"schedule":{}}`, "bad_node_key", 0},
		{"config", bad, server{}, 200, invalid, "bad_node_key", 1},
		{"log", good, server{}, 200, `{"node_invalid":false}`, "log_line_dropped", 2},
		{"log", bad, server{}, 200, invalid, "log_line_dropped", 0},
		{"distributed/read", good, server{}, 200, `{"queries":{}}`, "asked", 0},
		{"distributed/read", good, server{asks: true}, 200, string(protocol.Questions(policy.MacOS)), "asked", 1},
		{"distributed/read", bad, server{asks: true}, 200, invalid, "bad_node_key", 1},
		{"distributed/write", good, server{took: enforce.Took{Failed: 2, Partial: true}}, 200, `{"node_invalid":false}`, "query_failed", 2},
		{"distributed/write", good, server{took: enforce.Took{Partial: true}}, 200, `{"node_invalid":false}`, "answer_partial", 1},
		{"distributed/write", good, server{took: enforce.Took{Unchanged: true}}, 200, `{"node_invalid":false}`, "answer_unchanged", 1},
		{"distributed/write", good, server{took: enforce.Took{Nothing: true}}, 200, `{"node_invalid":false}`, "answer_says_nothing", 1},
		{"distributed/write", good, server{}, 200, `{"node_invalid":false}`, "answer_taken", 1},
		{"distributed/write", bad, server{}, 200, invalid, "answer_taken", 0},
		{"distributed/write", good, server{err: fault.New(fault.Conflict, "retired")}, 409, `{"node_invalid":false,"error":"retired"}`, "answer_refused", 1},
		{"distributed/write", good, server{err: fault.ErrUnavailable}, 503, `{"node_invalid":false,"error":"The server cannot do this just now: try again"}`, "answer_taken", 0},
		{"distributed/write", good, server{err: errors.New("a secret of the server's")}, 500, `{"node_invalid":false,"error":"The server has failed: try again later"}`, "answer_taken", 0},
		{"distributed", good, server{}, 404, nowhere, "endpoint_unknown", 1},
		{"carves/start", bad, server{}, 404, nowhere, "endpoint_unknown", 1},
	} {
		f := newFace(&c.server)
		status, answer := f.post(c.path, "", strings.NewReader(c.body))
		if status != c.status || answer != c.answer {
			t.Errorf("%s %s: %d %s, not %d %s", c.path, c.body, status, answer, c.status, c.answer)
		}
		f.counts(t, c.event, c.times)
		if status, answer = f.post(c.path, "gzip", packed([]byte(c.body))); status != c.status || answer != c.answer {
			t.Errorf("%s %s, packed: %d %s", c.path, c.body, status, answer)
		}
	}
}

func TestBadBodies(t *testing.T) {
	big := bytes.Repeat([]byte(" "), 8<<20+1)
	bomb := packed(make([]byte, 256<<20))
	for _, path := range []string{"enroll", "config", "log", "distributed/read", "distributed/write"} {
		s := &server{}
		f := newFace(s)
		for n, c := range []struct {
			name, encoding string
			body           []byte
			status         int
		}{
			{"empty", "", nil, 400}, {"no object", "", []byte("[]"), 400}, {"cut", "", []byte(`{"node_key":"key"`), 400},
			{"two", "", []byte(`{"node_key":"key"} {"node_key":"key"}`), 400},
			{"not packed", "gzip", []byte(`{"node_key":"key"}`), 400}, {"cut while packed", "gzip", packed([]byte(`{"node_key":"key"}`)).Bytes()[:20], 400},
			{"packed otherwise", "br", []byte("x"), 400},
			{"too large", "", big, 413}, {"a bomb", "gzip", bomb.Bytes(), 413}, {"a large one, packed", "gzip", packed(big).Bytes(), 413},
		} {
			status, answer := f.post(path, c.encoding, bytes.NewReader(c.body))
			if status != c.status || !strings.HasPrefix(answer, `{"node_invalid":false,"error":"`) {
				t.Errorf("%s, %d. %s: %d %s", path, n, c.name, status, answer)
			}
		}
		if len(s.calls) > 0 {
			t.Errorf("%s: the server was asked to %q", path, s.calls)
		}
		f.counts(t, "body_not_understood", 7)
		f.counts(t, "body_too_large", 3)
	}
	most := append(bytes.Repeat([]byte(" "), 8<<20-len(`{"node_key":"key"}`)), `{"node_key":"key"}`...)
	if status, answer := newFace(&server{}).post("log", "gzip", packed(most)); status != 200 {
		t.Errorf("8 MiB: %d %s", status, answer)
	}
}
