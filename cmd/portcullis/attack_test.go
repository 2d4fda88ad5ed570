package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portcullis/alerts/mailtest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/web"
	"portcullis/web/gate"
)

// TestAttacks runs what strangers and the server's own people may try, against a whole server on each engine.
func TestAttacks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, data, database string) {
		mails := (&mailtest.Server{}).Start(t)
		f := newFront(t, place(t, data, database), fmt.Sprintf("proxies: 1\nmail:\n  host: %s\n  port: %d\n  tls: 'off'\n  from: Office <office@harbour.example>\n", mails.Host, mails.Port))
		routes := f.routes(t)
		slow := func(*testing.T) {}
		if database == "" { // what never gets as far as an engine
			slow = f.holdOpen(t, 40)
			t.Run("bodies", func(t *testing.T) { f.bodies(t) })
			t.Run("the wire", func(t *testing.T) { f.wire(t) })
		}
		t.Run("posts from other sites", func(t *testing.T) { f.crossSite(t, routes) })
		t.Run("ids", func(t *testing.T) { f.tamperedIDs(t, routes) })
		t.Run("text", func(t *testing.T) { f.tamperedText(t) })
		t.Run("redirects", func(t *testing.T) { f.redirects(t) })
		t.Run("headers", func(t *testing.T) { f.headers(t, mails) })
		t.Run("caches", func(t *testing.T) { f.caches(t, routes) })
		t.Run("a session prepared by another", func(t *testing.T) { f.fixation(t) })
		t.Run("stolen", func(t *testing.T) { f.stolen(t) })
		t.Run("slow heads", slow)
		if status := f.stop(); status != exitClean {
			t.Errorf("the server ends with status %d:\n%s", status, f.log)
		}
		// The first link is told as the server starts, to whoever runs it, and to nobody else.
		if found := regexp.MustCompile(`.*(level=ERROR|path=\S*/join/[\w-]{20}).*`).FindAllString(f.log.String(), -1); len(found) > 0 {
			t.Errorf("the log has:\n%s", strings.Join(found, "\n"))
		}
	})
}

// routes are those of a server such as this.
func (f *front) routes(t *testing.T) []gate.Route {
	t.Helper()
	env := &environment{Context: t.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: f.now}
	a, err := assemble(env, f.db, f.people.Ledger, configuration{URL: "http://localhost:1"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return web.Routes(a.parts)
}

var hole = regexp.MustCompile(`\{(\w+)(\.\.\.)?\}`)

// crossSite posts to every page from where a page of another site would.
func (f *front) crossSite(t *testing.T, routes []gate.Route) {
	posts := 0
	for _, route := range routes {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if method != http.MethodPost {
			continue
		}
		posts++
		path = hole.ReplaceAllString(path, f.bob.person)
		for _, header := range [][2]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://evil.example"}, {"Origin", "null"},
			{"Origin", "http://127.0.0.1:1"}, {"Origin", "https://" + strings.TrimPrefix(f.address, "http://") + ".evil.example"},
		} {
			a := f.ask(t, f.ada, method, path, "how=show", func(r *http.Request) { r.Header.Set(header[0], header[1]) })
			if a.status != http.StatusForbidden || !strings.Contains(a.body, "another site") || !strings.Contains(a.body, "Nothing has been changed") || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s with %v: %s", route.Pattern, header, a)
			}
		}
	}
	if posts < 30 {
		t.Errorf("only %d routes take posts", posts)
	}
	// Our own pages, and programs that are no browsers, are not in the way of that.
	for _, header := range [][2]string{{"Sec-Fetch-Site", "same-origin"}, {"Origin", f.address}, {"X-None", ""}} {
		a := f.ask(t, f.ada, "POST", "/people/"+f.bob.person+"/invite", "how=show", func(r *http.Request) { r.Header.Set(header[0], header[1]) })
		if a.status != http.StatusOK || !strings.Contains(a.body, "/join/") {
			t.Errorf("with %v: %s", header, a)
		}
	}
}

// hostile are what nobody who means well puts into an address.
var hostile = []string{
	"%00", "%ff%fe", "%2F", "..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00b", "%c0%ae%c0%ae", "%0d%0aSet-Cookie:%20x=y", "'%20OR%201=1--", "%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
	"*", "%25", "%20", "-1", "0", "null", "first", "%F0%9F%92%A9", "%7B%22a%22:1%7D", "%E2%80%AE", strings.Repeat("a", 5000), strings.Repeat("%ff", 20),
}

