package devices

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// maxReason is how many characters a reason may have.
const maxReason = 2000

// Release is a proposal that less of a device be judged from now on, because it becomes somebody's own, in
// whole or in part. Two people make it so.
type Release struct {
	ID, Host string
	// Organisation is where the device belonged when it was proposed.
	Organisation string
	Proposal
	AskedBy string // a person
	Asked   store.Time
	Answer
	AnsweredBy string     // a person; empty while it is open
	Answered   store.Time // zero while it is open
}

// Proposal is what a release asks for.
type Proposal struct {
	From   policy.Ownership // what the device is
	To     policy.Ownership // what it is to be
	Reason string
}

// Answer is what became of a release.
type Answer struct {
	Agreed    bool
	TakenBack bool // by who asked for it
	Why       string
}

// noRelease is what is said where there is no such proposal.
const noRelease = "There is no such proposal"

// The words for answers in the table; an empty one is of a release that is open.
const (
	agreed    = "agreed"
	refused   = "refused"
	takenBack = "taken-back"
)

func (a *Answer) word() string {
	switch {
	case a.Agreed:
		return agreed
	case a.TakenBack:
		return takenBack
	}
	return refused
}

// Open tells whether nobody has answered yet.
func (r *Release) Open() bool { return r.Answered.IsZero() }

// releaseEntry is what the ledger is told of a release. A reason is for the two: it may say what is
// personal.
type releaseEntry struct {
	Release string `json:"release"`
	From    string `json:"from"`
	To      string `json:"to"`
	Version int64  `json:"version,omitempty"`
	Removed int    `json:"removed,omitempty"` // how many installations are no longer stored
	Back    bool   `json:"takenBack,omitempty"`
}

// answersFor returns the person who answers for the actor: of a program, who made its token. Two people release a device:
// two programs of one person are one, and whoever has the database, and makes tokens by that, is nobody.
func answersFor(tx *people.Tx) (person string, err error) {
	if who := tx.Who(); who.Program() && who.Maker != "" {
		return who.Maker, nil
	}
	return tx.RequireOwn()
}

// AskRelease proposes that a device become personal, or personal with a managed part. The actor is a person,
// or a program of a person's, who has people.ChangeDevices where the device belongs. A version other than 0 is the one that they saw.
func (r *Room) AskRelease(ctx context.Context, actor people.Actor, host string, version int64, to policy.Ownership, reason string) (Release, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Release, err error) {
		person, err := answersFor(tx)
		if err != nil {
			return none, err
		}
		h, err := r.batch(tx.Tx).about(tx, people.ChangeDevices, host, version)
		if err != nil {
			return none, err
		}
		if err := errors.Join(releasable(h, to), CheckReason("reason", reason)); err != nil {
			return none, err
		}
		open, err := selectReleases(tx.Tx, host, nil, true, "", 1)
		if err != nil {
			return none, err
		}
		if len(open) > 0 {
			return none, fault.New(fault.Conflict, "This has been proposed already, and waits for an answer")
		}
		rel := Release{Host: host, Organisation: h.Row.Organisation, Proposal: Proposal{owned(h), to, reason}, AskedBy: person, Asked: tx.Now()}
		if rel.ID, err = tx.NewID(); err != nil {
			return none, err
		}
		if err := insertRelease(tx.Tx, rel); err != nil {
			return none, err
		}
		return rel, tx.Record(releaseAsked, rel.Organisation, []string{host}, releaseEntry{Release: rel.ID, From: rel.From.String(), To: rel.To.String()})
	})
}

// releasable returns a fault where less of a host cannot be judged.
func releasable(h *Host, to policy.Ownership) error {
	switch {
	case h.Row.Kind != policy.Device:
		return fault.New(fault.Conflict, "%s is a piece of equipment: it is nobody's own", h.ID)
	case !h.State.judged():
		return fault.New(fault.Conflict, "%s is %s: return it to use first", h.ID, h.State.Words())
	case !judgedLess(owned(h), cmp.Or(to, owned(h))):
		return fault.In("ownership", "The device is %s: choose what it is to be from then on", owned(h))
	}
	return nil
}

// CheckReason returns a fault of a field unless a reason says something, and is text of at most 2,000 characters.
func CheckReason(field, reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return fault.In(field, "Say why: somebody else is to understand it, now and in a year")
	case utf8.RuneCountInString(reason) > maxReason:
		return fault.In(field, "The reason must have %d characters or fewer", maxReason)
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' }):
		return fault.In(field, "The reason must be text")
	}
	return nil
}

