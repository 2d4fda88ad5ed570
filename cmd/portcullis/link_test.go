package main

import (
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/alerts/mailtest"
	"portcullis/internal/storetest"
	"portcullis/people"
)

// TestLinksAreTold: whoever makes a link that signs in as somebody, on a page, by the API or at the command line, that
// person is told by mail and in their inbox, and by whom; and nobody is where none is made.
func TestLinksAreTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, data, database string) {
		mails := (&mailtest.Server{}).Start(t)
		where := place(t, data, database)
		configuration := fmt.Sprintf("mail:\n  host: %s\n  port: %d\n  tls: 'off'\n  from: Office <office@harbour.example>\n", mails.Host, mails.Port)
		f := newFront(t, where, configuration)
		zoe, err := f.people.AddPerson(t.Context(), atCommand, "harbour", people.Particulars{Name: "Zoe", Mail: "zoe@harbour.example", UserName: "zoe"})
		if err != nil {
			t.Fatal(err)
		}
		if a := f.ask(t, f.grace, "POST", "/people/"+zoe.ID+"/invite", "how=show", nil); a.status < 400 {
			t.Errorf("an officer of another body: %s", a)
		}
		config := filepath.Join(t.TempDir(), "portcullis.yaml")
		if err := os.WriteFile(config, []byte(configuration), 0o600); err != nil {
			t.Fatal(err)
		}
		for n, way := range []struct {
			by   string
			make func() string
		}{
			{"by Ada.", func() string {
				a := f.ask(t, f.ada, "POST", "/people/"+zoe.ID+"/invite", "how=show", nil)
				if a.status != http.StatusOK {
					t.Fatalf("on a page: %s", a)
				}
				return a.body
			}},
			{"by a program called", func() string {
				a := f.ask(t, f.ada, "POST", "/api/v1/persons/"+zoe.ID+"/invitation", "", nil)
				if a.status != http.StatusCreated {
					t.Fatalf("by the API: %s", a)
				}
				return a.body
			}},
			{"by somebody who runs the server, at its command line.", func() string {
				status, out, errs := command(t, append([]string{"link", "person", "zoe", "--config", config, "--url", "https://gate.example"}, where[:2]...)...)
				if status != exitClean {
					t.Fatalf("at the command line: %s", errs)
				}
				return out
			}},
		} {
			if body := way.make(); !strings.Contains(body, "/join/") {
				t.Errorf("%s: no link in %s", way.by, body)
			}
			for deadline := time.Now().Add(30 * time.Second); mails.Count() <= n; {
				if time.Now().After(deadline) {
					t.Fatalf("%s: no mail:\n%s", way.by, f.log)
				}
				<-time.After(10 * time.Millisecond)
			}
			mail := mails.Mails()[n]
			text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(string(mail.Raw))))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(strings.Fields(string(text)), " "); mail.To != "zoe@harbour.example" || !strings.Contains(got, way.by) || !strings.Contains(got, "tell your security team at once") || strings.Contains(got, "/join/") {
				t.Errorf("%s: to %s: %s", way.by, mail.To, got)
			}
		}
		session, err := f.people.OpenSession(t.Context(), zoe.ID, "test", "", "")
		if err != nil {
			t.Fatal(err)
		}
		inbox, err := alerts.Desk{People: f.people}.Messages(t.Context(), people.Actor{Session: session}, "", 10)
		if err != nil || len(inbox) != 3 || inbox[0].Subject != "Somebody has made a link that signs in as you" {
			t.Errorf("the inbox: %+v %v", inbox, err)
		}
		if n := mails.Count(); n != 3 {
			t.Errorf("%d mails", n)
		}
	})
}
