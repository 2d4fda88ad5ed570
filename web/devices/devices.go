package devices

import (
	"cmp"
	"net/http"

	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/ui"
)

// systemNames are the platforms as their makers write them.
var systemNames = map[policy.Platform]string{
	policy.Android: "Android", policy.IOS: "iOS and iPadOS", policy.MacOS: "macOS", policy.Windows: "Windows", policy.Linux: "Linux", policy.ChromeOS: "ChromeOS",
	policy.Chrome: "Chrome", policy.MSEdge: "Edge", policy.Firefox: "Firefox",
}

// ownershipNames say whose a device is.
var ownershipNames = map[policy.Ownership]string{
	policy.Corporate: "Corporate", policy.Personal: "Personal", policy.ManagedPersonal: "Personal with a managed part",
}

// stateNames say whether a device is in use.
var stateNames = map[room.State]string{room.InUse: "In use", room.Lost: "Lost", room.Retired: "Retired", room.Replaced: "Replaced"}

// systems are the platforms that a device may have: the rest are browsers on one.
var systems = []policy.Platform{policy.Android, policy.IOS, policy.MacOS, policy.Windows, policy.Linux, policy.ChromeOS}

func systemOptions(first ...ui.Option) []ui.Option {
	for _, p := range systems {
		first = append(first, ui.Option{Value: p.String(), Label: systemNames[p]})
	}
	return first
}

func ownershipOptions(first ...ui.Option) []ui.Option {
	for _, o := range []policy.Ownership{policy.Corporate, policy.ManagedPersonal, policy.Personal} {
		first = append(first, ui.Option{Value: o.String(), Label: ownershipNames[o]})
	}
	return first
}

// devices lists hosts.
func (a *area) devices(w http.ResponseWriter, r *http.Request) error {
	organisations, err := a.organisations(r, ui.Option{Label: "Any"})
	if err != nil {
		return err
	}
	filter, err := devicesFilter(r, organisations)
	if err != nil {
		return err
	}
	found, err := a.Devices.List(r.Context(), actor(r), listQuery(r, filter))
	if err != nil {
		return err
	}
	table := ui.Table{
		Caption: "Devices", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Device"}, {Title: "Organisation"}, {Title: "What it is"}, {Title: "Last heard from"}, {Title: "In breach", Number: true}},
		Empty:   ui.Empty{Text: "There is no device here yet. A device is enrolled by its first report, by an import, or by hand."},
	}
	if may(r, people.ChangeDevices) {
		table.Empty.Do = ui.Link{Text: "Add the first device", Href: "/devices/add"}
	}
	if filter.Active() {
		table.Empty = ui.Empty{Text: "No device fits. What is typed finds devices whose id or name begins exactly so.", Do: ui.Link{Text: "Show all devices", Href: "/devices"}}
	}
	names := a.names()
	for i := range found.Hosts {
		h := &found.Hosts[i]
		table.Rows = append(table.Rows, ui.Row{deviceCell(h), ui.Text(names.organisation(h.Row.Organisation)), ui.Text(whatItIs(&h.Host)), heardCell(r, h), breachesCell(h)})
	}
	if found.Next != "" {
		table.Pages = ui.PagesAt(r.URL, "devices", "", found.Next)
	}
	page := ui.Page{Title: "Devices", Wide: true}
	page.Content = append(page.Content, devicesActions(r)...)
	page.Content = append(page.Content, filter)
	if found.Total > 0 {
		page.Content = append(page.Content, ui.Para(ui.Capital(ui.Count(found.Total, "device and piece of equipment", "devices and pieces of equipment"))+"."))
	}
	page.Content = append(page.Content, table)
	if len(found.Hosts) > 0 {
		page.Content = append(page.Content, download(r.URL, "/devices.csv"))
	}
	return ui.Render(w, r, http.StatusOK, page)
}

