package world

import (
	"strconv"

	"portcullis/policy"
)

// The order of keys here is the order that readers of a file find natural: what it is, for whom,
// when, and then the conditions.

func organisationPairs(p *pairs, o *policy.Organisation) {
	p.text("id", o.ID)
	p.text("name", o.Name)
	p.text("parent", o.Parent)
	if o.OwnList {
		p.text("list", "own")
	}
	if m := o.Monitor; m != nil {
		p.mapping("monitor", func(p *pairs) {
			periodPairs(p, m.Period)
			p.text("reason", m.Reason)
		})
	}
}

func periodPairs(p *pairs, period policy.Period) {
	p.time("from", period.From)
	p.time("until", period.Until)
}

func sitePairs(p *pairs, s *policy.Site) {
	p.text("id", s.ID)
	p.text("organisation", s.Organisation)
	p.text("class", s.Class)
}

func supplierPairs(p *pairs, s *policy.Supplier) {
	p.text("id", s.ID)
	p.text("name", s.Name)
	p.texts("aliases", s.Aliases)
	edgePairs(p, "owned_by", s.OwnedBy)
}

func edgePairs(p *pairs, key string, edges []policy.Edge) {
	p.list(key, len(edges), func(i int) {
		p.inner(func(p *pairs) {
			p.text("supplier", edges[i].Supplier)
			periodPairs(p, edges[i].Period)
		})
	})
}

func productPairs(p *pairs, v *policy.Product) {
	p.text("id", v.ID)
	p.word("kind", v.Kind)
	p.text("name", v.Name)
	p.texts("aliases", v.Aliases)
	p.text("supplier", v.Supplier)
	edgePairs(p, "made_by", v.MadeBy)
	if len(v.Identifiers) > 0 {
		p.mapping("identifiers", func(p *pairs) {
			for platform := policy.Android; int(platform) < len(policy.PlatformWords); platform++ {
				identifierPairs(p, platform.String(), v.Identifiers[platform])
			}
		})
	}
	p.texts("domains", v.Domains)
	p.list("contains", len(v.Contains), func(i int) { componentPairs(p, &v.Contains[i]) })
	writeWords(p, "builtin_on", v.BuiltinOn)
}

func identifierPairs(p *pairs, platform string, ids []policy.Identifier) {
	p.list(platform, len(ids), func(i int) {
		if len(ids[i].Signers) == 0 {
			p.scalar(ids[i].ID)
			return
		}
		p.inner(func(p *pairs) {
			p.text("id", ids[i].ID)
			p.texts("signers", ids[i].Signers)
		})
	})
}

func componentPairs(p *pairs, c *policy.Component) {
	if c.Versions == (policy.Window{}) {
		p.scalar(c.Product)
		return
	}
	p.inner(func(p *pairs) {
		p.text("product", c.Product)
		windowPairs(p, c.Versions)
	})
}

func windowPairs(p *pairs, w policy.Window) {
	p.text("since", w.Since)
	p.text("until", w.Until)
}

func rulePairs(p *pairs, r *policy.Rule) {
	p.text("id", r.ID)
	p.word("effect", r.Effect)
	p.mapping("target", func(p *pairs) {
		p.text("product", r.Target.Product)
		p.text("supplier", r.Target.Supplier)
		p.flag("any", r.Target.Any)
	})
	if r.Effect != policy.Allow || r.Components {
		p.said("components", r.Components)
	}
	p.text("clearance", r.Clearance)
	p.texts("mitigations", r.Mitigations)
	p.text("scope", r.Scope)
	periodPairs(p, r.Period)
	p.time("deadline", r.Deadline)
	writeWords(p, "platforms", r.Platforms)
	writeWords(p, "kinds", r.Kinds)
	p.texts("site_class", r.SiteClass)
	if r.Versions != (policy.Window{}) {
		p.mapping("versions", func(p *pairs) { windowPairs(p, r.Versions) })
	}
	p.text("min_version", r.MinVersion)
	if len(r.MinVersionCode) > 0 {
		p.mapping("min_version_code", func(p *pairs) {
			for platform := policy.Android; int(platform) < len(policy.PlatformWords); platform++ {
				if code, ok := r.MinVersionCode[platform]; ok {
					p.key(platform.String())
					p.out = strconv.AppendInt(p.out, code, 10)
				}
			}
		})
	}
	p.text("reason", r.Reason)
}

func exemptionPairs(p *pairs, e *policy.Exemption) {
	p.text("id", e.ID)
	p.texts("lifts", e.Lifts)
	p.text("product", e.Product)
	p.flag("any_product", e.AnyProduct)
	p.flag("any_version", e.AnyVersion)
	p.text("scope", e.Scope)
	p.mapping("subject", func(p *pairs) {
		p.text("host", e.Subject.Host)
		p.text("site", e.Subject.Site)
		p.text("person", e.Subject.Person)
		p.text("group", e.Subject.Group)
		p.flag("everyone", e.Subject.Everyone)
	})
	periodPairs(p, e.Period)
	p.text("purpose", e.Purpose)
	p.texts("mitigations", e.Mitigations)
	if c := e.Clearance; c != nil {
		p.mapping("clearance", func(p *pairs) {
			p.text("office", c.Office)
			p.text("by", c.By)
			p.text("ref", c.Ref)
			p.time("at", c.At)
		})
	}
}

func hostPairs(p *pairs, h *policy.Host) {
	p.text("id", h.ID)
	p.word("kind", h.Kind)
	p.text("organisation", h.Organisation)
	p.word("ownership", h.Ownership)
	p.word("platform", h.Platform)
	p.text("holder", h.Holder)
	p.texts("groups", h.Groups)
	p.text("site", h.Site)
	p.list("installed", len(h.Installed), func(i int) {
		in := &h.Installed[i]
		p.inner(func(p *pairs) { installationPairs(p, in) })
	})
}

func installationPairs(p *pairs, in *policy.Installation) {
	p.text("identifier", in.Identifier)
	p.text("product", in.Product)
	p.word("platform", in.Platform)
	p.text("version", in.Version)
	if in.VersionCode != nil {
		p.key("version_code")
		p.out = strconv.AppendInt(p.out, *in.VersionCode, 10)
	}
	p.text("signer", in.Signer)
	if in.Managed != nil {
		p.said("managed", *in.Managed)
	}
}
