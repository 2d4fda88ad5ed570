package devices_test

import (
	"crypto/rand"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portcullis/demo"
	rooms "portcullis/devices"
	"portcullis/internal/browsertest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
	"portcullis/web/ui"
	"portcullis/world"
)

// demoTime is when the demonstration's government is looked at.
var demoTime = time.Date(2027, 3, 4, 9, 12, 0, 0, time.UTC)

// government is the demonstration's, with every nth of its devices.
func government(t testing.TB, nth int) (*quay, *demo.Demo) {
	t.Helper()
	starter, err := demo.Starter()
	if err != nil {
		t.Fatal(err)
	}
	d, err := demo.Government(starter, demoTime)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return demoTime }
	db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), roomSchemas...); err != nil {
		t.Fatal(err)
	}
	q := newQuay(t, db, now)
	file := filepath.Join(t.TempDir(), "world.yaml")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	var later []rooms.Report
	if err := world.Write(out, &d.World, imported(d, nth, &later)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	q.load(file)
	if len(later) > 0 {
		q.told(later...)
	}
	return q, d
}

// imported yields every nth device, those that exemptions name, and all equipment. What has a name for suggestions is told later, for a world
// file has no such names.
func imported(d *demo.Demo, nth int, later *[]rooms.Report) iter.Seq[*policy.Host] {
	named := map[string]bool{} // in exemptions
	for i := range d.World.Exemptions {
		named[d.World.Exemptions[i].Subject.Host] = true
	}
	return func(yield func(*policy.Host) bool) {
		n := 0
		for h := range d.Hosts() {
			n++
			if h.Kind == policy.Device && n%nth != 0 && !named[h.ID] {
				continue
			}
			var known []policy.Installation
			r := rooms.Report{Host: h.ID}
			for _, in := range h.Installed {
				name, is := d.Names[demo.Identifier{Platform: max(in.Platform, h.Platform), ID: in.Identifier}]
				if !is || in.Platform != 0 {
					known = append(known, in)
					continue
				}
				r.Installed = append(r.Installed, in)
				r.Names = append(r.Names, rooms.Named{Identifier: in.Identifier, Platform: h.Platform, Name: name.Name, Publisher: name.Publisher})
			}
			if len(r.Installed) > 0 && len(*later) < 400 && h.Ownership == policy.Corporate {
				h.Installed, *later = known, append(*later, r)
			}
			if !yield(&h.Host) {
				return
			}
		}
	}
}

// shown serves the pages to a browser in which somebody has signed in.
func shown(t *testing.T, q *quay, who guest, b *browsertest.Browser) (at string) {
	t.Helper()
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	mux := http.NewServeMux()
	mux.Handle("/", q.handler)
	mux.HandleFunc("GET /enter", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "portcullis", Value: who.cookie, Path: "/", HttpOnly: true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	at = browsertest.Local(server)
	b.Go(at + "/enter")
	return at
}

// lookAt checks a page on a desk and on a phone.
func lookAt(b *browsertest.Browser, address, name string) {
	b.Wide()
	b.Go(address)
	b.Accessible()
	b.Shot(name + "-wide")
	b.Phone()
	b.Accessible()
	b.Shot(name + "-phone")
	b.Wide()
}

func TestAppsInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	q, d := government(t, 20)
	root := d.World.Organisations[0].ID
	at := shown(t, q, q.guestOf(people.CentreOfficer, people.Everywhere, root), b)
	target := d.Draft.Target.Supplier
	product := ""
	for i := range d.World.Products {
		if p := &d.World.Products[i]; p.Supplier != "" && len(p.Contains) > 0 {
			product = p.ID
			break
		}
	}
	for name, path := range map[string]string{
		"apps": "/apps?q=a", "apps-none": "/apps?q=zzzz", "app": "/apps/" + product, "suppliers": "/suppliers?q=umber", "supplier": "/suppliers/" + target, "unlinked": "/unlinked", "triages": "/triage",
		"triage": "/triage/" + d.Imported, "triage-makers": "/triage/" + d.Imported + "?by=maker", "triage-left": "/triage/" + d.Imported + "?show=left",
		"what-if-choose": "/what-if?q=umber", "what-if": "/what-if?supplier=" + target,
	} {
		lookAt(b, at+path, name)
	}
	b.Go(at + "/unlinked")
	b.Submit("main td .app-table__value > a.govuk-link")
	b.Accessible()
	b.Shot("link-wide")
	b.Phone()
	b.Accessible()
	b.Shot("link-phone")
}

// TestWhatIfInABrowser goes from a company's name to proposing that it be banned.
func TestWhatIfInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	q, d := government(t, 20)
	root := d.World.Organisations[0].ID
	at := shown(t, q, q.guestOf(people.CentreOfficer, people.Everywhere, root), b)
	b.Go(at + "/what-if?q=umberfell")
	b.Submit("main .app-table tbody a")
	if text := b.Text("main a.govuk-button:not(.govuk-button--secondary)"); text != "Propose this ban" {
		t.Errorf("it leads to %q", text)
	}
	for _, rule := range d.World.Rules {
		if rule.Effect == policy.Ban {
			lookAt(b, at+"/rules/"+rule.ID, "rule")
			return
		}
	}
}

// TestTriageInABrowser decides about what a body has just brought in.
func TestTriageInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	q, d := government(t, 20)
	at := shown(t, q, q.guestOf(people.CentreOfficer, people.Everywhere, d.World.Organisations[0].ID), b)
	b.Go(at + "/triage/" + d.Imported)
	before := b.Text("main p")
	b.Click("#app-0")
	b.Click("#app-1")
	b.Click("#app-2")
	b.Click("input[value=allow-until]")
	b.Type("#reason", "Looked at in spring")
	b.Submit("main form[method=post] button[data-prevent-double-click]")
	if text := b.Text(".govuk-notification-banner__content"); !strings.Contains(text, "3 allowed for 90 days") {
		t.Errorf("the banner says %q", text)
	}
	if after := b.Text("main p"); after == before {
		t.Errorf("as many are left as before: %s", after)
	}
	b.Accessible()
	b.Shot("triage-decided-wide")
	b.Go(at + "/triage/" + d.Imported + "?by=maker")
	b.Click("#maker-0")
	b.Click("input[value=leave-unlisted]")
	b.Submit("main form[method=post] button[data-prevent-double-click]")
	if text := b.Text(".govuk-notification-banner__content"); !strings.Contains(text, "left unlisted") {
		t.Errorf("the banner says %q", text)
	}
	b.Phone()
	b.Accessible()
	b.Shot("triage-decided-phone")
}
