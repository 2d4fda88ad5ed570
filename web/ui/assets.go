package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// static holds what a browser loads beside pages: written by hand, and in static/built what `make
// assets` made of GOV.UK Frontend.
//
//go:embed static
var static embed.FS

const (
	builtStyle  = "built/portcullis.css"
	builtScript = "built/portcullis.js"
)

// file is one asset as it is sent.
type file struct {
	kind           string
	plain, gzipped []byte // gzipped is nil where it would not be smaller
	version        string
}

// assets are all files below static, by their path there.
var assets = sync.OnceValue(func() map[string]file {
	files := map[string]file{}
	err := fs.WalkDir(static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(static, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		kind := mime.TypeByExtension(path.Ext(name))
		if path.Ext(name) == ".js" {
			kind = "text/javascript; charset=utf-8"
		}
		files[strings.TrimPrefix(name, "static/")] = file{kind, content, zipped(content), hex.EncodeToString(sum[:6])}
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("embedded files: %v", err)) // they are part of the binary
	}
	return files
})

func zipped(content []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(content) // into memory
	_ = w.Close()
	if b.Len() >= len(content) {
		return nil
	}
	return b.Bytes()
}

// Built tells whether the style sheet and the script of GOV.UK Frontend are part of the binary. They
// are not in one made by `go build` alone: its pages work, and are plain.
func Built() bool {
	_, style := assets()[builtStyle]
	_, script := assets()[builtScript]
	return style && script
}

// AssetsPattern is where Assets is to be routed.
const AssetsPattern = "GET /assets/{path...}"

// assetPath is the address of an asset. It changes with the content, so that it can be kept for ever.
func assetPath(name string) (template.URL, error) {
	f, found := assets()[name]
	if !found {
		return "", fmt.Errorf("there is no asset %s", name)
	}
	return template.URL("/assets/" + name + "?v=" + f.version), nil
}

// Assets serves what pages load, at AssetsPattern.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, found := assets()[r.PathValue("path")]
		if !found {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("Vary", "Accept-Encoding")
		h.Set("Cache-Control", "no-cache")
		if r.URL.Query().Get("v") == f.version {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		body, tag := f.plain, f.version
		if f.gzipped != nil && accepts(r, "gzip") {
			h.Set("Content-Encoding", "gzip")
			body, tag = f.gzipped, f.version+"-gz"
		}
		h.Set("ETag", `"`+tag+`"`)
		if strings.Contains(r.Header.Get("If-None-Match"), `"`+tag+`"`) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(body) // who has gone away is not told
	})
}

// accepts tells whether the browser takes an encoding (RFC 9110, section 12.5.3).
func accepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == encoding && strings.TrimLeft(strings.TrimSpace(weight), "q=0.") != "" || name == encoding && weight == "" {
			return true
		}
	}
	return false
}
