package catalogue_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"portcullis/catalogue"
	"portcullis/policy"
	"portcullis/world"
)

// starter loads the catalogue as a world file.
func starter(t *testing.T) *policy.World {
	t.Helper()
	loaded, err := world.Load("starter.yaml", nil, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if n := loaded.Hosts.Len(); n != 0 {
		t.Errorf("the catalogue holds %d hosts", n)
	}
	return &loaded.World
}

func facts(t *testing.T) []catalogue.Fact {
	t.Helper()
	all, err := catalogue.Sources()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWorldIsTheFile(t *testing.T) {
	file, err := os.ReadFile("starter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := catalogue.World()
	if !bytes.Equal(text, file) {
		t.Error("World is not the text of starter.yaml")
	}
	text[0]++
	if !bytes.Equal(catalogue.World(), file) {
		t.Error("a caller can change the catalogue of others")
	}
}

func TestSuppliersAndProductsAlone(t *testing.T) {
	w := starter(t)
	if n := len(w.Organisations) + len(w.Sites) + len(w.Rules) + len(w.Exemptions); n != 0 {
		t.Errorf("the catalogue decides: it holds %d organisations, sites, rules and exemptions", n)
	}
	apps := 0
	for _, p := range w.Products {
		if p.Kind == policy.App && len(p.Identifiers) > 0 {
			apps++
		}
	}
	if apps < 150 {
		t.Errorf("%d apps with identifiers; it promises 150", apps)
	}
}

func TestIDs(t *testing.T) {
	w := starter(t)
	var suppliers, products []string
	for _, s := range w.Suppliers {
		suppliers = append(suppliers, s.ID)
	}
	for _, p := range w.Products {
		products = append(products, p.ID)
	}
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for section, ids := range map[string][]string{"suppliers": suppliers, "products": products} {
		if !slices.IsSorted(ids) {
			t.Errorf("%s are not in the order of their ids", section)
		}
		for _, id := range ids {
			if !kebab.MatchString(id) {
				t.Errorf("%s: %q is not lower-case words joined by hyphens", section, id)
			}
		}
	}
}

// Loading refuses an identifier that two products share on a platform; within a product it does not.
func TestIdentifiersOnce(t *testing.T) {
	for _, p := range starter(t).Products {
		for on, ids := range p.Identifiers {
			names := make([]string, len(ids))
			for i, id := range ids {
				names[i] = id.ID
			}
			if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
				t.Errorf("%s on %s: %q are not sorted and different", p.ID, on, names)
			}
		}
	}
}

func TestComposedText(t *testing.T) {
	if !norm.NFC.IsNormal(catalogue.World()) {
		t.Error("starter.yaml is not in Unicode's composed form")
	}
	for _, f := range facts(t) {
		if text := f.Value + strings.Join(f.Sources, ""); !norm.NFC.IsNormalString(text) {
			t.Errorf("%s %s: %q is not in Unicode's composed form", f.ID, f.Key, text)
		}
	}
}

// A ban on an owner must reach what it owns and what contains its kits.
func TestSamples(t *testing.T) {
	w := starter(t)
	w.Organisations = []policy.Organisation{{ID: "body"}}
	ban := func(id, supplier string) policy.Rule {
		return policy.Rule{ID: id, Effect: policy.Ban, Target: policy.Target{Supplier: supplier}, Scope: "body",
			Period:     policy.Period{From: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)},
			Components: true, Clearance: policy.ClearanceNone}
	}
	w.Rules = []policy.Rule{ban("a", "bytedance"), ban("b", "kunlun"), ban("c", "alphabet"), ban("d", "nebius"), ban("e", "meta")}
	host := policy.Host{ID: "h", Kind: policy.Device, Organisation: "body", Platform: policy.Android,
		Installed: []policy.Installation{
			{Identifier: "com.zhiliaoapp.musically"}, {Identifier: "com.grindrapp.android"}, {Identifier: "org.thoughtcrime.securesms"},
			{Identifier: "com.yandex.browser"}, {Identifier: "com.whatsapp"}, {Identifier: "ch.threema.app"},
		}}
	for _, test := range []struct {
		at   string
		want []string
	}{
		{"2020-01-01", []string{"[a]", "[b]", "[c]", "[d]", "[e]", "[]"}},
		{"2026-01-01", []string{"[a]", "[]", "[c]", "[]", "[e]", "[]"}},
	} {
		at, err := time.Parse(time.DateOnly, test.at)
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Compile(w, at)
		if err != nil {
			t.Fatal(err)
		}
		subject, err := p.Subject(&host)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range subject.DecideAll(host.Installed, nil) {
			banned := []string{}
			for _, f := range d.Findings {
				if f.Question == policy.BanQuestion {
					banned = append(banned, f.Rules...)
				}
			}
			got = append(got, fmt.Sprint(banned))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("at %s (-want +got):\n%s", test.at, diff)
		}
	}
}
