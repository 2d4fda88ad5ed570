package vetting_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/vetting/apk/apktest"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/vetting"
)

// reported is the page of what was found in a file that is handed in for a request.
func (v visitor) reported(request approvals.Proposal, name string, data []byte) (path string) {
	v.T.Helper()
	to := v.Leads(v.uploads(vetting.LookPath(request.ID), name, data), "/vetting/").Shows(http.StatusOK)
	return strings.TrimPrefix(strings.TrimSuffix(to.Request, "?done=looked"), "GET ")
}

// empty fails the test where a file was left behind.
func (h *house) empty() {
	h.T.Helper()
	left, err := os.ReadDir(h.folder)
	if err != nil || len(left) > 0 {
		h.T.Errorf("left behind: %v, %v", left, err)
	}
}

// TestReport: evidence stands before the verdict, what was not looked at is said before all else, and where nothing was
// found it is said of how much.
func TestReport(t *testing.T) {
	each(t, func(h *house) {
		reviewer, p := h.reviewer(), h.request()
		path := reviewer.reported(p, "notes.apk", shoreNotes(h.T, nil))
		page := reviewer.Get(path).Shows(http.StatusOK, "Shore Notes", "Asks for Shore Notes", "It was looked for in all of the app, and is not there.", "Verifies, by v2.", "This is the first time").Lacks("Not all of it")
		row := page.Row("It cannot read people's contacts")
		if found, stands := strings.Index(row, "READ_CONTACTS"), strings.Index(row, "Not met"); found < 0 || stands < found {
			h.T.Errorf("the evidence stands at %d and the verdict at %d", found, stands)
		}
		path = reviewer.reported(p, "unread.apk", shoreNotes(h.T, func(a *apktest.App) {
			a.Permissions, a.Classes, a.Files = nil, nil, map[string][]byte{"classes2.dex": []byte("dex\n035\x00 and no more")}
		}))
		page = reviewer.Get(path).Shows(http.StatusOK, "Not all of it was looked at", "classes2.dex", "None that is known was found in what was looked at. That is not all of it").Lacks("None that is known was found. All of it", "100\u00a0%")
		if gap, code := strings.Index(page.Body, "Not all of it was looked at"), strings.Index(page.Body, "Other makers"); gap > code {
			h.T.Error("what was not looked at stands behind what was")
		}
		h.empty()
	})
}

// TestUploads: what is no app is told to be none, and nothing is left behind by anything that is sent.
func TestUploads(t *testing.T) {
	each(t, func(h *house) {
		reviewer, p := h.reviewer(), h.request()
		look := vetting.LookPath(p.ID)
		reviewer.Get(look).Shows(http.StatusOK, "Asks for Shore Notes")
		reviewer.Post(look).FaultsAt("file")
		reviewer.uploads(look, "empty.apk", nil).FaultsAt("file")
		reviewer.uploads(look, "", []byte("x")).FaultsAt("file")
		path := reviewer.reported(p, "letter.docx", []byte("Dear Sir or Madam"))
		reviewer.Get(path).Shows(http.StatusOK, "could not be read", "Nothing is known of what is in it", "Hand in another file").Lacks("Review it", "What is asked of it")
		reviewer.uploads("/vetting/new", "notes.apk", shoreNotes(h.T, nil)).FaultsAt("organisation")
		reviewer.Leads(reviewer.uploads("/vetting/new", "notes.apk", shoreNotes(h.T, nil), "organisation", "light"), "/vetting/").Shows(http.StatusOK, "Shore Notes")
		cut := httptest.NewRequest(http.MethodPost, look, strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.apk\"\r\n\r\nPK"))
		cut.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		reviewer.Do(cut).FaultsAt("file").Shows(http.StatusUnprocessableEntity, "did not arrive whole")
		h.somebody("Anna Lind", "", "light").Get(look).Shows(http.StatusForbidden)
		h.somebody("Ines Holm", people.Auditor, "gov").Get(path).Shows(http.StatusOK).Lacks("Hand in another file")
		h.empty()
	})
}

// answers are all that the form of a review needs, and what is given.
func (v visitor) concludes(path string, pairs ...string) url.Values {
	v.T.Helper()
	form := v.Get(path + "/review").Shows(http.StatusOK).Filled(append([]string{"rationale", "It keeps the log. What it reaches the log needs.", "risk", "Small", "outcome", "allow"}, pairs...)...)
	for name := range form {
		if strings.HasPrefix(name, "answer.") {
			form.Set(name, "Seen, and bearable")
		}
	}
	return form
}

