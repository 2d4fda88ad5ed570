package platform

// Misfit is the Left of an entry whose identifier the platform has no way to name: form says what it is
// not.
func (l *List) Misfit(e *Entry, form string) Left { return l.Omit(e, "it is not "+form) }

// Omit is the Left of an entry that the platform has no way to name: why says so. What that means depends
// on the list.
func (l *List) Omit(e *Entry, why string) Left {
	means := "it is left alone, as is all that is not named"
	switch {
	case l.Denies(e) && l.Shut():
		means = "it is kept out with all that is not named"
	case l.Denies(e):
		means = "it is not kept out here, and is found by reports alone"
	case l.Shut():
		means = "it is kept out here, though it is listed"
	}
	return Left{e.Identifier, e.Product, why + ": " + means}
}
