package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portcullis/web/api"
)

const proposalsWorld = `
organisations: [{id: gov}, {id: dept, parent: gov}]
products:
  - {id: parrot, kind: app, name: Parrot, identifiers: {android: [com.parrot]}}
  - {id: maps, kind: app, identifiers: {android: [com.maps]}}
rules:
  - {id: ban-maps, effect: ban, target: {product: maps}, components: false, clearance: none, scope: gov, from: 2020-01-01, reason: "a reason"}
hosts:
  - {id: a1, kind: device, organisation: dept, platform: android, installed: [{identifier: com.parrot, version: "1"}, {identifier: com.maps}]}
`

// proposing is a server, and the token files of those who ask it at the command line.
type proposing struct {
	address, dir string
	data         []string
}

func startProposing(t *testing.T) *proposing {
	t.Helper()
	dir := t.TempDir()
	s := &proposing{dir: dir, data: []string{"--data", filepath.Join(dir, "data")}}
	s.must(t, append([]string{"import", "world", s.file(t, "world.yaml", proposalsWorld)}, s.data...)...)
	for name, role := range map[string]string{"first": "centre-officer", "second": "centre-officer", "admin": "device-administrator", "staff": "staff"} {
		token := s.must(t, append([]string{"token", "create", "--name", name, "--role", role, "--organisation", "gov"}, s.data...)...)
		s.file(t, name, token)
	}
	address, stop := serving(t, s.data...)
	t.Cleanup(func() { stop() })
	s.address = address
	return s
}

func (s *proposing) file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *proposing) must(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errs := command(t, args...)
	if status != exitClean {
		t.Fatalf("%v: status %d: %s", args, status, errs)
	}
	return out
}

// as are the arguments of a command for somebody, by their token.
func (s *proposing) as(who string, args ...string) []string {
	return append(append([]string{"proposals"}, args...), "--server", s.address, "--token-file", filepath.Join(s.dir, who))
}

// open proposes what a draft says.
func (s *proposing) open(t *testing.T, who, draft string) (id string) {
	t.Helper()
	out := s.must(t, s.as(who, "open", s.file(t, "draft.yaml", draft))...)
	id, _, _ = strings.Cut(out, " ")
	return id
}

func (s *proposing) proposal(t *testing.T, id string) (p api.Proposal) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.must(t, s.as("first", "show", id, "--format", "json")...)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// refused runs what is to be refused.
func (s *proposing) refused(t *testing.T, status int, why string, args ...string) {
	t.Helper()
	got, out, errs := command(t, args...)
	if got != status || !strings.Contains(errs, why) {
		t.Errorf("%v: status %d, want %d with %q: %s%s", args, got, status, why, out, errs)
	}
}

const parrotBan = `kind: ban
reason: It sends contacts abroad
narrower: It does so everywhere
rule: {effect: ban, target: {product: parrot}, scope: gov, components: false, clearance: none}
`

