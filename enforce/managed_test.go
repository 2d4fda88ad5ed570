package enforce_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/enforce/mdm"
	"portcullis/internal/fault"
	"portcullis/policy"
)

// beside stands for NanoMDM and KMFDDM, as far as they are asked.
type beside struct {
	clock func() time.Time
	url   string

	mu       sync.Mutex
	fails    bool
	asked    []string // "METHOD path"
	kept     map[string]*kept
	sets     map[string][]string // declarations of a set
	placed   map[string][]string // sets of a device
	status   map[string][]map[string]any
	commands []string          // ids of devices that were asked for their apps
	orders   []string          // what devices were told to do, with what the commands say
	nudged   []string          // and of those that were told to fetch declarations
	systems  []string          // and that were asked what system they run
	queued   map[string][]sent // commands that a device has not fetched
	known    map[string]bool   // ids of commands
}

// sent is a command to a device.
type sent struct{ id, request, payload string }

// kept is a declaration.
type kept struct {
	Identifier, Type, ServerToken string
	Payload                       json.RawMessage
}

func (b *beside) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails {
		http.Error(w, "no", http.StatusBadGateway)
		return
	}
	user, key, _ := r.BasicAuth()
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	what := r.Method + " " + parts[0]
	if b.asked = append(b.asked, what); user != map[bool]string{true: "nanomdm", false: "kmfddm"}[parts[0] == "enqueue"] || key != "key" {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	id := parts[len(parts)-1]
	switch what {
	case "PUT enqueue":
		var command struct {
			Strings []string `xml:"dict>string"`
			Members []string `xml:"dict>dict>string"`
			Data    string   `xml:"dict>dict>data"`
		}
		if err := xml.NewDecoder(r.Body).Decode(&command); err != nil || len(command.Strings) != 1 {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		if b.known[command.Strings[0]] {
			http.Error(w, `{"command_error": "command already exists: `+command.Strings[0]+`"}`, http.StatusInternalServerError)
			return
		}
		b.known[command.Strings[0]] = true
		b.queued[id] = append(b.queued[id], sent{command.Strings[0], command.Members[0], command.Data})
		if strings.HasPrefix(command.Strings[0], "portcullis-device-system-") {
			b.systems = append(b.systems, id)
		} else if strings.HasPrefix(command.Strings[0], "portcullis-device-") {
			// the device says what it made of it
		} else if strings.HasPrefix(command.Strings[0], "portcullis-declare-") {
			b.nudged = append(b.nudged, id)
		} else if order, is := strings.CutPrefix(command.Strings[0], "portcullis-order-"); is {
			b.orders = append(b.orders, strings.Join(append([]string{id, order}, command.Members...), "|"))
		} else {
			b.commands = append(b.commands, id)
		}
		fmt.Fprintf(w, `{"status":{%q:{"push_error":"no certificate"}},"command_uuid":%q}`, id, command.Strings[0])
	case "PUT declarations":
		var d kept
		text, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(text, &d)
		d.ServerToken = fmt.Sprintf("token of %x", text)
		b.kept[d.Identifier] = &d
	case "GET declarations":
		d, is := b.kept[id]
		if !is {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(d)
	case "PUT set-declarations":
		b.sets[id] = with(b.sets[id], r.FormValue("declaration"))
	case "GET enrollment-sets":
		_ = json.NewEncoder(w).Encode(b.placed[id])
	case "PUT enrollment-sets":
		b.placed[id] = with(b.placed[id], r.FormValue("set"))
	case "DELETE enrollment-sets":
		b.placed[id] = slices.DeleteFunc(b.placed[id], func(s string) bool { return s == r.FormValue("set") })
	case "GET declaration-status":
		_ = json.NewEncoder(w).Encode(map[string]any{id: b.status[id]})
	default:
		http.NotFound(w, r)
	}
}

func with(all []string, one string) []string {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}

// tells has a device tell of all its declarations.
func (b *beside) tells(id string, active bool, valid string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status[id] = nil
	for _, set := range b.placed[id] {
		for _, d := range b.sets[set] {
			b.status[id] = append(b.status[id], map[string]any{"identifier": d, "active": active, "valid": valid, "server-token": b.kept[d].ServerToken,
				"status_received": b.clock(), "reasons": []map[string]string{{"code": "Error.UnknownDeclarationType"}}})
		}
	}
}

// apps are what a device's declaration names.
func (b *beside) apps(t *testing.T, id string) string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.placed[id]) != 1 || len(b.sets[b.placed[id][0]]) != 2 {
		t.Fatalf("%s is in the sets %v", id, b.placed[id])
	}
	return string(b.kept[b.placed[id][0]].Payload)
}

