package zones

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/web/ui"
)

// toldFields ask which name servers are told, those of a zone put in.
func toldFields(z *enforce.Zone) []*ui.Field {
	signed, unsigned := &ui.Field{Name: "notify", Label: "Name servers that are told when the zone changes", Optional: true,
		Hint: "One address a line, such as 192.0.2.53 or [2001:db8::53]:5353. The others ask every five minutes", As: ui.Textarea{Rows: 3}},
		&ui.Field{Name: "unsigned", Label: "Name servers that are told without a key", Optional: true, Hint: "Unbound and Knot Resolver know none. Being told has them ask, and no more", As: ui.Textarea{Rows: 3}}
	var lines, bare []string
	for _, n := range z.Notify {
		if n.Unsigned {
			bare = append(bare, n.Address.String())
		} else {
			lines = append(lines, n.Address.String())
		}
	}
	signed.Values, unsigned.Values = one(lines), one(bare)
	return []*ui.Field{signed, unsigned}
}

// one is lines as the one value of a field.
func one(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	return []string{strings.Join(lines, "\n")}
}

// told reads them; what is wrong is a fault of the field that has it.
func told(form *ui.Form) (servers []enforce.NameServer, err error) {
	var errs []error
	for _, name := range []string{"notify", "unsigned"} {
		for _, text := range strings.Fields(strings.ReplaceAll(form.Value(name), ",", " ")) {
			at, err := enforce.ReadNameServer(text)
			var wrong *fault.Error
			if errors.As(err, &wrong) {
				err = fault.In(name, "%s", wrong.Message)
			}
			errs = append(errs, err)
			servers = append(servers, enforce.NameServer{Address: at, Unsigned: name == "unsigned"})
		}
	}
	return servers, errors.Join(errs...)
}

// drawn asks a question by which secrets are drawn, and shows these, once.
func (p Pages) drawn(w http.ResponseWriter, r *http.Request, q ui.Question, do func() (*enforce.Zone, enforce.ZoneSecrets, error)) error {
	if r.Method != http.MethodPost {
		return q.Show(w, r, http.StatusOK)
	}
	if err := q.Form.Fill(r); err != nil {
		return err
	}
	z, secrets, err := do()
	switch {
	case q.Form.Fail(err):
		return q.Show(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	page := ui.Page{Title: "Secrets of " + z.Name, Crumbs: crumbsOf(z), Content: []ui.Component{
		ui.Warning("They are shown this once. If you lose them, draw others."), p.secrets(secrets),
		ui.Para("Whoever has one of them can take the zone, and so knows what is banned. Do not send them by mail or chat."),
	}}
	page.Content = append(page.Content, p.configuration(z, secrets)...)
	page.Content = append(page.Content, ui.ButtonGroup{{Text: "I have them: to the zone", Href: pathOf(z.ID), Kind: ui.Secondary}})
	return ui.Render(w, r, http.StatusOK, page)
}

func (p Pages) secrets(s enforce.ZoneSecrets) ui.Component {
	var rows []ui.SummaryRow
	if s.Key != "" {
		rows = append(rows, ui.SummaryRow{Key: "Key", Value: ui.ID{Value: s.Key, Of: "name of the key"}}, ui.SummaryRow{Key: "Its secret", Value: ui.ID{Value: s.KeySecret, Of: "secret"}})
	}
	if s.Path != "" {
		rows = append(rows, ui.SummaryRow{Key: "Address of the text", Value: ui.ID{Value: p.address(s), Of: "address"}})
	}
	return ui.Summary{Rows: rows}
}

// add adds a zone and shows its secrets.
func (p Pages) add(w http.ResponseWriter, r *http.Request) error {
	bodies, err := p.bodies(r)
	if err != nil {
		return err
	}
	form := &ui.Form{
		Fields: append([]*ui.Field{
			{Name: "organisation", Label: "Whose name servers are to take it?", As: ui.Select{Options: bodies}},
			{Name: "name", Label: "What is the zone called?", Hint: "A name of your own that no other zone has, such as rpz.harbour.example. It need not be registered anywhere", As: ui.Input{Long: 253}},
		}, toldFields(&enforce.Zone{})...),
		Buttons: ui.ButtonGroup{{Text: "Add the zone"}, ui.Cancel(Path)},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Add a zone", Crumbs: crumbs, Content: []ui.Component{
		ui.Para("The zone has the body’s bans of names, those from above it among them, and follows them by itself. You are given its secrets next, with what to write into the name servers’ configuration."),
	}}}
	return p.drawn(w, r, q, func() (*enforce.Zone, enforce.ZoneSecrets, error) {
		servers, wrong := told(form)
		if form.Value("organisation") == "" {
			wrong = errors.Join(fault.In("organisation", "Choose whose name servers are to take it"), wrong)
		}
		if form.Value("name") == "" {
			wrong = errors.Join(fault.In("name", "Say what the zone is called"), wrong)
		}
		if wrong != nil {
			return nil, enforce.ZoneSecrets{}, wrong
		}
		z, secrets, err := p.Enforce.AddZone(r.Context(), actor(r), enforce.Zone{Name: form.Value("name"), Organisation: form.Value("organisation"), Notify: servers})
		return &z, secrets, err
	})
}

