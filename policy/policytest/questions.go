package policytest

import (
	"fmt"

	"portcullis/policy"
)

// Question asks about one installation on one host.
type Question struct {
	Host         policy.Host // without its installations
	Installation policy.Installation
}

// usual is how many questions in a hundred are about what an allow rule admits.
const usual = 97

// Questions returns n questions about a world made by World. 97 in 100 are about an app that is
// allowed; the others are spread over everything else that a decision can come to.
func Questions(w *policy.World, seed uint64, n int) []Question {
	h := newHand(w, seed)
	rare := []func() Question{h.banned, h.bannedSupplier, h.bannedKit, h.lifted, h.phasedOut, h.impostor, h.exempt,
		h.outdated, h.unlisted, h.unknown, h.elsewhere, h.watchedCamera, h.camera, h.unidentified, h.personal}
	questions := make([]Question, 0, n)
	for i := range n {
		if i%100 < usual {
			questions = append(questions, h.allowed())
		} else {
			questions = append(questions, rare[(i/100*(100-usual)+i%100-usual)%len(rare)]())
		}
	}
	return questions
}

// about asks about a product on one of its platforms, on a host of the organisation.
func (h *hand) about(p *policy.Product, organisation string, major int) Question {
	platform := policy.Android
	if platforms := platformsOf(p); len(platforms) > 0 {
		platform = pick(h, platforms)
	}
	return Question{h.device(organisation, platform), h.installed(p, platform, major)}
}

func (h *hand) anyOrganisation() string { return pick(h, h.w.Organisations).ID }

// admitting returns an organisation and a rule that reaches it.
func (h *hand) admitting() (string, *policy.Rule) {
	for {
		organisation := h.anyOrganisation()
		if reaching := h.reaching(organisation); len(reaching) > 0 {
			return organisation, pick(h, reaching)
		}
	}
}

func (h *hand) allowed() Question {
	for {
		organisation, r := h.admitting()
		products := h.admits(r)
		if len(products) == 0 {
			continue
		}
		p := pick(h, products)
		platform := pick(h, platformsOf(p))
		if matches(r, platform) {
			return Question{h.device(organisation, platform), h.installed(p, platform, h.recent())}
		}
	}
}

func matches(r *policy.Rule, platform policy.Platform) bool {
	for _, p := range r.Platforms {
		if p == platform {
			return true
		}
	}
	return len(r.Platforms) == 0
}

func (h *hand) outdated() Question {
	for {
		if organisation, r := h.admitting(); r.MinVersion != "" {
			return h.about(h.product[r.Target.Product], organisation, 0)
		}
	}
}

func (h *hand) banned() Question {
	for {
		if r := pick(h, h.bans); r.Target.Product != "" {
			return h.about(h.product[r.Target.Product], h.below(r.Scope), h.IntN(maxFloor))
		}
	}
}

func (h *hand) bannedSupplier() Question {
	for {
		r := pick(h, h.bans)
		if products := h.supplied[r.Target.Supplier]; len(products) > 0 {
			return h.about(pick(h, products), h.below(r.Scope), h.IntN(maxFloor))
		}
	}
}

func (h *hand) bannedKit() Question {
	for {
		r := pick(h, h.bans)
		if products := h.holders[r.Target.Product]; len(products) > 0 {
			return h.about(pick(h, products), h.below(r.Scope), h.IntN(maxFloor))
		}
	}
}

func (h *hand) lifted() Question { return h.exempted(pick(h, h.lifting)) }
func (h *hand) exempt() Question { return h.exempted(pick(h, h.listing)) }

// exempted asks about a host that an exemption is for.
func (h *hand) exempted(e *policy.Exemption) Question {
	q := h.about(h.product[e.Product], h.below(e.Scope), h.recent())
	switch s := e.Subject; {
	case s.Host != "":
		q.Host.ID = s.Host
	case s.Person != "":
		q.Host.Holder = s.Person
	case s.Group != "":
		q.Host.Groups = append(q.Host.Groups, s.Group)
	}
	return q
}

func (h *hand) phasedOut() Question {
	for {
		r := pick(h, h.phaseOuts)
		if p := h.product[r.Target.Product]; p != nil && p.Kind == policy.App {
			return h.about(p, h.below(r.Scope), h.recent())
		}
	}
}

func (h *hand) impostor() Question {
	for {
		q := h.allowed()
		if q.Installation.Signer != "" {
			q.Installation.Signer = signer(-1)
			return q
		}
	}
}

func (h *hand) unlisted() Question {
	return h.about(h.product[appID(watchedApps+h.IntN(apps-watchedApps))], h.anyOrganisation(), h.recent())
}

func (h *hand) unknown() Question {
	q := h.unlisted()
	q.Installation.Identifier = fmt.Sprintf("com.nobody.app%05d", h.IntN(100_000))
	return q
}

// elsewhere asks about an identifier on a platform that does not know it.
func (h *hand) elsewhere() Question {
	q := h.banned()
	q.Host.Platform, q.Installation.Platform = policy.ChromeOS, 0
	return q
}

// onSite is a piece of equipment at some site, or at none that is known.
func (h *hand) onSite(p *policy.Product) Question {
	site := pick(h, h.w.Sites)
	host := policy.Host{ID: fmt.Sprintf("camera-%05d", h.IntN(100_000)), Kind: policy.EquipmentHost, Organisation: site.Organisation, Site: site.ID}
	if h.IntN(10) == 0 {
		host.Site = ""
	}
	return Question{host, h.installed(p, 0, h.recent())}
}

func (h *hand) watchedCamera() Question {
	return h.onSite(h.product[equipmentID(h.IntN(watchedEquipment))])
}

func (h *hand) camera() Question {
	return h.onSite(h.product[equipmentID(watchedEquipment+h.IntN(equipment-watchedEquipment))])
}

func (h *hand) unidentified() Question {
	q := h.camera()
	q.Installation = policy.Installation{Identifier: fmt.Sprintf("CAM-%05d", h.IntN(100_000))}
	return q
}

func (h *hand) personal() Question {
	q := h.banned()
	q.Host.Ownership = policy.Personal
	return q
}
