package sdk

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// The table is written in facts.yaml, for people. What the program carries is made from it here: as a literal, which needs no
// reading when the program starts.

var update = flag.Bool("update", false, "write facts_table.go anew from facts.yaml")

// TestFactsFile: what the program carries is what is written in facts.yaml, and that holds to all its rules.
func TestFactsFile(t *testing.T) {
	table, err := readFacts(written(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		text, err := format.Source([]byte("// Code generated from facts.yaml by go test -run FactsFile -update; DO NOT EDIT.\n\npackage sdk\n\nvar facts = " + asGo(reflect.ValueOf(*table)) + "\n"))
		if err == nil {
			err = os.WriteFile("facts_table.go", text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(table, Facts()); diff != "" {
		t.Errorf("facts_table.go is not what facts.yaml says: go test ./vetting/sdk -run FactsFile -update\n%s", diff)
	}
}

// asGo is a value as Go writes it, each kit on a line of its own.
func asGo(v reflect.Value) string {
	var b strings.Builder
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				fmt.Fprintf(&b, "%s: %s, ", v.Type().Field(i).Name, asGo(f))
			}
		}
		return v.Type().Name() + "{" + strings.TrimSuffix(b.String(), ", ") + "}"
	case reflect.Slice:
		end := " "
		if v.Type().Elem() == reflect.TypeFor[SDK]() {
			end = "\n"
			b.WriteString(end)
		}
		for i := range v.Len() {
			b.WriteString(strings.TrimPrefix(asGo(v.Index(i)), v.Type().Elem().Name()) + "," + end)
		}
		return "[]" + v.Type().Elem().Name() + "{" + strings.TrimSuffix(b.String(), ", ") + "}"
	default:
		return fmt.Sprintf("%#v", v.Interface())
	}
}

// written is facts.yaml.
func written(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("facts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// factsTable is facts.yaml as it is written; see its head for what the sections hold.
type factsTable struct {
	Version   string          `yaml:"version"`
	Works     map[string]work `yaml:"works"`
	Companies []company       `yaml:"companies"`
	SDKs      []fact          `yaml:"sdks"`

	companies map[string]*company
}

// work is something that was read.
type work struct {
	Title string `yaml:"title"`
	URL   string `yaml:"url"`
	// Origin is who stands behind it, where that is not the work alone. In it "{at}" is whose the place is: what comes
	// before the first "/".
	Origin string `yaml:"origin"`
	// Hosts is set where it says only which hosts and companies belong together.
	Hosts bool   `yaml:"hosts"`
	Seen  string `yaml:"seen"`
}

// company makes kits, or owns who does.
type company struct {
	ID         string   `yaml:"id"`
	Name       string   `yaml:"name"`
	Parent     string   `yaml:"parent"`
	Country    string   `yaml:"country"`
	Supplier   string   `yaml:"supplier"`
	Sources    []string `yaml:"sources"`
	Unverified bool     `yaml:"unverified"`
	Note       string   `yaml:"note"`
}

// fact is one kit.
type fact struct {
	ID         string   `yaml:"id"`
	Name       string   `yaml:"name"`
	Company    string   `yaml:"company"`
	Product    string   `yaml:"product"`
	Prefixes   []string `yaml:"prefixes"`
	Classes    []string `yaml:"classes"`
	Components []string `yaml:"components"`
	Libraries  []string `yaml:"libraries"`
	Domains    []string `yaml:"domains"`
	Keys       []string `yaml:"keys"`
	OptOut     []struct {
		Key   string `yaml:"key"`
		Value string `yaml:"value"`
		Means string `yaml:"means"`
	} `yaml:"opt_out"`
	Sources    []string `yaml:"sources"`
	Unverified bool     `yaml:"unverified"`
	Note       string   `yaml:"note"`
}

// readFacts reads the text of facts.yaml and refuses it over anything that it does not hold to.
func readFacts(text []byte) (*Table, error) {
	raw, err := decodeFacts(text)
	if err != nil {
		return nil, fmt.Errorf("facts.yaml: %w", err)
	}
	if err := raw.check(); err != nil {
		return nil, fmt.Errorf("facts.yaml: %w", err)
	}
	table := &Table{Version: raw.Version}
	for i := range raw.SDKs {
		table.SDKs = append(table.SDKs, raw.sdk(&raw.SDKs[i]))
	}
	return table, nil
}

func decodeFacts(text []byte) (*factsTable, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	raw := &factsTable{companies: map[string]*company{}}
	if err := d.Decode(raw); err != nil {
		return nil, err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the end of the table")
	}
	for i := range raw.Companies {
		c := &raw.Companies[i]
		if raw.companies[c.ID] != nil {
			return nil, fmt.Errorf("company %s is there twice", c.ID)
		}
		raw.companies[c.ID] = c
	}
	return raw, nil
}

// sdk puts a kit together with its maker and the maker's owners.
func (t *factsTable) sdk(f *fact) SDK {
	s := SDK{ID: f.ID, Name: f.Name, Product: f.Product, Unverified: f.Unverified, Prefixes: f.Prefixes, Classes: f.Classes,
		Components: f.Components, Libraries: f.Libraries, Domains: f.Domains, Keys: f.Keys}
	for _, o := range f.OptOut {
		s.OptOut = append(s.OptOut, OptOut{Key: o.Key, Value: o.Value, Means: o.Means})
	}
	notes, refs := []string{f.Note}, slices.Clone(f.Sources)
	chain := t.chain(f.Company)
	s.Company = chain[0].Name
	for _, c := range chain {
		s.Makers = append(s.Makers, Maker{c.ID, c.Name, c.Supplier})
		s.Owner, s.Country = c.Name, c.Country
		if s.Supplier == "" {
			s.Supplier = c.Supplier
		}
		notes, refs = append(notes, c.Note), append(refs, c.Sources...)
	}
	for i, ref := range refs {
		if !slices.Contains(refs[:i], ref) {
			s.Sources = append(s.Sources, t.source(ref))
		}
	}
	s.Note = strings.TrimSpace(strings.Join(notes, " "))
	return s
}

// source is what a reference refers to.
func (t *factsTable) source(ref string) Source {
	name, at, _ := strings.Cut(ref, " ")
	w := t.Works[name]
	return Source{Title: strings.ReplaceAll(w.Title, "{at}", at), URL: strings.ReplaceAll(w.URL, "{at}", at), Seen: w.Seen}
}

// chain returns a company and its owners, the last of whom belongs to nobody else. It ends where owners go round in a
// ring, which check refuses.
func (t *factsTable) chain(id string) []*company {
	var all []*company
	for c := t.companies[id]; c != nil && len(all) <= len(t.companies); c = t.companies[c.Parent] {
		all = append(all, c)
	}
	return all
}

// refs are all that is referred to, of kits and of companies.
func (t *factsTable) refs() (refs []string) {
	for _, f := range t.SDKs {
		refs = append(refs, f.Sources...)
	}
	for _, c := range t.Companies {
		refs = append(refs, c.Sources...)
	}
	return refs
}

// witnesses counts the sources that do not depend on each other.
func (t *factsTable) witnesses(refs []string) int {
	origins := map[string]bool{}
	for _, ref := range refs {
		name, at, _ := strings.Cut(ref, " ")
		owner, _, _ := strings.Cut(at, "/")
		origin := t.Works[name].Origin
		if origin == "" {
			origin = name
		}
		origins[strings.ReplaceAll(origin, "{at}", owner)] = true
	}
	return len(origins)
}

// sdkVerified reports whether two witnesses stand behind what a kit is known by, and behind its company. Who groups hosts
// is a witness only for a kit that is known by hosts alone.
func (t *factsTable) sdkVerified(f *fact) bool {
	refs := f.Sources
	if len(f.Prefixes)+len(f.Classes)+len(f.Components)+len(f.Libraries) > 0 {
		refs = slices.DeleteFunc(slices.Clone(refs), func(ref string) bool {
			name, _, _ := strings.Cut(ref, " ")
			return t.Works[name].Hosts
		})
	}
	return t.witnesses(refs) >= 2 && t.companyVerified(f.Company)
}

// What the fields look like.
var (
	wordsID    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	countryID  = regexp.MustCompile(`^[A-Z]{2}$`)
	packageID  = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+\.?$`)
	classID    = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{3,}$`) // what is shorter is somebody else's, too
	libraryID  = regexp.MustCompile(`^(lib[A-Za-z0-9_.-]+\.so|[A-Za-z0-9_]+\.framework)$`)
	hostID     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)
	settingKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]+$`)
)

func (t *factsTable) check() error {
	errs := []error{checkDay("version", t.Version)}
	for name, w := range t.Works {
		if w.Title == "" {
			errs = append(errs, fmt.Errorf("work %s has no title", name))
		}
		errs = append(errs, checkDay("work "+name+": seen", w.Seen))
	}
	for i := range t.Companies {
		c := &t.Companies[i]
		for _, err := range t.checkCompany(c) {
			errs = append(errs, fmt.Errorf("company %s: %w", c.ID, err))
		}
	}
	ids := map[string]bool{}
	for i := range t.SDKs {
		f := &t.SDKs[i]
		if ids[f.ID] {
			errs = append(errs, fmt.Errorf("%s is there twice", f.ID))
		}
		ids[f.ID] = true
		for _, err := range t.checkSDK(f) {
			errs = append(errs, fmt.Errorf("%s: %w", f.ID, err))
		}
	}
	return errors.Join(errs...)
}

func checkDay(what, day string) error {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return fmt.Errorf("%s: %q is no day in the form 2006-01-02", what, day)
	}
	return nil
}

func (t *factsTable) checkCompany(c *company) (errs []error) {
	errs = append(errs, form(wordsID, "id", c.ID)...)
	if c.Name == "" {
		errs = append(errs, errors.New("it has no name"))
	}
	switch {
	case c.Parent == "" && c.Country != "":
		errs = append(errs, form(countryID, "country", c.Country)...)
	case c.Parent != "" && c.Country != "":
		errs = append(errs, errors.New("its country is that of its owner, and only the owner's is written"))
	case c.Parent != "" && t.companies[c.Parent] == nil:
		errs = append(errs, fmt.Errorf("its owner %s is not in the table", c.Parent))
	}
	if len(t.chain(c.ID)) > len(t.companies) {
		return append(errs, errors.New("its owners go round in a ring"))
	}
	errs = append(errs, t.checkSources(c.Sources)...)
	return append(errs, unverified(c.Unverified, t.companyVerified(c.ID))...)
}

// companyVerified reports whether a company's owners and their country each rest on two witnesses.
func (t *factsTable) companyVerified(id string) bool {
	chain := t.chain(id)
	for _, c := range chain {
		if t.witnesses(c.Sources) < 2 {
			return false
		}
	}
	return len(chain) > 0 && chain[len(chain)-1].Country != ""
}

func (t *factsTable) checkSDK(f *fact) (errs []error) {
	errs = append(errs, form(wordsID, "id", f.ID)...)
	if f.Name == "" {
		errs = append(errs, errors.New("it has no name"))
	}
	if t.companies[f.Company] == nil {
		errs = append(errs, fmt.Errorf("its company %s is not in the table", f.Company))
	}
	if f.Product != "" {
		errs = append(errs, form(wordsID, "product", f.Product)...)
	}
	if len(f.Prefixes)+len(f.Classes)+len(f.Components)+len(f.Libraries)+len(f.Domains) == 0 {
		errs = append(errs, errors.New("it is known by nothing"))
	}
	errs = append(errs, form(packageID, "prefix", f.Prefixes...)...)
	errs = append(errs, form(classID, "class", f.Classes...)...)
	errs = append(errs, form(packageID, "component", f.Components...)...)
	errs = append(errs, form(libraryID, "library", f.Libraries...)...)
	errs = append(errs, form(hostID, "domain", f.Domains...)...)
	errs = append(errs, form(settingKey, "key", f.Keys...)...)
	for _, o := range f.OptOut {
		errs = append(errs, form(settingKey, "opt_out", o.Key)...)
		if o.Value == "" || o.Means == "" {
			errs = append(errs, fmt.Errorf("opt_out %s says no value or not what it means", o.Key))
		}
	}
	errs = append(errs, t.checkSources(f.Sources)...)
	return append(errs, unverified(f.Unverified, t.sdkVerified(f))...)
}

// form holds values against what they look like, and each against being there twice.
func form(like *regexp.Regexp, what string, values ...string) (errs []error) {
	seen := map[string]bool{}
	for _, v := range values {
		if !like.MatchString(v) {
			errs = append(errs, fmt.Errorf("%q is not well formed as %s", v, what))
		}
		if seen[v] {
			errs = append(errs, fmt.Errorf("%s %s is there twice", what, v))
		}
		seen[v] = true
	}
	return errs
}

func (t *factsTable) checkSources(refs []string) (errs []error) {
	if len(refs) == 0 {
		errs = append(errs, errors.New("it has no source"))
	}
	seen := map[string]bool{}
	for _, ref := range refs {
		name, at, _ := strings.Cut(ref, " ")
		w, there := t.Works[name]
		if !there {
			errs = append(errs, fmt.Errorf("source %q: no work is called %s", ref, name))
		} else if wants := strings.Contains(w.Title, "{at}"); wants != (at != "") {
			errs = append(errs, fmt.Errorf("source %q: the place in the work is missing, or the work has no places", ref))
		}
		if seen[ref] {
			errs = append(errs, fmt.Errorf("source %q is there twice", ref))
		}
		seen[ref] = true
	}
	return errs
}

// unverified holds what an entry says of itself against its witnesses.
func unverified(says, verified bool) []error {
	switch {
	case says && verified:
		return []error{errors.New("it is marked unverified, and two witnesses stand behind it")}
	case !says && !verified:
		return []error{errors.New("one witness stands alone behind it, or behind its owner, and it is not marked unverified")}
	}
	return nil
}
