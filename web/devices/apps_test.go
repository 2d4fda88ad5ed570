package devices_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	rooms "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/devices"
)

// coast is a world in which a company stands behind apps, behind code in apps of others, and behind cameras.
const coast = `
organisations:
  - {id: gov, name: Government}
  - {id: dept-a, name: Harbour Office, parent: gov}
  - {id: unit, name: Tug Unit, parent: dept-a}
  - {id: dept-b, name: Department of Light, parent: gov, list: own}
sites: [{id: s1, organisation: dept-b, class: sensitive}]
suppliers:
  - {id: group, name: Umber Group}
  - {id: maker, name: Umber Apps Ltd, owned_by: [{supplier: group, from: 2020-01-01}]}
  - {id: other, name: Other Ltd}
products:
  - {id: parrot, kind: app, name: Parrot Chat, aliases: [Canary], supplier: maker, identifiers: {android: [{id: com.parrot, signers: ["ab12"]}], ios: [com.parrot.ios]}}
  - {id: kit, kind: app, name: Wing Kit, supplier: maker}
  - {id: notes, kind: app, name: "Notes <b>", supplier: other, identifiers: {android: [com.notes]}, contains: [{product: kit, until: "3"}]}
  - {id: cam, kind: equipment, name: Cam 2, supplier: other, made_by: [{supplier: group}]}
  - {id: "..", kind: app, name: Dots}
rules:
  - {id: ban-b, effect: ban, target: {supplier: group}, components: true, clearance: minister, scope: dept-b, from: 2026-01-01, reason: "it listens"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, reason: "for work"}
exemptions:
  - {id: ex-b, lifts: [ban-b], product: parrot, scope: dept-b, subject: {group: press}, from: 2026-01-01, until: 2026-07-01, purpose: "press office", clearance: {office: minister, by: "Minister", at: 2026-01-01}}
hosts:
  - {id: a1, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.parrot, version: "1"}, {identifier: com.notes, version: "2"}]}
  - {id: a2, kind: device, organisation: unit, platform: android, installed: [{identifier: com.parrot, version: "2"}, {identifier: com.never, version: "1"}]}
  - {id: a3, kind: device, organisation: unit, platform: ios, installed: [{identifier: com.parrot.ios, version: "2"}]}
  - {id: b1, kind: device, organisation: dept-b, platform: android, installed: [{identifier: com.parrot, version: "2"}, {identifier: com.notes, version: "2"}]}
  - {id: b2, kind: equipment, organisation: dept-b, site: s1, installed: [{product: cam}]}
`

func TestAppPages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor, officer := q.guest(people.Auditor, people.Everywhere), q.guest(people.SecurityOfficer, "dept-a")
		list := auditor.get("/apps").shows(200, "Parrot Chat", "Notes <b>", "Cam 2")
		if row := list.row("Parrot Chat"); !strings.Contains(row, ">4<") || !strings.Contains(row, "Umber Apps Ltd") {
			t.Errorf("the row of an app: %s", row)
		}
		if row := officer.get("/apps?q=canary").shows(200, "Canary").lacks("Notes").row("Parrot Chat"); !strings.Contains(row, ">3<") {
			t.Errorf("the row for an officer of one body: %s", row)
		}
		auditor.get("/apps?q=zzz").shows(200, "No product is called so", "/unlinked?q=zzz")
		auditor.get("/apps?kind=equipment").shows(200, "Cam 2").lacks("Parrot")
		officer.get("/apps?organisation=dept-b").shows(403)

		one := auditor.get("/apps/parrot").shows(200, "Parrot Chat", "4 devices", "Canary", "Harbour Office", "Department of Light", "Banned", "Umber Group",
			"Parrot Chat → Umber Apps Ltd → Umber Group", "Umber Apps Ltd is owned by Umber Group", "Since 1\u00a0January\u00a02020", "ex-b", "press office", "com.parrot.ios", "ab12", "The command line",
			"/what-if?product=parrot")
		one.shows(200, "Nothing is known of what it contains", "Nothing that is known contains it")
		officer.get("/apps/parrot").shows(200, "3 devices", "1 exemption more is not shown to you").lacks("ex-b")
		auditor.get("/apps/parrot?organisation=unit").shows(200, "2 devices").lacks(">Harbour Office</th>")
		auditor.get("/apps/notes").shows(200, "Notes <b>", "Wing Kit", "Before 3", "Notes <b> → Wing Kit → Umber Apps Ltd → Umber Group")
		auditor.get("/apps/kit").shows(200, "It is installed nowhere", "Notes <b>", "Inside something else on")
		auditor.get("/apps/cam").shows(200, "1 piece of equipment", "Cam 2 is made by Umber Group")
		auditor.get(devices.AppPath("..")).shows(200, "Dots", "Not known")
		auditor.get("/apps/none").shows(404, "There is no product none")
	})
}

