package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"portcullis/web/api"
)

// advises are the arguments of a command about advice for somebody, by their token.
func (s *proposing) advises(who string, args ...string) []string {
	return append(append([]string{"advice"}, args...), "--server", s.address, "--token-file", filepath.Join(s.dir, who))
}

// TestAdvice has advice be added, changed from what was seen, taken back and put back by who keeps it for all, and read by
// who may no more than read.
func TestAdvice(t *testing.T) {
	s := startProposing(t)
	s.file(t, "centre", s.must(t, append([]string{"token", "create", "--name", "centre", "--role", "centre-officer", "--organisation", "*"}, s.data...)...))
	text := s.file(t, "text", "It sends what is on the screen.\n\n- to its maker\n- to others\n")
	add := []string{"add", "--subject", "platform", "--of", "android", "--title", "What it sends", text}
	s.refused(t, exitBreach, "You may not", s.advises("staff", add...)...)
	out := s.must(t, s.advises("centre", add...)...)
	id, _, _ := strings.Cut(out, " ")
	if !strings.HasSuffix(out, "  about platform android  version 1\n") {
		t.Errorf("added: %s", out)
	}
	s.refused(t, exitBadInput, "--of: Choose the platform", s.advises("centre", "add", "--subject", "platform", "--of", "amiga", "--title", "T", text)...)
	s.refused(t, exitBadInput, "empty.txt: ", s.advises("centre", "add", "--subject", "personal", "--title", "T", s.file(t, "empty.txt", ""))...)

	if out := s.must(t, s.advises("staff", "list", "--subject", "platform", "--of", "android")...); !strings.Contains(out, id) || !strings.Contains(out, "What it sends") {
		t.Errorf("listed: %s", out)
	}
	if out := s.must(t, s.advises("staff", "list", "--subject", "platform", "--of", "ios")...); strings.Contains(out, id) {
		t.Errorf("of another platform: %s", out)
	}
	if out := s.must(t, s.advises("staff", "list", "--at", "2020-01-01")...); strings.Contains(out, id) {
		t.Errorf("years before: %s", out)
	}
	for _, want := range []string{"What it sends\n", id + ", about platform android, version 1\n", "Kept: by token:", "\n\nIt sends what is on the screen.\n\n- to its maker\n- to others\n"} {
		if out := s.must(t, s.advises("staff", "show", id)...); !strings.Contains(out, want) {
			t.Errorf("shown without %q: %s", want, out)
		}
	}
	s.refused(t, exitBadInput, "There is no such advice", s.advises("staff", "show", "none")...)

	s.refused(t, exitBadInput, "say what is advised from now on", s.advises("centre", "set", id)...)
	s.refused(t, exitBreach, "--version: it is version 1 by now. How it is now: portcullis advice show "+id, s.advises("centre", "set", id, "--title", "Late", "--version", "2")...)
	s.refused(t, exitBreach, "You may not", s.advises("staff", "set", id, "--title", "Mine")...)
	if out := s.must(t, s.advises("centre", "set", id, "--title", "What it sends now", "--version", "1", "--key", "k")...); !strings.HasSuffix(out, "version 2\n") {
		t.Errorf("changed: %s", out)
	}
	s.must(t, s.advises("centre", "set", id, s.file(t, "shorter", "It sends much."))...)
	shown := func() (a api.Advice) {
		t.Helper()
		if err := json.Unmarshal([]byte(s.must(t, s.advises("staff", "show", id, "--format", "json")...)), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := shown(); a.Title != "What it sends now" || a.Text != "It sends much." || a.Version != 3 {
		t.Errorf("changed twice: %+v", a)
	}
	s.refused(t, exitBreach, "--version: it is version 3", s.advises("centre", "take-back", id, "--version", "2")...)
	if out := s.must(t, s.advises("centre", "take-back", id)...); out != id+" was taken back.\n" {
		t.Errorf("taken back: %s", out)
	}
	if out := s.must(t, s.advises("staff", "list")...); strings.Contains(out, id) {
		t.Errorf("listed, and taken back: %s", out)
	}
	if out := s.must(t, s.advises("staff", "show", id)...); !strings.Contains(out, "It was taken back") {
		t.Errorf("shown, and taken back: %s", out)
	}
	s.must(t, s.advises("centre", "set", id)...)
	if a := shown(); a.TakenBack || a.Version != 5 {
		t.Errorf("put back: %+v", a)
	}
	if out := s.must(t, s.advises("staff", "show", id, "--versions")...); strings.Count(out, "about platform android, version") != 5 || strings.Index(out, "version 5") > strings.Index(out, "version 4") {
		t.Errorf("all versions: %s", out)
	}
	if out := s.must(t, s.advises("staff", "show", id, "--versions", "--format", "json")...); strings.Count(out, "\n") != 5 {
		t.Errorf("all versions, as JSON: %s", out)
	}
}

// TestAdviceChangedMeanwhile: what somebody else has changed between reading and writing is not written over; and what may
// have been taken back, with the answer lost, is not taken back a second time.
func TestAdviceChangedMeanwhile(t *testing.T) {
	var matched, deleted int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"7-0123456789ab"`)
			_, _ = io.WriteString(w, `{"id": "a", "subject": "personal", "title": "T", "text": "x", "version": 7}`)
		case http.MethodPatch:
			if r.Header.Get("If-Match") == `"7-0123456789ab"` && r.Header.Get("Idempotency-Key") != "" {
				matched++
			}
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusPreconditionFailed)
			_, _ = io.WriteString(w, `{"status": 412, "detail": "Somebody else has changed this"}`)
		case http.MethodDelete:
			if r.Header.Get("If-Match") == `"7-0123456789ab"` {
				deleted++
			}
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer server.Close()
	s := &proposing{address: server.URL, dir: t.TempDir()}
	s.file(t, "centre", "x")
	s.refused(t, exitBreach, "Somebody else has changed this\nHow it is now: portcullis advice show a", s.advises("centre", "set", "a", "--title", "U")...)
	s.refused(t, exitBadInput, "Whether it was done is not known: look how it is now", s.advises("centre", "take-back", "a")...)
	if matched != 1 || deleted != 1 {
		t.Errorf("%d changes and %d takings back named what was read", matched, deleted)
	}
}
