package web

import (
	"net/http"
	"net/url"

	"portcullis/alerts"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

const noticesPage = 50

// notices is the register of notices: what went to whom, and what became of it.
func (p *pages) notices(w http.ResponseWriter, r *http.Request) error {
	filter := ui.NewFilter(r.URL,
		&ui.Field{Name: "address", Label: "Mail address", As: ui.Input{Type: "search"}},
		&ui.Field{Name: "state", Label: "State", As: ui.Select{Options: ui.Options("", "Any", "queued", "Waiting", "sent", "Sent", "delivered", "Delivered", "bounced", "Bounced", "failed", "Given up", "read", "Read", "acknowledged", "Acknowledged")}},
	)
	found, err := p.Alerts.Notices(r.Context(), gate.Actor(r.Context()),
		alerts.Filter{Address: filter.Value("address"), State: alerts.State(filter.Value("state"))}, r.URL.Query().Get("after"), noticesPage+1)
	if err != nil {
		return err
	}
	next := ""
	if len(found) > noticesPage {
		found = found[:noticesPage]
		next = found[noticesPage-1].ID
	}
	table := ui.Table{
		Caption: "Notices", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Notice"}, {Title: "To"}, {Title: "By"}, {Title: "When"}, {Title: "State"}, {Title: "What the other side said"}},
		Empty:   ui.Empty{Text: "No notice is like that. Every message that goes out leaves its record here."},
		Pages:   ui.PagesAt(r.URL, "notices", "", next),
	}
	for _, d := range found {
		table.Rows = append(table.Rows, ui.Row{
			ui.Text(d.Subject), recipient(r, d), channel(d.Channel), ui.Time{At: d.Put.Time(), Now: ui.Now(r), Short: true}, deliveryState(d), ui.Text(d.Reply),
		})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Notices", Wide: true, Content: []ui.Component{filter, table}})
}

// recipient is who a notice went to, with the address as it was then.
func recipient(r *http.Request, d alerts.Delivery) ui.Component {
	switch {
	case d.Name != "":
		named := ui.Named{Link: ui.Link{Text: d.Name}, More: ui.Muted(d.Address)}
		if d.Person != "" && gate.Who(r.Context()).May(people.SeePeople) {
			named.Link.Href = "/people/" + url.PathEscape(d.Person)
		}
		return named
	case d.Endpoint != "":
		return ui.Text("Endpoint " + d.Endpoint)
	}
	return ui.Text(d.Address)
}

// channel is the way that a notice went.
func channel(c alerts.Channel) ui.Component {
	words := map[alerts.Channel]string{alerts.Mail: "Mail", alerts.Inbox: "Inbox", alerts.Webhook: "Webhook"}
	if text, known := words[c]; known {
		return ui.Text(text)
	}
	return ui.Text(c)
}

func deliveryState(d alerts.Delivery) ui.Component {
	tags := map[alerts.State]ui.Tag{
		alerts.Queued: {Text: "Waiting", Tone: ui.Waiting}, alerts.Sending: {Text: "Being sent", Tone: ui.Active}, alerts.Sent: {Text: "Sent", Tone: ui.Good},
		alerts.Delivered: {Text: "Delivered", Tone: ui.Good}, alerts.Bounced: {Text: "Bounced", Tone: ui.Bad}, alerts.Failed: {Text: "Given up", Tone: ui.Bad},
		alerts.Read: {Text: "Read", Tone: ui.Good}, alerts.Acknowledged: {Text: "Acknowledged", Tone: ui.Good},
	}
	if d.MaybeTwice {
		return ui.Line{tags[d.State], ui.Muted("may have gone twice")}
	}
	return tags[d.State]
}
