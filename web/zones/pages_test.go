package zones_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/web/zones"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, devices.Schema, enforce.Schema, approvals.Schema}
)

const coast = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: light, name: "Department of Light, Fog and Signals", parent: gov}
  - {id: justice, name: Department of Justice, parent: gov}
products:
  - {id: parrot, kind: app, name: Parrot, domains: [parrot.example]}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: "a reason"}
`

// house is the pages over a room with no zone.
type house struct {
	*pagetest.House
	things *devices.Room
	zones  *enforce.Zones
	room   *enforce.Room
}

func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(newHouse(t, open)) })
}

func newHouse(t testing.TB, open storetest.Open) *house {
	t.Helper()
	h := &house{House: pagetest.New(t, open, noon, people.Kinds, register.Kinds, devices.Kinds, enforce.Kinds)}
	h.things = h.Devices()
	h.Import(h.things, coast)
	roomtest.Follow(t, h.things)
	h.room = &enforce.Room{People: h.People, Fleet: h.things.Fleet}
	h.zones = enforce.NewZones(h.room, h.Clock.Now)
	pages := zones.Pages{Enforce: h.room, Devices: h.things, URL: &url.URL{Scheme: "https", Host: "apps.example.gov"}, Names: "192.0.2.9:5353"}
	today := gate.Routes{}
	today.See("/{$}", people.Own, func(w http.ResponseWriter, r *http.Request) error {
		waits, err := pages.Today(r)
		if err != nil {
			return err
		}
		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Today", Content: []ui.Component{waits}})
	})
	h.Serve([]gate.Place{zones.Place()}, append(pages.Routes(), today...)...)
	return h
}

// look has name servers be given what is decided.
func (h *house) look() {
	h.T.Helper()
	h.Do(nil, h.zones.Follow(h.T.Context()))
}

// guest is somebody of the department of light.
func (h *house) guest(name string, role people.Role) pagetest.Visitor {
	h.T.Helper()
	return h.SignIn(h.Person("light", people.Particulars{Name: name, UserName: strings.ToLower(name)}, people.Grant{Role: role, Organisation: "light"}))
}

// added is the address of the page of a zone that somebody has added.
func (h *house) added(v pagetest.Visitor, name string) string {
	h.T.Helper()
	v.Answer("/name-servers/add", "name", name, "organisation", "light").Shows(200, "Secrets of "+name)
	h.look()
	at := v.Get("/name-servers").Shows(200, name).Hrefs("/name-servers/")
	return at[slices.IndexFunc(at, func(to string) bool { return to != "/name-servers/add" })]
}

// TestFetched: the page says by which secret a zone was fetched, and whether that is what it says now.
func TestFetched(t *testing.T) {
	each(t, func(h *house) {
		keeper := h.guest("Kay", people.DeviceAdministrator)
		at := h.added(keeper, "rpz.light.example")
		keeper.Get(at).Shows(200, "Last fetched", "never").Lacks("In force")
		h.zones.Took("key1.rpz.light.example.", "rpz.light.example.", 7)
		h.Do(nil, h.zones.WriteFetched(h.T.Context()))
		keeper.Get(at).Shows(200, "never", "Earlier").Lacks("In force") // by its address, and by its key
		h.zones.Took("key1.rpz.light.example.", "rpz.light.example.", h.zones.Zone("rpz.light.example.").Serial)
		h.Do(nil, h.zones.WriteFetched(h.T.Context()))
		keeper.Get(at).Shows(200, "never", "In force").Lacks("Earlier")
	})
}

// TestKeeping adds a zone, changes who is told, draws its secrets anew and ends it, all in a browser.
func TestKeeping(t *testing.T) {
	each(t, func(h *house) {
		keeper := h.guest("Kay", people.DeviceAdministrator)
		keeper.Get("/name-servers").Shows(200, "There is no zone", "Add the first zone")
		keeper.Get("/name-servers/add").Shows(200, "Department of Light").Lacks("Department of Justice")
		keeper.Answer("/name-servers/add").FaultsAt("name", "organisation")
		keeper.Answer("/name-servers/add", "name", "rpz", "organisation", "light", "notify", "ns.example", "unsigned", "192.0.2.1:x").FaultsAt("notify", "unsigned")
		keeper.Answer("/name-servers/add", "name", "rpz", "organisation", "light").FaultsAt("name")
		p := keeper.Answer("/name-servers/add", "name", "rpz.light.example", "organisation", "light", "notify", "192.0.2.53\n[2001:db8::53]:5353", "unsigned", "192.0.2.54")
		p.Shows(200, "Secrets of rpz.light.example", "They are shown this once", "https://apps.example.gov/zones/", `zone "rpz.light.example" {`, "primaries { 192.0.2.9 port 5353 key \"key1.rpz.light.example\"; };",
			`response-policy { zone "rpz.light.example" min-update-interval 0; };`, `url: "https://apps.example.gov/zones/`, "policy.add(policy.rpz(policy.DENY, '/var/lib/knot-resolver/rpz.light.example.zone', true))").Lacks("SECRET")
		secrets := h.secrets(p)
		h.look()
		keeper.Answer("/name-servers/add", "name", "RPZ.light.example", "organisation", "light").FaultsAt("name")
		list := keeper.Get("/name-servers").Shows(200, "rpz.light.example", "Department of Light", "2\u00a0March\u00a02026", "3 name servers", "none")
		at := list.Hrefs("/name-servers/")[1]
		zone := keeper.Get(at).Shows(200, "Last changed", "By the decisions up to", "192.0.2.53:53", "[2001:db8::53]:5353", "192.0.2.54:53, without a key", "No network passes", "key1.rpz.light.example", "SECRET", "ADDRESS-OF-THE-TEXT")
		for _, secret := range secrets {
			zone.Lacks(secret)
			list.Lacks(secret)
		}
		keeper.Get(at + "/change").Shows(200).Has("192.0.2.53:53\n[2001:db8::53]:5353")
		keeper.LeadsTo(keeper.Answer(at+"/change", "notify", "192.0.2.60"), at+"?done=changed").Shows(200, "has been changed", "192.0.2.60:53", "192.0.2.54:53, without a key").Lacks("192.0.2.53:53")
		stale := keeper.Get(at+"/change").Filled("notify", "192.0.2.61")
		keeper.Leads(keeper.Answer(at+"/change", "notify", ""), at)
		keeper.Send(at+"/change", stale).Shows(422, "was changed meanwhile", "192.0.2.61")
		for _, page := range []string{"/change", "/rotate", "/end"} {
			keeper.Post(at+page, "notify", "192.0.2.7", "secrets", "key", "hours", "1").Shows(422, "arrived damaged")
		}
		keeper.Answer(at + "/rotate").FaultsAt("secrets")
		keeper.Answer(at+"/rotate", "secrets", "key", "hours", "721").FaultsAt("hours")
		p = keeper.Answer(at+"/rotate", "secrets", "key", "hours", "2").Shows(200, "key2.rpz.light.example", "BIND").Lacks("Unbound")
		keeper.Get(at).Shows(200, "key2.rpz.light.example", "14:00").Lacks(h.secrets(p)[0])
		keeper.Answer(at+"/rotate", "secrets", "address", "hours", "0").Shows(200, "https://apps.example.gov/zones/", "Unbound").Lacks("BIND")
		keeper.Get(at+"/end").Shows(200, "End this zone?", "four weeks")
		keeper.LeadsTo(keeper.Answer(at+"/end"), "/name-servers?done=ended").Shows(200, "The zone has ended", "There is no zone")
		keeper.Get(at).Shows(403)
	})
}

