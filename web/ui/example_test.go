package ui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/web/ui"
)

func invitation() *ui.Form {
	return &ui.Form{
		Fields: []*ui.Field{
			{Name: "name", Label: "Full name", As: ui.Input{Complete: "off"}},
			{Name: "role", Label: "Role", As: ui.Radios{Options: ui.Options("member", "Member", "staff", "Staff")}},
			{Name: "until", Label: "Until", Optional: true, Hint: "For example, 27 3 2027", As: ui.Date{}},
		},
		Buttons: ui.ButtonGroup{{Text: "Send the invitation"}, ui.Cancel("/people")},
	}
}

func inviting(form *ui.Form) ui.Page {
	return ui.Page{Title: "Invite somebody", Back: "/people", Content: []ui.Component{form}}
}

func invite(w http.ResponseWriter, r *http.Request) error {
	form := invitation()
	if err := form.Fill(r); err != nil {
		return err
	}
	_, err := form.Field("until").Day(ui.Now(r).Location())
	if err == nil && form.Value("name") == "" {
		err = fault.In("name", "Give the full name, as it stands on the pass")
	}
	switch {
	case form.Fail(err):
		return ui.Render(w, r, http.StatusUnprocessableEntity, inviting(form))
	case err != nil:
		return err
	}
	return ui.See(w, r, "/people")
}

// A form that is sent without a name comes back with what was typed, and says what is missing.
func Example() {
	body := url.Values{"role": {"staff"}, "until-day": {"27"}, "until-month": {"3"}, "until-year": {"2027"}}.Encode()
	r := httptest.NewRequest("POST", "/people/invite", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r = ui.WithFrame(r, ui.Frame{Person: "Ada Holm", Now: time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC)})
	w := httptest.NewRecorder()
	ui.Handler(invite).ServeHTTP(w, r)

	page := w.Body.String()
	fmt.Println(w.Code)
	for _, part := range []string{`<title>Error: Invite somebody`, `<a href="#name">Give the full name`, `value="staff" checked`, `name="until-day" type="text" inputmode="numeric" value="27"`} {
		fmt.Println(strings.Contains(page, part))
	}
	// Output:
	// 422
	// true
	// true
	// true
	// true
}
