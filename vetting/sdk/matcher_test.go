package sdk

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"portcullis/vetting/apk/dex"
	"portcullis/vetting/apk/dex/dextest"
)

// table is a table of facts of invented SDKs.
var table = []SDK{
	{ID: "alpha", Name: "Alpha", Prefixes: []string{"com.alpha.sdk.", "com.alpha.sdk.core.", "com.alpha.Entry"}, Domains: []string{"alpha.example", "cdn.alpha.test"},
		Libraries: []string{"libAlpha.so", "Alpha.framework"}, Components: []string{"org.parts.AlphaActivity"}, Keys: []string{"com.alpha.APP_ID"},
		OptOut: []OptOut{{Key: "alpha_collect", Value: "false", Means: "nothing is collected"}, {Key: "alpha_off", Means: "switched off"}}},
	{ID: "beta", Name: "Beta", Prefixes: []string{"com.alpha.sdk.beta."}},
}

// see returns what one collector makes of sightings, as "id grade×count: what, what".
func see(m *Matcher, feed func(*Collector)) []string {
	c := m.Collector("a.apk!classes.dex")
	feed(c)
	var out []string
	for _, h := range m.Hits(c) {
		line := h.SDK.ID
		for g, n := range h.Counts {
			if n == 0 {
				continue
			}
			line += fmt.Sprintf(" %s×%d:", Grade(g), n)
			for _, e := range h.Evidence {
				if e.Grade == Grade(g) {
					line += " " + e.What
				}
			}
		}
		for _, f := range h.Flags {
			line += fmt.Sprintf(" [%s=%s: %s]", f.Key, f.Value, f.Means)
		}
		out = append(out, line)
	}
	return out
}

