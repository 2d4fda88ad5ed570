package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/store"
)

// Organisation is a department, agency, police force, House, party or office, as it stands at the
// time of the transaction.
type Organisation struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"` // empty at a root
	// OwnList says that the ancestors' allow rules do not reach here.
	OwnList bool `json:"ownList,omitempty"`
	// Monitor, where it is not nil, is that what is not listed is watched and not enforced.
	Monitor *Monitor `json:"monitor,omitempty"`
	Version int64    `json:"version"`
}

// Monitor is a dated, reasoned decision to watch rather than enforce.
type Monitor struct {
	store.Period
	Reason string `json:"reason"`
}

// The facts of organisations with two times. A parent of "" is a root.
var (
	parents  = store.History{Table: "people_parents"}
	lists    = store.History{Table: "people_lists"}
	monitors = store.History{Table: "people_monitors"}
)

// ownList is the object of lists where an organisation has its own; otherwise there is none.
const ownList = "own"

// The kinds of entries about organisations. The payload is an organisationEntry.
var (
	organisationAdded   = ledger.Kind{Name: "people.organisation-added", Version: 1, Public: true}
	organisationChanged = ledger.Kind{Name: "people.organisation-changed", Version: 1, Public: true}
)

type organisationEntry struct {
	Name    string   `json:"name,omitempty"`
	Parent  *string  `json:"parent,omitempty"`
	OwnList *bool    `json:"ownList,omitempty"`
	Monitor *Monitor `json:"monitor,omitempty"`
	// MonitorEnded is that what is not listed is enforced again, from the entry's time on.
	MonitorEnded bool       `json:"monitorEnded,omitempty"`
	From         store.Time `json:"from,omitzero"` // of parent and list
}

// NewOrganisation is what is said of an organisation that is added. Where no ID is given, one is made
// from the name; where no name is, the id stands for it.
type NewOrganisation struct {
	ID, Name, Parent string
	OwnList          bool
	// From is when it began to belong where it does, which is no time to come; the time of the transaction where it is
	// zero.
	From store.Time
}

// OrganisationChange is what is to change by one person's word; nil is as it was. Where an organisation belongs is more
// than that: see Settle.
type OrganisationChange struct {
	Name *string
	// Version is the one that the change was made from; 0 is any.
	Version int64
}

const (
	maxName           = 200 // characters
	maxOrganisationID = 200 // bytes
	madeID            = 64  // bytes of an id that is made from a name
)

// checkOrganisationID takes whatever the id of an organisation in a world file may be, as long as it
// can stand in a list, in the ledger and beside Everywhere.
func checkOrganisationID(id string) error {
	switch {
	case id == "":
		return fault.In("id", "Enter an id")
	case len(id) > maxOrganisationID:
		return fault.In("id", "The id must have %d bytes or fewer", maxOrganisationID)
	case id != strings.TrimSpace(id):
		return fault.In("id", "The id must not begin or end with a blank")
	case id == Everywhere:
		return fault.In("id", "The id must not be %s, which stands for all organisations", Everywhere)
	}
	return checkLine("id", id)
}

// checkName returns the name without the spaces around it.
func checkName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", fault.In(field, "Enter a name")
	case utf8.RuneCountInString(name) > maxName:
		return "", fault.In(field, "The name must have %d characters or fewer", maxName)
	}
	return name, checkLine(field, name)
}

// checkLine refuses what is not one line of text.
func checkLine(field, text string) error {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 }) {
		return fault.In(field, "This must be one line of text, without control characters")
	}
	return nil
}

