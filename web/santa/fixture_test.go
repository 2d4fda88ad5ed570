package santa_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/santa"
	"portcullis/world"
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
	db := open(clock.Now)
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, register.Kinds, devices.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := devices.OpenFleet(t.Context(), db, clock.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	persons := &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}
	s := &served{things: &devices.Room{People: persons, Server: "test", Fleet: fleet}, metrics: prometheus.NewRegistry(), clock: clock}
	s.load(t, text(apps))
	if s.made, err = persons.MakeToken(t.Context(), command, "keys", people.Grant{Role: people.DeviceAdministrator, Organisation: "gov"}, store.Time{}); err != nil {
		t.Fatal(err)
	}
	intake, agents := devices.NewIntake(s.things, clock.Now), enforce.NewAgents(persons, fleet, clock.Now)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	for _, run := range []func(context.Context){intake.Run, agents.Run} {
		go func() { run(ctx); done <- struct{}{} }()
	}
	t.Cleanup(func() { cancel(); <-done; <-done })
	s.area = santa.New(enforce.NewSanta(&enforce.Room{People: persons, Fleet: fleet}, agents, intake, clock.Now), s.metrics)
	g, mux := &gate.Gate{People: persons, Now: clock.Now, Log: log}, http.NewServeMux()
	for _, r := range s.area.Routes() {
		mux.Handle(r.Pattern, g.Guard(r))
	}
	s.Handler = mux
	return s
}

func (s *served) load(t testing.TB, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := world.Load(path, nil, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := s.things.Import(t.Context(), command, loaded, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.things.Fleet.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

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
