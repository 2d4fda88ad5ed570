package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/web/api"
)

const lookWorld = `
organisations: [{id: gov}, {id: dept, parent: gov, list: own}, {id: port, parent: gov}]
suppliers: [{id: bigbird, name: Bigbird}]
products:
  - {id: parrot, kind: app, name: Parrot Chat, aliases: [Polly], supplier: bigbird, identifiers: {android: [com.parrot], ios: [com.parrot]}}
  - {id: parrot-two, kind: app, name: Parrot Mail, identifiers: {android: [com.parrot.two]}}
  - {id: maps, kind: app, name: Maps, identifiers: {android: [com.maps], ios: [maps.app]}}
rules:
  - {id: ban-maps, effect: ban, target: {product: maps}, components: false, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2020-01-01, reason: "It sends where one is"}
  - {id: allow-parrot, effect: allow, target: {product: parrot}, min_version: "2", scope: gov, from: 2020-01-01, reason: "For talks"}
  - {id: allow-two, effect: allow, target: {product: parrot-two}, scope: dept, from: 2020-01-01, reason: "For mail"}
hosts:
  - {id: a1, kind: device, organisation: dept, platform: android, installed: [{identifier: com.parrot, version: "3"}, {identifier: com.maps}]}
  - {id: a2, kind: device, organisation: port, platform: android, installed: [{identifier: com.parrot, version: "3"}]}
`

// startLooking is a server with that world.
func startLooking(t *testing.T) *proposing {
	t.Helper()
	dir := t.TempDir()
	s := &proposing{dir: dir, data: []string{"--data", filepath.Join(dir, "data")}}
	s.must(t, append([]string{"import", "world", s.file(t, "world.yaml", lookWorld)}, s.data...)...)
	for name, role := range map[string]string{"officer": "centre-officer", "second": "centre-officer", "admin": "device-administrator", "chief": "centre-officer", "staff": "staff"} {
		s.file(t, name, s.must(t, append([]string{"token", "create", "--name", name, "--role", role, "--organisation", "gov"}, s.data...)...))
	}
	address, stop := serving(t, s.data...)
	t.Cleanup(func() { stop() })
	s.address = address
	return s
}

// by are the arguments of a command for somebody, by their token.
func (s *proposing) by(who string, args ...string) []string {
	return append(args, "--server", s.address, "--token-file", filepath.Join(s.dir, who))
}

// says runs a command that ends with a status, and wants texts in what it prints.
func (s *proposing) says(t *testing.T, status int, args []string, want ...string) {
	t.Helper()
	got, out, errs := command(t, args...)
	if got != status {
		t.Errorf("%v: status %d, want %d: %s%s", args, got, status, out, errs)
	}
	for _, text := range want {
		if !strings.Contains(out+errs, text) {
			t.Errorf("%v: nothing says %q: %s%s", args, text, out, errs)
		}
	}
}

// TestAskCommand asks by old names, for bodies with different lists, and about what is not known.
func TestAskCommand(t *testing.T) {
	s := startLooking(t)
	s.file(t, "centre", s.must(t, append([]string{"token", "create", "--name", "centre", "--role", "centre-officer", "--organisation", "*"}, s.data...)...))
	s.must(t, s.advises("centre", "add", "--subject", "product", "--of", "maps", "--title", "A map that says less", s.file(t, "text", "Take another."))...)
	ask := func(args ...string) []string { return s.by("officer", append([]string{"ask"}, args...)...) }
	s.says(t, exitClean, ask("polly", "--organisation", "port"), "Yes, Parrot Chat may be installed, on android, ios, from version 2", "By allow-parrot of gov.", "What to do: Install it")
	s.says(t, exitClean, s.by("staff", "ask", "polly", "--organisation", "port"), "Yes, Parrot Chat may be installed")
	s.says(t, exitBreach, ask("polly", "--organisation", "dept"), "Not yet: Parrot Chat is not on the list", "proposals open --example allow")
	s.says(t, exitBreach, ask("maps", "--organisation", "port"), "No, Maps must not be installed, on android, ios", "By ban-maps of gov: It sends where one is.", "--example exemption",
		"and cleared by the office minister. It", "in place: dedicated-device.", "On somebody's own device: A map that says less", "Take another.")
	s.says(t, exitBreach, ask("--product", "parrot", "--platform", "windows", "--organisation", "port"), "Not known: the register has no Parrot Chat there, on windows")
	s.says(t, exitBadInput, ask("parr", "--organisation", "port"), "Which one is meant?", "parrot-two", "--product ID")
	s.says(t, exitBadInput, ask("Prrot", "Chat", "--organisation", "port"), "Nothing in the register is called Prrot Chat.", "Did you mean one of these?", "parrot")
	s.says(t, exitBadInput, ask("--organisation", "port"), "say what is asked about")
	s.says(t, exitBadInput, ask("maps", "--organisation", "port", "--platform", "toaster"), "--platform: There is no platform")
	var found api.MayInstall
	_, out, _ := command(t, ask("maps", "--organisation", "port", "--format", "json")...)
	if err := json.Unmarshal([]byte(out), &found); err != nil || found.Product != "maps" || found.Answers[0].Answer != "no" {
		t.Errorf("as JSON: %v %s", err, out)
	}
}

