package criteria

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/vetting/report"
)

// TestDefault: the set that comes with the program can be read, and asks for what the review named.
func TestDefault(t *testing.T) {
	s := Default()
	for _, want := range []string{"contacts", "content", "location", "maker-jurisdiction", "sdk-jurisdiction", "analysed"} {
		if !slices.ContainsFunc(s.All, func(c Criterion) bool { return c.ID == want }) {
			t.Errorf("it does not ask for %s", want)
		}
	}
}

const head = "name: Ours\nversion: \"1\"\ncriteria:\n"

// TestRefused: what is wrong in a file is told with its line, and with what would be right.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "nothing in the file",
		"name: Ours\ncriteria: []":        "a name and a version",
		head + "  []":                     "no criteria",
		head + "- id: a\n  colour: red\n": `line 5: a criterion has no "colour"`,
		head + "- id: A b\n  title: T\n  standard: S\n  fact: data\n  none: [contacts]\n":                                                     "line 4: an id is lower-case words",
		head + "- id: a\n  standard: S\n  fact: data\n  none: [contacts]\n":                                                                   "needs a title",
		head + "- id: a\n  title: T\n  fact: data\n  none: [contacts]\n":                                                                      "needs a standard",
		head + "- id: a\n  title: T\n  standard: S\n  fact: colour\n  none: [red]\n":                                                          "the facts are analysed, code, data",
		head + "- id: a\n  title: T\n  standard: S\n  fact: data\n  none: [contact]\n":                                                        `"contact", which no data is`,
		head + "- id: a\n  title: T\n  standard: S\n  fact: trait\n  none: [fast]\n":                                                          `"fast", which no trait is`,
		head + "- id: a\n  title: T\n  standard: S\n  fact: signing\n  any: [v9]\n":                                                           `"v9", which no signing is`,
		head + "- id: a\n  title: T\n  standard: S\n  fact: data\n":                                                                           "one of none, any and least",
		head + "- id: a\n  title: T\n  standard: S\n  fact: data\n  none: [contacts]\n  any: [content]\n":                                     "one of none, any and least",
		head + "- id: a\n  title: T\n  standard: S\n  fact: data\n  least: 3\n":                                                               "least goes with target-sdk, analysed",
		head + "- id: a\n  title: T\n  standard: S\n  fact: target-sdk\n  none: [\"3\"]\n":                                                    "least goes with",
		head + "- id: a\n  title: T\n  standard: S\n  fact: target-sdk\n  least: -3\n":                                                        "which everything is",
		head + "- id: a\n  title: T\n  standard: S\n  fact: sdk-country\n  none: [China]\n":                                                   "two capital letters",
		head + "- id: a\n  title: T\n  standard: S\n  fact: sdk\n  none: [x]\n  weakest: rumour\n":                                            "the grades are class-defined",
		head + "- id: a\n  title: T\n  standard: S\n  formats: [exe]\n  fact: sdk\n  none: [x]\n":                                             "the formats are apk",
		head + "- id: a\n  title: T\n  standard: S\n  fact: sdk\n  none: [x]\n- id: a\n  title: T\n  standard: S\n  fact: sdk\n  none: [x]\n": `line 9: there is a criterion "a" in line 4 already`,
		"name: [":                            "line 1",
		"name: Ours\nversion: \"1\"\nx: y\n": "field x not found",
		strings.Repeat(" ", mostText+1):      "bytes at most",
	} {
		s, err := Read([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200q: %+v, %v; want %q", text, s, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(standard)
	f.Add([]byte(head + "- id: a\n  title: T\n  standard: S\n  fact: data\n  none: [contacts]\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Read(text)
		if err == nil {
			s.Evaluate(&report.Report{Format: report.APK}, nil)
		}
	})
}

func evidence(grade, what string) report.Evidence {
	return report.Evidence{Grade: grade, Where: "here", What: what}
}

// TestEvaluate is each way that a criterion may stand.
func TestEvaluate(t *testing.T) {
	level := func(s string) func(*report.Report) { return func(r *report.Report) { r.TargetSDK = &s } }
	nothing := func(*report.Report) {}
	unread := func(r *report.Report) { r.Error = "empty" }
	notAll := func(kind report.Fact) func(*report.Report) {
		return func(r *report.Report) { r.Unknown = map[report.Fact]string{kind: "encrypted"} }
	}
	contacts := func(r *report.Report) {
		r.Data = []report.Data{{Kind: "contacts", Evidence: []report.Evidence{evidence(report.GradeDeclared, "p")}}}
	}
	kit := func(grade, country string) func(*report.Report) {
		return func(r *report.Report) {
			r.SDKs = []report.SDK{{ID: "kit", Name: "Kit", Owner: "O", Country: country, Evidence: []report.Evidence{evidence(grade, "k")}}}
		}
	}
	signed := func(r *report.Report) { r.Signing = report.Signing{Verifies: true, Schemes: []string{"v1"}} }
	for _, c := range []struct {
		name string
		Criterion
		in    func(*report.Report)
		known Known
		want  report.Result
	}{
		{"none there", Criterion{Fact: report.DataFact, None: []string{"contacts"}}, nothing, nil, report.Met},
		{"there", Criterion{Fact: report.DataFact, None: []string{"contacts"}}, contacts, nil, report.NotMet},
		{"another there", Criterion{Fact: report.DataFact, None: []string{"location"}}, contacts, nil, report.Met},
		{"anything there", Criterion{Fact: report.DataFact, None: []string{"*"}}, contacts, nil, report.NotMet},
		{"not all looked at", Criterion{Fact: report.DataFact, None: []string{"contacts"}}, notAll(report.DataFact), nil, report.Unknown},
		{"not read", Criterion{Fact: report.DataFact, None: []string{"contacts"}}, unread, nil, report.Unknown},
		{"code of a country", Criterion{Fact: report.CountryFact, None: []string{"CN"}, Weakest: report.GradeReferenced}, kit(report.GradeDefined, "CN"), nil, report.NotMet},
		{"a host of a country", Criterion{Fact: report.CountryFact, None: []string{"CN"}, Weakest: report.GradeReferenced}, kit(report.GradeDomain, "CN"), nil, report.Unknown},
		{"a host, where any sign counts", Criterion{Fact: report.CountryFact, None: []string{"CN"}}, kit(report.GradeDomain, "CN"), nil, report.NotMet},
		{"nobody knows whose", Criterion{Fact: report.CountryFact, None: []string{"CN"}}, kit(report.GradeDefined, ""), nil, report.Unknown},
		{"code loads code", Criterion{Fact: report.CodeFact, None: []string{report.LoadsCode}}, func(r *report.Report) {
			r.Traits = []report.Trait{{ID: report.LoadsCode, Evidence: []report.Evidence{evidence(report.GradeReferenced, "c")}}}
		}, nil, report.NotMet},
		{"code that may load code not read", Criterion{Fact: report.CodeFact, None: []string{report.LoadsCode}}, notAll(report.SDKFact), nil, report.Unknown},
		{"declared, and code not read", Criterion{Fact: report.TraitFact, None: []string{report.Cleartext}}, notAll(report.SDKFact), nil, report.Met},
		{"code not read", Criterion{Fact: report.CountryFact, None: []string{"CN"}}, notAll(report.SDKFact), nil, report.Unknown},
		{"maker not known", Criterion{Fact: report.MakerFact, None: []string{"CN"}}, nothing, nil, report.Unknown},
		{"maker known", Criterion{Fact: report.MakerFact, None: []string{"CN"}}, nothing, Known{report.MakerFact: {{Value: "GB"}}}, report.Met},
		{"maker of it", Criterion{Fact: report.MakerFact, None: []string{"CN"}}, nothing, Known{report.MakerFact: {{Value: "CN"}}}, report.NotMet},
		{"signed", Criterion{Fact: report.SigningFact, Any: []string{"verifies"}}, signed, nil, report.Met},
		{"not by that", Criterion{Fact: report.SigningFact, Any: []string{"v2", "v3"}}, signed, nil, report.NotMet},
		{"signing not known", Criterion{Fact: report.SigningFact, Any: []string{"v2", "v3"}}, notAll(report.SigningFact), nil, report.Unknown},
		{"new enough", Criterion{Fact: report.TargetFact, Least: 33}, level("33"), nil, report.Met},
		{"too old", Criterion{Fact: report.TargetFact, Least: 33}, level("32"), nil, report.NotMet},
		{"a code name", Criterion{Fact: report.TargetFact, Least: 33}, level("S"), nil, report.Unknown},
		{"no level", Criterion{Fact: report.TargetFact, Least: 33}, nothing, nil, report.Unknown},
		{"a level that is not known whole", Criterion{Fact: report.TargetFact, Least: 33}, func(r *report.Report) { level("33")(r); notAll(report.TargetFact)(r) }, nil, report.Unknown},
		{"a host below", Criterion{Fact: report.DomainFact, None: []string{"example.org"}}, func(r *report.Report) { r.Domains = []string{"a.example.org"} }, nil, report.NotMet},
		{"no host below", Criterion{Fact: report.DomainFact, None: []string{"example.org"}}, func(r *report.Report) { r.Domains = []string{"badexample.org"} }, nil, report.Met},
		{"analysed", Criterion{Fact: report.AnalysedFact, Least: 90}, func(r *report.Report) { r.Coverage = report.Coverage{BytesTotal: 100, BytesRead: 90} }, nil, report.Met},
		{"hardly analysed", Criterion{Fact: report.AnalysedFact, Least: 90}, func(r *report.Report) { r.Coverage = report.Coverage{BytesTotal: 100, BytesRead: 89} }, nil, report.NotMet},
		{"nothing to analyse", Criterion{Fact: report.AnalysedFact, Least: 90}, nothing, nil, report.NotMet},
		{"of another format", Criterion{Fact: report.AnalysedFact, Least: 90, Formats: []report.Format{report.IPA}}, nothing, nil, ""},
	} {
		r := &report.Report{Format: report.APK}
		c.in(r)
		s := Set{All: []Criterion{c.Criterion}}
		got := s.Evaluate(r, c.known)
		if c.want == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Result != c.want {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		} else if c.want == report.Unknown && got[0].Why == "" {
			t.Errorf("%s: it does not say why it is not known", c.name)
		} else if c.want == report.NotMet && len(got[0].Evidence) == 0 && got[0].Why == "" {
			t.Errorf("%s: it does not say what it rests on", c.name)
		}
	}
}

// TestMoreIsNeverBetter: what is found besides, or not analysed, never makes a criterion that forbids something met.
func TestMoreIsNeverBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		countries := []string{"CN", "GB", "US", ""}
		draw := func(label string) report.SDK {
			return report.SDK{ID: label, Name: label, Owner: "O", Country: rapid.SampledFrom(countries).Draw(t, label),
				Evidence: []report.Evidence{evidence(rapid.SampledFrom(report.Grades).Draw(t, label), label)}}
		}
		r := &report.Report{Format: report.APK}
		for i := range rapid.IntRange(0, 3).Draw(t, "kits") {
			r.SDKs = append(r.SDKs, draw("kit"+strconv.Itoa(i)))
		}
		s := Set{All: []Criterion{{Fact: report.CountryFact, None: []string{"CN"}, Weakest: rapid.SampledFrom(append(report.Grades, "")).Draw(t, "weakest")}}}
		before := s.Evaluate(r, nil)[0].Result
		if rapid.Bool().Draw(t, "less read") {
			r.Unknown = map[report.Fact]string{report.SDKFact: "encrypted"}
		} else {
			r.SDKs = append(r.SDKs, draw("more"))
		}
		after := s.Evaluate(r, nil)[0].Result
		if after == report.Met && before != report.Met || before == report.NotMet && after != report.NotMet {
			t.Fatalf("%s, and then %s", before, after)
		}
	})
}

