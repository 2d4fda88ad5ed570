package enforce

import (
	"net/url"
	"slices"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
)

// The kinds of the messages about networks that are to pass.
const (
	messageNetworkWaits   = "enforce.network-waits"   // it takes you, or another, to agree
	messageNetworkOutcome = "enforce.network-outcome" // of what you have proposed
)

// ZonePath is the page of a zone.
func ZonePath(id string) string { return "/name-servers/" + url.PathEscape(id) }

// NetworkPath is the page on which a network that is to pass is answered.
func NetworkPath(n *ZoneNetwork) string {
	return ZonePath(n.Zone) + "/networks/" + url.PathEscape(n.ID) + "/answer"
}

// tellSeconds tells those who may agree to a network that it waits for one of them. Why is on the page alone.
func (r *Room) tellSeconds(tx *people.Tx, z *Zone, n *ZoneNetwork) error {
	to, err := approvals.SecondsForExemption(tx, z.Organisation)
	if err != nil {
		return err
	}
	return r.tell(tx.Tx, n.ID, alerts.Message{Kind: messageNetworkWaits, Link: NetworkPath(n),
		Subject: n.Network.String() + " is to pass " + z.Name + ", and waits for you",
		Text:    "Somebody has proposed that whoever asks from this network be answered as if nothing were banned. It takes a second person: open it to see why, until when and by whom, and to say yes or no.",
	}, slices.DeleteFunc(to, func(person string) bool { return person == n.AskedBy }))
}

// tellProposer tells who has proposed a network what another has answered. Why is on the page.
func (r *Room) tellProposer(tx *people.Tx, z *Zone, n *ZoneNetwork) error {
	if _, err := people.MailboxOf(tx.Tx, n.AskedBy); fault.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	m := alerts.Message{Kind: messageNetworkOutcome, Link: ZonePath(z.ID), Subject: n.Network.String() + " passes " + z.Name + ": it was agreed",
		Text: "Somebody else has agreed to what you have proposed. It passes until the end that you have said, and then no longer, without anybody."}
	if n.Answer == Refused {
		m.Subject, m.Text = n.Network.String()+" does not pass "+z.Name+": it was refused", "What you have proposed was refused. The page says why. You may propose it again where you have new facts."
	}
	return r.tell(tx.Tx, n.ID, m, []string{n.AskedBy})
}
