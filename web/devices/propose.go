package devices

import (
	"cmp"
	"net/http"
	"net/url"

	room "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// proposeAt is where something is proposed, filled in with what is known of it. Package web/approvals has the pages.
func proposeAt(kind string, filled url.Values) string {
	return "/proposals/new/" + kind + "?" + filled.Encode()
}

// banAt is where a ban of something is proposed: the page has the numbers and asks why.
func banAt(t policy.Target) string { return proposeAt("ban", targetValues(t)) }

// waysToBan lead to proposing a ban, for whoever may, and to seeing what it would do.
func waysToBan(r *http.Request, t policy.Target, ban, see string) ui.ButtonGroup {
	look := ui.Button{Text: see, Href: "/what-if?" + targetQuery(t)}
	if !may(r, people.Propose) {
		return ui.ButtonGroup{look}
	}
	look.Kind = ui.Secondary
	return ui.ButtonGroup{{Text: ban, Href: banAt(t)}, look}
}

// proposeBan leads from what a rule would reach to proposing it.
func proposeBan(rule *policy.Rule) ui.Button {
	text := "Propose this ban"
	if rule.Effect == policy.PhaseOut {
		text = "Propose this phase-out"
	}
	return ui.Button{Text: text, Href: "/proposals/new/ban?" + draftQuery(rule)}
}

// proposeAbout leads from a rule to having it end, or, from another body's, to having the same.
func proposeAbout(r *http.Request, found *room.RuleEffect, can allowed) ui.ButtonGroup {
	about := url.Values{"rule": {found.Rule.ID}}
	switch {
	case found.Ended:
		return nil
	case can[people.Propose]:
		return ui.ButtonGroup{{Text: "Propose that it end", Href: proposeAt("withdrawal", about), Kind: ui.Secondary}}
	case may(r, people.Propose):
		return ui.ButtonGroup{{Text: "Propose the same for your own body", Href: proposeAt("adopt", about), Kind: ui.Secondary}}
	}
	return nil
}

// askAbout leads from something in breach on a device to asking for it: for an exemption where it is banned, for the app
// where it is not on the list.
func askAbout(one *room.One, in *room.Installed, can allowed) ui.ButtonGroup {
	if !can[people.Ask] {
		return nil
	}
	d := &in.Decision
	called := cmp.Or(in.Called.Name, in.Called.Identifier)
	exemption := url.Values{"host": {one.ID}, "product": {d.Product}}
	for _, f := range d.Findings {
		if f.Question != policy.ListingQuestion && f.Result != policy.Lifted {
			exemption["rule"] = append(exemption["rule"], f.Rules...)
		}
	}
	button := ui.Button{Text: "Ask for an exemption", Hidden: "for " + called, Href: proposeAt("exemption", exemption), Kind: ui.Secondary}
	if len(exemption["rule"]) > 0 && d.Product != "" {
		return ui.ButtonGroup{button}
	}
	app := url.Values{"scope": {one.Row.Organisation}}
	switch {
	case d.Verdict != policy.Unlisted && d.Verdict != policy.Unknown:
		return nil
	case d.Product != "":
		app.Set("product", d.Product)
	case d.Platform != 0 && d.Identifier != "":
		app.Set("identifier", d.Identifier)
		app.Set("name", in.Called.Name)
	default:
		return nil
	}
	if d.Platform != 0 {
		app.Set("platform", d.Platform.String())
	}
	ways := ui.ButtonGroup{{Text: "Ask for this app", Hidden: "that is " + called, Href: proposeAt("app", app), Kind: ui.Secondary}}
	if d.Product != "" {
		ways = append(ways, button)
	}
	return ways
}

// askForApp leads from a product to asking for it in one's own body, and to saying who makes it.
func (a *area) askForApp(r *http.Request, app *room.App) (buttons ui.ButtonGroup, err error) {
	about := url.Values{"product": {app.Product.ID}}
	banned, allowed := false, false
	for i := range app.Rules {
		if rule := &app.Rules[i]; rule.Holds {
			banned, allowed = banned || rule.Rule.Effect != policy.Allow, allowed || rule.Rule.Effect == policy.Allow
		}
	}
	if gate.Who(r.Context()).Person != "" {
		if banned {
			buttons = append(buttons, ui.Button{Text: "Ask for an exemption", Href: proposeAt("exemption", about), Kind: ui.Secondary})
		} else if !allowed || app.Where.InBreach.Hosts > 0 {
			buttons = append(buttons, ui.Button{Text: "Ask for this app", Href: proposeAt("app", about), Kind: ui.Secondary})
		}
	}
	can, err := a.allowed(r, people.Everywhere, people.LinkIdentifiers)
	if err == nil && can[people.LinkIdentifiers] {
		buttons = append(buttons, ui.Button{Text: "Propose who makes it", Href: gate.Path("proposals", "new", "product", pathID(app.Product.ID)), Kind: ui.Secondary})
	}
	return buttons, err
}

// proposeOwner leads from a company to saying who owns it.
func (a *area) proposeOwner(r *http.Request, id string) (ui.ButtonGroup, error) {
	can, err := a.allowed(r, people.Everywhere, people.LinkIdentifiers)
	if err != nil || !can[people.LinkIdentifiers] {
		return nil, err
	}
	return ui.ButtonGroup{{Text: "Propose another owner", Href: gate.Path("proposals", "new", "supplier", pathID(id)), Kind: ui.Secondary}}, nil
}
