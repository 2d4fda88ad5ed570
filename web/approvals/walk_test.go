package approvals_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
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
		first.Get(at).Shows(http.StatusOK, "Bans Fog Notes", "Ada Holm proposed it", "It sends contacts abroad", "Why nothing narrower would do", "2 of 3", "Waits for a second signature", "Take it back", "You have proposed this yourself").Lacks("Sign it")
		first.Get(at+"/sign").Shows(http.StatusConflict, "You have proposed this yourself")
		first.Get("/").Shows(http.StatusOK, "Nothing waits")
		h.Clock.Advance(3 * 3600e9)
		second.Get("/").Shows(http.StatusOK, "Sign as the second person", "Bans Fog Notes", "Waiting for 3 hours")
		second.Get("/proposals?show=waiting").Shows(http.StatusOK, "Bans Fog Notes", "second signature")
		second.Get(at+"/sign").Shows(http.StatusOK, "2 of 3", "Write the number")
		second.answers(p.ID, rooms.Sign).Shows(http.StatusUnprocessableEntity, "Error: ", "This reaches 2 of the 3")
		second.answers(p.ID, rooms.Sign, "affirmed", "two").Shows(http.StatusUnprocessableEntity, "in digits")
		if got := h.verdict("l2", "com.notes"); got != "allowed" {
			t.Errorf("before it is signed: %s", got)
		}
		done := second.Leads(second.answers(p.ID, rooms.Sign, "affirmed", "2", "reason", "I have seen the report"), at)
		done.Shows(http.StatusOK, "You have signed it", "Decided", "I have seen the report", "It reached 2 of 3 devices", "See the rule and what it does", "Since 2\u00a0March\u00a02026").Lacks("What is still needed", "When it is decided", "when it is decided")
		if got := h.verdict("l2", "com.notes"); got != "banned" {
			t.Errorf("signed: %s", got)
		}
		second.Get(at+"/sign").Shows(http.StatusConflict, "Nothing waits here any more")
	})
}

