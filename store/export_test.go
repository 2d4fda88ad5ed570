package store

// MaxStatements is how many statements are kept prepared of each pool.
const MaxStatements = maxStatements

// Prepared is how many statements are kept prepared for writers and for readers, and how many of them could not be.
func (db *DB) Prepared() (written, reading, failed int) {
	count := func(s *statements) (n int) {
		if s == nil {
			return 0
		}
		s.mu.RLock()
		defer s.mu.RUnlock()
		for _, prepared := range s.prepared {
			if n++; prepared == nil {
				failed++
			}
		}
		return n
	}
	return count(db.written), count(db.reading), failed
}

// Cell reads bytes of a backup.
func Cell(text []byte) ([]byte, error) {
	var c cell
	err := c.UnmarshalJSON(text)
	data, _ := c.value.([]byte)
	return data, err
}
