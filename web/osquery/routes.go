package osquery

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/platform/osquery"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Server is what stands behind the protocol. Its errors are faults: SignedOut is a secret or a key that is not known.
type Server interface {
	Enrol(ctx context.Context, e osquery.Enrolment, address string) (nodeKey string, err error)
	Known(ctx context.Context, nodeKey, address string) error
	Ask(ctx context.Context, nodeKey, address string) (questions []byte, asks bool, err error)
	Take(ctx context.Context, m *osquery.Message, address string) (enforce.Took, error)
}

// interval is how often a device asks whether there is something to be answered.
const interval = time.Minute

// maxBody is how many bytes a body may have, packed or unpacked.
const maxBody = 8 << 20

// Area is the protocol over a server.
type Area struct {
	server Server
	counts *prometheus.CounterVec
	config []byte
}

// New makes the TLS server, which counts in the metrics what happens.
func New(server Server, metrics prometheus.Registerer) *Area {
	return &Area{server: server, counts: counters(metrics), config: osquery.Settings{Interval: interval}.Config()}
}

// Routes are the protocol's. Who asks stands in the body.
func (a *Area) Routes() (routes []gate.Route) {
	if a == nil {
		return nil
	}
	for _, of := range []struct {
		path   string
		answer func(r *http.Request, body []byte) ([]byte, error)
	}{{"enroll", a.enrol}, {"config", a.configure}, {"log", a.log}, {"distributed/read", a.read}, {"distributed/write", a.write}} {
		routes = append(routes, gate.Route{Pattern: "POST /osquery/" + of.path, Permission: gate.Device, Swift: true, Handler: a.handler(of.answer), Fail: a.fail})
	}
	return append(routes, gate.Route{Pattern: "POST /osquery/{stage...}", Permission: gate.Open, Swift: true, Handler: http.HandlerFunc(a.nowhere), Fail: a.fail})
}

// nowhere answers what osquery does not ask of any server, unread: an address in its flags may be wrong.
func (a *Area) nowhere(w http.ResponseWriter, _ *http.Request) {
	a.count(unknown, 1)
	write(w, http.StatusNotFound, osquery.Refused(false, "There is no such endpoint: enroll, config, log, distributed/read and distributed/write are"))
}

// What is counted.
const (
	enrolled     = "enrolled"
	badSecret    = "bad_secret"
	badKey       = "bad_node_key"
	refusedEnrol = "enrolment_refused"
	tooLarge     = "body_too_large"
	badShape     = "body_not_understood"
	asked        = "asked"
	stored       = "answer_taken"
	unchanged    = "answer_unchanged"
	partial      = "answer_partial"
	nothing      = "answer_says_nothing"
	refused      = "answer_refused"
	failedQuery  = "query_failed"
	dropped      = "log_line_dropped"
	unknown      = "endpoint_unknown"
)

func counters(metrics prometheus.Registerer) *prometheus.CounterVec {
	counts := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_osquery_total", Help: "What happened with devices that speak through osquery."}, []string{"event"})
	metrics.MustRegister(counts)
	for _, event := range []string{enrolled, badSecret, badKey, refusedEnrol, tooLarge, badShape, asked, stored, unchanged, partial, nothing, refused, failedQuery, dropped, unknown} {
		counts.WithLabelValues(event) // an alarm needs the zero as well
	}
	return counts
}

func (a *Area) count(event string, n int) { a.counts.WithLabelValues(event).Add(float64(n)) }

// handler reads a body, and writes what is answered.
func (a *Area) handler(answer func(r *http.Request, body []byte) ([]byte, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := read(r)
		var out []byte
		if err == nil {
			out, err = answer(r, body)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		write(w, http.StatusOK, out)
	})
}

func write(w http.ResponseWriter, status int, out []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(out) // who has gone reads no more
}

// errShape is a body that is not osquery's.
type errShape struct{ error }

var (
	errLarge  = errors.New("the body is larger than 8 MiB, packed or unpacked")
	errCoding = errShape{errors.New("the body is packed in a way that is not known here: gzip is, and nothing at all")}
)

// unpackers are kept: each is some 40 KiB.
var unpackers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// address is where a request came from, for the access log.
func address(r *http.Request) string { return gate.Actor(r.Context()).Address }

