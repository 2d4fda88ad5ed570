package devices_test

import (
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/devices/index"
)

// TestDateBack holds that breaches that are dated back are written so, are counted by their ages, and are found so by a
// keeper that begins later; and that what is not dated, or to a time to come, is the keeper's to find.
func TestDateBack(t *testing.T) {
	each(t, dated, func(t *testing.T, s *server, _ func() *server) {
		k := keep(t, s, 3)
		for _, id := range keptHosts {
			s.must(t, report(id, "com.parrot=1", "com.never=1"))
		}
		s.follow(t)
		now := s.clock.Now()
		days := map[string]int{"d1": 400, "d2": 10, "d3": 3}
		if err := s.Fleet.DateBack(t.Context(), func(host string, _ index.Open) (time.Time, devices.Trigger) {
			switch n := days[host]; {
			case n > 0:
				return now.AddDate(0, 0, -n), devices.ByTime
			case host == "d4":
				return now.AddDate(0, 0, 1), devices.ByTime
			}
			return time.Time{}, ""
		}); err != nil {
			t.Fatal(err)
		}
		k.step(t)
		per := 0
		for p, all := range s.rows(t) {
			at, by := now.AddDate(0, 0, -days[p.host]), devices.ByTime
			if days[p.host] == 0 {
				at, by = now, devices.ByReconciling
			}
			if len(all) != 1 || !all[0].Opened.At.Time().Equal(at) || all[0].Opened.By != by || !all[0].Closed.At.IsZero() {
				t.Errorf("%+v: %+v", p, all)
			}
			if p.host == "d1" {
				per++
			}
		}
		found, err := s.Breaches(t.Context(), command, devices.BreachQuery{Limit: 10})
		if err != nil || per == 0 {
			t.Fatal(per, err)
		}
		if len(found.Page) != len(keptHosts) {
			t.Errorf("%d hosts", len(found.Page))
		}
		for _, h := range found.Page {
			at := now.AddDate(0, 0, -days[h.ID])
			for _, b := range h.Breaches {
				if !b.Since.Time().Equal(at) || !h.Since.Time().Equal(at) || b.Reason != s.Fleet.View().Reasons(b.Rules) {
					t.Errorf("%s since %s: %+v", h.ID, h.Since, b)
				}
			}
		}
		got := map[devices.Age]int{}
		for _, a := range found.Ages {
			got[a.Age] = a.Installations
		}
		if got[devices.OpenedOlder] == 0 || got[devices.OpenedMonth] != got[devices.OpenedOlder] || got[devices.OpenedWeek] != got[devices.OpenedOlder] || got[devices.OpenedToday] == 0 {
			t.Errorf("by age: %v", got)
		}
		for age, n := range got {
			one, err := s.Breaches(t.Context(), command, devices.BreachQuery{Limit: 10, Age: age})
			if err != nil || one.Installations != n {
				t.Errorf("%s: %d, not %d %v", age, one.Installations, n, err)
			}
		}
	})
}
