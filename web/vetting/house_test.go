package vetting_test

import (
	"bytes"
	"crypto/rand"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	rooms "portcullis/vetting"
	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/report"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/web/vetting"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, approvals.Schema, rooms.Schema}
)

// government has an app on a telephone that no list has yet.
const government = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: light, name: "Department of Light, Fog and Signals", parent: gov}
  - {id: tower, name: The Tower}
suppliers:
  - {id: tidewater, name: Tidewater Apps}
products:
  - {id: tides, kind: app, name: Merrow Tides, supplier: tidewater, identifiers: {android: [example.tides]}}
hosts:
  - {id: l1, kind: device, organisation: light, platform: android, installed: [{identifier: example.shorenotes, version: "4.2"}, {identifier: example.tides, version: "2.0"}]}
`

// house is the pages over the rooms that they show, with those that lead to them.
type house struct {
	*pagetest.House
	room      *rooms.Room
	decisions *approvals.Room
	folder    string // where files lie while they are looked at
	here      map[string]visitor
}

// each runs a test on both engines.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(newHouse(t, open)) })
}

func newHouse(t testing.TB, open storetest.Open) *house {
	t.Helper()
	h := &house{House: pagetest.New(t, open, noon, people.Kinds, alerts.Kinds, register.Kinds, devices.Kinds, approvals.Kinds, rooms.Kinds), folder: t.TempDir(), here: map[string]visitor{}}
	things := h.Devices()
	outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: h.People.Ledger, Chance: rand.Reader})
	h.Do(outbox, err)
	h.decisions = &approvals.Room{People: h.People, Devices: things, Outbox: outbox}
	h.room = rooms.New(h.People, h.decisions, things.Fleet)
	roomtest.Run(t, things.Fleet.Run)
	all := &register.Room{People: h.People}
	pages := vetting.Rooms{Vetting: h.room, Approvals: h.decisions, Devices: things, People: h.People, Register: all, Tool: report.Tool{Name: "Portcullis", Version: "test"}, Folder: h.folder}
	h.Serve(append(approvalpages.Places(), vetting.Place()), slices.Concat(vetting.Routes(pages),
		[]gate.Route{{Pattern: "GET /{$}", Permission: people.Own, Handler: today(pages)}},
		approvalpages.Routes(approvalpages.Rooms{Approvals: h.decisions, Devices: things, People: h.People, Register: all, Looked: pages.Looked}),
		devicepages.Routes(devicepages.Rooms{Devices: things, Register: all, People: h.People, Approvals: h.decisions, Looked: pages.OfProduct}))...)
	h.Import(things, government)
	h.catchUp()
	return h
}

// today is a first page with what is to be looked at again, and nothing else.
func today(pages vetting.Rooms) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		due, err := pages.Today(r)
		if err != nil {
			return err
		}
		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Today", Content: []ui.Component{due}})
	}
}

// catchUp waits until the fleet answers on all that has been decided.
func (h *house) catchUp() {
	h.T.Helper()
	roomtest.Await(h.T, h.decisions.Devices)
}

// visitor is a browser in which somebody has signed in.
type visitor struct {
	*house
	pagetest.Visitor
}

// somebody is a person with a role in a body, the same each time. Without a role they are of the body, and no more.
func (h *house) somebody(name string, role people.Role, body string) visitor {
	h.T.Helper()
	if v, is := h.here[name]; is {
		return v
	}
	h.here[name] = visitor{h, h.Somebody(people.Particulars{Name: name, UserName: strings.ReplaceAll(name, " ", ".")}, role, body)}
	return h.here[name]
}

// reviewer may review apps of all bodies, and so say what an app contains.
func (h *house) reviewer() visitor {
	return h.somebody("Grzegorz Lund", people.Reviewer, people.Everywhere)
}

// request is what somebody of the department asks for.
func (h *house) request() approvals.Proposal {
	h.T.Helper()
	p, err := h.decisions.Propose(h.T.Context(), h.somebody("Anna Lind", "", "light").Actor(), approvals.Draft{Kind: approvals.Allow, Reason: "The keepers write their logs with it", Content: approvals.Content{
		Rule: &policy.Rule{Effect: policy.Allow, Scope: "light", Platforms: []policy.Platform{policy.Android}}, Found: &register.Found{Platform: policy.Android, Identifier: "example.shorenotes", Name: "Shore Notes"},
	}})
	h.Do(p, err)
	h.catchUp()
	return p
}

// verdict is what the rules say of an identifier on a host now.
func (h *house) verdict(host, identifier string) string {
	h.T.Helper()
	h.catchUp()
	judged, err := h.decisions.Devices.Decisions(h.T.Context(), pagetest.Command, devices.PastQuery{Host: host})
	h.Do(judged, err)
	for _, d := range judged.Decisions {
		if d.Identifier == identifier {
			return d.Verdict.String()
		}
	}
	return "not there"
}

// shoreNotes is an app that reads contacts, with an advertising kit in it and a file that nobody can read.
func shoreNotes(t testing.TB, change func(*apktest.App)) []byte {
	t.Helper()
	app := apktest.App{Package: "example.shorenotes", Label: "Shore Notes", VersionName: "4.2", VersionCode: 42, Signer: apktest.NewSigner(t, "Shore Notes"),
		Permissions: []string{"android.permission.READ_CONTACTS", "android.permission.ACCESS_FINE_LOCATION", "android.permission.INTERNET"},
		Classes:     []string{"com.bytedance.sdk.openadsdk.TTAdSdk"}, Strings: []string{"https://api.shorenotes.example/v1", "https://app-measurement.com/a"}}
	if change != nil {
		change(&app)
	}
	return apktest.Build(t, app)
}

// file writes a file to be uploaded, and returns its path.
func file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// uploads sends a file as a browser does: answers first, as pairs, and then the file.
func (v visitor) uploads(path, name string, data []byte, pairs ...string) pagetest.Page {
	v.T.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		v.house.Do(w, w.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := w.CreateFormFile("file", name)
	v.house.Do(part, err)
	_, err = part.Write(data)
	v.house.Do(part, err)
	v.house.Do(w, w.Close())
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return v.Visitor.Do(r)
}
