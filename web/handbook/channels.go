package handbook

import (
	"net/http"

	room "portcullis/handbook"
	"portcullis/people"
	"portcullis/web/ui"
)

var channelCrumbs = []ui.Link{{Text: "Advice", Href: "/advice"}, {Text: "Private channels", Href: "/channels"}}

// channels is the guidance on private channels, and the ways to the aid, the note and the notes.
func (a *area) channels(w http.ResponseWriter, r *http.Request) error {
	found, err := a.Handbook.Advice(r.Context(), actor(r), room.About{})
	if err != nil {
		return err
	}
	page := ui.Page{Title: "Private channels", Crumbs: adviceCrumbs, Content: []ui.Component{
		ui.Para("Private channels are those that are not your organisation’s own: a messaging app on any telephone, text messages, personal mail, calls with somebody else’s tool."),
		ui.Para("If you have talked about government business there, it may belong to the official record."),
		ui.ButtonGroup{{Text: "Do I need to pass it on?", Href: "/channels/decide"}, {Text: "Pass this to the official record", Href: "/channels/pass", Kind: ui.Secondary}},
	}}
	links := ui.List{Items: []ui.Component{ui.Link{Text: "What you have passed on", Href: "/channels/passed"}}}
	if may(r, people.SeePassed) {
		links.Items = append(links.Items, ui.Link{Text: "What was passed on in your organisations", Href: "/channels/notes"})
	}
	page.Content = append(page.Content, links)
	for _, v := range found {
		if v.Subject != room.OnChannel {
			continue
		}
		page.Content = append(page.Content, ui.Heading(v.Title))
		page.Content = append(page.Content, Text(v.Text)...)
		if v.Starter {
			page.Content = append(page.Content, ui.Paragraph{ui.Muted("From the starter set that comes with Portcullis.")})
		}
	}
	return ui.Render(w, r, http.StatusOK, page)
}
