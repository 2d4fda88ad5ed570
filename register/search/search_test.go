package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"portcullis/internal/nearest"
	"portcullis/policy"
	"portcullis/policy/policytest"
)

// town is a world with names of many sorts.
var town = &policy.World{
	Suppliers: []policy.Supplier{
		{ID: "quill", Name: "Quill & Sons Ltd", Aliases: []string{"Inkwell Systems"}},
		{ID: "ember", Name: "Ember Holding", OwnedBy: nil},
		{ID: "spark", Name: "Spark Labs", OwnedBy: []policy.Edge{{Supplier: "ember"}}},
	},
	Products: []policy.Product{
		{ID: "flash", Kind: policy.App, Name: "FlashTalk", Aliases: []string{"Chatterbox.ly"}, Supplier: "spark",
			Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "ly.chatterbox.app"}}, policy.IOS: {{ID: "123456789"}}}, Domains: []string{"flashtalk.example"}},
		{ID: "flash-lite", Kind: policy.App, Name: "FlashTalk Lite", Supplier: "spark"},
		{ID: "cafe", Kind: policy.App, Name: "Café Übersicht", Supplier: "quill"},
		{ID: "meet", Kind: policy.App, Name: "Meetings", Supplier: "quill", Aliases: []string{"Roundtable"}},
		{ID: "plug", Kind: policy.App, Name: "Recorder for Quill Meetings"},
		{ID: "cam", Kind: policy.Equipment, Name: "Flash camera", MadeBy: []policy.Edge{{Supplier: "ember"}}},
		{ID: "sea", Kind: policy.App, Name: "Søren’s Straße"},
		{ID: "round", Kind: policy.App, Name: "Round"},
	},
}

// words are hits in words.
func words(hits []Hit) (all []string) {
	for _, h := range hits {
		text := h.Product + h.Supplier + " by " + string(h.By)
		if h.Near {
			text += ", near"
		}
		all = append(all, text)
	}
	return all
}

func TestFind(t *testing.T) {
	x := New(town)
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"", nil},
		{" ., ", nil},
		{"flashtalk", []string{"flash by name", "flash-lite by name"}},
		{"Flash Talk", []string{"flash by name", "flash-lite by name"}},
		{"FLASH", []string{"flash by identifier", "cam by name", "flash-lite by name"}},
		{"talk lite", []string{"flash-lite by name, near"}},
		{"lite", []string{"flash-lite by name"}},
		{"chatterbox", []string{"flash by old name"}},
		{"chatterboxly", []string{"flash by old name"}},
		{"ly.chatterbox.app", []string{"flash by identifier"}},
		{"123456789", []string{"flash by identifier"}},
		{"flashtalk.example", []string{"flash by identifier"}},
		{"cafe ubersicht", []string{"cafe by name"}},
		{"CAFÉ", []string{"cafe by identifier"}},
		{"sorens strasse", []string{"sea by name"}},
		{"søren's", []string{"sea by name"}},
		{"meetings", []string{"meet by name", "plug by name"}},
		{"quill meetings", []string{"plug by name", "meet by name"}},
		{"roundtable", []string{"meet by old name"}},
		{"round", []string{"round by name", "meet by old name"}},
		{"ember", []string{"ember by identifier", "cam by maker", "flash by maker", "flash-lite by maker", "spark by maker"}[:4]},
		{"inkwell", []string{"quill by old name", "cafe by maker", "meet by maker"}},
		{"flashtolk", []string{"flash by name, near", "flash-lite by name, near"}},
		{"flahstalk", []string{"flash by name, near", "flash-lite by name, near"}},
		{"meetigns", []string{"meet by name, near", "plug by name, near"}},
		{"inkwel systems", []string{"quill by old name", "cafe by maker", "meet by maker"}},
		{"inkwlel", []string{"quill by old name, near", "cafe by maker, near", "meet by maker, near"}},
		{"rond", nil}, // too short to forgive a slip
		{"com.flahstalk", []string{"flash by name, near", "flash-lite by name, near"}},
		{"23456789", nil}, // an identifier that is nearly another is another
		{"meetings for windows", []string{"plug by name, near"}},
		{"mettingz", []string{"meet by name, near"}},
		{"nothing of the sort", nil},
	} {
		if got := words(x.Find(c.query, 10)); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, not %q", c.query, got, c.want)
		}
	}
	if got := words(x.Products("flash", policy.App, 10)); !slices.Equal(got, []string{"flash by identifier", "flash-lite by name"}) {
		t.Errorf("apps alone: %q", got)
	}
	if got := x.Find("chatterbox", 1); len(got) != 1 || got[0].Text != "Chatterbox.ly" {
		t.Errorf("what it was found by: %+v", got)
	}
	if got := x.Find("flash", 0); got != nil {
		t.Errorf("no rows: %+v", got)
	}
}

