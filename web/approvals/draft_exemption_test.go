package approvals_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	rooms "portcullis/approvals"
	"portcullis/people"
)

const exemptA1 = "/proposals/new/exemption?rule=ban-parrot&host=a1"

func TestDraftExemption(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		admin, anna := b.drafter(people.DeviceAdministrator, "dept-a", "dora"), b.drafter("", "dept-a", "anna")
		admin.get(exemptA1).shows(http.StatusOK, "Ask for an exemption for Parrot Chat", "It reads contacts", "Dedicated device", "Minister", "366 days at most: until 3 March 2027", "This device alone")
		sam := b.drafter(people.SecurityOfficer, "dept-a", "sam")
		sam.post(exemptA1).faults("purpose", "reason", "until")
		whole := []string{"purpose", "press work", "reason", "There is no other way", "until-day", "1", "until-month", "6", "until-year", "2026"}
		v := sam.proposed(sam.post(exemptA1, whole...))
		e := v.Exemption
		if v.Kind != rooms.Exemption || e.Subject.Host != "a1" || e.Scope != "dept-a" || e.Product != "parrot" || !slices.Equal(e.Lifts, []string{"ban-parrot"}) || !e.Until.Equal(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) || v.For != anna.id {
			t.Errorf("asked for: %+v for %q", e, v.For)
		}
		for name, bad := range map[string]struct {
			more   []string
			faults []string
		}{
			"for nobody":               {[]string{"subject", ""}, []string{"subject"}},
			"for somebody":             {[]string{"subject", "person", "person", ""}, []string{"person"}},
			"for a group":              {[]string{"subject", "group", "group", ""}, []string{"group"}},
			"for too long":             {[]string{"until-year", "2029"}, []string{"until"}},
			"until long ago":           {[]string{"until-year", "2025"}, []string{"until"}},
			"until a day that is none": {[]string{"until-day", "40"}, []string{"until"}},
			"marked, for nobody":       {[]string{"marked", "yes"}, []string{"audience"}},
			"marked by the way":        {[]string{"audience", "sam"}, []string{"marked"}},
		} {
			t.Run(name, func(t *testing.T) {
				sam.post(exemptA1, over(whole, bad.more)...).faults(bad.faults...).shows(http.StatusUnprocessableEntity, "There is no other way", "press work")
			})
		}
		v = sam.proposed(sam.post(exemptA1, over(whole, []string{"marked", "yes", "audience", "dora@merrow.example", "subject", "everyone"})...))
		if !v.Marked || !slices.Equal(v.Audience, []string{admin.id}) || !v.Exemption.Subject.Everyone {
			t.Errorf("marked: %+v %+v", v.Draft, v.Exemption)
		}
		// Who asked does not grant.
		sam.get("/proposals/" + v.ID).lacks("Grant it")
	})
}

// over are answers with some of them put in the place of others.
func over(all, more []string) []string {
	all = slices.Clone(all)
	for i := 0; i < len(more); i += 2 {
		for j := 0; j < len(all); j += 2 {
			if all[j] == more[i] {
				all = slices.Delete(all, j, j+2)
				break
			}
		}
		all = append(all, more[i], more[i+1])
	}
	return all
}

func TestDraftExemptionForOneself(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		anna := b.drafter("", "dept-a", "anna")
		anna.get("/proposals/new/exemption?q=parrot").shows(http.StatusOK, "Parrot Chat", "By Umber Apps Ltd")
		anna.get("/proposals/new/exemption").shows(http.StatusOK, "What is it called?")
		path := "/proposals/new/exemption?product=parrot"
		anna.get(path).shows(http.StatusOK, "Bans Parrot Chat", "Who clears it besides").lacks("only those whom I name", "This device alone")
		anna.get(exemptA1).shows(http.StatusForbidden) // she sees no devices
		v := anna.proposed(anna.post(path, "subject", "person", "purpose", "press work", "reason", "No other way", "until-day", "1", "until-month", "6", "until-year", "2026"))
		if v.Exemption.Subject.Person != "anna" || !slices.Equal(v.Exemption.Lifts, []string{"ban-parrot"}) || v.For != anna.id {
			t.Errorf("asked for: %+v for %q", v.Exemption, v.For)
		}
		// What is not on the list is asked for without a rule to lift; what is on it needs no exemption.
		v = anna.proposed(anna.post("/proposals/new/exemption?product=maps", "subject", "group", "group", "press", "purpose", "visits", "reason", "No other way", "until-day", "1", "until-month", "6", "until-year", "2026"))
		if len(v.Exemption.Lifts) != 0 || v.Exemption.Subject.Group != "press" {
			t.Errorf("asked for: %+v", v.Exemption)
		}
		anna.get("/proposals/new/exemption?product=notes").shows(http.StatusOK, "no exemption is needed")
		anna.get("/proposals/new/exemption?product=nothing").shows(http.StatusNotFound)
		anna.get("/proposals/new/exemption?rule=nothing").shows(http.StatusNotFound)
		anna.get("/proposals/new/exemption?renews=press").shows(http.StatusNotFound)
	})
}

func TestDraftRenewal(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		sam := b.drafter(people.SecurityOfficer, "dept-a", "sam")
		path := "/proposals/new/exemption?renews=press"
		sam.get(path).shows(http.StatusOK, "again", "The exemption that it follows", "press work", "1\u00a0May\u00a02026")
		v := sam.proposed(sam.post(path, "reason", "The work goes on", "until-day", "1", "until-month", "9", "until-year", "2026"))
		if e := v.Exemption; v.Renews != "press" || e.Subject.Person != "anna" || e.Purpose != "press work" || !e.From.Equal(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)) || len(e.Mitigations) != 0 {
			t.Errorf("asked for: %+v, %q", e, v.Renews)
		}
		b.drafter(people.SecurityOfficer, "dept-b", "bo").get(path).shows(http.StatusNotFound).lacks("press work")
	})
}
