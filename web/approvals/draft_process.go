package approvals

import (
	"encoding/json"
	"errors"
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strconv"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// kindPath is one kind of decision in the form of a process.
type kindPath struct {
	key, title string
	deciding   people.Permission
	ends       bool // it holds for some days at most
	demands    bool // mitigations of its own
	path       func(p *room.Process) *room.Path
}

var kindPaths = []kindPath{
	{"ban", "Bans, phase-outs and their ends, and where bodies belong", people.DecideBans, false, false, func(p *room.Process) *room.Path { return &p.Ban }},
	{"allow", "Apps to be allowed", people.DecideList, false, false, func(p *room.Process) *room.Path { return &p.Allow }},
	{"exemption", "Exemptions", people.DecideExemptions, true, true, func(p *room.Process) *room.Path { return &p.Exemption }},
	{"monitor", "Watching for a while", people.DecideMonitor, true, false, func(p *room.Process) *room.Path { return &p.Monitor }},
}

// draftProcess proposes who is to decide in a body.
func (a *area) draftProcess(w http.ResponseWriter, r *http.Request) error {
	o, err := a.organisationIn(r)
	if err != nil {
		return err
	}
	now, err := a.Approvals.Process(r.Context(), actor(r), o.ID, people.Time{}, people.Time{})
	if err != nil {
		return err
	}
	begins := &now.Process
	if a.revised != nil {
		begins = a.revised.Process
	}
	offices := a.officesOf(begins)
	options, err := a.things.Organisations(r, ui.Option{Label: "Whoever holds the role where the exemption is to hold"})
	if err != nil {
		return err
	}
	form := processForm(begins, offices, options)
	form.Version = fingerprint(now)
	form.Buttons = ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(ProcessPath(o.ID))}
	whose := "Nobody here has set who decides, so that is as everybody begins."
	if now.Of != "" {
		whose = "This begins with what holds now: it was set by " + a.things.Names().Organisation(now.Of) + "."
	}
	if a.revised != nil {
		whose = "This begins with what is proposed."
	}
	page := ui.Page{Title: "Propose who decides", Caption: o.Name, Back: ProcessPath(o.ID), Content: []ui.Component{
		ui.Para(whose + " A step that nobody is chosen for is left out. Nobody takes two steps in one decision, or decides about what they asked for."),
	}}
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		if err := a.unchanged(form, fingerprint(now), "Somebody has changed who decides here since you opened this: open it again"); err != nil {
			return room.Draft{}, err
		}
		p, err := processIn(form, begins, offices)
		return room.Draft{Kind: room.Change, Organisation: o.ID, Reason: answer(form, "reason"), Content: room.Content{Process: &p}}, errors.Join(why(form), err)
	})
}

// fingerprint tells one state of something from another: a form that was made from another would put back what
// somebody has changed.
func fingerprint(of any) string {
	text, err := json.Marshal(of)
	if err != nil {
		return err.Error()
	}
	sum := fnv.New64a()
	_, _ = sum.Write(text)
	return strconv.FormatUint(sum.Sum64(), 36)
}

// unchanged returns a fault unless a form was made from the state that there is. That of what is revised carries the
// version of the proposal instead.
func (a *area) unchanged(form *ui.Form, is, message string) error {
	if form.Version == is || a.revised != nil {
		return nil
	}
	return fault.New(fault.Changed, "%s", message)
}

// officesOf are the offices that a process or a rule names.
func (a *area) officesOf(p *room.Process) []string {
	all := append(a.things.Names().Offices(), slices.Collect(maps.Keys(p.Offices))...)
	slices.Sort(all)
	return slices.Compact(all)
}

func processForm(p *room.Process, offices []string, organisations []ui.Option) *ui.Form {
	form := &ui.Form{Fields: []*ui.Field{reasonField("Why should it be another way?", "Everybody may read this once it is decided")}}
	for _, k := range kindPaths {
		form.Fields = append(form.Fields, k.fields(p)...)
	}
	for i, office := range offices {
		form.Fields = append(form.Fields, &ui.Field{
			Name: officeField(i), Under: "Clearing offices", Label: devicepages.OfficeName(office) + ": whose office is it?", Values: given(p.Offices[office]), As: ui.Select{Options: organisations},
		})
	}
	form.Fields = append(form.Fields,
		&ui.Field{Name: "office", Under: "Clearing offices", Label: "Another office", Optional: true, As: ui.Input{Width: 30}},
		&ui.Field{Name: "office.of", Under: "Clearing offices", Label: "Whose office is that?", Optional: true, As: ui.Select{Options: organisations}})
	return form
}

