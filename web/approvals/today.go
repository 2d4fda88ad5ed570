package approvals

import (
	"net/http"

	room "portcullis/approvals"
	"portcullis/web/ui"
)

// steps are the acts that wait for people, in the order in which they are shown: what runs out by itself, what
// others need most, and then in the order of a path.
var steps = []room.Act{room.Reply, room.Review, room.Clear, room.Recommend, room.Grant, room.Sign, room.Confirm, room.Answer}

// mostWaiting is how many of one kind of step are shown on the first page.
const mostWaiting = 5

// mostLooked is how many are looked at for the first page. The list of all takes longer, where thousands wait.
const mostLooked = 100

// Today is what waits for whoever has signed in, by the kind of step, the oldest first; nil where nothing does.
func (r Rooms) Today(request *http.Request) (ui.Component, error) {
	a := newArea(r)
	list, err := a.Approvals.WaitingFirst(request.Context(), actor(request), mostLooked)
	waiting := list.Waits
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	n := a.words(nil)
	shown := ui.Stack{ui.Heading("Waiting for you")}
	for _, act := range steps {
		tasks, count := ui.Tasks{ID: "waits-" + string(act)}, 0
		for i := range waiting {
			if waiting[i].For != act {
				continue
			}
			if count++; count <= mostWaiting {
				tasks.Items = append(tasks.Items, n.task(request, &waiting[i]))
			}
		}
		if count == 0 {
			continue
		}
		shown = append(shown, ui.Subheading(acts[act].task), tasks)
		if count > mostWaiting && list.More == 0 {
			shown = append(shown, ui.Paragraph{ui.Link{Text: "See all " + ui.Number(count).String(), Hidden: acts[act].task, Href: "/proposals?show=" + forMe}})
		}
	}
	if list.More > 0 {
		shown = append(shown, ui.Paragraph{ui.Text("These are the oldest. Up to " + ui.Number(list.More).String() + " more wait for you. "), ui.Link{Text: "See what waits for you", Href: "/proposals?show=" + forMe}})
	}
	return shown, nil
}

// task is one proposal that waits, and for how long it has.
func (w words) task(request *http.Request, waits *room.Waits) ui.Task {
	since := waits.At
	if len(waits.Steps) > 0 {
		since = waits.Steps[len(waits.Steps)-1].At
	}
	task := ui.Task{Text: w.title(&waits.Proposal), Hint: w.bodyName(waits.Organisation) + ". " + waited(request, since.Time()), Href: ProposalPath(waits.ID)}
	if waits.For == room.Clear {
		task.Href = ProposalPath(waits.ID, string(room.Clear))
	}
	if waits.For == room.Review {
		task.State = ui.Tag{Text: "Lapses " + ui.Ago(waits.Lapses.Time(), ui.Now(request)), Tone: ui.Bad}
	}
	return task
}
