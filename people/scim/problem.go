package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"portcullis/internal/fault"
)

// The schemas of messages, RFC 7644, 8.2.
const (
	errorSchema  = "urn:ietf:params:scim:api:messages:2.0:Error"
	listSchema   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	patchSchema  = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	searchSchema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// The words for what is wrong with a request, RFC 7644, table 9.
const (
	invalidFilter = "invalidFilter"
	invalidPath   = "invalidPath"
	invalidSyntax = "invalidSyntax"
	invalidValue  = "invalidValue"
	mutability    = "mutability"
	noTarget      = "noTarget"
	uniqueness    = "uniqueness"
)

// problem is an error that the client is told about.
type problem struct {
	status   int
	scimType string
	detail   string
}

func (p *problem) Error() string { return p.detail }

// refuse makes the error of a request that cannot be taken.
func refuse(scimType, format string, args ...any) error {
	return &problem{http.StatusBadRequest, scimType, fmt.Sprintf(format, args...)}
}

// statuses has what each kind of fault is over HTTP.
var statuses = map[fault.Kind]problem{
	fault.Invalid:   {status: http.StatusBadRequest, scimType: invalidValue},
	fault.SignedOut: {status: http.StatusUnauthorized},
	fault.Refused:   {status: http.StatusForbidden},
	fault.NotFound:  {status: http.StatusNotFound},
	fault.Changed:   {status: http.StatusPreconditionFailed},
	fault.Conflict:  {status: http.StatusConflict, scimType: uniqueness},
	fault.TooMany:   {status: http.StatusTooManyRequests},
}

// problemOf is what the client is told of err. It is not known where the trouble is the server's own.
func problemOf(err error) (p problem, known bool) {
	var told *problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &told):
		return *told, true
	case errors.As(err, &large):
		return problem{http.StatusRequestEntityTooLarge, "",
			fmt.Sprintf("the request has more than %d bytes: send less at once; a large group's members can be added with PATCH", large.Limit)}, true
	case errors.Is(err, context.Canceled):
		return problem{http.StatusServiceUnavailable, "", "the request was given up before it was done"}, true
	case errors.Is(err, fault.ErrUnavailable):
		return problem{http.StatusServiceUnavailable, "", "the server is out of reach of its database, or starting or stopping: try again in a few minutes"}, false
	}
	if faults := fault.Fields(err); len(faults) > 0 {
		if p, known = statuses[faults[0].Kind]; known {
			p.detail = details(faults)
			return p, true
		}
	}
	return problem{http.StatusInternalServerError, "", "the server could not do this: try again later; its log says why"}, false
}

func details(faults []*fault.Error) string {
	var all []string
	for _, f := range faults {
		if f.Field != "" {
			all = append(all, f.Field+": "+f.Message)
		} else {
			all = append(all, f.Message)
		}
	}
	return strings.Join(all, "; ")
}

// message is the problem in the form of RFC 7644, 3.12, where a status is text.
func (p problem) message() any {
	return struct {
		Schemas  []string `json:"schemas"`
		Status   string   `json:"status"`
		ScimType string   `json:"scimType,omitempty"`
		Detail   string   `json:"detail"`
	}{[]string{errorSchema}, strconv.Itoa(p.status), p.scimType, p.detail}
}
