package vetting

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/policy"
)

// Due is an app that is to be looked at again: devices have a later version than the last that was reviewed.
type Due struct {
	Product string
	Name    string
	Package string
	// Reviewed is the version of the last review, and Assessment the report that it rests on.
	Reviewed, Assessment string
	// Installed is the newest version on devices, and Hosts on how many of them a later one is than was reviewed.
	Installed string
	Hosts     int
}

// Due returns the apps that are to be looked at again, those on most devices first. A review of one body counts for itself
// and all below it. It needs people.SeeVetting; what is on devices of bodies where the actor does not have it is not
// counted.
func (r *Room) Due(ctx context.Context, actor people.Actor, limit int) ([]Due, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) ([]Due, error) {
		within, err := scope(tx, "")
		if err != nil {
			return nil, err
		}
		reviewed, err := selectReviewed(tx.Tx)
		if err != nil {
			return nil, err
		}
		var due []Due
		for _, last := range newest(reviewed) {
			if may, err := tx.May(people.SeeVetting, last.organisation); err != nil {
				return nil, err
			} else if !may {
				continue
			}
			d, err := r.due(&last, within)
			if err != nil {
				return nil, err
			}
			if d != nil {
				due = append(due, *d)
			}
		}
		slices.SortFunc(due, func(a, b Due) int { return cmp.Or(b.Hosts-a.Hosts, strings.Compare(a.Product, b.Product)) })
		return due[:min(len(due), max(limit, 0))], nil
	})
}

// newest are, of the reviews of each product, those of the newest version that was reviewed.
func newest(reviewed []reviewedApp) (last []reviewedApp) {
	places := map[string]int{}
	for _, a := range reviewed {
		if policy.VersionMissing(a.version) {
			continue // nobody can say what comes after it
		}
		at, there := places[a.product]
		switch {
		case !there:
			places[a.product] = len(last)
			last = append(last, a)
		case policy.CompareVersions(a.version, last[at].version) >= 0:
			last[at] = a
		}
	}
	return last
}

// due is an app that is to be looked at again; nil where it is not.
func (r *Room) due(last *reviewedApp, within []string) (*Due, error) {
	where, err := r.Fleet.Index().Where(last.product, within)
	if errors.Is(err, index.ErrNotDeclared) {
		return nil, nil // it has just been added
	}
	if err != nil {
		return nil, err
	}
	d := Due{Product: last.product, Name: last.product, Package: last.packaged, Reviewed: last.version, Assessment: last.report}
	for _, v := range where.Versions {
		if policy.VersionMissing(v.Version) || policy.CompareVersions(v.Version, last.version) <= 0 {
			continue
		}
		if d.Installed == "" {
			d.Installed = v.Version
		}
		d.Hosts += v.Hosts
	}
	if d.Installed == "" {
		return nil, nil
	}
	if p := r.Fleet.View().Product(last.product); p != nil {
		d.Name = cmp.Or(p.Name, p.ID)
	}
	return &d, nil
}
