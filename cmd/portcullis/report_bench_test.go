package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/people"
)

// BenchmarkReports measures what a report of 60 apps costs the server's own process over HTTP, in processor
// time, until it is committed and acknowledged: for devices that are as they were, for those on which one app
// has changed its version, and for those that are new; one at a time on 64 connections, and in batches.
func BenchmarkReports(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkReports(b, []string{"--data", b.TempDir()}) })
	b.Run("postgres", func(b *testing.B) { benchmarkReports(b, []string{"--database", storetest.Database(b)}) })
}

const (
	reportDevices     = 4_000
	reportApps        = 60
	reportConnections = 64
)

func benchmarkReports(b *testing.B, where []string) {
	program := itself(b)
	token := reporter(b, where, allowing(), people.DeviceAdministrator)
	if where[0] == "--database" {
		where = append(where, "--ledger-key", filepath.Join(b.TempDir(), "ledger.key"))
	}
	server := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, where...)...)
	address := launch(b, server)
	defer kill(b, server)
	waitFor(b, address+"/readyz")
	r := &reports{address: address, token: token, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: reportConnections}}}
	round := 0
	measure := func(name string, changed bool, size int) {
		b.Run(name, func(b *testing.B) {
			var spent time.Duration
			for range b.N {
				if changed {
					round++
				}
				bodies := r.bodies(reportDevices, round, size)
				before := processor(b, server.Process.Pid)
				r.send(b, bodies, size)
				spent += processor(b, server.Process.Pid) - before
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N*reportDevices)/1e3, "µs-cpu/report")
			b.ReportMetric(0, "ns/op")
		})
	}
	measure("new", true, 1)
	measure("unchanged", false, 1)
	measure("changed", true, 1)
	measure("unchanged in batches", false, 100)
	measure("changed in batches", true, 100)
}

// reporter imports a world, and makes the token of a program that has a role in its body.
func reporter(b testing.TB, where []string, world string, role people.Role) (token string) {
	b.Helper()
	file := filepath.Join(b.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(world), 0o600); err != nil {
		b.Fatal(err)
	}
	env := &environment{Context: b.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: time.Now}
	d := database{}
	if d.Data = where[1]; where[0] == "--database" {
		d = database{Database: where[1]}
	}
	if err := (&importWorldCommand{address: address{database: d}, File: file, Format: "text"}).Run(env); err != nil {
		b.Fatal(err)
	}
	err := d.in(env, true, func(r *rooms) (err error) {
		made, err := r.people.MakeToken(env, atCommand, "reports", people.Grant{Role: role, Organisation: "body"}, people.Time{})
		token = made.Secret
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return token
}

// reportMakers is of how many makers the apps are: each device has one app of each kind, of some maker.
const reportMakers = 40

// identifier is what an app of a maker is called.
func identifier(maker, app int) string { return fmt.Sprintf("com.example.company%d.app%d", maker, app) }

// allowing is a world that allows all apps of the reports.
func allowing() string {
	var products, rules strings.Builder
	for maker := range reportMakers {
		for app := range reportApps {
			fmt.Fprintf(&products, "  - {id: p%d-%d, kind: app, identifiers: {android: [%s]}}\n", maker, app, identifier(maker, app))
			fmt.Fprintf(&rules, "  - {id: r%d-%d, effect: allow, target: {product: p%d-%d}, scope: body, from: 2020-01-01, min_version: \"1\", reason: x}\n", maker, app, maker, app)
		}
	}
	return "organisations: [{id: body, name: Body}]\nproducts:\n" + products.String() + "rules:\n" + rules.String()
}

type reports struct {
	address, token string
	client         *http.Client
}

// bodies are the reports of devices in a round: in each, another app of every device has a new version.
func (r *reports) bodies(devices, round, size int) (bodies [][]byte) {
	var batch []string
	for d := range devices {
		var t strings.Builder
		fmt.Fprintf(&t, `{"host":"device-%06d","platform":"android","installed":[`, d)
		for app := range reportApps {
			version := (round - app + reportApps - 1) / reportApps
			if app > 0 {
				t.WriteByte(',')
			}
			fmt.Fprintf(&t, `{"identifier":%q,"version":"4.%d.1","versionCode":%d}`, identifier((d*7+app)%reportMakers, app), version, 4000+version)
		}
		t.WriteString("]}")
		batch = append(batch, t.String())
		if len(batch) < size {
			continue
		}
		if size == 1 {
			bodies = append(bodies, []byte(t.String()))
		} else {
			bodies = append(bodies, []byte(`{"reports":[`+strings.Join(batch, ",")+`]}`))
		}
		batch = batch[:0]
	}
	return bodies
}

// send sends bodies over some connections at once.
func (r *reports) send(b testing.TB, bodies [][]byte, size int) {
	path := "/api/v1/reports"
	if size > 1 {
		path += "/batch"
	}
	work := make(chan []byte)
	var done sync.WaitGroup
	for range reportConnections {
		done.Go(func() {
			for body := range work {
				request, err := http.NewRequest("POST", r.address+path, bytes.NewReader(body))
				if err != nil {
					b.Error(err)
					continue
				}
				request.Header.Set("Authorization", "Bearer "+r.token)
				request.Header.Set("Content-Type", "application/json")
				answer, err := r.client.Do(request)
				if err != nil {
					b.Error(err)
					continue
				}
				said, err := io.ReadAll(answer.Body)
				if answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK || bytes.Contains(said, []byte(`"problem"`)) {
					b.Errorf("%d %v: %s", answer.StatusCode, err, said)
				}
			}
		})
	}
	for _, body := range bodies {
		work <- body
	}
	close(work)
	done.Wait()
}

// processor is the processor time that a process has taken so far.
func processor(b testing.TB, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	var ticks int64
	for _, f := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100)
}
