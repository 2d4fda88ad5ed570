package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/internal/storetest"
)

// lockedBuffer is a stream that a server writes to while a test reads it.
type lockedBuffer struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{}
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.wrote <- struct{}{}:
	default:
	}
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

var listening = regexp.MustCompile(`address=(http://\S+)`)

// serving starts a server, returns its address and a function that stops it and returns its status.
func serving(t testing.TB, args ...string) (address string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	errs := &lockedBuffer{wrote: make(chan struct{}, 1)}
	env := &environment{Context: ctx, in: os.Stdin, out: io.Discard, err: errs, now: time.Now}
	status := make(chan int, 1)
	go func() { status <- run(env, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)) }()
	for {
		select {
		case <-errs.wrote:
		case s := <-status:
			t.Fatalf("the server ended with status %d: %s", s, errs)
		case <-time.After(30 * time.Second):
			t.Fatalf("the server does not listen: %s", errs)
		}
		if found := listening.FindStringSubmatch(errs.String()); found != nil {
			return found[1], func() int { cancel(); return <-status }
		}
	}
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// command runs a command line to its end.
func command(t testing.TB, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	env := &environment{Context: t.Context(), in: os.Stdin, out: &o, err: &e, now: time.Now}
	status = run(env, args)
	return status, o.String(), e.String()
}

// TestServe runs a server on each engine: what it records is served, exported and verified, a
// changed export is found out, and a backup of one engine is restored into the other.
func TestServe(t *testing.T) {
	storetest.Each(t, func(t *testing.T, data, database string) {
		dir := t.TempDir()
		where := []string{"--data", data}
		key := []string{}
		if database != "" {
			where, key = []string{"--database", database}, []string{"--ledger-key", filepath.Join(dir, "ledger.key")}
		}
		address, stop := serving(t, append(where, key...)...)
		for path, want := range map[string]string{"/": "One register of decisions", "/healthz": "ok\n", "/readyz": "ready\n", "/metrics": "go_goroutines"} {
			if status, body := get(t, address+path); status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
		checkpoint := waitFor(t, address+"/ledger/checkpoint")
		if status, _ := get(t, address+"/ledger/tile/0/000.p/1"); status != http.StatusOK {
			t.Errorf("the first tile: %d", status)
		}
		for _, path := range []string{"/ledger/tile/0/001", "/ledger/../ledger.key", "/ledger/", "/nothing"} {
			if status, body := get(t, address+path); status != http.StatusNotFound {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
		if status := stop(); status != exitClean {
			t.Errorf("the server ends with status %d", status)
		}
		verifyExports(t, dir, checkpoint, append(append([]string{}, where...), key...))
		movesToTheOther(t, dir, where, database == "")
	})
}

// waitFor gets what is there within a second or so of being recorded.
func waitFor(t testing.TB, url string) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if status, body := get(t, url); status == http.StatusOK {
			return body
		}
	}
	t.Fatalf("%s never comes", url)
	return ""
}

func verifyExports(t *testing.T, dir, checkpoint string, where []string) {
	t.Helper()
	export, saved, changed := filepath.Join(dir, "ledger.jsonl"), filepath.Join(dir, "checkpoint"), filepath.Join(dir, "changed.jsonl")
	if status, _, errs := command(t, append([]string{"ledger", "export", "--out", export}, where...)...); status != exitClean {
		t.Fatalf("export: status %d: %s", status, errs)
	}
	if status, _, errs := command(t, append([]string{"ledger", "export", "--out", export}, where...)...); status != exitBadInput || !strings.Contains(errs, "is there already") {
		t.Errorf("an export over another: status %d: %s", status, errs)
	}
	if err := os.WriteFile(saved, []byte(checkpoint), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := command(t, "ledger", "verify", export, "--checkpoint", saved); status != exitClean || !strings.Contains(out, "Everything holds") {
		t.Errorf("a sound export: status %d: %s%s", status, out, errs)
	}
	text, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(changed, bytes.Replace(text, []byte(`"actor":"server"`), []byte(`"actor":"nobody"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := command(t, "ledger", "verify", changed); status != exitBreach || !strings.Contains(errs, "entry 0") {
		t.Errorf("a changed export: status %d: %s", status, errs)
	}
	if status, _, _ := command(t, "ledger", "verify", filepath.Join(dir, "none")); status != exitBadInput {
		t.Errorf("an export that is not there: status %d", status)
	}
}

func movesToTheOther(t *testing.T, dir string, where []string, toPostgres bool) {
	t.Helper()
	file := filepath.Join(dir, "backup.gz")
	if status, _, errs := command(t, append([]string{"backup", "--out", file}, where...)...); status != exitClean {
		t.Fatalf("backup: status %d: %s", status, errs)
	}
	other := []string{"--data", filepath.Join(dir, "other")}
	if toPostgres {
		other = []string{"--database", storetest.Database(t)}
	}
	if status, _, errs := command(t, append([]string{"restore", file}, other...)...); status != exitClean {
		t.Errorf("restore: status %d: %s", status, errs)
	}
	if status, out, errs := command(t, append([]string{"doctor"}, other...)...); status != exitClean {
		t.Errorf("doctor: status %d: %s%s", status, out, errs)
	}
	if status, _, errs := command(t, append([]string{"restore", file}, other...)...); status != exitBadInput || !strings.Contains(errs, "not empty") {
		t.Errorf("restoring twice: status %d: %s", status, errs)
	}
}

func TestDatabaseUsage(t *testing.T) {
	for _, args := range [][]string{
		{"serve"}, {"backup", "--out", "x"}, {"doctor"}, {"doctor", "--data", filepath.Join(t.TempDir(), "none")},
		{"serve", "--data", "a", "--database", "postgres:///b"}, {"serve", "--database", "postgres://127.0.0.1:1/none?connect_timeout=1", "--ledger-key", "k"},
		{"ledger", "export", "--database", "postgres:///x", "--out", "y"},
	} {
		if status, _, errs := command(t, args...); status != exitBadInput || errs == "" {
			t.Errorf("%v: status %d: %s", args, status, errs)
		}
	}
}
