package register

import (
	"fmt"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Imported is what came in with a world. SHA256 is, in hexadecimal, that of the world file, hosts and all,
// that is exported of it right afterwards.
type Imported struct {
	Organisations int    `json:"organisations"`
	Sites         int    `json:"sites"`
	Suppliers     int    `json:"suppliers"`
	Products      int    `json:"products"`
	Rules         int    `json:"rules"`
	Exemptions    int    `json:"exemptions"`
	Hosts         int    `json:"hosts"`
	SHA256        string `json:"sha256"`
}

// InUse tells whether the register has, or ever had, anything. It asks for no permission.
func InUse(tx *store.Tx) (bool, error) { return anything(tx) }

// ImportIn fills an empty register with a world, in a transaction of whoever imports its hosts beside it. Where
// there is anything of a world already, or an organisation of the same id, it is a fault of the kind
// Conflict. The actor needs people.ImportRegister and people.ChangeOrganisations, both Everywhere. The caller
// fills in Hosts and SHA256 and then calls Record.
func ImportIn(tx *people.Tx, w *policy.World) (none Imported, err error) {
	for _, p := range []people.Permission{people.ImportRegister, people.ChangeOrganisations} {
		if err := tx.Require(p, people.Everywhere); err != nil {
			return none, err
		}
	}
	if err := empty(tx.Tx); err != nil {
		return none, err
	}
	in := importing{tx: tx, w: w}
	if err := in.organisations(); err != nil {
		return none, err
	}
	if err := in.items(); err != nil {
		return none, err
	}
	return Imported{
		Organisations: len(w.Organisations), Sites: len(w.Sites), Suppliers: len(w.Suppliers), Products: len(w.Products),
		Rules: len(w.Rules), Exemptions: len(w.Exemptions),
	}, nil
}

// Record enters in the ledger that a world was imported.
func (i Imported) Record(tx *people.Tx) error {
	return tx.Record(worldImported, people.Everywhere, nil, i)
}

// empty returns a fault where the register holds anything yet. Organisations may be there, such as the
// first administrator's, as long as the world has none of the same ids.
func empty(tx *store.Tx) error {
	there, err := anything(tx)
	if err == nil && there {
		err = fault.New(fault.Conflict, "A world can fill only an empty register, and this one has decisions already: what a file would change in it is proposed")
	}
	return err
}

// importing is an import under way.
type importing struct {
	tx *people.Tx
	w  *policy.World
}

// organisations adds the organisations, each after its parent.
func (in *importing) organisations() error {
	places := make(map[string]int, len(in.w.Organisations))
	for i := range in.w.Organisations {
		places[in.w.Organisations[i].ID] = i
	}
	done := make([]bool, len(in.w.Organisations))
	for i := range in.w.Organisations {
		var chain []int // from this one up to the first that is there; a valid world has no circle
		for at, there := i, true; there && !done[at]; at, there = places[in.w.Organisations[at].Parent] {
			done[at] = true
			chain = append(chain, at)
		}
		for j := len(chain) - 1; j >= 0; j-- {
			if err := in.organisation(chain[j]); err != nil {
				return under(fmt.Sprintf("organisations[%d]", chain[j]), err)
			}
		}
	}
	return nil
}

func (in *importing) organisation(i int) error {
	o := &in.w.Organisations[i]
	_, err := in.tx.AddOrganisation(people.NewOrganisation{ID: o.ID, Name: o.Name, Parent: o.Parent, OwnList: o.OwnList, From: begin})
	if err != nil {
		return err
	}
	if err := insertPlace(in.tx.Tx, o.ID, i); err != nil || o.Monitor == nil {
		return err
	}
	m := people.Monitor{Period: store.Period{From: store.TimeOf(o.Monitor.From), Until: store.TimeOf(o.Monitor.Until)}, Reason: strings.TrimSpace(o.Monitor.Reason)}
	if m.From.IsZero() {
		m.From = begin
	}
	if m.Reason == "" {
		m.Reason = noReason
	}
	if strings.ContainsRune(m.Reason, 0) {
		return fault.In("monitor.reason", "The reason must be text: take the character zero out of it")
	}
	_, err = in.tx.Watch(o.ID, m)
	return err
}

// items writes the documents, and the entries of rules and exemptions.
func (in *importing) items() error {
	w := write(in.tx)
	if err := w.raise(); err != nil { // for a world of organisations alone too
		return err
	}
	err := section(w, Sites, in.w.Sites, func(s *policy.Site) part { return part{id: s.ID, document: siteOf(s)} })
	if err != nil {
		return err
	}
	err = section(w, Suppliers, in.w.Suppliers, func(s *policy.Supplier) part { return part{id: s.ID, document: supplierOf(s)} })
	if err != nil {
		return err
	}
	err = section(w, Products, in.w.Products, func(p *policy.Product) part { return part{id: p.ID, document: productOf(p)} })
	if err != nil {
		return err
	}
	if err := w.link(in.w.Products); err != nil {
		return err
	}
	err = section(w, Rules, in.w.Rules, func(r *policy.Rule) part {
		return part{id: r.ID, document: ruleOf(r), reason: r.Reason, kind: &ruleAdded, organisation: r.Scope}
	})
	if err != nil {
		return err
	}
	return section(w, Exemptions, in.w.Exemptions, func(e *policy.Exemption) part {
		return part{id: e.ID, document: exemptionOf(e), kind: &exemptionAdded, organisation: e.Scope}
	})
}

// section writes the things of one section.
func section[T any](w *writing, name Section, things []T, partOf func(*T) part) error {
	parts := make([]part, len(things))
	for i := range things {
		parts[i] = partOf(&things[i])
	}
	return w.add(name, parts, func(n int) string { return fmt.Sprintf("%ss[%d]", name, n) })
}