// scan is Find for one thing after the other, by the definition: the class of each thing, without those that
// only some words or a guess find.
func scan(w *policy.World, query string) map[string]class {
	q := asked(query)
	found := map[string]class{}
	if q.joined == "" {
		return found
	}
	supplied := map[string][]string{}
	for i := range w.Suppliers {
		s := &w.Suppliers[i]
		supplied[s.ID] = append([]string{s.Name}, s.Aliases...)
	}
	makers, nearMakers := map[string]bool{}, map[string]bool{}
	put := func(id string, c class) {
		if was, is := found[id]; !is || c < was {
			found[id] = c
		}
	}
	for i := range w.Suppliers {
		s := &w.Suppliers[i]
		for k, text := range supplied[s.ID] {
			c := fit(text, q, k == 0, nil)
			put("s:"+s.ID, c)
			makers[s.ID] = makers[s.ID] || c <= oldNameWords
			nearMakers[s.ID] = nearMakers[s.ID] || c < notFound
		}
		put("s:"+s.ID, fitIdentifier(s.ID, q))
	}
	for i := range w.Products {
		p := &w.Products[i]
		put("p:"+p.ID, fit(p.Name, q, true, supplied[p.Supplier]))
		for _, alias := range p.Aliases {
			put("p:"+p.ID, fit(alias, q, false, nil))
		}
		put("p:"+p.ID, fitIdentifier(p.ID, q))
		for _, ids := range p.Identifiers {
			for _, id := range ids {
				put("p:"+p.ID, fitIdentifier(id.ID, q))
			}
		}
		for _, domain := range p.Domains {
			put("p:"+p.ID, fitIdentifier(domain, q))
		}
		for _, maker := range behind(w, p) {
			if makers[maker] {
				put("p:"+p.ID, ofMaker)
			} else if nearMakers[maker] {
				put("p:"+p.ID, nearMaker)
			}
		}
	}
	for id, c := range found {
		if c == notFound {
			delete(found, id)
		}
	}
	return found
}

// behind are the companies behind a product, by any chain.
func behind(w *policy.World, p *policy.Product) (all []string) {
	todo := []string{p.Supplier}
	for _, e := range p.MadeBy {
		todo = append(todo, e.Supplier)
	}
	for len(todo) > 0 {
		id := todo[0]
		todo = todo[1:]
		at := slices.IndexFunc(w.Suppliers, func(s policy.Supplier) bool { return s.ID == id })
		if at < 0 || slices.Contains(all, id) {
			continue
		}
		all = append(all, id)
		for _, e := range w.Suppliers[at].OwnedBy {
			todo = append(todo, e.Supplier)
		}
	}
	return all
}

func begins(text phrase, word string) bool {
	return slices.ContainsFunc(text.words, func(known string) bool { return strings.HasPrefix(known, word) })
}

func fit(text string, q phrase, named bool, makers []string) class {
	p := newPhrase(text)
	if p.joined == "" {
		return notFound
	}
	every := func(fits func(string) bool) bool {
		return !slices.ContainsFunc(q.words, func(word string) bool { return !fits(word) })
	}
	slipped := func(p phrase) func(string) bool {
		return func(word string) bool {
			return begins(p, word) || slips(word) && slices.ContainsFunc(p.words, func(known string) bool { return apart(word, known) == 1 })
		}
	}
	withMaker := func(fits func(phrase) func(string) bool) bool {
		own := fits(p)
		return slices.ContainsFunc(q.words, own) && every(func(word string) bool {
			return own(word) || slices.ContainsFunc(makers, func(m string) bool { return fits(newPhrase(m))(word) })
		})
	}
	exactly := func(p phrase) func(string) bool { return func(word string) bool { return begins(p, word) } }
	oneSlip := slips(q.joined) && apart(q.joined, p.joined) == 1
	switch {
	case p.joined == q.joined && named:
		return exactName
	case p.joined == q.joined:
		return exactOldName
	case strings.HasPrefix(p.joined, q.joined) && named:
		return nameBegins
	case every(exactly(p)) && named:
		return nameWords
	case strings.HasPrefix(p.joined, q.joined) || every(exactly(p)):
		return oldNameWords
	case named && withMaker(exactly):
		return nameAndMaker
	case named && (oneSlip || every(slipped(p)) || withMaker(slipped)):
		return nearName
	case !named && (oneSlip || every(slipped(p))):
		return nearOldName
	}
	return notFound
}

func fitIdentifier(text string, q phrase) class {
	p := newPhrase(text)
	switch {
	case p.joined == "":
		return notFound
	case p.joined == q.joined:
		return exactIdentifier
	case strings.HasPrefix(p.joined, q.joined) || !slices.ContainsFunc(q.words, func(word string) bool { return !begins(p, word) }):
		return identifierPart
	}
	return notFound
}

// apart is how many letters must be put in, taken out, changed, or change places with their neighbour.
func apart(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
			default:
				same := 1
				if x[i-1] == y[j-1] {
					same = 0
				}
				d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+same)
				if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
					d[i][j] = min(d[i][j], d[i-2][j-2]+1)
				}
			}
		}
	}
	return d[len(x)][len(y)]
}

