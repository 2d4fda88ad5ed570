package web

import (
	"net/http"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/ask"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// pages are those that belong to no area.
type pages struct{ Parts }

// today is the first page: what this is, for who has not signed in, and what waits for them, for who
// has.
func (p *pages) today(w http.ResponseWriter, r *http.Request) error {
	who := gate.Who(r.Context())
	if who.Person == "" && p.Demo != nil {
		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "One register of decisions", Wide: true, Content: p.Demo.Choice()})
	}
	if who.Person == "" {
		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "One register of decisions", Content: []ui.Component{
			ui.Para("Portcullis keeps what a government or a parliament has decided about apps and equipment: one register for every body, and a record that proves it."),
			ui.ButtonGroup{{Text: "Sign in", Href: gate.SignIn}},
			ui.Heading("For everybody"),
			ui.Para("Every decision enters a ledger that cannot be rewritten unnoticed. Anybody can follow it and check it with their own tools."),
			ui.Paragraph{ui.Link{Text: "The head of the ledger", Href: "/ledger/checkpoint"}},
		}})
	}
	page := ui.Page{Title: "Today", Caption: who.Name}
	if look := p.Demo.For(who.Person); look != nil {
		page.Content = append(page.Content, look)
	}
	page.Content = append(page.Content, ui.ButtonGroup{{Text: "May I install this?", Href: ask.Path, Kind: ui.Secondary}})
	things := devicepages.Rooms{Devices: p.Devices, Register: p.Register, People: p.People, Approvals: p.Approvals}
	for _, part := range []func(*http.Request) (ui.Component, error){p.waiting, p.decisions().Mine, things.Today, p.beginning} {
		shown, err := part(r)
		if err != nil {
			return err
		}
		page.Content = append(page.Content, shown)
	}
	if len(who.Grants) == 0 {
		page.Content = append(page.Content, ui.Para("You have no role here: you see your account, your messages, what the roles are, and what of the ledger is public. If your work needs more, ask your security team."))
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// waiting is what waits for whoever has signed in: messages to read, devices to be erased, networks to pass, what they are to decide, and apps to look at again.
func (p *pages) waiting(r *http.Request) (ui.Component, error) {
	unread, err := p.Alerts.Unread(r.Context(), gate.Actor(r.Context()))
	if err != nil {
		return nil, err
	}
	decisions, err := p.decisions().Today(r)
	if err != nil {
		return nil, err
	}
	erasures, err := p.lost().Today(r)
	if err != nil {
		return nil, err
	}
	networks, err := p.zonePages().Today(r)
	if err != nil {
		return nil, err
	}
	changed, err := p.vetted().Today(r)
	if err != nil {
		return nil, err
	}
	if unread == 0 && decisions == nil && erasures == nil && networks == nil && changed == nil {
		return ui.Empty{Text: "Nothing waits for you. When something does, it stands here.", Do: ui.Link{Text: "Look at your earlier messages", Href: "/account/messages"}}, nil
	}
	var shown ui.Stack
	if unread > 0 {
		shown = append(shown, ui.Tasks{Items: []ui.Task{{
			Text: "Read your messages", Href: "/account/messages", State: ui.Tag{Text: ui.Count(int(unread), "unread", "unread"), Tone: ui.Waiting},
		}}})
	}
	return append(shown, erasures, decisions, networks, changed), nil
}

// begun is with how many people a server is one on which nobody need be told how to begin.
const begun = 20

// beginning is what to do first on a new server, for who may do all of it everywhere; nil once it is done.
func (p *pages) beginning(r *http.Request) (ui.Component, error) {
	ctx, actor := r.Context(), gate.Actor(r.Context())
	can, err := p.People.Allowed(ctx, actor, people.Everywhere, people.ChangeOrganisations, people.ChangePeople, people.GiveRoles)
	if err != nil || !can[people.ChangeOrganisations] || !can[people.ChangePeople] || !can[people.GiveRoles] {
		return nil, err
	}
	persons, err := p.People.Persons(ctx, actor, people.PersonQuery{Limit: begun + 1})
	if err != nil || len(persons) > begun {
		return nil, err
	}
	organisations, err := p.People.Organisations(ctx, actor)
	if err != nil {
		return nil, err
	}
	officers, err := p.People.Persons(ctx, actor, people.PersonQuery{Role: people.SecurityOfficer, Limit: 1})
	if err != nil {
		return nil, err
	}
	keys, err := p.People.Passkeys(ctx, actor, gate.Who(ctx).Person)
	if err != nil {
		return nil, err
	}
	steps, left := ui.Tasks{ID: "beginning"}, 0
	step := func(done bool, text, hint, href string) {
		state := ui.Component(ui.Text("Done"))
		if !done {
			left++
			state = ui.Tag{Text: "To do", Tone: ui.Active}
		}
		steps.Items = append(steps.Items, ui.Task{Text: text, Hint: hint, Href: href, State: state})
	}
	step(len(keys) > 1, "Add a second passkey for yourself", "On another device: who loses their only one is locked out", "/account/passkeys")
	step(len(organisations) > 1, "Add the organisations", "Departments, agencies, offices, each below the one that it belongs to", "/organisations/add")
	step(len(persons) > 1, "Add people", "From a file, or one by one; your own directory can do it too, by SCIM", "/people/import")
	step(len(officers) > 0, "Give somebody the role of security officer, and invite them", "On their own page. They look after their organisation’s people from then on", "/people")
	if left == 0 {
		return nil, nil
	}
	return ui.Stack{ui.Heading("To begin with"), steps}, nil
}

// nothing answers what no other route does.
func (p *pages) nothing(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "There is no page at this address")
}
