// Package provision lets a body's own directory keep its people and groups here, by SCIM 2.0 at
// /scim/v2: package people/scim speaks the protocol, this package asks room people.
//
// The directory is a program with a token, which has one role in one organisation. What it creates
// belongs to that organisation; organization of the enterprise extension names another one by its
// id, where the token reaches it. A token for all organisations has none of its own, so that it must
// be named, and makes no groups. Who and what the token may not see is not there (404).
//
// How a person is shown and kept:
//
//   - displayName is the name. Where it is not given, name.formatted is, or given and family name. A
//     name that was made of given and family name follows them. name.formatted shows the two.
//   - One address and one telephone number are kept: the primary one, else that of type work, else the
//     first. They are shown as primary, of type work.
//   - Where no organisation is said, a person stays where they are.
//   - active false ends sessions, passkeys and the tokens that the person made, in the same transaction.
//   - DELETE deactivates, and takes the person out of the directory's sight: the id is not found any
//     more, the user name and the external id are free. The person is not erased, because decisions
//     refer to them: on the pages they are inactive, with the user name removed: and their id, and the
//     external id that is removedID, by which this package knows them. To have them back, give them a
//     user name and an external id there.
//
// What a person is found by at their sign-in (user name, address, external id) is changed only with a
// token whose role may give every role that the person has; DELETE of such a person deactivates them,
// and answers 403 because they stay in sight.
//
// A list is read from its beginning for each page, because SCIM counts and the room goes by places: a
// client that has many people here does better with filters on id, externalId, userName and emails,
// which are looked up.
package provision
