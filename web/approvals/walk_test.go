package approvals_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/web/approvals"
)

// TestBanWalk takes a ban from its proposal to its end, through the pages and by different people.
func TestBanWalk(t *testing.T) {
	each(t, func(h *house) {
		first, second := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov")
		p := first.proposes(ban("gov", "notes"))
		at := approvals.ProposalPath(p.ID)
		first.get(at).shows(http.StatusOK, "Bans Fog Notes", "Ada Holm proposed it", "It sends contacts abroad", "Why nothing narrower would do", "2 of 3", "Waits for a second signature", "Take it back", "You have asked for this yourself").lacks("Sign it")
		first.get(at+"/sign").shows(http.StatusConflict, "You have asked for this yourself")
		first.get("/").shows(http.StatusOK, "Nothing waits")
		h.clock.Advance(3 * 3600e9)
		second.get("/").shows(http.StatusOK, "Sign as the second person", "Bans Fog Notes", "Waiting for 3 hours")
		second.get("/proposals?show=waiting").shows(http.StatusOK, "Bans Fog Notes", "second signature")
		second.get(at+"/sign").shows(http.StatusOK, "2 of 3", "Write the number")
		second.answers(p.ID, rooms.Sign).shows(http.StatusUnprocessableEntity, "Error: ", "This reaches 2 of the 3")
		second.answers(p.ID, rooms.Sign, "affirmed", "two").shows(http.StatusUnprocessableEntity, "in digits")
		if got := h.verdict("l2", "com.notes"); got != "allowed" {
			t.Errorf("before it is signed: %s", got)
		}
		done := second.leads(second.answers(p.ID, rooms.Sign, "affirmed", "2", "reason", "I have seen the report"), at)
		done.shows(http.StatusOK, "You have signed it", "Decided", "I have seen the report", "It reached 2 of 3 devices", "See the rule and what it does").lacks("What is still needed")
		if got := h.verdict("l2", "com.notes"); got != "banned" {
			t.Errorf("signed: %s", got)
		}
		second.get(at+"/sign").shows(http.StatusConflict, "Nothing waits here any more")
	})
}

// TestExemptionWalk takes an exemption to the office that clears it, with a condition, and to its early end.
func TestExemptionWalk(t *testing.T) {
	each(t, func(h *house) {
		anna, grants, signs := h.somebody("Anna Lind", "", "light"), h.somebody("Farida Marchetti", people.SecurityOfficer, "light"), h.somebody("Eoghan Lund", people.Approver, "light")
		office, fits := h.somebody("Hana Office", people.ClearingOffice, "gov"), h.somebody("Jun Holm", people.DeviceAdministrator, "light")
		p := anna.proposes(exemption("light", "l1", anna.id))
		at := approvals.ProposalPath(p.ID)
		anna.get(at).shows(http.StatusOK, "Exempts Parrot Chat on one device", "Waits for a decision", "Dedicated device")
		grants.answers(p.ID, rooms.Grant, "reason", "It is her work").shows(http.StatusUnprocessableEntity, "Say what the risk is", "It is her work")
		grants.leads(grants.answers(p.ID, rooms.Grant, "reason", "It is her work", "risk", "Small, on a device of its own"), at).shows(http.StatusOK, "You have granted it", "The risk: Small")
		grants.get(at).shows(http.StatusOK, "You have taken a step in this already")
		signs.leads(signs.answers(p.ID, rooms.Sign), at).shows(http.StatusOK, "You have signed it")
		office.get("/").shows(http.StatusOK, "Clear an exemption, or say no", at+"/clear")
		office.get(at+"/clear").shows(http.StatusOK, "May Parrot Chat be used on one device", "It sends what is typed to servers abroad", "Anna Lind, on one device", "Small, on a device of its own. (Farida Marchetti)", "2\u00a0June\u00a02026", "Yes, with conditions", "In whose name?").lacks("exemption")
		office.get(at+"/brief").shows(http.StatusOK, "The answer", "For the decision of this office: Minister")
		office.answers(p.ID, rooms.Clear).shows(http.StatusUnprocessableEntity, "Choose one of the three")
		office.answers(p.ID, rooms.Clear, "answer", "if", "minister", "The Minister").shows(http.StatusUnprocessableEntity, "Write the conditions")
		office.answers(p.ID, rooms.Clear, "answer", "yes").shows(http.StatusUnprocessableEntity, "Say in whose name")
		cleared := office.leads(office.answers(p.ID, rooms.Clear, "answer", "if", "conditions", "Not abroad", "minister", "The Minister of State", "reference", "PO/26/1"), at)
		cleared.shows(http.StatusOK, "Your clearance is recorded", "On condition: Not abroad", "In the name of The Minister of State", "File: PO/26/1")
		if got := h.verdict("l1", "com.parrot"); got != "banned" {
			t.Errorf("before all is in place: %s", got)
		}
		fits.get(at+"/confirm").shows(http.StatusOK, "Not abroad")
		made := fits.leads(fits.answers(p.ID, rooms.Confirm, "reason", "It is set up, I have seen it"), at).shows(http.StatusOK, "Recorded: what it demands is in place", "See the exemption")
		if got := h.verdict("l1", "com.parrot"); got != "exempt" {
			t.Errorf("made: %s", got)
		}
		is := made.body[strings.Index(made.body, `href="/exemptions/`)+len(`href="`):]
		is = is[:strings.Index(is, `"`)]
		grants.get("/exemptions").shows(http.StatusOK, "Parrot Chat on one device", "1 more that you may not see")
		grants.get(is).shows(http.StatusOK, "In force", "PO/26/1", "It was proposed on", "Ask for it again", "Added")
		grants.get(is+"/end").shows(http.StatusOK, "End this exemption early?")
		grants.post(is+"/end").shows(http.StatusUnprocessableEntity, "Say why the exemption ends")
		h.clock.Advance(3600e9)
		grants.leads(grants.post(is+"/end", "reason", "The work is done"), is).shows(http.StatusOK, "The exemption has ended", "Ended", "The work is done").lacks("End it early")
		if got := h.verdict("l1", "com.parrot"); got != "banned" {
			t.Errorf("ended: %s", got)
		}
	})
}

