package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"portcullis/internal/fault"
	"portcullis/web/ui"
)

// Problem is an answer that says what went wrong, in the form of RFC 9457.
type Problem struct {
	Type   string `json:"type" format:"uri-reference" example:"/api/v1/problems#invalid" doc:"Which problem it is: an entry of the list at /api/v1/problems"`
	Title  string `json:"title" example:"What was sent cannot be taken" doc:"The problem in words, always the same"`
	Status int    `json:"status" example:"422" doc:"The HTTP status"`
	Detail string `json:"detail" example:"Enter a name" doc:"What was wrong this time, and the way out"`
	// Errors are the fields that are at fault.
	Errors    []FieldError `json:"errors,omitempty" doc:"What is wrong with each field; left out where no field is at fault"`
	Reference string       `json:"reference,omitempty" example:"01kq3t8w9v0000000000000000" doc:"Under this reference the server's log has more"`
}

// FieldError is what is wrong with one field.
type FieldError struct {
	Field   string `json:"field" example:"name" doc:"The field as it was sent, such as members[3]; a parameter or a header by its name"`
	Message string `json:"message" example:"Enter a name" doc:"What is wrong with it"`
}

// Error, GetStatus and ContentType are for huma, which describes this form in the document.
func (p *Problem) Error() string             { return p.Detail }
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// Kinds of problems that only this interface has.
const (
	malformed   fault.Kind = "malformed"
	wrongMethod fault.Kind = "wrong-method"
	tooLarge    fault.Kind = "too-large"
	wrongType   fault.Kind = "wrong-type"
	unavailable fault.Kind = "unavailable"
	broken      fault.Kind = "broken"
	notFound               = fault.NotFound
)

// Answer is what a kind of problem is over HTTP.
type Answer struct {
	Kind   fault.Kind `json:"kind"`
	Status int        `json:"status"`
	Title  string     `json:"title"`
	Way    string     `json:"way"` // out of it
}

// Answers is the one mapping of faults to HTTP for programs.
var Answers = []Answer{
	{malformed, http.StatusBadRequest, "What was sent is not JSON", "Send one JSON value in UTF-8, with no member twice."},
	{fault.SignedOut, http.StatusUnauthorized, "There is no valid token", "Send Authorization: Bearer and a token that has not ended."},
	{fault.Refused, http.StatusForbidden, "This is not allowed", "Ask for a token with another role, or in another organisation. That it was tried is in the access log."},
	{fault.NotFound, http.StatusNotFound, "There is nothing here", "Check the address. What you may not see is not there either."},
	{wrongMethod, http.StatusMethodNotAllowed, "This method is not possible here", "The header Allow has those that are."},
	{fault.Conflict, http.StatusConflict, "This cannot be done as things stand", "The detail says what is in the way."},
	{fault.Changed, http.StatusPreconditionFailed, "Somebody else has changed this", "Get it again, and make the change from what it now is."},
	{tooLarge, http.StatusRequestEntityTooLarge, "This is too large", "Send less at once: 1 MiB is the most."},
	{wrongType, http.StatusUnsupportedMediaType, "This type of content is not taken", "Send Content-Type: application/json."},
	{fault.Invalid, http.StatusUnprocessableEntity, "What was sent cannot be taken", "Mend the fields that errors names, and send it again."},
	{fault.TooMany, http.StatusTooManyRequests, "Too many requests", "Wait a few minutes."},
	{broken, http.StatusInternalServerError, "Something went wrong on this server", "Try again later; if it stays so, give the reference to whoever looks after the server."},
	{unavailable, http.StatusServiceUnavailable, "This is not available just now", "Try again in a few minutes."},
}

func answerTo(kind fault.Kind) Answer {
	for _, a := range Answers {
		if a.Kind == kind {
			return a
		}
	}
	return answerTo(broken)
}

// refuse makes an error of a kind, about a field or none.
func refuse(kind fault.Kind, field, format string, args ...any) error {
	return &fault.Error{Kind: kind, Field: field, Message: fmt.Sprintf(format, args...)}
}

// problemOf is what a program is told of err. It is not known where the trouble is the server's own.
func problemOf(err error) (p Problem, known bool) {
	var large *http.MaxBytesError
	faults := fault.Fields(err)
	kind := broken
	switch {
	case len(faults) > 0:
		kind = faults[0].Kind
	case errors.As(err, &large):
		kind = tooLarge
	case errors.Is(err, ui.ErrUnavailable), errors.Is(err, context.Canceled):
		kind = unavailable
	}
	a := answerTo(kind)
	p = Problem{Type: Base + "/problems#" + string(a.Kind), Title: a.Title, Status: a.Status, Detail: a.Way}
	var all []string
	for _, f := range faults {
		all = append(all, f.Message)
		if f.Field != "" {
			p.Errors = append(p.Errors, FieldError{f.Field, f.Message})
		}
	}
	if len(all) > 0 {
		p.Detail = strings.Join(all, "; ")
	}
	return p, a.Kind != broken && a.Kind != unavailable
}

// Fail answers with the problem that err is. What is the server's own is logged under the reference
// that the answer has, and its text is not told.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	p, known := problemOf(err)
	frame := ui.FrameOf(r)
	if p.Reference = frame.Reference; !known {
		ui.Log(r, err)
	}
	h := w.Header()
	h.Del("ETag")
	h.Set("Content-Type", problemType)
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", ui.RetryAfter)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="Portcullis"`)
	}
	w.WriteHeader(p.Status)
	// What the other side no longer takes cannot be told to anybody.
	_ = json.NewEncoder(w).Encode(p)
}
