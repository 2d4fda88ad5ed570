package devices_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portcullis/approvals"
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
		list := auditor.Get("/apps").Shows(200, "Parrot Chat", "Notes <b>", "Cam 2")
		if row := list.Row("Parrot Chat"); !strings.Contains(row, ">4<") || !strings.Contains(row, "Umber Apps Ltd") {
			t.Errorf("the row of an app: %s", row)
		}
		if row := officer.Get("/apps?q=canary").Shows(200, "Canary").Lacks("Notes").Row("Parrot Chat"); !strings.Contains(row, ">3<") {
			t.Errorf("the row for an officer of one body: %s", row)
		}
		auditor.Get("/apps?q=zzz").Shows(200, "No product is called so", "/unlinked?q=zzz")
		auditor.Get("/apps?kind=equipment").Shows(200, "Cam 2").Lacks("Parrot")
		if row := list.Row("Cam 2"); !strings.Contains(row, "Umber Group") || !strings.Contains(row, "sold by") || !strings.Contains(row, "Other Ltd") {
			t.Errorf("what one company makes and another sells: %s", row)
		}
		if row := list.Row("Wing Kit"); !strings.Contains(row, "inside 1 other product") {
			t.Errorf("what is installed nowhere, and inside something else: %s", row)
		}
		officer.Get("/apps?organisation=dept-b").Shows(403)

		one := auditor.Get("/apps/parrot").Shows(200, "Parrot Chat", "4 devices", "Canary", "Harbour Office", "Department of Light", "Banned", "Umber Group",
			"Parrot Chat → Umber Apps Ltd → Umber Group", "Umber Apps Ltd is owned by Umber Group", "Since 1\u00a0January\u00a02020", "Parrot Chat, for the group press", "press office", "com.parrot.ios", "ab12", "The command line",
			"/what-if?product=parrot")
		one.Shows(200, "Nothing is known of what it contains", "Nothing that is known contains it")
		officer.Get("/apps/parrot").Shows(200, "3 devices", "1 exemption more is not shown to you").Lacks("the group press")
		auditor.Get("/apps/parrot?organisation=unit").Shows(200, "2 devices").Lacks(">Harbour Office</th>")
		auditor.Get("/apps/notes").Shows(200, "Notes <b>", "Wing Kit", "Before 3", "Notes <b> → Wing Kit → Umber Apps Ltd → Umber Group")
		auditor.Get("/apps/kit").Shows(200, "It is installed nowhere", "Notes <b>", "Inside something else on")
		auditor.Get("/apps/cam").Shows(200, "1 piece of equipment", "sold by", "Cam 2 is made by Umber Group")
		auditor.Get(devices.AppPath("..")).Shows(200, "Dots", "Not known")
		auditor.Get("/apps/none").Shows(404, "There is no product none")
	})
}

func TestSupplierPages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor := q.guest(people.Auditor, people.Everywhere)
		if row := auditor.Get("/suppliers?q=umber").Shows(200, "Umber Group").Lacks("Other Ltd").Row("Umber Apps Ltd"); !strings.Contains(row, "Umber Group") || !strings.Contains(row, ">2<") {
			t.Errorf("the row of a maker: %s", row)
		}
		auditor.Get("/suppliers?q=zzz").Shows(200, "No company is called so")
		auditor.Get("/suppliers/group").Shows(200, "Umber Group", "4 devices and 1 piece of equipment", "Parrot Chat", "Cam 2", "Notes <b>", "Umber Apps Ltd is owned by Umber Group", "it listens", "/what-if?supplier=group")
		auditor.Get("/suppliers/maker").Shows(200, "Umber Apps Ltd → Umber Group", "No equipment of theirs is known")
		auditor.Get("/suppliers/other?organisation=dept-a").Shows(200, "No rule names them")
		auditor.Get("/suppliers/none").Shows(404)
	})
}

