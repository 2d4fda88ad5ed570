package devices_test

import (
	"html"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	rooms "portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/devices"
)

// TestAddresses holds that no page ignores what its address says: the numbers would be taken for the answer.
func TestAddresses(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		centre := q.guest(people.CentreOfficer, people.Everywhere)
		for path, there := range map[string]string{
			"/devices": "only", "/devices/releases": "show", "/devices/b1/past": "known", "/devices/b1/why?thing=0": "known", "/apps": "kind", "/apps/parrot": "organisation",
			"/suppliers": "q", "/suppliers/maker": "organisation", "/what-if": "supplier", "/what-if?product=parrot": "components",
			"/unlinked": "platform", "/coverage": "organisation", "/breaches": "age", "/triage/dept-a": "show",
		} {
			join := "?"
			if strings.Contains(path, "?") {
				join = "&"
			}
			centre.Get(path+join+"colour=%3Cred%3E").Shows(422, "This page has no filter “colour”. It can be narrowed down by", there)
		}
		for path, want := range map[string]string{
			"/devices?platform=amiga":                 "The filter platform cannot be “amiga”. It can be android, ios",
			"/devices?only=mine":                      "It can be breach, silent",
			"/devices?ownership=theirs":               "corporate, managed-personal, personal",
			"/apps?kind=car":                          "The filter kind cannot be “car”. It can be app, equipment",
			"/apps?kind=app&kind=equipment":           "The filter kind is in the address 2 times: give it once",
			"/unlinked?platform=x":                    "The filter platform cannot be",
			"/breaches?age=ancient":                   "It can be today, week, month, older",
			"/breaches?result=permitted":              "It can be banned",
			"/what-if?product=parrot&platform=amiga":  "The filter platform cannot be",
			"/what-if?product=parrot&effect=allow":    "It can be ban, phase-out",
			"/what-if?product=parrot&components=some": "It can be yes, no",
			"/triage/dept-a?by=colour":                "It can be maker",
			"/devices/releases?show=some":             "It can be all",
			"/apps?" + strings.Repeat("a", 80):        "…”",
		} {
			centre.Get(path).Shows(422, want)
		}
		centre.Get("/devices?platform=&q=&only=&state=&sort=&after=").Shows(200)
		centre.Get("/devices/b1/past?at-day=3&at-month=2&at-year=2026&at-hour=3").Shows(422, "at-hour")
	})
}

var link = regexp.MustCompile(`href="(/[^"]*)"`)

// TestEveryLinkLeads follows every link of these pages, from the places in the navigation on: none leads to what is not
// there, or says what the page that it leads to does not take.
func TestEveryLinkLeads(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		q.told(inventory("a5", "com.tide", "Tide Tables", "Tidal Inc"))
		centre := q.guest(people.CentreOfficer, people.Everywhere)
		own := []string{"devices", "apps", "suppliers", "what-if", "rules", "unlinked", "coverage", "breaches", "triage"}
		queue, seen := []string{"/coverage", "/breaches", "/devices", "/apps", "/apps?q=umber", "/apps?q=zzz&kind=app", "/suppliers?q=zzz&after=x", "/what-if?q=zzz", "/triage"}, map[string]bool{}
		for len(queue) > 0 && len(seen) < 600 {
			at := queue[0]
			queue = queue[1:]
			u, err := url.Parse(at)
			if err != nil {
				t.Fatal(err)
			}
			area, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
			if last := path.Base(u.Path); seen[at] || !slices.Contains(own, area) || last == "lost" || last == "uptake" { // which other areas have
				continue
			}
			seen[at] = true
			p := centre.Get(at)
			if p.Status != 200 && p.Status != 303 {
				t.Errorf("%s: the status is %d: %.3000s", at, p.Status, p.Body)
			}
			for _, found := range link.FindAllStringSubmatch(p.Body, -1) {
				queue = append(queue, html.UnescapeString(found[1]))
			}
		}
		if len(seen) < 80 {
			t.Errorf("only %d pages were reached", len(seen))
		}
	})
}

// TestMakersAmongApps holds that who looks for a maker among apps finds them with all that their own page lists beneath:
// what they make for others, and what companies of theirs do.
func TestMakersAmongApps(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor, centre := q.guest(people.Auditor, people.Everywhere), q.guest(people.CentreOfficer, people.Everywhere)
		list := auditor.Get("/apps?q=umber").Shows(200, "3 products", "Another maker is called so", "Umber Apps Ltd").Has(`href="/suppliers/maker"`).Lacks("Ban all", "Notes")
		if row := list.Row("Umber Group"); !strings.Contains(row, `href="/suppliers/group"`) || !strings.Contains(row, "Maker, 3 products") {
			t.Errorf("the row of the maker: %s", row)
		}
		theirs := list.Body[strings.Index(list.Body, "Maker, 3 products"):]
		own := auditor.Get("/suppliers/group").Body
		for _, product := range []string{"parrot", "kit", "cam"} {
			if link := `href="/apps/` + product + `"`; !strings.Contains(theirs, link) || !strings.Contains(own, link) {
				t.Errorf("%s does not stand beneath its maker, or not on their page", product)
			}
		}
		if row := list.Row("Cam 2"); !strings.Contains(row, "below Umber Group") || !strings.Contains(row, "Other Ltd") {
			t.Errorf("the row of what they make for another: %s", row)
		}
		auditor.Get("/apps?q=umber&kind=equipment").Shows(200, "1 product").Lacks("Parrot")
		two := auditor.Get("/apps?q=ltd").Shows(200, "4 products").Lacks("called so:")
		for _, maker := range []string{"Umber Apps Ltd", "Other Ltd"} {
			if row := two.Row(maker); !strings.Contains(row, "Maker, 2 products") {
				t.Errorf("the row of %s among two: %s", maker, row)
			}
		}
		auditor.Get("/apps?q=other").Shows(200, "Maker, 2 products").Lacks("called so:")
		centre.Get("/apps?q=umber").Has(`href="/proposals/new/ban?supplier=group"`)
		auditor.Get("/apps?q=parrot").Shows(200, "Parrot Chat").Lacks("called so:", "below ")
		auditor.Get("/apps").Shows(200).Lacks("called so:", "below ")
		auditor.Get("/apps?q=umber&after=cam").Shows(200, "Umber Group", "Parrot Chat").Lacks("called so:", "Cam 2")
	})
}

