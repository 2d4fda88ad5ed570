// Package alerts is the one sender: what Portcullis tells people and machines goes out here and
// nowhere else, and each message leaves one record for each recipient and channel.
//
// # How a message goes out
//
// A room puts a message (Put) into the transaction that causes it, so that there is never the one
// without the other. The message is written once, with a delivery for each recipient and channel:
//
//	inbox     what a person reads on the pages of this server; it is there with the transaction
//	mail      one mail to one address, through a Transport (package alerts/mail)
//	webhook   a request to another server, through a Transport (package alerts/webhook)
//
// Every server runs a Sender for each channel that has a transport. It claims deliveries that are
// due, writes down that it is sending them, hands them over, and writes down what the other side
// replied. What is refused for good has bounced at once; what failed for now is tried again, for
// three days.
//
// # Invariants
//
//   - A message is lost in no crash: its delivery is due work until the reply to it is written down.
//   - A delivery has one Message-ID, made when the message was put and used at every attempt.
//   - No server sends what another is sending. Where a server died, or lost sight of the database,
//     between handing a delivery over and writing down the reply, or where the other side broke off
//     before it replied, the delivery goes again and its record says that it may have gone twice.
//   - Every change of a delivery adds an event, which is never changed. A digest of each hour's
//     events enters the ledger.
//   - What comes from a person or another system cannot add a header: see Message.
//
// docs/adr/0007-one-outbox.md tells why it is built so.
//
// # Who may call
//
// Every room above may put messages and change endpoints. The functions that read and mark what is
// a person's own take that person; whether it is they who ask is for the caller to hold, and so is
// who may read the register of notices (Deliveries).
//
// # Tables
//
//	alerts_message    kept for Keep (two years) after it was put
//	alerts_delivery   with its message
//	alerts_event      with its delivery
//	alerts_digest     for ever: numbers and a hash, no person's data
//	alerts_endpoint   until it is removed; its secret is needed in clear to sign
//
// Due work: alerts.mail, alerts.webhook, alerts.digest. Ledger entries: those of Kinds. Time
// comes from the transaction, randomness is given to New.
package alerts
