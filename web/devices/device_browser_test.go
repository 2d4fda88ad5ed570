package devices_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	rooms "portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/people"
	"portcullis/policy"
)

// harboured is a walk through a government's devices, with a history, with an officer signed in.
func harboured(t *testing.T) (q *quay, w *pagetest.Walk) {
	t.Helper()
	q = quayOver(t, inSQLite(t), coast)
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
	officer.Leads(officer.answer("/devices/3F9A-77C2-0041/change", "name", reports[0].Name, "holder", "d.lund", "groups", "bridge"), "/devices/")
	approver.Leads(approver.answer("/devices/3F9A-77C2-0041/release", "ownership", "managed-personal", "reason", "It was sold to its holder, who keeps the managed part until June."), "/devices/")
	officer.Leads(officer.answer("/devices/3F9A-77C2-0043/state", "state", "lost"), "/devices/")
	q.Clock.Advance(9 * 24 * time.Hour)
	return q, q.walk(q.guest(people.SecurityOfficer, "gov"))
}

func TestDevicesInABrowser(t *testing.T) {
	q, w := harboured(t)
	one, err := q.devices.One(t.Context(), pagetest.Command, "3F9A-77C2-0041")
	if err != nil {
		t.Fatal(err)
	}
	device := "/devices/3F9A-77C2-0041"
	for name, address := range map[string]string{
		"devices": "/devices", "devices-none": "/devices?q=zzz&only=silent", "devices-add": "/devices/add", "devices-releases": "/devices/releases",
		"device": device, "device-change": device + "/change", "device-move": device + "/move", "device-state": device + "/state", "device-answer": device + "/answer",
		"device-past": device + "/past", "device-past-then": device + "/past?at-day=2&at-month=3&at-year=2026&known-day=28&known-month=2&known-year=2026",
		"device-why": device + "/why?thing=" + strconv.Itoa(int(one.Installed[0].Thing)), "device-forget": device + "/forget?source=scanner", "device-personal": "/devices/own-phone", "device-propose": "/devices/a1/release",
	} {
		w.Look(address, name)
	}
	w.Go("/devices/own-phone/state")
	w.Click("input[value=replaced]")
	w.Submit("main form[method=post] button")
	if title := w.Title(); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	w.Accessible()
	w.Shot("device-state-error-wide")
	w.Type("#replacedBy", "3F9A-77C2-0042")
	w.Submit("main form[method=post] button")
	w.Accessible()
	w.Shot("device-replaced-wide")
}
