package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// ResultWords are the results as people read them.
var ResultWords = map[Result]string{Met: "met", NotMet: "not met", Unknown: "not known"}

var gradeWords = map[string]string{
	GradeDefined: "code", GradeReferenced: "asked for by code", GradeLiteral: "text in the code", GradeDomain: "host", GradeLibrary: "native library", GradePart: "in the manifest",
	GradeDeclared: "in the manifest", GradeSigned: "signature", GradeSeen: "file", GradeRegister: "in the register",
}

// GradeWord is a grade of evidence as people read it.
func GradeWord(grade string) string { return cmp.Or(gradeWords[grade], grade) }

// some is how much of a list a text shows.
const some = 40

// WriteText writes a report for somebody at a terminal. What is not known comes before what is.
func WriteText(w io.Writer, r *Report) error {
	t := &texter{bufio.NewWriter(w)}
	t.line("%s", cmp.Or(r.File, "(no name)"))
	if r.Error != "" {
		t.line("  could not be read: %s", r.Error)
		return t.Flush()
	}
	t.fact("app", strings.Join(strings.Fields(r.Name+" "+r.Package), " "))
	t.fact("version", strings.TrimSpace(r.VersionName+" ("+cmp.Or(r.VersionCode, "no number")+")"))
	t.fact("system", systems(r))
	t.fact("format", string(r.Format))
	t.fact("SHA-256", r.SHA256)
	t.signing(&r.Signing, r.unknown(SigningFact))
	t.coverage(&r.Coverage)
	for _, why := range r.unsaid() {
		t.line("  NOT KNOWN whole: %s", why)
	}
	t.criteria(r.Criteria)
	t.section("What of people's it can reach", len(r.Data), r.unknown(DataFact))
	for _, d := range r.Data {
		t.line("  %s (%s)", cmp.Or(DataKinds[d.Kind], d.Kind), whats(d.Evidence))
	}
	t.section("Other makers' code in it", len(r.SDKs), r.unknown(SDKFact))
	for _, s := range r.SDKs {
		t.sdk(&s)
	}
	t.list("Permissions it declares", r.Permissions.Declared, r.unknown(PermissionFact))
	t.list("Permissions that come with those", r.Permissions.Implied, r.unknown(PermissionFact))
	t.list("Permissions that newer systems add", r.Permissions.Widened, r.unknown(PermissionFact))
	t.section("Properties", len(r.Traits), r.unknown(TraitFact))
	for _, f := range r.Traits {
		t.line("  %s (%s)", cmp.Or(Traits[f.ID], f.ID), whats(f.Evidence))
	}
	t.section("Apps and code that lie inside as data", len(r.Nested), r.unknown(SDKFact))
	for _, n := range r.Nested {
		t.line("  %s %s %s", n.Where, n.Format, n.Package)
	}
	t.section("Problems of the file", len(r.Problems), "")
	for _, p := range r.Problems[:min(some, len(r.Problems))] {
		t.line("  %s: %s", p.Where, p.What)
	}
	t.more(len(r.Problems))
	var libraries []string
	for _, l := range r.Libraries {
		libraries = append(libraries, strings.TrimSuffix(l.Where+" "+l.Architecture+": "+strings.Join(l.Needs, ", "), ": "))
	}
	t.list("Programs and libraries in it, and what they load", libraries, r.unknown(SDKFact))
	t.list("Hosts named in it", r.Domains, r.unknown(DomainFact))
	t.section("Looked up in", len(r.Tables), "")
	for _, name := range sortedKeys(r.Tables) {
		t.line("  %s, %s", name, r.Tables[name])
	}
	return t.Flush()
}

// systems is which system an app needs and was made for.
func systems(r *Report) string {
	level := func(s *string) string {
		if s == nil {
			return "not said"
		}
		return *s
	}
	return "needs " + level(r.MinSDK) + ", made for " + level(r.TargetSDK)
}

