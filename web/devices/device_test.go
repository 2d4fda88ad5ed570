package devices_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	rooms "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/ui/uitest"
)

// sent are the names and values that a page's form has by itself, as a browser would send them back.
func sent(p page) (pairs []string) {
	p.t.Helper()
	elements, err := uitest.Elements(p.body)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range elements {
		if e.Name == "input" && e.Attributes["type"] == "hidden" {
			pairs = append(pairs, e.Attributes["name"], e.Attributes["value"])
		}
	}
	return pairs
}

// answer opens a question, fills it in and sends it.
func (v guest) answer(path string, pairs ...string) page {
	v.t.Helper()
	return v.post(path, append(sent(v.get(path).shows(200)), pairs...)...)
}

func TestDeviceList(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer, auditor := q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.Auditor, people.Everywhere)
		q.told(rooms.Report{Host: "new/phone?", Name: "Front <desk>", Organisation: "dept-a", Ownership: policy.Personal, Platform: policy.IOS})
		list := officer.get("/devices").shows(200, "Add a device", "4 devices", "a1", "Front <desk>", "Heard from just now", "Not judged", "Harbour Office").lacks("b1")
		list.has(`href="/devices/new%2Fphone%3F"`)
		if row := list.row("a1"); !strings.Contains(row, "Never heard from") {
			t.Errorf("the row of a device that never reported: %s", row)
		}
		auditor.get("/devices").shows(200, "Equipment", "Does not report").lacks("Add a device")
		auditor.get("/devices?only=breach").shows(200, "b1").lacks("new/phone")
		auditor.get("/devices?q=Front&ownership=personal").shows(200, "Front <desk>").lacks(">a1<")
		auditor.get("/devices?platform=equipment").shows(200, "b2").lacks(">a1<")
		auditor.get("/devices?q=zzz").shows(200, "No device fits", "Show all devices")
		auditor.get("/devices?state=retired").shows(200, "No device fits")
		officer.get("/devices?organisation=dept-b").shows(403)
		q.guest(people.Staff, "dept-a").get("/devices").shows(403)
	})
}

func TestDevicePage(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer, auditor := q.guest(people.SecurityOfficer, "gov"), q.guest(people.Auditor, people.Everywhere)
		one := officer.get("/devices/b1").shows(200, "Department of Light", "Android, corporate", "Parrot Chat 2", "Banned, and in breach", "it listens", "minister", "Parrot Chat → Umber Apps Ltd → Umber Group",
			"world", "What was known when", "always").lacks("non-compliant")
		one.has(`href="/apps/parrot"`, `href="/devices/b1/why?thing=`, `href="/devices/b1/move"`, `href="/devices/b1/release"`)
		auditor.get("/devices/b1").shows(200).lacks("/devices/b1/move", "Forget")
		auditor.get("/devices/b2").shows(200, "Equipment", "s1", "Cam 2")
		auditor.get("/devices/nothing").shows(404, "There is no device nothing here")
		q.guest(people.Auditor, "dept-a").get("/devices/b1").shows(403)
		auditor.get("/devices/b1/why?thing=x").shows(404)
		auditor.get("/devices/b1/why?thing=4000000000").shows(404)

		q.told(rooms.Report{Host: "add", Organisation: "dept-a", Ownership: policy.Personal, Platform: policy.IOS})
		officer.get("/devices/~add").shows(200, "Nothing that is installed on it is stored", "their business").lacks("Everything on it")
		q.told(rooms.Report{Host: "..", Organisation: "dept-a", Ownership: policy.ManagedPersonal, Platform: policy.IOS})
		officer.get("/devices/~..").shows(200, "Only what is said to be managed is stored")
	})
}

func TestDevicePast(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		auditor := q.guest(people.Auditor, people.Everywhere)
		auditor.get("/devices/b1/past").shows(200, "On Sunday 1\u00a0March, as we know it now", "Parrot Chat", "In\u00a0breach")
		then := auditor.get("/devices/b1/past?at-day=3&at-month=12&at-year=2025").shows(200, "On Wednesday 3\u00a0December\u00a02025", "Not on the list").lacks("Banned, and")
		_, href, _ := strings.Cut(then.body, `href="/devices/b1/why`)
		href, _, _ = strings.Cut(href, `"`)
		why := auditor.get("/devices/b1/why"+html.UnescapeString(href)).shows(200, "Why this is said of it", "Everything on it on that day")
		why.has("at-year=2025")
		auditor.get("/devices/b1/past?known-day=3&known-month=12&known-year=2025").shows(200, "as it was known on Wednesday 3\u00a0December\u00a02025", "It was not known to be here then")
		auditor.get("/devices/b1/past?at-day=31&at-month=2&at-year=2026").shows(422, "Give a day that exists")
		auditor.get("/devices/b1/past?at-day=1&at-month=2&at-year=2031").shows(422, "give a day that has come")
		auditor.get("/devices/nothing/past").shows(404)
		auditor.get("/devices/nothing/past?at-day=31&at-month=2&at-year=2026").shows(404)
	})
}

