package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"portcullis/approvals"
	"portcullis/demo"
	"portcullis/people"
	"portcullis/register"
	"portcullis/vetting"
)

// past is the clock of a demonstration while it is filled: it goes through the months before in a moment, so that what
// was decided in them was, and nothing is written by hand.
type past struct {
	present func() time.Time
	behind  atomic.Int64 // by how much it goes after the present
}

func (p *past) now() time.Time { return p.present().Add(-time.Duration(p.behind.Load())) }

// at sets the clock to a time of the past. It never goes back, for that is what a database relies on.
func (p *past) at(t time.Time) { p.behind.Store(int64(max(0, p.present().Sub(t)))) }

type pastKey struct{}

// pastOf is the clock of a demonstration that is filled within the context.
func pastOf(ctx context.Context) *past { return ctx.Value(pastKey{}).(*past) }

// telling is the story as it is told: by whom, in the room that decides.
type telling struct {
	*assembly
	ids, named map[string]string // of persons by those of the story, and what things and exemptions call them
	made       map[string]time.Time
	opened     map[*demo.Proposal]approvals.Proposal
}

// tell has everything be proposed and decided, each thing at its time and by its person.
func (t *telling) tell(ctx context.Context, g *demo.Demo) error {
	type event struct {
		at time.Time
		do func() error
	}
	var events []event
	for i := range g.Proposed {
		p := &g.Proposed[i]
		events = append(events, event{p.At, func() error { return t.open(ctx, p) }})
		if p.Looked != nil {
			events = append(events, event{p.Looked.At, func() error { return t.look(ctx, p) }})
		}
		for _, s := range p.Steps {
			events = append(events, event{s.At, func() error { return t.take(ctx, p, &s) }})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range events {
		pastOf(ctx).at(e.at)
		if err := e.do(); err != nil {
			return err
		}
	}
	pastOf(ctx).at(g.Now)
	return nil
}

// as is somebody of the story, signed in.
func (t *telling) as(ctx context.Context, person string) (people.Actor, error) {
	session, err := t.people.OpenSession(ctx, t.ids[person], "demonstration", "", "")
	if err != nil {
		err = fmt.Errorf("signing %s in: %w", person, err)
	}
	return people.Actor{Session: session}, err
}

func (t *telling) open(ctx context.Context, p *demo.Proposal) error {
	by, err := t.as(ctx, p.By)
	if err != nil {
		return err
	}
	opened, err := t.parts.Approvals.Propose(ctx, by, t.draft(p))
	if err != nil {
		return fmt.Errorf("what %s proposes (%s): %w", p.By, p.Reason, err)
	}
	t.opened[p] = opened
	return nil
}

// look has somebody hand in the file of an app that a proposal is about.
func (t *telling) look(ctx context.Context, p *demo.Proposal) error {
	by, err := t.as(ctx, p.Looked.By)
	if err != nil {
		return err
	}
	up := vetting.Upload{Proposal: t.opened[p].ID, Name: p.Looked.Name, Size: int64(len(p.Looked.File)), File: bytes.NewReader(p.Looked.File)}
	if _, err := t.parts.Vetting.Assess(ctx, by, up); err != nil {
		return fmt.Errorf("what %s looks at: %w", p.Looked.By, err)
	}
	return nil
}

func (t *telling) take(ctx context.Context, p *demo.Proposal, s *demo.Step) error {
	by, err := t.as(ctx, s.By)
	if err != nil {
		return err
	}
	taken, err := t.parts.Approvals.Take(ctx, by, t.opened[p].ID, approvals.Doing{
		Act: approvals.Act(s.Act), Version: t.opened[p].Version,
		Said: approvals.Said{Reason: s.Reason, Risk: s.Risk, Criteria: s.Criteria, Minister: s.Minister, Reference: s.Reference},
	})
	if err != nil {
		return fmt.Errorf("%s by %s of what %s proposed: %w", s.Act, s.By, p.By, err)
	}
	t.opened[p] = taken
	if taken.Rule != nil && taken.Made != "" {
		t.made[taken.Made] = s.At
	}
	return nil
}

// draft is a proposal of the story as the room has it.
func (t *telling) draft(p *demo.Proposal) approvals.Draft {
	d := approvals.Draft{
		Kind: approvals.Kind(p.Kind), Organisation: p.Organisation, Reason: p.Reason, Narrower: p.Narrower, LongestDays: p.LongestDays,
		For: t.ids[p.For], Adopts: p.Adopts, Emergency: p.Emergency, Marked: p.Marked,
		Content: approvals.Content{Rule: p.Rule, Monitor: p.Monitor},
	}
	for _, person := range p.Audience {
		d.Audience = append(d.Audience, t.ids[person])
	}
	if p.Restricted != "" {
		d.Restricted = &approvals.Restricted{Reason: p.Restricted, Assessment: p.Assessment}
	}
	if f := p.Found; f != nil {
		d.Found = &register.Found{Platform: f.Platform, Identifier: f.Identifier, Name: f.Name, Publisher: f.Publisher}
	}
	if p.Exemption != nil {
		e := *p.Exemption
		e.Subject.Person = called(t.named, e.Subject.Person)
		d.Exemption = &e
	}
	if p.Process != nil {
		process := approvals.Default()
		process.Exemption = approvals.Path{Sign: p.Process.ExemptionSigned, LongestDays: cmp.Or(p.Process.LongestDays, process.Exemption.LongestDays)}
		process.Offices = p.Process.Offices
		d.Process = &process
	}
	return d
}
