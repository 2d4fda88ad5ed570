package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestExitStatus holds the three statuses of the contract, which scripts cannot tell apart.
func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const body = "organisations: [{id: o}]\nproducts: [{id: p, kind: app, identifiers: {linux: [good]}}]\n" +
		"rules: [{id: r, effect: allow, target: {product: p}, scope: o, from: 2020-01-01}]\n"
	world := write("world.yaml", body)
	clean := write("clean.yaml", "hosts: [{id: h, kind: device, organisation: o, platform: linux, installed: [{identifier: good}]}]")
	breach := write("breach.yaml", "hosts: [{id: b, kind: device, organisation: o, platform: linux, installed: [{identifier: bad}]}]")
	bad := write("bad.yaml", "hosts: [{id: h, kind: device, organisation: o, platform: linix}]")
	unread := write("unread.csv", "host,identifier,platform\nc,good,linux\n,,linux\n")
	tests := []struct {
		name string
		args []string
		want int
	}{
		{"clean", []string{"check", "--world", world, "--hosts", clean}, exitClean},
		{"breach", []string{"check", "--world", world, "--hosts", clean, "--hosts", breach}, exitBreach},
		{"bad input", []string{"check", "--world", world, "--hosts", breach, "--hosts", bad}, exitBadInput},
		{"unread rows and no breach", []string{"check", "--world", world, "--inventory", "csv=" + unread}, exitBadInput},
		{"unread rows and a breach", []string{"check", "--world", world, "--hosts", breach, "--inventory", "csv=" + unread}, exitBreach},
		{"no such file", []string{"check", "--world", filepath.Join(dir, "none")}, exitBadInput},
		{"usage", []string{"check"}, exitBadInput},
		{"no such command", []string{"frobnicate"}, exitBadInput},
		{"help", []string{"--help"}, exitClean},
		{"explain clean", []string{"explain", "--world", world, "--hosts", clean, "--host", "h", "--product", "p"}, exitClean},
		{"explain breach", []string{"explain", "--world", world, "--hosts", breach, "--host", "b"}, exitBreach},
		{"explain nobody", []string{"explain", "--world", world, "--hosts", breach, "--host", "x"}, exitBadInput},
		{"convert", []string{"convert", "csv", "--organisation", "o", unread}, exitBadInput},
	}
	for _, test := range tests {
		var out, errs bytes.Buffer
		env := &environment{Context: context.Background(), in: os.Stdin, out: &out, err: &errs, now: func() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }}
		if got := run(env, test.args); got != test.want {
			t.Errorf("%s: exit status %d, want %d\n%s%s", test.name, got, test.want, out.String(), errs.String())
		}
		if test.want == exitBadInput && errs.Len() == 0 {
			t.Errorf("%s: nothing is said on the error stream", test.name)
		}
	}
}

// TestEscape holds that nothing in data can steer a terminal.
func TestEscape(t *testing.T) {
	tests := map[string]string{
		"plain é 日本 😀": "plain é 日本 😀",
		"a\x1b[31mb":   `a\x1b[31mb`,
		"a\x00b\nc\td": `a\x00b\nc\td`,
		"a\u202eb":     `a\u202eb`,
		"a\xffb\ufffd": `a\xffb\ufffd`,
		"a\u00adb":     `a\u00adb`,
	}
	for in, want := range tests {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
	if got := printable("one\ntwo\x07"); got != "one\ntwo\\a" {
		t.Errorf("printable keeps line breaks and escapes the rest: %q", got)
	}
}
