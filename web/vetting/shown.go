package vetting

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"portcullis/people"
	"portcullis/policy"
	room "portcullis/vetting"
	"portcullis/vetting/report"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// crumbs lead to the list of what was looked at.
var crumbs = []ui.Link{{Text: "Apps looked at", Href: "/vetting"}}

var done = ui.Done{
	"looked": "The app has been looked at. Nothing has been decided by that",
	"again":  "It has been held to the criteria anew",
	"keep":   "Your review is recorded: what is decided stays as it is",
	"kits":   "Recorded: a rule on whoever owns the code that you confirmed reaches the app from now on",
	"none":   "Recorded: none of that code is a part of the app",
}

// assessment shows what was found in an app: first how much of it was looked at, then what was found, beside what is
// asked.
func (a *area) assessment(w http.ResponseWriter, r *http.Request) error {
	seen, err := a.Vetting.Assessment(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	n := a.things.Names()
	page := ui.Page{Title: called(seen.Report), Caption: version(seen.Report), Wide: true, Crumbs: crumbs, Banner: done.Banner(r)}
	page.Content = append(page.Content, misfit(&seen), a.facts(r, n, &seen))
	if seen.Report.Error != "" {
		page.Caption, page.Banner = "A file that could not be read", nil
		page.Content = append(page.Content, ui.Warning("The file could not be read: "+strings.TrimSuffix(seen.Report.Error, ".")+". Nothing is known of what is in it."))
		if may(r, people.AssessApps) {
			page.Content = append(page.Content, ui.ButtonGroup{{Text: "Hand in another file", Href: LookPath(seen.Proposal)}})
		}
		return ui.Render(w, r, http.StatusOK, page)
	}
	page.Content = append(page.Content, found(n, &seen)...)
	next, err := a.next(r, &seen)
	if err != nil {
		return err
	}
	page.Content = append(page.Content, next, reviews(r, &seen), downloads(&seen))
	return ui.Render(w, r, http.StatusOK, page)
}

// misfit says why nothing can be concluded from a report for its request; nil where something can.
func misfit(seen *room.Assessment) ui.Component {
	if seen.Misfit == "" {
		return nil
	}
	return ui.Warning("Nothing can be concluded from this for the request. " + seen.Misfit + ".")
}

// found are the parts of a report that could be made.
func found(n devicepages.Names, seen *room.Assessment) []ui.Component {
	r := seen.Report
	return []ui.Component{coverage(r), criteria(r), kitsShown(n, seen), data(r), properties(r), difference(seen), lists(r)}
}

// facts are what was looked at, for whom, and who signed it.
func (a *area) facts(r *http.Request, n devicepages.Names, seen *room.Assessment) ui.Component {
	rep := seen.Report
	s := ui.Summary{}
	add := func(key string, value ui.Component) { s.Rows = append(s.Rows, ui.SummaryRow{Key: key, Value: value}) }
	if seen.Proposal != "" {
		add("Looked at for", ui.Link{Text: a.request(r, seen.Proposal), Href: approvalpages.ProposalPath(seen.Proposal)})
	}
	add("Body", ui.Text(n.Organisation(seen.Organisation)))
	add("Looked at", ui.Line{ui.Time{At: seen.At.Time(), Now: ui.Now(r)}, ui.Text("by " + cmp.Or(seen.Names[seen.By], "somebody"))})
	add("File", ui.Stack{ui.Text(rep.File + ", " + cmp.Or(formats[rep.Format], string(rep.Format), "of no known kind") + " "), ui.ID{Value: rep.SHA256, Of: "file: its SHA-256"}})
	if rep.Error != "" {
		return s
	}
	add("Identifier", ui.ID{Value: rep.Package, Of: "app"})
	add("In the register", known(n, seen))
	add("System", ui.Text("Needs "+level(seen.Platform, rep.MinSDK)+", made for "+level(seen.Platform, rep.TargetSDK)))
	add("Signature", signature(n, seen))
	return s
}

// request is what a request asks for, as far as the viewer may see it.
func (a *area) request(r *http.Request, id string) string {
	v, err := a.Approvals.Proposal(r.Context(), actor(r), id)
	if err != nil {
		return "A request that you may not see"
	}
	return a.decisions().Title(&v.Proposal)
}

// known is which app of the register it is, and who makes that.
func known(n devicepages.Names, seen *room.Assessment) ui.Component {
	if seen.Product == "" {
		return ui.Text("No app there has this identifier, so it is not known who makes it")
	}
	link := ui.Link{Text: n.Product(seen.Product), Href: devicepages.AppPath(seen.Product)}
	if p := n.ProductNow(seen.Product); p != nil && p.Supplier != "" {
		return ui.Line{link, ui.Text("by"), ui.Link{Text: n.Supplier(p.Supplier), Href: devicepages.SupplierPath(p.Supplier)}}
	}
	return link
}

// level is a level of a system as it is called there.
func level(p policy.Platform, s *string) string {
	switch {
	case s == nil:
		return "a system that it does not name"
	case p == policy.Android:
		return "Android’s level " + *s
	}
	return devicepages.PlatformName(p) + " " + *s
}

// signature is whether the system would take the signature, and whose it is.
func signature(n devicepages.Names, seen *room.Assessment) ui.Component {
	s := &seen.Report.Signing
	var lines []ui.Component
	switch why := missing(seen.Report, report.SigningFact); {
	case s.Verifies:
		lines = append(lines, ui.Text("Verifies, by "+strings.Join(s.Schemes, ", ")+"."))
	case why != "":
		lines = append(lines, ui.Line{ui.Tag{Text: "Not known", Tone: ui.Waiting}, ui.Text(ui.Capital(why) + ".")})
	default:
		lines = append(lines, ui.Line{ui.Tag{Text: "Does not verify", Tone: ui.Bad}, ui.Text("The system would not install it as it is.")})
	}
	for i, c := range s.Certificates {
		if i < len(s.Subjects) && s.Subjects[i] != "" {
			lines = append(lines, ui.Text(s.Subjects[i]))
		}
		lines = append(lines, ui.ID{Value: c, Of: "signer"})
	}
	if signers := registered(n, seen); len(signers) > 0 && len(s.Certificates) > 0 {
		text := "That is who signs it by the register."
		if !slices.ContainsFunc(s.Certificates, func(c string) bool { return slices.Contains(signers, c) }) {
			text = "The register names another signer for this app."
		}
		lines = append(lines, ui.Text(text))
	}
	for _, p := range s.Problems[:min(mostEvidence, len(s.Problems))] {
		lines = append(lines, ui.Text(ui.Capital(p)))
	}
	return devicepages.Stacked(lines)
}

// registered are the signers that the register names for the app.
func registered(n devicepages.Names, seen *room.Assessment) (signers []string) {
	p := n.ProductNow(seen.Product)
	if p == nil {
		return nil
	}
	for _, id := range p.Identifiers[seen.Platform] {
		if id.ID == seen.Report.Package {
			signers = append(signers, id.Signers...)
		}
	}
	return signers
}

// downloads are the forms in which a report can be sent on.
func downloads(seen *room.Assessment) ui.Component {
	list := ui.List{}
	for _, f := range files {
		list.Items = append(list.Items, ui.Line{ui.Link{Text: f.name, Href: Path(seen.ID, "report", f.as)}, ui.Muted(f.what)})
	}
	return ui.Stack{ui.Heading("To send on"), ui.Para("The same report, with all that it rests on. Two people who look at the same file with the same tables have the same report, to the letter."), list}
}
