package lost

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"portcullis/devices"
	rooms "portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/people"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Area is what the pages show.
type Area struct {
	Enforce *rooms.Room
	Devices *devices.Room
	People  *people.Room
}

// Routes are those of the area. What is not theirs, people are told is not there.
func Routes(a Area) []gate.Route {
	var routes gate.Routes
	routes.See("/lost", people.Own, a.mine)
	routes.Ask("/devices/{id}/lost", people.Own, a.lost)
	routes.Ask("/devices/{id}/lost/{order}", people.Own, a.answer)
	return routes
}

// Path is the page about a device.
func Path(host string, more ...string) string { return rooms.OrderPath(host, more...) }

func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }

// done is what the page says after a change.
var done = ui.Done{
	rooms.Lock:      "The device is to be locked. It locks as soon as it is on a network.",
	rooms.Erase:     "You have asked for the device to be erased. Somebody else must agree before anything happens.",
	rooms.Agreed:    "You have agreed. The device is erased as soon as it is on a network.",
	rooms.Refused:   "You have refused. The device is not erased.",
	rooms.TakenBack: "You have taken it back. The device is not erased.",
}

// mine leads to the devices that one holds.
func (a Area) mine(w http.ResponseWriter, r *http.Request) error {
	held, err := a.Devices.Held(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := ui.Page{Title: "A device of mine is lost or stolen", Crumbs: []ui.Link{{Text: "Your account", Href: gate.Account}}}
	if len(held) == 0 {
		page.Content = []ui.Component{ui.Empty{Text: "No device is known here as yours. Call your security team now: they can lock it."}}
		return ui.Render(w, r, http.StatusOK, page)
	}
	list := ui.Tasks{}
	for i := range held {
		list.Items = append(list.Items, ui.Task{Text: cmp.Or(held[i].Name, held[i].ID), Hint: held[i].ID, Href: Path(held[i].ID)})
	}
	page.Content = []ui.Component{ui.Para("Which one is it? If it is none of these, call your security team."), list}
	return ui.Render(w, r, http.StatusOK, page)
}

// back is the way back from the page about a device: to the device, for who sees devices, and to one's own otherwise.
func back(r *http.Request, host string) []ui.Link {
	if gate.Who(r.Context()).May(people.SeeDevices) {
		return []ui.Link{{Text: "Devices", Href: "/devices"}, {Text: host, Href: devicepages.DevicePath(host)}}
	}
	return []ui.Link{{Text: "Your account", Href: gate.Account}, {Text: "A device of mine is lost or stolen", Href: "/lost"}}
}

// lost shows what was asked for of a device, and asks what is to be done.
func (a Area) lost(w http.ResponseWriter, r *http.Request) error {
	host := r.PathValue("id")
	found, err := a.Enforce.Orders(r.Context(), actor(r), host)
	if err != nil {
		return err
	}
	table, err := a.table(r, host, found.Orders)
	if err != nil {
		return err
	}
	crumbs := back(r, host)
	page := ui.Page{Title: "Lost or stolen", Caption: host, Crumbs: crumbs, Banner: done.Banner(r), Content: []ui.Component{
		ui.Para("A locked device shows that it belongs to the organisation, and nothing else. Nothing on it is removed: lock it as soon as you miss it."),
		ui.Para("Erasing removes everything on it, and nothing brings that back. So two people decide: one asks, another agrees."),
	}}
	if len(found.Orders) > 0 {
		page.Content = append(page.Content, table)
	}
	if !found.MayAsk {
		page.Content = append(page.Content, ui.Para("You may look at this device, and not have it locked or erased. Its holder may, and your security team."))
		return ui.Render(w, r, http.StatusOK, page)
	}
	form := &ui.Form{
		Fields: []*ui.Field{
			{Name: "action", Label: "What is to be done?", As: ui.Radios{Options: []ui.Option{
				{Value: rooms.Lock, Label: "Lock it", Hint: "At once, at your word"},
				{Value: rooms.Erase, Label: "Erase it", Hint: "When somebody else has agreed"},
			}}},
			{Name: "reason", Label: "What has happened?", Hint: "When and where it was last seen. Whoever agrees reads this", As: ui.Textarea{Rows: 3, Long: 2000}},
		},
		Buttons: ui.ButtonGroup{{Text: "Lock it, or ask to erase it", Kind: ui.Danger}, ui.Cancel(crumbs[len(crumbs)-1].Href)},
	}
	return ui.Question{Page: page, Form: form}.Ask(w, r, func() (string, error) {
		o, err := a.Enforce.Ask(r.Context(), actor(r), host, form.Value("action"), form.Value("reason"))
		return Path(host) + "?done=" + url.QueryEscape(o.Action), err
	})
}

// answer asks the second person, or whether to take back what one has asked for.
func (a Area) answer(w http.ResponseWriter, r *http.Request) error {
	host := r.PathValue("id")
	found, err := a.Enforce.Orders(r.Context(), actor(r), host)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(found.Orders, func(o rooms.Order) bool { return o.ID == r.PathValue("order") })
	if i < 0 {
		return fault.New(fault.NotFound, "There is no such order for this device")
	}
	o := found.Orders[i]
	table, err := a.table(r, host, found.Orders[i:i+1])
	if err != nil {
		return err
	}
	page := ui.Page{Title: "This device is to be erased", Caption: host, Crumbs: append(back(r, host), ui.Link{Text: "Lost or stolen", Href: Path(host)}), Content: []ui.Component{
		table, ui.Para("If you agree, everything on the device is removed as soon as it is on a network. Nothing brings that back."),
	}}
	if o.AskedBy == gate.Who(r.Context()).Person {
		page.Title, page.Content = "Take back what you have asked for", []ui.Component{table, ui.Para("The device is not erased. It can be asked for again.")}
		return ui.Question{Page: page, Form: &ui.Form{Buttons: ui.ButtonGroup{{Text: "Take it back"}, ui.Cancel(Path(host))}}}.Ask(w, r, func() (string, error) {
			_, err := a.Enforce.Answer(r.Context(), actor(r), o.ID, false, "")
			return Path(host) + "?done=" + rooms.TakenBack, err
		})
	}
	form := &ui.Form{
		Fields: []*ui.Field{{Name: "answer", Label: "Do you agree?", As: ui.Radios{Options: []ui.Option{
			{Value: rooms.Agreed, Label: "Yes: erase it"},
			{Value: rooms.Refused, Label: "No", Reveals: []*ui.Field{{Name: "why", Label: "Why not?", As: ui.Textarea{Rows: 3, Long: 2000}}}},
		}}}},
		Buttons: ui.ButtonGroup{{Text: "Answer", Kind: ui.Danger}, ui.Cancel(Path(host))},
	}
	return ui.Question{Page: page, Form: form}.Ask(w, r, func() (string, error) {
		answer := form.Value("answer")
		if answer != rooms.Agreed && answer != rooms.Refused {
			return "", fault.In("answer", "Choose one of the two")
		}
		why := form.Value("why")
		if answer == rooms.Agreed {
			why = "" // typed before they changed their mind
		}
		_, err := a.Enforce.Answer(r.Context(), actor(r), o.ID, answer == rooms.Agreed, why)
		return Path(host) + "?done=" + answer, err
	})
}

// table shows orders, and leads to those that wait.
func (a Area) table(r *http.Request, host string, orders []rooms.Order) (ui.Table, error) {
	var ids []string
	for _, o := range orders {
		ids = append(ids, o.AskedBy, o.AnsweredBy)
	}
	slices.Sort(ids)
	known, err := a.People.Names(r.Context(), actor(r), slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })...)
	if err != nil {
		return ui.Table{}, err
	}
	table := ui.Table{Caption: "What was asked for", Columns: []ui.Column{{Title: "Asked for"}, {Title: "What has happened"}, {Title: "What became of it"}}}
	for i := range orders {
		o := &orders[i]
		table.Rows = append(table.Rows, ui.Row{
			ui.Line{ui.Text(words[o.Action]), ui.Time{At: o.Asked.Time(), Now: ui.Now(r), Short: true}, ui.Text("by " + name(known, o.AskedBy))},
			ui.Text(o.Reason), state(r, o, host, known),
		})
	}
	return table, nil
}

