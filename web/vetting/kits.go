package vetting

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"portcullis/internal/fault"
	room "portcullis/vetting"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// kitsShown are other makers' code in an app: whose it is and what says so.
func kitsShown(n devicepages.Names, seen *room.Assessment) ui.Component {
	r := seen.Report
	shown := ui.Stack{ui.Heading("Other makers’ code in it")}
	if len(r.SDKs) == 0 {
		return append(shown, none(r, report.SDKFact, "None that is known was found"))
	}
	t := ui.Table{Caption: "Other makers’ code in it", Unseen: true, Columns: []ui.Column{{Title: "Whose code"}, {Title: "What was found"}, {Title: "Who owns it"}, {Title: "In the register"}}}
	for i := range seen.Kits {
		t.Rows = append(t.Rows, kitRow(n, &seen.Kits[i], slices.Contains(proposed(seen), seen.Kits[i].SDK.ID)))
	}
	return append(shown, t, notAll(r, report.SDKFact))
}

func kitRow(n devicepages.Names, k *room.Kit, waits bool) ui.Row {
	s := &k.SDK
	found := []ui.Component{ui.Text(strengths[strongest(s)] + ".")}
	for _, f := range s.Flags {
		found = append(found, ui.Text(f.Key+" = "+f.Value+": "+f.Means+"."))
	}
	return ui.Row{
		ui.Named{Link: ui.Link{Text: cmp.Or(s.Name, s.ID)}, More: ui.Muted(cmp.Or(s.Company, "Maker not known"))},
		devicepages.Stacked(append(found, evidence(s.Evidence))), owner(k), kitKnown(n, k, waits),
	}
}

// owner is who owns a kit, where they are, and how sure that is.
func owner(k *room.Kit) ui.Component {
	s := &k.SDK
	lines := []ui.Component{ui.Text(cmp.Or(s.Owner, "Owner not known")), ui.Text(country(s.Country))}
	if s.Unverified {
		lines = append(lines, ui.Muted("One source alone says so"))
	}
	if len(k.Sources) > 0 {
		var read ui.List
		for _, source := range k.Sources {
			read.Items = append(read.Items, sourceRead(source))
		}
		lines = append(lines, ui.Details{Summary: "What says so", Content: []ui.Component{read}})
	}
	return devicepages.Stacked(lines)
}

// sourceRead is something that was read, and when.
func sourceRead(s sdk.Source) ui.Component {
	day, _ := time.Parse(time.DateOnly, s.Seen) // a test holds the table to its form
	read := ui.Muted("(read on " + ui.Day{At: day, Now: day}.Absolute() + ")")
	if s.URL == "" {
		return ui.Line{ui.Text(s.Title), read}
	}
	return ui.Line{ui.Link{Text: s.Title, Href: s.URL}, read}
}

// proposed are the kits that reviewers have seen in an app, and that wait for somebody who may confirm them for all bodies.
func proposed(seen *room.Assessment) (ids []string) {
	for _, v := range seen.Reviews {
		if v.Waits {
			ids = append(ids, v.Proposed...)
		}
	}
	return ids
}

// kitsPage asks, of the code in an app alone, which of it is a part of it, for all bodies.
func (a *area) kitsPage(w http.ResponseWriter, r *http.Request) error {
	seen, err := a.Vetting.Assessment(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	links, err := a.links(r)
	if err != nil {
		return err
	}
	if !links && r.Method != http.MethodPost {
		return fault.New(fault.Conflict, "What code is in an app is so for all bodies: somebody says it who may for all of them")
	}
	field := kitField(&seen, true)
	if field == nil && r.Method != http.MethodPost {
		return fault.New(fault.Conflict, "There is nothing to confirm: the register has all of the code that was found and that it can know")
	}
	form := &ui.Form{Fields: []*ui.Field{
		{Name: "rationale", Label: "Why?", Hint: "What you saw that says so. Whoever reviewed the app reads it", As: ui.Textarea{Rows: 3, Long: 2000}},
	}, Buttons: ui.ButtonGroup{{Text: "Record it"}, ui.Cancel(Path(seen.ID))}}
	if field != nil {
		form.Fields = append([]*ui.Field{field}, form.Fields...)
	}
	shown := []ui.Component{kitsShown(a.things.Names(), &seen)}
	if seen.Waits {
		shown = append([]ui.Component{ui.Inset{ui.Para("A reviewer has seen code of others in this app. What you leave out waits no more, and is not recorded.")}}, shown...)
	}
	page := ui.Page{Title: "Which code is in it?", Caption: called(seen.Report) + ", " + lower(version(seen.Report)), Back: Path(seen.ID), Wide: true, Content: shown}
	q := ui.Question{Page: page, Form: form}
	return q.Ask(w, r, func() (string, error) { return a.confirm(r, form, seen.ID) })
}

// confirm records which code is in an app, and says which page shows it.
func (a *area) confirm(r *http.Request, form *ui.Form, id string) (string, error) {
	c := room.Conclusion{Assessment: id, Outcome: room.Confirm, Rationale: answer(form, "rationale"), Contains: form.Values("contains")}
	review, err := a.Vetting.Conclude(r.Context(), actor(r), c)
	if err != nil {
		return "", approvalpages.Placed(form, err)
	}
	a.things.Settle(r)
	if len(review.Contains) == 0 {
		return Path(id) + "?done=none", nil
	}
	return Path(id) + "?done=kits", nil
}

// kitKnown is whether the register knows a kit, and that the app contains it.
func kitKnown(n devicepages.Names, k *room.Kit, waits bool) ui.Component {
	switch {
	case waits && !k.Contained:
		return ui.Line{ui.Tag{Text: "Waits", Tone: ui.Waiting}, ui.Text("A reviewer has seen it; somebody who may for all bodies has still to confirm it")}
	case k.Product == "" && !k.Addable:
		return ui.Text("Not there: it comes from a list that somebody has brought")
	case k.Product == "":
		return ui.Text("Not there yet: who reviews the app can add it")
	}
	link := ui.Link{Text: n.Product(k.Product), Href: devicepages.AppPath(k.Product)}
	if k.Contained {
		return ui.Line{link, ui.Text("which the app is recorded to contain")}
	}
	return ui.Line{link, ui.Muted("not yet recorded as part of the app")}
}
