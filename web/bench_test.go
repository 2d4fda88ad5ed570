package web_test

import (
	"crypto/rand"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"portcullis/alerts"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// What the pages are measured with.
const (
	manyOrganisations = 300
	manyPeople        = 100_000
	manyNotices       = 20_000
	manyVisits        = 2_000
)

// BenchmarkPages measures how long the server takes for each page that people wait for, with 100,000
// people in 300 organisations, on both engines: the median and the 99th of a hundred.
func BenchmarkPages(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkPages(b, store.Options{Data: b.TempDir()}) })
	b.Run("postgres", func(b *testing.B) { benchmarkPages(b, store.Options{Database: storetest.Database(b)}) })
}

func benchmarkPages(b *testing.B, o store.Options) {
	o.Now, o.Chance = testClock.Now, rand.Reader
	db, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(b.Context(), schemas...); err != nil {
		b.Fatal(err)
	}
	e := newEstate(b, db)
	e.fill(b)
	operator := e.holder(b, people.Operator, people.Everywhere)
	officer := e.holder(b, people.SecurityOfficer, bodyID(manyOrganisations-1))
	found, err := e.room.Persons(b.Context(), command, people.PersonQuery{UserName: "p77777@government.example", Limit: 1})
	if err != nil || len(found) != 1 {
		b.Fatal(found, err)
	}
	for _, page := range []struct {
		name, path string
		v          visitor
	}{
		{"today", "/", operator},
		{"people", "/people", operator},
		{"people, a word", "/people?q=" + familyName(7919)[:6], operator},
		{"people, a letter of all", "/people?q=g", operator},
		{"people, a word of 6,250", "/people?q=grace", operator},
		{"people, a word of 6,250, its second page", e.second(b, operator, "/people?q=grace"), operator},
		{"people, the second page", e.second(b, operator, "/people"), operator},
		{"people, an officer of a small body", "/people", officer},
		{"people, a word, an officer of a small body", "/people?q=grace", officer},
		{"person", "/people/" + found[0].ID, operator},
		{"organisations", "/organisations", operator},
		{"ledger", "/ledger", operator},
		{"ledger, an officer of a small body", "/ledger", officer},
		{"notices", "/notices", operator},
		{"access", "/access", operator},
		{"account", "/account", operator},
		{"api, persons", "/api/v1/persons?limit=50", operator},
		{"scim, user name", "/scim/v2/Users?filter=" + url.QueryEscape(`userName eq "P55555@government.example"`), operator},
	} {
		b.Run(page.name, func(b *testing.B) { e.measure(b, page.v, page.path) })
	}
}

// measure asks for one path again and again.
func (e *estate) measure(b *testing.B, v visitor, path string) {
	var took []time.Duration
	size := 0
	for b.Loop() {
		began := time.Now()
		size = e.show(b, v, path).Body.Len()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	ms := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(ms(.5), "ms-median")
	b.ReportMetric(ms(.99), "ms-p99")
	b.ReportMetric(float64(size)/1000, "kB")
	b.ReportMetric(0, "ns/op")
}

// show is what the server answers.
func (e *estate) show(b *testing.B, v visitor, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/scim/") {
		r.Header.Set("Authorization", "Bearer "+v.token)
	} else {
		r.AddCookie(&http.Cookie{Name: "portcullis", Value: v.session})
	}
	w := httptest.NewRecorder()
	e.server.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: %d %.300s", path, w.Code, w.Body)
	}
	return w
}

var next = regexp.MustCompile(`href="(/[^"]*after=[^"]*)"`)

// second is the page after a path's first.
func (e *estate) second(b *testing.B, v visitor, path string) string {
	m := next.FindStringSubmatch(e.show(b, v, path).Body.String())
	if m == nil {
		b.Fatalf("%s has no second page", path)
	}
	return html.UnescapeString(m[1])
}

// holder is somebody with a role in an organisation.
func (e *estate) holder(b *testing.B, role people.Role, organisation string) visitor {
	b.Helper()
	v := visitor{role: role}
	grant := people.Grant{Role: role, Organisation: organisation}
	p, err := e.room.AddPerson(b.Context(), command, bodyID(0), people.Particulars{Name: "The " + role.Name(), Mail: string(role) + "@government.example"})
	if err == nil {
		_, err = e.room.GiveRole(b.Context(), command, p.ID, grant, people.Period{})
	}
	if err == nil {
		v.session, err = e.room.OpenSession(b.Context(), p.ID, "test", "", "")
	}
	if err == nil {
		var made people.Made
		made, err = e.room.MakeToken(b.Context(), command, "of the "+string(role), grant, people.Time{})
		v.token = made.Secret
	}
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func bodyID(n int) string { return fmt.Sprintf("body-%03d", n) }

var givenNames = []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "Dennis", "Radia", "Tony", "Frances", "Niklaus", "Katherine", "Ken", "Hedy", "Tim"}

// familyName is one of 17,576.
func familyName(n int) string {
	sounds := []string{"ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi", "xo", "yu", "za", "bre", "cli", "dro", "flu", "gra"}
	return sounds[n%26] + sounds[n/26%26] + sounds[n/676%26] + "son"
}

// fill makes a large house: half of its people are in the ten largest bodies.
func (e *estate) fill(b *testing.B) {
	b.Helper()
	for i := range manyOrganisations {
		o := people.NewOrganisation{ID: bodyID(i), Name: fmt.Sprint("Body ", i)}
		if i > 0 {
			o.Parent = bodyID((i - 1) / 4)
		}
		must(b, e.room, o)
	}
	const atATime = 10_000
	for from := 0; from < manyPeople; from += atATime {
		rows := make([]people.Row, atATime)
		for i := range rows {
			n := from + i
			body := bodyID(n / 2 % manyOrganisations)
			if n%2 == 0 {
				body = bodyID(n / 2 % 10)
			}
			rows[i] = people.Row{Line: i + 2, Organisation: body, Roles: []people.Role{people.Staff}, Particulars: people.Particulars{
				Name: givenNames[n%len(givenNames)] + " " + familyName(n*7919), Mail: fmt.Sprintf("p%d@government.example", n)}}
		}
		if _, err := e.room.ImportPeople(b.Context(), command, rows); err != nil {
			b.Fatal(err)
		}
	}
	e.tell(b)
	for i := range manyVisits {
		if err := e.room.NoteFailure(b.Context(), "passkey", fmt.Sprint("192.0.2.", i%250), fmt.Errorf("attempt %d", i)); err != nil {
			b.Fatal(err)
		}
	}
	e.sequence(b)
}

// tell puts notices.
func (e *estate) tell(b *testing.B) {
	b.Helper()
	const atATime = 1000
	for from := 0; from < manyNotices; from += atATime {
		m := alerts.Message{Kind: "test.told", Subject: "What is new", Text: "Nothing is."}
		for i := range atATime {
			m.To = append(m.To, alerts.Recipient{Address: fmt.Sprintf("p%d@government.example", from+i)})
		}
		err := e.db.Write(b.Context(), func(tx *store.Tx) error {
			_, err := e.parts.Alerts.Outbox.Put(tx, m)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// sequence gives all entries of the ledger their places.
func (e *estate) sequence(b testing.TB) {
	b.Helper()
	secret, _, err := note.GenerateKey(rand.Reader, "portcullis.invalid/ledger")
	if err != nil {
		b.Fatal(err)
	}
	key, err := ledger.ParseKey(secret)
	if err != nil {
		b.Fatal(err)
	}
	s, err := ledger.NewSequencer(e.db, e.room.Ledger, key, "bench", slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	for n := 1; n > 0; {
		if n, err = s.Step(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
