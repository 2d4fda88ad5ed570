package directory_test

import (
	"strings"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
)

func TestTokens(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.get("/tokens").shows(200, "No program has a token", "Make the first token")
		m.officer.post("/tokens/make", "name", "Exporter").shows(422, "Choose a role", `value="Exporter"`)
		m.officer.post("/tokens/make", "role", "staff", "organisation", "harbour").shows(422, "Enter a name", `value="staff" checked`)
		m.officer.post("/tokens/make", "name", "Exporter", "role", "staff", "organisation", "harbour", "expires-day", "1", "expires-month", "1", "expires-year", "2031").
			shows(422, "a year at most", `value="2031"`)
		m.officer.post("/tokens/make", "name", "Exporter", "role", "operator", "organisation", "harbour").shows(403)
		a := m.officer.post("/tokens/make", "name", "Exporter", "role", "staff", "organisation", "harbour").shows(200, "Token for Exporter", "shown this once", "1\u00a0August\u00a02026")
		_, secret, _ := strings.Cut(a.body, "portcullis_")
		secret, _, _ = strings.Cut(secret, "<")
		token := people.Actor{Token: "portcullis_" + secret}
		if _, err := m.room.Enter(t.Context(), token, ""); err != nil {
			t.Fatalf("the token that is shown: %v", err)
		}
		list := m.officer.get("/tokens").shows(200, "Exporter", "Works", "Harbour Office").lacks(secret)
		end := linkTo(list, "End")
		m.officer.get(end).shows(200, "End this token?", "Exporter")
		m.officer.leads(m.officer.post(end), "/tokens?done=ended").shows(200, "The token has ended", "Ended").lacks("the token of Exporter")
		if _, err := m.room.Enter(t.Context(), token, ""); !fault.Is(err, fault.SignedOut) {
			t.Errorf("an ended token: %v", err)
		}
		auditor := m.person("Aud Itor", "harbour", people.Auditor)
		m.signIn(auditor).get("/tokens").shows(200, "Exporter").lacks("Make a token")
	})
}