func TestSupplierPages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor := q.guest(people.Auditor, people.Everywhere)
		if row := auditor.get("/suppliers?q=umber").shows(200, "Umber Group").lacks("Other Ltd").row("Umber Apps Ltd"); !strings.Contains(row, "Umber Group") || !strings.Contains(row, ">2<") {
			t.Errorf("the row of a maker: %s", row)
		}
		auditor.get("/suppliers?q=zzz").shows(200, "No company is called so")
		auditor.get("/suppliers/group").shows(200, "Umber Group", "4 devices and 1 piece of equipment", "Parrot Chat", "Cam 2", "Notes <b>", "Umber Apps Ltd is owned by Umber Group", "it listens", "/what-if?supplier=group")
		auditor.get("/suppliers/maker").shows(200, "Umber Apps Ltd → Umber Group", "No equipment of theirs is known")
		auditor.get("/suppliers/other?organisation=dept-a").shows(200, "No rule names them")
		auditor.get("/suppliers/none").shows(404)
	})
}

func TestWhatIfPages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor, officer, centre := q.guest(people.Auditor, people.Everywhere), q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.CentreOfficer, people.Everywhere)
		auditor.get("/what-if").shows(200, "App, equipment or company")
		auditor.get("/what-if?q=umber").shows(200, "Everything of Umber Group", "/what-if?supplier=group", "Parrot Chat")
		auditor.get("/what-if?q=zzz").shows(200, "Nothing here is called so")
		all := auditor.get("/what-if?supplier=group").shows(200, "Bans everything of Umber Group, and whatever contains it, for Government and all below", "5 devices and pieces of equipment of 5, in 3 bodies",
			"2 of 5", "Without what contains it", "In Harbour Office and all below", "On iOS", "ex-b").lacks("Propose this ban")
		if row := all.row("In Harbour Office and all below"); !strings.Contains(row, "scope=dept-a") || strings.Count(row, ">3<") != 1 || strings.Count(row, ">1<") != 1 {
			t.Errorf("a narrower rule: %s", row)
		}
		auditor.get("/what-if?supplier=group&effect=phase-out&components=no&scope=dept-b&platform=android&kind=app").shows(200, "What if this were phased out?",
			"Phases out everything of Umber Group, of apps alone, on Android, for Department of Light", "1 of 2")
		officer.get("/what-if?product=parrot").shows(200, "for Harbour Office and all below", "3 of 3", "Propose this ban").lacks("Department of Light")
		officer.get("/what-if?product=parrot&scope=gov").shows(403)
		auditor.get("/what-if?product=none").shows(422, "There is no product none")

		centre.get("/what-if?product=parrot&components=no").has(`href="/proposals/new/ban?components=no&amp;effect=ban&amp;product=parrot&amp;scope=gov"`)
		centre.get("/what-if?product=parrot&effect=phase-out").shows(200, "Propose this phase-out")
		for _, gone := range []string{"/what-if/make?product=parrot", "/rules/allow-notes/end"} {
			centre.get(gone).shows(404)
		}
	})
}

func TestRulePages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor, officer, centre := q.guest(people.Auditor, people.Everywhere), q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.CentreOfficer, people.Everywhere)
		ban := q.decided(policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "It listens, too", Clearance: "minister", Mitigations: []string{"one", "two"}})
		centre.get("/rules/"+ban).shows(200, "In force", "It listens, too", "one, two", "4 devices and pieces of equipment", "/breaches?rule=ban-parrot", "Propose that it end").has(`href="/proposals/new/withdrawal?rule=ban-parrot"`)
		officer.get("/rules/"+ban).shows(200, "3 devices and pieces of equipment", "Propose the same for your own body").lacks("Propose that it end", "Department of Light")
		auditor.get("/rules/" + ban).shows(200).lacks("Propose")
		auditor.get("/apps/parrot").shows(200, "Bans Parrot Chat", "Ask for an exemption").lacks("Propose who makes it")
		centre.get("/apps/parrot").shows(200, "Propose who makes it")
		centre.get("/suppliers/maker").shows(200, "Propose another owner").has(`href="/proposals/new/supplier/maker"`)
		officer.get("/suppliers/maker").shows(200).lacks("Propose another owner")
		q.ends(ban, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), "It has been mended")
		centre.get("/rules/"+ban).shows(200, "It ends on 1\u00a0June\u00a02026", "It has been mended", "4 devices and pieces of equipment")
		centre.get("/rules/allow-notes").shows(200, "Allows Notes <b>", "for work")
		centre.get("/rules/none").shows(404)
		phase := q.decided(policy.Rule{Effect: policy.PhaseOut, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "old", Clearance: "speaker", Period: policy.Period{}, Deadline: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)})
		centre.get("/rules/"+phase).shows(200, "Phases out Parrot Chat", "1\u00a0September\u00a02026", "Speaker")
	})
}

