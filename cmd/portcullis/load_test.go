package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portcullis/alerts/mailtest"
	"portcullis/people"
)

// writers is how many write at the same time.
const writers = 4

// role is the one that the writers give and take.
const role = people.Reviewer

// load is what writes, and what was acknowledged to it.
type load struct {
	token, session string // of the operator in whose name all is done
	stop           chan struct{}
	address        atomic.Value // of the server that is there now

	mu      sync.Mutex
	persons map[string]*fate  // by id
	teams   map[string]string // what a team was called last, by its id
	renamed int               // teams
	again   int               // requests that were made again
}

// fate is what became of a person, as far as it was acknowledged.
type fate struct {
	mail, organisation string
	active, moved      bool
	given, taken       bool // the role
	invited            bool // by mail
}

func newLoad(t testing.TB, where []string) *load {
	t.Helper()
	l := &load{stop: make(chan struct{}), persons: map[string]*fate{}, teams: map[string]string{}}
	l.token, l.session = operator(t, where)
	l.address.Store("http://127.0.0.1:1") // until there is a server, nobody answers
	return l
}

// operator makes somebody who may do everything, with a token and a session in a browser.
func operator(t testing.TB, where []string) (token, session string) {
	t.Helper()
	d := database{Data: where[1]}
	if where[0] == "--database" {
		d = database{Database: where[1]}
	}
	env := &environment{Context: t.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: time.Now}
	err := d.in(env, false, func(r *rooms) error {
		grant := people.Grant{Role: people.Operator, Organisation: people.Everywhere}
		if _, err := r.people.AddOrganisation(env, atCommand, people.NewOrganisation{ID: "centre", Name: "Centre"}); err != nil {
			return err
		}
		p, err := r.people.AddPerson(env, atCommand, "centre", people.Particulars{Name: "Operator", Mail: "operator@load.example"})
		if err != nil {
			return err
		}
		if _, err := r.people.GiveRole(env, atCommand, p.ID, grant, people.Period{}); err != nil {
			return err
		}
		if session, err = r.people.OpenSession(env, p.ID, "test", "", ""); err != nil {
			return err
		}
		made, err := r.people.MakeToken(env, atCommand, "load", grant, people.Time{})
		token = made.Secret
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return token, session
}

// bodies are what a writer works in: a body, an office that people move to, and a team that is renamed.
type bodies struct{ body, office, team string }

func bodiesOf(n int) bodies {
	return bodies{fmt.Sprint("body-", n), fmt.Sprint("office-", n), fmt.Sprint("team-", n)}
}

// write adds people, and does to them what is done to people.
func (l *load) write(t *testing.T, n int) {
	b := bodiesOf(n)
	for id, parent := range map[string]string{b.body: "centre", b.office: "centre", b.team: "centre"} {
		l.ask(t, "POST", "/organisations", id, map[string]any{"id": id, "name": id, "parent": parent})
	}
	for i := 0; ; i++ {
		select {
		case <-l.stop:
			return
		default:
		}
		name := fmt.Sprintf("person-%d-%d", n, i)
		f := fate{mail: name + "@load.example", organisation: b.body, active: true}
		id := l.ask(t, "POST", "/persons", name, map[string]any{"name": name, "mail": f.mail, "organisation": b.body})
		l.change(t, b, id, name, &f, i)
		l.mu.Lock()
		l.persons[id] = &f
		l.mu.Unlock()
	}
}

// change does what falls to a person of that number.
func (l *load) change(t *testing.T, b bodies, id, name string, f *fate, i int) {
	if i%2 == 0 {
		f.invited = l.invite(t, id)
	}
	if i%4 == 2 {
		l.ask(t, "POST", "/persons/"+id+"/roles", "role-"+name, map[string]any{"role": role, "organisation": b.body})
		f.given = true
	}
	if i%8 == 2 {
		l.ask(t, "DELETE", "/persons/"+id+"/roles/"+string(role)+"/"+b.body, "", nil)
		f.taken = true
	}
	if i%4 == 1 {
		l.ask(t, "PATCH", "/persons/"+id, "move-"+name, map[string]any{"organisation": b.office})
		f.organisation, f.moved = b.office, true
	}
	if i%3 == 0 {
		l.ask(t, "PATCH", "/persons/"+id, "deactivate-"+name, map[string]any{"active": false})
		f.active = false
	}
	if i%5 == 0 {
		called := "Team of " + name
		l.ask(t, "PATCH", "/organisations/"+b.team, "team-"+name, map[string]any{"name": called})
		l.mu.Lock()
		l.teams[b.team] = called
		l.renamed++
		l.mu.Unlock()
	}
}

// ask makes a request until it is answered, always with the same key, and returns the id in the answer.
func (l *load) ask(t testing.TB, method, path, key string, body any) string {
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		r, err := http.NewRequest(method, l.address.Load().(string)+"/api/v1"+path, bytes.NewReader(encoded))
		if err != nil {
			t.Error(err)
			return ""
		}
		r.Header.Set("Authorization", "Bearer "+l.token)
		r.Header.Set("Content-Type", "application/json")
		if key != "" {
			r.Header.Set("Idempotency-Key", `"`+key+`"`)
		}
		if body == nil {
			r.Body = http.NoBody
		}
		if answer, err := http.DefaultClient.Do(r); err == nil {
			if id, done := l.answered(t, answer); done {
				return id
			}
		}
		l.mu.Lock()
		l.again++
		l.mu.Unlock()
		<-time.After(5 * time.Millisecond) // until there is another server
	}
	t.Errorf("%s %s is never answered", method, path)
	return ""
}

// answered reads an answer, and tells whether it is one. A server on its way down gives none.
func (l *load) answered(t testing.TB, answer *http.Response) (id string, done bool) {
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 500 {
		return "", false
	}
	var made struct {
		ID string `json:"id"`
	}
	if answer.StatusCode >= 300 || len(text) > 0 && json.Unmarshal(text, &made) != nil {
		t.Errorf("%s %s: %d %s", answer.Request.Method, answer.Request.URL.Path, answer.StatusCode, text)
	}
	return made.ID, true
}

// invite has a link sent by mail, as a person does on the page, and tells whether that was acknowledged.
// It is asked for once: a page has no key, and who gets no answer looks before they ask again.
func (l *load) invite(t testing.TB, id string) bool {
	r, err := http.NewRequest("POST", l.address.Load().(string)+"/people/"+id+"/invite", strings.NewReader(url.Values{"how": {"mail"}}.Encode()))
	if err != nil {
		t.Error(err)
		return false
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "portcullis", Value: l.session})
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther && answer.StatusCode < 500 {
		t.Errorf("inviting: %d", answer.StatusCode)
	}
	return answer.StatusCode == http.StatusSeeOther
}

