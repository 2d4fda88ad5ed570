package enforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Order is that a lost or stolen device be locked or erased through its device manager. One person's word locks it, that
// of whoever holds it too; to erase it takes two.
type Order struct {
	ID, Host string
	// Organisation is where the device belonged when it was asked for.
	Organisation string
	Action       string // Lock or Erase
	Reason       string
	// PIN opens a Mac again that was locked or erased; other devices have none. It is for those who may change the
	// device.
	PIN     string
	AskedBy string // a person
	Asked   store.Time
	// Answer is empty while it waits for the second person.
	Answer     string
	AnsweredBy string // a person: of a lock, whoever asked
	Answered   store.Time
	Why        string     // of a refusal
	Sent       store.Time // to the device manager, which keeps it until the device comes
	Done       store.Time // the device answered
	Failed     string     // why it did not do it; empty where it did, or has not answered
}

// What is asked of a device.
const (
	Lock  = "lock"
	Erase = "erase"
)

// What is answered to it.
const (
	Agreed    = "agreed"
	Refused   = "refused"
	TakenBack = "taken-back"
)

// Over tells whether nothing more is to come of an order.
func (o *Order) Over() bool { return !o.Done.IsZero() || o.Answer == Refused || o.Answer == TakenBack }

// orderEntry is what the ledger is told. Reasons are for those who decide: they may say what is nobody else's business.
type orderEntry struct {
	Order  string `json:"order"`
	Action string `json:"action"`
	Holder bool   `json:"holder,omitempty"` // whoever holds the device asked
	Back   bool   `json:"takenBack,omitempty"`
}

const noOrder = "There is no such order"

// Ask asks for a device to be locked, which is then to be done at once, or erased, which waits for a second person. The
// actor is a person who has people.ChangeDevices where the device belongs, or holds it.
func (r *Room) Ask(ctx context.Context, actor people.Actor, host, action, reason string) (Order, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Order, err error) {
		person, err := tx.RequireOwn() // no program, and not whoever has the database
		if err != nil {
			return none, err
		}
		h, holds, err := r.theirs(tx, person, host, people.ChangeDevices)
		if err != nil {
			return none, err
		}
		if action != Lock && action != Erase {
			return none, fault.In("action", "A device can be locked or erased: say %q or %q", Lock, Erase)
		}
		if err := errors.Join(devices.CheckReason("reason", reason), orderable(tx.Tx, h, action)); err != nil {
			return none, err
		}
		o := Order{Host: host, Organisation: h.Organisation, Action: action, Reason: reason, AskedBy: person, Asked: tx.Now()}
		if action == Lock {
			o.Answer, o.AnsweredBy, o.Answered = Agreed, person, tx.Now()
		}
		if o.ID, err = tx.NewID(); err != nil {
			return none, err
		}
		if h.Platform == policy.MacOS {
			if o.PIN, err = pin(r.People.Chance); err != nil {
				return none, err
			}
		}
		if err := upsertOrder(tx.Tx, &o); err != nil {
			return none, err
		}
		if action == Erase {
			if err := r.tellSecond(tx, &o); err != nil {
				return none, err
			}
		}
		return hidden(tx, o), tx.Record(orderAsked, o.Organisation, []string{host}, orderEntry{Order: o.ID, Action: action, Holder: holds})
	})
}

// orderable returns a fault where nothing can be sent to a device, or the same waits already.
func orderable(tx *store.Tx, h *policy.Host, action string) error {
	if err := reachable(tx, h); err != nil {
		return err
	}
	orders, err := selectOrdersOf(tx, h.ID, manyOrders)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(orders, func(o Order) bool { return o.Action == action && !o.Over() }) {
		return fault.New(fault.Conflict, "This has been asked for already, and is not over: see what has become of it")
	}
	return nil
}

// reachable returns a fault where a device is nobody's to order but its owner's, or nothing can be sent to it.
func reachable(tx *store.Tx, h *policy.Host) error {
	if !corporate(h) {
		return fault.New(fault.Conflict, "%s is somebody's own, in whole or in part: it is theirs to lock or erase", h.ID)
	}
	a, err := selectAgent(tx, h.ID, declarationForm)
	if err == nil && a.Enrolled.IsZero() {
		err = fault.New(fault.Conflict, "Nothing can be sent to %s from here: it is not enrolled with the device manager. Ask whoever manages it, and call it lost here", h.ID)
	}
	return err
}

// corporate tells whether a device is the organisation's alone.
func corporate(h *policy.Host) bool { return h.Ownership == policy.Corporate || h.Ownership == 0 }

// manyOrders is how many orders of a device are looked at.
const manyOrders = 100

