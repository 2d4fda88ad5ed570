package approvals

import (
	"net/http"

	room "portcullis/approvals"
	"portcullis/web/ui"
)

// Did is what somebody did who took a step, as the beginning of a line; empty where there is no such step.
func Did(act room.Act) string { return ui.Capital(acts[act].did) }

// Title is what a proposal proposes, in a sentence without its full stop.
func (r Rooms) Title(p *room.Proposal) string { return newArea(r).words(nil).title(p) }

// TermFields ask how an app is allowed, as it was asked for unless somebody changes that; Terms is what was answered. A
// fault of the terms stands at the field of its name once Placed has put it there.
func (r Rooms) TermFields(v *room.View) []*ui.Field {
	a := newArea(r)
	return a.termFields(a.words(nil), v)
}

// Terms is what was answered to TermFields.
func (r Rooms) Terms(request *http.Request, form *ui.Form, v *room.View) (*room.Terms, error) {
	return newArea(r).terms(request, form, v)
}

// Placed puts the faults of a step to the fields that they are about.
func Placed(form *ui.Form, err error) error { return placed(form, err) }

// Standing is how far a proposal has come, for who is told that somebody else was faster.
func (r Rooms) Standing(request *http.Request, v *room.View) ui.Component {
	n := newArea(r).words(v.Names)
	return ui.Stack{n.standing(request, v), n.taken(request, v)}
}

// Barred is why somebody cannot take a step in a proposal now.
func Barred(v *room.View) error { return barred(v, "") }
