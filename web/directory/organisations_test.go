package directory_test

import (
	"strings"
	"testing"
)

func TestOrganisations(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.organisation("pilots", "Pilots", "harbour")
		page := m.operator.get("/organisations").shows(200, "Add an organisation", "From above as well", "Enforced", ", below Harbour Office")
		last := -1
		for _, name := range []string{">Government of Merrow</a>", ">Department of Light</a>", ">Harbour Office</a>", ">Pilots</a>", ">House of Merrow</a>"} {
			at := strings.Index(page.body, name)
			if at <= last {
				t.Errorf("%s stands at %d, after what follows it at %d", name, at, last)
			}
			last = at
		}
		m.operator.get("/organisations?q=pil").shows(200, "Pilots").lacks(">Harbour Office</a>")
		m.operator.get("/organisations?q=nothing").shows(200, "No organisation has this", "Show all organisations")
	})
}
