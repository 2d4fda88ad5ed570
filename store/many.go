package store

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// statementSize is how many parameters a statement of Insert has at most on PostgreSQL, where each statement is a way
// there and back. SQLite takes rows one by one: for a statement of several it keeps the pages as they were, to take
// the first rows back if a later one fails, and it looks each parameter up among all of the statement's.
const statementSize = 480

// insertTexts are the statements of Insert that were made so far.
var insertTexts sync.Map // by insertText

type insertText struct {
	head, tail    string
	columns, rows int
}

// Insert inserts rows of so many columns, whose values follow each other in args: head is the statement
// up to VALUES, tail what follows the values, such as ON CONFLICT.
func (tx *Tx) Insert(head string, columns int, tail string, args []any) error {
	if len(args)%columns != 0 { // which not every engine would notice
		return fmt.Errorf("%d values make no rows of %d columns: %s", len(args), columns, head)
	}
	most := columns
	if tx.engine == PostgreSQL {
		most = max(statementSize/columns, 1) * columns
	}
	for len(args) > 0 {
		n := min(len(args), most)
		if _, err := tx.Exec(insertStatement(insertText{head, tail, columns, n / columns}), args[:n]...); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

func insertStatement(t insertText) string {
	if made, ok := insertTexts.Load(t); ok {
		return made.(string)
	}
	var b strings.Builder
	b.WriteString(t.head + " VALUES ")
	for i := range t.rows * t.columns {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%t.columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	b.WriteString(") " + t.tail)
	insertTexts.Store(t, b.String())
	return b.String()
}

// In is a list of so many parameters from $first on, for IN.
func In(first, n int) string {
	var b strings.Builder
	b.WriteString("(")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(first+i))
	}
	b.WriteString(")")
	return b.String()
}
