package vetting

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/vetting/report"
)

// MaxFile is how long a file may be, in bytes, and MaxReport how long what is told of it.
const (
	MaxFile   = 1 << 30
	maxReport = 16 << 20
	maxName   = 200 // characters
)

// Upload is a file that is to be looked at.
type Upload struct {
	// Organisation is the body for which it is looked at: its criteria are asked. Where it is left out it is the proposal's.
	Organisation string
	Proposal     string // the proposal that it is evidence for; empty where there is none
	Name         string // what the file is called: its last part counts
	Size         int64  // bytes
	File         io.ReaderAt
}

// reportEntry is the payload of reportMade. Of what was looked at for a marked proposal it has the digest alone.
type reportEntry struct {
	Report   string `json:"report"` // the SHA-256 of the report, as JSON
	SHA256   string `json:"sha256,omitempty"`
	Package  string `json:"package,omitempty"`
	Version  string `json:"version,omitempty"`
	Criteria string `json:"criteria,omitempty"` // the SHA-256 of their file
	Error    string `json:"error,omitempty"`
}

// Assess looks at a file, keeps its report, and returns it as Assessment does. It needs people.AssessApps in the body,
// which is asked before the work and again as the report is kept. The same file, for the same proposal, with the same
// result, is the report that is there already. A file that cannot be read makes a report that says so. Two files are
// looked at at once; who waits may leave by the context.
func (r *Room) Assess(ctx context.Context, actor people.Actor, u Upload) (Assessment, error) {
	var trackers File
	place, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (p place, err error) {
		if p, err = r.place(tx, u.Organisation, u.Proposal); err == nil {
			trackers, err = nearestFile(tx.Tx, trackerFiles, p.organisation)
		}
		return p, err
	})
	if err != nil {
		return Assessment{}, err
	}
	if err := u.check(); err != nil {
		return Assessment{}, err
	}
	found, err := r.look(ctx, u, &trackers)
	if err != nil {
		return Assessment{}, err
	}
	return r.keep(ctx, actor, place, found)
}

// MayAssess returns the fault with which Assess would refuse to look at a file for a body or a proposal: to be asked before a
// large file is taken in.
func (r *Room) MayAssess(ctx context.Context, actor people.Actor, organisation, proposal string) error {
	_, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (place, error) { return r.place(tx, organisation, proposal) })
	return err
}

// Again holds a report that is kept to the criteria of a body as they are now, with what the register now knows of the
// app, and keeps it as another: for another proposal, where the criteria were replaced, or where the product has become
// known. It needs people.AssessApps in the body, and the report must be one that the actor may see.
func (r *Room) Again(ctx context.Context, actor people.Actor, assessment, organisation, proposal string) (Assessment, error) {
	type again struct {
		place place
		found *report.Report
	}
	a, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (a again, err error) {
		row, err := r.seen(tx, assessment)
		if err != nil {
			return a, err
		}
		if row.marked && proposal != row.Proposal {
			return a, fault.In("proposal", "This was looked at for a marked decision, and stays there")
		}
		if organisation == "" && proposal == "" {
			organisation = row.Organisation
		}
		if a.place, err = r.place(tx, organisation, proposal); err != nil {
			return a, err
		}
		a.found, err = report.ReadJSON([]byte(row.report))
		return a, err
	})
	if err != nil {
		return Assessment{}, err
	}
	return r.keep(ctx, actor, a.place, a.found)
}

// place is what a file is looked at for.
type place struct {
	organisation, proposal string
	marked                 bool
}

// place finds out what a file is looked at for, and asks whether the actor may.
func (r *Room) place(tx *people.Tx, organisation, proposal string) (p place, err error) {
	p = place{organisation: organisation, proposal: proposal}
	if proposal != "" {
		if err := reach(tx, people.AssessApps); err != nil {
			return p, err
		}
		open, err := r.Approvals.OpenIn(tx, proposal)
		if err != nil {
			return p, err
		}
		if organisation != "" && organisation != open.Organisation {
			return p, fault.In("organisation", "The proposal is of another body: leave this out")
		}
		if open.Kind != approvals.Allow && open.Kind != approvals.Ban {
			return p, fault.In("proposal", "Nothing is decided there that an app is looked at for")
		}
		p.organisation, p.marked = open.Organisation, open.Marked
	}
	if p.organisation == "" {
		return p, fault.In("organisation", "Say for which body this is")
	}
	if err := tx.Require(people.AssessApps, p.organisation); err != nil {
		return p, err
	}
	return p, tx.Exists("organisation", p.organisation)
}

