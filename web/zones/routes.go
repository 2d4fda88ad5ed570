package zones

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Server has the zones. That there is none of a name, or another secret opens it, is a fault of the kind NotFound.
type Server interface {
	Text(secret, name string) (enforce.ZoneText, error)
}

// Area is the zones over a server.
type Area struct {
	server Server
	log    *slog.Logger
	counts *prometheus.CounterVec
}

// New makes the area, which counts in the metrics what it answers.
func New(server Server, metrics prometheus.Registerer, log *slog.Logger) *Area {
	a := &Area{server, log, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_zone_requests_total", Help: "Requests of name servers for the text of a zone, by status."}, []string{"code"})}
	metrics.MustRegister(a.counts)
	return a
}

// Routes are the one route of all zones. What stands for {link} is a secret: under that name it gets into no log.
func (a *Area) Routes() []gate.Route {
	if a == nil {
		return nil
	}
	return []gate.Route{{Pattern: "GET /zones/{link}/{zone}", Permission: gate.Open, Handler: http.HandlerFunc(a.serve)}}
}

func (a *Area) serve(w http.ResponseWriter, r *http.Request) {
	counted := &counting{ResponseWriter: w, code: http.StatusOK}
	defer func() { a.counts.WithLabelValues(strconv.Itoa(counted.code)).Inc() }()
	text, err := a.server.Text(r.PathValue("link"), r.PathValue("zone"))
	switch {
	case fault.Is(err, fault.NotFound):
		http.Error(counted, err.Error(), http.StatusNotFound)
	case errors.Is(err, fault.ErrUnavailable):
		counted.Header().Set("Retry-After", ui.RetryAfter)
		http.Error(counted, "The server cannot answer just now: try again", http.StatusServiceUnavailable)
	case err != nil:
		a.log.Error("a zone cannot be written", "zone", r.PathValue("zone"), "error", err)
		http.Error(counted, "The server has failed: try again later", http.StatusInternalServerError)
	default:
		h := counted.Header()
		h.Set("Content-Type", "text/dns")
		h.Set("Cache-Control", "private, no-cache") // it may be kept, and is to be asked for again
		h.Set("ETag", text.ETag)
		http.ServeContent(counted, r, "", time.Time{}, bytes.NewReader(text.Data))
		if counted.code == http.StatusNotModified || counted.code == http.StatusOK && counted.written == len(text.Data) {
			text.Fetched()
		}
	}
}

// counting notes the status of an answer, and how much of it was written.
type counting struct {
	http.ResponseWriter
	code, written int
}

// Write notes how much was written.
func (c *counting) Write(data []byte) (int, error) {
	n, err := c.ResponseWriter.Write(data)
	c.written += n
	return n, err
}

// WriteHeader notes the status and passes it on.
func (c *counting) WriteHeader(code int) {
	c.code = code
	c.ResponseWriter.WriteHeader(code)
}