func (b *beside) took() (asked []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	asked, b.asked = b.asked, nil
	slices.Sort(asked)
	return asked
}

const formOfManaged = "apple-declaration"

func (o *office) managed(token string) *enforce.Managed {
	return enforce.NewManaged(&enforce.Room{People: o.people, Fleet: o.things.Fleet}, o.Agents, o.intake, token, formOfManaged)
}

func (o *office) beside(t testing.TB) (*beside, *mdm.Client) {
	b := &beside{clock: o.clock.Now, kept: map[string]*kept{}, sets: map[string][]string{}, placed: map[string][]string{}, status: map[string][]map[string]any{},
		queued: map[string][]sent{}, known: map[string]bool{}}
	server := httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b, mdm.NewClient(mdm.Config{URL: server.URL, Key: "key", DeclarationsURL: server.URL + "/", DeclarationsKey: "key"})
}

type listed struct{ *enforce.ManagedDevice }

// has tells whether the device confirmed what it is to have.
func (l listed) has() bool { return l.Confirmed.Digest == l.Want.Digest() }

// TestManaged plays a ban and an exemption through with two Macs, each of which tells what it has.
func TestManaged(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		made := o.token(t, "dept-a")
		b, client := o.beside(t)
		managed := o.managed(made.Secret)
		manager := mdm.NewManager(client, managed, "secret", 24*time.Hour, o.clock.Now, slog.New(slog.DiscardHandler))
		pass := func() {
			t.Helper()
			o.clock.Advance(time.Second)
			if err := manager.Reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
			o.clock.Advance(time.Second)
		}
		for _, host := range []string{"mac-1", "mac-2"} {
			if err := managed.Enrolled(t.Context(), host, "", policy.MacOS, o.clock.Now(), ""); err != nil {
				t.Fatal(err)
			}
		}
		agent := func(host string) (found listed) {
			t.Helper()
			if err := managed.Devices(t.Context(), 1, func(d *enforce.ManagedDevice) {
				if d.Host == host {
					found = listed{d}
				}
			}); err != nil {
				t.Fatal(err)
			}
			return found
		}
		pass()
		if first, second := b.apps(t, "mac-1"), b.apps(t, "mac-2"); first != second || !strings.Contains(first, "com.parrot") {
			t.Errorf("they share a list: %s, %s", first, second)
		}
		if slices.Sort(b.commands); !slices.Equal(b.commands, []string{"mac-1", "mac-2"}) {
			t.Errorf("asked for their apps: %v", b.commands)
		}
		if a := agent("mac-1"); a.Offered.Digest != a.Want.Digest() || a.Confirmed.Digest != "" {
			t.Errorf("it was offered a list and has told nothing: %+v", a.Agent)
		}
		b.took()
		if pass(); !slices.Equal(b.took(), []string{"GET declaration-status", "GET declaration-status"}) {
			t.Error("a pass without changes changes nothing")
		}
		b.tells("mac-1", true, "valid")
		b.tells("mac-2", false, "unknown")
		pass()
		if a := agent("mac-1"); a.Confirmed.Digest != a.Want.Digest() || a.Fetched.Digest != a.Want.Digest() {
			t.Errorf("it told that it has the list: %+v", a.Agent)
		}
		if a := agent("mac-2"); a.Confirmed.Digest != "" || a.Fetched.Digest != a.Want.Digest() || a.Said.Refused != "Error.UnknownDeclarationType" {
			t.Errorf("it told that it cannot: %+v %+v", a.Agent, a.Said)
		}

		o.exempt(t, "mac-1", time.Hour)
		pass()
		a := agent("mac-1")
		if a.Confirmed.Digest == a.Want.Digest() || strings.Contains(b.apps(t, "mac-1"), `DeniedBinaries":[{"SigningID":"com.parrot`) || b.apps(t, "mac-1") == b.apps(t, "mac-2") {
			t.Errorf("exempt: %s", b.apps(t, "mac-1"))
		}
		pass() // what it told of the other list says nothing of this one
		if a = agent("mac-1"); a.has() {
			t.Error("it is confirmed by what it told before")
		}
		b.tells("mac-1", true, "valid")
		if pass(); !agent("mac-1").has() {
			t.Error("it told that it has its own list")
		}

		o.clock.Advance(2 * time.Hour) // the exemption ends
		o.follow(t)
		pass()
		if b.apps(t, "mac-1") != b.apps(t, "mac-2") || agent("mac-1").has() {
			t.Error("the exemption has ended, and that is not confirmed")
		}
		b.tells("mac-1", true, "valid")
		if pass(); !agent("mac-1").has() {
			t.Error("it told that it has what all have")
		}
		o.exempt(t, "mac-1", time.Hour)
		pass()
		o.clock.Advance(2 * time.Hour)
		o.follow(t)
		pass()
		if pass(); agent("mac-1").has() {
			t.Error("it may have taken its own list meanwhile: what it told before that says nothing")
		}
		b.tells("mac-1", true, "valid")
		if pass(); !agent("mac-1").has() {
			t.Error("it told again")
		}
		o.rule(t, policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}})
		pass()
		if pass(); agent("mac-1").has() || !strings.Contains(b.apps(t, "mac-1"), "com.notes") {
			t.Error("it told of an older list")
		}
		for _, told := range b.status["mac-1"] {
			told["status_received"] = o.clock.Now()
		}
		if pass(); agent("mac-1").has() {
			t.Error("it tells that it still has the older list")
		}
		if rows := o.rows(t, `SELECT host, generation FROM enforce_taken ORDER BY host, generation`, 2); len(rows) == 0 {
			t.Error("nothing was taken")
		}
	})
}

