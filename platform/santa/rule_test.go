package santa

import (
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/internal/shared"
	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// list is one with entries of every kind, some of them hostile.
func list(closed bool) *platform.List {
	all := []policy.Window{{}}
	return &platform.List{Platform: policy.MacOS, Organisation: "gov", Generation: 7, Closed: closed, Shared: []platform.Entry{
		{Identifier: "ABCDE12345", Product: "maker", Name: "Maker", Banned: all},
		{Identifier: "ABCDE12345:org.example.editor", Product: "editor", Name: "Editor", Listed: true, Signers: []string{hash("a")}},
		{Identifier: "FGHIJ67890:org.example.\"old\"", Product: "old", Name: "<b>\"Old\"</b>\n& more", Listed: true, Banned: []policy.Window{{Until: "2"}}},
		{Identifier: "cdhash:" + hash("c")[:40], Product: "one", Name: "One", Listed: true, Floors: []platform.Floor{{Version: "4"}}},
		{Identifier: "cert:" + hash("d"), Product: "other", Banned: all},
		{Identifier: "org.example.bundle", Product: "bundle", Name: "Bundle", Banned: all},
		{Identifier: "platform:com.apple.curl", Product: "curl", Name: "curl", Listed: true},
		{Identifier: "sha256:" + hash("b"), Product: "unlisted", Name: "Unlisted", Signers: []string{hash("a")}},
	}}
}

func TestGolden(t *testing.T) {
	platformtest.Golden(t, *update, "rules-closed.json", Write, list(true))
	platformtest.Golden(t, *update, "rules-open.json", Write, list(false))
}

func TestWriteFails(t *testing.T) { platformtest.Fails(t, Write, list(true)) }

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		identifier string
		want       Target
	}{
		{"EQHXZ8M8AV:com.google.Chrome", Target{SigningID, "EQHXZ8M8AV:com.google.Chrome"}},
		{"platform:com.apple.curl", Target{SigningID, "platform:com.apple.curl"}},
		{"EQHXZ8M8AV", Target{TeamID, "EQHXZ8M8AV"}},
		{"sha256:" + hash("0"), Target{Binary, hash("0")}},
		{"cert:" + hash("f"), Target{Certificate, hash("f")}},
		{"cdhash:" + hash("9")[:40], Target{CDHash, hash("9")[:40]}},
		{"org.mozilla.firefox", Target{}},
		{"", Target{}},
		{"EQHXZ8M8A", Target{}},
		{"eqhxz8m8av", Target{}},
		{"eqhxz8m8av:com.google.Chrome", Target{}},
		{"EQHXZ8M8AV:", Target{}},
		{"EQHXZ8M8AV: x", Target{}},
		{"EQHXZ8M8AV:a\nb", Target{}},
		{"EQHXZ8M8AV:a\xff", Target{}},
		{"Platform:com.apple.curl", Target{}},
		{"sha256:" + strings.ToUpper(hash("f")), Target{}},
		{"sha256:" + hash("f")[1:], Target{}},
		{"cdhash:" + hash("f"), Target{}},
		{"cert:" + hash("g"), Target{}},
	} {
		got, err := Identify(c.identifier)
		if got != c.want || (err == nil) != (c.want != Target{}) {
			t.Errorf("%q: %+v, %v", c.identifier, got, err)
		}
	}
}

