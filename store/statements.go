package store

import (
	"context"
	"database/sql"
	"sync"
)

// statements are those of one pool of connections that are kept prepared: SQLite takes longer to read most
// statements than to carry them out. PostgreSQL's driver keeps its own.
type statements struct {
	pool *sql.DB

	mu       sync.RWMutex
	prepared map[string]*sql.Stmt // nil where it cannot be
}

// maxStatements is how many are kept; a server has some hundreds.
const maxStatements = 1000

func newStatements(pool *sql.DB) *statements {
	return &statements{pool: pool, prepared: map[string]*sql.Stmt{}}
}

// find returns a prepared statement; nil where there is none, and then whether it is worth preparing.
func (s *statements) find(query string) (prepared *sql.Stmt, unknown bool) {
	if s == nil {
		return nil, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	prepared, known := s.prepared[query]
	return prepared, !known && len(s.prepared) < maxStatements
}

// prepare prepares statements for those who come next. It needs a connection of the pool, and so comes after
// the transaction that found them missing. What cannot be prepared is carried out as it was.
func (s *statements) prepare(ctx context.Context, queries []string) {
	for _, query := range queries {
		made, err := s.pool.PrepareContext(ctx, query)
		if err != nil && ctx.Err() != nil {
			return // which says nothing about the statement
		}
		if err != nil {
			made = nil
		}
		s.keep(query, made)
	}
}

// keep keeps a statement, unless another came first.
func (s *statements) keep(query string, made *sql.Stmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.prepared[query]; !known && len(s.prepared) < maxStatements {
		s.prepared[query] = made
		return
	}
	if made != nil {
		_ = made.Close() // it did nothing yet
	}
}
