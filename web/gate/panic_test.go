package gate_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/api"
	"portcullis/web/gate"
)

// TestPanic: a handler that panics answers in the form of its face, tells the log where, and takes nobody
// else with it. What has begun to go out is cut off.
func TestPanic(t *testing.T) {
	storetest.Run(t, []store.Schema{ledger.Schema, people.Schema}, func(t *testing.T, open storetest.Open) {
		d := newDoor(t, open)
		var log bytes.Buffer
		d.Log = slog.New(slog.NewTextHandler(&log, nil))
		panics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("a secret of the inside")) })
		half := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("half", 4096))
			panic("a secret of the inside")
		})
		mux := http.NewServeMux()
		for pattern, route := range map[string]gate.Route{
			"/page": {Permission: gate.Public, Handler: panics}, "/open": {Permission: gate.Open, Handler: panics},
			"/program": {Permission: gate.Open, Handler: panics, Fail: api.Fail}, "/half": {Permission: gate.Open, Handler: half},
			"/join/{link}": {Permission: gate.Public, Handler: panics},
		} {
			mux.Handle(pattern, d.Guard(route))
		}
		server := httptest.NewServer(mux)
		defer server.Close()
		for _, test := range []struct{ path, kind, says string }{
			{"/page", "text/html; charset=utf-8", "something went wrong"}, {"/open", "text/html; charset=utf-8", "something went wrong"},
			{"/program", "application/problem+json", `"status":500`}, {"/join/a-link-that-is-secret", "text/html; charset=utf-8", "something went wrong"},
		} {
			log.Reset()
			answer, err := http.Get(server.URL + test.path)
			if err != nil {
				t.Fatalf("%s: %v", test.path, err)
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusInternalServerError || answer.Header.Get("Content-Type") != test.kind || !strings.Contains(string(body), test.says) || strings.Contains(string(body), "secret") {
				t.Errorf("%s: %v, %d %s", test.path, err, answer.StatusCode, body)
			}
			if logged := log.String(); !strings.Contains(logged, "a secret of the inside") || !strings.Contains(logged, "panic_test.go") || strings.Contains(logged, "a-link-that-is-secret") {
				t.Errorf("%s: logged %q", test.path, logged)
			}
		}
		answer, err := http.Get(server.URL + "/half")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if _, err := io.ReadAll(answer.Body); err == nil {
			t.Error("half an answer looks whole")
		}
	})
}
