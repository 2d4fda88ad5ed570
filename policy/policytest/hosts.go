package policytest

import (
	"iter"

	"portcullis/policy"
)

// Hosts yields n devices of a world made by World, each with as many installations as given, every
// one about an app of its own. Nearly all are allowed; one in a hundred is watched. The host and
// what it holds is used again for the next one.
func Hosts(w *policy.World, seed uint64, n, installations int) iter.Seq[*policy.Host] {
	return func(yield func(*policy.Host) bool) {
		h := newHand(w, seed)
		watched := map[policy.Platform][]*policy.Product{}
		for i := range watchedApps {
			p := h.product[appID(i)]
			for _, platform := range platformsOf(p) {
				watched[platform] = append(watched[platform], p)
			}
		}
		var host policy.Host
		for i := range n {
			platform := pick(h, []policy.Platform{policy.Android, policy.Android, policy.IOS, policy.Windows, policy.MacOS})
			installed := host.Installed[:0]
			host = h.device(h.equipped(platform, installations), platform)
			host.ID = DeviceID(i)
			host.Installed = h.fill(installed, host.Organisation, platform, installations, watched[platform])
			if !yield(&host) {
				return
			}
		}
	}
}

// equipped is an organisation that has an app allowed for each installation, or one time in fifty
// any organisation.
func (h *hand) equipped(platform policy.Platform, installations int) string {
	for {
		organisation := h.anyOrganisation()
		if h.IntN(50) == 0 || len(h.admittedAt(organisation, platform)) >= installations {
			return organisation
		}
	}
}

// fill appends installations of products that follow one another in a list, from a random place on;
// what the list of the admitted does not give, that of all apps does.
func (h *hand) fill(ins []policy.Installation, organisation string, platform policy.Platform, n int, watched []*policy.Product) []policy.Installation {
	admitted := h.admittedAt(organisation, platform)
	if len(admitted) < n {
		admitted = h.ordinary[platform]
	}
	start := h.IntN(len(admitted))
	for i := range n {
		p := admitted[(start+i)%len(admitted)]
		if i == 0 && h.IntN(100) < n {
			p = pick(h, watched)
		}
		ins = append(ins, h.installed(p, platform, h.recent()))
	}
	return ins
}

// admittedAt are the products that rules allow on an organisation's devices of a platform, each once.
func (h *hand) admittedAt(organisation string, platform policy.Platform) []*policy.Product {
	at := place{organisation, platform}
	if admitted, known := h.admitted[at]; known {
		return admitted
	}
	var admitted []*policy.Product
	seen := map[*policy.Product]bool{}
	for _, r := range h.reaching(organisation) {
		if !matches(r, platform) {
			continue
		}
		for _, p := range h.admits(r) {
			if !seen[p] && len(p.Identifiers[platform]) > 0 {
				seen[p] = true
				admitted = append(admitted, p)
			}
		}
	}
	h.admitted[at] = admitted
	return admitted
}
