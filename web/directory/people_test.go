package directory_test

import (
	"strings"
	"testing"
)

func TestPeople(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.Get("/people").Shows(200, "Grace Holm", "Harbour Office", "grace@merrow.example", "Active", "Add a person", "Import people")
		m.operator.Get("/people?q=gra+hol").Shows(200, "Grace Holm").Has(`value="gra hol"`).Lacks("Sam Officer")
		m.operator.Get("/people?role=security-officer").Shows(200, "Sam Officer").Lacks("Grace Holm")
		m.operator.Get("/people?organisation=gov").Shows(200, "Grace Holm", "Olive Operator")
		m.operator.Get("/people?organisation=house").Shows(200, "Nobody here fits", "Show everybody").Lacks(m.operatorPerson.ID)
		m.operator.Get("/people?state=inactive").Shows(200, "Nobody here fits")
	})
}

// TestPeopleByPages goes through all pages and meets everybody once.
func TestPeopleByPages(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.many(120, "light")
		seen, next := map[string]bool{}, "/people?organisation=light"
		for pages := 0; next != ""; pages++ {
			if pages > 3 {
				t.Fatal("the pages have no end")
			}
			a := m.operator.Get(next).Shows(200)
			for _, part := range strings.Split(a.Body, "Person")[1:] {
				if name, _, is := strings.Cut(part, " Of-Many</a>"); is && len(name) == 3 {
					if seen[name] {
						t.Errorf("%s is shown twice", name)
					}
					seen[name] = true
				}
			}
			next = nextPage(a)
		}
		if len(seen) != 120 {
			t.Errorf("%d of 120 are shown", len(seen))
		}
	})
}
