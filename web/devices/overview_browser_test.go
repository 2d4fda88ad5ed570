package devices_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/ui"
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
	b := browsertest.Open(t)
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	clock := storetest.NewClock(springTime)
	db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: clock.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), roomSchemas...); err != nil {
		t.Fatal(err)
	}
	w := newTower(t, db, clock, manyBodies())
	watched(w)
	apps := []string{"com.parrot=1.4", "com.tides=4.2", "com.notes=1.0", "com.notes=3", "com.merrow.northern.approaches.navigation.assistant=2026.3.1-rc1"}
	for i := range 300 {
		body, ago := fmt.Sprintf("body-%d", i%7), time.Duration(i%40)*13*time.Hour
		w.sends(ago, body, fmt.Sprintf("HBR-%05d", i), apps[i%5], apps[i*7%4])
	}
	w.step()
	session := w.guest(people.SecurityOfficer, people.Everywhere).cookie
	mux := http.NewServeMux()
	mux.Handle("/", w.handler)
	mux.HandleFunc("GET /enter", func(out http.ResponseWriter, _ *http.Request) {
		http.SetCookie(out, &http.Cookie{Name: "portcullis", Value: session, Path: "/", HttpOnly: true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	at := browsertest.Local(server)
	b.Go(at + "/enter")
	for name, path := range map[string]string{
		"coverage": "/coverage", "coverage-sorted": "/coverage?sort=-silent", "coverage-one": "/coverage?organisation=harbour", "coverage-nothing": "/coverage?organisation=tide",
		"breaches": "/breaches", "breaches-narrowed": "/breaches?product=tides&age=today&result=banned&rule=ban-maker", "breaches-none": "/breaches?age=week",
	} {
		for _, phone := range []bool{false, true} {
			b.Wide()
			if phone {
				b.Phone()
			}
			b.Go(at + path)
			b.Accessible()
			b.Shot(fmt.Sprintf("%s-%t", name, phone))
		}
	}
	b.Wide()
	b.Go(at + "/breaches")
	b.Submit(`a[href="/breaches?product=tides"]`)
	if !strings.Contains(b.Address(), "product=tides") || !strings.Contains(b.Text("main"), "Harbour Tides") {
		t.Errorf("the app leads to %s", b.Address())
	}
}
