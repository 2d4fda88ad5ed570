package zones

import (
	"fmt"
	"net/http"
	"strconv"

	"portcullis/enforce"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// zone shows one.
func (p Pages) zone(w http.ResponseWriter, r *http.Request) error {
	z, err := p.Enforce.SeeZone(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	page := ui.Page{Title: z.Name, Wide: true, Crumbs: crumbs, Banner: done.Banner(r), Content: []ui.Component{p.facts(r, z.Zone)}}
	if z.MayKeep {
		page.Content = append(page.Content, ui.ButtonGroup{
			{Text: "Change which name servers are told", Href: pathOf(z.ID, "change"), Kind: ui.Secondary},
			{Text: "Draw secrets anew", Href: pathOf(z.ID, "rotate"), Kind: ui.Secondary},
			{Text: "End the zone", Href: pathOf(z.ID, "end"), Kind: ui.Secondary},
		})
	}
	page.Content = append(page.Content, ui.Heading("Networks that pass"),
		ui.Para("Whoever asks from such a network is answered as if nothing were banned. So one person proposes it and another agrees, and it always ends. What is installed on devices there is judged as before."))
	if z.MayKeep {
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Propose a network", Href: pathOf(z.ID, "networks", "add")}})
	}
	page.Content = append(page.Content, networksTable(r, &z), ui.Heading("How name servers take it"), secretsTable(r, z.Zone))
	page.Content = append(page.Content, p.configuration(z.Zone, enforce.ZoneSecrets{})...)
	return ui.Render(w, r, http.StatusOK, page)
}

// facts are what there is to say of a zone in a few lines.
func (p Pages) facts(r *http.Request, z *enforce.Zone) ui.Component {
	rows := []ui.SummaryRow{{Key: "Of", Value: ui.Text(p.body(z.Organisation))}, {Key: "Serial", Value: serial(z)}}
	if z.Edition.Number > 0 {
		rows = append(rows, ui.SummaryRow{Key: "Last changed", Value: when(r, z.Edition.Published)}, ui.SummaryRow{Key: "By the decisions up to", Value: generation(z)},
			ui.SummaryRow{Key: "SHA-256 of what it says", Value: ui.ID{Value: z.Edition.Digest, Of: "digest"}})
	}
	told := ui.List{}
	for _, n := range z.Notify {
		text := n.Address.String()
		if n.Unsigned {
			text += ", without a key"
		}
		told.Items = append(told.Items, ui.Text(text))
	}
	row := ui.SummaryRow{Key: "Tells, when it changes", Value: told}
	if len(told.Items) == 0 {
		row.Value = ui.Text("No name server: each asks every five minutes")
	}
	return ui.Summary{Rows: append(rows, row, ui.SummaryRow{Key: "Added", Value: when(r, z.Added)})}
}

// networksTable shows networks, those that wait or pass and those that did.
func networksTable(r *http.Request, z *enforce.ZoneSight) ui.Table {
	t := ui.Table{
		Caption: "Networks that pass, or are to", Unseen: true,
		Columns: []ui.Column{{Title: "Network"}, {Title: "Why"}, {Title: "Until"}, {Title: "Proposed"}, {Title: "State"}},
		Empty:   ui.Empty{Text: "No network passes: whoever asks is answered by the zone."},
	}
	for i := range z.Networks {
		n := &z.Networks[i]
		t.Rows = append(t.Rows, ui.Row{ui.Text(n.Network.String()), ui.Text(n.Reason), short(r, n.Until), ui.Line{short(r, n.Asked), ui.Text("by " + z.Names[n.AskedBy])}, state(r, z, n)})
	}
	return t
}

// state is how far a network has come, and what somebody can do about it.
func state(r *http.Request, z *enforce.ZoneSight, n *enforce.ZoneNetwork) ui.Component {
	link := func(text, to string) ui.Component {
		return ui.Link{Text: text, Hidden: "about " + n.Network.String(), Href: pathOf(z.ID, "networks", n.ID, to)}
	}
	by := ui.Line{short(r, n.Answered), ui.Text("by " + z.Names[n.AnsweredBy])}
	switch {
	case n.Waits():
		line := ui.Line{ui.Tag{Text: "Waits", Tone: ui.Waiting}}
		if own := n.AskedBy == gate.Who(r.Context()).Person; own && z.MayKeep {
			line = append(line, link("Take it back", "take-back"))
		} else if !own && z.MayAgree {
			line = append(line, link("Answer", "answer"))
		}
		return line
	case n.Passes():
		line := append(ui.Line{ui.Tag{Text: "Passes", Tone: ui.Active}, ui.Text("Agreed")}, by...)
		if z.MayKeep {
			line = append(line, link("Stop", "stop"))
		}
		return line
	case n.Answer == enforce.Agreed && n.OverBy != "":
		return ui.Line{ui.Text("Stopped"), short(r, n.Over), ui.Text("by " + z.Names[n.OverBy])}
	case n.Answer == enforce.Agreed:
		return append(ui.Line{ui.Text("Over"), short(r, n.Over), ui.Text("; agreed")}, by...)
	case n.Answer == enforce.TakenBack:
		return ui.Line{ui.Text("Taken back"), short(r, n.Answered)}
	}
	return append(append(ui.Line{ui.Text("Refused")}, by...), ui.Text("“"+n.Why+"”"))
}

// secretsTable shows which secrets there are, and not what they are.
func secretsTable(r *http.Request, z *enforce.Zone) ui.Table {
	t := ui.Table{Caption: "Secrets", Unseen: true, Columns: []ui.Column{{Title: "Secret"}, {Title: "For"}, {Title: "Drawn"}, {Title: "Good until"}, {Title: "Last fetched"}}}
	until := func(at people.Time) ui.Component {
		return ui.Time{At: at.Time(), Now: ui.Now(r), Short: true, Else: "another is drawn"}
	}
	for _, k := range z.Keys {
		t.Rows = append(t.Rows, ui.Row{ui.Text(k.Name), ui.Text("transfers, " + enforce.ZoneAlgorithm), short(r, k.Made), until(k.Until), fetched(r, z, k.Fetched)})
	}
	for i, a := range z.Addresses {
		name := "The address of the text"
		if i > 0 {
			name = "An earlier address"
		}
		t.Rows = append(t.Rows, ui.Row{ui.Text(name), ui.Text("fetching over HTTP"), short(r, a.Made), until(a.Until), fetched(r, z, a.Fetched)})
	}
	t.Empty = ui.Empty{Text: fmt.Sprintf("%s has no secrets: nobody can take it. Draw some.", z.Name)}
	return t
}

// fetched is when somebody last took the zone by a secret, and whether that is what it says now. Several name servers may have one
// secret: it is the last of them.
func fetched(r *http.Request, z *enforce.Zone, f enforce.Fetched) ui.Component {
	if f.At.IsZero() {
		return ui.Muted("never")
	}
	tag := ui.Tag{Text: "In force", Tone: ui.Active}
	if f.Serial != z.Edition.Serial {
		tag = ui.Tag{Text: "Earlier", Tone: ui.Waiting}
	}
	return ui.Line{short(r, f.At), ui.ID{Value: itoa(int64(f.Serial)), Of: "serial that was fetched"}, tag}
}
