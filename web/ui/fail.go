package ui

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"portcullis/internal/fault"
)

// status is the one mapping from faults to HTTP for pages.
var status = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.SignedOut: http.StatusUnauthorized, fault.Refused: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Changed: http.StatusConflict, fault.Conflict: http.StatusConflict,
	fault.TooMany: http.StatusTooManyRequests,
}

// Status is the HTTP status of a page that is about a fault of the kind. A kind that is not known here is
// the server's own trouble.
func Status(kind fault.Kind) int {
	if code, known := status[kind]; known {
		return code
	}
	return http.StatusInternalServerError
}

// ErrUnavailable is that the server cannot answer just now, through nobody's fault. Wrap it.
var ErrUnavailable = fault.ErrUnavailable

// RetryAfter is the header by which an answer with 503 says how many seconds to wait.
const RetryAfter = "5"

// Fail answers with the page that says what happened and what to do. A fault says so in its own
// words; any other error is logged under the frame's reference, which the page shows, and says
// nothing more.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	frame := FrameOf(r)
	code, page := failure(r, err)
	var f *fault.Error
	if !errors.As(err, &f) {
		Log(r, err)
	}
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", RetryAfter)
	}
	if err := write(w, code, page, frame, r.URL.Path); err != nil {
		logger(frame).ErrorContext(r.Context(), "a page of an error failed", "reference", frame.Reference, "error", err)
		http.Error(w, "Sorry, something went wrong on this server.", http.StatusInternalServerError)
	}
}

// Log tells the log of the server's own trouble with a request, under the reference that the answer has.
// A one-time link in the address is a secret, and may still be good: it does not get there.
func Log(r *http.Request, err error) {
	frame, path := FrameOf(r), r.URL.Path
	if link := r.PathValue("link"); link != "" {
		path = strings.ReplaceAll(path, link, "{link}")
	}
	level := slog.LevelError
	if errors.Is(err, context.Canceled) {
		level = slog.LevelInfo // who asked has gone away
	}
	logger(frame).Log(r.Context(), level, "a request failed", "reference", frame.Reference, "method", r.Method, "path", path, "error", err)
}

func logger(f Frame) *slog.Logger {
	if f.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return f.Log
}

func failure(r *http.Request, err error) (int, Page) {
	frame := FrameOf(r)
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return Status(f.Kind), faultPage(r, f)
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.Canceled):
		page := Unavailable()
		if r.Method == http.MethodPost {
			page.Content = append(page.Content, Para("What you sent may not have been saved: look before you send it again."))
		}
		return http.StatusServiceUnavailable, page
	}
	return http.StatusInternalServerError, GoneWrong(frame.Reference)
}

func faultPage(r *http.Request, f *fault.Error) Page {
	switch f.Kind {
	case fault.NotFound:
		return NotFound(f.Message)
	case fault.Refused:
		return Refused(f.Message)
	case fault.SignedOut:
		return SignedOut(f.Message, signIn(r))
	case fault.TooMany:
		return TooMany(f.Message)
	case fault.Changed:
		return plainPage("Somebody else has changed this", f.Message, "Look at it as it is now, then decide whether your change is still right. Nothing of yours has been saved.",
			Link{Text: "Look at it as it is now", Href: r.URL.Path})
	case fault.Conflict:
		return plainPage("This cannot be done as things stand", f.Message, "Nothing has been changed.", Link{Text: "Go back", Href: r.URL.Path})
	}
	return plainPage("This could not be taken", f.Message, "Go back to mend it; nothing has been changed.", Link{Text: "Go back", Href: r.URL.Path})
}

// signIn is the page for signing in, which leads back here. A request that would change something
// is not made again.
func signIn(r *http.Request) string {
	at := FrameOf(r).SignIn
	if at == "" || r.Method != http.MethodGet {
		return at
	}
	return at + "?to=" + url.QueryEscape(r.URL.RequestURI())
}

func plainPage(title, what, todo string, link Link) Page {
	page := Page{Title: title}
	for _, text := range []string{what, todo} {
		if text != "" {
			page.Content = append(page.Content, Para(sentence(text)))
		}
	}
	if link.Href != "" {
		page.Content = append(page.Content, Paragraph{link})
	}
	return page
}

// sentence ends a message, which comes without a full stop.
func sentence(text string) string {
	switch text[len(text)-1] {
	case '.', '!', '?', ':':
		return text
	}
	return text + "."
}

var home = Link{Text: "Go to the first page", Href: "/"}

// NotFound is the page for what is not there, or not to be seen by this person.
func NotFound(what string) Page {
	return plainPage("Page not found", what, "If you typed the address, check it. If you followed a link, what it led to may have gone, or be for others only.", home)
}

// Refused is the page for what this person may not do.
func Refused(what string) Page {
	todo := "If a message led you here, others may have dealt with it by now. Nothing has been changed; that it was tried is in the access log."
	if !strings.Contains(what, "ask your security team") {
		todo = "If your work needs it, ask your security team. " + todo
	}
	return plainPage("You may not do this", what, todo, home)
}

// SignedOut is the page for nobody; at leads to signing in.
func SignedOut(what, at string) Page {
	return plainPage("You are signed out", what, "Sign in to go on. What you had not sent has not been saved.", Link{Text: "Sign in", Href: at})
}

// TooMany is the page for too much at once.
func TooMany(what string) Page {
	return plainPage("Too many tries", what, "Wait a few minutes, then try again. If you have not tried so often, somebody else may have: tell your security officer.", Link{})
}

// GoneWrong is the page for the server's own troubles.
func GoneWrong(reference string) Page {
	page := plainPage("Sorry, something went wrong", "This is the server's fault and not yours.", "Try again in a few minutes. What you sent may not have been saved: look before you send it again.", Link{})
	if reference != "" {
		page.Content = append(page.Content, Paragraph{Text("If it happens again, give this reference to whoever looks after this server:"), ID{Value: reference, Of: "reference"}})
	}
	return page
}

// Unavailable is the page for a server that cannot work just now.
func Unavailable() Page {
	return plainPage("Sorry, this is not available just now", "The server is starting, stopping or out of reach of its database.", "Try again in a few minutes. Nothing that was acknowledged is lost.", Link{})
}
