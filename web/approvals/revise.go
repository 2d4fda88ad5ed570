package approvals

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/ui"
)

// revise is the page on which somebody changes what is proposed: the form that proposes it, filled in with what it says
// now.
func (a *area) revise(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Approvals.Proposal(r.Context(), actor(r), r.PathValue("id"))
	switch {
	case err != nil:
		return err
	case r.Method != http.MethodPost && !can(&v, room.Revise):
		return barred(&v, room.Revise)
	case v.Restricted == nil && !v.Marked && len(v.Audience) > 0:
		return fault.New(fault.Conflict, "There is a reason for this that you may not read. Somebody who may read it has to change this")
	}
	b := *a
	b.revised = &v
	drafts := map[room.Kind]ui.Handler{
		room.Ban: b.draftBan, room.Allow: b.reviseApp, room.Withdrawal: b.draftWithdrawal, room.Exemption: b.draftExemption,
		room.Monitor: b.draftMonitor, room.Supplier: b.draftSupplier, room.Product: b.draftProduct, room.Change: b.draftProcess,
	}
	draft, is := drafts[v.Kind]
	if !is {
		return fault.New(fault.Conflict, "This cannot be changed on a page: take it back, and propose it anew")
	}
	return draft(w, r)
}

// reviseBy shows the form of a draft for the proposal that it is to change, or changes that to what was answered.
func (a *area) reviseBy(w http.ResponseWriter, r *http.Request, page ui.Page, form *ui.Form, draft func() (room.Draft, error)) error {
	v := a.revised
	n, err := a.wordsFor(r, v)
	if err != nil {
		return err
	}
	content, err := a.content(r, n, v)
	if err != nil {
		return err
	}
	if answers := a.answers(r); answers != nil {
		keepWhich(form, answers)
		form.FillFrom(answers)
	}
	back := ProposalPath(v.ID)
	form.Field("reason").Values = given(v.Reason)
	form.Version = ui.Versioned(v.Version)
	form.Fields = append(form.Fields, &ui.Field{Name: "revision", Label: "What do you change, and why?", Hint: "It is recorded, and everybody who decides about this reads it", As: ui.Textarea{Rows: 3, Long: 2000}})
	form.Buttons = slices.Concat(ui.ButtonGroup{{Text: "Change it"}}, slices.DeleteFunc(form.Buttons, func(b ui.Button) bool { return b.Name != look }), ui.ButtonGroup{ui.Cancel(back)})
	page.Title, page.Caption, page.Back = "Change what is proposed", n.title(&v.Proposal), back
	if page.Content == nil {
		page.Content = []ui.Component{content}
	}
	page.Content = append(page.Content, ui.Para(a.counting(r)))
	q := ui.Question{Page: page, Form: form, Current: ui.Stack{n.standing(r, v), content, n.taken(r, v)}}
	return asking(w, r, q, func() (string, error) {
		version, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		d, err := draft()
		if err := errors.Join(err, needed(form, "revision", "Say what you change, and why: it is recorded")); err != nil {
			return "", placed(form, err)
		}
		a.keep(&d)
		if _, err := a.Approvals.Take(r.Context(), actor(r), v.ID, room.Doing{Act: room.Revise, Version: version, Said: room.Said{Reason: answer(form, "revision")}, Draft: &d}); err != nil {
			return "", placed(form, err)
		}
		return back + "?done=" + string(room.Revise), nil
	})
}

// counting is what becomes of what was said until now, and of who changes it.
func (a *area) counting(r *http.Request) string {
	text := "All that was said to it until now counts no more: whoever has decided about it is asked again."
	if me, err := a.me(r); err == nil && me.ID != a.revised.Principal {
		text += " You then have a part in it, and do not decide about it."
	}
	return text
}

