package vetting

import (
	"cmp"
	"maps"
	"slices"

	"portcullis/vetting/report"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// How much stands on the page: evidence in one cell, and rows of a list that an app can make as long as it likes. The
// downloads have all.
const (
	mostEvidence = 4
	mostRows     = 100
)

// rest says how many rows of a list are not shown; nothing where all are.
func rest(rows int) ui.Component {
	if rows <= mostRows {
		return nil
	}
	return ui.Para("And " + ui.Count(rows-mostRows, "more, which the downloads have.", "more, which the downloads have."))
}

// evidence is where something was found.
func evidence(all []report.Evidence, more ...ui.Component) ui.Component {
	var lines []ui.Component
	for _, e := range all[:min(mostEvidence, len(all))] {
		lines = append(lines, ui.Line{ui.Text(e.What), ui.Muted(place(e))})
	}
	if rest := len(all) - mostEvidence; rest > 0 {
		lines = append(lines, ui.Muted("and in "+ui.Count(rest, "more place", "more places")))
	}
	lines = append(lines, more...)
	switch len(lines) {
	case 0:
		return ui.Text("")
	case 1:
		return lines[0]
	}
	return devicepages.Stacked(lines)
}

// place is what kind of evidence something is and where it stands.
func place(e report.Evidence) string {
	word := report.GradeWord(e.Grade)
	if e.Where == "" || e.Where == "manifest" && e.Grade == report.GradeDeclared {
		return "(" + word + ")"
	}
	return "(" + word + ", " + e.Where + ")"
}

// criteria are what is asked of the app: what was found first, and then how that stands. What is not met and what is
// not known stands open, and what is met can be opened.
func criteria(r *report.Report) ui.Component {
	shown := ui.Stack{ui.Heading("What is asked of it")}
	if len(r.Criteria) == 0 {
		return append(shown, ui.Para("Nothing is asked of apps of this kind."))
	}
	shown = append(shown, ui.Para("None of these weighs more than another, and nothing is added up: whoever reviews the app decides."))
	var open, met []report.Criterion
	for _, result := range []report.Result{report.NotMet, report.Unknown, report.Met} {
		for _, c := range r.Criteria {
			switch {
			case c.Result != result:
			case result == report.Met:
				met = append(met, c)
			default:
				open = append(open, c)
			}
		}
	}
	switch {
	case len(open) > 0:
		shown = append(shown, criteriaTable("Not met, or not known", open))
	default:
		shown = append(shown, ui.Para("All of them are met."))
	}
	if len(met) > 0 {
		shown = append(shown, ui.Details{Summary: ui.Capital(ui.Count(len(met), "criterion is met", "criteria are met")), Content: []ui.Component{criteriaTable("Met", met)}})
	}
	return shown
}

func criteriaTable(caption string, all []report.Criterion) ui.Table {
	t := ui.Table{Caption: caption, Columns: []ui.Column{{Title: "What is asked"}, {Title: "What was found"}, {Title: "How it stands"}}}
	for i := range all {
		c := &all[i]
		t.Rows = append(t.Rows, ui.Row{ui.Named{Link: ui.Link{Text: c.Title}, More: ui.Muted(c.Standard)}, criterionFound(c), resultTags[c.Result]})
	}
	return t
}

// criterionFound is what a criterion rests on.
func criterionFound(c *report.Criterion) ui.Component {
	var more []ui.Component
	switch {
	case c.Why != "":
		more = append(more, ui.Text(ui.Capital(c.Why)+"."))
	case len(c.Evidence) > 0:
	case c.Result == report.Unknown:
		more = append(more, ui.Text("It could not be found out."))
	default:
		more = append(more, ui.Text("It was looked for in all of the app, and is not there."))
	}
	return evidence(c.Evidence, more...)
}

// coverage is how much of the file was looked at. What was not stands as plainly as what was.
func coverage(r *report.Report) ui.Component {
	c := &r.Coverage
	shown := ui.Stack{ui.Heading("How much of it was looked at")}
	unknown := maps.Clone(r.Unknown)
	delete(unknown, report.MakerFact) // which no file says, however much of it was looked at
	whole := len(unknown) == 0 && len(c.NotAnalysed) == 0
	if !whole {
		shown = append(shown, ui.Warning("Not all of it was looked at. Where nothing was found, there may be something in what is named here."))
	}
	text := ui.Number(c.FilesRead).String() + " of " + ui.Count(c.FilesTotal, "file", "files")
	switch {
	case whole:
		text += ", all of their " + size(c.BytesTotal) + "."
	case c.BytesRead < c.BytesTotal:
		text += ", with " + size(c.BytesRead) + " of " + size(c.BytesTotal) + ": " + ui.Number(100*c.BytesRead/c.BytesTotal).String() + "\u00a0% of the bytes."
	default:
		text += "."
	}
	if c.FilesMedia > 0 {
		text += " Of those, " + ui.Count(c.FilesMedia, "is a picture, sound or font", "are pictures, sound or fonts") + ", and nobody searched in them for names of hosts."
	}
	shown = append(shown, ui.Para(text))
	if whole {
		return shown
	}
	t := ui.Table{Caption: "What was not looked at, or is not known whole", Columns: []ui.Column{{Title: "What"}, {Title: "Why"}}}
	for _, kind := range slices.Sorted(maps.Keys(unknown)) {
		t.Rows = append(t.Rows, ui.Row{ui.Text(cmp.Or(kinds[kind], string(kind))), ui.Text(ui.Capital(unknown[kind]))})
	}
	for _, n := range c.NotAnalysed[:min(mostRows, len(c.NotAnalysed))] {
		t.Rows = append(t.Rows, ui.Row{ui.Text(n.Path), ui.Text(ui.Capital(n.Why))})
	}
	return append(shown, t, rest(len(c.NotAnalysed)))
}

// data is what of people's the app can reach, as far as what it declares says so.
func data(r *report.Report) ui.Component {
	shown := ui.Stack{ui.Heading("What of people’s it can reach")}
	if len(r.Data) == 0 {
		return append(shown, none(r, report.DataFact, "It declares nothing of the kind"))
	}
	t := ui.Table{Caption: "What it can reach", Unseen: true, Columns: []ui.Column{{Title: "What it can reach"}, {Title: "What says so"}}}
	for _, d := range r.Data {
		t.Rows = append(t.Rows, ui.Row{ui.Text(ui.Capital(cmp.Or(report.DataKinds[d.Kind], d.Kind))), evidence(d.Evidence)})
	}
	return append(shown, t, notAll(r, report.DataFact))
}

// notAll says below a list that there may be more; nothing where there is none.
func notAll(r *report.Report, kind report.Fact) ui.Component {
	if why := missing(r, kind); why != "" {
		return ui.Para("There may be more: " + why + ".")
	}
	return nil
}

// properties are the traits that were looked for and found.
func properties(r *report.Report) ui.Component {
	shown := ui.Stack{ui.Heading("What else stands out")}
	if len(r.Traits) == 0 {
		shown = append(shown, none(r, report.TraitFact, "None of the properties that are looked for was found"))
	} else {
		t := ui.Table{Caption: "Properties", Unseen: true, Columns: []ui.Column{{Title: "What stands out"}, {Title: "What says so"}}}
		for _, trait := range r.Traits {
			t.Rows = append(t.Rows, ui.Row{ui.Text(ui.Capital(cmp.Or(report.Traits[trait.ID], trait.ID))), evidence(trait.Evidence)})
		}
		shown = append(shown, t, notAll(r, report.TraitFact))
	}
	if len(r.Nested) > 0 {
		t := ui.Table{Caption: "Apps and code that lie inside as data", Columns: []ui.Column{{Title: "Where"}, {Title: "What it is"}}}
		for _, n := range r.Nested {
			t.Rows = append(t.Rows, ui.Row{ui.Text(n.Where), ui.Line{ui.Text(n.Format), ui.Text(n.Package)}})
		}
		shown = append(shown, t)
	}
	if len(r.Problems) > 0 {
		t := ui.Table{Caption: "What is wrong with the file", Columns: []ui.Column{{Title: "Where"}, {Title: "What"}}}
		for _, p := range r.Problems[:min(mostRows, len(r.Problems))] {
			t.Rows = append(t.Rows, ui.Row{ui.Text(p.Where), ui.Text(ui.Capital(p.What))})
		}
		shown = append(shown, t, rest(len(r.Problems)))
	}
	return shown
}

// lists are the long lists, each folded behind how long it is.
func lists(r *report.Report) ui.Component {
	shown := ui.Stack{ui.Heading("Permissions, hosts and parts")}
	shown = append(shown, permissions(r), hosts(r))
	if exported := exportedParts(r); exported != nil {
		shown = append(shown, exported)
	}
	if len(r.Libraries) > 0 {
		var names []string
		for _, l := range r.Libraries {
			names = append(names, l.Where)
		}
		shown = append(shown, folded(ui.Count(len(names), "native library", "native libraries"), names))
	}
	return append(shown, folded(ui.Count(len(r.Tables), "table was used", "tables were used"), tables(r)))
}

// folded is a list behind its summary.
func folded(summary string, items []string) ui.Component {
	list := ui.List{}
	for _, item := range items {
		list.Items = append(list.Items, ui.Text(item))
	}
	return ui.Details{Summary: ui.Capital(summary), Content: []ui.Component{list}}
}

func permissions(r *report.Report) ui.Component {
	p := &r.Permissions
	if len(p.Declared)+len(p.Implied) == 0 {
		return none(r, report.PermissionFact, "No permission was found that it asks for")
	}
	shown := ui.Stack{}
	if len(p.Declared) > 0 {
		shown = append(shown, folded(ui.Count(len(p.Declared), "permission that it asks for", "permissions that it asks for"), p.Declared))
	}
	if len(p.Implied) > 0 {
		shown = append(shown, folded(ui.Count(len(p.Implied), "permission that the system adds by itself", "permissions that the system adds by itself"), p.Implied))
	}
	return append(shown, notAll(r, report.PermissionFact))
}

func hosts(r *report.Report) ui.Component {
	if len(r.Domains) == 0 {
		return none(r, report.DomainFact, "No name of a host was found")
	}
	found := folded(ui.Count(len(r.Domains), "host is named in it", "hosts are named in it"), r.Domains).(ui.Details)
	found.Content = slices.Concat([]ui.Component{ui.Para("That a name stands in an app is no proof that the app speaks to it.")}, found.Content)
	return ui.Stack{found, notAll(r, report.DomainFact)}
}

// exportedParts are the parts of an app that other apps may start; nil where there are none.
func exportedParts(r *report.Report) ui.Component {
	t := ui.Table{Caption: "Parts that other apps may start", Unseen: true, Columns: []ui.Column{{Title: "Part"}, {Title: "Kind"}, {Title: "What others need for it"}}}
	for _, c := range r.Components {
		if c.Exported {
			t.Rows = append(t.Rows, ui.Row{ui.Text(c.Name), ui.Text(ui.Capital(c.Kind)), ui.Text(cmp.Or(c.Permission, "Nothing"))})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return ui.Details{Summary: ui.Capital(ui.Count(len(t.Rows), "part that other apps may start", "parts that other apps may start")), Content: []ui.Component{t}}
}

func tables(r *report.Report) (all []string) {
	for name, version := range r.Tables {
		all = append(all, ui.Capital(name)+": "+version)
	}
	slices.Sort(all)
	return all
}
