package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portcullis/internal/storetest"
	"portcullis/people"
)

// TestForeignIsNoted holds that what a page of another site has a browser send is refused and noted: with whose session
// it brought each time, and of nobody once a minute.
func TestForeignIsNoted(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		e := newEstate(t, open(testClock.Now))
		v := e.visitor(t, people.Operator)
		for range 3 {
			for _, session := range []string{v.session, ""} {
				r := httptest.NewRequest("POST", "/organisations/add", strings.NewReader("name=Ours"))
				r.Header.Set("Sec-Fetch-Site", "cross-site")
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.AddCookie(&http.Cookie{Name: "portcullis", Value: session})
				w := httptest.NewRecorder()
				e.server.ServeHTTP(w, r)
				if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "Nothing has been changed") {
					t.Errorf("%q: %d", session, w.Code)
				}
			}
		}
		noted, id := map[string]int{}, ""
		events, err := e.room.AccessLog(t.Context(), command, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range events {
			if event.Outcome == "refused" && strings.Contains(event.Detail, "another site") && event.Address == "192.0.2.1" {
				noted[event.Actor]++
				if event.Actor != "" {
					id = event.Actor
				}
			}
		}
		if len(noted) != 2 || noted[""] != 1 || noted[id] != 3 {
			t.Errorf("noted: %v", noted)
		}
	})
}
