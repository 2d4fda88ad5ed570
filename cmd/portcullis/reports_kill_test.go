package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	randv2 "math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

// TestReportsUnderKill has devices report as their server is killed at random moments and started anew, now
// and then from a snapshot that is old, damaged or gone, on each engine. What was acknowledged is what there
// is, nothing is written in half, and what is in breach is what a plain computation says.
func TestReportsUnderKill(t *testing.T) {
	t.Parallel()
	program := itself(t)
	storetest.Each(t, func(t *testing.T, data, database string) {
		s := newReporting(t, place(t, data, database))
		var wait sync.WaitGroup
		for w := range writers {
			wait.Go(func() { s.write(t, w) })
		}
		began, n, stopped := time.Now(), kills(t, 6), false
		for killed := 0; killed < n; {
			s.still.Lock()
			s.tamper(t)
			server := s.start(t, program)
			if killed%3 != 1 { // else whoever reports is there first
				s.verify(t)
			}
			if killed == 0 || stopped { // nobody holds the lease
				s.writtenDown(t)
			}
			s.still.Unlock()
			<-time.After(time.Duration(randv2.IntN(300_000)) * time.Microsecond) // the random moment
			if stopped = s.end(t, server); !stopped {
				killed++
			}
		}
		took := time.Since(began)
		server := s.start(t, program)
		close(s.stop)
		wait.Wait()
		s.verify(t)
		s.writtenDown(t)
		kill(t, server)
		if status, out, errs := command(t, append([]string{"doctor"}, s.where[:2]...)...); status != exitClean {
			t.Errorf("doctor: %s%s", out, errs)
		}
		s.summarise(t, n, took)
	})
}

// reporting is devices that report to one server after another, and what was acknowledged to them.
type reporting struct {
	*load
	where []string
	index string // where the server keeps its snapshot
	db    *store.DB

	still   sync.RWMutex // held by whoever wants nothing to be under way
	devices [writers][]*device

	// What happened, for the summary.
	tally                    sync.Mutex
	answers                  map[string]int
	doubts, batches          int
	verified, snapshots      int
	damaged, stops, stopping int
	behind, writing          time.Duration // the longest that breaches took to be right, and to be written down
}

// apps is the world of the devices: an app that is banned, one that must not be old, and some that are allowed.
func apps() string {
	products, rules := "", "  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: body, from: 2020-01-01, reason: x}\n"
	for app, version := range map[string]int{"parrot": 1, "notes": 2, "app0": 1, "app1": 1, "app2": 1, "app3": 1} {
		products += fmt.Sprintf("  - {id: %s, kind: app, identifiers: {android: [com.%s]}}\n", app, app)
		rules += fmt.Sprintf("  - {id: allow-%s, effect: allow, target: {product: %s}, scope: body, from: 2020-01-01, min_version: %q, reason: x}\n", app, app, fmt.Sprint(version))
	}
	return "organisations: [{id: body, name: Body}]\nproducts:\n" + products + "rules:\n" + rules
}

// judged is what the rules of that world say of an app, as "name=version verdict"; empty where it is no breach.
func judged(app string) string {
	name, version, _ := strings.Cut(app, "=")
	switch {
	case name == "parrot":
		return app + " banned"
	case name == "notes" && version == "1":
		return app + " outdated"
	case strings.HasPrefix(name, "new"):
		return app + " unknown"
	}
	return ""
}

func newReporting(t testing.TB, where []string) *reporting {
	t.Helper()
	s := &reporting{where: where, index: filepath.Join(t.TempDir(), "snapshot"), answers: map[string]int{}}
	s.load = &load{stop: make(chan struct{}), token: reporter(t, where, apps(), people.SecurityOfficer)}
	s.address.Store("http://127.0.0.1:1")
	s.db = look(t, where)
	return s
}

