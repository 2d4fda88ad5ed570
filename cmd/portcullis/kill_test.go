package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portcullis/internal/storetest"
)

// kills is how often a server is killed in one test.
const kills = 12

// TestKills kills servers at once, after none or some answers, on each engine. What a server had
// acknowledged (it says that it listens once its start is recorded) is in the ledger, and that holds.
func TestKills(t *testing.T) {
	program := filepath.Join(t.TempDir(), "portcullis")
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, program) // under this name, the test binary is the command
	}
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, data, database string) {
		dir := t.TempDir()
		where := []string{"--data", data}
		if database != "" {
			where = []string{"--database", database, "--ledger-key", filepath.Join(dir, "ledger.key")}
		}
		for i := range kills {
			server := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, where...)...)
			address := launch(t, server)
			for range i % 4 {
				if status, _ := get(t, address+"/readyz"); status != http.StatusOK {
					t.Errorf("/readyz: %d", status)
				}
			}
			if err := server.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = server.Wait() // it says that it was killed
		}
		address, stop := serving(t, where...)
		grown(t, address, kills+1)
		if status := stop(); status != exitClean {
			t.Errorf("the last server ends with status %d", status)
		}
		export := filepath.Join(dir, "ledger.jsonl")
		if status, _, errs := command(t, append([]string{"ledger", "export", "--out", export}, where...)...); status != exitClean {
			t.Fatalf("export: %s", errs)
		}
		if status, out, errs := command(t, "ledger", "verify", export); status != exitClean || !strings.Contains(out, fmt.Sprintf("%d entries", kills+1)) {
			t.Errorf("after %d kills: status %d: %s%s", kills, status, out, errs)
		}
	})
}

// launch starts a server and returns its address.
func launch(t *testing.T, server *exec.Cmd) string {
	t.Helper()
	errs, err := server.StderrPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(errs)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("the server does not listen: %v", server.Wait())
	return ""
}

// grown waits until the ledger has so many entries. A killed server's lease has to run out first.
func grown(t *testing.T, address string, entries int) {
	t.Helper()
	var checkpoint string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		_, checkpoint = get(t, address+"/ledger/checkpoint")
		if lines := strings.Split(checkpoint, "\n"); len(lines) > 1 && lines[1] == fmt.Sprint(entries) {
			return
		}
	}
	t.Fatalf("the ledger does not come to %d entries: %s", entries, checkpoint)
}
