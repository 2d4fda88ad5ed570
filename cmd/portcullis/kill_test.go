package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/alerts/mailtest"
	"portcullis/internal/storetest"
)

// kills is how often a server is killed on each engine: few times in a test of everything, and as often as
// PORTCULLIS_KILLS says in a long run.
func kills(t *testing.T, few int) int {
	text := os.Getenv("PORTCULLIS_KILLS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("PORTCULLIS_KILLS: %v", err)
	}
	return n
}

// TestKills kills servers at random moments while others write, on each engine. What was acknowledged is
// there, once, though those who got no answer asked again; the ledger has it and holds; and every mail
// that was promised comes, and twice only where its record says so.
func TestKills(t *testing.T) {
	t.Parallel()
	program := itself(t)
	storetest.Each(t, func(t *testing.T, data, database string) {
		where := place(t, data, database)
		l, sink := newLoad(t, where), new(mailtest.Server).Start(t)
		said := append(where, "--config", mailing(t, sink))
		var wait sync.WaitGroup
		for n := range writers {
			wait.Go(func() { l.write(t, n) })
		}
		began, n := time.Now(), kills(t, 12)
		for range n {
			server := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, said...)...)
			l.address.Store(launch(t, server))
			<-time.After(time.Duration(rand.IntN(200_000)) * time.Microsecond) // the random moment
			kill(t, server)
		}
		t.Logf("%d kills, one every %v", n, (time.Since(began) / time.Duration(n)).Round(time.Millisecond))
		address, stop := serving(t, said...)
		l.address.Store(address)
		close(l.stop)
		wait.Wait()
		settled(t, address)
		l.verify(t)
		invitations := l.verifyMails(t, sink)
		if status := stop(); status != exitClean {
			t.Errorf("the last server ends with status %d", status)
		}
		l.verifyLedger(t, where, invitations)
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

// mailing is a configuration by which mails go to a sink.
func mailing(t testing.TB, sink *mailtest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "portcullis.yaml")
	text := fmt.Sprintf("mail:\n  host: %s\n  port: %d\n  tls: off\n  from: apps@load.example\n", sink.Host, sink.Port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// kill ends a server as a power cut does.
func kill(t testing.TB, server *exec.Cmd) {
	t.Helper()
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait() // it says that it was killed
}

// settled waits until every entry of the ledger has its place and every mail is on its way. What a
// server held that was killed has to run out first.
func settled(t testing.TB, address string) {
	t.Helper()
	metrics := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		_, metrics = get(t, address+"/metrics")
		if strings.Contains(metrics, "portcullis_ledger_pending 0\n") && strings.Contains(metrics, "portcullis_alerts_queued 0\n") {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Fatalf("the entries of the ledger do not get their places, or the mails do not go out:\n%s", metrics)
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
