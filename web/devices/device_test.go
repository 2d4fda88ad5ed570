package devices_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	rooms "portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/people"
	"portcullis/policy"
)

func TestDeviceList(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer, auditor := q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.Auditor, people.Everywhere)
		q.told(rooms.Report{Host: "new/phone?", Name: "Front <desk>", Organisation: "dept-a", Ownership: policy.Personal, Platform: policy.IOS})
		list := officer.Get("/devices").Shows(200, "Add a device", "4 devices", "a1", "Front <desk>", "Heard from just now", "Not judged", "Harbour Office").Lacks("b1")
		list.Has(`href="/devices/new%2Fphone%3F"`)
		if row := list.Row("a1"); !strings.Contains(row, "Never heard from") {
			t.Errorf("the row of a device that never reported: %s", row)
		}
		auditor.Get("/devices").Shows(200, "Equipment", "Does not report").Lacks("Add a device")
		auditor.Get("/devices?only=breach").Shows(200, "b1").Lacks("new/phone")
		auditor.Get("/devices?q=Front&ownership=personal").Shows(200, "Front <desk>").Lacks(">a1<")
		auditor.Get("/devices?platform=equipment").Shows(200, "b2").Lacks(">a1<")
		auditor.Get("/devices?q=zzz").Shows(200, "No device fits", "Show all devices")
		auditor.Get("/devices?state=retired").Shows(200, "No device fits")
		officer.Get("/devices?organisation=dept-b").Shows(403)
		q.guest(people.Staff, "dept-a").Get("/devices").Shows(403)
	})
}

func TestDevicePage(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer, auditor := q.guest(people.SecurityOfficer, "gov"), q.guest(people.Auditor, people.Everywhere)
		one := officer.Get("/devices/b1").Shows(200, "Department of Light", "Android, corporate", "Parrot Chat 2", "Banned, and in breach", "it listens", "minister", "Parrot Chat → Umber Apps Ltd → Umber Group",
			"world", "What was known when", "always").Lacks("non-compliant")
		one.Has(`href="/rules/ban-b"`, `href="/apps/parrot"`, `href="/devices/b1/why?thing=`, `href="/devices/b1/move"`, `href="/devices/b1/release"`)
		auditor.Get("/devices/b1").Shows(200).Lacks("/devices/b1/move", "Forget")
		auditor.Get("/devices/b2").Shows(200, "Equipment", "s1", "Cam 2")
		auditor.Get("/devices/nothing").Shows(404, "There is no device nothing here")
		q.guest(people.Auditor, "dept-a").Get("/devices/b1").Shows(404, "There is no device b1 here")
		auditor.Get("/devices/b1/why?thing=x").Shows(404)
		auditor.Get("/devices/b1/why?thing=4000000000").Shows(404)

		q.told(rooms.Report{Host: "add", Organisation: "dept-a", Ownership: policy.Personal, Platform: policy.IOS})
		officer.Get("/devices/~add").Shows(200, "Nothing that is installed on it is stored", "their business").Lacks("Everything on it")
		q.told(rooms.Report{Host: "..", Organisation: "dept-a", Ownership: policy.ManagedPersonal, Platform: policy.IOS})
		officer.Get("/devices/~..").Shows(200, "Only what is said to be managed is stored")
	})
}

func TestDevicePast(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor := q.guest(people.Auditor, people.Everywhere)
		auditor.Get("/devices/b1/past").Shows(200, "On Sunday 1\u00a0March, as we know it now", "Parrot Chat", "In\u00a0breach")
		then := auditor.Get("/devices/b1/past?at-day=3&at-month=12&at-year=2025").Shows(200, "On Wednesday 3\u00a0December\u00a02025", "Not on the list").Lacks("Banned, and")
		_, href, _ := strings.Cut(then.Body, `href="/devices/b1/why`)
		href, _, _ = strings.Cut(href, `"`)
		why := auditor.Get("/devices/b1/why"+html.UnescapeString(href)).Shows(200, "Why this is said of it", "Everything on it on that day")
		why.Has("at-year=2025")
		auditor.Get("/devices/b1/past?known-day=3&known-month=12&known-year=2025").Shows(200, "as it was known on Wednesday 3\u00a0December\u00a02025", "It was not known to be here then")
		auditor.Get("/devices/b1/past?at-day=31&at-month=2&at-year=2026").Shows(422, "Give a day that exists")
		auditor.Get("/devices/b1/past?at-day=1&at-month=2&at-year=2031").Shows(422, "give a day that has come")
		auditor.Get("/devices/nothing/past").Shows(404)
		auditor.Get("/devices/nothing/past?at-day=31&at-month=2&at-year=2026").Shows(404)
	})
}

