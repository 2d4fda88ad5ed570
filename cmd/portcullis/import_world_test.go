package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBringDevices: a device of the file is enrolled in the organisation that comes with it, and then an exemption for it
// is proposed, which is for its holder.
func TestBringDevices(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	must := func(args ...string) string {
		t.Helper()
		status, out, errs := command(t, append(args, "--data", filepath.Join(dir, "data"))...)
		if status != exitClean {
			t.Fatalf("%v: %d: %s", args, status, errs)
		}
		return out
	}
	const first = `
organisations: [{id: gov}]
products: [{id: maps, kind: app, identifiers: {android: [com.maps]}}]
rules: [{id: ban-maps, effect: ban, target: {product: maps}, components: false, clearance: none, scope: gov, from: 2020-01-01}]
`
	must("import", "world", file("first.yaml", first))
	token := file("token", must("token", "create", "--name", "bringing", "--role", "centre-officer", "--organisation", "*"))
	second := file("second.yaml", strings.Replace(first, "[{id: gov}]", "[{id: gov}, {id: dept, parent: gov}]", 1)+`
exemptions: [{id: ex, lifts: [ban-maps], product: maps, scope: dept, subject: {host: a1}, purpose: research, from: 2020-01-01, until: `+time.Now().AddDate(0, 1, 0).UTC().Format(time.DateOnly)+`}]
hosts: [{id: a1, kind: device, organisation: dept, platform: android, holder: anna, installed: [{identifier: com.maps, version: "1"}]}]
`)
	args := []string{"import", "world", second, "--token-file", token, "--url", "https://gate.example", "--reason", "We agreed so"}
	if out := must(append(args, "--dry-run")...); !strings.Contains(out, "later: ex (its device is to be enrolled first)") || !strings.Contains(out, "1 device to be enrolled") {
		t.Errorf("a dry run: %s", out)
	}
	if out := must(args...); !strings.Contains(out, "proposed: ex, as an exemption, ") || !strings.Contains(out, "1 device enrolled") || !strings.Contains(out, "added: dept") {
		t.Errorf("in earnest: %s", out)
	}
	if out := must(args...); !strings.Contains(out, "1 proposed already") || !strings.Contains(out, "1 device there already") {
		t.Errorf("again: %s", out)
	}
	if out := must("export", "world"); !strings.Contains(out, `"holder":"anna","installed":[{"identifier":"com.maps","version":"1"}]`) {
		t.Errorf("the device: %s", out)
	}
}
