package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"portcullis/internal/storetest"
)

// TestTokenEnds ends a token on each engine, in a database that a world was imported into: it is then
// shown as ended, and ending it again is no error.
func TestTokenEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, data, database string) {
		where := []string{"--data", data}
		if database != "" {
			where = []string{"--database", database}
		}
		must := func(args ...string) (out string) {
			t.Helper()
			status, out, errs := command(t, append(args, where...)...)
			if status != exitClean {
				t.Fatalf("%v: status %d: %s", args, status, errs)
			}
			return out
		}
		must("import", "world", filepath.Join("..", "..", "demo", "world.yaml"), "--hosts", filepath.Join("..", "..", "demo", "hosts.yaml"))
		must("token", "create", "--name", "sync", "--role", "auditor", "--organisation", "merrow")
		list := func() (line tokenLine) {
			t.Helper()
			if err := json.Unmarshal([]byte(must("token", "list", "--format", "json")), &line); err != nil {
				t.Fatal(err)
			}
			return line
		}
		made := list()
		if !made.Ended.IsZero() || made.Organisation != "merrow" {
			t.Errorf("a new token: %+v", made)
		}
		if out := must("token", "end", made.ID); out != "" {
			t.Errorf("ending a token prints %q", out)
		}
		ended := list().Ended
		if ended.IsZero() {
			t.Error("the token has not ended")
		}
		must("token", "end", made.ID)
		if again := list().Ended; again != ended {
			t.Errorf("ending it again moves its end from %s to %s", ended, again)
		}
		if out := must("token", "list"); !strings.Contains(out, "  ended on ") {
			t.Errorf("the list: %s", out)
		}
	})
}