// TestRefusedClearance has an office say no.
func TestRefusedClearance(t *testing.T) {
	each(t, func(h *house) {
		anna, grants, signs := h.somebody("Anna Lind", "", "light"), h.somebody("Farida Marchetti", people.SecurityOfficer, "light"), h.somebody("Eoghan Lund", people.Approver, "light")
		office := h.somebody("Hana Office", people.ClearingOffice, "gov")
		p := anna.proposes(exemption("light", "l1", anna.id))
		grants.takes(p.ID, rooms.Doing{Act: rooms.Grant, Said: rooms.Said{Reason: "It is her work", Risk: "Small"}})
		signs.takes(p.ID, rooms.Doing{Act: rooms.Sign})
		office.answers(p.ID, rooms.Clear, "answer", "no").shows(http.StatusUnprocessableEntity, "Say why")
		office.leads(office.answers(p.ID, rooms.Clear, "answer", "no", "reason", "Read it in the library"), approvals.ProposalPath(p.ID)).shows(http.StatusOK, "Refused", "Read it in the library")
		anna.get(approvals.ProposalPath(p.ID)).shows(http.StatusOK, "Read it in the library", "Ask again, with new facts")
	})
}

// TestRequestWalk takes a request for an app to its decision, with advice from the centre.
func TestRequestWalk(t *testing.T) {
	each(t, func(h *house) {
		anna, reviewer, centre := h.somebody("Anna Lind", "", "light"), h.somebody("Grzegorz Lund", people.Reviewer, "light"), h.somebody("Ada Holm", people.CentreOfficer, "gov")
		p := anna.proposes(request("light", "maps"))
		at := approvals.ProposalPath(p.ID)
		reviewer.get(at).shows(http.StatusOK, "Allows Tide Maps", "Allow it", "Ask the centre", "Refuse it")
		reviewer.leads(reviewer.answers(p.ID, rooms.Consult, "reason", "Do others allow it?"), at).shows(http.StatusOK, "The centre has been asked")
		centre.get("/").shows(http.StatusOK, "Allows Tide Maps")
		centre.leads(centre.answers(p.ID, rooms.Answer, "reason", "Three bodies do"), at).shows(http.StatusOK, "Your answer is recorded")
		stale := reviewer.post(at+"/grant", "version", "1", "reason", "Useful", "risk", "It knows where one is", "min_version", "4.2").shows(http.StatusUnprocessableEntity, "Somebody has taken a step in this", "Three bodies do", "It knows where one is", "4.2")
		if got := versionIn.FindStringSubmatch(stale.body); got == nil || got[1] != "3" {
			t.Errorf("the page that was stale is now of version %v", got)
		}
		reviewer.answers(p.ID, rooms.Grant, "reason", "Useful", "risk", "Small", "until-day", "31", "until-month", "2", "until-year", "2027").shows(http.StatusUnprocessableEntity, "Give a day that exists")
		reviewer.leads(reviewer.answers(p.ID, rooms.Grant, "reason", "Useful", "risk", "It knows where one is", "criteria", "Maker, permissions", "min_version", "4.2", "platforms", "android", "until-day", "1", "until-month", "9", "until-year", "2026"), at).
			shows(http.StatusOK, "You have granted it", "from version 4.2", "on Android", "1\u00a0September\u00a02026", "By these criteria: Maker, permissions", "See the rule")
		anna.get("/proposals?show=mine").shows(http.StatusOK, "Allows Tide Maps", "Decided")
		reviewer.get("/proposals?show=mine").shows(http.StatusOK).lacks("Allows Tide Maps")
	})
}

