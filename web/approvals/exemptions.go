package approvals

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// soon is how long before its end an exemption is marked.
const soon = 30 * 24 * time.Hour

// exemptions lists those in force or to come, the first to end first.
func (a *area) exemptions(w http.ResponseWriter, r *http.Request) error {
	bodies, err := a.things.Organisations(r, ui.Option{Label: "All that you may see"})
	if err != nil {
		return err
	}
	filter, err := devicepages.Narrowed(r, &ui.Field{Name: "organisation", Label: "Body, and all below", As: ui.Select{Options: bodies}})
	if err != nil {
		return err
	}
	found, err := a.Devices.Exemptions(r.Context(), actor(r), filter.Value("organisation"))
	if err != nil {
		return err
	}
	n := a.words(nil)
	t := ui.Table{Caption: "Exemptions", Unseen: true, Columns: []ui.Column{{Title: "What"}, {Title: "What for"}, {Title: "Until"}, {Title: "State"}}}
	t.Empty = ui.Empty{Text: "No exemption is in force that you may see.", Do: ui.Link{Text: "Ask for one", Href: "/proposals/new/exemption"}}
	if filter.Active() {
		t.Empty.Do = ui.Link{Text: "Show all", Href: filter.Clear()}
	}
	from := r.URL.Query().Get("after")
	for i := range found.Exemptions {
		e := &found.Exemptions[i]
		if from != "" && !after(e, from) {
			continue
		}
		if len(t.Rows) == perPage {
			t.Pages = ui.PagesAt(r.URL, "exemptions", "", cursor(&found.Exemptions[i-1]))
			break
		}
		t.Rows = append(t.Rows, ui.Row{ui.Link{Text: ui.Capital(n.exempted(e)), Href: ExemptionPath(e.ID)}, ui.Text(e.Purpose), onDay(r, e.Until, ""), exemptionState(r, e)})
	}
	page := ui.Page{Title: "Exemptions", Wide: true, Crumbs: []ui.Link{{Text: "Proposals", Href: "/proposals"}}, Content: []ui.Component{filter, t}}
	if found.Others > 0 {
		page.Content = append(page.Content, ui.Para("And "+ui.Count(found.Others, "more that you may not see.", "more that you may not see.")))
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// cursor is an exemption's place in the list, and after tells whether another comes after it.
func cursor(e *policy.Exemption) string { return e.Until.UTC().Format(time.RFC3339Nano) + " " + e.ID }

func after(e *policy.Exemption, place string) bool {
	until, id := place, ""
	for i := range place {
		if place[i] == ' ' {
			until, id = place[:i], place[i+1:]
			break
		}
	}
	t, err := time.Parse(time.RFC3339Nano, until)
	return err != nil || cmp.Or(e.Until.Compare(t), cmp.Compare(e.ID, id)) > 0
}

// exemptionState is whether an exemption holds.
func exemptionState(r *http.Request, e *policy.Exemption) ui.Tag {
	switch now := ui.Now(r); {
	case !now.Before(e.Until):
		return ui.Tag{Text: "Ended"}
	case now.Before(e.From):
		return ui.Tag{Text: "To come", Tone: ui.Waiting}
	case e.Until.Sub(now) < soon:
		return ui.Tag{Text: "Ends soon", Tone: ui.Waiting}
	}
	return ui.Tag{Text: "In force", Tone: ui.Good}
}

var exemptionDone = ui.Done{"ended": "The exemption has ended. Who asked for it has been told"}

// recorded is an exemption as it is recorded last, and whether it counts: one may be taken back before it begins.
func (a *area) recorded(r *http.Request) (e *policy.Exemption, counts bool, err error) {
	id := devicepages.IDIn(r)
	record, err := a.Register.Record(r.Context(), actor(r), register.Exemptions, id)
	if err != nil {
		return nil, false, err
	}
	if len(record) == 0 || len(record[len(record)-1].World.Exemptions) == 0 {
		return nil, false, fault.New(fault.NotFound, "There is no exemption %s", id)
	}
	last := &record[len(record)-1]
	return &last.World.Exemptions[0], last.Replaced.IsZero(), nil
}

// exemption shows one exemption, the proposal that it came of and what is recorded of it.
func (a *area) exemption(w http.ResponseWriter, r *http.Request) error {
	e, counts, err := a.recorded(r)
	if err != nil {
		return err
	}
	names := map[string]string{}
	if e.Subject.Person != "" {
		if names, err = a.People.Names(r.Context(), actor(r), e.Subject.Person); err != nil {
			return err
		}
	}
	n := a.words(names)
	record, err := a.things.RecordTable(r, register.Exemptions, e.ID, func(was, is *policy.World) string {
		if len(was.Exemptions) > 0 && len(is.Exemptions) > 0 && !is.Exemptions[0].Until.Equal(was.Exemptions[0].Until) {
			return "It ends on " + ui.Time{At: is.Exemptions[0].Until, Now: ui.Now(r)}.Absolute()
		}
		return "Changed"
	})
	if err != nil {
		return err
	}
	facts := ui.Summary{Rows: []ui.SummaryRow{{Key: "State", Value: exemptionState(r, e)}}}
	n.exemptionFacts(r, e, func(key string, value ui.Component) {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: key, Value: value})
	})
	if counts && may(r, people.SeeDevices) {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Taking hold", Value: ui.Link{Text: "Which devices have it, and which do not", Href: ExemptionPath(e.ID, "uptake")}})
	}
	facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Id", Value: ui.ID{Value: e.ID, Of: "exemption"}})
	came, err := a.came(r, n, e.ID)
	if err != nil {
		return err
	}
	buttons, err := a.exemptionButtons(r, e)
	if err != nil {
		return err
	}
	page := ui.Page{Title: ui.Capital(n.exempted(e)), Caption: "Exemption", Banner: exemptionDone.Banner(r), Crumbs: []ui.Link{{Text: "Proposals", Href: "/proposals"}, {Text: "Exemptions", Href: "/exemptions"}}}
	page.Content = []ui.Component{facts, buttons, ui.Heading("How it came about"), came, ui.Heading("What is recorded"), record,
		ui.Paragraph{ui.Link{Text: "As it was on another day", Href: devicepages.PastPath(register.Exemptions, e.ID)}}}
	return ui.Render(w, r, http.StatusOK, page)
}

