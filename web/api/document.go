package api

import (
	"encoding/json"
	"net/http"
	"sync"

	"portcullis/web/gate"
)

// Document is the description of all operations: OpenAPI 3.1, in JSON.
func Document() ([]byte, error) {
	return json.MarshalIndent(describe(Rooms{}).huma.OpenAPI(), "", "  ")
}

// documents are the routes of what describes the interface. They are for everybody, and need nothing
// from elsewhere.
func (a *api) documents() []gate.Route {
	document := func(path, kind string, write func() ([]byte, error)) gate.Route {
		written := sync.OnceValues(write)
		return gate.Route{Pattern: "GET " + Base + path, Permission: gate.Open, Fail: Fail, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := written()
			if err != nil {
				Fail(w, r, err)
				return
			}
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "no-cache")
			// What the other side no longer takes cannot be told to anybody.
			_, _ = w.Write(body)
		})}
	}
	return []gate.Route{
		document("/openapi.json", "application/openapi+json", func() ([]byte, error) { return json.MarshalIndent(a.huma.OpenAPI(), "", "  ") }),
		document("/openapi.yaml", "application/openapi+yaml", func() ([]byte, error) { return a.huma.OpenAPI().YAML() }),
		document("/problems", "application/json", func() ([]byte, error) { return json.MarshalIndent(page[Answer]{Items: Answers}, "", "  ") }),
	}
}