// TestExemptionWalk takes an exemption to the office that clears it, with a condition, and to its early end.
func TestExemptionWalk(t *testing.T) {
	each(t, func(h *house) {
		anna, grants, signs := h.somebody("Anna Lind", "", "light"), h.somebody("Farida Marchetti", people.SecurityOfficer, "light"), h.somebody("Eoghan Lund", people.Approver, "light")
		office, fits := h.somebody("Hana Office", people.ClearingOffice, "gov"), h.somebody("Jun Holm", people.DeviceAdministrator, "light")
		p := anna.proposes(exemption("light", "l1", anna.ID))
		at := approvals.ProposalPath(p.ID)
		anna.Get(at).Shows(http.StatusOK, "Asks to exempt Parrot Chat on one device", "Waits for a decision", "Dedicated device")
		grants.answers(p.ID, rooms.Grant, "reason", "It is her work").Shows(http.StatusUnprocessableEntity, "Say what the risk is", "It is her work")
		grants.Leads(grants.answers(p.ID, rooms.Grant, "reason", "It is her work", "risk", "Small, on a device of its own"), at).Shows(http.StatusOK, "You have granted it", "The risk: Small")
		grants.Get(at).Shows(http.StatusOK, "You have taken a step in this already")
		signs.Get(at+"/sign").Shows(http.StatusOK, "It holds once what is missing besides is there: a clearance, and word that all it demands is in place.")
		signs.Leads(signs.answers(p.ID, rooms.Sign), at).Shows(http.StatusOK, "You have signed it")
		office.Get("/").Shows(http.StatusOK, "Clear an exemption, or say no", at+"/clear")
		office.Get(at+"/clear").Shows(http.StatusOK, "May Parrot Chat be used on one device", "It sends what is typed to servers abroad", "Anna Lind, on one device", "Small, on a device of its own. (Farida Marchetti)", "Farida Marchetti, Eoghan Lund", "2\u00a0June\u00a02026", "Yes, with conditions", "In whose name?").Lacks("exemption")
		grants.Get(at).Has(`href="/apps/parrot"`).Has(`href="/devices/l1"`).Has(`href="/rules/ban-parrot"`)
		for _, reader := range []visitor{office, anna} { // who see no such pages: nothing leads there
			reader.Get(at).Shows(http.StatusOK, "Parrot Chat", "Bans").HasNo(`href="/apps/`).HasNo(`href="/devices/`).HasNo(`href="/rules/`)
		}
		office.Get(at+"/brief").Shows(http.StatusOK, "The answer", "For the decision of this office: Minister")
		office.answers(p.ID, rooms.Clear).Shows(http.StatusUnprocessableEntity, "Choose one of the three")
		office.answers(p.ID, rooms.Clear, "answer", "if", "minister", "The Minister").Shows(http.StatusUnprocessableEntity, "Write the conditions")
		office.answers(p.ID, rooms.Clear, "answer", "yes").Shows(http.StatusUnprocessableEntity, "Say in whose name")
		cleared := office.Leads(office.answers(p.ID, rooms.Clear, "answer", "if", "conditions", "Not abroad", "minister", "The Minister of State", "reference", "PO/26/1"), at)
		cleared.Shows(http.StatusOK, "Your clearance is recorded", "On condition: Not abroad", "In the name of The Minister of State", "File: PO/26/1")
		if got := h.verdict("l1", "com.parrot"); got != "banned" {
			t.Errorf("before all is in place: %s", got)
		}
		fits.Get(at+"/confirm").Shows(http.StatusOK, "Not abroad")
		made := fits.Leads(fits.answers(p.ID, rooms.Confirm, "reason", "It is set up, I have seen it"), at).Shows(http.StatusOK, "Recorded: what it demands is in place", "See the exemption")
		if got := h.verdict("l1", "com.parrot"); got != "exempt" {
			t.Errorf("made: %s", got)
		}
		is := made.Body[strings.Index(made.Body, `href="/exemptions/`)+len(`href="`):]
		is = is[:strings.Index(is, `"`)]
		grants.Get("/exemptions").Shows(http.StatusOK, "Parrot Chat on one device", "1 more that you may not see")
		grants.Get(is).Shows(http.StatusOK, "In force", "PO/26/1", "It was proposed on", "Ask for it again", "Added").Has(`href="` + is + `/uptake"`)
		thing := regexp.MustCompile(`href="(/devices/l1/why[^"]*)"[^>]*>Why<span[^>]*> this is said of Parrot`).FindStringSubmatch(grants.Get("/devices/l1").Body)
		if len(thing) == 0 {
			t.Fatal("the device leads to no reasons for what is exempt")
		}
		grants.Get(html.UnescapeString(thing[1])).Shows(http.StatusOK, "lifts that until").Has(`href="`+is+`"`, `href="/rules/ban-parrot"`, `href="/apps/parrot"`)
		office.Get(is).Shows(http.StatusOK, "In force").HasNo(is + "/uptake").HasNo(`href="/devices/`).HasNo(`href="/rules/`)
		anna.Get(at).Shows(http.StatusOK, "Exempts Parrot Chat").Lacks("See the exemption")
		grants.Get(is+"/end").Shows(http.StatusOK, "End this exemption early?")
		grants.Post(is+"/end").Shows(http.StatusUnprocessableEntity, "Say why the exemption ends")
		h.Clock.Advance(3600e9)
		grants.Leads(grants.Post(is+"/end", "reason", "The work is done"), is).Shows(http.StatusOK, "The exemption has ended", "Ended", "The work is done").Lacks("End it early")
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
		p := anna.proposes(exemption("light", "l1", anna.ID))
		grants.takes(p.ID, rooms.Doing{Act: rooms.Grant, Said: rooms.Said{Reason: "It is her work", Risk: "Small"}})
		signs.takes(p.ID, rooms.Doing{Act: rooms.Sign})
		office.answers(p.ID, rooms.Clear, "answer", "no").Shows(http.StatusUnprocessableEntity, "Say why")
		office.Leads(office.answers(p.ID, rooms.Clear, "answer", "no", "reason", "Read it in the library"), approvals.ProposalPath(p.ID)).Shows(http.StatusOK, "Refused", "Read it in the library")
		anna.Get(approvals.ProposalPath(p.ID)).Shows(http.StatusOK, "Read it in the library", "Ask again, with new facts")
	})
}