// some are the first two of what is hostile, which the engines take differently, and three more in turn.
func some(turn int) []string {
	chosen := hostile[:2:2]
	for i := range 3 {
		chosen = append(chosen, hostile[2+(3*turn+i)%(len(hostile)-2)])
	}
	return chosen
}

// tamperedIDs puts what is hostile, and what is of another body, where ids stand.
func (f *front) tamperedIDs(t *testing.T, routes []gate.Route) {
	for n, route := range routes {
		method, path, found := strings.Cut(route.Pattern, " ")
		if !found || !hole.MatchString(path) || route.Permission == gate.Open || strings.Contains(path, "{link}") || strings.Contains(path, "{provider}") {
			continue
		}
		for _, id := range some(n) {
			switch at, body := hole.ReplaceAllString(path, id), map[bool]string{true: "{}", false: "a=b"}[route.Fail != nil]; {
			case method == http.MethodGet || method == http.MethodDelete:
				if a := f.ask(t, f.ada, method, at, "", nil); a.status < 300 && !strings.HasSuffix(path, "/{session}") {
					t.Errorf("%s %s: %s", method, at, a)
				}
			default:
				if a := f.ask(t, f.ada, method, at, body, nil); a.status < 300 || a.status == http.StatusSeeOther && !strings.HasPrefix(path, "/account/") {
					t.Errorf("%s %s: %s", method, at, a)
				}
			}
		}
	}
	for _, path := range []string{"/join/%00", "/join/%ff", "/join/" + strings.Repeat("a", 5000), "/join/..%2f", "/sign-in/with/%00", "/sign-in/back/x?code=%00&state=%ff"} {
		if a := f.ask(t, visitor{}, "GET", path, "", nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %s", path, a)
		}
	}
	own, other := f.ask(t, f.ada, "GET", "/people/"+f.bob.person, "", nil), f.ask(t, f.ada, "GET", "/people/"+f.grace.person, "", nil)
	if own.status != http.StatusOK || other.status != http.StatusForbidden || strings.Contains(other.body, "Grace") {
		t.Errorf("one's own: %s\nanother body's: %s", own, other)
	}
}

// tamperedText puts what no database takes as text where people type and programs ask.
func (f *front) tamperedText(t *testing.T) {
	for _, text := range []string{"a%00b", "%ff", "a%0d%0aBcc:%20eve@evil.example", strings.Repeat("x", 5000)} {
		for _, path := range []string{"/people?q=", "/people?after=", "/people?organisation=", "/groups?after=", "/ledger?after=", "/account/messages?after=", "/organisations?parent=", "/tokens?after=",
			"/organisations/add?parent=", "/sign-in?to=", "/people/add?organisation=", "/api/v1/persons?q=", "/api/v1/persons?after=", "/api/v1/persons?userName=", "/api/v1/persons?organisation=", "/api/v1/groups?after=",
			"/scim/v2/Users?filter=userName%20eq%20%22", "/scim/v2/Users?attributes=", "/scim/v2/Groups?startIndex="} {
			at := path + text
			if strings.Contains(path, "%22") {
				at += "%22"
			}
			f.ask(t, f.ada, "GET", at, "", nil)
		}
		for _, path := range []string{"/people/add", "/organisations/add", "/groups/add", "/people/" + f.bob.person + "/change", "/people/" + f.bob.person + "/move", "/people/" + f.bob.person + "/give-role",
			"/tokens/make", "/groups/x/leave", "/people/" + f.bob.person + "/take-role", "/people/" + f.bob.person + "/remove-passkey"} {
			var body []string
			for _, field := range []string{"name", "mail", "userName", "phone", "organisation", "parent", "id", "role", "person", "member", "version", "passkey", "description", "externalId", "department"} {
				body = append(body, field+"="+text)
			}
			if a := f.ask(t, f.ada, "POST", path, strings.Join(body, "&"), nil); a.status < 400 {
				t.Errorf("%s with %.20s: %s", path, text, a)
			}
		}
	}
	for _, text := range []string{`a\u0000b`, `a\u0085b`, `x\r\nBcc: eve@evil.example`} {
		for path, fields := range map[string]string{
			"/api/v1/persons": "name mail userName organisation phone department externalId", "/api/v1/groups": "name organisation externalId", "/scim/v2/Users": "userName displayName externalId", "/scim/v2/Groups": "displayName externalId",
		} {
			for field := range strings.SplitSeq(fields, " ") {
				good := map[string]string{"name": "Eve", "mail": "eve@harbour.example", "organisation": "harbour"}
				if strings.HasPrefix(path, "/scim") {
					good = map[string]string{"userName": "eve", "displayName": "Eve", "schemas": "-"}
				}
				var members []string
				for name, value := range good {
					if name != field && (name != "mail" || path == "/api/v1/persons") {
						members = append(members, fmt.Sprintf("%q: %q", name, value))
					}
				}
				body := strings.Replace("{"+strings.Join(append(members, `"`+field+`": "`+text+`"`), ",")+"}", `"-"`, `["urn:ietf:params:scim:schemas:core:2.0:User"]`, 1)
				if a := f.ask(t, f.ada, "POST", path, body, nil); a.status < 400 {
					t.Errorf("%s %s: %s", path, body, a)
				}
			}
		}
	}
}