func TestWhatIfPages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor, officer, centre := q.guest(people.Auditor, people.Everywhere), q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.CentreOfficer, people.Everywhere)
		auditor.Get("/what-if").Shows(200, "App, equipment or company")
		auditor.Get("/what-if?q=umber").Shows(200, "Everything of Umber Group", "/what-if?supplier=group", "Parrot Chat")
		auditor.Get("/what-if?q=zzz").Shows(200, "Nothing here is called so")
		all := auditor.Get("/what-if?supplier=group").Shows(200, "Bans everything of Umber Group, and whatever contains it, for Government and all below", "5 devices and pieces of equipment of 5, in 3 bodies",
			"2 of 5", "Without what contains it", "In Harbour Office and all below", "On iOS", "Parrot Chat, for the group press").Lacks("Propose this ban")
		if row := all.Row("In Harbour Office and all below"); !strings.Contains(row, "scope=dept-a") || strings.Count(row, ">3<") != 1 || strings.Count(row, ">1<") != 1 {
			t.Errorf("a narrower rule: %s", row)
		}
		auditor.Get("/what-if?supplier=group&effect=phase-out&components=no&scope=dept-b&platform=android&kind=app").Shows(200, "What if this were phased out?",
			"Phases out everything of Umber Group, of apps alone, on Android, for Department of Light", "1 of 2")
		officer.Get("/what-if?product=parrot").Shows(200, "for Harbour Office and all below", "3 of 3", "Propose this ban").Lacks("Department of Light")
		officer.Get("/what-if?product=parrot&scope=gov").Shows(403)
		auditor.Get("/what-if?product=none").Shows(422, "There is no product none")

		centre.Get("/what-if?product=parrot&components=no").Has(`href="/proposals/new/ban?components=no&amp;effect=ban&amp;product=parrot&amp;scope=gov"`)
		centre.Get("/what-if?product=parrot&effect=phase-out").Shows(200, "Propose this phase-out")
		for _, gone := range []string{"/what-if/make?product=parrot", "/rules/allow-notes/end"} {
			centre.Get(gone).Shows(404)
		}
	})
}

func TestRulePages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor, officer, centre := q.guest(people.Auditor, people.Everywhere), q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.CentreOfficer, people.Everywhere)
		ban := q.decided(policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "It listens, too", Clearance: "minister", Mitigations: []string{"one", "two"}})
		centre.Get("/rules/"+ban).Shows(200, "In force", "It listens, too", "One, two", "4 devices and pieces of equipment", "/breaches?rule=ban-parrot", "Propose that it end").Has(`href="/proposals/new/withdrawal?rule=ban-parrot"`)
		officer.Get("/rules/"+ban).Shows(200, "3 devices and pieces of equipment", "Propose the same for your own body").Lacks("Propose that it end", "Department of Light")
		auditor.Get("/rules/" + ban).Shows(200).Lacks("Propose")
		auditor.Get("/apps/parrot").Shows(200, "Bans Parrot Chat", "Ask for an exemption").Lacks("Propose who makes it")
		centre.Get("/apps/parrot").Shows(200, "Propose who makes it")
		centre.Get("/suppliers/maker").Shows(200, "Propose another owner").Has(`href="/proposals/new/supplier/maker"`)
		officer.Get("/suppliers/maker").Shows(200).Lacks("Propose another owner")
		q.ends(ban, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), "It has been mended")
		centre.Get("/rules/"+ban).Shows(200, "It ends on 1\u00a0June\u00a02026", "It has been mended", "4 devices and pieces of equipment")
		centre.Get("/rules/allow-notes").Shows(200, "Allows Notes <b>", "for work")
		centre.Get("/rules/none").Shows(404)
		phase := q.decided(policy.Rule{Effect: policy.PhaseOut, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "old", Clearance: "speaker", Period: policy.Period{}, Deadline: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)})
		centre.Get("/rules/"+phase).Shows(200, "Phases out Parrot Chat", "1\u00a0September\u00a02026", "Speaker")
	})
}

// TestLifts holds that what is said of exemptions is true of one that names a rule and of one that does not, and that they
// go by name.
func TestLifts(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		centre := q.guest(people.CentreOfficer, people.Everywhere)
		named := centre.Get("/rules/ban-b").Shows(200, "1 exemption is in force for what this rule reaches, and names it: that lifts it.", "Parrot Chat, for the group press", "press office", "1\u00a0July\u00a02026")
		named.Has(`href="/exemptions/ex-b"`).Lacks("None, now or later")
		ban := q.decided(policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "It listens, too", Clearance: policy.ClearanceNone})
		centre.Get("/rules/"+ban).Shows(200, "1 exemption is in force for what this rule reaches. It does not name this rule, and so it does not lift it.", "None, now or later").Lacks("the group press")
		centre.Get("/rules/allow-notes").Shows(200).Lacks("Exemptions that lift it")
	})
}