// TestRegisterCommand finds things, lays two lists beside each other and tells what was known when.
func TestRegisterCommand(t *testing.T) {
	s := startLooking(t)
	look := func(args ...string) []string { return s.by("officer", append([]string{"register"}, args...)...) }
	s.says(t, exitClean, look("find", "polly"), "parrot", "Parrot Chat", "old name Polly", "bigbird")
	s.says(t, exitClean, look("find", "qqqqqq"), "There is nothing.")
	s.refused(t, exitBadInput, "--limit: ", look("find", "polly", "--limit", "1000")...)
	s.refused(t, exitBreach, "You may not", s.by("staff", "register", "find", "polly")...)
	if out := s.must(t, look("find", "parrot", "--format", "json")...); strings.Count(out, "\n") != 2 {
		t.Errorf("as JSON: %s", out)
	}

	s.says(t, exitClean, look("compare", "dept", "port"), "ON THE LIST OF dept", "parrot-two  android", "–", "android, ios from version 2")
	s.says(t, exitClean, look("compare", "port", "port"), "There is no difference.")
	if out := s.must(t, look("compare", "dept", "port", "--only", "first")...); strings.Contains(out, "parrot  ") || !strings.Contains(out, "parrot-two") {
		t.Errorf("on the first alone: %s", out)
	}
	s.refused(t, exitBreach, "You may not", look("compare", "dept", "moon")...)

	s.says(t, exitClean, look("history", "rule", "ban-maps"), "by command. It counts now", "id: ban-maps", "reason: It sends where one is")
	s.says(t, exitBreach, look("history", "rule", "ban-maps", "--known", "2019-01-01"), "no rule ban-maps counted then")
	s.says(t, exitClean, look("history", "rule", "ban-maps", "--at", "2021-01-01"), "it was in force")
	s.says(t, exitBreach, look("history", "rule", "ban-maps", "--at", "2019-01-01"), "it was not in force")
	s.refused(t, exitBadInput, "--known: \"soon\" is not a time", look("history", "rule", "ban-maps", "--known", "soon")...)
	s.refused(t, exitBadInput, "no rule none", look("history", "rule", "none")...)
	s.says(t, exitClean, look("history", "product", "parrot"), "id: parrot", "com.parrot")

	ends := s.open(t, "officer", "kind: withdrawal\nreason: It is mended\nends: {rule: ban-maps, until: \"2999-01-01\"}\n")
	s.must(t, s.as("second", "take", ends, "sign", "--yes")...)
	out := s.must(t, look("history", "rule", "ban-maps")...)
	if strings.Count(out, "Recorded on") != 2 || !strings.Contains(out, "Why: It is mended") || !strings.Contains(out, ", and counted until ") {
		t.Errorf("both versions: %s", out)
	}
	var versions []api.Version
	for line := range strings.SplitSeq(strings.TrimSpace(s.must(t, look("history", "rule", "ban-maps", "--format", "json")...)), "\n") {
		var v api.Version
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		versions = append(versions, v)
	}
	before := versions[1].Recorded.Format(time.RFC3339Nano)
	if out := s.must(t, look("history", "rule", "ban-maps", "--known", before)...); strings.Count(out, "Recorded on") != 1 || strings.Contains(out, "2999") {
		t.Errorf("as it was known at first: %s", out)
	}
}

