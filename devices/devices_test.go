package devices_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, devices.Schema}
	command = people.Actor{Command: true}
)

// server is one server over the test's database.
type server struct {
	*devices.Room
	intake *devices.Intake
	clock  *storetest.Clock
	book   *ledger.Ledger
}

// start opens the database as a server does, and has it take in reports. Its fleet follows when it is told to.
func start(t testing.TB, open storetest.Open, clock *storetest.Clock) *server {
	t.Helper()
	persons := roomtest.People(t, open, clock, slog.New(slog.DiscardHandler), people.Kinds, register.Kinds, devices.Kinds)
	s := &server{Room: roomtest.Devices(t, persons, clock), clock: clock, book: persons.Ledger}
	s.intake = devices.NewIntake(s.Room, clock.Now)
	go s.intake.Run(t.Context())
	return s
}

// each runs test on both engines with a server over the world of a text; nothing, where it is empty.
func each(t *testing.T, text string, test func(t *testing.T, s *server, another func() *server)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		first := start(t, open, clock)
		if text != "" {
			first.load(t, text)
		}
		test(t, first, func() *server { return start(t, open, clock) })
	})
}

// load imports a world file, and has the fleet follow.
func (s *server) load(t testing.TB, text string) { t.Helper(); roomtest.Import(t, s.Room, text) }

func (s *server) follow(t testing.TB) { t.Helper(); roomtest.Follow(t, s.Room) }

// house is a world with two bodies and a ban.
const house = `
organisations:
  - {id: gov}
  - {id: dept-a, parent: gov}
  - {id: dept-b, parent: gov, list: own}
suppliers: [{id: maker}]
products:
  - {id: parrot, kind: app, name: Parrot, supplier: maker, identifiers: {android: [com.parrot], ios: [com.parrot.ios]}}
  - {id: notes, kind: app, name: Notes, identifiers: {android: [com.notes]}}
rules:
  - {id: ban-maker, effect: ban, target: {supplier: maker}, components: true, clearance: none, scope: gov, from: 2026-01-01, reason: "a reason"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "2", reason: "for work"}
`

func report(host string, identifiers ...string) devices.Report {
	r := devices.Report{Host: host, Organisation: "dept-a", Platform: policy.Android}
	for _, id := range identifiers {
		name, version, _ := strings.Cut(id, "=")
		r.Installed = append(r.Installed, policy.Installation{Identifier: name, Version: version})
	}
	return r
}

// send sends one report, and says in a word what became of it.
func (s *server) send(t testing.TB, actor people.Actor, r devices.Report) (devices.Outcome, error) {
	t.Helper()
	got, err := s.intake.Report(t.Context(), actor, []devices.Report{r})
	if err != nil {
		return devices.Outcome{}, err
	}
	return got.Outcomes[0], got.Errors[0]
}

func (s *server) must(t testing.TB, r devices.Report) devices.Outcome {
	t.Helper()
	out, err := s.send(t, command, r)
	if err != nil {
		t.Fatal(err)
	}
	s.follow(t)
	return out
}

// breaches are the breaches in words, sorted.
func (s *server) breaches(t testing.TB) []string {
	t.Helper()
	var found []string
	for page, err := range s.verdicts(t) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, page)
	}
	slices.Sort(found)
	return found
}

func (s *server) verdicts(t testing.TB) func(func(string, error) bool) {
	return func(yield func(string, error) bool) {
		for _, id := range []string{"d1", "d2", "d3"} {
			h, decisions, err := s.Fleet.Index().Verdicts(id)
			if err != nil {
				continue
			}
			for i := range decisions {
				if d := &decisions[i]; d.Breach && !yield(fmt.Sprintf("%s %s %s", h.ID, h.Installed[i].Identifier, d.Verdict), nil) {
					return
				}
			}
		}
	}
}

func TestReport(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, another func() *server) {
		if out := s.must(t, report("d1", "com.parrot=1", "com.notes=3")); out.Result != devices.Enrolled || out.Added != 2 {
			t.Errorf("the first report: %+v", out)
		}
		if got := s.breaches(t); !slices.Equal(got, []string{"d1 com.parrot banned"}) {
			t.Errorf("in breach: %v", got)
		}
		if out := s.must(t, report("d1", "com.notes=3", "com.parrot=1")); out.Result != devices.Unchanged {
			t.Errorf("the same again: %+v", out)
		}
		if out := s.must(t, report("d1", "com.notes=1")); out.Result != devices.Stored || out.Added != 1 || out.Removed != 2 {
			t.Errorf("another version, and one gone: %+v", out)
		}
		if got := s.breaches(t); !slices.Equal(got, []string{"d1 com.notes outdated"}) {
			t.Errorf("in breach: %v", got)
		}
		two := another()
		if got := two.breaches(t); !slices.Equal(got, []string{"d1 com.notes outdated"}) {
			t.Errorf("in breach on a server that has just started: %v", got)
		}
		two.must(t, report("d2", "com.parrot=7", "com.never=1"))
		s.follow(t)
		if got := s.breaches(t); !slices.Equal(got, two.breaches(t)) || len(got) != 3 {
			t.Errorf("two servers: %v and %v", got, two.breaches(t))
		}
	})
}

func TestReportsThatAreRefused(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		s.must(t, report("d1", "com.notes=3"))
		for name, c := range map[string]struct {
			report devices.Report
			kind   fault.Kind
			says   string
		}{
			"no host":           {report(""), fault.Invalid, "which device"},
			"from the future":   {devices.Report{Host: "d1", Taken: noon.Add(time.Hour)}, fault.Invalid, "clock"},
			"another platform":  {devices.Report{Host: "d1", Platform: policy.IOS}, fault.Conflict, "two devices have one id"},
			"another body's":    {devices.Report{Host: "d1", Organisation: "dept-b"}, fault.Conflict, "somebody has to say so"},
			"unknown, nobody's": {devices.Report{Host: "d9", Platform: policy.IOS}, fault.Invalid, "say whose it is"},
			"no such body":      {devices.Report{Host: "d9", Organisation: "dept-x", Platform: policy.IOS}, fault.Invalid, "no organisation"},
			"no platform":       {devices.Report{Host: "d9", Organisation: "dept-a"}, fault.Invalid, "which platform"},
			"neither":           {devices.Report{Host: "d1", Installed: []policy.Installation{{Version: "1"}}}, fault.Invalid, "identifier or a product"},
			"too many":          {devices.Report{Host: "d1", Installed: make([]policy.Installation, 100_000)}, fault.Invalid, "100000"},
		} {
			_, err := s.send(t, command, c.report)
			if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := s.must(t, report("d1", "com.notes=3")); got.Result != devices.Unchanged {
			t.Errorf("afterwards: %+v", got)
		}
	})
}

// write makes a file of a text.
func write(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// ban bans an app that everybody has, and returns the generation.
func (s *server) ban(t testing.TB) store.Generation {
	t.Helper()
	rules := s.decisions()
	_, err := rules.AddRule(t.Context(), s.officer(t), policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}, Clearance: "none", Scope: "gov", Period: policy.Period{From: noon}, Reason: "a reason"})
	if err != nil {
		t.Fatal(err)
	}
	s.follow(t)
	return s.Fleet.View().Generation
}
