package register

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"strings"
	"unicode"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
	"portcullis/world"
)

// Imported is what came in with a world. SHA256 is, in hexadecimal, that of the world file that Export
// writes of it.
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

// batch is how many rows are written in one statement. SQLite looks each parameter up among all of the
// statement's, so that many more would take longer and not shorter.
const batch = 50

// Import fills an empty register with a world and its hosts, in one transaction: all or nothing. Where
// there is anything of a world already, or an organisation of the same id, it is a fault of the kind
// Conflict. The actor needs
// people.ImportRegister and people.ChangeOrganisations, both Everywhere. Memory is bounded by the world without
// its hosts. Progress, where it is not nil, is told how many of the hosts are written.
func (r *Room) Import(ctx context.Context, actor people.Actor, loaded *world.Loaded, progress func(done, total int64)) (Imported, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Imported, err error) {
		for _, p := range []people.Permission{people.ImportRegister, people.ChangeOrganisations} {
			if err := tx.Require(p, people.Everywhere); err != nil {
				return none, err
			}
		}
		if err := empty(tx.Tx); err != nil {
			return none, err
		}
		in := importing{tx: tx, w: &loaded.World, sum: sha256.New()}
		if err := in.organisations(); err != nil {
			return none, err
		}
		if err := in.items(); err != nil {
			return none, err
		}
		if _, err := tx.Raise(); err != nil {
			return none, err
		}
		if err := in.hosts(loaded.Hosts, progress); err != nil {
			return none, err
		}
		return in.finish(loaded.Hosts.Len())
	})
}

// empty returns a fault where the register holds anything yet. Organisations may be there, such as the
// first administrator's, as long as the world has none of the same ids.
func empty(tx *store.Tx) error {
	there, err := anything(tx)
	if err == nil && there {
		err = fault.New(fault.Conflict, "A world can be imported only into an empty register, and this one has decisions already. "+
			"Import into a new, empty database; later versions will make proposals of what a file would change")
	}
	return err
}

// importing is an Import under way.
type importing struct {
	tx  *people.Tx
	w   *policy.World
	sum hash.Hash // of the world file, as it is exported
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
	_, err = in.tx.Watch(o.ID, m, 0)
	return err
}

// items writes the documents, and the entries of rules and exemptions.
func (in *importing) items() error {
	if err := section(in, sites, in.w.Sites, func(s *policy.Site) part { return part{id: s.ID, document: siteOf(s)} }); err != nil {
		return err
	}
	if err := section(in, suppliers, in.w.Suppliers, func(s *policy.Supplier) part { return part{id: s.ID, document: supplierOf(s)} }); err != nil {
		return err
	}
	if err := section(in, products, in.w.Products, func(p *policy.Product) part { return part{id: p.ID, document: productOf(p)} }); err != nil {
		return err
	}
	if err := section(in, rules, in.w.Rules, func(r *policy.Rule) part { return part{r.ID, ruleOf(r), &ruleAdded, r.Scope} }); err != nil {
		return err
	}
	return section(in, exemptions, in.w.Exemptions, func(e *policy.Exemption) part { return part{e.ID, exemptionOf(e), &exemptionAdded, e.Scope} })
}

// part is one thing of a section: its document and, where it is a decision, the kind of its entry and
// the organisation that the entry is about.
type part struct {
	id           string
	document     any
	kind         *ledger.Kind
	organisation string
}

// section writes the rows and entries of one section, many rows in one statement.
func section[T any](in *importing, name string, things []T, partOf func(*T) part) error {
	rows := make([]item, 0, batch)
	for i := range things {
		p := partOf(&things[i])
		document, err := json.Marshal(p.document)
		if err == nil {
			err = check(p.id, document)
		}
		if err != nil {
			return under(fmt.Sprintf("%ss[%d]", name, i), err)
		}
		if p.kind != nil {
			if err := in.tx.Record(*p.kind, p.organisation, []string{p.id}, json.RawMessage(document)); err != nil {
				return err
			}
		}
		rows = append(rows, item{name, p.id, i, string(document)})
		if len(rows) == batch || i == len(things)-1 {
			if err := insertItems(in.tx.Tx, in.tx.Who().ID, rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return nil
}

const maxID = 200 // bytes

// check refuses an id that could not stand in an index, in the ledger or on a line, and a document that
// the ledger would not take.
func check(id string, document []byte) error {
	switch {
	case len(id) > maxID:
		return fault.In("id", "The id must have %d bytes or fewer", maxID)
	case id != strings.TrimSpace(id):
		return fault.In("id", "The id must not begin or end with a blank")
	case strings.ContainsFunc(id, unicode.IsControl):
		return fault.In("id", "The id must be one line of text, without control characters")
	case len(document) > ledger.MaxPayload:
		return fault.New(fault.Invalid, "This takes %d bytes, and at most %d are kept: shorten its texts or lists", len(document), ledger.MaxPayload)
	}
	return nil
}

// under puts faults in their place among the keys of the world file.
func under(key string, err error) error {
	faults := fault.Fields(err)
	if len(faults) == 0 {
		return fmt.Errorf("%s: %w", key, err)
	}
	var placed []error
	for _, f := range faults {
		at := key
		if f.Field != "" {
			at += "." + f.Field
		}
		placed = append(placed, &fault.Error{Kind: f.Kind, Field: at, Message: f.Message})
	}
	return errors.Join(placed...)
}

// hosts writes the world, as it now stands, and its hosts into the sum, and the hosts into their table.
func (in *importing) hosts(hosts *world.Hosts, progress func(done, total int64)) error {
	stored, err := World(in.tx.Tx, in.tx.Now(), in.tx.Now())
	if err != nil {
		return err
	}
	if err := world.Write(in.sum, &stored, nil); err != nil {
		return err
	}
	lines, rows := hostLines{out: in.sum}, make([]hostRow, 0, batch)
	var made hostRows
	var host policy.Host
	for i := range hosts.Len() {
		if err := hosts.Read(i, &host); err != nil {
			return err
		}
		row, err := made.row(&host)
		if err != nil {
			return err
		}
		if err := lines.write(row.document); err != nil {
			return err
		}
		rows = append(rows, row)
		if len(rows) == batch || i == hosts.Len()-1 {
			if err := insertHosts(in.tx.Tx, rows); err != nil {
				return err
			}
			rows = rows[:0]
			if progress != nil {
				progress(int64(i+1), int64(hosts.Len()))
			}
		}
	}
	return nil
}

func (in *importing) finish(hosts int) (Imported, error) {
	w := in.w
	imported := Imported{
		Organisations: len(w.Organisations), Sites: len(w.Sites), Suppliers: len(w.Suppliers), Products: len(w.Products),
		Rules: len(w.Rules), Exemptions: len(w.Exemptions), Hosts: hosts, SHA256: hex.EncodeToString(in.sum.Sum(nil)),
	}
	return imported, in.tx.Record(worldImported, people.Everywhere, nil, imported)
}
