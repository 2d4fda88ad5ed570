package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
)

// TestTableOnTerminal holds that on a terminal every row fits its width, whatever the script of
// names, and that colour is there only where it was not declined.
func TestTableOnTerminal(t *testing.T) {
	dir := t.TempDir()
	world := filepath.Join(dir, "world.yaml")
	text := "organisations: [{id: o, name: 官署}]\n" +
		"products: [{id: p, kind: app, name: 'تطبيق الرسائل الطويل جدا جدا', identifiers: {android: [com.example.a.very.long.identifier.indeed.it.is]}}, {id: q, kind: app, name: 微聊国际版社交平台应用程序, identifiers: {android: [com.微聊]}}]\n" +
		"rules: [{id: a-rule-with-a-long-name-too, effect: ban, target: {any: true}, components: false, clearance: none, scope: o, from: 2020-01-01}]\n" +
		"hosts: [{id: телефон-министра-иностранных-дел, kind: device, organisation: o, platform: android, installed: [{identifier: com.example.a.very.long.identifier.indeed.it.is, version: '1'}, {identifier: com.微聊}, {identifier: \"e\\u0301\\u200b😀👩‍👩‍👧\"}]}]\n"
	if err := os.WriteFile(world, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	colours := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, width := range []int{60, 80, 120} {
		for _, colour := range []bool{true, false} {
			var out, errs bytes.Buffer
			env := &environment{Context: context.Background(), in: os.Stdin, out: &out, err: &errs, terminal: terminal{colour: colour, width: width}, now: func() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }}
			if status := run(env, []string{"check", "--world", world}); status != exitBreach {
				t.Fatalf("exit status %d: %s", status, errs.String())
			}
			if got := colours.MatchString(out.String()); got != colour {
				t.Errorf("with colour %v there are colours: %v", colour, got)
			}
			for line := range strings.Lines(colours.ReplaceAllString(out.String(), "")) {
				line = strings.TrimRight(line, "\n")
				if got := runewidth.StringWidth(line); strings.HasPrefix(line, "  ") && got > width {
					t.Errorf("on %d columns a row takes %d: %s", width, got, line)
				}
			}
		}
	}
}
