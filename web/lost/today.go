package lost

import (
	"net/http"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// mostWaiting is how many devices are shown on the first page.
const mostWaiting = 10

// Today is the devices that are to be erased if whoever has signed in agrees, the longest asked for first; nil where
// there are none.
func (a Area) Today(r *http.Request) (ui.Component, error) {
	if !gate.Who(r.Context()).May(people.ReleaseDevices) {
		return nil, nil
	}
	waiting, err := a.Enforce.WaitingOrders(r.Context(), actor(r))
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	tasks := ui.Tasks{ID: "erasures"}
	for _, o := range waiting[:min(len(waiting), mostWaiting)] {
		tasks.Items = append(tasks.Items, ui.Task{
			Text: "Erase " + o.Host + "?", Hint: "It takes a second person. Asked for " + ui.Ago(o.Asked.Time(), ui.Now(r)), Href: Path(o.Host, o.ID),
		})
	}
	shown := ui.Stack{ui.Heading("Lost or stolen"), tasks}
	if more := len(waiting) - mostWaiting; more > 0 {
		shown = append(shown, ui.Para("These are the oldest. "+ui.Number(more).String()+" more wait for you, and stand here when these are answered."))
	}
	return shown, nil
}
