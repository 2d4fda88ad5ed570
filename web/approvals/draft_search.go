package approvals

import (
	"embed"
	"net/http"
	"net/url"

	"portcullis/web/ui"
)

//go:embed draft_search.html
var searchFiles embed.FS

var searchTemplates = ui.Parse(searchFiles)

// search asks one question, what something is called. It is sent with the address, which keeps what it says besides.
type search struct {
	At, Label string
	Hidden    []ui.Hidden
	Field     *ui.Field
}

// searched is the search of a page, and the words that are sought. Keep are the parts of the address that are kept.
func searched(r *http.Request, label, hint string, keep ...string) (shown ui.Component, words string) {
	query := r.URL.Query()
	s := search{At: r.URL.Path, Label: label, Field: &ui.Field{Name: "q", Label: label, Hint: hint, Values: given(query.Get("q")), As: ui.Input{Type: "search"}}}
	for _, name := range keep {
		for _, value := range query[name] {
			s.Hidden = append(s.Hidden, ui.Hidden{Name: name, Value: value})
		}
	}
	return searchTemplates.View("draft_search", s), query.Get("q")
}

// kept are the parts of an address that have one of the names.
func kept(query url.Values, names []string) url.Values {
	found := url.Values{}
	for _, name := range names {
		if values := query[name]; len(values) > 0 {
			found[name] = values
		}
	}
	return found
}
