package enforce_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform/osquery"
	"portcullis/policy"
)

// desk is an office with devices that speak through osquery.
type desk struct {
	*office
	*enforce.Osquery
	made people.Made
}

func newDesk(t testing.TB, o *office) desk {
	return desk{o, enforce.NewOsquery(o.Agents, o.intake, rand.Reader, 0), o.token(t, "dept-a")}
}

// beside is the same of another server.
func (d desk) beside(o *office) desk {
	return desk{o, enforce.NewOsquery(o.Agents, o.intake, rand.Reader, 0), d.made}
}

func (d desk) secret(host string) string {
	return d.made.ID + "." + host + "." + people.DeviceKey(d.made.Secret, host, 0)
}

// enrols has a Mac enrol, and the fleet know it.
func (d desk) enrols(t testing.TB, host string) (key string) {
	t.Helper()
	key, err := d.Enrol(t.Context(), osquery.Enrolment{Secret: d.secret(host) + "\n", Name: "A Mac", Platform: policy.MacOS}, "")
	if err != nil {
		t.Fatal(err)
	}
	d.follow(t)
	return key
}

// asks tells whether a device is asked.
func (d desk) asks(t testing.TB, key string) bool {
	t.Helper()
	questions, asks, err := d.Ask(t.Context(), key, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := osquery.Questions(policy.MacOS); asks && !bytes.Equal(questions, want) || !asks && !bytes.Equal(questions, osquery.Quiet) {
		t.Errorf("asks %v, and sends %s", asks, questions)
	}
	return asks
}

// answer is a body of distributed/write from a Mac with apps; the other queries have no rows.
func answer(key string, apps ...string) string {
	rows := []string{}
	for _, app := range apps {
		rows = append(rows, fmt.Sprintf(`{"bundle_identifier":%q,"bundle_name":%q,"name":"","bundle_short_version":"1"}`, app, app))
	}
	return body(key, `{"portcullis/apps":[`+strings.Join(rows, ",")+`],"portcullis/chrome_extensions":"","portcullis/firefox_addons":[]}`, `{"portcullis/apps":0,"portcullis/chrome_extensions":"0"}`)
}

func body(key, queries, statuses string) string {
	return fmt.Sprintf(`{"node_key":%q,"queries":%s,"statuses":%s,"messages":{"portcullis/apps":"no luck"}}`, key, queries, statuses)
}

// takes has the server take answers in.
func (d desk) takes(t testing.TB, text string) (enforce.Took, error) {
	t.Helper()
	m, err := osquery.ReadMessage([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	took, err := d.Take(t.Context(), m, "")
	d.follow(t)
	return took, err
}

func (d desk) took(t testing.TB, text string, want enforce.Took) {
	t.Helper()
	got, err := d.takes(t, text)
	if err != nil || got != want {
		t.Errorf("took %+v, %v, not %+v", got, err, want)
	}
}

// has is what is known to be installed on a device.
func (d desk) has(t testing.TB, host string) (installed []string) {
	t.Helper()
	h, _, err := d.things.Fleet.Index().Verdicts(host)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range h.Installed {
		installed = append(installed, in.Identifier)
	}
	slices.Sort(installed)
	return installed
}

func (d desk) hasOnly(t testing.TB, host string, want ...string) {
	t.Helper()
	if got := d.has(t, host); !slices.Equal(got, want) {
		t.Errorf("%s has %q, not %q", host, got, want)
	}
}

// unknown expects that a node key is told to be nobody's, and that nothing changes.
func (d desk) unknown(t testing.TB, what, key string) {
	t.Helper()
	if err := d.Known(t.Context(), key, ""); !fault.Is(err, fault.SignedOut) {
		t.Errorf("%s: is known: %v", what, err)
	}
	if _, asks, err := d.Ask(t.Context(), key, ""); !fault.Is(err, fault.SignedOut) || asks {
		t.Errorf("%s: is asked: %v", what, err)
	}
	if _, err := d.takes(t, answer(key, "com.stolen")); !fault.Is(err, fault.SignedOut) {
		t.Errorf("%s: is believed: %v", what, err)
	}
}

func TestOsquerySecrets(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		d := newDesk(t, o)
		good := d.secret("mac.1")
		for name, secret := range map[string]string{
			"none": "", "no dots": "x", "no host": d.made.ID + ".." + people.DeviceKey(d.made.Secret, "", 0), "no key": d.made.ID + ".mac.1.", "the token": d.made.Secret,
			"another host": strings.Replace(good, "mac.1", "mac.2", 1), "cut": good[:len(good)-1], "longer": good + "A",
		} {
			_, err := d.Enrol(t.Context(), osquery.Enrolment{Secret: secret, Platform: policy.MacOS}, "")
			if !fault.Is(err, fault.SignedOut) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := d.Enrol(t.Context(), osquery.Enrolment{Secret: good}, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("a device of no platform: %v", err)
		}
		if agents := d.rows(t, "SELECT host FROM enforce_agents", 1); len(agents) > 0 {
			t.Errorf("bad secrets left %q", agents)
		}
		key := d.enrols(t, "mac.1")
		if err := d.Known(t.Context(), key, ""); err != nil {
			t.Error(err)
		}
		if kept := d.rows(t, "SELECT credential FROM enforce_agents", 1); len(kept) != 1 || strings.Contains(key, kept[0]) || len(kept[0]) != 64 {
			t.Errorf("of the node key %s is kept %q", key, kept)
		}
		if strings.Contains(key, people.DeviceKey(d.made.Secret, "mac.1", 0)) {
			t.Error("the node key shows the enroll secret")
		}
		if _, err := d.Enrol(t.Context(), osquery.Enrolment{Secret: good, Platform: policy.Windows}, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("a Windows with the id of a Mac: %v", err)
		}
	})
}

func TestOsqueryNodeKeys(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		d := newDesk(t, o)
		first, other := d.enrols(t, "mac-1"), d.enrols(t, "mac-2")
		d.took(t, answer(first, "com.one"), enforce.Took{})
		parts, others := strings.Split(first, "."), strings.Split(other, ".")
		for name, key := range map[string]string{
			"none": "", "no dots": "key", "the secret": d.secret("mac-1"),
			"of another host":                 strings.Join([]string{parts[0], others[1], parts[2], parts[3]}, "."),
			"with another's nonce":            strings.Join([]string{parts[0], parts[1], others[2], parts[3]}, "."),
			"without a nonce, but the secret": strings.Join([]string{parts[0], parts[1], "", people.DeviceKey(d.made.Secret, "mac-1", 0)}, "."),
			"longer":                          first + ".x",
			"made by whoever has the secret":  strings.Join([]string{parts[0], parts[1], "mine", people.NodeKey(people.DeviceKey(d.made.Secret, "mac-1", 0), "mine")}, "."),
		} {
			d.unknown(t, name, key)
		}
		d.hasOnly(t, "mac-1", "com.one")

		second := d.enrols(t, "mac-1")
		d.clock.Advance(6 * time.Minute)
		d.unknown(t, "from before it enrolled anew", first)
		d.beside(another()).unknown(t, "from before, on another server", first)
		if err := d.Known(t.Context(), second, ""); err != nil {
			t.Error(err)
		}
		if !d.asks(t, second) {
			t.Error("a device that enrolled anew is not asked")
		}
		if _, err := d.EndAgent(t.Context(), command, "mac-1"); err != nil {
			t.Fatal(err)
		}
		d.clock.Advance(6 * time.Minute)
		d.unknown(t, "whose keys have ended", second)
		if _, err := d.Enrol(t.Context(), osquery.Enrolment{Secret: d.secret("mac-1"), Platform: policy.MacOS}, ""); !fault.Is(err, fault.SignedOut) {
			t.Errorf("a secret that has ended: %v", err)
		}
		if _, err := d.people.EndToken(t.Context(), command, d.made.ID); err != nil {
			t.Fatal(err)
		}
		d.clock.Advance(6 * time.Minute)
		d.unknown(t, "whose token has ended", other)
		d.hasOnly(t, "mac-1", "com.one")
		d.hasOnly(t, "mac-2")
	})
}

