package santa

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/people"
	protocol "portcullis/platform/santa"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Server is what answers.
type Server interface {
	// Enter refuses whoever is not the device that they say, before anything of what they send is read; begins is that it is
	// for a preflight.
	Enter(ctx context.Context, actor people.Actor, begins bool) (*enforce.Visit, error)
	Preflight(ctx context.Context, v *enforce.Visit, machine string, p protocol.Preflight) (protocol.Answer, error)
	Upload(ctx context.Context, v *enforce.Visit, machine string, body []byte, e protocol.Encoding) error
	Download(ctx context.Context, v *enforce.Visit, machine string, d protocol.Download, e protocol.Encoding) ([]byte, error)
	Postflight(ctx context.Context, v *enforce.Visit, machine string, p protocol.Postflight) error
}

// Area is the sync server.
type Area struct {
	server Server
	// XSRF is that stages want the token that the stage xsrf gives.
	XSRF            bool
	requests, syncs *prometheus.CounterVec
}

// New makes the sync server, which counts in the metrics what it answers.
func New(server Server, metrics prometheus.Registerer) *Area {
	a := &Area{
		server:   server,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_santa_requests_total", Help: "Requests of Macs with Santa, by stage and status."}, []string{"stage", "code"}),
		syncs:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_santa_syncs_total", Help: "What Macs with Santa were given and have said of it."}, []string{"result"}),
	}
	metrics.MustRegister(a.requests, a.syncs)
	for _, result := range enforce.SantaResults {
		a.syncs.WithLabelValues(result) // an alarm needs the zero as well
	}
	return a
}

// Count counts what became of a sync: enforce.Santa.Count.
func (a *Area) Count(result string) { a.syncs.WithLabelValues(result).Inc() }

// Routes are the one route of all stages.
func (a *Area) Routes() []gate.Route {
	if a == nil {
		return nil
	}
	return []gate.Route{{Pattern: "POST /santa/{token}/{host}/{key}/{stage}/{machine}", Permission: gate.Device, Swift: true, Handler: http.HandlerFunc(a.serve), Fail: fail}}
}

// stages are those of a sync; all others count as one.
var stages = map[string]func(a *Area, v *visit) ([]byte, error){
	"preflight": (*Area).preflight, "eventupload": (*Area).upload, "ruledownload": (*Area).download, "postflight": (*Area).postflight, "xsrf": (*Area).xsrf,
}

// visit is one request.
type visit struct {
	http.ResponseWriter
	*http.Request
	actor    people.Actor
	device   *enforce.Visit
	machine  string
	encoding protocol.Encoding
	body     []byte
}

func (a *Area) serve(w http.ResponseWriter, r *http.Request) {
	v := &visit{ResponseWriter: w, Request: r, machine: r.PathValue("machine")}
	v.actor = people.Actor{Address: gate.Actor(r.Context()).Address, Agent: people.Agent{Token: r.PathValue("token"), Host: r.PathValue("host"), Key: r.PathValue("key")}}
	name := r.PathValue("stage")
	stage, known := stages[name]
	if !known {
		name = "unknown"
	}
	answer, err := a.answer(v, stage)
	if err != nil {
		code := fails(w, r, err)
		a.requests.WithLabelValues(name, strconv.Itoa(code)).Inc()
		return
	}
	a.requests.WithLabelValues(name, "200").Inc()
	w.Header().Set("Content-Type", v.encoding.Media())
	_, _ = w.Write(answer) // what the other side no longer takes cannot be told to anybody
}