// TestMarked shows a marked proposal to those alone who are assigned to it, and its restricted reason to those alone
// whom it names.
func TestMarked(t *testing.T) {
	each(t, func(h *house) {
		first, second, third := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov"), h.somebody("Cato Holm", people.Auditor, "gov")
		d := ban("gov", "maps")
		d.Marked, d.Audience, d.Restricted = true, []string{second.id}, &rooms.Restricted{Reason: "A source says so", Assessment: "Likely"}
		p := first.proposes(d)
		third.get(approvals.ProposalPath(p.ID)).shows(http.StatusNotFound).lacks("Tide Maps")
		third.get("/proposals").shows(http.StatusOK, "1 more that is for those assigned to it").lacks("Tide Maps")
		second.get(approvals.ProposalPath(p.ID)).shows(http.StatusOK, "For those assigned to it", "A source says so", "Likely")
		d.Marked, d.Rule.Target.Product = false, "notes"
		open := first.proposes(d)
		third.get(approvals.ProposalPath(open.ID)).shows(http.StatusOK, "Bans Fog Notes").lacks("A source says so", "Likely")
	})
}

// TestProcess shows who decides in a body, and a change of that beside it.
func TestProcess(t *testing.T) {
	each(t, func(h *house) {
		officer := h.somebody("Ada Holm", people.CentreOfficer, "gov")
		officer.get("/process/light").shows(http.StatusOK, "Who decides", "Nobody has set this", "Proposed by one person and signed by another", "For 366 days at most", "Propose a change")
		process := rooms.Default()
		process.Exemption.LongestDays, process.Allow.Recommend, process.Offices = 90, []people.Role{people.Reviewer}, map[string]string{"minister": "light"}
		p := officer.proposes(rooms.Draft{Kind: rooms.Change, Organisation: "light", Reason: "Shorter is safer", Content: rooms.Content{Process: &process}})
		officer.get(approvals.ProposalPath(p.ID)).shows(http.StatusOK, "Says who decides in Department of Light", "For 366 days at most", "For 90 days at most", "Recommended by a reviewer", "Clearance: Minister").lacks("Watching for a while</th>")
		h.clock.Advance(48 * 3600e9)
		second := h.somebody("Bjørn Lund", people.CentreOfficer, "gov")
		second.leads(second.answers(p.ID, rooms.Sign), approvals.ProposalPath(p.ID)).shows(http.StatusOK, "See who decides now")
		officer = h.somebody("Cato Holm", people.CentreOfficer, "gov")
		officer.get("/process/light").shows(http.StatusOK, "This body has set it itself", "For 90 days at most")
		officer.get("/process/pilots").shows(http.StatusOK, "It is set by", "For 90 days at most")
		officer.get("/process/light?at-day=3&at-month=3&at-year=2026").shows(http.StatusOK, "Who decided on 3\u00a0March\u00a02026", "Nobody has set this", "For 366 days at most")
		officer.get("/process/nowhere").shows(http.StatusForbidden)
	})
}

// TestEmergency has a third person let a ban that was made in an emergency stay.
func TestEmergency(t *testing.T) {
	each(t, func(h *house) {
		first, second, third := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov"), h.somebody("Cato Holm", people.Approver, "gov")
		d := ban("gov", "maps")
		d.Emergency = true
		p := first.proposes(d)
		second.leads(second.answers(p.ID, rooms.Sign), approvals.ProposalPath(p.ID)).shows(http.StatusOK, "In force until reviewed", "It lapses on", "A review by a third person")
		third.get("/").shows(http.StatusOK, "Review a ban made in an emergency", "Lapses in 24 hours")
		third.leads(third.answers(p.ID, rooms.Review, "reason", "It is as they say"), approvals.ProposalPath(p.ID)).shows(http.StatusOK, "Reviewed: it stays", "Decided")
	})
}