// redirects follows whatever leads away.
func (f *front) redirects(t *testing.T) {
	for _, to := range []string{"//evil.example", "https://evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "javascript:alert(1)", "http:evil.example", "/%0d%0aX-Evil: 1", "///evil.example", "/..//evil.example",
		"/.//evil.example", "%2f%2fevil.example", "http://127.0.0.1@evil.example", "/a\r\nX-Evil: 1"} {
		a := f.ask(t, f.ada, "GET", "/sign-in?to="+url.QueryEscape(to), "", nil)
		f.staysHere(t, to, a)
		if a = f.ask(t, visitor{}, "GET", "/sign-in?to="+url.QueryEscape(to), "", nil); a.status != http.StatusOK || strings.Contains(a.body, `href="//`) || strings.Contains(a.body, `value="http`) || strings.Contains(a.body, `value="//`) {
			t.Errorf("to %q: %s", to, a)
		}
	}
	for _, path := range []string{"//evil.example", "//evil.example/%2e%2e", "/\\evil.example", "///evil.example/..", "/people//evil.example", "/scim/v2", "/api", "/ledger/..//evil.example", "/%2F%2Fevil.example/..", "//evil.example/account"} {
		f.staysHere(t, path, f.raw(t, "GET "+path+" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
	}
}

func (f *front) staysHere(t *testing.T, asked string, a answer) {
	t.Helper()
	to := a.header.Get("Location")
	if to == "" {
		return
	}
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) || a.header.Get("X-Evil") != "" {
		t.Errorf("%q leads to %q", asked, to)
	}
}

// endless is a body without an end, which counts what was taken of it.
type endless struct{ taken atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.taken.Add(int64(len(p)))
	return copy(p, bytes.Repeat([]byte("a=b&"), len(p)/4+1)), nil
}

// bodies sends too much, too deep, too many and not what it says.
func (f *front) bodies(t *testing.T) {
	before := temporary(t)
	large, larger := strings.Repeat("x", 3<<20), strings.Repeat("x", 66<<20)
	file := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
	deep := strings.Repeat("[", 100_000)
	var squeezed bytes.Buffer
	z := gzip.NewWriter(&squeezed)
	_, _ = z.Write(make([]byte, 10<<20)) // into memory
	_ = z.Close()
	for _, test := range []struct {
		name, path, kind, body string
		status                 []int
	}{
		{"a large form", "/people/add", "", "name=" + large, []int{413, 422}},
		{"a large form of nobody's", "/sign-in/passkey", "", "response=" + large, []int{413, 422}},
		{"a large file", "/people/import", "multipart/form-data; boundary=b", file + larger + "\r\n--b--\r\n", []int{413, 422}},
		{"a file that breaks off", "/people/import", "multipart/form-data; boundary=b", file + large, []int{422}},
		{"a file that is none", "/people/import", "multipart/form-data; boundary=b", file + large + "\r\n--b--\r\n", []int{422}},
		{"a file where none is taken", "/groups/x/leave", "multipart/form-data; boundary=b", file + large + "\r\n--b--\r\n", []int{403, 404, 422}},
		{"a form of ten thousand fields", "/people/add", "", strings.Repeat("a=b&", 10_000), []int{422}},
		{"a form of a million fields", "/people/add", "", strings.Repeat("&", 1<<20), []int{422}},
		{"as many names", "/people/add", "", names(100_000), []int{422}},
		{"no form", "/people/add", "text/plain", "name=x", []int{422}},
		{"JSON for a form", "/people/add", "application/json", `{"name":"x"}`, []int{422}},
		{"a large document", "/api/v1/persons", "", `{"name":"` + large + `"}`, []int{413}},
		{"a deep document", "/api/v1/persons", "", deep, []int{400}},
		{"a deep one that is closed", "/api/v1/persons", "", deep + strings.Repeat("]", len(deep)), []int{400}},
		{"many members", "/api/v1/persons", "", "{" + strings.ReplaceAll(strings.TrimSuffix(names(20_000), "&"), "&", ",") + "}", []int{400}},
		{"a deep resource", "/scim/v2/Users", "", strings.Repeat(`{"a":`, 100_000), []int{400}},
		{"a large resource", "/scim/v2/Users", "", `{"userName":"` + large + `"}`, []int{413}},
		{"a deep filter", "/scim/v2/Users/.search", "", `{"filter":"` + strings.Repeat("(", 200_000) + `"}`, []int{400}},
	} {
		a := f.ask(t, f.ada, "POST", test.path, test.body, func(r *http.Request) {
			if test.kind != "" {
				r.Header.Set("Content-Type", test.kind)
			}
		})
		if !contains(test.status, a.status) {
			t.Errorf("%s: %s", test.name, a)
		}
	}
	for path, want := range map[string]int{"/api/v1/persons": 400, "/scim/v2/Users": 400, "/people/add": 422} {
		a := f.ask(t, f.ada, "POST", path, squeezed.String(), func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") })
		if a.status != want && a.status != http.StatusUnsupportedMediaType {
			t.Errorf("%s, compressed: %s", path, a)
		}
	}
	for _, path := range []string{"/people/add", "/api/v1/persons"} {
		body := &endless{}
		r, err := http.NewRequestWithContext(t.Context(), "POST", f.address+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if strings.Contains(path, "/v") {
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+f.ada.token)
		} else if path != "/sign-out" {
			r.AddCookie(&http.Cookie{Name: "portcullis", Value: f.ada.session})
		}
		// The answer may be lost where the server cuts off who goes on sending.
		if response, err := direct.Do(r); err == nil {
			response.Body.Close()
			if response.StatusCode < 300 || response.StatusCode == 500 {
				t.Errorf("%s without an end: %d", path, response.StatusCode)
			}
		}
		if taken := body.taken.Load(); taken > 40<<20 {
			t.Errorf("%s took %d MiB of what never ends", path, taken>>20)
		}
	}
	if after := temporary(t); after > before {
		t.Errorf("%d files of forms were left behind", after-before)
	}
}

func names(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"n%d":0&`, i)
	}
	return b.String()
}

func contains(statuses []int, status int) bool {
	for _, s := range statuses {
		if s == status {
			return true
		}
	}
	return false
}

// temporary counts the files that forms are kept in while they are read.
func temporary(t *testing.T) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.TempDir(), "multipart-*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// headers tries to get a line of its own into the headers of answers and mails.
func (f *front) headers(t *testing.T, mails *mailtest.Server) {
	if a := f.ask(t, visitor{}, "GET", "/people?q=%0d%0aSet-Cookie:x=y", "", nil); a.header.Get("Set-Cookie") != "" || strings.ContainsAny(a.header.Get("Location"), "\r\n") {
		t.Errorf("signing in first: %s", a)
	}
	if a := f.ask(t, f.ada, "GET", "/people/import/template.csv?filename=%0d%0aX:y", "", nil); a.header.Get("Content-Disposition") != `attachment; filename="people.csv"` {
		t.Errorf("a file: %s", a)
	}
	if a := f.ask(t, f.ada, "GET", "/api/v1/persons?limit=1&q="+url.QueryEscape("a>; rel=\"x\"\r\nX: y"), "", nil); strings.Contains(a.header.Get("Link"), `>; rel="x"`) {
		t.Errorf("a list: %s", a)
	}
	a := f.ask(t, f.ada, "POST", "/api/v1/groups", `{"name":"x\" y>; <z","organisation":"harbour"}`, nil)
	f.staysHere(t, "a group", a)
	// A name is a name, however much it looks like addresses.
	for _, name := range []string{`"Eve" <eve@evil.example>, Zoë`, `=?utf-8?q?Bcc:_eve=40evil.example?=`, `Eve (comment) <a@b>; \`} {
		p, err := f.people.AddPerson(t.Context(), atCommand, "harbour", people.Particulars{Name: name, Mail: "newcomer@harbour.example", UserName: name[:4]})
		if err != nil {
			t.Fatal(err)
		}
		had := mails.Count()
		// Where people are led is the configuration's to say, and no request's.
		if a := f.ask(t, f.ada, "POST", "/people/"+p.ID+"/invite", "how=mail", func(r *http.Request) {
			r.Host = "evil.example"
			r.Header.Set("X-Forwarded-Host", "evil.example")
			r.Header.Set("X-Forwarded-Proto", "gopher")
		}); a.status != http.StatusSeeOther {
			t.Fatalf("inviting %s: %s", name, a)
		}
		for deadline := time.Now().Add(10 * time.Second); mails.Count() == had; {
			if time.Now().After(deadline) {
				t.Fatalf("no mail for %s:\n%s", name, f.log)
			}
			<-time.After(10 * time.Millisecond)
		}
		mail := mails.Mails()[had]
		raw := string(mail.Raw)
		if mail.To != "newcomer@harbour.example" || strings.Count(raw, "\nTo:") != 1 || strings.Contains(raw, "\nBcc:") || strings.Contains(raw, "@evil.example>\r\n") && !strings.Contains(mail.Header("To"), "newcomer@harbour.example") {
			t.Errorf("%s gets %s\n%s", name, mail.To, raw)
		}
		link := regexp.MustCompile(`http://localhost:\d+/join/([\w-]{43})`).FindStringSubmatch(strings.ReplaceAll(raw, "=\r\n", ""))
		if link == nil || strings.Contains(raw, "http://evil.example") {
			t.Fatalf("the mail leads elsewhere:\n%s", raw)
		}
		f.keepsSecret(t, link[1])
	}
}

// keepsSecret looks for a link where it must not be: it is for one person.
func (f *front) keepsSecret(t *testing.T, link string) {
	t.Helper()
	for _, path := range []string{"/ledger", "/notices", "/access", "/api/v1/ledger?limit=200", "/api/v1/access", "/api/v1/notices", "/metrics"} {
		if a := f.ask(t, f.ada, "GET", path, "", nil); strings.Contains(a.body, link) {
			t.Errorf("%s has the link: %s", path, a)
		}
	}
	a := f.ask(t, visitor{}, "GET", "/join/"+link, "", nil)
	if policy := a.header.Get("Referrer-Policy"); a.status != http.StatusOK || policy != "same-origin" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the link's page: %s", a)
	}
	if strings.Contains(f.log.String(), link) {
		t.Errorf("the log has the link")
	}
}

