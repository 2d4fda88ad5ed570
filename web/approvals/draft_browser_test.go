package approvals_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portcullis/internal/browsertest"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/ui"
)

// draftingInABrowser serves the pages to a browser; enter signs somebody in.
func draftingInABrowser(t *testing.T) (b *bureau, browser *browsertest.Browser, at string, enter func(d drafter)) {
	t.Helper()
	browser = browsertest.Open(t)
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	now := func() time.Time { return draftDay }
	db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), draftSchemas...); err != nil {
		t.Fatal(err)
	}
	b = newBureau(t, db, now)
	path := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(path, []byte(draftWorld), 0o600); err != nil {
		t.Fatal(err)
	}
	b.load(path)
	cookie := ""
	mux := http.NewServeMux()
	mux.Handle("/", b.handler)
	mux.HandleFunc("GET /enter", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "portcullis", Value: cookie, Path: "/", HttpOnly: true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	at = browsertest.Local(server)
	return b, browser, at, func(d drafter) {
		cookie = d.cookie
		browser.Go(at + "/enter")
	}
}

// lookAtDraft checks a page on a desk and on a phone.
func lookAtDraft(b *browsertest.Browser, address, name string) {
	b.Wide()
	b.Go(address)
	b.Accessible()
	b.Shot(name + "-wide")
	b.Phone()
	b.Accessible()
	b.Shot(name + "-phone")
	b.Wide()
}

func TestDraftsInABrowser(t *testing.T) {
	b, browser, at, enter := draftingInABrowser(t)
	enter(b.drafter(people.CentreOfficer, people.Everywhere, "olga"))
	for name, path := range map[string]string{
		"ban": banMaps, "phase-out": "/proposals/new/ban?product=maps&scope=dept-a&effect=phase-out", "withdrawal": "/proposals/new/withdrawal?rule=ban-parrot",
		"exemption": exemptA1, "renewal": "/proposals/new/exemption?renews=press", "monitor": "/proposals/new/monitor?organisation=dept-a", "process": "/proposals/new/process?organisation=dept-a",
		"supplier": "/proposals/new/supplier/maker", "product": "/proposals/new/product/maps", "adopt": "/proposals/new/adopt?rule=ban-tiles-b", "adopt-allow": "/proposals/new/adopt?rule=allow-notes",
		"app-search": "/proposals/new/app?q=map", "app-other": "/proposals/new/app?other=yes&name=Chess", "app-platform": "/proposals/new/app?product=maps", "app-banned": "/proposals/new/app?product=parrot&platform=android",
	} {
		lookAtDraft(browser, at+path, "draft-"+name)
		if button := "main form[method=post] button[data-prevent-double-click]"; name != "adopt-allow" && browser.Visible(button) { // which needs no answer
			browser.Submit(button)
			if title := browser.Title(); !strings.HasPrefix(title, "Error: ") {
				t.Errorf("%s: the title is %q", name, title)
			}
			browser.Accessible()
			browser.Phone()
			browser.Shot("draft-" + name + "-error-phone")
			browser.Wide()
		}
	}
}

// TestAskForAnAppOnAPhone goes from a name to a proposal, by touching what is there.
func TestAskForAnAppOnAPhone(t *testing.T) {
	b, browser, at, enter := draftingInABrowser(t)
	anna := b.drafter("", "dept-a", "anna")
	enter(anna)
	browser.Phone()
	browser.Go(at + "/proposals/new/app")
	browser.Type("#q", "maps")
	browser.Submit("main form[role=search] button")
	browser.Submit("main .govuk-task-list a")
	browser.Submit("main .govuk-task-list a")
	browser.Type("#reason", "To find the way to those whom I visit.")
	browser.Accessible()
	browser.Shot("draft-app-reason-phone")
	browser.Submit("main form[method=post] button[data-prevent-double-click]")
	if at := browser.Address(); !strings.HasPrefix(at, "/proposals/") || !strings.HasSuffix(at, "?done=proposed") {
		t.Errorf("asked for, one is at %s", at)
	}
	browser.Accessible()
	browser.Shot("draft-app-asked-phone")
}
