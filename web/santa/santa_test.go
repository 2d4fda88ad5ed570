package santa_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"portcullis/internal/shared"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/platform/santa"
)

func each(t *testing.T, apps int, test func(t *testing.T, s *served)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(t, serve(t, open, apps)) })
}

const (
	asJSON     = "application/json"
	asProtobuf = "application/x-protobuf"
)

// vector is a file of the client's own tests.
func vector(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "santa", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// counted is how many requests of a stage were answered with a status.
func (s *served) counted(t *testing.T, stage, code string) float64 {
	t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["stage"] == stage && labels["code"] == code {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// TestVectors has the client's own messages come in, in each compression.
func TestVectors(t *testing.T) {
	if shared.Dir(t) == "" {
		return
	}
	each(t, 3, func(t *testing.T, s *served) {
		plain := vector(t, "sync_preflight_request.json")
		machine := "50C7E1EB-2EF5-42D4-A084-A7966FC45A95"
		for n, how := range []string{"", "identity", "deflate", "gzip"} {
			for _, body := range [][]byte{plain, vector(t, "sync_preflight_request_v2.json")} {
				w := s.post(s.base(fmt.Sprint("mac-", n))+"preflight/"+machine, asJSON, how, packed(t, body, how))
				var answer map[string]any
				if err := json.Unmarshal(w.Body.Bytes(), &answer); w.Code != http.StatusOK || err != nil {
					t.Fatalf("%s: %d %s", how, w.Code, w.Body)
				}
				if answer["client_mode"] != "LOCKDOWN" || answer["sync_type"] != "CLEAN" || answer["full_sync_interval"] != 600.0 || answer["batch_size"] != 100.0 {
					t.Errorf("%s: %v", how, answer)
				}
				if h, known := s.things.Fleet.Index().Host(fmt.Sprint("mac-", n)); !known || h.Organisation != "gov" {
					t.Error("it is not known after its preflight")
				}
			}
		}
		// What the client's tests have packed themselves unpacks as well.
		for _, c := range []struct{ file, how string }{{"sync_preflight_basic.z", "Deflate"}, {"sync_preflight_basic.gz", "gzip"}} {
			if w := s.post(s.base("mac-0")+"preflight/"+machine, asJSON, c.how, vector(t, c.file)); w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", c.file, w.Code, w.Body)
			}
		}
	})
}

// whole is a whole sync over HTTP; it returns how many rules there were, on how many pages.
func (s *served) whole(t *testing.T, host, how string, e santa.Encoding) (rules, pages int) {
	t.Helper()
	post := func(stage string, body []byte) []byte {
		t.Helper()
		w := s.post(s.base(host)+stage+"/"+url.PathEscape("M-"+host), e.Media(), how, packed(t, body, how))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != e.Media() {
			t.Fatalf("%s: %d %s %s", stage, w.Code, w.Header(), w.Body)
		}
		return w.Body.Bytes()
	}
	message := func(inJSON string, fields ...any) []byte {
		if e == santa.JSON {
			return []byte(inJSON)
		}
		var b []byte
		for i := 0; i < len(fields); i += 2 {
			number := protowire.Number(fields[i].(int))
			switch v := fields[i+1].(type) {
			case string:
				b = protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), v)
			case int:
				b = protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v))
			}
		}
		return b
	}
	preflight := post("preflight", message(`{"clientMode":"MONITOR","machine_id":"M-`+host+`"}`, 9, 1, 18, "M-"+host))
	if e == santa.Protobuf && !bytes.HasPrefix(preflight, []byte{1 << 3, 2, 2 << 3}) {
		t.Errorf("the preflight: %x", preflight)
	}
	post("eventupload", message(`{"events":[{"file_bundle_id":"com.ran","file_sha256":"`+strings.Repeat("a", 64)+`"}],"machine_id":"M-`+host+`"}`, 2, "M-"+host,
		1, string(protowire.AppendString(protowire.AppendTag(nil, 9, protowire.BytesType), "com.ran"))))
	for cursor := ""; ; {
		body := message("{}")
		if cursor != "" {
			body = message(`{"cursor":"`+cursor+`"}`, 1, cursor)
		}
		answer := post("ruledownload", body)
		n := 0
		n, cursor = download(t, answer, e)
		rules, pages = rules+n, pages+1
		if cursor == "" {
			break
		}
	}
	post("postflight", message(fmt.Sprintf(`{"rulesReceived":"%d","rules_processed":%d,"sync_type":"CLEAN"}`, rules, rules), 1, rules, 2, rules, 4, 2))
	return rules, pages
}