// TestProposalsTry counts whom a ban would reach, and proposes nothing.
func TestProposalsTry(t *testing.T) {
	s := startLooking(t)
	draft := s.file(t, "draft.yaml", strings.ReplaceAll(parrotBan, "It does so everywhere", "It does"))
	s.says(t, exitClean, s.as("officer", "try", draft), "It would reach 2 of 2 devices and pieces of equipment in scope: 2 directly, 0 by what they contain.", "dept", "What is narrower", "In dept alone: 1 directly")
	if out := s.must(t, s.as("officer", "try", draft, "--format", "json")...); !strings.Contains(out, `"either":2`) {
		t.Errorf("as JSON: %s", out)
	}
	if out := s.must(t, s.as("officer", "list")...); out != "There is nothing.\n" {
		t.Errorf("something was proposed: %s", out)
	}
	s.refused(t, exitBreach, "You may not", s.as("staff", "try", draft)...)
	s.refused(t, exitBadInput, "rule: say what would be banned", s.as("officer", "try", s.file(t, "other.yaml", "kind: withdrawal\nreason: x\nends: {rule: ban-maps}\n"))...)
	s.refused(t, exitBadInput, "draft.yaml:4: rule.target: There is no product nonesuch", s.as("officer", "try", s.file(t, "draft.yaml", strings.Replace(parrotBan, "parrot}", "nonesuch}", 1)))...)
}

// TestEndMonitor has a body watch for a while, and enforce again before the end of that.
func TestEndMonitor(t *testing.T) {
	s := startLooking(t)
	until := time.Now().AddDate(0, 1, 0).UTC().Format(time.DateOnly)
	id := s.open(t, "officer", "kind: monitor\norganisation: port\nreason: To begin\nmonitor: {until: "+until+"}\n")
	s.must(t, s.as("second", "take", id, "sign", "--yes")...)
	watched := func() bool {
		return strings.Contains(s.must(t, s.by("chief", "call", "get-organisation", "id=port")...), "monitor")
	}
	if !watched() {
		t.Fatal("it does not watch")
	}
	s.refused(t, exitBreach, "You may not", s.as("staff", "end-monitor", "port")...)
	if out := s.must(t, s.as("chief", "end-monitor", "port")...); out != "port enforces its list from now on.\n" || watched() {
		t.Errorf("ended: %s", out)
	}
	s.refused(t, exitBreach, "You may not see", s.as("chief", "end-monitor", "moon")...)
}

// byCommand are the commands for the operations of the interface for programs that have words of their own. All others are
// done by call.
var byCommand = map[string]string{
	"POST /proposals": "proposals open", "POST /proposals/{id}/steps": "proposals take", "POST /exemptions/{id}/end": "proposals end-exemption",
	"GET /proposals": "proposals list", "GET /waiting": "proposals list", "GET /proposals/{id}": "proposals show", "GET /organisations/{id}/process": "proposals process",
	"POST /affected": "proposals try", "DELETE /organisations/{id}/monitor": "proposals end-monitor",
	"GET /ask": "ask", "GET /search": "register find", "GET /lists/difference": "register compare",
	"GET /rules/{id}/history": "register history", "GET /exemptions/{id}/history": "register history", "GET /suppliers/{id}/history": "register history", "GET /products/{id}/history": "register history",
	"GET /advice": "advice list", "GET /advice/{id}": "advice show", "GET /advice/{id}/versions": "advice show", "POST /advice": "advice add", "PATCH /advice/{id}": "advice set", "DELETE /advice/{id}": "advice take-back",
	"GET /zones": "zones list", "GET /zones/{id}": "zones show", "POST /zones": "zones add", "PATCH /zones/{id}": "zones change", "DELETE /zones/{id}": "zones end", "POST /zones/{id}/rotation": "zones rotate",
	"POST /zones/{id}/networks": "zones pass", "POST /zones/{id}/networks/{network}/answer": "zones answer", "POST /zones/{id}/networks/{network}/take-back": "zones answer",
	"POST /vetting/reports": "vet", "POST /inventories/{kind}": "import", "GET /artefacts/{form}": "export",
}

