package enforce

import (
	"errors"
	"net/http"
	"strconv"

	room "portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// sheet shows every list of a body, or of one device.
func (a *area) sheet(w http.ResponseWriter, r *http.Request) error {
	bodies, err := a.bodies(r, ui.Option{Label: "Choose"})
	if err != nil {
		return err
	}
	fields := []*ui.Field{
		{Name: "organisation", Label: "The devices of", As: ui.Select{Options: bodies}},
		{Name: "host", Label: "Or one device, by its id", As: ui.Input{}},
	}
	filter, err := devicepages.Narrowed(r, fields...)
	if err != nil {
		return err
	}
	organisation, host := filter.Value("organisation"), filter.Value("host")
	if host != "" {
		organisation = "" // it is where it is
	} else if organisation == "" && len(bodies) == 2 {
		organisation = bodies[1].Value
	}
	fields[0].Values = []string{organisation}
	page := ui.Page{Title: "Lists for devices", Wide: true, Content: []ui.Component{choose{r.URL.Path, "Choose whose lists to see", "Show", fields}.shown()}}
	if organisation == "" && host == "" {
		page.Content = append(page.Content, ui.Para("What is decided reaches devices as a list in the form that each platform takes. Whoever manages the devices of a body downloads it here, or has a program fetch it."),
			ui.Empty{Text: "Choose a body. You see here every list that its devices are to have."})
		return ui.Render(w, r, http.StatusOK, page)
	}
	found, err := a.Enforce.Sheet(r.Context(), actor(r), organisation, host)
	var why *fault.Error
	switch {
	case found != nil && errors.As(err, &why): // it is known, and has none
		page.Content = append(page.Content, a.whose(r, found), ui.Inset{ui.Para("It has no list."), ui.Para(why.Message + ".")})
	case err != nil:
		return err
	default:
		page.Content = append(page.Content, a.whose(r, found), a.table(r, found))
		if host == "" {
			page.Content = append(page.Content, ui.Para("A device that an exemption is for has a list of its own: see it by the device's id."))
		}
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// whose says whose lists these are.
func (a *area) whose(r *http.Request, s *room.Sheet) ui.Component {
	n := a.names()
	rows := []ui.SummaryRow{{Key: "Body", Value: ui.Text(n.Organisation(s.Organisation))}}
	if h := s.Host; h != nil {
		device := ui.Link{Text: h.ID}
		if gate.Who(r.Context()).May(people.SeeDevices) {
			device.Href = devicepages.DevicePath(h.ID)
		}
		rows = append([]ui.SummaryRow{{Key: "Device", Value: device}}, rows...)
	}
	for i := range s.Lines {
		if l := &s.Lines[i]; l.Artefact != nil {
			return ui.Summary{Rows: append(rows, ui.SummaryRow{Key: "By the decisions up to", Value: ui.Number(l.Generation)}, ui.SummaryRow{Key: "Until a date changes them", Value: until(r, l.Artefact)})}
		}
	}
	return ui.Summary{Rows: rows}
}

// until is when time alone makes another list.
func until(r *http.Request, a *room.Artefact) ui.Component {
	return ui.Time{At: a.Until, Now: ui.Now(r), Else: "No date is known that will"}
}

func (a *area) table(r *http.Request, s *room.Sheet) ui.Table {
	t := ui.Table{
		Caption: "Lists in each platform's own form", Unseen: true,
		Columns: []ui.Column{{Title: "List"}, {Title: "For"}, {Title: "What it does not name"}, {Title: "Entries", Number: true}, {Title: "Cannot carry", Number: true}, {Title: "Get it"}},
		Empty:   ui.Empty{Text: "No form has a list for such a device: nothing here can be enforced on its platform. What is on it is judged by reports all the same."},
	}
	for i := range s.Lines {
		t.Rows = append(t.Rows, row(s, &s.Lines[i]))
	}
	return t
}

func row(s *room.Sheet, l *room.Line) ui.Row {
	host := ""
	if s.Host != nil {
		host = s.Host.ID
	}
	path := Path + "/" + l.Form.Name
	name, on := ui.Link{Text: l.Form.Title}, ui.Text(platformOf(l.Platform))
	if l.Err != nil {
		return ui.Row{ui.Named{Link: name, More: ui.Muted(l.Err.Error())}, on, ui.Tag{Text: "Cannot be made", Tone: ui.Bad}, ui.Text(""), ui.Text(""), ui.Text("")}
	}
	name.Href, name.Hidden = at(path, s.Organisation, host, l.Platform), "on "+platformOf(l.Platform)
	shown := ui.Named{Link: name}
	if l.Host != "" {
		shown.More = ui.Muted("For this device alone")
	}
	get := ui.Line{
		ui.Link{Text: "Download", Hidden: l.Form.Title + " on " + platformOf(l.Platform), Href: at(path+"/file", s.Organisation, host, l.Platform)},
		ui.Link{Text: "Manifest", Hidden: "of " + l.Form.Title + " on " + platformOf(l.Platform), Href: at(path+"/manifest", s.Organisation, host, l.Platform)},
	}
	return ui.Row{shown, on, shut(l.List), ui.Number(entries(l.List)), ui.Number(len(l.Left)), get}
}

// denies tells whether a list denies what it does not name. Name servers answer for that.
func denies(l *platform.List) bool { return l.Platform != 0 && l.Shut() }

// shut says what a list does with what it does not name.
func shut(l *platform.List) ui.Component {
	switch {
	case denies(l) && l.Audit:
		return ui.Tag{Text: "Let run, and noted"}
	case denies(l):
		return ui.Tag{Text: "Denied", Tone: ui.Active}
	}
	return ui.Tag{Text: "Left alone"}
}

// entries is how much a list names: of one for name servers, the domains.
func entries(l *platform.List) (n int) {
	for range l.All() {
		n++
	}
	return n + len(l.Domains)
}

// fileName is what a browser keeps an artefact as.
func fileName(a *room.Artefact, extension string) string {
	name := "portcullis-" + a.Form.Name
	if a.Platform != 0 && len(a.Form.Platforms) > 1 {
		name += "-" + a.Platform.String()
	}
	if a.Audit {
		name += "-audit"
	}
	return name + "-" + strconv.FormatInt(a.Generation, 10) + "." + extension
}
