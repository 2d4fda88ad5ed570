package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

// zeros is a file of zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestLargeFiles: an app may be larger than anything else that the server takes.
func TestLargeFiles(t *testing.T) {
	const size = 66 << 20
	e := newEstate(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas)(testClock.Now))
	v := e.visitor(t, people.Reviewer)
	const form = "--x\r\nContent-Disposition: form-data; name=\"organisation\"\r\n\r\nharbour\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.apk\"\r\n\r\n"
	body := io.MultiReader(strings.NewReader(form), io.LimitReader(zeros{}, size), strings.NewReader("\r\n--x--\r\n"))
	r := httptest.NewRequest(http.MethodPost, "/vetting/new", body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.AddCookie(&http.Cookie{Name: "portcullis", Value: v.session})
	w := httptest.NewRecorder()
	e.server.ServeHTTP(w, r)
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/vetting/") {
		t.Errorf("an app: %d to %q, %.300s", w.Code, to, w.Body)
	}
}