// TestRequestWalk takes a request for an app to its decision, with advice from the centre.
func TestRequestWalk(t *testing.T) {
	each(t, func(h *house) {
		anna, reviewer, centre := h.somebody("Anna Lind", "", "light"), h.somebody("Grzegorz Lund", people.Reviewer, "light"), h.somebody("Ada Holm", people.CentreOfficer, "gov")
		p := anna.proposes(request("light", "maps"))
		at := approvals.ProposalPath(p.ID)
		reviewer.Get(at).Shows(http.StatusOK, "Asks for Tide Maps", "Allow it", "Ask the centre", "Refuse it")
		reviewer.Leads(reviewer.answers(p.ID, rooms.Consult, "reason", "Do others allow it?"), at).Shows(http.StatusOK, "The centre has been asked")
		centre.Get("/").Shows(http.StatusOK, "Asks for Tide Maps")
		centre.Leads(centre.answers(p.ID, rooms.Answer, "reason", "Three bodies do"), at).Shows(http.StatusOK, "Your answer is recorded")
		stale := reviewer.Post(at+"/grant", "version", "1", "reason", "Useful", "risk", "It knows where one is", "min_version", "4.2").Shows(http.StatusUnprocessableEntity, "Somebody has taken a step in this", "Three bodies do", "It knows where one is", "4.2")
		if got := stale.Fields().Get("version"); got != "3" {
			t.Errorf("the page that was stale is now of version %v", got)
		}
		reviewer.answers(p.ID, rooms.Grant, "reason", "Useful", "risk", "Small", "until-day", "31", "until-month", "2", "until-year", "2027").Shows(http.StatusUnprocessableEntity, "Give a day that exists")
		reviewer.Leads(reviewer.answers(p.ID, rooms.Grant, "reason", "Useful", "risk", "It knows where one is", "criteria", "Maker, permissions", "min_version", "4.2", "platforms", "android", "until-day", "1", "until-month", "9", "until-year", "2026"), at).
			Shows(http.StatusOK, "You have granted it", "from version 4.2", "on Android", "1\u00a0September\u00a02026", "By these criteria: Maker, permissions", "See the rule")
		anna.Get("/proposals?show=mine").Shows(http.StatusOK, "Allows Tide Maps", "Decided")
		reviewer.Get("/proposals?show=mine").Shows(http.StatusOK).Lacks("Allows Tide Maps", "Asks for Tide Maps")
	})
}

// TestMarked shows a marked proposal to those alone who are assigned to it, and its restricted reason to those alone
// whom it names.
func TestMarked(t *testing.T) {
	each(t, func(h *house) {
		first, second, third := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov"), h.somebody("Cato Holm", people.Auditor, "gov")
		d := ban("gov", "maps")
		d.Marked, d.Audience, d.Restricted = true, []string{second.ID}, &rooms.Restricted{Reason: "A source says so", Assessment: "Likely"}
		p := first.proposes(d)
		third.Get(approvals.ProposalPath(p.ID)).Shows(http.StatusNotFound).Lacks("Tide Maps")
		third.Get("/proposals").Shows(http.StatusOK, "1 more that is for those assigned to it").Lacks("Tide Maps")
		second.Get(approvals.ProposalPath(p.ID)).Shows(http.StatusOK, "For those assigned to it", "Only these may read this: Bjørn Lund, whoever opened it, and those who decide.", "A source says so", "Likely")
		d.Marked, d.Rule.Target.Product = false, "notes"
		open := first.proposes(d)
		third.Get(approvals.ProposalPath(open.ID)).Shows(http.StatusOK, "Bans Fog Notes", "Whom it reaches now").Lacks("A source says so", "Likely")
		first.Leads(first.answers(open.ID, rooms.TakeBack), approvals.ProposalPath(open.ID)).Shows(http.StatusOK, "Whom it would reach now").Lacks("Whom it reaches now")
	})
}

