package vetting

import (
	room "portcullis/vetting"
	"portcullis/vetting/report"
	"portcullis/web/ui"
)

// abouts are what changes are about, in the order in which they are told.
var abouts = []struct {
	about report.About
	title string
}{
	{report.AboutApp, "The app itself"}, {report.AboutSigner, "Who signed it"}, {report.AboutCriterion, "How it stands to what is asked"}, {report.AboutData, "What of people’s it can reach"}, {report.AboutKit, "Other makers’ code"},
	{report.AboutPermission, "Permissions"}, {report.AboutTrait, "What else stands out"}, {report.AboutDomain, "Hosts named in it"}, {report.AboutCoverage, "How much was looked at"},
}

// difference is how an app differs from the last of the same that was looked at; nil where there was none.
func difference(seen *room.Assessment) ui.Component {
	if seen.Before == nil {
		return ui.Stack{ui.Heading("What has changed"), ui.Para("This is the first time that somebody looked at this app here.")}
	}
	d := seen.Differences
	last := ui.Link{Text: "the report on version " + seen.Before.Version(), Href: Path(seen.Before.ID)}
	shown := ui.Stack{ui.Heading("What has changed"), ui.Paragraph{ui.Text("Beside "), last, ui.Text(".")}}
	for _, caution := range d.Cautions {
		shown = append(shown, ui.Inset{ui.Para(ui.Capital(caution))})
	}
	if len(d.Changes) == 0 {
		return append(shown, ui.Para("Nothing that is told of apps differs."))
	}
	t := ui.Table{Caption: "What has changed", Unseen: true, Columns: []ui.Column{{Title: "What it is about"}, {Title: "What has changed"}}}
	for _, a := range abouts {
		var lines []ui.Component
		for _, c := range d.Changes {
			if c.About == a.about && len(lines) < mostRows {
				lines = append(lines, ui.Text(c.Words+"."))
			}
		}
		if len(lines) > 0 {
			t.Rows = append(t.Rows, ui.Row{ui.Text(a.title), ui.List{Items: lines}})
		}
	}
	return append(shown, t)
}