// TestProposalsBan has a ban be proposed with one token and signed with another, and what bars from that.
func TestProposalsBan(t *testing.T) {
	s := startProposing(t)
	s.refused(t, exitBreach, "", s.as("staff", "open", s.file(t, "ban.yaml", parrotBan))...)
	id := s.open(t, "first", parrotBan)
	if out := s.must(t, s.as("second", "list", "--waiting")...); !strings.Contains(out, id) || !strings.Contains(out, "ban parrot in gov") {
		t.Errorf("what waits: %s", out)
	}
	for _, want := range []string{"ban parrot in gov", "waits for a second signature", "narrower: It does so everywhere", "Reaches now: 1 of 1 device", "You can: sign, refuse"} {
		if out := s.must(t, s.as("second", "show", id)...); !strings.Contains(out, want) {
			t.Errorf("shown without %q: %s", want, out)
		}
	}
	s.refused(t, exitBreach, "You have proposed this yourself", s.as("first", "take", id, "sign", "--yes", "--affirmed", "1")...)
	s.refused(t, exitBadInput, "say --version 1", s.as("second", "take", id, "sign")...)
	s.refused(t, exitBreach, "--affirmed: This reaches 1 of the 1", s.as("second", "take", id, "sign", "--version", "1")...)
	s.refused(t, exitBadInput, "--reason: Say why", s.as("second", "take", id, "refuse", "--version", "1")...)
	wider := s.file(t, "wider.yaml", strings.Replace(parrotBan, "clearance: none", "clearance: none, mitigations: [dedicated-device]", 1))
	s.must(t, s.as("first", "take", id, "revise", "--reason", "It is wider", "--draft", wider, "--version", "1")...)
	s.refused(t, exitBreach, "portcullis proposals show "+id, s.as("second", "take", id, "sign", "--affirmed", "1", "--version", "1")...)
	if out := s.must(t, s.as("second", "take", id, "sign", "--affirmed", "1", "--version", "2")...); !strings.Contains(out, "decided: ban-parrot") {
		t.Errorf("signed: %s", out)
	}
	s.refused(t, exitBreach, "it is decided", s.as("second", "take", id, "sign", "--yes")...)
	if out := s.must(t, s.as("first", "list", "--mine", "--state", "made", "--kind", "ban", "--format", "json")...); strings.Count(out, "\n") != 1 || !strings.Contains(out, id) {
		t.Errorf("listed: %s", out)
	}
	revised := s.open(t, "first", "kind: withdrawal\nreason: It is mended\nends: {rule: ban-parrot}\n")
	instead := s.file(t, "instead.json", `{"kind": "withdrawal", "reason": "It is mended since spring", "ends": {"rule": "ban-parrot", "until": "2999-01-01"}}`)
	s.must(t, s.as("first", "take", revised, "revise", "--reason", "It is mended since", "--draft", instead, "--yes")...)
	if p := s.proposal(t, revised); p.Reason != "It is mended since spring" || p.Ends.Until.Year() != 2999 {
		t.Errorf("revised: %+v", p)
	}
}

// TestProposalsExemption has an exemption be asked for, granted, signed, confirmed and ended early.
func TestProposalsExemption(t *testing.T) {
	s := startProposing(t)
	const draft = "kind: exemption\nreason: To test it\nexemption:\n  {lifts: [ban-maps], product: maps, scope: dept, subject: {host: a1}, purpose: testing, mitigations: [dedicated-device],\n  until: "
	s.refused(t, exitBadInput, "long.yaml:5: exemption.until: This holds for too long", s.as("staff", "open", s.file(t, "long.yaml", draft+"2999-01-01}\n"))...)
	until := time.Now().AddDate(0, 1, 0).UTC().Format(time.DateOnly)
	s.must(t, s.as("staff", "take", s.open(t, "staff", draft+until+"}\n"), "take-back", "--yes")...)
	id := s.open(t, "staff", draft+until+"}\n")
	s.refused(t, exitBadInput, "--risk: Say what the risk is", s.as("first", "take", id, "grant", "--yes", "--reason", "It is their work")...)
	s.must(t, s.as("first", "take", id, "grant", "--yes", "--reason", "It is their work", "--risk", "Small")...)
	s.must(t, s.as("second", "take", id, "sign", "--yes")...)
	if out := s.must(t, s.as("admin", "take", id, "confirm", "--yes", "--reason", "I have seen it")...); !strings.Contains(out, "decided: ") {
		t.Errorf("confirmed: %s", out)
	}
	made := s.proposal(t, id).Made
	s.refused(t, exitBreach, "", s.as("staff", "end-exemption", made, "--reason", "x")...)
	if out := s.must(t, s.as("second", "end-exemption", made, "--reason", "The work is done")...); !strings.Contains(out, "has ended on ") {
		t.Errorf("ended: %s", out)
	}
}

