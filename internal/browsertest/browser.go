package browsertest

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"portcullis/internal/storetest"
)

// limit is how long one test may use its browser: a page that never answers must not stop all tests.
const limit = 2 * time.Minute

// Browser is a browser with one tab.
type Browser struct {
	t        testing.TB
	ctx      context.Context
	mu       sync.Mutex
	troubles []string
}

// running is the browser that all tests of a binary share, each with a profile of its own.
var running = sync.OnceValues(func() (context.Context, error) {
	const program = "/usr/bin/chromium"
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("this test needs Chromium, which tools/setup installs: %w", err)
	}
	ctx, end := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(program), chromedp.Headless, chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true))
	ctx, _ = chromedp.NewContext(ctx)
	storetest.AtEnd(func() {
		_ = chromedp.Cancel(ctx)
		end()
	})
	return ctx, chromedp.Do(ctx)
})

// Open opens a wide window of a browser with an empty profile. It is closed when the test ends. The package's TestMain is
// storetest's, which ends the browser.
func Open(t testing.TB) *Browser {
	t.Helper()
	ctx, err := running()
	if err != nil {
		t.Fatalf("starting the browser: %v", err)
	}
	ctx, stop := context.WithTimeout(ctx, limit)
	t.Cleanup(stop)
	b := &Browser{t: t}
	b.ctx, stop = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.hear))
	t.Cleanup(stop)
	t.Cleanup(func() {
		if err := chromedp.Cancel(b.ctx); err != nil {
			t.Errorf("closing the window: %v", err)
		}
	})
	t.Cleanup(b.tell)
	_, err = chromedp.Call(b.ctx, cdplog.Enable, cdp.Empty{})
	if err == nil { // a tab without a window has no focus, and keys would go nowhere
		_, err = chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	}
	if err != nil {
		t.Fatalf("opening a window: %v", err)
	}
	b.Wide()
	return b
}

// hear keeps what a person would see in the browser's console: exceptions, and what the content
// security policy stopped. That a page answers 404 or 422 is no trouble.
func (b *Browser) hear(event any) {
	var trouble string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		trouble = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			trouble += " " + e.ExceptionDetails.Exception.Description
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level != cdplog.EntryLevelError || e.Entry.Source == cdplog.EntrySourceNetwork {
			return
		}
		trouble = e.Entry.Text
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.troubles = append(b.troubles, trouble)
}

// tell fails the test for what was heard since it was told last.
func (b *Browser) tell() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, trouble := range b.troubles {
		b.t.Errorf("in the browser: %s", trouble)
	}
	b.troubles = nil
}

// Do takes steps, one after the other.
func (b *Browser) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}

// Eval evaluates JavaScript in the page, and waits for it where it is a promise.
func Eval[T any](b *Browser, script string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("in the browser: %.200s: %v", script, err)
	}
	return value
}

// Local is the address of a test's server under the name localhost, which browsers take for a
// secure one: passkeys need that, and a name.
func Local(s *httptest.Server) string {
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

// Go goes to an address and waits until it is loaded.
func (b *Browser) Go(address string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(address))
}

// Wide is a window on a desk, 1280 pixels wide.
func (b *Browser) Wide() {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(1280, 900))
}

// Phone is a small phone held upright, 375 pixels wide, with touch.
func (b *Browser) Phone() {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(375, 667, chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// Follow takes steps that lead to another page, or to this one anew, and waits until it is loaded.
func (b *Browser) Follow(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	Eval[bool](b, "window.portcullisLeaves = true")
	b.Do(steps...)
	b.WaitFor("!window.portcullisLeaves && document.readyState == 'complete'")
}

// Click clicks the element of a CSS selector, and does not wait.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Type types into the element of a CSS selector, behind what stands there.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	b.Do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Submit clicks the element of a CSS selector and waits until the next page is loaded.
func (b *Browser) Submit(selector string) {
	b.t.Helper()
	b.Follow(chromedp.Click(chromedp.CSS(selector)))
}

// Text is what can be read in the element of a CSS selector.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("in the browser: %s: %v", selector, err)
	}
	return text
}

// Title is the title of the window.
func (b *Browser) Title() string { return Eval[string](b, "document.title") }

// Address is the path and the query of the page.
func (b *Browser) Address() string { return Eval[string](b, "location.pathname + location.search") }

// Focused says where the focus is: the element's id, or its name and its text.
func (b *Browser) Focused() string {
	return Eval[string](b, "(e => e.id || e.tagName.toLowerCase() + ' ' + e.textContent.trim())(document.activeElement)")
}

// patience is how long WaitFor waits.
const patience = 20 * time.Second

// WaitFor waits until a script is true. Meanwhile the page may be left for another.
func (b *Browser) WaitFor(script string) {
	b.t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		// Between two pages there is nothing that could evaluate anything, which is an error.
		is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script))
		if err == nil && is {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			b.t.Fatalf("in the browser: at %s, never %s: %v", b.Address(), script, err)
		}
	}
}

// Visible tells whether the element of a CSS selector can be seen now.
func (b *Browser) Visible(selector string) bool {
	b.t.Helper()
	return Eval[bool](b, fmt.Sprintf("(e => e !== null && e.checkVisibility({visibilityProperty: true}))(document.querySelector(%q))", selector))
}

// NoScript turns the script of pages off, for those that are loaded from now on. Eval goes on.
func (b *Browser) NoScript() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatalf("turning script off: %v", err)
	}
}

// Shot photographs the whole page, as a PNG. It is written to name.png in the folder that
// PORTCULLIS_SHOTS names, for those who want to look; without that, nothing is done.
func (b *Browser) Shot(name string) {
	b.t.Helper()
	dir := os.Getenv("PORTCULLIS_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Fatalf("photographing the page: %v", err)
	}
}

// Choose chooses a file of the machine in the file input of a CSS selector.
func (b *Browser) Choose(selector, path string) {
	b.t.Helper()
	b.Do(chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path}))
}