// change changes which name servers are told.
func (p Pages) change(w http.ResponseWriter, r *http.Request) error {
	z, err := p.Enforce.Zone(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	form := &ui.Form{Version: ui.Versioned(z.Version), Fields: toldFields(z), Buttons: ui.ButtonGroup{{Text: "Save"}, ui.Cancel(pathOf(z.ID))}}
	q := ui.Question{Form: form, Current: p.facts(r, z), Page: ui.Page{Title: "Which name servers are told", Caption: z.Name, Crumbs: crumbsOf(z)}}
	return q.Ask(w, r, func() (string, error) {
		version, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		servers, err := told(form)
		if err != nil {
			return "", err
		}
		_, err = p.Enforce.ChangeZone(r.Context(), actor(r), z.ID, enforce.ZoneChange{Version: version, Notify: &servers})
		return pathOf(z.ID) + "?done=changed", err
	})
}

// rotate draws secrets anew and shows them.
func (p Pages) rotate(w http.ResponseWriter, r *http.Request) error {
	z, err := p.Enforce.Zone(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	form := &ui.Form{
		Version: ui.Versioned(z.Version),
		Fields: []*ui.Field{
			{Name: "secrets", Label: "What is to be drawn anew?", As: ui.Checkboxes{Options: []ui.Option{
				{Value: "key", Label: "The key", Hint: "For name servers that take the zone by transfer, such as BIND"},
				{Value: "address", Label: "The address of the text", Hint: "For those that fetch it over HTTP, such as Unbound"},
			}}},
			{Name: "hours", Label: "For how many hours are those before still good?", Hint: "As long as it takes you to change the name servers, 720 at most; 0 if others have seen them", Values: []string{"24"}, As: ui.Input{Numeric: true, Width: 3, Suffix: "hours"}},
		},
		Buttons: ui.ButtonGroup{{Text: "Draw them"}, ui.Cancel(pathOf(z.ID))},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Draw secrets anew", Caption: z.Name, Crumbs: crumbsOf(z)}}
	return p.drawn(w, r, q, func() (none *enforce.Zone, s enforce.ZoneSecrets, err error) {
		version, err := form.MadeFrom()
		if err != nil {
			return none, s, err
		}
		hours, bad := strconv.Atoi(form.Value("hours"))
		if bad != nil || hours < 0 || hours > 720 {
			err = fault.In("hours", "Give a number of hours from 0 to 720")
		}
		wanted := form.Field("secrets")
		if len(wanted.Values) == 0 {
			err = errors.Join(fault.In("secrets", "Choose what is to be drawn anew"), err)
		}
		if err != nil {
			return none, s, err
		}
		return p.Enforce.RotateZone(r.Context(), actor(r), z.ID, enforce.Rotation{Version: version, Key: wanted.Has("key"), Address: wanted.Has("address"), Overlap: time.Duration(hours) * time.Hour})
	})
}

// end ends a zone.
func (p Pages) end(w http.ResponseWriter, r *http.Request) error {
	z, err := p.Enforce.Zone(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	form := &ui.Form{Version: ui.Versioned(z.Version), Buttons: ui.ButtonGroup{{Text: "End the zone", Kind: ui.Danger}, ui.Cancel(pathOf(z.ID))}}
	says := ui.Confirm{
		Says: []string{
			"No name server is given the zone any more, and its secrets are forgotten.",
			"Those that have it go on with it for four weeks, bans and all, and learn of no change. Take it out of their configuration first.",
		},
		Warning: "A zone that has ended does not come back: one that is added under its name has other secrets, and passes no network.",
	}
	q := ui.Question{Form: form, Confirms: &says, Current: p.facts(r, z), Page: ui.Page{Title: "End this zone?", Caption: z.Name, Crumbs: crumbsOf(z)}}
	return q.Ask(w, r, func() (string, error) {
		version, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		return Path + "?done=ended", p.Enforce.EndZone(r.Context(), actor(r), z.ID, version)
	})
}