// TestProposalsExamples holds that each example can be proposed where there is what it names.
func TestProposalsExamples(t *testing.T) {
	s := startProposing(t)
	s.data = []string{"--data", filepath.Join(s.dir, "examples")}
	s.must(t, append([]string{"import", "world", s.file(t, "examples.yaml", `
organisations: [{id: my-body}, {id: other-body}]
suppliers: [{id: parrot-inc}, {id: bigbird}]
products: [{id: parrot, kind: app, identifiers: {android: [com.parrot]}}, {id: tides, kind: app, identifiers: {android: [com.tides]}}]
rules: [{id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: my-body, from: 2020-01-01, reason: "a reason"}]
hosts: [{id: tablet-7, kind: device, organisation: my-body, platform: android}]
`)}, s.data...)...)
	s.file(t, "everywhere", s.must(t, append([]string{"token", "create", "--name", "x", "--role", "centre-officer", "--organisation", "*"}, s.data...)...))
	address, stop := serving(t, s.data...)
	defer stop()
	s.address = address
	for kind := range draftExamples {
		text := draftExample(kind, time.Now())
		if kind == "ban" {
			text = strings.Replace(text, "product: parrot", "product: tides", 1) // there is one of the other already
		}
		s.open(t, "everywhere", text)
	}
}

func TestProposalsProcess(t *testing.T) {
	s := startProposing(t)
	if out := s.must(t, s.as("staff", "process", "dept")...); !strings.Contains(out, "dept decides as everybody begins") || !strings.Contains(out, "longestDays: 366") {
		t.Errorf("as everybody begins: %s", out)
	}
	id := s.open(t, "first", strings.ReplaceAll(draftExample("process", time.Now()), "my-body", "gov"))
	s.must(t, s.as("second", "take", id, "sign", "--yes")...)
	if out := s.must(t, s.as("staff", "process", "dept")...); !strings.Contains(out, "gov has set this for dept") || !strings.Contains(out, "longestDays: 180") {
		t.Errorf("as it was set: %s", out)
	}
	if out := s.must(t, s.as("staff", "process", "dept", "--at", "2021-01-01", "--format", "json")...); strings.Contains(out, `"of"`) {
		t.Errorf("as it was before: %s", out)
	}
	s.refused(t, exitBreach, "You may not see", s.as("staff", "process", "moon")...)
}

// TestProposalsTerms has an app that was found be granted as a known product, on terms.
func TestProposalsTerms(t *testing.T) {
	s := startProposing(t)
	id := s.open(t, "staff", "kind: allow\nreason: For work\nrule: {effect: allow, scope: gov}\nfound: {platform: android, identifier: com.parrot}\n")
	granting := s.as("first", "take", id, "grant", "--version", "1", "--reason", "It is needed", "--risk", "Small", "--product", "parrot")
	s.refused(t, exitBadInput, "--platform: There is no platform", append(granting, "--platform", "abacus")...)
	s.refused(t, exitBadInput, "--until: This has passed", append(granting, "--until", "2020-01-01")...)
	s.refused(t, exitBreach, "This waits for something else now: a decision", s.as("first", "take", id, "clear", "--version", "1", "--minister", "M")...)
	s.must(t, append(granting, "--min-version", "1.10", "--min-version-code", "android=7", "--platform", "android", "--platform", "ios", "--until", "2999-01-01")...)
	p := s.proposal(t, id)
	if r := p.Rule; p.State != "made" || r.Target.Product != "parrot" || r.MinVersion != "1.10" || r.MinVersionCode["android"] != 7 || len(r.Platforms) != 2 || r.Until.Year() != 2999 {
		t.Errorf("granted: %+v %+v", p, p.Rule)
	}
}

// TestProposalsPages holds that a list is followed to its end where that is asked for, and not for ever.
func TestProposalsPages(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Query().Get("after") {
		case "":
			_, _ = io.WriteString(w, `{"items": [{"id": "one", "kind": "ban"}], "next": "n"}`)
		case "n":
			_, _ = io.WriteString(w, `{"items": [{"id": "two", "kind": "ban"}], "next": "`+r.URL.Query().Get("organisation")+`"}`)
		}
	}))
	defer server.Close()
	s := &proposing{address: server.URL, dir: t.TempDir()}
	s.file(t, "first", "x")
	status, out, errs := command(t, s.as("first", "list")...)
	if status != exitClean || strings.Contains(out, "two") || !strings.Contains(errs, "--all") {
		t.Errorf("one page: %s%s", out, errs)
	}
	if out := s.must(t, s.as("first", "list", "--all", "--kind", "ban", "--mine")...); !strings.Contains(out, "one") || !strings.Contains(out, "two") {
		t.Errorf("all: %s", out)
	}
	if got := asked[len(asked)-1]; got != "after=n&kind=ban&mine=true" {
		t.Errorf("asked for %s", got)
	}
	s.refused(t, exitBadInput, "never comes to the end", s.as("first", "list", "--all", "--organisation", "n")...)
}

