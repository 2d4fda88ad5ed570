package scim

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the answers under testdata anew")

const here = "https://gate.example/scim/v2"

func service(d Directory) http.Handler { return serviceWith(d, slog.New(slog.DiscardHandler)) }

func serviceWith(d Directory, log *slog.Logger) http.Handler {
	base, err := url.Parse(here)
	if err != nil {
		panic(err)
	}
	return New(d, base, log)
}

// ask sends a request; lines of headers may stand before its body, with an empty line between.
func ask(h http.Handler, request, content string) *httptest.ResponseRecorder {
	method, address, _ := strings.Cut(request, " ")
	head, body, ok := strings.Cut(content, "\n\n")
	if !ok || strings.HasPrefix(content, "{") {
		head, body = "", content
	}
	r := httptest.NewRequest(method, here+strings.ReplaceAll(address, " ", "%20"), strings.NewReader(body))
	if strings.TrimSpace(body) != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	for line := range strings.Lines(head) {
		name, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
		r.Header.Set(name, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// said is an answer as the conversations have it.
func said(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var b bytes.Buffer
	for _, name := range []string{"ETag", "Location", "Allow", "WWW-Authenticate"} {
		if v := w.Header().Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	if w.Body.Len() > 0 {
		if kind := w.Header().Get("Content-Type"); kind != mediaType {
			t.Errorf("the answer is of type %q", kind)
		}
		b.WriteByte('\n')
		if err := json.Indent(&b, w.Body.Bytes(), "", "  "); err != nil {
			t.Errorf("the answer is not JSON: %v\n%s", err, w.Body)
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// TestConversations holds what clients say and what they are answered, in txtar files: sections
// "> METHOD address" with headers, an empty line and the body, and "< status" likewise.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			h := service(newMemory())
			held := &txtar.Archive{Comment: archive.Comment}
			for _, section := range archive.Files {
				request, ok := strings.CutPrefix(section.Name, "> ")
				if !ok {
					continue
				}
				w := ask(h, request, string(section.Data))
				held.Files = append(held.Files, section, txtar.File{Name: fmt.Sprintf("< %d", w.Code), Data: []byte(said(t, w))})
			}
			got := txtar.Format(held)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(txtar.Format(archive)), string(got)); diff != "" {
				t.Errorf("the conversation (-want +got):\n%s", diff)
			}
		})
	}
}
