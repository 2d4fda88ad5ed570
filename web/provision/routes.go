package provision

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/people/scim"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Path is where the service stands.
const Path = "/scim/v2"

// Routes are the routes of the service. The server is where clients reach this one, such as
// https://gate.example.
func Routes(room *people.Room, server *url.URL, log *slog.Logger) []gate.Route {
	base := &url.URL{Scheme: server.Scheme, Host: server.Host, Path: Path}
	handler := scim.New(directory{room}, base, log)
	route := func(pattern string, p people.Permission) gate.Route {
		return gate.Route{Pattern: pattern, Permission: p, Handler: handler, Fail: Fail}
	}
	return []gate.Route{
		route("GET "+Path+"/", people.SeePeople),
		route("POST "+Path+"/.search", people.SeePeople),
		route("POST "+Path+"/Users/.search", people.SeePeople),
		route("POST "+Path+"/Groups/.search", people.SeePeople),
		route(Path+"/", people.ChangePeople),
	}
}

// Fail answers for the gate, in the form of RFC 7644, 3.12.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := http.StatusInternalServerError, "the server could not do this: try again later; its log says why"
	switch {
	case fault.Is(err, fault.SignedOut):
		status, detail = http.StatusUnauthorized, err.Error()
		w.Header().Set("WWW-Authenticate", `Bearer realm="SCIM"`)
	case fault.Is(err, fault.Refused):
		status, detail = http.StatusForbidden, err.Error()
	case errors.Is(err, fault.ErrUnavailable):
		status, detail = http.StatusServiceUnavailable, "the server is out of reach of its database, or starting or stopping: try again in a few minutes"
		w.Header().Set("Retry-After", ui.RetryAfter)
		ui.Log(r, err)
	default:
		ui.Log(r, err)
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// What the other side no longer takes cannot be told to anybody.
	_ = json.NewEncoder(w).Encode(struct {
		Schemas []string `json:"schemas"`
		Status  string   `json:"status"` // text, as the RFC has it
		Detail  string   `json:"detail"`
	}{[]string{"urn:ietf:params:scim:api:messages:2.0:Error"}, strconv.Itoa(status), detail})
}
