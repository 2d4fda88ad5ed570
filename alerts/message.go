package alerts

import (
	"errors"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/store"
)

// Message is what people are told. It is plain text: whatever a name or a report brings along is
// shown as it is and means nothing.
type Message struct {
	// Kind is the room and what it is about, such as register.decided.
	Kind string
	// Subject is one line.
	Subject string
	// Text is paragraphs, with an empty line between them.
	Text string
	// Link is a path on this server where there is more to see or do, such as /requests/4; may be empty.
	Link string
	// LinkSecret tells that whoever has the link may do something with it: it is forgotten within an hour
	// or so once the message has gone out.
	LinkSecret bool
	// Reference is the number by which both sides call the matter; may be empty.
	Reference string
	// To are the recipients, each of whom is told once however often named.
	To []Recipient
}

// Recipient is whom a message goes to: one of a person, a mail address and an endpoint.
type Recipient struct {
	// Person is the id of a person, who gets the message in the inbox, and by mail where there is
	// an address.
	Person string
	// Address is a mail address, as in RFC 5322 and in ASCII, and Name is whose it is; may be empty.
	Address, Name string
	// Endpoint is the id of an endpoint of webhooks.
	Endpoint string
}

// Limits of a message.
const (
	MaxSubject    = 250       // bytes
	MaxText       = 64 * 1024 // bytes
	MaxLine       = 200       // bytes of a kind, a reference, a name
	MaxLink       = 2000      // bytes
	MaxAddress    = 254       // bytes, RFC 5321 section 4.5.3.1
	MaxRecipients = 10_000
)

// Channel is the way that a delivery goes.
type Channel string

// The channels.
const (
	Inbox   Channel = "inbox"
	Mail    Channel = "mail"
	Webhook Channel = "webhook"
)

// State is how far a delivery has come.
type State string

// The states. A mail ends as sent, delivered, bounced or failed; a webhook as delivered, bounced or
// failed; a message in the inbox is delivered from the start, then read or acknowledged.
const (
	Queued       State = "queued"
	Sending      State = "sending"
	Sent         State = "sent"      // the next server has taken it over
	Delivered    State = "delivered" // it has arrived
	Bounced      State = "bounced"   // refused for good, at once or by a report that came later
	Failed       State = "failed"    // given up
	Read         State = "read"
	Acknowledged State = "acknowledged"
)

// Delivery is the record of one message to one recipient on one channel.
type Delivery struct {
	ID        string
	Message   string // the id of the message
	Kind      string
	Subject   string
	Reference string
	Channel   Channel
	Person    string // empty unless the recipient is one
	Endpoint  string // empty unless the recipient is one
	Name      string
	Address   string // of the mail; empty on other channels
	State     State
	Put       store.Time // when the message was put
	Attempts  int64      // how often it was handed over
	Attempted store.Time // the last time
	Next      store.Time // when it is tried again; not given where it is not
	// MessageID is the same at every attempt, without angle brackets.
	MessageID string
	// Reply is what the other side said last, and Replied when.
	Reply   string
	Replied store.Time
	// MaybeTwice tells that the recipient may have it more than once, each time with this MessageID.
	MaybeTwice   bool
	ReadAt       store.Time
	Acknowledged store.Time
	// Changes is how many events the delivery has.
	Changes int64
}

// Event is one change of a delivery. Events are numbered from 1 within their delivery.
type Event struct {
	Delivery string
	Number   int64
	At       store.Time
	State    State
	Text     string
}

var kindForm = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)

// check returns all that is wrong with a message, as faults that name its fields.
func (m *Message) check() error {
	var errs []error
	if !kindForm.MatchString(m.Kind) || len(m.Kind) > MaxLine {
		errs = append(errs, fault.In("kind", "%.40q is not a kind of message: it is the room and what the message is about, such as register.decided", m.Kind))
	}
	errs = append(errs,
		line("subject", "the subject", m.Subject, 1, MaxSubject),
		line("reference", "the reference", m.Reference, 0, MaxLine),
		checkText(m.Text), checkLink(m.Link))
	switch {
	case len(m.To) == 0:
		errs = append(errs, fault.In("to", "the message has no recipient: name one at least"))
	case len(m.To) > MaxRecipients:
		errs = append(errs, fault.In("to", "the message has %d recipients, and one message goes to %d at most: put several", len(m.To), MaxRecipients))
	}
	for _, to := range m.To {
		errs = append(errs, to.check())
	}
	return errors.Join(errs...)
}

func (r Recipient) check() error {
	given := 0
	for _, s := range []string{r.Person, r.Address, r.Endpoint} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return fault.In("to", "a recipient is one person, one mail address or one endpoint")
	}
	if r.Address == "" {
		return nil
	}
	return errors.Join(line("to", "the name of a recipient", r.Name, 0, MaxLine), checkAddress("to", r.Address))
}

// line checks what is to stand in one line, such as a header's.
func line(field, what, text string, least, most int) error {
	switch {
	case len(text) < least:
		return fault.In(field, "%s is missing", what)
	case len(text) > most:
		return fault.In(field, "%s has %d bytes, and there is room for %d: shorten it", what, len(text), most)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, breaksLines):
		return fault.In(field, "%s must be one line, without control characters", what)
	}
	return nil
}

// breaksLines tells which characters may end a line or hide what a line says.
func breaksLines(c rune) bool { return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' }

func checkText(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fault.In("text", "the message has no text")
	case len(text) > MaxText:
		return fault.In("text", "the text has %d bytes, and there is room for %d: shorten it", len(text), MaxText)
	case !utf8.ValidString(text):
		return fault.In("text", "the text is not UTF-8")
	case strings.ContainsFunc(text, func(c rune) bool { return c != '\n' && c != '\t' && breaksLines(c) }):
		return fault.In("text", "the text has control characters other than line ends and tabs: remove them")
	}
	return nil
}

func checkLink(link string) error {
	if link == "" {
		return nil
	}
	if err := line("link", "the link", link, 1, MaxLink); err != nil {
		return err
	}
	u, err := url.Parse(link)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(link, "/") ||
		strings.HasPrefix(link, "//") || strings.ContainsAny(link, "\\ <>\"") {
		return fault.In("link", "the link %.80q must be a path on this server, such as /requests/4", link)
	}
	return nil
}

// checkAddress wants a bare address of a mailbox. Addresses with letters beyond ASCII need every
// server on the way to know RFC 6531, which cannot be known here; they are refused.
func checkAddress(field, address string) error {
	if err := line(field, "the mail address", address, 1, MaxAddress); err != nil {
		return err
	}
	parsed, err := mail.ParseAddress(address)
	ascii := !strings.ContainsFunc(address, func(c rune) bool { return c > unicode.MaxASCII })
	if err != nil || parsed.Address != address || !ascii || strings.ContainsAny(address, " <>\"") {
		return fault.In(field, "%.80q is not a mail address that can be used: write it as name@example.org, in ASCII", address)
	}
	return nil
}

// spoken makes one line of what another system said, short enough to keep.
func spoken(text string) string {
	const most = 500
	text = strings.Map(func(c rune) rune {
		if breaksLines(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
