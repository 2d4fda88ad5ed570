package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"portcullis/alerts/mailtest"
	"portcullis/internal/storetest"
	"portcullis/people"
)

// TestTwoAtOnce has two change one thing: over pages and over the interface the second is told, and
// what they typed is still there. Of two moves that would make a circle together, one is made.
func TestTwoAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, data, database string) {
		f := newFront(t, place(t, data, database), "")
		chief := f.visitor(t, "Chief", "realm", people.SecurityOfficer)
		at := "/people/" + f.bob.person + "/change"
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(f.ask(t, f.ada, "GET", at, "", nil).body)
		if version == nil {
			t.Fatal("the form has no version")
		}
		typed := func(name string) string {
			return url.Values{"version": version[1:], "name": {name}, "mail": {"bob@harbour.example"}, "userName": {"bob@harbour.example"}}.Encode()
		}
		if a := f.ask(t, f.ada, "POST", at, typed("Bob of Ada"), nil); a.status != http.StatusSeeOther {
			t.Errorf("the first: %s", a)
		}
		if a := f.ask(t, chief, "POST", at, typed("Bob of the chief"), nil); a.status != http.StatusUnprocessableEntity && a.status != http.StatusConflict || !strings.Contains(a.body, "changed") || !strings.Contains(a.body, "Bob of the chief") {
			t.Errorf("the second: %s", a)
		}
		f.twoPrograms(t, chief)
		f.circle(t, chief)
	})
}

func (f *front) twoPrograms(t *testing.T, chief visitor) {
	t.Helper()
	at := "/api/v1/persons/" + f.bob.person
	tag := f.ask(t, f.ada, "GET", at, "", nil).header.Get("ETag")
	from := func(r *http.Request) { r.Header.Set("If-Match", tag) }
	if a := f.ask(t, f.ada, "PATCH", at, `{"phone":"1"}`, from); a.status != http.StatusOK {
		t.Errorf("the first program: %s", a)
	}
	if a := f.ask(t, chief, "PATCH", at, `{"phone":"2"}`, from); a.status != http.StatusPreconditionFailed {
		t.Errorf("the second program: %s", a)
	}
	if a := f.ask(t, chief, "GET", at, "", nil); !strings.Contains(a.body, `"Bob of Ada"`) || !strings.Contains(a.body, `"phone":"1"`) {
		t.Errorf("what came of it: %s", a)
	}
}

