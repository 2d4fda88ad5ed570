package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"portcullis/people"
)

// BenchmarkServer measures a server on SQLite, with an empty database and with one of 100,000 people: how
// long it takes from the start of the process until it is ready (the median of five), and what memory it
// holds after 100 requests and a minute of nothing.
func BenchmarkServer(b *testing.B) {
	b.Run("empty", func(b *testing.B) { benchmarkServer(b, 0) })
	b.Run("100,000 people", func(b *testing.B) { benchmarkServer(b, 100_000) })
}

func benchmarkServer(b *testing.B, persons int) {
	program := itself(b)
	where := []string{"--data", b.TempDir()}
	_, session := operator(b, where)
	populate(b, where, persons)
	start := func() (*exec.Cmd, string) {
		server := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, where...)...)
		return server, launch(b, server)
	}
	var started []time.Duration
	var idle float64
	for range b.N {
		for range 5 {
			began := time.Now()
			server, address := start()
			waitFor(b, address+"/readyz")
			started = append(started, time.Since(began))
			kill(b, server)
		}
		server, address := start()
		for range 25 {
			for _, path := range []string{"/", "/people", "/organisations", "/ledger"} {
				visit(b, address+path, session)
			}
		}
		<-time.After(time.Minute)
		idle += resident(b, server.Process.Pid)
		kill(b, server)
	}
	slices.Sort(started)
	b.ReportMetric(started[len(started)/2].Seconds(), "s-start")
	b.ReportMetric(idle/float64(b.N), "MiB-idle")
	b.ReportMetric(0, "ns/op")
}

// populate takes people into a database, in 100 bodies.
func populate(b *testing.B, where []string, persons int) {
	b.Helper()
	env := &environment{Context: b.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: time.Now}
	d := database{Data: where[1]}
	err := d.in(env, true, func(r *rooms) error {
		const bodies, atATime = 100, 10_000
		for n := range min(persons, bodies) {
			if _, err := r.people.AddOrganisation(env, atCommand, people.NewOrganisation{ID: fmt.Sprint("body-", n), Name: fmt.Sprint("Body ", n)}); err != nil {
				return err
			}
		}
		for from := 0; from < persons; from += atATime {
			rows := make([]people.Row, atATime)
			for i := range rows {
				n := from + i
				rows[i] = people.Row{Line: i + 2, Organisation: fmt.Sprint("body-", n%bodies), Roles: []people.Role{people.Staff}, Particulars: people.Particulars{
					Name: fmt.Sprint("Person ", n), Mail: fmt.Sprintf("p%d@government.example", n)}}
			}
			if _, err := r.people.ImportPeople(env, atCommand, rows); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// visit opens a page as somebody who has signed in.
func visit(b *testing.B, address, session string) {
	b.Helper()
	r, err := http.NewRequest("GET", address, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "portcullis", Value: session})
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d, %v", address, answer.StatusCode, err)
	}
}

var residentLine = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)

// resident is how much memory a process holds, in MiB.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	m := residentLine.FindSubmatch(status)
	if m == nil {
		b.Fatalf("no memory is said:\n%s", status)
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