// caches holds that nothing personal is kept on its way.
func (f *front) caches(t *testing.T, routes []gate.Route) {
	for _, route := range routes {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if method != http.MethodGet || route.Permission == gate.Open {
			continue
		}
		at := hole.ReplaceAllString(strings.TrimSuffix(path, "{$}"), f.bob.person)
		a := f.ask(t, f.ada, method, at, "", nil)
		if kept := a.header.Get("Cache-Control"); kept != "no-store" && kept != "private, no-cache" {
			t.Errorf("%s: %d, Cache-Control %q", at, a.status, kept)
		}
		if policy := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: Content-Security-Policy %q", at, policy)
		}
		if inline := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son\w+=|javascript:`).FindString(a.body); inline != "" && strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s has %q", at, inline)
		}
	}
}

// raw sends bytes and reads the answer to them, if there is one.
func (f *front) raw(t *testing.T, request string) answer {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(f.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	return readAnswer(t, bufio.NewReader(c))
}

func readAnswer(t *testing.T, from *bufio.Reader) answer {
	t.Helper()
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		return answer{header: http.Header{}, body: err.Error()}
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body) // what is cut off is as short as it came
	return answer{response.StatusCode, response.Header, string(body)}
}

// wire sends what only net/http is there to refuse. HTTP/2, and so its rapid resets, needs TLS, which
// is the proxy's: without it the server speaks HTTP/1.1 alone.
func (f *front) wire(t *testing.T) {
	smuggled := "GET /account HTTP/1.1\r\nHost: x\r\nCookie: portcullis=" + f.ada.session + "\r\n\r\n"
	for name, test := range map[string]struct {
		request string
		status  []int
	}{
		"a length and chunks":      {"POST /sign-out HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n" + smuggled, []int{400, 303}},
		"two lengths":              {"POST /sign-out HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", []int{400}},
		"chunks of another name":   {"POST /sign-out HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", []int{501, 400}},
		"a space before the colon": {"POST /sign-out HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello", []int{400}},
		"a folded header":          {"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c: d\r\nConnection: close\r\n\r\n", []int{200, 400}},
		"a length below zero":      {"POST /sign-out HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", []int{400}},
		"no host":                  {"GET / HTTP/1.1\r\n\r\n", []int{400}},
		"two hosts":                {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", []int{400}},
		"a host that is none":      {"GET / HTTP/1.1\r\nHost: a b<script>\r\n\r\n", []int{400}},
		"NUL in a header":          {"GET / HTTP/1.1\r\nHost: x\r\nX-A: \x00\r\n\r\n", []int{400}},
		"a head without an end":    {"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 100<<10) + "\r\n\r\n", []int{431}},
		"HTTP/2 without TLS":       {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{400, 404, 405, 505}},
		"a websocket":              {"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", []int{200}},
		"h2c":                      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n", []int{200}},
		"TRACE":                    {"TRACE / HTTP/1.1\r\nHost: x\r\nCookie: portcullis=secret-of-mine\r\nConnection: close\r\n\r\n", []int{404, 405}},
		"OPTIONS of all":           {"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", []int{200}},
		"OPTIONS of the interface": {"OPTIONS /api/v1/persons HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n", []int{405}},
		"CONNECT":                  {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n", []int{400, 404, 405}},
		"a whole address":          {"GET http://evil.example/account HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", []int{303}},
		"another method":           {"GET\x01 / HTTP/1.1\r\nHost: x\r\n\r\n", []int{400}},
	} {
		a := f.raw(t, test.request)
		if !contains(test.status, a.status) || strings.Contains(a.body, "secret-of-mine") || strings.Contains(a.body, "Ada") || a.header.Get("Access-Control-Allow-Origin") != "" || inside.MatchString(a.body) {
			t.Errorf("%s: %s", name, a)
		}
		f.staysHere(t, name, a)
	}
	if a := f.ask(t, f.ada, "HEAD", "/people/"+f.bob.person, "", nil); a.status != http.StatusOK || a.body != "" {
		t.Errorf("HEAD: %s", a)
	}
}

// decoded reads a ceremony.
func decoded(t *testing.T, a answer) (c ceremony) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &c); err != nil || c.Ceremony == "" {
		t.Fatalf("a ceremony: %s", a)
	}
	return c
}

// fixation signs somebody in whose browser has a session that another has put there.
func (f *front) fixation(t *testing.T) {
	origin := f.logged(t, regexp.MustCompile(` url=(\S+)`))[1]
	key := newAuthenticator(t, origin)
	link, err := people.Act(t.Context(), f.people, atCommand, func(tx *people.Tx) (string, error) { return tx.Invite(f.bob.person) })
	if err != nil {
		t.Fatal(err)
	}
	c := decoded(t, f.ask(t, visitor{}, "POST", "/join/"+link+"/begin", "", nil))
	form := func(response string) string {
		return url.Values{"ceremony": {c.Ceremony}, "response": {response}, "to": {"//evil.example"}}.Encode()
	}
	planted := visitor{session: f.signIn(t, f.grace.person)}
	joined := form(key.create(t, c))
	a := f.ask(t, planted, "POST", "/join/"+link+"/passkey", joined, nil)
	f.newSession(t, a, planted, f.bob)
	if again := f.ask(t, visitor{}, "POST", "/join/"+link+"/passkey", joined, nil); again.status != http.StatusNotFound || again.header.Get("Set-Cookie") != "" {
		t.Errorf("a link used twice: %s", again)
	}
	for _, planted := range []visitor{{session: f.signIn(t, f.grace.person)}, {session: "chosen-by-another"}} {
		c = decoded(t, f.ask(t, planted, "POST", "/sign-in/passkey/begin", "", nil))
		signed := form(key.get(t, c))
		f.newSession(t, f.ask(t, planted, "POST", "/sign-in/passkey", signed, nil), planted, f.bob)
		if again := f.ask(t, planted, "POST", "/sign-in/passkey", signed, nil); again.status < 400 || again.header.Get("Set-Cookie") != "" {
			t.Errorf("an answer given twice: %s", again)
		}
	}
}

// newSession holds that an answer opens a session of the person's own, and ends the planted one.
func (f *front) newSession(t *testing.T, a answer, planted, person visitor) {
	t.Helper()
	f.staysHere(t, "signing in", a)
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if err != nil || a.status != http.StatusSeeOther || cookie.Value == planted.session || len(cookie.Value) < 43 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Domain != "" {
		t.Fatalf("signing in: %v, %s", err, a)
	}
	if a := f.ask(t, visitor{session: cookie.Value}, "GET", "/account", "", nil); a.status != http.StatusOK || !strings.Contains(a.body, "Bob") {
		t.Errorf("the new session: %s", a)
	}
	if a := f.ask(t, planted, "GET", "/account", "", nil); a.status != http.StatusSeeOther {
		t.Errorf("the planted session goes on: %s", a)
	}
}

// stolen uses cookies and tokens that somebody copied, after they should be worth nothing.
func (f *front) stolen(t *testing.T) {
	works := func(v visitor) (page, program bool) {
		page = f.ask(t, v, "GET", "/people", "", nil).status == http.StatusOK
		return page, f.ask(t, v, "GET", "/api/v1/persons", "", nil).status == http.StatusOK
	}
	check := func(name string, v visitor, page, program bool) {
		t.Helper()
		if gotPage, gotProgram := works(v); gotPage != page || gotProgram != program {
			t.Errorf("%s: the cookie works %t, the token %t", name, gotPage, gotProgram)
		}
	}
	officer := people.Grant{Role: people.SecurityOfficer, Organisation: "harbour"}
	dora := f.visitor(t, "Dora", "harbour", people.SecurityOfficer)
	token, err := f.people.MakeToken(t.Context(), people.Actor{Session: dora.session}, "her own", officer, people.Time{})
	if err != nil {
		t.Fatal(err)
	}
	dora.token = token.Secret
	check("before", dora, true, true)
	if _, err := f.people.TakeRole(t.Context(), atCommand, dora.person, officer, people.Time{}); err != nil {
		t.Fatal(err)
	}
	if page, _ := works(dora); page {
		t.Error("a role that was taken still lets in")
	}
	if _, err := f.people.GiveRole(t.Context(), atCommand, dora.person, officer, people.Period{}); err != nil {
		t.Fatal(err)
	}
	second := visitor{person: dora.person, session: f.signIn(t, dora.person)}
	if a := f.ask(t, second, "POST", "/sign-out", "a=b", nil); a.status != http.StatusSeeOther || !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("signing out: %s", a)
	}
	check("after signing out", second, false, false)
	check("elsewhere meanwhile", dora, true, true)
	if a := f.ask(t, f.ada, "POST", "/people/"+dora.person+"/deactivate", f.confirmed(t, dora.person), nil); a.status != http.StatusSeeOther {
		t.Errorf("deactivating: %s", a)
	}
	check("after deactivation", dora, false, false)
	idle := visitor{person: f.ada.person, session: f.signIn(t, f.ada.person), token: f.ada.token}
	f.ahead.Store(int64(13 * time.Hour))
	check("after twelve idle hours", idle, false, true)
	f.ahead.Store(int64(91 * 24 * time.Hour))
	check("after its end", idle, false, false)
	f.ahead.Store(0)
}

// holdOpen opens connections that send a line of a header now and then, and never all of it. What it
// returns holds that the server served others meanwhile, and then cut every one of them off.
func (f *front) holdOpen(t *testing.T, n int) func(t *testing.T) {
	t.Helper()
	begun := time.Now()
	var open []net.Conn
	for range n {
		c, err := net.Dial("tcp", strings.TrimPrefix(f.address, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() }) // the server has closed it
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n"); err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	return func(t *testing.T) {
		if status, _ := get(t, f.address+"/healthz"); status != http.StatusOK {
			t.Errorf("others are answered %d", status)
		}
		deadline := time.Now().Add(30 * time.Second)
		for _, c := range open {
			// A write to what was cut off may fail or not; reading tells.
			_, _ = io.WriteString(c, "X-Slow: 1\r\n")
			if err := c.SetReadDeadline(deadline); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c); err != nil && os.IsTimeout(err) {
				t.Fatalf("after %v a connection without a whole head is still open", time.Since(begun))
			}
		}
	}
}