func officeField(i int) string { return "offices." + strconv.Itoa(i) }

func (k *kindPath) fields(p *room.Process) []*ui.Field {
	path := k.path(p)
	roles := func(name, label string, permission people.Permission, chosen []people.Role) *ui.Field {
		f := &ui.Field{Name: k.key + "." + name, Under: k.title, Label: label, Optional: true}
		var options []ui.Option
		for _, role := range permission.Roles() {
			options = append(options, ui.Option{Value: string(role), Label: role.Name()})
		}
		for _, role := range chosen {
			f.Values = append(f.Values, string(role))
		}
		f.As = ui.Checkboxes{Options: options, Small: true}
		return f
	}
	above := &ui.Field{Name: k.key + ".signAbove", Under: k.title, Label: "Where is the second person?", Optional: true, As: ui.Checkboxes{Small: true, Options: []ui.Option{{Value: yes, Label: "In the organisation above"}}}}
	if path.SignAbove {
		above.Values = []string{yes}
	}
	fields := []*ui.Field{
		roles("recommend", "Who recommends?", people.Propose, path.Recommend),
		roles("grant", "Who grants?", k.deciding, path.Grant),
		roles("sign", "Who signs, as the second person?", k.deciding, path.Sign),
		above,
	}
	if k.ends {
		fields = append(fields, &ui.Field{Name: k.key + ".longestDays", Under: k.title, Label: "For how long may it hold at most?", Values: given(strconv.Itoa(path.LongestDays)), As: ui.Input{Numeric: true, Width: 5, Suffix: "days"}})
	}
	if k.demands {
		fields = append(fields, &ui.Field{Name: k.key + ".mitigations", Under: k.title, Label: "What must each have in place here?", Optional: true, Hint: "One on a line, such as dedicated-device, besides what the rules demand", Values: given(joined(path.Mitigations)), As: ui.Textarea{Rows: 2}})
	}
	return fields
}

// processIn is the process that was answered. What was chosen before stays in its order, so that nothing seems to
// change which does not.
func processIn(form *ui.Form, was *room.Process, offices []string) (p room.Process, err error) {
	var faults []error
	roles := func(field string, was []people.Role) []people.Role {
		answers := form.Values(field)
		chosen := slices.DeleteFunc(slices.Clone(was), func(role people.Role) bool { return !slices.Contains(answers, string(role)) })
		for _, text := range answers {
			if role := people.Role(text); !slices.Contains(chosen, role) {
				chosen = append(chosen, role)
			}
		}
		return chosen
	}
	for _, k := range kindPaths {
		path, before := k.path(&p), k.path(was)
		path.Recommend, path.Grant, path.Sign = roles(k.key+".recommend", before.Recommend), roles(k.key+".grant", before.Grant), roles(k.key+".sign", before.Sign)
		path.SignAbove = form.Value(k.key+".signAbove") == yes
		if k.ends {
			path.LongestDays, err = number(form, k.key+".longestDays")
			faults = append(faults, err)
		}
		if k.demands {
			path.Mitigations = lines(form.Value(k.key + ".mitigations"))
		}
	}
	set := func(office, of string) {
		if of == "" {
			return
		}
		if p.Offices == nil {
			p.Offices = map[string]string{}
		}
		p.Offices[office] = of
	}
	for i, office := range offices {
		set(office, form.Value(officeField(i)))
	}
	switch other, of := answer(form, "office"), form.Value("office.of"); {
	case other == "" && of != "":
		faults = append(faults, fault.In("office", "Say which office"))
	case other != "" && of == "":
		faults = append(faults, fault.In("office.of", "Say whose office it is"))
	default:
		set(other, of)
	}
	return p, errors.Join(faults...)
}
