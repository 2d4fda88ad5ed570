// Package dextest makes small DEX files for tests: what is described is written as the format wants it, with sorted
// tables, a map and right checksums, so that a test damages only what it means to.
package dextest