// TestProposalsTime holds that a server that never answers is not waited for for ever.
func TestProposalsTime(t *testing.T) {
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-ended }))
	defer server.Close()
	defer close(ended)
	flags := remote{Server: server.URL, TokenFile: (&proposing{dir: t.TempDir()}).file(t, "token", "x")}
	asks, err := flags.client()
	if err != nil || asks.http.Timeout <= 0 || asks.http.Timeout > time.Minute {
		t.Fatalf("waits for %v: %v", asks.http.Timeout, err)
	}
	asks.http.Timeout = 20 * time.Millisecond
	var away *lost
	if _, err := asks.post(t.Context(), "/proposals", "k", struct{}{}, nil); !errors.As(err, &away) || !strings.Contains(err.Error(), "--key k") {
		t.Errorf("what may have been done: %v", err)
	}
	if _, err := asks.get(t.Context(), "/proposals", nil, nil); err == nil || errors.As(err, &away) && strings.Contains(err.Error(), "--key") {
		t.Errorf("what does nothing: %v", err)
	}
}

// TestProposalsTokens holds what is said where a token is none, or a server.
func TestProposalsTokens(t *testing.T) {
	s := startProposing(t)
	s.file(t, "none", "portcullis_nothing")
	s.refused(t, exitBadInput, "make another", s.as("none", "list")...)
	s.refused(t, exitBadInput, "There is no such proposal", s.as("first", "show", "01kq0000000000000000000000")...)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/elsewhere") {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
		}
	}))
	defer other.Close()
	s.address = other.URL
	s.refused(t, exitBadInput, "is no Portcullis server", s.as("first", "list")...)
	s.address = other.URL + "/elsewhere"
	s.refused(t, exitBadInput, "sends elsewhere, to https://evil.example/", s.as("first", "list")...)
	other.Close()
	s.refused(t, exitBadInput, "does not answer", s.as("first", "list")...)
	status, _, errs := command(t, s.as("first", "open", s.file(t, "ban.yaml", parrotBan))...)
	if status != exitBadInput || strings.Contains(errs, "--key") {
		t.Errorf("nothing was sent, so nothing can have been done: %s", errs)
	}
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	defer stranger.Close()
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.address = stranger.URL
	status, _, errs = command(t, s.as("first", "open", s.file(t, "ban.yaml", parrotBan))...)
	if status != exitBadInput || !strings.Contains(errs, "certificate") || strings.Contains(errs, "--key") {
		t.Errorf("nobody knows whose server this is: %s", errs)
	}
}

