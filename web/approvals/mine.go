package approvals

import (
	"net/http"

	"portcullis/web/ui"
)

// mostMine is how many proposals of one's own are shown on the first page.
const mostMine = 5

// Mine is what whoever has signed in has proposed or asked for, or what is for them, with how far each has come, the
// newest first; nil where there is none.
func (r Rooms) Mine(request *http.Request) (ui.Component, error) {
	a := newArea(r)
	own, err := a.Approvals.Mine(request.Context(), actor(request), mostMine)
	if err != nil || len(own.Proposals) == 0 {
		return nil, err
	}
	n := a.words(nil)
	tasks := ui.Tasks{ID: mine}
	for i := range own.Proposals {
		p := &own.Proposals[i]
		tasks.Items = append(tasks.Items, ui.Task{
			Text: n.title(p), Hint: n.bodyName(p.Organisation) + ". Sent " + ui.Ago(p.At.Time(), ui.Now(request)), Href: ProposalPath(p.ID), State: stateTag(p),
		})
	}
	shown := ui.Stack{ui.Heading("What you asked for or proposed"), tasks}
	if own.Next != "" {
		shown = append(shown, ui.Paragraph{ui.Link{Text: "See all that you asked for", Href: "/proposals?show=" + mine}})
	}
	return shown, nil
}