// TestAskAbout holds what a device's page offers to ask for: an exemption from a ban, an app that is not on the list, and
// nothing to who may not ask there.
func TestAskAbout(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		q.decided(policy.Rule{ID: "ban-1", Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "It listens", Clearance: policy.ClearanceNone})
		officer, auditor := q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.Auditor, people.Everywhere)
		q.told(inventory("a8", "com.parrot", "Parrot", ""), inventory("a9", "com.tide", "Tide Tables", "Tidal Inc"))
		officer.get("/devices/a8").has(`href="/proposals/new/exemption?host=a8&amp;product=parrot&amp;rule=ban-1"`)
		officer.get("/devices/a9").has(`href="/proposals/new/app?identifier=com.tide&amp;name=Tide&#43;Tables&amp;platform=android&amp;scope=dept-a"`)
		auditor.get("/devices/a8").shows(200).lacks("Ask for")
		officer.get("/devices/a8/past").shows(200).lacks("Ask for")
	})
}

func TestUnlinkedPages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		q.told(inventory("a5", "com.parrot.lite", "Canary", "Umber Apps"), inventory("a6", "com.tide", "Tide Tables", "Tidal Inc"), inventory("a7", "com.reef", "Reef", ""))
		reviewer, own := q.guest(people.Reviewer, people.Everywhere), q.guest(people.Reviewer, "dept-a")
		list := reviewer.get("/unlinked").shows(200, "com.parrot.lite", "Canary", "Umber Apps", "the maker agrees", "4 identifiers", "Say\u00a0what\u00a0it\u00a0is", "Nobody has said its name")
		if row := list.row("com.parrot.lite"); !strings.Contains(row, `value="parrot"`) {
			t.Errorf("the row: %s", row)
		}
		own.get("/unlinked").shows(200, "com.parrot.lite", "Parrot Chat").lacks("Say\u00a0what\u00a0it\u00a0is", "<form method=\"post\" action=\"/unlinked")
		own.get("/unlinked/link?platform=android&identifier=com.tide").shows(403, "not say which product one is").lacks("<form method=\"post\" action=\"/unlinked")
		own.post("/unlinked/link", "platform", "android", "identifier", "com.tide", "product", "parrot").shows(403)
		reviewer.leads(reviewer.post("/unlinked/link", "platform", "android", "identifier", "com.parrot.lite", "product", "parrot"), "/unlinked?done=linked").shows(200, "It has been linked", "3 identifiers").lacks("com.parrot.lite")
		reviewer.get("/apps/parrot").shows(200, "5 devices", "Linked com.parrot.lite on Android", "Holder of Reviewer")
		reviewer.post("/unlinked/link", "platform", "android", "identifier", "com.parrot.lite", "product", "notes").shows(404, "has been linked meanwhile")

		link := "/unlinked/link?" + url.Values{"platform": {"android"}, "identifier": {"com.tide"}}.Encode()
		reviewer.get(link).shows(200, "Tide Tables", "Tidal Inc", "Harbour Office", "A product that is not there yet")
		reviewer.get(link+"&q=note").shows(200, "By Other Ltd")
		reviewer.post(link).shows(422, "Say which product it is")
		reviewer.post(link, "product", "none").shows(422, "There is no product none")
		reviewer.post(link, "product", "\u0001new", "name", "Tide Tables", "maker", "Tidal").shows(422, "No company is called so")
		reviewer.post(link, "product", "\u0001new", "name", "Tide Tables", "maker", "Umber").shows(422, "There are Umber Apps Ltd, Umber Group")
		reviewer.leads(reviewer.post(link, "product", "\u0001new", "name", "Tide Tables", "maker", "Tidal", "add-maker", "yes"), "/unlinked?done=linked").lacks("com.tide")
		reviewer.get("/apps/tide-tables").shows(200, "Tide Tables", "Tidal", "1 device")
		reviewer.get("/unlinked/link?platform=android&identifier=com.none").shows(404)
		reviewer.get("/unlinked/link?platform=x&identifier=com.none").shows(404)
		reviewer.get("/unlinked?q=zzz").shows(200, "No identifier fits")
	})
}

