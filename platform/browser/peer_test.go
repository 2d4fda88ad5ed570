//go:build peers

package browser

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/extensions"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
	"portcullis/policy"
)

// started starts Chromium as a shell script does: in a mount namespace of its own, so that its policy
// directory is the test's and no other browser on the machine sees it.
const started = `#!/bin/sh
exec unshare --map-root-user --mount sh -c 'mount --bind "$0" /etc/chromium && exec /usr/bin/chromium "$@"' %s "$@"
`

func put(t *testing.T, file, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// under starts Chromium under the policy of a list.
func under(t *testing.T, l *platform.List) context.Context {
	t.Helper()
	var artefact bytes.Buffer
	if left, err := Chromium(&artefact, l); err != nil || len(left) > 0 {
		t.Fatal(left, err)
	}
	return underPolicy(t, artefact.String())
}

// underPolicy starts Chromium under a policy.
func underPolicy(t *testing.T, artefact string) context.Context {
	t.Helper()
	folder := t.TempDir()
	etc, program := filepath.Join(folder, "etc"), filepath.Join(folder, "chromium")
	put(t, filepath.Join(etc, "policies", "managed", "portcullis.json"), artefact, 0o644)
	put(t, program, fmt.Sprintf(started, etc), 0o755)
	return chromium(t, program)
}

// addOn makes an add-on with an id of its own.
func addOn(t *testing.T) (folder, id string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	put(t, filepath.Join(folder, "manifest.json"), fmt.Sprintf(`{"manifest_version": 3, "name": "Add-on", "version": "1", "key": %q}`, base64.StdEncoding.EncodeToString(public)), 0o644)
	sum := sha256.Sum256(public)
	for _, b := range sum[:16] {
		id += string([]byte{'a' + b>>4, 'a' + b&15})
	}
	return folder, id
}

// load brings an add-on in from its folder.
func load(ctx context.Context, folder string) (id string, err error) {
	loaded, err := chromedp.CallBrowser(ctx, extensions.LoadUnpacked, extensions.LoadUnpackedParams{Path: folder})
	return loaded.ID, err
}

// TestPeerChromium holds Debian's Chromium to the policy of a closed list: it takes all of it, lets no
// add-on in that a folder brings, and keeps from the sites of what is banned.
func TestPeerChromium(t *testing.T) {
	folder, id := addOn(t)
	ctx := under(t, &platform.List{Platform: policy.Chrome, Organisation: "harbour", Closed: true, Shared: []platform.Entry{
		{Identifier: id, Listed: true}, {Identifier: ferries, Listed: true, Floors: []platform.Floor{{Version: "4.2"}}},
		{Identifier: tides, Listed: true, Banned: []policy.Window{{}}}},
		Domains: []platform.Domain{{Name: "tides.example"}, {Name: "Bücher.example"}}})
	if _, err := load(ctx, folder); err == nil || !strings.Contains(err.Error(), "disabled by the administrator") {
		t.Errorf("an add-on from a folder: %v", err)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!doctype html><title>reached</title>") }))
	t.Cleanup(site.Close)
	at, err := url.Parse(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"tides.example": false, "cdn.tides.example": false, "xn--bcher-kva.example": false, "mytides.example": true, "example": true} {
		title, err := visit(ctx, "http://"+host+":"+at.Port()+"/")
		if reached := title == "reached"; reached != want || !want && (err == nil || !strings.Contains(err.Error(), "ERR_BLOCKED_BY_ADMINISTRATOR")) {
			t.Errorf("%s: reached %t: %q, %v", host, reached, title, err)
		}
	}
	if _, err := visit(ctx, "chrome://policy"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, ctx, "chrome://policy", []string{"ExtensionSettings: OK", "URLBlocklist: OK"}, func() ([]string, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[[]string](shown))
	})
}

// TestPeerChromiumOpen: of an open list, it keeps the add-on out that is banned, and lets in another.
func TestPeerChromiumOpen(t *testing.T) {
	banned, id := addOn(t)
	other, otherID := addOn(t)
	ctx := under(t, &platform.List{Platform: policy.Chrome, Organisation: "harbour", Shared: []platform.Entry{{Identifier: id, Banned: []policy.Window{{}}}}})
	if got, err := load(ctx, other); err != nil || got != otherID {
		t.Errorf("another add-on: %s, %v", got, err)
	}
	if got, err := load(ctx, banned); err == nil || !strings.Contains(err.Error(), "administrator") {
		t.Errorf("the banned add-on: %s, %v", got, err)
	}
}

// TestPeerChromiumLeast: it turns off an add-on that is older than the least version. Add-ons from a folder
// come in where not all others are blocked, so that this is what a list says of one add-on alone.
func TestPeerChromiumLeast(t *testing.T) {
	folder, id := addOn(t) // version 1
	for least, want := range map[string]string{"1": "ENABLED false", "1.0.1": "DISABLED true"} {
		var artefact bytes.Buffer
		if err := write(&artefact, managed{Extensions: settings{{ID: id, Mode: allowed, Least: least}}}); err != nil {
			t.Fatal(err)
		}
		ctx := underPolicy(t, artefact.String())
		if got, err := load(ctx, folder); err != nil || got != id {
			t.Fatalf("from %s: %s, %v", least, got, err)
		}
		if _, err := visit(ctx, "chrome://extensions"); err != nil {
			t.Fatal(err)
		}
		waitFor(t, ctx, "from "+least, []string{want}, func() ([]string, error) {
			return chromedp.Run(ctx, chromedp.Evaluate[[]string](fmt.Sprintf(state, id), chromedp.EvalAwaitPromise))
		})
	}
}

// state asks the page of add-ons whether one is on, and whether it is off because it must be updated.
const state = `chrome.developerPrivate.getExtensionInfo(%q).then(i => [i.state + ' ' + i.disableReasons.updateRequired])`

// shown reads the policies that are set, and what the browser says of each, from its own page.
const shown = `(() => {
	const all = (root, kind) => [...root.querySelectorAll('*')].flatMap(e => [...(e.localName === kind ? [e] : []), ...(e.shadowRoot ? all(e.shadowRoot, kind) : [])]);
	return all(document, 'policy-row').map(r => r.shadowRoot).filter(r => r.querySelector('.policy.row .value')?.textContent.trim())
		.map(r => r.querySelector('.name').textContent.trim() + ': ' + r.querySelector('.messages').textContent.trim()).sort();
})()`

// chromium starts the browser with an empty profile; every name leads to this machine.
func chromium(t *testing.T, program string) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, chromedp.ExecPath(program), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-extensions", false), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("host-resolver-rules", "MAP * 127.0.0.1"),
		chromedp.Flag("enable-unsafe-extension-debugging", true))
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("closing the browser: %v", err)
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting the browser: %v", err)
	}
	return ctx
}

// visit opens an address and returns the title of what came.
func visit(ctx context.Context, address string) (title string, err error) {
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		return "", err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[string]("document.title"))
}

// waitFor asks until it gets what is wanted.
func waitFor(t *testing.T, ctx context.Context, what string, want []string, ask func() ([]string, error)) {
	t.Helper()
	patience, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		got, err := ask()
		diff := cmp.Diff(want, got)
		if err == nil && diff == "" {
			return
		}
		select {
		case <-again.C:
		case <-patience.Done():
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
			return
		}
	}
}