// answer enters, reads and has the stage answer.
func (a *Area) answer(v *visit, stage func(*Area, *visit) ([]byte, error)) ([]byte, error) {
	var err error
	if v.device, err = a.server.Enter(v.Context(), v.actor, v.PathValue("stage") == "preflight"); err != nil {
		return nil, err
	}
	if stage == nil {
		return nil, fault.New(fault.NotFound, "There is no such stage")
	}
	room := spare.Get().(*room)
	defer room.giveBack()
	if v.encoding, v.body, err = room.read(v.ResponseWriter, v.Request); err != nil {
		return nil, err
	}
	if token := v.Request.Header.Get(xsrfHeader); a.XSRF && v.PathValue("stage") != "xsrf" && !hmac.Equal([]byte(token), []byte(xsrfToken(v.actor))) {
		return nil, fault.New(fault.Refused, "This stage wants a token of the stage xsrf")
	}
	return stage(a, v)
}

func (a *Area) preflight(v *visit) ([]byte, error) {
	p, err := protocol.ReadPreflight(v.body, v.encoding)
	if err != nil {
		return nil, err
	}
	answer, err := a.server.Preflight(v.Context(), v.device, v.machine, p)
	if err != nil {
		return nil, err
	}
	return answer.Append(nil, v.encoding), nil
}

func (a *Area) upload(v *visit) ([]byte, error) {
	return nothing(v.encoding), a.server.Upload(v.Context(), v.device, v.machine, v.body, v.encoding)
}

func (a *Area) download(v *visit) ([]byte, error) {
	d, err := protocol.ReadDownload(v.body, v.encoding)
	if err != nil {
		return nil, err
	}
	return a.server.Download(v.Context(), v.device, v.machine, d, v.encoding)
}

func (a *Area) postflight(v *visit) ([]byte, error) {
	p, err := protocol.ReadPostflight(v.body, v.encoding)
	if err != nil {
		return nil, err
	}
	return nothing(v.encoding), a.server.Postflight(v.Context(), v.device, v.machine, p)
}

// nothing is a message without fields.
func nothing(e protocol.Encoding) []byte {
	if e == protocol.Protobuf {
		return nil
	}
	return []byte("{}")
}

const xsrfHeader = "X-Xsrf-Token"

// xsrf gives a token. It is the same for as long as the device's key is, so that every server knows it.
func (a *Area) xsrf(v *visit) ([]byte, error) {
	v.ResponseWriter.Header().Set(xsrfHeader, xsrfToken(v.actor))
	return nil, nil
}

func xsrfToken(actor people.Actor) string {
	mac := hmac.New(sha256.New, []byte(actor.Agent.Key))
	mac.Write([]byte("santa xsrf"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// statuses are the protocol's errors: Santa knows no more than the status. It asks again where that is 5xx.
var statuses = []struct {
	kind   fault.Kind
	status int
}{
	{fault.SignedOut, http.StatusUnauthorized}, {fault.Refused, http.StatusForbidden}, {fault.NotFound, http.StatusNotFound},
	{fault.Changed, http.StatusConflict}, {fault.Conflict, http.StatusConflict}, {fault.TooMany, http.StatusTooManyRequests}, {fault.Invalid, http.StatusBadRequest},
}

func fail(w http.ResponseWriter, r *http.Request, err error) { fails(w, r, err) }

// fails answers with an error, and returns its status.
func fails(w http.ResponseWriter, r *http.Request, err error) int {
	for _, s := range statuses {
		if fault.Is(err, s.kind) {
			http.Error(w, err.Error(), s.status)
			return s.status
		}
	}
	switch {
	case errors.Is(err, errTooLarge):
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errEncoding):
		http.Error(w, err.Error(), http.StatusUnsupportedMediaType)
		return http.StatusUnsupportedMediaType
	case errors.Is(err, protocol.ErrMessage), errors.Is(err, errBroken):
		http.Error(w, err.Error(), http.StatusBadRequest)
		return http.StatusBadRequest
	case errors.Is(err, fault.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		http.Error(w, "The server cannot answer just now: try again", http.StatusServiceUnavailable)
		return http.StatusServiceUnavailable
	}
	ui.FrameOf(r).Log.Error("a Mac could not be answered", "stage", r.PathValue("stage"), "host", r.PathValue("host"), "error", err)
	http.Error(w, "The server has failed: try again later", http.StatusInternalServerError)
	return http.StatusInternalServerError
}
