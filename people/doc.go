// Package people knows who there is and who may do what: organisations, persons, groups, roles,
// sign-in, and the one permission table.
//
// Whatever changes or shows something on somebody's behalf, in this room or one above it, goes
// through Act or See. They find out in the transaction itself who asks (so a session that has ended
// or a person who was deactivated a moment ago is nobody), hand the operation a Tx to ask Require
// with, and refuse to finish an operation that asked for no permission, or that changed something
// and recorded nothing. What is refused goes to the access log, of which a digest enters the ledger
// each hour. No front end can forget.
//
// May somebody do something? That depends on two things: the role, which Table lists for each
// permission; and the organisation in which the role is held, which reaches all below it. What is marked
// (Tx.Assign) is seen by those alone who are assigned to it: that is for the room which has it.
//
// Who may change people does not thereby come to be them. To invite somebody, to bring them back, to
// remove their passkey or to change what they are found by (user name, mail address, external id), one
// must be able to give every role that they have, and be assigned to all that they are assigned to. To
// send somebody away or sign them out needs only the permission: that is the safe side. Nobody changes
// their own roles, by a program neither; no program makes tokens, and a token rests while its maker may
// not make it. What belongs to another organisation, or will, is not moved without leave there.
//
// There are no passwords. People sign in by passkey (people/passkey) or through their
// organisation's own provider (people/oidc); programs have tokens, each with one role in one
// organisation and an end; and a device may have a key that was made from one, for itself alone: only what
// is asked with RequireFor is open to it. People come in one by one, by CSV and by SCIM (people/scim).
//
// Parents, lists, monitor periods, memberships and roles keep two times: when they held and when
// they were recorded (store.History).
//
// Tables, and how long their personal data is kept:
//
//   - people_organisations, _parents, _lists, _monitors: no personal data; kept.
//   - people_persons, _words, _memberships, _groups, _group_members, _roles, _assignments: as long as
//     the person is there, and then as long as the decisions they took part in.
//   - people_passkeys, _identities: until they are removed, or the person is deactivated.
//   - people_sponsors: who has last given whom a way in or a role; as long as the persons are there.
//   - people_sessions, _ceremonies, _links, _requests: removed within an hour of their end.
//   - people_tokens: kept, without their secret.
//   - people_device_keys: which keys of a device have ended; no personal data; kept.
//   - people_access: 400 days.
//
// Ledger entries: those of Kinds. By custom the first subject of an entry is the organisation that it
// is about, or Everywhere: who may see entries follows from that. Payloads name what changed and hold
// no names or addresses of persons.
//
// All rooms above may import this one.
package people