// TestBanIsNotFirst holds that a ban is not the first thing to do where there is one, or one waits to be signed, of which
// nobody is told who may not see it.
func TestBanIsNotFirst(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		centre, officer := q.guest(people.CentreOfficer, people.Everywhere), q.guest(people.SecurityOfficer, "dept-a")
		const first, second = `class="govuk-button" data-module="govuk-button">Ban `, `class="govuk-button govuk-button--secondary" data-module="govuk-button">Ban `
		centre.Get("/apps/parrot").Has(second) // by the ban of its makers' owner
		centre.Get("/suppliers/group").Has(second)
		centre.Get("/suppliers/other").Has(first)
		centre.Get("/apps/notes").Has(second)
		centre.Get(devices.AppPath("..")).Has(first).Lacks("that is proposed")
		d := approvals.Draft{Kind: approvals.Ban, Reason: "It listens", Narrower: "Nothing", Content: approvals.Content{Rule: &policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: ".."}, Scope: "dept-b", Clearance: policy.ClearanceNone}}}
		room := &approvals.Room{People: q.People, Devices: q.devices}
		p, err := room.Propose(t.Context(), centre.Actor(), d)
		if err != nil {
			t.Fatal(err)
		}
		centre.Get(devices.AppPath("..")).Has(second, `href="/proposals/`+p.ID+`"`).Shows(200, "See the ban that is proposed")
		officer.Get(devices.AppPath("..")).Has(first).Lacks("that is proposed")

		// A ban of a company that waits is one of all that it stands behind.
		d.Rule = &policy.Rule{Effect: policy.Ban, Target: policy.Target{Supplier: "group"}, Scope: "gov", Clearance: policy.ClearanceNone}
		if p, err = room.Propose(t.Context(), centre.Actor(), d); err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{"/apps/cam", "/apps/kit", "/suppliers/maker"} {
			centre.Get(page).Has(`href="/proposals/`+p.ID+`"`).Shows(200, "See the ban that is proposed")
		}
		centre.Get("/suppliers/other").Has(first).Lacks("that is proposed")
	})
}

// TestAskAbout holds what a device's page offers to ask for: an exemption from a ban, an app that is not on the list, and
// nothing to who may not ask there.
func TestAskAbout(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		q.decided(policy.Rule{ID: "ban-1", Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "It listens", Clearance: policy.ClearanceNone})
		officer, auditor := q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.Auditor, people.Everywhere)
		q.told(inventory("a8", "com.parrot", "Parrot", ""), inventory("a9", "com.tide", "Tide Tables", "Tidal Inc"))
		officer.Get("/devices/a8").Has(`href="/proposals/new/exemption?host=a8&amp;product=parrot&amp;rule=ban-1"`)
		officer.Get("/devices/a9").Has(`href="/proposals/new/app?identifier=com.tide&amp;name=Tide&#43;Tables&amp;platform=android&amp;scope=dept-a"`)
		auditor.Get("/devices/a8").Shows(200).Lacks("Ask for")
		officer.Get("/devices/a8/past").Shows(200).Lacks("Ask for")
	})
}

