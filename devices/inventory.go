package devices

import (
	"context"
	"errors"
	"io"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform"
)

// Tally is what became of the devices of an inventory.
type Tally struct {
	Enrolled  int `json:"enrolled" doc:"Devices that were not known"`
	Stored    int `json:"stored" doc:"Devices on which something has changed"`
	Unchanged int `json:"unchanged"`
	Older     int `json:"older" doc:"Devices of which a later inventory is there"`
	Heard     int `json:"heard" doc:"Devices of which the inventory does not say what is installed"`
	Refused   int `json:"refused" doc:"Devices that could not be taken: the problems say why"`
	Left      int `json:"left" doc:"Installations that were not stored, because they are personal"`
	Problems  int `json:"problems"`
}

func (t *Tally) count(r Result) {
	switch r {
	case Enrolled:
		t.Enrolled++
	case Stored:
		t.Stored++
	case Unchanged:
		t.Unchanged++
	case Older:
		t.Older++
	case Heard:
		t.Heard++
	}
}

// inventoryPage is how many devices of an inventory are stored at once.
const inventoryPage = 100

// Inventory takes in what a tool's export says of its devices. What the export does not say of them, the
// assumptions do. Each device stands for itself: one that cannot be taken, or a row that cannot be read,
// is told to problem, and the rest goes on. Where the reader cannot go on, or the context ends, the error
// comes with the tally of what was stored before. Memory is bounded by the largest devices and the ids of all.
func (i *Intake) Inventory(ctx context.Context, actor people.Actor, read platform.Reader, in io.Reader, assume platform.Assumptions, source string, problem func(platform.Problem)) (Tally, error) {
	s := &shelf{ctx: ctx, intake: i, actor: actor, assume: assume, source: source, problem: problem, seen: map[string]bool{}}
	err := read(in, s)
	if err == nil || !errors.Is(err, s.err) {
		err = errors.Join(err, s.send())
	}
	return s.tally, err
}

// shelf gathers the devices of an inventory until there are enough to be stored at once.
type shelf struct {
	ctx     context.Context
	intake  *Intake
	actor   people.Actor
	assume  platform.Assumptions
	source  string
	problem func(platform.Problem)

	tally   Tally
	waiting []Report
	lines   []int
	seen    map[string]bool
	err     error // for which the reader was stopped
}

// Problem takes a row that could not be read.
func (s *shelf) Problem(p platform.Problem) {
	s.tally.Problems++
	s.problem(p)
}

// Report takes one device. Where an inventory has a device more than once, what it says further on adds
// to what it said before.
func (s *shelf) Report(found platform.Report) error {
	r := ReportOf(&found, s.assume, s.source, s.Problem)
	r.Partial = r.Partial || s.seen[r.Host]
	s.seen[r.Host] = true
	s.waiting, s.lines = append(s.waiting, r), append(s.lines, found.Line)
	if len(s.waiting) < inventoryPage {
		return nil
	}
	s.err = s.send()
	return s.err
}

// send stores what waits.
func (s *shelf) send() error {
	if len(s.waiting) == 0 {
		return nil
	}
	got, err := s.intake.Report(s.ctx, s.actor, s.waiting)
	if err != nil {
		return err
	}
	for n, err := range got.Errors {
		if err == nil {
			s.tally.count(got.Outcomes[n].Result)
			s.tally.Left += got.Outcomes[n].Left
			continue
		}
		s.tally.Refused++
		for _, f := range fault.Fields(err) {
			s.Problem(platform.Problem{Device: s.waiting[n].Host, Line: s.lines[n], Reason: f.Message})
		}
	}
	s.waiting, s.lines = s.waiting[:0], s.lines[:0]
	return nil
}
