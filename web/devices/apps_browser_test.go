package devices_test

import (
	"iter"
	"strings"
	"testing"
	"time"

	"portcullis/demo"
	rooms "portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/people"
	"portcullis/policy"
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
	q := newQuay(t, inSQLite(t), demoTime)
	q.follows()
	var text strings.Builder
	var later []rooms.Report
	if err := world.Write(&text, &d.World, imported(d, nth, &later)); err != nil {
		t.Fatal(err)
	}
	q.Import(q.devices, text.String())
	q.catchUp()
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

// walk goes through the pages with somebody signed in.
func (q *quay) walk(who guest) *pagetest.Walk {
	w := q.Walk()
	w.Enter(who.Visitor)
	return w
}

func TestAppsInABrowser(t *testing.T) {
	q, d := government(t, 20)
	root := d.World.Organisations[0].ID
	w := q.walk(q.guestOf(people.CentreOfficer, people.Everywhere, root))
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
		w.Look(path, name)
	}
	w.Go("/unlinked")
	w.Submit("main td .app-table__value > a.govuk-link")
	w.Accessible()
	w.Shot("link-wide")
	w.Phone()
	w.Accessible()
	w.Shot("link-phone")
}

// TestWhatIfInABrowser goes from a company's name to proposing that it be banned.
func TestWhatIfInABrowser(t *testing.T) {
	q, d := government(t, 20)
	root := d.World.Organisations[0].ID
	w := q.walk(q.guestOf(people.CentreOfficer, people.Everywhere, root))
	w.Go("/what-if?q=umberfell")
	w.Submit("main .app-table tbody a")
	if text := w.Text("main a.govuk-button:not(.govuk-button--secondary)"); text != "Propose this ban" {
		t.Errorf("it leads to %q", text)
	}
	for _, rule := range d.World.Rules {
		if rule.Effect == policy.Ban {
			w.Look("/rules/"+rule.ID, "rule")
			return
		}
	}
}

// TestTriageInABrowser decides about what a body has just brought in.
func TestTriageInABrowser(t *testing.T) {
	q, d := government(t, 20)
	w := q.walk(q.guestOf(people.CentreOfficer, people.Everywhere, d.World.Organisations[0].ID))
	w.Go("/triage/" + d.Imported)
	before := w.Text("main p")
	w.Click("#app-0")
	w.Click("#app-1")
	w.Click("#app-2")
	w.Click("input[value=allow-until]")
	w.Type("#reason", "Looked at in spring")
	w.Submit("main form[method=post] button[data-prevent-double-click]")
	if text := w.Text(".govuk-notification-banner__content"); !strings.Contains(text, "3 allowed for 90 days") {
		t.Errorf("the banner says %q", text)
	}
	if after := w.Text("main p"); after == before {
		t.Errorf("as many are left as before: %s", after)
	}
	w.Accessible()
	w.Shot("triage-decided-wide")
	w.Go("/triage/" + d.Imported + "?by=maker")
	w.Click("#maker-0")
	w.Click("input[value=leave-unlisted]")
	w.Submit("main form[method=post] button[data-prevent-double-click]")
	if text := w.Text(".govuk-notification-banner__content"); !strings.Contains(text, "left unlisted") {
		t.Errorf("the banner says %q", text)
	}
	w.Phone()
	w.Accessible()
	w.Shot("triage-decided-phone")
}
