package devices

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Numbers are whom a rule reaches, in its scope and all below: what is written down when it is signed.
type Numbers struct {
	Reached
	Either     int `json:"either"`            // hosts that it reaches in one way or in both
	Perhaps    int `json:"perhaps,omitempty"` // those of them that it reaches only for an identifier that leads to a product on another platform
	Hosts      int `json:"hosts"`             // that there are
	Bodies     int `json:"bodies"`            // in which it reaches something
	Exemptions int `json:"exemptions"`        // in force for what it reaches
	AllowRules int `json:"allowRules"`        // in force, for an app that it reaches, where it holds
}

// Wide tells whether a rule reaches more than half of what there is.
func (n *Numbers) Wide() bool { return 2*n.Either > n.Hosts }

// Holder is who has a host of an organisation or one below it, as people call them; empty where that is not known, or
// it belongs elsewhere. It asks for no permission.
func Holder(tx *store.Tx, organisation, host string) (string, error) {
	h, err := selectHost(tx, host)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	above, err := people.Ancestors(tx, h.Row.Organisation, tx.Now())
	if err != nil || !slices.Contains(above, organisation) {
		return "", err
	}
	return h.Row.Holder, nil
}

// Preview counts whom a ban, a phase-out or an allow rule reaches. It asks for no permission.
func (r *Room) Preview(rule policy.Rule, at time.Time) (n Numbers, err error) {
	view := r.Fleet.View()
	scope := below(view.World, []string{rule.Scope})
	affected, err := r.Fleet.Index().Affected(rule)
	if err != nil {
		return n, err
	}
	n.Reached, n.Either, n.Perhaps = reached(affected.Organisations, nil), affected.Either, perhaps(affected.Organisations, nil)
	n.Exemptions = len(affected.Exemptions)
	for _, o := range affected.Organisations {
		if o.Direct+o.Component > 0 {
			n.Bodies++
		}
	}
	if len(scope) > 0 {
		if _, n.Hosts, err = r.Fleet.Index().Find(index.Query{Organisations: scope}); err != nil {
			return n, err
		}
	}
	n.AllowRules, err = view.allowing(&rule, at)
	return n, err
}

// allowing counts the allow rules in force that a rule touches: that admit an app which its target reaches, where the
// rule holds. How the app is reached, the decision itself says: by who makes and owns it now, and by what it contains
// where the rule says so. Versions do not matter, nor whether a nearer list says otherwise.
func (v *View) allowing(rule *policy.Rule, at time.Time) (count int, err error) {
	products, suppliers, err := v.leads(rule, at)
	if err != nil {
		return 0, err
	}
	for i := range v.World.Rules {
		r := &v.World.Rules[i]
		if r.Effect != policy.Allow || !r.Contains(at) || len(r.Kinds) > 0 && !slices.Contains(r.Kinds, policy.App) {
			continue
		}
		if admits := r.Target.Any && len(products) > 0 || products[r.Target.Product] || suppliers[r.Target.Supplier]; admits && v.meet(rule, r) {
			count++
		}
	}
	return count, nil
}

// leads are the apps that a rule's target reaches at a time, and their suppliers.
func (v *View) leads(rule *policy.Rule, at time.Time) (products, suppliers map[string]bool, err error) {
	draft := plain(*rule, at)
	draft.ID, draft.Scope = "draft", rule.Scope
	w := &policy.World{Organisations: v.World.Organisations, Sites: v.World.Sites, Suppliers: v.World.Suppliers, Products: v.World.Products, Rules: []policy.Rule{draft}}
	compiled, err := v.Basis.Policy().Recompile(w, at)
	if err != nil {
		return nil, nil, fmt.Errorf("asking what the rule reaches: %w", err)
	}
	subject, err := compiled.Subject(&policy.Host{ID: anyone, Kind: policy.Device, Organisation: rule.Scope, Platform: policy.Android})
	if err != nil {
		return nil, nil, err
	}
	products, suppliers = map[string]bool{}, map[string]bool{}
	var d policy.Decision
	for i := range w.Products {
		p := &w.Products[i]
		if p.Kind != policy.App {
			continue // no list is about equipment
		}
		subject.Decide(&policy.Installation{Product: p.ID}, &d)
		if slices.ContainsFunc(d.Findings, func(f policy.Finding) bool { return slices.Contains(f.Rules, draft.ID) }) {
			products[p.ID], suppliers[p.Supplier] = true, p.Supplier != ""
		}
	}
	return products, suppliers, nil
}

// meet tells whether there may be something that a rule and an allow rule are both about, if they lead to the same app:
// on a device or, where one of them is for classes of sites, on a piece of equipment.
func (v *View) meet(rule, allow *policy.Rule) bool {
	if len(rule.SiteClass)+len(allow.SiteClass) == 0 {
		return platformsMeet(rule.Platforms, allow.Platforms) && (v.within(allow.Scope, rule.Scope) || v.listed(rule.Scope, allow.Scope))
	}
	if len(rule.Platforms)+len(allow.Platforms) > 0 {
		return false
	}
	if len(allow.SiteClass) == 0 { // equipment without a site, whose class is not known
		return v.within(allow.Scope, rule.Scope) || v.listed(rule.Scope, allow.Scope)
	}
	return slices.ContainsFunc(v.World.Sites, func(s policy.Site) bool {
		return slices.Contains(allow.SiteClass, s.Class) && (len(rule.SiteClass) == 0 || slices.Contains(rule.SiteClass, s.Class)) &&
			v.within(s.Organisation, rule.Scope) && v.listed(s.Organisation, allow.Scope)
	})
}

// platformsMeet tells whether something may be installed that a rule's platforms and an allow rule's both let through. An
// add-on has its browser's and that of the device, and only its own is an allow rule's.
func platformsMeet(rule, allow []policy.Platform) bool {
	if len(rule) == 0 || len(allow) == 0 {
		return true
	}
	addOns := slices.ContainsFunc(rule, func(p policy.Platform) bool { return p < policy.Chrome })
	return slices.ContainsFunc(allow, func(p policy.Platform) bool { return slices.Contains(rule, p) || addOns && p >= policy.Chrome })
}

// within tells whether an organisation is another or below it.
func (v *View) within(id, above string) bool {
	for o := v.Organisation(id); o != nil; o = v.Organisation(o.Parent) {
		if o.ID == above {
			return true
		}
	}
	return false
}

// listed tells whether the list of a body holds in an organisation: in itself, and below it as far down as bodies have
// no list of their own.
func (v *View) listed(id, body string) bool {
	for o := v.Organisation(id); o != nil; o = v.Organisation(o.Parent) {
		if o.ID == body {
			return true
		}
		if o.OwnList {
			return false
		}
	}
	return false
}
