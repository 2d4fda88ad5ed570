package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/internal/storetest"
	"portcullis/store"
)

var histories = store.History{Table: "test_histories"}

// change is one statement about a subject, as the plain model and the table both understand it.
type change struct {
	Verb, Object string
	From, Until  int // days; Until 0 has no end
}

func (c change) period() store.Period {
	p := store.Period{From: day(c.From)}
	if c.Until > 0 {
		p.Until = day(c.Until)
	}
	return p
}

const days = 12

func day(n int) store.Time { return store.TimeOf(noon.AddDate(0, 0, n)) }

func (c change) to(tx *store.Tx, subject string) (err error) {
	switch c.Verb {
	case "set":
		_, err = histories.Set(tx, subject, c.Object, c.period())
	case "add":
		_, err = histories.Add(tx, subject, c.Object, c.period())
	case "remove":
		_, err = histories.Remove(tx, subject, c.Object, c.period())
	}
	return err
}

// model says for each day what the subject has.
type model [days]map[string]bool

func (m model) after(c change) (n model) {
	for d := range m {
		n[d] = maps.Clone(m[d])
		if n[d] == nil {
			n[d] = map[string]bool{}
		}
		if d < c.From || c.Until > 0 && d >= c.Until {
			continue
		}
		switch c.Verb {
		case "set":
			clear(n[d])
			n[d][c.Object] = true
		case "add":
			n[d][c.Object] = true
		case "remove":
			delete(n[d], c.Object)
		}
	}
	return n
}

// TestHistoriesKeepTwoTimes makes random changes at random times, some in one transaction, and asks
// for every day as it was known after each of them.
func TestHistoriesKeepTwoTimes(t *testing.T) {
	schema := store.Schema{Room: "test", Steps: []string{histories.Steps()}}
	storetest.Run(t, []store.Schema{schema}, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		db, subjects := open(clock.Now), 0
		rapid.Check(t, func(t *rapid.T) {
			subjects++
			subject := fmt.Sprint("subject-", subjects)
			changes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) change {
				c := change{
					Verb:   rapid.SampledFrom([]string{"set", "add", "remove"}).Draw(t, "verb"),
					Object: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "object"),
					From:   rapid.IntRange(0, days-1).Draw(t, "from"),
				}
				if rapid.Bool().Draw(t, "ends") {
					c.Until = rapid.IntRange(c.From+1, days).Draw(t, "until")
				}
				return c
			}), 1, 8).Draw(t, "changes")
			known := map[store.Time]model{}
			var now model
			for _, c := range changes {
				if rapid.Bool().Draw(t, "later") {
					clock.Advance(time.Hour)
				}
				if err := db.Write(t.Context(), func(tx *store.Tx) error { return c.to(tx, subject) }); err != nil {
					t.Fatal(err)
				}
				now = now.after(c)
				known[store.TimeOf(clock.Now())] = now
			}
			if err := db.Read(t.Context(), func(tx *store.Tx) error { return agrees(tx, subject, known, now) }); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func agrees(tx *store.Tx, subject string, known map[store.Time]model, now model) error {
	check := func(what string, objects []string, err error, want map[string]bool) error {
		slices.Sort(objects)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), objects); err == nil && diff != "" {
			err = fmt.Errorf("%s (-model +table):\n%s", what, diff)
		}
		return err
	}
	for d := range days {
		objects, err := histories.At(tx, subject, day(d))
		if err := check(fmt.Sprint("day ", d, " as known now"), objects, err, now[d]); err != nil {
			return err
		}
		for at, m := range known {
			objects, err := histories.AsKnown(tx, subject, day(d), at)
			if err := check(fmt.Sprint("day ", d, " as known at ", at), objects, err, m[d]); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestHistoryTellsNews tells whether a change changed anything.
func TestHistoryTellsNews(t *testing.T) {
	schema := store.Schema{Room: "test", Steps: []string{histories.Steps()}}
	storetest.Run(t, []store.Schema{schema}, func(t *testing.T, open storetest.Open) {
		db := open(storetest.NewClock(noon).Now)
		for i, step := range []struct {
			change func(tx *store.Tx) (bool, error)
			news   bool
		}{
			{func(tx *store.Tx) (bool, error) { return histories.Set(tx, "s", "a", store.Always(day(0))) }, true},
			{func(tx *store.Tx) (bool, error) { return histories.Set(tx, "s", "a", store.Always(day(3))) }, false},
			{func(tx *store.Tx) (bool, error) { return histories.Add(tx, "s", "a", store.Always(day(0))) }, false},
			{func(tx *store.Tx) (bool, error) { return histories.Remove(tx, "s", "b", store.Always(day(0))) }, false},
			{func(tx *store.Tx) (bool, error) { return histories.Set(tx, "s", "b", store.Always(day(3))) }, true},
			{func(tx *store.Tx) (bool, error) {
				return histories.Set(tx, "s", "", store.Period{From: day(4), Until: day(5)})
			}, true},
			{func(tx *store.Tx) (bool, error) {
				return histories.Remove(tx, "s", "b", store.Period{From: day(4), Until: day(5)})
			}, false},
		} {
			var news bool
			err := db.Write(t.Context(), func(tx *store.Tx) (err error) { news, err = step.change(tx); return err })
			if err != nil || news != step.news {
				t.Errorf("step %d: news is %t, %v; want %t", i, news, err, step.news)
			}
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := histories.Add(tx, "s", "c", store.Period{From: day(2), Until: day(2)})
			return err
		})
		if err == nil {
			t.Error("a period that holds at no time is taken")
		}
	})
}
