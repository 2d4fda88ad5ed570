package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/policytest"
	"portcullis/store"
)

// numberOf is how many of something BenchmarkFleet has: what the environment says, or else so many.
func numberOf(b *testing.B, variable string, otherwise int) int {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkFleet measures a server on SQLite with many devices of 60 apps, in the government of package
// policytest: how long it takes from the start of the process until it is ready, without a snapshot of its
// index and with one; what memory it then holds; how long each page takes, the median of nine; and how long
// after a ban is signed what is fetched next denies it, on every platform. It has 10,000 devices
// and nobody who holds them unless PORTCULLIS_BENCH_HOSTS and PORTCULLIS_BENCH_PEOPLE say otherwise. The figures that
// count are those of 1,000,000 devices and 100,000 people.
func BenchmarkFleet(b *testing.B) {
	program, hosts, persons := itself(b), numberOf(b, "PORTCULLIS_BENCH_HOSTS", 10_000), numberOf(b, "PORTCULLIS_BENCH_PEOPLE", 0)
	where := []string{"--data", b.TempDir()}
	w := policytest.World(1)
	app := w.Products[500].ID
	began := time.Now()
	session, somebody := fillFleet(b, where[1], w, hosts, persons)
	b.ReportMetric(time.Since(began).Seconds(), "s-import")
	serve := func() (*exec.Cmd, string, time.Duration) {
		began := time.Now()
		server := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, where...)...)
		address := launch(b, server)
		waitFor(b, address+"/readyz")
		return server, address, time.Since(began)
	}
	for range b.N {
		server, _, cold := serve()
		b.ReportMetric(cold.Seconds(), "s-start")
		stop(b, server)
		server, address, warm := serve()
		b.ReportMetric(warm.Seconds(), "s-start-from-snapshot")
		var took []string
		pages := []string{"/", "/coverage", "/breaches", "/devices", "/devices/" + policytest.DeviceID(hosts/2), "/apps", "/apps/" + app, "/apps?q=" + url.QueryEscape(w.Suppliers[0].Name), "/suppliers", "/unlinked",
			"/what-if?effect=ban&components=yes&scope=org-000&product=" + app, "/proposals", "/proposals/new/ban?effect=ban&components=yes&scope=org-000&product=" + app,
			"/exemptions", "/exemptions/" + w.Exemptions[0].ID, "/process/org-000", "/ask?q=" + url.QueryEscape(w.Products[500].Name), "/lists?a=org-001&b=org-002", "/triage", "/ledger"}
		if persons > 0 {
			pages = append(pages, "/people", "/people?q=grace", "/people?q="+url.QueryEscape(lastName(7919)), "/people/"+somebody, "/organisations", "/organisations/org-001")
		}
		for _, page := range pages {
			took = append(took, fmt.Sprintf("%s %s", page, median(b, address+page, session)))
		}
		for three := range slices.Chunk(took, 3) { // testing shows ten lines of a benchmark
			b.Log(strings.Join(three, "   "))
		}
		b.ReportMetric(resident(b, server.Process.Pid), "MiB")
		middle, most := deniedIn(b, where[1], address, w)
		b.ReportMetric(float64(middle.Milliseconds()), "ms-to-deny")
		b.ReportMetric(float64(most.Milliseconds()), "ms-to-deny-at-most")
		kill(b, server)
	}
	b.ReportMetric(0, "ns/op")
}

// stop has a server stop in good order.
func stop(b *testing.B, server *exec.Cmd) {
	b.Helper()
	if err := server.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	_ = server.Wait() // it says by its status that it was interrupted
}

// median is how long a page takes, the middle one of nine times.
func median(b *testing.B, address, session string) time.Duration {
	b.Helper()
	var took []time.Duration
	for range 9 {
		began := time.Now()
		r, err := http.NewRequest("GET", address, nil)
		if err != nil {
			b.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "portcullis", Value: session})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		if answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
			b.Errorf("%s: %d %v", address, answer.StatusCode, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2].Round(100 * time.Microsecond)
}

// fillFleet takes the government in, with its people, and signs in who may see all of it; somebody is one of the
// others.
func fillFleet(b *testing.B, data string, w *policy.World, hosts, persons int) (session, somebody string) {
	b.Helper()
	env := &environment{Context: b.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: time.Now}
	err := (&database{Data: data}).in(env, false, func(r *rooms) error {
		fleet, err := devices.OpenFleet(env, r.db, time.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		room := &devices.Room{People: r.people, Server: "import", Fleet: fleet}
		heard := time.Now().Add(-time.Hour)
		_, err = room.Fill(env, atCommand, devices.Government{World: w, Count: hosts, Hosts: func(yield func(devices.Known, error) bool) {
			draw := rand.New(rand.NewPCG(1, 2))
			for h := range policytest.Hosts(w, 1, hosts, 60) {
				for i := range h.Installed { // most run one of few versions
					in := &h.Installed[i]
					release := min(int(draw.ExpFloat64()*1.3), 9)
					if in.Version = fmt.Sprintf("%d.%d.1", 69-release, release); in.VersionCode != nil {
						*in.VersionCode = int64(69-release) * 1000
					}
				}
				if !yield(devices.Known{Host: h, Name: "Device " + h.ID, Heard: heard}, nil) {
					return
				}
			}
		}}, nil)
		if err != nil {
			return err
		}
		if somebody, err = peopleOf(env, r.people, w, persons); err != nil {
			return err
		}
		session, err = signedIn(env, r.people, w.Organisations[0].ID)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return session, somebody
}

// peopleOf adds people to a government in bulk, half of them to its ten first bodies, and returns the id of one. The
// devices of package policytest are held by the first 40,000 of them, by their user names.
func peopleOf(ctx context.Context, room *people.Room, w *policy.World, n int) (somebody string, err error) {
	first := []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "Dennis", "Radia", "Tony", "Frances", "Niklaus", "Katherine", "Ken", "Hedy", "Tim"}
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	for some := range slices.Chunk(numbers, 10_000) {
		var rows []people.Row
		for _, i := range some {
			body := w.Organisations[i/2%len(w.Organisations)].ID
			if i%2 == 0 {
				body = w.Organisations[i/2%min(10, len(w.Organisations))].ID
			}
			user := fmt.Sprintf("person-%05d", i)
			rows = append(rows, people.Row{Line: i + 2, Organisation: body, Roles: []people.Role{people.Staff}, Particulars: people.Particulars{
				Name: first[i%len(first)] + " " + lastName(i*7919), UserName: user, Mail: user + "@government.example"}})
		}
		if _, err := room.ImportPeople(ctx, atCommand, rows); err != nil {
			return "", err
		}
	}
	found, err := room.Persons(ctx, atCommand, people.PersonQuery{UserName: fmt.Sprintf("person-%05d", n/2), Limit: 1})
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0].ID, nil
}

// lastName is one of 17,576.
func lastName(n int) string {
	sounds := strings.Fields("ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu za bre cli dro flu gra")
	return sounds[n%26] + sounds[n/26%26] + sounds[n/676%26] + "son"
}

// signedIn is the session of somebody new, who is a centre officer everywhere.
func signedIn(ctx context.Context, room *people.Room, organisation string) (session string, err error) {
	p, err := room.AddPerson(ctx, atCommand, organisation, people.Particulars{Name: "Ada", Mail: fmt.Sprintf("ada@%s.example", organisation)})
	if err != nil {
		return "", err
	}
	if _, err := room.GiveRole(ctx, atCommand, p.ID, people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere}, store.Period{}); err != nil {
		return "", err
	}
	return room.OpenSession(ctx, p.ID, "test", "", "")
}
