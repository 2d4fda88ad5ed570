package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"portcullis/people"
)

// operation is one line of the list.
type operation struct {
	id         string // for clients that are generated
	pattern    string // method and path below Base
	permission people.Permission
	summary    string
	status     int // of success; 200 where it is not said
	// secret tells that the answer has a secret, which is not kept to be told again.
	secret bool
}

// add makes an operation of do: its route, with its permission, and its part of the document.
func add[I, O any](a *api, o operation, do func(context.Context, *I) (*O, error)) {
	method, path, _ := strings.Cut(o.pattern, " ")
	tag, _, _ := strings.Cut(path[1:], "/")
	_, conditional := reflect.TypeFor[I]().FieldByName("IfMatch")
	takes := intake{conditional: conditional, once: (method == http.MethodPost || method == http.MethodPatch) && !o.secret}
	described := huma.Operation{
		OperationID: o.id, Method: method, Path: path, Summary: o.summary, Tags: []string{tag}, DefaultStatus: o.status,
		Description: "Needs the permission " + string(o.permission) + ": may " + o.permission.What() + ".",
		Security:    []map[string][]string{{tokenScheme: {}}},
		Extensions:  map[string]any{"x-permission": string(o.permission)},
		Errors:      takes.problems(method, path),
		// The request is read before huma sees it.
		MaxBodyBytes: -1, BodyReadTimeout: -1,
	}
	if takes.once {
		described.Parameters = append(described.Parameters, &huma.Param{Name: keyHeader, In: "header", Schema: &huma.Schema{Type: "string"}, Example: `"8e03978e-40d5-43dd-bc93-6894a57f9324"`,
			Description: "Makes the request happen once: the same request with the same key gets the first answer again, for two days"})
	}
	described.Metadata = map[string]any{membersKey: membersOf[I](a.huma.OpenAPI().Components.Schemas)}
	huma.Register(a.huma, described, do)
	a.listed = append(a.listed, Listed{method, Base + path, o.summary, o.permission})
	route := &a.routes[len(a.routes)-1]
	route.Permission, route.Handler = o.permission, takes.read(route.Handler)
}

// problems are the statuses of the problems that an operation may answer with, besides those that
// huma adds to all.
func (i intake) problems(method, path string) []int {
	statuses := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity}
	if strings.Contains(path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if method == http.MethodPost || method == http.MethodPatch {
		statuses = append(statuses, http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if i.conditional {
		statuses = append(statuses, http.StatusPreconditionFailed)
	}
	return statuses
}

// ID is the one thing that a path names.
type ID struct {
	ID string `path:"id" maxLength:"64" doc:"The id" example:"01kq3t8w9v0000000000000000"`
}

// IfMatch is the precondition of a change.
type IfMatch struct {
	IfMatch string `header:"If-Match" doc:"Change only what has this ETag; * is whatever there is" example:"\"7-5d1c0f2e9a3b\""`
}

// single is an answer with one thing.
type single[T any] struct {
	ETag     string `header:"ETag" doc:"Stands for the thing as it is shown here"`
	Location string `header:"Location" doc:"Where a thing that was made is found"`
	Body     T
}

// nothing is an answer without content.
type nothing struct{}
