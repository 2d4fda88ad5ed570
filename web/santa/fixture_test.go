package santa_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/santa"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, devices.Schema, enforce.Schema}
	command = people.Actor{Command: true}
)

// served is a server with its route.
type served struct {
	http.Handler
	area    *santa.Area
	metrics *prometheus.Registry
	things  *devices.Room
	made    people.Made
	clock   *storetest.Clock
}

// text is a world with so many apps on the list, and one that is banned.
func text(apps int) string {
	var b strings.Builder
	b.WriteString("organisations: [{id: gov}]\nproducts:\n  - {id: parrot, kind: app, name: Parrot, identifiers: {macos: [\"ABCDE12345:com.parrot\"]}}\n")
	for n := range apps {
		fmt.Fprintf(&b, "  - {id: app-%d, kind: app, name: App %d, identifiers: {macos: [\"ABCDE12345:com.app%d\"]}}\n", n, n, n)
	}
	b.WriteString("rules:\n  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: r}\n")
	for n := range apps {
		fmt.Fprintf(&b, "  - {id: allow-%d, effect: allow, target: {product: app-%d}, scope: gov, from: 2026-01-01, reason: r}\n", n, n)
	}
	return b.String()
}

func serve(t testing.TB, open storetest.Open, apps int) *served {
	t.Helper()
	clock, log := storetest.NewClock(noon), slog.New(slog.DiscardHandler)
	persons := roomtest.People(t, open, clock, log, people.Kinds, register.Kinds, devices.Kinds)
	s := &served{things: roomtest.Devices(t, persons, clock), metrics: prometheus.NewRegistry(), clock: clock}
	s.load(t, text(apps))
	var err error
	if s.made, err = persons.MakeToken(t.Context(), command, "keys", people.Grant{Role: people.DeviceAdministrator, Organisation: "gov"}, store.Time{}); err != nil {
		t.Fatal(err)
	}
	fleet := s.things.Fleet
	intake, agents := devices.NewIntake(s.things, clock.Now), enforce.NewAgents(persons, fleet, clock.Now)
	roomtest.Run(t, intake.Run, agents.Run)
	s.area = santa.New(enforce.NewSanta(&enforce.Room{People: persons, Fleet: fleet}, agents, intake, clock.Now), s.metrics)
	g, mux := &gate.Gate{People: persons, Now: clock.Now, Log: log}, http.NewServeMux()
	for _, r := range s.area.Routes() {
		mux.Handle(r.Pattern, g.Guard(r))
	}
	s.Handler = mux
	return s
}

func (s *served) load(t testing.TB, text string) { t.Helper(); roomtest.Import(t, s.things, text) }

// base is the address that a device is given.
func (s *served) base(host string) string {
	return "/santa/" + s.made.ID + "/" + url.PathEscape(host) + "/" + people.DeviceKey(s.made.Secret, host, 0) + "/"
}

// packed is a body in a compression.
func packed(t testing.TB, body []byte, how string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "deflate":
		w = zlib.NewWriter(&b)
	case "gzip":
		w = gzip.NewWriter(&b)
	default:
		return body
	}
	_, err := w.Write(body)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// post sends a body that is packed already.
func (s *served) post(path, media, how string, body []byte, headers ...string) *httptest.ResponseRecorder {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, path, bytes.NewReader(body)) // httptest's would be parsed first
	if err != nil {
		panic(err)
	}
	r.RemoteAddr = "192.0.2.1:1234"
	r.Header.Set("Content-Type", media)
	if how != "" {
		r.Header.Set("Content-Encoding", how)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}
