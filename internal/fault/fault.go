// Package fault is the few kinds of errors that people are told about. A room returns one of them
// where somebody can do something about it; every face maps the kind to its own form: a page, an
// API's status, a command's exit. Any other error is the server's own trouble: it is logged, and its
// text is not for outsiders.
package fault

import (
	"errors"
	"fmt"
)

// Kind is what went wrong, as the other side should understand it.
type Kind string

// The kinds.
const (
	Invalid   Kind = "invalid"    // what was given cannot be taken: mend it and try again
	SignedOut Kind = "signed-out" // nobody, or a session or token that has ended
	Refused   Kind = "refused"    // may not
	NotFound  Kind = "not-found"  // is not there, or is not to be seen
	Changed   Kind = "changed"    // somebody else changed it meanwhile: look again
	Conflict  Kind = "conflict"   // cannot be, as things stand
	TooMany   Kind = "too-many"   // too often: try later
)

// Error is a fault with a message for people: a whole sentence that says what is wrong and the way
// out, without a full stop at its end.
type Error struct {
	Kind Kind
	// Field is the name of the part of the input that is at fault, as the API spells it; empty where
	// it is none in particular.
	Field   string
	Message string
}

func (e *Error) Error() string { return e.Message }

// New makes an error of a kind.
func New(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// In makes an Invalid error about one field.
func In(field, format string, args ...any) error {
	return &Error{Kind: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// ErrUnavailable is that the server cannot do its work just now, through nobody's fault, such as while
// its database does not answer. It comes with the reason, which is logged and not told.
var ErrUnavailable = errors.New("not available just now")

// Is tells whether err is, or wraps, a fault of the kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// Fields are the faults in err that name a field or not, in their order: those joined by errors.Join
// one by one. It is empty where err holds no fault.
func Fields(err error) (faults []*Error) {
	if e, ok := err.(*Error); ok {
		return []*Error{e}
	}
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			faults = append(faults, Fields(inner)...)
		}
	case interface{ Unwrap() error }:
		return Fields(e.Unwrap())
	}
	return faults
}
