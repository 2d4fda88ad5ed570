package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/vetting"
	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/report"
	"portcullis/web/api"
)

// vetted is an app of a new name, which the register has and which was looked at for an organisation.
func (h *house) vetted(t *testing.T, organisation string) vetting.Assessment {
	t.Helper()
	name := "com.example.vetted" + h.unique()
	product := policy.Product{ID: strings.ReplaceAll(name, ".", "-"), Kind: policy.App, Name: name, Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: name}}}}
	if _, err := h.rooms.Register.AddProduct(t.Context(), h.chief(t), product); err != nil {
		t.Fatal(err)
	}
	file := apktest.Build(t, apktest.App{Package: name, VersionName: "1", VersionCode: 1})
	a, err := h.rooms.Vetting.Assess(t.Context(), h.chief(t), vetting.Upload{Organisation: organisation, Name: "a.apk", Size: int64(len(file)), File: bytes.NewReader(file)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// keeping is a conclusion that what stands may stay, as it is sent.
func keeping(t *testing.T, a *vetting.Assessment) string {
	t.Helper()
	body := map[string]any{"outcome": "keep", "rationale": "It does one thing."}
	var answers []map[string]string
	for _, c := range a.Report.Criteria {
		if c.Result != report.Met {
			answers = append(answers, map[string]string{"criterion": c.ID, "text": "Seen"})
		}
	}
	body["answers"] = answers
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// reviewed is an app of which what stands was left to stay.
func (h *house) reviewed(t *testing.T, organisation string) (a vetting.Assessment, review vetting.Review) {
	t.Helper()
	a = h.vetted(t, organisation)
	c := vetting.Conclusion{Assessment: a.ID, Outcome: vetting.Keep, Rationale: "It does one thing."}
	for _, stands := range a.Report.Criteria {
		c.Answers = append(c.Answers, vetting.Answer{Criterion: stands.ID, Text: "Seen"})
	}
	review, err := h.rooms.Vetting.Conclude(t.Context(), h.chief(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return a, review
}

// later enrols a device of an organisation with a later version of an app.
func (h *house) later(t *testing.T, organisation, name string) {
	t.Helper()
	r := devices.Report{Host: "later-" + h.unique(), Organisation: organisation, Platform: policy.Android, Installed: []policy.Installation{{Identifier: name, Version: "2"}}}
	if got, err := h.rooms.Intake.Report(t.Context(), command, []devices.Report{r}); err != nil || got.Errors[0] != nil {
		t.Fatal(err, got.Errors)
	}
	h.follow(t)
}

func init() {
	for name, try := range map[string]func(t *testing.T, h *house, organisation string) attempt{
		"POST /vetting/reports": func(t *testing.T, h *house, o string) attempt {
			return attempt{path: "/vetting/reports?organisation=" + o, status: 201, body: string(apktest.Build(t, apktest.App{Package: "com.example.n" + h.unique(), VersionName: "1", VersionCode: 1}))}
		},
		"GET /vetting/reports": func(t *testing.T, h *house, o string) attempt {
			a := h.vetted(t, o)
			return attempt{path: "/vetting/reports?package=" + a.Package, status: 200, shows: a.ID}
		},
		"GET /vetting/reports/{id}": func(t *testing.T, h *house, o string) attempt {
			return attempt{path: "/vetting/reports/" + h.vetted(t, o).ID, status: 200}
		},
		"POST /vetting/reports/{id}/again": func(t *testing.T, h *house, o string) attempt {
			return attempt{path: "/vetting/reports/" + h.vetted(t, o).ID + "/again", status: 201, body: "{}"}
		},
		"POST /vetting/reports/{id}/conclusion": func(t *testing.T, h *house, o string) attempt {
			a := h.vetted(t, o)
			return attempt{path: "/vetting/reports/" + a.ID + "/conclusion", status: 201, body: keeping(t, &a)}
		},
		"GET /vetting/reviews": func(t *testing.T, h *house, o string) attempt {
			_, review := h.reviewed(t, o)
			return attempt{path: "/vetting/reviews?product=" + review.Product, status: 200, shows: review.ID}
		},
		"GET /vetting/due": func(t *testing.T, h *house, o string) attempt {
			a, review := h.reviewed(t, o)
			h.later(t, o, a.Package)
			return attempt{status: 200, shows: `"` + review.Product + `"`}
		},
		"GET /organisations/{id}/criteria": func(_ *testing.T, _ *house, o string) attempt {
			return attempt{path: "/organisations/" + o + "/criteria", status: 200}
		},
		"GET /organisations/{id}/trackers": func(_ *testing.T, _ *house, o string) attempt {
			return attempt{path: "/organisations/" + o + "/trackers", status: 200}
		},
		"POST /organisations/{id}/trackers": func(_ *testing.T, h *house, o string) attempt {
			return attempt{path: "/organisations/" + o + "/trackers", status: 200, body: `{"text": "", "reason": "Those above will do"}`}
		},
		"POST /organisations/{id}/criteria": func(_ *testing.T, h *house, o string) attempt {
			return attempt{path: "/organisations/" + o + "/criteria", status: 200, body: `{"text": "", "reason": "Those above will do"}`}
		},
	} {
		attempts[name] = try
	}
}

// TestVetting goes from the file of an app to a decision, as a program does.
func TestVetting(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		reviewer, staff := h.token(t, people.Reviewer, people.Everywhere), h.token(t, people.Staff, "treasury")
		p := decode[api.Proposal](t, h.call(t, staff, "POST", "/api/v1/proposals", `{"kind": "allow", "reason": "For work", "rule": {"effect": "allow", "scope": "treasury", "target": {}}, "found": {"platform": "android", "identifier": "com.example.notes", "name": "Notes"}}`), 201)
		file := apktest.Build(t, apktest.App{Package: "com.example.notes", VersionName: "5.2", VersionCode: 502, Classes: []string{"com.bytedance.sdk.openadsdk.TTAdSdk"}, Signer: apktest.NewSigner(t, "Umber")})
		sent := h.call(t, reviewer, "POST", "/api/v1/vetting/reports?name=notes.apk&proposal="+p.ID, string(file))
		a := decode[api.VettedAppReport](t, sent, 201)
		var rep report.Report
		if err := json.Unmarshal(a.Report, &rep); err != nil || rep.Package != "com.example.notes" || a.Package != rep.Package || a.Organisation != "treasury" || a.File != "notes.apk" || sent.header.Get("Location") != "/api/v1/vetting/reports/"+a.ID {
			t.Fatalf("%+v, %v", a.VettedApp, err)
		}
		answers := []string{}
		for _, c := range rep.Criteria {
			if c.Result != report.Met {
				answers = append(answers, fmt.Sprintf(`{"criterion": %q, "text": "Seen"}`, c.ID))
			}
		}
		body := fmt.Sprintf(`{"proposal": %q, "version": 1, "outcome": "allow", "rationale": "It does one thing.", "risk": "Small.", "answers": [%s], "contains": ["bytedance-pangle"], "publish": ["rationale"], "terms": {"minVersion": "5.2"}}`, p.ID, strings.Join(answers, ", "))
		short := strings.Replace(body, answers[0]+", ", "", 1)
		if got := h.call(t, reviewer, "POST", "/api/v1/vetting/reports/"+a.ID+"/conclusion", short); got.status != 422 || !strings.Contains(got.body, `"answers"`) {
			t.Errorf("without an answer: %d %s", got.status, got.body)
		}
		review := decode[api.AppReview](t, h.call(t, reviewer, "POST", "/api/v1/vetting/reports/"+a.ID+"/conclusion", body, "Idempotency-Key", `"one"`), 201)
		if review.Act != "grant" || len(review.Contains) != 1 || review.Contains[0].Since != "5.2" || review.Publish[0] != "rationale" {
			t.Errorf("%+v", review)
		}
		if again := decode[api.AppReview](t, h.call(t, reviewer, "POST", "/api/v1/vetting/reports/"+a.ID+"/conclusion", body, "Idempotency-Key", `"one"`), 201); again.ID != review.ID {
			t.Errorf("the same request is another review: %+v", again)
		}
		if got := decode[api.Proposal](t, h.call(t, reviewer, "GET", "/api/v1/proposals/"+p.ID, ""), 200); got.State != "made" {
			t.Errorf("%+v", got)
		}
		if got := decode[api.VettedAppReport](t, h.call(t, reviewer, "GET", "/api/v1/vetting/reports/"+a.ID, ""), 200); got.Outcome != "allow" || len(got.Reviews) != 1 || got.Product != review.Product {
			t.Errorf("%+v", got)
		}
		for query, status := range map[string]int{"": 422, "?organisation=nowhere": 403, "?proposal=nothing": 404, "?organisation=treasury&size=1": 422} {
			if got := h.call(t, h.token(t, people.Reviewer, "treasury"), "POST", "/api/v1/vetting/reports"+query, "x"); got.status != status {
				t.Errorf("%q: %d %s", query, got.status, got.body)
			}
		}
		if got := decode[api.VettedAppReport](t, h.call(t, reviewer, "POST", "/api/v1/vetting/reports?organisation=treasury", "no archive"), 201); got.Error == "" || got.File != "file" {
			t.Errorf("%+v", got)
		}
		if left, err := os.ReadDir(h.rooms.Folder); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		criteria := "name: Ours\nversion: '1'\ncriteria:\n  - {id: contacts, title: No contacts, standard: Ours, fact: data, none: [contacts]}\n"
		set := func(text string) reply {
			encoded, _ := json.Marshal(map[string]string{"text": text, "reason": "Shorter"})
			return h.call(t, h.token(t, people.CentreOfficer, people.Everywhere), "POST", "/api/v1/organisations/treasury/criteria", string(encoded))
		}
		if got := set(strings.Replace(criteria, "data", "dat", 1)); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "line 4") {
			t.Errorf("%d %s", got.status, got.body)
		}
		if got := decode[api.AppCriteria](t, set(criteria), 200); got.Of != "treasury" || got.Name != "Ours" || got.Text != criteria {
			t.Errorf("%+v", got)
		}
		if got := decode[api.VettedAppReport](t, h.call(t, reviewer, "POST", "/api/v1/vetting/reports/"+a.ID+"/again", `{"organisation": "treasury"}`), 201); !got.Current || got.NotMet != 0 || got.ID == a.ID {
			t.Errorf("%+v", got.VettedApp)
		}
	})
}

// TestVettingWaits has who asked for an app answer a program, and the code in it wait for somebody who may confirm it for all.
func TestVettingWaits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		local, centre, staff := h.token(t, people.Reviewer, "treasury"), h.token(t, people.Reviewer, people.Everywhere), h.token(t, people.Staff, "treasury")
		p := decode[api.Proposal](t, h.call(t, staff, "POST", "/api/v1/proposals", `{"kind": "allow", "reason": "For work", "rule": {"effect": "allow", "scope": "treasury", "target": {}}, "found": {"platform": "android", "identifier": "com.example.notes", "name": "Notes"}}`), 201)
		look := func(name string) api.VettedAppReport {
			t.Helper()
			file := apktest.Build(t, apktest.App{Package: name, VersionName: "5.2", VersionCode: 502, Classes: []string{"com.bytedance.sdk.openadsdk.TTAdSdk"}, Signer: apktest.NewSigner(t, "Umber")})
			return decode[api.VettedAppReport](t, h.call(t, local, "POST", "/api/v1/vetting/reports?proposal="+p.ID, string(file)), 201)
		}
		if other := look("com.example.other"); !strings.Contains(other.Misfit, "com.example.notes is asked for") {
			t.Errorf("of another app: %q", other.Misfit)
		}
		a := look("com.example.notes")
		at := "/api/v1/vetting/reports/" + a.ID
		concludes := func(token string, status int, format string, given ...any) reply {
			t.Helper()
			got := h.call(t, token, "POST", at+"/conclusion", fmt.Sprintf(format, given...))
			if got.status != status {
				t.Fatalf("%d, not %d: %s", got.status, status, got.body)
			}
			return got
		}
		asked := decode[api.AppReview](t, concludes(local, 201, `{"proposal": %q, "version": 1, "outcome": "ask", "rationale": "What for?", "contains": ["bytedance-pangle"]}`, p.ID), 201)
		if asked.Act != "question" || !asked.Waits || !slices.Equal(asked.Proposed, []string{"bytedance-pangle"}) || len(asked.Contains) != 0 {
			t.Errorf("asked: %+v", asked)
		}
		if got := decode[page[api.Proposal]](t, h.call(t, staff, "GET", "/api/v1/waiting", ""), 200).Items; len(got) != 1 || !slices.Equal(got[0].Can, []string{"reply"}) {
			t.Errorf("for who asked there waits %+v", got)
		}
		decode[api.Proposal](t, h.call(t, staff, "POST", "/api/v1/proposals/"+p.ID+"/steps", `{"act": "reply", "version": 2, "reason": "For the rounds"}`), 200)
		concludes(local, 409, `{"proposal": %q, "version": 3, "outcome": "consult", "rationale": "Do others?"}`, p.ID) // there is no centre
		concludes(local, 403, `{"outcome": "confirm", "rationale": "There it is", "contains": ["bytedance-pangle"]}`)
		for token, want := range map[string]int{local: 1, centre: 1, h.token(t, people.Reviewer, "health"): 0} {
			if got := decode[page[api.VettedApp]](t, h.call(t, token, "GET", "/api/v1/vetting/reports?kitsWait=true", ""), 200).Items; len(got) != want || want == 1 && !got[0].KitsWait {
				t.Errorf("there wait %+v, not %d", got, want)
			}
		}
		confirmed := decode[api.AppReview](t, concludes(centre, 201, `{"outcome": "confirm", "rationale": "There it is", "contains": ["bytedance-pangle"]}`), 201)
		if len(confirmed.Contains) != 1 || confirmed.Contains[0].Since != "5.2" {
			t.Errorf("confirmed: %+v", confirmed)
		}
		if got := decode[api.VettedAppReport](t, h.call(t, local, "GET", at, ""), 200); got.KitsWait || got.Outcome != "ask" || len(got.Reviews) != 2 {
			t.Errorf("%+v", got)
		}
	})
}