// pin is six digits, as Macs take them.
func pin(chance io.Reader) (string, error) {
	var digits [6]byte
	for i := 0; i < len(digits); {
		if _, err := io.ReadFull(chance, digits[i:i+1]); err != nil {
			return "", fmt.Errorf("no PIN could be drawn: %w", err)
		}
		if digits[i] < 250 { // else some digits would come more often
			digits[i] = '0' + digits[i]%10
			i++
		}
	}
	return string(digits[:]), nil
}

// Answer agrees that a device be erased, or refuses it. The actor is a person who has people.ReleaseDevices where the
// device belongs, and not the one who asked; they may take it back, as long as nobody has agreed. Nobody can agree about
// a device that is somebody's own by now, or is in use no more.
func (r *Room) Answer(ctx context.Context, actor people.Actor, id string, agree bool, why string) (none Order, err error) {
	if agree {
		if err := r.Fleet.Follow(ctx); err != nil { // what the device is by now
			return none, err
		}
	}
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Order, err error) {
		person, err := tx.RequireOwn()
		if err != nil {
			return none, err
		}
		o, err := selectOrder(tx.Tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return none, fault.New(fault.NotFound, noOrder)
		}
		if err != nil {
			return none, err
		}
		organisation, err := r.answerable(tx, &o, person, agree, why)
		if err != nil {
			return none, err
		}
		kind, back := o.answer(person, agree, why, tx.Now())
		if err := upsertOrder(tx.Tx, &o); err != nil {
			return none, err
		}
		if !back {
			if err := r.tellAsker(tx.Tx, &o); err != nil {
				return none, err
			}
		}
		return hidden(tx, o), tx.Record(kind, organisation, []string{o.Host}, orderEntry{Order: o.ID, Action: o.Action, Back: back})
	})
}

// answerable returns a fault where a person cannot answer to an order so, and else where its device belongs.
func (r *Room) answerable(tx *people.Tx, o *Order, person string, agree bool, why string) (organisation string, err error) {
	h, known := r.Fleet.Index().Host(o.Host)
	if !known {
		h = policy.Host{ID: o.Host, Organisation: o.Organisation} // it is in use no more
	}
	back := !agree && person == o.AskedBy
	if agree && person == o.AskedBy {
		return "", fault.New(fault.Conflict, "You have asked for this yourself: somebody else must agree")
	}
	if !back {
		if err := hide(tx, people.ReleaseDevices, h.Organisation, noOrder); err != nil {
			return "", err
		}
	}
	switch {
	case o.Answer != "":
		err = fault.New(fault.Conflict, "This has been answered already: it is %s", o.Answer)
	case agree && !known:
		err = fault.New(fault.Conflict, "%s is in use no more: nothing is sent to it", o.Host)
	case agree:
		err = reachable(tx.Tx, &h)
	case !back:
		err = devices.CheckReason("why", why)
	}
	return h.Organisation, err
}

// answer is what becomes of an order, and which entry tells of it; back is that who asked has taken it back.
func (o *Order) answer(person string, agree bool, why string, now store.Time) (kind ledger.Kind, back bool) {
	o.AnsweredBy, o.Answered, o.Why = person, now, why
	switch {
	case agree:
		o.Answer = Agreed
		return orderAgreed, false
	case person == o.AskedBy:
		o.Answer = TakenBack
		return orderRefused, true
	}
	o.Answer = Refused
	return orderRefused, false
}

// OrdersOf is what was asked for of a device, the newest first, and what the actor may do about it.
type OrdersOf struct {
	Orders           []Order
	MayAsk, MayAgree bool
}

// Orders are those of a device. The actor has people.SeeDevices where it belongs, or holds it.
func (r *Room) Orders(ctx context.Context, actor people.Actor, host string) (OrdersOf, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found OrdersOf, err error) {
		h, holds, err := r.theirs(tx, tx.Who().Person, host, people.SeeDevices)
		if err != nil {
			return found, err
		}
		changes, err := tx.May(people.ChangeDevices, h.Organisation)
		if err != nil {
			return found, err
		}
		found.MayAsk = holds || changes
		if found.MayAgree, err = tx.May(people.ReleaseDevices, h.Organisation); err != nil {
			return found, err
		}
		found.Orders, err = selectOrdersOf(tx.Tx, host, manyOrders)
		for i := range found.Orders {
			found.Orders[i] = hidden(tx, found.Orders[i])
		}
		return found, err
	})
}

