package directory_test

import (
	"strings"
	"testing"

	"portcullis/internal/fault"
	"portcullis/internal/pagetest"
	"portcullis/people"
)

func TestInviteShowsTheLinkOnce(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID + "/invite"
		m.officer.Get(path).Shows(200, "Invite Grace Holm", "works once", "Show the link", "Send the link by mail").Lacks("/join/")
		a := m.officer.Post(path, "how", "show").Shows(200, "Link for Grace Holm", "4\u00a0May\u00a02026, 12:00", "How to hand it over")
		_, link, _ := strings.Cut(a.Body, "https://portcullis.merrow.example/join/")
		link, _, _ = strings.Cut(link, "<")
		p, _, err := m.People.Invited(t.Context(), link)
		if err != nil || p.ID != m.grace.ID {
			t.Fatalf("the link is for %v: %v", p, err)
		}
		m.Clock.Advance(24*hour - 1e6)
		if _, _, err := m.People.Invited(t.Context(), link); err != nil {
			t.Errorf("just before the time that was said: %v", err)
		}
		m.Clock.Advance(1e6)
		if _, _, err := m.People.Invited(t.Context(), link); !fault.Is(err, fault.NotFound) {
			t.Errorf("at the time that was said: %v", err)
		}
	})
}

func TestInviteByMail(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		m.officer.LeadsTo(m.officer.Post(path+"/invite", "how", "mail"), path+"?done=sent").Shows(200, "has been sent")
		if len(m.delivered) != 1 || m.delivered[0] != m.grace.ID {
			t.Errorf("delivered to %v", m.delivered)
		}
		m.broken = fault.New(fault.Conflict, "The mail server does not answer: show the link instead")
		m.officer.Post(path+"/invite", "how", "mail").Shows(422, "The mail server does not answer", "Show the link")

		if _, err := m.People.ChangePerson(t.Context(), pagetest.Command, m.grace.ID, people.PersonChange{Particulars: &people.Particulars{Name: "Grace", UserName: "grace"}}); err != nil {
			t.Fatal(err)
		}
		m.officer.Get(path+"/invite").Shows(200, "Show the link").Lacks("by mail")
	})
}
