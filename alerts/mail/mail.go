// Package mail carries alerts by SMTP: it writes each delivery as a mail of its own and hands it to
// one server, many over one connection.
//
// A mail is text/plain in UTF-8, says that it was made by a program (Auto-Submitted, RFC 3834), and
// has the Message-ID of its delivery, however often it is sent. Where the server knows RFC 3461,
// the Message-ID is the envelope id too, so that every report on the mail can be told apart.
//
// What the server says about a recipient or a mail is what is replied. What goes wrong before (no
// connection, a certificate, signing in, the sender's address) is not the recipient's doing and is
// tried later. Where the connection breaks once the whole mail is on its way and the server has not
// replied, nobody knows whether it has the mail: that is alerts.Unknown.
//
// This package knows no database. Its caller is the Sender of package alerts.
package mail

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"portcullis/alerts"
)

// How long the server may take, RFC 5321 section 4.5.3.2: after the end of a mail it may scan it, and
// to lose patience there is to send it twice.
const (
	dialTime    = 15 * time.Second
	commandTime = 2 * time.Minute
	endTime     = 10 * time.Minute
	// closing is how long a mail on its way may take once the sender is to stop.
	closing = 5 * time.Second
	// breaks is how many connections of one batch may break before the rest waits for another time.
	breaks = 3
)

// Transport hands mails to one server.
type Transport struct {
	config  Config
	from    *mail.Address
	replyTo *mail.Address // nil where none is given
	signer  crypto.Signer // nil where mails are not signed
}

// New makes a transport. What is wrong with c comes back as faults of its fields.
func New(c Config) (*Transport, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	t := &Transport{config: c}
	var errs [3]error
	t.from, errs[0] = mail.ParseAddress(c.From)
	if c.ReplyTo != "" {
		t.replyTo, errs[1] = mail.ParseAddress(c.ReplyTo)
	}
	if c.DKIM.Domain != "" {
		t.signer, errs[2] = c.DKIM.signer()
	}
	return t, errors.Join(errs[:]...)
}

// Domain is the one of the sender's address, for Message-IDs.
func (t *Transport) Domain() string {
	return t.from.Address[strings.LastIndex(t.from.Address, "@")+1:]
}

// Send implements alerts.Transport.
func (t *Transport) Send(ctx context.Context, batch []alerts.Outgoing, replied func(alerts.Reply)) {
	var c *connection
	defer func() { c.quit() }()
	broken := 0
	for i, o := range batch {
		var err error
		if c == nil && ctx.Err() == nil {
			c, err = t.connect(ctx)
		}
		if ctx.Err() != nil { // what was cut off says nothing about the mail server
			rest(batch[i:], alerts.Untried, "the server is stopping", replied)
			return
		}
		if err != nil {
			rest(batch[i:], alerts.Later, fmt.Sprintf("no connection to the mail server: %v", err), replied)
			return
		}
		reply, whole := t.one(c, o)
		replied(reply)
		if whole {
			continue
		}
		c.close()
		c = nil
		if broken++; broken == breaks {
			rest(batch[i+1:], alerts.Later, "the connection to the mail server breaks again and again", replied)
			return
		}
	}
}

func rest(batch []alerts.Outgoing, outcome alerts.Outcome, text string, replied func(alerts.Reply)) {
	for _, o := range batch {
		replied(alerts.Reply{ID: o.ID, Outcome: outcome, Text: text})
	}
}

// one sends one mail, and tells whether the connection can carry another.
func (t *Transport) one(c *connection, o alerts.Outgoing) (reply alerts.Reply, whole bool) {
	text, err := t.render(o)
	if err != nil {
		return alerts.Reply{ID: o.ID, Outcome: alerts.Refused, Text: fmt.Sprintf("the mail could not be written: %v", err)}, true
	}
	said, stage, err := c.send(t.from.Address, o, text)
	outcome, whole := judge(stage, err)
	var refusal *textproto.Error
	if errors.As(err, &refusal) {
		said = fmt.Sprintf("%d %s", refusal.Code, refusal.Msg)
	} else if err != nil {
		said = "the connection broke: " + err.Error()
	}
	if err != nil && whole {
		whole = c.client.Reset() == nil
	}
	return alerts.Reply{ID: o.ID, Outcome: outcome, Text: said}, whole
}

// stage is how far a mail had come.
type stage int

const (
	atSender stage = iota
	atRecipient
	atContent
	atEnd // the server had the whole mail, or may have had it
)

// judge tells what became of a mail, and whether the connection still stands.
func judge(at stage, err error) (outcome alerts.Outcome, whole bool) {
	if err == nil {
		return alerts.Accepted, true
	}
	var said *textproto.Error
	switch {
	case !errors.As(err, &said) && at == atEnd:
		return alerts.Unknown, false
	case said == nil:
		return alerts.Later, false
	case said.Code == 421: // the server closes the connection
		return alerts.Later, false
	case said.Code >= 500 && at != atSender:
		return alerts.Refused, true
	}
	return alerts.Later, true
}

// connection is one to the mail server, signed in.
type connection struct {
	client *smtp.Client
	conn   net.Conn
	stop   func() bool
	dsn    bool
}