// TestConclusions: every criterion that is open is asked about, what is answered is kept, and what is concluded is a step in
// the request.
func TestConclusions(t *testing.T) {
	each(t, func(h *house) {
		reviewer, p := h.reviewer(), h.request()
		path := reviewer.reported(p, "notes.apk", shoreNotes(h.T, nil))
		h.somebody("Sanna Holm", people.Reviewer, "light").Get(path+"/review").Shows(http.StatusOK, "waits for somebody to confirm it who may for all of them").Has(`name="contains"`)
		bare := reviewer.Get(path+"/review").Filled("rationale", "Because it is so.", "risk", "Small", "outcome", "allow")
		page := reviewer.Send(path+"/review", bare)
		page.Shows(http.StatusUnprocessableEntity, "Because it is so.")
		if !strings.Contains(page.Body, `id="answer.contacts-error"`) || !strings.Contains(page.Body, `id="answer.sdk-jurisdiction-error"`) {
			h.T.Errorf("what is not answered is not said at its place: %s", page.Main())
		}
		done := reviewer.Send(path+"/review", reviewer.concludes(path, "publish", "rationale"))
		reviewer.Leads(done, approvalpages.ProposalPath(p.ID)).Shows(http.StatusOK, "May be allowed")
		reviewer.Get(path).Shows(http.StatusOK, "What was concluded", "It keeps the log.", "Seen, and bearable", "Confirmed to be in it", "Pangle")
		if got := h.verdict("l1", "example.shorenotes"); got != "allowed" {
			h.T.Errorf("after the review: %s", got)
		}
		reviewer.Get(path + "/review").Shows(http.StatusConflict)
		now, err := h.decisions.Proposal(h.T.Context(), reviewer.Actor(), p.ID)
		h.Do(now, err)
		reviewer.Get(devicepages.AppPath(h.decisions.Devices.Fleet.View().Rule(now.Made).Target.Product)).Shows(http.StatusOK, "What reviewers found", "It keeps the log.")
	})
}

// TestRefusal: a reviewer may say no, or ask, with no word on each criterion.
func TestRefusal(t *testing.T) {
	each(t, func(h *house) {
		h.somebody("Ada Holm", people.CentreOfficer, "gov")
		reviewer, p := h.reviewer(), h.request()
		path := reviewer.reported(p, "notes.apk", shoreNotes(h.T, nil))
		ask := reviewer.Get(path+"/review").Filled("rationale", "Do others allow it?", "outcome", "consult")
		reviewer.Leads(reviewer.Send(path+"/review", ask), approvalpages.ProposalPath(p.ID)).Shows(http.StatusOK, "Do others allow it?")
		no := reviewer.Get(path+"/review").Filled("rationale", "Its kit answers to a state.", "outcome", "refuse")
		stale := reviewer.Get(path+"/review").Filled("rationale", "Too late.", "outcome", "refuse")
		reviewer.Leads(reviewer.Send(path+"/review", no), approvalpages.ProposalPath(p.ID)).Shows(http.StatusOK, "Its kit answers to a state.")
		reviewer.Send(path+"/review", stale).Shows(http.StatusUnprocessableEntity, "Too late.")
		if got := h.verdict("l1", "example.shorenotes"); got == "allowed" {
			h.T.Errorf("after a refusal: %s", got)
		}
	})
}

// TestDownloads: a report is there in every form, and is never a page of this server.
func TestDownloads(t *testing.T) {
	each(t, func(h *house) {
		reviewer := h.reviewer()
		path := reviewer.reported(h.request(), "notes.apk", shoreNotes(h.T, nil))
		for as, has := range map[string]string{"html": "<!doctype html>", "json": `"package":"example.shorenotes"`, "sarif": `"version":"2.1.0"`, "xml": "<report"} {
			r := httptest.NewRequest(http.MethodGet, path+"/report/"+as, nil)
			r.AddCookie(&http.Cookie{Name: "portcullis", Value: reviewer.Session})
			w := httptest.NewRecorder()
			h.Handler.ServeHTTP(w, r)
			if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(strings.ReplaceAll(body, " ", ""), strings.ReplaceAll(has, " ", "")) || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
				h.T.Errorf("%s: %d %v %.200s", as, w.Code, w.Header(), body)
			}
		}
		reviewer.Get(path + "/report/pdf").Shows(http.StatusNotFound)
	})
}

