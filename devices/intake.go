package devices

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Intake is a server's one writer of reports: those that wait while it commits are committed together
// next, and none is acknowledged before.
type Intake struct {
	room      *Room
	standings *people.Standings
	now       func() time.Time
	queue     chan *waiting
	ended     chan struct{} // closed when Run has ended
}

// waiting is reports of one actor that wait to be committed.
type waiting struct {
	actor    people.Actor
	reports  []Report
	outcomes []Outcome
	unfit    []error // by report: what nobody need ask the database about
	errors   []error // by report
	err      error   // of all
	done     chan struct{}
}

const (
	// maxTogether is how many reports are committed together.
	maxTogether = 500
	// standing is for how long it is remembered what a token may do.
	standing = time.Second
)

// NewIntake makes the intake of a room. Nothing is taken in before Run.
func NewIntake(room *Room, now func() time.Time) *Intake {
	return &Intake{room: room, now: now, queue: make(chan *waiting, maxTogether), ended: make(chan struct{}), standings: people.NewStandings(room.People, people.ReportDevices, standing, now)}
}

// Run writes until the context ends. What waits then is not lost: whoever sent it is told that it was not
// taken.
func (i *Intake) Run(ctx context.Context) {
	defer close(i.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-i.queue:
			i.commit(context.WithoutCancel(ctx), i.together(first)) // what was begun is finished
		}
	}
}

// together takes up what waits besides the first, as far as one transaction goes.
func (i *Intake) together(first *waiting) []*waiting {
	all, n := []*waiting{first}, len(first.reports)
	for n < maxTogether {
		select {
		case w := <-i.queue:
			all, n = append(all, w), n+len(w.reports)
		default:
			return all
		}
	}
	return all
}

func (i *Intake) commit(ctx context.Context, all []*waiting) {
	err := i.room.People.Together(ctx, func(tx *store.Tx, as func(people.Actor) (*people.Tx, error)) error {
		return i.room.receive(tx, as, all)
	})
	for _, w := range all {
		if w.err == nil {
			w.err = err
		}
		close(w.done)
	}
}

// errStopping is that the server stops, and has not taken what it was sent.
var errStopping = fmt.Errorf("the server is stopping: %w", fault.ErrUnavailable)

// Reported is what became of each of several reports: an outcome, or an error.
type Reported struct {
	Outcomes []Outcome
	Errors   []error // by report, nil where there is an outcome
}

// Report takes in reports, and returns when they are committed, or known to be as what is there. Each
// stands for itself: what is wrong with one keeps no other from being stored. The actor needs
// people.ReportDevices in the organisation of each device.
func (i *Intake) Report(ctx context.Context, actor people.Actor, reports []Report) (Reported, error) {
	n := len(reports)
	w := &waiting{actor: actor, reports: reports, outcomes: make([]Outcome, n), unfit: make([]error, n), errors: make([]error, n), done: make(chan struct{})}
	now := i.now()
	for n := range reports {
		w.unfit[n] = reports[n].check(now)
	}
	select {
	case i.queue <- w:
	case <-i.ended:
		return Reported{}, errStopping
	case <-ctx.Done():
		return Reported{}, ctx.Err()
	}
	select {
	case <-w.done:
	case <-i.ended:
		select {
		case <-w.done: // it was the last
		default:
			return Reported{}, errStopping
		}
	case <-ctx.Done():
		return Reported{}, ctx.Err()
	}
	if w.err != nil {
		return Reported{}, i.room.People.Refuse(ctx, actor, w.err)
	}
	for n, o := range w.outcomes {
		w.errors[n] = cmp.Or(w.unfit[n], i.room.People.Refuse(ctx, actor, w.errors[n]))
		if w.errors[n] == nil && o.Result != Older {
			i.room.Fleet.hear(o.Host, Minute(reports[n].Taken))
		}
	}
	return Reported{w.outcomes, w.errors}, nil
}

// Enter refuses an actor who may report nowhere, before anything of a report is read. It asks no database but
// once a second for each token.
func (i *Intake) Enter(ctx context.Context, actor people.Actor) error {
	return i.standings.Enter(ctx, actor)
}

// Notice finds out what Unchanged asks about a device that speaks for itself, in a transaction that is at hand.
func (i *Intake) Notice(tx *people.Tx, actor people.Actor, h *policy.Host) error {
	return i.standings.Notice(tx, actor, h.Organisation, h.ID)
}

