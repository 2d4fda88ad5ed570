package enforce_test

import (
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	lists "portcullis/enforce"
	"portcullis/internal/agreed"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/platform/santa"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// macs are the Macs of a house, which sync with Santa's server over the same database.
type macs struct {
	*house
	agents *lists.Agents
	santa  *lists.Santa
	token  people.Made
}

func (h *house) macs() *macs {
	h.T.Helper()
	things := h.room.Devices
	m := &macs{house: h, agents: lists.NewAgents(h.People, things.Fleet, h.Clock.Now)}
	intake := devices.NewIntake(things, h.Clock.Now)
	m.santa = lists.NewSanta(&lists.Room{People: h.People, Fleet: things.Fleet}, m.agents, intake, h.Clock.Now)
	roomtest.Run(h.T, m.agents.Run, intake.Run)
	var err error
	m.token, err = h.People.MakeToken(h.T.Context(), roomtest.Command, "keys", people.Grant{Role: people.DeviceAdministrator, Organisation: "light"}, store.Time{})
	h.Do(m.token, err)
	return m
}

// mac is one Mac with Santa.
type mac struct {
	*macs
	actor people.Actor
	rules []santa.Rule
	mode  santa.Mode
}

func (m *macs) mac(id string) *mac {
	return &mac{macs: m, actor: people.Actor{Agent: people.Agent{Token: m.token.ID, Host: id, Key: people.DeviceKey(m.token.Secret, id, 0)}}, mode: santa.Monitor}
}

// sync is a sync of a Mac, to its end or, where it breaks off, until it has been given rules.
func (m *mac) sync(whole bool) {
	h, ctx := m.house, m.T.Context()
	h.T.Helper()
	enter := func(begins bool) *lists.Visit {
		v, err := m.santa.Enter(ctx, m.actor, begins)
		h.Do(v, err)
		return v
	}
	machine := "M-" + m.actor.Agent.Host
	answer, err := m.santa.Preflight(ctx, enter(true), machine, santa.Preflight{Machine: machine, Mode: m.mode, Counts: santa.Count(m.rules)})
	h.Do(answer, err)
	page, err := m.santa.Download(ctx, enter(false), machine, santa.Download{Machine: machine}, santa.Protobuf)
	h.Do(page, err)
	given, err := santa.ReadRules(page)
	h.Do(given, err)
	if !whole {
		return
	}
	if answer.Type == santa.Clean {
		m.rules = nil
	}
	m.rules, m.mode = santa.Apply(m.rules, given), answer.Mode
	n := uint32(len(given))
	h.Do(nil, m.santa.Postflight(ctx, enter(false), machine, santa.Postflight{Machine: machine, Received: n, Processed: n, Type: answer.Type}))
	h.Clock.Advance(2 * time.Second)
	h.Do(nil, m.agents.Flush(ctx))
}

// bans decides a ban of Tide Maps, which is an app of Macs as well.
func (h *house) bans(r policy.Rule) string {
	h.T.Helper()
	r.Effect, r.Target, r.Clearance, r.Reason = policy.Ban, policy.Target{Product: "maps"}, policy.ClearanceNone, "It sends contacts abroad"
	r.From = h.Clock.Now()
	made, err := (agreed.Register{Room: &register.Room{People: h.People}}).AddRule(h.T.Context(), roomtest.Command, r)
	h.Do(made, err)
	h.follow()
	return made.ID
}

// TestUptake follows a ban on its page until both Macs have confirmed it.
func TestUptake(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere)
		m := h.macs()
		one, two := m.mac("mac-1"), m.mac("mac-2")
		for _, mac := range []*mac{one, two, one, two} {
			mac.sync(true)
		}
		id := h.bans(policy.Rule{Scope: "gov"})
		path := "/rules/" + id + "/uptake"
		officer.Get("/rules/"+id).Shows(200, "Which devices have it, and which do not").Has(`href="` + path + `"`)
		officer.Get(path).Shows(200, "How it takes hold", "Bans Tide Maps", "No device that can tell has been offered a list with it yet", "Of 3 devices that can tell none has confirmed it yet", "By no devices", "Cannot tell", "Silence is unknown", "Personal devices are not counted").
			Has(`href="/devices?organisation=light"`).Lacks("Expiry unconfirmed", "add-ons of browsers")
		h.Clock.Advance(5 * time.Minute)
		one.sync(true)
		two.sync(false)
		officer.Get(path).Shows(200, "confirmed by 1 of 3.")
		two.sync(true)
		officer.Get(path).Shows(200, "confirmed by 2 of 3.", "What counts as confirmed", "Santa says after a sync", "which 1 never asked here for a list").Lacks("No device that can tell has been offered")

		officer.Get(path).Lacks("Since the end of the line nothing has changed.")
		h.Clock.Advance(90 * time.Minute)
		officer.Get(path).Shows(200, "Since the end of the line nothing has changed.")

		justice := h.guest(people.Auditor, "justice")
		justice.Get(path).Shows(200, "None of the devices that must have it can tell by itself", "Department of Justice").Lacks("Department of Light")
		officer.Get("/rules/none/uptake").Shows(404)

		// An exemption that ended by time is unconfirmed where nothing tells.
		officer.Get("/exemptions/press/uptake").Shows(200, "How it takes hold", "Exemption: Parrot Chat", "Cannot tell")
		h.Clock.Advance(90 * 24 * time.Hour)
		h.follow()
		officer = h.guest(people.SecurityOfficer, "light")
		officer.Get("/exemptions/press/uptake").Shows(200, "How its end takes hold", "Expiry unconfirmed", "Its expiry is unconfirmed on 1 device")
		justice = h.guest(people.SecurityOfficer, "justice")
		justice.Get("/exemptions/press/uptake").Shows(403)
		later, err := (agreed.Register{Room: &register.Room{People: h.People}}).AddRule(t.Context(), roomtest.Command, policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "notes"}, Scope: "gov", Clearance: policy.ClearanceNone, Reason: "later",
			Period: policy.Period{From: h.Clock.Now().Add(48 * time.Hour)}})
		h.Do(later, err)
		h.follow()
		officer.Get("/rules/"+later.ID+"/uptake").Shows(200, "It has not begun: no device has it yet.", "Begins")
	})
}

