package ui_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"portcullis/internal/fault"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
)

func shown(t *testing.T, path string, f ui.Frame, p ui.Page) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := ui.Render(w, ui.WithFrame(httptest.NewRequest("GET", path, nil), f), http.StatusOK, p); err != nil {
		t.Fatal(err)
	}
	uitest.Check(t, w.Body.String())
	return w.Body.String()
}

func TestFrame(t *testing.T) {
	page := shown(t, "/people/7", frame, ui.Page{Title: "Ada <Holm>", Crumbs: []ui.Link{{Text: "People", Href: "/people"}}})
	for _, part := range []string{
		"<title>Ada &lt;Holm&gt; – Government of Merrow – Portcullis</title>", `<h1 class="govuk-heading-l">Ada &lt;Holm&gt;</h1>`,
		`href="/people" aria-current="true"`, `<form method="post" action="/sign-out">`, "Signed in as </span>Ada Holm", "As of decision 12\u202f345.",
		"3\u00a0May\u00a02026, 14:05; times are UTC", "nothing here is real", `class="govuk-breadcrumbs__link" href="/people"`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s:\n%s", part, page)
		}
	}
	if n := strings.Count(page, "aria-current"); n != 1 {
		t.Errorf("%d items of the navigation are marked", n)
	}
	nobody := shown(t, "/", ui.Frame{SignIn: "/sign-in"}, ui.Page{Title: "Welcome"})
	if !strings.Contains(nobody, `href="/sign-in"`) || strings.Contains(nobody, "Sign out") || strings.Contains(nobody, "decision") || strings.Contains(nobody, "Made on") {
		t.Errorf("the page for nobody:\n%s", nobody)
	}
}

func TestCurrent(t *testing.T) {
	items := []ui.Link{{Text: "First", Href: "/"}, {Text: "Apps", Href: "/apps"}, {Text: "New apps", Href: "/apps/new"}}
	for path, want := range map[string]string{"/": "First", "/apps": "Apps", "/apps/7": "Apps", "/apps/new/2": "New apps", "/appsx": "", "/other": ""} {
		page := shown(t, path, ui.Frame{Navigation: items}, ui.Page{Title: "x"})
		_, after, _ := strings.Cut(page, `__active-fallback">`)
		got, _, _ := strings.Cut(after, "<")
		if after == "" {
			got = ""
		}
		if got != want {
			t.Errorf("%s: %q is marked, want %q", path, got, want)
		}
	}
}

// TestMore: what is folded in the navigation is open where the page stands below it.
func TestMore(t *testing.T) {
	frame := ui.Frame{Navigation: []ui.Link{{Text: "First", Href: "/"}}, More: []ui.Link{{Text: "People", Href: "/people"}}}
	if page := shown(t, "/", frame, ui.Page{Title: "x"}); !strings.Contains(page, "<details><summary") || !strings.Contains(page, `href="/people">People</a>`) {
		t.Errorf("folded:\n%s", page)
	}
	if page := shown(t, "/people/1", frame, ui.Page{Title: "x"}); !strings.Contains(page, "<details open><summary") || !strings.Contains(page, `href="/people" aria-current="true"`) {
		t.Errorf("open:\n%s", page)
	}
}

// TestFailures: what is wrong has its status, says what to do, and tells nothing of the server.
func TestFailures(t *testing.T) {
	tests := []struct {
		err    error
		status int
		want   string
	}{
		{fault.New(fault.NotFound, "There is no such person"), 404, "There is no such person."},
		{fault.New(fault.Refused, "Only the centre may do this"), 403, "ask your security team"},
		{fault.New(fault.SignedOut, "Your session has ended"), 401, `href="/sign-in?to=%2Fa%3Fb%3Dc%26d"`},
		{fault.New(fault.TooMany, "That was too often"), 429, "Wait a few minutes"},
		{fault.New(fault.Changed, "Ada Holm was faster"), 409, "Look at it as it is now"},
		{fault.New(fault.Conflict, "It is in use"), 409, "as things stand"},
		{fault.In("name", "Give a name"), 422, "Give a name."},
		{fault.New("unheard-of", "Something new"), 500, "Something new."},
		{fmt.Errorf("asking: %w", fault.New(fault.NotFound, "Gone")), 404, "Gone."},
		{fmt.Errorf("secret detail: %w", ui.ErrUnavailable), 503, "not available just now"},
		{errors.New("secret detail"), 500, "r-7f3a"},
	}
	for _, test := range tests {
		var logged bytes.Buffer
		f := frame
		f.Log = slog.New(slog.NewTextHandler(&logged, nil))
		w := httptest.NewRecorder()
		fails := ui.Handler(func(http.ResponseWriter, *http.Request) error { return test.err })
		fails.ServeHTTP(w, ui.WithFrame(httptest.NewRequest("GET", "/a?b=c&d", nil), f))
		page := w.Body.String()
		uitest.Check(t, page)
		if w.Code != test.status || !strings.Contains(page, test.want) || strings.Contains(page, "secret") {
			t.Errorf("%v: %d\n%s", test.err, w.Code, page)
		}
		if own := strings.Contains(test.err.Error(), "secret"); own != strings.Contains(logged.String(), "secret detail") || own != strings.Contains(logged.String(), "r-7f3a") {
			t.Errorf("%v: logged %q", test.err, logged.String())
		}
	}
}

