package axml_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"portcullis/vetting/apk/axml"
	"portcullis/vetting/apk/axml/axmltest"
)

// Resource ids of attributes that the tests write.
const (
	nameID    = 0x01010003
	labelID   = 0x01010001
	minID     = 0x0101020c
	unknownID = 0x7f0a0001
)

func sample() *axml.Element {
	return &axml.Element{
		Name: "manifest",
		Attributes: []axml.Attribute{
			axmltest.Plain("package", "org.example"),
		},
		Children: []*axml.Element{
			{Name: "uses-sdk", Attributes: []axml.Attribute{
				axmltest.Android("minSdkVersion", minID, axml.Value{Type: axml.Decimal, Data: 24})}},
			{Name: "application", Text: "between", Attributes: []axml.Attribute{
				axmltest.Android("label", labelID, axmltest.Text("Grüße 😀")),
				axmltest.Android("name", nameID, axmltest.Text(strings.Repeat("x", 300)))}},
		},
	}
}

// blank removes what only one form carries.
func blank(e *axml.Element) *axml.Element {
	for i := range e.Attributes {
		e.Attributes[i].Raw = ""
		if e.Attributes[i].Value.Type == axml.String {
			e.Attributes[i].Value.Data = 0
		}
	}
	for _, c := range e.Children {
		blank(c)
	}
	return e
}