// TestManagedAsks asks for apps once a period, and again when the answer is old.
func TestManagedAsks(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		b, client := o.beside(t)
		managed := o.managed(o.token(t, "dept-a").Secret)
		manager := mdm.NewManager(client, managed, "secret", 24*time.Hour, o.clock.Now, slog.New(slog.DiscardHandler))
		asked := func(n int) {
			t.Helper()
			if err := manager.Reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(b.commands) != n {
				t.Errorf("asked %d times, and not %d", len(b.commands), n)
			}
		}
		if err := managed.Enrolled(t.Context(), "mac-1", "", policy.MacOS, o.clock.Now(), ""); err != nil {
			t.Fatal(err)
		}
		b.fails = true
		asked(0)
		b.fails = false
		asked(1) // what failed is tried again
		asked(1)
		o.clock.Advance(25 * time.Hour)
		asked(2) // the event was lost
		report := devices.Report{Host: "mac-1", Taken: o.clock.Now(), Installed: []policy.Installation{{Identifier: "ABCDE12345:com.parrot"}}}
		if err := managed.Report(t.Context(), report); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(23 * time.Hour)
		asked(2)
		partial := report
		partial.Partial, partial.Taken = true, o.clock.Now()
		if err := managed.Report(t.Context(), partial); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(2 * time.Hour)
		asked(3) // a part of what it has does not count
		again := mdm.NewManager(client, managed, "secret", 24*time.Hour, o.clock.Now, slog.New(slog.DiscardHandler))
		for range 2 {
			b.took()
			if err := again.Reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if slices.Contains(b.took(), "PUT enqueue") {
			t.Error("a server that started again is told that a command is there already, and sends it over and over")
		}
	})
}

