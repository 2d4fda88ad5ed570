package main

import (
	"bytes"
	"compress/flate"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

// gated is a server with devices of each protocol, and those who have no business there.
type gated struct {
	*front
	made, tower people.Made // tokens: of keys of the government's devices, and of the tower's programs
	reports     visitor     // a program that may report the government's devices
	hook        []byte      // the device manager's key
	stolen      string      // a node key that ended
	cursor      string      // of a sync of mac-2
}

// attack is something that must be refused. It is sent, and so are its bytes as they are.
type attack struct {
	name, path string
	body       []byte
	header     map[string]string
	ahead      time.Duration // of the server's clock, meanwhile
	status     int
	says       string // what the answer begins with, in the platform's own form
	counted    string // the metric that counts it
}

func newGated(t *testing.T, data, database string) *gated {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	where := []string{"--data", data}
	if database != "" {
		where = []string{"--database", database, "--ledger-key", filepath.Join(dir, "key")}
	}
	must := func(args ...string) string {
		t.Helper()
		status, out, errs := command(t, append(args, where[:2]...)...)
		if status != exitClean {
			t.Fatalf("%v: %d %s", args, status, errs)
		}
		return out
	}
	var world strings.Builder
	world.WriteString("organisations: [{id: gov}]\nproducts:\n  - {id: parrot, kind: app, name: Parrot, identifiers: {android: [com.parrot]}}\n")
	for n := range 600 { // so that a list has a second page
		fmt.Fprintf(&world, "  - {id: app-%d, kind: app, name: App %d, identifiers: {macos: [\"ABCDE12345:com.app%d\"]}}\n", n, n, n)
	}
	world.WriteString("rules:\n  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2020-01-01, reason: r}\n")
	for n := range 600 {
		fmt.Fprintf(&world, "  - {id: allow-%d, effect: allow, target: {product: app-%d}, scope: gov, from: 2020-01-01, reason: r}\n", n, n)
	}
	must("import", "world", file("world.yaml", world.String()))
	token := must("token", "create", "--name", "manager", "--role", "device-administrator", "--organisation", "gov")
	g := &gated{hook: []byte("the key of events")}
	g.front = newFront(t, where, "mdm: {url: \"http://127.0.0.1:1\", key_file: "+file("mdm", "key")+", webhook_key_file: "+file("hook", string(g.hook))+", token_file: "+file("token", token)+"}\n")
	cmd := people.Actor{Command: true}
	for organisation, made := range map[string]*people.Made{"gov": &g.made, "tower": &g.tower} {
		var err error
		if *made, err = g.people.MakeToken(t.Context(), cmd, "keys", people.Grant{Role: people.DeviceAdministrator, Organisation: organisation}, people.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	g.reports = visitor{token: g.made.Secret}
	g.begin(t)
	return g
}

// santa is the address of a stage for a Mac, with the key of another where that is said.
func (g *gated) santa(host, stage, machine string, key ...string) string {
	of := append(key, host)[0]
	return "/santa/" + g.made.ID + "/" + host + "/" + people.DeviceKey(g.made.Secret, of, 0) + "/" + stage + "/" + machine
}

func (g *gated) enrolSecret(host string, key ...string) string {
	return g.made.ID + "." + host + "." + people.DeviceKey(g.made.Secret, append(key, host)[0], 0)
}

// event is an event of the device manager, with its signature.
func (g *gated) event(topic, id, udid string, at time.Time) (body []byte, signature string) {
	payload := `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>UDID</key><string>` + udid + `</string><key>ProductName</key><string>iPad14,3</string><key>DeviceName</key><string>Desk</string></dict></plist>`
	body = fmt.Appendf(nil, `{"topic":%q,"created_at":%q,"checkin_event":{"ids":{"id":%q,"type":"Device"},"raw_payload":%q}}`, topic, at.Format(time.RFC3339Nano), id, base64.StdEncoding.EncodeToString([]byte(payload)))
	return body, g.sign(body)
}

func (g *gated) sign(body []byte) string {
	mac := hmac.New(sha256.New, g.hook)
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// send sends bytes as they are.
func (g *gated) send(t *testing.T, path string, body []byte, header map[string]string) answer {
	t.Helper()
	return g.ask(t, visitor{}, http.MethodPost, path, string(body), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		for name, value := range header {
			r.Header.Set(name, value)
		}
	})
}

// begin has a device of each protocol do what it rightly does.
func (g *gated) begin(t *testing.T) {
	t.Helper()
	ok := func(path, body string, header map[string]string) answer {
		t.Helper()
		a := g.send(t, path, []byte(body), header)
		if a.status != http.StatusOK || strings.Contains(a.body, `"node_invalid":true`) {
			t.Fatalf("%s: %s", path, a)
		}
		return a
	}
	for _, host := range []string{"mac-1", "mac-2"} {
		ok(g.santa(host, "preflight", "M-"+host), `{"client_mode":"MONITOR"}`, nil)
		var page struct{ Cursor string }
		if err := json.Unmarshal([]byte(ok(g.santa(host, "ruledownload", "M-"+host), `{}`, nil).body), &page); err != nil || page.Cursor == "" {
			t.Fatalf("the test needs a second page: %v", err)
		}
		g.cursor = page.Cursor
	}
	enrol := func() string {
		var node struct {
			Key string `json:"node_key"`
		}
		a := ok("/osquery/enroll", fmt.Sprintf(`{"enroll_secret":%q,"platform_type":"16","host_details":{"os_version":{"platform":"darwin"}}}`, g.enrolSecret("pc-1")), nil)
		if err := json.Unmarshal([]byte(a.body), &node); err != nil || node.Key == "" {
			t.Fatalf("%v: %s", err, a)
		}
		return node.Key
	}
	g.stolen = enrol()
	ok("/osquery/config", fmt.Sprintf(`{"node_key":%q}`, enrol()), nil)
	for _, id := range []string{"UDID-1", "UDID-2"} {
		body, signature := g.event("mdm.TokenUpdate", id, id, time.Now())
		ok("/mdm/events", string(body), map[string]string{"X-Hmac-Signature": signature})
	}
	ok("/api/v1/reports", `{"host":"phone-1","platform":"android","organisation":"gov","installed":[{"identifier":"com.parrot"}]}`, map[string]string{"Authorization": "Bearer " + g.reports.token})
	ok("/api/v1/reports", `{"host":"phone-2","platform":"android","organisation":"tower","installed":[]}`, map[string]string{"Authorization": "Bearer " + g.tower.Secret})
}

// bomb is 1 GiB of blanks behind a packing: a block of 1 MiB, again and again.
func bomb(t *testing.T, how string) []byte {
	t.Helper()
	var block bytes.Buffer
	w, err := flate.NewWriter(&block, flate.BestCompression)
	if err == nil {
		_, err = w.Write(bytes.Repeat([]byte(" "), 1<<20))
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	head := map[string]string{"deflate": "\x78\x9c", "gzip": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"}[how]
	return append([]byte(head), bytes.Repeat(block.Bytes(), 1024)...)
}

// counted is a metric; 0 where it is not there yet.
func (g *gated) counted(t *testing.T, metric string) float64 {
	t.Helper()
	_, all := get(t, g.address+"/metrics")
	for line := range strings.Lines(all) {
		if value, is := strings.CutPrefix(line, metric+" "); is {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

// kept is all that a device could have changed.
func (g *gated) kept(t *testing.T) (rows []string) {
	t.Helper()
	err := g.db.Read(t.Context(), func(tx *store.Tx) error {
		for _, query := range []string{
			`SELECT host, form, credential, told, offered_digest, fetched_digest, confirmed_digest, COALESCE(enrolled_at, '') FROM enforce_agents WHERE form IN ('santa', 'osquery') ORDER BY host, form`,
			// What managed devices are offered, the server changes by itself.
			`SELECT host, form, credential, told, fetched_digest, confirmed_digest, COALESCE(enrolled_at, ''), '' FROM enforce_agents WHERE form NOT IN ('santa', 'osquery') ORDER BY host, form`,
			`SELECT host, form, generation, '', '', '', '', '' FROM enforce_taken ORDER BY host, form, generation`,
			`SELECT id, host, action, answer, failed, '', '', '' FROM enforce_orders ORDER BY id`,
			`SELECT id, name, state, version, organisation, '', '', '' FROM devices_hosts ORDER BY id`,
		} {
			err := tx.Rows(query, nil, func(scan func(...any) error) error {
				values := make([]any, 8)
				into := make([]any, 8)
				for i := range values {
					into[i] = &values[i]
				}
				err := scan(into...)
				rows = append(rows, fmt.Sprintf("%s %s", query, values))
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// refuses sends attacks: each is refused as its platform understands, counted once, and all of them change nothing.
func (g *gated) refuses(t *testing.T, attacks []attack) {
	t.Helper()
	before := g.kept(t)
	for _, a := range attacks {
		was := g.counted(t, a.counted)
		g.ahead.Store(int64(a.ahead))
		got := g.send(t, a.path, a.body, a.header)
		g.ahead.Store(0)
		if got.status != a.status || !strings.HasPrefix(got.body, a.says) {
			t.Errorf("%s: %s, not %d %s", a.name, got, a.status, a.says)
		}
		if is := g.counted(t, a.counted); is != was+1 {
			t.Errorf("%s: %s is %v, and was %v", a.name, a.counted, is, was)
		}
	}
	if diff := cmp.Diff(before, g.kept(t)); diff != "" {
		t.Errorf("something has changed (-before +after):\n%s", diff)
	}
}

// TestRefused has a whole server refuse what no device of its sends, in each protocol.
func TestRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, data, database string) {
		g := newGated(t, data, database)
		t.Run("santa", func(t *testing.T) { g.refuses(t, g.ofSanta(t)) })
		t.Run("osquery", func(t *testing.T) { g.refuses(t, g.ofOsquery(t)) })
		t.Run("mdm", func(t *testing.T) { g.refuses(t, g.ofManager(t)) })
		t.Run("android", func(t *testing.T) { g.refuses(t, g.ofAndroid(t)) })
		was := g.counted(t, `portcullis_santa_syncs_total{result="unconfirmed"}`)
		g.send(t, g.santa("mac-1", "postflight", "M-mac-1"), []byte(`{"rules_received":1,"rules_processed":1}`), nil)
		if is := g.counted(t, `portcullis_santa_syncs_total{result="unconfirmed"}`); is != was+1 {
			t.Errorf("a Mac that has not taken what it was given is counted %v times, and was %v", is, was)
		}
	})
}

func (g *gated) ofSanta(t *testing.T) []attack {
	metric := func(stage string, code int) string {
		return fmt.Sprintf(`portcullis_santa_requests_total{code="%d",stage=%q}`, code, stage)
	}
	good := []byte(`{"client_mode":"MONITOR"}`)
	own := func(stage string) string { return g.santa("mac-1", stage, "M-mac-1") }
	packed := func(how string) map[string]string { return map[string]string{"Content-Encoding": how} }
	var all []attack
	add := func(name, path, stage string, body []byte, header map[string]string, status int) {
		all = append(all, attack{name: name, path: path, body: body, header: header, status: status, counted: metric(stage, status)})
	}
	for _, stage := range []string{"preflight", "eventupload", "ruledownload", "postflight"} {
		add("another's key for "+stage, g.santa("mac-1", stage, "M-mac-1", "mac-2"), stage, good, nil, 401)
		add("another machine for "+stage, g.santa("mac-1", stage, "M-mac-2"), stage, good, nil, 403)
		add("1 GiB behind deflate for "+stage, own(stage), stage, bomb(t, "deflate"), packed("deflate"), 413)
		add("1 GiB behind gzip for "+stage, own(stage), stage, bomb(t, "gzip"), packed("gzip"), 413)
		add("no JSON for "+stage, own(stage), stage, []byte(`{"cursor":`), nil, 400)
	}
	add("a device that nobody knows", g.santa("mac-3", "ruledownload", "M-mac-3"), "ruledownload", good, nil, 404)
	add("an unknown stage", own("wipe"), "unknown", good, nil, 404)
	add("a cursor from another device", own("ruledownload"), "ruledownload", fmt.Appendf(nil, `{"cursor":%q}`, g.cursor), nil, 400)
	add("a packing that is not known", own("preflight"), "preflight", good, packed("br"), 415)
	add("an encoding that is not known", own("preflight"), "preflight", good, map[string]string{"Content-Type": "text/html"}, 415)
	back := attack{name: "a cursor from another device, after the clock was put back", path: own("ruledownload"), body: fmt.Appendf(nil, `{"cursor":%q}`, g.cursor), ahead: -time.Minute, status: 400}
	back.counted = metric("ruledownload", 400)
	stolen := attack{name: "another's key, after the clock was put back", path: g.santa("mac-1", "preflight", "M-mac-1", "mac-2"), body: good, ahead: -time.Minute, status: 401}
	stolen.counted = metric("preflight", 401)
	return append(all, back, stolen)
}

func (g *gated) ofOsquery(t *testing.T) []attack {
	const invalid, refused = `{"node_invalid":true`, `{"node_invalid":false,"error":"`
	metric := func(event string) string { return fmt.Sprintf(`portcullis_osquery_total{event=%q}`, event) }
	var all []attack
	add := func(name, path string, body []byte, how string, status int, says, event string) {
		header := map[string]string{}
		if how != "" {
			header["Content-Encoding"] = how
		}
		all = append(all, attack{name: name, path: "/osquery/" + path, body: body, header: header, status: status, says: says, counted: metric(event)})
	}
	enrols := func(secret, platform string) []byte {
		return fmt.Appendf(nil, `{"enroll_secret":%q,"platform_type":%q}`, secret, platform)
	}
	add("a wrong enrolment secret", "enroll", enrols("guess", "16"), "", 401, invalid, "bad_secret")
	add("another's enrolment secret", "enroll", enrols(g.enrolSecret("pc-1", "pc-2"), "16"), "", 401, invalid, "bad_secret")
	add("the token itself", "enroll", enrols(g.made.Secret, "16"), "", 401, invalid, "bad_secret")
	add("a Windows with the id of a Mac", "enroll", enrols(g.enrolSecret("pc-1"), "2"), "", 409, refused, "enrolment_refused")
	for _, path := range []string{"enroll", "config", "log", "distributed/read", "distributed/write"} {
		add("1 GiB behind gzip for "+path, path, bomb(t, "gzip"), "gzip", 413, refused, "body_too_large")
		add("1 GiB behind deflate for "+path, path, bomb(t, "deflate"), "deflate", 400, refused, "body_not_understood")
		add("no JSON for "+path, path, []byte(`{"node_key":`), "", 400, refused, "body_not_understood")
		if path == "enroll" {
			continue
		}
		body := fmt.Appendf(nil, `{"node_key":%q,"queries":{"portcullis/apps":[{"bundle_identifier":"com.stolen"}]},"statuses":{"portcullis/apps":0}}`, g.stolen)
		add("a stolen node key for "+path, path, body, "", 200, invalid, "bad_node_key")
		other := bytes.Replace(body, []byte(base64.RawURLEncoding.EncodeToString([]byte("pc-1"))), []byte(base64.RawURLEncoding.EncodeToString([]byte("mac-1"))), 1)
		add("a node key for another device for "+path, path, other, "", 200, invalid, "bad_node_key")
		all = append(all, attack{name: "a stolen node key after the clock was put back, for " + path, path: "/osquery/" + path, body: body, ahead: -time.Minute, status: 200, says: invalid, counted: metric("bad_node_key")})
	}
	add("a path that is none", "carve", []byte(`{}`), "", 404, refused, "endpoint_unknown")
	return all
}

func (g *gated) ofManager(t *testing.T) []attack {
	var all []attack
	add := func(name string, body []byte, signature string, status int, result string) *attack {
		all = append(all, attack{name: name, path: "/mdm/events", body: body, header: map[string]string{"X-Hmac-Signature": signature}, status: status,
			counted: fmt.Sprintf(`portcullis_mdm_events_total{result=%q}`, result)})
		return &all[len(all)-1]
	}
	now := time.Now()
	leaves, signature := g.event("mdm.CheckOut", "UDID-1", "UDID-1", now)
	add("a forged event", leaves, g.sign([]byte("another")), 403, "forged")
	add("one that is not signed", leaves, "", 403, "forged")
	add("one that was changed behind its signature", bytes.Replace(leaves, []byte("UDID-1"), []byte("UDID-2"), 1), signature, 403, "forged")
	taken, signature := g.event("mdm.TokenUpdate", "UDID-1", "UDID-1", now)
	if a := g.send(t, "/mdm/events", taken, map[string]string{"X-Hmac-Signature": signature}); a.status != http.StatusOK {
		t.Fatal(a)
	}
	add("one that is sent again", taken, signature, 409, "replayed")
	before, signature := g.event("mdm.CheckOut", "UDID-1", "UDID-1", now.Add(-time.Millisecond))
	add("one from before it enrolled, which another server had", before, signature, 409, "replayed")
	old, signature := g.event("mdm.CheckOut", "UDID-1", "UDID-1", now.Add(-time.Hour))
	add("an old one", old, signature, 409, "replayed")
	early, signature := g.event("mdm.CheckOut", "UDID-2", "UDID-2", now.Add(time.Second))
	add("one of now, after the clock was put back", early, signature, 409, "replayed").ahead = -time.Hour
	foreign, signature := g.event("mdm.CheckOut", "UDID-1", "UDID-2", now)
	add("one that names two devices", foreign, signature, 400, "malformed")
	unknown := []byte(`{"topic":""}`)
	add("none of these", unknown, g.sign(unknown), 400, "malformed")
	large := bytes.Repeat([]byte(" "), 8<<20+1)
	add("a large one", large, g.sign(large), 413, "too-large")
	packed := bomb(t, "deflate")
	add("1 GiB behind deflate", packed, g.sign([]byte("another")), 403, "forged").header["Content-Encoding"] = "deflate"
	add("1 GiB behind deflate, by who has the key", packed, g.sign(packed), 400, "malformed").header["Content-Encoding"] = "deflate"
	return all
}

func (g *gated) ofAndroid(t *testing.T) []attack {
	const problem = `{"type":"`
	var all []attack
	add := func(name, path, token string, body []byte, status int, header ...string) {
		route, _, _ := strings.Cut(path, "?")
		if strings.HasPrefix(route, "inventories/") {
			route = "inventories/{kind}"
		}
		a := attack{name: name, path: "/api/v1/" + path, body: body, header: map[string]string{"Authorization": "Bearer " + token}, status: status, says: problem,
			counted: fmt.Sprintf(`portcullis_http_requests_total{code="%d",route="POST /api/v1/%s"}`, status, route)}
		for i := 0; i+1 < len(header); i += 2 {
			a.header[header[i]] = header[i+1]
		}
		all = append(all, a)
	}
	device := []byte(`{"name":"enterprises/e/devices/phone-1","policyCompliant":true,"applicationReports":[{"packageName":"com.gone","versionName":"1"}]}`)
	report := func(host, more string) []byte {
		return []byte(`{"host":"` + host + `","installed":[{"identifier":"com.gone"}]` + more + `}`)
	}
	add("without a token", "inventories/android", "", device, 401)
	add("with another token", "inventories/android", g.made.Secret[:len(g.made.Secret)-1], device, 401)
	add("as somebody without that role", "reports", g.ada.token+"x", report("phone-1", ""), 401)
	add("another body's device", "reports", g.reports.token, report("phone-2", ""), 403)
	add("an inventory of another kind", "inventories/androids", g.reports.token, device, 404)
	add("no JSON", "inventories/android", g.reports.token, []byte(`{"devices":[{"name":`), 422)
	add("no inventory", "inventories/android", g.reports.token, []byte(`{"some":"thing"}`), 422)
	add("1 GiB behind deflate", "inventories/android", g.reports.token, bomb(t, "deflate"), 422, "Content-Encoding", "deflate")
	add("1 GiB behind gzip", "inventories/android", g.reports.token, bomb(t, "gzip"), 422, "Content-Encoding", "gzip")
	add("1 GiB behind deflate as a report", "reports", g.reports.token, bomb(t, "deflate"), 400, "Content-Encoding", "deflate")
	add("a clock that is ahead", "reports", g.reports.token, report("phone-1", `,"taken":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"`), 422)
	return all
}