// TestDefaultOf: an app with everything wrong meets nothing, and a file that could not be read is not known in anything.
func TestDefaultOf(t *testing.T) {
	results := func(r *report.Report, known Known) map[report.Result]int {
		all := map[report.Result]int{}
		for _, c := range Default().Evaluate(r, known) {
			all[c.Result]++
		}
		return all
	}
	bad := &report.Report{Format: report.APK, TargetSDK: new(string)}
	*bad.TargetSDK = "19"
	for kind := range report.DataKinds {
		bad.Data = append(bad.Data, report.Data{Kind: kind, Evidence: []report.Evidence{evidence(report.GradeDeclared, "p")}})
	}
	for id := range report.Traits {
		bad.Traits = append(bad.Traits, report.Trait{ID: id, Evidence: []report.Evidence{evidence(report.GradeSeen, "p")}})
	}
	bad.SDKs = []report.SDK{{ID: "kit", Name: "Kit", Owner: "O", Country: "RU", Evidence: []report.Evidence{evidence(report.GradeDefined, "k")}}}
	asked := len(Default().Evaluate(bad, nil))
	known := Known{report.MakerFact: {{Value: "RU", Evidence: evidence(report.GradeSeen, "the register")}}}
	if diff := cmp.Diff(map[report.Result]int{report.NotMet: asked}, results(bad, known)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[report.Result]int{report.Unknown: asked}, results(&report.Report{Format: report.APK, Error: "empty"}, nil)); diff != "" {
		t.Error(diff)
	}
}
