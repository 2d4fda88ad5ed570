package scim

import (
	"slices"
	"strings"
)

// The schemas of resources, RFC 7643, 8.7.
const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// The types of attributes that occur here.
const (
	stringType    = "string"
	booleanType   = "boolean"
	dateTimeType  = "dateTime"
	referenceType = "reference"
	complexType   = "complex"
)

// attribute is the definition of one, in the form of RFC 7643, section 7. Filters, changes and
// answers all go by it.
type attribute struct {
	Name           string       `json:"name"`
	Type           string       `json:"type"`
	MultiValued    bool         `json:"multiValued"`
	Description    string       `json:"description"`
	Required       bool         `json:"required"`
	CaseExact      bool         `json:"caseExact"`
	Mutability     string       `json:"mutability"`
	Returned       string       `json:"returned"`
	Uniqueness     string       `json:"uniqueness"`
	ReferenceTypes []string     `json:"referenceTypes,omitempty"`
	SubAttributes  []*attribute `json:"subAttributes,omitempty"`
	// forgotten are the names of sub-attributes that RFC 7643 defines and that are not kept.
	forgotten []string
}

func (a *attribute) readOnly() bool { return a.Mutability == "readOnly" }

func (a *attribute) sub(name string) *attribute { return named(a.SubAttributes, name) }

func named(all []*attribute, name string) *attribute {
	for _, a := range all {
		if strings.EqualFold(a.Name, name) {
			return a
		}
	}
	return nil
}

// schema is the definition of one, in the form of RFC 7643, section 7.
type schema struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Attributes  []*attribute `json:"attributes"`
	forgotten   []string
}

// resourceType is a kind of resource: its core schema and its extension, if it has one.
type resourceType struct {
	name, endpoint string
	core           *schema
	extension      *schema
}

// own makes an attribute that clients may write; common ones are changed by what follows.
func own(name, kind, description string, change ...func(*attribute)) *attribute {
	a := &attribute{Name: name, Type: kind, Description: description, Mutability: "readWrite", Returned: "default", Uniqueness: "none"}
	for _, c := range change {
		c(a)
	}
	return a
}

func required(a *attribute)  { a.Required = true }
func exact(a *attribute)     { a.CaseExact = true }
func many(a *attribute)      { a.MultiValued = true }
func fixed(a *attribute)     { a.Mutability = "readOnly" }
func immutable(a *attribute) { a.Mutability = "immutable" }
func always(a *attribute)    { a.Returned = "always" }

func unique(a *attribute) { a.Uniqueness = "server" }

func refersTo(types ...string) func(*attribute) {
	return func(a *attribute) { a.ReferenceTypes, a.CaseExact = types, true }
}

func with(subs ...*attribute) func(*attribute) {
	return func(a *attribute) { a.SubAttributes = subs }
}

func forgetting(names ...string) func(*attribute) {
	return func(a *attribute) { a.forgotten = names }
}

// common are the attributes that every resource has and that no schema lists, RFC 7643, 3.1.
var common = []*attribute{
	own("schemas", referenceType, "The schemas of the resource", many, fixed, always, refersTo("uri")),
	own("id", stringType, "The id of the resource here, which is never given again", fixed, always, exact, unique),
	own("externalId", stringType, "The client's own id of the resource", exact),
	own("meta", complexType, "What the server says of the resource", fixed, with(
		own("resourceType", stringType, "User or Group", fixed, exact),
		own("created", dateTimeType, "When it was made", fixed),
		own("lastModified", dateTimeType, "When it was changed last", fixed),
		own("location", referenceType, "Its address", fixed, refersTo("uri")),
		own("version", stringType, "Its ETag", fixed, exact),
	)),
}

func contactAttribute(name, description string) *attribute {
	return own(name, complexType, description, many, with(
		own("value", stringType, "The address or number"),
		own("type", stringType, "What it is for, such as work"),
		own("primary", booleanType, "Whether it is the one to use"),
	), forgetting("display"))
}