// secrets are what a page shows to be copied.
func (h *house) secrets(p pagetest.Page) (found []string) {
	h.T.Helper()
	for i, part := range strings.Split(p.Body, `data-copy="`) {
		if value, _, _ := strings.Cut(part, `"`); i > 0 && !strings.HasSuffix(value, ".example") {
			found = append(found, value)
		}
	}
	if len(found) == 0 {
		h.T.Fatal("no secrets are shown")
	}
	return found
}

// TestPassing has a network pass by two people, and no longer by one; the page says the same to each what they can do.
func TestPassing(t *testing.T) {
	each(t, func(h *house) {
		keeper, approver, officer, auditor := h.guest("Kay", people.DeviceAdministrator), h.guest("Abe", people.Approver), h.guest("Olive", people.SecurityOfficer), h.guest("Aude", people.Auditor)
		at := h.added(keeper, "rpz.light.example")
		approver.Get("/").Shows(200).Lacks("Answer who asks")
		keeper.Answer(at + "/networks/add").FaultsAt("network")
		keeper.Answer(at+"/networks/add", "network", "192.0.2.0/24").FaultsAt("until", "reason")
		keeper.Answer(at+"/networks/add", "network", "0.0.0.0/0", "reason", "r", "until-day", "1", "until-month", "4", "until-year", "2027").FaultsAt("network", "until")
		stale := keeper.Get(at+"/networks/add").Filled("network", "198.51.100.0/24", "reason", "r", "until-day", "1", "until-month", "4", "until-year", "2026")
		ask := func(v pagetest.Visitor, network string) pagetest.Page {
			h.T.Helper()
			h.Clock.Advance(time.Second)
			return v.LeadsTo(v.Answer(at+"/networks/add", "network", network, "reason", "the press office", "until-day", "1", "until-month", "4", "until-year", "2026"), at+"?done=proposed")
		}
		back := ask(keeper, "192.0.2.77/24").Shows(200, "192.0.2.0/24", "Waits", "the press office", "by Kay", "1\u00a0April\u00a02026").Hrefs(at + "/networks/")
		keeper.Send(at+"/networks/add", stale).Shows(422, "was changed meanwhile", "198.51.100.0/24")
		answer := approver.Get(at).Shows(200).Lacks("Propose a network").Hrefs(at + "/networks/")
		if len(back) != 2 || !strings.HasSuffix(back[1], "/take-back") || len(answer) != 1 || !strings.HasSuffix(answer[0], "/answer") {
			h.T.Fatalf("the pages lead to %q and %q", back, answer)
		}
		approver.Get("/").Shows(200, "Answer who asks that a network pass rpz.light.example").Has(at)
		auditor.Get(at).Shows(200, "Waits").HasNo("/answer", "/take-back", at+"/end")
		keeper.Get("/").Lacks("Answer who asks")
		keeper.Get(answer[0]).Shows(403)
		keeper.LeadsTo(keeper.Answer(back[1]), at+"?done=back").Shows(200, "You have taken it back", "Taken back")
		approver.Get(answer[0]).Shows(200, "answered already")
		approver.Post(answer[0], "version", "3", "answer", "agreed").Shows(422, "answered already")

		own := ask(officer, "192.0.2.0/24").Hrefs(at + "/networks/")[1]
		own = strings.TrimSuffix(own, "/take-back") + "/answer"
		officer.Get(own).Shows(200, "You have proposed this yourself").Lacks("Do you agree?")
		officer.Post(own, "version", "4", "answer", "agreed").Shows(403)
		approver.Get(own).Shows(200, "A network is to pass", "192.0.2.0/24", "256 addresses", "the press office", "by Olive", "Department of Light")
		approver.Post(own, "answer", "agreed").Shows(422, "arrived damaged")
		approver.Answer(own).FaultsAt("answer")
		approver.Answer(own, "answer", "refused").FaultsAt("why")
		old := approver.Get(own).Filled("answer", "agreed")
		other := ask(keeper, "198.51.100.0/24").Hrefs(at + "/networks/")[1]
		approver.Send(own, old).Shows(422, "was changed meanwhile", "Do you agree?")
		approver.LeadsTo(approver.Answer(own, "answer", "agreed", "why", "typed before"), at+"?done=agreed").Shows(200, "You have agreed", "Passes", "by Abe")
		other = strings.TrimSuffix(other, "/take-back") + "/answer"
		approver.LeadsTo(approver.Answer(other, "answer", "refused", "why", "too many"), at+"?done=refused").Shows(200, "Refused", "“too many”")
		keeper.Get("/name-servers").Shows(200, "1 network").Lacks("waits")

		stop := keeper.Get(at).Hrefs(at + "/networks/")
		keeper.Get(stop[1]).Shows(200, "Stop this network from passing?", "192.0.2.0/24")
		keeper.LeadsTo(keeper.Answer(stop[1]), at+"?done=stopped").Shows(200, "Stopped", "by Kay")
		keeper.Answer(stop[1]).Shows(422, "does not pass")
		approver.Get(at + "/networks/none/answer").Shows(404)
	})
}

