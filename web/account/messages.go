package account

import (
	"net/http"
	"strings"

	"portcullis/alerts"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

const messagesPage = 25

// messages is the actor's inbox.
func (a *Area) messages(w http.ResponseWriter, r *http.Request) error {
	items, err := a.Alerts.Messages(r.Context(), gate.Actor(r.Context()), r.URL.Query().Get("after"), messagesPage+1)
	if err != nil {
		return err
	}
	next := ""
	if len(items) > messagesPage {
		items = items[:messagesPage]
		next = items[messagesPage-1].ID
	}
	table := ui.Table{
		Caption: "Your messages", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Message"}, {Title: "Received"}, {Title: "State"}},
		Empty:   ui.Empty{Text: "You have no messages. What concerns you is sent here."},
		Pages:   ui.PagesAt(r.URL, "messages", "", next),
	}
	for _, m := range items {
		table.Rows = append(table.Rows, ui.Row{
			ui.Link{Text: m.Subject, Href: "/account/messages/" + m.ID}, ui.Time{At: m.At.Time(), Now: ui.Now(r)}, stateOf(m),
		})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Messages", Crumbs: crumbs, Wide: true, Content: []ui.Component{table}})
}

func stateOf(m alerts.Item) ui.Component {
	switch m.State {
	case alerts.Acknowledged:
		return ui.Text("Acknowledged")
	case alerts.Read:
		return ui.Text("Read")
	}
	return ui.Tag{Text: "Unread", Tone: ui.Waiting}
}

// message shows one message, which is read then.
func (a *Area) message(w http.ResponseWriter, r *http.Request) error {
	m, err := a.Alerts.Open(r.Context(), gate.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	page := ui.Page{Title: m.Subject, Crumbs: append(crumbs[:1:1], ui.Link{Text: "Messages", Href: "/account/messages"})}
	for paragraph := range strings.SplitSeq(m.Text, "\n\n") {
		page.Content = append(page.Content, ui.Para(paragraph))
	}
	if m.Link != "" {
		page.Content = append(page.Content, ui.Paragraph{ui.Link{Text: "Go to what this is about", Href: gate.Local(m.Link)}})
	}
	page.Content = append(page.Content, ui.Paragraph{ui.Muted("Received"), ui.Time{At: m.At.Time(), Now: ui.Now(r)}})
	if m.Reference != "" {
		page.Content = append(page.Content, ui.Paragraph{ui.Muted("Reference"), ui.ID{Value: m.Reference}})
	}
	if m.State == alerts.Acknowledged {
		page.Content = append(page.Content, ui.Paragraph{ui.Muted("You acknowledged it"), ui.Time{At: m.Acknowledged.Time(), Now: ui.Now(r)}})
	} else {
		page.Content = append(page.Content, ui.Post{Action: r.URL.Path + "/acknowledge", Button: ui.Button{Text: "I have read and understood this"}})
	}
	return ui.Render(w, r, http.StatusOK, page)
}

func (a *Area) acknowledge(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.Alerts.Acknowledge(r.Context(), gate.Actor(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return ui.See(w, r, "/account/messages/"+r.PathValue("id"))
}