var notInIDs = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\pL\pN]+`) })

// AddOrganisation adds an organisation and returns it.
func (r *Room) AddOrganisation(ctx context.Context, actor Actor, n NewOrganisation) (Organisation, error) {
	return Act(ctx, r, actor, func(tx *Tx) (Organisation, error) { return tx.AddOrganisation(n) })
}

// AddOrganisation is the same within a transaction, for an import.
func (tx *Tx) AddOrganisation(n NewOrganisation) (none Organisation, err error) {
	under := n.Parent
	if under == "" {
		under = Everywhere
	}
	if err := tx.Require(ChangeOrganisations, under); err != nil {
		return none, err
	}
	if n, err = n.named(); err != nil {
		return none, err
	}
	if n.From.IsZero() {
		n.From = tx.Now()
	}
	if tx.Now().Before(n.From) {
		return none, fault.In("from", "This day is yet to come, and until then it would belong nowhere: add it then, or leave the day out")
	}
	if err := tx.checkNew(n); err != nil {
		return none, err
	}
	if err := insertOrganisation(tx.Tx, n.ID, n.Name); err != nil {
		return none, err
	}
	if n.Parent != "" {
		if _, err := parents.Set(tx.Tx, n.ID, n.Parent, store.Always(n.From)); err != nil {
			return none, err
		}
	}
	if n.OwnList {
		if _, err := lists.Set(tx.Tx, n.ID, ownList, store.Always(n.From)); err != nil {
			return none, err
		}
	}
	if _, err := tx.Raise(); err != nil {
		return none, err
	}
	entry := organisationEntry{Name: n.Name, Parent: &n.Parent, OwnList: &n.OwnList, From: n.From}
	if err := tx.Record(organisationAdded, n.ID, nil, entry); err != nil {
		return none, err
	}
	return organisationAt(tx.Tx, n.ID, tx.Now())
}

// named returns what is said with its id and its name, each made from the other where it is missing,
// and the faults of both together.
func (n NewOrganisation) named() (_ NewOrganisation, err error) {
	var wrong error
	if n.ID != "" {
		wrong = checkOrganisationID(n.ID)
	}
	if wrong != nil && strings.TrimSpace(n.Name) == "" {
		return n, wrong // of the name, which the id would stand for, there is nothing to say
	}
	if n.Name, err = checkName("name", cmp.Or(strings.TrimSpace(n.Name), n.ID)); err != nil || n.ID != "" {
		return n, errors.Join(err, wrong)
	}
	made := shorten(notInIDs().ReplaceAllString(strings.ToLower(n.Name), "-"), madeID)
	n.ID = strings.Trim(made, "-")
	return n, checkOrganisationID(n.ID)
}

func (tx *Tx) checkNew(n NewOrganisation) error {
	if _, err := selectOrganisation(tx.Tx, n.ID); err == nil {
		return &fault.Error{Kind: fault.Conflict, Field: "id", Message: fmt.Sprintf("There is an organisation with the id %s already: choose another", n.ID)}
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if n.Parent == "" {
		return nil
	}
	return tx.Exists("parent", n.Parent)
}

// Exists returns a fault in field unless there is such an organisation.
func (tx *Tx) Exists(field, organisation string) error {
	_, err := selectOrganisation(tx.Tx, organisation)
	if errors.Is(err, store.ErrNotFound) {
		return fault.In(field, "There is no organisation %s: choose one from the list", organisation)
	}
	return err
}

// ChangeOrganisation changes what an organisation is called, and returns it as it then is.
func (r *Room) ChangeOrganisation(ctx context.Context, actor Actor, id string, c OrganisationChange) (Organisation, error) {
	return Act(ctx, r, actor, func(tx *Tx) (Organisation, error) { return tx.changeOrganisation(id, c) })
}

func (tx *Tx) changeOrganisation(id string, c OrganisationChange) (none Organisation, err error) {
	if err := tx.Require(ChangeOrganisations, id); err != nil {
		return none, err
	}
	current, err := organisationAt(tx.Tx, id, tx.Now())
	if err != nil {
		return none, err
	}
	if err := unchanged(c.Version, current.Version); err != nil {
		return none, err
	}
	if c.Name == nil {
		tx.NoEntry("everything is as it was")
		return current, nil
	}
	name, err := checkName("name", *c.Name)
	if err != nil {
		return none, err
	}
	if name == current.Name {
		tx.NoEntry("everything is as it was")
		return current, nil
	}
	return tx.organisationChanged(id, organisationEntry{Name: name})
}

// organisationChanged finishes a change: the version, the generation, the entry.
func (tx *Tx) organisationChanged(id string, entry organisationEntry) (none Organisation, err error) {
	if err := updateOrganisation(tx.Tx, id, entry.Name); err != nil {
		return none, err
	}
	if _, err := tx.Raise(); err != nil {
		return none, err
	}
	if err := tx.Record(organisationChanged, id, nil, entry); err != nil {
		return none, err
	}
	return organisationAt(tx.Tx, id, tx.Now())
}

// unchanged returns a fault unless what was seen is what is there.
func unchanged(seen, version int64) error {
	if seen != 0 && seen != version {
		return fault.New(fault.Changed, "Somebody else has changed this since you opened it: look at it again, and make your change if it is still needed")
	}
	return nil
}

// Watch records a monitor period in a transaction that has what such a decision needs: what is not listed is
// watched and not enforced. It always ends. It asks for no permission.
func (tx *Tx) Watch(id string, m Monitor) (none Organisation, err error) {
	current, err := organisationAt(tx.Tx, id, tx.Now())
	if err != nil {
		return none, err
	}
	return tx.watch(current, m)
}

const maxReason = 2000 // characters

// check returns the faults of both fields together.
func (m Monitor) check() error {
	var faults []error
	switch {
	case m.Reason == "":
		faults = append(faults, fault.In("reason", "Say why: watching instead of enforcing needs a reason"))
	case utf8.RuneCountInString(m.Reason) > maxReason:
		faults = append(faults, fault.In("reason", "The reason must have %d characters or fewer", maxReason))
	case !utf8.ValidString(m.Reason) || strings.ContainsRune(m.Reason, 0):
		faults = append(faults, fault.In("reason", "The reason must be text"))
	}
	switch {
	case m.Until.IsZero():
		faults = append(faults, fault.In("until", "Say until when: watching instead of enforcing always ends"))
	case !m.From.Before(m.Until):
		faults = append(faults, fault.In("until", "The end must be later than the beginning"))
	}
	return errors.Join(faults...)
}

func (tx *Tx) watch(o Organisation, m Monitor) (none Organisation, err error) {
	m.Reason = strings.TrimSpace(m.Reason)
	if m.From.IsZero() {
		m.From = tx.Now()
	}
	if err := m.check(); err != nil {
		return none, err
	}
	known, err := monitors.Of(tx.Tx, o.ID)
	if err != nil {
		return none, err
	}
	if same(known, m) {
		tx.NoEntry("everything is as it was")
		return o, nil
	}
	// There is one period at a time: what was to follow is replaced by what is said now.
	if _, err := monitors.Set(tx.Tx, o.ID, "", store.Always(m.From)); err != nil {
		return none, err
	}
	if _, err := monitors.Set(tx.Tx, o.ID, m.Reason, m.Period); err != nil {
		return none, err
	}
	return tx.organisationChanged(o.ID, organisationEntry{Name: o.Name, Monitor: &m})
}

// same tells whether what is known from the beginning of m on is m already.
func same(known []store.Fact, m Monitor) bool {
	for i, f := range known {
		if f.Contains(m.From) {
			return f.Object == m.Reason && f.Until == m.Until && i == len(known)-1
		}
	}
	return false
}

// EndWatch has what is not listed be enforced again, from the time of the transaction on.
func (r *Room) EndWatch(ctx context.Context, actor Actor, id string, version int64) (Organisation, error) {
	return Act(ctx, r, actor, func(tx *Tx) (none Organisation, err error) {
		if err := tx.Require(ChangeOrganisations, id); err != nil {
			return none, err
		}
		current, err := organisationAt(tx.Tx, id, tx.Now())
		if err != nil {
			return none, err
		}
		if err := unchanged(version, current.Version); err != nil {
			return none, err
		}
		news, err := monitors.Set(tx.Tx, id, "", store.Always(tx.Now()))
		if err != nil {
			return none, err
		}
		if !news {
			tx.NoEntry("everything is as it was")
			return current, nil
		}
		return tx.organisationChanged(id, organisationEntry{Name: current.Name, MonitorEnded: true})
	})
}

// Organisation returns one organisation.
func (r *Room) Organisation(ctx context.Context, actor Actor, id string) (Organisation, error) {
	return See(ctx, r, actor, func(tx *Tx) (none Organisation, err error) {
		if err := tx.Require(SeeOrganisations, id); err != nil {
			return none, err
		}
		return organisationAt(tx.Tx, id, tx.Now())
	})
}

// Organisations returns the organisations that the actor may see, in the order of their names.
func (r *Room) Organisations(ctx context.Context, actor Actor) ([]Organisation, error) {
	return See(ctx, r, actor, func(tx *Tx) ([]Organisation, error) {
		roots, err := tx.Reach(SeeOrganisations)
		if err != nil {
			return nil, err
		}
		return selectOrganisations(tx.Tx, roots, tx.Now())
	})
}

func organisationAt(tx *store.Tx, id string, t store.Time) (o Organisation, err error) {
	o, err = selectOrganisation(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return o, fault.New(fault.NotFound, "There is no organisation %s", id)
	}
	if err != nil {
		return o, err
	}
	if above, err := parents.At(tx, id, t); err != nil {
		return o, err
	} else if len(above) > 0 {
		o.Parent = above[0]
	}
	own, err := lists.At(tx, id, t)
	if err != nil {
		return o, err
	}
	o.OwnList = slices.Contains(own, ownList)
	periods, err := monitors.Of(tx, id)
	for _, p := range periods {
		if p.Contains(t) {
			o.Monitor = &Monitor{p.Period, p.Object}
		}
	}
	return o, err
}

// Ancestors returns an organisation and all above it at t, the nearest first.
func Ancestors(tx *store.Tx, organisation string, t store.Time) ([]string, error) {
	return ancestors(tx, organisation, t, func(string) bool { return false })
}

// ancestors are an organisation and those above it, the nearest first, as far as the first that is enough.
func ancestors(tx *store.Tx, organisation string, t store.Time, enough func(string) bool) ([]string, error) {
	chain := []string{organisation}
	for !enough(chain[len(chain)-1]) {
		above, err := parents.At(tx, chain[len(chain)-1], t)
		if err != nil || len(above) == 0 {
			return chain, err
		}
		if slices.Contains(chain, above[0]) {
			return nil, fmt.Errorf("the organisations above %s go round in a circle", organisation)
		}
		chain = append(chain, above[0])
	}
	return chain, nil
}

// OrganisationHistory is what was ever recorded of an organisation's place.
type OrganisationHistory struct{ Parents, Lists, Monitors []store.Known }

// OrganisationHistory returns what was ever recorded of an organisation's place, with both times.
func (r *Room) OrganisationHistory(ctx context.Context, actor Actor, id string) (OrganisationHistory, error) {
	return See(ctx, r, actor, func(tx *Tx) (h OrganisationHistory, err error) {
		if err := tx.Require(SeeOrganisations, id); err != nil {
			return h, err
		}
		if _, err := organisationAt(tx.Tx, id, tx.Now()); err != nil {
			return h, err
		}
		if h.Parents, err = parents.Record(tx.Tx, id); err != nil {
			return h, err
		}
		if h.Lists, err = lists.Record(tx.Tx, id); err != nil {
			return h, err
		}
		h.Monitors, err = monitors.Record(tx.Tx, id)
		return h, err
	})
}
