package ui_test

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
)

// edit is a form with one of each control.
func edit() *ui.Form {
	return &ui.Form{
		ID: "edit", Action: "/apps/1", Version: "3",
		Fields: []*ui.Field{
			{Name: "name", Label: "Name"},
			{Name: "why", Label: "Why", As: ui.Textarea{}},
			{Name: "body", Label: "Body", As: ui.Select{Options: ui.Options("a", "A", "b", "B")}},
			{Name: "whose", Label: "Whose", As: ui.Radios{Options: []ui.Option{{Value: "own", Label: "Mine"}, {Value: "other", Label: "Another's", Reveals: []*ui.Field{{Name: "owner", Label: "Owner"}}}}}},
			{Name: "seen", Label: "Seen", As: ui.Checkboxes{Options: ui.Options("x", "X", "y", "Y", "z", "Z")}},
			{Name: "until", Label: "Until", As: ui.Date{}},
		},
	}
}

func post(body url.Values) *http.Request {
	r := httptest.NewRequest("POST", "/apps/1?name=query", strings.NewReader(body.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

var typed = url.Values{
	"version": {"4"}, "name": {"<Tides>"}, "why": {"\nno\nreason"}, "body": {"b"}, "whose": {"other"}, "owner": {"Bo"}, "seen": {"x", "z"},
	"until-day": {" 3"}, "until-month": {"5"}, "until-year": {"2026"}, "unknown": {"x"},
}

// TestFormKeepsWhatWasTyped sends a form and looks at it as it comes back.
func TestFormKeepsWhatWasTyped(t *testing.T) {
	form := edit()
	if err := form.Fill(post(typed)); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(form.Version, form.Value("name"), form.Value("body"), form.Value("owner"), form.Values("seen"), form.Value("until"), form.Value("unknown"))
	if want := "4<Tides>bBo[x z]2026-05-03"; got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	if day, err := form.Field("until").Day(time.UTC); err != nil || !day.Equal(time.Date(2026, 5, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("day %v, %v", day, err)
	}
	html, err := form.HTML()
	if err != nil {
		t.Fatal(err)
	}
	uitest.Check(t, string(html))
	for _, part := range []string{
		`name="version" value="4"`, `value="&lt;Tides&gt;"`, "\n\nno\nreason</textarea>", `value="b" selected`, `value="other" checked`, `value="Bo"`,
		`value="x" checked`, `value="z" checked`, `id="edit-until-day" name="until-day" type="text" inputmode="numeric" value="3"`, `<button type="submit"`,
	} {
		if !strings.Contains(string(html), part) {
			t.Errorf("the form lacks %s:\n%s", part, html)
		}
	}
	if n := strings.Count(string(html), " checked"); n != 3 {
		t.Errorf("%d answers are checked, want 3", n)
	}
}

func TestFormSaysWhatIsWrong(t *testing.T) {
	form := edit()
	err := errors.Join(
		fault.In("until", "Give a day"), fault.In("name", "Give a name"), fault.In("name", "A second thing"), fault.In("elsewhere", "Of no field"),
		fault.In("owner", "Say who"), fmt.Errorf("saving: %w", fault.New(fault.Changed, "Somebody was faster")))
	if !form.Fail(err) {
		t.Fatal("faults were not taken")
	}
	r := httptest.NewRequest("GET", "/", nil)
	w := httptest.NewRecorder()
	if err := ui.Render(w, r, 422, ui.Page{Title: "Edit", Content: []ui.Component{form}}); err != nil {
		t.Fatal(err)
	}
	page := w.Body.String()
	uitest.Check(t, page)
	at := 0
	for _, part := range []string{
		"<title>Error: Edit", "There is a problem", "Of no field", "Somebody was faster", `<a href="#edit-name">Give a name</a>`, `<a href="#edit-owner">Say who</a>`,
		`<a href="#edit-until-day">Give a day</a>`, `id="edit-name-error"`, `aria-describedby="edit-name-error"`,
	} {
		i := strings.Index(page[at:], part)
		if i < 0 {
			t.Fatalf("the page lacks %s behind what stands before it:\n%s", part, page)
		}
		at += i
	}
	if w.Code != 422 {
		t.Errorf("status %d", w.Code)
	}
}

func TestFormHandsOn(t *testing.T) {
	for _, err := range []error{nil, errors.New("disk"), fault.New(fault.Refused, "You may not"), errors.Join(fault.In("name", "Give a name"), fault.New(fault.NotFound, "Gone"))} {
		form := edit()
		if form.Fail(err) {
			t.Errorf("the form took %v", err)
		}
		if form.Field("name").Error != "" {
			t.Errorf("the form shows part of %v", err)
		}
	}
}

func TestDays(t *testing.T) {
	tests := []struct {
		day, month, year string
		want             string
		valid            bool
	}{
		{"", "", "", "0001-01-01", true},
		{"27", "3", "2027", "2027-03-27", true},
		{"07", "03", "2027", "2027-03-07", true},
		{"31", "2", "2027", "", false},
		{"3", "", "2027", "", false},
		{"3", "March", "2027", "", false},
		{"3", "3", "27", "", false},
	}
	for _, test := range tests {
		form := edit()
		form.FillFrom(url.Values{"until-day": {test.day}, "until-month": {test.month}, "until-year": {test.year}})
		if test.day+test.month+test.year == "" && form.Value("until") != "" {
			t.Errorf("of a date that is not answered the value is %q", form.Value("until"))
		}
		day, err := form.Field("until").Day(time.UTC)
		if test.valid && (err != nil || day.Format(time.DateOnly) != test.want) || !test.valid && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s %s %s: %v, %v", test.day, test.month, test.year, day, err)
		}
	}
	if diff := cmp.Diff([]string{"3", "5", "2026"}, ui.On(time.Date(2026, 5, 3, 1, 2, 3, 0, time.UTC))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFormWithAFile(t *testing.T) {
	form := &ui.Form{Fields: []*ui.Field{{Name: "name", Label: "Name"}, {Name: "apk", Label: "File", As: ui.File{}}}}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	_ = parts.WriteField("name", "Tides")
	file, _ := parts.CreateFormFile("apk", "tides.apk")
	_, _ = file.Write([]byte("PK"))
	_ = parts.Close()
	r := httptest.NewRequest("POST", "/", &body)
	r.Header.Set("Content-Type", parts.FormDataContentType())
	if err := form.Fill(r); err != nil || form.Value("name") != "Tides" {
		t.Errorf("name %q, %v", form.Value("name"), err)
	}
	if _, header, err := r.FormFile("apk"); err != nil || header.Filename != "tides.apk" {
		t.Errorf("file: %v", err)
	}
	html, err := form.HTML()
	if err != nil || !strings.Contains(string(html), `enctype="multipart/form-data"`) {
		t.Errorf("%v\n%s", err, html)
	}
	if err := form.Fill(post(url.Values{"name": {"Without"}})); err != nil || form.Value("name") != "Without" {
		t.Errorf("sent without its file: %q, %v", form.Value("name"), err)
	}
	large := post(url.Values{"name": {strings.Repeat("x", 100)}})
	large.Body = http.MaxBytesReader(nil, large.Body, 10)
	if err := edit().Fill(large); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "larger") {
		t.Errorf("a body that is too large: %v", err)
	}
}

// TestOneQuestion: the label of a field that asks is the heading of the page, once.
func TestOneQuestion(t *testing.T) {
	for _, as := range []ui.Control{nil, ui.Textarea{}, ui.Radios{Options: ui.Options("y", "Yes")}, ui.Date{}, ui.File{}} {
		w := httptest.NewRecorder()
		form := &ui.Form{Fields: []*ui.Field{{Name: "q", Label: "What was stolen?", Asks: true, As: as}}}
		if err := ui.Render(w, httptest.NewRequest("GET", "/", nil), 200, ui.Page{Title: "What was stolen?", Content: []ui.Component{form}}); err != nil {
			t.Fatal(err)
		}
		uitest.Check(t, w.Body.String())
		if n := strings.Count(w.Body.String(), "<h1"); n != 1 {
			t.Errorf("%T: %d headings", as, n)
		}
	}
}