// TestCriteria: a body replaces what is asked, is told of the line that is wrong, and what was found before is held to the
// new words by one button.
func TestCriteria(t *testing.T) {
	each(t, func(h *house) {
		reviewer, officer := h.reviewer(), h.somebody("Farida Marchetti", people.SecurityOfficer, "light")
		path := reviewer.reported(h.request(), "notes.apk", shoreNotes(h.T, nil))
		officer.Leads(officer.Get("/criteria"), "/criteria/light").Shows(http.StatusOK, "They come with the program", "Replace these criteria")
		reviewer.Get("/criteria/light").Shows(http.StatusOK).Lacks("Replace these criteria")
		officer.Answer("/criteria/light/replace", "criteria", "name: Ours\nversion: 1\ncriteria:\n- id: contacts\n  fact: dat\n", "reason", "Ours are stricter").FaultsAt("criteria").Shows(http.StatusUnprocessableEntity, "line 4")
		ours := "name: Ours\nversion: \"1\"\ncriteria:\n- {id: contacts, title: It leaves contacts alone, standard: Our own, fact: data, none: [contacts]}\n"
		officer.Answer("/criteria/light/replace", "criteria", ours).FaultsAt("reason")
		officer.Leads(officer.Answer("/criteria/light/replace", "criteria", ours, "reason", "Ours are stricter"), "/criteria/light?done=replaced").Shows(http.StatusOK, "It leaves contacts alone", "Its own", "Ours are stricter", "All apps").HasNo("Show everything")
		reviewer.Get(path).Shows(http.StatusOK, "Hold it to the criteria as they are now").Lacks("Review it")
		held := reviewer.Leads(reviewer.Send(path+"/again", reviewer.Get(path).Fields()), "/vetting/")
		held.Shows(http.StatusOK, "It leaves contacts alone", "Review it")
		form := officer.Get("/criteria/light/replace").Filled("reason", "As before", "above", "yes")
		officer.Leads(officer.Send("/criteria/light/replace", form), "/criteria/light?done=above").Shows(http.StatusOK, "They come with the program")
		officer.Send("/criteria/light/replace", form).Shows(http.StatusUnprocessableEntity, "Somebody has replaced the criteria")
	})
}

// TestAgain: a later version on devices than was reviewed is to be looked at, and the page that leads there says what has
// changed since.
func TestAgain(t *testing.T) {
	each(t, func(h *house) {
		reviewer, p := h.reviewer(), h.request()
		path := reviewer.reported(p, "notes.apk", shoreNotes(h.T, nil))
		reviewer.Leads(reviewer.Send(path+"/review", reviewer.concludes(path)), approvalpages.ProposalPath(p.ID))
		h.catchUp()
		reviewer.Get("/").Shows(http.StatusOK).Lacks("To be looked at again")
		intake := devices.NewIntake(h.decisions.Devices, h.Clock.Now)
		roomtest.Run(h.T, intake.Run)
		got, err := intake.Report(h.T.Context(), pagetest.Command, []devices.Report{{Host: "l1", Organisation: "light", Platform: policy.Android, Installed: []policy.Installation{{Identifier: "example.shorenotes", Version: "4.3"}}}})
		if err != nil || got.Errors[0] != nil {
			h.T.Fatal(err, got.Errors)
		}
		roomtest.Follow(h.T, h.decisions.Devices)
		reviewer.Get("/").Shows(http.StatusOK, "To be looked at again", "Shore Notes 4.3", "than 4.2, the last that was reviewed").Has(`href="/vetting/new?after=` + strings.TrimPrefix(path, "/vetting/") + `&amp;organisation=light"`)
		reviewer.Get("/vetting/new?organisation=light&after="+strings.TrimPrefix(path, "/vetting/")).Shows(http.StatusOK, "Look at a later version", "Shore Notes").Has(`href="` + path + `"`)
		h.Clock.Advance(time.Hour) // what was looked at in one moment has no order
		later := shoreNotes(h.T, func(a *apktest.App) {
			a.VersionName, a.VersionCode, a.Permissions = "4.3", 43, append(a.Permissions, "android.permission.CAMERA")
		})
		page := reviewer.Leads(reviewer.uploads("/vetting/new", "notes.apk", later, "organisation", "light"), "/vetting/").Shows(http.StatusOK, "the report on version 4.2", "It can reach the camera, which it could not before")
		kept := strings.TrimSuffix(strings.TrimPrefix(page.Request, "GET "), "?done=looked")
		reviewer.Get(kept+"/review").Shows(http.StatusOK, "Of version 4.2 it was said: Seen, and bearable")
		form := reviewer.concludes(kept)
		form.Set("outcome", "keep")
		reviewer.Leads(reviewer.Send(kept+"/review", form), kept).Shows(http.StatusOK, "May stay", "what is decided stays as it is")
		reviewer.Get("/").Shows(http.StatusOK).Lacks("To be looked at again")
	})
}

