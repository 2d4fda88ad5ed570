package store

// Generation numbers what has been decided. Every decision raises it in its own transaction; every
// answer, page and artefact carries the one that it was made from.
type Generation int64

// Raise raises the generation by one and returns it. Decisions are thereby put in one order.
func (tx *Tx) Raise() (Generation, error) { return raiseGeneration(tx) }

// Generation returns the generation that the transaction sees.
func (tx *Tx) Generation() (Generation, error) { return selectGeneration(tx) }