func (f *front) circle(t *testing.T, _ visitor) {
	t.Helper()
	program := func(name string, role people.Role) visitor {
		token, err := f.people.MakeToken(t.Context(), atCommand, name, people.Grant{Role: role, Organisation: people.Everywhere}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return visitor{token: token.Secret}
	}
	mover, signer := program("mover", people.Operator), program("signer", people.Approver)
	const rounds = 8
	for n := range rounds {
		ids := []string{fmt.Sprint("a", n), fmt.Sprint("b", n)}
		for _, id := range ids {
			if _, err := f.people.AddOrganisation(t.Context(), atCommand, people.NewOrganisation{ID: id, Name: id, Parent: "realm"}); err != nil {
				t.Fatal(err)
			}
		}
		var proposals [2]struct{ ID string }
		for i := range ids {
			a := f.ask(t, mover, "POST", "/api/v1/proposals", `{"kind":"organisation","reason":"r","move":{"body":"`+ids[i]+`","parent":"`+ids[1-i]+`"}}`, nil)
			if err := json.Unmarshal([]byte(a.body), &proposals[i]); err != nil || a.status != http.StatusCreated {
				t.Fatalf("proposing to move %s: %s", ids[i], a)
			}
		}
		var answers [2]answer
		var both sync.WaitGroup
		for i := range ids {
			both.Go(func() {
				answers[i] = f.ask(t, signer, "POST", "/api/v1/proposals/"+proposals[i].ID+"/steps", `{"act":"sign","version":1}`, nil)
			})
		}
		both.Wait()
		made := 0
		for i, a := range answers {
			switch {
			case a.status == http.StatusOK:
				made++
			case a.status != http.StatusConflict || !strings.Contains(a.body, "cannot be below itself"):
				t.Errorf("moving %s: %s", ids[i], a)
			}
		}
		if made != 1 {
			t.Errorf("of two moves that make a circle, %d were made", made)
		}
	}
}

// TestDatabaseAway takes the database away under load, once as a crash and once as a network that loses
// everything. Meanwhile all faces say so; afterwards the same server goes on by itself, and what was
// acknowledged is there.
func TestDatabaseAway(t *testing.T) {
	s := storetest.NewServer(t)
	where := place(t, "", s.URL())
	l, sink := newLoad(t, where), new(mailtest.Server).Start(t)
	f := &front{log: &lockedBuffer{wrote: make(chan struct{}, 1)}, ahead: &atomic.Int64{}}
	f.start(t, append(where, "--config", mailing(t, sink)), "")
	l.address.Store(f.address)
	var wait sync.WaitGroup
	for n := range 2 {
		wait.Go(func() { l.write(t, n) })
	}
	operator := visitor{session: l.session, token: l.token}
	for name, outage := range map[string][2]func(){"a crash": {s.Crash, s.Return}, "silence": {s.Freeze, s.Thaw}} {
		l.goesOn(t)
		outage[0]()
		f.saysAway(t, name, operator)
		outage[1]()
		f.isReady(t, name)
	}
	l.goesOn(t)
	close(l.stop)
	wait.Wait()
	settled(t, f.address)
	l.verify(t)
	invitations := l.verifyMails(t, sink)
	if status := f.stop(); status != exitClean {
		t.Errorf("the server ends with status %d:\n%s", status, f.log)
	}
	l.verifyLedger(t, where, invitations)
}

// goesOn waits until more is acknowledged.
func (l *load) goesOn(t *testing.T) {
	t.Helper()
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.persons)
	}
	had := count()
	for deadline := time.Now().Add(30 * time.Second); count() < had+5; {
		if time.Now().After(deadline) {
			t.Fatal("nothing more is acknowledged")
		}
		<-time.After(10 * time.Millisecond)
	}
}

func (f *front) isReady(t *testing.T, after string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		if status, _ := get(t, f.address+"/readyz"); status == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %s the server is never ready:\n%s", after, f.log)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// saysAway asks every face at once what it says while there is no database.
func (f *front) saysAway(t *testing.T, name string, v visitor) {
	t.Helper()
	var all sync.WaitGroup
	for _, test := range []struct {
		method, path string
		status       int
		kind, says   string
	}{
		{"GET", "/people", 503, "text/html", "Try again in a few minutes"},
		{"GET", "/", 503, "text/html", "out of reach of its database"},
		{"GET", "/sign-in", 503, "text/html", "not available just now"},
		{"POST", "/people/add", 503, "text/html", "look before you send it again"},
		{"POST", "/sign-in/passkey/begin", 503, "text/html", "not available just now"},
		{"GET", "/join/a-link-that-is-secret", 503, "text/html", "not available just now"},
		{"GET", "/api/v1/persons", 503, "application/problem+json", "/api/v1/problems#unavailable"},
		{"POST", "/api/v1/persons", 503, "application/problem+json", "Try again in a few minutes"},
		{"GET", "/scim/v2/Users", 503, "application/scim+json", "try again in a few minutes"},
		{"GET", "/ledger/checkpoint", 503, "text/plain", "cannot be read just now"},
		{"GET", "/readyz", 503, "text/plain", "not ready"},
		{"GET", "/healthz", 200, "text/plain", "ok"},
		{"GET", "/metrics", 200, "text/plain", "go_goroutines"},
	} {
		all.Go(func() {
			body := map[string]string{"POST": "{}"}[test.method]
			begun := time.Now()
			a := f.ask(t, v, test.method, test.path, body, nil)
			if a.status != test.status || !strings.HasPrefix(a.header.Get("Content-Type"), test.kind) || !strings.Contains(a.body, test.says) {
				t.Errorf("%s, %s %s: %s", name, test.method, test.path, a)
			}
			if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") == "" {
				t.Errorf("%s, %s %s: no Retry-After", name, test.method, test.path)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("%s, %s %s: took %v to say so", name, test.method, test.path, took)
			}
		})
	}
	all.Wait()
	if strings.Contains(f.log.String(), "a-link-that-is-secret") {
		t.Errorf("the log has a one-time link:\n%s", f.log)
	}
}

