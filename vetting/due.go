package vetting

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/policy"
)

// Due is an app that is to be looked at again: devices have a later version than the last that was reviewed for them.
type Due struct {
	Product      string
	Name         string
	Package      string
	Platform     policy.Platform
	Organisation string // the body whose review it was
	// Reviewed is the version of the last review, and Assessment the report that it rests on.
	Reviewed, Assessment string
	// Installed is the newest version on devices, and Hosts on how many of them a later one is than was reviewed.
	Installed string
	Hosts     int
}

// Due returns the apps that are to be looked at again, those on most devices first. A review of one body counts for itself
// and all below it, where none of these has reviewed a later version; and for one platform, since versions of two have
// nothing to do with each other. It needs people.SeeVetting in the body of the review; what is on devices of bodies where
// the actor does not have it is not counted.
func (r *Room) Due(ctx context.Context, actor people.Actor, limit int) ([]Due, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) ([]Due, error) {
		within, err := scope(tx, "")
		if err != nil {
			return nil, err
		}
		reviewed, err := selectReviewed(tx.Tx)
		if err != nil || len(reviewed) == 0 {
			return nil, err
		}
		h, err := estateOf(tx, within)
		if err != nil {
			return nil, err
		}
		var due []Due
		for _, by := range newest(reviewed) {
			for body, bodies := range h.covered(by) {
				last := by[body]
				if may, err := tx.May(people.SeeVetting, body); err != nil {
					return nil, err
				} else if !may {
					continue
				}
				d, err := r.due(&last, bodies)
				if err != nil {
					return nil, err
				}
				if d != nil {
					due = append(due, *d)
				}
			}
		}
		slices.SortFunc(due, func(a, b Due) int {
			return cmp.Or(b.Hosts-a.Hosts, strings.Compare(a.Product, b.Product), cmp.Compare(a.Platform, b.Platform), strings.Compare(a.Organisation, b.Organisation))
		})
		return due[:min(len(due), max(limit, 0))], nil
	})
}

// newest are, of the reviews of each product on each platform, those of the newest version that each body has reviewed.
func newest(reviewed []reviewedApp) map[[2]string]map[string]reviewedApp {
	apps := map[[2]string]map[string]reviewedApp{}
	for _, a := range reviewed {
		if policy.VersionMissing(a.version) {
			continue // nobody can say what comes after it
		}
		app := [2]string{a.product, a.platform}
		if apps[app] == nil {
			apps[app] = map[string]reviewedApp{}
		}
		if last, there := apps[app][a.organisation]; !there || policy.CompareVersions(a.version, last.version) >= 0 {
			apps[app][a.organisation] = a
		}
	}
	return apps
}

// estate is the bodies of which somebody may see what devices have, and what is above each.
type estate struct {
	parents map[string]string
	bodies  []string // unless they may see all: those then that are above another or below one
	all     bool
	below   map[string][]string // of a body, as far as it was asked for
}

func estateOf(tx *people.Tx, within []string) (*estate, error) {
	parents, err := people.Parents(tx.Tx)
	if err != nil {
		return nil, err
	}
	h := &estate{parents, within, within == nil, map[string][]string{}}
	if h.all {
		all := map[string]bool{}
		for body, above := range parents {
			all[body], all[above] = true, true
		}
		h.bodies = slices.Sorted(maps.Keys(all))
	}
	return h, nil
}

// chain goes through a body and all above it.
func (h *estate) chain(body string, yield func(string)) {
	for steps := 0; body != "" && steps <= len(h.parents); body, steps = h.parents[body], steps+1 {
		yield(body)
	}
}

// under are a body and those below it.
func (h *estate) under(root string) []string {
	if found, known := h.below[root]; known {
		return found
	}
	found := []string{}
	for _, body := range h.bodies {
		h.chain(body, func(at string) {
			if at == root {
				found = append(found, body)
			}
		})
	}
	if h.all && !slices.Contains(found, root) { // it has nothing above and nothing below
		found = append(found, root)
	}
	h.below[root] = found
	return found
}

// covered are, by each body that has reviewed an app, those for which its review is the last.
func (h *estate) covered(by map[string]reviewedApp) map[string][]string {
	covered := map[string][]string{}
	for root := range by {
		for _, body := range h.under(root) {
			last := ""
			h.chain(body, func(at string) {
				if a, is := by[at]; is && (last == "" || policy.CompareVersions(a.version, by[last].version) > 0) {
					last = at
				}
			})
			if last == root {
				covered[root] = append(covered[root], body)
			}
		}
	}
	return covered
}

// due is an app that is to be looked at again on the devices of some bodies; nil where it is not.
func (r *Room) due(last *reviewedApp, bodies []string) (*Due, error) {
	platform, known := policy.ParsePlatform(last.platform)
	if !known {
		return nil, nil
	}
	newest, hosts, err := r.Fleet.Index().Later(last.product, platform, last.version, bodies)
	if errors.Is(err, index.ErrNotDeclared) || err == nil && newest == "" {
		return nil, nil // it has just been added, or nothing is later
	}
	if err != nil {
		return nil, err
	}
	d := &Due{Product: last.product, Name: last.product, Package: last.packaged, Platform: platform, Organisation: last.organisation,
		Reviewed: last.version, Assessment: last.report, Installed: newest, Hosts: hosts.Hosts}
	if p := r.Fleet.View().Product(last.product); p != nil {
		d.Name = cmp.Or(p.Name, p.ID)
	}
	return d, nil
}