// TestQuestion: a reviewer asks who asked for the app; what was answered so far is there again once they have answered.
func TestQuestion(t *testing.T) {
	each(t, func(h *house) {
		reviewer, p, anna := h.reviewer(), h.request(), h.somebody("Anna Lind", "", "light")
		path, at := reviewer.reported(p, "notes.apk", shoreNotes(h.T, nil)), approvalpages.ProposalPath(p.ID)
		reviewer.Get(path+"/review").Shows(http.StatusOK, "Ask who asked for it").Lacks("Ask the centre first") // for there is none
		ask := reviewer.Get(path+"/review").Filled("rationale", "Which keepers need it?", "risk", "Not small", "outcome", "ask", "answer.contacts", "The log needs names", "publish", "contacts")
		reviewer.Leads(reviewer.Send(path+"/review", ask), at).Shows(http.StatusOK, "Which keepers need it?", "Your question has been sent", "Waits for an answer", "from who asked for it.")
		reviewer.Get("/proposals?show=waiting").Shows(http.StatusOK).Lacks("Shore Notes")
		anna.Get("/proposals?show=waiting").Shows(http.StatusOK, "Shore Notes", "answer")
		anna.Get(at).Shows(http.StatusOK, "Which keepers need it?", "Answer what you are asked").Lacks("Refuse it")
		anna.Answer(at + "/reply").FaultsAt("reason")
		anna.Leads(anna.Answer(at+"/reply", "reason", "Those of the north"), at).Shows(http.StatusOK, "Those of the north", "Nothing else has changed")
		reviewer.Get("/proposals?show=waiting").Shows(http.StatusOK, "Shore Notes")
		again := reviewer.Get(path+"/review").Shows(http.StatusOK, "The log needs names", "Not small").Fields()
		for name, want := range map[string]string{"answer.contacts": "The log needs names", "risk": "Not small", "publish": "contacts", "rationale": ""} {
			if got := strings.TrimSpace(again.Get(name)); got != want {
				h.T.Errorf("what was written before: %s is %q", name, got)
			}
		}
		reviewer.Leads(reviewer.Send(path+"/review", reviewer.concludes(path)), at).Shows(http.StatusOK, "You have granted it")
	})
}

// TestKits: what a department's own reviewer says of the code in an app waits for somebody who may for all bodies.
func TestKits(t *testing.T) {
	each(t, func(h *house) {
		local, reviewer, p := h.somebody("Sanna Holm", people.Reviewer, "light"), h.reviewer(), h.request()
		path := local.reported(p, "notes.apk", shoreNotes(h.T, nil))
		local.Leads(local.Send(path+"/review", local.concludes(path, "publish", "rationale")), approvalpages.ProposalPath(p.ID))
		local.Get(path).Shows(http.StatusOK, "Seen in it", "waits for somebody who may confirm it", "(may be published)").Lacks("Confirm the code in it", "Confirmed to be in it")
		local.Get(path+"/kits").Shows(http.StatusConflict, "who may for all of them")
		local.Get("/").Shows(http.StatusOK).Lacks("Confirm the code in apps")
		reviewer.Get("/").Shows(http.StatusOK, "Confirm the code in apps", "Shore Notes 4.2").Has(`href="` + path + `/kits"`)
		reviewer.Get("/vetting?show=code").Shows(http.StatusOK, "Shore Notes", "The code in it waits to be confirmed")
		reviewer.Get(path+"/kits").Shows(http.StatusOK, "A reviewer has seen code of others", "Pangle", "What says so", "Exodus Privacy: tracker 363", "read on 23\u00a0November\u00a02026").Has(`value="bytedance-pangle" checked`)
		reviewer.Answer(path + "/kits").FaultsAt("rationale")
		reviewer.Leads(reviewer.Answer(path+"/kits", "rationale", "Its classes are there"), path).Shows(http.StatusOK, "Confirmed to be in it", "which the app is recorded to contain", "reaches the app from now on")
		reviewer.Get("/vetting?show=code").Shows(http.StatusOK, "No app that was looked at is so").Lacks("Shore Notes")
		reviewer.Get(path).Shows(http.StatusOK).Lacks("waits for somebody who may confirm")
	})
}

