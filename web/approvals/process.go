package approvals

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	room "portcullis/approvals"
	"portcullis/people"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// process shows who decides in a body, and whose setting that is, now or on another day.
func (a *area) process(w http.ResponseWriter, r *http.Request) error {
	organisation := strings.TrimPrefix(r.PathValue("organisation"), "~") // as ProcessPath wrote it
	filter, err := devicepages.Narrowed(r, &ui.Field{Name: "at", Label: "As it was at the end of", Hint: "Today, where you leave it empty", As: ui.Date{}})
	if err != nil {
		return err
	}
	t, err := devicepages.EndOf(r, filter, "at")
	if err != nil {
		return err
	}
	decides, err := a.Approvals.Process(r.Context(), actor(r), organisation, t, people.Time{})
	if err != nil {
		return err
	}
	n := a.words(nil)
	page := ui.Page{Title: "Who decides", Caption: n.Organisation(organisation), Crumbs: []ui.Link{{Text: "Organisations", Href: "/organisations"}, {Text: n.Organisation(organisation), Href: gate.Path("organisations", organisation)}}}
	if !t.IsZero() {
		page.Title = "Who decided on " + onDay(r, t.Time(), "").Absolute()
	}
	facts := ui.Summary{Rows: n.processFacts(&decides.Process)}
	page.Content = []ui.Component{n.whose(organisation, decides.Of), facts, ui.Para("Whatever a body sets: a ban, an exemption and a time of watching are never one person’s word, nobody decides about what they asked for themselves, and what a rule demands of an exemption cannot be set aside.")}
	if propose, err := a.allowedIn(r, organisation, people.Propose); err != nil {
		return err
	} else if propose && t.IsZero() {
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Propose a change", Href: DraftPath("process", url.Values{"organisation": {organisation}}), Kind: ui.Secondary}})
	}
	page.Content = append(page.Content, ui.Heading("On another day"), filter)
	return ui.Render(w, r, http.StatusOK, page)
}

// whose is whose setting a process is.
func (w words) whose(organisation, of string) ui.Component {
	switch of {
	case "":
		return ui.Para("Nobody has set this: it is what every body begins with.")
	case organisation:
		return ui.Para("This body has set it itself.")
	}
	return ui.Paragraph{ui.Text("It is set by"), ui.Text(" "), ui.Link{Text: w.Organisation(of), Href: ProcessPath(of)}, ui.Text(", and counts for what is below.")}
}

// processFacts are a process in words, one for each kind of decision.
func (w words) processFacts(p *room.Process) []ui.SummaryRow {
	facts := []ui.SummaryRow{
		fact("Bans, phase-outs and their end", pathWords(&p.Ban)), fact("What the list allows", pathWords(&p.Allow)), fact("Exemptions", pathWords(&p.Exemption)), fact("Watching for a while", pathWords(&p.Monitor)),
	}
	for _, office := range slices.Sorted(maps.Keys(p.Offices)) {
		facts = append(facts, fact("Clearance: "+devicepages.OfficeName(office), "By the clearing office of "+w.Organisation(p.Offices[office])))
	}
	return facts
}

// pathWords are what a body demands before one kind of decision is made.
func pathWords(p *room.Path) string {
	var all []string
	if len(p.Recommend) > 0 {
		all = append(all, "Recommended by "+roleNames(p.Recommend)+".")
	}
	above := ""
	if p.SignAbove {
		above = " of the organisation above"
	}
	switch {
	case len(p.Sign) == 0:
		all = append(all, "Decided by one person: "+roleNames(p.Grant)+".")
	case len(p.Grant) == 0:
		all = append(all, "Proposed by one person and signed by another: "+roleNames(p.Sign)+above+".")
	default:
		all = append(all, "Decided by "+roleNames(p.Grant)+", and signed by another person: "+roleNames(p.Sign)+above+".")
	}
	if p.LongestDays > 0 {
		all = append(all, "For "+ui.Count(p.LongestDays, "day", "days")+" at most.")
	}
	if len(p.Mitigations) > 0 {
		all = append(all, "Always in place: "+devicepages.Mitigations(p.Mitigations)+".")
	}
	return strings.Join(all, " ")
}
