package scim

import (
	"context"
	"time"
)

// User is a person, as SCIM sees one.
type User struct {
	ID         string // given by the Directory, never given again
	ExternalID string // the client's own id
	UserName   string // unique, whatever its case
	Name       Name
	// DisplayName is what people read.
	DisplayName  string
	Emails       []Contact
	PhoneNumbers []Contact
	Active       bool
	Enterprise   Enterprise
	Groups       []Reference // given by the Directory; what a client says of them is not taken
	Meta         Meta        // given by the Directory
}

// Name is a name in parts and as a whole; any of them may be empty.
type Name struct{ Formatted, GivenName, FamilyName string }

// Contact is an address or a telephone number; Type is the client's word, such as work. One of a list
// at most is primary.
type Contact struct {
	Value, Type string
	Primary     bool
}

// Enterprise is what is kept of the enterprise extension. Organization is the id of an organisation.
type Enterprise struct{ EmployeeNumber, Department, Organization string }

// Reference names another resource: the id, and what people read.
type Reference struct{ ID, Display string }

// Meta is what the Directory says of a resource.
type Meta struct {
	Created, LastModified time.Time
	// Version changes with every change of the resource (a person's groups aside): letters, digits and
	// hyphens, not empty.
	Version string
}

// Group is a group of people.
type Group struct {
	ID          string // given by the Directory, never given again
	ExternalID  string
	DisplayName string
	Members     []Reference // of people alone; nil where they were not asked for
	Meta        Meta
}

// GroupChange is what is to become of a group; what is nil stays. A person who is to join and is a
// member, or is to leave and is none, is no error. No id stands in both Add and Remove.
type GroupChange struct {
	DisplayName *string
	ExternalID  *string
	Add, Remove []string  // ids of people
	Members     *[]string // all members from now on; Add and Remove are then empty
}

// Attribute is one that a Directory can look up.
type Attribute string

// The attributes of queries.
const (
	ByID          Attribute = "id"            // exactly
	ByExternalID  Attribute = "externalId"    // exactly
	ByUserName    Attribute = "userName"      // whatever the case
	ByDisplayName Attribute = "displayName"   // whatever the case
	ByEmail       Attribute = "emails.value"  // whatever the case; any of a person's addresses
	ByMember      Attribute = "members.value" // the id of a person; groups alone
)

// Query selects resources: those whose attribute By equals Value, or all where By is empty. Of these,
// in an order that does not change, it wants Limit, after leaving out the first Offset.
type Query struct {
	By            Attribute
	Value         string
	Offset, Limit int // Limit may be Unlimited
}

// Unlimited is the Limit of a query for everything.
const Unlimited = -1

// Directory keeps the people and groups. The actor is in ctx; each method sees and changes what the
// actor may, in a transaction of its own. Errors that a client is told about are of package fault:
// NotFound for what is not there or not to be seen, Conflict for a name that is taken, Changed where
// version is neither empty nor the resource's, Invalid with the attribute as its field, Refused. Any
// other is logged, and the client is told nothing but that there was one.
type Directory interface {
	User(ctx context.Context, id string) (User, error)
	// Users gives each the people that the query wants, and returns how many there are without
	// Offset and Limit. each does not call the Directory; its error ends the query.
	Users(ctx context.Context, q Query, each func(User) error) (total int, err error)
	// CreateUser and ReplaceUser return the person as kept, which may be less than was sent. ID, Groups and Meta of a new one are
	// empty; those of one to replace are as User gave them.
	CreateUser(ctx context.Context, u User) (User, error)
	// ReplaceUser with Active false ends the person's sessions and tokens before it returns.
	ReplaceUser(ctx context.Context, u User, version string) (User, error)
	// DeleteUser deactivates as ReplaceUser does, and the id is not found from then on.
	DeleteUser(ctx context.Context, id, version string) error

	// Group returns a group, with its members if they are asked for.
	Group(ctx context.Context, id string, members bool) (Group, error)
	// Groups is to groups what Users is to people. No members are needed.
	Groups(ctx context.Context, q Query, each func(Group) error) (total int, err error)
	CreateGroup(ctx context.Context, g Group) (Group, error)
	// ChangeGroup returns the group as kept; no members are needed.
	ChangeGroup(ctx context.Context, id string, c GroupChange, version string) (Group, error)
	DeleteGroup(ctx context.Context, id, version string) error
}