// TestFilters narrows the list down, and refuses what cannot be narrowed down by.
func TestFilters(t *testing.T) {
	each(t, func(h *house) {
		officer := h.somebody("Ada Holm", people.CentreOfficer, "gov")
		officer.get("/proposals").shows(http.StatusOK, "Nothing has been proposed yet that you may see")
		for _, product := range []string{"maps", "notes"} {
			officer.proposes(request("light", product))
		}
		p := officer.proposes(ban("justice", "maps"))
		officer.leads(officer.answers(p.ID, rooms.TakeBack), approvals.ProposalPath(p.ID)).shows(http.StatusOK, "You have taken it back", "Taken back")
		officer.get("/proposals").shows(http.StatusOK, "Bans Tide Maps", "Allows Tide Maps", "Allows Fog Notes")
		officer.get("/proposals?kind=allow").shows(http.StatusOK, "Allows Tide Maps").lacks("Bans Tide Maps")
		officer.get("/proposals?organisation=justice").shows(http.StatusOK, "Bans Tide Maps").lacks("Allows Tide Maps")
		officer.get("/proposals?state=taken-back").shows(http.StatusOK, "Bans Tide Maps").lacks("Allows Tide Maps")
		officer.get("/proposals?state=refused").shows(http.StatusOK, "Nothing that was proposed is so")
		officer.get("/proposals?state=perhaps").shows(http.StatusUnprocessableEntity)
		h.somebody("Anna Lind", "", "light").get("/proposals").shows(http.StatusOK, "Nothing has been proposed yet that you may see")
		police := h.somebody("Pål Lund", people.SecurityOfficer, "police")
		police.get("/proposals").shows(http.StatusOK).lacks("Tide Maps")
		police.get(approvals.ProposalPath(p.ID)).shows(http.StatusForbidden).lacks("Tide Maps")
		police.get("/exemptions/old-press").shows(http.StatusForbidden).lacks("Parrot")
	})
}

// TestMarkedExemption names a marked exemption to those alone who are assigned to it, and counts it for all.
func TestMarkedExemption(t *testing.T) {
	each(t, func(h *house) {
		grants, signs, other := h.somebody("Farida Marchetti", people.SecurityOfficer, "light"), h.somebody("Eoghan Lund", people.Approver, "light"), h.somebody("Cato Holm", people.SecurityOfficer, "light")
		asks := h.somebody("Ada Holm", people.CentreOfficer, "gov")
		d := exemption("light", "l2", "")
		d.Exemption.Lifts, d.Exemption.Product, d.Marked, d.Audience = nil, "maps", true, []string{grants.id, signs.id}
		p := asks.proposes(d)
		grants.takes(p.ID, rooms.Doing{Act: rooms.Grant, Said: rooms.Said{Reason: "It is needed", Risk: "Small"}})
		p = signs.takes(p.ID, rooms.Doing{Act: rooms.Sign})
		if p.State != rooms.Made {
			t.Fatalf("it is %s", p.State)
		}
		signs.get("/exemptions").shows(http.StatusOK, "Tide Maps on one device")
		signs.get(approvals.ExemptionPath(p.Made)).shows(http.StatusOK, "Tide Maps on one device")
		other.get("/exemptions").shows(http.StatusOK, "more that you may not see").lacks("Tide Maps on one device")
		other.get(approvals.ExemptionPath(p.Made)).shows(http.StatusNotFound).lacks("Tide Maps")
		other.get(approvals.ExemptionPath(p.Made, "end")).shows(http.StatusNotFound)
	})
}

// TestPages shows what does not fit on one page on the next.
func TestPages(t *testing.T) {
	each(t, func(h *house) {
		officer := h.somebody("Ada Holm", people.CentreOfficer, "gov")
		officer.proposes(ban("gov", "maps"))
		h.clock.Advance(1e9) // ids are in order from one millisecond to the next
		for n := range 50 {
			d := request("light", "notes")
			d.Reason = fmt.Sprint("Reason ", n)
			officer.proposes(d)
		}
		first := officer.get("/proposals").shows(http.StatusOK, "Allows Fog Notes").lacks("Bans Tide Maps")
		_, next, found := strings.Cut(first.body, `href="/proposals?after=`)
		if !found {
			t.Fatal("there is no next page")
		}
		next, _, _ = strings.Cut(next, `"`)
		officer.get("/proposals?after="+next).shows(http.StatusOK, "Bans Tide Maps").lacks("Allows Fog Notes")
	})
}
