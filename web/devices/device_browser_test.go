package devices_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	rooms "portcullis/devices"
	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
	"portcullis/web/ui"
)

// harboured serves a government's devices, with a history, to a browser in which an officer has signed in.
func harboured(t *testing.T, b *browsertest.Browser) (q *quay, at string) {
	t.Helper()
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	clock := storetest.NewClock(springTime)
	db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: clock.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), roomSchemas...); err != nil {
		t.Fatal(err)
	}
	q = newQuay(t, db, clock.Now)
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(coast), 0o600); err != nil {
		t.Fatal(err)
	}
	q.load(file)
	var reports []rooms.Report
	for _, c := range []struct{ id, name, apps string }{
		{"3F9A-77C2-0041", "Tablet of the harbour master’s deputy, northern and western approaches", "com.parrot=2 com.notes=1 com.never=3"},
		{"3F9A-77C2-0042", "Front desk", "com.notes=4 com.android.chrome=131"},
		{"3F9A-77C2-0043", "", "com.notes=4"},
	} {
		r := rooms.Report{Host: c.id, Name: c.name, Organisation: "dept-b", Ownership: policy.Corporate, Platform: policy.Android, Source: "intune"}
		for app := range strings.FieldsSeq(c.apps) {
			id, version, _ := strings.Cut(app, "=")
			r.Installed = append(r.Installed, policy.Installation{Identifier: id, Version: version})
		}
		reports = append(reports, r)
	}
	reports = append(reports, rooms.Report{Host: "own-phone", Name: "Ada’s own", Organisation: "dept-a", Ownership: policy.Personal, Platform: policy.IOS})
	q.told(reports...)
	again := reports[0]
	again.Source, again.Partial, again.Installed = "scanner", true, reports[0].Installed[:1]
	q.told(again)
	officer, approver := q.guest(people.SecurityOfficer, "gov"), q.guest(people.SecurityOfficer, "gov")
	officer.leads(officer.answer("/devices/3F9A-77C2-0041/change", "name", reports[0].Name, "holder", "d.lund", "groups", "bridge"), "/devices/")
	approver.leads(approver.answer("/devices/3F9A-77C2-0041/release", "ownership", "managed-personal", "reason", "It was sold to its holder, who keeps the managed part until June."), "/devices/")
	officer.leads(officer.answer("/devices/3F9A-77C2-0043/state", "state", "lost"), "/devices/")
	clock.Advance(9 * 24 * time.Hour)
	today := q.guest(people.SecurityOfficer, "gov")
	mux := http.NewServeMux()
	mux.Handle("/", q.handler)
	mux.HandleFunc("GET /enter", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "portcullis", Value: today.cookie, Path: "/", HttpOnly: true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	at = browsertest.Local(server)
	b.Go(at + "/enter")
	return q, at
}

func TestDevicesInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	q, at := harboured(t, b)
	one, err := q.devices.One(t.Context(), byCommand, "3F9A-77C2-0041")
	if err != nil {
		t.Fatal(err)
	}
	device := at + "/devices/3F9A-77C2-0041"
	for name, address := range map[string]string{
		"devices": at + "/devices", "devices-none": at + "/devices?q=zzz&only=silent", "devices-add": at + "/devices/add", "devices-releases": at + "/devices/releases",
		"device": device, "device-change": device + "/change", "device-move": device + "/move", "device-state": device + "/state", "device-answer": device + "/answer",
		"device-past": device + "/past", "device-past-then": device + "/past?at-day=2&at-month=3&at-year=2026&known-day=28&known-month=2&known-year=2026",
		"device-why": device + "/why?thing=" + strconv.Itoa(int(one.Installed[0].Thing)), "device-forget": device + "/forget?source=scanner", "device-personal": at + "/devices/own-phone", "device-propose": at + "/devices/a1/release",
	} {
		b.Wide()
		b.Go(address)
		b.Accessible()
		b.Shot(name + "-wide")
		b.Phone()
		b.Accessible()
		b.Shot(name + "-phone")
	}
	b.Wide()
	b.Go(at + "/devices/own-phone/state")
	b.Click("input[value=replaced]")
	b.Submit("main form[method=post] button")
	if title := b.Title(); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	b.Accessible()
	b.Shot("device-state-error-wide")
	b.Type("#replacedBy", "3F9A-77C2-0042")
	b.Submit("main form[method=post] button")
	b.Accessible()
	b.Shot("device-replaced-wide")
}