// TestMakerNotKnown: where nobody knows who makes the app, its file was looked at whole all the same.
func TestMakerNotKnown(t *testing.T) {
	each(t, func(h *house) {
		tides := shoreNotes(h.T, func(a *apktest.App) { a.Package, a.Label = "example.tides", "Merrow Tides" })
		reviewer := h.reviewer()
		page := reviewer.Leads(reviewer.uploads("/vetting/new", "tides.apk", tides, "organisation", "light"), "/vetting/")
		page.Shows(http.StatusOK, "It is not known where these are, who make the app").Lacks("Not all of it was looked at")
	})
}

// TestWrongFile: that a file is of another app than is asked for is said before anybody writes a review.
func TestWrongFile(t *testing.T) {
	each(t, func(h *house) {
		reviewer, p := h.reviewer(), h.request()
		path := reviewer.reported(p, "other.apk", shoreNotes(h.T, func(a *apktest.App) { a.Package = "example.other" }))
		reviewer.Get(path).Shows(http.StatusOK, "Nothing can be concluded from this for the request", "Hand in that app’s file").Lacks("Review it")
	})
}

// TestElsewhere: of another body's report it is told that there is none, and its files are not taken in.
func TestElsewhere(t *testing.T) {
	each(t, func(h *house) {
		path := h.reviewer().reported(h.request(), "notes.apk", shoreNotes(h.T, nil))
		stranger := h.somebody("Otto Tower", people.Reviewer, "tower")
		for _, at := range []string{"", "/review", "/report/json"} {
			if here, none := stranger.Get(path+at).Shows(http.StatusNotFound), stranger.Get("/vetting/none"+at).Shows(http.StatusNotFound); here.Main() != none.Main() {
				h.T.Errorf("%s: %s, and of none %s", at, here.Main(), none.Main())
			}
		}
		stranger.uploads("/vetting/new", "notes.apk", shoreNotes(h.T, nil), "organisation", "light").Shows(http.StatusForbidden)
		h.empty()
	})
}

// TestTrackers: a body hands in a list of trackers of its own, and what it names is found from then on.
func TestTrackers(t *testing.T) {
	each(t, func(h *house) {
		reviewer, officer := h.reviewer(), h.somebody("Farida Marchetti", people.SecurityOfficer, "light")
		const at = "/criteria/light/trackers"
		list := []byte(`{"trackers": {"7": {"id": 7, "name": "Shore Ads", "code_signature": "com.shoreads.", "network_signature": ""}}}`)
		why := strings.Repeat("é", 2000)
		reviewer.Get("/criteria/light").Shows(http.StatusOK, "A list of trackers besides", "There is none").Lacks("Replace the list")
		h.somebody("Sanna Holm", people.Reviewer, "light").uploads(at, "list.json", list, "version", "1", "reason", why).Shows(http.StatusForbidden)
		officer.Get(at).Shows(http.StatusOK, "Replace the list of trackers").Lacks("Go by the one above again")
		officer.uploads(at, "list.json", []byte("name: x"), "version", "1", "reason", why).FaultsAt("file").Shows(http.StatusUnprocessableEntity, "This list cannot be read", why)
		officer.uploads(at, "list.json", list, "version", "1").FaultsAt("reason")
		officer.Post(at, "version", "1", "reason", why).FaultsAt("file")
		officer.Leads(officer.uploads(at, "list.json", list, "version", "1", "reason", why), "/criteria/light?done=trackers").Shows(http.StatusOK, "1 entry", why)
		officer.uploads(at, "list.json", list, "version", "1", "reason", why).Shows(http.StatusUnprocessableEntity, "Somebody has replaced the list")
		path := reviewer.reported(h.request(), "notes.apk", shoreNotes(h.T, func(a *apktest.App) { a.Classes = append(a.Classes, "com.shoreads.Banner") }))
		reviewer.Get(path).Shows(http.StatusOK, "Shore Ads", "it comes from a list that somebody has brought")
		officer.Leads(officer.uploads(at, "", nil, "version", "2", "reason", "Enough", "above", "yes"), "/criteria/light?done=no-trackers").Shows(http.StatusOK, "There is none")
		h.empty()
	})
}