// TestUptakeInABrowser signs a ban, has Macs fetch and confirm it, and reads the chart and its table.
func TestUptakeInABrowser(t *testing.T) {
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas), government)
	officer := h.guest(people.CentreOfficer, people.Everywhere)
	m := h.macs()
	all := []*mac{m.mac("mac-1"), m.mac("mac-2"), m.mac("mac-3")}
	for range 2 {
		for _, mac := range all {
			mac.sync(true)
		}
	}
	id := h.bans(policy.Rule{Scope: "gov"})
	path := "/rules/" + id + "/uptake"
	w := h.Walk()
	w.Enter(officer)
	says := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			if main := w.Text("main"); !strings.Contains(main, text) {
				t.Errorf("the page does not say %q: %s", text, main)
			}
		}
	}
	w.Look(path, "uptake-none")
	says("Of 4 devices that can tell none has confirmed it yet.")
	h.Clock.Advance(4 * time.Minute)
	all[0].sync(true)
	h.Clock.Advance(3 * time.Minute)
	all[1].sync(true)
	all[2].sync(false)
	w.Look(path, "uptake-some")
	w.Click("main details summary")
	w.Seen("uptake-table")
	says("confirmed by 2 of 4.", "4 devices can tell", "Still missing", "Department of Light, Fog and Signals", "Cannot tell")
	if drawing := w.Text("main figure"); !strings.Contains(drawing, "4 devices can tell") {
		t.Errorf("the drawing says %s", drawing)
	}
	if rows := w.Text("main details table"); !strings.Contains(rows, "12:04") || !strings.Contains(rows, "12:07") {
		t.Errorf("the table says %s", rows)
	}
	all[2].sync(true)
	h.Clock.Advance(20 * time.Minute)
	w.Go(path)
	says("confirmed by 3 of 4.")
	w.Go("/rules/" + id)
	w.Submit(`a[href$="/uptake"]`)
	says("How it takes hold")
}
