package devices_test

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	rooms "portcullis/devices"
	"portcullis/internal/agreed"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// tower is the pages over a fleet that follows, and a keeper that writes, when they are told to.
type tower struct {
	*quay
	keeper *rooms.Keeper
}

// eachTower runs test on both engines, over the world of a text.
func eachTower(t *testing.T, text string, test func(w *tower)) {
	storetest.Run(t, roomSchemas, func(t *testing.T, open storetest.Open) { test(newTower(t, open, text)) })
}

func newTower(t testing.TB, open storetest.Open, text string) *tower {
	t.Helper()
	w := &tower{quay: newQuay(t, open, springTime)}
	w.keeper = rooms.NewKeeper(w.devices.Fleet, "tower", w.Log)
	w.step()
	w.Import(w.devices, text)
	w.step()
	return w
}

// step has the fleet follow, and the keeper write, all that there is.
func (w *tower) step() {
	w.T.Helper()
	for range 2 {
		if err := w.devices.Fleet.Follow(w.T.Context()); err != nil {
			w.T.Fatal(err)
		}
		if err := w.keeper.Step(w.T.Context()); err != nil {
			w.T.Fatal(err)
		}
	}
}

// sends has devices report, as of a time ago.
func (w *tower) sends(ago time.Duration, body string, host string, identifiers ...string) {
	w.T.Helper()
	r := rooms.Report{Host: host, Organisation: body, Platform: policy.Android, Taken: w.Clock.Now().Add(-ago)}
	for _, id := range identifiers {
		name, version, _ := strings.Cut(id, "=")
		r.Installed = append(r.Installed, policy.Installation{Identifier: name, Version: version})
	}
	got, err := w.intake.Report(w.T.Context(), pagetest.Command, []rooms.Report{r})
	if err == nil {
		err = got.Errors[0]
	}
	if err != nil {
		w.T.Fatal(err)
	}
}

// merrow is a government: some bodies report, one has fallen silent, one never reported, one has none.
const merrow = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: light, parent: gov, name: "Department of Light, Fog and Signals"}
  - {id: harbour, parent: light, name: Harbour Office}
  - {id: justice, parent: gov, name: Department of Justice, monitor: {from: 2026-01-01, until: 2026-06-01}}
  - {id: archive, parent: gov, name: National Archive}
  - {id: tide, name: Tide Party}
suppliers: [{id: maker, name: Longshore Software}]
products:
  - {id: parrot, kind: app, name: Parrot, supplier: maker, identifiers: {android: [com.parrot]}}
  - {id: kit, kind: app, name: Parrot Kit, supplier: maker}
  - {id: tides, kind: app, name: Harbour Tides, identifiers: {android: [com.tides]}, contains: [{product: kit}]}
  - {id: notes, kind: app, name: Notes, identifiers: {android: [com.notes]}}
rules:
  - {id: ban-maker, effect: ban, target: {supplier: maker}, components: true, clearance: none, scope: gov, from: 2026-01-01, reason: "it listens"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "2", reason: "for work"}
hosts:
  - {id: never-1, kind: device, organisation: archive, ownership: corporate, platform: android, installed: []}
  - {id: own-1, kind: device, organisation: light, ownership: personal, platform: android, installed: []}