// TestOnlyReadable has the database take no changes, as a standby does, or a disk that is full: what can be
// shown is shown, also to who was away for a while, and changes are refused and not half made.
func TestOnlyReadable(t *testing.T) {
	s := storetest.NewServer(t)
	f := newFront(t, place(t, "", s.URL()), "")
	readable := func(only string) {
		t.Helper()
		for _, statement := range []string{"ALTER DATABASE postgres SET default_transaction_read_only = " + only, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"} {
			if err := f.db.Administer(t.Context(), "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; "+statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	readable("on")
	f.ahead.Store(int64(time.Hour)) // the last use of the session would be noted
	if a := f.ask(t, f.ada, "GET", "/people/"+f.bob.person, "", nil); a.status != http.StatusOK {
		t.Errorf("reading: %s", a)
	}
	for _, path := range []string{"/people/" + f.bob.person + "/deactivate", "/api/v1/groups", "/scim/v2/Groups"} {
		body := map[bool]string{true: f.confirmed(t, f.bob.person), false: `{"name":"x","displayName":"x","organisation":"harbour","schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}`}[strings.HasPrefix(path, "/people")]
		if strings.HasPrefix(path, "/scim") {
			body = strings.Replace(strings.Replace(body, `"name":"x",`, "", 1), `"organisation":"harbour",`, "", 1)
		}
		if strings.HasPrefix(path, "/api") {
			body = `{"name":"x","organisation":"harbour"}`
		}
		if a := f.ask(t, f.ada, "POST", path, body, nil); a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %s", path, a)
		}
	}
	readable("off")
	if a := f.ask(t, f.ada, "POST", "/people/"+f.bob.person+"/deactivate", f.confirmed(t, f.bob.person), nil); a.status != http.StatusSeeOther {
		t.Errorf("changing again: %s", a)
	}
	if a := f.ask(t, f.ada, "GET", "/api/v1/groups", "", nil); strings.Contains(a.body, `"x"`) {
		t.Errorf("what was refused is there: %s", a)
	}
}

// TestFullDisk fills the disk of an SQLite database, and makes room again.
func TestFullDisk(t *testing.T) {
	// The server's data lies in a file system of a few megabytes, which goes with it; what is left is copied.
	dir := t.TempDir()
	token, session := operator(t, place(t, filepath.Join(dir, "data"), ""))
	v := visitor{token: token, session: session}
	if err := os.Mkdir(filepath.Join(dir, "disk"), 0o700); err != nil {
		t.Fatal(err)
	}
	server := apart(`mount -t tmpfs -o size=8m tmpfs "$1/disk" && cp -r "$1/data" "$1/disk" || exit 1
		"$0" serve --listen 127.0.0.1:0 --data "$1/disk/data" & server=$!
		trap 'kill $server' TERM
		wait; wait $server; status=$?
		cp -r "$1/disk/data" "$1/left"; exit $status`, itself(t), dir)
	f := &front{address: launch(t, server)}
	ended := false
	t.Cleanup(func() {
		if !ended {
			kill(t, server)
		}
	})
	seen := filepath.Join("/proc", fmt.Sprint(server.Process.Pid), "root", dir, "disk")
	where := []string{"--data", filepath.Join(dir, "left")}
	add := func(name string) answer {
		return f.ask(t, v, "POST", "/api/v1/persons", `{"name":"`+name+`","mail":"`+name+`@x.example","organisation":"centre"}`, nil)
	}
	if a := add("before"); a.status != http.StatusCreated {
		t.Fatalf("with room: %s", a)
	}
	ballast := filepath.Join(seen, "ballast")
	fill(t, ballast)
	refused := 0
	for n := range 200 { // what the journal has kept room for may still be used
		a := add(fmt.Sprint("full", n))
		if a.status == http.StatusServiceUnavailable && strings.Contains(a.body, "not available just now") {
			if refused++; refused == 3 {
				break
			}
		} else if a.status != http.StatusCreated {
			t.Errorf("on a full disk: %s", a)
		}
	}
	if a := f.ask(t, v, "POST", "/organisations/add", "name=Full&ownList=own", nil); refused == 0 || a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "look before you send it again") {
		t.Errorf("on a full disk %d were refused, and the page says: %s", refused, a)
	}
	before := f.everybody(t, v)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if a := add("after"); a.status != http.StatusCreated {
		t.Errorf("with room again: %s", a)
	}
	if after := f.everybody(t, v); after != before+1 {
		t.Errorf("%d people with a full disk, and %d with one more", before, after)
	}
	if a := f.ask(t, v, "GET", "/organisations", "", nil); strings.Contains(a.body, "Full") {
		t.Errorf("what was refused is there: %s", a)
	}
	settled(t, f.address)
	ended = true
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	if status, out, errs := command(t, "doctor", "--data", where[1]); status != exitClean {
		t.Errorf("doctor: %s%s", out, errs)
	}
	export := filepath.Join(t.TempDir(), "ledger.jsonl")
	if status, _, errs := command(t, append([]string{"ledger", "export", "--out", export}, where...)...); status != exitClean {
		t.Fatalf("export: %s", errs)
	}
	if status, out, errs := command(t, "ledger", "verify", export); status != exitClean {
		t.Errorf("the ledger: %s%s", out, errs)
	}
}

// apart is a script that may mount what only it sees, as root or as anybody; it takes with it what it
// started.
func apart(script string, args ...string) *exec.Cmd {
	c := exec.Command("sh", append([]string{"-c", script}, args...)...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	if os.Getuid() != 0 {
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return c
}

// fill writes a file until there is no room for more.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
	_ = file.Close() // what it holds does not matter
}

// everybody counts the people of the server.
func (f *front) everybody(t *testing.T, v visitor) int {
	t.Helper()
	a := f.ask(t, v, "GET", "/api/v1/persons?limit=200", "", nil)
	var page struct{ Items []struct{ ID string } }
	if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != http.StatusOK {
		t.Fatalf("reading: %v, %s", err, a)
	}
	return len(page.Items)
}

// TestDoesNotStart has what keeps a server from starting: it ends at once and says what to do, and leaves
// things as they were.
func TestDoesNotStart(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	address, stop := serving(t, "--data", at("data")) // a ledger begins
	settled(t, address)
	if status := stop(); status != exitClean {
		t.Fatalf("status %d", status)
	}
	key, err := os.ReadFile(at("data/ledger.key"))
	if err != nil {
		t.Fatal(err)
	}
	_, stop = serving(t, "--data", at("other"), "--ledger-key", at("other.key"))
	stop()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	write("damaged/portcullis.db", strings.Repeat("no database ", 1000))
	write("file", "")
	if err := os.MkdirAll(at("folder.key"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		says []string
	}{
		{"a key that is gone", []string{"--data", at("data"), "--ledger-key", at("gone.key")}, []string{"gone.key is not there", "put the key back"}},
		{"another ledger's key", []string{"--data", at("data"), "--ledger-key", at("other.key")}, []string{"other.key is another key", "put that one there"}},
		{"a key that is none", []string{"--data", at("data"), "--ledger-key", write("garbled.key", "garbage\n")}, []string{"garbled.key holds no key", "put the key back"}},
		{"an empty key", []string{"--data", at("data"), "--ledger-key", write("empty.key", "")}, []string{"empty.key holds no key"}},
		{"a key that cannot be read", []string{"--data", at("data"), "--ledger-key", at("folder.key")}, []string{"cannot be read", "the account of the server"}},
		{"a port that is taken", []string{"--data", at("data"), "--listen", taken.Addr().String()}, []string{"address already in use", "say another address"}},
		{"a database that is damaged", []string{"--data", at("damaged")}, []string{"not a database", "restore a backup"}},
		{"a file for a folder", []string{"--data", at("file")}, []string{"the data directory", "not a directory"}},
		{"no database there", []string{"--database", "postgres://127.0.0.1:1/x?connect_timeout=1", "--ledger-key", at("new.key")}, []string{"does not answer", "connection refused"}},
		{"a key of the configuration that is mistyped", []string{"--data", at("data"), "--config", write("a.yaml", "# ours\nlistne: 127.0.0.1:1\n")}, []string{"a.yaml:2", "listne", "did you mean listen"}},
		{"a value that cannot be", []string{"--data", at("data"), "--config", write("b.yaml", "url: portcullis.example\nproxies: -1\n")}, []string{"b.yaml:1", "b.yaml:2", "0 or more"}},
		{"a secret that is not there", []string{"--data", at("data"), "--config", write("c.yaml", "mail:\n  host: mail.example\n  from: a@b.example\n  user: x\n  password_file: none\n")}, []string{"c.yaml:5", "none"}},
	} {
		args := append([]string{"serve"}, test.args...)
		if !strings.Contains(strings.Join(args, " "), "--listen") {
			args = append(args, "--listen", "127.0.0.1:0")
		}
		status, errs := ends(t, args)
		if status != exitBadInput || strings.Contains(errs, "msg=listening") {
			t.Errorf("%s: status %d: %s", test.name, status, errs)
		}
		for _, says := range test.says {
			if !strings.Contains(errs, says) {
				t.Errorf("%s: %q is missing in: %s", test.name, says, errs)
			}
		}
	}
	after, err := os.ReadFile(at("data/ledger.key"))
	if err != nil || string(after) != string(key) {
		t.Errorf("the key has changed: %v", err)
	}
	for _, name := range []string{"gone.key", "new.key"} {
		if _, err := os.Stat(at(name)); err == nil {
			t.Errorf("%s was made", name)
		}
	}
	address, stop = serving(t, "--data", at("data"))
	settled(t, address)
	if status := stop(); status != exitClean {
		t.Errorf("with the right key again: status %d", status)
	}
}

// ends runs a command that must end by itself.
func ends(t *testing.T, args []string) (status int, errs string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	said := &lockedBuffer{wrote: make(chan struct{}, 1)}
	status = run(&environment{Context: ctx, in: os.Stdin, out: io.Discard, err: said, now: time.Now}, args)
	if ctx.Err() != nil {
		t.Errorf("%v does not end: %s", args, said)
	}
	return status, said.String()
}

// TestReadOnlyFolder starts a server as an account that may read its data and not write it.
func TestReadOnlyFolder(t *testing.T) {
	dir, program := t.TempDir(), itself(t)
	address, stop := serving(t, "--data", filepath.Join(dir, "data"))
	settled(t, address)
	if status := stop(); status != exitClean {
		t.Fatalf("status %d", status)
	}
	if err := os.Chmod(filepath.Join(dir, "data"), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "data"), 0o700) })
	server := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	if os.Getuid() == 0 { // whom only a mount keeps out
		server = apart(`mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$0" serve --listen 127.0.0.1:0 --data "$1/data"`, program, dir)
	}
	out, err := server.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "must be able to write there") || strings.Contains(string(out), "listening") {
		t.Errorf("on a disk that is read only: %v, %s", err, out)
	}
}
