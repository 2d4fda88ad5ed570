// Package lost is the pages on which a lost or stolen device is locked, at one person's word, or erased, at two people's.
// Whoever holds a device comes here for it without any role.
package lost
