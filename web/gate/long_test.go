package gate_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"portcullis/web/gate"
)

// patient is a connection on which limits can be set.
type patient struct {
	http.ResponseWriter
	read, write []time.Time
}

func (p *patient) SetReadDeadline(t time.Time) error  { p.read = append(p.read, t); return nil }
func (p *patient) SetWriteDeadline(t time.Time) error { p.write = append(p.write, t); return nil }

// TestLong has routes that take in large files have the time for it, and no others.
func TestLong(t *testing.T) {
	for _, long := range []bool{false, true} {
		var left time.Duration
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			until, _ := r.Context().Deadline()
			left = time.Until(until)
		})
		w := &patient{ResponseWriter: httptest.NewRecorder()}
		(&gate.Gate{Now: time.Now}).Guard(gate.Route{Pattern: "POST /x", Permission: gate.Open, Long: long, Handler: handler}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/x", nil))
		if unhurried := len(w.read) == 1 && w.read[0].IsZero() && len(w.write) == 1 && w.write[0].IsZero(); unhurried != long || (left > 10*time.Minute) != long {
			t.Errorf("long %v: %s left, reading until %v, writing until %v", long, left, w.read, w.write)
		}
	}
}
