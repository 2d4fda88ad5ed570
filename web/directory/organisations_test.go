package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"portcullis/internal/pagetest"
	"portcullis/people"
)

func TestOrganisations(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.Organisation("pilots", "Pilots", "harbour")
		page := m.operator.Get("/organisations").Shows(200, "Add an organisation", "what is not listed is enforced").HasNo("<details class=\"app-tree__fold")
		last := -1
		for _, name := range []string{">Government of Merrow</a>", ">Department of Light</a>", ">Harbour Office</a>", ">Pilots</a>", ">House of Merrow</a>"} {
			at := strings.Index(page.Body, name)
			if at <= last {
				t.Errorf("%s stands at %d, after what follows it at %d", name, at, last)
			}
			last = at
		}
		page.Has(`<a class="govuk-link" href="/organisations/harbour">Harbour Office</a><ul><li><a class="govuk-link" href="/organisations/pilots">Pilots</a></li>`)
		m.operator.Get("/organisations?q=pil").Shows(200, "Pilots", "below Harbour Office").Lacks(">Harbour Office</a>")
		m.operator.Get("/organisations?q=nothing").Shows(200, "No organisation has this", "Show all organisations")
	})
}

// TestManyOrganisations holds that a page of hundreds of organisations is small, short and in order: what stands deeper
// is folded, and all of it is on the page for who searches there.
func TestManyOrganisations(t *testing.T) {
	const most = 150_000 - 24_000 // what a first load may have, without the style sheet and the script
	eachMerrow(t, func(m merrow) {
		for i := range 300 {
			above := "gov"
			if i >= 30 {
				above = fmt.Sprintf("body-%03d", i%30)
			}
			m.Organisation(fmt.Sprintf("body-%03d", i), fmt.Sprintf("Department of Weights, Measures and Long Names %d", i), above)
		}
		m.Do(m.People.AddOrganisation(t.Context(), pagetest.Command, people.NewOrganisation{ID: "apart", Name: "Apart", Parent: "body-007", OwnList: true}))
		page := m.operator.Get("/organisations").Shows(200, "9 directly below", "10 directly below", "Its own allow rules alone")
		if len(page.Body) > most {
			t.Errorf("a page of 300 organisations has %d bytes", len(page.Body))
		}
		if n := strings.Count(page.Body, "<details class=\"app-tree__fold"); n != 30 {
			t.Errorf("%d organisations are folded", n)
		}
		if n := strings.Count(page.Body, `href="/organisations/body-`); n != 300 {
			t.Errorf("%d organisations are on the page", n)
		}
		m.operator.Get("/organisations?q=names+299").Shows(200, "Long Names 299", "below Department of Weights, Measures and Long Names 29").Lacks("Long Names 298")
	})
}
