package devices_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portcullis/people"
)

// manyBodies is merrow with more bodies, and with devices on which much is in breach.
func manyBodies() string {
	text, hosts, _ := strings.Cut(merrow, "suppliers:")
	var b strings.Builder
	b.WriteString(text)
	for i, name := range []string{"Board of Pilots, Tugs and Harbour Approaches (formerly the Commissioners for the Northern and Western Approaches)", "Lifeboats", "Fisheries", "Customs House",
		"Ministry of Tides", "Observatory", "Chart Office", "Post and Packet", "Salvage Court", "Wreck Commission", "Quarantine", "Ferries"} {
		fmt.Fprintf(&b, "  - {id: body-%d, parent: light, name: %q}\n", i, name)
	}
	return b.String() + "suppliers:" + hosts
}

func TestOverviewInABrowser(t *testing.T) {
	w := newTower(t, inSQLite(t), manyBodies())
	watched(w)
	apps := []string{"com.parrot=1.4", "com.tides=4.2", "com.notes=1.0", "com.notes=3", "com.merrow.northern.approaches.navigation.assistant=2026.3.1-rc1"}
	for i := range 300 {
		body, ago := fmt.Sprintf("body-%d", i%7), time.Duration(i%40)*13*time.Hour
		w.sends(ago, body, fmt.Sprintf("HBR-%05d", i), apps[i%5], apps[i*7%4])
	}
	w.step()
	b := w.walk(w.guest(people.SecurityOfficer, people.Everywhere))
	for name, path := range map[string]string{
		"coverage": "/coverage", "coverage-sorted": "/coverage?sort=-silent", "coverage-one": "/coverage?organisation=harbour", "coverage-nothing": "/coverage?organisation=tide",
		"breaches": "/breaches", "breaches-narrowed": "/breaches?product=tides&age=today&result=banned&rule=ban-maker", "breaches-none": "/breaches?age=week",
	} {
		b.Look(path, name)
	}
	b.Go("/breaches")
	b.Submit(`a[href="/breaches?product=tides"]`)
	if !strings.Contains(b.Address(), "product=tides") || !strings.Contains(b.Text("main"), "Harbour Tides") {
		t.Errorf("the app leads to %s", b.Address())
	}
}
