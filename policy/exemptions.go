package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// exempting is the exemptions in force, ordered by id, and whom they are for.
type exempting struct {
	exemptions []exemption
	exempt     subjects
	place      []int32 // by slot: the exemption's index
}

type exemption struct {
	id         string
	slot       int32 // stays as long as the exemption does, whatever comes before it
	scope      int32
	product    int32   // none for any product
	lifts      []int32 // the rules in force that it names and meets, ascending
	lists      bool    // it names a product and meets every rule it names
	anyVersion bool
}

// subjects finds the slots of exemptions by whom they are for.
type subjects struct {
	named    [forEveryone]map[string][]int32
	everyone map[int32][]int32 // by the exemption's scope
}

// What subjects are named by.
const (
	forHost = iota
	forSite
	forPerson
	forGroup
	forEveryone
)

// key says by what a subject is found.
func (s *ExemptionSubject) key() (by int, name string) {
	switch {
	case s.Host != "":
		return forHost, s.Host
	case s.Site != "":
		return forSite, s.Site
	case s.Person != "":
		return forPerson, s.Person
	case s.Group != "":
		return forGroup, s.Group
	}
	return forEveryone, ""
}

// compileExemptions compiles the exemptions that changed, that time changed, or one of whose rules did.
func (c *compiler) compileExemptions() {
	changed := c.changedExemptions()
	if len(changed) == 0 && c.moved == nil {
		return
	}
	old := c.exempting
	if len(old.place)+len(changed) > 2*len(c.world.Exemptions)+few {
		// Too much has come and gone: all anew.
		old, changed = exempting{}, allExemptions.changes(nil, c.world.Exemptions)
	}
	e := &exemptionsEditor{compiler: c, old: old.exemptions, slots: int32(len(old.place)), fresh: len(old.place) == 0, subjects: old.exempt}
	if e.everyone = maps.Clone(old.exempt.everyone); e.everyone == nil {
		e.everyone = map[int32][]int32{}
	}
	slices.SortFunc(changed, func(a, b change[Exemption]) int { return cmp.Compare(cmp.Or(a.is, a.was).ID, cmp.Or(b.is, b.was).ID) })
	e.merge(changed)
	c.exempting = exempting{e.made, e.subjects, make([]int32, e.slots)}
	for i := range e.made {
		c.place[e.made[i].slot] = int32(i)
	}
}

// changedExemptions are those that changed, and those for which time or a rule changed something.
func (c *compiler) changedExemptions() []change[Exemption] {
	if len(c.altered) == 0 && !c.passed[exemptionsSpan] {
		return c.newExemptions
	}
	changed := slices.Clone(c.newExemptions)
	known := make(map[*Exemption]bool, len(changed))
	for _, e := range changed {
		known[e.is] = true
	}
	altered := func(rule string) bool { return c.altered[rule] }
	for i := range c.world.Exemptions {
		e := &c.world.Exemptions[i]
		differs := c.passed[exemptionsSpan] && e.state(c.was.at) != e.state(c.at) ||
			len(c.altered) > 0 && slices.ContainsFunc(e.Lifts, altered)
		if differs && !known[e] {
			changed = append(changed, change[Exemption]{e, e})
		}
	}
	return changed
}

// state is what time makes of an exemption.
func (e *Exemption) state(t time.Time) [2]bool {
	return [2]bool{e.Contains(t), e.Clearance != nil && !e.Clearance.At.After(t)}
}

// exemptionsEditor makes the exemptions from those that were.
type exemptionsEditor struct {
	*compiler
	old, made []exemption
	slots     int32
	fresh     bool // there were none: no list is anybody else's
	subjects
	own   [forEveryone]bool // the maps that are not shared with the policy before
	arena []int32           // for lists of rules that have moved
}