// TestCommandParity: whatever a program can do by the interface for programs, and so whatever a page can do, there is a
// command for.
func TestCommandParity(t *testing.T) {
	known, operations := commandNames(t), map[string]bool{}
	callable, err := apiOperations()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range api.Operations() {
		name := o.Method + " " + strings.TrimPrefix(o.Path, api.Base)
		operations[name] = true
		of := slices.ContainsFunc(callable, func(c *apiOperation) bool {
			return c.method == o.Method && c.path == strings.TrimPrefix(o.Path, api.Base)
		})
		if byCommand[name] == "" && !of {
			t.Errorf("no command does %s", name)
		}
	}
	for operation, name := range byCommand {
		if !operations[operation] {
			t.Errorf("there is no operation %s any more: take it off the list", operation)
		}
		if !known[name] {
			t.Errorf("%s: there is no command %s", operation, name)
		}
	}
}

// TestVetAtAServer: a server looks at a file and keeps what it found, for who may have it do so.
func TestVetAtAServer(t *testing.T) {
	s := startLooking(t)
	app, err := filepath.Abs("../../../shared/data/apks/androguard_com.politedroid_4.apk")
	if err != nil {
		t.Fatal(err)
	}
	s.says(t, exitClean, s.by("officer", "vet", "--organisation", "port", app), s.address+"/vetting/", "com.politedroid", "verifies by v1")
	s.says(t, exitClean, s.by("officer", "vet", "--organisation", "port", "--format", "json", app), `"package":"com.politedroid"`)
	s.says(t, exitBadInput, s.by("officer", "vet", "--organisation", "port", s.file(t, "none.apk", "no app")), "1 file could not be read")
	s.says(t, exitBadInput, s.by("staff", "vet", "--organisation", "port", app), "You may not")
	s.says(t, exitBadInput, s.by("officer", "vet", "--organisation", "port", "--together", app), "leave --criteria")
	s.says(t, exitBadInput, []string{"vet", "--organisation", "port", app}, "say which server")
}

// TestVetForARequest goes the way of a request for an app at the command line: the wrong file, a question, its answer, what a
// body looks for by a list of its own, and the decision.
func TestVetForARequest(t *testing.T) {
	s := startLooking(t)
	app, err := filepath.Abs("../../../shared/data/apks/androguard_com.politedroid_4.apk")
	if err != nil {
		t.Fatal(err)
	}
	opened := s.must(t, s.by("staff", "proposals", "open", s.file(t, "draft", "kind: allow\nreason: For work\nrule: {effect: allow, scope: port, target: {}, platforms: [android]}\nfound: {platform: android, identifier: com.other, name: Other}\n"))...)
	id, _, _ := strings.Cut(opened, " ")
	s.says(t, exitClean, s.by("officer", "vet", "--proposal", id, app), "nothing can be concluded from this for the proposal", "com.other is asked for")
	s.says(t, exitClean, s.by("officer", "proposals", "take", id, "question", "--reason", "Which of them?", "--yes"), "version 2")
	s.says(t, exitClean, s.by("staff", "proposals", "take", id, "reply", "--reason", "The other", "--yes"), "version 3")
	s.says(t, exitClean, s.by("officer", "proposals", "show", id), "Which of them?", "The other")
	list, err := json.Marshal(map[string]string{"reason": "We know them", "text": `{"trackers": {"7": {"id": 7, "name": "Polite Ads", "code_signature": "com.politedroid.", "network_signature": ""}}}`})
	if err != nil {
		t.Fatal(err)
	}
	s.says(t, exitClean, s.by("officer", "call", "set-trackers", "id=port", "--body", s.file(t, "list.json", string(list))), "entries: 1")
	s.says(t, exitClean, s.by("officer", "vet", "--organisation", "port", "--format", "json", app), `"exodus:7"`)
	s.says(t, exitClean, s.by("officer", "call", "list-vetted", "kitsWait=true"))
}