// TestManagedIsBounded holds that a manager reaches its own organisation's devices alone, and no personal one.
func TestManagedIsBounded(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		b, client := o.beside(t)
		own, other := o.managed(o.token(t, "dept-a").Secret), o.managed(o.token(t, "dept-b").Secret)
		for host, m := range map[string]*enforce.Managed{"mac-a": own, "mac-b": other} {
			if err := m.Enrolled(t.Context(), host, "", policy.MacOS, o.clock.Now(), ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := own.Enrolled(t.Context(), "mac-b", "", policy.MacOS, o.clock.Now(), ""); !fault.Is(err, fault.Refused) {
			t.Errorf("enrolled another's: %v", err)
		}
		if err := own.Left(t.Context(), "mac-b", o.clock.Now()); !fault.Is(err, fault.Refused) {
			t.Errorf("another's left: %v", err)
		}
		if err := own.Report(t.Context(), devices.Report{Host: "mac-b", Platform: policy.MacOS}); !fault.Is(err, fault.Refused) {
			t.Errorf("reported as another's: %v", err)
		}
		if err := o.managed("nothing").Devices(t.Context(), 1, func(*enforce.ManagedDevice) { t.Error("shown to nobody") }); !fault.Is(err, fault.SignedOut) {
			t.Errorf("no token: %v", err)
		}
		b.placed["mac-a"] = []string{"the department's own"}
		manager := mdm.NewManager(client, own, "secret", 24*time.Hour, o.clock.Now, slog.New(slog.DiscardHandler))
		if err := manager.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(b.placed["mac-a"]) != 2 || len(b.placed["mac-b"]) != 0 || !slices.Equal(b.commands, []string{"mac-a"}) {
			t.Errorf("placed %v, asked %v", b.placed, b.commands)
		}
		if err := manager.Reconcile(t.Context()); err != nil || len(b.nudged) != 1 {
			t.Error(err, b.nudged)
		}
		o.clock.Advance(time.Second)
		if err := own.Left(t.Context(), "mac-a", o.clock.Now()); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(time.Second)
		if err := own.Enrolled(t.Context(), "mac-a", "", 0, o.clock.Now(), ""); err != nil {
			t.Fatal(err)
		}
		if err := manager.Reconcile(t.Context()); err != nil || len(b.nudged) != 2 {
			t.Error("it enrolled anew, and is not told to fetch what it had", err, b.nudged)
		}
		o.clock.Advance(time.Second)
		if err := own.Left(t.Context(), "mac-a", o.clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.took()
		if err := manager.Reconcile(t.Context()); err != nil || slices.Contains(slices.Collect(maps.Keys(b.placed)), "mac-b") && len(b.placed["mac-b"]) > 0 {
			t.Error(err, b.placed)
		}
	})
}

// TestReplayedElsewhere sends what enrolled a device and had it leave to a server that took none of it, and after the
// device enrolled anew: it stays enrolled, and one that left stays away.
func TestReplayedElsewhere(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		secret := o.token(t, "dept-a").Secret
		first := o.clock.Now()
		at := func(seconds int) time.Time { return first.Add(time.Duration(seconds) * time.Second) }
		here, elsewhere := o.managed(secret), another().managed(secret)
		enrolled := func() (is bool) {
			t.Helper()
			if err := here.Devices(t.Context(), 1, func(d *enforce.ManagedDevice) { is = is || d.Host == "mac-1" }); err != nil {
				t.Fatal(err)
			}
			return is
		}
		for _, step := range []struct {
			of            *enforce.Managed
			leaves        bool
			at            int
			earlier, then bool
		}{
			{here, false, 1, false, true},
			{here, false, 1, false, true},      // NanoMDM said it once more
			{here, true, 2, false, false},      // it leaves
			{elsewhere, false, 1, true, false}, // enrolled before it left
			{elsewhere, true, 2, false, false},
			{here, true, 3, false, false}, // Authenticate, and what comes of it
			{here, false, 3, false, true},
			{elsewhere, true, 3, true, true},
			{elsewhere, true, 2, true, true},
			{elsewhere, false, 4, false, true},
		} {
			var err error
			if step.leaves {
				err = step.of.Left(t.Context(), "mac-1", at(step.at))
			} else {
				err = step.of.Enrolled(t.Context(), "mac-1", "", policy.MacOS, at(step.at), "")
			}
			if errors.Is(err, enforce.ErrEarlier) != step.earlier || err != nil && !step.earlier || enrolled() != step.then {
				t.Errorf("%+v: %v, enrolled %t", step, err, enrolled())
			}
		}
		has := func(of *enforce.Managed, second int, apps ...policy.Installation) error {
			return of.Report(t.Context(), devices.Report{Host: "mac-1", Taken: at(second), Installed: apps})
		}
		o.clock.Advance(time.Minute)
		parrot := policy.Installation{Identifier: "ABCDE12345:com.parrot"}
		if err := errors.Join(has(here, 5, parrot), has(here, 6), has(elsewhere, 6)); err != nil { // the last says what is known
			t.Fatal(err)
		}
		if err := has(elsewhere, 5, parrot); !errors.Is(err, enforce.ErrEarlier) {
			t.Errorf("what it had earlier, said once more: %v", err)
		}
	})
}