// verify compares what the server has with what was acknowledged.
func (l *load) verify(t *testing.T) {
	t.Helper()
	type person struct {
		ID, Organisation string
		Active           bool
	}
	found, holders := map[string]person{}, map[string]bool{}
	each(t, l, "/persons?limit=200", func(p person) { found[p.ID] = p })
	each(t, l, "/persons?limit=200&role="+string(role), func(p person) { holders[p.ID] = true })
	if len(found) != len(l.persons)+1 { // and the operator
		t.Errorf("%d people were acknowledged, and there are %d", len(l.persons), len(found)-1)
	}
	for id, f := range l.persons {
		got, there := found[id]
		if !there || got.Active != f.active || got.Organisation != f.organisation || holders[id] != (f.given && !f.taken) {
			t.Errorf("%s: acknowledged as %+v; there is %+v, with the role %t", id, *f, got, holders[id])
		}
	}
	for team, name := range l.teams {
		var got struct{ Name string }
		l.get(t, "/organisations/"+team, &got)
		if got.Name != name {
			t.Errorf("%s was renamed %q, and is called %q", team, name, got.Name)
		}
	}
	t.Logf("%d people were added, and teams renamed %d times; %d requests were made again", len(l.persons), l.renamed, l.again)
}

// notice is the record of a mail.
type notice struct {
	Address, State, MessageID string
	MaybeTwice                bool
}

// verifyMails holds that each acknowledged invitation left one record and arrived, and twice only where
// the record says so. It returns how many records there are.
func (l *load) verifyMails(t *testing.T, sink *mailtest.Server) (records int) {
	t.Helper()
	noticed, came := map[string][]notice{}, map[string]int{}
	each(t, l, "/notices?limit=200&kind=people.invitation", func(n notice) {
		noticed[n.Address] = append(noticed[n.Address], n)
		records++
	})
	for _, m := range sink.Mails() {
		came[m.To+" "+strings.Trim(m.Header("Message-ID"), "<>")]++
	}
	acknowledged, marked, twice := 0, 0, 0
	for _, f := range l.persons {
		if n := len(noticed[f.mail]); n > 1 || f.invited && n == 0 {
			t.Errorf("%s: invited, acknowledged %t; %d records", f.mail, f.invited, n)
		}
		if f.invited {
			acknowledged++
		}
		for _, n := range noticed[f.mail] {
			arrived := came[f.mail+" "+n.MessageID]
			if n.State != "sent" || arrived == 0 || arrived > 1 && !n.MaybeTwice {
				t.Errorf("%s: came %d times, and the record says %+v", f.mail, arrived, n)
			}
			if n.MaybeTwice {
				marked++
			}
			if arrived > 1 {
				twice++
			}
			delete(came, f.mail+" "+n.MessageID)
		}
	}
	for mail := range came {
		t.Errorf("a mail without a record: %s", mail)
	}
	t.Logf("%d invitations were acknowledged, %d are recorded; %d came twice, %d are marked", acknowledged, records, twice, marked)
	return records
}

// each calls do with everything in a list.
func each[T any](t *testing.T, l *load, path string, do func(T)) {
	t.Helper()
	for after := ""; ; {
		var page struct {
			Items []T
			Next  string
		}
		l.get(t, path+"&after="+after, &page)
		for _, item := range page.Items {
			do(item)
		}
		if after = page.Next; after == "" {
			return
		}
	}
}

func (l *load) get(t *testing.T, path string, into any) {
	t.Helper()
	r, err := http.NewRequest("GET", l.address.Load().(string)+"/api/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, answer.StatusCode, err)
	}
}

// verifyLedger holds that the ledger verifies and has the entry of everything once.
func (l *load) verifyLedger(t *testing.T, where []string, invitations int) {
	t.Helper()
	export := filepath.Join(t.TempDir(), "ledger.jsonl")
	if status, _, errs := command(t, append([]string{"ledger", "export", "--out", export}, where...)...); status != exitClean {
		t.Fatalf("export: %s", errs)
	}
	if status, out, errs := command(t, "ledger", "verify", export); status != exitClean {
		t.Errorf("the ledger: status %d: %s%s", status, out, errs)
	}
	text, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"person-added": len(l.persons) + 1, "organisation-changed": l.renamed, "role-given": 1, "invited": invitations}
	for _, f := range l.persons {
		for kind, done := range map[string]bool{"person-changed": f.moved, "person-deactivated": !f.active, "role-given": f.given, "role-taken": f.taken} {
			if done {
				want[kind]++
			}
		}
	}
	for kind, n := range want {
		if entries := bytes.Count(text, []byte(`"people.`+kind+`"`)); entries != n {
			t.Errorf("the ledger has %d entries of the kind people.%s, and %d such things were done", entries, kind, n)
		}
	}
}
