package enforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"portcullis/devices"
	"portcullis/internal/fault"
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

// managedForm is the form of agents that a device manager speaks for.
const managedForm = "apple-declaration"

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
		return hidden(tx, o), tx.Record(orderAsked, o.Organisation, []string{host}, orderEntry{Order: o.ID, Action: action, Holder: holds})
	})
}

// orderable returns a fault where nothing can be sent to a device, or the same waits already.
func orderable(tx *store.Tx, h *policy.Host, action string) error {
	if h.Ownership != policy.Corporate && h.Ownership != 0 {
		return fault.New(fault.Conflict, "%s is somebody's own, in whole or in part: it is theirs to lock or erase", h.ID)
	}
	a, err := selectAgent(tx, h.ID, managedForm)
	if err != nil {
		return err
	}
	if a.Enrolled.IsZero() {
		return fault.New(fault.Conflict, "Nothing can be sent to %s from here: it is not enrolled with the device manager. Ask whoever manages it, and call it lost here", h.ID)
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
// device belongs, and not the one who asked; they may take it back, as long as nobody has agreed.
func (r *Room) Answer(ctx context.Context, actor people.Actor, id string, agree bool, why string) (Order, error) {
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
		back := !agree && person == o.AskedBy
		h, known := r.Fleet.Index().Host(o.Host)
		if !known {
			return none, fault.New(fault.NotFound, noOrder)
		}
		if agree && person == o.AskedBy {
			return none, fault.New(fault.Conflict, "You have asked for this yourself: somebody else must agree")
		}
		if !back {
			if err := hide(tx, people.ReleaseDevices, h.Organisation, noOrder); err != nil {
				return none, err
			}
		}
		switch {
		case o.Answer != "":
			return none, fault.New(fault.Conflict, "This has been answered already: it is %s", o.Answer)
		case !agree && !back:
			err = devices.CheckReason("why", why)
		}
		if err != nil {
			return none, err
		}
		o.AnsweredBy, o.Answered, o.Why = person, tx.Now(), why
		kind := orderRefused
		switch {
		case agree:
			o.Answer, kind = Agreed, orderAgreed
		case back:
			o.Answer = TakenBack
		default:
			o.Answer = Refused
		}
		if err := upsertOrder(tx.Tx, &o); err != nil {
			return none, err
		}
		return hidden(tx, o), tx.Record(kind, h.Organisation, []string{o.Host}, orderEntry{Order: o.ID, Action: o.Action, Back: back})
	})
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

// Due are the orders that are to be sent to devices of the manager, the oldest first.
func (m *Managed) Due(ctx context.Context) ([]Order, error) {
	return people.See(ctx, m.room.People, m.actor, func(tx *people.Tx) (due []Order, err error) {
		if _, err := tx.Reach(people.FetchLists); err != nil {
			return nil, err
		}
		all, err := selectDue(tx.Tx, manyOrders)
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			h, known := m.room.Fleet.Index().Host(o.Host)
			if !known {
				continue
			}
			if may, err := tx.May(people.FetchLists, h.Organisation); err != nil {
				return nil, err
			} else if may {
				due = append(due, o)
			}
		}
		return due, nil
	})
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

func (m *Managed) follow(ctx context.Context, id string, change func(o *Order, now store.Time) bool) error {
	return m.room.People.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := selectOrder(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || !change(&o, tx.Now()) {
			return err
		}
		return upsertOrder(tx, &o)
	})
}
