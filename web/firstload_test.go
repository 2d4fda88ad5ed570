package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"portcullis/internal/storetest"
	"portcullis/people"
)

var loaded = regexp.MustCompile(`(?:href|src)="(/assets/[^"]+\.(?:css|js|svg)[^"]*)"`)

// TestFirstLoad holds that what a browser loads to show a first page is small: the page, and the style
// sheets and scripts that it names, as they come over the wire. Pages are not compressed: what is on one
// beside what somebody outside had put there, such as words searched for, could be guessed from its length
// (the attack called BREACH).
func TestFirstLoad(t *testing.T) {
	const most = 150 << 10
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		e := newEstate(t, open(testClock.Now))
		v := e.visitor(t, people.Operator)
		for _, path := range []string{"/", "/people", "/organisations", "/account", "/components"} {
			page := e.load(t, v, path)
			whole, named := page.Body.Len(), loaded.FindAllStringSubmatch(page.Body.String(), -1)
			if len(named) == 0 {
				t.Errorf("%s names no style sheet: the test does not see what it loads", path)
			}
			for _, m := range named {
				whole += e.load(t, v, html.UnescapeString(m[1])).Body.Len()
			}
			t.Logf("%s: %d bytes, of which the page %d", path, whole, page.Body.Len())
			if page.Header().Get("Content-Encoding") != "" {
				t.Errorf("%s is compressed", path)
			}
			if whole > most {
				t.Errorf("%s: a first load has %d bytes; there is room for %d", path, whole, most)
			}
		}
	})
}

// load gets what a browser does.
func (e *estate) load(t *testing.T, v visitor, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	r.AddCookie(&http.Cookie{Name: "portcullis", Value: v.session})
	w := httptest.NewRecorder()
	e.server.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d", path, w.Code)
	}
	return w
}
