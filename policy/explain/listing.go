package explain

import (
	"fmt"
	"slices"

	"portcullis/policy"
)

func (e *explainer) listing(f *policy.Finding) {
	d := &e.out.Decision
	switch f.Result {
	case policy.Allowed:
		e.allowed(f)
	case policy.Exempt:
		for _, id := range f.Exemptions {
			x := e.exemptions[id]
			if x.Marked {
				e.reason("It is on no list that holds here, but an exemption admits it until %s. It is marked: only those who are assigned to it know more.", Date(x.Until))
				continue
			}
			e.reason("It is on no list that holds here, but exemption %s admits it until %s, for %s.%s", quote(id), Date(x.Until), e.subject(x), cleared(x))
			e.way("The exemption ends on %s; to keep it longer, ask for a new one before then.", Date(x.Until))
		}
	case policy.Outdated:
		for _, id := range f.Rules {
			r := e.rules[id]
			floor := e.floor(r)
			e.reason("Rule %s of %s allows it from %s; the version here is %s.", quote(id), e.organisation(r.Scope), floor, e.version())
			e.need("Update it to "+floor+".", "an update to "+floor)
		}
	case policy.Unlisted:
		e.unlisted()
	case policy.Unknown:
		e.unknown()
	case policy.Impostor:
		e.reason("It is signed by %s, who is not among the signers of %s: it may be a copy under the same name.", quote(e.in.Signer), e.what())
		e.way("Remove it, and find out where it came from. If the maker has a new signing certificate, add it to the product's signers.")
	case policy.Permitted:
		e.reason("Equipment needs no place on a list; no other rule forbids it.")
	case policy.Unidentified:
		e.reason("What it is, or who makes it, is not known, so no rule on its maker can reach it: that is not the same as clean.")
		e.way("Identify it: name its product, and the product's supplier.")
	}
	if d.Product == "" && f.Result == policy.Unknown {
		e.candidates()
	}
}

func (e *explainer) allowed(f *policy.Finding) {
	if len(f.Rules) == 0 {
		e.reason("It comes with %s, and no allow rule says otherwise.", e.out.Decision.Platform)
	}
	for _, id := range f.Rules {
		r := e.rules[id]
		e.reason("Rule %s of %s allows it%s.%s", quote(id), e.organisation(r.Scope), from(e.floor(r)), because(r.Reason))
	}
}

func from(floor string) string {
	if floor == "" {
		return ""
	}
	return " from " + floor
}

// floor is the least version that an allow rule admits on the platform, in words; empty where any will do.
func (e *explainer) floor(r *policy.Rule) string {
	code, ok := r.MinVersionCode[e.out.Decision.Platform]
	switch {
	case ok && r.MinVersion != "":
		return fmt.Sprintf("version %s (version code %d)", plain(r.MinVersion), code)
	case ok:
		return fmt.Sprintf("version code %d", code)
	case r.MinVersion != "":
		return "version " + plain(r.MinVersion)
	}
	return ""
}

func (e *explainer) version() string {
	switch {
	case e.in.Version == "" && e.in.VersionCode == nil:
		return "not known"
	case e.in.VersionCode == nil:
		return plain(e.in.Version)
	}
	return fmt.Sprintf("%s (version code %d)", plain(e.in.Version), *e.in.VersionCode)
}

// unlisted says where the product is allowed, and why that does not reach this host.
func (e *explainer) unlisted() {
	home := e.organisation(e.host.Organisation)
	e.reason("No allow rule that reaches %s covers it.", home)
	ancestry := e.ancestry(e.host.Organisation)
	for i := range e.world.Rules {
		r := &e.world.Rules[i]
		if r.Effect != policy.Allow || !r.Contains(e.at) || r.Target.Product != e.out.Decision.Product {
			continue
		}
		switch at := slices.Index(ancestry, r.Scope); {
		case at < 0:
			e.reason("%s allows it by rule %s, which does not reach %s.", e.organisation(r.Scope), quote(r.ID), home)
		case slices.ContainsFunc(ancestry[:at], func(o string) bool { return e.organisations[o].OwnList }):
			e.reason("%s allows it by rule %s, but %s keeps its own list.", e.organisation(r.Scope), quote(r.ID), home)
		default:
			e.reason("Rule %s of %s allows the product, but not here: its filters, such as the platform, do not match.", quote(r.ID), e.organisation(r.Scope))
		}
	}
	e.needPlace()
}

func (e *explainer) unknown() {
	e.reason("No product has the identifier %s%s.", quote(e.out.Decision.Identifier), on(e.out.Decision.Platform))
	e.need("Find out what it is, and add the identifier to its product: from then on it is known everywhere.",
		"to find out what it is, and to add the identifier to its product")
}

func on(p policy.Platform) string {
	if p == 0 {
		return ""
	}
	return " on " + p.String()
}

// candidates names the products that have the identifier on another platform.
func (e *explainer) candidates() {
	for i := range e.world.Products {
		p := &e.world.Products[i]
		for platform := range policy.PlatformWords {
			has := func(id policy.Identifier) bool { return id.ID == e.in.Identifier && id.ID != "" }
			if slices.ContainsFunc(p.Identifiers[policy.Platform(platform)], has) {
				e.reason("%s has it on %s: bans and phase-outs on that product hold here too, allow rules do not.", e.product(p.ID), policy.Platform(platform))
			}
		}
	}
}

// circumstances says what about the host changes what the findings mean.
func (e *explainer) circumstances() {
	if e.out.Decision.Verdict == policy.Advised {
		e.reason("It is judged as personal: nothing on a personal device is a breach, and what is said is advice.")
	}
	if m := e.organisations[e.host.Organisation].Monitor; m != nil && m.Contains(e.at) {
		e.reason("%s watches what is not listed rather than enforcing it, until %s.%s", e.organisation(e.host.Organisation), Date(m.Until), because(m.Reason))
	}
}