func parse(t *testing.T, data []byte) *axml.Document {
	t.Helper()
	d, err := axml.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBinaryRoundTrip(t *testing.T) {
	unknown := axmltest.Chunk(0x0777, nil, axmltest.Words(1, 2, 3))
	for name, w := range map[string]*axmltest.Writer{
		"UTF-8":                          {},
		"UTF-16":                         {Wide: true},
		"attributes of 28 bytes":         {Stride: 28},
		"unknown chunks":                 {Before: unknown, Middle: unknown},
		"an empty pool before the other": {Before: axmltest.Pool(false)},
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, w.Document(sample()))
			if diff := cmp.Diff(blank(sample()), blank(d.Root)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProtobufRoundTrip(t *testing.T) {
	d := parse(t, axmltest.Protobuf(sample()))
	if diff := cmp.Diff(blank(sample()), blank(d.Root)); diff != "" || d.Form != axml.Protobuf || len(d.Problems) > 0 {
		t.Errorf("%s %q (-want +got):\n%s", d.Form, d.Problems, diff)
	}
	cut := axmltest.Protobuf(sample())
	cut[1] -= 9 // the outermost element ends too early, in the middle of an attribute
	if d, err := axml.Parse(cut); err == nil && len(d.Problems) == 0 {
		t.Error("nobody is told that the document is damaged")
	}
}

func TestProtobufTable(t *testing.T) {
	table, err := axml.ParseTable(axmltest.ProtobufTable("string", "de", map[uint32]axml.Value{
		1: axmltest.Text("eins"), 2: {Type: axml.Reference, Data: id + 1}, 3: {Type: axml.Boolean, Data: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := table.Resolve(axml.Value{Type: axml.Reference, Data: id + 2}); !ok || v.Text != "eins" {
		t.Errorf("a reference leads to %v, %v", v, ok)
	}
	if v, _ := table.Resolve(axml.Value{Type: axml.Reference, Data: id + 3}); v.String() != "true" {
		t.Errorf("a truth reads %v", v)
	}
	if table.Name(id+1) != "string/name" || table.Package() != "org.example" || table.Values(id + 1)[0].Config.Locale != "de" {
		t.Errorf("%q of %q, %+v", table.Name(id+1), table.Package(), table.Values(id+1))
	}
}

// TestNamesFollowIDs holds that an attribute is what its id says, as for Android.
func TestNamesFollowIDs(t *testing.T) {
	root := &axml.Element{Name: "manifest", Attributes: []axml.Attribute{
		axmltest.Android("decoy", nameID, axmltest.Text("first")),
		axmltest.Android("name", nameID, axmltest.Text("second")),
		axmltest.Android("name", unknownID, axmltest.Text("the app's own")),
		{Namespace: axml.Android, Name: "label", Value: axmltest.Text("not seen")},
	}}
	d := parse(t, axmltest.Document(root))
	a, ok := d.Root.AndroidAttr("name")
	if !ok || a.Value.Text != "first" || a.Name != "name" || a.Written != "decoy" {
		t.Errorf("the attribute with the id of name is %+v", a)
	}
	if a, ok := d.Root.AndroidAttr("label"); ok {
		t.Errorf("an attribute without an id was taken for Android's: %+v", a)
	}
	if !strings.Contains(strings.Join(d.Problems, "\n"), "android:label carries no resource id") {
		t.Errorf("problems are %q", d.Problems)
	}
}

func TestDamaged(t *testing.T) {
	le := binary.LittleEndian
	whole := axmltest.Document(sample())
	pool := 8 // where its chunk begins
	for name, c := range map[string]struct {
		change  func([]byte) []byte
		problem string
	}{
		"another type":     {func(b []byte) []byte { b[0] = 0; return b }, "does not call itself binary XML"},
		"too large a size": {func(b []byte) []byte { le.PutUint32(b[4:], 1<<30); return b }, "shorter than its header"},
		"bytes behind":     {func(b []byte) []byte { return append(b, 1, 2, 3, 4) }, "4 bytes follow"},
		"a pool that lies": {func(b []byte) []byte { le.PutUint32(b[pool+8:], 1<<31); return b }, "more strings than"},
		"an end missing":   {func(b []byte) []byte { return b[:len(b)-24] }, "ends inside the element manifest"},
		"attributes beyond the element": {func(b []byte) []byte {
			at := strings.Index(string(b), "\x02\x01\x10\x00") + 16 + 8
			le.PutUint16(b[at+4:], 900)
			return b
		}, "claims more attributes"},
		"nothing where a chunk should be": {func(b []byte) []byte {
			le.PutUint32(b[4:], uint32(len(b)+8))
			return append(b, make([]byte, 8)...)
		}, "no chunk can begin here"},
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, c.change(append([]byte{}, whole...)))
			if !strings.Contains(strings.Join(d.Problems, "\n"), c.problem) {
				t.Errorf("problems are %q, want one with %q", d.Problems, c.problem)
			}
			if a, _ := d.Root.Attr("package"); a.Value.Text != "org.example" {
				t.Errorf("the package reads %q", a.Value.Text)
			}
		})
	}
}

// TestUnended is about names of elements that no zero follows: newer versions of Android do not read them.
func TestUnended(t *testing.T) {
	for name, c := range map[string]struct {
		whole []byte
		text  string
		want  bool
	}{
		"a name":           {axmltest.Document(sample()), "application\x00", true},
		"a value":          {axmltest.Document(sample()), "org.example\x00", false},
		"a name in UTF-16": {(&axmltest.Writer{Wide: true}).Document(sample()), "a\x00p\x00p\x00l\x00i\x00c\x00a\x00t\x00i\x00o\x00n\x00\x00\x00", true},
	} {
		if d := parse(t, c.whole); d.Refused != "" {
			t.Errorf("%s: a whole document: %s", name, d.Refused)
		}
		at := strings.Index(string(c.whole), c.text)
		if at < 0 {
			t.Fatalf("%s is not there", name)
		}
		c.whole[at+len(c.text)-1] = 'x'
		if d := parse(t, c.whole); (d.Refused != "") != c.want || d.Lost != "" || len(d.Root.Named("application")) != 1 {
			t.Errorf("%s: refused %q, lost %q, %+v", name, d.Refused, d.Lost, d.Root)
		}
	}
}

func TestText(t *testing.T) {
	d := parse(t, []byte("\xef\xbb\xbf<?xml version='1.0'?>\n<manifest package='org.example' "+
		"xmlns:android='http://schemas.android.com/apk/res/android'><uses-sdk android:minSdkVersion='24'/></manifest>"))
	if a, ok := d.Root.Named("uses-sdk")[0].AndroidAttr("minSdkVersion"); !ok || a.Value.Text != "24" || d.Form != axml.Text {
		t.Errorf("%s: %+v", d.Form, a)
	}
	if len(d.Problems) == 0 {
		t.Error("nobody is told that Android would refuse it")
	}
}

func TestDepthIsBounded(t *testing.T) {
	root := &axml.Element{Name: "a"}
	for e, i := root, 0; i < 3000; i++ {
		inner := &axml.Element{Name: "a"}
		e.Children = []*axml.Element{inner}
		e = inner
	}
	d := parse(t, axmltest.Document(root))
	depth := 0
	for e := d.Root; e != nil; depth++ {
		if len(e.Children) == 0 {
			break
		}
		e = e.Children[0]
	}
	if depth > 500 || len(d.Problems) != 1 {
		t.Errorf("read %d deep, with problems %q", depth, d.Problems)
	}
}

// TestAttributesAreBounded is about elements whose attributes all lie on one another.
func TestAttributesAreBounded(t *testing.T) {
	ext := axmltest.Words(0xffffffff, 0)
	for _, n := range []uint16{20, 0, 0xffff, 0, 0, 0} {
		ext = binary.LittleEndian.AppendUint16(ext, n)
	}
	ext = append(ext, make([]byte, 20)...)
	element := axmltest.Chunk(0x102, axmltest.Words(1, 0), ext)
	body := axmltest.Pool(false, "a")
	for range 400 {
		body = append(body, element...)
	}
	d := parse(t, axmltest.Chunk(3, nil, body))
	count := 0
	for e := d.Root; e != nil; {
		count += len(e.Attributes)
		if len(e.Children) == 0 {
			break
		}
		e = e.Children[0]
	}
	if count > len(body) {
		t.Errorf("%d attributes came of %d bytes", count, len(body))
	}
}

const id = 0x7f010000

func TestTable(t *testing.T) {
	value := func(s string) map[uint32]axml.Value { return map[uint32]axml.Value{5: axmltest.Text(s)} }
	config := func(change func([]byte)) []byte {
		c := make([]byte, 60)
		change(c)
		return c
	}
	german := config(func(c []byte) { copy(c[4:], "de") })
	english := config(func(c []byte) { copy(c[4:], "en") })
	newer := config(func(c []byte) { c[20] = 31 })
	night := config(func(c []byte) { c[25] = 0x20 })
	for name, c := range map[string]struct {
		blocks []axmltest.Block
		want   []string
	}{
		"plain":                    {[]axmltest.Block{{Entries: value("a")}}, []string{"a"}},
		"sparse":                   {[]axmltest.Block{{Flags: 1, Entries: value("a")}}, []string{"a"}},
		"short offsets":            {[]axmltest.Block{{Flags: 2, Entries: value("a")}}, []string{"a"}},
		"compact":                  {[]axmltest.Block{{Compact: true, Entries: value("a")}}, []string{"a"}},
		"all languages first":      {[]axmltest.Block{{Config: german, Entries: value("de")}, {Config: english, Entries: value("en")}, {Entries: value("a")}}, []string{"a", "en", "de"}},
		"the newest system first":  {[]axmltest.Block{{Entries: value("a")}, {Config: newer, Entries: value("new")}}, []string{"new", "a"}},
		"special needs come later": {[]axmltest.Block{{Config: night, Entries: value("night")}, {Entries: value("a")}}, []string{"a", "night"}},
		"somewhere else":           {[]axmltest.Block{{Entries: map[uint32]axml.Value{6: axmltest.Text("a")}}}, nil},
		"somewhere else, short":    {[]axmltest.Block{{Flags: 2, Entries: map[uint32]axml.Value{6: axmltest.Text("a")}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := axml.ParseTable(axmltest.Table("string", c.blocks...))
			if err != nil {
				t.Fatal(err)
			}
			got := table.Texts(axml.Value{Type: axml.Reference, Data: id + 5})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%q", diff, table.Problems)
			}
			if name := table.Name(id + 5); c.want != nil && name != "string/name" {
				t.Errorf("its name is %q", name)
			}
		})
	}
}

func TestReferences(t *testing.T) {
	to := func(n uint32) axml.Value { return axml.Value{Type: axml.Reference, Data: id + n} }
	table, err := axml.ParseTable(axmltest.Table("string", axmltest.Block{Entries: map[uint32]axml.Value{
		0: to(1), 1: to(2), 2: axmltest.Text("end"), 3: to(4), 4: to(3), 5: to(5), 6: to(40),
	}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from uint32
		want string
		ok   bool
	}{{0, "end", true}, {3, "@0x7f01000", false}, {5, "@0x7f010005", false}, {6, "@0x7f010028", false}} {
		v, ok := table.Resolve(to(c.from))
		if ok != c.ok || !strings.HasPrefix(v.String(), c.want) {
			t.Errorf("%d leads to %s, %v", c.from, v, ok)
		}
	}
	var none *axml.Table
	if v, ok := none.Resolve(to(1)); ok || v != to(1) {
		t.Errorf("no table leads to %v, %v", v, ok)
	}
}

// TestLookingUpIsBounded is about a table with so many configurations that every reference costs much.
func TestLookingUpIsBounded(t *testing.T) {
	blocks := make([]axmltest.Block, 3000)
	for i := range blocks {
		blocks[i].Entries = map[uint32]axml.Value{0: {Type: axml.Reference, Data: id}}
	}
	table, err := axml.ParseTable(axmltest.Table("string", blocks...))
	if err != nil {
		t.Fatal(err)
	}
	for range 1500 {
		table.Values(id)
	}
	if !strings.Contains(strings.Join(table.Problems, "\n"), "looked up so often") {
		t.Errorf("problems are %q", table.Problems)
	}
	if len(table.Texts(axml.Value{Type: axml.Reference, Data: id})) > 0 {
		t.Error("it goes on looking up")
	}
}

func TestStrings(t *testing.T) {
	value := map[uint32]axml.Value{0: axmltest.Text("needle"), 1: axmltest.Text("Grüße 😀")}
	for name, data := range map[string][]byte{
		"a document of UTF-8":                    axmltest.Document(sample()),
		"a document of UTF-16":                   (&axmltest.Writer{Wide: true}).Document(sample()),
		"a protobuf document":                    axmltest.Protobuf(sample()),
		"a table":                                axmltest.Table("string", axmltest.Block{Entries: value}),
		"a protobuf table":                       axmltest.ProtobufTable("string", "", value),
		"a table with the places of its sources": append([]byte("\x0a\x08\x0a\x06\x01\x00\x1c\x00\x0c\x5b"), axmltest.ProtobufTable("string", "", value)...),
	} {
		found := map[string]bool{}
		if !axml.Strings(data, func(s []byte) { found[string(s)] = true }) {
			t.Errorf("%s is said to be damaged", name)
		}
		if !found["Grüße 😀"] {
			t.Errorf("%s yields %v", name, found)
		}
		if axml.Strings(data[:len(data)-3], func([]byte) {}) {
			t.Errorf("%s is cut off, and said to be whole", name)
		}
	}
}

// TestStringsAreBounded is about a pool whose strings all lie on one another.
func TestStringsAreBounded(t *testing.T) {
	const count = 20_000
	offsets := make([]byte, 4*count)
	text := append([]byte{0x82, 0, 0xff, 0xff}, strings.Repeat("x", 0x7fff)...)
	pool := axmltest.Chunk(1, axmltest.Words(count, 0, 0x100, uint32(28+len(offsets)), 0), append(offsets, text...))
	sum := 0
	if axml.Strings(axmltest.Chunk(3, nil, pool), func(s []byte) { sum += len(s) }) || sum > 4<<20 {
		t.Errorf("%d bytes came of %d", sum, len(pool))
	}
}

// TestMessagesAreBounded is about messages that can be texts as well, and lie in each other.
func TestMessagesAreBounded(t *testing.T) {
	data := []byte("see https://a.example.com/")
	for range 5_000 {
		data = protowire.AppendBytes(protowire.AppendTag(nil, 4, protowire.BytesType), data)
	}
	sum, found := 0, false
	axml.Strings(data, func(s []byte) {
		sum += len(s)
		found = found || strings.HasSuffix(string(s), "https://a.example.com/")
	})
	if sum > 8*len(data)+2<<20 || !found {
		t.Errorf("%d bytes came of %d; the text is there: %v", sum, len(data), found)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(axmltest.Document(sample()))
	f.Add((&axmltest.Writer{Wide: true, Stride: 24}).Document(sample()))
	f.Add([]byte("<manifest package='a'><a/></manifest>"))
	f.Add(axmltest.Protobuf(sample()))
	f.Fuzz(func(t *testing.T, data []byte) {
		axml.Strings(data, func([]byte) {})
		d, err := axml.Parse(data)
		if err == nil && d.Root == nil {
			t.Error("a document without a root")
		}
	})
}

func FuzzParseTable(f *testing.F) {
	for _, b := range []axmltest.Block{{}, {Flags: 1}, {Flags: 2}, {Compact: true}} {
		b.Entries = map[uint32]axml.Value{0: axmltest.Text("a"), 3: {Type: axml.Reference, Data: id}}
		f.Add(axmltest.Table("string", b), uint32(id))
	}
	f.Add(axmltest.ProtobufTable("string", "en", map[uint32]axml.Value{1: axmltest.Text("a")}), uint32(id))
	f.Fuzz(func(t *testing.T, data []byte, id uint32) {
		table, err := axml.ParseTable(data)
		if err != nil {
			return
		}
		table.Name(id)
		table.Texts(axml.Value{Type: axml.Reference, Data: id})
		table.Values(id)
	})
}