// TestVectors holds rules against those of the client's own tests.
func TestVectors(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	known := []Rule{
		{Identifier: "ee382e199f7eda58863a93a7854b930ade35798bc6856ee8e6ab6ce9277f0eab", Policy: Blocklist, Type: Binary},
		{Identifier: "46f8c706d0533a54554af5fc163eea704f10c08b30f8a5db12bfdc04fb382fc3", Policy: Allowlist, Type: Certificate},
		{Identifier: "platform:com.apple.yes", Policy: Allowlist, Type: SigningID},
		{Identifier: "7846698e47ef41be80b83fb9e2b98fa6dc46c9188b068bff323c302955a00142", Policy: Blocklist, Type: Certificate, Message: "Hi There"},
		{Identifier: "AAAAAAAAAA", Policy: Blocklist, Type: TeamID, Message: "Banned team ID"},
	}
	var read []map[string]string
	for _, name := range []string{"sync_ruledownload_batch1.json", "sync_ruledownload_batch2.json"} {
		var answer struct{ Rules []map[string]string }
		if err := json.Unmarshal(file(t, dir, "santa", name), &answer); err != nil {
			t.Fatal(err)
		}
		read = append(read, answer.Rules...)
	}
	for _, r := range read {
		for old, now := range map[string]string{"sha256": "identifier"} { // the names that the protocol had before
			if v, ok := r[old]; ok {
				r[now] = v
			}
			delete(r, old)
		}
		r["policy"] = strings.Replace(r["policy"], "BLACKLIST", "BLOCKLIST", 1)
		delete(r, "notification_app_name")
		delete(r, "event_detail_button_label")
		if r["custom_msg"] == "" {
			delete(r, "custom_msg")
		}
	}
	var written []map[string]string
	data, err := json.Marshal(known)
	if err == nil {
		err = json.Unmarshal(data, &written)
	}
	if diff := cmp.Diff(read, written); err != nil || diff != "" {
		t.Errorf("%v (-vectors +written)\n%s", err, diff)
	}
	for name, mode := range map[string]Mode{"sync_preflight_lockdown.json": Lockdown, "sync_preflight_request.json": Monitor} {
		var preflight struct {
			Mode string `json:"client_mode"`
		}
		word, _ := mode.MarshalText()
		if err := json.Unmarshal(file(t, dir, "santa", name), &preflight); err != nil || preflight.Mode != string(word) {
			t.Errorf("%s: mode %q, written %q; %v", name, preflight.Mode, word, err)
		}
	}
}

// TestDifference: a device that has some rules and takes the difference to others has those.
func TestDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Custom(func(t *rapid.T) []Rule {
			rules := rapid.SliceOfDistinct(rapid.Custom(func(t *rapid.T) Rule {
				return Rule{Identifier: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, ""), Type: RuleType(1 + rapid.IntRange(0, 4).Draw(t, "")),
					Policy: rapid.SampledFrom([]Policy{Allowlist, Blocklist}).Draw(t, ""), Message: rapid.SampledFrom([]string{"", "m"}).Draw(t, "")}
			}), func(r Rule) Target { return Target{r.Type, r.Identifier} }).Draw(t, "rules")
			slices.SortFunc(rules, Compare)
			return rules
		})
		before, after := draw.Draw(t, "before"), draw.Draw(t, "after")
		device := map[Target]Rule{}
		for _, r := range before {
			device[Target{r.Type, r.Identifier}] = r
		}
		difference := Difference(before, after)
		for _, r := range difference {
			at := Target{r.Type, r.Identifier}
			had, ok := device[at]
			if had == r || r.Policy == Remove && !ok {
				t.Fatalf("%+v is not needed", r)
			}
			if device[at] = r; r.Policy == Remove {
				delete(device, at)
			}
		}
		var now []Rule
		for _, r := range device {
			now = append(now, r)
		}
		slices.SortFunc(now, Compare)
		if !slices.Equal(now, after) || !slices.IsSortedFunc(difference, Compare) {
			t.Fatalf("difference %+v gives %+v", difference, now)
		}
	})
}

// TestNothingHalf: no name is found for what the protocol has none for.
func TestNothingHalf(t *testing.T) {
	for _, r := range []Rule{{Policy: Allowlist}, {Type: Binary}, {Type: Binary, Policy: 2}, {Type: 6, Policy: Remove}, {Type: -1, Policy: Remove}} {
		if data, err := json.Marshal(r); err == nil {
			t.Errorf("%+v becomes %s", r, data)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	for _, e := range list(true).Shared {
		f.Add(e.Identifier)
	}
	f.Fuzz(func(t *testing.T, identifier string) {
		target, err := Identify(identifier)
		if (err == nil) != (target.Type != 0) || err == nil && !strings.HasSuffix(identifier, target.Identifier) {
			t.Errorf("%q: %+v, %v", identifier, target, err)
		}
	})
}

func BenchmarkSanta(b *testing.B) {
	platformtest.Writing(b, Write, platformtest.Many(policy.MacOS, 3000, func(word string) string { return "ABCDE12345:org.example." + word }))
}
