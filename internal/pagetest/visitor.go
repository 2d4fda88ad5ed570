package pagetest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"portcullis/people"
	"portcullis/web/ui/uitest"
)

// Visitor is a browser in which somebody has signed in, or nobody.
type Visitor struct {
	house   *House
	ID      string // the person's; empty for nobody
	Session string // the cookie's value; empty for nobody
}

// Actor is who asks when the visitor does.
func (v Visitor) Actor() people.Actor { return people.Actor{Session: v.Session} }

// cookie is what the browser sends with every request.
func cookie(session string) *http.Cookie {
	return &http.Cookie{Name: "portcullis", Value: session, Path: "/", HttpOnly: true}
}

// Do sends a request as the visitor, and holds what comes back against what every page must have.
func (v Visitor) Do(r *http.Request) Page {
	v.house.T.Helper()
	if v.Session != "" {
		r.AddCookie(cookie(v.Session))
	}
	w := httptest.NewRecorder()
	v.house.Handler.ServeHTTP(w, r)
	p := Page{t: v.house.T, Request: r.Method + " " + r.URL.RequestURI(), Status: w.Code, Location: w.Header().Get("Location"), Body: w.Body.String()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		p.wellMade()
	}
	return p
}

// wellMade holds what every page must have: HTML that Faults finds nothing in, and a label for every input.
func (p Page) wellMade() {
	p.t.Helper()
	for _, fault := range uitest.Faults(p.Body) {
		p.t.Errorf("%s: %s", p.Request, fault)
	}
	elements, err := uitest.Elements(p.Body)
	if err != nil {
		return // which is a fault
	}
	labels := map[string]bool{}
	for _, e := range elements {
		if e.Name == "label" {
			labels[e.Attributes["for"]] = true
		}
	}
	for _, e := range elements {
		asks := e.Name == "select" || e.Name == "textarea" || e.Name == "input" && e.Attributes["type"] != "hidden"
		if asks && !labels[e.Attributes["id"]] {
			p.t.Errorf("%s: line %d: the %s %q has no label", p.Request, e.Line, e.Name, e.Attributes["name"])
		}
	}
}

// Get asks for a page.
func (v Visitor) Get(path string) Page {
	v.house.T.Helper()
	return v.Do(httptest.NewRequest(http.MethodGet, path, nil))
}

// Post sends a form of nothing but what is given: names and values, and so on.
func (v Visitor) Post(path string, pairs ...string) Page {
	v.house.T.Helper()
	return v.Send(path, Values(pairs...))
}

// Send sends a form.
func (v Visitor) Send(path string, form url.Values) Page {
	v.house.T.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.Do(r)
}

// Answer opens a page and sends its form back, as a browser would, with what is given put in.
func (v Visitor) Answer(path string, pairs ...string) Page {
	v.house.T.Helper()
	return v.Send(path, v.Get(path).Filled(pairs...))
}

// Leads fails the test unless the browser is sent to a path that begins so, and follows it.
func (v Visitor) Leads(p Page, path string) Page {
	v.house.T.Helper()
	return v.follow(p, path, strings.HasPrefix(p.Location, path))
}

// LeadsTo fails the test unless the browser is sent to just this path, and follows it.
func (v Visitor) LeadsTo(p Page, path string) Page {
	v.house.T.Helper()
	return v.follow(p, path, p.Location == path)
}

func (v Visitor) follow(p Page, path string, there bool) Page {
	v.house.T.Helper()
	if p.Status != http.StatusSeeOther || !there {
		v.house.T.Fatalf("%s: the status is %d, to %q, and not 303 to %q; it says: %s", p.Request, p.Status, p.Location, path, p.says())
	}
	return v.Get(p.Location)
}

// Values are names and values, and so on, as a form or a query.
func Values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}
