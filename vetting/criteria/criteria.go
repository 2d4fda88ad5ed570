package criteria

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"portcullis/vetting/report"
)

// Set is criteria that belong together.
type Set struct {
	Name    string      `yaml:"name"`
	Version string      `yaml:"version"`
	All     []Criterion `yaml:"criteria"`
}

// Criterion is one thing that is asked of an app. Exactly one of None, Any and Least says what.
type Criterion struct {
	ID    string `yaml:"id"`
	Title string `yaml:"title"` // what is so when it is met
	// Standard is where the criterion comes from.
	Standard string `yaml:"standard"`
	// Formats are those of which it is asked; none is all.
	Formats []report.Format `yaml:"formats"`
	Fact    report.Fact     `yaml:"fact"`
	// None is met where none of these values is found, and everything was looked at.
	None []string `yaml:"none"`
	// Any is met where one of these values is found.
	Any []string `yaml:"any"`
	// Least is met where the value is a number that is not below it.
	Least int `yaml:"least"`
	// Weakest is the weakest grade of evidence that counts; what is weaker leaves None not known. Empty is any.
	Weakest string `yaml:"weakest"`

	line int
}

//go:embed default.yaml
var standard []byte

// Default is the set that comes with the program.
var Default = sync.OnceValue(func() *Set {
	s, err := Read(standard)
	if err != nil {
		panic("criteria: the set that comes with the program: " + err.Error()) // a test reads it
	}
	return s
})

// DefaultText is the file of Default.
func DefaultText() string { return string(standard) }

// UnmarshalYAML keeps the line, for errors.
func (c *Criterion) UnmarshalYAML(node *yaml.Node) error {
	type plain Criterion
	if node.Kind == yaml.MappingNode {
		for i := 0; i < len(node.Content); i += 2 {
			if key := node.Content[i]; !slices.Contains(members, key.Value) {
				return fmt.Errorf("line %d: a criterion has no %q: it has %s", key.Line, key.Value, strings.Join(members, ", "))
			}
		}
	}
	c.line = node.Line
	return node.Decode((*plain)(c))
}

var members = []string{"id", "title", "standard", "formats", "fact", "none", "any", "least", "weakest"}

// most is how many criteria a set may have, and how long a file of them may be, in bytes.
const (
	most     = 500
	mostText = 1 << 20
)

// Read reads a file of criteria, in YAML. An error names the line and what would be right.
func Read(text []byte) (*Set, error) {
	if len(text) > mostText {
		return nil, fmt.Errorf("a file of criteria has %d bytes at most", mostText)
	}
	s := &Set{}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(s); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("there is nothing in the file: it has a name, a version, and criteria")
	} else if err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	switch {
	case s.Name == "" || s.Version == "":
		return nil, fmt.Errorf("the file needs a name and a version: reports name them")
	case len(s.All) == 0:
		return nil, fmt.Errorf("the file has no criteria: list them under \"criteria\"")
	case len(s.All) > most:
		return nil, fmt.Errorf("a file has %d criteria at most, and this has %d", most, len(s.All))
	}
	seen := map[string]int{}
	for i := range s.All {
		c := &s.All[i]
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", c.line, err)
		}
		if line, twice := seen[c.ID]; twice {
			return nil, fmt.Errorf("line %d: there is a criterion %q in line %d already", c.line, c.ID, line)
		}
		seen[c.ID] = c.line
	}
	return s, nil
}

var (
	id      = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	formats = []report.Format{report.APK, report.AAB, report.XAPK, report.APKS, report.APKM, report.Split, report.IPA, report.Mac}
)

// numeric are the facts that are numbers.
var numeric = []report.Fact{report.TargetFact, report.AnalysedFact}

func (c *Criterion) check() error {
	ways := 0
	for _, is := range []bool{len(c.None) > 0, len(c.Any) > 0, c.Least != 0} {
		if is {
			ways++
		}
	}
	known := slices.Sorted(maps.Keys(report.Facts))
	switch {
	case len(c.ID) > 64 || !id.MatchString(c.ID):
		return fmt.Errorf("an id is lower-case words joined by hyphens, and this is %q", c.ID)
	case c.Title == "":
		return fmt.Errorf("the criterion %s needs a title, which says what is so when it is met", c.ID)
	case c.Standard == "":
		return fmt.Errorf("the criterion %s needs a standard: where it comes from", c.ID)
	case !slices.Contains(known, c.Fact):
		return fmt.Errorf("the criterion %s asks for the fact %q, and there is none: the facts are %s", c.ID, c.Fact, join(known))
	case ways != 1:
		return fmt.Errorf("the criterion %s needs one of none, any and least", c.ID)
	case c.Least < 0:
		return fmt.Errorf("the criterion %s asks for at least %d, which everything is", c.ID, c.Least)
	case (c.Least != 0) != slices.Contains(numeric, c.Fact):
		return fmt.Errorf("the criterion %s: least goes with %s, and with nothing else", c.ID, join(numeric))
	case c.Weakest != "" && !slices.Contains(report.Grades, c.Weakest):
		return fmt.Errorf("the criterion %s has the weakest grade %q: the grades are %s", c.ID, c.Weakest, strings.Join(report.Grades, ", "))
	}
	for _, f := range c.Formats {
		if !slices.Contains(formats, f) {
			return fmt.Errorf("the criterion %s is for the format %q: the formats are %s", c.ID, f, join(formats))
		}
	}
	return c.checkValues()
}

// checkValues refuses values that no report has: a criterion that asks for "contact" would be met by everything.
func (c *Criterion) checkValues() error {
	var values []string
	switch c.Fact {
	case report.DataFact:
		values = slices.Sorted(maps.Keys(report.DataKinds))
	case report.TraitFact, report.CodeFact:
		for id := range report.Traits {
			if slices.Contains(report.OfCode, id) == (c.Fact == report.CodeFact) {
				values = append(values, id)
			}
		}
		slices.Sort(values)
	case report.SigningFact:
		values = report.SigningValues
	}
	for _, v := range slices.Concat(c.None, c.Any) {
		if v == "" || values != nil && !slices.Contains(values, v) {
			return fmt.Errorf("the criterion %s asks for %q, which no %s is: they are %s", c.ID, v, c.Fact, strings.Join(values, ", "))
		}
		if (c.Fact == report.CountryFact || c.Fact == report.MakerFact) && !country.MatchString(v) {
			return fmt.Errorf("the criterion %s asks for the country %q: countries are two capital letters, as in ISO 3166-1", c.ID, v)
		}
	}
	return nil
}

var country = regexp.MustCompile(`^[A-Z]{2}$`)

func join[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = string(a)
	}
	return strings.Join(words, ", ")
}