// keep has a draft be about what stays as it was proposed, and say what its form does not ask. A day that stays keeps
// its time.
func (a *area) keep(d *room.Draft) {
	v := a.revised
	d.Organisation, d.For, d.After, d.Renews, d.Adopts, d.Emergency, d.Marked = v.Organisation, v.For, v.After, v.Renews, v.Adopts, v.Emergency, v.Marked
	if v.Kind != room.Ban {
		d.Narrower, d.LongestDays, d.Restricted = v.Narrower, v.LongestDays, v.Restricted
	}
	if len(d.Audience) == 0 && (v.Marked || v.Kind != room.Ban) {
		d.Audience = v.Audience
	}
	switch {
	case v.Kind == room.Ban:
		d.Rule.From, d.Rule.Deadline = sameMinute(v.Rule.From, d.Rule.From), sameDay(v.Rule.Deadline, d.Rule.Deadline)
	case v.Ends != nil:
		d.Ends.Until = timeOf(sameDay(v.Ends.Until.Time(), d.Ends.Until.Time()))
	case v.Exemption != nil:
		d.Exemption.Until = sameDay(v.Exemption.Until, d.Exemption.Until)
		if d.Exemption.Subject != v.Exemption.Subject {
			d.For = "" // the room finds out whether it is for the same person
		}
	case v.Monitor != nil:
		d.Monitor.From = timeOf(sameMinute(v.Monitor.From.Time(), d.Monitor.From.Time()))
		d.Monitor.Until = timeOf(sameDay(v.Monitor.Until.Time(), d.Monitor.Until.Time()))
	}
}

// sameMinute is the time that was, where the minute that was answered is its own.
func sameMinute(was, answered time.Time) time.Time {
	if was.Truncate(time.Minute).Equal(answered) {
		return was
	}
	return answered
}

// answers are what a proposal says, as the form that proposes such has it; nil where the form itself begins with that.
func (a *area) answers(r *http.Request) url.Values {
	v, zone := a.revised, ui.Now(r).Location()
	q := url.Values{"reason": {v.Reason}}
	on := func(name string, day []string) {
		for i, part := range []string{"-day", "-month", "-year"} {
			if i < len(day) {
				q.Set(name+part, day[i])
			}
		}
	}
	from := func(p policy.Period) {
		q.Set("when", atOnce)
		if !p.From.IsZero() {
			q.Set("when", onDayChosen)
			on("from", shownDay(p.From, zone))
			q.Set("at", p.From.In(zone).Format("15:04"))
		}
	}
	switch {
	case v.Kind == room.Ban:
		q.Set("narrower", v.Narrower)
		a.clearanceAnswered(q)
		q.Set("mitigations", joined(v.Rule.Mitigations))
		if v.LongestDays > 0 {
			q.Set("longestDays", strconv.Itoa(v.LongestDays))
		}
		from(v.Rule.Period)
		on("deadline", shownDay(v.Rule.Deadline, zone))
		if v.Restricted != nil {
			q["restricted"], q["restricted.reason"], q["restricted.assessment"], q["audience"] = []string{yes}, []string{v.Restricted.Reason}, []string{v.Restricted.Assessment}, []string{a.audience()}
		}
	case v.Kind == room.Allow:
		for _, p := range v.Rule.Platforms {
			q.Add("platforms", p.String())
		}
	case v.Ends != nil:
		on("until", shownDay(v.Ends.Until.Time(), zone))
	case v.Exemption != nil:
		subject, called := subjectIn(&v.Exemption.Subject)
		q.Set(subject, called)
		q.Set("subject", subject)
		q.Set("purpose", v.Exemption.Purpose)
		q.Set("risk", v.Risk)
		q.Set("mitigations", joined(v.Exemption.Mitigations))
		on("until", shownDay(v.Exemption.Until, zone))
		q.Set("audience", a.audience())
	case v.Monitor != nil:
		from(policy.Period{From: v.Monitor.From.Time()})
		on("until", shownDay(v.Monitor.Until.Time(), zone))
	default:
		return nil
	}
	return q
}

// clearanceAnswered is the office that clears exemptions from a ban: one of those known, or another.
func (a *area) clearanceAnswered(q url.Values) {
	office := a.revised.Rule.Clearance
	if office == "" || office == policy.ClearanceNone || slices.Contains(a.things.Names().Offices(), office) {
		q.Set("clearance", office)
		return
	}
	q.Set("clearance", otherOffice)
	q.Set("office", office)
}

