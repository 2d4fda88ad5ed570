package apk

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/shared"
	"portcullis/vetting/apk/axml"
	"portcullis/vetting/apk/axml/axmltest"
	"portcullis/vetting/archive"
)

// oracle is a line of ORACLE.jsonl: what other tools found in a real file.
type oracle struct {
	File string `json:"file"`
	Aapt *struct {
		OK          bool     `json:"ok"`
		Package     string   `json:"package"`
		VersionCode string   `json:"versionCode"`
		Permissions []string `json:"permissions"`
		MinSDK      string   `json:"minSdk"`
		TargetSDK   string   `json:"targetSdk"`
	} `json:"aapt"`
	Androguard *struct {
		Classes *int `json:"classes"` // null where it could not read them
		Strings *int `json:"strings"`
	} `json:"androguard"`
	Signer struct {
		Verifies     bool     `json:"verifies"`
		Certificates []string `json:"certs"`
	} `json:"apksigner"`
}

func oracles(t testing.TB) (dir string, lines []oracle) {
	t.Helper()
	dir = shared.Dir(t)
	if dir == "" {
		return "", nil
	}
	dir = filepath.Join(dir, "apks")
	data, err := os.ReadFile(filepath.Join(dir, "ORACLE.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	for decoder.More() {
		var o oracle
		if err := decoder.Decode(&o); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, o)
	}
	return dir, lines
}

// manifestOf reads the manifest of a file, through the archive; not ok where it has none.
func manifestOf(t testing.TB, data []byte) (Manifest, bool) {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		return Manifest{}, false
	}
	read := func(name string) []byte {
		e := a.Lookup(name)
		if e == nil {
			return nil
		}
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	xml, err := axml.Parse(read("AndroidManifest.xml"))
	if err != nil {
		return Manifest{}, false
	}
	table, _ := axml.ParseTable(read("resources.arsc"))
	return ReadManifest(xml, table), true
}

// TestManifestAsAapt holds the manifests of real files against what aapt printed of them. What aapt
// calls permissions are those declared and those implied.
func TestManifestAsAapt(t *testing.T) {
	type facts struct {
		Package, MinSDK, TargetSDK string
		Code                       int64
		Permissions                []string
	}
	dir, lines := oracles(t)
	read := 0
	for _, o := range lines {
		data, err := os.ReadFile(filepath.Join(dir, o.File))
		if err != nil {
			t.Fatal(err)
		}
		m, ok := manifestOf(t, data)
		if ok {
			read++
		}
		if o.Aapt == nil || o.Aapt.Package == "" {
			continue
		}
		code, _ := axmltest.Text(o.Aapt.VersionCode).Int()
		want := facts{o.Aapt.Package, o.Aapt.MinSDK, o.Aapt.TargetSDK, code, o.Aapt.Permissions}
		got := facts{m.Package, m.MinSDK, m.TargetSDK, m.VersionCode, []string{}}
		for _, p := range m.Permissions {
			got.Permissions = append(got.Permissions, p.Name)
		}
		for _, p := range m.Implied {
			if o.Aapt.OK { // otherwise it ended before it came to them
				got.Permissions = append(got.Permissions, p.Name)
			}
		}
		slices.Sort(got.Permissions)
		got.Permissions = slices.Compact(got.Permissions)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-aapt +ours):\n%s", o.File, diff)
		}
	}
	if dir != "" && read < 80 {
		t.Errorf("only %d manifests were read", read)
	}
}

