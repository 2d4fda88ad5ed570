package approvals_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
)

func TestDraftWithdrawal(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		officer, path := b.drafter(people.CentreOfficer, "gov", "olga"), "/proposals/new/withdrawal?rule=ban-parrot"
		officer.Get(path).Shows(http.StatusOK, "Propose that this rule end", "In breach by it now", "It reads contacts")
		officer.Answer(path).FaultsAt("reason")
		officer.Answer(path, "reason", "It is mended", "until-day", "1", "until-month", "1", "until-year", "2026").FaultsAt("until")
		officer.Answer(path, "reason", "It is mended", "until-day", "x").FaultsAt("until").Shows(http.StatusUnprocessableEntity, "It is mended")
		v := officer.proposed(officer.Answer(path, "reason", "It is mended", "until-day", "1", "until-month", "4", "until-year", "2026"))
		if v.Kind != rooms.Withdrawal || v.Ends.Rule != "ban-parrot" || !v.Ends.Until.Time().Equal(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) || v.Ends.Allow {
			t.Errorf("proposed: %+v", v.Ends)
		}
		b.drafter(people.Reviewer, "dept-a", "rhea").Get(path).Shows(http.StatusForbidden)
		officer.Get("/proposals/new/withdrawal?rule=none").Shows(http.StatusNotFound)
		officer.Get("/proposals/new/withdrawal").Shows(http.StatusUnprocessableEntity)
	})
}

func TestDraftMonitor(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		sam, path := b.drafter(people.SecurityOfficer, "dept-a", "sam"), "/proposals/new/monitor?organisation=dept-a"
		sam.Get(path).Shows(http.StatusOK, "Propose to watch for a while", "366 days at most")
		sam.Answer(path).FaultsAt("reason", "until")
		sam.Answer(path, "reason", "New list", "until-day", "1", "until-month", "6", "until-year", "2029").FaultsAt("until")
		v := sam.proposed(sam.Answer(path, "reason", "New list", "until-day", "1", "until-month", "6", "until-year", "2026", "when", "on-day", "from-day", "1", "from-month", "4", "from-year", "2026"))
		if v.Kind != rooms.Monitor || v.Organisation != "dept-a" || !v.Monitor.From.Time().Equal(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("proposed: %+v", v.Monitor)
		}
		sam.Get("/proposals/new/monitor").Shows(http.StatusOK, "Department A") // one's own body
		sam.Get("/proposals/new/monitor?organisation=dept-b").Shows(http.StatusForbidden)
		sam.Answer("/proposals/new/monitor?organisation=dept-b", "reason", "x").Shows(http.StatusForbidden)
	})
}

func TestDraftProcess(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		sam, path := b.drafter(people.SecurityOfficer, "dept-a", "sam"), "/proposals/new/process?organisation=dept-a"
		sam.Get(path).Shows(http.StatusOK, "Propose who decides", "Nobody here has set who decides")
		sam.Answer(path).FaultsAt("reason")
		r := sam.Get(path).Fields()
		if got := r["exemption.sign"]; !slices.Equal(got, []string{"approver", "centre-officer", "security-officer"}) && len(got) != 3 {
			t.Errorf("it begins with %q", got)
		}
		sam.Answer(path, "reason", "x", "ban.sign", "", "exemption.longestDays", "a year").FaultsAt("exemption.longestDays")
		sam.Answer(path, "reason", "x", "ban.sign", "staff", "monitor.longestDays", "99999").FaultsAt("ban.sign", "monitor.longestDays")
		sam.Answer(path, "reason", "x", "office", "chief").FaultsAt("office.of")
		sam.Answer(path, "reason", "x", "office.of", "gov").FaultsAt("office")
		sam.Answer(path, "reason", "x", "version", "stale").Shows(http.StatusUnprocessableEntity, "Somebody has changed who decides here")
		v := sam.proposed(sam.Answer(path, "reason", "We have an approver", "ban.sign", "approver", "ban.signAbove", "yes", "exemption.longestDays", "90", "exemption.mitigations", "pin\nlock", "offices.0", "gov", "office", "chief", "office.of", "dept-a"))
		p := v.Process
		if v.Kind != rooms.Change || !slices.Equal(p.Ban.Sign, []people.Role{people.Approver}) || !p.Ban.SignAbove || p.Exemption.LongestDays != 90 || !slices.Equal(p.Exemption.Mitigations, []string{"pin", "lock"}) || p.Offices["minister"] != "gov" || p.Offices["chief"] != "dept-a" || p.Monitor.LongestDays != 366 {
			t.Errorf("proposed: %+v", p)
		}
		sam.Get("/proposals/new/process?organisation=gov").Shows(http.StatusForbidden)
	})
}

