package scim

import (
	"net/http"
	"slices"
	"strings"
)

// The schemas of what describes the service, RFC 7643, 8.7.2.
const (
	configSchema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	typeSchema   = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaSchema = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

// discovery answers with a description of the service. It takes no filter, RFC 7644, 4.
func (h *handler) discovery(describe func(r *http.Request) (any, error)) endpoint {
	return func(r *http.Request) (answer, error) {
		if r.URL.Query().Has("filter") {
			return answer{}, &problem{http.StatusForbidden, "", "this cannot be filtered: it is short"}
		}
		body, err := describe(r)
		return answer{status: http.StatusOK, body: body}, err
	}
}

// described is the meta of a description.
type described struct {
	ResourceType string `json:"resourceType"`
	Location     string `json:"location"`
}

func (h *handler) described(kind string, path ...string) described {
	return described{kind, h.base + "/" + strings.Join(path, "/")}
}

type supported struct {
	Supported bool `json:"supported"`
}

type bulkSupport struct {
	supported
	MaxOperations  int `json:"maxOperations"`
	MaxPayloadSize int `json:"maxPayloadSize"`
}

type filterSupport struct {
	supported
	MaxResults int `json:"maxResults"`
}

type authenticationScheme struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	SpecURI     string `json:"specUri"`
	Primary     bool   `json:"primary"`
}

// providerConfig is RFC 7643, section 5.
type providerConfig struct {
	Schemas               []string               `json:"schemas"`
	Patch                 supported              `json:"patch"`
	Bulk                  bulkSupport            `json:"bulk"`
	Filter                filterSupport          `json:"filter"`
	ChangePassword        supported              `json:"changePassword"`
	Sort                  supported              `json:"sort"`
	ETag                  supported              `json:"etag"`
	AuthenticationSchemes []authenticationScheme `json:"authenticationSchemes"`
	Meta                  described              `json:"meta"`
}

func (h *handler) config(*http.Request) (any, error) {
	return providerConfig{
		Schemas: []string{configSchema},
		Patch:   supported{true},
		Filter:  filterSupport{supported{true}, maxResults},
		ETag:    supported{true},
		AuthenticationSchemes: []authenticationScheme{{Type: "oauthbearertoken", Name: "Bearer token",
			Description: "A token that an operator of Portcullis made for the directory, in the Authorization header",
			SpecURI:     "https://www.rfc-editor.org/info/rfc6750", Primary: true}},
		Meta: h.described("ServiceProviderConfig", "ServiceProviderConfig"),
	}, nil
}

type schemaExtension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// typeDescription is RFC 7643, section 6.
type typeDescription struct {
	Schemas          []string          `json:"schemas"`
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Endpoint         string            `json:"endpoint"`
	Description      string            `json:"description"`
	Schema           string            `json:"schema"`
	SchemaExtensions []schemaExtension `json:"schemaExtensions"`
	Meta             described         `json:"meta"`
}

func (h *handler) typeOf(rt *resourceType) typeDescription {
	d := typeDescription{
		Schemas: []string{typeSchema}, ID: rt.name, Name: rt.name, Endpoint: rt.endpoint, Description: rt.core.Description,
		Schema: rt.core.ID, SchemaExtensions: []schemaExtension{}, Meta: h.described("ResourceType", "ResourceTypes", rt.name),
	}
	if rt.extension != nil {
		d.SchemaExtensions = append(d.SchemaExtensions, schemaExtension{Schema: rt.extension.ID})
	}
	return d
}

func (h *handler) typeList(*http.Request) (any, error) {
	return listOf(resourceTypes, h.typeOf), nil
}

func (h *handler) oneType(r *http.Request) (any, error) {
	i := slices.IndexFunc(resourceTypes, func(rt *resourceType) bool { return rt.name == r.PathValue("name") })
	if i < 0 {
		return nil, &problem{http.StatusNotFound, "", "there is no such type of resource: /ResourceTypes has all"}
	}
	return h.typeOf(resourceTypes[i]), nil
}

// schemaDescription is RFC 7643, section 7.
type schemaDescription struct {
	Schemas []string `json:"schemas"`
	*schema
	Meta described `json:"meta"`
}

func (h *handler) schemaOf(s *schema) schemaDescription {
	return schemaDescription{[]string{schemaSchema}, s, h.described("Schema", "Schemas", s.ID)}
}

var schemas = []*schema{users.core, users.extension, groups.core}

func (h *handler) schemaList(*http.Request) (any, error) {
	return listOf(schemas, h.schemaOf), nil
}

func (h *handler) oneSchema(r *http.Request) (any, error) {
	i := slices.IndexFunc(schemas, func(s *schema) bool { return strings.EqualFold(s.ID, r.PathValue("id")) })
	if i < 0 {
		return nil, &problem{http.StatusNotFound, "", "there is no such schema: /Schemas has all"}
	}
	return h.schemaOf(schemas[i]), nil
}

// listOf is a whole list, on one page.
func listOf[A, B any](from []A, describe func(A) B) listResponse[B] {
	l := listResponse[B]{Schemas: []string{listSchema}, TotalResults: len(from), StartIndex: 1, ItemsPerPage: len(from)}
	for _, a := range from {
		l.Resources = append(l.Resources, describe(a))
	}
	return l
}
