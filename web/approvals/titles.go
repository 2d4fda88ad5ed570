package approvals

import (
	"net/http"

	"portcullis/web/ui"
)

// Titles are what proposals are about, each with the way to it, by those of the ids that are proposals which who asks may
// see: for pages on which they stand among other things.
func (r Rooms) Titles(q *http.Request, ids []string) (map[string]ui.Link, error) {
	seen, err := r.Approvals.Seen(q.Context(), actor(q), ids)
	if err != nil {
		return nil, err
	}
	w, titles := newArea(r).words(nil), map[string]ui.Link{}
	for i := range seen {
		titles[seen[i].ID] = ui.Link{Text: w.title(&seen[i]), Href: ProposalPath(seen[i].ID)}
	}
	return titles, nil
}
