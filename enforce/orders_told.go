package enforce

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"portcullis/alerts"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// The kinds of the messages about orders.
const (
	messageWaits   = "enforce.order-waits"   // it takes you, or another, to agree
	messageOutcome = "enforce.order-outcome" // of what you asked for
)

// OrderPath is the page on which a device is locked or erased, and with an order's id the one on which it is answered.
func OrderPath(host string, order ...string) string {
	path := "/devices/" + url.PathEscape(host) + "/lost"
	for _, o := range order {
		path += "/" + url.PathEscape(o)
	}
	return path
}

// tellSecond tells those who may agree to an order that it waits for one of them. Why is on the page alone: mail is
// read by others on its way.
func (r *Room) tellSecond(tx *people.Tx, o *Order) error {
	to, err := people.Holders(tx.Tx, people.ReleaseDevices, o.Organisation, people.ReleaseDevices.Roles())
	if err != nil {
		return err
	}
	return r.tell(tx.Tx, o.ID, alerts.Message{Kind: messageWaits, Link: OrderPath(o.Host, o.ID),
		Subject: inLine(o.Host) + " is to be erased, and waits for you",
		Text:    "Somebody has asked for this device to be erased, because it is lost or stolen. It takes a second person: open it to see why and by whom, and to say yes or no. Erasing removes everything on the device, and nothing brings that back.",
	}, slices.DeleteFunc(to, func(person string) bool { return person == o.AskedBy }))
}

// tellAsker tells who asked for something what others have answered to it, or the device. Why is on the page.
func (r *Room) tellAsker(tx *store.Tx, o *Order) error {
	_, err := people.MailboxOf(tx, o.AskedBy)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m := alerts.Message{Kind: messageOutcome, Link: OrderPath(o.Host)}
	host := inLine(o.Host)
	switch {
	case o.Answer == Refused:
		m.Subject, m.Text = host+" is not erased: it was refused", "What you asked for was refused. The page says why. You may ask again where you have new facts."
	case o.Failed != "":
		m.Subject, m.Text = host+" was not "+participles[o.Action], "What you asked for was not done. The page says what is known of it. You may ask again there."
	case !o.Done.IsZero():
		m.Subject, m.Text = host+" has taken the command to be "+participles[o.Action], "The device has answered that it does what you asked for. That is the last that is heard of it before it does."
	default:
		m.Subject, m.Text = host+" is to be erased: it was agreed", "Somebody else has agreed to what you asked for. The device is erased as soon as it is on a network, and you are told when it answers."
	}
	return r.tell(tx, o.ID, m, []string{o.AskedBy})
}

var participles = map[string]string{Lock: "locked", Erase: "erased"}

// tell puts a message about an order or a network to people, where there is somebody.
func (r *Room) tell(tx *store.Tx, reference string, m alerts.Message, to []string) error {
	if r.Outbox == nil || len(to) == 0 {
		return nil
	}
	for _, person := range to[:min(len(to), alerts.MaxRecipients)] {
		m.To = append(m.To, alerts.Recipient{Person: person})
	}
	m.Reference = reference
	_, err := r.Outbox.Put(tx, m)
	return err
}

// inLine is a device's id in a line.
func inLine(id string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(id, "\ufffd"))
}

// WaitingOrders are those that wait for the actor to agree or refuse, a person who has people.ReleaseDevices where their
// devices belong and has not asked for them: the oldest first. Of devices that are in use no more there are none.
func (r *Room) WaitingOrders(ctx context.Context, actor people.Actor) ([]Order, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found []Order, err error) {
		person, err := tx.RequireOwn()
		if err != nil || !tx.Who().May(people.ReleaseDevices) {
			return nil, err
		}
		open, err := selectOpenOrders(tx.Tx)
		if err != nil {
			return nil, err
		}
		for _, o := range open {
			h, known := r.Fleet.Index().Host(o.Host)
			if !known || o.AskedBy == person {
				continue
			}
			may, err := tx.May(people.ReleaseDevices, h.Organisation)
			if err != nil {
				return nil, err
			}
			if may {
				found = append(found, hidden(tx, o))
			}
		}
		return found, nil
	})
}
