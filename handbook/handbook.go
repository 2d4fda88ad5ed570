package handbook

import (
	"context"
	"errors"
	"slices"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// Room is this room's operations. There is one for each process; it is safe for concurrent use.
type Room struct {
	People *people.Room
}

// The kinds of entries about advice. The subjects are Everywhere and the id; the payload is an adviceEntry.
var (
	adviceKept      = ledger.Kind{Name: "handbook.advice-kept", Version: 1, Public: true}
	adviceTakenBack = ledger.Kind{Name: "handbook.advice-taken-back", Version: 1, Public: true}
)

// adviceEntry is what is advised from the entry's time on; of advice that is taken back, what it was about.
type adviceEntry struct {
	About
	*Draft
	Version int64 `json:"version"`
}

// AdviceFor returns what is advised now to somebody who asks about a product for their own device on a platform, where
// one or both may be empty. What is about the product comes first, then the platform, then personal devices.
func (r *Room) AdviceFor(ctx context.Context, actor people.Actor, product, platform string) ([]Advice, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found []Advice, err error) {
		tx.Asked("advice is for everybody who has come in, programs among them")
		for _, about := range []About{{OnProduct, product}, {OnPlatform, platform}, {Subject: OnPersonal}} {
			if about.Of == "" && about.Subject != OnPersonal {
				continue
			}
			some, err := standing(tx.Tx, about, store.Time{})
			if err != nil {
				return nil, err
			}
			found = append(found, some...)
		}
		return found, nil
	})
}

// Advice returns what is advised now about something, or about everything where about is zero: in the order of
// Subjects, the starter set's pieces before others.
func (r *Room) Advice(ctx context.Context, actor people.Actor, about About) ([]Advice, error) {
	return r.AdviceAt(ctx, actor, about, store.Time{})
}

// AdviceAt returns what was advised at a time; now, where that is zero. What the centre had not changed by then is
// that of the starter set in the running program, which may have been another then.
func (r *Room) AdviceAt(ctx context.Context, actor people.Actor, about About, at store.Time) ([]Advice, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) ([]Advice, error) {
		tx.Asked("advice is for everybody who has come in, programs among them")
		return standing(tx.Tx, about, at)
	})
}

// standing is what is advised, or was at a time.
func standing(tx *store.Tx, about About, at store.Time) ([]Advice, error) {
	stored, err := selectAdvice(tx, about, at)
	if err != nil {
		return nil, err
	}
	var found []Advice
	for _, s := range starter().Advice {
		i := slices.IndexFunc(stored, func(a Advice) bool { return a.ID == s.ID })
		switch {
		case i >= 0:
			found, stored = append(found, stored[i]), slices.Delete(stored, i, i+1)
		case about == (About{}) || s.About == about:
			found = append(found, s)
		}
	}
	found = slices.DeleteFunc(append(found, stored...), func(a Advice) bool { return a.TakenBack })
	slices.SortStableFunc(found, func(a, b Advice) int {
		return slices.Index(Subjects, a.Subject) - slices.Index(Subjects, b.Subject)
	})
	return found, nil
}

// AdviceVersions returns a piece of advice in all its versions, the newest first, also where it was taken back.
func (r *Room) AdviceVersions(ctx context.Context, actor people.Actor, id string) ([]Advice, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) ([]Advice, error) {
		tx.Asked("advice is for everybody who has come in, programs among them")
		return versions(tx.Tx, id)
	})
}

// versions are all versions of a piece of advice: of one of the starter set that nobody changed, that alone.
func versions(tx *store.Tx, id string) ([]Advice, error) {
	found, err := selectVersions(tx, id)
	if err != nil || len(found) > 0 {
		return found, err
	}
	for _, s := range starter().Advice {
		if s.ID == id {
			return []Advice{s}, nil
		}
	}
	return nil, fault.New(fault.NotFound, "There is no such advice")
}

// AddAdvice adds a piece of advice and returns it. What is wrong with it comes back as faults of the fields subject,
// of, title and text.
func (r *Room) AddAdvice(ctx context.Context, actor people.Actor, about About, d Draft) (Advice, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Advice, err error) {
		if err := tx.Require(people.KeepAdvice, people.Everywhere); err != nil {
			return none, err
		}
		if err := errors.Join(about.check(), d.check()); err != nil {
			return none, err
		}
		id, err := tx.NewID()
		if err != nil {
			return none, err
		}
		return keep(tx, Advice{ID: id, About: about, Draft: d, Version: 1})
	})
}

// ChangeAdvice puts another title and text in the place of those of a piece of advice, also where it had been taken
// back, and returns it as it then is. version is the one that the change was made from.
func (r *Room) ChangeAdvice(ctx context.Context, actor people.Actor, id string, d Draft, version int64) (Advice, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Advice, err error) {
		last, err := r.last(tx, id, version)
		if err != nil {
			return none, err
		}
		if err := d.check(); err != nil {
			return none, err
		}
		if d == last.Draft && !last.TakenBack {
			tx.NoEntry("everything is as it was")
			return last, nil
		}
		if err := retire(tx, last); err != nil {
			return none, err
		}
		return keep(tx, Advice{ID: id, About: last.About, Draft: d, Version: last.Version + 1})
	})
}

// TakeBackAdvice has nothing be advised any more where a piece of advice stood. Its versions stay.
func (r *Room) TakeBackAdvice(ctx context.Context, actor people.Actor, id string, version int64) (Advice, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Advice, err error) {
		last, err := r.last(tx, id, version)
		if err != nil {
			return none, err
		}
		if last.TakenBack {
			tx.NoEntry("everything is as it was")
			return last, nil
		}
		if err := retire(tx, last); err != nil {
			return none, err
		}
		return keep(tx, Advice{ID: id, About: last.About, Draft: last.Draft, Version: last.Version + 1, TakenBack: true})
	})
}

// last is the newest version of a piece of advice, for who may change it and has seen it.
func (r *Room) last(tx *people.Tx, id string, seen int64) (none Advice, err error) {
	if err := tx.Require(people.KeepAdvice, people.Everywhere); err != nil {
		return none, err
	}
	found, err := versions(tx.Tx, id)
	if err != nil {
		return none, err
	}
	return found[0], unchanged(seen, found[0].Version)
}

// unchanged returns a fault unless what was seen is what is there.
func unchanged(seen, version int64) error {
	if seen != version {
		return fault.New(fault.Changed, "Somebody else has changed this since you opened it: look at it again, and make your change if it is still needed")
	}
	return nil
}

// retire ends the time of a version. Of a piece of the starter set, its text is stored so, as what was advised until now.
func retire(tx *people.Tx, a Advice) error {
	if a.Starter {
		a.Replaced = tx.Now()
		return insertAdvice(tx.Tx, a)
	}
	return replaceAdvice(tx.Tx, a.ID, a.Version)
}

// keep stores a version and records it.
func keep(tx *people.Tx, a Advice) (Advice, error) {
	a.By, a.Recorded = tx.Who().ID, tx.Now()
	if err := insertAdvice(tx.Tx, a); err != nil {
		return Advice{}, err
	}
	kind, entry := adviceKept, adviceEntry{a.About, &a.Draft, a.Version}
	if a.TakenBack {
		kind, entry.Draft = adviceTakenBack, nil
	}
	return a, tx.Record(kind, people.Everywhere, []string{a.ID}, entry)
}
