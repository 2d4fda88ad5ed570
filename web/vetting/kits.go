package vetting

import (
	"cmp"

	room "portcullis/vetting"
	"portcullis/vetting/report"
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
		t.Rows = append(t.Rows, kitRow(n, &seen.Kits[i]))
	}
	return append(shown, t, notAll(r, report.SDKFact))
}

func kitRow(n devicepages.Names, k *room.Kit) ui.Row {
	s := &k.SDK
	found := []ui.Component{ui.Text(strengths[strongest(s)] + ".")}
	for _, f := range s.Flags {
		found = append(found, ui.Text(f.Key+" = "+f.Value+": "+f.Means+"."))
	}
	return ui.Row{
		ui.Named{Link: ui.Link{Text: cmp.Or(s.Name, s.ID)}, More: ui.Muted(cmp.Or(s.Company, "Maker not known"))},
		devicepages.Stacked(append(found, evidence(s.Evidence))), owner(s), kitKnown(n, k),
	}
}

// owner is who owns a kit, where they are, and how sure that is.
func owner(s *report.SDK) ui.Component {
	lines := []ui.Component{ui.Text(cmp.Or(s.Owner, "Owner not known")), ui.Text(country(s.Country))}
	if s.Unverified {
		lines = append(lines, ui.Muted("One source alone says so"))
	}
	return devicepages.Stacked(lines)
}

// kitKnown is whether the register knows a kit, and that the app contains it.
func kitKnown(n devicepages.Names, k *room.Kit) ui.Component {
	switch {
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