// TestPerhaps holds that a maker's page tells what may be theirs by an identifier of another platform, and the pages of a
// ban whom it would reach, or reaches, for nothing else.
func TestPerhaps(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor := q.guest(people.Auditor, people.Everywhere)
		auditor.Get("/suppliers/maker").Shows(200).Lacks("Perhaps on")
		q.told(rooms.Report{Host: "a9", Organisation: "dept-a", Platform: policy.IOS, Installed: []policy.Installation{{Identifier: "com.parrot", Version: "1"}}})
		both := []policy.Installation{{Identifier: "com.parrot", Version: "1"}, {Identifier: "com.parrot.ios", Version: "1"}}
		q.told(rooms.Report{Host: "a3", Organisation: "unit", Platform: policy.IOS, Installed: both}) // is sure, and counted once
		auditor.Get("/apps/parrot").Shows(200, "4 devices", "Perhaps on", "1 device more")
		auditor.Get("/suppliers/maker").Shows(200, "4 devices", "Perhaps on", "1 device more: something there has an identifier of theirs", "A ban covers that too")
		auditor.Get("/what-if?product=parrot&components=no").Shows(200, "5 devices and pieces of equipment of 6", "Perhaps, of these", "1 device or piece of equipment: nothing there is known to be it")
		auditor.Get("/what-if?product=parrot&components=no&platform=android").Shows(200).Lacks("Perhaps, of these")
		auditor.Get("/rules/ban-b").Shows(200).Lacks("Perhaps, of these")
		q.told(rooms.Report{Host: "b9", Organisation: "dept-b", Platform: policy.IOS, Installed: []policy.Installation{{Identifier: "com.parrot", Version: "1"}}})
		auditor.Get("/rules/ban-b").Shows(200, "Perhaps, of these", "1 device or piece of equipment:")
		q.guest(people.Auditor, "dept-a").Get("/rules/ban-b").Shows(200).Lacks("Perhaps, of these")
	})
}

// TestRemainingRules holds that the page of a rule that has ended tells which rules still hold for what it was about.
func TestRemainingRules(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		centre := q.guest(people.CentreOfficer, people.Everywhere)
		made := func(target policy.Target) string {
			rule := "/rules/" + devices.PathID(q.decided(policy.Rule{Effect: policy.Ban, Target: target, Scope: "gov", Reason: "one more", Clearance: policy.ClearanceNone, Mitigations: []string{"dedicated-device"}}))
			centre.Get(rule).Shows(200, "Dedicated device").Lacks("Rules that still hold")
			return rule
		}
		over := func(rule string) pagetest.Page {
			q.ends(strings.TrimPrefix(rule, "/rules/"), time.Time{}, "over")
			return centre.Get(rule)
		}
		over(made(policy.Target{Product: "parrot"})).Shows(200, "Ended", "Rules that still hold", "Bans everything of Umber Group", "Nothing is affected").
			Has(`href="/rules/ban-b"`).Lacks("No devices and pieces")
		over(made(policy.Target{Supplier: "group"})).Has(`href="/rules/ban-b"`)
		over(made(policy.Target{Product: ".."})).Shows(200, "No other rule holds now")
		over(made(policy.Target{Any: true})).Shows(200, "No other rule holds now")
		centre.Get("/what-if?product=..").Shows(200, "Nothing is affected").Lacks("No devices and pieces")
	})
}

// TestMoveToWhereItIs holds that a device that is moved to where it is stays as it is.
func TestMoveToWhereItIs(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer := q.guest(people.SecurityOfficer, "gov")
		before := officer.Get("/devices/b1/move").Fields().Encode()
		officer.Leads(officer.answer("/devices/b1/move", "organisation", "dept-b"), "/devices/b1?done=there").Shows(200, "It is there already: nothing was changed")
		officer.Leads(officer.answer("/devices/b1/move", "organisation", "dept-b", "from-day", "1", "from-month", "2", "from-year", "2026"), "/devices/b1?done=there")
		if after := officer.Get("/devices/b1/move").Fields().Encode(); after != before {
			t.Errorf("the form was %q and is %q", before, after)
		}
		officer.Leads(officer.answer("/devices/b1/move", "organisation", "dept-a"), "/devices/b1?done=moved")
	})
}

// TestWorldFile holds that pages say of what came with the world what it is, and not the word for it.
func TestWorldFile(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer := q.guest(people.SecurityOfficer, "gov")
		officer.Get("/devices/b1").Shows(200, "A file that was imported").Has("<dd class=\"govuk-summary-list__value\">a file that was imported").Lacks(">world<", "world, an import", "world file", "imported, an import")
		officer.Get("/devices/b1/forget?source=world").Shows(200, "The inventory from a file that was imported no longer counts")
	})
}
