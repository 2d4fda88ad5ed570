package approvals_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

func init() {
	operations["waiting in pages"] = operation{method: "WaitingPage", free: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.WaitingPage(ctx, a, approvals.WaitingQuery{Limit: 1})
		return err
	}}
}

// pages are what waits for somebody by a query, page by page.
func (s *server) pages(t testing.TB, who one, q approvals.WaitingQuery) (ids []string) {
	t.Helper()
	for range 100 {
		p, err := s.WaitingPage(t.Context(), who.Actor, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Waits) > q.Limit || p.Next != "" && len(p.Waits) < q.Limit {
			t.Errorf("%+v: a page of %d, and %q is next", q, len(p.Waits), p.Next)
		}
		for _, w := range p.Waits {
			ids = append(ids, w.ID)
		}
		if q.After = p.Next; p.Next == "" {
			return ids
		}
	}
	t.Fatalf("%+v: it never ends", q)
	return nil
}

// TestWaitingPages: what waits for somebody, in pages of any size, is what waits for them in one; narrowed it is some of that,
// in the same order; and one that is decided between two pages moves nothing.
func TestWaitingPages(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, other, third := s.somebody(t, people.CentreOfficer, "gov", "asks"), s.somebody(t, people.CentreOfficer, "gov", "other"), s.somebody(t, people.CentreOfficer, "gov", "third")
		var ids []string
		for _, body := range []string{"dept-a", "dept-b", "unit", "office"} {
			ids = append(ids, s.propose(t, asks, watching(body)).ID)
			s.clock.Advance(time.Second)
		}
		s.propose(t, third, watching("gov")) // which they do not decide about themselves
		s.clock.Advance(time.Second)
		ban := approvals.Draft{Kind: approvals.Ban, Emergency: true, Reason: "It attacks", Narrower: "It is everywhere",
			Content: approvals.Content{Rule: &policy.Rule{Effect: policy.Ban, Scope: "gov", Target: policy.Target{Product: "maps"}, Clearance: policy.ClearanceNone}}}
		emergency := s.propose(t, asks, ban)
		s.follow(t)
		s.does(t, other, emergency.ID, approvals.Doing{Act: approvals.Sign, Said: yes})
		all := append([]string{emergency.ID}, ids...)
		for name, c := range map[string]struct {
			q    approvals.WaitingQuery
			want []string
		}{
			"all":              {want: all},
			"of a body":        {approvals.WaitingQuery{Organisation: "unit"}, ids[2:3]},
			"of a kind":        {approvals.WaitingQuery{Kind: approvals.Monitor}, ids},
			"of a state":       {approvals.WaitingQuery{State: approvals.Interim}, all[:1]},
			"open in a body":   {approvals.WaitingQuery{Organisation: "gov", State: approvals.Waiting}, nil},
			"of another house": {approvals.WaitingQuery{Organisation: "police"}, nil},
		} {
			for _, c.q.Limit = range []int{1, 2, 5, 100} {
				if got := s.pages(t, third, c.q); !slices.Equal(got, c.want) {
					t.Errorf("%s, by %d: %v, not %v", name, c.q.Limit, got, c.want)
				}
			}
		}
		if got := s.pages(t, s.somebody(t, people.Staff, "gov", "staff"), approvals.WaitingQuery{Limit: 2}); len(got) != 0 {
			t.Errorf("for staff: %v", got)
		}
		first, err := s.WaitingPage(t.Context(), third.Actor, approvals.WaitingQuery{Limit: 2})
		if err != nil || first.Waits[0].For != approvals.Review || first.Waits[1].For != approvals.Sign {
			t.Fatalf("the first page: %+v, %v", first, err)
		}
		for _, id := range all[:2] { // those of the first page
			act := approvals.Sign
			if id == emergency.ID {
				act = approvals.Review
			}
			s.does(t, third, id, approvals.Doing{Act: act, Said: yes})
		}
		if got := s.pages(t, third, approvals.WaitingQuery{Limit: 2, After: first.Next}); !slices.Equal(got, ids[1:]) {
			t.Errorf("behind what is decided: %v, not %v", got, ids[1:])
		}
		for _, bad := range []string{"x", "1", "1 ", " a", "+1 a", "01 a"} {
			if _, err := s.WaitingPage(t.Context(), third.Actor, approvals.WaitingQuery{After: bad}); !fault.Is(err, fault.Invalid) {
				t.Errorf("behind %q: %v", bad, err)
			}
		}
	})
}

// BenchmarkRoomWaiting is what waits for who decides for all, 2,000 proposals: all of it, a page, and a page of a body's.
func BenchmarkRoomWaiting(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			o := store.Options{Data: b.TempDir()}
			if engine == "postgres" {
				o = store.Options{Database: storetest.Database(b)}
			}
			s := start(b, storetest.Opener(b, o, schemas), storetest.NewClock(noon))
			s.fill(b)
			who := s.somebody(b, people.CentreOfficer, people.Everywhere, "centre")
			b.Run("Whole", func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Waiting(b.Context(), who.Actor); err != nil {
						b.Fatal(err)
					}
				}
			})
			for name, q := range map[string]approvals.WaitingQuery{"Page": {Limit: 50}, "PageOf200": {Limit: 200}, "Last": {Limit: 50, After: "1 o" + lastButFew}, "Body": {Organisation: "body-7", Limit: 50}, "Kind": {Kind: approvals.Ban, Limit: 50}} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						p, err := s.WaitingPage(b.Context(), who.Actor, q)
						if err != nil {
							b.Fatal(err)
						}
						b.ReportMetric(float64(len(p.Waits)), "found")
					}
				})
			}
		})
	}
}

// lastButFew ends the id of the proposal behind which thirty are left: see copies.
const lastButFew = "0000000000000000000001968"
