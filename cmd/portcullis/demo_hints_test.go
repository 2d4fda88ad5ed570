package main

import (
	"testing"

	"portcullis/internal/browsertest"
)

// visitHints is everybody whom a visitor may be, and goes where they are told to look: each may see
// that page, and whoever is told of no other page has something on their first.
func visitHints(t *testing.T, d *demonstrated) {
	d.Go(d.at)
	faces := browsertest.Eval[[]string](d.Browser, `[...document.querySelectorAll("main form[action^='/demonstration/']")].map(f => f.getAttribute("action").split("/").pop())`)
	if len(faces) < 20 {
		t.Errorf("one may be %d people: %q", len(faces), faces)
	}
	for _, face := range faces {
		d.Go(d.at + "/demonstration")
		d.Submit(`form[action="/demonstration/` + face + `"] button`)
		to := browsertest.Eval[string](d.Browser, `document.querySelector("main .govuk-inset-text a").getAttribute("href")`)
		if to == "/demonstration" {
			if !d.Visible("main .govuk-task-list__link[href^='/proposals/']") {
				t.Errorf("%s is told of no page, and nothing waits for them", face)
			}
			continue
		}
		d.Go(d.at + to)
		if status := browsertest.Eval[int](d.Browser, `performance.getEntriesByType("navigation")[0].responseStatus`); status != 200 {
			t.Errorf("%s is sent to %s, and is told: %d, %.300s", face, to, status, d.Text("main"))
		}
	}
}
