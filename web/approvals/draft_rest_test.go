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
	eachBureau(t, func(t *testing.T, b *bureau) {
		officer, path := b.drafter(people.CentreOfficer, "gov", "olga"), "/proposals/new/withdrawal?rule=ban-parrot"
		officer.get(path).shows(http.StatusOK, "Propose that this rule end", "In breach by it now", "It reads contacts")
		officer.post(path).faults("reason")
		officer.post(path, "reason", "It is mended", "until-day", "1", "until-month", "1", "until-year", "2026").faults("until")
		officer.post(path, "reason", "It is mended", "until-day", "x").faults("until").shows(http.StatusUnprocessableEntity, "It is mended")
		v := officer.proposed(officer.post(path, "reason", "It is mended", "until-day", "1", "until-month", "4", "until-year", "2026"))
		if v.Kind != rooms.Withdrawal || v.Ends.Rule != "ban-parrot" || !v.Ends.Until.Time().Equal(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) || v.Ends.Allow {
			t.Errorf("proposed: %+v", v.Ends)
		}
		b.drafter(people.Reviewer, "dept-a", "rhea").get(path).shows(http.StatusForbidden)
		officer.get("/proposals/new/withdrawal?rule=none").shows(http.StatusNotFound)
		officer.get("/proposals/new/withdrawal").shows(http.StatusUnprocessableEntity)
	})
}

func TestDraftMonitor(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		sam, path := b.drafter(people.SecurityOfficer, "dept-a", "sam"), "/proposals/new/monitor?organisation=dept-a"
		sam.get(path).shows(http.StatusOK, "Propose to watch for a while", "366 days at most")
		sam.post(path).faults("reason", "until")
		sam.post(path, "reason", "New list", "until-day", "1", "until-month", "6", "until-year", "2029").faults("until")
		v := sam.proposed(sam.post(path, "reason", "New list", "until-day", "1", "until-month", "6", "until-year", "2026", "when", "on-day", "from-day", "1", "from-month", "4", "from-year", "2026"))
		if v.Kind != rooms.Monitor || v.Organisation != "dept-a" || !v.Monitor.From.Time().Equal(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("proposed: %+v", v.Monitor)
		}
		sam.get("/proposals/new/monitor").shows(http.StatusOK, "Department A") // one's own body
		sam.get("/proposals/new/monitor?organisation=dept-b").shows(http.StatusForbidden)
		sam.post("/proposals/new/monitor?organisation=dept-b", "reason", "x").shows(http.StatusForbidden)
	})
}

func TestDraftProcess(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		sam, path := b.drafter(people.SecurityOfficer, "dept-a", "sam"), "/proposals/new/process?organisation=dept-a"
		sam.get(path).shows(http.StatusOK, "Propose who decides", "Nobody here has set who decides")
		sam.post(path).faults("reason")
		r := sam.get(path).fields()
		if got := r["exemption.sign"]; !slices.Equal(got, []string{"approver", "centre-officer", "security-officer"}) && len(got) != 3 {
			t.Errorf("it begins with %q", got)
		}
		sam.post(path, "reason", "x", "ban.sign", "", "exemption.longestDays", "a year").faults("exemption.longestDays")
		sam.post(path, "reason", "x", "ban.sign", "staff", "monitor.longestDays", "99999").faults("ban.sign", "monitor.longestDays")
		sam.post(path, "reason", "x", "office", "chief").faults("office.of")
		sam.post(path, "reason", "x", "office.of", "gov").faults("office")
		sam.post(path, "reason", "x", "version", "stale").shows(http.StatusUnprocessableEntity, "Somebody has changed who decides here")
		v := sam.proposed(sam.post(path, "reason", "We have an approver", "ban.sign", "approver", "ban.signAbove", "yes", "exemption.longestDays", "90", "exemption.mitigations", "pin\nlock", "offices.0", "gov", "office", "chief", "office.of", "dept-a"))
		p := v.Process
		if v.Kind != rooms.Change || !slices.Equal(p.Ban.Sign, []people.Role{people.Approver}) || !p.Ban.SignAbove || p.Exemption.LongestDays != 90 || !slices.Equal(p.Exemption.Mitigations, []string{"pin", "lock"}) || p.Offices["minister"] != "gov" || p.Offices["chief"] != "dept-a" || p.Monitor.LongestDays != 366 {
			t.Errorf("proposed: %+v", p)
		}
		sam.get("/proposals/new/process?organisation=gov").shows(http.StatusForbidden)
	})
}

