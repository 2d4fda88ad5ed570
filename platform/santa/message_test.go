package santa

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"portcullis/internal/shared"
	"portcullis/platform"
)

func TestPreflight(t *testing.T) {
	want := Preflight{Machine: "M", Hostname: "h", Mode: Lockdown, Clean: true, Counts: Counts{Binary: 7, Certificate: 1, TeamID: 2, SigningID: 3, CDHash: 4}, Transitive: 5, Hash: "x"}
	var binary []byte
	for number, n := range map[protowire.Number]uint64{9: 2, 10: 1, 11: 7, 12: 1, 14: 5, 15: 2, 16: 3, 17: 4, 19: 1} {
		binary = protowire.AppendVarint(protowire.AppendTag(binary, number, protowire.VarintType), n)
	}
	for number, s := range map[protowire.Number]string{2: "h", 18: "M", 22: "x", 99: "unknown"} {
		binary = protowire.AppendString(protowire.AppendTag(binary, number, protowire.BytesType), s)
	}
	for name, c := range map[string]struct {
		body string
		e    Encoding
	}{
		"snake":    {`{"machine_id":"M","hostname":"h","client_mode":"LOCKDOWN","request_clean_sync":true,"binary_rule_count":7,"certificate_rule_count":1,"teamid_rule_count":2,"signingid_rule_count":3,"cdhash_rule_count":4,"transitive_rule_count":5,"rules_hash":"x","unknown":[1]}`, JSON},
		"camel":    {`{"machineId":"M","hostname":"h","clientMode":2,"requestCleanSync":true,"binaryRuleCount":"7","certificateRuleCount":1,"teamidRuleCount":2,"signingidRuleCount":3,"cdhashRuleCount":4,"transitiveRuleCount":5,"rulesHash":"x","serial_num":null}`, JSON},
		"protobuf": {string(binary), Protobuf},
	} {
		got, err := ReadPreflight([]byte(c.body), c.e)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if has := want.Has(); has[Binary] != 2 {
		t.Errorf("those that the client made itself are counted: %v", has)
	}
	odd := want
	odd.Transitive = 8 // more than there are
	if has := odd.Has(); has[Binary] != 0 {
		t.Errorf("fewer than none: %v", has)
	}
	for _, word := range []string{"CLEAN", "clean"} { // which the enumeration has as another name for it
		if p, err := ReadPostflight([]byte(`{"syncType":"`+word+`"}`), JSON); err != nil || p.Type != Clean {
			t.Errorf("%s: %d, %v", word, p.Type, err)
		}
	}
	for name, mode := range map[string]Mode{`{}`: 0, `{"client_mode":null}`: 0, `{"client_mode":"STANDALONE"}`: 3, `{"client_mode":"MONITOR"}`: Monitor} {
		if p, err := ReadPreflight([]byte(name), JSON); err != nil || p.Mode != mode {
			t.Errorf("%s: %d, %v", name, p.Mode, err)
		}
	}
}

// TestMalformed holds that what is no message is told, and that a number which is not known is none that is.
func TestMalformed(t *testing.T) {
	for _, body := range []string{`[]`, `null`, `"x"`, `{"client_mode":"LOCK"}`, `{"client_mode":"LOCKDOWN","clientMode":"MONITOR"}`, `{"binary_rule_count":-1}`, `{"binary_rule_count":4294967296}`, `{"request_clean_sync":"yes"}`, `{"machine_id":1}`, `{`} {
		if p, err := ReadPreflight([]byte(body), JSON); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %+v, %v", body, p, err)
		}
	}
	for name, body := range map[string][]byte{
		"cut off":       {18<<3&0x7f | 0x82, 1, 5, 'M'},
		"wrong type":    protowire.AppendString(protowire.AppendTag(nil, 9, protowire.BytesType), "LOCKDOWN"),
		"number as id":  protowire.AppendVarint(protowire.AppendTag(nil, 18, protowire.VarintType), 7),
		"not text":      protowire.AppendString(protowire.AppendTag(nil, 18, protowire.BytesType), "\xff"),
		"not protobuf":  {0xff},
		"fixed as mode": protowire.AppendFixed64(protowire.AppendTag(nil, 9, protowire.Fixed64Type), 2),
	} {
		if p, err := ReadPreflight(body, Protobuf); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	p, err := ReadPreflight(protowire.AppendVarint(protowire.AppendTag(nil, 9, protowire.VarintType), 1<<40+2), Protobuf)
	if err != nil || p.Mode == Monitor || p.Mode == Lockdown {
		t.Errorf("an unknown mode is %d, %v", p.Mode, err)
	}
}

func TestAnswers(t *testing.T) {
	a := Answer{Mode: Lockdown, Type: Clean, Batch: 100, Interval: 600}
	if got, want := string(a.Append(nil, JSON)), `{"client_mode":"LOCKDOWN","sync_type":"CLEAN","batch_size":100,"enable_transitive_rules":false,"full_sync_interval":600}`; got != want {
		t.Errorf("%s", got)
	}
	if diff := cmp.Diff([]byte{1 << 3, 2, 2 << 3, 2, 3 << 3, 100, 5 << 3, 0, 8 << 3, 0xd8, 4}, a.Append(nil, Protobuf)); diff != "" {
		t.Error(diff)
	}
	rules := []Rule{Nothing, {Identifier: "platform:x\"y", Policy: Allowlist, Type: SigningID}, {Identifier: "ABCDE12345", Policy: Remove, Type: TeamID}, {Identifier: "ABCDE12346", Policy: Blocklist, Type: TeamID, Message: "<no> & \u2028", URL: "https://x"}}
	page, err := Page(rules, Protobuf)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadRules(page)
	if diff := cmp.Diff(rules, again); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, broken := range [][]byte{page[:len(page)-1], append([]byte{2 << 3, 1}, page...), {1<<3 | 2, 0}} {
		if got, err := ReadRules(broken); err == nil {
			t.Errorf("%x gives %v", broken, got)
		}
	}
	page, err = Page(rules[1:3], JSON)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(AppendDownload(nil, page, "c", JSON)), `{"rules":[{"identifier":"platform:x\"y","policy":"ALLOWLIST","rule_type":"SIGNINGID"},{"identifier":"ABCDE12345","policy":"REMOVE","rule_type":"TEAMID"}],"cursor":"c"}`; got != want {
		t.Errorf("%s", got)
	}
	if got := string(AppendDownload(nil, nil, "", JSON)); got != `{"rules":[]}` {
		t.Errorf("%s", got)
	}
}

// TestApply holds that a difference, applied, gives what it was made from.
func TestApply(t *testing.T) {
	is := func(id string, p Policy) Rule { return Rule{Identifier: id, Type: TeamID, Policy: p} }
	lists := [][]Rule{nil, {is("a", Allowlist)}, {is("a", Blocklist), is("b", Allowlist)}, {is("b", Allowlist), is("d", Blocklist)}, {is("c", Blocklist)}}
	for _, before := range lists {
		for _, after := range lists {
			got := Apply(before, Difference(before, after))
			if len(got)+len(after) > 0 {
				if diff := cmp.Diff(after, got); diff != "" {
					t.Errorf("%v to %v: %s", before, after, diff)
				}
			}
			for _, r := range after {
				if found, ok := Find(got, Rule{Identifier: r.Identifier, Type: r.Type}); !ok || found != r {
					t.Errorf("%v is not found", r)
				}
			}
		}
	}
}

// gathered is what a reader found.
type gathered struct{ reports []platform.Report }

func (g *gathered) Report(r platform.Report) error {
	g.reports = append(g.reports, r)
	return nil
}

func (g *gathered) Problem(platform.Problem) {}

// TestUpload holds that events in protobuf say what they say in JSON.
func TestUpload(t *testing.T) {
	text := func(b []byte, number protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), s)
	}
	chain := text(text(nil, 1, "aa"+Nothing.Identifier[2:]), 3, "Maker")
	event := text(text(text(text(text(nil, 1, Nothing.Identifier), 3, "file"), 12, "App"), 14, "2.1"), 22, "ABCDE12345:x")
	event = protowire.AppendFixed64(protowire.AppendTag(event, 5, protowire.Fixed64Type), 0x41d954fc40000000) // 1700000000
	event = text(text(event, 28, string(chain)), 28, "\x0a\x02bb")
	inJSON := `{"events":[{"file_sha256":"` + Nothing.Identifier + `","file_name":"file","file_bundle_name":"App","file_bundle_version_string":"2.1","signing_id":"ABCDE12345:x","execution_time":1700000000,"signing_chain":[{"sha256":"aa` + Nothing.Identifier[2:] + `","org":"Maker"},{"sha256":"bb"}]}]}`
	var found [2]gathered
	for e, body := range []string{JSON: inJSON, Protobuf: string(text(text(nil, 1, string(event)), 2, "M"))} {
		if err := Upload([]byte(body), Encoding(e), "M", &found[e]); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(found[JSON].reports, found[Protobuf].reports); diff != "" || len(found[JSON].reports) != 1 || found[JSON].reports[0].Device != "M" {
		t.Errorf("%+v (-JSON +protobuf):\n%s", found, diff)
	}
	var nobody gathered
	for body, malformed := range map[string]bool{`{}`: false, `{"events":null}`: false, `{"events":5}`: true, `{"events":"x"}`: true} {
		if err := Upload([]byte(body), JSON, "M", &nobody); errors.Is(err, ErrMessage) != malformed {
			t.Errorf("%s: %v", body, err)
		}
	}
	if err := Upload(text(text(nil, 1, string(event)), 2, "N"), Protobuf, "M", &nobody); !errors.Is(err, ErrMessage) || len(nobody.reports) > 0 {
		t.Errorf("of another machine: %v", err)
	}
}

func FuzzMessages(f *testing.F) {
	if dir := shared.Dir(f); dir != "" {
		for _, name := range []string{"sync_preflight_request.json", "sync_preflight_request_v2.json", "sync_ruledownload_batch1.json"} {
			data, err := os.ReadFile(filepath.Join(dir, "santa", name))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, false)
		}
	}
	page, err := Page([]Rule{Nothing}, Protobuf)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(page, true)
	f.Fuzz(func(t *testing.T, body []byte, binary bool) {
		e := JSON
		if binary {
			e = Protobuf
		}
		// None may panic, and a message that is read again from what it said is the same.
		_, _ = ReadDownload(body, e)
		_, _ = ReadPostflight(body, e)
		_ = Upload(body, e, "M", &gathered{})
		if p, err := ReadPreflight(body, e); err == nil && p.Has()[Binary] > p.Counts[Binary] {
			t.Errorf("more than it has: %+v", p)
		}
		rules, err := ReadRules(body)
		if err != nil {
			return
		}
		page, err := Page(rules, Protobuf)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadRules(page)
		if diff := cmp.Diff(rules, again); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}