// reach returns a fault where the actor has the permission nowhere.
func reach(tx *people.Tx, p people.Permission) error {
	_, err := tx.Reach(p)
	return err
}

func (u *Upload) check() error {
	switch {
	case u.Size <= 0 || u.File == nil:
		return fault.In("file", "Choose the file of an app: this is empty")
	case u.Size > MaxFile:
		return fault.In("file", "A file may have %d MiB at most, and this has %d", MaxFile>>20, u.Size>>20)
	}
	return nil
}

// called is what a file is called: the last part of its name, in one line.
func called(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, string(utf8.RuneError)), `\`, "/"))
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) { // of which some turn a line around
			return -1
		}
		return c
	}, name)
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	if name = strings.TrimSpace(name); name == "" || name == "." || name == "/" {
		return "file"
	}
	return name
}

// look looks at a file, once it is its turn, for what a list of trackers names besides what the program knows.
func (r *Room) look(ctx context.Context, u Upload, trackers *File) (*report.Report, error) {
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	in, err := r.inspector(trackers)
	if err != nil {
		return nil, err
	}
	return in.File(ctx, called(u.Name), u.File, u.Size)
}

// keep holds what was found to the criteria, and keeps it.
func (r *Room) keep(ctx context.Context, actor people.Actor, at place, found *report.Report) (Assessment, error) {
	id, err := people.Act(ctx, r.People, actor, func(tx *people.Tx) (string, error) {
		at, err := r.place(tx, at.organisation, at.proposal) // things may have changed meanwhile
		if err != nil {
			return "", err
		}
		return r.keepIn(tx, at, found)
	})
	if err != nil {
		return Assessment{}, err
	}
	return r.Assessment(ctx, actor, id)
}

// keepIn is keep in a transaction, which may run more than once.
func (r *Room) keepIn(tx *people.Tx, at place, found *report.Report) (id string, err error) {
	rep := *found
	asked, err := askedIn(tx.Tx, at.organisation)
	if err != nil {
		return "", err
	}
	if err := hold(tx, &rep, &asked); err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := report.WriteJSON(&text, &rep); err != nil {
		return "", err
	}
	if text.Len() > maxReport {
		return "", fault.In("file", "What was found in it is more than can be kept, %d MiB: look at the file with the command line, portcullis vet", text.Len()>>20)
	}
	sum := sha256.Sum256(text.Bytes())
	row := reportRow{
		Summary: Summary{Organisation: at.organisation, Proposal: at.proposal, SHA256: rep.SHA256, Platform: platformOf(rep.Format), Package: rep.Package,
			Name: rep.Name, File: rep.File, Format: rep.Format, VersionName: rep.VersionName, VersionCode: rep.VersionCode, Error: rep.Error,
			By: tx.Who().ID, Principal: tx.Who().Principal(), At: tx.Now(), Digest: hex.EncodeToString(sum[:])},
		marked: at.marked, criteria: asked.Digest, report: text.String(),
	}
	row.count(rep.Criteria)
	if id, err = selectSame(tx.Tx, &row); err != nil || id != "" {
		tx.NoEntry("it is there already")
		return id, err
	}
	if row.ID, err = r.newID(tx); err != nil {
		return "", err
	}
	entry := reportEntry{Report: row.Digest}
	if !at.marked {
		entry.SHA256, entry.Package, entry.Version = row.SHA256, row.Package, cmp.Or(row.VersionName, row.VersionCode)
		entry.Criteria, entry.Error = row.criteria, row.Error
	}
	if err := insertReport(tx.Tx, &row); err != nil {
		return "", err
	}
	return row.ID, tx.Record(reportMade, row.Organisation, subjects(row.ID, row.Proposal), entry)
}

// subjects are those of an entry after the body: a thing, and the proposal where there is one.
func subjects(id, proposal string) []string {
	if proposal == "" {
		return []string{id}
	}
	return []string{id, proposal}
}