`

// watched fills the tower: d1 is in breach since today, d2 since 40 days ago, d3 is fine, d4 is silent.
func watched(w *tower) {
	w.sends(0, "harbour", "d2", "com.parrot=1", "com.notes=3")
	w.sends(0, "light", "d4", "com.notes=3")
	w.sends(0, "gov", "d6", "com.tides=4", "com.parrot=2", "com.notes=1", "com.bay=1", "com.cove=1", "com.dock=1")
	w.step()
	w.Clock.Advance(40 * 24 * time.Hour)
	w.sends(time.Hour, "harbour", "d2", "com.parrot=1", "com.notes=3", "com.bay=1")
	w.sends(time.Hour, "gov", "d6", "com.tides=4", "com.parrot=2", "com.notes=1", "com.bay=1", "com.cove=1", "com.dock=1")
	w.sends(time.Hour, "harbour", "d1", "com.notes=1")
	w.sends(time.Hour, "harbour", "d3", "com.notes=3")
	w.sends(time.Hour, "justice", "d5", "com.unheard=3")
	w.step()
}

func TestCoverage(t *testing.T) {
	eachTower(t, merrow, func(w *tower) {
		watched(w)
		v := w.guest(people.SecurityOfficer, people.Everywhere)
		p := v.Get("/coverage").Shows(200, "5 of 8 devices were heard from in the last 7 days.", "Of 3 nobody knows", "Bodies that report nothing at all",
			"National Archive", "1 body has no devices here", "Tide Party")
		for body, has := range map[string][]string{
			"National Archive</a>":      {"Reports nothing", "Not known"},
			"Department of Justice</a>": {"Watched", "Reports", ">0<"},
			"Harbour Office</a>":        {"Reports", `href="/breaches?below=no&amp;organisation=harbour">2<`},
		} {
			row := p.LastRow(body)
			for _, text := range has {
				if !strings.Contains(row, text) {
					t.Errorf("%s has no %q: %s", body, text, row)
				}
			}
		}
		if row := p.LastRow("Department of Light, Fog and Signals</a>"); strings.Contains(row, ">0</td></tr>") || !strings.Contains(row, "Reports nothing") {
			t.Errorf("a silent body looks clean: %s", row)
		}
		v.Get("/coverage?organisation=harbour").Shows(200, "3 of 3 devices", "Every device was heard from").HasNo("National Archive</a>")
		v.Get("/coverage?sort=-silent").Shows(200, "Department of Light")
		v.Get("/coverage?organisation=nowhere").Shows(404)
		head := w.guest(people.DeviceAdministrator, "harbour")
		head.Get("/coverage").Shows(200, "3 of 3 devices").Lacks("National Archive", "Department of Justice")
		head.Get("/coverage?organisation=gov").Shows(403)
	})
}

// TestBannedSince holds that what was in breach before it was banned is said to be banned since it was.
func TestBannedSince(t *testing.T) {
	eachTower(t, merrow, func(w *tower) {
		watched(w)
		w.Clock.Advance(10 * 24 * time.Hour)
		now := w.Clock.Now()
		ban := policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "notes"}, Scope: "gov", Clearance: policy.ClearanceNone, Reason: "it leaks", Period: policy.Period{From: now}}
		w.Do(agreed.Register{Room: &register.Room{People: w.People}}.AddRule(t.Context(), pagetest.Command, ban))
		w.step()
		v := w.guest(people.SecurityOfficer, people.Everywhere)
		one := v.Get("/devices/d1").Shows(200, "In breach since")
		_, since, _ := strings.Cut(one.Body, "Banned:")
		banned, older, both := strings.Cut(since, "Older than the list allows:")
		if !both || !strings.Contains(banned, `datetime="2026-04-20`) || !strings.Contains(older, `datetime="2026-04-10`) {
			t.Errorf("since when d1 is in breach, and was before: %s", one.Main())
		}
		v.Get("/devices/d3").Shows(200, "In breach since", "20 April 2026").Lacks("Banned: ")
		if row := v.Get("/breaches").Shows(200).LastRow("/devices/d1"); !strings.Contains(row, "Banned since "+now.Format("2\u00a0January\u00a02006")) {
			t.Errorf("the row of d1: %s", row)
		}
		if row := v.Get("/breaches").LastRow("/devices/d3"); strings.Contains(row, "Banned since") {
			t.Errorf("the row of d3, in breach for nothing before: %s", row)
		}
	})
}

func TestBreaches(t *testing.T) {
	eachTower(t, merrow, func(w *tower) {
		watched(w)
		v := w.guest(people.SecurityOfficer, people.Everywhere)
		v.Get("/breaches").Shows(200, "3 devices and pieces of equipment are in breach", "Banned: all of Longshore Software (ban-maker)", "Harbour Tides", "Parrot 1", "and 3 more", "Since when").
			Has(`href="/breaches?age=today"`, `href="/breaches?product=parrot"`, `href="/breaches?below=no&amp;organisation=harbour"`)
		v.Get("/breaches?age=today").Shows(200, "2 devices and pieces", "d1", "d2").HasNo("Parrot</a>")
		v.Get("/breaches?age=older&organisation=harbour").Shows(200, "1 device or piece of equipment is in breach").Has("Parrot</a>").HasNo(">d1<")
		v.Get("/breaches?product=notes").Shows(200, "2 devices and pieces", "Older than").Has(">Notes</option>").HasNo("Parrot 1")
		v.Get("/breaches?result=banned&rule=ban-maker&product=tides").Shows(200, "1 device or piece", "d6")
		v.Get("/breaches?organisation=gov").Has(">d1<", ">d6<")
		v.Get("/breaches?organisation=gov&below=no").Shows(200, "d6").HasNo(">d1<")
		v.Get("/breaches?organisation=harbour&below=no").Has(">d1<").HasNo(">d6<")
		v.Get("/breaches?age=week").Shows(200, "Nothing that is known is in breach in this way")
		v.Get("/breaches?after=d2").Shows(200, "d6").HasNo(">d2<")
		v.Get("/breaches?result=funny").Shows(422)
		v.Get("/breaches?age=ancient").Shows(422)
		head := w.guest(people.DeviceAdministrator, "harbour")
		head.Get("/breaches").Shows(200, "2 devices and pieces", "d1").HasNo("/devices/d6").Lacks("Government of Merrow")
		head.Get("/breaches?organisation=gov").Shows(403)
		w.guest(people.Staff, "gov").Get("/breaches").Shows(403)
	})
}

func TestNothingInBreach(t *testing.T) {
	eachTower(t, strings.Split(merrow, "hosts:")[0], func(w *tower) {
		v := w.guest(people.SecurityOfficer, people.Everywhere)
		v.Get("/coverage").Shows(200, "There are no devices yet", "Add a device")
		v.Get("/coverage?organisation=tide").Shows(200, "nothing at all")
		v.Get("/breaches").Shows(200, "What is not heard from, nobody knows")
		for i := range 120 {
			w.sends(0, "gov", fmt.Sprintf("host-%03d", i), "com.parrot=1")
		}
		w.step()
		first := v.Get("/breaches").Shows(200, "120 devices", "host-049").Lacks("host-050")
		first.Has(`after=host-049`)
		v.Get("/breaches?after=host-099").Shows(200, "host-119").HasNo(">host-099<", "after=host-1")
	})
}

// TestPagesOfManyBodies holds that what a browser loads of pages that name bodies stays small with 300 of them, and that
// the coverage of each stands on one page.
func TestPagesOfManyBodies(t *testing.T) {
	const most, bodies = 150_000 - 24_000, 300 // without the style sheet and the script
	text, rest, _ := strings.Cut(merrow, "suppliers:")
	for i := range bodies {
		text += fmt.Sprintf("  - {id: body-%03d, parent: gov, name: Department of Weights and Measures %d}\n", i, i)
	}
	w := newTower(t, inSQLite(t), text+"suppliers:"+rest)
	for i := range bodies {
		w.sends(time.Hour, fmt.Sprintf("body-%03d", i), fmt.Sprintf("HBR-%05d", i), "com.parrot=1", "com.tides=4")
	}
	w.step()
	v := w.guest(people.SecurityOfficer, people.Everywhere)
	for _, path := range []string{"/coverage", "/breaches", "/what-if?product=parrot", "/rules/ban-maker", "/apps/tides", "/suppliers/maker"} {
		if n := len(v.Get(path).Shows(200).Body); n > most {
			t.Errorf("%s has %d bytes", path, n)
		}
	}
	seen := 0
	for path := "/coverage?sort=devices"; path != ""; {
		page := v.Get(path).Shows(200, "Together")
		_, table, _ := strings.Cut(page.Body, "Each body by what is its own")
		seen += strings.Count(table, ">Department of Weights and Measures ")
		_, next, more := strings.Cut(page.Body, `href="/coverage?after=`)
		if path = ""; more {
			path, _, _ = strings.Cut("/coverage?after="+html.UnescapeString(next), `"`)
		}
	}
	if seen != bodies {
		t.Errorf("the pages have %d bodies", seen)
	}
}
