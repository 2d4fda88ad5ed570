package web

import (
	"net/http"

	"portcullis/internal/fault"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// pages are those that belong to no area.
type pages struct{ Parts }

// today is the first page: what this is, for who has not signed in, and what waits for them, for who
// has.
func (p *pages) today(w http.ResponseWriter, r *http.Request) error {
	who := gate.Who(r.Context())
	if who.Person == "" {
		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "One register of decisions", Content: []ui.Component{
			ui.Para("Portcullis holds what a government or a parliament has decided about apps, equipment and visitors, applies it everywhere, and can prove it."),
			ui.ButtonGroup{{Text: "Sign in", Href: gate.SignIn}},
			ui.Heading("For everybody"),
			ui.Para("Every decision enters a ledger that cannot be rewritten unnoticed. Anybody can follow it and check it with their own tools."),
			ui.Paragraph{ui.Link{Text: "The head of the ledger", Href: "/ledger/checkpoint"}},
		}})
	}
	unread, err := p.Alerts.Unread(r.Context(), gate.Actor(r.Context()))
	if err != nil {
		return err
	}
	page := ui.Page{Title: "Today", Caption: who.Name}
	if unread == 0 {
		page.Content = []ui.Component{ui.Empty{Text: "Nothing waits for you. When something does, it stands here, and you get a mail.", Do: ui.Link{Text: "Look at your earlier messages", Href: "/account/messages"}}}
	} else {
		page.Content = []ui.Component{ui.Tasks{Items: []ui.Task{{
			Text: "Read your messages", Href: "/account/messages", State: ui.Tag{Text: ui.Count(int(unread), "unread", "unread"), Tone: ui.Waiting},
		}}}}
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// nothing answers what no other route does.
func (p *pages) nothing(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "There is no page at this address")
}
