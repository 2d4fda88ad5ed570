package policytest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"portcullis/policy"
)

// hand draws questions about a world: it knows which products an organisation may have, and which
// rules and exemptions lead to what.
type hand struct {
	*rand.Rand
	w *policy.World

	organisation map[string]*policy.Organisation
	product      map[string]*policy.Product
	supplied     map[string][]*policy.Product // apps with identifiers, by supplier
	holders      map[string][]*policy.Product // the same, by what they contain
	allows       map[string][]*policy.Rule    // in force, by scope
	bans         []*policy.Rule               // in force
	phaseOuts    []*policy.Rule               // in force
	lifting      []*policy.Exemption          // in force, those that lift
	listing      []*policy.Exemption          // in force, those that only list

	admitted map[place][]*policy.Product
	ordinary map[policy.Platform][]*policy.Product // apps that are not watched
}

// place is an organisation's devices of one platform.
type place struct {
	organisation string
	platform     policy.Platform
}

func newHand(w *policy.World, seed uint64) *hand {
	h := &hand{Rand: rand.New(rand.NewPCG(seed, 2)), w: w,
		organisation: map[string]*policy.Organisation{}, product: map[string]*policy.Product{},
		supplied: map[string][]*policy.Product{}, holders: map[string][]*policy.Product{},
		allows: map[string][]*policy.Rule{}, admitted: map[place][]*policy.Product{}, ordinary: map[policy.Platform][]*policy.Product{}}
	for i := range w.Organisations {
		h.organisation[w.Organisations[i].ID] = &w.Organisations[i]
	}
	for i := range w.Products {
		h.addProduct(&w.Products[i])
	}
	for i := range w.Rules {
		h.addRule(&w.Rules[i])
	}
	for i := range w.Exemptions {
		switch e := &w.Exemptions[i]; {
		case !e.Contains(At):
		case len(e.Lifts) > 0:
			h.lifting = append(h.lifting, e)
		default:
			h.listing = append(h.listing, e)
		}
	}
	return h
}

func (h *hand) addProduct(p *policy.Product) {
	h.product[p.ID] = p
	if len(p.Identifiers) == 0 {
		return
	}
	h.supplied[p.Supplier] = append(h.supplied[p.Supplier], p)
	for _, c := range p.Contains {
		h.holders[c.Product] = append(h.holders[c.Product], p)
	}
	if p.ID >= appID(watchedApps) {
		for _, platform := range platformsOf(p) {
			h.ordinary[platform] = append(h.ordinary[platform], p)
		}
	}
}

func (h *hand) addRule(r *policy.Rule) {
	switch {
	case !r.Contains(At):
	case r.Effect == policy.Ban:
		h.bans = append(h.bans, r)
	case r.Effect == policy.PhaseOut:
		h.phaseOuts = append(h.phaseOuts, r)
	default:
		h.allows[r.Scope] = append(h.allows[r.Scope], r)
	}
}

// reaching are the allow rules that reach an organisation: its own, and its ancestors' as far as
// the lists on the way are inherited.
func (h *hand) reaching(organisation string) []*policy.Rule {
	var reaching []*policy.Rule
	for o := h.organisation[organisation]; o != nil; o = h.organisation[o.Parent] {
		reaching = append(reaching, h.allows[o.ID]...)
		if o.OwnList {
			break
		}
	}
	return reaching
}

// admits are the products that an allow rule is for.
func (h *hand) admits(r *policy.Rule) []*policy.Product {
	if r.Target.Supplier == "" {
		return []*policy.Product{h.product[r.Target.Product]}
	}
	return slices.DeleteFunc(slices.Clone(h.supplied[r.Target.Supplier]), watchedApp)
}

func watchedApp(p *policy.Product) bool { return p.ID < appID(watchedApps) }

// platformsOf are the platforms on which a product has an identifier, in the order of the words.
func platformsOf(p *policy.Product) []policy.Platform {
	var platforms []policy.Platform
	for platform := range p.Identifiers {
		platforms = append(platforms, platform)
	}
	slices.Sort(platforms)
	return platforms
}

// below is the scope of a rule, or one time in two a child of it.
func (h *hand) below(scope string) string {
	if h.IntN(2) == 0 {
		return scope
	}
	start := h.IntN(len(h.w.Organisations))
	for i := range h.w.Organisations {
		if o := &h.w.Organisations[(start+i)%len(h.w.Organisations)]; o.Parent == scope {
			return o.ID
		}
	}
	return scope
}

// device is a host of an organisation. A browser's add-ons are on a computer.
func (h *hand) device(organisation string, platform policy.Platform) policy.Host {
	if platform >= policy.Chrome {
		platform = policy.Windows
	}
	d := policy.Host{ID: DeviceID(h.IntN(devices)), Kind: policy.Device, Organisation: organisation,
		Ownership: policy.Corporate, Platform: platform, Holder: person(h.IntN(persons))}
	for range h.IntN(3) {
		d.Groups = append(d.Groups, group(h.IntN(groups)))
	}
	return d
}

// installed is a product on a device, at a major version; a product that no platform knows stands
// for itself.
func (h *hand) installed(p *policy.Product, platform policy.Platform, major int) policy.Installation {
	identifiers := p.Identifiers[platform]
	if len(identifiers) == 0 {
		return policy.Installation{Product: p.ID, Version: version(major)}
	}
	in := policy.Installation{Identifier: identifiers[0].ID, Version: fmt.Sprintf("%d.%d.%d", major, h.IntN(20), h.IntN(100))}
	if platform >= policy.Chrome {
		in.Platform = platform
	}
	if platform == policy.Android {
		code := int64(major*1000 + h.IntN(1000))
		in.VersionCode = &code
		if signers := identifiers[0].Signers; len(signers) > 0 {
			in.Signer = signers[h.IntN(len(signers))]
		}
	}
	return in
}

// recent is a major version that meets every floor.
func (h *hand) recent() int { return maxFloor + h.IntN(30) }

func pick[T any](h *hand, from []T) T { return from[h.IntN(len(from))] }
