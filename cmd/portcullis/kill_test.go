package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portcullis/internal/storetest"
)

// kills is how often a server is killed on each engine: fewer in a test of everything than in a long
// run, which sets PORTCULLIS_KILLS.
func kills(t *testing.T) int {
	text := os.Getenv("PORTCULLIS_KILLS")
	if text == "" {
		return 50
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("PORTCULLIS_KILLS: %v", err)
	}
	return n
}

// writers is how many write at the same time.
const writers = 4

// TestKills kills servers at random moments while others write, on each engine. What was acknowledged is
// there, once, though those who got no answer asked again; and the ledger has it and holds.
func TestKills(t *testing.T) {
	program := itself(t)
	storetest.Each(t, func(t *testing.T, data, database string) {
		where := place(t, data, database)
		token := firstToken(t, where)
		l := &load{token: token, stop: make(chan struct{})}
		l.address.Store("http://127.0.0.1:1") // until there is a server, nobody answers
		var wait sync.WaitGroup
		for n := range writers {
			wait.Go(func() { l.write(t, n) })
		}
		for range kills(t) {
			server := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, where...)...)
			l.address.Store(launch(t, server))
			<-time.After(time.Duration(rand.IntN(200_000)) * time.Microsecond) // the random moment
			if err := server.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = server.Wait() // it says that it was killed
		}
		address, stop := serving(t, where...)
		l.address.Store(address)
		close(l.stop)
		wait.Wait()
		l.verify(t)
		sequenced(t, address)
		if status := stop(); status != exitClean {
			t.Errorf("the last server ends with status %d", status)
		}
		l.verifyLedger(t, where)
	})
}

// itself is the path of this test binary under the name of the command, under which it is the command.
func itself(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "portcullis")
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, program)
	}
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// place are the arguments that say where the data is.
func place(t testing.TB, data, database string) []string {
	if database == "" {
		if err := os.MkdirAll(data, 0o700); err != nil {
			t.Fatal(err)
		}
		return []string{"--data", data}
	}
	return []string{"--database", database, "--ledger-key", filepath.Join(t.TempDir(), "ledger.key")}
}

// stored are those of place for commands that need no key.
func stored(where []string) []string { return where[:2] }

// firstToken makes an organisation's first token, at the command line as an operator would.
func firstToken(t testing.TB, where []string) string {
	t.Helper()
	status, out, errs := command(t, append([]string{"token", "create", "--name", "load", "--role", "operator", "--organisation", "*"}, stored(where)...)...)
	if status != exitClean {
		t.Fatalf("making a token: %s", errs)
	}
	return strings.TrimSpace(out)
}

// load is what writes, and what was acknowledged to it.
type load struct {
	token   string
	stop    chan struct{}
	address atomic.Value // of the server that is there now

	mu      sync.Mutex
	persons map[string]bool // by id: whether they are active
	again   int             // requests that were made again
}

// write adds an organisation, and then people to it, some of whom it deactivates.
func (l *load) write(t *testing.T, n int) {
	body := fmt.Sprintf("body-%d", n)
	l.ask(t, "POST", "/organisations", fmt.Sprint("organisation-", n), map[string]any{"id": body, "name": body})
	for i := 0; ; i++ {
		select {
		case <-l.stop:
			return
		default:
		}
		name := fmt.Sprintf("person-%d-%d", n, i)
		id := l.ask(t, "POST", "/persons", name, map[string]any{"name": name, "mail": name + "@load.example", "organisation": body})
		active := true
		if i%3 == 0 {
			l.ask(t, "PATCH", "/persons/"+id, "deactivate-"+name, map[string]any{"active": false})
			active = false
		}
		l.mu.Lock()
		if l.persons == nil {
			l.persons = map[string]bool{}
		}
		l.persons[id] = active
		l.mu.Unlock()
	}
}

// ask makes a request until it is answered, always with the same key, and returns the id in the answer.
func (l *load) ask(t *testing.T, method, path, key string, body any) string {
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		r, err := http.NewRequest(method, l.address.Load().(string)+"/api/v1"+path, bytes.NewReader(encoded))
		if err != nil {
			t.Error(err)
			return ""
		}
		r.Header.Set("Authorization", "Bearer "+l.token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", `"`+key+`"`)
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			var text []byte
			text, err = io.ReadAll(answer.Body)
			answer.Body.Close()
			var made struct {
				ID string `json:"id"`
			}
			switch {
			case err != nil:
			case answer.StatusCode >= 500: // a server on its way down
			case answer.StatusCode >= 300 || json.Unmarshal(text, &made) != nil:
				t.Errorf("%s %s: %d %s", method, path, answer.StatusCode, text)
				return ""
			default:
				return made.ID
			}
		}
		l.mu.Lock()
		l.again++
		l.mu.Unlock()
		<-time.After(5 * time.Millisecond) // until there is another server
	}
	t.Errorf("%s %s is never answered", method, path)
	return ""
}

// verify compares what the server has with what was acknowledged.
func (l *load) verify(t *testing.T) {
	t.Helper()
	found, after := map[string]bool{}, ""
	for {
		var page struct {
			Items []struct {
				ID     string `json:"id"`
				Active bool   `json:"active"`
			} `json:"items"`
			Next string `json:"next"`
		}
		l.get(t, "/persons?limit=200&after="+after, &page)
		for _, p := range page.Items {
			found[p.ID] = p.Active
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if len(found) != len(l.persons) {
		t.Errorf("%d people were acknowledged, and there are %d", len(l.persons), len(found))
	}
	for id, active := range l.persons {
		if got, there := found[id]; !there || got != active {
			t.Errorf("%s: acknowledged as active %t; there %t, active %t", id, active, there, got)
		}
	}
	t.Logf("%d people were added; %d requests were made again", len(found), l.again)
}

func (l *load) get(t *testing.T, path string, into any) {
	t.Helper()
	r, err := http.NewRequest("GET", l.address.Load().(string)+"/api/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, answer.StatusCode, err)
	}
}

// verifyLedger holds that the ledger verifies and has each person's entry once.
func (l *load) verifyLedger(t *testing.T, where []string) {
	t.Helper()
	export := filepath.Join(t.TempDir(), "ledger.jsonl")
	if status, _, errs := command(t, append([]string{"ledger", "export", "--out", export}, where...)...); status != exitClean {
		t.Fatalf("export: %s", errs)
	}
	if status, out, errs := command(t, "ledger", "verify", export); status != exitClean {
		t.Errorf("the ledger: status %d: %s%s", status, out, errs)
	}
	text, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	if entries := bytes.Count(text, []byte("people.person-added")); entries != len(l.persons) {
		t.Errorf("%d people were acknowledged, and the ledger has %d entries of people added", len(l.persons), entries)
	}
}

// sequenced waits until every entry of the ledger has its place. The lease of a server that was killed has to
// run out first.
func sequenced(t testing.TB, address string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if _, metrics := get(t, address+"/metrics"); strings.Contains(metrics, "portcullis_ledger_pending 0\n") {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Fatal("the entries of the ledger do not get their places")
}

// launch starts a server and returns its address.
func launch(t testing.TB, server *exec.Cmd) string {
	t.Helper()
	errs, err := server.StderrPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	lines := bufio.NewScanner(errs)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, errs) }() // what it says further must not stop it
			return found[1]
		}
		said += lines.Text() + "\n"
	}
	t.Fatalf("the server does not listen: %v\n%s", server.Wait(), said)
	return ""
}