// connect opens a connection, which is cut a little after ctx ends.
func (t *Transport) connect(ctx context.Context) (*connection, error) {
	c := &connection{}
	client, err := gomail.NewClient(t.config.Host, t.options(ctx, c)...)
	if err != nil {
		return nil, err
	}
	if c.client, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		if c.conn != nil {
			c.stop()
			_ = c.conn.Close() // it carried nothing
		}
		return nil, err
	}
	if c.dsn, _ = c.client.Extension("DSN"); c.dsn {
		c.client.SetDSNMailReturnOption(string(gomail.DSNMailReturnHeadersOnly))
	}
	return c, nil
}

func (t *Transport) options(stopping context.Context, c *connection) []gomail.Option {
	secure := &tls.Config{ServerName: t.config.Host, MinVersion: tls.VersionTLS12, RootCAs: t.config.Roots}
	policy := gomail.TLSMandatory
	switch {
	case t.config.TLS == TLSOpportunistic:
		policy = gomail.TLSOpportunistic
	case t.config.TLS == TLSOff || t.config.Port == implicitTLS:
		policy = gomail.NoTLS
	}
	options := []gomail.Option{
		gomail.WithPort(t.config.Port), gomail.WithTimeout(dialTime), gomail.WithTLSConfig(secure), gomail.WithTLSPolicy(policy),
		// Addresses are ASCII, and a server without SMTPUTF8 further on must not refuse them.
		gomail.WithoutSMTPUTF8(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			dialer := net.Dialer{Timeout: dialTime}
			if t.config.Port == implicitTLS && t.config.TLS != TLSOff {
				conn, err = (&tls.Dialer{NetDialer: &dialer, Config: secure}).DialContext(ctx, network, address)
			} else {
				conn, err = dialer.DialContext(ctx, network, address)
			}
			if err == nil {
				c.conn = conn
				c.stop = context.AfterFunc(stopping, func() { time.AfterFunc(closing, func() { _ = conn.Close() }) })
			}
			return conn, err
		}),
	}
	if t.config.User != "" {
		options = append(options, gomail.WithUsername(t.config.User), gomail.WithPassword(t.config.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}

// send hands one mail over and returns what the server said to it, and how far it came.
func (c *connection) send(from string, o alerts.Outgoing, text []byte) (said string, at stage, err error) {
	if err := c.client.UpdateDeadline(commandTime); err != nil {
		return "", atSender, err
	}
	from = "<" + from + ">"
	if c.dsn {
		from += " ENVID=" + xtext(o.MessageID)
	}
	if err := c.client.Mail(from); err != nil {
		return "", atSender, err
	}
	if err := c.client.Rcpt("<" + o.Address + ">"); err != nil {
		return "", atRecipient, err
	}
	content, err := c.client.Data()
	if err != nil {
		return "", atContent, err
	}
	if _, err := content.Write(text); err != nil {
		return "", atContent, err // the end of the mail has not been sent, so the server has none
	}
	if err := c.client.UpdateDeadline(endTime); err != nil {
		return "", atContent, err
	}
	if err := content.Close(); err != nil {
		return "", atEnd, err
	}
	if closer, ok := content.(*smtp.DataCloser); ok {
		said = closer.ServerResponse()
	}
	return said, atEnd, nil
}

// quit says goodbye; what was sent has its replies.
func (c *connection) quit() {
	if c == nil {
		return
	}
	_ = c.client.UpdateDeadline(closing)
	_ = c.client.Quit()
	c.close()
}

// close cuts the connection without a word, which would end a mail that was half sent.
func (c *connection) close() {
	c.stop()
	_ = c.conn.Close()
}

// signed are the headers that a signature covers. With their names go-mail writes a tag that must fit
// into one line: it breaks longer ones within a name, and then nobody can verify the signature.
var signed = []string{"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Content-Type"}

// render writes the mail as it goes out.
func (t *Transport) render(o alerts.Outgoing) ([]byte, error) {
	// It was checked when the message was put; what reaches a header and a command is checked here again.
	if a, err := mail.ParseAddress(o.Address); err != nil || a.Address != o.Address || strings.ContainsAny(o.Address, "\r\n<> ") {
		return nil, fmt.Errorf("%q is not a mail address", o.Address)
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(t.from)
	m.ToMailAddress(&mail.Address{Name: o.Name, Address: o.Address})
	if t.replyTo != nil {
		m.ReplyToMailAddress(t.replyTo)
	}
	m.Subject(o.Subject)
	m.SetDateWithValue(o.Put)
	m.SetMessageIDWithValue(o.MessageID)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(gomail.TypeTextPlain, body(o))
	if t.signer != nil {
		signer := gomail.NewDKIMSigner(t.config.DKIM.Domain, t.config.DKIM.Selector, t.signer)
		signer.NowFunc = func() time.Time { return o.Attempted }
		signer.SignHeaders(signed...)
		signer.OversignHeaders("From", "Subject") // so that none can be added
		m.SetDKIM(signer)
	}
	var out bytes.Buffer
	_, err := m.WriteTo(&out)
	return out.Bytes(), err
}

// body is the text, and below it where there is more and what the matter is called.
func body(o alerts.Outgoing) string {
	text := o.Text + "\n"
	if o.Link != "" {
		text += "\n" + o.Link + "\n"
	}
	if o.Reference != "" {
		text += "\nReference: " + o.Reference + "\n"
	}
	return text
}

// xtext writes text as a parameter of SMTP, RFC 3461 section 4.
func xtext(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if c := text[i]; c > ' ' && c < 0x7f && c != '+' && c != '=' {
			b.WriteByte(c)
		} else {
			b.WriteString("+" + strings.ToUpper(strconv.FormatUint(0x100|uint64(c), 16)[1:]))
		}
	}
	return b.String()
}
