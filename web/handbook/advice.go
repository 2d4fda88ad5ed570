package handbook

import (
	"net/http"
	"net/url"

	room "portcullis/handbook"
	"portcullis/people"
	"portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

var adviceCrumbs = []ui.Link{{Text: "Advice", Href: "/advice"}}

// list shows what there is.
func (a *area) list(w http.ResponseWriter, r *http.Request) error {
	found, err := a.Handbook.Advice(r.Context(), actor(r), room.About{})
	if err != nil {
		return err
	}
	page := ui.Page{Title: "Advice", Banner: ui.Done{"taken-back": "The advice has been taken back"}.Banner(r), Content: []ui.Component{
		ui.Para("What we advise for your own devices, for what apps can reach, and for talking about work on private channels. On your own device all of this is advice: what you have installed there is kept on no list here."),
	}}
	if keeps(r) {
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Add advice", Href: "/advice/add"}})
	}
	page.Content = append(page.Content, sections(found, keeps(r))...)
	if len(found) == 0 {
		page.Content = append(page.Content, ui.Empty{Text: "Nothing is advised at present. If you have a question, ask your security team."})
	}
	page.Content = append(page.Content, ui.Paragraph{ui.Link{Text: "What was advised on an earlier day", Href: "/advice/earlier"}})
	return ui.Render(w, r, http.StatusOK, page)
}

// sections show pieces of advice by what they are about; to who keeps them, also which are of the starter set, where
// not all are.
func sections(found []room.Advice, keeps bool) (shown []ui.Component) {
	starters := 0
	for _, a := range found {
		if a.Starter {
			starters++
		}
	}
	for _, subject := range room.Subjects {
		var list ui.List
		for _, a := range found {
			if a.Subject != subject {
				continue
			}
			line := ui.Line{ui.Link{Text: a.Title, Href: gate.Path("advice", a.ID)}}
			if a.Starter && keeps && starters < len(found) {
				line = append(line, ui.Muted("(starter set)"))
			}
			list.Items = append(list.Items, line)
		}
		if len(list.Items) == 0 {
			continue
		}
		shown = append(shown, ui.Heading(subjectNames[subject]), list)
		if subject == room.OnChannel {
			shown = append(shown, ui.Paragraph{ui.Link{Text: "Does it belong to the official record? Decide, and pass it on", Href: "/channels"}})
		}
	}
	switch starters {
	case 0:
		return shown
	case len(found):
		return append(shown, ui.Inset{ui.Para("This is the starter set that comes with Portcullis. The centre has put nothing of its own in its place yet.")})
	}
	return append(shown, ui.Inset{ui.Para("Part of this is the starter set that comes with Portcullis, and part the centre’s own. Each piece says which it is.")})
}

var adviceDone = ui.Done{"added": "The advice has been added", "changed": "The advice has been changed", "same": "Everything is as it was"}

// one shows one piece of advice.
func (a *area) one(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Handbook.AdviceVersions(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	advice := all[0]
	known, err := a.names(r, advice.By)
	if err != nil {
		return err
	}
	page := ui.Page{Title: advice.Title, Crumbs: adviceCrumbs, Banner: adviceDone.Banner(r)}
	if page.Caption = subjectNames[advice.Subject]; advice.Subject == room.OnProduct {
		page.Caption = about(advice.About)
	}
	if advice.TakenBack {
		page.Banner = nil
		page.Content = append(page.Content, ui.Warning("This advice no longer stands: it was taken back. If you have relied on it, ask your security team."))
	} else {
		page.Content = append(page.Content, Text(advice.Text)...)
	}
	page.Content = append(page.Content, a.beside(r, advice)...)
	page.Content = append(page.Content, kept(r, advice, known))
	if len(all) > 1 {
		page.Content = append(page.Content, ui.Paragraph{ui.Link{Text: "Earlier versions", Href: gate.Path("advice", advice.ID, "versions")}})
	}
	if keeps(r) {
		page.Content = append(page.Content, adviceButtons(advice))
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// beside leads from a piece of advice to what it is about.
func (a *area) beside(r *http.Request, advice room.Advice) []ui.Component {
	switch {
	case advice.Subject == room.OnChannel:
		return []ui.Component{ui.ButtonGroup{{Text: "Do I need to pass it on?", Href: "/channels/decide"}, {Text: "Pass this to the official record", Href: "/channels/pass", Kind: ui.Secondary}}}
	case advice.Subject == room.OnProduct && may(r, people.SeeDevices):
		return []ui.Component{ui.Paragraph{ui.Link{Text: "The app in the register", Href: devices.AppPath(advice.Of)}}}
	}
	return nil
}

func adviceButtons(a room.Advice) ui.ButtonGroup {
	if a.TakenBack {
		return ui.ButtonGroup{{Text: "Put it back", Href: gate.Path("advice", a.ID, "change"), Kind: ui.Secondary}}
	}
	return ui.ButtonGroup{
		{Text: "Change this advice", Href: gate.Path("advice", a.ID, "change"), Kind: ui.Secondary},
		{Text: "Take it back", Href: gate.Path("advice", a.ID, "take-back"), Kind: ui.Secondary},
	}
}

// kept says whose a version is, and since when it stands.
func kept(r *http.Request, a room.Advice, known map[string]string) ui.Component {
	switch {
	case a.Starter && !a.Replaced.IsZero():
		return ui.Paragraph{ui.Muted("From the starter set that comes with Portcullis.")}
	case a.Starter:
		return ui.Paragraph{ui.Muted("From the starter set that comes with Portcullis; the centre has put nothing of its own in its place.")}
	case a.TakenBack:
		return ui.Paragraph{ui.Muted("Taken back by " + somebody(known, a.By) + " on"), when(r, a.Recorded)}
	}
	return ui.Paragraph{ui.Muted("The centre’s own; kept by " + somebody(known, a.By) + " on"), when(r, a.Recorded)}
}

func advicePath(id, done string) string {
	return gate.Path("advice", id) + "?" + url.Values{"done": {done}}.Encode()
}