func TestDraftSupplier(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		officer, path := b.drafter(people.CentreOfficer, people.Everywhere, "olga"), "/proposals/new/supplier/maker"
		officer.Get(path).Shows(http.StatusOK, "Propose who owns Umber Apps Ltd", "Umber Group")
		officer.Answer(path).FaultsAt("reason", "owned_by.0.supplier") // nothing has been changed
		officer.Answer(path, "reason", "x", "owned_by.1.supplier", "Nobody Ltd").FaultsAt("owned_by.1.supplier")
		officer.Answer(path, "reason", "x", "owned_by.1.from-day", "1").FaultsAt("owned_by.1.supplier")
		officer.Answer(path, "reason", "x", "owned_by.0.until-day", "1", "owned_by.0.until-month", "5", "owned_by.0.until-year", "2023").FaultsAt("owned_by.0.until")
		officer.Answer(path, "reason", "x", "version", "stale").Shows(http.StatusUnprocessableEntity, "Somebody has changed this company")
		v := officer.proposed(officer.Answer(path, "reason", "The register of companies", "owned_by.0.until-day", "1", "owned_by.0.until-month", "1", "owned_by.0.until-year", "2026"))
		o := v.Supplier.OwnedBy
		if v.Kind != rooms.Supplier || len(o) != 1 || o[0].Supplier != "group" || !o[0].From.Equal(time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)) || !o[0].Until.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("proposed: %+v", o)
		}
		b.drafter(people.CentreOfficer, "gov", "gina").Get(path).Shows(http.StatusForbidden)
		officer.Get("/proposals/new/supplier/none").Shows(http.StatusNotFound)
	})
}

func TestDraftProduct(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		officer, path := b.drafter(people.CentreOfficer, people.Everywhere, "olga"), "/proposals/new/product/maps"
		officer.Get(path).Shows(http.StatusOK, "Propose who makes Maps", "Tiles")
		officer.Answer(path, "reason", "x").FaultsAt("supplier")
		officer.Answer(path, "reason", "x", "supplier", "No Such", "contains.1.product", "No Such").FaultsAt("supplier", "contains.1.product")
		officer.Answer(path, "reason", "x", "contains.1.until", "3").FaultsAt("contains.1.product")
		officer.Answer(path, "reason", "x", "contains.1.product", "notes", "contains.1.since", "new").FaultsAt("contains.1.since")
		v := officer.proposed(officer.Answer(path, "reason", "The shop says so", "supplier", "umber apps ltd", "contains.1.product", "Notes", "contains.1.until", "3", "made_by.0.supplier", "group", "made_by.0.from-day", "1", "made_by.0.from-month", "2", "made_by.0.from-year", "2025"))
		p := v.Product
		if v.Kind != rooms.Product || p.Supplier != "maker" || !slices.Equal(p.Contains, []policy.Component{{Product: "tiles", Versions: policy.Window{Since: "2"}}, {Product: "notes", Versions: policy.Window{Until: "3"}}}) || len(p.MadeBy) != 1 || p.MadeBy[0].Supplier != "group" {
			t.Errorf("proposed: %+v", p)
		}
	})
}

func TestDraftAdopted(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		sam, path := b.drafter(people.SecurityOfficer, "dept-a", "sam"), "/proposals/new/adopt?rule=ban-tiles-b"
		sam.Get(path).Shows(http.StatusOK, "Propose the same for your own body", "It is old", "Department B", "How it came about cannot be shown")
		sam.Answer(path).FaultsAt("narrower")
		v := sam.proposed(sam.Answer(path, "narrower", "It is the same here"))
		if r := v.Rule; v.Adopts != "ban-tiles-b" || r.Scope != "dept-a" || r.ID != "" || r.Target.Product != "tiles" || r.Clearance != "none" || v.Reason != "It is old" {
			t.Errorf("proposed: %+v %+v", v.Draft, r)
		}
		sam.Answer(path, "narrower", "x", "scope", "").FaultsAt("scope")
		sam.Answer(path, "narrower", "x", "scope", "dept-b").Shows(http.StatusForbidden)

		bo, allow := b.drafter(people.SecurityOfficer, "dept-b", "bo"), "/proposals/new/adopt?rule=allow-notes"
		v = bo.proposed(bo.Answer(allow, "reason", "We write notes too"))
		if v.Kind != rooms.Allow || v.Rule.Scope != "dept-b" || v.Rule.Target.Product != "notes" || v.Adopts != "allow-notes" {
			t.Errorf("proposed: %+v %+v", v.Draft, v.Rule)
		}
		b.drafter(people.Reviewer, "dept-a", "rhea").Get(allow).Shows(http.StatusForbidden) // no other body

		// With evidence, where that may be seen.
		olga := b.drafter(people.CentreOfficer, "gov", "olga")
		made := olga.proposed(olga.Answer("/proposals/new/ban?product=maps&scope=dept-a&components=no", "narrower", "It is everywhere", "reason", "It tells where one is", "clearance", "none", "longestDays", "30"))
		sam.takes(made.ID, rooms.Doing{Act: rooms.Sign, Affirmed: affirmed(made)})
		done, err := b.room.Proposal(t.Context(), olga.Actor(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		p := olga.Get("/proposals/new/adopt?rule="+done.Made).Shows(http.StatusOK, "How it came about", "It is everywhere", "It tells where one is")
		if got := p.Fields(); got.Get("longestDays") != "30" {
			t.Errorf("filled in: %q", got)
		}
		bo.Get("/proposals/new/adopt?rule="+done.Made).Shows(http.StatusOK, "cannot be shown").Lacks("It is everywhere")
	})
}

// affirmed is the number that who signs has to write down.
func affirmed(v rooms.View) *int {
	n := v.Reach.Either
	return &n
}
