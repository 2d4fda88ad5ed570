package directory

import (
	"net/http"

	"portcullis/people"
	"portcullis/web/ui"
)

// day is the answer to a question for a day: its beginning, in the zone in which times are shown.
func day(r *http.Request, f *ui.Form, name string) (people.Time, error) {
	t, err := f.Field(name).Day(ui.Now(r).Location())
	return people.TimeOf(t), err
}

// fromField asks from which day on something holds.
func fromField(label string) *ui.Field {
	return &ui.Field{Name: "from", Label: label, Optional: true, Hint: "The day on which it begins, such as 27 3 2026. It begins at once if you leave it empty", As: ui.Date{}}
}

// Times and days as they are shown.
func when(r *http.Request, t people.Time) ui.Time { return ui.Time{At: t.Time(), Now: ui.Now(r)} }

func onDay(r *http.Request, t people.Time, none string) ui.Day {
	return ui.Day{At: t.Time(), Now: ui.Now(r), Else: none}
}

// fromDay is from when on something holds, as it is shown: what came with a world file and no day has always held.
func fromDay(r *http.Request, t people.Time) ui.Day {
	if t.Time().Year() <= 1 {
		t = people.Time{}
	}
	return onDay(r, t, "always")
}

// perPage is how many rows a page has.
const perPage = 50

// more cuts off the row that was asked for to know whether there are more.
func more[T any](rows []T) (shown []T, last *T) {
	if len(rows) <= perPage {
		return rows, nil
	}
	return rows[:perPage], &rows[perPage-1]
}
