package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/handbook"
	"portcullis/people"
	"portcullis/register"
	"portcullis/vetting"
	"portcullis/web/gate"
)

// Base is where all paths of the interface begin.
const Base = "/api/v1"

// Rooms are what the operations ask.
type Rooms struct {
	People *people.Room
	Alerts alerts.Desk
	// Devices and Register answer, Intake takes in reports.
	Devices *devices.Room
	// Enquiries answers questions in people's own words.
	Enquiries *devices.Enquiries
	Register  *register.Room
	// Approvals is how decisions come about.
	Approvals *approvals.Room
	// Vetting is what was found in apps, and how they were reviewed.
	Vetting *vetting.Room
	// Folder is where a file lies while it is looked at: the system's own for such files where it is empty.
	Folder string
	// Enforce is the lists that devices are to have.
	Enforce *enforce.Room
	// Handbook is what people are advised.
	Handbook *handbook.Room
	Intake   *devices.Intake
	// InvitationLink is the address of the page on which an invitation is used.
	InvitationLink func(invitation string) string
}

// api is the interface while it is put together.
type api struct {
	Rooms
	huma   huma.API
	routes []gate.Route
	listed []Listed
}

// Listed is an operation as people read of it.
type Listed struct {
	Method, Path, Summary string
	Permission            people.Permission
}

// Operations are all operations, in the order in which they are described.
func Operations() []Listed { return describe(Rooms{}).listed }

// Routes are all routes below /api/.
func Routes(rooms Rooms) []gate.Route {
	a := describe(rooms)
	return slices.Concat(a.routes, a.documents(), a.others())
}

// describe puts all operations together, and what they are described by.
func describe(rooms Rooms) *api {
	a := &api{Rooms: rooms}
	a.huma = humago.New(collector{a}, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Portcullis", Version: "1",
				Description: "One register of decisions, applied everywhere, with evidence. Each operation says which permission it needs; a token has one role in one organisation and all below it."},
			Servers:    []*huma.Server{{URL: Base}},
			Components: &huma.Components{SecuritySchemes: map[string]*huma.SecurityScheme{tokenScheme: {Type: "http", Scheme: "bearer", Description: "A token, which a person makes on the pages."}}},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	})
	a.register()
	a.addReports()
	a.addVetting()
	a.tidy()
	return a
}

// tidy takes out of the document what holds for requests alone, so that an answer may have more one
// day, and what an operation never does.
func (a *api) tidy() {
	registry := a.huma.OpenAPI().Components.Schemas
	asked := map[*huma.Schema]bool{}
	for _, path := range a.huma.OpenAPI().Paths {
		for _, o := range []*huma.Operation{path.Get, path.Post, path.Patch, path.Delete} {
			if o == nil {
				continue
			}
			if o.RequestBody != nil {
				for _, content := range o.RequestBody.Content {
					ask(registry, asked, content.Schema)
				}
			}
			if created := o.Responses[strconv.Itoa(o.DefaultStatus)]; o.DefaultStatus != http.StatusCreated {
				delete(created.Headers, "Location")
			}
		}
	}
	for _, schema := range registry.Map() {
		if !asked[schema] {
			schema.AdditionalProperties = nil
		}
	}
}

// ask notes what a request may have in it, at any depth: what is not known there is refused.
func ask(registry huma.Registry, asked map[*huma.Schema]bool, schema *huma.Schema) {
	if schema != nil && schema.Ref != "" {
		schema = registry.SchemaFromRef(schema.Ref)
	}
	if schema == nil || asked[schema] {
		return
	}
	asked[schema] = true
	ask(registry, asked, schema.Items)
	for _, member := range schema.Properties {
		ask(registry, asked, member)
	}
}

const tokenScheme = "token"

// collector is the mux that huma sees: it keeps what it is given. It has no paths but those of
// operations, because huma's configuration names none.
type collector struct{ *api }

func (c collector) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	c.routes = append(c.routes, gate.Route{Pattern: method + " " + Base + path, Handler: http.HandlerFunc(handler), Fail: Fail})
}

// ServeHTTP is never called: the routes are served by whoever mounts them.
func (c collector) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// others are the routes for what no operation answers.
func (a *api) others() []gate.Route {
	methods, paths := map[string][]string{}, []string{}
	for _, r := range slices.Concat(a.routes, a.documents()) {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if methods[path] == nil {
			paths = append(paths, path)
		}
		if methods[path] = append(methods[path], method); method == http.MethodGet {
			methods[path] = append(methods[path], http.MethodHead)
		}
	}
	var routes []gate.Route
	for _, path := range paths {
		allowed := strings.Join(methods[path], ", ")
		routes = append(routes, gate.Route{Pattern: path, Permission: gate.Open, Fail: Fail, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allowed)
			Fail(w, r, refuse(wrongMethod, "", "%s is not possible here: %s is", r.Method, allowed))
		})})
	}
	return append(routes, gate.Route{Pattern: "/api/", Permission: gate.Open, Fail: Fail, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Fail(w, r, refuse(notFound, "", "There is nothing at this address: %s/openapi.json says what there is", Base))
	})})
}
