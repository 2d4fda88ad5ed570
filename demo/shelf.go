package demo

import (
	"fmt"
	"slices"
	"strings"

	"portcullis/policy"
)

// What the streams of draws are for.
const (
	drawRules = iota + 1
	drawDevice
	drawEquipment
)

// item is an app as it stands on devices of one platform. The versions from current on are too old.
type item struct {
	identifier string
	platform   policy.Platform // set where it is not the device's
	share      int
	versions   []string
	current    int
	signer     string
}

// shelfKey is where one finds the same things on devices.
type shelfKey struct {
	organisation string
	platform     policy.Platform
}

// stock fills the shelves: of all that is about, what the rules allow in a body on a platform.
func (d *Demo) stock() error {
	p, err := policy.Compile(&d.World, d.Now)
	if err != nil {
		return fmt.Errorf("the demonstration's world: %w", err)
	}
	products := make(map[string]*policy.Product, len(d.World.Products))
	for i := range d.World.Products {
		products[d.World.Products[i].ID] = &d.World.Products[i]
	}
	d.shelves = make(map[shelfKey][]item, len(bodies)*len(mixed))
	for _, b := range bodies {
		apps := about(b)
		for _, on := range mixed {
			if d.shelves[shelfKey{b.id, on}], err = shelf(p, products, b.id, on, apps); err != nil {
				return err
			}
		}
	}
	d.extras = newExtras(products, d.Names)
	return nil
}

// about are the apps that people of a body might have, each once: by the body's own rules first.
func about(b body) (apps []stocked) {
	add := func(more []stocked) {
		for _, s := range more {
			if s.share > 0 && !slices.ContainsFunc(apps, func(had stocked) bool { return had.product == s.product }) {
				apps = append(apps, s)
			}
		}
	}
	for _, l := range locals {
		if l.organisation == b.id || l.organisation == b.parent {
			add([]stocked{l.stocked})
		}
	}
	if b.id == "parliament" || b.parent == "parliament" {
		add(chosen)
	}
	if b.id == "ambulance" || b.id == imported || b.id == "police" {
		add([]stocked{{"shiftbook", 24, "", "6.1 5.9 5.8"}})
	}
	add(common)
	add(central)
	return apps
}

func shelf(p *policy.Policy, products map[string]*policy.Product, organisation string, on policy.Platform, apps []stocked) (items []item, err error) {
	subject, err := p.Subject(&policy.Host{ID: "shelf", Kind: policy.Device, Organisation: organisation, Platform: on})
	if err != nil {
		return nil, fmt.Errorf("the demonstration's devices: %w", err)
	}
	var decision policy.Decision
	for i := range apps {
		for _, it := range itemsOf(products[apps[i].product], on, &apps[i]) {
			subject.Decide(&policy.Installation{Identifier: it.identifier, Platform: it.platform, Version: it.versions[0]}, &decision)
			if decision.Verdict == policy.Allowed || apps[i].product == "paperlark" && decision.Verdict == policy.Exempt {
				items = append(items, it)
			}
		}
	}
	return items, nil
}

// browsers are where add-ons live, and how many in a hundred of those who have the app have it there.
var browsers = map[policy.Platform][]struct {
	policy.Platform
	share int
}{
	policy.Windows:  {{policy.MSEdge, 40}, {policy.Chrome, 25}},
	policy.MacOS:    {{policy.Chrome, 40}, {policy.Firefox, 20}},
	policy.Linux:    {{policy.Firefox, 90}},
	policy.ChromeOS: {{policy.Chrome, 95}, {policy.Android, 40}},
}

func itemsOf(p *policy.Product, on policy.Platform, s *stocked) (items []item) {
	add := func(ids []policy.Identifier, platform policy.Platform, share int) {
		if len(ids) > 0 {
			items = append(items, newItem(ids[0], platform, share, s))
		}
	}
	add(p.Identifiers[on], 0, s.share)
	for _, b := range browsers[on] {
		if b.Platform == policy.Android && len(items) > 0 {
			continue // the Chromebook's own is there
		}
		add(p.Identifiers[b.Platform], b.Platform, s.share*b.share/100)
	}
	return items
}

func newItem(id policy.Identifier, platform policy.Platform, share int, s *stocked) item {
	it := item{identifier: id.ID, platform: platform, share: share, versions: strings.Fields(s.versions)}
	it.current = len(it.versions)
	for it.current > 0 && s.floor != "" && policy.CompareVersions(it.versions[it.current-1], s.floor) < 0 {
		it.current--
	}
	if len(id.Signers) > 0 {
		it.signer = id.Signers[0]
	}
	return it
}

// install puts the item on a device, in a version: mostly the newest, seldom one that is too old.
func (it *item) install(d *draw) policy.Installation {
	n := 0
	switch at := d.below(1000); {
	case at >= 994 && it.current < len(it.versions):
		n = it.current
	case at >= 900 && it.current > 2:
		n = 2
	case at >= 660 && it.current > 1:
		n = 1
	}
	return policy.Installation{Identifier: it.identifier, Platform: it.platform, Version: it.versions[n], Signer: it.signer}
}
