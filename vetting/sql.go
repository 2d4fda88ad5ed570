package vetting

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"portcullis/policy"
	"portcullis/store"
	"portcullis/vetting/report"
)

// reportRow is a report that is kept.
type reportRow struct {
	Summary
	marked   bool
	criteria string // SHA-256 of the file that it was held to
	report   string // JSON
}

// count notes how the report stands to the criteria.
func (r *reportRow) count(criteria []report.Criterion) {
	for _, c := range criteria {
		switch c.Result {
		case report.NotMet:
			r.NotMet++
		case report.Unknown:
			r.NotKnown++
		}
	}
}

func flag(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

const summaryColumns = `id, organisation, proposal, digest, sha256, platform, package, name, file, format, version_name, version_code, error, not_met, not_known, made_by, principal, at`

func (s *Summary) scan(scan func(...any) error, more ...any) error {
	var platform string
	err := scan(append([]any{&s.ID, &s.Organisation, &s.Proposal, &s.Digest, &s.SHA256, &platform, &s.Package, &s.Name, &s.File, &s.Format, &s.VersionName, &s.VersionCode,
		&s.Error, &s.NotMet, &s.NotKnown, &s.By, &s.Principal, &s.At}, more...)...)
	s.Platform, _ = policy.ParsePlatform(platform) // none of a file that could not be read
	return err
}

// insertReport keeps a report. Where another transaction keeps the same at this moment, this one is run again: it is what
// the engines do about a conflict with what they do not see yet, where a statement knows a way on.
func insertReport(tx *store.Tx, r *reportRow) error {
	_, err := tx.Exec(`INSERT INTO vetting_reports (`+summaryColumns+`, marked, criteria, report) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) ON CONFLICT (organisation, proposal, digest) DO NOTHING`,
		r.ID, r.Organisation, r.Proposal, r.Digest, r.SHA256, r.Platform.String(), r.Package, r.Name, r.File, string(r.Format), r.VersionName, r.VersionCode, r.Error,
		r.NotMet, r.NotKnown, r.By, r.Principal, r.At, flag(r.marked), r.criteria, r.report)
	return err
}

// selectSame returns the report that is just like one, for the same body and proposal; empty where there is none.
func selectSame(tx *store.Tx, r *reportRow) (id string, err error) {
	err = tx.Row(`SELECT id FROM vetting_reports WHERE organisation = $1 AND proposal = $2 AND digest = $3`, []any{r.Organisation, r.Proposal, r.Digest}, &id)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return id, err
}

func selectReport(tx *store.Tx, id string) (r reportRow, err error) {
	var marked int64
	err = r.scan(func(into ...any) error {
		return tx.Row(`SELECT `+summaryColumns+`, marked, criteria, report FROM vetting_reports WHERE id = $1`, []any{id}, into...)
	}, &marked, &r.criteria, &r.report)
	r.marked = marked == 1
	return r, err
}

// mostEarlier is among how many earlier reports of an app one is sought that the actor may see.
const mostEarlier = 50

// selectEarlier returns reports of the same app before one, of other files, the newest first; of those for marked
// proposals, those for its own.
func selectEarlier(tx *store.Tx, r *reportRow) (found []Summary, err error) {
	err = tx.Rows(`SELECT `+summaryColumns+` FROM vetting_reports WHERE package = $1 AND platform = $2 AND id < $3 AND sha256 <> $4 AND error = '' AND (marked = 0 OR proposal = $5) ORDER BY id DESC LIMIT $6`,
		[]any{r.Package, r.Platform.String(), r.ID, r.SHA256, r.Proposal, mostEarlier}, func(scan func(...any) error) error {
			var s Summary
			err := s.scan(scan)
			found = append(found, s)
			return err
		})
	return found, err
}

// selectReports returns a page of reports and one more, where there is one; of all bodies where within is nil.
func selectReports(tx *store.Tx, q *Query, within []string, marked bool) (found []Summary, err error) {
	var args []any
	next := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	text := `SELECT ` + summaryColumns + ` FROM vetting_reports WHERE (marked = 0 OR marked = ` + next(flag(marked)) + `)`
	if q.Package != "" {
		text += ` AND package = ` + next(q.Package)
	}
	if q.Proposal != "" {
		text += ` AND proposal = ` + next(q.Proposal)
	}
	if q.Waiting {
		text += ` AND id IN (SELECT report FROM vetting_reviews WHERE waits = 1)`
	}
	if q.After != "" {
		text += ` AND id < ` + next(q.After)
	}
	if within != nil {
		text += ` AND organisation IN ` + store.In(len(args)+1, len(within))
		for _, id := range within {
			args = append(args, id)
		}
	}
	text += ` ORDER BY id DESC LIMIT ` + next(q.Limit+1)
	err = tx.Rows(text, args, func(scan func(...any) error) error {
		var s Summary
		err := s.scan(scan)
		found = append(found, s)
		return err
	})
	return found, err
}

// withOutcomes fills in the outcomes of the last reviews, and whether what was seen in them waits.
func withOutcomes(tx *store.Tx, found []Summary) error {
	for part := range slices.Chunk(found, mostListed) {
		var args []any
		places := map[string]*Summary{}
		for i := range part {
			args, places[part[i].ID] = append(args, part[i].ID), &part[i]
		}
		err := tx.Rows(`SELECT report, outcome, waits FROM vetting_reviews WHERE report IN `+store.In(1, len(args))+` ORDER BY id`, args, func(scan func(...any) error) error {
			var id string
			var outcome Outcome
			var waits int64
			err := scan(&id, &outcome, &waits)
			if s := places[id]; s != nil {
				s.after(outcome, waits == 1)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func insertReview(tx *store.Tx, r *Review, document string) error {
	_, err := tx.Exec(`INSERT INTO vetting_reviews (id, report, organisation, proposal, marked, product, outcome, made_by, principal, at, document, waits) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		r.ID, r.Assessment, r.Organisation, r.Proposal, flag(r.Marked), r.Product, string(r.Outcome), r.By, r.Principal, r.At, document, flag(r.Waits))
	return err
}

// settleKits has nothing wait any more of what reviewers have seen in the app of a report.
func settleKits(tx *store.Tx, report string) error {
	_, err := tx.Exec(`UPDATE vetting_reviews SET waits = 0 WHERE report = $1 AND waits = 1`, report)
	return err
}

const reviewColumns = `SELECT id, report, organisation, proposal, marked, product, outcome, made_by, principal, at, document, waits FROM vetting_reviews WHERE `

// The questions by which reviews are found.
var reviewsBy = map[string]string{
	"report":   reviewColumns + `report = $1 ORDER BY id`,
	"product":  reviewColumns + `product = $1 ORDER BY id`,
	"proposal": reviewColumns + `proposal = $1 ORDER BY id`,
}

// selectReviews returns the reviews of a report, a product or a proposal, the first first.
func selectReviews(tx *store.Tx, by, id string) (found []Review, err error) {
	err = tx.Rows(reviewsBy[by], []any{id}, func(scan func(...any) error) error {
		var r Review
		var marked, waits int64
		var document string
		if err := scan(&r.ID, &r.Assessment, &r.Organisation, &r.Proposal, &marked, &r.Product, &r.Outcome, &r.By, &r.Principal, &r.At, &document, &waits); err != nil {
			return err
		}
		var s said
		err := json.Unmarshal([]byte(document), &s)
		r.Act, r.Rationale, r.Risk, r.Answers, r.Publish, r.Contains, r.Proposed, r.Digest, r.Version = s.Act, s.Rationale, s.Risk, s.Answers, s.Publish, s.Contains, s.Proposed, s.Digest, s.Version
		r.Marked, r.Waits = marked == 1, waits == 1
		found = append(found, r)
		return err
	})
	return found, err
}

// reviewedApp is the last thing that was concluded of an app of the register in some version, by which what is due is found.
type reviewedApp struct {
	product, platform, packaged, version, report, organisation string
}

// selectReviewed returns for each product and platform what reviews have allowed or kept, in no order of products; each
// product's the first first. Those of marked proposals are left out.
func selectReviewed(tx *store.Tx) (found []reviewedApp, err error) {
	err = tx.Rows(`SELECT v.product, r.platform, r.package, r.version_name, r.id, v.organisation FROM vetting_reviews v JOIN vetting_reports r ON r.id = v.report
WHERE v.product <> '' AND v.marked = 0 AND v.outcome IN ('allow', 'keep') ORDER BY v.id`, nil, func(scan func(...any) error) error {
		var a reviewedApp
		err := scan(&a.product, &a.platform, &a.packaged, &a.version, &a.report, &a.organisation)
		found = append(found, a)
		return err
	})
	return found, err
}

// table is one of those with files by which bodies go.
type table string

const (
	criteriaFiles table = "vetting_criteria"
	trackerFiles  table = "vetting_trackers"
)

// selectFile returns the last that a body has set, without its digest; the text is empty where that of the body above
// counts, and the number is 0 where the body has set none.
func selectFile(tx *store.Tx, of table, organisation string) (f File, err error) {
	err = tx.Row(`SELECT organisation, number, text, reason, set_by, at FROM `+string(of)+` WHERE organisation = $1 ORDER BY number DESC LIMIT 1`, []any{organisation},
		&f.Of, &f.Number, &f.Text, &f.Reason, &f.By, &f.At)
	if errors.Is(err, store.ErrNotFound) {
		return File{}, nil
	}
	return f, err
}

func insertFile(tx *store.Tx, of table, f *File) error {
	_, err := tx.Exec(`INSERT INTO `+string(of)+` (organisation, number, text, reason, set_by, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organisation, number) DO NOTHING`, f.Of, f.Number, f.Text, f.Reason, f.By, f.At)
	return err
}
