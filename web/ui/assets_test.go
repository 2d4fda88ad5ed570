package ui_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"portcullis/web/ui"
)

// built fails the test where the assets are not part of the test binary.
func built(t *testing.T) {
	t.Helper()
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
}

func get(t *testing.T, path string, headers ...string) *http.Response {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w.Result()
}

var loaded = regexp.MustCompile(`(?:href|src)="(/assets/[^"]*)"`)

// TestFirstLoad: the page of samples, which is larger than any other, and all that it loads take at most
// 150 KB on the wire, and what it loads is kept for ever.
func TestFirstLoad(t *testing.T) {
	built(t)
	w := httptest.NewRecorder()
	if err := ui.Components(w, ui.WithFrame(httptest.NewRequest("GET", "/components", nil), frame)); err != nil {
		t.Fatal(err)
	}
	page := w.Body.String()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, page)
	_ = z.Close()
	total := zipped.Len()
	found := loaded.FindAllStringSubmatch(page, -1)
	for _, match := range found {
		answer := get(t, match[1], "Accept-Encoding", "gzip, deflate, br")
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 200 || answer.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d, %v", match[1], answer.StatusCode, answer.Header)
		}
		total += len(body)
	}
	if len(found) != 3 || total > 150<<10 {
		t.Errorf("%d files, together %d bytes", len(found), total)
	}
	t.Logf("first load: %d bytes", total)
}

func TestAssets(t *testing.T) {
	plain := get(t, "/assets/plain.css")
	content, err := io.ReadAll(plain.Body)
	if err != nil || plain.StatusCode != 200 || plain.Header.Get("Content-Type") != "text/css; charset=utf-8" || plain.Header.Get("Cache-Control") != "no-cache" || plain.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %v", plain.StatusCode, plain.Header)
	}
	if plain.Header.Get("Vary") != "Accept-Encoding" {
		t.Error("what is packed or not is not told apart by caches")
	}
	packed := get(t, "/assets/plain.css", "Accept-Encoding", "br;q=1, gzip;q=0.5")
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(unpacked, content) || packed.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Errorf("packed: %v %v", err, packed.Header)
	}
	for _, none := range []string{"gzip;q=0", "br", "gzip;q=0.000"} {
		if got := get(t, "/assets/plain.css", "Accept-Encoding", none).Header.Get("Content-Encoding"); got != "" {
			t.Errorf("to %s: %s", none, got)
		}
	}
	if again := get(t, "/assets/plain.css", "If-None-Match", plain.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("asked again: %d", again.StatusCode)
	}
	if stale := get(t, "/assets/plain.css?v=old"); stale.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("another version is kept: %v", stale.Header)
	}
	for _, path := range []string{"/assets/none.css", "/assets/", "/assets/../go.mod", "/assets/built"} {
		if status := get(t, path).StatusCode; status == 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestNotOfGOVUK: the crown, the typeface and the name of GOV.UK are not ours to show.
func TestNotOfGOVUK(t *testing.T) {
	built(t)
	for _, path := range []string{"/assets/built/portcullis.css", "/assets/built/portcullis.js"} {
		content, err := io.ReadAll(get(t, path).Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, taken := range []string{"GDS Transport", "@font-face", "crest", "url(", "data:"} {
			if strings.Contains(string(content), taken) {
				t.Errorf("%s has %s", path, taken)
			}
		}
	}
	licence, err := io.ReadAll(get(t, "/assets/built/govuk-licence.txt").Body)
	if err != nil || !strings.Contains(string(licence), "MIT License") {
		t.Errorf("the licence of GOV.UK Frontend is not handed on: %v", err)
	}
}
