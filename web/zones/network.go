package zones

import (
	"net/http"
	"net/netip"
	"slices"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// ask proposes that a network pass.
func (p Pages) ask(w http.ResponseWriter, r *http.Request) error {
	z, err := p.Enforce.SeeZone(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	latest := ui.Day{At: z.Latest.Time(), Now: ui.Now(r)}
	form := &ui.Form{
		Version: ui.Versioned(z.Version),
		Fields: []*ui.Field{
			{Name: "network", Label: "Which network is to pass?", Hint: "Such as 192.0.2.0/24, 2001:db8::/32 or one address. The smallest that is enough", As: ui.Input{Long: 60, Width: 30}},
			{Name: "until", Label: "Until which day?", Hint: "The first day on which it passes no longer, " + latest.Absolute() + " at most", As: ui.Date{}},
			{Name: "reason", Label: "Why?", Hint: "Whoever agrees reads this. Say who works there, and what for", As: ui.Textarea{Rows: 3, Long: 2000}},
		},
		Buttons: ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(pathOf(z.ID))},
	}
	q := ui.Question{Form: form, Current: p.facts(r, z.Zone), Page: ui.Page{Title: "Propose a network", Caption: z.Name, Crumbs: crumbsOf(z.Zone), Content: []ui.Component{
		ui.Para("Whoever asks from the network is then answered as if nothing were banned: visitors and everybody’s own devices too. Nothing changes until somebody else agrees who signs exemptions here."),
	}}}
	return q.Ask(w, r, func() (string, error) {
		version, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		asked, err := asked(form, r)
		if err != nil {
			return "", err
		}
		_, err = p.Enforce.AskNetwork(r.Context(), actor(r), z.ID, version, asked)
		return pathOf(z.ID) + "?done=proposed", err
	})
}

// asked reads what is proposed; the first fault is told.
func asked(form *ui.Form, r *http.Request) (n enforce.NewNetwork, err error) {
	if n.Network, err = enforce.ReadNetwork("network", form.Value("network")); err != nil {
		return n, err
	}
	until, err := form.Field("until").Day(ui.Now(r).Location())
	n.Until, n.Reason = people.TimeOf(until), form.Value("reason")
	return n, err
}

// about is a zone and a network of it that a question is about.
func (p Pages) about(r *http.Request) (z enforce.ZoneSight, n enforce.ZoneNetwork, facts ui.Summary, err error) {
	if z, err = p.Enforce.SeeZone(r.Context(), actor(r), r.PathValue("id")); err != nil {
		return z, n, facts, err
	}
	i := slices.IndexFunc(z.Networks, func(n enforce.ZoneNetwork) bool { return n.ID == r.PathValue("network") })
	if i < 0 {
		return z, n, facts, fault.New(fault.NotFound, "There is no such network of this zone")
	}
	n = z.Networks[i]
	facts = ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Network", Value: ui.Line{ui.Text(n.Network.String()), ui.Muted(size(n.Network))}},
		{Key: "Zone", Value: ui.Text(z.Name)}, {Key: "Of", Value: ui.Text(p.body(z.Organisation))},
		{Key: "Passes until", Value: when(r, n.Until)}, {Key: "Proposed", Value: ui.Line{when(r, n.Asked), ui.Text("by " + z.Names[n.AskedBy])}}, {Key: "Why", Value: ui.Text(n.Reason)},
	}}
	return z, n, facts, err
}

// size is how many addresses are in a network of IPv4; of IPv6 the length of its prefix says as much.
func size(n netip.Prefix) string {
	if n.Addr().Is6() {
		return ""
	}
	return ui.Count(1<<(n.Addr().BitLen()-n.Bits()), "address", "addresses")
}

