package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"portcullis/people"
)

// Organisation is a department, agency, police force, House, party or office.
type Organisation struct {
	ID      string   `json:"id" example:"dept-a"`
	Name    string   `json:"name" example:"Department A"`
	Parent  string   `json:"parent,omitempty" example:"gov" doc:"The organisation right above it; left out at a root"`
	OwnList bool     `json:"ownList" doc:"The allow rules of those above do not reach here"`
	Monitor *Monitor `json:"monitor,omitempty" doc:"There while what is not listed is watched instead of enforced"`
	Version int64    `json:"version" doc:"Raised by every change"`
}

// Monitor is a decision to watch instead of enforce. It always ends.
type Monitor struct {
	From   time.Time `json:"from" example:"2026-03-01T00:00:00Z"`
	Until  time.Time `json:"until" example:"2026-06-01T00:00:00Z" doc:"Not included"`
	Reason string    `json:"reason" example:"The list is being drawn up"`
}

func showOrganisation(o people.Organisation) Organisation {
	shown := Organisation{ID: o.ID, Name: o.Name, Parent: o.Parent, OwnList: o.OwnList, Version: o.Version}
	if o.Monitor != nil {
		shown.Monitor = &Monitor{o.Monitor.From.Time(), o.Monitor.Until.Time(), o.Monitor.Reason}
	}
	return shown
}

func oneOrganisation(o people.Organisation, err error) (*single[Organisation], error) {
	if err != nil {
		return nil, err
	}
	return one(o.Version, showOrganisation(o))
}

func (a *api) listOrganisations(ctx context.Context, in *struct{ Paging }) (*list[Organisation], error) {
	place := func(o people.Organisation) cursor { return cursor{Name: o.Name, ID: o.ID} }
	order := func(a, b cursor) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) }
	return paged(in.Paging, "/organisations", nil, func(after cursor, limit int) ([]people.Organisation, error) {
		// They are few, and the room gives them all.
		all, err := a.People.Organisations(ctx, actorOf(ctx))
		slices.SortFunc(all, func(x, y people.Organisation) int { return order(place(x), place(y)) })
		if after.ID != "" {
			all = slices.DeleteFunc(all, func(o people.Organisation) bool { return order(place(o), after) <= 0 })
		}
		return all[:min(limit, len(all))], err
	}, place, showOrganisation)
}

type newOrganisation struct {
	Body struct {
		ID      string    `json:"id,omitempty" example:"dept-a" doc:"Made from the name where it is left out"`
		Name    string    `json:"name" example:"Department A"`
		Parent  string    `json:"parent,omitempty" example:"gov" doc:"The organisation right above it; left out for a root"`
		OwnList bool      `json:"ownList,omitempty" doc:"The allow rules of those above do not reach here"`
		From    time.Time `json:"from,omitzero" example:"2026-03-01T00:00:00Z" doc:"Since when it has belonged there; from now on where it is left out"`
	} `nameHint:"NewOrganisation"`
}

func (a *api) addOrganisation(ctx context.Context, in *newOrganisation) (*single[Organisation], error) {
	b := in.Body
	o, err := a.People.AddOrganisation(ctx, actorOf(ctx), people.NewOrganisation{ID: b.ID, Name: b.Name, Parent: b.Parent, OwnList: b.OwnList, From: people.TimeOf(b.From)})
	if err != nil {
		return nil, err
	}
	return made(o.Version, "/organisations/"+segment(o.ID), showOrganisation(o))
}

func (a *api) getOrganisation(ctx context.Context, in *ID) (*single[Organisation], error) {
	return oneOrganisation(a.People.Organisation(ctx, actorOf(ctx), in.ID))
}

type organisationChange struct {
	ID
	IfMatch
	Body struct {
		Name *string `json:"name,omitempty" example:"Department A"`
	} `nameHint:"OrganisationChange"`
}

func (a *api) changeOrganisation(ctx context.Context, in *organisationChange) (*single[Organisation], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return oneOrganisation(a.People.ChangeOrganisation(ctx, actorOf(ctx), in.ID.ID, people.OrganisationChange{Name: in.Body.Name, Version: version}))
}

func (a *api) endWatch(ctx context.Context, in *conditional) (*nothing, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	_, err = a.People.EndWatch(ctx, actorOf(ctx), in.ID.ID, version)
	return &nothing{}, err
}

// OrganisationHistory is what was ever recorded of an organisation's place, with both times.
type OrganisationHistory struct {
	Parents  []Known `json:"parents" doc:"Where it belonged; the value is the organisation above it"`
	Lists    []Known `json:"lists" doc:"When it had a list of its own; the value is own"`
	Monitors []Known `json:"monitors" doc:"When it watched instead of enforcing; the value is the reason"`
}

// Known is a fact with two times: when it held, and when that was known.
type Known struct {
	Value    string    `json:"value"`
	From     time.Time `json:"from" doc:"Since when it held"`
	Until    time.Time `json:"until,omitzero" doc:"Until when, not included; left out where no end is known"`
	Recorded time.Time `json:"recorded" doc:"When it was recorded"`
	Replaced time.Time `json:"replaced,omitzero" doc:"Since when it no longer counts; left out while it does"`
}

func showKnown(k people.Known) Known {
	return Known{k.Object, k.From.Time(), k.Until.Time(), k.Recorded.Time(), k.Replaced.Time()}
}

func (a *api) organisationHistory(ctx context.Context, in *ID) (*single[OrganisationHistory], error) {
	h, err := a.People.OrganisationHistory(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[OrganisationHistory]{Body: OrganisationHistory{
		whole(h.Parents, showKnown).Body.Items, whole(h.Lists, showKnown).Body.Items, whole(h.Monitors, showKnown).Body.Items}}, nil
}
