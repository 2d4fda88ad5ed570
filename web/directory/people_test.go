package directory_test

import (
	"strings"
	"testing"
)

func TestPeople(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.get("/people").shows(200, "Grace Holm", "Harbour Office", "grace@merrow.example", "Active", "Add a person", "Import people")
		m.operator.get("/people?q=gra+hol").shows(200, "Grace Holm", `value="gra hol"`).lacks("Sam Officer")
		m.operator.get("/people?role=security-officer").shows(200, "Sam Officer").lacks("Grace Holm")
		m.operator.get("/people?organisation=gov").shows(200, "Grace Holm", "Olive Operator")
		m.operator.get("/people?organisation=house").shows(200, "Nobody here fits", "Show everybody").lacks(m.operatorPerson.ID)
		m.operator.get("/people?state=inactive").shows(200, "Nobody here fits")
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
			a := m.operator.get(next).shows(200)
			for _, part := range strings.Split(a.body, "Person")[1:] {
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