func TestOsqueryAsks(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		d := newDesk(t, o)
		key := d.enrols(t, "mac-1")
		asked := func(what string, after time.Duration, want bool) {
			t.Helper()
			d.clock.Advance(after)
			if got := d.asks(t, key); got != want {
				t.Errorf("%s: asks %v", what, got)
			}
		}
		asked("a new device", 0, true)
		asked("before it can have answered", time.Minute, false)
		asked("when its answer was lost", 10*time.Minute, true)
		d.took(t, answer(key, "com.one"), enforce.Took{})
		asked("that has just answered", time.Second, false)
		asked("long before the next", 5*time.Hour, false)
		asked("when its answer is old", time.Hour, true)
		d.took(t, answer(key, "com.one"), enforce.Took{Unchanged: true})
		asked("that has nothing new", 10*time.Second, false)
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if beside := d.beside(another()); beside.asks(t, key) {
			t.Error("another server asks what is known")
		}
		d.clock.Advance(-12 * time.Hour)
		asked("with a clock that was put back", 0, true)
		asked("once", time.Minute, false)

		d.took(t, body(key, `{"portcullis/apps":[],"portcullis/chrome_extensions":[]}`, `{"portcullis/apps":"1"}`), enforce.Took{Nothing: true, Failed: 1})
		if told := d.rows(t, "SELECT told FROM enforce_agents", 1); len(told) != 1 || !strings.Contains(told[0], "portcullis/apps: status 1: no luck") {
			t.Errorf("of what failed is kept %q", told)
		}
		d.hasOnly(t, "mac-1", "com.one")
	})
}

