package vetting

import (
	"context"
	"errors"
	"slices"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// Summary is a report that is kept, without what it says.
type Summary struct {
	ID           string
	Organisation string // for which it was looked at
	Proposal     string // for which it is evidence; empty where there is none
	Digest       string // SHA-256 of the report, as JSON, in hex
	SHA256       string // of the file
	Platform     policy.Platform
	Package      string
	Name         string
	File         string
	Format       report.Format
	VersionName  string
	VersionCode  string
	Error        string // why the file could not be read; there is nothing else to tell then
	// NotMet and NotKnown are how many criteria are so.
	NotMet, NotKnown int
	By, Principal    string // as in the ledger, and who answers for it: see people.Who
	At               store.Time
	// Outcome is that of its last review, apart from those of the code in it alone; empty where there is none.
	Outcome Outcome
	// Waits is that a reviewer has seen code of others in it, which somebody has still to confirm for all bodies.
	Waits bool
}

// after notes what a review comes to; they are gone through in their order.
func (s *Summary) after(outcome Outcome, waits bool) {
	if outcome != Confirm {
		s.Outcome = outcome
	}
	s.Waits = s.Waits || waits
}

// Version is the version as people read it.
func (s *Summary) Version() string {
	if s.VersionName != "" {
		return s.VersionName
	}
	return s.VersionCode
}

// Assessment is a report that is kept, with what stands beside it.
type Assessment struct {
	Summary
	Report *report.Report
	// Before is the last report of the same app before this one that the actor may see; nil where there is none.
	Before *Summary
	// Differences are those from Before; nil where there is none.
	Differences *report.Differences
	// Former is the last review of the report before that said something to the criteria; nil where there is none.
	Former *Review
	// Product is that of the register which has the app's identifier; empty where none has.
	Product string
	// Misfit is why no conclusion can rest on it in its proposal: it is of another app than is asked for there; empty where
	// one can.
	Misfit string
	// Criteria tells whether the criteria are still those that it was held to. Where they are not, nothing can be concluded
	// from it: see Room.Again.
	Criteria bool
	Reviews  []Review // the first first
	Kits     []Kit    // in the order of the report
	// Names are those of people, by the ids that stand here.
	Names map[string]string
}

// Kit is somebody else's code in an app, and what the register has of it.
type Kit struct {
	SDK report.SDK
	// Product is what the register has of it, and Supplier who makes that; empty where it is not there yet.
	Product, Supplier string
	// Contained is that the register says already that the app has it, in this version.
	Contained bool
	// Addable is that it can be confirmed: the project's table knows whose it is, by Sources.
	Addable bool
	Sources []sdk.Source
}

// Query asks for reports. What is empty narrows nothing.
type Query struct {
	Organisation string // this and all below
	Package      string
	Proposal     string
	Waiting      bool   // those with kits that a reviewer has seen, and that nobody has confirmed yet
	After        string // the id of the report that the page before ended with
	Limit        int
}

// Listed is a page of reports, the newest first.
type Listed struct {
	Assessments []Summary
	Next        string // what to ask for after this page; empty where it is the last
}

// Assessment returns a report that is kept. It needs people.SeeVetting in its body; one that was made for a marked
// proposal is seen by who sees that.
func (r *Room) Assessment(ctx context.Context, actor people.Actor, id string) (Assessment, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (a Assessment, err error) {
		row, err := r.seen(tx, id)
		if err != nil {
			return a, err
		}
		a.Summary = row.Summary
		if a.Report, err = report.ReadJSON([]byte(row.report)); err != nil {
			return a, err
		}
		if a.Product, err = productOf(tx.Tx, &row.Summary); err != nil {
			return a, err
		}
		asked, err := askedIn(tx.Tx, row.Organisation)
		if err != nil {
			return a, err
		}
		a.Criteria = asked.Digest == row.criteria
		if err := r.compare(tx, &a, row); err != nil {
			return a, err
		}
		if a.Reviews, err = selectReviews(tx.Tx, "report", id); err != nil {
			return a, err
		}
		if a.Kits, err = kitsOf(tx.Tx, &a); err != nil {
			return a, err
		}
		if a.Misfit, err = r.misfit(tx, &a); err != nil {
			return a, err
		}
		a.Names, err = names(tx, &a)
		return a, err
	})
}

// misfit is why no conclusion can rest on a report in its proposal, as long as that is open and the actor may see it.
func (r *Room) misfit(tx *people.Tx, a *Assessment) (string, error) {
	if a.Proposal == "" || a.Error != "" {
		return "", nil
	}
	if may, err := r.Approvals.SeesIn(tx, a.Proposal); err != nil || !may {
		return "", err
	}
	open, err := r.Approvals.OpenIn(tx, a.Proposal)
	if err != nil || open.Kind != approvals.Allow || len(open.Next) == 0 {
		return "", err
	}
	c := concluding{row: reportRow{Summary: a.Summary}, open: &open, product: a.Product}
	if err := c.checkApp(); err != nil {
		return err.Error(), nil
	}
	return "", nil
}

