package policy

// HostValidator checks hosts against the world they stand in. It is safe for concurrent use.
type HostValidator struct {
	organisations, products ids
	sites                   ids
	siteOrganisation        []string
}

// NewHostValidator prepares to check hosts against w, which is valid.
func NewHostValidator(w *World) *HostValidator {
	v := &validator{}
	v.declarePlaces(w)
	hv := &HostValidator{organisations: v.organisations, products: declare(v, "products", w.Products, allProducts.id), sites: v.sites}
	for _, s := range w.Sites {
		hv.siteOrganisation = append(hv.siteOrganisation, s.Organisation)
	}
	return hv
}

// Validate returns everything about h that is an input error: an organisation, site or product that
// is not declared, equipment whose organisation is not its site's, a device without platform, one
// identifier twice on a platform and the like. Keys begin within the host.
func (hv *HostValidator) Validate(h *Host) []Problem {
	v := &validator{}
	if h.ID == "" {
		v.problem(place{}.key("id"), "an id is needed")
	}
	v.refer(place{}.key("organisation"), "organisation", hv.organisations, h.Organisation)
	switch h.Kind {
	case Device:
		hv.device(v, h)
	case EquipmentHost:
		hv.equipment(v, h)
	default:
		v.problem(place{}.key("kind"), "a kind is needed: device or equipment")
	}
	hv.installed(v, h)
	return v.problems
}

func (hv *HostValidator) device(v *validator, h *Host) {
	if h.Platform == 0 {
		v.problem(place{}.key("platform"), "a device has a platform: say which")
	}
	if h.Site != "" {
		v.problem(place{}.key("site"), "a site is for equipment, not for a device")
	}
}

func (hv *HostValidator) equipment(v *validator, h *Host) {
	if h.Ownership != 0 || h.Platform != 0 || h.Holder != "" || len(h.Groups) > 0 {
		v.problem(place{}.key("kind"), "ownership, platform, holder and groups are for devices, not for equipment")
	}
	if h.Site == "" {
		return
	}
	v.refer(place{}.key("site"), "site", hv.sites, h.Site)
	if i, ok := hv.sites[h.Site]; ok && hv.siteOrganisation[i] != h.Organisation {
		v.problem(place{}.key("organisation"), "site %q belongs to %q, so what stands there does too, not to %q", h.Site, hv.siteOrganisation[i], h.Organisation)
	}
}

// few is how many installations are compared pair by pair before a map pays.
const few = 16

func (hv *HostValidator) installed(v *validator, h *Host) {
	var seen map[platformID]int
	if len(h.Installed) > few {
		seen = make(map[platformID]int, len(h.Installed))
	}
	for i := range h.Installed {
		in := &h.Installed[i]
		if (in.Identifier == "") == (in.Product == "") {
			v.problem(section("installed", i), "an installation gives exactly one of identifier and product")
			continue
		}
		if in.Product != "" {
			if _, ok := hv.products[in.Product]; !ok {
				v.refer(section("installed", i).key("product"), "product", hv.products, in.Product)
			}
		}
		if h.Kind == EquipmentHost && in.Platform != 0 {
			v.problem(section("installed", i).key("platform"), "what is installed on equipment has no platform")
		}
		if first := earlier(h, i, seen); first >= 0 {
			id := identity(h, in)
			v.problem(section("installed", i), "%q is on this host twice%s: it is installed[%d] too", id.id, onPlatform(id.platform), first)
		}
	}
}

func onPlatform(p Platform) string {
	if p == 0 {
		return ""
	}
	return " on " + p.String()
}

// identity is what an installation goes by on its host: its identifier, or its product's id, and
// the platform it stands on.
func identity(h *Host, in *Installation) platformID {
	id := platformID{in.Platform, in.Identifier}
	if id.platform == 0 {
		id.platform = h.Platform
	}
	if id.id == "" {
		id.id = in.Product
	}
	return id
}

// earlier returns the index of the installation before i that goes by the same identity, or -1.
func earlier(h *Host, i int, seen map[platformID]int) int {
	id := identity(h, &h.Installed[i])
	if seen != nil {
		if first, ok := seen[id]; ok {
			return first
		}
		seen[id] = i
		return -1
	}
	for j := range i {
		if identity(h, &h.Installed[j]) == id {
			return j
		}
	}
	return -1
}
