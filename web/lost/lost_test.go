package lost_test

import (
	"crypto/rand"
	"net/http"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/devices"
	rooms "portcullis/enforce"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/lost"
	"portcullis/web/ui"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, rooms.Schema}
)

// house is the pages over a body with a Mac, which its holder has and a device manager reaches.
type house struct {
	*pagetest.House
	managed *rooms.Managed
}

func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		h := &house{House: pagetest.New(t, open, noon, people.Kinds, register.Kinds, devices.Kinds, rooms.Kinds)}
		things := h.Devices()
		h.Import(things, `
organisations:
  - {id: gov, name: Government}
  - {id: light, name: Department of Light, parent: gov}
  - {id: justice, name: Department of Justice, parent: gov}
hosts:
  - {id: mac-1, kind: device, organisation: light, platform: macos, holder: hilda}
  - {id: bare, kind: device, organisation: light, platform: macos}
`)
		roomtest.Follow(t, things)
		intake, agents := devices.NewIntake(things, h.Clock.Now), rooms.NewAgents(h.People, things.Fleet, h.Clock.Now)
		roomtest.Run(t, intake.Run, agents.Run)
		outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: h.People.Ledger, Chance: rand.Reader})
		h.Do(outbox, err)
		room := &rooms.Room{People: h.People, Fleet: things.Fleet, Outbox: outbox}
		made, err := h.People.MakeToken(t.Context(), pagetest.Command, "manager", people.Grant{Role: people.DeviceAdministrator, Organisation: "light"}, people.Time{})
		h.Do(made, err)
		h.managed = rooms.NewManaged(room, agents, intake, made.Secret, "apple-declaration")
		h.Do(nil, h.managed.Enrolled(t.Context(), "mac-1", "", policy.MacOS, h.Clock.Now(), ""))
		area := lost.Area{Enforce: room, Devices: things, People: h.People}
		today := func(w http.ResponseWriter, r *http.Request) error {
			waits, err := area.Today(r)
			if err != nil {
				return err
			}
			return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Today", Content: []ui.Component{waits}})
		}
		h.Serve(nil, append(lost.Routes(area), gate.Route{Pattern: "GET /{$}", Permission: people.Own, Handler: ui.Handler(today)})...)
		test(h)
	})
}

// guest is somebody of the department of light.
func (h *house) guest(name string, grants ...people.Grant) pagetest.Visitor {
	h.T.Helper()
	return h.SignIn(h.Person("light", people.Particulars{Name: name, UserName: name, Mail: name + "@light.example"}, grants...))
}

// TestLost: a holder locks their device and asks for it to be erased; somebody else agrees; the page says what is known
// of it, and no more.
func TestLost(t *testing.T) {
	each(t, func(h *house) {
		holder := h.guest("hilda")
		second := h.guest("sam", people.Grant{Role: people.SecurityOfficer, Organisation: "light"})
		path := lost.Path("mac-1")
		holder.Get("/lost").Shows(200, "Which one is it?").Has(path).HasNo(lost.Path("bare"))
		second.Get("/lost").Shows(200, "No device is known here as yours")
		holder.Get(path).Shows(200, "Lost or stolen", "two people decide").Lacks("What was asked for")
		holder.Answer(path).FaultsAt("action")
		holder.Answer(path, "action", "lock").FaultsAt("reason")
		p := holder.LeadsTo(holder.Answer(path, "action", "lock", "reason", "left on the 12:04 train"), path+"?done=lock")
		p.Shows(200, "The device is to be locked", "To be sent", "left on the 12:04 train").Lacks("PIN")
		second.Get(path).Shows(200, "It opens again with the PIN")
		holder.Answer(path, "action", "lock", "reason", "again").Shows(422, "asked for already")

		due, err := h.managed.Due(t.Context())
		h.Do(due, err)
		h.Do(nil, h.managed.Sent(t.Context(), due[0].ID))
		holder.Get(path).Shows(200, "Sent, and nothing heard")
		h.Do(nil, h.managed.Did(t.Context(), "mac-1", due[0].ID, "the device answered Error"))
		holder.Get(path).Shows(200, "Not done", "the device answered Error")

		p = holder.LeadsTo(holder.Answer(path, "action", "erase", "reason", "it is not coming back"), path+"?done=erase")
		at := p.Shows(200, "Waits for a second person").Hrefs(path + "/")
		if len(at) != 1 {
			t.Fatalf("the page leads to %q", at)
		}
		holder.Get(at[0]).Shows(200, "Take back what you have asked for")
		second.Get("/").Shows(200, "Lost or stolen", "Erase mac-1?", "Asked for just now").Has(`href="` + at[0] + `"`).Lacks("it is not coming back")
		for _, v := range []pagetest.Visitor{holder, h.guest("nobody")} {
			v.Get("/").Shows(200).Lacks("Erase")
		}
		second.Get(at[0]).Shows(200, "This device is to be erased", "it is not coming back")
		second.Answer(at[0]).FaultsAt("answer")
		second.Answer(at[0], "answer", "refused").FaultsAt("why")
		second.LeadsTo(second.Answer(at[0], "answer", "agreed", "why", "typed before"), path+"?done=agreed").Shows(200, "You have agreed", "To be sent")
		second.Answer(at[0], "answer", "agreed").Shows(422, "answered already")
		second.Get("/").Shows(200).Lacks("Erase")
	})
}

// TestWhose: of a device that is not theirs people learn nothing; who may look at it and not change it is told so.
func TestWhose(t *testing.T) {
	each(t, func(h *house) {
		path := lost.Path("mac-1")
		other := h.SignIn(h.Person("justice", people.Particulars{Name: "otto", UserName: "otto"}, people.Grant{Role: people.SecurityOfficer, Organisation: "justice"}))
		for _, v := range []pagetest.Visitor{h.guest("nobody"), other} {
			v.Get(path).Shows(404).Lacks("Department of Light")
			v.Post(path, "action", "lock", "reason", "mine").Shows(404)
		}
		auditor := h.guest("aude", people.Grant{Role: people.Auditor, Organisation: "light"})
		auditor.Get(path).Shows(200, "You may look at this device")
		officer := h.guest("olive", people.Grant{Role: people.SecurityOfficer, Organisation: "light"})
		officer.Answer(lost.Path("bare"), "action", "lock", "reason", "gone").Shows(422, "not enrolled with the device manager")
		holder := h.guest("hilda")
		p := holder.Answer(path, "action", "erase", "reason", "gone")
		at := holder.LeadsTo(p, path+"?done=erase").Hrefs(path + "/")
		holder.LeadsTo(holder.Answer(at[0]), path+"?done=taken-back").Shows(200, "Taken back")
		officer.Get(path + "/none").Shows(404)
	})
}
