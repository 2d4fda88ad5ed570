package approvals

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

func (in *bringing) monitors() error {
	here := byID(in.here.Organisations, func(o *policy.Organisation) string { return o.ID })
	for i := range in.b.World.Organisations {
		o := &in.b.World.Organisations[i]
		m, key := o.Monitor, place("organisations", i)+".monitor"
		if m == nil {
			continue
		}
		same := func(other policy.Period) bool {
			return in.ahead(other.From).Equal(in.ahead(m.From)) && other.Until.Equal(m.Until)
		}
		if there := here[o.ID]; there != nil && there.Monitor != nil && same(there.Monitor.Period) {
			in.Same++
			continue
		}
		if in.over(m.Until) {
			in.note(Became{Key: key, ID: o.ID, Fate: FateOver})
			continue
		}
		if in.already(key, o.ID, func(p *Proposal) bool {
			return p.Kind == Monitor && p.Organisation == o.ID && same(policy.Period{From: p.Monitor.From.Time(), Until: p.Monitor.Until.Time()})
		}) {
			continue
		}
		period := store.Period{From: store.TimeOf(in.ahead(m.From)), Until: store.TimeOf(m.Until)}
		err := in.propose(key, o.ID, Draft{Kind: Monitor, Organisation: o.ID, Content: Content{Monitor: &people.Monitor{Period: period}}, Reason: m.Reason}, "")
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *bringing) suppliers() error {
	here := byID(in.here.Suppliers, supplierID)
	for i := range in.b.World.Suppliers {
		s, key := in.b.World.Suppliers[i], place("suppliers", i)
		there := here[s.ID]
		if there == nil {
			continue // it has been added
		}
		note, err := otherwise(register.Suppliers, policy.World{Suppliers: []policy.Supplier{s}}, policy.World{Suppliers: []policy.Supplier{*there}})
		if err != nil {
			return err
		}
		if note == "" {
			in.Same++
			continue
		}
		if in.already(key, s.ID, func(p *Proposal) bool {
			return p.Kind == Supplier && p.Supplier.ID == s.ID && alike(register.Suppliers, policy.World{Suppliers: []policy.Supplier{s}}, policy.World{Suppliers: []policy.Supplier{*p.Supplier}})
		}) {
			continue
		}
		if err := in.propose(key, s.ID, Draft{Kind: Supplier, Content: Content{Supplier: &s}}, note); err != nil {
			return err
		}
	}
	return nil
}

func (in *bringing) products() error {
	here := byID(in.here.Products, productID)
	for i := range in.b.World.Products {
		p, key := in.b.World.Products[i], place("products", i)
		there := here[p.ID]
		if there == nil {
			continue // it has been added
		}
		if p.Kind != there.Kind {
			if err := in.wrong(key, fault.In("kind", "Here %s is of the kind %s, and that stays: give it another id", p.ID, there.Kind)); err != nil {
				return err
			}
			continue
		}
		p.Identifiers = there.Identifiers // by now it has those of the file, and keeps its own
		note, err := otherwise(register.Products, policy.World{Products: []policy.Product{p}}, policy.World{Products: []policy.Product{*there}})
		if err != nil {
			return err
		}
		if note == "" {
			in.Same++
			continue
		}
		if in.already(key, p.ID, func(open *Proposal) bool {
			if open.Kind != Product || open.Product.ID != p.ID {
				return false
			}
			other := *open.Product
			other.Identifiers = p.Identifiers
			return alike(register.Products, policy.World{Products: []policy.Product{p}}, policy.World{Products: []policy.Product{other}})
		}) {
			continue
		}
		if err := in.propose(key, p.ID, Draft{Kind: Product, Content: Content{Product: &p}}, note); err != nil {
			return err
		}
	}
	return nil
}

func (in *bringing) rules() error {
	here := byID(in.here.Rules, func(r *policy.Rule) string { return r.ID })
	for i := range in.b.World.Rules {
		r, key := in.b.World.Rules[i], place("rules", i)
		r.From = in.ahead(r.From)
		var err error
		if there := here[r.ID]; there != nil {
			err = in.ruleHere(key, r, *there)
		} else {
			err = in.ruleNew(key, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *bringing) ruleNew(key string, r policy.Rule) error {
	if in.over(r.Until) {
		in.lifted[r.ID] = FateOver
		in.note(Became{Key: key, ID: r.ID, Fate: FateOver})
		return nil
	}
	in.lifted[r.ID] = FateLater
	kind := Ban
	if r.Effect == policy.Allow {
		kind = Allow
	}
	for i := range in.open {
		p := &in.open[i]
		if p.Rule == nil || p.Rule.ID != r.ID {
			continue
		}
		other := *p.Rule
		other.From = in.ahead(other.From)
		if !alike(register.Rules, policy.World{Rules: []policy.Rule{r}}, policy.World{Rules: []policy.Rule{other}}) {
			return in.wrong(key, fault.New(fault.Conflict, "A rule %s is proposed already, and is otherwise there: have that decided or taken back first, which is the proposal %s", r.ID, p.ID))
		}
		in.note(Became{Key: key, ID: r.ID, Fate: FateOpen, Kind: p.Kind, Proposal: p.ID})
		return nil
	}
	return in.propose(key, r.ID, Draft{Kind: kind, Content: Content{Rule: &r}, Reason: r.Reason}, "")
}

// ruleHere compares a rule that is here: it may end, and is otherwise not changed.
func (in *bringing) ruleHere(key string, r, there policy.Rule) error {
	until, ends := r.Until, there.Until
	there.From, r.Until, there.Until = in.ahead(there.From), time.Time{}, time.Time{}
	if r.Reason == "" {
		there.Reason = "" // the file says nothing of it
	}
	note, err := otherwise(register.Rules, policy.World{Rules: []policy.Rule{r}}, policy.World{Rules: []policy.Rule{there}})
	switch {
	case err != nil:
		return err
	case note != "":
		return in.wrong(key, fault.New(fault.Conflict, "The rule %s is otherwise here (%s), and a rule is not changed: give this one an id of its own, and have the other end", r.ID, note))
	case until.Equal(ends), in.over(ends) && in.over(until):
		in.Same++
		return nil
	case !ends.IsZero() && (until.IsZero() || ends.Before(until)):
		return in.wrong(key, fault.In("until", "The rule %s ends earlier here, on %s, and a rule is not prolonged: give what is to follow an id of its own, from then on", r.ID, ends.Format("2 January 2006")))
	}
	e := Ends{Rule: r.ID, Until: store.TimeOf(in.ahead(until))}
	if in.already(key, r.ID, func(p *Proposal) bool { return p.Ends != nil && p.Ends.Rule == r.ID && p.Ends.Until == e.Until }) {
		return nil
	}
	return in.propose(key, r.ID, Draft{Kind: Withdrawal, Content: Content{Ends: &e}}, "it ends")
}

func (in *bringing) exemptions() error {
	here := byID(in.here.Exemptions, func(e *policy.Exemption) string { return e.ID })
	inForce := map[string][]*policy.Exemption{}
	for i := range in.here.Exemptions {
		if e := &in.here.Exemptions[i]; !e.Marked {
			inForce[in.essence(e)] = append(inForce[in.essence(e)], e)
		}
	}
	rules := byID(in.here.Rules, func(r *policy.Rule) string { return r.ID })
	for i := range in.b.World.Exemptions {
		e, key := in.b.World.Exemptions[i], place("exemptions", i)
		e.From = in.ahead(e.From)
		same := func(there *policy.Exemption) bool { return covers(there.Mitigations, e.Mitigations) }
		there := here[e.ID]
		switch {
		case there != nil && there.Marked, slices.ContainsFunc(inForce[in.essence(&e)], same), there != nil && in.over(e.Until) && in.over(there.Until):
			in.Same++ // of one that is marked nobody is told anything
			continue
		case there != nil:
			if err := in.wrong(key, fault.New(fault.Conflict, "The exemption %s is otherwise here, and an exemption is not changed: end it early, or give what is to follow it an id of its own", e.ID)); err != nil {
				return err
			}
			continue
		case in.over(e.Until):
			in.note(Became{Key: key, ID: e.ID, Fate: FateOver})
			continue
		}
		if in.b.Hosts[e.Subject.Host] {
			in.note(Became{Key: key, ID: e.ID, Fate: FateLater, Note: "its device is to be enrolled first"})
			continue
		}
		missing := slices.IndexFunc(e.Lifts, func(id string) bool { return rules[id] == nil })
		switch {
		case missing >= 0 && in.lifted[e.Lifts[missing]] == FateOver:
			in.note(Became{Key: key, ID: e.ID, Fate: FateOver, Note: "the rule " + e.Lifts[missing] + ", which it lifts, has ended"})
			continue
		case missing >= 0:
			in.note(Became{Key: key, ID: e.ID, Fate: FateLater, Note: "it lifts the rule " + e.Lifts[missing] + ", which is only proposed: bring the file again once that is decided"})
			continue
		}
		if err := in.exemption(key, e); err != nil {
			return err
		}
	}
	return nil
}

func (in *bringing) exemption(key string, e policy.Exemption) error {
	wanted := in.essence(&e)
	if in.already(key, e.ID, func(p *Proposal) bool {
		return p.Exemption != nil && in.essence(p.Exemption) == wanted && covers(p.Exemption.Mitigations, e.Mitigations)
	}) {
		return nil
	}
	note := ""
	if e.Clearance != nil {
		note = "the clearance in the file does not count: the office is asked"
	}
	return in.propose(key, e.ID, Draft{Kind: Exemption, Content: Content{Exemption: &e}}, note)
}

// essence is what an exemption is for, by which one that was decided is known again: its id, its clearance and what has
// to be in place besides come of the decision.
func (in *bringing) essence(e *policy.Exemption) string {
	c := *e
	c.ID, c.Clearance, c.Mitigations, c.Marked, c.From = "", nil, nil, false, in.ahead(e.From)
	c.Lifts = slices.Sorted(slices.Values(e.Lifts))
	text, err := register.Encode(register.Exemptions, &policy.World{Exemptions: []policy.Exemption{c}})
	if err != nil {
		return e.ID // it is like no other
	}
	return text
}

func covers(all, some []string) bool {
	return !slices.ContainsFunc(some, func(text string) bool { return !slices.Contains(all, text) })
}

// alike tells whether two things are one and the same.
func alike(section register.Section, a, b policy.World) bool {
	note, err := otherwise(section, a, b)
	return err == nil && note == ""
}

// otherwise names the keys in which two things differ, as world files have them; empty where there are none.
func otherwise(section register.Section, a, b policy.World) (string, error) {
	one, first := register.Encode(section, &a)
	other, second := register.Encode(section, &b)
	if err := errors.Join(first, second); err != nil || one == other {
		return "", err
	}
	var left, right map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal([]byte(one), &left), json.Unmarshal([]byte(other), &right)); err != nil {
		return "", err
	}
	var keys []string
	for key := range left {
		if string(left[key]) != string(right[key]) {
			keys = append(keys, key)
		}
	}
	for key := range right {
		if _, both := left[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return strings.Join(keys, ", "), nil
}
