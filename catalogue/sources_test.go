package catalogue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
)

// key is a fact without its sources, as text.
func key(section, id, key, value string) string {
	return strings.Join([]string{section, id, key, value}, " ")
}

// said returns every fact that the world states. The kind is not among them: it is this project's
// own sorting.
func said(w *policy.World) []string {
	var all []string
	for _, s := range w.Suppliers {
		say := func(k, value string) { all = append(all, key("suppliers", s.ID, k, value)) }
		say("name", s.Name)
		for _, a := range s.Aliases {
			say("aliases", a)
		}
		for _, e := range s.OwnedBy {
			say("owned_by", e.Supplier+date(" from ", e.From)+date(" until ", e.Until))
		}
	}
	for _, p := range w.Products {
		say := func(k, value string) { all = append(all, key("products", p.ID, k, value)) }
		say("name", p.Name)
		for _, a := range p.Aliases {
			say("aliases", a)
		}
		if p.Supplier != "" {
			say("supplier", p.Supplier)
		}
		for on, ids := range p.Identifiers {
			for _, id := range ids {
				say("identifiers."+on.String(), id.ID)
			}
		}
		for _, d := range p.Domains {
			say("domains", d)
		}
		for _, c := range p.Contains {
			value := c.Product
			if c.Versions.Since != "" {
				value += " since " + c.Versions.Since
			}
			if c.Versions.Until != "" {
				value += " until " + c.Versions.Until
			}
			say("contains", value)
		}
		for _, on := range p.BuiltinOn {
			say("builtin_on", on.String())
		}
		for _, e := range p.MadeBy {
			say("made_by", e.Supplier+date(" from ", e.From)+date(" until ", e.Until))
		}
	}
	slices.Sort(all)
	return all
}

func date(word string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return word + t.Format(time.DateOnly)
}

func TestEveryFactHasItsSources(t *testing.T) {
	var sourced []string
	for _, f := range facts(t) {
		if f.Key == "country" || f.Key == "supplier" && f.Value == "" {
			continue
		}
		sourced = append(sourced, key(f.Section, f.ID, f.Key, f.Value))
	}
	slices.Sort(sourced)
	if diff := cmp.Diff(said(starter(t)), sourced); diff != "" {
		t.Errorf("starter.yaml and sources.csv differ (-world +sources):\n%s", diff)
	}
}

func TestEveryProductHasASupplierOrSaysWhyNot(t *testing.T) {
	why := make(map[string]string)
	for _, f := range facts(t) {
		if f.Section == "products" && f.Key == "supplier" {
			why[f.ID] = strings.Join(f.Sources, " | ")
		}
	}
	for _, p := range starter(t).Products {
		unknown := strings.HasPrefix(why[p.ID], "not known: ")
		if (p.Supplier == "") != unknown {
			t.Errorf("%s: its supplier is %q, and sources.csv says %q", p.ID, p.Supplier, why[p.ID])
		}
	}
}

// witness is the project or publication that a source belongs to: two files of one repository, or
// two facts of one table, are one witness. So is a rule that blocker-general-rules took over from Exodus.
func witness(source string) string {
	first, _, _ := strings.Cut(source, " ")
	if rule, ok := strings.CutPrefix(source, "blocker-general-rules en.json ("); ok {
		if name, _, _ := strings.Cut(strings.TrimSuffix(rule, ")"), ", "); !slices.Contains(ownRules, name) {
			return "Exodus"
		}
	}
	return first
}

// ownRules are those of blocker-general-rules that were not taken over.
var ownRules = []string{"Getui SDK", "Pangolin Advertising SDK", "Tencent Bugly"}

// A source that cannot be named is weak, and one witness is not enough.
func TestUnverified(t *testing.T) {
	for _, f := range facts(t) {
		name := fmt.Sprintf("%s %s %s %q", f.Section, f.ID, f.Key, f.Value)
		witnesses := make(map[string]bool)
		for _, s := range f.Sources {
			if s == "" || s != strings.TrimSpace(s) {
				t.Errorf("%s: a source is %q", name, s)
			}
			if !strings.HasPrefix(s, "a public app list (unnamed)") && !strings.HasPrefix(s, "not known: ") {
				witnesses[witness(s)] = true
			}
		}
		if want := len(witnesses) < 2; f.Unverified != want {
			t.Errorf("%s: unverified is %v with the sources %q", name, f.Unverified, f.Sources)
		}
	}
}

func TestCountries(t *testing.T) {
	for _, f := range facts(t) {
		if f.Key == "country" && (f.Section != "suppliers" || len(f.Value) != 2 || f.Value != strings.ToUpper(f.Value)) {
			t.Errorf("%s %s: %q is not the country of a supplier", f.Section, f.ID, f.Value)
		}
	}
}

func TestSourcesNameNoMachine(t *testing.T) {
	for _, f := range facts(t) {
		for _, s := range f.Sources {
			if strings.HasPrefix(s, "/") || strings.Contains(s, "stored file") {
				t.Errorf("%s %s: %q is not a public source's name", f.ID, f.Key, s)
			}
		}
	}
}