// dropping passes requests on to a server, and loses the first answers to what is to be done.
func (s *proposing) dropping(t *testing.T, first int) (through string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	to := s.address
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		q.Header = r.Header
		answer, err := direct.Do(q)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Method == http.MethodPost && asked.Add(1) <= int64(first) {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
		w.WriteHeader(answer.StatusCode)
		_, _ = w.Write(text) // the test sees what is missing
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL, asked
}

// TestProposalsAnswerLost holds that what is done is done once, though its answer is lost and it is said again.
func TestProposalsAnswerLost(t *testing.T) {
	s := startProposing(t)
	server := s.address
	var asked *atomic.Int64
	s.address, asked = s.dropping(t, 1)
	id := s.open(t, "first", parrotBan)
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
	if p := s.proposal(t, id); p.Version != 1 || p.Reason != "It sends contacts abroad" {
		t.Errorf("opened: %+v", p)
	}
	s.address = server
	s.address, _ = s.dropping(t, 1000)
	status, _, errs := command(t, s.as("second", "take", id, "refuse", "--reason", "No", "--yes")...)
	again := regexp.MustCompile(`again with --version 1 --key (\w+):`).FindStringSubmatch(errs)
	if status != exitBadInput || again == nil {
		t.Fatalf("an answer that is lost: status %d: %s", status, errs)
	}
	s.address = server
	if out := s.must(t, s.as("second", "take", id, "refuse", "--reason", "No", "--version", "1", "--key", again[1])...); !strings.Contains(out, "refused  version 2") {
		t.Errorf("said again: %s", out)
	}
	if out := s.must(t, s.as("first", "list", "--all", "--format", "json")...); strings.Count(out, "\n") != 1 {
		t.Errorf("proposals: %s", out)
	}
}

// TestProposalsAsked holds that a step is taken where whoever sits there says yes, and shown before; and that nothing a
// server says can steer a terminal.
func TestProposalsAsked(t *testing.T) {
	p := &api.Proposal{ID: "p\x1b[2J", State: "open\x9b", Version: 3, Bar: "no\u202e", Draft: api.Draft{Kind: "ban", Reason: "one\ntwo\x1b[31m", Rule: &api.ProposedRule{}},
		Steps: []api.ProposalStep{{Act: "consult\x07"}}}
	for said, want := range map[string]bool{"yes\n": true, "YES": true, "y\n": false, "": false, "no\nyes\n": false} {
		var errs bytes.Buffer
		c := &proposalsTakeCommand{Act: "sign"}
		err := c.meant(&environment{Context: t.Context(), err: &errs}, p, strings.NewReader(said), true)
		if (err == nil) != want {
			t.Errorf("%q: %v", said, err)
		}
		if !strings.Contains(errs.String(), "Sign this, as it is shown above?") || !strings.Contains(errs.String(), "version 3") {
			t.Errorf("shown: %s", &errs)
		}
		if strings.ContainsAny(errs.String(), "\x1b\x07\u009b\u202e") {
			t.Errorf("this reaches the terminal: %q", &errs)
		}
	}
	if got := safeJSON([]byte("{\"a\": \"\u009b\u202e\U000e0041é\"}")); got != `{"a":"\u009b\u202e\udb40\udc41é"}` || !json.Valid([]byte(got)) {
		t.Errorf("JSON: %s", got)
	}
}

// FuzzProposalShown holds that whatever a server says of a proposal, nothing of it can steer a terminal, in either form.
func FuzzProposalShown(f *testing.F) {
	f.Add([]byte(`{"id": "p", "state": "interim", "lapses": "2026-01-01T00:00:00Z", "kind": "ban", "rule": {"effect": "ban", "target": {"any": true}}, "steps": [{"number": 1, "act": "sign", "reason": "a\nb", "counted": {"either": 3}}], "missing": [{"act": "clear", "roles": ["x"], "office": "y"}]}`))
	f.Add([]byte(`{"kind": "exemption", "exemption": {"subject": {"group": "\u001b[2J"}, "until": "0000-01-01T00:00:00Z"}, "reach": {"either": 1}, "bar": "\u009b\ud800"}`))
	f.Add([]byte(`{"process": {"offices": {"\u0000": "\u202e"}}, "reason": "\r\n\t \u2028#"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p api.Proposal
		if json.Unmarshal(raw, &p) != nil {
			return
		}
		line := safeJSON(raw)
		if !json.Valid([]byte(line)) || printable(line) != line {
			t.Fatalf("as JSON: %q", line)
		}
		var shown, rows bytes.Buffer
		if err := writeProposal(&shown, terminal{}, &p); err != nil {
			t.Fatal(err)
		}
		r := proposalRows{env: &environment{out: &rows, err: &rows}}
		if err := errors.Join(r.take([]json.RawMessage{raw}, &client{}), r.end(true)); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{shown.String(), rows.String()} {
			if printable(text) != text {
				t.Fatalf("shown: %q", text)
			}
		}
	})
}
