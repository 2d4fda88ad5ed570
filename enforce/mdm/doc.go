// Package mdm speaks with NanoMDM and KMFDDM, which stand beside the server and manage Apple devices: their events come
// in (Webhook), commands, declarations and profiles go out (Client), and what was lost on the way is asked for again
// (Manager).
//
// The formats are those of NanoMDM v0.9 (its webhook's JSON, PUT /v1/enqueue/{ids}) and of KMFDDM v0.8 (its API under
// /v1). What devices answer is read by package apple.
//
// # Invariants
//
//   - Nothing of an event is read before its signature holds; one that is old, or was taken already, changes nothing.
//   - An event speaks for the device that NanoMDM enrolled, and for no other that its content may name.
//   - A user's own enrolment is passed over: nothing of it is stored, asked for or given.
//   - An answer counts as all that a device has only where it is to a command of ours, which our own seal tells.
//   - A device that answers NotNow or Error has said nothing of its apps.
//   - Declarations are confirmed by the device's own report of the very token that stands for them, active and valid.
//   - A profile is confirmed by the device's own list of its profiles, asked for after it was given: that it took the
//     profile says that it was given, and no more.
//   - A device has a declaration or a profile, and never both: who had the one is given the other when the first is
//     gone, by its own word.
//
// The package knows no database: what it asks of the server is Listener and Devices.
package mdm
