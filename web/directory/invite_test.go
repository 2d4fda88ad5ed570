package directory_test

import (
	"strings"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
)

func TestInviteShowsTheLinkOnce(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID + "/invite"
		m.officer.get(path).shows(200, "Invite Grace Holm", "works once", "Show the link", "Send the link by mail").lacks("/join/")
		a := m.officer.post(path, "how", "show").shows(200, "Link for Grace Holm", "4\u00a0May\u00a02026, 12:00", "How to hand it over")
		_, link, _ := strings.Cut(a.body, "https://portcullis.merrow.example/join/")
		link, _, _ = strings.Cut(link, "<")
		p, _, err := m.room.Invited(t.Context(), link)
		if err != nil || p.ID != m.grace.ID {
			t.Fatalf("the link is for %v: %v", p, err)
		}
		m.clock.Advance(24*hour - 1e6)
		if _, _, err := m.room.Invited(t.Context(), link); err != nil {
			t.Errorf("just before the time that was said: %v", err)
		}
		m.clock.Advance(1e6)
		if _, _, err := m.room.Invited(t.Context(), link); !fault.Is(err, fault.NotFound) {
			t.Errorf("at the time that was said: %v", err)
		}
	})
}

func TestInviteByMail(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		m.officer.leads(m.officer.post(path+"/invite", "how", "mail"), path+"?done=sent").shows(200, "has been sent")
		if len(m.delivered) != 1 || m.delivered[0] != m.grace.ID {
			t.Errorf("delivered to %v", m.delivered)
		}
		m.broken = fault.New(fault.Conflict, "The mail server does not answer: show the link instead")
		m.officer.post(path+"/invite", "how", "mail").shows(422, "The mail server does not answer", "Show the link")

		if _, err := m.room.ChangePerson(t.Context(), command, m.grace.ID, people.PersonChange{Particulars: &people.Particulars{Name: "Grace", UserName: "grace"}}); err != nil {
			t.Fatal(err)
		}
		m.officer.get(path+"/invite").shows(200, "Show the link").lacks("by mail")
	})
}