// drawn is a world and a query that has to do with it.
func drawn(t *rapid.T) (*policy.World, string) {
	word := rapid.StringMatching(`[abcé]{1,3}|alpha|alpah|gamma|gammo|ünder|under`)
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "words"), rapid.SampledFrom([]string{" ", "", ".", "-"}).Draw(t, "between"))
	})
	w := &policy.World{}
	for i := range rapid.IntRange(0, 4).Draw(t, "suppliers") {
		s := policy.Supplier{ID: fmt.Sprintf("s%d", i), Name: text.Draw(t, "name"), Aliases: rapid.SliceOfN(text, 0, 2).Draw(t, "aliases")}
		for k := range i {
			if rapid.Bool().Draw(t, "owned") {
				s.OwnedBy = append(s.OwnedBy, policy.Edge{Supplier: fmt.Sprintf("s%d", k)})
			}
		}
		w.Suppliers = append(w.Suppliers, s)
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "products") {
		p := policy.Product{ID: fmt.Sprintf("p%d", i), Kind: policy.App, Name: text.Draw(t, "name"), Aliases: rapid.SliceOfN(text, 0, 2).Draw(t, "aliases")}
		if n := len(w.Suppliers); n > 0 {
			p.Supplier = w.Suppliers[rapid.IntRange(0, n-1).Draw(t, "supplier")].ID
			if rapid.Bool().Draw(t, "made") {
				p.MadeBy = []policy.Edge{{Supplier: w.Suppliers[rapid.IntRange(0, n-1).Draw(t, "maker")].ID}}
			}
		}
		if rapid.Bool().Draw(t, "identified") {
			p.Identifiers = map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com." + text.Draw(t, "identifier")}}}
		}
		w.Products = append(w.Products, p)
	}
	return w, text.Draw(t, "query")
}

// TestAgainstAScan holds the index against the definition, and its order against the classes.
func TestAgainstAScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, query := drawn(t)
		compare(t, New(w), w, query)
	})
}

type failing interface {
	Errorf(format string, args ...any)
}

func compare(t failing, x *Index, w *policy.World, query string) {
	want := scan(w, query)
	got := map[string]bool{}
	last := class(0)
	all := x.Find(query, 1000)
	for _, h := range all {
		id := "p:" + h.Product
		if h.Supplier != "" {
			id = "s:" + h.Supplier
		}
		got[id] = true
		c, is := want[id]
		if !is && len(want) > 0 || is && h.Near != (c >= nearName) || c < last {
			t.Errorf("%q: %+v: class %d after %d", query, h, c, last)
		}
		if !is && !h.Near {
			t.Errorf("%q: %+v is only a guess", query, h)
		}
		last = c
	}
	for id, c := range want {
		if !got[id] {
			t.Errorf("%q: %s of class %d is not found", query, id, c)
		}
	}
	for limit := range len(all) {
		if first := x.Find(query, limit); !slices.Equal(first, all[:limit]) && limit > 0 {
			t.Errorf("%q: the first %d are others than of all", query, limit)
		}
	}
}

// TestOrderOfTheWorld: the answer does not rest on the order of the world.
func TestOrderOfTheWorld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, query := drawn(t)
		want := words(New(w).Find(query, 100))
		slices.Reverse(w.Products)
		slices.Reverse(w.Suppliers)
		if got := words(New(w).Find(query, 100)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, and the other way round %q", query, want, got)
		}
	})
}

func TestNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abéß日]{0,5}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := near(a, b), apart(a, b) == 1; got != want {
			t.Errorf("%q and %q: %v", a, b, got)
		}
	})
}

func TestGuessOfNearest(t *testing.T) {
	if nearest.Of("mettingz", []string{"meetings"}) != "meetings" {
		t.Fatal("the guess rests on package nearest")
	}
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{"", "flash", "FlashTalk Lite", "ßéö", "\xff\xfe", "com.example", "a b c d e f g h i j", strings.Repeat("é", 300), "日本語", "ﷺ", "'’ʼ"} {
		f.Add(seed)
	}
	x := New(town)
	f.Fuzz(func(t *testing.T, query string) {
		compare(t, x, town, query)
		if q := asked(query); len(q.words) > maxWords || !utf8.ValidString(q.joined) {
			t.Errorf("%q: %q", query, q.words)
		}
	})
}

// BenchmarkFind asks the world of 20,000 products.
func BenchmarkFind(b *testing.B) {
	x := New(policytest.World(1))
	for _, query := range []string{"App number 1234", "app", "a", "number", "com.example", "supplier number 77", "aqp numbre 1234", "zzzzzzzzz", "suplier", "something else entirely"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				x.Find(query, 20)
			}
		})
	}
}

// BenchmarkNew makes the index of 20,000 products and 3,000 suppliers.
func BenchmarkNew(b *testing.B) {
	w := policytest.World(1)
	b.ReportAllocs()
	for b.Loop() {
		New(w)
	}
}
