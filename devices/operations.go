package devices

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// maxGroups is how many groups a host may be in.
const maxGroups = 100

// Enrolment is a device that a person enters, before it has reported.
type Enrolment struct {
	ID           string
	Name         string
	Organisation string
	Ownership    policy.Ownership // corporate where it is not given
	Platform     policy.Platform
	// Holder and Groups are plain names, spelt as exemptions spell them.
	Holder string
	Groups []string
}

// hostEntry is what the ledger is told of a host. It has no names in it: whom a device belongs to is
// not for ever.
type hostEntry struct {
	Version int64 `json:"version"`
	// Changed names what has changed, in a change.
	Changed   []string   `json:"changed,omitempty"`
	Ownership string     `json:"ownership,omitempty"` // that it has now, where it is new or has changed
	State     State      `json:"state,omitempty"`
	By        string     `json:"by,omitempty"`  // the host that replaces it
	From      store.Time `json:"from,omitzero"` // since when, of a move
	Was       string     `json:"was,omitempty"` // the organisation before, of a move
	Source    string     `json:"source,omitempty"`
	Removed   int        `json:"removed,omitempty"` // how many installations went with it
}

// Enrol adds a device. The actor needs people.ChangeDevices in its organisation.
func (r *Room) Enrol(ctx context.Context, actor people.Actor, e Enrolment) (Host, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Host, err error) {
		if err := tx.Require(people.ChangeDevices, e.Organisation); err != nil {
			return none, err
		}
		if err := errors.Join(e.check(), tx.Exists("organisation", e.Organisation)); err != nil {
			return none, err
		}
		b := r.batch(tx.Tx)
		if err := b.read([]string{e.ID}); err != nil {
			return none, err
		}
		if b.known[e.ID] != nil {
			return none, fault.In("id", "There is a device with this id already. Each device has its own: look at the id again, or look for the device")
		}
		h := &Host{ID: e.ID, Name: e.Name, State: InUse, Enrolled: tx.Now(), Row: index.Row{
			Kind: policy.Device, Organisation: e.Organisation, Ownership: cmp.Or(e.Ownership, policy.Corporate), Platform: e.Platform,
			Holder: e.Holder, Groups: groups(e.Groups),
		}}
		b.enrol(h)
		if err := b.write(); err != nil {
			return none, err
		}
		return *h, tx.Record(hostEnrolled, e.Organisation, []string{h.ID}, hostEntry{Version: h.Version, Ownership: h.Row.Ownership.String()})
	})
}

// check returns faults for what no device can be.
func (e *Enrolment) check() error {
	var faults []error
	switch {
	case e.ID == "":
		faults = append(faults, fault.In("id", "Say which device this is: a serial number or an id that stays"))
	case badLine(e.ID, maxHostID) || strings.ToValidUTF8(e.ID, "") != e.ID:
		faults = append(faults, fault.In("id", "The id must be one line of text of %d bytes or fewer, without blanks at its ends", maxHostID))
	}
	if e.Platform == 0 {
		faults = append(faults, fault.In("platform", "Choose the platform: which rules reach the device depends on it"))
	}
	return errors.Join(append(faults, checkName(e.Name), checkHolder(e.Holder), checkGroups(e.Groups))...)
}

func checkName(name string) error {
	if badLine(name, maxName) {
		return fault.In("name", "The name must be one line of text of %d bytes or fewer, without blanks at its ends", maxName)
	}
	return nil
}

func checkHolder(holder string) error {
	if badLine(holder, maxText) {
		return fault.In("holder", "The holder must be one line of text of %d bytes or fewer, without blanks at its ends", maxText)
	}
	return nil
}

func checkGroups(groups []string) error {
	if len(groups) > maxGroups {
		return fault.In("groups", "%d groups are more than the %d that a device can be in", len(groups), maxGroups)
	}
	for _, g := range groups {
		if g == "" || badLine(g, maxText) {
			return fault.In("groups", "Each group must be one line of text of %d bytes or fewer, without blanks at its ends", maxText)
		}
	}
	return nil
}

// about reads a host for an operation of an actor who has the permission where the host belongs. A
// version other than 0 is the one that the actor has seen.
func (b *batch) about(tx *people.Tx, p people.Permission, id string, version int64) (*Host, error) {
	if err := b.read([]string{id}); err != nil {
		return nil, err
	}
	h := b.known[id]
	if err := require(tx, p, h, noDevice(id)); err != nil {
		return nil, err
	}
	if version != 0 && version != h.Version {
		return nil, fault.New(fault.Changed, "This device has changed since you opened it: somebody has changed it, or it has reported. Look at it again, and make your change if it is still needed")
	}
	return h, nil
}