// body returns the body, unpacked.
func read(r *http.Request) ([]byte, error) {
	packed := http.MaxBytesReader(nil, r.Body, maxBody)
	var in io.Reader = packed
	switch strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) {
	case "", "identity":
	case "gzip":
		unpacker := unpackers.Get().(*gzip.Reader)
		defer unpackers.Put(unpacker)
		if err := unpacker.Reset(packed); err != nil {
			return nil, unread(err)
		}
		in = unpacker
	default:
		return nil, errCoding
	}
	body, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	switch {
	case err != nil:
		return nil, unread(err)
	case len(body) > maxBody:
		return nil, errLarge
	}
	return body, nil
}

// unread says why a body could not be read.
func unread(err error) error {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return errLarge
	}
	return errShape{errors.New("the body could not be read to its end: it is cut off, or packed wrongly")}
}

func (a *Area) enrol(r *http.Request, body []byte) ([]byte, error) {
	e, err := osquery.ReadEnrolment(body)
	if err != nil {
		return nil, errShape{err}
	}
	key, err := a.server.Enrol(r.Context(), e, address(r))
	switch {
	case fault.Is(err, fault.SignedOut):
		a.count(badSecret, 1)
		return nil, errSecret{err}
	case err != nil:
		if len(fault.Fields(err)) > 0 {
			a.count(refusedEnrol, 1)
		}
		return nil, err
	}
	a.count(enrolled, 1)
	return osquery.Enrolled(key), nil
}

// errSecret is a bad enroll secret.
type errSecret struct{ error }

// message reads what a device sends that has enrolled.
func message(body []byte) (*osquery.Message, error) {
	m, err := osquery.ReadMessage(body)
	if err != nil {
		return nil, errShape{err}
	}
	return m, nil
}

func (a *Area) configure(r *http.Request, body []byte) ([]byte, error) {
	m, err := message(body)
	if err == nil {
		err = a.server.Known(r.Context(), m.NodeKey, address(r))
	}
	return a.config, err
}

// log drops what a device logs: it is asked to log nothing.
func (a *Area) log(r *http.Request, body []byte) ([]byte, error) {
	m, err := message(body)
	if err == nil {
		err = a.server.Known(r.Context(), m.NodeKey, address(r))
	}
	if err == nil {
		a.count(dropped, m.Lines())
	}
	return osquery.Taken, err
}

func (a *Area) read(r *http.Request, body []byte) ([]byte, error) {
	m, err := message(body)
	if err != nil {
		return nil, err
	}
	questions, asks, err := a.server.Ask(r.Context(), m.NodeKey, address(r))
	if asks {
		a.count(asked, 1)
	}
	return questions, err
}

func (a *Area) write(r *http.Request, body []byte) ([]byte, error) {
	m, err := message(body)
	if err != nil {
		return nil, err
	}
	took, err := a.server.Take(r.Context(), m, address(r))
	if err != nil {
		if len(fault.Fields(err)) > 0 && !fault.Is(err, fault.SignedOut) {
			a.count(refused, 1)
		}
		return nil, err
	}
	a.count(failedQuery, took.Failed)
	switch {
	case took.Unchanged:
		a.count(unchanged, 1)
	case took.Nothing:
		a.count(nothing, 1)
	case took.Partial:
		a.count(partial, 1)
	default:
		a.count(stored, 1)
	}
	return osquery.Taken, nil
}

// fail answers what went wrong in osquery's form. A node key that is not known is no error to osquery, which reads
// node_invalid only where the status is 200.
func (a *Area) fail(w http.ResponseWriter, r *http.Request, err error) {
	shape, secret, known := errShape{}, errSecret{}, (*fault.Error)(nil)
	switch {
	case errors.Is(err, errLarge):
		a.count(tooLarge, 1)
		write(w, http.StatusRequestEntityTooLarge, osquery.Refused(false, err.Error()))
	case errors.As(err, &shape):
		a.count(badShape, 1)
		write(w, http.StatusBadRequest, osquery.Refused(false, err.Error()))
	case errors.As(err, &secret):
		write(w, http.StatusUnauthorized, osquery.Refused(true, err.Error()))
	case fault.Is(err, fault.SignedOut):
		a.count(badKey, 1)
		write(w, http.StatusOK, osquery.Invalid)
	case errors.Is(err, fault.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		write(w, http.StatusServiceUnavailable, osquery.Refused(false, "The server cannot do this just now: try again"))
	case errors.As(err, &known):
		write(w, ui.Status(known.Kind), osquery.Refused(false, known.Message))
	default:
		ui.FrameOf(r).Log.Error("a device that speaks through osquery could not be answered", "path", r.URL.Path, "error", err)
		write(w, http.StatusInternalServerError, osquery.Refused(false, "The server has failed: try again later"))
	}
}