var users = &resourceType{name: "User", endpoint: "/Users",
	core: &schema{ID: userSchema, Name: "User", Description: "A person",
		forgotten: []string{"nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone", "password",
			"ims", "photos", "addresses", "entitlements", "roles", "x509Certificates"},
		Attributes: []*attribute{
			own("userName", stringType, "What the person signs in with", required, unique),
			own("name", complexType, "The person's name", with(
				own("formatted", stringType, "The whole name"),
				own("givenName", stringType, "The given name"),
				own("familyName", stringType, "The family name"),
			), forgetting("middleName", "honorificPrefix", "honorificSuffix")),
			own("displayName", stringType, "The name that others read"),
			contactAttribute("emails", "The person's addresses"),
			contactAttribute("phoneNumbers", "The person's telephone numbers"),
			own("active", booleanType, "Whether the person may come in: false ends sessions and tokens at once"),
			own("groups", complexType, "The groups that the person is in; change them at the groups", many, fixed, with(
				own("value", stringType, "The id of the group", fixed, exact),
				own("$ref", referenceType, "The address of the group", fixed, refersTo("Group")),
				own("display", stringType, "The name of the group", fixed),
				own("type", stringType, "Always direct", fixed),
			)),
		}},
	extension: &schema{ID: enterpriseSchema, Name: "EnterpriseUser", Description: "A person's place in a body",
		forgotten: []string{"costCenter", "division", "manager"},
		Attributes: []*attribute{
			own("employeeNumber", stringType, "The number that the body gave the person", exact),
			own("department", stringType, "The department, in the body's own words"),
			own("organization", stringType, "The id of the organisation here that the person belongs to", exact),
		}},
}

var groups = &resourceType{name: "Group", endpoint: "/Groups",
	core: &schema{ID: groupSchema, Name: "Group", Description: "A group of people",
		Attributes: []*attribute{
			own("displayName", stringType, "The name of the group", required),
			own("members", complexType, "The people in the group", many, with(
				own("value", stringType, "The id of the person", immutable, exact),
				own("$ref", referenceType, "The address of the person", immutable, refersTo("User")),
				own("display", stringType, "The person's name", fixed),
				own("type", stringType, "Always User: a group holds no groups", immutable),
			)),
		}},
}

var resourceTypes = []*resourceType{users, groups}

// target is where a path leads.
type target struct {
	extension *schema    // nil in the core schema
	attribute *attribute // nil for the extension as a whole
	sub       *attribute // nil for the attribute as a whole
	forgotten bool       // RFC 7643 has it, and it is not kept
}

// leaf is the definition of what the path leads to.
func (t target) leaf() *attribute {
	if t.sub != nil {
		return t.sub
	}
	return t.attribute
}

// find follows a path; ok is false where the resource has no such attribute.
func (rt *resourceType) find(p path) (t target, ok bool) {
	s := rt.core
	switch {
	case p.schema == "" || strings.EqualFold(p.schema, rt.core.ID):
	case rt.extension == nil:
		return target{}, false
	case strings.EqualFold(p.schema, rt.extension.ID):
		s, t.extension = rt.extension, rt.extension
	case strings.EqualFold(p.schema+":"+p.attribute, rt.extension.ID):
		return target{extension: rt.extension}, p.sub == "" && p.filter == nil
	default:
		return target{}, false
	}
	t.attribute = named(s.Attributes, p.attribute)
	if t.attribute == nil && s == rt.core {
		t.attribute = named(common, p.attribute)
	}
	if t.attribute == nil {
		t.forgotten = holds(s.forgotten, p.attribute)
		return t, t.forgotten
	}
	if p.sub != "" {
		t.sub = t.attribute.sub(p.sub)
		t.forgotten = t.sub == nil && holds(t.attribute.forgotten, p.sub)
		return t, t.sub != nil || t.forgotten
	}
	return t, true
}

// known are the ids of the schemas that a resource of the type may name.
func (rt *resourceType) known() []string {
	ids := []string{rt.core.ID}
	if rt.extension != nil {
		ids = append(ids, rt.extension.ID)
	}
	return ids
}

func holds(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