// look opens the database of servers, to look at what they wrote.
func look(t testing.TB, where []string) *store.DB {
	t.Helper()
	o := store.Options{Now: time.Now, Chance: rand.Reader}
	if o.Data = where[1]; where[0] == "--database" {
		o.Data, o.Database = "", where[1]
	}
	db, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// start starts a server, which dies with the test if not before.
func (s *reporting) start(t *testing.T, program string) *exec.Cmd {
	t.Helper()
	file := filepath.Join(t.TempDir(), "portcullis.yaml")
	if err := os.WriteFile(file, []byte("index: "+s.index+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0", "--config", file}, s.where...)...)
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.address.Store(launch(t, server))
	return server
}

// end ends a server: mostly it is killed; now and then it is told to stop, and is killed over that or not.
func (s *reporting) end(t *testing.T, server *exec.Cmd) (stopped bool) {
	t.Helper()
	how := randv2.IntN(6)
	if how == 0 { // with nothing under way
		s.still.Lock()
		defer s.still.Unlock()
	}
	if how < 2 {
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	switch how {
	case 0:
		s.stops++
		if err := server.Wait(); err != nil {
			t.Errorf("a server that was told to stop: %v", err)
		}
		return true
	case 1:
		s.stopping++
		<-time.After(time.Duration(randv2.IntN(20_000)) * time.Microsecond)
	}
	kill(t, server)
	return false
}

// tamper now and then takes away the snapshot or damages it, as a bad disk does.
func (s *reporting) tamper(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(s.index)
	if err != nil || len(text) == 0 {
		return
	}
	s.snapshots++
	switch randv2.IntN(8) {
	case 0:
		text = nil
	case 1:
		text = text[:randv2.IntN(len(text))]
	case 2:
		text[randv2.IntN(len(text))] ^= 1 << randv2.IntN(8)
	default:
		return
	}
	s.damaged++
	if err = os.Remove(s.index); err == nil && text != nil {
		err = os.WriteFile(s.index, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *reporting) summarise(t *testing.T, n int, took time.Duration) {
	total := 0
	for _, own := range s.devices {
		total += len(own)
	}
	t.Logf("%d kills, one every %v, %d of them of a server that was stopping; %d stops", n, (took / time.Duration(n)).Round(time.Millisecond), s.stopping, s.stops)
	t.Logf("%d devices; acknowledged %v, in %d batches and alone; %d reports without an answer", total, s.answers, s.batches, s.doubts)
	t.Logf("verified %d times; %d starts had a snapshot, %d of them a damaged one or none any more; breaches right after %v, written down after %v at most",
		s.verified, s.snapshots, s.damaged, s.behind.Round(time.Millisecond), s.writing.Round(time.Millisecond))
}

// device is one that reports, by one writer.
type device struct {
	id string
	// possible is what may be known of it: one state, unless it was not answered.
	possible []state
	said     []inventory // lately
}

// state is what is known of a device: by source, what it names, as "name=version name=version". Nothing is
// that it is not enrolled.
type state map[string]string

// inventory is a report.
type inventory struct {
	device  *device
	source  string
	partial bool
	apps    []string // "name=version", ascending
	body    []byte
}

// after is what is known after a report.
func (was state) after(r *inventory) state {
	next := maps.Clone(was)
	if next == nil {
		next = state{}
	}
	names := slices.Clone(r.apps)
	if r.partial {
		for _, app := range strings.Fields(was[r.source]) {
			name, _, _ := strings.Cut(app, "=")
			if !slices.ContainsFunc(r.apps, func(other string) bool { return strings.HasPrefix(other, name+"=") }) {
				names = append(names, app)
			}
		}
		slices.Sort(names)
	}
	next[r.source] = strings.Join(names, " ")
	return next
}

// installed is what any source names.
func (was state) installed() []string {
	var all []string
	for _, names := range was {
		all = append(all, strings.Fields(names)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// breaches are those of what is installed.
func (was state) breaches() (found []string) {
	for _, app := range was.installed() {
		if b := judged(app); b != "" {
			found = append(found, b)
		}
	}
	return found
}

// doubt is that a report may have been taken.
func (d *device) doubt(r *inventory) {
	for _, was := range slices.Clone(d.possible) {
		d.become(was.after(r))
	}
}

func (d *device) become(next state) {
	if !slices.ContainsFunc(d.possible, func(other state) bool { return maps.Equal(other, next) }) {
		d.possible = append(d.possible, next)
	}
}

// settle is that a report was taken with a result; it tells whether that can be.
func (d *device) settle(r *inventory, result string) bool {
	before := d.possible
	d.possible = nil
	for _, was := range before {
		next := was.after(r)
		same := maps.Equal(was, next)
		if (len(was) == 0) == (result == "enrolled") && (same == (result == "unchanged") || result == "enrolled") {
			d.become(next)
		}
	}
	return len(d.possible) > 0
}

// draw is a report of a device: one that was sent lately, or another.
func (d *device) draw(chance *randv2.Rand, n int) inventory {
	if len(d.said) > 0 && chance.IntN(3) == 0 {
		return d.said[chance.IntN(len(d.said))]
	}
	r := inventory{device: d, source: "one"}
	if strings.HasSuffix(d.id, "2") || strings.HasSuffix(d.id, "5") { // two tools report it
		r.source = []string{"one", "two"}[chance.IntN(2)]
	}
	r.partial = chance.IntN(4) == 0
	for _, name := range []string{"parrot", "notes", "app0", "app1", "app2", "app3"} {
		if chance.IntN(2) == 0 {
			r.apps = append(r.apps, fmt.Sprint(name, "=", 1+chance.IntN(2)))
		}
	}
	if chance.IntN(8) == 0 { // which others see first at the same time
		r.apps = append(r.apps, fmt.Sprint("new", n/16, "=1"))
	}
	slices.Sort(r.apps)
	r.body = r.encode()
	if d.said = append(d.said, r); len(d.said) > 4 {
		d.said = d.said[1:]
	}
	return r
}

func (r *inventory) encode() []byte {
	installed := []string{}
	for _, app := range r.apps {
		name, version, _ := strings.Cut(app, "=")
		installed = append(installed, fmt.Sprintf(`{"identifier":"com.%s","version":%q}`, name, version))
	}
	return fmt.Appendf(nil, `{"host":%q,"platform":"android","source":%q,"partial":%t,"installed":[%s]}`, r.device.id, r.source, r.partial, strings.Join(installed, ","))
}

// ownDevices is how many devices a writer has at most.
const ownDevices = 12

// write reports until it is told to stop. What is not answered is mostly said again, as a tool does.
func (s *reporting) write(t *testing.T, w int) {
	chance := randv2.New(randv2.NewPCG(uint64(w), uint64(time.Now().UnixNano())))
	var reports []inventory
	for n := 0; ; n++ {
		select {
		case <-s.stop:
			return
		default:
		}
		if len(reports) == 0 || chance.IntN(4) == 0 {
			reports = s.next(w, chance, n)
		}
		switch answered, err := s.send(reports); {
		case err != nil:
			t.Error(err)
			return
		case answered:
			reports = nil
		default:
			<-time.After(5 * time.Millisecond) // until there is another server
		}
	}
}

// next is a report, or a batch of some.
func (s *reporting) next(w int, chance *randv2.Rand, n int) (reports []inventory) {
	size := 1
	if chance.IntN(3) == 0 {
		size = 2 + chance.IntN(8)
	}
	s.still.RLock()
	defer s.still.RUnlock()
	taken := map[int]bool{}
	for range size {
		i := chance.IntN(min(len(s.devices[w])+1, ownDevices))
		if i == len(s.devices[w]) {
			s.devices[w] = append(s.devices[w], &device{id: fmt.Sprintf("device-%d-%d", w, i), possible: []state{{}}})
		}
		if !taken[i] {
			taken[i] = true
			reports = append(reports, s.devices[w][i].draw(chance, n))
		}
	}
	return reports
}

// send sends reports, and notes what is known of the devices then. The error is of an answer that cannot be.
func (s *reporting) send(reports []inventory) (answered bool, err error) {
	s.still.RLock()
	defer s.still.RUnlock()
	path, body := "/reports", reports[0].body
	if len(reports) > 1 {
		var all [][]byte
		for i := range reports {
			all = append(all, reports[i].body)
		}
		path, body = "/reports/batch", fmt.Appendf(nil, `{"reports":[%s]}`, bytes.Join(all, []byte(",")))
	}
	results, err := s.post(s.address.Load().(string), path, body)
	s.tally.Lock()
	defer s.tally.Unlock()
	if err != nil || len(results) == 0 {
		s.doubts += len(reports)
		for i := range reports {
			reports[i].device.doubt(&reports[i])
		}
		return false, err
	}
	if len(reports) > 1 {
		s.batches++
	}
	for i := range reports {
		s.answers[results[i]]++
		before := reports[i].device.possible
		if !reports[i].device.settle(&reports[i], results[i]) {
			err = errors.Join(err, fmt.Errorf("%s was %v, and is told %q of %s", reports[i].device.id, before, results[i], reports[i].body))
		}
	}
	return true, err
}

// post returns the results of reports; none where there is no answer.
func (s *reporting) post(address, path string, body []byte) (results []string, err error) {
	r, err := http.NewRequest("POST", address+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 500 {
		return nil, nil
	}
	var answer struct {
		Result string
		Items  []struct{ Result string }
	}
	if err := json.Unmarshal(text, &answer); err != nil || response.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"problem"`)) {
		return nil, fmt.Errorf("%s %s: %d %s, %w", path, body, response.StatusCode, text, err)
	}
	if answer.Result != "" {
		return []string{answer.Result}, nil
	}
	for _, item := range answer.Items {
		results = append(results, item.Result)
	}
	return results, nil
}
