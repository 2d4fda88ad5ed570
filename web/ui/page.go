package ui

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ContentPolicy is the content security policy with which pages are served: all that they need comes from this server,
// and nothing stands in them that runs.
const ContentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Page is one page: what stands between the header and the footer.
type Page struct {
	// Title is the heading of the page and begins the title of the window.
	Title string
	// Caption is what the title is part of, such as the name of a request; it stands above it.
	Caption string
	// Crumbs lead from the first page to the one above this. Back leads to the page before, in a row
	// of pages that ask one question each. A page has one of the two or neither.
	Crumbs []Link
	Back   string
	// Banner is what has just happened, or what must be known before all else.
	Banner *Banner
	// Wide gives the content the whole width, for those who work with tables. Text is easier to read
	// without.
	Wide bool
	// OwnHeading is for a page whose content has the h1, as a Panel or a Field that Asks does: those
	// two need not say it.
	OwnHeading bool
	// Scripts are modules below static, such as "passkey.js", for what no page can do without script.
	Scripts []string
	Content []Component
}

// Frame is what stands around every page of one answer.
type Frame struct {
	// Body is whose server this is, such as "Government of Merrow".
	Body string
	// Navigation are the places that this person may go to. The one that the page stands below is
	// marked, by its path.
	Navigation []Link
	// More are the places that stand folded behind these.
	More []Link
	// Person is the name of who is signed in; it is empty where nobody is.
	Person string
	// Account, SignIn and SignOut are paths; SignOut is posted to.
	Account, SignIn, SignOut string
	// Notice stands above every page, such as "This is a demonstration: nothing here is real".
	Notice string
	// Decision is the generation that the page was made from.
	Decision int64
	// Now is when the page was made, in the zone in which times are shown.
	Now time.Time
	// Reference names this answer in the log and to the person who asks about it.
	Reference string
	// Log is told the server's own troubles.
	Log *slog.Logger
	// Links stand in the footer.
	Links []Link
}

type frameKey struct{}

// WithFrame gives r the frame for the pages that answer it.
func WithFrame(r *http.Request, f Frame) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), frameKey{}, f))
}

// FrameOf is the frame that r was given, and an empty one where it was given none.
func FrameOf(r *http.Request) Frame {
	f, _ := r.Context().Value(frameKey{}).(Frame)
	return f
}

// Now is the time of the answer to r, in the zone in which times are shown.
func Now(r *http.Request) time.Time { return FrameOf(r).Now }

// Handler answers a request with a page, a file or a redirect, or returns why it could not; Fail then
// answers.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP answers the request.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		Fail(w, r, err)
	}
}

// Render answers with a page. Nothing is written where it returns an error.
func Render(w http.ResponseWriter, r *http.Request, status int, p Page) error {
	return write(w, status, p, FrameOf(r), r.URL.Path)
}

// See sends the browser to another page of this server, after a form has been taken.
func See(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

func write(w http.ResponseWriter, status int, p Page, f Frame, path string) error {
	view, err := framed(p, f, path)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := components().ExecuteTemplate(&body, "page.html", view); err != nil {
		return fmt.Errorf("page %q: %w", p.Title, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // who has gone away is not told
	return nil
}

// pageView is what the template of a page is given.
type pageView struct {
	Page
	Frame    Frame
	Current  string // the Href of the navigation's item that the page stands below
	Folded   bool   // that item is one of More
	Problems []Problem
	Headed   bool // the content has its own h1
	Main     template.HTML
	Built    bool
}

func framed(p Page, f Frame, path string) (pageView, error) {
	v := pageView{Page: p, Frame: f, Current: current(slices.Concat(f.Navigation, f.More), path), Headed: p.OwnHeading, Built: Built()}
	v.Folded = slices.ContainsFunc(f.More, func(l Link) bool { return l.Href == v.Current })
	for _, c := range p.Content {
		if one, ok := c.(interface{ problems() []Problem }); ok {
			v.Problems = append(v.Problems, one.problems()...)
		}
		if one, ok := c.(interface{ headed() bool }); ok {
			v.Headed = v.Headed || one.headed()
		}
	}
	var err error
	if v.Main, err = Stack(p.Content).HTML(); err != nil {
		return v, fmt.Errorf("page %q: %w", p.Title, err)
	}
	return v, nil
}

// current is the longest of the navigation's paths that path is at or below.
func current(items []Link, path string) (href string) {
	for _, item := range items {
		below := item.Href == path || strings.HasPrefix(path, strings.TrimSuffix(item.Href, "/")+"/")
		if item.Href == "/" {
			below = path == "/"
		}
		if below && len(item.Href) > len(href) {
			href = item.Href
		}
	}
	return href
}

// placed is an item of the navigation, and whether the page stands below it.
type placed struct {
	Link
	Current bool
}

// Placed is an item of the navigation as its template has it.
func (v pageView) Placed(l Link) any { return placed{l, l.Href == v.Current} }

// DecisionText is the generation as it is shown.
func (f Frame) DecisionText() string { return Number(f.Decision).String() }

// MadeAt is when the page was made, as it is shown.
func (f Frame) MadeAt() string { return Time{At: f.Now, Now: f.Now}.Absolute() }

// Zone names the zone in which times are shown.
func (f Frame) Zone() string { return f.Now.Format("MST") }