// TestBrokenPage: a page that cannot be made is the server's trouble, and is not half sent.
func TestBrokenPage(t *testing.T) {
	templates := ui.Parse(fstest.MapFS{"a.html": {Data: []byte("<p>{{.Missing}}</p>")}, "b.html": {Data: []byte("<p>{{.Name}} {{show .State}}</p>")}})
	type view struct {
		Name  string
		State ui.Component
	}
	page := shown(t, "/", frame, ui.Page{Title: "x", Content: []ui.Component{templates.View("b", view{"<Ada>", ui.Tag{Text: "Active", Tone: ui.Good}})}})
	if !strings.Contains(page, `<p>&lt;Ada&gt; <strong class="govuk-tag govuk-tag--green">Active</strong></p>`) {
		t.Errorf("an area's own template:\n%s", page)
	}
	for _, broken := range []ui.Component{templates.View("a", view{}), templates.View("none", view{})} {
		w := httptest.NewRecorder()
		ui.Handler(func(w http.ResponseWriter, r *http.Request) error {
			return ui.Render(w, r, 200, ui.Page{Title: "x", Content: []ui.Component{ui.Para("half a page"), broken}})
		}).ServeHTTP(w, ui.WithFrame(httptest.NewRequest("GET", "/", nil), frame))
		if w.Code != 500 || strings.Contains(w.Body.String(), "half a page") {
			t.Errorf("%d\n%s", w.Code, w.Body)
		}
	}
}

func TestTable(t *testing.T) {
	at, err := url.Parse("/apps?q=a+b&sort=-seen&after=c7")
	if err != nil {
		t.Fatal(err)
	}
	table := ui.Table{
		Caption: "Apps", At: at, Sorted: ui.SortOf(&http.Request{URL: at}, "name", "seen"),
		Columns: []ui.Column{{Title: "Name", Sort: "name"}, {Title: "Seen", Sort: "seen"}, {Title: "Devices", Number: true}},
		Rows:    []ui.Row{{ui.Text("Tides"), ui.Text("today"), ui.Number(1204)}},
		Pages:   ui.PagesAt(at, "apps", "c1", "c9"),
	}
	html, err := table.HTML()
	if err != nil {
		t.Fatal(err)
	}
	uitest.Check(t, string(html))
	for _, part := range []string{
		`aria-sort="none"><a class="govuk-link app-sort app-sort--none" href="/apps?q=a&#43;b&amp;sort=name"`, `aria-sort="descending"><a class="govuk-link app-sort app-sort--descending" href="/apps?q=a&#43;b&amp;sort=seen"`,
		`<th scope="row" role="rowheader" class="govuk-table__header"><div class="app-table__value">Tides`, `govuk-table__cell--numeric" role="cell"><span class="app-table__label" aria-hidden="true">Devices</span><div class="app-table__value">1` + "\u202f" + `204`,
		`href="/apps?before=c1&amp;q=a&#43;b&amp;sort=-seen"`, `href="/apps?after=c9&amp;q=a&#43;b&amp;sort=-seen"`,
	} {
		if !strings.Contains(string(html), part) {
			t.Errorf("the table lacks %s:\n%s", part, html)
		}
	}
	table.Rows, table.Pages, table.Empty = nil, ui.Pages{}, ui.Empty{Text: "No app has this name.", Do: ui.Link{Text: "Ask for one", Href: "/ask"}}
	if html, err = table.HTML(); err != nil || !strings.Contains(string(html), "No app has this name.") || !strings.Contains(string(html), `href="/ask"`) || strings.Contains(string(html), "<table") {
		t.Errorf("the empty table: %v\n%s", err, html)
	}
}

