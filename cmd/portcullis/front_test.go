package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portcullis/people"
	"portcullis/store"
)

// front is a whole server, as those meet it who come over the network, with a realm behind it: harbour
// and tower, each with an officer, and somebody without a role in the harbour.
type front struct {
	*rooms         // beside the server, for what a test arranges
	address string // where it listens
	log     *lockedBuffer
	ahead   *atomic.Int64 // by how much its clock is
	stop    func() int

	ada, bob, grace visitor
}

// visitor is somebody with a session, and with a token that has their role.
type visitor struct{ person, session, token string }

// newFront starts a server at the place; configuration is a file's text, or "".
func newFront(t *testing.T, where []string, configuration string) *front {
	t.Helper()
	f := &front{log: &lockedBuffer{wrote: make(chan struct{}, 1)}, ahead: &atomic.Int64{}}
	f.start(t, where, configuration)
	f.beside(t, where[:2])
	command := people.Actor{Command: true}
	for _, o := range []people.NewOrganisation{{ID: "realm", Name: "Realm"}, {ID: "harbour", Name: "Harbour", Parent: "realm"}, {ID: "tower", Name: "Tower", Parent: "realm"}} {
		if _, err := f.people.AddOrganisation(t.Context(), command, o); err != nil {
			t.Fatal(err)
		}
	}
	f.ada = f.visitor(t, "Ada", "harbour", people.SecurityOfficer)
	f.bob = f.visitor(t, "Bob", "harbour", "")
	f.grace = f.visitor(t, "Grace", "tower", people.SecurityOfficer)
	return f
}

func (f *front) now() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) }

// start starts the server until the test ends, at the latest.
func (f *front) start(t *testing.T, where []string, configuration string) {
	t.Helper()
	args := append([]string{"serve", "--listen", "127.0.0.1:0"}, where...)
	if configuration != "" {
		file := filepath.Join(t.TempDir(), "portcullis.yaml")
		if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", file)
	}
	ctx, cancel := context.WithCancel(t.Context())
	env := &environment{Context: ctx, in: os.Stdin, out: io.Discard, err: f.log, now: f.now}
	status := make(chan int, 1)
	ended := make(chan struct{})
	go func() {
		status <- run(env, args)
		close(ended)
	}()
	f.stop = func() int { cancel(); return <-status }
	t.Cleanup(func() { cancel(); <-ended })
	found := f.logged(t, listening)
	f.address = found[1]
}

// beside opens the database beside the server.
func (f *front) beside(t *testing.T, where []string) {
	t.Helper()
	d := database{}
	if where[0] == "--data" {
		d.Data = where[1]
	} else {
		d.Database = where[1]
	}
	r, err := d.rooms(&environment{Context: t.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: f.now}, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.db.Close() }) // its database may have been taken away
	f.rooms = r
}

// logged waits until the log has something. A machine that has much else to do takes its time.
func (f *front) logged(t *testing.T, what *regexp.Regexp) []string {
	t.Helper()
	for deadline := time.After(2 * time.Minute); ; {
		if found := what.FindStringSubmatch(f.log.String()); found != nil {
			return found
		}
		select {
		case <-f.log.wrote:
		case <-deadline:
			t.Fatalf("the log never has %s:\n%s", what, f.log)
		}
	}
}

func (f *front) visitor(t *testing.T, name, organisation string, role people.Role) (v visitor) {
	t.Helper()
	command := people.Actor{Command: true}
	p, err := f.people.AddPerson(t.Context(), command, organisation, people.Particulars{Name: name, Mail: strings.ToLower(name) + "@" + organisation + ".example"})
	if err != nil {
		t.Fatal(err)
	}
	if role != "" {
		grant := people.Grant{Role: role, Organisation: organisation}
		if _, err := f.people.GiveRole(t.Context(), command, p.ID, grant, people.Period{}); err != nil {
			t.Fatal(err)
		}
		made, err := f.people.MakeToken(t.Context(), command, "of "+name, grant, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		v.token = made.Secret
	}
	v.person, v.session = p.ID, f.signIn(t, p.ID)
	return v
}

func (f *front) signIn(t *testing.T, person string) string {
	t.Helper()
	session, err := f.people.OpenSession(t.Context(), person, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) String() string {
	return fmt.Sprintf("%d %q %.300s", a.status, a.header.Get("Location"), text(a.body))
}

// inside is what is of no use to anybody outside, except to who attacks.
var inside = regexp.MustCompile(`(?i)sqlite|sqlstate|\bpgx\b|pgconn|goroutine|\bpanic\b|runtime error|\.go:\d|select .+ from|insert into|constraint failed|` + regexp.QuoteMeta(os.TempDir()) + `/`)

// direct follows no redirect, and opens a connection for each request so that none is cut off by what
// became of the one before.
var direct = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       time.Minute,
}

// ask makes a request: of a browser where v has no token or the path is a page's, of a program otherwise.
// change may be nil. Whatever the answer, it tells nothing of the server's inside, and is not its own fault.
func (f *front) ask(t *testing.T, v visitor, method, path, body string, change func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, f.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s %q: %v", method, path, err)
	}
	switch {
	case strings.HasPrefix(path, "/api/"), strings.HasPrefix(path, "/scim/"):
		if v.token != "" {
			r.Header.Set("Authorization", "Bearer "+v.token)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
	default:
		if v.session != "" {
			r.AddCookie(&http.Cookie{Name: "portcullis", Value: v.session})
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if change != nil {
		change(r)
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) answer {
	t.Helper()
	response, err := direct.Do(r)
	if err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
		return answer{header: http.Header{}}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	a := answer{response.StatusCode, response.Header, string(text)}
	if a.status == http.StatusInternalServerError {
		t.Errorf("%s %s: %s", r.Method, r.URL, a)
	}
	if a.status >= 400 {
		if leak := inside.FindString(a.body); leak != "" {
			t.Errorf("%s %s tells of %q: %s", r.Method, r.URL, leak, a)
		}
	}
	return a
}

var tag = regexp.MustCompile(`(?s)<head>.*</head>|<header.*</header>|<[^>]*>|\s+`)

// text is what a person reads of a page.
func text(page string) string {
	return strings.TrimSpace(tag.ReplaceAllStringFunc(page, func(string) string { return " " }))
}

// confirmed is what the form sends that somebody confirmed about a person: with the version that it was made from.
func (f *front) confirmed(t *testing.T, person string) string {
	t.Helper()
	var version int64
	err := f.db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT version FROM people_persons WHERE id = $1`, []any{person}, &version)
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("confirm=yes&version=%d", version)
}