func TestChangingDevices(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer := q.guest(people.SecurityOfficer, "gov")
		officer.answer("/devices/add", "id", "x1", "platform", "ios").shows(422, "Choose the organisation")
		officer.answer("/devices/add", "id", "a1", "organisation", "dept-a", "platform", "ios").shows(422, "this id already")
		added := officer.leads(officer.answer("/devices/add", "id", "x1", "name", "Tablet", "organisation", "dept-b", "platform", "ios", "ownership", "corporate", "groups", "press\r\n\r\nboat"), "/devices/x1?done=added")
		added.shows(200, "The device has been added", "Tablet", "boat, press", "No tool has sent an inventory")
		officer.get("/devices/x1/change").shows(200, "Group: press")

		stale := sent(officer.get("/devices/x1/change"))
		changed := officer.leads(officer.answer("/devices/x1/change", "name", "Tablet 2", "holder", "p1", "groups", "press"), "/devices/x1?done=changed")
		changed.shows(200, "Tablet 2", "held by p1")
		officer.post("/devices/x1/change", append(stale, "name", "Tablet 3")...).shows(422, "since you opened it", "This is how it is now", "Tablet 3")
		officer.post("/devices/x1/change", "version", "x", "name", "Tablet 3").shows(422, "arrived damaged")

		officer.leads(officer.answer("/devices/x1/move", "organisation", "dept-a", "from-day", "27", "from-month", "2", "from-year", "2026"), "/devices/x1?done=moved").shows(200, "Harbour Office")
		officer.answer("/devices/x1/move", "organisation", "dept-b", "from-day", "27", "from-month", "2", "from-year", "2027").shows(422, "a day that has come")
		officer.answer("/devices/x1/move").shows(422, "Choose the organisation")

		officer.answer("/devices/x1/state").shows(422, "Choose what has become of it")
		officer.answer("/devices/x1/state", "state", "replaced", "replacedBy", "zz").shows(422, "There is no device zz here")
		officer.leads(officer.answer("/devices/x1/state", "state", "replaced", "replacedBy", "a1"), "/devices/x1?done=replaced").shows(200, "Replaced by", "Return it to use", "nothing is judged").has(`href="/devices/a1"`)
		officer.get("/devices?state=replaced").shows(200, "Tablet 2")
		officer.leads(officer.answer("/devices/x1/state", "state", "in-use"), "/devices/x1?done=in-use").shows(200, "The device is in use again")

		forget := "/devices/b1/forget?" + url.Values{"source": {"world"}}.Encode()
		officer.get(forget).shows(200, "2 apps that it alone names are")
		officer.leads(officer.answer(forget), "/devices/b1?done=forgotten").shows(200, "Nothing is known to be installed")
		officer.get(forget).shows(404)

		admin := q.guest(people.DeviceAdministrator, "dept-a")
		for _, what := range []string{"change", "move", "state", "release", "take-back"} {
			admin.get("/devices/b1/" + what).shows(http.StatusForbidden)
		}
		admin.get("/devices/a1/answer").shows(http.StatusForbidden)

		// Who may change devices of one body, and look at those of all, is told at once.
		entry, err := q.people.Enter(t.Context(), people.Actor{Session: admin.cookie}, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.people.GiveRole(t.Context(), byCommand, entry.Who.Person, people.Grant{Role: people.Auditor, Organisation: "gov"}, people.Period{}); err != nil {
			t.Fatal(err)
		}
		admin.get("/devices/b1/state").shows(http.StatusForbidden, "You may look at this device")
	})
}

func TestReleasingDevices(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer, approver := q.guest(people.SecurityOfficer, "gov"), q.guest(people.Approver, "gov")
		approver.get("/devices/releases").shows(200, "Nothing waits for an answer")
		approver.get("/devices/b1/answer").shows(404, "Nothing about this device waits")
		officer.answer("/devices/b1/release", "ownership", "personal").shows(422, "Say why")
		officer.answer("/devices/b1/release", "reason", "sold").shows(422, "choose what it is to be")
		asked := officer.leads(officer.answer("/devices/b1/release", "ownership", "personal", "reason", "sold to its holder"), "/devices/b1?done=asked")
		asked.shows(200, "Nothing changes until somebody else agrees", "“sold to its holder”", "Take it back").lacks("Agree or refuse", "It becomes personal")
		approver.get("/devices/releases").shows(200, "b1", "Waits", "sold to its holder")
		approver.get("/devices/b1").shows(200, "Agree or refuse")
		officer.answer("/devices/b1/answer", "answer", "agree").shows(403, "proposed this yourself")
		approver.answer("/devices/b1/answer").shows(422, "Choose one of the two")
		approver.answer("/devices/b1/answer", "answer", "refuse").shows(422, "Say why")
		form := sent(approver.get("/devices/b1/answer"))
		officer.leads(officer.answer("/devices/b1/take-back"), "/devices/b1?done=back").shows(200, "taken back")
		approver.post("/devices/b1/answer", append(form, "answer", "agree")...).shows(422, "answered already")

		officer.leads(officer.answer("/devices/b1/release", "ownership", "personal", "reason", "sold"), "/devices/b1?done=asked")
		done := approver.leads(approver.answer("/devices/b1/answer", "answer", "agree"), "/devices/b1?done=agreed")
		done.shows(200, "You have agreed", "Nothing that is installed on it is stored", "Agreed", "while it belonged to an organisation").lacks("Everything on it", "What came and went", "Parrot")
		approver.get("/devices/releases?show=all").shows(200, "Agreed", "Taken back")
	})
}
