// Package macho reads what Mach-O files (Apple's programs and libraries, <mach-o/loader.h> and <mach-o/fat.h>) say of
// themselves: which libraries they load, whether their code is encrypted, what they are entitled to, and the texts and
// class names in them. Bytes in, facts out.
//
// No input makes it panic. What cannot be read of a damaged file is told, and the rest is read; what a count claims is
// bounded by what the file holds.
package macho
