package devices

import (
	"net/http"
	"net/url"

	room "portcullis/devices"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Today is what concerns whoever looks after devices: a way to find an app by its everyday name, one to find a
// device, and what there is to see to. It is nil for everybody else.
func (r Rooms) Today(request *http.Request) (ui.Component, error) {
	a := &area{r}
	if !may(request, people.SeeDevices) {
		return nil, nil
	}
	ctx := request.Context()
	covered, err := a.Devices.Coverage(ctx, actor(request), "")
	if err != nil {
		return nil, err
	}
	find := ui.NewFilter(&url.URL{Path: "/apps"}, &ui.Field{Name: "q", Label: "Find an app, a model or its maker", As: ui.Input{Type: "search"}})
	total := covered.Total
	tasks := ui.Tasks{ID: "devices"}
	add := func(n int, text, hint, href, one, many string, tone ui.Tone) {
		if n > 0 {
			tasks.Items = append(tasks.Items, ui.Task{Text: text, Hint: hint, Href: href, State: ui.Tag{Text: ui.Count(n, one, many), Tone: tone}})
		}
	}
	add(total.InBreach, "See what is in breach", "By app, by body and by how long", "/breaches", "in breach", "in breach", ui.Bad)
	add(total.Silent+total.Never, "See which devices are silent", "What is on them today, nobody knows", "/coverage", "device", "devices", ui.Waiting)
	open, err := a.Devices.Releases(ctx, actor(request), room.ReleaseQuery{Open: true, Limit: perPage})
	if err != nil {
		return nil, err
	}
	add(len(open), "Answer who asks that a device become personal", "It takes a second person", "/devices/releases", "open", "open", ui.Waiting)
	for i := range covered.Bodies {
		body := &covered.Bodies[i]
		if !body.Watched || !may(request, people.DecideList) {
			continue
		}
		can, err := a.allowed(request, body.Organisation, people.DecideList)
		if err != nil {
			return nil, err
		}
		if can[people.DecideList] && body.Devices > 0 {
			add(1, "Decide what "+a.names().organisation(body.Organisation)+" may keep", "What is on no list there becomes a breach when watching ends", gate.Path("triage", body.Organisation), "body", "bodies", ui.Active)
		}
	}
	if total.Devices+total.Equipment == 0 {
		return ui.Stack{ui.Heading("Devices"), ui.Empty{Text: "No device is known yet. Take in what your own tools say: portcullis import KIND FILE, or the interface for programs.", Do: ui.Link{Text: "The interface for programs", Href: "/api"}}}, nil
	}
	return ui.Stack{ui.Heading("Devices"), find, ui.Paragraph{ui.Link{Text: "Find a device by its id or name", Href: "/devices"}}, tasks}, nil
}
