package demo

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"portcullis/approvals"
	"portcullis/people"
	"portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Play is what the play goes on with once the rule Rule is made: on whose pages it is seen to hold, and who asks for
// an exemption from it for Product on Host.
type Play struct {
	Rule                                       string
	See                                        []Seen
	Asks, Product, Host, Purpose, Reason, Risk string // Asks is the id of a face
	Days                                       int
}

// Seen is a product on whose page one sees a rule hold, and what it is.
type Seen struct{ Product, What string }

// most is how many people are offered for one step.
const most = 2

// PlayOn is how the play goes on from a proposal: who takes the next step, each one press away, or what to see of what
// it made. It is nil where nothing goes on, and on a server that is no demonstration.
func (a *Area) PlayOn(r *http.Request, v *approvals.View) ui.Component {
	switch {
	case a == nil:
		return nil
	case v.Kind == approvals.Ban && v.State == approvals.Made && v.Made == a.Play.Rule:
		return a.seen(r)
	case v.Kind == approvals.Exemption && v.State == approvals.Made && v.Exemption.Subject.Host == a.Play.Host:
		return ui.Inset{ui.Para("The story ends here: what was banned everywhere is exempt on one device, for a time."), ui.Paragraph{ui.Link{Text: "See " + a.Play.Host, Href: devices.DevicePath(a.Play.Host)}}}
	}
	if v.Bar == "" && len(v.Next) > 0 && slices.Contains(v.Can, v.Next[0].Act) {
		return nil // the visitor can take the step themselves
	}
	type candidate struct {
		post ui.Component
		far  int
	}
	var found []candidate
	for i := range a.Faces {
		f := &a.Faces[i]
		if need, far := f.next(v, a.Above); need != nil && f.Person != gate.Who(r.Context()).Person {
			found = append(found, candidate{f.post("Be "+f.words(), "", "/proposals/"+url.PathEscape(v.ID)+"/"+string(need.Act), ui.Secondary), far})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.far - b.far })
	var offered ui.Stack
	for _, c := range found[:min(most, len(found))] {
		offered = append(offered, c.post)
	}
	if len(offered) == 0 {
		return nil
	}
	return ui.Inset{ui.Para("To play on:"), offered}
}

// seen is what to see of a rule that has just been made, and who asks for an exemption from it.
func (a *Area) seen(r *http.Request) ui.Component {
	var see []ui.Component
	for _, s := range a.Play.See {
		see = append(see, ui.Link{Text: ui.Capital(s.What), Href: devices.AppPath(s.Product)})
	}
	shown := ui.Inset{ui.Para("It is in force, and what it reaches is in breach from now on. See it on:"), ui.List{Items: see},
		ui.Paragraph{ui.Link{Text: "How it takes hold", Href: devices.RulePath(a.Play.Rule, "uptake")}, ui.Text("shows which devices have fetched it and confirmed it: within a minute these are the " + ui.Number(a.Macs).String() + " Macs that the demonstration plays itself. Load it again to see the line rise. All others stay silent.")}}
	for i := range a.Faces {
		if f := &a.Faces[i]; f.ID == a.Play.Asks {
			shown = append(shown, ui.Para("To play on, ask for an exemption for one device:"), f.post("Be "+f.words(), "", a.asking(ui.Now(r)), ui.Secondary))
		}
	}
	return shown
}

// asking is the page on which the exemption of the play is asked for, filled in.
func (a *Area) asking(now time.Time) string {
	until := now.AddDate(0, 0, a.Play.Days)
	return "/proposals/new/exemption?" + url.Values{
		"rule": {a.Play.Rule}, "product": {a.Play.Product}, "host": {a.Play.Host}, "purpose": {a.Play.Purpose}, "reason": {a.Play.Reason}, "risk": {a.Play.Risk},
		"until-day": {strconv.Itoa(until.Day())}, "until-month": {strconv.Itoa(int(until.Month()))}, "until-year": {strconv.Itoa(until.Year())},
	}.Encode()
}

// next is the step that a face may take now, and how far above it they hold the role for it; nil where they hold none,
// or have had a part in the proposal.
func (f *Face) next(v *approvals.View, above map[string]string) (*approvals.Need, int) {
	if f.Person == v.Principal || f.Person == v.For || v.Marked && !slices.Contains(v.Audience, f.Person) ||
		slices.ContainsFunc(v.Steps, func(s approvals.Step) bool { return s.Principal == f.Person }) {
		return nil, 0
	}
	for i := range v.Next {
		if far := f.holds(&v.Next[i], above); far >= 0 {
			return &v.Next[i], far
		}
	}
	return nil, 0
}

// holds is how many organisations above where a step is to be taken a face holds a role for it; negative where it
// holds none. Roles everywhere are left out: independent bodies decide for themselves.
func (f *Face) holds(need *approvals.Need, above map[string]string) (far int) {
	for at := need.Organisation; at != ""; at = above[at] {
		if slices.ContainsFunc(f.Roles, func(g people.Grant) bool { return g.Organisation == at && slices.Contains(need.Roles, g.Role) }) {
			return far
		}
		far++
	}
	return -1
}
