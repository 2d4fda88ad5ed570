package world

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portcullis/policy"
)

// write puts a text into a file of the test's own.
func write(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// loadWith is Load with the settings that only tests have.
func loadWith(paths []string, window int, whole bool) (*Loaded, error) {
	l := &loader{Loaded: &Loaded{Hosts: new(Hosts)}, window: window, whole: whole}
	if err := l.load(paths); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l.Loaded, nil
}

// loadText loads a world file that must be valid, and closes it with the test.
func loadText(tb testing.TB, text string) *Loaded {
	tb.Helper()
	l, err := Load(write(tb, "world.yaml", text), nil, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
	})
	return l
}

// allHosts reads every host.
func allHosts(tb testing.TB, l *Loaded) []*policy.Host {
	tb.Helper()
	var hosts []*policy.Host
	for i := range l.Hosts.Len() {
		h := new(policy.Host)
		if err := l.Hosts.Read(i, h); err != nil {
			tb.Fatal(err)
		}
		if h.ID != l.Hosts.ID(i) {
			tb.Errorf("host %d is %q and %q", i, h.ID, l.Hosts.ID(i))
		}
		hosts = append(hosts, h)
	}
	return hosts
}

// failures are the errors of a load as `line key: message`, a line each.
func failures(tb testing.TB, err error) string {
	tb.Helper()
	var errs Errors
	if !errors.As(err, &errs) {
		tb.Fatalf("not Errors: %v", err)
	}
	var b strings.Builder
	for _, e := range errs {
		fmt.Fprintf(&b, "%d %s: %s\n", e.Line, e.Key, e.Message)
	}
	return b.String()
}
