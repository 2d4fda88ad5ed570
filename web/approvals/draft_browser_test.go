package approvals_test

import (
	"slices"
	"strings"
	"testing"

	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

func TestDraftsInABrowser(t *testing.T) {
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas), draftWorld)
	w := h.Walk()
	w.Enter(h.drafter(people.CentreOfficer, people.Everywhere, "olga").Visitor)
	for name, path := range map[string]string{
		"ban": banMaps, "phase-out": "/proposals/new/ban?product=maps&scope=dept-a&effect=phase-out", "withdrawal": "/proposals/new/withdrawal?rule=ban-parrot",
		"exemption": exemptA1, "renewal": "/proposals/new/exemption?renews=press", "monitor": "/proposals/new/monitor?organisation=dept-a", "process": "/proposals/new/process?organisation=dept-a", "organisation": "/proposals/new/organisation?organisation=dept-a",
		"supplier": "/proposals/new/supplier/maker", "product": "/proposals/new/product/maps", "adopt": "/proposals/new/adopt?rule=ban-tiles-b", "adopt-allow": "/proposals/new/adopt?rule=allow-notes",
		"app-search": "/proposals/new/app?q=map", "app-other": "/proposals/new/app?other=yes&name=Chess", "app-platform": "/proposals/new/app?product=maps", "app-banned": "/proposals/new/app?product=parrot&platform=android",
	} {
		w.Look(path, "draft-"+name)
		if button := "main form[method=post] button[data-prevent-double-click]"; name != "adopt-allow" && w.Visible(button) { // which needs no answer
			w.Submit(button)
			if title := w.Title(); !strings.HasPrefix(title, "Error: ") {
				t.Errorf("%s: the title is %q", name, title)
			}
			w.Accessible()
			w.Phone()
			w.Shot("draft-" + name + "-error-phone")
			w.Wide()
		}
	}
}

// TestBanInThreeScreens goes from an app's everyday name to a ban that waits for a signature: the first page, what is
// called so, and the page that shows whom it would reach and asks why.
func TestBanInThreeScreens(t *testing.T) {
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas), draftWorld)
	w := h.Walk()
	w.Enter(h.drafter(people.CentreOfficer, people.Everywhere, "olga").Visitor)
	w.Go("/")
	screens := 1
	sees := func(texts ...string) {
		screens++
		main := w.Text("main")
		for _, text := range texts {
			if !strings.Contains(main, text) {
				t.Errorf("screen %d, %s, does not say %q: %s", screens, w.Address(), text, main)
			}
		}
	}
	w.Type("main input[type=search]", "maps")
	w.Submit("main form button")
	sees("Maps", "Not known", "No ban")
	if row := strings.Fields(w.Text("main tbody tr")); !slices.Contains(row, "2") {
		t.Errorf("on how many devices and of how many bodies: %s", row)
	}
	w.Seen("ban-found")
	w.Wide()
	w.Submit("main tbody a[href^='/proposals/new/ban']")
	sees("2 devices and pieces of equipment of 4, in 2 bodies", "For the thing itself", "For what contains it", "Exemptions in force for what it reaches", "Allow rules for what it reaches")
	w.Seen("ban-draft")
	w.Wide()
	w.Type("#reason", "It sends where people are to whoever pays.")
	w.Type("#narrower", "Its maker is not known, and every version does it.")
	w.Click("input[name=clearance][value=none]")
	w.Submit("main form[method=post] button[data-prevent-double-click]")
	if at := w.Address(); screens != 3 || !strings.HasPrefix(at, "/proposals/") || !strings.HasSuffix(at, "?done=proposed") {
		t.Errorf("after %d screens one is at %s", screens, at)
	}
	w.Seen("ban-asked")
}

// TestAskForAnAppOnAPhone goes from a name to a proposal, by touching what is there.
func TestAskForAnAppOnAPhone(t *testing.T) {
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas), draftWorld)
	w := h.Walk()
	anna := h.drafter("", "dept-a", "anna")
	w.Enter(anna.Visitor)
	w.Phone()
	w.Go("/proposals/new/app")
	w.Type("#q", "maps")
	w.Submit("main form[role=search] button")
	w.Submit("main .govuk-task-list a")
	w.Type("#reason", "To find the way to those whom I visit.")
	w.Accessible()
	w.Shot("draft-app-reason-phone")
	w.Submit("main form[method=post] button[data-prevent-double-click]")
	if at := w.Address(); !strings.HasPrefix(at, "/proposals/") || !strings.HasSuffix(at, "?done=asked") {
		t.Errorf("asked for, one is at %s", at)
	}
	w.Accessible()
	w.Shot("draft-app-asked-phone")
}
