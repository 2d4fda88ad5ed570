// Package bounce reads the reports that mail servers send back about mails: multipart/report with
// message/delivery-status, as RFC 3462 and RFC 3464 have it, and the headers of the mail that they
// return with it. It is pure: it reads, and decides nothing.
//
// Anybody can send such a report. What it says about a mail is believed as far as it knows the
// mail's Message-ID or envelope id, which only those know whom the mail was sent to or through.
package bounce

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Action is what was done with a mail for one recipient, RFC 3464 section 2.3.3.
type Action string

// The actions.
const (
	Failed    Action = "failed"    // given up
	Delayed   Action = "delayed"   // still tried
	Delivered Action = "delivered" // in the mailbox
	Relayed   Action = "relayed"   // handed to a server that does not report
	Expanded  Action = "expanded"  // handed to a list
)

// Status is what a report says about one recipient.
type Status struct {
	Recipient  string // the address, without its type
	Action     Action
	Code       string // the enhanced status code, such as 5.1.1
	Diagnostic string // what the refusing server said, without its type; may be empty
}

// String is the status in one line.
func (s Status) String() string {
	text := s.Code + " " + string(s.Action)
	if s.Diagnostic != "" {
		text += ": " + s.Diagnostic
	}
	return text
}

// Report is a report on the delivery of one mail.
type Report struct {
	EnvelopeID string // of the mail, as its sender gave it; may be empty
	MessageID  string // of the mail, without angle brackets; empty where no headers were returned
	Recipients []Status
}

// IDs are the ids by which the mail may be known, the surest first.
func (r Report) IDs() []string {
	return slices.DeleteFunc([]string{r.EnvelopeID, r.MessageID}, func(id string) bool { return id == "" })
}

// Worst is the status that matters most: a failure before a delay, that before the rest.
func (r Report) Worst() Status {
	rank := map[Action]int{Failed: 3, Delayed: 2, Delivered: 1}
	return slices.MaxFunc(r.Recipients, func(a, b Status) int { return rank[a.Action] - rank[b.Action] })
}

// MaxSize is how many bytes of a report are read; what is returned of the mail may be cut off.
const MaxSize = 1 << 20

// Limits against what is made to be hard to read.
const (
	maxParts      = 20
	maxRecipients = 100
)

// ErrNoReport is that a mail is something else: an answer, a note of absence.
var ErrNoReport = errors.New("the mail is not a delivery report")

// Decode reads a report with at least one recipient.
func Decode(r io.Reader) (Report, error) {
	m, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(r, MaxSize)))
	if err != nil {
		return Report{}, fmt.Errorf("the headers of the report: %w", err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["boundary"] == "" ||
		params["report-type"] != "" && !strings.EqualFold(params["report-type"], "delivery-status") {
		return Report{}, ErrNoReport
	}
	var report Report
	found := false
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range maxParts {
		part, err := parts.NextRawPart()
		if err != nil {
			// A report that is cut off after its status has said what there is to know.
			break
		}
		if err := report.part(part, &found); err != nil {
			return Report{}, err
		}
	}
	if !found || len(report.Recipients) == 0 {
		return Report{}, ErrNoReport
	}
	return report, nil
}

// part reads one part of the report.
func (r *Report) part(part *multipart.Part, found *bool) error {
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return nil // a part that is for people
	}
	body, _ := io.ReadAll(plain(part)) // what is cut off is read as far as it goes
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		if *found {
			return nil
		}
		*found = true
		return r.status(body)
	case "message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global", "message/global-headers":
		if r.MessageID == "" {
			r.MessageID = messageID(body)
		}
	}
	return nil
}

// plain undoes the transfer encoding of a part.
func plain(part *multipart.Part) io.Reader {
	switch strings.ToLower(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, part)
	case "quoted-printable":
		return quotedprintable.NewReader(part)
	}
	return part
}

// messageID finds the Message-ID in the headers of the mail that was returned, which may be cut off.
func messageID(headers []byte) string {
	header, _ := fields(headers)
	id := strings.TrimSpace(header.Get("Message-Id"))
	if inner, ok := strings.CutPrefix(id, "<"); ok {
		if inner, ok = strings.CutSuffix(inner, ">"); ok && !strings.ContainsAny(inner, "<> \t") {
			return inner
		}
	}
	return ""
}

// fields reads one group of header fields and returns what follows it.
func fields(text []byte) (textproto.MIMEHeader, []byte) {
	text = bytes.TrimLeft(text, "\r\n")
	group, rest, _ := cutGroup(text)
	header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(slices.Clone(group), "\r\n\r\n"...)))).ReadMIMEHeader()
	if err != nil && header == nil {
		header = textproto.MIMEHeader{}
	}
	return header, rest
}

var emptyLine = regexp.MustCompile(`\r?\n[ \t]*\r?\n`)

// cutGroup cuts text at its first empty line.
func cutGroup(text []byte) (group, rest []byte, found bool) {
	at := emptyLine.FindIndex(text)
	if at == nil {
		return bytes.TrimRight(text, "\r\n"), nil, false
	}
	return text[:at[0]], text[at[1]:], true
}

// status reads the groups of message/delivery-status: one about the mail, then one for each recipient.
func (r *Report) status(body []byte) error {
	about, rest := fields(body)
	r.EnvelopeID = xtext(typed(about.Get("Original-Envelope-Id"), "rfc822"))
	// Some servers leave out the empty line between the first two groups.
	if about.Get("Action") != "" {
		r.add(about)
	}
	for len(bytes.TrimSpace(rest)) > 0 {
		var group textproto.MIMEHeader
		if group, rest = fields(rest); group.Get("Action") == "" {
			continue
		}
		if len(r.Recipients) == maxRecipients {
			return fmt.Errorf("the report is about more than %d recipients", maxRecipients)
		}
		r.add(group)
	}
	return nil
}

var code = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}`)

// add takes in what is said about one recipient.
func (r *Report) add(group textproto.MIMEHeader) {
	recipient := group.Get("Original-Recipient")
	if recipient == "" {
		recipient = group.Get("Final-Recipient")
	}
	action, _, _ := strings.Cut(strings.TrimSpace(group.Get("Action")), " ")
	r.Recipients = append(r.Recipients, Status{
		Recipient:  strings.Trim(typed(recipient, "rfc822", "utf-8"), "<>"),
		Action:     Action(strings.ToLower(action)),
		Code:       code.FindString(strings.TrimSpace(group.Get("Status"))),
		Diagnostic: typed(group.Get("Diagnostic-Code"), "smtp", "x-postfix", "x-unix", "x-local"),
	})
}

// typed cuts one of the given types from a value such as rfc822; name@example.org.
func typed(value string, types ...string) string {
	name, rest, found := strings.Cut(value, ";")
	if found && slices.Contains(types, strings.ToLower(strings.TrimSpace(name))) {
		value = rest
	}
	return strings.TrimSpace(value)
}

// xtext undoes RFC 3461 section 4, in which + and two digits stand for a byte.
func xtext(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '+' && i+2 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