// theirs is a device that a person holds, or for which the actor has a permission.
func (r *Room) theirs(tx *people.Tx, person, host string, p people.Permission) (h *policy.Host, holds bool, err error) {
	missing := fmt.Sprintf("There is no device %s here", host)
	found, known := r.Fleet.Index().Host(host)
	if !known || found.Kind != policy.Device {
		return nil, false, fault.New(fault.NotFound, "%s", missing) // as of a device that is not theirs to know of
	}
	if person != "" {
		if holds, err = people.Holds(tx.Tx, person, found.Organisation, found.Holder); err != nil {
			return nil, false, err
		}
	}
	if holds {
		_, err = tx.RequireOwn()
	} else {
		err = hide(tx, p, found.Organisation, missing)
	}
	return &found, holds, err
}

// hide is Require, which tells whoever may not see the organisation's devices that there is none.
func hide(tx *people.Tx, p people.Permission, organisation, missing string) error {
	refused := tx.Require(p, organisation)
	if !fault.Is(refused, fault.Refused) {
		return refused
	}
	if sees, err := tx.May(people.SeeDevices, organisation); err != nil || sees {
		return errors.Join(err, refused)
	}
	return tx.Hide(p, organisation, missing)
}

// hidden is an order without the PIN, where it is not the actor's to know.
func hidden(tx *people.Tx, o Order) Order {
	if may, err := tx.May(people.ChangeDevices, o.Organisation); err != nil || !may {
		o.PIN = ""
	}
	return o
}

// Due are the orders that are to be sent to devices of the manager, the oldest first. Those about devices that are
// somebody's own by now, or in use no more, are not, and never will be: they end here.
func (m *Managed) Due(ctx context.Context) (due []Order, err error) {
	all, err := m.agreed(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if err := m.room.Fleet.Follow(ctx); err != nil { // what the devices are by now
		return nil, err
	}
	due, void, err := m.sort(ctx, all)
	if err != nil {
		return nil, err
	}
	for id, why := range void {
		err := m.follow(ctx, id, func(o *Order, now store.Time) bool {
			if o.Answer != Agreed || !o.Sent.IsZero() || !o.Done.IsZero() {
				return false
			}
			o.Done, o.Failed = now, why
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return due, nil
}

// agreed are the orders that were not sent yet.
func (m *Managed) agreed(ctx context.Context) ([]Order, error) {
	return people.See(ctx, m.room.People, m.actor, func(tx *people.Tx) ([]Order, error) {
		if _, err := tx.Reach(people.FetchLists); err != nil {
			return nil, err
		}
		return selectDue(tx.Tx, manyOrders)
	})
}

// sort tells the orders to send, of those that the manager reaches, from those that are void, with why.
func (m *Managed) sort(ctx context.Context, all []Order) (due []Order, void map[string]string, err error) {
	void = map[string]string{}
	_, err = people.See(ctx, m.room.People, m.actor, func(tx *people.Tx) (struct{}, error) {
		if _, err := tx.Reach(people.FetchLists); err != nil {
			return struct{}{}, err
		}
		for _, o := range all {
			h, known := m.room.Fleet.Index().Host(o.Host)
			organisation := h.Organisation
			if !known {
				organisation = o.Organisation
			}
			may, err := tx.May(people.FetchLists, organisation)
			switch {
			case err != nil:
				return struct{}{}, err
			case !may:
			case !known:
				void[o.ID] = "it was not sent: the device is in use no more"
			case !corporate(&h):
				void[o.ID] = "it was not sent: the device is somebody's own, in whole or in part"
			default:
				due = append(due, o)
			}
		}
		return struct{}{}, nil
	})
	return due, void, err
}

// Sent notes that the manager has taken an order.
func (m *Managed) Sent(ctx context.Context, id string) error {
	return m.follow(ctx, id, func(o *Order, now store.Time) bool {
		o.Sent = now
		return true
	})
}

// Did notes that a device answered to an order of its own: failed says why it did not do it, and is empty where it did.
// An answer to another's order, or to none, changes nothing.
func (m *Managed) Did(ctx context.Context, host, id, failed string) error {
	return m.follow(ctx, id, func(o *Order, now store.Time) bool {
		if o.Host != host || o.Answer != Agreed || !o.Done.IsZero() {
			return false
		}
		if o.Sent.IsZero() {
			o.Sent = now // it was sent, and that could not be noted
		}
		o.Done, o.Failed = now, failed
		return true
	})
}

// follow notes what has become of an order, where there is such and something has. Once it is over, who asked is told.
func (m *Managed) follow(ctx context.Context, id string, change func(o *Order, now store.Time) bool) error {
	return m.room.People.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := selectOrder(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		over := o.Over()
		if !change(&o, tx.Now()) {
			return nil
		}
		if err := upsertOrder(tx, &o); err != nil || over || !o.Over() {
			return err
		}
		return m.room.tellAsker(tx, &o)
	})
}