func TestChangingDevices(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer := q.guest(people.SecurityOfficer, "gov")
		officer.answer("/devices/add", "id", "x1", "platform", "ios").Shows(422, "Choose the organisation")
		officer.answer("/devices/add", "id", "a1", "organisation", "dept-a", "platform", "ios").Shows(422, "this id already")
		added := officer.Leads(officer.answer("/devices/add", "id", "x1", "name", "Tablet", "organisation", "dept-b", "platform", "ios", "ownership", "corporate", "groups", "press\r\n\r\nboat"), "/devices/x1?done=added")
		added.Shows(200, "The device has been added", "Tablet", "boat, press", "No tool has sent an inventory")
		officer.Get("/devices/x1/change").Shows(200, "Group: press")

		stale := officer.Get("/devices/x1/change")
		changed := officer.Leads(officer.answer("/devices/x1/change", "name", "Tablet 2", "holder", "p1", "groups", "press"), "/devices/x1?done=changed")
		changed.Shows(200, "Tablet 2", "held by p1")
		officer.Send("/devices/x1/change", stale.Filled("name", "Tablet 3")).Shows(422, "since you opened it", "This is how it is now", "Tablet 3")
		officer.Post("/devices/x1/change", "version", "x", "name", "Tablet 3").Shows(422, "arrived damaged")

		officer.Leads(officer.answer("/devices/x1/move", "organisation", "dept-a", "from-day", "27", "from-month", "2", "from-year", "2026"), "/devices/x1?done=moved").Shows(200, "Harbour Office")
		officer.answer("/devices/x1/move", "organisation", "dept-b", "from-day", "27", "from-month", "2", "from-year", "2027").Shows(422, "a day that has come")
		officer.answer("/devices/x1/move").Shows(422, "Choose the organisation")

		officer.answer("/devices/x1/state").Shows(422, "Choose what has become of it")
		officer.answer("/devices/x1/state", "state", "replaced", "replacedBy", "zz").Shows(422, "There is no device zz here")
		officer.Leads(officer.answer("/devices/x1/state", "state", "replaced", "replacedBy", "a1"), "/devices/x1?done=replaced").Shows(200, "Replaced by", "Return it to use", "nothing is judged").Has(`href="/devices/a1"`)
		officer.Get("/devices?state=replaced").Shows(200, "Tablet 2")
		officer.Leads(officer.answer("/devices/x1/state", "state", "in-use"), "/devices/x1?done=in-use").Shows(200, "The device is in use again")

		forget := "/devices/b1/forget?" + url.Values{"source": {"world"}}.Encode()
		officer.Get(forget).Shows(200, "2 apps that it alone names are")
		officer.Leads(officer.answer(forget), "/devices/b1?done=forgotten").Shows(200, "Nothing is known to be installed")
		officer.Get(forget).Shows(404)

		admin := q.guest(people.DeviceAdministrator, "dept-a")
		for _, what := range []string{"change", "move", "state", "release", "take-back"} {
			admin.Get("/devices/b1/"+what).Shows(http.StatusNotFound, "There is no device b1 here")
		}
		admin.Get("/devices/a1/answer").Shows(http.StatusForbidden)

		// Who may change devices of one body, and look at those of all, is told at once.
		entry, err := q.People.Enter(t.Context(), admin.Actor(), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.People.GiveRole(t.Context(), pagetest.Command, entry.Who.Person, people.Grant{Role: people.Auditor, Organisation: "gov"}, people.Period{}); err != nil {
			t.Fatal(err)
		}
		admin.Get("/devices/b1/state").Shows(http.StatusForbidden, "You may look at this device")
	})
}

func TestReleasingDevices(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer, approver := q.guest(people.SecurityOfficer, "gov"), q.guest(people.Approver, "gov")
		approver.Get("/devices/releases").Shows(200, "Nothing waits for an answer")
		approver.Get("/devices/b1/answer").Shows(404, "Nothing about this device waits")
		officer.answer("/devices/b1/release", "ownership", "personal").Shows(422, "Say why")
		officer.answer("/devices/b1/release", "reason", "sold").Shows(422, "choose what it is to be")
		asked := officer.Leads(officer.answer("/devices/b1/release", "ownership", "personal", "reason", "sold to its holder"), "/devices/b1?done=asked")
		asked.Shows(200, "Nothing changes until somebody else agrees", "“sold to its holder”", "Take it back").Lacks("Agree or refuse", "It becomes personal")
		approver.Get("/devices/releases").Shows(200, "b1", "Waits", "sold to its holder")
		approver.Get("/devices/b1").Shows(200, "Agree or refuse")
		officer.answer("/devices/b1/answer", "answer", "agree").Shows(403, "proposed this yourself")
		approver.answer("/devices/b1/answer").Shows(422, "Choose one of the two")
		approver.answer("/devices/b1/answer", "answer", "refuse").Shows(422, "Say why")
		form := approver.Get("/devices/b1/answer")
		officer.Leads(officer.answer("/devices/b1/take-back"), "/devices/b1?done=back").Shows(200, "taken back")
		approver.Send("/devices/b1/answer", form.Filled("answer", "agree")).Shows(422, "answered already")

		officer.Leads(officer.answer("/devices/b1/release", "ownership", "personal", "reason", "sold"), "/devices/b1?done=asked")
		done := approver.Leads(approver.answer("/devices/b1/answer", "answer", "agree"), "/devices/b1?done=agreed")
		done.Shows(200, "You have agreed", "Nothing that is installed on it is stored", "Agreed", "while it belonged to an organisation").Lacks("Everything on it", "What came and went", "Parrot")
		approver.Get("/devices/releases?show=all").Shows(200, "Agreed", "Taken back")
	})
}