func TestOsqueryPersonal(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		d := newDesk(t, o)
		got, err := o.intake.Report(t.Context(), command, []devices.Report{{Host: "mac-1", Organisation: "dept-a", Ownership: policy.Personal, Platform: policy.MacOS, NoInventory: true}})
		if err != nil || got.Errors[0] != nil {
			t.Fatal(err, got.Errors)
		}
		key := d.enrols(t, "mac-1")
		if d.asks(t, key) {
			t.Error("a personal device is asked what is on it")
		}
		if _, err := d.takes(t, answer(key, "com.own")); err != nil {
			t.Error(err)
		}
		d.hasOnly(t, "mac-1")
	})
}

func TestOsqueryFailures(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		d := newDesk(t, o)
		key := d.enrols(t, "mac-1")
		d.took(t, answer(key, "com.one", "com.two"), enforce.Took{})
		d.hasOnly(t, "mac-1", "com.one", "com.two")
		row := `[{"bundle_identifier":"com.three","bundle_name":"Three","name":"","bundle_short_version":"1"}]`
		for _, c := range []struct {
			name, queries, statuses string
			want                    enforce.Took
		}{
			{"all failed", `{}`, `{"portcullis/apps":1,"portcullis/chrome_extensions":"2"}`, enforce.Took{Nothing: true, Failed: 2}},
			{"rows of what failed", `{"portcullis/apps":[{"bundle_identifier":"com.bad"}],"portcullis/chrome_extensions":[]}`, `{"portcullis/apps":"1"}`, enforce.Took{Nothing: true, Failed: 1}},
			{"a status that is no number", `{"portcullis/apps":[{"bundle_identifier":"com.bad"}],"portcullis/chrome_extensions":[]}`, `{"portcullis/apps":{"code":1}}`, enforce.Took{Nothing: true, Failed: 1}},
			{"no rows at all", `""`, `""`, enforce.Took{Nothing: true}},
			{"no answers", `null`, `{}`, enforce.Took{Nothing: true}},
			{"an empty system", `{"portcullis/apps":"","portcullis/chrome_extensions":""}`, `{}`, enforce.Took{Nothing: true}},
			{"browsers alone", `{"portcullis/chrome_extensions":[]}`, `{}`, enforce.Took{Nothing: true}},
		} {
			d.took(t, body(key, c.queries, c.statuses), c.want)
			if d.hasOnly(t, "mac-1", "com.one", "com.two"); t.Failed() {
				t.Fatal(c.name)
			}
		}
		d.took(t, body(key, `{"portcullis/apps":`+row+`}`, `{"portcullis/chrome_extensions":1}`), enforce.Took{Partial: true, Failed: 1})
		d.hasOnly(t, "mac-1", "com.one", "com.three", "com.two")
		d.took(t, body(key, `{"portcullis/apps":`+row+`}`, `{}`), enforce.Took{Partial: true})
		d.hasOnly(t, "mac-1", "com.one", "com.three", "com.two")
		d.took(t, body(key, `{"portcullis/apps":`+row+`,"portcullis/chrome_extensions":""}`, `{}`), enforce.Took{})
		d.hasOnly(t, "mac-1", "com.three")

		d.clock.Advance(-time.Hour) // what was known later stays
		if _, err := d.takes(t, answer(key, "com.earlier")); err != nil {
			t.Error(err)
		}
		d.hasOnly(t, "mac-1", "com.three")
		d.clock.Advance(2 * time.Hour)

		for _, text := range []string{body(key, `[]`, `{}`), body(key, `7`, `{}`), body(key, `{"portcullis/apps":`+row+`}`, `[1]`), body(key, `{"portcullis/apps":7}`, `{}`)} {
			if _, err := d.takes(t, text); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", text, err)
			}
		}
		claims := strings.Replace(body(key, `{"portcullis/apps":`+row+`,"portcullis/chrome_extensions":"","x/system_info":[{"uuid":"mac-2","hardware_serial":"mac-2"}]}`, `{}`), "{", `{"hostIdentifier":"mac-2",`, 1)
		d.enrols(t, "mac-2")
		if _, err := d.takes(t, claims); err != nil {
			t.Error(err)
		}
		d.hasOnly(t, "mac-2")
	})
}