// came is the proposal that an exemption came of, where the viewer may see it.
func (a *area) came(r *http.Request, n words, id string) (ui.Component, error) {
	found, err := a.Approvals.Proposals(r.Context(), actor(r), room.Query{Made: id, Kind: room.Exemption, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found.Proposals) == 0 {
		return ui.Para("No proposal that you may see: it came from a file, or those who took part alone see how it was decided."), nil
	}
	p := &found.Proposals[0]
	return ui.Paragraph{ui.Link{Text: "It was proposed on " + when(r, p.At).Absolute(), Href: ProposalPath(p.ID)}, ui.Text(". There it says who granted, signed and cleared it.")}, nil
}

// exemptionButtons are asking for it again, and ending it early.
func (a *area) exemptionButtons(r *http.Request, e *policy.Exemption) (ui.Component, error) {
	can, err := a.People.Allowed(r.Context(), actor(r), e.Scope, people.Ask, people.DecideExemptions)
	if err != nil {
		return nil, err
	}
	var buttons ui.ButtonGroup
	if can[people.Ask] {
		buttons = append(buttons, ui.Button{Text: "Ask for it again", Href: DraftPath("exemption", url.Values{"renews": {e.ID}}), Kind: ui.Secondary})
	}
	if can[people.DecideExemptions] && ui.Now(r).Before(e.Until) {
		buttons = append(buttons, ui.Button{Text: "End it early", Href: ExemptionPath(e.ID, "end"), Kind: ui.Secondary})
	}
	if len(buttons) == 0 {
		return nil, nil
	}
	return buttons, nil
}

// endExemption asks why an exemption is to end now, and ends it.
func (a *area) endExemption(w http.ResponseWriter, r *http.Request) error {
	e, _, err := a.recorded(r)
	if err != nil {
		return err
	}
	n := a.words(nil)
	form := &ui.Form{
		Fields:  []*ui.Field{reasonOf("Why does it end now?", "Who asked for it reads this")},
		Buttons: ui.ButtonGroup{{Text: "End it now", Kind: ui.Danger}, ui.Cancel(ExemptionPath(e.ID))},
	}
	page := ui.Page{Title: "End this exemption early?", Caption: ui.Capital(n.exempted(e)), Back: ExemptionPath(e.ID), Content: []ui.Component{
		ui.Para("It ends at once. What it lifted counts again from then on; whoever needs it longer asks anew."),
	}}
	return ui.Question{Page: page, Form: form}.Ask(w, r, func() (string, error) {
		if _, err := a.Approvals.Revoke(r.Context(), actor(r), e.ID, form.Value("reason")); err != nil {
			return "", err
		}
		a.things.Settle(r)
		return ExemptionPath(e.ID) + "?done=ended", nil
	})
}
