package approvals_test

import (
	"fmt"
	"strings"
	"testing"

	"portcullis/approvals"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

// BenchmarkRoom has 400 bodies below departments, 2,000 open proposals and 20,000 that were made.
func BenchmarkRoom(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			o := store.Options{Data: b.TempDir()}
			if engine == "postgres" {
				o = store.Options{Database: storetest.Database(b)}
			}
			s := start(b, storetest.Opener(b, o, schemas), storetest.NewClock(noon))
			open := s.fill(b)
			who := map[string]one{
				"centre": s.somebody(b, people.CentreOfficer, people.Everywhere, "centre"), "department": s.somebody(b, people.SecurityOfficer, "dept-7", "security"),
				"office": s.somebody(b, people.ClearingOffice, "gov", "office"), "fitter": s.somebody(b, people.DeviceAdministrator, "dept-8", "fitter"), "staff": s.somebody(b, people.Staff, "dept-9", "staff"),
			}
			for name, a := range who {
				b.Run("Waiting/"+name, func(b *testing.B) {
					for b.Loop() {
						found, err := s.Waiting(b.Context(), a.Actor)
						if err != nil {
							b.Fatal(err)
						}
						b.ReportMetric(float64(len(found)), "found")
					}
				})
				b.Run("WaitingFirst/"+name, func(b *testing.B) {
					for b.Loop() {
						found, err := s.WaitingFirst(b.Context(), a.Actor, 100)
						if err != nil {
							b.Fatal(err)
						}
						b.ReportMetric(float64(len(found.Waits)), "found")
					}
				})
				b.Run("Proposals/"+name, func(b *testing.B) {
					for b.Loop() {
						l, err := s.Proposals(b.Context(), a.Actor, approvals.Query{Limit: 50})
						if err != nil {
							b.Fatal(err)
						}
						b.ReportMetric(float64(len(l.Proposals)), "found")
					}
				})
			}
			b.Run("Proposal", func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Proposal(b.Context(), who["centre"].Actor, open[0].ID); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("Take", func(b *testing.B) {
				version := open[0].Version
				for b.Loop() {
					p, err := s.Take(b.Context(), who["centre"].Actor, open[0].ID, approvals.Doing{Act: approvals.Revise, Version: version, Said: yes, Draft: &open[0].Draft})
					if err != nil {
						b.Fatal(err)
					}
					version = p.Version
				}
			})
		})
	}
}

// fill makes the proposals, by copying one of each that went the room's own way.
func (s *server) fill(b *testing.B) (open []approvals.Proposal) {
	var organisations strings.Builder
	for n := range 20 {
		fmt.Fprintf(&organisations, "  - {id: dept-%d, parent: gov}\n", n)
	}
	for n := range 380 {
		fmt.Fprintf(&organisations, "  - {id: body-%d, parent: dept-%d}\n", n, n%20)
	}
	s.load(b, strings.Replace(house, "organisations:\n", "organisations:\n"+organisations.String(), 1))
	asks, grants, signs := s.somebody(b, people.CentreOfficer, "gov", "asks"), s.somebody(b, people.CentreOfficer, "gov", "grants"), s.somebody(b, people.CentreOfficer, "gov", "signs")
	d := exempting(90)
	waits := s.propose(b, asks, d)
	d.Exemption.Lifts, d.Exemption.Product = nil, "maps"
	made := s.propose(b, asks, d)
	s.does(b, grants, made.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
	made = s.does(b, signs, made.ID, approvals.Doing{Act: approvals.Sign})
	if err := s.copies(b, waits.ID, 1999, "o"); err != nil {
		b.Fatal(err)
	}
	if err := s.copies(b, made.ID, 20_000, "0"); err != nil {
		b.Fatal(err)
	}
	return []approvals.Proposal{waits}
}

// copies copies a proposal and its steps to all bodies in turn.
func (s *server) copies(b *testing.B, id string, n int, before string) error {
	place := func(i int) string {
		if i%20 == 0 {
			return fmt.Sprintf("dept-%d", i/20%20)
		}
		return fmt.Sprintf("body-%d", i%380)
	}
	return s.People.DB.Write(b.Context(), func(tx *store.Tx) error {
		for i := range n {
			to := fmt.Sprintf("%s%025d", before, i)
			if _, err := tx.Exec(`INSERT INTO approvals_proposals SELECT $1, kind, $2, state, asked, principal, person, at, version, made || $3, adopts, emergency, marked, lapses, document FROM approvals_proposals WHERE id = $4`, to, place(i), fmt.Sprint(i), id); err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO approvals_steps SELECT $1, number, act, taken_by, principal, at, document FROM approvals_steps WHERE proposal = $2`, to, id); err != nil {
				return err
			}
		}
		return nil
	})
}