// download is how many rules an answer has, and its cursor.
func download(t *testing.T, answer []byte, e santa.Encoding) (rules int, cursor string) {
	t.Helper()
	if e == santa.JSON {
		var got struct {
			Rules  []map[string]string
			Cursor string
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatalf("%v: %s", err, answer)
		}
		return len(got.Rules), got.Cursor
	}
	for len(answer) > 0 {
		number, _, n := protowire.ConsumeTag(answer)
		value, size := protowire.ConsumeBytes(answer[n:])
		if n < 0 || size < 0 {
			t.Fatal("no protobuf")
		}
		if number == 1 {
			rules++
		} else {
			cursor = string(value)
		}
		answer = answer[n+size:]
	}
	return rules, cursor
}

// TestWholeSyncs syncs in both encodings and all compressions: each gets all of the list, on its pages, and what ran on
// the Mac is known afterwards.
func TestWholeSyncs(t *testing.T) {
	each(t, 700, func(t *testing.T, s *served) {
		n := 0
		for _, e := range []santa.Encoding{santa.JSON, santa.Protobuf} {
			for _, how := range []string{"", "deflate", "gzip"} {
				host := fmt.Sprint("mac/", n) // which is escaped in an address
				n++
				if rules, pages := s.whole(t, host, how, e); rules != 702 || pages != 2 {
					t.Errorf("%s %s: %d rules on %d pages", e.Media(), how, rules, pages)
				}
				one, err := s.things.One(t.Context(), command, host)
				if err != nil || len(one.Installed) != 1 || one.Installed[0].Installation.Identifier != "com.ran" {
					t.Errorf("%s %s: %+v, %v", e.Media(), how, one.Installed, err)
				}
			}
		}
		if got := s.counted(t, "ruledownload", "200"); got != 12 {
			t.Errorf("%v pages are counted", got)
		}
	})
}

// zeros are so many bytes of JSON that is nothing but blanks.
type zeros struct{ left int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.left)
	for i := range n {
		p[i] = ' '
	}
	z.left -= n
	return n, nil
}