var words = map[string]string{rooms.Lock: "Lock", rooms.Erase: "Erase"}

func name(known map[string]string, id string) string {
	if known[id] != "" {
		return known[id]
	}
	return "somebody"
}

// state is what became of an order. That nothing has been heard is never shown as done.
func state(r *http.Request, o *rooms.Order, host string, known map[string]string) ui.Component {
	at := func(t people.Time) ui.Component { return ui.Time{At: t.Time(), Now: ui.Now(r), Short: true} }
	var line ui.Line
	switch {
	case o.Answer == "":
		return ui.Line{ui.Tag{Text: "Waits for a second person", Tone: ui.Waiting}, ui.Link{Text: "Answer", Href: Path(host, o.ID)}}
	case o.Answer == rooms.Refused:
		return ui.Line{ui.Text("Refused"), at(o.Answered), ui.Text("by " + name(known, o.AnsweredBy)), ui.Text("“" + o.Why + "”")}
	case o.Answer == rooms.TakenBack:
		return ui.Line{ui.Text("Taken back"), at(o.Answered)}
	case o.Failed != "":
		line = ui.Line{ui.Tag{Text: "Not done", Tone: ui.Bad}, at(o.Done), ui.Text(o.Failed)}
	case !o.Done.IsZero():
		line = ui.Line{ui.Tag{Text: "Done", Tone: ui.Good}, at(o.Done)}
	case !o.Sent.IsZero():
		line = ui.Line{ui.Tag{Text: "Sent, and nothing heard", Tone: ui.Waiting}, at(o.Sent)}
	default:
		line = ui.Line{ui.Tag{Text: "To be sent", Tone: ui.Waiting}}
	}
	if o.PIN != "" {
		line = append(line, ui.Text("It opens again with the PIN "+o.PIN))
	}
	return line
}