// TestProcess shows who decides in a body, and a change of that beside it.
func TestProcess(t *testing.T) {
	each(t, func(h *house) {
		officer := h.somebody("Ada Holm", people.CentreOfficer, "gov")
		officer.Get("/process/light").Shows(http.StatusOK, "Who decides", "Nobody has set this", "Proposed by one person and signed by another", "For 366 days at most", "Propose a change")
		process := rooms.Default()
		process.Exemption.LongestDays, process.Allow.Recommend, process.Offices = 90, []people.Role{people.Reviewer}, map[string]string{"minister": "light"}
		p := officer.proposes(rooms.Draft{Kind: rooms.Change, Organisation: "light", Reason: "Shorter is safer", Content: rooms.Content{Process: &process}})
		officer.Get(approvals.ProposalPath(p.ID)).Shows(http.StatusOK, "Says who decides in Department of Light", "For 366 days at most", "For 90 days at most", "Recommended by a reviewer", "Clearance: Minister").Lacks("Watching for a while</th>")
		h.Clock.Advance(48 * 3600e9)
		second := h.somebody("Bjørn Lund", people.CentreOfficer, "gov")
		second.Leads(second.answers(p.ID, rooms.Sign), approvals.ProposalPath(p.ID)).Shows(http.StatusOK, "See who decides now")
		officer = h.somebody("Cato Holm", people.CentreOfficer, "gov")
		officer.Get("/process/light").Shows(http.StatusOK, "This body has set it itself", "For 90 days at most")
		officer.Get("/process/pilots").Shows(http.StatusOK, "It is set by", "For 90 days at most")
		officer.Get("/process/light?at-day=3&at-month=3&at-year=2026").Shows(http.StatusOK, "Who decided on 3\u00a0March\u00a02026", "Nobody has set this", "For 366 days at most")
		officer.Get("/process/nowhere").Shows(http.StatusForbidden)
	})
}

// TestEmergency has a third person let a ban that was made in an emergency stay.
func TestEmergency(t *testing.T) {
	each(t, func(h *house) {
		first, second, third := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov"), h.somebody("Cato Holm", people.Approver, "gov")
		d := ban("gov", "maps")
		d.Emergency = true
		p := first.proposes(d)
		second.Leads(second.answers(p.ID, rooms.Sign), approvals.ProposalPath(p.ID)).Shows(http.StatusOK, "In force until reviewed", "It lapses on", "A review by a third person", "2\u00a0March\u00a02026 to 3\u00a0March\u00a02026").Lacks("At once, for a day")
		third.Get("/").Shows(http.StatusOK, "Review a ban made in an emergency", "Lapses in 24 hours")
		third.Leads(third.answers(p.ID, rooms.Review, "reason", "It is as they say"), approvals.ProposalPath(p.ID)).Shows(http.StatusOK, "Reviewed: it stays", "Decided", "Since 2\u00a0March\u00a02026").Lacks("At once, for a day")
	})
}

// TestFilters narrows the list down, and refuses what cannot be narrowed down by.
func TestFilters(t *testing.T) {
	each(t, func(h *house) {
		officer := h.somebody("Ada Holm", people.CentreOfficer, "gov")
		officer.Get("/proposals").Shows(http.StatusOK, "Nothing has been proposed yet that you may see")
		for _, product := range []string{"maps", "notes"} {
			officer.proposes(request("light", product))
		}
		p := officer.proposes(ban("justice", "maps"))
		officer.Leads(officer.answers(p.ID, rooms.TakeBack), approvals.ProposalPath(p.ID)).Shows(http.StatusOK, "You have taken it back", "Taken back")
		officer.Get("/proposals").Shows(http.StatusOK, "Bans Tide Maps", "Asks for Tide Maps", "Asks for Fog Notes")
		officer.Get("/proposals?kind=allow").Shows(http.StatusOK, "Asks for Tide Maps").Lacks("Bans Tide Maps")
		officer.Get("/proposals?organisation=justice").Shows(http.StatusOK, "Bans Tide Maps").Lacks("Asks for Tide Maps")
		officer.Get("/proposals?state=taken-back").Shows(http.StatusOK, "Bans Tide Maps").Lacks("Asks for Tide Maps")
		officer.Get("/proposals?state=refused").Shows(http.StatusOK, "Nothing that was proposed is so")
		officer.Get("/proposals?state=perhaps").Shows(http.StatusUnprocessableEntity)
		h.somebody("Anna Lind", "", "light").Get("/proposals").Shows(http.StatusOK, "Nothing has been proposed yet that you may see")
		police := h.somebody("Pål Lund", people.SecurityOfficer, "police")
		police.Get("/proposals").Shows(http.StatusOK).Lacks("Tide Maps")
		police.Get(approvals.ProposalPath(p.ID)).Shows(http.StatusForbidden).Lacks("Tide Maps")
		police.Get("/exemptions/old-press").Shows(http.StatusForbidden).Lacks("Parrot")
	})
}

