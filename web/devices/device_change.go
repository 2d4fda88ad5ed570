package devices

import (
	"net/http"
	"slices"
	"strings"

	room "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/ui"
)

// addDevice adds a device that has not reported yet.
func (a *area) addDevice(w http.ResponseWriter, r *http.Request) error {
	organisations, err := a.organisations(r, ui.Option{Label: "Choose one"})
	if err != nil {
		return err
	}
	fields := append([]*ui.Field{
		{Name: "id", Label: "Id", Hint: "What its reports will call it: a serial number, or an id that stays. It never changes"},
		{Name: "organisation", Label: "Organisation", Values: []string{r.URL.Query().Get("organisation")}, As: ui.Select{Options: organisations}},
		{Name: "platform", Label: "Platform", As: ui.Select{Options: systemOptions(ui.Option{Label: "Choose one"})}},
		{Name: "ownership", Label: "Whose is it?", Values: []string{policy.Corporate.String()}, As: ui.Radios{Options: ownershipAnswers()}},
	}, holderFields("", "", nil)...)
	form := &ui.Form{Fields: fields, Buttons: ui.ButtonGroup{{Text: "Add this device"}, ui.Cancel("/devices")}}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Add a device", Crumbs: deviceCrumbs, Content: []ui.Component{ui.Para("A device need not be added by hand: its first report enrols it. Add it here to say whom it is for before it reports.")}}}
	return q.Ask(w, r, func() (string, error) {
		e := room.Enrolment{ID: form.Value("id"), Name: form.Value("name"), Organisation: form.Value("organisation"), Holder: form.Value("holder"), Groups: lines(form.Value("groups"))}
		e.Platform, _ = policy.ParsePlatform(form.Value("platform"))
		e.Ownership, _ = policy.ParseOwnership(form.Value("ownership"))
		if e.Organisation == "" {
			return "", fault.In("organisation", "Choose the organisation that it belongs to")
		}
		h, err := a.Devices.Enrol(r.Context(), actor(r), e)
		return devicePath(h.ID, "added"), err
	})
}

func ownershipAnswers() []ui.Option {
	return []ui.Option{
		{Value: policy.Corporate.String(), Label: "The organisation’s", Hint: "All that is installed on it is stored and judged"},
		{Value: policy.ManagedPersonal.String(), Label: "Somebody’s own, with a part that is managed", Hint: "Only what is managed is stored and judged"},
		{Value: policy.Personal.String(), Label: "Somebody’s own", Hint: "Nothing that is installed on it is stored"},
	}
}

// holderFields ask for what may be changed of every device.
func holderFields(name, holder string, groups []string) []*ui.Field {
	return []*ui.Field{
		{Name: "name", Label: "Name", Optional: true, Hint: "As people call it, such as Front desk tablet", Values: one(name)},
		{Name: "holder", Label: "Holder", Optional: true, Hint: "Spelt as exemptions spell people: one for somebody reaches only the devices that have exactly this as their holder", Values: one(holder)},
		{Name: "groups", Label: "Groups", Optional: true, Hint: "One on each line, spelt as exemptions spell groups", Values: one(strings.Join(groups, "\n")), As: ui.Textarea{Rows: 3}},
	}
}