func TestTriagePages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		q.told(inventory("a5", "com.tide", "Tide Tables", "Tidal Inc"), inventory("a6", "com.reef", "Reef", "Tidal Inc"))
		centre, approver, auditor := q.guest(people.CentreOfficer, people.Everywhere), q.guest(people.Approver, "dept-a"), q.guest(people.Auditor, "dept-a")
		centre.get("/triage").shows(200, "Harbour Office", "/triage/dept-a", "Department of Light")
		approver.get("/triage").shows(200, "Harbour Office").lacks("Department of Light")
		approver.get("/triage/dept-b").shows(403)
		list := centre.get("/triage/dept-a").shows(200, "4 apps to decide about", "of 1 body below that follow its list", "Tide Tables", "By its own word Tidal Inc", "Review date: 30\u00a0May\u00a02026")
		if row := list.row("Parrot Chat"); !strings.Contains(row, `value="product parrot"`) || !strings.Contains(row, ">3<") || !strings.Contains(row, "Android, iOS") {
			t.Errorf("the row of an app: %s", row)
		}
		if row := approver.get("/triage/dept-a").shows(200).row("Tide Tables"); strings.Contains(row, "checkbox") || !strings.Contains(row, "no product’s yet") {
			t.Errorf("what an approver cannot decide: %s", row)
		}
		auditor.get("/triage/dept-a").shows(200, "Parrot Chat").lacks("Decide about everything", "checkbox")
		auditor.post("/triage/dept-a", "app", "product parrot", "decision", "allow").shows(403)
		if row := centre.get("/triage/dept-a?by=maker").shows(200).row("Tidal Inc (by its own word)"); !strings.Contains(row, ">2<") || !strings.Contains(row, "maker=publisher&#43;Tidal&#43;Inc") {
			t.Errorf("the row of a maker: %s", row)
		}
		centre.get("/triage/dept-a?maker=publisher+Tidal+Inc").shows(200, "Of Tidal Inc (by its own word) alone", "Reef").lacks("Parrot")

		centre.post("/triage/dept-a", "app", "product parrot").shows(422, "Say what you decide").has(`value="product parrot" checked`)
		centre.post("/triage/dept-a", "decision", "allow").shows(422, "Tick at least one app")
		centre.leads(centre.post("/triage/dept-a", "app", "product parrot", "decision", "allow", "reason", "for work"), "/triage/dept-a?allowed=1&done=decided").
			shows(200, "1 allowed", "3 apps to decide about").lacks("Parrot Chat")
		centre.get("/rules/allow-parrot").shows(200, "Allows Parrot Chat", "for work", "Harbour Office")
		centre.leads(centre.post("/triage/dept-a?by=maker", "maker", "publisher Tidal Inc", "decision", "allow-until"), "/triage/dept-a?by=maker&done=decided&until=2").shows(200, "2 allowed for 90 days")
		centre.get("/rules/allow-reef").shows(200, "30\u00a0May\u00a02026")
		centre.leads(centre.post("/triage/dept-a", "all", "yes", "shown-app", "android com.never", "decision", "leave-unlisted"), "/triage/dept-a?done=decided&left=1").
			shows(200, "Everything is decided", "Left unlisted (1)")
		left := centre.get("/triage/dept-a?show=left").shows(200, "com-never")
		if !strings.Contains(left.body, `value="product com-never"`) {
			t.Error("what was left unlisted cannot be decided anew")
		}
	})
}

// TestTriageInPages turns pages: what was ticked goes along, and is decided with the rest.
func TestTriageInPages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		var reports []rooms.Report
		for i := range 150 {
			name := "App" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			reports = append(reports, inventory("x-"+name, "com."+name, name, ""))
		}
		q.told(reports...)
		centre := q.guest(people.CentreOfficer, people.Everywhere)
		first := centre.get("/triage/dept-a").shows(200, "152 apps to decide about", "Next page").lacks("Previous page", "Appfj")
		next, _, _ := strings.Cut(first.body[strings.Index(first.body, `name="go" value="next `)+len(`name="go" value="`):], `"`)
		second := centre.post("/triage/dept-a", "app", "android com.Appaa", "app", "android com.Appab", "decision", "allow", "go", next).
			shows(http.StatusOK, "Previous page", "Appfj", "2 more are ticked on other pages").has(`name="app" value="android com.Appaa"`).lacks("Next page")
		if strings.Contains(second.body, `value="android com.Appaa" checked`) {
			t.Error("what stands on the first page stands on the second too")
		}
		back := centre.post("/triage/dept-a", "app", "android com.Appaa", "app", "android com.Appfj", "trail", "", "after", strings.TrimPrefix(next, "next "), "go", "previous")
		back.shows(200, "1 more is ticked on other pages", "Next page").has(`value="android com.Appaa" checked`).lacks("Previous page")
		centre.leads(centre.post("/triage/dept-a", "app", "android com.Appaa", "app", "android com.Appfj", "decision", "allow"), "/triage/dept-a?allowed=2").shows(200, "150 apps to decide about")
	})
}
