package devices_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"portcullis/people"
)

// BenchmarkAppPages asks for each page about apps in the demonstration's government of 20,000 devices.
func BenchmarkAppPages(b *testing.B) {
	q, d := government(b, 1)
	who := q.guestOf(people.CentreOfficer, people.Everywhere, d.World.Organisations[0].ID)
	target := d.Draft.Target.Supplier
	for name, path := range map[string]string{
		"apps": "/apps", "apps found": "/apps?q=chat", "app": "/apps/" + d.World.Products[0].ID, "suppliers": "/suppliers", "supplier": "/suppliers/" + target, "unlinked": "/unlinked",
		"triage": "/triage/" + d.Imported, "what if": "/what-if?supplier=" + target, "what if anything": "/what-if?any=yes", "rule": "/rules/" + d.World.Rules[0].ID,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.AddCookie(&http.Cookie{Name: "portcullis", Value: who.Session})
				w := httptest.NewRecorder()
				if q.Handler.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatalf("%s: %d", path, w.Code)
				}
			}
		})
	}
}