func TestSortOf(t *testing.T) {
	for query, want := range map[string]ui.Sort{"": "name", "sort=seen": "seen", "sort=-seen": "-seen", "sort=secret": "name", "sort=--seen": "name"} {
		if got := ui.SortOf(&http.Request{URL: &url.URL{RawQuery: query}}, "name", "seen"); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestFilter(t *testing.T) {
	at, err := url.Parse("/apps?q=tides&sort=-seen&after=c7&other=1")
	if err != nil {
		t.Fatal(err)
	}
	filter := ui.NewFilter(at, &ui.Field{Name: "q", Label: "Name"}, &ui.Field{Name: "state", Label: "State", As: ui.Select{Options: ui.Options("", "Any", "a", "A")}})
	html, err := filter.HTML()
	if err != nil {
		t.Fatal(err)
	}
	uitest.Check(t, string(html))
	for _, part := range []string{`method="get" action="/apps"`, `name="sort" value="-seen"`, `name="q" type="text" value="tides"`, `href="/apps?sort=-seen">Show everything`} {
		if !strings.Contains(string(html), part) {
			t.Errorf("the filter lacks %s:\n%s", part, html)
		}
	}
	if filter.Value("q") != "tides" || filter.Value("state") != "" || strings.Contains(string(html), "c7") {
		t.Errorf("q %q, state %q\n%s", filter.Value("q"), filter.Value("state"), html)
	}
}

func TestWords(t *testing.T) {
	zone := time.FixedZone("MST", -7*3600)
	now := time.Date(2026, 5, 3, 23, 30, 0, 0, zone)
	at := func(d time.Duration) ui.Time { return ui.Time{At: now.Add(d).UTC(), Now: now} }
	day := func(y int, m time.Month, d int) ui.Day {
		return ui.Day{At: time.Date(y, m, d, 0, 0, 0, 0, zone), Now: now}
	}
	tests := []struct {
		c    ui.Component
		want string
	}{
		{at(-2 * time.Hour), `<time datetime="2026-05-04T04:30:00Z">3 May 2026, 21:30</time> (2 hours ago)`},
		{at(-59 * time.Second), `<time datetime="2026-05-04T06:29:01Z">3 May 2026, 23:29</time> (just now)`},
		{at(-time.Minute), `<time datetime="2026-05-04T06:29:00Z">3 May 2026, 23:29</time> (1 minute ago)`},
		{at(90 * time.Minute), `<time datetime="2026-05-04T08:00:00Z">4 May 2026, 01:00</time> (in 90 minutes)`},
		{at(-47 * time.Hour), `<time datetime="2026-05-02T07:30:00Z">2 May 2026, 00:30</time> (47 hours ago)`},
		{at(-48 * time.Hour), `<time datetime="2026-05-02T06:30:00Z">1 May 2026, 23:30</time> (2 days ago)`},
		{at(-800 * 24 * time.Hour), `<time datetime="2024-02-24T06:30:00Z">23 February 2024, 23:30</time> (2 years ago)`},
		{ui.Time{Now: now}, "never"}, {ui.Time{Now: now, Else: "not yet"}, "not yet"},
		{ui.Time{At: now, Now: now, Short: true}, `<time datetime="2026-05-04T06:30:00Z">3 May 2026, 23:30</time>`},
		{day(2026, 5, 3), `<time datetime="2026-05-03">3 May 2026</time> (today)`},
		{day(2026, 5, 4), `<time datetime="2026-05-04">4 May 2026</time> (tomorrow)`},
		{day(2026, 5, 2), `<time datetime="2026-05-02">2 May 2026</time> (yesterday)`},
		{day(2026, 5, 6), `<time datetime="2026-05-06">6 May 2026</time> (in 3 days)`},
		{day(2026, 7, 1), `<time datetime="2026-07-01">1 July 2026</time> (in 8 weeks)`},
		{ui.Number(0), "0"}, {ui.Number(999), "999"}, {ui.Number(1000), "1 000"}, {ui.Number(-1234567), "−1 234 567"},
		{ui.Text(ui.Count(0, "device", "devices")), "no devices"}, {ui.Text(ui.Count(1, "device", "devices")), "1 device"}, {ui.Text(ui.Count(2000, "device", "devices")), "2 000 devices"},
	}
	plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ", `<span class="app-relative">`, "", "</span>", "", "\n", "")
	for _, test := range tests {
		html, err := test.c.HTML()
		if got := plain.Replace(string(html)); err != nil || got != test.want {
			t.Errorf("%+v: %s, %v, want %s", test.c, got, err, test.want)
		}
	}
}

func TestShare(t *testing.T) {
	for _, test := range []struct{ done, total, want int64 }{{0, 10, 0}, {999, 1000, 99}, {1000, 1000, 100}, {0, 0, 100}, {12, 10, 100}, {-1, 10, 0}} {
		if got := (ui.Progress{Done: test.done, Total: test.total}).Share(); got != test.want {
			t.Errorf("%d of %d: %d, want %d", test.done, test.total, got, test.want)
		}
	}
}
