package enforce

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"portcullis/people"
	"portcullis/store"
)

// keptTaken is for how long it is kept when devices took what.
const keptTaken = 400 * 24 * time.Hour

// keptUnused is for how long a list is kept that no device has any more.
const keptUnused = 24 * time.Hour

// Flush writes down who still has what they had.
func (s *Agents) Flush(ctx context.Context) error {
	s.mu.Lock()
	fetched, confirmed, used := s.fetched, s.confirmed, s.used
	s.fetched, s.confirmed, s.used = map[name]Clock{}, map[name]Clock{}, map[string]bool{}
	s.mu.Unlock()
	if len(fetched)+len(confirmed)+len(used) == 0 {
		return nil
	}
	err := s.people.DB.Write(ctx, func(tx *store.Tx) error {
		if err := touchFetched(tx, inOrder(fetched)); err != nil {
			return err
		}
		if err := touchConfirmed(tx, inOrder(confirmed)); err != nil {
			return err
		}
		return people.NoteUse(tx, slices.Sorted(maps.Keys(used)))
	})
	if err != nil {
		s.takeBack(fetched, confirmed, used)
	}
	return err
}

// takeBack keeps what could not be written for the next time, but where something later is known by now.
func (s *Agents) takeBack(fetched, confirmed map[name]Clock, used map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, both := range [][2]map[name]Clock{{fetched, s.fetched}, {confirmed, s.confirmed}} {
		for n, c := range both[0] {
			if _, later := both[1][n]; !later {
				both[1][n] = c
			}
		}
	}
	maps.Copy(s.used, used)
}

// inOrder is what was seen, in one order, so that two servers do not wait for each other.
func inOrder(clocks map[name]Clock) []seen {
	all := make([]seen, 0, len(clocks))
	for n, c := range clocks {
		all = append(all, seen{n, c})
	}
	slices.SortFunc(all, func(a, b seen) int { return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.form, b.form)) })
	return all
}

func (s *Agents) flush(ctx context.Context) {
	if err := s.Flush(ctx); err != nil {
		s.log.Warn("it could not be written down which devices still have their lists; it is tried again", "error", err)
	}
}

// StartHours is for those who do each hour's work: there is nothing to schedule, for to sweep twice is as good as once.
func (s *Agents) StartHours(context.Context) error { return nil }

// Hourly sweeps, once an hour on each server.
func (s *Agents) Hourly(ctx context.Context) error {
	now := s.now()
	s.mu.Lock()
	due := now.Sub(s.swept).Abs() >= time.Hour
	s.mu.Unlock()
	if !due {
		return nil
	}
	err := s.Sweep(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.swept = now
	}
	return err
}

// Sweep removes what need not be kept any longer.
func (s *Agents) Sweep(ctx context.Context) error {
	return s.people.DB.Write(ctx, func(tx *store.Tx) error {
		if err := deleteTaken(tx, tx.Now().Add(-keptTaken)); err != nil {
			return err
		}
		return deleteLists(tx, tx.Now().Add(-keptUnused))
	})
}

// List returns the data of a kept list; it is store.ErrNotFound where it is not kept.
func (s *Agents) List(ctx context.Context, digest string) (data []byte, err error) {
	err = s.people.DB.Read(ctx, func(tx *store.Tx) (err error) {
		data, err = selectList(tx, digest)
		return err
	})
	return data, err
}

// EndAgent ends all keys of a device, for one that was lost or whose key was seen, and has it sign in anew with one of
// the next epoch, which is returned. It needs people.ChangeTokens in the device's organisation.
func (s *Agents) EndAgent(ctx context.Context, actor people.Actor, host string) (epoch int64, err error) {
	return people.Act(ctx, s.people, actor, func(tx *people.Tx) (int64, error) {
		organisation := people.Everywhere
		if h, known := s.fleet.Index().Host(host); known {
			organisation = h.Organisation
		}
		if err := tx.Require(people.ChangeTokens, organisation); err != nil {
			return 0, err
		}
		if err := clearCredentials(tx.Tx, host); err != nil {
			return 0, err
		}
		return tx.EndDeviceKeys(organisation, host)
	})
}