// TestWhose: of another body's zones people learn nothing.
func TestWhose(t *testing.T) {
	each(t, func(h *house) {
		at := h.added(h.guest("Kay", people.DeviceAdministrator), "rpz.light.example")
		other := h.SignIn(h.Person("justice", people.Particulars{Name: "otto", UserName: "otto"}, people.Grant{Role: people.SecurityOfficer, Organisation: "justice"}))
		other.Get("/name-servers").Shows(200, "There is no zone").Lacks("rpz.light.example")
		for _, page := range []string{"", "/change", "/rotate", "/end", "/networks/add", "/networks/none/answer", "/networks/none/take-back", "/networks/none/stop"} {
			other.Get(at + page).Shows(403).Lacks("rpz.light.example")
		}
	})
}

// TestInABrowser looks at the pages, on a desk and on a phone.
func TestInABrowser(t *testing.T) {
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas))
	officer, keeper := h.guest("Olive", people.SecurityOfficer), h.guest("Kay", people.DeviceAdministrator)
	w := h.Walk()
	w.Enter(keeper)
	w.Look("/name-servers", "zones-none")
	at := h.added(keeper, "rpz.light.example")
	for _, network := range []string{"192.0.2.0/24", "2001:db8:1234:5678::/64"} {
		h.Clock.Advance(time.Second)
		keeper.Leads(keeper.Answer(at+"/networks/add", "network", network, "reason", "The press office watches what is said there", "until-day", "1", "until-month", "4", "until-year", "2026"), at)
	}
	answers := officer.Get(at).Hrefs(at + "/networks/")
	officer.Leads(officer.Answer(answers[1], "answer", "agreed"), at)
	for name, path := range map[string]string{"zones": "/name-servers", "zone": at, "zone-add": "/name-servers/add", "zone-rotate": at + "/rotate", "zone-end": at + "/end", "network-add": at + "/networks/add"} {
		w.Look(path, name)
	}
	w.Go("/name-servers/add")
	w.Type("#name", "rpz.signals.example")
	w.Type("#organisation", "Department of Light")
	w.Submit("main form button")
	w.Seen("zone-secrets")
	w.Enter(officer)
	for _, to := range officer.Get(at).Hrefs(at + "/networks/") {
		w.Look(to, "network-"+to[strings.LastIndexByte(to, '/')+1:])
	}
}
