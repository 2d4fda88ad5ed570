package devices_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	rooms "portcullis/devices"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/world"
)

// tower is the pages over a fleet that follows, and a keeper that writes, when they are told to.
type tower struct {
	*quay
	clock  *storetest.Clock
	keeper *rooms.Keeper
}

// eachTower runs test on both engines, over the world of a text.
func eachTower(t *testing.T, text string, test func(w *tower)) {
	storetest.Run(t, roomSchemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(springTime)
		test(newTower(t, open(clock.Now), clock, text))
	})
}

func newTower(t testing.TB, db *store.DB, clock *storetest.Clock, text string) *tower {
	t.Helper()
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, register.Kinds, rooms.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	fleet, err := rooms.OpenFleet(t.Context(), db, clock.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	w := &tower{quay: &quay{t: t, people: &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}}, clock: clock, keeper: rooms.NewKeeper(fleet, "tower", log)}
	w.devices = &rooms.Room{People: w.people, Server: "tower", Fleet: fleet}
	w.intake = rooms.NewIntake(w.devices, clock.Now)
	go w.intake.Run(t.Context())
	g := &gate.Gate{People: w.people, Now: clock.Now, Log: log, Navigation: devices.Places(), Frame: ui.Frame{Body: "Republic of Merrow", Now: clock.Now()}}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	for _, route := range w.routes() {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	w.handler = mux
	w.step()
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := world.Load(file, nil, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := w.devices.Import(t.Context(), byCommand, loaded, nil); err != nil {
		t.Fatal(err)
	}
	w.step()
	return w
}

// step has the fleet follow, and the keeper write, all that there is.
func (w *tower) step() {
	w.t.Helper()
	for range 2 {
		if err := w.devices.Fleet.Follow(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		if err := w.keeper.Step(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// sends has devices report, as of a time ago.
func (w *tower) sends(ago time.Duration, body string, host string, identifiers ...string) {
	w.t.Helper()
	r := rooms.Report{Host: host, Organisation: body, Platform: policy.Android, Taken: w.clock.Now().Add(-ago)}
	for _, id := range identifiers {
		name, version, _ := strings.Cut(id, "=")
		r.Installed = append(r.Installed, policy.Installation{Identifier: name, Version: version})
	}
	got, err := w.intake.Report(w.t.Context(), byCommand, []rooms.Report{r})
	if err == nil {
		err = got.Errors[0]
	}
	if err != nil {
		w.t.Fatal(err)
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
	w.clock.Advance(40 * 24 * time.Hour)
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
		p := v.get("/coverage").shows(200, "5 of 8 devices were heard from in the last 7 days.", "Of 3 nobody knows", "Bodies that report nothing at all",
			"National Archive", "1 body has no devices here", "Tide Party")
		for body, has := range map[string][]string{
			"National Archive</a>":      {"Reports nothing", "Not known"},
			"Department of Justice</a>": {"Watched", "Reports", ">0<"},
			"Harbour Office</a>":        {"Reports", `href="/breaches?below=no&amp;organisation=harbour">2<`},
		} {
			row := tableRow(p, body)
			for _, text := range has {
				if !strings.Contains(row, text) {
					t.Errorf("%s has no %q: %s", body, text, row)
				}
			}
		}
		if row := tableRow(p, "Department of Light, Fog and Signals</a>"); strings.Contains(row, ">0</td></tr>") || !strings.Contains(row, "Reports nothing") {
			t.Errorf("a silent body looks clean: %s", row)
		}
		v.get("/coverage?organisation=harbour").shows(200, "3 of 3 devices", "Every device was heard from").hasNo("National Archive</a>")
		v.get("/coverage?sort=-silent").shows(200, "Department of Light")
		v.get("/coverage?organisation=nowhere").shows(404)
		head := w.guest(people.DeviceAdministrator, "harbour")
		head.get("/coverage").shows(200, "3 of 3 devices").lacks("National Archive", "Department of Justice")
		head.get("/coverage?organisation=gov").shows(403)
	})
}

// tableRow is the row of the last table in which a text stands.
func tableRow(p page, text string) string {
	p.t.Helper()
	at := strings.LastIndex(p.body, text)
	if at < 0 {
		p.t.Fatalf("%s: no row %q", p.request, text)
	}
	begin, end := strings.LastIndex(p.body[:at], "<tr"), strings.Index(p.body[at:], "</tr>")
	return p.body[begin : at+end+len("</tr>")]
}

func TestBreaches(t *testing.T) {
	eachTower(t, merrow, func(w *tower) {
		watched(w)
		v := w.guest(people.SecurityOfficer, people.Everywhere)
		v.get("/breaches").shows(200, "3 devices and pieces of equipment are in breach", "Banned: all of Longshore Software (ban-maker)", "Harbour Tides", "Parrot 1", "and 3 more", "Since when").
			has(`href="/breaches?age=today"`, `href="/breaches?product=parrot"`, `href="/breaches?below=no&amp;organisation=harbour"`)
		v.get("/breaches?age=today").shows(200, "2 devices and pieces", "d1", "d2").hasNo("Parrot</a>")
		v.get("/breaches?age=older&organisation=harbour").shows(200, "1 device or piece of equipment is in breach").has("Parrot</a>").hasNo(">d1<")
		v.get("/breaches?product=notes").shows(200, "2 devices and pieces", "Older than").has(">Notes</option>").hasNo("Parrot 1")
		v.get("/breaches?result=banned&rule=ban-maker&product=tides").shows(200, "1 device or piece", "d6")
		v.get("/breaches?organisation=gov").has(">d1<", ">d6<")
		v.get("/breaches?organisation=gov&below=no").shows(200, "d6").hasNo(">d1<")
		v.get("/breaches?organisation=harbour&below=no").has(">d1<").hasNo(">d6<")
		v.get("/breaches?age=week").shows(200, "Nothing that is known is in breach in this way")
		v.get("/breaches?after=d2").shows(200, "d6").hasNo(">d2<")
		v.get("/breaches?result=funny").shows(422)
		v.get("/breaches?age=ancient").shows(422)
		head := w.guest(people.DeviceAdministrator, "harbour")
		head.get("/breaches").shows(200, "2 devices and pieces", "d1").lacks("d6", "Government of Merrow")
		head.get("/breaches?organisation=gov").shows(403)
		w.guest(people.Staff, "gov").get("/breaches").shows(403)
	})
}

func TestNothingInBreach(t *testing.T) {
	eachTower(t, strings.Split(merrow, "hosts:")[0], func(w *tower) {
		v := w.guest(people.SecurityOfficer, people.Everywhere)
		v.get("/coverage").shows(200, "There are no devices yet", "Add a device")
		v.get("/coverage?organisation=tide").shows(200, "nothing at all")
		v.get("/breaches").shows(200, "What is not heard from, nobody knows")
		for i := range 120 {
			w.sends(0, "gov", fmt.Sprintf("host-%03d", i), "com.parrot=1")
		}
		w.step()
		first := v.get("/breaches").shows(200, "120 devices", "host-049").lacks("host-050")
		first.has(`after=host-049`)
		v.get("/breaches?after=host-099").shows(200, "host-119").hasNo(">host-099<", "after=host-1")
	})
}

// hasNo fails the test where the page has some HTML.
func (p page) hasNo(parts ...string) page {
	p.t.Helper()
	for _, part := range parts {
		if strings.Contains(p.body, part) {
			p.t.Errorf("%s: the page has %s", p.request, part)
		}
	}
	return p
}