// require is Tx.Require where a host belongs; nil is one that does not exist. Who may not even see it is told the
// same of it as of one that does not exist, which is what missing says, and that they asked is noted. Who has the
// permission nowhere is told that, whichever host they ask about.
func require(tx *people.Tx, p people.Permission, h *Host, missing string) error {
	if h != nil {
		refused := tx.Require(p, h.Row.Organisation)
		if !fault.Is(refused, fault.Refused) {
			return refused
		}
		if sees, err := tx.May(people.SeeDevices, h.Row.Organisation); err != nil || sees {
			return cmp.Or(err, refused)
		}
	}
	if _, err := tx.Reach(p); err != nil {
		return err
	}
	if h == nil {
		return fault.New(fault.NotFound, "%s", missing)
	}
	return tx.Hide(p, h.Row.Organisation, missing)
}

func noDevice(id string) string { return fmt.Sprintf("There is no device %s here", id) }

// HostChange is what is changed of a host; nil leaves it as it is, and so does an ownership of 0.
type HostChange struct {
	Version   int64 // that was seen; 0 changes whatever is there
	Name      *string
	Holder    *string
	Groups    *[]string
	Ownership policy.Ownership
}

// Change changes what a host is called and who has it, and has more of it judged. That less of it is
// judged is for AskRelease. The actor needs people.ChangeDevices where the host belongs.
func (r *Room) Change(ctx context.Context, actor people.Actor, id string, c HostChange) (Host, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Host, err error) {
		b := r.batch(tx.Tx)
		h, err := b.about(tx, people.ChangeDevices, id, c.Version)
		if err != nil {
			return none, err
		}
		changed, err := c.apply(h)
		if err != nil {
			return none, err
		}
		if len(changed) == 0 {
			tx.NoEntry("everything is as it was")
			return *h, nil
		}
		b.touch(h)
		if err := errors.Join(b.write(), b.setAttributes(h)); err != nil {
			return none, err
		}
		entry := hostEntry{Version: h.Version, Changed: changed}
		if slices.Contains(changed, "ownership") {
			entry.Ownership = h.Row.Ownership.String()
		}
		return *h, tx.Record(hostChanged, h.Row.Organisation, []string{id}, entry)
	})
}

// apply changes a host, and returns the names of what has changed.
func (c *HostChange) apply(h *Host) (changed []string, err error) {
	var faults []error
	if c.Name != nil && *c.Name != h.Name {
		faults = append(faults, checkName(*c.Name))
		h.Name, changed = *c.Name, append(changed, "name")
	}
	if c.Holder != nil && *c.Holder != h.Row.Holder {
		faults = append(faults, checkHolder(*c.Holder), onlyDevice("holder", h))
		h.Row.Holder, changed = *c.Holder, append(changed, "holder")
	}
	if c.Groups != nil && !slices.Equal(groups(*c.Groups), h.Row.Groups) {
		faults = append(faults, checkGroups(*c.Groups), onlyDevice("groups", h))
		h.Row.Groups, changed = groups(*c.Groups), append(changed, "groups")
	}
	if c.Ownership != 0 && c.Ownership != owned(h) {
		faults = append(faults, onlyDevice("ownership", h))
		if judgedLess(owned(h), c.Ownership) {
			faults = append(faults, fault.In("ownership", "Less of the device would be judged from then on, and that takes two people: propose it, and somebody else agrees"))
		}
		h.Row.Ownership, changed = c.Ownership, append(changed, "ownership")
		h.strangers()
	}
	return changed, errors.Join(faults...)
}

// onlyDevice returns a fault for what a piece of equipment does not have.
func onlyDevice(field string, h *Host) error {
	if h.Row.Kind != policy.Device {
		return fault.In(field, "%s is a piece of equipment: only devices have this", h.ID)
	}
	return nil
}

// owned is the ownership of a host: corporate where it is not said.
func owned(h *Host) policy.Ownership { return cmp.Or(h.Row.Ownership, policy.Corporate) }

// judgedLess tells whether less of a device is judged, and stored, as the one than as the other.
func judgedLess(was, will policy.Ownership) bool {
	share := func(o policy.Ownership) int {
		return slices.Index([]policy.Ownership{policy.Personal, policy.ManagedPersonal, policy.Corporate}, o)
	}
	return share(will) < share(was)
}