func TestSightings(t *testing.T) {
	class := func(defined bool, names ...string) func(*Collector) {
		return func(c *Collector) {
			for _, n := range names {
				c.Class([]byte(n), defined)
			}
		}
	}
	text := func(s string) func(*Collector) { return func(c *Collector) { c.String([]byte(s)) } }
	host := func(s string) func(*Collector) { return func(c *Collector) { c.Domain([]byte(s)) } }
	tests := []struct {
		name string
		feed func(*Collector)
		want []string
	}{
		{"a class below a package", class(true, "Lcom/alpha/sdk/a/B$1;"), []string{"alpha class-defined×1: com.alpha.sdk.a.B$1"}},
		{"once, by two prefixes of one SDK", class(true, "Lcom/alpha/sdk/core/A;"), []string{"alpha class-defined×1: com.alpha.sdk.core.A"}},
		{"a class that is only referred to", class(false, "Lcom/alpha/sdk/A;"), []string{"alpha class-referenced×1: com.alpha.sdk.A"}},
		{"two prefixes", class(true, "Lcom/alpha/sdk/beta/A;"), []string{"alpha class-defined×1: com.alpha.sdk.beta.A", "beta class-defined×1: com.alpha.sdk.beta.A"}},
		{"both grades", func(c *Collector) { class(false, "Lcom/alpha/sdk/A;")(c); class(true, "Lcom/alpha/sdk/B;")(c) }, []string{"alpha class-defined×1: com.alpha.sdk.B"}},
		{"a few examples, the first ones", class(true, "Lcom/alpha/sdk/D;", "Lcom/alpha/sdk/B;", "Lcom/alpha/sdk/C;", "Lcom/alpha/sdk/A;", "Lcom/alpha/sdk/B;"),
			[]string{"alpha class-defined×5: com.alpha.sdk.A com.alpha.sdk.B com.alpha.sdk.C"}},
		{"a named class and its inner classes", class(true, "Lcom/alpha/Entry;", "Lcom/alpha/Entry$In;"), []string{"alpha class-defined×2: com.alpha.Entry com.alpha.Entry$In"}},
		{"names that go on", class(true, "Lcom/alpha/Entry2;", "Lcom/alpha/Entryé;", "Lcom/alpha/sdkx/A;", "Lcom/alpha/sdk;", "Lorg/com/alpha/sdk/A;", "I", "", "com.alpha.sdk.A"), nil},
		{"letter case counts", class(true, "Lcom/Alpha/sdk/A;"), nil},
		{"a name in a string", text("cannot load com.alpha.sdk.Core!"), []string{"alpha string×1: com.alpha.sdk.Core"}},
		{"with slashes, behind an L", text("(Lcom/alpha/sdk/Core;I)V"), []string{"alpha string×1: com/alpha/sdk/Core"}},
		{"in the middle of a word", text("xcom.alpha.sdk.Core org.com.alpha.sdk.Core"), nil},
		{"behind other signs", text(".$com.alpha.sdk.Core -alpha.example"), []string{"alpha string×1: com.alpha.sdk.Core domain×1: alpha.example"}},
		{"a package without its dot", text("com.alpha.sdk"), nil},
		{"a URL", text("https://Log.Alpha.example:443/v1?x"), []string{"alpha domain×1: log.alpha.example"}},
		{"a bare host at the end of a sentence", text("Ask alpha.example."), []string{"alpha domain×1: alpha.example"}},
		{"two words of one text", text(`"a.alpha.example","b.alpha.example"`), []string{"alpha domain×2: a.alpha.example b.alpha.example"}},
		{"another domain that ends alike", text("https://notalpha.example alpha.example.com alpha.test"), nil},
		{"no dot", text("alpha"), nil},
		{"a host", host("cdn.alpha.test"), []string{"alpha domain×1: cdn.alpha.test"}},
		{"a host below", host("1.cdn.Alpha.test."), []string{"alpha domain×1: 1.cdn.alpha.test"}},
		{"a host above", host("alpha.test"), nil},
		{"a library", func(c *Collector) { c.Library("libalpha.so"); c.Library("libalpha2.so") }, []string{"alpha library×1: libalpha.so"}},
		{"a framework", func(c *Collector) { c.Library("Alpha.framework") }, []string{"alpha library×1: Alpha.framework"}},
		{"a component", func(c *Collector) { c.Component("org.parts.AlphaActivity"); c.Component("org.parts.AlphaActivityX") }, []string{"alpha component×1: org.parts.AlphaActivity"}},
		{"a component in a package", func(c *Collector) { c.Component("com.alpha.sdk.Push") }, []string{"alpha component×1: com.alpha.sdk.Push"}},
		{"a component's name does not count for classes", class(true, "Lorg/parts/AlphaActivity;"), nil},
		{"a key", func(c *Collector) { c.Key("com.alpha.APP_ID", "7"); c.Key("com.alpha.app_id", "7") }, []string{"alpha component×1: com.alpha.APP_ID"}},
		{"an opt-out", func(c *Collector) { c.Key("alpha_collect", "False") }, []string{"alpha component×1: alpha_collect [alpha_collect=False: nothing is collected]"}},
		{"an opt-out that is not made", func(c *Collector) { c.Key("alpha_collect", "true") }, []string{"alpha component×1: alpha_collect"}},
		{"an opt-out of any value", func(c *Collector) { c.Key("alpha_off", "") }, []string{"alpha component×1: alpha_off [alpha_off=: switched off]"}},
	}
	m := New(table)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, see(m, test.feed)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRenamed finds an SDK whose code has been renamed by a host that is left in it.
func TestRenamed(t *testing.T) {
	f, err := dex.Read(dextest.Build(dextest.File{Classes: dextest.Classes("a.a", "a.b"), Strings: []string{"https://log.alpha.example/v2"}}))
	if err != nil {
		t.Fatal(err)
	}
	got := see(New(table), func(c *Collector) { feed(c, f) })
	if diff := cmp.Diff([]string{"alpha domain×1: log.alpha.example"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrder holds that hits are the same however sightings are spread over collectors of one place, and in whatever order.
func TestOrder(t *testing.T) {
	var feeds []func(*Collector)
	for i := range 40 {
		feeds = append(feeds,
			func(c *Collector) { c.Class(fmt.Appendf(nil, "Lcom/alpha/sdk/beta/C%d;", i), i%3 > 0) },
			func(c *Collector) { c.String(fmt.Appendf(nil, "https://h%d.alpha.example/", i%5)) },
			func(c *Collector) { c.Key("alpha_off", fmt.Sprint(i%4)) })
	}
	m := New(table)
	hits := func(workers int, order []int) []Hit {
		cs := make([]*Collector, workers)
		for i := range cs {
			cs[i] = m.Collector("x")
		}
		for i, k := range order {
			feeds[k](cs[i%workers])
		}
		return m.Hits(cs...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	want := hits(1, random.Perm(len(feeds)))
	if len(want) != 2 || len(want[0].Evidence) != 7 || len(want[0].Flags) != 4 {
		t.Fatalf("%+v", want)
	}
	for workers := 1; workers < 8; workers++ {
		if diff := cmp.Diff(want, hits(workers, random.Perm(len(feeds))), cmpopts.EquateComparable()); diff != "" {
			t.Errorf("%d workers (-one +several):\n%s", workers, diff)
		}
	}
}

// TestPrefixes holds that the walk finds what comparing with each prefix finds.
func TestPrefixes(t *testing.T) {
	name := rapid.StringMatching(`[ab]{1,2}([./][ab$_]{1,2}){0,3}[./;]?`)
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(name, 1, 8).Draw(t, "prefixes")
		text := strings.ReplaceAll(name.Draw(t, "name"), "/", ".")
		var p prefixes
		var want, got []int
		for i, prefix := range list {
			prefix = strings.ReplaceAll(prefix, "/", ".")
			p.add(prefix, i)
			rest, found := strings.CutPrefix(text, prefix)
			if found && (strings.HasSuffix(prefix, ".") || rest == "" || !identifier(rest[0])) {
				want = append(want, i)
			}
		}
		p.walk([]byte(text), func(i int) { got = append(got, i) })
		if diff := cmp.Diff(want, got, cmpopts.SortSlices(func(a, b int) bool { return a < b })); diff != "" {
			t.Fatalf("%q in %q (-want +got):\n%s", text, list, diff)
		}
	})
}

// TestWords holds that a text gives what each of its words gives alone, with what follows it.
func TestWords(t *testing.T) {
	m := New(table)
	word := regexp.MustCompile(`[A-Za-z0-9._$-]+`)
	piece := rapid.SampledFrom([]string{"com.alpha.sdk.", "com/alpha/sdk/", "com.alpha.Entry", "alpha.example", "cdn.alpha.test", "L", "x", ".", "/", "$", "-", " ", "\x00", "\"", "é", "com"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		var want [grades]int
		for _, at := range word.FindAllStringIndex(text, -1) {
			c := m.Collector("x")
			start, end := at[0], at[1]
			for start < end && !identifier(text[start]) {
				start++
			}
			if start == end || !strings.Contains(text[start:end], ".") && (end == len(text) || text[end] != '/') {
				continue
			}
			c.begin()
			c.names([]byte(text[start:]))
			c.domain([]byte(strings.TrimRight(text[start:end], ".$-_")))
			for _, h := range m.Hits(c) {
				if h.SDK.ID == "alpha" {
					for g, n := range h.Counts {
						want[g] += n
					}
				}
			}
		}
		c := m.Collector("x")
		c.String([]byte(text))
		var got [grades]int
		for _, h := range m.Hits(c) {
			if h.SDK.ID == "alpha" {
				got = h.Counts
			}
		}
		if got != want {
			t.Fatalf("%q: %v, and by its words %v", text, got, want)
		}
	})
}

// TestLongWords gives words as long as a file: what is done for each stays bounded, and so does what is kept.
func TestLongWords(t *testing.T) {
	m := New(table)
	c := m.Collector("x")
	c.String([]byte(strings.Repeat("com/alpha/sdk/", 1<<17)))
	c.String([]byte(strings.Repeat("alpha.example.", 1<<17)))
	hits := m.Hits(c)
	if len(hits) != 1 || hits[0].Counts[Literal] != 1<<17 || hits[0].Counts[Domain] != 1 {
		t.Fatalf("%+v", hits)
	}
	long := strings.Repeat("alpha.example.", 100)
	want := []Evidence{{Literal, "x", strings.Repeat("com/alpha/sdk/", 1)}, {Literal, "x", strings.Repeat("com/alpha/sdk/", 2)},
		{Literal, "x", strings.Repeat("com/alpha/sdk/", 3)},
		{Domain, "x", long[len(long)-1-maxHost : len(long)-1][:maxWhat]}}
	if diff := cmp.Diff(want, hits[0].Evidence); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEveryRule compares every rule of the real list, and names near their keywords, with a plain search.
func TestEveryRule(t *testing.T) {
	data := sharedFile(t, "blocker_general_rules_en.json")
	if data == nil {
		return
	}
	l, err := ReadList(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Entries) != 464 || len(l.Problems) < 7 {
		t.Errorf("%d rules are used: %v", len(l.Entries), l.Problems)
	}
	m := New(nil, l)
	var keywords []string
	for _, e := range l.Entries {
		for _, p := range e.dotted {
			keywords = append(keywords, string(p.bytes))
		}
	}
	slow := func(name string) []string {
		var out []string
		for _, e := range l.Entries {
			for _, p := range e.dotted {
				if strings.Contains(strings.ToLower(name), string(p.bytes)) {
					out = append(out, e.ID)
					break
				}
			}
		}
		return out
	}
	check := func(t failer, name string) {
		c := m.Collector("x")
		c.Class([]byte("L"+strings.ReplaceAll(name, ".", "/")+";"), true)
		var got []string
		for _, h := range m.Hits(c) {
			got = append(got, h.SDK.ID)
		}
		if diff := cmp.Diff(slow(name), got, cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%q (-slow +matcher):\n%s", name, diff)
		}
	}
	for _, k := range keywords {
		check(t, "Org"+strings.ToUpper(k)+"Some")
	}
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(keywords).Draw(t, "keyword")
		i := rapid.IntRange(0, len(k)-1).Draw(t, "at")
		check(t, rapid.SampledFrom([]string{"", "org", "a."}).Draw(t, "before")+k[:i]+rapid.SampledFrom([]string{"", "X", ".", k[i : i+1]}).Draw(t, "with")+k[i+1:])
	})
}

func TestReadRules(t *testing.T) {
	l, err := ReadList([]byte(`[
		{"id": 7, "name": "A", "company": "Co", "searchKeyword": [".Foo.", "ab"], "networkSignature": ["foo\\.com", "^x"], "website": "https://a.example"},
		{"id": 7, "name": "B", "searchKeyword": ["\\.b[0-9]+\\.", "("], "useRegexSearch": true},
		{"id": 8, "name": "C"}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`blocker:7: the keyword "ab" of A cannot be used: it is too short, or no name of a class has it`,
		"blocker:7: A: 1 of its network signatures are more than host names and are not used",
		"blocker:7: the list has this id more than once; this one is blocker:7-2",
		"blocker:7-2: the keyword \"(\" of B cannot be used: error parsing regexp: missing closing ): `(?i)(`",
		"blocker:8: C has no keyword, so it is not looked for",
	}
	if diff := cmp.Diff(want, l.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	got := see(New(nil, l), func(c *Collector) {
		c.Class([]byte("Lorg/foo/B12/C;"), true)
		c.Component("x.b3.C")
		c.Domain([]byte("foo.com"))
	})
	if diff := cmp.Diff([]string{"blocker:7 class-defined×1: org.foo.B12.C domain×1: foo.com", "blocker:7-2 class-defined×1: org.foo.B12.C component×1: x.b3.C"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// BenchmarkMatcher feeds 84,000 classes and as many strings to a table with 900 prefixes, and to the lists where they are there.
func BenchmarkMatcher(b *testing.B) {
	var facts []SDK
	for i := range 300 {
		s := SDK{ID: fmt.Sprintf("sdk-%03d", i)}
		for k := range 3 {
			s.Prefixes = append(s.Prefixes, fmt.Sprintf("com.maker%d.sdk%d.", i, k))
			s.Domains = append(s.Domains, fmt.Sprintf("api%d.maker%d.com", k, i))
		}
		facts = append(facts, s)
	}
	var classes, texts [][]byte
	size := 0
	for i := range 84_000 {
		classes = append(classes, fmt.Appendf(nil, "Lcom/maker%d/package%d/inner/Class%d;", i%2000, i%7, i))
		texts = append(texts, fmt.Appendf(nil, "could not reach https://host%d.maker%d.org/path", i, i%1000))
		size += len(classes[i]) + len(texts[i])
	}
	run := func(b *testing.B, m *Matcher) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			c := m.Collector("x")
			for i := range classes {
				c.Class(classes[i], true)
				c.String(texts[i])
			}
			m.Hits(c)
		}
	}
	b.Run("bytes", func(b *testing.B) {
		random := rand.New(rand.NewPCG(1, 2))
		binary := make([]byte, 16<<20)
		for i := range binary {
			binary[i] = byte(random.Uint32())
		}
		b.SetBytes(int64(len(binary)))
		m := New(facts)
		for b.Loop() {
			c := m.Collector("x")
			c.String(binary)
		}
	})
	b.Run("facts", func(b *testing.B) { run(b, New(facts)) })
	b.Run("lists", func(b *testing.B) {
		var lists []*List
		for _, name := range []string{"exodus_trackers.json", "blocker_general_rules_en.json"} {
			if data := sharedFile(b, name); data != nil {
				l, err := ReadList(data)
				if err != nil {
					b.Fatal(err)
				}
				lists = append(lists, l)
			}
		}
		run(b, New(facts, lists...))
	})
}

// TestClassesHaveNoPackage: a class of Objective-C is found by its whole name, as a class alone.
func TestClassesHaveNoPackage(t *testing.T) {
	m := New([]SDK{{ID: "kit", Classes: []string{"OurKit"}}})
	for class, want := range map[string]bool{"LOurKit;": true, "LOurKitten;": false, "LMyOurKit;": false, "Lcom/OurKit;": false, "LOurKit/A;": false, "LOurKit$A;": false, "Lourkit;": false} {
		c := m.Collector("A")
		c.Class([]byte(class), true)
		if hits := m.Hits(c); (len(hits) == 1 && hits[0].Grade() == ClassDefined) != want || !want && len(hits) > 0 {
			t.Errorf("%s: %+v", class, hits)
		}
	}
	c := m.Collector("A")
	c.String([]byte("OurKit/4.2 OurKit.framework OurKit.com OurKit"))
	c.Component("OurKit")
	if hits := m.Hits(c); len(hits) > 0 {
		t.Errorf("a word is no class: %+v", hits)
	}
}
