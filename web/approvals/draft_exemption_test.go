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
	eachDrafting(t, func(t *testing.T, b *house) {
		admin, anna := b.drafter(people.DeviceAdministrator, "dept-a", "dora"), b.drafter("", "dept-a", "anna")
		admin.Get(exemptA1).Shows(http.StatusOK, "Ask for an exemption for Parrot Chat", "It reads contacts", "Dedicated device", "Minister", "366 days at most: until 3 March 2027", "This device alone")
		sam := b.drafter(people.SecurityOfficer, "dept-a", "sam")
		sam.Answer(exemptA1).FaultsAt("purpose", "reason", "risk", "until")
		whole := []string{"purpose", "press work", "reason", "There is no other way", "risk", "Small: the phone is used for nothing else", "until-day", "1", "until-month", "6", "until-year", "2026"}
		v := sam.proposed(sam.Answer(exemptA1, whole...))
		e := v.Exemption
		if v.Kind != rooms.Exemption || e.Subject.Host != "a1" || e.Scope != "dept-a" || e.Product != "parrot" || !slices.Equal(e.Lifts, []string{"ban-parrot"}) || !e.Until.Equal(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) || v.For != anna.ID {
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
			"marked, for too few":      {[]string{"marked", "yes", "audience", "dora@merrow.example"}, []string{"audience"}},
			"marked by the way":        {[]string{"audience", "sam"}, []string{"marked"}},
		} {
			t.Run(name, func(t *testing.T) {
				sam.Answer(exemptA1, over(whole, bad.more)...).FaultsAt(bad.faults...).Shows(http.StatusUnprocessableEntity, "There is no other way", "press work")
			})
		}
		others := []string{admin.ID, b.drafter(people.SecurityOfficer, "dept-a", "gail").ID, b.drafter(people.Approver, "dept-a", "paul").ID, b.drafter(people.ClearingOffice, "dept-a", "olga").ID}
		v = sam.proposed(sam.Answer(exemptA1, over(whole, []string{"marked", "yes", "audience", "dora@merrow.example\ngail@merrow.example\npaul@merrow.example\nolga@merrow.example", "subject", "everyone"})...))
		if !v.Marked || !slices.Equal(v.Audience, others) || !v.Exemption.Subject.Everyone {
			t.Errorf("marked: %+v %+v", v.Draft, v.Exemption)
		}
		// Who asked does not grant.
		sam.Get("/proposals/" + v.ID).Lacks("Grant it")
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
	eachDrafting(t, func(t *testing.T, b *house) {
		anna := b.drafter("", "dept-a", "anna")
		anna.Get("/proposals/new/exemption?q=parrot").Shows(http.StatusOK, "Parrot Chat", "By Umber Apps Ltd")
		anna.Get("/proposals/new/exemption").Shows(http.StatusOK, "What is it called?")
		path := "/proposals/new/exemption?product=parrot"
		anna.Get(path).Shows(http.StatusOK, "Bans Parrot Chat", "Who clears it besides").Lacks("only those whom I name", "This device alone")
		anna.Get(exemptA1).Shows(http.StatusForbidden) // she sees no devices
		v := anna.proposed(anna.Answer(path, "subject", "person", "purpose", "press work", "reason", "No other way", "risk", "Small", "until-day", "1", "until-month", "6", "until-year", "2026"))
		if v.Exemption.Subject.Person != "anna" || !slices.Equal(v.Exemption.Lifts, []string{"ban-parrot"}) || v.For != anna.ID {
			t.Errorf("asked for: %+v for %q", v.Exemption, v.For)
		}
		// What is not on the list is asked for without a rule to lift; what is on it needs no exemption.
		v = anna.proposed(anna.Answer("/proposals/new/exemption?product=maps", "subject", "group", "group", "press", "purpose", "visits", "reason", "No other way", "risk", "Small", "until-day", "1", "until-month", "6", "until-year", "2026"))
		if len(v.Exemption.Lifts) != 0 || v.Exemption.Subject.Group != "press" {
			t.Errorf("asked for: %+v", v.Exemption)
		}
		one := []string{"subject", "host", "purpose", "visits", "reason", "No other way", "risk", "Small", "until-day", "1", "until-month", "6", "until-year", "2026"}
		anna.Answer("/proposals/new/exemption?product=maps", append(one, "device", "")...).FaultsAt("device")
		anna.Answer("/proposals/new/exemption?product=maps", append(one, "device", "nowhere")...).FaultsAt("device").Shows(http.StatusUnprocessableEntity, "There is no device nowhere that you may see")
		anna.Get("/proposals/new/exemption?product=notes").Shows(http.StatusOK, "no exemption is needed")
		anna.Get("/proposals/new/exemption?product=nothing").Shows(http.StatusNotFound)
		anna.Get("/proposals/new/exemption?rule=nothing").Shows(http.StatusNotFound)
		anna.Get("/proposals/new/exemption?renews=press").Shows(http.StatusNotFound)
	})
}

func TestDraftRenewal(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		sam := b.drafter(people.SecurityOfficer, "dept-a", "sam")
		path := "/proposals/new/exemption?renews=press"
		sam.Get(path).Shows(http.StatusOK, "again", "The exemption that it follows", "press work", "1\u00a0May\u00a02026")
		v := sam.proposed(sam.Answer(path, "reason", "The work goes on", "risk", "Small as before", "until-day", "1", "until-month", "9", "until-year", "2026"))
		if e := v.Exemption; v.Renews != "press" || e.Subject.Person != "anna" || e.Purpose != "press work" || !e.From.Equal(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)) || len(e.Mitigations) != 0 {
			t.Errorf("asked for: %+v, %q", e, v.Renews)
		}
		b.drafter(people.SecurityOfficer, "dept-b", "bo").Get(path).Shows(http.StatusNotFound).Lacks("press work")
	})
}