// strangers forgets what the host's last reports are known by: what is stored of them is another part
// from now on, and the next one is to be read even if it is the same.
func (h *Host) strangers() {
	h.Sources = slices.Clone(h.Sources)
	for i := range h.Sources {
		h.Sources[i].Digest = 0
	}
}

// setAttributes records what a host is from now on.
func (b *batch) setAttributes(h *Host) error {
	text, err := attributesOf(&h.Row).encode()
	if err != nil {
		return err
	}
	_, err = attributes.Set(b.tx, h.ID, text, store.Always(b.tx.Now()))
	return err
}

// HostMove is that a host belongs to another organisation.
type HostMove struct {
	Version      int64 // that was seen; 0 moves whatever is there
	Organisation string
	From         store.Time // since when; zero is now. It may have passed
}

// Move has a host belong to another organisation, now and since a time that may have passed: what was
// known before stays known as that. The actor needs people.ChangeDevices in both, and in each that it is
// taken from for the past.
func (r *Room) Move(ctx context.Context, actor people.Actor, id string, m HostMove) (Host, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Host, err error) {
		b := r.batch(tx.Tx)
		h, err := b.about(tx, people.ChangeDevices, id, m.Version)
		if err != nil {
			return none, err
		}
		if m.Organisation == "" {
			return none, fault.In("organisation", "Choose the organisation that it belongs to")
		}
		if err := tx.Require(people.ChangeDevices, m.Organisation); err != nil {
			return none, err
		}
		from := cmp.Or(m.From, tx.Now())
		if err := errors.Join(tx.Exists("organisation", m.Organisation), h.movable(m.Organisation, from, tx.Now())); err != nil {
			return none, err
		}
		was := h.Row.Organisation
		news, err := b.moveSince(tx, h.ID, m.Organisation, from)
		if err != nil {
			return none, err
		}
		if !news {
			tx.NoEntry("it belongs there already, and did then")
			return *h, nil
		}
		h.Row.Organisation = m.Organisation
		h.strangers() // a report that says where it was is to be read, and told
		b.touch(h)
		if err := b.write(); err != nil {
			return none, err
		}
		return *h, tx.Record(hostMoved, m.Organisation, []string{id, was}, hostEntry{Version: h.Version, Was: was, From: from})
	})
}

func (h *Host) movable(organisation string, from, now store.Time) error {
	switch {
	case now.Before(from):
		return fault.In("from", "A device moves now, or has moved already: give a day that has come")
	case !h.State.judged():
		return fault.New(fault.Conflict, "%s is not in use: return it to use first, then move it", h.ID)
	case h.Row.Site != "":
		return fault.In("organisation", "%s stands at the site %s, which stays with its organisation: equipment moves with its site", h.ID, h.Row.Site)
	}
	return nil
}

// moveSince records that a host belonged to an organisation since a time: whatever else it was then, it
// was there, and it was known here no earlier than it is known now.
func (b *batch) moveSince(tx *people.Tx, id, to string, from store.Time) (news bool, err error) {
	facts, err := attributes.Of(tx.Tx, id)
	if err != nil {
		return false, err
	}
	for _, f := range facts {
		if !f.Until.IsZero() && !from.Before(f.Until) {
			continue
		}
		a, err := decodeAttributes(f.Object)
		if err != nil {
			return false, err
		}
		if a.Organisation != to {
			if err := tx.Require(people.ChangeDevices, a.Organisation); err != nil {
				return false, err
			}
		}
		a.Organisation = to
		text, err := a.encode()
		if err != nil {
			return false, err
		}
		since := f.From
		if since.Before(from) {
			since = from
		}
		fresh, err := attributes.Set(tx.Tx, id, text, store.Period{From: since, Until: f.Until})
		if err != nil {
			return false, err
		}
		news = news || fresh
	}
	return news, nil
}

// StateChange is that a host is lost, retired, replaced, or in use again.
type StateChange struct {
	Version int64 // that was seen; 0 changes whatever is there
	State   State
	// ReplacedBy is the host that is used instead; of what is Replaced alone.
	ReplacedBy string
}

