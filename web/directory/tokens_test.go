package directory_test

import (
	"strings"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
)

func TestTokens(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.Get("/tokens").Shows(200, "No program has a token", "Make the first token")
		m.officer.Post("/tokens/make", "name", "Exporter").Shows(422, "Choose a role").Has(`value="Exporter"`)
		m.officer.Post("/tokens/make", "role", "staff", "organisation", "harbour").Shows(422, "Enter a name").Has(`value="staff" checked`)
		m.officer.Post("/tokens/make", "name", "Exporter", "role", "staff", "organisation", "harbour", "expires-day", "1", "expires-month", "1", "expires-year", "2031").
			Shows(422, "a year at most").Has(`value="2031"`)
		m.officer.Post("/tokens/make", "name", "Exporter", "role", "operator", "organisation", "harbour").Shows(403)
		a := m.officer.Post("/tokens/make", "name", "Exporter", "role", "staff", "organisation", "harbour").Shows(200, "Token for Exporter", "shown this once", "1\u00a0August\u00a02026")
		_, secret, _ := strings.Cut(a.Body, "portcullis_")
		secret, _, _ = strings.Cut(secret, "<")
		token := people.Actor{Token: "portcullis_" + secret}
		if _, err := m.People.Enter(t.Context(), token, ""); err != nil {
			t.Fatalf("the token that is shown: %v", err)
		}
		list := m.officer.Get("/tokens").Shows(200, "Exporter", "Works", "Harbour Office").Lacks(secret)
		end := m.linkTo(list, "End")
		m.officer.Get(end).Shows(200, "End this token?", "Exporter")
		m.officer.LeadsTo(m.officer.Post(end), "/tokens?done=ended").Shows(200, "The token has ended", "Ended").Lacks("the token of Exporter")
		if _, err := m.People.Enter(t.Context(), token, ""); !fault.Is(err, fault.SignedOut) {
			t.Errorf("an ended token: %v", err)
		}
		auditor := m.person("Aud Itor", "harbour", people.Auditor)
		m.SignIn(auditor).Get("/tokens").Shows(200, "Exporter").Lacks("Make a token")
	})
}