// TestRefusals attacks: each is refused with its status, counted, and has changed nothing.
func TestRefusals(t *testing.T) {
	bomb, err := io.ReadAll(&zeros{64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	deflated, gzipped := packed(t, bomb, "deflate"), packed(t, bomb, "gzip")
	each(t, 3, func(t *testing.T, s *served) {
		if _, pages := s.whole(t, "mac-1", "deflate", santa.JSON); pages != 1 {
			t.Fatal(pages)
		}
		good := []byte(`{"client_mode":"LOCKDOWN"}`)
		own, foreign := s.base("mac-1"), strings.Replace(s.base("mac-2"), "/mac-2/", "/mac-1/", 1)
		cut := own[:len(own)-2] + "/"
		for name, c := range map[string]struct {
			path, media, how string
			body             []byte
			code             int
			counted          string
		}{
			"another's key":       {foreign + "preflight/M-mac-1", asJSON, "", good, 401, "preflight"},
			"a key cut short":     {cut + "postflight/M-mac-1", asJSON, "", good, 401, "postflight"},
			"a bomb without key":  {cut + "ruledownload/M-mac-1", asJSON, "deflate", deflated, 401, "ruledownload"},
			"another machine":     {own + "preflight/M-mac-2", asJSON, "", good, 403, "preflight"},
			"a deflated bomb":     {own + "eventupload/M-mac-1", asJSON, "deflate", deflated, 413, "eventupload"},
			"a gzipped bomb":      {own + "preflight/M-mac-1", asJSON, "gzip", gzipped, 413, "preflight"},
			"a large body":        {own + "ruledownload/M-mac-1", asJSON, "", bomb[:8<<20+1], 413, "ruledownload"},
			"an unknown stage":    {own + "wipe/M-mac-1", asJSON, "", good, 404, "unknown"},
			"an unknown packing":  {own + "preflight/M-mac-1", asJSON, "br", good, 415, "preflight"},
			"an unknown encoding": {own + "preflight/M-mac-1", "text/html", "", good, 415, "preflight"},
			"broken packing":      {own + "preflight/M-mac-1", asJSON, "deflate", good, 400, "preflight"},
			"packing cut short":   {own + "preflight/M-mac-1", asJSON, "gzip", packed(t, good, "gzip")[:20], 400, "preflight"},
			"no JSON":             {own + "postflight/M-mac-1", asJSON, "", []byte(`{"rules_received":`), 400, "postflight"},
			"no protobuf":         {own + "postflight/M-mac-1", asProtobuf, "", []byte{0xff}, 400, "postflight"},
			"a forged cursor":     {own + "ruledownload/M-mac-1", asJSON, "", []byte(`{"cursor":"AAAAAQ"}`), 400, "ruledownload"},
			"packed twice":        {own + "eventupload/M-mac-1", asJSON, "gzip", packed(t, gzipped, "gzip"), 400, "eventupload"},
		} {
			before := s.counted(t, c.counted, fmt.Sprint(c.code))
			w := s.post(c.path, c.media, c.how, c.body)
			if w.Code != c.code || strings.Contains(w.Body.String(), people.DeviceKey(s.made.Secret, "mac-1", 0)) {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			if after := s.counted(t, c.counted, fmt.Sprint(c.code)); after != before+1 {
				t.Errorf("%s: counted %v times before, %v after", name, before, after)
			}
		}
		r := httptest.NewRequest(http.MethodGet, own+"preflight/M-mac-1", nil)
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET: %d", w.Code)
		}
		// After all that, it has what it had.
		s.clock.Advance(time.Second)
		answer := s.post(own+"preflight/M-mac-1", asJSON, "", []byte(`{"client_mode":"LOCKDOWN","binary_rule_count":1,"signingid_rule_count":4}`))
		if !strings.Contains(answer.Body.String(), `"NORMAL"`) {
			t.Errorf("something has changed: %s", answer.Body)
		}
	})
}

// TestXSRF holds that a server that is set so wants the token that the stage xsrf gives, which is no other device's.
func TestXSRF(t *testing.T) {
	each(t, 3, func(t *testing.T, s *served) {
		s.area.XSRF = true
		token := func(host string) string {
			w := s.post(s.base(host)+"xsrf/M-"+host, "", "", nil)
			if w.Code != http.StatusOK {
				t.Fatal(w.Code, w.Body)
			}
			return w.Header().Get("X-XSRF-TOKEN")
		}
		own, foreign := token("mac-1"), token("mac-2")
		for name, c := range map[string]struct {
			token string
			code  int
		}{"its own": {own, 200}, "another's": {foreign, 403}, "none": {"", 403}} {
			if w := s.post(s.base("mac-1")+"preflight/M-mac-1", asJSON, "", []byte("{}"), "X-XSRF-TOKEN", c.token); w.Code != c.code {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
	})
}

// TestStagesOfTheProtocol keeps the list of stages that clients know.
func TestStagesOfTheProtocol(t *testing.T) {
	each(t, 1, func(t *testing.T, s *served) {
		found := map[string]int{}
		for _, stage := range []string{"preflight", "eventupload", "ruledownload", "postflight", "xsrf", "signalupload"} {
			found[stage] = s.post(s.base("mac-1")+stage+"/M", asJSON, "", []byte("{}")).Code
		}
		want := map[string]int{"preflight": 200, "eventupload": 200, "ruledownload": 200, "postflight": 200, "xsrf": 200, "signalupload": 404}
		if !maps.Equal(want, found) {
			t.Errorf("%v: %v", slices.Sorted(maps.Keys(found)), found)
		}
	})
}
