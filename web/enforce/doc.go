// Package enforce is the pages of what devices are to have: every list of a body or of one device in each platform's
// own form, to look at and to download; what would change in them if something that is proposed were signed; and how
// far what was decided has come.
package enforce