func TestDraftSupplier(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		officer, path := b.drafter(people.CentreOfficer, people.Everywhere, "olga"), "/proposals/new/supplier/maker"
		officer.get(path).shows(http.StatusOK, "Propose who owns Umber Apps Ltd", "Umber Group")
		officer.post(path).faults("reason", "owned_by.0.supplier") // nothing has been changed
		officer.post(path, "reason", "x", "owned_by.1.supplier", "Nobody Ltd").faults("owned_by.1.supplier")
		officer.post(path, "reason", "x", "owned_by.1.from-day", "1").faults("owned_by.1.supplier")
		officer.post(path, "reason", "x", "owned_by.0.until-day", "1", "owned_by.0.until-month", "5", "owned_by.0.until-year", "2023").faults("owned_by.0.until")
		officer.post(path, "reason", "x", "version", "stale").shows(http.StatusUnprocessableEntity, "Somebody has changed this company")
		v := officer.proposed(officer.post(path, "reason", "The register of companies", "owned_by.0.until-day", "1", "owned_by.0.until-month", "1", "owned_by.0.until-year", "2026"))
		o := v.Supplier.OwnedBy
		if v.Kind != rooms.Supplier || len(o) != 1 || o[0].Supplier != "group" || !o[0].From.Equal(time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)) || !o[0].Until.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("proposed: %+v", o)
		}
		b.drafter(people.CentreOfficer, "gov", "gina").get(path).shows(http.StatusForbidden)
		officer.get("/proposals/new/supplier/none").shows(http.StatusNotFound)
	})
}

func TestDraftProduct(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		officer, path := b.drafter(people.CentreOfficer, people.Everywhere, "olga"), "/proposals/new/product/maps"
		officer.get(path).shows(http.StatusOK, "Propose who makes Maps", "Tiles")
		officer.post(path, "reason", "x").faults("supplier")
		officer.post(path, "reason", "x", "supplier", "No Such", "contains.1.product", "No Such").faults("supplier", "contains.1.product")
		officer.post(path, "reason", "x", "contains.1.until", "3").faults("contains.1.product")
		officer.post(path, "reason", "x", "contains.1.product", "notes", "contains.1.since", "new").faults("contains.1.since")
		v := officer.proposed(officer.post(path, "reason", "The shop says so", "supplier", "umber apps ltd", "contains.1.product", "Notes", "contains.1.until", "3", "made_by.0.supplier", "group", "made_by.0.from-day", "1", "made_by.0.from-month", "2", "made_by.0.from-year", "2025"))
		p := v.Product
		if v.Kind != rooms.Product || p.Supplier != "maker" || !slices.Equal(p.Contains, []policy.Component{{Product: "tiles", Versions: policy.Window{Since: "2"}}, {Product: "notes", Versions: policy.Window{Until: "3"}}}) || len(p.MadeBy) != 1 || p.MadeBy[0].Supplier != "group" {
			t.Errorf("proposed: %+v", p)
		}
	})
}

func TestDraftAdopted(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		sam, path := b.drafter(people.SecurityOfficer, "dept-a", "sam"), "/proposals/new/adopt?rule=ban-tiles-b"
		sam.get(path).shows(http.StatusOK, "Propose the same for your own body", "It is old", "Department B", "How it came about cannot be shown")
		sam.post(path).faults("narrower")
		v := sam.proposed(sam.post(path, "narrower", "It is the same here"))
		if r := v.Rule; v.Adopts != "ban-tiles-b" || r.Scope != "dept-a" || r.ID != "" || r.Target.Product != "tiles" || r.Clearance != "none" || v.Reason != "It is old" {
			t.Errorf("proposed: %+v %+v", v.Draft, r)
		}
		sam.post(path, "narrower", "x", "scope", "").faults("scope")
		sam.post(path, "narrower", "x", "scope", "dept-b").shows(http.StatusForbidden)

		bo, allow := b.drafter(people.SecurityOfficer, "dept-b", "bo"), "/proposals/new/adopt?rule=allow-notes"
		v = bo.proposed(bo.post(allow, "reason", "We write notes too"))
		if v.Kind != rooms.Allow || v.Rule.Scope != "dept-b" || v.Rule.Target.Product != "notes" || v.Adopts != "allow-notes" {
			t.Errorf("proposed: %+v %+v", v.Draft, v.Rule)
		}
		b.drafter(people.Reviewer, "dept-a", "rhea").get(allow).shows(http.StatusForbidden) // no other body

		// With evidence, where that may be seen.
		olga := b.drafter(people.CentreOfficer, "gov", "olga")
		made := olga.proposed(olga.post("/proposals/new/ban?product=maps&scope=dept-a&components=no", "narrower", "It is everywhere", "reason", "It tells where one is", "clearance", "none", "longestDays", "30"))
		sam.take(made.ID, rooms.Doing{Act: rooms.Sign, Affirmed: affirmed(made)})
		done, err := b.room.Proposal(t.Context(), olga.actor(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		p := olga.get("/proposals/new/adopt?rule="+done.Made).shows(http.StatusOK, "How it came about", "It is everywhere", "It tells where one is")
		if got := p.fields(); got.Get("longestDays") != "30" {
			t.Errorf("filled in: %q", got)
		}
		bo.get("/proposals/new/adopt?rule="+done.Made).shows(http.StatusOK, "cannot be shown").lacks("It is everywhere")
	})
}

// affirmed is the number that who signs has to write down.
func affirmed(v rooms.View) *int {
	n := v.Reach.Either
	return &n
}
