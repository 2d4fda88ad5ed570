package devices

import (
	"errors"
	"time"

	"portcullis/devices/index"
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
	AllowRules int `json:"allowRules"`        // in force, and for the very product or maker
}

// Wide tells whether a rule reaches more than half of what there is.
func (n *Numbers) Wide() bool { return 2*n.Either > n.Hosts }

// Holder is who has a host, as people call them; empty where that is not known. It asks for no permission.
func Holder(tx *store.Tx, host string) (string, error) {
	h, err := selectHost(tx, host)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return h.Row.Holder, nil
}

// Preview counts whom a ban, a phase-out or an allow rule reaches. It asks for no permission.
func (r *Room) Preview(rule policy.Rule, at time.Time) (n Numbers, err error) {
	w := r.Fleet.View().World
	scope := below(w, []string{rule.Scope})
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
	n.AllowRules = allowing(w, &rule, at)
	return n, nil
}

// allowing counts the allow rules in force that are about the product of a rule, or about products or the maker
// that the rule names.
func allowing(w *policy.World, rule *policy.Rule, at time.Time) (count int) {
	made := map[string]bool{}
	for i := range w.Products {
		if p := &w.Products[i]; rule.Target.Any || p.ID == rule.Target.Product || p.Supplier != "" && p.Supplier == rule.Target.Supplier {
			made[p.ID] = true
		}
	}
	for i := range w.Rules {
		r := &w.Rules[i]
		if r.Effect == policy.Allow && r.Contains(at) && (made[r.Target.Product] || r.Target.Supplier != "" && r.Target.Supplier == rule.Target.Supplier) {
			count++
		}
	}
	return count
}