// lossy is a device whose requests and answers get lost, as osqueryd behaves: it enrols when it has no key or is told
// that its key is not good, keeps what it could not hand over for the next time, and forgets it after three tries.
type lossy struct {
	desk
	chance  *mathrand.Rand
	host    string
	key     string
	apps    []string
	waiting string // what it has not handed over yet, without the key
	had     []string
	tries   int
}

// lost tells whether a message is lost on its way.
func (l *lossy) lost() bool { return l.chance.IntN(4) == 0 }

// round is one round of a device; it returns what the server has confirmed to have taken, nil where it has not.
func (l *lossy) round(t *testing.T) []string {
	if l.key == "" {
		key := l.enrols(t, l.host)
		if l.lost() {
			return nil // it is enrolled, and does not know
		}
		l.key = key
	}
	if l.waiting == "" {
		asks := l.asks(t, l.key)
		if !asks || l.lost() {
			return nil
		}
		l.waiting, l.had, l.tries = answer("KEY", l.apps...), slices.Clone(l.apps), 0
	}
	l.tries++
	if l.lost() {
		return l.gives(nil)
	}
	if _, err := l.takes(t, strings.Replace(l.waiting, "KEY", l.key, 1)); err != nil {
		t.Fatal(err)
	}
	if l.lost() {
		return l.gives(nil)
	}
	l.waiting = ""
	return l.had
}

func (l *lossy) gives(taken []string) []string {
	if l.tries == 3 {
		l.waiting = ""
	}
	return taken
}

// TestOsqueryLosses runs a device that loses a quarter of all messages, enrols anew now and then and changes what it
// has: what is known is always what it had at some time since the last that was confirmed, and in the end what it has.
func TestOsqueryLosses(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		first := newDesk(t, o)
		servers := []desk{first, first.beside(another())}
		for seed := range uint64(3) {
			l := &lossy{desk: first, chance: mathrand.New(mathrand.NewPCG(seed, 1)), host: fmt.Sprint("mac-", seed), apps: []string{"com.app0"}}
			since := [][]string{nil} // what may be known: all that was since it was confirmed
			confirmed := 0
			for n := 1; n <= 150; n++ {
				if l.chance.IntN(6) == 0 {
					l.apps = []string{fmt.Sprint("com.app", n)}
				}
				if l.chance.IntN(20) == 0 {
					l.key = ""
				}
				since = append(since, slices.Clone(l.apps))
				if l.chance.IntN(5) == 0 {
					l.desk = servers[l.chance.IntN(2)]
					l.follow(t)
				}
				l.clock.Advance(time.Duration(l.chance.IntN(60)) * time.Minute)
				if taken := l.round(t); taken != nil {
					confirmed++
					at := len(since) - 1
					for ; !slices.Equal(since[at], taken); at-- {
					}
					since = since[at:]
				}
				if _, known := l.things.Fleet.Index().Host(l.host); known {
					got := l.has(t, l.host)
					if !slices.ContainsFunc(since, func(s []string) bool { return slices.Equal(s, got) }) {
						t.Fatalf("seed %d, round %d: %q is known, which was never so since %q", seed, n, got, since)
					}
				}
			}
			if confirmed < 5 {
				t.Errorf("seed %d: only %d answers were confirmed", seed, confirmed)
			}
		}
	})
}
