package pagetest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder is a test that keeps what it is told instead of failing.
type recorder struct {
	testing.TB
	told []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.told = append(r.told, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(r)
}

const form = `<html><body><main><h1>Tugs &amp; pilots</h1><form><input type="hidden" name="version" value="3">
<label for="a">A</label><input id="a" type="radio" name="one" value="a"><label for="b">B</label><input id="b" type="radio" name="one" value="b" checked>
<label for="c">C</label><input id="c" type="checkbox" name="some" value="c"><label for="q">Q</label><input id="q" type="search" name="q" value="x">
<label for="s">S</label><select id="s" name="body"><option value="gov">G</option><option value="light" selected>L</option></select>
<label for="t">T</label><textarea id="t" name="text">fog &lt;2&gt;</textarea></form>
<table><tr><td>Harbour</td><td>1</td></tr><tr><td>Light</td><td><a href="/x?a=1&amp;b=2">2</a></td></tr></table></main></body></html>`

// visit is a visitor of a few pages, among them one that is not well made.
func visit(t *testing.T) (Visitor, *recorder) {
	r := &recorder{TB: t}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /form", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, form)
	})
	mux.HandleFunc("GET /bad", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<main><input name="x" style="y"></main>`)
	})
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		who, err := r.Cookie("portcullis")
		if err != nil || who.Value != "ada" || r.FormValue("version") != "3" {
			t.Errorf("sent by %v with the version %q", who, r.FormValue("version"))
		}
		http.Redirect(w, r, "/form?done="+r.FormValue("one"), http.StatusSeeOther)
	})
	return Visitor{house: &House{T: r, Handler: mux}, Session: "ada"}, r
}

// TestFailures has every assertion fail, which must name the request and the text.
func TestFailures(t *testing.T) {
	tests := []struct {
		name string
		do   func(v Visitor)
		want []string // of what is told; none where nothing is
	}{
		{"shows", func(v Visitor) { v.Get("/form").Shows(200, "Tugs & pilots").Has(`value="3"`).Lacks("<script") }, nil},
		{"a text that is missing", func(v Visitor) { v.Get("/form").Shows(200, "Tugs & pilots", "tides") }, []string{"GET /form", `["tides"]`, "Tugs & pilots"}},
		{"a text that would be HTML", func(v Visitor) { v.Get("/form").Shows(200, "<h1>") }, []string{"GET /form", `["<h1>"]`}},
		{"another status", func(v Visitor) { v.Get("/form").Shows(422) }, []string{"GET /form", "is 200, not 422"}},
		{"HTML that is missing", func(v Visitor) { v.Get("/form").Has(`value="4"`) }, []string{"GET /form", `value=\"4\"`}},
		{"a text that is there", func(v Visitor) { v.Get("/form").Lacks("Tugs & pilots") }, []string{"GET /form", "Tugs & pilots"}},
		{"HTML that is there", func(v Visitor) { v.Get("/form").Lacks("<h1>") }, []string{"GET /form", "<h1>"}},
		{"HTML that must not be", func(v Visitor) { v.Get("/form").HasNo("Tugs & pilots", "<h1>") }, []string{"GET /form", "has \"<h1>\""}},
		{"a page that is not well made", func(v Visitor) { v.Get("/bad") }, []string{"GET /bad", "has the attribute style", "no label"}},
		{"leads", func(v Visitor) {
			v.LeadsTo(v.Answer("/form", "one", "a"), "/form?done=a")
			v.Leads(v.Answer("/form"), "/form?done").Shows(200)
		}, nil},
		{"leads elsewhere", func(v Visitor) { v.Leads(v.Answer("/form"), "/people") }, []string{"POST /form", "/form?done=b", "/people"}},
		{"leads further", func(v Visitor) { v.LeadsTo(v.Answer("/form"), "/form") }, []string{"POST /form", "/form?done=b"}},
		{"leads nowhere", func(v Visitor) { v.Leads(v.Get("/form"), "") }, []string{"GET /form", "is 200", "not 303"}},
		{"no row", func(v Visitor) { v.Get("/form").Row("Customs") }, []string{"GET /form", "Customs"}},
		{"text in no row", func(v Visitor) { v.Get("/form").Row("Tugs") }, []string{"GET /form", "Tugs"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, r := visit(t)
			func() {
				defer func() { _ = recover() }()
				test.do(v)
			}()
			told := strings.Join(r.told, "\n")
			if len(test.want) == 0 && told != "" || len(test.want) > 0 && told == "" {
				t.Errorf("told: %q", told)
			}
			for _, want := range test.want {
				if !strings.Contains(told, want) {
					t.Errorf("what is told does not name %s: %s", want, told)
				}
			}
		})
	}
}

// TestReading reads a page as a browser does.
func TestReading(t *testing.T) {
	v, _ := visit(t)
	p := v.Get("/form")
	want := map[string][]string{"version": {"3"}, "one": {"b"}, "body": {"light"}, "text": {"fog <2>"}}
	if diff := cmp.Diff(want, map[string][]string(p.Fields())); diff != "" {
		t.Errorf("the fields (-want +got):\n%s", diff)
	}
	if got := p.Filled("some", "c", "some", "d", "one", "a"); got.Get("one") != "a" || len(got["some"]) != 2 || got.Get("version") != "3" {
		t.Errorf("filled in: %v", got)
	}
	if got := p.Row("Harbour"); got != "<tr><td>Harbour</td><td>1</td></tr>" {
		t.Errorf("the row is %s", got)
	}
	if diff := cmp.Diff([]string{"/x?a=1&b=2"}, p.Hrefs("/x")); diff != "" {
		t.Errorf("the links (-want +got):\n%s", diff)
	}
}