func devicesActions(r *http.Request) (shown []ui.Component) {
	if may(r, people.ChangeDevices) {
		shown = append(shown, ui.ButtonGroup{{Text: "Add a device", Href: "/devices/add"}})
	}
	return append(shown, ui.Paragraph{
		ui.Link{Text: "Devices that are to become personal", Href: "/devices/releases"}, ui.Text("·"), ui.Link{Text: "Identifiers that lead to no product", Href: "/unlinked"},
	})
}

func devicesFilter(r *http.Request, organisations []ui.Option) (*ui.Filter, error) {
	return narrowed(r,
		&ui.Field{Name: "q", Label: "Id or name begins with", As: ui.Input{Type: "search"}},
		&ui.Field{Name: "organisation", Label: "Organisation and all below", As: ui.Select{Options: organisations}},
		&ui.Field{Name: "platform", Label: "Platform", As: ui.Select{Options: append(systemOptions(ui.Option{Label: "Any"}), ui.Option{Value: "equipment", Label: "Equipment"})}},
		&ui.Field{Name: "ownership", Label: "Whose it is", As: ui.Select{Options: ownershipOptions(ui.Option{Label: "Anybody’s"})}},
		&ui.Field{Name: "state", Label: "State", As: ui.Select{Options: ui.Options("", "In use or lost", string(room.InUse), "In use", string(room.Lost), "Lost", string(room.Retired), "Retired", string(room.Replaced), "Replaced")}},
		&ui.Field{Name: "only", Label: "Only those", As: ui.Select{Options: ui.Options("", "All", "breach", "In breach", "silent", "Not heard from for a week")}},
	)
}

func listQuery(r *http.Request, filter *ui.Filter) room.ListQuery {
	q := room.ListQuery{
		Words: filter.Value("q"), Organisation: filter.Value("organisation"), State: room.State(filter.Value("state")),
		InBreach: filter.Value("only") == "breach", Silent: filter.Value("only") == "silent", After: r.URL.Query().Get("after"), Limit: perPage,
	}
	if q.Platform, _ = policy.ParsePlatform(filter.Value("platform")); filter.Value("platform") == "equipment" {
		q.Kind = policy.EquipmentHost
	}
	q.Ownership, _ = policy.ParseOwnership(filter.Value("ownership"))
	return q
}

// deviceCell is a device in a table: by its name, where it has one, with the id that tells two of one name
// apart.
func deviceCell(h *room.ListedHost) ui.Component {
	view := ui.Named{Link: ui.Link{Text: called(&h.Host), Href: DevicePath(h.ID)}}
	var more ui.Line
	if h.Name != "" {
		more = append(more, ui.Muted(h.ID))
	}
	if h.State != room.InUse {
		more = append(more, ui.Tag{Text: stateNames[h.State], Tone: stateTone(h.State)})
	}
	if len(more) > 0 {
		view.More = more
	}
	return view
}

// called is what people call a host.
func called(h *room.Host) string { return cmp.Or(h.Name, h.ID) }

func stateTone(s room.State) ui.Tone {
	if s == room.Lost {
		return ui.Waiting
	}
	return ui.Neutral
}

// whatItIs is the sort of host in words: "Android, corporate", "Equipment".
func whatItIs(h *room.Host) string {
	if h.Row.Kind == policy.EquipmentHost {
		return "Equipment"
	}
	return systemNames[h.Row.Platform] + ", " + lower(ownershipNames[cmp.Or(h.Row.Ownership, policy.Corporate)])
}

// heardCell says when a host was last heard from; equipment does not report.
func heardCell(r *http.Request, h *room.ListedHost) ui.Component {
	if h.Row.Kind == policy.EquipmentHost {
		return ui.Muted("Does not report")
	}
	return ui.Text(heard(r, h.Heard, h.Silent))
}

func breachesCell(h *room.ListedHost) ui.Component {
	if h.Row.Ownership == policy.Personal {
		return ui.Muted("Not judged")
	}
	return ui.Number(h.Breaches)
}
