package directory_test

import (
	"strings"
	"testing"
)

func TestOrganisations(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.Organisation("pilots", "Pilots", "harbour")
		page := m.operator.Get("/organisations").Shows(200, "Add an organisation", "From above as well", "Enforced", ", below Harbour Office")
		last := -1
		for _, name := range []string{">Government of Merrow</a>", ">Department of Light</a>", ">Harbour Office</a>", ">Pilots</a>", ">House of Merrow</a>"} {
			at := strings.Index(page.Body, name)
			if at <= last {
				t.Errorf("%s stands at %d, after what follows it at %d", name, at, last)
			}
			last = at
		}
		m.operator.Get("/organisations?q=pil").Shows(200, "Pilots").Lacks(">Harbour Office</a>")
		m.operator.Get("/organisations?q=nothing").Shows(200, "No organisation has this", "Show all organisations")
	})
}
