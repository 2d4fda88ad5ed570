// Package axmltest writes binary XML and resources for tests, well or deliberately badly formed. What
// it writes is small and plain: the format's own way of saying the same, not any tool's.
package axmltest