// audience are those whom the proposal names, by their names.
func (a *area) audience() string {
	var names []string
	for _, id := range a.revised.Audience {
		names = append(names, a.revised.Names[id])
	}
	return joined(names)
}

// named is the one whom the proposal that is changed names so already; empty where there is none, or several are called
// so. Whoever changes it need not be able to look them up.
func (a *area) named(called string) (id string) {
	if a.revised == nil {
		return ""
	}
	for _, one := range a.revised.Audience {
		if a.revised.Names[one] == called {
			if id != "" {
				return ""
			}
			id = one
		}
	}
	return id
}

// reviseApp changes what an app is asked for: why, and on which platforms. Which app stays.
func (a *area) reviseApp(w http.ResponseWriter, r *http.Request) error {
	v := a.revised
	form := &ui.Form{Fields: []*ui.Field{reasonField("What work is it needed for?", "Whoever decides reads this, and everybody may once it is decided")}}
	if v.Found == nil {
		form.Fields = append(form.Fields, &ui.Field{Name: "platforms", Label: "On which platforms?", Optional: true, Hint: "None is all", As: ui.Checkboxes{Options: devicepages.PlatformOptions(), Small: true}})
	}
	return a.propose(w, r, ui.Page{}, form, func() (room.Draft, error) {
		rule := *v.Rule
		if v.Found == nil {
			rule.Platforms = nil
		}
		for _, text := range form.Values("platforms") {
			p, ok := policy.ParsePlatform(text)
			if !ok {
				return room.Draft{}, fault.In("platforms", "Choose platforms from the list")
			}
			rule.Platforms = append(rule.Platforms, p)
		}
		return room.Draft{Kind: room.Allow, Reason: answer(form, "reason"), Content: room.Content{Rule: &rule, Found: v.Found}}, why(form)
	})
}

// earlier is what was proposed before it was revised: each draft with who proposed it, and what of it is another way in
// the one after it.
func (w words) earlier(r *http.Request, v *room.View) ui.Component {
	var by []*room.Step
	for i := range v.Steps {
		if s := &v.Steps[i]; s.Act == room.Open || s.Act == room.Revise {
			by = append(by, s)
		}
	}
	shown := ui.Details{Summary: "What was proposed before"}
	for i := range v.Earlier {
		next, then := &v.Draft, "Now"
		if i+1 < len(v.Earlier) {
			next, then = &v.Earlier[i+1], "Then"
		}
		moment := func(s *room.Step) ui.Time { return ui.Time{At: s.At.Time(), Now: ui.Now(r), Short: true} }
		who := ui.Paragraph{ui.Text(w.person(by[i].By) + " proposed this on "), moment(by[i]), ui.Text(" and " + w.person(by[i+1].By) + " changed it on "), moment(by[i+1])}
		shown.Content = append(shown.Content, who, ui.Table{
			Caption: "What differed", Unseen: true, Columns: []ui.Column{{Title: "What"}, {Title: "Before"}, {Title: then}}, Rows: changes(w.said(r, &v.Earlier[i]), w.said(r, next)),
			Empty: ui.Empty{Text: "Nothing that you may see differed."},
		})
	}
	return shown
}

// said is all that a draft says, as it was proposed, and why.
func (w words) said(r *http.Request, d *room.Draft) []ui.SummaryRow {
	rows := append(w.facts(r, &room.Proposal{Draft: *d}), fact("Why", d.Reason))
	if d.Narrower != "" {
		rows = append(rows, fact("Why nothing narrower would do", d.Narrower))
	}
	if d.Risk != "" {
		rows = append(rows, fact("What could go wrong", d.Risk))
	}
	return rows
}

// about is the id in the path of a page that drafts something about one thing, or of what the proposal that is changed is
// about.
func (a *area) about(r *http.Request, revised func(*room.View) string) string {
	if a.revised != nil {
		return revised(a.revised)
	}
	return devicepages.IDIn(r)
}
