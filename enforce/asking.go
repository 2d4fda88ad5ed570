package enforce

import (
	"cmp"
	"slices"

	"portcullis/platform"
	"portcullis/policy"
)

// asking asks the policy about identifiers on one platform, on devices that are to share the answer: an
// entry lists what all of them may have, and bans what any of them must not.
type asking struct {
	lists    *Lists
	platform policy.Platform
	subjects []policy.Subject
	decision policy.Decision // used again
	from     []string        // decisions, used again
}

func (l *Lists) ask(on policy.Platform, hosts ...*policy.Host) (*asking, error) {
	a := &asking{lists: l, platform: on}
	for _, h := range hosts {
		s, err := l.policy.Subject(h)
		if err != nil {
			return nil, err
		}
		a.subjects = append(a.subjects, s)
	}
	return a, nil
}

// nobody is an identifier that no product has: identifiers are not empty.
const nobody = ""

// rest fills in what a list says of what it does not name.
func (a *asking) rest(l *platform.List) {
	a.from = a.from[:0]
	l.Closed, l.Banned = false, nil
	for i := range a.subjects {
		l.Closed = l.Closed || !a.subjects[i].Watched()
		l.Banned = append(l.Banned, a.banned(i, policy.Installation{Identifier: nobody, Platform: a.platform})...)
	}
	l.Banned, l.Unnamed = each(l.Banned), a.noted()
}

// each is windows in order and each once.
func each(windows []policy.Window) []policy.Window {
	slices.SortFunc(windows, func(v, w policy.Window) int {
		return cmp.Or(cmp.Compare(v.Since, w.Since), cmp.Compare(v.Until, w.Until))
	})
	return slices.Compact(windows)
}

func (a *asking) decide(subject int, in policy.Installation) *policy.Decision {
	a.subjects[subject].Decide(&in, &a.decision)
	return &a.decision
}

// note notes the decisions on which a verdict rests, but for exemptions that are named nowhere.
func (a *asking) note(d *policy.Decision) {
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Result != policy.PhasingOut { // which nothing is done about yet
			a.from = append(a.from, f.Rules...)
		}
		for _, id := range f.Exemptions {
			if !a.lists.exemptions[id].Marked {
				a.from = append(a.from, id)
			}
		}
	}
}

// noted are the decisions that were noted, ascending and each once; nil where there are none.
func (a *asking) noted() []string {
	if len(a.from) == 0 {
		return nil
	}
	slices.Sort(a.from)
	return slices.Clone(slices.Compact(a.from))
}

// name enters into a list what holds for those that are known.
func (a *asking) name(l *platform.List, all []known) {
	for i := range all {
		if e := a.entry(&all[i]); l.Names(&e) {
			l.Shared = append(l.Shared, e)
		}
	}
}

// entry is what holds for an identifier: it lists what all devices may have, and bans what one of
// them must not.
func (a *asking) entry(k *known) platform.Entry {
	e := platform.Entry{Identifier: k.id, Listed: true}
	if k.product != nil {
		e.Product, e.Name = k.product.ID, k.product.Name
		if k.product.Kind == policy.App { // of nothing else are the signers asked
			e.Signers = k.signers
		}
	}
	a.from = a.from[:0]
	for i := range a.subjects {
		in := policy.Installation{Identifier: k.id, Platform: a.platform}
		d := a.decide(i, in)
		listed, floors := a.listed(d)
		e.Listed = e.Listed && listed
		e.Floors = higher(e.Floors, floors)
		a.note(d)
		if restricted(d) { // in some version, since one that is not known is in every window
			e.Banned = append(e.Banned, a.banned(i, in)...)
		}
	}
	if !e.Listed {
		e.Floors = nil
	}
	if len(e.Banned) > 1 {
		e.Banned = each(e.Banned)
	}
	e.Decisions = a.noted()
	return e
}

// domains enters into a list for browsers or for name servers the domains of what is banned outright:
// in every version, on all of the devices.
func (a *asking) domains(l *platform.List) {
	l.Domains = nil
	if a.platform != 0 && !isBrowser(a.platform) {
		return
	}
	for _, product := range a.lists.catalogue.networked() {
		a.from = a.from[:0]
		if !a.outright(policy.Installation{Product: product.ID}) {
			continue
		}
		decisions := a.noted()
		for _, name := range product.Domains {
			l.Domains = append(l.Domains, platform.Domain{Name: name, Product: product.ID, Decisions: decisions})
		}
	}
	slices.SortFunc(l.Domains, func(v, w platform.Domain) int {
		return cmp.Or(cmp.Compare(v.Name, w.Name), cmp.Compare(v.Product, w.Product))
	})
}

// outright tells whether all of the devices must not have something in any version.
func (a *asking) outright(in policy.Installation) bool {
	for i := range a.subjects {
		d := a.decide(i, in)
		if !restricted(d) {
			return false
		}
		if windows := a.banned(i, in); len(windows) != 1 || windows[0] != (policy.Window{}) {
			return false
		}
	}
	return true
}

// lowest is a version that none is below.
const lowest = "0"

// banned are the windows of the versions that must not be on one of the devices.
func (a *asking) banned(subject int, in policy.Installation) (windows []policy.Window) {
	turns := a.subjects[subject].Turns(in)
	if len(turns) == 0 || policy.CompareVersions(lowest, turns[0]) < 0 {
		turns = append([]string{lowest}, turns...)
	}
	stands := false
	for i, v := range turns {
		in.Version = v
		d := a.decide(subject, in)
		a.note(d)
		switch bans := restricted(d); {
		case bans && !stands:
			if i == 0 {
				v = ""
			}
			windows = append(windows, policy.Window{Since: v})
		case !bans && stands:
			windows[len(windows)-1].Until = v
		}
		stands = restricted(d)
	}
	return windows
}

// restricted tells whether a ban stands, or a phase-out that is overdue.
func restricted(d *policy.Decision) bool {
	return slices.ContainsFunc(d.Findings, func(f policy.Finding) bool {
		return f.Result == policy.Banned || f.Result == policy.Overdue
	})
}

// listed tells whether the list lets in what was judged without a version, in every version or from
// certain floors on. It has nothing against what is no app.
func (a *asking) listed(d *policy.Decision) (listed bool, floors []platform.Floor) {
	switch f := d.Findings[len(d.Findings)-1]; f.Result {
	case policy.Allowed, policy.Exempt, policy.Permitted, policy.Unidentified:
		return true, nil
	case policy.Outdated:
		for _, id := range f.Rules {
			rule := a.lists.rules[id]
			floor := platform.Floor{Version: rule.MinVersion}
			if code, ok := rule.MinVersionCode[a.platform]; ok {
				floor.Code = &code
			}
			floors = append(floors, floor)
		}
		return true, floors
	}
	return false, nil
}

// higher returns those of two devices' floors that ask for more.
func higher(a, b []platform.Floor) []platform.Floor {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 || policy.CompareVersions(a[0].Version, b[0].Version) >= 0 {
		return a
	}
	return b
}