// TestMarkedExemption names a marked exemption to those alone who are assigned to it, and counts it for all.
func TestMarkedExemption(t *testing.T) {
	each(t, func(h *house) {
		grants, signs, other := h.somebody("Farida Marchetti", people.SecurityOfficer, "light"), h.somebody("Eoghan Lund", people.Approver, "light"), h.somebody("Cato Holm", people.SecurityOfficer, "light")
		asks := h.somebody("Ada Holm", people.CentreOfficer, "gov")
		d := exemption("light", "l1", "")
		d.Exemption.Lifts, d.Exemption.Product, d.Marked, d.Audience = nil, "parrot", true, []string{grants.ID, signs.ID}
		p := asks.proposes(d)
		grants.takes(p.ID, rooms.Doing{Act: rooms.Grant, Said: rooms.Said{Reason: "It is needed", Risk: "Small"}})
		p = signs.takes(p.ID, rooms.Doing{Act: rooms.Sign})
		if p.State != rooms.Made {
			t.Fatalf("it is %s", p.State)
		}
		signs.Get("/exemptions").Shows(http.StatusOK, "Parrot Chat on one device")
		signs.Get(approvals.ExemptionPath(p.Made)).Shows(http.StatusOK, "Parrot Chat on one device")
		other.Get("/exemptions").Shows(http.StatusOK, "more that you may not see").Lacks("Parrot Chat on one device")
		other.Get(approvals.ExemptionPath(p.Made)).Shows(http.StatusNotFound).Lacks("Parrot Chat")
		other.Get("/devices/l1").Shows(http.StatusOK, "It is marked: only those who are assigned to it know more").Has(`href="/rules/ban-parrot"`).HasNo(p.Made)
		other.Get(approvals.ExemptionPath(p.Made, "end")).Shows(http.StatusNotFound)
	})
}

// TestPages shows what does not fit on one page on the next.
func TestPages(t *testing.T) {
	each(t, func(h *house) {
		officer := h.somebody("Ada Holm", people.CentreOfficer, "gov")
		officer.proposes(ban("gov", "maps"))
		h.Clock.Advance(1e9) // ids are in order from one millisecond to the next
		for n := range 50 {
			d := request("light", "notes")
			d.Reason = fmt.Sprint("Reason ", n)
			officer.proposes(d)
		}
		first := officer.Get("/proposals").Shows(http.StatusOK, "Asks for Fog Notes").Lacks("Bans Tide Maps")
		_, next, found := strings.Cut(first.Body, `href="/proposals?after=`)
		if !found {
			t.Fatal("there is no next page")
		}
		next, _, _ = strings.Cut(next, `"`)
		officer.Get("/proposals?after="+next).Shows(http.StatusOK, "Bans Tide Maps").Lacks("Asks for Fog Notes")
	})
}

var nextPage = regexp.MustCompile(`href="(/proposals\?[^"]*after=[^"]*)"[^>]*rel="next"`)

// TestManyWait: where hundreds of things wait for somebody, the first page shows the oldest, and says how many more there may
// be; the list has all in pages.
func TestManyWait(t *testing.T) {
	each(t, func(h *house) {
		first, second := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov")
		propose := func(n int) {
			until := h.Clock.Now().AddDate(0, 1, n)
			_, err := h.room.Propose(h.T.Context(), first.Actor(), rooms.Draft{Kind: rooms.Monitor, Organisation: "gov", Reason: "To see",
				Content: rooms.Content{Monitor: &people.Monitor{Period: people.Period{Until: people.TimeOf(until)}}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		for n := range 7 {
			propose(n)
		}
		second.Get("/").Shows(http.StatusOK, "See all 7").Lacks("more wait for you")
		for n := range 198 {
			propose(n + 7)
		}
		second.Get("/").Shows(http.StatusOK, "These are the oldest. Up to 105 more wait for you", "See what waits for you").Lacks("See all")
		for _, address := range []string{"/proposals?show=waiting", "/proposals?show=waiting&kind=monitor"} {
			rows, pages, next := 0, 0, address
			for ; next != "" && pages < 10; pages++ {
				answer := second.Get(next).Shows(http.StatusOK)
				rows += strings.Count(answer.Body, "<tr") - 1
				next = ""
				if m := nextPage.FindStringSubmatch(answer.Body); m != nil {
					next = html.UnescapeString(m[1])
				}
			}
			if rows != 205 || pages != 5 {
				t.Errorf("%s: %d rows on %d pages", address, rows, pages)
			}
		}
		second.Get("/proposals?show=waiting&organisation=police").Shows(http.StatusOK, "Nothing waits for you")
	})
}