// Unchanged tells whether the report of a digest is the one that is stored already as all that is known of
// the host, and notes that the host was heard from. It asks no database, but once a second for who the
// actor is; where the answer is no, Report is to be asked.
func (i *Intake) Unchanged(ctx context.Context, actor people.Actor, host string, digest uint64, taken time.Time) (bool, error) {
	organisation, known, ok := i.room.Fleet.contact(host)
	now := i.now()
	if !ok || digest == 0 || known.Digest != digest || taken.After(now.Add(ahead)) || !i.room.Fleet.followed(host) {
		return false, nil
	}
	if taken.IsZero() {
		taken = now
	}
	if Minute(taken) < known.Heard {
		return false, nil
	}
	may, err := i.standings.May(ctx, actor, organisation, host)
	if err != nil || !may {
		return false, err
	}
	i.room.Fleet.hear(host, Minute(taken))
	return true, nil
}

// receive puts reports into their hosts. It fails as a whole only where no report is to blame.
func (r *Room) receive(tx *store.Tx, as func(people.Actor) (*people.Tx, error), all []*waiting) error {
	b := r.batch(tx)
	var ids []string
	for _, w := range all {
		for n := range w.reports {
			ids = append(ids, w.reports[n].Host)
		}
	}
	if err := b.read(ids); err != nil {
		return err
	}
	for _, w := range all {
		w.err = nil
		actor, err := as(w.actor)
		if err != nil {
			if !fault.Is(err, fault.SignedOut) {
				return err
			}
			w.err = err
			continue
		}
		for n := range w.reports {
			if w.unfit[n] != nil {
				continue
			}
			out, err := b.receive(actor, &w.reports[n])
			switch {
			case err == nil, len(fault.Fields(err)) > 0:
				w.outcomes[n], w.errors[n] = out, err
			default:
				return err
			}
		}
	}
	return b.write()
}

// receive puts one report into its host.
func (b *batch) receive(actor *people.Tx, report *Report) (Outcome, error) {
	h := b.known[report.Host]
	if h == nil {
		return b.enrolBy(actor, report)
	}
	if err := b.require(actor, h.Row.Organisation, report.Host); err != nil {
		return Outcome{}, err
	}
	in := b.receiving(report)
	notes, err := in.contradicts(h)
	if err != nil {
		return Outcome{}, err
	}
	next := *h
	out, err := b.take(actor, in, &next)
	if err != nil {
		return Outcome{}, err
	}
	*h = next
	out.Notes = append(notes, out.Notes...)
	return out, nil
}

// require asks whether the actor may report a device of the organisation, once for each transaction: in it the answer
// stays, but for a device, which may report itself alone.
func (b *batch) require(actor *people.Tx, organisation, host string) error {
	of := leave{actor, organisation}
	err, asked := b.may[of]
	if !asked || actor.Who().Device != "" {
		err = actor.RequireFor(people.ReportDevices, organisation, host)
		b.may[of] = err
	}
	return err
}

func (b *batch) receiving(report *Report) receiving {
	_, contact, _ := b.room.Fleet.contact(report.Host)
	return receiving{Report: report, now: b.tx.Now(), heard: contact.Heard, number: b.number, thing: b.thing}
}

// take puts a report into a host that may have it.
func (b *batch) take(actor *people.Tx, in receiving, h *Host) (Outcome, error) {
	change, out, err := in.into(h)
	if err != nil || change == nil {
		return out, err
	}
	change.Reporter = actor.Who().ID
	b.add(h, *change)
	b.names = append(b.names, in.names(h)...)
	return out, nil
}

// enrolBy enrols the device of a report that is the first of it.
func (b *batch) enrolBy(actor *people.Tx, report *Report) (Outcome, error) {
	organisation := cmp.Or(report.Organisation, home(actor.Who().For(report.Host)))
	if organisation == "" {
		return Outcome{}, fault.In("organisation", "The device %s is not known here: say whose it is, and it is enrolled", report.Host)
	}
	if err := b.require(actor, organisation, report.Host); err != nil {
		return Outcome{}, err
	}
	if err := actor.Exists("organisation", organisation); err != nil {
		return Outcome{}, err
	}
	in := b.receiving(report)
	h, err := in.enrol(organisation)
	if err != nil {
		return Outcome{}, err
	}
	b.enrol(&h)
	out, err := b.take(actor, in, &h)
	out.Host, out.Result = h.ID, Enrolled
	return out, err
}

// home is the one organisation that a program is for; empty where there is none, or several.
func home(grants []people.Grant) string {
	if len(grants) != 1 || grants[0].Organisation == people.Everywhere {
		return ""
	}
	return grants[0].Organisation
}
