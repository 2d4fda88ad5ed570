// Package scim speaks SCIM 2.0 (RFC 7643 and 7644), by which a body's own directory creates, changes
// and deactivates the people and groups here. It is a codec and an http.Handler over Directory, which
// room people implements; it keeps nothing, reads no clock and opens no database.
//
// # Who is asking
//
// The handler asks nobody for a token. What wraps it does, refuses with 401 whoever has none, and
// puts the actor into the request's context, where the Directory finds it. The Directory decides what
// the actor may see and do; a person that the actor may not see is not there.
//
// # What is supported
//
//   - Users and Groups: POST, GET, PUT, PATCH, DELETE; lists with filter, startIndex and count
//     (200 at most, and at most 20,000 members on one page); POST /.search, /Users/.search,
//     /Groups/.search; attributes and excludedAttributes.
//   - The whole filter language of RFC 7644, 3.4.2.2, and emails[type eq "work"].value eq "…", which
//     is not in it and which Entra ID sends. An attribute compares as its schema says; "ne" is the
//     contrary of "eq", so that it is true of what has no value. Equality with an id, external id,
//     user name, display name, address or member goes to the Directory as a Query; anything else is
//     tried on each resource as the Directory streams them.
//   - PATCH with add, replace and remove, with a path, a path with a filter, or none. A change of a
//     group reaches the Directory as a GroupChange: who joins and who leaves, not the whole group.
//   - ETags (weak), If-Match (412), If-None-Match (304). Without If-Match a change of a person that
//     meets another change is done again once, on top of it.
//   - /ServiceProviderConfig, /ResourceTypes, /Schemas. Errors in the form of RFC 7644, 3.12.
//
// Not supported, and said so in /ServiceProviderConfig where it has a word for it: bulk (501), /Me
// (501), sorting (sortBy is not looked at), change of password, groups within groups, searching the
// root with GET.
//
// # What is kept of a person
//
// userName, externalId, name (formatted, givenName, familyName), displayName, emails and phoneNumbers
// (value, type, primary), active, and of the enterprise extension employeeNumber, department and
// organization. The last is the id of an organisation of Portcullis; what an empty one means is the
// Directory's to say. Everything else that RFC 7643 defines (postal addresses, photos, titles, manager,
// passwords, …) is taken without complaint and forgotten: nothing here needs it. An attribute that
// RFC 7643 does not define is forgotten in POST and PUT, and refused in PATCH and in filters.
//
// Of a group: displayName, externalId, and members, who are people. A PUT that does not mention members
// leaves none.
//
// # Deactivation
//
// active false is how a directory says that somebody has left. A PUT that does not mention active
// leaves it as it was, and PATCH cannot remove it: nobody is let in again by an omission. DELETE asks
// the Directory to end the person, after which the id is not found and is never given out again. It is
// the Directory that ends sessions and tokens, in the transaction of ReplaceUser or DeleteUser.
//
// # What is forgiven
//
// Attribute names, schema names and operations in any case; true and false as text; a number for
// text; one value where many may stand, and one in a list where one may; names with a dot, or with
// their schema, as keys of objects; add with emails[type eq "work"].value where there is no such
// address, which makes one; a list of members as the value of remove; read-only attributes in a PATCH
// without path, unless they contradict.
// What is not: the same key twice in one object, an unknown schema, more than 1 MiB.
package scim
