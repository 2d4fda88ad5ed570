package api_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/web/api"
)

var update = flag.Bool("update", false, "write testdata/openapi.json anew")

func TestDocumentIsTheGoldenOne(t *testing.T) {
	got, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("the document has changed; where that is meant, run with -update (-golden +now):\n%s", diff)
	}
}

// described is what the test reads of an operation.
type described struct {
	OperationID string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Description string                `json:"description"`
	Security    []map[string][]string `json:"security"`
	Permission  string                `json:"x-permission"`
	Parameters  []struct {
		Name, In, Description string
		Required              bool
	} `json:"parameters"`
	Responses map[string]struct {
		Description string
		Content     map[string]struct{ Schema json.RawMessage }
	} `json:"responses"`
}

func TestDocumentIsWhole(t *testing.T) {
	encoded, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		OpenAPI    string                          `json:"openapi"`
		Info       struct{ Title, Version string } `json:"info"`
		Paths      map[string]map[string]described `json:"paths"`
		Components struct {
			Schemas         map[string]json.RawMessage               `json:"schemas"`
			SecuritySchemes map[string]struct{ Type, Scheme string } `json:"securitySchemes"`
		} `json:"components"`
	}
	if err := json.Unmarshal(encoded, &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1.") || document.Info.Title == "" || document.Info.Version == "" {
		t.Errorf("openapi %q, info %v", document.OpenAPI, document.Info)
	}
	operations := map[string]bool{}
	for path, methods := range document.Paths {
		for method, o := range methods {
			if operations[o.OperationID] || o.OperationID == "" {
				t.Errorf("%s %s: the operation id %q is empty or not the only one", method, path, o.OperationID)
			}
			operations[o.OperationID] = true
			checkOperation(t, method+" "+path, path, o, document.Components.SecuritySchemes)
		}
	}
	if got, want := len(operations), len(operationRoutes()); got != want {
		t.Errorf("%d operations are described, and there are %d", got, want)
	}
	var all any
	if err := json.Unmarshal(encoded, &all); err != nil {
		t.Fatal(err)
	}
	checkReferences(t, all, all)
}

func checkOperation(t *testing.T, name, path string, o described, schemes map[string]struct{ Type, Scheme string }) {
	t.Helper()
	if o.Summary == "" || o.Permission == "" || !strings.Contains(o.Description, o.Permission) {
		t.Errorf("%s: summary %q, permission %q, description %q", name, o.Summary, o.Permission, o.Description)
	}
	for _, required := range o.Security {
		for scheme := range required {
			if schemes[scheme].Type != "http" {
				t.Errorf("%s: there is no security scheme %q", name, scheme)
			}
		}
	}
	if len(o.Security) == 0 {
		t.Errorf("%s needs no token", name)
	}
	good := 0
	for status, response := range o.Responses {
		problem, found := response.Content["application/problem+json"]
		switch {
		case response.Description == "":
			t.Errorf("%s: %s is not described", name, status)
		case status[0] == '2':
			good++
		case !found || !strings.Contains(string(problem.Schema), "/Problem"):
			t.Errorf("%s: %s has not the one form of errors: %v", name, status, response.Content)
		}
	}
	for _, status := range []string{"401", "403", "422"} {
		if _, found := o.Responses[status]; !found {
			t.Errorf("%s does not say %s", name, status)
		}
	}
	if good != 1 {
		t.Errorf("%s has %d good answers", name, good)
	}
	for segment := range strings.SplitSeq(path, "/") {
		named := strings.Trim(segment, "{}")
		if named == segment {
			continue
		}
		found := false
		for _, p := range o.Parameters {
			found = found || p.Name == named && p.In == "path" && p.Required
		}
		if !found {
			t.Errorf("%s does not describe %s", name, segment)
		}
	}
}

// checkReferences follows every $ref in part.
func checkReferences(t *testing.T, document, part any) {
	t.Helper()
	switch part := part.(type) {
	case []any:
		for _, item := range part {
			checkReferences(t, document, item)
		}
	case map[string]any:
		if to, ok := part["$ref"].(string); ok {
			at, found := document, true
			for step := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
				object, isObject := at.(map[string]any)
				at, found = object[step], found && isObject && object[step] != nil
			}
			if !found {
				t.Errorf("%s leads nowhere", to)
			}
		}
		for _, item := range part {
			checkReferences(t, document, item)
		}
	}
}
