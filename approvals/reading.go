package approvals

import (
	"slices"

	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// reading is what was read within one transaction about who stands where, who decides there and what rules
// demand: each thing once, for where many proposals are looked at.
type reading struct {
	tx        *people.Tx
	parents   map[string]string // of all organisations; nil where they are asked for one by one
	chains    map[string][]string
	set       map[string]Process // of all organisations that have set one; read with parents
	processes map[string]Process
	rules     map[string]*policy.Rule // nil where there is none
	asked     map[string]bool         // in which the actor is asked about their own: see headsOf
}

func read(tx *people.Tx) *reading {
	return &reading{tx: tx, chains: map[string][]string{}, processes: map[string]Process{}, rules: map[string]*policy.Rule{}, asked: map[string]bool{}}
}

// readAll reads all organisations and processes at once, for a list.
func readAll(tx *people.Tx) (rd *reading, err error) {
	rd = read(tx)
	if rd.parents, err = people.Parents(tx.Tx); err == nil {
		rd.set, err = selectProcesses(tx.Tx)
	}
	return rd, err
}

// readFor is readAll for what waits for the actor: where they have no role there is little, and that is their own.
func readFor(tx *people.Tx) (*reading, error) {
	if len(tx.Who().Grants) == 0 {
		return read(tx), nil
	}
	return readAll(tx)
}

// chain is an organisation and all above it, from below to above; Everywhere is above nothing.
func (rd *reading) chain(organisation string) (chain []string, err error) {
	if chain = rd.chains[organisation]; chain != nil || organisation == people.Everywhere {
		return chain, nil
	}
	if rd.parents == nil {
		chain, err = people.Ancestors(rd.tx.Tx, organisation, rd.tx.Now())
	} else {
		for at := organisation; at != "" && !slices.Contains(chain, at); at = rd.parents[at] {
			chain = append(chain, at)
		}
	}
	rd.chains[organisation] = chain
	return chain, err
}

// process is the one that an organisation goes by.
func (rd *reading) process(organisation string) (Process, error) {
	if p, known := rd.processes[organisation]; known {
		return p, nil
	}
	chain, err := rd.chain(organisation)
	if err != nil {
		return Process{}, err
	}
	p := Default()
	if rd.parents == nil {
		if p, _, err = nearestProcess(rd.tx.Tx, chain, rd.tx.Now(), rd.tx.Now()); err != nil {
			return p, err
		}
	} else if i := slices.IndexFunc(chain, func(of string) bool { _, there := rd.set[of]; return there }); i >= 0 {
		p = rd.set[chain[i]]
	}
	rd.processes[organisation] = p
	return p, nil
}

// holds tells whether the actor has a permission in an organisation by one of the roles.
func (rd *reading) holds(p people.Permission, organisation string, roles []people.Role) (bool, error) {
	chain, err := rd.chain(organisation)
	return err == nil && rd.tx.Who().Holds(p, chain, roles), err
}

// fetch reads rules that are not known yet.
func (rd *reading) fetch(ids []string) error {
	var unknown []string
	for _, id := range ids {
		if _, known := rd.rules[id]; !known && !slices.Contains(unknown, id) {
			unknown = append(unknown, id)
		}
	}
	found, err := register.FindRules(rd.tx.Tx, unknown)
	for _, id := range unknown {
		rd.rules[id] = nil
		if rule, there := found[id]; there {
			rd.rules[id] = &rule
		}
	}
	return err
}

// demands are what the rules that an exemption lifts demand of it, as far as these are there.
func (rd *reading) demands(e *policy.Exemption) (d demanded, err error) {
	if err := rd.fetch(e.Lifts); err != nil {
		return d, err
	}
	for _, id := range e.Lifts {
		rule := rd.rules[id]
		if rule == nil {
			continue
		}
		if rule.Clearance != policy.ClearanceNone && rule.Clearance != "" && !slices.Contains(d.offices, rule.Clearance) {
			d.offices = append(d.offices, rule.Clearance)
			process, err := rd.process(rule.Scope)
			if err != nil {
				return d, err
			}
			if where := process.Offices[rule.Clearance]; where != "" {
				if d.where == nil {
					d.where = map[string]string{}
				}
				d.where[rule.Clearance] = where
			}
		}
		d.mitigations = union(d.mitigations, rule.Mitigations)
	}
	return d, nil
}