// merge puts what changed, ordered by id, in its place among what was.
func (e *exemptionsEditor) merge(changed []change[Exemption]) {
	e.made = make([]exemption, 0, len(e.old)+len(changed))
	if e.moved != nil {
		n := 0
		for i := range e.old {
			n += len(e.old[i].lifts)
		}
		e.arena = make([]int32, 0, n)
	}
	for _, x := range changed {
		at, found := slices.BinarySearchFunc(e.old, cmp.Or(x.is, x.was).ID, func(old exemption, id string) int { return cmp.Compare(old.id, id) })
		e.keep(at)
		if found {
			e.drop(x.was, &e.old[0])
			e.old = e.old[1:]
		}
		if x.is != nil && x.is.Contains(e.at) {
			e.add(x.is)
		}
	}
	e.keep(len(e.old))
}

// keep takes over the first n of those that were.
func (e *exemptionsEditor) keep(n int) {
	first := len(e.made)
	e.made = append(e.made, e.old[:n]...)
	e.old = e.old[n:]
	if e.moved == nil {
		return
	}
	for i := range e.made[first:] {
		kept := &e.made[first+i]
		start := len(e.arena)
		for _, rule := range kept.lifts {
			e.arena = append(e.arena, e.moved[rule])
		}
		kept.lifts = e.arena[start:len(e.arena):len(e.arena)]
	}
}

func (e *exemptionsEditor) add(x *Exemption) {
	compiled := exemption{id: x.ID, slot: e.slots, scope: e.organisations[x.Scope], product: none, lists: x.Product != "", anyVersion: x.AnyVersion}
	e.slots++
	if x.Product != "" {
		compiled.product = e.products[x.Product]
	}
	for _, id := range x.Lifts {
		if len(Shortfall(x, &e.world.Rules[e.ruleNumbers[id]], e.at)) > 0 {
			compiled.lists = false
		} else if rule, ok := e.ruleIndex[id]; ok {
			compiled.lifts = append(compiled.lifts, rule)
		}
	}
	slices.Sort(compiled.lifts)
	e.made = append(e.made, compiled)
	e.edit(x, compiled.scope, func(slots []int32) []int32 {
		if !e.fresh {
			slots = slices.Clip(slots)
		}
		return append(slots, compiled.slot)
	})
}

func (e *exemptionsEditor) drop(x *Exemption, was *exemption) {
	e.edit(x, was.scope, func(slots []int32) []int32 {
		return slices.DeleteFunc(slices.Clone(slots), func(slot int32) bool { return slot == was.slot })
	})
}

// edit changes the list of whom an exemption is for.
func (e *exemptionsEditor) edit(x *Exemption, scope int32, f func([]int32) []int32) {
	by, name := x.Subject.key()
	if by == forEveryone {
		e.everyone[scope] = f(e.everyone[scope])
		return
	}
	if !e.own[by] {
		e.own[by] = true
		if e.named[by] = maps.Clone(e.named[by]); e.named[by] == nil {
			e.named[by] = map[string][]int32{}
		}
	}
	if slots := f(e.named[by][name]); len(slots) > 0 {
		e.named[by][name] = slots
	} else {
		delete(e.named[by], name)
	}
}

// Shortfall says, in words for people, what e lacks at t to meet r; nothing where it meets it.
func Shortfall(e *Exemption, r *Rule, t time.Time) (lacks []string) {
	if r.Clearance != ClearanceNone {
		switch c := e.Clearance; {
		case c == nil:
			lacks = append(lacks, fmt.Sprintf("%s demands clearance by %q and there is none", r.ID, r.Clearance))
		case c.Office != r.Clearance:
			lacks = append(lacks, fmt.Sprintf("%s demands clearance by %q and it was cleared by %q", r.ID, r.Clearance, c.Office))
		case c.At.After(t):
			lacks = append(lacks, fmt.Sprintf("its clearance by %q is given only at %s", c.Office, c.At.UTC().Format(time.RFC3339)))
		}
	}
	for _, m := range r.Mitigations {
		if !slices.Contains(e.Mitigations, m) {
			lacks = append(lacks, fmt.Sprintf("%s demands the mitigation %q and it is not in place", r.ID, m))
		}
	}
	return lacks
}