// whats is what evidence says, in one line.
func whats(all []Evidence) string {
	var text []string
	for _, e := range all[:min(4, len(all))] {
		text = append(text, e.What)
	}
	if len(all) > len(text) {
		text = append(text, fmt.Sprintf("%d more", len(all)-len(text)))
	}
	return strings.Join(text, ", ")
}

type texter struct{ *bufio.Writer }

// line writes a line; what a file brought cannot steer the terminal.
func (t *texter) line(format string, args ...any) {
	text := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
			return unicode.ReplacementChar
		}
		return c
	}, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	fmt.Fprintln(t, text) // an error stays in the writer until Flush
}

func (t *texter) fact(name, value string) { t.line("  %-12s%s", name, value) }

func (t *texter) section(title string, n int, unknown string) {
	fmt.Fprintln(t)
	switch {
	case n > 0:
		t.line("%s: %d", title, n)
	case unknown != "":
		t.line("%s: none found in what was analysed, which is not all", title)
	default:
		t.line("%s: none found", title)
	}
}

func (t *texter) list(title string, of []string, unknown string) {
	t.section(title, len(of), unknown)
	for _, s := range of[:min(some, len(of))] {
		t.line("  %s", s)
	}
	t.more(len(of))
}

func (t *texter) more(n int) {
	if n > some {
		t.line("  … and %d more: --format json has all", n-some)
	}
}

func (t *texter) signing(s *Signing, unknown string) {
	what := "DOES NOT VERIFY"
	switch {
	case s.Verifies:
		what = "verifies by " + strings.Join(s.Schemes, ", ")
	case unknown != "":
		what = "NOT KNOWN: " + unknown
	}
	t.fact("signature", what)
	for i, c := range s.Certificates {
		subject := ""
		if i < len(s.Subjects) {
			subject = s.Subjects[i]
		}
		t.fact("  signer", strings.TrimSpace(c+" "+subject))
	}
	for _, p := range s.Problems[:min(some, len(s.Problems))] {
		t.fact("", p)
	}
}

func (t *texter) coverage(c *Coverage) {
	t.fact("analysed", fmt.Sprintf("%d of %d files, %d of %d bytes", c.FilesRead, c.FilesTotal, c.BytesRead, c.BytesTotal))
	if c.FilesMedia > 0 {
		t.fact("", fmt.Sprintf("of those, %d files of pictures, sound and fonts, %d bytes, were not searched for hosts", c.FilesMedia, c.BytesMedia))
	}
	for _, n := range c.NotAnalysed[:min(some, len(c.NotAnalysed))] {
		t.line("  NOT ANALYSED: %s: %s", n.Path, n.Why)
	}
	t.more(len(c.NotAnalysed))
}

func (t *texter) criteria(all []Criterion) {
	if len(all) == 0 {
		return
	}
	t.section("Criteria", len(all), "")
	for _, result := range []Result{NotMet, Unknown, Met} {
		for _, c := range all {
			if c.Result != result {
				continue
			}
			t.line("  %-10s%s", ResultWords[c.Result], c.Title)
			for _, e := range c.Evidence[:min(4, len(c.Evidence))] {
				t.line("            %s: %s (%s)", e.Where, e.What, GradeWord(e.Grade))
			}
			if c.Why != "" {
				t.line("            %s", c.Why)
			}
		}
	}
}

func (t *texter) sdk(s *SDK) {
	country := cmp.Or(s.Country, "country not known")
	unverified := ""
	if s.Unverified {
		unverified = ", one source alone says so"
	}
	t.line("  %s: %s, of %s (%s%s)", s.Name, cmp.Or(s.Company, "maker not known"), cmp.Or(s.Owner, "nobody known"), country, unverified)
	for _, e := range s.Evidence[:min(4, len(s.Evidence))] {
		t.line("    %s: %s (%s)", e.Where, e.What, GradeWord(e.Grade))
	}
	for _, f := range s.Flags {
		t.line("    %s = %s: %s", f.Key, f.Value, f.Means)
	}
}