func TestUnlinkedPages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		q.told(inventory("a5", "com.parrot.lite", "Canary", "Umber Apps"), inventory("a6", "com.tide", "Tide Tables", "Tidal Inc"), inventory("a7", "com.reef", "Reef", ""))
		reviewer, own := q.guest(people.Reviewer, people.Everywhere), q.guest(people.Reviewer, "dept-a")
		list := reviewer.Get("/unlinked").Shows(200, "com.parrot.lite", "Canary", "Umber Apps", "the maker agrees", "4 identifiers", "Say\u00a0what\u00a0it\u00a0is", "Nobody has said its name")
		if row := list.Row("com.parrot.lite"); !strings.Contains(row, `value="parrot"`) {
			t.Errorf("the row: %s", row)
		}
		own.Get("/unlinked").Shows(200, "com.parrot.lite", "Parrot Chat").Lacks("Say\u00a0what\u00a0it\u00a0is", "<form method=\"post\" action=\"/unlinked")
		own.Get("/unlinked/link?platform=android&identifier=com.tide").Shows(403, "not say which product one is").Lacks("<form method=\"post\" action=\"/unlinked")
		own.Post("/unlinked/link", "platform", "android", "identifier", "com.tide", "product", "parrot").Shows(403)
		reviewer.Leads(reviewer.Post("/unlinked/link", "platform", "android", "identifier", "com.parrot.lite", "product", "parrot"), "/unlinked?done=linked").Shows(200, "It has been linked", "3 identifiers").Lacks("com.parrot.lite")
		reviewer.Get("/apps/parrot").Shows(200, "5 devices", "Linked com.parrot.lite on Android", "Holder of Reviewer")
		reviewer.Post("/unlinked/link", "platform", "android", "identifier", "com.parrot.lite", "product", "notes").Shows(404, "has been linked meanwhile")

		link := "/unlinked/link?" + url.Values{"platform": {"android"}, "identifier": {"com.tide"}}.Encode()
		reviewer.Get(link).Shows(200, "Tide Tables", "Tidal Inc", "Harbour Office", "A product that is not there yet")
		reviewer.Get(link+"&q=note").Shows(200, "By Other Ltd")
		reviewer.Post(link).Shows(422, "Say which product it is")
		reviewer.Post(link, "product", "none").Shows(422, "There is no product none")
		reviewer.Post(link, "product", "\u0001new", "name", "Tide Tables", "maker", "Tidal").Shows(422, "No company is called so")
		reviewer.Post(link, "product", "\u0001new", "name", "Tide Tables", "maker", "Umber").Shows(422, "There are Umber Apps Ltd, Umber Group")
		reviewer.Leads(reviewer.Post(link, "product", "\u0001new", "name", "Tide Tables", "maker", "Tidal", "add-maker", "yes"), "/unlinked?done=linked").Lacks("com.tide")
		reviewer.Get("/apps/tide-tables").Shows(200, "Tide Tables", "Tidal", "1 device")
		reviewer.Get("/unlinked/link?platform=android&identifier=com.none").Shows(404)
		reviewer.Get("/unlinked/link?platform=x&identifier=com.none").Shows(404)
		reviewer.Get("/unlinked?q=zzz").Shows(200, "No identifier fits")
	})
}

// TestUnknownInBreach: what is no product's stands among what is in breach under its name, and leads to where one says
// what it is, from the device as well.
func TestUnknownInBreach(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		q.told(inventory("a5", "name:Fog Horn", "Fog Horn", "Umber Apps"))
		reviewer, auditor := q.guest(people.Reviewer, people.Everywhere), q.guest(people.Auditor, people.Everywhere)
		auditor.Get("/breaches").Shows(200, "Fog Horn").Has(`href="/unlinked?q=Fog&#43;Horn"`).HasNo("name:Fog")
		auditor.Get("/unlinked?q=Fog+Horn").Shows(200, "1 identifier", "name:Fog Horn")
		const say = `href="/unlinked/link?identifier=name%3AFog&#43;Horn&amp;platform=android"`
		reviewer.Get("/devices/a5").Shows(200, "Not known, and in breach").Has(say)
		for _, reader := range []guest{auditor, q.guest(people.Reviewer, "dept-a")} { // who may not say it for all bodies
			reader.Get("/devices/a5").Shows(200, "Not known, and in breach").HasNo("/unlinked/link")
		}
	})
}