// ChangeState says whether a host is in use. The actor needs people.ChangeDevices where the host belongs.
func (r *Room) ChangeState(ctx context.Context, actor people.Actor, id string, c StateChange) (Host, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Host, err error) {
		b := r.batch(tx.Tx)
		h, err := b.about(tx, people.ChangeDevices, id, c.Version)
		if err != nil {
			return none, err
		}
		if err := c.check(h); err != nil {
			return none, err
		}
		if c.State == Replaced {
			if err := b.replaces(tx, h, c.ReplacedBy); err != nil {
				return none, err
			}
		}
		was := h.State
		h.State, h.ReplacedBy = c.State, c.ReplacedBy
		b.touch(h)
		if err := errors.Join(b.write(), b.setState(h, was)); err != nil {
			return none, err
		}
		kind := hostRetired
		if c.State == InUse {
			kind = hostReturned
		}
		return *h, tx.Record(kind, h.Row.Organisation, []string{id}, hostEntry{Version: h.Version, State: c.State, By: c.ReplacedBy})
	})
}

// check returns a fault where a host cannot come into the state from the one that it is in.
func (c *StateChange) check(h *Host) error {
	switch {
	case !slices.Contains([]State{InUse, Lost, Retired, Replaced}, c.State):
		return fault.In("state", "Choose what has become of it: %s, %s, %s or %s", InUse, Lost, Retired, Replaced)
	case c.State == h.State:
		return fault.New(fault.Conflict, "%s is %s already", h.ID, h.State.Words())
	case c.State != InUse && !h.State.judged():
		return fault.New(fault.Conflict, "%s is %s: return it to use first", h.ID, h.State.Words())
	case c.State != Replaced && c.ReplacedBy != "":
		return fault.In("replacedBy", "Only what is replaced has a device that is used instead")
	}
	return nil
}

// replaces returns a fault where a host cannot be used instead of another.
func (b *batch) replaces(tx *people.Tx, h *Host, by string) error {
	if by == "" {
		return fault.In("replacedBy", "Say which device is used instead")
	}
	if by == h.ID {
		return fault.In("replacedBy", "A device cannot replace itself: give the id of the other")
	}
	if err := b.read([]string{by}); err != nil {
		return err
	}
	other := b.known[by]
	if other != nil {
		may, err := tx.May(people.SeeDevices, other.Row.Organisation)
		if err != nil {
			return err
		}
		if !may {
			other = nil
		}
	}
	switch {
	case other == nil:
		return fault.In("replacedBy", "There is no device %s here: enrol it first, or look at its id again", by)
	case other.State != InUse:
		return fault.In("replacedBy", "%s is %s: only a device in use can take the place of another", by, other.State.Words())
	}
	return nil
}

// setState records that a host is not here from now on, or is again. One that is lost stays judged.
func (b *batch) setState(h *Host, was State) error {
	switch {
	case was.judged() == h.State.judged():
		return nil
	case h.State.judged():
		heard, err := selectHeard(b.tx, h.ID)
		if err != nil {
			return err
		}
		b.tx.AfterCommit(func() { b.room.Fleet.note(h.ID, heard) })
		return b.setAttributes(h)
	}
	_, err := attributes.Set(b.tx, h.ID, "", store.Always(b.tx.Now()))
	return err
}

// Words are the state as the end of "It is …".
func (s State) Words() string {
	switch s {
	case Lost:
		return "lost"
	case Retired:
		return "retired"
	case Replaced:
		return "replaced"
	}
	return "in use"
}

// ForgetSource forgets the inventory that one tool has sent of a host, for one that nobody renews: what
// only that one names is on the host no more. The actor needs people.ChangeDevices where the host belongs.
func (r *Room) ForgetSource(ctx context.Context, actor people.Actor, id, source string, version int64) (Host, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Host, err error) {
		b := r.batch(tx.Tx)
		h, err := b.about(tx, people.ChangeDevices, id, version)
		if err != nil {
			return none, err
		}
		if h.source(source) == nil {
			return none, fault.New(fault.NotFound, "There is no inventory of %s from %s", id, source)
		}
		before := h.Row.Things
		if err := h.forget(source); err != nil {
			return none, err
		}
		removed := index.Without(before, h.Row.Things)
		b.add(h, Change{Host: id, Taken: tx.Now(), Source: source, Reporter: tx.Who().ID, Removed: removed})
		if err := b.write(); err != nil {
			return none, err
		}
		return *h, tx.Record(sourceForgotten, h.Row.Organisation, []string{id}, hostEntry{Version: h.Version, Source: source, Removed: len(removed)})
	})
}