func one(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// lines are the lines of a text that are not blank.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// spellings shows how exemptions spell people and groups where a device belongs.
func (a *area) spellings(r *http.Request, organisation string) ([]ui.Component, error) {
	persons, groups, err := a.Devices.Spellings(r.Context(), actor(r), organisation)
	var items []ui.Component
	for _, p := range persons {
		items = append(items, ui.Text("Holder: "+p))
	}
	for _, g := range groups {
		items = append(items, ui.Text("Group: "+g))
	}
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return []ui.Component{ui.Details{Summary: "How exemptions here spell people and groups", Content: []ui.Component{ui.List{Items: items}}}}, nil
}

// changing is a question about a device that is there: its form carries the version.
func (a *area) changing(r *http.Request, title string, form func(one *room.One) *ui.Form) (room.One, ui.Question, error) {
	one, err := a.Devices.One(r.Context(), actor(r), idIn(r))
	if err != nil {
		return one, ui.Question{}, err
	}
	can, err := a.allowed(r, one.Row.Organisation, people.ChangeDevices)
	if err != nil {
		return one, ui.Question{}, err
	}
	if !can[people.ChangeDevices] {
		return one, ui.Question{}, fault.New(fault.Refused, "You may look at this device, and not change it. If you need to, ask your security team")
	}
	f := form(&one)
	f.Version = ui.Versioned(one.Version)
	return one, ui.Question{Form: f, Current: a.deviceParticulars(r, &one), Page: ui.Page{Title: title, Caption: called(&one.Host), Crumbs: crumbsOf(&one.Host)}}, nil
}

// changeDevice changes what a device is called, who has it, and has more of it judged.
func (a *area) changeDevice(w http.ResponseWriter, r *http.Request) error {
	one, q, err := a.changing(r, "Change this device", func(one *room.One) *ui.Form {
		fields := holderFields(one.Name, one.Row.Holder, one.Row.Groups)
		if one.Row.Kind == policy.EquipmentHost {
			fields = fields[:1]
		} else if one.Row.Ownership > policy.Corporate {
			answers := slices.DeleteFunc(ownershipAnswers(), func(o ui.Option) bool {
				return one.Row.Ownership == policy.ManagedPersonal && o.Value == policy.Personal.String()
			})
			fields = append(fields, &ui.Field{Name: "ownership", Label: "Whose is it?", Values: []string{one.Row.Ownership.String()}, As: ui.Radios{Options: answers}})
		}
		return &ui.Form{Fields: fields, Buttons: ui.ButtonGroup{{Text: "Save the changes"}, ui.Cancel(DevicePath(one.ID))}}
	})
	if err != nil {
		return err
	}
	if q.Page.Content, err = a.spellings(r, one.Row.Organisation); err != nil {
		return err
	}
	return q.Ask(w, r, func() (string, error) {
		v, err := q.Form.MadeFrom()
		if err != nil {
			return "", err
		}
		name := q.Form.Value("name")
		c := room.HostChange{Version: v, Name: &name}
		if one.Row.Kind == policy.Device {
			holder, groups := q.Form.Value("holder"), lines(q.Form.Value("groups"))
			c.Holder, c.Groups = &holder, &groups
			c.Ownership, _ = policy.ParseOwnership(q.Form.Value("ownership"))
		}
		_, err = a.Devices.Change(r.Context(), actor(r), one.ID, c)
		return devicePath(one.ID, "changed"), err
	})
}

// moveDevice has a device belong to another organisation.
func (a *area) moveDevice(w http.ResponseWriter, r *http.Request) error {
	organisations, err := a.organisations(r, ui.Option{Label: "Choose one"})
	if err != nil {
		return err
	}
	one, q, err := a.changing(r, "Move this device", func(one *room.One) *ui.Form {
		return &ui.Form{
			Fields: []*ui.Field{
				{Name: "organisation", Label: "Which organisation does it belong to?", As: ui.Select{Options: organisations}},
				{Name: "from", Label: "Since which day?", Optional: true, Hint: "Such as 27 3 2026. It may have passed: what was known before stays known as that. It moves now if you leave it empty", As: ui.Date{}},
			},
			Buttons: ui.ButtonGroup{{Text: "Move it"}, ui.Cancel(DevicePath(one.ID))},
		}
	})
	if err != nil {
		return err
	}
	q.Page.Content = []ui.Component{ui.Para("It belongs to " + a.names().organisation(one.Row.Organisation) + ". What is on it will be judged by the rules of the other organisation.")}
	return q.Ask(w, r, func() (string, error) {
		v, err := q.Form.MadeFrom()
		if err != nil {
			return "", err
		}
		from, err := day(r, q.Form, "from")
		if err != nil {
			return "", err
		}
		to := q.Form.Value("organisation")
		h, err := a.Devices.Move(r.Context(), actor(r), one.ID, room.HostMove{Version: v, Organisation: to, From: people.TimeOf(from)})
		if err != nil {
			return "", err
		}
		if can, err := a.allowed(r, h.Row.Organisation, people.SeeDevices); err != nil || !can[people.SeeDevices] {
			return "/devices", err
		}
		if h.Version == one.Version {
			return devicePath(one.ID, "there"), nil
		}
		return devicePath(one.ID, "moved"), nil
	})
}

// changeDeviceState says that a device is lost, retired or replaced, or in use again.
func (a *area) changeDeviceState(w http.ResponseWriter, r *http.Request) error {
	one, q, err := a.changing(r, "What has become of this device?", func(one *room.One) *ui.Form {
		return &ui.Form{
			Fields:  []*ui.Field{{Name: "state", Label: "What has become of this device?", Asks: true, As: ui.Radios{Options: stateAnswers(one.State)}}},
			Buttons: ui.ButtonGroup{{Text: "Save this"}, ui.Cancel(DevicePath(one.ID))},
		}
	})
	if err != nil {
		return err
	}
	q.Page.OwnHeading = true
	return q.Ask(w, r, func() (string, error) {
		v, err := q.Form.MadeFrom()
		if err != nil {
			return "", err
		}
		c := room.StateChange{Version: v, State: room.State(q.Form.Value("state"))}
		if c.State == room.Replaced {
			c.ReplacedBy = q.Form.Value("replacedBy")
		}
		_, err = a.Devices.ChangeState(r.Context(), actor(r), one.ID, c)
		return devicePath(one.ID, string(c.State)), err
	})
}

// stateAnswers are the states into which a device can come.
func stateAnswers(is room.State) (answers []ui.Option) {
	if is != room.InUse {
		answers = append(answers, ui.Option{Value: string(room.InUse), Label: "It is in use again", Hint: "Reports of it are taken, and what is on it is judged, beginning with what was on it last"})
	}
	if is == room.InUse {
		answers = append(answers, ui.Option{Value: string(room.Lost), Label: "It is lost", Hint: "It is judged all the same: it may report from wherever it is"})
	}
	if is == room.InUse || is == room.Lost {
		answers = append(answers,
			ui.Option{Value: string(room.Retired), Label: "It is retired", Hint: "It is judged no longer, and reports of it are refused. What was known of it stays known"},
			ui.Option{Value: string(room.Replaced), Label: "It is replaced by another", Hint: "As if it were retired; its page leads to the other", Reveals: []*ui.Field{{Name: "replacedBy", Label: "The id of the other device"}}},
		)
	}
	return answers
}

// forgetInventory forgets the inventory of one tool.
func (a *area) forgetInventory(w http.ResponseWriter, r *http.Request) error {
	source := r.URL.Query().Get("source")
	one, q, err := a.changing(r, "Forget this inventory", func(one *room.One) *ui.Form {
		return &ui.Form{Buttons: ui.ButtonGroup{{Text: "Forget it", Kind: ui.Danger}, ui.Cancel(DevicePath(one.ID))}}
	})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(one.Sources, func(s room.Source) bool { return s.Name == source })
	if at < 0 {
		return fault.New(fault.NotFound, "There is no inventory of this device by that name: go to the device, and choose there")
	}
	only := 0
	for i := range one.Installed {
		if s := one.Installed[i].Sources; len(s) == 1 && s[0] == source {
			only++
		}
	}
	leaves := "All that it names is named by another tool as well, and stays on the device."
	if only > 0 {
		leaves = ui.Count(only, "app that it alone names is", "apps that it alone names are") + " then not on the device any more."
	}
	q.Page.Content = []ui.Component{
		ui.Para("The inventory from " + tool(source) + " no longer counts. " + leaves),
		ui.Para("Do this where a tool is no longer used. If it reports again, its inventory is back."),
	}
	return q.Ask(w, r, func() (string, error) {
		v, err := q.Form.MadeFrom()
		if err != nil {
			return "", err
		}
		_, err = a.Devices.ForgetSource(r.Context(), actor(r), one.ID, source, v)
		return devicePath(one.ID, "forgotten"), err
	})
}