func TestTriagePages(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		q.told(inventory("a5", "com.tide", "Tide Tables", "Tidal Inc"), inventory("a6", "com.reef", "Reef", "Tidal Inc"))
		centre, approver, auditor := q.guest(people.CentreOfficer, people.Everywhere), q.guest(people.Approver, "dept-a"), q.guest(people.Auditor, "dept-a")
		centre.Get("/triage").Shows(200, "Harbour Office", "/triage/dept-a", "Department of Light")
		approver.Get("/triage").Shows(200, "Harbour Office").Lacks("Department of Light")
		approver.Get("/triage/dept-b").Shows(403)
		list := centre.Get("/triage/dept-a").Shows(200, "4 apps to decide about", "of 1 body below that follow its list", "Tide Tables", "By its own word Tidal Inc", "Review date: 30\u00a0May\u00a02026")
		if row := list.Row("Parrot Chat"); !strings.Contains(row, `value="product parrot"`) || !strings.Contains(row, ">3<") || !strings.Contains(row, "Android, iOS") {
			t.Errorf("the row of an app: %s", row)
		}
		if row := approver.Get("/triage/dept-a").Shows(200).Row("Tide Tables"); strings.Contains(row, "checkbox") || !strings.Contains(row, "no product’s yet") {
			t.Errorf("what an approver cannot decide: %s", row)
		}
		auditor.Get("/triage/dept-a").Shows(200, "Parrot Chat").Lacks("Decide about everything", "checkbox")
		auditor.Post("/triage/dept-a", "app", "product parrot", "decision", "allow").Shows(403)
		if row := centre.Get("/triage/dept-a?by=maker").Shows(200).Row("Tidal Inc (by its own word)"); !strings.Contains(row, ">2<") || !strings.Contains(row, "maker=publisher&#43;Tidal&#43;Inc") {
			t.Errorf("the row of a maker: %s", row)
		}
		centre.Get("/triage/dept-a?maker=publisher+Tidal+Inc").Shows(200, "Of Tidal Inc (by its own word) alone", "Reef").Lacks("Parrot")

		centre.Post("/triage/dept-a", "app", "product parrot").Shows(422, "Say what you decide").Has(`value="product parrot" checked`)
		centre.Post("/triage/dept-a", "decision", "allow").Shows(422, "Tick at least one app")
		centre.Leads(centre.Post("/triage/dept-a", "app", "product parrot", "decision", "allow", "reason", "for work"), "/triage/dept-a?allowed=1&done=decided").
			Shows(200, "1 allowed", "3 apps to decide about").Lacks("Parrot Chat")
		centre.Get("/rules/allow-parrot").Shows(200, "Allows Parrot Chat", "for work", "Harbour Office")
		centre.Leads(centre.Post("/triage/dept-a?by=maker", "maker", "publisher Tidal Inc", "decision", "allow-until"), "/triage/dept-a?by=maker&done=decided&until=2").Shows(200, "2 allowed for 90 days")
		centre.Get("/rules/allow-reef").Shows(200, "30\u00a0May\u00a02026")
		centre.Leads(centre.Post("/triage/dept-a", "all", "yes", "shown-app", "android com.never", "decision", "leave-unlisted"), "/triage/dept-a?done=decided&left=1").
			Shows(200, "Everything is decided", "Left unlisted (1)")
		left := centre.Get("/triage/dept-a?show=left").Shows(200, "com-never")
		if !strings.Contains(left.Body, `value="product com-never"`) {
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
		first := centre.Get("/triage/dept-a").Shows(200, "152 apps to decide about", "Next page").Lacks("Previous page", "Appfj")
		next, _, _ := strings.Cut(first.Body[strings.Index(first.Body, `name="go" value="next `)+len(`name="go" value="`):], `"`)
		second := centre.Post("/triage/dept-a", "app", "android com.Appaa", "app", "android com.Appab", "decision", "allow", "go", next).
			Shows(http.StatusOK, "Previous page", "Appfj", "2 more are ticked on other pages").Has(`name="app" value="android com.Appaa"`).Lacks("Next page")
		if strings.Contains(second.Body, `value="android com.Appaa" checked`) {
			t.Error("what stands on the first page stands on the second too")
		}
		back := centre.Post("/triage/dept-a", "app", "android com.Appaa", "app", "android com.Appfj", "trail", "", "after", strings.TrimPrefix(next, "next "), "go", "previous")
		back.Shows(200, "1 more is ticked on other pages", "Next page").Has(`value="android com.Appaa" checked`).Lacks("Previous page")
		centre.Leads(centre.Post("/triage/dept-a", "app", "android com.Appaa", "app", "android com.Appfj", "decision", "allow"), "/triage/dept-a?allowed=2").Shows(200, "150 apps to decide about")
	})
}