// TestManifestBeyondAapt is about real files that aapt fails on.
func TestManifestBeyondAapt(t *testing.T) {
	dir, _ := oracles(t)
	if dir == "" {
		return
	}
	for file, want := range map[string]Manifest{
		"androguard_compact-entry.apk":   {Package: "com.erev0s", Label: "erev0s.com-CompactEntry"},
		"fdroid_janus.apk":               {Package: "com.example", Label: "HelloWorld Sample", Debuggable: true},
		"avast_asn1_unprintable.apk":     {Package: "com.android.incallui"},
		"apktool_shared_library.apk":     {Package: "com.google.android.test.shared_library", Label: "SharedLibrary"},
		"apksig/debuggable-resource.apk": {Package: "android.appsecurity.cts.tinyapp", Label: "Tiny App for CTS"},
		"apksig/debuggable-boolean.apk":  {Package: "android.appsecurity.cts.tinyapp", Label: "Tiny App for CTS", Debuggable: true},
	} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		m, _ := manifestOf(t, data)
		got := Manifest{Package: m.Package, Label: m.Label, Debuggable: m.Debuggable}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// Resource ids of attributes that the tests write.
var ids = map[string]uint32{
	"name": 0x01010003, "label": 0x01010001, "permission": 0x01010006, "exported": 0x01010010, "authorities": 0x01010018,
	"value": 0x01010024, "resource": 0x01010025, "scheme": 0x01010027, "host": 0x01010028, "pathPrefix": 0x0101002b,
	"minSdkVersion": 0x0101020c, "targetSdkVersion": 0x01010270, "maxSdkVersion": 0x01010271, "versionCode": 0x0101021b,
	"versionCodeMajor": 0x01010576, "autoVerify": 0x010104ee, "targetActivity": 0x01010202, "allowBackup": 0x01010280,
	"networkSecurityConfig": 0x01010527, "protectionLevel": 0x01010009,
}

// el is an element: its attributes as name and value in turn, and its children.
func el(name string, attributes []any, children ...*axml.Element) *axml.Element {
	e := &axml.Element{Name: name, Children: children}
	for i := 0; i < len(attributes); i += 2 {
		var v axml.Value
		switch x := attributes[i+1].(type) {
		case string:
			v = axmltest.Text(x)
		case int:
			v = axml.Value{Type: axml.Decimal, Data: uint32(x)}
		case bool:
			v = axml.Value{Type: axml.Boolean}
			if x {
				v.Data = 1<<32 - 1
			}
		case axml.Value:
			v = x
		}
		n := attributes[i].(string)
		a := axmltest.Android(n, ids[n], v)
		if ids[n] == 0 {
			a = axml.Attribute{Name: n, Raw: v.Text, Value: v}
		}
		e.Attributes = append(e.Attributes, a)
	}
	return e
}

type a = []any

func ref(id uint32) axml.Value { return axml.Value{Type: axml.Reference, Data: id} }

// read goes through the bytes of a document, as a package has them.
func read(t *testing.T, root *axml.Element) *axml.Document {
	t.Helper()
	d, err := axml.Parse(axmltest.Document(root))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestManifest(t *testing.T) {
	resources, err := axml.ParseTable(axmltest.Table("xml", axmltest.Block{Entries: map[uint32]axml.Value{
		0: axmltest.Text("res/xml/net.xml"), 1: axmltest.Text("Example"), 2: {Type: axml.Boolean}, 3: ref(0x7f010003)}}))
	if err != nil {
		t.Fatal(err)
	}
	m := ReadManifest(read(t, el("manifest", a{"package", "org.example", "versionCode", 7, "versionCodeMajor", 1},
		el("uses-sdk", a{"minSdkVersion", 21, "targetSdkVersion", 30}),
		el("uses-permission", a{"name", "android.permission.CAMERA", "maxSdkVersion", 28}),
		el("uses-permission-sdk-23", a{"name", "android.permission.ACCESS_FINE_LOCATION"}),
		el("uses-permission", a{"name", ref(0x7f010001)}),
		el("permission", a{"name", "org.example.MINE", "protectionLevel", 2}),
		el("queries", nil, el("package", a{"name", "org.other"}), el("intent", nil, el("action", a{"name", "VIEW"}))),
		el("application", a{"label", ref(0x7f010001), "allowBackup", ref(0x7f010002), "networkSecurityConfig", ref(0x7f010000), "permission", "org.example.MINE", "name", ref(0x7f010003)},
			el("activity", a{"name", ".Main"},
				el("intent-filter", a{"autoVerify", true},
					el("action", a{"name", "android.intent.action.VIEW"}),
					el("category", a{"name", "android.intent.category.BROWSABLE"}),
					el("data", a{"scheme", "https", "host", "example.org"}),
					el("data", a{"pathPrefix", "/open"}))),
			el("provider", a{"name", "Store", "authorities", "org.example.a;org.example.b"}),
			el("service", a{"name", "org.other.Sync", "exported", true, "permission", "P"}),
			el("meta-data", a{"name", "collect", "value", false}),
			el("meta-data", a{"name", "paths", "resource", ref(0x7f010000)}),
		))), resources)
	want := Manifest{
		Package: "org.example", VersionCode: 7, MinSDK: "21", TargetSDK: "30", Label: "Example", Labels: []string{"Example"},
		AllowBackup: Setting{Declared: true}, NetworkConfig: "res/xml/net.xml",
		Permissions: []Permission{{Name: "android.permission.CAMERA", MaxSDK: "28"}, {Name: "android.permission.ACCESS_FINE_LOCATION", MinSDK: "23"}},
		Widened:     []ImpliedPermission{{"android.permission.ACCESS_COARSE_LOCATION", "the app asks for ACCESS_FINE_LOCATION"}},
		Defined:     []DefinedPermission{{"org.example.MINE", "signature"}},
		Queries:     Queries{Packages: []string{"org.other"}, Actions: []string{"VIEW"}},
		Components: []Component{
			{Kind: Activity, Name: "org.example.Main", Enabled: true, Exported: Setting{On: true}, Permission: "org.example.MINE",
				Filters: []Filter{{Actions: []string{"android.intent.action.VIEW"}, Categories: []string{"android.intent.category.BROWSABLE"},
					Schemes: []string{"https"}, Hosts: []string{"example.org"}, Paths: []string{"/open*"}, Verified: true}}},
			{Kind: Provider, Name: "org.example.Store", Enabled: true, Permission: "org.example.MINE", Authorities: []string{"org.example.a", "org.example.b"}},
			{Kind: Service, Name: "org.other.Sync", Enabled: true, Exported: Setting{On: true, Declared: true}, Permission: "P"},
		},
		MetaData: []MetaData{{Name: "collect", Value: "false"}, {Name: "paths", Value: "res/xml/net.xml", Resource: "xml/name"}},
		Problems: []string{"versionCodeMajor is 1, which Android puts before the version code: 4294967303", "name of uses-permission is a reference, which Android does not take there", "name of application is a reference, which Android does not take there"},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !m.Components[0].Filters[0].Link() {
		t.Error("a link that web pages can open is not told")
	}
}

// TestVersionCode: the number is the one that stores and aapt go by.
func TestVersionCode(t *testing.T) {
	for _, c := range []struct {
		code    any
		major   int
		want    int64
		problem string
	}{{5, 0, 5, ""}, {0x7fffffff, 0, 0x7fffffff, ""}, {0, 0, 0, ""}, {-5, 0, 0, "versionCode is -5"}, {7, 3, 7, "12884901895"}, {-1, 1, 0, "8589934591"}} {
		m := ReadManifest(read(t, el("manifest", a{"package", "p", "versionCode", c.code, "versionCodeMajor", c.major})), nil)
		if m.VersionCode != c.want || !strings.Contains(strings.Join(m.Problems, "\n"), c.problem) || c.problem == "" && len(m.Problems) > 0 {
			t.Errorf("%v, %d: %d, %q", c.code, c.major, m.VersionCode, m.Problems)
		}
	}
}

// TestSeveralLevels: Android needs the minimum of every uses-sdk, and goes by the last target.
func TestSeveralLevels(t *testing.T) {
	for name, c := range map[string]struct {
		levels      [][]any
		min, target string
	}{
		"one":                     {[][]any{{"minSdkVersion", 21}}, "21", ""},
		"none":                    {nil, "", ""},
		"hexadecimal":             {[][]any{{"minSdkVersion", axml.Value{Type: axml.Hexadecimal, Data: 0x15}, "targetSdkVersion", axml.Value{Type: axml.Boolean, Data: 29}}}, "21", "29"},
		"a text, and a name":      {[][]any{{"minSdkVersion", "21", "targetSdkVersion", "S"}}, "21", "S"},
		"a lower minimum later":   {[][]any{{"minSdkVersion", 23, "targetSdkVersion", 29}, {"minSdkVersion", 21}}, "23", "21"},
		"a higher minimum later":  {[][]any{{"minSdkVersion", 21}, {"minSdkVersion", 23, "targetSdkVersion", 29}}, "23", "29"},
		"an element with nothing": {[][]any{{"minSdkVersion", 21, "targetSdkVersion", 34}, nil}, "21", "1"},
	} {
		root := el("manifest", a{"package", "p"})
		for _, l := range c.levels {
			root.Children = append(root.Children, el("uses-sdk", l))
		}
		m := ReadManifest(read(t, root), nil)
		if m.MinSDK != c.min || m.TargetSDK != c.target || len(m.Problems) > 0 != (len(c.levels) > 1) {
			t.Errorf("%s: %q, %q, %q", name, m.MinSDK, m.TargetSDK, m.Problems)
		}
	}
}

// TestSigningLevels: names of previews are taken as apksigner takes them.
func TestSigningLevels(t *testing.T) {
	for _, c := range []struct {
		min, target string
		least, most int
	}{{"", "", 1, 1}, {"24", "34", 24, 34}, {"21", "", 21, 21}, {"21", "S", 21, 21}, {"N", "N", 23, 23}, {"Q", "Q", 27, 27}, {"VanillaIceCream", "35", 32, 35},
		{"KeyLimePie", "", 18, 18}, {"IceCreamSandwich", "IceCreamSandwich", 13, 13}, {"Baklava", "Baklava", 35, 35}, {"odd", "29", 0, 29}, {"?", "?", 0, 0}} {
		if least, most := (&Manifest{MinSDK: c.min, TargetSDK: c.target}).SigningLevels(); least != c.least || most != c.most {
			t.Errorf("%q, %q: %d, %d", c.min, c.target, least, most)
		}
	}
}

// TestImpliedAsTools is about what aapt implies and Android does not, and the other way round.
func TestImpliedAsTools(t *testing.T) {
	old := []string{"WRITE_EXTERNAL_STORAGE", "READ_PHONE_STATE", "READ_EXTERNAL_STORAGE"}
	newly := el("uses-permission-sdk-23", a{"name", android + "WRITE_EXTERNAL_STORAGE"})
	plain := el("uses-permission", a{"name", android + "WRITE_EXTERNAL_STORAGE"})
	for name, c := range map[string]struct {
		levels  []any
		asked   []*axml.Element
		implied []string
		widened bool // READ_EXTERNAL_STORAGE
	}{
		"a preview alone":             {a{"minSdkVersion", "R", "targetSdkVersion", "R"}, nil, old, false},
		"a preview as target":         {a{"minSdkVersion", 21, "targetSdkVersion", "R"}, nil, nil, false},
		"the first preview":           {a{"minSdkVersion", "Donut"}, nil, nil, false},
		"on newer phones alone":       {a{"minSdkVersion", 14, "targetSdkVersion", 33}, []*axml.Element{newly}, nil, true},
		"on newer phones, and on all": {a{"minSdkVersion", 14, "targetSdkVersion", 33}, []*axml.Element{newly, plain, newly}, []string{"READ_EXTERNAL_STORAGE"}, false},
	} {
		root := el("manifest", a{"package", "p"}, append([]*axml.Element{el("uses-sdk", c.levels)}, c.asked...)...)
		m := ReadManifest(read(t, root), nil)
		if diff := cmp.Diff(c.implied, short(m.Implied)); diff != "" || slices.Contains(short(m.Widened), "READ_EXTERNAL_STORAGE") != c.widened {
			t.Errorf("%s: widened %q (-want +got):\n%s", name, short(m.Widened), diff)
		}
	}
}

// TestDefaultsFollowTheTarget is about what Android decides for an app that does not.
func TestDefaultsFollowTheTarget(t *testing.T) {
	filtered := el("activity", a{"name", ".A"}, el("intent-filter", nil, el("action", a{"name", "X"})))
	provider := el("provider", a{"name", ".P", "authorities", "p"})
	for _, c := range []struct {
		target                        any
		activity, provider, cleartext bool
		problems                      int
	}{{16, true, true, true, 0}, {17, true, false, true, 0}, {28, true, false, false, 0}, {30, true, false, false, 0}, {31, false, false, false, 1}, {"Newest", false, false, false, 1}} {
		m := ReadManifest(read(t, el("manifest", a{"package", "p"},
			el("uses-sdk", a{"minSdkVersion", 9, "targetSdkVersion", c.target}), el("application", nil, filtered, provider))), nil)
		if m.Components[0].Exported.On != c.activity || m.Components[1].Exported.On != c.provider || m.Cleartext.On != c.cleartext || len(m.Problems) != c.problems {
			t.Errorf("%v: %+v, cleartext %v, %q", c.target, m.Components, m.Cleartext, m.Problems)
		}
	}
}

func TestImplied(t *testing.T) {
	for name, c := range map[string]struct {
		min, target int
		asked       []string
		implied     []string
		widened     []string
	}{
		"an old app":         {3, 3, nil, []string{"WRITE_EXTERNAL_STORAGE", "READ_PHONE_STATE", "READ_EXTERNAL_STORAGE"}, []string{"ACCESS_MEDIA_LOCATION", "READ_MEDIA_AUDIO", "READ_MEDIA_VIDEO", "READ_MEDIA_IMAGES"}},
		"writing is reading": {4, 33, []string{"WRITE_EXTERNAL_STORAGE"}, []string{"READ_EXTERNAL_STORAGE"}, nil},
		"contacts before 16": {9, 15, []string{"READ_CONTACTS", "WRITE_CONTACTS"}, []string{"READ_CALL_LOG", "WRITE_CALL_LOG"}, nil},
		"contacts from 16":   {9, 16, []string{"READ_CONTACTS", "WRITE_CONTACTS"}, nil, nil},
		"asked anyway":       {9, 15, []string{"READ_CONTACTS", "READ_CALL_LOG"}, nil, nil},
		"location before 29": {9, 28, []string{"ACCESS_FINE_LOCATION"}, nil, []string{"ACCESS_COARSE_LOCATION", "ACCESS_BACKGROUND_LOCATION"}},
		"bluetooth from 31":  {9, 31, []string{"BLUETOOTH"}, nil, nil},
	} {
		root := el("manifest", a{"package", "p"}, el("uses-sdk", a{"minSdkVersion", c.min, "targetSdkVersion", c.target}))
		for _, p := range c.asked {
			root.Children = append(root.Children, el("uses-permission", a{"name", android + p}))
		}
		m := ReadManifest(read(t, root), nil)
		if diff := cmp.Diff([][]string{c.implied, c.widened}, [][]string{short(m.Implied), short(m.Widened)}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func short(list []ImpliedPermission) (names []string) {
	for _, p := range list {
		names = append(names, strings.TrimPrefix(p.Name, android))
	}
	return names
}

// TestLongTexts is about one long text that is named very often.
func TestLongTexts(t *testing.T) {
	long := strings.Repeat(";.a", 10_000)
	app := el("application", nil)
	for range 2000 {
		app.Children = append(app.Children, el("provider", a{"name", "." + long, "authorities", long}))
	}
	m := ReadManifest(read(t, el("manifest", a{"package", long}, app)), nil)
	sum := 0
	for _, c := range m.Components {
		sum += len(c.Name) + 16*len(c.Authorities)
	}
	if len(m.Components) != 2000 || sum > 10<<20 {
		t.Errorf("%d components take %d bytes", len(m.Components), sum)
	}
}

func TestNetworkSecurity(t *testing.T) {
	plain := func(name string, attributes a, text string, children ...*axml.Element) *axml.Element {
		e := &axml.Element{Name: name, Text: text, Children: children}
		for i := 0; i < len(attributes); i += 2 {
			e.Attributes = append(e.Attributes, axmltest.Plain(attributes[i].(string), attributes[i+1].(string)))
		}
		return e
	}
	xml := plain("network-security-config", nil, "",
		plain("base-config", a{"cleartextTrafficPermitted", "true"}, "",
			plain("trust-anchors", nil, "", plain("certificates", a{"src", "system"}, ""), plain("certificates", a{"src", "user"}, ""))),
		plain("domain-config", a{"cleartextTrafficPermitted", "false"}, "",
			plain("domain", a{"includeSubdomains", "true"}, " Example.org "),
			plain("pin-set", a{"expiration", "2027-01-01"}, "", plain("pin", a{"digest", "SHA-256"}, "abc=")),
			plain("domain-config", nil, "", plain("domain", nil, "inner.example.org"),
				plain("trust-anchors", nil, "", plain("certificates", a{"src", "system"}, "")))),
		plain("debug-overrides", nil, ""))
	got := ReadNetworkSecurity(read(t, xml), nil, 30)
	want := NetworkSecurity{
		Base: NetworkRule{Cleartext: Setting{true, true}, TrustsSystem: true, TrustsUser: true},
		Domains: []NetworkRule{
			{Domains: []NetworkDomain{{"example.org", true}}, Cleartext: Setting{false, true}, TrustsSystem: true, TrustsUser: true, Pins: []string{"SHA-256 abc="}, PinsUntil: "2027-01-01"},
			{Domains: []NetworkDomain{{"inner.example.org", false}}, Cleartext: Setting{false, true}, TrustsSystem: true, Pins: []string{"SHA-256 abc="}, PinsUntil: "2027-01-01"},
		},
		Debug: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := ReadNetworkSecurity(nil, nil, 23); !got.Base.Cleartext.On || !got.Base.TrustsUser || len(got.Problems) != 1 {
		t.Errorf("without a configuration: %+v", got)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(axmltest.Document(el("manifest", a{"package", "p"}, el("uses-permission", a{"name", "x"}),
		el("application", nil, el("activity", a{"name", ".A"}, el("intent-filter", nil, el("data", a{"scheme", "a"})))))))
	f.Add(axmltest.Document(el("network-security-config", nil, el("domain-config", nil, el("domain-config", nil)))))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := axml.Parse(data)
		if err != nil {
			return
		}
		ReadManifest(d, nil)
		ReadNetworkSecurity(d, nil, 30)
	})
}