// answer asks the second person.
func (p Pages) answer(w http.ResponseWriter, r *http.Request) error {
	z, n, facts, err := p.about(r)
	if err != nil {
		return err
	}
	form := &ui.Form{
		Version: ui.Versioned(z.Version),
		Fields: []*ui.Field{{Name: "answer", Label: "Do you agree?", As: ui.Radios{Options: []ui.Option{
			{Value: enforce.Agreed, Label: "Yes: it passes"},
			{Value: enforce.Refused, Label: "No", Reveals: []*ui.Field{{Name: "why", Label: "Why not?", As: ui.Textarea{Rows: 3, Long: 2000}}}},
		}}}},
		Buttons: ui.ButtonGroup{{Text: "Answer"}, ui.Cancel(pathOf(z.ID))},
	}
	page := ui.Page{Title: "A network is to pass", Caption: z.Name, Crumbs: crumbsOf(z.Zone), Content: []ui.Component{
		facts, ui.Para("If you agree, whoever asks from there is answered as if nothing were banned, within a second and until then."),
	}}
	if r.Method != http.MethodPost && !n.Waits() {
		page.Content = append(page.Content, ui.Inset{ui.Para("This was answered already.")})
		return ui.Render(w, r, http.StatusOK, page)
	}
	if r.Method != http.MethodPost && n.AskedBy == gate.Who(r.Context()).Person {
		page.Content = append(page.Content, ui.Inset{ui.Para("You have proposed this yourself: somebody else has to agree. You can take it back.")},
			ui.ButtonGroup{{Text: "Take it back", Href: pathOf(z.ID, "networks", n.ID, "take-back"), Kind: ui.Secondary}})
		return ui.Render(w, r, http.StatusOK, page)
	}
	return ui.Question{Page: page, Form: form, Current: facts}.Ask(w, r, func() (string, error) {
		version, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		answer, why := form.Value("answer"), form.Value("why")
		switch answer {
		case enforce.Agreed:
			why = "" // typed before they changed their mind
		case enforce.Refused:
		default:
			return "", fault.In("answer", "Choose one of the two")
		}
		_, err = p.Enforce.AnswerNetwork(r.Context(), actor(r), z.ID, n.ID, version, answer == enforce.Agreed, why)
		return pathOf(z.ID) + "?done=" + answer, err
	})
}

// takeBack takes back what one has proposed.
func (p Pages) takeBack(w http.ResponseWriter, r *http.Request) error {
	z, n, facts, err := p.about(r)
	if err != nil {
		return err
	}
	form := &ui.Form{Version: ui.Versioned(z.Version), Buttons: ui.ButtonGroup{{Text: "Take it back"}, ui.Cancel(pathOf(z.ID))}}
	q := ui.Question{Form: form, Current: facts, Page: ui.Page{Title: "Take back what you have proposed", Caption: z.Name, Crumbs: crumbsOf(z.Zone), Content: []ui.Component{facts, ui.Para("The network does not pass. It can be proposed again.")}}}
	return q.Ask(w, r, func() (string, error) {
		version, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		if n.AskedBy != gate.Who(r.Context()).Person {
			return "", fault.New(fault.Conflict, "Only who has proposed this can take it back. Whoever may agree can refuse it")
		}
		_, err = p.Enforce.AnswerNetwork(r.Context(), actor(r), z.ID, n.ID, version, false, "")
		return pathOf(z.ID) + "?done=back", err
	})
}

// stop has a network pass no longer.
func (p Pages) stop(w http.ResponseWriter, r *http.Request) error {
	z, n, facts, err := p.about(r)
	if err != nil {
		return err
	}
	form := &ui.Form{Version: ui.Versioned(z.Version), Buttons: ui.ButtonGroup{{Text: "Have it pass no longer", Kind: ui.Danger}, ui.Cancel(pathOf(z.ID))}}
	q := ui.Question{Form: form, Current: facts, Page: ui.Page{Title: "Stop this network from passing?", Caption: z.Name, Crumbs: crumbsOf(z.Zone), Content: []ui.Component{
		facts, ui.Para("What is banned is denied there again, within a second where name servers are told. To have it pass again takes two people."),
	}}}
	return q.Ask(w, r, func() (string, error) {
		version, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		if !n.Passes() {
			return "", fault.New(fault.Conflict, "This network does not pass")
		}
		left := slices.DeleteFunc(slices.Clone(z.Passed), func(other netip.Prefix) bool { return other == n.Network })
		_, err = p.Enforce.ChangeZone(r.Context(), actor(r), z.ID, enforce.ZoneChange{Version: version, Passed: &left})
		return pathOf(z.ID) + "?done=stopped", err
	})
}
