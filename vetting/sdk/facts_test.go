package sdk

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/language"

	"portcullis/catalogue"
)

// shipped returns the shipped table, put together and as it is written.
func shipped(t *testing.T) (*Table, *factsTable) {
	t.Helper()
	raw, err := decodeFacts(written(t))
	if err != nil {
		t.Fatal(err)
	}
	return Facts(), raw
}

func TestFacts(t *testing.T) {
	facts, raw := shipped(t)
	if n := len(facts.SDKs); n < 100 {
		t.Errorf("%d kits; the table promises 100", n)
	}
	if _, err := time.Parse(time.DateOnly, facts.Version); err != nil {
		t.Error(err)
	}
	makers := map[string]bool{}
	for _, ref := range raw.refs() {
		name, at, _ := strings.Cut(ref, " ")
		w := raw.Works[name]
		if w.Title == "" || w.Seen == "" || at == "" && strings.Contains(w.Title+w.URL, "{") {
			t.Errorf("%s: source %+v", ref, w)
		}
		if w.Seen > facts.Version {
			t.Errorf("%s was read on %s, after the table's own day", ref, w.Seen)
		}
	}
	for _, s := range facts.SDKs {
		if s.Company == "" || s.Owner == "" {
			t.Errorf("%s: company %q, owner %q", s.ID, s.Company, s.Owner)
		}
	}
	for _, f := range raw.SDKs {
		for _, c := range raw.chain(f.Company) {
			makers[c.ID] = true
		}
	}
	for _, c := range raw.Companies {
		if !makers[c.ID] {
			t.Errorf("company %s makes and owns nothing in the table", c.ID)
		}
	}
}

