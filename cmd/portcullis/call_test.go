package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"portcullis/web/api"
)

// commandNames are the words of all commands.
func commandNames(t *testing.T) map[string]bool {
	t.Helper()
	var cli commands
	parser, err := kong.New(&cli, kong.Vars{"kinds": "", "forms": "", "kindEnum": "", "advicetext": ""})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	var walk func(n *kong.Node, before string)
	walk = func(n *kong.Node, before string) {
		for _, child := range n.Children {
			name := strings.TrimSpace(before + " " + child.Name)
			known[name] = true
			walk(child, name)
		}
	}
	walk(parser.Model.Node, "")
	return known
}

// TestCall has operations be done that have no command of their own: of a device, a body and a person, from texts, numbers,
// lists and a file.
func TestCall(t *testing.T) {
	s := startLooking(t)
	call := func(who string, args ...string) []string { return s.by(who, append([]string{"call"}, args...)...) }
	s.says(t, exitClean, call("admin", "get-host", "id=a1"), "id: a1", "organisation: dept", "With If-Match='\"")
	s.says(t, exitClean, call("admin", "list-hosts", "limit=1"), "id: a1", "There are more: --all lists them.")
	if out := s.must(t, call("admin", "list-hosts", "limit=1", "--all", "--format", "json")...); strings.Count(out, "\n") != 2 {
		t.Errorf("all: %s", out)
	}
	s.must(t, call("admin", "change-host", "id=a1", "name=007", "--key", "k")...)
	var host api.HostSeen
	if err := json.Unmarshal([]byte(s.must(t, call("admin", "get-host", "id=a1", "--format", "json")...)), &host); err != nil || host.Name != "007" {
		t.Errorf("%v: called %q: a text is taken as it is written", err, host.Name)
	}
	s.refused(t, exitBreach, "has changed since you opened it", call("admin", "change-host", "id=a1", "name=Late", `If-Match="1-000000000000"`)...)
	s.refused(t, exitBreach, "You may not", call("staff", "change-host", "id=a1", "name=Mine")...)
	s.must(t, call("admin", "retire-host", "id=a1", "state=lost")...)
	s.says(t, exitClean, call("admin", "get-host", "id=a1"), "state: lost")

	s.says(t, exitClean, call("chief", "add-organisation", "name=Harbour Office", "parent=gov", "ownList=true"), "ownList: true")
	s.says(t, exitClean, call("chief", "list-roles"), "device-administrator")
	added := s.must(t, call("chief", "add-group", "name=Pilots", "organisation=gov", "--format", "json")...)
	var group api.Group
	if err := json.Unmarshal([]byte(added), &group); err != nil {
		t.Fatal(err)
	}
	s.says(t, exitClean, call("chief", "remove-group", "id="+group.ID), "It is done.")
	s.says(t, exitBreach, call("chief", "remove-group", "id="+group.ID), "You may not")

	rule := s.file(t, "rule.yaml", "effect: ban\ntarget: {product: parrot}\nscope: gov\ncomponents: false\nversions: {until: 1.10}\n")
	if out := s.must(t, call("officer", "try-rule", "--body", rule, "--format", "json")...); !strings.Contains(out, `"direct":0`) {
		t.Errorf("versions before 1.10, of which 3 is none: %s", out)
	}
	s.says(t, exitClean, call("officer", "list-triage", "id=dept"), "items:")
}

// TestCallRefuses what it can tell is wrong before it asks anybody.
func TestCallRefuses(t *testing.T) {
	s := &proposing{dir: t.TempDir()}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"did you mean list-hosts?", []string{"list-host"}},
		{"orgnisation: list-hosts takes no such thing; did you mean organisation?", []string{"list-hosts", "orgnisation=x"}},
		{`"x": say it as NAME=VALUE`, []string{"list-hosts", "x"}},
		{"limit: this is said a second time", []string{"list-hosts", "limit=1", "limit=2"}},
		{`limit: "many" is no whole number`, []string{"list-hosts", "limit=many"}},
		{`silent: "perhaps" is neither true nor false`, []string{"list-hosts", "silent=perhaps"}},
		{`platform: "andriod" is none of `, []string{"list-hosts", "platform=andriod"}},
		{`did you mean android?`, []string{"list-hosts", "platform=andriod"}},
		{`known: "soon" is not a time`, []string{"list-decisions", "id=a1", "known=soon"}},
		{"id: say it, as id=…", []string{"get-host"}},
		{"target: this has parts of its own", []string{"try-rule", "target=parrot"}},
		{"--body: list-hosts takes none", []string{"list-hosts", "--body", s.file(t, "b", "a: 1")}},
		{":2: rule: there is no such key", []string{"try-rule", "--body", s.file(t, "b2", "effect: ban\nrule: x\n")}},
		{":1: target: keys are expected here", []string{"try-rule", "--body", s.file(t, "b3", "target: parrot\n")}},
		{":2: effect: this is said a second time", []string{"try-rule", "--body", s.file(t, "b4", "effect: ban\neffect: ban\n")}},
		{":1: effect: \"bann\" is none of allow, ban, phase-out; did you mean ban?", []string{"try-rule", "--body", s.file(t, "b5", "effect: bann\n")}},
		{":1: platforms: a list is expected here", []string{"try-rule", "--body", s.file(t, "b6", "platforms: ios\n")}},
		{"--key: list-hosts takes none", []string{"list-hosts", "--key", "k"}},
		{"say which server", []string{"list-hosts"}},
		{`there is no operation "get-artefact"`, []string{"get-artefact"}},
	} {
		s.refused(t, exitBadInput, c.want, append([]string{"call"}, c.args...)...)
	}
}

// TestCallLists holds that what there is can be read without a server.
func TestCallLists(t *testing.T) {
	s := &proposing{}
	s.says(t, exitClean, []string{"call"}, "OPERATION", "move-host", "Move a device to another organisation")
	s.says(t, exitClean, []string{"call", "--format", "json"}, `"id":"move-host"`)
	s.says(t, exitClean, []string{"call", "retire-host", "--about"}, "It needs ", "lost, retired, replaced (needed)", "If-Match")
}

// FuzzCallBody: whatever is in a file, it is read or refused with a reason, and what is read is an object.
func FuzzCallBody(f *testing.F) {
	for _, seed := range []string{"", "effect: ban\n", "a: &x 1\nb: *x\n", `{"target": {"product": "p"}, "platforms": ["ios"]}`, "minVersionCode: {android: 7}\n", "[1]", "{", "effect: null"} {
		f.Add([]byte(seed))
	}
	o, err := operationOf("try-rule")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		body, err := o.bodyFile("body", text)
		if err == nil && body == nil || err != nil && err.Error() == "" {
			t.Fatalf("%q: %v, %v", text, body, err)
		}
	})
}