// seen returns a report that the actor may see.
func (r *Room) seen(tx *people.Tx, id string) (row reportRow, err error) {
	if err := reach(tx, people.SeeVetting); err != nil {
		return row, err // who may see none is not told which there are
	}
	row, err = selectReport(tx.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return row, fault.New(fault.NotFound, "There is no such report")
	}
	if err != nil {
		return row, err
	}
	may, err := tx.May(people.SeeVetting, row.Organisation)
	if err == nil && may && row.marked {
		may, err = r.Approvals.SeesIn(tx, row.Proposal)
	}
	if err != nil {
		return reportRow{}, err
	}
	if !may { // which there are elsewhere is nobody's to find out
		return reportRow{}, tx.Hide(people.SeeVetting, row.Organisation, "There is no such report")
	}
	one := []Summary{row.Summary}
	err = withOutcomes(tx.Tx, one)
	row.Summary = one[0]
	return row, err
}

// compare puts the report before beside one.
func (r *Room) compare(tx *people.Tx, a *Assessment, row reportRow) error {
	if a.Package == "" || a.Error != "" {
		return nil
	}
	earlier, err := selectEarlier(tx.Tx, &row)
	if err != nil {
		return err
	}
	for i := range earlier {
		before := &earlier[i]
		if may, err := tx.May(people.SeeVetting, before.Organisation); err != nil {
			return err
		} else if !may {
			continue
		}
		full, err := selectReport(tx.Tx, before.ID)
		if err != nil {
			return err
		}
		was, err := report.ReadJSON([]byte(full.report))
		if err != nil {
			return err
		}
		a.Before, a.Differences = before, report.Compare(was, a.Report)
		reviews, err := selectReviews(tx.Tx, "report", before.ID)
		for i := range reviews {
			if len(reviews[i].Answers) > 0 {
				a.Former = &reviews[i]
			}
		}
		return err
	}
	return nil
}

// names are those of the people who stand in an assessment.
func names(tx *people.Tx, a *Assessment) (map[string]string, error) {
	ids := []string{a.By, a.Principal}
	for _, review := range a.Reviews {
		ids = append(ids, review.By, review.Principal)
	}
	return people.NamesOf(tx.Tx, ids...)
}

const mostListed = 500

// Assessments returns reports, the newest first, of the bodies where the actor has people.SeeVetting. Those that were made
// for a marked proposal are listed where that is asked for, by who sees it.
func (r *Room) Assessments(ctx context.Context, actor people.Actor, q Query) (Listed, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (listed Listed, err error) {
		within, err := scope(tx, q.Organisation)
		if err != nil {
			return listed, err
		}
		marked := false
		if q.Proposal != "" {
			if marked, err = r.Approvals.SeesIn(tx, q.Proposal); err != nil {
				return listed, err
			}
		}
		if q.Limit <= 0 || q.Limit > mostListed {
			q.Limit = mostListed
		}
		found, err := selectReports(tx.Tx, &q, within, marked)
		if err != nil {
			return listed, err
		}
		if len(found) > q.Limit {
			found = found[:q.Limit]
			listed.Next = found[q.Limit-1].ID
		}
		listed.Assessments = found
		return listed, withOutcomes(tx.Tx, found)
	})
}

// scope are the bodies of which the actor may see what was looked at, those below one where that is named; nil for all.
func scope(tx *people.Tx, organisation string) ([]string, error) {
	roots, err := []string{organisation}, error(nil)
	if organisation == "" {
		roots, err = tx.Reach(people.SeeVetting)
	} else if err = tx.Require(people.SeeVetting, organisation); err == nil {
		err = tx.Exists("organisation", organisation)
	}
	if err != nil || slices.Contains(roots, people.Everywhere) {
		return nil, err
	}
	parents, err := people.Parents(tx.Tx)
	if err != nil {
		return nil, err
	}
	within := slices.Clone(roots)
	for id, at := range parents {
		for steps := 0; at != "" && steps <= len(parents); at, steps = parents[at], steps+1 {
			if slices.Contains(roots, at) {
				within = append(within, id)
				break
			}
		}
	}
	slices.Sort(within)
	return slices.Compact(within), nil
}

// platformOf is the platform of a form of files; zero where nothing could be read of it.
func platformOf(f report.Format) policy.Platform {
	switch f {
	case report.APK, report.AAB, report.XAPK, report.APKS, report.APKM, report.Split:
		return policy.Android
	case report.IPA:
		return policy.IOS
	case report.Mac:
		return policy.MacOS
	}
	return 0
}

// productOf is the product that an app is; empty where the register has none.
func productOf(tx *store.Tx, s *Summary) (string, error) {
	if s.Platform == 0 || s.Package == "" {
		return "", nil
	}
	return register.ProductOf(tx, s.Platform, s.Package)
}