// Who is behind the kits that decisions have turned on.
func TestFactsOwners(t *testing.T) {
	facts, _ := shipped(t)
	type who struct{ Company, Owner, Country, Supplier, Product string }
	got := map[string]who{}
	for _, s := range facts.SDKs {
		got[s.ID] = who{s.Company, s.Owner, s.Country, s.Supplier, s.Product}
	}
	for id, want := range map[string]who{
		"bytedance-pangle":     {"ByteDance", "ByteDance", "CN", "bytedance", "pangle"},
		"tencent-bugly":        {"Tencent", "Tencent", "CN", "tencent", "tencent-bugly"},
		"kuaishou-ads":         {"Kuaishou", "Kuaishou", "CN", "kuaishou", ""},
		"umeng-analytics":      {"Umeng", "Alibaba", "CN", "umeng", "umeng-analytics"},
		"mintegral":            {"Mintegral", "Mobvista", "CN", "mintegral-inc", "mintegral"},
		"jpush":                {"Aurora Mobile (Jiguang)", "Aurora Mobile (Jiguang)", "CN", "aurora-mobile", "jpush"},
		"yandex-appmetrica":    {"Yandex", "Yandex", "RU", "yandex", "appmetrica"},
		"vk-sdk":               {"VKontakte", "VK (formerly Mail.ru Group)", "RU", "vkontakte", ""},
		"pushwoosh":            {"Pushwoosh", "Pushwoosh", "RU", "pushwoosh-inc", "pushwoosh"},
		"mopub":                {"MoPub", "AppLovin", "US", "applovin-corporation", ""},
		"ironsource":           {"ironSource", "Unity", "US", "ironsource-ltd", "ironsource"},
		"fyber":                {"Fyber", "Digital Turbine", "US", "", ""},
		"vungle":               {"Vungle", "Liftoff", "US", "", ""},
		"google-admob":         {"Google", "Alphabet", "US", "google", ""},
		"adjust":               {"Adjust", "AppLovin", "US", "adjust-gmbh", "adjust"},
		"bigo-ads":             {"BIGO", "JOYY", "SG", "bigo", ""},
		"kaspersky-mobile-sdk": {"Kaspersky Lab", "Kaspersky Lab", "RU", "kaspersky-lab", ""},
	} {
		if diff := cmp.Diff(want, got[id]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// Two works of one hand are one witness.
func TestFactsWitnesses(t *testing.T) {
	_, raw := shipped(t)
	for _, c := range []struct {
		refs []string
		want int
	}{
		{nil, 0},
		{[]string{"exodus 1", "exodus 2"}, 1},
		{[]string{"max-android ByteDance", "max-ios ByteDance"}, 1},
		{[]string{"max-android ByteDance", "gma-ios Pangle"}, 2},
		{[]string{"repo segmentio/analytics-android", "repo segmentio/analytics-kotlin"}, 1},
		{[]string{"repo bytedance/bhook", "repo Tencent/MMKV"}, 2},
	} {
		if got := raw.witnesses(c.refs); got != c.want {
			t.Errorf("%q: %d witnesses, want %d", c.refs, got, c.want)
		}
	}
}

// begins reports whether a class is one of those that a prefix stands for.
func begins(class, prefix string) bool {
	rest, ok := strings.CutPrefix(class, prefix)
	return ok && (strings.HasSuffix(prefix, ".") || rest == "" || rest[0] == '.' || rest[0] == '$')
}

// sample is a class that a prefix stands for.
func sample(prefix string) string {
	last := prefix[strings.LastIndexByte(strings.TrimSuffix(prefix, "."), '.')+1:]
	switch {
	case strings.HasSuffix(prefix, "."):
		return prefix + "Sample"
	case last[0] >= 'A' && last[0] <= 'Z':
		return prefix
	}
	return prefix + ".Sample"
}

// Kits inside the namespace of another. A class of the inner one is evidence for both, and both entries are true of it.
var nested = map[string]string{
	"bytedance":  "all of ByteDance's packages, whichever kit they belong to",
	"huawei-hms": "HMS Core is what the other HMS kits stand on",
}

func TestFactsPrefixesNest(t *testing.T) {
	facts, _ := shipped(t)
	used := map[string]bool{}
	for _, outer := range facts.SDKs {
		for _, inner := range facts.SDKs {
			if outer.ID == inner.ID {
				continue
			}
			for _, p := range outer.Prefixes {
				for _, q := range inner.Prefixes {
					if !begins(sample(q), p) {
						continue
					}
					if used[outer.ID] = true; nested[outer.ID] == "" {
						t.Errorf("%s of %s is inside %s of %s", q, inner.ID, p, outer.ID)
					}
				}
			}
		}
	}
	for id := range nested {
		if !used[id] {
			t.Errorf("nothing is nested in %s any more", id)
		}
	}
}

// Namespaces of two labels that many kits and apps share: none may stand alone.
var sharedNamespaces = []string{"com.google", "com.facebook", "com.android", "com.apple", "com.amazon", "com.amazonaws", "com.microsoft",
	"com.tencent", "com.qq", "com.alibaba", "com.taobao", "com.alipay", "com.baidu", "com.huawei", "com.xiaomi", "com.miui", "com.oppo", "com.opos",
	"com.heytap", "com.vivo", "com.meizu", "com.hihonor", "com.sina", "com.netease", "com.yandex", "com.vk", "com.my", "ru.mail", "com.kwai",
	"com.kuaishou", "com.adobe", "com.salesforce", "com.oracle", "com.twitter", "com.snap", "com.linkedin", "com.unity3d", "com.mob", "com.uc",
	"com.ali", "com.tiktok", "com.github", "io.github", "org.apache", "net.java", "com.cisco", "com.stripe", "com.twilio", "com.five_corp",
	"ly.count", "com.mapbox", "com.foursquare", "com.datadog", "sg.bigo", "io.embrace", "io.intercom", "com.iterable", "com.krux"}

func TestFactsPrefixesCatchNoStrangers(t *testing.T) {
	facts, _ := shipped(t)
	strangers := []string{
		"com.google.gson.Gson", "com.google.android.material.button.MaterialButton", "com.google.android.gms.common.api.GoogleApi",
		"com.google.android.gms.maps.MapView", "com.google.common.collect.ImmutableList", "com.google.firebase.FirebaseApp",
		"com.facebook.react.ReactActivity", "com.facebook.imagepipeline.core.ImagePipeline", "com.facebook.soloader.SoLoader",
		"com.unity3d.player.UnityPlayer", "com.amazonaws.auth.AWSCredentials", "com.microsoft.identity.client.Account", "com.adobe.xmp.XMPMeta",
		"com.alibaba.fastjson.JSON", "com.alibaba.android.arouter.launcher.ARouter", "com.tencent.wcdb.Database", "com.twitter.util.Future",
		"com.android.billingclient.api.BillingClient", "com.apple.android.music.Player", "com.mypackage.Main", "com.my.app.Main", "io.fabric8.Client",
		"io.sentryfoo.Main", "com.adjustment.Main", "com.segment.Main", "com.mobile.Main", "com.mob.Main", "org.matomocamp.Main", "com.pglite.Main",
		"okhttp3.OkHttpClient", "androidx.core.app.ActivityCompat", "kotlin.Unit", "org.apache.http.HttpHost", "com.squareup.picasso.Picasso",
	}
	for _, s := range facts.SDKs {
		for _, p := range s.Prefixes {
			name := strings.TrimSuffix(p, ".")
			if slices.Contains(sharedNamespaces, name) || !strings.Contains(name, ".") {
				t.Errorf("%s: %s alone catches strangers", s.ID, p)
			}
			for _, class := range strangers {
				if begins(class, p) {
					t.Errorf("%s: %s catches %s", s.ID, p, class)
				}
			}
		}
	}
}

func TestFactsDomains(t *testing.T) {
	facts, _ := shipped(t)
	owner := map[string]string{}
	for _, s := range facts.SDKs {
		for _, d := range s.Domains {
			if owner[d] != "" {
				t.Errorf("%s: %s is also %s's", s.ID, d, owner[d])
			}
			owner[d] = s.ID
		}
	}
	// What many share, of which a kit has only names below, and sites that people open, to which any app may link.
	wide := []string{"qq.com", "my.com", "yandex.ru", "yandex.net", "yandex.com", "facebook.com", "google.com", "googleapis.com", "amazonaws.com",
		"baidu.com", "unity3d.com", "foursquare.com", "mail.ru", "tencent.com", "alibaba.com", "apple.com", "microsoft.com",
		"tiktok.com", "douyin.com", "toutiao.com", "kuaishou.com", "weibo.com", "vk.com", "twitter.com", "x.com", "linkedin.com", "snapchat.com", "alipay.com"}
	for d, id := range owner {
		if _, err := publicsuffix.EffectiveTLDPlusOne(d); err != nil || slices.Contains(wide, d) {
			t.Errorf("%s: %s is nobody's own: %v", id, d, err)
		}
		for rest := d; ; {
			_, above, ok := strings.Cut(rest, ".")
			if !ok {
				break
			}
			if rest = above; owner[rest] != "" && owner[rest] != id {
				t.Errorf("%s: %s is below %s of %s", id, d, rest, owner[rest])
			}
		}
	}
}

func TestFactsCountries(t *testing.T) {
	_, raw := shipped(t)
	for _, c := range raw.Companies {
		if c.Country == "" {
			continue
		}
		region, err := language.ParseRegion(c.Country)
		if err != nil || !region.IsCountry() || region.String() != c.Country {
			t.Errorf("company %s: %s is no country's code: %v", c.ID, c.Country, err)
		}
	}
}

// An id of the catalogue is there, and both tables say the same of it.
func TestFactsAgreeWithCatalogue(t *testing.T) {
	_, raw := shipped(t)
	suppliers, products, kits := starter(t)
	for _, c := range raw.Companies {
		s, there := suppliers[c.Supplier]
		if c.Supplier != "" && !there {
			t.Errorf("company %s: the catalogue has no supplier %s", c.ID, c.Supplier)
		}
		if c.Supplier == "" {
			for id, s := range suppliers {
				if strings.EqualFold(s.Name, c.Name) {
					t.Errorf("company %s has no supplier, and the catalogue has %s", c.ID, id)
				}
			}
			continue
		}
		parent := ""
		if c.Parent != "" {
			parent = raw.companies[c.Parent].Supplier
		}
		if owner := s.owner(raw.Version); owner != parent {
			t.Errorf("company %s: its owner is %q, in the catalogue %q", c.ID, parent, owner)
		}
	}
	for _, f := range raw.SDKs {
		if f.Product != "" && (products[f.Product] == "" || products[f.Product] != raw.companies[f.Company].Supplier) {
			t.Errorf("%s: product %s is made by %q in the catalogue", f.ID, f.Product, products[f.Product])
		}
		delete(kits, f.Product)
	}
	for id := range kits {
		t.Errorf("the catalogue has the kit %s, and no kit of the table is it: found in an app, it would be added a second time", id)
	}
	facts, err := catalogue.Sources()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		for _, c := range raw.Companies {
			if chain := raw.chain(c.ID); f.Key == "country" && c.Supplier == f.ID && c.Parent == "" && chain[len(chain)-1].Country != f.Value {
				t.Errorf("company %s is in %q, in the catalogue in %q", c.ID, c.Country, f.Value)
			}
		}
	}
}

// supplier is what the test reads of a supplier of the catalogue.
type supplier struct {
	ID, Name string
	OwnedBy  []struct{ Supplier, From, Until string } `yaml:"owned_by"`
}

// owner is who owns a supplier on a day, "" for nobody.
func (s supplier) owner(day string) string {
	for _, o := range s.OwnedBy {
		if o.From <= day && (o.Until == "" || day < o.Until) {
			return o.Supplier
		}
	}
	return ""
}

// starter reads the catalogue's suppliers, who makes each product, and which of the products are kits: they are those that
// no platform knows.
func starter(t *testing.T) (suppliers map[string]supplier, products map[string]string, kits map[string]bool) {
	t.Helper()
	var world struct {
		Suppliers []supplier
		Products  []struct {
			ID, Supplier string
			Identifiers  map[string][]any
		}
	}
	if err := yaml.Unmarshal(catalogue.World(), &world); err != nil {
		t.Fatal(err)
	}
	suppliers, products, kits = map[string]supplier{}, map[string]string{}, map[string]bool{}
	for _, s := range world.Suppliers {
		suppliers[s.ID] = s
	}
	for _, p := range world.Products {
		products[p.ID] = p.Supplier
		if len(p.Identifiers) == 0 {
			kits[p.ID] = true
		}
	}
	return suppliers, products, kits
}

// Each sign in the table is found as the kit that it is a sign of.
func TestFactsAreFound(t *testing.T) {
	facts, _ := shipped(t)
	m := New(facts.SDKs)
	for _, s := range facts.SDKs {
		type sign struct {
			grade Grade
			what  string
		}
		var signs []sign
		for _, p := range s.Prefixes {
			signs = append(signs, sign{ClassDefined, sample(p)}, sign{Component, sample(p)})
		}
		for _, n := range s.Classes {
			signs = append(signs, sign{ClassDefined, n})
		}
		for _, p := range s.Components {
			signs = append(signs, sign{Component, sample(p)})
		}
		for _, l := range s.Libraries {
			signs = append(signs, sign{Library, l})
		}
		for _, d := range s.Domains {
			signs = append(signs, sign{Domain, "log." + d})
		}
		for _, one := range signs {
			c := m.Collector("classes.dex")
			switch one.grade {
			case ClassDefined:
				c.Class([]byte("L"+strings.ReplaceAll(one.what, ".", "/")+";"), true)
			case Component:
				c.Component(one.what)
			case Library:
				c.Library(one.what)
			case Domain:
				c.Domain([]byte(one.what))
			}
			if !slices.ContainsFunc(m.Hits(c), func(h Hit) bool { return h.SDK.ID == s.ID && h.Grade() == one.grade }) {
				t.Errorf("%s is not found by %s %s", s.ID, one.grade, one.what)
			}
		}
	}
}

func TestFactsRefused(t *testing.T) {
	good, err := os.ReadFile(filepath.Join("testdata", "facts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readFacts(good); err != nil {
		t.Fatalf("the example itself is refused: %v", err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"an unknown key", "country: CN", "country: CN, planet: earth", "field planet not found"},
		{"a second document", "version:", "version: x\n---\nversion:", "follows the end"},
		{"a version that is no day", "2026-11-23", "today", "version"},
		{"a work without a day", "seen: 2026-11-22", "seen: soon", "no day"},
		{"a work without a title", `title: "A list: {at}", `, "", "has no title"},
		{"the same id twice", "id: kit-b", "id: kit-a", "is there twice"},
		{"an id of other letters", "id: kit-b", "id: Kit_B", "as id"},
		{"a company that is not there", "company: child", "company: nobody", "not in the table"},
		{"an owner that is not there", "parent: owner", "parent: nobody", "not in the table"},
		{"owners in a ring", "id: owner,", "id: owner, parent: child,", "ring"},
		{"the same company twice", "id: child,", "id: owner,", "is there twice"},
		{"a country of three letters", "country: CN", "country: CHN", "as country"},
		{"a country beside an owner", "parent: owner", "parent: owner, country: CN", "only the owner's"},
		{"a prefix of one label", "com.example.kit.", "example", "as prefix"},
		{"a library that is a path", "libkit.so", "lib/libkit.so", "as library"},
		{"a domain with its scheme", "kit.example", "https://kit.example", "as domain"},
		{"a domain twice", "[kit.example]", "[kit.example, kit.example]", "is there twice"},
		{"an opt-out without meaning", `means: "nothing is sent"`, `means: ""`, "what it means"},
		{"known by nothing", "prefixes: [com.example.b.]", "prefixes: []", "known by nothing"},
		{"no source", "sources: [list 2]", "sources: []", "no source"},
		{"a source of no work", "list 2", "rumour 2", "no work is called rumour"},
		{"a source without its place", "list 2", "list", "place in the work is missing"},
		{"a source twice", "[list 2]", "[list 2, list 2]", "is there twice"},
		{"unverified, with two witnesses", "sources: [list 1, page]", "sources: [list 1, page], unverified: true", "two witnesses"},
		{"one witness beside one of hosts alone", "sources: [list 3, page]", "sources: [list 3, groups]", "not marked unverified"},
		{"one witness, and not marked", "    unverified: true\n", "", "not marked unverified"},
	} {
		text := strings.Replace(string(good), c.old, c.new, 1)
		if text == string(good) {
			t.Fatalf("%s: the example has no %q", c.name, c.old)
		}
		if _, err := readFacts([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzFacts(f *testing.F) {
	if good, err := os.ReadFile(filepath.Join("testdata", "facts.yaml")); err == nil {
		f.Add(good)
	}
	f.Add([]byte("version: 2026-01-01\ncompanies:\n- {id: a, parent: a}\nsdks:\n- {id: b, company: a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		facts, err := readFacts(text)
		if err != nil {
			return
		}
		for _, s := range facts.SDKs {
			if s.ID == "" || s.Company == "" {
				t.Errorf("accepted without id or company: %+v", s)
			}
		}
	})
}
