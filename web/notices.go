package web

import (
	"net/http"

	"portcullis/alerts"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

const noticesPage = 50

// notices is the register of notices: what went to whom, and what became of it.
func (p *pages) notices(w http.ResponseWriter, r *http.Request) error {
	filter := ui.NewFilter(r.URL,
		&ui.Field{Name: "address", Label: "Mail address", Optional: true, As: ui.Input{Type: "search"}},
		&ui.Field{Name: "state", Label: "State", Optional: true, As: ui.Select{Options: ui.Options("", "Any", "queued", "Waiting", "sent", "Sent", "delivered", "Delivered", "bounced", "Bounced", "failed", "Given up", "read", "Read", "acknowledged", "Acknowledged")}},
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
		Columns: []ui.Column{{Title: "Notice"}, {Title: "To"}, {Title: "By"}, {Title: "Put"}, {Title: "State"}, {Title: "What the other side said"}},
		Empty:   ui.Empty{Text: "No notice is like that. Every message that goes out leaves its record here."},
		Pages:   ui.PagesAt(r.URL, "notices", "", next),
	}
	for _, d := range found {
		table.Rows = append(table.Rows, ui.Row{
			ui.Text(d.Subject), ui.Text(recipient(d)), ui.Text(string(d.Channel)), ui.Time{At: d.Put.Time(), Now: ui.Now(r)}, deliveryState(d), ui.Text(d.Reply),
		})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Notices", Wide: true, Content: []ui.Component{filter, table}})
}

func recipient(d alerts.Delivery) string {
	switch {
	case d.Name != "" && d.Address != "":
		return d.Name + ", " + d.Address
	case d.Name != "":
		return d.Name
	case d.Endpoint != "":
		return "endpoint " + d.Endpoint
	}
	return d.Address
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