// AnswerRelease agrees to a proposed release, or refuses it. The actor is a person, or a program of a person's, who has
// people.ReleaseDevices where the device belongs, and not the one who proposed it; they may take it back. On
// agreement the device is at once what was proposed, and what may no longer be stored of it is taken off.
func (r *Room) AnswerRelease(ctx context.Context, actor people.Actor, id string, agree bool, why string) (Release, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Release, err error) {
		person, err := answersFor(tx)
		if err != nil {
			return none, err
		}
		rel, err := selectRelease(tx.Tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return none, require(tx, people.ReleaseDevices, nil, noRelease)
		} else if err != nil {
			return none, err
		}
		b := r.batch(tx.Tx)
		p := people.ReleaseDevices
		if !agree && person == rel.AskedBy {
			p = people.ChangeDevices // to take back what one has proposed needs no more than to propose it
		}
		if err := b.read([]string{rel.Host}); err != nil {
			return none, err
		}
		h := b.known[rel.Host]
		if err := require(tx, p, h, noRelease); err != nil {
			return none, err
		}
		if err := rel.answerable(h, person, agree, why); err != nil {
			return none, err
		}
		rel.Answer, rel.AnsweredBy, rel.Answered = Answer{agree, !agree && person == rel.AskedBy, why}, person, tx.Now()
		if err := updateRelease(tx.Tx, rel); err != nil {
			return none, err
		}
		entry := releaseEntry{Release: rel.ID, From: rel.From.String(), To: rel.To.String(), Back: rel.TakenBack}
		if !agree {
			return rel, tx.Record(releaseRefused, h.Row.Organisation, []string{h.ID}, entry)
		}
		if entry.Removed, err = b.release(tx, h, rel.To); err != nil {
			return none, err
		}
		entry.Version = h.Version
		return rel, tx.Record(releaseAgreed, h.Row.Organisation, []string{h.ID}, entry)
	})
}

// answerable returns a fault where a release cannot be answered so by that person.
func (r *Release) answerable(h *Host, person string, agree bool, why string) error {
	switch {
	case !r.Open():
		return fault.New(fault.Conflict, "This was answered already, on %s", r.Answered.Time().Format("2 January 2006 at 15:04 UTC"))
	case !agree && person == r.AskedBy:
		return nil
	case !agree:
		return CheckReason("why", why)
	case person == r.AskedBy:
		return fault.New(fault.Refused, "You have proposed this yourself: somebody else has to agree")
	case h.Row.Organisation != r.Organisation || owned(h) != r.From || !h.State.judged():
		return fault.New(fault.Conflict, "The device is not what it was when this was proposed: it has moved, or is not in use, or is another's. Refuse this, and have it proposed anew if it is still meant")
	case why != "":
		return CheckReason("why", why)
	}
	return nil
}

// release makes a device what less of it is judged as, takes off what may not be stored of that, and
// returns how much it was.
func (b *batch) release(tx *people.Tx, h *Host, to policy.Ownership) (removed int, err error) {
	before := h.Row.Things
	if err := h.keep(b, to); err != nil {
		return 0, err
	}
	h.Row.Ownership = to
	gone := index.Without(before, h.Row.Things)
	b.touch(h)
	if len(gone) > 0 {
		b.add(h, Change{Host: h.ID, Taken: tx.Now(), Source: "release", Reporter: tx.Who().ID, Removed: gone})
	}
	return len(gone), errors.Join(b.write(), b.setAttributes(h), b.forgetNames(h, gone))
}

// keep takes off a host what may not be stored of one with that ownership, from each of its sources.
func (h *Host) keep(b *batch, o policy.Ownership) error {
	thing, err := b.room.things(b.tx)
	if err != nil {
		return err
	}
	all, err := h.inventories()
	if err != nil {
		return err
	}
	for name, had := range all {
		all[name] = slices.DeleteFunc(slices.Clone(had), func(n uint32) bool {
			in := thing(n).Installation()
			return !storable(o, &in)
		})
	}
	h.strangers() // what a whole inventory is known by tells of the personal part of it
	if o == policy.Personal {
		h.Sources = nil
	}
	h.pack(all)
	return nil
}

// forgetNames forgets how people know what has gone off a host and is installed on no other.
func (b *batch) forgetNames(h *Host, gone []uint32) error {
	thing, err := b.room.things(b.tx)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, n := range h.Row.Things {
		done[thing(n).Name] = true
	}
	var identifiers []string
	for _, n := range gone {
		name := thing(n).Name
		if done[name] {
			continue
		}
		done[name] = true
		_, hosts, err := b.room.Fleet.index.Find(index.Query{Identifier: name})
		if err != nil {
			return err
		}
		if hosts <= 1 {
			identifiers = append(identifiers, name)
		}
	}
	b.tx.AfterCommit(func() { b.room.Fleet.forgetNames(identifiers) })
	return deleteNames(b.tx, identifiers)
}

// forgetNames forgets how people know identifiers.
func (f *Fleet) forgetNames(identifiers []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range identifiers {
		for p := range policy.PlatformWords {
			delete(f.names, nameKey{id, policy.Platform(p)})
		}
	}
}

// ReleaseQuery is which releases are sought.
type ReleaseQuery struct {
	Organisation string // and all below; empty is all that may be seen
	Host         string
	Open         bool   // those alone that wait for an answer
	Before       string // the id of a release: those that were proposed before it
	Limit        int
}

// Releases returns proposed releases, the newest first. The actor needs people.SeeDevices.
func (r *Room) Releases(ctx context.Context, actor people.Actor, q ReleaseQuery) ([]Release, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) ([]Release, error) {
		scope, err := r.scope(tx, q.Organisation)
		if err != nil {
			return nil, err
		}
		return selectReleases(tx.Tx, q.Host, scope, q.Open, q.Before, q.Limit)
	})
}

// Release returns one. The actor needs people.SeeDevices where its device belongs.
func (r *Room) Release(ctx context.Context, actor people.Actor, id string) (Release, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (none Release, err error) {
		rel, err := selectRelease(tx.Tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return none, require(tx, people.SeeDevices, nil, noRelease)
		} else if err != nil {
			return none, err
		}
		if _, err := visible(tx, rel.Host, noRelease); err != nil {
			return none, err
		}
		return rel, nil
	})
}
