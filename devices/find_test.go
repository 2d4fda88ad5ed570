package devices_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/policy"
)

// makers is a world in which companies of similar names own each other, in a ring too, and make for others.
const makers = `
organisations: [{id: gov, name: Government}]
suppliers:
  - {id: group, name: Umber Group}
  - {id: apps, name: Umber Apps Ltd, owned_by: [{supplier: group, from: 2020-01-01}]}
  - {id: kits, name: Corrie Analytics, owned_by: [{supplier: apps}]}
  - {id: sold, name: Sold Ltd, owned_by: [{supplier: group, from: 2019-01-01, until: 2021-01-01}]}
  - {id: light, name: Lantern, owned_by: [{supplier: lamp}]}
  - {id: lamp, name: Lamp Works, owned_by: [{supplier: light}]}
products:
  - {id: kit, kind: app, name: Corrie Kit, supplier: kits}
  - {id: parrot, kind: app, name: Parrot, supplier: apps}
  - {id: cam, kind: equipment, name: Umber Cam, supplier: group}
  - {id: dome, kind: equipment, name: Lantern Dome 4, supplier: light, made_by: [{supplier: group, from: 2020-01-01}]}
  - {id: dome-2, kind: equipment, name: Lantern Dome 2, supplier: light, made_by: [{supplier: group, from: 2015-01-01, until: 2020-01-01}]}
  - {id: maps, kind: app, name: Maps, supplier: sold}
  - {id: burnt, kind: app, name: Umber, supplier: sold}
  - {id: bulb, kind: equipment, name: Bulb, supplier: lamp}
`

// TestMakersFound: everything of a maker who is called so stands together, by all ways that lead to them now, and
// everything that their own page has.
func TestMakersFound(t *testing.T) {
	each(t, makers, func(t *testing.T, s *server, _ func() *server) {
		for words, want := range map[string]string{
			"umber": "burnt group:cam group:kit group:dome group:parrot", "umber apps": "apps:kit apps:parrot", "corrie": "kits:kit", "lantern": "light:dome-2 light:dome light:bulb",
			"sold": "sold:maps sold:burnt", "parrot": "parrot", "umber group cam": "",
		} {
			found, err := s.Apps(t.Context(), command, devices.AppsQuery{Words: words, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			counted := map[string]int{}
			for _, a := range found.Apps {
				id := a.Product.ID
				if a.Of != nil {
					counted[a.Of.ID]++
					id = a.Of.ID + ":" + id
				}
				got = append(got, id)
			}
			if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s: %s", words, diff)
			}
			if diff := cmp.Diff(counted, found.Makers); diff != "" {
				t.Errorf("%s: how many are whose: %s", words, diff)
			}
		}
		for _, words := range []string{"umber", "umber apps", "corrie", "sold"} {
			found, err := s.Apps(t.Context(), command, devices.AppsQuery{Words: words, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			has := map[string]bool{}
			for _, a := range found.Apps {
				has[a.Product.ID] = true
			}
			for maker := range found.Makers {
				own, err := s.Supplier(t.Context(), command, maker, "")
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range own.Where.Products {
					if !has[p.Product] {
						t.Errorf("%s: %s lacks %s", words, maker, p.Product)
					}
				}
				if len(own.Where.Products) != found.Makers[maker] {
					t.Errorf("%s: %d of %s, on their own page %d", words, found.Makers[maker], maker, len(own.Where.Products))
				}
			}
		}
		first, err := s.Apps(t.Context(), command, devices.AppsQuery{Words: "umber", Kind: policy.App, Limit: 2})
		if err != nil || first.Total != 3 || first.Makers["group"] != 2 || first.Next != "kit" {
			t.Errorf("a page of apps alone: %+v %v", first, err)
		}
	})
}
