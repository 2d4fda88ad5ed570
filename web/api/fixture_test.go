package api_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/handbook"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting"
	"portcullis/web/api"
	"portcullis/web/gate"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	command = people.Actor{Command: true}
)

// house is a server with a real room behind the gate, and two bodies that do not belong together:
// treasury, with audit below it, and health.
type house struct {
	*people.Room
	clock   *storetest.Clock
	ledger  *ledger.Ledger
	desk    alerts.Desk
	devices *devices.Room
	rooms   api.Rooms
	log     *lockedBuffer
	url     string
	tokens  map[people.Grant]string
	targets map[string]people.Person
	made    int
}

// lockedBuffer is a log that requests may write to at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	storetest.Run(t, []store.Schema{ledger.Schema, people.Schema, alerts.Schema, handbook.Schema, register.Schema, devices.Schema, enforce.Schema, approvals.Schema, vetting.Schema}, func(t *testing.T, open storetest.Open) {
		h := &house{clock: storetest.NewClock(noon), log: &lockedBuffer{}, tokens: map[people.Grant]string{}, targets: map[string]people.Person{}}
		log := slog.New(slog.NewTextHandler(h.log, nil))
		h.Room = roomtest.People(t, open, h.clock, log, people.Kinds, alerts.Kinds, handbook.Kinds, register.Kinds, devices.Kinds, enforce.Kinds, approvals.Kinds, vetting.Kinds)
		h.ledger = h.Room.Ledger
		h.desk = alerts.Desk{People: h.Room, Outbox: h.outbox(t)}
		for id, parent := range map[string]string{"treasury": "", "health": ""} {
			h.organisation(t, id, parent)
		}
		h.organisation(t, "audit", "treasury")
		h.furnish(t)
		h.serve(t, log)
		test(t, h)
	})
}

// furnish makes the rooms of devices. What is decided there the fleet learns when it is told to follow.
func (h *house) furnish(t *testing.T) {
	t.Helper()
	h.devices = roomtest.Devices(t, h.Room, h.clock)
	h.rooms = api.Rooms{People: h.Room, Alerts: h.desk, Devices: h.devices, Enquiries: devices.NewEnquiries(h.devices), Register: &register.Room{People: h.Room}, Approvals: &approvals.Room{People: h.Room, Devices: h.devices, Outbox: h.desk.Outbox}, Enforce: &enforce.Room{People: h.Room, Fleet: h.devices.Fleet}, Handbook: &handbook.Room{People: h.Room}, Intake: devices.NewIntake(h.devices, h.clock.Now),
		InvitationLink: func(i string) string { return "https://gate.example/join/" + i }}
	h.rooms.Vetting, h.rooms.Folder = vetting.New(h.Room, h.rooms.Approvals, h.devices.Fleet), t.TempDir()
	go h.rooms.Intake.Run(t.Context())
}

// follow has the fleet answer on all that was done.
func (h *house) follow(t *testing.T) { t.Helper(); roomtest.Follow(t, h.devices) }

func (h *house) serve(t *testing.T, log *slog.Logger) {
	g := &gate.Gate{People: h.Room, Now: h.clock.Now, Log: log}
	g.Frame.Now = noon
	mux := http.NewServeMux()
	for _, r := range api.Routes(h.rooms) {
		mux.Handle(r.Pattern, g.Guard(r))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.url = server.URL
}

func (h *house) organisation(t *testing.T, id, parent string) {
	t.Helper()
	if _, err := h.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: id, Name: "The " + id, Parent: parent}); err != nil {
		t.Fatal(err)
	}
}

func (h *house) person(t *testing.T, name, organisation string) people.Person {
	t.Helper()
	p, err := h.AddPerson(t.Context(), command, organisation, people.Particulars{Name: name, Mail: strings.ReplaceAll(name, " ", ".") + "@" + organisation + ".example"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (h *house) group(t *testing.T, organisation string, members ...string) people.Group {
	t.Helper()
	g, err := h.AddGroup(t.Context(), command, organisation, "Travelling", "", members)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// token is the secret of a token with the role in the organisation.
func (h *house) token(t *testing.T, role people.Role, organisation string) string {
	t.Helper()
	g := people.Grant{Role: role, Organisation: organisation}
	if h.tokens[g] == "" {
		m, err := h.MakeToken(t.Context(), command, string(role), g, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		h.tokens[g] = m.Secret
	}
	return h.tokens[g]
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// call makes a request; headers are names and values by turns.
func (h *house) call(t *testing.T, token, method, path, body string, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(read)}
}

// decode reads the answer's body, which must have the status.
func decode[T any](t *testing.T, r reply, status int) (into T) {
	t.Helper()
	if r.status != status {
		t.Fatalf("the answer is %d %s, not %d", r.status, r.body, status)
	}
	d := json.NewDecoder(strings.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&into); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return into
}

// page is a page of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// sequence gives all entries their places in the ledger.
func (h *house) sequence(t *testing.T) {
	t.Helper()
	secret, _, err := note.GenerateKey(rand.Reader, "ledger.example/test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ledger.NewSequencer(h.DB, h.ledger, key, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Step(t.Context()); err != nil || n == 0 {
		t.Fatalf("%d entries got a place: %v", n, err)
	}
}

// outbox puts messages to people of the house.
func (h *house) outbox(t *testing.T) *alerts.Room {
	t.Helper()
	outbox, err := alerts.New(alerts.Config{Base: "https://gate.example", Domain: "gate.example", MailboxOf: people.MailboxOf, Ledger: h.ledger, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return outbox
}

// tell puts a message to a person.
func (h *house) tell(t *testing.T, person, subject string) {
	t.Helper()
	err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := h.desk.Outbox.Put(tx, alerts.Message{Kind: "test.told", Subject: subject, Text: "Hello", To: []alerts.Recipient{{Person: person}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
