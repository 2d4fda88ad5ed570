package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"portcullis/internal/fault"
)

// Paging is which page of a list is asked for.
type Paging struct {
	After string `query:"after" maxLength:"2000" doc:"What the page before had as next; left out for the first page"`
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many items a page has at most"`
}

// list is an answer with one page of a list.
type list[T any] struct {
	Link string `header:"Link" doc:"The address of the next page, rel=\"next\" (RFC 8288)"`
	Body page[T]
}

type page[T any] struct {
	Items []T    `json:"items" doc:"What is on this page"`
	Next  string `json:"next,omitempty" doc:"Where there are more: give it as after"`
}

// cursor is a place in a list: the last item that was shown. It gives no right to anything, so that
// it need not be signed; the sum finds what was mangled on its way.
type cursor struct {
	Version int    `json:"v"`
	List    string `json:"l"`           // path, and what the list was asked for
	Name    string `json:"n,omitempty"` // of the last item, where the list is in the order of names
	ID      string `json:"i"`
}

const (
	cursorVersion = 1
	cursorSum     = 8 // bytes
)

func (c cursor) String() (string, error) {
	encoded, err := json.Marshal(c)
	sum := sha256.Sum256(encoded)
	return base64.RawURLEncoding.EncodeToString(append(sum[:cursorSum], encoded...)), err
}

// parseCursor reads a cursor of the list; an empty one is the list's beginning.
func parseCursor(list, text string) (c cursor, err error) {
	if text == "" {
		return c, nil
	}
	wrong := fault.In("after", "This is not what the page before had as next: give it back unchanged, with the rest of the query as it was, or begin again without it")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) <= cursorSum {
		return c, wrong
	}
	sum := sha256.Sum256(decoded[cursorSum:])
	if !bytes.Equal(sum[:cursorSum], decoded[:cursorSum]) || json.Unmarshal(decoded[cursorSum:], &c) != nil {
		return cursor{}, wrong
	}
	if c.Version != cursorVersion || c.List != list || c.ID == "" {
		return cursor{}, wrong
	}
	return c, nil
}

// paged makes the answer of a list. read returns the items after a place, in the list's order, limit
// of them at most; place is where an item stands. The query is what else the list was asked for.
func paged[F, T any](p Paging, path string, query url.Values, read func(after cursor, limit int) ([]F, error), place func(F) cursor, show func(F) T) (*list[T], error) {
	after, err := parseCursor(path+"?"+query.Encode(), p.After)
	if err != nil {
		return nil, err
	}
	found, err := read(after, p.Limit+1) // one more tells that there are more
	if err != nil {
		return nil, err
	}
	answer := &list[T]{Body: page[T]{Items: make([]T, 0, min(len(found), p.Limit))}}
	for _, f := range found[:min(len(found), p.Limit)] {
		answer.Body.Items = append(answer.Body.Items, show(f))
	}
	if len(found) <= p.Limit {
		return answer, nil
	}
	return answer, answer.goOn(p, path, query, place(found[p.Limit-1]))
}

// stretched makes the answer of a list whose room says itself after which id the next page begins.
func stretched[F, T any](p Paging, path string, query url.Values, read func(after string) (found []F, next string, err error), show func(F) T) (*list[T], error) {
	after, err := parseCursor(path+"?"+query.Encode(), p.After)
	if err != nil {
		return nil, err
	}
	found, next, err := read(after.ID)
	if err != nil {
		return nil, err
	}
	answer := whole(found, show)
	if next == "" {
		return answer, nil
	}
	return answer, answer.goOn(p, path, query, cursor{ID: next})
}

// goOn says where the next page begins: after a place.
func (l *list[T]) goOn(p Paging, path string, query url.Values, last cursor) (err error) {
	last.Version, last.List = cursorVersion, path+"?"+query.Encode()
	if l.Body.Next, err = last.String(); err != nil {
		return fmt.Errorf("the cursor of %s: %w", path, err)
	}
	next := url.Values{}
	for key, values := range query {
		next[key] = values
	}
	next.Set("after", l.Body.Next)
	next.Set("limit", strconv.Itoa(p.Limit))
	l.Link = fmt.Sprintf(`<%s%s?%s>; rel="next"`, Base, path, next.Encode())
	return nil
}

// whole makes the answer of a short list that is one page.
func whole[F, T any](found []F, show func(F) T) *list[T] {
	items := make([]T, 0, len(found))
	for _, f := range found {
		items = append(items, show(f))
	}
	return &list[T]{Body: page[T]{Items: items}}
}

// given are the parameters of a query that are not empty: names and values by turns.
func given(pairs ...string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}
